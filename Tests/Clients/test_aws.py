"""The AWS client's live Swift tests, run against moto behind a front that checks signatures and spoils answers.

The client has no program of its own yet, so its tests are the program: the same calls in calm, in a storm, and with a clock that is off.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
from aws_front import Front
from runtime_api import ROOT

REGION = "eu-central-1"
KEY, SECRET = "AKIALIVELIVELIVELIVE", "live+secret/with=signs"


def package() -> Path:
    """MARK_PACKAGE, or else this repository."""
    return Path(os.environ.get("MARK_PACKAGE", ROOT))


class Moto:
    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        server = Path(sys.executable).with_name("moto_server")
        self.process = subprocess.Popen(
            [server, "-H", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while True:
            try:
                self.post("reset")
                break
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, "moto does not start"
                time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, path: str, body: bytes = b""):
        request = urllib.request.Request(f"{self.url}/moto-api/{path}", body, {"Content-Type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=10).read()

    def client(self, service: str):
        return boto3.client(service, REGION, endpoint_url=self.url, aws_access_key_id="a", aws_secret_access_key="b")

    def close(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="module")
def server():
    moto = Moto()
    yield moto
    moto.close()


@pytest.fixture
def moto(server):
    """moto with what the tests need: a table, a function, an API with two targets, a metric."""
    server.post("reset-auth", b"inf")
    server.post("reset")
    server.post("config", b'{"lambda": {"use_docker": false}}')
    database = server.client("dynamodb")
    for name, more in (("mark", []), ("pages", [("sk", "RANGE", "N")])):
        keys = [("pk", "HASH", "S"), *more]
        database.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": n, "KeyType": k} for n, k, _ in keys],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, _, t in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    role = server.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = server.client("lambda")
    functions.create_function(FunctionName="echo", Role=role, Runtime="provided.al2023", Handler="h", Code={"ZipFile": b"PK"}, Publish=True)
    functions.create_alias(FunctionName="echo", Name="live", FunctionVersion="1")
    api = server.client("apigatewayv2")
    server.api = api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    targets = [
        api.create_integration(ApiId=server.api, IntegrationType="AWS_PROXY", IntegrationUri=uri)["IntegrationId"] for uri in ("a", "b")
    ]
    api.create_route(ApiId=server.api, RouteKey="$default", Target=f"integrations/{targets[0]}")
    server.client("ssm").put_parameter(Name="/mark/token", Value="t", Type="SecureString")
    data = [{"MetricName": "requests", "Dimensions": [{"Name": "f", "Value": "a"}], "Value": value} for value in (40, 2)]
    server.client("cloudwatch").put_metric_data(Namespace="live", MetricData=data)
    return server


def run_swift(suite: str, moto: Moto, endpoint: str, key: str, secret: str) -> str:
    """Runs a suite of the built Swift tests and returns what they printed; fails when they fail or when none ran."""
    variables = {
        "MARK_AWS_ENDPOINT": endpoint, "MARK_AWS_METADATA": moto.url, "MARK_AWS_KEY": key, "MARK_AWS_SECRET": secret,
        "MARK_AWS_API": moto.api,
    }  # fmt: skip
    done = subprocess.run(
        ["swift", "test", "--skip-build", "--disable-xctest", "--filter", suite],
        cwd=package(), env=os.environ | variables, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-8000:]
    assert "Test run with 0 tests" not in output and "skipped" not in output, output
    return output


@pytest.mark.parametrize("storm, skew", [(False, 0), (True, 0), (False, 3600), (False, -3600), (True, 900)],
                         ids=["calm", "storm", "an hour behind", "an hour ahead", "storm, a quarter behind"])  # fmt: skip
def test_every_operation_succeeds_whatever_the_network_does(moto, storm, skew):
    front = Front(moto.port, KEY, SECRET, skew, storm)
    run_swift("AWSTests.live/", moto, front.url, KEY, SECRET)
    front.shutdown()
    kinds = set(front.spoilt)
    if storm:
        assert {"throttled", "effect then 500", "reset", "effect then cut", "503", "effect then reset"} <= kinds
    else:
        assert kinds == {"none"}
    # A clock that is off is met once per client and request under way, never a wrong signature.
    assert set(front.refused) <= ({"expired"} if skew else set())
    assert bool(front.refused) == bool(skew)
    # Invocations run once each; reads share connections.
    assert sorted(front.invocations) == sorted([f'{{"n":{n}}}' for n in range(300)] + ["{}"])
    assert storm or 1 < len(front.readers) <= 32


def test_a_wrong_secret_is_refused_by_the_front_and_by_moto(moto):
    front = Front(moto.port, KEY, SECRET)
    run_swift("AWSTests.`a secret`", moto, front.url, KEY, SECRET)
    front.shutdown()
    assert front.refused == ["wrong signature"] * 4
    people = moto.client("iam")
    people.create_user(UserName="u")
    everything = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    people.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=everything)
    keys = people.create_access_key(UserName="u")["AccessKey"]
    moto.post("reset-auth", b"0")
    try:
        run_swift("AWSTests.`a secret`", moto, moto.url, keys["AccessKeyId"], keys["SecretAccessKey"])
    finally:
        moto.post("reset-auth", b"inf")

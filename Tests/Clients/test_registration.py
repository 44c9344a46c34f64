"""`mark serve --register` as a stack sees it: moto's DynamoDB behind a front that checks signatures, and can be away."""

import base64
import hashlib
import http.client
import http.server
import itertools
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from aws_front import Front, Handler
from backend import MarkProcess, mark_program
from runtime_api import ROOT
from test_aws import KEY, REGION, SECRET, Moto
from test_backend import INFER, Metadata
from test_tensors import DIGITS

MACHINE = ("--instance-id", "i-1", "--address", "127.0.0.1", "--zone", "eu-central-1a", "--market", "spot", "--machine", "c7g.large")
NUMBERS = itertools.count()


class Switch(Handler):
    """A front that can be away: connections are reset, or hang until it is back."""

    def serve(self):
        if self.server.away == "hang":
            self.server.back.wait(60)
        if self.server.away:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return self.reset()
        if "GetItem" in self.headers["X-Amz-Target"]:
            self.server.readings.append(time.monotonic())
        return super().serve()

    do_POST = serve


class Table:
    """A stack's table: what its backends have written, and what its controller writes."""

    def __init__(self, moto: Moto) -> None:
        self.name = f"stack-{next(NUMBERS)}"
        self.client = moto.client("dynamodb")
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        self.client.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        self.front = Front(moto.port, KEY, SECRET)
        self.front.RequestHandlerClass = Switch
        self.front.away, self.front.back, self.front.readings = "", threading.Event(), []
        self.put_token("secret")

    def put_token(self, current: str | None, **others: str) -> None:
        key = {"pk": {"S": "token"}, "sk": {"S": "current"}}
        if current is None:
            self.client.delete_item(TableName=self.name, Key=key)
            return
        values = {"token": {"S": current}, "changed_ms": {"N": str(int(time.time() * 1000))}}
        self.client.put_item(TableName=self.name, Item=key | values | {name: {"S": value} for name, value in others.items()})

    def backend(self, identifier: str = "i-1") -> dict | None:
        item = self.client.get_item(TableName=self.name, Key={"pk": {"S": "fleet"}, "sk": {"S": identifier}}, ConsistentRead=True)
        # moto changes one attribute after the other, in the order of the update, where `zone` is the last.
        if "zone" not in item.get("Item", {}):
            return None
        return {name: next(iter(value.values())) for name, value in item["Item"].items()}

    def ask_to_drain(self) -> None:
        self.client.update_item(
            TableName=self.name, Key={"pk": {"S": "fleet"}, "sk": {"S": "i-1"}},
            UpdateExpression="SET drain = :t", ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":t": {"BOOL": True}},
        )  # fmt: skip


class Member(MarkProcess):
    """`mark serve` as a member of a fleet."""

    def __init__(self, table: Table, library: str, models: str, *options: str, machine=MACHINE, **environment: str) -> None:
        variables = {
            "AWS_ENDPOINT_URL": table.front.url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        }  # fmt: skip
        options = ("--models", models, "--slo-ms", "10000", "--register", table.name, *machine, *options)
        MarkProcess.__init__(self, "serve", library, *options, **variables, **environment)

    def infer(self, token: str | None = "secret", connection: http.client.HTTPConnection | None = None, **headers: str):
        """The status and the header of an answer."""
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        fields = {"content-type": "application/json"} | ({"x-mark-token": token} if token is not None else {})
        connection.request("POST", INFER, json.dumps(DIGITS), fields | {name.replace("_", "-"): v for name, v in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}

    def said(self, text: str) -> int:
        return sum(text in line for line in self.lines)


@pytest.fixture(scope="module")
def moto():
    moto = Moto()
    yield moto
    moto.close()


@pytest.fixture
def table(moto):
    table = Table(moto)
    yield table
    table.front.away = ""
    table.front.back.set()
    table.front.shutdown()
    assert table.front.refused == [], "every signature is right"


@pytest.fixture
def start(table, engine_library, starter_models):
    started = []

    def start(*options, **more) -> Member:
        started.append(Member(table, engine_library, starter_models, *options, **more))
        return started[-1]

    yield start
    for member in started:
        member.process.kill()
        member.process.wait()


def until(condition, what: str, seconds: float = 40):
    """What the condition returns once that is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return value


# Registration


def test_it_registers_when_it_is_ready_and_beats(table, start):
    before = time.time() * 1000
    member = start(MARK_BUILD="4711")
    item = until(table.backend, "it registers")
    assert item["address"] == "127.0.0.1" and item["port"] == str(member.port) and "pin" not in item
    assert (item["type"], item["zone"], item["market"]) == ("c7g.large", "eu-central-1a", "spot")
    assert item["state"] == "serving" and item["build"] == "4711" and float(item["capacity_rps"]) > 1
    assert before <= float(item["registered_ms"]) <= float(item["heartbeat_ms"]) <= time.time() * 1000
    assert float(item["ttl"]) > time.time() + 60
    for _ in range(2):
        last = item["heartbeat_ms"]
        item = until(lambda: (new := table.backend())["heartbeat_ms"] != last and new, "the next heartbeat")
        assert 1000 <= float(item["heartbeat_ms"]) - float(last) < 10_000
    assert item["served"] == item["late"] == item["refused"] == item["in_flight"] == "0"


def test_figures_move_with_requests(table, start):
    member = start()
    until(table.backend, "it registers")
    connection = http.client.HTTPConnection("127.0.0.1", member.port, timeout=30)
    assert all(member.infer(connection=connection)[0] == 200 for _ in range(50))
    status, headers = member.infer(connection=connection, x_mark_deadline_ms="0.01")
    assert status == 503 and headers["x-mark-bounced"]
    item = until(lambda: (item := table.backend()) and item["refused"] == "1" and item, "its figures move")
    assert item["served"] == "50" and float(item["p98_ms"]) > 0 and item["late"] == "0"


def test_it_registers_only_once_there_is_a_token(table, start):
    table.put_token(None)
    member = start()
    until(lambda: member.said("has no token yet"), "it says what it waits for")
    until(lambda: member.said("Serving digits"), "its models are loaded")
    assert member.infer("")[0] == member.infer(None)[0] == member.infer("secret")[0] == 401
    assert table.backend() is None
    table.put_token("secret")
    until(table.backend, "it registers")
    assert member.infer("secret")[0] == 200


def test_the_metadata_tells_which_machine_it_is(table, start):
    Metadata.notices = {
        "instance-id": "i-1", "local-ipv4": "10.0.0.7", "instance-type": "c7g.xlarge", "instance-life-cycle": "spot",
        "placement/availability-zone": "eu-central-1b", "placement/region": REGION,
    }  # fmt: skip
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        member = start("--host", "::", "--spot-watch", machine=(), AWS_EC2_METADATA_SERVICE_ENDPOINT=endpoint)
        item = until(table.backend, "it registers")
        assert (item["address"], item["type"], item["zone"]) == ("10.0.0.7", "c7g.xlarge", "eu-central-1b")
        Metadata.notices["spot/instance-action"] = '{"action": "terminate", "time": "2026-11-24T08:22:00Z"}'
        assert member.process.wait(30) == 0
        server.shutdown()
    assert table.backend() is None


def test_both_families_are_served(table, start):
    member = start("--host", "::")
    until(table.backend, "it registers")
    assert member.url.startswith("http://[::]:")
    for host in ("127.0.0.1", "::1"):
        assert member.infer(connection=http.client.HTTPConnection(host, member.port, timeout=30))[0] == 200


@pytest.mark.parametrize("options, words", [
    (["--market", "free"], ["--market", "on-demand or spot"]),
    (["--give-up-after", "0"], ["--give-up-after", "1 to 604800"]),
    (["--address", "10.0.0.1"], ["--address", "--register"]),
    (["--register", "t"], ["--host ::", "--address"]),
    (["--tls-self-made", "--tls-certificate", "c", "--tls-key", "k"], ["--tls-self-made", "leave out"]),
    (["--register", "t", "--host", "::"], ["id is unknown", "--instance-id"]),
    (["--register", "t", "--host", "::", "--instance-id", "i"], ["address is unknown", "--address"]),
])  # fmt: skip
def test_options_that_make_no_member_are_refused(options, words):
    environment = os.environ | {"AWS_REGION": REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}
    done = subprocess.run(
        [mark_program(), "serve", "--port", "0", *options], capture_output=True, text=True, timeout=60, cwd=ROOT, env=environment
    )
    assert done.returncode in (1, 64) and all(word in done.stderr for word in words), done.stderr


# The end


@pytest.mark.parametrize("way", ["the controller", "SIGTERM", "SIGINT"])
def test_a_drain_loses_no_request_and_leaves_no_item(table, start, way):
    member = start()
    until(table.backend, "it registers")
    answers, states, broken = [], set(), []

    def call():
        # As a router: goes on until the table has told it, over a connection that it keeps.
        connection = http.client.HTTPConnection("127.0.0.1", member.port, timeout=30)
        while (item := table.backend()) and item["state"] == "serving":
            try:
                for _ in range(10):
                    answers.append(member.infer(connection=connection))
            except OSError as error:
                broken.append(error)
                return

    def watch():
        while item := table.backend():
            states.add(item["state"])

    threads = [threading.Thread(target=call) for _ in range(4)] + [threading.Thread(target=watch)]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) > 40, "requests are answered")
    if way == "the controller":
        table.ask_to_drain()
    else:
        member.process.send_signal(getattr(signal, way))
    assert member.process.wait(30) == 0
    for thread in threads:
        thread.join(30)
    assert broken == []
    assert {status for status, _ in answers} <= {200, 503}
    assert all(headers["x-mark-bounced"] == "draining" for status, headers in answers if status == 503)
    assert states == {"serving", "draining"} and table.backend() is None
    member.reader.join(5)
    assert member.said("Draining:") == 1 and (way != "the controller" or member.said("the controller asks"))


def test_one_that_is_killed_leaves_an_item_that_its_successor_takes_over(table, start):
    first = start("--tls-self-made")
    old = until(table.backend, "it registers")
    assert old["pin"]
    first.process.kill()
    first.process.wait()
    assert table.backend()["state"] == "serving", "only its age tells"
    second = start()
    new = until(lambda: (item := table.backend())["registered_ms"] != old["registered_ms"] and item, "its successor registers")
    assert new["port"] == str(second.port) and "pin" not in new


def test_a_backend_that_was_to_drain_does_not_come_back(table, start):
    first = start()
    until(table.backend, "it registers")
    first.process.kill()
    first.process.wait()
    table.ask_to_drain()
    assert start().process.wait(60) == 0
    assert table.backend() is None


# Without the table


@pytest.mark.parametrize("away", ["reset", "hang"])
def test_it_serves_while_the_table_is_away_and_comes_back(table, start, away):
    member = start()
    until(table.backend, "it registers")
    table.front.away = away
    until(lambda: member.said("No heartbeats"), "it says that the table is away")
    # Over two heartbeats that are not acknowledged.
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert member.infer()[0] == 200
    table.front.away = ""
    table.front.back.set()
    until(lambda: member.said("Again heartbeats"), "it says that the table is back")
    last = table.backend()["heartbeat_ms"]
    until(lambda: table.backend()["heartbeat_ms"] != last, "it beats again")
    assert member.said("No heartbeats") == 1
    assert member.close() == 0


def test_it_gives_the_machine_back_when_nobody_needs_it(table, start):
    member = start("--give-up-after", "3")
    until(table.backend, "it registers")
    last = None
    for _ in range(3):
        last = until(lambda: (beat := table.backend()["heartbeat_ms"]) != last and beat, "heartbeats are acknowledged")
    assert member.process.poll() is None, "idle, but known"
    table.front.away = "reset"
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert member.infer()[0] == 200, "unknown, but busy"
    assert member.process.wait(30) == 75
    member.reader.join(5)
    assert member.said("the machine is given back") == 1


def test_it_gives_the_machine_back_when_it_never_could_register(table, start, tmp_path):
    table.front.away = "reset"
    assert start("--give-up-after", "3").process.wait(30) == 75
    table.front.away = ""
    assert start("--give-up-after", "3", "--models", str(tmp_path)).process.wait(30) == 75
    assert table.backend() is None


# Tokens


def test_tokens_rotate(table, start):
    member = start()
    until(table.backend, "it registers")
    assert member.infer("secret")[0] == 200
    for wrong in (None, "", "secre", "secret2", "SECRET", "next"):
        assert member.infer(wrong)[0] == 401
    table.put_token("secret", next="next")
    until(lambda: member.infer("next")[0] == 200, "it looks for a token that it does not know", 10)
    assert member.infer("secret")[0] == 200
    table.put_token("next", previous="secret")
    assert member.infer("secret")[0] == member.infer("next")[0] == 200
    table.put_token("last", previous="next")
    until(lambda: member.infer("last")[0] == 200, "it looks again", 10)
    assert member.infer("next")[0] == 200 and member.infer("secret")[0] == 401


def test_wrong_tokens_cost_one_reading_a_second_at_most(table, start):
    member = start()
    until(table.backend, "it registers")
    connection = http.client.HTTPConnection("127.0.0.1", member.port, timeout=30)
    begin, before, count = time.monotonic(), len(table.front.readings), 0
    while time.monotonic() < begin + 4:
        assert member.infer(f"wrong {count}", connection)[0] == 401
        count += 1
    assert count > 100 and 2 <= len(table.front.readings) - before <= time.monotonic() - begin + 1


def test_a_given_token_is_the_only_one(table, start):
    table.put_token(None)
    member = start("--token", "given")
    until(table.backend, "it registers without a token in the table")
    assert member.infer("given")[0] == 200 and member.infer("secret")[0] == 401


# TLS


def spki_pin(port: int) -> str:
    """The pin of a server's key, as OpenSSL computes it."""
    certificate = ssl.get_server_certificate(("127.0.0.1", port))
    public = subprocess.run(["openssl", "x509", "-pubkey", "-noout"], input=certificate.encode(), capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, capture_output=True, check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


@pytest.mark.parametrize("source", ["self-made", "files"])
def test_the_key_is_pinned_through_the_table(table, start, tmp_path, source):
    options = ["--tls-self-made"]
    if source == "files":
        files = [str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=b", "-keyout", files[0], "-out", files[1]],
            check=True, capture_output=True,
        )  # fmt: skip
        options = ["--tls-key", files[0], "--tls-certificate", files[1]]
    member = start(*options)
    item = until(table.backend, "it registers")
    assert member.url.startswith("https://") and item["pin"] == spki_pin(member.port)

    def curl(pin: str):
        return subprocess.run(
            ["curl", "-sSk", "--pinnedpubkey", pin, "-o", "/dev/null", "-w", "%{http_code}", "-H", "x-mark-token: secret",
             "-H", "content-type: application/json", "-d", json.dumps(DIGITS), f"https://127.0.0.1:{member.port}{INFER}"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    assert curl(item["pin"]).stdout == "200"
    assert curl("sha256//" + base64.b64encode(bytes(32)).decode()).returncode == 90


def test_each_self_made_key_is_another_one(table, start):
    pins = [spki_pin(start("--tls-self-made").port) for _ in range(2)]
    assert pins[0] != pins[1]


def test_without_openssl_it_says_what_to_do(tmp_path):
    done = subprocess.run(
        [mark_program(), "serve", "--port", "0", "--tls-self-made"],
        capture_output=True, text=True, timeout=60, cwd=ROOT, env=os.environ | {"PATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1 and "openssl" in done.stderr and "--tls-certificate" in done.stderr

"""`mark up --cloud`: AWS's services with boto3, wrong signatures, and instances and environments that are real processes."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from backend import MarkProcess
from boto3.dynamodb.conditions import Attr, Key
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

REGION, KEY, SECRET = "eu-west-1", "AKIALOCALOPERATOR000", "local-operator-secret"
STUBS = Path(__file__).with_name("cloud")
TAG = {"Key": "mark:stack", "Value": "mark"}


class Cloud(MarkProcess):
    def __init__(self, engine_library: str, folder: Path, *options: str) -> None:
        self.folder = folder
        (folder / "models").mkdir(exist_ok=True)
        (folder / "events.jsonl").touch()
        (folder / "bootstrap").unlink(missing_ok=True)
        (folder / "bootstrap").symlink_to(STUBS / "bootstrap")
        # The instance's program needs this interpreter, with boto3.
        program = folder / "instance"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {STUBS / "instance"} "$@"\n')
        program.chmod(0o755)
        super().__init__(
            "up", engine_library, "--cloud", "--bundle", str(folder), "--models", str(folder / "models"),
            "--instance-program", str(program), *options,
        )  # fmt: skip

    def client(self, service: str, secret: str = SECRET, **more):
        return boto3.client(
            service, more.pop("region", REGION), endpoint_url=self.url, aws_access_key_id=more.pop("key", KEY),
            aws_secret_access_key=secret, config=Config(retries={"total_max_attempts": 1}), **more,
        )  # fmt: skip

    def table(self):
        return boto3.resource(
            "dynamodb", REGION, endpoint_url=self.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET
        ).Table("mark")

    def get(self, path: str) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def state(self) -> dict:
        return self.get("/cloud/state")[1]

    def order(self, order: str, **more) -> int:
        body = json.dumps({"order": order} | more).encode()
        request = urllib.request.Request(self.url + "/cloud/orders", body, {"Content-Type": "application/json"})
        try:
            return urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code

    def invoke(self, function: str, event: dict) -> dict:
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        assert answer["StatusCode"] == 200 and "FunctionError" not in answer
        return json.loads(answer["Payload"].read())

    def controller_events(self) -> list[dict]:
        """Whatever environment had them: the function writes them down."""
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]


def wait_until(condition, seconds: float = 60):
    """The condition's first true value."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.05)
    return value


def code(call, *arguments, **more) -> str:
    with pytest.raises(ClientError) as error:
        call(*arguments, **more)
    return error.value.response["Error"]["Code"]


def children(process: int) -> list[int]:
    """Processes below one, however deep."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    found, frontier = [], {process}
    while frontier:
        frontier = {int(p) for p, parent, state in rows if int(parent) in frontier and state[0] != "Z"}
        found += frontier
    return found


@pytest.fixture(scope="module")
def cloud(engine_library, tmp_path_factory):
    """A minute lasts five seconds."""
    cloud = Cloud(engine_library, tmp_path_factory.mktemp("cloud"), "--speed", "12", "--boot", "20", "--seed", "3", "--concurrency", "2")
    yield cloud
    below = children(cloud.process.pid)
    assert cloud.close() == 0, "mark up must end at SIGTERM"
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in below), 10)


# Signatures


@pytest.mark.parametrize("service, call, wrong, unknown", [
    ("dynamodb", lambda c: c.list_tables(), "InvalidSignatureException", "UnrecognizedClientException"),
    ("ec2", lambda c: c.describe_instances(), "AuthFailure", "AuthFailure"),
    ("lambda", lambda c: c.get_account_settings(), "InvalidSignatureException", "UnrecognizedClientException"),
    ("apigatewayv2", lambda c: c.get_apis(), "InvalidSignatureException", "UnrecognizedClientException"),
    ("cloudwatch", lambda c: c.list_metrics(), "InvalidSignatureException", "UnrecognizedClientException"),
    ("ssm", lambda c: c.get_parameter(Name="/a"), "InvalidSignatureException", "UnrecognizedClientException"),
    ("pricing", lambda c: c.get_products(ServiceCode="AmazonEC2"), "InvalidSignatureException", "UnrecognizedClientException"),
])  # fmt: skip
def test_a_wrong_secret_and_an_unknown_key_are_refused_in_the_services_own_words(cloud, service, call, wrong, unknown):
    assert code(call, cloud.client(service, secret="wrong")) == wrong
    assert code(call, cloud.client(service, key="AKIANOBODY")) == unknown


def send(cloud, target: str, body: bytes, skew: int = 0, sign: bool = True, drop: str | None = None) -> tuple[int, str]:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target}
    request = AWSRequest("POST", cloud.url + "/", data=body, headers={n: v for n, v in headers.items() if n != drop})
    if sign:
        signer = SigV4Auth(Credentials(KEY, SECRET), "dynamodb", REGION)
        time_ = (datetime.now(UTC) + timedelta(seconds=skew)).strftime("%Y%m%dT%H%M%SZ")
        request.context["timestamp"] = time_
        request.headers["X-Amz-Date"] = time_
        signer._modify_request_before_signing(request)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signer._inject_signature_to_request(request, signer.signature(text, request))
    wire = urllib.request.Request(cloud.url + "/", body, dict(request.headers.items()) | headers, method="POST")
    try:
        with urllib.request.urlopen(wire, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_signatures_are_checked_for_time_for_what_they_cover_and_for_being_there(cloud):
    list_tables = "DynamoDB_20120810.ListTables"
    assert send(cloud, list_tables, b"{}")[0] == 200
    assert send(cloud, list_tables, b"{}", skew=-280)[0] == 200
    status, text = send(cloud, list_tables, b"{}", skew=-400)
    assert status == 400 and "InvalidSignatureException" in text and "Signature expired" in text
    assert "not yet current" in send(cloud, list_tables, b"{}", skew=400)[1]
    assert "must be a 'SignedHeader'" in send(cloud, list_tables, b"{}", drop="X-Amz-Target")[1]
    status, text = send(cloud, list_tables, b"{}", sign=False)
    assert status == 403 and "MissingAuthenticationToken" in text
    assert "SerializationException" in send(cloud, list_tables, b"[]")[1]
    assert "UnknownOperationException" in send(cloud, "Other.ListTables", b"{}")[1]
    assert code(cloud.client("kinesis").list_streams) == "UnknownService"
    assert code(cloud.client("dynamodb", region="us-east-1").list_tables) == "InvalidSignatureException"


# DynamoDB


def test_items_go_through_boto3s_table(cloud):
    table = cloud.table()
    table.put_item(Item={"pk": "t", "sk": "1", "n": 5, "set": {"a", "b"}, "map": {"x": [1, True, None, b"\x00"]}})
    item = table.get_item(Key={"pk": "t", "sk": "1"}, ConsistentRead=True)["Item"]
    assert item["n"] == 5 and item["set"] == {"a", "b"} and item["map"]["x"][3].value == b"\x00"
    with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException):
        table.put_item(Item={"pk": "t", "sk": "1"}, ConditionExpression="attribute_not_exists(pk)")
    table.put_item(Item={"pk": "t", "sk": "2", "n": 1}, ConditionExpression=Attr("pk").not_exists())
    answer = table.update_item(
        Key={"pk": "t", "sk": "1"}, UpdateExpression="SET #n = #n + :one REMOVE #m ADD visits :one",
        ConditionExpression=Attr("n").between(1, 5) & ~Attr("gone").exists(),
        ExpressionAttributeNames={"#n": "n", "#m": "map"}, ExpressionAttributeValues={":one": 1}, ReturnValues="ALL_NEW",
    )  # fmt: skip
    assert answer["Attributes"] == {"pk": "t", "sk": "1", "n": 6, "set": {"a", "b"}, "visits": 1}
    found = table.query(KeyConditionExpression=Key("pk").eq("t") & Key("sk").begins_with("1"), FilterExpression=Attr("n").gt(5))
    assert [item["sk"] for item in found["Items"]] == ["1"]
    pages = list(cloud.client("dynamodb").get_paginator("scan").paginate(TableName="mark", PaginationConfig={"PageSize": 1}))
    assert len([item for page in pages for item in page["Items"] if item["pk"]["S"] == "t"]) == 2
    assert table.delete_item(Key={"pk": "t", "sk": "1"}, ReturnValues="ALL_OLD")["Attributes"]["n"] == 6
    table.put_item(Item={"pk": "t", "sk": "3", "ttl": int(time.time()) - 1})
    assert "Item" not in table.get_item(Key={"pk": "t", "sk": "3"})
    assert code(cloud.client("dynamodb").get_item, TableName="none", Key={"pk": {"S": "a"}}) == "ResourceNotFoundException"
    assert code(table.put_item, Item={"pk": "t", "sk": "4", "x": "y" * 410_000}) == "ValidationException"


def test_a_table_that_is_out_of_order_says_so_and_comes_back(cloud):
    assert cloud.order("outage", service="dynamodb", seconds=1) == 200
    assert code(cloud.client("dynamodb").list_tables) == "ServiceUnavailable"
    assert wait_until(lambda: not is_refused(cloud.client("dynamodb").list_tables))


def is_refused(call) -> bool:
    try:
        call()
        return False
    except ClientError:
        return True


# Functions and the API


def test_each_function_has_its_role_its_variables_and_its_own_credentials(cloud):
    answers = {name: cloud.invoke(name, {"do": "tell"}) for name in ["mark:live", "mark-router", "mark-controller"]}
    assert [answer["role"] for answer in answers.values()] == ["inference", "router", "controller"]
    variables = answers["mark-controller"]["variables"]
    function = variables["MARK_FUNCTION"]
    assert function == f"arn:aws:lambda:{REGION}:123456789012:function:mark:live"
    assert cloud.invoke(function, {})["role"] == "inference"
    assert variables["AWS_ENDPOINT_URL"] == cloud.url and variables["MARK_TABLE"] == "mark" and variables["MARK_STACK"] == "mark"
    subnets = cloud.client("ec2").describe_subnets(SubnetIds=variables["MARK_SUBNETS"].split(","))["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 3
    template = cloud.client("ec2").describe_launch_templates(LaunchTemplateIds=[variables["MARK_LAUNCH_TEMPLATE"]])
    assert template["LaunchTemplates"][0]["LatestVersionNumber"] == 1
    configuration = cloud.client("lambda").get_function_configuration(FunctionName="mark-controller")
    assert configuration["Environment"]["Variables"]["MARK_API"] == variables["MARK_API"] and configuration["Timeout"] == 55
    # A role's keys are taken with its token only.
    keys = {"key": variables["AWS_ACCESS_KEY_ID"], "secret": variables["AWS_SECRET_ACCESS_KEY"]}
    assert cloud.client("ssm", aws_session_token=variables["AWS_SESSION_TOKEN"], **keys).get_parameter(
        Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    )["Parameter"]["Value"].startswith("ami-")
    assert code(cloud.client("ssm", **keys).get_parameter, Name="/a") == "UnrecognizedClientException"
    assert code(cloud.client("lambda").get_function, FunctionName="other") == "ResourceNotFoundException"
    assert len(cloud.client("lambda").list_functions()["Functions"]) == 3


def test_the_route_flips_to_the_router_and_back(cloud):
    api = cloud.client("apigatewayv2")
    routes = api.get_routes(ApiId="local")["Items"]
    integrations = {i["IntegrationUri"].split(":")[6]: i["IntegrationId"] for i in api.get_integrations(ApiId="local")["Items"]}
    assert [route["RouteKey"] for route in routes] == ["$default"]
    assert cloud.get("/x")[1]["role"] == "inference"
    for function, role in [("mark-router", "router"), ("mark", "inference")]:
        api.update_route(ApiId="local", RouteId=routes[0]["RouteId"], Target=f"integrations/{integrations[function]}")
        assert cloud.get("/x")[1]["role"] == role
    assert code(api.update_route, ApiId="local", RouteId=routes[0]["RouteId"], Target="integrations/none") == "BadRequestException"
    assert code(api.get_routes, ApiId="other") == "NotFoundException"


def test_more_invocations_than_environments_are_throttled_and_provisioned_ones_are_there_ahead(cloud):
    functions = cloud.client("lambda")
    assert functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 100
    # What the laptop is held to is told as a reservation.
    assert functions.get_function_concurrency(FunctionName="mark")["ReservedConcurrentExecutions"] == 2
    missing = "ProvisionedConcurrencyConfigNotFoundException"
    assert code(functions.get_provisioned_concurrency_config, FunctionName="mark", Qualifier="live") == missing
    put = functions.put_provisioned_concurrency_config(FunctionName="mark", Qualifier="live", ProvisionedConcurrentExecutions=2)
    assert put["RequestedProvisionedConcurrentExecutions"] == 2
    get = lambda: functions.get_provisioned_concurrency_config(FunctionName="mark", Qualifier="live")  # noqa: E731
    wait_until(lambda: get()["Status"] == "READY")
    assert get()["AvailableProvisionedConcurrentExecutions"] == 2
    assert len(functions.list_provisioned_concurrency_configs(FunctionName="mark")["ProvisionedConcurrencyConfigs"]) == 1
    command = [sys.executable, "-c", "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()", f"{cloud.url}/sleep/3"]
    sleepers = [subprocess.Popen(command) for _ in range(2)]
    wait_until(lambda: next(f for f in cloud.state()["functions"] if f["name"] == "mark")["busy"] == 2)
    with pytest.raises(functions.exceptions.TooManyRequestsException):
        functions.invoke(FunctionName="mark", Payload=b"{}")
    assert cloud.get("/y")[0] == 503
    assert [sleeper.wait(30) for sleeper in sleepers] == [0, 0]
    functions.delete_provisioned_concurrency_config(FunctionName="mark", Qualifier="live")
    assert code(functions.get_provisioned_concurrency_config, FunctionName="mark", Qualifier="live") == missing


# Metrics and prices


def metric(cloud, namespace: str, name: str, dimensions: dict, stat: str, **more) -> list[float]:
    now = datetime.fromisoformat(cloud.state()["time"])
    dimensions = [{"Name": n, "Value": v} for n, v in dimensions.items()]
    query = {"Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}, "Period": 60, "Stat": stat}
    queries = [{"Id": "m", "MetricStat": query}, *more.get("more", [])]
    answer = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(hours=1), EndTime=now, ScanBy="TimestampAscending"
    )
    return next(r for r in answer["MetricDataResults"] if r["Id"] == more.get("id", "m"))["Values"]


def test_requests_are_counted_by_the_minute_each_for_as_many_as_it_stands_for(cloud):
    api = {"ApiId": "local"}
    before = cloud.state()["bill"]["api_gateway"]["requests"]
    assert [cloud.get("/teapot")[0] for _ in range(5)] == [418] * 5
    assert cloud.state()["bill"]["api_gateway"]["requests"] - before == 5 * 12
    # A minute and its delay are not over yet.
    wait_until(lambda: sum(metric(cloud, "AWS/ApiGateway", "4xx", api, "Sum")) >= 60)
    assert sum(metric(cloud, "AWS/ApiGateway", "Count", api, "Sum")) >= 60
    assert max(metric(cloud, "AWS/ApiGateway", "Latency", api, "p99")) > 0
    assert all(0 <= share <= 100 for share in metric(cloud, "AWS/ApiGateway", "Latency", api, "PR(:300)"))
    filled = {"Id": "f", "Expression": "FILL(m, 0) / 60"}
    assert len(metric(cloud, "AWS/ApiGateway", "Count", api, "Sum", more=[filled], id="f")) >= 50
    assert sum(metric(cloud, "AWS/Lambda", "Invocations", {"FunctionName": "mark"}, "Sum")) >= 60
    assert code(metric, cloud, "AWS/ApiGateway", "Count", api, "median") == "ValidationError"


def test_a_functions_embedded_metrics_are_read_from_its_log(cloud):
    cloud.invoke("mark-controller", {"do": "measure", "value": 7})
    assert wait_until(lambda: metric(cloud, "MARK", "Ticks", {"Stack": "mark"}, "Maximum")) == [7]


def test_prices_are_told_and_move(cloud):
    now = datetime.fromisoformat(cloud.state()["time"])
    ec2 = cloud.client("ec2")
    history = list(
        ec2.get_paginator("describe_spot_price_history").paginate(
            InstanceTypes=["c6i.large", "c5.large"], ProductDescriptions=["Linux/UNIX"], StartTime=now - timedelta(days=1), EndTime=now,
            PaginationConfig={"PageSize": 100},
        )
    )  # fmt: skip
    rows = [row for page in history for row in page["SpotPriceHistory"]]
    assert len(history) > 1 and len({(row["InstanceType"], row["AvailabilityZone"]) for row in rows}) == 6
    assert len({row["SpotPrice"] for row in rows}) > 20
    types = [t for page in ec2.get_paginator("describe_instance_types").paginate() for t in page["InstanceTypes"]]
    assert {"c6i.large", "t3.medium"} <= {t["InstanceType"] for t in types}
    burstable = next(t for t in types if t["InstanceType"] == "t3.medium")
    assert burstable["BurstablePerformanceSupported"] and burstable["VCpuInfo"]["DefaultVCpus"] == 2
    products = cloud.client("pricing").get_products(
        ServiceCode="AmazonEC2", Filters=[{"Type": "TERM_MATCH", "Field": "instanceType", "Value": "c6i.large"}]
    )["PriceList"]
    terms = json.loads(products[0])["terms"]["OnDemand"]
    assert next(iter(next(iter(terms.values()))["priceDimensions"].values()))["pricePerUnit"]["USD"] == "0.085"


# Instances


def fleet(cloud, *types: str, spot: int = 1, **more) -> dict:
    return cloud.client("ec2").create_fleet(
        Type="instant", SpotOptions={"AllocationStrategy": "price-capacity-optimized"},
        LaunchTemplateConfigs=[{
            "LaunchTemplateSpecification": {"LaunchTemplateName": "mark", "Version": "$Latest"},
            "Overrides": [{"InstanceType": t} for t in types],
        }],
        TargetCapacitySpecification={"TotalTargetCapacity": spot, "SpotTargetCapacity": spot, "DefaultTargetCapacityType": "spot"}, **more,
    )  # fmt: skip


def instance(cloud, identifier: str) -> dict:
    return cloud.client("ec2").describe_instances(InstanceIds=[identifier])["Reservations"][0]["Instances"][0]


def registered(cloud, identifier: str) -> dict | None:
    return cloud.table().get_item(Key={"pk": "fleet", "sk": identifier}).get("Item")


def test_an_instance_runs_a_program_with_metadata_and_is_reclaimed_after_its_notice(cloud):
    answer = fleet(cloud, "c6i.large", "c5.large", ClientToken="tick-1")
    identifier = answer["Instances"][0]["InstanceIds"][0]
    assert fleet(cloud, "c6i.large", "c5.large", ClientToken="tick-1")["Instances"] == answer["Instances"]
    assert code(fleet, cloud, "c6i.large", ClientToken="tick-1") == "IdempotentParameterMismatch"
    found = cloud.client("ec2").describe_instances(Filters=[{"Name": "tag:mark:stack", "Values": ["mark"]}])
    assert [i["InstanceId"] for r in found["Reservations"] for i in r["Instances"]] == [identifier]
    assert instance(cloud, identifier)["InstanceLifecycle"] == "spot"
    item = wait_until(lambda: registered(cloud, identifier))
    assert item["life"] == "spot" and item["type"] == answer["Instances"][0]["InstanceType"] and item["notice"] is None
    assert item["arguments"][0] == "serve" and item["arguments"][item["arguments"].index("--instance-id") + 1] == identifier
    assert cloud.order("rebalance", instance=identifier) == 200 and cloud.order("reclaim", instance=identifier) == 200
    item = wait_until(lambda: (item := registered(cloud, identifier)) and item["notice"] and item)
    assert json.loads(item["notice"])["action"] == "terminate" and "noticeTime" in item["rebalance"]
    wait_until(lambda: instance(cloud, identifier)["State"]["Name"] == "terminated")
    assert instance(cloud, identifier)["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    events = [e for e in cloud.controller_events() if e["source"] == "aws.ec2" and e["detail"]["instance-id"] == identifier]
    # EventBridge promises no order.
    assert sorted(e["detail"].get("state", e["detail-type"].split()[-1]) for e in events) == [
        "Recommendation", "Warning", "pending", "running", "shutting-down", "terminated",
    ]  # fmt: skip
    bill = next(i for i in cloud.state()["bill"]["ec2"]["instances"] if i["id"] == identifier)
    assert bill["usd"] > 0 and bill["seconds"] >= 120


def test_an_instance_ends_with_its_program_and_by_terminate(cloud):
    by_itself, by_us = (fleet(cloud, "c6i.large")["Instances"][0]["InstanceIds"][0] for _ in range(2))
    for identifier in (by_itself, by_us):
        wait_until(lambda: registered(cloud, identifier))  # noqa: B023
    assert cloud.order("kill-instance", instance=by_itself) == 200
    changed = cloud.client("ec2").terminate_instances(InstanceIds=[by_us])["TerminatingInstances"][0]
    assert changed["PreviousState"]["Name"] == "running" and changed["CurrentState"]["Name"] == "shutting-down"
    for identifier, reason in [(by_itself, "Client.InstanceInitiatedShutdown"), (by_us, "Client.UserInitiatedShutdown")]:
        wait_until(lambda: instance(cloud, identifier)["State"]["Name"] == "terminated")  # noqa: B023
        assert instance(cloud, identifier)["StateReason"]["Code"] == reason
    assert code(cloud.client("ec2").terminate_instances, InstanceIds=["i-0123"]) == "InvalidInstanceID.NotFound"


def test_a_pool_that_is_switched_off_refuses_as_ec2_does(cloud):
    assert cloud.order("close-pools", type="c6i.large", seconds=3600) == 200
    answer = fleet(cloud, "c6i.large")
    assert answer["Instances"] == [] and {e["ErrorCode"] for e in answer["Errors"]} == {"InsufficientInstanceCapacity"}
    run = {"MinCount": 1, "MaxCount": 1, "InstanceType": "c6i.large", "ImageId": "ami-1"}
    with pytest.raises(ClientError) as error:
        cloud.client("ec2").run_instances(**run)
    assert error.value.response["Error"]["Code"] == "InsufficientInstanceCapacity"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert cloud.order("open-pools") == 200
    tags = [{"ResourceType": "instance", "Tags": [TAG]}]
    launched = cloud.client("ec2").run_instances(**run, TagSpecifications=tags)["Instances"][0]
    assert launched["Tags"] == [TAG] and launched["State"]["Name"] == "pending"
    cloud.client("ec2").create_tags(Resources=[launched["InstanceId"]], Tags=[{"Key": "a", "Value": "b"}])
    assert {"Key": "a", "Value": "b"} in instance(cloud, launched["InstanceId"])["Tags"]
    cloud.client("ec2").terminate_instances(InstanceIds=[launched["InstanceId"]])


# Time


def test_a_minute_lasts_five_seconds_for_ticks_and_for_the_clock(cloud):
    def ticks():
        return [e["time"] for e in cloud.controller_events() if e["source"] == "aws.scheduler"]

    first = len(wait_until(ticks))
    wait_until(lambda: len(ticks()) >= first + 3)
    times = [datetime.fromisoformat(time_) for time_ in ticks()]
    assert all(time_.second == 0 for time_ in times)
    assert {later - earlier for earlier, later in zip(times, times[1:])} == {timedelta(minutes=1)}
    start, real = datetime.fromisoformat(cloud.state()["time"]), time.monotonic()
    time.sleep(1)
    passed = (datetime.fromisoformat(cloud.state()["time"]) - start).total_seconds() / (time.monotonic() - real)
    assert 6 < passed < 24


def test_orders_and_requests_that_make_no_sense_are_refused(cloud):
    assert cloud.order("dance") == 400
    assert cloud.order("reclaim", instance="i-0123") == 409
    request = urllib.request.Request(cloud.url + "/cloud/orders", b'{"order": "open-pools"}', {"Content-Type": "text/plain"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=10)
    assert error.value.code == 415
    assert cloud.get("/cloud/other")[0] == 404
    assert code(cloud.client("ec2").describe_vpcs) == "InvalidAction"
    filters = [{"Name": "colour", "Values": ["red"]}]
    assert code(cloud.client("ec2").describe_instances, Filters=filters) == "InvalidParameterValue"


@pytest.mark.skipif(not os.environ.get("MARK_AWSCLI"), reason="set MARK_AWSCLI to the aws program to run this")
def test_awscli_looks_around(cloud):
    place = {"AWS_ENDPOINT_URL": cloud.url, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": ""}
    variables = place | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    for words in [
        "ec2 describe-subnets", "dynamodb scan --table-name mark", "lambda list-functions", "apigatewayv2 get-apis",
        "cloudwatch list-metrics", "lambda get-account-settings",
        "ssm get-parameter --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    ]:  # fmt: skip
        command = [os.environ["MARK_AWSCLI"], *words.split(), "--output", "json"]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and json.loads(done.stdout), done.stderr

"""A small world for the controller: moto for EC2, the table and the API, what moto lacks as scripts, and a clock that a test sets.

The controller is the real bootstrap under the Runtime API. Its wall clock and moto's are the test's, so that a minute passes when a test says
so; requests come as often as the test says, in CloudWatch's counts; and backends are the registry's items, as `mark serve` writes them.
"""

import json
import mmap
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import aws_front
import boto3
from backend import mark_program
from runtime_api import VERSION, Bootstrap, RuntimeAPI

REGION, STACK, TABLE = "us-east-1", "shop", "shop-table"
KEY, SECRET = "AKIALIVELIVELIVELIVE", "live+secret/with=signs"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:shop-inference:live"
ROUTER = "arn:aws:lambda:us-east-1:123456789012:function:shop-router"
# Milliseconds: what the planner is told of the model, on a machine of two cores.
PROFILE = {
    "configurations": [
        {"executors": 2, "threads": 1, "batches": [{"size": 1, "p99_ms": 40}, {"size": 4, "p99_ms": 100}, {"size": 8, "p99_ms": 180}]}
    ]
}
MUTATING = ("CreateFleet", "RunInstances", "TerminateInstances", "CreateTags", "PutItem", "UpdateItem", "DeleteItem", "UpdateRoute",
            "PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig", "Invoke")  # fmt: skip


class Clock:
    """What is added to the system's time, in memory that processes share."""

    def __init__(self, folder: Path) -> None:
        self.path, self.library = folder / "offset", folder / "clock.so"
        self.path.write_bytes(bytes(8))
        with open(self.path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 8)
        subprocess.run(
            ["clang", "-shared", "-fPIC", "-O2", "-o", self.library, Path(__file__).with_name("clock.c")], check=True
        )
        # To the beginning of a minute's sixth second, whatever the time is.
        self.offset = 0.0
        self.advance((66 - time.time() % 60) % 60)

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "TEST_CLOCK": str(self.path)}

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self.memory[:8] = struct.pack("<q", int(self.offset * 1e9))


class Handler(aws_front.Handler):
    """What moto lacks, before what moto has."""

    server: "Front"

    @property
    def operation(self) -> str:
        if target := self.headers.get("X-Amz-Target"):
            return target.split(".")[1]
        path = urllib.parse.urlsplit(self.path).path
        if path == "/":
            return dict(urllib.parse.parse_qsl(self.body.decode()))["Action"]
        for pattern, name in (
            ("/provisioned-concurrency", "ProvisionedConcurrencyConfig"), ("/concurrency", "FunctionConcurrency"),
            ("/account-settings", "AccountSettings"), ("/invocations", "Invoke"), ("/routes/", "Route"),
            ("/routes", "Routes"), ("/integrations", "Integrations"), ("/configuration", "FunctionConfiguration"),
        ):  # fmt: skip
            if pattern in path:
                if name == "Invoke":
                    return name
                return {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "PATCH": "Update"}[self.command] + name
        return path

    def ask_moto(self):
        world, operation = self.server.world, self.operation
        with world.lock:
            world.calls.append(operation)
        if (trap := world.trap) and trap(operation, "before"):
            raise ConnectionAbortedError("nobody is there any more, and nothing has happened")
        if operation in world.broken:
            return 500, [("Content-Type", "text/xml")], b"<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>"
        status, headers, body = self.scripted(operation) or self.remembered(operation)
        if (trap := world.trap) and trap(operation, "after"):
            raise ConnectionAbortedError("nobody is there any more, but it has happened")
        return status, headers, body

    def remembered(self, operation: str):
        """EC2 does once what is asked twice with one token; moto does not."""
        world = self.server.world
        if operation != "CreateFleet":
            return super().ask_moto()
        form = dict(urllib.parse.parse_qsl(self.body.decode()))
        with world.lock:
            world.fleets.append(form)
            token = form["ClientToken"]
            if token in world.tokens:
                before, answer = world.tokens[token]
                assert before == self.body, "one token for two different fleets"
                return answer
            asked = self.body
            size = int(form["TargetCapacitySpecification.TotalTargetCapacity"])
            if size > world.fleet_max:
                # EC2 gives what it has, and says what it had not.
                self.body = re.sub(rb"(\w+TargetCapacity)=%d\b" % size, rb"\g<1>=%d" % world.fleet_max, asked)
                assert len(self.body) == len(asked)
            status, headers, body = world.create_fleet(form, super().ask_moto)
            if size > world.fleet_max:
                error = "<item><errorCode>InsufficientInstanceCapacity</errorCode><errorMessage>no more</errorMessage><lifecycle>spot</lifecycle></item>"
                body = body.replace(b"</CreateFleetResponse>", f"<errorSet>{error}</errorSet></CreateFleetResponse>".encode())
            self.body = asked
            answer = status, headers, body
            world.tokens[token] = (self.body, answer)
            return answer

    def scripted(self, operation: str):
        world = self.server.world
        text, data = [("Content-Type", "application/json")], None
        match operation:
            case "GetMetricData":
                data = world.metrics(json.loads(self.body))
            case "DescribeSpotPriceHistory":
                return 200, [("Content-Type", "text/xml")], world.spot_prices(self.body.decode())
            case "GetProvisionedConcurrencyConfig":
                if not world.provisioned:
                    return self.missing()
                data = world.provisioned_state()
            case "PutProvisionedConcurrencyConfig":
                world.provisioned = json.loads(self.body)["ProvisionedConcurrentExecutions"]
                return 202, text, json.dumps(world.provisioned_state()).encode()
            case "DeleteProvisionedConcurrencyConfig":
                if not world.provisioned:
                    return self.missing()
                world.provisioned = 0
                return 204, text, b""
            case "GetFunctionConcurrency":
                data = {}
            case "GetAccountSettings":
                data = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}
            case "GetFunctionConfiguration":
                data = {"FunctionName": "shop-controller", "MemorySize": 1024, "Environment": {"Variables": world.variables()}}
            case "Invoke":
                data = world.invoke(json.loads(self.body))
        return None if data is None else (200, text, json.dumps(data).encode())

    def missing(self):
        body = json.dumps({"Type": "User", "message": "No Provisioned Concurrency Config found for this function"}).encode()
        return 404, [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ProvisionedConcurrencyConfigNotFoundException")], body


class Front(aws_front.Front):
    def __init__(self, world: "World", moto_port: int, storm: bool) -> None:
        self.world = world
        super().__init__(moto_port, KEY, SECRET, storm=storm)
        self.RequestHandlerClass = Handler

    def now(self) -> float:
        return self.world.clock.now() + self.skew


class World:
    def __init__(self, folder: Path, bootstrap: Path, storm: bool = False, skew: float = 0, zones: int = 3, **variables: str) -> None:
        self.clock, self.bootstrap, self.lock = Clock(folder), bootstrap, threading.Lock()
        self.more, self.zones = variables, zones
        self.calls: list[str] = []
        self.fleets: list[dict[str, str]] = []
        self.tokens: dict[str, tuple[bytes, tuple]] = {}
        self.broken: set[str] = set()
        self.trap = None
        self.provisioned = 0
        self.empty_pools: set[str] = set()
        self.fleet_max = 1000
        self.held, self.peak, self.warmed, self.environments = 0, 0, 0, 0
        # Requests by minute since 1970.
        self.rate = lambda minute: 0.0
        # What backends say that they take; 0: nothing.
        self.capacity = "0"
        self.began = int(self.clock.now() // 60)
        self.share_in_time = 100.0
        self.start_moto()
        self.front = Front(self, self.port, storm)
        self.front.skew = skew
        self.models = folder / "models"
        (self.models / "m" / "1").mkdir(parents=True)
        # The controller looks at models' configurations alone.
        (self.models / "m" / "1" / "model.onnx").touch()
        (self.models / "m" / "config.json").write_text(json.dumps({"profiles": {"c5.large": PROFILE}}))
        self.prepare()
        self.processes: list[Controller] = []

    def start_moto(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        server = Path(sys.executable).with_name("moto_server")
        self.moto = subprocess.Popen(
            [server, "-H", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | self.clock.environment,
        )  # fmt: skip
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/moto-api/data.json", timeout=10).read()
                return
            except OSError:
                assert self.moto.poll() is None and time.monotonic() < until, "moto does not start"
                time.sleep(0.05)

    def client(self, service: str):
        return boto3.client(
            service, REGION, endpoint_url=f"http://127.0.0.1:{self.port}", aws_access_key_id="a", aws_secret_access_key="b"
        )

    def prepare(self) -> None:
        self.ec2, self.dynamo, self.api = self.client("ec2"), self.client("dynamodb"), self.client("apigatewayv2")
        self.dynamo.create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        )  # fmt: skip
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        template = self.ec2.create_launch_template(LaunchTemplateName="t", LaunchTemplateData={"ImageId": image})
        self.template = template["LaunchTemplate"]["LaunchTemplateId"]
        subnets = sorted(self.ec2.describe_subnets()["Subnets"], key=lambda s: s["AvailabilityZone"])[: self.zones]
        self.subnets = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets}
        self.api_id = self.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
        self.integrations = {
            name: self.api.create_integration(
                ApiId=self.api_id, IntegrationType="AWS_PROXY", PayloadFormatVersion="2.0",
                IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
            )["IntegrationId"]
            for name, arn in (("inference", FUNCTION), ("router", ROUTER))
        }  # fmt: skip
        self.api.create_route(ApiId=self.api_id, RouteKey="$default", Target=f"integrations/{self.integrations['inference']}")

    def variables(self) -> dict[str, str]:
        return {
            "MARK_ROLE": "controller", "MARK_STACK": STACK, "MARK_TABLE": TABLE, "MARK_FUNCTION": FUNCTION, "MARK_ROUTER": ROUTER,
            "MARK_API": self.api_id, "MARK_SLO_MS": "300", "MARK_TARGET": "0.99", "MARK_LAUNCH_TEMPLATE": self.template,
            "MARK_SUBNETS": ",".join(self.subnets), "MARK_MODELS": str(self.models), "MARK_INSTANCES_MAX": "8",
            "MARK_TYPES": "c5.large,c5.xlarge,c5a.large",
        } | self.more  # fmt: skip

    def command(self, *words: str, fails: bool = False) -> str:
        """What `mark` says with a caller's credentials."""
        variables = {
            "AWS_ENDPOINT_URL": self.front.url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        } | self.clock.environment  # fmt: skip
        done = subprocess.run([mark_program(), *words], env=variables, capture_output=True, text=True, timeout=120)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    def controller(self) -> "Controller":
        process = Controller(self)
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in self.processes:
            process.close()
        self.front.shutdown()
        self.moto.terminate()
        self.moto.wait()

    def sustain(self, rate: float, ago: int = 130) -> None:
        """So many requests a minute, for two hours already."""
        start = self.began - ago
        self.rate = lambda minute: rate if minute >= start else 0.0

    # What moto lacks

    def metrics(self, request: dict) -> dict:
        start, end = int(request["StartTime"]) // 60, int(request["EndTime"] + 59) // 60
        # A minute is known a minute after its end.
        end = min(end, int(self.clock.now() // 60) - 1)
        results = []
        for query in request["MetricDataQueries"]:
            stat = query["MetricStat"]["Stat"]
            value = {
                "Count": self.rate, "Latency": lambda m: self.share_in_time, "5xx": lambda m: 0.0,
                "Duration": lambda m: {"SampleCount": self.rate(m), "Average": 60.0}.get(stat, 100.0),
            }[query["MetricStat"]["Metric"]["MetricName"]]  # fmt: skip
            minutes = [m for m in range(start, end) if self.rate(m) > 0]
            results.append({
                "Id": query["Id"], "StatusCode": "Complete",
                "Timestamps": [m * 60.0 for m in minutes], "Values": [float(value(m)) for m in minutes],
            })  # fmt: skip
        return {"MetricDataResults": results}

    def spot_prices(self, form: str) -> bytes:
        fields = dict(urllib.parse.parse_qsl(form))
        types = [value for name, value in fields.items() if name.startswith("InstanceType.")]
        rows = "".join(
            f"<item><instanceType>{kind}</instanceType><availabilityZone>{zone}</availabilityZone><spotPrice>{0.03 + 0.001 * number}</spotPrice>"
            f"<timestamp>2026-01-01T00:00:00.000Z</timestamp><productDescription>Linux/UNIX</productDescription></item>"
            for number, zone in enumerate(self.subnets.values()) for kind in types if kind.startswith("c5.large")
        )  # fmt: skip
        return f"<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>{rows}</spotPriceHistorySet></DescribeSpotPriceHistoryResponse>".encode()

    def create_fleet(self, form: dict[str, str], ask):
        """moto takes the first pool; pools without capacity give errors, as EC2's do."""
        pools, number = [], 1
        while kind := form.get(f"LaunchTemplateConfigs.1.Overrides.{number}.InstanceType"):
            subnet = form.get(f"LaunchTemplateConfigs.1.Overrides.{number}.SubnetId")
            pools.append((kind, subnet, f"{kind}@{self.subnets[subnet]}"))
            number += 1
        if all(name in self.empty_pools for *_, name in pools):
            rows = "".join(
                f"<item><errorCode>InsufficientInstanceCapacity</errorCode><errorMessage>none left</errorMessage><lifecycle>spot</lifecycle>"
                f"<launchTemplateAndOverrides><overrides><instanceType>{kind}</instanceType><subnetId>{subnet}</subnetId></overrides>"
                f"</launchTemplateAndOverrides></item>" for kind, subnet, _ in pools
            )  # fmt: skip
            body = f"<CreateFleetResponse><fleetId>fleet-1</fleetId><errorSet>{rows}</errorSet><fleetInstanceSet/></CreateFleetResponse>"
            return 200, [("Content-Type", "text/xml")], body.encode()
        return ask()

    def provisioned_state(self) -> dict:
        count = self.provisioned
        return {
            "Status": "READY", "RequestedProvisionedConcurrentExecutions": count, "AllocatedProvisionedConcurrentExecutions": count,
            "AvailableProvisionedConcurrentExecutions": count,
        }  # fmt: skip

    def invoke(self, event: dict) -> dict:
        """A warm-up holds an environment of its own."""
        with self.lock:
            self.held += 1
            self.peak = max(self.peak, self.held)
            self.environments = max(self.environments, self.held)
            number = self.held
            self.warmed += 1
        time.sleep(event["warm"]["hold_ms"] / 1000)
        with self.lock:
            self.held -= 1
        return {"environment": f"e{number}", "cold": True, "held_ms": event["warm"]["hold_ms"]}

    # What a test sees and does

    def instances(self, *states: str) -> list[dict]:
        filters = [
            {"Name": "tag:mark:stack", "Values": [STACK]},
            {"Name": "instance-state-name", "Values": list(states or ("pending", "running"))},
        ]
        found = self.ec2.describe_instances(Filters=filters)["Reservations"]
        return sorted((i for r in found for i in r["Instances"]), key=lambda i: i["InstanceId"])

    def item(self, partition: str, sort: str) -> dict | None:
        return self.dynamo.get_item(TableName=TABLE, Key={"pk": {"S": partition}, "sk": {"S": sort}}).get("Item")

    @property
    def document(self) -> dict:
        """What the controller remembers."""
        return json.loads(self.item("controller", "document")["state"]["S"])

    @property
    def route(self) -> str:
        target = self.api.get_routes(ApiId=self.api_id)["Items"][0]["Target"]
        return next(name for name, id in self.integrations.items() if target == f"integrations/{id}")

    def beat(self, silent: set[str] = frozenset()) -> None:
        """What backends do between two ticks: register, beat, and drain when they are asked to."""
        now = int(self.clock.now() * 1000)
        for instance in self.instances("running"):
            id = instance["InstanceId"]
            if id in silent:
                continue
            item = self.item("fleet", id)
            if item and item.get("drain", {}).get("BOOL"):
                # Its requests are answered: it leaves and turns itself off.
                self.dynamo.delete_item(TableName=TABLE, Key={"pk": {"S": "fleet"}, "sk": {"S": id}})
                continue
            if not item and self.was_asked(id):
                continue
            registered = item["registered_ms"]["N"] if item else str(now)
            values = {
                "address": {"S": "10.0.0.7"}, "port": {"N": "8443"}, "type": {"S": instance["InstanceType"]},
                "market": {"S": "spot" if instance.get("InstanceLifecycle") == "spot" else "on-demand"},
                "zone": {"S": instance["Placement"]["AvailabilityZone"]}, "registered_ms": {"N": registered},
                "capacity_rps": {"N": self.capacity}, "build": {"S": "test"}, "state": {"S": "serving"}, "heartbeat_ms": {"N": str(now)},
                "in_flight": {"N": "0"}, "queue_delay_ms": {"N": "0"}, "p98_ms": {"N": "50"}, "served": {"N": "10"}, "late": {"N": "0"},
                "refused": {"N": "0"}, "ttl": {"N": str(now // 1000 + 3600)}, "pk": {"S": "fleet"}, "sk": {"S": id},
            }  # fmt: skip
            self.dynamo.put_item(TableName=TABLE, Item=values)
            self.seen = getattr(self, "seen", set()) | {id}

    def was_asked(self, id: str) -> bool:
        return id in getattr(self, "seen", set())

    def minute(self, controller: "Controller", count: int = 1, silent: set[str] = frozenset()) -> dict:
        """Minutes pass: backends beat, the controller ticks. The last tick's answer."""
        for _ in range(count):
            self.clock.advance(60)
            self.beat(silent)
            answer = controller.tick()
        return answer


class Controller:
    """A controller's process, ticked by the test."""

    def __init__(self, world: World) -> None:
        self.world, self.api = world, RuntimeAPI()
        variables = world.variables() | world.clock.environment | {
            "AWS_ENDPOINT_URL": world.front.url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
        }  # fmt: skip
        self.process = Bootstrap(world.bootstrap, self.api, **variables)
        self.connection = None
        self.count = 0

    @property
    def lines(self) -> list[str]:
        return self.process.lines

    def begin(self, event: dict, seconds: float = 55) -> None:
        """Hands an event to the process."""
        self.connection = self.connection or self.api.accept()
        assert self.connection.request().path == VERSION + "invocation/next"
        self.count += 1
        deadline = str(int((self.world.clock.now() + seconds) * 1000))
        name = f"run-{self.process.process.pid}-{self.count}"
        self.connection.event(json.dumps(event).encode(), name, Lambda_Runtime_Deadline_Ms=deadline)

    def end(self) -> dict:
        self.connection.socket.settimeout(90)
        answer = self.connection.request()
        self.connection.respond(202, b'{"status":"OK"}')
        result = json.loads(answer.body)
        if answer.path.endswith("/error"):
            assert result["errorType"] == "Function.CycleFailed", (result, self.lines[-20:])
            return {"done": False, "because": result["errorMessage"]}
        return result

    def tick(self) -> dict:
        self.begin(self.event())
        return self.end()

    def event(self) -> dict:
        moment = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(self.world.clock.now()))
        return {
            "version": "0", "id": f"tick-{moment}", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "123456789012",
            "time": moment, "region": REGION, "resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/tick"], "detail": {},
        }  # fmt: skip

    def tell(self, kind: str, instance: str, ago: float = 0, **detail: str) -> dict:
        self.begin({
            "version": "0", "id": "e", "detail-type": kind, "source": "aws.ec2", "account": "123456789012",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.world.clock.now() - ago)), "region": REGION,
            "resources": [f"arn:aws:ec2:us-east-1b:instance/{instance}"], "detail": {"instance-id": instance} | detail,
        })  # fmt: skip
        return self.end()

    def kill(self) -> None:
        self.process.process.kill()

    def close(self) -> None:
        self.process.close()
        self.api.close()

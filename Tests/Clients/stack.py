"""A whole stack of `mark up --cloud` with real processes, and clients that count every answer."""

import json
import re
import threading
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import boto3
import models
import numpy
from backend import MarkProcess
from botocore.config import Config
from botocore.exceptions import ClientError
from models import T, helper
from onnx import numpy_helper

MODEL, SIZE = "heavy", 256
REGION, KEY, SECRET = "eu-west-1", "AKIALOCALOPERATOR000", "local-operator-secret"
TYPES = ["c5.large", "c6i.large", "t3.small"]
# What a client waits for an answer: beyond it, it has failed.
PATIENCE = 10


def write_heavy(folder: Path, layers: int = 12) -> None:
    """A model of some milliseconds, whose profiles say 50: so a few requests a second fill an instance, and the machine of the tests has room.

    y[n] = the mean over rows of tanh(... tanh((x[n] + w) w) ... w)
    """
    w = numpy.random.default_rng(1).standard_normal((SIZE, SIZE)) / SIZE**0.5
    nodes = [helper.make_node("Add", ["x", "w"], ["h0"])]
    for i in range(layers):
        nodes.append(helper.make_node("MatMul", [f"h{i}", "w"], [f"m{i}"]))
        nodes.append(helper.make_node("Tanh", [f"m{i}"], [f"h{i + 1}"]))
    nodes.append(helper.make_node("ReduceMean", [f"h{layers}"], ["y"], axes=[1], keepdims=0))
    batches = [{"size": size, "p99_ms": 50 * size} for size in (1, 2, 4)]
    profile = {"configurations": [{"executors": 1, "threads": 1, "batches": batches}]}
    config = {"slo": {"latency_ms": 300, "target": 0.98}, "profiles": {type: profile for type in TYPES}}
    models.write(
        folder / MODEL, nodes, [models._value("x", T.FLOAT, ["n", 1, SIZE])], [models._value("y", T.FLOAT, ["n", SIZE])],
        constants=[numpy_helper.from_array(w.astype(numpy.float32), "w")], config=config,
    )  # fmt: skip


BODY = json.dumps({"inputs": [{"name": "x", "shape": [1, 1, SIZE], "datatype": "FP32", "data": [0.5] * SIZE}]}).encode()


@dataclass(frozen=True)
class Reply:
    sent: float
    seconds: float
    # 0: there was no answer.
    status: int
    text: str
    headers: dict[str, str]


class Traffic:
    """An open loop of requests at a rate that may be changed; each is sent when it is due, whatever became of the others."""

    def __init__(self, port: int, rate: float = 0) -> None:
        self.port, self.rate = port, rate
        self.replies: list[Reply] = []
        self.pool = ThreadPoolExecutor(64)
        self.local = threading.local()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self) -> None:
        due = time.monotonic()
        while not self.ended.is_set():
            if self.rate == 0:
                self.ended.wait(0.02)
                due = time.monotonic()
                continue
            due += 1 / self.rate
            if (wait := due - time.monotonic()) > 0:
                self.ended.wait(wait)
            self.pool.submit(self._request)

    def _request(self) -> None:
        sent = time.monotonic()
        try:
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.request("POST", f"/v2/models/{MODEL}/infer", BODY, {"content-type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            reply = Reply(sent, time.monotonic() - sent, response.status, text, {n.lower(): v for n, v in response.getheaders()})
        except (OSError, HTTPException) as error:
            self.local.connection = None
            reply = Reply(sent, time.monotonic() - sent, 0, repr(error), {})
        self.replies.append(reply)

    @property
    def failed(self) -> list[Reply]:
        return [reply for reply in self.replies if reply.status != 200 or '"outputs"' not in reply.text]

    def check(self) -> None:
        """Every request so far has been answered with a result."""
        failed = self.failed
        kinds = Counter((reply.status, reply.text[:200]) for reply in failed)
        ago = [f"{time.monotonic() - reply.sent:.1f}" for reply in failed[:20]]
        assert not failed, f"{len(failed)} of {len(self.replies)} failed: {kinds.most_common(5)}, sent so many seconds ago: {ago}"

    def share_in_time(self, since: float = 0, slo: float = 0.3) -> float:
        recent = [reply for reply in self.replies if reply.sent >= since]
        return sum(reply.seconds <= slo for reply in recent) / max(1, len(recent))

    def close(self) -> None:
        self.ended.set()
        self.thread.join()
        self.pool.shutdown()


def processes() -> dict[int, tuple[int, str, str]]:
    """By id: parent, state and command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        found[int(entry.name)] = int(stat[1]), stat[0], command
    return found


class Stack(MarkProcess):
    def __init__(self, engine_library: str, bootstrap: Path, folder: Path, *options: str) -> None:
        self.folder = folder
        bundle = folder / "bundle"
        bundle.mkdir(exist_ok=True)
        (bundle / "bootstrap").symlink_to(bootstrap)
        write_heavy(folder / "models")
        super().__init__(
            "up", engine_library, "--cloud", "--bundle", str(bundle), "--models", str(folder / "models"), "--model", MODEL,
            "--types", ",".join(TYPES), "--memory", "10240", "--concurrency", "16", "--boot", "20", *options,
        )  # fmt: skip

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return json.loads(response.read())

    @property
    def state(self) -> dict:
        return self.get("/cloud/state")

    @property
    def instances(self) -> list[dict]:
        return self.state["bill"]["ec2"]["instances"]

    def client(self, service: str):
        return boto3.client(
            service, REGION, endpoint_url=self.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=90),
        )  # fmt: skip

    def backends(self) -> dict[str, dict]:
        """The registry, by instance."""
        names, values = {"#p": "pk"}, {":p": {"S": "fleet"}}
        found = self.client("dynamodb").query(
            TableName="mark", KeyConditionExpression="#p = :p", ExpressionAttributeNames=names, ExpressionAttributeValues=values,
            ConsistentRead=True,
        )  # fmt: skip
        return {item["sk"]["S"]: item for item in found["Items"]}

    def serving(self) -> set[str]:
        """Instances that have said within the last seconds that they serve; none while the table does not answer."""
        now = time.time() * 1000
        try:
            backends = self.backends()
        except ClientError:
            return set()
        return {
            id for id, item in backends.items()
            if item["state"]["S"] == "serving" and now - float(item["heartbeat_ms"]["N"]) < 10_000
        }  # fmt: skip

    def launches(self) -> list[tuple[str, int, list[str]]]:
        """What the controller says that it has launched: the run's request, how many it asked for, and which came."""
        found = re.findall(r'RequestId: (\S+) step step="launch [^"]*" note="\d+ of (\d+): ([^";]*)', "".join(self.lines))
        return [(request, int(asked), [id for id in ids.split(", ") if id]) for request, asked, ids in found]

    def drained(self) -> set[str]:
        """Instances that the controller has decided to let go."""
        return set(re.findall(r'decision action="drain (i-[0-9a-f]+)"', "".join(self.lines)))

    def leftovers(self) -> dict[int, str]:
        """Processes of this stack's, wherever they hang in the tree: all name its folder."""
        return {p: command for p, (_, state, command) in processes().items() if str(self.folder) in command and state != "Z"}

    def usage(self) -> tuple[int, int, int]:
        """Of `mark up` itself: resident KB, descriptors, and how many processes it has."""
        folder = Path(f"/proc/{self.process.pid}")
        resident = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(resident.split()[1]), len(list((folder / "fd").iterdir())), len(self.descendants())

    def order(self, order: str, **more) -> None:
        body = json.dumps({"order": order} | more).encode()
        request = urllib.request.Request(self.url + "/cloud/orders", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).read()

    def descendants(self) -> dict[int, str]:
        """Processes below it that are alive, with their command lines."""
        listing, found, frontier = processes(), {}, {self.process.pid}
        while frontier:
            frontier = {p for p, (parent, state, _) in listing.items() if parent in frontier and state != "Z"}
            found |= {p: listing[p][2] for p in frontier}
        return found

    def wait(self, what: str, condition, seconds: float = 60):
        """The condition's first true value; it is about the state."""
        until = time.monotonic() + seconds
        while True:
            state = self.state
            if value := condition(state):
                return value
            assert self.process.poll() is None, "mark up has ended"
            assert time.monotonic() < until, f"not within {seconds} s: {what}; {summary(state)}\n{''.join(self.lines[-60:])}"
            time.sleep(0.1)


def live(state: dict) -> list[dict]:
    return [i for i in state["bill"]["ec2"]["instances"] if i["state"] in ("pending", "running")]


def invocations(state: dict, function: str) -> float:
    return sum(f["invocations"] for f in state["bill"]["lambda"]["functions"] if f["name"] == function)


def summary(state: dict) -> str:
    instances = [f"{i['id']} {i['type']} {i['market']} {i['state']} {i['seconds']:.0f}s" for i in state["bill"]["ec2"]["instances"]]
    functions = {f["name"]: (f["environments"], f["busy"]) for f in state["functions"]}
    usage = {f["name"]: f["invocations"] for f in state["bill"]["lambda"]["functions"]}
    return f"{state['time']} route {state['route']} {instances} {functions} {usage}"

"""Serves the dashboard as the local cloud does, from a day that is made up, so that the page is tested and looked at without a cloud.

    python Tests/Clients/show_stub.py --port 8090     a day in 25 minutes of the cloud's, again and again
"""

import argparse
import contextlib
import json
import math
import queue
import random
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "Sources/LocalCloud/Dashboard"
# 2019-05-25 06:00 UTC.
START = 1_558_764_000_000
LENGTH = 1500
SLO_MS = 300


def page() -> str:
    """As Dashboard.swift joins it."""
    html = (SOURCES / "dashboard.html").read_text()
    html = re.sub(r'<link rel="stylesheet" href="(.+)">', lambda m: f"<style>\n{(SOURCES / m[1]).read_text()}</style>", html)
    return re.sub(r'<script src="(.+)"></script>', lambda m: f"<script>\n{(SOURCES / m[1]).read_text()}</script>", html)


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000))


def smooth(t: float, start: float, end: float) -> float:
    share = min(1, max(0, (t - start) / (end - start)))
    return share * share * (3 - 2 * share)


INSTANCES = [
    # id, type, market, kind, zone, launched, serving, draining, gone, capacity, dollars an hour
    ("i-0a41c2", "c6i.large", "spot", "spot", "us-east-1b", 330, 380, 1040, 1090, 11.0, 0.0331),
    ("i-0b7712", "c7g.large", "spot", "spot", "us-east-1a", 330, 385, 1260, 1300, 10.5, 0.0298),
    ("i-0c9f30", "t3.medium", "on-demand", "burstable", "us-east-1c", 390, 450, 1330, 1370, 5.0, 0.0416),
    ("i-0d2e81", "c6i.large", "spot", "spot", "us-east-1c", 640, 700, 1290, 1330, 11.0, 0.0344),
    ("i-0e55aa", "c6i.large", "on-demand", "on_demand", "us-east-1a", 1000, 1050, 1240, 1280, 11.0, 0.085),
]
STORY = [
    (20, "Nothing is asked, nothing is rented: idle costs nothing."),
    (150, "Lambda answers the first requests."),
    (330, "The load holds: the controller rents two spot instances and a burstable one."),
    (388, "The route flips: requests go to instances."),
    (780, "A surge: what the instances cannot take spills into Lambda."),
    (960, "EC2 takes a spot instance back. No request fails."),
    (1370, "Night: everything is given back."),
]
DECISIONS = [
    (60, "stay on Lambda", "no load is expected in the next 15 minutes", None, None),
    (330, "launch 2 x c6i.large spot in us-east-1b", "forecast q90 18.2 /s stays above the 6.4 /s at which an instance is cheaper", "Lambda only", 0.0412),
    (390, "launch 1 x t3.medium on demand in us-east-1c", "forecast q90 24.1 /s, capacity 21.5 /s", "1 x c6i.large spot", 0.0021),
    (400, "route requests to the router", "2 instances serve and carry 21.5 /s", "keep the route", 0.018),
    (640, "launch 1 x c6i.large spot in us-east-1c", "forecast q90 33.0 /s, capacity 26.5 /s", "Lambda only", 0.0204),
    (780, "warm 12 environments of Lambda", "load 58.3 /s is above the forecast's 0.9 quantile of 36.0 /s", None, None),
    (960, "replace i-0a41c2 with c6i.large on demand", "EC2 reclaims i-0a41c2 in two minutes and no spot pool is open", "Lambda only", 0.0098),
    (1240, "drain i-0e55aa", "forecast q90 14.0 /s, capacity 32.5 /s", "keep it", 0.0311),
    (1330, "route requests to Lambda", "the last instance drains", None, None),
]  # fmt: skip


def load_at(t: float) -> float:
    base = 30 * smooth(t, 120, 620) * (1 - smooth(t, 1120, 1400)) + 5 * math.sin(t / 70) * smooth(t, 350, 500) * (1 - smooth(t, 1100, 1250))
    return max(0.0, base + 34 * smooth(t, 770, 785) * (1 - smooth(t, 850, 880)))


def state_of(one, t: float) -> str | None:
    launched, serving, draining, gone = one[5:9]
    if t < launched or t > gone + 90:
        return None
    bounds = [(launched + 14, "pending"), (serving, "booting"), (draining, "serving"), (gone - 8, "draining"), (gone, "shutting-down")]
    return next((name for bound, name in bounds if t < bound), "terminated")


class Day:
    """What a cloud would have measured, second by second of the day."""

    def __init__(self) -> None:
        self.total = 0.0
        self.alternatives = {"lambda_usd": 0.0, "static_ec2_usd": 0.0, "sagemaker_usd": 0.0}
        self.requests, self.late = 0, 0
        self.chance = random.Random(1)

    def step(self, t: float, seconds: float) -> dict:
        load = load_at(t) * self.chance.gauss(1, 0.05)
        forecast = load_at(t - 8) if not 765 < t < 800 else 27.0
        capacity = {"spot": 0.0, "burstable": 0.0, "on_demand": 0.0}
        price = 0.0
        for one in INSTANCES:
            if state_of(one, t) in ("serving", "draining"):
                capacity[one[3]] += one[9]
            if state_of(one, t) not in (None, "terminated"):
                price += one[10]
        carried = min(load, 0.93 * sum(capacity.values()))
        by_lambda = max(0.0, load - carried)
        rate = price + by_lambda * 3600 * 1.6e-6 + (load * 3600 * 0.4e-6 if carried else 0)
        self.total += rate * seconds / 3600
        self.alternatives["lambda_usd"] += load * 3600 * 8.2e-6 * seconds / 3600
        self.alternatives["static_ec2_usd"] += 7 * 0.085 * seconds / 3600
        self.alternatives["sagemaker_usd"] += max(2, 1.4 * load / 11) * 0.115 * seconds / 3600
        spike = 420 if 770 < t < 795 or 130 < t < 140 else 0
        p50 = (28 + 12 * load / 60 + self.chance.random() * 4) if load > 0.2 else None
        p99 = (p50 * 2.6 + self.chance.expovariate(1 / 14) + spike * self.chance.random()) if p50 else None
        count = round(load * seconds)
        late = round(count * 0.06) if p99 and p99 > SLO_MS else 0
        self.requests += count
        self.late += late
        return {
            "at": START + 1000 * t, "load_rps": max(0, load), "forecast_rps": forecast, "forecast_q90_rps": forecast * 1.22 + 0.6,
            "capacity": capacity, "lambda_environments": math.ceil(by_lambda / 8), "p50_ms": p50, "p99_ms": p99,
            "in_time": 1 - late / count if count else None, "failed": 0,
            "spilled": round(by_lambda * seconds) if carried else 0, "served_by_instances": round(carried * seconds),
            "served_by_lambda": round(by_lambda * seconds), "usd_per_hour": rate, "usd_total": self.total,
            "alternatives": dict(self.alternatives),
        }  # fmt: skip

    def state(self, t: float, point: dict) -> dict:
        instances = []
        serving = sum(state_of(one, t) == "serving" for one in INSTANCES)
        for one in INSTANCES:
            if name := state_of(one, t):
                share = point["served_by_instances"] / max(1, serving)
                warned = one[0] == "i-0a41c2" and t >= 960
                instances.append({
                    "id": one[0], "type": one[1], "market": one[2], "zone": one[4], "kind": one[3], "state": name,
                    "interruption": iso(START + 1_080_000) if warned else None, "in_flight": round(share / 12) if name == "serving" else 0,
                    "capacity_rps": one[9], "usd_per_hour": one[10],
                })  # fmt: skip
        busy = point["lambda_environments"]
        count = max(busy, math.ceil(load_at(t - 30) / 9)) if load_at(t) > 0.2 else 0
        environments = [{"function": "mark-inference", "id": f"e{i}", "state": "busy" if i < busy else "idle" if i < count else "starting"} for i in range(count + (2 if 770 < t < 785 else 0))]
        routed = 388 <= t < 1335
        environments += [{"function": "mark-router", "id": f"r{i}", "state": "busy" if i < 2 else "idle"} for i in range(4 if routed else 0)]
        environments += [{"function": "mark-controller", "id": "c0", "state": "busy" if t % 60 < 6 else "idle"}]
        phase = next((text for at, text in reversed(STORY) if t >= at), "before the day").split(":")[0].rstrip(".")
        return {
            "time": iso(START + 1000 * t), "speed": 12, "stack": "mark", "model": "digits", "models": [{"name": "digits", "takes": ["drawing", "picture"]}], "route": "router" if routed else "inference",
            "functions": [{"name": name, "memory": memory} for name, memory in [("mark-inference", 1769), ("mark-router", 256), ("mark-controller", 512)]],
            "bill": {"ec2": {"usd": self.total * 0.7}, "lambda": {"usd": self.total * 0.24}, "api_gateway": {"usd": self.total * 0.06}},
            "slo": {"latency_ms": SLO_MS, "target": 0.99, "in_time": 1 - self.late / self.requests if self.requests else None, "requests": self.requests, "failed": 0},
            "environments": environments, "instances": instances,
            "controller": {"time": iso(START + 1000 * (t - t % 60)), "forecast": [{"minutes": m, "mean_rps": load_at(t + 60 * m), "q90_rps": 1.25 * load_at(t + 60 * m) + 0.02 * m * load_at(t)} for m in (1, 2, 3, 5, 10)]},
            "demo": {"trace": "twitter_may25", "elapsed_s": t, "length_s": LENGTH, "phase": phase},
        }  # fmt: skip


class Stub:
    """The server. `send` gives an event to every page; `orders` and `asked` are what pages sent."""

    def __init__(self, port: int = 0, seconds: float = 0) -> None:
        self.orders: list[dict] = []
        self.asked: list[dict] = []
        self.answers: dict[str, tuple[int, dict]] = {}
        self.play(seconds)
        self.inference = {"x-mark-served-by": "lambda", "x-mark-cost-usd": "0.0000021", "x-mark-latency-ms": "31.4"}
        self.side = 8
        self.uploads: list[tuple[str, bytes]] = []
        self.pieces = ["der ", "dritte ", "Mai"]
        # Lets a test see a text before its end.
        self.may_end = threading.Event()
        self.may_end.set()
        self.clients: list[queue.Queue] = []
        self.connections: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        with self.lock:
            for client in self.clients:
                client.put(None)
        self.server.shutdown()
        self.server.server_close()
        # As of a program that has ended: a browser keeps connections for its next requests.
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def send(self, event: str, data: dict) -> None:
        with self.lock:
            if event == "state":
                self.state = data
            for client in self.clients:
                client.put((event, data))

    def play(self, seconds: float, step: float = 2.5) -> float:
        """History of the day's first seconds; returns the last moment."""
        day, t = Day(), 0.0
        points = []
        while t <= seconds:
            points.append(day.step(t, step))
            t += step
        self.day = day
        at = lambda entry: START + 1000 * entry[0]  # noqa: E731
        decisions = [dict(zip(["at", "action", "reason", "runner_up", "runner_up_costs_more_dollars"], [at(one), *one[1:]])) for one in DECISIONS if one[0] <= seconds]
        self.history = {"points": points, "decisions": decisions, "stories": [{"at": at(one), "text": one[1]} for one in STORY if one[0] <= seconds]}
        self.state = day.state(t - step, points[-1])
        return t - step

    def infer(self, request: dict) -> dict:
        """As a model that knows one thing: the share of ink in the upper half."""
        data = request["inputs"][0]["data"]
        best = int(9.99 * sum(data[: len(data) // 2]) / max(1e-6, sum(data)))
        return {"model_name": "digits", "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [1, 10], "data": [0.91 if i == best else 0.01 for i in range(10)]}]}

    def classes(self, kind: str, picture: bytes) -> tuple[int, dict]:
        """As a model that sees cats everywhere."""
        if not picture.startswith((b"\x89PNG", b"\xff\xd8")):
            return 400, {"error": f"the body is no {kind}"}
        return 200, {"classes": [{"index": 3, "label": "cat", "probability": 0.75}, {"index": 7, "label": "dog <b>", "probability": 0.25}]}

    def _handler(stub):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                stub.connections.add(self.connection)

            def finish(self):
                stub.connections.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def log_message(self, *_):
                pass

            def answer(self, status: int, body: str, kind: str = "application/json", **headers: str) -> None:
                self.send_response(status)
                for name, value in {"content-type": kind, "content-length": str(len(body.encode())), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def do_GET(self):
                if self.path == "/":
                    return self.answer(200, page(), "text/html; charset=utf-8")
                if self.path == "/cloud/state":
                    return self.answer(200, json.dumps(stub.state))
                if self.path == "/v2/models/digits":
                    shape = [-1, stub.side**2]
                    return self.answer(200, json.dumps({"name": "digits", "inputs": [{"name": "pixels", "datatype": "FP32", "shape": shape}]}))
                if self.path == "/cloud/receipts/r1":
                    return self.answer(200, json.dumps({"served_by": "lambda", "cost_usd": 0.0000042, "latency_ms": 64.5}))
                if self.path != "/cloud/events":
                    return self.answer(404, json.dumps({"message": f"nothing at {self.path}"}))
                self.stream()

            def stream(self):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("cache-control", "no-store")
                self.end_headers()
                self.close_connection = True
                events: queue.Queue = queue.Queue()
                with stub.lock:
                    events.put(("history", stub.history))
                    stub.clients.append(events)
                try:
                    while (event := events.get()) is not None:
                        self.wfile.write(f"event: {event[0]}\ndata: {json.dumps(event[1])}\n\n".encode())
                        self.wfile.flush()
                except OSError:
                    pass
                finally:
                    with stub.lock:
                        stub.clients.remove(events)

            def write_text(self):
                self.send_response(200)
                for name, value in {"content-type": "text/event-stream", "transfer-encoding": "chunked", "x-mark-receipt": "r1"}.items():
                    self.send_header(name, value)
                self.end_headers()
                for number, piece in enumerate(stub.pieces):
                    if number == len(stub.pieces) - 1:
                        stub.may_end.wait(10)
                    event = f"data: {json.dumps({'model_name': 'm', 'text_output': piece} if isinstance(piece, str) else piece)}\n\n".encode()
                    # Cut in two, as networks do.
                    for part in (event[:9], event[9:]):
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
                        self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if (kind := self.headers["content-type"]).startswith("image/"):
                    stub.uploads.append((f"{self.path} {kind}", body))
                    status, answer = stub.classes(kind, body)
                    return self.answer(status, json.dumps(answer), **stub.inference)
                body = json.loads(body)
                if self.path.endswith("/generate_stream"):
                    stub.asked.append(body | {"path": self.path})
                    return self.write_text()
                if self.path.endswith("/generate"):
                    stub.asked.append(body | {"path": self.path})
                    return self.answer(200, json.dumps({"model_name": "m", "text_output": "".join(stub.pieces)}), **stub.inference)
                if self.path == "/cloud/orders":
                    stub.orders.append(body)
                    status, answer = stub.answers.get(body["order"], (200, {}))
                    return self.answer(status, json.dumps(answer))
                stub.asked.append(body)
                self.answer(200, json.dumps(stub.infer(body)), **stub.inference)

        return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--from", dest="start", type=float, default=0, help="seconds of the day that are history")
    arguments = parser.parse_args()
    stub = Stub(arguments.port, arguments.start)
    print(f"Open {stub.url}/", flush=True)
    t = arguments.start
    while True:
        time.sleep(0.5)
        before, t = t, t + 6
        if t > LENGTH:
            t = stub.play(0)
            stub.send("history", stub.history)
            continue
        point = stub.day.step(t, 6)
        stub.send("point", point)
        stub.send("state", stub.day.state(t, point))
        for entry in DECISIONS:
            if before < entry[0] <= t:
                stub.send("decision", dict(zip(["at", "action", "reason", "runner_up", "runner_up_costs_more_dollars"], [START + 1000 * entry[0], *entry[1:]])))
        for at, text in STORY:
            if before < at <= t:
                stub.send("story", {"at": START + 1000 * at, "text": text})


if __name__ == "__main__":
    main()

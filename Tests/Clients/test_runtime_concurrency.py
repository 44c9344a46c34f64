"""Warm-ups, several workers in one process, the trace variable, and memory that stays as it is."""

import json
import os
import random
import re
import time

import pytest
from function import Function, http_event
from runtime_api import VERSION, Bootstrap, invoke
from test_runtime_loop import DIGITS, LIVE, asked, is_live


def deadline(milliseconds: int) -> str:
    return str(int(time.time() * 1000) + milliseconds)


def warm_event(hold: int) -> bytes:
    return json.dumps({"warm": {"hold_ms": hold, "index": 0, "of": 4}}).encode()


# Warm-ups


def test_a_warm_up_tells_cold_from_warm(start, api):
    function = Function(start(), api)
    first, second = function.result(warm_event(0)), function.result(warm_event(0))
    assert list(first) == ["environment", "cold", "held_ms"]
    assert first["environment"] == second["environment"] == "0123456789abcdef"
    assert (first["cold"], second["cold"]) == (True, False)


def test_after_another_event_a_warm_up_is_not_cold(start, api):
    function = Function(start(), api)
    function.invoke(LIVE)
    assert function.result(warm_event(0))["cold"] is False


def test_a_warm_up_holds_as_long_as_asked(start, api):
    function = Function(start(), api)
    function.result(warm_event(0))
    before = time.perf_counter()
    answer = function.result(warm_event(300))
    assert time.perf_counter() - before >= 0.3
    assert 300 <= answer["held_ms"] < 2000


@pytest.mark.parametrize("left", [600, 50, 0, -10_000])
def test_a_warm_up_lets_go_before_its_deadline(start, api, left):
    function = Function(start(), api)
    function.result(warm_event(0))
    before = time.perf_counter()
    answer = json.loads(function.invoke(warm_event(10_000), Lambda_Runtime_Deadline_Ms=deadline(left)).body)
    assert time.perf_counter() - before < max(left, 0) / 1000 + 1
    # What is left was counted in whole milliseconds.
    assert answer["held_ms"] <= max(left, 0) + 1


@pytest.mark.parametrize("hold", [-1, 10_001, 2**62, 1.5, "100", True, [], None])
def test_a_hold_that_is_none_is_refused(start, api, hold):
    error = Function(start(), api).error(json.dumps({"warm": {"hold_ms": hold}}).encode())
    assert error["errorType"] == "Function.InvalidEvent" and "warm-up" in error["errorMessage"]


# Several workers


def test_workers_wait_for_events_all_at_once(start, api):
    bootstrap = start(AWS_LAMBDA_MAX_CONCURRENCY="4")
    connections = [api.accept() for _ in range(4)]
    for connection in connections:
        asked(connection)
    # One is held while the others serve one event after the other.
    connections[0].event(warm_event(10_000), "held")
    for round in range(3):
        for connection in connections[1:]:
            connection.event(json.dumps(DIGITS).encode(), f"r{round}")
        for connection in connections[1:]:
            answer = connection.request()
            assert answer.path == f"{VERSION}invocation/r{round}/response"
            connection.respond(202)
            asked(connection)
    connections[0].socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        connections[0].socket.recv(1)
    assert bootstrap.process.poll() is None


def test_only_the_first_of_all_workers_is_cold(start, api):
    start(AWS_LAMBDA_MAX_CONCURRENCY="4")
    connections = [api.accept() for _ in range(4)]
    cold = [json.loads(invoke(connection, warm_event(0)).body)["cold"] for connection in connections]
    assert cold == [True, False, False, False]


def test_workers_share_one_model_and_their_processors(start, api):
    """The engine's threads are those of one session, however many workers run it: 4 vCPU for 4 workers are one each."""
    bootstrap = start(AWS_LAMBDA_MAX_CONCURRENCY="4", AWS_LAMBDA_FUNCTION_MEMORY_SIZE="7076")
    connections = [api.accept() for _ in range(4)]
    threads = []
    for connection in connections:
        asked(connection)
    for connection in connections:
        connection.event(json.dumps(DIGITS).encode())
        assert json.loads(connection.request().body)["model_name"] == "digits"
        connection.respond(202)
        asked(connection)
        threads.append(len(os.listdir(f"/proc/{bootstrap.process.pid}/task")))
    # The main thread and the workers.
    assert threads == [5, 5, 5, 5]


def test_workers_log_json_with_request_ids(start, api):
    bootstrap = start(AWS_LAMBDA_MAX_CONCURRENCY="2", AWS_LAMBDA_LOG_FORMAT="Text")
    connections = [api.accept() for _ in range(2)]
    for number, connection in enumerate(connections):
        invoke(connection, b"{}", f"id-{number}")
        asked(connection)
    bootstrap.close()
    assert sorted(json.loads(line)["requestId"] for line in bootstrap.lines) == ["id-0", "id-1"]


def test_a_concurrency_of_one_is_one_connection(start, api):
    start(AWS_LAMBDA_MAX_CONCURRENCY="1")
    connection = api.accept()
    assert is_live(connection)
    api.listener.settimeout(0.3)
    with pytest.raises(TimeoutError):
        api.accept()


def test_a_late_answer_concerns_its_worker_alone(start, api):
    start(AWS_LAMBDA_MAX_CONCURRENCY="2")
    late, other = api.accept(), api.accept()
    asked(late)
    late.event(LIVE)
    late.request()
    late.respond(410, b'{"errorType":"InvocationTimedOut"}')
    assert is_live(other) and is_live(late)


@pytest.mark.parametrize("concurrency", [None, "3"])
def test_the_next_event_is_never_asked_for_early(start, api, concurrency):
    """A second request for an event before the answer would bring the same invocation again."""
    start(**({} if concurrency is None else {"AWS_LAMBDA_MAX_CONCURRENCY": concurrency}))
    connections = [api.accept() for _ in range(int(concurrency or 1))]
    for number in range(200):
        connection = connections[number % len(connections)]
        asked(connection)
        connection.event([LIVE, b"{}", json.dumps(DIGITS).encode()][number % 3], f"r{number}")
        answer = connection.request()
        assert answer.method == "POST" and f"/r{number}/" in answer.path
        assert connection.buffer == b""
        connection.respond(202)


# The trace variable


def memory_has(bootstrap: Bootstrap, text: bytes) -> bool:
    """Whether the process's own memory holds a text: its environment is not in /proc once it was changed."""
    with open(f"/proc/{bootstrap.process.pid}/maps") as maps, open(f"/proc/{bootstrap.process.pid}/mem", "rb") as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if "rw-p" in line and ("[heap]" in line or len(line.split()) == 5):
                memory.seek(start)
                if text in memory.read(end - start):
                    return True
    return False


def test_the_trace_variable_follows_the_invocation(start, api):
    bootstrap = start()
    connection = api.accept()
    name = b"_X_AMZN_TRACE_ID="
    for number in range(3):
        invoke(connection, LIVE, Lambda_Runtime_Trace_Id=f"Root=1-{number};Sampled=1")
        assert memory_has(bootstrap, name + b"Root=1-%d;Sampled=1\0" % number)
    invoke(connection, LIVE)
    assert not memory_has(bootstrap, name + b"Root=1-2")
    invoke(connection, LIVE, Lambda_Runtime_Trace_Id="Root=1-" + "x" * 5000)
    assert is_live(connection)


def test_several_workers_leave_the_trace_variable_alone(start, api):
    bootstrap = start(AWS_LAMBDA_MAX_CONCURRENCY="2")
    connections = [api.accept(), api.accept()]
    for connection in connections:
        invoke(connection, LIVE, Lambda_Runtime_Trace_Id="Root=1-abc")
    assert not memory_has(bootstrap, b"_X_AMZN_TRACE_ID=Root=1-abc")


# Memory


def varied_event(random: random.Random) -> tuple[bytes, dict[str, str]]:
    """An event of any kind, with headers of any length."""
    pixels = [random.random() for _ in range(64 * random.randint(1, 4))]
    request = DIGITS | {"id": str(random.random())}
    request["inputs"] = [DIGITS["inputs"][0] | {"shape": [len(pixels) // 64, 64], "data": pixels}]
    body = random.choice([b"{}", b"no json", LIVE, json.dumps(request).encode(),
                          json.dumps(http_event("POST", "/v2/models/digits/infer", json.dumps(request))).encode(),
                          json.dumps(http_event("POST", "/v2/models/digits/infer", "{")).encode(),
                          json.dumps({"Records": [{"messageId": "m", "body": json.dumps(request)}]}).encode()])  # fmt: skip
    headers = {"Lambda_Runtime_Trace_Id": f"Root=1-{random.getrandbits(32):08x}-{'y' * random.randint(0, 300)}"}
    return body, headers if random.random() < 0.9 else {}


def test_memory_does_not_grow_over_many_invocations(start, api):
    """20,000 invocations; MARK_SLOW=1 makes them the 200,000 over which peers grew tenfold."""
    count = 200_000 if os.environ.get("MARK_SLOW") == "1" else 20_000
    function = Function(start(AWS_LAMBDA_LOG_LEVEL="FATAL", AWS_LAMBDA_LOG_FORMAT="JSON"), api)
    events = [varied_event(random.Random(seed)) for seed in range(500)]
    resident = []
    for number in range(count):
        body, headers = events[number % len(events)]
        if headers:
            headers = {"Lambda_Runtime_Trace_Id": f"{headers['Lambda_Runtime_Trace_Id']}-{number}"}
        function.invoke(body, **headers)
        if number % (count // 20) == 0:
            resident.append(function.resident)
    # The first tenth warms allocators up; 100 bytes an invocation would show as 1.8 MB at 20,000 and 18 MB at 200,000.
    growth = resident[-1] - resident[2]
    assert growth < 1_000_000, f"grew by {growth} bytes: {resident}"

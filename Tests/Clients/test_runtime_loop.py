"""The loop of the runtime: events however they arrive, answers however they are taken, connections however they break."""

import json
import os
import re
import signal
import socket
import struct

import pytest
from function import http_event, read_http_answer
from runtime_api import VERSION, Connection, invoke

NEXT = VERSION + "invocation/next"
DIGITS = {
    "model_name": "digits",
    "inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": list(range(64))}],
}
LIVE = json.dumps(http_event("GET", "/v2/health/live")).encode()
KEPT_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


def reset(connection: Connection) -> None:
    """Closes in the rudest way: the peer reads "connection reset"."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()


def asked(connection: Connection):
    request = connection.request()
    assert (request.method, request.path, request.body) == ("GET", NEXT, b"")
    return request


def is_live(connection: Connection, request_id="r2") -> bool:
    """Whether the next event is asked for, and served."""
    answer = invoke(connection, LIVE, request_id)
    return answer.path == f"{VERSION}invocation/{request_id}/response" and read_http_answer(
        json.loads(answer.body)
    ).status == 200


def event_bytes(body: bytes, chunks: list[bytes] | None = None, *fields: str) -> bytes:
    """An event on the wire; `chunks` are the body's, as the service sends it."""
    head = ["HTTP/1.1 200 OK", "Lambda-Runtime-Aws-Request-Id: r1", *fields]
    if chunks is None:
        return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return "\r\n".join([*head, "Transfer-Encoding: chunked", "", ""]).encode() + framed + b"0\r\n\r\n"


# Events


def test_requests_are_those_of_the_contract(start, api):
    start()
    connection = api.accept()
    request = asked(connection)
    assert request.headers["host"] == api.address
    assert re.fullmatch(r"[\w-]+/[\w.]+", request.headers["user-agent"])
    connection.event(json.dumps(DIGITS).encode())
    answer = connection.request()
    assert (answer.method, answer.path) == ("POST", VERSION + "invocation/r1/response")
    assert answer.headers["content-type"] == "application/json"
    assert "expect" not in answer.headers and "lambda-runtime-function-response-mode" not in answer.headers
    assert json.loads(answer.body)["outputs"][0]["shape"] == [1, 10]


@pytest.mark.parametrize("framing", ["length", "one chunk", "chunks of a byte", "chunks with extensions and trailers"])
def test_an_event_is_read_whatever_its_framing(start, api, framing):
    start()
    connection = api.accept()
    asked(connection)
    data = event_bytes(LIVE)
    if framing == "one chunk":
        data = event_bytes(LIVE, [LIVE])
    if framing == "chunks of a byte":
        data = event_bytes(LIVE, [LIVE[i : i + 1] for i in range(len(LIVE))])
    if framing == "chunks with extensions and trailers":
        head = b"HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id:r1\r\nTRANSFER-ENCODING: Chunked\r\n\r\n"
        data = head + b"00%X;a=b\r\n%s\r\n0;c\r\nX-Trailer: 1\r\n\r\n" % (len(LIVE), LIVE)
    connection.socket.sendall(data)
    assert connection.request().path.endswith("/r1/response")
    connection.respond(202)
    assert is_live(connection)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_event_is_read_wherever_it_is_split(start, api, chunked):
    start()
    connection = api.accept()
    data = event_bytes(LIVE, [LIVE[:5], LIVE[5:6], LIVE[6:]] if chunked else None)
    for split in range(1, len(data)):
        asked(connection)
        connection.socket.sendall(data[:split])
        wait_until_read(connection)
        connection.socket.sendall(data[split:])
        assert connection.request().path.endswith("/r1/response"), f"split at byte {split}"
        connection.respond(202)


def test_an_event_is_read_byte_by_byte(start, api):
    start()
    connection = api.accept()
    for chunks in (None, [LIVE[:100], LIVE[100:]]):
        asked(connection)
        for byte in event_bytes(LIVE, chunks):
            connection.socket.sendall(bytes([byte]))
            wait_until_read(connection)
        assert connection.request().path.endswith("/r1/response")
        connection.respond(202)


def wait_until_read(connection: Connection) -> None:
    """Waits until the runtime has read everything sent, so that the next bytes come in a read of their own."""
    ends = [":%04X" % end[1] for end in (connection.socket.getpeername(), connection.socket.getsockname())]
    while True:
        with open("/proc/net/tcp") as table:
            rows = [row.split() for row in table]
        queues = [row[4] for row in rows if row[1].endswith(ends[0]) and row[2].endswith(ends[1])]
        if all(queue.endswith(":00000000") for queue in queues):
            return
        os.sched_yield()


@pytest.mark.parametrize("size", [0, 65_535, 65_536, 65_537, 6_291_456])
def test_large_events_are_read_whole(start, api, size):
    start()
    connection = api.accept()
    for chunked in (False, True):
        body = json.dumps(http_event("POST", "/v2/repository/index", "x" * size)).encode()
        asked(connection)
        connection.event(body, chunked=chunked)
        answer = connection.request()
        assert read_http_answer(json.loads(answer.body)).json[0]["name"] == "digits"
        connection.respond(202)


def test_empty_headers_mean_absent_ones(start, api):
    """The emulator's managed instances send these, and another runtime died of them."""
    start()
    connection = api.accept()
    empty = ["Cognito-Identity", "Trace-Id", "Client-Context", "Deadline-Ms", "Aws-Tenant-Id"]
    answer = invoke(connection, LIVE, **{f"Lambda_Runtime_{name}": "" for name in empty})
    assert answer.path.endswith("/r1/response")
    assert is_live(connection)


def test_contexts_that_are_no_json_are_let_through(start, api):
    start()
    connection = api.accept()
    answer = invoke(connection, LIVE, Lambda_Runtime_Client_Context="e30=", Lambda_Runtime_Cognito_Identity="{")
    assert answer.path.endswith("/r1/response")


def test_an_event_without_a_request_id_ends_the_process(start, api):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.respond(200, LIVE, {"Lambda-Runtime-Deadline-Ms": "1"})
    assert bootstrap.exit_code() == 1
    assert "Lambda-Runtime-Aws-Request-Id" in "".join(bootstrap.lines)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_an_error_in_place_of_an_event_ends_the_process(start, api, status):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.respond(status, b'{"errorMessage":"no"}')
    assert bootstrap.exit_code() == 1
    assert "FATAL" in bootstrap.lines[-1]


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n7fffffffffffffff\r\n",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]
)  # fmt: skip
def test_what_is_no_http_ends_the_process_and_says_so(start, api, answer):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.socket.sendall(answer)
    assert bootstrap.exit_code() == 1
    assert "not HTTP/1.1" in bootstrap.lines[-1]


# Connections


@pytest.mark.parametrize("end", [reset, lambda connection: connection.socket.close()], ids=["reset", "close"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_connection_lost_before_an_event_is_made_again(start, api, end, times):
    start()
    for _ in range(times):
        connection = api.accept()
        asked(connection)
        end(connection)
    assert is_live(api.accept())


def test_a_connection_lost_again_and_again_ends_the_process(start, api):
    bootstrap = start()
    attempts = 0
    while bootstrap.process.poll() is None and attempts < 50:
        api.listener.settimeout(2)
        try:
            connection = api.accept()
        except TimeoutError:
            break
        attempts += 1
        asked(connection)
        connection.socket.close()
    assert bootstrap.exit_code() == 1
    assert 2 <= attempts <= 10


def test_a_refused_connection_ends_the_process_after_a_few_attempts(start, api):
    api.close()
    bootstrap = start()
    assert bootstrap.exit_code() == 1
    assert "cannot be reached" in bootstrap.lines[-1] and "AWS_LAMBDA_RUNTIME_API" in bootstrap.lines[-1]


@pytest.mark.parametrize("kept", [1, 20, 90, -1], ids=lambda kept: f"{kept} bytes")
@pytest.mark.parametrize("chunked", [False, True])
def test_after_a_part_of_an_event_nothing_is_asked_again(start, api, kept, chunked):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.socket.sendall(event_bytes(LIVE, [LIVE] if chunked else None)[:kept])
    wait_until_read(connection)
    connection.socket.close()
    api.listener.settimeout(1)
    with pytest.raises(TimeoutError):
        api.accept()
    assert bootstrap.exit_code() == 1


def test_an_api_that_closes_after_each_answer_is_served(start, api):
    start()
    for number in range(3):
        connection = api.accept()
        asked(connection)
        connection.respond(200, LIVE, {"Lambda-Runtime-Aws-Request-Id": f"r{number}", "Connection": "close"})
        connection.socket.close()
        connection = api.accept()
        assert connection.request().path.endswith(f"/r{number}/response")
        connection.respond(202, headers={"Connection": "close"})
        connection.socket.close()


# Answers


@pytest.mark.parametrize("status", [400, 403, 410, 413])
@pytest.mark.parametrize("event", [LIVE, b"{}"], ids=["response", "error"])
def test_a_refused_answer_is_logged_and_the_next_event_served(start, api, status, event):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.event(event)
    connection.request()
    connection.respond(status, b'{"errorType":"RequestEntityTooLarge","errorMessage":"too\\nlarge"}')
    assert is_live(connection)
    bootstrap.close()
    assert any(f"refused the answer with status {status}" in line for line in bootstrap.lines)


def test_a_container_error_on_an_answer_ends_the_process(start, api):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.event(LIVE)
    connection.request()
    connection.respond(500)
    assert bootstrap.exit_code() == 1


@pytest.mark.parametrize("status", [202, 403])
@pytest.mark.parametrize("event", [LIVE, b"{}"], ids=["response", "error"])
def test_an_answer_lost_on_the_wire_is_sent_once_more(start, api, status, event):
    """403: the first one had arrived after all."""
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.event(event)
    first = connection.request()
    reset(connection)
    connection = api.accept()
    second = connection.request()
    assert (first.path, first.body) == (second.path, second.body)
    connection.respond(status)
    assert is_live(connection)
    bootstrap.close()
    assert not any("refused" in line for line in bootstrap.lines)


def test_an_answer_lost_twice_ends_the_process(start, api):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.event(LIVE)
    for _ in range(2):
        connection.request()
        reset(connection)
        api.listener.settimeout(1)
        try:
            connection = api.accept()
        except TimeoutError:
            break
    assert bootstrap.exit_code() == 1


@pytest.mark.parametrize("message", ["line\nline\r\t\0\x1b[0m", '"quoted\\"', "Straße 東京 🚀", "\u2028\x7f"])
def test_an_error_is_valid_json_whatever_its_message_holds(start, api, message):
    start()
    connection = api.accept()
    answer = invoke(connection, json.dumps({message: 1}).encode())
    assert answer.path == VERSION + "invocation/r1/error"
    error = json.loads(answer.body)
    assert list(error) == ["errorMessage", "errorType", "stackTrace"] and error["stackTrace"] == []
    assert message in error["errorMessage"]
    assert KEPT_TYPE.fullmatch(error["errorType"])
    assert answer.headers["lambda-runtime-function-error-type"] == error["errorType"]
    assert is_live(connection)


def test_an_error_stays_short_whatever_it_quotes(start, api):
    start()
    answer = invoke(api.accept(), json.dumps({"é" * 1_000_000: 1}).encode())
    assert len(answer.body) < 100_000 and len(json.loads(answer.body)["errorMessage"]) > 100


# The end


def test_sigterm_inside_the_wait_for_an_event_ends_the_process_well(start, api):
    bootstrap = start()
    asked(api.accept())
    bootstrap.process.send_signal(signal.SIGTERM)
    assert bootstrap.process.wait(1) == 0


def test_sigterm_inside_an_invocation_ends_the_process_well(start, api):
    bootstrap = start()
    connection = api.accept()
    asked(connection)
    connection.event(b'{"warm":{"hold_ms":10000}}')
    bootstrap.process.send_signal(signal.SIGTERM)
    assert bootstrap.process.wait(1) == 0

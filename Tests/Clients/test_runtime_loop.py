"""The loop of the runtime: events however they arrive, answers however they are taken, connections however they break."""

import json
import os
import re
import signal

import pytest
from function import http_event, read_http_answer
from runtime_api import VERSION, Connection, invoke

NEXT = VERSION + "invocation/next"
DIGITS = {
    "model_name": "digits",
    "inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": list(range(64))}],
}
LIVE = json.dumps(http_event("GET", "/v2/health/live")).encode()


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

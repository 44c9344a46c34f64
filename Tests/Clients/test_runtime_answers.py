"""Answers however they are taken, and connections however they break."""

import json
import re
import socket
import struct

import pytest
from runtime_api import VERSION, Connection, invoke
from test_runtime_loop import LIVE, asked, event_bytes, is_live, wait_until_read

KEPT_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


def reset(connection: Connection) -> None:
    """Closes in the rudest way: the peer reads "connection reset"."""
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.socket.close()


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

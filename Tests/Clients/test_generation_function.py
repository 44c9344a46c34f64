"""Texts from a function: whole behind API Gateway, token by token through a function URL that takes streams."""

import json

import pytest
from function import Function, http_event
from runtime_api import ROOT, VERSION

FIXTURES = str(ROOT / "Tests" / "Fixtures" / "models")
HOST = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws"


def text_event(path: str, **parameters) -> dict:
    return http_event("POST", path, json.dumps(parameters))


def url_event(path: str, **parameters) -> bytes:
    event = text_event(path, **parameters)
    event["headers"]["host"] = event["requestContext"]["domainName"] = HOST
    return json.dumps(event).encode()


@pytest.fixture
def function(api, start):
    return Function(start(MARK_MODELS=FIXTURES), api)


def parts(connection, event: bytes, request_id: str) -> tuple[dict, list[bytes]]:
    """The head and the chunks of a streamed answer, as they come."""
    request = connection.request()
    assert request.path == VERSION + "invocation/next"
    connection.event(event, request_id)
    method, path, _ = connection.line().decode().split(" ")
    assert (method, path) == ("POST", f"{VERSION}invocation/{request_id}/response")
    headers = connection._headers()
    chunks = []
    while size := int(connection.line(), 16):
        chunks.append(connection.exactly(size))
        assert connection.line() == b""
    connection._headers()
    connection.respond(202, b'{"status":"OK"}')
    return headers, chunks


def test_behind_api_gateway_the_whole_text_is_answered(function):
    answer = function.http("POST", "/v2/models/counter/generate", json.dumps({"text_input": "banana"}))
    assert answer.status == 200
    assert answer.json["text_output"] == "anb"
    assert answer.headers["x-mark-served-by"] == "lambda"
    answer = function.http("POST", "/v1/completions", json.dumps({"model": "counter", "prompt": "banana"}))
    assert answer.json["choices"][0]["text"] == "anb"
    assert function.http("GET", "/v1/models").json["object"] == "list"
    answer = function.http("POST", "/v1/completions", json.dumps({"model": "counter", "prompt": "?"}))
    assert answer.status == 400 and answer.json["error"]["type"] == "invalid_request_error"


def test_a_stream_becomes_one_body_where_nothing_streams(function):
    answer = function.http("POST", "/v2/models/counter/generate_stream", json.dumps({"text_input": "banana"}))
    assert answer.headers["content-type"] == "text/event-stream"
    pieces = [json.loads(line.removeprefix("data: ")) for line in answer.body.decode().split("\n\n") if line]
    assert [p["text_output"] for p in pieces] == ["a", "n", "b", ""]


def test_the_same_seed_gives_the_same_text_in_every_environment(api, start):
    texts = []
    for _ in range(2):
        function = Function(start(MARK_MODELS=FIXTURES), api)
        body = json.dumps({"text_input": "the sea", "seed": 4, "max_tokens": 40})
        texts.append(function.http("POST", "/v2/models/writer/generate", body).json["text_output"])
    assert texts[0] == texts[1]


def test_through_a_streaming_function_url_tokens_come_one_by_one(api, start):
    start(MARK_MODELS=FIXTURES, MARK_RESPONSE_STREAM="yes")
    connection = api.accept()
    headers, chunks = parts(connection, url_event("/v2/models/counter/generate_stream", text_input="banana"), "r1")
    assert headers["lambda-runtime-function-response-mode"] == "streaming"
    assert headers["content-type"] == "application/vnd.awslambda.http-integration-response"
    prelude, _, first = chunks[0].partition(b"\0" * 8)
    assert json.loads(prelude)["statusCode"] == 200
    assert json.loads(prelude)["headers"]["content-type"] == "text/event-stream"
    pieces = [json.loads(chunk.removeprefix(b"data: ")) for chunk in [first, *chunks[1:]]]
    assert [p["text_output"] for p in pieces] == ["a", "n", "b", ""]
    # The next invocation comes on a new connection, and what is no text is streamed as well.
    connection = api.accept()
    _, chunks = parts(connection, url_event("/v2/models/nobody/generate", text_input="a"), "r2")
    prelude, _, body = b"".join(chunks).partition(b"\0" * 8)
    assert json.loads(prelude)["statusCode"] == 404
    assert "unknown model" in json.loads(body)["error"]


def test_api_gateway_gets_no_stream_from_the_same_function(api, start):
    function = Function(start(MARK_MODELS=FIXTURES, MARK_RESPONSE_STREAM="yes"), api)
    assert function.http("POST", "/v2/models/counter/generate", json.dumps({"text_input": "banana"})).json["text_output"] == "anb"


def test_a_text_ends_in_time_for_its_invocation(function):
    event = text_event("/v2/models/writer/generate", text_input="a", max_tokens=100)
    answer = json.loads(function.invoke(event, Lambda_Runtime_Deadline_Ms="1000").body)
    assert answer["statusCode"] == 503
    assert answer["headers"]["x-mark-bounced"] == "hopeless"

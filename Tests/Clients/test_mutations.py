"""Thousands of seeded mutations of good requests: whatever comes, the process lives and answers 2xx or 4xx."""

import base64
import json
import os
import random

import pytest
from function import Function, http_event, read_http_answer
from runtime_api import VERSION
from test_tensors import DIGITS, PIXELS, packed, tensor, with_binary

SEED = int(os.environ.get("MARK_SEED", "20261124"))
COUNT = 30_000 if os.environ.get("MARK_SLOW") == "1" else 3_000
# What mutations put in: structure, numbers at limits, escapes, and the words of the protocol.
PIECES = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"-", b"0", b"1e999", b"-1", b"2", b"null", b"true", b"NaN", b"\0", b"\xff",
          b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"[[[[", b"9223372036854775808", b"4611686018427387904", b"1.5", b"0,", b"[]", b"{}",
          b'"inputs"', b'"data"', b'"shape"', b'"datatype"', b'"BYTES"', b'"FP64"', b'"parameters"', b'{"binary_data_size":8}',
          b'"binary_data":true', b'"classification":3', b"\x00\x00\x00\x80", b"\x1f\x8b", "é🚀".encode()]  # fmt: skip


def seeds() -> list[tuple[str, bytes, dict[str, str]]]:
    """Good requests of every form: the model, the body, the headers."""
    strings = packed([b"a", b"\0\xff"])
    mixed = {"inputs": [tensor("flag", "BOOL", [2], binary_data_size=2), tensor("number", "INT64", [2], [7, -8]),
                        tensor("text", "BYTES", [2], binary_data_size=len(strings))],
             "outputs": [{"name": "text_out", "parameters": {"binary_data": True}}, {"name": "number_out"}], "id": "é\\n"}  # fmt: skip
    classes = {"outputs": [{"name": "y", "parameters": {"classification": 2}}]}
    half = {"inputs": [tensor("x", "FP16", [1, 2], binary_data_size=4)], "parameters": {"binary_data_output": True}}
    return [
        ("same_fp32", json.dumps({"inputs": [tensor("x", "FP32", [2, 2], [[1, 2.5], [-3e-4, 0]])]}).encode(), {}),
        ("same_uint64", json.dumps({"inputs": [tensor("x", "UINT64", [1, 2], [0, 2**64 - 1])]}).encode(), {}),
        ("same_bytes", json.dumps({"inputs": [tensor("x", "BYTES", [2, 1], ["a", "\ud83d\ude80 é"])]}).encode(), {}),
        ("same_bool", json.dumps({"inputs": [tensor("x", "BOOL", [1, 2], [True, False])]}).encode(), {}),
        ("cube", json.dumps({"inputs": [{"data": [[[1], [2]]], "shape": [1, 2, 1], "datatype": "FP32", "name": "x"}]}).encode(), {}),
        ("transposed", json.dumps({"inputs": [tensor("x", "FP32", [1, 2, 3], list(range(6)))]}).encode(), {}),
        ("sums", json.dumps({"inputs": [tensor(name, "FP32", [1, 2], [1, 2]) for name in "ab"]}).encode(), {}),
        ("scores", json.dumps({"inputs": [tensor("x", "FP32", [1, 4], [1, 2, 3, 4])]} | classes).encode(), {}),
        ("scalar", b"\0\0\x80\x3f", {"Inference_Header_Content_Length": "0"}),
        ("mixed", *with_binary(mixed, b"\1\0", strings)),
        ("same_fp16", *with_binary(half, b"\0\x3c\0\x7e")),
    ]


def mutated(data: bytes, random: random.Random, others: list[bytes]) -> bytes:
    """One to eight random edits."""
    for _ in range(random.choice([1, 1, 1, 2, 3, 8])):
        at, stop = sorted(random.randrange(len(data) + 1) for _ in range(2))
        stop = min(stop, at + random.choice([1, 4, 40]))
        match random.randrange(7):
            case 0:
                data = data[:at] + random.choice(PIECES) + data[at:]
            case 1:
                data = data[:at] + random.choice(PIECES) + data[stop:]
            case 2:
                data = data[:at] + data[stop:]
            case 3:
                data = data[:at] + data[at:stop] * random.randint(2, 50) + data[stop:]
            case 4:
                data = data[:at] + random.randbytes(stop - at) + data[stop:]
            case 5:
                data = data[:at]
            case 6:
                other = random.choice(others)
                data = data[:at] + other[random.randrange(len(other)) :]
    return data


def mutated_headers(headers: dict[str, str], random: random.Random) -> dict[str, str]:
    if random.random() < 0.2:
        length = random.choice(["0", "-1", "x", "1", str(random.randrange(500)), str(2**63), ""])
        headers = headers | {"Inference_Header_Content_Length": length}
    if random.random() < 0.05:
        headers = headers | {"Content_Encoding": random.choice(["gzip", "deflate", "br", ""])}
    if random.random() < 0.1:
        headers = headers | {"Accept_Encoding": random.choice(["gzip", "deflate", "gzip;q=0", ";;,q"])}
    return headers


def test_mutated_requests_never_fail_the_server(lab: Function):
    good = seeds()
    for model, body, headers in good:
        assert lab.infer(model, body, **headers).status == 200, f"the seed for {model} must be good"
    statuses = set()
    for number in range(COUNT):
        chance = random.Random(f"{SEED}-{number}")
        model, body, headers = chance.choice(good)
        body, headers = mutated(body, chance, [body for _, body, _ in good]), mutated_headers(headers, chance)
        answer = lab.infer(model, body, **headers)
        assert answer.status == 200 or (400 <= answer.status < 500 and answer.inflated().error), (
            f"mutation {number} of seed {SEED}: {answer.status} {answer.body[:300]} for {model} {headers} {body!r}"
        )
        statuses.add(answer.status)
    assert {200, 400} <= statuses
    # Memory: whatever was allocated for them is given back.
    assert lab.resident < 500_000_000


@pytest.mark.events
def test_mutated_events_never_fail_the_process(function: Function):
    events = [http_event("POST", "/v2/models/digits/infer", json.dumps(DIGITS)),
              http_event("POST", "/v2/models/digits/infer", json.dumps(DIGITS).encode()), DIGITS | {"model_name": "digits"},
              {"Records": [{"messageId": "m", "body": json.dumps(DIGITS)}]}, {"warm": {"hold_ms": 0, "index": 0, "of": 1}},
              {"httpMethod": "GET", "path": "/v2", "resource": "/", "headers": None, "multiValueHeaders": {"a": ["b"]}, "body": None},
              {"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/v2", "headers": {"a": "b"}, "body": ""},
              {"source": "aws.scheduler", "id": "i", "time": "t", "resources": ["r"], "detail": "{}"}]  # fmt: skip
    good = [json.dumps(event).encode() for event in events]
    for number in range(COUNT):
        chance = random.Random(f"{SEED}-{number}")
        event = mutated(chance.choice(good), chance, good)
        if b"hold_ms" in event and b'"hold_ms": 0,' not in event:
            continue  # A hold of seconds is a good one, and only takes time.
        answer = function.invoke(event)
        context = f"mutation {number} of seed {SEED}: {event!r} got {answer.body[:300]}"
        result = json.loads(answer.body)
        assert function.bootstrap.process.poll() is None, context
        if answer.path == f"{VERSION}invocation/id-{function.count}/error":
            assert result["errorType"].startswith("Function."), context
        elif "statusCode" in result:
            assert result["statusCode"] < 500, context
    assert function.infer("digits", DIGITS).status == 200


@pytest.mark.events
def test_every_single_byte_edit_of_a_request_is_harmless(function: Function):
    body = json.dumps({"inputs": [tensor("pixels", "FP32", [1, 64], PIXELS)], "outputs": [{"name": "probabilities"}]}).encode()
    for offset in range(len(body)):
        for byte in (0x00, 0x20, 0x22, 0x2C, 0x2D, 0x39, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0xC3, 0xFF):
            edited = base64.b64encode(body[:offset] + bytes([byte]) + body[offset + 1 :]).decode()
            event = http_event("POST", "/v2/models/digits/infer") | {"body": edited, "isBase64Encoded": True}
            status = read_http_answer(function.result(event)).status
            assert status in (200, 400), f"byte {offset} as {byte:#x}: {status}"

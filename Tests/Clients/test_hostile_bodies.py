"""Bodies made to hurt: corrupt or endless compressed data, sizes that claim gigabytes, texts that are megabytes of nothing."""

import gzip
import json
import struct
import time
import zlib

import pytest
from function import refused
from runtime_api import VERSION
from test_tensors import DIGITS, PIXELS, packed, tensor, with_binary

pytestmark = pytest.mark.usefixtures("bounded_memory")
BODY = json.dumps(DIGITS).encode()
MEGABYTE = 1 << 20


def bomb(coding: str, size: int, start: bytes = b"", fill: bytes = b" ", end: bytes = b"") -> bytes:
    """Compressed data of `size` bytes and more, made a megabyte at a time."""
    stream = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    parts = [stream.compress(start)]
    block = fill * (MEGABYTE // len(fill))
    parts += [stream.compress(block) for _ in range(size // len(block))]
    return b"".join([*parts, stream.compress(end), stream.flush()])


# Content codings


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "x", "gzip, deflate", "gzip;q=1", "*", "gz", "\u0130"])
def test_an_unsupported_coding_is_refused(function, coding):
    answer = function.infer("digits", BODY, Content_Encoding=coding)
    assert answer.status == 415
    refused(function, answer, "Content-Encoding", "gzip, deflate")


@pytest.mark.parametrize("coding, body", [
    ("gzip", BODY), ("deflate", BODY), ("gzip", b""), ("deflate", b""), ("gzip", b"\x1f\x8b"), ("gzip", zlib.compress(BODY)),
    ("deflate", gzip.compress(BODY)), ("gzip", gzip.compress(BODY)[:-8]), ("gzip", gzip.compress(BODY)[:-1]),
    ("deflate", zlib.compress(BODY)[:-4]), ("gzip", gzip.compress(BODY)[:-8] + b"\0" * 8), ("gzip", gzip.compress(BODY) + b"x"),
    ("deflate", zlib.compress(BODY) + b"x"), ("deflate", zlib.compress(BODY) * 2), ("gzip", gzip.compress(BODY) + gzip.compress(BODY)[:10]),
])  # fmt: skip
def test_corrupt_data_is_refused(function, coding, body):
    answer = function.infer("digits", body, Content_Encoding=coding)
    assert answer.status == 400
    refused(function, answer, coding)


def test_compressed_data_cut_anywhere_is_refused(function):
    for coding, data in (("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY))):
        for length in range(len(data)):
            assert function.infer("digits", data[:length], Content_Encoding=coding).status == 400, f"{coding} cut at {length}"


def test_any_flipped_byte_is_harmless(function):
    for coding, data in (("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY))):
        for offset in range(len(data)):
            flipped = data[:offset] + bytes([data[offset] ^ 0x55]) + data[offset + 1 :]
            assert function.infer("digits", flipped, Content_Encoding=coding).status in (200, 400, 413)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_refused(function, coding):
    """256 MB in 256 kB."""
    answer = function.infer("digits", bomb(coding, 256 * MEGABYTE), Content_Encoding=coding)
    assert answer.status == 413
    refused(function, answer, "inflated")


def test_a_bomb_of_many_members_is_refused(function):
    member = gzip.compress(b" " * MEGABYTE)
    answer = function.infer("digits", member * 200, Content_Encoding="gzip")
    assert answer.status == 413
    refused(function, answer, "inflated")


# 24 MB of text, which would be 200 MB and more if a tree were made of them.
NESTS = {
    "outputs of zeros": (b'{"outputs":[', b"0,", b"0]}", "outputs"),
    "outputs of lists": (b'{"outputs":[', b"[],", b"[]]}", "outputs"),
    "outputs of one name": (b'{"outputs":[', b'{"name":"probabilities"},', b"0]}", "outputs"),
    "parameters of lists": (b'{"parameters":{"a":[', b"[],", b"[]]}}", "inputs"),
    "an input's parameters": (b'{"inputs":[{"name":"pixels","parameters":{"a":[', b"{},", b"{}]}}]}", "'pixels'"),
    "an output's parameters": (b'{"outputs":[{"name":"probabilities","parameters":{"a":[', b"0,", b"0]}}]}", "inputs"),
    "inputs of nothing": (b'{"inputs":[', b"{},", b"{}]}", "name"),
    "unknown keys": (b"{", b'"a":[],', b'"a":0}', "inputs"),
    "a shape": (b'{"inputs":[{"name":"pixels","shape":[', b"1,", b"1]}]}", "shape"),
    "a name": (b'{"inputs":[{"name":"', b"n", b'"}]}', "n"),
    "an escaped name": (b'{"inputs":[{"name":"', b"\\u00e9", b'"}]}', "é"),
    "a datatype": (b'{"inputs":[{"name":"pixels","datatype":"', b"F", b'"}]}', "datatype"),
    "a number": (b'{"inputs":[{"name":"pixels","datatype":"FP32","shape":[1,64],"data":[', b"1", b"]}]}", "'pixels'"),
    "an integer": (b'{"inputs":[{"name":"pixels","shape":[', b"1", b"]}]}", "shape"),
    "data": (b'{"inputs":[{"name":"pixels","datatype":"FP32","shape":[1,64],"data":[', b"1,", b"1]}]}", "'pixels'"),
    "data before its shape": (b'{"inputs":[{"name":"pixels","data":[', b"1,", b'1],"datatype":"FP32","shape":[1,64]}]}', "'pixels'"),
}


@pytest.mark.parametrize("name", NESTS)
def test_megabytes_of_nothing_take_no_gigabytes(function, name):
    start, fill, end, word = NESTS[name]
    body = bomb("gzip", 24 * MEGABYTE, start, fill, end)
    before = time.perf_counter()
    answer = function.infer("digits", body, Content_Encoding="gzip")
    assert time.perf_counter() - before < 30
    assert answer.status == 400
    refused(function, answer, word)


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT8", "BOOL", "BYTES", "UINT64"])
def test_a_shape_as_large_as_its_body_takes_no_memory_before_its_data(lab, datatype):
    """The body is 60 MB of blanks, and the shape claims as many elements."""
    start = b'{"inputs":[{"name":"x","datatype":"%s","shape":[1,60000000],"data":[1' % datatype.encode()
    answer = lab.infer(f"same_{datatype.lower()}", bomb("gzip", 60 * MEGABYTE, start, b" ", b"]}]}"), Content_Encoding="gzip")
    assert answer.status == 400
    refused(lab, answer, "'x'", "data")


def test_strings_that_claim_gigabytes_are_refused(lab):
    data = struct.pack("<I", 2**32 - 1) * 1_000_000
    body, headers = with_binary({"inputs": [tensor("x", "BYTES", [1_000_000, 1], binary_data_size=len(data))]}, data)
    refused(lab, lab.infer("same_bytes", body, **headers), "'x'", "claims")


def test_a_header_length_of_compressed_bytes_is_refused(function):
    """It counts inflated ones."""
    data = struct.pack("<64f", *PIXELS)
    body, headers = with_binary({"inputs": [tensor("pixels", "FP32", [1, 64], binary_data_size=256)]}, data)
    wrong = {"Inference_Header_Content_Length": str(len(gzip.compress(body)) - 256)}
    refused(function, function.infer("digits", gzip.compress(body), Content_Encoding="gzip", **wrong))
    assert function.infer("digits", gzip.compress(body), Content_Encoding="gzip", **headers).status == 200


# Lambda's own limit


@pytest.mark.events
def test_the_largest_answer_that_lambda_takes_is_sent_and_one_byte_more_is_not(function):
    """6 MiB and 100 bytes."""
    request = DIGITS | {"model_name": "digits"}
    fixed = len(function.invoke(request | {"id": ""}).body)
    largest = function.invoke(request | {"id": "i" * (6_291_556 - fixed)})
    assert (largest.path.rsplit("/", 1)[-1], len(largest.body)) == ("response", 6_291_556)
    larger = function.invoke(request | {"id": "i" * (6_291_557 - fixed)})
    assert larger.path == f"{VERSION}invocation/id-{function.count}/error"
    assert json.loads(larger.body)["errorType"] == "Function.ResponseSizeTooLarge"


def test_many_strings_are_served_within_reason(lab):
    """Not malformed: a hundred thousand strings, there and back."""
    strings = [b"s%d" % number for number in range(100_000)]
    body, headers = with_binary(
        {"inputs": [tensor("x", "BYTES", [len(strings), 1], binary_data_size=len(packed(strings)))],
         "parameters": {"binary_data_output": True}}, packed(strings)
    )  # fmt: skip
    assert lab.infer("same_bytes", body, **headers).tensors[1] == [packed(strings)]

"""Requests that are wrong: each is refused with a text that names the field, in bounded memory, and the next one is served."""

import json
import struct

import pytest
from function import refused
from test_tensors import DIGITS, PIXELS, packed, tensor, with_binary

pytestmark = pytest.mark.usefixtures("bounded_memory")
PIXEL_BYTES = struct.pack("<64f", *PIXELS)


def digits(**changes) -> dict:
    """The good request with parts of its input replaced; None takes a part away."""
    parts = DIGITS["inputs"][0] | changes
    return {"inputs": [{key: value for key, value in parts.items() if value is not None}]}


def one(datatype: str, value: str) -> tuple[str, str]:
    """A model of a type and the text of a request whose one element is written as `value`."""
    text = '{"inputs":[{"name":"x","datatype":"%s","shape":[1,1],"data":[%s]}]}' % (datatype, value)
    return f"same_{datatype.lower()}", text


# Name -> request for digits, and the words that its refusal must hold.
REQUESTS = {
    "no inputs": ({}, ["inputs", "'pixels'"]),
    "inputs is null": ({"inputs": None}, ["inputs"]),
    "inputs is an object": ({"inputs": {}}, ["inputs"]),
    "inputs is empty": ({"inputs": []}, ["'pixels' is missing"]),
    "an input is a number": ({"inputs": [1]}, ["inputs"]),
    "an input is empty": ({"inputs": [{}]}, ["name", "'pixels'"]),
    "no name": (digits(name=None), ["name", "'pixels'"]),
    "name is a number": (digits(name=1), ["name"]),
    "unknown name": (digits(name="pixel"), ["'pixel'", "'pixels'"]),
    "name with a NUL": (digits(name="pixels\0"), ["unknown input", "'pixels'"]),
    "a name of a megabyte": (digits(name="n" * 1_000_000), ["unknown input"]),
    "no datatype": (digits(datatype=None), ["'pixels'", "datatype", "FP32"]),
    "datatype is a list": (digits(datatype=["FP32"]), ["'pixels'", "datatype"]),
    "unknown datatype": (digits(datatype="FLOAT"), ["'pixels'", "'FLOAT'", "FP32"]),
    "datatype in lower case": (digits(datatype="fp32"), ["'pixels'", "'fp32'"]),
    "BF16": (digits(datatype="BF16"), ["'pixels'", "'BF16'"]),
    "wrong datatype": (digits(datatype="FP64"), ["'pixels'", "FP64", "FP32"]),
    "BYTES for numbers": (digits(datatype="BYTES", data=["a"] * 64), ["'pixels'", "BYTES", "FP32"]),
    "no shape": (digits(shape=None), ["'pixels'", "shape"]),
    "shape is a number": (digits(shape=64), ["'pixels'", "shape"]),
    "shape of strings": (digits(shape=["1", "64"]), ["'pixels'", "shape"]),
    "shape of fractions": (digits(shape=[1.0, 64.0]), ["'pixels'", "shape"]),
    "shape with null": (digits(shape=[None, 64]), ["'pixels'", "shape"]),
    "nested shape": (digits(shape=[[1, 64]]), ["'pixels'", "shape"]),
    "too few axes": (digits(shape=[64]), ["'pixels'", "shape [64]", "[-1, 64]"]),
    "too many axes": (digits(shape=[1, 1, 64]), ["'pixels'", "shape [1, 1, 64]"]),
    "a thousand axes": (digits(shape=[1] * 1000), ["'pixels'", "shape"]),
    "wrong fixed axis": (digits(shape=[2, 32]), ["'pixels'", "shape [2, 32]", "[-1, 64]"]),
    "negative axis": (digits(shape=[-1, 64]), ["'pixels'", "shape", "-1"]),
    "negative axes whose product fits": (digits(shape=[-1, -64]), ["'pixels'", "shape"]),
    "2^40 rows": (digits(shape=[2**40, 64]), ["'pixels'", "shape", str(2**40)]),
    "2^62 rows": (digits(shape=[2**62, 64]), ["'pixels'", "shape", str(2**62)]),
    "2^64 rows": (digits(shape=[2**64, 64]), ["'pixels'", "shape", str(2**64)]),
    "one row too many": (digits(shape=[2, 64]), ["'pixels'", "128", "64"]),
    "no rows but data": (digits(shape=[0, 64]), ["'pixels'", "data", "0"]),
    "no data": (digits(data=None), ["'pixels'", "data"]),
    "data is null": ({"inputs": [DIGITS["inputs"][0] | {"data": None}]}, ["'pixels'", "data"]),
    "data is a string": (digits(data="AAAA"), ["'pixels'", "data"]),
    "data is an object": (digits(data={}), ["'pixels'", "data"]),
    "data is empty": (digits(data=[]), ["'pixels'", "data", "64"]),
    "one element too few": (digits(data=PIXELS[1:]), ["'pixels'", "63", "64"]),
    "one element too many": (digits(data=[*PIXELS, 0]), ["'pixels'", "64"]),
    "a string among numbers": (digits(data=["1", *PIXELS[1:]]), ["'pixels'", "data", "element 0"]),
    "true among numbers": (digits(data=[*PIXELS[1:], True]), ["'pixels'", "data", "element 63"]),
    "null among numbers": (digits(data=[*PIXELS[1:], None]), ["'pixels'", "data", "element 63"]),
    "an object among numbers": (digits(data=[{}, *PIXELS[1:]]), ["'pixels'", "data"]),
    "ragged rows": (digits(shape=[2, 64], data=[PIXELS[1:], [*PIXELS, 0]]), ["'pixels'", "63", "64"]),
    "rows after numbers": (digits(shape=[2, 64], data=[*PIXELS, PIXELS]), ["'pixels'", "data"]),
    "numbers after rows": (digits(shape=[2, 64], data=[PIXELS, *PIXELS]), ["'pixels'", "data"]),
    "nested too deep": (digits(data=[[[value] for value in PIXELS]]), ["'pixels'", "data"]),
    "nested the wrong way": (digits(data=[[value] for value in PIXELS]), ["'pixels'", "data"]),
    "an empty row": (digits(data=[[]]), ["'pixels'", "data"]),
    "the input twice": ({"inputs": DIGITS["inputs"] * 2}, ["'pixels'", "twice"]),
    "an unknown input besides": ({"inputs": [*DIGITS["inputs"], tensor("more", "FP32", [1], [1])]}, ["'more'"]),
    "id is a number": (DIGITS | {"id": 1}, ["id"]),
    "parameters is a list": (DIGITS | {"parameters": []}, ["parameters"]),
    "an input's parameters are a string": (digits(parameters="x"), ["'pixels'", "parameters"]),
    "binary_data_output is 1": (DIGITS | {"parameters": {"binary_data_output": 1}}, ["binary_data_output"]),
    "outputs is an object": (DIGITS | {"outputs": {}}, ["outputs"]),
    "an output is a string": (DIGITS | {"outputs": ["probabilities"]}, ["outputs"]),
    "an output without a name": (DIGITS | {"outputs": [{}]}, ["name", "'probabilities'"]),
    "unknown output": (DIGITS | {"outputs": [{"name": "label"}]}, ["'label'", "'probabilities'"]),
    "an output twice": (DIGITS | {"outputs": [{"name": "probabilities"}] * 2}, ["outputs", "'probabilities'"]),
    "binary_data is a string": (DIGITS | {"outputs": [{"name": "probabilities", "parameters": {"binary_data": "yes"}}]},
                                ["'probabilities'", "binary_data"]),
    **{f"classification is {json.dumps(k)}": (
        DIGITS | {"outputs": [{"name": "probabilities", "parameters": {"classification": k}}]},
        ["'probabilities'", "classification"]) for k in (-1, 1.5, "3", True, 2**64)},
    "data and binary size": (digits(parameters={"binary_data_size": 0}), ["'pixels'", "binary_data_size"]),
    "a binary size without bytes": (digits(data=None, parameters={"binary_data_size": 256}), ["'pixels'", "Inference-Header-Content-Length"]),
    **{f"binary_data_size is {json.dumps(size)}": (digits(data=None, parameters={"binary_data_size": size}),
                                                   ["'pixels'", "binary_data_size"]) for size in (-1, 1.5, "256", None, 2**62, 2**64)},
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_a_malformed_request_names_its_field(function, name):
    request, words = REQUESTS[name]
    refused(function, function.infer("digits", request), *words)
    refused(function, function.infer("digits", json.dumps(request).encode()), *words)


# Texts that Python's json would not write.
TEXTS = {
    "empty": "", "blank": " \n", "null": "null", "a list": "[]", "a string": '"inputs"', "a word": "inputs",
    "two values": json.dumps(DIGITS) + "{}", "a comma at the end": json.dumps(DIGITS)[:-1] + ",}",
    "single quotes": "{'inputs':[]}", "a comment": '{/**/"inputs":[]}', "no colon": '{"inputs" []}', "a bare key": "{inputs:[]}",
    "a byte order mark": "\ufeff" + json.dumps(DIGITS), "a raw newline in a string": '{"id":"a\nb"}', "a raw tab": '{"id":"\t"}',
    "an unknown escape": '{"id":"\\x41"}', "a short escape": '{"id":"\\u12"}', "a lone high surrogate": '{"id":"\\ud800"}',
    "a lone low surrogate": '{"id":"\\udc00"}', "two high surrogates": '{"id":"\\ud800\\ud800"}', "an open string": '{"id":"a',
    "a nest of arrays": "[" * 100_000, "a nest of objects": '{"a":' * 100_000, "a nest in inputs": '{"inputs":' + "[" * 100_000,
    "a nest in parameters": '{"parameters":' + '{"a":' * 100_000,
    "a nest in data": '{"inputs":[{"name":"pixels","datatype":"FP32","shape":[1,64],"data":' + "[" * 100_000,
    "a nest in data before its shape": '{"inputs":[{"data":' + "[" * 100_000, "a nest in shape": '{"inputs":[{"shape":' + "[" * 100_000,
    "a nest in outputs": '{"outputs":' + "[" * 100_000, "a nest in what nobody knows": '{"x":' + '[{"y":' * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_request_is_refused(function, name):
    for body in (TEXTS[name], TEXTS[name].encode()):
        refused(function, function.infer("digits", body), "JSON" if name != "no inputs" else "inputs")


@pytest.mark.parametrize("bytes", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe6\x9d", b"\x80", b"a\xf0\x9f\x9a"])
@pytest.mark.parametrize("place", ['{"id":"%s"}', '{"%s":1}', '{"inputs":[{"name":"%s"}]}', '{"x":"padding padding %s padding"}'])
def test_invalid_utf8_is_refused(function, bytes, place):
    before, after = place.encode().split(b"%s")
    refused(function, function.infer("digits", before + bytes + after), "UTF-8")


def test_a_request_cut_anywhere_is_refused(function):
    text = json.dumps(DIGITS | {"id": "é\\ \u2028", "outputs": [{"name": "probabilities", "parameters": {"binary_data": False}}]})
    data = text.encode()
    for length in range(len(data)):
        answer = function.infer("digits", data[:length])
        assert answer.status == 400 and "JSON" in answer.error, f"cut at byte {length}: {answer.body}"
    assert function.infer("digits", data).status == 200


@pytest.mark.parametrize("datatype, value", [
    *[("FP32", value) for value in ("NaN", "Infinity", "-Infinity", "nan", "1e39", "-1e400", "01", "+1", ".5", "1.", "1e", "-", "0x10", "1_0", "1,", "[]")],
    *[("FP64", value) for value in ("1e309", "NaN", "1" + "0" * 400, "1e99999999999999999999", "--1", "true")],
    ("INT8", "128"), ("INT8", "-129"), ("UINT8", "-1"), ("UINT8", "256"), ("INT16", "32768"), ("UINT16", "65536"),
    ("INT32", "2147483648"), ("UINT32", "4294967296"), ("INT64", "9223372036854775808"), ("INT64", "-9223372036854775809"),
    ("UINT64", "18446744073709551616"), ("UINT64", "1" * 10_000), ("INT64", "1.5"), ("INT64", "1e3"), ("INT64", '"1"'),
    ("BOOL", "1"), ("BOOL", '"true"'), ("BOOL", "True"), ("BOOL", "nul"), ("BYTES", "1"), ("BYTES", "null"), ("BYTES", '["a","b"]'), ("BYTES", "{}"),
])  # fmt: skip
def test_a_value_that_its_type_cannot_hold_is_refused(lab, datatype, value):
    model, text = one(datatype, value)
    refused(lab, lab.infer(model, text), "'x'", "data")


@pytest.mark.parametrize("shape", [[2**40, 2**40, 2**40], [0, 2**62, 2**62], [2**62, 2**62, 0], [2**40, 0, 1], [1, 2**31, 2], [2**21] * 3])
@pytest.mark.parametrize("model", ["cube", "transposed"])
def test_huge_shapes_are_refused(lab, model, shape):
    refused(lab, lab.infer(model, {"inputs": [tensor("x", "FP32", shape, [])]}), "'x'", "shape")


def test_inputs_that_do_not_fit_each_other_are_refused(lab):
    inputs = [tensor("a", "FP32", [1, 2], [1, 2]), tensor("b", "FP32", [1, 3], [1, 2, 3])]
    refused(lab, lab.infer("sums", {"inputs": inputs}), "3", "2")
    refused(lab, lab.infer("sums", {"inputs": inputs[:1]}), "'b' is missing")


# Binary tensors whose sizes lie


def binary_digits(size, data: bytes, shape=(1, 64)) -> tuple[bytes, dict]:
    return with_binary({"inputs": [tensor("pixels", "FP32", list(shape), binary_data_size=size)]}, data)


@pytest.mark.parametrize("size, data", [
    (256, PIXEL_BYTES[:-1]), (255, PIXEL_BYTES[:-1]), (252, PIXEL_BYTES[:-4]), (256, PIXEL_BYTES + b"\0"), (0, PIXEL_BYTES),
    (260, PIXEL_BYTES + b"\0" * 4), (0, b""), (256, b""), (2**62, PIXEL_BYTES), (2**40, PIXEL_BYTES), (128, PIXEL_BYTES), (1, b"\0"),
])  # fmt: skip
def test_a_binary_size_that_lies_is_refused(function, size, data):
    body, headers = binary_digits(size, data)
    refused(function, function.infer("digits", body, **headers), "binary")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999", "99999999999999999999", "", " ", "1,1", "0x10", "5.0"])
def test_a_header_length_that_lies_is_refused(function, length):
    body, _ = binary_digits(256, PIXEL_BYTES)
    refused(function, function.infer("digits", body, Inference_Header_Content_Length=length))


@pytest.mark.parametrize("shift", [-1, 1, 100])
def test_a_header_length_beside_the_json_is_refused(function, shift):
    body, headers = binary_digits(256, PIXEL_BYTES)
    headers = {name: str(int(value) + shift) for name, value in headers.items()}
    refused(function, function.infer("digits", body, **headers))


@pytest.mark.parametrize("data", [b"", PIXEL_BYTES[:-1], PIXEL_BYTES + b"\0", PIXEL_BYTES * 2, b"{}"])
def test_a_raw_request_of_another_size_is_refused(function, data):
    refused(function, function.infer("digits", data, Inference_Header_Content_Length="0"), "'pixels'", "256")


@pytest.mark.parametrize("data, words", [
    (b"", ["ends inside element 0"]), (b"\1\0\0", ["ends inside element 0"]), (b"\5\0\0\0abcd", ["claims 5"]),
    (b"\xff\xff\xff\xffabcd", ["claims 4294967295"]), (packed([b"a"]), ["element 1"]), (packed([b"a", b"b", b"c"]), ["follow"]),
])  # fmt: skip
def test_strings_whose_lengths_lie_are_refused(lab, data, words):
    body, headers = with_binary({"inputs": [tensor("x", "BYTES", [2, 1], binary_data_size=len(data))]}, data)
    refused(lab, lab.infer("same_bytes", body, **headers), "'x'", *words)


def test_booleans_other_than_0_and_1_are_refused(lab):
    body, headers = with_binary({"inputs": [tensor("x", "BOOL", [1, 2], binary_data_size=2)]}, b"\1\2")
    refused(lab, lab.infer("same_bool", body, **headers), "'x'", "2")

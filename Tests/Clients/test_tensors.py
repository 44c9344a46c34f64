"""Tensors of every type and shape, in JSON and in binary, in both directions; and the helpers that write them."""

import json

import numpy as np
import pytest

NUMBERS = {
    "UINT8": (np.uint8, [0, 1, 255]),
    "UINT16": (np.uint16, [0, 65535]),
    "UINT32": (np.uint32, [0, 2**32 - 1]),
    "UINT64": (np.uint64, [0, 2**53 + 1, 2**64 - 1]),
    "INT8": (np.int8, [-128, 0, 127]),
    "INT16": (np.int16, [-(2**15), 2**15 - 1]),
    "INT32": (np.int32, [-(2**31), 2**31 - 1]),
    "INT64": (np.int64, [-(2**63), 2**53 + 1, 2**63 - 1]),
    "FP32": (np.float32, [0.0, -0.0, 0.1, 1e-45, 3.4028234663852886e38, -1e-10, 16777217]),
    "FP64": (np.float64, [0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308, 2.2250738585072011e-308, 2**53 + 1]),
    "BOOL": (np.bool_, [True, False, True]),
}
STRINGS = ["", "plain", "Straße 東京 🚀", "nul \0 inside", '"\\/\b\f\n\r\t', "\u2028", "x" * 10_000]


def tensor(name: str, datatype: str, shape: list, data=None, **parameters) -> dict:
    """One input of a request."""
    parts = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        parts["data"] = data
    return parts | ({"parameters": parameters} if parameters else {})


def with_binary(request: dict, *tensors: bytes) -> tuple[bytes, dict[str, str]]:
    """A body whose tensors follow its JSON, and the header that says where."""
    header = json.dumps(request).encode()
    return header + b"".join(tensors), {"Inference_Header_Content_Length": str(len(header))}


def packed(strings: list[bytes]) -> bytes:
    return b"".join(len(string).to_bytes(4, "little") + string for string in strings)


PIXELS = [float(number % 17) for number in range(64)]
DIGITS = {"inputs": [tensor("pixels", "FP32", [1, 64], PIXELS)]}


# Element types


@pytest.mark.parametrize("datatype", NUMBERS)
def test_numbers_survive_json(lab, datatype):
    type, values = NUMBERS[datatype]
    answer = lab.infer(f"same_{datatype.lower()}", {"inputs": [tensor("x", datatype, [1, len(values)], values)]}).json
    output = answer["outputs"][0]
    assert (output["datatype"], output["shape"]) == (datatype, [1, len(values)])
    # Through numpy, so that a float is what the type makes of the text; its bits are compared, for zeros have a sign.
    assert np.array(output["data"], type).tobytes() == np.array(values, type).tobytes()


@pytest.mark.parametrize("datatype", [*NUMBERS, "FP16"])
@pytest.mark.parametrize("per_output", [True, False])
def test_numbers_survive_binary(lab, datatype, per_output):
    type, values = NUMBERS.get(datatype, (np.float16, [0, -0.0, 65504, np.inf, np.nan, 6e-8]))
    if datatype in ("FP32", "FP64"):
        values = [*values, np.nan, np.inf, -np.inf]
    data = np.array(values, type).tobytes()
    request = {"inputs": [tensor("x", datatype, [len(values), 1], binary_data_size=len(data))]}
    if per_output:
        request["outputs"] = [{"name": "y", "parameters": {"binary_data": True}}]
    else:
        request["parameters"] = {"binary_data_output": True}
    body, headers = with_binary(request, data)
    answer = lab.infer(f"same_{datatype.lower()}", body, **headers)
    assert answer.headers["content-type"] == "application/octet-stream"
    header, tensors = answer.tensors
    assert header["outputs"][0]["shape"] == [len(values), 1] and "data" not in header["outputs"][0]
    assert tensors == [data]


def test_integers_are_taken_for_floats(lab):
    answer = lab.infer("same_fp64", {"inputs": [tensor("x", "FP64", [1, 3], [1, -2, 9007199254740993])]})
    assert answer.json["outputs"][0]["data"] == [1.0, -2.0, 9007199254740992.0]


def test_values_that_json_lacks_become_null(lab):
    body, headers = with_binary(
        {"inputs": [tensor("x", "FP32", [1, 3], binary_data_size=12)]}, np.array([np.nan, np.inf, 1], np.float32).tobytes()
    )
    assert lab.infer("same_fp32", body, **headers).json["outputs"][0]["data"] == [None, None, 1.0]


def test_half_precision_travels_as_binary_only(lab):
    answer = lab.infer("same_fp16", {"inputs": [tensor("x", "FP16", [1, 1], [1])]})
    assert answer.status == 400 and "'x'" in answer.error and "binary" in answer.error
    body, headers = with_binary({"inputs": [tensor("x", "FP16", [1, 1], binary_data_size=2)]}, b"\0\0")
    answer = lab.infer("same_fp16", body, **headers)
    assert answer.status == 400 and "'y'" in answer.error and "binary_data" in answer.error


def test_strings_survive_json(lab):
    answer = lab.infer("same_bytes", {"inputs": [tensor("x", "BYTES", [len(STRINGS), 1], STRINGS)]})
    assert answer.json["outputs"][0]["data"] == STRINGS


def test_strings_of_any_bytes_survive_binary(lab):
    strings = [bytes(range(256)), b"", b"\0", b"\xff\xfe", *(text.encode() for text in STRINGS)]
    data = packed(strings)
    request = {"inputs": [tensor("x", "BYTES", [1, len(strings)], binary_data_size=len(data))],
               "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}  # fmt: skip
    body, headers = with_binary(request, data)
    assert lab.infer("same_bytes", body, **headers).tensors[1] == [data]
    del request["outputs"]
    body, headers = with_binary(request, data)
    answer = lab.infer("same_bytes", body, **headers)
    assert answer.status == 400 and "'y'" in answer.error and "UTF-8" in answer.error


# Shapes


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]], ids=["flat", "nested"])
def test_data_is_flat_or_nested(lab, data):
    assert lab.infer("same_fp32", {"inputs": [tensor("x", "FP32", [2, 2], data)]}).json["outputs"][0]["data"] == [1, 2, 3, 4]


@pytest.mark.parametrize("model, shape, data", [
    ("scalar", [], [5]), ("vector", [0], []), ("same_fp32", [0, 7], []), ("same_fp32", [2, 0], [[], []]),
    ("cube", [2, 1, 2], [[[1, 2]], [[3, 4]]]), ("cube", [1, 1, 1], [[[1]]]), ("scores", [0, 4], []),
])  # fmt: skip
def test_shapes_of_every_rank(lab, model, shape, data):
    output = lab.infer(model, {"inputs": [tensor("x", "FP32", shape, data)]}).json["outputs"][0]
    assert output["shape"] == shape
    assert output["data"] == np.array(data, float).flatten().tolist()


def test_a_batch_is_answered_row_by_row(function):
    rows = [[float((row * 7 + column) % 17) for column in range(64)] for row in range(5)]
    whole = function.infer("digits", {"inputs": [tensor("pixels", "FP32", [5, 64], rows)]}).json["outputs"][0]
    single = [function.infer("digits", {"inputs": [tensor("pixels", "FP32", [1, 64], row)]}).json for row in rows]
    assert whole["shape"] == [5, 10]
    np.testing.assert_allclose(whole["data"], sum((one["outputs"][0]["data"] for one in single), []), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("order", [["name", "datatype", "shape", "data"], ["data", "shape", "datatype", "name"],
                                   ["parameters", "data", "name", "shape", "datatype"]])  # fmt: skip
def test_the_order_of_keys_does_not_matter(lab, order):
    parts = tensor("x", "FP32", [2], [1, 2]) | {"parameters": None}
    text = json.dumps({"inputs": [{key: parts[key] for key in order}]}, indent=3)
    assert lab.infer("vector", text).json["outputs"][0]["data"] == [1, 2]

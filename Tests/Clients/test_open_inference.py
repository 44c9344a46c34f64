"""The Open Inference Protocol as its clients use it: every call, outputs, classification, content codings."""

import gzip
import json
import zlib

import numpy as np
import pytest
from function import http_event
from test_tensors import DIGITS, PIXELS, packed, tensor, with_binary


# Calls


@pytest.mark.parametrize("path", ["/v2/health/live", "/v2/health/ready", "/v2/models/digits/ready", "/v2/models/digits/versions/1/ready"])
def test_health_and_readiness(function, path):
    answer = function.http("GET", path)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"


def test_server_metadata(function):
    answer = function.http("GET", "/v2").json
    assert list(answer) == ["name", "version", "extensions"]
    assert {"binary_tensor_data", "classification", "model_repository"} <= set(answer["extensions"])


@pytest.mark.parametrize("path", ["/v2/models/digits", "/v2/models/digits/versions/1", "/v2/models/d%69gits", "/v2/models/digits/"])
def test_model_metadata(function, path):
    assert function.http("GET", path).json == {
        "name": "digits",
        "versions": ["1"],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "pixels", "datatype": "FP32", "shape": [-1, 64]}],
        "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}],
        "parameters": {"pictures": "pixels"},
    }


def test_the_repository_index(lab):
    index = lab.http("POST", "/v2/repository/index", "{}").json
    assert all(set(model) == {"name", "version", "state", "reason"} for model in index)
    versions = [model["version"] for model in index if model["name"] == "versions"]
    assert versions == ["1", "2", "10"]


def test_versions(lab):
    request = {"inputs": [tensor("x", "FP32", [1], [-3])]}
    results = {}
    for version in ("1", "2", "10"):
        answer = lab.http("POST", f"/v2/models/versions/versions/{version}/infer", json.dumps(request)).json
        assert answer["model_version"] == version
        results[version] = answer["outputs"][0]["data"]
    assert results == {"1": [-3], "2": [3], "10": [3]}
    latest = lab.infer("versions", request).json
    assert latest["model_version"] == "10", "10 is newer than 2"
    assert lab.http("GET", "/v2/models/versions").json["versions"] == ["1", "2", "10"]


@pytest.mark.parametrize("path, words", [
    ("/v2/models/none", "unknown model 'none'"), ("/v2/models/digit", "did you mean 'digits'?"),
    ("/v2/models/digits/versions/2", "no version '2'"), ("/v2/models/digits/versions/x/ready", "no version 'x'"),
    ("/v2/models/..%2f..%2fetc", "unknown model"), ("/v2/models/%zz", "no such path"), ("/", "no such path"),
    ("/v2/models", "no such path"), ("/v2/models/digits/infer/more", "no such path"), ("/v0/models/digits", "no such path"),
])  # fmt: skip
def test_what_does_not_exist_is_not_found(function, path, words):
    answer = function.http("GET", path)
    assert answer.status == 404 and words in answer.error


@pytest.mark.events
def test_methods_have_capital_letters(function):
    # Events bring any text; over a connection this is no HTTP.
    answer = function.http("get", "/v2")
    assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method, path, allowed", [
    ("GET", "/v2/models/digits/infer", "POST"), ("POST", "/v2", "GET, HEAD"), ("PUT", "/v2/health/live", "GET, HEAD"),
    ("DELETE", "/v2/models/digits", "GET, HEAD"), ("GET", "/v2/repository/index", "POST"),
])  # fmt: skip
def test_a_wrong_method_is_told_the_right_one(function, method, path, allowed):
    answer = function.http(method, path)
    assert answer.status == 405 and answer.headers["allow"] == allowed and method in answer.error


# Inputs and outputs


def ab(a=(1, 2), b=(10, 20), **more) -> dict:
    return {"inputs": [tensor("b", "FP32", [1, len(b)], list(b)), tensor("a", "FP32", [1, len(a)], list(a))]} | more


@pytest.mark.parametrize("wanted", [["sum"], ["difference"], ["difference", "sum"], ["sum", "difference"]])
def test_outputs_are_selected_and_ordered(lab, wanted):
    answer = lab.infer("sums", ab(outputs=[{"name": name} for name in wanted])).json
    assert [output["name"] for output in answer["outputs"]] == wanted
    values = {"sum": [11, 22], "difference": [-9, -18]}
    assert [output["data"] for output in answer["outputs"]] == [values[name] for name in wanted]


@pytest.mark.parametrize("outputs", [[], None])
def test_no_selection_means_all_outputs(lab, outputs):
    request = ab() if outputs is None else ab(outputs=outputs)
    assert [output["name"] for output in lab.infer("sums", request).json["outputs"]] == ["sum", "difference"]


def test_binary_and_json_mix_in_both_directions(lab):
    texts, flags = packed([b"\0a", b"b"]), b"\1\0"
    inputs = [tensor("flag", "BOOL", [2], binary_data_size=2), tensor("number", "INT64", [2], [7, -8]),
              tensor("text", "BYTES", [2], binary_data_size=len(texts))]  # fmt: skip
    outputs = [{"name": "text_out"}, {"name": "number_out", "parameters": {"binary_data": False}}, {"name": "flag_out"}]
    body, headers = with_binary({"inputs": inputs, "outputs": outputs, "parameters": {"binary_data_output": True}}, flags, texts)
    header, tensors = lab.infer("mixed", body, **headers).tensors
    assert [output["name"] for output in header["outputs"]] == ["text_out", "number_out", "flag_out"]
    assert header["outputs"][1]["data"] == [7, -8]
    assert tensors == [texts, b"", flags]


def test_ids_are_echoed_and_strange_parameters_tolerated(function):
    name = 'id "1" \0 東京'
    more = {"id": name, "parameters": {"timeout": 5, "priority": 1, "sequence_id": "a", "nested": {"x": [1]}}, "unknown": None}
    request = {"inputs": [DIGITS["inputs"][0] | {"parameters": {"content_type": "np"}}]} | more
    assert function.infer("digits", request).json["id"] == name
    assert "id" not in function.infer("digits", DIGITS).json


# Classification


def scored(lab, scores, k, **more):
    request = {"inputs": [tensor("x", "FP32", [len(scores) // 4, 4], scores)]}
    return lab.infer("scores", request | {"outputs": [{"name": "y", "parameters": {"classification": k} | more}]})


def test_classes_are_named_best_first(lab):
    output = scored(lab, [0.5, 2, -1, 2, 1, 1, 1, 1], 3).json["outputs"][0]
    assert (output["datatype"], output["shape"]) == ("BYTES", [2, 3])
    assert output["data"] == ["2.0:1:bee", "2.0:3", "0.5:0:ant", "1.0:0:ant", "1.0:1:bee", '1.0:2:cat "1", é']


@pytest.mark.parametrize("k, shape", [(4, [1, 4]), (5, [1, 4]), (2**60, [1, 4]), (0, None)])
def test_more_classes_than_there_are_is_all_of_them(lab, k, shape):
    output = scored(lab, [1, 2, 3, 4], k).json["outputs"][0]
    assert output["shape"] == (shape or [1, 4]) and output["datatype"] == ("BYTES" if shape else "FP32")


def test_classes_travel_as_binary_too(lab):
    _, tensors = scored(lab, [1, 2, 3, 4], 1, binary_data=True).tensors
    assert tensors == [packed([b"4.0:3"])]


def test_the_starter_model_names_digits(function):
    request = DIGITS | {"outputs": [{"name": "probabilities", "parameters": {"classification": 10}}]}
    data = function.infer("digits", request).json["outputs"][0]["data"]
    assert sorted(entry.split(":")[2] for entry in data) == [str(digit) for digit in range(10)]


# Raw requests and content codings


def test_a_raw_request_is_its_one_inputs_data(function):
    raw = function.infer("digits", np.array(PIXELS, np.float32).tobytes(), Inference_Header_Content_Length="0")
    header, tensors = raw.tensors
    assert header["outputs"][0]["shape"] == [1, 10]
    plain = function.infer("digits", DIGITS).json["outputs"][0]["data"]
    assert np.array_equal(np.frombuffer(tensors[0], np.float32), np.array(plain, np.float32))


DEFLATERS = {"gzip": gzip.compress, "deflate": zlib.compress, "GZIP": gzip.compress, "identity": bytes}


@pytest.mark.parametrize("coding", DEFLATERS)
def test_compressed_requests_are_read(function, coding):
    body = DEFLATERS[coding](json.dumps(DIGITS).encode())
    assert function.infer("digits", body, Content_Encoding=coding).status == 200
    data = np.array(PIXELS, np.float32).tobytes()
    whole, headers = with_binary({"inputs": [tensor("pixels", "FP32", [1, 64], binary_data_size=256)]}, data)
    assert function.infer("digits", DEFLATERS[coding](whole), Content_Encoding=coding, **headers).status == 200


def test_a_body_of_two_gzip_members_is_read(function):
    text = json.dumps(DIGITS).encode()
    assert function.infer("digits", gzip.compress(text[:50]) + gzip.compress(text[50:]), Content_Encoding="gzip").status == 200


@pytest.mark.parametrize("accepted, coding", [
    ("gzip", "gzip"), ("deflate", "deflate"), ("gzip, deflate, br", "gzip"), ("br, deflate;q=0.5", "deflate"),
    ("GZip", "gzip"), ("gzip;q=0", None), ("gzip; q=0.000, deflate", "deflate"), ("gzip;q=0,deflate;q=0.0", None),
    ("br", None), ("", None), ("identity", None),
])  # fmt: skip
@pytest.mark.parametrize("binary", [False, True])
def test_answers_are_compressed_as_accepted(function, accepted, coding, binary):
    request = {"inputs": [tensor("pixels", "FP32", [50, 64], PIXELS * 50)], "parameters": {"binary_data_output": binary}}
    plain = function.infer("digits", request)
    answer = function.infer("digits", request, Accept_Encoding=accepted)
    assert answer.headers.get("content-encoding") == coding
    if coding:
        assert len(answer.body) < len(plain.body) and answer.headers["vary"] == "accept-encoding"
    assert answer.inflated().body == plain.body


def test_small_answers_stay_as_they_are(function):
    assert "content-encoding" not in function.http("GET", "/v2", Accept_Encoding="gzip").headers


# Sizes


@pytest.mark.events
def test_an_answer_that_lambda_would_refuse_is_an_error_with_a_remedy(lab):
    """Two million numbers: 8 MB of JSON, 10.7 MB in base64."""
    for binary in (False, True):
        request = {"inputs": [tensor("x", "FP32", [1, 1], [0.5])], "parameters": {"binary_data_output": binary}}
        answer = lab.invoke(http_event("POST", "/v2/models/repeat/infer", json.dumps(request)))
        error = json.loads(answer.body)
        assert answer.path.endswith("/error") and error["errorType"] == "Function.ResponseSizeTooLarge"
        assert "6291556" in error["errorMessage"] and "smaller batches" in error["errorMessage"]
    assert lab.http("GET", "/v2/health/live").status == 200

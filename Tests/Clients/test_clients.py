"""Clients that nobody here wrote, against `mark up` with the real bootstrap: tritonclient, requests, boto3, curl."""

import json
import subprocess

import boto3
import botocore
import numpy as np
import pytest
import requests
import tritonclient.http as triton
from backend import MarkProcess, mark_program
from runtime_api import ROOT

HELD_OUT = json.loads((ROOT / "template/models/digits/samples/heldout.json").read_text())
PIXELS = np.array(HELD_OUT["pixels"], np.float32)
SAMPLES = ROOT / "template" / "models" / "digits" / "samples"


class Server(MarkProcess):
    """`mark up` on a free port."""

    def __init__(self, bundle, library, models, *options: str) -> None:
        super().__init__("up", library, "--bundle", str(bundle), "--models", models, *options)


@pytest.fixture(scope="module")
def server(bootstrap_path, engine_library, starter_models):
    server = Server(bootstrap_path.parent, engine_library, starter_models)
    yield server
    assert server.close() == 0, "mark up must end at SIGTERM"


@pytest.fixture(scope="module")
def client(server):
    with triton.InferenceServerClient(server.url.removeprefix("http://"), concurrency=8) as client:
        yield client


def pixels_input(binary: bool, pixels=PIXELS) -> triton.InferInput:
    tensor = triton.InferInput("pixels", list(pixels.shape), "FP32")
    tensor.set_data_from_numpy(pixels, binary_data=binary)
    return tensor


def accuracy(probabilities) -> float:
    return float((probabilities.argmax(axis=1) == np.array(HELD_OUT["labels"])).mean())


def test_tritonclient_sees_a_live_server_with_ready_models(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("digits") and client.is_model_ready("digits", "1")
    assert client.get_server_metadata()["name"] == "mark"
    metadata = client.get_model_metadata("digits")
    assert metadata["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [-1, 64]}]
    assert client.get_model_repository_index() == [{"name": "digits", "version": "1", "state": "READY", "reason": ""}]


@pytest.mark.parametrize("compressed", [None, "gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_tritonclient_classifies_the_held_out_pictures(client, binary, compressed):
    outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary)]
    result = client.infer(
        "digits", [pixels_input(binary)], outputs=outputs, request_id="a 1",
        request_compression_algorithm=compressed, response_compression_algorithm=compressed,
    )
    assert accuracy(result.as_numpy("probabilities")) >= 0.97
    assert result.get_response()["id"] == "a 1"
    assert np.allclose(result.as_numpy("probabilities")[:5], HELD_OUT["probabilities"], atol=1e-5)


def test_tritonclient_gets_labels(client):
    outputs = [triton.InferRequestedOutput("probabilities", class_count=2)]
    best = client.infer("digits", [pixels_input(True)], outputs=outputs).as_numpy("probabilities")
    assert best.shape == (297, 2)
    assert [int(text.decode().split(":")[2]) for text in best[:, 0]] == list(PIXELS_LABELS(client))


def PIXELS_LABELS(client):
    """What the model itself says, as numbers."""
    return client.infer("digits", [pixels_input(True)]).as_numpy("probabilities").argmax(axis=1)


def test_tritonclient_has_many_requests_in_flight(client):
    pending = [client.async_infer("digits", [pixels_input(True, PIXELS[i : i + 1])]) for i in range(64)]
    answers = np.concatenate([request.get_result().as_numpy("probabilities") for request in pending])
    assert (answers.argmax(axis=1) == PIXELS_LABELS(client)[:64]).all()


def test_tritonclient_gets_the_reason_of_a_refusal(client):
    with pytest.raises(triton.InferenceServerException, match="shape .1, 63. does not fit the model's .-1, 64."):
        client.infer("digits", [pixels_input(True, PIXELS[:1, :63])])
    with pytest.raises(triton.InferenceServerException, match="unknown model 'digit'; did you mean 'digits'"):
        client.infer("digit", [pixels_input(True)])


def test_requests_posts_json_and_keeps_its_connection(server):
    session = requests.Session()
    for row, label in zip(HELD_OUT["pixels"][:3], HELD_OUT["labels"]):
        tensor = {"name": "pixels", "datatype": "FP32", "shape": [1, 64], "data": row}
        answer = session.post(f"{server.url}/v2/models/digits/infer", json={"inputs": [tensor]}, timeout=30)
        data = answer.json()["outputs"][0]["data"]
        assert data.index(max(data)) == label
    assert session.post(f"{server.url}/v2/models/digits/infer", data=b"{", timeout=30).status_code == 400
    assert session.get(f"{server.url}/v2/health/live", timeout=30).status_code == 200


def test_curl_sends_a_large_chunked_body(server, tmp_path):
    body = json.dumps({"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [8000, 64], "data": [1] * 512_000}]})
    (tmp_path / "request.json").write_text(body)
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Transfer-Encoding: chunked"]
    command += ["-H", "Content-Type: application/json", "-d", f"@{tmp_path}/request.json"]
    result = subprocess.run(command + [f"{server.url}/v2/models/digits/infer"], capture_output=True, text=True, timeout=60)
    assert result.stdout == "200"


def test_boto3_invokes_with_any_event(server):
    config = botocore.config.Config(retries={"max_attempts": 0})
    client = boto3.client(
        "lambda", endpoint_url=server.url, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x",
        config=config,
    )
    answer = client.invoke(FunctionName="mark", Payload=(ROOT / "template/events/sqs.json").read_bytes())
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read()) == {
        "batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]
    }
    answer = client.invoke(FunctionName="mark", Payload=b'{"what": 1}')
    assert answer["FunctionError"] == "Unhandled"
    assert "known shapes" in json.loads(answer["Payload"].read())["errorMessage"]


def test_mark_invoke_reads_pictures_arrays_and_requests(server, tmp_path):
    def invoke(*arguments) -> subprocess.CompletedProcess:
        command = [mark_program(), "invoke", "digits", *map(str, arguments), "--url", server.url]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    table = invoke(SAMPLES / "3-1.png", SAMPLES / "8-2.png", "--top", "1").stdout.splitlines()
    assert [line.split()[:2] for line in table] == [["3-1.png", "3"], ["8-2.png", "8"]]
    np.save(tmp_path / "rows.npy", PIXELS[:2])
    answer = json.loads(invoke(tmp_path / "rows.npy", "--json", "--top", "0").stdout)
    assert answer["outputs"][0]["shape"] == [2, 10]
    assert json.loads(invoke(SAMPLES / "request.json", "--json").stdout)["model_name"] == "digits"
    failed = invoke(SAMPLES / "README.md")
    assert failed.returncode == 1 and "no picture that is known" in failed.stderr

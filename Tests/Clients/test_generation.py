"""Texts from `mark serve`, asked for by clients nobody here wrote, raw sockets, and callers who behave badly."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
import tritonclient.http
from backend import Backend, mark_program
from runtime_api import ROOT

FIXTURES = ROOT / "Tests" / "Fixtures" / "models"
MODEL = "writer"
PROMPT = "the sea"
GENERATE = f"/v2/models/{MODEL}/generate"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> str:
    """Two models that make texts: `writer` knows no language, `counter` has an encoder; `slow` is `writer` that never ends by itself."""
    folder = tmp_path_factory.mktemp("generating")
    for name in (MODEL, "counter", "sums"):
        shutil.copytree(FIXTURES / name, folder / name)
    shutil.copytree(FIXTURES / MODEL, folder / "slow")
    config = json.loads((folder / "slow" / "config.json").read_text())
    # A number that no token has ends it: texts are as long as is asked for.
    config["generation"] |= {"end": [], "tokens_max": 65536, "slots": 2}
    config["slo"]["latency_ms"] = 600_000
    (folder / "slow" / "config.json").write_text(json.dumps(config))
    return str(folder)


@pytest.fixture(scope="module")
def backend(models, engine_library):
    backend = Backend(engine_library, models)
    yield backend
    backend.close()


@pytest.fixture
def client(backend):
    with openai.OpenAI(base_url=f"{backend.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def metric(backend, name: str, **labels: str) -> float:
    text = backend.http("GET", "/metrics").body.decode()
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    lines = [line for line in text.splitlines() if re.match(rf"{name}(\{{|\s)", line) and all(w in line for w in wanted)]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def until(what, seconds: float = 20):
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return value


def generate(backend, **parameters) -> dict:
    answer = backend.http("POST", GENERATE, json.dumps({"text_input": PROMPT} | parameters))
    assert answer.status == 200, answer.body
    return answer.json


# Clients


def test_openai_completes(client):
    answer = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=24, seed=5)
    assert answer.object == "text_completion" and answer.model == MODEL
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.prompt_tokens == len(PROMPT)
    assert answer.usage.completion_tokens <= 24
    again = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=24, seed=5)
    assert again.choices[0].text == answer.choices[0].text


def test_openai_streams_the_same_text(client):
    whole = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=40, seed=9)
    chunks = list(
        client.completions.create(
            model=MODEL, prompt=PROMPT, max_tokens=40, seed=9, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(c.choices[0].text for c in chunks if c.choices) == whole.choices[0].text
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == whole.choices[0].finish_reason
    assert chunks[-1].usage == whole.usage


def test_openai_lists_models_and_completes_several_prompts(client):
    assert [model.id for model in client.models.list()] == ["counter", "slow", MODEL]
    assert client.models.retrieve("counter").id == "counter"
    answer = client.completions.create(model="counter", prompt=["banana", "zz y"], echo=True)
    assert [choice.text for choice in answer.choices] == ["bananaanb", "zz yzy "]


def test_openai_understands_errors(client):
    with pytest.raises(openai.BadRequestError, match="'max_tokens' is 1000"):
        client.completions.create(model=MODEL, prompt="a", max_tokens=1000)
    with pytest.raises(openai.NotFoundError, match="unknown model"):
        client.completions.create(model="nobody", prompt="a")
    with pytest.raises(openai.BadRequestError, match="'n' is not supported"):
        client.completions.create(model=MODEL, prompt="a", n=3)


def test_tritonclient_sees_the_models_and_generates_go_beside_it(backend):
    with tritonclient.http.InferenceServerClient(backend.url.removeprefix("http://")) as client:
        assert client.is_model_ready(MODEL)
        metadata = client.get_model_metadata(MODEL)
        assert {i["name"] for i in metadata["inputs"]} == {"token", "h", "c"}
        # tritonclient has no call for the generate extension; its own connection sends one all the same.
        response = client._post(
            f"v2/models/{MODEL}/generate", json.dumps({"text_input": "a", "max_tokens": 3}).encode(), {}, None
        )
        assert response.status_code == 200
        assert json.loads(response.read())["model_name"] == MODEL


# Streams


def events(response) -> list[dict]:
    lines = response.read().decode().split("\n\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line]


def test_a_stream_is_server_sent_events_in_chunks(backend):
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=30)
    body = json.dumps({"text_input": PROMPT, "parameters": {"seed": 9, "max_tokens": 30}, "id": "x"})
    for _ in range(3):
        # One connection for all of them: each stream ends where it should.
        connection.request("POST", GENERATE + "_stream", body, {"content-type": "application/json"})
        response = connection.getresponse()
        assert response.getheader("content-type") == "text/event-stream"
        assert response.getheader("transfer-encoding") == "chunked"
        pieces = events(response)
        assert "".join(p["text_output"] for p in pieces) == generate(backend, seed=9, max_tokens=30)["text_output"]
        assert pieces[-1]["finish_reason"] in ("stop", "length") and all(p["id"] == "x" for p in pieces)


def test_http_1_0_gets_the_stream_up_to_the_end_of_the_connection(backend):
    body = json.dumps({"text_input": PROMPT, "seed": 9, "max_tokens": 30}).encode()
    with socket.create_connection(("127.0.0.1", backend.port), timeout=30) as raw:
        raw.sendall(b"POST %s_stream HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (GENERATE.encode(), len(body), body))
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert b"200 OK" in head and b"chunked" not in head.lower()
    pieces = [json.loads(part.removeprefix(b"data: ")) for part in rest.split(b"\n\n") if part]
    assert "".join(p["text_output"] for p in pieces) == generate(backend, seed=9, max_tokens=30)["text_output"]


def test_pieces_come_one_by_one(backend):
    connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=30)
    connection.request("POST", "/v2/models/slow/generate_stream", json.dumps({"text_input": "a", "max_tokens": 60_000}))
    response = connection.getresponse()
    # The first one is there long before the last one is made.
    assert response.readline().startswith(b"data: {")
    assert metric(backend, "mark_slots_in_use", model="slow") == 1
    response.close()
    connection.close()
    until(lambda: metric(backend, "mark_slots_in_use", model="slow") == 0)


# Callers


@pytest.mark.parametrize("call", ["generate", "generate_stream"])
def test_who_goes_away_frees_the_place(backend, call):
    cancelled = metric(backend, "mark_texts_total", model="slow", outcome="cancelled")
    body = json.dumps({"text_input": "a", "max_tokens": 65536}).encode()
    sockets = []
    for _ in range(2):
        raw = socket.create_connection(("127.0.0.1", backend.port))
        raw.sendall(b"POST /v2/models/slow/%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (call.encode(), len(body), body))
        sockets.append(raw)
    until(lambda: metric(backend, "mark_slots_in_use", model="slow") == 2)
    for raw in sockets:
        raw.close()
    until(lambda: metric(backend, "mark_slots_in_use", model="slow") == 0, seconds=2)
    assert metric(backend, "mark_texts_total", model="slow", outcome="cancelled") == cancelled + 2


def test_the_same_seed_gives_the_same_text_whoever_else_is_there(backend):
    alone = {seed: generate(backend, seed=seed, max_tokens=60)["text_output"] for seed in range(12)}

    def ask(seed: int) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
        connection.request("POST", GENERATE, json.dumps({"text_input": PROMPT, "seed": seed, "max_tokens": 60}))
        return json.loads(connection.getresponse().read())["text_output"]

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(ask, [seed for seed in range(12)] * 4))
    assert together == [alone[seed] for seed in range(12)] * 4
    assert metric(backend, "mark_steps_total", model=MODEL) > 0


def test_parameters_do_what_they_say(backend):
    greedy = {generate(backend, temperature=0, max_tokens=20)["text_output"] for _ in range(3)}
    assert len(greedy) == 1
    assert generate(backend, top_k=1, max_tokens=20)["text_output"] == greedy.copy().pop()
    assert generate(backend, top_p=1e-9, max_tokens=20)["text_output"] == greedy.copy().pop()
    assert len({generate(backend, max_tokens=20)["text_output"] for _ in range(5)}) > 1, "no seed, and always the same"
    whole = generate(backend, seed=2, max_tokens=40)["text_output"]
    stop = whole[3:5]
    cut = generate(backend, seed=2, max_tokens=40, stop=[stop])
    assert cut["text_output"] == whole[: whole.index(stop)] and cut["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "body, text",
    [
        ("", "the request"),
        ("[]", "no JSON object"),
        ('{"text_input": "a"', "the request"),
        ('{"text_input": "a", "max_tokens": "many"}', "'max_tokens' is \"many\""),
        ('{"text_input": "a", "max_tokens": 1e300}', "'max_tokens'"),
        ('{"text_input": "a", "temperature": 1e999}', ""),
        ('{"text_input": "a", "temprature": 1}', "did you mean 'temperature'?"),
        ('{"text_input": "a", "stop": ["x", ""]}', "'stop'"),
        ('{"text_input": "a", "seed": 1.5}', "'seed' is 1.5"),
        ('{"text_input": "' + "a" * 5000 + '"}', "5000 tokens"),
        ('{"text_input": "?"}', "no token"),
        ('{"text_input": null}', "'text_input' is missing"),
    ],
)
def test_a_wrong_request_is_a_clear_400(backend, body, text):
    answer = backend.http("POST", GENERATE, body)
    assert answer.status == 400
    assert text in answer.error


def test_models_that_make_no_texts_say_so(backend):
    answer = backend.http("POST", "/v2/models/sums/generate", '{"text_input": "a"}')
    assert answer.status == 400 and "makes no texts" in answer.error
    # And one that does is an ordinary model as well.
    request = {
        "inputs": [
            {"name": "token", "datatype": "INT64", "shape": [1, 2], "data": [0, 5]},
            {"name": "h", "datatype": "FP32", "shape": [1, 12], "data": [0] * 12},
            {"name": "c", "datatype": "FP32", "shape": [1, 12], "data": [0] * 12},
        ]
    }
    assert backend.infer(MODEL, request).status == 200


# Deadlines


def test_a_deadline_that_cannot_be_kept_is_refused_at_once(backend):
    body = json.dumps({"text_input": "a", "max_tokens": 65536})
    start = time.monotonic()
    answer = backend.http("POST", "/v2/models/slow/generate", body, x_mark_deadline_ms="5")
    assert answer.status == 503 and time.monotonic() - start < 1
    assert answer.headers["x-mark-bounced"] == "hopeless"
    assert int(answer.headers["retry-after"]) >= 1
    answer = backend.http("POST", "/v1/completions", json.dumps({"model": "slow", "prompt": "a", "max_tokens": 65536}), x_mark_deadline_ms="5")
    assert answer.status == 503 and answer.json["error"]["type"] == "server_error"
    assert backend.http("POST", GENERATE, body, x_mark_deadline_ms="soon").status == 400


# Memory, and the end


def test_memory_is_flat_over_two_thousand_texts(backend):
    def ask(count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
        for number in range(count):
            path = GENERATE + ("_stream" if number % 2 else "")
            connection.request("POST", path, json.dumps({"text_input": PROMPT, "max_tokens": 8}))
            connection.getresponse().read()

    def rounds(count: int) -> float:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, [count // 8] * 8))
        return metric(backend, "process_resident_memory_bytes")

    before = rounds(400)
    after = rounds(2000)
    assert after - before < 8e6, f"{(after - before) / 1e6} MB more after 2,000 texts"


def test_draining_completes_what_was_admitted(models, engine_library):
    backend = Backend(engine_library, models)
    answers = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
        connection.request("POST", "/v2/models/slow/generate_stream", json.dumps({"text_input": "a", "max_tokens": 4000}))
        answers.append(events(connection.getresponse()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: metric(backend, "mark_slots_in_use", model="slow") + metric(backend, "mark_texts_waiting", model="slow") == 4)
    backend.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(60)
    assert [answer[-1]["tokens"] for answer in answers] == [4000] * 4
    assert backend.close() == 0


def test_texts_under_way_are_completed_while_versions_come_and_go(models, engine_library, tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(FIXTURES / MODEL, folder / MODEL)
    config = json.loads((folder / MODEL / "config.json").read_text()) | {"version_policy": {"latest": {"count": 1}}}
    (folder / MODEL / "config.json").write_text(json.dumps(config))
    backend = Backend(engine_library, str(folder), "--model-control")
    expected = generate(backend, seed=9, max_tokens=60)["text_output"]
    ending, answers, wrong = threading.Event(), Counter(), []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=60)
        while not ending.is_set():
            connection.request("POST", GENERATE, json.dumps({"text_input": PROMPT, "seed": 9, "max_tokens": 60}))
            response = connection.getresponse()
            answer = json.loads(response.read())
            answers[answer.get("model_version")] += 1
            if answer.get("text_output") != expected:
                wrong.append((response.status, answer))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in ("2", "3", "4"):
        shutil.copytree(folder / MODEL / "1", folder / MODEL / version)
        assert backend.http("POST", f"/v2/repository/models/{MODEL}/load").status == 200
        until(lambda version=version: wrong or answers[version] >= 10)
    ending.set()
    for thread in threads:
        thread.join(60)
    assert not wrong, wrong[:3]
    assert backend.close() == 0


# The command line


def mark_invoke(backend, *arguments: str) -> subprocess.CompletedProcess:
    command = [mark_program(), "invoke", "--url", backend.url, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_mark_invoke_shows_a_text(backend):
    shown = mark_invoke(backend, MODEL, "--text", PROMPT, "--seed", "9", "--max-tokens", "30")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == generate(backend, seed=9, max_tokens=30)["text_output"] + "\n"
    answer = json.loads(mark_invoke(backend, "counter", "--text", "banana", "--json").stdout)
    assert answer["text_output"] == "anb"
    wrong = mark_invoke(backend, MODEL, "--text", "a", "--max-tokens", "1000")
    assert wrong.returncode == 1 and "'max_tokens' is 1000" in wrong.stderr
    assert mark_invoke(backend, MODEL, "--seed", "3").returncode == 64

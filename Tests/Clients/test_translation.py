"""The translator of the template, as people use it: texts in, texts out, from `mark serve` and from the function."""

import concurrent.futures
import json
import subprocess

import pytest
from backend import Backend, MarkProcess, mark_program
from function import Function
from runtime_api import ROOT, Bootstrap, RuntimeAPI

MODEL = ROOT / "template/models/translator"
PAIRS = [line.split("\t") for line in (MODEL / "samples/heldout.tsv").read_text().splitlines()]
ACCURACY_MIN = 0.95


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> str:
    """The translator alone."""
    folder = tmp_path_factory.mktemp("translator")
    (folder / "translator").symlink_to(MODEL)
    return str(folder)


@pytest.fixture(scope="module")
def server(engine_library, models):
    server = Backend(engine_library, models)
    yield server
    server.close()


def translate(server, text: str, path: str = "/v2/models/translator/generate", **parameters):
    # What a busy machine makes late is not the matter here.
    body = json.dumps({"text_input": text, "parameters": parameters})
    return server.http("POST", path, body, x_mark_deadline_ms="60000")


def text_of(answer) -> str:
    assert answer.status == 200, answer.body
    assert answer.json["finish_reason"] == "stop"
    return answer.json["text_output"]


def accuracy(translations: list[str]) -> float:
    assert len(translations) == len(PAIRS) == 200
    return sum(ours == german for ours, (_, german) in zip(translations, PAIRS)) / len(PAIRS)


def all_at_once(port: int, **parameters) -> list[str]:
    """All held-out texts, 16 connections at a time, so that texts share steps."""
    import http.client

    def ask(english: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = json.dumps({"text_input": english, "parameters": parameters})
        headers = {"content-type": "application/json", "x-mark-deadline-ms": "60000"}
        connection.request("POST", "/v2/models/translator/generate", body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status == 200, answer
        return answer["text_output"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(ask, [english for english, _ in PAIRS]))


@pytest.fixture(scope="module")
def greedy(server) -> list[str]:
    """Each text by itself."""
    return [text_of(translate(server, english)) for english, _ in PAIRS]


def test_held_out_texts_are_translated(greedy):
    assert accuracy(greedy) >= ACCURACY_MIN


def test_a_beam_is_no_worse(server, greedy):
    beam = all_at_once(server.port, beam_width=4)
    assert accuracy(beam) >= ACCURACY_MIN
    alone = [text_of(translate(server, english, beam_width=4)) for english, _ in PAIRS[:20]]
    assert beam[:20] == alone, "the same whoever shares its steps"


def test_together_is_the_same_as_alone(server, greedy):
    assert all_at_once(server.port) == greedy
    metrics = server.http("GET", "/metrics").body.decode()
    assert "translator" in metrics


def test_pieces_come_while_the_text_is_made(server):
    english, german = next(pair for pair in PAIRS if "fünf" in pair[1])
    answer = translate(server, english, "/v2/models/translator/generate_stream")
    assert answer.headers["content-type"] == "text/event-stream"
    events = [json.loads(event.removeprefix("data: ")) for event in answer.body.decode().split("\n\n") if event]
    pieces = [event["text_output"] for event in events]
    assert "".join(pieces) == german
    assert len(pieces) > 20 and "ü" in pieces, "character by character, none of them torn"


@pytest.mark.parametrize(
    ("text", "parameters", "words"),
    [
        ("one " * 24, {}, ["96 tokens", "at most 95"]),
        ("two", {"beam_width": 0}, ["beam_width", "1 to 8"]),
        ("two", {"beam_width": 9}, ["beam_width", "1 to 8"]),
        ("two", {"beam_width": 4, "temperature": 0.5}, ["temperature", "leave one"]),
        ("two", {"length_penalty": 1}, ["length_penalty", "beam_width"]),
        ("two", {"max_tokens": 97}, ["max_tokens", "1 to 96"]),
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_remedy(server, text, parameters, words):
    answer = translate(server, text, **parameters)
    assert answer.status == 400
    assert all(word in answer.error for word in words), answer.error


@pytest.mark.parametrize("text", ["", " ", "\0\x01", "zwei", "🎈" * 20, "a" * 95, "four thousand million", "\\n\r\n"])
def test_odd_texts_get_some_answer_and_hurt_nobody(server, text):
    for parameters in ({}, {"beam_width": 3}):
        answer = translate(server, text, **parameters)
        assert answer.status == 200
        assert len(answer.json["text_output"].encode()) <= 3 * 96
    assert text_of(translate(server, "two")) == "zwei"


@pytest.fixture
def function(bootstrap_path, engine_library, models):
    api = RuntimeAPI()
    bootstrap = Bootstrap(bootstrap_path, api, MARK_ONNXRUNTIME=engine_library, MARK_MODELS=models)
    yield Function(bootstrap, api)
    bootstrap.close()
    api.close()


def test_the_function_translates_as_well(function):
    english, german = PAIRS[0]
    for parameters in ({}, {"beam_width": 4}, {"beam_width": 8}):
        answer = translate(function, english, **parameters)
        assert text_of(answer) == german and answer.headers["x-mark-served-by"] == "lambda"
    answer = translate(function, "one " * 24)
    assert answer.status == 400 and "at most 95" in answer.error


@pytest.fixture(scope="module")
def local_lambda(engine_library, bootstrap_path, models, tmp_path_factory):
    bundle = tmp_path_factory.mktemp("bundle")
    (bundle / "bootstrap").symlink_to(bootstrap_path)
    process = MarkProcess("up", engine_library, "--bundle", str(bundle), "--models", models)
    yield process
    process.close()


def invoke(*options: str, url: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [mark_program(), "invoke", "translator", "--url", url, *options], capture_output=True, text=True, timeout=60, cwd=ROOT
    )


def test_a_function_url_streams_the_translation(local_lambda):
    done = invoke("--text", "three hundred and forty-two", url=local_lambda.url + "/function-url")
    assert (done.stdout, done.returncode) == ("dreihundertzweiundvierzig\n", 0), done.stderr


def test_invoke_translates_with_a_beam(local_lambda, server):
    for url in (local_lambda.url, server.url):
        done = invoke("--text", "the third of May, nineteen eighty-four", "--beam-width", "4", url=url)
        assert (done.stdout, done.returncode) == ("der dritte Mai neunzehnhundertvierundachtzig\n", 0), done.stderr

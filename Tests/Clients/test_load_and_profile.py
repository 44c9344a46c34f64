"""`mark load` and `mark profile` as operators run them."""

import json
import os
import re
import shutil
import subprocess

import pytest
from backend import Backend, mark_program
from runtime_api import ROOT


@pytest.fixture(scope="module")
def backend(engine_library, starter_models):
    backend = Backend(engine_library, starter_models)
    yield backend
    backend.close()


def mark(library: str, *arguments: str, **options) -> subprocess.CompletedProcess:
    environment = os.environ | {"MARK_ONNXRUNTIME": library, "AWS_EC2_METADATA_DISABLED": "true"}
    return subprocess.run([mark_program(), *arguments], capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment)


def test_load_measures_what_a_backend_does(backend, engine_library, tmp_path):
    report, histogram, result = tmp_path / "r.html", tmp_path / "h.hgrm", tmp_path / "r.json"
    done = mark(
        engine_library, "load", backend.url, "--model", "digits", "--rate", "200", "--duration", "2", "--warm-up", "0",
        "--report", str(report), "--histogram", str(histogram), "--json", str(result),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    numbers = json.loads(result.read_text())
    assert numbers["statuses"] == {"200": numbers["intended"]} and 300 < numbers["intended"] < 500
    assert 0 < numbers["latency_ms"]["p50"] <= numbers["latency_ms"]["p99"] <= numbers["latency_ms"]["max"]
    assert sum(second["intended"] for second in numbers["seconds"]) == numbers["intended"]
    assert re.search(r"In time +[\d.]+ % within 100 ms", done.stdout)
    page = report.read_text()
    assert page.count("<svg") == 3 and "http://127" in page and "src=" not in page and "<script" not in page
    assert "nan" not in page.lower().replace("fernando", "")
    last = [line for line in histogram.read_text().splitlines() if not line.startswith("#")][-1].split()
    assert last[1] == "1.000000000000" and int(last[2]) == numbers["intended"]


def test_load_searches_for_the_highest_rate(backend, engine_library, tmp_path):
    done = mark(
        engine_library, "load", backend.url, "--model", "digits", "--search", "--rate", "100", "--duration", "0.2",
        "--warm-up", "0", "--slo-ms", "0.0001", "--json", str(tmp_path / "s.json"),
    )  # fmt: skip
    # Nothing is that fast.
    assert done.returncode == 1 and "no rate holds" in done.stderr
    assert json.loads((tmp_path / "s.json").read_text())["rate"] is None


def test_load_replays_a_trace(backend, engine_library, tmp_path):
    trace = tmp_path / "trace.csv"
    trace.write_text("timestamp,requests\n0,100\n1,0\n2,50\n")
    done = mark(
        engine_library, "load", backend.url, "--model", "digits", "--trace", str(trace), "--json", str(tmp_path / "r.json")
    )
    assert done.returncode == 0, done.stderr
    seconds = json.loads((tmp_path / "r.json").read_text())["seconds"]
    assert [second["intended"] for second in seconds] == [100, 0, 50]


@pytest.mark.parametrize("arguments, words", [
    (["https://localhost"], "http://"), (["http://localhost:0/"], "HOST:PORT"), (["http://127.0.0.1:1", "--rate", "0"], "--rate is 0"),
    (["http://127.0.0.1:1", "--trace", "nothing.csv"], "cannot read nothing.csv"),
    (["http://127.0.0.1:1", "--body", "nothing.json"], "cannot read nothing.json"),
    (["http://127.0.0.1:1", "--header", "nothing"], "NAME: VALUE"),
    (["http://127.0.0.1:1", "--model", "digits"], "127.0.0.1:1"),
])  # fmt: skip
def test_load_names_what_is_wrong(engine_library, arguments, words):
    done = mark(engine_library, "load", *arguments)
    assert done.returncode != 0 and words in done.stderr, done.stderr


@pytest.fixture
def model(tmp_path):
    shutil.copytree(ROOT / "template/models/digits/1", tmp_path / "digits/1")
    shutil.copy(ROOT / "template/models/digits/config.json", tmp_path / "digits")
    return tmp_path / "digits"


def test_a_profile_is_kept_under_the_machine_and_nothing_else_is_lost(engine_library, model):
    before = json.loads((model / "config.json").read_text())
    done = mark(engine_library, "profile", str(model), "--machine", "lab", "--seconds", "0.02", "--size-max", "4", "--cores", "2")
    assert done.returncode == 0, done.stderr
    after = json.loads((model / "config.json").read_text())
    profile = after.pop("profiles")["lab"]
    assert after == {name: value for name, value in before.items() if name != "profiles"}
    layouts = [(c["executors"], c["threads"]) for c in profile["configurations"]]
    assert layouts == [(1, 1), (2, 1), (1, 2)]
    for configuration in profile["configurations"]:
        assert [batch["size"] for batch in configuration["batches"]] == [1, 2, 4]
        assert all(0 < batch["p50_ms"] <= batch["p99_ms"] for batch in configuration["batches"])
    assert "Batching" in done.stdout and "Most throughput" in done.stdout


@pytest.mark.parametrize("of_four, largest", [(1.2, 4), (4.4, 1)])
def test_a_server_batches_as_the_profile_of_its_machine_says(engine_library, model, tmp_path, of_four, largest):
    batches = [{"size": 1, "p99_ms": 1}, {"size": 2, "p99_ms": 1 + (of_four - 1) / 3}, {"size": 4, "p99_ms": of_four}]
    (tmp_path / "lab.json").write_text(json.dumps({"lab": {"configurations": [{"batches": batches}]}}))
    assert mark(engine_library, "profile", str(model), "--import", str(tmp_path / "lab.json")).returncode == 0
    backend = Backend(engine_library, str(model.parent), "--machine", "lab", "--cores", "2")
    assert backend.http("GET", "/v2/models/digits/config").json["max_batch_size"] == largest
    assert backend.close() == 0


def test_a_profile_of_another_machine_is_taken_and_given(engine_library, model, tmp_path):
    profile = {"g5.xlarge": {"configurations": [{"batches": [{"size": 1, "p99_ms": 2}, {"size": 32, "p99_ms": 4.5}]}]}}
    (tmp_path / "gpu.json").write_text(json.dumps(profile))
    assert mark(engine_library, "profile", str(model), "--import", str(tmp_path / "gpu.json")).returncode == 0
    exported = json.loads(mark(engine_library, "profile", str(model), "--export").stdout)
    batches = exported["g5.xlarge"]["configurations"][0]["batches"]
    assert [(batch["size"], batch["p99_ms"]) for batch in batches] == [(1, 2), (32, 4.5)]


@pytest.mark.parametrize("profile, words", [
    ({"x": {"configurations": []}}, "profiles.x.configurations"),
    ({"x": {"configurations": [{"batches": [{"size": 0, "p99_ms": 1}]}]}}, "profiles.x.configurations[0].batches[0].size"),
    ({"x": {"configurations": [{"batches": [{"size": 1}]}]}}, "batches[0].p99_ms"),
    ({"x": {"configurations": [{"batches": [{"size": 1, "p99_ms": -1}]}]}}, "batches[0].p99_ms"),
    ({"x": {"configurations": [{"batches": [{"size": 1, "p99_ms": 1}] * 2}]}}, "batch size 1 is there twice"),
    ({"x": {"configurations": [{"batch": []}]}}, "did you mean 'batches'?"),
    ([], "profiles"),
])  # fmt: skip
def test_a_profile_that_makes_no_sense_changes_nothing(engine_library, model, tmp_path, profile, words):
    before = (model / "config.json").read_bytes()
    (tmp_path / "p.json").write_text(json.dumps(profile))
    done = mark(engine_library, "profile", str(model), "--import", str(tmp_path / "p.json"))
    assert done.returncode != 0 and words in done.stderr, done.stderr
    assert (model / "config.json").read_bytes() == before


def test_a_machine_without_a_name_is_asked_for_one_before_anything_is_measured(engine_library, model):
    done = mark(engine_library, "profile", str(model))
    assert done.returncode != 0 and "--machine" in done.stderr
    assert mark(engine_library, "profile", str(model.parent / "none"), "--dry-run").returncode != 0

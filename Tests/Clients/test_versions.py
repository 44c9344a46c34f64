"""Versions of a model on a real backend and a real function: which are served, how they come and go, who gets which, what is kept of their
answers, and what their weights take."""

import http.client
import json
import os
import re
import shutil
import threading
import time
from pathlib import Path

import models
import numpy as np
import pytest
from backend import Backend
from function import Function
from onnx import TensorProto as T
from onnx import helper, numpy_helper, save_model
from runtime_api import Bootstrap

SIZE = 256
WATCH = 0.2


def scaled(folder: Path, version: int, factor: int | None = None, **options) -> None:
    """y = factor · x through two products, so that it takes a while; the version tells the factor unless it is given."""
    one = np.eye(SIZE, dtype=np.float32)
    constants = [numpy_helper.from_array(one * (factor or version), "first"), numpy_helper.from_array(one, "second")]
    nodes = [helper.make_node("MatMul", ["x", "first"], ["z"]), helper.make_node("MatMul", ["z", "second"], ["y"])]
    value = [helper.make_tensor_value_info(name, T.FLOAT, ["n", SIZE]) for name in "xy"]
    models.write(folder, nodes, value[:1], value[1:], version=version, constants=constants, **options)


def request(number: float = 1, **members) -> dict:
    return {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, SIZE], "data": [number] * SIZE}], **members}


def until(what: str, condition, seconds: float = 30):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return value


@pytest.fixture
def repository(tmp_path) -> Path:
    """A repository with the one model `scaled`, version 1."""
    scaled(tmp_path / "scaled", 1)
    return tmp_path


@pytest.fixture
def start(engine_library, repository):
    started = []

    def start(*options, **environment) -> Backend:
        started.append(Backend(engine_library, str(repository), *options, **environment))
        return started[-1]

    yield start
    for backend in started:
        backend.process.kill()


def configure(repository: Path, **members) -> None:
    # By a rename, as a file that is half written is none.
    path = repository / "scaled" / "config.json"
    path.with_suffix(".new").write_text(json.dumps(members))
    path.with_suffix(".new").rename(path)


def versions(backend) -> list[str]:
    return backend.http("GET", "/v2/models/scaled").json["versions"]


def metrics(backend) -> dict[str, float]:
    lines = backend.http("GET", "/metrics").body.decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


class Load:
    """Requests one after the other on several connections, until it is closed; every answer is looked at."""

    def __init__(self, backend: Backend, connections: int = 4) -> None:
        self.factors: dict[str, set[int]] = {"1": {1}}
        self.answered: dict[str, int] = {}
        self.failures: list[str] = []
        self.count = 0
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(backend.port, i)) for i in range(connections)]
        for thread in self._threads:
            thread.start()

    def _run(self, port: int, seed: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        number = seed
        while not self._ending.is_set():
            number = number % 97 + 1
            try:
                connection.request("POST", "/v2/models/scaled/infer", json.dumps(request(number)))
                response = connection.getresponse()
                self._check(number, response.status, response.read())
            except Exception as error:  # noqa: BLE001: whatever it is, the request failed
                self.failures.append(repr(error))
                return

    def _check(self, number: int, status: int, body: bytes) -> None:
        with self._lock:
            self.count += 1
            if status != 200:
                self.failures.append(f"{status} {body[:200]!r}")
                return
            answer = json.loads(body)
            version, factor = answer["model_version"], answer["outputs"][0]["data"][0] / number
            if factor not in self.factors.get(version, ()):
                self.failures.append(f"version {version} answers with factor {factor}")
            self.answered[version] = self.answered.get(version, 0) + 1

    def passes(self, version: str, more: int = 20) -> None:
        """Waits until a version has answered so many requests more."""
        before = self.answered.get(version, 0)
        until(f"{more} answers of version {version}: {self.failures[:3]}",
              lambda: self.failures or self.answered.get(version, 0) >= before + more)

    def close(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(30)
        assert self.failures == [], f"{len(self.failures)} of {self.count} requests failed: {self.failures[:5]}"


# Policy


def test_the_policy_chooses_what_is_served_and_index_metadata_and_configuration_show_it(repository, start):
    for version in (2, 10):
        scaled(repository / "scaled", version)
    configure(repository, version_policy={"latest": {"count": 2}})
    backend = start()
    metadata = backend.http("GET", "/v2/models/scaled").json
    assert metadata["versions"] == ["2", "10"]
    assert metadata["parameters"]["version_policy"] == {"latest": {"num_versions": 2}}
    assert backend.http("GET", "/v2/models/scaled/config").json["version_policy"] == {"latest": {"num_versions": 2}}
    index = {row["version"]: row for row in backend.http("POST", "/v2/repository/index").json}
    assert [index[version]["state"] for version in ("1", "2", "10")] == ["UNAVAILABLE", "READY", "READY"]
    assert "version_policy" in index["1"]["reason"]
    assert backend.http("GET", "/v2/health/ready").status == 200, "what is left out on purpose is no fault"
    assert backend.infer("scaled", request()).json["model_version"] == "10"
    named = backend.http("POST", "/v2/models/scaled/versions/1/infer", json.dumps(request()))
    assert named.status == 404 and "not selected by version_policy" in named.error


def test_a_policy_that_makes_no_sense_is_refused_with_what_would(repository, start):
    configure(repository, version_policy={"newest": 1})
    answer = start().infer("scaled", request())
    assert answer.status == 503 and "version_policy" in answer.error and '{"latest": {"count": 1}}' in answer.error


# Changes while it serves


def test_versions_come_change_break_and_go_and_no_request_fails(repository, start):
    backend = start("--watch", str(WATCH))
    load = Load(backend)
    load.passes("1")
    load.factors["2"] = {2}
    scaled(repository / "scaled", 2)
    load.passes("2")
    assert versions(backend) == ["1", "2"]

    # Other weights in the same place, by a rename: answers are the old ones' or the new ones'.
    load.factors["2"] = {2, 22}
    scaled(repository / "other", 2, factor=22)
    (repository / "other/2/model.onnx").rename(repository / "scaled/2/model.onnx")
    shutil.rmtree(repository / "other")
    until("the new weights answer", lambda: backend.infer("scaled", request()).json["outputs"][0]["data"][0] == 22)

    # A broken version is reported, and the one before goes on.
    (repository / "scaled/3").mkdir()
    (repository / "scaled/3/model.onnx").write_bytes(b"no model at all")
    reason = until("the broken version is reported", lambda: [
        row["reason"] for row in backend.http("POST", "/v2/repository/index").json if row["version"] == "3"])
    assert "cannot be loaded" in reason[0] and backend.http("GET", "/v2/health/ready").status == 200
    load.passes("2")

    # Mended, it takes over; then the old ones go.
    load.factors["3"] = {3}
    scaled(repository / "scaled", 3)
    load.passes("3")
    shutil.rmtree(repository / "scaled/1")
    until("version 1 is gone", lambda: versions(backend) == ["2", "3"])
    configure(repository, version_policy={"latest": {"count": 1}})
    until("version 2 is gone", lambda: versions(backend) == ["3"])
    load.passes("3")
    load.close()
    assert set(load.answered) == {"1", "2", "3"}
    until("the old versions' threads end", lambda: not any('version="2"' in name for name in metrics(backend)))
    assert any("version 3" in line and "is not served" in line for line in backend.lines)
    assert backend.close() == 0


def test_a_version_that_is_still_being_copied_is_left_alone(repository, start):
    backend = start("--watch", str(WATCH))
    scaled(repository / "whole", 2)
    data = (repository / "whole/2/model.onnx").read_bytes()
    shutil.rmtree(repository / "whole")
    (repository / "scaled/2").mkdir()
    with open(repository / "scaled/2/model.onnx", "wb") as file:
        # Slower than a look and faster than two.
        for part in range(20):
            file.write(data[part * len(data) // 20:(part + 1) * len(data) // 20])
            file.flush()
            time.sleep(WATCH / 2)
    until("version 2", lambda: versions(backend) == ["1", "2"])
    assert not any("cannot be loaded" in line for line in backend.lines), backend.lines


def test_new_models_are_seen_and_removed_ones_forgotten(repository, start):
    backend = start("--watch", str(WATCH))
    models.write_identity(repository / "same", T.FLOAT, ["n", 1])
    ask = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1], "data": [5]}]}
    until("the new model", lambda: backend.infer("same", ask).status == 200)
    shutil.rmtree(repository / "same")
    until("its end", lambda: backend.infer("same", ask).status == 404)


def test_a_load_call_loses_no_request_either(repository, start):
    backend = start("--model-control")
    load = Load(backend)
    load.passes("1")
    for version in range(2, 8):
        load.factors[str(version)] = {version}
        scaled(repository / "scaled", version, config={"version_policy": {"latest": {"count": 1}}})
        assert backend.http("POST", "/v2/repository/models/scaled/load").status == 200
        load.passes(str(version), 5)
    load.close()
    assert versions(backend) == ["7"]


def test_memory_stays_where_it_is_over_many_versions(repository, start):
    backend = start("--model-control")
    configure(repository, version_policy={"latest": {"count": 1}})

    def rounds(first: int) -> tuple[int, int]:
        for version in range(first, first + 15):
            scaled(repository / "scaled", version)
            assert backend.http("POST", "/v2/repository/models/scaled/load").status == 200
            assert backend.infer("scaled", request()).json["model_version"] == str(version)
            shutil.rmtree(repository / f"scaled/{version - 1}")
        until("old versions end", lambda: sum("mark_executors{" in name for name in metrics(backend)) == 1)
        status = Path(f"/proc/{backend.process.pid}/status").read_text()
        return tuple(int(re.search(name + r":\s+(\d+)", status)[1]) for name in ("VmRSS", "Threads"))

    before, after = rounds(2), rounds(17)
    # Each version has 512 kB of weights, and a copy of them.
    assert after[0] - before[0] < 6_000 and after[1] <= before[1], f"kB and threads: {before}, then {after}"


def test_a_watch_of_no_sense_is_refused(engine_library):
    with pytest.raises(AssertionError, match="--watch is 0.0; expected 0.1 to 86400 seconds"):
        Backend(engine_library, "template/models", "--watch", "0")


# Canary


def test_a_canary_gets_its_share_by_id_and_metrics_tell_versions_apart(repository, start):
    scaled(repository / "scaled", 2)
    configure(repository, canary={"version": "2", "percent": 20})
    backend = start("--watch", str(WATCH))

    def split() -> dict[str, str]:
        return {f"user-{i}": backend.infer("scaled", request(), x_request_id=f"user-{i}").json["model_version"] for i in range(200)}

    first = split()
    assert 20 <= list(first.values()).count("2") <= 60 and split() == first
    served = metrics(backend)
    for version in "12":
        count = served[f'mark_requests_total{{model="scaled",version="{version}",outcome="served"}}']
        assert count == 2 * list(first.values()).count(version)
    statistics = {row["version"]: row for row in backend.http("GET", "/v2/models/scaled/stats").json["model_stats"]}
    assert statistics["2"]["inference_stats"]["success"]["count"] == 2 * list(first.values()).count("2")

    # By the id in the body as well, and in turn without one.
    assert {i: backend.infer("scaled", request(id=i)).json["model_version"] for i in list(first)[:50]} == dict(list(first.items())[:50])
    counted = [backend.infer("scaled", request()).json["model_version"] for _ in range(100)]
    assert 17 <= counted.count("2") <= 23

    # A larger share takes nobody back, and loads nothing again.
    configure(repository, canary={"version": "2", "percent": 60})
    until("the larger share", lambda: backend.http("GET", "/v2/models/scaled").json["parameters"]["canary"]["percent"] == 60)
    second = split()
    assert list(second.values()).count("2") > list(first.values()).count("2")
    assert all(second[user] == "2" for user, version in first.items() if version == "2")
    assert metrics(backend)['mark_requests_total{model="scaled",version="2",outcome="served"}'] > 2 * list(first.values()).count("2")


def test_a_function_splits_requests_too(repository, api, bootstrap_path, engine_library):
    scaled(repository / "scaled", 2)
    configure(repository, canary={"version": "2", "percent": 20}, version_policy={"specific": [1, 2]})
    bootstrap = Bootstrap(bootstrap_path, api, MARK_ONNXRUNTIME=engine_library, MARK_MODELS=str(repository))
    function = Function(bootstrap, api)
    users = [f"user-{i}" for i in range(100)]
    first = [function.infer("scaled", request(), x_request_id=user).json["model_version"] for user in users]
    assert 8 <= first.count("2") <= 32
    assert first == [function.infer("scaled", request(id=user)).json["model_version"] for user in users]
    counted = [function.infer("scaled", request()).json["model_version"] for _ in range(100)]
    assert 17 <= counted.count("2") <= 23
    bootstrap.close()


# Cache


def test_an_equal_request_costs_no_run_and_another_does(repository, start):
    configure(repository, cache={"entries_max": 2})
    backend = start()

    def runs() -> int:
        return backend.http("GET", "/v2/models/scaled/stats").json["model_stats"][0]["execution_count"]

    answers = [backend.infer("scaled", request(3, id=str(i))).json for i in range(10)]
    assert runs() == 1 and [answer["id"] for answer in answers] == [str(i) for i in range(10)]
    assert all(answer["outputs"] == answers[0]["outputs"] for answer in answers)
    assert backend.infer("scaled", request(4)).json["outputs"][0]["data"][0] == 4 and runs() == 2
    for number in range(5, 25):
        assert backend.infer("scaled", request(number)).json["outputs"][0]["data"][0] == number
    counts = {name: count for name, count in metrics(backend).items() if name.startswith("mark_cache")}
    labels = '{model="scaled",version="1"}'
    assert counts["mark_cache_hits_total" + labels] == 9 and counts["mark_cache_misses_total" + labels] == 22
    assert counts["mark_cache_entries" + labels] == 2 and counts["mark_cache_evictions_total" + labels] == 20


def test_equal_requests_at_once_share_a_run_and_none_fails(repository, start):
    configure(repository, cache={"bytes_max": 1_000_000})
    backend = start()
    results = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=30)
        for number in range(1, 26):
            connection.request("POST", "/v2/models/scaled/infer", json.dumps(request(number)))
            response = connection.getresponse()
            results.append((number, response.status, json.loads(response.read())))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 200
    assert all(status == 200 and answer["outputs"][0]["data"][0] == number for number, status, answer in results)
    counts, labels = metrics(backend), '{model="scaled",version="1"}'
    assert counts["mark_cache_misses_total" + labels] == 25
    assert counts["mark_cache_hits_total" + labels] + counts["mark_cache_shared_total" + labels] == 175


def test_a_kept_answer_is_given_when_all_else_is_refused(repository, start):
    configure(repository, cache={"entries_max": 10})
    backend = start()
    assert backend.infer("scaled", request(1)).status == 200
    # Nothing can be computed in a microsecond.
    hopeless = {"x_mark_deadline_ms": "0.001"}
    assert backend.infer("scaled", request(2), **hopeless).status == 503
    assert backend.infer("scaled", request(1), **hopeless).status == 200


def test_a_new_version_answers_for_itself(repository, start):
    configure(repository, cache={"entries_max": 10})
    backend = start("--watch", str(WATCH))
    assert backend.infer("scaled", request(5)).json["outputs"][0]["data"][0] == 5
    scaled(repository / "scaled", 2)
    until("version 2", lambda: versions(backend) == ["1", "2"])
    assert backend.infer("scaled", request(5)).json["outputs"][0]["data"][0] == 10
    # The same version with other weights as well.
    scaled(repository / "scaled", 2, factor=7)
    until("other weights", lambda: backend.infer("scaled", request(5)).json["outputs"][0]["data"][0] == 35)


# Weights


def large(folder: Path, version: int, rows: int = 16_384) -> None:
    """The product with 64 MB of weights in a file of their own, and a constant that tells versions apart."""
    weights = np.random.default_rng(1).random((1024, rows), np.float32)
    constants = [numpy_helper.from_array(weights, "W"), numpy_helper.from_array(np.array([version], np.float32), "version")]
    nodes = [helper.make_node("MatMul", ["x", "W"], ["z"]), helper.make_node("ReduceMax", ["z"], ["m"], axes=[1], keepdims=1),
             helper.make_node("Sub", ["m", "m"], ["zero"]), helper.make_node("Add", ["zero", "version"], ["y"])]
    value = [helper.make_tensor_value_info("x", T.FLOAT, ["n", 1024]), helper.make_tensor_value_info("y", T.FLOAT, ["n", 1])]
    graph = helper.make_graph(nodes, "large", value[:1], value[1:], initializer=constants)
    (folder / str(version)).mkdir(parents=True)
    save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(folder / str(version) / "model.onnx"),
        save_as_external_data=True, all_tensors_to_one_file=True, location="weights.data", size_threshold=1024)


@pytest.mark.parametrize("kind", ["copy", "link"])
@pytest.mark.parametrize("prepacking", [True, False])
def test_a_second_version_with_the_same_weights_takes_next_to_no_memory(engine_library, tmp_path, kind, prepacking):
    def memory() -> int:
        """Of a backend with all versions loaded and asked once, in MB; shared pages count as shares."""
        backend = Backend(engine_library, str(tmp_path), "--cores", "1")
        for version in sorted(os.listdir(tmp_path / "large")):
            if version.isdigit():
                ask = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1024], "data": [1] * 1024}]}
                answer = backend.http("POST", f"/v2/models/large/versions/{version}/infer", json.dumps(ask))
                assert answer.json["outputs"][0]["data"] == [float(version)]
        rollup = Path(f"/proc/{backend.process.pid}/smaps_rollup").read_text()
        assert backend.close() == 0
        return int(re.search(r"Pss:\s+(\d+)", rollup)[1]) // 1024

    large(tmp_path / "large", 1)
    (tmp_path / "large/config.json").write_text(json.dumps({"prepacking": prepacking, "batching": {"enabled": False}}))
    alone = memory()
    large(tmp_path / "large", 2)
    if kind == "link":
        (tmp_path / "large/2/weights.data").unlink()
        os.link(tmp_path / "large/1/weights.data", tmp_path / "large/2/weights.data")
    both = memory()
    assert alone > 64 and both - alone < 8, f"{alone} MB with one version, {both} MB with two"

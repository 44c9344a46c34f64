"""`mark serve` as operators meet it: clients nobody here wrote, metrics, refusals, drains, broken connections."""

import asyncio
import http.server
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import numpy as np
import pytest
import requests
import tritonclient.http as triton
import tritonclient.http.aio as triton_async
from backend import Backend, MarkProcess, mark_program
from test_tensors import DIGITS

INFER = "/v2/models/digits/infer"


@pytest.fixture(scope="module")
def backend(engine_library, starter_models):
    backend = Backend(engine_library, starter_models)
    yield backend
    assert backend.close() == 0


@pytest.fixture
def start(engine_library, starter_models):
    """Starts backends of a test's own."""
    started = []

    def start(*options, models=starter_models, **environment) -> Backend:
        started.append(Backend(engine_library, models, *options, **environment))
        return started[-1]

    yield start
    for backend in started:
        backend.process.kill()


def metrics(backend: Backend) -> dict[str, float]:
    """All samples by name and labels."""
    text = requests.get(backend.url + "/metrics", timeout=10).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


# Clients


def test_tritonclient(backend):
    client = triton.InferenceServerClient(backend.url.removeprefix("http://"), concurrency=8)
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("digits")
    configuration = client.get_model_config("digits")
    assert configuration["max_batch_size"] > 1 and configuration["input"][0]["dims"] == [64]
    pixels = np.random.default_rng(1).random((3, 64), np.float32)
    image = triton.InferInput("pixels", pixels.shape, "FP32")
    image.set_data_from_numpy(pixels)
    expected = client.infer("digits", [image]).as_numpy("probabilities")
    assert expected.shape == (3, 10) and np.allclose(expected.sum(axis=1), 1, atol=1e-5)
    answers = [client.async_infer("digits", [image], request_compression_algorithm="gzip") for _ in range(32)]
    for answer in answers:
        assert np.allclose(answer.get_result().as_numpy("probabilities"), expected)
    statistics = client.get_inference_statistics("digits")["model_stats"][0]
    assert statistics["inference_count"] >= 33 * 3
    assert statistics["inference_stats"]["success"]["count"] >= 33
    assert sum(batch["compute_infer"]["count"] for batch in statistics["batch_stats"]) == statistics["execution_count"]


def test_tritonclient_asyncio(backend):
    async def run():
        async with triton_async.InferenceServerClient(backend.url.removeprefix("http://")) as client:
            image = triton_async.InferInput("pixels", [1, 64], "FP32")
            image.set_data_from_numpy(np.zeros((1, 64), np.float32))
            results = await asyncio.gather(*(client.infer("digits", [image]) for _ in range(32)))
            return [result.as_numpy("probabilities") for result in results]

    results = asyncio.run(run())
    assert len(results) == 32 and all(np.array_equal(result, results[0]) for result in results)


def test_models_come_and_go_when_that_is_allowed(start, backend):
    client = triton.InferenceServerClient(start("--model-control").url.removeprefix("http://"))
    client.unload_model("digits")
    assert not client.is_model_ready("digits")
    assert [model["state"] for model in client.get_model_repository_index()] == ["UNAVAILABLE"]
    client.load_model("digits")
    assert client.is_model_ready("digits")
    with pytest.raises(triton.InferenceServerException, match="no folder"):
        client.load_model("cats")
    with pytest.raises(triton.InferenceServerException, match="--model-control"):
        triton.InferenceServerClient(backend.url.removeprefix("http://")).unload_model("digits")


def test_sagemaker(backend):
    assert requests.get(backend.url + "/ping", timeout=10).status_code == 200
    answer = requests.post(backend.url + "/invocations", json=DIGITS, timeout=10)
    assert answer.status_code == 200 and answer.json()["outputs"][0]["shape"] == [1, 10]
    raw = requests.post(
        backend.url + "/invocations", data=np.zeros(64, np.float32).tobytes(),
        headers={"content-type": "application/octet-stream"}, timeout=10,
    )
    assert raw.status_code == 200 and len(raw.content) > 40
    other = requests.post(backend.url + "/invocations", data="1,2", headers={"content-type": "text/csv"}, timeout=10)
    assert other.status_code == 400 and "text/csv" in other.json()["error"]


def test_executors_and_threads_are_chosen_by_measurement_when_asked(start):
    backend = start("--measure", "--cores", "2")
    assert backend.infer("digits", DIGITS).status == 200
    assert metrics(backend)['mark_executors{model="digits",version="1"}'] >= 1


# Refusals


def test_a_deadline_that_nobody_could_keep_is_refused_at_once(backend):
    answer = backend.infer("digits", DIGITS, x_mark_deadline_ms="0.001")
    assert answer.status == 503 and answer.headers["x-mark-bounced"] == "hopeless"
    assert int(answer.headers["retry-after"]) >= 1 and "deadline" in answer.error
    assert metrics(backend)['mark_refusals_total{model="digits",version="1",reason="hopeless"}'] >= 1
    assert backend.infer("digits", DIGITS, x_mark_deadline_ms="5000").status == 200


@pytest.mark.parametrize("text", ["", "soon", "-1", "0", "nan", "1e99"])
def test_a_deadline_that_is_none_is_named(backend, text):
    answer = backend.infer("digits", DIGITS, x_mark_deadline_ms=text)
    assert answer.status == 400 and "x-mark-deadline-ms" in answer.error


def test_a_token_is_asked_of_all_but_health_checks(start):
    backend = start("--token", "secret")
    assert backend.http("GET", "/v2/health/ready").status == 200 and backend.http("GET", "/ping").status == 200
    for headers in ({}, {"x_mark_token": "wrong"}):
        answer = backend.infer("digits", DIGITS, **headers)
        assert answer.status == 401 and "x-mark-token" in answer.error
        assert backend.http("GET", "/metrics", **headers).status == 401
    assert backend.infer("digits", DIGITS, x_mark_token="secret").status == 200


def test_a_model_without_an_objective_says_what_is_missing(engine_library, test_models):
    process = MarkProcess("serve", engine_library, "--models", test_models)
    try:
        deadline = time.time() + 30
        while "loaded" in (text := requests.get(process.url + "/v2/health/ready", timeout=10).text) and time.time() < deadline:
            time.sleep(0.01)
        answer = requests.post(process.url + "/v2/models/repeat/infer", data="{}", timeout=10)
        assert answer.status_code == 503 and "--slo-ms" in answer.json()["error"], text
    finally:
        assert process.close() == 0


def test_metrics_count_what_happened(backend):
    before = metrics(backend)
    for _ in range(10):
        assert backend.infer("digits", DIGITS).status == 200
    after = metrics(backend)
    served = 'mark_requests_total{model="digits",version="1",outcome="served"}'
    count = 'mark_queue_delay_seconds_count{model="digits",version="1"}'
    assert after[served] - before[served] == 10 and after[count] - before[count] == 10
    assert after["process_resident_memory_bytes"] < 100_000_000
    assert after['mark_model_load_seconds{model="digits",version="1"}'] > 0
    batches = sum(value for name, value in after.items() if name.startswith("mark_batches_total"))
    releases = sum(value for name, value in after.items() if name.startswith("mark_batch_releases_total"))
    assert batches == releases > 0
    quantiles = [after[f'mark_recent_latency_seconds{{model="digits",version="1",quantile="{q}"}}'] for q in ("0.5", "0.9", "0.98")]
    assert 0 < quantiles[0] <= quantiles[1] <= quantiles[2] < 60
    assert after['mark_turned_away_total{model="digits",version="1"}'] == 0


# Connections


def request(path=INFER, body=json.dumps(DIGITS).encode(), method="POST", version="1.1", headers="") -> bytes:
    head = f"{method} {path} HTTP/{version}\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


class Raw:
    """A connection without a client's good manners."""

    def __init__(self, backend: Backend) -> None:
        self.socket = socket.create_connection(("127.0.0.1", backend.port), timeout=30)
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> "Raw":
        self.socket.sendall(data)
        return self

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, value = line.decode().split(": ", 1)
            headers[name] = value
        return status, headers, self.file.read(int(headers.get("content-length", 0)))

    def is_closed(self) -> bool:
        """Waits for the end."""
        return self.file.read(1) == b""


def test_pipelined_requests_are_answered_in_order(backend):
    connection = Raw(backend)
    paths = ["/v2", INFER, "/v2/health/live", "/none", INFER]
    connection.send(b"".join(request(path, method="POST" if path == INFER else "GET", body=json.dumps(DIGITS).encode() if path == INFER else b"") for path in paths))
    assert [connection.answer()[0] for _ in paths] == [200, 200, 200, 404, 200]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_request_may_come_in_any_pieces(backend, size):
    data = request()
    connection = Raw(backend)
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start in range(0, len(data), size):
        connection.send(data[start:start + size])
    assert connection.answer()[0] == 200


def test_chunked_bodies(backend):
    body = json.dumps(DIGITS).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:10], body[10:11], body[11:])) + b"0\r\n\r\n"
    head = f"POST {INFER} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    connection = Raw(backend).send(head + chunks + request())
    assert connection.answer()[0] == 200 and connection.answer()[0] == 200


def test_the_client_may_wait_for_leave_to_send(backend):
    data = request(headers="Expect: 100-continue\r\n")
    head, body = data.split(b"\r\n\r\n", 1)
    connection = Raw(backend).send(head + b"\r\n\r\n")
    assert connection.answer()[0] == 100
    assert connection.send(body).answer()[0] == 200


def test_http_1_0_ends_after_the_answer(backend):
    connection = Raw(backend).send(request(version="1.0"))
    status, headers, _ = connection.answer()
    assert status == 200 and headers["connection"] == "close" and connection.is_closed()


def test_a_head_request_gets_no_body(backend):
    connection = Raw(backend).send(request("/v2", b"", "HEAD") + request("/v2", b"", "GET"))
    status = connection.file.readline()
    headers = [line for line in iter(connection.file.readline, b"\r\n")]
    assert b"200" in status and any(line.startswith(b"content-length: ") for line in headers)
    assert connection.answer()[0] == 200


def test_a_client_that_has_said_all_still_gets_its_answer(backend):
    connection = Raw(backend).send(request())
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.answer()[0] == 200 and connection.is_closed()


@pytest.mark.parametrize("data", [
    b"hello\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/9.9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n",
    b"POST " + INFER.encode() + b" HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST " + INFER.encode() + b" HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST " + INFER.encode() + b" HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"POST " + INFER.encode() + b" HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST " + INFER.encode() + b" HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\n" + b"X-Y: " + b"a" * 100_000 + b"\r\n\r\n",
])  # fmt: skip
def test_what_is_no_http_is_refused_and_nothing_else_suffers(backend, data):
    connection = Raw(backend)
    try:
        status, headers, body = connection.send(data).answer()
        assert status in (400, 413, 431) and json.loads(body)["error"]
        assert connection.is_closed()
    except (ConnectionError, IndexError):
        pass  # Closed without an answer, which it has not earned.
    assert backend.infer("digits", DIGITS).status == 200


def test_a_body_over_the_limit_is_refused_before_it_comes(start):
    backend = start("--body-max", "100000")
    connection = Raw(backend).send(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n" % INFER.encode())
    status, _, body = connection.answer()
    assert status == 413 and "100000" in json.loads(body)["error"]
    chunked = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % INFER.encode()
    connection = Raw(backend).send(chunked + b"186a1\r\n" + b"x" * 100_001)
    assert connection.answer()[0] == 413
    assert backend.infer("digits", DIGITS).status == 200


def test_clients_that_break_off_harm_nobody(backend):
    before = metrics(backend)["mark_http_connections"]
    data = request()
    for cut in list(range(1, len(data), 23)) + [len(data)] * 20:
        connection = Raw(backend).send(data[:cut])
        # A reset, not an orderly end.
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.file.close()
        connection.socket.close()
    assert backend.infer("digits", DIGITS).status == 200
    deadline = time.time() + 20
    while metrics(backend)["mark_http_connections"] > before and time.time() < deadline:
        time.sleep(0.01)
    assert metrics(backend)["mark_http_connections"] <= before
    assert metrics(backend)["mark_http_body_bytes"] == 0


def test_silent_clients_are_let_go(start):
    backend = start("--idle", "1")
    silent, slow = Raw(backend), Raw(backend).send(request()[:20])
    assert silent.is_closed() and slow.is_closed()
    assert metrics(backend)["mark_http_timeouts_total"] >= 2


def test_thousands_of_idle_connections_cost_little(start):
    count = 10_000 if os.environ.get("MARK_SLOW") == "1" else 1_000
    backend = start()
    before = backend.resident
    connections = [socket.create_connection(("127.0.0.1", backend.port), timeout=30) for _ in range(count)]
    for connection in connections[::10]:
        connection.sendall(request())
    for connection in connections[::10]:
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert metrics(backend)["mark_http_connections"] >= count
    # Of each connection the kernel keeps more than the server does.
    assert backend.resident - before < count * 40_000
    for connection in connections:
        connection.close()
    deadline = time.time() + 20
    while metrics(backend)["mark_http_connections"] > 5 and time.time() < deadline:
        time.sleep(0.01)
    assert backend.infer("digits", DIGITS).status == 200


def test_connections_beyond_the_limit_are_closed(start):
    backend = start("--connections", "3")
    open_ones = [Raw(backend) for _ in range(2)]
    assert all(connection.send(request()).answer()[0] == 200 for connection in open_ones)
    assert Raw(backend).is_closed()
    assert backend.infer("digits", DIGITS).status == 200


def test_tls(start, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-days", "2", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    library = os.environ.get("MARK_ONNXRUNTIME", "")
    process = MarkProcess(
        "serve", library, "--tls-certificate", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")
    )
    try:
        context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", process.port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.selected_alpn_protocol() == "http/1.1"
                secure.sendall(request("/v2/health/live", b"", "GET"))
                assert secure.recv(4096).startswith(b"HTTP/1.1 200 OK")
    finally:
        process.process.kill()
    wrong = subprocess.run(
        [mark_program(), "serve", "--port", "0", "--tls-certificate", __file__, "--tls-key", __file__],
        capture_output=True, text=True, timeout=60, cwd=os.path.dirname(__file__) + "/../..",
    )  # fmt: skip
    assert wrong.returncode != 0 and "PEM" in wrong.stderr


def test_the_access_log_has_a_line_of_json_for_each_answer(start):
    backend = start("--access-log")
    assert backend.infer("digits", DIGITS).status == 200
    deadline = time.time() + 20
    while not (lines := [line for line in backend.lines if INFER in line]) and time.time() < deadline:
        time.sleep(0.01)
    line = json.loads(lines[0])
    assert line["method"] == "POST" and line["path"] == INFER and line["status"] == 200
    assert line["bytes_in"] > 100 and line["bytes_out"] > 100 and line["ms"] >= 0


# The end


def test_a_drain_answers_what_was_admitted_and_refuses_the_rest(start, test_models):
    backend = start(models=test_models)
    body = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}]}).encode()
    answers, count, sent = [], 40, threading.Barrier(41)

    def call():
        connection = Raw(backend)
        sent.wait()
        connection.send(request("/v2/models/versions/infer", body))
        sent.wait()
        answers.append(connection.answer())

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    sent.wait()
    sent.wait()
    backend.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(30)
    assert len(answers) == count, "every request that was sent is answered"
    for status, headers, _ in answers:
        assert status == 200 or (status == 503 and headers["x-mark-bounced"] == "draining")
    assert backend.process.wait(30) == 0


def test_while_it_drains_readiness_fails(start):
    backend = start("--drain", "2")
    connection = Raw(backend)
    assert connection.send(request("/v2/health/ready", b"", "GET")).answer()[0] == 200
    backend.process.send_signal(signal.SIGTERM)
    deadline = time.time() + 20
    while not any("Draining" in line for line in backend.lines) and time.time() < deadline:
        time.sleep(0.005)
    status, headers, body = Raw(backend).send(request("/v2/health/ready", b"", "GET")).answer()
    assert status == 503 and headers["connection"] == "close" and "end" in json.loads(body)["error"]
    status, headers, _ = Raw(backend).send(request()).answer()
    assert status == 503 and headers["x-mark-bounced"] == "draining" and int(headers["retry-after"]) >= 1
    assert backend.process.wait(30) == 0


class Metadata(http.server.BaseHTTPRequestHandler):
    """EC2's instance metadata service, version 2, with the notices of a test."""

    notices: dict[str, str] = {}
    tokens = 0

    def do_PUT(self):
        assert self.path == "/latest/api/token" and self.headers["x-aws-ec2-metadata-token-ttl-seconds"]
        Metadata.tokens += 1
        self.answer(200, "token")

    def do_GET(self):
        if self.headers["x-aws-ec2-metadata-token"] != "token":
            return self.answer(401, "")
        text = self.notices.get(self.path.removeprefix("/latest/meta-data/"))
        self.answer(404 if text is None else 200, text or "")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("path, text, word", [
    ("spot/instance-action", '{"action": "terminate", "time": "2026-11-24T08:22:00Z"}', "terminate"),
    ("events/recommendations/rebalance", '{"noticeTime": "2026-11-24T08:22:00Z"}', "rebalance"),
])  # fmt: skip
def test_a_spot_notice_drains_the_backend(start, path, text, word):
    Metadata.notices = {}
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        backend = start("--spot-watch", AWS_EC2_METADATA_SERVICE_ENDPOINT=endpoint)
        assert backend.infer("digits", DIGITS).status == 200
        Metadata.notices = {path: text}
        assert backend.process.wait(30) == 0
        backend.reader.join(5)
        assert any("Draining" in line and word in line for line in backend.lines)
        server.shutdown()
    assert Metadata.tokens > 0

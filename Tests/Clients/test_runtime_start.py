"""How the process starts and what it says: init errors, logs, what it links."""

import json
import re
import shutil
import subprocess
import time

import models
import pytest
from function import Function, http_event
from onnx import TensorProto
from runtime_api import VERSION, invoke
from test_runtime_answers import KEPT_TYPE
from test_runtime_loop import DIGITS, LIVE, asked

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UNKNOWN = b'{"a\\nb":1}'


def init_error(start, api, **environment: str) -> dict:
    """The one request of a bootstrap that cannot start; it must end with a code that is not zero."""
    bootstrap = start(**environment)
    connection = api.accept()
    request = connection.request()
    connection.respond(202)
    assert (request.method, request.path) == ("POST", VERSION + "init/error")
    error = json.loads(request.body)
    assert request.headers["lambda-runtime-function-error-type"] == error["errorType"]
    assert KEPT_TYPE.fullmatch(error["errorType"])
    assert bootstrap.exit_code() == 1
    assert error["errorMessage"] in "".join(bootstrap.lines)
    return error


@pytest.mark.parametrize(
    "name, nearest", [("MARK_MODDELS", "MARK_MODELS"), ("MARK_TREADS", "MARK_THREADS"), ("MARK_PRELOADS", "MARK_PRELOAD")]
)
def test_an_unknown_setting_names_the_nearest_one(start, api, name, nearest):
    error = init_error(start, api, **{name: "1"})
    assert name in error["errorMessage"] and f"did you mean {nearest}?" in error["errorMessage"]


@pytest.mark.parametrize("name, value", [("MARK_THREADS", "0"), ("MARK_THREADS", "two"), ("MARK_ROLE", "butler")])
def test_a_malformed_setting_says_what_is_expected(start, api, name, value):
    error = init_error(start, api, **{name: value})
    assert f"{name} is '{value}'; expected" in error["errorMessage"]


def test_an_empty_setting_is_none(start, api):
    start(MARK_THREADS="", MARK_ROLE="", MARK_PRELOAD="")
    assert invoke(api.accept(), LIVE).path.endswith("/r1/response")


def test_a_broken_model_that_is_preloaded_is_an_init_error(start, api, tmp_path):
    (tmp_path / "broken" / "1").mkdir(parents=True)
    (tmp_path / "broken" / "1" / "model.onnx").write_bytes(b"this is no protobuf")
    for preload in ("broken", "all"):
        error = init_error(start, api, MARK_MODELS=str(tmp_path), MARK_PRELOAD=preload)
        assert error["errorType"] == "Runtime.ModelLoadFailed"
        assert "broken" in error["errorMessage"] and "Export the model again" in error["errorMessage"]


@pytest.mark.parametrize("type", ["provisioned-concurrency", "lambda-managed-instances"])
def test_environments_that_start_ahead_load_all_models(start, api, tmp_path, type):
    (tmp_path / "empty").mkdir()
    error = init_error(start, api, MARK_MODELS=str(tmp_path), AWS_LAMBDA_INITIALIZATION_TYPE=type)
    assert "'empty' has no version" in error["errorMessage"]


def test_an_unknown_model_to_preload_is_an_init_error(start, api):
    error = init_error(start, api, MARK_PRELOAD="digit")
    assert "did you mean 'digits'?" in error["errorMessage"]


@pytest.mark.parametrize(
    "environment, words",
    [
        ({"MARK_ONNXRUNTIME": "/nowhere/libonnxruntime.so.1"}, ["/nowhere/libonnxruntime.so.1", "setup.sh", "MARK_ONNXRUNTIME"]),
        ({"MARK_MODELS": "/nowhere/models"}, ["/nowhere/models", "MARK_MODELS"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_a_remedy(start, api, environment, words):
    message = init_error(start, api, MARK_PRELOAD="all", **environment)["errorMessage"]
    assert all(word in message for word in words), message


def test_a_library_missing_without_preloading_is_told_to_each_caller(start, api):
    """The engine loads while the first event is awaited, so it is too late for an init error."""
    function = Function(start(MARK_ONNXRUNTIME="/nowhere/libonnxruntime.so.1"), api)
    answer = function.http("GET", "/v2/health/ready")
    assert answer.status == 503 and "setup.sh" in answer.error
    assert function.infer("digits", DIGITS).status == 503
    assert function.http("GET", "/v2/health/live").status == 200


def test_a_broken_model_leaves_the_others_alone(start, api, tmp_path):
    models.write_identity(tmp_path / "good", TensorProto.FLOAT, ["n"])
    models.write_identity(tmp_path / "broken", TensorProto.FLOAT, ["n"], config={"preload": True})
    (tmp_path / "broken" / "1" / "model.onnx").write_bytes(b"broken")
    (tmp_path / "misconfigured" / "1").mkdir(parents=True)
    (tmp_path / "misconfigured" / "config.json").write_text('{"lables":{}}')
    function = Function(start(MARK_MODELS=str(tmp_path)), api)
    assert function.http("GET", "/v2/models/good/ready").status == 200
    broken = function.http("GET", "/v2/models/broken/ready")
    assert broken.status == 503 and "broken" in broken.error
    misconfigured = function.http("GET", "/v2/models/misconfigured/ready")
    assert misconfigured.status == 503 and "did you mean 'labels'?" in misconfigured.error
    states = {model["name"]: model["state"] for model in function.http("POST", "/v2/repository/index").json}
    assert states == {"good": "READY", "broken": "UNAVAILABLE", "misconfigured": "UNAVAILABLE"}
    assert function.http("GET", "/v2/health/ready").status == 503


def test_init_errors_end_the_process_where_nobody_takes_them(start, api):
    api.close()
    bootstrap = start(MARK_ROLES="x")
    assert bootstrap.exit_code() == 1
    assert "did you mean MARK_ROLE?" in "".join(bootstrap.lines)


def test_started_by_hand_it_says_how_to_start_it(bootstrap_path):
    ran = subprocess.run([bootstrap_path], env={}, capture_output=True, text=True, timeout=30)
    assert ran.returncode not in (0, None) and "mark up" in ran.stderr


@pytest.mark.parametrize("bad", ["localhost:", ":9001", "127.0.0.1:99999", "127.0.0.1:abc"])
def test_an_address_that_is_none_is_refused(bootstrap_path, bad):
    ran = subprocess.run([bootstrap_path], env={"AWS_LAMBDA_RUNTIME_API": bad}, capture_output=True, text=True, timeout=30)
    assert ran.returncode > 0 and "expected host:port" in ran.stderr


# Logs


def logged(start, api, event: bytes, **environment: str) -> list[str]:
    bootstrap = start(**environment)
    connection = api.accept()
    invoke(connection, event, "id-7", Lambda_Runtime_Aws_Tenant_Id="t1")
    asked(connection)
    bootstrap.close()
    return bootstrap.lines


@pytest.mark.parametrize("format", ["JSON", "json", "Json"])
def test_json_logs_are_one_object_a_line(start, api, format):
    lines = logged(start, api, UNKNOWN, AWS_LAMBDA_LOG_FORMAT=format)
    assert len(lines) == 1
    entry = json.loads(lines[0])
    assert list(entry)[:4] == ["timestamp", "level", "message", "requestId"]
    assert TIMESTAMP.fullmatch(entry["timestamp"])
    assert (entry["level"], entry["requestId"], entry["tenantId"]) == ("ERROR", "id-7", "t1")
    assert "a\nb" in entry["message"]


@pytest.mark.parametrize("format", [None, "Text", "text", ""])
def test_text_logs_are_one_line_an_event(start, api, format):
    lines = logged(start, api, UNKNOWN, **({} if format is None else {"AWS_LAMBDA_LOG_FORMAT": format}))
    assert len(lines) == 1
    stamp, level, rest = lines[0].split(" ", 2)
    assert TIMESTAMP.fullmatch(stamp) and level == "ERROR" and rest.startswith("RequestId: id-7 Function.InvalidEvent")
    assert "a b" in rest


def test_the_clock_of_the_logs_is_right(start, api):
    entry = json.loads(logged(start, api, UNKNOWN, AWS_LAMBDA_LOG_FORMAT="JSON")[0])
    assert abs(time.time() - time.mktime(time.strptime(entry["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")) + time.timezone) < 30


@pytest.mark.parametrize(
    "level, kept",
    [("TRACE", 2), ("debug", 2), ("INFO", 2), ("WARN", 1), ("ERROR", 1), ("FATAL", 0), ("NONSENSE", 2), ("", 2)],
)
def test_levels_are_filtered_by_the_runtime(start, api, level, kept):
    """A message served is an info, one that fails an error."""
    records = [{"messageId": "good", "body": json.dumps(DIGITS)}, {"messageId": "bad", "body": "no"}]
    event = json.dumps({"Records": records}).encode()
    lines = logged(start, api, event, AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL=level)
    assert len(lines) == kept


def test_a_served_request_logs_nothing(start, api):
    assert logged(start, api, json.dumps(DIGITS).encode(), AWS_LAMBDA_LOG_LEVEL="INFO") == []


def test_a_log_line_stays_far_below_what_lambda_splits(start, api):
    lines = logged(start, api, json.dumps({"\n" * 300_000: 1}).encode(), AWS_LAMBDA_LOG_FORMAT="JSON")
    assert len(lines) == 1 and len(lines[0].encode()) < 256_000


# What it is made of

UNWANTED = re.compile(r"curl|Foundation|icu|nio|ssl|crypto", re.IGNORECASE)


def test_nothing_heavy_is_loaded(start, api):
    bootstrap = start()
    connection = api.accept()
    assert json.loads(invoke(connection, json.dumps(DIGITS).encode()).body)["model_name"] == "digits"
    with open(f"/proc/{bootstrap.process.pid}/maps") as maps:
        files = {line.split(maxsplit=5)[5].strip() for line in maps if line.count("/") > 0}
    files = {file.rsplit("/", 1)[-1] for file in files if file.startswith("/")}
    assert any(file.startswith("libonnxruntime") for file in files)
    # A debug build loads Swift's own libraries, and nothing else either.
    assert not [file for file in files if UNWANTED.search(file)]


def test_nothing_heavy_is_linked(bootstrap_path):
    tool = shutil.which("objdump")
    assert tool, "objdump is missing: install binutils"
    headers = subprocess.run([tool, "-p", bootstrap_path], capture_output=True, text=True, check=True).stdout
    needed = re.findall(r"NEEDED\s+(\S+)", headers)
    assert "libc.so.6" in needed
    assert not [library for library in needed if UNWANTED.search(library) or "onnx" in library]
    symbols = subprocess.run([tool, "-T", bootstrap_path], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"\b(curl_|_?\$s10Foundation|_?\$s7NIOCore|u_charType)", symbols)

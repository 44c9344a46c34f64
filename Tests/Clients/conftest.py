"""What all tests of the real bootstrap share: where it is, its engine, its models, and processes that end with the test."""

import os
import platform
from pathlib import Path

import models
import pytest
from backend import Backend
from function import Function
from runtime_api import ROOT, Bootstrap, RuntimeAPI

PEAK_MAX = 200_000_000


@pytest.fixture(scope="session")
def bootstrap_path() -> Path:
    """MARK_BOOTSTRAP, or else the newest of the debug and the release build."""
    if named := os.environ.get("MARK_BOOTSTRAP"):
        path = Path(named).resolve()
        assert path.is_file(), f"MARK_BOOTSTRAP names {path}, which is no file"
        return path
    built = [ROOT / ".build" / kind / "bootstrap" for kind in ("debug", "release")]
    built = [path for path in built if path.is_file()]
    assert built, "no bootstrap: run `swift build --product bootstrap`, or set MARK_BOOTSTRAP to one"
    return max(built, key=lambda path: path.stat().st_mtime).resolve()


@pytest.fixture(scope="session")
def engine_library() -> str:
    """MARK_ONNXRUNTIME, or else where the setup script puts the library."""
    if named := os.environ.get("MARK_ONNXRUNTIME"):
        return named
    found = sorted(ROOT.glob(f".dependencies/onnxruntime/*/{platform.machine()}/lib/libonnxruntime.so.1"))
    assert found, "no ONNX Runtime: run build-scripts/setup.sh, or set MARK_ONNXRUNTIME to a libonnxruntime.so.1"
    return str(found[-1])


@pytest.fixture(scope="session")
def starter_models(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A repository of the template's starter alone: who names no model means it."""
    folder = tmp_path_factory.mktemp("starter")
    (folder / "digits").symlink_to(ROOT / "template/models/digits")
    return str(folder)


@pytest.fixture(scope="session")
def test_models(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A repository of tiny models, one for each thing that a real one may do."""
    folder = tmp_path_factory.mktemp("models")
    models.write_all(folder)
    return str(folder)


@pytest.fixture
def api():
    api = RuntimeAPI()
    yield api
    api.close()


@pytest.fixture
def start(api, bootstrap_path, engine_library, starter_models):
    """Starts the bootstrap against the scripted Runtime API; ends it with the test."""
    started: list[Bootstrap] = []

    def start(path: Path = bootstrap_path, **environment: str) -> Bootstrap:
        variables = {"MARK_ONNXRUNTIME": engine_library, "MARK_MODELS": starter_models} | environment
        started.append(Bootstrap(path, api, **{k: v for k, v in variables.items() if v is not None}))
        return started[-1]

    yield start
    for process in started:
        process.close()


# What these tests say holds for a function behind API Gateway and for a backend alike.
PROTOCOL = {"test_hostile_bodies", "test_malformed_requests", "test_mutations", "test_open_inference", "test_pictures", "test_tensors"}


def pytest_configure(config):
    config.addinivalue_line("markers", "events: about Lambda's events, so there is nothing to ask a backend")


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__ in PROTOCOL and not metafunc.definition.get_closest_marker("events"):
        for name in {"function", "gallery", "lab"} & set(metafunc.fixturenames):
            metafunc.parametrize(name, ["lambda", "backend"], indirect=True, scope="module")


def _serving(request, path: Path, library: str, models: str):
    if getattr(request, "param", "lambda") == "backend":
        backend = Backend(library, models)
        yield backend
        backend.close()
        return
    api = RuntimeAPI()
    bootstrap = Bootstrap(path, api, MARK_ONNXRUNTIME=library, MARK_MODELS=models)
    yield Function(bootstrap, api)
    bootstrap.close()
    api.close()


@pytest.fixture(scope="module")
def function(request, bootstrap_path, engine_library, starter_models):
    """The starter model, served by one process for the whole file: what one test does to it, the next one must survive."""
    yield from _serving(request, bootstrap_path, engine_library, starter_models)


@pytest.fixture(scope="module")
def lab(request, bootstrap_path, engine_library, test_models):
    """The tiny models, served by one process for the whole file."""
    yield from _serving(request, bootstrap_path, engine_library, test_models)


@pytest.fixture(scope="session")
def picture_models(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A repository of models that take pictures, most of which answer with what they were given."""
    folder = tmp_path_factory.mktemp("pictures")
    models.write_picture_models(folder)
    return str(folder)


@pytest.fixture(scope="module")
def gallery(request, bootstrap_path, engine_library, picture_models):
    """The models that take pictures, served by one process for the whole file."""
    yield from _serving(request, bootstrap_path, engine_library, picture_models)


@pytest.fixture
def bounded_memory(request):
    """The peak of a test stays near what was resident before it, however large its request claims to be."""
    functions = [request.getfixturevalue(name) for name in ("function", "lab", "gallery") if name in request.fixturenames]
    before = []
    for function in functions:
        function.forget_peak()
        before.append(function.peak)
    yield
    for function, start in zip(functions, before):
        assert function.peak - start < PEAK_MAX, f"{function.peak - start} bytes more than before"

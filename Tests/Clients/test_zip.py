"""The deploy zip: what is in it, that it is always the same, and that it runs where nothing is installed."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
from runtime_api import ROOT, Bootstrap, RuntimeAPI, invoke

PACKAGE = ROOT / "build-scripts" / "package.sh"
BUNDLE = ROOT / "build-scripts" / "bundle.py"
EVENT = (ROOT / "template" / "events" / "http-api-infer.json").read_bytes()


def package(target: Path) -> Path:
    subprocess.run([PACKAGE, "--output", target], check=True, capture_output=True, timeout=1800)
    return target


@pytest.fixture(scope="module")
def zip_file(tmp_path_factory) -> Path:
    return package(tmp_path_factory.mktemp("zip") / "function.zip")


@pytest.fixture(scope="module")
def unpacked(zip_file, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked") / "task"
    # unzip, unlike Python's zipfile, restores permissions, as Lambda does.
    subprocess.run(["unzip", "-q", zip_file, "-d", folder], check=True)
    return folder


def bundle(folder: Path, target: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, BUNDLE, folder, target, *options], capture_output=True, text=True)


def test_the_zip_holds_program_libraries_models_and_licences(zip_file):
    names = set(zipfile.ZipFile(zip_file).namelist())
    expected = {
        "bootstrap",
        "bin/mark",
        "lib/libonnxruntime.so.1",
        "lib/libstdc++.so.6",
        "lib/libgcc_s.so.1",
        "lib/libturbojpeg.so.0",
        "lib/libspng.so.0",
        "lib/libz.so.1",
        "models/digits/1/model.onnx",
        "models/digits/config.json",
    }
    licences = {"MARK-LICENSE.txt", "ONNXRUNTIME-LICENSES.txt", "GCC-LICENSES.txt", "SWIFT-LICENSE.txt", "ZLIB-LICENSE.txt"}
    licences |= {"SWIFT-PACKAGES-LICENSES.txt", "LIBJPEG-TURBO-LICENSES.txt", "LIBSPNG-LICENSE.txt"}
    assert expected | {f"licences/{name}" for name in licences} <= names


def test_only_programs_and_libraries_are_executable(zip_file):
    for entry in zipfile.ZipFile(zip_file).infolist():
        mode = entry.external_attr >> 16
        is_code = entry.filename == "bootstrap" or entry.filename.startswith(("bin/", "lib/"))
        assert mode == (0o100755 if is_code else 0o100644), entry.filename


def test_the_same_input_gives_the_same_bytes(zip_file, tmp_path):
    again = package(tmp_path / "again.zip")
    assert again.read_bytes() == zip_file.read_bytes()


def test_the_program_is_stripped_and_needs_no_swift_foundation_or_curl(unpacked):
    needed = subprocess.run(["readelf", "-d", unpacked / "bootstrap"], check=True, capture_output=True, text=True).stdout
    for library in ("swift", "Foundation", "curl", "icu", "libz", "jpeg", "spng"):
        assert library not in needed
    sections = subprocess.run(["readelf", "-SW", unpacked / "bootstrap"], check=True, capture_output=True, text=True).stdout
    assert ".symtab" not in sections and ".debug_info" not in sections


def test_the_backends_program_is_stripped_and_needs_no_swift_foundation_or_curl(unpacked):
    needed = subprocess.run(["readelf", "-d", unpacked / "bin" / "mark"], check=True, capture_output=True, text=True).stdout
    for library in ("swift", "Foundation", "curl", "icu", "libz", "ssl", "crypto", "turbojpeg", "spng"):
        assert f"[lib{library}" not in needed
    assert "$ORIGIN/../lib" in needed
    sections = subprocess.run(["readelf", "-SW", unpacked / "bin" / "mark"], check=True, capture_output=True, text=True).stdout
    assert ".symtab" not in sections and ".debug_info" not in sections


def test_a_library_that_needs_a_newer_glibc_is_refused_by_name(tmp_path):
    source = tmp_path / "newer.c"
    # Debian 12's glibc has arc4random since 2.36.
    source.write_text("#include <stdlib.h>\nunsigned f(void) { return arc4random(); }\n")
    folder = tmp_path / "bundle"
    folder.mkdir()
    compiled = subprocess.run(["cc", "-shared", "-fPIC", source, "-o", folder / "newer.so"], capture_output=True)
    if compiled.returncode != 0:
        pytest.skip("this machine's glibc is older than 2.36, so nothing here is too new")
    result = bundle(folder, tmp_path / "x.zip")
    assert result.returncode != 0
    assert "newer.so needs GLIBC_2.36" in result.stderr and "arc4random" in result.stderr
    assert not (tmp_path / "x.zip").exists()


def test_a_bundle_that_is_too_large_is_refused(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(bytes(1001))
    result = bundle(folder, tmp_path / "x.zip", "--size-max", "1000")
    assert result.returncode != 0
    assert "1,001 bytes unzipped, Lambda takes 1,000" in result.stderr


def test_it_answers_from_another_folder_with_nothing_but_lambdas_variables(unpacked):
    api = RuntimeAPI()
    bootstrap = Bootstrap(unpacked / "bootstrap", api)
    try:
        connection = api.accept()
        answer = invoke(connection, EVENT)
        print(f"\nexec to first answer: {(answer.at - bootstrap.started) * 1000:.1f} ms")
        body = json.loads(json.loads(answer.body)["body"])
        assert len(body["outputs"][0]["data"]) == 10
        maps = Path(f"/proc/{bootstrap.process.pid}/maps").read_text()
        for library in ("libonnxruntime.so.1", "libstdc++.so.6", "libgcc_s.so.1"):
            assert f"{unpacked}/lib/{library}" in maps, f"{library} does not come from the zip"
        for library in ("libturbojpeg.so.0", "libspng.so.0", "libz.so.1"):
            assert library not in maps, f"{library} is loaded though no picture came"
        sample = (unpacked / "models" / "digits" / "samples" / "2-1.png").read_bytes()
        event = json.loads(EVENT) | {"body": base64.b64encode(sample).decode(), "isBase64Encoded": True}
        event["headers"] = {"content-type": "image/png"}
        answer = json.loads(invoke(connection, json.dumps(event).encode(), "r2").body)
        assert json.loads(answer["body"])["classes"][0]["label"] == "2"
        maps = Path(f"/proc/{bootstrap.process.pid}/maps").read_text()
        for library in ("libspng.so.0", "libz.so.1"):
            assert f"{unpacked}/lib/{library}" in maps, f"{library} does not come from the zip"
    finally:
        bootstrap.close()
        api.close()


def test_a_backend_serves_from_the_zip_with_an_empty_environment(unpacked):
    """As the launch template's service runs it, where nothing is installed and no variable names a library."""
    backend = subprocess.Popen(
        [unpacked / "bin" / "mark", "serve", "--models", unpacked / "models", "--host", "127.0.0.1", "--port", "0"],
        env={}, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    try:
        line = next(line for line in backend.stdout if "Listening on " in line)
        url = line.split()[2]
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{url}/v2/health/ready", timeout=5)
                break
            except OSError:
                time.sleep(0.02)
        request = (unpacked / "models" / "digits" / "samples" / "request.json").read_bytes()
        answer = urllib.request.urlopen(f"{url}/v2/models/digits/infer", request, timeout=10)
        assert len(json.loads(answer.read())["outputs"][0]["data"]) == 10
        maps = Path(f"/proc/{backend.pid}/maps").read_text()
        for library in ("libonnxruntime.so.1", "libstdc++.so.6", "libgcc_s.so.1"):
            assert f"{unpacked}/lib/{library}" in maps, f"{library} does not come from the zip"
    finally:
        backend.kill()
        backend.wait(30)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("debootstrap"), reason="needs root and debootstrap")
def test_it_answers_in_a_bare_system_that_has_only_a_libc(unpacked, tmp_path):
    """A root with nothing but a minimal system: no Swift, no libstdc++, no zlib of this machine's."""
    root = tmp_path / "root"
    subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=libc6", _release(), root], check=True, capture_output=True, timeout=900
    )
    shutil.copytree(unpacked, root / "var" / "task")
    (root / "proc").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    api = RuntimeAPI()
    process = subprocess.Popen(
        [shutil.which("chroot"), root, "/var/task/bootstrap"],
        env={"AWS_LAMBDA_RUNTIME_API": api.address, "LAMBDA_TASK_ROOT": "/var/task"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        answer = invoke(api.accept(), EVENT)
        assert json.loads(answer.body)["statusCode"] == 200
        # The backends' program as well.
        subprocess.run([shutil.which("chroot"), root, "/var/task/bin/mark", "serve", "--help"], check=True, capture_output=True)
    finally:
        process.kill()
        process.wait(30)
        time.sleep(0.1)
        subprocess.run(["umount", "-l", root / "proc"], check=True)
        api.close()


def _release() -> str:
    """The machine's own release: its glibc is the oldest that a program built here was linked against."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return release["VERSION_CODENAME"].strip('"')

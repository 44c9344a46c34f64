"""`mark serve` as a service that is asked one thing after the other over one connection."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading

from function import Answer, Memory
from runtime_api import ROOT


def mark_program() -> str:
    """MARK_PROGRAM, or else the newest of the debug and the release build."""
    if named := os.environ.get("MARK_PROGRAM"):
        return named
    built = [ROOT / ".build" / kind / "mark" for kind in ("debug", "release")]
    built = [path for path in built if path.is_file()]
    assert built, "no mark: run `swift build --product mark`, or set MARK_PROGRAM to it"
    return str(max(built, key=lambda path: path.stat().st_mtime))


class MarkProcess:
    """A command of mark's that listens; its URL is read from what it says."""

    def __init__(self, command: str, library: str, *options: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [mark_program(), command, "--port", "0", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
            env=os.environ | {"MARK_ONNXRUNTIME": library} | environment,
        )
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(r"(?:Listening on|Open) (http\S+[^/\s])", line):
                self.url = found[1]
                break
        assert hasattr(self, "url"), f"mark {command} did not start: {self.lines}"
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def close(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.reader.join(5)


class Backend(Memory, MarkProcess):
    """`mark serve`, ready, with the same interface as a function."""

    def __init__(self, library: str, models: str, *options: str, **environment: str) -> None:
        MarkProcess.__init__(self, "serve", library, "--models", models, "--slo-ms", "10000", *options, **environment)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while self.http("GET", "/v2/health/live").status != 200 or self._is_loading:
            pass

    @property
    def _is_loading(self) -> bool:
        answer = self.http("GET", "/v2/health/ready")
        return answer.status == 503 and "being loaded" in answer.error

    def http(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        fields = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            fields.setdefault("content-type", "application/json")
        self.connection.request(method, path, body, fields)
        response = self.connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    def infer(self, model: str, request: dict | bytes | str, **headers: str) -> Answer:
        body = json.dumps(request) if isinstance(request, dict) else request
        return self.http("POST", f"/v2/models/{model}/infer", body, **headers)

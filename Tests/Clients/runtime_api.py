"""A Lambda Runtime API on loopback that a test scripts, and the bootstrap that runs against it."""

import os
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = "/2018-06-01/runtime/"


@dataclass
class Request:
    """One request of the runtime's, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Connection:
    """A connection whose bytes the test reads and writes itself."""

    socket: socket.socket
    buffer: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)

    def line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _more(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("closed by the runtime")
        self.buffer += data

    def _headers(self) -> dict[str, str]:
        headers = {}
        while line := self.line():
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return headers

    def request(self) -> Request:
        method, path, _ = self.line().decode().split(" ")
        headers = self._headers()
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.line(), 16):
                body += self.exactly(size)
                assert self.line() == b""
            self.trailers = self._headers()
        else:
            body = self.exactly(int(headers.get("content-length", 0)))
        return Request(method, path, headers, body, time.perf_counter())

    def respond(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, chunked=False) -> None:
        head = [f"HTTP/1.1 {status} Whatever"] + [f"{k}: {v}" for k, v in (headers or {}).items()]
        if chunked:
            chunks = [body[i : i + 7000] for i in range(0, len(body), 7000)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n\r\n"
            head.append("Transfer-Encoding: chunked")
        else:
            head.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def event(self, body: bytes, request_id="r1", chunked=False, **headers: str) -> None:
        """Hands out an event in answer to the request for the next one."""
        fields = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
        }
        fields |= {k.replace("_", "-"): v for k, v in headers.items()}
        self.respond(200, body, fields, chunked)


class RuntimeAPI:
    """Listens; each connection of the runtime's is handed to the test."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(30)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def accept(self) -> Connection:
        connected, _ = self.listener.accept()
        connected.settimeout(30)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(connected)

    def close(self) -> None:
        self.listener.close()


class Bootstrap:
    """The real bootstrap as a process with nothing but Lambda's environment."""

    def __init__(self, path: Path, api: RuntimeAPI, **environment: str) -> None:
        variables = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/24/[$LATEST]0123456789abcdef",
            "LAMBDA_TASK_ROOT": str(path.parent),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
        }
        variables |= environment
        self.lines: list[str] = []
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [str(path)], env=variables, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def exit_code(self) -> int:
        code = self.process.wait(30)
        self.reader.join(5)
        return code

    def close(self) -> None:
        self.process.kill()
        self.exit_code()


def invoke(connection: Connection, event: bytes, request_id="r1", **headers: str) -> Request:
    """One whole invocation: gives the event, takes the answer, acknowledges it."""
    request = connection.request()
    assert request.path == VERSION + "invocation/next"
    connection.event(event, request_id, **headers)
    answer = connection.request()
    connection.respond(202, b'{"status":"OK"}')
    return answer

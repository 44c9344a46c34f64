"""The bootstrap as a function that is called: events in, answers out, in API Gateway's shape where a test speaks HTTP."""

import base64
import json
import zlib
from dataclasses import dataclass

from runtime_api import VERSION, Bootstrap, Request, RuntimeAPI, invoke


@dataclass
class Answer:
    """What a client behind API Gateway would see."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The text of an error answer, whose form is checked."""
        assert self.headers["content-type"] == "application/json"
        answer = self.json
        assert list(answer) == ["error"], f"an error is an object with \"error\" alone, not {answer}"
        return answer["error"]

    def inflated(self) -> "Answer":
        """The answer with its content coding undone."""
        coding = self.headers.get("content-encoding")
        bits = {"gzip": 31, "deflate": 15}
        return Answer(self.status, self.headers, zlib.decompress(self.body, bits[coding]) if coding else self.body)

    @property
    def tensors(self) -> tuple[dict, list[bytes]]:
        """The JSON and the binary tensors of an answer with such."""
        length = int(self.headers["inference-header-content-length"])
        header, rest, tensors = json.loads(self.body[:length]), self.body[length:], []
        for output in header["outputs"]:
            size = output.get("parameters", {}).get("binary_data_size", 0)
            tensors.append(rest[:size])
            rest = rest[size:]
        assert rest == b"", f"{len(rest)} bytes that no output claims"
        return header, tensors


def http_event(method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None) -> dict:
    """A request as API Gateway's payload format 2.0 brings it: text as it is, bytes in base64, nothing for no body."""
    path, _, query = path.partition("?")
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"content-type": "application/json", "host": "example.execute-api.eu-west-1.amazonaws.com"}
        | {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "accountId": "123456789012",
            "domainName": "example.execute-api.eu-west-1.amazonaws.com",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "id",
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def read_http_answer(answer: dict) -> Answer:
    body = base64.b64decode(answer["body"], validate=True) if answer["isBase64Encoded"] else answer["body"].encode()
    return Answer(answer["statusCode"], answer["headers"], body)


class Memory:
    """A process's memory, from the kernel's own books."""

    def _memory(self, field: str) -> int:
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field)) * 1024

    @property
    def resident(self) -> int:
        return self._memory("VmRSS")

    @property
    def peak(self) -> int:
        return self._memory("VmHWM")

    def forget_peak(self) -> None:
        """Lets the peak begin anew from what is resident now."""
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as refs:
            refs.write("5")


class Function(Memory):
    """A bootstrap that is asked one thing after the other."""

    def __init__(self, bootstrap: Bootstrap, api: RuntimeAPI) -> None:
        self.bootstrap = bootstrap
        self.process = bootstrap.process
        self.connection = api.accept()
        self.count = 0

    def invoke(self, event: dict | bytes, **headers: str) -> Request:
        """The runtime's answer, a success or an error, to an event."""
        self.count += 1
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return invoke(self.connection, body, f"id-{self.count}", **headers)

    def result(self, event: dict | bytes):
        """The result of an invocation that succeeds."""
        answer = self.invoke(event)
        assert answer.path == f"{VERSION}invocation/id-{self.count}/response", answer.body
        return json.loads(answer.body)

    def error(self, event: dict | bytes) -> dict:
        """The error of an invocation that fails."""
        answer = self.invoke(event)
        assert answer.path == f"{VERSION}invocation/id-{self.count}/error", answer.body
        return json.loads(answer.body)

    def http(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return read_http_answer(self.result(http_event(method, path, body, fields)))

    def infer(self, model: str, request: dict | bytes | str, **headers: str) -> Answer:
        body = json.dumps(request) if isinstance(request, dict) else request
        return self.http("POST", f"/v2/models/{model}/infer", body, **headers)


def refused(function: Function, answer: Answer, *words: str) -> None:
    """Checks a refusal, and that nothing is left of it."""
    assert 400 <= answer.status < 500, answer.body[:500]
    assert all(word in answer.error for word in words), answer.error
    assert len(answer.body) < 20_000
    assert function.http("GET", "/v2/health/live").status == 200

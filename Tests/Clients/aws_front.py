"""What stands between the AWS client and moto: checks every signature as AWS would, with botocore's code, and spoils answers on request."""

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import unquote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\S+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
)
INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
# What happens to the first attempt of a call, in turn. Words before "then" happen before moto sees it.
STORM = ["throttled", "effect then 500", "reset", "effect then cut", "503", "effect then reset", "none", "slow"]
# A call that must not run twice meets only what surely came before any effect.
GENTLE = ["throttled", "none", "slow", "none"]


class Front(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, moto_port: int, key: str, secret: str, skew: float = 0, storm: bool = False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto_port, self.key, self.secret, self.skew, self.storm = moto_port, key, secret, skew, storm
        self.turn = count()
        self.readers: set[int] = set()
        self.refused: list[str] = []
        self.spoilt: list[str] = []
        self.invocations: list[str] = []
        # By name: functions that answer here, not in moto, as (status, headers, body) to the payload.
        self.functions: dict[str, Callable[[bytes], tuple[int, list[tuple[str, str]], bytes]]] = {}
        # DynamoDB is away: what comes for it meets a closed connection.
        self.table_is_away = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def now(self) -> float:
        return time.time() + self.skew

    def handle_error(self, request, address):
        pass  # Clients hang up here on purpose.


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def log_message(self, *_):
        pass

    def serve(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if problem := self.signature_problem():
            self.server.refused.append(problem)
            return self.refuse(problem)
        if "/functions/hang/" in self.path:
            # Nothing comes: this returns when the client has hung up.
            self.connection.settimeout(60)
            self.rfile.read(1)
            self.close_connection = True
            return None
        if self.server.table_is_away and "DynamoDB" in self.headers.get("X-Amz-Target", ""):
            return self.reset()
        if (match := INVOCATION.match(self.path)) and (function := self.server.functions.get(unquote(match[1]))):
            return self.answer(*function(self.body))
        if b"one of many" in self.body:
            self.server.readers.add(self.client_address[1])
        fault = self.fault()
        self.server.spoilt.append(fault)
        if fault == "throttled":
            return self.error(400, "ThrottlingException", "slow down")
        if fault == "503":
            return self.error(503, "", "busy", body=b"<html>busy</html>")
        if fault == "reset":
            return self.reset()
        if fault == "slow":
            time.sleep(0.3)
        if self.path.endswith("/invocations") or "/invocations?" in self.path:
            self.server.invocations.append(self.body.decode())
        status, headers, body = self.ask_moto()
        if fault == "effect then 500":
            return self.error(500, "InternalError", "lost")
        if fault == "effect then reset":
            return self.reset()
        if fault == "effect then cut":
            self.answer(status, headers, body[: len(body) // 2], length=len(body) + 1)
            return self.reset()
        return self.answer(status, headers, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def fault(self) -> str:
        if not self.server.storm or "attempt=1;" not in self.headers.get("amz-sdk-request", ""):
            return "none"
        # Hundreds of failures at once would, rightly, use up what the client may spend on retries.
        kinds = GENTLE if "/invocations" in self.path or b"one of many" in self.body else STORM
        return kinds[next(self.server.turn) % len(kinds)]

    # Signatures

    def signature_problem(self) -> str | None:
        """Why AWS would refuse the request; None when it would not."""
        match = AUTHORIZATION.fullmatch(self.headers.get("Authorization", ""))
        if not match:
            return "no signature"
        key, day, region, service, names, signature = match.groups()
        names = names.split(";")
        present = {name.lower() for name in self.headers}
        must = {"host", "x-amz-date"} | {n for n in present if n.startswith("x-amz-")} | ({"content-type"} & present)
        if names != sorted(set(names)) or not must <= set(names) <= present:
            return f"signs {names}, must sign {sorted(must)}"
        if self.body and "content-type" not in present:
            return "a body without a type"
        for name in present - {"x-amz-date"}:
            if len(self.headers.get_all(name)) > 1:
                return f"{name} twice"
        date = self.headers["X-Amz-Date"]
        sent = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
        if abs(sent - self.server.now()) > 300 or not date.startswith(day):
            return "expired"
        request = AWSRequest(self.command, f"http://{self.headers['Host']}{self.path}", data=self.body)
        for name in names:
            request.headers[name] = self.headers[name]
        request.context["timestamp"] = date
        signer = SigV4Auth(Credentials(self.server.key, self.server.secret), service, region)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        good = key == self.server.key and signer.signature(text, request) == signature
        return None if good else "wrong signature"

    def refuse(self, problem: str):
        code, message = "SignatureDoesNotMatch", f"The request signature does not match: {problem}"
        if problem == "expired":
            message = "Signature expired: not yet current or too old"
        return self.error(403, code, message)

    # Answers

    def ask_moto(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.moto_port, timeout=60)
        skip = {"host", "connection", "expect"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skip}
        headers["Host"] = self.headers["Host"]
        connection.request(self.command, self.path, self.body, headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        left_out = {"content-length", "connection", "date", "server", "transfer-encoding"}
        return response.status, [(n, v) for n, v in response.getheaders() if n.lower() not in left_out], body

    def error(self, status: int, code: str, message: str, body: bytes | None = None):
        if body is None and urlsplit(self.path).path == "/" and "X-Amz-Target" not in self.headers:
            text = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
            body = text.encode()
        elif body is None:
            body = json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()
        return self.answer(status, [("Content-Type", "text/plain")], body)

    def answer(self, status: int, headers, body: bytes, length: int | None = None):
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.server.now(), usegmt=True))
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def reset(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

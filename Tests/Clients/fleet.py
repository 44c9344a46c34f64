"""Backends that a test scripts, as they stand in the stack's table: good ones and all kinds of bad ones, each with a key of its own."""

import base64
import hashlib
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

TOKEN = "the-token"
# What a backend may do to a request; "dead" and "stranger" are about its socket and its key.
GOOD = "good"
BAD = [
    "bounce", "hang", "reset", "late", "garbage", "short", "cut", "empty", "page", "half", "latin", "huge", "401", "429", "500", "302",
    "dead", "stranger",
]  # fmt: skip


def make_key(folder: Path, name: str) -> tuple[Path, str]:
    """A key and a certificate for it in one file, and the key's pin as libcurl takes it."""
    file = folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-keyout", file, "-out", f"{file}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_bytes(file.read_bytes() + Path(f"{file}.crt").read_bytes())
    key = subprocess.run(["openssl", "pkey", "-in", file, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    return file, "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()


class FakeBackend:
    """An HTTP/1.1 server over TLS whose `mode` says what it does to the next request."""

    def __init__(self, folder: Path, name: str, mode: str = GOOD) -> None:
        self.name, self.mode, self.token = name, mode, TOKEN
        self.queue_delay_ms, self.think = 0.0, 0.0
        # Of another server that this one stands for in the registry, without TLS.
        self.plain_port: int | None = None
        self.registered = int(time.time() * 1000)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.complaints: list[str] = []
        file, self.pin = make_key(folder, name)
        _, self.other_pin = make_key(folder, f"{name}-stranger")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as unused:
            self.dead_port = unused.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def item(self) -> dict:
        """The registry's item in the form of `RegisteredBackend`, at its last heartbeat: now."""
        now = int(time.time() * 1000)
        texts = {
            "pk": "fleet", "sk": self.name, "address": "127.0.0.1", "type": "c7g.large", "market": "spot", "zone": "eu-central-1a",
            "build": "0.1.0", "state": "serving", "pin": self.other_pin if self.mode == "stranger" else self.pin,
        }  # fmt: skip
        numbers = {
            "port": self.dead_port if self.mode == "dead" else self.port, "registered_ms": self.registered, "capacity_rps": 200.5,
            "heartbeat_ms": now, "ttl": now // 1000 + 3600, "in_flight": 0, "queue_delay_ms": self.queue_delay_ms, "p98_ms": 12.5,
            "served": 1, "late": 0, "refused": 0,
        }  # fmt: skip
        if self.plain_port:
            del texts["pin"]
            numbers["port"] = self.plain_port
        return {k: {"S": v} for k, v in texts.items()} | {k: {"N": str(v)} for k, v in numbers.items()}

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connected], daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.settimeout(60)
            with self.context.wrap_socket(connected, server_side=True) as stream:
                while self._answer(stream):
                    pass
        except OSError:
            pass  # Routers hang up on purpose.

    def _answer(self, stream: ssl.SSLSocket) -> bool:
        """Reads a request and does to it what the mode says; whether the connection goes on."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = stream.recv(1 << 16)
            if not more:
                return False
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        line, *fields = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
        parts, missing = [body], int(headers.get("content-length", 0)) - len(body)
        while missing > 0:
            parts.append(stream.recv(1 << 20))
            missing -= len(parts[-1])
        body = b"".join(parts)
        self.requests.append((line, headers))
        if not 1 <= int(headers.get("x-mark-deadline-ms", 0)) <= 30_000:
            self.complaints.append(f"a deadline of {headers.get('x-mark-deadline-ms')}")
        if headers.get("x-mark-token") != self.token:
            self._respond(stream, 401, b'{"error":"token"}')
            return True
        return self._act(stream, body, int(headers["x-mark-deadline-ms"]) / 1000)

    def _act(self, stream: ssl.SSLSocket, body: bytes, granted: float) -> bool:
        answer = json.dumps({"model_name": "m", "id": json.loads(body).get("id", ""), "by": self.name, "outputs": []}).encode()
        match self.mode:
            case "bounce":
                self._respond(stream, 503, b'{"error":"full"}', ("Retry-After", "1"), ("x-mark-bounced", "capacity"))
            case "hang":
                stream.recv(1)
                return False
            case "reset":
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case "late":
                time.sleep(granted + 0.1)
                self._respond(stream, 200, answer)
            case "garbage":
                stream.sendall(os.urandom(500))
                return False
            case "short":  # A length that says less than there is: the answer is cut where it says.
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" + answer)
                return False
            case "cut":
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n" + answer)
                return False
            case "empty":
                self._respond(stream, 200, b"")
            case "page":
                self._respond(stream, 200, b"<html>It works!</html>", type="text/html")
            case "half":
                self._respond(stream, 200, answer[: len(answer) // 2])
            case "latin":
                self._respond(stream, 200, b'{"name":"\xe9"}')
            case "huge":
                self._respond(stream, 200, b'{"x":"' + b"x" * (7 << 20) + b'"}')
            case "401" | "429" | "500" | "302":
                self._respond(stream, int(self.mode), b'{"error":"no"}')
            case "400":
                self._respond(stream, 400, b'{"error":"the tensor is no tensor"}')
            case _:
                time.sleep(self.think * random.random())
                self._respond(stream, 200, answer, ("Connection", "keep-alive"), ("x-mark-secret", "inside"), ("x-kept", "yes"))
        return True

    @staticmethod
    def _respond(stream, status: int, body: bytes, *headers: tuple[str, str], type: str = "application/json") -> None:
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: {type}\r\nContent-Length: {len(body)}\r\n"
        stream.sendall((head + "".join(f"{name}: {value}\r\n" for name, value in headers)).encode() + b"\r\n" + body)


class Registry:
    """The stack's table in moto, with a heartbeat of all its backends, several times a second so that no test waits for one."""

    def __init__(self, client, backends: list[FakeBackend]) -> None:
        self.client, self.backends = client, backends
        self.is_beating = threading.Event()
        self.is_beating.set()
        self.ended = threading.Event()
        client.create_table(
            TableName="mark", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )  # fmt: skip
        self.put_token(TOKEN)
        self.beat()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def put_token(self, token: str) -> None:
        item = {"pk": {"S": "token"}, "sk": {"S": "current"}, "token": {"S": token}, "changed_ms": {"N": str(int(time.time() * 1000))}}
        self.client.put_item(TableName="mark", Item=item)

    def beat(self) -> None:
        if self.backends:
            puts = [{"PutRequest": {"Item": backend.item()}} for backend in self.backends]
            self.client.batch_write_item(RequestItems={"mark": puts})

    def fleet(self) -> list[str]:
        """The ids that are registered."""
        key = {":fleet": {"S": "fleet"}}
        items = self.client.query(TableName="mark", KeyConditionExpression="pk = :fleet", ExpressionAttributeValues=key)["Items"]
        return [item["sk"]["S"] for item in items]

    def _run(self) -> None:
        while not self.ended.wait(0.4):
            if self.is_beating.is_set():
                self.beat()

    def close(self) -> None:
        self.ended.set()
        self.thread.join(10)
        self.client.delete_table(TableName="mark")

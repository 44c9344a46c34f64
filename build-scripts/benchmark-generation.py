#!/usr/bin/env python3
"""Measures texts: steps that are shared against one text at a time, in one run.

    python build-scripts/benchmark-generation.py MODELS [--rate 20] [--tokens 32] [--seconds 20] [--within-ms 2000]

MODELS is a folder that build-scripts/make-benchmark-models.py has filled. The same requests go to `mark serve` with the model's 32 slots
and to one with a single slot: Poisson arrivals, open loop. Goodput counts the texts that are complete in time. Needs nothing but Python's
standard library, `mark` and ONNX Runtime (MARK_PROGRAM and MARK_ONNXRUNTIME, else where the build and the setup put them).
"""

import argparse
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODEL = "step_lstm"
PROMPT = "w17 w4 w99 "


class Server:
    def __init__(self, models: Path, slots: int, folder: Path) -> None:
        target = folder / f"slots-{slots}"
        shutil.copytree(models / MODEL, target / MODEL, symlinks=True)
        path = target / MODEL / "config.json"
        config = json.loads(path.read_text())
        config["generation"]["slots"] = slots
        path.write_text(json.dumps(config))
        program = os.environ.get("MARK_PROGRAM", str(ROOT / ".build/release/mark"))
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--models", str(target)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in self.process.stdout:
            if found := re.search(r"Listening on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            if line.startswith("Texts of"):
                print(f"  {line.strip()}")
                break
            if line.startswith("Not served"):
                raise SystemExit(line)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def text(self, tokens: int, within_ms: float, seed: int) -> tuple[bool, float, float]:
        """Whether a text was made, the time to its first token and to its end, in seconds."""
        body = {"text_input": PROMPT, "max_tokens": tokens, "top_k": 40, "seed": seed}
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", f"/v2/models/{MODEL}/generate_stream", json.dumps(body), {"x-mark-deadline-ms": str(within_ms)})
        response = connection.getresponse()
        response.readline()
        first = time.perf_counter() - start
        whole = response.read()
        connection.close()
        return response.status == 200 and b"finish_reason" in whole, first, time.perf_counter() - start

    def metric(self, name: str) -> float:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{") or line.startswith(name + " "))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def play(server: Server, rate: float, seconds: float, tokens: int, within_ms: float) -> None:
    """An open loop: nobody waits for the answers of others."""
    draw = random.Random(1)
    results, threads = [], []
    before = server.metric("mark_steps_total"), server.metric("mark_tokens_total")
    start, at = time.perf_counter(), 0.0
    while (at := at + draw.expovariate(rate)) < seconds:
        time.sleep(max(0, start + at - time.perf_counter()))
        seed = len(threads)
        threads.append(threading.Thread(target=lambda seed=seed: results.append(server.text(tokens, within_ms, seed))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    good = [first for made, first, whole in results if made and whole * 1000 <= within_ms]
    firsts = sorted(good) or [float("nan")]
    steps, made = server.metric("mark_steps_total") - before[0], server.metric("mark_tokens_total") - before[1]
    print(
        f"  {len(results)} requests, {len(good)} complete in time: goodput {len(good) / elapsed:.2f} texts/s, "
        f"{len(good) * tokens / elapsed:.0f} tokens/s; first token p50 {firsts[len(firsts) // 2] * 1000:.1f} ms; "
        f"{made / max(1, steps):.1f} tokens a step"
    )
    server.goodput = len(good) / elapsed


def idle(server: Server, tokens: int) -> None:
    """The first token of an idle server, against a step of one text."""
    server.text(tokens, 60_000, 0)
    before = server.metric("mark_token_seconds_sum"), server.metric("mark_token_seconds_count")
    firsts = sorted(server.text(tokens, 60_000, seed)[1] for seed in range(20))
    step = (server.metric("mark_token_seconds_sum") - before[0]) / (server.metric("mark_token_seconds_count") - before[1])
    print(f"  idle: first token p50 {firsts[10] * 1000:.2f} ms behind a prompt of 4 tokens, a step {step * 1000:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--within-ms", type=float, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        goodput = []
        for slots in (32, 1):
            print(f"{slots} slots, {arguments.rate} requests/s of {arguments.tokens} tokens within {arguments.within_ms:.0f} ms")
            server = Server(arguments.models, slots, Path(folder))
            idle(server, arguments.tokens)
            for rate in (arguments.rate, arguments.rate * 10):
                print(f"  at {rate:.0f} requests/s")
                play(server, rate, arguments.seconds, arguments.tokens, arguments.within_ms)
                goodput.append(server.goodput)
            server.close()
    print(f"ratio: {goodput[0] / max(goodput[2], 1e-9):.1f} at {arguments.rate:.0f}/s, {goodput[1] / max(goodput[3], 1e-9):.1f} at {arguments.rate * 10:.0f}/s")


if __name__ == "__main__":
    main()

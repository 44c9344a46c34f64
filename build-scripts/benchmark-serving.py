"""Measures `mark serve` against the engine's own limit: same machine, same models, same threads, one run.

    python build-scripts/benchmark-serving.py --mark .build/release/mark --models FOLDER [--seconds 5]

For each model: what the engine does in process (mark profile), the highest Poisson rate with 98 % within the objective (mark load
--search), twice that rate (overload), and nine tenths of it right after the overload.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# Objective in milliseconds, the rate to begin with, options that make requests valid.
MODELS = {
    "digits": (20, 8000, []),
    "lstm": (100, 100, ["--integer-bound", "10000"]),
    "mobilenet": (200, 60, []),
}
TARGET = 0.98


class Bench:
    def __init__(self, arguments) -> None:
        self.mark, self.models, self.seconds = arguments.mark, arguments.models, arguments.seconds
        self.folder = pathlib.Path(tempfile.mkdtemp())

    def run(self, *command: str) -> None:
        done = subprocess.run([self.mark, *command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed: {done.stderr or done.stdout}")

    def engine_limit(self, model: str) -> tuple[float, int]:
        """Rows a second in process and the batch size that gives them, with one executor for each core at work."""
        _, _, options = MODELS[model]
        folder = str(self.models / model)
        self.run("profile", folder, "--machine", "benchmark", "--seconds", "1", *options)
        profile = json.loads((self.models / model / "config.json").read_text())["profiles"]["benchmark"]
        limits = [
            (batch["size"] * c["executors"] * 1000 / batch["p50_ms"], batch["size"])
            for c in profile["configurations"] if c["threads"] == 1 for batch in c["batches"]
        ]  # fmt: skip
        return max(limits)

    def load(self, model: str, *options: str) -> dict:
        slo, _, inputs = MODELS[model]
        result = self.folder / "result.json"
        self.run(
            "load", self.url, "--model", model, "--slo-ms", str(slo), "--duration", str(self.seconds), *inputs, *options,
            "--json", str(result),
        )  # fmt: skip
        return json.loads(result.read_text())

    def serve(self) -> None:
        self.server = subprocess.Popen(
            [self.mark, "serve", "--port", "0", "--models", str(self.models), "--machine", "benchmark"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.url = self.server.stdout.readline().split()[2]
        deadline = time.time() + 120
        while time.time() < deadline:
            try:
                urllib.request.urlopen(self.url + "/v2/health/ready", timeout=5)
                return
            except urllib.error.HTTPError:
                time.sleep(0.05)
        raise SystemExit("mark serve does not become ready")

    def counters(self, model: str) -> tuple[float, float, float]:
        """Admitted, late and vainly refused requests so far."""
        text = urllib.request.urlopen(self.url + "/metrics").read().decode()
        labels = f'{{model="{model}",version="1"}} '
        names = ("mark_admitted_total", "mark_late_accepts_total", "mark_false_refusals_total")
        return tuple(float(text.split(name + labels)[1].split()[0]) for name in names)


def measure(bench: Bench, model: str, limit: tuple[float, int]) -> None:
    slo, first, _ = MODELS[model]
    found = bench.load(model, "--search", "--rate", str(first))
    rate = found["rate"]
    before = bench.counters(model)
    overload = bench.load(model, "--rate", str(2 * rate), "--warm-up", "0")
    recovery = bench.load(model, "--rate", str(0.9 * rate), "--warm-up", "0", "--duration", "1")
    admitted, late, vain = (after - start for after, start in zip(bench.counters(model), before))
    share = f"{rate / limit[0]:7.2f}" if limit[0] < 100_000 else "      –"
    refusals = overload["refusal_ms"]
    print(
        f"{model:<10}{slo:>6} ms{limit[0]:>11,.0f} ({limit[1]:>2}){rate:>10,.0f}{share}"
        f"{overload['goodput'] / rate:>9.2f}{refusals['p50']:>9.2f}{refusals['p99']:>9.2f}{recovery['slo_share']:>9.3f}"
        f"{100 * late / max(1, admitted):>8.2f}{100 * vain / max(1, overload['intended']):>8.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--mark", default=".build/release/mark", help="the program")
    parser.add_argument("--models", type=pathlib.Path, required=True, help="what make-benchmark-models.py made; profiles are added")
    parser.add_argument("--seconds", type=float, default=5, help="of each probe")
    parser.add_argument("--only", choices=MODELS, action="append", help="measure only this model")
    arguments = parser.parse_args()
    arguments.mark = os.path.abspath(arguments.mark)
    bench = Bench(arguments)
    models = arguments.only or list(MODELS)
    limits = {model: bench.engine_limit(model) for model in models}
    bench.serve()
    print("            in time  engine rows/s (batch)    held/s  /engine  2x /held   refused in ms   after it   late   vain")
    print("                                                               in time     p50      p99  in time      %      %")
    try:
        for model in models:
            measure(bench, model, limits[model])
    finally:
        bench.server.terminate()
        bench.server.wait(60)


if __name__ == "__main__":
    main()

"""The matrix of evaluate.sh: runs `mark simulate` for each cell, and sums up costs, objectives and where the saving comes from."""

import argparse
import concurrent.futures
import csv
import html
import json
import os
import subprocess
import sys
from math import exp, log
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRACES = ROOT / "Tests/ForecastingTests/Traces"
OUTPUT = ROOT / ".build/evaluation"
WORKLOADS = ["image", "language", "translation"]
OBJECTIVES = [100, 200, 500]
# Types that every system has a price of and can use, so that all choose from the same machines.
TYPES = "c5.large,c5.xlarge,c6i.large,c6i.xlarge,c7i.large,c7g.large,c7g.xlarge"
# All traces are scaled to that many requests per second on average: their sources differ a thousandfold.
MEAN_RATE = 50
CAUSES = ["managed premium", "no Lambda behind", "batching", "policy and types", "spot", "together"]


def scale(trace: Path, minutes: int) -> float:
    with trace.open() as file:
        counts = [int(row[1] or 0) for row in list(csv.reader(file))[1 : minutes + 1]]
    return round(MEAN_RATE * 60 * len(counts) / sum(counts), 4)


def simulate(trace: Path, minutes: int, workload: str, slo: int, *options: str) -> dict:
    done = subprocess.run(
        [os.environ["MARK_PROGRAM"], "simulate", "--trace", str(trace), "--minutes", str(minutes), "--scale", str(scale(trace, minutes)),
         "--workload", workload, "--slo-ms", str(slo), "--target", "0.98", "--instances", TYPES, "--seed", "1", "--json", *options],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{trace.stem}, {workload}, {slo} ms: {done.stderr}")
    return json.loads(done.stdout)


def cost(study: dict, name: str) -> float | None:
    return next((policy["dollars"] for policy in study["policies"] if policy["policy"].startswith(name)), None)


def decompose(study: dict, unbatched: dict, without_spot: dict) -> list[float | None]:
    """What SageMaker costs over what ours does, as a product of causes.

    The same rule is followed from SageMaker's prices and servers to EC2's prices, to Lambda behind the instances (which also start
    faster), to batches, then to our rule, which may mix types while the other keeps to one, and to the spot market.
    """
    managed, tracking = cost(study, "SageMaker, target tracking"), cost(study, "target tracking")
    single, on_demand, ours = cost(unbatched, "target tracking"), cost(without_spot, "MArk"), study["policies"][0]["dollars"]
    if not managed or not single or not tracking or not on_demand:
        return [None] * len(CAUSES)
    # Managed instances are EC2's at 1.2 times the price, for every type here.
    plain = managed / 1.2
    return [managed / plain, plain / single, single / tracking, tracking / on_demand, on_demand / ours, managed / ours]


def cell(trace: Path, minutes: int, workload: str, slo: int, mode: str) -> dict:
    name = f"{trace.stem}-{workload}-{slo}-{mode}"
    study = simulate(trace, minutes, workload, slo, "--mode", mode, "--report", str(OUTPUT / f"{name}.html"))
    unbatched = simulate(trace, minutes, workload, slo, "--mode", "fluid", "--batching-gain", "1", "--policies", "target-tracking")
    without_spot = simulate(trace, minutes, workload, slo, "--mode", mode, "--no-spot", "--policies", "mark")
    return {"name": name, "trace": trace.stem, "workload": workload, "slo": slo, "mode": mode, "study": study, "causes": decompose(study, unbatched, without_spot)}


def number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def ratios(cells: list[dict]) -> list[list[str]]:
    """A row for each policy: its cost over ours (geometric mean, least, most), over the optimum, and its worst attainment."""
    names = dict.fromkeys(policy["policy"] for each in cells for policy in each["study"]["policies"])
    rows = []
    for name in names:
        pairs = [(policy, each["study"]) for each in cells for policy in each["study"]["policies"] if policy["policy"] == name]
        over = [policy["dollars"] / study["policies"][0]["dollars"] for policy, study in pairs]
        best = [policy["dollars"] / study["optimum_dollars"] for policy, study in pairs]
        mean = lambda values: exp(sum(map(log, values)) / len(values))  # noqa: E731
        rows.append([name, str(len(pairs)), number(mean(over)), number(min(over)), number(max(over)), number(mean(best)),
                     f"{100 * min(policy['in_time'] for policy, _ in pairs):.2f} %"])  # fmt: skip
    return rows


def sections(cells: list[dict]) -> list[tuple[str, list[str], list[list[str]]]]:
    fluid = [each for each in cells if each["mode"] == "fluid"]
    request = [each for each in cells if each["mode"] == "request"]
    head = ["policy", "cells", "cost over ours (mean)", "least", "most", "over the optimum with one type (mean)", "in time (worst)"]
    place = lambda each: [each["trace"], each["workload"], f"{each['slo']} ms"]  # noqa: E731
    latencies = [
        place(each) + [policy["policy"], f"${policy['dollars']:.2f}", f"{100 * policy['in_time']:.2f} %"]
        + [number(policy["latency_ms"][p], 0) for p in ("p50", "p99")]
        for each in request for policy in each["study"]["policies"]
    ]  # fmt: skip
    return [
        ("Minute by minute (fluid), all cells", head, ratios(fluid)),
        ("Request by request, chosen cells", head, ratios(request)),
        ("Where the saving over SageMaker comes from", ["trace", "service", "objective"] + CAUSES,
         [place(each) + [number(factor) for factor in each["causes"]] for each in fluid]),
        ("Latency, request by request", ["trace", "service", "objective", "policy", "cost", "in time", "p50 ms", "p99 ms"], latencies),
    ]  # fmt: skip


INTRODUCTION = (
    f"Simulated, not measured on AWS. Every load is scaled to {MEAN_RATE} requests/s on average; the target is 98 %; the machines are {TYPES}. "
    "Prices and how far each is to be trusted are on the cells' pages. A system without Lambda behind it refuses or delays what exceeds its "
    "instances: compare costs only where it is in time. Factors of the last column multiply to `together`."
)


def markdown(cells: list[dict]) -> str:
    lines = ["# The paper's evaluation, re-run", "", INTRODUCTION, ""]
    for title, head, rows in sections(cells):
        lines += [f"## {title}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in rows] + [""]
    return "\n".join(lines)


STYLE = """:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.87rem}div{overflow-x:auto}
th,td{padding:.35rem .6rem;border-bottom:1px solid color-mix(in srgb,currentColor 18%,transparent);text-align:left;white-space:nowrap}"""


def page(cells: list[dict]) -> str:
    body = f"<h1>The paper's evaluation, re-run</h1><p>{html.escape(INTRODUCTION)}</p><h2>Cells</h2><p>"
    body += " · ".join(f'<a href="{each["name"]}.html">{each["name"]}</a>' for each in cells) + "</p>"
    for title, head, rows in sections(cells):
        table = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
        lines = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
        body += f"<h2>{title}</h2><div tabindex=\"0\"><table><thead><tr>{table}</tr></thead><tbody>{lines}</tbody></table></div>"
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Evaluation</title><style>{STYLE}</style><body>{body}</body></html>\n'


def main() -> None:
    parser = argparse.ArgumentParser(description="Re-runs the paper's evaluation in simulation.")
    parser.add_argument("--wc98", type=Path, metavar="FILE", help="the World Cup 1998 trace, for non-commercial use")
    parser.add_argument("--quick", action="store_true", help="one trace, for four hours")
    options = parser.parse_args()
    traces = sorted(TRACES.glob("*.csv")) + ([options.wc98] if options.wc98 else [])
    if options.quick:
        traces = [TRACES / "twitter_may25.csv"]
    minutes = 240 if options.quick else 1440
    OUTPUT.mkdir(parents=True, exist_ok=True)
    jobs = [(trace, minutes, workload, slo, "fluid") for trace in traces for workload in WORKLOADS for slo in OBJECTIVES]
    bursty = [] if options.quick else [(TRACES / "servegen_mlarge_c112.csv", 1440, workload, 200, "request") for workload in ("image", "translation")]
    jobs += [(TRACES / "twitter_may25.csv", 240, workload, 200, "request") for workload in WORKLOADS] + bursty
    cells = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, result in enumerate(pool.map(lambda job: cell(*job), jobs), 1):
            cells.append(result)
            if sys.stderr.isatty():
                print(f"\r{done} of {len(jobs)} cells", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    (OUTPUT / "evaluation.md").write_text(markdown(cells))
    (OUTPUT / "index.html").write_text(page(cells))
    print(f"{OUTPUT / 'evaluation.md'}\n{OUTPUT / 'index.html'}")


main()

#!/usr/bin/env python3
"""Makes template/demo/day.csv, the load that `mark up --demo` replays, of a day that was recorded.

    python3 build-scripts/make-demo-trace.py

Source: NASA Kennedy Space Center's web server, from 08:00 UTC on 5 July 1995 for 24 hours (Tests/ForecastingTests/Traces/SOURCES.md;
the Internet Traffic Archive's terms: "may be freely redistributed"). Each 33 minutes become one, less what comes in the quietest of
them, so that the night is one; the highest two grow into the story's surge; minutes without load stand before and after.
"""

import csv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "Tests" / "ForecastingTests" / "Traces" / "nasa_jul95.csv"
TARGET = ROOT / "template" / "demo" / "day.csv"
FIRST, MINUTES, FOLD = "1995-07-05T08:00:00Z", 24 * 60, 33
IDLE, NIGHT = 2, 3
SURGE, SURGE_MINUTES = 4.4, 2


def main() -> None:
    with SOURCE.open() as file:
        rows = list(csv.reader(file))
    start = next(index for index, row in enumerate(rows) if row[0] == FIRST)
    day = [int(count or 0) for _, count in rows[start : start + MINUTES]]
    folded = [sum(day[index : index + FOLD]) for index in range(0, MINUTES, FOLD)]
    folded = [count - min(folded) for count in folded]
    peak = max(range(len(folded) - 1), key=lambda index: sum(folded[index : index + SURGE_MINUTES]))
    for index in range(peak, peak + SURGE_MINUTES):
        folded[index] = round(folded[index] * SURGE)
    counts = [0] * IDLE + folded + [0] * NIGHT
    TARGET.write_text("timestamp,requests\n" + "".join(f"{minute},{count}\n" for minute, count in enumerate(counts)))
    print(f"{len(counts)} minutes, {max(counts)} requests in the highest: {counts}")


if __name__ == "__main__":
    main()

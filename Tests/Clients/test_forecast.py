"""`mark forecast` and `mark train` as operators run them; numpy scores what they wrote."""

import re
import subprocess

import numpy as np
import pytest
from backend import mark_program
from runtime_api import ROOT

TRACES = ROOT / "Tests/ForecastingTests/Traces"
HORIZONS = (5, 10, 15)
NAMES = ["twitter_may25", "berkeley_homeip", "nasa_jul95", "servegen_mlarge_c100", "servegen_mlarge_c112"]


def mark(*arguments, timeout=900) -> subprocess.CompletedProcess:
    return subprocess.run([mark_program(), *map(str, arguments)], capture_output=True, text=True, timeout=timeout, cwd=ROOT)


def score(trace, predictions) -> list[list[float]]:
    """Per horizon: error of mean and maximum relative to persistence, pinball loss in % of the mean maximum, coverage in %."""
    counts = np.loadtxt(trace, delimiter=",", skiprows=1, usecols=1)
    rows = np.loadtxt(predictions, delimiter=",", skiprows=1)
    result = []
    for horizon in HORIZONS:
        of = rows[rows[:, 1] == horizon]
        origins = of[:, 0].astype(int)
        expected = np.arange(int(0.65 * len(counts)) - 1, len(counts) - 15)
        assert (origins[: len(expected)] == expected).all()
        of, origins = of[: len(expected)], expected
        future = np.lib.stride_tricks.sliding_window_view(counts, horizon)[origins + 1]
        mean, most = future.mean(1), future.max(1)
        over = most - of[:, 4]
        result.append([
            np.abs(mean - of[:, 2]).mean() / np.abs(mean - counts[origins]).mean(),
            np.abs(most - of[:, 3]).mean() / np.abs(most - counts[origins]).mean(),
            100 * np.maximum(0.9 * over, -0.1 * over).mean() / most.mean(),
            100 * (over <= 0).mean(),
        ])  # fmt: skip
    return result


def printed(text: str) -> list[list[float]]:
    """The row of the forecaster that runs in the controller."""
    row = next(line for line in text.splitlines() if line.startswith("all together"))
    numbers = [float(number) for number in re.findall(r"[\d.]+", row)]
    return [numbers[4 * h : 4 * h + 4] for h in range(3)]


def readme(trace: str) -> list[list[float]]:
    row = next(line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(f"| `{trace}`"))
    cells = [[float(number) for number in cell.split("/")] for cell in row.split("|")[2:5]]
    return [[cells[kind][h] for kind in range(3)] for h in range(3)]


@pytest.mark.parametrize("name", NAMES)
def test_the_readmes_table_is_what_the_program_says_and_numpy_confirms(name, tmp_path):
    trace, predictions, report = TRACES / f"{name}.csv", tmp_path / "p.csv", tmp_path / "r.html"
    done = mark("forecast", trace, "--predictions", predictions, "--report", report)
    assert done.returncode == 0, done.stderr
    scores = score(trace, predictions)
    for ours, numpys in zip(printed(done.stdout), scores):
        assert ours == pytest.approx(numpys, abs=0.51, rel=0.002)
        assert ours[:2] == pytest.approx(numpys[:2], abs=0.0006)
    for claimed, numpys in zip(readme(name), scores):
        assert claimed[:2] == pytest.approx(numpys[:2], abs=0.0006)
        assert claimed[2] == pytest.approx(numpys[3], abs=0.51)
    assert all(mean < 1.02 and most < 1.02 and 85 <= coverage <= 95 for mean, most, _, coverage in scores)
    page = report.read_text()
    assert page.count("<svg") >= 3 and "src=" not in page and "<script" not in page and name in page
    assert "nan" not in re.sub(r"<title>.*?</title>", "", page).lower()


def write(path, counts):
    path.write_text("timestamp,requests\n" + "".join(f"{t},{'' if c is None else int(c)}\n" for t, c in enumerate(counts)))
    return path


def rows(path) -> dict[tuple[int, int], list[float]]:
    return {(int(r[0]), int(r[1])): list(r[2:]) for r in np.loadtxt(path, delimiter=",", skiprows=1)}


@pytest.fixture(scope="module")
def wave():
    random = np.random.default_rng(1)
    return list(random.poisson(200 + 150 * np.sin(np.arange(900) / 60)))


def test_a_forecast_knows_nothing_of_what_comes_after_it(wave, tmp_path):
    changed = wave[:700] + [0] * 100 + [9999] * 100
    files = []
    for index, counts in enumerate([wave, changed]):
        files.append(tmp_path / f"{index}.csv")
        assert mark("forecast", write(tmp_path / "t.csv", counts), "--predictions", files[-1]).returncode == 0
    before, after = map(rows, files)
    same = {key for key in before if key[0] < 700}
    assert len(same) > 300 and all(before[key] == after[key] for key in same)
    assert any(before[key] != after[key] for key in before if key[0] >= 700)


@pytest.mark.parametrize("counts", [
    [0] * 200, [7] * 200, ([0] * 30 + [100] * 30) * 4, list(range(200)), [5] * 100 + [5000] * 100, [None, 3, None, None] * 50,
], ids=["silent", "constant", "on and off", "growing", "shifted", "missing"])  # fmt: skip
def test_no_series_breaks_it(counts, tmp_path):
    done = mark("forecast", write(tmp_path / "t.csv", counts), "--predictions", tmp_path / "p.csv", "--report", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    values = np.loadtxt(tmp_path / "p.csv", delimiter=",", skiprows=1)
    assert len(values) >= 3 * 50 and np.isfinite(values).all() and (values[:, 2:] >= 0).all()
    assert (values[:, 4] >= values[:, 3]).all()


def test_training_gives_the_same_file_for_the_same_seed_and_a_start_that_is_used(wave, tmp_path):
    trace, models = write(tmp_path / "t.csv", wave + wave), [tmp_path / name for name in ("a", "b", "c")]
    for model, seed in zip(models, (1, 1, 2)):
        done = mark("train", trace, "-o", model, "--seed", seed, "--epochs", 3)
        assert done.returncode == 0, done.stderr
    assert "LSTM: 3 epochs" in done.stdout and "Last fifth, next 15 min" in done.stdout
    a, b, c = (model.read_bytes() for model in models)
    assert a == b != c and len(a) < 400_000
    short = write(tmp_path / "s.csv", wave[:120])
    results = []
    for more in ([], ["--model", models[0]]):
        done = mark("forecast", short, "--predictions", tmp_path / "p.csv", *more)
        assert done.returncode == 0, done.stderr
        results.append((tmp_path / "p.csv").read_text())
    assert results[0] != results[1]


def test_several_traces_are_summed_up(wave, tmp_path):
    paths = [write(tmp_path / f"{index}.csv", wave[index:300]) for index in range(2)]
    done = mark("forecast", *paths)
    assert done.returncode == 0, done.stderr
    assert "geometric mean" in done.stdout and done.stdout.count("all together") == 3


@pytest.mark.parametrize("text, words", [
    ("timestamp,requests\n0,1\n1,x\n", "line 3"), ("timestamp,requests\n5,1\n4,1\n", "line 3"), ("timestamp,requests\n0,-1\n", "line 2"),
    ("timestamp,requests\n0,1\n", "1 minutes"), ("", "t.csv"),
])  # fmt: skip
def test_a_wrong_trace_is_named(text, words, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    for command in (["forecast", tmp_path / "t.csv"], ["train", tmp_path / "t.csv", "-o", tmp_path / "m"]):
        done = mark(*command)
        assert done.returncode != 0 and words in done.stderr and "t.csv" in done.stderr, done.stderr
    assert not (tmp_path / "m").exists()


def test_a_file_that_is_no_model_is_named(wave, tmp_path):
    trace, model = write(tmp_path / "t.csv", wave), tmp_path / "m"
    model.write_bytes(b"nothing")
    done = mark("forecast", trace, "--model", model)
    assert done.returncode != 0 and str(model) in done.stderr
    done = mark("forecast", trace, trace, "--report", tmp_path / "r.html")
    assert done.returncode != 0 and "one trace" in done.stderr

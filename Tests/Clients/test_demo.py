"""`mark up --demo --once` as a visitor starts it: the bundled day from its first minute to its last, with the real programs."""

import contextlib
import json
import re
import subprocess
import urllib.request

import pytest
from backend import MarkProcess
from stack import processes

STEPS = [
    "Nothing serves", "The first requests", "The load holds", "The controller rents", "The route flips", "A surge:", "EC2 takes the spot instance",
    "The spot instance is gone", "Night:", "Back to zero",
]  # fmt: skip


@pytest.fixture(scope="module")
def day(engine_library, bootstrap_path, tmp_path_factory):
    """What was printed, and the last state that was seen."""
    bundle = tmp_path_factory.mktemp("demo")
    (bundle / "bootstrap").symlink_to(bootstrap_path)
    demo = MarkProcess("up", engine_library, "--demo", "--once", "--bundle", str(bundle))
    state = {}
    try:
        while demo.process.poll() is None:
            try:
                with urllib.request.urlopen(demo.url + "/cloud/state", timeout=10) as response:
                    state = json.loads(response.read())
            except OSError:
                pass
            with contextlib.suppress(subprocess.TimeoutExpired):
                demo.process.wait(1)
        demo.reader.join(10)
        assert demo.process.returncode == 0, "".join(demo.lines[-40:])
        left = {p: c for p, (_, s, c) in processes().items() if str(bundle) in c and s != "Z"}
        print("".join(demo.lines))
        return "".join(demo.lines), state, left
    finally:
        demo.process.kill()


def test_every_step_is_told_in_its_order(day):
    text, _, _ = day
    places = [text.find(step) for step in STEPS]
    assert -1 not in places and places == sorted(places), text


def test_a_spot_instance_is_taken_back_and_no_request_fails(day):
    text, _, _ = day
    assert re.search(r"of \d+ requests since the notice and all before, 0 failed", text), text
    assert re.search(r"^0 failed$", text, re.MULTILINE), text


def test_the_summary_says_what_it_cost_and_what_others_would_have_cost(day):
    text, _, _ = day
    costs = {name.strip(): float(cost) for name, cost in re.findall(r"^ +(\S.*?)\s+\$([0-9.]+)", text, re.MULTILINE)}
    total = costs.pop("MArk")
    others = {name: cost for name, cost in costs.items() if name.startswith(("Lambda only", "static EC2", "SageMaker"))}
    parts = [cost for name, cost in costs.items() if name not in others]
    assert len(others) == 3 and all(cost > 0 for cost in others.values()), text
    assert abs(sum(parts) - total) <= 1e-5 * len(parts) and total > 0, text
    requests, share, by_instances, by_lambda, spilled = (
        float(n) for n in re.search(
            r"(\d+) requests, each for \d+: ([\d.]+) % within \d+ ms; (\d+) by instances, (\d+) by Lambda, of these (\d+) spilled", text
        ).groups()
    )  # fmt: skip
    assert requests == by_instances + by_lambda > 500 and spilled <= by_lambda and by_instances > by_lambda / 2, text
    assert 0 < share <= 100


def test_models_of_all_kinds_can_be_tried_beside_the_load(day):
    _, state, _ = day
    takes = {model["name"]: model["takes"] for model in state["models"]}
    assert takes == {"digits-ensemble": ["drawing", "picture"], "scripture": ["text"], "translator": ["translation"]}


def test_the_day_ends_with_nothing_that_runs_or_costs(day):
    text, state, left = day
    assert "Back to zero: no instance runs, and nothing is served" in text
    # The last look was up to a second before the end, half a minute of the cloud's.
    assert state["bill"]["ec2"]["instances"] and state["route"] == "inference"
    assert not left

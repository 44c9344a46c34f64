"""`mark simulate` and `mark plan` as operators run them; a browser looks at the pages."""

import json
import shutil
import subprocess

import pytest
from backend import mark_program
from runtime_api import ROOT

TRACE = ROOT / "Tests/ForecastingTests/Traces/twitter_may25.csv"
# Types that every system has a price of.
TYPES = "c5.large,c5.xlarge,c6i.large,c7g.large"
WORKLOAD = ["--workload", "image", "--slo-ms", "200", "--instances", TYPES]
SECTIONS = ["load", "capacity", "cost", "latency", "instances", "regret", "numbers", "decisions", "prices", "reproduction"]


def mark(*arguments, cwd=ROOT) -> subprocess.CompletedProcess:
    return subprocess.run([mark_program(), *map(str, arguments)], capture_output=True, text=True, timeout=300, cwd=cwd)


def answer(*arguments):
    done = mark(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Half an hour: rising, busy, silent."""
    path = tmp_path_factory.mktemp("traces") / "tiny.csv"
    counts = [60 * minute for minute in range(10)] + [3000] * 15 + [0] * 5
    path.write_text("timestamp,requests\n" + "".join(f"{t},{count}\n" for t, count in enumerate(counts)))
    return path


@pytest.mark.parametrize("mode", ["request", "fluid"])
def test_the_same_seed_gives_the_same_bytes(mode, tiny, tmp_path):
    command = ["simulate", "--trace", tiny, *WORKLOAD, "--mode", mode, "--seed", 5, "--report", "r.html"]
    results = []
    for _ in range(2):
        done = mark(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        results.append((done.stdout, (tmp_path / "r.html").read_bytes()))
    assert results[0] == results[1]
    assert results[0][0].startswith("policy ") and "\x1b" not in results[0][0] + done.stderr
    assert f"mark simulate --trace {tiny}".encode() in results[0][1]


def test_the_table_is_as_it_was(tiny):
    done = mark("simulate", "--trace", tiny, *WORKLOAD, "--mode", "fluid", "--policies", "work-function,sagemaker,lambda,peak")
    assert done.stdout == """\
policy                                        cost  per million  of optimum   in time  p50  p99  on-demand h  managed h   Lambda  cold starts  refused
work function without forecast, on-demand   $0.136        $2.86       4.455  100.00 %    –    –          0.3        0.0   53.0 %            0        0
SageMaker, target tracking                  $0.218        $4.56       7.118   49.52 %    –    –          0.0        1.1    0.0 %            0    7,612
Lambda only                                 $0.161        $3.37       5.254  100.00 %    –    –          0.0        0.0  100.0 %            0        0
static peak                                 $0.170        $3.57       5.568  100.00 %    –    –          1.0        0.0    0.1 %            0        0
"""  # noqa: E501


def test_another_seed_gives_other_requests(tiny):
    latencies = [
        answer("simulate", "--trace", tiny, *WORKLOAD, "--policies", "lambda", "--seed", seed)["policies"][0]["latency_ms"]
        for seed in (1, 2)
    ]
    assert latencies[0] != latencies[1]


def test_a_bill_is_what_the_price_list_makes_of_the_load(tiny):
    study = answer("simulate", "--trace", tiny, *WORKLOAD, "--mode", "fluid", "--policies", "lambda,peak")
    only, peak = study["policies"]
    requests = sum(60 * minute for minute in range(10)) + 15 * 3000
    assert only["requests"] == requests and only["lambda_share"] == 1 and only["in_time"] == 1
    # 110 ms at 1,769 MB and $0.20 per million.
    each = 0.110 * 1769 / 1024 * 0.0000166667 + 0.20e-6
    assert only["dollars"] == pytest.approx(requests * each, rel=1e-5)
    assert only["dollars"] == pytest.approx(sum(only["bill"].values()), abs=1e-9)
    assert peak["hours"]["on-demand"] > 0 and 0 < study["lower_bound_dollars"] <= study["optimum_dollars"] <= only["dollars"]


def test_scale_and_minutes_change_the_load(tiny):
    common = ["simulate", "--trace", tiny, *WORKLOAD, "--mode", "fluid", "--policies", "lambda"]
    assert answer(*common, "--minutes", 10, "--scale", 2.5)["policies"][0]["requests"] == 2.5 * 60 * 45


def test_a_price_is_replaced(tiny, tmp_path):
    common = ["simulate", "--trace", tiny, *WORKLOAD, "--mode", "fluid", "--policies", "lambda", "--report", tmp_path / "r.html"]
    half = answer(*common, "--prices", "lambda/duration-x86=0.00000833335", "--prices", "lambda/request=0.1")
    full = answer(*common)
    assert half["policies"][0]["dollars"] == pytest.approx(full["policies"][0]["dollars"] / 2)
    done = mark(*common, "--prices", "lambda/request=0.1")
    assert done.returncode == 0 and "the caller" in (tmp_path / "r.html").read_text()


def test_what_has_no_price_is_named(tiny):
    done = mark(
        "simulate", "--trace", tiny, "--workload", "image", "--slo-ms", "200", "--instances", "c8a.large", "--mode", "fluid"
    )
    assert done.returncode == 0 and "no price of c8a.large" in done.stderr and "sagemaker" in done.stderr


@pytest.mark.parametrize("arguments, words", [
    ([], ["--trace", "--sweep"]),
    (["--trace", "nowhere.csv"], ["nowhere.csv"]),
    (["--trace", TRACE, "--policies", "lamda"], ["'lamda'", "did you mean 'lambda'"]),
    (["--trace", TRACE, "--scale=-1"], ["--scale", "-1", "above 0"]),
    (["--trace", TRACE, "--minutes", "0"], ["--minutes", "1 or more"]),
    (["--trace", TRACE, "--instances", "c5.lage"], ["'c5.lage'", "did you mean 'c5.large'"]),
    (["--trace", TRACE, "--prices", "lambda/requests=1"], ["lambda,requests", "--prices"]),
    (["--trace", TRACE, "--prices", "lambda/request=cheap"], ["lambda/request=cheap", "SERVICE/ITEM=DOLLARS"]),
    (["--sweep", "--rates", "1,x"], ["--rates", "1,x"]),
    (["--trace", TRACE, "--memory-mb", "64"], ["64", "128 to 10240"]),
])  # fmt: skip
def test_what_is_wrong_is_named_with_the_remedy(arguments, words):
    done = mark("simulate", "--workload", "image", "--slo-ms", "200", *arguments)
    assert done.returncode != 0 and all(word in done.stderr for word in words), done.stderr


def test_a_workload_is_asked_for():
    done = mark("simulate", "--trace", TRACE, "--slo-ms", "200")
    assert done.returncode != 0 and "--model FOLDER" in done.stderr and "0 were given" in done.stderr
    done = mark("simulate", "--trace", TRACE, "--workload", "image", "--latency-ms", "3", "--slo-ms", "200")
    assert done.returncode != 0 and "2 were given" in done.stderr
    done = mark("simulate", "--trace", TRACE, "--workload", "image")
    assert done.returncode != 0 and "--slo-ms" in done.stderr


def test_a_plan_agrees_with_the_reference_models_break_even():
    plan = answer("plan", "--load", 60, "--latency-ms", 20, "--slo-ms", 100, "--instances", "c5.large")
    market = {offer["market"]: offer for offer in plan["offers"]}
    assert market["on-demand"]["break_even"] == pytest.approx(30.4, abs=0.05)
    assert market["on-demand"]["capacity"] == pytest.approx(0.85 * 2 / 0.020)
    assert plan["steady"][0]["offer"] == "c5.large spot" and plan["steady"][-1]["kind"] == "Lambda alone"


def test_a_plan_of_a_trace_takes_its_last_minutes(tiny):
    plan = answer("plan", "--load", tiny, "--latency-ms", 20, "--slo-ms", 100)
    assert plan["rate"] == pytest.approx(25)
    done = mark("plan", "--load", "much", "--latency-ms", 20, "--slo-ms", 100)
    assert done.returncode != 0 and "'much'" in done.stderr and "requests per second" in done.stderr


def test_a_plan_is_a_decision_with_its_reason_and_settles():
    common = ["plan", "--load", 120, "--workload", "image", "--slo-ms", 200, "--instances", "c7g.large"]
    first = answer(*common)["decisions"]
    launches = [decision for decision in first if decision["action"].startswith("launch")]
    assert launches and all("c7g.large, spot" in decision["action"] and decision["reason"] for decision in launches)
    count = sum(int(decision["action"].split()[1]) for decision in launches)
    assert 4 <= count <= 6, "120/s over 28 to 31/s of each"
    settled = answer(*common, "--running", f"{count}:c7g.large:spot")["decisions"]
    assert not [decision for decision in settled if decision["action"].startswith(("launch", "drain"))]
    crowded = answer(*common, "--running", "20:c7g.large:spot")["decisions"]
    assert [decision for decision in crowded if decision["action"].startswith("drain")]
    assert "launch" in mark(*common).stdout.split("Now:")[1]


def test_a_fleet_that_cannot_be_read_is_named():
    done = mark("plan", "--load", 1, "--workload", "image", "--slo-ms", 200, "--running", "c7g.large:2")
    assert done.returncode != 0 and "c7g.large:2" in done.stderr and "2:c7g.large:spot" in done.stderr


def test_a_model_is_served_by_its_own_profiles(tmp_path):
    (tmp_path / "m/1").mkdir(parents=True)
    (tmp_path / "m/1/model.onnx").write_bytes(b"")
    batches = [{"size": 1, "p99_ms": 40}, {"size": 32, "p99_ms": 128}]
    profiles = {
        "c5.large": {"configurations": [{"executors": 2, "threads": 1, "batches": batches}]},
        "g4dn.xlarge": {"configurations": [{"executors": 1, "threads": 1, "batches": [{"size": 1, "p99_ms": 4}, {"size": 32, "p99_ms": 16}]}]},
    }
    (tmp_path / "m/config.json").write_text(json.dumps({"slo": {"latency_ms": 400, "target": 0.99}, "profiles": profiles}))
    plan = answer("plan", "--load", 3000, "--model", tmp_path / "m", "--margin-ms", 0)
    capacity = {offer["type"]: offer["capacity"] for offer in plan["offers"]}
    assert capacity["c5.large"] == pytest.approx(0.85 * 2 * 32 / 0.128, rel=0.03)
    assert capacity["g4dn.xlarge"] == pytest.approx(0.85 * 32 / 0.016, rel=0.03)
    assert capacity["c7g.large"] > capacity["c5.large"]
    assert "GPU" in [cost["kind"] for cost in plan["steady"]]


def test_a_sweep_finds_lambda_at_the_left_and_spot_at_the_right():
    maps = answer("simulate", "--sweep", "--workload", "image", "--slo-ms", 200, "--rates", "0.01,1000", "--latencies", "20,100")
    for row in maps[0]["cells"]:
        assert [cell[0]["kind"] for cell in row] == ["Lambda alone", "spot"]
    assert all(cost["kind"] != "spot" for row in maps[1]["cells"] for cell in row for cost in cell)


# Pages


@pytest.fixture(scope="module")
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1100,1000"]:
        options.add_argument(argument)
    browser, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    assert browser and chromedriver, "no browser: install chromium and chromium-driver, as build-scripts/test.sh does"
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield driver
    driver.quit()


def look(browser, path, scheme="light"):
    """Loads a page; returns what was asked of the network besides it."""
    browser.get_log("performance")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.get(path.as_uri())
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [url for url in urls if not url.startswith(("file:", "data:"))]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "r.html"
    done = mark("simulate", "--trace", TRACE, "--minutes", 300, *WORKLOAD, "--report", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_of_the_report_is_drawn(scheme, page, browser):
    assert look(browser, page, scheme) == []
    for section in SECTIONS:
        size = browser.execute_script("const b = document.getElementById(arguments[0]).getBoundingClientRect(); return [b.width, b.height]", section)
        assert size[0] > 300 and size[1] > 50, section
    drawn = browser.execute_script("return [...document.querySelectorAll('svg')].map(s => s.querySelectorAll('polyline,polygon,rect').length)")
    assert len(drawn) == 10 and all(count > 0 for count in drawn)
    # Nothing is empty, infinite, or outside of its picture.
    assert "NaN" not in browser.page_source and "inf" not in browser.execute_script(
        "return [...document.querySelectorAll('polyline,polygon')].map(e => e.getAttribute('points')).join()"
    )
    overflow = browser.execute_script("""
        return [...document.querySelectorAll('svg text')].filter(t => {
            const [a, b] = [t.getBoundingClientRect(), t.closest('svg').getBoundingClientRect()];
            return a.left < b.left - 1 || a.right > b.right + 1;
        }).map(t => t.textContent)""")
    assert overflow == []


def test_text_can_be_read_on_its_background(page, browser):
    for scheme in ("light", "dark"):
        look(browser, page, scheme)
        colours = browser.execute_script("""
            const rgb = s => s.match(/[\\d.]+/g).slice(0, 3).map(Number);
            return [rgb(getComputedStyle(document.body).color), rgb(getComputedStyle(document.body).backgroundColor),
                    rgb(getComputedStyle(document.querySelector('svg text')).fill)]""")

        def luminance(colour):
            parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

        text, back, label = map(luminance, colours)
        for one in (text, label):
            # Web Content Accessibility Guidelines, 1.4.3.
            assert (max(one, back) + 0.05) / (min(one, back) + 0.05) >= 4.5


def test_the_report_is_used_with_a_keyboard_and_read_aloud(page, browser):
    look(browser, page)
    missing = browser.execute_script("return [...document.querySelectorAll('svg')].filter(s => !s.getAttribute('aria-label')).length")
    assert missing == 0
    assert browser.execute_script("return [...document.querySelectorAll('th')].every(t => t.scope)")
    from selenium.webdriver.common.keys import Keys

    summary = browser.find_element("css selector", "#prices summary")
    summary.send_keys(Keys.ENTER)
    assert browser.find_element("css selector", "#prices details").get_attribute("open")
    targets = browser.execute_script("return [...document.querySelectorAll('nav a')].map(a => a.hash.slice(1))")
    assert targets == SECTIONS


def test_the_report_fits_a_phone(page, browser):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True})
    try:
        look(browser, page)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_map_of_a_sweep_is_drawn(tmp_path, browser):
    done = mark("simulate", "--sweep", "--workload", "language", "--slo-ms", 200, "--report", tmp_path / "s.html")
    assert done.returncode == 0, done.stderr
    assert "L Lambda alone" in done.stdout
    assert look(browser, tmp_path / "s.html") == []
    cells = browser.execute_script("return [...document.querySelectorAll('.cell')].map(c => [c.getBoundingClientRect().width, c.querySelector('title').textContent])")
    assert len(cells) == 2 * 7 * 10 and all(width > 30 and "/s" in title for width, title in cells)

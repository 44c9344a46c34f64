"""The "try it" panel before a real stack: what a visitor does to the models of the template, in Chromium, answered by real environments."""

import json
import time
import urllib.request

import pytest
from backend import MarkProcess
from browser import emulate, open_browser
from runtime_api import ROOT

MODELS = ROOT / "template/models"


@pytest.fixture(scope="module")
def cloud(engine_library, bootstrap_path, tmp_path_factory):
    bundle = tmp_path_factory.mktemp("stack")
    (bundle / "bootstrap").symlink_to(bootstrap_path)
    (bundle / "models").mkdir()
    for name in ("digits", "translator"):
        (bundle / "models" / name).symlink_to(MODELS / name)
    process = MarkProcess("up", engine_library, "--cloud", "--bundle", str(bundle), "--models", str(bundle / "models"))
    yield process
    process.close()


@pytest.fixture(scope="module")
def page(cloud):
    driver = open_browser(1440, 1200)
    emulate(driver, 1440, 1200)
    driver.get(cloud.url)
    wait(driver, lambda: driver.find_elements("css selector", "#try-model option"))
    yield driver
    severe = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    driver.quit()
    assert severe == []


def wait(driver, condition, seconds: float = 40):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, driver.find_element("id", "try").text
        time.sleep(0.05)
    return value


def choose(driver, model: str) -> None:
    script = "const s = document.getElementById('try-model'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))"
    driver.execute_script(script, model)


def answer(driver, beginning: str) -> str:
    return wait(driver, lambda: (text := driver.find_element("id", "answer").text).startswith(beginning) and text)


def test_the_state_names_the_models_and_what_they_take(cloud):
    with urllib.request.urlopen(cloud.url + "/cloud/state") as response:
        models = json.loads(response.read())["models"]
    assert models == [{"name": "digits", "takes": ["drawing", "picture"]}, {"name": "translator", "takes": ["translation"]}]


def test_a_text_is_translated_as_it_is_read(page):
    choose(page, "translator")
    page.find_element("css selector", "#examples button:nth-child(2)").click()
    text = answer(page, "44 pieces")
    assert page.find_element("id", "written").text == "der dritte Mai neunzehnhundertvierundachtzig"
    assert "answered by Lambda in " in text and "; cost $0.0" in text


def test_a_beam_finds_it_as_well(page):
    choose(page, "translator")
    page.execute_script("document.getElementById('beam').value = '4'")
    page.find_element("id", "send").click()
    text = answer(page, "Searched with 4 beams")
    assert page.find_element("id", "written").text == "dreihundertzweiundvierzig"
    assert "answered by Lambda in " in text and "; cost $0.0" in text


def test_what_is_too_long_says_why(page):
    choose(page, "translator")
    page.execute_script("document.getElementById('prompt').value = 'one '.repeat(40)")
    page.find_element("id", "send").click()
    assert "at most 95" in answer(page, "No answer: ")
    assert ["400" in entry["message"] for entry in page.get_log("browser")] == [True]


def test_a_picture_file_is_classified(page):
    choose(page, "digits")
    page.find_element("id", "picture").send_keys(str(MODELS / "digits/samples/7-1.png"))
    text = answer(page, "7, ")
    assert "answered by Lambda in " in text and "; cost $0.0" in text
    assert page.find_element("id", "digit").text == "7"


def test_a_sample_is_classified(page):
    choose(page, "digits")
    page.find_elements("css selector", "#samples button")[3].click()
    assert "answered by Lambda in " in answer(page, "A 3, ")

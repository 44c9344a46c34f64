"""Takes the picture of the dashboard at a moment of the demo's trace; see screenshot.sh."""

import argparse
import base64
import json
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Clients"))
from browser import emulate, open_browser  # noqa: E402

WIDTH = 1440
# What a README may weigh.
BYTES_MAX = 300_000


def wait_for(url: str, what: str, condition, seconds: float):
    """The first state of the cloud that fulfils the condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url + "/cloud/state", timeout=10) as response:
                state = json.loads(response.read())
            if condition(state):
                return state
        except OSError:
            pass
        time.sleep(0.5)
    sys.exit(f"error: {url} has not {what} within {seconds:.0f} s; its own lines say why")


def share(state: dict) -> float:
    demo = state.get("demo") or sys.exit("error: nothing is replayed; start it with `mark up --demo`")
    return demo["elapsed_s"] / demo["length_s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--at", type=float, default=0.7, help="share of the trace that is replayed by then (0.7)")
    parser.add_argument("--scheme", choices=["light", "dark"], default="light")
    parser.add_argument("--output", type=Path, default=ROOT / "template/demo/dashboard.png")
    arguments = parser.parse_args()

    wait_for(arguments.url, "answered", lambda _: True, 120)
    wait_for(arguments.url, f"replayed {arguments.at:.0%} of its trace", lambda state: share(state) >= arguments.at, 1800)
    driver = open_browser(WIDTH, 900)
    try:
        emulate(driver, WIDTH, 900, arguments.scheme, still=True)
        driver.get(arguments.url)
        time.sleep(2)
        driver.find_elements("css selector", "#samples button")[3].click()
        time.sleep(3)
        driver.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
        bottom = driver.execute_script("return document.getElementById('fleet').getBoundingClientRect().bottom + scrollY")
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": round(bottom) + 16, "scale": 1}
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
        data = base64.b64decode(picture["data"])
    finally:
        driver.quit()
    if len(data) > BYTES_MAX:
        sys.exit(f"error: the picture has {len(data)} bytes, more than {BYTES_MAX}; make WIDTH smaller")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(data)
    print(f"wrote {arguments.output} ({len(data)} bytes)")


if __name__ == "__main__":
    main()

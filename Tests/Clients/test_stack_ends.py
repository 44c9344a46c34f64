"""However `mark up --cloud` ends, it leaves no process behind: not its functions', not its instances', not while they boot."""

import signal
import time

import pytest
from stack import Stack, Traffic


def wait_until(condition, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.01)


def launch(stack: Stack, count: int) -> None:
    template = stack.client("ec2").describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    stack.client("ec2").run_instances(
        LaunchTemplate={"LaunchTemplateId": template}, InstanceType="c5.large", MinCount=count, MaxCount=count
    )


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda end: end.name)
@pytest.mark.parametrize("moment", ["boots", "serves"])
def test_no_process_is_left(engine_library, bootstrap_path, tmp_path, moment, end):
    stack = Stack(engine_library, bootstrap_path, tmp_path, "--speed", "20")
    traffic = Traffic(stack.port, 10)
    try:
        launch(stack, 2)
        stack.wait("Lambda answers", lambda _: traffic.replies)
        # Its program has just been started, or is ready.
        wait_until(lambda: any(" serve " in command for command in stack.descendants().values()), 30)
        if moment == "serves":
            stack.wait("instances serve", lambda _: stack.serving(), 30)
        assert len(stack.leftovers()) >= 3
        stack.process.send_signal(end)
        status = stack.process.wait(20)
        assert status == (-end if end == signal.SIGKILL else 0)
        wait_until(lambda: not stack.leftovers(), 5)
    finally:
        traffic.close()
        stack.close()

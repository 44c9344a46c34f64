"""The script that a new instance runs, in a sandbox: its own folders, and stand-ins for the programs that would change the machine."""

import base64
import configparser
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from backend import mark_program
from cloudformation import Stack
from runtime_api import ROOT

# Each writes down how it was called. The test says what they answer by the variables that the script itself does not know.
STUBS = {
    "aws": """
        case "$1" in
            lambda) [ -z "$AWS_FAILS" ] || { echo "An error occurred (AccessDeniedException)" >&2; exit 254; }
                    printf '%s\\thttps://bucket/the-zip?signature=a&b=c\\n' "$ZIP_HASH" ;;
            ec2) [ -z "$CREDITS_FAIL" ] || exit 254 ;;
        esac
    """,
    "curl": """
        for argument in "$@"; do
            case $argument in
                */api/token) [ -z "$METADATA_FAILS" ] || exit 22; echo secret-token; exit ;;
                */meta-data/instance-id) echo i-0123456789abcdef0; exit ;;
                */meta-data/instance-type) echo "$INSTANCE_TYPE"; exit ;;
            esac
        done
        [ -z "$DOWNLOAD_FAILS" ] || { echo "curl: (28) timed out" >&2; exit 28; }
        while [ $# -gt 0 ]; do [ "$1" != --output ] || cp "$ZIP" "$2"; shift; done
    """,
    "systemctl": '[ -z "$START_FAILS" ] || [ "$1" != start ] || exit 1',
    "poweroff": "",
    "shutdown": "",
}


@dataclass
class Machine:
    """An instance after its script has run."""

    root: Path
    code: int
    output: str
    calls: list[str]

    @property
    def is_off(self) -> bool:
        return "poweroff" in self.calls

    def calls_of(self, program: str) -> list[str]:
        return [call for call in self.calls if call.split(" ")[0] == program]


def user_data(**parameters: str) -> str:
    script = Stack(**parameters).resources["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
    return script.replace("${InferenceFunction}", "mark-InferenceFunction-1").replace("${Table}", "mark-Table-1")


@pytest.fixture(scope="module")
def zip_file(tmp_path_factory) -> Path:
    """Packed as the deploy zip is, with a program that says that it runs."""
    folder = tmp_path_factory.mktemp("bundle")
    for name in ("bin/mark", "models/digits/config.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy("/bin/true", folder / "bin" / "mark")
    (folder / "models" / "digits" / "config.json").write_text("{}")
    target = tmp_path_factory.mktemp("zip") / "mark.zip"
    bundle = ROOT / "build-scripts" / "bundle.py"
    subprocess.run([sys.executable, bundle, folder, target], check=True, capture_output=True)
    return target


@pytest.fixture
def boot(tmp_path, zip_file):
    def boot(**answers: str) -> Machine:
        programs, root, log = tmp_path / "programs", tmp_path / "root", tmp_path / "calls"
        programs.mkdir()
        for name, body in STUBS.items():
            stub = programs / name
            stub.write_text(f'#!/bin/bash\necho "{name} $*" | sed "s/ $//" >>{log}\n{body}\n')
            stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
        (root / "etc" / "systemd" / "system").mkdir(parents=True)
        script = user_data()
        for folder in ("/opt/mark", "/etc/systemd"):
            script = script.replace(folder, f"{root}{folder}")
        variables = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ZIP": str(zip_file),
            "ZIP_HASH": base64.b64encode(hashlib.sha256(zip_file.read_bytes()).digest()).decode(),
            "INSTANCE_TYPE": "c7i.large",
        }
        result = subprocess.run(
            ["bash", "-c", script], env=variables | answers, capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        calls = log.read_text().splitlines() if log.exists() else []
        return Machine(root, result.returncode, result.stdout + result.stderr, calls)

    return boot


def unit(machine: Machine) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(machine.root / "etc" / "systemd" / "system" / "mark.service")
    return parser


def test_the_script_is_whole_and_within_ec2s_bound():
    script = user_data()
    assert script.startswith("#!/bin/bash\n")
    assert not re.findall(r"\$\{[A-Z]\w+::?\w*\}|\$\{[A-Z][a-z]\w*\}", script), "something that CloudFormation should have replaced"
    assert len(script.encode()) < 16_384
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_new_instance_serves_what_the_function_serves(boot, zip_file):
    machine = boot()
    assert (machine.code, machine.is_off) == (0, False), machine.output
    asked = machine.calls_of("aws")
    assert asked == [
        "aws lambda get-function --function-name mark-InferenceFunction-1 --qualifier live "
        "--query [Configuration.CodeSha256, Code.Location] --output text"
    ]
    assert machine.calls_of("curl")[-1].endswith("https://bucket/the-zip?signature=a&b=c")
    program = machine.root / "opt" / "mark" / "bin" / "mark"
    assert subprocess.run([program]).returncode == 0
    assert (machine.root / "opt" / "mark" / "models" / "digits" / "config.json").is_file()
    assert not (machine.root / "opt" / "mark" / "mark.zip").exists()
    assert machine.calls_of("systemctl") == ["systemctl daemon-reload", "systemctl start mark.service"]


def test_it_has_ten_minutes(boot):
    calls = boot().calls
    assert calls[0] == "shutdown --poweroff +10"
    assert calls[-1] == "shutdown -c"


@pytest.mark.parametrize("failure", [
    {"METADATA_FAILS": "1"},
    {"AWS_FAILS": "1"},
    {"DOWNLOAD_FAILS": "1"},
    {"ZIP_HASH": base64.b64encode(bytes(32)).decode()},
    {"ZIP_HASH": ""},
    {"ZIP": "/nowhere/mark.zip"},
    {"START_FAILS": "1"},
], ids=lambda failure: "-".join(failure) + ("" if "1" in failure.values() else "-wrong"))
def test_whatever_fails_ends_the_machine(boot, failure):
    machine = boot(**failure)
    assert machine.code != 0
    assert machine.is_off, machine.output
    if "START_FAILS" not in failure:
        assert not machine.calls_of("systemctl")


def test_a_zip_that_is_no_zip_ends_the_machine(boot, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"not a zip")
    digest = base64.b64encode(hashlib.sha256(b"not a zip").digest()).decode()
    assert boot(ZIP=str(broken), ZIP_HASH=digest).is_off


def test_a_wrong_hash_is_said(boot):
    machine = boot(ZIP_HASH=base64.b64encode(bytes(32)).decode())
    assert f"Lambda says {'00' * 32}" in machine.output
    assert not (machine.root / "opt" / "mark" / "bin").exists()


@pytest.mark.parametrize("machine_type, is_burstable", [
    ("t3.medium", True), ("t3a.small", True), ("t4g.large", True), ("t2.micro", True),
    ("c7i.large", False), ("trn1.2xlarge", False), ("m7g.large", False),
])
def test_burstable_instances_and_no_others_keep_to_their_credits(boot, machine_type, is_burstable):
    machine = boot(INSTANCE_TYPE=machine_type)
    asked = [call for call in machine.calls_of("aws") if call.startswith("aws ec2")]
    wanted = (
        "aws ec2 modify-instance-credit-specification "
        "--instance-credit-specifications InstanceId=i-0123456789abcdef0,CpuCredits=standard"
    )
    assert asked == ([wanted] if is_burstable else [])
    assert not machine.is_off


def test_credits_that_stay_unlimited_are_no_reason_to_end(boot):
    machine = boot(INSTANCE_TYPE="t3.medium", CREDITS_FAIL="1")
    assert (machine.code, machine.is_off) == (0, False)
    assert "credits stay unlimited" in machine.output


def test_metadata_is_asked_with_a_token(boot):
    asked = [call for call in boot().calls_of("curl") if "meta-data" in call]
    assert asked and all("X-aws-ec2-metadata-token: secret-token" in call for call in asked)


def test_the_service_ends_the_machine_when_it_ends_for_good(boot):
    machine = boot()
    service = unit(machine)
    # 0 is drained, 75 not needed: both are a success, which is not restarted; anything else is, until it will not stay up.
    assert service["Unit"]["SuccessAction"] == service["Unit"]["StartLimitAction"] == "poweroff"
    assert service["Service"]["SuccessExitStatus"] == "75"
    assert service["Service"]["Restart"] == "on-failure"
    assert (service["Unit"]["StartLimitBurst"], service["Unit"]["StartLimitIntervalSec"]) == ("5", "600")


def test_the_service_runs_mark_without_privileges(boot):
    machine = boot()
    service = unit(machine)["Service"]
    assert service["ExecStart"] == (
        f"{machine.root}/opt/mark/bin/mark serve --models {machine.root}/opt/mark/models --host :: --port 8443 "
        "--register mark-Table-1 --tls-self-made"
    )
    assert service["Environment"] == "AWS_REGION=eu-central-1"
    assert (service["DynamicUser"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "yes", "strict")


@pytest.mark.skipif(not (ROOT / "Sources" / "Fleet" / "Membership.swift").exists(), reason="mark serve is no member of a fleet yet")
def test_the_service_gives_mark_options_that_it_knows(boot):
    command = unit(boot())["Service"]["ExecStart"].split()
    known = subprocess.run([mark_program(), command[1], "--help"], capture_output=True, text=True, check=True).stdout
    options = [word for word in command if word.startswith("--")]
    assert len(options) == 5
    for option in options:
        assert re.search(rf"{option}\b", known), f"mark serve has no {option}"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_service(boot):
    machine = boot()
    file = machine.root / "etc" / "systemd" / "system" / "mark.service"
    checked = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True)
    assert "mark.service" not in checked.stderr, checked.stderr


def test_nothing_secret_is_in_it():
    script = user_data().lower()
    assert not any(word in script for word in ("secret", "password", "aws_access_key", "mark_token"))

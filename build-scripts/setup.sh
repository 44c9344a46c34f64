#!/usr/bin/env bash
# Installs what a build needs and is missing: system packages by apt, ONNX Runtime from its wheel (unpacked, never imported).
# Quiet when nothing is to do. Other scripts source it for the paths it sets; it changes to the project's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

arch=$(uname -m)
onnxruntime_version=1.28.0
# The last version without telemetry; the cp311 wheels for x86_64 and aarch64.
declare -A onnxruntime_sha256=(
    [x86_64]=a166b78ee04f3a37fa1ef82034b6a3ce96d9684e582d4d30b296de83e9998bb5
    [aarch64]=8d66f9ceb29909c70839e4e4fb3435c7b490050d8f162bd5f3aba4ca01ee517f
)
dependencies=$PWD/.dependencies
onnxruntime=$dependencies/onnxruntime/$onnxruntime_version/$arch
export MARK_ONNXRUNTIME=${MARK_ONNXRUNTIME:-$onnxruntime/lib/libonnxruntime.so.1}

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Names the packages of "$@" that dpkg does not have.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

install_packages() {
    local missing sudo=""
    command -v dpkg-query >/dev/null || fail "these scripts know Debian and Ubuntu; elsewhere install: $*"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || sudo=sudo
    say "installing $(echo $missing)"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

install_onnxruntime() (
    [ -s "$onnxruntime/lib/libonnxruntime.so.1" ] && exit 0
    local sha256=${onnxruntime_sha256[$arch]:-}
    [ -n "$sha256" ] || fail "no ONNX Runtime wheel is pinned for $arch; x86_64 and aarch64 are known"
    python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
    say "fetching ONNX Runtime $onnxruntime_version for $arch"
    local work
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    echo "onnxruntime==$onnxruntime_version --hash=sha256:$sha256" > "$work/requirements.txt"
    python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: \
        --implementation cp --python-version 3.11 \
        --platform "manylinux_2_28_$arch" --platform "manylinux_2_27_$arch" \
        --dest "$work" --requirement "$work/requirements.txt"
    python3 - "$work" "$onnxruntime" <<'PYTHON'
import glob, pathlib, sys, zipfile
work, target = sys.argv[1], pathlib.Path(sys.argv[2])
(target / "lib").mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(glob.glob(f"{work}/*.whl")[0]) as wheel:
    library = next(n for n in wheel.namelist() if n.startswith("onnxruntime/capi/libonnxruntime.so."))
    licences = [wheel.read(f"onnxruntime/{n}") for n in ("LICENSE", "ThirdPartyNotices.txt")]
    (target / "ONNXRUNTIME-LICENSES.txt").write_bytes(b"\n".join(licences))
    partial = target / "lib" / "partial"
    partial.write_bytes(wheel.read(library))
    partial.chmod(0o755)
    partial.rename(target / "lib" / "libonnxruntime.so.1")  # SONAME; a cut download leaves no half a library
PYTHON
)

# A virtual environment at $1 with the packages of Tests/Clients/$2.
install_environment() {
    local environment=$1 requirements=Tests/Clients/$2
    cmp -s "$requirements" "$environment/requirements.txt" && return 0
    python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
    say "installing what $requirements names"
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$environment/requirements.txt"
}

# The clients and checkers that the tests use.
install_clients() {
    clients=$dependencies/clients
    install_environment "$clients" requirements.txt
}

# Builds a product for release with Swift's libraries inside. Quiet when nothing is to do; else one line of progress on a terminal,
# and everything that was said when it fails.
build() {
    local log terminal=0
    log=$(mktemp)
    [ -t 2 ] && terminal=1
    swift build --configuration release --static-swift-stdlib --product "$1" 2>&1 | tee "$log" \
        | awk -v product="$1" -v terminal="$terminal" '
            !/plugin/ && /Fetching|Creating working|Compiling|Emitting|Linking/ {
                if (!started++) print "\033[1m==>\033[0m building " product
                if (terminal) { printf "\r\033[K%s", substr($0, 1, 100); fflush() }
            }
            END { if (started && terminal) printf "\r\033[K" }' >&2 \
        || { cat "$log" >&2; fail "swift build --product $1 failed"; }
    rm -f "$log"
}

# Prints a folder that looks like the unpacked deploy zip, made of links to what was built in $1.
assemble() {
    local bundle=$PWD/.build/bundle
    mkdir -p "$bundle"
    ln -sfn "$1/bootstrap" "$bundle/bootstrap"
    ln -sfn "$onnxruntime/lib" "$bundle/lib"
    ln -sfn "$PWD/template/models" "$bundle/models"
    echo "$bundle"
}

# Waits until the server at $1 answers; gives up when the process $2 ends, or after a minute.
wait_until_live() {
    local attempt
    for attempt in $(seq 600); do
        kill -0 "$2" 2>/dev/null || fail "the local Lambda ended; its last lines say why"
        python3 -c "import urllib.request as u; u.urlopen('$1/v2/health/live', timeout=5)" 2>/dev/null && return 0
        sleep 0.1
    done
    fail "no answer from $1 within a minute"
}

command -v swift >/dev/null || fail "swift 6.2 or newer is needed: https://www.swift.org/install/linux"
install_packages libcurl4-openssl-dev libspng-dev libturbojpeg0-dev zlib1g-dev python3
install_onnxruntime

#!/usr/bin/env bash
# Makes the README's picture of the dashboard, template/demo/dashboard.png, from a real run of `mark up --demo`. Takes about three minutes.
#
# Arguments go to screenshot.py: --at SHARE of the trace at which the picture is taken, --scheme dark, --output FILE.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
install_packages chromium chromium-driver
install_clients
build bootstrap
build mark
programs=$(swift build --configuration release --show-bin-path)
port=${MARK_PORT:-8099}

"$programs/mark" up --demo --port "$port" >&2 &
server=$!
trap 'kill -TERM $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
"$clients/bin/python" build-scripts/screenshot.py "http://127.0.0.1:$port" "$@"

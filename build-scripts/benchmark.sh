#!/usr/bin/env bash
# Measures start, turns, parsing and engine calls against floors of the same run. Takes ten seconds once it is built.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
build bootstrap
build benchmark
exec "$(swift build --configuration release --show-bin-path)/benchmark" "$@"

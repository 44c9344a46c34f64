#!/usr/bin/env bash
# Re-runs the paper's evaluation in simulation: three services, recorded loads, objectives of 100, 200 and 500 ms at 98 %, every policy.
# Writes .build/evaluation/evaluation.md, index.html beside it, and a page for each cell. Takes about ten minutes on two cores.
#
# --wc98 FILE adds the World Cup 1998 trace, which is for non-commercial use and therefore not here. --quick takes one trace, for four hours.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
build mark
MARK_PROGRAM=$(swift build --configuration release --show-bin-path)/mark python3 build-scripts/evaluate.py "$@"

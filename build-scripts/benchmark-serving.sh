#!/usr/bin/env bash
# Measures the backend against the engine's limit, with an LSTM, a MobileNetV2 and the starter model. Takes five minutes once it is built.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
install_clients
build mark
models=.build/benchmark-models
"$clients/bin/python" build-scripts/make-benchmark-models.py "$models"
exec "$clients/bin/python" build-scripts/benchmark-serving.py --mark "$(swift build --configuration release --show-bin-path)/mark" \
    --models "$models" "$@"

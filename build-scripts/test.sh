#!/usr/bin/env bash
# Sets up what is missing and passes all tests: the Swift ones, then those with clients and checkers from PyPI against real processes.
#
# MARK_SLOW=1 takes the long versions of the long tests.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
[ $# = 0 ] || fail "unknown argument $1; this script takes none"

say "Swift tests"
swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build --disable-xctest

install_packages binutils chromium chromium-driver curl openssl unzip
install_clients
install_environment "$dependencies/aws-cli" aws-cli-requirements.txt
build bootstrap
build mark
programs=$(swift build --configuration release --show-bin-path)
say "tests with Python clients"
MARK_BOOTSTRAP=$programs/bootstrap MARK_PROGRAM=$programs/mark "$clients/bin/python" -m pytest -q --durations 5 Tests/Clients

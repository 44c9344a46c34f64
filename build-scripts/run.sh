#!/usr/bin/env bash
# Sets up what is missing, builds, starts the local Lambda, and asks it about a picture, for a text and for a translation.
#
#   build-scripts/run.sh          keeps serving until Ctrl-C
#   build-scripts/run.sh --demo   shows the whole system instead: a small AWS on this machine, with a day of load in two minutes
#   build-scripts/run.sh --once   ends after the answers; with --demo after the day
#
# MARK_PORT chooses another port than 8080.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

once=false demo=false
for argument in "$@"; do
    case $argument in
        --once) once=true ;;
        --demo) demo=true ;;
        *) fail "unknown argument $argument; known are --demo and --once" ;;
    esac
done
port=${MARK_PORT:-8080}
url=http://127.0.0.1:$port
sample=template/models/digits/samples/7-1.png

build bootstrap
build mark
programs=$(swift build --configuration release --show-bin-path)

if $demo; then
    say "the page to watch: $url/"
    options=()
    $once && options+=(--once)
    exec "$programs/mark" up --demo --port "$port" "${options[@]}"
fi

"$programs/mark" up --port "$port" --bundle "$(assemble "$programs")" &
server=$!
trap 'kill -TERM $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
wait_until_live "$url" $server

ask() {
    say "mark invoke $*"
    "$programs/mark" invoke "$@" --url "$url"
}
ask digits "$sample"
ask scripture --text "In the beginning" --max-tokens 100 --temperature 0.7 --seed 1
ask translator --text "the third of May, nineteen eighty-four"
cat <<TEXT

The function answers at $url. Try:
  $programs/mark invoke digits template/models/digits/samples/*.png --top 1
  curl $url/v2/models/digits
  curl $url/v2/models/digits/infer -d @template/models/digits/samples/request.json -H 'content-type: application/json'
  build-scripts/run.sh --demo
TEXT
$once || wait $server

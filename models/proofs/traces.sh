#!/bin/sh
# Replays recorded traces: coqc must accept every .v file of a folder. What such a file says is in
# Replay.v, GroupReplay.v and README.md; whether its traces are to be explained or to be refused is
# part of it.
set -eu
folder=$(cd "${1:?usage: traces.sh folder}" && pwd)
cd "$(dirname "$0")"
make --silent Replay.vo GroupReplay.vo

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
set -- "$folder"/*.v
[ -e "$1" ] || { echo "no .v file in $folder" >&2; exit 1; }
cp "$@" "$scratch/"
# A file counts as accepted by what coqc leaves behind, so one that was never looked at is refused.
for file; do echo "$(basename "$file" .v)"; done |
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh -c \
        'coqc -q -Q . SentinelQueue "$0/$1.v" >"$0/$1.log" 2>&1 && : >"$0/$1.accepted"' "$scratch" || true

failed=0
for file; do
    log=$scratch/$(basename "$file" .v)
    if [ ! -e "$log.accepted" ]; then
        failed=$((failed + 1))
        echo "$(basename "$file"): not accepted"
        cat "$log.log"
    fi
done
echo "traces: $# files, $(($# - failed)) accepted"
[ $failed -eq 0 ]

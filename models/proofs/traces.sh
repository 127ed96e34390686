#!/bin/sh
# Replays recorded traces: coqc must accept every .v file of a folder. What such a file says is in
# Replay.v and README.md; whether its traces are to be explained or to be refused is part of it.
set -eu
folder=$(cd "${1:?usage: traces.sh folder}" && pwd)
cd "$(dirname "$0")"
make --silent Replay.vo

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
files=0
failed=0
for file in "$folder"/*.v; do
    [ -e "$file" ] || { echo "no .v file in $folder" >&2; exit 1; }
    files=$((files + 1))
    cp "$file" "$scratch/"
    if ! coqc -q -Q . SentinelQueue "$scratch/$(basename "$file")" >"$scratch/log" 2>&1; then
        failed=$((failed + 1))
        echo "$(basename "$file"): not accepted"
        cat "$scratch/log"
    fi
done
echo "traces: $files files, $((files - failed)) accepted"
[ $failed -eq 0 ]

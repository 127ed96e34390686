#!/bin/sh
# Compares the transcription of core/src/state.rs and buffer.rs (State.v) with the code: Coq computes
# the table of StateTable.v, over all sequences of so many operations, and it has to be the one that
# a test of the code computes (core/src/state/table.rs, table.txt). `state.sh --write` replaces the
# table by what Coq computes; the test then says whether the code agrees. TABLE is another table.
set -eu
cd "$(dirname "$0")"
table=${TABLE:-../../core/src/state/table.txt}

command -v coqc >/dev/null || {
    echo "state.sh: SKIPPED, NOT COMPARED: coqc is missing: apt-get install coq" >&2
    exit 2
}
make --silent StateTable.vo

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/Table.v" <<'END'
From Coq Require Import List NArith.
From SentinelQueue Require Import StateTable.
Import ListNotations.
Set Printing Width 10000.
Eval vm_compute in table.
END
coqc -q -Q . SentinelQueue "$scratch/Table.v" >"$scratch/printed"
# One row a line, digests in decimal and nothing else.
tr -d '\n' <"$scratch/printed" | sed 's/: list.*//; s/%N//g; s/\];* *\[*/\n/g' | tr -c '0-9\n' ' ' |
    sed 's/  */ /g; s/^ //; s/ $//' | grep '[0-9]' >"$scratch/table"
if [ "${1:-}" = --write ]; then
    cp "$scratch/table" "$table"
fi
if ! diff "$scratch/table" "$table" >"$scratch/difference"; then
    echo "state.sh: the transcription (<) does not compute the table of the code (>)" >&2
    cat "$scratch/difference" >&2
    exit 1
fi
echo "state: $(wc -l <"$table") rows, $(wc -w <"$table") digests, computed by Coq as in table.txt"

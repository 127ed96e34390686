#!/bin/sh
# Builds the whole proof, fails unless every headline theorem is free of assumptions, compares the
# transcription of the code's state with the code (state.sh), and then has the independent checker go
# over all compiled files. Run it from anywhere.
set -eu
cd "$(dirname "$0")"

coqc --version | head -n 1
summary=$(./assumptions.sh)
while read -r file name; do echo "  $file.$name: closed under the global context"; done <headlines.txt
compared=$(./state.sh)
echo "  $compared"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
modules=$(ls ./*.v | sed 's|^\./\(.*\)\.v$|SentinelQueue.\1|')
coqchk -silent -o -Q . SentinelQueue $modules >"$scratch/coqchk" 2>&1 ||
    { cat "$scratch/coqchk" >&2; exit 1; }
if ! grep -A1 '^\* Axioms:' "$scratch/coqchk" | tr -d '\n ' | grep -q '^\*Axioms:<none>'; then
    cat "$scratch/coqchk" >&2
    echo "FAILED: coqchk reports axioms" >&2
    exit 1
fi
grep '^\*' "$scratch/coqchk" | sed 's/^/  coqchk /'
echo "$summary, coqchk agrees"

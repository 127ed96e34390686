#!/bin/sh
# Builds the proof, asks Coq what every theorem of headlines.txt assumes, and fails unless that is
# nothing. It fails as well if a theorem that is named after a claim is missing in that list, or if a proof
# anywhere is left open. Cheap enough to run always; check.sh adds the independent checker.
set -eu
cd "$(dirname "$0")"

fail() {
    echo "assumptions.sh: $1" >&2
    exit 1
}

command -v coqc >/dev/null || { echo "coqc is missing: apt-get install coq" >&2; exit 2; }
make --silent -j2 all

if grep -nE '\b(Admitted|admit|Axioms?|Parameters?|Conjecture|Unset Guard|bypass_check)\b' ./*.v >&2; then
    fail "a proof is left open, or something is assumed"
fi
sed -nE 's/^Theorem (C[0-9]+_[A-Za-z0-9_]*).*/\1/p' ./*.v | while read -r name; do
    grep -q " $name\$" headlines.txt || fail "$name is not in headlines.txt"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# One question for all of them; each by itself only if the answer is not the right one.
ask() {
    coqc -q -Q . SentinelQueue "$scratch/$1.v" 2>&1
}
{
    echo "From SentinelQueue Require $(cut -d ' ' -f 1 headlines.txt | sort -u | tr '\n' ' ')."
    echo "Definition headlines := ("
    sed 's/\(.*\) \(.*\)/  @\1.\2,/' headlines.txt
    echo "  I). Print Assumptions headlines."
} >"$scratch/All.v"
expected=$(wc -l <headlines.txt)
answer=$(ask All) || { echo "$answer" >&2; fail "a headline theorem cannot be found"; }
if [ "$answer" != "Closed under the global context" ]; then
    while read -r file name; do
        echo "From SentinelQueue Require $file. Print Assumptions $file.$name." >"$scratch/One.v"
        answer=$(ask One)
        [ "$answer" = "Closed under the global context" ] || echo "$file.$name: $answer" >&2
    done <headlines.txt
    fail "not all of $expected headline theorems are closed under the global context"
fi
echo "proof: $expected headline theorems, axioms: none," \
    "$(cat ./*.v | grep -cE '^ *(Theorem|Lemma) ') theorems and lemmas in $(cat ./*.v | wc -l) lines"

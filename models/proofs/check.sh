#!/bin/sh
# Builds the whole proof, prints what every headline theorem assumes, and fails unless that is nothing;
# then has the independent checker go over all compiled files, unless --without-coqchk is given.
# Run it from anywhere.
set -eu
cd "$(dirname "$0")"
started=$(date +%s)

headlines="C1_conservation C1_exactly_once C2_sentinels C3_order C4_capacity C5_close
C6_no_lost_wakeup C6_quiescent C7_no_hang C7_bounded C7_fair C9_timeouts C11_completion pool_correct
rest_is_reached fair_exists pool_inhabited stepf_sound stepf_complete runf_sound replay_sound
lock_refines lock_rests
C8_no_false_alarm C8_no_miss C8_every_marked_wakes C8_marked_returns C8_no_deadlock_at_rest
C7_no_participant_left receiver_is_marked_joiner_is_not joiners_are_marked rest_is_reached_in_a_group
C6_covers deadlock_means C7_quiet_steps_end C7_endless_only_by_operations"

command -v coqc >/dev/null || { echo "coqc is missing: apt-get install coq" >&2; exit 2; }
coqc --version | head -n 1
make --silent all
echo "built in $(($(date +%s) - started)) s"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
{
    echo "From SentinelQueue Require Import Claims Exec Witness Trace Lock."
    echo "From SentinelQueue Require Import GroupClaims GroupRest GroupTermination GroupWitness GroupQueues."
    for name in $headlines; do echo "Print Assumptions $name."; done
} >"$scratch/Assumptions.v"
coqc -q -Q . SentinelQueue "$scratch/Assumptions.v" >"$scratch/assumptions" 2>&1 ||
    { cat "$scratch/assumptions" >&2; exit 1; }

expected=$(echo $headlines | wc -w)
closed=$(grep -c '^Closed under the global context$' "$scratch/assumptions" || true)
lines=$(wc -l <"$scratch/assumptions")
if [ "$closed" -ne "$expected" ] || [ "$lines" -ne "$expected" ]; then
    cat "$scratch/assumptions" >&2
    echo "FAILED: $closed of $expected headline theorems are closed under the global context" >&2
    exit 1
fi
for name in $headlines; do echo "  $name: closed under the global context"; done

if [ "${1-}" = --without-coqchk ]; then
    echo "proof: $expected headline theorems, axioms: none, $(($(date +%s) - started)) s"
    exit 0
fi

modules=$(ls ./*.v | sed 's|^\./\(.*\)\.v$|SentinelQueue.\1|')
coqchk -silent -o -Q . SentinelQueue $modules >"$scratch/coqchk" 2>&1 ||
    { cat "$scratch/coqchk" >&2; exit 1; }
if ! grep -A1 '^\* Axioms:' "$scratch/coqchk" | tr -d '\n ' | grep -q '^\*Axioms:<none>'; then
    cat "$scratch/coqchk" >&2
    echo "FAILED: coqchk reports axioms" >&2
    exit 1
fi
grep '^\*' "$scratch/coqchk" | sed 's/^/  coqchk /'
echo "proof: $expected headline theorems, axioms: none, $(($(date +%s) - started)) s"

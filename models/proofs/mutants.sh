#!/bin/bash
# The proof's own test: each mutant is a plausible bug put into Model.v, Flush.v, Grace.v, Groups.v, GroupProduct.v,
# State.v, or the replay of groups (GroupStep.v, GroupRecord.v), and it must be refused by a theorem with a name. Either
# Search.v, which computes Model.v, finds an execution of the mutant that is a counterexample to a claim,
# which then no script can prove; or the proof of the theorem that the mutant names is the first to fail.
# That some file does not compile any more is not enough. The controls change nothing that matters and
# must survive. A pattern that does not occur exactly once is an error, so that no mutant can rot.
# A bug that is seeded into the code or the Rust model, too, has the same name there, after the claim;
# `verification/KILLS.md` has all of them. As many run at once as there are cores. What refuses each is kept in
# mutants.txt; `mutants.sh WORD` runs only those whose name contains WORD, and keeps what refuses these.
set -u
cd "$(dirname "$0")"
only=${1:-}
model=Model.v
started=$(date +%s)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
cores=$(nproc)
cat >"$scratch/Found.v" <<'END'
From Coq Require Import String.
From SentinelQueue Require Import Search.
Open Scope string_scope.
Set Printing Width 10000.
Eval vm_compute in match first_found with
  | Some (n, name, path) => Some (name, List.length path, n) | None => None end.
END

# Prints what became of a mutant, and keeps it in the order of this file.
report() {
    printf '%-72s %s\n' "$1" "$2"
    printf '%s\t%s\n' "$1" "$2" >"$folder.result"
}

# Runs a command in a folder of its own, beside at most as many others as there are cores.
beside() {
    while [ "$(jobs -rp | wc -l)" -ge "$cores" ]; do wait -n; done
    number=$((number + 1))
    folder=$scratch/$(printf '%04d' "$number")
    { "$@"; rm -rf "$folder"; } &
}

# The statement in whose proof the first error is: file.theorem.
failing() {
    local place file line
    place=$(grep -m 1 -o 'File "[^"]*", line [0-9]*' "$1" | sed 's|File "./||; s|", line |:|')
    file=${place%%:*} line=${place##*:}
    [ -n "$place" ] || return
    head -n "$line" "$2/$file" | sed -nE \
        "s/^(Theorem|Lemma|Example|Definition|Fixpoint|Goal) ?([A-Za-z0-9_']*).*/${file%.v}.\\2/p" | tail -n 1
}

# Puts what replaces a pattern into a copy of the proof.
seeded() {
    mkdir "$folder"
    # With what is compiled and its times, so that only what depends on the model is built again.
    cp -p ./*.v ./*.vo Makefile state.sh "$folder" 2>/dev/null || cp ./*.v Makefile state.sh "$folder"
    cp "$scratch/Found.v" "$folder"
    OLD=$2 NEW=$3 perl -0777 -pi -e '
        my $count = () = /\Q$ENV{OLD}\E/g;
        $count == 1 or die "the pattern occurs $count times\n";
        s/\Q$ENV{OLD}\E/$ENV{NEW}/;' "$folder/$model" 2>"$folder/error" && return
    report "$1" "BROKEN: $(head -n 1 "$folder/error")"
    return 1
}

# name, what is replaced, by what, and the theorem that fails if no execution can be computed
try_mutant() {
    local found= theorem
    seeded "$@" || return
    if ! make --silent -C "$folder" Search.vo "${model}o" >"$folder/log" 2>&1; then
        report "$1" "BROKEN: no model any more"
        return
    fi
    # Search.v computes what Model.v says, and nothing of the other files.
    [ "$model" != Model.v ] || found=$(cd "$folder" && ulimit -t 120 && coqc -q -Q . SentinelQueue Found.v 2>&1 |
        sed -nE 's/^ *= Some \("([A-Za-z0-9_]*)"[^,]*, ([0-9]*)[^,]*, [0-9]*.*/\1 by \2/p')
    if [ -n "$found" ]; then
        report "$1" "refuted: $found choices"
        return
    fi
    if make --silent -C "$folder" all >"$folder/log" 2>&1; then
        report "$1" "SURVIVED"
        return
    fi
    theorem=$(failing "$folder/log" "$folder")
    if [ -n "${4:-}" ] && [ "$theorem" = "$4" ]; then
        report "$1" "refused: the proof of $theorem"
    else
        report "$1" "BROKEN: the proof of ${theorem:-nothing} fails, expected: ${4:-a counterexample}"
    fi
}

mutant() {
    case $1 in *"$only"*) beside try_mutant "$@" ;; esac
}

# A control runs always.
control() {
    beside try_mutant "control: $1" "$2" "$3"
}

try_difference() {
    seeded "$@" || return
    if ! make --silent -C "$folder" StateSections.vo StateTable.vo >"$folder/log" 2>&1; then
        report "$1" "BROKEN: the proof of $(failing "$folder/log" "$folder") fails, expected: state.sh"
    elif TABLE=$PWD/../../core/src/state/table.txt "$folder/state.sh" >"$folder/log" 2>&1; then
        report "$1" "SURVIVED"
    else
        report "$1" "refused: $(head -n 1 "$folder/log")"
    fi
}

# A difference of State.v from the code that no theorem can see: the comparison has to refuse it.
difference() {
    case $1 in *"$only"*) beside try_difference "$@" ;; esac
}

# ----- C4, C1, C3: what goes in ------------------------------------------------------------------
mutant "C4 send ignores the capacity" \
    "| Some c => min (length batch) (c - items sh)" "| Some c => length batch"
mutant "C4 room for one too many" \
    "min (length batch) (c - items sh)" "min (length batch) (S c - items sh)"
mutant "C4 sentinels wait for room" \
    "Acts (push (repeat Sentinel n) sh) [] hd [PushSentinels n]." \
    "match capacity with Some c => if c <=? items sh then Blocks NotFull else
     Acts (push (repeat Sentinel n) sh) [] hd [PushSentinels n] | None => NoSection end."
mutant "C3 last in, first out" "Shared (queue sh ++ l)" "Shared (l ++ queue sh)"
mutant "C1 what is sent is not queued" "Shared (queue sh ++ l)" "Shared (queue sh)"
mutant "C1 a refused item is not handed back" "(returned sh ++ l)." "(returned sh)."
mutant "C1 send_many sends the whole batch again" "[Send d rest]" "[Send d batch]"
mutant "C1 send_many forgets what did not fit" \
    "(if length rest =? 0 then [] else [Send d rest])" "[]"
mutant "C1 force_send forgets the new item" \
    "Acts (push [Item a] sh') [] hd [Evict; Push 1]" "Acts sh' [] hd [Evict; Push 1]"
mutant "C1 an eviction removes the sentinel before it" "Some (a, Sentinel :: l')" "Some (a, l')"
mutant "C5 a closed queue accepts" \
    "if closed sh then Acts (hand_back batch sh) [] hd [Refuse NotFull true] else" ""
mutant "C5 sentinels are accepted on a closed queue" \
    "if closed sh then Acts sh [] hd [Refuse NotFull true] else
  Acts (push (repeat Sentinel n) sh)" "Acts (push (repeat Sentinel n) sh)"

# ----- C1, C2, C3: what comes out ----------------------------------------------------------------
mutant "C1 receive leaves the item in the queue" "Shared (skipn k (queue sh))" "Shared (queue sh)"
mutant "C1 receive drops one item too many" "Shared (skipn k (queue sh))" "Shared (skipn (S k) (queue sh))"
mutant "C2 a worker survives its sentinel" \
    "| Sentinel :: _ => Acts (take i 1 0 sh) [] hd" "| Sentinel :: _ => Acts (take i 1 0 sh) again hd"
mutant "C2 recv_many crosses a sentinel" "min limit (leading (queue sh))" "min limit (length (queue sh))"
mutant "C1 a drain loses what it takes" \
    "(removed sh ++ tag Drained i (queue sh)) (returned sh)." "(removed sh) (returned sh)."
mutant "C5 close_now leaves the queue open" \
    "| CloseQueueNow => Acts (drain i (close sh))" "| CloseQueueNow => Acts (drain i sh)"
mutant "C7 a receiver waits on a closed queue" \
    "if closed sh then Acts sh [] hd [Refuse NotEmpty true] else" ""
mutant "C5 closed wins over ready" \
    "  match queue sh with
  | Sentinel :: _" "  match (if closed sh then [] else queue sh) with
  | Sentinel :: _"
mutant "C1 a worker leaves after one item" \
    "if tasks then [Drop TaskGuard; Work tasks] else [Work tasks]" \
    "if tasks then [Drop TaskGuard] else []" \
    Pool.acts_worker

# ----- responses ---------------------------------------------------------------------------------
mutant "C3 a batch goes in reversed" \
    "push (map Item (firstn k batch)) sh" "push (map Item (rev (firstn k batch))) sh"
mutant "C5 dropping any receiver closes" \
    "| ReceiverHandle, S _ => Acts sh' []" "| ReceiverHandle, S _ => Acts (close sh') []"
mutant "C5 dropping any receiver closes, and says so" \
    "| ReceiverHandle, S _ => Acts sh' [] hd' [DropReceiver]" \
    "| ReceiverHandle, S _ => Acts (close sh') [] hd' (DropReceiver :: closes)"
mutant "C5 a full try_send reports closed" \
    "or_wait d NotFull (Acts (hand_back batch sh) [] hd [Refuse NotFull false])" \
    "or_wait d NotFull (Acts (hand_back batch sh) [] hd [Refuse NotFull true])"
mutant "C9 a try_recv that finds nothing closes" \
    "or_wait d NotEmpty (Acts sh [] hd [Refuse NotEmpty false])" \
    "or_wait d NotEmpty (Acts (close sh) [] hd [Refuse NotEmpty false])"
mutant "C2 a sentinel is reported as an item" \
    "Acts (take i 1 0 sh) [] hd [TakeSentinel]" "Acts (take i 1 0 sh) [] hd [Take 1 false]"
mutant "C5 an empty try_recv reports closed" \
    "or_wait d NotEmpty (Acts sh [] hd [Refuse NotEmpty false])" \
    "or_wait d NotEmpty (Acts sh [] hd [Refuse NotEmpty true])"
mutant "C5 dropping any sender closes" \
    "| SenderHandle, S _ => Acts sh' []" "| SenderHandle, S _ => Acts (close sh') []"
mutant "C5 the last handle closes and does not say so" \
    "let closes := if closed sh then [] else [Close] in" "let closes := @nil event in"
mutant "C5 close drains" \
    "| CloseQueue => Acts (close sh) []" "| CloseQueue => Acts (drain i (close sh)) []"
mutant "C3 send_many begins with the last items" \
    "let rest := skipn k batch in
  Acts (push (map Item (firstn k batch)) sh)" \
    "let rest := firstn (length batch - k) batch in
  Acts (push (map Item (skipn (length batch - k) batch)) sh)"
mutant "C3 an eviction takes the newest" \
    "| Item a :: l => Some (a, l)" \
    "| Item a :: l =>
      match split_oldest l with Some (b, l') => Some (b, Item a :: l') | None => Some (a, l) end"
mutant "C1 an evicted item counts as received" "tag Evicted i [Item a]" "tag Received i [Item a]"
mutant "C1 force_send on a closed queue swallows its item" \
    "if closed sh then Acts (hand_back [a] sh) [] hd [Refuse NotFull true] else
  if 0 <? fit sh [a]" "if closed sh then Acts sh [] hd [Refuse NotFull true] else
  if 0 <? fit sh [a]"
mutant "C2 a sentinel stays where it is" \
    "Acts (take i 1 0 sh) [] hd [TakeSentinel]" "Acts (take i 0 0 sh) [] hd [TakeSentinel]"
mutant "C11 a sentinel is a task" \
    "Acts (take i 1 0 sh) [] hd [TakeSentinel]" \
    "Acts (take i 1 (if tasks then 1 else 0) sh) [] hd [TakeSentinel]"

# ----- sentinels in front ------------------------------------------------------------------------
mutant "C3 sentinels in front stand behind" \
    "Shared (repeat Sentinel n ++ queue sh)" "Shared (queue sh ++ repeat Sentinel n)"
mutant "C3 sentinels in front are put behind the first item" \
    "Shared (repeat Sentinel n ++ queue sh)" \
    "Shared (firstn 1 (queue sh) ++ repeat Sentinel n ++ skipn 1 (queue sh))"
mutant "C2 of the sentinels in front one is lost" \
    "Shared (repeat Sentinel n ++ queue sh)" "Shared (repeat Sentinel (n - 1) ++ queue sh)"
mutant "C5 sentinels in front are accepted on a closed queue" \
    "if closed sh then Acts sh [] hd [Refuse NotFull true] else
  Acts (push_front n sh)" "Acts (push_front n sh)"

# ----- drain -------------------------------------------------------------------------------------
mutant "C2 drain takes the sentinels, too" \
    "Shared (repeat Sentinel (sentinels_in (queue sh))) (closed sh)" "Shared [] (closed sh)"
mutant "C1 a drain that does not close loses an item" \
    "(removed sh ++ tag Drained i (map Item (items_of (queue sh)))) (returned sh)." \
    "(removed sh ++ tag Drained i (map Item (tl (items_of (queue sh))))) (returned sh)."
mutant "C5 a drain closes" \
    "Shared (repeat Sentinel (sentinels_in (queue sh))) (closed sh)" \
    "Shared (repeat Sentinel (sentinels_in (queue sh))) true"
mutant "C3 a drain reverses the items" \
    "(removed sh ++ tag Drained i (map Item (items_of (queue sh)))) (returned sh)." \
    "(removed sh ++ tag Drained i (map Item (rev (items_of (queue sh))))) (returned sh)."

# ----- leaving when idle -------------------------------------------------------------------------
mutant "C5 the last receiver leaves an open queue" \
    "match queue sh with [] => (1 <? receivers sh) || closed sh | _ => false end." \
    "match queue sh with [] => true | _ => false end."
mutant "C5 a receiver leaves what is queued" \
    "match queue sh with [] => (1 <? receivers sh) || closed sh | _ => false end." \
    "(1 <? receivers sh) || closed sh."
mutant "C5 a receiver that stays is not counted" \
    "|| negb (is_idle sh) then Acts sh [] hd [Leave false] else" \
    "|| negb (is_idle sh) then Acts (recount ReceiverHandle (receivers sh - 1) sh) [] hd [Leave false] else"

# ----- weak handles ------------------------------------------------------------------------------
mutant "C5 a weak handle revives a side" \
    "let granted := 0 <? count h sh in" "let granted := true in"
mutant "C5 an upgrade is not counted" \
    "| _, true => Acts (recount h (count h sh + 1) sh) [] (own h (owns h hd + 1) hd) seen" \
    "| _, true => Acts sh [] (own h (owns h hd + 1) hd) seen"

# ----- putting a task back -----------------------------------------------------------------------
mutant "C11 a task that is put back ends before its item is queued" \
    "Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []
       (own TaskGuard (owns TaskGuard hd - 1) hd) [PutBack]." \
    "Acts (recount TaskGuard (unfinished sh - 1) sh) [Send Never [a]]
       (own TaskGuard (owns TaskGuard hd - 1) hd) [TaskDone]."
mutant "C11 a put back leaves the task unfinished" \
    "Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []" "Acts (push [Item a] sh) []"
mutant "C3 a task is put back to the front" \
    "Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []" \
    "Acts (recount TaskGuard (unfinished sh - 1) (Shared (Item a :: queue sh) (closed sh) (senders sh)
       (receivers sh) (unfinished sh) (accepted sh ++ [Item a]) (removed sh) (returned sh))) []"
mutant "C5 a task is put back into a closed queue" \
    "if closed sh then Acts (hand_back [a] sh) [] hd [Refuse NotFull true] else
  Acts (recount" "Acts (recount"
mutant "C11 a task is put back only if there is room" \
    "Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []" \
    "if fit sh [a] =? 0 then Acts (hand_back [a] sh) [] hd [Refuse NotFull false] else
  Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []"

# ----- C5, C7: handles ---------------------------------------------------------------------------
mutant "C7 the last sender does not close" \
    "Acts (close sh') [] hd' (DropSender :: closes)" "Acts sh' [] hd' (DropSender :: closes)"
mutant "C5 the last receiver closes and keeps the items" \
    "Acts (drain i (close sh')) [] hd' (DropReceiver" "Acts (close sh') [] hd' (DropReceiver"
mutant "C5 a clone is not counted" \
    "| SenderHandle => Acts (recount h (count h sh + 1) sh) [] hd' [AddSender]" \
    "| SenderHandle => Acts sh [] hd' [AddSender]" \
    History.attempt_cells

# ----- C6: the wakeup rule -----------------------------------------------------------------------
mutant "C6 a close does not wake receivers" \
    "| NotEmpty => if closed sh then None else Some" "| NotEmpty => Some"
mutant "C6 a close does not wake senders" "| NotFull => if closed sh then None else" "| NotFull =>"
mutant "C6 sentinels make no receiver ready" "Some (length (queue sh))" "Some (items sh)"
mutant "C6 a batch wakes one" \
    "| Some r => min unnotified (r - get sd nt)" "| Some r => min 1 (min unnotified (r - get sd nt))"
mutant "C6 one notification for a close" "| None => unnotified" "| None => min 1 unnotified"
mutant "C6 elided while one wakeup is in flight" \
    "| Some r => min unnotified (r - get sd nt)" \
    "| Some r => if 0 <? get sd nt then 0 else min unnotified r" \
    Invariant.settle_facts
mutant "C6 elided when only one waits" \
    "let unnotified := waiting sd TH - get sd nt in
  match ready" "let unnotified := waiting sd TH - get sd nt - 1 in
  match ready"
mutant "C6 senders are never notified" \
    "notify NotFull (due NotFull sh nt TH) TH1 TH2" "notify NotFull 0 TH1 TH2" \
    Invariant.settle_facts
mutant "C6 the wrong side is notified" \
    "notify NotFull (due NotFull sh nt TH) TH1 TH2" "notify NotEmpty (due NotFull sh nt TH) TH1 TH2" \
    Invariant.settle_facts
mutant "C6 a return from a wait consumes no pending notification" \
    "match x with Woken sd => put sd (get sd nt - 1) nt | _ => nt end" "nt"
mutant "C6 a notification may wake no thread" "asleep sd TH = 0 -> notify sd (S n) TH TH." \
    "notify sd (S n) TH TH." \
    Invariant.notify_facts
mutant "C6 a notification may wake a sleeper of another side" \
    "nth_error TH j = Some t -> spot t = Asleep sd ->
    notify" "nth_error TH j = Some t -> spot t <> Outside ->
    notify" \
    Invariant.notify_facts
mutant "C6 a thread may die inside a wait" \
    "nth_error TH i = Some t -> spot t = Outside ->
    (exists o, In o" "nth_error TH i = Some t ->
    (exists o, In o" \
    Invariant.step_inv

# ----- C9: timeouts ------------------------------------------------------------------------------
mutant "C9 a timeout without a recheck" \
    "(upd TH i (wake (Thread (spot t) (expired o :: r) (holds t))))" \
    "(upd TH i (Thread Outside r (holds t)))" \
    Invariant.step_inv
mutant "C9 gives up before its deadline" \
    "match d with Now => give_up | Never | At => Blocks sd end" \
    "match d with Now | At => give_up | Never => Blocks sd end"
mutant "C9 a try waits" \
    "match d with Now => give_up | Never | At => Blocks sd end" "match d with _ => Blocks sd end"
mutant "C9 a join's deadline never passes" "| Join _ => Join Now" "| Join _ => Join At"

# ----- C11: tasks --------------------------------------------------------------------------------
mutant "C11 join ignores unfinished tasks" \
    "(items sh =? 0) && (unfinished sh =? 0)" "(items sh =? 0)"
mutant "C11 join ignores what is queued" \
    "(items sh =? 0) && (unfinished sh =? 0)" "(unfinished sh =? 0)"
mutant "C11 join ignores unfinished tasks" \
    "if done sh then Acts sh [] hd [Joined]" "if items sh =? 0 then Acts sh [] hd [Joined]"
mutant "C11 no task is counted" "(unfinished sh + new)" "(unfinished sh)"
mutant "C11 a task never ends" \
    "| TaskGuard, _ => Acts sh' [] hd' [TaskDone]" "| TaskGuard, _ => Acts sh [] hd' [TaskDone]"
mutant "C11 a worker keeps its guard" \
    "if tasks then [Drop TaskGuard; Work tasks] else [Work tasks]" "[Work tasks]" \
    History.attempt_received
mutant "C10 a thread that holds a task cannot die" \
    "(exists o, In o (program t) /\\ forall h, o <> Drop h) ->" \
    "(exists o, In o (program t) /\\ (forall h, o <> Drop h) /\\ held_tasks (holds t) = 0) ->" \
    Claims.C10_death
mutant "C11 a thread that dies leaks what it owns" \
    "(upd TH i (Thread Outside (map Drop drops) (holds t)))" "(upd TH i (Thread Outside [] (holds t)))" \
    Termination.step_labour

# ----- C12: cancellation -------------------------------------------------------------------------
mutant "C12 a dropped future swallows its wakeup" \
    "give_up_wait (sd : side) (nt : per_side) : per_side := put sd (get sd nt - 1) nt." \
    "give_up_wait (sd : side) (nt : per_side) : per_side := nt."
mutant "C12 a dropped receive takes an item" \
    "cancel (o : op) (sh : shared) : shared := hand_back (offered [o]) sh." \
    "cancel (o : op) (sh : shared) : shared :=
  match o with Recv _ _ _ => take 0 1 0 sh | _ => hand_back (offered [o]) sh end."
mutant "C12 a dropped send keeps its item from its caller" \
    "cancel (o : op) (sh : shared) : shared := hand_back (offered [o]) sh." \
    "cancel (o : op) (sh : shared) : shared := sh."
mutant "C12 a dropped send is accepted" \
    "cancel (o : op) (sh : shared) : shared := hand_back (offered [o]) sh." \
    "cancel (o : op) (sh : shared) : shared := push (map Item (offered [o])) sh."
mutant "C12 a dropped join counts as a finished task" \
    "cancel (o : op) (sh : shared) : shared := hand_back (offered [o]) sh." \
    "cancel (o : op) (sh : shared) : shared :=
  match o with Join _ => recount TaskGuard (unfinished sh - 1) sh | _ => hand_back (offered [o]) sh end."
mutant "C12 a dropped future passes no wakeup on" \
    "settle (cancel o sh) (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t))) nt' TH' ->" \
    "nt' = give_up_wait sd nt -> TH' = upd TH i (Thread Outside r (holds t)) ->" \
    Invariant.step_inv
mutant "C12 a dropped future stays in the wait" \
    "settle (cancel o sh) (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t))) nt' TH' ->" \
    "settle (cancel o sh) (give_up_wait sd nt) TH nt' TH' ->" \
    Invariant.step_inv
mutant "C12 a woken future cannot be dropped" \
    "| Asleep sd | Woken sd => Some sd" "| Asleep sd => Some sd | Woken sd => None" \
    Claims.C12_cancellation

mutant "C6 a future that looks in vain keeps its notification" \
    "step Look i (State sh nt TH L)
      (State sh (come_back (spot t) nt)" \
    "step Look i (State sh nt TH L)
      (State sh nt" \
    Invariant.step_inv
mutant "C6 a future looks away from what is there" \
    "nth_error TH i = Some t -> program t = o :: r -> spot t = Woken sd ->
    attempt i (holds t) o sh = Blocks sd ->
    step Look" \
    "nth_error TH i = Some t -> program t = o :: r -> spot t = Woken sd ->
    step Look" \
    Invariant.step_inv

# ----- the link to the code ----------------------------------------------------------------------
mutant "link: two notify_one where the code says notify_all" \
    "if (1 <? n) && (n =? waiting sd TH - get sd nt)" "if (2 <? n) && (n =? waiting sd TH - get sd nt)" \
    Examples.crowd_replays
mutant "link: the event of a close is not recorded" \
    "| CloseQueue => Acts (close sh) [] hd [Close]" "| CloseQueue => Acts (close sh) [] hd []"

# ----- groups: C8 and C7 --------------------------------------------------------------------------
model=Groups.v
# A registry in which a thread runs: seen from there, no detection is ever due.
busy="(fun _ => Thread Running false false true 1)"

mutant "C8 blocked threads are counted, no queue is asked" \
    "snapshot f todo ->" "todo = [] ->" \
    GroupInvariant.step_inv
mutant "C8 a queue with something ready counts as checked" \
    "place_of (f i) = Asking t e0 (w :: todo) -> free f (fst w) -> missing c w ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asking t e0 todo))) e)" \
    "place_of (f i) = Asking t e0 (w :: todo) -> free f (fst w) ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asking t e0 todo))) e)" \
    GroupInvariant.step_inv
mutant "C8 a queue is checked while its lock is held" \
    "place_of (f i) = Asking t e0 (w :: todo) -> free f (fst w) -> missing c w ->" \
    "place_of (f i) = Asking t e0 (w :: todo) -> missing c w ->" \
    GroupInvariant.step_inv
mutant "C8 the epoch is not compared" \
    "| s_mark i c f e t joiners todo :
    place_of (f i) = Asking t e [] ->" \
    "| s_mark i c f e t joiners todo e0 :
    place_of (f i) = Asking t e0 [] ->" \
    GroupInvariant.step_inv
mutant "C8 a new wait does not change the epoch" \
    "then_detects f' (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

| s_sleep i" \
    "then_detects f' (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' e)

| s_sleep i" \
    GroupInvariant.step_inv
mutant "C8 a participant that resumes begins no epoch" \
    "| s_wake i c f e w n :
    place_of (f i) = Asleep (AtQueue w) n -> free f (fst w) ->
    step (reason n) i (State c f e)
      (State c (set f i (unblock (f i) (Resumed w (deadlocked (f i)))))
             (if blocked (f i) then 1 + e else e))" \
    "| s_wake i c f e w n :
    place_of (f i) = Asleep (AtQueue w) n -> free f (fst w) ->
    step (reason n) i (State c f e)
      (State c (set f i (unblock (f i) (Resumed w (deadlocked (f i))))) e)" \
    GroupInvariant.step_inv
mutant "C8 a token is ignored" \
    "(forall j, tokens (f j) = 0) /\\ (exists j, participates (f j) = true) /\\
  (forall j, participates (f j) = true -> blocked (f j) = true)." \
    "(exists j, participates (f j) = true) /\\
  (forall j, participates (f j) = true -> blocked (f j) = true)." \
    GroupInvariant.same_all_blocked
mutant "C8 a deadlocked participant stays counted until it runs" \
    "then Thread (place_of t) false true" "then Thread (place_of t) true true" \
    GroupInvariant.marked_wf
mutant "C8 a joiner counts as blocked though its join is granted" \
    "all_blocked f -> ~ any_join_ready f -> snapshot" "all_blocked f -> snapshot" \
    GroupInvariant.step_inv
mutant "C8 a wait with a deadline counts as blocked forever" \
    "(move (f i) (AsleepTimed w false))) e)" "(block (f i) (AsleepTimed w false))) e)" \
    GroupInvariant.step_inv
mutant "C8 a thread acts on a queue before it unblocks" \
    "acts (f i) -> free f q -> covered_at" "free f q -> covered_at" \
    GroupInvariant.step_inv
mutant "C8 no detection when a participant blocks" \
    "then_detects f' (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

| s_sleep i" \
    "then_detects $busy (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

| s_sleep i" \
    GroupClaims.step_noticed
mutant "C8 no detection when a participant blocks again" \
    "then_detects f' (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

(** *** Joins *)" \
    "then_detects $busy (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

(** *** Joins *)" \
    GroupClaims.step_noticed
mutant "C8 no check when a participant leaves" \
    "then_detects f' None Running p -> (wakes" "then_detects $busy None Running p -> (wakes" \
    GroupClaims.step_noticed
mutant "C8 no check when a token is released" \
    "let f' := set f i (Thread p false false (participates (f i)) n) in
    then_detects f' None Running p ->" \
    "let f' := set f i (Thread p false false (participates (f i)) n) in
    then_detects $busy None Running p ->" \
    GroupClaims.step_noticed
mutant "C8 no check before a join blocks" \
    "is_join t = true -> ~ has_left f i t ->
    let f' := set f i (block (f i) p) in
    then_detects f' (Some t) (Asleep t false) p ->
    step Progress" \
    "is_join t = true -> ~ has_left f i t ->
    let f' := set f i (block (f i) p) in
    then_detects $busy (Some t) (Asleep t false) p ->
    step Progress" \
    GroupClaims.step_noticed
mutant "C8 a waiter at a queue is not marked" \
    "(joiners || negb (is_join x))" "joiners" \
    GroupInvariant.marked_wf
mutant "C8 joiners are marked with those blocked on queues" \
    "if joiners then forall w, ~ blocked_at f w else exists w, blocked_at f w." \
    "if joiners then True else exists w, blocked_at f w." \
    GroupClaims.C8_no_false_alarm
mutant "C8 no thread is marked when only joins block" \
    "if joiners then forall w, ~ blocked_at f w else exists w, blocked_at f w." \
    "joiners = false." \
    GroupClaims.C8_no_false_alarm
mutant "C8 not every queue with a marked waiter is notified" \
    "    (forall w, blocked_at f w -> In (fst w) todo) ->
" "" \
    GroupClaims.step_waking
mutant "C8 one waiter of a queue is notified" \
    "(State c (fun j => wake_at q (set f i (move (f i) (Notifying t todo)) j)) e)" \
    "(State c (set f i (move (f i) (Notifying t todo))) e)" \
    GroupInvariant.step_inv
mutant "C8 a participant sleeps though it is marked as deadlocked" \
    "    missing c w -> deadlocked (f i) = false ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep (AtQueue w) false))) e)" \
    "    missing c w ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep (AtQueue w) false))) e)" \
    GroupClaims.step_waking
mutant "C7 a participant sleeps after the check though its queue is ready" \
    "    missing c w -> deadlocked (f i) = false ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep (AtQueue w) false))) e)" \
    "    deadlocked (f i) = false ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep (AtQueue w) false))) e)" \
    GroupRest.step_covered
mutant "C7 joiners are not woken from a deadlock" \
    "wake_joiner (mark joiners (set f i (move (f i) (Notifying t todo)) j))" \
    "mark joiners (set f i (move (f i) (Notifying t todo)) j)" \
    GroupInvariant.step_inv
mutant "C7 joiners are not woken when a participant leaves" \
    "(wakes = false -> ~ any_join_ready f') ->" "(wakes = true -> ~ any_join_ready f') ->" \
    GroupRest.step_joins
mutant "C7 a queue's section may lose a wakeup" \
    "Definition covered_at (q : Q) (s : state) : Prop :=
  forall w, fst w = q -> ~ missing" \
    "Definition covered_at (q : Q) (s : state) : Prop :=
  forall w, fst w <> q -> ~ missing" \
    GroupRest.covered_section
mutant "C7 a detection may be given up in its own epoch" \
    "place_of (f i) = Asking t e0 todo -> e0 <> e ->" "place_of (f i) = Asking t e0 todo ->" \
    GroupClaims.step_noticed

# ----- a group with its queues --------------------------------------------------------------------
model=GroupProduct.v

mutant "product: being marked takes an item" \
    "| Some t => State (shared_of x) (notified x) (upd (threads x) i (u t)) (log x)" \
    "| Some t => State (take i 1 0 (shared_of x)) (notified x) (upd (threads x) i (u t)) (log x)" \
    GroupProjection.alter_shared
mutant "product: a marked operation ends without an attempt" \
    "wake (Thread (spot t) (expired o :: r) (holds t))" "wake (Thread (spot t) r (holds t))" \
    GroupProjection.expire_facts
mutant "product: the time of an operation is up that was not marked" \
    "(out = true -> is_last = true)" "(out = true -> True)" \
    GroupProjection.C9_in_groups
mutant "product: a participant's wait is forgotten by the queue" \
    "place_of (f i) = Groups.Registered (q, sd) -> section (capacity q) Sleep i (qs q) y ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y)" \
    "place_of (f i) = Groups.Registered (q, sd) -> section (capacity q) Sleep i (qs q) y ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product qs" \
    GroupProjection.step_agrees
mutant "product: a participant that detects still counts as waiting" \
    "(upd (threads x) i (Thread Outside (program t) (holds t)))" \
    "(upd (threads x) i (Thread (spot t) (program t) (holds t)))" \
    GroupProjection.look_facts
mutant "product: a participant that detects keeps its notification" \
    "State (shared_of x) (come_back (spot t) (notified x))" "State (shared_of x) (notified x)" \
    GroupProjection.look_moved
mutant "product: a participant blocks again although something is there" \
    "Groups.Resumed (q, sd) false -> missing c (q, sd) ->" "Groups.Resumed (q, sd) false ->" \
    GroupProjection.step_projects
mutant "product: a participant is registered although something is there" \
    "waiting_op At (qs q) i sd -> missing c (q, sd) ->" "waiting_op At (qs q) i sd ->" \
    GroupAgreement.step_in_group
mutant "product: a detector wakes the participants, and the queue does not know" \
    "(Product (put qs q (rouse (qs q)))" "(Product qs" \
    GroupProjection.step_agrees
mutant "product: the queue notifies a participant that sleeps on in the group" \
    "(out = true -> is_last = true) ->
    section (capacity q) Progress i (resumed i out (qs q)) y ->
    let f' := notify_at q (woke (qs q) y)" \
    "(out = true -> is_last = true) ->
    section (capacity q) Progress i (resumed i out (qs q)) y ->
    let f' := notify_at q (fun _ => false)" \
    GroupProjection.step_agrees
mutant "product: a queue changes while another thread has its lock" \
    "Groups.acts (f i) -> Groups.free f q ->
    step (capacity q)" \
    "Groups.acts (f i) ->
    step (capacity q)" \
    GroupAgreement.step_in_group
mutant "product: a sleeper with a deadline needs no token and takes no part" \
    "Groups.acts (f i) -> Groups.free f q -> waiting_op At" \
    "place_of (f i) = Groups.Running -> Groups.free f q -> waiting_op At" \
    GroupAgreement.step_in_group
mutant "product: a marked participant goes back to sleep in its queue" \
    "    missing c (q, sd) -> Groups.deadlocked (f i) = false ->
    section (capacity q) Sleep i (qs q) y ->" \
    "    missing c (q, sd) ->
    section (capacity q) Sleep i (qs q) y ->" \
    GroupAgreement.step_in_group
mutant "product: a participant that blocks again does not come back in its queue" \
    "(Product (put qs q (look i (qs q))) (G c f' (1 + e)))" "(Product qs (G c f' (1 + e)))" \
    GroupProjection.step_agrees
mutant "product: a step of the group changes what a queue holds" \
    "    (forall q, Groups.content g' q = Groups.content g q) ->
" "" \
    GroupProjection.step_agrees
mutant "product: a step of the group wakes a sleeper, and its queue does not know" \
    "    (forall j, view_of (place_of (Groups.threads g' j)) =
               view_of (place_of (Groups.threads g j))) ->
" "" \
    GroupProjection.step_agrees
mutant "product: a sleeper that waits on still counts as notified" \
    "(set f' i (Groups.move (f' i) (Groups.AsleepTimed (q, sd) false)))" \
    "(set f' i (Groups.move (f' i) (Groups.AsleepTimed (q, sd) n)))" \
    GroupProjection.step_agrees
mutant "product: a participant comes back while another thread has the lock" \
    "    place_of (f i) = Groups.Asleep (Groups.AtQueue (q, sd)) n -> Groups.free f q ->
    pstep" \
    "    place_of (f i) = Groups.Asleep (Groups.AtQueue (q, sd)) n ->
    pstep" \
    GroupAgreement.step_in_group

# ----- the transcription of state.rs ---------------------------------------------------------------
model=State.v

mutant "state: sentinels join a run in front of other items" \
    "if position last =? p" "if position last <=? p" \
    StateRefines.R_push_sentinels
mutant "state: an eviction does not move the head" \
    "(Some a, with_contents i (runs s) (sentinels s) (head s + 1) s)" \
    "(Some a, with_contents i (runs s) (sentinels s) (head s) s)" \
    StateRefines.R_evict
mutant "state: a batch goes past a sentinel" \
    "| Some run => N.min (position run - head s) usize_max" "| Some run => usize_max" \
    StateRefines.R_take_batch
mutant "state: a run that is used up stays" \
    "if run_count run =? 0 then snd (pop runs_lay r) else r" "r" \
    StateRefines.R_take_sentinel
mutant "state: a notification is not counted as pending" \
    "with_waiters c (Waiters (waiting w) (pending w + count)) s)" \
    "with_waiters c (Waiters (waiting w) (pending w)) s)" \
    StateRefines.R_take_wakeups
mutant "state: the number of what is ready wraps" \
    "N.min (a + b) usize_max" "(a + b) mod (usize_max + 1)" \
    StateRefines.ready_refines
mutant "state: a sentinel takes up room" \
    "let free := limit - item_count s in" "let free := limit - item_count s - sentinels s in" \
    StateRefines.R_room
mutant "state: a drain keeps the sentinels" \
    "with_contents new_buffer new_buffer 0" "with_contents new_buffer (runs s) (sentinels s)" \
    StateRefines.R_drain
mutant "state: the last chunk of a buffer is overtaken" \
    "if is_empty (elements last) then b" "if negb (is_empty (elements last)) then b" \
    StateBuffer.append_chunk_facts
mutant "state: a chunk that is kept still holds an item" \
    "then let (emptied, b) := advance b in retire emptied b else b)" \
    "then let (emptied, b) := advance b in retire (push_back x emptied) b else b)" \
    StateBuffer.pop_facts
mutant "state: drain takes the sentinels, too" \
    "let '(l, n, s) := drain s in (l, with_ahead n n s)." "let '(l, n, s) := drain s in (l, s)." \
    StateRefines.R_drain_items
mutant "state: sentinels ahead are taken last" \
    "if 0 <? ahead s then (true" "if (0 <? ahead s) && is_empty (elements (front (runs s))) then (true" \
    StateRefines.R_take_sentinel
mutant "state: a put back leaves the task unfinished" \
    "(true, with_handles (closed s) (senders s) (receivers s) (unfinished s - 1) s)." "(true, s)." \
    StateRefines.R_put_back
mutant "state: a receiver leaves sentinels behind" \
    "(item_count s =? 0) && (sentinels s =? 0)." "item_count s =? 0." \
    StateRefines.R_weak_handles
mutant "state: a sender comes back after the last one" \
    "(senders s + if 0 <? senders s then 1 else 0)" "(senders s + 1)" \
    StateRefines.R_weak_handles
difference "state: what is put back is not counted" \
    "with_put_backs (put_backs s + 1) (push_item a s) in" "push_item a s in"
difference "state: another capacity of the first chunk" \
    "Definition first_capacity := 4." "Definition first_capacity := 3."
difference "state: no emptied chunk is kept" \
    "if is_kept then with_memory (Some c) (surplus b) b else" ""
difference "state: an emptied chunk is freed under the lock" \
    "else with_memory None (Some c) b" "else with_memory None (surplus b) b"

# ----- the replay of recorded groups ---------------------------------------------------------------
model=GroupStep.v

mutant "replay: a check opens although a participant runs" \
    "go_if (blocked_in g && negb (join_ready g) && is_snapshot g todo)" \
    "go_if (negb (join_ready g) && is_snapshot g todo)" \
    GroupExec.gstep_sound
mutant "replay: a check opens although a join is granted" \
    "go_if (blocked_in g && negb (join_ready g) && is_snapshot g todo)" \
    "go_if (blocked_in g && is_snapshot g todo)" \
    GroupExec.gstep_sound
mutant "replay: a deadlock is reported in another epoch" \
    "given ((e =? now g) && all_in g" "given (all_in g" \
    GroupExec.gstep_sound
mutant "replay: a condition that is ready is asked about as one that is not" \
    "(if lacks g w then Asking x e todo else resume x)" "(Asking x e todo)" \
    GroupExec.gstep_sound
mutant "replay: the last participant that runs leaves, and none detects" \
    "let g' := set_detecting i (Groups.Thread Running false false false (tokens t)) None g in" \
    "let g' := set_at i (Groups.Thread Running false false false (tokens t)) g in" \
    GroupExec.gstep_sound
mutant "replay: joiners are marked with the others" \
    "let joiners := negb (any_asked_for g) in" "let joiners := true in" \
    GroupExec.gstep_sound
mutant "replay: a queue changes while another thread has its lock" \
    "ends_section (may_act t && is_free g q) q x" "ends_section (may_act t) q x" \
    GroupExec.gstep_sound
mutant "replay: a marked participant sleeps" \
    "is_free g (fst w) && lacks g w && negb (deadlocked t)" "is_free g (fst w) && lacks g w" \
    GroupExec.gstep_sound
mutant "replay: a wakeup is lost" \
    "given (b && is_covered q g') g'." "given b g'." \
    GroupExec.ends_section_sound
mutant "replay: a token does not count" \
    "every g (fun _ t => tokens t =? 0) &&" "" \
    GroupExec.blocked_spec
mutant "replay: a check asks only some of the queues" \
    "forallb (is_asked_for g) l && all_in g (fun w => existsb (condition_eqb w) l)." \
    "forallb (is_asked_for g) l." \
    GroupExec.snapshot_spec
mutant "replay: a participant that resumes begins no epoch" \
    "pass_if (blocked (at_ g i)) (set_at i (unblock (at_ g i) p) g)." \
    "set_at i (unblock (at_ g i) p) g." \
    GroupExec.same_end_wait

model=GroupRecord.v

mutant "replay: whether all were blocked is not compared" \
    "let answers d := Bool.eqb d (blocked_in g') in" "let answers (d : bool) := true in" \
    GroupReplay.agrees_says
mutant "replay: whether a joiner was marked is not compared" \
    "| JoinResume d => Bool.eqb (deadlocked t) d && negb" "| JoinResume d => negb" \
    GroupReplay.agrees_says
mutant "replay: more are marked than the record says" \
    "Bool.eqb (negb (deadlocked t) && deadlocked u) (is_named whom j))" \
    "implb (is_named whom j) (negb (deadlocked t) && deadlocked u))" \
    GroupReplay.marks_those_spec
mutant "replay: another thread than the recorded one does it" \
    "if actor m =? i then gstep g1 m else None" "gstep g1 m" \
    GroupReplay.run_event_sound
mutant "replay: a step that no event shows marks a participant" \
    "if same_flags g g' then step_aside l g' else None" "step_aside l g'" \
    GroupReplay.step_aside_sound

# ----- C6, C7, C11: flushes ---------------------------------------------------------------------
model=Flush.v
mutant "flush: C11 tasks are not waited for" \
    "filter (is_old b) (queued b ++ tasks b)" "filter (is_old b) (queued b)" \
    FlushAccounts.end_if_done_BInv
mutant "flush: C11 the period that is active serves it" \
    "(Flusher (S (generation (accounts_of s)))" "(Flusher (generation (accounts_of s))" \
    FlushClaims.FInv_step
mutant "flush: C11 it returns when its period has begun" \
    "if needs f <=? over b then" "if needs f <=? generation b then" \
    FlushAccounts.look_facts
mutant "flush: C11 a period ends while something old is left" \
    "  | _ => b
  end.

Definition begin_grace" "  | _ => Accounts (queued b) (tasks b) (gone b) (sent b) (generation b) (generation b)
  end.

Definition begin_grace" \
    FlushAccounts.end_if_done_facts
mutant "flush: C11 what is put back is young" \
    "Accounts (q ++ [x]) t d n g o" "Accounts (q ++ [Entry (number x) g]) t d n g o" \
    FlushAccounts.enter_facts
mutant "flush: C11 one begins a period while another waits" \
    "&& (others =? 0)" "&& (0 <=? others)" \
    FlushClaims.C11_flush_not_prolonged
mutant "flush: C7 none begins a period" \
    "(negb (active b) || " "(false || " \
    FlushAccounts.begins_false
mutant "flush: C6 flushes are not notified" \
    "if active b then 0 else waiting_flushers l - notified" "0 * (waiting_flushers l - notified)" \
    FlushAccounts.due_wakes_all
mutant "flush: C6 one of them is notified" \
    "if active b then 0 else waiting_flushers l - notified" \
    "if active b then 0 else min 1 (waiting_flushers l - notified)" \
    FlushAccounts.due_wakes_all
mutant "flush: C6 one that is served sleeps while another period is active" \
    "if needs f <=? over b then" "if (needs f <=? over b) && negb (active b) then" \
    FlushAccounts.look_facts
mutant "flush: C6 an eviction does not count" \
    "  | Evict => leave 1" "  | Evict => b" \
    FlushClaims.enter_tally
mutant "flush: C6 a return consumes no notification" \
    "(flush_notified s - 1)" "(flush_notified s)" \
    FlushClaims.FInv_step

model=Grace.v
mutant "grace: an item that was put back is not counted when it leaves" \
    "let old := below + n in" "let old := below in" \
    GraceRefines.leave_refines
mutant "grace: a young task ends the period" \
    "  if gen <? begun g then end_period_if_done (Grace" "  if gen <=? begun g then end_period_if_done (Grace" \
    GraceRefines.finish_refines
mutant "grace: items below the boundary count twice" \
    "(if limit <=? next then S n else n)" "S n" \
    GraceRefines.leave_counts
mutant "grace: a batch crosses the boundary" \
    "Some (boundary g - position)" "None" \
    GraceRefines.generation_right

model=Groups.v
control "only a comment of the group changes" \
    "Whether what thread [i] waits for in a join" "Whether that which thread [i] waits for in a join"
model=Model.v
control "only a comment changes" \
    "(* the oldest first              *)" "(* the oldest comes first        *)"
control "the same number, written differently" \
    "| Some r => min unnotified (r - get sd nt)" "| Some r => min (r - get sd nt) unnotified"
wait

cat "$scratch"/*.result >"$scratch/all"
grep -v '^control: ' "$scratch/all" >"$scratch/results"
count() { grep -c "$1" "$scratch/$2"; }
total=$(count . results)
refuted=$(count $'\trefuted: ' results)
refused=$(count $'\trefused: ' results)
survived=$(count $'\tSURVIVED' results)
broken=$(count $'\tBROKEN: ' results)
controls=$(count $'^control: .*\tSURVIVED' all)
echo "mutants: $((refuted + refused)) of $total refused ($refuted by an execution, $refused by a proof or a comparison)," \
    "$survived survived, $broken broken," \
    "$controls of 3 controls survive, $(($(date +%s) - started)) s"
[ "$controls" -eq 3 ] && [ "$total" -gt 0 ] && [ "$((refuted + refused))" -eq "$total" ] || exit 1
if [ -n "$only" ]; then
    # A name that is there keeps its place.
    awk -F '\t' 'NR == FNR { new[$1] = $0; next }
        { print ($1 in new) ? new[$1] : $0; delete new[$1] }
        END { for (name in new) print new[name] }' "$scratch/results" mutants.txt >"$scratch/kept"
    cp "$scratch/kept" mutants.txt
else
    cp "$scratch/results" mutants.txt
fi

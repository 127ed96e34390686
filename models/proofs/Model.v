(** * The model: a blocking queue with close, sentinels, tasks and handles.

    This file holds definitions only. It is what a reader has to believe; every
    other file proves things about it. Any number of threads, each with any
    finite program over the operations of the queue; any capacity.

    An operation is a sequence of critical sections, and a critical section is
    one step: [attempt] says what a thread does to the shared state when it holds
    the lock, [settle] which notifications it sends before it lets go. A thread
    whose attempt [Blocks] goes to sleep and attempts again whenever it is back.

    The environment is hostile: a notification wakes any one sleeper, a woken
    thread has no priority over others, sleepers wake up spuriously at any
    moment, a deadline may pass at any moment, a waiter may be cancelled at any
    moment, and a thread may die at any moment outside the queue's own code.

    What is called a thread here may be a task as well: it sleeps as a future that
    is pending, it is woken when its waker is called, it makes another attempt when
    it is polled again, and it is cancelled when the future is dropped. Between an
    attempt in vain and the next sleep it may release the lock, to clone its waker. *)

From Coq Require Import List Arith Bool.
Import ListNotations.

(** The three conditions threads wait for, each with its condition variable:
    receivers wait for [NotEmpty], senders for [NotFull], joiners for [AllDone]. *)
Inductive side := NotEmpty | NotFull | AllDone.

(** How long an operation is willing to wait: [Now] is that of a try, and what
    is left of [At] once that instant has passed. *)
Inductive deadline := Never | At | Now.

(** Where a thread is. [Asleep]: inside a wait and not woken. [Woken]: notified,
    spuriously woken or timed out, and not yet back under the lock. *)
Inductive place := Outside | Asleep (sd : side) | Woken (sd : side).

(** What a thread may own. The last sender handle closes the queue when it is
    dropped; the last receiver handle closes and drains it; a task guard keeps
    its task unfinished. *)
Inductive handle := SenderHandle | ReceiverHandle | TaskGuard.

(** What can be seen of an execution, in the words of the Rust crate
    [sentinel_queue_models]. [Create] and [Unlock] occur in recorded traces only. *)
Inductive event :=
| Create (capacity : option nat)
| Push (items : nat)
| Evict
| PushSentinels (count : nat)
| PushSentinelsFront (count : nat)
| Take (items : nat) (tasks : bool)
| TakeSentinel
| Refuse (sd : side) (closed : bool)
| Close
| Drain (items sentinels : nat)
| DrainItems (items : nat)
| AddSender | DropSender | AddReceiver | DropReceiver
| Leave (granted : bool)
| UpgradeSender (granted : bool)
| UpgradeReceiver (granted : bool)
| TaskDone
| PutBack
| Joined
| Wait (sd : side)
| Wake (sd : side) (timed_out : bool)
| Cancel (sd : side)
| Notify (sd : side) (all : bool)
| Unlock.

(** One number for each side. *)
Record per_side := PerSide { of_not_empty : nat; of_not_full : nat; of_all_done : nat }.

Definition get (sd : side) (c : per_side) : nat :=
  match sd with
  | NotEmpty => of_not_empty c
  | NotFull => of_not_full c
  | AllDone => of_all_done c
  end.

Definition put (sd : side) (n : nat) (c : per_side) : per_side :=
  match sd with
  | NotEmpty => PerSide n (of_not_full c) (of_all_done c)
  | NotFull => PerSide (of_not_empty c) n (of_all_done c)
  | AllDone => PerSide (of_not_empty c) (of_not_full c) n
  end.

(** How many of each kind a thread owns. *)
Record held := Held { held_senders : nat; held_receivers : nat; held_tasks : nat }.

Definition owns (h : handle) (hd : held) : nat :=
  match h with
  | SenderHandle => held_senders hd
  | ReceiverHandle => held_receivers hd
  | TaskGuard => held_tasks hd
  end.

Definition own (h : handle) (n : nat) (hd : held) : held :=
  match h with
  | SenderHandle => Held n (held_receivers hd) (held_tasks hd)
  | ReceiverHandle => Held (held_senders hd) n (held_tasks hd)
  | TaskGuard => Held (held_senders hd) (held_receivers hd) n
  end.

Definition handle_eq_dec (h k : handle) : {h = k} + {h <> k}.
Proof. decide equality. Defined.

(** Lists: change one element; add up; keep order while leaving out. *)
Fixpoint upd {X} (l : list X) (i : nat) (x : X) : list X :=
  match l, i with
  | [], _ => []
  | _ :: l, 0 => x :: l
  | y :: l, S i => y :: upd l i x
  end.

Fixpoint sum {X} (f : X -> nat) (l : list X) : nat :=
  match l with [] => 0 | x :: l => f x + sum f l end.

Inductive subsequence {X} : list X -> list X -> Prop :=
| sub_nil l : subsequence [] l
| sub_keep x l l' : subsequence l l' -> subsequence (x :: l) (x :: l')
| sub_skip x l l' : subsequence l l' -> subsequence l (x :: l').

Section Model.

Variable A : Type.                          (* what is sent                  *)
Variable capacity : option nat.             (* [None] is unbounded           *)

Inductive cell := Item (a : A) | Sentinel.

(** The operations of a client program. [Send] is [send] and its variants for one
    item, [send_many] for more; [Recv] is [recv], [recv_many] or, with [tasks],
    [recv_task]; [Work] is the worker loop, whose every item is, with [tasks], a
    task that ends before the next receive. [JoinThreads] waits for threads to
    end, as joining their handles does. *)
Inductive op :=
| Send (d : deadline) (batch : list A)
| ForceSend (a : A)
| SendSentinels (count : nat)
| Recv (d : deadline) (limit : nat) (tasks : bool)
| Work (tasks : bool)
| CloseQueue
| CloseQueueNow
| Clone (h : handle)
| Drop (h : handle)
| Give (to : nat) (h : handle)
| Join (d : deadline)
| JoinThreads (l : list nat)
| SendSentinelsFront (count : nat)
| DrainQueue
| LeaveIfIdle
| Upgrade (h : handle)
| PutTaskBack (a : A).

(** How a cell left the queue: to a receiver, by [force_send], by draining. *)
Inductive way := Received | Evicted | Drained.

(** What the lock protects. The last three are history, kept for the claims:
    all cells ever appended; all that left, how and through which thread; the items that
    came back to their sender (or ended with it) without having been queued. *)
Record shared := Shared {
  queue : list cell;                        (* the oldest first              *)
  closed : bool;
  senders : nat;
  receivers : nat;
  unfinished : nat;
  accepted : list cell;
  removed : list (way * nat * cell);
  returned : list A
}.

Record thread := Thread { spot : place; program : list op; holds : held }.

Record state := State {
  shared_of : shared;
  notified : per_side;                      (* notifications not consumed    *)
  threads : list thread;
  log : list (nat * event)
}.

Definition items_of (l : list cell) : list A :=
  flat_map (fun c => match c with Item a => [a] | Sentinel => [] end) l.

Definition items (sh : shared) : nat := length (items_of (queue sh)).

Definition sentinels_in (l : list cell) : nat :=
  sum (fun c => match c with Sentinel => 1 | Item _ => 0 end) l.

(** How many items stand in front of the first sentinel. *)
Fixpoint leading (l : list cell) : nat :=
  match l with Item _ :: l => S (leading l) | _ => 0 end.

(** How many of a batch there is room for. *)
Definition fit (sh : shared) (batch : list A) : nat :=
  match capacity with
  | None => length batch
  | Some c => min (length batch) (c - items sh)
  end.

Definition done (sh : shared) : bool := (items sh =? 0) && (unfinished sh =? 0).

(** How many waiters of a side could go on; [None] is infinitely many. *)
Definition ready (sd : side) (sh : shared) : option nat :=
  match sd with
  | NotEmpty => if closed sh then None else Some (length (queue sh))
  | NotFull => if closed sh then None else
      match capacity with None => None | Some c => Some (c - items sh) end
  | AllDone => if done sh then None else Some 0
  end.

(** ** Changes to the shared state *)

Definition push (l : list cell) (sh : shared) : shared :=
  Shared (queue sh ++ l) (closed sh) (senders sh) (receivers sh) (unfinished sh)
         (accepted sh ++ l) (removed sh) (returned sh).

(** Sentinels that stand before everything. *)
Definition push_front (n : nat) (sh : shared) : shared :=
  Shared (repeat Sentinel n ++ queue sh) (closed sh) (senders sh) (receivers sh) (unfinished sh)
         (accepted sh ++ repeat Sentinel n) (removed sh) (returned sh).

Definition hand_back (l : list A) (sh : shared) : shared :=
  Shared (queue sh) (closed sh) (senders sh) (receivers sh) (unfinished sh)
         (accepted sh) (removed sh) (returned sh ++ l).

Definition tag {X} (w : way) (i : nat) (l : list X) : list (way * nat * X) :=
  map (fun c => (w, i, c)) l.

(** Thread [i] takes [k] cells from the front, [new] of which become tasks. *)
Definition take (i k new : nat) (sh : shared) : shared :=
  Shared (skipn k (queue sh)) (closed sh) (senders sh) (receivers sh) (unfinished sh + new)
         (accepted sh) (removed sh ++ tag Received i (firstn k (queue sh))) (returned sh).

(** The oldest item, past any sentinels; these keep their places. *)
Fixpoint split_oldest (l : list cell) : option (A * list cell) :=
  match l with
  | [] => None
  | Item a :: l => Some (a, l)
  | Sentinel :: l =>
      match split_oldest l with Some (a, l') => Some (a, Sentinel :: l') | None => None end
  end.

Definition evict (i : nat) (sh : shared) : option shared :=
  match split_oldest (queue sh) with
  | Some (a, q) => Some
      (Shared q (closed sh) (senders sh) (receivers sh) (unfinished sh)
              (accepted sh) (removed sh ++ tag Evicted i [Item a]) (returned sh))
  | None => None
  end.

Definition close (sh : shared) : shared :=
  Shared (queue sh) true (senders sh) (receivers sh) (unfinished sh)
         (accepted sh) (removed sh) (returned sh).

Definition drain (i : nat) (sh : shared) : shared :=
  Shared [] (closed sh) (senders sh) (receivers sh) (unfinished sh)
         (accepted sh) (removed sh ++ tag Drained i (queue sh)) (returned sh).

(** A drain that finds nothing is no event. *)
Definition drained (sh : shared) : list event :=
  match queue sh with [] => [] | q => [Drain (items sh) (sentinels_in q)] end.

(** All items come out; the sentinels stay. *)
Definition drain_items (i : nat) (sh : shared) : shared :=
  Shared (repeat Sentinel (sentinels_in (queue sh))) (closed sh) (senders sh) (receivers sh)
         (unfinished sh) (accepted sh)
         (removed sh ++ tag Drained i (map Item (items_of (queue sh)))) (returned sh).

Definition drained_items (sh : shared) : list event :=
  match items sh with 0 => [] | n => [DrainItems n] end.

Definition count (h : handle) (sh : shared) : nat :=
  match h with
  | SenderHandle => senders sh
  | ReceiverHandle => receivers sh
  | TaskGuard => unfinished sh
  end.

Definition recount (h : handle) (n : nat) (sh : shared) : shared :=
  match h with
  | SenderHandle => Shared (queue sh) (closed sh) n (receivers sh) (unfinished sh)
                           (accepted sh) (removed sh) (returned sh)
  | ReceiverHandle => Shared (queue sh) (closed sh) (senders sh) n (unfinished sh)
                             (accepted sh) (removed sh) (returned sh)
  | TaskGuard => Shared (queue sh) (closed sh) (senders sh) (receivers sh) n
                        (accepted sh) (removed sh) (returned sh)
  end.

(** ** What an operation does with the lock in hand *)

(** [Acts]: the new shared state, what is left of the operation, what the thread
    owns now, and what can be seen of it. [Blocks]: nothing can be done yet, and
    the operation is willing to wait. [NoSection]: it does not concern the queue. *)
Inductive outcome :=
| Acts (sh : shared) (next : list op) (hd : held) (seen : list event)
| Blocks (sd : side)
| NoSection.

Definition or_wait (d : deadline) (sd : side) (give_up : outcome) : outcome :=
  match d with Now => give_up | Never | At => Blocks sd end.

Definition send (d : deadline) (batch : list A) (hd : held) (sh : shared) : outcome :=
  if length batch =? 0 then Acts sh [] hd [] else
  if closed sh then Acts (hand_back batch sh) [] hd [Refuse NotFull true] else
  let k := fit sh batch in
  if k =? 0 then or_wait d NotFull (Acts (hand_back batch sh) [] hd [Refuse NotFull false]) else
  let rest := skipn k batch in
  Acts (push (map Item (firstn k batch)) sh)
       (if length rest =? 0 then [] else [Send d rest]) hd [Push k].

Definition force_send (i : nat) (a : A) (hd : held) (sh : shared) : outcome :=
  if closed sh then Acts (hand_back [a] sh) [] hd [Refuse NotFull true] else
  if 0 <? fit sh [a] then Acts (push [Item a] sh) [] hd [Push 1] else
  match evict i sh with
  | Some sh' => Acts (push [Item a] sh') [] hd [Evict; Push 1]
  | None => Acts (hand_back [a] sh) [] hd [Refuse NotFull false]   (* capacity 0 *)
  end.

Definition send_sentinels (n : nat) (hd : held) (sh : shared) : outcome :=
  if closed sh then Acts sh [] hd [Refuse NotFull true] else
  Acts (push (repeat Sentinel n) sh) [] hd [PushSentinels n].

Definition send_sentinels_front (n : nat) (hd : held) (sh : shared) : outcome :=
  if closed sh then Acts sh [] hd [Refuse NotFull true] else
  Acts (push_front n sh) [] hd [PushSentinelsFront n].

(** [again] is what follows an item. A sentinel at the front is taken alone;
    items are taken up to the limit and never past a sentinel. *)
Definition receive (i : nat) (d : deadline) (limit : nat) (tasks : bool) (again : list op)
                   (hd : held) (sh : shared) : outcome :=
  match queue sh with
  | Sentinel :: _ => Acts (take i 1 0 sh) [] hd [TakeSentinel]
  | Item _ :: _ =>
      let k := min limit (leading (queue sh)) in
      let new := if tasks then k else 0 in
      Acts (take i k new sh) again (own TaskGuard (owns TaskGuard hd + new) hd) [Take k tasks]
  | [] =>
      if closed sh then Acts sh [] hd [Refuse NotEmpty true] else
      or_wait d NotEmpty (Acts sh [] hd [Refuse NotEmpty false])
  end.

Definition after_item (tasks : bool) : list op :=
  if tasks then [Drop TaskGuard; Work tasks] else [Work tasks].

(** Dropping the last handle of a side closes; the last receiver also drains. *)
Definition drop_handle (i : nat) (h : handle) (hd : held) (sh : shared) : outcome :=
  if owns h hd =? 0 then Acts sh [] hd [] else
  let hd' := own h (owns h hd - 1) hd in
  let left := count h sh - 1 in
  let sh' := recount h left sh in
  let closes := if closed sh then [] else [Close] in
  match h, left with
  | SenderHandle, 0 => Acts (close sh') [] hd' (DropSender :: closes)
  | SenderHandle, S _ => Acts sh' [] hd' [DropSender]
  | ReceiverHandle, 0 => Acts (drain i (close sh')) [] hd' (DropReceiver :: closes ++ drained sh)
  | ReceiverHandle, S _ => Acts sh' [] hd' [DropReceiver]
  | TaskGuard, _ => Acts sh' [] hd' [TaskDone]
  end.

(** A handle can be cloned as long as there is one. *)
Definition clone_handle (h : handle) (hd : held) (sh : shared) : outcome :=
  if count h sh =? 0 then Acts sh [] hd [] else
  let hd' := own h (owns h hd + 1) hd in
  match h with
  | SenderHandle => Acts (recount h (count h sh + 1) sh) [] hd' [AddSender]
  | ReceiverHandle => Acts (recount h (count h sh + 1) sh) [] hd' [AddReceiver]
  | TaskGuard => Acts sh [] hd []
  end.

(** A weak handle counts for neither side. It becomes a handle as long as there is one. *)
Definition upgrade (h : handle) (hd : held) (sh : shared) : outcome :=
  let granted := 0 <? count h sh in
  let seen := match h with
    | SenderHandle => [UpgradeSender granted]
    | ReceiverHandle => [UpgradeReceiver granted]
    | TaskGuard => [] end in
  match h, granted with
  | TaskGuard, _ | _, false => Acts sh [] hd seen
  | _, true => Acts (recount h (count h sh + 1) sh) [] (own h (owns h hd + 1) hd) seen
  end.

(** Appends the item of a task and ends the task in one step, whether there is room or
    not. A closed queue takes nothing, and the task goes on. *)
Definition put_task_back (a : A) (hd : held) (sh : shared) : outcome :=
  if owns TaskGuard hd =? 0 then Acts (hand_back [a] sh) [] hd [] else
  if closed sh then Acts (hand_back [a] sh) [] hd [Refuse NotFull true] else
  Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []
       (own TaskGuard (owns TaskGuard hd - 1) hd) [PutBack].

(** Whether a receiver may go: nothing is queued, and another receiver is left or the
    queue is closed. *)
Definition is_idle (sh : shared) : bool :=
  match queue sh with [] => (1 <? receivers sh) || closed sh | _ => false end.

(** Drops a receiver handle if that loses nothing and closes nothing. *)
Definition leave_if_idle (hd : held) (sh : shared) : outcome :=
  if (owns ReceiverHandle hd =? 0) || negb (is_idle sh) then Acts sh [] hd [Leave false] else
  Acts (recount ReceiverHandle (receivers sh - 1) sh) []
       (own ReceiverHandle (owns ReceiverHandle hd - 1) hd) [Leave true].

Definition join (d : deadline) (hd : held) (sh : shared) : outcome :=
  if done sh then Acts sh [] hd [Joined]
  else or_wait d AllDone (Acts sh [] hd [Refuse AllDone false]).

Definition attempt (i : nat) (hd : held) (o : op) (sh : shared) : outcome :=
  match o with
  | Send d batch => send d batch hd sh
  | ForceSend a => force_send i a hd sh
  | SendSentinels n => send_sentinels n hd sh
  | Recv d limit tasks => receive i d limit tasks [] hd sh
  | Work tasks => receive i Never 1 tasks (after_item tasks) hd sh
  | CloseQueue => Acts (close sh) [] hd [Close]
  | CloseQueueNow => Acts (drain i (close sh)) [] hd (Close :: drained sh)
  | Clone h => clone_handle h hd sh
  | Drop h => drop_handle i h hd sh
  | Join d => join d hd sh
  | SendSentinelsFront n => send_sentinels_front n hd sh
  | DrainQueue => Acts (drain_items i sh) [] hd (drained_items sh)
  | LeaveIfIdle => leave_if_idle hd sh
  | Upgrade h => upgrade h hd sh
  | PutTaskBack a => put_task_back a hd sh
  | Give _ _ | JoinThreads _ => NoSection
  end.

(** ** Waiting and waking *)

Definition side_eqb (a b : side) : bool :=
  match a, b with
  | NotEmpty, NotEmpty | NotFull, NotFull | AllDone, AllDone => true
  | _, _ => false
  end.

Definition asleep (sd : side) (TH : list thread) : nat :=
  sum (fun t => match spot t with Asleep x => if side_eqb x sd then 1 else 0 | _ => 0 end) TH.

Definition woken (sd : side) (TH : list thread) : nat :=
  sum (fun t => match spot t with Woken x => if side_eqb x sd then 1 else 0 | _ => 0 end) TH.

(** Threads inside a wait, asleep or on their way out. *)
Definition waiting (sd : side) (TH : list thread) : nat := asleep sd TH + woken sd TH.

Definition wake (t : thread) : thread :=
  match spot t with Asleep sd => Thread (Woken sd) (program t) (holds t) | _ => t end.

(** [notify_one], [n] times: each wakes one sleeper, whichever, if there is one. *)
Inductive notify (sd : side) : nat -> list thread -> list thread -> Prop :=
| notify_end TH : notify sd 0 TH TH
| notify_one_waiter n j t TH TH' :
    nth_error TH j = Some t -> spot t = Asleep sd ->
    notify sd n (upd TH j (wake t)) TH' -> notify sd (S n) TH TH'
| notify_no_waiter n TH :
    asleep sd TH = 0 -> notify sd (S n) TH TH.

(** The wakeup rule: a side is due as many notifications as there are waiters
    not notified, and no more than are ready and not notified for. *)
Definition due (sd : side) (sh : shared) (nt : per_side) (TH : list thread) : nat :=
  let unnotified := waiting sd TH - get sd nt in
  match ready sd sh with
  | None => unnotified
  | Some r => min unnotified (r - get sd nt)
  end.

(** How the notifications look from outside: one [notify_all] if all are
    meant and that is more than one, [notify_one] for each otherwise. *)
Definition calls (sd : side) (sh : shared) (nt : per_side) (TH : list thread) : list event :=
  let n := due sd sh nt TH in
  if (1 <? n) && (n =? waiting sd TH - get sd nt)
  then [Notify sd true] else repeat (Notify sd false) n.

(** The end of a critical section: all sides get what they are due. *)
Inductive settle (sh : shared) (nt : per_side) (TH : list thread) :
    per_side -> list thread -> Prop :=
| settled TH1 TH2 TH3 :
    notify NotEmpty (due NotEmpty sh nt TH) TH TH1 ->
    notify NotFull (due NotFull sh nt TH) TH1 TH2 ->
    notify AllDone (due AllDone sh nt TH) TH2 TH3 ->
    settle sh nt TH
      (PerSide (of_not_empty nt + due NotEmpty sh nt TH)
               (of_not_full nt + due NotFull sh nt TH)
               (of_all_done nt + due AllDone sh nt TH)) TH3.

Definition all_calls (sh : shared) (nt : per_side) (TH : list thread) : list event :=
  calls NotEmpty sh nt TH ++ calls NotFull sh nt TH ++ calls AllDone sh nt TH.

(** A thread that returns from a wait, for whatever reason, consumes one notification
    of its side, if there is one. *)
Definition come_back (x : place) (nt : per_side) : per_side :=
  match x with Woken sd => put sd (get sd nt - 1) nt | _ => nt end.

Definition back (x : place) (timed_out : bool) : list event :=
  match x with Woken sd => [Wake sd timed_out] | _ => [] end.

(** ** Steps *)

Definition awake (t : thread) : Prop :=
  match spot t with Asleep _ => False | _ => True end.

Definition finished (t : thread) : Prop := program t = [].

Definition deadline_of (o : op) : option deadline :=
  match o with Send d _ | Recv d _ _ | Join d => Some d | _ => None end.

(** The operation after its deadline has passed. *)
Definition expired (o : op) : op :=
  match o with
  | Send _ batch => Send Now batch
  | Recv _ limit tasks => Recv Now limit tasks
  | Join _ => Join Now
  | o => o
  end.

(** The items a program has not yet sent, or put back. *)
Definition offered (l : list op) : list A :=
  flat_map (fun o => match o with
    | Send _ b => b | ForceSend a | PutTaskBack a => [a] | _ => [] end) l.

(** A waiter that is cancelled leaves its wait without another attempt. What it has
    to send is its own again; nothing else changes. *)
Definition cancel (o : op) (sh : shared) : shared := hand_back (offered [o]) sh.

(** It consumes one notification of its side, as a waiter that returns does. *)
Definition give_up_wait (sd : side) (nt : per_side) : per_side := put sd (get sd nt - 1) nt.

(** The side that a thread waits on, woken or not. *)
Definition waits_at (x : place) : option side :=
  match x with Outside => None | Asleep sd | Woken sd => Some sd end.

Definition say (i : nat) (l : list event) : list (nat * event) := map (fun e => (i, e)) l.

(** [Progress]: something is achieved. [Sleep]: an attempt found that it has to
    wait. [Spurious]: a sleeper wakes without reason. [Death]: a thread panics.
    [Cancellation]: a waiter leaves its wait. [Look]: a waiter is back, found that it has
    to wait, and does not sleep yet. *)
Inductive kind := Progress | Sleep | Spurious | Death | Cancellation | Look.

Inductive step : kind -> nat -> state -> state -> Prop :=

| s_act i t o r sh' next hd' seen timed_out nt' TH' sh nt TH L :
    nth_error TH i = Some t -> program t = o :: r -> awake t ->
    attempt i (holds t) o sh = Acts sh' next hd' seen ->
    (timed_out = true -> deadline_of o = Some Now) ->
    settle sh' (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')) nt' TH' ->
    step Progress i (State sh nt TH L)
      (State sh' nt' TH'
        (L ++ say i (back (spot t) timed_out ++ seen ++
           all_calls sh' (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')))))

| s_block i t o r sd sh nt TH L :
    nth_error TH i = Some t -> program t = o :: r -> awake t ->
    attempt i (holds t) o sh = Blocks sd ->
    step Sleep i (State sh nt TH L)
      (State sh (come_back (spot t) nt) (upd TH i (Thread (Asleep sd) (o :: r) (holds t)))
        (L ++ say i (back (spot t) false ++ [Wait sd])))

| s_give i t j u h r sh nt TH L :            (* a handle moves to thread [j]  *)
    nth_error TH i = Some t -> program t = Give j h :: r -> spot t = Outside ->
    nth_error TH j = Some u -> j <> i -> 0 < owns h (holds t) ->
    step Progress i (State sh nt TH L)
      (State sh nt
        (upd (upd TH i (Thread Outside r (own h (owns h (holds t) - 1) (holds t))))
             j (Thread (spot u) (program u) (own h (owns h (holds u) + 1) (holds u)))) L)

| s_keep i t j h r sh nt TH L :              (* nothing to give, or no taker   *)
    nth_error TH i = Some t -> program t = Give j h :: r -> spot t = Outside ->
    j = i \/ nth_error TH j = None \/ owns h (holds t) = 0 ->
    step Progress i (State sh nt TH L)
      (State sh nt (upd TH i (Thread Outside r (holds t))) L)

| s_join_threads i t l r sh nt TH L :
    nth_error TH i = Some t -> program t = JoinThreads l :: r -> spot t = Outside ->
    (forall j u, In j l -> nth_error TH j = Some u -> finished u) ->
    step Progress i (State sh nt TH L)
      (State sh nt (upd TH i (Thread Outside r (holds t))) L)

| s_expire i t o r sh nt TH L :              (* a deadline passes             *)
    nth_error TH i = Some t -> program t = o :: r -> deadline_of o = Some At ->
    step Progress i (State sh nt TH L)
      (State sh nt (upd TH i (wake (Thread (spot t) (expired o :: r) (holds t)))) L)

| s_spurious i t sd sh nt TH L :
    nth_error TH i = Some t -> spot t = Asleep sd ->
    step Spurious i (State sh nt TH L) (State sh nt (upd TH i (wake t)) L)

| s_die i t drops sh nt TH L :               (* it drops what it owns         *)
    nth_error TH i = Some t -> spot t = Outside ->
    (exists o, In o (program t) /\ forall h, o <> Drop h) ->
    (forall h, count_occ handle_eq_dec drops h = owns h (holds t)) ->
    step Death i (State sh nt TH L)
      (State (hand_back (offered (program t)) sh) nt
             (upd TH i (Thread Outside (map Drop drops) (holds t))) L)

| s_cancel i t o r sd nt' TH' sh nt TH L :   (* a future is dropped           *)
    nth_error TH i = Some t -> program t = o :: r -> waits_at (spot t) = Some sd ->
    settle (cancel o sh) (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t))) nt' TH' ->
    step Cancellation i (State sh nt TH L)
      (State (cancel o sh) nt' TH'
        (L ++ say i (Cancel sd ::
           all_calls (cancel o sh) (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t))))))

| s_look i t o r sd sh nt TH L :             (* a future is polled in vain    *)
    nth_error TH i = Some t -> program t = o :: r -> spot t = Woken sd ->
    attempt i (holds t) o sh = Blocks sd ->
    step Look i (State sh nt TH L)
      (State sh (come_back (spot t) nt) (upd TH i (Thread Outside (o :: r) (holds t)))
        (L ++ say i (back (spot t) false))).

(** A thread begins with what it owns and what it is going to do. *)
Definition crew := list (held * list op).

Definition init (c : crew) : state :=
  State (Shared [] ((sum (fun m => held_senders (fst m)) c =? 0) ||
                    (sum (fun m => held_receivers (fst m)) c =? 0))
                (sum (fun m => held_senders (fst m)) c)
                (sum (fun m => held_receivers (fst m)) c)
                (sum (fun m => held_tasks (fst m)) c) [] [] [])
        (PerSide 0 0 0)
        (map (fun m => Thread Outside (snd m) (fst m)) c) [].

(** [run ks s s']: an execution from [s] to [s'], the kinds of its steps in [ks],
    the last one first. *)
Inductive run : list kind -> state -> state -> Prop :=
| run_nil s : run [] s s
| run_step ks k i s s' s'' : run ks s s' -> step k i s' s'' -> run (k :: ks) s s''.

Definition reachable (c : crew) (s : state) : Prop := exists ks, run ks (init c) s.

(** No thread can make progress, now or after any number of spurious wakeups. *)
Definition quiescent (s : state) : Prop := forall i s', ~ step Progress i s s'.

(** ** Words for the claims *)

Definition cells_of (l : list (way * nat * cell)) : list cell := map snd l.

(** What receivers took; what thread [i] took. *)
Definition received (l : list (way * nat * cell)) : list (way * nat * cell) :=
  filter (fun e => match fst (fst e) with Received => true | _ => false end) l.

Definition received_by (i : nat) (l : list (way * nat * cell)) : list (way * nat * cell) :=
  filter (fun e => snd (fst e) =? i) (received l).

(** An execution in which no thread dies and no waiter is cancelled. *)
Definition undisturbed (ks : list kind) : Prop := ~ In Death ks /\ ~ In Cancellation ks.

(** How many sentinels thread [i] received; how many all receivers did. *)
Definition sentinels_by (i : nat) (sh : shared) : nat :=
  sentinels_in (cells_of (received_by i (removed sh))).

Definition sentinels_out (sh : shared) : nat :=
  sentinels_in (cells_of (received (removed sh))).

(** How many receiving operations and worker loops a program has. *)
Definition receives (l : list op) : nat :=
  sum (fun o => match o with Recv _ _ _ | Work _ => 1 | _ => 0 end) l.

(** Tasks that were handed out, and tasks that ended or were put back, as seen from
    outside. *)
Definition begun (l : list (nat * event)) : nat :=
  sum (fun e => match snd e with Take k true => k | _ => 0 end) l.

Definition ended (l : list (nat * event)) : nat :=
  sum (fun e => match snd e with TaskDone | PutBack => 1 | _ => 0 end) l.

(** How many tasks were put back. *)
Definition put_backs (l : list (nat * event)) : nat :=
  sum (fun e => match snd e with PutBack => 1 | _ => 0 end) l.

(** The items a program has not yet sent. *)
Definition sends (l : list op) : list A :=
  flat_map (fun o => match o with Send _ b => b | ForceSend a => [a] | _ => [] end) l.

(** Of the cells [l] that came in as [L] says, in that order: those that were not put
    back. *)
Fixpoint first_time (L : list (nat * event)) (l : list cell) : list cell :=
  match L with
  | [] => []
  | (_, Push n) :: L | (_, PushSentinels n) :: L | (_, PushSentinelsFront n) :: L =>
      firstn n l ++ first_time L (skipn n l)
  | (_, PutBack) :: L => first_time L (skipn 1 l)
  | _ :: L => first_time L l
  end.

(** How many sentinels were sent to the front. *)
Definition fronts (l : list (nat * event)) : nat :=
  sum (fun e => match snd e with PushSentinelsFront k => k | _ => 0 end) l.

(** [k] is [l] with [n] sentinels left out. *)
Inductive leaving_out : nat -> list cell -> list cell -> Prop :=
| out_nil : leaving_out 0 [] []
| out_keep n x k l : leaving_out n k l -> leaving_out n (x :: k) (x :: l)
| out_skip n k l : leaving_out n k l -> leaving_out (S n) k (Sentinel :: l).

End Model.

Arguments Item {A}. Arguments Sentinel {A}. Arguments Send {A}. Arguments ForceSend {A}.
Arguments SendSentinels {A}. Arguments Recv {A}. Arguments Work {A}. Arguments CloseQueue {A}.
Arguments PutTaskBack {A}. Arguments put_task_back {A}. Arguments sends {A}.
Arguments first_time {A}. Arguments Upgrade {A}. Arguments upgrade {A}. Arguments LeaveIfIdle {A}. Arguments is_idle {A}. Arguments leave_if_idle {A}.
Arguments DrainQueue {A}. Arguments drain_items {A}. Arguments drained_items {A}.
Arguments SendSentinelsFront {A}. Arguments push_front {A}.
Arguments send_sentinels_front {A}. Arguments leaving_out {A}. Arguments CloseQueueNow {A}. Arguments Clone {A}. Arguments Drop {A}. Arguments Give {A}.
Arguments Join {A}. Arguments JoinThreads {A}. Arguments Shared {A}. Arguments queue {A}.
Arguments closed {A}. Arguments senders {A}. Arguments receivers {A}. Arguments unfinished {A}.
Arguments accepted {A}. Arguments removed {A}. Arguments returned {A}. Arguments Thread {A}.
Arguments spot {A}. Arguments program {A}. Arguments holds {A}. Arguments State {A}.
Arguments shared_of {A}. Arguments notified {A}. Arguments threads {A}. Arguments log {A}.
Arguments items_of {A}. Arguments items {A}. Arguments sentinels_in {A}. Arguments leading {A}.
Arguments fit {A}. Arguments done {A}. Arguments ready {A}. Arguments push {A}.
Arguments hand_back {A}. Arguments take {A}. Arguments split_oldest {A}. Arguments evict {A}.
Arguments close {A}. Arguments drain {A}. Arguments drained {A}. Arguments count {A}.
Arguments recount {A}. Arguments Acts {A}. Arguments Blocks {A}. Arguments NoSection {A}.
Arguments or_wait {A}. Arguments send {A}. Arguments force_send {A}.
Arguments send_sentinels {A}. Arguments receive {A}. Arguments after_item {A}.
Arguments drop_handle {A}. Arguments clone_handle {A}. Arguments join {A}.
Arguments attempt {A}. Arguments asleep {A}. Arguments woken {A}. Arguments waiting {A}.
Arguments wake {A}. Arguments notify {A}. Arguments due {A}. Arguments calls {A}.
Arguments settle {A}. Arguments all_calls {A}. Arguments awake {A}. Arguments finished {A}.
Arguments deadline_of {A}. Arguments expired {A}. Arguments offered {A}. Arguments cancel {A}.
Arguments step {A}.
Arguments crew : clear implicits. Arguments init {A}. Arguments run {A}.
Arguments reachable {A}. Arguments quiescent {A}.
Arguments cells_of {A}. Arguments received {A}. Arguments received_by {A}.
Arguments receives {A}. Arguments sentinels_by {A}. Arguments sentinels_out {A}.

(** * The model of a group: deadlock detection over any number of threads, queues and tokens.

    This file holds definitions only. It is the protocol of the registry and the detector, step by
    step: one step is one taking of a lock. Queues are opaque: of a queue it is known whether a
    condition is ready, that only a thread with its lock changes it, and that each of its critical
    sections ends with no wakeup lost ([covered_at], which is C6 of [Claims.v]).

    The environment is hostile: any thread that runs may do anything to a queue, sleepers wake up
    without reason at any moment, a timed wait may end at any moment, and a participant may leave,
    by a panic too, whenever it runs. *)

From Coq Require Import List Arith Bool.
Import ListNotations.

(** [Spurious]: a sleeper wakes although nothing notified it. *)
Inductive kind := Progress | Spurious.

Definition reason (notified : bool) : kind := if notified then Progress else Spurious.

Section Groups.

Variable Q : Type.                          (* the queues                    *)
Variable S : Type.                          (* the conditions of a queue     *)
Variable C : Type.                          (* what a queue's lock protects  *)
Variable ready : C -> S -> bool.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable size : nat.                        (* threads are numbered below it *)

Definition condition := (Q * S)%type.

(** What a registered wait is for: a condition of a queue, one participant to leave, all others. *)
Inductive target := AtQueue (w : condition) | Leaving (j : nat) | LeavingOthers.

Definition is_join (t : target) : bool := match t with AtQueue _ => false | _ => true end.

(** Where a thread is between two steps. A detection belongs to the wait that it precedes, or to
    none if it follows the end of a participant or a token. *)
Inductive place :=
| Running
| Registered (w : condition)                (* blocked in the registry; holds the queue's lock *)
| Opening (t : option target)               (* about to detect                                 *)
| Asking (t : option target) (e : nat) (todo : list condition)  (* epoch; queues yet to ask    *)
| Notifying (t : option target) (todo : list Q)  (* has marked; queues yet to notify           *)
| Rechecking (t : target)                   (* has detected, and looks again before it sleeps  *)
| Asleep (t : target) (notified : bool)
| AsleepTimed (w : condition) (notified : bool)  (* with a deadline: not in the registry       *)
| Resumed (w : condition) (last : bool).    (* back; holds the queue's lock; [last]: was marked *)

(** A thread: where it is, what the registry says of it ([blocked], [deadlocked], whether it is a
    participant), and how many tokens it holds. *)
Record thread := Thread {
  place_of : place;
  blocked : bool;
  deadlocked : bool;
  participates : bool;
  tokens : nat
}.

Record state := State { content : Q -> C; threads : nat -> thread; epoch : nat }.

Definition set (f : nat -> thread) (i : nat) (t : thread) : nat -> thread :=
  fun j => if Nat.eq_dec j i then t else f j.
Definition put (c : Q -> C) (q : Q) (x : C) : Q -> C := fun p => if Q_dec p q then x else c p.

(** Changes to one thread: its place; registered as blocked; no longer in the registry as blocked. *)
Definition move (t : thread) (p : place) : thread :=
  Thread p (blocked t) (deadlocked t) (participates t) (tokens t).
Definition block (t : thread) (p : place) : thread :=
  Thread p true false (participates t) (tokens t).
Definition unblock (t : thread) (p : place) : thread :=
  Thread p false false (participates t) (tokens t).

(** ** What is so *)

(** A thread that may act on a queue: one that runs, and takes part or holds a token. *)
Definition acts (t : thread) : Prop :=
  place_of t = Running /\ (participates t = true \/ 0 < tokens t).

Definition holds (p : place) (q : Q) : Prop :=
  match p with Registered w | Resumed w _ => fst w = q | _ => False end.
Definition free (f : nat -> thread) (q : Q) : Prop := forall j, ~ holds (place_of (f j)) q.

Definition missing (c : Q -> C) (w : condition) : Prop := ready (c (fst w)) (snd w) = false.

(** Whether what thread [i] waits for in a join has come about. *)
Definition has_left (f : nat -> thread) (i : nat) (t : target) : Prop :=
  match t with
  | AtQueue _ => False
  | Leaving j => participates (f j) = false
  | LeavingOthers => forall j, j <> i -> participates (f j) = false
  end.

Definition wait_of (t : thread) : option target :=
  match place_of t with
  | Registered w => Some (AtQueue w)
  | Opening t | Asking t _ _ | Notifying t _ => t
  | Rechecking t | Asleep t _ => Some t
  | Running | AsleepTimed _ _ | Resumed _ _ => None
  end.

(** ** What the registry computes *)

(** No token is held, and there are participants, all of them blocked. *)
Definition all_blocked (f : nat -> thread) : Prop :=
  (forall j, tokens (f j) = 0) /\ (exists j, participates (f j) = true) /\
  (forall j, participates (f j) = true -> blocked (f j) = true).

Definition any_join_ready (f : nat -> thread) : Prop :=
  exists j t, blocked (f j) = true /\ wait_of (f j) = Some t /\ has_left f j t.

Definition blocked_at (f : nat -> thread) (w : condition) : Prop :=
  exists j, blocked (f j) = true /\ wait_of (f j) = Some (AtQueue w).

(** What the blocked participants wait for at queues, in any order. *)
Definition snapshot (f : nat -> thread) (l : list condition) : Prop :=
  forall w, In w l <-> blocked_at f w.

(** A change after which a detection may be due: the thread is at [p] then. *)
Definition then_detects (f : nat -> thread) (t : option target) (otherwise p : place) : Prop :=
  (all_blocked f /\ p = Opening t) \/ (~ all_blocked f /\ p = otherwise).

Definition resume (t : option target) : place :=
  match t with Some t => Rechecking t | None => Running end.

(** Marks those blocked at queues; joiners only if [joiners]. A marked thread counts as running. *)
Definition mark (joiners : bool) (t : thread) : thread :=
  match wait_of t with
  | Some x => if blocked t && (joiners || negb (is_join x))
              then Thread (place_of t) false true (participates t) (tokens t) else t
  | None => t
  end.

(** Joiners are marked only if no participant is blocked at a queue. *)
Definition only_joins (f : nat -> thread) (joiners : bool) : Prop :=
  if joiners then forall w, ~ blocked_at f w else exists w, blocked_at f w.

(** ** Notifications *)

Definition wake_at (q : Q) (t : thread) : thread :=
  match place_of t with
  | Asleep (AtQueue w) _ => if Q_dec (fst w) q then move t (Asleep (AtQueue w) true) else t
  | AsleepTimed w _ => if Q_dec (fst w) q then move t (AsleepTimed w true) else t
  | _ => t
  end.

Definition wake_joiner (t : thread) : thread :=
  match place_of t with
  | Asleep x _ => if is_join x then move t (Asleep x true) else t
  | _ => t
  end.

(** The threads in [chosen] that sleep at the queue are notified. *)
Definition notify_at (q : Q) (chosen : nat -> bool) (f : nat -> thread) : nat -> thread :=
  fun j => if chosen j then wake_at q (f j) else f j.

(** No wakeup is lost at this queue: where a condition is ready and a waiter sleeps un-notified, a
    waiter of the same condition has been notified and is on its way. *)
Definition on_its_way (p : place) (w : condition) : Prop :=
  p = Asleep (AtQueue w) true \/ p = AsleepTimed w true.
Definition covered_at (q : Q) (s : state) : Prop :=
  forall w, fst w = q -> ~ missing (content s) w ->
  (exists j, place_of (threads s j) = Asleep (AtQueue w) false) ->
  exists k, on_its_way (place_of (threads s k)) w.

(** ** Steps *)

Inductive step : kind -> nat -> state -> state -> Prop :=

(** *** Queues *)

| s_act i c f e q x chosen :                (* any critical section of a thread that runs *)
    acts (f i) -> free f q -> covered_at q (State (put c q x) (notify_at q chosen f) e) ->
    step Progress i (State c f e) (State (put c q x) (notify_at q chosen f) e)

| s_sleep_timed i c f e w :                 (* a wait with a deadline *)
    acts (f i) -> free f (fst w) -> missing c w ->
    step Progress i (State c f e) (State c (set f i (move (f i) (AsleepTimed w false))) e)

| s_wake_timed i c f e w n x chosen :       (* notified, by the clock, or spuriously *)
    place_of (f i) = AsleepTimed w n -> free f (fst w) ->
    let f' := notify_at (fst w) chosen (set f i (move (f i) Running)) in
    covered_at (fst w) (State (put c (fst w) x) f' e) ->
    step Progress i (State c f e) (State (put c (fst w) x) f' e)

| s_block i c f e w p :                     (* a wait without a deadline *)
    place_of (f i) = Running -> participates (f i) = true -> free f (fst w) -> missing c w ->
    let f' := set f i (block (f i) p) in
    then_detects f' (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

| s_sleep i c f e w :
    place_of (f i) = Registered w ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep (AtQueue w) false))) e)

| s_recheck_sleep i c f e w :
    place_of (f i) = Rechecking (AtQueue w) -> free f (fst w) ->
    missing c w -> deadlocked (f i) = false ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep (AtQueue w) false))) e)

| s_recheck_resume i c f e w :
    place_of (f i) = Rechecking (AtQueue w) -> free f (fst w) ->
    ~ missing c w \/ deadlocked (f i) = true ->
    step Progress i (State c f e)
      (State c (set f i (unblock (f i) (Resumed w (deadlocked (f i)))))
             (if blocked (f i) then 1 + e else e))

| s_wake i c f e w n :
    place_of (f i) = Asleep (AtQueue w) n -> free f (fst w) ->
    step (reason n) i (State c f e)
      (State c (set f i (unblock (f i) (Resumed w (deadlocked (f i)))))
             (if blocked (f i) then 1 + e else e))

| s_return i c f e w last x chosen :        (* its operation ends *)
    place_of (f i) = Resumed w last -> ~ missing c w \/ last = true ->
    let f' := notify_at (fst w) chosen (set f i (move (f i) Running)) in
    covered_at (fst w) (State (put c (fst w) x) f' e) ->
    step Progress i (State c f e) (State (put c (fst w) x) f' e)

| s_block_again i c f e w p :               (* woken for nothing, it blocks again *)
    place_of (f i) = Resumed w false -> missing c w ->
    let f' := set f i (block (f i) p) in
    then_detects f' (Some (AtQueue w)) (Registered w) p ->
    step Progress i (State c f e) (State c f' (1 + e))

(** *** Joins *)

| s_join i c f e t p :
    place_of (f i) = Running -> participates (f i) = true -> is_join t = true -> ~ has_left f i t ->
    let f' := set f i (block (f i) p) in
    then_detects f' (Some t) (Asleep t false) p ->
    step Progress i (State c f e) (State c f' (1 + e))

| s_join_recheck i c f e t :
    place_of (f i) = Rechecking t -> is_join t = true ->
    ~ has_left f i t -> deadlocked (f i) = false ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asleep t false))) e)

| s_join_again i c f e t n p :
    place_of (f i) = Asleep t n -> is_join t = true ->
    ~ has_left f i t -> deadlocked (f i) = false ->
    let f' := set f i (block (f i) p) in
    then_detects f' (Some t) (Asleep t false) p ->
    step (reason n) i (State c f e) (State c f' (1 + e))

| s_join_end i c f e t n :                  (* the threads have left, or it was marked *)
    place_of (f i) = Rechecking t /\ n = true \/ place_of (f i) = Asleep t n ->
    is_join t = true -> has_left f i t \/ deadlocked (f i) = true ->
    step (reason n) i (State c f e)
      (State c (set f i (unblock (f i) Running)) (if blocked (f i) then 1 + e else e))

(** *** Detection *)

| s_open i c f e t todo :
    place_of (f i) = Opening t -> all_blocked f -> ~ any_join_ready f -> snapshot f todo ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asking t e todo))) e)

| s_open_not i c f e t :
    place_of (f i) = Opening t -> ~ all_blocked f \/ any_join_ready f ->
    step Progress i (State c f e) (State c (set f i (move (f i) (resume t))) e)

| s_ask i c f e t e0 w todo :
    place_of (f i) = Asking t e0 (w :: todo) -> free f (fst w) -> missing c w ->
    step Progress i (State c f e) (State c (set f i (move (f i) (Asking t e0 todo))) e)

| s_ask_ready i c f e t e0 w todo :
    place_of (f i) = Asking t e0 (w :: todo) -> free f (fst w) -> ~ missing c w ->
    step Progress i (State c f e) (State c (set f i (move (f i) (resume t))) e)

| s_stale i c f e t e0 todo :
    place_of (f i) = Asking t e0 todo -> e0 <> e ->
    step Progress i (State c f e) (State c (set f i (move (f i) (resume t))) e)

| s_mark i c f e t joiners todo :
    place_of (f i) = Asking t e [] -> only_joins f joiners ->
    (forall w, blocked_at f w -> In (fst w) todo) ->
    step Progress i (State c f e)
      (State c (fun j => wake_joiner (mark joiners (set f i (move (f i) (Notifying t todo)) j)))
             (1 + e))

| s_notify i c f e t q todo :
    place_of (f i) = Notifying t (q :: todo) -> free f q ->
    step Progress i (State c f e)
      (State c (fun j => wake_at q (set f i (move (f i) (Notifying t todo)) j)) e)

| s_notified i c f e t :
    place_of (f i) = Notifying t [] ->
    step Progress i (State c f e) (State c (set f i (move (f i) (resume t))) e)

(** *** Participants and tokens *)

| s_leave i c f e p wakes :
    place_of (f i) = Running -> participates (f i) = true ->
    let f' := set f i (Thread p false false false (tokens (f i))) in
    then_detects f' None Running p -> (wakes = false -> ~ any_join_ready f') ->
    step Progress i (State c f e)
      (State c (fun j => if wakes then wake_joiner (f' j) else f' j) (1 + e))

| s_participate i j c f e :                 (* registers a participant *)
    acts (f i) -> j < size -> place_of (f j) = Running -> participates (f j) = false ->
    step Progress i (State c f e)
      (State c (set f j (Thread Running false false true (tokens (f j)))) (1 + e))

| s_acquire i j c f e :                     (* makes a token, for itself or another thread *)
    acts (f i) -> j < size -> place_of (f j) = Running ->
    step Progress i (State c f e)
      (State c (set f j (Thread Running false false (participates (f j)) (1 + tokens (f j)))) (1 + e))

| s_give i j c f e n :                      (* a token moves to another thread *)
    place_of (f i) = Running -> tokens (f i) = 1 + n -> j <> i -> j < size ->
    place_of (f j) = Running ->
    step Progress i (State c f e)
      (State c (set (set f i (Thread Running false false (participates (f i)) n)) j
                    (Thread Running false false (participates (f j)) (1 + tokens (f j)))) e)

| s_release i c f e n p :
    place_of (f i) = Running -> tokens (f i) = 1 + n ->
    let f' := set f i (Thread p false false (participates (f i)) n) in
    then_detects f' None Running p ->
    step Progress i (State c f e) (State c f' (1 + e)).

(** At the beginning all threads run, any of them participants or holders of tokens. *)
Definition begins (s : state) : Prop := forall j,
  place_of (threads s j) = Running /\ blocked (threads s j) = false /\
  deadlocked (threads s j) = false /\
  (size <= j -> participates (threads s j) = false /\ tokens (threads s j) = 0).

Inductive reachable (s0 : state) : state -> Prop :=
| r_begin : reachable s0 s0
| r_step k i s s' : reachable s0 s -> step k i s s' -> reachable s0 s'.

(** ** Words for the claims *)

(** A participant is blocked forever as things are: it is in a wait without a deadline for what is
    not there, and is not marked yet. *)
Definition is_blocked (s : state) (j : nat) : Prop := exists t,
  wait_of (threads s j) = Some t /\ deadlocked (threads s j) = false /\
  match t with AtQueue w => missing (content s) w | t => ~ has_left (threads s) j t end.

(** The deadlock, with full knowledge of the state; the registry is not asked for its counts. *)
Definition deadlock (s : state) : Prop :=
  (forall j, tokens (threads s j) = 0) /\ (exists j, participates (threads s j) = true) /\
  (forall j, participates (threads s j) = true -> is_blocked s j).

(** A detection is under way that has not been overtaken. *)
Definition detecting (s : state) : Prop := exists i t,
  place_of (threads s i) = Opening t \/
  exists todo, place_of (threads s i) = Asking t (epoch s) todo.

(** Nothing can happen but spurious wakeups. *)
Definition at_rest (s : state) : Prop := forall i s', ~ step Progress i s s'.

End Groups.

Arguments AtQueue {Q S}. Arguments Leaving {Q S}. Arguments LeavingOthers {Q S}.
Arguments is_join {Q S}. Arguments Running {Q S}. Arguments Registered {Q S}.
Arguments Opening {Q S}. Arguments Asking {Q S}. Arguments Notifying {Q S}.
Arguments Rechecking {Q S}. Arguments Asleep {Q S}. Arguments AsleepTimed {Q S}.
Arguments Resumed {Q S}. Arguments Thread {Q S}. Arguments place_of {Q S}.
Arguments blocked {Q S}. Arguments deadlocked {Q S}. Arguments participates {Q S}.
Arguments tokens {Q S}. Arguments State {Q S C}. Arguments content {Q S C}.
Arguments threads {Q S C}. Arguments epoch {Q S C}. Arguments set {Q S}.
Arguments put {Q C}. Arguments move {Q S}. Arguments block {Q S}. Arguments unblock {Q S}.
Arguments acts {Q S}. Arguments holds {Q S}. Arguments free {Q S}. Arguments missing {Q S C}.
Arguments has_left {Q S}. Arguments wait_of {Q S}. Arguments all_blocked {Q S}.
Arguments any_join_ready {Q S}. Arguments blocked_at {Q S}. Arguments snapshot {Q S}.
Arguments then_detects {Q S}. Arguments resume {Q S}. Arguments mark {Q S}.
Arguments only_joins {Q S}. Arguments wake_at {Q S}. Arguments wake_joiner {Q S}.
Arguments notify_at {Q S}. Arguments on_its_way {Q S}. Arguments covered_at {Q S C}.
Arguments step {Q S C}. Arguments begins {Q S C}. Arguments reachable {Q S C}.
Arguments is_blocked {Q S C}. Arguments deadlock {Q S C}. Arguments detecting {Q S C}.
Arguments at_rest {Q S C}.
Arguments s_act {Q S C}. Arguments s_sleep_timed {Q S C}. Arguments s_wake_timed {Q S C}.
Arguments s_block {Q S C}. Arguments s_sleep {Q S C}. Arguments s_recheck_sleep {Q S C}.
Arguments s_recheck_resume {Q S C}. Arguments s_wake {Q S C}. Arguments s_return {Q S C}.
Arguments s_block_again {Q S C}. Arguments s_join {Q S C}. Arguments s_join_recheck {Q S C}.
Arguments s_join_again {Q S C}. Arguments s_join_end {Q S C}. Arguments s_open {Q S C}.
Arguments s_open_not {Q S C}. Arguments s_ask {Q S C}. Arguments s_ask_ready {Q S C}.
Arguments s_stale {Q S C}. Arguments s_mark {Q S C}. Arguments s_notify {Q S C}.
Arguments s_notified {Q S C}. Arguments s_leave {Q S C}. Arguments s_participate {Q S C}.
Arguments s_acquire {Q S C}. Arguments s_give {Q S C}. Arguments s_release {Q S C}.

(** * A group with its queues: the product of [Groups.v] and one [Model.v] for each queue.

    This file holds definitions only. In [Groups.v] queues are opaque; here each is one of
    [Model.v], and each step of the group that concerns a queue is taken together with a step of
    that queue. A participant's wait without a deadline is an operation with a deadline that does
    not pass, unless the participant was marked as deadlocked: then it may pass before the attempt
    that ends the wait. A thread of the group is the thread of the same number in each queue, and
    its program there is what it will do there; a worker loop is a list of receives.

    A participant that was woken for nothing and detects looks in vain, as [Model.v] calls it: it
    releases the lock, and does not count as waiting meanwhile. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model Invariant Lock GroupQueues.
From SentinelQueue Require Groups.

(** ** One queue of a group *)

Section Queue.
Context {A : Type}.
Implicit Types (x y : state A) (t : thread A).

Definition place_at x (i : nat) : place :=
  match nth_error (threads x) i with Some t => spot t | None => Outside end.

Definition head x (i : nat) : option (op A) :=
  match nth_error (threads x) i with Some t => hd_error (program t) | None => None end.

(** The next operation of the thread may have to wait, on this side, with this deadline. *)
Definition waiting_op (d : deadline) x (i : nat) (sd : side) : Prop := exists o,
  head x i = Some o /\ waits_on o = Some sd /\ deadline_of o = Some d /\
  match o with Send _ [] => False | _ => True end.

Definition alter (i : nat) (u : thread A -> thread A) x : state A :=
  match nth_error (threads x) i with
  | Some t => State (shared_of x) (notified x) (upd (threads x) i (u t)) (log x)
  | None => x
  end.

(** The deadline of the thread's next operation passes; a sleeper wakes without reason; all do. *)
Definition expire (i : nat) : state A -> state A := alter i (fun t =>
  match program t with
  | o :: r => wake (Thread (spot t) (expired o :: r) (holds t))
  | [] => t
  end).
Definition stir (i : nat) : state A -> state A := alter i wake.
Definition rouse x : state A := State (shared_of x) (notified x) (map wake (threads x)) (log x).

(** The thread is back under the lock, by its deadline or not. *)
Definition resumed (i : nat) (out : bool) : state A -> state A := if out then expire i else stir i.

(** The thread is back, and does not sleep yet. *)
Definition look (i : nat) x : state A :=
  match nth_error (threads x) i with
  | Some t => State (shared_of x) (come_back (spot t) (notified x))
                (upd (threads x) i (Thread Outside (program t) (holds t)))
                (log x ++ say i (back (spot t) false))
  | None => x
  end.

(** Whether thread [j] was notified. *)
Definition woke x y (j : nat) : bool :=
  match place_at x j, place_at y j with Asleep _, Woken _ => true | _, _ => false end.

End Queue.

(** ** What a queue sees of a place in a group *)

(** [Away]: nothing. [Looking]: its operation goes on, and it is not waiting. [Back]: it holds the
    lock. [Sleeping]: it waits. *)
Inductive view (Q : Type) :=
| Away
| Looking (w : Groups.condition Q side)
| Back (w : Groups.condition Q side) (is_last : bool)
| Sleeping (w : Groups.condition Q side) (notified : bool).

Arguments Away {Q}. Arguments Looking {Q}. Arguments Back {Q}. Arguments Sleeping {Q}.

Definition looking {Q} (t : option (Groups.target Q side)) : view Q :=
  match t with Some (Groups.AtQueue w) => Looking w | _ => Away end.

Definition view_of {Q} (p : Groups.place Q side) : view Q :=
  match p with
  | Groups.Running => Away
  | Groups.Registered w => Looking w
  | Groups.Opening t | Groups.Asking t _ _ | Groups.Notifying t _ => looking t
  | Groups.Rechecking t => looking (Some t)
  | Groups.Asleep (Groups.AtQueue w) n | Groups.AsleepTimed w n => Sleeping w n
  | Groups.Asleep _ _ => Away
  | Groups.Resumed w is_last => Back w is_last
  end.

Section Product.

Context {A Q : Type}.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable capacity : Q -> option nat.
Variable crews : Q -> crew A.               (* the threads, as each queue sees them *)
Variable size : nat.

Notation group_state := (Groups.state Q side (queue_of A)).
Notation G := Groups.State.
Notation set := Groups.set.
Notation put := (Groups.put Q_dec).
Notation notify_at := (Groups.notify_at Q_dec).
Notation missing := (Groups.missing is_ready).
Notation place_of := Groups.place_of.

Record product := Product { queues : Q -> state A; group : group_state }.

(** What the group knows of a queue. *)
Definition shown (q : Q) (x : state A) : queue_of A := (capacity q, shared_of x).

(** ** Steps *)

Inductive pstep : Groups.kind -> nat -> product -> product -> Prop :=

| p_act i k qs c f e q y :                  (* any step of a thread that runs      *)
    Groups.acts (f i) -> Groups.free f q ->
    step (capacity q) k i (qs q) y -> place_at y i = Outside ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y) (G (put c q (shown q y)) (notify_at q (woke (qs q) y) f) e))

| p_sleep_timed i qs c f e q sd y :         (* a wait with a deadline              *)
    Groups.acts (f i) -> Groups.free f q -> waiting_op At (qs q) i sd ->
    section (capacity q) Sleep i (qs q) y ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y)
        (G c (set f i (Groups.move (f i) (Groups.AsleepTimed (q, sd) false))) e))

| p_wake_timed i qs c f e q sd n out y :    (* notified, by the clock, or spuriously *)
    place_of (f i) = Groups.AsleepTimed (q, sd) n -> Groups.free f q ->
    section (capacity q) Progress i (resumed i out (qs q)) y ->
    let f' := notify_at q (woke (qs q) y) (set f i (Groups.move (f i) Groups.Running)) in
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y) (G (put c q (shown q y)) f' e))

| p_sleep_again i qs c f e q sd n y :       (* woken for nothing, it waits on      *)
    place_of (f i) = Groups.AsleepTimed (q, sd) n -> Groups.free f q ->
    section (capacity q) Sleep i (stir i (qs q)) y ->
    let f' := notify_at q (woke (qs q) y) (set f i (Groups.move (f i) Groups.Running)) in
    pstep (Groups.reason n) i (Product qs (G c f e))
      (Product (put qs q y)
        (G (put c q (shown q y))
           (set f' i (Groups.move (f' i) (Groups.AsleepTimed (q, sd) false))) e))

| p_block i qs c f e q sd p :               (* a wait without a deadline           *)
    place_of (f i) = Groups.Running -> Groups.participates (f i) = true -> Groups.free f q ->
    waiting_op At (qs q) i sd -> missing c (q, sd) ->
    let f' := set f i (Groups.block (f i) p) in
    Groups.then_detects f' (Some (Groups.AtQueue (q, sd))) (Groups.Registered (q, sd)) p ->
    pstep Groups.Progress i (Product qs (G c f e)) (Product qs (G c f' (1 + e)))

| p_sleep i qs c f e q sd y :
    place_of (f i) = Groups.Registered (q, sd) -> section (capacity q) Sleep i (qs q) y ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y)
        (G c (set f i (Groups.move (f i) (Groups.Asleep (Groups.AtQueue (q, sd)) false))) e))

| p_recheck_sleep i qs c f e q sd y :
    place_of (f i) = Groups.Rechecking (Groups.AtQueue (q, sd)) -> Groups.free f q ->
    missing c (q, sd) -> Groups.deadlocked (f i) = false ->
    section (capacity q) Sleep i (qs q) y ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y)
        (G c (set f i (Groups.move (f i) (Groups.Asleep (Groups.AtQueue (q, sd)) false))) e))

| p_recheck_resume i qs c f e q sd :        (* something is there, or it is marked *)
    place_of (f i) = Groups.Rechecking (Groups.AtQueue (q, sd)) -> Groups.free f q ->
    ~ missing c (q, sd) \/ Groups.deadlocked (f i) = true ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q (stir i (qs q)))
        (G c (set f i (Groups.unblock (f i) (Groups.Resumed (q, sd) (Groups.deadlocked (f i)))))
             (if Groups.blocked (f i) then 1 + e else e)))

| p_wake i qs c f e q sd n :                (* the same after a sleep              *)
    place_of (f i) = Groups.Asleep (Groups.AtQueue (q, sd)) n -> Groups.free f q ->
    pstep (Groups.reason n) i (Product qs (G c f e))
      (Product (put qs q (stir i (qs q)))
        (G c (set f i (Groups.unblock (f i) (Groups.Resumed (q, sd) (Groups.deadlocked (f i)))))
             (if Groups.blocked (f i) then 1 + e else e)))

| p_return i qs c f e q sd is_last out y :  (* its attempt, which ends the wait    *)
    place_of (f i) = Groups.Resumed (q, sd) is_last -> (out = true -> is_last = true) ->
    section (capacity q) Progress i (resumed i out (qs q)) y ->
    let f' := notify_at q (woke (qs q) y) (set f i (Groups.move (f i) Groups.Running)) in
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q y) (G (put c q (shown q y)) f' e))

| p_block_again i qs c f e q sd p :         (* woken for nothing, it blocks again  *)
    place_of (f i) = Groups.Resumed (q, sd) false -> missing c (q, sd) ->
    let f' := set f i (Groups.block (f i) p) in
    Groups.then_detects f' (Some (Groups.AtQueue (q, sd))) (Groups.Registered (q, sd)) p ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q (look i (qs q))) (G c f' (1 + e)))

| p_notify i qs c f e t q todo :            (* a detector wakes all who wait there *)
    place_of (f i) = Groups.Notifying t (q :: todo) -> Groups.free f q ->
    pstep Groups.Progress i (Product qs (G c f e))
      (Product (put qs q (rouse (qs q)))
        (G c (fun j => Groups.wake_at Q_dec q
                         (set f i (Groups.move (f i) (Groups.Notifying t todo)) j)) e))

| p_quiet k i qs g g' :                     (* a step that concerns no queue       *)
    Groups.step is_ready Q_dec size k i g g' ->
    (forall q, Groups.content g' q = Groups.content g q) ->
    (forall j, view_of (place_of (Groups.threads g' j)) =
               view_of (place_of (Groups.threads g j))) ->
    pstep k i (Product qs g) (Product qs g').

(** At the beginning every queue is new and all threads run. *)
Definition new_group (f : nat -> Groups.thread Q side) : product :=
  Product (fun q => init (crews q)) (G (fun q => shown q (init (crews q))) f 0).

Inductive later (s : product) : product -> Prop :=
| later_none : later s s
| later_more k i s' s'' : later s s' -> pstep k i s' s'' -> later s s''.

Definition preachable (s : product) : Prop := exists f,
  Groups.begins size (group (new_group f)) /\ later (new_group f) s.

(** Nothing can happen but spurious wakeups. *)
Definition product_at_rest (s : product) : Prop := forall i s', ~ pstep Groups.Progress i s s'.

End Product.

Arguments Product {A Q}. Arguments queues {A Q}. Arguments group {A Q}.

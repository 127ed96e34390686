(** * What the model of groups assumes of a queue's sections is what [Claims.v] proves of them.

    [covered_at] asks of every critical section: where a condition is ready and a waiter sleeps
    un-notified, a waiter of the same condition has been notified and is on its way. In every reachable
    state of [Model.v], which is a state in which the lock is free, it is so on every side. *)

From Coq Require Import List Arith Lia Bool.
From SentinelQueue Require Import Model Claims.

Theorem C6_covers {A} (capacity : option nat) (c : crew A) (s : state A) (sd : side) :
  reachable capacity c s -> ready capacity sd (shared_of s) <> Some 0 ->
  (exists j t, nth_error (threads s) j = Some t /\ spot t = Asleep sd) ->
  exists k t, nth_error (threads s) k = Some t /\ spot t = Woken sd.
Proof.
  intros R RD (j & t & N & E).
  assert (AS : 0 < asleep sd (threads s)).
  { unfold asleep. clear - N E. revert j N. induction (threads s) as [|u l IH]; intros [|j] N;
      try discriminate; cbn in *.
    - injection N as ->. rewrite E. destruct sd; cbn; lia.
    - specialize (IH j N). lia. }
  destruct (C6_no_lost_wakeup capacity c s R sd) as (C6 & _ & _).
  destruct (C6 AS) as (r & RE & L1 & L2). assert (W : 0 < woken sd (threads s)).
  { destruct r; [now rewrite RE in RD|lia]. }
  clear - W. unfold woken in W. induction (threads s) as [|u l IH]; cbn in W; [lia|].
  destruct (spot u) as [|x|x] eqn:P.
  - destruct IH as (k & v & K); [lia|]. exists (S k), v. exact K.
  - destruct IH as (k & v & K); [lia|]. exists (S k), v. exact K.
  - destruct (side_eqb x sd) eqn:SE.
    + exists 0, u. split; auto. rewrite P. destruct x, sd; auto; discriminate.
    + destruct IH as (k & v & K); [lia|]. exists (S k), v. exact K.
Qed.

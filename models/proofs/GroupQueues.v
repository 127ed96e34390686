(** * What the model of groups assumes of a queue's sections is what [Claims.v] proves of them.

    [covered_at] asks of every critical section: where a condition is ready and a waiter sleeps
    un-notified, a waiter of the same condition has been notified and is on its way. In every reachable
    state of [Model.v], which is a state in which the lock is free, it is so on every side. *)

From Coq Require Import List Arith Lia Bool.
From SentinelQueue Require Import Model Claims.
From SentinelQueue Require Groups.

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

(** ** What a deadlock means of these queues *)

(** A queue of a group: its capacity, and what its lock protects in [Model.v]. *)
Definition queue_of (A : Type) : Type := (option nat * shared A)%type.

(** What [is_ready] of the code computes. *)
Definition is_ready {A} (q : queue_of A) (sd : side) : bool :=
  match ready (fst q) sd (snd q) with Some 0 => false | _ => true end.

(** What is missing to a participant in a deadlock: to a receiver, an item, a sentinel and the end of an
    open, empty queue; to a sender, room in an open, full one; to a joiner, the end of the work. *)
Theorem deadlock_means {A Q} (s : Groups.state Q side (queue_of A)) (j : nat) (q : Q) (sd : side) :
  Groups.deadlock is_ready s -> Groups.participates (Groups.threads s j) = true ->
  Groups.wait_of (Groups.threads s j) = Some (Groups.AtQueue (q, sd)) ->
  let (capacity, sh) := Groups.content s q in
  match sd with
  | NotEmpty => closed sh = false /\ queue sh = nil
  | NotFull => closed sh = false /\ exists n, capacity = Some n /\ n <= items sh
  | AllDone => 0 < items sh \/ 0 < unfinished sh
  end.
Proof.
  intros (_ & _ & BL) P W. destruct (BL j P) as (x & X & _ & M). rewrite W in X. injection X as <-.
  unfold Groups.missing, is_ready in M. cbn [fst snd] in M.
  destruct (Groups.content s q) as [capacity sh]. cbn [fst snd] in M. destruct sd; cbn in M.
  - destruct (closed sh); [discriminate|]. destruct (queue sh); [auto|discriminate].
  - destruct (closed sh); [discriminate|]. split; auto. destruct capacity as [n|]; [|discriminate].
    exists n. split; auto. destruct (n - items sh) eqn:E; [lia|discriminate].
  - unfold done in M. destruct (Nat.eqb_spec (items sh) 0), (Nat.eqb_spec (unfinished sh) 0);
      cbn in M; try discriminate; lia.
Qed.

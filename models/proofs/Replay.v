(** * What a file of recorded traces imports.

    Such a file is written by a program, and all it has to say is
<<
    From SentinelQueue Require Import Replay.
    Definition traces : list (list recorded) := [ [R 0 (Create None); V 0 (Push 2) [0; 1]; ...]; ... ].
    Goal refused traces = []. Proof. vm_compute. reflexivity. Qed.
>>
    with the events spelled as in [Model.v] and [Flush.v]. *)

From Coq Require Export List.
From Coq Require Import Arith.
Export ListNotations.
From SentinelQueue Require Export Model Flush Trace.
From SentinelQueue Require Import Claims FlushClaims.

(** The numbers of the traces that have no explanation. *)
Definition refused (traces : list (list recorded)) : list nat :=
  filter (fun n => negb (replay (nth n traces []))) (seq 0 (length traces)).

(** How many spurious wakeups it takes to explain all of them. *)
Definition stirred (traces : list (list recorded)) : nat :=
  fold_right (fun tr n => match explain tr with Some m => m | None => 0 end + n) 0 traces.

Theorem none_refused traces : refused traces = [] ->
  forall tr, In tr traces -> replay tr = true.
Proof.
  unfold refused. intros H tr I. apply In_nth_error in I as [n E].
  destruct (replay tr) eqn:F; auto. exfalso.
  assert (K : In n (filter (fun n => negb (replay (nth n traces []))) (seq 0 (length traces)))).
  - apply filter_In. rewrite (nth_error_nth _ _ _ E), F. split; auto.
    apply in_seq. split; [apply Nat.le_0_l|]. simpl. apply nth_error_Some. congruence.
  - rewrite H in K. contradiction.
Qed.

(** C1 and C3 of a recorded execution: what went out, through any thread, is what came in,
    in that order, but for what is queued still; so nothing came out twice, and nothing
    that had not come in. *)
Theorem replay_order tr : replay tr = true -> exists queued,
  came_in tr = map snd (went_out tr) ++ queued.
Proof.
  intros H. destruct (replay_sound _ H) as (i & cap & rest & c & s & -> & _ & _ & _ & RE & _ & CI & WO).
  apply freachable_inner in RE.
  exists (items_of (queue (shared_of (inner s)))). cbn [came_in went_out flat_map event_of app].
  change (came_in rest = map snd (went_out rest) ++ items_of (queue (shared_of (inner s)))).
  rewrite <- CI, <- WO. destruct (C3_order cap c (inner s) RE) as [-> _]. f_equal.
  generalize (removed (shared_of (inner s))) as l. induction l as [|[[w j] [a|]] l IH]; simpl; auto.
  change (a :: items_of (cells_of l) = a :: map snd (items_out l)). now rewrite IH.
Qed.

(** * The claims about a group with its queues are not empty.

    One queue with room for one item. First, a participant receives and no other thread is left to
    send: it sleeps, wakes for nothing, releases the lock to detect, is marked and wakes, and its receive
    gives up. Second, another participant sends: the receiver wakes with the item, and none is marked. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Step Exec Lock GroupQueues GroupProduct GroupProjection.
From SentinelQueue Require Groups GroupInvariant GroupWitness.

Definition unit_dec := GroupWitness.unit_dec.
Definition room_for_one (_ : unit) : option nat := Some 1.
Notation thread' := (Groups.thread unit side).
Definition participant : thread' := Groups.Thread Groups.Running false false true 0.
Definition absent : thread' := Groups.Thread Groups.Running false false false 0.
Definition two (t u : thread') (j : nat) : thread' := match j with 0 => t | 1 => u | _ => absent end.
Notation pstep' := (pstep unit_dec room_for_one 2).
Notation later' := (later unit_dec room_for_one 2).
Notation here := (tt, NotEmpty).

Lemma first_step k i (s s' s'' : product (A := nat)) : pstep' k i s s' -> later' s' s'' -> later' s s''.
Proof.
  intros H L. induction L; [econstructor; [constructor|eauto]|]. econstructor; eauto.
Qed.
Lemma begins_two (s : product (A := nat)) :
  Groups.threads (group s) = two participant participant -> Groups.begins 2 (group s).
Proof. intros E j. rewrite E. destruct j as [|[|j]]; cbn; repeat split; auto; lia. Qed.

(** All are blocked; one runs: said of threads 0 and 1 only. *)
Lemma only_one_blocked (f : nat -> thread') :
  (forall j, Groups.participates (f (S j)) = false /\ Groups.tokens (f (S j)) = 0) ->
  Groups.tokens (f 0) = 0 -> Groups.participates (f 0) = true -> Groups.blocked (f 0) = true ->
  Groups.all_blocked f.
Proof.
  intros A T P B. split; [|split; [eauto|]]; intros [|j]; auto; destruct (A j); congruence.
Qed.
Lemma one_runs (f : nat -> thread') i : Groups.participates (f i) = true ->
  Groups.blocked (f i) = false -> ~ Groups.all_blocked f.
Proof. intros P B (_ & _ & W). rewrite (W i P) in B. discriminate. Qed.

Ltac free_now := let j := fresh in let H := fresh in
  intros j; destruct j as [|[|[|j]]]; intros H; vm_compute in H; contradiction H.
(** Computes a critical section. *)
Ltac computed := match goal with |- section _ _ _ ?x _ =>
  let y := eval vm_compute in x in
  let E := fresh in assert (E : x = y) by (vm_compute; reflexivity); rewrite E; clear E end.
Ltac acts_now := computed; eapply section_acts with (timed_out := false);
  [reflexivity|reflexivity|exact I|reflexivity|discriminate|
   apply (settlef_sound _ _ _ _ [] [] []); reflexivity].
Ltac blocks_now := computed; eapply section_blocks; [reflexivity|reflexivity|exact I|reflexivity].
Ltac waits_now := eexists; repeat split; reflexivity.

Definition crews_silent (_ : unit) : crew nat := [(Held 0 1 0, [Recv At 1 false]); (Held 1 0 0, [])].
Definition crews_sending (_ : unit) : crew nat :=
  [(Held 0 1 0, [Recv At 1 false]); (Held 1 0 0, [Send Now [7]])].

(** The receiver sleeps, the other participant leaves with its sender in its hands. The receiver wakes
    for nothing, releases the lock to detect, and is marked; then its receive gives up, in an open queue
    that is empty. *)
Example deadlock_is_reported_with_queues : exists s1 s2 s3 : product (A := nat) (Q := unit),
  preachable unit_dec room_for_one crews_silent 2 s1 /\ pstep' Groups.Progress 0 s1 s2 /\
  Groups.deadlocked (Groups.threads (group s1) 0) = false /\
  Groups.deadlocked (Groups.threads (group s2) 0) = true /\
  later' s2 s3 /\ Groups.place_of (Groups.threads (group s3) 0) = Groups.Running /\
  log (queues s3 tt) = [(0, Wait NotEmpty); (0, Wake NotEmpty false); (0, Refuse NotEmpty false)] /\
  closed (shared_of (queues s3 tt)) = false.
Proof.
  do 3 eexists. split; [|split; [|split; [|split; [|split; [|split; [|split]]]]]].
  - exists (two participant participant). split; [apply begins_two; auto|].
    eapply first_step.
    { eapply (p_block _ _ _ 0) with (q := tt) (sd := NotEmpty) (p := Groups.Registered here);
        [reflexivity|reflexivity|free_now|waits_now|reflexivity|].
      right. split; [apply (one_runs _ 1); reflexivity|reflexivity]. }
    eapply first_step; [eapply (p_sleep _ _ _ 0); [reflexivity|blocks_now]|].
    eapply first_step.
    { eapply p_quiet; [eapply (Groups.s_leave _ _ _ 1) with (wakes := false) (p := Groups.Opening None)
                      |reflexivity|].
      - vm_compute. reflexivity.
      - vm_compute. reflexivity.
      - left. split; [apply only_one_blocked|]; auto. intros [|j]; auto.
      - intros _ ([|[|j]] & x & B & W & L); cbn in *; try discriminate. injection W as <-. destruct L.
      - intros [|[|j]]; vm_compute; reflexivity. }
    eapply first_step; [eapply (p_wake _ _ _ 0); [reflexivity|free_now]|].
    eapply first_step.
    { eapply (p_block_again _ _ _ 0) with (p := Groups.Opening _); [reflexivity|reflexivity|].
      left. split; [apply only_one_blocked|]; auto. intros [|j]; auto. }
    eapply first_step.
    { eapply p_quiet; [eapply (Groups.s_open _ _ _ 0) with (todo := [here])|reflexivity|].
      - vm_compute. reflexivity.
      - apply only_one_blocked; auto. intros [|j]; auto.
      - intros ([|[|j]] & x & B & W & L); cbn in *; try discriminate. injection W as <-. destruct L.
      - intros [[] sd]. split.
        + intros [[= <-]|[]]. exists 0. auto.
        + intros ([|[|j]] & B & W); cbn in *; try discriminate. injection W as ->. now left.
      - intros [|[|j]]; vm_compute; reflexivity. }
    eapply first_step.
    { eapply p_quiet; [eapply (Groups.s_ask _ _ _ 0); [reflexivity|free_now|reflexivity]|reflexivity|].
      intros [|[|j]]; vm_compute; reflexivity. }
    apply later_none.
  - eapply p_quiet; [eapply (Groups.s_mark _ _ _ 0) with (joiners := false) (todo := [tt])|reflexivity|].
    + reflexivity.
    + exists here, 0. auto.
    + intros [[] sd] _. now left.
    + intros [|[|j]]; vm_compute; reflexivity.
  - vm_compute. reflexivity.
  - vm_compute. reflexivity.
  - eapply first_step; [eapply (p_notify _ _ _ 0); [reflexivity|free_now]|].
    eapply first_step.
    { eapply p_quiet; [eapply (Groups.s_notified _ _ _ 0); reflexivity|reflexivity|].
      intros [|[|j]]; vm_compute; reflexivity. }
    eapply first_step.
    { eapply (p_recheck_resume _ _ _ 0); [reflexivity|free_now|right; reflexivity]. }
    eapply first_step; [eapply (p_return _ _ _ 0) with (out := true); [reflexivity|auto|acts_now]|].
    apply later_none.
  - vm_compute. reflexivity.
  - vm_compute. reflexivity.
  - vm_compute. reflexivity.
Qed.

(** The same receiver, and the other participant sends: it wakes and receives the item, and all the time
    none is marked. *)
Example item_is_received_with_queues : exists s : product (A := nat) (Q := unit),
  preachable unit_dec room_for_one crews_sending 2 s /\
  (forall j, Groups.deadlocked (Groups.threads (group s) j) = false) /\
  Groups.place_of (Groups.threads (group s) 0) = Groups.Running /\
  removed (shared_of (queues s tt)) = [(Received, 0, Item 7)] /\
  log (queues s tt) = [(0, Wait NotEmpty); (1, Push 1); (1, Notify NotEmpty false);
                       (0, Wake NotEmpty false); (0, Take 1 false)].
Proof.
  eexists. split; [|split; [|split; [|split]]].
  - exists (two participant participant). split; [apply begins_two; auto|].
    eapply first_step.
    { eapply (p_block _ _ _ 0) with (q := tt) (sd := NotEmpty) (p := Groups.Registered here);
        [reflexivity|reflexivity|free_now|waits_now|reflexivity|].
      right. split; [apply (one_runs _ 1); reflexivity|reflexivity]. }
    eapply first_step; [eapply (p_sleep _ _ _ 0); [reflexivity|blocks_now]|].
    eapply first_step.
    { eapply (p_act _ _ _ 1) with (q := tt); [split; auto|free_now|eapply section_step; acts_now|reflexivity]. }
    eapply first_step; [eapply (p_wake _ _ _ 0) with (q := tt) (sd := NotEmpty); [reflexivity|free_now]|].
    eapply first_step; [eapply (p_return _ _ _ 0) with (out := false); [reflexivity|discriminate|acts_now]|].
    apply later_none.
  - intros [|[|[|j]]]; vm_compute; reflexivity.
  - vm_compute. reflexivity.
  - vm_compute. reflexivity.
  - vm_compute. reflexivity.
Qed.

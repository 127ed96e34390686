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

(** The state of the queue, the two threads and the epoch, which is all of a state. *)
Definition are (s : product (A := nat)) x t u e : Prop := queues s tt = x /\
  (forall j, Groups.threads (group s) j = two t u j) /\
  Groups.content (group s) tt = (Some 1, shared_of x) /\ Groups.epoch (group s) = e.
Definition reaches s0 x t u e : Prop := exists s, later' s0 s /\ are s x t u e.

Lemma and_then s0 x t u e x' t' u' e' : reaches s0 x t u e ->
  (forall qs c f, (forall j, f j = two t u j) -> qs tt = x -> c tt = (Some 1, shared_of x) ->
     exists k i s', pstep' k i (Product qs (Groups.State c f e)) s' /\ are s' x' t' u' e') ->
  reaches s0 x' t' u' e'.
Proof.
  intros ([qs [c f e0]] & L & X & T & C & E) H. cbn in *. subst e0.
  destruct (H qs c f T X C) as (k & i & s' & S & R). exists s'. split; auto. econstructor; eauto.
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

(** Looks the threads and the queue up. *)
Ltac known := match goal with T : forall j, _ = two _ _ j, X : _ tt = _, C : _ tt = (_, _) |- _ =>
  unfold Groups.missing, is_ready, head, woke, place_at; cbn; rewrite ?T, ?X, ?C; cbn; rewrite ?T; cbn end.
Ltac is_so := known; reflexivity.
Ltac free_now := let j := fresh in let H := fresh in
  intros j; known; destruct j as [|[|[|j]]]; intros H; vm_compute in H; contradiction H.
(** Computes a critical section. *)
Ltac acts_now := known; eapply section_acts with (timed_out := false);
  [reflexivity|reflexivity|exact I|reflexivity|discriminate|
   apply (settlef_sound _ _ _ _ [] [] []); vm_compute; reflexivity].
Ltac blocks_now := known; eapply section_blocks; [reflexivity|reflexivity|exact I|reflexivity].
Ltac now_are := split; [is_so|split; [intros [|[|[|j]]]; is_so|split; [is_so|is_so]]].
Ltac goes := let qs := fresh "qs" in let c := fresh "c" in let f := fresh "f" in
  intros qs c f ? ? ?; do 3 eexists; split.

Definition crews_silent (_ : unit) : crew nat := [(Held 0 1 0, [Recv At 1 false]); (Held 1 0 0, [])].
Definition crews_sending (_ : unit) : crew nat :=
  [(Held 0 1 0, [Recv At 1 false]); (Held 1 0 0, [Send Now [7]])].

(** The open, empty queue, with the receiver's place in it and what is left of its program. *)
Definition empty_queue p (l : list (op nat)) (L : list (nat * event)) : state nat :=
  State (Shared [] false 1 1 0 [] [] []) (PerSide 0 0 0)
    [Thread p l (Held 0 1 0); Thread Outside [] (Held 1 0 0)] L.
Definition receives : list (op nat) := [Recv At 1 false].
Definition waits_here : option (Groups.target unit side) := Some (Groups.AtQueue here).
Definition detecting : thread' := Groups.Thread (Groups.Asking waits_here 4 []) true false true 0.
Definition leaving : thread' := Groups.Thread (Groups.Opening None) false false false 0.

Lemma it_detects : reaches (new_group room_for_one crews_silent (two participant participant))
  (empty_queue Outside receives [(0, Wait NotEmpty); (0, Wake NotEmpty false)]) detecting leaving 4.
Proof.
  eapply and_then; [eapply and_then; [eapply and_then; [eapply and_then; [eapply and_then;
    [eapply and_then; [eapply and_then|]|]|]|]|]|].
  - eexists. split; [apply later_none|]. split; [reflexivity|split; [reflexivity|split; reflexivity]].
  - goes.
    + eapply (p_block _ _ _ 0) with (q := tt) (sd := NotEmpty) (p := Groups.Registered here);
        [is_so|is_so|free_now| |is_so|].
      * eexists. known. repeat split; reflexivity.
      * right. split; [|reflexivity]. apply (one_runs _ 1); is_so.
    + now_are.
  - goes; [eapply (p_sleep _ _ _ 0); [is_so|blocks_now]|now_are].
  - goes.
    + eapply p_quiet; [eapply (Groups.s_leave _ _ _ 1) with (wakes := false) (p := Groups.Opening None)
                      |reflexivity|].
      * is_so.
      * is_so.
      * left. split; [apply only_one_blocked|reflexivity]; try is_so. intros [|j]; split; is_so.
      * intros _ ([|[|j]] & x & B & W & L); revert B W; known; try discriminate. intros _ [= <-].
        destruct L.
      * intros [|[|j]]; is_so.
    + now_are.
  - goes; [eapply (p_wake _ _ _ 0) with (q := tt) (sd := NotEmpty); [is_so|free_now]|now_are].
  - goes.
    + eapply (p_block_again _ _ _ 0) with (p := Groups.Opening _); [is_so|is_so|].
      left. split; [apply only_one_blocked|reflexivity]; try is_so. intros [|j]; split; is_so.
    + now_are.
  - goes.
    + eapply p_quiet; [eapply (Groups.s_open _ _ _ 0) with (todo := [here])|reflexivity|].
      * is_so.
      * apply only_one_blocked; try is_so. intros [|j]; split; is_so.
      * intros ([|[|j]] & x & B & W & L); revert B W; known; try discriminate. intros _ [= <-]. destruct L.
      * intros [[] sd]. split.
        -- intros [[= <-]|[]]. exists 0. split; is_so.
        -- intros ([|[|j]] & B & W); revert B W; known; try discriminate. intros _ [= <-]. now left.
      * intros [|[|j]]; is_so.
    + now_are.
  - goes.
    + eapply p_quiet; [eapply (Groups.s_ask _ _ _ 0); [is_so|free_now|is_so]|reflexivity|].
      intros [|[|j]]; is_so.
    + now_are.
Qed.

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
  destruct it_detects as (s1 & L & X & T & C & E). destruct s1 as [qs [c f e]]. cbn in X, T, C, E. subst e.
  assert (M : exists s2, pstep' Groups.Progress 0 (Product qs (Groups.State c f 4)) s2 /\
    are s2 (empty_queue Outside receives [(0, Wait NotEmpty); (0, Wake NotEmpty false)])
      (Groups.Thread (Groups.Notifying waits_here [tt]) false true true 0) leaving 5).
  { eexists. split.
    - eapply p_quiet; [eapply (Groups.s_mark _ _ _ 0) with (joiners := false) (todo := [tt])|reflexivity|].
      + is_so.
      + exists here, 0. split; is_so.
      + intros [[] sd] _. now left.
      + intros [|[|j]]; is_so.
    - now_are. }
  destruct M as (s2 & S & A2).
  assert (N : reaches s2
    (empty_queue Outside [] [(0, Wait NotEmpty); (0, Wake NotEmpty false); (0, Refuse NotEmpty false)])
    participant leaving 5).
  { clear - A2. eapply and_then; [eapply and_then; [eapply and_then; [eapply and_then|]|]|].
    - exists s2. split; [apply later_none|exact A2].
    - goes; [eapply (p_notify _ _ _ 0); [is_so|free_now]|now_are].
    - goes; [eapply p_quiet; [eapply (Groups.s_notified _ _ _ 0); is_so|reflexivity|]|now_are].
      intros [|[|j]]; is_so.
    - goes; [eapply (p_recheck_resume _ _ _ 0) with (q := tt) (sd := NotEmpty)
              ; [is_so|free_now|right; is_so]|now_are].
    - goes; [eapply (p_return _ _ _ 0) with (out := true); [is_so|auto|acts_now]|now_are]. }
  destruct N as (s3 & L3 & X3 & T3 & _). exists (Product qs (Groups.State c f 4)), s2, s3.
  destruct A2 as (_ & T2 & _). cbn. rewrite T, T2, T3, X3. repeat split; auto.
  exists (two participant participant). split; [apply begins_two; auto|exact L].
Qed.

(** The same receiver, and the other participant sends: it wakes and receives the item, and none is
    marked. *)
Example item_is_received_with_queues : exists s : product (A := nat) (Q := unit),
  preachable unit_dec room_for_one crews_sending 2 s /\
  (forall j, Groups.deadlocked (Groups.threads (group s) j) = false) /\
  Groups.place_of (Groups.threads (group s) 0) = Groups.Running /\
  removed (shared_of (queues s tt)) = [(Received, 0, Item 7)] /\
  log (queues s tt) = [(0, Wait NotEmpty); (1, Push 1); (1, Notify NotEmpty false);
                       (0, Wake NotEmpty false); (0, Take 1 false)].
Proof.
  assert (N : exists x e, reaches (new_group room_for_one crews_sending (two participant participant)) x
    participant participant e /\ removed (shared_of x) = [(Received, 0, Item 7)] /\
    log x = [(0, Wait NotEmpty); (1, Push 1); (1, Notify NotEmpty false);
             (0, Wake NotEmpty false); (0, Take 1 false)]).
  { do 2 eexists. split; [|split].
    - eapply and_then; [eapply and_then; [eapply and_then; [eapply and_then; [eapply and_then|]|]|]|].
      + eexists. split; [apply later_none|]. split; [reflexivity|split; [reflexivity|split; reflexivity]].
      + goes.
        * eapply (p_block _ _ _ 0) with (q := tt) (sd := NotEmpty) (p := Groups.Registered here);
            [is_so|is_so|free_now| |is_so|].
          -- eexists. known. repeat split; reflexivity.
          -- right. split; [|reflexivity]. apply (one_runs _ 1); is_so.
        * now_are.
      + goes; [eapply (p_sleep _ _ _ 0); [is_so|blocks_now]|now_are].
      + goes.
        * eapply (p_act _ _ _ 1) with (q := tt);
            [split; [|left]; is_so|free_now|eapply section_step; acts_now|reflexivity].
        * now_are.
      + goes; [eapply (p_wake _ _ _ 0) with (q := tt) (sd := NotEmpty); [is_so|free_now]|now_are].
      + goes; [eapply (p_return _ _ _ 0) with (out := false); [is_so|discriminate|acts_now]|now_are].
    - reflexivity.
    - reflexivity. }
  destruct N as (x & e & (s & L & X & T & _) & RM & LG). exists s. rewrite X, T. repeat split; auto.
  - exists (two participant participant). split; [apply begins_two; auto|exact L].
  - intros [|[|j]]; rewrite T; reflexivity.
Qed.

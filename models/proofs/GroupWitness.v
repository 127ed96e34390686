(** * The claims about groups are not empty.

    Two participants: one joins all others, the other receives from an empty queue. The deadlock is
    reported to the receiver, which returns and leaves; then the joiner returns and leaves. Second, two
    joiners that wait for each other: both are marked. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Groups GroupInvariant GroupClaims GroupRest.

Definition unit_dec (p q : unit) : {p = q} + {p <> q} :=
  match p, q with tt, tt => left eq_refl end.

Notation step' := (step (fun (c : bool) (_ : unit) => c) unit_dec 2).
Notation reachable' := (reachable (fun (c : bool) (_ : unit) => c) unit_dec 2).
Notation state' := (state unit unit bool).
Notation thread' := (thread unit unit).

Definition participant : thread' := Thread Running false false true 0.
Definition absent : thread' := Thread Running false false false 0.
Definition two (t u : thread') : nat -> thread' := fun j => match j with 0 => t | 1 => u | _ => absent end.
Definition start : state' := State (fun _ => false) (two participant participant) 0.

Lemma begins_start : begins 2 start.
Proof. intros [|[|j]]; cbn; repeat split; auto; lia. Qed.

(** All are blocked: said of threads 0 and 1 only. *)
Lemma both_blocked (f : nat -> thread') : (forall j, f (S (S j)) = absent) ->
  tokens (f 0) = 0 -> tokens (f 1) = 0 -> participates (f 0) = true ->
  blocked (f 0) = true -> blocked (f 1) = true -> all_blocked f.
Proof.
  intros A T0 T1 P0 B0 B1. split; [|split].
  - intros [|[|j]]; auto. now rewrite A.
  - eauto.
  - intros [|[|j]]; auto. now rewrite A.
Qed.
Lemma one_runs (f : nat -> thread') i : participates (f i) = true -> blocked (f i) = false ->
  ~ all_blocked f.
Proof. intros P B (_ & _ & W). rewrite (W i P) in B. discriminate. Qed.
Lemma none_takes_part (f : nat -> thread') : (forall j, f (S (S j)) = absent) ->
  participates (f 0) = false -> participates (f 1) = false -> ~ all_blocked f.
Proof.
  intros A P0 P1 (_ & ([|[|j]] & P) & _); try congruence. rewrite A in P. discriminate.
Qed.

Ltac free_now := let j := fresh in let H := fresh in
  intros j; destruct j as [|[|j]]; intros H; cbn in H; contradiction H.
Example receiver_is_marked_joiner_is_not : exists s1 s2 : state',
  reachable' start s1 /\ deadlock (fun c _ => c) s1 /\ step' Progress 1 s1 s2 /\
  deadlocked (threads s2 1) = true /\ deadlocked (threads s2 0) = false /\
  exists s3, reachable' s2 s3 /\ place_of (threads s3 1) = Running.
Proof.
  do 2 eexists. split; [|split; [|split; [|split; [|split]]]].
  - (* thread 0 joins, thread 1 blocks, opens, and asks the queue *)
    eapply r_step; [eapply r_step; [eapply r_step; [eapply r_step; [apply r_begin|]|]|]|].
    + eapply (s_join _ _ _ 0) with (t := LeavingOthers); [reflexivity|reflexivity|reflexivity| |].
      * intros L. discriminate (L 1). lia.
      * right. split; [|reflexivity]. apply (one_runs _ 1); reflexivity.
    + eapply (s_block _ _ _ 1) with (w := (tt, tt)); [reflexivity|reflexivity|free_now|reflexivity|].
      left. split; [|reflexivity]. apply both_blocked; auto.
    + eapply (s_open _ _ _ 1) with (todo := [(tt, tt)]); [reflexivity|apply both_blocked; auto| |].
      * intros ([|[|j]] & x & B & W & L); cbn in *; try discriminate.
        -- injection W as <-. discriminate (L 1). lia.
        -- injection W as <-. destruct L.
      * intros [[] []]. split; intros _; [|now left]. exists 1. auto.
    + eapply (s_ask _ _ _ 1); [reflexivity|free_now|reflexivity].
  - split; [intros [|[|j]]; reflexivity|split; [exists 0; reflexivity|]].
    intros [|[|j]] P; try discriminate P.
    + exists LeavingOthers. repeat split. intros L. discriminate (L 1). lia.
    + exists (AtQueue (tt, tt)). repeat split.
  - eapply (s_mark _ _ _ 1) with (joiners := false) (todo := [tt]); [reflexivity| |].
    + exists (tt, tt), 1. auto.
    + intros [[] []] _. now left.
  - reflexivity.
  - reflexivity.
  - (* it notifies, looks again, and returns *)
    eexists. split.
    + eapply r_step; [eapply r_step; [eapply r_step; [eapply r_step; [apply r_begin|]|]|]|].
      * eapply (s_notify _ _ _ 1); [reflexivity|free_now].
      * eapply (s_notified _ _ _ 1). reflexivity.
      * eapply (s_recheck_resume _ _ _ 1); [reflexivity|free_now|right; reflexivity].
      * eapply (s_return _ _ _ 1) with (x := false) (chosen := fun _ => true);
          [reflexivity|right; reflexivity|apply covered_all].
    + reflexivity.
Qed.

(** Two joiners that wait for each other: both are marked. *)
Example joiners_are_marked : exists s1 s2 : state',
  reachable' start s1 /\ deadlock (fun c _ => c) s1 /\ step' Progress 1 s1 s2 /\
  deadlocked (threads s2 0) = true /\ deadlocked (threads s2 1) = true /\
  place_of (threads s2 0) = Asleep (Leaving 1) true.
Proof.
  do 2 eexists. split; [|split; [|split; [|split; [|split]]]].
  - eapply r_step; [eapply r_step; [eapply r_step; [apply r_begin|]|]|].
    + eapply (s_join _ _ _ 0) with (t := Leaving 1); [reflexivity|reflexivity|reflexivity|discriminate|].
      right. split; [|reflexivity]. apply (one_runs _ 1); reflexivity.
    + eapply (s_join _ _ _ 1) with (t := Leaving 0); [reflexivity|reflexivity|reflexivity|discriminate|].
      left. split; [|reflexivity]. apply both_blocked; auto.
    + eapply (s_open _ _ _ 1) with (todo := []); [reflexivity|apply both_blocked; auto| |].
      * intros ([|[|j]] & x & B & W & L); cbn in *; try discriminate; injection W as <-; discriminate L.
      * intros w. split; [intros []|]. intros ([|[|j]] & B & W); discriminate.
  - split; [intros [|[|j]]; reflexivity|split; [exists 0; reflexivity|]].
    intros [|[|j]] P; try discriminate P.
    + exists (Leaving 1). repeat split. discriminate.
    + exists (Leaving 0). repeat split. discriminate.
  - eapply (s_mark _ _ _ 1) with (joiners := true) (todo := []); [reflexivity| |].
    + intros w ([|[|j]] & B & W); discriminate.
    + intros w ([|[|j]] & B & W); discriminate.
  - reflexivity.
  - reflexivity.
  - reflexivity.
Qed.

(** A group comes to rest: its only participant leaves. *)
Example rest_is_reached_in_a_group : exists s,
  reachable' (State (fun _ => false) (two participant absent) 0) s /\
  at_rest (fun c _ => c) unit_dec 2 s.
Proof.
  eexists. split.
  - eapply r_step; [apply r_begin|]. eapply (s_leave _ _ _ 0) with (wakes := false); [reflexivity|reflexivity| |].
    + right. split; [|reflexivity]. apply none_takes_part; reflexivity.
    + intros _ ([|[|j]] & x & B & _); discriminate B.
  - assert (Z : forall f : nat -> thread', (forall j, f j = absent) -> forall c e,
      at_rest (fun c _ => c) unit_dec 2 (State c f e)).
    { intros f A c e i s' H. pose proof (A i) as E. inversion H; subst;
        repeat match goal with X : acts _ |- _ => destruct X as [_ [X|X]] end;
        repeat match goal with X : _ \/ _ |- _ => destruct X end;
        repeat match goal with X : _ /\ _ |- _ => destruct X end;
        rewrite E in *; cbn in *; try congruence; try lia. }
    apply Z. intros [|[|j]]; reflexivity.
Qed.

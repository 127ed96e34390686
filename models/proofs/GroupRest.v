(** * C7 in groups: at rest no participant is left.

    What each lock guarantees (no two threads hold one, what is missing stays so while it is held), that
    no queue loses a wakeup between threads and detections, and that no joiner sleeps through the end
    that it waits for; and from these the theorem. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Groups GroupInvariant GroupClaims.

Section Rest.
Context {Q S C : Type}.
Variable ready : C -> S -> bool.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable size : nat.

Notation thread := (thread Q S).
Notation state := (state Q S C).
Notation missing := (missing ready).
Notation step := (step ready Q_dec size).
Notation reachable := (reachable ready Q_dec size).
Notation at_rest := (at_rest ready Q_dec size).
Notation Inv := (Inv ready).
Notation put := (put Q_dec).
Implicit Types (f g : nat -> thread) (c : Q -> C) (t u : thread) (s : state).

Lemma put_same c q x : put c q x q = x.
Proof. unfold Groups.put. destruct (Q_dec q q); congruence. Qed.
Lemma put_other c q x p : p <> q -> put c q x p = c p.
Proof. unfold Groups.put. destruct (Q_dec p q); congruence. Qed.

(** ** Locks *)

Record Locks c f : Prop := {
  held : forall j w, place_of (f j) = Registered w -> missing c w;
  exclusive : forall i j q, holds (place_of (f i)) q -> holds (place_of (f j)) q -> i = j
}.

Lemma locks_place c f i t : Locks c f ->
  (forall w, place_of t = Registered w -> missing c w) ->
  (forall q, holds (place_of t) q -> holds (place_of (f i)) q \/ free f q) ->
  Locks c (set f i t).
Proof.
  intros [HW EX] R O. split.
  - intros j w H. at_set j i; eauto.
  - intros j k q A B. at_set j i; at_set k i; auto.
    + exfalso. destruct (O q A) as [X|X]; [|now apply (X k)]. apply n. eauto.
    + exfalso. destruct (O q B) as [X|X]; [|now apply (X j)]. apply n. eauto.
    + eauto.
Qed.
Lemma locks_none c f i t : Locks c f -> (forall q, ~ holds (place_of t) q) -> Locks c (set f i t).
Proof.
  intros L N. apply locks_place; auto.
  - intros w E. exfalso. apply (N (fst w)). rewrite E. reflexivity.
  - intros q H. now apply N in H.
Qed.
Lemma alike_holds t u q : alike t u -> holds (place_of u) q -> holds (place_of t) q.
Proof.
  intros [->|[(x & n & E & ->)|(w & n & E & ->)]]; auto; cbn; intros [].
Qed.
Lemma locks_alike c f g : (forall j, alike (f j) (g j)) -> Locks c f -> Locks c g.
Proof.
  intros AL [HW EX]. split.
  - intros j w H. apply (HW j). eapply alike_back; eauto.
  - intros i j q A B. apply (EX i j q); eapply alike_holds; eauto.
Qed.
Lemma locks_places c f g : (forall j, place_of (g j) = place_of (f j)) -> Locks c f -> Locks c g.
Proof.
  intros PL [HW EX]. split.
  - intros j w. rewrite PL. apply HW.
  - intros i j q. rewrite !PL. apply EX.
Qed.
Lemma locks_put c f q x : Locks c f -> free f q -> Locks (put c q x) f.
Proof.
  intros [HW EX] FR. split; auto. intros j w H. unfold Groups.missing.
  rewrite put_other; [apply (HW j w H)|]. intros E. apply (FR j). rewrite H. exact E.
Qed.

Lemma detects_holds f x o p q : then_detects f x o p -> holds p q -> holds o q.
Proof. intros H. apply then_place in H. destruct H as [-> | ->]; auto. intros []. Qed.

Theorem step_locks k i s s' : step k i s s' -> Locks (content s) (threads s) ->
  Locks (content s') (threads s').
Proof.
  intros H L. destruct H; cbn [threads content] in *;
    try (apply locks_none; auto; cbn; try (destruct t; cbn); tauto).
  - eapply locks_alike; [apply alike_notify|]. apply locks_put; auto.
  - eapply locks_alike; [intros j; apply alike_notify|]. apply locks_put; [apply locks_none; auto|].
    intros j. at_set j i; auto.
  - subst f'. apply locks_place; auto.
    + intros v E. cbn in E. apply then_place in H3. destruct H3 as [-> | ->]; [discriminate|].
      injection E as <-. auto.
    + intros q X. right. cbn in X. apply (detects_holds _ _ _ _ _ H3) in X. cbn in X. now subst.
  - apply locks_place; auto; [discriminate|]. cbn. intros q <-. auto.
  - apply locks_place; auto; [discriminate|]. cbn. intros q <-. auto.
  - eapply locks_alike; [intros j; apply alike_notify|]. apply locks_put; [apply locks_none; auto|].
    intros j X. at_set j i; auto. apply n. apply (exclusive _ _ L j i (fst w)); auto.
    rewrite H. reflexivity.
  - subst f'. apply locks_place; auto.
    + intros v E. cbn in E. apply then_place in H1. destruct H1 as [-> | ->]; [discriminate|].
      injection E as <-. auto.
    + intros q X. left. cbn in X. apply (detects_holds _ _ _ _ _ H1) in X. now rewrite H.
  - apply locks_none; auto. intros q X. cbn in X. now apply (detects_holds _ _ _ _ _ H3) in X.
  - apply locks_none; auto. intros q X. cbn in X. now apply (detects_holds _ _ _ _ _ H3) in X.
  - eapply locks_alike; [intros j; apply alike_wake_joiner|].
    apply (locks_places _ (set f i (move (f i) (Notifying t todo)))); [intros j; apply mark_place|].
    apply locks_none; auto.
  - eapply locks_alike; [intros j; apply alike_wake_at|]. apply locks_none; auto.
  - apply (locks_alike _ f'); [intros j; destruct wakes; [apply alike_wake_joiner|now left]|].
    apply locks_none; auto. intros q X. cbn in X. now apply (detects_holds _ _ _ _ _ H1) in X.
  - apply locks_none; [apply locks_none|]; auto.
  - apply locks_none; auto. intros q X. cbn in X. now apply (detects_holds _ _ _ _ _ H1) in X.
Qed.

(** ** No lost wakeup between threads and detections *)

Definition Covered c f : Prop := forall w, ~ missing c w ->
  (exists j, place_of (f j) = Asleep (AtQueue w) false) ->
  exists k, on_its_way (place_of (f k)) w \/ exists last, place_of (f k) = Resumed w last.

Lemma covered_place c f i t : Covered c f ->
  (forall w, place_of t = Asleep (AtQueue w) false -> missing c w) ->
  (forall w, ~ missing c w ->
     on_its_way (place_of (f i)) w \/ (exists last, place_of (f i) = Resumed w last) ->
     on_its_way (place_of t) w \/ exists last, place_of t = Resumed w last) ->
  Covered c (set f i t).
Proof.
  intros CO SL WI w M (j & A). at_set j i; [apply SL in A; contradiction|].
  destruct (CO w M) as (k & K); eauto. destruct (Nat.eq_dec k i) as [->|NE].
  - exists i. rewrite set_same. auto.
  - exists k. rewrite set_other; auto.
Qed.
Lemma covered_alike c f g : (forall j, alike (f j) (g j)) -> Covered c f -> Covered c g.
Proof.
  intros AL CO w M (j & A). pose proof (alike_un_notified _ _ _ (AL j) A) as E. rewrite E in *.
  destruct (CO w M) as (k & [K|(last & K)]); eauto; exists k.
  - left. eapply alike_notified; eauto.
  - right. exists last. eapply alike_keeps; eauto.
Qed.
Lemma covered_places c f g : (forall j, place_of (g j) = place_of (f j)) -> Covered c f -> Covered c g.
Proof.
  intros PL CO w M (j & A). rewrite PL in A. destruct (CO w M) as (k & K); eauto.
  exists k. now rewrite PL.
Qed.

(** A critical section of one queue, by a thread that was nowhere else on its way. *)
Lemma covered_section c f i t q x chosen e : Covered c f ->
  sleeps (place_of t) = false ->
  (forall w, fst w <> q -> on_its_way (place_of (f i)) w \/ (exists last, place_of (f i) = Resumed w last) ->
     on_its_way (place_of t) w \/ exists last, place_of t = Resumed w last) ->
  covered_at ready q (State (put c q x) (notify_at Q_dec q chosen (set f i t)) e) ->
  Covered (put c q x) (notify_at Q_dec q chosen (set f i t)).
Proof.
  intros CO SL WI CA w M (j & A). destruct (Q_dec (fst w) q) as [E|E].
  - destruct (CA w E M) as (k & K); [exists j; auto|]. exists k. auto.
  - assert (M' : ~ missing c w).
    { unfold Groups.missing in *. rewrite put_other in M by auto. auto. }
    pose proof (alike_un_notified _ _ _ (alike_notify Q_dec q chosen _ j) A) as EQ. rewrite EQ in A.
    at_set j i; [rewrite A in SL; discriminate|]. destruct (CO w M') as (k & K); [eauto|].
    exists k.
    assert (K' : on_its_way (place_of (set f i t k)) w \/
                 exists last, place_of (set f i t k) = Resumed w last).
    { at_set k i; auto. }
    destruct K' as [K'|(last & K')].
    + left. eapply alike_notified; [apply alike_notify|auto].
    + right. exists last. eapply alike_keeps; [apply alike_notify|eauto|auto].
Qed.

Ltac no_witness H := let w := fresh in let M := fresh in let X := fresh in
  intros w M [[X|X]|(? & X)]; rewrite H in X; discriminate X.

Theorem step_covered k i s s' : step k i s s' -> Locks (content s) (threads s) ->
  Covered (content s) (threads s) -> Covered (content s') (threads s').
Proof.
  intros H L CO. destruct H; cbn [threads content] in *;
    try (match goal with E : acts _ |- _ => pose proof (proj1 E) end);
    try (match goal with E : then_detects _ _ _ ?p |- _ =>
           assert (forall w, p <> Asleep (AtQueue w) false)
             by (intros ? ->; apply then_place in E; destruct E as [E|E]; try discriminate;
                 injection E as ->; discriminate) end);
    try (apply covered_place; auto; [cbn; try (destruct t; cbn); intros; congruence|];
         match goal with E : place_of (_ ?j) = _ |- context [place_of (_ ?j)] => no_witness E end).
  - (* act *)
    intros w M (j & A). destruct (Q_dec (fst w) q) as [E|E].
    + destruct (H1 w E M) as (k & K); [exists j; auto|]. exists k. auto.
    + assert (M' : ~ missing c w).
      { unfold Groups.missing in *. rewrite put_other in M by auto. auto. }
      revert A. generalize (alike_notify Q_dec q chosen f). generalize (notify_at Q_dec q chosen f).
      intros g AL A. pose proof (alike_un_notified _ _ _ (AL j) A) as EQ. rewrite EQ in A.
      destruct (CO w M') as (k & [K|(last & K)]); eauto; exists k.
      * left. eapply alike_notified; eauto.
      * right. exists last. eapply alike_keeps; eauto.
  - (* wake_timed *)
    apply covered_section with (e := e); auto. intros v NE [[X|X]|(l & X)]; rewrite H in X;
      try discriminate. injection X as -> ->. contradiction.
  - (* sleep *)
    apply covered_place; auto.
    + cbn. intros v [= <-]. apply (held _ _ L i). auto.
    + no_witness H.
  - (* wake *)
    apply covered_place; auto; [discriminate|]. intros v M [[X|X]|(l & X)]; rewrite H in X;
      try discriminate. injection X as -> ->. cbn. eauto.
  - (* return *)
    apply covered_section with (e := e); auto. intros v NE [[X|X]|(l & X)]; rewrite H in X;
      try discriminate. injection X as -> ->. contradiction.
  - (* block_again *)
    subst f'. apply covered_place; auto.
    + cbn. intros v E. now apply H2 in E.
    + intros v M [[X|X]|(l & X)]; rewrite H in X; try discriminate. injection X as <- _. contradiction.
  - (* join *)
    subst f'. apply covered_place; auto; [|no_witness H].
    cbn. intros v ->. apply then_place in H3. destruct H3 as [E|[= <-]]; discriminate.
  - (* join_recheck *)
    apply covered_place; auto; [|no_witness H]. cbn. intros v [= ->]. discriminate.
  - (* join_again *)
    subst f'. apply covered_place; auto.
    + cbn. intros v ->. apply then_place in H3. destruct H3 as [E|[= <-]]; discriminate.
    + intros v M [[X|X]|(l & X)]; rewrite H in X; try discriminate. injection X as -> ->. discriminate.
  - (* join_end *)
    apply covered_place; auto; [discriminate|].
    intros v M [[X|X]|(l & X)]; destruct H as [[H _]|H]; rewrite H in X; try discriminate.
    injection X as -> ->. discriminate.
  - (* mark *)
    eapply covered_alike; [intros j; apply alike_wake_joiner|].
    apply (covered_places _ (set f i (move (f i) (Notifying t todo)))); [intros j; apply mark_place|].
    apply covered_place; auto; [discriminate|no_witness H].
  - (* notify *)
    eapply covered_alike; [intros j; apply alike_wake_at|].
    apply covered_place; auto; [discriminate|no_witness H].
  - (* leave *)
    apply (covered_alike _ f'); [intros j; destruct wakes; [apply alike_wake_joiner|now left]|].
    apply covered_place; auto; [cbn; intros v E; now apply H3 in E|no_witness H].
  - apply covered_place; [apply covered_place; auto; [discriminate|no_witness H]|discriminate|].
    rewrite set_other by auto. no_witness H3.
Qed.

(** ** No joiner sleeps through the end that it waits for *)

Definition Joins f : Prop := forall j x, place_of (f j) = Asleep x false -> is_join x = true ->
  deadlocked (f j) = false /\ ~ has_left f j x.

Lemma left_back f g j x : (forall k, participates (f k) = true -> participates (g k) = true) ->
  has_left g j x -> has_left f j x.
Proof.
  intros MO. assert (B : forall k, participates (g k) = false -> participates (f k) = false).
  { intros k G. destruct (participates (f k)) eqn:E; auto. apply MO in E. congruence. }
  destruct x; cbn; auto.
Qed.
Lemma joins_place f i t : Joins f -> (participates (f i) = true -> participates t = true) ->
  (forall x, place_of t = Asleep x false -> is_join x = true ->
     deadlocked t = false /\ ~ has_left (set f i t) i x) ->
  Joins (set f i t).
Proof.
  intros JO MO SL j x A IJ. at_set j i; auto. destruct (JO j x A IJ) as (D & L). split; auto.
  intros X. apply L. revert X. apply left_back. intros k P. at_set k i; auto.
Qed.
Lemma joins_alike f g : (forall j, alike (f j) (g j)) -> Joins f -> Joins g.
Proof.
  intros AL JO j x A IJ. pose proof (alike_un_notified _ _ _ (AL j) A) as E. rewrite E in *.
  destruct (JO j x A IJ) as (D & L). split; auto. intros X. apply L. revert X. apply left_back.
  intros k P. destruct (alike_same _ _ (AL k)) as (_ & _ & -> & _). auto.
Qed.
(** Whether others have left does not depend on the thread that asks. *)
Lemma left_set f i t x : has_left (set f i t) i x -> participates t = participates (f i) ->
  has_left f i x.
Proof.
  intros H P. revert H. apply left_back. intros k. at_set k i; auto. congruence.
Qed.

Theorem step_joins k i s s' : step k i s s' -> Inv s -> Joins (threads s) -> Joins (threads s').
Proof.
  intros H [F P FR] JO. pose proof (F i) as W. unfold wf in W.
  destruct H; cbn [threads epoch content] in *;
    try (apply joins_place; auto; cbn; try (destruct t; cbn); intros; try congruence; fail).
  - eapply joins_alike; [apply alike_notify|auto].
  - eapply joins_alike; [intros j; apply alike_notify|]. apply joins_place; auto. discriminate.
  - subst f'. apply joins_place; auto. cbn. intros x -> _. apply then_place in H3.
    destruct H3 as [E|E]; discriminate.
  - apply joins_place; auto. cbn. intros x [= <-]. discriminate.
  - apply joins_place; auto. cbn. intros x [= <-]. discriminate.
  - eapply joins_alike; [intros j; apply alike_notify|]. apply joins_place; auto. discriminate.
  - subst f'. apply joins_place; auto. cbn. intros x -> _. apply then_place in H1.
    destruct H1 as [E|E]; discriminate.
  - (* join *)
    subst f'. apply joins_place; auto. cbn. intros x -> _. split; auto. apply then_place in H3.
    destruct H3 as [E|[= ->]]; [discriminate|]. intros X. now apply left_set in X.
  - (* join_recheck *)
    apply joins_place; auto. cbn. intros x [= <-] _. split; auto. intros X. now apply left_set in X.
  - (* join_again *)
    subst f'. apply joins_place; auto. cbn. intros x -> _. split; auto. apply then_place in H3.
    destruct H3 as [E|[= ->]]; [discriminate|]. intros X. now apply left_set in X.
  - (* mark *)
    intros j x A IJ. exfalso. revert A. unfold wake_joiner.
    destruct (place_of (mark joiners _)) as [| | | | | |y n|w n|] eqn:E; try congruence.
    destruct (is_join y) eqn:Y; cbn; [discriminate|]. rewrite E. intros [= -> ->]. congruence.
  - (* notify *)
    eapply joins_alike; [intros j; apply alike_wake_at|]. apply joins_place; auto. discriminate.
  - (* leave *)
    intros j x A IJ. destruct wakes.
    + exfalso. revert A. unfold wake_joiner.
      destruct (place_of (f' j)) as [| | | | | |y n|w n|] eqn:E; try congruence.
      destruct (is_join y) eqn:Y; cbn; [discriminate|]. rewrite E. intros [= -> ->]. congruence.
    + assert (NE : j <> i).
      { intros ->. subst f'. rewrite set_same in A. cbn in A. subst p. apply then_place in H1.
        destruct H1; discriminate. }
      assert (FJ : f' j = f j) by (subst f'; now rewrite set_other).
      rewrite FJ in A. destruct (JO j x A IJ) as (D & _). rewrite FJ. split; auto.
      intros L. apply (H2 eq_refl). exists j, x. rewrite FJ. pose proof (F j) as WJ. unfold wf in WJ.
      rewrite A, D in WJ. unfold wait_of. rewrite A. tauto.
  - apply joins_place; [apply joins_place; auto; discriminate| |discriminate].
    rewrite set_other; auto.
  - subst f'. apply joins_place; auto. cbn. intros x -> _. apply then_place in H1.
    destruct H1; discriminate.
Qed.
(** ** Threads are finitely many, so the registry can be written down *)

Definition Finite f : Prop := forall j, size <= j ->
  place_of (f j) = Running /\ participates (f j) = false /\ tokens (f j) = 0.

Lemma finite_alike f g : (forall j, alike (f j) (g j)) -> Finite f -> Finite g.
Proof.
  intros AL FI j L. destruct (FI j L) as (R & P & T).
  destruct (alike_same _ _ (AL j)) as (_ & _ & -> & -> & _). split; auto.
  eapply alike_keeps; eauto.
Qed.
Lemma finite_set f i t : Finite f -> i < size -> Finite (set f i t).
Proof. intros FI I j L. rewrite set_other by lia. auto. Qed.

Lemma actor_is_one k i s s' : step k i s s' -> Finite (threads s) -> i < size.
Proof.
  intros H FI. destruct (Nat.lt_ge_cases i size) as [L|L]; auto. exfalso.
  destruct (FI i L) as (R & P & T).
  destruct H; cbn [threads] in *; try congruence; try lia;
    try (match goal with A : acts _ |- _ => destruct A as [_ [A|A]]; [congruence|lia] end).
  destruct H as [[H _]|H]; congruence.
Qed.
Theorem step_finite k i s s' : step k i s s' -> Finite (threads s) -> Finite (threads s').
Proof.
  intros H FI. pose proof (actor_is_one _ _ _ _ H FI) as I.
  destruct H; cbn [threads] in *; try (apply finite_set; auto; fail).
  - eapply finite_alike; [apply alike_notify|auto].
  - eapply finite_alike; [intros j; apply alike_notify|]. now apply finite_set.
  - eapply finite_alike; [intros j; apply alike_notify|]. now apply finite_set.
  - eapply finite_alike; [intros j; apply alike_wake_joiner|]. intros j L.
    rewrite mark_place. destruct (FI j L) as (R & P & T).
    assert (E : set f i (move (f i) (Notifying t todo)) j = f j) by (rewrite set_other; auto; lia).
    rewrite E. unfold mark, wait_of. rewrite R. auto.
  - eapply finite_alike; [intros j; apply alike_wake_at|]. now apply finite_set.
  - apply (finite_alike f'); [intros j; destruct wakes; [apply alike_wake_joiner|now left]|].
    now apply finite_set.
  - apply finite_set; auto. now apply finite_set.
Qed.

Definition targets f (j : nat) : list (condition Q S) :=
  if blocked (f j) then match wait_of (f j) with Some (AtQueue w) => [w] | _ => [] end else [].
Lemma snapshot_exists f : Finite f -> snapshot f (flat_map (targets f) (seq 0 size)).
Proof.
  intros FI w. rewrite in_flat_map. unfold targets. split.
  - intros (j & _ & I). exists j. destruct (blocked (f j)); [|destruct I].
    destruct (wait_of (f j)) as [[v| |]|]; try contradiction. destruct I as [->|[]]. auto.
  - intros (j & B & W). exists j. rewrite B, W. split; [|now left]. apply in_seq.
    destruct (Nat.lt_ge_cases j size) as [L|L]; [lia|]. destruct (FI j L) as (R & _).
    unfold wait_of in W. rewrite R in W. discriminate.
Qed.

(** ** Everything that holds *)

Record Sound s : Prop := {
  is_inv : Inv s;
  is_noticed : noticed ready s;
  is_waking : waking (threads s);
  is_locks : Locks (content s) (threads s);
  is_covered : Covered (content s) (threads s);
  is_joins : Joins (threads s);
  is_finite : Finite (threads s)
}.

Theorem reachable_sound s0 s : begins size s0 -> reachable s0 s -> Sound s.
Proof.
  intros B R. pose proof (reachable_inv _ _ _ _ _ B R). split; auto.
  - eapply reachable_noticed; eauto.
  - eapply C8_every_marked_wakes; eauto.
  - induction R; [|eapply step_locks; eauto; apply IHR; eapply reachable_inv; eauto]. split.
    + intros j w E. destruct (B j) as (P & _). congruence.
    + intros j k q E. destruct (B j) as (P & _). rewrite P in E. destruct E.
  - assert (X : Locks (content s) (threads s) /\ Covered (content s) (threads s)); [|apply X].
    clear H. induction R.
    + split; [split|].
      * intros j w E. destruct (B j) as (P & _). congruence.
      * intros j k q E. destruct (B j) as (P & _). rewrite P in E. destruct E.
      * intros w _ (j & E). destruct (B j) as (P & _). congruence.
    + destruct IHR. split; [eapply step_locks|eapply step_covered]; eauto.
  - induction R.
    + intros j x E. destruct (B j) as (P & _). congruence.
    + eapply step_joins; eauto; [eapply reachable_inv; eauto|apply IHR; eapply reachable_inv; eauto].
  - induction R; [|eapply step_finite; eauto; apply IHR; eapply reachable_inv; eauto].
    intros j L. destruct (B j) as (P & _ & _ & Z). destruct (Z L). auto.
Qed.

(** ** At rest *)

(** Whether all are blocked need not be decided: one of the two steps is possible. *)
Lemma detects_or_not (F : place Q S -> nat -> thread) x o :
  (forall p p', same_entries (F p) (F p') \/ (all_blocked (F p) -> all_blocked (F p'))) ->
  (forall p, then_detects (F p) x o p -> False) -> False.
Proof.
  intros IN NO.
  assert (N : ~ all_blocked (F (Opening x))) by (intros A; apply (NO (Opening x)); left; auto).
  apply (NO o). right. split; auto. intros A. apply N.
  destruct (IN o (Opening x)) as [SM|K]; auto. eapply same_all_blocked; eauto.
Qed.
Lemma all_blocked_entries f g : (forall j, blocked (g j) = blocked (f j) /\
  participates (g j) = participates (f j) /\ tokens (g j) = tokens (f j)) ->
  all_blocked f -> all_blocked g.
Proof.
  intros H (NT & (j & E) & W). split; [|split].
  - intros k. destruct (H k) as (_ & _ & ->). auto.
  - exists j. destruct (H j) as (_ & -> & _). auto.
  - intros k. destruct (H k) as (-> & -> & _). auto.
Qed.
Lemma detects_place f i x o (T : place Q S -> thread) :
  (forall p p', blocked (T p) = blocked (T p') /\ participates (T p) = participates (T p') /\
                tokens (T p) = tokens (T p')) ->
  (forall p, then_detects (set f i (T p)) x o p -> False) -> False.
Proof.
  intros E. apply (detects_or_not (fun p => set f i (T p))). intros p p'. right.
  apply all_blocked_entries. intros j. at_set j i; auto.
Qed.

(** If all sleepers of a queue are notified, none is left out. *)
Lemma covered_all c f q e : covered_at ready q (State c (notify_at Q_dec q (fun _ => true) f) e).
Proof.
  intros w E _ (j & A). exfalso. cbn [threads] in A. unfold notify_at, wake_at in A.
  destruct (place_of (f j)) as [| | | | | |[v| |] n|v n|] eqn:P; try congruence.
  - destruct (Q_dec (fst v) q) as [|NE]; cbn in A; [discriminate|]. rewrite P in A.
    injection A as -> ->. contradiction.
  - destruct (Q_dec (fst v) q) as [|NE]; cbn in A; [discriminate|]. congruence.
Qed.

Lemma missing_dec c w : missing c w \/ ~ missing c w.
Proof. unfold Groups.missing. destruct (ready _ _); auto. right. discriminate. Qed.

Section AtRest.
Variables (c : Q -> C) (f : nat -> thread) (e : nat).
Hypothesis SO : Sound (State c f e).
Hypothesis NO : at_rest (State c f e).

Lemma rest_free q : free f q.
Proof.
  intros j H. destruct (place_of (f j)) as [|w| | | | | | |w last] eqn:P; try contradiction.
  - apply (NO j _ (s_sleep ready Q_dec size j c f e w P)).
  - assert (RT : ~ missing c w \/ last = true -> False).
    { intros G. apply (NO j _ (s_return ready Q_dec size j c f e w last (c (fst w)) (fun _ => true)
        P G (covered_all _ _ _ _))). }
    destruct last; [apply RT; auto|]. destruct (missing_dec c w) as [M|M]; [|apply RT; auto].
    apply (detects_place f j (Some (AtQueue w)) (Registered w) (block (f j))); [auto|].
    intros p D. apply (NO j _ (s_block_again ready Q_dec size j c f e w p P M D)).
Qed.

(** Only finished threads and sleepers that nothing has notified are left. *)
Theorem rest_place j : (place_of (f j) = Running /\ participates (f j) = false /\ tokens (f j) = 0) \/
  exists x, place_of (f j) = Asleep x false.
Proof.
  destruct SO as [[FO PA FR] _ _ _ _ _ FI]. cbn [threads content epoch] in *.
  destruct (place_of (f j)) as [|w|t|t e0 l|t l|x|x [|]|w n|w last] eqn:P; eauto.
  - (* a thread that runs can leave or release its token *)
    left. split; auto. destruct (participates (f j)) eqn:PJ; [exfalso|split; auto].
    + apply (detects_place f j None Running (fun p => Thread p false false false (tokens (f j))));
        [auto|]. intros p D.
      refine (NO j _ (s_leave ready Q_dec size j c f e p true P PJ D _)). discriminate.
    + destruct (tokens (f j)) as [|n] eqn:T; auto. exfalso.
      apply (detects_place f j None Running (fun p => Thread p false false (participates (f j)) n));
        [auto|]. intros p D. exact (NO j _ (s_release ready Q_dec size j c f e n p P T D)).
  - exfalso. apply (rest_free (fst w) j). rewrite P. reflexivity.
  - (* a detection can begin, or need not *)
    exfalso. assert (N : ~ all_blocked f \/ any_join_ready f -> False).
    { intros X. exact (NO j _ (s_open_not ready Q_dec size j c f e t P X)). }
    apply N. left. intros A.
    refine (NO j _ (s_open ready Q_dec size j c f e t _ P A _ (snapshot_exists f FI))). auto.
  - (* and go on *)
    exfalso. destruct l as [|w l].
    + destruct (Nat.eq_dec e0 e) as [->|NE];
        [|exact (NO j _ (s_stale ready Q_dec size j c f e t e0 [] P NE))].
      pose proof (snapshot_exists f FI) as SN.
      refine (NO j _ (s_mark ready Q_dec size j c f e t
        (match flat_map (targets f) (seq 0 size) with [] => true | _ => false end)
        (map fst (flat_map (targets f) (seq 0 size))) P _ _)).
      * destruct (flat_map _ _) as [|w l]; cbn.
        -- intros w B. now apply (proj2 (SN w)) in B.
        -- exists w. apply (SN w). now left.
      * intros w B. apply in_map. now apply SN.
    + destruct (missing_dec c w) as [M|M].
      * exact (NO j _ (s_ask ready Q_dec size j c f e t e0 w l P (rest_free _) M)).
      * exact (NO j _ (s_ask_ready ready Q_dec size j c f e t e0 w l P (rest_free _) M)).
  - exfalso. destruct l as [|q l].
    + exact (NO j _ (s_notified ready Q_dec size j c f e t P)).
    + exact (NO j _ (s_notify ready Q_dec size j c f e t q l P (rest_free _))).
  - (* a recheck ends in sleep or in an attempt *)
    exfalso. destruct (is_join x) eqn:IJ.
    + assert (N : has_left f j x \/ deadlocked (f j) = true -> False).
      { intros G. exact (NO j _ (s_join_end ready Q_dec size j c f e x true (or_introl (conj P eq_refl)) IJ G)). }
      destruct (deadlocked (f j)) eqn:D; [auto|].
      refine (NO j _ (s_join_recheck ready Q_dec size j c f e x P IJ _ D)). auto.
    + destruct x as [w| |]; try discriminate.
      assert (N : ~ missing c w \/ deadlocked (f j) = true -> False).
      { intros G. exact (NO j _ (s_recheck_resume ready Q_dec size j c f e w P (rest_free _) G)). }
      destruct (missing_dec c w) as [M|M]; [|auto]. destruct (deadlocked (f j)) eqn:D; [auto|].
      exact (NO j _ (s_recheck_sleep ready Q_dec size j c f e w P (rest_free _) M D)).
  - (* a notified sleeper can wake *)
    exfalso. destruct (is_join x) eqn:IJ.
    + assert (N : has_left f j x \/ deadlocked (f j) = true -> False).
      { intros G. exact (NO j _ (s_join_end ready Q_dec size j c f e x true (or_intror P) IJ G)). }
      destruct (deadlocked (f j)) eqn:D; [auto|].
      apply (detects_place f j (Some x) (Asleep x false) (block (f j))); [auto|]. intros p DE.
      refine (NO j _ (s_join_again ready Q_dec size j c f e x true p P IJ _ D DE)). auto.
    + destruct x as [w| |]; try discriminate.
      exact (NO j _ (s_wake ready Q_dec size j c f e w true P (rest_free _))).
  - (* and the clock ends every wait with a deadline *)
    exfalso. refine (NO j _ (s_wake_timed ready Q_dec size j c f e w n (c (fst w)) (fun _ => true) P
      (rest_free _) _)). apply covered_all.
  - exfalso. apply (rest_free (fst w) j). rewrite P. reflexivity.
Qed.

(** No participant sleeps for something that is there. *)
Lemma rest_blocked j : participates (f j) = true ->
  exists x, wait_of (f j) = Some x /\ blocked (f j) = true /\
    match x with AtQueue w => missing c w | x => ~ has_left f j x end.
Proof.
  intros PJ. destruct SO as [[FO PA FR] _ WK _ CO JO FI]. cbn [threads content epoch] in *.
  destruct (rest_place j) as [(_ & P & _)|(x & P)]; [congruence|]. exists x.
  unfold wait_of. rewrite P. split; auto.
  pose proof (FO j) as W. unfold wf in W. rewrite P in W. destruct W as (-> & _).
  destruct (is_join x) eqn:IJ.
  - destruct (JO j x P IJ) as (-> & L). split; auto. destruct x; auto. discriminate.
  - destruct x as [w| |]; try discriminate. split.
    + destruct (deadlocked (f j)) eqn:D; auto. exfalso.
      destruct (WK j w P D) as (k & y & l & K & _).
      destruct (rest_place k) as [(E & _)|(z & E)]; congruence.
    + destruct (missing_dec c w) as [M|M]; auto. exfalso.
      destruct (CO w M) as (k & K); [eauto|].
      destruct (rest_place k) as [(E & _)|(z & E)];
        destruct K as [[K|K]|(last & K)]; congruence.
Qed.
End AtRest.

(** No hang: when nothing can happen any more but spurious wakeups, and no participant sleeps with a
    token of its own in its hands, then every participant has left and every token is released. No
    assumption about sentinels, closing or handles. *)
Theorem C7_no_participant_left s0 s : begins size s0 -> reachable s0 s -> at_rest s ->
  (forall j, participates (threads s j) = true -> tokens (threads s j) = 0) ->
  forall j, participates (threads s j) = false /\ tokens (threads s j) = 0.
Proof.
  intros B R NO NT. pose proof (reachable_sound _ _ B R) as SO. destruct s as [c f e].
  cbn [threads] in *.
  assert (TK : forall j, tokens (f j) = 0).
  { intros j. destruct (rest_place c f e SO NO j) as [(_ & _ & T)|(x & P)]; auto. apply NT.
    pose proof (formed _ _ (is_inv _ SO) j) as W. cbn [threads] in W. unfold wf in W.
    rewrite P in W. tauto. }
  assert (NP : forall j, participates (f j) = true -> False).
  { intros j PJ. destruct (is_noticed _ SO) as [(k & x & D)|[(k & x & BK & X & L)|(w & (k & BK & X) & M)]];
      cbn [threads content epoch] in *.
    - split; [auto|split; [eauto|]]. intros k PK. destruct (rest_blocked c f e SO NO k PK) as (x & _ & H & _).
      auto.
    - destruct (rest_place c f e SO NO k) as [(E & _)|(z & E)]; destruct D as [D|(l & D)]; congruence.
    - destruct (wf_wait _ _ (formed _ _ (is_inv _ SO) k) X) as (_ & PK).
      destruct (rest_blocked c f e SO NO k PK) as (y & Y & _ & K). rewrite X in Y.
      injection Y as <-. destruct x; [destruct L|contradiction|contradiction].
    - destruct (wf_wait _ _ (formed _ _ (is_inv _ SO) k) X) as (_ & PK).
      destruct (rest_blocked c f e SO NO k PK) as (y & Y & _ & K). rewrite X in Y.
      injection Y as <-. contradiction. }
  intros j. split; auto. destruct (participates (f j)) eqn:E; auto. exfalso. eauto.
Qed.

(** So no deadlock outlasts rest. *)
Theorem C8_no_deadlock_at_rest s0 s : begins size s0 -> reachable s0 s -> at_rest s ->
  ~ deadlock ready s.
Proof.
  intros B R NO (NT & (j & PJ) & _). destruct (C7_no_participant_left s0 s B R NO) with (j := j) as (E & _).
  - intros k _. apply NT.
  - congruence.
Qed.

End Rest.

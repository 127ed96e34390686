(** * C8 and C7 in groups, for any number of threads, queues and tokens.

    Every theorem here can be judged from its statement and [Groups.v]. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Groups GroupInvariant.

Section Claims.
Context {Q S C : Type}.
Variable ready : C -> S -> bool.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable size : nat.

Notation thread := (thread Q S).
Notation state := (state Q S C).
Notation missing := (missing ready).
Notation step := (step ready Q_dec size).
Notation reachable := (reachable ready Q_dec size).
Notation is_blocked := (is_blocked ready).
Notation deadlock := (deadlock ready).
Notation at_rest := (at_rest ready Q_dec size).
Notation Inv := (Inv ready).
Notation wake_at := (wake_at Q_dec).
Notation put := (put Q_dec).
Implicit Types (f g : nat -> thread) (c : Q -> C) (t u : thread) (s : state).

(** ** No false alarm *)

(** Only the step that ends a detection in its own epoch marks. *)
Lemma step_marks k i s s' j : step k i s s' ->
  deadlocked (threads s j) = false -> deadlocked (threads s' j) = true ->
  exists x joiners todo, place_of (threads s i) = Asking x (epoch s) [] /\
    only_joins (threads s) joiners /\
    forall l, threads s' l =
      wake_joiner (mark joiners (set (threads s) i (move (threads s i) (Notifying x todo)) l)).
Proof.
  intros H D D'.
  assert (A : forall t u, alike t u -> deadlocked u = deadlocked t).
  { intros t u X. apply alike_same in X. tauto. }
  destruct H; cbn [threads epoch content] in *; try congruence;
    try (exfalso; subst f'; at_set j i; cbn in *; congruence);
    try (exfalso; at_set j i; cbn in *; congruence).
  - rewrite (A _ _ (alike_notify Q_dec q chosen f j)) in D'. congruence.
  - subst f'. rewrite (A _ _ (alike_notify Q_dec _ chosen _ j)) in D'. at_set j i; cbn in *; congruence.
  - subst f'. rewrite (A _ _ (alike_notify Q_dec _ chosen _ j)) in D'. at_set j i; cbn in *; congruence.
  - eauto 8.
  - rewrite (A _ _ (alike_wake_at Q_dec q _)) in D'. at_set j i; cbn in *; congruence.
  - assert (E : deadlocked (f' j) = true).
    { destruct wakes; auto. now rewrite (A _ _ (alike_wake_joiner _)) in D'. }
    subst f'. at_set j i; cbn in *; congruence.
  - exfalso. at_set j j0; cbn in *; congruence.
  - exfalso. at_set j j0; cbn in *; congruence.
  - exfalso. at_set j j0; cbn in *; [congruence|]. at_set j i; cbn in *; congruence.
Qed.

(** A step that reports a deadlock does so in a deadlock, and marks exactly: every participant that
    waits at a queue; or if none does, every participant. A marked one counts as running at once. *)
Theorem C8_no_false_alarm s0 s s' k i : begins size s0 -> reachable s0 s -> step k i s s' ->
  (exists j, deadlocked (threads s j) = false /\ deadlocked (threads s' j) = true) ->
  deadlock s /\
  forall j, participates (threads s j) = true ->
    blocked (threads s' j) = negb (deadlocked (threads s' j)) /\
    (deadlocked (threads s' j) = true <-> exists x, wait_of (threads s j) = Some x /\
       (is_join x = false \/ forall l w, participates (threads s l) = true ->
                                         wait_of (threads s l) <> Some (AtQueue w))).
Proof.
  intros B R H (m & D & D'). pose proof (reachable_inv _ _ _ _ _ B R) as [F P FR].
  destruct (step_marks _ _ _ _ _ H D D') as (x & joiners & todo & A & O & T). clear H.
  destruct s as [c f e]. cbn [threads epoch content] in *.
  pose proof (FR _ _ _ A) as (AB & NJ & _ & BA). pose proof AB as (NT & EX & W).
  assert (ST : forall j, participates (f j) = true -> exists y, wait_of (f j) = Some y /\
                 blocked (f j) = true /\ deadlocked (f j) = false).
  { intros j PJ. destruct (wf_blocked _ (F j) (W j PJ)) as (y & Y & DJ & _). eauto. }
  split; [split; [auto|split; auto]|].
  - intros j PJ. destruct (ST j PJ) as (y & Y & BJ & DJ). exists y. cbn [threads content].
    repeat split; auto. destruct y as [w|l|].
    + destruct (BA w) as [[]|[M _]]; auto. exists j. auto.
    + intros L. apply NJ. exists j, (Leaving l). auto.
    + intros L. apply NJ. exists j, LeavingOthers. auto.
  - intros j PJ. destruct (ST j PJ) as (y & Y & BJ & DJ). rewrite T.
    assert (Z : wait_of (set f i (move (f i) (Notifying x todo)) j) = Some y /\
                blocked (set f i (move (f i) (Notifying x todo)) j) = true /\
                deadlocked (set f i (move (f i) (Notifying x todo)) j) = false).
    { at_set j i; auto. unfold wait_of in *. rewrite A in Y. cbn. auto. }
    destruct Z as (Z1 & Z2 & Z3).
    destruct (alike_same _ _ (alike_wake_joiner (mark joiners
       (set f i (move (f i) (Notifying x todo)) j)))) as (-> & -> & _).
    unfold mark. rewrite Z1, Z2. cbn.
    assert (OJ : joiners = true <-> forall l w, participates (f l) = true ->
                   wait_of (f l) <> Some (AtQueue w)).
    { destruct joiners; cbn in O; split; auto; try discriminate.
      - intros _ l w PL E. apply (O w). exists l. auto.
      - intros N. exfalso. destruct O as (w & l & BL & WL). destruct (wf_wait _ _ (F l) WL).
        now apply (N l w). }
    destruct (joiners || negb (is_join y)) eqn:E; cbn; rewrite ?Z2, ?Z3; split; auto.
    + split; auto. intros _. exists y. split; auto. apply orb_true_iff in E.
      destruct E as [E|E]; [right; now apply OJ|left]. now destruct (is_join y).
    + split; [discriminate|]. intros (z & Y' & K). rewrite Y in Y'. injection Y' as <-.
      apply orb_false_iff in E. destruct E as [E1 E2]. destruct K as [K|K].
      * rewrite K in E2. discriminate.
      * apply OJ in K. congruence.
Qed.

(** ** No miss *)

(** While all are blocked, a detection is under way or something that is waited for is there. *)
Definition noticed s : Prop := all_blocked (threads s) -> detecting s \/
  any_join_ready (threads s) \/
  exists w, blocked_at (threads s) w /\ ~ missing (content s) w.

Lemma noticed_place c f e i p : noticed (State c f e) ->
  (forall x, place_of (f i) = Opening x -> p = Opening x) ->
  (forall x l, place_of (f i) = Asking x e l -> exists l', p = Asking x e l') ->
  wait_of (move (f i) p) = wait_of (f i) ->
  noticed (State c (set f i (move (f i) p)) e).
Proof.
  intros NO O A W N. cbn [threads content epoch] in *. pose proof (same_move f i p W) as SM.
  destruct (NO (same_all_blocked _ _ (same_sym _ _ SM) N)) as
    [(k & x & E)|[J|(w & BW & M)]]; cbn [threads epoch content] in *.
  - left. exists k, x. cbn [threads epoch]. at_set k i; auto. cbn.
    destruct E as [E|(l & E)]; eauto.
  - right. left. eapply same_join_ready; eauto.
  - right. right. exists w. split; auto. eapply same_blocked_at; eauto.
Qed.

Lemma noticed_alike c f g e : (forall j, alike (f j) (g j)) ->
  noticed (State c f e) -> noticed (State c g e).
Proof.
  intros AL NO N. cbn [threads content epoch] in *. pose proof (same_alike _ _ AL) as SM.
  destruct (NO (same_all_blocked _ _ (same_sym _ _ SM) N)) as
    [(k & x & E)|[J|(w & BW & M)]]; cbn [threads epoch content] in *.
  - left. exists k, x. cbn [threads epoch].
    destruct E as [E|(l & E)]; [left|right; exists l]; eapply alike_keeps; eauto.
  - right. left. eapply same_join_ready; eauto.
  - right. right. exists w. split; auto. eapply same_blocked_at; eauto.
Qed.

Lemma noticed_runs c f e i : participates (f i) = true \/ 0 < tokens (f i) ->
  blocked (f i) = false -> noticed (State c f e).
Proof. intros P B N. exfalso. eapply not_all_blocked; eauto. Qed.

Lemma noticed_detects c f e i x o p : then_detects f x o p -> place_of (f i) = p ->
  noticed (State c f e).
Proof.
  intros [[_ ->]|[N _]] E A; [|contradiction]. left. exists i, x. cbn [threads]. auto.
Qed.

Theorem step_noticed k i s s' : step k i s s' -> Inv s -> noticed s -> noticed s'.
Proof.
  intros H I NO. pose proof I as [F P FR]. pose proof (F i) as W. unfold wf in W.
  destruct H; cbn [threads epoch content] in *;
    try (match goal with E : acts _ |- _ => destruct E as [E1 E2]; rewrite E1 in W end);
    try (match goal with E : place_of (_ i) = _ |- _ => rewrite E in W end);
    try (eapply noticed_place; eauto; try (intros; congruence); unfold wait_of;
         match goal with E : place_of (_ i) = _ |- _ => rewrite E end; auto; fail);
    try (eapply (noticed_detects _ _ _ i); [eassumption|]; subst f'; rewrite set_same; reflexivity);
    try (eapply (noticed_runs _ _ _ i); rewrite set_same; cbn; tauto).
  - eapply noticed_alike; [apply alike_notify|]. eapply (noticed_runs _ _ _ i); tauto.
  - eapply noticed_alike; [intros j; apply alike_notify|]. eapply (noticed_runs _ _ _ i);
      rewrite set_same; cbn; tauto.
  - eapply noticed_alike; [intros j; apply alike_notify|]. eapply (noticed_runs _ _ _ i);
      rewrite set_same; cbn; tauto.
  - (* join_end *)
    eapply (noticed_runs _ _ _ i); rewrite set_same; cbn; auto.
    destruct H as [[H _]|H]; rewrite H in W; tauto.
  - (* open *)
    intros _. left. exists i, t. cbn [threads epoch]. rewrite set_same. right. exists todo. auto.
  - (* open_not *)
    intros A. cbn [threads content] in *.
    assert (SM : same_entries f (set f i (move (f i) (resume t)))).
    { apply same_move. unfold wait_of. rewrite H. destruct t; auto. }
    right. left. destruct H0 as [N|J].
    + exfalso. apply N. eapply same_all_blocked; [apply same_sym|]; eauto.
    + eapply same_join_ready; eauto.
  - (* ask *)
    eapply noticed_place; eauto; try (intros; congruence).
    + intros x l E. rewrite H in E. injection E as <- -> <-. eauto.
    + unfold wait_of. now rewrite H.
  - (* ask_ready *)
    assert (WO : wait_of (move (f i) (resume t)) = wait_of (f i)).
    { unfold wait_of. rewrite H. destruct t; auto. }
    destruct (Nat.eq_dec e0 e) as [->|NE].
    + intros _. right. right. exists w. split; auto. cbn [threads].
      eapply same_blocked_at; [apply same_move; auto|].
      destruct (FR _ _ _ H) as (_ & _ & L & _). apply L. now left.
    + eapply noticed_place; eauto; intros; congruence.
  - (* stale *)
    eapply noticed_place; eauto; try (intros; congruence).
    unfold wait_of. rewrite H. destruct t; auto.
  - (* mark *)
    apply (noticed_alike _ (fun j => mark joiners (set f i (move (f i) (Notifying t todo)) j)));
      [intros j; apply alike_wake_joiner|].
    assert (MK : exists j x, wait_of (f j) = Some x /\ blocked (f j) = true /\
                   joiners || negb (is_join x) = true).
    { destruct joiners; cbn in H0.
      - destruct (FR _ _ _ H) as ((_ & (j & PJ) & WJ) & _).
        destruct (wf_blocked _ (F j) (WJ j PJ)) as (x & X & _). exists j, x. auto.
      - destruct H0 as (w & j & BJ & WJ). exists j, (AtQueue w). auto. }
    destruct MK as (j & x & X & BX & K). destruct (wf_wait _ _ (F j) X) as (_ & PJ).
    apply (noticed_runs _ _ _ j); unfold mark;
      (replace (wait_of (set f i (move (f i) (Notifying t todo)) j)) with (Some x);
       [|at_set j i; auto; unfold wait_of in *; rewrite H in X; auto]);
      replace (blocked (set f i (move (f i) (Notifying t todo)) j)) with true by (at_set j i; auto);
      cbn; rewrite K; cbn; auto. left. at_set j i; auto.
  - (* notify *)
    apply (noticed_alike _ (set f i (move (f i) (Notifying t todo)))); [intros j; apply alike_wake_at|].
    eapply noticed_place; eauto; try (intros; congruence). unfold wait_of. now rewrite H.
  - eapply noticed_place; eauto; try (intros; congruence).
    unfold wait_of. rewrite H. destruct t; auto.
  - (* leave *)
    apply (noticed_alike _ f'); [intros j; destruct wakes; [apply alike_wake_joiner|now left]|].
    eapply (noticed_detects _ _ _ i); [eassumption|]. subst f'. now rewrite set_same.
  - eapply (noticed_runs _ _ _ j); rewrite set_same; cbn; auto.
  - eapply (noticed_runs _ _ _ j); rewrite set_same; cbn; auto. right. lia.
  - eapply (noticed_runs _ _ _ j); rewrite set_same; cbn; auto. right. lia.
Qed.

Lemma reachable_noticed s0 s : begins size s0 -> reachable s0 s -> noticed s.
Proof.
  intros B R. induction R; [|eapply step_noticed; eauto; eapply reachable_inv; eauto].
  intros (_ & (j & I) & N). destruct (B j) as (_ & W & _). rewrite (N j I) in W. discriminate.
Qed.

(** In every deadlock a detection is under way. *)
Theorem C8_no_miss s0 s : begins size s0 -> reachable s0 s -> deadlock s -> detecting s.
Proof.
  intros B R (NT & EX & BL). pose proof (reachable_inv _ _ _ _ _ B R) as [F _ _].
  assert (N : all_blocked (threads s)).
  { split; [auto|split; [auto|]]. intros j PJ. destruct (BL j PJ) as (x & X & D & _).
    destruct (wf_wait _ _ (F j) X) as (-> & _). now rewrite D. }
  destruct (reachable_noticed _ _ B R N) as [E|[(j & x & BJ & X & L)|(w & (j & BJ & X) & M)]]; auto;
    exfalso; destruct (wf_wait _ _ (F j) X) as (_ & PJ); destruct (BL j PJ) as (y & Y & _ & K);
    rewrite X in Y; injection Y as <-; [|contradiction].
  destruct x; contradiction.
Qed.

(** ** Every marked participant wakes *)

(** A marked participant sleeps un-notified only while a detector is on its way to that queue. *)
Definition waking f : Prop := forall j w,
  place_of (f j) = Asleep (AtQueue w) false -> deadlocked (f j) = true ->
  exists k x l, place_of (f k) = Notifying x l /\ In (fst w) l.

Lemma waking_place f i t : waking f ->
  (forall w, place_of t = Asleep (AtQueue w) false -> deadlocked t = false) ->
  (forall x l, place_of (f i) = Notifying x l -> l = [] \/ exists x', place_of t = Notifying x' l) ->
  waking (set f i t).
Proof.
  intros WK T N j w A D. at_set j i; [rewrite (T _ A) in D; discriminate|].
  destruct (WK j w A D) as (k & x & l & K & NI). destruct (Nat.eq_dec k i) as [->|NE].
  - destruct (N _ _ K) as [->|(x' & X)]; [destruct NI|]. exists i, x', l. now rewrite set_same.
  - exists k, x, l. rewrite set_other; auto.
Qed.
Lemma waking_alike f g : (forall j, alike (f j) (g j)) -> waking f -> waking g.
Proof.
  intros AL WK j w A D. pose proof (alike_un_notified _ _ _ (AL j) A) as E. rewrite E in *.
  destruct (WK j w A D) as (k & x & l & K & NI). exists k, x, l. split; auto.
  eapply alike_keeps; eauto.
Qed.

Theorem step_waking k i s s' : step k i s s' -> Inv s -> waking (threads s) -> waking (threads s').
Proof.
  intros H [F P FR] WK. pose proof (F i) as W. unfold wf in W.
  destruct H; cbn [threads epoch content] in *;
    try (match goal with E : acts _ |- _ => destruct E as [E1 E2]; rewrite E1 in W end);
    try (match goal with E : place_of (_ i) = _ |- _ => rewrite E in W end);
    try (apply waking_place; [auto| |intros; congruence]; cbn; intros; try discriminate;
         try congruence; tauto).
  - eapply waking_alike; [apply alike_notify|auto].
  - eapply waking_alike; [intros j; apply alike_notify|].
    apply waking_place; auto; [discriminate|intros; congruence].
  - eapply waking_alike; [intros j; apply alike_notify|].
    apply waking_place; auto; [discriminate|intros; congruence].
  - apply waking_place; auto. intros x l E. destruct H as [[H _]|H]; congruence.
  - apply waking_place; auto; [destruct t; discriminate|intros; congruence].
  - apply waking_place; auto; [destruct t; discriminate|intros; congruence].
  - apply waking_place; auto; [destruct t; discriminate|intros; congruence].
  - (* mark *)
    intros j w A D.
    pose proof (alike_un_notified _ _ _ (alike_wake_joiner _) A) as E. rewrite E in *. clear E.
    rewrite mark_place in A. at_set j i; [discriminate|].
    exists i, t, todo. split.
    + eapply alike_keeps; [apply alike_wake_joiner|rewrite mark_place, set_same; reflexivity|auto].
    + destruct (deadlocked (f j)) eqn:DJ.
      * exfalso. destruct (FR _ _ _ H) as ((_ & _ & AB) & _). pose proof (F j) as WJ.
        unfold wf in WJ. rewrite A in WJ. destruct WJ as (B1 & PJ). rewrite (AB j PJ), DJ in B1. discriminate.
      * apply H1. exists j. split; [|unfold wait_of; now rewrite A].
        pose proof (F j) as WJ. unfold wf in WJ. rewrite A, DJ in WJ. tauto.
  - (* notify *)
    intros j w A D.
    assert (NQ : fst w <> q).
    { intros E. revert A. unfold wake_at. destruct (place_of (set f i _ j)) as [| | | | | |[v| |] n|v n|] eqn:PL;
        try congruence.
      - destruct (Q_dec (fst v) q) as [EQ|NE]; cbn; [discriminate|]. rewrite PL. intros [= -> ->]. auto.
      - destruct (Q_dec (fst v) q) as [EQ|NE]; cbn; [discriminate|]. rewrite PL. discriminate. }
    pose proof (alike_un_notified _ _ _ (alike_wake_at Q_dec q _) A) as E. rewrite E in *. clear E.
    at_set j i; [discriminate|]. destruct (WK j w A D) as (k & x & l & K & NI).
    destruct (Nat.eq_dec k i) as [->|NE].
    + exists i, t, todo. rewrite set_same. split.
      * eapply alike_keeps; [apply alike_wake_at|cbn; eauto|auto].
      * rewrite H in K. injection K as <- <-. destruct NI; congruence.
    + exists k, x, l. rewrite set_other by auto. split; auto.
      eapply alike_keeps; [apply alike_wake_at|cbn; eauto|auto].
  - (* notified *)
    apply waking_place; auto; [destruct t; discriminate|]. intros x l E. left. congruence.
  - (* leave *)
    apply (waking_alike f'); [intros j; destruct wakes; [apply alike_wake_joiner|now left]|].
    apply waking_place; auto; intros; congruence.
  - apply waking_place; [apply waking_place; auto; intros; congruence|reflexivity|].
    rewrite set_other by auto. intros; congruence.
Qed.

(** In every reachable state, a marked participant that waits at a queue is not asleep un-notified,
    or a detector has still to notify that queue. *)
Theorem C8_every_marked_wakes s0 s : begins size s0 -> reachable s0 s -> waking (threads s).
Proof.
  intros B R. induction R; [|eapply step_waking; eauto; eapply reachable_inv; eauto].
  intros j w A. destruct (B j) as (P & _). congruence.
Qed.
(** Its wait goes on, and does not become a sleep; or it is back for its last attempt. *)
Definition returns w t u : Prop := place_of u = Resumed w true \/
  wait_of u = Some (AtQueue w) /\ deadlocked u = true /\
  (place_of u = Asleep (AtQueue w) false -> place_of t = Asleep (AtQueue w) false).

Lemma returns_alike w t u v : alike u v -> returns w t u -> returns w t v.
Proof.
  intros A [R|(W & D & S0)]; [left; eapply alike_keeps; eauto|right].
  destruct (alike_same _ _ A) as (_ & -> & _ & _ & ->). repeat split; auto.
  intros E. rewrite (alike_un_notified _ _ _ A E) in E. auto.
Qed.

Lemma step_returns k i s s' j w : Inv s -> step k i s s' ->
  wait_of (threads s j) = Some (AtQueue w) -> deadlocked (threads s j) = true ->
  returns w (threads s j) (threads s' j).
Proof.
  intros I H W D. pose proof I as [F P FR].
  assert (SAME : returns w (threads s j) (threads s j)) by (right; auto).
  assert (SET : forall i0 t, (j = i0 -> returns w (threads s j) t) ->
    returns w (threads s j) (set (threads s) i0 t j)) by (intros i0 t X; at_set j i0; auto).
  assert (RUNS : forall i0, place_of (threads s i0) = Running -> j <> i0).
  { intros i0 E ->. unfold wait_of in W. rewrite E in W. discriminate. }
  assert (SET2 : forall g i0 t, j <> i0 -> returns w (threads s j) (g j) ->
    returns w (threads s j) (set g i0 t j)) by (intros g i0 t N X; now rewrite set_other).
  pose proof (F j) as Fj. unfold wf in Fj.
  destruct H; cbn [threads epoch content] in *;
    try (match goal with E : acts _ |- _ => destruct E as [E1 E2] end);
    try (match goal with E : place_of (_ ?x) = Running |- _ => pose proof (RUNS x E) end);
    try (apply SET; intros ->; unfold wait_of in W;
         match goal with E : place_of (_ i) = _ |- _ => rewrite E in W, Fj end;
         try discriminate W; try congruence;
         try (exfalso; destruct Fj as (_ & X & _); congruence);
         try (right; unfold wait_of; cbn; rewrite ?W; cbn; repeat split; auto; intros; congruence);
         try (injection W as ->; left; cbn; now rewrite D); fail).
  - eapply returns_alike; [apply alike_notify|auto].
  - eapply returns_alike; [apply alike_notify|]. apply SET. intros ->. unfold wait_of in W.
    rewrite H in W. discriminate.
  - eapply returns_alike; [apply alike_notify|]. apply SET. intros ->. unfold wait_of in W.
    rewrite H in W. discriminate.
  - (* join_end *)
    apply SET. intros ->. exfalso. unfold wait_of in W.
    destruct H as [[H _]|H]; rewrite H in W; injection W as ->; discriminate.
  - (* mark *)
    eapply returns_alike; [apply alike_wake_joiner|].
    assert (E : forall t, deadlocked t = true -> wf t -> mark joiners t = t).
    { intros u X WT. unfold mark. destruct (wait_of u) as [y|] eqn:Y; auto.
      destruct (wf_wait _ _ WT Y) as (-> & _). now rewrite X. }
    assert (DS : deadlocked (set f i (move (f i) (Notifying t todo)) j) = true) by (at_set j i; auto).
    assert (WS : wf (set f i (move (f i) (Notifying t todo)) j)).
    { pose proof (F i) as Fi. at_set j i; auto. unfold wf in *. rewrite H in Fi. cbn. auto. }
    rewrite (E _ DS WS). apply SET. intros ->. unfold wait_of in W. rewrite H in W.
    right. unfold wait_of. cbn. repeat split; auto; discriminate.
  - eapply returns_alike; [apply alike_wake_at|]. apply SET. intros ->. unfold wait_of in W.
    rewrite H in W. right. unfold wait_of. cbn. repeat split; auto; discriminate.
  - apply (returns_alike _ _ (f' j)); [destruct wakes; [apply alike_wake_joiner|now left]|].
    apply SET. congruence.
  - apply SET. intros ->. now apply RUNS in H1.
  - apply SET. intros ->. now apply RUNS in H1.
  - apply (SET2 _ j0 _ (RUNS _ H3)). apply SET. intros ->. now destruct (RUNS i H).
Qed.

(** And its operation ends: it does not fall asleep again, and its next attempt is the last. *)
Theorem C8_marked_returns s0 s s' k i j w : begins size s0 -> reachable s0 s -> step k i s s' ->
  wait_of (threads s j) = Some (AtQueue w) -> deadlocked (threads s j) = true ->
  returns w (threads s j) (threads s' j).
Proof. intros B R. apply step_returns. eapply reachable_inv; eauto. Qed.

End Claims.

(** * A group with its queues comes to its end: C7 with queues.

    Programs are finite, so each queue sees finitely many operations; and between them detections
    end ([GroupTermination.v]). So there is no endless execution of the product in which from some
    moment on no thread joins, leaves, takes part anew or moves a token, spurious wakeups aside. *)

From Coq Require Import List Arith Lia Bool Wellfounded.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Termination Lock GroupQueues GroupProduct
  GroupProjection GroupAgreement.
From SentinelQueue Require Groups GroupInvariant GroupRest GroupTermination.

Section Termination.
Context {A Q : Type}.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable capacity : Q -> option nat.
Variable crews : Q -> crew A.
Variable size : nat.

Notation G := Groups.State.
Notation set := Groups.set.
Notation put := (Groups.put Q_dec).
Notation place_of := Groups.place_of.
Notation threads_of s := (Groups.threads (group s)).
Notation gstep := (Groups.step is_ready Q_dec size).
Notation pstep := (pstep Q_dec capacity size).
Notation preachable := (preachable Q_dec capacity crews size).
Notation total := (GroupTermination.total size).
Implicit Types (x y : state A) (s : product (A := A) (Q := Q)).

(** ** Labour of a queue *)

Lemma step_labour_le c k i x y : step c k i x y -> labour y <= labour x.
Proof. intros H. apply step_labour in H. destruct k; lia. Qed.
Lemma section_acts_labour c i x y : section c Progress i x y -> labour y < labour x.
Proof. intros H. apply section_step, step_labour in H. exact H. Qed.
Lemma section_blocks_labour c i x y : section c Sleep i x y -> labour y = labour x.
Proof. intros H. apply section_step, step_labour in H. exact H. Qed.
Lemma outside_labour c k i x y : step c k i x y -> place_at x i = Outside ->
  place_at y i = Outside ->
  labour y < labour x.
Proof.
  intros H O O'. pose proof (step_labour _ _ _ _ _ H) as L. destruct k; auto; exfalso;
    inversion H; subst; unfold place_at in O, O'; cbn [threads] in O, O';
    match goal with N : nth_error _ i = Some _ |- _ =>
      rewrite N in O; rewrite ?(nth_upd_same _ _ _ _ N) in O' end; congruence || discriminate.
Qed.
Lemma alter_labour i u x : (forall t, work (u t) <= work t) -> labour (alter i u x) <= labour x.
Proof.
  intros H. unfold alter. destruct (nth_error (threads x) i) as [t|] eqn:N; auto.
  unfold labour. cbn [threads shared_of]. pose proof (sum_upd work _ _ _ (u t) N).
  specialize (H t). lia.
Qed.
Lemma wake_work t : work (wake (A := A) t) = work t.
Proof. unfold work. now rewrite wake_program, wake_holds. Qed.
Lemma stir_labour i x : labour (stir i x) <= labour x.
Proof. apply alter_labour. intros t. now rewrite wake_work. Qed.
Lemma look_labour i x : labour (look i x) <= labour x.
Proof.
  unfold look. destruct (nth_error (threads x) i) as [t|] eqn:N; auto.
  unfold labour. cbn [threads shared_of].
  pose proof (sum_upd work _ _ _ (Thread Outside (program t) (holds t)) N) as E.
  change (work (Thread Outside (program t) (holds t))) with (work t) in E. lia.
Qed.
Lemma rouse_labour x : labour (rouse x) <= labour x.
Proof.
  unfold labour, rouse. cbn [threads shared_of]. rewrite sum_map.
  rewrite (sum_ext _ work); [lia|]. intros t. apply wake_work.
Qed.

Lemma expire_step c i x sd : waiting_op At x i sd -> exists k, step c k i x (expire i x).
Proof.
  intros WO. apply waiting_some in WO as (t & o & r & N & P & _ & _ & D & _).
  unfold expire, alter. rewrite N, P. destruct x as [sh nt TH L].
  cbn [threads shared_of notified log] in *. eexists. eapply s_expire; eauto.
Qed.

(** Of all queues. *)
Variable all : list Q.
Hypothesis listed : forall q, In q all.

Definition labours (qs : Q -> state A) : nat := sum (fun q => labour (qs q)) all.

Lemma labours_put_le qs q y : labour y <= labour (qs q) -> labours (put qs q y) <= labours qs.
Proof.
  intros H. unfold labours. apply sum_le. intros p. unfold Groups.put.
  destruct (Q_dec p q) as [->|]; auto.
Qed.
Lemma labours_put_lt qs q y : labour y < labour (qs q) -> labours (put qs q y) < labours qs.
Proof.
  intros H. pose proof (listed q) as I. unfold labours. clear listed.
  assert (LE : forall p, labour (put qs q y p) <= labour (qs p)).
  { intros p. unfold Groups.put. destruct (Q_dec p q) as [->|]; auto. lia. }
  induction all as [|p l IH]; [destruct I|]. cbn.
  pose proof (sum_le (fun q0 => labour (put qs q y q0)) (fun q0 => labour (qs q0)) l LE) as SL.
  specialize (LE p). destruct I as [->|I].
  - unfold Groups.put at 1. destruct (Q_dec q q); [lia|congruence].
  - specialize (IH I). lia.
Qed.

(** ** Threads outside of registered waits; those of them that do not sleep; sleepers that were
    notified *)

Definition unregistered (t : Groups.thread Q side) : nat :=
  if GroupTermination.outside (place_of t) then 1 else 0.
Definition busy (t : Groups.thread Q side) : nat :=
  match place_of t with Groups.AsleepTimed _ _ => 0 | _ => unregistered t end.
Definition timed_notified (t : Groups.thread Q side) : nat :=
  match place_of t with Groups.AsleepTimed _ true => 1 | _ => 0 end.

Definition counts_alike (m : Groups.thread Q side -> nat) : Prop :=
  forall t u, GroupInvariant.alike t u -> m u = m t.
Lemma unregistered_alike : counts_alike unregistered.
Proof.
  intros t u [->|[(z & n & E & ->)|(w & n & E & ->)]]; auto; unfold unregistered; cbn;
    now rewrite E.
Qed.
Lemma busy_alike : counts_alike busy.
Proof.
  intros t u [->|[(z & n & E & ->)|(w & n & E & ->)]]; auto; unfold busy, unregistered; cbn;
    now rewrite E.
Qed.

Lemma total_alike m f g : counts_alike m -> (forall j, GroupInvariant.alike (f j) (g j)) ->
  total m g = total m f.
Proof. intros K H. apply GroupTermination.sum_ext. intros j. apply K, H. Qed.
Lemma total_set_le m (f : nat -> Groups.thread Q side) i t : i < size -> m t <= m (f i) ->
  total m (set f i t) <= total m f.
Proof. intros L H. pose proof (GroupTermination.total_set size m f i t L). lia. Qed.

(** A quiet step makes none of them more. *)
Lemma quiet_counts i (g g' : Groups.state Q side (queue_of A)) :
  GroupRest.Sound is_ready size g -> gstep Groups.Progress i g g' ->
  GroupTermination.quiet i g g' ->
  total unregistered (Groups.threads g') <= total unregistered (Groups.threads g) /\
  total busy (Groups.threads g') <= total busy (Groups.threads g).
Proof.
  intros SO H (RU & OU).
  pose proof (GroupRest.actor_is_one _ _ _ _ _ _ _ H (GroupRest.is_finite _ _ _ SO)) as L.
  assert (LE : forall p, (GroupTermination.outside p = true ->
      GroupTermination.outside (place_of (Groups.threads g i)) = true) ->
        forall t, place_of t = p ->
      unregistered t <= unregistered (Groups.threads g i) /\ busy t <= busy (Groups.threads g i)).
  { clear - RU. intros p O t E. unfold busy, unregistered. rewrite E.
    destruct (GroupTermination.outside p) eqn:OP.
    - rewrite (O eq_refl). destruct (place_of (Groups.threads g i)); try discriminate RU;
        destruct p; auto.
    - destruct p; try discriminate OP; lia. }
  remember Groups.Progress as k eqn:K.
  destruct H; cbn [Groups.threads Groups.content] in *;
    try (match goal with X : Groups.acts _ |- _ => destruct X as [X _] end);
    try (match goal with X : place_of (_ i) = _ |- _ => rewrite X in RU; try discriminate RU end);
    try (rewrite GroupInvariant.set_same in OU;
         split; (apply total_set_le; [exact L|]); eapply LE; try exact OU; reflexivity).
  - (* return *)
    exfalso. assert (E : place_of (f' i) = Groups.Running).
    { eapply GroupInvariant.alike_keeps; [apply GroupInvariant.alike_notify|
        rewrite GroupInvariant.set_same; reflexivity|auto]. }
    rewrite E in OU. specialize (OU eq_refl). rewrite H in OU. discriminate OU.
  - subst f'. rewrite GroupInvariant.set_same in OU.
    split; (apply total_set_le; [exact L|]); eapply LE; try exact OU; reflexivity.
  - subst f'. rewrite GroupInvariant.set_same in OU.
    split; (apply total_set_le; [exact L|]); eapply LE; try exact OU; reflexivity.
  - (* mark *)
    assert (X : forall m, counts_alike m -> (forall j t, m (Groups.mark j t) = m t) ->
      total m (fun j => Groups.wake_joiner (Groups.mark joiners
                 (set f i (Groups.move (f i) (Groups.Notifying t todo)) j))) =
      total m (set f i (Groups.move (f i) (Groups.Notifying t todo)))).
    { intros m KM MM. apply GroupTermination.sum_ext. intros j.
      rewrite (KM _ _ (GroupInvariant.alike_wake_joiner _)). apply MM. }
    assert (PU : forall j t, unregistered (Groups.mark j t) = unregistered t)
      by (intros; unfold unregistered; now rewrite GroupInvariant.mark_place).
    assert (PB : forall j t, busy (Groups.mark j t) = busy t)
      by (intros; unfold busy; rewrite GroupInvariant.mark_place, PU; auto).
    rewrite (X unregistered), (X busy); auto using unregistered_alike, busy_alike.
    assert (O : GroupTermination.outside (Groups.Notifying t todo) =
                GroupTermination.outside (place_of (f i))) by (rewrite H; now destruct t).
    split; (apply total_set_le; [exact L|]); eapply LE; try (rewrite O; auto); reflexivity.
  - (* notify *)
    assert (X : forall m, counts_alike m -> total m (fun j => Groups.wake_at Q_dec q
                 (set f i (Groups.move (f i) (Groups.Notifying t todo)) j)) =
      total m (set f i (Groups.move (f i) (Groups.Notifying t todo)))).
    { intros m KM. apply total_alike; auto. intros j. apply GroupInvariant.alike_wake_at. }
    rewrite (X unregistered), (X busy); auto using unregistered_alike, busy_alike.
    assert (O : GroupTermination.outside (Groups.Notifying t todo) =
                GroupTermination.outside (place_of (f i))) by (rewrite H; now destruct t).
    split; (apply total_set_le; [exact L|]); eapply LE; try (rewrite O; auto); reflexivity.
Qed.

(** ** The ranking function *)

Notation rank := (GroupTermination.rank is_ready size).

Definition prank s : nat * (nat * (nat * ((nat * (nat * (nat * (nat * nat)))) * nat))) :=
  (labours (queues s), (total unregistered (threads_of s), (total busy (threads_of s),
    (rank (group s), total timed_notified (threads_of s))))).
Definition pbelow := GroupTermination.lex lt (GroupTermination.lex lt (GroupTermination.lex lt
  (GroupTermination.lex GroupTermination.below lt))).

Lemma pbelow_wf : well_founded pbelow.
Proof.
  repeat apply GroupTermination.lex_wf; apply lt_wf.
Qed.
(** No join ends in the step; and a thread that runs begins or ends an operation at a queue. *)
Definition settled (i : nat) s s' : Prop :=
  (place_of (threads_of s i) = Groups.Running ->
     view_of (place_of (threads_of s' i)) <> Away \/ exists q, queues s' q <> queues s q) /\
  (forall t, Groups.wait_of (threads_of s i) = Some t -> Groups.is_join t = true ->
     place_of (threads_of s' i) <> Groups.Running).

Lemma by_labour s s' : labours (queues s') < labours (queues s) -> pbelow (prank s') (prank s).
Proof. intros H. left. exact H. Qed.
Lemma by_group i s s' : preachable s -> gstep Groups.Progress i (group s) (group s') ->
  GroupTermination.quiet i (group s) (group s') -> labours (queues s') <= labours (queues s) ->
  pbelow (prank s') (prank s).
Proof.
  intros R H QU L. pose proof (reachable_sound _ _ _ _ s R) as SO.
  destruct (quiet_counts _ _ _ SO H QU) as [U B].
  pose proof (GroupTermination.quiet_below _ _ _ _ _ _ SO H QU) as RB.
  unfold pbelow, prank, GroupTermination.lex at 1 2 3. cbn [fst snd].
  destruct (Nat.eq_dec (labours (queues s')) (labours (queues s))); [right; split; auto|left; lia].
  destruct (Nat.eq_dec (total unregistered (threads_of s')) (total unregistered (threads_of s)));
    [right; split; auto|left; lia].
  destruct (Nat.eq_dec (total busy (threads_of s')) (total busy (threads_of s)));
    [right; split; auto|left; lia].
  left. exact RB.
Qed.

(** Where a step leads that is not quiet. *)
Lemma leaves_wait i (g g' : Groups.state Q side (queue_of A)) : gstep Groups.Progress i g g' ->
  GroupTermination.runs (place_of (Groups.threads g i)) = false ->
  GroupTermination.outside (place_of (Groups.threads g' i)) = true ->
  GroupTermination.outside (place_of (Groups.threads g i)) = true \/
  place_of (Groups.threads g' i) = Groups.Running /\
  ((exists w l, place_of (Groups.threads g i) = Groups.Resumed w l) \/
   exists t, Groups.wait_of (Groups.threads g i) = Some t /\ Groups.is_join t = true).
Proof.
  intros H RU O. remember Groups.Progress as k eqn:K.
  destruct H; cbn [Groups.threads Groups.content] in *;
    try (match goal with X : Groups.acts _ |- _ => destruct X as [X _] end);
    try (match goal with X : place_of (_ i) = _ |- _ => rewrite X in RU; try discriminate RU end);
    try subst f'; try (rewrite GroupInvariant.set_same in O);
    try (rewrite H; destruct t; cbn in O |- *; auto; discriminate O);
    try (exfalso; discriminate O);
    try (exfalso; match goal with T : Groups.then_detects _ _ _ _ |- _ =>
      apply GroupInvariant.then_place in T as [-> | ->]; discriminate O end).
  - (* return *)
    right. split; [|left; eauto].
    pose proof (GroupInvariant.alike_notify Q_dec (fst w) chosen
      (set f i (Groups.move (f i) Groups.Running)) i) as AL. rewrite GroupInvariant.set_same in AL.
    eapply GroupInvariant.alike_keeps; [exact AL|reflexivity|reflexivity].
  - (* join_end *)
    right. split; [now rewrite GroupInvariant.set_same|right]. exists t. split; auto.
    unfold Groups.wait_of. destruct H as [[-> _]| ->]; auto.
  - (* mark *)
    left. assert (E : GroupTermination.outside (Groups.Notifying t todo) = true).
    { revert O. unfold Groups.wake_joiner. rewrite GroupInvariant.mark_place.
      cbn. now rewrite GroupInvariant.mark_place. }
    rewrite H. now destruct t.
Qed.
Lemma wakes_timed k i (g g' : Groups.state Q side (queue_of A)) w n : gstep k i g g' ->
  place_of (Groups.threads g i) = Groups.AsleepTimed w n ->
  place_of (Groups.threads g' i) = Groups.Running.
Proof.
  intros H P. destruct H; cbn [Groups.threads Groups.content] in *;
    try (match goal with X : Groups.acts _ |- _ => destruct X as [X _] end);
    try (match goal with X : _ /\ _ \/ _ |- _ => destruct X as [[X _]|X] end); try congruence.
  pose proof (GroupInvariant.alike_notify Q_dec (fst w0) chosen
    (set f i (Groups.move (f i) Groups.Running)) i) as AL. rewrite GroupInvariant.set_same in AL.
  eapply GroupInvariant.alike_keeps; [exact AL|reflexivity|reflexivity].
Qed.

Theorem settled_below i s s' : preachable s -> pstep Groups.Progress i s s' -> settled i s s' ->
  pbelow (prank s') (prank s).
Proof.
  intros R H (S1 & S2). pose proof (reachable_sound _ _ _ _ s R) as SO.
  pose proof (reachable_agrees _ _ _ _ s R) as [SH F]. remember Groups.Progress as k eqn:K.
  destruct H; cbn [queues group Groups.threads Groups.content] in *;
    try (match goal with P : place_of (_ ?m) = _ |- _ =>
      pose proof (fun q => F q m) as FI; unfold seen in FI; rewrite P in FI; cbn in FI end).
  - (* act *)
    pose proof (F q i) as FI. unfold seen in FI. rewrite (proj1 H) in FI.
    apply by_labour. cbn [queues]. apply labours_put_lt. eapply outside_labour; eauto.
  - (* sleep_timed *)
    destruct H as [RUN M].
    assert (L : i < size).
    { destruct (Nat.lt_ge_cases i size) as [L|L]; auto.
      destruct (GroupRest.is_finite _ _ _ SO i L) as (_ & P & T). cbn in P, T.
      destruct M; [congruence|lia]. }
    pose proof (labours_put_le qs q y) as LA. rewrite (section_blocks_labour _ _ _ _ H2) in LA.
    unfold pbelow, prank, GroupTermination.lex at 1 2 3. cbn [fst snd queues group Groups.threads].
    set (t := Groups.move (f i) (Groups.AsleepTimed (q, sd) false)).
    pose proof (GroupTermination.total_set size unregistered f i t L) as U.
    pose proof (GroupTermination.total_set size busy f i t L) as B.
    assert (U1 : unregistered (f i) = 1 /\ unregistered t = 1 /\ busy (f i) = 1 /\ busy t = 0)
      by (unfold busy, unregistered; rewrite RUN; auto).
    destruct U1 as (U1 & U2 & B1 & B2). specialize (LA (le_n _)).
    destruct (Nat.eq_dec (labours (put qs q y)) (labours qs)); [right; split; auto|left; lia].
    right. split; [lia|]. left. lia.
  - (* wake_timed *)
    apply by_labour. cbn [queues]. apply labours_put_lt.
    apply section_acts_labour in H1. destruct (proj1 (FI q) eq_refl) as [_ WO].
    assert (labour (resumed i out (qs q)) <= labour (qs q)); [|lia].
    destruct out; [|apply stir_labour]. destruct (expire_step (capacity q) i _ _ WO) as [k0 E].
    eapply step_labour_le; eauto.
  - (* sleep_again *)
    destruct n; [|discriminate K]. destruct (proj1 (FI q) eq_refl) as [PL WO].
    assert (L : i < size).
    { destruct (Nat.lt_ge_cases i size) as [L|L]; auto.
      destruct (GroupRest.is_finite _ _ _ SO i L) as (P & _). cbn in P. congruence. }
    destruct (stir_facts i _ _ _ WO) as [_ WO'].
    destruct (section_blocks_facts _ _ _ _ _ _ H1 WO') as (E1 & _ & _ & _ & E4).
    assert (NW : forall j, woke (qs q) y j = false).
    { intros j. destruct (Nat.eq_dec j i) as [->|N]; [unfold woke; now rewrite PL|].
      apply same_woke. destruct (E4 j N) as [X1 X2], (alter_same i wake (qs q) j N) as [Y1 Y2].
      split; [rewrite X1|rewrite X2]; auto. }
    set (t := Groups.move (f i) (Groups.AsleepTimed (q, sd) false)).
    assert (EQ : forall j, set f' i (Groups.move (f' i) (Groups.AsleepTimed (q, sd) false)) j =
                           set f i t j).
    { intros j. unfold f', Groups.notify_at. at_thread j i; rewrite ?NW; auto. }
    assert (TE : forall m, total m (set f' i (Groups.move (f' i) (Groups.AsleepTimed (q, sd)
      false))) =
                           total m (set f i t)).
    { intros m. apply GroupTermination.sum_ext. intros j. now rewrite EQ. }
    assert (TS : forall m, m t = m (f i) -> total m (set f i t) = total m f).
    { intros m E. pose proof (GroupTermination.total_set size m f i t L). lia. }
    assert (CS : forall p, put c q (shown capacity q y) p = c p).
    { intros p. unfold Groups.put. destruct (Q_dec p q) as [->|]; auto. rewrite SH. unfold shown.
      rewrite E1. unfold stir. now rewrite alter_shared. }
    unfold pbelow, prank, GroupTermination.rank, GroupTermination.lex at 1 2 3 4.
    cbn [fst snd queues group Groups.threads Groups.content]. rewrite !TE.
    rewrite (TS unregistered), (TS busy), (TS GroupTermination.markable),
      (TS GroupTermination.to_notify), (TS GroupTermination.notified), (TS
        GroupTermination.distance);
      try (unfold busy, unregistered, GroupTermination.markable, GroupTermination.to_notify,
             GroupTermination.notified, GroupTermination.distance; cbn; rewrite H; reflexivity).
    replace (total (GroupTermination.detections is_ready (put c q (shown capacity q y))) (set f i
      t))
      with (total (GroupTermination.detections is_ready c) f).
    2:{ rewrite <- (TS (GroupTermination.detections is_ready c))
          by (unfold GroupTermination.detections; cbn; now rewrite H).
        apply GroupTermination.sum_ext. intros j. unfold GroupTermination.detections.
        destruct (place_of (set f i t j)); auto. destruct last; auto. now rewrite CS. }
    pose proof (GroupTermination.total_set size timed_notified f i t L) as T.
    assert (T1 : timed_notified (f i) = 1) by (unfold timed_notified; now rewrite H).
    assert (T2 : timed_notified t = 0) by reflexivity.
    pose proof (labours_put_le qs q y) as LA. rewrite (section_blocks_labour _ _ _ _ H1) in LA.
    specialize (LA (stir_labour i (qs q))).
    destruct (Nat.eq_dec (labours (put qs q y)) (labours qs)); [right; split; auto|left; lia].
    right. split; auto. right. split; auto. right. split; auto. lia.
  - (* block *)
    assert (L : i < size).
    { destruct (Nat.lt_ge_cases i size) as [L|L]; auto.
      destruct (GroupRest.is_finite _ _ _ SO i L) as (_ & P & _). cbn in P. congruence. }
    unfold pbelow, prank, GroupTermination.lex at 1 2. cbn [fst snd queues group Groups.threads].
    right. split; auto. left.
    pose proof (GroupTermination.total_set size unregistered f i (Groups.block (f i) p) L) as U.
    assert (U1 : unregistered (f i) = 1) by (unfold unregistered; now rewrite H).
    assert (U2 : unregistered (Groups.block (f i) p) = 0).
    { unfold unregistered. apply GroupInvariant.then_place in H4 as [-> | ->]; auto. }
    subst f'. lia.
  - (* sleep *)
    eapply by_group; eauto; cbn [queues group].
    + apply (Groups.s_sleep is_ready Q_dec size i c f e (q, sd)); auto.
    + split; cbn [Groups.threads]; [now rewrite H|]. rewrite GroupInvariant.set_same. discriminate.
    + apply labours_put_le. rewrite (section_blocks_labour _ _ _ _ H0). auto.
  - (* recheck_sleep *)
    eapply by_group; eauto; cbn [queues group].
    + apply (Groups.s_recheck_sleep is_ready Q_dec size i c f e (q, sd)); auto.
    + split; cbn [Groups.threads]; [now rewrite H|]. rewrite GroupInvariant.set_same. discriminate.
    + apply labours_put_le. rewrite (section_blocks_labour _ _ _ _ H3). auto.
  - (* recheck_resume *)
    eapply by_group; eauto; cbn [queues group].
    + apply (Groups.s_recheck_resume is_ready Q_dec size i c f e (q, sd)); auto.
    + split; cbn [Groups.threads]; [now rewrite H|]. rewrite GroupInvariant.set_same. discriminate.
    + apply labours_put_le, stir_labour.
  - (* wake *)
    eapply by_group; eauto; cbn [queues group].
    + rewrite <- K. apply (Groups.s_wake is_ready Q_dec size i c f e (q, sd) n); auto.
    + split; cbn [Groups.threads]; [now rewrite H|]. rewrite GroupInvariant.set_same. discriminate.
    + apply labours_put_le, stir_labour.
  - (* return *)
    apply by_labour. cbn [queues]. apply labours_put_lt.
    apply section_acts_labour in H1. destruct (proj1 (FI q) eq_refl) as [_ WO].
    assert (labour (resumed i out (qs q)) <= labour (qs q)); [|lia].
    destruct out; [|apply stir_labour]. destruct (expire_step (capacity q) i _ _ WO) as [k0 E].
    eapply step_labour_le; eauto.
  - (* block_again *)
    eapply by_group; eauto; cbn [queues group].
    + apply (Groups.s_block_again is_ready Q_dec size i c f e (q, sd) p); auto.
    + split; cbn [Groups.threads]; [now rewrite H|]. subst f'. rewrite GroupInvariant.set_same.
      apply GroupInvariant.then_place in H1 as [-> | ->]; discriminate.
    + apply labours_put_le, look_labour.
  - (* notify *)
    eapply by_group; eauto; cbn [queues group].
    + apply (Groups.s_notify is_ready Q_dec size i c f e t q todo); auto.
    + split; cbn [Groups.threads]; [now rewrite H|]. unfold Groups.wake_at.
      rewrite GroupInvariant.set_same, H. now destruct t.
    + apply labours_put_le, rouse_labour.
  - (* quiet *)
    rewrite K in H. destruct (GroupTermination.runs (place_of (Groups.threads g i))) eqn:RU.
    + exfalso. specialize (H1 i).
      destruct (place_of (Groups.threads g i)) as [| | | | | | |w n|] eqn:P; try discriminate RU.
      * destruct (S1 eq_refl) as [X|(q & X)]; [apply X; rewrite H1; auto|now apply X].
      * rewrite (wakes_timed _ _ _ _ _ _ H P) in H1. discriminate H1.
    + eapply by_group; eauto; cbn [queues group]. split; auto. intros O.
      destruct (leaves_wait _ _ _ H RU O) as [?|(RN & [(w & l & P)|(t & W & J)])]; auto; exfalso.
      * specialize (H1 i). rewrite P, RN in H1. discriminate H1.
      * now apply (S2 t W J).
Qed.

(** There is no endless execution of settled steps, whatever the scheduler does, and with no
    fairness assumed: sooner or later a thread joins or a join ends, a participant comes or leaves,
    a token is made, moved or released, a sleeper wakes spuriously, or the group is at rest. *)
Theorem C7_settled_steps_end_with_queues : well_founded (fun s' s => preachable s /\ exists i,
  pstep Groups.Progress i s s' /\ settled i s s').
Proof.
  apply (wf_incl _ _ (fun s' s => pbelow (prank s') (prank s))).
  - intros s' s (R & i & H & ST). eapply settled_below; eauto.
  - apply (wf_inverse_image _ _ pbelow prank), pbelow_wf.
Qed.

(** So an execution with finitely many joins, comings and goings, tokens and spurious wakeups ends.
    *)
Theorem C7_endless_only_by_members (b : nat -> product) (i : nat -> nat) (n : nat) :
  (forall m, preachable (b m)) ->
  (forall m, n <= m -> pstep Groups.Progress (i m) (b m) (b (1 + m)) /\
                       settled (i m) (b m) (b (1 + m))) ->
  False.
Proof.
  intros R H. pose proof (C7_settled_steps_end_with_queues (b n)) as A1.
  assert (X : forall s, Acc (fun s' s => preachable s /\ exists i, pstep Groups.Progress i s s' /\
            settled i s s') s -> forall m, n <= m -> s = b m -> False).
  { intros s A0. induction A0 as [s _ IH]. intros m L ->.
    apply (IH (b (1 + m))) with (m := 1 + m); auto.
    split; auto. exists (i m). auto. }
  apply (X (b n) A1 n); auto.
Qed.

End Termination.

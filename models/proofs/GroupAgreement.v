(** * The product of a group and its queues is an execution of [Groups.v]: C8 and C7 with queues.

    What [Groups.v] assumes of its opaque queues is proved of these: no critical section loses a wakeup
    ([covering], which is C6), and a thread waits where its operation finds nothing. So everything that
    is proved of the reachable states of a group holds of this product. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress History Lock GroupQueues GroupProduct
  GroupProjection.
From SentinelQueue Require Groups GroupInvariant GroupClaims GroupRest.

Section Agreement.
Context {A Q : Type}.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable capacity : Q -> option nat.
Variable crews : Q -> crew A.
Variable size : nat.

Notation G := Groups.State.
Notation set := Groups.set.
Notation put := (Groups.put Q_dec).
Notation notify_at := (Groups.notify_at Q_dec).
Notation missing := (Groups.missing is_ready).
Notation place_of := Groups.place_of.
Notation shown := (shown capacity).
Notation gstep := (Groups.step is_ready Q_dec size).
Notation greachable := (Groups.reachable is_ready Q_dec size).
Notation pstep := (pstep Q_dec capacity size).
Notation later := (later Q_dec capacity size).
Notation preachable := (preachable Q_dec capacity crews size).
Notation new_group := (new_group capacity crews).
Notation agrees := (agrees capacity).
Notation sound := (GroupRest.Sound is_ready size).
Implicit Types (x y : state A) (v : view Q) (s : product (A := A) (Q := Q)).

(** ** No wakeup is lost at a queue *)

Lemma seen_back (f : nat -> Groups.thread Q side) j w last :
  seen f j = Back w last -> place_of (f j) = Groups.Resumed w last.
Proof.
  unfold seen. destruct (place_of (f j)) as [|z|o|o e l|o l|z|z n|z n|z l]; cbn; try discriminate;
    try (destruct o as [[]|]; discriminate); try (destruct z; discriminate).
  now intros [= -> ->].
Qed.
Lemma seen_sleeping (f : nat -> Groups.thread Q side) j w n : seen f j = Sleeping w n ->
  place_of (f j) = Groups.Asleep (Groups.AtQueue w) n \/ place_of (f j) = Groups.AsleepTimed w n.
Proof.
  unfold seen. destruct (place_of (f j)) as [|z|o|o e l|o l|z|z k|z k|z l]; cbn; try discriminate;
    try (destruct o as [[]|]; discriminate).
  - destruct z; discriminate.
  - destruct z; try discriminate. intros [= -> ->]. auto.
  - intros [= -> ->]. auto.
Qed.

(** Where a side is ready and a thread sleeps there un-notified, another one is woken. *)
Lemma asleep_woken capacity' x j sd : Inv capacity' x -> ready capacity' sd (shared_of x) <> Some 0 ->
  place_at x j = Asleep sd -> exists k, place_at x k = Woken sd.
Proof.
  unfold place_at. intros I R E. destruct (nth_error (threads x) j) as [t|] eqn:N; [|discriminate].
  destruct (asleep_covered capacity' x sd I (asleep_one sd _ _ _ N E)) as (r & RE & L1 & L2).
  destruct (woken_some sd (threads x)) as (k & u & K & W).
  { destruct r; [congruence|lia]. }
  exists k. now rewrite K.
Qed.

Lemma covering q y c (f : nat -> Groups.thread Q side) e i : Inv (capacity q) y ->
  (forall j, j <> i -> fits q y j (seen f j)) ->
  (forall j, j <> i -> ~ Groups.holds (place_of (f j)) q) ->
  place_of (f i) = Groups.Running -> (forall sd, place_at y i <> Woken sd) ->
  Groups.covered_at is_ready q (G (put c q (shown q y)) f e).
Proof.
  intros I F FR R NW [p sd] E M (j & AS). cbn in E. subst p.
  cbn [Groups.content Groups.threads] in *.
  assert (RD : ready (capacity q) sd (shared_of y) <> Some 0).
  { intros Z. apply M. apply (missing_ready capacity _ _ _ y); auto. unfold Groups.put.
    destruct (Q_dec q q); congruence. }
  assert (NJ : j <> i) by (intros ->; congruence).
  pose proof (F j NJ) as FJ. unfold seen in FJ. rewrite AS in FJ. cbn in FJ.
  destruct (proj1 FJ eq_refl) as [SL _].
  destruct (asleep_woken _ _ _ _ I RD SL) as (k & K).
  assert (NK : k <> i) by (intros ->; now apply (NW sd)).
  exists k. pose proof (F k NK) as FK. destruct (seen f k) as [|w|w last|w n] eqn:V; cbn in FK.
  - congruence.
  - destruct FK. congruence.
  - exfalso. destruct (Q_dec (fst w) q) as [E|E]; [|apply FK in E; congruence].
    apply (FR k NK). rewrite (seen_back _ _ _ _ V). exact E.
  - destruct (Q_dec (fst w) q) as [E|E]; [|apply FK in E; congruence].
    destruct (proj1 FK E) as [P _]. rewrite K in P. destruct n; [|discriminate].
    injection P as ->. cbn. unfold Groups.on_its_way. destruct w as [p z]. cbn in *. subst p.
    destruct (seen_sleeping _ _ _ _ V) as [-> | ->]; auto.
Qed.

Lemma notified_free q P (f : nat -> Groups.thread Q side) j :
  ~ Groups.holds (place_of (f j)) q -> ~ Groups.holds (place_of (notify_at q P f j)) q.
Proof.
  intros N H. apply N. eapply GroupRest.alike_holds; [|exact H]. apply GroupInvariant.alike_notify.
Qed.
Lemma put_at (c : Q -> queue_of A) q z : put c q z q = z.
Proof. apply GroupRest.put_same. Qed.
Lemma put_queue (qs : Q -> state A) q z : put qs q z q = z.
Proof. apply GroupRest.put_same. Qed.

Lemma notify_running q x y (f : nat -> Groups.thread Q side) i : place_at y i = Outside ->
  notify_at q (woke x y) f i = f i.
Proof. intros O. unfold Groups.notify_at. now rewrite outside_woke by auto. Qed.

(** ** A step of the product is a step of the group *)

(** Each step is one of [Groups.v]; a thread with a deadline that wakes for nothing and waits on takes
    two. *)
Theorem step_in_group k i s s' : agrees s -> sound (group s) ->
  (forall q, Inv (capacity q) (queues s' q)) -> pstep k i s s' ->
  gstep k i (group s) (group s') \/
  exists g, gstep Groups.Progress i (group s) g /\ gstep Groups.Progress i g (group s') /\
    forall j, Groups.deadlocked (Groups.threads (group s') j) =
              Groups.deadlocked (Groups.threads (group s) j).
Proof.
  intros AG SO IV H. pose proof (step_agrees Q_dec capacity size k i s s' H AG) as [_ F'].
  destruct AG as [SH F]. pose proof (GroupRest.exclusive _ _ _ (GroupRest.is_locks _ _ _ SO)) as EX.
  destruct H; cbn [queues group Groups.content Groups.threads Groups.epoch] in *.
  - (* act *)
    left. apply (Groups.s_act is_ready Q_dec size i c f e q (shown q y)); auto.
    specialize (IV q). rewrite put_queue in IV. eapply covering with (i := i); eauto.
    + intros j _. specialize (F' q j). now rewrite put_queue in F'.
    + intros j _. apply notified_free, H0.
    + rewrite notify_running by auto. apply (proj1 H).
    + congruence.
  - left. apply (Groups.s_sleep_timed is_ready Q_dec size i c f e (q, sd)); auto.
    destruct (section_blocks_facts _ _ _ _ _ _ H2 H1) as (_ & _ & _ & R & _).
    now apply (missing_ready capacity _ _ _ (qs q)).
  - (* wake_timed *)
    left. pose proof (section_acts_outside _ _ _ _ H1) as O.
    refine (Groups.s_wake_timed is_ready Q_dec size i c f e (q, sd) n (shown q y) (woke (qs q) y) H H0 _).
    cbn [fst]. specialize (IV q). rewrite put_queue in IV. eapply covering with (i := i); eauto.
    + intros j _. specialize (F' q j). now rewrite put_queue in F'.
    + intros j N. apply notified_free. rewrite GroupInvariant.set_other by auto. apply H0.
    + rewrite notify_running, GroupInvariant.set_same by auto. auto.
    + congruence.
  - (* sleep_again *)
    right. pose proof (F q i) as FI. unfold seen in FI. rewrite H in FI. cbn in FI.
    destruct (proj1 FI eq_refl) as [_ WO]. destruct (stir_facts i _ _ _ WO) as [_ WO'].
    destruct (section_blocks_facts _ _ _ _ _ _ H1 WO') as (E1 & E2 & _ & R & _).
    assert (RUN : f' i = Groups.move (f i) Groups.Running).
    { subst f'. unfold Groups.notify_at. unfold woke. rewrite E2. rewrite GroupInvariant.set_same.
      now destruct (place_at (qs q) i). }
    assert (FREE : forall j, j <> i -> ~ Groups.holds (place_of (f' j)) q).
    { intros j N. apply notified_free. rewrite GroupInvariant.set_other by auto. apply H0. }
    exists (G (put c q (shown q y)) f' e). split; [|split].
    + refine (Groups.s_wake_timed is_ready Q_dec size i c f e (q, sd) n (shown q y) (woke (qs q) y) H H0 _).
      cbn [fst]. specialize (IV q). rewrite put_queue in IV. eapply covering with (i := i); eauto.
      * intros j N. specialize (F' q j). rewrite put_queue in F'. unfold seen in *.
        now rewrite GroupInvariant.set_other in F' by auto.
      * fold f'. now rewrite RUN.
      * congruence.
    + refine (Groups.s_sleep_timed is_ready Q_dec size i _ f' e (q, sd) _ _ _).
      * pose proof (GroupInvariant.formed _ _ (GroupRest.is_inv _ _ _ SO) i) as W.
        cbn [Groups.threads] in W. unfold GroupInvariant.wf in W. rewrite H in W.
        split; rewrite RUN; cbn; tauto.
      * intros j HO. cbn in HO. destruct (Nat.eq_dec j i) as [->|N]; [|now apply (FREE j N)].
        rewrite RUN in HO. exact HO.
      * apply (missing_ready capacity _ _ _ y); [apply put_at|]. now rewrite E1.
    + intros j. destruct (Nat.eq_dec j i) as [->|N].
      * rewrite GroupInvariant.set_same. rewrite RUN. auto.
      * rewrite GroupInvariant.set_other by auto. subst f'.
        destruct (GroupInvariant.alike_same _ _ (GroupInvariant.alike_notify Q_dec q (woke (qs q) y)
          (set f i (Groups.move (f i) Groups.Running)) j)) as (_ & -> & _).
        now rewrite GroupInvariant.set_other by auto.
  - left. apply (Groups.s_block is_ready Q_dec size i c f e (q, sd) p); auto.
  - left. apply (Groups.s_sleep is_ready Q_dec size i c f e (q, sd)); auto.
  - left. apply (Groups.s_recheck_sleep is_ready Q_dec size i c f e (q, sd)); auto.
  - left. apply (Groups.s_recheck_resume is_ready Q_dec size i c f e (q, sd)); auto.
  - left. apply (Groups.s_wake is_ready Q_dec size i c f e (q, sd) n); auto.
  - (* return *)
    left. match goal with Y : section _ Progress _ _ _ |- _ =>
      pose proof (section_acts_outside _ _ _ _ Y) as O end.
    pose proof (F q i) as FI. unfold seen in FI. rewrite H in FI. cbn in FI.
    destruct (proj1 FI eq_refl) as [_ WO].
    refine (Groups.s_return is_ready Q_dec size i c f e (q, sd) is_last (shown q y) (woke (qs q) y) H _ _).
    + destruct is_last; auto. left. intros M.
      assert (out = false) as -> by (destruct out; auto; symmetry; auto).
      destruct (stir_facts i _ _ _ WO) as [_ WO']. eapply section_acts_ready; eauto.
      rewrite resume_shared. now apply (missing_ready capacity c).
    + cbn [fst]. specialize (IV q). rewrite put_queue in IV. eapply covering with (i := i); eauto.
      * intros j _. specialize (F' q j). now rewrite put_queue in F'.
      * intros j N. apply notified_free. rewrite GroupInvariant.set_other by auto. intros HO. apply N.
        apply (EX j i q HO). rewrite H. reflexivity.
      * rewrite notify_running, GroupInvariant.set_same by auto. auto.
      * congruence.
  - left. apply (Groups.s_block_again is_ready Q_dec size i c f e (q, sd) p); auto.
  - left. apply (Groups.s_notify is_ready Q_dec size i c f e t q todo); auto.
  - left. auto.
Qed.

(** An execution of the product is an execution of the group. *)
Theorem product_in_group s : preachable s -> exists g, Groups.begins size g /\ greachable g (group s).
Proof.
  intros (f & B & L). exists (group (new_group f)). split; auto.
  assert (AG : agrees (new_group f)) by (eapply new_agrees; eauto).
  induction L as [|k i s' s'' L IH H]; [constructor|].
  destruct (step_in_group k i s' s'') as [S|(g & S1 & S2 & _)]; auto.
  - eapply later_agrees; eauto.
  - eapply GroupRest.reachable_sound; eauto.
  - intros q. apply (queue_inv Q_dec capacity size crews s'' q). exists f. split; auto.
    econstructor; eauto.
  - eapply Groups.r_step; [exact IH|exact S].
  - eapply Groups.r_step; [eapply Groups.r_step; [exact IH|exact S1]|exact S2].
Qed.
Lemma reachable_sound s : preachable s -> sound (group s).
Proof. intros R. destruct (product_in_group s R) as (g & B & L). eapply GroupRest.reachable_sound; eauto. Qed.

Lemma later_reachable s s' : preachable s -> later s s' -> preachable s'.
Proof.
  intros (f & B & L) L'. exists f. split; auto. induction L'; auto. econstructor; eauto.
Qed.

(** ** C8 and C7 *)

(** What is so of a participant that waits: its operation can wait there, has time left, and finds
    nothing. *)
Definition finds_nothing s (j : nat) (q : Q) (sd : side) : Prop :=
  waiting_op At (queues s q) j sd /\ let sh := shared_of (queues s q) in
  match sd with
  | NotEmpty => closed sh = false /\ queue sh = []
  | NotFull => closed sh = false /\ exists n, capacity q = Some n /\ n <= items sh
  | AllDone => 0 < items sh \/ 0 < unfinished sh
  end.

Lemma waits_here s j q sd : preachable s ->
  Groups.wait_of (Groups.threads (group s) j) = Some (Groups.AtQueue (q, sd)) ->
  waiting_op At (queues s q) j sd.
Proof.
  intros R W. pose proof (fit _ _ (reachable_agrees _ _ _ _ s R) q j) as F. unfold seen in F.
  unfold Groups.wait_of in W.
  destruct (place_of (Groups.threads (group s) j)) as [|z|o|o e l|o l|z|z n|z n|z l];
    try discriminate; first [injection W as ->|subst o]; cbn in F; try (destruct F as [_ F]; now apply F);
    now apply (proj1 F).
Qed.

(** A step that reports a deadlock does so in a deadlock; each participant that waits at a queue finds
    nothing there, in the queue itself; and exactly those are marked, or all if none does. *)
Theorem C8_no_false_alarm_with_queues k i s s' : preachable s -> pstep k i s s' ->
  (exists j, Groups.deadlocked (Groups.threads (group s) j) = false /\
             Groups.deadlocked (Groups.threads (group s') j) = true) ->
  Groups.deadlock is_ready (group s) /\
  (forall j q sd, Groups.participates (Groups.threads (group s) j) = true ->
     Groups.wait_of (Groups.threads (group s) j) = Some (Groups.AtQueue (q, sd)) ->
     finds_nothing s j q sd) /\
  forall j, Groups.participates (Groups.threads (group s) j) = true ->
    Groups.blocked (Groups.threads (group s') j) =
      negb (Groups.deadlocked (Groups.threads (group s') j)) /\
    (Groups.deadlocked (Groups.threads (group s') j) = true <->
     exists t, Groups.wait_of (Groups.threads (group s) j) = Some t /\
       (Groups.is_join t = false \/
        forall l w, Groups.participates (Groups.threads (group s) l) = true ->
          Groups.wait_of (Groups.threads (group s) l) <> Some (Groups.AtQueue w))).
Proof.
  intros R H M. destruct (product_in_group s R) as (g0 & B & L).
  pose proof (reachable_agrees _ _ _ _ s R) as AG.
  destruct (step_in_group k i s s' AG (reachable_sound s R)) as [S|(g & _ & _ & D)]; auto.
  - intros q. apply (queue_inv Q_dec capacity size crews s' q). eapply later_reachable; eauto.
    econstructor; [constructor|eauto].
  - destruct (GroupClaims.C8_no_false_alarm _ _ _ _ _ _ _ _ B L S M) as [DL MK].
    split; [auto|split; [|auto]]. intros j q sd P W. split; [eapply waits_here; eauto|].
    pose proof (deadlock_means _ _ _ _ DL P W) as X. rewrite (shows _ _ AG) in X. exact X.
  - exfalso. destruct M as (j & M1 & M2). rewrite D in M2. congruence.
Qed.

(** In every deadlock a detection is under way that has not been overtaken. *)
Theorem C8_no_miss_with_queues s : preachable s ->
  Groups.deadlock is_ready (group s) -> Groups.detecting (group s).
Proof.
  intros R. destruct (product_in_group s R) as (g & B & L). eapply GroupClaims.C8_no_miss; eauto.
Qed.

(** ** At rest *)

Lemma view_wake_joiner (t : Groups.thread Q side) :
  view_of (place_of (Groups.wake_joiner t)) = view_of (place_of t).
Proof.
  unfold Groups.wake_joiner. destruct (place_of t) as [|w|o|o e l|o l|x|x n|w n|w l] eqn:E;
    rewrite ?E; auto. destruct x; cbn; rewrite ?E; auto.
Qed.
Lemma view_resume (t : option (Groups.target Q side)) : view_of (Groups.resume t) = looking t.
Proof. now destruct t. Qed.

Lemma awake_outside x j : place_at x j = Outside -> awake_at x j.
Proof. unfold awake_at. congruence. Qed.
Lemma awake_woken x j p : place_at x j = awoken p -> awake_at x j.
Proof. unfold awake_at. intros -> sd. destruct p; discriminate. Qed.

(** If no step of the product is possible, none of the group is. *)
Theorem rest_in_group s : preachable s -> product_at_rest Q_dec capacity size s ->
  Groups.at_rest is_ready Q_dec size (group s).
Proof.
  intros R NO i g' H. pose proof (reachable_sound s R) as SO.
  pose proof (reachable_agrees _ _ _ _ s R) as [SH F].
  pose proof (GroupRest.held _ _ _ (GroupRest.is_locks _ _ _ SO)) as HELD.
  destruct s as [qs g]. cbn [queues group] in *.
  remember Groups.Progress as k eqn:K.
  assert (NO' : forall i s', ~ pstep k i (Product qs g) s') by (rewrite K; exact NO). clear NO.
  assert (QU : (forall q, Groups.content g' q = Groups.content g q) ->
    (forall j, view_of (place_of (Groups.threads g' j)) = view_of (place_of (Groups.threads g j))) ->
    False).
  { intros X Y. apply (NO' i (Product qs g')). apply p_quiet; auto. }
  assert (RUN : forall j, place_of (Groups.threads g j) = Groups.Running ->
    Groups.participates (Groups.threads g j) = false /\ Groups.tokens (Groups.threads g j) = 0).
  { destruct g as [c f e]. cbn [Groups.threads Groups.content] in *. rewrite K in NO'. intros j RJ.
    destruct (Groups.participates (f j)) eqn:PJ; [exfalso|split; auto].
    - apply (GroupRest.detects_place f j None Groups.Running
               (fun p => Groups.Thread p false false false (Groups.tokens (f j)))); [auto|].
      intros p D. eapply NO'.
      eapply p_quiet; [refine (Groups.s_leave is_ready Q_dec size j c f e p true RJ PJ D _)| |];
        [discriminate|auto|].
      intros l. cbn [Groups.threads]. rewrite view_wake_joiner. at_thread l j; auto.
      rewrite RJ. cbn. apply GroupInvariant.then_place in D. destruct D as [-> | ->]; auto.
    - destruct (Groups.tokens (f j)) as [|n] eqn:T; auto. exfalso.
      apply (GroupRest.detects_place f j None Groups.Running
               (fun p => Groups.Thread p false false (Groups.participates (f j)) n)); [auto|].
      intros p D. eapply NO'.
      eapply p_quiet; [exact (Groups.s_release is_ready Q_dec size j c f e n p RJ T D)|auto|].
      intros l. cbn [Groups.threads]. at_thread l j; auto.
      rewrite RJ. cbn. apply GroupInvariant.then_place in D. destruct D as [-> | ->]; auto. }
  assert (ACT : forall j, ~ Groups.acts (Groups.threads g j)).
  { intros j [A1 A2]. destruct (RUN j A1) as [P T]. destruct A2; [congruence|lia]. }
  destruct H; cbn [Groups.content Groups.threads Groups.epoch] in *;
    try (now apply (ACT i)); try (destruct (RUN i) as [P T]; [assumption|first [congruence|lia]]);
    try (match goal with P : place_of (_ ?m) = _ |- _ =>
      pose proof (fun q => F q m) as FI; unfold seen in FI; rewrite P in FI; cbn in FI end);
    try (match goal with P : place_of (_ i) = _ |- _ =>
      apply QU; [auto|]; intros j; at_thread j i; auto; rewrite P; cbn; rewrite ?view_resume; auto;
      fail end).
  - (* wake_timed *)
    destruct w as [q sd]. destruct (proj1 (FI q) eq_refl) as [_ WO].
    destruct (resume_facts i true _ _ WO) as [E1 E2]. cbn [fst] in *.
    destruct (section_acts_exists (capacity q) _ i sd Now E2) as (y & Y); auto.
    { eapply awake_woken; eauto. }
    eapply NO'. eapply p_wake_timed; eauto.
  - (* sleep *)
    destruct w as [q sd]. destruct (FI q) as [O WO]. cbn in WO.
    destruct (section_blocks_exists (capacity q) _ i sd (WO eq_refl)) as (y & Y).
    + apply awake_outside; auto.
    + apply (missing_ready capacity c); auto. apply (HELD i). auto.
    + eapply NO'. eapply p_sleep; eauto.
  - (* recheck_sleep *)
    destruct w as [q sd]. destruct (FI q) as [O WO]. cbn in WO.
    destruct (section_blocks_exists (capacity q) _ i sd (WO eq_refl)) as (y & Y).
    + apply awake_outside; auto.
    + apply (missing_ready capacity c); auto.
    + eapply NO'. eapply p_recheck_sleep; eauto.
  - destruct w as [q sd]. eapply NO'. eapply p_recheck_resume; eauto.
  - destruct w as [q sd]. eapply NO'. eapply p_wake; eauto.
  - (* return *)
    destruct w as [q sd]. destruct (proj1 (FI q) eq_refl) as [_ WO]. cbn [fst snd] in *.
    destruct (resume_facts i last _ _ WO) as [E1 E2].
    destruct (section_acts_exists (capacity q) _ i sd _ E2) as (y & Y).
    + eapply awake_woken; eauto.
    + rewrite resume_shared. destruct H0 as [M| ->]; auto. left. intros Z. apply M.
      now apply (missing_ready capacity _ _ _ (qs q)).
    + eapply NO'. eapply p_return with (out := last); eauto.
  - destruct w as [q sd]. eapply NO'. eapply p_block_again; eauto.
  - (* join_recheck *)
    apply QU; [auto|]. intros j. at_thread j i; auto. rewrite H. now destruct t.
  - (* join_again *)
    apply QU; [auto|]. intros j. subst f'. at_thread j i; auto. rewrite H. cbn.
    apply GroupInvariant.then_place in H3. destruct H3 as [-> | ->]; now destruct t.
  - (* join_end *)
    apply QU; [auto|]. intros j. at_thread j i; auto. destruct H as [[P _]|P]; rewrite P; now destruct t.
  - (* mark *)
    apply QU; [auto|]. intros j. rewrite view_wake_joiner, GroupInvariant.mark_place.
    at_thread j i; auto. rewrite H. auto.
  - (* notify *)
    eapply NO'. eapply p_notify; eauto.
Qed.

(** When nothing can happen but spurious wakeups, and no participant sleeps with a token of its own in
    its hands, every participant has left and every token is released. *)
Theorem C7_no_participant_left_with_queues s : preachable s -> product_at_rest Q_dec capacity size s ->
  (forall j, Groups.participates (Groups.threads (group s) j) = true ->
             Groups.tokens (Groups.threads (group s) j) = 0) ->
  forall j, Groups.participates (Groups.threads (group s) j) = false /\
            Groups.tokens (Groups.threads (group s) j) = 0.
Proof.
  intros R NO. destruct (product_in_group s R) as (g & B & L).
  eapply GroupRest.C7_no_participant_left; eauto using rest_in_group.
Qed.

(** So no deadlock outlasts rest. *)
Theorem C8_no_deadlock_at_rest_with_queues s : preachable s ->
  product_at_rest Q_dec capacity size s -> ~ Groups.deadlock is_ready (group s).
Proof.
  intros R NO. destruct (product_in_group s R) as (g & B & L).
  eapply GroupRest.C8_no_deadlock_at_rest; eauto using rest_in_group.
Qed.

End Agreement.

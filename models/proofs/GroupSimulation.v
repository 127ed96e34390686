(** * Each queue of a group shows what a queue of [Model.v] shows: C1 to C5 and C11 in groups.

    A participant that was woken for nothing, and releases the lock to detect, does what no thread
    of [Model.v] does. Still, for every execution of a group and each of its queues there is an
    execution of [Model.v] itself, with the same contents, history, programs and handles, and with
    the same events but for waits, wakeups and notifications: in it every waiter is woken at once,
    without reason. So what is proved of contents, histories and responses there holds in groups. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress Termination History Lock Claims
  Responses Linearizable
  GroupQueues GroupProduct GroupProjection.
From SentinelQueue Require Groups GroupInvariant.

Definition effect (e : event) : bool :=
  match e with Wait _ | Wake _ _ | Notify _ _ => false | _ => true end.

(** What a log shows but for waits, wakeups and notifications. *)
Definition effects (L : list (nat * event)) : list (nat * event) :=
  filter (fun x => effect (snd x)) L.

Lemma effects_app L L' : effects (L ++ L') = effects L ++ effects L'.
Proof. apply filter_app. Qed.
Lemma effects_back i p b : effects (say i (back p b)) = [].
Proof. destruct p; auto. Qed.
Lemma effects_calls {A} capacity (sh : shared A) nt TH i :
  effects (say i (all_calls capacity sh nt TH)) = [].
Proof.
  assert (C : forall sd, effects (say i (calls capacity sd sh nt TH)) = []).
  { intros sd. unfold calls. destruct (_ && _); auto.
    induction (due capacity sd sh nt TH); simpl; auto. }
  unfold all_calls, say in *. now rewrite !map_app, !effects_app, !C.
Qed.

(** Where a queue is closed, no thread sleeps for an item or for room. *)
Lemma closed_none_asleep {A} capacity (x : state A) sd : Inv capacity x ->
  closed (shared_of x) = true ->
  sd <> AllDone -> asleep sd (threads x) = 0.
Proof.
  intros I C N. destruct (asleep sd (threads x)) eqn:E; auto. exfalso.
  destruct (asleep_covered capacity x sd I) as (r & F & _); [lia|].
  destruct sd; simpl in F; rewrite ?C in F; congruence.
Qed.

Section Mirror.
Context {A Q : Type}.
Variable capacity : option nat.
Variable q : Q.
Implicit Types (x y : state A) (t u : thread A) (v : view Q).

(** The thread is about to go on with an operation that waits on this side of the queue. *)
Definition at_work v (sd : side) : Prop :=
  v = Looking (q, sd) \/ exists last, v = Back (q, sd) last.

(** Where the thread stands in [Model.v]. *)
Definition stands v (p p' : place) : Prop :=
  match p with
  | Asleep sd | Woken sd => p' = Woken sd
  | Outside => p' = Outside \/ exists sd, p' = Woken sd /\ at_work v sd
  end.
Definition mirrored v (t u : option (thread A)) : Prop :=
  match t, u with
  | Some t, Some u => program u = program t /\ holds u = holds t /\ stands v (spot t) (spot u)
  | None, None => True
  | _, _ => False
  end.
Definition all_mirrored (vw : nat -> view Q) TH TH' : Prop :=
  forall j, mirrored (vw j) (nth_error TH j) (nth_error TH' j).

Record mirrors (vw : nat -> view Q) x y : Prop := {
  same_shared : shared_of y = shared_of x;
  same_threads : all_mirrored vw (threads x) (threads y);
  same_effects : effects (log y) = effects (log x)
}.

Definition keeps_work v v' : Prop := forall sd, at_work v sd -> at_work v' sd.

Lemma mirrored_view v v' (t u : option (thread A)) : keeps_work v v' -> mirrored v t u ->
  mirrored v' t u.
Proof.
  unfold mirrored, stands. intros K. destruct t as [t|], u as [u|]; auto. intros (P & H & S).
  split; [auto|split; [auto|]]. destruct (spot t); auto. destruct S as [S|(sd & S & W)]; eauto.
Qed.
Lemma mirrored_woken v t t' (u : option (thread A)) : same_but_woken t t' ->
  mirrored v (Some t) u -> mirrored v (Some t') u.
Proof.
  intros [->|(sd & E & ->)]; auto. unfold mirrored. destruct u as [u|]; auto.
  rewrite wake_program, wake_holds, spot_wake, E. cbn. auto.
Qed.
Lemma nth_upd_at {X} (l : list X) i a : nth_error (upd l i a) i =
  match nth_error l i with Some _ => Some a | None => None end.
Proof.
  destruct (nth_error l i) as [b|] eqn:N; [eapply nth_upd_same; eauto|].
  revert i N. induction l as [|b l IH]; intros [|i]; cbn; auto; discriminate.
Qed.
Lemma mirrored_upd vw vw' TH TH' i t u : all_mirrored vw TH TH' ->
  (forall j, j <> i -> keeps_work (vw j) (vw' j)) -> mirrored (vw' i) (Some t) (Some u) ->
  all_mirrored vw' (upd TH i t) (upd TH' i u).
Proof.
  intros M K H j. specialize (M j). destruct (Nat.eq_dec j i) as [->|N].
  - rewrite !nth_upd_at. unfold mirrored in M. destruct (nth_error TH i), (nth_error TH' i); auto.
  - rewrite !nth_upd_other by auto. eapply mirrored_view; eauto.
Qed.
Lemma mirrored_wakened vw TH1 TH2 TH' : wakened TH1 TH2 -> all_mirrored vw TH1 TH' ->
  all_mirrored vw TH2 TH'.
Proof.
  intros W M j. specialize (M j). destruct (nth_error TH2 j) as [t'|] eqn:E.
  - destruct (wakened_nth' _ _ W j t' E) as (t & N & S). rewrite N in M.
    eapply mirrored_woken; eauto.
  - destruct (nth_error TH1 j) as [t|] eqn:N; auto.
    destruct (wakened_nth _ _ W j t N) as (t' & E' & _). congruence.
Qed.
Lemma mirrored_some vw TH TH' i t : all_mirrored vw TH TH' -> nth_error TH i = Some t ->
  exists u, nth_error TH' i = Some u /\ program u = program t /\ holds u = holds t /\
            stands (vw i) (spot t) (spot u).
Proof.
  intros M N. specialize (M i). rewrite N in M. destruct (nth_error TH' i) as [u|]; [|destruct M].
  exists u. auto.
Qed.

(** There no thread sleeps, so a section wakes none. *)
Lemma stands_awake v p p' : stands v p p' -> forall sd, p' <> Asleep sd.
Proof.
  destruct p; cbn; [intros [->|(z & -> & _)]|intros ->|intros ->]; discriminate.
Qed.
Lemma mirrored_awake vw TH TH' sd : all_mirrored vw TH TH' -> asleep sd TH' = 0.
Proof.
  intros M. destruct (asleep sd TH') eqn:E; auto. exfalso.
  destruct (asleep_some sd TH') as (j & u & N & S); [lia|]. specialize (M j). rewrite N in M.
  destruct (nth_error TH j); [|destruct M]. destruct M as (_ & _ & M). eapply stands_awake; eauto.
Qed.
Lemma settle_awake sh nt TH : (forall sd, asleep (A := A) sd TH = 0) ->
  exists nt', settle capacity sh nt TH nt' TH.
Proof.
  intros Z. assert (NO : forall sd n, notify sd n TH TH).
  { intros sd [|n]; [apply notify_end|now apply notify_no_waiter]. }
  eexists. apply settled with (TH1 := TH) (TH2 := TH); apply NO.
Qed.

(** ** The steps of a queue, mirrored *)

(** A critical section that acts. *)
Lemma mirror_acts vw vw' i t o r sh' next hd' seen timed_out nt' TH' sh nt TH L y :
  nth_error TH i = Some t -> program t = o :: r -> awake t ->
  attempt capacity i (holds t) o sh = Acts sh' next hd' seen ->
  (timed_out = true -> deadline_of o = Some Now) ->
  settle capacity sh' (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')) nt' TH' ->
  mirrors vw (State sh nt TH L) y -> (forall j, j <> i -> keeps_work (vw j) (vw' j)) ->
  exists y', step capacity Progress i y y' /\ mirrors vw' (State sh' nt' TH'
    (L ++ say i (back (spot t) timed_out ++ seen ++
       all_calls capacity sh' (come_back (spot t) nt)
         (upd TH i (Thread Outside (next ++ r) hd'))))) y'.
Proof.
  intros N P AW AT TO S [SH M E] K. destruct y as [shy nty THy Ly].
  cbn [shared_of threads log] in *.
  subst shy. destruct (mirrored_some _ _ _ _ _ M N) as (u & NU & PU & HU & SU).
  set (w := Thread Outside (next ++ r) hd').
  assert (M' : all_mirrored vw' (upd TH i w) (upd THy i w)).
  { eapply mirrored_upd; eauto. cbn. auto. }
  destruct (settle_awake sh' (come_back (spot u) nty) (upd THy i w)) as (nty' & SY).
  { intros sd. eapply mirrored_awake; eauto. }
  eexists. split.
  - eapply s_act with (t := u) (timed_out := timed_out); eauto.
    + now rewrite PU.
    + unfold awake. pose proof (stands_awake _ _ _ SU) as Z. destruct (spot u) as [|z|z]; auto.
      now apply (Z z).
    + rewrite HU. exact AT.
  - apply settle_facts in S as (W & _). split; cbn [shared_of threads log]; auto.
    + eapply mirrored_wakened; eauto.
    + rewrite !effects_app, E. unfold say. rewrite !map_app, !effects_app. fold (@say).
      change (map (fun e => (i, e))) with (say i).
      now rewrite !effects_back, !effects_calls.
Qed.
Lemma mirror_section_acts vw vw' i x x' y : section capacity Progress i x x' -> mirrors vw x y ->
  (forall j, j <> i -> keeps_work (vw j) (vw' j)) ->
  exists y', step capacity Progress i y y' /\ mirrors vw' x' y'.
Proof. intros H. inversion H; subst. intros M K. eapply mirror_acts; eauto. Qed.

(** One that blocks: the thread sleeps, and stirs. *)
Lemma mirror_section_blocks vw vw' i x x' y c : section capacity Sleep i x x' -> mirrors vw x y ->
  (forall j, j <> i -> keeps_work (vw j) (vw' j)) -> reachable capacity c y ->
  exists y', reachable capacity c y' /\ mirrors vw' x' y'.
Proof.
  intros H [SH M E] K [ks R]. inversion H; subst. destruct y as [shy nty THy Ly].
  cbn [shared_of threads log] in *. subst shy.
  destruct (mirrored_some _ _ _ _ _ M H0) as (u & NU & PU & HU & SU).
  set (w := Thread (Asleep sd) (o :: r) (holds t)).
  assert (NW : nth_error (upd THy i w) i = Some w) by (eapply nth_upd_same; eauto).
  eexists. split.
  - exists (Spurious :: Sleep :: ks). eapply run_step; [eapply run_step; [exact R|]|].
    + eapply s_block with (t := u) (o := o) (r := r) (sd := sd); eauto.
      * now rewrite PU.
      * unfold awake. pose proof (stands_awake _ _ _ SU) as Z. destruct (spot u) as [|z|z]; auto.
        now apply (Z z).
      * now rewrite HU.
    + rewrite HU. fold w. eapply s_spurious with (sd := sd); [exact NW|reflexivity].
  - split; cbn [shared_of threads log]; auto.
    + intros j. specialize (M j). destruct (Nat.eq_dec j i) as [->|NE].
      * rewrite !nth_upd_at, NU, H0. cbn. auto.
      * rewrite !nth_upd_other by auto. eapply mirrored_view; eauto.
    + rewrite !effects_app, E. unfold say. rewrite !map_app, !effects_app.
      change (map (fun e => (i, e))) with (say i). now rewrite !effects_back.
Qed.

(** A thread comes back: it is back there already. *)
Lemma mirror_resumed vw vw' i last x y sd c : waiting_op At x i sd -> mirrors vw x y ->
  (forall j, keeps_work (vw j) (vw' j)) -> reachable capacity c y ->
  exists y', reachable capacity c y' /\ mirrors vw' (resumed i last x) y'.
Proof.
  intros WO [SH M E] K [ks R]. apply waiting_some in WO as (t & o & r & N & P & _ & _ & D & _).
  destruct x as [sh nt TH L], y as [shy nty THy Ly]. cbn [shared_of threads log] in *. subst shy.
  destruct (mirrored_some _ _ _ _ _ M N) as (u & NU & PU & HU & SU).
  assert (AW : forall v, stands v (spot t) (spot u) -> stands v (awoken (spot t)) (spot u)).
  { intros v. destruct (spot t); auto. }
  assert (WU : awoken (spot u) = spot u).
  { pose proof (stands_awake _ _ _ SU) as Z. destruct (spot u) as [|z|z]; auto.
    now destruct (Z z). }
  assert (KS : stands (vw' i) (spot t) (spot u)).
  { pose proof (mirrored_view _ _ (Some t) (Some u) (K i)) as X. cbn in X. apply X. auto. }
  destruct last; unfold resumed, expire, stir, alter; cbn [threads shared_of notified log];
    rewrite N.
  - rewrite P. eexists. split.
    + exists (Progress :: ks). eapply run_step; [exact R|].
      eapply s_expire with (o := o) (r := r); [exact NU|now rewrite PU|exact D].
    + split; cbn [shared_of threads log]; auto. eapply mirrored_upd; eauto. unfold mirrored.
      rewrite !wake_program, !wake_holds, !spot_wake. cbn [program holds spot]. rewrite WU. auto.
  - exists (State sh nty THy Ly). split; [exists ks; auto|].
    split; cbn [shared_of threads log]; auto. rewrite <- (upd_id _ _ _ NU).
    eapply mirrored_upd; eauto. unfold mirrored. rewrite wake_program, wake_holds, spot_wake. auto.
Qed.

(** A look, and the notifications of a detector, change nothing there. *)
Lemma mirror_look vw vw' i x y sd : mirrors vw x y ->
  place_at x i = Outside \/ place_at x i = Woken sd ->
  (forall j, j <> i -> keeps_work (vw j) (vw' j)) ->
  (forall z, at_work (vw i) z -> z = sd) -> at_work (vw' i) sd -> mirrors vw' (look i x) y.
Proof.
  intros [SH M E] PL K VW VW'. unfold look, place_at in *.
  destruct (nth_error (threads x) i) as [t|] eqn:N.
  - destruct (mirrored_some _ _ _ _ _ M N) as (u & NU & PU & HU & SU).
    split; cbn [shared_of threads log]; auto.
    + rewrite <- (upd_id _ _ _ NU). eapply mirrored_upd; eauto. cbn. split; [auto|split; [auto|]].
      destruct PL as [PL|PL]; rewrite PL in SU; cbn in SU; [|eauto].
      destruct SU as [SU|(z & SU & W)]; auto. right. exists z. split; auto. now rewrite (VW z W).
    + now rewrite effects_app, effects_back, app_nil_r.
  - split; auto. intros j. destruct (Nat.eq_dec j i) as [->|NE].
    + specialize (M i). rewrite N in *. exact M.
    + eapply mirrored_view; eauto.
Qed.
Lemma mirror_rouse vw vw' x y : mirrors vw x y -> (forall j, keeps_work (vw j) (vw' j)) ->
  mirrors vw' (rouse x) y.
Proof.
  intros [SH M E] K. split; auto. intros j. unfold rouse. cbn [threads]. rewrite nth_error_map.
  pose proof (mirrored_view _ _ _ _ (K j) (M j)) as X.
  destruct (nth_error (threads x) j) as [t|]; auto.
  cbn [option_map]. eapply mirrored_woken; [|exact X].
  destruct (spot t) as [|sd|sd] eqn:S; [left|right; eauto|left]; unfold wake; now rewrite S.
Qed.

(** Any other step of a thread that is outside before and after. *)
Lemma mirror_step k vw vw' i x x' y : step capacity k i x x' -> place_at x i = Outside ->
  place_at x' i = Outside -> (forall sd, ~ at_work (vw i) sd) -> mirrors vw x y ->
  (forall j, j <> i -> keeps_work (vw j) (vw' j)) ->
  exists y', step capacity k i y y' /\ mirrors vw' x' y'.
Proof.
  intros H O O' NW MM K. pose proof MM as [SH M E]. unfold place_at in O, O'.
  assert (OUT : forall t, nth_error (threads x) i = Some t -> exists u,
    nth_error (threads y) i = Some u /\ program u = program t /\ holds u = holds t /\
    spot u = Outside).
  { intros t N. rewrite N in O. destruct (mirrored_some _ _ _ _ _ M N) as (u & NU & PU & HU & SU).
    exists u. rewrite O in SU. destruct SU as [SU|(sd & _ & W)]; auto. now apply NW in W. }
  destruct H; cbn [threads shared_of log] in *;
    try (match goal with N : nth_error _ i = Some _ |- _ =>
      pose proof N as N'; rewrite N in O; apply OUT in N' as (u' & NU & PU & HU & SU) end);
    try (exfalso; match goal with X : _ = _ |- _ => rewrite O in X; discriminate X end).
  - eapply mirror_acts; eauto.
  - exfalso. rewrite (nth_upd_same _ _ _ _ H) in O'. discriminate.
  - (* a handle moves *)
    destruct y as [shy nty THy Ly]. cbn [shared_of threads log] in *. subst shy.
    destruct (mirrored_some _ _ _ _ _ M H2) as (z & NZ & PZ & HZ & SZ).
    eexists. split; [eapply s_give with (t := u') (u := z) (j := j) (h := h) (r := r);
      rewrite ?PU, ?HU; eauto|].
    split; cbn [shared_of threads log]; auto. rewrite HU, HZ, PZ.
    set (w := Thread Outside r (own h (owns h (holds t) - 1) (holds t))).
    assert (M1 : all_mirrored vw' (upd TH i w) (upd THy i w)) by (eapply mirrored_upd; eauto; cbn;
      auto).
    eapply mirrored_upd; [exact M1|intros l _ sd W; exact W|].
    cbn. split; [auto|split; [auto|]].
    pose proof (mirrored_view _ _ (Some u) (Some z) (K j H3)) as X. cbn in X. apply X. auto.
  - destruct y as [shy nty THy Ly]. cbn [shared_of threads log] in *. subst shy.
    eexists. split; [eapply s_keep with (t := u') (j := j) (h := h) (r := r);
      rewrite ?PU, ?HU; eauto|].
    + destruct H2 as [?|[Z|Z]]; auto. right. left.
      specialize (M j). rewrite Z in M. destruct (nth_error THy j); [destruct M|auto].
    + split; cbn [shared_of threads log]; auto. rewrite HU. eapply mirrored_upd; eauto. cbn. auto.
  - destruct y as [shy nty THy Ly]. cbn [shared_of threads log] in *. subst shy.
    eexists. split; [eapply s_join_threads with (t := u') (l := l) (r := r);
      rewrite ?PU, ?HU; eauto|].
    + intros j z I Z. specialize (M j). rewrite Z in M.
      destruct (nth_error TH j) as [b|] eqn:B; [|destruct M]. destruct M as (PZ & _).
      unfold finished in *. rewrite PZ. eauto.
    + split; cbn [shared_of threads log]; auto. rewrite HU. eapply mirrored_upd; eauto. cbn. auto.
  - destruct y as [shy nty THy Ly]. cbn [shared_of threads log] in *. subst shy.
    eexists. split; [eapply s_expire with (t := u') (o := o) (r := r); rewrite ?PU, ?HU; eauto|].
    split; cbn [shared_of threads log]; auto. rewrite HU, SU, O. eapply mirrored_upd; eauto. cbn.
    auto.
  - destruct y as [shy nty THy Ly]. cbn [shared_of threads log] in *. subst shy.
    eexists. split; [eapply s_die with (t := u') (drops := drops); rewrite ?PU, ?HU; eauto|].
    split; cbn [shared_of threads log]; rewrite ?PU, ?HU; auto. eapply mirrored_upd; eauto. cbn.
    auto.
Qed.

(** A step of another queue. *)
Lemma mirror_elsewhere vw vw' i x y : mirrors vw x y -> (forall sd, ~ at_work (vw i) sd) ->
  (forall j, j <> i -> keeps_work (vw j) (vw' j)) -> mirrors vw' x y.
Proof.
  intros [SH M E] NW K. split; auto. intros j. destruct (Nat.eq_dec j i) as [->|N].
  - eapply mirrored_view; eauto. intros sd W. now apply NW in W.
  - eapply mirrored_view; eauto.
Qed.

End Mirror.

(** ** The product, mirrored *)

Section Simulation.
Context {A Q : Type}.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable capacity : Q -> option nat.
Variable crews : Q -> crew A.
Variable size : nat.

Notation set := Groups.set.
Notation put := (Groups.put Q_dec).
Notation place_of := Groups.place_of.
Notation pstep := (pstep Q_dec capacity size).
Notation preachable := (preachable Q_dec capacity crews size).
Implicit Types (x y : state A) (v : view Q) (s : product (A := A) (Q := Q)).

Definition has_mirror (q : Q) (vw : nat -> view Q) x : Prop :=
  exists y, reachable (capacity q) (crews q) y /\ mirrors q vw x y.

Lemma keeps_roused q p v : keeps_work q v (roused Q_dec p v).
Proof. intros sd [->|(l & ->)]; cbn; [now left|right; eauto]. Qed.
Lemma keeps_notify q p P f j : keeps_work q (seen f j) (seen (Groups.notify_at Q_dec p P f) j).
Proof. rewrite seen_notify. destruct (P j); [apply keeps_roused|intros sd W; exact W]. Qed.
Lemma keeps_set q (f : nat -> Groups.thread Q side) i t j : j <> i ->
  keeps_work q (seen f j) (seen (set f i t) j).
Proof. intros N. unfold seen. rewrite GroupInvariant.set_other by auto. intros sd W. exact W. Qed.
Lemma keeps_notify_set q p P (f : nat -> Groups.thread Q side) i t j : j <> i ->
  keeps_work q (seen f j) (seen (Groups.notify_at Q_dec p P (set f i t)) j).
Proof.
  intros N sd W. apply keeps_notify. eapply keeps_set; eauto.
Qed.
Lemma mirror_stays q vw vw' x : has_mirror q vw x -> (forall j, keeps_work q (vw j) (vw' j)) ->
  has_mirror q vw' x.
Proof.
  intros (y & R & [SH M E]) K. exists y. split; [auto|split; auto]. intros j.
  eapply mirrored_view; eauto.
Qed.

(** The queue of a step, and the others. *)
Lemma mirror_put q p qs z vw vw' i : (forall q, has_mirror q vw (qs q)) ->
  (forall sd, at_work q (vw i) sd -> p = q) -> (forall j, j <> i -> keeps_work q (vw j) (vw' j)) ->
  (has_mirror p vw (qs p) -> has_mirror p vw' z) -> has_mirror q vw' (put qs p z q).
Proof.
  intros M N K H. unfold Groups.put. destruct (Q_dec q p) as [->|NE]; auto.
  destruct (M q) as (y & R & MM). exists y. split; auto. eapply mirror_elsewhere; eauto.
  intros sd W. apply NE. symmetry. eauto.
Qed.

Lemma mirror_one q k i vw vw' x x' : has_mirror q vw x ->
  (forall y, mirrors q vw x y -> exists y', step (capacity q) k i y y' /\ mirrors q vw' x' y') ->
  has_mirror q vw' x'.
Proof.
  intros (y & [ks R] & M) H. destruct (H y M) as (y' & S & M'). exists y'. split; auto.
  exists (k :: ks). econstructor; eauto.
Qed.

Ltac only_here V := let E := fresh in let l := fresh in intros ? [E|(l & E)]; rewrite V in E;
  try discriminate E; injection E; intros; subst; auto.

Theorem step_mirrored k i s s' : agrees capacity s -> pstep k i s s' ->
  (forall q, has_mirror q (seen (Groups.threads (group s))) (queues s q)) ->
  forall q, has_mirror q (seen (Groups.threads (group s'))) (queues s' q).
Proof.
  intros [SH F] H M q'. destruct H; cbn [queues group Groups.content Groups.threads] in *;
    try (match goal with X : Groups.acts _ |- _ => pose proof (proj1 X) as RUN end);
    try (match goal with P : place_of (?g ?m) = ?p |- _ =>
      assert (V : seen g m = view_of p) by (unfold seen; now rewrite P); cbn in V;
      pose proof (fun q => F q m) as FI; rewrite V in FI; cbn in FI end).
  - (* act *)
    apply mirror_put with (vw := seen f) (i := i); auto; [only_here V|intros; apply keeps_notify|].
    intros MQ. eapply mirror_one; [exact MQ|]. intros y0 M0. eapply mirror_step; eauto.
    + rewrite V. intros z [E|(l & E)]; discriminate.
    + intros. apply keeps_notify.
  - (* sleep_timed *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_set; auto|].
    intros (y0 & R & M0). eapply mirror_section_blocks; eauto. intros. apply keeps_set; auto.
  - (* wake_timed *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_notify_set; auto|].
    intros (y0 & R & M0). destruct (proj1 (FI q) eq_refl) as [_ WO].
    destruct (mirror_resumed (capacity q) q (seen f) (seen f) i out _ y0 sd (crews q) WO M0) as (y1
      & R1 & M1); auto.
    { intros j z W. exact W. }
    eapply mirror_one; [exists y1; split; [exact R1|exact M1]|]. intros y2 M2.
    eapply mirror_section_acts; eauto. intros. apply keeps_notify_set; auto.
  - (* sleep_again *)
    assert (K : forall p j, j <> i -> keeps_work p (seen f j) (seen
      (set f' i (Groups.move (f' i) (Groups.AsleepTimed (q, sd) false))) j)).
    { intros p j N z W. apply keeps_set; auto. apply keeps_notify_set; auto. }
    apply mirror_put with (vw := seen f) (i := i); auto; [only_here V|].
    intros (y0 & R & M0). destruct (proj1 (FI q) eq_refl) as [_ WO].
    destruct (mirror_resumed (capacity q) q (seen f) (seen f) i false _ y0 sd (crews q) WO M0)
      as (y1 & R1 & M1); auto.
    { intros j z W. exact W. }
    eapply mirror_section_blocks; eauto.
  - (* block *)
    apply mirror_stays with (vw := seen f); auto. intros j. destruct (Nat.eq_dec j i) as [->|N].
    + intros z [E|(l & E)]; rewrite V in E; discriminate.
    + apply keeps_set; auto.
  - (* sleep *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_set; auto|].
    intros (y0 & R & M0). eapply mirror_section_blocks; eauto. intros. apply keeps_set; auto.
  - (* recheck_sleep *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_set; auto|].
    intros (y0 & R & M0). eapply mirror_section_blocks; eauto. intros. apply keeps_set; auto.
  - (* recheck_resume *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_set; auto|].
    intros (y0 & R & M0). destruct (FI q) as [_ WO].
    eapply (mirror_resumed (capacity q) q (seen f) _ i false); eauto.
    intros j. destruct (Nat.eq_dec j i) as [->|N]; [|apply keeps_set; auto].
    rewrite V. unfold seen. rewrite GroupInvariant.set_same. cbn.
    intros z [E|(l & E)]; [|discriminate]. injection E as <-. right. eauto.
  - (* wake *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_set; auto|].
    intros (y0 & R & M0). destruct (proj1 (FI q) eq_refl) as [_ WO].
    eapply (mirror_resumed (capacity q) q (seen f) _ i false); eauto.
    intros j. destruct (Nat.eq_dec j i) as [->|N]; [|apply keeps_set; auto].
    rewrite V. intros z [E|(l & E)]; discriminate.
  - (* return *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_notify_set; auto|].
    intros (y0 & R & M0). destruct (proj1 (FI q) eq_refl) as [_ WO].
    destruct (mirror_resumed (capacity q) q (seen f) (seen f) i out _ y0 sd (crews q) WO M0)
      as (y1 & R1 & M1); auto.
    { intros j z W. exact W. }
    eapply mirror_one; [exists y1; split; [exact R1|exact M1]|]. intros y2 M2.
    eapply mirror_section_acts; eauto. intros. apply keeps_notify_set; auto.
  - (* block_again *)
    apply mirror_put with (vw := seen f) (i := i); auto;
      [only_here V|intros; apply keeps_set; auto|].
    intros (y0 & R & M0). exists y0. split; auto. destruct (proj1 (FI q) eq_refl) as [O _].
    eapply mirror_look; eauto.
    + intros. apply keeps_set; auto.
    + rewrite V. intros z [E|(l & E)]; [discriminate|]. injection E as <- _. auto.
    + left. unfold seen, f'. rewrite GroupInvariant.set_same. cbn.
      match goal with T : Groups.then_detects _ _ _ _ |- _ =>
        apply GroupInvariant.then_place in T as [-> | ->]; reflexivity end.
  - (* notify *)
    assert (K : forall p j, keeps_work p (seen f j) (seen (fun j => Groups.wake_at Q_dec q
      (set f i (Groups.move (f i) (Groups.Notifying t todo)) j)) j)).
    { intros p j z W. unfold seen. rewrite view_wake_at. apply keeps_roused.
      destruct (Nat.eq_dec j i) as [->|N]; [rewrite GroupInvariant.set_same; cbn;
        now rewrite V in W|].
      now rewrite GroupInvariant.set_other by auto. }
    unfold Groups.put. destruct (Q_dec q' q) as [->|NE].
    + destruct (M q) as (y0 & R & M0). exists y0. split; auto. eapply mirror_rouse; eauto.
    + eapply mirror_stays; eauto.
  - (* quiet *)
    eapply mirror_stays; eauto. intros j z W. unfold seen. rewrite H1. exact W.
Qed.

(** Every execution of a group has, for each queue, one of [Model.v] with the same contents,
    history, programs and handles, that shows the same events but for waits, wakeups and
    notifications. *)
Theorem queue_in_model s q : preachable s -> exists y, reachable (capacity q) (crews q) y /\
  shared_of y = shared_of (queues s q) /\
  map (fun t => (program t, holds t)) (threads y) =
    map (fun t => (program t, holds t)) (threads (queues s q)) /\
  effects (log y) = effects (log (queues s q)).
Proof.
  intros (f & B & L).
  assert (G : forall q, has_mirror q (seen (Groups.threads (group s))) (queues s q)).
  { assert (AG : agrees capacity (new_group capacity crews f)) by (eapply new_agrees; eauto).
    induction L as [|k i s' s'' L IH H].
    - intros p. exists (init (crews p)). split; [exists []; constructor|]. split; auto.
      intros j. cbn [queues new_group]. unfold mirrored.
      pose proof (place_new (crews p) j) as O. unfold place_at in O.
      destruct (nth_error (threads (init (crews p))) j); auto. rewrite O. cbn. auto.
    - apply (step_mirrored k i s' s''); auto. eapply later_agrees; eauto. }
  destruct (G q) as (y & R & [SH M E]). exists y. split; [auto|split; [auto|split; [|auto]]].
  clear - M. revert M. generalize (seen (Groups.threads (group s))), (threads y), (threads (queues
    s q)).
  intros vw TH' TH. revert vw TH'. induction TH as [|t TH IH]; intros vw [|u TH'] M; auto.
  - destruct (M 0).
  - destruct (M 0).
  - destruct (M 0) as (P & H & _). cbn [map]. rewrite P, H. f_equal.
    apply (IH (fun j => vw (S j))). intros j. apply (M (S j)).
Qed.

(** ** The claims about contents and histories, of each queue of a group *)

(** What only counts effects. *)
Lemma sum_effects (g : event -> nat) : (forall e, effect e = false -> g e = 0) ->
  forall L, sum (fun p : nat * event => g (snd p)) (effects L) = sum (fun p => g (snd p)) L.
Proof.
  intros Z. unfold effects. induction L as [|[i e] L IH]; auto. cbn [filter snd].
  destruct (effect e) eqn:E; cbn; rewrite IH; auto. now rewrite (Z e E).
Qed.
Ltac counts_effects g := apply (sum_effects g); intros [] E; try discriminate E; reflexivity.
Lemma fronts_effects L : fronts (effects L) = fronts L.
Proof. counts_effects (fun e => match e with PushSentinelsFront k => k | _ => 0 end). Qed.
Lemma put_backs_effects L : put_backs (effects L) = put_backs L.
Proof. counts_effects (fun e => match e with PutBack => 1 | _ => 0 end). Qed.
Lemma begun_effects L : begun (effects L) = begun L.
Proof. counts_effects (fun e => match e with Take k true => k | _ => 0 end). Qed.
Lemma ended_effects L : ended (effects L) = ended L.
Proof. counts_effects (fun e => match e with TaskDone | PutBack => 1 | _ => 0 end). Qed.
Lemma first_time_effects : forall L (l : list (cell A)), first_time (effects L) l = first_time L l.
Proof.
  unfold effects. induction L as [|[i e] L IH]; intros l; auto. cbn [filter snd].
  destruct e; cbn [effect]; cbn; rewrite ?IH; auto.
Qed.

(** Programs and handles of a list of threads. *)
Definition parts (TH : list (thread A)) : list (list (op A) * held) :=
  map (fun t => (program t, holds t)) TH.

Lemma parts_offered TH TH' : parts TH = parts TH' ->
  flat_map (fun t => offered (program t)) TH = flat_map (fun t => offered (program t)) TH'.
Proof.
  assert (E : forall l, flat_map (fun t : thread A => offered (program t)) l =
                        flat_map (fun p => offered (fst p)) (parts l)).
  { unfold parts. induction l; simpl; auto. now f_equal. }
  intros H. now rewrite !E, H.
Qed.
Lemma parts_tasks TH TH' : parts TH = parts TH' ->
  sum (fun t => held_tasks (holds t)) TH = sum (fun t => held_tasks (holds t)) TH'.
Proof.
  assert (E : forall l, sum (fun t : thread A => held_tasks (holds t)) l =
                        sum (fun p => held_tasks (snd p)) (parts l)).
  { intros l. unfold parts. now rewrite sum_map. }
  intros H. now rewrite !E, H.
Qed.
Lemma parts_nth TH TH' i t : parts TH' = parts TH -> nth_error TH i = Some t ->
  exists u, nth_error TH' i = Some u /\ program u = program t.
Proof.
  intros H N. assert (E : nth_error (parts TH') i = Some (program t, holds t)).
  { rewrite H. unfold parts. now rewrite nth_error_map, N. }
  unfold parts in E. rewrite nth_error_map in E.
  destruct (nth_error TH' i) as [u|]; [|discriminate].
  injection E as E _. eauto.
Qed.

(** A section shows three effects at most, and costs labour. *)
Lemma attempt_shows c i hd (o : op A) sh sh' next hd' seen :
  attempt c i hd o sh = Acts sh' next hd' seen ->
  length (effects (say i seen)) <= 3.
Proof.
  intros H. destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, receive, clone_handle,
      drop_handle,
      leave_if_idle, upgrade, put_task_back, join, or_wait, evict, drained, drained_items in H;
    cases_of H; injection H as <- <- <- <-; cbn; lia.
Qed.
Lemma step_shows c k i x x' : step c k i x x' -> length (effects (log x')) + 3 * labour x' <=
  length (effects (log x)) + 3 * labour x.
Proof.
  intros H. pose proof (step_labour _ _ _ _ _ H) as L. revert L. generalize (labour x), (labour x').
  intros l l' L. destruct H; cbn [log] in *; try lia.
  - apply attempt_shows with (i := i) in H2. unfold say in *.
    rewrite !map_app, !effects_app, !app_length in *.
    change (map (fun e => (i, e))) with (say i) in *. rewrite effects_back, effects_calls.
    cbn [length]. lia.
  - unfold say in *. rewrite !map_app, !effects_app, !app_length.
    change (map (fun e => (i, e))) with (say i). rewrite effects_back.
    change (length (effects (say i [Wait sd]))) with 0. cbn [length]. lia.
  - change (Cancel sd :: ?l) with ([Cancel sd] ++ l) in *. unfold say in *.
    rewrite !map_app, !effects_app, !app_length in *.
    change (map (fun e => (i, e))) with (say i) in *. rewrite effects_calls.
    change (length (effects (say i [Cancel sd]))) with 1. cbn [length]. lia.
  - unfold say in *. rewrite effects_app, app_length. change (map (fun e => (i, e))) with (say i).
    rewrite effects_back. cbn [length]. lia.
Qed.
Lemma run_shows c ks x x' : run c ks x x' -> length (effects (log x')) + 3 * labour x' <=
  length (effects (log x)) + 3 * labour x.
Proof.
  induction 1 as [x|ks k i x x' x'' H IH S]; auto. pose proof (step_shows _ _ _ _ _ S). lia.
Qed.

Section Claims.
Variable s : product (A := A) (Q := Q).
Hypothesis R : preachable s.
Variable q : Q.

Notation x := (queues s q).
Notation sh := (shared_of x).
Notation everything_offered := (flat_map (fun m => offered (snd m)) (crews q)).
Notation not_yet_sent := (flat_map (fun t => offered (program t)) (threads x)).

Ltac mirror := destruct (queue_in_model s q R) as (y & RY & SH & PA & E);
  fold (parts (threads y)) in PA; fold (parts (threads x)) in PA.

(** Every cell ever accepted has left the queue, once, or is queued; every item of every program has
    been accepted, or came back, or has still to be sent; and none is anywhere twice. *)
Theorem C1_in_groups :
  Permutation (accepted sh) (cells_of (removed sh) ++ queue sh) /\
  Permutation everything_offered (items_of (accepted sh) ++ returned sh ++ not_yet_sent) /\
  (NoDup everything_offered ->
   NoDup (items_of (cells_of (removed sh)) ++ items_of (queue sh) ++ returned sh)).
Proof.
  mirror. destruct (C1_conservation _ _ _ RY) as [P1 P2].
  pose proof (C1_exactly_once _ _ _ RY) as ND. rewrite SH in *.
  rewrite (parts_offered _ _ PA) in P2. auto.
Qed.

(** Every sentinel accepted was received, drained, or is queued; none is evicted; no thread received
    more than it had receiving operations. *)
Theorem C2_in_groups :
  sentinels_in (accepted sh) = sentinels_in (cells_of (removed sh)) + sentinels_in (queue sh) /\
  (forall i a, In (Evicted, i, a) (removed sh) -> a <> Sentinel) /\
  (forall i t, nth_error (threads x) i = Some t -> exists m, nth_error (crews q) i = Some m /\
     sentinels_by i sh + receives (program t) <= receives (snd m)).
Proof.
  mirror. destruct (C2_sentinels _ _ _ RY) as (S1 & S2 & S3 & _). rewrite SH in *.
  split; [auto|split; [auto|]]. intros i t N. destruct (parts_nth _ _ _ _ PA N) as (u & NU & P).
  destruct (S3 i u NU) as (m & M & L). rewrite P in L. eauto.
Qed.

(** Each thread took exactly as many items and sentinels as its responses say. *)
Theorem C2_responses_in_groups j :
  sentinels_by j sh = reported_sentinels j (log x) /\ items_by j sh = reported_items j (log x).
Proof.
  mirror. destruct (C2_responses _ _ _ j RY) as [S I]. rewrite SH in S, I.
  assert (U : forall L, reported_sentinels j (effects L) = reported_sentinels j L /\
                        reported_items j (effects L) = reported_items j L).
  { induction L as [|[i e] L [U1 U2]]; auto.
    unfold effects, reported_sentinels, reported_items in *.
    cbn [filter snd]. destruct e; cbn in *; rewrite ?U1, ?U2; destruct (i =? j); auto. }
  destruct (U (log x)) as [<- <-], (U (log y)) as [U1 U2]. rewrite <- E, U1, U2. auto.
Qed.

(** Items leave in the order in which they came in; and what receivers took, followed by what is
    queued, is what was accepted, in that order, except for what was evicted or drained, and for no
    more sentinels than were sent to the front. *)
Theorem C3_in_groups :
  items_of (accepted sh) = items_of (cells_of (removed sh)) ++ items_of (queue sh) /\
  exists n l, n <= fronts (log x) /\
    leaving_out n l (cells_of (received (removed sh)) ++ queue sh) /\ subsequence l (accepted sh).
Proof.
  mirror. pose proof (C3_order _ _ _ RY) as O. rewrite SH in O.
  now rewrite <- (fronts_effects (log y)), E, fronts_effects in O.
Qed.

(** If each item that is sent names its producer, then the items of thread [i] were accepted in the
    order in which it sends them; items that were refused are left out, and tasks that were put
    back. *)
Theorem C3_producer_in_groups i hd p (f : A -> bool) :
  nth_error (crews q) i = Some (hd, p) -> (forall a, In a (sends p) -> f a = true) ->
  (forall j m a, j <> i -> nth_error (crews q) j = Some m -> In a (sends (snd m)) -> f a = false) ->
  subsequence (filter f (items_of (first_time (log x) (accepted sh)))) (sends p).
Proof.
  mirror. intros C M O. pose proof (C3_producer _ _ _ _ _ _ _ RY C M O) as P. rewrite SH in P.
  now rewrite <- (first_time_effects (log y)), E, first_time_effects in P.
Qed.

(** The events of a queue, but for waits, wakeups and notifications, are a history of the sequential
    queue that ends with the contents as they are; and the cells that it moves are those accepted
    and those removed, in order, each through the thread that reports it. *)
Theorem C3_linearizable_in_groups : exists h, map fst h = effects (log x) /\
  history (capacity q) h [] (closed (shared_of (init (crews q)))) (queue sh) (closed sh) /\
  accepted sh = flat_map came_in h /\ removed sh = flat_map went_out h.
Proof.
  mirror. destruct (C3_linearizable _ _ _ RY) as (h & L & HI & AC & RM).
  rewrite SH in *. rewrite <- E, <- L. clear - HI AC RM. revert AC RM.
  generalize (accepted sh), (removed sh). intros ac rm -> ->.
  induction HI as [q0 b|i e l h q0 b q1 b1 q2 b2 S HI IH|i a q1 z h q0 q2 b2 FU SP HI IH].
  - exists []. repeat split. constructor.
  - destruct IH as (h' & L & HI' & AC & RM). cbn [map fst flat_map].
    unfold effects at 1. cbn [filter snd]. fold (effects (map fst h)).
    destruct (effect e) eqn:EF.
    + exists ((i, e, l) :: h'). cbn [map fst flat_map]. rewrite L, AC, RM. repeat split.
      econstructor; eauto.
    + exists h'. rewrite L, AC, RM. destruct S; try discriminate EF. repeat split; auto;
        destruct e; try discriminate EF; auto.
  - destruct IH as (h' & L & HI' & AC & RM).
    exists ((i, Evict, [Item a]) :: (i, Push 1, [Item z]) :: h').
    cbn [map fst flat_map]. rewrite L, AC, RM. repeat split. eapply h_replace; eauto.
Qed.

(** Never more items than the capacity, but for as many as tasks were put back; no other operation
    goes beyond it, or further beyond it; and sending sentinels never waits. *)
Theorem C4_in_groups :
  (forall n, capacity q = Some n -> items sh <= n + put_backs (log x)) /\
  (forall n i hd o sh' next hd' seen, capacity q = Some n ->
     attempt (capacity q) i hd o sh = Acts sh' next hd' seen -> ~ In PutBack seen ->
     items sh' <= Nat.max n (items sh)) /\
  (forall i hd n, exists sh' seen,
     attempt (capacity q) i hd (SendSentinels n) sh = Acts sh' [] hd seen) /\
  (forall i hd n, exists sh' seen,
     attempt (capacity q) i hd (SendSentinelsFront n) sh = Acts sh' [] hd seen).
Proof.
  mirror. pose proof (C4_capacity _ _ _ RY) as C. rewrite SH in C.
  now rewrite <- (put_backs_effects (log y)), E, put_backs_effects in C.
Qed.

(** Closing is final, and nothing is accepted after it; no thread then sleeps for an item or for
    room; without senders or without receivers a queue is closed, without receivers it is empty; a
    receive returns closed only when nothing is queued. *)
Theorem C5_in_groups :
  (closed sh = true ->
     (forall s', later Q_dec capacity size s s' -> closed (shared_of (queues s' q)) = true /\
        accepted (shared_of (queues s' q)) = accepted sh) /\
     asleep NotEmpty (threads x) = 0 /\ asleep NotFull (threads x) = 0) /\
  (senders sh = 0 \/ receivers sh = 0 -> closed sh = true) /\
  (receivers sh = 0 -> queue sh = []) /\
  (forall i hd o sh' next hd' seen, attempt (capacity q) i hd o sh = Acts sh' next hd' seen ->
     In (Refuse NotEmpty true) seen -> closed sh = true /\ queue sh = []).
Proof.
  mirror. destruct (C5_close _ _ _ RY) as (_ & C2 & C3 & C4). rewrite SH in C2, C3, C4.
  split; [|auto]. intros C. split; [|split].
  - intros s' L. eapply moved_closed; eauto. eapply later_projects; eauto using reachable_agrees.
  - eapply closed_none_asleep; eauto using queue_inv; discriminate.
  - eapply closed_none_asleep; eauto using queue_inv; discriminate.
Qed.

(** A queue is closed only if it began so or its log has the close. *)
Theorem C5_only_by_close_in_groups : closed sh = true ->
  closed (shared_of (init (crews q))) = true \/ exists i, In (i, Close) (log x).
Proof.
  mirror. intros C. rewrite <- SH in C.
  destruct (C5_only_by_close _ _ _ RY C) as [B|(i & I)]; auto. right. exists i.
  assert (X : In (i, Close) (effects (log y))) by (apply filter_In; auto).
  rewrite E in X. now apply filter_In in X.
Qed.

(** What a queue shows but for waits, wakeups and notifications is bounded by a number known at the
    start, however often threads wake. *)
Theorem C7_effects_bounded_in_groups : length (effects (log x)) <= 3 * labour (init (crews q)).
Proof.
  mirror. destruct RY as [ks K]. rewrite <- E. apply run_shows in K. cbn in K |- *. lia.
Qed.

(** A join returns if and only if no item is queued and no task unfinished; when that is so no
    thread sleeps in a join; tasks unfinished are those begun and neither ended nor put back, and a
    thread owns each. *)
Theorem C11_in_groups :
  (forall i hd d, attempt (capacity q) i hd (Join d) sh = Acts sh [] hd [Joined] <->
     items sh = 0 /\ unfinished sh = 0) /\
  (items sh = 0 -> unfinished sh = 0 -> asleep AllDone (threads x) = 0) /\
  sum (fun m => held_tasks (fst m)) (crews q) + begun (log x) = unfinished sh + ended (log x) /\
  unfinished sh = sum (fun t => held_tasks (holds t)) (threads x).
Proof.
  mirror. destruct (C11_completion _ _ _ RY) as (J & _ & T & O & _). rewrite SH in *.
  split; [auto|split; [|split]].
  - intros E1 E2. destruct (asleep AllDone (threads x)) eqn:AS; auto. exfalso.
    destruct (asleep_covered (capacity q) x AllDone) as (r & F & _);
      [eapply queue_inv; eauto|lia|]. simpl in F. unfold done in F. now rewrite E1, E2 in F.
  - now rewrite <- (begun_effects (log y)), <- (ended_effects (log y)), E, begun_effects,
      ended_effects in T.
  - now rewrite <- (parts_tasks _ _ PA).
Qed.

End Claims.
End Simulation.

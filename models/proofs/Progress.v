(** * Progress: a thread that sleeps when no thread can proceed has a reason to.

    [able] decides whether a thread can make progress. If none is able, the
    invariant says that every unfinished thread waits for something that is
    not there: that is the absence of lost wakeups, for arbitrary programs. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant.
From SentinelQueue Require Export Step.

Section Progress.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (t : thread A) (TH : list (thread A)) (o : op A).
Local Notation acts := (Step.acts capacity).
Local Notation able := (Step.able capacity).
Local Notation someone_able := (Step.someone_able capacity).

(** An unfinished thread has a reason to wait: a sender without deadline on an
    open, full queue; a receiver without deadline or a worker on an open, empty
    one; a joiner without deadline while an item is queued or a task unfinished;
    a thread that waits for another thread's end. No other. *)
Definition justified s t : Prop :=
  match program t with
  | [] => True
  | Send Never _ :: _ =>
      closed (shared_of s) = false /\
      exists c, capacity = Some c /\ c <= items (shared_of s)
  | Recv Never _ _ :: _ | Work _ :: _ =>
      closed (shared_of s) = false /\ queue (shared_of s) = []
  | Join Never :: _ => 0 < items (shared_of s) \/ 0 < unfinished (shared_of s)
  | JoinThreads l :: _ =>
      exists j u, In j l /\ nth_error (threads s) j = Some u /\ ~ finished u
  | _ => False
  end.

Lemma justified_intro s t o r sd : program t = o :: r -> waits_on o = Some sd ->
  ready capacity sd (shared_of s) = Some 0 -> deadline_of o <> Some Now ->
  deadline_of o <> Some At -> justified s t.
Proof.
  intros P W R N1 N2. unfold justified. rewrite P.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in W; try discriminate;
    injection W as <-; simpl in R; try (destruct d; simpl in N1, N2; try congruence).
  - destruct (closed _); [discriminate|]. destruct capacity as [c|]; [|discriminate].
    injection R as R. split; auto. exists c. split; auto. lia.
  - destruct (closed _); [discriminate|]. split; auto. injection R as R.
    destruct (queue _); auto; discriminate.
  - destruct (closed _); [discriminate|]. split; auto. injection R as R.
    destruct (queue _); auto; discriminate.
  - unfold done in R. destruct (Nat.eqb_spec (items (shared_of s)) 0); [|left; lia].
    destruct (Nat.eqb_spec (unfinished (shared_of s)) 0); [discriminate|right; lia].
Qed.

(** ** An able thread can take a step *)

Lemma notify_exists sd n : forall TH, exists TH', notify (A := A) sd n TH TH'.
Proof.
  induction n as [|n IH]; intros TH; [exists TH; constructor|].
  destruct (asleep sd TH) eqn:E; [exists TH; constructor; auto|].
  destruct (asleep_some sd TH) as (j & t & Hj & Ht); [lia|].
  destruct (IH (upd TH j (wake t))) as [TH' H]. exists TH'. econstructor; eauto.
Qed.

Lemma settle_exists sh nt TH : exists nt' TH', settle capacity sh nt TH nt' TH'.
Proof.
  destruct (notify_exists NotEmpty (due capacity NotEmpty sh nt TH) TH) as [TH1 H1].
  destruct (notify_exists NotFull (due capacity NotFull sh nt TH) TH1) as [TH2 H2].
  destruct (notify_exists AllDone (due capacity AllDone sh nt TH) TH2) as [TH3 H3].
  eexists. exists TH3. econstructor; eauto.
Qed.

Lemma act_exists i t o r s : nth_error (threads s) i = Some t -> program t = o :: r -> awake t ->
  acts i (holds t) o (shared_of s) = true -> exists s', step capacity Progress i s s'.
Proof.
  intros H P W E. destruct s as [sh nt TH L]. cbn [threads shared_of] in *. unfold Step.acts in E.
  destruct (attempt capacity i (holds t) o sh) as [sh' next hd' seen|sd|] eqn:T; try discriminate.
  destruct (settle_exists sh' (come_back (spot t) nt)
              (upd TH i (Thread Outside (next ++ r) hd'))) as (nt' & TH' & S).
  eexists. eapply s_act with (timed_out := false); eauto. discriminate.
Qed.

Lemma joinable_spec l TH : joinable l TH = true <->
  forall j u, In j l -> nth_error TH j = Some u -> finished u.
Proof.
  unfold joinable, finished. rewrite forallb_forall. split.
  - intros H j u Hj Hu. specialize (H j Hj). rewrite Hu in H.
    destruct (program u); auto; discriminate.
  - intros H j Hj. destruct (nth_error TH j) as [u|] eqn:E; auto. now rewrite (H j u Hj E).
Qed.

Lemma joinable_false l TH : joinable l TH = false ->
  exists j u, In j l /\ nth_error TH j = Some u /\ ~ finished u.
Proof.
  unfold joinable. induction l as [|j l IH]; simpl; [discriminate|].
  destruct (nth_error TH j) as [u|] eqn:E.
  - unfold is_nil. destruct (program u) eqn:P; simpl; intros H.
    + destruct (IH H) as (k & v & ? & ? & ?). eauto 6.
    + exists j, u. repeat split; auto. unfold finished. congruence.
  - intros H. destruct (IH H) as (k & v & ? & ? & ?). eauto 6.
Qed.

Lemma outside_of s i t o r : Inv capacity s -> nth_error (threads s) i = Some t ->
  program t = o :: r -> waits_on o = None -> spot t = Outside.
Proof.
  intros I H P W. pose proof (Forall_nth _ _ _ _ (placed _ _ I) H) as K.
  unfold well_placed in K. destruct (spot t); auto.
  - destruct K as (o' & r' & E & F & _). congruence.
  - destruct K as (o' & r' & E & F). congruence.
Qed.

Lemma able_step s i t : Inv capacity s -> nth_error (threads s) i = Some t ->
  able s i t = true -> exists s', step capacity Progress i s s'.
Proof.
  intros I H E. unfold Step.able in E. destruct (program t) as [|o r] eqn:P; [discriminate|].
  assert (EX : deadline_of o = Some At -> exists s', step capacity Progress i s s').
  { intros D. destruct s. eexists. eapply s_expire; eauto. }
  assert (AC : awakeb t && acts i (holds t) o (shared_of s) = true ->
               exists s', step capacity Progress i s s').
  { intros K. apply andb_true_iff in K as [K1 K2]. eapply act_exists; eauto.
    unfold awake, awakeb in *. destruct (spot t); auto; discriminate. }
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in E; auto;
    try (destruct d; auto).
  - pose proof (outside_of _ _ _ _ _ I H P eq_refl) as O. destruct s as [sh nt TH L].
    cbn [threads] in *.
    destruct (Nat.eq_dec to i) as [->|N]; [eexists; eapply s_keep; eauto|].
    destruct (nth_error TH to) as [u|] eqn:U; [|eexists; eapply s_keep; eauto].
    destruct (Nat.eq_dec (owns h (holds t)) 0); [eexists; eapply s_keep; eauto|].
    eexists. eapply s_give; eauto. lia.
  - pose proof (outside_of _ _ _ _ _ I H P eq_refl) as O. destruct s as [sh nt TH L].
    cbn [threads] in *. eexists. eapply s_join_threads; eauto. now apply joinable_spec.
Qed.

(** Conversely, only the able can. *)
Lemma step_able s i s' : step capacity Progress i s s' ->
  exists t, nth_error (threads s) i = Some t /\ able s i t = true.
Proof.
  intros H. inversion H; subst; cbn [threads];
    match goal with K : nth_error _ i = Some ?t, P : program ?t = _ |- _ =>
      exists t; split; [exact K|]; unfold Step.able; cbn [threads shared_of]; rewrite P end.
  - assert (X : awakeb t && acts i (holds t) o sh = true).
    { unfold Step.acts. match goal with K : attempt _ _ _ _ _ = _ |- _ => rewrite K end.
      unfold awakeb, awake in *. destruct (spot t); auto. }
    destruct o; simpl in *; try discriminate; rewrite ?X; try (destruct d; auto); auto.
  - reflexivity.
  - reflexivity.
  - simpl. now apply joinable_spec.
  - match goal with K : deadline_of _ = _ |- _ => rewrite K end. reflexivity.
Qed.

(** ** A waiter that is cancelled *)

Lemma cancel_exists s i t o r sd : nth_error (threads s) i = Some t -> program t = o :: r ->
  waits_at (spot t) = Some sd -> exists s', step capacity Cancellation i s s'.
Proof.
  intros T P W. destruct s as [sh nt TH L]. cbn [threads] in T.
  destruct (settle_exists (cancel o sh) (give_up_wait sd nt)
              (upd TH i (Thread Outside r (holds t)))) as (nt' & TH' & S).
  eexists. eapply s_cancel; eauto.
Qed.

Lemma inv_covers s sd : Inv capacity s -> due capacity sd (shared_of s) (notified s) (threads s) = 0 /\
  get sd (notified s) <= woken sd (threads s) /\
  (0 < asleep sd (threads s) -> exists n, ready capacity sd (shared_of s) = Some n /\
     n <= woken sd (threads s)).
Proof.
  intros I. pose proof (booked _ _ I sd) as B. pose proof (carried _ _ I sd) as C.
  unfold wanted, waiting in B. unfold due, waiting. split; [|split; [exact C|intros AS]].
  - destruct (ready capacity sd (shared_of s)); lia.
  - destruct (ready capacity sd (shared_of s)) as [n|]; [exists n; split; auto|]; lia.
Qed.

Lemma cancel_facts s i s' : Inv capacity s -> step capacity Cancellation i s s' ->
  exists t o r sd, nth_error (threads s) i = Some t /\ program t = o :: r /\
    waits_at (spot t) = Some sd /\
    nth_error (threads s') i = Some (Thread Outside r (holds t)) /\
    shared_of s' = hand_back (offered [o]) (shared_of s) /\
    (forall j u, j <> i -> nth_error (threads s) j = Some u ->
       nth_error (threads s') j = Some u \/ nth_error (threads s') j = Some (wake u)) /\
    forall x, due capacity x (shared_of s') (notified s') (threads s') = 0 /\
      get x (notified s') <= woken x (threads s') /\
      (0 < asleep x (threads s') -> exists n, ready capacity x (shared_of s') = Some n /\
         n <= woken x (threads s')).
Proof.
  intros I Hs. pose proof (step_inv _ _ _ _ _ Hs I) as I'. inversion Hs; subst.
  match goal with S : settle _ _ _ _ _ _ |- _ => apply settle_facts in S as (W & _) end.
  exists t, o, r, sd. cbn [threads shared_of] in *.
  do 3 (split; [assumption|]). split; [|split; [reflexivity|split]].
  - destruct (wakened_nth _ _ W i (Thread Outside r (holds t))) as (t' & -> & [-> |(x & E & _)]);
      [eapply nth_upd_same; eauto|reflexivity|discriminate].
  - intros j u N U. destruct (wakened_nth _ _ W j u) as (u' & -> & [-> |(x & _ & ->)]); auto.
    rewrite nth_upd_other; auto.
  - intros x. apply (inv_covers _ x I').
Qed.

(** ** The heart of the matter *)

(** No thread sleeps un-notified while what it waits for is there, unless for each
    thing that is there a woken thread is on its way. *)
Lemma asleep_covered s sd : Inv capacity s -> 0 < asleep sd (threads s) ->
  exists r, ready capacity sd (shared_of s) = Some r /\
            r <= get sd (notified s) /\ get sd (notified s) <= woken sd (threads s).
Proof.
  intros I H. pose proof (booked _ _ I sd) as B. pose proof (carried _ _ I sd) as C.
  unfold wanted, waiting in B. destruct (ready capacity sd (shared_of s)) as [r|]; [|lia].
  exists r. repeat split; auto. lia.
Qed.

Lemma asleep_reason s sd : Inv capacity s -> 0 < asleep sd (threads s) ->
  (forall i t, nth_error (threads s) i = Some t -> able s i t = false) ->
  ready capacity sd (shared_of s) = Some 0.
Proof.
  intros I H N. destruct (asleep_covered s sd I H) as ([|r] & R & L1 & L2); auto.
  exfalso. destruct (woken_some sd (threads s)) as (j & u & Hj & Hu); [lia|].
  pose proof (Forall_nth _ _ _ _ (placed _ _ I) Hj) as K. unfold well_placed in K.
  rewrite Hu in K. destruct K as (o & r' & P & W).
  destruct (attempt_acts capacity j (holds u) o (shared_of s) sd W) as (sh' & n & hd & e & E);
    [congruence|].
  assert (X : awakeb u && acts j (holds u) o (shared_of s) = true).
  { unfold awakeb, Step.acts. now rewrite Hu, E. }
  specialize (N _ _ Hj). unfold Step.able in N. rewrite P in N.
  destruct o; simpl in N, W; try discriminate; try (destruct d); congruence.
Qed.

Theorem none_able s : Inv capacity s ->
  (forall i t, nth_error (threads s) i = Some t -> able s i t = false) ->
  Forall (justified s) (threads s).
Proof.
  intros I N. apply Forall_of_nth. intros i t H. pose proof (N _ _ H) as E.
  destruct (program t) as [|o r] eqn:P; [unfold justified; now rewrite P|].
  assert (D : deadline_of o <> Some At).
  { intros D. unfold Step.able in E. rewrite P, D in E. discriminate. }
  pose proof (Forall_nth _ _ _ _ (placed _ _ I) H) as K. unfold well_placed in K.
  assert (AW : awakeb t = true -> justified s t).
  { intros W. destruct (attempt capacity i (holds t) o (shared_of s)) eqn:T.
    - exfalso. unfold Step.able, Step.acts in E. rewrite P, W, T in E.
      destruct o; simpl in *; try discriminate; destruct d; discriminate.
    - apply attempt_blocks in T as (W' & R & D'). eapply justified_intro; eauto.
    - unfold Step.able in E. rewrite P in E. unfold justified. rewrite P.
      destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in T, E; try discriminate;
        try (unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join,
             or_wait in T; cases_of T; fail).
      now apply joinable_false. }
  destruct (spot t) eqn:S; [apply AW; unfold awakeb; now rewrite S| |
                            apply AW; unfold awakeb; now rewrite S].
  destruct K as (o' & r' & P' & W & D'). rewrite P in P'. injection P' as <- <-.
  eapply justified_intro; eauto. eapply asleep_reason; eauto. eapply asleep_one; eauto.
Qed.

Theorem quiescent_iff s : Inv capacity s -> quiescent capacity s <->
  forall i t, nth_error (threads s) i = Some t -> able s i t = false.
Proof.
  intros I. split.
  - intros Q i t H. destruct (able s i t) eqn:E; auto.
    destruct (able_step _ _ _ I H E) as [s' K]. exfalso. eapply Q; eauto.
  - intros N i s' K. destruct (step_able _ _ _ K) as (t & H & E). rewrite (N _ _ H) in E.
    discriminate.
Qed.

Theorem quiescent_justified c s : reachable capacity c s -> quiescent capacity s ->
  Forall (justified s) (threads s).
Proof.
  intros R Q. apply reachable_inv in R. apply none_able; auto. now apply quiescent_iff.
Qed.

Lemma someone_able_spec s : someone_able s = true <->
  exists i t, nth_error (threads s) i = Some t /\ able s i t = true.
Proof.
  unfold Step.someone_able. rewrite existsb_exists. split.
  - intros (i & _ & E). destruct (nth_error (threads s) i) as [t|] eqn:H; [eauto|discriminate].
  - intros (i & t & H & E). exists i. rewrite H. split; auto.
    apply in_seq. apply nth_length in H. lia.
Qed.

Lemma none_able_quiescent s : Inv capacity s -> someone_able s = false -> quiescent capacity s.
Proof.
  intros I E. apply quiescent_iff; auto. intros i t H. destruct (able s i t) eqn:F; auto.
  assert (someone_able s = true) by (apply someone_able_spec; eauto). congruence.
Qed.

(** Either a thread can proceed, or every thread is finished or justified. *)
Theorem able_or_justified s : Inv capacity s ->
  (exists i t, nth_error (threads s) i = Some t /\ able s i t = true) \/
  (quiescent capacity s /\ Forall (justified s) (threads s)).
Proof.
  intros I. destruct (someone_able s) eqn:E.
  - left. now apply someone_able_spec.
  - right. pose proof (none_able_quiescent s I E) as Q. split; auto.
    apply none_able; auto. now apply quiescent_iff.
Qed.

End Progress.

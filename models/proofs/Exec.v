(** * The executable model is the model.

    The computed step ([Step.v]) is sound: what it computes is a step of the model;
    and complete: every step of the model is computed for some choice. So running it
    is running the model. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress.

Section Exec.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (t : thread A) (TH : list (thread A)) (o : op A).
Local Notation settlef := (Step.settlef capacity).
Local Notation movef := (Step.movef capacity).
Local Notation stepf := (Step.stepf capacity).
Local Notation runf := (Step.runf capacity).

(** ** Soundness *)

Lemma is_asleep_spec sd t : is_asleep sd t = true <-> spot t = Asleep sd.
Proof.
  unfold is_asleep. destruct (spot t); split; intros H; try discriminate.
  - apply side_eqb_eq in H. now subst.
  - injection H as ->. apply side_eqb_refl.
Qed.

Lemma first_asleep_spec sd : forall TH, match first_asleep sd TH with
  | Some j => asleep_at sd TH j = true
  | None => asleep sd TH = 0 end.
Proof.
  induction TH as [|t TH IH]; simpl; auto.
  destruct (is_asleep sd t) eqn:E; [exact E|].
  destruct (first_asleep sd TH); simpl; auto.
  unfold asleep in *. simpl. rewrite IH. unfold is_asleep in E.
  destruct (spot t); auto. now rewrite E.
Qed.

Lemma pick_spec sd TH p : match pick sd TH p with
  | Some j => exists t, nth_error TH j = Some t /\ spot t = Asleep sd
  | None => asleep sd TH = 0 end.
Proof.
  assert (G : forall j, asleep_at sd TH j = true ->
              exists t, nth_error TH j = Some t /\ spot t = Asleep sd).
  { intros j H. unfold asleep_at in H. destruct (nth_error TH j) as [t|]; [|discriminate].
    apply is_asleep_spec in H. eauto. }
  unfold pick. destruct (find _ p) as [j|] eqn:F.
  - apply find_some in F as [_ F]. auto.
  - pose proof (first_asleep_spec sd TH) as H. destruct (first_asleep sd TH); auto.
Qed.

Lemma notifyf_sound sd p : forall n TH, notify sd n TH (notifyf sd n p TH).
Proof.
  induction n as [|n IH]; intros TH; simpl; [constructor|].
  pose proof (pick_spec sd TH p) as H. destruct (pick sd TH p) as [j|].
  - destruct H as (t & Hj & E). rewrite Hj. econstructor; eauto.
  - now constructor.
Qed.

Lemma settlef_sound sh nt TH p1 p2 p3 nt' TH' : settlef sh nt TH p1 p2 p3 = (nt', TH') ->
  settle capacity sh nt TH nt' TH'.
Proof. unfold Step.settlef. intros [= <- <-]. econstructor; apply notifyf_sound. Qed.

Lemma awakeb_awake t : awakeb t = true <-> awake t.
Proof. unfold awakeb, awake. destruct (spot t); split; auto; try discriminate; tauto. Qed.

Lemma outside_spec t : outside t = true <-> spot t = Outside.
Proof. unfold outside. destruct (spot t); split; intros; auto; discriminate. Qed.

Lemma no_section i hd o sh : attempt capacity i hd o sh = NoSection ->
  (exists j h, o = Give j h) \/ exists l, o = JoinThreads l.
Proof.
  destruct o; simpl; eauto; try discriminate; intros H; exfalso;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join,
      or_wait in H; cases_of H.
Qed.

Theorem stepf_sound s c k s' : stepf s c = Some (k, s') -> step capacity k (who c) s s'.
Proof.
  destruct s as [sh nt TH L]. destruct c as [i b p1 p2 p3|i|i|i drops|i p1 p2 p3|i]; cbn [Step.stepf who].
  - unfold Step.movef. destruct (nth_error TH i) as [t|] eqn:H; [|discriminate].
    destruct (program t) as [|o r] eqn:P; [discriminate|].
    destruct (attempt capacity i (holds t) o sh) as [sh' next hd' seen|sd|] eqn:T.
    + destruct (awakeb t) eqn:W; [|discriminate]. apply awakeb_awake in W. cbn [andb].
      destruct (negb b || is_now o) eqn:B; [|discriminate].
      destruct (settlef _ _ _ _ _ _) as [nt' TH'] eqn:S. intros [= <- <-].
      apply settlef_sound in S. eapply s_act; eauto.
      intros ->. unfold is_now in B. simpl in B.
      destruct (deadline_of o) as [[]|]; auto; discriminate.
    + destruct (awakeb t) eqn:W; [|discriminate]. apply awakeb_awake in W. cbn [andb].
      destruct b; [discriminate|]. intros [= <- <-]. eapply s_block; eauto.
    + destruct (outside t) eqn:O; [|discriminate]. apply outside_spec in O. cbn [negb].
      apply no_section in T as [(j & h & ->)|[l ->]].
      * destruct (Nat.eqb_spec j i) as [->|N].
        { intros [= <- <-]. eapply s_keep; eauto. }
        destruct (Nat.eqb_spec (owns h (holds t)) 0) as [Z|Z]; cbn [orb].
        { intros [= <- <-]. eapply s_keep; eauto. }
        destruct (nth_error TH j) as [u|] eqn:U; intros [= <- <-].
        -- eapply s_give; eauto. lia.
        -- eapply s_keep; eauto.
      * destruct (joinable l TH) eqn:J; [|discriminate]. intros [= <- <-].
        eapply s_join_threads; eauto. now apply joinable_spec.
  - destruct (nth_error TH i) as [t|] eqn:H; [|discriminate].
    destruct (program t) as [|o r] eqn:P; [discriminate|].
    unfold is_at. destruct (deadline_of o) as [[]|] eqn:D; try discriminate.
    intros [= <- <-]. eapply s_expire; eauto.
  - destruct (nth_error TH i) as [t|] eqn:H; [|discriminate].
    unfold awakeb. destruct (spot t) eqn:S; try discriminate. intros [= <- <-].
    eapply s_spurious; eauto.
  - destruct (nth_error TH i) as [t|] eqn:H; [|discriminate].
    destruct (outside t) eqn:O; [|discriminate]. apply outside_spec in O. cbn [andb].
    destruct (drops_only (program t)) eqn:D; [discriminate|]. cbn [negb andb].
    destruct (counts drops (holds t)) eqn:C; [|discriminate]. intros [= <- <-].
    unfold counts in C. apply andb_true_iff in C as [C C3]. apply andb_true_iff in C as [C1 C2].
    apply Nat.eqb_eq in C1, C2, C3. eapply s_die; eauto.
    + clear - D. unfold drops_only in D. induction (program t) as [|o l IH]; [discriminate|].
      destruct o; simpl in D; try (eexists; split; [left; reflexivity|discriminate]).
      destruct (IH D) as (x & ? & ?). exists x. split; [right|]; auto.
    + intros []; auto.
  - unfold Step.abandonf. destruct (nth_error TH i) as [t|] eqn:H; [|discriminate].
    destruct (program t) as [|o r] eqn:P; [discriminate|].
    destruct (waits_at (spot t)) as [sd|] eqn:W; [|discriminate]. cbv zeta.
    destruct (settlef _ _ _ _ _ _) as [nt' TH'] eqn:S. intros [= <- <-].
    apply settlef_sound in S. eapply s_cancel; eauto.
  - unfold Step.glancef. destruct (nth_error TH i) as [t|] eqn:H; [|discriminate].
    destruct (program t) as [|o r] eqn:P; [discriminate|].
    destruct (spot t) as [|sd|sd] eqn:E; try discriminate.
    destruct (attempt capacity i (holds t) o sh) as [|sd'|] eqn:T; try discriminate.
    destruct (side_eqb sd sd') eqn:Q; [|discriminate]. apply side_eqb_eq in Q as <-.
    intros [= <- <-]. pose proof (s_look _ capacity i t o r sd sh nt TH L H P E T) as X. rewrite E in X. exact X.
Qed.

(** ** Completeness *)

Lemma nth_none_upd {X} (l : list X) i j y : nth_error l j = None -> nth_error (upd l i y) j = None.
Proof. rewrite !nth_error_None. now rewrite length_upd. Qed.

(** A woken thread was asleep before, and stays woken: preferring exactly the woken
    ones, in their order, wakes them. *)
Lemma notifyf_skip sd : forall n p TH j t, nth_error TH j = Some t -> is_asleep sd t = false ->
  notifyf sd n (j :: p) TH = notifyf sd n p TH.
Proof.
  induction n as [|n IH]; intros p TH j t H E; simpl; auto.
  assert (PE : pick sd TH (j :: p) = pick sd TH p).
  { unfold pick. simpl. unfold asleep_at at 1. now rewrite H, E. }
  rewrite PE. destruct (pick sd TH p) as [x|]; auto.
  destruct (nth_error TH x) as [u|] eqn:U; auto.
  destruct (Nat.eq_dec x j) as [->|N].
  - apply IH with (t := wake u); [eapply nth_upd_same; eauto|].
    unfold is_asleep, wake. destruct (spot u) eqn:S; simpl; auto. now rewrite S.
    now rewrite S.
  - apply IH with (t := t); auto. rewrite nth_upd_other; auto.
Qed.

Lemma notifyf_complete sd n TH TH' : notify sd n TH TH' -> exists p, notifyf sd n p TH = TH'.
Proof.
  induction 1 as [TH|n j t TH TH' Hj E Hn [p IH]|n TH Z].
  - exists []. reflexivity.
  - exists (j :: p). simpl.
    assert (PK : pick sd TH (j :: p) = Some j).
    { unfold pick. simpl. unfold asleep_at at 1. rewrite Hj.
      apply is_asleep_spec in E. now rewrite E. }
    rewrite PK, Hj, <- IH. apply notifyf_skip with (t := wake t).
    + eapply nth_upd_same; eauto.
    + unfold is_asleep, wake. now rewrite E.
  - exists []. simpl. pose proof (pick_spec sd TH []) as P.
    destruct (pick sd TH []) as [j|]; auto. destruct P as (t & Hj & E).
    pose proof (asleep_one _ _ _ _ Hj E). lia.
Qed.

Lemma settlef_complete sh nt TH nt' TH' : settle capacity sh nt TH nt' TH' ->
  exists p1 p2 p3, settlef sh nt TH p1 p2 p3 = (nt', TH').
Proof.
  intros [TH1 TH2 TH3 H1 H2 H3].
  apply notifyf_complete in H1 as [p1 E1], H2 as [p2 E2], H3 as [p3 E3].
  exists p1, p2, p3. unfold Step.settlef. now rewrite E1, E2, E3.
Qed.

Theorem stepf_complete k i s s' : step capacity k i s s' ->
  exists c, who c = i /\ stepf s c = Some (k, s').
Proof.
  intros Hs. destruct Hs.
  - apply settlef_complete in H4 as (p1 & p2 & p3 & S).
    exists (Move i timed_out p1 p2 p3). split; auto. cbn -[Step.settlef all_calls].
    rewrite H, H0, H2. apply awakeb_awake in H1. rewrite H1. cbn [andb].
    assert (B : negb timed_out || is_now o = true).
    { destruct timed_out; auto. unfold is_now. now rewrite H3. }
    rewrite B, S. reflexivity.
  - exists (Move i false [] [] []). split; auto. cbn. rewrite H, H0, H2.
    apply awakeb_awake in H1. now rewrite H1.
  - exists (Move i false [] [] []). split; auto. cbn. rewrite H, H0. cbn.
    apply outside_spec in H1. rewrite H1. cbn.
    destruct (Nat.eqb_spec j i); [contradiction|].
    destruct (Nat.eqb_spec (owns h (holds t)) 0); [lia|]. cbn [orb]. now rewrite H2.
  - exists (Move i false [] [] []). split; auto. cbn. rewrite H, H0. cbn.
    apply outside_spec in H1. rewrite H1. cbn. destruct H2 as [->|[E|E]].
    + rewrite Nat.eqb_refl. reflexivity.
    + destruct (_ || _); [reflexivity|]. now rewrite E.
    + rewrite E, orb_true_r. reflexivity.
  - exists (Move i false [] [] []). split; auto. cbn. rewrite H, H0. cbn.
    apply outside_spec in H1. rewrite H1. cbn. apply joinable_spec in H2. now rewrite H2.
  - exists (Expire i). split; auto. cbn. rewrite H, H0. unfold is_at. now rewrite H1.
  - exists (Stir i). split; auto. cbn. rewrite H. unfold awakeb. now rewrite H0.
  - exists (Die i drops). split; auto. cbn. rewrite H. apply outside_spec in H0.
    rewrite H0. cbn [andb].
    assert (D : drops_only (program t) = false).
    { destruct H1 as (o & I & N). destruct (drops_only (program t)) eqn:D; auto.
      unfold drops_only in D. rewrite forallb_forall in D. apply D in I.
      destruct o; try discriminate. exfalso. eapply N; eauto. }
    rewrite D. cbn [negb andb]. unfold counts. rewrite !H2, !Nat.eqb_refl. reflexivity.
  - apply settlef_complete in H2 as (p1 & p2 & p3 & S).
    exists (Abandon i p1 p2 p3). split; auto. unfold Step.stepf, Step.abandonf.
    rewrite H, H0, H1. cbv zeta. rewrite S. reflexivity.
  - exists (Glance i). split; auto. unfold Step.stepf, Step.glancef.
    rewrite H, H0, H1, H2, side_eqb_refl. reflexivity.
Qed.

(** ** Whole executions *)

Lemma run_before ks k i s s' s'' : step capacity k i s s' -> run capacity ks s' s'' ->
  run capacity (ks ++ [k]) s s''.
Proof.
  intros H R. induction R; simpl.
  - econstructor; [constructor|exact H].
  - econstructor; eauto.
Qed.

Theorem runf_sound : forall cs s s', runf s cs = Some s' -> exists ks, run capacity ks s s'.
Proof.
  induction cs as [|c cs IH]; simpl; intros s s' H.
  - injection H as <-. exists []. constructor.
  - destruct (stepf s c) as [[k s1]|] eqn:E; [|discriminate].
    apply stepf_sound in E. destruct (IH _ _ H) as [ks R].
    exists (ks ++ [k]). eapply run_before; eauto.
Qed.

End Exec.

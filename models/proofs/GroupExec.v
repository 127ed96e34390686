(** * The computed step of a group is a step of the model. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Groups GroupInvariant GroupStep.

(** The state of the model that it stands for; that has functions, so they agree point by point. *)
Definition same (s : gworld) (g : gstate) : Prop :=
  (forall q, content s q = holds_of (contents g) q) /\
  (forall j, threads s j = at_ g j) /\ epoch s = now g.

(** ** The lists and the functions agree *)

Lemma eqb_spec x y : eqb x y = true <-> x = y.
Proof. destruct x, y; cbn; split; congruence. Qed.

Lemma condition_eqb_spec v w : condition_eqb v w = true <-> v = w.
Proof.
  unfold condition_eqb. destruct v as [p x], w as [q y]. cbn.
  rewrite andb_true_iff, Nat.eqb_eq, eqb_spec. split; [intros []|intros [= -> ->]]; subst; auto.
Qed.

Lemma target_eqb_spec t u : target_eqb t u = true -> t = u.
Proof.
  destruct t, u; cbn; try discriminate; auto.
  - intros E. apply condition_eqb_spec in E. congruence.
  - intros E. apply Nat.eqb_eq in E. congruence.
Qed.

Lemma member_spec j l : member j l = true <-> In j l.
Proof.
  unfold member. rewrite existsb_exists. split.
  - intros (x & I & E). apply Nat.eqb_eq in E. now subst.
  - intros I. exists j. split; auto. apply Nat.eqb_refl.
Qed.

Lemma every_from_spec p : (forall j, p j idle = true) -> forall l k,
  every_from k p l = true <-> forall j, p (k + j) (nth j l idle) = true.
Proof.
  intros D. induction l as [|t l IH]; intros k; cbn [every_from].
  - split; auto. intros _ [|j]; cbn; auto.
  - rewrite andb_true_iff, IH. split.
    + intros [A B] [|j]; cbn; [now rewrite Nat.add_0_r|]. rewrite Nat.add_succ_r. apply B.
    + intros A. split; [specialize (A 0); now rewrite Nat.add_0_r in A|].
      intros j. specialize (A (S j)). now rewrite Nat.add_succ_r in A.
Qed.

Lemma some_from_spec p : (forall j, p j idle = false) -> forall l k,
  some_from k p l = true <-> exists j, p (k + j) (nth j l idle) = true.
Proof.
  intros D. induction l as [|t l IH]; intros k; cbn [some_from].
  - split; [discriminate|]. intros [[|j] E]; cbn in E; rewrite D in E; discriminate.
  - rewrite orb_true_iff, IH. split.
    + intros [A|[j A]]; [exists 0; now rewrite Nat.add_0_r|].
      exists (S j). now rewrite Nat.add_succ_r.
    + intros [[|j] A]; [left; now rewrite Nat.add_0_r in A|].
      right. exists j. now rewrite Nat.add_succ_r in A.
Qed.

Lemma every_spec g p : (forall j, p j idle = true) ->
  every g p = true <-> forall j, p j (at_ g j) = true.
Proof. intros D. apply (every_from_spec p D (actors g) 0). Qed.

Lemma some_spec g p : (forall j, p j idle = false) ->
  some g p = true <-> exists j, p j (at_ g j) = true.
Proof. intros D. apply (some_from_spec p D (actors g) 0). Qed.

Lemma nth_map_from h : forall l k j, (length l <= j -> h (k + j) idle = idle) ->
  nth j (map_from k h l) idle = h (k + j) (nth j l idle).
Proof.
  induction l as [|t l IH]; intros k j D; cbn [map_from].
  - replace (nth j [] idle) with idle by now destruct j. now rewrite D by (cbn; lia).
  - destruct j as [|j]; cbn [nth]; [now rewrite Nat.add_0_r|].
    rewrite IH; [now rewrite Nat.add_succ_r|]. intros L.
    replace (S k + j) with (k + S j) by lia. apply D. cbn. lia.
Qed.

Lemma length_map_from h : forall l k, length (map_from k h l) = length l.
Proof. induction l; intros k; cbn; auto. Qed.

Lemma size_change h g : size_of (change h g) = size_of g.
Proof. apply length_map_from. Qed.

Section Same.
Variables (c : nat -> list side) (f : nat -> gthread) (e : nat) (g : gstate).
Hypothesis H : same (State c f e) g.

Lemma same_content q : c q = holds_of (contents g) q.
Proof. apply H. Qed.
Lemma same_at j : f j = at_ g j.
Proof. apply H. Qed.
Lemma same_now : e = now g.
Proof. apply H. Qed.

Lemma same_ext f' : (forall j, f' j = f j) -> same (State c f' e) g.
Proof. intros E. destruct H as (A & B & D). repeat split; auto. intros j. cbn. rewrite E. apply B. Qed.

Lemma same_hold q x : same (State (put Nat.eq_dec c q x) f e) (hold q x g).
Proof.
  destruct H as (A & B & D). split; [|split; auto]. intros p. cbn. unfold put, holds_of, put_in. cbn.
  destruct (Nat.eq_dec p q) as [->|N]; [now rewrite Nat.eqb_refl|].
  destruct (Nat.eqb_spec q p) as [->|_]; [contradiction|].
  cbn in A. rewrite (A p). unfold holds_of. clear A. induction (contents g) as [|[r y] l IH]; cbn; auto.
  destruct (Nat.eqb_spec r q) as [->|N']; cbn.
  - destruct (Nat.eqb_spec q p) as [->|_]; [contradiction|auto].
  - destruct (r =? p); auto.
Qed.

Lemma same_pass : same (State c f (1 + e)) (pass g).
Proof. destruct H as (A & B & D). repeat split; auto. cbn in *. now rewrite D. Qed.

Lemma same_change h f' : (forall j, size_of g <= j -> h j idle = idle) ->
  (forall j, f' j = h j (f j)) -> same (State c f' e) (change h g).
Proof.
  intros D F. destruct H as (A & B & E). repeat split; auto. intros j. cbn. rewrite F.
  unfold at_, change. cbn. rewrite (nth_map_from h (actors g) 0 j (D j)). cbn. f_equal. apply B.
Qed.

Lemma same_set i t : i < size_of g -> same (State c (set f i t) e) (set_at i t g).
Proof.
  intros L. apply same_change.
  - intros j M. destruct (Nat.eqb_spec j i); auto. lia.
  - intros j. unfold set. destruct (Nat.eq_dec j i) as [->|N]; [now rewrite Nat.eqb_refl|].
    destruct (Nat.eqb_spec j i); congruence.
Qed.

Lemma same_notify q chosen : same
  (State c (notify_at Nat.eq_dec q (fun j => member j chosen) f) e) (notify_in q chosen g).
Proof. apply same_change; auto. intros j _. cbn. now destruct (member j chosen). Qed.

Lemma running_spec i : is_running (at_ g i) = true -> place_of (f i) = Running.
Proof. rewrite same_at. unfold is_running. destruct (place_of (at_ g i)); auto; discriminate. Qed.

Lemma act_spec i : may_act (at_ g i) = true -> acts (f i).
Proof.
  unfold may_act, acts. rewrite andb_true_iff, orb_true_iff, Nat.ltb_lt. intros [R P].
  split; [now apply running_spec|]. now rewrite same_at.
Qed.

Lemma free_spec q : is_free g q = true -> free f q.
Proof.
  unfold is_free. rewrite every_spec by reflexivity. intros A j X. specialize (A j).
  rewrite <- same_at in A. unfold has_lock in A. unfold holds in X.
  destruct (place_of (f j)); auto; subst; now rewrite Nat.eqb_refl in A.
Qed.

Lemma lacks_spec w : lacks g w = true <-> missing is_ready c w.
Proof. unfold lacks, missing. rewrite same_content, negb_true_iff. tauto. Qed.
Lemma lacks_not w : lacks g w = false -> ~ missing is_ready c w.
Proof. rewrite <- lacks_spec. congruence. Qed.

Lemma left_spec i t : left_for g i t = true <-> has_left f i t.
Proof.
  destruct t as [w|j|]; cbn; [split; [discriminate|tauto]| |].
  - now rewrite same_at, negb_true_iff.
  - rewrite every_spec by (intros; cbn; apply orb_true_r). split; intros A j; specialize (A j).
    + intros N. rewrite same_at. apply orb_true_iff in A. destruct A as [A|A].
      * apply Nat.eqb_eq in A. contradiction.
      * now apply negb_true_iff.
    + destruct (Nat.eqb_spec j i) as [->|N]; cbn; auto. rewrite <- same_at. now rewrite A.
Qed.
Lemma left_not i t : left_for g i t = false -> ~ has_left f i t.
Proof. rewrite <- left_spec. congruence. Qed.

Lemma blocked_spec : blocked_in g = true <-> all_blocked f.
Proof.
  unfold blocked_in, all_blocked. rewrite !andb_true_iff, !every_spec, some_spec by reflexivity.
  split.
  - intros [[A [j B]] D]. repeat split.
    + intros k. rewrite same_at. now apply Nat.eqb_eq.
    + exists j. now rewrite same_at.
    + intros k P. specialize (D k). rewrite same_at in *. now rewrite P in D.
  - intros (A & [j B] & D). repeat split.
    + intros k. apply Nat.eqb_eq. rewrite <- same_at. apply A.
    + exists j. now rewrite <- same_at.
    + intros k. rewrite <- same_at. destruct (participates (f k)) eqn:P; auto. cbn. auto.
Qed.

Lemma join_spec : join_ready g = true <-> any_join_ready f.
Proof.
  unfold join_ready, any_join_ready. rewrite some_spec by reflexivity. split; intros [j A]; exists j.
  - rewrite <- same_at in A. apply andb_true_iff in A. destruct A as [A B].
    destruct (wait_of (f j)) as [t|] eqn:W; [|discriminate]. exists t. rewrite left_spec in B. auto.
  - destruct A as (t & A & W & L). rewrite <- same_at, A, W. cbn. now apply left_spec.
Qed.
Lemma join_not : join_ready g = false -> ~ any_join_ready f.
Proof. rewrite <- join_spec. congruence. Qed.

Lemma asked_for_spec w : blocked_at f w <-> exists j, asked_for (at_ g j) = Some w.
Proof.
  unfold blocked_at, asked_for. split; intros [j A]; exists j.
  - destruct A as [B W]. now rewrite <- same_at, B, W.
  - rewrite <- same_at in A. destruct (blocked (f j)); [|discriminate].
    destruct (wait_of (f j)) as [[v| |]|]; try discriminate. injection A as ->. auto.
Qed.

Lemma asked_spec w : is_asked_for g w = true <-> blocked_at f w.
Proof.
  rewrite asked_for_spec. unfold is_asked_for. rewrite some_spec by reflexivity.
  split; intros [j A]; exists j.
  - destruct (asked_for (at_ g j)); [|discriminate]. apply condition_eqb_spec in A. now subst.
  - rewrite A. now apply condition_eqb_spec.
Qed.

Lemma any_spec : any_asked_for g = true <-> exists w, blocked_at f w.
Proof.
  unfold any_asked_for. rewrite some_spec by reflexivity. split.
  - intros [j A]. destruct (asked_for (at_ g j)) as [w|] eqn:E; [|discriminate].
    exists w. apply asked_for_spec. eauto.
  - intros [w A]. apply asked_for_spec in A as [j A]. exists j. now rewrite A.
Qed.

Lemma all_in_spec p : all_in g p = true <-> forall w, blocked_at f w -> p w = true.
Proof.
  unfold all_in. rewrite every_spec by reflexivity. split.
  - intros A w B. apply asked_for_spec in B as [j B]. specialize (A j). now rewrite B in A.
  - intros A j. destruct (asked_for (at_ g j)) as [w|] eqn:E; auto. apply A, asked_for_spec. eauto.
Qed.

Lemma snapshot_spec l : is_snapshot g l = true -> snapshot f l.
Proof.
  unfold is_snapshot. rewrite andb_true_iff, forallb_forall, all_in_spec. intros [A B] w. split.
  - intros I. apply asked_spec. auto.
  - intros K. apply B, existsb_exists in K as (v & I & E). apply condition_eqb_spec in E. now subst.
Qed.

Lemma covered_spec q : is_covered q g = true -> covered_at is_ready q (State c f e).
Proof.
  unfold is_covered. rewrite forallb_forall. intros A [p x] E M (j & SL). cbn in E. subst p.
  assert (I : In x [NotEmpty; NotFull; AllDone]) by (destruct x; cbn; auto).
  specialize (A x I). apply orb_true_iff in A. cbn [content threads] in *. destruct A as [A|A].
  - apply orb_true_iff in A. destruct A as [A|A].
    + exfalso. now apply M, lacks_spec.
    + exfalso. apply negb_true_iff in A. rewrite <- not_true_iff_false in A. apply A.
      apply some_spec; [reflexivity|]. exists j. rewrite <- same_at. unfold sleeps_un_notified.
      rewrite SL. now apply condition_eqb_spec.
  - apply some_spec in A; [|reflexivity]. destruct A as [k A]. exists k. rewrite <- same_at in A.
    unfold comes in A. unfold on_its_way.
    destruct (place_of (f k)) as [| | | | | |[v| |] []|v []|]; try discriminate;
      apply condition_eqb_spec in A; subst; auto.
Qed.

End Same.

Lemma move_same (t : gthread) : Groups.move t (place_of t) = t.
Proof. now destruct t. Qed.

Lemma all_blocked_alike (f f' : nat -> gthread) :
  (forall j, tokens (f' j) = tokens (f j) /\ participates (f' j) = participates (f j) /\
             blocked (f' j) = blocked (f j)) ->
  all_blocked f -> all_blocked f'.
Proof.
  intros E (A & [j B] & D). repeat split.
  - intros k. destruct (E k) as (-> & _). apply A.
  - exists j. now destruct (E j) as (_ & -> & _).
  - intros k. destruct (E k) as (_ & -> & ->). apply D.
Qed.

(** The place of a thread does not matter to whether all are blocked. *)
Lemma all_blocked_place (f : nat -> gthread) i t p q :
  all_blocked (set f i (Groups.move t p)) -> all_blocked (set f i (Groups.move t q)).
Proof. apply all_blocked_alike. intros j. at_set j i; auto. Qed.

Lemma same_detecting c f e g i t x : same (State c f e) g -> i < size_of g ->
  size_of (set_detecting i t x g) = size_of g /\ exists p,
  then_detects (set f i (Groups.move t p)) x (place_of t) p /\
  same (State c (set f i (Groups.move t p)) e) (set_detecting i t x g).
Proof.
  intros SA L. pose proof (same_set _ _ _ _ SA i t L) as S1. unfold set_detecting.
  pose proof (blocked_spec _ _ _ _ S1) as B. rewrite <- (move_same t) in B at 2.
  destruct (blocked_in (set_at i t g)) eqn:E.
  - split; [unfold set_at; now rewrite !size_change|]. exists (Opening x). split.
    + left. split; auto. eapply all_blocked_place. apply B. auto.
    + assert (L' : i < size_of (set_at i t g)) by (unfold set_at; now rewrite size_change).
      refine (same_ext _ _ _ _ (same_set _ _ _ _ S1 i (Groups.move t (Opening x)) L') _ _).
      intros j. at_set j i; auto.
  - split; [unfold set_at; now rewrite size_change|]. exists (place_of t). split.
    + right. split; auto. intros A. apply B in A. discriminate.
    + now rewrite move_same.
Qed.

Lemma same_end_wait c f e g i p : same (State c f e) g -> i < size_of g ->
  size_of (end_wait i p g) = size_of g /\
  same (State c (set f i (unblock (f i) p)) (if blocked (f i) then 1 + e else e)) (end_wait i p g).
Proof.
  intros SA L. unfold end_wait. rewrite <- (same_at _ _ _ _ SA).
  pose proof (same_set _ _ _ _ SA i (unblock (f i) p) L) as S1.
  destruct (blocked (f i)); (split; [unfold set_at; cbn; now rewrite length_map_from|]); auto.
  now apply same_pass.
Qed.

Lemma ends_section_sound b q x chosen c f e g g' : same (State c f e) g ->
  ends_section b q x chosen g = Some g' -> b = true /\ size_of g' = size_of g /\
  let f' := notify_at Nat.eq_dec q (fun j => member j chosen) f in
  covered_at is_ready q (State (put Nat.eq_dec c q x) f' e) /\
  same (State (put Nat.eq_dec c q x) f' e) g'.
Proof.
  intros SA. unfold ends_section, given. destruct b; [|discriminate]. cbn [andb].
  destruct (is_covered q (notify_in q chosen (hold q x g))) eqn:E; [|discriminate].
  intros [= <-]. split; auto. split; [apply length_map_from|].
  pose proof (same_notify _ _ _ _ (same_hold _ _ _ _ SA q x) q chosen) as S1.
  split; auto. eapply covered_spec; eauto.
Qed.

(** Every computed step is one of the model. *)
Theorem gstep_sound s g m g' : same s g -> gstep g m = Some g' ->
  size_of g' = size_of g /\ exists k s', gact (size_of g) k (actor m) s s' /\ same s' g'.
Proof.
  destruct s as [c f e]. intros SA E. unfold gstep in E.
  destruct (Nat.leb_spec (size_of g) (actor m)) as [|L]; [discriminate|].
  pose proof (same_at _ _ _ _ SA) as AT. pose proof (same_now _ _ _ _ SA) as NOW.
  assert (SZ : forall t, size_of (set_at (actor m) t g) = size_of g)
    by (intros; unfold set_at; apply size_change).
  assert (SET : forall t, same (State c (set f (actor m) t) e) (set_at (actor m) t g))
    by (intros; now apply same_set).
  assert (FREE := fun q => free_spec _ _ _ _ SA q).
  assert (ACT : forall i, may_act (f i) = true -> acts (f i))
    by (intros i; rewrite (AT i) at 1; apply (act_spec _ _ _ _ SA)).
  assert (RUN : forall i, is_running (f i) = true -> place_of (f i) = Running)
    by (intros i; rewrite (AT i) at 1; apply (running_spec _ _ _ _ SA)).
  assert (LACK := fun w => proj1 (lacks_spec _ _ _ _ SA w)).
  assert (LACKN := fun w => lacks_not _ _ _ _ SA w).
  assert (LEFT := fun i t => proj1 (left_spec _ _ _ _ SA i t)).
  assert (LEFTN := fun i t => left_not _ _ _ _ SA i t).
  destruct m; cbn [actor] in *; cbv zeta in E; rewrite <- ?AT in E; unfold given in E.
  - (* act *)
    destruct (ends_section_sound _ _ _ _ _ _ _ _ _ SA E) as (B & Z & CO & S').
    apply andb_true_iff in B as [B1 B2]. split; auto. exists Progress. eexists. split; [|exact S'].
    apply s_act; auto.
  - (* sleep_timed *)
    destruct (may_act _ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2].
    split; auto. exists Progress. eexists. split; [|apply SET]. apply s_sleep_timed; auto.
  - (* wake_timed *)
    destruct (place_of (f i)) as [| | | | | | |w n|] eqn:P; try discriminate.
    destruct (ends_section_sound _ _ _ _ _ _ _ _ _ (SET _) E) as (B & Z & CO & S').
    split; [now rewrite Z|]. exists Progress. eexists. split; [|exact S'].
    eapply s_wake_timed; eauto.
  - (* block *)
    destruct (_ && lacks g w) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B1 B2].
    destruct (same_detecting _ _ _ _ i (block (f i) (Registered w)) (Some (AtQueue w)) SA L)
      as (Z & p & D & S').
    change (Groups.move (block (f i) (Registered w)) p) with (block (f i) p) in *.
    split; auto. exists Progress. eexists. split; [|apply same_pass; exact S'].
    destruct (place_of (f i)) as [| | | | | | | |v []] eqn:P; try discriminate.
    + apply andb_true_iff in B1 as [B1 B3]. eapply s_block; eauto.
    + apply condition_eqb_spec in B1. subst v. eapply s_block_again; eauto.
  - (* sleep *)
    destruct (place_of (f i)) as [|w| | | |[w| |]| | |] eqn:P; try discriminate.
    + injection E as <-. split; auto. exists Progress. eexists. split; [|apply SET].
      eapply s_sleep; eauto.
    + destruct (_ && _ && _) eqn:B; [|discriminate]. injection E as <-.
      apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2].
      apply negb_true_iff in B3. split; auto. exists Progress. eexists. split; [|apply SET].
      apply s_recheck_sleep; auto.
  - (* resume *)
    destruct (place_of (f i)) as [| | | | |[w| |]|[w| |] n| |] eqn:P; try discriminate.
    + destruct (_ && _) eqn:B; [|discriminate]. injection E as <-.
      apply andb_true_iff in B as [B1 B2].
      destruct (same_end_wait _ _ _ _ i (Resumed w (deadlocked (f i))) SA L) as (Z & S').
      split; auto. exists Progress. eexists. split; [|exact S']. apply s_recheck_resume; auto.
      apply orb_true_iff in B2. destruct B2 as [B2|B2]; auto. apply negb_true_iff in B2. auto.
    + destruct (is_free g (fst w)) eqn:B; [|discriminate]. injection E as <-.
      destruct (same_end_wait _ _ _ _ i (Resumed w (deadlocked (f i))) SA L) as (Z & S').
      split; auto. exists (reason n). eexists. split; [|exact S']. apply s_wake; auto.
  - (* return *)
    destruct (place_of (f i)) as [| | | | | | | |w last] eqn:P; try discriminate.
    destruct (ends_section_sound _ _ _ _ _ _ _ _ _ (SET _) E) as (B & Z & CO & S').
    split; [now rewrite Z|]. exists Progress. eexists. split; [|exact S'].
    eapply s_return; eauto. apply orb_true_iff in B. destruct B as [B|B]; auto.
    apply negb_true_iff in B. auto.
  - (* join *)
    destruct (_ && is_join t && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2]. apply negb_true_iff in B3.
    destruct (same_detecting _ _ _ _ i (block (f i) (Asleep t false)) (Some t) SA L)
      as (Z & p & D & S').
    change (Groups.move (block (f i) (Asleep t false)) p) with (block (f i) p) in *.
    split; auto.
    destruct (place_of (f i)) as [| | | | | |y n| |] eqn:P; try discriminate.
    + exists Progress. eexists. split; [|apply same_pass; exact S']. eapply s_join; eauto.
    + apply andb_true_iff in B1 as [B1 B4]. apply target_eqb_spec in B1. subst y.
      apply negb_true_iff in B4.
      exists (reason n). eexists. split; [|apply same_pass; exact S']. eapply s_join_again; eauto.
  - (* join_sleep *)
    destruct (place_of (f i)) as [| | | | |x| | |] eqn:P; try discriminate.
    destruct (_ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2].
    apply negb_true_iff in B2, B3. split; auto. exists Progress. eexists. split; [|apply SET].
    apply s_join_recheck; auto.
  - (* join_end *)
    destruct (place_of (f i)) as [| | | | |x|x n| |] eqn:P; try discriminate;
      (destruct (_ && _) eqn:B; [|discriminate]); injection E as <-;
      apply andb_true_iff in B as [B1 B2]; apply orb_true_iff in B2;
      destruct (same_end_wait _ _ _ _ i Running SA L) as (Z & S');
      (split; [auto|]).
    + exists (reason true). eexists. split; [|exact S']. eapply s_join_end; eauto.
      destruct B2; auto.
    + exists (reason n). eexists. split; [|exact S']. eapply s_join_end; eauto. destruct B2; auto.
  - (* open *)
    destruct (place_of (f i)) as [| |x| | | | | |] eqn:P; try discriminate.
    destruct (_ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2]. apply negb_true_iff in B2.
    split; auto. exists Progress. eexists. split; [|apply SET]. rewrite <- NOW. apply s_open; auto.
    + now apply (blocked_spec _ _ _ _ SA).
    + now apply (join_not _ _ _ _ SA).
    + now apply (snapshot_spec _ _ _ _ SA).
  - (* open_not *)
    destruct (place_of (f i)) as [| |x| | | | | |] eqn:P; try discriminate.
    destruct (_ || _) eqn:B; [|discriminate]. injection E as <-. apply orb_true_iff in B.
    split; auto. exists Progress. eexists. split; [|apply SET]. apply s_open_not; auto.
    destruct B as [B|B].
    + left. rewrite <- (blocked_spec _ _ _ _ SA). apply negb_true_iff in B. congruence.
    + right. now apply (join_spec _ _ _ _ SA).
  - (* ask *)
    destruct (place_of (f i)) as [| | |x e0 [|w todo]| | | | |] eqn:P; try discriminate.
    destruct (is_free g (fst w)) eqn:B; [|discriminate]. injection E as <-. split; auto.
    exists Progress. eexists. split; [|apply SET]. destruct (lacks g w) eqn:M.
    + eapply s_ask; eauto.
    + eapply s_ask_ready; eauto.
  - (* stale *)
    destruct (place_of (f i)) as [| | |x e0 todo| | | | |] eqn:P; try discriminate.
    destruct (negb _) eqn:B; [|discriminate]. injection E as <-. apply negb_true_iff, Nat.eqb_neq in B.
    split; auto. exists Progress. eexists. split; [|apply SET]. eapply s_stale; eauto. congruence.
  - (* mark *)
    destruct (place_of (f i)) as [| | |x e0 [|w l]| | | | |] eqn:P; try discriminate.
    destruct (_ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B1 B2]. apply Nat.eqb_eq in B1. subst e0.
    split; [cbn; rewrite !length_map_from; auto|]. exists Progress. eexists. split.
    + rewrite <- NOW in P. eapply s_mark with (joiners := negb (any_asked_for g)); eauto.
      * unfold only_joins. destruct (any_asked_for g) eqn:A; cbn.
        -- now apply (any_spec _ _ _ _ SA).
        -- intros w A'. assert (A2 : any_asked_for g = true) by (apply (any_spec _ _ _ _ SA); eauto).
           congruence.
      * intros w A. apply member_spec. exact (proj1 (all_in_spec _ _ _ _ SA _) B2 w A).
    + apply same_pass. eapply same_change; [apply SET| |reflexivity]. reflexivity.
  - (* notify *)
    destruct (place_of (f i)) as [| | | |x [|q todo]| | | |] eqn:P; try discriminate.
    destruct (is_free g q) eqn:B; [|discriminate]. injection E as <-.
    split; [cbn; rewrite !length_map_from; auto|]. exists Progress. eexists. split.
    + eapply s_notify; eauto.
    + eapply same_change; [apply SET| |reflexivity]. reflexivity.
  - (* notified *)
    destruct (place_of (f i)) as [| | | |x [|q todo]| | | |] eqn:P; try discriminate.
    injection E as <-. split; auto. exists Progress. eexists. split; [|apply SET].
    eapply s_notified; eauto.
  - (* leave *)
    destruct (_ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2].
    destruct (same_detecting _ _ _ _ i (Groups.Thread Running false false false (tokens (f i))) None
                SA L) as (Z & p & D & S').
    change (Groups.move (Groups.Thread Running false false false (tokens (f i))) p)
      with (Groups.Thread p false false false (tokens (f i))) in *.
    split; [cbn; destruct wakes; cbn; rewrite ?length_map_from; auto|].
    exists Progress. eexists. split.
    + eapply s_leave with (wakes := wakes) (p := p); eauto.
      intros ->. cbn in B3. apply negb_true_iff in B3. eapply join_not; eauto.
    + apply same_pass. destruct wakes; [|exact S'].
      eapply same_change; [exact S'| |reflexivity]. reflexivity.
  - (* participate *)
    destruct (_ && _ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B4]. apply andb_true_iff in B as [B B3].
    apply andb_true_iff in B as [B1 B2]. apply Nat.ltb_lt in B2. apply negb_true_iff in B4.
    split; [cbn; rewrite length_map_from; auto|]. exists Progress. eexists. split.
    + eapply s_participate with (j := j); eauto.
    + apply same_pass. now apply same_set.
  - (* acquire *)
    destruct (_ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B3]. apply andb_true_iff in B as [B1 B2]. apply Nat.ltb_lt in B2.
    split; [cbn; rewrite length_map_from; auto|]. exists Progress. eexists. split.
    + eapply s_acquire with (j := j); eauto.
    + apply same_pass. now apply same_set.
  - (* give *)
    destruct (tokens (f i)) as [|n] eqn:T; [discriminate|].
    destruct (_ && _ && _ && _) eqn:B; [|discriminate]. injection E as <-.
    apply andb_true_iff in B as [B B4]. apply andb_true_iff in B as [B B3].
    apply andb_true_iff in B as [B1 B2]. apply Nat.ltb_lt in B3.
    apply negb_true_iff, Nat.eqb_neq in B2.
    split; [cbn; rewrite !length_map_from; auto|]. exists Progress. eexists. split.
    + eapply s_give with (j := j) (n := n); eauto.
    + apply same_set; [apply SET|]. now rewrite SZ.
  - (* release *)
    destruct (tokens (f i)) as [|n] eqn:T; [discriminate|].
    destruct (is_running _) eqn:B; [|discriminate]. injection E as <-.
    destruct (same_detecting _ _ _ _ i (Groups.Thread Running false false (participates (f i)) n) None
                SA L) as (Z & p & D & S').
    change (Groups.move (Groups.Thread Running false false (participates (f i)) n) p)
      with (Groups.Thread p false false (participates (f i)) n) in *.
    split; auto. exists Progress. eexists. split; [|apply same_pass; exact S'].
    eapply s_release with (n := n); eauto.
Qed.

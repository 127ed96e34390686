(** * [grace.rs] keeps the grace periods of the model.

    Each operation of the transcription ([Grace.v]) keeps its relation to the accounts of [Flush.v]. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Flush FlushAccounts Grace.

Lemma marked_ext f f' b : forall q p, (forall x, p <= x -> f x = f' x) -> marked f p b q -> marked f' p b q.
Proof.
  induction q as [|e q IH]; cbn; auto. intros p E [H1 H2]. split.
  - rewrite H1. apply E. lia.
  - apply IH; auto. intros x L. apply E. lia.
Qed.

Lemma marked_accounts f b b' : generation b' = generation b -> forall q p, marked f p b q -> marked f p b' q.
Proof.
  intros G. induction q as [|e q IH]; cbn [marked]; auto. intros p [H1 H2]. split; auto.
  unfold is_old in *. now rewrite G.
Qed.

Lemma ascending_mono l : forall low low', low' <= low -> ascending low l -> ascending low' l.
Proof. destruct l; cbn; intros; auto. destruct H0. split; auto. lia. Qed.

Lemma ascending_below : forall l low p, ascending low l -> p < low -> existsb (Nat.eqb p) l = false.
Proof.
  induction l as [|x l IH]; cbn; intros low p H L; auto. destruct H as [H1 H2].
  destruct (Nat.eqb_spec p x); [lia|]. apply (IH (S x)); auto. lia.
Qed.

Lemma ascending_app : forall l low p, ascending low l -> Forall (fun x => x < p) l -> low <= p ->
  ascending low (l ++ [p]).
Proof.
  induction l as [|x l IH]; cbn; intros low p A F L; auto.
  inversion F; subst. destruct A. split; auto.
Qed.

Lemma leave_counts b limit : forall count q head l n r, ascending head l -> count <= length q ->
  marked (fun p => (p <? limit) || existsb (Nat.eqb p) l) head b q ->
  pop_below (head + count) limit l = (n, r) ->
  min limit (head + count) - head + n = olds b (firstn count q) /\
  ascending (head + count) r /\ incl r l /\
  marked (fun p => (p <? limit) || existsb (Nat.eqb p) r) (head + count) b (skipn count q).
Proof.
  induction count as [|count IH]; intros q head l n r AS L M P.
  - rewrite Nat.add_0_r in *. assert (E : pop_below head limit l = (0, l)).
    { destruct l as [|x l]; auto. cbn [ascending pop_below] in *. destruct AS as [AS _].
      destruct (Nat.ltb_spec x head); [lia|auto]. }
    rewrite E in P. injection P as <- <-. cbn [firstn skipn]. unfold olds. cbn.
    repeat split; auto using incl_refl. lia.
  - destruct q as [|e q]; [cbn in L; lia|]. cbn [marked] in M. destruct M as [M1 M2].
    replace (head + S count) with (S head + count) in * by lia. cbn [firstn skipn].
    assert (OL : olds b (e :: firstn count q) = (if is_old b e then 1 else 0) + olds b (firstn count q)).
    { unfold olds. cbn [filter]. destruct (is_old b e); reflexivity. }
    assert (NX : forall l0 m r0, ascending (S head) l0 ->
      marked (fun p => (p <? limit) || existsb (Nat.eqb p) l0) (S head) b q ->
      pop_below (S head + count) limit l0 = (m, r0) ->
      min limit (S head + count) - S head + m = olds b (firstn count q) /\
      ascending (S head + count) r0 /\ incl r0 l0 /\
      marked (fun p => (p <? limit) || existsb (Nat.eqb p) r0) (S head + count) b (skipn count q)).
    { intros l0 m r0 A0 M0 P0. apply (IH q (S head) l0 m r0); auto. cbn in L. lia. }
    destruct l as [|x l].
    + destruct (NX [] n r) as (E & A' & I & M'); auto.
      split; [|auto]. rewrite OL, M1, <- E. cbn [existsb]. rewrite orb_false_r.
      destruct (Nat.ltb_spec head limit); lia.
    + cbn [ascending] in AS. destruct AS as [A1 A2]. destruct (Nat.eq_dec x head) as [->|N].
      * cbn [pop_below] in P. destruct (Nat.ltb_spec head (S head + count)); [|lia].
        destruct (pop_below (S head + count) limit l) as [m r0] eqn:P0. injection P as <- <-.
        destruct (NX l m r0) as (E & A' & I & M'); auto.
        { eapply marked_ext; [|exact M2]. intros y Ly. cbn [existsb].
          destruct (Nat.eqb_spec y head); [lia|]. reflexivity. }
        split; [|split; [auto|split; [intros y Y; right; auto|auto]]].
        rewrite OL, M1, <- E. cbn [existsb]. rewrite Nat.eqb_refl, orb_true_r.
        destruct (Nat.leb_spec limit head); lia.
      * destruct (NX (x :: l) n r) as (E & A' & I & M'); auto.
        { cbn. split; [lia|auto]. }
        split; [|auto]. rewrite OL, M1, <- E.
        rewrite (ascending_below (x :: l) (S head) head) by (cbn; split; [lia|auto] || lia).
        rewrite orb_false_r. destruct (Nat.ltb_spec head limit); lia.
Qed.

Lemma olds_app b l l' : olds b (l ++ l') = olds b l + olds b l'.
Proof. unfold olds. now rewrite filter_app, app_length. Qed.

Lemma olds_perm b l l' : Permutation l l' -> olds b l = olds b l'.
Proof.
  unfold olds. induction 1; cbn [filter]; auto; try congruence.
  - destruct (is_old b x); cbn [length]; congruence.
  - destruct (is_old b x), (is_old b y); reflexivity.
Qed.

Lemma old_none b : old b = [] <-> olds b (queued b) = 0 /\ olds b (tasks b) = 0.
Proof.
  unfold old, olds. rewrite filter_app. split.
  - intros H. apply app_eq_nil in H as [-> ->]. auto.
  - intros [H1 H2]. apply length_zero_iff_nil in H1, H2. now rewrite H1, H2.
Qed.

(** The end of a period, in the code and in the accounts: from the relation without the flags. *)
Lemma ends_alike g head b : is_active g = true -> begun g = generation b -> ended g = over b ->
  ascending head (put_back g) -> Forall (fun p => p < head + length (queued b)) (put_back g) ->
  boundary g <= head + length (queued b) ->
  old_items g = olds b (queued b) -> old_tasks g = olds b (tasks b) ->
  marked (old_at g) head b (queued b) ->
  refines (end_period_if_done g) head (end_if_done b).
Proof.
  intros AC G E AS IQ W CI CT M. unfold end_period_if_done, end_if_done.
  assert (NO : old b <> [] -> refines g head (match old b with
            | [] => Accounts (queued b) (tasks b) (gone b) (sent b) (generation b) (generation b) | _ => b end)).
  { intros O. destruct (old b); [contradiction|]. split; auto. congruence. }
  destruct (Nat.eqb_spec (old_items g) 0) as [Z1|Z1], (Nat.eqb_spec (old_tasks g) 0) as [Z2|Z2]; cbn [andb];
    try (apply NO; rewrite old_none; lia).
  assert (O : old b = []) by (apply old_none; lia). rewrite O.
  assert (Z : forall q p, olds b q = 0 -> marked (old_at g) p b q -> forall x,
            p <= x < p + length q -> old_at g x = false).
  { induction q as [|e q IH]; intros p Z HM x X; cbn [length] in X; [lia|]. destruct HM as [H1 H2].
    unfold olds in Z. cbn [filter] in Z.
    destruct (is_old b e) eqn:Y; [discriminate|]. destruct (Nat.eq_dec x p) as [->|N]; [congruence|].
    apply (IH (S p)); auto. lia. }
  assert (PB : put_back g = []).
  { destruct (put_back g) as [|x l] eqn:Q; auto. exfalso. inversion IQ; subst.
    cbn in AS. assert (K : old_at g x = false) by (apply (Z (queued b) head); [lia|auto|lia]).
    unfold old_at in K. rewrite Q in K. cbn [existsb] in K.
    rewrite Nat.eqb_refl, orb_true_r in K. discriminate. }
  split; cbn [begun ended put_back queued tasks generation over]; rewrite ?PB; auto; try constructor;
    unfold is_active; cbn [begun ended]; rewrite Nat.ltb_irrefl; discriminate.
Qed.

(** While no period is active, nothing is old, and the code does nothing. *)
Lemma idle g head b head' b' : refines g head b -> BInv b -> is_active g = false ->
  generation b' = generation b -> over b' = over b -> refines g head' (end_if_done b').
Proof.
  intros R B AC G O. destruct R as [RG RE _ _ _ PB _ _ _]. specialize (PB AC).
  assert (V : over b = generation b).
  { unfold is_active in AC. apply Nat.ltb_ge in AC. pose proof (not_later _ B). lia. }
  destruct (end_if_done_facts b') as (G1 & _ & _ & _ & _ & _ & _ & V1 & _).
  split; rewrite ?PB, ?G1; try congruence; try constructor.
  destruct V1 as [V1|[V1 _]]; congruence.
Qed.

Theorem begin_refines g head b : refines g head b -> BInv b ->
  refines (begin_period (head + length (queued b)) (length (queued b)) (length (tasks b)) g) head
          (begin_grace b).
Proof.
  intros R B. destruct R as [RG RE AS IQ _ _ _ _ _]. unfold begin_period, begin_grace.
  set (b' := Accounts (queued b) (tasks b) (gone b) (sent b) (S (generation b)) (over b)).
  assert (ALL : forall e, In e (entries b) -> is_old b' e = true).
  { intros e I. apply Nat.ltb_lt. pose proof (periods _ B e I). cbn. lia. }
  assert (LEN : forall l, incl l (entries b) -> olds b' l = length l).
  { unfold olds. induction l as [|e l IH]; cbn [filter length]; intros I; auto.
    rewrite ALL by (apply I; now left). cbn [length]. f_equal. apply IH. intros x X. apply I. now right. }
  apply ends_alike; cbn [begun ended put_back boundary old_items old_tasks]; auto.
  - unfold is_active. cbn [begun ended]. apply Nat.ltb_lt. rewrite RG, RE. pose proof (not_later _ B). lia.
  - cbn. lia.
  - symmetry. apply LEN. intros e I. apply in_or_app. now left.
  - symmetry. apply LEN. intros e I. apply in_or_app. now right.
  - cbn [queued b']. assert (G : forall q p, incl q (entries b) -> p + length q = head + length (queued b) ->
      marked (old_at (Grace (S (begun g)) (ended g) (head + length (queued b)) (length (queued b))
                        (length (tasks b)) (put_back g))) p b' q).
    { induction q as [|e q IH]; intros p I L; cbn [marked]; auto. cbn [length] in L. split.
      - rewrite ALL by (apply I; now left). unfold old_at. cbn [boundary].
        symmetry. apply orb_true_iff. left. apply Nat.ltb_lt. lia.
      - apply IH; [|lia]. intros x X. apply I. now right. }
    apply G; auto. intros e I. apply in_or_app. now left.
Qed.

(** Items that leave: received, plainly or as tasks, or evicted. *)
Theorem leave_refines g head b w k as_tasks : refines g head b -> BInv b -> k <= length (queued b) ->
  refines (if is_active g then leave head k as_tasks g else g) (head + k)
          (end_if_done (enter w b (Take k as_tasks))).
Proof.
  intros R B L. destruct (is_active g) eqn:AC.
  - destruct R as [RG RE AS IQ W _ CI CT M].
    specialize (W AC). specialize (CI AC). specialize (CT AC). specialize (M AC).
    unfold leave. destruct (pop_below (head + k) (boundary g) (put_back g)) as [n rest] eqn:P.
    destruct (leave_counts b (boundary g) k (queued b) head (put_back g) n rest) as (E & AS' & I & M'); auto.
    rewrite E. destruct b as [q t d m y o]. cbn [queued tasks generation over] in *.
    assert (OE : forall q' t' d' l, olds (Accounts q' t' d' m y o) l = olds (Accounts q t d m y o) l) by reflexivity.
    assert (SP : olds (Accounts q t d m y o) q = olds (Accounts q t d m y o) (firstn k q) +
                 olds (Accounts q t d m y o) (skipn k q)) by (rewrite <- olds_app, firstn_skipn; reflexivity).
    assert (IQ' : Forall (fun p => p < head + k + length (skipn k q)) rest).
    { apply Forall_forall. intros p Hp. rewrite Forall_forall in IQ. specialize (IQ p (I p Hp)).
      rewrite skipn_length. lia. }
    assert (W' : boundary g <= head + k + length (skipn k q)) by (rewrite skipn_length; lia).
    destruct as_tasks; apply ends_alike;
      cbn [enter queued tasks generation over begun ended put_back boundary old_items old_tasks]; auto.
    + rewrite (OE _ _ _ (skipn k q)). lia.
    + rewrite (OE _ _ _ (t ++ firstn k q)), olds_app. lia.
    + eapply marked_ext; [|eapply marked_accounts; [|exact M']]; reflexivity.
    + rewrite (OE _ _ _ (skipn k q)). lia.
    + rewrite (OE _ _ _ t). lia.
    + eapply marked_ext; [|eapply marked_accounts; [|exact M']]; reflexivity.
  - destruct (enter_facts w b (Take k as_tasks)) as (G & O & _). eapply idle; eauto.
Qed.

Theorem drain_refines g head b w : refines g head b -> BInv b ->
  refines (if is_active g then leave_all g else g) (head + length (queued b))
          (end_if_done (enter w b (DrainItems (length (queued b))))).
Proof.
  intros R B. destruct (is_active g) eqn:AC.
  - destruct R as [RG RE AS IQ W _ CI CT M]. specialize (CT AC). specialize (W AC).
    destruct b as [q t d m y o]. unfold leave_all. cbn [enter queued tasks generation over] in *.
    rewrite skipn_all.
    apply ends_alike; cbn [queued tasks generation over begun ended put_back boundary old_items old_tasks length]; auto.
    + exact I.
    + lia.
    + exact I.
  - destruct (enter_facts w b (DrainItems (length (queued b)))) as (G & O & _). eapply idle; eauto.
Qed.

Theorem push_refines g head b w k : refines g head b -> BInv b ->
  refines g head (end_if_done (enter w b (Push k))).
Proof.
  intros R B. destruct (is_active g) eqn:AC.
  - destruct R as [RG RE AS IQ W _ CI CT M].
    specialize (W AC). specialize (CI AC). specialize (CT AC). specialize (M AC).
    pose proof (old_if_active _ B) as OA. unfold active in OA. rewrite <- RE, <- RG in OA. specialize (OA AC).
    destruct b as [q t d m y o]. cbn [enter queued tasks generation over] in *.
    set (new := map (fun x => Entry x y) (seq m k)).
    assert (YG : forall b0 e, generation b0 = y -> In e new -> is_old b0 e = false).
    { intros b0 e G0 I. unfold new in I. apply in_map_iff in I as (x & <- & _). unfold is_old.
      rewrite G0. apply Nat.ltb_irrefl. }
    assert (NEW : forall b0, generation b0 = y -> olds b0 new = 0).
    { intros b0 G0. unfold olds. assert (F : forall l, incl l new -> filter (is_old b0) l = []).
      { induction l as [|e l IH]; cbn [filter]; intros I; auto.
        rewrite (YG b0 e G0) by (apply I; now left). apply IH. intros z Z. apply I. now right. }
      rewrite F by apply incl_refl. reflexivity. }
    set (b' := Accounts (q ++ new) t d (m + k) y o).
    assert (OE : forall l, olds b' l = olds (Accounts q t d m y o) l) by reflexivity.
    assert (OB : old b' <> []).
    { intros Z. apply OA. apply old_none in Z as [Z1 Z2]. apply old_none. cbn [queued tasks b'] in Z1, Z2.
      rewrite OE, olds_app in Z1. split; [|exact Z2]. cbn [queued]. lia. }
    unfold end_if_done. destruct (old b') as [|z0 l0]; [contradiction|]. clear OB.
    split; cbn [queued tasks generation over b']; auto.
    + apply Forall_forall. intros p Hp. rewrite Forall_forall in IQ. specialize (IQ p Hp).
      rewrite app_length. lia.
    + intros _. rewrite app_length. lia.
    + congruence.
    + intros _. rewrite OE, olds_app, (NEW (Accounts q t d m y o) eq_refl). lia.
    + intros _. fold b'.
      assert (TAIL : forall l p, incl l new -> head + length q <= p -> marked (old_at g) p b' l).
      { induction l as [|e l IH]; intros p I0 L; cbn [marked]; auto. split.
        - rewrite (YG b' e eq_refl) by (apply I0; now left). unfold old_at. symmetry.
          apply orb_false_iff. split; [apply Nat.ltb_ge; lia|].
          destruct (existsb (Nat.eqb p) (put_back g)) eqn:X; auto. exfalso.
          apply existsb_exists in X as (z & Z & EQ). apply Nat.eqb_eq in EQ as <-.
          rewrite Forall_forall in IQ. specialize (IQ p Z). lia.
        - apply IH; [|lia]. intros z Z. apply I0. now right. }
      assert (CAT : forall l p, p + length l = head + length q -> marked (old_at g) p (Accounts q t d m y o) l ->
                marked (old_at g) p b' (l ++ new)).
      { induction l as [|e l IH]; intros p L M0; cbn [app length] in *.
        - apply TAIL; [apply incl_refl|lia].
        - destruct M0 as [M1 M2]. split; [exact M1|]. apply IH; auto. lia. }
      apply CAT; auto.
  - destruct (enter_facts w b (Push k)) as (G & O & _). eapply idle; eauto.
Qed.

(** A task's generation, and what it says of its age: as of when it was received, and forever. *)
Definition same_age (gen : nat) (e : entry) b : Prop :=
  (gen < generation b /\ period e < generation b) \/ gen = period e.

Lemma same_age_later gen e b b' : same_age gen e b -> generation b <= generation b' -> same_age gen e b'.
Proof. unfold same_age. lia. Qed.

Lemma same_age_tells gen e b : same_age gen e b -> (gen <? generation b) = is_old b e.
Proof.
  unfold same_age, is_old.
  destruct (Nat.ltb_spec gen (generation b)), (Nat.ltb_spec (period e) (generation b)); intros; auto; lia.
Qed.

Theorem finish_refines g head b w e t gen : refines g head b -> BInv b ->
  pull w (tasks b) = Some (e, t) -> same_age gen e b ->
  refines (if is_active g then finish gen g else g) head (end_if_done (enter w b TaskDone)).
Proof.
  intros R B P SA. destruct (is_active g) eqn:AC.
  - apply same_age_tells in SA. destruct R as [RG RE AS IQ W _ CI CT M].
    specialize (W AC). specialize (CI AC). specialize (CT AC). specialize (M AC).
    pose proof (old_if_active _ B) as OA. unfold active in OA. rewrite <- RE, <- RG in OA. specialize (OA AC).
    pose proof (olds_perm b _ _ (pull_perm _ _ _ _ P)) as OP. unfold olds in OP at 2. cbn [filter] in OP.
    destruct b as [q t0 d m y o]. cbn [enter queued tasks generation over] in *. rewrite P.
    unfold finish. rewrite RG, SA. destruct (is_old _ e); cbn [length] in OP.
    + fold (olds (Accounts q t0 d m y o) t) in OP.
      apply ends_alike; cbn [queued tasks generation over begun ended put_back boundary old_items old_tasks]; auto.
      * unfold is_active in *. cbn [begun ended]. rewrite <- RG. exact AC.
      * change (old_tasks g - 1 = olds (Accounts q t0 d m y o) t). rewrite CT.
        change (olds (Accounts q t0 d m y o) t0 = S (olds (Accounts q t0 d m y o) t)) in OP. lia.
      * eapply marked_ext; [|eapply marked_accounts; [|exact M]]; reflexivity.
    + unfold end_if_done. destruct (old (Accounts q t (d ++ [number e]) m y o)) eqn:Q.
      * exfalso. apply OA. apply old_none in Q as [Q1 Q2]. apply old_none. cbn [queued tasks] in *.
        split; [exact Q1|]. unfold olds in *. rewrite OP. exact Q2.
      * split; cbn [queued tasks generation over]; auto; [congruence| |].
        -- intros _. rewrite CT. exact OP.
        -- intros _. eapply marked_accounts; [|exact M]; reflexivity.
  - destruct (enter_facts w b TaskDone) as (G & O & _). eapply idle; eauto.
Qed.

Theorem put_back_refines g head b w e t gen : refines g head b -> BInv b ->
  pull w (tasks b) = Some (e, t) -> same_age gen e b ->
  refines (if is_active g then put_item_back (head + length (queued b)) gen g else g) head
          (end_if_done (enter w b PutBack)).
Proof.
  intros R B P SA. destruct (is_active g) eqn:AC.
  - apply same_age_tells in SA. destruct R as [RG RE AS IQ W _ CI CT M].
    specialize (W AC). specialize (CI AC). specialize (CT AC). specialize (M AC).
    pose proof (old_if_active _ B) as OA. unfold active in OA. rewrite <- RE, <- RG in OA. specialize (OA AC).
    pose proof (olds_perm b _ _ (pull_perm _ _ _ _ P)) as OP. unfold olds in OP at 2. cbn [filter] in OP.
    destruct b as [q t0 d m y o]. cbn [enter queued tasks generation over] in *. rewrite P.
    set (b0 := Accounts q t0 d m y o) in *. set (b' := Accounts (q ++ [e]) t d m y o).
    assert (NIN : forall l, Forall (fun p => p < head + length q) l ->
              existsb (Nat.eqb (head + length q)) l = false).
    { intros l F. destruct (existsb _ l) eqn:X; auto. exfalso.
      apply existsb_exists in X as (z & Z & EQ). apply Nat.eqb_eq in EQ as <-.
      rewrite Forall_forall in F. specialize (F _ Z). lia. }
    assert (CAT : forall f, (forall x, x < head + length q -> f x = old_at g x) ->
              f (head + length q) = is_old b0 e -> forall l p, p + length l = head + length q ->
              marked (old_at g) p b0 l -> marked f p b' (l ++ [e])).
    { intros f F1 F2. induction l as [|z l IH]; intros p L M0; cbn [app length marked] in *.
      - split; auto. replace p with (head + length q) by lia. symmetry. exact F2.
      - destruct M0 as [M1 M2]. split; [|apply IH; auto; lia]. rewrite F1 by lia. exact M1. }
    assert (OB : old b' <> []).
    { intros Z. apply OA. apply old_none in Z as [Z1 Z2]. apply old_none. cbn [queued tasks b' b0] in *.
      change (olds b') with (olds b0) in *. rewrite olds_app in Z1. split; [lia|].
      unfold olds in *. rewrite OP. cbn [filter] in Z1. destruct (is_old b0 e); cbn in *; lia. }
    unfold end_if_done. destruct (old b') as [|z0 l0]; [contradiction|]. clear OB.
    unfold put_item_back. rewrite RG. change (generation b0) with y in SA. rewrite SA.
    destruct (is_old b0 e) eqn:Y; cbn [length] in OP; fold (olds b0 t) in OP.
    + split; cbn [queued tasks generation over begun ended put_back boundary old_items old_tasks b']; auto.
      * apply ascending_app; auto. lia.
      * apply Forall_forall. intros p Hp. rewrite app_length. cbn. rewrite Forall_forall in IQ.
        apply in_app_or in Hp as [Hp|[<-|[]]]; [specialize (IQ p Hp)|]; lia.
      * intros _. rewrite app_length. cbn. lia.
      * intros X. exfalso. unfold is_active in *. cbn [begun ended] in X. congruence.
      * intros _. change (olds b') with (olds b0). rewrite olds_app. unfold olds at 2. cbn [filter].
        rewrite Y. cbn. lia.
      * intros _. change (olds b' t) with (olds b0 t). lia.
      * intros _. apply CAT; auto.
        -- intros x X. unfold old_at. cbn [boundary put_back]. rewrite existsb_app. cbn [existsb].
           destruct (Nat.eqb_spec x (head + length q)); [lia|]. now rewrite !orb_false_r.
        -- unfold old_at. cbn [boundary put_back]. rewrite existsb_app. cbn [existsb].
           rewrite Nat.eqb_refl, !orb_true_r. reflexivity.
    + split; cbn [queued tasks generation over b']; auto.
      * apply Forall_forall. intros p Hp. rewrite app_length. cbn. rewrite Forall_forall in IQ.
        specialize (IQ p Hp). lia.
      * intros _. rewrite app_length. cbn. lia.
      * congruence.
      * intros _. change (olds b') with (olds b0). rewrite olds_app. unfold olds at 2. cbn [filter].
        rewrite Y. cbn. lia.
      * intros _. change (olds b' t) with (olds b0 t). rewrite CT. exact OP.
      * intros _. apply CAT; auto. unfold old_at. rewrite NIN by exact IQ. rewrite orb_false_r.
        apply Nat.ltb_ge. exact W.
  - destruct (enter_facts w b PutBack) as (G & O & _). eapply idle; eauto.
Qed.

(** The generation that the code gives to what it takes as a task says how old that is, and of how many the
    same is true. *)
Theorem generation_right g head b : refines g head b -> BInv b ->
  let (gen, n) := generation_at head g in
  forall k e, nth_error (queued b) k = Some e -> match n with Some n => k < n | None => True end ->
  same_age gen e b.
Proof.
  intros R B. destruct R as [RG RE AS IQ W PB CI CT M].
  assert (YOUNG : forall e, In e (entries b) -> is_old b e = false -> same_age (begun g) e b).
  { intros e I H. apply Nat.ltb_ge in H. pose proof (periods _ B e I). right. lia. }
  assert (OLD : forall e, is_old b e = true -> same_age (begun g - 1) e b).
  { intros e H. apply Nat.ltb_lt in H. left. lia. }
  assert (NTH : forall k e, nth_error (queued b) k = Some e -> In e (entries b)).
  { intros k e H. apply in_or_app. left. eapply nth_error_In; eauto. }
  assert (MK : forall q p k e, marked (old_at g) p b q -> nth_error q k = Some e -> is_old b e = old_at g (p + k)).
  { induction q as [|z q IH]; intros p [|k] e M0 H; cbn in H; try discriminate; destruct M0 as [M1 M2].
    - injection H as <-. now rewrite Nat.add_0_r.
    - rewrite (IH (S p) k e); auto. f_equal. lia. }
  unfold generation_at. destruct (is_active g) eqn:AC; cbn [negb].
  - specialize (M eq_refl). destruct (Nat.ltb_spec head (boundary g)) as [L|L].
    + intros k e H K. apply OLD. rewrite (MK _ _ _ _ M H). unfold old_at.
      apply orb_true_iff. left. apply Nat.ltb_lt. lia.
    + destruct (put_back g) as [|x l] eqn:Q.
      * intros k e H _. apply YOUNG; eauto. rewrite (MK _ _ _ _ M H). unfold old_at. rewrite Q.
        cbn. rewrite orb_false_r. apply Nat.ltb_ge. lia.
      * destruct (Nat.eqb_spec x head) as [->|N]; intros k e H K.
        -- apply OLD. rewrite (MK _ _ _ _ M H). unfold old_at. rewrite Q. cbn [existsb].
           replace (head + k) with head by lia. now rewrite Nat.eqb_refl, orb_true_r.
        -- apply YOUNG; eauto. rewrite (MK _ _ _ _ M H). unfold old_at. rewrite Q.
           rewrite (ascending_below (x :: l) x (head + k)); [|cbn in *; intuition|lia].
           rewrite orb_false_r. apply Nat.ltb_ge. lia.
  - intros k e H _. apply YOUNG; eauto. unfold is_active in AC. apply Nat.ltb_ge in AC.
    apply Nat.ltb_ge. pose proof (periods _ B e (NTH _ _ H)). lia.
Qed.

Theorem empty_refines tasks_at_start : refines (Grace 0 0 0 0 0 []) 0
  (Accounts [] tasks_at_start [] (length tasks_at_start) 0 0).
Proof. split; cbn; auto; discriminate. Qed.

(** * Lists: updates, sums and subsequences.

    A sum over the list of threads is how the proofs count: sleepers, handles,
    work left to do. An update of one thread changes a sum by the difference. *)

From Coq Require Import List Arith Lia Permutation.
Import ListNotations.
From SentinelQueue Require Import Model.

Section Lists.
Context {X : Type}.
Implicit Types l : list X.

Lemma sum_upd f : forall l i x y,
  nth_error l i = Some x -> sum f (upd l i y) + f x = sum f l + f y.
Proof.
  induction l as [|z l IH]; intros [|i] x y H; simpl in *; try discriminate.
  - injection H as ->. lia.
  - specialize (IH _ _ y H). lia.
Qed.

Lemma sum_upd_same f l i x y :
  nth_error l i = Some x -> f y = f x -> sum f (upd l i y) = sum f l.
Proof. intros H E. pose proof (sum_upd f _ _ _ y H). lia. Qed.

Lemma sum_ge f : forall l i x, nth_error l i = Some x -> f x <= sum f l.
Proof.
  induction l as [|z l IH]; intros [|i] x H; simpl in *; try discriminate.
  - injection H as ->. lia.
  - specialize (IH _ _ H). lia.
Qed.

Lemma sum_ge_two f : forall l i j x y, nth_error l i = Some x -> nth_error l j = Some y ->
  i <> j -> f x + f y <= sum f l.
Proof.
  induction l as [|z l IH]; intros [|i] [|j] x y H K N; simpl in *; try discriminate; try lia.
  - injection H as ->. pose proof (sum_ge f _ _ _ K). lia.
  - injection K as ->. pose proof (sum_ge f _ _ _ H). lia.
  - assert (i <> j) by lia. specialize (IH _ _ _ _ H K H0). lia.
Qed.

Lemma sum_positive f : forall l, 0 < sum f l -> exists i x, nth_error l i = Some x /\ 0 < f x.
Proof.
  induction l as [|z l IH]; simpl; intros H; [lia|].
  destruct (f z) eqn:E.
  - destruct IH as (i & x & ? & ?); [lia|]. exists (S i), x; auto.
  - exists 0, z; simpl; split; auto; lia.
Qed.

Lemma sum_zero f : forall l, (forall x, In x l -> f x = 0) -> sum f l = 0.
Proof.
  induction l as [|z l IH]; simpl; intros H; auto.
  rewrite (H z), IH; auto.
Qed.

Lemma sum_le f g : forall l, (forall x, f x <= g x) -> sum f l <= sum g l.
Proof.
  induction l as [|z l IH]; simpl; intros H; auto. specialize (IH H). specialize (H z). lia.
Qed.

Lemma sum_app f : forall l l', sum f (l ++ l') = sum f l + sum f l'.
Proof. induction l; intros; simpl; auto. rewrite IHl. lia. Qed.

Lemma nth_upd_same : forall l i x y, nth_error l i = Some x -> nth_error (upd l i y) i = Some y.
Proof.
  induction l as [|z l IH]; intros [|i] x y H; simpl in *; try discriminate; eauto.
Qed.

Lemma nth_upd_other : forall l i j y, i <> j -> nth_error (upd l i y) j = nth_error l j.
Proof.
  induction l as [|z l IH]; intros [|i] [|j] y H; simpl in *; auto; try lia.
Qed.

Lemma nth_length : forall l i x, nth_error l i = Some x -> i < length l.
Proof. intros l i x H. apply nth_error_Some. rewrite H. discriminate. Qed.

Lemma nth_upd l i j x y z : nth_error l i = Some x -> nth_error (upd l i y) j = Some z ->
  (j = i /\ z = y) \/ (j <> i /\ nth_error l j = Some z).
Proof.
  intros H K. destruct (Nat.eq_dec j i) as [->|N].
  - rewrite (nth_upd_same _ _ _ y H) in K. injection K as <-. auto.
  - rewrite nth_upd_other in K by auto. auto.
Qed.

Lemma length_upd : forall l i y, length (upd l i y) = length l.
Proof. induction l; intros [|i] y; simpl; auto. Qed.

Lemma upd_id : forall l i x, nth_error l i = Some x -> upd l i x = l.
Proof.
  induction l; intros [|i] x H; simpl in *; try discriminate; auto.
  - now injection H as ->.
  - now rewrite IHl.
Qed.

Lemma upd_split : forall l i x, nth_error l i = Some x ->
  exists l1 l2, l = l1 ++ x :: l2 /\ length l1 = i /\ forall y, upd l i y = l1 ++ y :: l2.
Proof.
  induction l as [|z l IH]; intros [|i] x H; simpl in *; try discriminate.
  - injection H as ->. exists [], l. auto.
  - destruct (IH _ _ H) as (l1 & l2 & -> & <- & Hu).
    exists (z :: l1), l2. simpl. repeat split; auto. intros y. now rewrite Hu.
Qed.

Lemma upd_app : forall l l' i y, upd (l ++ l') i y =
  if i <? length l then upd l i y ++ l' else l ++ upd l' (i - length l) y.
Proof.
  induction l as [|z l IH]; intros l' [|i] y; simpl; auto.
  rewrite IH. change (S i <? S (length l)) with (i <? length l).
  destruct (i <? length l); auto.
Qed.

Lemma Forall_upd (P : X -> Prop) : forall l i y, Forall P l -> P y -> Forall P (upd l i y).
Proof.
  induction l as [|z l IH]; intros [|i] y H Hy; simpl; auto; inversion H; subst; constructor; auto.
Qed.

Lemma Forall_nth (P : X -> Prop) l i x : Forall P l -> nth_error l i = Some x -> P x.
Proof. intros H E. rewrite Forall_forall in H. apply H. eapply nth_error_In; eauto. Qed.

Lemma Forall_of_nth (P : X -> Prop) l :
  (forall i x, nth_error l i = Some x -> P x) -> Forall P l.
Proof. intros H. apply Forall_forall. intros x Hx. apply In_nth_error in Hx as [i Hi]. eauto. Qed.

(** ** Subsequences *)

Lemma sub_refl : forall l, subsequence l l.
Proof. induction l; constructor; auto. Qed.

Lemma sub_trans : forall l' l l'', subsequence l l' -> subsequence l' l'' -> subsequence l l''.
Proof.
  intros l' l l'' H K. revert l H. induction K; intros l0 H.
  - inversion H; constructor.
  - inversion H; subst; constructor; auto.
  - constructor; auto.
Qed.

Lemma sub_app : forall k k' l l', subsequence k l -> subsequence k' l' ->
  subsequence (k ++ k') (l ++ l').
Proof.
  intros k k' l l' H. induction H; simpl; intros K.
  - induction l; simpl; auto. constructor; auto.
  - constructor; auto.
  - constructor; auto.
Qed.

End Lists.

Lemma sum_map {X Y} (f : Y -> nat) (g : X -> Y) : forall l,
  sum f (map g l) = sum (fun x => f (g x)) l.
Proof. induction l; simpl; auto. Qed.

Lemma sum_ext {X} (f g : X -> nat) : forall l, (forall x, f x = g x) -> sum f l = sum g l.
Proof. induction l; simpl; intros H; auto. Qed.

Lemma map_upd {X Y} (f : X -> Y) : forall l i x, map f (upd l i x) = upd (map f l) i (f x).
Proof. induction l; intros [|i] x; simpl; auto. now rewrite IHl. Qed.

(** Changing one element of a list changes its flattening by the difference. *)
Lemma flat_map_upd {X Y} (f : X -> list Y) l i x y (a b : list Y) :
  nth_error l i = Some x -> Permutation (a ++ f x) (b ++ f y) ->
  Permutation (a ++ flat_map f l) (b ++ flat_map f (upd l i y)).
Proof.
  intros H P. destruct (upd_split _ _ _ H) as (l1 & l2 & -> & _ & Hu). rewrite Hu.
  rewrite !flat_map_app. simpl.
  rewrite (Permutation_app_swap_app a), (Permutation_app_swap_app b).
  apply Permutation_app_head. rewrite !app_assoc. now apply Permutation_app_tail.
Qed.

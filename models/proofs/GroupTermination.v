(** * Detection ends: no execution goes on without operations or spurious wakeups.

    A step is [quiet] if its thread neither begins nor ends an operation. Quiet steps decrease a ranking
    function, lexicographically: the waits that can still be marked; the queues that a detector has yet
    to notify; the sleepers that were notified; the detections to come; how far each thread is. So an
    execution with finitely many operations and spurious wakeups ends. *)

From Coq Require Import List Arith Lia Bool Wellfounded.
Import ListNotations.
From SentinelQueue Require Import Groups GroupInvariant GroupClaims GroupRest.

(** Pairs in lexicographic order. *)
Definition lex {X Y} (R : X -> X -> Prop) (T : Y -> Y -> Prop) (p q : X * Y) : Prop :=
  R (fst p) (fst q) \/ fst p = fst q /\ T (snd p) (snd q).

Lemma lex_wf {X Y} (R : X -> X -> Prop) (T : Y -> Y -> Prop) :
  well_founded R -> well_founded T -> well_founded (lex R T).
Proof.
  intros WR WT [x y]. revert y. induction (WR x) as [x _ IHx]. intros y.
  induction (WT y) as [y _ IHy]. constructor. intros [x' y'] [H|[E H]]; cbn in *.
  - apply IHx; auto.
  - subst. apply IHy. auto.
Qed.

(** [m 0 + ... + m (n - 1)]. *)
Fixpoint sum_below (n : nat) (m : nat -> nat) : nat :=
  match n with 0 => 0 | S n => m n + sum_below n m end.

Lemma sum_ext n m m' : (forall j, m' j = m j) -> sum_below n m' = sum_below n m.
Proof. intros H. induction n; cbn; auto. Qed.
Lemma sum_le n m m' : (forall j, m' j <= m j) -> sum_below n m' <= sum_below n m.
Proof. intros H. induction n as [|n IH]; cbn; auto. specialize (H n). lia. Qed.
Lemma sum_lt n m m' i : i < n -> m' i < m i -> (forall j, m' j <= m j) ->
  sum_below n m' < sum_below n m.
Proof.
  intros L LT LE. induction n as [|n IH]; [lia|]. cbn. pose proof (sum_le n _ _ LE) as G.
  destruct (Nat.eq_dec i n) as [->|NE]; [lia|]. assert (i < n) by lia. specialize (LE n).
  specialize (IH H). lia.
Qed.
Lemma sum_change n m m' i : i < n -> (forall j, j <> i -> m' j = m j) ->
  sum_below n m' + m i = sum_below n m + m' i.
Proof.
  intros L E. induction n as [|n IH]; [lia|]. cbn. destruct (Nat.eq_dec i n) as [->|NE].
  - assert (X : sum_below n m' = sum_below n m); [|lia].
    assert (K : forall k, k <= n -> sum_below k m' = sum_below k m); [|auto].
    induction k as [|k IK]; cbn; auto. intros LK. rewrite E, IK by lia. auto.
  - rewrite (E n) by auto. assert (i < n) by lia. specialize (IH H). lia.
Qed.

Section Termination.
Context {Q S C : Type}.
Variable ready : C -> S -> bool.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable size : nat.

Notation thread := (thread Q S).
Notation state := (state Q S C).
Notation missing := (missing ready).
Notation step := (step ready Q_dec size).
Notation reachable := (reachable ready Q_dec size).
Implicit Types (f g : nat -> thread) (c : Q -> C) (t u : thread) (s : state).

(** Outside of waits without a deadline, and of joins. *)
Definition outside (p : place Q S) : bool := match p with
  | Running | AsleepTimed _ _ | Opening None | Asking None _ _ | Notifying None _ => true
  | _ => false
  end.
(** ... and not in a detection that follows a leave or a release. *)
Definition runs (p : place Q S) : bool :=
  match p with Running | AsleepTimed _ _ => true | _ => false end.

Definition quiet (i : nat) (s s' : state) : Prop :=
  runs (place_of (threads s i)) = false /\
  (outside (place_of (threads s' i)) = true -> outside (place_of (threads s i)) = true).

(** ** The ranking function *)

Definition total (m : thread -> nat) f : nat := sum_below size (fun j => m (f j)).

Definition markable t : nat := if blocked t then 1 else
  match place_of t with Resumed _ false => 1 | _ => 0 end.
Definition to_notify t : nat := match place_of t with Notifying _ l => length l | _ => 0 end.
Definition notified t : nat := match place_of t with Asleep _ true => 1 | _ => 0 end.
Definition detections c t : nat := match place_of t with
  | Resumed w false => if ready (c (fst w)) (snd w) then 0 else 2
  | Opening _ => 1
  | _ => 0
  end.
Definition distance t : nat := match place_of t with
  | Asking _ _ l => 4 + length l
  | Notifying _ _ => 3
  | Rechecking _ => 2
  | Registered _ => 1
  | _ => 0
  end.

Definition rank s : nat * (nat * (nat * (nat * nat))) :=
  (total markable (threads s), (total to_notify (threads s), (total notified (threads s),
    (total (detections (content s)) (threads s), total distance (threads s))))).
Definition below := lex lt (lex lt (lex lt (lex lt lt))).

Lemma below_wf : well_founded below.
Proof. repeat apply lex_wf; apply lt_wf. Qed.

Lemma total_set m f i t : i < size -> total m (set f i t) + m (f i) = total m f + m t.
Proof.
  intros L. unfold total. rewrite (sum_change size (fun j => m (f j)) _ i L).
  - now rewrite set_same.
  - intros j NE. now rewrite set_other.
Qed.

Lemma alike_markable t u : alike t u -> markable u = markable t.
Proof.
  intros [->|[(x & n & E & ->)|(w & n & E & ->)]]; auto; unfold markable; cbn; rewrite E; auto.
Qed.
Lemma alike_to_notify t u : alike t u -> to_notify u = to_notify t.
Proof.
  intros [->|[(x & n & E & ->)|(w & n & E & ->)]]; auto; unfold to_notify; cbn; rewrite E; auto.
Qed.

(** A step that changes one thread only: compare the weights of that thread. *)
Lemma one_below c f e e' i t : i < size ->
  below (markable t, (to_notify t, (notified t, (detections c t, distance t))))
        (markable (f i), (to_notify (f i), (notified (f i), (detections c (f i), distance (f i))))) ->
  below (rank (State c (set f i t) e')) (rank (State c f e)).
Proof.
  intros L. unfold below, rank, lex. cbn [fst snd threads content].
  pose proof (total_set markable f i t L). pose proof (total_set to_notify f i t L).
  pose proof (total_set notified f i t L). pose proof (total_set (detections c) f i t L).
  pose proof (total_set distance f i t L). lia.
Qed.

Ltac weigh H := apply one_below; auto;
  unfold below, lex, markable, to_notify, notified, detections, distance; cbn; rewrite H; cbn.

Theorem quiet_below i s s' : Sound ready size s -> step Progress i s s' -> quiet i s s' ->
  below (rank s') (rank s).
Proof.
  intros SO H (RU & OU). pose proof (actor_is_one _ _ _ _ _ _ _ H (is_finite _ _ _ SO)) as L.
  destruct SO as [[F _ FR] _ _ _ _ _ FI]. pose proof (F i) as W. unfold wf in W.
  remember Progress as k eqn:KP.
  destruct H; cbn [threads epoch content] in *;
    try (match goal with X : acts _ |- _ => destruct X as [X _] end);
    try (match goal with X : place_of (_ i) = _ |- _ => rewrite X in RU, OU, W end);
    try discriminate RU;
    try (match goal with X : reason ?n = _ |- _ => destruct n; [clear X|discriminate X] end).
  all: try (apply one_below; auto; unfold below, lex, markable, to_notify, notified, detections, distance;
    cbn; rewrite H; cbn; try (destruct W as (W1 & W2 & W3); rewrite ?W1, ?W2);
    try (destruct W as (W1 & W2); rewrite ?W1, ?W2); cbn; lia).
  - (* recheck_resume *)
    destruct W as (W1 & W2). weigh H. rewrite W1. destruct (deadlocked (f i)); cbn; [lia|].
    destruct H1 as [M|M]; [|discriminate]. unfold Groups.missing in M.
    destruct (ready _ _); [lia|contradiction M; auto].
  - (* wake *)
    destruct W as (W1 & W2). weigh H. rewrite W1. destruct (deadlocked (f i)); cbn; lia.
  - (* return *)
    exfalso. assert (E : place_of (f' i) = Running).
    { eapply alike_keeps; [apply alike_notify|rewrite set_same; reflexivity|auto]. }
    rewrite E in OU. now specialize (OU eq_refl).
  - (* block_again *)
    destruct W as (W1 & _). subst f'. weigh H. rewrite W1. unfold Groups.missing in H0.
    rewrite H0. apply then_place in H1. destruct H1 as [-> | ->]; cbn; lia.
  - (* join_again *)
    destruct W as (W1 & _). subst f'. weigh H. rewrite W1, H2. apply then_place in H3.
    destruct H3 as [-> | ->]; cbn; lia.
  - (* join_end *)
    exfalso. rewrite set_same in OU. specialize (OU eq_refl).
    destruct H as [[H _]|H]; rewrite H in OU; discriminate.
  - weigh H. destruct t; cbn; lia.
  - weigh H. destruct t; cbn; lia.
  - weigh H. destruct t; cbn; lia.
  - (* mark *)
    set (g := set f i (move (f i) (Notifying t todo))) in *.
    assert (MG : forall j, markable (g j) = markable (f j)).
    { intros j. subst g. at_set j i; auto. unfold markable. cbn. now rewrite H. }
    assert (MK : exists j x, j < size /\ wait_of (g j) = Some x /\ blocked (g j) = true /\
                   joiners || negb (is_join x) = true).
    { assert (X : exists j x, wait_of (f j) = Some x /\ blocked (f j) = true /\
                   joiners || negb (is_join x) = true).
      { destruct joiners; cbn in H0.
        - destruct (FR _ _ _ H) as ((_ & (j & PJ) & WJ) & _).
          destruct (wf_blocked _ (F j) (WJ j PJ)) as (x & X & _). exists j, x. auto.
        - destruct H0 as (w & j & BJ & WJ). exists j, (AtQueue w). auto. }
      destruct X as (j & x & X & BX & K). exists j, x. split.
      - destruct (Nat.lt_ge_cases j size) as [LJ|LJ]; auto. destruct (FI j LJ) as (E & _).
        unfold wait_of in X. rewrite E in X. discriminate.
      - subst g. at_set j i; auto. unfold wait_of in *. rewrite H in X. auto. }
    destruct MK as (j & x & LJ & X & BX & K). left. unfold rank. cbn [fst threads].
    assert (FALL : forall l, markable (mark joiners (g l)) <= markable (g l)).
    { intros l. unfold mark. destruct (wait_of (g l)) as [y|] eqn:Y; auto.
      destruct (blocked (g l) && (joiners || negb (is_join y))) eqn:B; auto.
      unfold markable. cbn. unfold wait_of in Y. destruct (place_of (g l)); try lia; discriminate. }
    apply (sum_lt size _ _ j LJ).
    + rewrite (alike_markable _ _ (alike_wake_joiner _)), <- MG. unfold mark. rewrite X, BX, K.
      unfold markable. cbn. rewrite BX. unfold wait_of in X. destruct (place_of (g j)); try lia; discriminate.
    + intros l. rewrite (alike_markable _ _ (alike_wake_joiner _)), <- MG. apply FALL.
  - (* notify *)
    right. unfold rank. cbn [fst snd threads]. split.
    + apply sum_ext. intros j. rewrite (alike_markable _ _ (alike_wake_at Q_dec q _)).
      at_set j i; auto. unfold markable. cbn. now rewrite H.
    + left. cbn [fst]. apply (sum_lt size _ _ i L).
      * rewrite (alike_to_notify _ _ (alike_wake_at Q_dec q _)), set_same. unfold to_notify.
        cbn. rewrite H. cbn. lia.
      * intros j. rewrite (alike_to_notify _ _ (alike_wake_at Q_dec q _)). at_set j i; auto.
        unfold to_notify. cbn. rewrite H. cbn. lia.
  - weigh H. destruct t; cbn; lia.
Qed.

(** There is no endless execution of quiet steps: whatever the scheduler does, and with no fairness
    assumed, sooner or later an operation begins or ends, a sleeper wakes spuriously, or the group is at
    rest. *)
Theorem C7_quiet_steps_end s0 : begins size s0 ->
  well_founded (fun s' s => reachable s0 s /\ exists i, step Progress i s s' /\ quiet i s s').
Proof.
  intros B. apply (wf_incl _ _ (fun s' s => below (rank s') (rank s))).
  - intros s' s (R & i & H & QU). apply (quiet_below i); auto. eapply reachable_sound; eauto.
  - apply (wf_inverse_image _ _ below rank), below_wf.
Qed.

(** So an endless execution begins or ends operations again and again, or has spurious wakeups again
    and again: it has no point after which all steps are quiet. *)
Theorem C7_endless_only_by_operations s0 (b : nat -> state) (i : nat -> nat) (n : nat) :
  begins size s0 -> (forall m, reachable s0 (b m)) ->
  (forall m, n <= m -> step Progress (i m) (b m) (b (1 + m)) /\ quiet (i m) (b m) (b (1 + m))) ->
  False.
Proof.
  intros B R H. pose proof (C7_quiet_steps_end s0 B (b n)) as A.
  assert (G : forall s, Acc (fun s' s => reachable s0 s /\ exists i, step Progress i s s' /\
            quiet i s s') s -> forall m, n <= m -> s = b m -> False).
  { intros s AC. induction AC as [s _ IH]. intros m L ->. destruct (H m L) as [ST QU].
    refine (IH (b (1 + m)) _ (1 + m) _ eq_refl); [split; eauto|lia]. }
  apply (G _ A n); auto.
Qed.

End Termination.

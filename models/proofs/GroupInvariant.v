(** * What holds in every reachable state of a group.

    The key is [Fresh]: while the epoch of a detection is current, every participant is blocked, what
    was asked about is still missing, no join is ready, and no thread stands between its registration
    and its sleep at a queue that has been asked. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Groups.

Lemma set_same {Q S} (f : nat -> thread Q S) i t : set f i t i = t.
Proof. unfold set. destruct (Nat.eq_dec i i); congruence. Qed.
Lemma set_other {Q S} (f : nat -> thread Q S) i j t : j <> i -> set f i t j = f j.
Proof. unfold set. destruct (Nat.eq_dec j i); congruence. Qed.

(** Whether thread [i] is the one that [set] changes at [j]. *)
Ltac at_set i j := destruct (Nat.eq_dec i j) as [->|];
  [rewrite ?set_same in *|rewrite ?set_other in * by auto].

Section Invariant.
Context {Q S C : Type}.
Variable ready : C -> S -> bool.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable size : nat.

Notation thread := (thread Q S).
Notation state := (state Q S C).
Notation place := (place Q S).
Notation missing := (missing ready).
Notation step := (step ready Q_dec size).
Notation reachable := (reachable ready Q_dec size).
Implicit Types (f g : nat -> thread) (c : Q -> C) (t u : thread) (s : state).

(** ** What the registry says of a thread fits the place where it is *)

Definition wf t : Prop := match place_of t with
  | Running | Opening None | Asking None _ _ | Notifying None _ =>
      blocked t = false /\ deadlocked t = false
  | AsleepTimed _ _ =>
      blocked t = false /\ deadlocked t = false /\ (participates t = true \/ 0 < tokens t)
  | Resumed _ _ => blocked t = false /\ deadlocked t = false /\ participates t = true
  | Registered _ => blocked t = true /\ deadlocked t = false /\ participates t = true
  | Opening (Some _) | Asking (Some _) _ _ | Notifying (Some _) _ | Rechecking _ | Asleep _ _ =>
      blocked t = negb (deadlocked t) /\ participates t = true
  end.

(** A participant that waits without a deadline is blocked in the registry or marked. *)
Lemma wf_wait t x : wf t -> wait_of t = Some x ->
  blocked t = negb (deadlocked t) /\ participates t = true.
Proof.
  unfold wf, wait_of.
  destruct (place_of t) as [|w|[y|]|[y|] e l|[y|] l|y|y n|w n|w n]; try discriminate; auto.
  intros (-> & -> & ->) _. auto.
Qed.
Lemma wf_blocked t : wf t -> blocked t = true ->
  exists x, wait_of t = Some x /\ deadlocked t = false /\ participates t = true.
Proof.
  unfold wf, wait_of. intros W B.
  destruct (place_of t) as [|w|[y|]|[y|] e l|[y|] l|y|y n|w n|w n];
    try (exfalso; destruct W as [W _]; congruence);
    try (destruct W as (_ & ? & ?); eauto; fail);
    destruct W as (W & P); rewrite B in W; exists y; destruct (deadlocked t); auto; discriminate.
Qed.

(** ** Threads that differ in whether they were notified only *)

Definition alike t u : Prop := u = t \/
  (exists x n, place_of t = Asleep x n /\ u = move t (Asleep x true)) \/
  (exists w n, place_of t = AsleepTimed w n /\ u = move t (AsleepTimed w true)).

Lemma alike_wake_at q t : alike t (wake_at Q_dec q t).
Proof.
  unfold wake_at, alike. destruct (place_of t) as [| | | | | |[w| |] n|w n|] eqn:E; auto;
    destruct (Q_dec (fst w) q); eauto 7.
Qed.
Lemma alike_wake_joiner t : alike t (wake_joiner t).
Proof.
  unfold wake_joiner, alike. destruct (place_of t) as [| | | | | |x n|w n|] eqn:E; auto.
  destruct (is_join x); eauto 7.
Qed.
Lemma alike_notify q P f j : alike (f j) (notify_at Q_dec q P f j).
Proof. unfold notify_at. destruct (P j); [apply alike_wake_at|now left]. Qed.

Lemma alike_same t u : alike t u -> blocked u = blocked t /\ deadlocked u = deadlocked t /\
  participates u = participates t /\ tokens u = tokens t /\ wait_of u = wait_of t.
Proof.
  intros [->|[(x & n & E & ->)|(w & n & E & ->)]]; auto; unfold wait_of; rewrite E; cbn; auto.
Qed.
Lemma alike_wf t u : alike t u -> wf t -> wf u.
Proof.
  intros [->|[(x & n & E & ->)|(w & n & E & ->)]]; auto; unfold wf; rewrite E; cbn; auto.
Qed.
(** The places of both are equal, sleepers aside. *)
Definition sleeps (p : place) : bool :=
  match p with Asleep _ _ | AsleepTimed _ _ => true | _ => false end.
Lemma alike_place t u p : alike t u -> sleeps p = false -> place_of u = p <-> place_of t = p.
Proof.
  intros [->|[(x & n & E & ->)|(w & n & E & ->)]] SP; [tauto| |]; rewrite E; cbn;
    split; intros <-; discriminate.
Qed.
Lemma alike_keeps t u p : alike t u -> place_of t = p -> sleeps p = false -> place_of u = p.
Proof. intros A E SP. now apply (proj2 (alike_place _ _ _ A SP)). Qed.
Lemma alike_back t u p : alike t u -> place_of u = p -> sleeps p = false -> place_of t = p.
Proof. intros A E SP. now apply (proj1 (alike_place _ _ _ A SP)). Qed.
Lemma alike_sleeps t u : alike t u -> sleeps (place_of u) = sleeps (place_of t).
Proof. intros [->|[(x & n & E & ->)|(w & n & E & ->)]]; auto; now rewrite E. Qed.
Lemma alike_un_notified t u x : alike t u -> place_of u = Asleep x false -> u = t.
Proof. intros [->|[(y & n & E & ->)|(w & n & E & ->)]]; auto; discriminate. Qed.
Lemma alike_notified t u w : alike t u -> on_its_way (place_of t) w -> on_its_way (place_of u) w.
Proof.
  unfold on_its_way. intros [->|[(y & n & E & ->)|(y & n & E & ->)]] [H|H]; auto; cbn;
    rewrite E in H; try discriminate; injection H as ->; auto.
Qed.

(** ** What the registry computes depends on its entries only *)

Definition same_entries f g : Prop := forall j, blocked (g j) = blocked (f j) /\
  participates (g j) = participates (f j) /\ tokens (g j) = tokens (f j) /\
  wait_of (g j) = wait_of (f j).

Lemma same_sym f g : same_entries f g -> same_entries g f.
Proof. intros H j. destruct (H j) as (? & ? & ? & ?). auto. Qed.
Lemma same_all_blocked f g : same_entries f g -> all_blocked f -> all_blocked g.
Proof.
  intros H (NT & (j & E) & W). split; [|split].
  - intros k. destruct (H k) as (_ & _ & -> & _). auto.
  - exists j. destruct (H j) as (_ & -> & _). auto.
  - intros k. destruct (H k) as (-> & -> & _). auto.
Qed.
Lemma same_left f g i x : same_entries f g -> has_left f i x -> has_left g i x.
Proof.
  intros H. destruct x; cbn; auto.
  - destruct (H j) as (_ & -> & _). auto.
  - intros L j NE. destruct (H j) as (_ & -> & _). auto.
Qed.
Lemma same_join_ready f g : same_entries f g -> any_join_ready f -> any_join_ready g.
Proof.
  intros H (j & x & B & W & L). exists j, x. pose proof (same_left _ _ _ _ H L).
  destruct (H j) as (-> & _ & _ & ->). auto.
Qed.
Lemma same_blocked_at f g w : same_entries f g -> blocked_at f w -> blocked_at g w.
Proof. intros H (j & B & W). exists j. destruct (H j) as (-> & _ & _ & ->). auto. Qed.
Lemma same_alike f g : (forall j, alike (f j) (g j)) -> same_entries f g.
Proof. intros H j. destruct (alike_same _ _ (H j)) as (? & _ & ? & ? & ?). auto. Qed.
Lemma same_move f i p : wait_of (move (f i) p) = wait_of (f i) -> same_entries f (set f i (move (f i) p)).
Proof. intros W j. at_set j i; auto. Qed.

(** A thread that runs, or is back from its wait, is not blocked. *)
Lemma not_all_blocked f i : participates (f i) = true \/ 0 < tokens (f i) ->
  blocked (f i) = false -> ~ all_blocked f.
Proof.
  intros [P|P] B (NT & _ & W); [rewrite (W i P) in B; discriminate|]. specialize (NT i). lia.
Qed.

(** ** The invariant *)

Definition Fresh c f (todo : list (condition Q S)) : Prop :=
  all_blocked f /\ ~ any_join_ready f /\
  (forall w, In w todo -> blocked_at f w) /\
  (forall w, blocked_at f w -> In w todo \/ missing c w /\
     forall k y, place_of (f k) = Registered y -> fst y <> fst w).

Record Inv s : Prop := {
  formed : forall j, wf (threads s j);
  past : forall j x e l, place_of (threads s j) = Asking x e l -> e <= epoch s;
  fresh : forall j x l, place_of (threads s j) = Asking x (epoch s) l ->
            Fresh (content s) (threads s) l
}.

Lemma same_fresh c f g l : same_entries f g ->
  (forall k y, place_of (g k) = Registered y -> place_of (f k) = Registered y) ->
  Fresh c f l -> Fresh c g l.
Proof.
  intros H R (A & J & L & B). split; [|split; [|split]].
  - eapply same_all_blocked; eauto.
  - intros X. apply J. eapply same_join_ready; eauto using same_sym.
  - intros w I. eapply same_blocked_at; eauto.
  - intros w X. destruct (B w) as [?|[M E]]; auto.
    + eapply same_blocked_at; eauto using same_sym.
    + right. split; auto. intros k y Y. eauto.
Qed.

(** A step that begins a new epoch: every detection under way is overtaken. *)
Lemma new_epoch c c' f g e : Inv (State c f e) ->
  (forall j x e0 l, place_of (g j) = Asking x e0 l -> place_of (f j) = Asking x e0 l) ->
  (forall j, wf (g j)) -> Inv (State c' g (1 + e)).
Proof.
  intros [F P _] K W. split; cbn [threads epoch] in *; auto.
  - intros j x e0 l H. apply K, P in H. lia.
  - intros j x l H. apply K, P in H. lia.
Qed.

(** A step in an epoch in which some thread runs: no detection is of this epoch. *)
Lemma overtaken c c' f g e : Inv (State c f e) -> ~ all_blocked f ->
  (forall j x e0 l, place_of (g j) = Asking x e0 l -> place_of (f j) = Asking x e0 l) ->
  (forall j, wf (g j)) -> Inv (State c' g e).
Proof.
  intros [F P FR] N K W. split; cbn [threads epoch content] in *; auto.
  - intros j x e0 l H. apply K, P in H. auto.
  - intros j x l H. apply K, FR in H. destruct H as (H & _). contradiction.
Qed.

(** A step that changes nothing in the registry, and one thread's place only. *)
Lemma same_registry c f e i p : Inv (State c f e) -> wf (move (f i) p) ->
  wait_of (move (f i) p) = wait_of (f i) -> (forall w, p <> Registered w) ->
  (forall x e0 l, p = Asking x e0 l -> e0 <= e /\ (e0 = e -> Fresh c f l)) ->
  Inv (State c (set f i (move (f i) p)) e).
Proof.
  intros [F P FR] W WO NR K. cbn [threads epoch content] in *.
  pose proof (same_move f i p WO) as SM.
  split; cbn [threads epoch content].
  - intros j. at_set j i; auto.
  - intros j x e0 l H. at_set j i; [|eauto]. cbn in H. apply (K x e0 l H).
  - intros j x l H. eapply same_fresh; eauto.
    + intros k y Y. at_set k i; auto. cbn in Y. now apply NR in Y.
    + at_set j i; [|eauto]. cbn in H. destruct (K x e l H) as (_ & K2). auto.
Qed.

(** Notifications change nothing in the registry. *)
Lemma alike_inv c f g e : (forall j, alike (f j) (g j)) -> Inv (State c f e) -> Inv (State c g e).
Proof.
  intros AL [F P FR]. cbn [threads epoch content] in *.
  assert (B : forall j p, sleeps p = false -> place_of (g j) = p -> place_of (f j) = p).
  { intros j p SP. apply (proj1 (alike_place _ _ p (AL j) SP)). }
  split; cbn [threads epoch content].
  - intros j. eapply alike_wf; eauto.
  - intros j x e0 l H. apply B in H; eauto.
  - intros j x l H. apply B in H; eauto. eapply same_fresh; eauto using same_alike.
Qed.

Lemma wf_at f i p : (forall j, wf (f j)) -> place_of (f i) = p -> wf (move (f i) p).
Proof. intros F <-. specialize (F i). destruct (f i). exact F. Qed.

(** Rewrites what is known of the acting thread's registry entry. *)
Ltac entry F i := let W := fresh "W" in pose proof (F i) as W; unfold wf in W;
  match goal with H : place_of (_ i) = _ |- _ => rewrite H in W; cbn in W end.
Ltac wf_entry F i := entry F i; unfold wf; cbn;
  repeat match goal with H : _ /\ _ |- _ => destruct H end;
  repeat match goal with |- context [match ?x with Some _ => _ | None => _ end] =>
    is_var x; destruct x; cbn in * end;
  repeat match goal with H : deadlocked _ = _ |- _ => rewrite H in * end;
  cbn in *; try (repeat split; congruence); auto.

Lemma asking_set f i t j x e l : (forall y e0 m, place_of t <> Asking y e0 m) ->
  place_of (set f i t j) = Asking x e l -> place_of (f j) = Asking x e l.
Proof. intros N H. at_set j i; auto. now apply N in H. Qed.

Lemma then_place f x o p : then_detects f x o p -> p = Opening x \/ p = o.
Proof. intros [[_ E]|[_ E]]; auto. Qed.

Lemma marked_wf j t : wf t -> (forall w, place_of t <> Registered w) -> wf (mark j t).
Proof.
  intros W NR. unfold mark. destruct (wait_of t) as [x|] eqn:WO; auto.
  destruct (blocked t) eqn:B; cbn; auto. destruct (j || negb (is_join x)); cbn; auto.
  unfold wf, wait_of in *.
  destruct (place_of t) as [|w|[y|]|[y|] e l|[y|] l|y|y n|w n|w n]; cbn in *; try discriminate;
    try tauto. exfalso. eapply NR; eauto.
Qed.
Lemma mark_place j t : place_of (mark j t) = place_of t.
Proof.
  unfold mark. destruct (wait_of t) as [x|]; auto.
  destruct (blocked t && (j || negb (is_join x))); auto.
Qed.

(** At the moment of marking no thread stands between its registration and its sleep. *)
Lemma none_registered c f w j : (forall j, wf (f j)) -> Fresh c f [] -> place_of (f j) <> Registered w.
Proof.
  intros F (A & _ & _ & B) E.
  assert (X : blocked_at f w).
  { exists j. unfold wait_of. rewrite E. entry F j. tauto. }
  destruct (B w X) as [[]|[_ N]]. now apply (N j w E).
Qed.

Theorem step_inv k i s s' : step k i s s' -> Inv s -> Inv s'.
Proof.
  intros H I. pose proof I as [F P FR].
  assert (R : forall t, acts t -> wf t -> blocked t = false /\ deadlocked t = false).
  { intros t [E _] W. unfold wf in W. now rewrite E in W. }
  destruct H; cbn [threads epoch content] in *.
  - (* act *)
    apply (alike_inv _ f); [apply alike_notify|]. destruct (R _ H (F i)) as [B _].
    eapply overtaken; eauto. eapply not_all_blocked; eauto. apply H.
  - (* sleep_timed *)
    destruct (R _ H (F i)) as [B D]. eapply overtaken; eauto.
    + eapply not_all_blocked; eauto. apply H.
    + intros j x e0 l. apply asking_set. discriminate.
    + intros j. at_set j i; auto. unfold wf. cbn. rewrite B, D. destruct H. auto.
  - (* wake_timed *)
    eapply alike_inv; [intros j; apply alike_notify|]. entry F i.
    destruct W as (B & D & W). eapply overtaken; eauto.
    + eapply not_all_blocked; eauto.
    + intros j x0 e0 l. apply asking_set. discriminate.
    + intros j. at_set j i; auto. unfold wf. cbn. auto.
  - (* block *)
    eapply new_epoch; eauto.
    + intros j x e0 l. apply asking_set. apply then_place in H3. destruct H3 as [-> | ->]; discriminate.
    + intros j. subst f'. at_set j i; auto. apply then_place in H3.
      unfold wf. destruct H3 as [-> | ->]; cbn; auto.
  - (* sleep *)
    apply same_registry; auto; try discriminate.
    + wf_entry F i.
    + unfold wait_of. now rewrite H.
  - apply same_registry; auto; try discriminate.
    + wf_entry F i.
    + unfold wait_of. now rewrite H.
  - (* recheck_resume *)
    destruct (blocked (f i)) eqn:B.
    + eapply new_epoch; eauto.
      * intros j x e0 l. apply asking_set. discriminate.
      * intros j. at_set j i; auto. wf_entry F i.
    + eapply overtaken; eauto.
      * eapply not_all_blocked; eauto. entry F i. tauto.
      * intros j x e0 l. apply asking_set. discriminate.
      * intros j. at_set j i; auto. wf_entry F i.
  - (* wake *)
    destruct (blocked (f i)) eqn:B.
    + eapply new_epoch; eauto.
      * intros j x e0 l. apply asking_set. discriminate.
      * intros j. at_set j i; auto. wf_entry F i.
    + eapply overtaken; eauto.
      * eapply not_all_blocked; eauto. entry F i. tauto.
      * intros j x e0 l. apply asking_set. discriminate.
      * intros j. at_set j i; auto. wf_entry F i.
  - (* return *)
    eapply alike_inv; [intros j; apply alike_notify|]. entry F i.
    destruct W as (B & D & W). eapply overtaken; eauto.
    + eapply not_all_blocked; eauto.
    + intros j x0 e0 l. apply asking_set. discriminate.
    + intros j. at_set j i; auto. unfold wf. cbn. auto.
  - (* block_again *)
    eapply new_epoch; eauto.
    + intros j x e0 l. apply asking_set. apply then_place in H1. destruct H1 as [-> | ->]; discriminate.
    + intros j. subst f'. at_set j i; auto. apply then_place in H1. entry F i.
      unfold wf. destruct H1 as [-> | ->]; cbn; tauto.
  - (* join *)
    eapply new_epoch; eauto.
    + intros j x e0 l. apply asking_set. apply then_place in H3. destruct H3 as [-> | ->]; discriminate.
    + intros j. subst f'. at_set j i; auto. apply then_place in H3.
      unfold wf. destruct H3 as [-> | ->]; cbn; auto.
  - apply same_registry; auto; try discriminate.
    + wf_entry F i.
    + unfold wait_of. now rewrite H.
  - (* join_again *)
    eapply new_epoch; eauto.
    + intros j x e0 l. apply asking_set. apply then_place in H3. destruct H3 as [-> | ->]; discriminate.
    + intros j. subst f'. at_set j i; auto. apply then_place in H3. entry F i.
      unfold wf. destruct H3 as [-> | ->]; cbn; tauto.
  - (* join_end *)
    assert (WP : participates (f i) = true).
    { pose proof (F i) as W. unfold wf in W. destruct H as [[H _]|H]; rewrite H in W; tauto. }
    destruct (blocked (f i)) eqn:B.
    + eapply new_epoch; eauto.
      * intros j x e0 l. apply asking_set. discriminate.
      * intros j. at_set j i; auto. unfold wf. cbn. auto.
    + eapply overtaken; eauto.
      * eapply not_all_blocked; eauto.
      * intros j x e0 l. apply asking_set. discriminate.
      * intros j. at_set j i; auto. unfold wf. cbn. auto.
  - (* open *)
    apply same_registry; auto; try discriminate.
    + wf_entry F i.
    + unfold wait_of. rewrite H. auto.
    + intros x e0 l [= <- <- <-]. split; auto. intros _. split; [auto|split; [auto|split]].
      * intros w. apply (H2 w).
      * intros w X. left. apply (H2 w). auto.
  - apply same_registry; auto; try (destruct t; discriminate).
    + destruct t; wf_entry F i.
    + unfold wait_of. rewrite H. destruct t; auto.
  - (* ask *)
    apply same_registry; auto; try discriminate.
    + wf_entry F i.
    + unfold wait_of. rewrite H. auto.
    + intros x e1 l [= <- <- <-]. split; [eauto|]. intros ->.
      destruct (FR _ _ _ H) as (A & J & L & B). split; [auto|split; [auto|split]].
      * intros y Y. apply L. now right.
      * intros y Y. destruct (B y Y) as [[<-|?]|?]; auto. right. split; auto.
        intros k z Z E. apply (H0 k). rewrite Z. exact E.
  - apply same_registry; auto; try (destruct t; discriminate).
    + destruct t; wf_entry F i.
    + unfold wait_of. rewrite H. destruct t; auto.
  - apply same_registry; auto; try (destruct t; discriminate).
    + destruct t; wf_entry F i.
    + unfold wait_of. rewrite H. destruct t; auto.
  - (* mark *)
    apply (alike_inv _ (fun j => mark joiners (set f i (move (f i) (Notifying t todo)) j)));
      [intros j; apply alike_wake_joiner|].
    pose proof (FR _ _ _ H) as FS.
    eapply new_epoch; eauto.
    + intros j x e0 l. rewrite mark_place. apply asking_set. discriminate.
    + intros j. apply marked_wf.
      * at_set j i; auto. wf_entry F i.
      * intros w. at_set j i; [discriminate|]. eapply none_registered; eauto.
  - (* notify *)
    apply (alike_inv _ (set f i (move (f i) (Notifying t todo)))); [intros j; apply alike_wake_at|].
    apply same_registry; auto; try discriminate.
    + wf_entry F i.
    + unfold wait_of. rewrite H. auto.
  - apply same_registry; auto; try (destruct t; discriminate).
    + destruct t; wf_entry F i.
    + unfold wait_of. rewrite H. destruct t; auto.
  - (* leave *)
    apply (alike_inv _ f'); [intros j; destruct wakes; [apply alike_wake_joiner|now left]|].
    eapply new_epoch; eauto.
    + intros j x e0 l. apply asking_set. apply then_place in H1. destruct H1 as [-> | ->]; discriminate.
    + intros j. subst f'. at_set j i; auto. apply then_place in H1.
      unfold wf. destruct H1 as [-> | ->]; cbn; auto.
  - eapply new_epoch; eauto.
    + intros k x e0 l. apply asking_set. discriminate.
    + intros k. at_set k j; auto. red. cbn. auto.
  - eapply new_epoch; eauto.
    + intros k x e0 l. apply asking_set. discriminate.
    + intros k. at_set k j; auto. red. cbn. auto.
  - (* give *)
    assert (B : blocked (f i) = false) by (entry F i; tauto).
    eapply overtaken; eauto.
    + eapply (not_all_blocked _ i); eauto. right. lia.
    + intros k x e0 l K. eapply asking_set, asking_set in K; eauto; discriminate.
    + intros k. at_set k j; [red; cbn; auto|]. at_set k i; auto. red. cbn. auto.
  - (* release *)
    eapply new_epoch; eauto.
    + intros j x e0 l. apply asking_set. apply then_place in H1. destruct H1 as [-> | ->]; discriminate.
    + intros j. subst f'. at_set j i; auto. apply then_place in H1.
      unfold wf. destruct H1 as [-> | ->]; cbn; auto.
Qed.

Theorem reachable_inv s0 s : begins size s0 -> reachable s0 s -> Inv s.
Proof.
  intros B R. induction R; [|eapply step_inv; eauto].
  split; intros j; intros; destruct (B j) as (P & W & T & _).
  - unfold wf. rewrite P. auto.
  - congruence.
  - congruence.
Qed.

End Invariant.

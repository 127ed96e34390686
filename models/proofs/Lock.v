(** * The mutex made explicit.

    The model takes a critical section for one step. Here the mutex is a thing of
    its own: a thread acquires it first and then does its section, and between the
    two anything may happen that needs no mutex: deadlines pass, sleepers stir,
    handles move, threads end, die, or are waited for. A waiter that is cancelled
    acquires the mutex too, woken or not. Every execution of this finer
    model projects to one of the model, so every claim about reachable states holds
    of it; and when it can go no further, the mutex is free and the model at rest. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress.

Section Lock.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (t : thread A) (o : op A).

(** The thread is awake and its next operation is done under the mutex. *)
Definition needs_lock s (i : nat) : Prop :=
  exists t o r, nth_error (threads s) i = Some t /\ program t = o :: r /\ awake t /\
    match o with Give _ _ | JoinThreads _ => False | _ => True end.

(** The thread is inside a wait, woken or not. *)
Definition inside_wait s (i : nat) : Prop :=
  exists t o r sd, nth_error (threads s) i = Some t /\ program t = o :: r /\
    waits_at (spot t) = Some sd.

(** A critical section is a step that shows something to be done under the mutex:
    one that acts or blocks, leaves a wait, or looks in vain. What a deadline or a death does is not. *)
Inductive section : kind -> nat -> state A -> state A -> Prop :=
| section_acts i t o r sh' next hd' seen timed_out nt' TH' sh nt TH L :
    nth_error TH i = Some t -> program t = o :: r -> awake t ->
    attempt capacity i (holds t) o sh = Acts sh' next hd' seen ->
    (timed_out = true -> deadline_of o = Some Now) ->
    settle capacity sh' (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd'))
           nt' TH' ->
    section Progress i (State sh nt TH L)
      (State sh' nt' TH'
        (L ++ say i (back (spot t) timed_out ++ seen ++ all_calls capacity sh'
           (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')))))
| section_blocks i t o r sd sh nt TH L :
    nth_error TH i = Some t -> program t = o :: r -> awake t ->
    attempt capacity i (holds t) o sh = Blocks sd ->
    section Sleep i (State sh nt TH L)
      (State sh (come_back (spot t) nt) (upd TH i (Thread (Asleep sd) (o :: r) (holds t)))
        (L ++ say i (back (spot t) false ++ [Wait sd])))
| section_cancels i t o r sd nt' TH' sh nt TH L :
    nth_error TH i = Some t -> program t = o :: r -> waits_at (spot t) = Some sd ->
    settle capacity (cancel o sh) (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t)))
           nt' TH' ->
    section Cancellation i (State sh nt TH L)
      (State (cancel o sh) nt' TH'
        (L ++ say i (Cancel sd :: all_calls capacity (cancel o sh) (give_up_wait sd nt)
           (upd TH i (Thread Outside r (holds t))))))
| section_looks i t o r sd sh nt TH L :
    nth_error TH i = Some t -> program t = o :: r -> spot t = Woken sd ->
    attempt capacity i (holds t) o sh = Blocks sd ->
    section Look i (State sh nt TH L)
      (State sh (come_back (spot t) nt) (upd TH i (Thread Outside (o :: r) (holds t)))
        (L ++ say i (back (spot t) false))).

Lemma section_step k i s s' : section k i s s' -> step capacity k i s s'.
Proof. intros []; [eapply s_act|eapply s_block|eapply s_cancel|eapply s_look]; eauto. Qed.

(** All other steps. *)
Inductive elsewhere : kind -> nat -> state A -> state A -> Prop :=
| elsewhere_step k i s s' : step capacity k i s s' -> ~ section k i s s' ->
    elsewhere k i s s'.

Record locked := Locked { inner : state A; holder : option nat }.

(** [Withdraw]: a waiter acquires the mutex because it is cancelled. *)
Inductive lkind := Acquire | Withdraw | Inside (k : kind) | Apart (k : kind).

Inductive lstep : lkind -> nat -> locked -> locked -> Prop :=
| l_acquire i s : needs_lock s i -> lstep Acquire i (Locked s None) (Locked s (Some i))
| l_withdraw i s : inside_wait s i -> lstep Withdraw i (Locked s None) (Locked s (Some i))
| l_inside k i s s' : section k i s s' -> lstep (Inside k) i (Locked s (Some i)) (Locked s' None)
| l_apart k i s s' h : elsewhere k i s s' -> (k = Death -> h <> Some i) ->
    lstep (Apart k) i (Locked s h) (Locked s' h).

Inductive lrun : list kind -> locked -> locked -> Prop :=
| lrun_nil l : lrun [] l l
| lrun_acquire ks i l l' l'' : lrun ks l l' -> lstep Acquire i l' l'' -> lrun ks l l''
| lrun_withdraw ks i l l' l'' : lrun ks l l' -> lstep Withdraw i l' l'' -> lrun ks l l''
| lrun_inside ks k i l l' l'' : lrun ks l l' -> lstep (Inside k) i l' l'' -> lrun (k :: ks) l l''
| lrun_apart ks k i l l' l'' : lrun ks l l' -> lstep (Apart k) i l' l'' -> lrun (k :: ks) l l''.

Theorem lock_refines ks l l' : lrun ks l l' -> run capacity ks (inner l) (inner l').
Proof.
  induction 1 as [l|ks i l l' l'' H IH Hs|ks i l l' l'' H IH Hs|ks k i l l' l'' H IH Hs|
                  ks k i l l' l'' H IH Hs];
    [constructor|inversion Hs; subst; auto|inversion Hs; subst; auto| |];
    inversion Hs; subst; simpl in *.
  - econstructor; eauto using section_step.
  - match goal with E : elsewhere _ _ _ _ |- _ => destruct E end. econstructor; eauto.
Qed.

(** A thread that holds the mutex can do its section. *)
Lemma needs_lock_section s i : needs_lock s i -> exists k s', section k i s s'.
Proof.
  intros (t & o & r & H & P & W & N). destruct s as [sh nt TH L]. cbn [threads] in H.
  destruct (attempt capacity i (holds t) o sh) as [sh' next hd' seen|sd|] eqn:E.
  - destruct (settle_exists capacity sh' (come_back (spot t) nt)
      (upd TH i (Thread Outside (next ++ r) hd'))) as (nt' & TH' & S).
    exists Progress. eexists. eapply section_acts with (timed_out := false); eauto. discriminate.
  - exists Sleep. eexists. eapply section_blocks; eauto.
  - exfalso. destruct o; try contradiction; simpl in E; try discriminate;
      unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join,
        or_wait in E; cases_of E.
Qed.

Lemma inside_wait_section s i : inside_wait s i -> exists k s', section k i s s'.
Proof.
  intros (t & o & r & sd & H & P & W). destruct s as [sh nt TH L]. cbn [threads] in H.
  destruct (settle_exists capacity (cancel o sh) (give_up_wait sd nt)
    (upd TH i (Thread Outside r (holds t)))) as (nt' & TH' & S).
  exists Cancellation. eexists. eapply section_cancels; eauto.
Qed.

Lemma inside_wait_kept k j s s' i : elsewhere k j s s' -> inside_wait s i -> inside_wait s' i.
Proof.
  intros E. destruct E as [k j s s' Hs NS]. intros (t & o & r & sd & H & P & W).
  assert (OUT : forall x y, nth_error (threads s) x = Some y -> spot y = Outside -> i <> x).
  { intros x y Hx Sy ->. rewrite H in Hx. injection Hx as <-. rewrite Sy in W. discriminate. }
  destruct Hs; cbn [threads] in *.
  - exfalso. apply NS. eapply section_acts; eauto.
  - exfalso. apply NS. eapply section_blocks; eauto.
  - set (t' := Thread Outside r0 (own h (owns h (holds t0) - 1) (holds t0))) in *.
    assert (Hu : nth_error (upd TH i0 t') j = Some u) by (rewrite nth_upd_other; auto).
    pose proof (OUT _ _ H0 H2) as NI. destruct (Nat.eq_dec i j) as [->|NJ].
    + rewrite H in H3. injection H3 as <-. eexists _, o, r, sd. cbn [threads].
      split; [eapply nth_upd_same; eauto|]. auto.
    + exists t, o, r, sd. cbn [threads]. rewrite !nth_upd_other; auto.
  - pose proof (OUT _ _ H0 H2). exists t, o, r, sd. cbn [threads]. rewrite nth_upd_other; auto.
  - pose proof (OUT _ _ H0 H2). exists t, o, r, sd. cbn [threads]. rewrite nth_upd_other; auto.
  - destruct (Nat.eq_dec i i0) as [->|NI].
    + rewrite H in H0. injection H0 as <-. rewrite P in H1. injection H1 as <- <-.
      eexists _, (expired o), r, sd. cbn [threads]. split; [eapply nth_upd_same; eauto|].
      rewrite wake_program. split; [reflexivity|]. unfold wake. cbn [spot].
      destruct (spot t); exact W.
    + exists t, o, r, sd. cbn [threads]. rewrite nth_upd_other; auto.
  - destruct (Nat.eq_dec i i0) as [->|NI].
    + rewrite H in H0. injection H0 as <-. eexists _, o, r, sd. cbn [threads].
      split; [eapply nth_upd_same; eauto|]. rewrite wake_program. split; [exact P|].
      unfold wake. destruct (spot t) eqn:S; [rewrite S|..]; auto. now rewrite S.
    + exists t, o, r, sd. cbn [threads]. rewrite nth_upd_other; auto.
  - pose proof (OUT _ _ H0 H1). exists t, o, r, sd. cbn [threads]. rewrite nth_upd_other; auto.
  - exfalso. apply NS. eapply section_cancels; eauto.
  - exfalso. apply NS. eapply section_looks; eauto.
Qed.

(** And keeps needing it, whatever happens elsewhere. *)
Lemma needs_lock_kept k j s s' i : elsewhere k j s s' -> (k = Death -> j <> i) ->
  needs_lock s i -> needs_lock s' i.
Proof.
  intros E. destruct E as [k j s s' Hs NS]. intros ND (t & o & r & H & P & W & N).
  destruct Hs; cbn [threads] in *.
  - exfalso. apply NS. eapply section_acts; eauto.
  - exfalso. apply NS. eapply section_blocks; eauto.
  - set (t' := Thread Outside r0 (own h (owns h (holds t0) - 1) (holds t0))) in *.
    assert (Hu : nth_error (upd TH i0 t') j = Some u) by (rewrite nth_upd_other; auto).
    assert (NI : i <> i0).
    { intros ->. rewrite H in H0. injection H0 as <-. rewrite P in H1. injection H1 as -> _.
      destruct N. }
    destruct (Nat.eq_dec i j) as [->|NJ].
    + rewrite H in H3. injection H3 as <-. eexists _, o, r. cbn [threads].
      split; [eapply nth_upd_same; eauto|]. auto.
    + exists t, o, r. cbn [threads]. rewrite !nth_upd_other; auto.
  - assert (NI : i <> i0).
    { intros ->. rewrite H in H0. injection H0 as <-. rewrite P in H1. injection H1 as -> _.
      destruct N. }
    exists t, o, r. cbn [threads]. rewrite nth_upd_other; auto.
  - assert (NI : i <> i0).
    { intros ->. rewrite H in H0. injection H0 as <-. rewrite P in H1. injection H1 as -> _.
      destruct N. }
    exists t, o, r. cbn [threads]. rewrite nth_upd_other; auto.
  - destruct (Nat.eq_dec i i0) as [->|NI].
    + rewrite H in H0. injection H0 as <-. rewrite P in H1. injection H1 as <- <-.
      assert (WK : forall x, awake (A := A) x -> wake x = x).
      { intros x Hx. unfold wake, awake in *. destruct (spot x); auto; contradiction. }
      eexists _, (expired o), r. cbn [threads]. split; [eapply nth_upd_same; eauto|].
      rewrite WK by exact W. split; [reflexivity|]. split; [exact W|]. destruct o; auto.
    + exists t, o, r. cbn [threads]. rewrite nth_upd_other; auto.
  - assert (NI : i <> i0).
    { intros ->. rewrite H in H0. injection H0 as <-. unfold awake in W.
      rewrite H1 in W. destruct W. }
    exists t, o, r. cbn [threads]. rewrite nth_upd_other; auto.
  - exists t, o, r. cbn [threads]. rewrite nth_upd_other; auto.
  - exfalso. apply NS. eapply section_cancels; eauto.
  - exfalso. apply NS. eapply section_looks; eauto.
Qed.

(** What the holder of the mutex can do. *)
Definition has_section s (i : nat) : Prop := needs_lock s i \/ inside_wait s i.

Definition start (c : crew A) : locked := Locked (init c) None.

Lemma holder_needs ks l l' : lrun ks l l' ->
  (forall i, holder l = Some i -> has_section (inner l) i) ->
  forall i, holder l' = Some i -> has_section (inner l') i.
Proof.
  induction 1 as [l|ks i l l' l'' H IH Hs|ks i l l' l'' H IH Hs|ks k i l l' l'' H IH Hs|
                  ks k i l l' l'' H IH Hs];
    intros B j Hj; auto; specialize (IH B); inversion Hs; subst; simpl in *.
  - injection Hj as <-. left. auto.
  - injection Hj as <-. right. auto.
  - discriminate.
  - destruct (IH _ Hj) as [N|W]; [left|right; eapply inside_wait_kept; eauto].
    eapply needs_lock_kept; eauto. intros -> ->.
    match goal with K : Death = Death -> _ |- _ => exact (K eq_refl Hj) end.
Qed.

(** When nothing is left to do but to stir sleepers, to cancel them and to die, the mutex
    is free and the model is at rest. *)
Theorem lock_rests ks c l : lrun ks (start c) l ->
  (forall x i l', lstep x i l l' -> x = Apart Spurious \/ x = Apart Death \/ x = Withdraw) ->
  holder l = None /\ quiescent capacity (inner l).
Proof.
  intros H M. assert (HN : holder l = None).
  { destruct (holder l) as [i|] eqn:E; auto. exfalso.
    assert (N : has_section (inner l) i).
    { eapply holder_needs; eauto. simpl. discriminate. }
    assert (S : exists k s', section k i (inner l) s').
    { destruct N; [now apply needs_lock_section|now apply inside_wait_section]. }
    destruct S as (k & s' & S). destruct l as [s h]. simpl in *. subst h.
    destruct (M (Inside k) i (Locked s' None)) as [?|[?|?]]; try discriminate. now constructor. }
  split; auto. destruct l as [s h]. simpl in *. subst h. intros i s' Hs.
  assert (NL : ~ needs_lock s i).
  { intros N. destruct (M Acquire i (Locked s (Some i))) as [?|[?|?]]; try discriminate.
    now constructor. }
  assert (NS : ~ section Progress i s s').
  { intros S. apply NL. inversion S; subst. eexists _, _, _. cbn [threads].
    split; [eassumption|]. split; [eassumption|]. split; [assumption|].
    destruct o; auto; simpl in *; discriminate. }
  destruct (M (Apart Progress) i (Locked s' None)) as [?|[?|?]]; try discriminate.
  constructor; [now constructor|discriminate].
Qed.

End Lock.

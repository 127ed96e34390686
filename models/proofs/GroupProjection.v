(** * Each queue of a group is a queue of [Model.v]: C1 to C7, C9 and C11 in groups.

    Every step of the product of a group and its queues is, for each queue, steps of [Model.v]
    ([step_projects]); so every theorem about the reachable states of that holds of each queue of a
    group. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress Termination Lock Claims Responses
  GroupQueues GroupProduct.
From SentinelQueue Require Groups GroupInvariant.

Ltac at_thread i j := destruct (Nat.eq_dec i j) as [->|];
  [rewrite ?GroupInvariant.set_same in *|rewrite ?GroupInvariant.set_other in * by auto].

(** ** One queue *)

Section Queue.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (x y z : state A) (t : thread A) (o : op A).

Definition awake_at x i : Prop := forall sd, place_at x i <> Asleep sd.

(** What a step of another thread may change of a thread: nothing, or it may wake it. *)
Definition same_at x y (j : nat) : Prop := head y j = head x j /\ place_at y j = place_at x j.
Definition kept x y (j : nat) : Prop := head y j = head x j /\
  (place_at y j = place_at x j \/ exists sd, place_at x j = Asleep sd /\ place_at y j = Woken sd).

Lemma waiting_some d x i sd : waiting_op d x i sd -> exists t o r,
  nth_error (threads x) i = Some t /\ program t = o :: r /\ place_at x i = spot t /\
  waits_on o = Some sd /\ deadline_of o = Some d /\ match o with Send _ [] => False | _ => True end.
Proof.
  unfold waiting_op, head, place_at. intros (o & H & W).
  destruct (nth_error (threads x) i) as [t|]; [|discriminate].
  destruct (program t) as [|o' r] eqn:P; [discriminate|]. injection H as ->. eauto 10.
Qed.
Lemma waiting_head d x y i sd : head y i = head x i -> waiting_op d x i sd -> waiting_op d y i sd.
Proof. unfold waiting_op. intros ->. auto. Qed.

(** *** What a critical section comes to *)

Lemma attempt_waits i hd o sh sd d : waits_on o = Some sd -> deadline_of o = Some d -> d <> Now ->
  match o with Send _ [] => False | _ => True end -> ready capacity sd sh = Some 0 ->
  attempt capacity i hd o sh = Blocks sd.
Proof.
  intros W D N NE R.
  destruct o; simpl in W, D; try discriminate; injection W as <-; injection D as ->; simpl.
  - destruct batch as [|a b]; [contradiction|].
    assert (C : closed sh = false) by (simpl in R; destruct (closed sh); [discriminate|auto]).
    unfold send. rewrite C.
    rewrite (proj2 (fit_ready capacity sh (a :: b) C ltac:(discriminate)) R).
    cbn. destruct d; auto. contradiction.
  - unfold receive. simpl in R. destruct (closed sh); [discriminate|].
    destruct (queue sh); [|discriminate]. destruct d; auto. contradiction.
  - unfold join. simpl in R. destruct (done sh); [discriminate|]. destruct d; auto. contradiction.
Qed.
Lemma attempt_ends i hd o sh sd : waits_on o = Some sd ->
  ready capacity sd sh <> Some 0 \/ deadline_of o = Some Now ->
  exists sh' next hd' seen, attempt capacity i hd o sh = Acts sh' next hd' seen.
Proof.
  intros W [R|D]; [eapply attempt_acts; eauto|].
  destruct (attempt capacity i hd o sh) as [sh' next hd' seen|sd'|] eqn:E; eauto 6.
  - apply attempt_blocks in E as (_ & _ & N). congruence.
  - destruct o; try discriminate; simpl in E; unfold send, receive, join, or_wait in E; cases_of E.
Qed.

Lemma section_acts_exists x i sd d : waiting_op d x i sd -> awake_at x i ->
  ready capacity sd (shared_of x) <> Some 0 \/ d = Now -> exists y, section capacity Progress i x y.
Proof.
  intros WO AW R. apply waiting_some in WO as (t & o & r & N & P & PL & W & D & NE).
  destruct x as [sh nt TH L]. cbn [threads shared_of] in *.
  destruct (attempt_ends i (holds t) o sh sd W) as (sh' & next & hd' & seen & E).
  { destruct R as [R| ->]; auto. }
  destruct (settle_exists capacity sh' (come_back (spot t) nt)
              (upd TH i (Thread Outside (next ++ r) hd'))) as (nt' & TH' & S).
  eexists. eapply section_acts with (timed_out := false); eauto; [|discriminate].
  unfold awake. destruct (spot t) as [|z|z] eqn:SP; auto. apply (AW z). auto.
Qed.
Lemma section_blocks_exists x i sd : waiting_op At x i sd -> awake_at x i ->
  ready capacity sd (shared_of x) = Some 0 -> exists y, section capacity Sleep i x y.
Proof.
  intros WO AW R. apply waiting_some in WO as (t & o & r & N & P & PL & W & D & NE).
  destruct x as [sh nt TH L]. cbn [threads shared_of] in *.
  eexists. eapply section_blocks with (sd := sd); eauto.
  - unfold awake. destruct (spot t) as [|z|z] eqn:SP; auto. apply (AW z). auto.
  - eapply attempt_waits; eauto. discriminate.
Qed.
Lemma section_acts_ready x y i sd : section capacity Progress i x y -> waiting_op At x i sd ->
  ready capacity sd (shared_of x) <> Some 0.
Proof.
  intros H WO R. apply waiting_some in WO as (t' & o' & r' & N & P & _ & W & D & NE).
  inversion H; subst; cbn [threads shared_of] in *.
  rewrite H0 in N. injection N as ->. rewrite H1 in P. injection P as -> ->.
  rewrite (attempt_waits i (holds t') o' sh sd At) in H3; auto; discriminate.
Qed.
Lemma section_acts_outside x y i : section capacity Progress i x y -> place_at y i = Outside.
Proof.
  intros H. inversion H; subst. unfold place_at. cbn [threads].
  match goal with S : settle _ _ _ _ _ _ |- _ => apply settle_facts in S as (W & _) end.
  destruct (wakened_nth _ _ W i _ (nth_upd_same _ _ _ (Thread Outside (next ++ r) hd') H0))
    as (t' & -> & [->|(z & E & _)]); auto. discriminate.
Qed.
Lemma section_blocks_facts x y i sd d : section capacity Sleep i x y -> waiting_op d x i sd ->
  shared_of y = shared_of x /\ place_at y i = Asleep sd /\ waiting_op d y i sd /\
  ready capacity sd (shared_of x) = Some 0 /\
  forall j, j <> i -> same_at x y j.
Proof.
  intros H WO. pose proof WO as WO'.
  apply waiting_some in WO as (t' & o' & r' & N & P & _ & W & D & NE).
  inversion H; subst; cbn [threads shared_of] in *.
  rewrite H0 in N. injection N as ->. rewrite H1 in P. injection P as -> ->.
  apply attempt_blocks in H3 as (W' & R & _). rewrite W in W'. injection W' as <-.
  unfold same_at, waiting_op, place_at, head in *. cbn [threads]. rewrite (nth_upd_same _ _ _ _ H0).
  cbn [spot program hd_error]. split; [auto|split; [auto|split; [exists o'; auto|split; [auto|]]]].
  intros j NJ. rewrite nth_upd_other; auto.
Qed.

(** An operation that has time left does not give up. *)
Lemma has_time i hd o sh sh' next hd' seen sd : deadline_of o = Some At ->
  attempt capacity i hd o sh = Acts sh' next hd' seen -> ~ In (Refuse sd false) seen.
Proof.
  intros D H F. destruct o; simpl in D, H; try discriminate; injection D as ->;
    unfold send, receive, join, or_wait in H; cases_of H; injection H as <- <- <- <-; seen_in F;
      auto.
Qed.
Lemma no_refusal sh nt TH sd b : ~ In (Refuse sd b) (all_calls (A := A) capacity sh nt TH).
Proof.
  assert (C : forall c, ~ In (Refuse sd b) (calls capacity c sh nt TH)).
  { intros c. unfold calls. destruct (_ && _); [intros [H|[]]; discriminate|].
    intros H. apply repeat_spec in H. discriminate. }
  unfold all_calls. rewrite !in_app_iff. intros [H|[H|H]]; eapply C; eauto.
Qed.

Lemma section_no_refusal x y i c sd L : section capacity Progress i x y -> waiting_op At x i c ->
  log y = log x ++ L -> ~ In (i, Refuse sd false) L.
Proof.
  intros H WO E. apply waiting_some in WO as (t' & o' & r' & N & P & _ & _ & D & _).
  inversion H; subst; cbn [threads log] in *. apply app_inv_head in E. subst L.
  rewrite H0 in N. injection N as ->. rewrite H1 in P. injection P as -> ->.
  unfold say. intros I. apply in_map_iff in I as (e & [= ->] & I).
  apply in_app_or in I as [I|I]; [destruct (spot t'); cbn in I; intuition discriminate|].
  apply in_app_or in I as [I|I]; [eapply has_time; eauto|eapply no_refusal; eauto].
Qed.

(** One that has none left, and finds nothing, does. *)
Lemma attempt_gives_up i hd o sh sd : waits_on o = Some sd -> deadline_of o = Some Now ->
  match o with Send _ [] => False | _ => True end -> ready capacity sd sh = Some 0 ->
  exists sh', attempt capacity i hd o sh = Acts sh' [] hd [Refuse sd false].
Proof.
  intros W D NE R.
  destruct o; simpl in W, D; try discriminate; injection W as <-; injection D as ->; simpl.
  - destruct batch as [|a b]; [contradiction|].
    assert (C : closed sh = false) by (simpl in R; destruct (closed sh); [discriminate|auto]).
    unfold send. rewrite C.
    rewrite (proj2 (fit_ready capacity sh (a :: b) C ltac:(discriminate)) R).
    cbn. eauto.
  - unfold receive. simpl in R. destruct (closed sh); [discriminate|].
    destruct (queue sh); [|discriminate]. cbn. eauto.
  - unfold join. simpl in R. destruct (done sh); [discriminate|]. cbn. eauto.
Qed.
Lemma section_gives_up x y i c : section capacity Progress i x y -> waiting_op Now x i c ->
  ready capacity c (shared_of x) = Some 0 ->
  exists L, log y = log x ++ L /\ In (i, Refuse c false) L.
Proof.
  intros H WO R. apply waiting_some in WO as (t' & o' & r' & N & P & _ & W & D & NE).
  inversion H; subst; cbn [threads log shared_of] in *.
  rewrite H0 in N. injection N as ->. rewrite H1 in P. injection P as -> ->.
  destruct (attempt_gives_up i (holds t') o' sh c W D NE R) as (sh1 & E). rewrite E in H3.
  injection H3 as <- <- <- <-. eexists. split; [reflexivity|].
  apply in_map_iff. exists (Refuse c false). split; auto. apply in_or_app. right. now left.
Qed.

(** *** What a step leaves of the other threads *)

Lemma same_kept x y j : same_at x y j -> kept x y j.
Proof. unfold same_at, kept. tauto. Qed.
Lemma wakened_kept TH TH' sh nt L sh' nt' L' j : wakened TH TH' ->
  kept (State sh nt TH L) (State sh' nt' TH' L') j.
Proof.
  intros W. unfold kept, head, place_at. cbn [threads].
  destruct (nth_error TH j) as [t|] eqn:E.
  - destruct (wakened_nth _ _ W j t E) as (t' & -> & [->|(sd & S & ->)]); auto.
    rewrite wake_program. split; auto. right. exists sd. unfold wake. now rewrite S.
  - destruct (nth_error TH' j) as [t'|] eqn:E'; auto.
    destruct (wakened_nth' _ _ W j t' E') as (t & F & _). congruence.
Qed.
Lemma same_upd TH i u sh nt L sh' nt' L' j : j <> i ->
  same_at (State sh nt TH L) (State sh' nt' (upd TH i u) L') j.
Proof. intros N. unfold same_at, head, place_at. cbn [threads]. rewrite nth_upd_other; auto. Qed.
Lemma kept_upd TH i u sh nt L sh' nt' L' j : j <> i ->
  kept (State sh nt TH L) (State sh' nt' (upd TH i u) L') j.
Proof. intros N. apply same_kept, same_upd. auto. Qed.
Lemma kept_trans x y z j : kept x y j -> kept y z j -> kept x z j.
Proof.
  unfold kept. intros [H1 P1] [H2 P2]. split; [congruence|].
  destruct P1 as [P1|(sd & P1 & P1')], P2 as [P2|(sd' & P2 & P2')].
  - left. congruence.
  - right. exists sd'. split; congruence.
  - right. exists sd. split; congruence.
  - congruence.
Qed.
Lemma step_kept k i x y m : step capacity k i x y -> m <> i -> kept x y m.
Proof.
  intros H N. destruct H; try (apply kept_upd; auto; fail);
    try (match goal with S : settle _ _ _ _ _ _ |- _ => apply settle_facts in S as (W & _) end;
         eapply kept_trans; [eapply (kept_upd TH i _ sh nt L sh nt L); eauto|eapply wakened_kept;
           eauto];
         fail).
  (* a handle moves *)
  eapply kept_trans; [eapply (kept_upd TH i _ sh nt L sh nt L); eauto|].
  destruct (Nat.eq_dec m j) as [->|NE]; [|apply kept_upd; auto].
  unfold kept, head, place_at. cbn [threads].
  match goal with U : nth_error TH j = Some u |- _ =>
    rewrite <- (nth_upd_other _ i)
      with (y := Thread Outside r (own h (owns h (holds t) - 1) (holds t)))
      in U by auto; rewrite (nth_upd_same _ _ _ _ U), U end. auto.
Qed.
Lemma section_kept k i x y j : section capacity k i x y -> j <> i -> kept x y j.
Proof. intros H. eapply step_kept, section_step, H. Qed.

(** *** What a queue of a group does beside *)

Lemma alter_some i u x t : nth_error (threads x) i = Some t ->
  place_at (alter i u x) i = spot (u t) /\ head (alter i u x) i = hd_error (program (u t)).
Proof.
  intros H. unfold alter. rewrite H. unfold place_at, head. cbn [threads].
  rewrite (nth_upd_same _ _ _ _ H). auto.
Qed.
Lemma alter_same i u x j : j <> i -> same_at x (alter i u x) j.
Proof.
  intros N. unfold alter. destruct (nth_error (threads x) i); [|split; auto].
  destruct x. apply same_upd. auto.
Qed.
Lemma alter_shared i u x : shared_of (alter i u x) = shared_of x.
Proof. unfold alter. now destruct (nth_error (threads x) i). Qed.

Definition awoken (p : place) : place := match p with Asleep sd => Woken sd | p => p end.

Lemma spot_wake t : spot (wake t) = awoken (spot t).
Proof. unfold wake. destruct (spot t) eqn:E; cbn; auto. Qed.
Lemma stir_facts i x d sd : waiting_op d x i sd ->
  place_at (stir i x) i = awoken (place_at x i) /\ waiting_op d (stir i x) i sd.
Proof.
  intros WO. pose proof WO as WO'. apply waiting_some in WO as (t & o & r & N & P & -> & _).
  destruct (alter_some i wake x t N) as [E1 E2]. unfold stir. rewrite E1, spot_wake. split; auto.
  eapply waiting_head; [|eauto]. rewrite E2, wake_program. unfold head. now rewrite N.
Qed.
Lemma expire_facts i x d sd : waiting_op d x i sd ->
  place_at (expire i x) i = awoken (place_at x i) /\ waiting_op Now (expire i x) i sd.
Proof.
  intros WO. apply waiting_some in WO as (t & o & r & N & P & -> & W & D & NE).
  unfold waiting_op, expire.
  match goal with |- context [alter i ?u x] => destruct (alter_some i u x t N) as [E1 E2] end.
  rewrite E1, E2, P, spot_wake, wake_program. split; auto.
  exists (expired o). destruct o; cbn in *; try discriminate; auto.
Qed.
Lemma resume_facts i last x sd : waiting_op At x i sd ->
  place_at (resumed i last x) i = awoken (place_at x i) /\
  waiting_op (if last then Now else At) (resumed i last x) i sd.
Proof. destruct last; [apply expire_facts|apply stir_facts]. Qed.
Lemma resume_same i last x j : j <> i -> same_at x (resumed i last x) j.
Proof. destruct last; apply alter_same. Qed.
Lemma resume_shared i last x : shared_of (resumed i last x) = shared_of x.
Proof. destruct last; apply alter_shared. Qed.

Lemma look_facts i x d sd : waiting_op d x i sd ->
  place_at (look i x) i = Outside /\ waiting_op d (look i x) i sd.
Proof.
  intros WO. pose proof WO as WO'. apply waiting_some in WO as (t & o & r & N & P & _).
  unfold look. rewrite N. unfold place_at. cbn [threads]. rewrite (nth_upd_same _ _ _ _ N).
  split; auto.
  eapply waiting_head; [|eauto]. unfold head. cbn [threads].
  now rewrite (nth_upd_same _ _ _ _ N), N.
Qed.
Lemma look_same i x j : j <> i -> same_at x (look i x) j.
Proof.
  intros N. unfold look. destruct (nth_error (threads x) i); [|split; auto].
  destruct x. apply same_upd. auto.
Qed.
Lemma look_shared i x : shared_of (look i x) = shared_of x.
Proof. unfold look. now destruct (nth_error (threads x) i). Qed.

Lemma rouse_at x j : head (rouse x) j = head x j /\ place_at (rouse x) j = awoken (place_at x j).
Proof.
  unfold rouse, head, place_at. cbn [threads]. rewrite nth_error_map.
  destruct (nth_error (threads x) j) as [t|]; cbn; auto. now rewrite wake_program, spot_wake.
Qed.

(** *** All of it are steps of [Model.v] *)

Definition moved x y : Prop := exists ks, run capacity ks x y.

Lemma moved_none x : moved x x.
Proof. exists []. constructor. Qed.
Lemma moved_trans x y z : moved x y -> moved y z -> moved x z.
Proof.
  intros H (ks & K). induction K as [y|ks k i y z z' K IH S]; auto.
  destruct (IH H) as (ks' & K'). exists (k :: ks'). econstructor; eauto.
Qed.
Lemma moved_one k i x y : step capacity k i x y -> moved x y.
Proof. intros H. exists [k]. econstructor; [constructor|eauto]. Qed.

Lemma stir_moved i x : moved x (stir i x).
Proof.
  unfold stir, alter. destruct (nth_error (threads x) i) as [t|] eqn:N; [|apply moved_none].
  destruct x as [sh nt TH L]. cbn [threads shared_of notified log] in *.
  assert (ID : wake t = t -> moved (State sh nt TH L) (State sh nt (upd TH i (wake t)) L)).
  { intros ->. rewrite (upd_id _ _ _ N). apply moved_none. }
  destruct (spot t) as [|sd|sd] eqn:E; try (apply ID; unfold wake; now rewrite E).
  eapply moved_one, s_spurious; eauto.
Qed.
Lemma expire_moved i x sd : waiting_op At x i sd -> moved x (expire i x).
Proof.
  intros WO. apply waiting_some in WO as (t & o & r & N & P & _ & _ & D & _).
  unfold expire, alter. rewrite N, P. destruct x as [sh nt TH L].
  cbn [threads shared_of notified log] in *.
  eapply moved_one, s_expire; eauto.
Qed.
Lemma resume_moved i last x sd : waiting_op At x i sd -> moved x (resumed i last x).
Proof. destruct last; [apply expire_moved|intros _; apply stir_moved]. Qed.
Lemma rouse_moved x : moved x (rouse x).
Proof.
  destruct x as [sh nt TH L]. unfold rouse. cbn [threads shared_of notified log].
  assert (G : forall l k, moved (State sh nt (k ++ l) L) (State sh nt (k ++ map wake l)
    L)).
  { induction l as [|t l IH]; intros k; [apply moved_none|]. cbn [map].
    eapply moved_trans; [apply (stir_moved (length k))|]. unfold stir, alter. cbn [threads].
    rewrite nth_error_app2, Nat.sub_diag by lia. cbn [nth_error shared_of notified log].
    replace (upd (k ++ t :: l) (length k) (wake t)) with ((k ++ [wake t]) ++ l).
    - specialize (IH (k ++ [wake t])). rewrite <- !app_assoc in IH. cbn [app] in IH.
      rewrite <- app_assoc. exact IH.
    - rewrite <- app_assoc. cbn [app]. clear. induction k as [|u k IH]; cbn; auto.
      now rewrite <- IH. }
  apply (G TH []).
Qed.
(** A look of a thread that was not asleep is no step at all. *)
Lemma look_outside i x : place_at x i = Outside -> look i x = x.
Proof.
  unfold look, place_at. destruct (nth_error (threads x) i) as [t|] eqn:N; auto. intros E.
  rewrite E. cbn. rewrite app_nil_r. replace (Thread Outside (program t) (holds t)) with t.
  - rewrite (upd_id _ _ _ N). now destruct x.
  - destruct t. cbn in E. now subst.
Qed.
Lemma look_moved i x sd : place_at x i = Outside \/ place_at x i = Woken sd ->
  waiting_op At x i sd ->
  ready capacity sd (shared_of x) = Some 0 -> moved x (look i x).
Proof.
  intros [E|E] WO R; [rewrite look_outside by auto; apply moved_none|].
  apply waiting_some in WO as (t & o & r & N & P & PL & W & D & NE). rewrite PL in E.
  unfold look. rewrite N, P. destruct x as [sh nt TH L].
  cbn [threads shared_of notified log] in *. eapply moved_one, s_look; eauto.
  eapply attempt_waits; eauto. discriminate.
Qed.

End Queue.

(** ** The product *)

Section Product.
Context {A Q : Type}.
Variable Q_dec : forall p q : Q, {p = q} + {p <> q}.
Variable capacity : Q -> option nat.
Variable size : nat.

Notation group_state := (Groups.state Q side (queue_of A)).
Notation G := Groups.State.
Notation set := Groups.set.
Notation put := (Groups.put Q_dec).
Notation notify_at := (Groups.notify_at Q_dec).
Notation missing := (Groups.missing is_ready).
Notation place_of := Groups.place_of.
Notation shown := (shown capacity).
Notation pstep := (pstep Q_dec capacity size).
Notation later := (later Q_dec capacity size).
Implicit Types (x y : state A) (v : view Q) (s : product (A := A) (Q := Q)).

(** ** Each thread is in its queues where it is in the group *)

Definition fits (q : Q) x (j : nat) v : Prop :=
  match v with
  | Away => place_at x j = Outside
  | Looking w => place_at x j = Outside /\ (fst w = q -> waiting_op At x j (snd w))
  | Back w last =>
      (fst w = q -> (place_at x j = Outside \/ place_at x j = Woken (snd w)) /\
                    waiting_op At x j (snd w)) /\
      (fst w <> q -> place_at x j = Outside)
  | Sleeping w n =>
      (fst w = q -> place_at x j = (if n then Woken else Asleep) (snd w) /\
                    waiting_op At x j (snd w)) /\
      (fst w <> q -> place_at x j = Outside)
  end.

Definition seen (f : nat -> Groups.thread Q side) (j : nat) : view Q := view_of (place_of (f j)).

Record agrees s : Prop := {
  shows : forall q, Groups.content (group s) q = shown q (queues s q);
  fit : forall q j, fits q (queues s q) j (seen (Groups.threads (group s)) j)
}.

(** What is notified at a queue. *)
Definition roused (q : Q) v : view Q :=
  match v with Sleeping w n => if Q_dec (fst w) q then Sleeping w true else v | v => v end.

Lemma roused_looking q (t : option (Groups.target Q side)) : roused q (looking t) = looking t.
Proof. destruct t as [[]|]; auto. Qed.
Lemma view_wake_at q t :
  view_of (place_of (Groups.wake_at Q_dec q t)) = roused q (view_of (place_of t)).
Proof.
  unfold Groups.wake_at. destruct (place_of t) as [|w|o|o e l|o l|x|x n|w n|w l] eqn:E; cbn;
    rewrite ?E; auto; try (now destruct o as [[]|]); try (now destruct x).
  - destruct x; cbn; rewrite ?E; auto. destruct (Q_dec (fst w) q); cbn; rewrite ?E; auto.
  - destruct (Q_dec (fst w) q); cbn; rewrite ?E; auto.
Qed.
Lemma seen_notify q P f j :
  seen (notify_at q P f) j = if P j then roused q (seen f j) else seen f j.
Proof. unfold seen, Groups.notify_at. destruct (P j); auto. apply view_wake_at. Qed.

Lemma fits_kept q x y j v : kept x y j -> fits q x j v ->
  fits q y j (if woke x y j then roused q v else v).
Proof.
  unfold kept, woke. intros (HD & P) F.
  assert (WO : forall d sd, waiting_op d x j sd -> waiting_op d y j sd)
    by (intros d sd; apply waiting_head; auto).
  destruct P as [P|(sd & P & P')].
  - replace (match place_at x j with Asleep _ =>
      match place_at y j with Woken _ => true | _ => false end | _ => false end) with false
      by (rewrite P; now destruct (place_at x j)).
    destruct v; cbn in *; rewrite ?P; auto; intuition auto.
  - rewrite P, P'. destruct v as [|w|w last|w n]; cbn in *.
    + congruence.
    + destruct F. congruence.
    + destruct (Q_dec (fst w) q) as [E|E]; [|apply F in E; congruence].
      destruct F as [F _]. destruct (F E) as [[?|?] _]; congruence.
    + destruct (Q_dec (fst w) q) as [E|E]; [|apply F in E; congruence].
      cbn. split; [|contradiction]. intros _. destruct F as [F _]. destruct (F E) as [X Y].
      rewrite P in X. destruct n; [discriminate|]. injection X as ->. auto.
Qed.
Lemma fits_elsewhere q q' x j v : q' <> q -> fits q' x j v -> fits q' x j (roused q v).
Proof.
  intros N. destruct v as [|w|w last|w n]; cbn; auto. destruct (Q_dec (fst w) q) as [E|E]; auto.
  cbn. intros [_ F]. split; auto. congruence.
Qed.
Lemma fits_rouse q x j v : fits q x j v -> fits q (rouse x) j (roused q v).
Proof.
  destruct (rouse_at x j) as [HD P].
  assert (WO : forall d sd, waiting_op d x j sd -> waiting_op d (rouse x) j sd)
    by (intros d sd; apply waiting_head; auto).
  destruct v as [|w|w last|w n]; cbn.
  - rewrite P. intros ->. auto.
  - rewrite P. intros [-> ?]. auto.
  - rewrite P. intros [F N]. split.
    + intros E. destruct (F E) as [[-> | ->] ?]; auto.
    + intros E. rewrite (N E). auto.
  - intros [F N]. destruct (Q_dec (fst w) q) as [E|E]; cbn.
    + split; [|contradiction]. intros _. destruct (F E) as [K ?]. rewrite P, K. destruct n; auto.
    + split; [contradiction|]. intros _. rewrite P, (N E). auto.
Qed.

(** A step of queue [q]: a thread is kept, or it fits anew. *)
Lemma fits_all qs q y (f g : nat -> Groups.thread Q side) :
  (forall q j, fits q (qs q) j (seen f j)) ->
  (forall j, kept (qs q) y j /\
             seen g j = (if woke (qs q) y j then roused q (seen f j) else seen f j) \/
             fits q y j (seen g j) /\ forall q', q' <> q -> fits q' (qs q') j (seen g j)) ->
  forall q' j, fits q' (put qs q y q') j (seen g j).
Proof.
  intros F H q' j. unfold Groups.put. destruct (Q_dec q' q) as [->|N].
  - destruct (H j) as [(K & ->)|(K & _)]; auto. apply fits_kept; auto.
  - destruct (H j) as [(K & ->)|(_ & K)]; auto.
    destruct (woke (qs q) y j); auto. apply fits_elsewhere; auto.
Qed.
Lemma same_woke x y j : same_at x y j -> woke x y j = false.
Proof. intros [_ P]. unfold woke. rewrite P. now destruct (place_at x j). Qed.
Lemma outside_woke x y j : place_at y j = Outside -> woke x y j = false.
Proof. unfold woke. intros ->. now destruct (place_at x j). Qed.

(** The queue of thread [i] changes and wakes no other thread. *)
Lemma fits_same qs q y (f : nat -> Groups.thread Q side) i t :
  (forall q j, fits q (qs q) j (seen f j)) -> (forall j, j <> i -> same_at (qs q) y j) ->
  fits q y i (view_of (place_of t)) ->
  (forall q', q' <> q -> fits q' (qs q') i (view_of (place_of t))) ->
  forall q' j, fits q' (put qs q y q') j (seen (set f i t) j).
Proof.
  intros F S X Y. eapply fits_all; [exact F|]. intros j. unfold seen. at_thread j i; auto.
  left. split; [apply same_kept; auto|]. now rewrite same_woke by auto.
Qed.
(** A section of thread [i], which is back outside then. *)
Lemma fits_section qs q y (f : nat -> Groups.thread Q side) i t k x :
  (forall q j, fits q (qs q) j (seen f j)) -> (forall j, j <> i -> same_at (qs q) x j) ->
  step (capacity q) k i x y -> place_at y i = Outside -> place_of t = Groups.Running ->
  (forall q', q' <> q -> place_at (qs q') i = Outside) ->
  forall q' j, fits q' (put qs q y q') j (seen (notify_at q (woke (qs q) y) (set f i t)) j).
Proof.
  intros F S H O R E. eapply fits_all; [exact F|]. intros j. rewrite seen_notify. unfold seen.
  at_thread j i.
  - right. rewrite outside_woke, R by auto. cbn. auto.
  - left. split; auto. eapply kept_trans; [apply same_kept; auto|eapply step_kept; eauto].
Qed.

Lemma missing_ready c q sd x : c q = shown q x ->
  missing c (q, sd) <-> ready (capacity q) sd (shared_of x) = Some 0.
Proof.
  unfold Groups.missing, is_ready. cbn. intros ->. cbn.
  destruct (ready (capacity q) sd (shared_of x)) as [[|n]|]; split; congruence.
Qed.

Lemma shows_put c qs q y : (forall q, c q = shown q (qs q)) ->
  forall q', put c q (shown q y) q' = shown q' (put qs q y q').
Proof. intros S q'. unfold Groups.put. destruct (Q_dec q' q) as [->|]; auto. Qed.
Lemma shows_same c qs q y : (forall q, c q = shown q (qs q)) -> shared_of y = shared_of (qs q) ->
  forall q', c q' = shown q' (put qs q y q').
Proof.
  intros S E q'. unfold Groups.put. destruct (Q_dec q' q) as [->|]; auto. rewrite S.
  unfold GroupProduct.shown. now rewrite E.
Qed.

(** A thread that waits at a queue is outside all others. *)
Lemma outside_elsewhere q q' x j v w : fits q' x j v -> q' <> q -> fst w = q ->
  v = Looking w \/ (exists last, v = Back w last) \/ (exists n, v = Sleeping w n) ->
  place_at x j = Outside.
Proof.
  intros F N E [->|[(l & ->)|(n & ->)]]; cbn in F; [tauto| |]; apply F; congruence.
Qed.

Ltac then_looks := match goal with T : Groups.then_detects _ _ _ _ |- _ =>
  apply GroupInvariant.then_place in T as [-> | ->]; reflexivity end.

Theorem step_agrees k i s s' : pstep k i s s' -> agrees s -> agrees s'.
Proof.
  intros H [SH F]. destruct H; cbn [queues group Groups.content Groups.threads] in *;
    try (match goal with X : Groups.acts _ |- _ => pose proof (proj1 X) as RUN end);
    try (match goal with P : place_of (_ ?m) = _ |- _ =>
      pose proof (fun q => F q m) as FI; unfold seen in FI; rewrite P in FI; cbn in FI end).
  - (* act *)
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_put; auto|].
    eapply fits_all; [exact F|]. intros j. rewrite seen_notify. destruct (Nat.eq_dec j i) as [->|N].
    + right. rewrite outside_woke by auto. unfold seen. rewrite RUN. cbn. auto.
    + left. split; auto. eapply step_kept; eauto.
  - (* sleep_timed *)
    destruct (section_blocks_facts _ _ _ _ _ _ H2 H1) as (E1 & E2 & E3 & _ & E4).
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_same; auto|].
    apply fits_same; auto; cbn; split; auto; try contradiction; congruence.
  - (* wake_timed *)
    destruct (proj1 (FI q) eq_refl) as [_ WO].
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_put; auto|].
    eapply fits_section; eauto using section_step, section_acts_outside.
    + intros j N. apply resume_same; auto.
    + intros q' N. apply (FI q'). auto.
  - (* sleep_again *)
    destruct (proj1 (FI q) eq_refl) as [_ WO].
    destruct (stir_facts i _ _ _ WO) as [_ WO'].
    destruct (section_blocks_facts _ _ _ _ _ _ H1 WO') as (E1 & E2 & E3 & _ & E4).
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_put; auto|].
    eapply fits_all; [exact F|]. intros j. unfold seen. at_thread j i.
    + right. cbn. split; [|intros q' N]; (split; [intros E|intros E]); auto; try contradiction.
      * cbn in E. congruence.
      * apply (FI q'). auto.
    + left. split.
      * apply (kept_trans _ (stir i (qs q))); [apply same_kept, alter_same|apply same_kept, E4];
          auto.
      * subst f'. pose proof (seen_notify q (woke (qs q) y)
          (set f i (Groups.move (f i) Groups.Running)) j) as E. unfold seen in E. rewrite E.
        now rewrite GroupInvariant.set_other by auto.
  - (* block *)
    split; cbn [queues group Groups.content Groups.threads]; auto.
    intros q' j. subst f'. unfold seen. at_thread j i; [|apply F].
    assert (V : view_of p = Looking (q, sd)) by (then_looks).
    cbn. rewrite V. cbn. split; auto. intros <-. auto.
  - (* sleep *)
    destruct (FI q) as [_ WO].
    destruct (section_blocks_facts _ _ _ _ _ _ H0 (WO eq_refl)) as (E1 & E2 & E3 & _ & E4).
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_same; auto|].
    apply fits_same; auto; cbn; split; auto; try contradiction; try congruence.
    intros _. apply (FI q').
  - (* recheck_sleep *)
    destruct (FI q) as [_ WO].
    match goal with Y : section _ Sleep _ _ _ |- _ =>
      destruct (section_blocks_facts _ _ _ _ _ _ Y (WO eq_refl)) as (E1 & E2 & E3 & _ & E4) end.
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_same; auto|].
    apply fits_same; auto; cbn; split; auto; try contradiction; try congruence.
    intros _. apply (FI q').
  - (* recheck_resume *)
    destruct (FI q) as [O WO]. destruct (stir_facts i _ _ _ (WO eq_refl)) as [E1 E2].
    split; cbn [queues group Groups.content Groups.threads];
      [apply shows_same; auto; apply alter_shared|].
    apply fits_same; auto; [intros j N; apply alter_same; auto| |].
    + cbn. split; [|contradiction]. intros _. rewrite E1, O. auto.
    + intros q' N. cbn. split; [congruence|]. intros _. apply (FI q').
  - (* wake *)
    destruct (proj1 (FI q) eq_refl) as [O WO]. destruct (stir_facts i _ _ _ WO) as [E1 E2].
    split; cbn [queues group Groups.content Groups.threads];
      [apply shows_same; auto; apply alter_shared|].
    apply fits_same; auto; [intros j N; apply alter_same; auto| |].
    + cbn. split; [|contradiction]. intros _. rewrite E1, O. destruct n; auto.
    + intros q' N. cbn. split; [congruence|]. intros _. apply (FI q'). auto.
  - (* return *)
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_put; auto|].
    eapply fits_section; eauto using section_step, section_acts_outside.
    + intros j N. apply resume_same; auto.
    + intros q' N. apply (FI q'). auto.
  - (* block_again *)
    destruct (proj1 (FI q) eq_refl) as [O WO]. destruct (look_facts i _ _ _ WO) as [E1 E2].
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_same; auto;
      apply look_shared|].
    assert (V : view_of p = Looking (q, sd)) by (then_looks).
    subst f'. apply fits_same; auto; [intros j N; apply look_same; auto| |]; cbn; rewrite V; cbn.
    + auto.
    + intros q' N. split; [|congruence]. apply (FI q'). auto.
  - (* notify *)
    split; cbn [queues group Groups.content Groups.threads]; [apply shows_same; auto|].
    assert (V : forall j, seen (fun j => Groups.wake_at Q_dec q
                  (set f i (Groups.move (f i) (Groups.Notifying t todo)) j)) j = roused q (seen f
                    j)).
    { intros j. unfold seen. rewrite view_wake_at. at_thread j i; auto. rewrite H. cbn. auto. }
    eapply fits_all; [exact F|]. intros j. right. rewrite V. split.
    + apply fits_rouse; auto.
    + intros q' N. apply fits_elsewhere; auto.
  - (* quiet *)
    split; cbn [queues group]; [intros q; rewrite H0; auto|]. intros q j. unfold seen.
    rewrite H1. apply F.
Qed.

(** ** Each queue moves by steps of [Model.v] *)

(** A step of the product is, for each queue, steps of [Model.v]: none, one, or as many as a
    detector wakes. *)
Theorem step_projects k i s s' q : agrees s -> pstep k i s s' ->
  exists ks, run (capacity q) ks (queues s q) (queues s' q).
Proof.
  intros [SH F] H. change (moved (capacity q) (queues s q) (queues s' q)).
  destruct H; cbn [queues group Groups.content Groups.threads] in *;
    try (match goal with P : place_of (_ ?m) = _ |- _ =>
      pose proof (fun q => F q m) as FI; unfold seen in FI; rewrite P in FI; cbn in FI end);
    try apply moved_none;
    unfold Groups.put; match goal with |- context [Q_dec q ?p] => destruct (Q_dec q p) as [->|] end;
    try apply moved_none.
  - eapply moved_one; eauto.
  - eapply moved_one, section_step; eauto.
  - destruct (proj1 (FI q0) eq_refl) as [_ WO].
    eapply moved_trans; [eapply resume_moved; eauto|eapply moved_one, section_step; eauto].
  - eapply moved_trans; [apply stir_moved|eapply moved_one, section_step; eauto].
  - eapply moved_one, section_step; eauto.
  - eapply moved_one, section_step; eauto.
  - apply stir_moved.
  - apply stir_moved.
  - destruct (proj1 (FI q0) eq_refl) as [_ WO].
    eapply moved_trans; [eapply resume_moved; eauto|eapply moved_one, section_step; eauto].
  - destruct (proj1 (FI q0) eq_refl) as [O WO]. eapply look_moved; eauto.
    now apply (missing_ready c).
  - apply rouse_moved.
Qed.

Variable crews : Q -> crew A.
Notation preachable := (preachable Q_dec capacity crews size).
Notation new_group := (new_group capacity crews).

Lemma place_new (c : crew A) j : place_at (init c) j = Outside.
Proof.
  unfold place_at, init. cbn [threads]. rewrite nth_error_map. destruct (nth_error c j); auto.
Qed.
Lemma new_agrees f : Groups.begins size (group (new_group f)) -> agrees (new_group f).
Proof.
  intros B. split; cbn [queues group GroupProduct.new_group Groups.content Groups.threads]; auto.
  intros q j. destruct (B j) as (R & _). cbn in R. unfold seen. rewrite R. apply place_new.
Qed.
Lemma later_agrees s s' : later s s' -> agrees s -> agrees s'.
Proof. intros H I. induction H; auto. eapply step_agrees; eauto. Qed.
Lemma later_projects s s' q : later s s' -> agrees s ->
  moved (capacity q) (queues s q) (queues s' q).
Proof.
  intros H I. induction H; [apply moved_none|]. eapply moved_trans; [eauto|].
  eapply step_projects; eauto. eapply later_agrees; eauto.
Qed.

(** So an execution of a group is, for each queue, an execution of [Model.v]. *)
Theorem queue_in_group s q : preachable s -> reachable (capacity q) (crews q) (queues s q).
Proof.
  intros (f & B & L). apply (later_projects _ _ q L). apply new_agrees; auto.
Qed.
Lemma reachable_agrees s : preachable s -> agrees s.
Proof. intros (f & B & L). eapply later_agrees; eauto using new_agrees. Qed.
Lemma queue_inv s q : preachable s -> Inv (capacity q) (queues s q).
Proof. intros R. eapply reachable_inv, queue_in_group; auto. Qed.

(** ** The claims, of each queue of a group *)

Section Claims.
Variable s : product (A := A) (Q := Q).
Hypothesis R : preachable s.
Variable q : Q.

Notation x := (queues s q).
Notation sh := (shared_of x).
Notation everything_offered := (flat_map (fun m => offered (snd m)) (crews q)).
Notation not_yet_sent := (flat_map (fun t => offered (program t)) (threads x)).

(** Every cell ever accepted has left the queue, once, or is queued; every item of every program has
    been accepted, or came back, or has still to be sent; and none is anywhere twice. *)
Theorem C1_in_groups :
  Permutation (accepted sh) (cells_of (removed sh) ++ queue sh) /\
  Permutation everything_offered (items_of (accepted sh) ++ returned sh ++ not_yet_sent) /\
  (NoDup everything_offered ->
   NoDup (items_of (cells_of (removed sh)) ++ items_of (queue sh) ++ returned sh)).
Proof.
  pose proof (queue_in_group s q R) as RX. destruct (C1_conservation _ _ _ RX).
  pose proof (C1_exactly_once _ _ _ RX). auto.
Qed.

(** Every sentinel accepted was received, drained, or is queued; none is evicted; no thread received
    more than it had receiving operations. *)
Theorem C2_in_groups :
  sentinels_in (accepted sh) = sentinels_in (cells_of (removed sh)) + sentinels_in (queue sh) /\
  (forall i a, In (Evicted, i, a) (removed sh) -> a <> Sentinel) /\
  (forall i t, nth_error (threads x) i = Some t -> exists m, nth_error (crews q) i = Some m /\
     sentinels_by i sh + receives (program t) <= receives (snd m)).
Proof.
  destruct (C2_sentinels _ _ _ (queue_in_group s q R)) as (S1 & S2 & S3 & _). auto.
Qed.

(** Items leave in the order in which they came in; and what receivers took, followed by what is
    queued, is what was accepted, in that order, except for what was evicted or drained, and for no
    more sentinels than were sent to the front. *)
Theorem C3_in_groups :
  items_of (accepted sh) = items_of (cells_of (removed sh)) ++ items_of (queue sh) /\
  exists n l, n <= fronts (log x) /\
    leaving_out n l (cells_of (received (removed sh)) ++ queue sh) /\ subsequence l (accepted sh).
Proof. apply (C3_order _ _ _ (queue_in_group s q R)). Qed.

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
Proof. apply (C4_capacity _ _ _ (queue_in_group s q R)). Qed.

(** Closing is final, and nothing is accepted after it; no thread then sleeps for an item or for
    room; without senders or without receivers a queue is closed, without receivers it is empty; a
    receive returns closed only when nothing is queued. *)
Theorem C5_in_groups :
  (closed sh = true ->
     (forall s', later s s' -> closed (shared_of (queues s' q)) = true /\
        accepted (shared_of (queues s' q)) = accepted sh) /\
     asleep NotEmpty (threads x) = 0 /\ asleep NotFull (threads x) = 0) /\
  (senders sh = 0 \/ receivers sh = 0 -> closed sh = true) /\
  (receivers sh = 0 -> queue sh = []) /\
  (forall i hd o sh' next hd' seen, attempt (capacity q) i hd o sh = Acts sh' next hd' seen ->
     In (Refuse NotEmpty true) seen -> closed sh = true /\ queue sh = []).
Proof.
  destruct (C5_close _ _ _ (queue_in_group s q R)) as (C1 & C). split; [|exact C].
  intros CL. destruct (C1 CL) as (F & E). split; [|exact E]. intros s' L.
  destruct (later_projects _ _ q L (reachable_agrees s R)) as (ks & K). apply (F ks _ K).
Qed.

(** If a thread sleeps on a side and has not been woken, then no more is ready there than threads
    have been woken for it; a participant that detects is none of them. *)
Theorem C6_in_groups sd :
  (0 < asleep sd (threads (queues s q)) -> exists r, ready (capacity q) sd sh = Some r /\
     r <= get sd (notified (queues s q)) /\
     get sd (notified (queues s q)) <= woken sd (threads (queues s q))) /\
  due (capacity q) sd sh (notified (queues s q)) (threads (queues s q)) = 0 /\
  get sd (notified (queues s q)) <= woken sd (threads (queues s q)).
Proof. apply (C6_no_lost_wakeup _ _ _ (queue_in_group s q R)). Qed.

(** It was reached in no more steps than a number known at the start, and three for each spurious
    wakeup, those included that a detector causes. *)
Theorem C7_bounded_in_groups : exists ks, run (capacity q) ks (init (crews q)) x /\
  length ks <= potential (init (crews q)) + 3 * spurious ks.
Proof.
  destruct (queue_in_group s q R) as (ks & K). exists ks. split; auto.
  now apply (C7_bounded (capacity q) (crews q)) with (s' := x).
Qed.

(** A participant whose wait without a deadline ends gives up only if it was marked; an operation
    that has time left does not give up; one that gives up changes nothing. *)
Theorem C9_in_groups :
  (forall k i s' w L sd, pstep k i s s' ->
     place_of (Groups.threads (group s) i) = Groups.Resumed w false ->
     log (queues s' q) = log (queues s q) ++ L -> ~ In (i, Refuse sd false) L) /\
  (forall i hd o sh' next hd' seen sd, deadline_of o = Some At ->
     attempt (capacity q) i hd o sh = Acts sh' next hd' seen -> ~ In (Refuse sd false) seen) /\
  (capacity q <> Some 0 -> forall i hd o sh' next hd' seen sd,
     attempt (capacity q) i hd o sh = Acts sh' next hd' seen -> In (Refuse sd false) seen ->
     hd' = hd /\ (sh' = sh \/ sh' = hand_back (offered [o]) sh)).
Proof.
  split; [|split].
  - intros k i s' w L sd H P E. pose proof (reachable_agrees s R) as [SH F].
    assert (NIL : queues s' q = queues s q -> L = []).
    { intros Q0. rewrite Q0 in E. rewrite <- app_nil_r in E at 1. now apply app_inv_head in E. }
    destruct H; cbn [queues group Groups.threads Groups.content] in *;
      try (match goal with X : Groups.acts _ |- _ => destruct X as [X _] end); try congruence;
      try (rewrite NIL by auto; intros []; fail); unfold Groups.put in *;
      destruct (Q_dec q q0) as [->|]; try (rewrite NIL by auto; intros []; fail).
    + (* its attempt *)
      assert (out = false) as -> by (destruct out; auto; rewrite H0 in H; congruence).
      pose proof (F q0 i) as FI. unfold seen in FI. rewrite H in FI. cbn in FI.
      destruct (proj1 FI eq_refl) as [_ WO]. destruct (stir_facts i _ _ _ WO) as [_ WO'].
      cbn [resumed] in *.
      assert (LG : log (stir i (qs q0)) = log (qs q0))
        by (unfold stir, alter; now destruct (nth_error (threads (qs q0)) i)).
      rewrite <- LG in E. eapply section_no_refusal; eauto.
    + unfold look in E. destruct (nth_error (threads (qs q0)) i) as [t|]; cbn [log] in E.
      * apply app_inv_head in E. subst L. destruct (spot t); cbn; [tauto|tauto|].
        intros [X|[]]. discriminate X.
      * rewrite <- app_nil_r in E at 1. apply app_inv_head in E. subst L. intros [].
  - intros i hd o sh' next hd' seen sd. apply has_time.
  - intros NZ i hd o sh' next hd' seen sd. apply C9_unchanged; auto.
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
  destruct (C11_completion _ _ _ (queue_in_group s q R)) as (J & A1 & T & O & _). auto.
Qed.

End Claims.
End Product.

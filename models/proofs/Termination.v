(** * Termination: every execution is bounded, and fair ones come to rest.

    [labour] counts the work that is left: in programs, in what threads own, in
    what is queued. Progress uses it up, sleeping and waking leave it alone. So an
    execution is longer than a bound known in advance only by spurious wakeups,
    and if every thread that can go on eventually does, even infinitely many of
    those do not keep an execution from coming to rest. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress.

Section Termination.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (t : thread A) (TH : list (thread A)) (o : op A).

(** ** The ranking function *)

Definition patience (d : deadline) : nat := match d with At => 1 | _ => 0 end.

Definition weight o : nat :=
  match o with
  | Send d b => 2 + patience d + 5 * length b
  | ForceSend _ | PutTaskBack _ => 7
  | SendSentinels n | SendSentinelsFront n => 1 + 4 * n
  | Recv d _ _ => 1 + patience d
  | Work _ => 2
  | Clone _ | Upgrade _ => 2
  | Join d => 1 + patience d
  | CloseQueue | CloseQueueNow | DrainQueue | LeaveIfIdle | Drop _ | Give _ _ | JoinThreads _ => 1
  end.

Definition is_drop o : bool := match o with Drop _ => true | _ => false end.

Definition total (hd : held) : nat := held_senders hd + held_receivers hd + held_tasks hd.

(** What a thread owns counts as long as it does anything else than drop it. *)
Definition burden (l : list (op A)) (hd : held) : nat :=
  if forallb is_drop l then 0 else total hd.

Definition work t : nat := sum weight (program t) + burden (program t) (holds t).

Definition labour s : nat :=
  sum work (threads s) + 4 * length (queue (shared_of s)).

Lemma weight_positive o : 1 <= weight o.
Proof. destruct o; simpl; lia. Qed.

Lemma leading_length (q : list (cell A)) : leading q <= length q.
Proof. induction q as [|[]]; simpl; lia. Qed.

Lemma split_oldest_length : forall (q : list (cell A)) a q', split_oldest q = Some (a, q') ->
  length q = S (length q').
Proof.
  induction q as [|[b|] q IH]; simpl; intros a q' H; try discriminate.
  - injection H as -> ->. auto.
  - destruct (split_oldest q) as [[b r]|]; [|discriminate]. injection H as -> <-.
    simpl. f_equal. eauto.
Qed.

Lemma total_own h n hd : total (own h n hd) + owns h hd = total hd + n.
Proof. destruct h, hd; unfold total; simpl; lia. Qed.

Lemma sentinels_le : forall q : list (cell A), sentinels_in q <= length q.
Proof. unfold sentinels_in. induction q as [|[]]; simpl; lia. Qed.

(** Acting on the queue is work done. *)
Lemma attempt_labour i hd o sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  sum weight next + total hd' + 4 * length (queue sh') <
  weight o + total hd + 4 * length (queue sh).
Proof.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl; try discriminate.
  - unfold send. destruct (Nat.eqb_spec (length b) 0); [intros [= <- <- <- _]; simpl; lia|].
    destruct (closed sh); [intros [= <- <- <- _]; simpl; lia|].
    destruct (Nat.eqb_spec (fit capacity sh b) 0).
    + destruct d; simpl; try discriminate. intros [= <- <- <- _]; simpl; lia.
    + intros [= <- <- <- _]. simpl. rewrite app_length, map_length, firstn_length, skipn_length.
      assert (fit capacity sh b <= length b) by (unfold fit; destruct capacity; lia).
      destruct (Nat.eqb_spec (length b - fit capacity sh b) 0); simpl;
        rewrite ?skipn_length; lia.
  - unfold force_send. destruct (closed sh); [intros [= <- <- <- _]; simpl; lia|].
    destruct (_ <? _).
    + intros [= <- <- <- _]. simpl. rewrite app_length. simpl. lia.
    + unfold evict. destruct (split_oldest (queue sh)) as [[b q]|] eqn:E;
        intros [= <- <- <- _]; simpl; [|lia].
      apply split_oldest_length in E. rewrite app_length. simpl. lia.
  - unfold send_sentinels. destruct (closed sh); intros [= <- <- <- _]; simpl; [lia|].
    rewrite app_length, repeat_length. lia.
  - unfold receive. destruct (queue sh) as [|[a|] q] eqn:Q.
    + destruct (closed sh); [|destruct d; try discriminate];
        intros [= <- <- <- _]; rewrite Q; simpl; lia.
    + remember (min l (leading (Item a :: q))) as m eqn:M. intros [= <- <- <- _].
      simpl sum. cbn [queue take]. rewrite Q, skipn_length.
      pose proof (leading_length (Item a :: q)) as LE.
      unfold total. cbn -[leading] in *. destruct k, m; simpl; lia.
    + intros [= <- <- <- _]. cbn [queue take]. rewrite Q. simpl. lia.
  - unfold receive. destruct (queue sh) as [|[a|] q] eqn:Q.
    + destruct (closed sh); [|discriminate]; intros [= <- <- <- _]; rewrite Q; simpl; lia.
    + intros [= <- <- <- _]. cbn [queue take]. rewrite Q. simpl.
      unfold total. simpl. destruct k; simpl; lia.
    + intros [= <- <- <- _]. cbn [queue take]. rewrite Q. simpl. lia.
  - intros [= <- <- <- _]. simpl. lia.
  - intros [= <- <- <- _]. simpl. lia.
  - unfold clone_handle. destruct (_ =? 0); [intros [= <- <- <- _]; simpl; lia|].
    destruct h; intros [= <- <- <- _]; unfold total; simpl; lia.
  - unfold drop_handle. destruct (Nat.eqb_spec (owns h hd) 0);
      [intros [= <- <- <- _]; simpl; lia|].
    destruct h, (_ - 1); intros [= <- <- <- _]; unfold total; simpl in *; lia.
  - unfold join. destruct (done sh); [|destruct d; try discriminate];
      intros [= <- <- <- _]; simpl; lia.
  - unfold send_sentinels_front. destruct (closed sh); intros [= <- <- <- _]; simpl; [lia|].
    rewrite app_length, repeat_length. lia.
  - intros [= <- <- <- _]. cbn [queue drain_items]. rewrite repeat_length.
    pose proof (sentinels_le (queue sh)). simpl. lia.
  - unfold leave_if_idle. destruct (_ || _); intros [= <- <- <- _]; unfold total; simpl; lia.
  - unfold upgrade. destruct (_ <? _), u; intros [= <- <- <- _]; unfold total; simpl; lia.
  - unfold put_task_back. destruct (_ =? 0); [intros [= <- <- <- _]; simpl; lia|].
    destruct (closed sh); intros [= <- <- <- _]; [simpl; lia|].
    unfold total. cbn. rewrite app_length. simpl. lia.
Qed.

Lemma drop_labour i hd h sh sh' next hd' seen :
  drop_handle i h hd sh = Acts sh' next hd' seen ->
  next = [] /\ length (queue sh') <= length (queue sh) /\ total hd' <= total hd.
Proof.
  unfold drop_handle. destruct (_ =? 0); [intros [= <- <- <- _]; simpl; auto|].
  destruct h, (_ - 1); intros [= <- <- <- _]; unfold total; simpl; repeat split; auto; lia.
Qed.

Lemma burden_cons o l hd : burden (o :: l) hd = if is_drop o then burden l hd else total hd.
Proof. unfold burden. simpl. destruct (is_drop o); auto. Qed.

Lemma burden_le l hd : burden l hd <= total hd.
Proof. unfold burden. destruct (forallb is_drop l); lia. Qed.

Lemma act_labour i o r hd sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  sum weight (next ++ r) + burden (next ++ r) hd' + 4 * length (queue sh') <
  sum weight (o :: r) + burden (o :: r) hd + 4 * length (queue sh).
Proof.
  intros H. rewrite sum_app. simpl sum. rewrite burden_cons.
  destruct (is_drop o) eqn:D.
  - destruct o; try discriminate. simpl in H. apply drop_labour in H as (-> & ? & ?).
    simpl. unfold burden. destruct (forallb is_drop r); lia.
  - apply attempt_labour in H. pose proof (burden_le (next ++ r) hd'). lia.
Qed.

Lemma map_drop_work : forall l : list handle,
  sum weight (map (@Drop A) l) = length l /\ forallb is_drop (map (@Drop A) l) = true.
Proof. induction l as [|h l [H1 H2]]; simpl; auto. Qed.

Lemma count_total : forall l : list handle,
  length l = count_occ handle_eq_dec l SenderHandle + count_occ handle_eq_dec l ReceiverHandle +
             count_occ handle_eq_dec l TaskGuard.
Proof.
  induction l as [|h l IH]; auto. simpl length. rewrite IH.
  simpl count_occ. destruct h; repeat (destruct (handle_eq_dec _ _); try congruence); lia.
Qed.

(** Only progress, death and cancellation change the labour that is left, and they
    reduce it. *)
Lemma step_labour k i s s' : step capacity k i s s' ->
  match k with
  | Progress | Death | Cancellation => labour s' < labour s
  | Sleep | Spurious | Look => labour s' = labour s
  end.
Proof.
  intros Hs. destruct Hs; unfold labour; cbn [threads shared_of].
  - apply settle_facts in H4 as (W & _).
    rewrite (wakened_sum _ _ work W) by (intros t1 t2 E1 E2; unfold work; now rewrite E1, E2).
    pose proof (sum_upd work _ _ _ (Thread Outside (next ++ r) hd') H) as E.
    apply act_labour with (r := r) in H2. unfold work in E at 2 4. rewrite H0 in E.
    cbn [program holds] in E. lia.
  - rewrite (sum_upd_same work _ _ _ _ H); auto. unfold work. simpl. now rewrite H0.
  - assert (H5 : nth_error (upd TH i (Thread Outside r (own h (owns h (holds t) - 1) (holds t)))) j
                 = Some u) by (rewrite nth_upd_other; auto).
    pose proof (sum_upd work _ _ _ (Thread Outside r (own h (owns h (holds t) - 1) (holds t))) H)
      as E1.
    pose proof (sum_upd work _ _ _ (Thread (spot u) (program u)
                  (own h (owns h (holds u) + 1) (holds u))) H5) as E2.
    assert (K1 : work (Thread Outside r (own h (owns h (holds t) - 1) (holds t))) + 2 <= work t).
    { unfold work. cbn [program holds]. rewrite H0, burden_cons. simpl.
      pose proof (total_own h (owns h (holds t) - 1) (holds t)).
      pose proof (burden_le r (own h (owns h (holds t) - 1) (holds t))). lia. }
    assert (K2 : work (Thread (spot u) (program u) (own h (owns h (holds u) + 1) (holds u)))
                 <= work u + 1).
    { unfold work, burden. cbn [program holds].
      pose proof (total_own h (owns h (holds u) + 1) (holds u)).
      destruct (forallb is_drop (program u)); lia. }
    lia.
  - pose proof (sum_upd work _ _ _ (Thread Outside r (holds t)) H) as E.
    unfold work in E at 2 4. cbn [program holds] in E. rewrite H0, burden_cons in E. simpl in E.
    pose proof (burden_le r (holds t)). lia.
  - pose proof (sum_upd work _ _ _ (Thread Outside r (holds t)) H) as E.
    unfold work in E at 2 4. cbn [program holds] in E. rewrite H0, burden_cons in E. simpl in E.
    pose proof (burden_le r (holds t)). lia.
  - pose proof (sum_upd work _ _ _ (wake (Thread (spot t) (expired o :: r) (holds t))) H) as E.
    unfold work in E at 2 4. rewrite wake_program, wake_holds in E. cbn [program holds] in E.
    rewrite H0, !burden_cons in E.
    destruct o as [[]|a|n|[]|k| | |h|h|to h|[]|l|m| | |u|p]; simpl in *; try discriminate; lia.
  - rewrite (sum_upd_same work _ _ _ _ H); auto.
    unfold work. now rewrite wake_program, wake_holds.
  - pose proof (sum_upd work _ _ _ (Thread Outside (map Drop drops) (holds t)) H) as E.
    unfold work in E at 2 4. cbn [program holds] in E. destruct (map_drop_work drops) as [M1 M2].
    unfold burden in E. rewrite M1, M2, (count_total drops), !H2 in E.
    destruct H1 as (o & I & N).
    assert (F : forallb is_drop (program t) = false).
    { destruct (forallb is_drop (program t)) eqn:F; auto. rewrite forallb_forall in F.
      apply F in I. destruct o; try discriminate. exfalso. eapply N; eauto. }
    rewrite F in E. unfold total in E. simpl owns in E.
    assert (P : 1 <= sum weight (program t)).
    { apply In_nth_error in I as [m I]. pose proof (sum_ge weight _ _ _ I).
      pose proof (weight_positive o). lia. }
    simpl. lia.
  - apply settle_facts in H2 as (W & _).
    rewrite (wakened_sum _ _ work W) by (intros t1 t2 E1 E2; unfold work; now rewrite E1, E2).
    pose proof (sum_upd work _ _ _ (Thread Outside r (holds t)) H) as E.
    unfold work in E at 2 4. cbn [program holds] in E. rewrite H0, burden_cons in E. simpl sum in E.
    pose proof (burden_le r (holds t)). pose proof (weight_positive o).
    change (queue (cancel o sh)) with (queue sh). destruct (is_drop o); lia.
  - rewrite (sum_upd_same work _ _ _ _ H); auto. unfold work. simpl. now rewrite H0.
Qed.

(** ** The bound *)

(** A thread may still look, and then sleep. *)
Definition wakefulness t : nat :=
  match spot t with Asleep _ => 0 | Outside => 1 | Woken _ => 2 end.

Definition awake_threads TH : nat := sum wakefulness TH.

Definition potential s : nat :=
  S (2 * length (threads s)) * labour s + awake_threads (threads s).

Lemma awake_le TH : awake_threads TH <= 2 * length TH.
Proof.
  unfold awake_threads. induction TH as [|t TH]; simpl; auto. unfold wakefulness at 1.
  destruct (spot t); lia.
Qed.

Lemma step_length k i s s' : step capacity k i s s' -> length (threads s') = length (threads s).
Proof.
  destruct 1; cbn [threads]; rewrite ?length_upd; auto;
    match goal with S : settle _ _ _ _ _ _ |- _ => apply settle_facts in S as (W & _) end;
    apply wakened_length in W; rewrite W, length_upd; auto.
Qed.

Lemma step_potential k i s s' : step capacity k i s s' ->
  potential s' + 1 <= potential s + match k with Spurious => 3 | _ => 0 end.
Proof.
  intros Hs. pose proof (step_labour _ _ _ _ Hs) as HL. pose proof (step_length _ _ _ _ Hs) as HN.
  pose proof (awake_le (threads s')) as HA.
  unfold potential. rewrite HN in *.
  assert (P : labour s' < labour s ->
              S (2 * length (threads s)) * labour s' + awake_threads (threads s') + 1 <=
              S (2 * length (threads s)) * labour s + awake_threads (threads s)) by nia.
  destruct k; cbv beta iota in HL;
    [apply P in HL; lia| | |apply P in HL; lia|apply P in HL; lia|]; rewrite HL;
    inversion Hs; subst; cbn [threads] in *;
    match goal with K : nth_error ?l i = Some _ |- context [upd ?l i ?u] =>
      pose proof (sum_upd wakefulness _ _ _ u K) as E end;
    unfold awake_threads; unfold wakefulness at 2 4 in E.
  - unfold awake in *. cbn [spot] in E. destruct (spot t); [lia|contradiction|lia].
  - unfold wake in *. rewrite H0 in *. cbn [spot] in E. lia.
  - rewrite H1 in E. cbn [spot] in E. lia.
Qed.

Fixpoint spurious (ks : list kind) : nat :=
  match ks with [] => 0 | Spurious :: ks => S (spurious ks) | _ :: ks => spurious ks end.

(** Whatever the schedule and the woken threads: no execution has more steps than
    the potential it starts with, and three for each spurious wakeup. *)
Theorem run_bounded ks s s' : run capacity ks s s' ->
  potential s' + length ks <= potential s + 3 * spurious ks.
Proof.
  induction 1 as [s|ks k i s s' s'' Hr IH Hs]; [simpl; lia|].
  apply step_potential in Hs. simpl length. destruct k; simpl spurious; lia.
Qed.

(** ** Rest under weak fairness *)

(** An infinite behaviour: a state for each moment; nothing need happen between
    two moments. *)
Record behaviour (c : crew A) := {
  at_ : nat -> state A;
  label : nat -> option (kind * nat);
  starts : at_ 0 = init c;
  follows : forall n, match label n with
            | None => at_ (S n) = at_ n
            | Some (k, i) => step capacity k i (at_ n) (at_ (S n))
            end
}.
Arguments at_ {c}. Arguments label {c}. Arguments starts {c}. Arguments follows {c}.

(** Weak fairness of every thread: again and again, it cannot make progress or
    does. Nothing is said about which thread is notified, and spurious wakeups may
    go on forever. *)
Definition fair {c} (b : behaviour c) : Prop :=
  forall i n, exists m, n <= m /\
    (~ (exists s', step capacity Progress i (at_ b m) s') \/ label b m = Some (Progress, i)).

Lemma behaviour_reachable c (b : behaviour c) n : reachable capacity c (at_ b n).
Proof.
  induction n as [|n [ks IH]].
  - rewrite (starts b). exists []. constructor.
  - pose proof (follows b n) as F. destruct (label b n) as [[k i]|].
    + exists (k :: ks). econstructor; eauto.
    + rewrite F. exists ks. auto.
Qed.

(** Sleeping, looking and spurious wakeups take no thread's ability away. *)
Lemma able_stable k j s s' i t : step capacity k j s s' -> k = Sleep \/ k = Spurious \/ k = Look ->
  nth_error (threads s) i = Some t -> able capacity s i t = true ->
  exists t', nth_error (threads s') i = Some t' /\ able capacity s' i t' = true.
Proof.
  intros Hs Hk Hi E.
  assert (G : forall sh nt TH L nt' L' u v, s = State sh nt TH L ->
    nth_error TH j = Some u -> program v = program u -> holds v = holds u ->
    s' = State sh nt' (upd TH j v) L' ->
    (awakeb u = true -> awakeb v = true \/
       forall o r, program u = o :: r -> acts capacity j (holds u) o sh = false) ->
    exists t', nth_error (threads s') i = Some t' /\ able capacity s' i t' = true).
  { intros sh nt TH L nt' L' u v -> Hu P1 P2 -> AW. cbn [threads] in *.
    assert (J : forall l, joinable l (upd TH j v) = joinable l TH).
    { intros l. unfold joinable. induction l as [|n l IH]; simpl; auto. rewrite IH. f_equal.
      destruct (Nat.eq_dec n j) as [->|N].
      - rewrite (nth_upd_same _ _ _ v Hu), Hu, P1. auto.
      - rewrite nth_upd_other; auto. }
    unfold able in *. cbn [threads shared_of] in *.
    destruct (Nat.eq_dec i j) as [->|N].
    - exists v. split; [eapply nth_upd_same; eauto|]. rewrite Hu in Hi. injection Hi as <-.
      rewrite P1, P2. destruct (program u) as [|o r]; [discriminate|].
      assert (K : awakeb u && acts capacity j (holds u) o sh = true ->
                  awakeb v && acts capacity j (holds u) o sh = true).
      { intros K. apply andb_true_iff in K as [K1 K2]. destruct (AW K1) as [->|AC].
        - now rewrite K2.
        - rewrite (AC _ _ eq_refl) in K2. discriminate. }
      destruct o; simpl in *; rewrite ?J; auto; try (destruct d; auto).
    - exists t. split; [rewrite nth_upd_other; auto|].
      destruct (program t) as [|o r]; auto. destruct o; simpl in *; rewrite ?J; auto. }
  destruct Hs; try (destruct Hk as [|[|]]; discriminate).
  - eapply G; [reflexivity|eauto| | |reflexivity|]; cbn [program holds]; auto.
    intros _. right. intros o' r' Q. rewrite H0 in Q. injection Q as <- <-.
    unfold acts. now rewrite H2.
  - eapply G; [reflexivity|eauto| | |reflexivity|]; auto using wake_program, wake_holds.
    intros _. left. unfold awakeb, wake. rewrite H0. auto.
  - eapply G; [reflexivity|eauto| | |reflexivity|]; cbn [program holds]; auto.
Qed.

Theorem fair_rest c (b : behaviour c) : fair b -> exists n, quiescent capacity (at_ b n).
Proof.
  intros F.
  assert (G : forall v n, labour (at_ b n) <= v -> exists m, quiescent capacity (at_ b m)).
  { induction v as [v IH] using lt_wf_ind. intros n Hv.
    pose proof (reachable_inv _ _ _ (behaviour_reachable _ b n)) as I.
    destruct (able_or_justified capacity _ I) as [(i & t & Hi & E)|[Q _]]; [|eauto].
    destruct (F i n) as (m & Hm & HF).
    assert (W : forall d n0, labour (at_ b n0) <= v -> n0 + d = m ->
      (exists t, nth_error (threads (at_ b n0)) i = Some t /\
                 able capacity (at_ b n0) i t = true) ->
      exists m', quiescent capacity (at_ b m')).
    { induction d as [|d IHd]; intros n0 Hv0 Hd (t0 & Ht0 & E0).
      - replace n0 with m in * by lia. destruct HF as [N|T].
        + exfalso. apply N. eapply able_step; eauto.
          apply (reachable_inv _ _ _ (behaviour_reachable _ b m)).
        + pose proof (follows b m) as Fm. rewrite T in Fm. apply step_labour in Fm.
          apply (IH (labour (at_ b (S m)))) with (n := S m); lia.
      - pose proof (follows b n0) as Fn. destruct (label b n0) as [[k j]|].
        + pose proof (step_labour _ _ _ _ Fn) as HL. destruct k.
          * apply (IH (labour (at_ b (S n0)))) with (n := S n0); lia.
          * apply (IHd (S n0)); [lia|lia|]. eapply able_stable; eauto.
          * apply (IHd (S n0)); [lia|lia|]. eapply able_stable; eauto.
          * apply (IH (labour (at_ b (S n0)))) with (n := S n0); lia.
          * apply (IH (labour (at_ b (S n0)))) with (n := S n0); lia.
          * apply (IHd (S n0)); [lia|lia|]. eapply able_stable; eauto.
        + apply (IHd (S n0)); rewrite ?Fn; eauto; lia. }
    apply (W (m - n) n); eauto; lia. }
  apply (G _ 0 (le_n _)).
Qed.

End Termination.

Arguments at_ {A capacity c}. Arguments label {A capacity c}. Arguments fair {A capacity c}.

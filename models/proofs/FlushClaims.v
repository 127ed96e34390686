(** * Flushes: what is proved of them.

    First that they leave the queue as it is: an execution with flushes is one of the queue
    without them. Then that the accounts are right, and that a flush returns only when everything that had been
    accepted before its call is done; and that none sleeps un-notified when it could go on. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant History Flush FlushAccounts.

Section FlushClaims.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (b : accounts).

(** ** The queue below *)

Lemma fstep_inner k i (x x' : fstate A) : fstep capacity k i x x' ->
  match k with InQueue k => step capacity k i (inner x) (inner x') | _ => inner x' = inner x end.
Proof.
  intros []; auto; unfold looked; destruct (look _ _ _ _ _ _) as [[[? ?] ?] ?]; reflexivity.
Qed.

(** Without its flushes, an execution is one of [Model.v]. *)
Theorem flush_projects ks (x x' : fstate A) : frun capacity ks x x' ->
  run capacity (in_queue ks) (inner x) (inner x').
Proof.
  induction 1 as [x|ks k i x x' x'' R IH Hs]; [constructor|].
  apply fstep_inner in Hs. destruct k; simpl; try (rewrite Hs; exact IH). econstructor; eauto.
Qed.

Corollary freachable_inner c (x : fstate A) : freachable capacity c x -> reachable capacity c (inner x).
Proof. intros [ks H]. exists (in_queue ks). apply (flush_projects _ _ _ H). Qed.

(** The events of the queue among what can be seen. *)
Definition of_queue (l : list (nat * fevent)) : list (nat * event) :=
  flat_map (fun x => match snd x with Of e => [(fst x, e)] | _ => [] end) l.

Lemma of_queue_app l l' : of_queue (l ++ l') = of_queue l ++ of_queue l'.
Proof. apply flat_map_app. Qed.

Lemma of_queue_flush i l : (forall e, ~ In (Of e) l) -> of_queue (fsay i l) = [].
Proof.
  induction l as [|e l IH]; intros N; auto. cbn. fold (fsay i l) (of_queue (fsay i l)).
  rewrite IH; [|intros x I; apply (N x); now right].
  destruct e as [e| | | | | | |]; auto. exfalso. apply (N e). now left.
Qed.

Lemma of_queue_calls n e : ~ In (Of e) (flush_calls n).
Proof.
  unfold flush_calls. destruct (1 <? n); [intros [H|[]]; discriminate|].
  intros I. apply repeat_spec in I. discriminate.
Qed.

Lemma looked_log i f seen (x : fstate A) n : (forall e, ~ In (Of e) seen) ->
  of_queue (flog (looked i f seen x n)) = of_queue (flog x).
Proof.
  intros N. assert (L : let '(_, _, _, s) := look i f seen (accounts_of x) (flushers_of x) n in
    forall e, ~ In (Of e) s).
  { unfold look. destruct (begins _ _ _); destruct (needs f <=? _); try destruct (patience f);
      intros e I; rewrite !in_app_iff in I; cbn [In] in I;
      repeat match goal with I : _ \/ _ |- _ => destruct I as [I|I] end;
      try discriminate; try contradiction; try (eapply N; eauto; fail); eapply of_queue_calls; eauto. }
  unfold looked. destruct (look _ _ _ _ _ _) as [[[b l] m] s]. cbn [flog].
  rewrite of_queue_app, of_queue_flush by exact L. apply app_nil_r.
Qed.

Lemma step_log k i (s s' : state A) : step capacity k i s s' -> log s' = log s ++ news s s'.
Proof.
  intros Hs. assert (E : exists l, log s' = log s ++ l).
  { destruct Hs; cbn [log]; eauto; exists []; now rewrite app_nil_r. }
  destruct E as [l E]. unfold news. rewrite E, skipn_app, skipn_all, Nat.sub_diag. reflexivity.
Qed.

(** And it shows the same events of the queue. *)
Theorem flush_log c (x : fstate A) : freachable capacity c x -> of_queue (flog x) = log (inner x).
Proof.
  intros [ks H]. remember (finit c) as x0. induction H as [x|ks k i x x' x'' R IH Hs]; subst; auto.
  specialize (IH eq_refl). destruct Hs as [k i w x s' Hs _| | | |].
  - unfold entered. cbn [flog inner]. rewrite !of_queue_app, IH, (step_log _ _ _ _ Hs).
    rewrite (of_queue_flush i) by (intros e; apply of_queue_calls). rewrite app_nil_r. f_equal.
    induction (news (inner x) s') as [|[j e] l IHl]; cbn; auto. now f_equal.
  - rewrite looked_log by (intros e [I|[]]; discriminate). rewrite IH.
    unfold looked. destruct (look _ _ _ _ _ _) as [[[? ?] ?] ?]. reflexivity.
  - rewrite looked_log by (intros e [I|[]]; discriminate). rewrite IH.
    unfold looked. destruct (look _ _ _ _ _ _) as [[[? ?] ?] ?]. reflexivity.
  - exact IH.
  - exact IH.
Qed.

(** ** The accounts say what the queue holds *)

(** How an event changes the numbers of queued items and of unfinished tasks. *)
Definition tally (p : nat * nat) (e : event) : nat * nat :=
  let (q, t) := p in
  match e with
  | Push k => (q + k, t)
  | Evict => (q - 1, t)
  | Take k true => (q - k, t + min k q)
  | Take k false | Drain k _ | DrainItems k => (q - k, t)
  | TaskDone => (q, t - 1)
  | PutBack => (if t =? 0 then q else S q, t - 1)
  | _ => p
  end.

Lemma pull_length w t e t' : pull w t = Some (e, t') -> length t = S (length t').
Proof. intros P. apply pull_perm in P. now rewrite P. Qed.

Lemma enter_tally w b e : (length (queued (enter w b e)), length (tasks (enter w b e))) =
  tally (length (queued b), length (tasks b)) e.
Proof.
  destruct b as [q t d n g o].
  assert (PL : match pull w t with Some (_, t') => length t = S (length t') | None => t = [] end).
  { destruct (pull w t) as [[y t']|] eqn:P; [eapply pull_length; eauto|].
    destruct t as [|y t]; auto. destruct (pull_some w (y :: t)) as (? & ? & ?); congruence. }
  destruct e as [cp|k| | | |k []| | | |k m|k| | | | | | | | | | | | | | | ];
    cbn [enter queued tasks tally]; auto; rewrite ?skipn_length, ?app_length, ?map_length,
    ?seq_length, ?firstn_length; auto.
  - destruct (pull w t) as [[y t']|]; cbn [queued tasks]; [rewrite PL; f_equal; lia|now subst].
  - destruct (pull w t) as [[y t']|]; cbn [queued tasks]; [|now subst].
    rewrite PL, app_length. cbn. f_equal; lia.
Qed.

Lemma enter_all_tally w l b :
  (length (queued (enter_all w l b)), length (tasks (enter_all w l b))) =
  fold_left (fun p e => tally p (snd e)) l (length (queued b), length (tasks b)).
Proof.
  unfold enter_all. destruct (end_if_done_facts (fold_left (fun b e => enter w b (snd e)) l b))
    as (_ & _ & _ & _ & -> & -> & _).
  revert b. induction l as [|e l IH]; intros b; cbn [fold_left]; auto.
  now rewrite IH, enter_tally.
Qed.

Lemma items_of_leading : forall (q : list (cell A)) k, k <= leading q ->
  length (items_of (skipn k q)) = length (items_of q) - k /\ k <= length (items_of q).
Proof.
  induction q as [|[a|] q IH]; intros [|k] H; cbn in *; try lia.
  destruct (IH k) as [E1 E2]; [lia|]. unfold items_of in *. lia.
Qed.

Lemma attempt_tally i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> owns TaskGuard hd <= unfinished sh ->
  fold_left tally seen (items sh, unfinished sh) = (items sh', unfinished sh').
Proof.
  intros H HO.
  assert (PU : forall (l : list A) x, items (push (map Item l) x) = items x + length l).
  { intros l x. unfold items. cbn [queue push]. now rewrite items_of_app, items_of_map, app_length. }
  assert (DR : forall x : shared A, fold_left tally (drained x) (items x, unfinished x) =
            (0, unfinished x)).
  { intros x. unfold drained, items. destruct (queue x) eqn:Q; [reflexivity|].
    cbn [fold_left tally]. now rewrite Nat.sub_diag. }
  assert (RC : forall d limit tasks again,
    receive i d limit tasks again hd sh = Acts sh' next hd' seen ->
    fold_left tally seen (items sh, unfinished sh) = (items sh', unfinished sh')).
  { clear H. intros d limit tasks again H. unfold receive, or_wait in H.
    destruct (queue sh) as [|[a|] q] eqn:Q.
    - destruct (closed sh); [|destruct d; try discriminate]; injection H as <- _ _ <-; auto.
    - rewrite <- Q in H. injection H as <- _ _ <-.
      destruct (items_of_leading (queue sh) (min limit (leading (queue sh)))) as [E1 E2]; [lia|].
      unfold items in *. cbn [take queue unfinished]. rewrite E1.
      destruct tasks; cbn [fold_left tally]; f_equal; lia.
    - injection H as <- _ _ <-. unfold items. cbn [take queue unfinished]. rewrite Q.
      cbn [fold_left tally skipn items_of flat_map app]. f_equal. lia. }
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate;
    try (eapply RC; exact H).
  - unfold send, or_wait in H. destruct (Nat.eqb_spec (length b) 0) as [Z|Z];
      [injection H as <- _ _ <-; auto|].
    destruct (closed sh); [injection H as <- _ _ <-; auto|].
    destruct (_ =? 0); [destruct d; try discriminate; injection H as <- _ _ <-; auto|].
    injection H as <- _ _ <-. rewrite PU, firstn_length. cbn [fold_left tally]. f_equal.
    unfold fit. destruct capacity; lia.
  - unfold force_send in H. destruct (closed sh); [injection H as <- _ _ <-; auto|].
    destruct (_ <? _); [injection H as <- _ _ <-; rewrite (PU [a]); auto|].
    unfold evict in H. destruct (split_oldest (queue sh)) as [[b q]|] eqn:E;
      injection H as <- _ _ <-; auto.
    rewrite (PU [a]). apply split_oldest_items in E. unfold items. cbn [queue unfinished push].
    rewrite E. cbn [length fold_left tally]. f_equal. lia.
  - unfold send_sentinels in H. destruct (closed sh); injection H as <- _ _ <-; auto.
    unfold items. cbn [queue push unfinished fold_left tally].
    now rewrite items_of_app, items_of_sentinels, app_nil_r.
  - injection H as <- _ _ <-. auto.
  - injection H as <- _ _ <-. apply (DR sh).
  - unfold clone_handle in H. destruct (_ =? 0); [|destruct h]; injection H as <- _ _ <-; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- _ _ <-; auto|].
    destruct h, (_ - 1) eqn:E in H; injection H as <- _ _ <-; auto;
      try (destruct (closed sh); reflexivity); try (destruct (closed sh); apply (DR sh));
      cbn in *; f_equal; lia.
  - unfold join, or_wait in H. destruct (done sh); [|destruct d; try discriminate];
      injection H as <- _ _ <-; auto.
  - unfold send_sentinels_front in H. destruct (closed sh); injection H as <- _ _ <-; auto.
    unfold items. cbn [queue push_front unfinished fold_left tally].
    now rewrite items_of_app, items_of_sentinels.
  - injection H as <- _ _ <-. unfold items, drained_items. cbn [drain_items queue unfinished].
    rewrite items_of_sentinels. unfold items. destruct (length (items_of (queue sh))); auto.
    cbn [fold_left tally length]. now rewrite Nat.sub_diag.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ <-; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ <-; auto.
  - unfold put_task_back in H. destruct (Nat.eqb_spec (owns TaskGuard hd) 0);
      [injection H as <- _ _ <-; auto|].
    destruct (closed sh); injection H as <- _ _ <-; auto.
    unfold items. cbn [queue push recount unfinished fold_left tally].
    rewrite items_of_app, app_length. cbn [items_of flat_map app length].
    destruct (Nat.eqb_spec (unfinished sh) 0); f_equal; lia.
Qed.

Lemma tally_quiet : forall l p, (forall e, In e l -> forall p, tally p e = p) ->
  fold_left tally l p = p.
Proof.
  induction l as [|e l IH]; intros p H; cbn [fold_left]; auto.
  rewrite H by (left; auto). apply IH. intros; apply H; right; auto.
Qed.

Lemma tally_calls sh nt (TH : list (thread A)) p : fold_left tally (all_calls capacity sh nt TH) p = p.
Proof.
  apply tally_quiet. intros e I [q t].
  assert (C : forall sd, In e (calls capacity sd sh nt TH) -> tally (q, t) e = (q, t)).
  { intros sd F. unfold calls in F. destruct (_ && _).
    - destruct F as [<-|[]]; reflexivity.
    - apply repeat_spec in F as ->. reflexivity. }
  unfold all_calls in I. rewrite !in_app_iff in I. destruct I as [I|[I|I]]; eapply C; eauto.
Qed.

Lemma news_say s0 s1 (L : list (nat * event)) i l : log s0 = L -> log s1 = L ++ say i l ->
  news (A := A) s0 s1 = say i l.
Proof.
  unfold news. intros -> ->. rewrite skipn_app, skipn_all, Nat.sub_diag. reflexivity.
Qed.

Lemma fold_say i : forall l p, fold_left (fun p e => tally p (snd e)) (say i l) p = fold_left tally l p.
Proof. induction l; intros p; cbn; auto. Qed.

Lemma step_tally c k i s s' : Hist c s -> step (A := A) capacity k i s s' ->
  fold_left (fun p e => tally p (snd e)) (news s s') (items (shared_of s), unfinished (shared_of s)) =
  (items (shared_of s'), unfinished (shared_of s')).
Proof.
  intros HH Hs.
  assert (BK : forall x (b : bool) p, fold_left tally (back x b) p = p)
    by (intros [] ? [q t]; reflexivity).
  assert (NO : forall s0 s1 : state A, log s1 = log s0 -> news s0 s1 = [])
    by (intros s0 s1 E; unfold news; rewrite E; apply skipn_all).
  destruct Hs; try (rewrite NO by reflexivity; reflexivity); cbn [shared_of].
  - erewrite news_say by (cbn [log]; reflexivity). rewrite fold_say, !fold_left_app, BK.
    rewrite (attempt_tally _ _ _ _ _ _ _ _ H2); [apply tally_calls|].
    pose proof (handles _ _ HH TaskGuard) as K. cbn [shared_of threads count] in K. rewrite K.
    apply (sum_ge (fun t => owns TaskGuard (holds t)) _ _ _ H).
  - erewrite news_say by (cbn [log]; reflexivity). rewrite fold_say, fold_left_app, BK. reflexivity.
  - erewrite news_say by (cbn [log]; reflexivity). rewrite fold_say. cbn [fold_left]. rewrite tally_calls. reflexivity.
  - erewrite news_say by (cbn [log]; reflexivity). rewrite fold_say, BK. reflexivity.
Qed.

(** ** The invariant *)

Record FInv (c : crew A) (x : fstate A) : Prop := {
  below : reachable capacity c (inner x);
  right_items : length (queued (accounts_of x)) = items (shared_of (inner x));
  right_tasks : length (tasks (accounts_of x)) = unfinished (shared_of (inner x));
  right_accounts : BInv (accounts_of x);
  right_waits : Waits (accounts_of x) (flushers_of x) (flush_notified x)
}.

Lemma served_later b b' f : served b f -> generation b <= generation b' -> sent b <= sent b' ->
  (forall y, In y (entries b') -> In y (entries b) \/ (sent b <= number y /\ period y = generation b)) ->
  served b' f.
Proof.
  intros (N & B & E) G S1 Y. split; [lia|]. split; [lia|]. intros e I L.
  destruct (Y e I) as [K|[K _]]; [auto|lia].
Qed.

Lemma FInv_init c : FInv c (finit c).
Proof.
  assert (F : forall i f, nth_error (map (fun _ : held * list (op A) => @None flusher) c) i <> Some (Some f)).
  { intros i f H. rewrite nth_error_map in H. destruct (nth_error c i); discriminate. }
  split; cbn [finit inner accounts_of flushers_of flush_notified queued tasks].
  - exists []. constructor.
  - reflexivity.
  - rewrite map_length, seq_length. reflexivity.
  - split; unfold numbered, entries, active; cbn [queued tasks gone sent over generation app].
    + rewrite number_fresh, app_nil_r. auto.
    + intros e I. apply in_map_iff in I as (n & <- & _). cbn. lia.
    + lia.
    + discriminate.
  - split.
    + intros i f H. destruct (F _ _ H).
    + intros i f H. destruct (F _ _ H).
    + intros _. unfold waiting_flushers. rewrite sum_map, sum_zero; auto.
    + lia.
Qed.

(** What one step does, whichever it is. *)
Lemma looked_facts i f seen (x : fstate A) n x' : looked i f seen x n = x' -> BInv (accounts_of x) ->
  i < length (flushers_of x) -> served (accounts_of x) f -> n <= woken_flushers (without i (flushers_of x)) ->
  Waits (accounts_of x) (flushers_of x) (flush_notified x) -> exists b' l' n' seen',
  x' = FState (inner x) b' l' n' (flog x ++ fsay i seen') /\
  BInv b' /\ Waits b' l' n' /\ generation (accounts_of x) <= generation b' /\
  length l' = length (flushers_of x) /\
  entries b' = entries (accounts_of x) /\ sent b' = sent (accounts_of x) /\ gone b' = gone (accounts_of x) /\
  queued b' = queued (accounts_of x) /\ tasks b' = tasks (accounts_of x) /\
  (In Flushed seen' -> In Flushed seen \/ needs f <= over b') /\
  match nth_error l' i with
  | Some (Some g) => needs g = needs f /\ before g = before f /\ (In Flushed seen' -> In Flushed seen)
  | _ => True end /\
  forall j, j <> i -> nth_error l' j = nth_error (flushers_of x) j \/
    exists g, nth_error (flushers_of x) j = Some (Some g) /\
    nth_error l' j = Some (Some (Flusher (needs g) (before g) (patience g) true)).
Proof.
  unfold looked. destruct (look i f seen (accounts_of x) (flushers_of x) n) as [[[b' l'] n'] seen'] eqn:E.
  intros <- BI LI SF C W. exists b', l', n', seen'. split; [reflexivity|].
  eapply look_facts; eauto.
  - intros j g H. apply without_nth in H as [H _]. eapply all_served; eauto.
  - intros j g H. apply without_nth in H as [H _]. eapply asleep_for; eauto.
Qed.

Lemma FInv_step c k i (x x' : fstate A) : fstep capacity k i x x' -> FInv c x -> FInv c x'.
Proof.
  intros Hs [B RI RT RB RW]. destruct Hs as [k i which x s' Hs NF|i t d x T O F|i f timed_out x F WU PT|
                                             i f x F PA|i f x F WU].
  - destruct (enter_all_facts which (news (inner x) s') (accounts_of x) RB) as (B' & G & O & S1 & D & E).
    pose proof (step_tally _ _ _ _ _ (reachable_hist _ _ _ B) Hs) as TL.
    pose proof (enter_all_tally which (news (inner x) s') (accounts_of x)) as ET.
    rewrite RI, RT, TL in ET. injection ET as E1 E2.
    unfold entered. split; cbn [inner accounts_of flushers_of flush_notified]; auto.
    + destruct B as [ks R]. exists (k :: ks). econstructor; eauto.
    + apply (Waits_settled (accounts_of x)); [apply RW|..].
      * intros j f Hj. apply (served_later (accounts_of x)); [eapply all_served; eauto|lia|exact S1|exact E].
      * intros j f Hj. eapply asleep_for; eauto.
      * destruct O as [O|O]; [auto|right]. unfold active. rewrite O, G. apply Nat.ltb_irrefl.
  - destruct (looked_facts i (Flusher (S (generation (accounts_of x))) (sent (accounts_of x)) d true)
                [BeginFlush] x (flush_notified x) _ eq_refl RB) as
      (b' & l' & n' & seen & -> & B' & W' & _ & _ & _ & _ & _ & Q & TK & _); auto.
    + eapply nth_length; eauto.
    + split; [cbn; lia|]. split; [cbn; lia|]. intros e I _. cbn.
      pose proof (periods _ RB e I). lia.
    + pose proof (woken_upd_flusher _ _ _ None F) as W. pose proof (notified_wake _ _ _ RW).
      unfold without. cbn in W. lia.
    + split; cbn [inner accounts_of flushers_of flush_notified]; auto; congruence.
  - destruct (looked_facts i f [WakeFlush timed_out] x (flush_notified x - 1) _ eq_refl RB) as
      (b' & l' & n' & seen & -> & B' & W' & _ & _ & _ & _ & _ & Q & TK & _); auto.
    + eapply nth_length; eauto.
    + eapply all_served; eauto.
    + pose proof (woken_upd_flusher _ _ _ None F) as W. pose proof (notified_wake _ _ _ RW).
      unfold without. cbn in W. rewrite WU in W. cbn in W. lia.
    + split; cbn [inner accounts_of flushers_of flush_notified]; auto; congruence.
  - pose proof (woken_upd_flusher _ _ _ (Some (Flusher (needs f) (before f) Now true)) F) as W1.
    pose proof (sleeping_upd_flusher _ _ _ (Some (Flusher (needs f) (before f) Now true)) F) as W2.
    split; auto. cbn [with_flusher inner accounts_of flushers_of flush_notified].
    destruct RW as [SV AS AN NW]. split.
    + intros j g Hj. destruct (nth_upd _ _ _ _ _ _ F Hj) as [[-> [= ->]]|[N Hj']]; eauto.
      apply (SV _ _ F).
    + intros j g Hj U. destruct (nth_upd _ _ _ _ _ _ F Hj) as [[-> [= ->]]|[N Hj']]; eauto. discriminate.
    + intros AC. specialize (AN AC). rewrite waiting_split in *. destruct f as [? ? ? []]; cbn in *; lia.
    + destruct f as [? ? ? []]; cbn in *; lia.
  - pose proof (woken_upd_flusher _ _ _ (Some (Flusher (needs f) (before f) (patience f) true)) F) as W1.
    pose proof (sleeping_upd_flusher _ _ _ (Some (Flusher (needs f) (before f) (patience f) true)) F) as W2.
    split; auto. cbn [with_flusher inner accounts_of flushers_of flush_notified].
    destruct RW as [SV AS AN NW]. split.
    + intros j g Hj. destruct (nth_upd _ _ _ _ _ _ F Hj) as [[-> [= ->]]|[N Hj']]; eauto.
      apply (SV _ _ F).
    + intros j g Hj U. destruct (nth_upd _ _ _ _ _ _ F Hj) as [[-> [= ->]]|[N Hj']]; eauto. discriminate.
    + intros AC. specialize (AN AC). rewrite waiting_split in *. destruct f as [? ? ? []]; cbn in *; lia.
    + destruct f as [? ? ? []]; cbn in *; lia.
Qed.

Theorem freachable_inv c (x : fstate A) : freachable capacity c x -> FInv c x.
Proof.
  intros [ks H]. remember (finit c) as x0. induction H; subst.
  - apply FInv_init.
  - eapply FInv_step; eauto.
Qed.

(** ** C11: a flush returns when all of before is done *)

(** At every moment: the accounts have as many queued items as the queue holds, and as many
    tasks as are unfinished there; and each item that was ever accepted is queued, an unfinished
    task, or done, and only one of these. *)
Theorem C11_flush_accounts c (x : fstate A) : freachable capacity c x ->
  length (queued (accounts_of x)) = items (shared_of (inner x)) /\
  length (tasks (accounts_of x)) = unfinished (shared_of (inner x)) /\
  Permutation (seq 0 (sent (accounts_of x)))
    (map number (queued (accounts_of x)) ++ map number (tasks (accounts_of x)) ++ gone (accounts_of x)).
Proof.
  intros R. destruct (freachable_inv _ _ R) as [_ RI RT [N _ _ _] _].
  split; [exact RI|]. split; [exact RT|]. unfold numbered, entries in N.
  now rewrite map_app, <- app_assoc in N.
Qed.

Lemma served_done b b' f : BInv b' -> served b f -> entries b' = entries b -> sent b' = sent b ->
  needs f <= over b' -> forall n, n < before f -> In n (gone b').
Proof.
  intros [N P _ _] (_ & B & E) EN SE L n H.
  assert (I : In n (map number (entries b') ++ gone b')).
  { eapply Permutation_in; [exact N|]. apply in_seq. lia. }
  apply in_app_or in I as [I|I]; auto. exfalso. apply in_map_iff in I as (e & <- & I).
  specialize (P e I). rewrite EN in I. specialize (E e I H). lia.
Qed.

(** What one step adds to what can be seen, and to what flushes know. *)
Lemma fstep_flush c k i (x x' : fstate A) : FInv c x -> fstep capacity k i x x' ->
  exists seen, flog x' = flog x ++ seen /\ incl (gone (accounts_of x)) (gone (accounts_of x')) /\
  (forall j, In (j, Flushed) seen -> j = i /\ exists n,
     (k = Begins /\ n = sent (accounts_of x) \/
      exists f, nth_error (flushers_of x) j = Some (Some f) /\ n = before f) /\
     forall m, m < n -> In m (gone (accounts_of x'))) /\
  (forall j f, nth_error (flushers_of x') j = Some (Some f) ->
     (exists f0, nth_error (flushers_of x) j = Some (Some f0) /\ before f = before f0) \/
     (j = i /\ k = Begins /\ before f = sent (accounts_of x))).
Proof.
  intros [B RI RT RB RW] Hs.
  destruct Hs as [k i which x s' Hs NF|i t d x T O F|i f timed_out x F WU PT|i f x F PA|i f x F WU].
  - eexists. unfold entered. cbn [flog accounts_of flushers_of].
    split; [reflexivity|]. destruct (enter_all_facts which (news (inner x) s') (accounts_of x) RB)
      as (_ & _ & _ & _ & D & _). split; [exact D|]. split.
    + intros j I. exfalso. apply in_app_or in I as [I|I].
      * apply in_map_iff in I as (y & E & _). discriminate.
      * apply in_map_iff in I as (y & [= _ ->] & I). unfold flush_calls in I.
        destruct (1 <? _); [destruct I as [I|[]]; discriminate|]. apply repeat_spec in I. discriminate.
    + intros j f Hj. left. destruct (wake_flushers_nth (flushers_of x)
        (due_flush (enter_all which (news (inner x) s') (accounts_of x)) (flushers_of x) (flush_notified x)) j)
        as [E|(g & E1 & E2)]; [rewrite E in Hj; eauto|].
      rewrite E2 in Hj. injection Hj as <-. exists g. auto.
  - assert (SF : served (accounts_of x) (Flusher (S (generation (accounts_of x))) (sent (accounts_of x)) d true)).
    { split; [cbn; lia|]. split; [cbn; lia|]. intros e I _. cbn. pose proof (periods _ RB e I). lia. }
    destruct (looked_facts i (Flusher (S (generation (accounts_of x))) (sent (accounts_of x)) d true)
                [BeginFlush] x (flush_notified x) _ eq_refl RB) as
      (b' & l' & n' & seen & -> & B' & W' & _ & _ & EN & SE & D & _ & _ & FL & NI & NJ); auto.
    + eapply nth_length; eauto.
    + pose proof (woken_upd_flusher _ _ _ None F) as W. pose proof (notified_wake _ _ _ RW).
      unfold without. cbn in W. lia.
    + exists (fsay i seen). cbn [flog accounts_of flushers_of]. rewrite D.
      split; [reflexivity|]. split; [apply incl_refl|]. split.
      * intros j I. apply in_map_iff in I as (y & [= <- ->] & I). split; auto.
        exists (sent (accounts_of x)). split; [auto|]. intros m M.
        destruct (FL I) as [[|[]]|L]; [discriminate|]. rewrite <- D.
        eapply served_done with (f := Flusher (S (generation (accounts_of x))) (sent (accounts_of x)) d true); eauto.
      * intros j g Hj. destruct (Nat.eq_dec j i) as [->|N].
        -- rewrite Hj in NI. destruct NI as (_ & E & _). right. auto.
        -- left. destruct (NJ j N) as [E|(h & E1 & E2)]; [rewrite E in Hj; eauto|].
           rewrite E2 in Hj. injection Hj as <-. exists h. auto.
  - destruct (looked_facts i f [WakeFlush timed_out] x (flush_notified x - 1) _ eq_refl RB) as
      (b' & l' & n' & seen & -> & B' & W' & _ & _ & EN & SE & D & _ & _ & FL & NI & NJ); auto.
    + eapply nth_length; eauto.
    + eapply all_served; eauto.
    + pose proof (woken_upd_flusher _ _ _ None F) as W. pose proof (notified_wake _ _ _ RW).
      unfold without. cbn in W. rewrite WU in W. cbn in W. lia.
    + exists (fsay i seen). cbn [flog accounts_of flushers_of]. rewrite D.
      split; [reflexivity|]. split; [apply incl_refl|]. split.
      * intros j I. apply in_map_iff in I as (y & [= <- ->] & I). split; auto.
        exists (before f). split; [right; eauto|]. intros m M.
        destruct (FL I) as [[|[]]|L]; [discriminate|]. rewrite <- D.
        eapply served_done with (f := f); eauto. eapply all_served; eauto.
      * intros j g Hj. left. destruct (Nat.eq_dec j i) as [->|N].
        -- rewrite Hj in NI. destruct NI as (_ & E & _). eauto.
        -- destruct (NJ j N) as [E|(h & E1 & E2)]; [rewrite E in Hj; eauto|].
           rewrite E2 in Hj. injection Hj as <-. exists h. auto.
  - exists []. cbn [with_flusher flog accounts_of flushers_of]. rewrite app_nil_r.
    split; [reflexivity|]. split; [apply incl_refl|]. split; [intros j []|].
    intros j g Hj. left. destruct (nth_upd _ _ _ _ _ _ F Hj) as [[-> [= ->]]|[N Hj']]; eauto.
  - exists []. cbn [with_flusher flog accounts_of flushers_of]. rewrite app_nil_r.
    split; [reflexivity|]. split; [apply incl_refl|]. split; [intros j []|].
    intros j g Hj. left. destruct (nth_upd _ _ _ _ _ _ F Hj) as [[-> [= ->]]|[N Hj']]; eauto.
Qed.

(** A flush that is called in [x] and has returned by [x']: every item that had been accepted before the
    call is done by then. It is neither queued nor an unfinished task, whether it was put back meanwhile or
    not: it was received, and as a task completed, or evicted, or drained, or dropped with the
    last receiver. *)
Theorem C11_flush c i (x x1 x' : fstate A) ks new : freachable capacity c x ->
  fstep capacity Begins i x x1 -> frun capacity ks x1 x' -> ~ In (Begins, i) ks ->
  flog x' = flog x ++ new -> In (i, Flushed) new ->
  forall n, n < sent (accounts_of x) -> In n (gone (accounts_of x')).
Proof.
  intros R Hs Hr NB.
  assert (P : FInv c x' /\ exists new, flog x' = flog x ++ new /\
    (In (i, Flushed) new -> forall n, n < sent (accounts_of x) -> In n (gone (accounts_of x'))) /\
    forall f, nth_error (flushers_of x') i = Some (Some f) -> before f = sent (accounts_of x)).
  { pose proof (freachable_inv _ _ R) as I0. pose proof (FInv_step _ _ _ _ _ Hs I0) as I1.
    induction Hr as [x1|ks k j x1 x2 x3 Hr IH Hs'].
    - split; [exact I1|]. destruct (fstep_flush _ _ _ _ _ I0 Hs) as (seen & L & _ & FL & ST).
      assert (F0 : forall f, nth_error (flushers_of x) i <> Some (Some f)).
      { inversion Hs; subst. intros f Hf. congruence. }
      exists seen. split; [exact L|]. split.
      + intros IF. destruct (FL _ IF) as (_ & n & [[_ ->]|(f & Hf & _)] & D); [exact D|].
        destruct (F0 _ Hf).
      + intros f Hf. destruct (ST _ _ Hf) as [(f0 & H0 & _)|(_ & _ & E)]; [destruct (F0 _ H0)|exact E].
    - destruct IH as (I2 & nw & L & D & Q); auto; [intros X; apply NB; now right|].
      split; [eapply FInv_step; eauto|].
      destruct (fstep_flush _ _ _ _ _ I2 Hs') as (seen & L' & G & FL & ST).
      exists (nw ++ seen). split; [rewrite L', L; now rewrite app_assoc|]. split.
      + intros IF n Hn. apply in_app_or in IF as [IF|IF]; [apply G; auto|].
        destruct (FL _ IF) as (-> & m & [[-> _]|(f & Hf & ->)] & D'); [exfalso; apply NB; left; reflexivity|].
        apply D'. rewrite (Q _ Hf). exact Hn.
      + intros f Hf. destruct (ST _ _ Hf) as [(f0 & H0 & ->)|(-> & -> & _)]; [auto|].
        exfalso. apply NB. left. reflexivity. }
  destruct P as (_ & nw & L & D & _). intros L' IF. apply D.
  rewrite L in L'. apply app_inv_head in L'. now subst.
Qed.

Lemma not_active_nothing_old b : BInv b -> active b = false -> old b = [].
Proof.
  intros [_ P L _] AC. apply Nat.ltb_ge in AC. destruct (old b) as [|e l] eqn:O; auto. exfalso.
  assert (I : In e (old b)) by (rewrite O; left; auto). apply filter_In in I as [I K].
  specialize (P e I). apply Nat.ltb_lt in K. lia.
Qed.

Lemma old_later b b' : generation b' = generation b ->
  (forall y, In y (entries b') -> In y (entries b) \/ (sent b <= number y /\ period y = generation b)) ->
  incl (old b') (old b).
Proof.
  intros G E y I. apply filter_In in I as [I K]. apply Nat.ltb_lt in K. apply filter_In.
  destruct (E y I) as [J|[_ J]]; [|lia]. split; [exact J|]. apply Nat.ltb_lt. lia.
Qed.

Lemma look_period i f seen b l n : let b' := fst (fst (fst (look i f seen b l n))) in
  b' = b \/ (b' = begin_grace b /\ begins b (waiting_flushers (upd l i None)) f = true).
Proof.
  cbv zeta. unfold look. destruct (begins b (waiting_flushers (upd l i None)) f);
    destruct (_ <=? _); [|destruct (patience f)| |destruct (patience f)]; cbn [fst]; auto.
Qed.

(** What is accepted later does not prolong a grace period: no step adds to what is old, but one that begins a
    period; and that takes the place of another only when nothing of it is left, or no other flush waits. A flush
    that finds a period active while another waits may wait for that one and for the next, which may have
    items accepted after its call; that there are no more than two is not proved. *)
Theorem C11_flush_not_prolonged c k i (x x' : fstate A) : freachable capacity c x ->
  fstep capacity k i x x' ->
  (generation (accounts_of x') = generation (accounts_of x) /\ incl (old (accounts_of x')) (old (accounts_of x))) \/
  (generation (accounts_of x') = S (generation (accounts_of x)) /\
   (old (accounts_of x) = [] \/ waiting_flushers (upd (flushers_of x) i None) = 0)).
Proof.
  intros R Hs. destruct (freachable_inv _ _ R) as [_ _ _ RB _].
  assert (LK : forall f seen n, accounts_of (looked i f seen x n) = accounts_of x \/
    (accounts_of (looked i f seen x n) = begin_grace (accounts_of x) /\
     begins (accounts_of x) (waiting_flushers (upd (flushers_of x) i None)) f = true)).
  { intros f seen n. pose proof (look_period i f seen (accounts_of x) (flushers_of x) n) as P.
    unfold looked. destruct (look _ _ _ _ _ _) as [[[b' l'] n'] seen']. exact P. }
  assert (GO : forall x', accounts_of x' = accounts_of x \/ (accounts_of x' = begin_grace (accounts_of x) /\ exists f,
     begins (accounts_of x) (waiting_flushers (upd (flushers_of x) i None)) f = true) ->
    (generation (accounts_of (A := A) x') = generation (accounts_of x) /\ incl (old (accounts_of x')) (old (accounts_of x))) \/
    (generation (accounts_of x') = S (generation (accounts_of x)) /\
     (old (accounts_of x) = [] \/ waiting_flushers (upd (flushers_of x) i None) = 0))).
  { intros y [-> |[-> (f & BG)]]; [left; split; auto using incl_refl|right].
    destruct (begin_grace_facts _ RB) as (_ & G & _). split; [exact G|].
    unfold begins in BG. apply andb_true_iff in BG as [_ BG]. apply orb_true_iff in BG as [BG|BG].
    - left. apply not_active_nothing_old; auto. now apply negb_true_iff.
    - right. apply andb_true_iff in BG as [_ BG]. now apply Nat.eqb_eq. }
  destruct Hs.
  - left. destruct (enter_all_facts which (news (inner s) s') (accounts_of s) RB) as (_ & G & _ & _ & _ & E).
    unfold entered. cbn [accounts_of]. split; [exact G|]. now apply old_later.
  - apply GO. destruct (LK (Flusher (S (generation (accounts_of s))) (sent (accounts_of s)) d true)
      [BeginFlush] (flush_notified s)) as [E|[E1 E2]]; eauto.
  - apply GO. destruct (LK f [WakeFlush timed_out] (flush_notified s - 1)) as [E|[E1 E2]]; eauto.
  - left. split; [reflexivity|]. apply incl_refl.
  - left. split; [reflexivity|]. apply incl_refl.
Qed.

(** ** C6, C7: no flush sleeps when it could go on *)

(** Whenever the lock is free: a flush that sleeps and has not been woken needs a period that has not ended, and
    something old is queued or an unfinished task; no notification is due, and each is carried by a thread on
    its way. *)
Theorem C6_flush c (x : fstate A) : freachable capacity c x ->
  (forall i f, nth_error (flushers_of x) i = Some (Some f) -> woken_up f = false ->
     over (accounts_of x) < needs f) /\
  (0 < sleeping_flushers (flushers_of x) -> exists e,
     (In e (queued (accounts_of x)) \/ In e (tasks (accounts_of x))) /\ is_old (accounts_of x) e = true) /\
  due_flush (accounts_of x) (flushers_of x) (flush_notified x) = 0 /\
  flush_notified x <= woken_flushers (flushers_of x).
Proof.
  intros R. destruct (freachable_inv _ _ R) as [_ _ _ RB [_ AS AN NW]].
  pose proof (waiting_split (flushers_of x)) as SP. split; [|split; [|split; [|exact NW]]].
  - intros i f F WU. apply (AS _ _ F WU).
  - intros SL. destruct (active (accounts_of x)) eqn:AC; [|specialize (AN eq_refl); lia].
    pose proof (old_if_active _ RB AC) as N. destruct (old (accounts_of x)) as [|e l] eqn:O; [contradiction|].
    assert (I : In e (old (accounts_of x))) by (rewrite O; left; auto). apply filter_In in I as [I K].
    exists e. split; [now apply in_app_or|exact K].
  - unfold due_flush. destruct (active (accounts_of x)) eqn:AC; auto. specialize (AN eq_refl). lia.
Qed.

(** Where no flush can go on, each one has no deadline, the period that it needs has not ended, and something
    old is queued, or received and not completed; that may have been accepted after its call. *)
Theorem C7_flush c (x : fstate A) : freachable capacity c x ->
  (forall i x', ~ fstep capacity Returns i x x') -> (forall i x', ~ fstep capacity Expires i x x') ->
  forall i f, nth_error (flushers_of x) i = Some (Some f) ->
    over (accounts_of x) < needs f /\
    patience f = Never /\ (0 < items (shared_of (inner x)) \/ 0 < unfinished (shared_of (inner x))) /\
    exists e, (In e (queued (accounts_of x)) \/ In e (tasks (accounts_of x))) /\ is_old (accounts_of x) e = true.
Proof.
  intros R NR NE i f F.
  assert (WU : woken_up f = false).
  { destruct (woken_up f) eqn:W; auto. exfalso. eapply NR.
    eapply f_return with (timed_out := false); eauto. discriminate. }
  destruct (freachable_inv _ _ R) as [_ RI RT _ RW].
  destruct (asleep_for _ _ _ RW _ _ F WU) as [ND PN].
  assert (SL : 0 < sleeping_flushers (flushers_of x)).
  { pose proof (sum_ge (fun x => match x with Some f => if woken_up f then 0 else 1 | None => 0 end)
                  _ _ _ F) as G. cbn in G. rewrite WU in G. unfold sleeping_flushers. lia. }
  destruct (C6_flush _ _ R) as (_ & H & _). destruct (H SL) as (e & I & K).
  split; [exact ND|]. split; [|split; [|eauto]].
  - destruct (patience f) eqn:P; auto; [|congruence]. exfalso. eapply NE. eapply f_expire; eauto.
  - rewrite <- RI, <- RT. destruct I as [I|I]; [left|right];
      destruct (queued (accounts_of x)), (tasks (accounts_of x)); cbn; try lia; destruct I.
Qed.

End FlushClaims.

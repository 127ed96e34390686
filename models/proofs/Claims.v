(** * The claims.

    Every theorem here can be judged from its statement and [Model.v]; the few
    definitions in between are below, or quoted in the README. Each claim is
    followed by a lemma that its hypotheses are met by something interesting.

    The claims are about any capacity, any crew (threads with any programs and
    handles), and every execution, unless they say otherwise. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress Termination History Pool.

(** Looks for an event among those that a section shows. *)
Ltac seen_in F := simpl in F;
  repeat match type of F with
  | _ \/ _ => destruct F as [F|F]
  | In _ (match ?x with _ => _ end) => destruct x; simpl in F
  end; try discriminate; try contradiction.

(** A receive that returns closed has found the queue closed, and nothing in it. *)
Lemma closed_and_empty {A} capacity i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  In (Refuse NotEmpty true) seen -> closed sh = true /\ queue sh = [].
Proof.
  intros H F.
  destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade,
      put_task_back, receive, clone_handle, drop_handle, join, or_wait, evict, drained,
      drained_items in H;
    cases_of H; injection H as <- <- <- <-; seen_in F; auto.
Qed.

Section Claims.
Context {A : Type}.
Variable capacity : option nat.
Variable c : crew A.
Variable s : state A.
Hypothesis R : reachable capacity c s.

Notation sh := (shared_of s).
Notation everything_offered := (flat_map (fun m => offered (snd m)) c).
Notation not_yet_sent := (flat_map (fun t => offered (program t)) (threads s)).

(** ** C1: conservation *)

(** Every cell ever accepted has left the queue, once, or is queued; every item
    of every program has been accepted, or came back, or has still to be sent. *)
Theorem C1_conservation :
  Permutation (accepted sh) (cells_of (removed sh) ++ queue sh) /\
  Permutation everything_offered (items_of (accepted sh) ++ returned sh ++ not_yet_sent).
Proof.
  pose proof (reachable_hist _ _ _ R) as H. split.
  - apply (all_there _ (cells _ _ H)).
  - rewrite (offers _ _ H). unfold given. now rewrite <- app_assoc.
Qed.

(** If no two items are equal, none is anywhere twice: received, evicted or
    drained, queued, handed back. *)
Theorem C1_exactly_once : NoDup everything_offered ->
  NoDup (items_of (cells_of (removed sh)) ++ items_of (queue sh) ++ returned sh).
Proof.
  intros ND. destruct C1_conservation as [_ P]. pose proof (reachable_hist _ _ _ R) as H.
  rewrite (items_in_order _ (cells _ _ H)), <- !app_assoc in P.
  apply (Permutation_NoDup P) in ND. rewrite !app_assoc in ND. rewrite !app_assoc.
  clear - ND. revert ND. generalize not_yet_sent.
  induction ((items_of (cells_of (removed sh)) ++ items_of (queue sh)) ++ returned sh) as [|x l IH];
    intros m ND; constructor; inversion ND; subst; eauto.
  intros I. apply H1. apply in_or_app. auto.
Qed.

(** ** C2: sentinels *)

(** Every sentinel accepted was received, drained, or is queued (none
    is evicted); no thread received more than it had receiving operations; so a
    worker received at most one. *)
Theorem C2_sentinels :
  sentinels_in (accepted sh) = sentinels_in (cells_of (removed sh)) + sentinels_in (queue sh) /\
  (forall i x, In (Evicted, i, x) (removed sh) -> x <> Sentinel) /\
  (forall i t, nth_error (threads s) i = Some t -> exists m, nth_error c i = Some m /\
     sentinels_by i sh + receives (program t) <= receives (snd m)) /\
  (forall i hd tasks, nth_error c i = Some (hd, [Work tasks]) -> sentinels_by i sh <= 1).
Proof.
  pose proof (reachable_hist _ _ _ R) as H. pose proof (cells _ _ H) as C.
  assert (P : forall l l' : list (cell A), Permutation l l' -> sentinels_in l = sentinels_in l').
  { intros l l' P. unfold sentinels_in. induction P; simpl; lia. }
  split; [|split; [|split]].
  - rewrite <- sentinels_in_app. apply P, (all_there _ C).
  - intros i x I. destruct (evicted_items _ C _ _ I) as [a ->]. discriminate.
  - apply (sentinels_each _ _ H).
  - intros i hd tasks E. destruct (nth_error (threads s) i) as [t|] eqn:T.
    + destruct (sentinels_each _ _ H _ _ T) as (m & M & L). rewrite E in M. injection M as <-.
      cbn in L. lia.
    + exfalso. apply nth_error_None in T. apply nth_length in E.
      destruct R as [ks K]. clear - K T E. remember (init c) as s0.
      assert (G : length (threads s) = length c); [|lia].
      induction K; subst.
      * unfold init. cbn [threads]. apply map_length.
      * pose proof (step_length _ _ _ _ _ H). rewrite H0. apply IHK; auto. lia.
Qed.

(** A drain of the queue takes all items out, in their order, and returns them; the
    sentinels stay, as many as they were, and the queue is as open as it was. *)
Theorem C2_drain i hd :
  attempt capacity i hd DrainQueue sh = Acts (drain_items i sh) [] hd (drained_items sh) /\
  queue (drain_items i sh) = repeat Sentinel (sentinels_in (queue sh)) /\
  items_of (cells_of (removed (drain_items i sh))) = items_of (accepted sh) /\
  sentinels_in (queue (drain_items i sh)) = sentinels_in (queue sh) /\
  closed (drain_items i sh) = closed sh.
Proof.
  pose proof (cells _ _ (reachable_hist _ _ _ R)) as C.
  split; [reflexivity|]. split; [reflexivity|]. split; [|split; [|reflexivity]]; fields.
  - rewrite cells_of_app, cells_of_tag, items_of_app, items_of_map. symmetry. apply (items_in_order _ C).
  - unfold sentinels_in. generalize (sum (fun c : cell A =>
      match c with Item _ => 0 | Sentinel => 1 end) (queue sh)). induction n; simpl; auto.
Qed.

(** ** C3: order *)

(** Items leave in the order in which they came in, whichever thread takes them
    and however; and what receivers took, in that order, followed by what is queued,
    is what was accepted, in that order, items and sentinels alike, except for
    what was evicted or drained, and for no more sentinels than were sent to the front. *)
Theorem C3_order :
  items_of (accepted sh) = items_of (cells_of (removed sh)) ++ items_of (queue sh) /\
  exists n l, n <= fronts (log s) /\
    leaving_out n l (cells_of (received (removed sh)) ++ queue sh) /\ subsequence l (accepted sh).
Proof.
  pose proof (reachable_hist _ _ _ R) as H. pose proof (cells _ _ H) as C.
  split; [apply (items_in_order _ C)|apply (in_order _ _ H)].
Qed.

(** ** C3: sentinels in front *)

(** Sentinels sent to the front of an open queue stand before everything that is queued,
    whose order stays; they need no room, and a receive that follows takes one of them. *)
Theorem C3_front i hd n : closed sh = false ->
  attempt capacity i hd (SendSentinelsFront n) sh =
    Acts (push_front n sh) [] hd [PushSentinelsFront n] /\
  queue (push_front n sh) = repeat Sentinel n ++ queue sh /\
  items (push_front n sh) = items sh /\
  (0 < n -> forall j hd' d limit tasks,
     attempt capacity j hd' (Recv d limit tasks) (push_front n sh) =
       Acts (take j 1 0 (push_front n sh)) [] hd' [TakeSentinel] /\
     attempt capacity j hd' (Work tasks) (push_front n sh) =
       Acts (take j 1 0 (push_front n sh)) [] hd' [TakeSentinel]).
Proof.
  intros C. split; [simpl; unfold send_sentinels_front; now rewrite C|]. split; [reflexivity|].
  split; [unfold items; fields; now rewrite items_of_app, items_of_sentinels|].
  intros N j hd' d limit tasks. destruct n as [|n]; [lia|]. split; reflexivity.
Qed.

(** And an execution in which none is has one order of items and sentinels. *)
Theorem C3_one_order : fronts (log s) = 0 ->
  subsequence (cells_of (received (removed sh)) ++ queue sh) (accepted sh).
Proof. apply kept_in_order with (c := c). apply (reachable_hist _ _ _ R). Qed.

(** ** C4: capacity *)

(** Never more items than the capacity, but for as many as tasks were put back; no other
    operation goes beyond it, or further beyond it; and sending sentinels never waits. *)
Theorem C4_capacity :
  (forall n, capacity = Some n -> items sh <= n + put_backs (log s)) /\
  (forall n i hd o sh' next hd' seen, capacity = Some n ->
     attempt capacity i hd o sh = Acts sh' next hd' seen -> ~ In PutBack seen ->
     items sh' <= Nat.max n (items sh)) /\
  (forall i hd n, exists sh' seen,
     attempt capacity i hd (SendSentinels n) sh = Acts sh' [] hd seen) /\
  (forall i hd n, exists sh' seen,
     attempt capacity i hd (SendSentinelsFront n) sh = Acts sh' [] hd seen).
Proof.
  split; [|split; [|split]].
  - intros n E. apply (bounded _ _ (reachable_inv _ _ _ R)). auto.
  - intros n i hd o sh' next hd' seen E H N.
    pose proof (attempt_bounded _ _ _ _ _ _ _ _ _ n E H) as B.
    assert (Z : put_backs (say i seen) = 0); [|lia].
    clear - N. induction seen as [|e l IH]; auto. unfold put_backs in *. simpl in *.
    rewrite IH by tauto. destruct e; auto. tauto.
  - intros i hd n. simpl. unfold send_sentinels. destruct (closed sh); eauto.
  - intros i hd n. simpl. unfold send_sentinels_front. destruct (closed sh); eauto.
Qed.

(** ** C5: close *)

(** It is final and nothing is accepted after it; every thread that waits for an
    item or for room is woken in the very section that closes; the last handle of
    either side closes, and the last receiver leaves nothing behind; a receive
    returns closed only when nothing is queued. *)
Theorem C5_close :
  (closed sh = true ->
     (forall ks s', run capacity ks s s' ->
        closed (shared_of s') = true /\ accepted (shared_of s') = accepted sh) /\
     asleep NotEmpty (threads s) = 0 /\ asleep NotFull (threads s) = 0) /\
  (senders sh = 0 \/ receivers sh = 0 -> closed sh = true) /\
  (receivers sh = 0 -> queue sh = []) /\
  (forall i hd o sh' next hd' seen, attempt capacity i hd o sh = Acts sh' next hd' seen ->
     In (Refuse NotEmpty true) seen -> closed sh = true /\ queue sh = []).
Proof.
  pose proof (reachable_inv _ _ _ R) as I. split; [|split; [|split]].
  - intros C. split; [|split].
    + intros ks s' K. induction K as [x|ks k i x y z K IH Hs]; auto.
      destruct (IH R I C) as [C1 A1]. destruct (step_closed _ _ _ _ _ Hs C1) as [C2 A2].
      rewrite A2. auto.
    + destruct (asleep NotEmpty (threads s)) eqn:E; auto. exfalso.
      destruct (asleep_covered capacity s NotEmpty I) as (r & F & _); [lia|].
      simpl in F. rewrite C in F. discriminate.
    + destruct (asleep NotFull (threads s)) eqn:E; auto. exfalso.
      destruct (asleep_covered capacity s NotFull I) as (r & F & _); [lia|].
      simpl in F. rewrite C in F. discriminate.
  - intros Z. destruct (closed sh) eqn:C; auto.
    pose proof (alive _ (cells _ _ (reachable_hist _ _ _ R)) C). lia.
  - apply (none_left _ (cells _ _ (reachable_hist _ _ _ R))).
  - intros i hd o sh' next hd' seen. apply closed_and_empty.
Qed.

(** ** C6: no lost wakeup *)

(** Whenever the lock is free: if a thread sleeps on a side and has not been woken,
    then no more is ready on that side than threads have been woken for it. And
    the wakeup rule has nothing left to do: a notification was left out only where
    no thread waits un-notified or enough are on their way. *)
Theorem C6_no_lost_wakeup sd :
  (0 < asleep sd (threads s) -> exists r, ready capacity sd sh = Some r /\
     r <= get sd (notified s) /\ get sd (notified s) <= woken sd (threads s)) /\
  due capacity sd sh (notified s) (threads s) = 0 /\
  get sd (notified s) <= woken sd (threads s).
Proof.
  pose proof (reachable_inv _ _ _ R) as I. split; [apply asleep_covered; auto|]. split.
  - pose proof (booked _ _ I sd) as B. unfold wanted in B. unfold due.
    destruct (ready capacity sd sh); lia.
  - apply (carried _ _ I).
Qed.

(** When no thread can make progress, every unfinished one has a reason to wait
    ([justified]): a sender without deadline, an open full queue; a receiver
    without deadline or a worker, an open empty queue; a joiner without deadline,
    an item queued or a task unfinished; else, another thread that goes on. *)
Theorem C6_quiescent : quiescent capacity s -> Forall (justified capacity s) (threads s).
Proof. intros Q. eapply quiescent_justified; eauto. Qed.

(** ** C7: no hang *)

(** Workers end whenever the queue is closed, no sender is left, or there is a
    sentinel for each receiving operation and worker loop. *)
Theorem C7_no_hang : quiescent capacity s ->
  closed sh = true \/ senders sh = 0 \/
  sum (fun m => receives (snd m)) c <= sentinels_in (accepted sh) ->
  forall i t tasks r, nth_error (threads s) i = Some t -> program t <> Work tasks :: r.
Proof.
  intros Q W i t tasks r H P.
  pose proof (Forall_nth _ _ _ _ (C6_quiescent Q) H) as J. unfold justified in J. rewrite P in J.
  destruct J as [C E]. pose proof (reachable_hist _ _ _ R) as HH. pose proof (cells _ _ HH) as HC.
  destruct W as [W|[W|W]]; [congruence| |].
  - pose proof (alive _ HC C). lia.
  - pose proof (sum_ge (fun t => receives (program t)) _ _ _ H) as G. simpl in G.
    rewrite P in G. cbn in G. pose proof (sentinels_all _ _ HH) as SA.
    destruct C2_sentinels as (S & EV & _). rewrite E in S. change (sentinels_in []) with 0 in S.
    assert (SO : sentinels_in (cells_of (removed sh)) = sentinels_out sh).
    { pose proof (drained_late _ HC C) as D. unfold sentinels_out.
      clear - EV D. induction (removed sh) as [|[[w j] x] l IH]; auto.
      assert (IH' : sentinels_in (cells_of l) = sentinels_in (cells_of (received l))).
      { apply IH; intros k y Y; [apply (EV k y)|apply (D k y)]; right; exact Y. }
      unfold sentinels_in, cells_of, received in *. destruct w; simpl in *.
      - lia.
      - destruct x; [lia|]. exfalso. apply (EV j Sentinel); auto.
      - destruct (D j x) as [a ->]; [now left|]. simpl. lia. }
    lia.
Qed.

(** And they get there: no execution has more steps than a number known at the
    start, and three for each spurious wakeup. *)
Theorem C7_bounded ks s' : run capacity ks (init c) s' ->
  length ks <= potential (init c) + 3 * spurious ks.
Proof. intros H. apply run_bounded in H. lia. Qed.

(** If every thread that can go on eventually does, then even with spurious
    wakeups forever a moment comes when no thread has anything left to do. *)
Theorem C7_fair (b : behaviour capacity c) : fair b -> exists n, quiescent capacity (at_ b n).
Proof. apply fair_rest. Qed.

(** ** C9: timeouts *)

(** An operation that gives up (is refused, and not because the queue is closed) had
    no time left, rechecked in that very section, found nothing ready, and changed
    nothing. Where no thread can make progress, none with a deadline waits. *)
Theorem C9_timeouts : capacity <> Some 0 ->
  (forall i hd o sh' next hd' seen sd, attempt capacity i hd o sh = Acts sh' next hd' seen ->
     In (Refuse sd false) seen ->
     deadline_of o = Some Now /\ ready capacity sd sh = Some 0 /\ queue sh' = queue sh /\
     accepted sh' = accepted sh /\ removed sh' = removed sh) /\
  (quiescent capacity s -> forall i t o r, nth_error (threads s) i = Some t ->
     program t = o :: r -> deadline_of o = None \/ deadline_of o = Some Never).
Proof.
  intros NZ. split.
  - intros i hd o sh' next hd' seen sd H F.
    destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
    + unfold send in H. destruct (Nat.eqb_spec (length b) 0);
        [injection H as <- <- <- <-; contradiction|].
      destruct (closed sh) eqn:C; [injection H as <- <- <- <-; destruct F as [[=]|[]]|].
      destruct (Nat.eqb_spec (fit capacity sh b) 0) as [Z|Z].
      * destruct d; try discriminate. injection H as <- <- <- <-. destruct F as [[= <-]|[]].
        repeat split; auto. now apply (fit_ready capacity sh b).
      * injection H as <- <- <- <-. destruct F as [[=]|[]].
    + exfalso. unfold force_send in H.
      destruct (closed sh); [injection H as <- <- <- <-; destruct F as [[=]|[]]|].
      destruct (Nat.ltb_spec 0 (fit capacity sh [a])) as [Z|Z];
        [injection H as <- <- <- <-; destruct F as [[=]|[]]|].
      unfold evict in H. destruct (split_oldest (queue sh)) as [[x q]|] eqn:E.
      * injection H as <- <- <- <-. destruct F as [[=]|[[=]|[]]].
      * assert (IT : items sh = 0).
        { unfold items. clear - E. induction (queue sh) as [|[y|] l IH]; simpl in *; auto;
            try discriminate. destruct (split_oldest l) as [[]|]; [discriminate|auto]. }
        unfold fit in Z. rewrite IT in Z. destruct capacity as [[|n]|]; simpl in Z; try lia.
        now apply NZ.
    + unfold send_sentinels in H. cases_of H; injection H as <- <- <- <-; destruct F as [[=]|[]].
    + unfold receive, or_wait in H. destruct (queue sh) as [|[]] eqn:Q.
      * destruct (closed sh) eqn:C; [injection H as <- <- <- <-; destruct F as [[=]|[]]|].
        destruct d; try discriminate. injection H as <- <- <- <-. destruct F as [[= <-]|[]].
        repeat split; auto. simpl. now rewrite C, Q.
      * injection H as <- <- <- <-. destruct F as [[=]|[]].
      * injection H as <- <- <- <-. destruct F as [[=]|[]].
    + unfold receive, or_wait in H. cases_of H; injection H as <- <- <- <-; destruct F as [[=]|[]].
    + injection H as <- <- <- <-. destruct F as [[=]|[]].
    + injection H as <- <- <- <-. unfold drained in F. seen_in F.
    + unfold clone_handle in H. cases_of H; injection H as <- <- <- <-; seen_in F.
    + unfold drop_handle, drained in H. cases_of H; injection H as <- <- <- <-; seen_in F.
    + unfold join, or_wait in H. destruct (done sh) eqn:D.
      * injection H as <- <- <- <-. destruct F as [[=]|[]].
      * destruct d; try discriminate. injection H as <- <- <- <-. destruct F as [[= <-]|[]].
        repeat split; auto. simpl. now rewrite D.
    + unfold send_sentinels_front in H. cases_of H; injection H as <- <- <- <-; destruct F as [[=]|[]].
    + injection H as <- <- <- <-. unfold drained_items in F. seen_in F.
    + unfold leave_if_idle in H. cases_of H; injection H as <- <- <- <-; destruct F as [[=]|[]].
    + unfold upgrade in H. destruct (_ <? _), u; injection H as <- <- <- <-; seen_in F.
    + unfold put_task_back in H. cases_of H; injection H as <- <- <- <-; seen_in F.
  - intros Q i t o r H P. pose proof (Forall_nth _ _ _ _ (C6_quiescent Q) H) as J.
    unfold justified in J. rewrite P in J. destruct o as [[]| | |[]| | | | | | |[]| | | | | |]; simpl; tauto.
Qed.

(** ** C10: isolation *)

(** A thread that is outside of the queue's code and has something left to do may die there. Then
    the queue is as it was: contents, counts, history and pending notifications, and all other threads; what
    the thread had still to send is its own again, and what is left for it is to drop what it owns. A drop
    never waits, so at rest the thread has done that. The state after it is one that every claim is
    about. That a thread dies nowhere else is assumed: no code of the user runs in a section. *)
Theorem C10_death :
  (forall i t o, nth_error (threads s) i = Some t -> spot t = Outside -> In o (program t) ->
     (forall h, o <> Drop h) -> exists s', step capacity Death i s s') /\
  (forall i s', step capacity Death i s s' -> reachable capacity c s' /\
     exists t drops, nth_error (threads s) i = Some t /\ spot t = Outside /\
     (forall h, count_occ handle_eq_dec drops h = owns h (holds t)) /\
     s' = State (hand_back (offered (program t)) sh) (notified s)
            (upd (threads s) i (Thread Outside (map Drop drops) (holds t))) (log s)) /\
  (forall i hd h, exists sh' hd' seen, attempt capacity i hd (Drop h) sh = Acts sh' [] hd' seen) /\
  (quiescent capacity s -> forall i t drops, nth_error (threads s) i = Some t ->
     program t = map Drop drops -> finished t).
Proof.
  split; [|split; [|split]].
  - intros i t o T O I N. destruct s as [x nt TH L]. cbn [threads] in T. eexists.
    apply (s_die _ _ i t (repeat SenderHandle (held_senders (holds t)) ++
      repeat ReceiverHandle (held_receivers (holds t)) ++ repeat TaskGuard (held_tasks (holds t)))); eauto.
    assert (C : forall h k n, count_occ handle_eq_dec (repeat k n) h =
              if handle_eq_dec k h then n else 0).
    { intros h k n. induction n as [|n IH]; cbn; destruct (handle_eq_dec k h); auto. }
    intros h. rewrite !count_occ_app, !C. destruct h; cbn; lia.
  - intros i s' Hs. split.
    + destruct R as [ks K]. exists (Death :: ks). econstructor; eauto.
    + inversion Hs; subst. exists t, drops. cbn [threads shared_of notified log]. auto.
  - intros i hd h. simpl. unfold drop_handle. destruct (_ =? 0); eauto.
    destruct h, (_ - 1); eauto.
  - intros Q i t drops T P.
    pose proof (Forall_nth _ _ _ _ (quiescent_justified _ _ _ R Q) T) as J. unfold justified in J.
    unfold finished. rewrite P in *. destruct drops; auto. destruct J.
Qed.

(** ** C11: completion *)

(** A join returns if and only if no item is queued and no task unfinished; when
    that is so no thread sleeps in a join; tasks unfinished are those begun and neither
    ended nor put back, and a thread owns each; where no thread can make progress, a join without
    deadline has an item queued or a task of another thread to wait for. *)
Theorem C11_completion :
  (forall i hd d, attempt capacity i hd (Join d) sh = Acts sh [] hd [Joined] <->
     items sh = 0 /\ unfinished sh = 0) /\
  (items sh = 0 -> unfinished sh = 0 -> asleep AllDone (threads s) = 0) /\
  sum (fun m => held_tasks (fst m)) c + begun (log s) = unfinished sh + ended (log s) /\
  unfinished sh = sum (fun t => held_tasks (holds t)) (threads s) /\
  (quiescent capacity s -> forall i t d r, nth_error (threads s) i = Some t ->
     program t = Join d :: r -> 0 < items sh \/ exists j u,
     nth_error (threads s) j = Some u /\ 0 < held_tasks (holds u)).
Proof.
  pose proof (reachable_inv _ _ _ R) as I. pose proof (reachable_hist _ _ _ R) as HH.
  assert (DN : done sh = true <-> items sh = 0 /\ unfinished sh = 0).
  { unfold done. rewrite andb_true_iff, !Nat.eqb_eq. tauto. }
  split; [|split; [|split; [|split]]].
  - intros i hd d. rewrite <- DN. simpl. unfold join.
    destruct (done sh); [tauto|]. destruct d; split; discriminate.
  - intros E1 E2. destruct (asleep AllDone (threads s)) eqn:E; auto. exfalso.
    destruct (asleep_covered capacity s AllDone I) as (r & F & _); [lia|].
    simpl in F. rewrite (proj2 DN) in F; [discriminate|auto].
  - apply (tasks_reported _ _ HH).
  - apply (handles _ _ HH TaskGuard).
  - intros Q i t d r H P. pose proof (Forall_nth _ _ _ _ (C6_quiescent Q) H) as J.
    unfold justified in J. rewrite P in J. destruct d; try contradiction.
    destruct J as [J|J]; auto. right.
    pose proof (handles _ _ HH TaskGuard) as K. simpl in K. rewrite K in J.
    apply sum_positive in J. exact J.
Qed.

(** ** C12: cancellation *)

(** A waiter can be cancelled at any moment, woken or not. Its operation is over then;
    it has taken nothing, owns what it owned, and its items are its own again. The
    contents, the history and every count are as they were; other threads too, but for
    being woken. And the section passes on what the waiter was woken for: if a thread
    sleeps on any side after it, then as many are on their way there as things are
    ready. *)
Theorem C12_cancellation :
  (forall i t o r sd, nth_error (threads s) i = Some t -> program t = o :: r ->
     spot t = Asleep sd \/ spot t = Woken sd -> exists s', step capacity Cancellation i s s') /\
  (forall i s', step capacity Cancellation i s s' -> exists t o r sd,
     nth_error (threads s) i = Some t /\ program t = o :: r /\
     (spot t = Asleep sd \/ spot t = Woken sd) /\
     nth_error (threads s') i = Some (Thread Outside r (holds t)) /\
     shared_of s' = hand_back (offered [o]) sh /\
     (forall j u, j <> i -> nth_error (threads s) j = Some u ->
        nth_error (threads s') j = Some u \/ nth_error (threads s') j = Some (wake u)) /\
     forall x, due capacity x (shared_of s') (notified s') (threads s') = 0 /\
       get x (notified s') <= woken x (threads s') /\
       (0 < asleep x (threads s') -> exists n, ready capacity x (shared_of s') = Some n /\
          n <= woken x (threads s'))).
Proof.
  pose proof (reachable_inv _ _ _ R) as I. split.
  - intros i t o r sd T P W. apply (cancel_exists capacity s i t o r sd T P).
    destruct W as [-> | ->]; reflexivity.
  - intros i s' Hs. destruct (cancel_facts _ _ _ _ I Hs) as (t & o & r & sd & T & P & W & F).
    exists t, o, r, sd. split; [exact T|]. split; [exact P|]. split; [|exact F].
    destruct (spot t); try discriminate; injection W as ->; auto.
Qed.

End Claims.

(** ** The headline: a pool comes to its end *)

(** How a pool of producers (each with its batches), [M] workers and [K] sentinels
    ends: every thread has finished; of the queue nothing is left but sentinels in
    excess, and no task is unfinished; every item was received exactly once; every
    worker received at most one sentinel, and exactly one if no thread closed. *)
Definition ends_well {A} (batches : list (list (list A))) (M K : nat) (e : ending)
                     (s : state A) : Prop :=
  Forall finished (threads s) /\
  queue (shared_of s) = repeat Sentinel (K - M) /\ unfinished (shared_of s) = 0 /\
  Permutation (items_of (cells_of (received (removed (shared_of s)))))
              (concat (concat batches)) /\
  (forall w, w < M -> sentinels_by (length batches + w) (shared_of s) <= 1) /\
  (e = KeepOpen -> forall w, w < M -> sentinels_by (length batches + w) (shared_of s) = 1).

(** The work a pool starts with, as [Termination.labour] counts it. *)
Definition pool_labour {A} (batches : list (list (list A))) (M K : nat) : nat :=
  5 * length (concat (concat batches)) + 2 * length (concat batches) + 2 * length batches +
  3 * M + 4 * K + 5.

(** Any number of producers with any batches, at least one worker, room for at
    least one item; workers that take plain items or tasks; a coordinator that
    waits for the producers to end, joins the queue or not, and sends [K]
    sentinels; a sentinel for each worker, or a close, or the last sender dropped.
    Then: every execution ends; every one without a death and a cancellation ends well
    when it can go no further; and every fair one gets there, spurious wakeups or not. *)
Theorem pool_correct {A} (capacity : option nat) (batches : list (list (list A)))
        (M K : nat) (tasks waits : bool) (e : ending) :
  (forall n, capacity = Some n -> 1 <= n) -> 1 <= M -> M <= K \/ e <> KeepOpen ->
  let P := pool batches M K tasks waits e in
  let N := length batches in
  (forall ks s, run capacity ks (init P) s ->
     length ks <= S (2 * (N + M + 1)) * pool_labour batches M K + 2 * (N + M + 1) + 3 * spurious ks) /\
  (forall ks s, run capacity ks (init P) s -> undisturbed ks -> quiescent capacity s ->
     ends_well batches M K e s) /\
  (forall b : behaviour capacity P, fair b ->
     (forall n i, label b n <> Some (Death, i) /\ label b n <> Some (Cancellation, i)) ->
     exists n, ends_well batches M K e (at_ b n)).
Proof.
  intros C1 M1 KE P N. split; [|split].
  - intros ks s H. apply run_bounded in H.
    assert (LT : length (threads (init P)) = N + M + 1).
    { unfold init, P, pool. cbn [threads]. rewrite map_length, !app_length, map_length,
        repeat_length. simpl. fold N. lia. }
    assert (LB : labour (init P) <= pool_labour batches M K).
    { unfold labour, init, P, pool, pool_labour. cbn [threads shared_of queue].
      rewrite !map_app, !sum_app, !map_map. cbn [fst snd].
      assert (W1 : sum work (map (fun bs => Thread Outside (producer bs) (Held 1 0 0)) batches) <=
                   5 * length (concat (concat batches)) + 2 * length (concat batches) +
                   2 * length batches).
      { clear. induction batches as [|bs l IH]; auto. simpl map. simpl sum.
        assert (G : forall x : list (list A), sum weight (producer x) =
                      5 * length (concat x) + 2 * length x + 1).
        { unfold producer. induction x as [|b x IHx]; simpl; auto. rewrite IHx, app_length. lia. }
        assert (B : burden (producer bs) (Held 1 0 0) <= 1).
        { unfold burden. destruct (forallb _ _); cbn; lia. }
        unfold work at 1. cbn [program holds]. rewrite G. simpl concat.
        rewrite concat_app, !app_length. simpl length.
        lia. }
      assert (W2 : sum work (map (fun m : held * list (op A) => Thread Outside (snd m) (fst m))
                     (repeat (Held 0 1 0, [Work tasks]) M)) = 3 * M).
      { clear. induction M as [|n IH]; auto. simpl repeat. simpl map. simpl sum. rewrite IH.
        unfold work. cbn. lia. }
      assert (W3 : sum work (map (fun m : held * list (op A) => Thread Outside (snd m) (fst m))
                     [(Held 1 0 0, coordinator batches K waits e)]) <= 4 * K + 5).
      { unfold work, coordinator, epilogue. destruct e, waits; cbn; lia. }
      rewrite W2. simpl length. lia. }
    assert (PB : potential (init P) <=
                 S (2 * (N + M + 1)) * pool_labour batches M K + 2 * (N + M + 1)).
    { unfold potential. rewrite LT. pose proof (awake_le (threads (init P))) as AW.
      rewrite LT in AW. nia. }
    lia.
  - intros ks s H ND Q. apply (pool_ends capacity batches M K tasks waits e C1 M1 KE ks s H ND Q).
  - intros b F ND. destruct (fair_rest _ _ b F) as [n Q]. exists n.
    assert (RN : exists ks, run capacity ks (init P) (at_ b n) /\ undisturbed ks).
    { clear Q. induction n as [|n (ks & H & D)].
      - exists []. rewrite (starts _ _ b). split; [constructor|split; auto].
      - pose proof (follows _ _ b n) as FL. specialize (ND n).
        destruct (label b n) as [[k i]|].
        + exists (k :: ks). split; [econstructor; eauto|]. destruct D as [D1 D2], (ND i) as [N1 N2].
          split; intros [->|I]; auto.
        + rewrite FL. eauto. }
    destruct RN as (ks & H & D).
    apply (pool_ends capacity batches M K tasks waits e C1 M1 KE ks _ H D Q).
Qed.

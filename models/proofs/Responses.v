(** * Responses: what an operation reports is what happened.

    The history kept in the state and the log of what the threads see agree: a
    response *closed* is true, a queue is closed only by a close, a failed attempt
    changes nothing, each thread took exactly the items and sentinels it reports,
    and each producer's items stand in its own order. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress Termination History Pool Claims.

Section Responses.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A).

(** ** C5: closed *)

(** A response *closed*, to a send or a receive, is true. *)
Theorem C5_closed_is_true i hd (o : op A) sh sh' next hd' seen sd :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> In (Refuse sd true) seen ->
  closed sh = true.
Proof.
  intros H F. destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait, evict,
      drained, drained_items in H; cases_of H; injection H as <- <- <- <-; seen_in F; auto.
Qed.

(** ** C9: a failed attempt changes nothing *)

(** An operation that fails without a close leaves the state as it was; its items,
    if it has any, are its own again. *)
Theorem C9_unchanged i hd (o : op A) sh sh' next hd' seen sd : capacity <> Some 0 ->
  attempt capacity i hd o sh = Acts sh' next hd' seen -> In (Refuse sd false) seen ->
  hd' = hd /\ (sh' = sh \/ sh' = hand_back (offered [o]) sh).
Proof.
  intros NZ H F.
  assert (X : match o with ForceSend _ => False | _ => True end).
  { destruct o; auto. simpl in H. unfold force_send in H.
    destruct (closed sh) eqn:C; [injection H as <- <- <- <-; destruct F as [[=]|[]]|].
    destruct (Nat.ltb_spec 0 (fit capacity sh [a])) as [Z|Z];
      [injection H as <- <- <- <-; destruct F as [[=]|[]]|].
    unfold evict in H. destruct (split_oldest (queue sh)) as [[x q]|] eqn:E.
    - injection H as <- <- <- <-. destruct F as [[=]|[[=]|[]]].
    - assert (IT : items sh = 0).
      { unfold items. clear - E. induction (queue sh) as [|[y|] l IH]; simpl in *; auto;
          try discriminate. destruct (split_oldest l) as [[]|]; [discriminate|auto]. }
      unfold fit in Z. rewrite IT in Z. destruct capacity as [[|n]|]; simpl in Z; try lia.
      now apply NZ. }
  destruct o; simpl in H; try discriminate; try contradiction;
    unfold send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait, drained,
      drained_items in H;
    cases_of H; injection H as <- <- <- <-; seen_in F; auto.
  split; auto. right. simpl. now rewrite app_nil_r.
Qed.

Lemma attempt_closes i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> closed sh' = true ->
  closed sh = true \/ In Close seen.
Proof.
  intros H C. destruct (closed sh) eqn:C0; [auto|right].
  destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait, evict
      in H; rewrite ?C0 in H; cases_of H; injection H as <- <- <- <-; simpl in *;
    try (rewrite C0 in C; discriminate); auto; try congruence;
    try match goal with K : _ = Some _ |- _ => cases_of K; injection K as <-; simpl in *; congruence end.
Qed.

(** Only a close, a [close_now], the drop of the last sender and the drop of the last
    receiver close. *)
Theorem C5_who_closes i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> In Close seen ->
  o = CloseQueue \/ o = CloseQueueNow \/ (o = Drop SenderHandle /\ senders sh' = 0) \/
  (o = Drop ReceiverHandle /\ receivers sh' = 0).
Proof.
  intros H F. destruct o; simpl in H; try discriminate; auto;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait, evict,
      drained, drained_items in H; cases_of H; injection H as <- <- <- <-; seen_in F; simpl; auto.
Qed.

Lemma run_closes ks s0 s : run capacity ks s0 s -> closed (shared_of s) = true ->
  closed (shared_of s0) = true \/ exists i, In (i, Close) (log s).
Proof.
  induction 1 as [s|ks k i s s' s'' R IH Hs]; intros C; auto.
  assert (P : closed (shared_of s') = true -> closed (shared_of s) = true \/
              exists j, In (j, Close) (log s'')).
  { intros C'. destruct (IH C') as [?|[j J]]; [auto|right]. exists j.
    destruct Hs; cbn [log] in *; auto; apply in_or_app; auto. }
  destruct Hs; cbn [shared_of log] in *; auto.
  match goal with K : attempt _ _ _ _ _ = _ |- _ =>
    destruct (attempt_closes _ _ _ _ _ _ _ _ K C) as [C'|J] end; auto.
  right. exists i. apply in_or_app. right. apply in_map_iff. exists Close. split; auto.
  apply in_or_app. right. apply in_or_app. auto.
Qed.

(** A receiver that leaves because it is idle closes nothing and loses nothing: it goes
    only if nothing is queued, and another receiver is left or the queue is closed
    already; otherwise nothing changes. *)
Theorem C5_leave i hd sh sh' next hd' seen :
  attempt capacity i hd LeaveIfIdle sh = Acts sh' next hd' seen ->
  next = [] /\ queue sh' = queue sh /\ closed sh' = closed sh /\ removed sh' = removed sh /\
  ((seen = [Leave false] /\ sh' = sh /\ hd' = hd) \/
   (seen = [Leave true] /\ queue sh = [] /\ (1 < receivers sh \/ closed sh = true) /\
    receivers sh' = receivers sh - 1 /\ owns ReceiverHandle hd' = owns ReceiverHandle hd - 1)).
Proof.
  cbn [attempt]. unfold leave_if_idle, is_idle. intros H. destruct (queue sh) eqn:Q.
  - destruct (owns ReceiverHandle hd =? 0); cbn [orb negb] in H;
      [injection H as <- <- <- <-; repeat split; auto|].
    destruct (Nat.ltb_spec 1 (receivers sh)); cbn [orb negb] in H;
      [injection H as <- <- <- <-; cbn; rewrite ?Q; repeat split; auto; right; repeat split; auto|].
    destruct (closed sh) eqn:C; cbn [negb] in H; injection H as <- <- <- <-; cbn; rewrite ?Q, ?C;
      repeat split; auto. right. repeat split; auto.
  - rewrite orb_true_r in H. injection H as <- <- <- <-. rewrite ?Q. repeat split; auto.
Qed.

(** A weak handle becomes a sender or a receiver exactly if there still is one, which it
    then adds to; so it never brings a side back that has gone. *)
Theorem C5_upgrade i hd h sh : h <> TaskGuard ->
  attempt capacity i hd (Upgrade h) sh =
    let seen b := match h with SenderHandle => [UpgradeSender b] | _ => [UpgradeReceiver b] end in
    if 0 <? count h sh
    then Acts (recount h (count h sh + 1) sh) [] (own h (owns h hd + 1) hd) (seen true)
    else Acts sh [] hd (seen false).
Proof.
  intros N. simpl. unfold upgrade. destruct h; [| |congruence]; cbn zeta; destruct (_ <? _); reflexivity.
Qed.

(** The queue is closed only if it began so or the log has the close. *)
Theorem C5_only_by_close (c : crew A) s : reachable capacity c s -> closed (shared_of s) = true ->
  closed (shared_of (init c)) = true \/ exists i, In (i, Close) (log s).
Proof. intros [ks R]. eapply run_closes; eauto. Qed.

(** ** C2: a thread took what it reports *)

Definition reported_sentinels (j : nat) (L : list (nat * event)) : nat :=
  sum (fun x => if fst x =? j then match snd x with TakeSentinel => 1 | _ => 0 end else 0) L.
Definition reported_items (j : nat) (L : list (nat * event)) : nat :=
  sum (fun x => if fst x =? j then match snd x with Take k _ => k | _ => 0 end else 0) L.
Definition items_by (j : nat) sh : nat :=
  length (items_of (cells_of (received_by j (removed sh)))).

Lemma leading_items : forall (q : list (cell A)) k, k <= leading q ->
  length (items_of (firstn k q)) = k.
Proof.
  induction q as [|[a|] q IH]; intros [|k] H; simpl in *; try lia. f_equal. apply IH. lia.
Qed.

Lemma attempt_reported i hd (o : op A) sh sh' next hd' seen j :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  sentinels_by j sh' = sentinels_by j sh + reported_sentinels j (say i seen) /\
  items_by j sh' = items_by j sh + reported_items j (say i seen).
Proof.
  intros H. unfold sentinels_by, items_by.
  assert (G : forall w l x, removed x = removed sh ++ tag w i l ->
    sentinels_in (cells_of (received_by j (removed x))) =
      sentinels_in (cells_of (received_by j (removed sh))) +
      (match w with Received => if i =? j then sentinels_in l else 0 | _ => 0 end) /\
    length (items_of (cells_of (received_by j (removed x)))) =
      length (items_of (cells_of (received_by j (removed sh)))) +
      (match w with Received => if i =? j then length (items_of l) else 0 | _ => 0 end)).
  { intros w l x ->. rewrite received_by_app, received_by_tag, cells_of_app, sentinels_in_app,
      items_of_app, app_length.
    destruct w, (i =? j); rewrite ?cells_of_tag; simpl; auto. }
  unfold reported_sentinels, reported_items.
  assert (N : forall x, removed x = removed sh ->
    sentinels_in (cells_of (received_by j (removed x))) =
      sentinels_in (cells_of (received_by j (removed sh))) + 0 /\
    length (items_of (cells_of (received_by j (removed x)))) =
      length (items_of (cells_of (received_by j (removed sh)))) + 0).
  { intros x ->. lia. }
  assert (Z : forall x, (if i =? j then x else 0) = if i =? j then x else 0) by auto.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - unfold force_send, evict in H. destruct (closed sh).
    { injection H as <- _ _ <-; simpl; destruct (i =? j); apply N; auto. }
    destruct (_ <? _); [injection H as <- _ _ <-; simpl; destruct (i =? j); apply N; auto|].
    destruct (split_oldest _) as [[x q]|]; injection H as <- _ _ <-; simpl.
    + destruct (G Evicted [Item x] (push [Item a] (Shared q (closed sh) (senders sh) (receivers sh)
        (unfinished sh) (accepted sh) (removed sh ++ tag Evicted i [Item x]) (returned sh)))) as [G1 G2];
        auto. simpl in G1, G2. destruct (i =? j); simpl; split; auto.
    + destruct (i =? j); apply N; auto.
  - unfold send_sentinels in H. cases_of H; injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - unfold receive, or_wait in H. destruct (queue sh) as [|[x|] q] eqn:Q.
    + destruct (closed sh); [|destruct d; try discriminate]; injection H as <- _ _ <-; simpl;
        destruct (i =? j); apply N; auto.
    + set (m := min l (leading (Item x :: q))) in *. injection H as <- _ _ <-.
      destruct (G Received (firstn m (queue sh)) (take i m (if k then m else 0) sh)) as [G1 G2];
        [reflexivity|]. rewrite G1, G2. rewrite Q, leading_no_sentinel, leading_items by (subst m; lia).
      simpl. destruct (i =? j); lia.
    + injection H as <- _ _ <-.
      destruct (G Received (firstn 1 (queue sh)) (take i 1 0 sh)) as [G1 G2]; [reflexivity|].
      rewrite G1, G2, Q. simpl. destruct (i =? j); cbn; lia.
  - unfold receive, or_wait in H. destruct (queue sh) as [|[x|] q] eqn:Q.
    + destruct (closed sh); [|discriminate]; injection H as <- _ _ <-; simpl;
        destruct (i =? j); apply N; auto.
    + set (m := min 1 (leading (Item x :: q))) in *. injection H as <- _ _ <-.
      destruct (G Received (firstn m (queue sh)) (take i m (if k then m else 0) sh)) as [G1 G2];
        [reflexivity|]. rewrite G1, G2. rewrite Q, leading_no_sentinel, leading_items by (subst m; lia).
      simpl. destruct (i =? j); lia.
    + injection H as <- _ _ <-.
      destruct (G Received (firstn 1 (queue sh)) (take i 1 0 sh)) as [G1 G2]; [reflexivity|].
      rewrite G1, G2, Q. simpl. destruct (i =? j); cbn; lia.
  - injection H as <- _ _ <-; simpl; destruct (i =? j); apply N; auto.
  - injection H as <- _ _ <-. destruct (G Drained (queue sh) (drain i (close sh))) as [G1 G2]; auto.
    rewrite G1, G2. unfold drained. destruct (queue sh); simpl; destruct (i =? j); auto.
  - unfold clone_handle in H. cases_of H; injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto|].
    destruct h, (_ - 1) eqn:E in H; injection H as <- _ _ <-;
      try (destruct (closed sh); simpl; destruct (i =? j); apply N; auto; fail).
    + match goal with |- context [drain i ?y] =>
        destruct (G Drained (queue sh) (drain i y)) as [G1 G2]; [reflexivity|] end.
      rewrite G1, G2. unfold drained.
      destruct (closed sh), (queue sh); simpl; destruct (i =? j); auto.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - unfold send_sentinels_front in H. cases_of H; injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - injection H as <- _ _ <-.
    destruct (G Drained (map Item (items_of (queue sh))) (drain_items i sh)) as [G1 G2]; auto.
    rewrite G1, G2. unfold drained_items. destruct (items sh); simpl; destruct (i =? j); auto.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
  - unfold put_task_back in H. destruct (_ =? 0), (closed sh); injection H as <- _ _ <-; simpl;
      destruct (i =? j); apply N; auto.
Qed.

Lemma reported_app j l l' : reported_sentinels j (l ++ l') = reported_sentinels j l + reported_sentinels j l' /\
  reported_items j (l ++ l') = reported_items j l + reported_items j l'.
Proof. split; apply sum_app. Qed.

Lemma reported_calls j i nt TH sh x b : reported_sentinels j (say i (all_calls capacity sh nt TH)) = 0 /\
  reported_items j (say i (all_calls capacity sh nt TH)) = 0 /\
  reported_sentinels j (say i (back x b)) = 0 /\ reported_items j (say i (back x b)) = 0.
Proof.
  assert (C : forall sd, reported_sentinels j (say i (calls capacity sd sh nt TH)) = 0 /\
                         reported_items j (say i (calls capacity sd sh nt TH)) = 0).
  { intros sd. unfold calls, reported_sentinels, reported_items. destruct (_ && _); simpl.
    - destruct (i =? j); auto.
    - induction (due capacity sd sh nt TH); simpl; auto. destruct (i =? j); auto. }
  unfold all_calls. rewrite !say_app. destruct (C NotEmpty), (C NotFull), (C AllDone).
  rewrite !(proj1 (reported_app _ _ _)), !(proj2 (reported_app _ _ _)).
  repeat split; try lia; destruct x; simpl; unfold reported_sentinels, reported_items; simpl; auto;
    destruct (i =? j); auto.
Qed.

(** Each thread took exactly as many items and sentinels as its responses say. *)
Theorem C2_responses (c : crew A) s j : reachable capacity c s ->
  sentinels_by j (shared_of s) = reported_sentinels j (log s) /\
  items_by j (shared_of s) = reported_items j (log s).
Proof.
  intros [ks R]. remember (init c) as s0 eqn:E.
  assert (B : sentinels_by j (shared_of s0) = reported_sentinels j (log s0) /\
              items_by j (shared_of s0) = reported_items j (log s0)) by (subst; split; reflexivity).
  clear E. induction R as [s|ks k i s s' s'' R IH Hs]; auto. specialize (IH B).
  destruct Hs; cbn [shared_of log] in *; auto.
  - destruct (attempt_reported _ _ _ _ _ _ _ _ j H2) as [T1 T2].
    destruct (reported_calls j i (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')) sh'
                (spot t) timed_out) as (K1 & K2 & K3 & K4).
    rewrite !say_app. unfold reported_sentinels, reported_items in *. rewrite !sum_app. lia.
  - destruct (reported_calls j i nt TH sh (spot t) false) as (_ & _ & K3 & K4).
    rewrite !say_app. unfold reported_sentinels, reported_items in *. rewrite !sum_app.
    simpl. destruct (i =? j); simpl; lia.
  - destruct (reported_calls j i (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t)))
                (cancel o sh) Outside false) as (K1 & K2 & _).
    assert (Z : reported_sentinels j (say i [Cancel sd]) = 0 /\
                reported_items j (say i [Cancel sd]) = 0) by (cbn; destruct (i =? j); auto).
    change (Cancel sd :: ?x) with ([Cancel sd] ++ x). rewrite say_app.
    change (sentinels_by j (cancel o sh)) with (sentinels_by j sh).
    change (items_by j (cancel o sh)) with (items_by j sh).
    unfold reported_sentinels, reported_items in *. rewrite !sum_app. lia.
  - destruct (reported_calls j i nt TH sh (spot t) false) as (_ & _ & K3 & K4).
    unfold reported_sentinels, reported_items in *. rewrite !sum_app. lia.
Qed.

(** ** C3: each producer's own order *)

(** What a thread has still to send. *)
Definition unsent (j : nat) s : list A :=
  match nth_error (threads s) j with Some t => sends (program t) | None => [] end.

(** How many cells came in. *)
Definition entered (L : list (nat * event)) : nat :=
  sum (fun x => match snd x with
    | Push n | PushSentinels n | PushSentinelsFront n => n | PutBack => 1 | _ => 0 end) L.

Lemma sends_app (l l' : list (op A)) : sends (l ++ l') = sends l ++ sends l'.
Proof. apply flat_map_app. Qed.

Lemma first_time_app : forall L (l : list (cell A)) L' l', entered L = length l ->
  first_time (L ++ L') (l ++ l') = first_time L l ++ first_time L' l'.
Proof.
  assert (G : forall n (l l' : list (cell A)), n <= length l ->
    firstn n (l ++ l') = firstn n l /\ skipn n (l ++ l') = skipn n l ++ l').
  { intros n l l' H. rewrite firstn_app, skipn_app. replace (n - length l) with 0 by lia.
    rewrite app_nil_r. auto. }
  induction L as [|[i e] L IH]; intros l L' l' E.
  - destruct l; [reflexivity|discriminate].
  - assert (E' : match e with Push n | PushSentinels n | PushSentinelsFront n => n | PutBack => 1
                 | _ => 0 end + entered L = length l) by exact E. clear E.
    assert (K : forall n, n + entered L = length l -> firstn n (l ++ l') = firstn n l /\
      first_time (L ++ L') (skipn n (l ++ l')) = first_time L (skipn n l) ++ first_time L' l').
    { intros n Q. destruct (G n l l') as [G1 G2]; [lia|]. split; [auto|]. rewrite G2. apply IH.
      rewrite skipn_length. lia. }
    destruct e; cbn beta iota in E'; cbn [first_time app]; try (apply IH; exact E'; fail);
      destruct (K _ E') as [K1 K2]; rewrite ?K1; rewrite K2; now rewrite ?app_assoc.
Qed.

Lemma first_time_none : forall L (l : list (cell A)), entered L = 0 -> first_time L l = [].
Proof.
  induction L as [|[i e] L IH]; intros l E; auto.
  assert (E' : match e with Push n | PushSentinels n | PushSentinelsFront n => n | PutBack => 1
               | _ => 0 end + entered L = 0) by exact E. clear E.
  destruct e; cbn beta iota in E'; try (exfalso; lia); cbn [first_time]; try (apply IH; lia);
    match type of E' with ?n + _ = _ => replace n with 0 by lia end; apply (IH l); lia.
Qed.

Lemma entered_app L L' : entered (L ++ L') = entered L + entered L'.
Proof. apply sum_app. Qed.

Lemma entered_calls i nt TH sh x b : entered (say i (all_calls capacity sh nt TH)) = 0 /\
  entered (say i (back x b)) = 0.
Proof.
  assert (C : forall sd, entered (say i (calls capacity sd sh nt TH)) = 0).
  { intros sd. unfold calls. destruct (_ && _); auto.
    induction (due capacity sd sh nt TH); simpl; auto. }
  unfold all_calls. rewrite !say_app, !entered_app, !C. split; auto. destruct x; reflexivity.
Qed.

Lemma attempt_order i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  exists l, accepted sh' = accepted sh ++ l /\ entered (say i seen) = length l /\
    subsequence (items_of (first_time (say i seen) l) ++ sends next) (sends [o]).
Proof.
  intros H.
  assert (N : accepted sh' = accepted sh -> entered (say i seen) = 0 -> sends next = [] ->
    exists l, accepted sh' = accepted sh ++ l /\ entered (say i seen) = length l /\
      subsequence (items_of (first_time (say i seen) l) ++ sends next) (sends [o])).
  { intros E1 E2 E3. exists []. rewrite app_nil_r, E3, first_time_none by auto.
    split; [auto|]. split; [auto|constructor]. }
  assert (DR : forall x : shared A, entered (say i (drained x)) = 0)
    by (intros x; unfold drained; destruct (queue x); reflexivity).
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. destruct (_ =? 0); [injection H as <- <- _ <-; apply N; auto|].
    destruct (closed sh); [injection H as <- <- _ <-; apply N; auto|].
    destruct (_ =? 0); [destruct d; try discriminate; injection H as <- <- _ <-; apply N; auto|].
    assert (LF : length (firstn (fit capacity sh b) b) = fit capacity sh b).
    { rewrite firstn_length. unfold fit. destruct capacity; lia. }
    injection H as <- <- _ <-. exists (map Item (firstn (fit capacity sh b) b)). fields.
    split; [auto|]. split; [cbn; rewrite map_length, LF; lia|].
    cbn [say map first_time]. rewrite app_nil_r.
    rewrite firstn_all2 by (rewrite map_length, LF; auto). rewrite items_of_map.
    cbn [sends flat_map]. rewrite app_nil_r.
    destruct (Nat.eqb_spec (length (skipn (fit capacity sh b) b)) 0) as [Q|Q]; simpl.
    + pose proof (firstn_skipn (fit capacity sh b) b) as FS.
      destruct (skipn _ b) eqn:S; [|discriminate]. rewrite app_nil_r in FS |- *. rewrite FS.
      apply sub_refl.
    + rewrite app_nil_r, firstn_skipn. apply sub_refl.
  - unfold force_send, evict in H. destruct (closed sh); [injection H as <- <- _ <-; apply N; auto|].
    destruct (_ <? _).
    + injection H as <- <- _ <-. exists [Item a]. split; [reflexivity|]. split; [reflexivity|apply sub_refl].
    + destruct (split_oldest _) as [[x q]|]; injection H as <- <- _ <-; [|apply N; auto].
      exists [Item a]. split; [reflexivity|]. split; [reflexivity|apply sub_refl].
  - unfold send_sentinels in H. destruct (closed sh); injection H as <- <- _ <-; [apply N; auto|].
    exists (repeat Sentinel n). split; [reflexivity|].
    split; [cbn; rewrite repeat_length; lia|]. cbn [say map first_time sends flat_map]. rewrite !app_nil_r.
    rewrite firstn_all2 by (rewrite repeat_length; auto). rewrite items_of_sentinels. constructor.
  - unfold receive, or_wait in H. cases_of H; injection H as <- <- _ <-; apply N; auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- <- _ <-; apply N; auto;
      destruct k; reflexivity.
  - injection H as <- <- _ <-; apply N; auto.
  - injection H as <- <- _ <-; apply N; auto. apply DR.
  - unfold clone_handle in H. cases_of H; injection H as <- <- _ <-; apply N; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- <- _ <-; apply N; auto|].
    destruct h, (_ - 1) in H; injection H as <- <- _ <-; apply N; auto;
      destruct (closed sh); try reflexivity; apply (DR sh).
  - unfold join, or_wait in H. cases_of H; injection H as <- <- _ <-; apply N; auto.
  - unfold send_sentinels_front in H. destruct (closed sh); injection H as <- <- _ <-; [apply N; auto|].
    exists (repeat Sentinel m). split; [reflexivity|].
    split; [cbn; rewrite repeat_length; lia|]. cbn [say map first_time sends flat_map]. rewrite !app_nil_r.
    rewrite firstn_all2 by (rewrite repeat_length; auto). rewrite items_of_sentinels. constructor.
  - injection H as <- <- _ <-; apply N; auto. unfold drained_items. destruct (items sh); reflexivity.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- <- _ <-; apply N; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- <- _ <-; apply N; auto.
  - unfold put_task_back in H. destruct (_ =? 0); [injection H as <- <- _ <-; apply N; auto|].
    destruct (closed sh); injection H as <- <- _ <-; [apply N; auto|].
    exists [Item p]. split; [reflexivity|]. split; [reflexivity|constructor].
Qed.

Lemma unsent_wakened TH TH' : wakened TH TH' -> forall j sh nt L sh' nt' L',
  unsent j (State sh' nt' TH' L') = unsent j (State sh nt TH L).
Proof.
  intros W j sh nt L sh' nt' L'. unfold unsent. cbn [threads].
  assert (E : map (fun t => sends (program t)) TH' = map (fun t => sends (program t)) TH).
  { eapply wakened_map; eauto. intros t1 t2 E1 E2. now rewrite E1. }
  apply (f_equal (fun l => nth_error l j)) in E. rewrite !nth_error_map in E.
  destruct (nth_error TH' j), (nth_error TH j); simpl in E; congruence.
Qed.

Lemma unsent_upd_other TH i j u sh nt L sh' nt' L' : j <> i ->
  unsent j (State sh' nt' (upd TH i u) L') = unsent j (State sh nt TH L).
Proof. intros N. unfold unsent. cbn [threads]. rewrite nth_upd_other by auto. auto. Qed.

Lemma unsent_upd_same TH i t u sh nt L : nth_error TH i = Some t ->
  unsent i (State sh nt (upd TH i u) L) = sends (program u).
Proof. intros H. unfold unsent. cbn [threads]. now rewrite (nth_upd_same _ _ _ u H). Qed.

(** What was accepted and not put back. *)
Definition sent s : list (cell A) := first_time (log s) (accepted (shared_of s)).

Lemma step_order k i s s' : step capacity k i s s' ->
  entered (log s) = length (accepted (shared_of s)) ->
  entered (log s') = length (accepted (shared_of s')) /\
  exists xs, items_of (sent s') = items_of (sent s) ++ xs /\
    (forall j, j <> i -> unsent j s' = unsent j s) /\ subsequence (xs ++ unsent i s') (unsent i s).
Proof.
  intros Hs. unfold sent. destruct Hs; cbn [shared_of log]; intros EN.
  - destruct (entered_calls i (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')) sh'
                (spot t) timed_out) as (C1 & C2).
    destruct (attempt_order _ _ _ _ _ _ _ _ H2) as (l & E & EL & S).
    rewrite E, !say_app, !entered_app, app_length, C1, C2, EL. split; [lia|].
    exists (items_of (first_time (say i seen) l)).
    rewrite first_time_app by auto. rewrite items_of_app.
    rewrite <- (app_nil_l l) at 1. rewrite first_time_app by exact C2.
    rewrite (first_time_none _ [] C2). rewrite <- (app_nil_r l) at 1.
    rewrite first_time_app by auto. rewrite (first_time_none _ [] C1), app_nil_r, app_nil_l.
    split; [auto|]. apply settle_facts in H4 as (W & _).
    pose proof (unsent_wakened _ _ W) as OW. split.
    + intros j N. rewrite (OW j sh nt L). now apply unsent_upd_other.
    + rewrite (OW i sh nt L), (unsent_upd_same _ _ _ _ _ _ _ H). simpl. unfold unsent. cbn [threads].
      rewrite H, H0. change (o :: r) with ([o] ++ r). rewrite !sends_app, app_assoc.
      apply sub_app; auto. apply sub_refl.
  - destruct (entered_calls i nt TH sh (spot t) false) as (_ & C2).
    assert (Z : entered (say i (back (spot t) false ++ [Wait sd])) = 0)
      by (rewrite say_app, entered_app, C2; reflexivity).
    split; [rewrite entered_app; lia|]. exists []. rewrite app_nil_r.
    rewrite <- (app_nil_r (accepted sh)) at 1. rewrite first_time_app, (first_time_none _ [] Z), app_nil_r
      by auto.
    split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H). simpl. unfold unsent. cbn [threads]. rewrite H, H0.
    apply sub_refl.
  - split; [auto|]. exists []. rewrite app_nil_r. split; auto. split.
    + intros x N. unfold unsent. cbn [threads]. destruct (Nat.eq_dec x j) as [->|NJ].
      * rewrite H2. erewrite nth_upd_same; [reflexivity|]. rewrite nth_upd_other by auto. exact H2.
      * rewrite !nth_upd_other; auto.
    + unfold unsent. cbn [threads]. rewrite nth_upd_other by auto. erewrite nth_upd_same by exact H.
      rewrite H. simpl. rewrite H0. apply sub_refl.
  - split; [auto|]. exists []. rewrite app_nil_r. split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H). unfold unsent. cbn [threads]. rewrite H, H0. apply sub_refl.
  - split; [auto|]. exists []. rewrite app_nil_r. split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H). unfold unsent. cbn [threads]. rewrite H, H0. apply sub_refl.
  - split; [auto|]. exists []. rewrite app_nil_r. split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H), wake_program. unfold unsent. cbn [threads program].
    rewrite H, H0. destruct o; simpl; apply sub_refl.
  - split; [auto|]. exists []. rewrite app_nil_r. split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H), wake_program. unfold unsent. cbn [threads].
    rewrite H. apply sub_refl.
  - split; [auto|]. exists []. rewrite app_nil_r. split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H). simpl.
    replace (sends (map (@Drop A) drops)) with (@nil A); [constructor|].
    clear. induction drops; simpl; auto.
  - destruct (entered_calls i (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t)))
                (cancel o sh) Outside false) as (C1 & _).
    assert (Z : entered (say i (Cancel sd :: all_calls capacity (cancel o sh) (give_up_wait sd nt)
                  (upd TH i (Thread Outside r (holds t))))) = 0) by exact C1.
    change (accepted (cancel o sh)) with (accepted sh).
    split; [rewrite entered_app; lia|]. exists []. rewrite app_nil_r.
    rewrite <- (app_nil_r (accepted sh)) at 1. rewrite first_time_app, (first_time_none _ [] Z), app_nil_r
      by auto.
    split; auto. apply settle_facts in H2 as (W & _).
    pose proof (unsent_wakened _ _ W) as OW. split.
    + intros j N. rewrite (OW j sh nt L). now apply unsent_upd_other.
    + rewrite (OW i sh nt L), (unsent_upd_same _ _ _ _ _ _ _ H). cbn [program]. unfold unsent.
      cbn [threads]. rewrite H, H0. change (o :: r) with ([o] ++ r). rewrite sends_app.
      apply sub_app; [constructor|apply sub_refl].
  - destruct (entered_calls i nt TH sh (spot t) false) as (_ & Z).
    split; [rewrite entered_app; lia|]. exists []. rewrite app_nil_r.
    rewrite <- (app_nil_r (accepted sh)) at 1. rewrite first_time_app, (first_time_none _ [] Z), app_nil_r
      by auto.
    split; auto. split; [intros; now apply unsent_upd_other|].
    rewrite (unsent_upd_same _ _ _ _ _ _ _ H). simpl. unfold unsent. cbn [threads]. rewrite H, H0.
    apply sub_refl.
Qed.

Lemma filter_none (f : A -> bool) l : (forall a, In a l -> f a = false) -> filter f l = [].
Proof. induction l; simpl; intros H; auto. rewrite (H a); auto. Qed.
Lemma filter_all (f : A -> bool) l : (forall a, In a l -> f a = true) -> filter f l = l.
Proof. induction l; simpl; intros H; auto. rewrite (H a); auto. f_equal; auto. Qed.
Lemma sub_in (l l' : list A) : subsequence l l' -> forall a, In a l -> In a l'.
Proof. induction 1; simpl; intros a I; [contradiction|destruct I; auto|auto]. Qed.

Lemma run_order (f : A -> bool) i ks s0 s : run capacity ks s0 s ->
  entered (log s0) = length (accepted (shared_of s0)) ->
  (forall a, In a (unsent i s0) -> f a = true) ->
  (forall j a, j <> i -> In a (unsent j s0) -> f a = false) ->
  filter f (items_of (sent s0)) = [] ->
  entered (log s) = length (accepted (shared_of s)) /\
  subsequence (filter f (items_of (sent s)) ++ unsent i s) (unsent i s0) /\
  (forall j a, In a (unsent j s) -> In a (unsent j s0)).
Proof.
  intros R EN M O Z. induction R as [s|ks k j s s' s'' R IH Hs].
  - rewrite Z. split; [auto|]. split; auto. apply sub_refl.
  - destruct (IH EN M O Z) as (EN' & S & I).
    destruct (step_order _ _ _ _ Hs EN') as (EN'' & xs & E & OT & SU).
    split; [exact EN''|]. rewrite E, filter_app. split.
    + destruct (Nat.eq_dec j i) as [->|N].
      * rewrite (filter_all f xs).
        -- eapply sub_trans; [|exact S]. rewrite <- app_assoc. apply sub_app; auto. apply sub_refl.
        -- intros a IN. apply M, I. eapply sub_in; [exact SU|]. apply in_or_app. auto.
      * rewrite (filter_none f xs).
        -- rewrite app_nil_r, OT; auto.
        -- intros a IN. apply (O j); auto. apply I. eapply sub_in; [exact SU|]. apply in_or_app. auto.
    + intros x a IN. destruct (Nat.eq_dec x j) as [->|N].
      * apply I. eapply sub_in; [exact SU|]. apply in_or_app. auto.
      * rewrite OT in IN; auto.
Qed.

(** If each item that is sent names its producer ([f] holds of those that thread [i] sends
    only), then the items of thread [i] were accepted in the order in which it sends them;
    items that were refused are left out. A task that is put back is appended again, and
    that is not counted here. *)
Theorem C3_producer (c : crew A) s i hd p (f : A -> bool) : reachable capacity c s ->
  nth_error c i = Some (hd, p) -> (forall a, In a (sends p) -> f a = true) ->
  (forall j m a, j <> i -> nth_error c j = Some m -> In a (sends (snd m)) -> f a = false) ->
  subsequence (filter f (items_of (first_time (log s) (accepted (shared_of s))))) (sends p).
Proof.
  intros [ks R] C M O.
  assert (OFF : forall j, unsent j (init c) = match nth_error c j with Some m => sends (snd m) | None => [] end).
  { intros j. unfold unsent, init. cbn [threads]. rewrite nth_error_map.
    destruct (nth_error c j); reflexivity. }
  destruct (run_order f i _ _ _ R) as (_ & S & _).
  - reflexivity.
  - rewrite OFF, C. auto.
  - intros j a N. rewrite OFF. destruct (nth_error c j) as [m|] eqn:E; [|contradiction]. eauto.
  - reflexivity.
  - rewrite OFF, C in S. simpl in S. eapply sub_trans; [|exact S].
    rewrite <- (app_nil_r (filter _ _)) at 1. apply sub_app; [apply sub_refl|constructor].
Qed.

(** ** The other sentences about one operation *)

(** A send that fails returns all its items and leaves the contents as they are. *)
Theorem C1_errors_return i hd (o : op A) sh sh' next hd' seen b :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> In (Refuse NotFull b) seen ->
  next = [] /\ returned sh' = returned sh ++ offered [o] /\ queue sh' = queue sh /\
  accepted sh' = accepted sh /\ removed sh' = removed sh.
Proof.
  intros H F. destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait,
      evict, drained, drained_items in H; cases_of H; injection H as <- <- <- <-; seen_in F; simpl;
    rewrite ?app_nil_r; auto.
Qed.

(** A sentinel ends the receive or the loop that takes it, and is no task. *)
Theorem C2_ends_one_receive i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> In TakeSentinel seen ->
  receives [o] = 1 /\ next = [] /\ seen = [TakeSentinel] /\ queue sh = Sentinel :: queue sh' /\
  unfinished sh' = unfinished sh /\ hd' = hd.
Proof.
  intros H F. destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait,
      evict, drained, drained_items in H; cases_of H; injection H as <- <- <- <-; seen_in F;
    match goal with Q : queue sh = _ |- _ => cbn; rewrite ?Q, ?Nat.add_0_r; repeat split; auto end.
Qed.

(** Sentinels are accepted whenever the queue is open, and take no room. *)
Theorem C4_sentinels_need_no_room i hd n sh : closed sh = false ->
  attempt capacity i hd (SendSentinels n) sh =
    Acts (push (repeat Sentinel n) sh) [] hd [PushSentinels n] /\
  items (push (repeat Sentinel n) sh) = items sh.
Proof.
  intros C. simpl. unfold send_sentinels. rewrite C. split; auto.
  unfold items. fields. now rewrite items_of_app, items_of_sentinels, app_nil_r.
Qed.

(** On a closed queue: another close changes nothing; a send fails and returns its
    items, whatever its deadline; a receive fails as soon as nothing is queued. *)
Theorem C5_once_closed i hd sh : closed sh = true ->
  attempt capacity i hd CloseQueue sh = Acts sh [] hd [Close] /\
  (forall d b, b <> [] ->
     attempt capacity i hd (Send d b) sh = Acts (hand_back b sh) [] hd [Refuse NotFull true]) /\
  (forall a, attempt capacity i hd (ForceSend a) sh =
     Acts (hand_back [a] sh) [] hd [Refuse NotFull true]) /\
  (forall n, attempt capacity i hd (SendSentinels n) sh = Acts sh [] hd [Refuse NotFull true] /\
     attempt capacity i hd (SendSentinelsFront n) sh = Acts sh [] hd [Refuse NotFull true]) /\
  (queue sh = [] -> forall d n tasks,
     attempt capacity i hd (Recv d n tasks) sh = Acts sh [] hd [Refuse NotEmpty true] /\
     attempt capacity i hd (Work tasks) sh = Acts sh [] hd [Refuse NotEmpty true]).
Proof.
  intros C. split; [|split; [|split; [|split]]].
  - simpl. unfold close. destruct sh. simpl in C. now subst.
  - intros d b N. simpl. unfold send. rewrite C. destruct b; [congruence|reflexivity].
  - intros a. simpl. unfold force_send. now rewrite C.
  - intros n. simpl. unfold send_sentinels, send_sentinels_front. now rewrite C.
  - intros Q d n tasks. simpl. unfold receive. now rewrite Q, C.
Qed.

(** The end of C7: under weak fairness a moment comes from which on no worker is left,
    if the queue is closed by then, no sender is left, or there are sentinels enough. *)
Theorem C7_workers_end (c : crew A) (b : behaviour capacity c) : fair b -> exists n,
  quiescent capacity (at_ b n) /\
  (closed (shared_of (at_ b n)) = true \/ senders (shared_of (at_ b n)) = 0 \/
   sum (fun m => receives (snd m)) c <= sentinels_in (accepted (shared_of (at_ b n))) ->
   forall i t tasks r, nth_error (threads (at_ b n)) i = Some t -> program t <> Work tasks :: r).
Proof.
  intros F. destruct (fair_rest _ _ b F) as [n Q]. exists n. split; auto. intros W.
  eapply C7_no_hang; eauto. apply behaviour_reachable.
Qed.

(** An operation with a deadline, passed or not, stays until an attempt of it acts: no
    step but a death or a cancellation takes it away without one. *)
Theorem C9_one_attempt k i s s' t o r : step capacity k i s s' -> k <> Death -> k <> Cancellation ->
  nth_error (threads s) i = Some t -> program t = o :: r -> deadline_of o <> None ->
  (exists t' o', nth_error (threads s') i = Some t' /\ program t' = o' :: r /\
     (o' = o \/ o' = expired o)) \/
  exists sh' next hd' seen, attempt capacity i (holds t) o (shared_of s) = Acts sh' next hd' seen.
Proof.
  intros Hs ND NC T P D. destruct Hs; cbn [threads shared_of] in *;
    try congruence; rewrite T in H; injection H as <-.
  - right. rewrite P in H0. injection H0 as <- <-. now exists sh', next, hd', seen.
  - left. rewrite P in H0. injection H0 as <- <-. eexists _, _.
    erewrite nth_upd_same by eauto. split; [reflexivity|]. simpl. auto.
  - rewrite P in H0. injection H0 as -> _. simpl in D. congruence.
  - rewrite P in H0. injection H0 as -> _. simpl in D. congruence.
  - rewrite P in H0. injection H0 as -> _. simpl in D. congruence.
  - left. rewrite P in H0. injection H0 as <- <-. eexists _, _.
    erewrite nth_upd_same by eauto. split; [reflexivity|]. rewrite wake_program. simpl. auto.
  - left. exists (wake t), o. erewrite nth_upd_same by eauto. rewrite wake_program. auto.
  - left. rewrite P in H0. injection H0 as <- <-. eexists _, _.
    erewrite nth_upd_same by eauto. split; [reflexivity|]. simpl. auto.
Qed.

(** A task that is put back ends in the step in which its item is appended again, whatever
    the capacity: so no join returns in between, nor after it. A closed queue takes nothing:
    the task goes on, and the item is its own again. *)
Theorem C11_put_back i hd a sh : 0 < owns TaskGuard hd ->
  attempt capacity i hd (PutTaskBack a) sh =
    (if closed sh then Acts (hand_back [a] sh) [] hd [Refuse NotFull true]
     else Acts (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) []
               (own TaskGuard (owns TaskGuard hd - 1) hd) [PutBack]) /\
  let sh' := recount TaskGuard (unfinished sh - 1) (push [Item a] sh) in
  queue sh' = queue sh ++ [Item a] /\ accepted sh' = accepted sh ++ [Item a] /\
  items sh' = items sh + 1 /\ unfinished sh' = unfinished sh - 1 /\ done sh' = false.
Proof.
  intros O. split.
  - cbn [attempt]. unfold put_task_back. destruct (Nat.eqb_spec (owns TaskGuard hd) 0); [lia|reflexivity].
  - cbv zeta. split; [reflexivity|]. split; [reflexivity|].
    assert (E : items (recount TaskGuard (unfinished sh - 1) (push [Item a] sh)) = items sh + 1).
    { unfold items. fields. now rewrite items_of_app, app_length. }
    split; [exact E|]. split; [reflexivity|]. unfold done. rewrite E.
    destruct (Nat.eqb_spec (items sh + 1) 0); [lia|reflexivity].
Qed.

(** A task ends by the drop of its guard, or by being put back, and by nothing else; a
    thread that dies goes on to drop every guard it owns. *)
Theorem C11_guards :
  (forall i hd (o : op A) sh sh' next hd' seen, attempt capacity i hd o sh = Acts sh' next hd' seen ->
     unfinished sh' < unfinished sh -> o = Drop TaskGuard \/ exists a, o = PutTaskBack a) /\
  (forall i hd (o : op A) sh sh' next hd' seen, attempt capacity i hd o sh = Acts sh' next hd' seen ->
     In TaskDone seen -> o = Drop TaskGuard /\ unfinished sh' = unfinished sh - 1) /\
  (forall i s s' t, step capacity Death i s s' -> nth_error (threads s) i = Some t -> exists drops,
     nth_error (threads s') i = Some (Thread Outside (map (@Drop A) drops) (holds t)) /\
     count_occ handle_eq_dec drops TaskGuard = held_tasks (holds t)).
Proof.
  split; [|split].
  - intros i hd o sh sh' next hd' seen H F. destruct o; simpl in H; try discriminate; eauto;
      unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, receive,
        clone_handle, drop_handle, join, or_wait, evict, drained, drained_items in H; cases_of H;
      injection H as <- <- <- <-; cbn in F; auto; try lia.
    match goal with K : _ = Some _ |- _ => cases_of K; injection K as <-; cbn in F; lia end.
  - intros i hd o sh sh' next hd' seen H F. destruct o; simpl in H; try discriminate;
      unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle, join, or_wait,
        evict, drained, drained_items in H; cases_of H; injection H as <- <- <- <-; seen_in F; auto.
  - intros i s s' t Hs T. inversion Hs; subst; cbn [threads] in *. rewrite T in H.
    injection H as <-. exists drops. split; [eapply nth_upd_same; eauto|]. apply H2.
Qed.

(** ** C3: sentinels in front come first *)

Lemma split_front m : forall q : list (cell A), split_oldest (repeat Sentinel m ++ q) =
  match split_oldest q with Some (a, l) => Some (a, repeat Sentinel m ++ l) | None => None end.
Proof.
  induction m as [|m IH]; intros q; simpl; [now destruct (split_oldest q) as [[]|]|].
  rewrite IH. now destruct (split_oldest q) as [[]|].
Qed.

(** Where [m] sentinels stand in front, a receive takes one of them, alone; whatever else leaves is no
    receive's, and leaves them in front, unless the queue is closed and nothing is left. *)
Lemma attempt_front i hd (o : op A) sh sh' next hd' seen m q :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> queue sh = repeat Sentinel (S m) ++ q ->
  (removed sh' = removed sh ++ tag Received i [Sentinel] /\ queue sh' = repeat Sentinel m ++ q) \/
  (exists l, removed sh' = removed sh ++ l /\ received l = [] /\
     ((exists q', queue sh' = repeat Sentinel (S m) ++ q') \/ (queue sh' = [] /\ closed sh' = true))).
Proof.
  intros H Q.
  assert (N : removed sh' = removed sh -> (exists l, queue sh' = queue sh ++ l) ->
    (removed sh' = removed sh ++ tag Received i [Sentinel] /\ queue sh' = repeat Sentinel m ++ q) \/
    (exists l, removed sh' = removed sh ++ l /\ received l = [] /\
       ((exists q', queue sh' = repeat Sentinel (S m) ++ q') \/ (queue sh' = [] /\ closed sh' = true)))).
  { intros E (l & E'). right. exists []. rewrite app_nil_r. split; [auto|]. split; [auto|]. left.
    exists (q ++ l). now rewrite E', Q, <- app_assoc. }
  assert (SAME : exists l, queue sh = queue sh ++ l) by (exists []; now rewrite app_nil_r).
  assert (RC : forall d limit tasks again, receive i d limit tasks again hd sh = Acts sh' next hd' seen ->
    removed sh' = removed sh ++ tag Received i [Sentinel] /\ queue sh' = repeat Sentinel m ++ q).
  { intros d limit tasks again R. unfold receive in R. rewrite Q in R. simpl in R.
    injection R as <- _ _ _. fields. rewrite Q. split; reflexivity. }
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|n| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- _ _ _; apply N; auto; fields; eauto.
  - unfold force_send, evict in H. rewrite Q, split_front in H.
    destruct (closed sh); [injection H as <- _ _ _; apply N; auto|].
    destruct (_ <? _); [injection H as <- _ _ _; apply N; auto; fields; eauto|].
    destruct (split_oldest q) as [[x q']|]; injection H as <- _ _ _; [|apply N; auto].
    right. fields. exists (tag Evicted i [Item x]). split; [auto|]. split; [reflexivity|].
    left. exists (q' ++ [Item a]). cbn. now rewrite <- app_assoc.
  - unfold send_sentinels in H. cases_of H; injection H as <- _ _ _; apply N; auto; fields; eauto.
  - left. eauto.
  - left. eauto.
  - injection H as <- _ _ _. apply N; auto.
  - injection H as <- _ _ _. right. fields. eexists. split; [reflexivity|].
    split; [exact (received_tag Drained i _)|]. right. auto.
  - unfold clone_handle in H. cases_of H; injection H as <- _ _ _; apply N; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- _ _ _; apply N; auto|].
    destruct h, (_ - 1) in H; injection H as <- _ _ _; try (apply N; auto; fail).
    right. fields. eexists. split; [reflexivity|]. split; [exact (received_tag Drained i _)|]. right. auto.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ _; apply N; auto.
  - unfold send_sentinels_front in H. destruct (closed sh); injection H as <- _ _ _; [apply N; auto|].
    right. fields. exists []. rewrite app_nil_r. split; [auto|]. split; [auto|]. left.
    exists (repeat Sentinel n ++ q). rewrite Q, !app_assoc, <- !repeat_app. f_equal. f_equal. lia.
  - injection H as <- _ _ _. right. fields. eexists. split; [reflexivity|].
    split; [exact (received_tag Drained i _)|]. left. exists (repeat Sentinel (sentinels_in q)).
    rewrite Q, sentinels_in_app, <- repeat_app. f_equal. f_equal. apply sentinels_repeat.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ _; apply N; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ _; apply N; auto.
  - unfold put_task_back in H. destruct (_ =? 0); [injection H as <- _ _ _; apply N; auto|].
    destruct (closed sh); injection H as <- _ _ _; apply N; auto; fields; eauto.
Qed.

(** A queue that is closed and empty stays so, and nothing leaves it. *)
Lemma attempt_over i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> queue sh = [] -> closed sh = true ->
  queue sh' = [] /\ closed sh' = true /\ removed sh' = removed sh.
Proof.
  intros H Q C. destruct o; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back,
      receive, clone_handle, drop_handle, join, or_wait in H; rewrite ?Q, ?C in H; cases_of H;
    injection H as <- <- <- <-; cbn; rewrite ?Q; cbn; rewrite ?app_nil_r; auto.
Qed.

Lemma removed_grows k i s s' : step capacity k i s s' ->
  exists l, removed (shared_of s') = removed (shared_of s) ++ l.
Proof.
  intros Hs. destruct Hs; cbn [shared_of]; try (exists []; symmetry; apply app_nil_r).
  destruct (attempt_received _ _ _ _ _ _ _ _ _ H2) as (l & l' & E & _). eauto.
Qed.

(** The sentinels in front are what the next receives take: of the cells that receivers have
    taken since, the first [n], or all if they are fewer, are sentinels. *)
Theorem C3_front_first ks s s' n q : run capacity ks s s' ->
  queue (shared_of s) = repeat Sentinel n ++ q ->
  exists l, removed (shared_of s') = removed (shared_of s) ++ l /\
    firstn n (cells_of (received l)) = repeat Sentinel (min n (length (received l))).
Proof.
  intros R Q.
  assert (G : exists l, removed (shared_of s') = removed (shared_of s) ++ l /\
    firstn n (cells_of (received l)) = repeat Sentinel (min n (length (received l))) /\
    (length (received l) < n ->
       (exists q', queue (shared_of s') = repeat Sentinel (n - length (received l)) ++ q') \/
       (queue (shared_of s') = [] /\ closed (shared_of s') = true))).
  { induction R as [s|ks k i s s1 s2 R IH Hs].
    - exists []. rewrite app_nil_r. split; [auto|]. split; [now rewrite firstn_nil, Nat.min_0_r|].
      intros _. left. exists q. now rewrite Nat.sub_0_r.
    - destruct (IH Q) as (l & E & F & I). clear IH.
      assert (LN : forall x : list (way * nat * cell A), length (cells_of x) = length x)
        by (intros x; apply map_length).
      assert (ST : (exists l', removed (shared_of s2) = removed (shared_of s1) ++ l' /\
                      n <= length (received l)) \/
                   (queue (shared_of s2) = queue (shared_of s1) /\
                    closed (shared_of s2) = closed (shared_of s1) /\
                    removed (shared_of s2) = removed (shared_of s1)) \/
                   (length (received l) < n /\ exists i hd o next hd' seen,
                      attempt capacity i hd o (shared_of s1) = Acts (shared_of s2) next hd' seen)).
      { destruct (Nat.le_gt_cases n (length (received l))) as [L|L].
        - left. destruct (removed_grows _ _ _ _ Hs) as [l' E']. eauto.
        - right. destruct Hs; cbn [shared_of]; auto. right. split; [auto|].
          exists i, (holds t), o, next, hd', seen. auto. }
      destruct ST as [(l' & E' & L)|[(EQ & EC & ER)|(L & j & hd & o & next & hd' & seen & AT)]].
      + exists (l ++ l'). rewrite E', E, app_assoc. split; [auto|].
        rewrite received_app, cells_of_app, firstn_app, app_length, LN.
        replace (n - length (received l)) with 0 by lia. rewrite firstn_O, app_nil_r, F.
        split; [f_equal; lia|lia].
      + exists l. rewrite EQ, EC, ER. auto.
      + destruct (I L) as [(q' & Q')|(Q0 & C0)].
        * replace (n - length (received l)) with (S (n - length (received l) - 1)) in Q' by lia.
          destruct (attempt_front _ _ _ _ _ _ _ _ _ _ AT Q') as [(E' & Q1)|(l' & E' & RN & Q1)].
          -- exists (l ++ tag Received j [Sentinel]). rewrite E', E, app_assoc. split; [auto|].
             rewrite received_app, received_tag, cells_of_app, cells_of_tag, app_length. cbn [length tag map].
             rewrite firstn_app, LN, F.
             replace (min n (length (received l) + 1)) with (min n (length (received l)) + 1) by lia.
             rewrite repeat_app. replace (n - length (received l)) with (S (n - length (received l) - 1)) by lia.
             rewrite firstn_cons, firstn_nil. split; [reflexivity|]. intros _. left. exists q'.
             now replace (n - (length (received l) + 1)) with (n - length (received l) - 1) by lia.
          -- exists (l ++ l'). rewrite E', E, app_assoc. split; [auto|].
             rewrite received_app, RN, app_nil_r. split; [auto|]. intros _.
             destruct Q1 as [(q1 & Q1)|Q1]; [left; exists q1|right; auto].
             now replace (n - length (received l)) with (S (n - length (received l) - 1)) by lia.
        * destruct (attempt_over _ _ _ _ _ _ _ _ AT Q0 C0) as (Q1 & C1 & E'). exists l.
          rewrite E'. auto. }
  destruct G as (l & E & F & _). eauto.
Qed.

End Responses.

(** * Linearizability: the log is a history of a sequential queue.

    An operation takes effect in one critical section, between its invocation and
    its response, so the order of critical sections is the order to look for. Here
    the log, in that order, is proved to be a history of a queue used by one thread:
    each event is what the sequential queue does, and the cells it moves are the
    cells of the history in the state, one by one and thread by thread. An operation
    of several sections ([send_many] without room for all) is several events. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress History Claims Responses.

Section Linearizable.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (q l : list (cell A)).

Definition room q (n : nat) : Prop :=
  match capacity with None => True | Some c => length (items_of q) + n <= c end.

Definition full q : Prop := match capacity with None => False | Some c => c <= length (items_of q) end.

(** Events that leave the contents as they are. *)
Definition silent (e : event) : Prop := match e with
  | Refuse AllDone false | AddSender | DropSender | AddReceiver | DropReceiver | Leave _ | TaskDone
  | UpgradeSender _ | UpgradeReceiver _
  | Joined | Wait _ | Wake _ _ | Cancel _ | Notify _ _ => True
  | _ => False end.

(** The sequential queue: contents and whether it is closed, an event with the cells
    it moves, contents and whether it is closed. *)
Inductive sequential : list (cell A) -> bool -> event -> list (cell A) ->
                       list (cell A) -> bool -> Prop :=
| q_push q (xs : list A) : room q (length xs) ->
    sequential q false (Push (length xs)) (map Item xs) (q ++ map Item xs) false
| q_push_sentinels q n :
    sequential q false (PushSentinels n) (repeat Sentinel n) (q ++ repeat Sentinel n) false
| q_push_front q n :
    sequential q false (PushSentinelsFront n) (repeat Sentinel n) (repeat Sentinel n ++ q) false
| q_take (xs : list A) q b tasks :
    sequential (map Item xs ++ q) b (Take (length xs) tasks) (map Item xs) q b
| q_take_sentinel q b : sequential (Sentinel :: q) b TakeSentinel [Sentinel] q b
| q_full q : full q -> sequential q false (Refuse NotFull false) [] q false
| q_closed q : sequential q true (Refuse NotFull true) [] q true
| q_empty b : sequential [] b (Refuse NotEmpty b) [] [] b
| q_close q b : sequential q b Close [] q true
| q_drain q : q <> [] ->
    sequential q true (Drain (length (items_of q)) (sentinels_in q)) q [] true
| q_drain_items q b : items_of q <> [] ->
    sequential q b (DrainItems (length (items_of q))) (map Item (items_of q))
      (repeat Sentinel (sentinels_in q)) b
| q_put_back q a : sequential q false PutBack [Item a] (q ++ [Item a]) false
| q_other q b e : silent e -> sequential q b e [] q b.

Definition entry : Type := nat * event * list (cell A).

(** Event by event; but an item that takes the place of the oldest one, in a full queue, is
    two. A queue may hold more than its capacity once a task has been put back. *)
Inductive history : list entry -> list (cell A) -> bool -> list (cell A) -> bool -> Prop :=
| h_nil q b : history [] q b q b
| h_cons i e l h q b q1 b1 q2 b2 :
    sequential q b e l q1 b1 -> history h q1 b1 q2 b2 -> history ((i, e, l) :: h) q b q2 b2
| h_replace i a q1 x h q q2 b2 :
    full q -> split_oldest q = Some (a, q1) -> history h (q1 ++ [Item x]) false q2 b2 ->
    history ((i, Evict, [Item a]) :: (i, Push 1, [Item x]) :: h) q false q2 b2.

(** The cells that came in, and those that left: how, and through which thread. *)
Definition came_in (x : entry) : list (cell A) :=
  let '(_, e, l) := x in match e with Push _ | PushSentinels _ | PushSentinelsFront _ | PutBack => l | _ => [] end.

Definition went_out (x : entry) : list (way * nat * cell A) :=
  let '(i, e, l) := x in
  match e with
  | Take _ _ | TakeSentinel => tag Received i l
  | Evict => tag Evicted i l
  | Drain _ _ | DrainItems _ => tag Drained i l
  | _ => []
  end.

Lemma history_app h1 h2 q b q1 b1 q2 b2 :
  history h1 q b q1 b1 -> history h2 q1 b1 q2 b2 -> history (h1 ++ h2) q b q2 b2.
Proof. induction 1; simpl; intros; auto; [econstructor|eapply h_replace]; eauto. Qed.

(** What a part of the log does to the history. *)
Definition explains (L : list (nat * event)) sh sh' : Prop := exists h,
  map fst h = L /\ history h (queue sh) (closed sh) (queue sh') (closed sh') /\
  accepted sh' = accepted sh ++ flat_map came_in h /\
  removed sh' = removed sh ++ flat_map went_out h.

Lemma explains_app L1 L2 sh sh1 sh2 :
  explains L1 sh sh1 -> explains L2 sh1 sh2 -> explains (L1 ++ L2) sh sh2.
Proof.
  intros (h1 & M1 & H1 & A1 & R1) (h2 & M2 & H2 & A2 & R2). exists (h1 ++ h2).
  rewrite map_app, !flat_map_app, M1, M2, A2, A1, R2, R1, <- !app_assoc.
  repeat split; auto. eapply history_app; eauto.
Qed.

Lemma explains_silent i : forall (l : list event) sh sh', Forall silent l -> queue sh' = queue sh ->
  closed sh' = closed sh -> accepted sh' = accepted sh -> removed sh' = removed sh ->
  explains (say i l) sh sh'.
Proof.
  intros l sh sh' F Q C AC RM.
  exists (map (fun e => (i, e, [])) l). unfold say. rewrite map_map. simpl.
  assert (E : flat_map came_in (map (fun e => (i, e, [])) l) = [] /\
              flat_map went_out (map (fun e => (i, e, [])) l) = []).
  { clear. induction l as [|e l [I1 I2]]; simpl; auto. rewrite I1, I2. destruct e; auto. }
  destruct E as [-> ->]. rewrite !app_nil_r, Q, C. repeat split; auto.
  induction F as [|e l S F IH]; simpl; [constructor|]. econstructor; [now constructor|exact IH].
Qed.

Lemma explains_one i e l sh sh' :
  sequential (queue sh) (closed sh) e l (queue sh') (closed sh') ->
  accepted sh' = accepted sh ++ came_in (i, e, l) ->
  removed sh' = removed sh ++ went_out (i, e, l) -> explains (say i [e]) sh sh'.
Proof.
  intros S AC RM. exists [(i, e, l)]. simpl. rewrite !app_nil_r.
  repeat split; auto. econstructor; [exact S|constructor].
Qed.

Lemma firstn_leading : forall q k, k <= leading q ->
  firstn k q = map Item (items_of (firstn k q)) /\ length (items_of (firstn k q)) = k.
Proof.
  induction q as [|[a|] q IH]; intros [|k] H; simpl in *; auto; try lia.
  destruct (IH k) as [E1 E2]; [lia|]. split; [f_equal; exact E1|f_equal; exact E2].
Qed.

Lemma explains_take i k new tasks sh : k <= leading (queue sh) ->
  explains (say i [Take k tasks]) sh (take i k new sh).
Proof.
  intros H. destruct (firstn_leading _ _ H) as [E1 E2].
  apply explains_one with (l := firstn k (queue sh)); fields.
  - pose proof (q_take (items_of (firstn k (queue sh))) (skipn k (queue sh)) (closed sh) tasks) as Q.
    rewrite <- E1, E2, firstn_skipn in Q. exact Q.
  - simpl. now rewrite app_nil_r.
  - reflexivity.
Qed.

Lemma explains_push i (xs : list A) sh : closed sh = false -> room (queue sh) (length xs) ->
  explains (say i [Push (length xs)]) sh (push (map Item xs) sh).
Proof.
  intros C F. apply explains_one with (l := map Item xs); fields.
  - rewrite C. now constructor.
  - reflexivity.
  - simpl. now rewrite app_nil_r.
Qed.

Lemma explains_drain i sh : closed sh = true -> explains (say i (drained sh)) sh (drain i sh).
Proof.
  intros C. unfold drained. destruct (queue sh) eqn:Q.
  - exists []. simpl. fields. rewrite Q. simpl. rewrite !app_nil_r.
    split; [auto|]. split; [constructor|auto].
  - rewrite <- Q. apply explains_one with (l := queue sh); fields.
    + rewrite C. unfold items. constructor. rewrite Q. discriminate.
    + simpl. now rewrite app_nil_r.
    + reflexivity.
Qed.

Lemma fit_room sh (b : list A) : items sh + fit capacity sh b <= items sh \/
  room (queue sh) (fit capacity sh b).
Proof.
  unfold fit, room. fold (items sh). destruct capacity as [n|]; auto.
  destruct (Nat.min_spec (length b) (n - items sh)); lia.
Qed.

Lemma fit_full sh (b : list A) : length b <> 0 -> fit capacity sh b = 0 -> full (queue sh).
Proof. unfold fit, full. fold (items sh). destruct capacity; intros; lia. Qed.

Lemma explains_close i sh sh' : queue sh' = queue sh -> closed sh' = true ->
  accepted sh' = accepted sh -> removed sh' = removed sh -> explains (say i [Close]) sh sh'.
Proof.
  intros Q C AC RM. apply explains_one with (l := []); simpl; rewrite ?app_nil_r; auto.
  rewrite Q, C. constructor.
Qed.

Lemma explains_receive i d limit tasks again hd sh sh' next hd' seen :
  receive i d limit tasks again hd sh = Acts sh' next hd' seen -> explains (say i seen) sh sh'.
Proof.
  unfold receive, or_wait. intros H. destruct (queue sh) as [|[x|] q] eqn:Q.
  - assert (E : seen = [Refuse NotEmpty (closed sh)] /\ sh' = sh).
    { destruct (closed sh); [|destruct d; try discriminate]; now injection H as <- _ _ <-. }
    destruct E as [-> ->]. apply explains_one with (l := []); simpl; rewrite ?app_nil_r; auto.
    rewrite Q. constructor.
  - injection H as <- _ _ <-. apply explains_take. rewrite Q. apply Nat.le_min_r.
  - injection H as <- _ _ <-. apply explains_one with (l := [Sentinel]); fields.
    + rewrite Q. constructor.
    + simpl. now rewrite app_nil_r.
    + rewrite Q. reflexivity.
Qed.

Lemma explains_drop i h hd sh sh' next hd' seen :
  drop_handle i h hd sh = Acts sh' next hd' seen -> explains (say i seen) sh sh'.
Proof.
  unfold drop_handle. intros H.
  destruct (_ =? 0); [injection H as <- _ _ <-; now apply explains_silent|].
  assert (CL : forall e x, silent e ->
    explains (say i (e :: if closed sh then [] else [Close])) sh (close (recount h x sh))).
  { intros e x S. change (e :: ?y) with ([e] ++ y). rewrite say_app.
    eapply explains_app with (sh1 := sh); [apply explains_silent; auto; constructor; auto|].
    destruct (closed sh) eqn:C.
    - apply explains_silent; destruct h; auto; fields; now rewrite C.
    - apply explains_close; destruct h; auto. }
  destruct h, (_ - 1) eqn:E in H; injection H as <- _ _ <-; try rewrite E;
    try (now apply CL); try (apply explains_silent; repeat constructor; fail).
  rewrite app_comm_cons, say_app. eapply explains_app; [now apply CL|].
  change (drained sh) with (drained (close (recount ReceiverHandle 0 sh))).
  now apply explains_drain.
Qed.

Lemma attempt_explained i hd (o : op A) sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> explains (say i seen) sh sh'.
Proof.
  intros H.
  assert (R0 : forall e l sh2, seen = [e] -> sh' = sh2 -> queue sh2 = queue sh ->
     closed sh2 = closed sh -> accepted sh2 = accepted sh -> removed sh2 = removed sh -> l = [] ->
     sequential (queue sh) (closed sh) e l (queue sh) (closed sh) -> came_in (i, e, l) = [] ->
     went_out (i, e, l) = [] -> explains (say i seen) sh sh').
  { intros e l sh2 -> -> Q C AC RM -> S CI WO. apply explains_one with (l := []); auto.
    - now rewrite Q, C. - now rewrite CI, app_nil_r. - now rewrite WO, app_nil_r. }
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. destruct (Nat.eqb_spec (length b) 0) as [|NB];
      [injection H as <- _ _ <-; now apply explains_silent|].
    destruct (closed sh) eqn:C.
    { injection H as <- _ _ <-. eapply R0; eauto; try constructor. }
    destruct (Nat.eqb_spec (fit capacity sh b) 0) as [Z|Z].
    { destruct d; try discriminate. injection H as <- _ _ <-.
      eapply R0; eauto; try constructor. eapply fit_full; eauto. }
    injection H as <- _ _ <-.
    assert (LF : length (firstn (fit capacity sh b) b) = fit capacity sh b).
    { rewrite firstn_length. unfold fit. destruct capacity; lia. }
    rewrite <- LF at 1. apply explains_push; auto. rewrite LF.
    destruct (fit_room sh b); auto. lia.
  - unfold force_send in H. destruct (closed sh) eqn:C.
    { injection H as <- _ _ <-. eapply R0; eauto; try constructor. }
    destruct (Nat.ltb_spec 0 (fit capacity sh [a])) as [Z|Z].
    { injection H as <- _ _ <-. apply (explains_push i [a]); auto.
      assert (F1 : fit capacity sh [a] = 1).
      { unfold fit in *. destruct capacity; simpl in *; [|auto]. destruct (n - items sh); simpl in *; lia. }
      destruct (fit_room sh [a]) as [K|K]; [lia|]. now rewrite F1 in K. }
    assert (FU : full (queue sh)) by (apply (fit_full sh [a]); simpl; lia).
    unfold evict in H. destruct (split_oldest (queue sh)) as [[x q]|] eqn:E; injection H as <- _ _ <-.
    + exists [(i, Evict, [Item x]); (i, Push 1, [Item a])]. fields. simpl. rewrite C.
      repeat split; auto. eapply h_replace; eauto. constructor.
    + eapply R0; eauto; try constructor. exact FU.
  - unfold send_sentinels in H. destruct (closed sh) eqn:C; injection H as <- _ _ <-.
    { eapply R0; eauto; try constructor. }
    apply explains_one with (l := repeat Sentinel n); fields; simpl; rewrite ?app_nil_r; auto.
    rewrite C. constructor.
  - eapply explains_receive; eauto.
  - eapply explains_receive; eauto.
  - injection H as <- _ _ <-. now apply explains_close.
  - injection H as <- _ _ <-. change (Close :: ?x) with ([Close] ++ x). rewrite say_app.
    eapply explains_app; [now apply explains_close with (sh' := close sh)|].
    change (drained sh) with (drained (close sh)). now apply explains_drain.
  - unfold clone_handle in H. cases_of H; injection H as <- _ _ <-;
      apply explains_silent; repeat constructor.
  - eapply explains_drop; eauto.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ <-; apply explains_silent;
      repeat constructor.
  - unfold send_sentinels_front in H. destruct (closed sh) eqn:C; injection H as <- _ _ <-.
    { eapply R0; eauto; try constructor. }
    apply explains_one with (l := repeat Sentinel m); fields; simpl; rewrite ?app_nil_r; auto.
    rewrite C. constructor.
  - injection H as <- _ _ <-. unfold drained_items, items.
    destruct (items_of (queue sh)) as [|x l] eqn:E; cbn [length].
    + assert (Q : forall q : list (cell A), items_of q = [] -> repeat Sentinel (sentinels_in q) = q).
      { unfold sentinels_in. induction q as [|[y|] q IH]; simpl; intros K; auto; [discriminate|].
        f_equal. auto. }
      apply explains_silent; fields; auto. rewrite E. apply app_nil_r.
    + change (S (length l)) with (length (x :: l)). rewrite <- E.
      apply explains_one with (l := map Item (items_of (queue sh))); fields.
      * constructor. rewrite E. discriminate.
      * simpl. now rewrite app_nil_r.
      * reflexivity.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ <-; apply explains_silent;
      repeat constructor.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ <-; apply explains_silent;
      repeat constructor.
  - unfold put_task_back in H. destruct (_ =? 0); [injection H as <- _ _ <-; now apply explains_silent|].
    destruct (closed sh) eqn:C; injection H as <- _ _ <-.
    { eapply R0; eauto; try constructor. }
    apply explains_one with (l := [Item p]); fields; simpl; rewrite ?app_nil_r; auto.
    rewrite C. constructor.
Qed.
Lemma explains_calls i nt TH sh0 sh sh' : queue sh' = queue sh -> closed sh' = closed sh ->
  accepted sh' = accepted sh -> removed sh' = removed sh ->
  explains (say i (all_calls capacity sh0 nt TH)) sh sh'.
Proof.
  intros. apply explains_silent; auto. unfold all_calls. rewrite !Forall_app.
  assert (C : forall sd, Forall silent (calls capacity sd sh0 nt TH)).
  { intros sd. unfold calls. destruct (_ && _); [repeat constructor|].
    induction (due capacity sd sh0 nt TH); simpl; constructor; simpl; auto. }
  auto.
Qed.

Lemma explains_back i x b sh : explains (say i (back x b)) sh sh.
Proof. apply explains_silent; auto. destruct x; repeat constructor. Qed.

Lemma explains_nothing sh sh' : queue sh' = queue sh -> closed sh' = closed sh ->
  accepted sh' = accepted sh -> removed sh' = removed sh -> explains [] sh sh'.
Proof. intros. now apply (explains_silent 0 []). Qed.

Lemma step_explained k i s s' : step capacity k i s s' ->
  exists L, log s' = log s ++ L /\ explains L (shared_of s) (shared_of s').
Proof.
  intros Hs. destruct Hs; cbn [log shared_of] in *;
    try (exists []; rewrite app_nil_r; split; auto; now apply explains_nothing).
  - eexists. split; [reflexivity|]. rewrite !say_app.
    eapply explains_app; [apply explains_back|]. eapply explains_app; [eapply attempt_explained; eauto|].
    now apply explains_calls.
  - eexists. split; [reflexivity|]. rewrite say_app.
    eapply explains_app; [apply explains_back|]. apply explains_silent; repeat constructor.
  - eexists. split; [reflexivity|]. change (Cancel sd :: ?x) with ([Cancel sd] ++ x). rewrite say_app.
    eapply explains_app with (sh1 := sh); [apply explains_silent; auto; repeat constructor|].
    now apply explains_calls.
  - eexists. split; [reflexivity|]. apply explains_back.
Qed.

(** The log is a history of the sequential queue that ends with the contents as they
    are; and the cells that it moves are those accepted and those removed, in order,
    each through the thread that reports it. *)
Theorem C3_linearizable (c : crew A) s : reachable capacity c s -> exists h,
  map fst h = log s /\
  history h [] (closed (shared_of (init c))) (queue (shared_of s)) (closed (shared_of s)) /\
  accepted (shared_of s) = flat_map came_in h /\
  removed (shared_of s) = flat_map went_out h.
Proof.
  intros [ks R].
  assert (G : explains (log s) (shared_of (init c)) (shared_of s)).
  { remember (init c) as s0 eqn:E. assert (L0 : log s0 = []) by (subst; reflexivity).
    induction R as [s|ks k i s s' s'' R IH Hs].
    - rewrite L0. now apply explains_nothing.
    - subst s. destruct (step_explained _ _ _ _ Hs) as (L & -> & X).
      eapply explains_app; [apply IH; auto|exact X]. }
  exact G.
Qed.

End Linearizable.

(** * The invariant: on every side, enough notifications are on their way.

    Between two critical sections, on every side: the pending notifications
    cover all waiters or all that is ready ([booked]), and each is carried by a
    thread that is awake and on its way back ([carried]). So if a thread sleeps
    un-notified, each thing that is ready has a woken thread of its own. *)

From Coq Require Import List Arith Lia Bool.
Import ListNotations.
From SentinelQueue Require Import Model Lists.

(** Takes a hypothesis about a case distinction apart. *)
Ltac cases_of H :=
  repeat match type of H with
  | context [match ?x with _ => _ end] => destruct x eqn:?; try discriminate
  end.

Section Invariant.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (t : thread A) (TH : list (thread A)) (o : op A).

(** The side that an operation may wait on. *)
Definition waits_on o : option side :=
  match o with
  | Send _ _ => Some NotFull
  | Recv _ _ _ | Work _ => Some NotEmpty
  | Join _ => Some AllDone
  | _ => None
  end.

(** ** What an attempt may come to *)

Lemma fit_ready sh (batch : list A) : closed sh = false -> length batch <> 0 ->
  fit capacity sh batch = 0 <-> ready capacity NotFull sh = Some 0.
Proof.
  intros C L. unfold fit, ready. rewrite C. destruct capacity as [c|].
  - split; [|intros [= ?]]; [intros; f_equal|]; lia.
  - split; [lia|discriminate].
Qed.

Lemma attempt_blocks i hd o sh sd : attempt capacity i hd o sh = Blocks sd ->
  waits_on o = Some sd /\ ready capacity sd sh = Some 0 /\ deadline_of o <> Some Now.
Proof.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl; try discriminate.
  - unfold send. destruct (Nat.eqb_spec (length b) 0); [discriminate|].
    destruct (closed sh) eqn:C; [discriminate|].
    destruct (Nat.eqb_spec (fit capacity sh b) 0); [|discriminate].
    destruct d; simpl; try discriminate; intros [= <-]; repeat split; try discriminate;
      now apply (fit_ready sh b).
  - unfold force_send. destruct (closed sh); [discriminate|].
    destruct (_ <? _); [discriminate|]. destruct (evict _ _); discriminate.
  - unfold send_sentinels. destruct (closed sh); discriminate.
  - unfold receive. destruct (queue sh) as [|[]] eqn:Q; try discriminate.
    destruct (closed sh) eqn:C; [discriminate|].
    destruct d; simpl; try discriminate; intros [= <-]; simpl; rewrite C, Q;
      repeat split; discriminate.
  - unfold receive. destruct (queue sh) as [|[]] eqn:Q; try discriminate.
    destruct (closed sh) eqn:C; [discriminate|].
    simpl; intros [= <-]; simpl; rewrite C, Q; repeat split; discriminate.
  - unfold clone_handle. destruct (_ =? 0); [discriminate|]. destruct h; discriminate.
  - unfold drop_handle. destruct (_ =? 0); [discriminate|]. destruct h, (_ - 1); discriminate.
  - unfold join. destruct (done sh) eqn:D; [discriminate|].
    destruct d; simpl; try discriminate; intros [= <-]; simpl; rewrite D;
      repeat split; discriminate.
  - unfold send_sentinels_front. destruct (closed sh); discriminate.
  - unfold leave_if_idle. destruct (_ || _); discriminate.
  - unfold upgrade. destruct (_ <? _), u; discriminate.
  - unfold put_task_back. destruct (_ =? 0), (closed sh); discriminate.
Qed.

(** Conversely, an operation that needs the lock acts unless it blocks. *)
Lemma attempt_acts i hd o sh sd : waits_on o = Some sd -> ready capacity sd sh <> Some 0 ->
  exists sh' next hd' seen, attempt capacity i hd o sh = Acts sh' next hd' seen.
Proof.
  intros W R. destruct (attempt capacity i hd o sh) as [sh' next hd' seen|sd'|] eqn:E; eauto 6.
  - apply attempt_blocks in E as (W' & R' & _). congruence.
  - destruct o; try discriminate; simpl in E;
      unfold send, receive, join, or_wait in E; cases_of E.
Qed.

(** ** Counting threads *)

Definition in_place (x : place) (awake : bool) (sd : side) : nat :=
  match x with
  | Asleep y => if awake then 0 else if side_eqb y sd then 1 else 0
  | Woken y => if awake then (if side_eqb y sd then 1 else 0) else 0
  | Outside => 0
  end.

Lemma asleep_upd sd TH i t u : nth_error TH i = Some t ->
  asleep sd (upd TH i u) + in_place (spot t) false sd = asleep sd TH + in_place (spot u) false sd.
Proof.
  intros H. unfold asleep.
  pose proof (sum_upd (fun t => match spot t with Asleep x => if side_eqb x sd then 1 else 0
                                | _ => 0 end) _ _ _ u H) as E. simpl in E.
  destruct (spot t), (spot u); simpl; lia.
Qed.

Lemma woken_upd sd TH i t u : nth_error TH i = Some t ->
  woken sd (upd TH i u) + in_place (spot t) true sd = woken sd TH + in_place (spot u) true sd.
Proof.
  intros H. unfold woken.
  pose proof (sum_upd (fun t => match spot t with Woken x => if side_eqb x sd then 1 else 0
                                | _ => 0 end) _ _ _ u H) as E. simpl in E.
  destruct (spot t), (spot u); simpl; lia.
Qed.

Lemma side_eqb_refl sd : side_eqb sd sd = true.
Proof. destruct sd; auto. Qed.

Lemma side_eqb_eq a b : side_eqb a b = true <-> a = b.
Proof. destruct a, b; simpl; split; intros; try discriminate; auto. Qed.

Lemma asleep_one sd TH i t : nth_error TH i = Some t -> spot t = Asleep sd -> 0 < asleep sd TH.
Proof.
  intros H E. pose proof (asleep_upd sd _ _ _ (Thread Outside [] (holds t)) H) as K.
  rewrite E in K. simpl in K. rewrite side_eqb_refl in K. lia.
Qed.

Lemma asleep_some sd TH : 0 < asleep sd TH ->
  exists i t, nth_error TH i = Some t /\ spot t = Asleep sd.
Proof.
  intros H. apply sum_positive in H as (i & t & H & E). exists i, t. split; auto.
  destruct (spot t) as [|x|]; try lia. destruct (side_eqb x sd) eqn:S; [|lia].
  apply side_eqb_eq in S. now subst.
Qed.

Lemma woken_some sd TH : 0 < woken sd TH ->
  exists i t, nth_error TH i = Some t /\ spot t = Woken sd.
Proof.
  intros H. apply sum_positive in H as (i & t & H & E). exists i, t. split; auto.
  destruct (spot t) as [| |x]; try lia. destruct (side_eqb x sd) eqn:S; [|lia].
  apply side_eqb_eq in S. now subst.
Qed.

(** ** What notifications do: some sleepers are woken, nothing else changes *)

Definition same_but_woken t t' : Prop := t' = t \/ exists sd, spot t = Asleep sd /\ t' = wake t.

Inductive wakened : list (thread A) -> list (thread A) -> Prop :=
| wakened_nil : wakened [] []
| wakened_cons t t' l l' : same_but_woken t t' -> wakened l l' -> wakened (t :: l) (t' :: l').

Lemma wakened_refl TH : wakened TH TH.
Proof. induction TH; constructor; auto. left; auto. Qed.

Lemma same_but_woken_trans t t' t'' :
  same_but_woken t t' -> same_but_woken t' t'' -> same_but_woken t t''.
Proof.
  intros [->|(x & E & ->)] [->|(y & F & ->)]; unfold same_but_woken; eauto.
  unfold wake in *. rewrite E in *. simpl in *. discriminate.
Qed.

Lemma wakened_trans TH TH' TH'' : wakened TH TH' -> wakened TH' TH'' -> wakened TH TH''.
Proof.
  intros H. revert TH''. induction H; intros TH'' K; inversion K; subst; constructor; auto.
  eapply same_but_woken_trans; eauto.
Qed.

Lemma wakened_upd : forall TH j t sd, nth_error TH j = Some t -> spot t = Asleep sd ->
  wakened TH (upd TH j (wake t)).
Proof.
  induction TH as [|u TH IH]; intros [|j] t sd H E; simpl in *; try discriminate.
  - injection H as ->. constructor; [right; eauto|apply wakened_refl].
  - constructor; [left; auto|eauto].
Qed.

Lemma wakened_nth : forall TH TH', wakened TH TH' -> forall j t, nth_error TH j = Some t ->
  exists t', nth_error TH' j = Some t' /\ same_but_woken t t'.
Proof.
  induction 1; intros [|j] u E; simpl in *; try discriminate.
  - injection E as <-. eauto.
  - eauto.
Qed.

Lemma wakened_nth' : forall TH TH', wakened TH TH' -> forall j t', nth_error TH' j = Some t' ->
  exists t, nth_error TH j = Some t /\ same_but_woken t t'.
Proof.
  induction 1; intros [|j] u E; simpl in *; try discriminate.
  - injection E as <-. eauto.
  - eauto.
Qed.

Lemma woken_program t t' : same_but_woken t t' -> program t' = program t /\ holds t' = holds t.
Proof. intros [->|(x & E & ->)]; auto. unfold wake. rewrite E. auto. Qed.

Lemma wake_program t : program (wake t) = program t.
Proof. unfold wake. destruct (spot t); auto. Qed.

Lemma wake_holds t : holds (wake t) = holds t.
Proof. unfold wake. destruct (spot t); auto. Qed.

Lemma wakened_sum TH TH' (f : thread A -> nat) : wakened TH TH' ->
  (forall t t', program t' = program t -> holds t' = holds t -> f t' = f t) ->
  sum f TH' = sum f TH.
Proof.
  intros H F. induction H; simpl; auto. apply woken_program in H as [? ?].
  rewrite IHwakened. f_equal. auto.
Qed.

Lemma wakened_map {Y} TH TH' (f : thread A -> Y) : wakened TH TH' ->
  (forall t t', program t' = program t -> holds t' = holds t -> f t' = f t) ->
  map f TH' = map f TH.
Proof.
  intros H F. induction H; simpl; auto. apply woken_program in H as [? ?].
  rewrite IHwakened. f_equal. auto.
Qed.

Lemma wakened_length TH TH' : wakened TH TH' -> length TH' = length TH.
Proof. induction 1; simpl; auto. Qed.

Lemma notify_facts sd n TH TH' : notify sd n TH TH' ->
  wakened TH TH' /\
  asleep sd TH' = asleep sd TH - n /\
  woken sd TH' = woken sd TH + min n (asleep sd TH) /\
  forall x, x <> sd -> asleep x TH' = asleep x TH /\ woken x TH' = woken x TH.
Proof.
  induction 1 as [TH|n j t TH TH' Hj E Hn IH|n TH Z].
  - repeat split; auto using wakened_refl; lia.
  - destruct IH as (W & S1 & S2 & O).
    pose proof (wakened_upd _ _ _ _ Hj E) as W1.
    assert (K : forall x, asleep x (upd TH j (wake t)) = asleep x TH - in_place (Asleep sd) false x
                /\ woken x (upd TH j (wake t)) = woken x TH + in_place (Asleep sd) false x).
    { intros x. pose proof (asleep_upd x _ _ _ (wake t) Hj) as K1.
      pose proof (woken_upd x _ _ _ (wake t) Hj) as K2.
      unfold wake in K1, K2 |- *. rewrite E in *. simpl in *. destruct (side_eqb sd x); lia. }
    destruct (K sd) as [K1 K2]. simpl in K1, K2. rewrite side_eqb_refl in K1, K2.
    pose proof (asleep_one _ _ _ _ Hj E). repeat split.
    + eapply wakened_trans; eauto.
    + lia.
    + lia.
    + destruct (O x H0) as [O1 _]. destruct (K x) as [K3 _]. rewrite O1, K3. simpl.
      destruct (side_eqb sd x) eqn:Q; [|lia]. apply side_eqb_eq in Q. congruence.
    + destruct (O x H0) as [_ O2]. destruct (K x) as [_ K4]. rewrite O2, K4. simpl.
      destruct (side_eqb sd x) eqn:Q; [|lia]. apply side_eqb_eq in Q. congruence.
  - repeat split; auto using wakened_refl; lia.
Qed.

(** How many waiters of a side have to be notified. *)
Definition wanted sd sh (n : nat) : nat :=
  match ready capacity sd sh with None => n | Some r => min n r end.

Lemma settle_facts sh nt TH nt' TH' : settle capacity sh nt TH nt' TH' ->
  wakened TH TH' /\
  forall sd, waiting sd TH' = waiting sd TH /\
    get sd nt' = get sd nt + due capacity sd sh nt TH /\
    woken sd TH' = woken sd TH + min (due capacity sd sh nt TH) (asleep sd TH) /\
    (get sd nt <= woken sd TH ->
      wanted sd sh (waiting sd TH') <= get sd nt' /\ get sd nt' <= woken sd TH').
Proof.
  intros [TH1 TH2 TH3 N1 N2 N3].
  apply notify_facts in N1 as (W1 & A1 & B1 & O1), N2 as (W2 & A2 & B2 & O2),
    N3 as (W3 & A3 & B3 & O3).
  split; [eauto using wakened_trans|].
  set (dE := due capacity NotEmpty sh nt TH) in *. set (dF := due capacity NotFull sh nt TH) in *.
  set (dD := due capacity AllDone sh nt TH) in *.
  assert (K : forall sd, asleep sd TH3 = asleep sd TH - due capacity sd sh nt TH /\
                woken sd TH3 = woken sd TH + min (due capacity sd sh nt TH) (asleep sd TH)).
  { intros sd. destruct sd; fold dE dF dD.
    - destruct (O3 NotEmpty), (O2 NotEmpty); try discriminate. lia.
    - destruct (O3 NotFull), (O1 NotFull); try discriminate. lia.
    - destruct (O1 AllDone), (O2 AllDone); try discriminate. lia. }
  intros sd. destruct (K sd) as [K1 K2].
  assert (G : get sd (PerSide (of_not_empty nt + dE) (of_not_full nt + dF) (of_all_done nt + dD))
              = get sd nt + due capacity sd sh nt TH) by (destruct sd; reflexivity).
  assert (WT : waiting sd TH3 = waiting sd TH) by (unfold waiting; lia).
  split; [auto|]. split; [auto|]. split; [auto|]. intros Hle. split.
  - rewrite WT, G. unfold wanted, due. destruct (ready capacity sd sh); lia.
  - assert (D : due capacity sd sh nt TH <= waiting sd TH - get sd nt)
      by (unfold due; destruct (ready capacity sd sh); lia).
    unfold waiting in D. lia.
Qed.

(** ** The invariant *)

(** A thread inside a wait is where its operation said it would wait. *)
Definition well_placed t : Prop :=
  match spot t with
  | Outside => True
  | Asleep sd => exists o r, program t = o :: r /\ waits_on o = Some sd /\
                             deadline_of o <> Some Now
  | Woken sd => exists o r, program t = o :: r /\ waits_on o = Some sd
  end.

Record Inv s : Prop := {
  placed : Forall well_placed (threads s);
  booked : forall sd, wanted sd (shared_of s) (waiting sd (threads s)) <= get sd (notified s);
  carried : forall sd, get sd (notified s) <= woken sd (threads s);
  bounded : forall c, capacity = Some c -> items (shared_of s) <= c + put_backs (log s)
}.

Lemma well_placed_wakened TH TH' : wakened TH TH' -> Forall well_placed TH ->
  Forall well_placed TH'.
Proof.
  induction 1; intros F; inversion F; subst; constructor; auto.
  destruct H as [->|(sd & E & ->)]; auto.
  unfold well_placed, wake in *. rewrite E in *. simpl. destruct H3 as (o & r & ? & ? & _). eauto.
Qed.

Lemma items_of_app (l l' : list (cell A)) : items_of (l ++ l') = items_of l ++ items_of l'.
Proof. apply flat_map_app. Qed.

Lemma items_of_map (l : list A) : items_of (map Item l) = l.
Proof. induction l; simpl; auto. now f_equal. Qed.

Lemma items_of_sentinels n : items_of (repeat (@Sentinel A) n) = [].
Proof. induction n; simpl; auto. Qed.

Lemma items_of_skipn k : forall l : list (cell A),
  length (items_of (skipn k l)) <= length (items_of l).
Proof.
  intros l. rewrite <- (firstn_skipn k l) at 2. rewrite items_of_app, app_length. lia.
Qed.

Lemma split_oldest_items : forall (q : list (cell A)) a q', split_oldest q = Some (a, q') ->
  items_of q = a :: items_of q'.
Proof.
  induction q as [|[b|] q IH]; simpl; intros a q' H; try discriminate.
  - injection H as -> ->. auto.
  - destruct (split_oldest q) as [[b r]|]; [|discriminate]. injection H as -> <-. simpl. auto.
Qed.

(** No attempt lets more items in than there is room for, but the putting back of one. *)
Lemma attempt_bounded i hd o sh sh' next hd' seen c : capacity = Some c ->
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  items sh' <= Nat.max c (items sh) + put_backs (say i seen).
Proof.
  intros HC HA.
  assert (LE : items sh' <= Nat.max c (items sh) ->
               items sh' <= Nat.max c (items sh) + put_backs (say i seen)) by lia.
  assert (SAME : items sh' = items sh -> items sh' <= Nat.max c (items sh)) by lia.
  unfold items in *. destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in HA.
  - apply LE. unfold send in HA. destruct (_ =? 0); [injection HA as <- _ _ _; auto|].
    destruct (closed sh); [injection HA as <- _ _ _; auto|].
    destruct (_ =? 0); [destruct d; try discriminate; injection HA as <- _ _ _; auto|].
    injection HA as <- _ _ _. simpl. rewrite items_of_app, items_of_map, app_length.
    rewrite firstn_length. unfold fit, items. rewrite HC. lia.
  - apply LE. unfold force_send in HA. destruct (closed sh); [injection HA as <- _ _ _; auto|].
    destruct (Nat.ltb_spec 0 (fit capacity sh [a])) as [F|F].
    + injection HA as <- _ _ _. simpl. rewrite items_of_app, app_length. simpl.
      unfold fit, items in F. rewrite HC in F. lia.
    + unfold evict in HA. destruct (split_oldest (queue sh)) as [[b q]|] eqn:E;
        injection HA as <- _ _ _; auto. simpl. apply split_oldest_items in E. rewrite E.
      rewrite items_of_app, app_length. simpl. lia.
  - apply LE. unfold send_sentinels in HA. destruct (closed sh); injection HA as <- _ _ _; auto.
    simpl. rewrite items_of_app, items_of_sentinels, app_nil_r. lia.
  - apply LE. unfold receive in HA.
    destruct (queue sh) as [|[]] eqn:Q; [|injection HA as <- _ _ _..].
    + destruct (closed sh); [|destruct d; try discriminate]; injection HA as <- _ _ _;
        rewrite Q; simpl; lia.
    + cbn [queue take]. rewrite Q. rewrite items_of_skipn. lia.
    + simpl. rewrite Q. simpl. lia.
  - apply LE. unfold receive in HA.
    destruct (queue sh) as [|[]] eqn:Q; [|injection HA as <- _ _ _..].
    + destruct (closed sh); [|discriminate]; injection HA as <- _ _ _; rewrite Q; simpl; lia.
    + simpl. rewrite Q. simpl. lia.
    + simpl. rewrite Q. simpl. lia.
  - injection HA as <- _ _ _; auto.
  - injection HA as <- _ _ _; simpl; lia.
  - apply LE. unfold clone_handle in HA.
    destruct (_ =? 0); [|destruct h]; injection HA as <- _ _ _; auto.
  - apply LE. unfold drop_handle in HA. destruct (_ =? 0); [injection HA as <- _ _ _; auto|].
    destruct h, (_ - 1); injection HA as <- _ _ _; simpl; auto; lia.
  - discriminate.
  - apply LE. unfold join in HA. destruct (done sh); [|destruct d; try discriminate];
      injection HA as <- _ _ _; auto.
  - discriminate.
  - apply LE. unfold send_sentinels_front in HA. destruct (closed sh); injection HA as <- _ _ _; auto.
    simpl. rewrite items_of_app, items_of_sentinels. simpl. lia.
  - apply LE. injection HA as <- _ _ _. simpl. rewrite items_of_sentinels. simpl. lia.
  - apply LE. unfold leave_if_idle in HA. destruct (_ || _); injection HA as <- _ _ _; auto.
  - apply LE. unfold upgrade in HA. destruct (_ <? _), u; injection HA as <- _ _ _; auto.
  - unfold put_task_back in HA. destruct (_ =? 0); [injection HA as <- _ _ <-; apply LE; auto|].
    destruct (closed sh); injection HA as <- _ _ <-; [apply LE; auto|].
    change (put_backs (say i [PutBack])) with 1. cbn [queue recount push].
    rewrite items_of_app, app_length. cbn [items_of flat_map length app]. lia.
Qed.

Lemma get_come_back sd x nt : get sd (come_back x nt) =
  match x with Woken y => if side_eqb y sd then get sd nt - 1 else get sd nt | _ => get sd nt end.
Proof. destruct x as [|y|y]; simpl; auto. destruct y, sd; reflexivity. Qed.

Lemma get_give_up_wait sd x nt :
  get x (give_up_wait sd nt) = if side_eqb sd x then get x nt - 1 else get x nt.
Proof. destruct sd, x; reflexivity. Qed.

(** Steps outside the lock move no thread between places, but for waking one. *)
Lemma Inv_same_spots s sh TH TH' nt L : Inv s -> shared_of s = sh -> notified s = nt ->
  threads s = TH -> put_backs (log s) <= put_backs L -> forall sh', (forall sd, ready capacity sd sh' = ready capacity sd sh) ->
  items sh' = items sh -> Forall well_placed TH' ->
  (forall sd, waiting sd TH' = waiting sd TH /\ woken sd TH <= woken sd TH') ->
  Inv (State sh' nt TH' L).
Proof.
  intros [P B C D] <- <- <- LE sh' R I W K. split; cbn [shared_of notified threads log]; auto.
  - intros sd. destruct (K sd) as [-> _]. unfold wanted. rewrite R. apply B.
  - intros sd. destruct (K sd) as [_ ?]. specialize (C sd). lia.
  - intros c Hc. rewrite I. specialize (D c Hc). lia.
Qed.

Lemma same_spot_counts TH i t u : nth_error TH i = Some t -> spot u = spot t ->
  forall sd, waiting sd (upd TH i u) = waiting sd TH /\ woken sd TH <= woken sd (upd TH i u).
Proof.
  intros H E sd. pose proof (asleep_upd sd _ _ _ u H). pose proof (woken_upd sd _ _ _ u H).
  rewrite E in *. unfold waiting. lia.
Qed.

Lemma wake_counts TH i t u : nth_error TH i = Some t -> spot u = spot t ->
  forall sd, waiting sd (upd TH i (wake u)) = waiting sd TH /\
             woken sd TH <= woken sd (upd TH i (wake u)).
Proof.
  intros H E sd. pose proof (asleep_upd sd _ _ _ (wake u) H).
  pose proof (woken_upd sd _ _ _ (wake u) H).
  unfold wake, waiting in *. rewrite E in *.
  destruct (spot t) eqn:F; rewrite ?E in *; simpl in *; lia.
Qed.

Theorem step_inv k i s s' : step capacity k i s s' -> Inv s -> Inv s'.
Proof.
  intros Hs HI. assert (HI' := HI). destruct HI' as [P B C D]. destruct Hs;
    cbn [shared_of notified threads log] in P, B, C, D.
  - (* a section that acts *)
    apply settle_facts in H4 as (W & F).
    assert (K : forall sd, get sd (come_back (spot t) nt)
                  <= woken sd (upd TH i (Thread Outside (next ++ r) hd'))).
    { intros sd. rewrite get_come_back. specialize (C sd).
      pose proof (woken_upd sd _ _ _ (Thread Outside (next ++ r) hd') H) as E.
      destruct (spot t) as [|y|y]; simpl in E; [lia|lia|]. destruct (side_eqb y sd); lia. }
    split; cbn [shared_of notified threads].
    + eapply well_placed_wakened; eauto. apply Forall_upd; auto. exact I.
    + intros sd. destruct (F sd) as (_ & _ & _ & G). apply G, K.
    + intros sd. destruct (F sd) as (_ & _ & _ & G). apply G, K.
    + intros c Hc. pose proof (attempt_bounded _ _ _ _ _ _ _ _ c Hc H2) as LE. specialize (D c Hc).
      cbn [log]. unfold put_backs, say in *. rewrite !map_app, !sum_app. lia.
  - (* a section that goes to sleep *)
    apply attempt_blocks in H2 as (W & R & N).
    assert (SP : spot t = Outside \/ spot t = Woken sd).
    { pose proof (Forall_nth _ _ _ _ P H) as WP. unfold well_placed, awake in *.
      destruct (spot t); auto; [contradiction|]. destruct WP as (o' & r' & E & W').
      rewrite H0 in E. injection E as <- <-. right. congruence. }
    set (u := Thread (Asleep sd) (o :: r) (holds t)).
    split; cbn [shared_of notified threads log]; auto.
    + apply Forall_upd; auto. exists o, r. auto.
    + intros x. rewrite get_come_back. pose proof (asleep_upd x _ _ _ u H) as E1.
      pose proof (woken_upd x _ _ _ u H) as E2. specialize (B x).
      unfold u in *. unfold wanted, waiting in *. destruct (side_eqb sd x) eqn:Q.
      * apply side_eqb_eq in Q as <-. rewrite R. lia.
      * destruct SP as [SP|SP]; rewrite SP in *; simpl in *; rewrite ?Q in *;
          destruct (ready capacity x sh); lia.
    + intros x. rewrite get_come_back. pose proof (woken_upd x _ _ _ u H) as E2.
      specialize (C x). unfold u in *. destruct SP as [SP|SP]; rewrite SP in *; simpl in *; [lia|].
      destruct (side_eqb sd x); lia.
    + intros c Hc. specialize (D c Hc). unfold put_backs in *. rewrite sum_app. lia.
  - eapply Inv_same_spots; eauto; cbn [shared_of threads].
    + apply Forall_upd; [apply Forall_upd; auto; exact I|].
      pose proof (Forall_nth _ _ _ _ P H2). exact H5.
    + intros sd. set (t' := Thread Outside r _).
      destruct (same_spot_counts TH i t t' H (eq_sym H1) sd).
      assert (H7 : nth_error (upd TH i t') j = Some u) by (rewrite nth_upd_other; auto).
      destruct (same_spot_counts _ j u (Thread (spot u) (program u)
         (own h (owns h (holds u) + 1) (holds u))) H7 eq_refl sd). lia.
  - eapply Inv_same_spots; eauto; cbn [shared_of threads].
    + apply Forall_upd; auto. exact I.
    + intros sd. eapply same_spot_counts; eauto.
  - eapply Inv_same_spots; eauto; cbn [shared_of threads].
    + apply Forall_upd; auto. exact I.
    + intros sd. eapply same_spot_counts; eauto.
  - eapply Inv_same_spots; eauto; cbn [shared_of threads].
    + apply Forall_upd; auto. pose proof (Forall_nth _ _ _ _ P H) as WP.
      assert (E : waits_on (expired o) = waits_on o) by (destruct o; auto).
      unfold well_placed, wake in *. cbn [spot]. destruct (spot t); cbn [spot program]; auto.
      * destruct WP as (o' & r' & Q & W & _). rewrite H0 in Q. injection Q as <- <-.
        exists (expired o), r. now rewrite E.
      * destruct WP as (o' & r' & Q & W). rewrite H0 in Q. injection Q as <- <-.
        exists (expired o), r. now rewrite E.
    + intros sd. eapply wake_counts; eauto.
  - eapply Inv_same_spots; eauto; cbn [shared_of threads].
    + eapply well_placed_wakened; eauto. eapply wakened_upd; eauto.
    + intros x. eapply wake_counts; eauto.
  - eapply Inv_same_spots; eauto; cbn [shared_of threads].
    + apply Forall_upd; auto. exact I.
    + intros sd. eapply same_spot_counts; eauto.
  - (* a waiter that is cancelled *)
    apply settle_facts in H2 as (W & F).
    assert (K : forall x, get x (give_up_wait sd nt)
                  <= woken x (upd TH i (Thread Outside r (holds t)))).
    { intros x. rewrite get_give_up_wait. specialize (C x).
      pose proof (woken_upd x _ _ _ (Thread Outside r (holds t)) H) as E.
      destruct (spot t) as [|y|y]; simpl in H1, E; try discriminate; injection H1 as ->;
        destruct (side_eqb sd x); lia. }
    split; cbn [shared_of notified threads].
    + eapply well_placed_wakened; eauto. apply Forall_upd; auto. exact I.
    + intros x. destruct (F x) as (_ & _ & _ & G). apply G, K.
    + intros x. destruct (F x) as (_ & _ & _ & G). apply G, K.
    + intros c Hc. specialize (D c Hc). cbn [log]. unfold put_backs in *. rewrite sum_app.
      change (items (cancel o sh)) with (items sh). lia.
  - (* a waiter that looks in vain *)
    apply attempt_blocks in H2 as (W & R & N).
    split; cbn [shared_of notified threads log]; auto.
    + apply Forall_upd; auto. exact I.
    + intros x. rewrite get_come_back, H1. specialize (B x).
      pose proof (asleep_upd x _ _ _ (Thread Outside (o :: r) (holds t)) H) as E1.
      pose proof (woken_upd x _ _ _ (Thread Outside (o :: r) (holds t)) H) as E2.
      rewrite H1 in E1, E2. cbn [spot in_place] in E1, E2. unfold wanted, waiting in *.
      destruct (side_eqb sd x) eqn:Q.
      * apply side_eqb_eq in Q as <-. rewrite R. lia.
      * destruct (ready capacity x sh); lia.
    + intros x. rewrite get_come_back, H1. specialize (C x).
      pose proof (woken_upd x _ _ _ (Thread Outside (o :: r) (holds t)) H) as E2.
      rewrite H1 in E2. cbn [spot in_place] in E2. destruct (side_eqb sd x); lia.
    + intros c Hc. specialize (D c Hc). unfold put_backs in *. rewrite sum_app. lia.
Qed.

Lemma Inv_init (c : crew A) : Inv (init c).
Proof.
  assert (Z : forall sd, waiting sd (threads (init c)) = 0 /\ woken sd (threads (init c)) = 0).
  { intros sd. unfold waiting, asleep, woken, init. cbn [threads].
    rewrite !sum_map. cbn [spot]. rewrite !sum_zero; auto. }
  split.
  - apply Forall_forall. intros t Ht. apply in_map_iff in Ht as (m & <- & _). exact I.
  - intros sd. destruct (Z sd) as [-> _]. unfold wanted. destruct (ready _ _ _); simpl; lia.
  - intros sd. destruct sd; simpl; lia.
  - intros n _. unfold init, items. simpl. lia.
Qed.

Theorem reachable_inv c s : reachable capacity c s -> Inv s.
Proof.
  intros [ks H]. remember (init c) as s0. induction H; subst.
  - apply Inv_init.
  - eapply step_inv; eauto.
Qed.

End Invariant.

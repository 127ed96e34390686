(** * state.rs refines the model's list of cells

    The abstraction of a state of state.rs ([State.v]) is what [Model.v] calls
    [shared] and [notified]: [cells] puts the runs of sentinels between the items
    they precede. Each operation keeps the representation invariant [inv] and does
    to the abstraction what the model's operation does; a wakeup taken is one that
    the model is due. *)

From Coq Require Import List Arith NArith Bool Lia Sorted.
From SentinelQueue Require Import Model Lists Invariant State StateBuffer.
Import ListNotations.
Local Open Scope N_scope.

Section Refinement.

Context {A : Type}.
Variable lay runs_lay : Rust.layout.
Variable usize_max max_len : N.

(** What is assumed of sizes: a chunk holds an item, a batch takes one. *)
Definition sizes_ok : Prop :=
  (1 <= Rust.chunk_capacity lay /\ 1 <= Rust.singly lay /\
   1 <= Rust.chunk_capacity runs_lay /\ 1 <= Rust.singly runs_lay)%nat.
Hypothesis sizes : sizes_ok.

Implicit Types (s : Rust.state A) (sh : shared A).

(** ** The abstraction *)

(** The items from sequence number [h] on, and the runs among them. *)
Fixpoint cells_from (rs : list Rust.sentinel_run) (h : N) (l : list A) : list (cell A) :=
  match rs with
  | [] => map Item l
  | r :: rs =>
      let k := N.to_nat (Rust.position r - h) in
      map Item (firstn k l) ++ repeat Sentinel (N.to_nat (Rust.run_count r)) ++
      cells_from rs (N.max h (Rust.position r)) (skipn k l)
  end.

Definition cells s : list (cell A) :=
  repeat Sentinel (N.to_nat (Rust.ahead s)) ++
  cells_from (Rust.contents (Rust.runs s)) (Rust.head s) (Rust.contents (Rust.items s)).

Definition capacity_of s : option nat := option_map N.to_nat (Rust.capacity s).

(** What the model knows of a state. The history is the model's alone, but for the number of
    items ever accepted. *)
Record refines s sh : Prop := {
  r_queue : queue sh = cells s;
  r_closed : closed sh = Rust.closed s;
  r_senders : senders sh = N.to_nat (Rust.senders s);
  r_receivers : receivers sh = N.to_nat (Rust.receivers s);
  r_unfinished : unfinished sh = N.to_nat (Rust.unfinished s);
  r_accepted : length (items_of (accepted sh)) = N.to_nat (Rust.entered s)
}.

(** The same of the waiters: who waits, and the notifications not consumed. *)
Definition refines_waiters s (nt : per_side) (TH : list (thread A)) : Prop := forall c,
  waiting c TH = N.to_nat (Rust.waiting (Rust.waiters_of c s)) /\
  get c nt = N.to_nat (Rust.pending (Rust.waiters_of c s)).

(** ** The representation invariant *)

Definition sum_of (rs : list Rust.sentinel_run) : N :=
  fold_right (fun r n => Rust.run_count r + n) 0 rs.

Definition in_order (rs : list Rust.sentinel_run) : Prop :=
  StronglySorted N.lt (map Rust.position rs).

Record inv s : Prop := {
  i_items : well_formed (Rust.items s);
  i_runs : well_formed (Rust.runs s);
  i_sum : Rust.sentinels s = Rust.ahead s + sum_of (Rust.contents (Rust.runs s));
  i_counts : Forall (fun r => 0 < Rust.run_count r) (Rust.contents (Rust.runs s));
  i_positions : Forall (fun r => Rust.position r <= Rust.head s + Rust.item_count s)
                       (Rust.contents (Rust.runs s));
  i_order : in_order (Rust.contents (Rust.runs s));
  i_sentinels : Rust.sentinels s <= usize_max;
  i_room : match Rust.capacity s with
           | Some c => 0 < c <= usize_max
           | None => Rust.item_count s <= max_len
           end;
  i_waiters : forall c, Rust.pending (Rust.waiters_of c s) <= Rust.waiting (Rust.waiters_of c s)
                        <= usize_max
}.

(** ** Lists of cells *)

Lemma cells_append l' : forall rs h l,
  Forall (fun r => Rust.position r <= h + N.of_nat (length l)) rs ->
  cells_from rs h (l ++ l') = cells_from rs h l ++ map Item l'.
Proof.
  induction rs as [|r rs IH]; intros h l F; cbn [cells_from]; [apply map_app|].
  inversion F as [|x y L M]; subst. set (k := N.to_nat (Rust.position r - h)).
  assert (K : (k <= length l)%nat) by (unfold k; lia).
  rewrite firstn_app, skipn_app. replace (k - length l)%nat with 0%nat by lia.
  cbn [firstn skipn]. rewrite app_nil_r, IH, <- !app_assoc; [reflexivity|].
  eapply Forall_impl; [|exact M]. cbn. intros x X. rewrite skipn_length. unfold k. lia.
Qed.

Lemma cells_append_run c : forall rs h l p, p = h + N.of_nat (length l) ->
  Forall (fun r => Rust.position r <= p) rs ->
  cells_from (rs ++ [Rust.Run p c]) h l = cells_from rs h l ++ repeat Sentinel (N.to_nat c).
Proof.
  induction rs as [|r rs IH]; intros h l p E F; cbn [cells_from app].
  - cbn. rewrite firstn_all2, skipn_all2 by lia. cbn. now rewrite app_nil_r.
  - inversion F as [|x y L M]; subst. rewrite IH, <- !app_assoc; [reflexivity| |exact M].
    rewrite skipn_length. lia.
Qed.

Lemma cells_grow_run c d : forall rs h l p,
  Forall (fun r => Rust.position r <= p) rs -> p = h + N.of_nat (length l) ->
  cells_from (rs ++ [Rust.Run p (c + d)]) h l =
  cells_from (rs ++ [Rust.Run p c]) h l ++ repeat Sentinel (N.to_nat d).
Proof.
  intros rs h l p F E. rewrite !cells_append_run by assumption.
  rewrite <- app_assoc, N2Nat.inj_add. now rewrite <- repeat_app.
Qed.

Lemma cells_pop x l rs h : match rs with r :: _ => h < Rust.position r | [] => True end ->
  cells_from rs h (x :: l) = Item x :: cells_from rs (h + 1) l.
Proof.
  destruct rs as [|r rs]; intros H; [reflexivity|]. cbn [cells_from].
  replace (N.to_nat (Rust.position r - h)) with (S (N.to_nat (Rust.position r - (h + 1)))) by lia.
  cbn. replace (N.max (h + 1) (Rust.position r)) with (N.max h (Rust.position r)) by lia. reflexivity.
Qed.

Lemma cells_take k : forall l rs h, (k <= length l)%nat ->
  match rs with r :: _ => h + N.of_nat k <= Rust.position r | [] => True end ->
  cells_from rs h l = map Item (firstn k l) ++ cells_from rs (h + N.of_nat k) (skipn k l).
Proof.
  induction k as [|k IH]; intros l rs h L H; [now rewrite N.add_0_r|].
  destruct l as [|x l]; [cbn in L; lia|]. cbn in L.
  rewrite cells_pop by (destruct rs; [easy|lia]). cbn. f_equal.
  rewrite (IH l rs (h + 1)) by (destruct rs; lia).
  now replace (h + 1 + N.of_nat k) with (h + N.pos (Pos.of_succ_nat k)) by lia.
Qed.

Lemma split_sentinels n (l : list (cell A)) : split_oldest (repeat Sentinel n ++ l) =
  match split_oldest l with Some (a, l') => Some (a, repeat Sentinel n ++ l') | None => None end.
Proof.
  induction n as [|n IH]; cbn; [now destruct (split_oldest l) as [[]|]|].
  rewrite IH. now destruct (split_oldest l) as [[]|].
Qed.

Lemma cells_evict x l : forall rs h,
  split_oldest (cells_from rs h (x :: l)) = Some (x, cells_from rs (h + 1) l).
Proof.
  induction rs as [|r rs IH]; intros h; [reflexivity|].
  destruct (N.ltb_spec h (Rust.position r)) as [L|L].
  - now rewrite cells_pop by exact L.
  - cbn [cells_from].
    replace (N.to_nat (Rust.position r - h)) with 0%nat by lia.
    replace (N.to_nat (Rust.position r - (h + 1))) with 0%nat by lia. cbn [firstn skipn map app].
    replace (N.max h (Rust.position r)) with h by lia.
    replace (N.max (h + 1) (Rust.position r)) with (h + 1) by lia.
    now rewrite split_sentinels, IH.
Qed.

Lemma cells_items : forall rs h l, items_of (cells_from rs h l) = l.
Proof.
  induction rs as [|r rs IH]; intros h l; cbn [cells_from]; [apply items_of_map|].
  rewrite !items_of_app, items_of_map, items_of_sentinels, IH. cbn. apply firstn_skipn.
Qed.

Lemma sentinels_in_items (l : list A) : sentinels_in (map Item l) = 0%nat.
Proof. induction l; cbn; [reflexivity|assumption]. Qed.

Lemma sentinels_in_repeat n : sentinels_in (repeat (@Sentinel A) n) = n.
Proof. induction n; cbn; [reflexivity|]. unfold sentinels_in in IHn. now rewrite IHn. Qed.

Lemma sentinels_in_app (l l' : list (cell A)) :
  sentinels_in (l ++ l') = (sentinels_in l + sentinels_in l')%nat.
Proof. apply sum_app. Qed.

Lemma cells_sentinels : forall rs h l, sentinels_in (cells_from rs h l) = N.to_nat (sum_of rs).
Proof.
  induction rs as [|r rs IH]; intros h l; cbn [cells_from sum_of fold_right];
    [apply sentinels_in_items|].
  rewrite !sentinels_in_app, sentinels_in_items, sentinels_in_repeat, IH. unfold sum_of. lia.
Qed.

Lemma length_cells (l : list (cell A)) : length l = (length (items_of l) + sentinels_in l)%nat.
Proof.
  induction l as [|[a|] l IH]; [reflexivity| |]; unfold items_of, sentinels_in in *;
    cbn [length flat_map app sum]; lia.
Qed.

(** ** What a state's numbers say of its cells *)

Lemma items_of_cells s : items_of (cells s) = Rust.contents (Rust.items s).
Proof. unfold cells. now rewrite items_of_app, items_of_sentinels, cells_items. Qed.

Lemma count_items s : inv s -> Rust.item_count s = N.of_nat (length (Rust.contents (Rust.items s))).
Proof. intros I. unfold Rust.item_count. now rewrite (proj2 (i_items s I)). Qed.

Lemma items_refine s sh : inv s -> refines s sh -> items sh = N.to_nat (Rust.item_count s).
Proof.
  intros I R. unfold items. rewrite (r_queue _ _ R), items_of_cells, count_items by exact I. lia.
Qed.

Lemma sentinels_refine s sh : inv s -> refines s sh ->
  sentinels_in (queue sh) = N.to_nat (Rust.sentinels s).
Proof.
  intros I R. rewrite (r_queue _ _ R). unfold cells.
  rewrite sentinels_in_app, sentinels_in_repeat, cells_sentinels, (i_sum s I). lia.
Qed.

Lemma length_refines s sh : inv s -> refines s sh ->
  length (queue sh) = N.to_nat (Rust.item_count s + Rust.sentinels s).
Proof.
  intros I R. rewrite length_cells, (sentinels_refine s sh I R). fold (items sh).
  rewrite (items_refine s sh I R). lia.
Qed.

(** The numbers of [stats]. *)
Theorem R_stats s sh : inv s -> refines s sh ->
  items sh = N.to_nat (Rust.item_count s) /\
  sentinels_in (queue sh) = N.to_nat (Rust.sentinels s) /\
  (Rust.put_backs s <= Rust.entered s ->
   length (items_of (accepted sh)) = N.to_nat (Rust.accepted s + Rust.put_backs s)).
Proof.
  intros I R. split; [|split]; [now apply items_refine|now apply sentinels_refine|intros L].
  rewrite (r_accepted _ _ R). unfold Rust.accepted. lia.
Qed.

(** ** Wakeups *)

(** How many waiters could proceed is the model's number, cut off at [usize::MAX]. *)
Lemma ready_refines c s sh : inv s -> refines s sh ->
  Rust.ready usize_max c s =
  match ready (capacity_of s) c sh with
  | None => usize_max
  | Some r => N.min (N.of_nat r) usize_max
  end.
Proof.
  intros I R. pose proof (i_room s I) as C.
  destruct c; unfold Rust.ready, ready; rewrite ?(r_closed _ _ R).
  - destruct (Rust.closed s); [reflexivity|].
    rewrite (length_refines s sh I R). unfold Rust.saturating_add. lia.
  - destruct (Rust.closed s); [reflexivity|].
    rewrite (items_refine s sh I R). unfold capacity_of.
    destruct (Rust.capacity s); cbn; [lia|reflexivity].
  - unfold done. rewrite (items_refine s sh I R), (r_unfinished _ _ R).
    destruct (N.eqb_spec (Rust.item_count s) 0), (N.eqb_spec (Rust.unfinished s) 0),
      (Nat.eqb_spec (N.to_nat (Rust.item_count s)) 0), (Nat.eqb_spec (N.to_nat (Rust.unfinished s)) 0);
      cbn; lia.
Qed.

(** An operation goes on waiting exactly as long as the model's condition is not ready. *)
Theorem R_ready c s sh : inv s -> refines s sh -> 0 < usize_max ->
  Rust.ready usize_max c s = 0 <-> ready (capacity_of s) c sh = Some 0%nat.
Proof.
  intros I R P. rewrite (ready_refines c s sh I R).
  destruct (ready (capacity_of s) c sh) as [r|]; [|split; [lia|discriminate]].
  split; [intros H; f_equal; lia|injection 1 as ->; lia].
Qed.

(** What is sent for a wakeup: [notify_one] for each, or [notify_all]. *)
Definition sent (c : side) (w : Rust.wakeups) : list event :=
  match w with
  | Rust.WakeNone => []
  | Rust.WakeSome n => repeat (Notify c false) (N.to_nat n)
  | Rust.WakeAll => [Notify c true]
  end.

Lemma same_contents s c w sh : inv s -> refines s sh ->
  Rust.pending w <= Rust.waiting w <= usize_max ->
  inv (Rust.with_waiters c w s) /\ refines (Rust.with_waiters c w s) sh.
Proof.
  intros I R W. split; constructor; try apply I; try apply R.
  intros c'. pose proof (i_waiters s I c'). now destruct c, c'.
Qed.

(** The wakeup rule: as many as the model is due, sent as in the model. *)
Theorem R_take_wakeups c s sh nt TH w s' : inv s -> refines s sh -> refines_waiters s nt TH ->
  Rust.take_wakeups usize_max c s = (w, s') ->
  inv s' /\ refines s' sh /\
  sent c w = calls (capacity_of s) c sh nt TH /\
  refines_waiters s' (put c (get c nt + due (capacity_of s) c sh nt TH) nt) TH.
Proof.
  intros I R W T. pose proof (W c) as [Wc Pc]. pose proof (i_waiters s I c) as L.
  pose proof (ready_refines c s sh I R) as Y. unfold Rust.take_wakeups in T.
  set (x := Rust.waiters_of c s) in *.
  set (count := N.min (Rust.waiting x - Rust.pending x) (Rust.ready usize_max c s - Rust.pending x)) in *.
  assert (D : due (capacity_of s) c sh nt TH = N.to_nat count).
  { unfold due, count. rewrite Wc, Pc, Y. destruct (ready (capacity_of s) c sh); lia. }
  unfold calls. rewrite D, Wc, Pc.
  destruct (N.eqb_spec (Rust.waiting x - Rust.pending x) 0) as [Z|Z].
  - injection T as <- <-. replace (N.to_nat count) with 0%nat by (unfold count; lia).
    rewrite <- Pc, Nat.add_0_r. cbn. split; [exact I|]. split; [exact R|]. split; [reflexivity|].
    intros c'. destruct (W c'). now destruct c, c'.
  - injection T as <- <-.
    destruct (same_contents s c (Rust.Waiters (Rust.waiting x) (Rust.pending x + count)) sh I R) as [I' R'].
    { cbn. unfold count. lia. }
    split; [exact I'|]. split; [exact R'|]. split.
    + destruct (N.eqb_spec count 0) as [C|C]; [rewrite C; reflexivity|].
      destruct (N.eqb_spec count 1) as [C1|C1]; [rewrite C1; reflexivity|].
      destruct (Nat.ltb_spec 1 (N.to_nat count)); [|lia]. cbn [andb].
      destruct (N.eqb_spec count (Rust.waiting x - Rust.pending x)),
        (Nat.eqb_spec (N.to_nat count) (N.to_nat (Rust.waiting x) - N.to_nat (Rust.pending x)));
        cbn; reflexivity || lia.
    + intros c'. destruct (W c') as [Wc' Pc']. unfold x in *.
      destruct c, c'; cbn in *; split; assumption || lia.
Qed.

(** The end of a critical section: all conditions, one after the other. *)
Theorem R_notify s sh nt TH w1 w2 w3 s1 s2 s3 : inv s -> refines s sh -> refines_waiters s nt TH ->
  Rust.take_wakeups usize_max NotEmpty s = (w1, s1) ->
  Rust.take_wakeups usize_max NotFull s1 = (w2, s2) ->
  Rust.take_wakeups usize_max AllDone s2 = (w3, s3) ->
  inv s3 /\ refines s3 sh /\
  sent NotEmpty w1 ++ sent NotFull w2 ++ sent AllDone w3 = all_calls (capacity_of s) sh nt TH /\
  forall nt' TH', settle (capacity_of s) sh nt TH nt' TH' -> refines_waiters s3 nt' TH'.
Proof.
  intros I R W T1 T2 T3.
  assert (K : forall c w s s', Rust.take_wakeups usize_max c s = (w, s') ->
    capacity_of s' = capacity_of s).
  { intros c w x x'. unfold Rust.take_wakeups. destruct (_ =? 0); now injection 1 as <- <-. }
  destruct (R_take_wakeups _ _ _ _ _ _ _ I R W T1) as (I1 & R1 & C1 & W1).
  destruct (R_take_wakeups _ _ _ _ _ _ _ I1 R1 W1 T2) as (I2 & R2 & C2 & W2).
  destruct (R_take_wakeups _ _ _ _ _ _ _ I2 R2 W2 T3) as (I3 & R3 & C3 & W3).
  rewrite (K _ _ _ _ T2), (K _ _ _ _ T1) in *.
  assert (D : forall c x n, c <> x -> due (capacity_of s) x sh (put c n nt) TH =
                                      due (capacity_of s) x sh nt TH)
    by (intros c x n N; unfold due; now destruct c, x).
  assert (E : forall c x n nt, c <> x -> calls (capacity_of s) x sh (put c n nt) TH =
                                         calls (capacity_of s) x sh nt TH)
    by (intros c x n m N; unfold calls, due; now destruct c, x).
  split; [exact I3|]. split; [exact R3|]. split.
  { unfold all_calls. now rewrite C1, C2, C3, !E by discriminate. }
  intros nt' TH' H. pose proof (proj2 (settle_facts _ _ _ _ _ _ H)) as F.
  intros c. destruct (F c) as (F1 & F2 & _), (W3 c) as [X Y]. rewrite F1, F2. split; [exact X|].
  rewrite <- Y. unfold due. now destruct c.
Qed.

(** Without waiters there is nothing to send: the shortcut of queue.rs. *)
Theorem R_has_no_waiters s sh nt TH : inv s -> refines s sh -> refines_waiters s nt TH ->
  Rust.has_no_waiters s = true -> all_calls (capacity_of s) sh nt TH = [].
Proof.
  intros I R W H. unfold Rust.has_no_waiters in H. apply N.eqb_eq in H.
  apply N.lor_eq_0_iff in H as [H H3]. apply N.lor_eq_0_iff in H as [H1 H2].
  assert (D : forall c, due (capacity_of s) c sh nt TH = 0%nat).
  { intros c. unfold due. rewrite (proj1 (W c)).
    replace (Rust.waiting (Rust.waiters_of c s)) with 0 by now destruct c.
    cbn. destruct (ready (capacity_of s) c sh); lia. }
  unfold all_calls, calls. now rewrite !D.
Qed.

(** A thread begins to wait: in the model it falls asleep. *)
Theorem R_begin_wait c s sh nt TH i t o : inv s -> refines s sh -> refines_waiters s nt TH ->
  nth_error TH i = Some t -> spot t = Outside ->
  Rust.waiting (Rust.waiters_of c s) < usize_max ->
  inv (Rust.begin_wait c s) /\ refines (Rust.begin_wait c s) sh /\
  refines_waiters (Rust.begin_wait c s) nt (upd TH i (Thread (Asleep c) o (holds t))).
Proof.
  intros I R W H O L. pose proof (i_waiters s I c) as J. unfold Rust.begin_wait.
  destruct (same_contents s c (Rust.Waiters (Rust.waiting (Rust.waiters_of c s) + 1)
              (Rust.pending (Rust.waiters_of c s))) sh I R) as [I' R']; [cbn; lia|].
  split; [exact I'|]. split; [exact R'|]. intros x. destruct (W x) as [Wx Px].
  pose proof (asleep_upd x _ _ _ (Thread (Asleep c) o (holds t)) H) as E1.
  pose proof (woken_upd x _ _ _ (Thread (Asleep c) o (holds t)) H) as E2.
  rewrite O in *. unfold waiting in *. destruct c, x; cbn in *; split; lia.
Qed.

(** A wait has ended: in the model a woken thread comes back, or a waiter, woken or not,
    is cancelled. *)
Theorem R_end_wait c s sh nt TH i t next hd : inv s -> refines s sh -> refines_waiters s nt TH ->
  nth_error TH i = Some t -> waits_at (spot t) = Some c ->
  inv (Rust.end_wait c s) /\ refines (Rust.end_wait c s) sh /\
  refines_waiters (Rust.end_wait c s) (give_up_wait c nt) (upd TH i (Thread Outside next hd)).
Proof.
  intros I R W H O. pose proof (i_waiters s I c) as J. unfold Rust.end_wait.
  assert (K : 1 <= Rust.waiting (Rust.waiters_of c s)).
  { pose proof (proj1 (W c)) as E. unfold waiting in E.
    pose proof (asleep_upd c _ _ _ (Thread Outside next hd) H) as E1.
    pose proof (woken_upd c _ _ _ (Thread Outside next hd) H) as E2.
    destruct (spot t) as [|y|y]; try discriminate O; injection O as ->; destruct c; cbn in *; lia. }
  destruct (same_contents s c (Rust.Waiters (Rust.waiting (Rust.waiters_of c s) - 1)
              (Rust.pending (Rust.waiters_of c s) - 1)) sh I R) as [I' R']; [cbn; lia|].
  split; [exact I'|]. split; [exact R'|]. intros x. destruct (W x) as [Wx Px].
  pose proof (asleep_upd x _ _ _ (Thread Outside next hd) H) as E1.
  pose proof (woken_upd x _ _ _ (Thread Outside next hd) H) as E2.
  unfold waiting in *. destruct (spot t) as [|y|y]; try discriminate O; injection O as ->;
    destruct c, x; cbn in *; split; lia.
Qed.

(** ** Sending *)

(** An unbounded queue holds fewer items than [usize] counts: a push beyond that panics. *)
Definition countable (n : nat) s : Prop :=
  Rust.capacity s = None -> Rust.item_count s + N.of_nat n <= max_len.

Theorem R_room s sh : inv s -> refines s sh ->
  match Rust.room max_len s with
  | Rust.RoomClosed => closed sh = true
  | Rust.Full => closed sh = false /\ forall batch, fit (capacity_of s) sh batch = 0%nat
  | Rust.Exhausted => closed sh = false /\ ~ countable 1 s
  | Rust.Free n => closed sh = false /\ 0 < n /\
      forall batch, countable (length batch) s ->
        fit (capacity_of s) sh batch = Nat.min (length batch) (N.to_nat n)
  end.
Proof.
  intros I R. pose proof (i_room s I) as C. unfold Rust.room. rewrite (r_closed _ _ R).
  destruct (Rust.closed s); [reflexivity|].
  unfold fit, countable, capacity_of. rewrite (items_refine s sh I R).
  destruct (Rust.capacity s) as [c|]; cbn.
  - destruct (N.eqb_spec (c - Rust.item_count s) 0); (split; [reflexivity|]).
    + intros batch. lia.
    + split; [lia|]. intros batch _. lia.
  - destruct (N.eqb_spec (max_len - Rust.item_count s) 0); (split; [reflexivity|]).
    + intros H. specialize (H eq_refl). lia.
    + split; [lia|]. intros batch H. specialize (H eq_refl). lia.
Qed.

Lemma room_is_free s n : Rust.room max_len s = Rust.Free n ->
  n = match Rust.capacity s with Some c => c | None => max_len end - Rust.item_count s /\ 0 < n.
Proof.
  unfold Rust.room. destruct (Rust.closed s); [discriminate|].
  destruct (N.eqb_spec (match Rust.capacity s with Some c => c | None => max_len end -
                        Rust.item_count s) 0) as [Z|Z].
  - destruct (Rust.capacity s); discriminate.
  - injection 1 as <-. split; [reflexivity|lia].
Qed.

Lemma pushed s sh i l : inv s -> refines s sh -> well_formed i ->
  Rust.contents i = Rust.contents (Rust.items s) ++ l ->
  countable (length l) s ->
  inv (Rust.with_items i s) /\ refines (Rust.with_items i s) (push (map Item l) sh).
Proof.
  intros I R F C L. pose proof (count_items s I) as N0.
  assert (N1 : Rust.item_count (Rust.with_items i s) = Rust.item_count s + N.of_nat (length l)).
  { unfold Rust.item_count. cbn. rewrite (proj2 F), C, app_length.
    unfold Rust.item_count in N0. rewrite N0. lia. }
  split; constructor; try apply I; try apply R; rewrite ?N1.
  - exact F.
  - eapply Forall_impl; [|exact (i_positions s I)]. cbn. intros. lia.
  - pose proof (i_room s I). cbn. unfold countable in L. destruct (Rust.capacity s); [assumption|].
    now apply L.
  - cbn [queue push]. rewrite (r_queue _ _ R). unfold cells. cbn [Rust.with_items Rust.with_contents
      Rust.ahead Rust.runs Rust.head Rust.items]. rewrite C, cells_append; [symmetry; apply app_assoc|].
    eapply Forall_impl; [|exact (i_positions s I)]. cbn. intros. lia.
  - cbn [accepted push]. rewrite items_of_app, items_of_map, app_length, (r_accepted _ _ R).
    unfold Rust.entered. rewrite N1. cbn. lia.
Qed.

Theorem R_push a s sh : inv s -> refines s sh -> countable 1 s ->
  inv (Rust.push_item lay a s) /\ refines (Rust.push_item lay a s) (push [Item a] sh).
Proof.
  intros I R F. destruct sizes as (Z1 & Z2 & _).
  destruct (push_facts lay Z1 Z2 a (Rust.items s) (i_items s I)) as [W E].
  apply (pushed s sh _ [a] I R W E F).
Qed.

(** A task is put back: its item is appended and it ends, whether there is room or not. *)
Theorem R_put_back a s sh : inv s -> refines s sh -> countable 1 s ->
  match Rust.put_back lay a s with
  | (true, s') => closed sh = false /\ inv s' /\
      refines s' (recount TaskGuard (unfinished sh - 1) (push [Item a] sh))
  | (false, s') => s' = s /\ closed sh = true
  end.
Proof.
  intros I R U. unfold Rust.put_back. pose proof (r_closed _ _ R) as C.
  destruct (Rust.closed s) eqn:O; [now split|].
  destruct (R_push a s sh I R U) as [I' R']. split; [now rewrite C|]. split.
  - destruct I'. now constructor.
  - pose proof (r_unfinished _ _ R') as V. destruct R' as [Q1 Q2 Q3 Q4 Q5 Q6].
    constructor; try assumption; cbn [recount unfinished]. cbn in V |- *. lia.
Qed.

Theorem R_push_batch batch s sh n count batch' s' : inv s -> refines s sh ->
  Rust.room max_len s = Rust.Free n -> countable (Rust.size batch) s ->
  Rust.push_batch_items lay max_len batch s = (count, batch', s') ->
  let k := fit (capacity_of s) sh (Rust.elements batch) in
  count = k /\ Rust.elements batch' = skipn k (Rust.elements batch) /\
  inv s' /\ refines s' (push (map Item (firstn k (Rust.elements batch))) sh).
Proof.
  intros I R F U P k. destruct sizes as (Z1 & Z2 & _). pose proof (R_room s sh I R) as M.
  unfold Rust.push_batch_items in P. rewrite F in *. destruct M as (O & Z & M).
  specialize (M (Rust.elements batch) U). fold k in M. unfold Rust.size in *.
  replace (N.to_nat (N.min (N.of_nat (length (Rust.elements batch))) n)) with k in P by lia.
  destruct (Rust.push_batch lay batch k (Rust.items s)) as [i b'] eqn:Q. injection P as <- <- <-.
  destruct (push_batch_facts lay Z1 Z2 batch k (Rust.items s) i b' (i_items s I)) as (W & E & B);
    [unfold Rust.size; lia|exact Q|].
  split; [reflexivity|]. split; [exact B|].
  apply (pushed s sh i _ I R W E). rewrite firstn_length_le by lia.
  intros K. specialize (U K). unfold Rust.size in U. lia.
Qed.

Lemma sum_of_app l l' : sum_of (l ++ l') = sum_of l + sum_of l'.
Proof. unfold sum_of. induction l as [|r l IH]; cbn; [reflexivity|]. rewrite IH. lia. Qed.

Lemma in_order_app l p : in_order l -> Forall (fun r => Rust.position r < Rust.position p) l ->
  in_order (l ++ [p]).
Proof.
  unfold in_order. induction l as [|r l IH]; intros O F; cbn; [repeat constructor|].
  inversion O; inversion F; subst. constructor; [now apply IH|].
  rewrite map_app. apply Forall_app. split; [assumption|]. now constructor.
Qed.

Lemma in_order_last l r : in_order (l ++ [r]) ->
  in_order l /\ Forall (fun x => Rust.position x < Rust.position r) l.
Proof.
  unfold in_order. induction l as [|x l IH]; intros O; cbn in *; [split; constructor|].
  inversion O as [|y z O1 F]; subst. destruct (IH O1) as [O2 F2].
  rewrite map_app in F. apply Forall_app in F as [F F1].
  inversion F1; subst. split; now constructor.
Qed.

Theorem R_push_sentinels c s sh ok s' : inv s -> refines s sh ->
  Rust.push_sentinels runs_lay usize_max c s = (ok, s') ->
  if ok then inv s' /\ refines s' (push (repeat Sentinel (N.to_nat c)) sh)
  else s' = s /\ usize_max < Rust.sentinels s + c.
Proof.
  intros I R P. destruct sizes as (_ & _ & Z1 & Z2). unfold Rust.push_sentinels in P.
  destruct (N.ltb_spec usize_max (Rust.sentinels s + c)) as [L|L]; [now injection P as <- <-|].
  injection P as <- <-. pose proof (count_items s I) as N0.
  set (p := Rust.head s + Rust.item_count s) in *.
  set (rs := if c =? 0 then _ else _).
  assert (K : well_formed rs /\
    sum_of (Rust.contents rs) = sum_of (Rust.contents (Rust.runs s)) + c /\
    Forall (fun r => 0 < Rust.run_count r) (Rust.contents rs) /\
    Forall (fun r => Rust.position r <= p) (Rust.contents rs) /\
    in_order (Rust.contents rs) /\
    cells_from (Rust.contents rs) (Rust.head s) (Rust.contents (Rust.items s)) =
      cells_from (Rust.contents (Rust.runs s)) (Rust.head s) (Rust.contents (Rust.items s)) ++
      repeat Sentinel (N.to_nat c)).
  { unfold rs.
    pose proof (i_runs s I) as W. pose proof (i_counts s I) as F. pose proof (i_positions s I) as G.
    pose proof (i_order s I) as O. fold p in G.
    destruct (N.eqb_spec c 0) as [Z|Z].
    { subst c. cbn. rewrite app_nil_r. repeat split; try easy; try apply W. lia. }
    pose proof (back_of_facts (Rust.runs s) W) as B.
    destruct (push_facts runs_lay Z1 Z2 (Rust.Run p c) (Rust.runs s) W) as [W1 C1].
    assert (AP : Forall (fun r => Rust.position r < p) (Rust.contents (Rust.runs s)) ->
      let r := Rust.push runs_lay (Rust.Run p c) (Rust.runs s) in
      well_formed r /\ sum_of (Rust.contents r) = sum_of (Rust.contents (Rust.runs s)) + c /\
      Forall (fun r => 0 < Rust.run_count r) (Rust.contents r) /\
      Forall (fun r => Rust.position r <= p) (Rust.contents r) /\
      in_order (Rust.contents r) /\
      cells_from (Rust.contents r) (Rust.head s) (Rust.contents (Rust.items s)) =
        cells_from (Rust.contents (Rust.runs s)) (Rust.head s) (Rust.contents (Rust.items s)) ++
        repeat Sentinel (N.to_nat c)).
    { intros H. cbv zeta. rewrite C1, sum_of_app. split; [exact W1|]. split; [cbn; lia|].
      split; [apply Forall_app; split; [exact F|constructor; [cbn; lia|constructor]]|].
      split; [apply Forall_app; split; [exact G|constructor; [cbn; lia|constructor]]|].
      split; [now apply in_order_app|].
      apply cells_append_run; [unfold p; lia|exact G]. }
    destruct (Rust.back_of (Rust.runs s)) as [last|].
    2: { apply AP. rewrite B. constructor. }
    destruct B as (l & B & H). rewrite B in F, G, O, AP |- *. clear C1.
    apply Forall_app in F as [F F1]. apply Forall_app in G as [G G1].
    destruct (in_order_last _ _ O) as [O1 O2].
    inversion F1; inversion G1; subst. destruct last as [q d]. cbn in *.
    destruct (N.eqb_spec q p) as [->|Q].
    - destruct (H (Rust.Run p (d + c))) as [W2 C2]. rewrite C2, !sum_of_app.
      split; [exact W2|]. split; [cbn; lia|].
      split; [apply Forall_app; split; [exact F|constructor; [cbn; lia|constructor]]|].
      split; [apply Forall_app; split; [exact G|constructor; [cbn; lia|constructor]]|].
      split; [now apply in_order_app|].
      apply cells_grow_run; [exact G|unfold p; lia].
    - apply AP. apply Forall_app. split; [|constructor; [cbn; lia|constructor]].
      eapply Forall_impl; [|exact O2]. cbn. intros. lia. }
  destruct K as (W & K1 & K2 & K3 & K4 & K5).
  split; constructor; try apply I; try apply R; cbn; try assumption.
  - rewrite K1, (i_sum s I). lia.
  - rewrite (r_queue _ _ R). unfold cells.
    cbn [Rust.ahead Rust.runs Rust.head Rust.items Rust.with_contents]. rewrite K5. symmetry. apply app_assoc.
  - change (length (items_of (accepted sh ++ repeat Sentinel (N.to_nat c))) =
            N.to_nat (Rust.entered s)).
    rewrite items_of_app, items_of_sentinels, app_nil_r. apply R.
Qed.

Theorem R_push_sentinels_front c s sh ok s' : inv s -> refines s sh ->
  Rust.push_sentinels_front usize_max c s = (ok, s') ->
  if ok then inv s' /\ refines s' (push_front (N.to_nat c) sh)
  else s' = s /\ usize_max < Rust.sentinels s + c.
Proof.
  intros I R P. unfold Rust.push_sentinels_front in P.
  destruct (N.ltb_spec usize_max (Rust.sentinels s + c)) as [L|L]; [now injection P as <- <-|].
  injection P as <- <-. split; constructor; try apply I; try apply R; cbn; try assumption.
  - rewrite (i_sum s I). lia.
  - rewrite (r_queue _ _ R). unfold cells.
    cbn [Rust.ahead Rust.runs Rust.head Rust.items Rust.with_ahead].
    rewrite N2Nat.inj_add, Nat.add_comm, repeat_app, <- app_assoc. reflexivity.
  - change (length (items_of (accepted sh ++ repeat Sentinel (N.to_nat c))) =
            N.to_nat (Rust.entered s)).
    rewrite items_of_app, items_of_sentinels, app_nil_r. apply R.
Qed.

(** ** Receiving *)

(** Items leave at the front. *)
Lemma popped s i l : inv s -> well_formed i -> Rust.contents (Rust.items s) = l ++ Rust.contents i ->
  let s' := Rust.with_contents i (Rust.runs s) (Rust.sentinels s)
              (Rust.head s + N.of_nat (length l)) s in
  inv s' /\ Rust.entered s' = Rust.entered s.
Proof.
  intros I W C s'. pose proof (count_items s I) as N0.
  assert (N1 : Rust.item_count s = N.of_nat (length l) + Rust.item_count s').
  { unfold Rust.item_count at 2. cbn. rewrite N0, (proj2 W), C, app_length. lia. }
  split; [|unfold Rust.entered; cbn; rewrite N1; lia].
  constructor; try apply I; cbn.
  - exact W.
  - eapply Forall_impl; [|exact (i_positions s I)]. cbn. intros. fold s'. lia.
  - pose proof (i_room s I). fold s'. destruct (Rust.capacity s); lia.
Qed.

Theorem R_evict i s sh : inv s -> refines s sh ->
  match Rust.evict lay s with
  | (Some a, s') => inv s' /\ exists sh', evict i sh = Some sh' /\ refines s' sh' /\
                    removed sh' = removed sh ++ [(Evicted, i, Item a)]
  | (None, s') => s' = s /\ evict i sh = None /\ items sh = 0%nat
  end.
Proof.
  intros I R. destruct sizes as (Z1 & Z2 & _).
  pose proof (pop_facts lay Z1 Z2 (Rust.items s) (i_items s I)) as P. unfold Rust.evict, evict.
  pose proof (items_of_cells s) as E. rewrite (r_queue _ _ R).
  destruct (Rust.contents (Rust.items s)) as [|a l] eqn:C.
  - rewrite P. split; [reflexivity|]. split.
    + destruct (split_oldest (cells s)) as [[a q]|] eqn:Q; [|reflexivity].
      apply split_oldest_items in Q. rewrite E in Q. discriminate.
    + unfold items. now rewrite (r_queue _ _ R), E.
  - destruct P as (b & -> & W & B). destruct (popped s b [a] I W) as [I' N]; [now rewrite C, B|].
    cbn [length N.of_nat] in *. split; [exact I'|].
    unfold cells. rewrite C, split_sentinels, cells_evict. eexists. split; [reflexivity|].
    split; [|reflexivity]. constructor; try apply R; cbn [queue accepted].
    + unfold cells. cbn. now rewrite B.
    + etransitivity; [apply R|]. now rewrite <- N.
Qed.

(** One sentinel, if one is at the front; if not, an item is at the front, or nothing is queued. *)
Lemma R_take_sentinel i s sh b s' : inv s -> refines s sh -> Rust.take_sentinel runs_lay s = (b, s') ->
  if b then inv s' /\ refines s' (take i 1 0 sh) /\ exists q, queue sh = Sentinel :: q
  else s' = s /\ Rust.ahead s = 0 /\
    match Rust.contents (Rust.runs s) with r :: _ => Rust.head s < Rust.position r | [] => True end.
Proof.
  intros I R T. destruct sizes as (_ & _ & Z1 & Z2). unfold Rust.take_sentinel in T.
  pose proof (i_sum s I) as Z. pose proof (i_counts s I) as F. pose proof (i_positions s I) as G.
  pose proof (i_order s I) as O. pose proof (front_of_facts (Rust.runs s) (i_runs s I)) as H.
  destruct (N.eqb_spec (Rust.sentinels s) 0) as [Q|Q].
  { injection T as <- <-. split; [reflexivity|]. split; [lia|].
    destruct (Rust.contents (Rust.runs s)) as [|r rs]; [exact Logic.I|].
    inversion F as [|x y F1 F2]; subst. change (sum_of _) with (Rust.run_count r + sum_of rs) in Z. lia. }
  destruct (N.ltb_spec 0 (Rust.ahead s)) as [A1|A1].
  { injection T as <- <-.
    assert (QU : queue sh = Sentinel :: repeat Sentinel (N.to_nat (Rust.ahead s - 1)) ++
      cells_from (Rust.contents (Rust.runs s)) (Rust.head s) (Rust.contents (Rust.items s))).
    { rewrite (r_queue _ _ R). unfold cells.
      now replace (N.to_nat (Rust.ahead s)) with (S (N.to_nat (Rust.ahead s - 1))) by lia. }
    split; [|split; [|eauto]].
    - constructor; try apply I; cbn; pose proof (i_sentinels s I); lia.
    - constructor; try apply R; cbn [queue unfinished take].
      + rewrite QU. reflexivity.
      + rewrite Nat.add_0_r. apply R. }
  assert (A0 : Rust.ahead s = 0) by lia. clear A1.
  destruct (Rust.contents (Rust.runs s)) as [|[p n] rs] eqn:E; cbn in H.
  - rewrite H in T. now injection T as <- <-.
  - inversion F as [|x y F1 F2]; inversion G as [|x' y' G1 G2]; subst x y x' y'.
    cbn [Rust.position Rust.run_count] in *. change (sum_of _) with (n + sum_of rs) in Z.
    rewrite H in T. cbn [Rust.position Rust.run_count] in T.
    destruct (N.leb_spec p (Rust.head s)) as [L|L]; [|now injection T as <- <-].
    destruct (change_front_facts (Rust.runs s) _ (Rust.Run p (n - 1)) rs (i_runs s I) E) as [W1 E1].
    set (b1 := Rust.change_front (Rust.Run p (n - 1)) (Rust.runs s)) in *. clearbody b1.
    assert (QU : queue sh = Sentinel :: repeat Sentinel (N.to_nat (n - 1)) ++
                 cells_from rs (Rust.head s) (Rust.contents (Rust.items s))).
    { rewrite (r_queue _ _ R). unfold cells. rewrite E, A0. cbn [N.to_nat repeat app].
      cbn [cells_from Rust.position Rust.run_count].
      replace (N.to_nat (p - Rust.head s)) with 0%nat by lia. cbn [firstn skipn map app].
      replace (N.max (Rust.head s) p) with (Rust.head s) by lia.
      now replace (N.to_nat n) with (S (N.to_nat (n - 1))) by lia. }
    inversion O as [|u v O1 O2]; subst.
    destruct (N.eqb_spec (n - 1) 0) as [N1|N1]; apply pair_equal_spec in T as [<- <-].
    + pose proof (pop_facts runs_lay Z1 Z2 b1 W1) as P. rewrite E1 in P. destruct P as (b2 & -> & W2 & E2). cbn.
      split; [|split; [|eauto]].
      * constructor; try apply I; cbn; rewrite ?E2; try assumption; pose proof (i_sentinels s I); lia.
      * constructor; try apply R; cbn; try apply R.
        -- rewrite QU, N1. unfold cells. cbn. now rewrite A0, E2.
        -- rewrite Nat.add_0_r. apply R.
    + split; [|split; [|eauto]].
      * constructor; try apply I; cbn; rewrite ?E1; try assumption.
        -- change (Rust.sentinels s - 1 = Rust.ahead s + (n - 1 + sum_of rs)). lia.
        -- constructor; [cbn; lia|assumption].
        -- constructor; [cbn; lia|assumption].
        -- pose proof (i_sentinels s I). lia.
      * constructor; try apply R; cbn; try apply R.
        -- rewrite QU. unfold cells. cbn. rewrite A0, E1. cbn [N.to_nat repeat app].
           cbn [cells_from Rust.position Rust.run_count].
           replace (N.to_nat (p - Rust.head s)) with 0%nat by lia. cbn [firstn skipn map app].
           now replace (N.max (Rust.head s) p) with (Rust.head s) by lia.
        -- rewrite Nat.add_0_r. apply R.
Qed.

Lemma leading_cells rs : forall h l, Forall (fun r => 0 < Rust.run_count r) rs ->
  match rs with r :: _ => h < Rust.position r | [] => True end ->
  leading (cells_from rs h l) =
  match rs with r :: _ => Nat.min (length l) (N.to_nat (Rust.position r - h)) | [] => length l end.
Proof.
  assert (K : forall (l : list A) q, leading (map Item l ++ q) = (length l + leading q)%nat)
    by (induction l; intros; cbn; [reflexivity|now f_equal]).
  intros h l F H. destruct rs as [|r rs]; cbn [cells_from].
  - rewrite <- (app_nil_r (map Item l)), K. cbn. lia.
  - inversion F; subst. rewrite K.
    replace (N.to_nat (Rust.run_count r)) with (S (N.to_nat (Rust.run_count r - 1))) by lia.
    cbn [repeat app leading]. rewrite firstn_length. lia.
Qed.

Lemma nothing_queued s : Rust.contents (Rust.items s) = [] -> inv s -> Rust.ahead s = 0 ->
  match Rust.contents (Rust.runs s) with r :: _ => Rust.head s < Rust.position r | [] => True end ->
  cells s = [].
Proof.
  intros C I A0 H. unfold cells. rewrite A0. pose proof (count_items s I) as N0.
  pose proof (i_positions s I) as G. rewrite C in *. cbn in N0.
  destruct (Rust.contents (Rust.runs s)) as [|r rs]; [reflexivity|].
  inversion G; subst. lia.
Qed.

Theorem R_take i tasks s sh front s' : inv s -> refines s sh ->
  Rust.take lay runs_lay tasks s = (front, s') ->
  match front with
  | Rust.GotItem a => exists q, queue sh = Item a :: q /\ inv s' /\
      refines s' (take i 1 (if tasks then 1 else 0) sh)
  | Rust.GotSentinel => exists q, queue sh = Sentinel :: q /\ inv s' /\ refines s' (take i 1 0 sh)
  | Rust.IsClosed => s' = s /\ queue sh = [] /\ closed sh = true
  | Rust.IsEmpty => s' = s /\ queue sh = [] /\ closed sh = false
  end.
Proof.
  intros I R T. unfold Rust.take in T.
  destruct (Rust.take_sentinel runs_lay s) as [[] s1] eqn:E;
    pose proof (R_take_sentinel i s sh _ _ I R E) as H.
  - injection T as <- <-. destruct H as (I' & R' & q & Q). eauto.
  - destruct H as (-> & A0 & H). destruct sizes as (Z1 & Z2 & _).
    pose proof (pop_facts lay Z1 Z2 (Rust.items s) (i_items s I)) as P.
    destruct (Rust.contents (Rust.items s)) as [|a l] eqn:C.
    + rewrite P in T. injection T as <- <-. pose proof (nothing_queued s C I A0 H) as N0.
      pose proof (r_queue _ _ R) as Q. pose proof (r_closed _ _ R) as O. rewrite N0 in Q.
      unfold Rust.nothing. destruct (Rust.closed s); now rewrite O, Q.
    + destruct P as (b & P & W & B). rewrite P in T. injection T as <- <-.
      destruct (popped s b [a] I W) as [I' N]; [now rewrite C, B|]. cbn [length N.of_nat] in *.
      assert (Q : queue sh = Item a :: cells_from (Rust.contents (Rust.runs s)) (Rust.head s + 1) l).
      { rewrite (r_queue _ _ R). unfold cells. rewrite C, A0. now apply cells_pop. }
      eexists. split; [exact Q|]. split.
      * destruct I'. now constructor.
      * constructor; cbn [queue closed senders receivers unfinished accepted take]; try apply R.
        -- rewrite Q. unfold cells. cbn. now rewrite A0, B.
        -- rewrite (r_unfinished _ _ R). cbn. destruct tasks; lia.
        -- etransitivity; [apply R|]. now rewrite <- N.
Qed.

(** A batch takes as many items as the model's receive with some limit from 1 to its own. *)
Theorem R_take_batch i limit s sh front taken s' : inv s -> refines s sh ->
  1 <= limit <= usize_max ->
  Rust.take_batch lay runs_lay usize_max limit s = (front, taken, s') ->
  match front with
  | Rust.GotItem k => (1 <= k <= Nat.min (N.to_nat limit) (leading (queue sh)))%nat /\
      map Item taken = firstn k (queue sh) /\ inv s' /\ refines s' (take i k 0 sh)
  | Rust.GotSentinel => taken = [] /\
      exists q, queue sh = Sentinel :: q /\ inv s' /\ refines s' (take i 1 0 sh)
  | Rust.IsClosed => taken = [] /\ s' = s /\ queue sh = [] /\ closed sh = true
  | Rust.IsEmpty => taken = [] /\ s' = s /\ queue sh = [] /\ closed sh = false
  end.
Proof.
  intros I R M T. unfold Rust.take_batch in T.
  destruct (Rust.take_sentinel runs_lay s) as [[] s1] eqn:E;
    pose proof (R_take_sentinel i s sh _ _ I R E) as H.
  - injection T as <- <- <-. destruct H as (I' & R' & q & Q). eauto.
  - destruct H as (-> & A0 & H). destruct sizes as (Z1 & Z2 & _).
    rewrite (front_of_facts _ (i_runs s I)) in T. pose proof (count_items s I) as N0.
    set (until := match hd_error _ with Some _ => _ | None => _ end) in T.
    set (count := N.min (N.min limit (Rust.item_count s)) until) in T.
    assert (K : N.to_nat count = Nat.min (N.to_nat limit) (leading (queue sh))).
    { rewrite (r_queue _ _ R). unfold cells. rewrite A0. cbn [N.to_nat repeat app].
      rewrite leading_cells; [|apply I|exact H].
      unfold count, until.
      destruct (Rust.contents (Rust.runs s)) as [|r rs]; cbn [hd_error]; lia. }
    destruct (N.eqb_spec count 0) as [Z|Z].
    + assert (C : Rust.contents (Rust.items s) = []).
      { apply length_zero_iff_nil. unfold count, until in Z.
        destruct (Rust.contents (Rust.runs s)) as [|r rs]; cbn [hd_error] in Z; lia. }
      injection T as <- <- <-. pose proof (nothing_queued s C I A0 H) as N1.
      pose proof (r_queue _ _ R) as Q. pose proof (r_closed _ _ R) as O. rewrite N1 in Q.
      unfold Rust.nothing. destruct (Rust.closed s); now rewrite O, Q.
    + destruct (Rust.pop_batch lay Rust.batch_chunks (N.to_nat count) (Rust.items s))
        as [[chunks singles] b] eqn:P. injection T as <- <- <-.
      assert (CN : (N.to_nat count <= Rust.len (Rust.items s))%nat)
        by (unfold count, Rust.item_count; lia).
      destruct (pop_batch_facts lay Z1 Z2 _ _ _ _ _ _ (i_items s I) CN P) as (W & B & L & L1).
      set (l := Rust.unpack chunks singles) in *.
      destruct (popped s b l I W B) as [I' N].
      assert (Q : queue sh = map Item l ++ cells_from (Rust.contents (Rust.runs s))
                    (Rust.head s + N.of_nat (length l)) (Rust.contents b)).
      { rewrite (r_queue _ _ R). unfold cells. rewrite A0. cbn [N.to_nat repeat app].
        rewrite (cells_take (length l)), B, firstn_app, skipn_app, firstn_all, skipn_all, Nat.sub_diag.
        - cbn [firstn skipn app]. now rewrite app_nil_r.
        - rewrite B, app_length. lia.
        - unfold count, until in L.
          destruct (Rust.contents (Rust.runs s)) as [|r rs]; cbn [hd_error] in L; [easy|lia]. }
      assert (ML : length (map (@Item A) l) = length l) by apply map_length.
      split; [|split; [|split; [exact I'|]]].
      * unfold Rust.batch_chunks in L1. lia.
      * rewrite Q, <- ML, firstn_app, firstn_all, Nat.sub_diag. cbn. now rewrite app_nil_r.
      * constructor; cbn [queue closed senders receivers unfinished accepted take]; try apply R.
        -- rewrite Q at 1. rewrite <- ML, skipn_app, skipn_all, Nat.sub_diag. cbn.
           unfold cells. cbn. now rewrite A0, ML.
        -- rewrite Nat.add_0_r. apply R.
        -- etransitivity; [apply R|]. now rewrite <- N.
Qed.

(** ** Closing, draining, handles, tasks, memory *)

Theorem R_drain i s sh l n s' : inv s -> refines s sh -> Rust.drain s = (l, n, s') ->
  inv s' /\ refines s' (drain i sh) /\ l = items_of (queue sh) /\
  N.to_nat n = sentinels_in (queue sh).
Proof.
  intros I R D. injection D as <- <- <-.
  assert (Z : Rust.item_count (Rust.with_ahead 0 0 (Rust.with_contents Rust.new_buffer Rust.new_buffer 0
    (Rust.head s + Rust.item_count s) s)) = 0) by reflexivity.
  split; [|split; [|split]].
  - constructor; try apply I; cbn; try apply well_formed_new; try constructor; try lia.
    pose proof (i_room s I). unfold Rust.item_count in *. cbn.
    destruct (Rust.capacity s); lia.
  - constructor; try reflexivity; try apply R. etransitivity; [apply R|]. unfold Rust.entered.
    rewrite Z. cbn. lia.
  - rewrite (r_queue _ _ R). now rewrite items_of_cells.
  - now rewrite (sentinels_refine s sh I R).
Qed.

Theorem R_drain_items i s sh l s' : inv s -> refines s sh -> Rust.drain_items s = (l, s') ->
  inv s' /\ refines s' (drain_items i sh) /\ l = items_of (queue sh).
Proof.
  intros I R D. unfold Rust.drain_items in D.
  destruct (Rust.drain s) as [[l1 n] s1] eqn:E. injection D as <- <-.
  destruct (R_drain i s sh l1 n s1 I R E) as (I1 & R1 & L & S).
  assert (N1 : n = Rust.sentinels s) by (injection E as _ <- _; reflexivity).
  assert (C1 : cells s1 = []) by (rewrite <- (r_queue _ _ R1); reflexivity).
  assert (E1 : Rust.contents (Rust.runs s1) = [] /\ Rust.contents (Rust.items s1) = [])
    by (injection E as _ _ <-; split; reflexivity).
  destruct E1 as [E1 E2]. split; [|split; [|exact L]].
  - destruct I1. constructor; try assumption; cbn; rewrite ?E1.
    + cbn. lia.
    + pose proof (i_sentinels s I). lia.
  - destruct R1 as [Q1 Q2 Q3 Q4 Q5 Q6]. constructor; try assumption.
    cbn [queue drain_items]. unfold cells. cbn [Rust.ahead Rust.runs Rust.head Rust.items Rust.with_ahead].
    rewrite E1, E2, <- S. cbn [cells_from map]. symmetry. apply app_nil_r.
Qed.

Theorem R_close s sh : inv s -> refines s sh ->
  inv (snd (Rust.close s)) /\ refines (snd (Rust.close s)) (close sh) /\
  fst (Rust.close s) = negb (closed sh).
Proof.
  intros I R. split; [|split].
  - destruct I. now constructor.
  - destruct R. now constructor.
  - cbn. now rewrite (r_closed _ _ R).
Qed.

(** Handles and tasks are counted as in the model; the last one dropped is known. *)
Theorem R_handles s sh : inv s -> refines s sh ->
  (inv (Rust.add_sender s) /\
   refines (Rust.add_sender s) (recount SenderHandle (senders sh + 1) sh)) /\
  (inv (Rust.add_receiver s) /\
   refines (Rust.add_receiver s) (recount ReceiverHandle (receivers sh + 1) sh)) /\
  (inv (snd (Rust.drop_sender s)) /\
   refines (snd (Rust.drop_sender s)) (recount SenderHandle (senders sh - 1) sh) /\
   (fst (Rust.drop_sender s) = true <-> (senders sh - 1 = 0)%nat)) /\
  (inv (snd (Rust.drop_receiver s)) /\
   refines (snd (Rust.drop_receiver s)) (recount ReceiverHandle (receivers sh - 1) sh) /\
   (fst (Rust.drop_receiver s) = true <-> (receivers sh - 1 = 0)%nat)) /\
  (inv (Rust.finish_task s) /\
   refines (Rust.finish_task s) (recount TaskGuard (unfinished sh - 1) sh)).
Proof.
  intros I R.
  assert (K : forall tx rx n, inv (Rust.with_handles (Rust.closed s) tx rx n s))
    by (intros; destruct I; now constructor).
  pose proof (r_senders _ _ R) as Tx. pose proof (r_receivers _ _ R) as Rx.
  pose proof (r_unfinished _ _ R) as Un.
  repeat match goal with |- _ /\ _ => split end; try apply K;
    try (constructor; cbn [recount queue closed senders receivers unfinished accepted];
         try apply R; cbn; lia);
    cbn [fst Rust.drop_sender Rust.drop_receiver]; rewrite N.eqb_eq; lia.
Qed.

(** A receiver leaves as in the model, if it is that of a thread that owns one; and handles are made
    of weak ones as in the model. *)
Theorem R_weak_handles s sh : inv s -> refines s sh ->
  (inv (snd (Rust.leave_if_idle s)) /\ fst (Rust.leave_if_idle s) = is_idle sh /\
   refines (snd (Rust.leave_if_idle s))
     (if is_idle sh then recount ReceiverHandle (receivers sh - 1) sh else sh)) /\
  (inv (snd (Rust.upgrade_sender s)) /\ fst (Rust.upgrade_sender s) = (0 <? senders sh)%nat /\
   refines (snd (Rust.upgrade_sender s))
     (if (0 <? senders sh)%nat then recount SenderHandle (senders sh + 1) sh else sh)) /\
  (inv (snd (Rust.upgrade_receiver s)) /\ fst (Rust.upgrade_receiver s) = (0 <? receivers sh)%nat /\
   refines (snd (Rust.upgrade_receiver s))
     (if (0 <? receivers sh)%nat then recount ReceiverHandle (receivers sh + 1) sh else sh)).
Proof.
  intros I R.
  assert (K : forall tx rx n, inv (Rust.with_handles (Rust.closed s) tx rx n s))
    by (intros; destruct I; now constructor).
  pose proof (r_senders _ _ R) as Tx. pose proof (r_receivers _ _ R) as Rx.
  pose proof (length_refines s sh I R) as L.
  assert (ID : Rust.is_idle s && ((1 <? Rust.receivers s) || Rust.closed s) = is_idle sh).
  { unfold Rust.is_idle, is_idle. rewrite Rx, (r_closed _ _ R).
    assert (B : (1 <? Rust.receivers s) = (1 <? N.to_nat (Rust.receivers s))%nat).
    { destruct (N.ltb_spec 1 (Rust.receivers s)), (Nat.ltb_spec 1 (N.to_nat (Rust.receivers s)));
        reflexivity || lia. }
    rewrite B. destruct (queue sh) as [|x q]; cbn [length] in L;
      destruct (N.eqb_spec (Rust.item_count s) 0), (N.eqb_spec (Rust.sentinels s) 0);
      cbn [andb]; reflexivity || lia. }
  split; [|split]; (split; [apply K|]); split.
  - exact ID.
  - unfold Rust.leave_if_idle. cbv zeta. rewrite ID. cbn [snd].
    destruct (is_idle sh); constructor; cbn; try apply R; lia.
  - unfold Rust.upgrade_sender. cbn [fst Rust.senders Rust.with_handles]. rewrite Tx.
    destruct (N.ltb_spec 0 (Rust.senders s)), (Nat.ltb_spec 0 (N.to_nat (Rust.senders s))); try lia;
      [apply N.ltb_lt|apply N.ltb_ge]; lia.
  - unfold Rust.upgrade_sender. cbn [snd].
    destruct (N.ltb_spec 0 (Rust.senders s)), (Nat.ltb_spec 0 (senders sh)); try lia;
      constructor; cbn; try apply R; lia.
  - unfold Rust.upgrade_receiver. cbn [fst Rust.receivers Rust.with_handles]. rewrite Rx.
    destruct (N.ltb_spec 0 (Rust.receivers s)), (Nat.ltb_spec 0 (N.to_nat (Rust.receivers s))); try lia;
      [apply N.ltb_lt|apply N.ltb_ge]; lia.
  - unfold Rust.upgrade_receiver. cbn [snd].
    destruct (N.ltb_spec 0 (Rust.receivers s)), (Nat.ltb_spec 0 (receivers sh)); try lia;
      constructor; cbn; try apply R; lia.
Qed.

Theorem R_free_surplus s sh : inv s -> refines s sh ->
  inv (Rust.free_surplus s) /\ refines (Rust.free_surplus s) sh.
Proof.
  intros I R. destruct (take_surplus_facts _ (i_items s I)) as [W C].
  destruct (take_surplus_facts _ (i_runs s I)) as [W' C'].
  split; [destruct I; constructor; cbn; try rewrite C'; assumption|].
  constructor; apply R.
Qed.

(** A new queue is the model's, with one sender and one receiver. *)
Theorem R_new c : match c with Some c => 0 < c <= usize_max | None => True end ->
  inv (Rust.new c) /\
  refines (Rust.new c) (shared_of (init [(Held 1 0 0, []); (Held 0 1 0, [])])) /\
  forall hd hd', refines_waiters (Rust.new c) (PerSide 0 0 0) [Thread Outside [] hd; Thread Outside [] hd'].
Proof.
  intros C. split; [|split].
  - constructor; cbn; try apply well_formed_new; try constructor; try lia.
    all: try match goal with x : side |- _ => destruct x; cbn; lia end.
    unfold Rust.item_count. destruct c; cbn; lia.
  - now constructor.
  - now intros hd hd' [].
Qed.

End Refinement.

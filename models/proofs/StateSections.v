(** * The critical sections of queue.rs on the state of state.rs

    What queue.rs does under the lock, operation by operation, is the model's
    [attempt]: the same answer, the same events, and a state that refines the
    model's. What it does without the lock is not here. *)

From Coq Require Import List Arith NArith Bool Lia.
From SentinelQueue Require Import Model Lists Invariant State StateBuffer StateRefines.
Import ListNotations.
Local Open Scope N_scope.

Section Sections.

Context {A : Type}.
Variable lay runs_lay : Rust.layout.
Variable usize_max max_len : N.
Hypothesis sizes : sizes_ok lay runs_lay.
Hypothesis some_words : 0 < usize_max.

Implicit Types (s : Rust.state A) (sh : shared A).

Notation inv := (inv usize_max max_len).
Notation ready := (Rust.ready usize_max).
Notation room := (Rust.room max_len).

(** What a section comes to: the state, what is left of the operation, what is seen; or that the
    condition is not ready; or a panic, because a number cannot be counted. *)
Inductive section :=
| Done (s : Rust.state A) (next : list (op A)) (seen : list event)
| Waits (c : side)
| Panics.

(** [lock_until_ready]: goes on if the condition is ready, or if there is no time. *)
Definition once_ready (c : side) (d : deadline) s (k : section) : section :=
  if 0 <? ready c s then k else match d with Now => k | Never | At => Waits c end.

Definition send_section (d : deadline) (a : A) s : section :=
  once_ready NotFull d s
    match room s with
    | Rust.Free _ => Done (Rust.push_item lay a s) [] [Push 1]
    | Rust.RoomClosed => Done s [] [Refuse NotFull true]
    | Rust.Full => Done s [] [Refuse NotFull false]
    | Rust.Exhausted => Panics
    end.

Definition send_batch_section (d : deadline) (batch : Rust.chunk A) s : section :=
  once_ready NotFull d s
    match room s with
    | Rust.Free _ =>
        let '(count, batch, s) := Rust.push_batch_items lay max_len batch s in
        Done s (if Rust.size batch =? 0 then [] else [Send d (Rust.elements batch)])%nat [Push count]
    | Rust.RoomClosed => Done s [] [Refuse NotFull true]
    | Rust.Full => Done s [] [Refuse NotFull false]
    | Rust.Exhausted => Panics
    end.

Definition force_send_section (a : A) s : section :=
  match room s with
  | Rust.RoomClosed => Done s [] [Refuse NotFull true]
  | Rust.Full => Done (Rust.push_item lay a (snd (Rust.evict lay s))) [] [Evict; Push 1]
  | Rust.Free _ => Done (Rust.push_item lay a s) [] [Push 1]
  | Rust.Exhausted => Panics
  end.

Definition send_sentinels_section (count : N) s : section :=
  match room s with
  | Rust.RoomClosed => Done s [] [Refuse NotFull true]
  | _ =>
      match Rust.push_sentinels runs_lay usize_max count s with
      | (true, s) => Done s [] [PushSentinels (N.to_nat count)]
      | (false, _) => Panics
      end
  end.

Definition send_sentinels_front_section (count : N) s : section :=
  match room s with
  | Rust.RoomClosed => Done s [] [Refuse NotFull true]
  | _ =>
      match Rust.push_sentinels_front usize_max count s with
      | (true, s) => Done s [] [PushSentinelsFront (N.to_nat count)]
      | (false, _) => Panics
      end
  end.

Definition put_back_section (a : A) s : section :=
  match Rust.put_back lay a s with
  | (true, s) => Done s [] [PutBack]
  | (false, s) => Done s [] [Refuse NotFull true]
  end.

Definition recv_section (d : deadline) (tasks : bool) s : section :=
  once_ready NotEmpty d s
    (let (front, s) := Rust.take lay runs_lay tasks s in
     Done s [] [match front with
                | Rust.GotItem _ => Take 1 tasks
                | Rust.GotSentinel => TakeSentinel
                | Rust.IsClosed => Refuse NotEmpty true
                | Rust.IsEmpty => Refuse NotEmpty false
                end]).

Definition recv_batch_section (d : deadline) (limit : N) s : section :=
  once_ready NotEmpty d s
    (let '(front, _, s) := Rust.take_batch lay runs_lay usize_max limit s in
     Done s [] [match front with
                | Rust.GotItem count => Take count false
                | Rust.GotSentinel => TakeSentinel
                | Rust.IsClosed => Refuse NotEmpty true
                | Rust.IsEmpty => Refuse NotEmpty false
                end]).

Definition close_section s : section := Done (snd (Rust.close s)) [] [Close].

Definition drained_events (items sentinels : N) : list event :=
  if (items =? 0) && (sentinels =? 0) then []
  else [Drain (N.to_nat items) (N.to_nat sentinels)].

Definition close_now_section s : section :=
  let '(l, n, s) := Rust.drain (snd (Rust.close s)) in
  Done s [] (Close :: drained_events (N.of_nat (length l)) n).

Definition drain_section s : section :=
  let (l, s) := Rust.drain_items s in
  Done s [] (match length l with 0 => [] | n => [DrainItems n] end)%nat.

Definition leave_section s : section :=
  let (b, s) := Rust.leave_if_idle s in Done s [] [Leave b].

Definition upgrade_sender_section s : section :=
  let (b, s) := Rust.upgrade_sender s in Done s [] [UpgradeSender b].

Definition upgrade_receiver_section s : section :=
  let (b, s) := Rust.upgrade_receiver s in Done s [] [UpgradeReceiver b].

Definition drop_sender_section s : section :=
  let (is_last, s) := Rust.drop_sender s in
  if is_last then
    let (was_open, s) := Rust.close s in Done s [] (DropSender :: if was_open then [Close] else [])
  else Done s [] [DropSender].

Definition drop_receiver_section s : section :=
  let (is_last, s) := Rust.drop_receiver s in
  if is_last then
    let (was_open, s) := Rust.close s in
    let '(l, n, s) := Rust.drain s in
    Done s [] (DropReceiver :: (if was_open then [Close] else []) ++
               drained_events (N.of_nat (length l)) n)
  else Done s [] [DropReceiver].

Definition finish_task_section s : section := Done (Rust.finish_task s) [] [TaskDone].

Definition join_section (d : deadline) s : section :=
  once_ready AllDone d s
    (if 0 <? ready AllDone s then Done s [] [Joined] else Done s [] [Refuse AllDone false]).

(** A section leaves the waiters and the capacity alone; [begin_wait], [end_wait] and
    [take_wakeups] come before and after it. *)
Definition same_waiters s s' : Prop :=
  (forall c, Rust.waiters_of c s' = Rust.waiters_of c s) /\ Rust.capacity s' = Rust.capacity s.

(** The model's attempt is what the section does. A panic is not in the model. *)
Definition agrees s (k : section) (o : outcome A) : Prop :=
  match k with
  | Done s' next seen =>
      (exists sh' hd', o = Acts sh' next hd' seen /\ inv s' /\ refines s' sh') /\ same_waiters s s'
  | Waits c => o = Blocks c
  | Panics => True
  end.

Lemma agrees_done s s' sh' next seen hd' : inv s' -> refines s' sh' -> same_waiters s s' ->
  agrees s (Done s' next seen) (Acts sh' next hd' seen).
Proof. intros I R W. split; [|exact W]. now exists sh', hd'. Qed.

Lemma same_waiters_trans s s' s'' : same_waiters s s' -> same_waiters s' s'' -> same_waiters s s''.
Proof. intros [W C] [W' C']. split; [intros c; now rewrite W'|now rewrite C']. Qed.

(** All operations but those of waiting leave the waiters alone. *)
Lemma push_batch_waiters batch s count batch' s' :
  Rust.push_batch_items lay max_len batch s = (count, batch', s') -> same_waiters s s'.
Proof.
  unfold Rust.push_batch_items. destruct (room s); try (injection 1 as _ _ <-; now split).
  destruct (Rust.push_batch _ _ _ _). injection 1 as _ _ <-. now split.
Qed.

Lemma push_sentinels_waiters n s ok s' :
  Rust.push_sentinels runs_lay usize_max n s = (ok, s') -> same_waiters s s'.
Proof.
  unfold Rust.push_sentinels. destruct (_ <? _); intros H; apply pair_equal_spec in H as [_ <-];
    now split.
Qed.

Lemma evict_waiters s : same_waiters s (snd (Rust.evict lay s)).
Proof. unfold Rust.evict. destruct (Rust.pop _ _) as [[]]; now split. Qed.

Lemma take_sentinel_waiters s b s' : Rust.take_sentinel runs_lay s = (b, s') -> same_waiters s s'.
Proof.
  unfold Rust.take_sentinel. destruct (_ =? _); [intros [= _ <-]; now split|].
  destruct (_ <? _); [intros H; apply pair_equal_spec in H as [_ <-]; now split|].
  destruct (Rust.front_of _) as [r|]; [|intros [= _ <-]; now split].
  destruct (_ <=? _); intros H; apply pair_equal_spec in H as [_ <-]; now split.
Qed.

Lemma take_waiters tasks s f s' : Rust.take lay runs_lay tasks s = (f, s') -> same_waiters s s'.
Proof.
  unfold Rust.take. destruct (Rust.take_sentinel _ _) as [b s1] eqn:T.
  apply take_sentinel_waiters in T. destruct b; [now intros [= _ <-]|].
  intros H. apply (same_waiters_trans _ _ _ T).
  destruct (Rust.pop _ _) as [[]]; apply pair_equal_spec in H as [_ <-]; now split.
Qed.

Lemma take_batch_waiters limit s f l s' :
  Rust.take_batch lay runs_lay usize_max limit s = (f, l, s') -> same_waiters s s'.
Proof.
  unfold Rust.take_batch. destruct (Rust.take_sentinel _ _) as [b s1] eqn:T.
  apply take_sentinel_waiters in T. destruct b; [now intros [= _ _ <-]|].
  intros H. apply (same_waiters_trans _ _ _ T).
  destruct (_ =? 0); [now injection H as _ _ <-|].
  destruct (Rust.pop_batch _ _ _ _) as [[]]. apply pair_equal_spec in H as [_ <-]. now split.
Qed.

Lemma refines_hand_back s sh l : refines s sh -> refines s (hand_back l sh).
Proof. intros []. now constructor. Qed.

(** [SW], if there is one, says that the waiters are the same. *)
Ltac finish := cbn iota in *; repeat match goal with H : _ /\ _ |- _ => destruct H end;
  apply agrees_done;
  [assumption | first [assumption | apply refines_hand_back; assumption]
  | first [assumption | split; [intros []|]; reflexivity | now split]].


(** A send waits if the queue is full. *)
Lemma once_not_full d s k : inv s ->
  once_ready NotFull d s k =
  match room s, d with Rust.Full, Never | Rust.Full, At => Waits NotFull | _, _ => k end.
Proof.
  intros I. pose proof (i_room _ _ s I) as C. unfold once_ready, Rust.ready, Rust.room.
  destruct (Rust.closed s); [now rewrite (proj2 (N.ltb_lt _ _) some_words)|].
  destruct (Rust.capacity s) as [c|].
  - destruct (N.eqb_spec (c - Rust.item_count s) 0), (N.ltb_spec 0 (c - Rust.item_count s));
      lia || now destruct d.
  - rewrite (proj2 (N.ltb_lt _ _) some_words). now destruct (_ =? 0).
Qed.

Theorem section_send i hd d a s sh : inv s -> refines s sh ->
  agrees s (send_section d a s) (attempt (capacity_of s) i hd (Send d [a]) sh).
Proof.
  intros I R. unfold send_section. rewrite (once_not_full d s _ I). cbn [attempt]. unfold send.
  cbn [length Nat.eqb]. pose proof (R_room _ _ s sh I R) as M.
  destruct (room s) as [n| | |] eqn:F; cbn in M.
  - destruct M as (-> & Z & M). rewrite M.
    + assert (U : countable max_len 1 s)
        by (apply room_is_free in F; intros K; rewrite K in F; lia).
      destruct (R_push _ _ _ _ sizes a s sh I R U) as [I' R'].
      replace (Nat.min (length [a]) (N.to_nat n)) with 1%nat by (cbn [length]; lia).
      finish.
    + apply room_is_free in F. intros K. rewrite K in F. cbn [length]. lia.
  - destruct M as (-> & M). rewrite M.
    destruct d; cbn; try reflexivity. finish.
  - rewrite M. finish.
  - exact Logic.I.
Qed.

Theorem section_send_batch i hd d batch s sh : inv s -> refines s sh ->
  Rust.elements batch <> [] -> countable max_len (Rust.size batch) s ->
  agrees s (send_batch_section d batch s)
    (attempt (capacity_of s) i hd (Send d (Rust.elements batch)) sh).
Proof.
  intros I R B U. unfold send_batch_section. rewrite (once_not_full d s _ I).
  cbn [attempt]. unfold send.
  assert (L : length (Rust.elements batch) <> 0%nat) by (now rewrite length_zero_iff_nil).
  destruct (Nat.eqb_spec (length (Rust.elements batch)) 0); [easy|].
  pose proof (R_room _ _ s sh I R) as M. destruct (room s) as [m| | |] eqn:F; cbn in M.
  - destruct M as (O & Z & M). rewrite O. specialize (M _ U).
    destruct (Rust.push_batch_items lay max_len batch s) as [[count batch'] s'] eqn:P.
    destruct (R_push_batch _ _ _ _ sizes batch s sh m count batch' s' I R F U P) as (-> & E & I' & R').
    pose proof (push_batch_waiters _ _ _ _ _ P) as SW.
    destruct (Nat.eqb_spec (fit (capacity_of s) sh (Rust.elements batch)) 0); [lia|].
    cbv zeta. unfold Rust.size. rewrite E. finish.
  - destruct M as (-> & M). rewrite M. cbn [Nat.eqb].
    destruct d; cbn; try reflexivity. finish.
  - rewrite M. finish.
  - exact Logic.I.
Qed.

Theorem section_force_send i hd a s sh : inv s -> refines s sh ->
  agrees s (force_send_section a s) (attempt (capacity_of s) i hd (ForceSend a) sh).
Proof.
  intros I R. unfold force_send_section. cbn [attempt]. unfold force_send.
  pose proof (R_room _ _ s sh I R) as M. destruct (room s) as [n| | |] eqn:F; cbn in M.
  - destruct M as (-> & Z & M). rewrite M.
    + replace (Nat.min (length [a]) (N.to_nat n)) with 1%nat by (cbn [length]; lia).
      assert (U : countable max_len 1 s)
        by (apply room_is_free in F; intros K; rewrite K in F; lia).
      destruct (R_push _ _ _ _ sizes a s sh I R U). finish.
    + apply room_is_free in F. intros K. rewrite K in F. cbn [length]. lia.
  - destruct M as (-> & M). rewrite M. cbn [Nat.ltb Nat.leb].
    pose proof (R_evict _ _ _ _ sizes i s sh I R) as E. pose proof (i_room _ _ s I) as C.
    unfold Rust.room in F. destruct (Rust.closed s) eqn:O; [discriminate|].
    destruct (Rust.capacity s) as [c|] eqn:Q; [|now destruct (_ =? 0)].
    destruct (N.eqb_spec (c - Rust.item_count s) 0) as [Z|]; [|discriminate].
    assert (N0 : items sh = N.to_nat (Rust.item_count s)) by (eapply items_refine; eassumption).
    destruct (Rust.evict lay s) as [[b|] s'] eqn:V.
    2: { destruct E as (_ & _ & E). lia. }
    destruct E as (I' & sh' & -> & R' & _). cbn [snd].
    pose proof (evict_waiters s) as SW. rewrite V in SW. cbn [snd] in SW.
    assert (U : countable max_len 1 s') by (intros K; rewrite (proj2 SW), Q in K; discriminate).
    destruct (R_push _ _ _ _ sizes a s' sh' I' R' U). finish.
  - rewrite M. finish.
  - exact Logic.I.
Qed.

Theorem section_send_sentinels i hd n s sh : inv s -> refines s sh ->
  agrees s (send_sentinels_section n s)
    (attempt (capacity_of s) i hd (SendSentinels (N.to_nat n)) sh).
Proof.
  intros I R. unfold send_sentinels_section. cbn [attempt]. unfold send_sentinels.
  pose proof (R_room _ _ s sh I R) as M.
  destruct (Rust.push_sentinels runs_lay usize_max n s) as [ok s'] eqn:P.
  pose proof (R_push_sentinels _ _ _ _ sizes n s sh ok s' I R P) as H.
  apply push_sentinels_waiters in P.
  destruct (room s) as [m| | |]; cbn in M.
  1, 2, 4: destruct M as [-> M]; destruct ok; [|exact Logic.I]; finish.
  rewrite M. finish.
Qed.

Theorem section_send_sentinels_front i hd n s sh : inv s -> refines s sh ->
  agrees s (send_sentinels_front_section n s)
    (attempt (capacity_of s) i hd (SendSentinelsFront (N.to_nat n)) sh).
Proof.
  intros I R. unfold send_sentinels_front_section. cbn [attempt]. unfold send_sentinels_front.
  pose proof (R_room _ _ s sh I R) as M.
  destruct (Rust.push_sentinels_front usize_max n s) as [ok s'] eqn:P.
  pose proof (R_push_sentinels_front _ _ n s sh ok s' I R P) as H.
  assert (SW : same_waiters s s').
  { unfold Rust.push_sentinels_front in P. destruct (_ <? _); apply pair_equal_spec in P as [_ <-]; now split. }
  destruct (room s) as [m| | |]; cbn in M.
  1, 2, 4: destruct M as [-> M]; destruct ok; [|exact Logic.I]; finish.
  rewrite M. finish.
Qed.

(** A task is put back by a thread that has it; an unbounded queue holds fewer items than there can be. *)
Theorem section_put_back i hd a s sh : inv s -> refines s sh -> (0 < owns TaskGuard hd)%nat ->
  countable max_len 1 s ->
  agrees s (put_back_section a s) (attempt (capacity_of s) i hd (PutTaskBack a) sh).
Proof.
  intros I R O U. unfold put_back_section. cbn [attempt]. unfold put_task_back.
  destruct (Nat.eqb_spec (owns TaskGuard hd) 0) as [|_]; [lia|].
  pose proof (R_put_back _ _ _ _ sizes a s sh I R U) as H.
  assert (SW : same_waiters s (snd (Rust.put_back lay a s)))
    by (unfold Rust.put_back; destruct (Rust.closed s); now split).
  destruct (Rust.put_back lay a s) as [[] s'] eqn:P; cbn [snd] in SW.
  - destruct H as (-> & I' & R'). finish.
  - destruct H as (-> & ->). finish.
Qed.

(** A receive waits if the queue is open and empty. *)
Lemma once_not_empty d s sh k : inv s -> refines s sh ->
  once_ready NotEmpty d s k =
  match queue sh, closed sh, d with [], false, Never | [], false, At => Waits NotEmpty | _, _, _ => k end.
Proof.
  intros I R. pose proof (R_ready usize_max max_len NotEmpty s sh I R some_words) as E.
  unfold once_ready. cbn [Model.ready] in E. destruct (N.ltb_spec 0 (ready NotEmpty s)) as [L|L].
  - destruct (queue sh) as [|c q]; [|reflexivity]. destruct (closed sh); [reflexivity|].
    exfalso. assert (ready NotEmpty s = 0) by now apply E. lia.
  - assert (Z : ready NotEmpty s = 0) by lia. apply E in Z.
    destruct (closed sh); [discriminate|]. injection Z as Z.
    destruct (queue sh); [|discriminate]. now destruct d.
Qed.

Theorem section_recv i hd d tasks s sh : inv s -> refines s sh ->
  agrees s (recv_section d tasks s) (attempt (capacity_of s) i hd (Recv d 1 tasks) sh).
Proof.
  intros I R. unfold recv_section. rewrite (once_not_empty d s sh _ I R). cbn [attempt]. unfold receive.
  destruct (Rust.take lay runs_lay tasks s) as [front s'] eqn:T.
  pose proof (R_take _ _ _ _ sizes i tasks s sh front s' I R T) as H.
  apply take_waiters in T.
  destruct front as [a| | |].
  - destruct H as (q & -> & I' & R'). cbn [leading Nat.min].
    destruct tasks; finish.
  - destruct H as (q & -> & I' & R'). finish.
  - destruct H as (-> & -> & ->). finish.
  - destruct H as (-> & -> & ->). destruct d; cbn; try reflexivity. finish.
Qed.

(** A batch is the model's receive with some limit up to its own: see [R_take_batch]. *)
Theorem section_recv_batch i hd d limit s sh : inv s -> refines s sh -> 1 <= limit <= usize_max ->
  exists k, (1 <= k <= N.to_nat limit)%nat /\
    agrees s (recv_batch_section d limit s) (attempt (capacity_of s) i hd (Recv d k false) sh).
Proof.
  intros I R L. unfold recv_batch_section. rewrite (once_not_empty d s sh _ I R). cbn [attempt].
  unfold receive.
  destruct (Rust.take_batch lay runs_lay usize_max limit s) as [[front taken] s'] eqn:T.
  pose proof (R_take_batch _ _ _ _ sizes i limit s sh front taken s' I R L T) as H.
  apply take_batch_waiters in T.
  destruct front as [k| | |].
  - destruct H as (K & _ & I' & R'). exists k. split; [lia|].
    destruct (queue sh) as [|[a|] q]; cbn [leading] in K; try lia. cbn [leading].
    replace (Nat.min k (S (leading q))) with k by lia. finish.
  - destruct H as (_ & q & -> & I' & R'). exists (N.to_nat limit). split; [lia|]. finish.
  - destruct H as (_ & -> & -> & ->). exists (N.to_nat limit). split; [lia|]. finish.
  - destruct H as (_ & -> & -> & ->). exists (N.to_nat limit). split; [lia|].
    destruct d; cbn; try reflexivity. finish.
Qed.

Theorem section_close i hd s sh : inv s -> refines s sh ->
  agrees s (close_section s) (attempt (capacity_of s) i hd CloseQueue sh).
Proof.
  intros I R. destruct (R_close _ _ s sh I R) as (I' & R' & _). finish.
Qed.

Lemma drained_refines (sh : shared A) (l : list A) (n : N) : l = items_of (queue sh) ->
  N.to_nat n = sentinels_in (queue sh) -> drained_events (N.of_nat (length l)) n = drained sh.
Proof.
  intros E S. unfold drained, drained_events, items. pose proof (length_cells (queue sh)) as L.
  destruct (queue sh) as [|c q]; rewrite <- E, <- S in *; cbn [length] in L.
  - destruct (N.eqb_spec (N.of_nat (length l)) 0), (N.eqb_spec n 0); cbn; reflexivity || lia.
  - rewrite Nat2N.id.
    destruct (N.eqb_spec (N.of_nat (length l)) 0), (N.eqb_spec n 0); cbn; reflexivity || lia.
Qed.

Theorem section_close_now i hd s sh : inv s -> refines s sh ->
  agrees s (close_now_section s) (attempt (capacity_of s) i hd CloseQueueNow sh).
Proof.
  intros I R. unfold close_now_section. cbn [attempt].
  destruct (R_close _ _ s sh I R) as (I1 & R1 & _).
  destruct (Rust.drain (snd (Rust.close s))) as [[l n] s'] eqn:D.
  destruct (R_drain _ _ i _ _ l n s' I1 R1 D) as (I' & R' & E & S).
  assert (SW : same_waiters s s') by (injection D as <- <- <-; now split).
  rewrite (drained_refines sh l n E S). finish.
Qed.

Theorem section_drain i hd s sh : inv s -> refines s sh ->
  agrees s (drain_section s) (attempt (capacity_of s) i hd DrainQueue sh).
Proof.
  intros I R. unfold drain_section. cbn [attempt].
  destruct (Rust.drain_items s) as [l s'] eqn:D.
  destruct (R_drain_items _ _ i s sh l s' I R D) as (I' & R' & E).
  assert (SW : same_waiters s s').
  { unfold Rust.drain_items in D. destruct (Rust.drain s) as [[l1 n] s1] eqn:D1.
    injection D as _ <-. injection D1 as _ _ <-. now split. }
  unfold drained_items, items. rewrite <- E. finish.
Qed.

(** A receiver leaves, if the thread owns one. *)
Theorem section_leave i hd s sh : inv s -> refines s sh -> (0 < owns ReceiverHandle hd)%nat ->
  agrees s (leave_section s) (attempt (capacity_of s) i hd LeaveIfIdle sh).
Proof.
  intros I R O. unfold leave_section. cbn [attempt]. unfold leave_if_idle.
  destruct (Nat.eqb_spec (owns ReceiverHandle hd) 0) as [|_]; [lia|]. cbn [orb].
  destruct (R_weak_handles _ _ s sh I R) as ((I' & B & R') & _).
  assert (SW : same_waiters s (snd (Rust.leave_if_idle s))) by now split.
  destruct (Rust.leave_if_idle s) as [b s']. cbn [fst snd] in *. subst b.
  destruct (is_idle sh); cbn [negb]; finish.
Qed.

Theorem section_upgrade_sender i hd s sh : inv s -> refines s sh ->
  agrees s (upgrade_sender_section s) (attempt (capacity_of s) i hd (Upgrade SenderHandle) sh).
Proof.
  intros I R. unfold upgrade_sender_section. cbn [attempt]. unfold upgrade. cbn [count].
  destruct (R_weak_handles _ _ s sh I R) as (_ & (I' & B & R') & _).
  assert (SW : same_waiters s (snd (Rust.upgrade_sender s))) by now split.
  destruct (Rust.upgrade_sender s) as [b s']. cbn [fst snd] in *. subst b.
  destruct (Nat.ltb 0 (senders sh)); finish.
Qed.

Theorem section_upgrade_receiver i hd s sh : inv s -> refines s sh ->
  agrees s (upgrade_receiver_section s) (attempt (capacity_of s) i hd (Upgrade ReceiverHandle) sh).
Proof.
  intros I R. unfold upgrade_receiver_section. cbn [attempt]. unfold upgrade. cbn [count].
  destruct (R_weak_handles _ _ s sh I R) as (_ & _ & I' & B & R').
  assert (SW : same_waiters s (snd (Rust.upgrade_receiver s))) by now split.
  destruct (Rust.upgrade_receiver s) as [b s']. cbn [fst snd] in *. subst b.
  destruct (Nat.ltb 0 (receivers sh)); finish.
Qed.

(** The drops of handles and tasks, by a thread that owns one. *)
Theorem section_drop_sender i hd s sh : inv s -> refines s sh -> (0 < owns SenderHandle hd)%nat ->
  agrees s (drop_sender_section s) (attempt (capacity_of s) i hd (Drop SenderHandle) sh).
Proof.
  intros I R O. unfold drop_sender_section. cbn [attempt]. unfold drop_handle.
  destruct (Nat.eqb_spec (owns SenderHandle hd) 0) as [|_]; [lia|]. cbn [count].
  destruct (R_handles _ _ s sh I R) as (_ & _ & (I1 & R1 & B) & _).
  destruct (Rust.drop_sender s) as [is_last s1] eqn:D1. cbn [fst snd] in *.
  assert (SW1 : same_waiters s s1) by (injection D1 as <- <-; now split).
  destruct (senders sh - 1)%nat as [|left] eqn:L.
  - assert (is_last = true) as -> by now apply B.
    destruct (R_close _ _ s1 _ I1 R1) as (I2 & R2 & C).
    destruct (Rust.close s1) as [was_open s2] eqn:D2.
    assert (SW : same_waiters s s2)
      by (apply (same_waiters_trans _ _ _ SW1); injection D2 as <- <-; now split).
    cbn [fst snd closed recount] in *. subst was_open.
    destruct (closed sh); finish.
  - destruct is_last; [now discriminate (proj1 B eq_refl)|]. finish.
Qed.

Theorem section_drop_receiver i hd s sh : inv s -> refines s sh -> (0 < owns ReceiverHandle hd)%nat ->
  agrees s (drop_receiver_section s) (attempt (capacity_of s) i hd (Drop ReceiverHandle) sh).
Proof.
  intros I R O. unfold drop_receiver_section. cbn [attempt]. unfold drop_handle.
  destruct (Nat.eqb_spec (owns ReceiverHandle hd) 0) as [|_]; [lia|]. cbn [count].
  destruct (R_handles _ _ s sh I R) as (_ & _ & _ & (I1 & R1 & B) & _).
  destruct (Rust.drop_receiver s) as [is_last s1] eqn:D1. cbn [fst snd] in *.
  assert (SW1 : same_waiters s s1) by (injection D1 as <- <-; now split).
  destruct (receivers sh - 1)%nat as [|left] eqn:L.
  - assert (is_last = true) as -> by now apply B.
    destruct (R_close _ _ s1 _ I1 R1) as (I2 & R2 & C).
    destruct (Rust.close s1) as [was_open s2] eqn:D2.
    assert (SW : same_waiters s s2)
      by (apply (same_waiters_trans _ _ _ SW1); injection D2 as <- <-; now split).
    cbn [fst snd closed recount] in *. subst was_open.
    destruct (Rust.drain s2) as [[l n] s3] eqn:D.
    destruct (R_drain _ _ i _ _ l n s3 I2 R2 D) as (I3 & R3 & E & S).
    assert (SW3 : same_waiters s s3)
      by (apply (same_waiters_trans _ _ _ SW); injection D as <- <- <-; now split).
    rewrite (drained_refines sh l n E S). destruct (closed sh); finish.
  - destruct is_last; [now discriminate (proj1 B eq_refl)|]. finish.
Qed.

Theorem section_finish_task i hd s sh : inv s -> refines s sh -> (0 < owns TaskGuard hd)%nat ->
  agrees s (finish_task_section s) (attempt (capacity_of s) i hd (Drop TaskGuard) sh).
Proof.
  intros I R O. unfold finish_task_section. cbn [attempt]. unfold drop_handle.
  destruct (Nat.eqb_spec (owns TaskGuard hd) 0) as [|_]; [lia|].
  destruct (R_handles _ _ s sh I R) as (_ & _ & _ & _ & I1 & R1). finish.
Qed.

Theorem section_join i hd d s sh : inv s -> refines s sh ->
  agrees s (join_section d s) (attempt (capacity_of s) i hd (Join d) sh).
Proof.
  intros I R. unfold join_section. cbn [attempt]. unfold join.
  pose proof (R_ready usize_max max_len AllDone s sh I R some_words) as E. cbn [Model.ready] in E.
  unfold once_ready. destruct (N.ltb_spec 0 (ready AllDone s)) as [L|L].
  - destruct (done sh); [finish|].
    assert (ready AllDone s = 0) by now apply E. lia.
  - assert (Z : ready AllDone s = 0) by lia. apply E in Z.
    destruct (done sh); [discriminate|]. destruct d; cbn; try reflexivity. finish.
Qed.

(** ** One step *)

(** The end of a section: [notify]. *)
Definition notify_all s : list event * Rust.state A :=
  let (w1, s) := Rust.take_wakeups usize_max NotEmpty s in
  let (w2, s) := Rust.take_wakeups usize_max NotFull s in
  let (w3, s) := Rust.take_wakeups usize_max AllDone s in
  (sent NotEmpty w1 ++ sent NotFull w2 ++ sent AllDone w3, s).

(** What the code's thread has done before an attempt: nothing if it has not waited, and otherwise
    it has returned from its wait. *)
Definition returned_from (x : place) s : Rust.state A :=
  match x with Woken c => Rust.end_wait c s | _ => s end.

(** A section of the code that does something is a step of the model, whichever waiters its
    notifications wake: the same events, the same calls, and the code's state refines the model's
    again, waiters included. *)
Theorem state_refines i t o r s sh nt TH L k s' next seen timed_out :
  inv s -> refines s sh -> refines_waiters s nt TH ->
  nth_error TH i = Some t -> program t = o :: r -> awake t ->
  (timed_out = true -> deadline_of o = Some Now) ->
  k = Done s' next seen ->
  agrees (returned_from (spot t) s) k (attempt (capacity_of s) i (holds t) o sh) ->
  exists sh' nt' hd',
    let TH' := upd TH i (Thread Outside (next ++ r) hd') in
    inv (snd (notify_all s')) /\ refines (snd (notify_all s')) sh' /\
    forall TH'', settle (capacity_of s) sh' (come_back (spot t) nt) TH' nt' TH'' ->
      refines_waiters (snd (notify_all s')) nt' TH'' /\
      step (capacity_of s) Progress i (State sh nt TH L)
        (State sh' nt' TH''
          (L ++ say i (back (spot t) timed_out ++ seen ++ fst (notify_all s')))).
Proof.
  intros I R W H P Aw Ti -> G. destruct G as ((sh' & hd' & G & I' & R') & SW & SC).
  set (TH' := upd TH i (Thread Outside (next ++ r) hd')).
  assert (W' : refines_waiters s' (come_back (spot t) nt) TH').
  { unfold awake in Aw. destruct (spot t) as [|c|c] eqn:O; [|easy|]; cbn [returned_from] in *.
    - intros c. rewrite SW. destruct (W c) as [Wc Pc].
      pose proof (asleep_upd c _ _ _ (Thread Outside (next ++ r) hd') H) as E1.
      pose proof (woken_upd c _ _ _ (Thread Outside (next ++ r) hd') H) as E2.
      fold TH' in E1, E2. rewrite O in *. unfold waiting in *. cbn in *. split; [lia|exact Pc].
    - assert (O' : waits_at (spot t) = Some c) by now rewrite O.
      destruct (R_end_wait _ _ c s sh nt TH i t (next ++ r) hd' I R W H O') as (_ & _ & W1).
      intros x. rewrite SW. apply W1. }
  assert (C : capacity_of s' = capacity_of s).
  { unfold capacity_of. rewrite SC. now destruct (spot t) as [|[]|[]]. }
  unfold notify_all.
  destruct (Rust.take_wakeups usize_max NotEmpty s') as [w1 s1] eqn:T1.
  destruct (Rust.take_wakeups usize_max NotFull s1) as [w2 s2] eqn:T2.
  destruct (Rust.take_wakeups usize_max AllDone s2) as [w3 s3] eqn:T3.
  destruct (R_notify _ _ s' sh' _ TH' w1 w2 w3 s1 s2 s3 I' R' W' T1 T2 T3) as (I3 & R3 & E & F).
  rewrite C in E, F. cbn [fst snd].
  exists sh', (PerSide
    (of_not_empty (come_back (spot t) nt) + due (capacity_of s) NotEmpty sh' (come_back (spot t) nt) TH')
    (of_not_full (come_back (spot t) nt) + due (capacity_of s) NotFull sh' (come_back (spot t) nt) TH')
    (of_all_done (come_back (spot t) nt) + due (capacity_of s) AllDone sh' (come_back (spot t) nt) TH')),
    hd'. cbv zeta. fold TH'. split; [exact I3|]. split; [exact R3|].
  intros TH'' S. split; [exact (F _ _ S)|]. rewrite E.
  now apply (s_act _ _ i t o r sh' next hd' seen timed_out).
Qed.

(** A section of the code that waits is a step of the model that falls asleep. *)
Theorem state_sleeps i t o r s sh nt TH L k c :
  inv s -> refines s sh -> refines_waiters s nt TH ->
  nth_error TH i = Some t -> program t = o :: r -> awake t ->
  k = Waits c -> Rust.waiting (Rust.waiters_of c (returned_from (spot t) s)) < usize_max ->
  agrees (returned_from (spot t) s) k (attempt (capacity_of s) i (holds t) o sh) ->
  let s' := Rust.begin_wait c (returned_from (spot t) s) in
  let TH' := upd TH i (Thread (Asleep c) (o :: r) (holds t)) in
  inv s' /\ refines s' sh /\ refines_waiters s' (come_back (spot t) nt) TH' /\
  step (capacity_of s) Sleep i (State sh nt TH L)
    (State sh (come_back (spot t) nt) TH' (L ++ say i (back (spot t) false ++ [Wait c]))).
Proof.
  intros I R W H P Aw -> B G s' TH'. cbn [agrees] in G.
  assert (K : inv s' /\ refines s' sh /\ refines_waiters s' (come_back (spot t) nt) TH').
  2: { destruct K as (K1 & K2 & K3). repeat (split; [assumption|]). now apply s_block. }
  unfold awake in Aw. destruct (spot t) as [|x|x] eqn:O; [|easy|]; cbn [returned_from] in *.
  - exact (R_begin_wait _ _ c s sh nt TH i t (o :: r) I R W H O B).
  - assert (O' : waits_at (spot t) = Some x) by now rewrite O.
    destruct (R_end_wait _ _ x s sh nt TH i t (o :: r) (holds t) I R W H O') as (I1 & R1 & W1).
    pose proof (nth_upd_same _ _ _ (Thread Outside (o :: r) (holds t)) H) as H1.
    destruct (R_begin_wait _ _ c _ sh _ _ i _ (o :: r) I1 R1 W1 H1 eq_refl B) as (I2 & R2 & W2).
    split; [exact I2|]. split; [exact R2|]. intros y. destruct (W2 y) as [X Y].
    split; [|exact Y]. unfold s'. rewrite <- X. unfold waiting.
    pose proof (asleep_upd y _ _ _ (Thread (Asleep c) (o :: r) (holds t)) H1).
    pose proof (woken_upd y _ _ _ (Thread (Asleep c) (o :: r) (holds t)) H1).
    pose proof (asleep_upd y _ _ _ (Thread Outside (o :: r) (holds t)) H).
    pose proof (woken_upd y _ _ _ (Thread Outside (o :: r) (holds t)) H).
    pose proof (asleep_upd y _ _ _ (Thread (Asleep c) (o :: r) (holds t)) H).
    pose proof (woken_upd y _ _ _ (Thread (Asleep c) (o :: r) (holds t)) H).
    unfold TH'. cbn [spot holds] in *. rewrite ?O in *. lia.
Qed.

(** A future of the code that is polled in vain ends its wait, and releases the lock once before it
    begins another one: that is the model's look. *)
Theorem state_looks i t o r s sh nt TH L c k :
  inv s -> refines s sh -> refines_waiters s nt TH ->
  nth_error TH i = Some t -> program t = o :: r -> spot t = Woken c ->
  k = Waits c -> agrees (Rust.end_wait c s) k (attempt (capacity_of s) i (holds t) o sh) ->
  let TH' := upd TH i (Thread Outside (o :: r) (holds t)) in
  inv (Rust.end_wait c s) /\ refines (Rust.end_wait c s) sh /\
  refines_waiters (Rust.end_wait c s) (come_back (spot t) nt) TH' /\
  step (capacity_of s) Look i (State sh nt TH L)
    (State sh (come_back (spot t) nt) TH' (L ++ say i (back (spot t) false))).
Proof.
  intros I R W H P E -> G TH'. cbn [agrees] in G.
  assert (E' : waits_at (spot t) = Some c) by now rewrite E.
  destruct (R_end_wait _ _ c s sh nt TH i t (o :: r) (holds t) I R W H E') as (I' & R' & W').
  split; [exact I'|]. split; [exact R'|]. split; [rewrite E; exact W'|]. eapply s_look; eauto.
Qed.

(** A waiter of the code that is cancelled ends its wait and its section, and that is the
    model's cancellation, whichever waiters its notifications wake. *)
Theorem state_cancels i t o r s sh nt TH L c :
  inv s -> refines s sh -> refines_waiters s nt TH ->
  nth_error TH i = Some t -> program t = o :: r -> waits_at (spot t) = Some c ->
  let s' := Rust.end_wait c s in
  let TH' := upd TH i (Thread Outside r (holds t)) in
  inv (snd (notify_all s')) /\ refines (snd (notify_all s')) (cancel o sh) /\
  forall nt' TH'', settle (capacity_of s) (cancel o sh) (give_up_wait c nt) TH' nt' TH'' ->
    refines_waiters (snd (notify_all s')) nt' TH'' /\
    step (capacity_of s) Cancellation i (State sh nt TH L)
      (State (cancel o sh) nt' TH'' (L ++ say i (Cancel c :: fst (notify_all s')))).
Proof.
  intros I R W H P O s' TH'.
  destruct (R_end_wait _ _ c s sh nt TH i t r (holds t) I R W H O) as (I' & R' & W').
  fold s' in I', R', W'. fold TH' in W'.
  assert (R1 : refines s' (cancel o sh)) by now apply refines_hand_back.
  assert (C : capacity_of s' = capacity_of s) by (unfold s', capacity_of; now destruct c).
  unfold notify_all.
  destruct (Rust.take_wakeups usize_max NotEmpty s') as [w1 s1] eqn:T1.
  destruct (Rust.take_wakeups usize_max NotFull s1) as [w2 s2] eqn:T2.
  destruct (Rust.take_wakeups usize_max AllDone s2) as [w3 s3] eqn:T3.
  destruct (R_notify _ _ s' (cancel o sh) _ TH' w1 w2 w3 s1 s2 s3 I' R1 W' T1 T2 T3) as (I3 & R3 & E & F).
  rewrite C in E, F. cbn [fst snd]. split; [exact I3|]. split; [exact R3|].
  intros nt' TH'' S. split; [exact (F _ _ S)|]. rewrite E. eapply s_cancel; eauto.
Qed.

End Sections.

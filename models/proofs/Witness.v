(** * Nothing is claimed about nothing: the hypotheses are met.

    For each claim an execution, computed by the verified semantics, in which what
    the claim speaks of happens; and for every crew whatsoever a fair behaviour and
    an execution that comes to rest. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress Termination History Pool.
From SentinelQueue Require Import Exec Claims.

(** ** Every crew comes to rest, and has a fair behaviour *)

Section Rest.
Context {A : Type}.
Variable capacity : option nat.

Lemma rest_from (s : state A) : Inv capacity s ->
  forall ks0 s0, run capacity ks0 s0 s -> undisturbed ks0 ->
  exists ks s', run capacity ks s0 s' /\ undisturbed ks /\ quiescent capacity s'.
Proof.
  remember (labour s) as v eqn:V. revert s V. induction v as [v IH] using lt_wf_ind.
  intros s -> I ks0 s0 H D. destruct (able_or_justified capacity s I) as [(i & t & Hi & E)|[Q _]].
  - destruct (able_step capacity s i t I Hi E) as [s' Hs].
    eapply (IH (labour s')) with (ks0 := Progress :: ks0); eauto.
    + apply (step_labour _ _ _ _ _ Hs).
    + eapply step_inv; eauto.
    + econstructor; eauto.
    + destruct D. split; intros [F|F]; auto; discriminate.
  - exists ks0, s. auto.
Qed.

Theorem rest_is_reached (c : crew A) : exists ks s,
  run capacity ks (init c) s /\ undisturbed ks /\ quiescent capacity s.
Proof.
  eapply rest_from; [apply Inv_init|constructor|]. split; auto.
Qed.

(** An execution as a sequence of states that stays where it ends. *)
Lemma unrolled ks (s0 s : state A) : run capacity ks s0 s ->
  exists (f : nat -> state A) (l : nat -> option (kind * nat)),
    f 0 = s0 /\ (forall n, match l n with
       | None => f (S n) = f n
       | Some (k, i) => step capacity k i (f n) (f (S n)) end) /\
    (forall n, length ks <= n -> f n = s /\ l n = None).
Proof.
  induction 1 as [s|ks k i s s' s'' H (f & l & F0 & F & FE) Hs].
  - exists (fun _ => s), (fun _ => None). auto.
  - exists (fun n => if n <=? length ks then f n else s''),
           (fun n => if n =? length ks then Some (k, i) else l n).
    split; [simpl; auto|]. split.
    + intros n. destruct (Nat.eqb_spec n (length ks)) as [->|N].
      * rewrite Nat.leb_refl. destruct (Nat.leb_spec (S (length ks)) (length ks)); [lia|].
        destruct (FE _ (le_n _)) as [-> _]. exact Hs.
      * specialize (F n). destruct (Nat.leb_spec n (length ks)).
        -- destruct (Nat.leb_spec (S n) (length ks)); [exact F|lia].
        -- destruct (Nat.leb_spec (S n) (length ks)); [lia|].
           destruct (FE n) as [_ ->]; [lia|]. auto.
    + simpl. intros n L. destruct (Nat.leb_spec n (length ks)); [lia|].
      destruct (Nat.eqb_spec n (length ks)); [lia|]. split; auto. apply FE. lia.
Qed.

Theorem fair_exists (c : crew A) : exists b : behaviour capacity c, fair b.
Proof.
  destruct (rest_is_reached c) as (ks & s & H & _ & Q).
  destruct (unrolled _ _ _ H) as (f & l & F0 & F & FE).
  exists (Build_behaviour capacity c f l F0 F). intros i n.
  exists (n + length ks). split; [lia|]. left. intros [s' Hs]. simpl in Hs.
  destruct (FE (n + length ks)) as [E _]; [lia|]. rewrite E in Hs. eapply Q; eauto.
Qed.

(** Pools of every size come to their end. *)
Theorem pool_inhabited batches M K tasks waits e :
  (forall n, capacity = Some n -> 1 <= n) -> 1 <= M -> M <= K \/ e <> KeepOpen ->
  exists ks s, run capacity ks (init (pool batches M K tasks waits e)) s /\ undisturbed ks /\
    quiescent capacity s /\ ends_well (A := A) batches M K e s.
Proof.
  intros C1 M1 KE.
  destruct (rest_is_reached (pool batches M K tasks waits e)) as (ks & s & H & D & Q).
  exists ks, s. repeat (split; auto); eapply (pool_correct capacity); eauto.
Qed.

End Rest.

(** ** Executions to look at *)

Definition go (i : nat) : choice := Move i false [] [] [].

Definition after (capacity : option nat) (c : crew nat) (cs : list choice) (s : state nat) : Prop :=
  runf capacity (init c) cs = Some s.

Lemma after_reachable capacity c cs s : after capacity c cs s -> reachable capacity c s.
Proof. intros H. destruct (runf_sound _ _ _ _ H) as [ks R]. exists ks. exact R. Qed.

Lemma after_quiescent capacity c cs s : after capacity c cs s -> someone_able capacity s = false ->
  quiescent capacity s.
Proof.
  intros H. apply none_able_quiescent. eapply reachable_inv, after_reachable; eauto.
Qed.

Ltac computed := eexists; split; [vm_compute; reflexivity|].

(** C1 to C4: items received, evicted, queued up to the capacity; a sentinel that
    needs no room; and, in the second, items drained and handed back. *)
Definition one (l : list (op nat)) : crew nat := [(Held 1 1 0, l)].

Example C1_to_C4_inhabited : exists s,
  after (Some 2) (one [Send Never [1; 2]; ForceSend 3; SendSentinels 1; ForceSend 4;
                       Recv Never 1 false])
        [go 0; go 0; go 0; go 0; go 0] s /\
  removed (shared_of s) = [(Evicted, 0, Item 1); (Evicted, 0, Item 2); (Received, 0, Item 3)] /\
  queue (shared_of s) = [Sentinel; Item 4].
Proof. computed. auto. Qed.

Example C1_drained_inhabited : exists s,
  after (Some 2) (one [Send Never [1; 2]; SendSentinels 1; CloseQueueNow; Send Never [5; 6]])
        [go 0; go 0; go 0; go 0] s /\
  removed (shared_of s) = [(Drained, 0, Item 1); (Drained, 0, Item 2); (Drained, 0, Sentinel)] /\
  returned (shared_of s) = [5; 6].
Proof. computed. auto. Qed.

Example C4_full_inhabited : exists s,
  after (Some 2) (one [Send Never [1; 2]; SendSentinels 3]) [go 0; go 0] s /\
  items (shared_of s) = 2 /\ length (queue (shared_of s)) = 5.
Proof. computed. auto. Qed.

(** C5, C6: two receivers sleep, a sender too; one item: one receiver is woken, one
    sleeps on, and an item is ready; then a close: no thread sleeps. *)
Definition three : crew nat :=
  [(Held 0 1 0, [Recv Never 1 false]); (Held 0 1 0, [Work false]);
   (Held 1 0 0, [Send Never [7]; CloseQueue])].

Example C6_inhabited : exists s, after (Some 1) three [go 0; go 1; go 2] s /\
  asleep NotEmpty (threads s) = 1 /\ woken NotEmpty (threads s) = 1 /\
  ready (Some 1) NotEmpty (shared_of s) = Some 1.
Proof. computed. auto. Qed.

Example C5_inhabited : exists s, after (Some 1) three [go 0; go 1; go 2; go 2] s /\
  closed (shared_of s) = true /\ woken NotEmpty (threads s) = 2.
Proof. computed. auto. Qed.

Example C5_last_sender_inhabited : exists s,
  after None [(Held 1 1 0, [Drop SenderHandle])] [go 0] s /\
  senders (shared_of s) = 0 /\ closed (shared_of s) = true.
Proof. computed. auto. Qed.

(** C6 at rest: all wait, each for a reason of another kind. *)
Definition all_wait : crew nat :=
  [(Held 1 1 0, [Send Never [1; 2]]); (Held 0 0 0, [Join Never]); (Held 0 0 0, [JoinThreads [0]])].

Example C6_quiescent_inhabited : exists s, after (Some 1) all_wait [go 0; go 0; go 1] s /\
  quiescent (Some 1) s /\ existsb (fun t => is_nil (program t)) (threads s) = false.
Proof.
  eexists. assert (H : after (Some 1) all_wait [go 0; go 0; go 1] _) by (vm_compute; reflexivity).
  split; [exact H|]. split; [|reflexivity]. eapply after_quiescent; [exact H|reflexivity].
Qed.

Definition receivers_wait : crew nat :=
  [(Held 1 1 0, [Recv Never 1 true]); (Held 0 0 0, [Work true])].

Example C6_quiescent_inhabited_too : exists s, after None receivers_wait [go 0; go 1] s /\
  quiescent None s /\ asleep NotEmpty (threads s) = 2.
Proof.
  eexists. assert (H : after None receivers_wait [go 0; go 1] _) by (vm_compute; reflexivity).
  split; [exact H|]. split; [|reflexivity]. eapply after_quiescent; [exact H|reflexivity].
Qed.

(** C7: two workers end by a sentinel each, without a close, spurious wakeup
    included. *)
Definition two_workers : crew nat :=
  [(Held 0 1 0, [Work true]); (Held 0 1 0, [Work true]);
   (Held 1 0 0, [Send Never [1]; SendSentinels 2])].

Definition to_the_end : list choice :=
  [go 0; go 1; Stir 1; go 1; go 2; go 2; go 0; go 0; go 0; go 1].

Example C7_inhabited : exists s, after (Some 1) two_workers to_the_end s /\
  quiescent (Some 1) s /\ closed (shared_of s) = false /\
  sum (fun m => receives (snd m)) two_workers <= sentinels_in (accepted (shared_of s)) /\
  Forall finished (threads s).
Proof.
  eexists. assert (H : after (Some 1) two_workers to_the_end _) by (vm_compute; reflexivity).
  split; [exact H|]. split; [eapply after_quiescent; [exact H|reflexivity]|].
  split; [reflexivity|]. split; [vm_compute; auto|]. repeat constructor.
Qed.

(** C9: a receiver sleeps, its deadline passes, it looks again and gives up. *)
Example C9_inhabited : exists s,
  after (Some 1) (one [Recv At 1 false]) [go 0; Expire 0; Move 0 true [] [] []] s /\
  log s = [(0, Wait NotEmpty); (0, Wake NotEmpty true); (0, Refuse NotEmpty false)].
Proof. computed. auto. Qed.

(** C11: a joiner sleeps as long as a task is unfinished; the thread that has it
    dies, which drops the guard, and the join returns. *)
Definition a_joiner : crew nat :=
  [(Held 1 1 0, [Send Never [1]; Recv Never 1 true; Recv Never 1 true]);
   (Held 0 0 0, [Join Never])].

Example C11_inhabited : exists s, after None a_joiner [go 0; go 1; go 0] s /\
  unfinished (shared_of s) = 1 /\ items (shared_of s) = 0 /\ asleep AllDone (threads s) = 1.
Proof. computed. auto. Qed.

Example C11_survives_a_panic : exists s,
  after None a_joiner [go 0; go 1; go 0; Die 0 [TaskGuard; SenderHandle; ReceiverHandle];
                       go 0; go 1; go 0; go 0] s /\
  Forall finished (threads s) /\
  filter (fun x => fst x =? 1) (log s) = [(1, Wait AllDone); (1, Wake AllDone false); (1, Joined)].
Proof. computed. split; [repeat constructor|reflexivity]. Qed.

(** C2: a drain that does not close takes the items and leaves the sentinels, and a
    receive that follows ends by one. *)
Example C2_drain_inhabited : exists s,
  after (Some 2) (one [Send Never [1]; SendSentinels 1; Send Never [2]; DrainQueue; Recv Never 5 false])
        [go 0; go 0; go 0; go 0; go 0] s /\
  removed (shared_of s) = [(Drained, 0, Item 1); (Drained, 0, Item 2); (Received, 0, Sentinel)] /\
  closed (shared_of s) = false.
Proof. computed. auto. Qed.

(** C3: sentinels sent to the front stand before what is queued, and end the next
    receives. *)
Example C3_front_inhabited : exists s,
  after (Some 2) (one [Send Never [1]; SendSentinels 1; SendSentinelsFront 2; Recv Never 5 false])
        [go 0; go 0; go 0; go 0] s /\
  removed (shared_of s) = [(Received, 0, Sentinel)] /\
  queue (shared_of s) = [Sentinel; Item 1; Sentinel] /\ fronts (log s) = 2.
Proof. computed. auto. Qed.

(** A receiver leaves an empty queue to another one, which stays; and goes once the queue
    is closed. *)
Example C5_leave_inhabited : exists s,
  after None (one [Clone ReceiverHandle; LeaveIfIdle; LeaveIfIdle; CloseQueue; LeaveIfIdle])
        [go 0; go 0; go 0; go 0; go 0] s /\
  log s = [(0, AddReceiver); (0, Leave true); (0, Leave false); (0, Close); (0, Leave true)] /\
  receivers (shared_of s) = 0.
Proof. computed. auto. Qed.

(** A weak handle becomes a sender as long as there is one. *)
Example C5_upgrade_inhabited : exists s,
  after None (one [Upgrade SenderHandle; Drop SenderHandle; Drop SenderHandle; Upgrade SenderHandle])
        [go 0; go 0; go 0; go 0] s /\
  log s = [(0, UpgradeSender true); (0, DropSender); (0, DropSender); (0, Close);
           (0, UpgradeSender false)].
Proof. computed. auto. Qed.

(** C11, C4: a task is put back behind an item that has come meanwhile, beyond the
    capacity, and a joiner sleeps on. *)
Example C11_put_back_inhabited : exists s,
  after (Some 1) [(Held 1 1 0, [Send Never [1]; Recv Never 1 true; Send Never [2]; PutTaskBack 1]);
                  (Held 0 0 0, [Join Never])] [go 0; go 0; go 1; go 0; go 0] s /\
  queue (shared_of s) = [Item 2; Item 1] /\ unfinished (shared_of s) = 0 /\
  asleep AllDone (threads s) = 1 /\ put_backs (log s) = 1.
Proof. computed. auto. Qed.

(** C12: two receivers sleep; an item wakes one of them, which is cancelled: in that
    section the other is woken, and takes the item. *)
Definition two_receivers : crew nat :=
  [(Held 0 1 0, [Recv Never 1 false]); (Held 0 1 0, [Recv Never 1 false]);
   (Held 1 0 0, [Send Never [7]])].

Definition abandon (i : nat) : choice := Abandon i [] [] [].

Example C12_inhabited : exists s, after (Some 1) two_receivers [go 0; go 1; go 2; abandon 0; go 1] s /\
  Forall finished (threads s) /\
  removed (shared_of s) = [(Received, 1, Item 7)] /\
  log s = [(0, Wait NotEmpty); (1, Wait NotEmpty); (2, Push 1); (2, Notify NotEmpty false);
           (0, Cancel NotEmpty); (0, Notify NotEmpty false); (1, Wake NotEmpty false);
           (1, Take 1 false)].
Proof. computed. split; [repeat constructor|split; reflexivity]. Qed.

(** A send that has to wait is cancelled: its item is its own again. *)
Example C12_sender_inhabited : exists s,
  after (Some 1) [(Held 1 1 0, [Send Never [1]]); (Held 1 0 0, [Send Never [2]])]
        [go 0; go 1; abandon 1] s /\
  queue (shared_of s) = [Item 1] /\ returned (shared_of s) = [2].
Proof. computed. auto. Qed.

(** A future that is woken in vain looks, and sleeps again in a section of its own. *)
Example look_inhabited : exists s,
  after None [(Held 1 1 0, [Send Never [1]; Recv Never 1 false]); (Held 0 0 0, [Recv Never 1 false])]
        [go 1; go 0; go 0; Glance 1; go 1] s /\
  filter (fun x => fst x =? 1) (log s) =
    [(1, Wait NotEmpty); (1, Wake NotEmpty false); (1, Wait NotEmpty)] /\
  notified s = PerSide 0 0 0.
Proof. computed. auto. Qed.

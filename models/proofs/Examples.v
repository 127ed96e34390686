(** * Traces written by hand: good ones replay, tampered ones do not.

    The same checks as for recorded traces, on a few that can be read. *)

From Coq Require Import List.
Import ListNotations.
From SentinelQueue Require Import Model Flush Trace.

(** A slot of one, a sender that waits for it, a worker that waits for an item and
    ends by a sentinel; both handles are dropped. *)
Definition rendezvous : list recorded := [
  R 0 (Create (Some 1)); R 0 Unlock;
  R 0 AddReceiver; R 0 Unlock;
  R 1 (Wait NotEmpty); R 1 Unlock;
  V 0 (Push 1) [1]; R 0 (Notify NotEmpty false); R 0 Unlock;
  R 0 (Wait NotFull); R 0 Unlock;
  R 1 (Wake NotEmpty false); V 1 (Take 1 false) [1]; R 1 (Notify NotFull false); R 1 Unlock;
  R 1 (Wait NotEmpty); R 1 Unlock;
  R 0 (Wake NotFull false); V 0 (Push 1) [2]; R 0 (Notify NotEmpty false); R 0 Unlock;
  R 0 (PushSentinels 1); R 0 Unlock;
  R 1 (Wake NotEmpty false); V 1 (Take 1 false) [2]; R 1 Unlock;
  R 1 TakeSentinel; R 1 Unlock;
  R 1 DropReceiver; R 1 Unlock;
  R 0 DropSender; R 0 Close; R 0 Unlock;
  R 0 DropReceiver; R 0 Unlock ].

(** Two sleepers and a batch: both are notified at once. A third receiver
    barges in, so one of the two sleeps again; a timeout; an eviction; a task and
    a joiner; a close with something left, which is handed back. *)
Definition crowd : list recorded := [
  R 0 (Create (Some 2)); R 0 Unlock;
  R 1 (Wait NotEmpty); R 1 Unlock;
  R 2 (Wait NotEmpty); R 2 Unlock;
  V 0 (Push 2) [1; 2]; R 0 (Notify NotEmpty true); R 0 Unlock;
  V 3 (Take 1 false) [1]; R 3 Unlock;
  R 2 (Wake NotEmpty false); V 2 (Take 1 true) [2]; R 2 Unlock;
  R 1 (Wake NotEmpty false); R 1 (Wait NotEmpty); R 1 Unlock;
  R 1 (Wake NotEmpty true); R 1 (Refuse NotEmpty false); R 1 Unlock;
  R 4 (Wait AllDone); R 4 Unlock;
  R 2 TaskDone; R 2 (Notify AllDone false); R 2 Unlock;
  R 4 (Wake AllDone false); R 4 Joined; R 4 Unlock;
  V 0 (Push 2) [3; 4]; R 0 Unlock;
  V 0 Evict [3]; V 0 (Push 1) [5]; R 0 Unlock;
  R 0 (PushSentinels 3); R 0 Unlock;
  R 3 (Refuse NotFull false); R 3 Unlock;
  R 0 Close; V 0 (Drain 2 3) [4; 5]; R 0 Unlock;
  R 3 (Refuse NotEmpty true); R 3 Unlock;
  R 3 (Refuse NotFull true); R 3 Unlock;
  R 0 DropSender; R 0 Unlock;
  R 0 DropReceiver; R 0 Unlock ].

Example rendezvous_replays : explain rendezvous = Some 0.
Proof. vm_compute. reflexivity. Qed.

Example crowd_replays : explain crowd = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** Two flushes, of which the second begins while the grace period of the first is active: so it waits for
    the end of that and begins one of its own, for what had been sent by then. A task is
    put back, and its generation says that it is as old as before; what is received after the last
    period began is young. *)
Definition flushes (g1 g2 : nat) : list recorded := [
  R 0 (Create None); R 0 Unlock;
  V 0 (Push 1) [1]; R 0 Unlock;
  V 0 (Take 1 true) [1]; R 0 Unlock;
  F 1 BeginFlush; F 1 BeginGrace; F 1 WaitFlush; R 1 Unlock;
  V 0 (Push 1) [2]; R 0 Unlock;
  F 2 BeginFlush; F 2 WaitFlush; R 2 Unlock;
  T 0 PutBack [1] g1; R 0 Unlock;
  V 0 (Take 1 true) [2]; R 0 Unlock;
  V 0 (Take 1 false) [1]; F 0 (NotifyFlush true); R 0 Unlock;
  F 2 (WakeFlush false); F 2 BeginGrace; F 2 WaitFlush; R 2 Unlock;
  F 1 (WakeFlush false); F 1 Flushed; R 1 Unlock;
  V 0 (Push 1) [3]; R 0 Unlock;
  F 2 (WakeFlush true); F 2 GiveUpFlush; R 2 Unlock;
  V 0 (Take 1 true) [3]; R 0 Unlock;
  F 3 BeginFlush; F 3 BeginGrace; F 3 WaitFlush; R 3 Unlock;
  T 0 TaskDone [] g2; R 0 Unlock;
  T 0 TaskDone [] 2; F 0 (NotifyFlush false); R 0 Unlock;
  F 3 (WakeFlush false); F 3 Flushed; R 3 Unlock;
  R 0 DropSender; R 0 Close; R 0 Unlock;
  R 0 DropReceiver; R 0 Unlock ].

Example flushes_replay : explain (flushes 0 1) = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** A generation that no task has; a flush that returns too early, one that is not notified, one that
    gives up without having waited, and a period that began for nothing. *)
Example wrong_generation : explain (flushes 1 1) = None.
Proof. vm_compute. reflexivity. Qed.

Definition waits : list recorded := [
  R 0 (Create None); R 0 Unlock; V 0 (Push 1) [1]; R 0 Unlock;
  F 1 BeginFlush; F 1 BeginGrace; F 1 WaitFlush; R 1 Unlock ].

Example waits_replays : explain waits = Some 0.
Proof. vm_compute. reflexivity. Qed.

Example returned_early : explain (waits ++ [F 1 (WakeFlush false); F 1 Flushed; R 1 Unlock]) = None.
Proof. vm_compute. reflexivity. Qed.

Example not_notified : explain (waits ++ [V 0 (Take 1 false) [1]; R 0 Unlock]) = None.
Proof. vm_compute. reflexivity. Qed.

Example gave_up_early :
  explain (waits ++ [F 1 (WakeFlush false); F 1 GiveUpFlush; R 1 Unlock]) = None.
Proof. vm_compute. reflexivity. Qed.

Example began_again : explain (waits ++ [F 2 BeginFlush; F 2 BeginGrace; F 2 WaitFlush; R 2 Unlock]) = None.
Proof. vm_compute. reflexivity. Qed.

(** A wakeup without a cause is explained as spurious. *)
Example spurious_replays : explain [
  R 0 (Create None); R 0 Unlock; R 1 (Wait NotEmpty); R 1 Unlock;
  R 1 (Wake NotEmpty false); R 1 (Wait NotEmpty); R 1 Unlock ] = Some 1.
Proof. vm_compute. reflexivity. Qed.

(** Two futures wait; an item wakes the first, which is dropped, and its section wakes the
    second; a sender is dropped while it waits for room, and a joiner. *)
Definition dropped_futures : list recorded := [
  R 0 (Create (Some 1)); R 0 Unlock;
  R 1 (Wait NotEmpty); R 1 Unlock;
  R 2 (Wait NotEmpty); R 2 Unlock;
  V 0 (Push 1) [1]; R 0 (Notify NotEmpty false); R 0 Unlock;
  R 1 (Cancel NotEmpty); R 1 (Notify NotEmpty false); R 1 Unlock;
  R 2 (Wake NotEmpty false); V 2 (Take 1 false) [1]; R 2 Unlock;
  V 0 (Push 1) [2]; R 0 Unlock;
  R 1 (Wait NotFull); R 1 Unlock;
  R 2 (Wait AllDone); R 2 Unlock;
  R 1 (Cancel NotFull); R 1 Unlock;
  R 2 (Cancel AllDone); R 2 Unlock;
  V 1 (Take 1 false) [2]; R 1 Unlock ].

Example dropped_futures_replay : explain dropped_futures = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** A purge of an open queue: the items come out, the sentinel stays, and the room that
    they leave lets a sender go on. *)
Definition purged : list recorded := [
  R 0 (Create (Some 2)); R 0 Unlock;
  V 0 (Push 1) [1]; R 0 Unlock; R 0 (PushSentinels 1); R 0 Unlock; V 0 (Push 1) [2]; R 0 Unlock;
  R 1 (Wait NotFull); R 1 Unlock;
  V 0 (DrainItems 2) [1; 2]; R 0 (Notify NotFull false); R 0 Unlock;
  R 1 (Wake NotFull false); V 1 (Push 1) [3]; R 1 Unlock;
  R 0 TakeSentinel; R 0 Unlock;
  V 0 (Take 1 false) [3]; R 0 Unlock ].

Example purged_replays : explain purged = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** A worker that finds nothing leaves, and one that finds an item stays. *)
Definition elastic : list recorded := [
  R 0 (Create None); R 0 Unlock;
  R 0 AddReceiver; R 0 Unlock; R 0 AddReceiver; R 0 Unlock;
  R 1 (Refuse NotEmpty false); R 1 Unlock; R 1 (Leave true); R 1 Unlock;
  V 0 (Push 1) [1]; R 0 Unlock;
  R 2 (Leave false); R 2 Unlock; V 2 (Take 1 false) [1]; R 2 Unlock; R 2 DropReceiver; R 2 Unlock;
  R 0 (Leave false); R 0 Unlock; R 0 DropReceiver; R 0 Close; R 0 Unlock; R 0 DropSender; R 0 Unlock ].

Example elastic_replays : explain elastic = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** Weak handles: one becomes a sender, which keeps the queue open; none does once the
    last sender has gone. *)
Definition weak : list recorded := [
  R 0 (Create None); R 0 Unlock;
  R 1 (UpgradeSender true); R 1 Unlock;
  R 0 DropSender; R 0 Unlock;
  V 1 (Push 1) [1]; R 1 Unlock; R 1 DropSender; R 1 Close; R 1 Unlock;
  R 2 (UpgradeSender false); R 2 Unlock;
  R 2 (UpgradeReceiver true); R 2 Unlock; R 2 DropReceiver; R 2 Unlock;
  V 0 (Take 1 false) [1]; R 0 Unlock; R 0 DropReceiver; R 0 Unlock ].

Example weak_replays : explain weak = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** A task is put back beyond the capacity and taken again by another thread; a joiner
    returns when that has ended. *)
Definition retried : list recorded := [
  R 0 (Create (Some 1)); R 0 Unlock;
  V 0 (Push 1) [1]; R 0 Unlock;
  V 1 (Take 1 true) [1]; R 1 Unlock;
  R 2 (Wait AllDone); R 2 Unlock;
  V 0 (Push 1) [2]; R 0 Unlock;
  V 1 PutBack [1]; R 1 Unlock;
  V 0 Evict [2]; V 0 (Push 1) [3]; R 0 Unlock;
  V 3 (Take 2 true) [1; 3]; R 3 Unlock;
  R 3 TaskDone; R 3 Unlock; R 3 TaskDone; R 3 (Notify AllDone false); R 3 Unlock;
  R 2 (Wake AllDone false); R 2 Joined; R 2 Unlock ].

Example retried_replays : explain retried = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** A future is polled in vain: it is back from its wait, releases the lock to clone the waker, and
    waits again; or takes what has come meanwhile, without having waited again. *)
Definition polled_in_vain : list recorded := [
  R 0 (Create None); R 0 Unlock;
  R 1 (Wait NotEmpty); R 1 Unlock;
  V 0 (Push 1) [1]; R 0 (Notify NotEmpty false); R 0 Unlock;
  V 2 (Take 1 false) [1]; R 2 Unlock;
  R 1 (Wake NotEmpty false); R 1 Unlock; R 1 (Wait NotEmpty); R 1 Unlock;
  R 1 (Wake NotEmpty false); R 1 Unlock; V 0 (Push 1) [2]; R 0 Unlock;
  V 1 (Take 1 false) [2]; R 1 Unlock ].

Example polled_in_vain_replays : explain polled_in_vain = Some 1.
Proof. vm_compute. reflexivity. Qed.

(** Two sentinels overtake an item: they end two workers, and a third takes the item. *)
Definition overtaken : list recorded := [
  R 0 (Create None); R 0 Unlock;
  R 1 (Wait NotEmpty); R 1 Unlock;
  R 2 (Wait NotEmpty); R 2 Unlock;
  V 0 (Push 1) [1]; R 0 (Notify NotEmpty false); R 0 Unlock;
  R 0 (PushSentinelsFront 2); R 0 (Notify NotEmpty false); R 0 Unlock;
  R 1 (Wake NotEmpty false); R 1 TakeSentinel; R 1 Unlock;
  R 2 (Wake NotEmpty false); R 2 TakeSentinel; R 2 Unlock;
  V 3 (Take 1 false) [1]; R 3 Unlock ].

Example overtaken_replays : explain overtaken = Some 0.
Proof. vm_compute. reflexivity. Qed.

(** ** Tampering: one event left out, or one changed *)

Definition without (n : nat) (tr : list recorded) : list recorded :=
  firstn n tr ++ skipn (S n) tr.

Definition instead (n : nat) (e : event) (tr : list recorded) : list recorded :=
  match skipn n tr with
  | R i _ :: rest => firstn n tr ++ R i e :: rest
  | V i _ ids :: rest => firstn n tr ++ V i e ids :: rest
  | _ => tr
  end.

Definition other_ids (n : nat) (ids : list nat) (tr : list recorded) : list recorded :=
  match skipn n tr with
  | x :: rest => firstn n tr ++ V (thread_of x) (event_of x) ids :: rest
  | [] => tr
  end.

Example notification_forgotten : replay (without 7 rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example notification_to_the_wrong_side :
  replay (instead 7 (Notify NotFull false) rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example one_notified_where_all_should_be :
  replay (instead 7 (Notify NotEmpty false) crowd) = false.
Proof. vm_compute. reflexivity. Qed.

Example more_taken_than_was_there : replay (instead 12 (Take 2 false) rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example over_capacity : replay (instead 6 (Push 2) rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example last_sender_does_not_close : replay (without 31 rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example drained_a_sentinel_too_few : replay (instead 38 (Drain 2 2) crowd) = false.
Proof. vm_compute. reflexivity. Qed.

Example two_threads_in_one_section : replay [
  R 0 (Create None); R 0 Unlock; V 0 (Push 1) [1]; V 1 (Take 1 false) [1]; R 1 Unlock ] = false.
Proof. vm_compute. reflexivity. Qed.

Example gave_up_without_looking_again : replay [
  R 0 (Create None); R 0 Unlock; R 1 (Wait NotEmpty); R 1 Unlock;
  V 0 (Push 1) [1]; R 0 (Notify NotEmpty false); R 0 Unlock;
  R 1 (Wake NotEmpty true); R 1 (Refuse NotEmpty false); R 1 Unlock ] = false.
Proof. vm_compute. reflexivity. Qed.

(** A purge that leaves an item behind, or that wakes no sender. *)
Example purged_too_little : replay (other_ids 10 [1] (instead 10 (DrainItems 1) purged)) = false.
Proof. vm_compute. reflexivity. Qed.

Example purged_silently : replay (without 11 purged) = false.
Proof. vm_compute. reflexivity. Qed.

(** A worker that leaves while an item is queued, and the last one, of an open queue. *)
Example left_with_an_item : replay (instead 12 (Leave true) elastic) = false.
Proof. vm_compute. reflexivity. Qed.

Example last_one_left : replay (firstn 18 elastic ++ [R 0 (Leave true); R 0 Unlock]) = false.
Proof. vm_compute. reflexivity. Qed.

(** A sender after the last one, and none while there is one. *)
Example revived : replay (instead 11 (UpgradeSender true) weak) = false.
Proof. vm_compute. reflexivity. Qed.

Example not_upgraded : replay (instead 2 (UpgradeSender false) weak) = false.
Proof. vm_compute. reflexivity. Qed.

(** Another item put back than comes out later; and a task that ends instead. *)
Example put_back_another : replay (other_ids 10 [7] retried) = false.
Proof. vm_compute. reflexivity. Qed.

Example put_back_nothing : replay (instead 10 TaskDone retried) = false.
Proof. vm_compute. reflexivity. Qed.

(** A future that looks away while an item is there for it. *)
Example looked_away : replay (firstn 7 polled_in_vain ++ [R 1 (Wake NotEmpty false); R 1 Unlock]) = false.
Proof. vm_compute. reflexivity. Qed.

(** Sentinels that were recorded behind what they overtook. *)
Example not_in_front : replay (instead 9 (PushSentinels 2) overtaken) = false.
Proof. vm_compute. reflexivity. Qed.

(** The dropped future swallows its wakeup; it takes the item on its way out; it leaves
    another wait than the one it is in. *)
Example wakeup_swallowed : replay (without 10 dropped_futures) = false.
Proof. vm_compute. reflexivity. Qed.

Example taken_on_the_way_out : replay (
  firstn 10 dropped_futures ++ V 1 (Take 1 false) [1] :: skipn 11 dropped_futures) = false.
Proof. vm_compute. reflexivity. Qed.

Example left_another_wait : replay (instead 9 (Cancel NotFull) dropped_futures) = false.
Proof. vm_compute. reflexivity. Qed.

(** Counts agree, items do not: another item received, one received twice, a batch
    that came in reversed, the wrong item evicted, items drained out of order. *)
Example another_item : replay (other_ids 12 [7] rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example received_twice : replay (other_ids 25 [1] rendezvous) = false.
Proof. vm_compute. reflexivity. Qed.

Example batch_reversed : replay (other_ids 6 [2; 1] crowd) = false.
Proof. vm_compute. reflexivity. Qed.

Example wrong_item_evicted : replay (other_ids 31 [4] crowd) = false.
Proof. vm_compute. reflexivity. Qed.

Example drained_out_of_order : replay (other_ids 39 [5; 4] crowd) = false.
Proof. vm_compute. reflexivity. Qed.

(** Leaving out one event, any: what is not noticed is the [Unlock] between two
    sections of one thread, and a drop or refusal that nothing depends on. *)
Definition unnoticed (tr : list recorded) : list (option recorded) :=
  map (nth_error tr) (filter (fun n => replay (without n tr)) (seq 0 (length tr))).

Example few_unnoticed : unnoticed rendezvous = map Some
  [R 0 Unlock; R 0 Unlock; R 1 Unlock; R 1 DropReceiver; R 0 DropSender; R 0 DropReceiver;
   R 0 Unlock].
Proof. vm_compute. reflexivity. Qed.

Example few_unnoticed_in_a_crowd : unnoticed crowd = map Some
  [R 3 (Refuse NotFull false); R 3 (Refuse NotEmpty true); R 3 (Refuse NotFull true);
   R 0 DropSender; R 0 DropReceiver; R 0 Unlock].
Proof. vm_compute. reflexivity. Qed.

(** * What the transcription computes, for comparison with the code

    [State.v] is compared with core/src/state.rs and buffer.rs: over all sequences
    of so many operations, both print one digest for each first operation, of every
    result and every field of every state, capacities of chunks included. The table
    is core/src/state/table.txt; core/src/state/table.rs computes it from the code,
    and state.sh has Coq compute it from here. *)

From Coq Require Import List Arith NArith Bool.
From SentinelQueue Require Model.
From SentinelQueue Require Import State.
Import ListNotations.
Import Rust.
Local Open Scope N_scope.

Definition usize_max : N := 18446744073709551615.
Definition max_len : N := 9223372036854775807.
Definition runs_layout : layout := Layout 32 true false 32.

(** ** Operations, with the guard that their callers in queue.rs have *)

Inductive operation :=
| Push | PushBatch (count : N) | PushSentinels (count : N) | PushSentinelsFront (count : N) | PutBack
| Evict | Take (task : bool) | TakeBatch (limit : N) | Drain | DrainItems | FreeSurplus
| Close | AddSender | DropSender | AddReceiver | DropReceiver
| LeaveIfIdle | UpgradeSender | UpgradeReceiver | FinishTask
| BeginWait (c : Model.side) | EndWait (c : Model.side) | TakeWakeups.

(** ** Words *)

Definition flag (b : bool) : N := if b then 1 else 0.
Definition nat_word (n : nat) : N := N.of_nat n.

Definition chunk_words {T} (words : T -> list N) (c : chunk T) : list N :=
  nat_word (capacity_of c) :: nat_word (size c) :: flat_map words (elements c).

Definition memory_words {T} (c : option (chunk T)) : list N :=
  match c with Some c => [1; nat_word (capacity_of c)] | None => [0] end.

Definition buffer_words {T} (words : T -> list N) (b : buffer T) : list N :=
  chunk_words words (front b) ++ chunk_words words (back b) ++
  [nat_word (len b); nat_word (length (middle b))] ++
  flat_map (fun m => nat_word (fst m) :: chunk_words words (snd m)) (middle b) ++
  nat_word (next_number b) :: memory_words (spare b) ++ memory_words (surplus b).

Definition condition_words (s : state N) (c : Model.side) : list N :=
  [waiting (waiters_of c s); pending (waiters_of c s); ready usize_max c s].

Definition room_words (s : state N) : list N :=
  match room max_len s with
  | Free n => [1; n] | Full => [2] | RoomClosed => [3] | Exhausted => [4]
  end.

Definition state_words (s : state N) : list N :=
  buffer_words (fun a => [a]) (items s) ++
  buffer_words (fun r => [position r; run_count r]) (runs s) ++
  [ahead s; sentinels s; head s; flag (closed s); senders s; receivers s; unfinished s;
   put_backs s; accepted s; flag (has_no_waiters s)] ++
  condition_words s Model.NotEmpty ++ condition_words s Model.NotFull ++
  condition_words s Model.AllDone ++ room_words s.

Definition front_words {X} (words : X -> list N) (f : front_result X) : list N :=
  match f with GotItem x => 1 :: words x | GotSentinel => [2] | IsClosed => [3] | IsEmpty => [4] end.

Definition wakeup_words (w : wakeups) : list N :=
  match w with WakeNone => [0] | WakeSome n => [1; n] | WakeAll => [2] end.

(** ** One operation: what it returns, and the state *)

Section Table.

Variable lay : layout.

(** Items are numbered in the order in which they were made; [next] is the next number. *)
Definition apply (o : operation) (next : N) (s : state N) : list N * N * state N :=
  let same := ([0], next, s) in
  match o with
  | Push =>
      match room max_len s with Free _ => ([1], next + 1, push_item lay next s) | _ => same end
  | PushBatch n =>
      let batch := map (fun k => next + N.of_nat k) (seq 0 (N.to_nat n)) in
      let '(count, batch, s) := push_batch_items lay max_len (Chunk (N.to_nat n) batch) s in
      (nat_word count :: chunk_words (fun a => [a]) batch, next + n, s)
  | PushSentinels n => let (ok, s) := push_sentinels runs_layout usize_max n s in ([flag ok], next, s)
  | PushSentinelsFront n =>
      let (ok, s) := push_sentinels_front usize_max n s in ([flag ok], next, s)
  | PutBack =>
      if unfinished s =? 0 then same
      else let (ok, s) := put_back lay next s in ([flag ok], next + 1, s)
  | Evict =>
      let (a, s) := evict lay s in (match a with Some a => [1; a] | None => [0] end, next, s)
  | Take task =>
      let (f, s) := take lay runs_layout task s in (front_words (fun a => [a]) f, next, s)
  | TakeBatch n =>
      let '(f, l, s) := take_batch lay runs_layout usize_max n s in
      (front_words (fun k => [nat_word k]) f ++ l, next, s)
  | Drain => let '(l, n, s) := drain s in (n :: nat_word (length l) :: l, next, s)
  | DrainItems => let (l, s) := drain_items s in (0 :: nat_word (length l) :: l, next, s)
  | FreeSurplus => ([0], next, free_surplus s)
  | Close => let (b, s) := close s in ([flag b], next, s)
  | AddSender => ([0], next, add_sender s)
  | DropSender =>
      if senders s =? 0 then same else let (b, s) := drop_sender s in ([flag b], next, s)
  | AddReceiver => ([0], next, add_receiver s)
  | DropReceiver =>
      if receivers s =? 0 then same else let (b, s) := drop_receiver s in ([flag b], next, s)
  | LeaveIfIdle =>
      if receivers s =? 0 then same else let (b, s) := leave_if_idle s in ([flag b], next, s)
  | UpgradeSender => let (b, s) := upgrade_sender s in ([flag b], next, s)
  | UpgradeReceiver => let (b, s) := upgrade_receiver s in ([flag b], next, s)
  | FinishTask => if unfinished s =? 0 then same else ([1], next, finish_task s)
  | BeginWait c => ([0], next, begin_wait c s)
  | EndWait c => if waiting (waiters_of c s) =? 0 then same else ([1], next, end_wait c s)
  | TakeWakeups =>
      let (w1, s) := take_wakeups usize_max Model.NotEmpty s in
      let (w2, s) := take_wakeups usize_max Model.NotFull s in
      let (w3, s) := take_wakeups usize_max Model.AllDone s in
      (wakeup_words w1 ++ wakeup_words w2 ++ wakeup_words w3, next, s)
  end.

(** ** All sequences *)

Definition mix (digest word : N) : N := N.land (digest * 31 + word) 4294967295.

Variable alphabet : list operation.

(** Every sequence of up to [depth] operations, a shorter one before those that it begins. *)
Fixpoint explore (depth : nat) (next : N) (s : state N) (o : operation) (digest : N) : N :=
  match depth with
  | O => digest
  | S depth =>
      let '(words, next, s) := apply o next s in
      let digest := fold_left mix (words ++ state_words s) digest in
      fold_left (fun digest o => explore depth next s o digest) alphabet digest
  end.

Definition row (depth : nat) (c : option N) : list N :=
  map (fun o => explore depth 0 (new c) o 0) alphabet.

End Table.

(** ** The table *)

Definition contents_alphabet : list operation :=
  [Push; PushBatch 2; PushBatch 3; PushSentinels 1; Evict; Take false; TakeBatch 2;
   TakeBatch usize_max].

Definition waiting_alphabet : list operation :=
  [Push; PushSentinels 2; PushSentinels usize_max; Take true; FinishTask; Drain; Close;
   BeginWait Model.NotEmpty; BeginWait Model.NotFull; BeginWait Model.AllDone;
   EndWait Model.NotEmpty; TakeWakeups].

Definition counting_alphabet : list operation :=
  [FreeSurplus; AddSender; DropSender; AddReceiver; DropReceiver;
   EndWait Model.NotFull; EndWait Model.AllDone].

Definition pool_alphabet : list operation :=
  [Push; PushSentinels 1; PushSentinelsFront 1; PushSentinelsFront usize_max; Evict; Take true;
   TakeBatch 2; PutBack; Drain; DrainItems; Close; FinishTask].

Definition weak_alphabet : list operation :=
  [Push; Take false; Close; AddReceiver; DropSender; DropReceiver; LeaveIfIdle; UpgradeSender;
   UpgradeReceiver].

(** Items of a fifth, of half, of all of a chunk, of more than one, of more than three. *)
Definition fifths : layout := Layout 5 true false 5.
Definition halves : layout := Layout 2 true false 2.
Definition whole : layout := Layout 1 true false 1.
Definition longer : layout := Layout 1 false false 1.
Definition large : layout := Layout 1 false true 1.

Definition layouts : list layout := [fifths; halves; whole; longer; large].

Definition table : list (list N) :=
  row halves contents_alphabet 5 None ::
  flat_map (fun c => map (fun lay => row lay contents_alphabet 4 c) layouts) [None; Some 3] ++
  [row halves waiting_alphabet 4 (Some 1);
   row halves (waiting_alphabet ++ counting_alphabet) 3 None;
   row halves pool_alphabet 4 (Some 1);
   row halves weak_alphabet 4 None].

(** * The code's state: core/src/buffer.rs and core/src/state.rs, transcribed

    Definitions only, function by function and branch by branch, in the order of
    the two Rust files and under their names. [StateRefines.v] proves that they
    refine the list of cells of [Model.v]; [StateTable.v] computes from them what
    a test of the code computes too, so that the two cannot drift apart.

    A [VecDeque] is its capacity and its elements, a [BTreeMap] a list in the
    order of its keys, [&mut self] a value that is returned. Numbers of items in a
    buffer are [nat], all others binary. *)

From Coq Require Import List Arith NArith Bool.
From SentinelQueue Require Model.
Import ListNotations.

Module Rust.

(** ** buffer.rs *)

(** What the sizes of an item and of a chunk come to: [CHUNK_CAPACITY], whether
    [size_of::<T>() <= BYTES], [IS_LARGE], and [SINGLY]. *)
Record layout := Layout {
  chunk_capacity : nat; fits_chunk : bool; is_large : bool; singly : nat
}.

Definition first_capacity := 4.
Definition batch_chunks := 16.

Section Buffer.

Variable T : Type.
Variable lay : layout.

Record chunk := Chunk { capacity_of : nat; elements : list T }.

Record buffer := Buffer {
  front : chunk;
  back : chunk;
  len : nat;
  middle : list (nat * chunk);
  next_number : nat;
  spare : option chunk;
  surplus : option chunk
}.

Definition new_chunk : chunk := Chunk 0 [].
Definition new_buffer : buffer := Buffer new_chunk new_chunk 0 [] 0 None None.

Definition is_empty {X} (l : list X) : bool := match l with [] => true | _ => false end.
Definition size (c : chunk) : nat := length (elements c).
Definition push_back (x : T) (c : chunk) : chunk := Chunk (capacity_of c) (elements c ++ [x]).

Definition with_front (c : chunk) (b : buffer) : buffer :=
  Buffer c (back b) (len b) (middle b) (next_number b) (spare b) (surplus b).
Definition with_back (c : chunk) (b : buffer) : buffer :=
  Buffer (front b) c (len b) (middle b) (next_number b) (spare b) (surplus b).
Definition with_len (n : nat) (b : buffer) : buffer :=
  Buffer (front b) (back b) n (middle b) (next_number b) (spare b) (surplus b).
Definition with_middle (m : list (nat * chunk)) (n : nat) (b : buffer) : buffer :=
  Buffer (front b) (back b) (len b) m n (spare b) (surplus b).
Definition with_memory (kept extra : option chunk) (b : buffer) : buffer :=
  Buffer (front b) (back b) (len b) (middle b) (next_number b) kept extra.

(** [tail], and what is done through it. *)
Definition tail (b : buffer) : chunk := if is_empty (elements (back b)) then front b else back b.
Definition with_tail (c : chunk) (b : buffer) : buffer :=
  if is_empty (elements (back b)) then with_front c b else with_back c b.

(** [front_mut], [back_mut]: what is there, and what is there after a change. *)
Definition front_of (b : buffer) : option T := hd_error (elements (front b)).
Definition back_of (b : buffer) : option T := hd_error (rev (elements (tail b))).
Definition change_front (x : T) (b : buffer) : buffer :=
  with_front (Chunk (capacity_of (front b)) (x :: tl (elements (front b)))) b.
Definition change_back (x : T) (b : buffer) : buffer :=
  with_tail (Chunk (capacity_of (tail b)) (removelast (elements (tail b)) ++ [x])) b.

(** [BTreeMap::insert]. *)
Fixpoint insert (k : nat) (c : chunk) (m : list (nat * chunk)) : list (nat * chunk) :=
  match m with
  | [] => [(k, c)]
  | (k', c') :: m' =>
      if k <? k' then (k, c) :: m else
      if k =? k' then (k, c) :: m' else (k', c') :: insert k c m'
  end.

Definition append_chunk (c : chunk) (b : buffer) : buffer :=
  let last := back b in
  let b := with_back c b in
  if is_empty (elements last) then b
  else with_middle (insert (next_number b) last (middle b)) (next_number b + 1) b.

Definition push_beyond (x : T) (b : buffer) : buffer :=
  let capacity := capacity_of (front b) in
  if is_empty (elements (back b)) && (capacity <? chunk_capacity lay) then
    let larger := min (max first_capacity (2 * capacity)) (chunk_capacity lay) in
    with_front (Chunk (max capacity larger) (elements (front b) ++ [x])) b
  else
    let c := match spare b with Some c => c | None => Chunk (chunk_capacity lay) [] end in
    append_chunk (push_back x c) (with_memory None (surplus b) b).

Definition push (x : T) (b : buffer) : buffer :=
  let t := tail b in
  let b' := if size t <? capacity_of t then with_tail (push_back x t) b else push_beyond x b in
  with_len (len b' + 1) b'.

Definition is_chunk (c : chunk) : bool :=
  (capacity_of c <=? chunk_capacity lay) && (chunk_capacity lay / 2 <=? size c).

(** The buffer, and the batch with what is left in it. *)
Definition push_batch (batch : chunk) (count : nat) (b : buffer) : buffer * chunk :=
  let t := tail b in
  let fits := count <=? capacity_of t - size t in
  let whole := count =? size batch in
  if whole && fits then
    (with_len (len b + count) (with_tail (Chunk (capacity_of t) (elements t ++ elements batch)) b),
     Chunk (capacity_of batch) [])
  else if whole && is_chunk batch then
    if len b =? 0 then (with_len (len b + count) (with_front batch b), front b)
    else (let b := append_chunk batch b in with_len (len b + count) b, new_chunk)
  else
    (fold_left (fun b x => push x b) (firstn count (elements batch)) b,
     Chunk (capacity_of batch) (skipn count (elements batch))).

Definition advance (b : buffer) : chunk * buffer :=
  (front b,
   match middle b with
   | (_, c) :: m => with_middle m (next_number b) (with_front c b)
   | [] => with_back new_chunk (with_front (back b) b)
   end).

Definition retire (c : chunk) (b : buffer) : buffer :=
  let is_kept := fits_chunk lay && (capacity_of c =? chunk_capacity lay) in
  match spare b with
  | None => if is_kept then with_memory (Some c) (surplus b) b else with_memory None (Some c) b
  | kept => with_memory kept (Some c) b
  end.

Definition pop (b : buffer) : option T * buffer :=
  match elements (front b) with
  | [] => (None, b)
  | x :: l =>
      let b := with_len (len b - 1) (with_front (Chunk (capacity_of (front b)) l) b) in
      (Some x,
       if is_empty l && ((0 <? len b) || is_large lay)
       then let (emptied, b) := advance b in retire emptied b else b)
  end.

(** The chunks that were taken whole, at most [slots], the items that were taken
    singly, and the buffer. A batch unpacks to the former and then the latter. *)
Fixpoint pop_batch (slots limit : nat) (b : buffer) : list chunk * list T * buffer :=
  if limit =? 0 then ([], [], b) else
  let is_last := size (front b) =? len b in
  if is_last && negb (is_large lay) || (limit <? size (front b)) then
    let count := min (min limit (size (front b))) (singly lay) in
    ([], firstn count (elements (front b)),
     with_len (len b - count)
       (with_front (Chunk (capacity_of (front b)) (skipn count (elements (front b)))) b))
  else
    match slots with
    | 0 => ([], [], b)
    | S slots =>
        let taken := size (front b) in
        let (c, b) := advance (with_len (len b - taken) b) in
        let '(chunks, items, b) := pop_batch slots (limit - taken) b in
        (c :: chunks, items, b)
    end.

Definition unpack (chunks : list chunk) (items : list T) : list T :=
  concat (map elements chunks) ++ items.

Definition take_surplus (b : buffer) : buffer := with_memory (spare b) None b.

(** [into_items]: everything that is in a buffer, the oldest first. *)
Definition contents (b : buffer) : list T :=
  elements (front b) ++ concat (map (fun m => elements (snd m)) (middle b)) ++ elements (back b).

End Buffer.

Arguments Chunk {T}. Arguments capacity_of {T}. Arguments elements {T}. Arguments front {T}.
Arguments back {T}. Arguments len {T}. Arguments middle {T}. Arguments next_number {T}.
Arguments spare {T}. Arguments surplus {T}. Arguments new_chunk {T}. Arguments new_buffer {T}.
Arguments size {T}. Arguments push_back {T}. Arguments with_front {T}. Arguments with_back {T}.
Arguments with_len {T}. Arguments with_middle {T}. Arguments with_memory {T}. Arguments tail {T}.
Arguments with_tail {T}. Arguments front_of {T}. Arguments back_of {T}. Arguments change_front {T}.
Arguments change_back {T}. Arguments insert {T}. Arguments append_chunk {T}.
Arguments push_beyond {T}. Arguments push {T}. Arguments is_chunk {T}. Arguments push_batch {T}.
Arguments advance {T}. Arguments retire {T}. Arguments pop {T}. Arguments pop_batch {T}.
Arguments unpack {T}. Arguments take_surplus {T}. Arguments contents {T}.

(** ** state.rs *)

Record waiters := Waiters { waiting : N; pending : N }.

Inductive wakeups := WakeNone | WakeSome (n : N) | WakeAll.
Inductive room_result := Free (n : N) | Full | RoomClosed | Exhausted.
Inductive front_result (X : Type) := GotItem (x : X) | GotSentinel | IsClosed | IsEmpty.

Record sentinel_run := Run { position : N; run_count : N }.

Arguments GotItem {X}. Arguments GotSentinel {X}. Arguments IsClosed {X}. Arguments IsEmpty {X}.

Section State.

Variable A : Type.
Variable lay runs_lay : layout.        (* of [Items] and of [Runs]            *)
Variable usize_max max_len : N.        (* [usize::MAX] and [MAX_LEN]          *)

Record state := State {
  items : buffer A;
  runs : buffer sentinel_run;
  ahead : N;                           (* [front]: sentinels ahead of all *)
  sentinels : N;
  head : N;
  capacity : option N;
  closed : bool;
  senders : N;
  receivers : N;
  unfinished : N;
  put_backs : N;                       (* [put_back]                      *)
  not_empty : waiters;
  not_full : waiters;
  completed : waiters
}.

Definition new (capacity : option N) : state :=
  State new_buffer new_buffer 0 0 0 capacity false 1 1 0 0
        (Waiters 0 0) (Waiters 0 0) (Waiters 0 0).

Definition with_contents (i : buffer A) (r : buffer sentinel_run) (n h : N) (s : state) : state :=
  State i r (ahead s) n h (capacity s) (closed s) (senders s) (receivers s) (unfinished s)
        (put_backs s) (not_empty s) (not_full s) (completed s).
Definition with_items (i : buffer A) (s : state) : state :=
  with_contents i (runs s) (sentinels s) (head s) s.
Definition with_ahead (front total : N) (s : state) : state :=
  State (items s) (runs s) front total (head s) (capacity s) (closed s) (senders s) (receivers s)
        (unfinished s) (put_backs s) (not_empty s) (not_full s) (completed s).
Definition with_handles (c : bool) (tx rx tasks : N) (s : state) : state :=
  State (items s) (runs s) (ahead s) (sentinels s) (head s) (capacity s) c tx rx tasks
        (put_backs s) (not_empty s) (not_full s) (completed s).
Definition with_put_backs (n : N) (s : state) : state :=
  State (items s) (runs s) (ahead s) (sentinels s) (head s) (capacity s) (closed s) (senders s)
        (receivers s) (unfinished s) n (not_empty s) (not_full s) (completed s).

Definition item_count (s : state) : N := N.of_nat (len (items s)).

(** *** Waiters and wakeups *)

Local Open Scope N_scope.

Definition saturating_add (a b : N) : N := N.min (a + b) usize_max.

Definition ready (c : Model.side) (s : state) : N :=
  let all := usize_max in
  match c with
  | Model.NotEmpty => if closed s then all else saturating_add (item_count s) (sentinels s)
  | Model.NotFull =>
      if closed s then all
      else match capacity s with Some c => c - item_count s | None => all end
  | Model.AllDone => if (item_count s =? 0) && (unfinished s =? 0) then all else 0
  end.

Definition waiters_of (c : Model.side) (s : state) : waiters :=
  match c with
  | Model.NotEmpty => not_empty s
  | Model.NotFull => not_full s
  | Model.AllDone => completed s
  end.

Definition with_waiters (c : Model.side) (w : waiters) (s : state) : state :=
  State (items s) (runs s) (ahead s) (sentinels s) (head s) (capacity s) (closed s)
        (senders s) (receivers s) (unfinished s) (put_backs s)
        (match c with Model.NotEmpty => w | _ => not_empty s end)
        (match c with Model.NotFull => w | _ => not_full s end)
        (match c with Model.AllDone => w | _ => completed s end).

Definition has_no_waiters (s : state) : bool :=
  N.lor (N.lor (waiting (not_empty s)) (waiting (not_full s))) (waiting (completed s)) =? 0.

Definition begin_wait (c : Model.side) (s : state) : state :=
  let w := waiters_of c s in with_waiters c (Waiters (waiting w + 1) (pending w)) s.

Definition end_wait (c : Model.side) (s : state) : state :=
  let w := waiters_of c s in with_waiters c (Waiters (waiting w - 1) (pending w - 1)) s.

Definition take_wakeups (c : Model.side) (s : state) : wakeups * state :=
  let w := waiters_of c s in
  let asleep := waiting w - pending w in
  if asleep =? 0 then (WakeNone, s) else
  let count := N.min asleep (ready c s - pending w) in
  (if count =? 0 then WakeNone else
   if count =? 1 then WakeSome 1 else
   if count =? asleep then WakeAll else WakeSome count,
   with_waiters c (Waiters (waiting w) (pending w + count)) s).

(** *** Sending *)

Definition room (s : state) : room_result :=
  let limit := match capacity s with Some c => c | None => max_len end in
  let free := limit - item_count s in
  if closed s then RoomClosed else
  if free =? 0 then match capacity s with None => Exhausted | Some _ => Full end
  else Free free.

Definition push_item (a : A) (s : state) : state := with_items (push lay a (items s)) s.

Definition push_batch_items (batch : chunk A) (s : state) : nat * chunk A * state :=
  match room s with
  | Free free =>
      let count := N.to_nat (N.min (N.of_nat (size batch)) free) in
      let (i, batch) := push_batch lay batch count (items s) in
      (count, batch, with_items i s)
  | _ => (0%nat, batch, s)
  end.

Definition push_sentinels (count : N) (s : state) : bool * state :=
  let total := sentinels s + count in
  if usize_max <? total then (false, s) else
  let p := head s + item_count s in
  let appended := push runs_lay (Run p count) (runs s) in
  let r :=
    if count =? 0 then runs s else
    match back_of (runs s) with
    | Some last =>
        if position last =? p
        then change_back (Run p (run_count last + count)) (runs s) else appended
    | None => appended
    end in
  (true, with_contents (items s) r total (head s) s).

Definition push_sentinels_front (count : N) (s : state) : bool * state :=
  let total := sentinels s + count in
  if usize_max <? total then (false, s) else (true, with_ahead (ahead s + count) total s).

(** Whether the queue takes the item, and the state. *)
Definition put_back (a : A) (s : state) : bool * state :=
  if closed s then (false, s) else
  let s := with_put_backs (put_backs s + 1) (push_item a s) in
  (true, with_handles (closed s) (senders s) (receivers s) (unfinished s - 1) s).

Definition evict (s : state) : option A * state :=
  match pop lay (items s) with
  | (Some a, i) => (Some a, with_contents i (runs s) (sentinels s) (head s + 1) s)
  | (None, _) => (None, s)
  end.

(** *** Receiving *)

Definition take_sentinel (s : state) : bool * state :=
  if sentinels s =? 0 then (false, s) else
  if 0 <? ahead s then (true, with_ahead (ahead s - 1) (sentinels s - 1) s) else
  match front_of (runs s) with
  | Some run =>
      if position run <=? head s then
        let run := Run (position run) (run_count run - 1) in
        let r := change_front run (runs s) in
        let r := if run_count run =? 0 then snd (pop runs_lay r) else r in
        (true, with_contents (items s) r (sentinels s - 1) (head s) s)
      else (false, s)
  | None => (false, s)
  end.

Definition nothing {X} (s : state) : front_result X :=
  if closed s then IsClosed else IsEmpty.

Definition take (as_task : bool) (s : state) : front_result A * state :=
  match take_sentinel s with
  | (true, s) => (GotSentinel, s)
  | (false, s) =>
      match pop lay (items s) with
      | (Some a, i) =>
          let s := with_contents i (runs s) (sentinels s) (head s + 1) s in
          (GotItem a,
           with_handles (closed s) (senders s) (receivers s)
                        (unfinished s + if as_task then 1 else 0) s)
      | (None, _) => (nothing s, s)
      end
  end.

(** What is found, what is in the batch, and the state. *)
Definition take_batch (limit : N) (s : state) : front_result nat * list A * state :=
  match take_sentinel s with
  | (true, s) => (GotSentinel, [], s)
  | (false, s) =>
      let until :=
        match front_of (runs s) with
        | Some run => N.min (position run - head s) usize_max
        | None => usize_max
        end in
      let count := N.min (N.min limit (item_count s)) until in
      if count =? 0 then (nothing s, [], s) else
      let '(chunks, singles, i) := pop_batch lay batch_chunks (N.to_nat count) (items s) in
      let taken := unpack chunks singles in
      (GotItem (length taken), taken,
       with_contents i (runs s) (sentinels s) (head s + N.of_nat (length taken)) s)
  end.

(** All items, the number of sentinels, and the state. *)
Definition drain (s : state) : list A * N * state :=
  (contents (items s), sentinels s,
   with_ahead 0 0 (with_contents new_buffer new_buffer 0 (head s + item_count s) s)).

(** All items, and the state; the sentinels stay. *)
Definition drain_items (s : state) : list A * state :=
  let '(l, n, s) := drain s in (l, with_ahead n n s).

Definition free_surplus (s : state) : state :=
  with_contents (take_surplus (items s)) (take_surplus (runs s))
                (sentinels s) (head s) s.

(** *** Closing, handles and tasks *)

Definition close (s : state) : bool * state :=
  (negb (closed s), with_handles true (senders s) (receivers s) (unfinished s) s).

Definition add_sender (s : state) : state :=
  with_handles (closed s) (senders s + 1) (receivers s) (unfinished s) s.
Definition drop_sender (s : state) : bool * state :=
  (senders s - 1 =? 0, with_handles (closed s) (senders s - 1) (receivers s) (unfinished s) s).
Definition add_receiver (s : state) : state :=
  with_handles (closed s) (senders s) (receivers s + 1) (unfinished s) s.
Definition drop_receiver (s : state) : bool * state :=
  (receivers s - 1 =? 0, with_handles (closed s) (senders s) (receivers s - 1) (unfinished s) s).
Definition is_idle (s : state) : bool := (item_count s =? 0) && (sentinels s =? 0).
Definition leave_if_idle (s : state) : bool * state :=
  let leaves := is_idle s && ((1 <? receivers s) || closed s) in
  (leaves, with_handles (closed s) (senders s) (receivers s - if leaves then 1 else 0) (unfinished s) s).
Definition upgrade_sender (s : state) : bool * state :=
  let s := with_handles (closed s) (senders s + if 0 <? senders s then 1 else 0) (receivers s)
                        (unfinished s) s in
  (0 <? senders s, s).
Definition upgrade_receiver (s : state) : bool * state :=
  let s := with_handles (closed s) (senders s) (receivers s + if 0 <? receivers s then 1 else 0)
                        (unfinished s) s in
  (0 <? receivers s, s).
Definition finish_task (s : state) : state :=
  with_handles (closed s) (senders s) (receivers s) (unfinished s - 1) s.

(** Every item that ever came in, and [stats().accepted], which does not count those that were
    put back. *)
Definition entered (s : state) : N := head s + item_count s.
Definition accepted (s : state) : N := entered s - put_backs s.

End State.

Arguments State {A}. Arguments items {A}. Arguments runs {A}. Arguments sentinels {A}.
Arguments head {A}. Arguments capacity {A}. Arguments closed {A}. Arguments senders {A}.
Arguments receivers {A}. Arguments unfinished {A}. Arguments not_empty {A}.
Arguments not_full {A}. Arguments completed {A}. Arguments new {A}.
Arguments ahead {A}. Arguments put_backs {A}. Arguments with_ahead {A}. Arguments with_put_backs {A}.
Arguments push_sentinels_front {A}. Arguments put_back {A}. Arguments drain_items {A}.
Arguments is_idle {A}. Arguments leave_if_idle {A}. Arguments upgrade_sender {A}.
Arguments upgrade_receiver {A}. Arguments entered {A}. Arguments with_contents {A}. Arguments with_items {A}. Arguments with_handles {A}.
Arguments item_count {A}. Arguments ready {A}. Arguments waiters_of {A}.
Arguments with_waiters {A}. Arguments has_no_waiters {A}. Arguments begin_wait {A}.
Arguments end_wait {A}. Arguments take_wakeups {A}. Arguments room {A}.
Arguments push_item {A}. Arguments push_batch_items {A}. Arguments push_sentinels {A}.
Arguments evict {A}. Arguments take_sentinel {A}. Arguments nothing {A X}.
Arguments take {A}. Arguments take_batch {A}. Arguments drain {A}. Arguments free_surplus {A}.
Arguments close {A}. Arguments add_sender {A}. Arguments drop_sender {A}.
Arguments add_receiver {A}. Arguments drop_receiver {A}. Arguments finish_task {A}.
Arguments accepted {A}.

End Rust.

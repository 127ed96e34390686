(** * [core/src/grace.rs], transcribed, keeps the grace periods of [Flush.v].

    The code has no entry for each item and task: it has a boundary, two counters and the positions of old
    items that were put back, and each task has a generation. [refines] relates them to the accounts: an item is at
    the position of its place in the queue, and whether it is old is known by that; whether a task is, by its
    generation. [GraceRefines.v] proves that each operation keeps that relation. The transcription is by hand
    and in [nat]; the chunked buffer is a list here. This file holds definitions only. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Flush.

(** ** The transcription *)

Record grace := Grace {
  begun : nat;
  ended : nat;
  boundary : nat;
  old_items : nat;                          (* [queued]                      *)
  old_tasks : nat;                          (* [tasks]                       *)
  put_back : list nat
}.

Definition is_active (g : grace) : bool := ended g <? begun g.

Definition end_period_if_done (g : grace) : grace :=
  if (old_items g =? 0) && (old_tasks g =? 0)
  then Grace (begun g) (begun g) (boundary g) (old_items g) (old_tasks g) (put_back g) else g.

Definition begin_period (position items tasks : nat) (g : grace) : grace :=
  end_period_if_done (Grace (S (begun g)) (ended g) position items tasks (put_back g)).

(** The generation of the items taken as tasks from [position] on, and how many have the same; [None] is
    all. *)
Definition generation_at (position : nat) (g : grace) : nat * option nat :=
  if negb (is_active g) then (begun g, None) else
  if position <? boundary g then (begun g - 1, Some (boundary g - position)) else
  match put_back g with
  | next :: _ => if next =? position then (begun g - 1, Some 1) else (begun g, Some (next - position))
  | [] => (begun g, None)
  end.

(** Pops what is below [end_]; how many of that are not below the boundary. *)
Fixpoint pop_below (end_ limit : nat) (l : list nat) : nat * list nat :=
  match l with
  | next :: l' =>
      if next <? end_ then
        let (n, r) := pop_below end_ limit l' in ((if limit <=? next then S n else n), r)
      else (0, l)
  | [] => (0, [])
  end.

Definition leave (position count : nat) (as_tasks : bool) (g : grace) : grace :=
  let end_ := position + count in
  let below := min (boundary g) end_ - position in
  let (n, rest) := pop_below end_ (boundary g) (put_back g) in
  let old := below + n in
  end_period_if_done (Grace (begun g) (ended g) (boundary g) (old_items g - old)
    (old_tasks g + if as_tasks then old else 0) rest).

Definition leave_all (g : grace) : grace :=
  end_period_if_done (Grace (begun g) (ended g) (boundary g) 0 (old_tasks g) []).

Definition finish (gen : nat) (g : grace) : grace :=
  if gen <? begun g then end_period_if_done (Grace (begun g) (ended g) (boundary g) (old_items g)
    (old_tasks g - 1) (put_back g)) else g.

Definition put_item_back (position gen : nat) (g : grace) : grace :=
  if gen <? begun g then Grace (begun g) (ended g) (boundary g) (S (old_items g))
    (old_tasks g - 1) (put_back g ++ [position]) else g.

(** ** The relation *)

(** Strictly ascending, and nothing below [low]. *)
Fixpoint ascending (low : nat) (l : list nat) : Prop :=
  match l with [] => True | x :: l => low <= x /\ ascending (S x) l end.

Definition old_at (g : grace) (p : nat) : bool := (p <? boundary g) || existsb (Nat.eqb p) (put_back g).

(** The oldness of the queued items, from position [p] on. *)
Fixpoint marked (f : nat -> bool) (p : nat) (b : accounts) (q : list entry) : Prop :=
  match q with [] => True | e :: q => is_old b e = f p /\ marked f (S p) b q end.

Definition olds (b : accounts) (l : list entry) : nat := length (filter (is_old b) l).

(** [head]: the position of the first queued item. *)
Record refines (g : grace) (head : nat) (b : accounts) : Prop := {
  same_begun : begun g = generation b;
  same_ended : ended g = over b;
  in_order : ascending head (put_back g);
  in_queue : Forall (fun p => p < head + length (queued b)) (put_back g);
  within : is_active g = true -> boundary g <= head + length (queued b);
  none_if_over : is_active g = false -> put_back g = [];
  counted_items : is_active g = true -> old_items g = olds b (queued b);
  counted_tasks : is_active g = true -> old_tasks g = olds b (tasks b);
  right_marks : is_active g = true -> marked (old_at g) head b (queued b)
}.

(** * A search for counterexamples: definitions only.

    The claims in a form that can be computed, checked in every state and at every
    step of every execution of some small crews. The theorems say that nothing is
    found, whatever the crew. Of a mutant of the model something is: then the
    execution found is a counterexample to the claim that it names, and no script
    can prove that claim of the mutant. [mutants.sh] runs it. *)

From Coq Require Import String.
From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model Step.
Local Open Scope string_scope.
Local Open Scope list_scope.
Local Open Scope nat_scope.

Section Search.
Variable capacity : option nat.
Variable c : crew nat.
Implicit Types (s : state nat) (sh : shared nat) (o : op nat).

(** ** Deciding *)

Definition cell_eqb (x y : cell nat) : bool :=
  match x, y with Item a, Item b => a =? b | Sentinel, Sentinel => true | _, _ => false end.

Fixpoint list_eqb {X} (eqb : X -> X -> bool) (l l' : list X) : bool :=
  match l, l' with
  | [], [] => true
  | x :: l, y :: l' => eqb x y && list_eqb eqb l l'
  | _, _ => false
  end.

(** Whether each element occurs as often in both. *)
Definition permutationb {X} (eqb : X -> X -> bool) (l l' : list X) : bool :=
  forallb (fun x => length (filter (eqb x) l) =? length (filter (eqb x) l')) (l ++ l').

Fixpoint subsequenceb {X} (eqb : X -> X -> bool) (l l' : list X) : bool :=
  match l, l' with
  | [], _ => true
  | _, [] => false
  | x :: k, y :: k' => if eqb x y then subsequenceb eqb k k' else subsequenceb eqb l k'
  end.

Definition implies (p q : bool) : bool := negb p || q.

Definition every {X} (l : list X) (p : nat -> X -> bool) : bool :=
  forallb (fun x => p (fst x) (snd x)) (combine (seq 0 (length l)) l).

(** The items of the crews below name their thread. *)
Definition producer_of (a : nat) : nat := a / 100.

(** ** The claims, of a state *)

Definition reported (i : nat) (of_event : event -> nat) s : nat :=
  sum (fun x => if fst x =? i then of_event (snd x) else 0) (log s).

Definition C1_conservationb s : bool :=
  let sh := shared_of s in
  permutationb cell_eqb (accepted sh) (cells_of (removed sh) ++ queue sh) &&
  permutationb Nat.eqb (flat_map (fun m => offered (snd m)) c)
    (items_of (accepted sh) ++ returned sh ++ flat_map (fun t => offered (program t)) (threads s)).

Definition C2_sentinelsb s : bool :=
  let sh := shared_of s in
  (sentinels_in (accepted sh) =? sentinels_in (cells_of (removed sh)) + sentinels_in (queue sh)) &&
  forallb (fun e => match e with (Evicted, _, Sentinel) => false | _ => true end) (removed sh) &&
  every (threads s) (fun i t => match nth_error c i with
    | Some m => sentinels_by i sh + receives (program t) <=? receives (snd m)
    | None => false end).

Definition C2_responsesb s : bool :=
  let sh := shared_of s in
  every (threads s) (fun i _ =>
    (sentinels_by i sh =? reported i (fun e => match e with TakeSentinel => 1 | _ => 0 end) s) &&
    (length (items_of (cells_of (received_by i (removed sh)))) =?
     reported i (fun e => match e with Take k _ => k | _ => 0 end) s)).

(** Whether [l], with at most [n] sentinels left out, is a subsequence of [l']. *)
Fixpoint in_order_butb (n : nat) (l l' : list (cell nat)) : bool :=
  match l with
  | [] => true
  | x :: k =>
      (fix from l' := match l' with
        | [] => false
        | y :: l' => if cell_eqb x y then in_order_butb n k l' else from l'
        end) l' ||
      cell_eqb x Sentinel && (0 <? n) && in_order_butb (n - 1) k l'
  end.

Definition C3_orderb s : bool :=
  let sh := shared_of s in
  list_eqb Nat.eqb (items_of (accepted sh)) (items_of (cells_of (removed sh)) ++ items_of (queue sh)) &&
  in_order_butb (fronts (log s)) (cells_of (received (removed sh)) ++ queue sh) (accepted sh).

Definition C3_producerb s : bool :=
  every c (fun i m => subsequenceb Nat.eqb
    (filter (fun a => producer_of a =? i) (items_of (first_time (log s) (accepted (shared_of s)))))
    (sends (snd m))).

Definition C4_capacityb s : bool :=
  match capacity with Some n => items (shared_of s) <=? n + put_backs (log s) | None => true end.

Definition C5_closeb s : bool :=
  let sh := shared_of s in
  implies (closed sh) ((asleep NotEmpty (threads s) =? 0) && (asleep NotFull (threads s) =? 0)) &&
  implies ((senders sh =? 0) || (receivers sh =? 0)) (closed sh) &&
  implies (receivers sh =? 0) (is_nil (queue sh)).

Definition is_close (e : event) : bool := match e with Close => true | _ => false end.

Definition C5_only_by_closeb s : bool :=
  implies (closed (shared_of s))
    (closed (shared_of (init c)) || existsb (fun x => is_close (snd x)) (log s)).

Definition C6_no_lost_wakeupb s : bool :=
  forallb (fun sd =>
    (due capacity sd (shared_of s) (notified s) (threads s) =? 0) &&
    (get sd (notified s) <=? woken sd (threads s)) &&
    implies (0 <? asleep sd (threads s))
      match ready capacity sd (shared_of s) with
      | Some r => r <=? get sd (notified s)
      | None => false
      end) [NotEmpty; NotFull; AllDone].

Definition C11_completionb s : bool :=
  let sh := shared_of s in
  implies ((items sh =? 0) && (unfinished sh =? 0)) (asleep AllDone (threads s) =? 0) &&
  (unfinished sh =? sum (fun t => held_tasks (holds t)) (threads s)) &&
  (sum (fun m => held_tasks (fst m)) c + begun (log s) =? unfinished sh + ended (log s)).

(** ** The claims, at rest *)

Definition justifiedb s (t : thread nat) : bool :=
  let sh := shared_of s in
  match program t with
  | [] => true
  | Send Never _ :: _ =>
      negb (closed sh) && match capacity with Some n => n <=? items sh | None => false end
  | Recv Never _ _ :: _ | Work _ :: _ => negb (closed sh) && is_nil (queue sh)
  | Join Never :: _ => (0 <? items sh) || (0 <? unfinished sh)
  | JoinThreads l :: _ => negb (joinable l (threads s))
  | _ => false
  end.

Definition C6_quiescentb s : bool := forallb (justifiedb s) (threads s).

Definition C7_no_hangb s : bool :=
  let sh := shared_of s in
  implies (closed sh || (senders sh =? 0) ||
           (sum (fun m => receives (snd m)) c <=? sentinels_in (accepted sh)))
    (forallb (fun t => match program t with Work _ :: _ => false | _ => true end) (threads s)).

Definition C9_timeoutsb s : bool :=
  forallb (fun t => match program t with
    | o :: _ => match deadline_of o with None | Some Never => true | _ => false end
    | [] => true end) (threads s).

(** ** The claims, of a step of thread [i], whose operation is [o], and what it shows *)

Definition refuses (sd : side) (b : bool) (seen : list event) : bool :=
  existsb (fun e => match e with Refuse x d => side_eqb x sd && eqb b d | _ => false end) seen.

Definition same_contents sh sh' : bool :=
  list_eqb cell_eqb (queue sh) (queue sh') && list_eqb cell_eqb (accepted sh) (accepted sh') &&
  (length (removed sh) =? length (removed sh')).

Definition same_handles sh sh' : bool :=
  eqb (closed sh) (closed sh') && (senders sh =? senders sh') &&
  (receivers sh =? receivers sh') && (unfinished sh =? unfinished sh').

Definition step_claims o (k : kind) (seen : list event) s s' : list (string * bool) :=
  let '(sh, sh') := (shared_of s, shared_of s') in
  let any b := refuses NotEmpty b seen || refuses NotFull b seen || refuses AllDone b seen in
  let now := match deadline_of o with Some Now => true | _ => false end in
  let empty_handed sd := implies (refuses sd false seen)
    (match ready capacity sd sh with Some 0 => true | _ => false end) in
  let takes_sentinel := existsb (fun e => match e with TakeSentinel => true | _ => false end) seen in
  let joins := existsb (fun e => match e with Joined => true | _ => false end) seen in
  let puts_back := existsb (fun e => match e with PutBack => true | _ => false end) seen in
  let ends_task := existsb (fun e => match e with TaskDone => true | _ => false end) seen in
  [("C1_errors_return", implies (refuses NotFull true seen || refuses NotFull false seen)
      (list_eqb Nat.eqb (returned sh') (returned sh ++ offered [o]) && same_contents sh sh'));
   ("C2_ends_one_receive", implies takes_sentinel ((receives [o] =? 1) &&
      (unfinished sh =? unfinished sh') && list_eqb cell_eqb (queue sh) (Sentinel :: queue sh')));
   ("C4_capacity", match o, k with
      | SendSentinels _, Sleep | SendSentinelsFront _, Sleep => false
      | PutTaskBack _, _ => true
      | _, _ => match capacity with Some n => items sh' <=? Nat.max n (items sh) | None => true end end);
   ("C5_upgrade", match o with
      | Upgrade h => same_contents sh sh' && eqb (closed sh) (closed sh') &&
          match h with TaskGuard => true | _ =>
            count h sh' =? (if count h sh =? 0 then 0 else S (count h sh)) end
      | _ => true end);
   ("C5_leave", match o with
      | LeaveIfIdle => same_contents sh sh' && eqb (closed sh) (closed sh') &&
          ((receivers sh =? receivers sh') || is_nil (queue sh) && ((1 <? receivers sh) || closed sh) &&
           (receivers sh =? S (receivers sh')))
      | _ => true end);
   ("C2_drain", match o with
      | DrainQueue => (items sh' =? 0) && (sentinels_in (queue sh') =? sentinels_in (queue sh)) &&
          same_handles sh sh' && list_eqb Nat.eqb (items_of (cells_of (removed sh'))) (items_of (accepted sh))
      | _ => true end);
   ("C3_front", match o with
      | SendSentinelsFront n => implies (negb (closed sh))
          (list_eqb cell_eqb (queue sh') (repeat Sentinel n ++ queue sh) && (items sh' =? items sh))
      | _ => true end);
   ("C5_close", implies (closed sh) (closed sh' && list_eqb cell_eqb (accepted sh) (accepted sh')) &&
      implies (refuses NotEmpty true seen) (closed sh && is_nil (queue sh)));
   ("C5_closed_is_true", implies (any true) (closed sh));
   ("C5_who_closes", implies (existsb is_close seen) match o with
      | CloseQueue | CloseQueueNow => true
      | Drop SenderHandle => senders sh' =? 0
      | Drop ReceiverHandle => receivers sh' =? 0
      | _ => false end);
   ("C9_timeouts", implies (any false) (now && empty_handed NotEmpty && empty_handed NotFull &&
      empty_handed AllDone));
   ("C9_unchanged", implies (any false) (same_contents sh sh' && same_handles sh sh'));
   ("C11_completion", implies joins ((items sh =? 0) && (unfinished sh =? 0)));
   ("C11_put_back", match o with
      | PutTaskBack a =>
          if puts_back then (unfinished sh' =? unfinished sh - 1) && negb (done sh') && negb (closed sh) &&
            list_eqb cell_eqb (queue sh') (queue sh ++ [Item a])
          else same_contents sh sh' && same_handles sh sh'
      | _ => negb puts_back end);
   ("C11_guards", implies ends_task (unfinished sh' =? unfinished sh - 1) &&
      implies (unfinished sh' <? unfinished sh) (ends_task || puts_back))].

(** ** C12, of a waiter, thread [i], that is cancelled in operation [o] *)

Definition cancel_claims (i : nat) o s s' : list (string * bool) :=
  let '(sh, sh') := (shared_of s, shared_of s') in
  [("C12_cancellation", same_contents sh sh' && same_handles sh sh' &&
     list_eqb Nat.eqb (returned sh') (returned sh ++ offered [o]) && C6_no_lost_wakeupb s' &&
     match nth_error (threads s) i, nth_error (threads s') i with
     | Some t, Some t' => (length (program t) =? S (length (program t'))) && outside t' &&
         forallb (fun h => owns h (holds t) =? owns h (holds t')) [SenderHandle; ReceiverHandle; TaskGuard]
     | _, _ => false end)].

(** ** C3, linearizability: the log replayed by a sequential queue *)

Definition is_item (x : cell nat) : bool := match x with Item _ => true | Sentinel => false end.

Definition way_eqb (a b : way) : bool := match a, b with
  | Received, Received | Evicted, Evicted | Drained, Drained => true | _, _ => false end.

Definition out_eqb (a b : way * nat * cell nat) : bool :=
  let '(w, i, x) := a in let '(v, j, y) := b in way_eqb w v && (i =? j) && cell_eqb x y.

(** Contents, whether closed, whether an item was just evicted, cells that have still to come
    in, cells that have still to go. *)
Record replayed := Replayed {
  now_in : list (cell nat); shut : bool; hole : bool;
  to_come : list (cell nat); to_go : list (way * nat * cell nat) }.

Definition goes_in (n : nat) (of_kind : cell nat -> bool) (x : replayed) : option replayed :=
  let l := firstn n (to_come x) in
  if (length l =? n) && forallb of_kind l && negb (shut x)
  then Some (Replayed (now_in x ++ l) (shut x) false (skipn n (to_come x)) (to_go x)) else None.

Definition goes_out (w : way) (i : nat) (l rest : list (cell nat)) (x : replayed) : option replayed :=
  if list_eqb out_eqb (tag w i l) (firstn (length l) (to_go x))
  then Some (Replayed rest (shut x) false (to_come x) (skipn (length l) (to_go x))) else None.

Definition room_for (n : nat) (q : list (cell nat)) : bool :=
  match capacity with Some m => length (items_of q) + n <=? m | None => true end.

Definition replay_event (x : replayed) (e : nat * event) : option replayed :=
  let q := now_in x in
  match e with
  | (_, Push n) => if room_for n q || hole x && (n =? 1) then goes_in n is_item x else None
  | (_, PutBack) => goes_in 1 is_item x
  | (_, PushSentinels n) => goes_in n (fun y => negb (is_item y)) x
  | (_, PushSentinelsFront n) =>
      match goes_in n (fun y => negb (is_item y)) (Replayed [] (shut x) false (to_come x) (to_go x)) with
      | Some y => Some (Replayed (now_in y ++ q) (shut y) false (to_come y) (to_go y))
      | None => None
      end
  | (i, Take n _) =>
      if (length (firstn n q) =? n) && forallb is_item (firstn n q)
      then goes_out Received i (firstn n q) (skipn n q) x else None
  | (i, TakeSentinel) =>
      match q with Sentinel :: q => goes_out Received i [Sentinel] q x | _ => None end
  | (i, Evict) =>
      match split_oldest q with
      | Some (a, q') => if room_for 1 q then None else
          option_map (fun x => Replayed (now_in x) (shut x) true (to_come x) (to_go x))
            (goes_out Evicted i [Item a] q' x)
      | None => None
      end
  | (i, DrainItems _) =>
      goes_out Drained i (map Item (items_of q)) (repeat Sentinel (sentinels_in q)) x
  | (i, Drain _ _) => if shut x then goes_out Drained i q [] x else None
  | (_, Refuse NotFull b) => if eqb b (shut x) && (b || negb (room_for 1 q)) then Some x else None
  | (_, Refuse NotEmpty b) => if eqb b (shut x) && is_nil q then Some x else None
  | (_, Refuse AllDone b) => if b then None else Some x
  | (_, Close) => Some (Replayed q true false (to_come x) (to_go x))
  | (_, Create _) | (_, Unlock) => None
  | _ => Some x
  end.

Definition C3_linearizableb s : bool :=
  let sh := shared_of s in
  let start := Replayed [] (closed (shared_of (init c))) false (accepted sh) (removed sh) in
  match fold_left (fun x e => match x with Some x => replay_event x e | None => None end)
                  (log s) (Some start) with
  | Some x => list_eqb cell_eqb (now_in x) (queue sh) && eqb (shut x) (closed sh) &&
              is_nil (to_come x) && is_nil (to_go x)
  | None => false
  end.

(** ** The search *)

Definition state_claims s : list (string * bool) :=
  [("C1_conservation", C1_conservationb s); ("C2_sentinels", C2_sentinelsb s);
   ("C2_responses", C2_responsesb s); ("C3_order", C3_orderb s);
   ("C3_producer", C3_producerb s);
   ("C4_capacity", C4_capacityb s); ("C5_close", C5_closeb s);
   ("C5_only_by_close", C5_only_by_closeb s); ("C6_no_lost_wakeup", C6_no_lost_wakeupb s);
   ("C11_completion", C11_completionb s); ("C3_linearizable", C3_linearizableb s)] ++
  if someone_able capacity s then [] else
  [("C9_timeouts", C9_timeoutsb s); ("C7_no_hang", C7_no_hangb s); ("C6_quiescent", C6_quiescentb s)].

Definition broken (l : list (string * bool)) : option string :=
  match find (fun x => negb (snd x)) l with Some (name, _) => Some name | None => None end.

Definition dropped (hd : held) : list handle :=
  repeat TaskGuard (held_tasks hd) ++ repeat SenderHandle (held_senders hd) ++
  repeat ReceiverHandle (held_receivers hd).

(** Whether it can matter which thread a notification wakes. *)
Definition some_choice s : bool :=
  existsb (fun sd => 1 <? asleep sd (threads s)) [NotEmpty; NotFull; AllDone].

(** What the scheduler may choose: the first sleepers are woken or the last. *)
Definition choices (deaths stirs cancels : nat) s : list choice :=
  let n := length (threads s) in
  let back := rev (seq 0 n) in
  flat_map (fun i => match nth_error (threads s) i with
    | Some t =>
        [Move i false [] [] []] ++
        (if some_choice s then [Move i false back back back] else []) ++
        match spot t with Woken _ => [Move i true [] [] []] | _ => [] end ++ [Expire i] ++
        (if 0 <? stirs then [Stir i] else []) ++
        (if 0 <? cancels then [Abandon i [] [] []; Glance i] else []) ++
        (if 0 <? deaths then [Die i (dropped (holds t))] else [])
    | None => [] end) (seq 0 n).

Definition head_of s (i : nat) : option (op nat) :=
  match nth_error (threads s) i with Some t => hd_error (program t) | None => None end.

(** The claim that a step breaks, in the step or in the state that it leads to. *)
Definition judge s (x : choice) (k : kind) s' : option string :=
  let seen := map snd (skipn (length (log s)) (log s')) in
  match match head_of s (who x), x with
        | Some o, Move _ _ _ _ _ => broken (step_claims o k seen s s')
        | Some o, Abandon i _ _ _ => broken (cancel_claims i o s s')
        | _, _ => None end with
  | Some name => Some name
  | None => broken (state_claims s')
  end.

(** Depth first; [fuel] is more than any execution of these crews has steps. *)
Fixpoint search (fuel deaths stirs cancels : nat) s (path : list choice) : option (string * list choice) :=
  match fuel with
  | 0 => Some ("C7_bounded", path)
  | S fuel =>
      fold_left (fun found x =>
        match found with Some _ => found | None =>
        match stepf capacity s x with None => None | Some (k, s') =>
        match judge s x k s' with Some name => Some (name, rev (x :: path)) | None =>
          search fuel (match k with Death => deaths - 1 | _ => deaths end)
                 (match k with Spurious => stirs - 1 | _ => stirs end)
                 (match k with Cancellation => cancels - 1 | _ => cancels end) s' (x :: path)
        end end end) (choices deaths stirs cancels s) None
  end.

End Search.

(** ** The crews *)

Record case := Case { limit_of : option nat; members : crew nat;
  deaths_of : nat; stirs_of : nat; cancels_of : nat }.

Definition sender (l : list (op nat)) := (Held 1 0 0, l).
Definition receiver (l : list (op nat)) := (Held 0 1 0, l).
Definition both (l : list (op nat)) := (Held 1 1 0, l).

Definition recv : op nat := Recv Never 1 false.

Definition cases : list case := [
  (* one thread *)
  Case (Some 2) [both [Send Never [1; 2]; SendSentinels 1; ForceSend 3; ForceSend 4; Send Now [5];
                       Recv Never 3 false; recv; recv; Recv Now 1 false]] 0 0 0;
  Case None [both [Send Never [1]; SendSentinels 2; Send Never [2; 3]; Recv Never 4 false;
                   Recv Never 4 false; recv; Recv Never 4 true; Join Now; Drop TaskGuard;
                   Drop TaskGuard; Join Now]] 0 0 0;
  Case (Some 3) [both [Send Never [1; 2; 3]; SendSentinels 1; CloseQueueNow; Send Never [4];
                       SendSentinels 1; ForceSend 5; recv; CloseQueue; CloseQueueNow]] 0 0 0;
  Case (Some 1) [both [SendSentinels 1; Send Never [1]; ForceSend 2; recv; Recv Now 2 false; Join Now;
                       Recv Now 1 false; Send Never [3]; CloseQueue; recv; recv]] 0 0 0;
  Case (Some 2) [both [Clone ReceiverHandle; Clone SenderHandle; Drop ReceiverHandle;
                       Drop SenderHandle; Send Now [1]; Recv Now 1 true; Drop ReceiverHandle;
                       Drop TaskGuard; Send Now [2]]] 1 0 0;
  Case (Some 1) [both [Send Never [1]; Drop ReceiverHandle; Drop SenderHandle]] 1 0 0;
  Case (Some 2) [both [Clone SenderHandle; Drop SenderHandle; Send Never [1]; Drop SenderHandle;
                       Work true]] 0 0 0;
  Case (Some 1) [both [Send Never [1]; SendSentinels 1; SendSentinelsFront 2; Send Now [2]; recv; ForceSend 3;
                       recv; recv; SendSentinelsFront 1; CloseQueueNow; SendSentinelsFront 1]] 0 0 0;
  Case (Some 2) [both [Send Never [1]; SendSentinels 1; Send Never [2]; DrainQueue; Send Never [3; 4]; recv;
                       DrainQueue; DrainQueue; Join Now; CloseQueue; DrainQueue; recv]] 0 0 0;
  Case (Some 2) [both [LeaveIfIdle; Clone ReceiverHandle; SendSentinels 1; LeaveIfIdle; recv; LeaveIfIdle;
                       Send Never [1]; LeaveIfIdle; CloseQueue; LeaveIfIdle; recv; LeaveIfIdle]] 0 0 0;
  Case (Some 2) [both [Upgrade SenderHandle; Upgrade ReceiverHandle; Drop SenderHandle; Drop ReceiverHandle;
                       Send Now [1]; Drop SenderHandle; Upgrade SenderHandle; Drop SenderHandle;
                       Drop ReceiverHandle; Upgrade ReceiverHandle]] 0 0 0;
  Case (Some 1) [both [Send Never [1]; Recv Never 1 true; Send Never [2]; PutTaskBack 1; Join Now; ForceSend 3;
                       Send Now [4]; Recv Never 2 true; PutTaskBack 1; CloseQueue; PutTaskBack 3; Drop TaskGuard;
                       PutTaskBack 5]] 0 0 0;
  (* two and more *)
  Case (Some 1) [sender [Send Never [1; 2; 3]]; receiver [Recv Never 2 false; recv; recv]] 0 1 0;
  Case (Some 1) [sender [Send At [1]; Send At [2]]; receiver [Recv At 1 false]] 0 0 0;
  Case (Some 1) [both [Send Never [1]]; sender [Send Never [101; 102]]; receiver [CloseQueue]] 0 0 0;
  Case (Some 1) [receiver [Work false]; receiver [Work true]; sender [Send Never [201]; CloseQueue]] 0 0 0;
  Case (Some 2) [receiver [Work false]; receiver [Work false]; sender [SendSentinels 2]] 0 1 0;
  Case (Some 2) [receiver [recv]; receiver [recv]; sender [Send Never [201; 202]]] 0 0 0;
  Case (Some 1) [receiver [recv]; receiver [recv]; sender [Send Never [201]; Send Never [202]]] 0 1 0;
  Case (Some 1) [sender [Send Never [1; 2]]; sender [Send Never [101]]; receiver [Recv Never 3 false; recv; recv]] 0 0 0;
  Case None [both [Send Never [1]; Recv Never 1 true; Drop TaskGuard]; (Held 0 0 0, [Join Never]);
             (Held 0 0 0, [Join At])] 1 0 0;
  Case None [receiver [Work true]; sender [Send Never [101; 102]; SendSentinels 1];
             (Held 0 0 0, [Join Never])] 0 0 0;
  Case (Some 1) [receiver [Work false]; receiver [Work false]; sender [Send Never [201]; Drop SenderHandle]] 0 0 0;
  Case (Some 2) [receiver [Work false]; sender [Send Never [101; 102; 103]];
                 (Held 1 0 0, [JoinThreads [1]; SendSentinels 1])] 0 0 0;
  Case (Some 1) [sender [Send Never [1; 2]]; both [ForceSend 101; Recv Now 1 false]; receiver [CloseQueueNow]] 0 0 0;
  Case (Some 1) [receiver [Work false]; sender [Send Never [101]; SendSentinelsFront 1];
                 (Held 0 0 0, [Join At])] 0 1 0;
  Case (Some 1) [sender [Send Never [1; 2]]; (Held 0 1 0, [DrainQueue; DrainQueue]);
                 (Held 0 0 0, [Join Never])] 0 0 0;
  Case (Some 1) [receiver [Recv Now 1 false; LeaveIfIdle]; receiver [LeaveIfIdle; recv];
                 sender [Send Never [201]; CloseQueue]] 0 0 0;
  Case (Some 1) [sender [Send Never [1; 2]]; (Held 0 1 0, [Recv Never 1 true; PutTaskBack 1; Recv Never 2 true;
                   Drop TaskGuard]); (Held 0 0 0, [Join Never])] 0 0 0;
  (* with waiters that are cancelled *)
  Case (Some 1) [receiver [recv]; receiver [recv]; sender [Send Never [201]]] 0 0 1;
  Case (Some 1) [both [Send Never [1; 2]]; sender [Send Never [101]]; receiver [recv; Work false]] 0 0 1;
  Case None [both [Send Never [1]; Recv Never 1 true; Drop TaskGuard]; (Held 0 0 0, [Join Never]);
             (Held 0 0 0, [Join At; Join Now])] 0 0 1
].

Definition first_found : option (nat * string * list choice) :=
  fold_left (fun found n => match found with Some _ => found | None =>
    match nth_error cases n with
    | Some (Case cap m d r x) =>
        match search cap m 40 d r x (init m) [] with
        | Some (name, path) => Some (n, name, path)
        | None => None
        end
    | None => None
    end end) (seq 0 (length cases)) None.

(** What a case has, and how many states its executions pass. *)
Fixpoint passed (fuel deaths stirs cancels : nat) cap (s : state nat) : nat :=
  match fuel with
  | 0 => 1
  | S fuel => S (sum (fun x => match stepf cap s x with None => 0 | Some (k, s') =>
      passed fuel (match k with Death => deaths - 1 | _ => deaths end)
             (match k with Spurious => stirs - 1 | _ => stirs end)
             (match k with Cancellation => cancels - 1 | _ => cancels end) cap s' end)
      (choices deaths stirs cancels s))
  end.

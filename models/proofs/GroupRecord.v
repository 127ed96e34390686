(** * Recorded events of a group, and their replay. This file holds definitions only.

    A record is what the threads of one group did under the locks of its registry and of its queues, in
    the order in which they did it: [E thread event]. Each event holds the answer that the code got, for
    instance whether all were blocked. [replay] works out what a record does not show: who is woken by a
    notification, which queues a check is going to ask, and who holds the tokens. What it works out need
    not be trusted: each event has to be a step of the model ([gstep]) with the recorded answer. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model Groups GroupStep.

(** Queues and participants have numbers; [c] is a condition of a queue. *)
Inductive gevent :=
| Register (p : nat)                        (* a participant                                   *)
| Bind (p : nat)                            (* the thread runs it from now on                  *)
| Leave (p : nat) (wakes detects : bool)    (* [wakes]: joiners were notified                  *)
| Acquire                                   (* a token                                         *)
| Release (detects : bool)                  (* [detects]: all were blocked then                *)
| Block (q : nat) (c : side) (detects : bool)
| Sleep (q : nat) (c : side)
| Resume (q : nat) (c : side) (deadlocked : bool)
| Section (q : nat) (ready : list side) (notified : list (side * bool))
                                            (* ends; what is ready then; [true]: all waiters   *)
| Join (t : gtarget) (detects : bool)       (* blocks until participants leave                 *)
| JoinSleep
| JoinResume (deadlocked : bool)
| Open | OpenNot                            (* a deadlock check begins, or need not            *)
| Asked (q : nat) (c : side) (ready : bool)
| Stale                                     (* its epoch is over                               *)
| Mark (whom : list nat)
| Notified (q : nat).                       (* all waiters of a queue, after that              *)

Inductive recorded := E (thread : nat) (e : gevent).
Definition thread_of (x : recorded) : nat := match x with E t _ => t end.
Definition event_of (x : recorded) : gevent := match x with E _ e => e end.

(** ** Names *)

(** Threads of the model are: one that keeps the tokens until an outsider needs one, the participants,
    and the threads of the record as long as they run none. *)
Definition keeper : nat := 0.
Definition participant (p : nat) : nat := 1 + p.

(** Which thread of the model a thread is, from [first] on if it has not run a participant. *)
Definition names := list (nat * nat).
Definition name_of (first : nat) (b : names) (t : nat) : nat :=
  match find (fun x => fst x =? t) b with Some x => snd x | None => first + t end.
(** A thread that makes a participant leave detects in its stead. *)
Definition renamed (b : names) (x : recorded) : names :=
  match x with
  | E t (Bind p) | E t (Leave p _ true) => (t, participant p) :: b
  | _ => b
  end.
Definition who (first : nat) (b : names) (x : recorded) : nat :=
  match event_of x with Leave p _ _ => participant p | _ => name_of first b (thread_of x) end.

Definition named (t : gtarget) : gtarget :=
  match t with Leaving p => Leaving (participant p) | t => t end.

(** ** Whether an event agrees with the states before and after it *)

(** Whom it reports as deadlocked. *)
Definition whom_of (e : gevent) : list nat := match e with Mark whom => whom | _ => [] end.

Definition is_asleep_join (t : gthread) : bool :=
  match place_of t with Asleep x false => is_join x | _ => false end.

Definition is_waiting_for (x : gtarget) (t : gthread) : bool :=
  blocked t && match wait_of t with Some y => target_eqb y x | None => false end.

Definition opt_target_eqb (x y : option gtarget) : bool :=
  match x, y with Some x, Some y => target_eqb x y | None, None => true | _, _ => false end.

(** Where a check goes on that has ended. *)
Definition is_resumed_to (x : option gtarget) (t : gthread) : bool :=
  match x, place_of t with
  | Some x, Rechecking y => target_eqb x y
  | None, Running => true
  | _, _ => false
  end.

Definition todo_eqb (l m : list (nat * side)) : bool :=
  (length l =? length m) && forallb (fun x => condition_eqb (fst x) (snd x)) (combine l m).

Definition agrees (i : nat) (e : gevent) (g g' : gstate) : bool :=
  let '(t, t') := (at_ g i, at_ g' i) in
  let answers d := Bool.eqb d (blocked_in g') in
  match e with
  | Register p => negb (participates (at_ g (participant p))) && participates (at_ g' (participant p))
  | Bind _ => true
  | Leave _ wakes d => participates t && negb (participates t') && answers d &&
                       (wakes || negb (join_ready g'))
  | Acquire => tokens (at_ g' keeper) =? 1 + tokens (at_ g keeper)
  | Release d => (tokens t =? 1 + tokens t') && answers d
  | Block q c d => lacks g (q, c) && is_waiting_for (AtQueue (q, c)) t' && answers d
  | Sleep q c => match place_of t' with
                 | Asleep (AtQueue w) false | AsleepTimed w false => condition_eqb w (q, c)
                 | _ => false
                 end
  | Resume q c d => match place_of t' with
                    | Resumed w l => condition_eqb w (q, c) && Bool.eqb l d
                    | _ => false
                    end && Bool.eqb (deadlocked t) d && negb (deadlocked t')
  | Section q r _ => is_running t' &&
                     forallb (fun x => Bool.eqb (is_ready (holds_of (contents g') q) x) (is_ready r x))
                             [NotEmpty; NotFull; AllDone]
  | Join x d => negb (left_for g i (named x)) && is_waiting_for (named x) t' && answers d
  | JoinSleep => is_asleep_join t'
  | JoinResume d => Bool.eqb (deadlocked t) d && negb (deadlocked t') &&
                    match wait_of t with Some x => is_join x | None => false end
  | Open => match place_of t, place_of t' with
            | Opening x, Asking y e _ => opt_target_eqb x y && (e =? now g)
            | _, _ => false
            end
  | OpenNot => match place_of t with Opening x => is_resumed_to x t' | _ => false end
  | Asked q c r => match place_of t with
      | Asking x e (w :: todo) =>
          condition_eqb w (q, c) && Bool.eqb (is_ready (holds_of (contents g) q) c) r &&
          if r then is_resumed_to x t'
          else match place_of t' with
               | Asking y e' todo' => opt_target_eqb x y && (e' =? e) && todo_eqb todo' todo
               | _ => false
               end
      | _ => false
      end
  | Stale => match place_of t with Asking _ e _ => negb (e =? now g) | _ => false end
  | Mark whom => match whom with [] => false | _ => true end &&
      match place_of t, place_of t' with
      | Asking x e [], Notifying y _ => opt_target_eqb x y && (e =? now g)
      | _, _ => false
      end
  | Notified q => match place_of t, place_of t' with
      | Notifying x (p :: todo), Notifying y todo' =>
          opt_target_eqb x y && (p =? q) && (if list_eq_dec Nat.eq_dec todo' todo then true else false)
      | _, _ => false
      end
  end.

(** A test of each thread in two states. *)
Fixpoint every2 (k : nat) (p : nat -> gthread -> gthread -> bool) (l m : list gthread) : bool :=
  match l, m with
  | [], [] => true
  | t :: l, u :: m => p k t u && every2 (S k) p l m
  | _, _ => false
  end.

Definition is_named (whom : list nat) (j : nat) : bool := existsb (fun p => participant p =? j) whom.
Definition marks_those (whom : list nat) (g g' : gstate) : bool :=
  forallb (fun p => participant p <? size_of g) whom &&
  every2 0 (fun j t u => Bool.eqb (negb (deadlocked t) && deadlocked u) (is_named whom j))
         (actors g) (actors g').
Definition same_flags (g g' : gstate) : bool :=
  every2 0 (fun _ t u => Bool.eqb (blocked u) (blocked t) && Bool.eqb (deadlocked u) (deadlocked t) &&
                         Bool.eqb (participates u) (participates t)) (actors g) (actors g').

(** ** What is worked out *)

(** What a thread's check asks, or notifies, before it does anything else. *)
Fixpoint asks (t : nat) (tr : list recorded) : list (nat * side) :=
  match tr with
  | [] => []
  | E u e :: tr => if u =? t then match e with Asked q c _ => (q, c) :: asks t tr | _ => [] end
                   else asks t tr
  end.
Fixpoint notifies (t : nat) (tr : list recorded) : list nat :=
  match tr with
  | [] => []
  | E u e :: tr => if u =? t then match e with Notified q => q :: notifies t tr | _ => [] end
                   else notifies t tr
  end.

Definition conditions (g : gstate) : list (nat * side) :=
  flat_map (fun t => match asked_for t with Some w => [w] | None => [] end) (actors g).

(** With what a record that is cut short does not show any more. *)
Definition to_ask (t : nat) (tr : list recorded) (g : gstate) : list (nat * side) :=
  let l := asks t tr in l ++ filter (fun w => negb (existsb (condition_eqb w) l)) (conditions g).
Definition to_notify (t : nat) (tr : list recorded) (g : gstate) : list nat :=
  let l := notifies t tr in l ++ filter (fun q => negb (member q l)) (map fst (conditions g)).

(** The sleepers at a condition that are not notified, but for [i]. *)
Definition sleepers (g : gstate) (i : nat) (w : nat * side) : list nat :=
  map fst (filter (fun x => negb (fst x =? i) && (sleeps_un_notified w (snd x) ||
    match place_of (snd x) with AsleepTimed v false => condition_eqb v w | _ => false end))
    (combine (seq 0 (size_of g)) (actors g))).

(** Of these threads, the one that does something first. *)
Fixpoint next_of (first : nat) (b : names) (l : list nat) (tr : list recorded) : list nat :=
  match tr with
  | [] => firstn 1 l
  | E t _ :: tr => let i := name_of first b t in if member i l then [i] else next_of first b l tr
  end.

Fixpoint woken (first : nat) (b : names) (g : gstate) (i q : nat) (l : list (side * bool))
               (chosen : list nat) (tr : list recorded) : list nat :=
  match l with
  | [] => chosen
  | (c, all) :: l =>
      let those := filter (fun j => negb (member j chosen)) (sleepers g i (q, c)) in
      woken first b g i q l ((if all : bool then those else next_of first b those tr) ++ chosen) tr
  end.

(** Steps aside, and then at most one step. *)
Definition plan := (list move * option move)%type.

Definition plan_of (first : nat) (b : names) (g : gstate) (x : recorded) (later : list recorded)
  : plan :=
  let i := who first b x in
  let t := at_ g i in
  let lent m := (if participates t || (0 <? tokens t) then [] else [GGive keeper i], Some m) in
  let only m : plan := ([], Some m) in
  let chosen q l := woken first b g i q l [] later in
  match event_of x with
  | Register p => lent (GParticipate i (participant p))
  | Bind _ => ([], None)
  | Leave _ wakes _ => only (GLeave i wakes)
  | Acquire => lent (GAcquire i keeper)
  | Release _ => lent (GRelease i)
  | Block q c _ => only (GBlock i (q, c))
  | Sleep q c =>
      match place_of t with
      | Registered _ | Rechecking _ => only (GSleep i)
      | AsleepTimed w _ =>
          ([GWakeTimed i (holds_of (contents g) (fst w)) []], Some (GSleepTimed i (q, c)))
      | _ => lent (GSleepTimed i (q, c))
      end
  | Resume _ _ _ => only (GResume i)
  | Section q r l =>
      match place_of t with
      | Resumed _ _ => only (GReturn i r (chosen q l))
      | AsleepTimed _ _ => only (GWakeTimed i r (chosen q l))
      | _ => if match l with [] => true | _ => false end && agrees i (event_of x) g g then ([], None)
             else lent (GAct i q r (chosen q l))
      end
  | Join y _ => only (GJoin i (named y))
  | JoinSleep => if is_asleep_join t then ([], None) else only (GJoinSleep i)
  | JoinResume _ =>
      match place_of t with
      | Asleep y _ => if left_for g i y || deadlocked t then only (GJoinEnd i) else ([], None)
      | _ => only (GJoinEnd i)
      end
  | Open => only (GOpen i (to_ask (thread_of x) later g))
  | OpenNot => only (GOpenNot i)
  | Asked _ _ _ => only (GAsk i)
  | Stale => only (GStale i)
  | Mark _ => only (GMark i (to_notify (thread_of x) later g))
  | Notified _ => only (GNotify i)
  end.

(** A thread that has notified all queues goes on before its next event. *)
Definition before (i : nat) (g : gstate) : list move :=
  match place_of (at_ g i) with Notifying _ [] => [GNotified i] | _ => [] end.
(** An outsider gives its token back. *)
Definition afterwards (i : nat) (g : gstate) : list move :=
  let t := at_ g i in
  if is_running t && negb (participates t) && (0 <? tokens t) && negb (i =? keeper)
  then [GGive i keeper] else [].

Fixpoint step_aside (l : list move) (g : gstate) : option gstate :=
  match l with
  | [] => Some g
  | m :: l => match gstep g m with
              | Some g' => if same_flags g g' then step_aside l g' else None
              | None => None
              end
  end.

Definition run_event (first : nat) (b : names) (g : gstate) (x : recorded) (later : list recorded)
  : option gstate :=
  let i := who first b x in
  match step_aside (before i g) g with None => None | Some g =>
  let '(l, m) := plan_of first b g x later in
  match step_aside l g with None => None | Some g1 =>
  match match m with
        | Some m => if actor m =? i then gstep g1 m else None
        | None => Some g1
        end with None => None | Some g2 =>
  if agrees i (event_of x) g1 g2 && marks_those (whom_of (event_of x)) g1 g2
  then step_aside (afterwards i g2) g2 else None
  end end end.

Fixpoint run (first : nat) (b : names) (g : gstate) (tr : list recorded) : option gstate :=
  match tr with
  | [] => Some g
  | x :: tr => match run_event first b g x tr with
               | Some g' => run first (renamed b x) g' tr
               | None => None
               end
  end.

(** ** The beginning: what precedes the first wait, leave or release of a token *)

Definition is_setup (x : recorded) : bool :=
  match event_of x with Register _ | Bind _ | Acquire | Section _ _ _ => true | _ => false end.
Fixpoint setup (tr : list recorded) : list recorded :=
  match tr with x :: tr => if is_setup x then x :: setup tr else [] | [] => [] end.
Fixpoint rest (tr : list recorded) : list recorded :=
  match tr with x :: tr' => if is_setup x then rest tr' else tr | [] => [] end.

Definition first_of (tr : list recorded) : nat :=
  2 + list_max (map (fun x => match event_of x with Register p => p | _ => 0 end) tr).
Definition size_in (tr : list recorded) : nat := 1 + first_of tr + list_max (map thread_of tr).

Definition registers (j : nat) (x : recorded) : bool :=
  match event_of x with Register p => participant p =? j | _ => false end.
Definition tokens_in (tr : list recorded) : nat :=
  length (filter (fun x => match event_of x with Acquire => true | _ => false end) tr).

Definition start (tr : list recorded) : gstate :=
  G (fold_left (fun c x => match event_of x with Section q r _ => put_in q r c | _ => c end)
               (setup tr) [])
    (map (fun j => Groups.Thread Running false false (existsb (registers j) (setup tr))
                     (if j =? keeper then tokens_in (setup tr) else 0)) (seq 0 (size_in tr)))
    0.

Definition explain (tr : list recorded) : option gstate :=
  run (first_of tr) (fold_left renamed (setup tr) []) (start tr) (rest tr).

Definition replay (tr : list recorded) : bool :=
  match explain tr with Some _ => true | None => false end.

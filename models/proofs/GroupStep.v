(** * The step of a group, computed. This file holds definitions only.

    Queues are numbers, and of a queue's contents there is the list of the conditions that are ready.
    A [move] names a step of [Groups.v] and what is chosen in it; [gstep] computes what becomes of a
    state, which it keeps in lists, and computes nothing where the model has no such step. That it is
    sound is proved in [GroupExec.v]. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model Groups.

Notation gthread := (Groups.thread nat side).
Notation gtarget := (Groups.target nat side).
Notation gplace := (Groups.place nat side).
Notation gworld := (Groups.state nat side (list side)).

Definition eqb (x y : side) : bool :=
  match x, y with
  | NotEmpty, NotEmpty | NotFull, NotFull | AllDone, AllDone => true
  | _, _ => false
  end.

(** What a queue's lock protects, as far as a group knows it: the conditions that are ready. *)
Definition is_ready (c : list side) (x : side) : bool := existsb (eqb x) c.

Notation gact := (Groups.step is_ready Nat.eq_dec).

Definition condition_eqb (v w : nat * side) : bool := (fst v =? fst w) && eqb (snd v) (snd w).

Definition target_eqb (t u : gtarget) : bool :=
  match t, u with
  | AtQueue v, AtQueue w => condition_eqb v w
  | Leaving i, Leaving j => i =? j
  | LeavingOthers, LeavingOthers => true
  | _, _ => false
  end.

(** A thread that does nothing and takes no part, as are all that are not in the list. *)
Definition idle : gthread := Groups.Thread Running false false false 0.

Record gstate := G { contents : list (nat * list side); actors : list gthread; now : nat }.

Definition holds_of (c : list (nat * list side)) (q : nat) : list side :=
  match find (fun x => fst x =? q) c with Some x => snd x | None => [] end.
Definition at_ (g : gstate) (i : nat) : gthread := nth i (actors g) idle.
Definition size_of (g : gstate) : nat := length (actors g).

(** ** Changes *)

Definition put_in (q : nat) (x : list side) (c : list (nat * list side)) :=
  (q, x) :: filter (fun y => negb (fst y =? q)) c.

(** Changes every thread; [h] gets its number, too. *)
Fixpoint map_from (k : nat) (h : nat -> gthread -> gthread) (l : list gthread) : list gthread :=
  match l with [] => [] | t :: l => h k t :: map_from (S k) h l end.

Definition change (h : nat -> gthread -> gthread) (g : gstate) : gstate :=
  G (contents g) (map_from 0 h (actors g)) (now g).
Definition set_at (i : nat) (t : gthread) : gstate -> gstate :=
  change (fun j u => if j =? i then t else u).
Definition hold (q : nat) (x : list side) (g : gstate) : gstate :=
  G (put_in q x (contents g)) (actors g) (now g).
Definition pass (g : gstate) : gstate := G (contents g) (actors g) (1 + now g).
Definition pass_if (b : bool) (g : gstate) : gstate := if b then pass g else g.
Definition member (j : nat) (l : list nat) : bool := existsb (Nat.eqb j) l.
Definition notify_in (q : nat) (chosen : list nat) : gstate -> gstate :=
  change (fun j t => if member j chosen then wake_at Nat.eq_dec q t else t).

(** ** What the model asks for, decided *)

(** Whether all threads pass a test, or any does; the test gets the number, too. *)
Fixpoint every_from (k : nat) (p : nat -> gthread -> bool) (l : list gthread) : bool :=
  match l with [] => true | t :: l => p k t && every_from (S k) p l end.
Fixpoint some_from (k : nat) (p : nat -> gthread -> bool) (l : list gthread) : bool :=
  match l with [] => false | t :: l => p k t || some_from (S k) p l end.
Definition every (g : gstate) (p : nat -> gthread -> bool) : bool := every_from 0 p (actors g).
Definition some (g : gstate) (p : nat -> gthread -> bool) : bool := some_from 0 p (actors g).

Definition is_running (t : gthread) : bool :=
  match place_of t with Running => true | _ => false end.
Definition may_act (t : gthread) : bool :=
  is_running t && (participates t || (0 <? tokens t)).
Definition has_lock (q : nat) (t : gthread) : bool :=
  match place_of t with Registered w | Resumed w _ => fst w =? q | _ => false end.
Definition is_free (g : gstate) (q : nat) : bool := every g (fun _ t => negb (has_lock q t)).
Definition lacks (g : gstate) (w : nat * side) : bool :=
  negb (is_ready (holds_of (contents g) (fst w)) (snd w)).

Definition left_for (g : gstate) (i : nat) (t : gtarget) : bool :=
  match t with
  | AtQueue _ => false
  | Leaving j => negb (participates (at_ g j))
  | LeavingOthers => every g (fun j t => (j =? i) || negb (participates t))
  end.

Definition blocked_in (g : gstate) : bool :=
  every g (fun _ t => tokens t =? 0) &&
  some g (fun _ t => participates t) &&
  every g (fun _ t => negb (participates t) || blocked t).

Definition join_ready (g : gstate) : bool :=
  some g (fun j t => blocked t &&
    match wait_of t with Some x => left_for g j x | None => false end).

(** The condition for which a thread is registered as blocked. *)
Definition asked_for (t : gthread) : option (nat * side) :=
  if blocked t then match wait_of t with Some (AtQueue w) => Some w | _ => None end else None.
Definition is_asked_for (g : gstate) (w : nat * side) : bool :=
  some g (fun _ t => match asked_for t with Some v => condition_eqb v w | None => false end).
Definition any_asked_for (g : gstate) : bool :=
  some g (fun _ t => match asked_for t with Some _ => true | None => false end).
(** All of them are in the list, by a test. *)
Definition all_in (g : gstate) (p : nat * side -> bool) : bool :=
  every g (fun _ t => match asked_for t with Some w => p w | None => true end).
Definition is_snapshot (g : gstate) (l : list (nat * side)) : bool :=
  forallb (is_asked_for g) l && all_in g (fun w => existsb (condition_eqb w) l).

Definition sleeps_un_notified (w : nat * side) (t : gthread) : bool :=
  match place_of t with Asleep (AtQueue v) false => condition_eqb v w | _ => false end.
Definition comes (w : nat * side) (t : gthread) : bool :=
  match place_of t with
  | Asleep (AtQueue v) true | AsleepTimed v true => condition_eqb v w
  | _ => false
  end.
Definition is_covered (q : nat) (g : gstate) : bool :=
  forallb (fun x => lacks g (q, x) || negb (some g (fun _ => sleeps_un_notified (q, x))) ||
                    some g (fun _ => comes (q, x)))
    [NotEmpty; NotFull; AllDone].

(** ** The step *)

(** A step, and what is chosen in it: [GAct] for [s_act], and so on. One name stands for two steps of
    the model where the place of the thread says which of them it is. *)
Inductive move :=
| GAct (i q : nat) (x : list side) (chosen : list nat)
| GSleepTimed (i : nat) (w : nat * side)
| GWakeTimed (i : nat) (x : list side) (chosen : list nat)
| GBlock (i : nat) (w : nat * side)
| GSleep (i : nat)
| GResume (i : nat)
| GReturn (i : nat) (x : list side) (chosen : list nat)
| GJoin (i : nat) (t : gtarget)
| GJoinSleep (i : nat)
| GJoinEnd (i : nat)
| GOpen (i : nat) (todo : list (nat * side))
| GOpenNot (i : nat)
| GAsk (i : nat)
| GStale (i : nat)
| GMark (i : nat) (todo : list nat)
| GNotify (i : nat)
| GNotified (i : nat)
| GLeave (i : nat) (wakes : bool)
| GParticipate (i j : nat)
| GAcquire (i j : nat)
| GGive (i j : nat)
| GRelease (i : nat).

Definition actor (m : move) : nat :=
  match m with
  | GAct i _ _ _ | GSleepTimed i _ | GWakeTimed i _ _ | GBlock i _ | GSleep i | GResume i
  | GReturn i _ _ | GJoin i _ | GJoinSleep i | GJoinEnd i | GOpen i _ | GOpenNot i | GAsk i
  | GStale i | GMark i _ | GNotify i | GNotified i | GLeave i _ | GParticipate i _
  | GAcquire i _ | GGive i _ | GRelease i => i
  end.

(** The state, if what the step asks for is so. *)
Definition given (b : bool) (g : gstate) : option gstate := if b then Some g else None.

(** Thread [i] becomes [t], and is about to detect if all are blocked then. *)
Definition set_detecting (i : nat) (t : gthread) (x : option gtarget) (g : gstate) : gstate :=
  let g' := set_at i t g in if blocked_in g' then set_at i (Groups.move t (Opening x)) g' else g'.

(** A section that ends: it changes the queue, and wakes. *)
Definition ends_section (b : bool) (q : nat) (x : list side) (chosen : list nat) (g : gstate) :=
  let g' := notify_in q chosen (hold q x g) in given (b && is_covered q g') g'.

Definition end_wait (i : nat) (p : gplace) (g : gstate) : gstate :=
  pass_if (blocked (at_ g i)) (set_at i (unblock (at_ g i) p) g).

Definition gstep (g : gstate) (m : move) : option gstate :=
  let i := actor m in
  let t := at_ g i in
  let go p := Some (set_at i (Groups.move t p) g) in
  let go_if (b : bool) p := given b (set_at i (Groups.move t p) g) in
  if size_of g <=? i then None else
  match m with
  | GAct _ q x chosen => ends_section (may_act t && is_free g q) q x chosen g
  | GSleepTimed _ w => go_if (may_act t && is_free g (fst w) && lacks g w) (AsleepTimed w false)
  | GWakeTimed _ x chosen =>
      match place_of t with
      | AsleepTimed w _ =>
          ends_section (is_free g (fst w)) (fst w) x chosen (set_at i (Groups.move t Running) g)
      | _ => None
      end
  | GBlock _ w =>
      let stands := match place_of t with
                    | Running => participates t && is_free g (fst w)
                    | Resumed v false => condition_eqb v w
                    | _ => false
                    end in
      given (stands && lacks g w)
            (pass (set_detecting i (block t (Registered w)) (Some (AtQueue w)) g))
  | GSleep _ =>
      match place_of t with
      | Registered w => go (Asleep (AtQueue w) false)
      | Rechecking (AtQueue w) =>
          go_if (is_free g (fst w) && lacks g w && negb (deadlocked t)) (Asleep (AtQueue w) false)
      | _ => None
      end
  | GResume _ =>
      match place_of t with
      | Rechecking (AtQueue w) =>
          given (is_free g (fst w) && (negb (lacks g w) || deadlocked t))
                (end_wait i (Resumed w (deadlocked t)) g)
      | Asleep (AtQueue w) _ => given (is_free g (fst w)) (end_wait i (Resumed w (deadlocked t)) g)
      | _ => None
      end
  | GReturn _ x chosen =>
      match place_of t with
      | Resumed w last =>
          ends_section (negb (lacks g w) || last) (fst w) x chosen
                       (set_at i (Groups.move t Running) g)
      | _ => None
      end
  | GJoin _ x =>
      let stands := match place_of t with
                    | Running => participates t
                    | Asleep y _ => target_eqb y x && negb (deadlocked t)
                    | _ => false
                    end in
      given (stands && is_join x && negb (left_for g i x))
            (pass (set_detecting i (block t (Asleep x false)) (Some x) g))
  | GJoinSleep _ =>
      match place_of t with
      | Rechecking x =>
          go_if (is_join x && negb (left_for g i x) && negb (deadlocked t)) (Asleep x false)
      | _ => None
      end
  | GJoinEnd _ =>
      match place_of t with
      | Rechecking x | Asleep x _ =>
          given (is_join x && (left_for g i x || deadlocked t)) (end_wait i Running g)
      | _ => None
      end
  | GOpen _ todo =>
      match place_of t with
      | Opening x => go_if (blocked_in g && negb (join_ready g) && is_snapshot g todo)
                           (Asking x (now g) todo)
      | _ => None
      end
  | GOpenNot _ =>
      match place_of t with
      | Opening x => go_if (negb (blocked_in g) || join_ready g) (resume x)
      | _ => None
      end
  | GAsk _ =>
      match place_of t with
      | Asking x e (w :: todo) =>
          go_if (is_free g (fst w)) (if lacks g w then Asking x e todo else resume x)
      | _ => None
      end
  | GStale _ =>
      match place_of t with
      | Asking x e _ => go_if (negb (e =? now g)) (resume x)
      | _ => None
      end
  | GMark _ todo =>
      match place_of t with
      | Asking x e [] =>
          let joiners := negb (any_asked_for g) in
          given ((e =? now g) && all_in g (fun w => member (fst w) todo))
                (pass (change (fun _ u => wake_joiner (mark joiners u))
                              (set_at i (Groups.move t (Notifying x todo)) g)))
      | _ => None
      end
  | GNotify _ =>
      match place_of t with
      | Notifying x (q :: todo) =>
          given (is_free g q) (change (fun _ u => wake_at Nat.eq_dec q u)
                                      (set_at i (Groups.move t (Notifying x todo)) g))
      | _ => None
      end
  | GNotified _ =>
      match place_of t with Notifying x [] => go (resume x) | _ => None end
  | GLeave _ wakes =>
      let g' := set_detecting i (Groups.Thread Running false false false (tokens t)) None g in
      given (is_running t && participates t && (wakes || negb (join_ready g')))
            (pass (if wakes then change (fun _ u => wake_joiner u) g' else g'))
  | GParticipate _ j =>
      let u := at_ g j in
      given (may_act t && (j <? size_of g) && is_running u && negb (participates u))
            (pass (set_at j (Groups.Thread Running false false true (tokens u)) g))
  | GAcquire _ j =>
      let u := at_ g j in
      given (may_act t && (j <? size_of g) && is_running u)
            (pass (set_at j (Groups.Thread Running false false (participates u) (1 + tokens u)) g))
  | GGive _ j =>
      let u := at_ g j in
      match tokens t with
      | S n =>
          given (is_running t && negb (j =? i) && (j <? size_of g) && is_running u)
                (set_at j (Groups.Thread Running false false (participates u) (1 + tokens u))
                        (set_at i (Groups.Thread Running false false (participates t) n) g))
      | 0 => None
      end
  | GRelease _ =>
      match tokens t with
      | S n => given (is_running t)
                 (pass (set_detecting i (Groups.Thread Running false false (participates t) n) None g))
      | 0 => None
      end
  end.

(** * The model, executable: definitions only.

    A scheduler's [choice] says which thread moves and how, and, for the notifications that
    are due, which sleepers are preferred. [stepf] computes the step; [able] decides
    whether a thread can make progress. [Exec.v] and [Progress.v] prove that they
    compute what [Model.v] says. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model.

Section Step.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (t : thread A) (TH : list (thread A)) (o : op A).

(** ** Which threads can make progress *)

Definition is_nil {X} (l : list X) : bool := match l with [] => true | _ => false end.

Definition joinable (l : list nat) TH : bool :=
  forallb (fun j => match nth_error TH j with Some t => is_nil (program t) | None => true end) l.

Definition awakeb t : bool := match spot t with Asleep _ => false | _ => true end.

Definition acts (i : nat) (hd : held) o sh : bool :=
  match attempt capacity i hd o sh with Acts _ _ _ _ => true | _ => false end.

(** Whether thread [t], number [i], can make progress. *)
Definition able s (i : nat) t : bool :=
  match program t with
  | [] => false
  | o :: _ =>
      match deadline_of o, o with
      | Some At, _ => true
      | _, Give _ _ => true
      | _, JoinThreads l => joinable l (threads s)
      | _, _ => awakeb t && acts i (holds t) o (shared_of s)
      end
  end.

(** Whether any thread can make progress, computed. *)
Definition someone_able s : bool :=
  existsb (fun i => match nth_error (threads s) i with Some t => able s i t | None => false end)
          (seq 0 (length (threads s))).

(** ** Choices and steps *)

(** [Move]: the thread's next step, with the flag whether it is back from a
    wait by its deadline, and the sleepers to wake first, side by side. [Abandon]: the
    thread, which waits, is cancelled. [Glance]: it looks in vain and does not sleep yet. *)
Inductive choice :=
| Move (i : nat) (timed_out : bool) (first second third : list nat)
| Expire (i : nat)
| Stir (i : nat)
| Die (i : nat) (drops : list handle)
| Abandon (i : nat) (first second third : list nat)
| Glance (i : nat).

Definition is_asleep (sd : side) t : bool :=
  match spot t with Asleep x => side_eqb x sd | _ => false end.

Fixpoint first_asleep (sd : side) TH : option nat :=
  match TH with
  | [] => None
  | t :: TH => if is_asleep sd t then Some 0 else option_map S (first_asleep sd TH)
  end.

Definition asleep_at (sd : side) TH (j : nat) : bool :=
  match nth_error TH j with Some t => is_asleep sd t | None => false end.

(** The first of the preferred that sleeps, or else the first sleeper. *)
Definition pick (sd : side) TH (preferred : list nat) : option nat :=
  match find (asleep_at sd TH) preferred with
  | Some j => Some j
  | None => first_asleep sd TH
  end.

Fixpoint notifyf (sd : side) (n : nat) (preferred : list nat) TH : list (thread A) :=
  match n with
  | 0 => TH
  | S n =>
      match pick sd TH preferred with
      | None => TH
      | Some j =>
          match nth_error TH j with
          | Some t => notifyf sd n preferred (upd TH j (wake t))
          | None => TH
          end
      end
  end.

Definition settlef sh (nt : per_side) TH (p1 p2 p3 : list nat) : per_side * list (thread A) :=
  let n1 := due capacity NotEmpty sh nt TH in
  let n2 := due capacity NotFull sh nt TH in
  let n3 := due capacity AllDone sh nt TH in
  (PerSide (of_not_empty nt + n1) (of_not_full nt + n2) (of_all_done nt + n3),
   notifyf AllDone n3 p3 (notifyf NotFull n2 p2 (notifyf NotEmpty n1 p1 TH))).

Definition outside t : bool := match spot t with Outside => true | _ => false end.

Definition is_now o : bool := match deadline_of o with Some Now => true | _ => false end.

Definition movef s (i : nat) (timed_out : bool) (p1 p2 p3 : list nat) : option (kind * state A) :=
  let 'State sh nt TH L := s in
  match nth_error TH i with
  | None => None
  | Some t =>
  match program t with
  | [] => None
  | o :: r =>
  match attempt capacity i (holds t) o sh with
  | Acts sh' next hd' seen =>
      if awakeb t && (negb timed_out || is_now o) then
        let nt1 := come_back (spot t) nt in
        let TH1 := upd TH i (Thread Outside (next ++ r) hd') in
        let '(nt', TH') := settlef sh' nt1 TH1 p1 p2 p3 in
        Some (Progress, State sh' nt' TH'
          (L ++ say i (back (spot t) timed_out ++ seen ++ all_calls capacity sh' nt1 TH1)))
      else None
  | Blocks sd =>
      if awakeb t && negb timed_out then
        Some (Sleep, State sh (come_back (spot t) nt)
          (upd TH i (Thread (Asleep sd) (o :: r) (holds t)))
          (L ++ say i (back (spot t) false ++ [Wait sd])))
      else None
  | NoSection =>
      if negb (outside t) then None else
      match o with
      | Give j h =>
          match (if (j =? i) || (owns h (holds t) =? 0) then None else nth_error TH j) with
          | Some u =>
              Some (Progress, State sh nt
                (upd (upd TH i (Thread Outside r (own h (owns h (holds t) - 1) (holds t))))
                     j (Thread (spot u) (program u) (own h (owns h (holds u) + 1) (holds u)))) L)
          | None => Some (Progress, State sh nt (upd TH i (Thread Outside r (holds t))) L)
          end
      | JoinThreads l =>
          if joinable l TH
          then Some (Progress, State sh nt (upd TH i (Thread Outside r (holds t))) L) else None
      | _ => None
      end
  end end end.

Definition abandonf s (i : nat) (p1 p2 p3 : list nat) : option (kind * state A) :=
  let 'State sh nt TH L := s in
  match nth_error TH i with
  | None => None
  | Some t =>
  match program t, waits_at (spot t) with
  | o :: r, Some sd =>
      let sh' := cancel o sh in
      let nt1 := give_up_wait sd nt in
      let TH1 := upd TH i (Thread Outside r (holds t)) in
      let '(nt', TH') := settlef sh' nt1 TH1 p1 p2 p3 in
      Some (Cancellation, State sh' nt' TH'
        (L ++ say i (Cancel sd :: all_calls capacity sh' nt1 TH1)))
  | _, _ => None
  end end.

Definition glancef s (i : nat) : option (kind * state A) :=
  let 'State sh nt TH L := s in
  match nth_error TH i with
  | None => None
  | Some t =>
  match program t, spot t with
  | o :: r, Woken sd =>
      match attempt capacity i (holds t) o sh with
      | Blocks sd' =>
          if side_eqb sd sd' then Some (Look, State sh (come_back (spot t) nt)
            (upd TH i (Thread Outside (o :: r) (holds t))) (L ++ say i (back (spot t) false))) else None
      | _ => None
      end
  | _, _ => None
  end end.

Definition is_at o : bool := match deadline_of o with Some At => true | _ => false end.

Definition counts (drops : list handle) (hd : held) : bool :=
  (count_occ handle_eq_dec drops SenderHandle =? owns SenderHandle hd) &&
  (count_occ handle_eq_dec drops ReceiverHandle =? owns ReceiverHandle hd) &&
  (count_occ handle_eq_dec drops TaskGuard =? owns TaskGuard hd).

Definition drops_only (l : list (op A)) : bool :=
  forallb (fun o => match o with Drop _ => true | _ => false end) l.

Definition stepf s (c : choice) : option (kind * state A) :=
  let 'State sh nt TH L := s in
  match c with
  | Move i b p1 p2 p3 => movef s i b p1 p2 p3
  | Expire i =>
      match nth_error TH i with
      | Some t =>
          match program t with
          | o :: r => if is_at o then Some (Progress, State sh nt
                        (upd TH i (wake (Thread (spot t) (expired o :: r) (holds t)))) L) else None
          | [] => None
          end
      | None => None
      end
  | Stir i =>
      match nth_error TH i with
      | Some t => if awakeb t then None else Some (Spurious, State sh nt (upd TH i (wake t)) L)
      | None => None
      end
  | Die i drops =>
      match nth_error TH i with
      | Some t =>
          if outside t && negb (drops_only (program t)) && counts drops (holds t)
          then Some (Death, State (hand_back (offered (program t)) sh) nt
                       (upd TH i (Thread Outside (map Drop drops) (holds t))) L)
          else None
      | None => None
      end
  | Abandon i p1 p2 p3 => abandonf s i p1 p2 p3
  | Glance i => glancef s i
  end.

Definition who (c : choice) : nat :=
  match c with Move i _ _ _ _ | Expire i | Stir i | Die i _ | Abandon i _ _ _ | Glance i => i end.

Fixpoint runf s (cs : list choice) : option (state A) :=
  match cs with
  | [] => Some s
  | c :: cs => match stepf s c with Some (_, s') => runf s' cs | None => None end
  end.

End Step.

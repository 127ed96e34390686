(** * Flushes: the queue, and threads that wait for what was accepted before.

    This file holds definitions only. A flush takes nothing from the queue and adds nothing: it
    looks at what is there, and waits on a fourth condition of its own. So it stands on top of
    [Model.v]: a state is one of the queue, an account of what became of each item, and the
    flushes. A step is one of the queue, whose events are entered into the accounts and whose section ends
    with the notifications of that condition too; or a section of a flush, as [flush_within] in
    [core/src/queue.rs] has them. Every execution with flushes is one of [Model.v] if the flushes are left
    out ([FlushClaims.flush_projects]), so every theorem about the reachable
    states of that model holds of it as well; one about rest or endings does not follow.

    Flushes are served by grace periods, as updates are in sleepable read-copy update. One that begins
    makes everything old that is queued or an unfinished task, and ends when all of that is done. A flush
    needs the end of a period that begins after its call.

    Any thread may begin a flush whenever it is outside of the queue, with any deadline; it does nothing
    else until that returns. Which task ends, of those unfinished, is left open. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model.

(** What can be seen of an execution: the events of the queue, and those of flushes. *)
Inductive fevent :=
| Of (e : event)
| BeginFlush
| BeginGrace
| Flushed
| GiveUpFlush
| WaitFlush
| WakeFlush (timed_out : bool)
| NotifyFlush (all : bool).

(** ** The accounts *)

(** An item: its number, in the order in which items are accepted for the first time, and how many
    periods had begun by then. It keeps both when it is put back. *)
Record entry := Entry { number : nat; period : nat }.

(** Items that are queued, in their order; those that are unfinished tasks; the numbers of those that
    are done: received, and as tasks completed, or evicted, drained, dropped with the last
    receiver; how many there are of all. How many periods have begun, and the last that has ended. *)
Record accounts := Accounts {
  queued : list entry;
  tasks : list entry;
  gone : list nat;
  sent : nat;
  generation : nat;
  over : nat
}.

(** Something is old if it was there when the last period began. *)
Definition is_old (b : accounts) (e : entry) : bool := period e <? generation b.

Definition old (b : accounts) : list entry := filter (is_old b) (queued b ++ tasks b).

Definition active (b : accounts) : bool := over b <? generation b.

Definition end_if_done (b : accounts) : accounts :=
  match old b with
  | [] => Accounts (queued b) (tasks b) (gone b) (sent b) (generation b) (generation b)
  | _ => b
  end.

Definition begin_grace (b : accounts) : accounts :=
  end_if_done (Accounts (queued b) (tasks b) (gone b) (sent b) (S (generation b)) (over b)).

(** Takes one out of a list: the one at [which], or the last. *)
Fixpoint pull (which : nat) (l : list entry) {struct l} : option (entry * list entry) :=
  match l, which with
  | [], _ => None
  | e :: l, 0 => Some (e, l)
  | e :: l, S which =>
      match pull which l with Some (x, l) => Some (x, e :: l) | None => Some (e, l) end
  end.

(** What an event of the queue changes; [which] task ends if one does. *)
Definition enter (which : nat) (b : accounts) (e : event) : accounts :=
  let 'Accounts q t d n g o := b in
  let leave k := Accounts (skipn k q) t (d ++ map number (firstn k q)) n g o in
  match e with
  | Push k => Accounts (q ++ map (fun x => Entry x g) (seq n k)) t d (n + k) g o
  | Evict => leave 1
  | Take k true => Accounts (skipn k q) (t ++ firstn k q) d n g o
  | Take k false | Drain k _ | DrainItems k => leave k
  | TaskDone => match pull which t with
      | Some (x, t) => Accounts q t (d ++ [number x]) n g o | None => b end
  | PutBack => match pull which t with
      | Some (x, t) => Accounts (q ++ [x]) t d n g o | None => b end
  | _ => b
  end.

Definition enter_all (which : nat) (l : list (nat * event)) (b : accounts) : accounts :=
  end_if_done (fold_left (fun b e => enter which b (snd e)) l b).

(** ** Flushes *)

(** [needs]: the period whose end it needs. [before]: how many items had been accepted when it was
    called; kept for the claims. *)
Record flusher := Flusher { needs : nat; before : nat; patience : deadline; woken_up : bool }.

(** For each thread the flush that it waits in. *)
Definition flushers := list (option flusher).

Definition flushing (l : flushers) (i : nat) : bool :=
  match nth_error l i with Some (Some _) => true | _ => false end.

Definition waiting_flushers (l : flushers) : nat :=
  sum (fun x => match x with Some _ => 1 | None => 0 end) l.

Definition woken_flushers (l : flushers) : nat :=
  sum (fun x => match x with Some f => if woken_up f then 1 else 0 | None => 0 end) l.

Definition sleeping_flushers (l : flushers) : nat :=
  sum (fun x => match x with Some f => if woken_up f then 0 else 1 | None => 0 end) l.

(** The wakeup rule: all are due while no period is active, and none otherwise. *)
Definition due_flush (b : accounts) (l : flushers) (notified : nat) : nat :=
  if active b then 0 else waiting_flushers l - notified.

Definition flush_calls (n : nat) : list fevent :=
  if 1 <? n then [NotifyFlush true] else repeat (NotifyFlush false) n.

(** Wakes so many sleepers, if there are. There never are more, by [FlushClaims.due_wakes_all]. *)
Fixpoint wake_flushers (n : nat) (l : flushers) : flushers :=
  match l with
  | [] => []
  | Some (Flusher g x d false) :: l =>
      match n with
      | 0 => Some (Flusher g x d false) :: wake_flushers n l
      | S n => Some (Flusher g x d true) :: wake_flushers n l
      end
  | x :: l => x :: wake_flushers n l
  end.

(** A flush that is not served begins a period if none is active, or if one is that began before it
    and that no thread waits for. *)
Definition begins (b : accounts) (others : nat) (f : flusher) : bool :=
  (over b <? needs f) && (negb (active b) || ((generation b <? needs f) && (others =? 0))).

Section Flush.
Variable A : Type.
Variable capacity : option nat.

Record fstate := FState {
  inner : state A;
  accounts_of : accounts;
  flushers_of : flushers;
  flush_notified : nat;                     (* notifications not consumed    *)
  flog : list (nat * fevent)
}.

Definition fsay (i : nat) (l : list fevent) : list (nat * fevent) := map (fun e => (i, e)) l.

(** One look of a flush with the lock in hand: it returns, gives up or goes to sleep. *)
Definition look (i : nat) (f : flusher) (seen : list fevent) (b : accounts) (l : flushers)
                (notified : nat) : accounts * flushers * nat * list fevent :=
  let l := upd l i None in
  let starts := begins b (waiting_flushers l) f in
  let b := if starts then begin_grace b else b in
  let seen := seen ++ if starts then [BeginGrace] else [] in
  let leave e :=
    let n := due_flush b l notified in
    (b, wake_flushers n l, notified + n, seen ++ e :: flush_calls n) in
  if needs f <=? over b then leave Flushed else
  match patience f with
  | Now => leave GiveUpFlush
  | d => (b, upd l i (Some (Flusher (needs f) (before f) d false)), notified, seen ++ [WaitFlush])
  end.

Definition looked (i : nat) (f : flusher) (seen : list fevent) (s : fstate) (notified : nat) : fstate :=
  let '(b, l, n, seen) := look i f seen (accounts_of s) (flushers_of s) notified in
  FState (inner s) b l n (flog s ++ fsay i seen).

(** What a step of the queue shows. *)
Definition news (s s' : state A) : list (nat * event) := skipn (length (log s)) (log s').

(** A section of the queue ends with the notifications of flushes. *)
Definition entered (i which : nat) (s' : state A) (s : fstate) : fstate :=
  let b := enter_all which (news (inner s) s') (accounts_of s) in
  let n := due_flush b (flushers_of s) (flush_notified s) in
  FState s' b (wake_flushers n (flushers_of s)) (flush_notified s + n)
         (flog s ++ map (fun x => (fst x, Of (snd x))) (news (inner s) s') ++ fsay i (flush_calls n)).

Definition with_flusher (i : nat) (f : flusher) (s : fstate) : fstate :=
  FState (inner s) (accounts_of s) (upd (flushers_of s) i (Some f)) (flush_notified s) (flog s).

(** [InQueue]: a step of the queue. [Begins]: a flush is called. [Returns]: it is back from a wait.
    [Expires]: its deadline passes. [Stirs]: it wakes without reason. *)
Inductive fkind := InQueue (k : kind) | Begins | Returns | Expires | Stirs.

Inductive fstep : fkind -> nat -> fstate -> fstate -> Prop :=

| f_queue k i which s s' :
    step capacity k i (inner s) s' -> flushing (flushers_of s) i = false ->
    fstep (InQueue k) i s (entered i which s' s)

| f_begin i t d s :
    nth_error (threads (inner s)) i = Some t -> spot t = Outside ->
    nth_error (flushers_of s) i = Some None ->
    fstep Begins i s
      (looked i (Flusher (S (generation (accounts_of s))) (sent (accounts_of s)) d true) [BeginFlush] s
              (flush_notified s))

| f_return i f timed_out s :
    nth_error (flushers_of s) i = Some (Some f) -> woken_up f = true ->
    (timed_out = true -> patience f = Now) ->
    fstep Returns i s (looked i f [WakeFlush timed_out] s (flush_notified s - 1))

| f_expire i f s :
    nth_error (flushers_of s) i = Some (Some f) -> patience f = At ->
    fstep Expires i s (with_flusher i (Flusher (needs f) (before f) Now true) s)

| f_stir i f s :
    nth_error (flushers_of s) i = Some (Some f) -> woken_up f = false ->
    fstep Stirs i s (with_flusher i (Flusher (needs f) (before f) (patience f) true) s).

(** Items of tasks that threads begin with count as the first that were accepted. *)
Definition finit (c : crew A) : fstate :=
  let n := sum (fun m => held_tasks (fst m)) c in
  FState (init c) (Accounts [] (map (fun x => Entry x 0) (seq 0 n)) [] n 0 0) (map (fun _ => None) c) 0 [].

(** The steps of an execution, the last one first. *)
Inductive frun : list (fkind * nat) -> fstate -> fstate -> Prop :=
| frun_nil s : frun [] s s
| frun_step ks k i s s' s'' : frun ks s s' -> fstep k i s' s'' -> frun ((k, i) :: ks) s s''.

Definition freachable (c : crew A) (s : fstate) : Prop := exists ks, frun ks (finit c) s.

(** The steps of the queue among them. *)
Definition in_queue (ks : list (fkind * nat)) : list kind :=
  flat_map (fun x => match fst x with InQueue k => [k] | _ => [] end) ks.

End Flush.

Arguments FState {A}. Arguments inner {A}. Arguments accounts_of {A}. Arguments flushers_of {A}.
Arguments flush_notified {A}. Arguments flog {A}. Arguments looked {A}. Arguments news {A}.
Arguments entered {A}. Arguments with_flusher {A}. Arguments fstep {A}. Arguments finit {A}.
Arguments frun {A}. Arguments freachable {A}.

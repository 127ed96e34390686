(** * Recorded traces, replayed by the verified semantics.

    A trace is what one queue of the real code recorded, in the order of its lock:
    [R thread event]; [V thread event ids] where items move: a push, a take, an
    eviction, a drain; [T thread event ids generation] where a task ends or is put back; and
    [F thread event] of flushes. The ids are numbers by which the clients know the items, and the
    generation is what the code knows the old tasks of a grace period by. [replay] works out what the trace does not show (programs,
    which thread owned which handle, which was notified, when a deadline passed) and runs the
    executable model on it. What it works out need not be trusted: if the model's
    run shows exactly the recorded events, and moves exactly the recorded items, then
    there is an execution of the model that does. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model Progress Exec Flush FlushExec.

Inductive recorded :=
| R (thread : nat) (e : event)
| V (thread : nat) (e : event) (ids : list nat)
| T (thread : nat) (e : event) (ids : list nat) (generation : nat)
| F (thread : nat) (e : fevent).

Definition thread_of (x : recorded) : nat :=
  match x with R i _ | V i _ _ | T i _ _ _ | F i _ => i end.

(** To the queue, what a flush does is nothing. *)
Definition event_of (x : recorded) : event :=
  match x with R _ e | V _ e _ | T _ e _ _ => e | F _ _ => Unlock end.

Definition ids_of (x : recorded) : list nat :=
  match x with V _ _ l | T _ _ l _ => l | _ => [] end.

(** The items that came in, in order. *)
Definition came_in (tr : list recorded) : list nat :=
  flat_map (fun x => match event_of x with Push _ | PutBack => ids_of x | _ => [] end) tr.

(** The items that went out, in order: how, and through which thread. *)
Definition went_out (tr : list recorded) : list (way * nat * nat) :=
  flat_map (fun x => match event_of x with
    | Take _ _ => tag Received (thread_of x) (ids_of x)
    | Evict => tag Evicted (thread_of x) (ids_of x)
    | Drain _ _ | DrainItems _ => tag Drained (thread_of x) (ids_of x)
    | _ => [] end) tr.

(** The same of the history that the model keeps. *)
Definition items_out (l : list (way * nat * cell nat)) : list (way * nat * nat) :=
  flat_map (fun x => match x with (w, i, Item a) => [(w, i, a)] | _ => [] end) l.

(** What the model shows too: all but the creation and the ends of sections. *)
Definition visible (tr : list recorded) : list (nat * fevent) :=
  flat_map (fun x => match x, event_of x with
    | F i e, _ => [(i, e)]
    | _, Create _ | _, Unlock => []
    | _, e => [(thread_of x, Of e)] end) tr.

(** ** Equality of events, decided *)

Definition event_eq_dec (a b : event) : {a = b} + {a <> b}.
Proof. repeat decide equality. Defined.

Definition fevent_eq_dec (a b : fevent) : {a = b} + {a <> b}.
Proof. decide equality; auto using event_eq_dec, Bool.bool_dec. Defined.

Definition log_eq_dec (a b : list (nat * fevent)) : {a = b} + {a <> b}.
Proof. apply list_eq_dec. decide equality; auto using fevent_eq_dec, Nat.eq_dec. Defined.

Definition ids_eq_dec : forall a b : list nat, {a = b} + {a <> b} := list_eq_dec Nat.eq_dec.

Definition out_eq_dec (a b : list (way * nat * nat)) : {a = b} + {a <> b}.
Proof. repeat decide equality. Defined.

(** ** Sections *)

Fixpoint sections_from (tr open : list recorded) : list (list recorded) :=
  match tr with
  | [] => match open with [] => [] | _ => [rev open] end
  | R _ Unlock :: tr => rev open :: sections_from tr []
  | x :: tr => sections_from tr (x :: open)
  end.

Definition sections (tr : list recorded) : list (list recorded) := sections_from tr [].

Fixpoint one_thread (tr : list recorded) (holder : option nat) : bool :=
  match tr with
  | [] => true
  | x :: tr =>
      match holder with None => true | Some j => thread_of x =? j end &&
      one_thread tr (match x with R _ Unlock => None | _ => Some (thread_of x) end)
  end.

Definition is_effect (e : event) : bool :=
  match e with Wake _ _ | Wait _ | Notify _ _ | Create _ | Unlock => false | _ => true end.

Definition effects (section : list recorded) : list event :=
  filter is_effect (map event_of section).

Definition gives_up (e : event) : bool :=
  match e with Wake _ true | Refuse _ false => true | _ => false end.

(** The operation of a thread that is cancelled while it sleeps, or that sleeps still when
    the trace ends. *)
Definition still (sd : side) : op nat :=
  match sd with
  | NotEmpty => Recv At 1 false
  | NotFull => Send At [0]
  | AllDone => Join At
  end.

(** The operation whose section this is; [timed] if its deadline is to pass. *)
Definition op_of (timed : bool) (l : list event) (ids : list nat) : option (op nat) :=
  let d := if timed then At else Never in
  match l with
  | [Push _] => Some (Send d ids)
  | [Evict; Push 1] => Some (ForceSend (hd 0 ids))
  | [PushSentinels n] => Some (SendSentinels n)
  | [PushSentinelsFront n] => Some (SendSentinelsFront n)
  | [Take k b] => Some (Recv d k b)
  | [TakeSentinel] => Some (Recv d 1 false)
  | [Refuse NotFull _] => Some (Send d [0])
  | [Refuse NotEmpty _] => Some (Recv d 1 false)
  | [Refuse AllDone _] => Some (Join d)
  | [Joined] => Some (Join d)
  | [Close] => Some CloseQueue
  | [Close; Drain _ _] => Some CloseQueueNow
  | [DrainItems _] => Some DrainQueue
  | [Leave _] => Some LeaveIfIdle
  | [UpgradeSender _] => Some (Upgrade SenderHandle)
  | [UpgradeReceiver _] => Some (Upgrade ReceiverHandle)
  | [AddSender] => Some (Clone SenderHandle)
  | [AddReceiver] => Some (Clone ReceiverHandle)
  | DropSender :: _ => Some (Drop SenderHandle)
  | DropReceiver :: _ => Some (Drop ReceiverHandle)
  | [TaskDone] => Some (Drop TaskGuard)
  | [PutBack] => Some (PutTaskBack (hd 0 ids))
  | [Cancel sd] => Some (still sd)
  | _ => None
  end.

(** ** Programs: what each thread did, in order *)

(** Handles are dropped in the order in which they were made: the first one
    made goes to the thread that drops the first one, and so on. *)
Record droppers := Droppers { of_senders : list nat; of_receivers : list nat; of_tasks : list nat }.

Definition droppers_in (tr : list recorded) : droppers :=
  let is e x := if event_eq_dec (event_of x) e then true else false in
  let who f := map thread_of (filter f tr) in
  Droppers (who (is DropSender)) (who (fun x => is DropReceiver x || is (Leave true) x))
           (who (fun x => is TaskDone x || is PutBack x)).

Definition next_of (l : list nat) (self : nat) : nat := hd self l.

Definition gift (h : handle) (i j : nat) : list (op nat) := if i =? j then [] else [Give j h].

(** The gifts that follow an operation of thread [i], and the threads left to drop. *)
Definition gifts (i : nat) (l : list event) (ds : droppers) : list (op nat) * droppers :=
  let 'Droppers s r t := ds in
  match l with
  | [AddSender] | [UpgradeSender true] => (gift SenderHandle i (next_of s i), Droppers (tl s) r t)
  | [AddReceiver] | [UpgradeReceiver true] =>
      (gift ReceiverHandle i (next_of r i), Droppers s (tl r) t)
  | [Take k true] => (flat_map (gift TaskGuard i) (firstn k t), Droppers s r (skipn k t))
  | _ => ([], ds)
  end.

Definition append_to (i : nat) (l : list (op nat)) (ps : list (list (op nat))) :=
  upd ps i (nth i ps [] ++ l).

Fixpoint programs_of (secs : list (list recorded)) (timed : list nat) (asleep : list (nat * side))
                     (ds : droppers) (ps : list (list (op nat))) : list (list (op nat)) :=
  match secs with
  | [] => fold_right (fun x ps => append_to (fst x) [still (snd x)] ps) ps asleep
  | sec :: secs =>
      match sec with
      | [] => programs_of secs timed asleep ds ps
      | x :: _ =>
          let i := thread_of x in
          let timed := if existsb (fun x => gives_up (event_of x)) sec then i :: timed else timed in
          let others := filter (fun x => negb (fst x =? i)) asleep in
          let asleep := match last sec (R i Unlock) with
                        | R _ (Wait sd) => (i, sd) :: others
                        | _ => others
                        end in
          match op_of (existsb (Nat.eqb i) timed) (effects sec) (came_in sec) with
          | None => programs_of secs timed asleep ds ps
          | Some o =>
              let '(g, ds) := gifts i (effects sec) ds in
              programs_of secs (filter (fun j => negb (j =? i)) timed) asleep ds
                          (append_to i (o :: g) ps)
          end
      end
  end.

Definition threads_in (tr : list recorded) : nat :=
  S (fold_right (fun x m => Nat.max (thread_of x) m) 0 tr).

Definition crew_of (creator : nat) (tr : list recorded) : crew nat :=
  let n := threads_in tr in
  let ds := droppers_in tr in
  let '(s, r) := (next_of (of_senders ds) creator, next_of (of_receivers ds) creator) in
  let ps := programs_of (sections tr) [] []
              (Droppers (tl (of_senders ds)) (tl (of_receivers ds)) (of_tasks ds)) (repeat [] n) in
  map (fun x => (Held (if fst x =? s then 1 else 0) (if fst x =? r then 1 else 0) 0, snd x))
      (combine (seq 0 n) ps).

(** ** The run *)

Section Replay.
Variable capacity : option nat.
Implicit Types s : fstate nat.

Definition then_fstep (x : option (fstate nat * nat)) (c : fchoice) : option (fstate nat * nat) :=
  match x with
  | Some (s, n) =>
      match fstepf capacity s c with
      | Some (k, s') => Some (s', match k with InQueue Spurious | Stirs => S n | _ => n end)
      | None => None
      end
  | None => None
  end.

Definition then_step x (c : choice) := then_fstep x (Do c 0).

(** The first of the tasks that are as old as that generation says. *)
Fixpoint task_of (b : accounts) (is_old_one : bool) (l : list entry) : option nat :=
  match l with
  | [] => None
  | e :: l =>
      if Bool.eqb (is_old b e) is_old_one then Some 0 else option_map S (task_of b is_old_one l)
  end.

(** The same, where the section ends a task, or puts one back. *)
Definition then_act (sec : list recorded) (x : option (fstate nat * nat)) (c : choice) :=
  match x, flat_map (fun y => match y with T _ _ _ g => [g] | _ => [] end) sec with
  | Some (s, _), g :: _ =>
      match task_of (accounts_of s) (g <? generation (accounts_of s)) (tasks (accounts_of s)) with
      | Some which => then_fstep x (Do c which)
      | None => None
      end
  | _, _ => then_step x c
  end.

Definition head_op s (i : nat) : option (op nat) :=
  match nth_error (threads (inner s)) i with Some t => hd_error (program t) | None => None end.

Definition sleeps s (i : nat) : bool :=
  match nth_error (threads (inner s)) i with Some t => negb (awakeb t) | None => false end.

Definition flush_sleeps s (i : nat) : bool :=
  match nth_error (flushers_of s) i with Some (Some f) => negb (woken_up f) | _ => false end.

(** Runs a step only if the state asks for it. *)
Definition if_so (p : fstate nat -> bool) (c : fchoice) (x : option (fstate nat * nat)) :=
  match x with Some (s, _) => if p s then then_fstep x c else x | None => None end.

Definition due_to_expire (i : nat) s : bool :=
  match head_op s i with Some o => is_at o | None => false end.

Definition due_to_give (i : nat) s : bool :=
  match head_op s i with Some (Give _ _) => true | _ => false end.

Fixpoint give_all (fuel i : nat) (x : option (fstate nat * nat)) : option (fstate nat * nat) :=
  match fuel with
  | 0 => x
  | S fuel => give_all fuel i (if_so (due_to_give i) (Do (Move i false [] [] []) 0) x)
  end.

(** The threads that return from a wait on a side, or leave it, the next one first. *)
Definition wakers (sd : side) (secs : list (list recorded)) : list nat :=
  flat_map (fun x => match x with
    | R i (Wake y false) | R i (Cancel y) => if side_eqb y sd then [i] else []
    | _ => [] end) (concat secs).

(** The section of a flush, if that event begins one. *)
Definition run_flush (y : recorded) (x : option (fstate nat * nat)) : option (option (fstate nat * nat)) :=
  match y with
  | F i BeginFlush => Some (then_fstep x (Call i At))
  | F i (WakeFlush false) =>
      Some (then_fstep (if_so (fun s => flush_sleeps s i) (Rouse i) x) (Back i false))
  | F i (WakeFlush true) => Some (then_fstep (then_fstep x (Lapse i)) (Back i true))
  | _ => None
  end.

Definition run_section (sec : list recorded) (later : list (list recorded))
                       (x : option (fstate nat * nat)) : option (fstate nat * nat) :=
  match sec with
  | [] => x
  | y :: _ =>
      match run_flush y x with Some x => x | None =>
      let '(i, e) := (thread_of y, event_of y) in
      let next sd := wakers sd later in
      let move b := Move i b (next NotEmpty) (next NotFull) (next AllDone) in
      let leave := Abandon i (next NotEmpty) (next NotFull) (next AllDone) in
      let x := if existsb (fun y => gives_up (event_of y)) sec
               then if_so (due_to_expire i) (Do (Expire i) 0) x else x in
      let x := match e with Wake _ _ => if_so (fun s => sleeps s i) (Do (Stir i) 0) x | _ => x end in
      let x := then_act sec x match e, effects sec, last sec (R i Unlock) with
               | Cancel _, _, _ => leave
               | Wake _ true, _, _ => move true
               | Wake _ false, [], R _ (Wake _ _) => Glance i
               | _, _, _ => move false
               end in
      let x := match effects sec, last sec (R i Unlock) with
               | _ :: _, R _ (Wait _) => then_step x (move false)
               | _, _ => x
               end in
      let gifts := fold_right (fun y n => match y with Take k _ => k | _ => 1 end + n) 0 in
      give_all (gifts (effects sec)) i x
      end
  end.

Fixpoint run_sections (secs : list (list recorded)) (x : option (fstate nat * nat)) :=
  match secs with
  | [] => x
  | sec :: later => run_sections later (run_section sec later x)
  end.

End Replay.

(** The number of spurious wakeups that explain the trace, if anything does. *)
Definition explain (tr : list recorded) : option nat :=
  match tr with
  | R creator (Create capacity) :: rest =>
      let c := crew_of creator rest in
      match run_sections capacity (sections rest) (Some (finit c, 0)) with
      | Some (s, n) =>
          if one_thread rest (Some creator) &&
             (senders (shared_of (init c)) =? 1) && (receivers (shared_of (init c)) =? 1) &&
             (if log_eq_dec (flog s) (visible rest) then true else false) &&
             (if ids_eq_dec (items_of (accepted (shared_of (inner s)))) (came_in rest) then true else false) &&
             (if out_eq_dec (items_out (removed (shared_of (inner s)))) (went_out rest) then true else false)
          then Some n else None
      | None => None
      end
  | _ => None
  end.

Definition replay (tr : list recorded) : bool :=
  match explain tr with Some _ => true | None => false end.

(** ** What a successful replay means *)

Section Sound.
Variable capacity : option nat.

Definition from (s0 : fstate nat) (x : option (fstate nat * nat)) : Prop :=
  match x with Some (s, _) => exists ks, frun capacity ks s0 s | None => True end.

Lemma then_fstep_from s0 x c : from s0 x -> from s0 (then_fstep capacity x c).
Proof.
  destruct x as [[s n]|]; simpl; auto. intros [ks H].
  destruct (fstepf capacity s c) as [[k s']|] eqn:E; simpl; auto.
  apply fstepf_sound in E. exists ((k, fwho c) :: ks). econstructor; eauto.
Qed.

Lemma then_act_from s0 sec x c : from s0 x -> from s0 (then_act capacity sec x c).
Proof.
  intros H. unfold then_act, then_step. destruct x as [[s n]|]; auto using then_fstep_from.
  destruct (flat_map _ sec); auto using then_fstep_from.
  destruct (task_of _ _ _); auto using then_fstep_from. exact I.
Qed.

Lemma if_so_from s0 p c x : from s0 x -> from s0 (if_so capacity p c x).
Proof.
  unfold if_so. destruct x as [[s n]|]; auto. destruct (p s); auto using then_fstep_from.
Qed.

Lemma give_all_from s0 i : forall fuel x, from s0 x -> from s0 (give_all capacity fuel i x).
Proof. induction fuel; simpl; auto using if_so_from. Qed.

Lemma run_flush_from s0 y x x' : from s0 x -> run_flush capacity y x = Some x' -> from s0 x'.
Proof.
  intros H. destruct y as [| | |i []]; try discriminate;
    [|destruct timed_out]; intros [= <-]; auto using then_fstep_from, if_so_from.
Qed.

Lemma run_section_from s0 sec later x : from s0 x -> from s0 (run_section capacity sec later x).
Proof.
  intros H. unfold run_section. destruct sec as [|y sec]; auto.
  destruct (run_flush capacity y x) as [x'|] eqn:FL; [eapply run_flush_from; eauto|].
  generalize (thread_of y) as i, (event_of y) as e. intros i e. cbn zeta. apply give_all_from.
  match goal with |- context [then_act capacity (y :: sec) ?z ?c] =>
    assert (G : from s0 (then_act capacity (y :: sec) z c)) end.
  { apply then_act_from. destruct e; try apply if_so_from;
      destruct (existsb _ _); auto using if_so_from. }
  destruct (effects _); auto. destruct (last _ _) as [j []| | |];
    unfold then_step; auto using then_fstep_from.
Qed.

Lemma run_sections_from s0 : forall secs x, from s0 x -> from s0 (run_sections capacity secs x).
Proof. induction secs; simpl; auto using run_section_from. Qed.

End Sound.

(** The trace begins with the creation of the queue; every section is one
    thread's; and the model, started with one sender and one receiver, has an
    execution that shows exactly the recorded events in the recorded order, and in
    which exactly the recorded items came in and went out, in the recorded order,
    each through the thread of record. Flushes are among the events. *)
Theorem replay_sound tr : replay tr = true ->
  exists creator capacity rest (c : crew nat) (s : fstate nat),
    tr = R creator (Create capacity) :: rest /\
    one_thread rest (Some creator) = true /\
    senders (shared_of (init c)) = 1 /\ receivers (shared_of (init c)) = 1 /\
    freachable capacity c s /\ flog s = visible rest /\
    items_of (accepted (shared_of (inner s))) = came_in rest /\
    items_out (removed (shared_of (inner s))) = went_out rest.
Proof.
  unfold replay, explain. destruct tr as [|[i []| | |] rest]; try discriminate.
  pose proof (run_sections_from capacity (finit (crew_of i rest)) (sections rest)
                (Some (finit (crew_of i rest), 0))) as F.
  destruct (run_sections _ _ _) as [[s n]|]; [|discriminate].
  destruct (one_thread rest (Some i)) eqn:O; [|discriminate]. cbn [andb].
  destruct (Nat.eqb_spec (senders (shared_of (init (crew_of i rest)))) 1); [|discriminate].
  destruct (Nat.eqb_spec (receivers (shared_of (init (crew_of i rest)))) 1); [|discriminate].
  destruct (log_eq_dec (flog s) (visible rest)) as [E|]; [|discriminate].
  destruct (ids_eq_dec _ _) as [CI|]; [|discriminate].
  destruct (out_eq_dec _ _) as [WO|]; [|discriminate]. intros _.
  exists i, capacity, rest, (crew_of i rest), s. repeat split; auto.
  apply F. exists []. constructor.
Qed.

(** * Flushes, executable.

    [fstepf] computes a step of [Flush.v] for a scheduler's choice; what it computes is a step of the
    model. With executions that show that the theorems of [FlushClaims.v] are about something. *)

From Coq Require Import List Arith Bool.
Import ListNotations.
From SentinelQueue Require Import Model Step Exec Flush.

(** [Do]: a step of the queue, and which task ends if one does. [Call]: a flush begins. [Back]: it
    returns from its wait. [Lapse]: its deadline passes. [Rouse]: it wakes without reason. *)
Inductive fchoice :=
| Do (c : choice) (which : nat)
| Call (i : nat) (d : deadline)
| Back (i : nat) (timed_out : bool)
| Lapse (i : nat)
| Rouse (i : nat).

Definition fwho (c : fchoice) : nat :=
  match c with Do c _ => who c | Call i _ | Back i _ | Lapse i | Rouse i => i end.

Section FlushExec.
Context {A : Type}.
Variable capacity : option nat.

Definition fstepf (x : fstate A) (c : fchoice) : option (fkind * fstate A) :=
  let flush i := match nth_error (flushers_of x) i with Some f => f | None => None end in
  match c with
  | Do c which =>
      if flushing (flushers_of x) (who c) then None else
      match stepf capacity (inner x) c with
      | Some (k, s) => Some (InQueue k, entered (who c) which s x)
      | None => None
      end
  | Call i d =>
      match nth_error (threads (inner x)) i, nth_error (flushers_of x) i with
      | Some t, Some None =>
          if outside t then Some (Begins, looked i (Flusher (S (generation (accounts_of x)))
            (sent (accounts_of x)) d true) [BeginFlush] x (flush_notified x)) else None
      | _, _ => None
      end
  | Back i timed_out =>
      match flush i with
      | Some f =>
          if woken_up f && (negb timed_out || match patience f with Now => true | _ => false end)
          then Some (Returns, looked i f [WakeFlush timed_out] x (flush_notified x - 1)) else None
      | None => None
      end
  | Lapse i =>
      match flush i with
      | Some (Flusher g n At _) => Some (Expires, with_flusher i (Flusher g n Now true) x)
      | _ => None
      end
  | Rouse i =>
      match flush i with
      | Some (Flusher g n d false) => Some (Stirs, with_flusher i (Flusher g n d true) x)
      | _ => None
      end
  end.

Theorem fstepf_sound x c k x' : fstepf x c = Some (k, x') -> fstep capacity k (fwho c) x x'.
Proof.
  destruct c as [c w|i d|i b|i|i]; unfold fstepf, fwho.
  - destruct (flushing _ _) eqn:F; [discriminate|].
    destruct (stepf capacity (inner x) c) as [[k' s]|] eqn:E; [|discriminate].
    intros [= <- <-]. apply stepf_sound in E. now apply f_queue.
  - destruct (nth_error (threads (inner x)) i) as [t|] eqn:T; [|discriminate].
    destruct (nth_error (flushers_of x) i) as [[f|]|] eqn:F; try discriminate.
    destruct (outside t) eqn:O; [|discriminate]. intros [= <- <-].
    apply outside_spec in O. eapply f_begin; eauto.
  - destruct (nth_error (flushers_of x) i) as [[f|]|] eqn:F; try discriminate.
    destruct (woken_up f) eqn:W; [|discriminate]. cbn [andb].
    destruct (negb b || _) eqn:B; [|discriminate]. intros [= <- <-]. apply f_return; auto.
    intros ->. destruct (patience f); auto; discriminate.
  - destruct (nth_error (flushers_of x) i) as [[[g n d b]|]|] eqn:F; try discriminate.
    destruct d; try discriminate. intros [= <- <-].
    apply (f_expire _ _ i (Flusher g n At b)); auto.
  - destruct (nth_error (flushers_of x) i) as [[[g n d b]|]|] eqn:F; try discriminate.
    destruct b; try discriminate. intros [= <- <-].
    apply (f_stir _ _ i (Flusher g n d false)); auto.
Qed.

Fixpoint frunf (x : fstate A) (cs : list fchoice) : option (fstate A) :=
  match cs with
  | [] => Some x
  | c :: cs => match fstepf x c with Some (_, x) => frunf x cs | None => None end
  end.

Theorem frunf_sound c cs : forall x x', freachable capacity c x -> frunf x cs = Some x' ->
  freachable capacity c x'.
Proof.
  induction cs as [|ch cs IH]; cbn [frunf]; intros x x' [ks R] H; [injection H as <-; exists ks; auto|].
  destruct (fstepf x ch) as [[k y]|] eqn:E; [|discriminate]. apply fstepf_sound in E.
  apply (IH y); auto. exists ((k, fwho ch) :: ks). econstructor; eauto.
Qed.

End FlushExec.

(** ** Executions *)

Definition runs_to (c : crew nat) (cs : list fchoice) (x : fstate nat) : Prop :=
  frunf None (finit c) cs = Some x.

Lemma runs_to_reachable c cs x : runs_to c cs x -> freachable None c x.
Proof. apply frunf_sound. exists []. constructor. Qed.

Ltac run_it := eexists; split; [vm_compute; reflexivity|vm_compute; auto].

Definition next (i : nat) : fchoice := Do (Move i false [] [] []) 0.

Definition seen_by (i : nat) (x : fstate nat) : list fevent := map snd (filter (fun e => fst e =? i) (flog x)).

(** One thread sends an item, receives it as a task, sends another, and ends the task; one flushes. *)
Definition pair : crew nat :=
  [(Held 1 1 0, [Send Never [7]; Recv Never 1 true; Send Never [8]; Drop TaskGuard]); (Held 0 0 0, [])].

(** The flush sleeps while the task is unfinished, though the item has left the queue. *)
Theorem flush_waits : exists x, runs_to pair [next 0; Call 1 Never; next 0; next 0] x /\
  sleeping_flushers (flushers_of x) = 1 /\ tasks (accounts_of x) = [Entry 0 0] /\
  queued (accounts_of x) = [Entry 1 1].
Proof. run_it. Qed.

(** And returns when it ends, although what was sent after its call is still queued. *)
Theorem flush_returns : exists x, runs_to pair
  [next 0; Call 1 Never; next 0; next 0; next 0; Back 1 false] x /\
  seen_by 1 x = [BeginFlush; BeginGrace; WaitFlush; WakeFlush false; Flushed] /\
  gone (accounts_of x) = [0] /\ queued (accounts_of x) = [Entry 1 1].
Proof. run_it. Qed.

(** A task that is put back is not done: the flush waits until its item has been received again. *)
Theorem flush_waits_for_put_back : exists x, runs_to
  [(Held 1 1 0, [Send Never [7]; Recv Never 1 true; PutTaskBack 7; Recv Never 1 false]); (Held 0 0 0, [])]
  [next 0; next 0; Call 1 Never; next 0] x /\
  sleeping_flushers (flushers_of x) = 1 /\ queued (accounts_of x) = [Entry 0 0] /\
  exists y, frunf None x [next 0; Back 1 false] = Some y /\
    gone (accounts_of y) = [0] /\ In (1, Flushed) (flog y).
Proof.
  eexists. split; [vm_compute; reflexivity|].
  split; [vm_compute; reflexivity|]. split; [vm_compute; reflexivity|].
  eexists. split; [vm_compute; reflexivity|]. vm_compute. tauto.
Qed.

(** A flush that begins while another one's period is active waits for the end of that and begins its own. *)
Theorem flush_begins_the_next_period : exists x, runs_to
  [(Held 1 1 0, [Send Never [7]; Send Never [8]; Recv Never 2 false]); (Held 0 0 0, []); (Held 0 0 0, [])]
  [next 0; Call 1 Never; next 0; Call 2 Never; next 0; Back 2 false; Back 1 false] x /\
  seen_by 2 x = [BeginFlush; WaitFlush; WakeFlush false; BeginGrace; Flushed] /\
  seen_by 1 x = [BeginFlush; BeginGrace; WaitFlush; WakeFlush false; Flushed] /\
  generation (accounts_of x) = 2.
Proof. run_it. Qed.

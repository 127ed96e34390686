(** * Records of groups written by hand: good ones are accepted, tampered ones are not. *)

From SentinelQueue Require Import GroupReplay.

(** Two receivers of one queue, and no sender: the second to block finds the deadlock. *)
Definition two_receivers : list recorded := [
  E 0 (Register 0); E 0 (Register 1); E 0 (Section 0 [NotFull] []); E 1 (Bind 0); E 2 (Bind 1);
  E 1 (Block 0 NotEmpty false); E 1 (Sleep 0 NotEmpty);
  E 2 (Block 0 NotEmpty true); E 2 Open; E 2 (Asked 0 NotEmpty false); E 2 (Asked 0 NotEmpty false);
  E 2 (Mark [0; 1]); E 2 (Notified 0);
  E 1 (Resume 0 NotEmpty true); E 1 (Section 0 [NotFull] []);
  E 2 (Resume 0 NotEmpty true); E 2 (Section 0 [NotFull] []);
  E 1 (Leave 0 false false); E 2 (Leave 1 false false) ].

(** A receiver waits while a thread outside holds a token. That sends an item and releases the token;
    the check that this makes due finds that the receiver can go on. *)
Definition token : list recorded := [
  E 0 (Register 0); E 0 (Bind 0); E 0 (Section 0 [NotFull] []); E 0 Acquire;
  E 0 (Block 0 NotEmpty false); E 0 (Sleep 0 NotEmpty);
  E 1 (Section 0 [NotEmpty; NotFull] [(NotEmpty, false)]);
  E 1 (Release true); E 1 Open; E 1 (Asked 0 NotEmpty true);
  E 0 (Resume 0 NotEmpty false); E 0 (Section 0 [NotFull] []);
  E 0 (Leave 0 false false) ].

(** A participant joins another one, which blocks: that is a deadlock of the other one. The joiner
    is woken, blocks again, and goes on when the other one has left. *)
Definition joined : list recorded := [
  E 0 (Register 0); E 0 (Register 1); E 0 (Section 0 [NotFull] []); E 1 (Bind 0); E 2 (Bind 1);
  E 1 (Join (Leaving 1) false); E 1 JoinSleep;
  E 2 (Block 0 NotEmpty true); E 2 Open; E 2 (Asked 0 NotEmpty false);
  E 2 (Mark [1]); E 2 (Notified 0);
  E 1 (JoinResume false); E 1 (Join (Leaving 1) false); E 1 JoinSleep;
  E 2 (Resume 0 NotEmpty true); E 2 (Section 0 [NotFull] []);
  E 2 (Leave 1 true true); E 2 OpenNot;
  E 1 (JoinResume false); E 1 (Leave 0 false false) ].

(** Two receivers; while the second asks the queues, the first wakes for nothing and blocks again. So
    the epoch is over, and it is the first that finds the deadlock. *)
Definition stale : list recorded := [
  E 0 (Register 0); E 0 (Register 1); E 0 (Section 0 [NotFull] []); E 0 (Section 1 [NotFull] []);
  E 1 (Bind 0); E 2 (Bind 1);
  E 1 (Block 0 NotEmpty false); E 1 (Sleep 0 NotEmpty);
  E 2 (Block 1 NotEmpty true); E 2 Open; E 2 (Asked 0 NotEmpty false);
  E 1 (Resume 0 NotEmpty false); E 1 (Block 0 NotEmpty true);
  E 2 (Asked 1 NotEmpty false); E 2 Stale; E 2 (Sleep 1 NotEmpty);
  E 1 Open; E 1 (Asked 0 NotEmpty false); E 1 (Asked 1 NotEmpty false);
  E 1 (Mark [0; 1]); E 1 (Notified 0); E 1 (Notified 1);
  E 2 (Resume 1 NotEmpty true); E 2 (Section 1 [NotFull] []);
  E 1 (Resume 0 NotEmpty true); E 1 (Section 0 [NotFull] []);
  E 2 (Leave 1 false false); E 1 (Leave 0 false false) ].

(** A thread outside waits with its token until an item is there; the participant that sends it ends
    meanwhile, by a panic too. *)
Definition outsider_waits : list recorded := [
  E 0 (Register 0); E 0 (Section 0 [NotFull] []); E 0 Acquire; E 1 (Bind 0);
  E 2 (Sleep 0 NotEmpty); E 2 (Sleep 0 NotEmpty);
  E 1 (Section 0 [NotEmpty; NotFull] [(NotEmpty, false)]); E 1 (Leave 0 false false);
  E 2 (Section 0 [NotFull] []); E 2 (Release false) ].

Definition good : list (list recorded) := [two_receivers; token; joined; stale; outsider_waits].

Example good_are_accepted : refused good = [].
Proof. vm_compute. reflexivity. Qed.

(** What a record says so far is accepted as well. *)
Example beginnings_are_accepted :
  refused (flat_map (fun tr => map (fun n => firstn n tr) (seq 0 (length tr))) good) = [].
Proof. vm_compute. reflexivity. Qed.

(** ** Tampered *)

Definition without (n : nat) (tr : list recorded) := firstn n tr ++ skipn (S n) tr.
Definition instead (n : nat) (e : gevent) (tr : list recorded) :=
  firstn n tr ++ match skipn n tr with E t _ :: l => E t e :: l | [] => [] end.

(** The other answer. *)
Definition denied (e : gevent) : list gevent :=
  match e with
  | Leave p true d => [Leave p false d; Leave p true (negb d)]
  | Leave p false d => [Leave p false (negb d)]
  | Release d => [Release (negb d)]
  | Block q c d => [Block q c (negb d)]
  | Resume q c d => [Resume q c (negb d)]
  | Join t d => [Join t (negb d)]
  | JoinResume d => [JoinResume (negb d)]
  | Open => [OpenNot; Stale]
  | OpenNot => [Open]
  | Asked q c r => [Asked q c (negb r); Asked (7 + q) c r]
  | Stale => [Mark [0; 1]; Asked 0 NotEmpty true]
  | Mark l => [Mark (tl l); Mark (3 :: l); Mark []; Stale; Asked 0 NotEmpty true]
  | Notified q => [Notified (1 + q)]
  | _ => []
  end.

Definition all_denied (tr : list recorded) : list (list recorded) :=
  flat_map (fun n => match nth_error tr n with
    | Some x => map (fun e => instead n e tr) (denied (event_of x))
    | None => [] end) (seq 0 (length tr)).

Example many_are_denied : length (flat_map all_denied good) = 77.
Proof. vm_compute. reflexivity. Qed.

Example no_answer_is_free : filter replay (flat_map all_denied good) = [].
Proof. vm_compute. reflexivity. Qed.

(** Leaving out one event, any: what is not noticed is the last one of a thread, and one that changes
    nothing: the first contents of a queue where what is waited for is not there, the second question
    about one condition, or the sleep of a joiner that is asleep by its registration. *)
Definition unnoticed (tr : list recorded) : list (option recorded) :=
  map (nth_error tr) (filter (fun n => replay (without n tr)) (seq 0 (length tr))).

Example few_unnoticed : map unnoticed [two_receivers; token; joined] = map (map Some) [
  [E 0 (Section 0 [NotFull] []); E 2 (Asked 0 NotEmpty false); E 2 (Asked 0 NotEmpty false);
   E 1 (Leave 0 false false); E 2 (Leave 1 false false)];
  [E 0 (Section 0 [NotFull] []); E 1 (Asked 0 NotEmpty true); E 0 (Leave 0 false false)];
  [E 0 (Section 0 [NotFull] []); E 1 JoinSleep; E 1 (JoinResume false); E 1 JoinSleep; E 2 OpenNot;
   E 1 (Leave 0 false false)]].
Proof. vm_compute. reflexivity. Qed.

(** A sender that does not notify: the wakeup is lost, and C6 with it. *)
Example lost_wakeup : replay (instead 6 (Section 0 [NotEmpty; NotFull] []) token) = false.
Proof. vm_compute. reflexivity. Qed.

(** A thread outside that sends without a token. *)
Example without_a_token : replay (without 3 token) = false.
Proof. vm_compute. reflexivity. Qed.

(** A deadlock is reported although the epoch is over. *)
Example epoch_is_over : replay (instead 14 (Mark [0; 1]) stale) = false.
Proof. vm_compute. reflexivity. Qed.

(** A joiner is marked although a participant waits at a queue. *)
Example joiner_is_marked : replay (instead 10 (Mark [0; 1]) joined) = false.
Proof. vm_compute. reflexivity. Qed.

(** * What a file of recorded groups imports, and what it means that they are accepted.

    Such a file is written by a program, and all it has to say is
<<
    From SentinelQueue Require Import GroupReplay.
    Definition traces : list (list recorded) := [ [E 0 (Register 0); E 1 (Bind 0); ...]; ... ].
    Goal refused traces = []. Proof. vm_compute. reflexivity. Qed.
>>
    with the events spelled as in [GroupRecord.v]. *)

From Coq Require Export List.
From Coq Require Import Arith Lia Bool.
Export ListNotations.
From SentinelQueue Require Export Model Groups GroupRecord.
From SentinelQueue Require Import GroupInvariant GroupClaims GroupStep GroupExec.

(** The numbers of the records that have no explanation. *)
Definition refused (traces : list (list recorded)) : list nat :=
  filter (fun n => negb (replay (nth n traces []))) (seq 0 (length traces)).

(** ** What an event says of the states before and after it *)

Definition says (i : nat) (e : gevent) (s s' : gworld) : Prop :=
  let '(t, t') := (threads s i, threads s' i) in
  let answers d := d = true <-> all_blocked (threads s') in
  match e with
  | Register p => participates (threads s (participant p)) = false /\
                  participates (threads s' (participant p)) = true
  | Bind _ => True
  | Leave _ wakes d => participates t = true /\ participates t' = false /\ answers d /\
                       (wakes = false -> ~ any_join_ready (threads s'))
  | Acquire => tokens (threads s' keeper) = 1 + tokens (threads s keeper)
  | Release d => tokens t = 1 + tokens t' /\ answers d
  | Block q c d => missing is_ready (content s) (q, c) /\ blocked t' = true /\
                   wait_of t' = Some (AtQueue (q, c)) /\ answers d
  | Sleep q c => place_of t' = Asleep (AtQueue (q, c)) false \/ place_of t' = AsleepTimed (q, c) false
  | Resume q c d => place_of t' = Resumed (q, c) d /\ deadlocked t = d /\ deadlocked t' = false
  | Section q r _ => place_of t' = Running /\ forall x, is_ready (content s' q) x = is_ready r x
  | Join x d => ~ has_left (threads s) i (named x) /\ blocked t' = true /\
                wait_of t' = Some (named x) /\ answers d
  | JoinSleep => exists x, is_join x = true /\ place_of t' = Asleep x false
  | JoinResume d => deadlocked t = d /\ deadlocked t' = false /\
                    exists x, is_join x = true /\ wait_of t = Some x
  | Open => exists x todo, place_of t = Opening x /\ place_of t' = Asking x (epoch s) todo
  | OpenNot => exists x, place_of t = Opening x /\ place_of t' = resume x
  | Asked q c r => exists x e todo, place_of t = Asking x e ((q, c) :: todo) /\
                     is_ready (content s q) c = r /\
                     place_of t' = if r then resume x else Asking x e todo
  | Stale => exists x e todo, place_of t = Asking x e todo /\ e <> epoch s
  | Mark whom => whom <> [] /\ exists x todo,
                 place_of t = Asking x (epoch s) [] /\ place_of t' = Notifying x todo
  | Notified q => exists x todo, place_of t = Notifying x (q :: todo) /\
                                 place_of t' = Notifying x todo
  end.

(** And exactly those that it names are reported as deadlocked by it. *)
Definition marks (whom : list nat) (s s' : gworld) : Prop := forall j,
  (deadlocked (threads s j) = false /\ deadlocked (threads s' j) = true) <->
  exists p, j = participant p /\ In p whom.

(** Steps that no event shows: they leave the registry's flags as they are. *)
Inductive aside (size : nat) : gworld -> gworld -> Prop :=
| a_none s : aside size s s
| a_step k i s s' s'' : gact size k i s s' ->
    (forall j, blocked (threads s' j) = blocked (threads s j) /\
               deadlocked (threads s' j) = deadlocked (threads s j) /\
               participates (threads s' j) = participates (threads s j)) ->
    aside size s' s'' -> aside size s s''.

(** An execution of the model that shows a record: at most one step for each event. *)
Inductive execution (size first : nat) : names -> gworld -> list recorded -> names -> gworld -> Prop :=
| e_end b s : execution size first b s [] b s
| e_event b s s1 s2 s3 x tr b' s' :
    aside size s s1 ->
    s2 = s1 \/ (exists k, gact size k (who first b x) s1 s2) ->
    says (who first b x) (event_of x) s1 s2 -> marks (whom_of (event_of x)) s1 s2 ->
    aside size s2 s3 -> execution size first (renamed b x) s3 tr b' s' ->
    execution size first b s (x :: tr) b' s'.

(** ** What is decided is so *)

Lemma every2_spec p : forall l m k,
  every2 k p l m = true -> length m = length l /\
  forall j, j < length l -> p (k + j) (nth j l idle) (nth j m idle) = true.
Proof.
  induction l as [|t l IH]; intros [|u m] k; cbn; try discriminate.
  - split; auto. intros j L. lia.
  - rewrite andb_true_iff. intros [A B]. apply IH in B as [B1 B2]. split; [auto|].
    intros [|j] L; [now rewrite Nat.add_0_r|]. rewrite Nat.add_succ_r. apply B2. lia.
Qed.

Lemma at_beyond g j : size_of g <= j -> at_ g j = idle.
Proof. apply nth_overflow. Qed.

Lemma opt_target_eqb_spec x y : opt_target_eqb x y = true -> x = y.
Proof.
  destruct x, y; cbn; try discriminate; auto. intros A. apply target_eqb_spec in A. congruence.
Qed.

Lemma is_resumed_to_spec x t : is_resumed_to x t = true -> place_of t = resume x.
Proof.
  unfold is_resumed_to. destruct x as [x|], (place_of t); try discriminate; auto.
  intros A. apply target_eqb_spec in A. now subst.
Qed.

Lemma todo_eqb_spec : forall l m, todo_eqb l m = true -> l = m.
Proof.
  unfold todo_eqb. induction l as [|v l IH]; intros [|w m]; cbn; try discriminate; auto.
  rewrite !andb_true_iff. intros (A & B & D). apply condition_eqb_spec in B. subst.
  f_equal. apply IH. now rewrite A, D.
Qed.

Lemma is_waiting_for_spec x t : is_waiting_for x t = true -> blocked t = true /\ wait_of t = Some x.
Proof.
  unfold is_waiting_for. destruct (blocked t); [|discriminate]. cbn. intros A. split; auto.
  destruct (wait_of t) as [y|]; [|discriminate]. apply target_eqb_spec in A. congruence.
Qed.

(** Splits what a test says into facts. *)
Ltac facts := repeat match goal with
  | A : _ && _ = true |- _ => apply andb_true_iff in A; destruct A
  | A : negb _ = true |- _ => apply negb_true_iff in A
  | A : Bool.eqb _ _ = true |- _ => apply Bool.eqb_prop in A
  | A : (_ =? _) = true |- _ => apply Nat.eqb_eq in A
  | A : (_ <? _) = true |- _ => apply Nat.ltb_lt in A
  | A : condition_eqb _ _ = true |- _ => apply condition_eqb_spec in A
  | A : opt_target_eqb _ _ = true |- _ => apply opt_target_eqb_spec in A
  | A : is_resumed_to _ _ = true |- _ => apply is_resumed_to_spec in A
  | A : todo_eqb _ _ = true |- _ => apply todo_eqb_spec in A
  | A : is_waiting_for _ _ = true |- _ => apply is_waiting_for_spec in A; destruct A
  end.

Lemma agrees_says i e s s' g g' : same s g -> same s' g' -> agrees i e g g' = true -> says i e s s'.
Proof.
  destruct s as [c f n], s' as [c' f' n']. intros S1 S2 A.
  pose proof (same_at _ _ _ _ S1) as T. pose proof (same_at _ _ _ _ S2) as T'.
  pose proof (same_now _ _ _ _ S1) as NOW.
  assert (ANS : forall d, d = blocked_in g' -> d = true <-> all_blocked f').
  { intros d ->. apply (blocked_spec _ _ _ _ S2). }
  unfold agrees, says in *. cbv beta zeta in *. cbn [threads epoch content].
  destruct e as [p|p|p w d| |d|q cd d|q cd|q cd d|q r l|x d| |d| | |q cd r| |whom|q];
    rewrite ?T, ?T'; facts; auto.
  - split; [auto|split; [auto|split; [auto|]]]. intros ->. cbn in *. facts.
    eapply join_not; eauto.
  - split; [now apply (lacks_spec _ _ _ _ S1)|auto].
  - destruct (place_of (at_ g' i)) as [| | | | | |[v| |] []|v []|]; try discriminate;
      facts; subst; auto.
  - destruct (place_of (at_ g' i)) as [| | | | | | | |v k]; try discriminate. facts. subst. auto.
  - unfold is_running in *. destruct (place_of (at_ g' i)); try discriminate. split; auto.
    rewrite forallb_forall in *. intros x. rewrite (same_content _ _ _ _ S2).
    apply Bool.eqb_prop. apply H0. destruct x; cbn; auto.
  - split; [eapply left_not; eauto|auto].
  - unfold is_asleep_join in A. destruct (place_of (at_ g' i)) as [| | | | | |x []| |]; try discriminate.
    eauto.
  - split; [auto|split; [auto|]]. destruct (wait_of (at_ g i)) as [x|]; [eauto|discriminate].
  - destruct (place_of (at_ g i)) as [| |x| | | | | |]; try discriminate.
    destruct (place_of (at_ g' i)) as [| | |y m todo| | | | |]; try discriminate. facts. subst.
    eauto.
  - destruct (place_of (at_ g i)) as [| |x| | | | | |]; try discriminate. facts. eauto.
  - destruct (place_of (at_ g i)) as [| | |x m [|w todo]| | | | |]; try discriminate. facts. subst w.
    exists x, m, todo. rewrite (same_content _ _ _ _ S1). repeat split; auto.
    destruct r; facts; auto.
    destruct (place_of (at_ g' i)) as [| | |y m' todo'| | | | |]; try discriminate. facts.
    now subst.
  - destruct (place_of (at_ g i)) as [| | |x m todo| | | | |]; try discriminate. facts.
    exists x, m, todo. split; auto. rewrite NOW. now apply Nat.eqb_neq.
  - split; [intros ->; discriminate|].
    destruct (place_of (at_ g i)) as [| | |x m [|]| | | | |]; try discriminate.
    destruct (place_of (at_ g' i)) as [| | | |y todo| | | |]; try discriminate. facts. subst.
    eauto.
  - destruct (place_of (at_ g i)) as [| | | |x [|p todo]| | | |]; try discriminate.
    destruct (place_of (at_ g' i)) as [| | | |y todo'| | | |]; try discriminate. facts.
    destruct (list_eq_dec Nat.eq_dec todo' todo) as [->|]; [|discriminate]. subst. eauto.
Qed.

Lemma is_named_spec whom j : is_named whom j = true <-> exists p, j = participant p /\ In p whom.
Proof.
  unfold is_named. rewrite existsb_exists. split; intros (p & A & B); exists p.
  - apply Nat.eqb_eq in B. auto.
  - subst. split; auto. apply Nat.eqb_refl.
Qed.

Lemma marks_those_spec whom s s' g g' : same s g -> same s' g' -> marks_those whom g g' = true ->
  marks whom s s'.
Proof.
  intros (_ & T & _) (_ & T' & _) A j. unfold marks_those in A. facts.
  rewrite T, T', <- is_named_spec. apply every2_spec in H0 as [L X].
  destruct (Nat.lt_ge_cases j (size_of g)) as [J|J].
  - specialize (X j J). cbn [Nat.add] in X. fold (at_ g j) (at_ g' j) in X. facts.
    rewrite <- X. destruct (deadlocked (at_ g j)), (deadlocked (at_ g' j)); cbn; intuition congruence.
  - rewrite (at_beyond g j J), at_beyond by (unfold size_of in *; lia). cbn.
    split; [intros []; discriminate|]. intros N. apply is_named_spec in N as (p & -> & I).
    rewrite forallb_forall in H. apply H in I. facts. lia.
Qed.

Lemma same_flags_spec s s' g g' : same s g -> same s' g' -> same_flags g g' = true ->
  forall j, blocked (threads s' j) = blocked (threads s j) /\
            deadlocked (threads s' j) = deadlocked (threads s j) /\
            participates (threads s' j) = participates (threads s j).
Proof.
  intros (_ & T & _) (_ & T' & _) A j. unfold same_flags in A.
  rewrite T, T'. apply every2_spec in A as [L X].
  destruct (Nat.lt_ge_cases j (size_of g)) as [J|J].
  - specialize (X j J). cbn [Nat.add] in X. fold (at_ g j) (at_ g' j) in X. facts. auto.
  - rewrite (at_beyond g j J), at_beyond by (unfold size_of in *; lia). auto.
Qed.

(** ** What a successful replay means *)

Lemma step_aside_sound : forall l s g g', same s g -> step_aside l g = Some g' ->
  size_of g' = size_of g /\ exists s', aside (size_of g) s s' /\ same s' g'.
Proof.
  induction l as [|m l IH]; intros s g g' SA; cbn.
  - intros [= <-]. split; auto. exists s. split; [constructor|auto].
  - destruct (gstep g m) as [g1|] eqn:M; [|discriminate].
    destruct (same_flags g g1) eqn:F; [|discriminate]. intros R.
    destruct (gstep_sound _ _ _ _ SA M) as (Z & k & s1 & ST & S1).
    destruct (IH _ _ _ S1 R) as (Z' & s' & A & S'). rewrite Z in *. split; [auto|].
    exists s'. split; auto. econstructor; eauto. eapply same_flags_spec; eauto.
Qed.

Lemma aside_trans size s s' s'' : aside size s s' -> aside size s' s'' -> aside size s s''.
Proof. induction 1; intros; auto. econstructor; eauto. Qed.

Lemma run_event_sound first b g x later g' s : same s g -> run_event first b g x later = Some g' ->
  size_of g' = size_of g /\ exists s1 s2 s3, aside (size_of g) s s1 /\
    (s2 = s1 \/ exists k, gact (size_of g) k (who first b x) s1 s2) /\
    says (who first b x) (event_of x) s1 s2 /\ marks (whom_of (event_of x)) s1 s2 /\
    aside (size_of g) s2 s3 /\ same s3 g'.
Proof.
  intros SA. unfold run_event. set (i := who first b x).
  destruct (step_aside (before i g) g) as [g0|] eqn:B; [|discriminate].
  destruct (step_aside_sound _ _ _ _ SA B) as (Z0 & s0 & A0 & S0).
  destruct (plan_of first b g0 x later) as [l m].
  destruct (step_aside l g0) as [g1|] eqn:L; [|discriminate].
  destruct (step_aside_sound _ _ _ _ S0 L) as (Z1 & s1 & A1 & S1). rewrite Z0 in *.
  destruct (match m with Some m => _ | None => _ end) as [g2|] eqn:M; [|discriminate].
  destruct (agrees _ _ g1 g2 && _) eqn:AG; [|discriminate]. facts. intros R.
  assert (X : size_of g2 = size_of g /\ exists s2, same s2 g2 /\
              (s2 = s1 \/ exists k, gact (size_of g) k i s1 s2)).
  { destruct m as [m|].
    - destruct (Nat.eqb_spec (actor m) i) as [<-|]; [|discriminate].
      destruct (gstep_sound _ _ _ _ S1 M) as (Z & k & s2 & ST & S2).
      rewrite Z1 in *. split; auto. exists s2. eauto.
    - injection M as <-. split; auto. exists s1. auto. }
  destruct X as (Z2 & s2 & S2 & ST).
  destruct (step_aside_sound _ _ _ _ S2 R) as (Z3 & s3 & A3 & S3). rewrite Z2 in *.
  split; auto. exists s1, s2, s3. split; [eapply aside_trans; eauto|]. split; [exact ST|].
  split; [eapply agrees_says; eauto|]. split; [eapply marks_those_spec; eauto|auto].
Qed.

Lemma run_sound first : forall tr b g g' s, same s g -> run first b g tr = Some g' ->
  exists b' s', execution (size_of g) first b s tr b' s' /\ same s' g'.
Proof.
  induction tr as [|x tr IH]; intros b g g' s SA; cbn [run].
  - intros [= <-]. exists b, s. split; [constructor|auto].
  - destruct (run_event first b g x tr) as [g1|] eqn:R; [|discriminate]. intros RR.
    destruct (run_event_sound _ _ _ _ _ _ _ SA R) as (Z & s1 & s2 & s3 & A1 & ST & SY & MK & A3 & S3).
    destruct (IH _ _ _ _ S3 RR) as (b' & s' & EX & S'). rewrite Z in EX.
    exists b', s'. split; auto. econstructor; eauto.
Qed.

(** The state at the beginning: the registered take part, and the tokens are held; all run. *)
Definition starts (tr : list recorded) (s : gworld) : Prop :=
  (forall j, participates (threads s j) = true <->
     exists t p, j = participant p /\ In (E t (Register p)) (setup tr)) /\
  forall j, tokens (threads s j) = if j =? keeper then tokens_in (setup tr) else 0.

Lemma in_setup x : forall tr, In x (setup tr) -> In x tr.
Proof.
  induction tr as [|y tr IH]; cbn; auto. destruct (is_setup y); cbn; [|tauto]. intros []; auto.
Qed.

Lemma setup_rest : forall tr, setup tr ++ rest tr = tr.
Proof. induction tr as [|x tr IH]; cbn; auto. destruct (is_setup x); cbn; now rewrite ?IH. Qed.

Definition world_of (g : gstate) : gworld := State (holds_of (contents g)) (at_ g) (now g).

Lemma same_world g : same (world_of g) g.
Proof. repeat split. Qed.

Lemma size_start tr : size_of (start tr) = size_in tr.
Proof. unfold size_of, start. cbn. now rewrite map_length, seq_length. Qed.

Lemma at_start tr j : at_ (start tr) j = if j <? size_in tr
  then Groups.Thread Running false false (existsb (registers j) (setup tr))
         (if j =? keeper then tokens_in (setup tr) else 0) else idle.
Proof.
  destruct (Nat.ltb_spec j (size_in tr)) as [L|L].
  - unfold at_, start. cbn [actors]. set (h := fun j => _).
    rewrite (nth_indep _ _ (h 0)) by now rewrite map_length, seq_length.
    rewrite map_nth, seq_nth; auto.
  - apply at_beyond. now rewrite size_start.
Qed.

Lemma list_max_in l n : In n l -> n <= list_max l.
Proof.
  intros I. pose proof (proj1 (list_max_le l (list_max l)) (le_n _)) as F.
  rewrite Forall_forall in F. auto.
Qed.

Lemma begins_start tr : begins (size_in tr) (world_of (start tr)) /\ starts tr (world_of (start tr)).
Proof.
  split; [|split].
  - intros j. cbn [threads world_of]. rewrite at_start.
    destruct (Nat.ltb_spec j (size_in tr)) as [L|L];
      (split; [auto|split; [auto|split; [auto|]]]); [intros; lia|auto].
  - intros j. cbn [threads world_of]. rewrite at_start.
    assert (X : existsb (registers j) (setup tr) = true <->
                exists t p, j = participant p /\ In (E t (Register p)) (setup tr)).
    { rewrite existsb_exists. split.
      - intros ([t e] & I & R). unfold registers in R. cbn [event_of] in R.
        destruct e as [p| | | | | | | | | | | | | | | | |]; try discriminate.
        apply Nat.eqb_eq in R. subst. eauto.
      - intros (t & p & -> & I). exists (E t (Register p)). split; auto. apply Nat.eqb_refl. }
    destruct (Nat.ltb_spec j (size_in tr)) as [L|L]; [exact X|]. cbn. split; [discriminate|].
    intros (t & p & -> & I). exfalso. apply in_setup in I. unfold size_in, first_of, participant in L.
    assert (P : p <= list_max (map (fun x => match event_of x with Register p => p | _ => 0 end) tr)).
    { apply list_max_in. apply in_map_iff. exists (E t (Register p)). auto. }
    lia.
  - intros j. cbn [threads world_of]. rewrite at_start.
    destruct (Nat.ltb_spec j (size_in tr)) as [L|L]; [reflexivity|].
    destruct (Nat.eqb_spec j keeper) as [->|]; auto. unfold size_in, keeper in L. lia.
Qed.

(** A record that is accepted is shown by an execution of the model. *)
Theorem group_replay_sound tr g : explain tr = Some g -> exists s0 b s,
  begins (size_in tr) s0 /\ starts tr s0 /\
  execution (size_in tr) (first_of tr) (fold_left renamed (setup tr) []) s0 (rest tr) b s /\ same s g.
Proof.
  intros X. unfold explain in X.
  destruct (run_sound _ _ _ _ _ _ (same_world _) X) as (b & s & EX & SA). rewrite size_start in EX.
  destruct (begins_start tr) as [B ST]. exists (world_of (start tr)), b, s. auto.
Qed.

(** ** C8 of what is recorded *)

Notation greachable := (reachable is_ready Nat.eq_dec).

Lemma aside_reachable size s0 s s' : greachable size s0 s -> aside size s s' -> greachable size s0 s'.
Proof. intros R A. induction A; auto. apply IHA. econstructor; eauto. Qed.

Lemma aside_marks size s s' j : aside size s s' -> deadlocked (threads s' j) = deadlocked (threads s j).
Proof. induction 1 as [|k i s s1 s' ST F A IH]; auto. rewrite IH. apply F. Qed.

Lemma execution_reachable size first s0 b s tr b' s' : execution size first b s tr b' s' ->
  greachable size s0 s -> greachable size s0 s'.
Proof.
  induction 1 as [|b s s1 s2 s3 x tr b' s' A1 ST SY MK A3 EX IH]; auto. intros R. apply IH.
  eapply aside_reachable; [|exact A3].
  assert (R1 : greachable size s0 s1) by (eapply aside_reachable; eauto).
  destruct ST as [->|[k ST]]; auto. econstructor; eauto.
Qed.

Lemma execution_app size first : forall tr1 tr2 b s b' s',
  execution size first b s (tr1 ++ tr2) b' s' -> exists s1,
  execution size first b s tr1 (fold_left renamed tr1 b) s1 /\
  execution size first (fold_left renamed tr1 b) s1 tr2 b' s'.
Proof.
  induction tr1 as [|x tr1 IH]; intros tr2 b s b' s' EX; cbn in *.
  - exists s. split; [constructor|auto].
  - inversion EX as [|? ? s1 s2 s3 ? ? ? ? A1 ST SY MK A3 EX']; subst.
    destruct (IH _ _ _ _ _ EX') as (s4 & E1 & E2). exists s4. split; auto. econstructor; eauto.
Qed.

(** Thread [j] does not come back from a registered wait in that part of a record. *)
Definition resumes (e : gevent) : bool :=
  match e with Resume _ _ _ | JoinResume _ => true | _ => false end.
Fixpoint no_return (first : nat) (b : names) (j : nat) (tr : list recorded) : Prop :=
  match tr with
  | [] => True
  | x :: tr => (resumes (event_of x) = true -> who first b x <> j) /\
               no_return first (renamed b x) j tr
  end.

(** A thread that is marked in the end was so before, or an event says so; and it has not come back
    since then. *)
Lemma marked_by size first j b s tr b' s' : execution size first b s tr b' s' ->
  deadlocked (threads s' j) = true ->
  deadlocked (threads s j) = true /\ no_return first b j tr \/
  exists tr0 u whom p tr1, tr = tr0 ++ E u (Mark whom) :: tr1 /\ In p whom /\ j = participant p /\
    no_return first (fold_left renamed tr0 b) j tr1.
Proof.
  induction 1 as [|b s s1 s2 s3 x tr b' s' A1 ST SY MK A3 EX IH]; intros D; [left; cbn; auto|].
  destruct (IH D) as [[D3 NR]|(tr0 & u & whom & p & tr1 & -> & I & -> & NR)];
    [|right; exists (x :: tr0), u, whom, p, tr1; auto].
  rewrite (aside_marks _ _ _ j A3) in D3. rewrite <- (aside_marks _ _ _ j A1).
  destruct (deadlocked (threads s1 j)) eqn:D1.
  - left. split; auto. cbn. split; auto. intros R W. subst j. destruct x as [u e].
    destruct e; try discriminate; cbn in SY, D3; destruct SY as (_ & SY); intuition congruence.
  - right. destruct (proj1 (MK j) (conj D1 D3)) as (p & -> & I). destruct x as [u e]. cbn in I.
    destruct e; cbn in I; try contradiction. exists [], u, whom, p, tr. auto.
Qed.

(** What comes before an event that does not belong to the setup. *)
Lemma rest_app x tr2 : is_setup x = false -> forall tr1, exists tr,
  rest (tr1 ++ x :: tr2) = tr ++ x :: tr2 /\ setup (tr1 ++ x :: tr2) ++ tr = tr1.
Proof.
  intros N. induction tr1 as [|y tr1 IH]; cbn.
  - rewrite N. exists []. auto.
  - destruct (is_setup y).
    + destruct IH as (tr & A & B). exists tr. split; auto. cbn. now rewrite B.
    + exists (y :: tr1). auto.
Qed.

(** An execution from [s0] on that shows the record [tr] to its end: what precedes the event [x] leads to
    [s1], from there steps aside lead to [s]; [x] is at most one step, from [s] to [s'], and from there,
    after steps aside, the execution shows what follows. *)
Definition shown_at (tr tr1 : list recorded) (x : recorded) (tr2 : list recorded)
                    (s0 s s' : gworld) : Prop :=
  let '(size, first) := (size_in tr, first_of tr) in
  let b := fold_left renamed tr1 [] in
  begins size s0 /\ starts tr s0 /\
  exists tr1' s1 s2 b' s3,
    setup tr ++ tr1' = tr1 /\
    execution size first (fold_left renamed (setup tr) []) s0 tr1' b s1 /\
    aside size s1 s /\
    (s' = s \/ exists k, gact size k (who first b x) s s') /\
    says (who first b x) (event_of x) s s' /\ marks (whom_of (event_of x)) s s' /\
    aside size s' s2 /\
    execution size first (renamed b x) s2 tr2 b' s3.

(** An event that does not belong to the setup has its states in an execution that shows the record. *)
Lemma event_shown tr tr1 x tr2 : replay tr = true -> tr = tr1 ++ x :: tr2 -> is_setup x = false ->
  exists s0 s s', shown_at tr tr1 x tr2 s0 s s'.
Proof.
  intros R EQ N. unfold replay in R.
  destruct (explain tr) as [g|] eqn:X; [|discriminate].
  destruct (group_replay_sound _ _ X) as (s0 & b & s & B & ST0 & EX & _).
  destruct (rest_app x tr2 N tr1) as (tr1' & A & AP). rewrite <- EQ in A, AP. rewrite A in EX.
  clear A EQ.
  apply execution_app in EX as (s1 & E1 & E2).
  rewrite <- fold_left_app, AP in E1, E2.
  inversion E2 as [|? ? s2 s3 s4 ? ? ? ? A1 ST SY MK A3 EX']; subst.
  exists s0, s2, s3. split; [auto|split; [auto|]]. exists tr1', s1, s4, b, s.
  do 7 (split; auto).
Qed.

Lemma shown_reachable tr tr1 x tr2 s0 s s' : shown_at tr tr1 x tr2 s0 s s' ->
  greachable (size_in tr) s0 s.
Proof.
  intros (_ & _ & tr1' & s1 & s2 & b' & s3 & _ & EX & A1 & _).
  eapply aside_reachable; [|exact A1]. eapply execution_reachable; [exact EX|constructor].
Qed.

Lemma marked_participates (t : gthread) : wf t -> deadlocked t = true -> participates t = true.
Proof.
  unfold wf. intros W D.
  destruct (place_of t) as [| |[]|[] e l|[] l| | | |]; intuition congruence.
Qed.

Lemma mark_participates joiners (t : gthread) :
  participates (wake_joiner (mark joiners t)) = participates t.
Proof.
  destruct (alike_same _ _ (alike_wake_joiner (mark joiners t))) as (_ & _ & -> & _).
  unfold mark. destruct (wait_of t); auto. now destruct (_ && _).
Qed.

(** No false alarm: an execution shows the record to its end, and the state from which its step for
    that report is taken is a deadlock; those that the report names are the participants that wait at a
    queue then, or all of them, if none does. *)
Theorem C8_no_false_alarm_in_record tr tr1 t whom tr2 : replay tr = true ->
  tr = tr1 ++ E t (Mark whom) :: tr2 -> exists s0 s s',
  shown_at tr tr1 (E t (Mark whom)) tr2 s0 s s' /\
  (exists k, gact (size_in tr) k (name_of (first_of tr) (fold_left renamed tr1 []) t) s s') /\
  deadlock is_ready s /\
  forall p, In p whom <-> participates (threads s (participant p)) = true /\
    exists x, wait_of (threads s (participant p)) = Some x /\
    (is_join x = false \/ forall l w, participates (threads s l) = true ->
                                      wait_of (threads s l) <> Some (AtQueue w)).
Proof.
  intros R EQ.
  destruct (event_shown _ _ _ _ R EQ eq_refl) as (s0 & s1 & s2 & SH). exists s0, s1, s2.
  split; [exact SH|]. pose proof (shown_reachable _ _ _ _ _ _ _ SH) as R1.
  destruct SH as (B & _ & tr1' & s & s3 & b' & s4 & _ & _ & _ & ST & SY & MK & _).
  cbn in SY. destruct SY as [NE _]. destruct whom as [|p0 whom]; [congruence|]. clear NE.
  set (l := p0 :: whom) in *. cbn [whom_of event_of] in MK.
  assert (I0 : In p0 l) by now left.
  destruct (proj2 (MK (participant p0)) (ex_intro _ p0 (conj eq_refl I0))) as [D0 D0'].
  destruct ST as [->|[k ST]]; [congruence|]. split; [eauto|].
  destruct (C8_no_false_alarm _ _ _ _ _ _ _ _ B R1 ST (ex_intro _ _ (conj D0 D0'))) as [DL ALL].
  split; auto. intros p. split.
  - intros I. destruct (proj2 (MK (participant p)) (ex_intro _ p (conj eq_refl I))) as [D D'].
    assert (P : participates (threads s1 (participant p)) = true).
    { assert (R2 : greachable (size_in tr) s0 s2) by (econstructor; eauto).
      pose proof (reachable_inv _ _ _ _ _ B R2) as [F _ _].
      pose proof (marked_participates _ (F _) D') as P.
      destruct (step_marks _ _ _ _ _ _ _ _ ST D D') as (x & joiners & todo & _ & _ & T).
      rewrite T, mark_participates in P. revert P.
      match goal with |- context [set _ ?i] => at_set (participant p) i end; auto. }
    split; auto. apply ALL; auto.
  - intros (P & X). destruct DL as (_ & _ & BL). destruct (BL _ P) as (_ & _ & D & _).
    apply (ALL _ P) in X. destruct (proj1 (MK (participant p)) (conj D X)) as (p' & Q & I).
    injection Q as <-. auto.
Qed.

(** A wait that ends as in a deadlock is that of a participant that an earlier report marked, and
    that has not come back between that and this. *)
Theorem C8_deadlocked_is_marked_in_record tr tr1 t e tr2 : replay tr = true ->
  tr = tr1 ++ E t e :: tr2 -> e = JoinResume true \/ (exists q c, e = Resume q c true) ->
  exists tr0 u whom p between, tr1 = tr0 ++ E u (Mark whom) :: between /\ In p whom /\
    name_of (first_of tr) (fold_left renamed tr1 []) t = participant p /\
    no_return (first_of tr) (fold_left renamed tr0 []) (participant p) between.
Proof.
  intros R EQ K. assert (N : is_setup (E t e) = false) by (destruct K as [->|(q & c & ->)]; auto).
  destruct (event_shown _ _ _ _ R EQ N) as (s0 & s1 & s2 & B & _ & tr1' & s & s3 & b' & s4 & AP & H).
  destruct H as (EX & A1 & _ & SY & _).
  set (b := fold_left renamed tr1 []) in *.
  assert (W : who (first_of tr) b (E t e) = name_of (first_of tr) b t)
    by (destruct K as [->|(q & c & ->)]; auto).
  rewrite W in SY. set (i := name_of (first_of tr) b t) in *.
  assert (D : deadlocked (threads s1 i) = true).
  { destruct K as [->|(q & c & ->)]; cbn in SY; tauto. }
  rewrite (aside_marks _ _ _ i A1) in D.
  destruct (marked_by _ _ _ _ _ _ _ _ EX D) as [[D0 _]|(tr0 & u & whom & p & l & -> & I & P & NR)].
  - destruct (B i) as (_ & _ & D1 & _). congruence.
  - exists (setup tr ++ tr0), u, whom, p, l. rewrite <- AP, <- app_assoc, fold_left_app, <- P. auto.
Qed.

Definition is_checking (t : gthread) : bool :=
  match place_of t with Opening _ | Asking _ _ _ => true | _ => false end.

(** No miss: where no check is under way, there is no deadlock; and where a marked participant
    sleeps, one is on its way to wake it. *)
Theorem C8_no_miss_in_record tr g : explain tr = Some g -> some g (fun _ => is_checking) = false ->
  exists s0 s, begins (size_in tr) s0 /\ greachable (size_in tr) s0 s /\ same s g /\
  ~ deadlock is_ready s /\ waking (threads s).
Proof.
  intros X NC. destruct (group_replay_sound _ _ X) as (s0 & b & s & B & _ & EX & SA).
  assert (R : greachable (size_in tr) s0 s) by (eapply execution_reachable; [exact EX|constructor]).
  exists s0, s. split; [auto|split; [auto|split; [auto|split]]].
  - intros DL. apply (C8_no_miss _ _ _ _ _ B R) in DL. destruct DL as (i & x & P).
    assert (Y : some g (fun _ => is_checking) = true); [|congruence].
    apply some_spec; auto. exists i. destruct SA as (_ & T & _). rewrite <- T. unfold is_checking.
    destruct P as [->|[todo ->]]; auto.
  - eapply C8_every_marked_wakes; eauto.
Qed.

Theorem none_refused traces : refused traces = [] ->
  forall tr, In tr traces -> replay tr = true.
Proof.
  unfold refused. intros H tr I. apply In_nth_error in I as [n N].
  destruct (replay tr) eqn:F; auto. exfalso.
  assert (K : In n (filter (fun n => negb (replay (nth n traces []))) (seq 0 (length traces)))).
  - apply filter_In. rewrite (nth_error_nth _ _ _ N), F. split; auto.
    apply in_seq. split; [apply Nat.le_0_l|]. simpl. apply nth_error_Some. congruence.
  - rewrite H in K. contradiction.
Qed.

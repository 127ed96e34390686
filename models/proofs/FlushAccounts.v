(** * Flushes: the accounts, and who is notified.

    Lemmas about the definitions of [Flush.v] that do not concern the queue below: each event keeps the
    accounts in order, and each section of a flush notifies whom it has to. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Flush.

Implicit Types (b : accounts).

(** ** The accounts *)

Definition entries b : list entry := queued b ++ tasks b.

Lemma pull_perm : forall l w e l', pull w l = Some (e, l') -> Permutation l (e :: l').
Proof.
  induction l as [|y l IH]; intros w e l' H; [discriminate|]. cbn [pull] in H.
  destruct w as [|w]; [injection H as <- <-; auto|].
  destruct (pull w l) as [[z m]|] eqn:E; injection H as <- <-; auto.
  apply IH in E. rewrite E. apply perm_swap.
Qed.

Lemma pull_some w : forall l, l <> [] -> exists e l', pull w l = Some (e, l').
Proof.
  intros [|y l] N; [contradiction|]. cbn [pull].
  destruct w; eauto. destruct (pull _ l) as [[]|]; eauto.
Qed.

Lemma number_fresh g n k : map number (map (fun x => Entry x g) (seq n k)) = seq n k.
Proof. rewrite map_map. apply map_id. Qed.

(** What an event leaves alone, and where the entries come from. *)
Lemma enter_facts w b e : generation (enter w b e) = generation b /\ over (enter w b e) = over b /\
  sent b <= sent (enter w b e) /\ incl (gone b) (gone (enter w b e)) /\
  forall y, In y (entries (enter w b e)) -> In y (entries b) \/
    (sent b <= number y /\ period y = generation b).
Proof.
  destruct b as [q t d n g o]. unfold entries.
  assert (SK : forall k (y : entry), In y (skipn k q ++ t) -> In y (q ++ t)).
  { intros k y H. rewrite <- (firstn_skipn k q), <- app_assoc. apply in_or_app. auto. }
  assert (LV : forall k (y : entry), In y (skipn k q ++ t ++ firstn k q) -> In y (q ++ t)).
  { intros k y H. rewrite <- (firstn_skipn k q) at 1. rewrite !in_app_iff in *. tauto. }
  assert (PU : forall y t', pull w t = Some (y, t') ->
            forall z, In z t <-> In z (y :: t')).
  { intros y t' P z. apply pull_perm in P. split; apply Permutation_in; auto.
    now apply Permutation_sym. }
  destruct e as [cp|k| | | |k []| | | |k m|k| | | | | | | | | | | | | | | ];
    cbn [enter queued tasks gone sent generation over];
    repeat split; auto using incl_refl, incl_appl; try lia;
    try (intros y H; left; eapply SK; exact H);
    try (intros y H; left; eapply LV; exact H);
    try (destruct (pull w t) as [[y t']|] eqn:P;
         cbn [queued tasks gone sent generation over]; auto using incl_refl, incl_appl; fail).
  - intros y H. rewrite !in_app_iff in *. destruct H as [[H|H]|H]; auto.
    apply in_map_iff in H as (m & <- & H). apply in_seq in H. right. cbn. lia.
  - destruct (pull w t) as [[y t']|] eqn:P; cbn [queued tasks]; auto.
    intros z H. left. rewrite in_app_iff in *. rewrite (PU _ _ eq_refl z). cbn. tauto.
  - destruct (pull w t) as [[y t']|] eqn:P; cbn [queued tasks]; auto.
    intros z H. left. rewrite !in_app_iff in *. rewrite (PU _ _ eq_refl z). cbn in *. tauto.
Qed.

Definition numbered b : Prop :=
  Permutation (seq 0 (sent b)) (map number (entries b) ++ gone b).

Lemma enter_numbered w b e : numbered b -> numbered (enter w b e).
Proof.
  destruct b as [q t d n g o]. unfold numbered, entries. cbn [queued tasks gone sent]. intros N.
  assert (LV : forall k, Permutation (seq 0 n)
            (map number (skipn k q ++ t) ++ d ++ map number (firstn k q))).
  { intros k. rewrite N, <- (firstn_skipn k q) at 1. rewrite !map_app, <- !app_assoc.
    rewrite (Permutation_app_comm (map number (firstn k q))), <- !app_assoc. auto. }
  assert (PL : forall y t', pull w t = Some (y, t') -> Permutation (map number t) (number y :: map number t')).
  { intros y t' P. apply pull_perm in P. rewrite P. auto. }
  destruct e as [cp|k| | | |k []| | | |k m|k| | | | | | | | | | | | | | | ];
    cbn [enter queued tasks gone sent]; auto.
  - rewrite seq_app, N, !map_app, number_fresh, <- !app_assoc. cbn [Nat.add].
    apply Permutation_app_head. rewrite app_assoc. apply Permutation_app_comm.
  - rewrite N. apply Permutation_app_tail, Permutation_map.
    rewrite <- (firstn_skipn k q) at 1. rewrite <- app_assoc, Permutation_app_comm, <- app_assoc. auto.
  - destruct (pull w t) as [[y t']|] eqn:P; cbn [queued tasks gone sent]; auto.
    rewrite N, !map_app, (PL _ _ eq_refl), <- !app_assoc. apply Permutation_app_head.
    cbn [app map]. rewrite app_assoc. apply Permutation_cons_append.
  - destruct (pull w t) as [[y t']|] eqn:P; cbn [queued tasks gone sent]; auto.
    rewrite N, !map_app, (PL _ _ eq_refl), <- !app_assoc. cbn [app map]. auto.
Qed.

Record BInv b : Prop := {
  numbers : numbered b;
  periods : forall e, In e (entries b) -> over b <= period e <= generation b;
  not_later : over b <= generation b;
  old_if_active : active b = true -> old b <> []
}.

Lemma end_if_done_facts b : generation (end_if_done b) = generation b /\
  entries (end_if_done b) = entries b /\ sent (end_if_done b) = sent b /\
  gone (end_if_done b) = gone b /\ queued (end_if_done b) = queued b /\
  tasks (end_if_done b) = tasks b /\ old (end_if_done b) = old b /\
  (over (end_if_done b) = over b \/ (over (end_if_done b) = generation b /\ old b = [])) /\
  (active (end_if_done b) = true -> old b <> []).
Proof.
  unfold end_if_done. destruct (old b) eqn:O.
  - repeat split; auto. unfold active. cbn [over generation]. rewrite Nat.ltb_irrefl. discriminate.
  - repeat split; auto; try (now left). congruence.
Qed.

Lemma end_if_done_BInv b : numbered b -> (forall e, In e (entries b) -> over b <= period e <= generation b) ->
  over b <= generation b -> BInv (end_if_done b).
Proof.
  intros N P L. destruct (end_if_done_facts b) as (G & E & S1 & D & _ & _ & O & V & AC).
  split.
  - unfold numbered in *. now rewrite S1, E, D.
  - intros e I. rewrite E in I. rewrite G. specialize (P e I). destruct V as [->|[-> Z]]; [exact P|].
    assert (K : is_old b e = false).
    { destruct (is_old b e) eqn:K; auto. exfalso.
      assert (F : In e (old b)) by (apply filter_In; auto). rewrite Z in F. destruct F. }
    apply Nat.ltb_ge in K. lia.
  - rewrite G. destruct V as [->|[-> _]]; lia.
  - rewrite O. exact AC.
Qed.

Lemma enter_all_facts w l b : BInv b -> BInv (enter_all w l b) /\
  generation (enter_all w l b) = generation b /\
  (over (enter_all w l b) = over b \/ over (enter_all w l b) = generation b) /\
  sent b <= sent (enter_all w l b) /\ incl (gone b) (gone (enter_all w l b)) /\
  forall y, In y (entries (enter_all w l b)) -> In y (entries b) \/
    (sent b <= number y /\ period y = generation b).
Proof.
  intros [N P L _]. unfold enter_all.
  assert (F : let b' := fold_left (fun b e => enter w b (snd e)) l b in
    numbered b' /\ generation b' = generation b /\ over b' = over b /\ sent b <= sent b' /\
    incl (gone b) (gone b') /\ forall y, In y (entries b') -> In y (entries b) \/
      (sent b <= number y /\ period y = generation b)).
  { clear P L. revert b N. induction l as [|e l IH]; intros b N; cbn [fold_left].
    - repeat split; auto using incl_refl.
    - destruct (enter_facts w b (snd e)) as (G & O & S1 & D & E).
      specialize (IH (enter w b (snd e)) (enter_numbered _ _ _ N)) as (N' & G' & O' & S' & D' & E').
      cbn zeta. repeat split; auto; try congruence; try lia.
      + eapply incl_tran; eauto.
      + intros y I. destruct (E' y I) as [K|[K1 K2]]; [auto|]. right. split; [lia|congruence]. }
  cbv zeta in F. destruct F as (N' & G & O & S1 & D & E).
  set (b' := fold_left _ l b) in *.
  destruct (end_if_done_facts b') as (G1 & E1 & S2 & D1 & _ & _ & _ & V & _).
  split.
  - apply end_if_done_BInv; auto.
    + intros e I. rewrite O, G. destruct (E e I) as [K|[_ ->]]; [auto|lia].
    + lia.
  - rewrite G1, E1, S2, D1. repeat split; auto. destruct V as [V|[V _]]; [left|right]; congruence.
Qed.

Lemma begin_grace_facts b : BInv b -> BInv (begin_grace b) /\
  generation (begin_grace b) = S (generation b) /\ entries (begin_grace b) = entries b /\
  sent (begin_grace b) = sent b /\ gone (begin_grace b) = gone b /\
  queued (begin_grace b) = queued b /\ tasks (begin_grace b) = tasks b /\
  (over (begin_grace b) = over b \/ over (begin_grace b) = S (generation b)).
Proof.
  intros [N P L _]. unfold begin_grace.
  set (b' := Accounts _ _ _ _ _ _).
  destruct (end_if_done_facts b') as (G1 & E1 & S2 & D1 & Q & T & _ & V & _).
  split; [|rewrite G1, E1, S2, D1, Q, T; repeat split; auto; destruct V as [V|[V _]]; auto].
  apply end_if_done_BInv; auto.
  - intros e I. specialize (P e I). cbn. lia.
  - cbn. lia.
Qed.

(** ** Flushers *)

Lemma wake_flushers_facts : forall (l : flushers) n,
  waiting_flushers (wake_flushers n l) = waiting_flushers l /\
  sleeping_flushers (wake_flushers n l) = sleeping_flushers l - n /\
  woken_flushers (wake_flushers n l) = woken_flushers l + min n (sleeping_flushers l).
Proof.
  unfold waiting_flushers, sleeping_flushers, woken_flushers.
  induction l as [|[[g p d []]|] l IH]; intros n; cbn.
  - repeat split; lia.
  - destruct (IH n) as (-> & -> & ->). repeat split; lia.
  - destruct n as [|n]; cbn.
    + destruct (IH 0) as (-> & -> & ->). repeat split; lia.
    + destruct (IH n) as (-> & -> & ->). repeat split; lia.
  - destruct (IH n) as (-> & -> & ->). repeat split; lia.
Qed.

Lemma wake_flushers_nth : forall (l : flushers) n i, nth_error (wake_flushers n l) i = nth_error l i \/
  exists f, nth_error l i = Some (Some f) /\
    nth_error (wake_flushers n l) i = Some (Some (Flusher (needs f) (before f) (patience f) true)).
Proof.
  induction l as [|[[g p d []]|] l IH]; intros n [|i]; cbn; auto; try (apply IH).
  - destruct n; cbn; eauto.
  - destruct n; cbn; apply IH.
Qed.

Lemma waiting_split l : waiting_flushers l = woken_flushers l + sleeping_flushers l.
Proof.
  unfold waiting_flushers, sleeping_flushers, woken_flushers.
  induction l as [|[[g p d []]|] l IH]; cbn; lia.
Qed.

(** The notifications that are due reach every sleeper. *)
Lemma due_wakes_all b (l : flushers) n : active b = false -> n <= woken_flushers l ->
  sleeping_flushers l <= due_flush b l n.
Proof. intros AC C. unfold due_flush. rewrite AC, waiting_split. lia. Qed.

Definition has_place (f : option flusher) (awake : bool) : nat :=
  match f with Some f => if Bool.eqb (woken_up f) awake then 1 else 0 | None => 0 end.

Lemma woken_upd_flusher l i f f' : nth_error l i = Some f ->
  woken_flushers (upd l i f') + has_place f true = woken_flushers l + has_place f' true.
Proof.
  intros H. unfold woken_flushers.
  pose proof (sum_upd (fun x => match x with Some f => if woken_up f then 1 else 0 | None => 0 end)
                _ _ _ f' H) as E. unfold has_place.
  destruct f as [[? ? ? []]|], f' as [[? ? ? []]|]; cbn in *; lia.
Qed.

Lemma sleeping_upd_flusher l i f f' : nth_error l i = Some f ->
  sleeping_flushers (upd l i f') + has_place f false = sleeping_flushers l + has_place f' false.
Proof.
  intros H. unfold sleeping_flushers.
  pose proof (sum_upd (fun x => match x with Some f => if woken_up f then 0 else 1 | None => 0 end)
                _ _ _ f' H) as E. unfold has_place.
  destruct f as [[? ? ? []]|], f' as [[? ? ? []]|]; cbn in *; lia.
Qed.

(** What a flush knows: everything of before its call is old for the period that it needs. *)
Definition served b (f : flusher) : Prop :=
  needs f <= S (generation b) /\ before f <= sent b /\
  forall e, In e (entries b) -> number e < before f -> period e < needs f.

Record Waits b (l : flushers) (n : nat) : Prop := {
  all_served : forall i f, nth_error l i = Some (Some f) -> served b f;
  asleep_for : forall i f, nth_error l i = Some (Some f) -> woken_up f = false ->
    over b < needs f /\ patience f <> Now;
  all_notified : active b = false -> waiting_flushers l <= n;
  notified_wake : n <= woken_flushers l
}.

(** After the notifications that are due, whatever the accounts say now. *)
Lemma Waits_settled b b' (l : flushers) n : n <= woken_flushers l ->
  (forall i f, nth_error l i = Some (Some f) -> served b' f) ->
  (forall i f, nth_error l i = Some (Some f) -> woken_up f = false ->
     over b < needs f /\ patience f <> Now) ->
  over b' = over b \/ active b' = false ->
  Waits b' (wake_flushers (due_flush b' l n) l) (n + due_flush b' l n).
Proof.
  intros C SV AS O.
  destruct (wake_flushers_facts l (due_flush b' l n)) as (W1 & W2 & W3).
  assert (NTH : forall i f, nth_error (wake_flushers (due_flush b' l n) l) i = Some (Some f) ->
    exists f0, nth_error l i = Some (Some f0) /\ (f = f0 \/
      f = Flusher (needs f0) (before f0) (patience f0) true)).
  { intros i f H. destruct (wake_flushers_nth l (due_flush b' l n) i) as [E|(f0 & E1 & E2)].
    - rewrite E in H. eauto.
    - rewrite E2 in H. injection H as <-. eauto. }
  split.
  - intros i f H. destruct (NTH _ _ H) as (f0 & H0 & [->| ->]); [eauto|].
    specialize (SV _ _ H0). exact SV.
  - intros i f H N. destruct (active b') eqn:AC.
    + destruct O as [->|O]; [|discriminate].
      destruct (NTH _ _ H) as (f0 & H0 & [->| ->]); [eauto|discriminate].
    + exfalso. pose proof (due_wakes_all b' l n AC C) as D.
      assert (Z : sleeping_flushers (wake_flushers (due_flush b' l n) l) = 0) by lia.
      pose proof (sum_ge (fun x => match x with Some f => if woken_up f then 0 else 1 | None => 0 end)
                    _ _ _ H) as G. unfold sleeping_flushers in Z. cbn in G. rewrite N in G. lia.
  - intros AC. rewrite W1. unfold due_flush. rewrite AC. lia.
  - rewrite W3. destruct (active b') eqn:AC.
    + unfold due_flush. rewrite AC. lia.
    + pose proof (due_wakes_all b' l n AC C) as D. unfold due_flush in *. rewrite AC in *.
      pose proof (waiting_split l). lia.
Qed.

(** ** A look *)

Definition without (i : nat) (l : flushers) : flushers := upd l i None.

Lemma without_nth l i j f : nth_error (without i l) j = Some (Some f) ->
  nth_error l j = Some (Some f) /\ j <> i.
Proof.
  unfold without. intros H. destruct (Nat.eq_dec j i) as [->|N].
  - exfalso. destruct (nth_error l i) as [o|] eqn:E.
    + rewrite (nth_upd_same _ _ _ _ E) in H. discriminate.
    + assert (K : nth_error (upd l i (@None flusher)) i = None).
      { apply nth_error_None. rewrite length_upd. now apply nth_error_None. }
      congruence.
  - rewrite nth_upd_other in H; auto.
Qed.

Lemma begins_false b o f : begins b o f = false -> over b < needs f -> active b = true.
Proof.
  unfold begins. intros H L. apply Nat.ltb_lt in L. rewrite L in H. destruct (active b); auto.
Qed.

Lemma look_facts i f seen b l n b' l' n' seen' :
  look i f seen b l n = (b', l', n', seen') -> BInv b -> i < length l -> served b f ->
  n <= woken_flushers (without i l) ->
  (forall j g, nth_error (without i l) j = Some (Some g) -> served b g) ->
  (forall j g, nth_error (without i l) j = Some (Some g) -> woken_up g = false ->
     over b < needs g /\ patience g <> Now) ->
  BInv b' /\ Waits b' l' n' /\ generation b <= generation b' /\ length l' = length l /\
  entries b' = entries b /\ sent b' = sent b /\ gone b' = gone b /\
  queued b' = queued b /\ tasks b' = tasks b /\
  (In Flushed seen' -> In Flushed seen \/ needs f <= over b') /\
  match nth_error l' i with
  | Some (Some g) => needs g = needs f /\ before g = before f /\ (In Flushed seen' -> In Flushed seen)
  | _ => True end /\
  forall j, j <> i -> nth_error l' j = nth_error l j \/ exists g, nth_error l j = Some (Some g) /\
    nth_error l' j = Some (Some (Flusher (needs g) (before g) (patience g) true)).
Proof.
  unfold look. fold (without i l). set (l0 := without i l) in *. intros H BI LI SF C SV AS.
  assert (L0 : nth_error l0 i = Some None).
  { unfold l0, without. destruct (nth_error l i) eqn:E; [eapply nth_upd_same; eauto|].
    apply nth_error_None in E. lia. }
  assert (LL : length l0 = length l) by apply length_upd.
  set (st := begins b (waiting_flushers l0) f) in *.
  assert (X : exists b1, (if st then begin_grace b else b) = b1 /\ BInv b1 /\
    generation b <= generation b1 /\ entries b1 = entries b /\ sent b1 = sent b /\
    gone b1 = gone b /\ queued b1 = queued b /\ tasks b1 = tasks b /\
    (over b1 = over b \/ active b1 = false) /\
    (over b1 < needs f -> active b1 = true)).
  { destruct st eqn:ST.
    - destruct (begin_grace_facts b BI) as (B1 & G & E & S1 & D & Q & T & V).
      eexists. split; [reflexivity|]. rewrite G. split; [exact B1|]. do 6 (split; [auto; lia|]).
      unfold active. rewrite G. split.
      + destruct V as [V|V]; [auto|right]. rewrite V. apply Nat.ltb_irrefl.
      + intros L. apply Nat.ltb_lt. destruct SF. destruct V; lia.
    - eexists. split; [reflexivity|]. split; [exact BI|]. do 7 (split; [auto|]).
      intros L. eapply begins_false; eauto. }
  destruct X as (b1 & EB & B1 & G1 & E1 & S1 & D1 & Q1 & T1 & O1 & A1). rewrite EB in H. clear EB.
  assert (SV1 : forall g, served b g -> served b1 g).
  { intros g (X1 & X2 & X3). unfold served. rewrite E1, S1. repeat split; auto. lia. }
  assert (SEEN : In Flushed (seen ++ (if st then [BeginGrace] else [])) -> In Flushed seen).
  { intros I. apply in_app_or in I as [I|I]; auto. destruct st; [destruct I as [I|[]]; discriminate|destruct I]. }
  assert (CALLS : forall k, In Flushed (flush_calls k) -> False).
  { intros k I. unfold flush_calls in I. destruct (1 <? k); [destruct I as [I|[]]; discriminate|].
    apply repeat_spec in I. discriminate. }
  assert (WK : Waits b1 (wake_flushers (due_flush b1 l0 n) l0) (n + due_flush b1 l0 n)).
  { apply (Waits_settled b); eauto. }
  assert (LEN : forall k, length (wake_flushers k l0) = length l).
  { intros k. rewrite <- LL. clear. revert k. induction l0 as [|[[g p d []]|] l0 IH]; intros k; cbn; auto.
    destruct k; cbn; auto. }
  assert (NI : forall k, nth_error (wake_flushers k l0) i = Some None).
  { intros k. destruct (wake_flushers_nth l0 k i) as [->|(g & E & _)]; auto. congruence. }
  assert (NJ : forall k j, j <> i -> nth_error (wake_flushers k l0) j = nth_error l j \/
    exists g, nth_error l j = Some (Some g) /\ nth_error (wake_flushers k l0) j =
      Some (Some (Flusher (needs g) (before g) (patience g) true))).
  { intros k j N. assert (E0 : nth_error l0 j = nth_error l j) by (unfold l0, without; now rewrite nth_upd_other by auto).
    rewrite <- E0. apply wake_flushers_nth. }
  destruct (Nat.leb_spec (needs f) (over b1)) as [SD|SD].
  - injection H as <- <- <- <-. split; [exact B1|]. split; [exact WK|]. rewrite NI.
    repeat split; auto.
  - assert (AC : active b1 = true) by auto.
    assert (O2 : over b1 = over b) by (destruct O1; congruence).
    destruct (patience f) eqn:PF; injection H as <- <- <- <-.
    1, 2: (split; [exact B1|]; split;
      [split;
        [intros j g Hj; destruct (nth_upd _ _ _ _ _ _ L0 Hj) as [[-> [= ->]]|[N Hj']];
           [apply (SV1 f SF)|apply SV1; eauto]
        |intros j g Hj NW; destruct (nth_upd _ _ _ _ _ _ L0 Hj) as [[-> [= ->]]|[N Hj']];
           [split; [exact SD|discriminate]|rewrite O2; eauto]
        |intros X; congruence
        |pose proof (woken_upd_flusher l0 i _ (Some (Flusher (needs f) (before f) (patience f) false)) L0) as W;
           rewrite PF in W; cbn in W; lia]
      |]; rewrite (nth_upd_same _ _ _ _ L0), length_upd; repeat split; auto;
      try (intros I; left; apply in_app_or in I as [I|[I|[]]]; [exact (SEEN I)|discriminate]);
      try (intros I; apply in_app_or in I as [I|[I|[]]]; [exact (SEEN I)|discriminate]);
      intros j N; left; unfold l0, without; rewrite !nth_upd_other; auto).
    split; [exact B1|]. split; [exact WK|]. rewrite NI. repeat split; auto.
    intros I. left. apply in_app_or in I as [I|[I|I]]; [exact (SEEN I)|discriminate|].
    exfalso. eapply CALLS; eauto.
Qed.

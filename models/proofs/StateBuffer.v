(** * The buffer is a list

    Whatever the sizes of items and chunks, the buffer of buffer.rs ([State.v])
    behaves as the list of its [contents], the oldest first. *)

From Coq Require Import List Arith Bool Lia.
From SentinelQueue Require Import State.
Import ListNotations.
Import Rust.

Section Buffer.

Context {T : Type}.
Variable lay : layout.
Hypothesis chunks_hold_items : 1 <= chunk_capacity lay.
Hypothesis batches_take_items : 1 <= singly lay.

(** What always holds of a buffer's parts, [len] aside. *)
Record shaped (b : buffer T) : Prop := {
  s_front : elements (front b) = [] -> elements (back b) = [];
  s_back : elements (back b) = [] -> middle b = [];
  s_middle : Forall (fun m => elements (snd m) <> []) (middle b);
  s_numbers : Forall (fun m => fst m < next_number b) (middle b);
  s_spare : forall c, spare b = Some c -> elements c = [];
  s_surplus : forall c, surplus b = Some c -> elements c = []
}.

(** The representation invariant of a buffer. Memory that is kept or handed out holds nothing. *)
Definition well_formed (b : buffer T) : Prop := shaped b /\ len b = length (contents b).

Lemma is_empty_true {X} (l : list X) : Rust.is_empty l = true <-> l = [].
Proof. destruct l; split; easy. Qed.

Lemma is_empty_false {X} (l : list X) : Rust.is_empty l = false <-> l <> [].
Proof. destruct l; split; easy. Qed.

Ltac by_emptiness l := let E := fresh "E" in
  destruct (Rust.is_empty l) eqn:E; [apply is_empty_true in E | apply is_empty_false in E].

Lemma insert_last k (c : chunk T) : forall m, Forall (fun x => fst x < k) m ->
  insert k c m = m ++ [(k, c)].
Proof.
  induction m as [|[k' c'] m IH]; intros H; [reflexivity|].
  inversion H as [|x y L M]; subst. cbn [fst] in L. cbn [insert app].
  destruct (Nat.ltb_spec k k'); [lia|]. destruct (Nat.eqb_spec k k'); [lia|].
  now rewrite (IH M).
Qed.

Lemma well_formed_new : well_formed new_buffer.
Proof. split; [constructor; cbn; try easy; constructor|reflexivity]. Qed.

Lemma well_formed_size b : well_formed b -> size (front b) = len b ->
  contents b = elements (front b) /\ middle b = [] /\ elements (back b) = [].
Proof.
  intros [S L] E. unfold contents, size in *.
  rewrite L, !app_length in E.
  assert (elements (back b) = []) as B by (apply length_zero_iff_nil; lia).
  rewrite (s_back _ S B), B. cbn. now rewrite app_nil_r.
Qed.

Lemma append_chunk_facts (c : chunk T) b : shaped b -> elements (front b) <> [] ->
  elements c <> [] ->
  shaped (append_chunk c b) /\ contents (append_chunk c b) = contents b ++ elements c /\
  len (append_chunk c b) = len b.
Proof.
  intros S F C. unfold append_chunk. by_emptiness (elements (back b)).
  - unfold contents. cbn. rewrite (s_back _ S E), E. cbn. rewrite app_nil_r.
    repeat split; cbn; try easy; try apply S; intros; now rewrite (s_back _ S E).
  - unfold contents. cbn. rewrite insert_last by apply S.
    rewrite map_app, concat_app. cbn. rewrite app_nil_r, <- !app_assoc.
    repeat split; cbn; try easy; try apply S.
    + apply Forall_app; split; [apply S|]. now constructor.
    + apply Forall_app; split; [|constructor; cbn; [lia|constructor]].
      eapply Forall_impl; [|exact (s_numbers _ S)]. cbn. intros. lia.
Qed.

(** What is pushed at the tail. *)
Lemma with_tail_facts c b l : shaped b -> elements c = elements (tail b) ++ l ->
  (elements (tail b) = [] -> l <> [] \/ contents b = []) ->
  shaped (with_tail c b) /\ contents (with_tail c b) = contents b ++ l /\
  len (with_tail c b) = len b.
Proof.
  intros S C N. unfold with_tail, tail in *. by_emptiness (elements (back b)).
  - unfold contents. cbn. rewrite C, (s_back _ S E), E. cbn. rewrite !app_nil_r.
    repeat split; cbn; try easy; try apply S; intros; rewrite ?(s_back _ S E); easy.
  - unfold contents. cbn. rewrite C, <- !app_assoc.
    repeat split; cbn; try easy; try apply S; intros K.
    + destruct (E (s_front _ S K)).
    + rewrite C in K. now destruct (app_eq_nil _ _ K).
Qed.

Lemma well_formed_len b n : shaped b -> n = length (contents b) -> well_formed (with_len n b).
Proof. intros S E. split; [|exact E]. constructor; apply S. Qed.

Lemma push_in_a_new_chunk x b : shaped b -> elements (front b) <> [] ->
  let c := match spare b with Some c => c | None => Chunk (chunk_capacity lay) [] end in
  let b' := append_chunk (push_back x c) (with_memory None (surplus b) b) in
  shaped b' /\ contents b' = contents b ++ [x] /\ len b' = len b.
Proof.
  intros S F c b'.
  assert (C : elements (push_back x c) = [x]).
  { unfold c. destruct (spare b) as [k|] eqn:K; [|reflexivity].
    cbn. now rewrite (s_spare _ S k K). }
  rewrite <- C. apply append_chunk_facts; [|exact F|now rewrite C].
  constructor; cbn; try easy; apply S.
Qed.

(** [push] appends. *)
Lemma push_facts x b : well_formed b ->
  well_formed (push lay x b) /\ contents (push lay x b) = contents b ++ [x].
Proof.
  intros [S L]. unfold push.
  assert (K : forall b', shaped b' /\ contents b' = contents b ++ [x] /\ len b' = len b ->
    well_formed (with_len (len b' + 1) b') /\
    contents (with_len (len b' + 1) b') = contents b ++ [x]).
  { intros b' (S' & C & L'). split; [|exact C]. apply well_formed_len; [exact S'|].
    rewrite C, app_length, L', L. reflexivity. }
  apply K. destruct (Nat.ltb_spec (size (tail b)) (capacity_of (tail b))) as [F|F].
  - apply with_tail_facts; [exact S|reflexivity|]. now left.
  - unfold push_beyond. by_emptiness (elements (back b)); cbn [andb].
    + destruct (Nat.ltb_spec (capacity_of (front b)) (chunk_capacity lay)) as [G|G].
      * unfold contents. cbn. rewrite (s_back _ S E), E. cbn. rewrite !app_nil_r.
        repeat split; cbn; try easy; try apply S; intros; now rewrite ?(s_back _ S E).
      * apply push_in_a_new_chunk; [exact S|]. intros Z. unfold tail, size in *.
        rewrite E in F. cbn in F. rewrite Z in F. cbn in F. lia.
    + apply push_in_a_new_chunk; [exact S|]. intros Z. exact (E (s_front _ S Z)).
Qed.

Lemma append_facts l : forall b, well_formed b ->
  well_formed (fold_left (fun b x => push lay x b) l b) /\
  contents (fold_left (fun b x => push lay x b) l b) = contents b ++ l.
Proof.
  induction l as [|x l IH]; intros b W; cbn; [now rewrite app_nil_r|].
  destruct (push_facts x b W) as [W' C]. destruct (IH _ W') as [W'' C'].
  split; [exact W''|]. now rewrite C', C, <- app_assoc.
Qed.

(** [push_batch] appends the first [count] items of the batch, and leaves the others in it. *)
Lemma push_batch_facts batch count b b' batch' : well_formed b -> count <= size batch ->
  push_batch lay batch count b = (b', batch') ->
  well_formed b' /\ contents b' = contents b ++ firstn count (elements batch) /\
  elements batch' = skipn count (elements batch).
Proof.
  intros W N P. pose proof W as [S L]. unfold push_batch in P.
  destruct (Nat.eqb_spec count (size batch)) as [->|_]; cbn [andb] in P.
  2: { injection P as <- <-. cbn. destruct (append_facts (firstn count (elements batch)) b W).
       repeat split; try easy; apply H. }
  assert (F1 : firstn (size batch) (elements batch) = elements batch) by apply firstn_all.
  assert (S1 : skipn (size batch) (elements batch) = []) by apply skipn_all.
  rewrite F1, S1 in *.
  destruct (Nat.leb_spec (size batch) (capacity_of (tail b) - size (tail b))) as [F|F].
  - injection P as <- <-.
    destruct (with_tail_facts (Chunk (capacity_of (tail b)) (elements (tail b) ++ elements batch))
                b (elements batch) S eq_refl) as (S' & C & L').
    { intros K. destruct (elements batch); [right|now left]. unfold tail in K.
      by_emptiness (elements (back b)); [|easy].
      unfold contents. now rewrite K, (s_back _ S E), E. }
    repeat split; cbn; try easy; try apply S'. unfold contents in *. cbn.
    rewrite C, app_length, L. reflexivity.
  - assert (B : elements batch <> []) by (intros K; unfold size in F; rewrite K in F; cbn in F; lia).
    destruct (is_chunk lay batch).
    2: { injection P as <- <-. cbn. destruct (append_facts (elements batch) b W). repeat split; try easy; apply H. }
    destruct (Nat.eqb_spec (len b) 0) as [Z|Z].
    + injection P as <- <-. rewrite Z in L. symmetry in L. apply length_zero_iff_nil in L.
      pose proof L as L0. unfold contents in L.
      apply app_eq_nil in L as [F0 L]. apply app_eq_nil in L as [_ B0].
      assert (C : contents (with_front batch b) = elements batch)
        by (unfold contents; cbn; rewrite (s_back _ S B0), B0; cbn; now rewrite app_nil_r).
      split; [|rewrite L0; now split]. apply well_formed_len; [|now rewrite C, Z].
      constructor; cbn; try easy; apply S.
    + injection P as <- <-.
      destruct (append_chunk_facts batch b S) as (S' & C & L'); [|exact B|].
      { intros K. apply Z. rewrite L. unfold contents.
        rewrite K, (s_front _ S K), (s_back _ S (s_front _ S K)). reflexivity. }
      split; [|now split]. apply well_formed_len; [exact S'|].
      rewrite C, app_length, L', L. reflexivity.
Qed.

(** The front chunk leaves: what follows it is the rest of the buffer. *)
Lemma advance_facts n f b c b' : shaped b -> advance (with_len n (with_front f b)) = (c, b') ->
  c = f /\ shaped b' /\ len b' = n /\
  contents b' = concat (map (fun m => elements (snd m)) (middle b)) ++ elements (back b).
Proof.
  intros S P. unfold advance in P. cbn in P. destruct (middle b) as [|[k m] l] eqn:M.
  - injection P as <- <-. unfold contents. cbn. rewrite M. cbn. rewrite app_nil_r.
    repeat split; cbn; try easy; try apply S; intros; now rewrite M.
  - injection P as <- <-. unfold contents. cbn. rewrite <- !app_assoc.
    pose proof (s_middle _ S) as X. pose proof (s_numbers _ S) as Y. rewrite M in X, Y.
    inversion X; inversion Y; subst.
    repeat split; cbn; try easy; try apply S; intros K; pose proof (s_back _ S K); congruence.
Qed.

Lemma retire_facts c b : shaped b -> elements c = [] ->
  shaped (retire lay c b) /\ contents (retire lay c b) = contents b /\
  len (retire lay c b) = len b.
Proof.
  intros S C. unfold retire.
  destruct (spare b) as [k|] eqn:K;
    [|destruct (fits_chunk lay && (capacity_of c =? chunk_capacity lay))];
    repeat split; cbn; try easy; try apply S; congruence || (intros x; injection 1 as <-;
    solve [exact C | exact (s_spare _ S _ K)]).
Qed.

(** [pop] takes the oldest. *)
Lemma pop_facts b : well_formed b ->
  match contents b with
  | [] => pop lay b = (None, b)
  | x :: l => exists b', pop lay b = (Some x, b') /\ well_formed b' /\ contents b' = l
  end.
Proof.
  intros [S L]. unfold pop. destruct (elements (front b)) as [|x l] eqn:F.
  - unfold contents. rewrite F, (s_front _ S F), (s_back _ S (s_front _ S F)). reflexivity.
  - assert (C : contents b = x :: l ++ concat (map (fun m => elements (snd m)) (middle b)) ++
                             elements (back b)) by (unfold contents; now rewrite F).
    rewrite C. eexists. split; [reflexivity|].
    set (b1 := with_len (len b - 1) (with_front (Chunk (capacity_of (front b)) l) b)).
    assert (C1 : contents b1 = l ++ concat (map (fun m => elements (snd m)) (middle b)) ++
                               elements (back b)) by reflexivity.
    assert (L1 : len b1 = length (contents b1)) by (rewrite C1; cbn; rewrite L, C; cbn; lia).
    destruct l as [|y l].
    2: { cbn [Rust.is_empty andb]. split; [|exact C1]. split; [|exact L1].
         constructor; cbn; try easy; apply S. }
    cbn [Rust.is_empty andb].
    destruct ((0 <? len b1) || is_large lay) eqn:G.
    + destruct (advance b1) as [c b2] eqn:A.
      destruct (advance_facts _ _ _ _ _ S A) as (-> & S2 & L2 & C2).
      change (len b - 1) with (len b1) in L2. cbn [app] in C1. rewrite <- C1 in C2.
      destruct (retire_facts (Chunk (capacity_of (front b)) []) b2 S2 eq_refl) as (S3 & C3 & L3).
      split; [split; [exact S3|congruence]|]. rewrite C3, C2. exact C1.
    + apply orb_false_iff in G as [G _]. apply Nat.ltb_ge in G.
      assert (N : contents b1 = []) by (apply length_zero_iff_nil; lia).
      split; [split; [|exact L1]|exact C1].
      rewrite C1 in N. cbn in N. apply app_eq_nil in N as [_ N].
      constructor; cbn; try easy; apply S.
Qed.

(** [pop_batch] takes the oldest: as many as asked for, or fewer if they fill too many chunks,
    but some. *)
Lemma pop_batch_facts slots : forall limit b chunks singles b',
  well_formed b -> limit <= len b -> pop_batch lay slots limit b = (chunks, singles, b') ->
  well_formed b' /\ contents b = unpack chunks singles ++ contents b' /\
  length (unpack chunks singles) <= limit /\
  (1 <= slots -> 1 <= limit -> 1 <= length (unpack chunks singles)).
Proof.
  induction slots as [|slots IH]; intros limit b chunks singles b' W N P; pose proof W as [S L];
    cbn [pop_batch] in P; destruct (Nat.eqb_spec limit 0) as [Z|Z].
  1, 3: injection P as <- <- <-; cbn; repeat split; try easy; try apply S; lia.
  all: destruct ((size (front b) =? len b) && negb (is_large lay) || (limit <? size (front b))) eqn:G.
  1, 3: injection P as <- <- <-; cbn [unpack map concat app];
    set (count := min (min limit (size (front b))) (singly lay)) in *;
    assert (K : count <= length (elements (front b))) by (unfold count, size; lia);
    assert (C : contents b = firstn count (elements (front b)) ++
      contents (with_len (len b - count)
        (with_front (Chunk (capacity_of (front b)) (skipn count (elements (front b)))) b)))
      by (unfold contents; cbn; now rewrite (app_assoc (firstn count _)), firstn_skipn);
    rewrite firstn_length_le by exact K;
    (split; [|split; [exact C|split; [unfold count; lia|intros; unfold count]]]).
  1, 3: split; [|apply (f_equal (@length T)) in C; rewrite app_length, firstn_length_le in C by exact K;
                 cbn in C |- *; lia];
    constructor; cbn; try easy; try apply S; intros E;
    (apply orb_true_iff in G as [G|G];
      [apply andb_true_iff in G as [G _]; apply Nat.eqb_eq in G;
       apply (well_formed_size b W G)
      |apply Nat.ltb_lt in G; exfalso;
       apply (f_equal (@length T)) in E; rewrite skipn_length in E; unfold count, size in *;
       cbn in E; lia]).
  1, 2: apply orb_true_iff in G as [G|G];
    [apply andb_true_iff in G as [G _]; apply Nat.eqb_eq in G|apply Nat.ltb_lt in G]; lia.
  - injection P as <- <- <-; cbn; repeat split; try easy; try apply S; lia.
  - apply orb_false_iff in G as [_ G]. apply Nat.ltb_ge in G.
    destruct (advance (with_len (len b - size (front b)) b)) as [c b1] eqn:D.
    destruct (advance_facts _ (front b) _ _ _ S D) as (-> & S1 & L1 & C1).
    destruct (pop_batch lay slots (limit - size (front b)) b1) as [[k l] b2] eqn:Q.
    injection P as <- <- <-.
    assert (C : contents b = elements (front b) ++ contents b1) by (rewrite C1; reflexivity).
    assert (W1 : well_formed b1).
    { split; [exact S1|]. rewrite L1, L, C, app_length. unfold size. lia. }
    destruct (IH (limit - size (front b)) b1 k l b2 W1 ltac:(lia) Q) as (W2 & C2 & K & _).
    unfold unpack in *. cbn [map concat].
    rewrite !app_length in *. unfold size in *. repeat split; try apply W2.
    + now rewrite C, C2, !app_assoc.
    + lia.
    + intros _ _. enough (elements (front b) <> []) by (destruct (elements (front b)); [easy|cbn; lia]).
      intros E. assert (contents b = []) as N0
        by (unfold contents; now rewrite E, (s_front _ S E), (s_back _ S (s_front _ S E))).
      rewrite N0 in L. cbn in L. lia.
Qed.

(** [front_mut] and [back_mut]. *)
Lemma front_of_facts b : well_formed b -> front_of b = hd_error (contents b).
Proof.
  intros [S _]. unfold front_of, contents. destruct (elements (front b)) as [|x l] eqn:F; [|reflexivity].
  now rewrite (s_front _ S F), (s_back _ S (s_front _ S F)).
Qed.

Lemma change_front_facts b x y l : well_formed b -> contents b = x :: l ->
  well_formed (change_front y b) /\ contents (change_front y b) = y :: l.
Proof.
  intros [S L] C. unfold contents in *. cbn.
  destruct (elements (front b)) as [|z k] eqn:F.
  { rewrite (s_front _ S F), (s_back _ S (s_front _ S F)) in C. discriminate. }
  injection C as -> <-. split; [split|reflexivity].
  - constructor; cbn; try easy; apply S.
  - unfold contents. cbn. rewrite F. exact L.
Qed.

Lemma hd_rev {X} (l : list X) x : hd_error (rev l) = Some x -> l = removelast l ++ [x].
Proof.
  destruct l as [|y l] using rev_ind; [discriminate|]. rewrite rev_app_distr. cbn.
  injection 1 as ->. now rewrite removelast_last.
Qed.

Lemma back_of_facts b : well_formed b ->
  match back_of b with
  | None => contents b = []
  | Some x => exists l, contents b = l ++ [x] /\
      forall y, well_formed (change_back y b) /\ contents (change_back y b) = l ++ [y]
  end.
Proof.
  intros [S L]. unfold back_of. destruct (hd_error (rev (elements (tail b)))) as [x|] eqn:H.
  - apply hd_rev in H. unfold change_back, with_tail, tail in *.
    set (init := removelast _) in *.
    by_emptiness (elements (back b)).
    + exists init. unfold contents. cbn. rewrite (s_back _ S E), E. cbn. rewrite !app_nil_r.
      split; [exact H|]. intros y. split; [|now rewrite app_nil_r]. split.
      * constructor; cbn; try easy; apply S.
      * cbn. rewrite L. unfold contents. cbn. rewrite H, !app_length. reflexivity.
    + exists (elements (front b) ++ concat (map (fun m => elements (snd m)) (middle b)) ++ init).
      unfold contents. cbn. rewrite <- !app_assoc. split; [now rewrite H at 1|].
      intros y. split; [|now rewrite <- !app_assoc]. split.
      * constructor; cbn; try easy; try apply S; intros K.
        -- destruct (E (s_front _ S K)).
        -- now destruct (app_eq_nil _ _ K).
      * cbn. rewrite L. unfold contents. cbn. rewrite H at 1. rewrite !app_length. reflexivity.
  - assert (N : elements (tail b) = []).
    { destruct (elements (tail b)) as [|y l] using rev_ind; [reflexivity|].
      rewrite rev_app_distr in H. discriminate. }
    unfold tail in N. by_emptiness (elements (back b)); [|easy].
    unfold contents. now rewrite N, (s_back _ S E), E.
Qed.

Lemma take_surplus_facts b : well_formed b ->
  well_formed (take_surplus b) /\ contents (take_surplus b) = contents b.
Proof. intros [S L]. repeat split; cbn; try easy; apply S. Qed.

End Buffer.

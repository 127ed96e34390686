(** * History: nothing is lost, nothing is doubled, and order is kept.

    What is true of the history kept in the state, for arbitrary programs: of the
    cells that came in and went out, of the items offered, of the sentinels each
    thread received, of handles and of tasks. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant.

(** Reads fields of a state that has just been made, and unfolds nothing else. *)
Ltac fields := cbn [queue closed senders receivers unfinished accepted removed returned
                    push push_front take close drain drain_items hand_back recount] in *.

Section History.
Context {A : Type}.
Variable capacity : option nat.
Implicit Types (s : state A) (sh : shared A) (t : thread A) (TH : list (thread A)) (o : op A).

(** ** Cells *)

Record Cells sh : Prop := {
  all_there : Permutation (accepted sh) (cells_of (removed sh) ++ queue sh);
  items_in_order :
    items_of (accepted sh) = items_of (cells_of (removed sh)) ++ items_of (queue sh);
  evicted_items : forall i c, In (Evicted, i, c) (removed sh) -> exists a, c = Item a;
  drained_late : closed sh = false -> forall i c, In (Drained, i, c) (removed sh) ->
    exists a, c = Item a;
  alive : closed sh = false -> 0 < senders sh /\ 0 < receivers sh;
  none_left : receivers sh = 0 -> queue sh = []
}.

Lemma cells_of_app (l l' : list (way * nat * cell A)) :
  cells_of (l ++ l') = cells_of l ++ cells_of l'.
Proof. apply map_app. Qed.

Lemma cells_of_tag w i (l : list (cell A)) : cells_of (tag w i l) = l.
Proof. unfold cells_of, tag. rewrite map_map. simpl. apply map_id. Qed.

Lemma received_app (l l' : list (way * nat * cell A)) :
  received (l ++ l') = received l ++ received l'.
Proof. apply filter_app. Qed.

Lemma received_tag w i (l : list (cell A)) :
  received (tag w i l) = match w with Received => tag w i l | _ => [] end.
Proof. unfold received, tag. destruct w; induction l; simpl; auto. now rewrite IHl. Qed.

Lemma in_tag w i (l : list (cell A)) w' j c : In (w', j, c) (tag w i l) -> w' = w /\ In c l.
Proof. intros H. apply in_map_iff in H as (x & [= <- <- <-] & ?). auto. Qed.

Lemma Cells_push l sh : closed sh = false -> Cells sh -> Cells (push l sh).
Proof.
  intros C [P I E D V NL]. split; fields; auto.
  - rewrite app_assoc. now apply Permutation_app_tail.
  - rewrite !items_of_app, I, app_assoc. auto.
  - intros Z. destruct (V C). lia.
Qed.

Lemma Cells_push_front n sh : closed sh = false -> Cells sh -> Cells (push_front n sh).
Proof.
  intros C [P I E D V NL]. split; fields; auto.
  - rewrite P, <- app_assoc. apply Permutation_app_head. apply Permutation_app_comm.
  - rewrite !items_of_app, I, items_of_sentinels, app_nil_r. auto.
  - intros Z. destruct (V C). lia.
Qed.

Lemma Cells_hand_back l sh : Cells sh -> Cells (hand_back l sh).
Proof. intros [P I E D V NL]. split; fields; auto. Qed.

Lemma Cells_close sh : Cells sh -> Cells (close sh).
Proof. intros [P I E D V NL]. split; fields; auto; discriminate. Qed.

Lemma Cells_take i k new sh : Cells sh -> Cells (take i k new sh).
Proof.
  intros [P I E D V NL]. split; fields; auto.
  - rewrite cells_of_app, cells_of_tag, <- app_assoc, firstn_skipn. auto.
  - rewrite cells_of_app, cells_of_tag, items_of_app, <- app_assoc, <- items_of_app,
      firstn_skipn. auto.
  - intros j c H. apply in_app_or in H as [H|H]; eauto. apply in_tag in H as [H _]; discriminate.
  - intros C j c H. apply in_app_or in H as [H|H]; [eapply D; eauto|].
    apply in_tag in H as [H _]; discriminate.
  - intros Z. rewrite (NL Z). apply skipn_nil.
Qed.

Lemma split_oldest_cells : forall (q : list (cell A)) a q', split_oldest q = Some (a, q') ->
  Permutation q (Item a :: q') /\ subsequence q' q.
Proof.
  induction q as [|[b|] q IH]; simpl; intros a q' H; try discriminate.
  - injection H as -> ->. split; auto. constructor. apply sub_refl.
  - destruct (split_oldest q) as [[b r]|]; [|discriminate]. injection H as -> <-.
    destruct (IH _ _ eq_refl) as [P S]. split; [|now constructor].
    rewrite P. apply perm_swap.
Qed.

Lemma Cells_evict i sh sh' : evict i sh = Some sh' -> Cells sh -> Cells sh'.
Proof.
  unfold evict. destruct (split_oldest (queue sh)) as [[a q]|] eqn:Q; [|discriminate].
  intros [= <-] [P I E D V NL]. pose proof (split_oldest_items _ _ _ Q) as Q1.
  destruct (split_oldest_cells _ _ _ Q) as [Q2 Q3]. split; fields; auto.
  - rewrite P, cells_of_app, <- app_assoc. apply Permutation_app_head. exact Q2.
  - rewrite I, Q1, cells_of_app, items_of_app, <- app_assoc. auto.
  - intros j c H. apply in_app_or in H as [H|[[= <- <-]|[]]]; eauto.
  - intros C j c H. apply in_app_or in H as [H|[[=]|[]]]. eapply D; eauto.
  - intros Z. rewrite (NL Z) in Q. discriminate.
Qed.

Lemma evict_closed i sh sh' : evict i sh = Some sh' -> closed sh' = closed sh.
Proof. unfold evict. destruct (split_oldest _) as [[a q]|]; [|discriminate]. now intros [= <-]. Qed.

Lemma Cells_drain i sh : closed sh = true -> Cells sh -> Cells (drain i sh).
Proof.
  intros C [P I E D V NL]. split; fields; auto; rewrite ?C; try discriminate.
  - rewrite cells_of_app, cells_of_tag, app_nil_r. auto.
  - rewrite cells_of_app, cells_of_tag, items_of_app, app_nil_r. auto.
  - intros j c H. apply in_app_or in H as [H|H]; eauto. apply in_tag in H as [H _]; discriminate.
Qed.

Lemma split_cells : forall q : list (cell A),
  Permutation q (map Item (items_of q) ++ repeat Sentinel (sentinels_in q)) /\
  subsequence (repeat Sentinel (sentinels_in q)) q.
Proof.
  unfold sentinels_in. induction q as [|[a|] q [P S]]; simpl; [split; constructor|split..].
  - now constructor.
  - now constructor.
  - rewrite P at 1. apply Permutation_middle.
  - now constructor.
Qed.

Lemma Cells_drain_items i sh : Cells sh -> Cells (drain_items i sh).
Proof.
  intros [P I E D V NL]. split; fields; auto.
  - rewrite cells_of_app, cells_of_tag, <- app_assoc. rewrite P. apply Permutation_app_head.
    apply split_cells.
  - rewrite cells_of_app, cells_of_tag, items_of_app, items_of_map, items_of_sentinels, app_nil_r. auto.
  - intros j c H. apply in_app_or in H as [H|H]; eauto. apply in_tag in H as [H _]; discriminate.
  - intros C j c H. apply in_app_or in H as [H|H]; [eapply D; eauto|].
    apply in_tag in H as [_ H]. apply in_map_iff in H as (a & <- & _). eauto.
  - intros Z. now rewrite (NL Z).
Qed.

Lemma Cells_recount h n sh : (h <> TaskGuard -> 0 < n) -> Cells sh -> Cells (recount h n sh).
Proof.
  intros N [P I E D V NL].
  assert (N' : h = TaskGuard \/ 0 < n) by (destruct h; auto; right; apply N; discriminate).
  destruct h; split; fields; auto; intros; destruct N' as [N'|N']; try discriminate; try lia;
    intuition.
Qed.

Lemma Cells_recount_last h n sh : closed sh = true -> queue sh = [] \/ h = SenderHandle ->
  Cells sh -> Cells (recount h n sh).
Proof.
  intros C Q [P I E D V NL].
  destruct h; split; fields; auto; try (intros; congruence); destruct Q; auto; discriminate.
Qed.

(** ** Every attempt keeps the history *)

Lemma attempt_cells i hd o sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> Cells sh -> Cells sh'.
Proof.
  intros H HC.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- _ _ _;
      auto using Cells_hand_back, Cells_push.
  - unfold force_send in H. cases_of H; injection H as <- _ _ _;
      eauto using Cells_hand_back, Cells_push, Cells_evict.
    apply Cells_push; [|eauto using Cells_evict].
    match goal with K : evict _ _ = Some _ |- _ => rewrite (evict_closed _ _ _ K) end. auto.
  - unfold send_sentinels in H. cases_of H; injection H as <- _ _ _; auto using Cells_push.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ _ _; auto using Cells_take.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ _ _; auto using Cells_take.
  - injection H as <- _ _ _. auto using Cells_close.
  - injection H as <- _ _ _. apply Cells_drain; auto using Cells_close.
  - unfold clone_handle in H. destruct (Nat.eqb_spec (count h sh) 0);
      [now injection H as <- _ _ _|].
    destruct h; injection H as <- _ _ _; auto;
      [apply (Cells_recount SenderHandle _ sh)|apply (Cells_recount ReceiverHandle _ sh)];
      auto; intros; lia.
  - unfold drop_handle in H. destruct (owns h hd =? 0); [now injection H as <- _ _ _|].
    destruct h, (count _ sh - 1) eqn:E; injection H as <- _ _ _.
    + apply (Cells_recount_last SenderHandle 0 (close sh)); auto using Cells_close.
    + apply (Cells_recount SenderHandle _ sh); auto; lia.
    + apply (Cells_recount_last ReceiverHandle 0 (drain i (close sh))); auto.
      apply Cells_drain; auto using Cells_close.
    + apply (Cells_recount ReceiverHandle _ sh); auto; lia.
    + apply (Cells_recount TaskGuard _ sh); auto; congruence.
    + apply (Cells_recount TaskGuard _ sh); auto; congruence.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ _; auto.
  - unfold send_sentinels_front in H. cases_of H; injection H as <- _ _ _; auto using Cells_push_front.
  - injection H as <- _ _ _. auto using Cells_drain_items.
  - unfold leave_if_idle, is_idle in H.
    destruct (queue sh) eqn:Q; [|rewrite orb_true_r in H; now injection H as <- _ _ _].
    destruct (owns ReceiverHandle hd =? 0); [now injection H as <- _ _ _|].
    destruct (Nat.ltb_spec 1 (receivers sh)).
    + injection H as <- _ _ _. apply (Cells_recount ReceiverHandle _ sh); auto. intros. lia.
    + destruct (closed sh) eqn:C; injection H as <- _ _ _; auto.
      apply (Cells_recount_last ReceiverHandle _ sh); auto.
  - unfold upgrade in H. destruct (Nat.ltb_spec 0 (count u sh)); [|destruct u; now injection H as <- _ _ _].
    destruct u; injection H as <- _ _ _; auto;
      [apply (Cells_recount SenderHandle _ sh)|apply (Cells_recount ReceiverHandle _ sh)];
      auto; intros; lia.
  - unfold put_task_back in H. destruct (_ =? 0); [injection H as <- _ _ _; auto using Cells_hand_back|].
    destruct (closed sh) eqn:C; injection H as <- _ _ _; auto using Cells_hand_back.
    apply (Cells_recount TaskGuard _ (push [Item p] sh)); [congruence|auto using Cells_push].
Qed.

(** ** Order *)

(** What receivers took, followed by what is queued. *)
Definition order sh : list (cell A) := cells_of (received (removed sh)) ++ queue sh.

(** [l] is in the order of [l'], in which more may stand, but for at most [n] sentinels. *)
Definition in_order_but (n : nat) (l l' : list (cell A)) : Prop :=
  exists m k, m <= n /\ leaving_out m k l /\ subsequence k l'.

Lemma leaving_out_refl : forall l : list (cell A), leaving_out 0 l l.
Proof. induction l; constructor; auto. Qed.

Lemma leaving_out_app n (k l : list (cell A)) m k' l' :
  leaving_out n k l -> leaving_out m k' l' -> leaving_out (n + m) (k ++ k') (l ++ l').
Proof. induction 1; simpl; auto; constructor; auto. Qed.

Lemma leaving_out_none n (k l : list (cell A)) : leaving_out n k l -> n = 0 -> k = l.
Proof. induction 1; intros Z; auto; [f_equal; auto|discriminate]. Qed.

Lemma leaving_out_insert m : forall p n (k q : list (cell A)), leaving_out n k (p ++ q) ->
  leaving_out (n + m) k (p ++ repeat Sentinel m ++ q).
Proof.
  induction p as [|x p IH]; simpl; intros n k q H.
  - induction m as [|m IH]; simpl; [now rewrite Nat.add_0_r|].
    rewrite Nat.add_succ_r. now constructor.
  - inversion H; subst; simpl; constructor; auto.
Qed.

Lemma leaving_out_sub (l' l : list (cell A)) : subsequence l' l -> forall n k, leaving_out n k l ->
  exists m k', m <= n /\ leaving_out m k' l' /\ subsequence k' k.
Proof.
  induction 1 as [l|x l l' S IH|x l l' S IH]; intros n k H.
  - exists 0, []. repeat split; [lia|constructor|constructor].
  - inversion H as [|n0 x0 k0 l0 K|n0 k0 l0 K]; subst; destruct (IH _ _ K) as (m & k' & L & Q & P).
    + exists m, (x :: k'). repeat split; auto; constructor; auto.
    + exists (Datatypes.S m), k'. repeat split; [lia|constructor; auto|auto].
  - inversion H as [|n0 x0 k0 l0 K|n0 k0 l0 K]; subst; destruct (IH _ _ K) as (m & k' & L & Q & P);
      exists m, k'; repeat split; auto; try lia. now constructor.
Qed.

Lemma in_order_sub n (l l' a : list (cell A)) : subsequence l' l -> in_order_but n l a ->
  in_order_but n l' a.
Proof.
  intros S (m & k & L & Q & P). destruct (leaving_out_sub _ _ S _ _ Q) as (m' & k' & L' & Q' & P').
  exists m', k'. split; [lia|]. split; auto. eapply sub_trans; eauto.
Qed.

Lemma in_order_push n (l a x : list (cell A)) : in_order_but n l a -> in_order_but n (l ++ x) (a ++ x).
Proof.
  intros (m & k & L & Q & P). exists m, (k ++ x). split; auto. split.
  - rewrite <- (Nat.add_0_r m). apply leaving_out_app; auto using leaving_out_refl.
  - apply sub_app; auto. apply sub_refl.
Qed.

Lemma in_order_front n m (p q a x : list (cell A)) : in_order_but n (p ++ q) a ->
  in_order_but (n + m) (p ++ repeat Sentinel m ++ q) (a ++ x).
Proof.
  intros (m' & k & L & Q & P). exists (m' + m), k. split; [lia|].
  split; [now apply leaving_out_insert|]. rewrite <- (app_nil_r k). apply sub_app; auto. constructor.
Qed.

Lemma order_take i k new sh : order (take i k new sh) = order sh.
Proof.
  unfold order. fields.
  rewrite received_app, received_tag, cells_of_app, cells_of_tag, <- app_assoc, firstn_skipn. auto.
Qed.

Lemma order_push l sh : order (push l sh) = order sh ++ l.
Proof. unfold order. fields. apply app_assoc. Qed.

Lemma order_drain i sh : subsequence (order (drain i sh)) (order sh).
Proof.
  unfold order. fields. rewrite received_app, received_tag, app_nil_r, app_nil_r.
  rewrite <- (app_nil_r (cells_of (received (removed sh)))) at 1.
  apply sub_app; [apply sub_refl|constructor].
Qed.

Lemma order_evict i sh sh' : evict i sh = Some sh' ->
  subsequence (order sh') (order sh) /\ accepted sh' = accepted sh.
Proof.
  unfold evict. destruct (split_oldest (queue sh)) as [[a q]|] eqn:Q; [|discriminate].
  intros [= <-]. destruct (split_oldest_cells _ _ _ Q) as [_ Q3]. unfold order. fields.
  rewrite received_app. simpl. rewrite app_nil_r. split; auto. apply sub_app; auto. apply sub_refl.
Qed.

Lemma attempt_in_order i hd o sh sh' next hd' seen n :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  in_order_but n (order sh) (accepted sh) ->
  in_order_but (n + fronts (say i seen)) (order sh') (accepted sh').
Proof.
  intros H HO.
  assert (Z : fronts (say i seen) = 0 -> in_order_but n (order sh') (accepted sh') ->
              in_order_but (n + fronts (say i seen)) (order sh') (accepted sh'))
    by (intros ->; now rewrite Nat.add_0_r).
  assert (PU : forall x l, in_order_but n (order x) (accepted x) ->
               in_order_but n (order (push l x)) (accepted (push l x)))
    by (intros x l K; rewrite order_push; now apply in_order_push).
  assert (DR : forall x : shared A, fronts (say i (drained x)) = 0)
    by (intros x; unfold drained; destruct (queue x); reflexivity).
  destruct o as [d b|a|c|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
  - unfold force_send in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
    match goal with K : evict _ _ = Some _ |- _ => apply order_evict in K as [K1 K2] end.
    apply PU. rewrite K2. eapply in_order_sub; eauto.
  - unfold send_sentinels in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto;
      rewrite order_take; auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto;
      rewrite order_take; auto.
  - injection H as <- _ _ <-. apply Z; [reflexivity|auto].
  - injection H as <- _ _ <-. apply Z; [apply DR|]. eapply in_order_sub; [apply order_drain|auto].
  - unfold clone_handle in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- _ _ <-; apply Z; auto|].
    destruct h, (_ - 1) in H; injection H as <- _ _ <-;
      try (apply Z; [destruct (closed sh); reflexivity|auto]; fail).
    apply Z.
    + destruct (closed sh); [apply (DR sh)|apply (DR sh)].
    + eapply in_order_sub; [apply (order_drain i (close (recount ReceiverHandle 0 sh)))|auto].
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
  - unfold send_sentinels_front in H. destruct (closed sh); injection H as <- _ _ <-;
      [apply Z; [reflexivity|auto]|].
    change (fronts (say i [PushSentinelsFront m])) with (m + 0). rewrite (Nat.add_0_r m).
    unfold order in *. fields. now apply in_order_front.
  - injection H as <- _ _ <-. apply Z; [unfold drained_items; destruct (items sh); reflexivity|].
    eapply in_order_sub; [|exact HO]. unfold order. fields.
    rewrite received_app, received_tag, app_nil_r. apply sub_app; [apply sub_refl|apply split_cells].
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ <-; (apply Z; [reflexivity|]); auto.
  - unfold put_task_back in H. destruct (_ =? 0); [injection H as <- _ _ <-; apply Z; [reflexivity|auto]|].
    destruct (closed sh); injection H as <- _ _ <-; (apply Z; [reflexivity|]); [auto|].
    exact (PU sh [Item p] HO).
Qed.

Lemma attempt_closed i hd o sh sh' next hd' seen : closed sh = true ->
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  closed sh' = true /\ accepted sh' = accepted sh.
Proof.
  intros HC H.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send in H. rewrite HC in H. cases_of H; injection H as <- _ _ _; auto.
  - unfold force_send in H. rewrite HC in H. injection H as <- _ _ _; auto.
  - unfold send_sentinels in H. rewrite HC in H. injection H as <- _ _ _; auto.
  - unfold receive in H. rewrite HC in H. cases_of H; injection H as <- _ _ _; auto.
  - unfold receive in H. rewrite HC in H. cases_of H; injection H as <- _ _ _; auto.
  - injection H as <- _ _ _. auto.
  - injection H as <- _ _ _. auto.
  - unfold clone_handle in H. cases_of H; injection H as <- _ _ _; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- _ _ _; auto|].
    destruct h, (_ - 1); injection H as <- _ _ _; auto.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ _; auto.
  - unfold send_sentinels_front in H. rewrite HC in H. injection H as <- _ _ _; auto.
  - injection H as <- _ _ _. auto.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ _; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ _; auto.
  - unfold put_task_back in H. rewrite HC in H. destruct (_ =? 0); injection H as <- _ _ _; auto.
Qed.

(** ** Items offered *)

Definition given sh : list A := items_of (accepted sh) ++ returned sh.

Lemma attempt_offer i hd o sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  Permutation (given sh ++ offered [o]) (given sh' ++ offered next).
Proof.
  unfold given. intros H.
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. simpl. rewrite app_nil_r.
    destruct (Nat.eqb_spec (length b) 0) as [Z|Z].
    { injection H as <- <- _ _. destruct b; [auto|discriminate]. }
    assert (HB : forall sh, Permutation ((items_of (accepted sh) ++ returned sh) ++ b)
                  ((items_of (accepted (hand_back b sh)) ++ returned (hand_back b sh)) ++ [])).
    { intros x. fields. rewrite app_nil_r, app_assoc. auto. }
    destruct (closed sh); [injection H as <- <- _ _; apply HB|].
    destruct (_ =? 0).
    { destruct d; try discriminate. injection H as <- <- _ _. apply HB. }
    set (k := fit capacity sh b) in *.
    assert (N : offered next = skipn k b).
    { injection H as _ <- _ _. destruct (Nat.eqb_spec (length (skipn k b)) 0) as [Q|Q]; simpl.
      - destruct (skipn k b); auto; discriminate.
      - now rewrite app_nil_r. }
    rewrite N. injection H as <- _ _ _. fields. rewrite items_of_app, items_of_map.
    rewrite <- (firstn_skipn k b) at 1. rewrite <- !app_assoc. apply Permutation_app_head.
    rewrite !app_assoc. apply Permutation_app_tail. apply Permutation_app_comm.
  - unfold force_send in H. simpl. destruct (closed sh).
    { injection H as <- <- _ _. simpl. rewrite app_nil_r, app_assoc. auto. }
    destruct (_ <? _).
    { injection H as <- <- _ _. simpl. rewrite items_of_app, app_nil_r, <- !app_assoc.
      apply Permutation_app_head. apply Permutation_app_comm. }
    unfold evict in H. destruct (split_oldest _) as [[x q]|];
      injection H as <- <- _ _; simpl; rewrite app_nil_r.
    + rewrite items_of_app, <- !app_assoc. apply Permutation_app_head. apply Permutation_app_comm.
    + rewrite app_assoc. auto.
  - unfold send_sentinels in H. cases_of H; injection H as <- <- _ _; auto.
    fields. rewrite items_of_app, items_of_sentinels, !app_nil_r. auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- <- _ _; auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- <- _ _; auto;
      destruct k; auto.
  - injection H as <- <- _ _. auto.
  - injection H as <- <- _ _. auto.
  - unfold clone_handle in H. cases_of H; injection H as <- <- _ _; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- <- _ _; auto|].
    destruct h, (_ - 1); injection H as <- <- _ _; auto.
  - unfold join, or_wait in H. cases_of H; injection H as <- <- _ _; auto.
  - unfold send_sentinels_front in H. cases_of H; injection H as <- <- _ _; auto.
    fields. rewrite items_of_app, items_of_sentinels, !app_nil_r. auto.
  - injection H as <- <- _ _. auto.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- <- _ _; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- <- _ _; auto.
  - unfold put_task_back in H. destruct (_ =? 0).
    { injection H as <- <- _ _. simpl. rewrite app_nil_r, app_assoc. auto. }
    destruct (closed sh); injection H as <- <- _ _; simpl.
    + rewrite app_nil_r, app_assoc. auto.
    + rewrite items_of_app, app_nil_r, <- !app_assoc. apply Permutation_app_head.
      apply Permutation_app_comm.
Qed.

(** ** Sentinels received: at most one for each receiving operation *)

Lemma sentinels_in_app (l l' : list (cell A)) :
  sentinels_in (l ++ l') = sentinels_in l + sentinels_in l'.
Proof. apply sum_app. Qed.

Lemma leading_no_sentinel : forall (q : list (cell A)) k, k <= leading q ->
  sentinels_in (firstn k q) = 0.
Proof.
  induction q as [|[a|] q IH]; intros [|k] H; simpl in *; auto; [|lia].
  apply IH. lia.
Qed.

Lemma received_by_app i (l l' : list (way * nat * cell A)) :
  received_by i (l ++ l') = received_by i l ++ received_by i l'.
Proof. unfold received_by. now rewrite received_app, filter_app. Qed.

Lemma received_by_tag w i j (l : list (cell A)) : received_by j (tag w i l) =
  match w with Received => if i =? j then tag w i l else [] | _ => [] end.
Proof.
  unfold received_by. rewrite received_tag. destruct w; auto.
  unfold tag. destruct (Nat.eqb_spec i j) as [->|N]; induction l; simpl; auto.
  - rewrite Nat.eqb_refl. now f_equal.
  - destruct (Nat.eqb_spec i j); [contradiction|auto].
Qed.

(** The cells a thread received in one attempt hold no more sentinels than its
    operation is a receiving one, and then it is over. *)
Lemma attempt_received i hd o sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  exists l l', removed sh' = removed sh ++ l ++ tag Received i l' /\ received l = [] /\
    sentinels_in l' + receives next <= receives [o].
Proof.
  intros H.
  assert (N : forall x : list (op A), removed sh' = removed sh -> receives next <= receives x ->
     exists l l', removed sh' = removed sh ++ l ++ tag Received i l' /\ received l = [] /\
       sentinels_in l' + receives next <= receives x).
  { intros x -> R. exists [], []. simpl. rewrite app_nil_r. auto. }
  destruct o as [d b|a|n|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- <- _ _; apply N; auto.
  - unfold force_send in H. destruct (closed sh); [injection H as <- <- _ _; apply N; auto|].
    destruct (_ <? _); [injection H as <- <- _ _; apply N; auto|].
    unfold evict in H. destruct (split_oldest _) as [[x q]|];
      injection H as <- <- _ _; [|apply N; auto].
    exists (tag Evicted i [Item x]), []. cbn. auto.
  - unfold send_sentinels in H. cases_of H; injection H as <- <- _ _; apply N; auto.
  - unfold receive, or_wait in H. destruct (queue sh) as [|[x|] q] eqn:Q.
    + destruct (closed sh); [|destruct d; try discriminate]; injection H as <- <- _ _;
        apply N; auto; cbn; lia.
    + injection H as <- <- _ _. eexists [], _. cbn -[firstn leading Nat.min]. split; [reflexivity|].
      rewrite leading_no_sentinel by (rewrite Q; cbn [leading]; lia). auto.
    + injection H as <- <- _ _. eexists [], _. cbn -[firstn leading Nat.min]. split; [reflexivity|].
      rewrite Q. auto.
  - unfold receive, or_wait in H. destruct (queue sh) as [|[x|] q] eqn:Q.
    + destruct (closed sh); [|discriminate]; injection H as <- <- _ _; apply N; auto; cbn; lia.
    + injection H as <- <- _ _. eexists [], _. cbn -[firstn leading Nat.min]. split; [reflexivity|].
      rewrite leading_no_sentinel by (rewrite Q; cbn [leading]; lia). split; auto. destruct k; auto.
    + injection H as <- <- _ _. eexists [], _. cbn -[firstn leading Nat.min]. split; [reflexivity|].
      rewrite Q. auto.
  - injection H as <- <- _ _. apply N; auto.
  - injection H as <- <- _ _. eexists (tag Drained i _), []. cbn. split; [|split; auto].
    + now rewrite app_nil_r.
    + apply received_tag.
  - unfold clone_handle in H. cases_of H; injection H as <- <- _ _; apply N; auto.
  - unfold drop_handle in H. destruct (_ =? 0); [injection H as <- <- _ _; apply N; auto|].
    destruct h, (_ - 1); injection H as <- <- _ _; try (apply N; auto; fail).
    eexists (tag Drained i _), []. cbn. split; [|split; auto].
    + now rewrite app_nil_r.
    + apply received_tag.
  - unfold join, or_wait in H. cases_of H; injection H as <- <- _ _; apply N; auto.
  - unfold send_sentinels_front in H. cases_of H; injection H as <- <- _ _; apply N; auto.
  - injection H as <- <- _ _. eexists (tag Drained i _), []. cbn. split; [|split; auto].
    + now rewrite app_nil_r.
    + apply received_tag.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- <- _ _; apply N; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- <- _ _; apply N; auto.
  - unfold put_task_back in H. destruct (_ =? 0), (closed sh); injection H as <- <- _ _; apply N; auto.
Qed.

(** ** Handles and tasks *)

Definition owned (h : handle) TH : nat := sum (fun t => owns h (holds t)) TH.

Lemma owns_own h k n hd : owns k (own h n hd) = if handle_eq_dec h k then n else owns k hd.
Proof. destruct h, k; simpl; auto. Qed.

Lemma attempt_handles i hd o sh sh' next hd' seen h :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> owns h hd <= count h sh ->
  count h sh' + owns h hd = count h sh + owns h hd'.
Proof.
  intros H HO.
  destruct o as [d b|a|n|d l k|k| | |g|g|to g|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- _ <- _; destruct h; auto.
  - unfold force_send, evict in H. cases_of H; injection H as <- _ <- _;
      repeat match goal with K : match _ with _ => _ end = Some _ |- _ => cases_of K;
        injection K as <- end; destruct h; auto.
  - unfold send_sentinels in H. cases_of H; injection H as <- _ <- _; destruct h; auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ <- _; destruct h; cbn; lia.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ <- _; destruct h; cbn; lia.
  - injection H as <- _ <- _; destruct h; auto.
  - injection H as <- _ <- _; destruct h; auto.
  - unfold clone_handle in H. cases_of H; injection H as <- _ <- _; destruct h; cbn in *; lia.
  - unfold drop_handle in H. destruct (Nat.eqb_spec (owns g hd) 0);
      [injection H as <- _ <- _; lia|].
    destruct g, (_ - 1) eqn:E in H; injection H as <- _ <- _; destruct h; cbn in *; lia.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ <- _; auto.
  - unfold send_sentinels_front in H. cases_of H; injection H as <- _ <- _; destruct h; auto.
  - injection H as <- _ <- _; destruct h; auto.
  - unfold leave_if_idle in H. destruct (Nat.eqb_spec (owns ReceiverHandle hd) 0);
      [injection H as <- _ <- _; auto|].
    destruct (negb _); injection H as <- _ <- _; auto. destruct h; cbn in *; lia.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ <- _; destruct h; cbn in *; lia.
  - unfold put_task_back in H. destruct (Nat.eqb_spec (owns TaskGuard hd) 0);
      [injection H as <- _ <- _; destruct h; auto|].
    destruct (closed sh); injection H as <- _ <- _; destruct h; cbn in *; lia.
Qed.

Lemma begun_app l l' : begun (l ++ l') = begun l + begun l'.
Proof. apply sum_app. Qed.

Lemma ended_app l l' : ended (l ++ l') = ended l + ended l'.
Proof. apply sum_app. Qed.

Lemma say_app i l l' : say i (l ++ l') = say i l ++ say i l'.
Proof. apply map_app. Qed.

Lemma attempt_tasks i hd o sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen -> owns TaskGuard hd <= unfinished sh ->
  unfinished sh + begun (say i seen) = unfinished sh' + ended (say i seen).
Proof.
  intros H HO.
  destruct o as [d b|a|n|d l k|k| | |g|g|to g|d|l|m| | |u|p]; simpl in H; try discriminate.
  - unfold send, or_wait in H. cases_of H; injection H as <- _ _ <-; auto.
  - unfold force_send, evict in H. cases_of H; injection H as <- _ _ <-; auto;
      repeat match goal with K : match _ with _ => _ end = Some _ |- _ => cases_of K;
        injection K as <- end; auto.
  - unfold send_sentinels in H. cases_of H; injection H as <- _ _ <-; auto.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ _ <-; cbn;
      try destruct k; cbn; lia.
  - unfold receive, or_wait in H. cases_of H; injection H as <- _ _ <-; cbn;
      try destruct k; cbn; lia.
  - injection H as <- _ _ <-; auto.
  - injection H as <- _ _ <-. unfold drained. cbn. destruct (queue sh); cbn; lia.
  - unfold clone_handle in H. cases_of H; injection H as <- _ _ <-; cbn; auto.
  - unfold drop_handle in H. destruct (Nat.eqb_spec (owns g hd) 0);
      [injection H as <- _ _ <-; auto|].
    destruct g, (_ - 1) eqn:E in H; injection H as <- _ _ <-; cbn in *;
      destruct (closed sh); unfold drained; try destruct (queue sh); cbn; lia.
  - unfold join, or_wait in H. cases_of H; injection H as <- _ _ <-; auto.
  - unfold send_sentinels_front in H. cases_of H; injection H as <- _ _ <-; auto.
  - injection H as <- _ _ <-. unfold drained_items. cbn. destruct (items sh); cbn; lia.
  - unfold leave_if_idle in H. destruct (_ || _); injection H as <- _ _ <-; auto.
  - unfold upgrade in H. destruct (_ <? _), u; injection H as <- _ _ <-; auto.
  - unfold put_task_back in H. destruct (Nat.eqb_spec (owns TaskGuard hd) 0);
      [injection H as <- _ _ <-; auto|].
    destruct (closed sh); injection H as <- _ _ <-; cbn in *; lia.
Qed.

Lemma fronts_app l l' : fronts (l ++ l') = fronts l + fronts l'.
Proof. apply sum_app. Qed.

Lemma fronts_calls i nt TH sh x b : fronts (say i (all_calls capacity sh nt TH)) = 0 /\
  fronts (say i (back x b)) = 0.
Proof.
  assert (C : forall sd, fronts (say i (calls capacity sd sh nt TH)) = 0).
  { intros sd. unfold calls. destruct (_ && _); auto.
    induction (due capacity sd sh nt TH); simpl; auto. }
  unfold all_calls. rewrite !say_app, !fronts_app, !C. split; auto. destruct x; reflexivity.
Qed.

(** Wakeups, waits and notifications are not about tasks. *)
Lemma begun_calls i nt TH sh x b : begun (say i (all_calls capacity sh nt TH)) = 0 /\
  ended (say i (all_calls capacity sh nt TH)) = 0 /\
  begun (say i (back x b)) = 0 /\ ended (say i (back x b)) = 0.
Proof.
  assert (C : forall sd, begun (say i (calls capacity sd sh nt TH)) = 0 /\
                         ended (say i (calls capacity sd sh nt TH)) = 0).
  { intros sd. unfold calls. destruct (_ && _); auto.
    induction (due capacity sd sh nt TH); simpl; auto. }
  unfold all_calls. rewrite !say_app, !begun_app, !ended_app.
  destruct (C NotEmpty), (C NotFull), (C AllDone). repeat split; try lia; destruct x; reflexivity.
Qed.

(** ** All of it, along every execution *)

Record Hist (c : crew A) s : Prop := {
  cells : Cells (shared_of s);
  in_order : in_order_but (fronts (log s)) (order (shared_of s)) (accepted (shared_of s));
  offers : Permutation (flat_map (fun m => offered (snd m)) c)
             (given (shared_of s) ++ flat_map (fun t => offered (program t)) (threads s));
  handles : forall h, count h (shared_of s) = owned h (threads s);
  tasks_reported : sum (fun m => held_tasks (fst m)) c + begun (log s) =
               unfinished (shared_of s) + ended (log s);
  sentinels_all : sentinels_out (shared_of s) + sum (fun t => receives (program t)) (threads s)
                  <= sum (fun m => receives (snd m)) c;
  sentinels_each : forall j t, nth_error (threads s) j = Some t ->
    exists m, nth_error c j = Some m /\
      sentinels_by j (shared_of s) + receives (program t) <= receives (snd m)
}.

Lemma Hist_init c : Hist c (init c).
Proof.
  split.
  - unfold init. cbn [shared_of]. split; fields; auto; try contradiction.
    intros H. apply orb_false_iff in H as [H1 H2].
    apply Nat.eqb_neq in H1, H2. lia.
  - exists 0, []. split; [auto|]. split; constructor.
  - unfold given. cbn. induction c as [|m c IH]; simpl; auto. now apply Permutation_app_head.
  - intros h. unfold owned, init. cbn [threads]. rewrite sum_map. destruct h; reflexivity.
  - cbn. lia.
  - unfold init. cbn [threads]. rewrite sum_map. cbn. auto.
  - intros j t H. unfold init in H. cbn [threads] in H. rewrite nth_error_map in H.
    destruct (nth_error c j) as [m|]; [|discriminate]. injection H as <-. exists m. auto.
Qed.

Lemma receives_app (l l' : list (op A)) : receives (l ++ l') = receives l + receives l'.
Proof. apply sum_app. Qed.

Lemma offered_app (l l' : list (op A)) : offered (l ++ l') = offered l ++ offered l'.
Proof. apply flat_map_app. Qed.

(** Steps that leave the shared state alone but for handing items back, and one
    thread's receiving operations. *)
Lemma Hist_quiet c sh nt TH L sh' nt' TH' L' l : Hist c (State sh nt TH L) ->
  sh' = hand_back l sh -> begun L' = begun L -> ended L' = ended L -> fronts L' = fronts L ->
  (forall h, owned h TH' = owned h TH) ->
  Permutation (flat_map (fun t => offered (program t)) TH)
              (l ++ flat_map (fun t => offered (program t)) TH') ->
  sum (fun t => receives (program t)) TH' <= sum (fun t => receives (program t)) TH ->
  (forall j t', nth_error TH' j = Some t' -> exists t, nth_error TH j = Some t /\
                receives (program t') <= receives (program t)) ->
  Hist c (State sh' nt' TH' L').
Proof.
  intros [C IO O H T S E] -> B1 B2 B3 OW P S1 S2. cbn [shared_of threads log] in *.
  split; cbn [shared_of threads log]; auto using Cells_hand_back.
  - rewrite B3. exact IO.
  - rewrite O. unfold given. fields. rewrite P. rewrite <- !app_assoc. auto.
  - intros h. rewrite OW, <- H. destruct h; reflexivity.
  - rewrite B1, B2. fields. lia.
  - unfold sentinels_out in *. fields. lia.
  - intros j t' Ht'. destruct (S2 _ _ Ht') as (t & Ht & R). destruct (E _ _ Ht) as (m & Hm & Q).
    exists m. split; auto. unfold sentinels_by in *. fields. lia.
Qed.

Lemma perm_offered TH i (t u : thread A) l : nth_error TH i = Some t ->
  Permutation (offered (program t)) (l ++ offered (program u)) ->
  Permutation (flat_map (fun t => offered (program t)) TH)
              (l ++ flat_map (fun t => offered (program t)) (upd TH i u)).
Proof.
  intros H P. apply (flat_map_upd (fun t => offered (program t)) TH i t u [] l); auto.
Qed.

Lemma hand_back_nil sh : hand_back [] sh = sh.
Proof. destruct sh. unfold hand_back. cbn. now rewrite app_nil_r. Qed.

Lemma Hist_wakened c sh nt TH L nt' TH' : Hist c (State sh nt TH L) -> wakened TH TH' ->
  Hist c (State sh nt' TH' L).
Proof.
  intros [C IO O H T S E] W. split; cbn [shared_of threads log] in *; auto.
  - replace (flat_map (fun t => offered (program t)) TH')
      with (flat_map (fun t => offered (program t)) TH); auto.
    rewrite !flat_map_concat_map. f_equal. symmetry. eapply wakened_map; eauto.
    intros t1 t2 E1 E2. now rewrite E1.
  - intros h. rewrite H. unfold owned. symmetry.
    apply (wakened_sum _ _ (fun t => owns h (holds t)) W). intros t1 t2 E1 E2. now rewrite E2.
  - rewrite (wakened_sum _ _ (fun t => receives (program t)) W); auto.
    intros t1 t2 E1 E2. now rewrite E1.
  - intros j t' Ht'. destruct (wakened_nth' _ _ W _ _ Ht') as (t & Ht & SW).
    apply woken_program in SW as [-> _]. auto.
Qed.

Ltac quiet x HH :=
  eapply Hist_quiet with (l := x);
  [exact HH|try (symmetry; apply hand_back_nil); try reflexivity|try reflexivity|
   try reflexivity|try reflexivity|..].

Lemma step_hist c k i s s' : step capacity k i s s' -> Hist c s -> Hist c s'.
Proof.
  intros Hs HH. destruct Hs.
  - (* a section that acts *)
    destruct HH as [C IO O HD T S E]. cbn [shared_of threads log] in *.
    assert (OW : forall h, owns h (holds t) <= count h sh).
    { intros h. rewrite HD. apply (sum_ge (fun t => owns h (holds t)) _ _ _ H). }
    apply settle_facts in H4 as (W & _).
    set (u := Thread Outside (next ++ r) hd') in *.
    destruct (attempt_received _ _ _ _ _ _ _ _ H2) as (l & l' & R1 & R2 & R3).
    assert (SB : forall j, sentinels_by j sh' =
                 sentinels_by j sh + if i =? j then sentinels_in l' else 0).
    { intros j. unfold sentinels_by. rewrite R1, !received_by_app, received_by_tag.
      unfold received_by at 2. rewrite R2. simpl. unfold cells_of. rewrite map_app.
      rewrite sentinels_in_app. destruct (i =? j); [|reflexivity].
      fold (cells_of (tag Received i l')). now rewrite cells_of_tag. }
    split; cbn [shared_of threads log].
    + eapply attempt_cells; eauto.
    + destruct (fronts_calls i (come_back (spot t) nt) (upd TH i u) sh' (spot t) timed_out)
        as (F1 & F2).
      rewrite fronts_app, !say_app, !fronts_app, F1, F2, Nat.add_0_r, Nat.add_0_l.
      eapply attempt_in_order; eauto.
    + rewrite O.
      replace (flat_map (fun t => offered (program t)) TH')
        with (flat_map (fun t => offered (program t)) (upd TH i u))
        by (rewrite !flat_map_concat_map; f_equal; symmetry; eapply wakened_map; eauto;
            intros t1 t2 E1 E2; now rewrite E1).
      apply (flat_map_upd (fun t => offered (program t)) TH i t u); auto. simpl. rewrite H0.
      change (o :: r) with ([o] ++ r). rewrite !offered_app, !app_assoc.
      apply Permutation_app_tail. eapply attempt_offer; eauto.
    + intros h. unfold owned.
      rewrite (wakened_sum _ _ (fun t => owns h (holds t)) W)
        by (intros t1 t2 E1 E2; now rewrite E2).
      pose proof (sum_upd (fun t => owns h (holds t)) _ _ _ u H) as K. simpl in K.
      pose proof (attempt_handles _ _ _ _ _ _ _ _ h H2 (OW h)) as Q.
      specialize (HD h). unfold owned in HD. lia.
    + pose proof (attempt_tasks _ _ _ _ _ _ _ _ H2 (OW TaskGuard)) as Q.
      rewrite !say_app, !begun_app, !ended_app.
      destruct (begun_calls i (come_back (spot t) nt) (upd TH i u) sh' (spot t) timed_out)
        as (-> & -> & -> & ->). lia.
    + rewrite (wakened_sum _ _ (fun t => receives (program t)) W)
        by (intros t1 t2 E1 E2; now rewrite E1).
      pose proof (sum_upd (fun t => receives (program t)) _ _ _ u H) as K. simpl in K.
      rewrite H0 in K. change (o :: r) with ([o] ++ r) in K. rewrite !receives_app in K.
      assert (SO : sentinels_out sh' = sentinels_out sh + sentinels_in l').
      { unfold sentinels_out. rewrite R1, !received_app, R2, received_tag.
        rewrite cells_of_app, sentinels_in_app. simpl. now rewrite cells_of_tag. }
      lia.
    + intros j v Hv. destruct (wakened_nth' _ _ W _ _ Hv) as (v0 & Hv0 & SW).
      apply woken_program in SW as [-> _]. rewrite SB.
      destruct (nth_upd _ _ _ _ _ _ H Hv0) as [[-> ->]|[N Hj]].
      * destruct (E _ _ H) as (m & Hm & Q). exists m. split; auto. rewrite Nat.eqb_refl.
        rewrite H0 in Q. change (o :: r) with ([o] ++ r) in Q. simpl program.
        rewrite receives_app in *. lia.
      * destruct (E _ _ Hj) as (m & Hm & Q). exists m. split; auto.
        destruct (Nat.eqb_spec i j); [congruence|lia].
  - (* sleep *)
    quiet (@nil A) HH.
    + rewrite begun_app, say_app, begun_app.
      destruct (begun_calls i nt TH sh (spot t) false) as (_ & _ & -> & _). cbn. lia.
    + rewrite ended_app, say_app, ended_app.
      destruct (begun_calls i nt TH sh (spot t) false) as (_ & _ & _ & ->). cbn. lia.
    + rewrite fronts_app, say_app, fronts_app.
      destruct (fronts_calls i nt TH sh (spot t) false) as (_ & ->). cbn. lia.
    + intros h. unfold owned. apply (sum_upd_same (fun t => owns h (holds t)) _ _ _ _ H). auto.
    + eapply perm_offered; eauto. simpl. rewrite H0. auto.
    + rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ H); auto. simpl. now rewrite H0.
    + intros j v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. simpl. rewrite H0. auto.
  - (* give *)
    set (t' := Thread Outside r (own h (owns h (holds t) - 1) (holds t))) in *.
    set (u' := Thread (spot u) (program u) (own h (owns h (holds u) + 1) (holds u))).
    assert (Hu : nth_error (upd TH i t') j = Some u) by (rewrite nth_upd_other; auto).
    quiet (@nil A) HH.
    + intros k. unfold owned.
      pose proof (sum_upd (fun t => owns k (holds t)) _ _ _ t' H) as K1.
      pose proof (sum_upd (fun t => owns k (holds t)) _ _ _ u' Hu) as K2.
      unfold t' at 2 in K1. unfold u' at 2 in K2. cbn [holds] in K1, K2.
      rewrite owns_own in K1, K2. destruct (handle_eq_dec h k); [subst|]; lia.
    + simpl. eapply Permutation_trans; [eapply (perm_offered TH i t t' []); eauto|].
      * simpl. rewrite H0. auto.
      * simpl. apply (perm_offered (upd TH i t') j u u' []); auto.
    + pose proof (sum_upd (fun t => receives (program t)) _ _ _ t' H) as K1.
      rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ Hu); auto.
      simpl in K1. rewrite H0 in K1. change (receives (Give j h :: r)) with (receives r) in K1. lia.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ Hu Hv) as [[-> ->]|[N Hj]].
      * exists u. auto.
      * destruct (nth_upd _ _ _ _ _ _ H Hj) as [[-> ->]|[N' Hj']]; eauto.
        exists t. simpl. rewrite H0. auto.
  - quiet (@nil A) HH.
    + intros k. unfold owned. apply (sum_upd_same (fun t => owns k (holds t)) _ _ _ _ H). auto.
    + eapply perm_offered; eauto. simpl. rewrite H0. auto.
    + rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ H); auto. simpl. now rewrite H0.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. simpl. rewrite H0. auto.
  - quiet (@nil A) HH.
    + intros k. unfold owned. apply (sum_upd_same (fun t => owns k (holds t)) _ _ _ _ H). auto.
    + eapply perm_offered; eauto. simpl. rewrite H0. auto.
    + rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ H); auto. simpl. now rewrite H0.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. simpl. rewrite H0. auto.
  - assert (EX : offered (expired o :: r) = offered (o :: r) /\
                 receives (expired o :: r) = receives (o :: r)) by (destruct o; auto).
    destruct EX as [EX1 EX2].
    quiet (@nil A) HH.
    + intros k. unfold owned. apply (sum_upd_same (fun t => owns k (holds t)) _ _ _ _ H).
      now rewrite wake_holds.
    + eapply perm_offered; eauto. rewrite wake_program. simpl program. rewrite EX1, H0. auto.
    + rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ H); auto.
      rewrite wake_program. simpl program. now rewrite EX2, H0.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. rewrite wake_program. simpl program. rewrite EX2, H0. auto.
  - quiet (@nil A) HH.
    + intros k. unfold owned. apply (sum_upd_same (fun t => owns k (holds t)) _ _ _ _ H).
      now rewrite wake_holds.
    + eapply perm_offered; eauto. now rewrite wake_program.
    + rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ H); auto.
      now rewrite wake_program.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. now rewrite wake_program.
  - assert (DR : forall l, offered (map (@Drop A) l) = [] /\ receives (map (@Drop A) l) = 0)
      by (induction l; simpl; auto).
    destruct (DR drops) as [D1 D2].
    quiet (offered (program t)) HH.
    + intros k. unfold owned. apply (sum_upd_same (fun t => owns k (holds t)) _ _ _ _ H). auto.
    + eapply perm_offered; eauto. simpl. rewrite D1, app_nil_r. auto.
    + pose proof (sum_upd (fun t => receives (program t)) _ _ _
                    (Thread Outside (map Drop drops) (holds t)) H) as K.
      simpl in K. rewrite D2 in K. lia.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. simpl. rewrite D2. split; auto. lia.
  - (* a waiter that is cancelled *)
    destruct (begun_calls i (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t)))
                (cancel o sh) Outside false) as (B1 & B2 & _).
    apply settle_facts in H2 as (W & _). apply (Hist_wakened c (cancel o sh) nt) with (2 := W).
    change (Cancel sd :: ?x) with ([Cancel sd] ++ x).
    assert (RC : receives (o :: r) = receives [o] + receives r) by apply (receives_app [o] r).
    quiet (offered [o]) HH.
    + rewrite begun_app, say_app, begun_app, B1. cbn. lia.
    + rewrite ended_app, say_app, ended_app, B2. cbn. lia.
    + rewrite fronts_app, say_app, fronts_app.
      destruct (fronts_calls i (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t)))
                  (cancel o sh) Outside false) as (-> & _). cbn. lia.
    + intros k. unfold owned. apply (sum_upd_same (fun t => owns k (holds t)) _ _ _ _ H). auto.
    + eapply perm_offered; eauto. cbn [program]. rewrite H0.
      rewrite <- (offered_app [o] r). apply Permutation_refl.
    + pose proof (sum_upd (fun t => receives (program t)) _ _ _ (Thread Outside r (holds t)) H) as K.
      cbn [program] in K. rewrite H0, RC in K. lia.
    + intros x v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. cbn [program]. rewrite H0, RC. split; auto. lia.
  - (* a waiter that looks in vain *)
    destruct (begun_calls i nt TH sh (spot t) false) as (_ & _ & B1 & B2).
    destruct (fronts_calls i nt TH sh (spot t) false) as (_ & B3).
    quiet (@nil A) HH.
    + rewrite begun_app, B1. lia.
    + rewrite ended_app, B2. lia.
    + rewrite fronts_app, B3. lia.
    + intros h. unfold owned. apply (sum_upd_same (fun t => owns h (holds t)) _ _ _ _ H). auto.
    + eapply perm_offered; eauto. simpl. rewrite H0. auto.
    + rewrite (sum_upd_same (fun t => receives (program t)) _ _ _ _ H); auto. simpl. now rewrite H0.
    + intros j v Hv. destruct (nth_upd _ _ _ _ _ _ H Hv) as [[-> ->]|[N Hj]]; eauto.
      exists t. simpl. rewrite H0. auto.
Qed.

Theorem reachable_hist c s : reachable capacity c s -> Hist c s.
Proof.
  intros [ks H]. remember (init c) as s0. induction H; subst.
  - apply Hist_init.
  - eapply step_hist; eauto.
Qed.

(** ** Sentinels in front, and only those that programs send *)

Definition to_front (l : list (op A)) : nat :=
  sum (fun o => match o with SendSentinelsFront n => n | _ => 0 end) l.

Lemma to_front_app (l l' : list (op A)) : to_front (l ++ l') = to_front l + to_front l'.
Proof. apply sum_app. Qed.

Lemma attempt_fronts i hd o sh sh' next hd' seen :
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  fronts (say i seen) + to_front next <= to_front [o].
Proof.
  intros H. destruct o as [d b|a|c|d l k|k| | |h|h|to h|d|l|m| | |u|p]; simpl in H; try discriminate;
    unfold send, force_send, send_sentinels, send_sentinels_front, leave_if_idle, upgrade, put_task_back, receive, clone_handle, drop_handle,
      join, or_wait, after_item, drained, drained_items in H; cases_of H; injection H as _ <- _ <-; cbn; auto; lia.
Qed.

Lemma step_fronts k i s s' : step capacity k i s s' ->
  fronts (log s') + sum (fun t => to_front (program t)) (threads s') <=
  fronts (log s) + sum (fun t => to_front (program t)) (threads s).
Proof.
  intros Hs.
  assert (CUT : forall o r, to_front (o :: r) = to_front [o] + to_front r)
    by (intros o r; apply (to_front_app [o] r)).
  assert (UPD : forall TH i t u, nth_error TH i = Some t -> to_front (program u) <= to_front (program t) ->
    sum (fun t => to_front (program t)) (upd TH i u) <= sum (fun t => to_front (program t)) TH).
  { intros TH j t u H L. pose proof (sum_upd (fun t => to_front (program t)) _ _ _ u H) as E.
    cbn beta in E. lia. }
  destruct Hs; cbn [log threads].
  - destruct (fronts_calls i (come_back (spot t) nt) (upd TH i (Thread Outside (next ++ r) hd')) sh'
                (spot t) timed_out) as (F1 & F2).
    apply settle_facts in H4 as (W & _).
    rewrite (wakened_sum _ _ (fun t => to_front (program t)) W) by (intros t1 t2 E1 E2; now rewrite E1).
    pose proof (sum_upd (fun t => to_front (program t)) _ _ _ (Thread Outside (next ++ r) hd') H) as E.
    cbn [program] in E. rewrite H0, to_front_app, CUT in E.
    apply attempt_fronts in H2. rewrite !say_app, !fronts_app, F1, F2. lia.
  - destruct (fronts_calls i nt TH sh (spot t) false) as (_ & F2).
    rewrite say_app, !fronts_app, F2. cbn [say map]. unfold fronts at 2. cbn [sum snd].
    pose proof (UPD TH i t (Thread (Asleep sd) (o :: r) (holds t)) H) as E. cbn [program] in E.
    rewrite H0 in E. specialize (E (le_n _)). lia.
  - set (t' := Thread Outside r (own h (owns h (holds t) - 1) (holds t))).
    assert (Hu : nth_error (upd TH i t') j = Some u) by (rewrite nth_upd_other; auto).
    pose proof (UPD TH i t t' H) as E1. cbn [t' program] in E1. rewrite H0, CUT in E1.
    pose proof (UPD (upd TH i t') j u (Thread (spot u) (program u)
      (own h (owns h (holds u) + 1) (holds u))) Hu (le_n _)) as E2. lia.
  - pose proof (UPD TH i t (Thread Outside r (holds t)) H) as E. cbn [program] in E.
    rewrite H0, CUT in E. lia.
  - pose proof (UPD TH i t (Thread Outside r (holds t)) H) as E. cbn [program] in E.
    rewrite H0, CUT in E. lia.
  - pose proof (UPD TH i t (wake (Thread (spot t) (expired o :: r) (holds t))) H) as E.
    rewrite wake_program in E. cbn [program] in E. rewrite H0, !(CUT _ r) in E.
    assert (X : to_front [expired o] = to_front [o]) by (destruct o; reflexivity). lia.
  - pose proof (UPD TH i t (wake t) H) as E. rewrite wake_program in E. specialize (E (le_n _)). lia.
  - pose proof (UPD TH i t (Thread Outside (map Drop drops) (holds t)) H) as E. cbn [program] in E.
    assert (X : forall l, to_front (map (@Drop A) l) = 0) by (induction l; auto).
    rewrite X in E. lia.
  - destruct (fronts_calls i (give_up_wait sd nt) (upd TH i (Thread Outside r (holds t)))
                (cancel o sh) Outside false) as (F1 & _).
    apply settle_facts in H2 as (W & _).
    rewrite (wakened_sum _ _ (fun t => to_front (program t)) W) by (intros t1 t2 E1 E2; now rewrite E1).
    pose proof (UPD TH i t (Thread Outside r (holds t)) H) as E. cbn [program] in E.
    rewrite H0, CUT in E. change (Cancel sd :: ?x) with ([Cancel sd] ++ x).
    rewrite say_app, !fronts_app, F1. change (fronts (say i [Cancel sd])) with 0. lia.
  - destruct (fronts_calls i nt TH sh (spot t) false) as (_ & F2). rewrite fronts_app, F2.
    pose proof (UPD TH i t (Thread Outside (o :: r) (holds t)) H) as E. cbn [program] in E.
    rewrite H0 in E. specialize (E (le_n _)). lia.
Qed.

Theorem reachable_fronts c s : reachable capacity c s ->
  fronts (log s) + sum (fun t => to_front (program t)) (threads s) <=
  sum (fun m => to_front (snd m)) c.
Proof.
  intros [ks H]. remember (init c) as s0. induction H; subst.
  - unfold init. cbn [log threads]. now rewrite sum_map.
  - apply step_fronts in H0. specialize (IHrun eq_refl). lia.
Qed.

(** Where no sentinel was sent to the front, there is one order. *)
Lemma kept_in_order c s : Hist c s -> fronts (log s) = 0 ->
  subsequence (order (shared_of s)) (accepted (shared_of s)).
Proof.
  intros H Z. destruct (in_order _ _ H) as (m & k & L & Q & P). rewrite Z in L.
  apply leaving_out_none in Q; [now subst|lia].
Qed.

(** Closing is final, and nothing is accepted after it. *)
Theorem step_closed k i s s' : step capacity k i s s' -> closed (shared_of s) = true ->
  closed (shared_of s') = true /\ accepted (shared_of s') = accepted (shared_of s).
Proof.
  intros Hs C. destruct Hs; cbn [shared_of] in *; auto. eapply attempt_closed; eauto.
Qed.

End History.

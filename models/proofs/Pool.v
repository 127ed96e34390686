(** * The worker pool: producers, workers, sentinels, and an end.

    What becomes of the typical client: some producers send batches and drop their
    handle; some workers loop; a coordinator waits for the producers' end and,
    if it likes, for all work to be done, sends sentinels, and then keeps the queue
    open, closes it, or drops the last sender.
    Whatever the schedule, if there is an end for every thread then every thread
    comes to it, with every item received exactly once. *)

From Coq Require Import List Arith Lia Bool Permutation.
Import ListNotations.
From SentinelQueue Require Import Model Lists Invariant Progress Termination History.

(** What the coordinator does after the sentinels. *)
Inductive ending := KeepOpen | CloseIt | DropLast.

Section Pool.
Context {A : Type}.
Variable capacity : option nat.
Variable batches : list (list (list A)).   (* of each producer, what it sends  *)
Variable M K : nat.                        (* workers; sentinels               *)
Variable tasks : bool.                     (* whether workers take tasks       *)
Variable waits : bool.                     (* whether the coordinator joins    *)
Variable e : ending.

Notation N := (length batches).

Definition producer (bs : list (list A)) : list (op A) :=
  map (Send Never) bs ++ [Drop SenderHandle].

Definition epilogue : list (op A) :=
  match e with KeepOpen => [] | CloseIt => [CloseQueue] | DropLast => [Drop SenderHandle] end.

Definition coordinator : list (op A) :=
  JoinThreads (seq 0 N) :: (if waits then [Join Never] else []) ++ SendSentinels K :: epilogue.

Definition pool : crew A :=
  map (fun bs => (Held 1 0 0, producer bs)) batches ++
  repeat (Held 0 1 0, [Work tasks]) M ++ [(Held 1 0 0, coordinator)].

(** ** The shape of a pool on its way *)

Notation body := (prod (list (op A)) held).
Definition body_of (t : thread A) : body := (program t, holds t).

Definition to_receive (b : body) : nat := receives (fst b).
Definition to_drop (b : body) : nat := held_senders (snd b).

Definition producing (b : body) : Prop :=
  (exists bs, b = (producer bs, Held 1 0 0)) \/ b = ([], Held 0 0 0).

Definition working (b : body) : Prop :=
  held_senders (snd b) = 0 /\
  (fst b = [Work tasks] /\ held_tasks (snd b) = 0 \/
   fst b = [Drop TaskGuard; Work tasks] /\ held_tasks (snd b) = 1 \/
   fst b = [] /\ held_tasks (snd b) = 0).

Definition over (Ps : list body) : Prop := Forall (fun b => fst b = []) Ps.

(** How far the coordinator is, and how many sentinels have been accepted. *)
Inductive stage (sh : shared A) (Ps : list body) : nat -> body -> Prop :=
| at_start : closed sh = false -> stage sh Ps 0 (coordinator, Held 1 0 0)
| at_join : closed sh = false -> over Ps ->
    stage sh Ps 0 (Join Never :: SendSentinels K :: epilogue, Held 1 0 0)
| at_sentinels : closed sh = false -> over Ps ->
    stage sh Ps 0 (SendSentinels K :: epilogue, Held 1 0 0)
| at_epilogue : closed sh = false -> over Ps -> e <> KeepOpen ->
    stage sh Ps K (epilogue, Held 1 0 0)
| at_end hd : closed sh = match e with KeepOpen => false | _ => true end -> over Ps ->
    held_tasks hd = 0 -> stage sh Ps K ([], hd).

Definition shut (sh : shared A) : Prop := closed sh = true /\ queue sh = [].

Record Shape (sh : shared A) (Ps Ws : list body) (c : body) (xs : list A) (m : nat) : Prop := {
  lenP : length Ps = N;
  lenW : length Ws = M;
  allP : Forall producing Ps;
  allW : Forall working Ws;
  how_far : stage sh Ps m c;
  came_in : accepted sh = map Item xs ++ repeat Sentinel m;
  went_out : received (removed sh) = removed sh;
  none_back : returned sh = [];
  loops : M <= sum to_receive Ws + sentinels_out sh \/ shut sh;
  each : forall w b, nth_error Ws w = Some b ->
         sentinels_by (N + w) sh + receives (fst b) = 1 \/ shut sh
}.

Definition Pooled (sh : shared A) (B : list body) : Prop :=
  exists Ps Ws c xs m, B = Ps ++ Ws ++ [c] /\ Shape sh Ps Ws c xs m.

Lemma Pooled_intro sh Ps Ws c xs m : Shape sh Ps Ws c xs m -> Pooled sh (Ps ++ Ws ++ [c]).
Proof. intros H. exists Ps, Ws, c, xs, m. auto. Qed.

Lemma locate Ps Ws (c : body) i b : length Ps = N -> length Ws = M ->
  nth_error (Ps ++ Ws ++ [c]) i = Some b ->
  (nth_error Ps i = Some b /\
     forall y, upd (Ps ++ Ws ++ [c]) i y = upd Ps i y ++ Ws ++ [c]) \/
  (exists w, i = N + w /\ nth_error Ws w = Some b /\
     forall y, upd (Ps ++ Ws ++ [c]) i y = Ps ++ upd Ws w y ++ [c]) \/
  (b = c /\ forall y, upd (Ps ++ Ws ++ [c]) i y = Ps ++ Ws ++ [y]).
Proof.
  intros HP HW H. destruct (Nat.ltb_spec i N) as [L|G].
  - left. rewrite nth_error_app1 in H by lia. split; auto.
    intros y. rewrite upd_app, HP. destruct (Nat.ltb_spec i N); auto; lia.
  - right. rewrite nth_error_app2 in H by lia. rewrite HP in H.
    destruct (Nat.ltb_spec (i - N) M) as [L2|G2].
    + left. rewrite nth_error_app1 in H by lia. exists (i - N). repeat split; auto; [lia|].
      intros y. rewrite !upd_app, HP, HW. destruct (Nat.ltb_spec i N); [lia|].
      destruct (Nat.ltb_spec (i - N) M); auto; lia.
    + right. rewrite nth_error_app2 in H by lia. rewrite HW in H.
      destruct (i - N - M) as [|z] eqn:Z; [|destruct z; discriminate].
      simpl in H. injection H as <-. split; auto.
      intros y. rewrite !upd_app, HP, HW. destruct (Nat.ltb_spec i N); [lia|].
      destruct (Nat.ltb_spec (i - N) M); [lia|]. rewrite Z. auto.
Qed.

Lemma producer_cons bs o r : producer bs = o :: r ->
  (bs = [] /\ o = Drop SenderHandle /\ r = []) \/
  exists b bs', bs = b :: bs' /\ o = Send Never b /\ r = producer bs'.
Proof.
  destruct bs as [|b bs]; cbn; intros [= <- <-]; [left; auto|right; eauto].
Qed.

Lemma stage_early sh Ps m c i (b : body) : stage sh Ps m c -> nth_error Ps i = Some b ->
  fst b <> [] -> closed sh = false /\ m = 0 /\ c = (coordinator, Held 1 0 0).
Proof.
  intros S H E. assert (X : over Ps -> False).
  { intros O. apply E. exact (Forall_nth _ _ _ _ O H). }
  destruct S; auto; exfalso; auto.
Qed.

(** Where nothing changes but a producer's own program. *)
Lemma Shape_producer sh sh' Ps Ws c xs m i b b' l : Shape sh Ps Ws c xs m ->
  nth_error Ps i = Some b -> fst b <> [] -> producing b' ->
  closed sh' = false -> accepted sh' = accepted sh ++ map Item l -> removed sh' = removed sh ->
  returned sh' = returned sh -> Shape sh' (upd Ps i b') Ws c (xs ++ l) m.
Proof.
  intros [LP LW PP PW ST CI WO NB LO EA] H E P' C1 C2 C3 C4.
  destruct (stage_early _ _ _ _ _ _ ST H E) as (C & -> & ->).
  assert (NS : ~ shut sh) by (unfold shut; intros [? _]; congruence).
  split; auto.
  - now rewrite length_upd.
  - now apply Forall_upd.
  - now constructor.
  - rewrite C2, CI, map_app. simpl. now rewrite !app_nil_r.
  - now rewrite C3.
  - now rewrite C4.
  - left. unfold sentinels_out. rewrite C3. destruct LO; tauto.
  - intros w x Hx. left. unfold sentinels_by. rewrite C3. destruct (EA _ _ Hx); tauto.
Qed.

Lemma acts_producer sh Ps Ws c xs m i o r hd sh' next hd' seen : Shape sh Ps Ws c xs m ->
  nth_error Ps i = Some (o :: r, hd) -> 2 <= senders sh ->
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  exists l, Shape sh' (upd Ps i (next ++ r, hd')) Ws c (xs ++ l) m.
Proof.
  intros HS H S2 AT. pose proof (Forall_nth _ _ _ _ (allP _ _ _ _ _ _ HS) H) as P.
  destruct (stage_early _ _ _ _ _ _ (how_far _ _ _ _ _ _ HS) H) as (C & _ & _); [discriminate|].
  destruct P as [[bs P]|P]; [|discriminate]. injection P as P ->. symmetry in P.
  apply producer_cons in P as [(-> & -> & ->)|(b & bs' & -> & -> & ->)]; simpl in AT.
  - unfold drop_handle in AT. cbn in AT.
    destruct (senders sh - 1) eqn:SE; [lia|]. injection AT as <- <- <- _.
    exists []. eapply Shape_producer; eauto; try discriminate.
    + right. reflexivity.
    + cbn. now rewrite app_nil_r.
  - unfold send in AT. rewrite C in AT. destruct (_ =? 0).
    + injection AT as <- <- <- _. exists []. eapply Shape_producer; eauto; try discriminate.
      * left. exists bs'. reflexivity.
      * cbn. now rewrite app_nil_r.
    + destruct (_ =? 0); [discriminate|]. injection AT as <- <- <- _. eexists.
      eapply Shape_producer; eauto; try discriminate; fields; auto.
      destruct (_ =? 0); left; [exists bs'|eexists (_ :: bs')]; reflexivity.
Qed.

(** Where nothing comes in and the worker's receiving matches what went out. *)
Lemma Shape_worker sh sh' Ps Ws c xs m w b b' l : Shape sh Ps Ws c xs m ->
  nth_error Ws w = Some b -> working b' ->
  closed sh' = closed sh -> accepted sh' = accepted sh ->
  removed sh' = removed sh ++ tag Received (N + w) l -> returned sh' = returned sh ->
  (queue sh = [] -> queue sh' = []) ->
  sentinels_in l + receives (fst b') = receives (fst b) \/ shut sh' ->
  Shape sh' Ps (upd Ws w b') c xs m.
Proof.
  intros [LP LW PP PW ST CI WO NB LO EA] H W' C1 C2 C3 C4 C5 R.
  assert (SK : shut sh -> shut sh') by (unfold shut; rewrite C1; intros [? ?]; auto).
  assert (SO : sentinels_out sh' = sentinels_out sh + sentinels_in l).
  { unfold sentinels_out. rewrite C3, received_app, received_tag, cells_of_app, cells_of_tag.
    apply sentinels_in_app. }
  split; auto.
  - now rewrite length_upd.
  - now apply Forall_upd.
  - destruct ST; constructor; auto; congruence.
  - congruence.
  - rewrite C3, received_app, received_tag. now f_equal.
  - congruence.
  - destruct R as [R|R]; [|auto]. destruct LO as [LO|LO]; [left|auto].
    pose proof (sum_upd to_receive _ _ _ b' H) as K1. rewrite SO. unfold to_receive in *.
    lia.
  - intros x y Hy. unfold sentinels_by. rewrite C3, received_by_app, received_by_tag, cells_of_app,
      sentinels_in_app.
    destruct (nth_upd _ _ _ _ _ _ H Hy) as [[-> ->]|[NE Hx]].
    + rewrite Nat.eqb_refl, cells_of_tag. destruct R as [R|R]; auto.
      destruct (EA _ _ H) as [E1|E1]; auto. left. unfold sentinels_by in E1. lia.
    + destruct (Nat.eqb_spec (N + w) (N + x)); [lia|]. simpl.
      destruct (EA _ _ Hx) as [E1|E1]; auto. left. unfold sentinels_by in E1.
      change (sentinels_in (@nil (cell A))) with 0. lia.
Qed.

Lemma acts_worker sh Ps Ws c xs m w o r hd sh' next hd' seen : Shape sh Ps Ws c xs m ->
  nth_error Ws w = Some (o :: r, hd) ->
  attempt capacity (N + w) hd o sh = Acts sh' next hd' seen ->
  Shape sh' Ps (upd Ws w (next ++ r, hd')) c xs m.
Proof.
  intros HS H AT. pose proof (Forall_nth _ _ _ _ (allW _ _ _ _ _ _ HS) H) as [W1 W2].
  cbn [fst snd] in W1, W2.
  destruct W2 as [[W2 T]|[[W2 T]|[W2 _]]]; [| |discriminate]; injection W2 as -> ->;
    simpl in AT.
  - unfold receive in AT. destruct (queue sh) as [|[x|] q] eqn:Q.
    + destruct (closed sh) eqn:C; [|discriminate]. injection AT as <- <- <- _.
      eapply Shape_worker with (l := []); eauto.
      * split; simpl; auto.
      * now rewrite app_nil_r.
      * right. split; auto.
    + injection AT as <- <- <- _. eapply Shape_worker with (l := [Item x]); eauto; fields; auto.
      * split; cbn; auto. unfold after_item. rewrite T. destruct tasks; auto.
      * rewrite Q. reflexivity.
      * congruence.
      * left. destruct tasks; reflexivity.
    + injection AT as <- <- <- _. eapply Shape_worker with (l := [Sentinel]); eauto; fields; auto.
      * split; simpl; auto.
      * rewrite Q. reflexivity.
      * congruence.
  - unfold drop_handle in AT. simpl owns in AT. rewrite T in AT. simpl in AT.
    + injection AT as <- <- <- _. eapply Shape_worker with (l := []); eauto; fields; auto.
      * split; simpl; auto.
      * now rewrite app_nil_r.
Qed.

Lemma Shape_coordinator sh sh' Ps Ws c c' xs m m' : Shape sh Ps Ws c xs m ->
  stage sh' Ps m' c' -> accepted sh' = map Item xs ++ repeat Sentinel m' ->
  removed sh' = removed sh -> returned sh' = returned sh ->
  (shut sh -> shut sh') -> Shape sh' Ps Ws c' xs m'.
Proof.
  intros [LP LW PP PW ST CI WO NB LO EA] S' A' C3 C4 SK. split; auto.
  - now rewrite C3.
  - now rewrite C4.
  - unfold sentinels_out. rewrite C3. destruct LO; auto.
  - intros w b H. unfold sentinels_by. rewrite C3. destruct (EA _ _ H); auto.
Qed.

Lemma acts_coordinator sh Ps Ws xs m i o r hd sh' next hd' seen :
  Shape sh Ps Ws (o :: r, hd) xs m -> (over Ps -> senders sh = 1) ->
  attempt capacity i hd o sh = Acts sh' next hd' seen ->
  exists m', Shape sh' Ps Ws (next ++ r, hd') xs m'.
Proof.
  intros HS S1 AT. pose proof (how_far _ _ _ _ _ _ HS) as ST.
  pose proof (came_in _ _ _ _ _ _ HS) as CI.
  remember (o :: r, hd) as c. destruct ST as [C|C O|C O|C O E|x C O HT]; try discriminate Heqc.
  - injection Heqc as <- <- <-. discriminate.
  - injection Heqc as <- <- <-. simpl in AT. unfold join, or_wait in AT.
    destruct (done sh); [|discriminate]. injection AT as <- <- <- _. exists 0.
    eapply Shape_coordinator; eauto. now apply at_sentinels.
  - injection Heqc as <- <- <-. simpl in AT. unfold send_sentinels in AT. rewrite C in AT.
    injection AT as <- <- <- _. exists K. eapply Shape_coordinator; eauto; fields.
    + rewrite app_nil_l. assert (KO : e = KeepOpen \/ e <> KeepOpen)
        by (destruct e; auto; right; discriminate).
      destruct KO as [E|E]; [|apply at_epilogue; auto].
      unfold epilogue. rewrite E. apply at_end; fields; auto. now rewrite E.
    + rewrite CI. simpl. now rewrite app_nil_r.
    + unfold shut. fields. intros [? _]; congruence.
  - unfold epilogue in Heqc. exists K.
    assert (NS : ~ shut sh) by (unfold shut; intros [? _]; congruence).
    destruct e eqn:EE; [congruence| |]; injection Heqc as <- <- <-; simpl in AT.
    + injection AT as <- <- <- _. eapply Shape_coordinator; eauto; [|tauto].
      apply at_end; auto. now rewrite EE.
    + unfold drop_handle in AT. cbn in AT. rewrite (S1 O) in AT. cbn in AT.
      injection AT as <- <- <- _. eapply Shape_coordinator; eauto; [|tauto].
      apply at_end; auto. now rewrite EE.
Qed.

(** ** Every step but a death or a cancellation keeps the shape *)

Lemma sum_body (f : body -> nat) TH : sum f (map body_of TH) = sum (fun t => f (body_of t)) TH.
Proof. apply sum_map. Qed.

Lemma nth_body TH i (t : thread A) : nth_error TH i = Some t ->
  nth_error (map body_of TH) i = Some (program t, holds t).
Proof. intros H. now rewrite nth_error_map, H. Qed.

Lemma senders_sum c s : Hist (A := A) c s ->
  senders (shared_of s) = sum to_drop (map body_of (threads s)).
Proof. intros H. rewrite sum_body. exact (handles _ _ H SenderHandle). Qed.

Lemma over_no_senders Ps : Forall producing Ps -> over Ps ->
  sum to_drop Ps = 0.
Proof.
  intros P O. apply sum_zero. intros b H. rewrite Forall_forall in P. specialize (P _ H).
  unfold over in O. rewrite Forall_forall in O. specialize (O _ H).
  destruct P as [[bs ->]| ->]; auto.
  exfalso. destruct bs; discriminate.
Qed.

Lemma workers_no_senders Ws : Forall working Ws -> sum to_drop Ws = 0.
Proof.
  intros P. apply sum_zero. intros b H. rewrite Forall_forall in P. now destruct (P _ H).
Qed.

Lemma step_pooled c0 k i s s' : step capacity k i s s' -> k <> Death -> k <> Cancellation -> Hist c0 s ->
  Pooled (shared_of s) (map body_of (threads s)) ->
  Pooled (shared_of s') (map body_of (threads s')).
Proof.
  intros Hs ND NC HH (Ps & Ws & c & xs & m & EB & HS). pose proof (senders_sum _ _ HH) as SS.
  assert (SAME : forall B, B = map body_of (threads s) -> Pooled (shared_of s) B).
  { intros B ->. exists Ps, Ws, c, xs, m. auto. }
  destruct Hs; cbn [shared_of threads] in *; try congruence.
  - (* a section that acts *)
    apply settle_facts in H4 as (W & _).
    assert (EB' : map body_of TH' = upd (map body_of TH) i (next ++ r, hd')).
    { rewrite (wakened_map _ _ body_of W)
        by (intros t1 t2 E1 E2; unfold body_of; now rewrite E1, E2).
      now rewrite map_upd. }
    rewrite EB'. apply nth_body in H. rewrite H0 in H. rewrite EB in *.
    destruct (locate _ _ _ _ _ (lenP _ _ _ _ _ _ HS) (lenW _ _ _ _ _ _ HS) H)
      as [(Hi & Hu)|[(w & -> & Hi & Hu)|[<- Hu]]]; rewrite Hu; clear EB' SAME.
    + assert (S2 : 2 <= senders sh).
      { rewrite SS, !sum_app. pose proof (sum_ge to_drop _ _ _ Hi) as G.
        destruct (stage_early _ _ _ _ _ _ (how_far _ _ _ _ _ _ HS) Hi) as (_ & _ & ->);
          [discriminate|].
        pose proof (Forall_nth _ _ _ _ (allP _ _ _ _ _ _ HS) Hi) as [[bs P]|P]; [|discriminate].
        injection P as _ P. rewrite P in G. unfold to_drop in *. simpl in *. lia. }
      edestruct acts_producer as [l HS']; eauto. eapply Pooled_intro. exact HS'.
    + eapply Pooled_intro. eapply acts_worker; eauto.
    + assert (S1 : over Ps -> senders sh = 1).
      { intros O. rewrite SS, !sum_app, (over_no_senders Ps), (workers_no_senders Ws);
          eauto using allP, allW. unfold to_drop. simpl.
        pose proof (how_far _ _ _ _ _ _ HS) as ST. inversion ST; subst; auto. }
      edestruct acts_coordinator as [m' HS']; eauto. eapply Pooled_intro. exact HS'.
  - (* sleep *)
    apply SAME. rewrite map_upd. apply upd_id. apply nth_body in H. rewrite H. unfold body_of.
    simpl. now rewrite H0.
  - (* give: no thread does *)
    exfalso. apply nth_body in H. rewrite H0, EB in H.
    destruct (locate _ _ _ _ _ (lenP _ _ _ _ _ _ HS) (lenW _ _ _ _ _ _ HS) H)
      as [(Hi & Hu)|[(w & -> & Hi & Hu)|[<- Hu]]].
    + apply (Forall_nth _ _ _ _ (allP _ _ _ _ _ _ HS)) in Hi as [[bs P]|P]; [|discriminate].
      injection P as P _. symmetry in P.
      apply producer_cons in P as [(_ & ? & _)|(? & ? & _ & ? & _)]; discriminate.
    + apply (Forall_nth _ _ _ _ (allW _ _ _ _ _ _ HS)) in Hi as [_ [[P _]|[[P _]|[P _]]]];
        discriminate.
    + pose proof (how_far _ _ _ _ _ _ HS) as ST. inversion ST.
      unfold epilogue in *. destruct e; discriminate.
  - exfalso. apply nth_body in H. rewrite H0, EB in H.
    destruct (locate _ _ _ _ _ (lenP _ _ _ _ _ _ HS) (lenW _ _ _ _ _ _ HS) H)
      as [(Hi & Hu)|[(w & -> & Hi & Hu)|[<- Hu]]].
    + apply (Forall_nth _ _ _ _ (allP _ _ _ _ _ _ HS)) in Hi as [[bs P]|P]; [|discriminate].
      injection P as P _. symmetry in P.
      apply producer_cons in P as [(_ & ? & _)|(? & ? & _ & ? & _)]; discriminate.
    + apply (Forall_nth _ _ _ _ (allW _ _ _ _ _ _ HS)) in Hi as [_ [[P _]|[[P _]|[P _]]]];
        discriminate.
    + pose proof (how_far _ _ _ _ _ _ HS) as ST. inversion ST.
      unfold epilogue in *. destruct e; discriminate.
  - (* the producers have ended *)
    assert (J : forall j b, In j l -> nth_error (map body_of TH) j = Some b -> fst b = []).
    { intros j b Hj Hb. rewrite nth_error_map in Hb.
      destruct (nth_error TH j) as [u|] eqn:U; [|discriminate]. injection Hb as <-.
      exact (H2 _ _ Hj U). }
    rewrite map_upd. apply nth_body in H. rewrite H0 in H. rewrite EB in *.
    destruct (locate _ _ _ _ _ (lenP _ _ _ _ _ _ HS) (lenW _ _ _ _ _ _ HS) H)
      as [(Hi & Hu)|[(w & -> & Hi & Hu)|[<- Hu]]]; rewrite Hu.
    + exfalso. apply (Forall_nth _ _ _ _ (allP _ _ _ _ _ _ HS)) in Hi as [[bs P]|P];
        [|discriminate]. injection P as P _. symmetry in P.
      apply producer_cons in P as [(_ & ? & _)|(? & ? & _ & ? & _)]; discriminate.
    + exfalso. apply (Forall_nth _ _ _ _ (allW _ _ _ _ _ _ HS)) in Hi as [_ [[P _]|[[P _]|[P _]]]];
        discriminate.
    + pose proof (how_far _ _ _ _ _ _ HS) as ST. remember (JoinThreads l :: r, holds t) as cc.
      destruct ST as [C|C O|C O|C O E|hd C O HT]; try discriminate Heqcc;
        [|exfalso; unfold epilogue in Heqcc; destruct e; discriminate].
      injection Heqcc as <- <- HD.
      eapply Pooled_intro. eapply Shape_coordinator; eauto.
      * unfold body_of. simpl. rewrite <- HD.
        assert (OP : over Ps).
        { apply Forall_of_nth. intros j b Hj.
          pose proof (nth_length _ _ _ Hj) as LJ.
          apply (J j); [|rewrite nth_error_app1; auto].
          apply in_seq. pose proof (lenP _ _ _ _ _ _ HS). lia. }
        destruct waits; [now apply at_join|now apply at_sentinels].
      * apply (came_in _ _ _ _ _ _ HS).
  - (* no deadlines *)
    exfalso. apply nth_body in H. rewrite H0, EB in H.
    destruct (locate _ _ _ _ _ (lenP _ _ _ _ _ _ HS) (lenW _ _ _ _ _ _ HS) H)
      as [(Hi & Hu)|[(w & -> & Hi & Hu)|[<- Hu]]].
    + apply (Forall_nth _ _ _ _ (allP _ _ _ _ _ _ HS)) in Hi as [[bs P]|P]; [|discriminate].
      injection P as P _. symmetry in P.
      apply producer_cons in P as [(_ & -> & _)|(? & ? & _ & -> & _)]; discriminate.
    + apply (Forall_nth _ _ _ _ (allW _ _ _ _ _ _ HS)) in Hi as [_ [[P _]|[[P _]|[P _]]]];
        [| |discriminate]; injection P as -> _; discriminate.
    + pose proof (how_far _ _ _ _ _ _ HS) as ST. inversion ST; subst; try discriminate.
      unfold epilogue in *. destruct e; try discriminate;
        match goal with P : [_] = _ :: _ |- _ => injection P as <- _ end; discriminate.
  - apply SAME. rewrite map_upd. apply upd_id. apply nth_body in H. rewrite H. unfold body_of.
    now rewrite wake_program, wake_holds.
  - (* look *)
    apply SAME. rewrite map_upd. apply upd_id. apply nth_body in H. rewrite H. unfold body_of.
    simpl. now rewrite H0.
Qed.

Lemma pooled_init : 1 <= M -> Pooled (shared_of (init pool)) (map body_of (threads (init pool))).
Proof.
  intros HM.
  assert (RS : forall n, sum (fun m : held * list (op A) => held_receivers (fst m))
                 (repeat (Held 0 1 0, [Work tasks]) n) = n) by (induction n; simpl; auto).
  assert (RL : forall n, sum to_receive
                 (repeat ([Work tasks], Held 0 1 0) n) = n) by (induction n; simpl; auto).
  exists (map (fun bs => (producer bs, Held 1 0 0)) batches),
    (repeat ([Work tasks], Held 0 1 0) M), (coordinator, Held 1 0 0), [], 0.
  split.
  - unfold init, pool. cbn [threads]. rewrite map_map, !map_app, map_map. simpl. f_equal.
    f_equal. clear. induction M; simpl; auto. now f_equal.
  - split; auto; try reflexivity.
    + apply map_length.
    + apply repeat_length.
    + apply Forall_forall. intros b H. apply in_map_iff in H as (bs & <- & _). left. eauto.
    + apply Forall_forall. intros b H. apply repeat_spec in H as ->. split; simpl; auto.
    + constructor. unfold init. cbn [shared_of closed]. apply orb_false_iff.
      unfold pool. rewrite !sum_app, RS. simpl.
      split; apply Nat.eqb_neq; lia.
    + left. rewrite RL. lia.
    + intros w b H. left. apply nth_error_In in H. apply repeat_spec in H as ->. reflexivity.
Qed.

Lemma run_pooled ks s : 1 <= M -> run capacity ks (init pool) s -> undisturbed ks ->
  Pooled (shared_of s) (map body_of (threads s)).
Proof.
  intros HM H. remember (init pool) as s0. induction H as [|ks k i s s' s'' R IH Hs]; intros ND.
  - subst. now apply pooled_init.
  - subst. destruct ND as [ND NC]. eapply step_pooled; eauto.
    + intros ->. apply ND. left; auto.
    + intros ->. apply NC. left; auto.
    + eapply reachable_hist. exists ks. eauto.
    + apply IH; auto. split; intros I; [apply ND|apply NC]; right; auto.
Qed.

(** ** Every thread comes to an end *)

Hypothesis room_for_one : forall n, capacity = Some n -> 1 <= n.
Hypothesis some_worker : 1 <= M.
Hypothesis an_end_for_all : M <= K \/ e <> KeepOpen.

Lemma receives_workers Ws : Forall working Ws ->
  (forall w b, nth_error Ws w = Some b -> fst b = []) ->
  sum to_receive Ws = 0.
Proof.
  intros _ H. apply sum_zero. intros b I. apply In_nth_error in I as [w I].
  unfold to_receive. now rewrite (H _ _ I).
Qed.

Lemma nth_of_bodies s B i (b : body) : map body_of (threads s) = B -> nth_error B i = Some b ->
  exists t, nth_error (threads s) i = Some t /\ program t = fst b.
Proof.
  intros <- H. rewrite nth_error_map in H.
  destruct (nth_error (threads s) i) as [t|]; [|discriminate]. injection H as <-. eauto.
Qed.

Lemma sentinels_repeat n : sentinels_in (repeat (@Sentinel A) n) = n.
Proof. unfold sentinels_in. induction n; simpl; auto. Qed.

Lemma sentinels_items (l : list A) : sentinels_in (map Item l) = 0.
Proof. unfold sentinels_in. induction l; simpl; auto. Qed.

(** A pool's history in one equation. *)
Lemma pool_cells sh Ps Ws c xs m : Shape sh Ps Ws c xs m -> Cells sh ->
  subsequence (order sh) (accepted sh) ->
  map Item xs ++ repeat Sentinel m = cells_of (received (removed sh)) ++ queue sh.
Proof.
  intros HS HC S. pose proof (came_in _ _ _ _ _ _ HS) as CI.
  pose proof (went_out _ _ _ _ _ _ HS) as WO. unfold order in S.
  pose proof (all_there _ HC) as P. rewrite WO in *.
  rewrite CI in *. apply Permutation_length in P. symmetry. clear - S P.
  revert P S. generalize (cells_of (removed sh) ++ queue sh).
  generalize (map Item xs ++ repeat (@Sentinel A) m). intros l l' P S.
  assert (LE : forall (a b : list (cell A)), subsequence a b -> length a <= length b)
    by (induction 1; simpl; lia).
  induction S; simpl in P.
  - destruct l; auto; discriminate.
  - f_equal. auto.
  - apply LE in S. lia.
Qed.

(** If more sentinels were taken than none, all items were. *)
Lemma tail_only (xs : list A) m (l q : list (cell A)) :
  map Item xs ++ repeat Sentinel m = l ++ q -> 0 < sentinels_in l ->
  q = repeat Sentinel (m - sentinels_in l).
Proof.
  unfold sentinels_in. intros E P.
  assert (G : forall n (a b : list (cell A)), repeat Sentinel n = a ++ b ->
              b = repeat Sentinel
                (n - sum (fun c => match c with Sentinel => 1 | Item _ => 0 end) a)).
  { induction n as [|n IH]; intros [|x a] b E'; simpl in *; try discriminate; auto.
    injection E' as <- E'. apply IH in E'. simpl. auto. }
  revert l E P. induction xs as [|x xs IH]; simpl; intros l E P; [auto|].
  destruct l as [|y l]; simpl in *; [lia|]. injection E as <- E. simpl. apply IH; auto.
Qed.

Theorem pool_ends ks s : run capacity ks (init pool) s -> undisturbed ks -> quiescent capacity s ->
  Forall finished (threads s) /\
  queue (shared_of s) = repeat Sentinel (K - M) /\ unfinished (shared_of s) = 0 /\
  Permutation (items_of (cells_of (received (removed (shared_of s))))) (concat (concat batches)) /\
  (forall w, w < M -> sentinels_by (N + w) (shared_of s) <= 1) /\
  (e = KeepOpen -> forall w, w < M -> sentinels_by (N + w) (shared_of s) = 1).
Proof.
  intros HR ND HQ. destruct (run_pooled _ _ some_worker HR ND) as (Ps & Ws & c & xs & m & EB & HS).
  assert (RE : reachable capacity pool s) by (exists ks; auto).
  pose proof (quiescent_justified _ _ _ RE HQ) as HJ.
  pose proof (reachable_hist _ _ _ RE) as HH. pose proof (cells _ _ HH) as HC.
  assert (NTF : sum (fun x : held * list (op A) => to_front (snd x)) pool = 0).
  { apply sum_zero. intros x I. unfold pool in I. rewrite !in_app_iff in I.
    destruct I as [I|[I|[<-|[]]]].
    - apply in_map_iff in I as (bs & <- & _). cbn [snd]. unfold producer. rewrite to_front_app. cbn.
      induction bs; auto.
    - apply repeat_spec in I as ->. reflexivity.
    - cbn [snd]. unfold coordinator, epilogue. destruct e, waits; reflexivity. }
  pose proof (reachable_fronts _ _ _ RE) as RF.
  assert (KO : subsequence (order (shared_of s)) (accepted (shared_of s)))
    by (eapply kept_in_order; [exact HH|lia]).
  pose proof (pool_cells _ _ _ _ _ _ HS HC KO) as PC.
  set (sh := shared_of s) in *.
  assert (JU : forall i b, nth_error (Ps ++ Ws ++ [c]) i = Some b ->
     match fst b with
     | [] => True
     | Send Never _ :: _ => closed sh = false /\ exists n, capacity = Some n /\ n <= items sh
     | Recv Never _ _ :: _ | Work _ :: _ => closed sh = false /\ queue sh = []
     | Join Never :: _ => 0 < items sh \/ 0 < unfinished sh
     | JoinThreads l :: _ =>
         exists j u, In j l /\ nth_error (threads s) j = Some u /\ ~ finished u
     | _ => False
     end).
  { intros i b H. destruct (nth_of_bodies _ _ _ _ EB H) as (t & Ht & <-).
    exact (Forall_nth _ _ _ _ HJ Ht). }
  destruct HS as [LP LW PP PW ST CI WO NB LO EA] eqn:HSE. clear HSE.
  assert (JP : forall i b, nth_error Ps i = Some b -> nth_error (Ps ++ Ws ++ [c]) i = Some b).
  { intros i b H. rewrite nth_error_app1; eauto using nth_length. }
  assert (JW : forall w b, nth_error Ws w = Some b -> nth_error (Ps ++ Ws ++ [c]) (N + w) = Some b).
  { intros w b H. rewrite nth_error_app2 by lia. rewrite LP.
    replace (N + w - N) with w by lia. rewrite nth_error_app1; eauto using nth_length. }
  assert (JC : nth_error (Ps ++ Ws ++ [c]) (N + M) = Some c).
  { rewrite nth_error_app2 by lia. rewrite LP. rewrite nth_error_app2 by lia. rewrite LW.
    replace (N + M - N - M) with 0 by lia. auto. }
  (* a worker that is not finished waits on an open, empty queue *)
  assert (WF : forall w b, nth_error Ws w = Some b -> fst b = [] \/
               (receives (fst b) = 1 /\ closed sh = false /\ queue sh = [])).
  { intros w b H. destruct (Forall_nth _ _ _ _ PW H) as [_ [[E _]|[[E _]|[E _]]]]; auto;
      pose proof (JU _ _ (JW _ _ H)) as J; rewrite E in J.
    - right. rewrite E. destruct J. auto.
    - contradiction. }
  pose proof (sentinels_all _ _ HH) as SA.
  assert (SB : sum (fun m : held * list (op A) => receives (snd m)) pool = M).
  { unfold pool. rewrite !sum_app, sum_map.
    rewrite (sum_zero (fun x : list (list A) => receives (snd (Held 1 0 0, producer x)))).
    - assert (R : forall n, sum (fun m : held * list (op A) => receives (snd m))
                   (repeat (Held 0 1 0, [Work tasks]) n) = n) by (induction n; simpl; auto).
      rewrite R. simpl. unfold coordinator, epilogue. destruct e, waits; simpl; lia.
    - intros bs _. simpl. unfold producer. rewrite receives_app. simpl.
      induction bs; simpl; auto. }
  rewrite SB in SA. fold sh in SA.
  assert (SUM : sum (fun t => receives (program t)) (threads s) =
                sum to_receive (Ps ++ Ws ++ [c])).
  { rewrite <- EB, sum_body. reflexivity. }
  rewrite SUM, !sum_app in SA.
  (* nothing is queued and no task unfinished before the first sentinel is sent *)
  assert (NI : m = 0 -> closed sh = false -> items sh = 0).
  { intros -> C. destruct (Nat.eq_dec (items sh) 0) as [|NZ]; auto. exfalso.
    assert (QE : queue sh <> []) by (intros QE; apply NZ; unfold items; now rewrite QE).
    assert (Z : sum to_receive Ws = 0).
    { apply receives_workers; auto. intros w x Hx. destruct (WF _ _ Hx) as [?|(_ & _ & ?)]; auto.
      contradiction. }
    destruct LO as [LO|[? _]]; [|congruence].
    assert (SZ : sentinels_out sh = 0).
    { unfold sentinels_out. simpl in PC. rewrite app_nil_r in PC.
      pose proof (sentinels_items xs) as SI. rewrite PC, sentinels_in_app in SI. lia. }
    lia. }
  assert (UN : unfinished sh = 0).
  { pose proof (handles _ _ HH TaskGuard) as HT. simpl in HT. fold sh in HT. rewrite HT.
    unfold owned. change (fun t : thread A => owns TaskGuard (holds t))
      with (fun t : thread A => (fun b : body => held_tasks (snd b)) (body_of t)).
    rewrite <- sum_body, EB. apply sum_zero. intros b I. apply In_nth_error in I as [i Hb].
    pose proof (JU _ _ Hb) as J.
    destruct (locate _ _ _ _ _ LP LW Hb) as [(Hi & _)|[(w & -> & Hi & _)|[-> _]]].
    - destruct (Forall_nth _ _ _ _ PP Hi) as [[bs ->]| ->]; auto.
    - destruct (Forall_nth _ _ _ _ PW Hi) as [_ [[_ T]|[[E _]|[_ T]]]]; auto.
      rewrite E in J. contradiction.
    - destruct ST; auto. }
  (* the producers have ended *)
  assert (OP : over Ps).
  { apply Forall_of_nth. intros i b H. destruct (fst b) as [|o r] eqn:F; auto. exfalso.
    destruct (stage_early _ _ _ _ _ _ ST H) as (C & -> & _); [congruence|].
    pose proof (JU _ _ (JP _ _ H)) as J. rewrite F in J.
    destruct (Forall_nth _ _ _ _ PP H) as [[bs ->]| ->]; [|discriminate]. simpl in F.
    apply producer_cons in F as [(_ & -> & _)|(b & bs' & _ & -> & _)]; [contradiction|].
    destruct J as (_ & n & CP & F).
    rewrite (NI eq_refl C) in F. specialize (room_for_one _ CP). lia. }
  (* and the coordinator *)
  assert (OC : fst c = [] /\ m = K /\ closed sh = match e with KeepOpen => false | _ => true end).
  { pose proof (JU _ _ JC) as J.
    destruct ST as [C|C O|C O|C O E|hd C O HT]; auto; exfalso; simpl in J.
    - destruct J as (j & u & Hj & Hu & NF). apply in_seq in Hj. apply NF.
      destruct (nth_error Ps j) as [b|] eqn:Hb.
      + destruct (nth_of_bodies _ _ _ _ EB (JP _ _ Hb)) as (t & Ht & E).
        rewrite Hu in Ht. injection Ht as <-. unfold finished. rewrite E.
        exact (Forall_nth _ _ _ _ OP Hb).
      + apply nth_error_None in Hb. lia.
    - rewrite UN, (NI eq_refl C) in J. lia.
    - contradiction.
    - unfold epilogue in J. destruct e; simpl in J; auto. }
  destruct OC as (OC & -> & CL).
  (* and the workers *)
  assert (SO : sentinels_out sh + sentinels_in (queue sh) = K).
  { unfold sentinels_out. rewrite <- sentinels_in_app, <- PC, sentinels_in_app, sentinels_items.
    apply sentinels_repeat. }
  assert (OW : forall w b, nth_error Ws w = Some b -> fst b = []).
  { intros w b H. destruct (WF _ _ H) as [?|(R & C & Q)]; auto. exfalso.
    destruct an_end_for_all as [MK|NE].
    - rewrite Q in SO. change (sentinels_in []) with 0 in SO.
      pose proof (sum_ge to_receive _ _ _ H) as G. unfold to_receive in G at 1. lia.
    - destruct e; congruence. }
  assert (Z : sum to_receive Ws = 0) by (apply receives_workers; auto).
  assert (QE : queue sh = repeat Sentinel (K - M)).
  { destruct LO as [LO|[_ Q]].
    - assert (SM : sentinels_out sh = M) by lia.
      unfold sentinels_out in SM. rewrite <- SM. apply (tail_only xs); auto. lia.
    - rewrite Q in *. change (sentinels_in []) with 0 in SO. replace (K - M) with 0 by lia. auto. }
  assert (FIN : Forall finished (threads s)).
  { apply Forall_of_nth. intros i t Ht.
    assert (Hb : nth_error (Ps ++ Ws ++ [c]) i = Some (body_of t)).
    { rewrite <- EB, nth_error_map, Ht. auto. }
    change (finished t) with (fst (body_of t) = []).
    destruct (locate _ _ _ _ _ LP LW Hb) as [(Hi & _)|[(w & -> & Hi & _)|[-> _]]]; eauto.
    exact (Forall_nth _ _ _ _ OP Hi). }
  split; [exact FIN|]. split; [exact QE|]. split; [exact UN|]. split; [|split].
  - pose proof (offers _ _ HH) as OF. unfold given in OF. fold sh in OF.
    rewrite NB, app_nil_r in OF.
    assert (Z1 : flat_map (fun t => offered (program t)) (threads s) = []).
    { assert (forall l : list (thread A), Forall finished l ->
              flat_map (fun t => offered (program t)) l = []).
      { induction 1 as [|t l F]; simpl; auto. rewrite F. auto. } auto. }
    rewrite Z1, app_nil_r in OF.
    assert (Z2 : flat_map (fun m : held * list (op A) => offered (snd m)) pool
                 = concat (concat batches)).
    { unfold pool. rewrite !flat_map_app.
      assert (Y : forall n, flat_map (fun m : held * list (op A) => offered (snd m))
                    (repeat (Held 0 1 0, [Work tasks]) n) = []) by (induction n; simpl; auto).
      assert (Y2 : offered coordinator = [])
        by (unfold coordinator, epilogue; destruct e, waits; reflexivity).
      rewrite Y. cbn [flat_map snd]. rewrite Y2. simpl. rewrite !app_nil_r. clear.
      assert (G : forall bs, offered (producer bs) = concat bs).
      { intros bs. unfold producer. rewrite offered_app. simpl. rewrite app_nil_r.
        induction bs as [|b bs IH]; simpl; auto. now f_equal. }
      generalize batches. intros l. induction l as [|bs l IH]; simpl; auto.
      now rewrite IH, G, concat_app. }
    rewrite Z2 in OF. rewrite OF, (items_in_order _ HC), WO, QE, items_of_sentinels, app_nil_r.
    auto.
  - intros w Hw. destruct (nth_error Ws w) as [b|] eqn:Hb.
    + destruct (nth_of_bodies _ _ _ _ EB (JW _ _ Hb)) as (t & Ht & _).
      destruct (sentinels_each _ _ HH _ _ Ht) as (mm & Hm & L).
      unfold pool in Hm. rewrite nth_error_app2 in Hm by (rewrite map_length; lia).
      rewrite map_length in Hm. replace (N + w - N) with w in Hm by lia.
      rewrite nth_error_app1 in Hm by (rewrite repeat_length; lia).
      apply nth_error_In, repeat_spec in Hm as ->. fold sh in L. simpl in L. cbn in L. lia.
    + apply nth_error_None in Hb. lia.
  - intros E w Hw. destruct (nth_error Ws w) as [b|] eqn:Hb.
    + destruct (EA _ _ Hb) as [E1|[C _]].
      * rewrite (OW _ _ Hb) in E1. cbn in E1. lia.
      * rewrite CL, E in C. discriminate.
    + apply nth_error_None in Hb. lia.
Qed.

End Pool.

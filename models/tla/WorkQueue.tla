------------------------------ MODULE WorkQueue ------------------------------
(***************************************************************************)
(* A bounded queue between producers and workers, with one lock and two    *)
(* condition variables, and three ways to tell the workers that it is over.*)
(*                                                                         *)
(* Left out, and in the other formulation only: tasks and join, handles    *)
(* that are cloned and dropped, force_send, close_now, groups.             *)
(*                                                                         *)
(* This is the second formulation of the model in this folder's parent. It *)
(* was written for readers and shares nothing with the first, so that the  *)
(* two can be compared: they must have the same number of states, once     *)
(* interchangeable threads are not told apart (see project.py).            *)
(*                                                                         *)
(* Every action is one critical section, from taking the lock to releasing *)
(* it. A thread that has to wait releases the lock at the end of its       *)
(* section and is "asleep". Somebody else's notification, or nothing at    *)
(* all, makes it "woken"; only then can it take the lock again, and until  *)
(* it does, others may come in between. Who is woken by a notification is  *)
(* chosen here explicitly, and any choice is possible.                     *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Producers,       \* the threads that send items
  Workers,         \* the threads that receive until they are told to end
  Items,           \* how many items each producer sends
  Capacity,        \* how many items the queue holds
  Sentinels,       \* how many sentinels the coordinator sends, one at a time
  Joins,           \* whether the coordinator waits for the producers to end first
  Closes,          \* whether the coordinator closes the queue as its last act
  RacingCloser,    \* whether somebody else closes it at any moment
  Batch,           \* 1, or: send all items at once, receive so many at once
  TimedProducers,  \* whether producers wait with a deadline, which may pass at any moment
  TimedWorkers,    \* the same for workers
  Fault            \* "none", or the name of a fault that must be found

ASSUME /\ Producers \cap Workers = {}
       /\ Items \in Nat \ {0} /\ Capacity \in Nat \ {0} /\ Batch \in Nat \ {0}
       /\ Sentinels \in Nat
       /\ {Joins, Closes, RacingCloser, TimedProducers, TimedWorkers} \subseteq BOOLEAN

Coordinator == "coordinator"
Closer == "closer"
Threads == Producers \cup Workers \cup {Coordinator, Closer}
Sides == {"NotEmpty", "NotFull"}

VARIABLES
  queue,     \* what is queued, oldest first: "item" or "sentinel"
  closed,    \* whether it is over
  thread,    \* per thread: "ready", "asleep", "woken" or "ended"
  left,      \* what producers and the coordinator still have to do
  notified   \* per side: notifications issued and not consumed, as the queue counts them

vars == <<queue, closed, thread, left, notified>>

-----------------------------------------------------------------------------
Smaller(a, b) == IF a < b THEN a ELSE b
Minus(a, b) == IF a > b THEN a - b ELSE 0
Repeat(x, n) == [i \in 1..n |-> x]
IsItem(x) == x = "item"
ItemsIn(q) == Len(SelectSeq(q, IsItem))
Room(q) == Minus(Capacity, ItemsIn(q))
\* How many items are in front of the first sentinel.
RECURSIVE ItemsInFront(_)
ItemsInFront(q) == IF q # <<>> /\ IsItem(Head(q)) THEN 1 + ItemsInFront(Tail(q)) ELSE 0

Waiters(side) == IF side = "NotEmpty" THEN Workers ELSE Producers
SideOf(t) == IF t \in Workers THEN "NotEmpty" ELSE "NotFull"
Asleep(side) == {t \in Waiters(side) : thread[t] = "asleep"}
Woken(side) == {t \in Waiters(side) : thread[t] = "woken"}

\* How many of those who wait on a side could go on. A sentinel needs no room, so only items
\* count on one side; but it is something to receive, so both count on the other.
Ready(q, c, side) ==
  CASE c -> Cardinality(Threads)
    [] ~c /\ side = "NotEmpty" -> Len(q)
    [] ~c /\ side = "NotFull" -> Room(q)

(***************************************************************************)
(* The end of the critical section of t, which leaves the queue as q and c *)
(* and itself with this status. The wakeup rule: of those who wait, and    *)
(* those who could go on, the fewer; less those who have been told.        *)
(* A thread that came back from its wait has consumed one notification,    *)
(* whatever ended the wait.                                                *)
(***************************************************************************)
Finish(t, q, c, status) ==
  LET returned == thread[t] \in {"asleep", "woken"}
      told(side) == IF returned /\ side = SideOf(t) THEN Minus(notified[side], 1)
                    ELSE notified[side]
      sleepers(side) == Asleep(side) \ {t}
      waiting(side) == Cardinality((Asleep(side) \cup Woken(side)) \ {t})
      rule(side) == Minus(Smaller(waiting(side), Ready(q, c, side)), told(side))
      due(side) ==
        CASE Fault = "elide if any wakeup is under way" /\ ~c /\ told(side) > 0 -> 0
          [] Fault = "tell receivers only if it was empty" /\ ~c /\ side = "NotEmpty"
               /\ queue # <<>> -> 0
          [] Fault = "close tells receivers only" /\ c /\ side = "NotFull" -> 0
          [] OTHER -> rule(side)
      \* A notification wakes one who sleeps, if anybody does: those who woke without reason
      \* may not have come back yet.
      Chosen(side, set) ==
        /\ set \subseteq sleepers(side)
        /\ Cardinality(set) = Smaller(due(side), Cardinality(sleepers(side)))
  IN \E receivers \in SUBSET sleepers("NotEmpty"), senders \in SUBSET sleepers("NotFull") :
       /\ Chosen("NotEmpty", receivers)
       /\ Chosen("NotFull", senders)
       /\ thread' = [u \in Threads |-> IF u = t THEN status
                                       ELSE IF u \in receivers \cup senders THEN "woken"
                                       ELSE thread[u]]
       /\ notified' = [side \in Sides |-> told(side) + due(side)]
       /\ queue' = q
       /\ closed' = c

-----------------------------------------------------------------------------
Init ==
  /\ queue = <<>>
  /\ closed = FALSE
  /\ left = [t \in Producers \cup {Coordinator} |->
              IF t = Coordinator THEN Sentinels + (IF Closes THEN 1 ELSE 0) ELSE Items]
  /\ thread = [t \in Threads |->
                IF \/ t = Closer /\ ~RacingCloser
                   \/ t = Coordinator /\ Sentinels = 0 /\ ~Closes
                THEN "ended" ELSE "ready"]
  /\ notified = [side \in Sides |-> 0]

Free(t) == thread[t] \in {"ready", "woken"}
\* A deadline passes for one who waits, woken or not.
OutOfTime(t) == thread[t] \in {"asleep", "woken"}
Done(t, n) == left' = [left EXCEPT ![t] = n]
Status(n) == IF n = 0 THEN "ended" ELSE "ready"

\* What a send does unless it has to wait.
Sends(t) ==
  \/ /\ closed
     /\ Done(t, 0)
     /\ Finish(t, queue, closed, "ended")
  \/ /\ ~closed /\ Room(queue) > 0
     /\ LET sent == Smaller(IF Batch > 1 THEN left[t] ELSE 1, Room(queue))
        IN /\ Done(t, left[t] - sent)
           /\ Finish(t, queue \o Repeat("item", sent), closed, Status(left[t] - sent))

Send(t) ==
  /\ Free(t)
  /\ \/ Sends(t)
     \/ /\ ~closed /\ Room(queue) = 0
        /\ UNCHANGED left
        /\ Finish(t, queue, closed, "asleep")

\* The wait was ended by the clock: one more look, and only then the item is given up.
SendOutOfTime(t) ==
  /\ TimedProducers /\ OutOfTime(t)
  /\ \/ Sends(t)
     \/ /\ ~closed /\ Room(queue) = 0
        /\ Done(t, left[t] - 1)
        /\ Finish(t, queue, closed, Status(left[t] - 1))

\* What a receive does unless it has to wait.
Receives(t) ==
  /\ UNCHANGED left
  /\ \/ /\ queue # <<>> /\ Head(queue) = "sentinel"
        /\ Finish(t, Tail(queue), closed, "ended")
     \/ /\ queue # <<>> /\ Head(queue) = "item"
        /\ LET taken == Smaller(Batch, ItemsInFront(queue))
           IN Finish(t, SubSeq(queue, taken + 1, Len(queue)), closed, "ready")
     \/ /\ queue = <<>> /\ closed
        /\ Finish(t, queue, closed, "ended")

Receive(t) ==
  /\ Free(t)
  /\ \/ Receives(t)
     \/ /\ queue = <<>> /\ ~closed
        /\ UNCHANGED left
        /\ Finish(t, queue, closed, "asleep")

ReceiveOutOfTime(t) ==
  /\ TimedWorkers /\ OutOfTime(t)
  /\ \/ Receives(t)
     \/ /\ queue = <<>> /\ ~closed
        /\ UNCHANGED left
        /\ Finish(t, queue, closed, "ended")

\* The coordinator sends its sentinels, which never wait, and closes if it is to close.
Coordinate ==
  /\ thread[Coordinator] = "ready"
  /\ Joins => \A p \in Producers : thread[p] = "ended"
  /\ LET rest == left[Coordinator] - 1
     IN /\ Done(Coordinator, rest)
        /\ IF Closes /\ rest = 0
           THEN Finish(Coordinator, queue, TRUE, "ended")
           ELSE Finish(Coordinator, IF closed THEN queue ELSE Append(queue, "sentinel"),
                       closed, Status(rest))

Close ==
  /\ thread[Closer] = "ready"
  /\ UNCHANGED left
  /\ Finish(Closer, queue, TRUE, "ended")

\* A wait may end for no reason.
Spurious(t) ==
  /\ thread[t] = "asleep"
  /\ thread' = [thread EXCEPT ![t] = "woken"]
  /\ UNCHANGED <<queue, closed, left, notified>>

Section(t) ==
  \/ t \in Producers /\ (Send(t) \/ SendOutOfTime(t))
  \/ t \in Workers /\ (Receive(t) \/ ReceiveOutOfTime(t))
  \/ t = Coordinator /\ Coordinate
  \/ t = Closer /\ Close

Next == \E t \in Threads : Section(t) \/ Spurious(t)
Spec == Init /\ [][Next]_vars

\* Threads that can run eventually do. Nothing is assumed about deadlines and spurious wakeups.
Runs(t) ==
  \/ t \in Producers /\ Send(t)
  \/ t \in Workers /\ Receive(t)
  \/ t = Coordinator /\ Coordinate
  \/ t = Closer /\ Close
FairSpec == Spec /\ \A t \in Threads : WF_vars(Runs(t))

-----------------------------------------------------------------------------
TypeOK ==
  /\ queue \in Seq({"item", "sentinel"})
  /\ closed \in BOOLEAN
  /\ thread \in [Threads -> {"ready", "asleep", "woken", "ended"}]
  /\ left \in [Producers \cup {Coordinator} -> Nat]
  /\ notified \in [Sides -> Nat]

\* C4: items need room; sentinels do not, and whoever sends one does not wait.
C4_Capacity == ItemsIn(queue) <= Capacity /\ thread[Coordinator] # "asleep"

\* C2: without close and deadlines, a worker ends by a sentinel, and each sentinel ends one.
C2_Sentinels ==
  (~closed /\ ~TimedWorkers) =>
    LET sent == Sentinels + (IF Closes THEN 1 ELSE 0) - left[Coordinator]
    IN Cardinality({w \in Workers : thread[w] = "ended"}) + Len(queue) - ItemsIn(queue) = sent

\* C6: if anybody sleeps, all that is ready has its own wakeup under way.
C6_NoLostWakeup ==
  \A side \in Sides :
    Asleep(side) # {} => Ready(queue, closed, side) <= Cardinality(Woken(side))

\* What the queue counts as told has indeed been woken.
ToldAreWoken == \A side \in Sides : notified[side] <= Cardinality(Woken(side))

AllEnded == \A t \in Threads : thread[t] = "ended"
\* Something other than a spurious wakeup can happen until everybody has ended.
C7_NoHang == AllEnded \/ \E t \in Threads : ENABLED Section(t)
C1_NothingLeft == (AllEnded /\ ~TimedWorkers) => ItemsIn(queue) = 0
\* C7 as a temporal property, under fair scheduling.
C7_Termination == <>[]AllEnded
\* C5: final, and whoever is asleep when it happens learns of it.
C5_Close == closed => \A side \in Sides : Asleep(side) = {}
C5_Final == [][closed => closed']_vars
=============================================================================

------------------------------ MODULE WorkQueue ------------------------------
(***************************************************************************)
(* A bounded queue between producers and workers, with one lock and two    *)
(* condition variables, and three ways to end the workers.                 *)
(*                                                                         *)
(* Left out, and in the other formulation only: tasks and join, handles    *)
(* that are cloned and dropped, force_send, close_now, groups. In this one *)
(* only, and so not compared: waiters that are cancelled at any moment,    *)
(* drains, sentinels that are sent to the front.                           *)
(*                                                                         *)
(* This is the second formulation of the model in this folder's parent. It *)
(* was written for readers and shares nothing with the first, so that the  *)
(* two can be compared: they must have the same number of states, once     *)
(* interchangeable threads are not distinguished (see project.py).         *)
(*                                                                         *)
(* Every action is one critical section, from taking the lock to releasing *)
(* it. A thread that has to wait releases the lock at the end of its       *)
(* section and is "asleep". A notification, or a spurious wakeup, makes it *)
(* "woken"; only then can it take the lock again, and until it does, other *)
(* threads may take it. The thread that a notification wakes is chosen here*)
(* explicitly, and any choice is possible.                                 *)
(***************************************************************************)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Producers,       \* the threads that send items
  Workers,         \* the threads that receive until a sentinel or the close ends them
  Items,           \* how many items each producer sends
  Capacity,        \* how many items the queue holds
  Sentinels,       \* how many sentinels the coordinator sends, one at a time
  Joins,           \* whether the coordinator waits for the producers to end first
  Closes,          \* whether the coordinator closes the queue as its last act
  RacingCloser,    \* whether another thread closes it at any moment
  Drains,          \* whether that thread takes all items out instead
  Front,           \* whether the coordinator sends its sentinels to the front
  Batch,           \* 1, or: send all items at once, receive so many at once
  TimedProducers,  \* whether producers wait with a deadline, which may pass at any moment
  TimedWorkers,    \* the same for workers
  Cancels,         \* whether a waiter may be cancelled at any moment (a future that is dropped)
  Mutant           \* "none", or the name of a seeded bug that must be found

ASSUME /\ Producers \cap Workers = {}
       /\ Items \in Nat \ {0} /\ Capacity \in Nat \ {0} /\ Batch \in Nat \ {0}
       /\ Sentinels \in Nat
       /\ {Joins, Closes, RacingCloser, Drains, Front, TimedProducers, TimedWorkers, Cancels} \subseteq BOOLEAN

Coordinator == "coordinator"
Closer == "closer"
Threads == Producers \cup Workers \cup {Coordinator, Closer}
Conditions == {"NotEmpty", "NotFull"}

VARIABLES
  queue,     \* what is queued, oldest first: "item" or "sentinel"
  closed,    \* whether it is closed
  thread,    \* per thread: "ready", "asleep", "woken" or "ended"
  left,      \* what producers and the coordinator have yet to do
  notified   \* per condition: notifications issued and not consumed, as the queue counts them

vars == <<queue, closed, thread, left, notified>>

-----------------------------------------------------------------------------
Smaller(a, b) == IF a < b THEN a ELSE b
Minus(a, b) == IF a > b THEN a - b ELSE 0
Repeat(x, n) == [i \in 1..n |-> x]
IsItem(x) == x = "item"
IsSentinel(x) == x = "sentinel"
ItemsIn(q) == Len(SelectSeq(q, IsItem))
Room(q) == Minus(Capacity, ItemsIn(q))
\* The number of items in front of the first sentinel.
RECURSIVE ItemsInFront(_)
ItemsInFront(q) == IF q # <<>> /\ IsItem(Head(q)) THEN 1 + ItemsInFront(Tail(q)) ELSE 0

Waiters(condition) == IF condition = "NotEmpty" THEN Workers ELSE Producers
ConditionOf(t) == IF t \in Workers THEN "NotEmpty" ELSE "NotFull"
Asleep(condition) == {t \in Waiters(condition) : thread[t] = "asleep"}
Woken(condition) == {t \in Waiters(condition) : thread[t] = "woken"}

\* How many waiters of a condition could proceed. A sentinel needs no room, so only items count
\* for NotFull; but it can be received, so both count for NotEmpty.
Ready(q, c, condition) ==
  CASE c -> Cardinality(Threads)
    [] ~c /\ condition = "NotEmpty" -> Len(q)
    [] ~c /\ condition = "NotFull" -> Room(q)

(***************************************************************************)
(* The end of the critical section of t, which leaves the queue as q and c *)
(* and itself with this status. The wakeup rule: the smaller of the number *)
(* of waiters and the number that could proceed, less the pending          *)
(* notifications. A thread whose wait has returned has consumed one        *)
(* notification, whatever ended the wait.                                  *)
(***************************************************************************)
Finish(t, q, c, status) ==
  LET returned == thread[t] \in {"asleep", "woken"}
      pending(condition) ==
        IF returned /\ condition = ConditionOf(t) THEN Minus(notified[condition], 1)
        ELSE notified[condition]
      sleepers(condition) == Asleep(condition) \ {t}
      waiting(condition) == Cardinality((Asleep(condition) \cup Woken(condition)) \ {t})
      rule(condition) ==
        Minus(Smaller(waiting(condition), Ready(q, c, condition)), pending(condition))
      due(condition) ==
        CASE Mutant = "elide if any wakeup is pending" /\ ~c /\ pending(condition) > 0 -> 0
          [] Mutant = "notify receivers only if it was empty" /\ ~c /\ condition = "NotEmpty"
               /\ queue # <<>> -> 0
          [] Mutant = "close notifies receivers only" /\ c /\ condition = "NotFull" -> 0
          [] Mutant = "a drain notifies no sender" /\ Drains /\ t = Closer -> 0
          [] Mutant = "sentinels in front notify only if it was empty" /\ Front
               /\ t = Coordinator /\ queue # <<>> -> 0
          [] OTHER -> rule(condition)
      \* A notification wakes a sleeping thread, if there is one: threads that woke spuriously
      \* may not have resumed yet.
      Chosen(condition, set) ==
        /\ set \subseteq sleepers(condition)
        /\ Cardinality(set) = Smaller(due(condition), Cardinality(sleepers(condition)))
  IN \E receivers \in SUBSET sleepers("NotEmpty"), senders \in SUBSET sleepers("NotFull") :
       /\ Chosen("NotEmpty", receivers)
       /\ Chosen("NotFull", senders)
       /\ thread' = [u \in Threads |-> IF u = t THEN status
                                       ELSE IF u \in receivers \cup senders THEN "woken"
                                       ELSE thread[u]]
       /\ notified' = [condition \in Conditions |-> pending(condition) + due(condition)]
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
  /\ notified = [condition \in Conditions |-> 0]

Free(t) == thread[t] \in {"ready", "woken"}
\* The deadline of a waiting thread passes, woken or not.
TimedOut(t) == thread[t] \in {"asleep", "woken"}
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

\* The deadline ended the wait: the condition is rechecked, and only then the item is given up.
SendTimedOut(t) ==
  /\ TimedProducers /\ TimedOut(t)
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

ReceiveTimedOut(t) ==
  /\ TimedWorkers /\ TimedOut(t)
  /\ \/ Receives(t)
     \/ /\ queue = <<>> /\ ~closed
        /\ UNCHANGED left
        /\ Finish(t, queue, closed, "ended")

\* A waiter, woken or not, leaves its wait without a recheck. It takes nothing, and its section ends
\* as every other does, which passes on what it was woken for. A producer gives up what it waits to
\* send and goes on with the next item; a worker receives anew.
Cancel(t) ==
  /\ Cancels /\ thread[t] \in {"asleep", "woken"}
  /\ LET rest == left[t] - (IF Batch > 1 THEN left[t] ELSE 1)
         status == IF t \in Producers THEN Status(rest) ELSE "ready"
     IN /\ IF t \in Producers THEN Done(t, rest) ELSE UNCHANGED left
        /\ IF Mutant = "a dropped future swallows its wakeup"
           THEN /\ thread' = [thread EXCEPT ![t] = status]
                /\ UNCHANGED <<queue, closed, notified>>
           ELSE Finish(t, IF Mutant = "a dropped future takes an item" /\ queue # <<>>
                          THEN Tail(queue) ELSE queue, closed, status)

\* The coordinator sends its sentinels, which never wait, and closes if it is to close.
Coordinate ==
  /\ thread[Coordinator] = "ready"
  /\ Joins => \A p \in Producers : thread[p] = "ended"
  /\ LET rest == left[Coordinator] - 1
     IN /\ Done(Coordinator, rest)
        /\ IF Closes /\ rest = 0
           THEN Finish(Coordinator, queue, TRUE, "ended")
           ELSE Finish(Coordinator, IF closed THEN queue
                                    ELSE IF Front THEN <<"sentinel">> \o queue
                                    ELSE Append(queue, "sentinel"),
                       closed, Status(rest))

\* Another thread closes, or takes all items out; the sentinels stay.
Close ==
  /\ thread[Closer] = "ready"
  /\ UNCHANGED left
  /\ IF Drains
     THEN Finish(Closer, IF Mutant = "a drain takes sentinels" THEN <<>>
                         ELSE SelectSeq(queue, IsSentinel), closed, "ended")
     ELSE Finish(Closer, queue, TRUE, "ended")

\* A wait may end without a cause.
Spurious(t) ==
  /\ thread[t] = "asleep"
  /\ thread' = [thread EXCEPT ![t] = "woken"]
  /\ UNCHANGED <<queue, closed, left, notified>>

Section(t) ==
  \/ t \in Producers /\ (Send(t) \/ SendTimedOut(t))
  \/ t \in Workers /\ (Receive(t) \/ ReceiveTimedOut(t))
  \/ t = Coordinator /\ Coordinate
  \/ t = Closer /\ Close

Next == \E t \in Threads : Section(t) \/ Spurious(t) \/ Cancel(t)
Spec == Init /\ [][Next]_vars

\* Threads that can run eventually do. Nothing is assumed about deadlines, cancellations and spurious
\* wakeups.
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
  /\ notified \in [Conditions -> Nat]

\* C4: items need room; sentinels do not, and the thread that sends one does not wait.
C4_Capacity == ItemsIn(queue) <= Capacity /\ thread[Coordinator] # "asleep"

\* C2: without close and deadlines, a worker ends by a sentinel, and each sentinel ends one.
C2_Sentinels ==
  (~closed /\ ~TimedWorkers) =>
    LET sent == Sentinels + (IF Closes THEN 1 ELSE 0) - left[Coordinator]
    IN Cardinality({w \in Workers : thread[w] = "ended"}) + Len(queue) - ItemsIn(queue) = sent

\* C6: if a thread sleeps, each ready element has a pending wakeup.
C6_NoLostWakeup ==
  \A condition \in Conditions :
    Asleep(condition) # {} => Ready(queue, closed, condition) <= Cardinality(Woken(condition))

\* Every notification that the queue counts as pending has woken a thread.
NotifiedAreWoken ==
  \A condition \in Conditions : notified[condition] <= Cardinality(Woken(condition))

AllEnded == \A t \in Threads : thread[t] = "ended"
\* Something other than a spurious wakeup or a cancellation can happen until all threads have ended.
C7_NoHang == AllEnded \/ \E t \in Threads : ENABLED Section(t)
C1_NothingLeft == (AllEnded /\ ~TimedWorkers) => ItemsIn(queue) = 0
\* C7 as a temporal property, under fair scheduling.
C7_Termination == <>[]AllEnded
\* C5: final, and it wakes every sleeping thread.
C5_Close == closed => \A condition \in Conditions : Asleep(condition) = {}
C5_Final == [][closed => closed']_vars
\* C12: a waiter that is cancelled takes nothing; C6 says that it passes its wakeup on.
C12_Cancellation == [][\A t \in Threads : Cancel(t) => UNCHANGED <<queue, closed>>]_vars
=============================================================================

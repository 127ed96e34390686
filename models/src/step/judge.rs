//! What is allowed here and now.

use crate::state::{Place, Section, State};
use crate::{Cell, Event, Recorded, Side, Violation};

/// The answer of every rule.
type Verdict = Result<(), Violation>;

/// The rule that holds, or else this violation.
fn require(holds: bool, violation: Violation) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(violation)
    }
}

impl State {
    /// Whether an event is allowed.
    pub(crate) fn judge(&self, recorded: Recorded) -> Verdict {
        let Recorded { thread, event, .. } = recorded;
        self.judge_thread(thread, event)?;
        match self.section {
            Some(section) => self.judge_after_wakeup(&section, event),
            None => Ok(()),
        }?;
        self.judge_event(event)
    }

    /// Only the holder of the lock acts, and only those who are awake.
    fn judge_thread(&self, thread: usize, event: Event) -> Verdict {
        if let Some(by) = self.holder() {
            require(by == thread, Violation::LockHeld { by })?;
        }
        let before_unlock = matches!(event, Event::Unlock) && self.section.is_some();
        match (self.place(thread), event) {
            (Place::Asleep(waits), Event::Wake { side: woke, .. }) => {
                require(self.section.is_none(), Violation::AwakeAfterWait)?;
                require(waits == woke, Violation::WokeElsewhere { waits, woke })
            }
            (Place::Asleep(_), _) if before_unlock => Ok(()),
            (Place::Asleep(_), _) if self.section.is_some() => Err(Violation::AwakeAfterWait),
            (Place::Asleep(side), _) => Err(Violation::ActedAsleep { side }),
            (Place::Outside, Event::Wake { .. }) => Err(Violation::NotAsleep),
            (Place::Outside, _) => Ok(()),
        }
    }

    /// A thread that was woken looks again at what it waited for, and does nothing else.
    fn judge_after_wakeup(&self, section: &Section, event: Event) -> Verdict {
        let Some((woke, _)) = section.woke else { return Ok(()) };
        let business = match event {
            Event::Notify { .. } => return Ok(()),
            Event::Unlock => {
                let looked = section.attempted || self.ready(woke) == 0;
                return require(looked, Violation::LeftWithoutLooking { woke });
            }
            Event::PushSentinels { .. } if woke == Side::NotFull => {
                return require(section.attempted, Violation::SentinelWaited);
            }
            Event::Push { .. } => Some(Side::NotFull),
            Event::Take { .. } | Event::TakeSentinel => Some(Side::NotEmpty),
            Event::Joined => Some(Side::AllDone),
            Event::Refuse { side, .. } | Event::Wait { side } => Some(side),
            _ => None,
        };
        require(business == Some(woke), Violation::OtherBusiness { woke })
    }

    fn judge_event(&self, event: Event) -> Verdict {
        match event {
            Event::Create { .. } => Err(Violation::CreatedTwice),
            Event::Push { items } => self.judge_push(items),
            Event::Evict => {
                require(!self.closed, Violation::EvictOnClosed)?;
                require(self.is_full(), Violation::EvictWithRoom)
            }
            Event::PushSentinels { .. } => require(!self.closed, Violation::SentinelOnClosed),
            Event::Take { items, .. } => self.judge_take(items),
            Event::TakeSentinel => {
                let front = self.front();
                require(front == Some(Cell::Sentinel), Violation::NoSentinel { front })
            }
            Event::Refuse { side, closed } => self.judge_refusal(side, closed),
            Event::Drain { items, sentinels } => self.judge_drain(items, sentinels),
            Event::AddSender | Event::DropSender => {
                require(self.senders > 0, Violation::NoSuchHandle)
            }
            Event::AddReceiver | Event::DropReceiver => {
                require(self.receivers > 0, Violation::NoSuchHandle)
            }
            Event::TaskDone => require(self.unfinished > 0, Violation::NoSuchTask),
            Event::Joined => {
                let (items, unfinished) = (self.items, self.unfinished);
                require(self.is_done(), Violation::JoinedEarly { items, unfinished })
            }
            Event::Wait { side } => self.judge_wait(side),
            Event::Notify { side, all } => self.judge_notification(side, all),
            Event::Unlock => self.judge_unlock(),
            Event::Close | Event::Wake { .. } => Ok(()),
        }
    }

    fn judge_push(&self, pushed: usize) -> Verdict {
        require(!self.closed, Violation::PushOnClosed)?;
        let items = self.items + pushed;
        match self.capacity {
            Some(capacity) => {
                require(items <= capacity, Violation::OverCapacity { capacity, items })
            }
            None => Ok(()),
        }
    }

    fn judge_take(&self, taken: usize) -> Verdict {
        let (queued, before) = (self.items, self.front_items());
        require(taken > 0, Violation::TookNothing)?;
        require(taken <= queued, Violation::TookTooMany { taken, queued })?;
        require(taken <= before, Violation::CrossedSentinel { taken, before })
    }

    /// Ready comes before closed, and closed before out of time.
    fn judge_refusal(&self, side: Side, closed: bool) -> Verdict {
        let over = match side {
            Side::NotEmpty => self.is_drained(),
            Side::NotFull => self.closed,
            Side::AllDone => false,
        };
        let ready = !over && self.ready(side) > 0;
        if closed {
            require(over, Violation::RefusedAsClosed { side })
        } else {
            require(!over, Violation::RefusedAsOpen { side })?;
            require(!ready, Violation::RefusedWhenReady { side })?;
            let early =
                self.section.is_some_and(|section| matches!(section.woke, Some((_, false))));
            require(!early, Violation::GaveUpEarly { side })
        }
    }

    fn judge_drain(&self, items: usize, sentinels: usize) -> Verdict {
        let closing = self.closed && self.section.is_some_and(|section| section.closing);
        require(closing, Violation::DrainWithoutClose)?;
        let queued = self.items;
        require(items == queued, Violation::DrainedWrongly { items, queued })?;
        let queued = self.sentinels();
        require(sentinels == queued, Violation::DrainedSentinelsWrongly { sentinels, queued })
    }

    fn judge_wait(&self, side: Side) -> Verdict {
        if side != Side::AllDone {
            require(!self.closed, Violation::SleptOnClosed { side })?;
        }
        require(self.ready(side) == 0, Violation::SleptWhenReady { side })
    }

    /// Notifications are neither spared nor wasted: each is one that the rule asks for.
    fn judge_notification(&self, side: Side, all: bool) -> Verdict {
        let (ready, waiting, notified) =
            (self.ready(side), self.waiting(side), self.notified(side));
        require(notified < waiting, Violation::NotifiedNobody { side })?;
        let least = if all { waiting } else { notified + 1 };
        require(least <= ready, Violation::NotifiedTooMany { side, ready, notified })
    }

    /// The invariant everything rests on, and what a critical section must not leave half done.
    fn judge_unlock(&self) -> Verdict {
        let halfway = self.section.is_some_and(|section| section.evicted);
        require(!halfway, Violation::EvictWithoutPush)?;
        require(self.senders > 0 || self.closed, Violation::LastSenderDidNotClose)?;
        if self.receivers == 0 {
            require(self.closed, Violation::LastReceiverDidNotClose)?;
            require(self.cells.is_empty(), Violation::LastReceiverDidNotDrain)?;
        }
        for side in Side::ALL {
            require(self.due(side) == 0, self.lost_wakeup(side))?;
        }
        Ok(())
    }

    fn lost_wakeup(&self, side: Side) -> Violation {
        Violation::LostWakeup {
            side,
            closed: self.closed && side != Side::AllDone,
            ready: self.ready(side),
            waiting: self.waiting(side),
            notified: self.notified(side),
        }
    }
}

//! What is allowed here and now.

use crate::state::{Location, Section, State};
use crate::{Cell, Condition, Event, Recorded, Rejection};

/// The answer of every rule.
type Verdict = Result<(), Rejection>;

/// The rule that holds, or else this violation.
fn require(holds: bool, rejection: Rejection) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(rejection)
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
            require(by == thread, Rejection::LockHeld { by })?;
        }
        let before_unlock = matches!(event, Event::Unlock) && self.section.is_some();
        match (self.location(thread), event) {
            (Location::Asleep(waits), Event::Wake { condition: woke, .. }) => {
                require(self.section.is_none(), Rejection::AwakeAfterWait)?;
                require(waits == woke, Rejection::WokeElsewhere { waits, woke })
            }
            (Location::Asleep(_), _) if before_unlock => Ok(()),
            (Location::Asleep(_), _) if self.section.is_some() => Err(Rejection::AwakeAfterWait),
            (Location::Asleep(condition), _) => Err(Rejection::ActedAsleep { condition }),
            (Location::Outside, Event::Wake { .. }) => Err(Rejection::NotAsleep),
            (Location::Outside, _) => Ok(()),
        }
    }

    /// A thread that was woken looks again at what it waited for, and does nothing else.
    fn judge_after_wakeup(&self, section: &Section, event: Event) -> Verdict {
        let Some((woke, _)) = section.woke else { return Ok(()) };
        let business = match event {
            Event::Notify { .. } => return Ok(()),
            Event::Unlock => {
                let looked = section.attempted || self.ready(woke) == 0;
                return require(looked, Rejection::ReturnedWithoutRecheck { woke });
            }
            Event::PushSentinels { .. } if woke == Condition::NotFull => {
                return require(section.attempted, Rejection::SentinelWaited);
            }
            Event::Push { .. } => Some(Condition::NotFull),
            Event::Take { .. } | Event::TakeSentinel => Some(Condition::NotEmpty),
            Event::Joined => Some(Condition::Completed),
            Event::Refuse { condition, .. } | Event::Wait { condition } => Some(condition),
            _ => None,
        };
        require(business == Some(woke), Rejection::OtherBusiness { woke })
    }

    fn judge_event(&self, event: Event) -> Verdict {
        match event {
            Event::Create { .. } => Err(Rejection::CreatedTwice),
            Event::Push { items } => self.judge_push(items),
            Event::Evict => {
                require(!self.closed, Rejection::EvictOnClosed)?;
                require(self.is_full(), Rejection::EvictWithRoom)
            }
            Event::PushSentinels { .. } => require(!self.closed, Rejection::SentinelOnClosed),
            Event::Take { items, .. } => self.judge_take(items),
            Event::TakeSentinel => {
                let front = self.front();
                require(front == Some(Cell::Sentinel), Rejection::NoSentinel { front })
            }
            Event::Refuse { condition, closed } => self.judge_refusal(condition, closed),
            Event::Drain { items, sentinels } => self.judge_drain(items, sentinels),
            Event::AddSender | Event::DropSender => {
                require(self.senders > 0, Rejection::NoSuchHandle)
            }
            Event::AddReceiver | Event::DropReceiver => {
                require(self.receivers > 0, Rejection::NoSuchHandle)
            }
            Event::TaskDone => require(self.unfinished > 0, Rejection::NoSuchTask),
            Event::Joined => {
                let (items, unfinished) = (self.items, self.unfinished);
                require(self.is_done(), Rejection::JoinedEarly { items, unfinished })
            }
            Event::Wait { condition } => self.judge_wait(condition),
            Event::Notify { condition, all } => self.judge_notification(condition, all),
            Event::Unlock => self.judge_unlock(),
            Event::Close | Event::Wake { .. } => Ok(()),
        }
    }

    fn judge_push(&self, pushed: usize) -> Verdict {
        require(!self.closed, Rejection::PushOnClosed)?;
        let items = self.items + pushed;
        match self.capacity {
            Some(capacity) => {
                require(items <= capacity, Rejection::OverCapacity { capacity, items })
            }
            None => Ok(()),
        }
    }

    fn judge_take(&self, taken: usize) -> Verdict {
        let (queued, before) = (self.items, self.front_items());
        require(taken > 0, Rejection::TookNothing)?;
        require(taken <= queued, Rejection::TookTooMany { taken, queued })?;
        require(taken <= before, Rejection::CrossedSentinel { taken, before })
    }

    /// Ready comes before closed, and closed before out of time.
    fn judge_refusal(&self, condition: Condition, closed: bool) -> Verdict {
        let over = match condition {
            Condition::NotEmpty => self.is_drained(),
            Condition::NotFull => self.closed,
            Condition::Completed => false,
        };
        let ready = !over && self.ready(condition) > 0;
        if closed {
            require(over, Rejection::RefusedAsClosed { condition })
        } else {
            require(!over, Rejection::RefusedAsOpen { condition })?;
            require(!ready, Rejection::RefusedWhenReady { condition })?;
            let early =
                self.section.is_some_and(|section| matches!(section.woke, Some((_, false))));
            require(!early, Rejection::GaveUpEarly { condition })
        }
    }

    fn judge_drain(&self, items: usize, sentinels: usize) -> Verdict {
        let closing = self.closed && self.section.is_some_and(|section| section.closing);
        require(closing, Rejection::DrainWithoutClose)?;
        let queued = self.items;
        require(items == queued, Rejection::DrainedWrongly { items, queued })?;
        let queued = self.sentinels();
        require(sentinels == queued, Rejection::DrainedSentinelsWrongly { sentinels, queued })
    }

    fn judge_wait(&self, condition: Condition) -> Verdict {
        if condition != Condition::Completed {
            require(!self.closed, Rejection::SleptOnClosed { condition })?;
        }
        require(self.ready(condition) == 0, Rejection::SleptWhenReady { condition })
    }

    /// Notifications are neither spared nor wasted: each is one that the rule asks for.
    fn judge_notification(&self, condition: Condition, all: bool) -> Verdict {
        let (ready, waiting, notified) =
            (self.ready(condition), self.waiting(condition), self.notified(condition));
        require(notified < waiting, Rejection::NeedlessNotification { condition })?;
        let least = if all { waiting } else { notified + 1 };
        require(least <= ready, Rejection::ExcessNotification { condition, ready, notified })
    }

    /// The invariant everything rests on, and what a critical section must not leave half done.
    fn judge_unlock(&self) -> Verdict {
        let halfway = self.section.is_some_and(|section| section.evicted);
        require(!halfway, Rejection::EvictWithoutPush)?;
        require(self.senders > 0 || self.closed, Rejection::LastSenderDidNotClose)?;
        if self.receivers == 0 {
            require(self.closed, Rejection::LastReceiverDidNotClose)?;
            require(self.cells.is_empty(), Rejection::LastReceiverDidNotDrain)?;
        }
        for condition in Condition::ALL {
            require(self.due(condition) == 0, self.lost_wakeup(condition))?;
        }
        Ok(())
    }

    fn lost_wakeup(&self, condition: Condition) -> Rejection {
        Rejection::LostWakeup {
            condition,
            closed: self.closed && condition != Condition::Completed,
            ready: self.ready(condition),
            waiting: self.waiting(condition),
            notified: self.notified(condition),
        }
    }
}

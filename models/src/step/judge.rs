//! The rules: which events are allowed here and now.

use crate::state::{Location, Section, State};
use crate::{Cell, Condition, Event, Recorded, Rejection};

/// The result of a rule.
type Verdict = Result<(), Rejection>;

/// Returns the rejection unless the rule holds.
fn require(holds: bool, rejection: Rejection) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(rejection)
    }
}

impl State {
    /// Judges whether an event is allowed.
    pub(crate) fn judge(&self, recorded: Recorded) -> Verdict {
        let Recorded { thread, event, .. } = recorded;
        self.judge_thread(thread, event)?;
        match self.section {
            Some(section) => self.judge_after_wakeup(&section, event),
            None => Ok(()),
        }?;
        self.judge_event(thread, event)
    }

    /// Judges that only the holder of the lock acts, and only threads that are awake.
    fn judge_thread(&self, thread: usize, event: Event) -> Verdict {
        if let Some(by) = self.holder() {
            require(by == thread, Rejection::LockHeld { by })?;
        }
        let before_unlock = matches!(event, Event::Unlock) && self.section.is_some();
        match (self.location(thread), event) {
            (
                Location::Asleep(waits),
                Event::Wake { condition: woke, .. } | Event::Cancel { condition: woke },
            ) => {
                require(self.section.is_none(), Rejection::AwakeAfterWait)?;
                require(waits == woke, Rejection::WokeElsewhere { waits, woke })
            }
            (Location::Asleep(_), _) if before_unlock => Ok(()),
            (Location::Asleep(_), _) if self.section.is_some() => Err(Rejection::AwakeAfterWait),
            (Location::Asleep(condition), _) => Err(Rejection::ActedAsleep { condition }),
            (Location::Outside, Event::Wake { .. } | Event::Cancel { .. }) => {
                Err(Rejection::NotAsleep)
            }
            (Location::Outside, _) => Ok(()),
        }
    }

    /// Judges that a woken thread rechecks its condition, and does nothing else; and that a dropped
    /// future does nothing at all.
    fn judge_after_wakeup(&self, section: &Section, event: Event) -> Verdict {
        if section.cancelled {
            let ends = matches!(event, Event::Notify { .. } | Event::Unlock);
            return require(ends, Rejection::ActedCancelled);
        }
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
            Event::Take { .. } | Event::TakeSentinel | Event::EndBatch => Some(Condition::NotEmpty),
            Event::Joined => Some(Condition::Completed),
            Event::BeginGrace | Event::Flushed => Some(Condition::Flushed),
            Event::Refuse { condition, .. } | Event::Wait { condition } => Some(condition),
            _ => None,
        };
        require(business == Some(woke), Rejection::OtherBusiness { woke })
    }

    fn judge_event(&self, thread: usize, event: Event) -> Verdict {
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
            Event::EndBatch => self.judge_end_of_batch(),
            Event::Refuse { condition, closed } => self.judge_refusal(thread, condition, closed),
            Event::Drain { items, sentinels } => self.judge_drain(items, sentinels),
            Event::AddSender | Event::DropSender | Event::UpgradeSender { .. } => {
                self.judge_sender(event)
            }
            Event::AddReceiver
            | Event::DropReceiver
            | Event::UpgradeReceiver { .. }
            | Event::Leave { .. } => self.judge_receiver(event),
            Event::TaskDone { generation } => self.judge_end_of_task(generation),
            Event::PutBack { generation } => {
                require(!self.closed, Rejection::PushOnClosed)?;
                self.judge_end_of_task(generation)
            }
            Event::Joined => {
                let (items, unfinished) = (self.items, self.unfinished);
                require(self.is_done(), Rejection::JoinedEarly { items, unfinished })
            }
            Event::BeginFlush | Event::BeginGrace | Event::Flushed => {
                self.judge_flush(thread, event)
            }
            Event::Wait { condition } => self.judge_wait(thread, condition),
            Event::Notify { condition, all } => self.judge_notification(condition, all),
            Event::Unlock => self.judge_unlock(),
            Event::Close | Event::Wake { .. } | Event::Cancel { .. } => Ok(()),
        }
    }

    /// Judges that items are pushed only where there is room: below the capacity, or, beyond it, in
    /// the place of the one that was evicted.
    fn judge_push(&self, pushed: usize) -> Verdict {
        require(!self.closed, Rejection::PushOnClosed)?;
        let items = self.items + pushed;
        let replaces = pushed == 1 && self.section.is_some_and(|section| section.evicted);
        match self.capacity {
            Some(capacity) => {
                let fits = items <= capacity || replaces;
                require(fits, Rejection::OverCapacity { capacity, items })
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

    /// Judges a refusal: ready comes before closed, and closed before the deadline.
    fn judge_refusal(&self, thread: usize, condition: Condition, closed: bool) -> Verdict {
        self.judge_unserved(thread, condition, Rejection::RefusedWhenReady { condition })?;
        let over = match condition {
            Condition::NotEmpty => self.is_drained(),
            Condition::NotFull => self.closed,
            Condition::Completed | Condition::Flushed => false,
        };
        let ready = !over && self.ready(condition) > 0;
        if closed {
            require(over, Rejection::RefusedAsClosed { condition })
        } else {
            require(!over, Rejection::RefusedAsOpen { condition })?;
            require(!ready, Rejection::RefusedWhenReady { condition })?;
            self.judge_patience(condition)
        }
    }

    /// Judges that an operation does not give up after a wakeup that was not its deadline's.
    fn judge_patience(&self, condition: Condition) -> Verdict {
        let early = self.section.is_some_and(|section| matches!(section.woke, Some((_, false))));
        require(!early, Rejection::GaveUpEarly { condition })
    }

    /// Judges the end of a batch: a sentinel and the close end it, and else its deadline.
    fn judge_end_of_batch(&self) -> Verdict {
        let condition = Condition::NotEmpty;
        let front = self.front();
        require(front != Some(Cell::Item), Rejection::RefusedWhenReady { condition })?;
        if front.is_some() || self.closed {
            Ok(())
        } else {
            self.judge_patience(condition)
        }
    }

    /// Judges what takes all items out: the sentinels go too if, and only if, it closes.
    fn judge_drain(&self, items: usize, sentinels: Option<usize>) -> Verdict {
        let closing = self.closed && self.section.is_some_and(|section| section.closing);
        require(closing || sentinels.is_none(), Rejection::DrainWithoutClose)?;
        let queued = self.items;
        require(items == queued, Rejection::DrainedWrongly { items, queued })?;
        let queued = self.sentinels();
        let right = sentinels == closing.then_some(queued);
        let sentinels = sentinels.unwrap_or(0);
        require(right, Rejection::DrainedSentinelsWrongly { sentinels, queued })
    }

    /// Judges that a sender is made only while there is one.
    fn judge_sender(&self, event: Event) -> Verdict {
        match event {
            Event::UpgradeSender { granted } => {
                require(granted == (self.senders > 0), Rejection::UpgradedWrongly { granted })
            }
            _ => require(self.senders > 0, Rejection::NoSuchHandle),
        }
    }

    /// Judges the same of a receiver, and that one leaves exactly when there is nothing to do that
    /// no other receiver could.
    fn judge_receiver(&self, event: Event) -> Verdict {
        match event {
            Event::UpgradeReceiver { granted } => {
                require(granted == (self.receivers > 0), Rejection::UpgradedWrongly { granted })
            }
            Event::Leave { granted } => {
                require(self.receivers > 0, Rejection::NoSuchHandle)?;
                let idle = self.cells.is_empty() && (self.receivers > 1 || self.closed);
                require(granted == idle, Rejection::LeftWrongly { granted })
            }
            _ => require(self.receivers > 0, Rejection::NoSuchHandle),
        }
    }

    /// Judges that there is such a task: an old one, if its generation says so.
    fn judge_end_of_task(&self, generation: u64) -> Verdict {
        let old = generation < self.grace.generation;
        let young = self.unfinished.saturating_sub(self.grace.tasks);
        let exists = if old { self.grace.tasks } else { young } > 0;
        require(exists && generation <= self.grace.generation, Rejection::NoSuchTask)
    }

    /// Judges that a flush returns only when it is served, and extends no grace period that a
    /// thread waits for.
    fn judge_flush(&self, thread: usize, event: Event) -> Verdict {
        let served = self.is_flushed(thread);
        match event {
            Event::BeginFlush => require(served.is_none(), Rejection::NoSuchFlush),
            Event::BeginGrace => {
                require(served == Some(false), Rejection::NoSuchFlush)?;
                require(self.begins_grace_period(thread), Rejection::ExtendedGracePeriod)
            }
            _ => {
                require(served.is_some(), Rejection::NoSuchFlush)?;
                require(served == Some(true), Rejection::FlushedEarly { old: self.old() })
            }
        }
    }

    /// Judges that a flush that waits or gives up has begun and is not served.
    fn judge_unserved(&self, thread: usize, condition: Condition, rejection: Rejection) -> Verdict {
        if condition != Condition::Flushed {
            return Ok(());
        }
        let served = self.is_flushed(thread);
        require(served.is_some(), Rejection::NoSuchFlush)?;
        require(served == Some(false), rejection)
    }

    fn judge_wait(&self, thread: usize, condition: Condition) -> Verdict {
        self.judge_unserved(thread, condition, Rejection::SleptWhenReady { condition })?;
        if condition.ends_with_close() {
            require(!self.closed, Rejection::SleptOnClosed { condition })?;
        }
        require(self.ready(condition) == 0, Rejection::SleptWhenReady { condition })
    }

    /// Judges that every notification is one that the rule requires.
    fn judge_notification(&self, condition: Condition, all: bool) -> Verdict {
        let (ready, waiting, notified) =
            (self.ready(condition), self.waiting(condition), self.notified(condition));
        require(notified < waiting, Rejection::NeedlessNotification { condition })?;
        let least = if all { waiting } else { notified + 1 };
        require(least <= ready, Rejection::ExcessNotification { condition, ready, notified })
    }

    /// Judges the invariant that everything rests on, and what a critical section must not leave
    /// half done.
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
        if self.section.is_some_and(|section| section.cancelled && !section.late) {
            return Rejection::KeptWakeup { condition };
        }
        Rejection::LostWakeup {
            condition,
            closed: self.closed && condition.ends_with_close(),
            ready: self.ready(condition),
            waiting: self.waiting(condition),
            notified: self.notified(condition),
        }
    }
}

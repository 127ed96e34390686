//! The notifications of one critical section, of a queue or of a registry: those that it recorded, and
//! those that the condition variables saw. The record is what the model judges, so the two must be the
//! same.

use sentinel_queue_models::Condition;

/// A notification of one waiter or of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Notification {
    /// The condition; `None` if no thread has waited at its condition variable yet.
    condition: Option<Condition>,
    all: bool,
}

/// The notifications of a critical section, and the tasks that wait.
#[derive(Debug, Default)]
pub(crate) struct Notifications {
    recorded: Vec<Notification>,
    seen: Vec<Notification>,
    /// Whether a deadlock, or the end of a participant, wakes all waiters of all conditions.
    wakes_all: bool,
    /// The waits that are in no condition variable: those of futures, with the threads that poll
    /// them. Each may be woken in place of a waiter of its condition.
    tasks: Vec<(usize, Condition)>,
}

impl Notifications {
    /// Adds one that was recorded.
    pub(crate) fn record(&mut self, condition: Condition, all: bool) {
        self.recorded.push(Notification { condition: Some(condition), all });
    }

    /// Adds one that a condition variable has seen.
    pub(crate) fn see(&mut self, condition: Option<Condition>, all: bool) {
        self.seen.push(Notification { condition, all });
    }

    /// Adds a wait that is in no condition variable.
    pub(crate) fn begin_task(&mut self, thread: usize, condition: Condition) {
        self.tasks.push((thread, condition));
    }

    /// Removes such a wait of a thread, if there is one.
    pub(crate) fn end_task(&mut self, thread: usize, condition: Condition) {
        let place = self.tasks.iter().position(|task| *task == (thread, condition));
        place.map(|place| self.tasks.swap_remove(place));
    }

    /// Adds that all waiters of all conditions are notified, as after a deadlock.
    pub(crate) fn record_all(&mut self) {
        self.wakes_all = true;
    }

    /// Begins the next critical section; returns how this one differs from its record, if it does,
    /// given whether a waiter is left.
    pub(crate) fn settle(&mut self, is_any_left: bool) -> Option<String> {
        let wakes_all = std::mem::take(&mut self.wakes_all);
        let mut seen = std::mem::take(&mut self.seen);
        let mut tasks: Vec<_> = self.tasks.iter().map(|(_, condition)| *condition).collect();
        for recorded in std::mem::take(&mut self.recorded) {
            let unknown = Notification { condition: None, ..recorded };
            let place = |wanted| seen.iter().position(|other| *other == wanted);
            let task = tasks.iter().position(|condition| recorded.condition == Some(*condition));
            match (place(recorded).or_else(|| place(unknown)), task) {
                (Some(place), _) => _ = seen.swap_remove(place),
                (None, Some(task)) if !recorded.all => _ = tasks.swap_remove(task),
                (None, _) => return Some(format!("recorded and not done: {recorded:?}")),
            }
        }
        if wakes_all && is_any_left {
            return Some("recorded and not done: of all waiters".to_owned());
        }
        let more = seen.iter().find(|notification| !(notification.all && wakes_all));
        more.map(|notification| format!("done and not recorded: {notification:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Condition::{NotEmpty, NotFull};

    type Pair = (Option<Condition>, bool);

    fn settled(recorded: &[(Condition, bool)], seen: &[Pair]) -> Option<String> {
        let mut notifications = Notifications::default();
        for &(condition, all) in recorded {
            notifications.record(condition, all);
        }
        for &(condition, all) in seen {
            notifications.see(condition, all);
        }
        let difference = notifications.settle(false);
        assert_eq!(notifications.settle(true), None, "the next section begins with none");
        difference
    }

    #[test]
    fn notifications_that_are_recorded_and_done_settle() {
        assert_eq!(settled(&[], &[]), None);
        let both = [(NotEmpty, false), (NotFull, true)];
        assert_eq!(settled(&both, &[(Some(NotFull), true), (Some(NotEmpty), false)]), None);
        assert_eq!(settled(&both, &[(None, true), (Some(NotEmpty), false)]), None);
    }

    #[test]
    fn notifications_of_all_waiters_settle_if_none_is_left() {
        for (is_recorded, is_any_left, settles) in
            [(true, false, true), (true, true, false), (false, false, false)]
        {
            let mut notifications = Notifications::default();
            notifications.see(Some(NotEmpty), true);
            if is_recorded {
                notifications.record_all();
            }
            assert_eq!(notifications.settle(is_any_left).is_none(), settles);
        }
    }

    #[test]
    fn notification_that_is_recorded_and_not_done_is_found() {
        let twice = [(NotEmpty, false), (NotEmpty, false)];
        for (recorded, seen) in [
            (&twice[..1], &[][..]),
            (&twice, &[(Some(NotEmpty), false)]),
            (&twice[..1], &[(Some(NotFull), false)]),
            (&twice[..1], &[(Some(NotEmpty), true)]),
        ] {
            let difference = settled(recorded, seen).expect("a difference");
            assert!(difference.starts_with("recorded and not done"), "{difference}");
        }
    }

    #[test]
    fn task_may_be_woken_in_place_of_a_waiter() {
        let mut notifications = Notifications::default();
        notifications.begin_task(1, NotEmpty);
        for (condition, is_done) in [(NotEmpty, true), (NotFull, false)] {
            notifications.record(condition, false);
            assert_eq!(notifications.settle(false).is_none(), is_done);
        }
        notifications.record(NotEmpty, false);
        notifications.record(NotEmpty, false);
        assert!(notifications.settle(false).is_some(), "there is one task");
        notifications.end_task(1, NotEmpty);
        notifications.record(NotEmpty, false);
        assert!(notifications.settle(false).is_some(), "it waits no more");
    }

    #[test]
    fn notification_that_is_done_and_not_recorded_is_found() {
        let seen = [(Some(NotEmpty), false), (Some(NotEmpty), false)];
        let difference = settled(&[(NotEmpty, false)], &seen).expect("a difference");
        assert!(difference.starts_with("done and not recorded"), "{difference}");
    }
}

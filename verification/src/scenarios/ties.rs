//! Ties: ready wins over closed, closed over out of time; every pair, on every side.

use super::Named;
use crate::scenario::Scenario;

/// All of them.
pub(crate) const ALL: &[Named] = &[
    ("a_queued_item_wins_over_closed", a_queued_item_wins_over_closed),
    ("a_queued_sentinel_wins_over_closed", a_queued_sentinel_wins_over_closed),
    ("a_batch_wins_over_closed", a_batch_wins_over_closed),
    ("closed_wins_over_full", closed_wins_over_full),
    ("closed_wins_over_free_room", closed_wins_over_free_room),
    ("a_queued_item_wins_over_the_clock", a_queued_item_wins_over_the_clock),
    ("free_room_wins_over_the_clock", free_room_wins_over_the_clock),
    ("nothing_to_do_wins_over_the_clock", nothing_to_do_wins_over_the_clock),
    ("closed_wins_over_the_clock_for_receivers", closed_wins_over_the_clock_for_receivers),
    ("closed_wins_over_the_clock_for_senders", closed_wins_over_the_clock_for_senders),
    (
        "an_item_that_races_the_clock_is_received_or_stays",
        an_item_that_races_the_clock_is_received_or_stays,
    ),
    ("room_that_races_the_clock_is_used_or_stays", room_that_races_the_clock_is_used_or_stays),
    ("a_close_that_races_the_clock_is_told_or_not", a_close_that_races_the_clock_is_told_or_not),
    (
        "an_end_of_work_that_races_the_clock_is_told_or_not",
        an_end_of_work_that_races_the_clock_is_told_or_not,
    ),
    ("who_leaves_by_the_clock_swallows_no_wakeup", who_leaves_by_the_clock_swallows_no_wakeup),
];

fn a_queued_item_wins_over_closed() -> Scenario {
    Scenario::of("C5", "1: send close recv recv", &["sent 1.0, closed it, got 1.0, closed"])
}

fn a_queued_sentinel_wins_over_closed() -> Scenario {
    Scenario::of(
        "C5",
        "1: sentinel close recv recv",
        &["sentinel sent, closed it, sentinel, closed"],
    )
}

fn a_batch_wins_over_closed() -> Scenario {
    Scenario::of(
        "C5",
        "2: send_many 2 close recv_many 2 recv_many 2",
        &["sent 1.0+1.1, closed it, got 1.0+1.1, closed"],
    )
}

fn closed_wins_over_full() -> Scenario {
    Scenario::of("C5", "1: send close send", &["sent 1.0, closed it, kept 1.1 closed"])
}

fn closed_wins_over_free_room() -> Scenario {
    Scenario::of("C5", "1: close send", &["closed it, kept 1.0 closed"])
}

fn a_queued_item_wins_over_the_clock() -> Scenario {
    Scenario::of("C9", "1: send recv_timeout", &["sent 1.0, got 1.0"]).with_timeouts()
}

fn free_room_wins_over_the_clock() -> Scenario {
    Scenario::of("C9", "1: send_timeout", &["sent 1.0"]).with_timeouts()
}

fn nothing_to_do_wins_over_the_clock() -> Scenario {
    Scenario::of("C9", "1: join_timeout", &["joined"]).with_timeouts()
}

fn closed_wins_over_the_clock_for_receivers() -> Scenario {
    Scenario::of("C9", "1: close recv_timeout", &["closed it, closed"]).with_timeouts()
}

fn closed_wins_over_the_clock_for_senders() -> Scenario {
    Scenario::of("C9", "1: send close send_timeout", &["sent 1.0, closed it, kept 1.1 closed"])
        .with_timeouts()
}

fn an_item_that_races_the_clock_is_received_or_stays() -> Scenario {
    Scenario::of("C9", "1: recv_timeout | send", &["empty | sent 2.0", "got 2.0 | sent 2.0"])
        .with_timeouts()
}

fn room_that_races_the_clock_is_used_or_stays() -> Scenario {
    Scenario::of(
        "C9",
        "1: send send_timeout | recv",
        &["sent 1.0, kept 1.1 full | got 1.0", "sent 1.0, sent 1.1 | got 1.0"],
    )
    .with_timeouts()
}

fn a_close_that_races_the_clock_is_told_or_not() -> Scenario {
    Scenario::of("C9", "1: recv_timeout | close", &["closed | closed it", "empty | closed it"])
        .with_timeouts()
}

fn an_end_of_work_that_races_the_clock_is_told_or_not() -> Scenario {
    Scenario::of(
        "C9",
        "1: send join_timeout | task",
        &["sent 1.0, joined | got 1.0", "sent 1.0, not done | got 1.0"],
    )
    .with_timeouts()
}

fn who_leaves_by_the_clock_swallows_no_wakeup() -> Scenario {
    Scenario::of(
        "C9",
        "1: recv_timeout | recv | send",
        &["empty | got 3.0 | sent 3.0", "got 3.0 | closed | sent 3.0"],
    )
    .with_timeouts()
}

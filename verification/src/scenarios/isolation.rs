//! Isolation: code of the user's runs while the lock is free, and may use the queue.

use super::Named;
use crate::scenario::Scenario;

/// All of them.
pub(crate) const ALL: &[Named] = &[
    (
        "an_item_dropped_with_the_last_receiver_may_use_the_queue",
        an_item_dropped_with_the_last_receiver_may_use_the_queue,
    ),
    (
        "items_that_close_now_took_out_may_use_the_queue",
        items_that_close_now_took_out_may_use_the_queue,
    ),
    ("an_iterator_of_a_batch_may_use_the_queue", an_iterator_of_a_batch_may_use_the_queue),
    ("an_evicted_item_may_use_the_queue", an_evicted_item_may_use_the_queue),
];

fn an_item_dropped_with_the_last_receiver_may_use_the_queue() -> Scenario {
    Scenario::of(
        "C10",
        "2: send send | drop_receiver",
        &[
            "kept 1.0 closed, kept 1.1 closed | done",
            "sent 1.0, kept 1.1 closed | done",
            "sent 1.0, sent 1.1 | done",
        ],
    )
    .reentrant()
}

fn items_that_close_now_took_out_may_use_the_queue() -> Scenario {
    Scenario::of("C10", "1: send | close_now", &["kept 1.0 closed | done", "sent 1.0 | got 1.0"])
        .reentrant()
}

fn an_iterator_of_a_batch_may_use_the_queue() -> Scenario {
    Scenario::of(
        "C10",
        "1: send_many 2 | recv_many 2 recv_many 2",
        &["sent 1.0+1.1 | got 1.0, got 1.1"],
    )
    .reentrant()
}

fn an_evicted_item_may_use_the_queue() -> Scenario {
    Scenario::of(
        "C10",
        "1: force_send force_send | recv",
        &["sent 1.0, sent 1.1 got 1.0 | got 1.1", "sent 1.0, sent 1.1 | got 1.0"],
    )
    .reentrant()
}

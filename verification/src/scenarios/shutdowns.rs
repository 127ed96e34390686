//! Shutdowns: every way to end a queue, and everybody who may be blocked meanwhile.

use super::Named;
use crate::scenario::Scenario;

/// All of them.
pub(crate) const ALL: &[Named] = &[
    ("close_ends_a_blocked_recv", close_ends_a_blocked_recv),
    ("close_ends_a_blocked_recv_many", close_ends_a_blocked_recv_many),
    ("close_ends_a_blocked_recv_timeout", close_ends_a_blocked_recv_timeout),
    ("close_ends_a_blocked_task", close_ends_a_blocked_task),
    ("close_ends_a_blocked_worker", close_ends_a_blocked_worker),
    ("close_ends_all_blocked_receivers", close_ends_all_blocked_receivers),
    ("close_gives_a_blocked_send_its_item_back", close_gives_a_blocked_send_its_item_back),
    ("close_gives_a_blocked_batch_its_rest_back", close_gives_a_blocked_batch_its_rest_back),
    (
        "close_gives_a_blocked_send_timeout_its_item_back",
        close_gives_a_blocked_send_timeout_its_item_back,
    ),
    ("close_ends_all_blocked_senders", close_ends_all_blocked_senders),
    (
        "close_leaves_a_blocked_join_until_the_work_is_done",
        close_leaves_a_blocked_join_until_the_work_is_done,
    ),
    ("close_now_ends_a_blocked_recv", close_now_ends_a_blocked_recv),
    ("close_now_ends_a_blocked_recv_timeout", close_now_ends_a_blocked_recv_timeout),
    ("close_now_ends_a_blocked_worker", close_now_ends_a_blocked_worker),
    ("close_now_gives_a_blocked_send_its_item_back", close_now_gives_a_blocked_send_its_item_back),
    (
        "close_now_gives_a_blocked_send_timeout_its_item_back",
        close_now_gives_a_blocked_send_timeout_its_item_back,
    ),
    ("close_now_ends_a_blocked_join", close_now_ends_a_blocked_join),
    (
        "close_now_leaves_a_join_that_waits_for_a_task",
        close_now_leaves_a_join_that_waits_for_a_task,
    ),
    ("the_last_sender_ends_a_blocked_recv", the_last_sender_ends_a_blocked_recv),
    ("the_last_sender_ends_a_blocked_recv_timeout", the_last_sender_ends_a_blocked_recv_timeout),
    ("the_last_sender_ends_all_workers", the_last_sender_ends_all_workers),
    ("only_the_last_sender_closes", only_the_last_sender_closes),
    (
        "the_last_receiver_gives_a_blocked_send_its_item_back",
        the_last_receiver_gives_a_blocked_send_its_item_back,
    ),
    (
        "the_last_receiver_gives_a_blocked_send_timeout_its_item_back",
        the_last_receiver_gives_a_blocked_send_timeout_its_item_back,
    ),
    ("the_last_receiver_ends_a_blocked_join", the_last_receiver_ends_a_blocked_join),
    ("only_the_last_receiver_closes", only_the_last_receiver_closes),
    ("a_sentinel_ends_one_blocked_recv", a_sentinel_ends_one_blocked_recv),
    ("a_sentinel_ends_a_blocked_recv_timeout", a_sentinel_ends_a_blocked_recv_timeout),
    ("a_sentinel_ends_one_worker", a_sentinel_ends_one_worker),
    ("one_sentinel_each_ends_all_workers", one_sentinel_each_ends_all_workers),
    ("a_sentinel_never_waits", a_sentinel_never_waits),
];

fn close_ends_a_blocked_recv() -> Scenario {
    Scenario::of("C5", "1: recv | close", &["closed | closed it"])
}

fn close_ends_a_blocked_recv_many() -> Scenario {
    Scenario::of("C5", "1: recv_many 2 | close", &["closed | closed it"])
}

fn close_ends_a_blocked_recv_timeout() -> Scenario {
    Scenario::of("C5", "1: recv_timeout | close", &["closed | closed it"])
}

fn close_ends_a_blocked_task() -> Scenario {
    Scenario::of("C5", "1: task | close", &["closed | closed it"])
}

fn close_ends_a_blocked_worker() -> Scenario {
    Scenario::of("C7", "1: worker | close", &["closed | closed it"])
}

fn close_ends_all_blocked_receivers() -> Scenario {
    Scenario::of("C5", "1: recv | recv | close", &["closed | closed | closed it"])
}

fn close_gives_a_blocked_send_its_item_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send | close",
        &["kept 1.0 closed, kept 1.1 closed | closed it", "sent 1.0, kept 1.1 closed | closed it"],
    )
}

fn close_gives_a_blocked_batch_its_rest_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send_many 2 | close",
        &["kept 1.0+1.1 closed | closed it", "sent 1.0 kept 1.1 closed | closed it"],
    )
}

fn close_gives_a_blocked_send_timeout_its_item_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send_timeout | close",
        &["kept 1.0 closed, kept 1.1 closed | closed it", "sent 1.0, kept 1.1 closed | closed it"],
    )
}

fn close_ends_all_blocked_senders() -> Scenario {
    Scenario::of(
        "C5",
        "1: send | send | send close",
        &[
            "kept 1.0 closed | kept 2.0 closed | sent 3.0, closed it",
            "kept 1.0 closed | sent 2.0 | kept 3.0 closed, was closed",
            "sent 1.0 | kept 2.0 closed | kept 3.0 closed, was closed",
        ],
    )
}

fn close_leaves_a_blocked_join_until_the_work_is_done() -> Scenario {
    Scenario::of(
        "C11",
        "1: send join | close recv",
        &["kept 1.0 closed, joined | closed it, closed", "sent 1.0, joined | closed it, got 1.0"],
    )
}

fn close_now_ends_a_blocked_recv() -> Scenario {
    Scenario::of("C5", "1: recv | close_now", &["closed | done"])
}

fn close_now_ends_a_blocked_recv_timeout() -> Scenario {
    Scenario::of("C5", "1: recv_timeout | close_now", &["closed | done"])
}

fn close_now_ends_a_blocked_worker() -> Scenario {
    Scenario::of(
        "C7",
        "1: worker | send close_now",
        &["closed | sent 2.0, got 2.0", "got 2.0 closed | sent 2.0, done"],
    )
}

fn close_now_gives_a_blocked_send_its_item_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send | close_now",
        &["kept 1.0 closed, kept 1.1 closed | done", "sent 1.0, kept 1.1 closed | got 1.0"],
    )
}

fn close_now_gives_a_blocked_send_timeout_its_item_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send_timeout | close_now",
        &["kept 1.0 closed, kept 1.1 closed | done", "sent 1.0, kept 1.1 closed | got 1.0"],
    )
}

fn close_now_ends_a_blocked_join() -> Scenario {
    Scenario::of(
        "C11",
        "1: send join | close_now",
        &["kept 1.0 closed, joined | done", "sent 1.0, joined | got 1.0"],
    )
}

fn close_now_leaves_a_join_that_waits_for_a_task() -> Scenario {
    Scenario::of(
        "C11",
        "1: send join | task | close_now",
        &[
            "kept 1.0 closed, joined | closed | done",
            "sent 1.0, joined | closed | got 1.0",
            "sent 1.0, joined | got 1.0 | done",
        ],
    )
}

fn the_last_sender_ends_a_blocked_recv() -> Scenario {
    Scenario::of("C5", "1: recv | drop_sender", &["closed | done"])
}

fn the_last_sender_ends_a_blocked_recv_timeout() -> Scenario {
    Scenario::of("C5", "1: recv_timeout | drop_sender", &["closed | done"])
}

fn the_last_sender_ends_all_workers() -> Scenario {
    Scenario::of(
        "C7",
        "1: worker | worker | send drop_sender",
        &["closed | got 3.0 closed | sent 3.0, done", "got 3.0 closed | closed | sent 3.0, done"],
    )
}

fn only_the_last_sender_closes() -> Scenario {
    Scenario::of(
        "C5",
        "1: recv | drop_sender | send drop_sender",
        &["got 3.0 | done | sent 3.0, done"],
    )
}

fn the_last_receiver_gives_a_blocked_send_its_item_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send | drop_receiver",
        &["kept 1.0 closed, kept 1.1 closed | done", "sent 1.0, kept 1.1 closed | done"],
    )
}

fn the_last_receiver_gives_a_blocked_send_timeout_its_item_back() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send_timeout | drop_receiver",
        &["kept 1.0 closed, kept 1.1 closed | done", "sent 1.0, kept 1.1 closed | done"],
    )
}

fn the_last_receiver_ends_a_blocked_join() -> Scenario {
    Scenario::of(
        "C11",
        "1: send join | drop_receiver",
        &["kept 1.0 closed, joined | done", "sent 1.0, joined | done"],
    )
}

fn only_the_last_receiver_closes() -> Scenario {
    Scenario::of(
        "C5",
        "1: drop_receiver | recv drop_receiver | send",
        &["done | got 3.0, done | sent 3.0"],
    )
}

fn a_sentinel_ends_one_blocked_recv() -> Scenario {
    Scenario::of(
        "C2",
        "1: recv | recv | sentinel sentinel",
        &["sentinel | sentinel | sentinel sent, sentinel sent"],
    )
}

fn a_sentinel_ends_a_blocked_recv_timeout() -> Scenario {
    Scenario::of("C2", "1: recv_timeout | sentinel", &["sentinel | sentinel sent"])
}

fn a_sentinel_ends_one_worker() -> Scenario {
    Scenario::of("C2", "1: worker | send sentinel", &["got 2.0 sentinel | sent 2.0, sentinel sent"])
}

fn one_sentinel_each_ends_all_workers() -> Scenario {
    Scenario::of(
        "C2",
        "1: worker | worker | sentinel sentinel",
        &["sentinel | sentinel | sentinel sent, sentinel sent"],
    )
}

fn a_sentinel_never_waits() -> Scenario {
    Scenario::of(
        "C4",
        "1: send sentinel sentinel recv recv recv",
        &["sent 1.0, sentinel sent, sentinel sent, got 1.0, sentinel, sentinel"],
    )
}

//! Pools: many threads, work that is counted, workers that die, and ends that race.

use super::Named;
use crate::scenario::Scenario;

/// All of them.
pub(crate) const ALL: &[Named] = &[
    (
        "more_threads_than_twice_the_room_all_get_through",
        more_threads_than_twice_the_room_all_get_through,
    ),
    (
        "producers_that_close_when_done_end_all_workers",
        producers_that_close_when_done_end_all_workers,
    ),
    ("a_sentinel_and_a_close_race", a_sentinel_and_a_close_race),
    ("two_sentinels_and_a_close_race", two_sentinels_and_a_close_race),
    ("a_sentinel_keeps_its_place_among_items", a_sentinel_keeps_its_place_among_items),
    ("a_batch_stops_before_a_sentinel", a_batch_stops_before_a_sentinel),
    ("a_batch_takes_no_more_than_its_limit", a_batch_takes_no_more_than_its_limit),
    ("an_eviction_spares_sentinels", an_eviction_spares_sentinels),
    ("an_eviction_hands_back_the_oldest", an_eviction_hands_back_the_oldest),
    ("join_waits_for_what_is_queued", join_waits_for_what_is_queued),
    ("join_waits_for_tasks_under_work", join_waits_for_tasks_under_work),
    ("join_does_not_wait_for_sentinels", join_does_not_wait_for_sentinels),
    ("a_worker_that_dies_ends_its_task", a_worker_that_dies_ends_its_task),
    ("a_worker_that_dies_leaves_the_rest_to_others", a_worker_that_dies_leaves_the_rest_to_others),
    ("the_last_worker_that_dies_closes", the_last_worker_that_dies_closes),
    ("closing_tells_who_did_it", closing_tells_who_did_it),
    ("close_now_takes_out_everything", close_now_takes_out_everything),
];

fn more_threads_than_twice_the_room_all_get_through() -> Scenario {
    Scenario::of(
        "C6",
        "1: send | send | recv | recv",
        &["sent 1.0 | sent 2.0 | got 1.0 | got 2.0", "sent 1.0 | sent 2.0 | got 2.0 | got 1.0"],
    )
}

fn producers_that_close_when_done_end_all_workers() -> Scenario {
    Scenario::of(
        "C7",
        "2: send close | worker | worker",
        &[
            "sent 1.0, closed it | closed | got 1.0 closed",
            "sent 1.0, closed it | got 1.0 closed | closed",
        ],
    )
}

fn a_sentinel_and_a_close_race() -> Scenario {
    Scenario::of(
        "C2",
        "1: sentinel | close | recv",
        &["closed | closed it | closed", "sentinel sent | closed it | sentinel"],
    )
}

fn two_sentinels_and_a_close_race() -> Scenario {
    Scenario::of(
        "C2",
        "1: sentinel sentinel | close | worker",
        &[
            "closed, closed | closed it | closed",
            "sentinel sent, closed | closed it | sentinel",
            "sentinel sent, sentinel sent | closed it | sentinel",
        ],
    )
}

fn a_sentinel_keeps_its_place_among_items() -> Scenario {
    Scenario::of(
        "C3",
        "2: send sentinel send | worker",
        &["sent 1.0, sentinel sent, sent 1.1 | got 1.0 sentinel"],
    )
}

fn a_batch_stops_before_a_sentinel() -> Scenario {
    Scenario::of(
        "C3",
        "2: send sentinel send recv_many 2 recv_many 2 recv_many 2",
        &["sent 1.0, sentinel sent, sent 1.1, got 1.0, sentinel, got 1.1"],
    )
}

fn a_batch_takes_no_more_than_its_limit() -> Scenario {
    Scenario::of(
        "C3",
        "unbounded: send_many 2 send recv_many 2 recv_many 2",
        &["sent 1.0+1.1, sent 1.2, got 1.0+1.1, got 1.2"],
    )
}

fn an_eviction_spares_sentinels() -> Scenario {
    Scenario::of(
        "C2",
        "1: sentinel send force_send recv recv",
        &["sentinel sent, sent 1.0, sent 1.1 got 1.0, sentinel, got 1.1"],
    )
}

fn an_eviction_hands_back_the_oldest() -> Scenario {
    Scenario::of(
        "C1",
        "2: send send force_send recv recv",
        &["sent 1.0, sent 1.1, sent 1.2 got 1.0, got 1.1, got 1.2"],
    )
}

fn join_waits_for_what_is_queued() -> Scenario {
    Scenario::of("C11", "1: send join | recv", &["sent 1.0, joined | got 1.0"])
}

fn join_waits_for_tasks_under_work() -> Scenario {
    Scenario::of("C11", "1: send join | task", &["sent 1.0, joined | got 1.0"])
}

fn join_does_not_wait_for_sentinels() -> Scenario {
    Scenario::of("C11", "1: sentinel join", &["sentinel sent, joined"])
}

fn a_worker_that_dies_ends_its_task() -> Scenario {
    Scenario::of("C11", "1: send join | die", &["sent 1.0, joined | got 1.0"])
}

fn a_worker_that_dies_leaves_the_rest_to_others() -> Scenario {
    Scenario::of(
        "C7",
        "2: send send join | die | worker",
        &[
            "sent 1.0, sent 1.1, joined | closed | got 1.0+1.1 closed",
            "sent 1.0, sent 1.1, joined | got 1.0 | got 1.1 closed",
            "sent 1.0, sent 1.1, joined | got 1.1 | got 1.0 closed",
        ],
    )
}

fn the_last_worker_that_dies_closes() -> Scenario {
    Scenario::of(
        "C5",
        "1: send send send | die",
        &[
            "sent 1.0, kept 1.1 closed, kept 1.2 closed | got 1.0",
            "sent 1.0, sent 1.1, kept 1.2 closed | got 1.0",
        ],
    )
}

fn closing_tells_who_did_it() -> Scenario {
    Scenario::of("C5", "1: close | close", &["closed it | was closed", "was closed | closed it"])
}

fn close_now_takes_out_everything() -> Scenario {
    Scenario::of(
        "C1",
        "2: send sentinel | close_now",
        &[
            "kept 1.0 closed, closed | done",
            "sent 1.0, closed | got 1.0",
            "sent 1.0, sentinel sent | got 1.0 sentinels drained",
        ],
    )
}

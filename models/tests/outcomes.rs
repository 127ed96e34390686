//! The outcomes of programs in groups and around several queues.

use sentinel_queue_models::outcomes;
use sentinel_queue_models::program::Program;

fn program(text: &str) -> Program {
    text.parse().expect("a program")
}

#[track_caller]
fn are(text: &str, expected: &[&str]) {
    let found: Vec<_> = outcomes(&program(text), 2).into_iter().collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn every_participant_that_is_blocked_gets_the_error() {
    are("group 1: recv", &["empty would block forever"]);
    are(
        "group 1 1 1: recv | recv@2 | send@3 send@3",
        &["empty would block forever | empty would block forever | \
           sent 3.0, kept 3.1 full would block forever"],
    );
    are(
        "group 1: recv | send recv",
        &[
            "empty would block forever | sent 2.0, got 2.0",
            "got 2.0 | sent 2.0, empty would block forever",
        ],
    );
}

#[test]
fn wait_with_a_deadline_is_no_deadlock() {
    are("group 1: recv | recv_timeout", &["empty would block forever | empty"]);
}

#[test]
fn token_is_waited_for() {
    are("group 1: recv | external sentinel", &["sentinel | sentinel sent"]);
    are("group 1: recv | external try_recv", &["empty would block forever | empty"]);
}

#[test]
fn thread_that_resumes_may_make_another_ready() {
    are(
        "group resuming 1: recv | recv sentinel",
        &[
            "empty would block forever | empty would block forever, sentinel sent",
            "sentinel | empty would block forever, sentinel sent",
        ],
    );
}

#[test]
fn wait_for_others_is_a_deadlock_if_all_wait_so() {
    are("group 1: await | recv", &["joined | empty would block forever"]);
    are(
        "group 1: await | await",
        &[
            "joined | would block forever",
            "would block forever | joined",
            "would block forever | would block forever",
        ],
    );
}

/// The result of a thread that is not joined yet keeps its handles.
#[test]
fn handles_end_with_their_threads_or_with_their_results() {
    are("scope owning 1: recv recv | send", &["got 2.0, closed | sent 2.0"]);
    are("joined owning 1: recv recv | send", &["got 2.0, empty would block forever | sent 2.0"]);
    are("joined owning 1: send | recv recv", &["sent 1.0 | got 1.0, closed"]);
}

#[test]
fn main_closes_one_queue_after_the_other() {
    are("1 1: recv | recv@2 send", &["closed | closed, kept 2.0 closed"]);
    are("1 1: recv@2 send | recv", &["closed, kept 1.0 closed | closed"]);
    are(
        "1 1: recv send@2 | recv@2",
        &["closed, kept 1.0 closed | closed", "closed, sent 1.0 | got 1.0"],
    );
}

#[test]
#[should_panic(expected = "a thread waits forever")]
fn thread_that_waits_with_its_token_is_not_reported() {
    outcomes(&program("group 1: recv | external recv"), 0);
}

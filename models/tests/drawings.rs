//! The drawings in the repository are the ones that the explorer makes.

use sentinel_queue_models::drawing::{state_graph, SpaceTime};
use sentinel_queue_models::kill_table::Kill;
use sentinel_queue_models::one_queue::{simulate, Claims, Mutant, Protocol, Size};
use sentinel_queue_models::{Conformance, Event};

fn size(workers: usize) -> Size {
    Size { producers: 1, workers, items: 2, capacity: Some(1) }
}

#[test]
fn a_counterexample_is_drawn_with_its_threads_and_its_verdict() {
    let mutant = Mutant::NotifyOnlyWhenEmpty;
    let kill = Kill::of(mutant);
    let found = kill.counterexample(mutant.target()).expect("a lost wakeup");
    let svg = SpaceTime::from(found).svg();
    for expected in ["worker 1", "worker 2", "notify one receiver", "C6 (no lost wakeup)"] {
        assert!(svg.contains(expected), "{expected} is missing");
    }
    assert_eq!(svg, include_str!("../drawings/NotifyOnlyWhenEmpty.svg"), "run the example draw");
}

#[test]
fn an_execution_is_drawn_with_an_arrow_for_each_notification_that_was_used() {
    let events = simulate(&Protocol::Sentinels.configuration(size(2)), Claims::ALL, 5).events;
    let svg = SpaceTime::of_trace("one random walk of the model", &events, None).svg();
    let notifications = Conformance::replay(&events).expect("a legal trace").notifications;
    assert!(notifications > 0);
    assert_eq!(svg.matches("url(#tip)").count(), notifications);
    assert_eq!(svg, include_str!("../drawings/execution.svg"), "run the example draw");
}

#[test]
fn a_refused_trace_is_drawn_up_to_the_refusal() {
    let mut events = simulate(&Protocol::Sentinels.configuration(size(2)), Claims::ALL, 5).events;
    events.retain(|recorded| !matches!(recorded.event, Event::Notify { .. }));
    let refused = Conformance::replay(&events).expect_err("wakeups are lost");
    let svg = SpaceTime::of_trace("refused", &events, Some(refused)).svg();
    assert!(svg.contains("C6 (no lost wakeup)"));
}

#[test]
fn a_state_graph_has_a_node_for_each_state() {
    let dot = state_graph(&Protocol::Sentinels.configuration(size(1)));
    assert_eq!(dot, include_str!("../drawings/sentinels.dot"), "run the example draw");
    assert_eq!(dot.matches("[label=\"[").count(), 19);
}

//! Parses the interleaving of a failing execution, as the kernel writes it, into steps.

use super::builder::Builder;
use super::data::Step;
use sentinel_queue_models::Event;

/// Returns the names of the threads, and their steps. An unknown line is shown as it is.
pub(super) fn read(interleaving: &str) -> (Vec<String>, Vec<Step>) {
    let lines: Vec<_> = interleaving.lines().filter_map(split).collect();
    let threads = lines.iter().map(|(thread, _)| thread + 1).max().unwrap_or(0);
    let mut builder = Builder::new(threads, &[]);
    for &(thread, words) in &lines {
        if words.starts_with("locks queue ") {
            builder.begin(thread);
        } else if words.starts_with("locks ") {
            // A critical section of no queue and without a change is not shown.
            builder.end_unless_empty();
        } else if words.starts_with("unlocks ") {
            builder.end();
        } else if let Some((queue, event)) = event(words) {
            builder.event(thread, queue, event);
        } else if let Some((_, woken)) = words.split_once(": ").filter(|_| is_notify(words)) {
            builder.notified(&threads_in(woken.split(';').next().unwrap_or_default()));
        } else if words == "finishes" {
            builder.begin(thread);
            builder.line(thread, words);
            builder.finish(thread);
        } else if !is_known(words) {
            builder.line(thread, words.trim_start_matches("-- "));
        }
    }
    let names = (0..threads).map(|thread| match thread {
        0 => "main".to_owned(),
        _ => format!("thread {thread}"),
    });
    (names.collect(), builder.build())
}

/// Splits a numbered line into the thread and its action.
fn split(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    number.parse::<usize>().ok()?;
    let (name, words) = (rest.get(1..10)?, rest.get(11..)?);
    let thread = match name.trim() {
        "main" => 0,
        name => name.strip_prefix("thread ")?.parse().ok()?,
    };
    Some((thread, words.trim()))
}

fn is_notify(words: &str) -> bool {
    words.starts_with("notifies one of ") || words.starts_with("notifies all at ")
}

/// Returns whether a line repeats an event of the same step.
fn is_known(words: &str) -> bool {
    words.starts_with("waits") || words.starts_with("wakes from ")
}

fn threads_in(names: &str) -> Vec<usize> {
    let names = names.trim_matches(['[', ']']).split(", ");
    names.filter_map(|name| name.strip_prefix("thread ")?.parse().ok()).collect()
}

/// Parses an event such as `queue 0: Take { items: 1, tasks: false }`.
fn event(words: &str) -> Option<(usize, Event)> {
    let (queue, event) = words.strip_prefix("queue ")?.split_once(": ")?;
    Some((queue.parse().ok()?, Event::from_debug(event)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interleaving as the kernel writes it.
    const INTERLEAVING: &str = "   0  main      locks queue 0
   1  main          queue 0: Create { capacity: Some(1) }
   2  main      unlocks queue 0
   3  thread 2  locks queue 0
   4  thread 2      queue 0: Wait { condition: NotEmpty }
   5  thread 2      waits until NotEmpty
   6  thread 2  unlocks queue 0
   7  thread 1  locks queue 0
   8  thread 1  locks mutex 0
   9  thread 1  unlocks mutex 0
  10  thread 1      queue 0: Push { items: 1 }
  11  thread 1      queue 0: Notify { condition: NotEmpty, all: false }
  12  thread 1      notifies one of 1 at NotEmpty: thread 2
  13  thread 1  unlocks queue 0
  14  thread 1  finishes
  15  thread 2  locks queue 0
  16  thread 2      wakes from NotEmpty: Notified
  17  thread 2      queue 0: Wake { condition: NotEmpty, timed_out: false }
  18  thread 2      queue 0: Take { items: 1, tasks: false }
  19  thread 2  unlocks queue 0
      thread 3 sleeps until NotEmpty
";

    #[test]
    fn interleaving_is_read_back_into_sections_with_what_they_did() {
        let (names, steps) = read(INTERLEAVING);
        assert_eq!(names, ["main", "thread 1", "thread 2"]);
        let lines: Vec<_> = steps.iter().map(|step| step.lines.join(", ")).collect();
        let expected = [
            "creates the queue for 1",
            "waits for something to receive",
            "sends an item, notifies one waiter for something to receive",
            "finishes",
            "wakes up, takes an item",
        ];
        assert_eq!(lines, expected);
        assert_eq!(steps[1].asleep, [None, None, Some((0, "not empty"))]);
        assert_eq!(
            (steps[2].queues[0].cells.len(), steps[2].queues[0].notified),
            (1, [1, 0, 0, 0])
        );
        assert_eq!((steps[4].woken_by, steps[4].queues[0].cells.len()), (Some(2), 0));
        assert!(steps[3].finished && steps[4].asleep == [None; 3]);
    }
}

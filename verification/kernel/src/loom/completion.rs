//! Whether loom explored everything. It says so only through a tracing event, which is missing
//! when it stopped early, and returns normally in both cases.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span;
use tracing_core::{Event, Interest, LevelFilter, Metadata, Subscriber};

/// Listens to loom.
#[derive(Clone, Default)]
pub(super) struct Completion(Arc<Mutex<Option<u64>>>);

impl Completion {
    /// Returns the number of executions in which loom reports completion.
    pub(super) fn executions(&self) -> Option<u64> {
        *self.0.lock().expect("no panic under this lock")
    }
}

impl Subscriber for Completion {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if speaks(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        speaks(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let number = message.0.strip_prefix("Completed in ");
        let number = number.and_then(|rest| rest.strip_suffix(" iterations"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            *self.0.lock().expect("no panic under this lock") = Some(number);
        }
    }

    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Only `loom::model` itself announces the end.
fn speaks(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && metadata.target() == "loom::model"
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").expect("strings take everything");
        }
    }
}

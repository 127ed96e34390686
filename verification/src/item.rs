//! What clients send: items with an identity, whose whole life is on record.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Which item: the thread that made it, and how many that thread had made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The producer.
    pub thread: usize,
    /// Counted per producer.
    pub number: usize,
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.thread, self.number)
    }
}

/// Where items that no client got hold of again ended. The clients keep account of the others.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Vec<Id>>>);

impl Ledger {
    /// The items that were dropped inside of the queue.
    pub fn dropped(&self) -> Vec<Id> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What an item does when it is dropped.
pub type Ending = Box<dyn Fn() + Send + Sync>;

/// An item. If it is dropped rather than opened, the ledger says so.
pub struct Item {
    id: Id,
    ledger: Option<Ledger>,
    ending: Option<Ending>,
}

impl fmt::Debug for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Item").field(&self.id).finish()
    }
}

impl Item {
    /// A new item.
    pub fn new(id: Id, ledger: &Ledger) -> Self {
        Item { id, ledger: Some(ledger.clone()), ending: None }
    }

    /// A new item that runs code of its own when it is dropped inside of the queue.
    pub fn that_ends_with(id: Id, ledger: &Ledger, ending: Ending) -> Self {
        let mut item = Item::new(id, ledger);
        item.ending = Some(ending);
        item
    }

    /// The client has it in its hands.
    pub fn open(mut self) -> Id {
        self.ledger = None;
        self.id
    }

    /// The client sees it, and does not own it.
    pub fn id(&self) -> Id {
        self.id
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if let Some(ledger) = self.ledger.take() {
            if let Some(ending) = self.ending.take() {
                ending();
            }
            ledger.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.id);
        }
    }
}

//! What clients send: items with an identity, whose whole life is on record.

use sentinel_queue_models::ItemId;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Where items that no client got hold of again ended. The clients keep account of the others.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Vec<ItemId>>>);

impl Ledger {
    /// The items that were dropped inside of the queue.
    pub fn dropped(&self) -> Vec<ItemId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What an item does when it is dropped.
pub type Ending = Box<dyn Fn() + Send + Sync>;

/// An item. If it is dropped rather than opened, the ledger says so.
pub struct Item {
    id: ItemId,
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
    pub fn new(id: ItemId, ledger: &Ledger) -> Self {
        Item { id, ledger: Some(ledger.clone()), ending: None }
    }

    /// A new item that runs code of its own when it is dropped inside of the queue.
    pub fn that_ends_with(id: ItemId, ledger: &Ledger, ending: Ending) -> Self {
        let mut item = Item::new(id, ledger);
        item.ending = Some(ending);
        item
    }

    /// The client has it in its hands.
    pub fn open(mut self) -> ItemId {
        self.ledger = None;
        self.id
    }

    /// The client sees it, and does not own it.
    pub fn id(&self) -> ItemId {
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

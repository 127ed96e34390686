//! What clients send: items with an identity, whose whole life is on record.

use sentinel_queue_models::ItemId;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Where items that no client got hold of again ended. The clients keep account of the others.
#[derive(Clone, Debug, Default)]
pub struct DropRegistry(Arc<Mutex<Vec<ItemId>>>);

impl DropRegistry {
    /// The items that were dropped inside of the queue.
    pub fn dropped(&self) -> Vec<ItemId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What an item does when it is dropped.
pub type Ending = Box<dyn Fn() + Send + Sync>;

/// An item. If it is dropped rather than opened, the registry says so.
pub struct Item {
    id: ItemId,
    registry: Option<DropRegistry>,
    ending: Option<Ending>,
}

impl fmt::Debug for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Item").field(&self.id).finish()
    }
}

impl Item {
    /// A new item.
    pub fn new(id: ItemId, registry: &DropRegistry) -> Self {
        Item { id, registry: Some(registry.clone()), ending: None }
    }

    /// A new item that runs code of its own when it is dropped inside of the queue.
    pub fn that_ends_with(id: ItemId, registry: &DropRegistry, ending: Ending) -> Self {
        let mut item = Item::new(id, registry);
        item.ending = Some(ending);
        item
    }

    /// The client has it in its hands.
    pub fn open(mut self) -> ItemId {
        self.registry = None;
        self.id
    }

    /// The client sees it, and does not own it.
    pub fn id(&self) -> ItemId {
        self.id
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.take() {
            if let Some(ending) = self.ending.take() {
                ending();
            }
            registry.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.id);
        }
    }
}

//! Items that are counted, so that a test notices every leak.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// A factory of items that counts those that have not been dropped.
#[derive(Clone, Debug, Default)]
pub struct DropRegistry {
    living: Arc<AtomicUsize>,
}

/// A numbered item of a [`DropRegistry`].
#[derive(Debug)]
pub struct TrackedItem {
    number: usize,
    living: Arc<AtomicUsize>,
}

impl DropRegistry {
    /// Creates an item.
    pub fn item(&self, number: usize) -> TrackedItem {
        self.living.fetch_add(1, Ordering::SeqCst);
        TrackedItem { number, living: Arc::clone(&self.living) }
    }

    /// Returns the number of items that have not been dropped.
    pub fn living(&self) -> usize {
        self.living.load(Ordering::SeqCst)
    }
}

impl TrackedItem {
    /// Returns the number that identifies it.
    pub fn number(&self) -> usize {
        self.number
    }
}

impl Drop for TrackedItem {
    fn drop(&mut self) {
        self.living.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_counts_items_that_are_not_dropped() {
        let registry = DropRegistry::default();
        let another = registry.clone();
        let items = [registry.item(1), another.item(2)];
        assert_eq!((registry.living(), another.living()), (2, 2));
        assert_eq!(items[1].number(), 2);
        drop(items);
        assert_eq!(registry.living(), 0);
    }
}

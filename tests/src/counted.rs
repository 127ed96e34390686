//! Items that are counted, so that a test knows of every leak.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Makes items and knows how many of them live.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    living: Arc<AtomicUsize>,
}

/// A numbered item of a [`Ledger`].
#[derive(Debug)]
pub struct Counted {
    number: usize,
    living: Arc<AtomicUsize>,
}

impl Ledger {
    /// Makes an item.
    pub fn item(&self, number: usize) -> Counted {
        self.living.fetch_add(1, Ordering::SeqCst);
        Counted { number, living: Arc::clone(&self.living) }
    }

    /// How many items have been made and not been dropped.
    pub fn living(&self) -> usize {
        self.living.load(Ordering::SeqCst)
    }
}

impl Counted {
    /// What tells it from the others.
    pub fn number(&self) -> usize {
        self.number
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.living.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledger_counts_the_living() {
        let ledger = Ledger::default();
        let another = ledger.clone();
        let items = [ledger.item(1), another.item(2)];
        assert_eq!((ledger.living(), another.living()), (2, 2));
        assert_eq!(items[1].number(), 2);
        drop(items);
        assert_eq!(ledger.living(), 0);
    }
}

//! A part that many states have in common.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use crate::explorer::Fold;

/// A part of a state, with its hash, once that is computed.
#[derive(Clone, Debug)]
pub(super) struct Shared<T> {
    part: Rc<T>,
    hash: Option<u64>,
}

impl<T> Shared<T> {
    pub(super) fn new(part: T) -> Self {
        Shared { part: Rc::new(part), hash: None }
    }
}

impl<T: Clone> Shared<T> {
    /// Returns the part, to change it in this state alone.
    pub(super) fn change(&mut self) -> &mut T {
        self.hash = None;
        Rc::make_mut(&mut self.part)
    }
}

impl<T: Hash> Shared<T> {
    /// Computes the hash, for all states that will have this part.
    pub(super) fn keep_hash(&mut self) {
        self.hash = self.hash.or_else(|| Some(self.computed()));
    }

    fn computed(&self) -> u64 {
        let mut part = Fold::default();
        self.part.hash(&mut part);
        part.finish()
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.part
    }
}

impl<T: Eq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.part == other.part
    }
}

impl<T: Eq> Eq for Shared<T> {}

impl<T: Hash> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash.unwrap_or_else(|| self.computed()));
    }
}

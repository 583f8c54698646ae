//! `Collection`: items by id, in the order of their creation.

use std::collections::{BTreeMap, HashMap};

/// Items by id, in the order of their creation. Each item has a position: 1 for the first item, and one more for each
/// later item. A position is never reused, so a page token that contains a position stays valid when items are deleted.
#[derive(Clone, Debug)]
pub(crate) struct Collection<T> {
    items: BTreeMap<u64, T>,
    positions: HashMap<String, u64>,
    last_position: u64,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            positions: HashMap::new(),
            last_position: 0,
        }
    }
}

impl<T> Collection<T> {
    pub(crate) fn insert(&mut self, id: String, item: T) {
        self.last_position = self.last_position.saturating_add(1);
        self.positions.insert(id, self.last_position);
        self.items.insert(self.last_position, item);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.items.get(self.positions.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(self.positions.get(id)?)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        self.items.remove(&self.positions.remove(id)?)
    }

    /// Removes the items for which `keep` returns `false`.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.items.retain(|_, item| keep(item));
        self.positions
            .retain(|_, position| self.items.contains_key(position));
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.values()
    }

    /// Returns the items whose position is less than `position`, the newest first, with their positions. For 0, returns
    /// all items.
    pub(crate) fn before(&self, position: u64) -> impl Iterator<Item = (u64, &T)> {
        let end = match position {
            0 => std::ops::Bound::Unbounded,
            position => std::ops::Bound::Excluded(position),
        };
        let items = self.items.range((std::ops::Bound::Unbounded, end)).rev();
        items.map(|(position, item)| (*position, item))
    }

    /// Returns the items whose position is greater than `position`, with their positions. For 0, returns all items.
    pub(crate) fn after(&self, position: u64) -> impl Iterator<Item = (u64, &T)> {
        self.items
            .range((
                std::ops::Bound::Excluded(position),
                std::ops::Bound::Unbounded,
            ))
            .map(|(position, item)| (*position, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_deletions_and_are_not_reused() {
        let mut items = Collection::default();
        for id in ["a", "b", "c"] {
            items.insert(id.to_owned(), id);
        }
        assert_eq!(items.remove("c"), Some("c"));
        assert_eq!(items.remove("c"), None);
        items.insert("d".to_owned(), "d");
        let all: Vec<_> = items.after(0).collect();
        assert_eq!(all, [(1, &"a"), (2, &"b"), (4, &"d")]);
        assert_eq!(items.after(2).count(), 1);
        assert_eq!(items.after(u64::MAX).count(), 0);
        let newest: Vec<_> = items.before(0).map(|(position, _)| position).collect();
        assert_eq!(newest, [4, 2, 1]);
        assert_eq!(items.before(4).next(), Some((2, &"b")));
        assert_eq!(items.before(1).count(), 0);
    }
}

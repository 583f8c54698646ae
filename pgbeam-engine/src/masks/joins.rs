//! Finds joins by column name (USING and NATURAL) that compare a masked column with a column that can be a constant.

use std::collections::HashMap;
use std::rc::Rc;

use super::scope::Item;
use crate::relation::fold;

/// The columns of the items of one FROM, by folded name. The values of the maps, and `open`, are indexes of items.
#[derive(Clone, Debug, Default)]
pub(super) struct JoinColumns {
    /// The number of items whose columns were added.
    indexed: usize,
    masked: HashMap<Rc<str>, Vec<usize>>,
    constants: HashMap<Rc<str>, Vec<usize>>,
    /// The items with unknown columns that can be constants or expressions.
    open: Vec<usize>,
}

impl JoinColumns {
    /// Adds the items after those that are already indexed. The index is built only for joins by name, and each item
    /// is read once, so a long FROM takes linear time.
    pub(super) fn index(&mut self, items: &[Item]) {
        for (index, item) in items.iter().enumerate().skip(self.indexed) {
            for (column, _) in item.columns.masked() {
                add(&mut self.masked, &column.key, index);
            }
            for column in item.columns.constants() {
                add(&mut self.constants, &column.key, index);
            }
            if item.columns.hides_constants() {
                self.open.push(index);
            }
        }
        self.indexed = items.len();
    }

    /// Returns `true` if a join over `names` compares a masked column of one item with a column of another item that
    /// is or can be a constant. Without names, checks all masked columns, as for NATURAL JOIN. The operands of the join
    /// are the items from index `start`.
    pub(super) fn compares_with_constant(
        &self,
        names: Option<&[String]>,
        items: &[Item],
        start: usize,
    ) -> bool {
        let compares = |key: &str, masked: &[usize]| {
            // Two masked items suffice: if the first is the only item with a constant, the second is compared with it.
            operands(masked, start).iter().take(2).any(|index| {
                let constants = self.constants.get(key).map_or(&[][..], Vec::as_slice);
                let mut constants = operands(constants, start).iter();
                let mut open = operands(&self.open, start).iter();
                constants.any(|other| other != index)
                    || open.any(|other| {
                        let columns = items.get(*other).map(|item| &item.columns);
                        other != index && columns.is_some_and(|columns| !columns.knows(key))
                    })
            })
        };
        match names {
            Some(names) => names.iter().any(|name| {
                let key = fold(name);
                self.masked
                    .get(&*key)
                    .is_some_and(|masked| compares(&key, masked))
            }),
            None => self
                .masked
                .iter()
                .any(|(key, masked)| compares(key, masked)),
        }
    }
}

/// Returns the indexes that are at least `start`. `indexes` is sorted.
fn operands(indexes: &[usize], start: usize) -> &[usize] {
    let first = indexes.partition_point(|index| *index < start);
    indexes.get(first..).unwrap_or_default()
}

fn add(indexes: &mut HashMap<Rc<str>, Vec<usize>>, key: &Rc<str>, index: usize) {
    indexes.entry(Rc::clone(key)).or_default().push(index);
}

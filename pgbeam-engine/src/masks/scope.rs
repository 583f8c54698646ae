//! The names that an expression can use, and which of them are masked.

use std::rc::Rc;

use crate::policy::MaskKind;
use crate::relation::fold;

/// A column of a query or relation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: Rc<str>,
    /// The folded name, for comparisons.
    key: Rc<str>,
    pub(super) mask: Option<MaskKind>,
}

impl Column {
    fn new(name: &str, mask: Option<MaskKind>) -> Self {
        let name: Rc<str> = name.into();
        let key = fold(&name);
        Self {
            key: if *key == *name {
                Rc::clone(&name)
            } else {
                key.into()
            },
            name,
            mask,
        }
    }
}

/// The columns of a query or relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    /// The known columns: all of a query, or the masked ones of a relation.
    pub(super) known: Vec<Column>,
    /// Whether there are more columns, without masks and at unknown positions.
    pub(super) has_others: bool,
    /// The number of columns with a known position, if `has_others`.
    known_positions: usize,
}

impl Columns {
    /// Returns columns of which none is known. Only columns that are pushed later can be masked.
    pub(super) fn unknown() -> Self {
        Self {
            has_others: true,
            ..Self::default()
        }
    }

    pub(super) fn masked(&self) -> impl Iterator<Item = (&Column, MaskKind)> {
        self.known
            .iter()
            .filter_map(|column| Some((column, column.mask?)))
    }

    pub(super) fn has_masks(&self) -> bool {
        self.masked().next().is_some()
    }

    pub(super) fn push(&mut self, name: &str, mask: Option<MaskKind>) {
        self.known.push(Column::new(name, mask));
    }

    pub(super) fn extend(&mut self, other: &Self) {
        if other.has_others && !self.has_others {
            self.known_positions = self.known.len().saturating_add(other.known_positions);
        }
        self.known.extend(other.known.iter().cloned());
        self.has_others |= other.has_others;
    }

    /// Returns `false` if the column at a position, from 1, is or may be masked.
    pub(super) fn is_plain_at(&self, position: usize) -> bool {
        let index = position.saturating_sub(1);
        if self.has_others && index >= self.known_positions {
            return !self.has_masks();
        }
        self.known
            .get(index)
            .is_none_or(|column| column.mask.is_none())
    }

    /// Renames the first columns. Returns `false` if masks exist and their positions are unknown.
    pub(super) fn rename(&mut self, names: &[String]) -> bool {
        if self.has_others {
            return !self.has_masks();
        }
        for (column, name) in self.known.iter_mut().zip(names) {
            *column = Column::new(name, column.mask);
        }
        true
    }

    /// Merges the columns of the other operand of UNION, INTERSECT or EXCEPT, which has them at the same positions. A
    /// column with different masks in the operands gets the mask NULL. Returns `false` if the other operand has masks
    /// at unknown positions.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        if !self.has_others && !other.has_others {
            for (column, other) in self.known.iter_mut().zip(&other.known) {
                column.mask = match (column.mask, other.mask) {
                    (Some(one), Some(two)) if one != two => Some(MaskKind::Null),
                    (one, two) => one.or(two),
                };
            }
            return true;
        }
        self.has_others = true;
        // Two relations with the same masked columns: their stars have the same layout.
        other
            .masked()
            .all(|(masked, _)| self.masked().any(|(column, _)| column.name == masked.name))
    }
}

/// One FROM item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The alias, or the name of the relation. `None` for a subquery without alias.
    pub(super) name: Option<String>,
    /// The schema, if columns can be qualified with it.
    pub(super) schema: Option<String>,
    pub(super) columns: Rc<Columns>,
}

/// How masking affects an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// Neither masked nor made from something masked.
    Plain,
    /// A masked column.
    Column(MaskKind),
    /// A whole row, or a subquery, with a masked column.
    Composite,
    /// A function call on a row with a masked column, written as a column, such as `u.to_json`.
    Call,
}

/// The FROM items of the queries around an expression, the innermost query last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    levels: Vec<Vec<Item>>,
}

impl Scope {
    pub(super) fn push(&mut self, items: Vec<Item>) {
        self.levels.push(items);
    }

    pub(super) fn pop(&mut self) -> Vec<Item> {
        self.levels.pop().unwrap_or_default()
    }

    /// Adds an item to the innermost FROM.
    pub(super) fn add(&mut self, item: Item) {
        match self.levels.last_mut() {
            Some(level) => level.push(item),
            None => self.levels.push(vec![item]),
        }
    }

    /// The items of the innermost FROM.
    pub(super) fn items(&self) -> &[Item] {
        self.levels.last().map_or(&[], Vec::as_slice)
    }

    /// The item with this name or alias, from the innermost FROM outwards.
    pub(super) fn item(&self, schema: Option<&str>, name: &str) -> Option<&Item> {
        self.levels.iter().rev().flatten().find(|item| {
            item.name.as_deref() == Some(name)
                && schema
                    .is_none_or(|schema| item.schema.as_deref().unwrap_or("public") == fold(schema))
        })
    }

    /// Resolves an unqualified name: to a column, or else to a whole row of a FROM item.
    ///
    /// Column names are compared without regard to case, names of FROM items as in PostgreSQL.
    ///
    /// Not all columns of a relation are known, so a name that is not found in the innermost FROM is looked up in the
    /// outer ones. The innermost FROM with a known column of that name decides.
    pub(super) fn column(&self, name: &str) -> Value {
        let column = fold(name);
        for level in self.levels.iter().rev() {
            let mut columns = level
                .iter()
                .flat_map(|item| &item.columns.known)
                .filter(|known| *known.key == *column)
                .peekable();
            if columns.peek().is_some() {
                return columns
                    .find_map(|column| column.mask)
                    .map_or(Value::Plain, Value::Column);
            }
        }
        self.item(None, name).map_or(Value::Plain, Item::row)
    }
}

impl Item {
    /// The item as a whole row.
    pub(super) fn row(&self) -> Value {
        if self.columns.has_masks() {
            Value::Composite
        } else {
            Value::Plain
        }
    }

    /// A column of the item.
    pub(super) fn column(&self, name: &str) -> Value {
        let name = fold(name);
        let mut columns = self
            .columns
            .known
            .iter()
            .filter(|column| *column.key == *name);
        match columns.next() {
            Some(column) => column
                .mask
                .or_else(|| columns.find_map(|column| column.mask))
                .map_or(Value::Plain, Value::Column),
            // PostgreSQL reads `u.to_json` as a call if there is no such column.
            None if self.columns.has_masks() && crate::functions::accepts_row(&name) => Value::Call,
            None => Value::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(known: &[(&str, bool)], has_others: bool) -> Columns {
        let mut columns = Columns {
            has_others,
            ..Columns::default()
        };
        for (name, is_masked) in known {
            columns.push(name, is_masked.then_some(MaskKind::Hash));
        }
        columns
    }

    fn item(name: &str, columns: Columns) -> Item {
        Item {
            name: Some(name.to_owned()),
            schema: None,
            columns: Rc::new(columns),
        }
    }

    #[test]
    fn finds_columns_from_the_inside_out() {
        let mut scope = Scope::default();
        scope.push(vec![item("u", columns(&[("email", true)], true))]);
        scope.push(vec![item("t", Columns::unknown())]);
        let masked = Value::Column(MaskKind::Hash);
        assert_eq!(scope.column("email"), masked, "t may not have it");
        assert_eq!(scope.column("u"), Value::Composite);
        assert_eq!(scope.column("t"), Value::Plain);
        assert_eq!(scope.column("id"), Value::Plain);
        scope.push(vec![item("s", columns(&[("email", false)], false))]);
        assert_eq!(scope.column("email"), Value::Plain, "s has it");
        let outer = scope.item(None, "u").expect("an item");
        assert_eq!(outer.column("email"), masked);
        assert_eq!(outer.column("to_json"), Value::Call);
        assert_eq!(outer.column("name"), Value::Plain);
        assert!(scope.item(Some("public"), "u").is_some());
        assert!(scope.item(Some("app"), "u").is_none());
    }

    #[test]
    fn set_operations_merge_by_position() {
        let mut one = columns(&[("a", false), ("b", false)], false);
        assert!(one.merge(&columns(&[("x", false), ("email", true)], false)));
        assert_eq!(one, columns(&[("a", false), ("b", true)], false));
        let star = columns(&[("email", true)], true);
        assert!(star.clone().merge(&star));
        assert!(star.clone().merge(&Columns::unknown()));
        assert!(!Columns::unknown().merge(&star));
        assert!(!columns(&[("a", false)], false).merge(&star));
    }

    #[test]
    fn renames_by_position() {
        let names = ["x".to_owned()];
        let mut one = columns(&[("a", true), ("b", false)], false);
        assert!(one.rename(&names));
        assert_eq!(one, columns(&[("x", true), ("b", false)], false));
        assert!(!columns(&[("a", true)], true).rename(&names));
        assert!(Columns::unknown().rename(&names));
    }
}

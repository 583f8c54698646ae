//! The columns of queries and relations: their names, as far as these are known, and their masks.

use std::rc::Rc;

use super::scope::Value;
use crate::policy::{Mask, MaskKind};
use crate::relation::{fold, truncate};

/// A column of a query or relation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: Rc<str>,
    /// The folded name, for comparisons.
    pub(super) key: Rc<str>,
    pub(super) mask: Option<MaskKind>,
    /// Whether the column is a column of a relation, not a constant or an expression.
    is_stored: bool,
}

impl Column {
    fn new(name: &str, mask: Option<MaskKind>, is_stored: bool) -> Self {
        let name: Rc<str> = truncate(name).into();
        let key = fold(&name);
        Self {
            key: if *key == *name {
                Rc::clone(&name)
            } else {
                key.into()
            },
            name,
            mask,
            is_stored,
        }
    }
}

/// The columns of a query or relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns {
    /// The columns whose names are known. For a relation, these are the masked columns. For a query, these are the
    /// columns that its select list names and, for each `*`, the known columns of the FROM items.
    pub(super) known: Vec<Column>,
    /// The columns and stars from left to right.
    layout: Vec<Part>,
    /// Whether one of the unknown columns can be a constant or an expression.
    hides_constants: bool,
}

/// An entry of [`Columns::layout`].
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// One column.
    Column,
    /// A star. With the name of a relation, the star stands for all columns of the relation, of which only the masked
    /// columns are known. `None` stands for any number of columns at unknown positions.
    Star(Option<Rc<str>>),
}

impl Columns {
    /// Returns columns without masks whose number, names and positions are unknown.
    pub(super) fn unknown() -> Self {
        Self {
            known: Vec::new(),
            layout: vec![Part::Star(None)],
            hides_constants: true,
        }
    }

    /// Returns the columns of a relation. Only the masked columns are known. `name` is the name of the relation as
    /// written.
    pub(super) fn from_relation<'a>(name: &str, masks: impl Iterator<Item = &'a Mask>) -> Self {
        Self {
            known: masks
                .map(|mask| Column::new(&mask.name, Some(mask.kind), true))
                .collect(),
            layout: vec![Part::Star(Some(name.into()))],
            hides_constants: false,
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

    pub(super) fn push(&mut self, name: &str, mask: Option<MaskKind>, is_stored: bool) {
        self.known.push(Column::new(name, mask, is_stored));
        self.layout.push(Part::Column);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.known.extend(other.known.iter().cloned());
        self.layout.extend(other.layout.iter().cloned());
        self.hides_constants |= other.hides_constants;
    }

    /// Returns a lower bound for the number of columns: the number of known columns, or the number of columns and stars
    /// if that is larger.
    pub(super) fn width(&self) -> usize {
        self.known.len().max(self.layout.len())
    }

    /// Returns `true` if a column of this name exists or can exist, and is a column of a relation rather than a
    /// constant or an expression.
    pub(super) fn is_stored(&self, name: &str) -> bool {
        !self.can_be_constant(name) && (self.has_star() || self.knows(&fold(name)))
    }

    /// Returns `true` if a column of this name can be a constant or an expression.
    pub(super) fn can_be_constant(&self, name: &str) -> bool {
        let key = fold(name);
        if self.knows(&key) {
            self.constants().any(|column| *column.key == *key)
        } else {
            self.hides_constants
        }
    }

    /// Returns the known columns that are constants or expressions.
    pub(super) fn constants(&self) -> impl Iterator<Item = &Column> {
        self.known.iter().filter(|column| !column.is_stored)
    }

    /// Returns `true` if all columns are columns of relations.
    fn are_stored(&self) -> bool {
        !self.hides_constants && self.constants().next().is_none()
    }

    /// Returns `true` if a column that is not known can be a constant or an expression.
    pub(super) fn hides_constants(&self) -> bool {
        self.hides_constants
    }

    /// Returns `true` if a column of this folded name is known.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.known.iter().any(|column| *column.key == *key)
    }

    /// Returns `true` if columns exist that are not known.
    fn has_star(&self) -> bool {
        self.layout.iter().any(|part| matches!(part, Part::Star(_)))
    }

    /// Makes the positions of all columns unknown.
    pub(super) fn forget_positions(&mut self) {
        self.layout = vec![Part::Star(None)];
    }

    /// Returns the number of columns with a known position.
    fn known_positions(&self) -> usize {
        let is_column = |part: &&Part| **part == Part::Column;
        self.layout.iter().take_while(is_column).count()
    }

    fn has_unknown_positions(&self) -> bool {
        self.known_positions() < self.layout.len()
    }

    /// Returns the column at a position, counted from 1. `Err` if the column at the position is unknown, `Ok(None)` if
    /// there is no such column.
    pub(super) fn at(&self, position: usize) -> Result<Option<&Column>, ()> {
        let index = position.saturating_sub(1);
        if self.has_unknown_positions() && index >= self.known_positions() {
            return Err(());
        }
        Ok(self.known.get(index))
    }

    /// Returns `false` if the column at a position, counted from 1, is or may be masked.
    pub(super) fn is_plain_at(&self, position: usize) -> bool {
        match self.at(position) {
            Ok(column) => column.is_none_or(|column| column.mask.is_none()),
            Err(()) => !self.has_masks(),
        }
    }

    /// Renames the first columns to `names`. If some columns are masked and some have unknown positions, changes
    /// nothing and returns `false`.
    pub(super) fn rename(&mut self, names: &[String]) -> bool {
        if self.has_unknown_positions() {
            if self.has_masks() {
                return false;
            }
            // Which other columns lose their names is unknown, so none of them is known afterwards.
            let are_stored = self.are_stored();
            let positions = self.known_positions();
            self.known.truncate(positions);
            while self.known.len() < names.len() {
                self.known.push(Column::new("", None, are_stored));
            }
            self.layout = vec![Part::Column; self.known.len()];
            self.layout.push(Part::Star(None));
            self.hides_constants = !are_stored;
        }
        for (column, name) in self.known.iter_mut().zip(names) {
            *column = Column::new(name, column.mask, column.is_stored);
        }
        true
    }

    /// Merges the columns of the other operand of UNION, INTERSECT or EXCEPT by position. A column with different masks
    /// in the operands gets the mask NULL. Returns `false` if the other operand has masks and the positions cannot be
    /// matched, because an operand has a star.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        let has_same_stars =
            self.layout == other.layout && !self.layout.contains(&Part::Star(None));
        let is_aligned =
            has_same_stars || !(self.has_unknown_positions() || other.has_unknown_positions());
        if is_aligned {
            for (column, other) in self.known.iter_mut().zip(&other.known) {
                column.mask = match (column.mask, other.mask) {
                    (Some(one), Some(two)) if one != two => Some(MaskKind::Null),
                    (one, two) => one.or(two),
                };
                column.is_stored &= other.is_stored;
            }
        } else if !other.are_stored() {
            for column in &mut self.known {
                column.is_stored = false;
            }
        }
        self.hides_constants |= if is_aligned {
            other.hides_constants
        } else {
            !other.are_stored()
        };
        is_aligned || !other.has_masks()
    }

    /// Finds a column by name, and returns how masking affects it. If no column has exactly this name, a masked column
    /// matches in any letter case. `None` if no column matches.
    pub(super) fn find(&self, name: &str) -> Option<Value> {
        let mut exact = self.known.iter().filter(|column| *column.name == *name);
        if let Some(column) = exact.next() {
            let mask = column.mask.or_else(|| exact.find_map(|column| column.mask));
            return Some(mask.map_or(Value::Plain, Value::Column));
        }
        let key = fold(name);
        self.known
            .iter()
            .filter(|column| *column.key == *key)
            .find_map(|column| column.mask)
            .map(Value::Column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates columns from names. `!` marks a masked column, and `*x` is the star of the relation x.
    fn columns(names: &[&str]) -> Columns {
        let mut columns = Columns::default();
        for name in names {
            if let Some(relation) = name.strip_prefix('*') {
                columns.layout.push(Part::Star(Some(relation.into())));
                columns
                    .known
                    .push(Column::new("email", Some(MaskKind::Hash), true));
            } else {
                let mask = name.ends_with('!').then_some(MaskKind::Hash);
                columns.push(name.trim_end_matches('!'), mask, true);
            }
        }
        columns
    }

    #[test]
    fn set_operations_merge_by_position() {
        type Names<'a> = &'a [&'a str];
        let cases: [(Names<'_>, Names<'_>, Option<Names<'_>>); 8] = [
            (&["a", "b"], &["x", "email!"], Some(&["a", "b!"])),
            (&["a!", "b"], &["x", "y"], Some(&["a!", "b"])),
            (&["*users"], &["*users"], Some(&["*users"])),
            (&["a", "*users"], &["b!", "*users"], Some(&["a!", "*users"])),
            (&["*users"], &["*app.users"], None),
            (&["a", "b"], &["*users"], None),
            (&["*users", "a"], &["a", "*users"], None),
            (&["*users"], &["a", "b"], Some(&["*users"])),
        ];
        for (one, two, merged) in cases {
            let mut columns_of_one = columns(one);
            let is_merged = columns_of_one.merge(&columns(two));
            assert_eq!(is_merged, merged.is_some(), "{one:?} {two:?}");
            if let Some(merged) = merged {
                assert_eq!(columns_of_one, columns(merged), "{one:?} {two:?}");
            }
        }
        let mut unknown = Columns::unknown();
        assert!(!unknown.merge(&columns(&["a!"])));
        assert!(unknown.merge(&columns(&["a"])));
    }

    #[test]
    fn renames_by_position() {
        let names = ["x".to_owned()];
        let mut one = columns(&["a!", "b"]);
        assert!(one.rename(&names));
        assert_eq!(one, columns(&["x!", "b"]));
        assert!(!columns(&["*users"]).rename(&names));
        assert!(Columns::unknown().rename(&names));
    }

    #[test]
    fn positions_are_known_up_to_the_first_star() {
        let columns = columns(&["a", "b!", "*users"]);
        assert!(columns.is_plain_at(1));
        assert!(!columns.is_plain_at(2));
        assert!(!columns.is_plain_at(3));
        assert!(Columns::unknown().is_plain_at(1));
    }
}

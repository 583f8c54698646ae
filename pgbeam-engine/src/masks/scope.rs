//! The names that an expression can use, and which of them are masked.

use std::rc::Rc;

use crate::functions::accepts_row;
use crate::policy::{Mask, MaskKind};
use crate::relation::{fold, truncate};

/// A column of a query or relation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: Rc<str>,
    /// The folded name, for comparisons.
    key: Rc<str>,
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
    /// The known columns: all of a query, or the masked ones of a relation.
    pub(super) known: Vec<Column>,
    /// The columns from left to right.
    layout: Vec<Part>,
}

/// A part of a select list.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// One column.
    Column,
    /// All columns of a relation, of which only the masked ones are known. `None` for columns at unknown positions.
    Star(Option<Rc<str>>),
}

impl Columns {
    /// Returns columns of which none is known, and none is masked.
    pub(super) fn unknown() -> Self {
        Self {
            known: Vec::new(),
            layout: vec![Part::Star(None)],
        }
    }

    /// Returns the columns of a relation, of which only the masked ones are known. `name` is the name as written.
    pub(super) fn of_relation<'a>(name: &str, masks: impl Iterator<Item = &'a Mask>) -> Self {
        Self {
            known: masks
                .map(|mask| Column::new(&mask.name, Some(mask.kind), true))
                .collect(),
            layout: vec![Part::Star(Some(name.into()))],
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
    }

    /// The number of columns and stars.
    pub(super) fn width(&self) -> usize {
        self.known.len().max(self.layout.len())
    }

    /// Returns `true` if a column is or can be a column of a relation, not a constant or an expression.
    fn is_stored(&self, name: &str) -> bool {
        let key = fold(name);
        match self.known.iter().find(|column| *column.key == *key) {
            Some(column) => column.is_stored,
            None => self
                .layout
                .iter()
                .any(|part| matches!(part, Part::Star(Some(_)))),
        }
    }

    /// Returns `true` if a column of this name can be a constant or an expression.
    fn can_be_constant(&self, name: &str) -> bool {
        let key = fold(name);
        match self.known.iter().find(|column| *column.key == *key) {
            Some(column) => !column.is_stored,
            None => self.layout.contains(&Part::Star(None)),
        }
    }

    /// Forgets the positions of the columns.
    pub(super) fn forget_positions(&mut self) {
        self.layout = vec![Part::Star(None)];
    }

    /// The number of columns with a known position.
    fn known_positions(&self) -> usize {
        let is_column = |part: &&Part| **part == Part::Column;
        self.layout.iter().take_while(is_column).count()
    }

    fn has_unknown_positions(&self) -> bool {
        self.known_positions() < self.layout.len()
    }

    /// The column at a position, from 1. `Err` if the position is unknown, `Ok(None)` if there is no such column.
    pub(super) fn at(&self, position: usize) -> Result<Option<&Column>, ()> {
        let index = position.saturating_sub(1);
        if self.has_unknown_positions() && index >= self.known_positions() {
            return Err(());
        }
        Ok(self.known.get(index))
    }

    /// Returns `false` if the column at a position, from 1, is or may be masked.
    pub(super) fn is_plain_at(&self, position: usize) -> bool {
        match self.at(position) {
            Ok(column) => column.is_none_or(|column| column.mask.is_none()),
            Err(()) => !self.has_masks(),
        }
    }

    /// Renames the first columns. Returns `false` if masks exist and their positions are unknown.
    pub(super) fn rename(&mut self, names: &[String]) -> bool {
        if self.has_unknown_positions() {
            return !self.has_masks();
        }
        for (column, name) in self.known.iter_mut().zip(names) {
            *column = Column::new(name, column.mask, column.is_stored);
        }
        true
    }

    /// Merges the columns of the other operand of UNION, INTERSECT or EXCEPT, which has them at the same positions. A
    /// column with different masks in the operands gets the mask NULL. Returns `false` if the other operand has masks
    /// at unknown positions.
    pub(super) fn merge(&mut self, other: &Self) -> bool {
        let is_known = |columns: &Self| !columns.layout.contains(&Part::Star(None));
        let is_aligned = (self.layout == other.layout && is_known(self))
            || !(self.has_unknown_positions() || other.has_unknown_positions());
        if !is_aligned {
            return !other.has_masks();
        }
        for (column, other) in self.known.iter_mut().zip(&other.known) {
            column.mask = match (column.mask, other.mask) {
                (Some(one), Some(two)) if one != two => Some(MaskKind::Null),
                (one, two) => one.or(two),
            };
            column.is_stored &= other.is_stored;
        }
        true
    }

    /// Finds a column by name. The exact name decides; otherwise, a masked column matches in any letter case.
    fn find(&self, name: &str) -> Option<Value> {
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

/// One FROM item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The alias, or the name of the relation. `None` for a subquery without alias.
    pub(super) name: Option<String>,
    /// The schema of a relation without alias, with which its columns can be qualified.
    pub(super) schema: Option<String>,
    pub(super) columns: Rc<Columns>,
    /// Whether `*` includes the columns. `false` for the alias of JOIN USING, which names columns a second time.
    pub(super) is_in_star: bool,
}

impl Item {
    /// Creates an item that has an alias, or no name.
    pub(super) fn new(name: Option<String>, columns: Rc<Columns>) -> Self {
        Self {
            name,
            schema: None,
            columns,
            is_in_star: true,
        }
    }

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
        match self.columns.find(name) {
            Some(value) => value,
            // PostgreSQL reads `u.to_json` as a call if there is no such column.
            None if self.columns.has_masks() && accepts_row(&fold(name)) => Value::Call,
            None => Value::Plain,
        }
    }
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

/// The items of one FROM.
#[derive(Clone, Debug, Default)]
pub(super) struct Level {
    items: Vec<Item>,
    /// Whether a join merges columns, so that `*` has them at other positions: USING or NATURAL.
    merges_columns: bool,
}

/// The FROM items of the queries around an expression, the innermost query last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    levels: Vec<Level>,
    /// Whether a masked name is preferred in every level, because PostgreSQL does not see all items of the innermost one.
    pub(super) prefers_masks: bool,
}

impl Scope {
    pub(super) fn push(&mut self, items: Vec<Item>) {
        self.push_level(Level {
            items,
            merges_columns: false,
        });
    }

    pub(super) fn push_level(&mut self, level: Level) {
        self.levels.push(level);
    }

    pub(super) fn pop(&mut self) -> Level {
        self.levels.pop().unwrap_or_default()
    }

    /// Adds an item to the innermost FROM.
    pub(super) fn add(&mut self, item: Item) {
        match self.levels.last_mut() {
            Some(level) => level.items.push(item),
            None => self.push(vec![item]),
        }
    }

    /// Hides all levels but the innermost one, and returns them.
    pub(super) fn hide_outer(&mut self) -> Vec<Level> {
        let innermost = self.levels.pop();
        let outer = std::mem::take(&mut self.levels);
        self.levels.extend(innermost);
        outer
    }

    /// Undoes [`hide_outer`](Self::hide_outer).
    pub(super) fn show_outer(&mut self, outer: Vec<Level>) {
        let innermost = std::mem::replace(&mut self.levels, outer);
        self.levels.extend(innermost);
    }

    /// Notes that a join in the innermost FROM merges columns.
    pub(super) fn merge_columns(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.merges_columns = true;
        }
    }

    /// The items of the innermost FROM.
    pub(super) fn items(&self) -> &[Item] {
        self.levels.last().map_or(&[], |level| &level.items)
    }

    /// The columns of `*` in the innermost FROM.
    pub(super) fn star(&self) -> Columns {
        self.levels.last().map(Level::star).unwrap_or_default()
    }

    /// The number of columns of `*` in the innermost FROM.
    pub(super) fn star_width(&self) -> usize {
        self.levels.last().map_or(0, Level::star_width)
    }

    /// Returns a masked column that a join over `names` would compare with something that can be a constant. Without
    /// names, all masked columns count, as for NATURAL JOIN.
    pub(super) fn compared_with_constant(&self, names: Option<&[String]>) -> bool {
        let items = self.items();
        let masked = items.iter().enumerate().flat_map(|(index, item)| {
            item.columns
                .masked()
                .map(move |(column, _)| (index, Rc::clone(&column.name)))
        });
        masked
            .filter(|(_, name)| {
                names.is_none_or(|names| names.iter().any(|other| fold(other) == fold(name)))
            })
            .any(|(index, name)| {
                let others = items
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index);
                others
                    .into_iter()
                    .any(|(_, item)| item.columns.can_be_constant(&name))
            })
    }

    /// Returns `true` if a name is or can be a column of a relation, not a constant or an expression. `table` is the
    /// qualifier.
    pub(super) fn is_stored(&self, table: Option<&str>, column: &str) -> bool {
        match table {
            Some(table) => {
                let mut items = self.named(None, table).peekable();
                items.peek().is_some() && items.all(|item| item.columns.is_stored(column))
            }
            None => self.levels.iter().rev().any(|level| {
                let mut known = level
                    .items
                    .iter()
                    .filter(|item| item.columns.find(column).is_some())
                    .peekable();
                if known.peek().is_some() {
                    return known.all(|item| item.columns.is_stored(column));
                }
                level
                    .items
                    .iter()
                    .any(|item| item.columns.is_stored(column))
            }),
        }
    }

    /// Returns `true` if the innermost FROM has an item that surely has both columns.
    pub(super) fn has_both(&self, one: &str, two: &str) -> bool {
        self.items()
            .iter()
            .any(|item| item.columns.find(one).is_some() && item.columns.find(two).is_some())
    }

    /// The item with this name or alias, from the innermost FROM outwards.
    pub(super) fn item(&self, schema: Option<&str>, name: &str) -> Option<&Item> {
        self.named(schema, name).next()
    }

    /// The value that `resolve` finds in the item with this name or alias. `None` if there is no such item.
    pub(super) fn value_of(
        &self,
        schema: Option<&str>,
        name: &str,
        resolve: impl Fn(&Item) -> Value,
    ) -> Option<Value> {
        let mut values = self.named(schema, name).map(resolve);
        let first = values.next()?;
        if self.prefers_masks && first == Value::Plain {
            return values.find(|value| *value != Value::Plain).or(Some(first));
        }
        Some(first)
    }

    /// The items with this name or alias, from the innermost FROM outwards.
    fn named(&self, schema: Option<&str>, name: &str) -> impl Iterator<Item = &Item> {
        let schema = schema.map(fold);
        self.levels
            .iter()
            .rev()
            .flat_map(|level| &level.items)
            .filter(move |item| {
                item.name.as_deref() == Some(name)
                    && schema
                        .as_ref()
                        .is_none_or(|schema| item.schema.as_ref() == Some(schema))
            })
    }

    /// Resolves an unqualified name: to a column, or else to a whole row of a FROM item.
    ///
    /// Not all columns of a relation are known, so a name that is not found in the innermost FROM is looked up in the
    /// outer ones. The innermost FROM with a known column of that name decides.
    pub(super) fn column(&self, name: &str) -> Value {
        let mut plain = None;
        for level in self.levels.iter().rev() {
            let found: Vec<Value> = level
                .items
                .iter()
                .filter_map(|item| item.columns.find(name))
                .collect();
            if let Some(masked) = found.iter().find(|value| **value != Value::Plain) {
                return *masked;
            }
            if !found.is_empty() {
                plain.get_or_insert(Value::Plain);
                if !self.prefers_masks {
                    break;
                }
            }
        }
        match plain {
            Some(plain) if !self.prefers_masks => plain,
            _ => self.value_of(None, name, Item::row).unwrap_or(Value::Plain),
        }
    }
}

impl Level {
    fn star_width(&self) -> usize {
        self.items
            .iter()
            .filter(|item| item.is_in_star)
            .map(|item| item.columns.width())
            .fold(0, usize::saturating_add)
    }

    /// The columns of `*`.
    pub(super) fn star(&self) -> Columns {
        let mut columns = Columns::default();
        for item in self.items.iter().filter(|item| item.is_in_star) {
            columns.extend(&item.columns);
        }
        if self.merges_columns {
            columns.forget_positions();
        }
        columns
    }

    /// The columns with one of these names: those that JOIN USING merges.
    pub(super) fn merged(&self, names: &[String]) -> Columns {
        let mut columns = Columns::default();
        for name in names {
            let mask = self
                .items
                .iter()
                .find_map(|item| match item.columns.find(name) {
                    Some(Value::Column(kind)) => Some(kind),
                    _ => None,
                });
            columns.push(name, mask, true);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns from names; `!` marks masked ones, and `*x` is the star of the relation x.
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

    fn item(name: &str, columns: Columns) -> Item {
        Item::new(Some(name.to_owned()), Rc::new(columns))
    }

    #[test]
    fn finds_columns_from_the_inside_out() {
        let mut scope = Scope::default();
        scope.push(vec![item("u", columns(&["*users"]))]);
        scope.push(vec![item("t", Columns::unknown())]);
        let masked = Value::Column(MaskKind::Hash);
        assert_eq!(scope.column("email"), masked, "t may not have it");
        assert_eq!(
            scope.column("EMAIL"),
            masked,
            "masked names match in any case"
        );
        assert_eq!(scope.column("u"), Value::Composite);
        assert_eq!(scope.column("U"), Value::Plain);
        assert_eq!(scope.column("t"), Value::Plain);
        assert_eq!(scope.column("id"), Value::Plain);
        scope.push(vec![
            item("s", columns(&["email", "U", "u2"])),
            item("u", columns(&["a"])),
        ]);
        assert_eq!(scope.column("email"), Value::Plain, "s has it");
        assert_eq!(scope.column("Email"), masked, "s does not have it");
        assert_eq!(scope.item(None, "u").map(Item::row), Some(Value::Plain));
        scope.prefers_masks = true;
        assert_eq!(scope.column("email"), masked);
        assert_eq!(scope.value_of(None, "u", Item::row), Some(Value::Composite));
        scope.pop();
        let outer = scope.item(None, "u").expect("an item");
        assert_eq!(outer.column("email"), masked);
        assert_eq!(outer.column("to_json"), Value::Call);
        assert_eq!(outer.column("name"), Value::Plain);
        assert!(
            scope.item(Some("public"), "u").is_none(),
            "an alias has no schema"
        );
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

//! The FROM items whose columns an expression can use, and how masks affect the value of an expression.

use std::rc::Rc;

use super::columns::Columns;
use super::joins::JoinColumns;
use crate::functions::accepts_row;
use crate::policy::MaskKind;
use crate::relation::fold;

/// One FROM item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The alias, or the name of the relation. `None` for a subquery or function without an alias.
    pub(super) name: Option<String>,
    /// The schema that can qualify the columns, as in `app.users.id`. `None` unless the item is a relation without
    /// alias.
    pub(super) schema: Option<String>,
    pub(super) columns: Rc<Columns>,
    /// Whether `*` includes the columns. `false` for the alias of JOIN USING, whose columns other items already have.
    pub(super) is_in_star: bool,
}

impl Item {
    /// Creates an item without a schema, whose columns `*` includes.
    pub(super) fn new(name: Option<String>, columns: Rc<Columns>) -> Self {
        Self {
            name,
            schema: None,
            columns,
            is_in_star: true,
        }
    }

    /// Returns how masking affects the item as a whole row.
    pub(super) fn row(&self) -> Value {
        if self.columns.has_masks() {
            Value::Composite
        } else {
            Value::Plain
        }
    }

    /// Returns how masking affects a column of the item.
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
    /// Neither a masked value nor derived from a masked value.
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
    /// Whether a join with USING or NATURAL merges columns. The positions of the columns in `*` are then unknown.
    merges_columns: bool,
    join_columns: JoinColumns,
}

/// The FROM items of the queries around an expression, the innermost query last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    levels: Vec<Level>,
    /// Whether a name is treated as masked if it is masked in any level, not only in the innermost level that has it.
    /// Set in join conditions, in which PostgreSQL does not see all items of the innermost level.
    pub(super) prefers_masks: bool,
}

impl Scope {
    pub(super) fn push(&mut self, items: Vec<Item>) {
        self.push_level(Level {
            items,
            ..Level::default()
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

    /// Records that a join merges columns of the innermost FROM. `names` are the columns of USING, or `None` for a
    /// NATURAL JOIN. The operands of the join are the items from index `start`. Returns `true` if the join compares a
    /// masked column with a column that can be a constant.
    pub(super) fn merge_columns(&mut self, names: Option<&[String]>, start: usize) -> bool {
        let Some(level) = self.levels.last_mut() else {
            return false;
        };
        level.merges_columns = true;
        level.join_columns.index(&level.items);
        level
            .join_columns
            .compares_with_constant(names, &level.items, start)
    }

    /// Returns the items of the innermost FROM.
    pub(super) fn items(&self) -> &[Item] {
        self.levels.last().map_or(&[], |level| &level.items)
    }

    /// Returns the columns of `*` in the innermost FROM.
    pub(super) fn star(&self) -> Columns {
        self.levels.last().map(Level::star).unwrap_or_default()
    }

    /// Returns a lower bound for the number of columns of `*` in the innermost FROM.
    pub(super) fn star_width(&self) -> usize {
        self.levels.last().map_or(0, Level::star_width)
    }

    /// Returns `true` if a column of this name exists or can exist, and is a column of a relation rather than a
    /// constant or an expression. `table` is the qualifier.
    pub(super) fn is_stored(&self, table: Option<&str>, column: &str) -> bool {
        if let Some(table) = table {
            let mut items = self.named(None, table).peekable();
            return items.peek().is_some() && items.all(|item| item.columns.is_stored(column));
        }
        let key = fold(column);
        let mut can_exist = false;
        for level in self.levels.iter().rev() {
            let mut is_known = false;
            let mut is_hidden = false;
            for item in &level.items {
                let is_stored = item.columns.is_stored(column);
                if item.columns.knows(&key) {
                    if !is_stored {
                        return false;
                    }
                    is_known = true;
                }
                can_exist |= is_stored;
                is_hidden |= item.columns.hides_constants();
            }
            // In a join condition, PostgreSQL may not see the item that is known to have the column.
            let decides = is_known && !self.prefers_masks;
            if decides || is_hidden {
                return decides;
            }
        }
        can_exist
    }

    /// Returns `true` if the innermost FROM has an item that is known to have both columns.
    pub(super) fn has_both(&self, one: &str, two: &str) -> bool {
        self.items()
            .iter()
            .any(|item| item.columns.find(one).is_some() && item.columns.find(two).is_some())
    }

    /// Returns the first item with this name or alias, from the innermost FROM outwards.
    pub(super) fn item(&self, schema: Option<&str>, name: &str) -> Option<&Item> {
        self.named(schema, name).next()
    }

    /// Returns the value that `resolve` finds in the first item with this name or alias. With `prefers_masks`, prefers
    /// the first value of an item with this name that is not plain. `None` if no item has this name.
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

    /// Returns the items with this name or alias, from the innermost FROM outwards.
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
    /// outer ones. The innermost FROM with a known column of that name decides, except with `prefers_masks`.
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

    /// Returns the columns of `*`.
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

    /// Returns one column for each of `names`, the columns that JOIN USING merges. A column is masked if it is masked
    /// in any item.
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
            let is_stored = !self
                .items
                .iter()
                .any(|item| item.columns.can_be_constant(name));
            columns.push(name, mask, is_stored);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates columns from names. `!` marks a masked column.
    fn columns(names: &[&str]) -> Columns {
        let mut columns = Columns::default();
        for name in names {
            let mask = name.ends_with('!').then_some(MaskKind::Hash);
            columns.push(name.trim_end_matches('!'), mask, true);
        }
        columns
    }

    /// The columns of a relation with a masked email.
    fn users() -> Columns {
        let mut columns = columns(&["email!"]);
        columns.extend(&Columns::unknown());
        columns
    }

    fn item(name: &str, columns: Columns) -> Item {
        Item::new(Some(name.to_owned()), Rc::new(columns))
    }

    #[test]
    fn finds_columns_from_the_inside_out() {
        let mut scope = Scope::default();
        scope.push(vec![item("u", users())]);
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
}

//! Parses TOML with the line and the column of each key and value.

use serde_json::Number;
use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use super::{Budget, Entry, Node, Place, Value, position::Positions, scalar};
use crate::policies::document::errors::Report;

/// Parses a TOML file, adds its mistakes to the report and returns its document. Returns nothing if the file has a
/// syntax error or a duplicate key, or exceeds a limit.
pub(super) fn parse(text: &str, report: &mut Report) -> Vec<Node> {
    let positions = Positions::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = error.span().map(|span| positions.place(span.start));
        let place = place.unwrap_or(Place::START);
        let message = error.message();
        let (rule, remedy) = match message.contains("duplicate key") {
            true => ("duplicate-key", "remove one of them"),
            false => ("syntax", "correct it; strings need quotes in TOML"),
        };
        report.add(rule, place, format!("invalid TOML: {message}"), remedy);
    }
    if !errors.is_empty() {
        return Vec::new();
    }
    let mut reader = Reader {
        positions,
        budget: Budget::default(),
        report,
    };
    let entries = reader.entries(table.into_inner(), 1);
    let root = entries.map(|entries| Node {
        place: Place::START,
        value: Value::Map(entries),
    });
    root.into_iter().collect()
}

struct Reader<'t, 'r> {
    positions: Positions<'t>,
    budget: Budget,
    report: &'r mut Report,
}

impl Reader<'_, '_> {
    /// Reads the entries of a table in the order of the file. Returns `None`, after adding a mistake, if a limit is
    /// exceeded.
    fn entries(&mut self, table: DeTable<'_>, depth: usize) -> Option<Vec<Entry>> {
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let entries = entries.into_iter().map(|(key, value)| {
            let place = self.positions.place(key.span().start);
            let node = self.read(value, depth)?;
            Some(Entry {
                key: key.into_inner().into_owned(),
                place,
                node,
            })
        });
        entries.collect()
    }

    fn read(&mut self, value: Spanned<DeValue<'_>>, depth: usize) -> Option<Node> {
        let place = self.positions.place(value.span().start);
        let value = value.into_inner();
        let is_collection = matches!(value, DeValue::Array(_) | DeValue::Table(_));
        let depth = depth + usize::from(is_collection);
        if !self.budget.count(depth, place, self.report) {
            return None;
        }
        let value = match value {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Integer(integer) => self.integer(&integer, place),
            DeValue::Float(float) => scalar::number(float.as_str(), place, self.report),
            DeValue::Datetime(_) => {
                self.report.add(
                    "wrong-type",
                    place,
                    "dates and times are not values of policies",
                    "write a string in quotes",
                );
                Value::Invalid
            }
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| self.read(item, depth));
                Value::List(items.collect::<Option<_>>()?)
            }
            DeValue::Table(table) => Value::Map(self.entries(table, depth)?),
        };
        Some(Node { place, value })
    }

    fn integer(&mut self, integer: &DeInteger<'_>, place: Place) -> Value {
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Number(Number::from(number)),
            Err(_) => scalar::number(integer.as_str(), place, self.report),
        }
    }
}

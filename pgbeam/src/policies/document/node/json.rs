//! Parses JSON with the line and the column of each key and value.
//!
//! The parser keeps each value as a slice of the text. The offset of the slice gives the line and the column.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Budget, Entry, Node, Value, position::Positions, remove_duplicates, scalar};
use crate::policies::document::errors::Report;

/// Parses a JSON file, adds its mistakes to the report and returns its document. Returns nothing if the file has a
/// syntax error or exceeds a limit.
pub(super) fn parse(text: &str, report: &mut Report) -> Vec<Node> {
    let mut reader = Reader {
        positions: Positions::new(text),
        budget: Budget::default(),
        report,
    };
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => reader.read(raw, 0).into_iter().collect(),
        Err(error) => {
            let place = reader
                .positions
                .place_of_bytes(error.line(), error.column());
            let remedy = "correct it; JSON has no comments and no commas before a closing bracket";
            let message = format!("invalid JSON: {}", message(&error));
            reader.report.add("syntax", place, message, remedy);
            Vec::new()
        }
    }
}

/// Returns the message of a syntax error without ` at line … column …`.
fn message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    message
        .strip_suffix(&position)
        .unwrap_or(&message)
        .to_owned()
}

/// The keys and values of an object, including duplicate keys.
struct Object<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

struct Reader<'t, 'r> {
    positions: Positions<'t>,
    budget: Budget,
    report: &'r mut Report,
}

impl Reader<'_, '_> {
    /// Reads a value with all values inside it. Returns `None`, after adding a mistake, if a limit is exceeded or a
    /// string has an invalid escape.
    fn read(&mut self, raw: &RawValue, depth: usize) -> Option<Node> {
        let text = raw.get();
        let place = self.positions.place_of(text);
        let is_collection = text.starts_with(['{', '[']);
        let depth = depth + usize::from(is_collection);
        if !self.budget.count(depth, place, self.report) {
            return None;
        }
        let value = match text.as_bytes().first() {
            Some(b'{') => {
                let Object(pairs) = self.parse(raw)?;
                let mut entries = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    let place = self.positions.place_of(key.get());
                    let key = self.parse(key)?;
                    let node = self.read(value, depth)?;
                    entries.push(Entry { key, place, node });
                }
                remove_duplicates(&mut entries, self.report);
                Value::Map(entries)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = self.parse(raw)?;
                let items = items.into_iter().map(|item| self.read(item, depth));
                Value::List(items.collect::<Option<_>>()?)
            }
            Some(b'"') => Value::String(self.parse(raw)?),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => scalar::number(text, place, self.report),
        };
        Some(Node { place, value })
    }

    /// Parses a value that serde_json has already checked, except for surrogates. Returns `None`, after adding a
    /// mistake, if a string has only half of a surrogate pair, such as `\ud800`.
    fn parse<'a, T: Deserialize<'a>>(&mut self, raw: &'a RawValue) -> Option<T> {
        let parsed = serde_json::from_str(raw.get());
        let report = |error: serde_json::Error| {
            let place = self.positions.place_of(raw.get());
            let message = format!("invalid JSON: {}", message(&error));
            let remedy = "write the character itself, or both halves of a surrogate pair";
            self.report.add("syntax", place, message, remedy);
        };
        parsed.map_err(report).ok()
    }
}

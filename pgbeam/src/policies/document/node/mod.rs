//! Parses YAML, JSON and TOML into trees whose values and keys have a line and a column.
//!
//! The limits on size, depth and number of values keep the cost of a hostile file low.

mod json;
mod position;
mod scalar;
mod toml;
mod yaml;

use serde_json::{Map, Number};

use super::{
    Format,
    errors::{Report, quote},
};

/// The maximum size of a file, in bytes: 8 MiB.
pub(crate) const MAX_BYTES: usize = 8 << 20;

/// The maximum depth of lists and mappings.
const MAX_DEPTH: usize = 64;

/// The maximum number of values in a file.
const MAX_VALUES: usize = 1_000_000;

/// A line and a column of a file, both from 1. The column counts characters. 0 if only the file is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) fn new(line: usize, column: usize) -> Self {
        let bounded = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            line: bounded(line),
            column: bounded(column),
        }
    }

    /// The start of a file.
    const START: Self = Self { line: 1, column: 1 };
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// The content of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    /// The entries in the order of the file. Keys are unique.
    Map(Vec<Entry>),
    /// A value that has been reported as a mistake.
    Invalid,
}

/// A key of a mapping, its place and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

impl Node {
    /// Returns the string; `None` for any other value.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Describes the value for messages, such as "the number 5" or "a list".
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Null => "no value".into(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(number) => format!("the number {number}"),
            Value::String(text) => format!("the string {}", quote(text)),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
            Value::Invalid => "an invalid value".into(),
        }
    }

    /// Converts to JSON. Invalid values become `null`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null | Value::Invalid => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::String(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(entries) => {
                let fields = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.to_json()));
                Json::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// Parses a file and returns its documents. Mistakes are added to the report: syntax errors, duplicate keys,
/// unsupported syntax and exceeded limits.
pub(crate) fn parse(text: &str, format: Format, report: &mut Report) -> Vec<Node> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
        report.add("too-large", Place::default(), message, "split the file");
        return Vec::new();
    }
    // A byte order mark is not part of the document.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Yaml => yaml::parse(text, report),
        Format::Json => json::parse(text, report),
        Format::Toml => toml::parse(text, report),
    }
}

/// Counts the values and the depth of a file.
#[derive(Default)]
struct Budget {
    values: usize,
}

impl Budget {
    /// Counts one value inside `depth` lists and mappings. Returns `false`, and adds a mistake, if a limit is
    /// exceeded; the rest of the file must not be read then.
    fn count(&mut self, depth: usize, place: Place, report: &mut Report) -> bool {
        self.values += 1;
        let message = if depth > MAX_DEPTH {
            format!("values are nested more than {MAX_DEPTH} levels deep")
        } else if self.values > MAX_VALUES {
            format!("the file has more than {MAX_VALUES} values")
        } else {
            return true;
        };
        report.add("too-large", place, message, "simplify or split the file");
        false
    }
}

/// Adds a mistake for each key that occurs earlier in the same mapping, and removes these entries.
fn remove_duplicates(entries: &mut Vec<Entry>, report: &mut Report) {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    // The sort is stable: equal keys keep their order.
    order.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key));
    let mut duplicates = Vec::new();
    for group in order.chunk_by(|a, b| entries[*a].key == entries[*b].key) {
        for duplicate in &group[1..] {
            let (first, entry) = (&entries[group[0]], &entries[*duplicate]);
            let key = quote(&entry.key);
            let message = format!("duplicate key {key}, first on line {}", first.place.line);
            report.add("duplicate-key", entry.place, message, "remove one of them");
            duplicates.push(*duplicate);
        }
    }
    if !duplicates.is_empty() {
        duplicates.sort_unstable();
        let mut index = 0;
        entries.retain(|_| {
            index += 1;
            duplicates.binary_search(&(index - 1)).is_err()
        });
    }
}

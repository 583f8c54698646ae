//! Parses YAML, JSON and TOML into trees of the same type. Each key and value in a tree has its line and column.
//!
//! The size of a file, the nesting and the number of values are limited, so that a hostile file cannot use much time or
//! memory.

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

/// The maximum depth of nested lists and mappings.
const MAX_DEPTH: usize = 64;

/// The maximum number of values in a file. In YAML, each key counts as a value.
const MAX_VALUES: usize = 1_000_000;

/// A line and a column in a file, both counted from 1. The column counts characters. Both are 0 for a file as a whole.
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

/// A value in a file, with the place where it starts.
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
    /// A value for which a mistake has been reported. Readers of the tree report no further mistake for it.
    Invalid,
}

/// A key of a mapping, the place where the key starts, and the value of the key.
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

    /// Returns the end of a message about a value of the wrong type, such as "must be a list, not the number 5" or
    /// "must be a list, but has no value". `expected` is the part before the comma.
    pub(crate) fn mismatch(&self, expected: &str) -> String {
        let value = match &self.value {
            Value::Null => return format!("{expected}, but has no value"),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(number) => format!("the number {number}"),
            Value::String(text) => format!("the string {}", quote(text)),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
            Value::Invalid => "an invalid value".into(),
        };
        format!("{expected}, not {value}")
    }

    /// Converts the node to JSON. Invalid values become `null`.
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

/// Parses a file and returns its documents: any number for YAML, at most one for JSON and TOML.
///
/// Adds the mistakes to the report, such as syntax errors, duplicate keys, unsupported YAML, invalid numbers and
/// exceeded limits.
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

/// Checks the limits on the number of values and on nesting.
#[derive(Default)]
struct Budget {
    values: usize,
}

impl Budget {
    /// Counts one value. `depth` is the number of lists and mappings that contain the value, plus 1 if the value is
    /// itself a list or a mapping. If a limit is exceeded, adds a mistake and returns `false`. The caller must then
    /// stop reading the file.
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

/// Removes each entry whose key occurs earlier in the same mapping, and adds a mistake for each removed entry.
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

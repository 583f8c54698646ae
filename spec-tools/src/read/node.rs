//! The tree of a YAML or JSON document. Every value and key has its source location.

use std::{borrow::Cow, fs::File, io::Read, path::Path};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

use super::yaml::{self, Limits};
use crate::error::{Error, Result, SourceLocation};

/// The maximum size of a document, in bytes: 16 MiB.
pub const MAX_BYTES: usize = 16 << 20;

/// A value in a YAML or JSON document, with its source location.
#[derive(Clone, Debug)]
pub struct Node {
    pub location: SourceLocation,
    pub value: Value,
}

/// The content of a node. A map keeps the order of its keys in the document.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map with its value. `location` is the location of the key.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub location: SourceLocation,
    pub node: Node,
}

impl Node {
    /// Reads and parses a YAML or JSON file. Error messages contain `name` instead of the path.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, is larger than [`MAX_BYTES`], or cannot be
    /// parsed.
    pub fn read(path: &Path, name: &str) -> Result<Self> {
        let mut bytes = Vec::new();
        // Reads one byte above the limit, so that a larger file is detected.
        let limit = MAX_BYTES as u64 + 1;
        let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map_err(|error| Error::io(name, "read", &error))?;
        Self::from_bytes(&bytes, name)
    }

    /// Parses a YAML or JSON document. Error messages contain `name` as the name of the document.
    ///
    /// # Errors
    ///
    /// Returns an error if the document is larger than [`MAX_BYTES`], is not UTF-8, or cannot be
    /// parsed.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(too_large(name));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text, name),
            Err(_) => Err(Error::new(format!(
                "{name}: neither JSON nor YAML: it is not valid UTF-8"
            ))),
        }
    }

    /// Parses a YAML or JSON document. Error messages contain `name` as the name of the document.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is larger than [`MAX_BYTES`], starts with `<` like HTML, is
    /// neither valid JSON nor valid YAML, does not contain exactly one document, has a duplicate
    /// key, is nested more than 200 levels deep, has more than 1,000,000 values, or has more than
    /// 64 MiB of strings.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(too_large(name));
        }
        // A byte order mark is not part of the document.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // YAML would parse HTML as a plain string.
        if text.trim_start().starts_with('<') {
            let start = SourceLocation {
                file: name.into(),
                line: 1,
                column: 1,
            };
            let message = "neither JSON nor YAML: it starts with `<`, like HTML";
            return Err(Error::at(&start, message));
        }
        let language = if is_json(text) { "JSON" } else { "YAML" };
        yaml::parse(
            &convert_surrogate_pairs(text),
            language,
            &name.into(),
            Limits::default(),
        )
    }

    /// Returns the entries of a map; empty for any other value.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a list; empty for any other value.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the value under `key`; `None` if this node is not a map or has no such key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// Follows `keys` from map to map and returns the value under the last key; `None` if a key is
    /// missing.
    pub fn get_path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the entries of the map under `key`; empty if the key is missing or its value is not
    /// a map.
    pub fn get_entries(&self, key: &str) -> &[Entry] {
        self.get(key).map(Self::entries).unwrap_or_default()
    }

    /// Follows `keys` from map to map and returns the entries of the last map; empty if a key is
    /// missing or the last value is not a map.
    pub fn get_path_entries(&self, keys: &[&str]) -> &[Entry] {
        self.get_path(keys).map(Self::entries).unwrap_or_default()
    }

    /// Returns the items of the list under `key`; empty if the key is missing or its value is not a
    /// list.
    pub fn get_items(&self, key: &str) -> &[Self] {
        self.get(key).map(Self::items).unwrap_or_default()
    }

    /// Returns the string under `key`; `None` if the key is missing or its value is not a string.
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Returns `true` if the value under `key` is the boolean `true`; `false` for a missing key or
    /// any other value.
    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(node) if matches!(node.value, Value::Bool(true)))
    }

    /// Returns the string; `None` if this node is not a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(value) => Some(value),
            _ => None,
        }
    }
}

/// Returns `true` if the first character that is not white space is `{`.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Replaces the surrogate pairs of a JSON document, such as `\ud83d\ude00`, with YAML escapes, such
/// as `\U0001F600`, because the YAML parser does not accept surrogates. Returns a YAML document
/// unchanged.
fn convert_surrogate_pairs(text: &str) -> Cow<'_, str> {
    if !is_json(text) || !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let parse_unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let units = [parse_unit(escape), escape.get(6..).and_then(parse_unit)];
        let pair = units.into_iter().map_while(|unit| unit);
        let pair = char::decode_utf16(pair)
            .next()
            .and_then(|decoded| decoded.ok());
        // Any other escape is copied: the backslash and the next character, which can be a backslash.
        let (escaped, length) = match pair {
            Some(c) if u32::from(c) > 0xFFFF => (format!("\\U{:08X}", u32::from(c)), 12),
            _ => {
                let length = escape.chars().take(2).map(char::len_utf8).sum();
                (escape[..length].to_owned(), length)
            }
        };
        out.push_str(&escaped);
        rest = &escape[length..];
    }
    Cow::Owned(out + rest)
}

/// Returns the error for a document above [`MAX_BYTES`].
pub fn too_large(name: &str) -> Error {
    let limit = MAX_BYTES >> 20;
    Error::new(format!(
        "{name}: larger than {limit} MiB, the limit for a contract"
    ))
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => to.serialize_unit(),
            Value::Bool(value) => to.serialize_bool(*value),
            Value::Number(value) => value.serialize(to),
            Value::String(value) => to.serialize_str(value),
            Value::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Value::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.node)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_error(text: &str) -> String {
        Node::parse(text, "a.yaml").unwrap_err().to_string()
    }

    #[test]
    fn keeps_order_locations_and_types() {
        let node = Node::parse(
            "b: 1\na:\n  - x\n  - '2'\n200: null\nf: 1.5\nt: true\n",
            "a.yaml",
        )
        .unwrap();
        assert_eq!(
            serde_json::to_string(&node).unwrap(),
            r#"{"b":1,"a":["x","2"],"200":null,"f":1.5,"t":true}"#
        );
        let item = &node.get("a").unwrap().items()[1];
        assert_eq!(item.location.to_string(), "a.yaml:4:5");
    }

    #[test]
    fn expands_anchors_and_merge_keys() {
        let text = "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4}]}\n";
        assert_eq!(
            serde_json::to_string(&Node::parse(text, "a.yaml").unwrap()).unwrap(),
            r#"{"a":{"x":1,"y":2},"b":{"x":1,"y":2},"c":{"y":3,"x":1},"d":{"x":1,"y":2,"z":4}}"#
        );
    }

    #[test]
    fn reports_file_line_and_column_of_an_error() {
        assert_eq!(
            parse_error("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: the key `a` is defined twice: first at a.yaml:1:1"
        );
        assert!(
            parse_error("a: [1\n").starts_with("a.yaml:"),
            "{}",
            parse_error("a: [1\n")
        );
        assert!(parse_error("a: \"x\nb: 1").starts_with("a.yaml:"));
        assert_eq!(parse_error(""), "a.yaml:1:1: the document is empty");
        assert_eq!(
            parse_error("a: 1\n---\nb: 2\n"),
            "a.yaml:1:1: has more than one YAML document: only one is supported"
        );
        assert_eq!(
            parse_error("? [a]\n: 1\n"),
            "a.yaml:1:3: a key must be a string"
        );
        assert_eq!(
            parse_error("a: .nan\n"),
            "a.yaml:1:4: the number has no JSON representation"
        );
    }

    #[test]
    fn reads_json_escapes() {
        for (text, expected) in [
            (
                r#"{"a": "\ud83d\uDE00 \u00e9 \/ \n"}"#,
                "\u{1F600} \u{e9} / \n",
            ),
            (r#"{"a": "\\ud83d\\ude00"}"#, r"\ud83d\ude00"),
            ("{\n\t\"a\": \"\u{1F600}\\u0041\"\n}", "\u{1F600}A"),
        ] {
            let node = Node::parse(text, "a.json").unwrap();
            assert_eq!(
                node.get("a").and_then(Node::as_str),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            r#"{"a": "\ud83d"}"#,
            r#"{"a": "\ude00\ud83d"}"#,
            r#"{"a": "\u"#,
            "{\\",
        ] {
            assert!(parse_error(text).contains("invalid JSON: "), "{text}");
        }
    }

    #[test]
    fn reports_the_name_of_a_missing_file() {
        let error = Node::read(Path::new("/nonexistent/x.yaml"), "spec/x.yaml").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("spec/x.yaml: cannot be read: ")
        );
    }

    #[test]
    fn rejects_deep_nesting_without_a_stack_overflow() {
        let nested = |step: &str| -> String {
            (0..2_000)
                .map(|n| format!("{}{step}\n", " ".repeat(n * step.len())))
                .collect()
        };
        for text in [
            "- ".repeat(100_000),
            "? ".repeat(100_000),
            nested("a:"),
            nested("- a:"),
            format!("a: &a0 [x]\nb:\n{}", nested_anchors(300)),
        ] {
            assert!(
                parse_error(&text).contains("nested more than 200 levels"),
                "{}: {}",
                &text[..10],
                parse_error(&text)
            );
        }
        for text in [
            "[".repeat(1_000_000),
            format!("{}1", "{a: ".repeat(100_000)),
        ] {
            assert!(
                parse_error(&text).contains("recursion limit exceeded"),
                "{}: {}",
                &text[..10],
                parse_error(&text)
            );
        }
    }

    /// Returns `count - 1` anchors. Each is a list that contains an alias of the anchor before it.
    fn nested_anchors(count: usize) -> String {
        (1..count)
            .map(|n| format!("- &a{n} [*a{}]\n", n - 1))
            .collect()
    }

    #[test]
    fn reports_both_locations_of_a_duplicate_key() {
        assert_eq!(
            parse_error("{\"b\": {\"a\": 1, \"c\": 2, \"a\": 3}, \"b\": 1,\n \"b\": 2}"),
            "a.yaml:1:24: the key `a` is defined twice: first at a.yaml:1:8\n\
             a.yaml:1:33: the key `b` is defined twice: first at a.yaml:1:2\n\
             a.yaml:2:2: the key `b` is defined twice: first at a.yaml:1:2"
        );
    }

    #[test]
    fn rejects_a_document_above_the_size_limit() {
        let large = " ".repeat(MAX_BYTES + 1);
        assert_eq!(
            parse_error(&large),
            "a.yaml: larger than 16 MiB, the limit for a contract"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        std::fs::write(&path, large).unwrap();
        let error = Node::read(&path, "large").unwrap_err();
        assert!(error.to_string().starts_with("large: larger than 16 MiB"));
    }
}

//! Source files as trees whose every node knows its location.

use std::{borrow::Cow, fs::File, io::Read, path::Path};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

use super::yaml::{self, Limits};
use crate::error::{Error, Result, SourceLocation};

/// The largest document that is read, in bytes. Our whole contract has half a megabyte.
pub const MAX_BYTES: usize = 16 << 20;

/// A value of a YAML or JSON document.
#[derive(Clone, Debug)]
pub struct Node {
    pub location: SourceLocation,
    pub value: Value,
}

/// What a node holds. A map keeps its order.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map, its location, and what stands under it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub location: SourceLocation,
    pub node: Node,
}

impl Node {
    /// Reads a file. JSON is YAML, so one reader takes both.
    pub fn read(path: &Path, name: &str) -> Result<Self> {
        let mut bytes = Vec::new();
        // One byte above the limit shows that there are more.
        let limit = MAX_BYTES as u64 + 1;
        let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map_err(|error| Error::io(name, "read", &error))?;
        Self::from_bytes(&bytes, name)
    }

    /// Parses a document that is called `name` in messages.
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

    /// Parses a document that is called `name` in messages.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(too_large(name));
        }
        // A byte order mark is no part of the document.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // HTML would be a plain string to YAML.
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
            &pair_escapes(text),
            language,
            &name.into(),
            Limits::default(),
        )
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// What stands under `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// What stands under a path of keys.
    pub fn get_path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of the map under `key`; none if there is no map.
    pub fn get_entries(&self, key: &str) -> &[Entry] {
        self.get(key).map(Self::entries).unwrap_or_default()
    }

    /// The entries of the map under a path of keys; none if there is no map.
    pub fn get_path_entries(&self, keys: &[&str]) -> &[Entry] {
        self.get_path(keys).map(Self::entries).unwrap_or_default()
    }

    /// The items of the list under `key`; none if there is no list.
    pub fn get_items(&self, key: &str) -> &[Self] {
        self.get(key).map(Self::items).unwrap_or_default()
    }

    /// The text under `key`.
    pub fn get_str(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// Whether `true` stands under `key`.
    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(node) if matches!(node.value, Value::Bool(true)))
    }

    /// The text of a text node.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Whether a document is JSON, as far as its beginning tells.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// JSON writes a character beyond `\uFFFF` as two escapes, which YAML does not know: it has one of
/// eight digits instead.
fn pair_escapes(text: &str) -> Cow<'_, str> {
    if !is_json(text) || !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let units = [unit(escape), escape.get(6..).and_then(unit)];
        let pair = units.into_iter().map_while(|unit| unit);
        let pair = char::decode_utf16(pair).next().and_then(|one| one.ok());
        // An escape is a backslash and what it stands before, which may be another.
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

/// The error for a document above [`MAX_BYTES`].
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

    fn error(text: &str) -> String {
        Node::parse(text, "a.yaml").unwrap_err().to_string()
    }

    #[test]
    fn keeps_order_places_and_kinds() {
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
    fn an_anchor_stands_where_it_is_used() {
        let text = "a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {<<: [*a, {z: 4}]}\n";
        assert_eq!(
            serde_json::to_string(&Node::parse(text, "a.yaml").unwrap()).unwrap(),
            r#"{"a":{"x":1,"y":2},"b":{"x":1,"y":2},"c":{"y":3,"x":1},"d":{"x":1,"y":2,"z":4}}"#
        );
    }

    #[test]
    fn a_fault_has_file_line_and_column() {
        assert_eq!(
            error("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: the key `a` is defined twice: first at a.yaml:1:1"
        );
        assert!(
            error("a: [1\n").starts_with("a.yaml:"),
            "{}",
            error("a: [1\n")
        );
        assert!(error("a: \"x\nb: 1").starts_with("a.yaml:"));
        assert_eq!(error(""), "a.yaml:1:1: the document is empty");
        assert_eq!(
            error("a: 1\n---\nb: 2\n"),
            "a.yaml:1:1: has more than one YAML document: only one is supported"
        );
        assert_eq!(error("? [a]\n: 1\n"), "a.yaml:1:3: a key must be a string");
        assert_eq!(
            error("a: .nan\n"),
            "a.yaml:1:4: the number has no JSON representation"
        );
    }

    #[test]
    fn the_escapes_of_json_are_read() {
        for (text, want) in [
            (
                r#"{"a": "\ud83d\uDE00 \u00e9 \/ \n"}"#,
                "\u{1F600} \u{e9} / \n",
            ),
            (r#"{"a": "\\ud83d\\ude00"}"#, r"\ud83d\ude00"),
            ("{\n\t\"a\": \"\u{1F600}\\u0041\"\n}", "\u{1F600}A"),
        ] {
            let node = Node::parse(text, "a.json").unwrap();
            assert_eq!(node.get("a").and_then(Node::as_str), Some(want), "{text}");
        }
        for text in [
            r#"{"a": "\ud83d"}"#,
            r#"{"a": "\ude00\ud83d"}"#,
            r#"{"a": "\u"#,
            "{\\",
        ] {
            assert!(error(text).contains("not readable as JSON: "), "{text}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Node::read(Path::new("/nonexistent/x.yaml"), "spec/x.yaml").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("spec/x.yaml: cannot be read: ")
        );
    }

    #[test]
    fn a_hostile_document_is_refused_not_followed() {
        let stairs = |step: &str| -> String {
            (0..2_000)
                .map(|n| format!("{}{step}\n", " ".repeat(n * step.len())))
                .collect()
        };
        for text in [
            "- ".repeat(100_000),
            "? ".repeat(100_000),
            stairs("a:"),
            stairs("- a:"),
            format!("a: &a0 [x]\nb:\n{}", nested_anchors(300)),
        ] {
            assert!(
                error(&text).contains("nested more than 200 levels"),
                "{}: {}",
                &text[..10],
                error(&text)
            );
        }
        for text in [
            "[".repeat(1_000_000),
            format!("{}1", "{a: ".repeat(100_000)),
        ] {
            assert!(
                error(&text).contains("recursion limit exceeded"),
                "{}: {}",
                &text[..10],
                error(&text)
            );
        }
    }

    /// Anchors of which each names a list around the one before it.
    fn nested_anchors(count: usize) -> String {
        (1..count)
            .map(|n| format!("- &a{n} [*a{}]\n", n - 1))
            .collect()
    }

    #[test]
    fn duplicate_keys_name_the_key_and_both_places() {
        assert_eq!(
            error("{\"b\": {\"a\": 1, \"c\": 2, \"a\": 3}, \"b\": 1,\n \"b\": 2}"),
            "a.yaml:1:24: the key `a` is defined twice: first at a.yaml:1:8\n\
             a.yaml:1:33: the key `b` is defined twice: first at a.yaml:1:2\n\
             a.yaml:2:2: the key `b` is defined twice: first at a.yaml:1:2"
        );
    }

    #[test]
    fn the_size_of_a_document_is_bounded() {
        let large = " ".repeat(MAX_BYTES + 1);
        assert_eq!(
            error(&large),
            "a.yaml: larger than 16 MiB, the limit for a contract"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        std::fs::write(&path, large).unwrap();
        let error = Node::read(&path, "large").unwrap_err();
        assert!(error.to_string().starts_with("large: larger than 16 MiB"));
    }
}

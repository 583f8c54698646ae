//! Source files as trees whose every node knows its place.

use std::{borrow::Cow, collections::HashSet, fs, path::Path, sync::Arc};

use saphyr::{MarkedYaml, Scalar, YamlData};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Number;

use super::yaml;
use crate::error::{Error, Place, Result};

/// Deeper than any document a person writes, and shallow enough for the stack.
const DEEPEST: usize = 200;

/// A value of a YAML or JSON document.
#[derive(Clone, Debug)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

/// What a node holds. A map keeps its order.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map, its place, and what stands under it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Node {
    /// Reads a file. JSON is YAML, so one reader takes both.
    pub fn read(path: &Path, name: &str) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Error::io(name, "read", &error))?;
        Self::parse(&text, name)
    }

    /// Reads a document that is called `name` in messages.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let file: Arc<str> = name.into();
        let start = Place {
            file: file.clone(),
            line: 1,
            column: 1,
        };
        // A byte order mark is no part of the document.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let language = if is_json(text) { "JSON" } else { "YAML" };
        let text = &pair_escapes(text);
        let mut documents = yaml::load(text, DEEPEST).map_err(|error| {
            let marker = error.marker();
            let place = Place {
                line: marker.line(),
                column: marker.col() + 1,
                ..start.clone()
            };
            Error::at(
                &place,
                format!("not readable as {language}: {}", error.info()),
            )
        })?;
        match (documents.pop(), documents.is_empty()) {
            (Some(document), true) => Self::convert(document, &file, 0),
            (None, _) => Err(Error::at(&start, "the document is empty")),
            (Some(_), false) => Err(Error::at(&start, "holds more than one YAML document")),
        }
    }

    fn convert(yaml: MarkedYaml<'_>, file: &Arc<str>, depth: usize) -> Result<Self> {
        let start = yaml.span.start;
        let place = Place {
            file: file.clone(),
            line: start.line(),
            column: start.col() + 1,
        };
        if depth > DEEPEST {
            return Err(Error::at(
                &place,
                format!("nested more than {DEEPEST} levels deep"),
            ));
        }
        let value = match yaml.data {
            YamlData::Value(scalar) => scalar_value(scalar, &place)?,
            YamlData::Sequence(items) => Value::List(
                items
                    .into_iter()
                    .map(|item| Self::convert(item, file, depth + 1))
                    .collect::<Result<_>>()?,
            ),
            YamlData::Mapping(map) => {
                let mut entries = Vec::with_capacity(map.len());
                for (key, value) in map {
                    let key = Self::convert(key, file, depth + 1)?;
                    let text = match key.value {
                        Value::Text(text) => text,
                        // An unquoted status code is a number to YAML.
                        Value::Number(number) => number.to_string(),
                        Value::Bool(value) => value.to_string(),
                        _ => return Err(Error::at(&key.place, "a key must be plain text")),
                    };
                    let node = Self::convert(value, file, depth + 1)?;
                    entries.push(Entry {
                        key: text,
                        place: key.place,
                        node,
                    });
                }
                Value::Map(merged(entries))
            }
            _ => {
                return Err(Error::at(
                    &place,
                    "YAML tags and aliases are not supported here",
                ));
            }
        };
        Ok(Self { place, value })
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
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a map, to be changed; none of anything else.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        match &mut self.value {
            Value::Map(entries) => entries,
            _ => &mut [],
        }
    }

    /// The items of a list, to be changed; none of anything else.
    pub fn items_mut(&mut self) -> &mut [Self] {
        match &mut self.value {
            Value::List(items) => items,
            _ => &mut [],
        }
    }

    /// What stands under `key` of a map, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.entries_mut()
            .iter_mut()
            .find(|entry| entry.key == key)
            .map(|entry| &mut entry.node)
    }

    /// Puts a value under `key` of a map. It stands where the value before it stood, else where the
    /// map does.
    pub fn set(&mut self, key: &str, value: Value) {
        let place = self.place.clone();
        if let Some(node) = self.get_mut(key) {
            node.value = value;
        } else if let Value::Map(entries) = &mut self.value {
            let node = Self {
                place: place.clone(),
                value,
            };
            entries.push(Entry {
                key: key.to_owned(),
                place,
                node,
            });
        }
    }

    /// Takes `key` out of a map.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let Value::Map(entries) = &mut self.value else {
            return None;
        };
        let index = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(index).node)
    }

    /// The text of a text node.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
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

/// Puts what `<<` brings where the map itself says nothing: YAML 1.1's way to share the entries of
/// an anchor, which many write.
fn merged(mut entries: Vec<Entry>) -> Vec<Entry> {
    let Some(index) = entries.iter().position(|entry| entry.key == "<<") else {
        return entries;
    };
    let shared = entries.remove(index).node;
    let maps = match shared.value {
        Value::List(maps) => maps,
        _ => vec![shared],
    };
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for map in maps {
        let Value::Map(more) = map.value else {
            continue;
        };
        entries.extend(
            more.into_iter()
                .filter(|entry| known.insert(entry.key.clone())),
        );
    }
    entries
}

fn scalar_value(scalar: Scalar<'_>, place: &Place) -> Result<Value> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(value),
        Scalar::Integer(value) => Value::Number(value.into()),
        Scalar::FloatingPoint(value) => Value::Number(
            Number::from_f64(value.into_inner())
                .ok_or_else(|| Error::at(place, "a number that JSON cannot hold"))?,
        ),
        Scalar::String(value) => Value::Text(value.into_owned()),
    })
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => to.serialize_unit(),
            Value::Bool(value) => to.serialize_bool(*value),
            Value::Number(value) => value.serialize(to),
            Value::Text(value) => to.serialize_str(value),
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

    fn fault(text: &str) -> String {
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
        assert_eq!(item.place.to_string(), "a.yaml:4:5");
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
    fn a_map_is_changed_in_its_place() {
        let mut node = Node::parse("a: 1\nb: {c: 2}\n", "a.yaml").unwrap();
        node.set("a", Value::Null);
        node.get_mut("b").unwrap().set("d", Value::Bool(true));
        assert_eq!(
            node.at(&["b", "d"]).unwrap().place.to_string(),
            "a.yaml:2:4"
        );
        assert!(node.remove("c").is_none() && node.get_mut("b").unwrap().remove("c").is_some());
        assert_eq!(
            serde_json::to_string(&node).unwrap(),
            r#"{"a":null,"b":{"d":true}}"#
        );
    }

    #[test]
    fn a_fault_has_file_line_and_column() {
        assert_eq!(
            fault("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: not readable as YAML: duplicated key in mapping"
        );
        assert!(
            fault("a: [1\n").starts_with("a.yaml:"),
            "{}",
            fault("a: [1\n")
        );
        assert!(fault("a: \"x\nb: 1").starts_with("a.yaml:"));
        assert_eq!(fault(""), "a.yaml:1:1: the document is empty");
        assert_eq!(
            fault("a: 1\n---\nb: 2\n"),
            "a.yaml:1:1: holds more than one YAML document"
        );
        assert_eq!(
            fault("? [a]\n: 1\n"),
            "a.yaml:1:3: a key must be plain text"
        );
        assert_eq!(
            fault("a: .nan\n"),
            "a.yaml:1:4: a number that JSON cannot hold"
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
            assert_eq!(node.get("a").and_then(Node::text), Some(want), "{text}");
        }
        for text in [
            r#"{"a": "\ud83d"}"#,
            r#"{"a": "\ude00\ud83d"}"#,
            r#"{"a": "\u"#,
            "{\\",
        ] {
            assert!(fault(text).contains("not readable as JSON: "), "{text}");
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
            (0..3_000)
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
                fault(&text).contains("nested more than 200 levels"),
                "{}",
                &text[..10]
            );
        }
        for text in [
            "[".repeat(1_000_000),
            format!("{}1", "{a: ".repeat(100_000)),
        ] {
            assert!(
                fault(&text).contains("recursion limit exceeded"),
                "{}",
                &text[..10]
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
    fn what_anchors_repeat_is_bounded() {
        let long = "x".repeat(1 << 20);
        for text in [
            format!("a: &a {long}\nb: [{}]\n", "*a, ".repeat(100)),
            format!("a: {}{long}{}\n", "&a [".repeat(100), "]".repeat(100)),
        ] {
            assert!(
                fault(&text).contains("anchors repeat more than"),
                "{}",
                &text[..10]
            );
        }
        let many = format!(
            "a: &a [{}]\nb: [{}]\n",
            "1, ".repeat(5_000),
            "*a, ".repeat(5_000)
        );
        assert!(fault(&many).contains("alias expansion exceeded"));
        let fair = format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(1_000),
            "*a, ".repeat(1_000)
        );
        assert_eq!(
            Node::parse(&fair, "a.yaml")
                .unwrap()
                .get("b")
                .unwrap()
                .items()
                .len(),
            1_000
        );
    }
}

//! Builds a [`Node`] from the events of the YAML parser, and rejects documents that are too large
//! or too deep.
//!
//! The document loader of the crate saphyr is not used. It recurses, and it copies the value of an
//! anchor for every alias, so a document of 1 MB could overflow the stack or allocate gigabytes.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use saphyr::{Scalar, ScanError};
use saphyr_parser::{Event, Marker, Parser, Tag};
use serde_json::Number;

use super::{Entry, Node, Value};
use crate::error::{Error, Result, SourceLocation, ValidationError};

/// The limits of one document. The number of values includes the keys of maps and every copy that
/// an anchor or alias makes of a value.
#[derive(Clone, Copy)]
pub struct Limits {
    /// The maximum number of nested lists and maps.
    pub depth: usize,
    /// The maximum number of values.
    pub values: usize,
    /// The maximum total length of strings (including keys), numbers and other scalars, in bytes.
    pub string_bytes: usize,
}

impl Default for Limits {
    /// Returns the limits for API contracts. They are far above the size of the contract of this
    /// repository.
    fn default() -> Self {
        Self {
            depth: 200,
            values: 1_000_000,
            string_bytes: 64 << 20,
        }
    }
}

/// Parses a string that contains one YAML or JSON document. `language` is the name of the format in
/// error messages, and `file` is the name of the file.
///
/// # Errors
///
/// Returns an error if the input is invalid, exceeds a limit, has a duplicate key or an unsupported
/// tag, or does not have exactly one document.
pub fn parse(text: &str, language: &str, file: &Arc<str>, limits: Limits) -> Result<Node> {
    let mut builder = Builder {
        limits,
        file: Arc::clone(file),
        open: Vec::new(),
        anchors: HashMap::new(),
        total: Size::default(),
        documents: Vec::new(),
        duplicates: Vec::new(),
    };
    for event in Parser::new_from_iter(text.chars()) {
        let (event, span) = event.map_err(|error| syntax_error(&error, language, file))?;
        builder.handle(event, span.start)?;
    }
    Error::fail_if_any(builder.duplicates)?;
    let start = SourceLocation {
        file: Arc::clone(file),
        line: 1,
        column: 1,
    };
    match (builder.documents.pop(), builder.documents.is_empty()) {
        (Some(document), true) => Ok(document),
        (None, _) => Err(Error::at(&start, "the document is empty")),
        (Some(_), false) => Err(Error::at(
            &start,
            "has more than one YAML document: only one is supported",
        )),
    }
}

fn syntax_error(error: &ScanError, language: &str, file: &Arc<str>) -> Error {
    let location = source_location(*error.marker(), file);
    let message = format!("invalid {language}: {}", error.info());
    Error::at(&location, message)
}

fn source_location(marker: Marker, file: &Arc<str>) -> SourceLocation {
    SourceLocation {
        file: Arc::clone(file),
        line: marker.line(),
        column: marker.col() + 1,
    }
}

/// The size of a value, including all values inside it. `depth` is the number of nested lists and
/// maps: 0 for a scalar.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    string_bytes: usize,
    depth: usize,
}

/// A list or map whose end the parser has not reached.
struct OpenCollection {
    anchor: usize,
    size: Size,
    node: Node,
    /// The last key of a map, while its value is not parsed yet.
    key: Option<(String, SourceLocation)>,
}

struct Builder {
    limits: Limits,
    file: Arc<str>,
    open: Vec<OpenCollection>,
    anchors: HashMap<usize, (Node, Size)>,
    /// The number of values and the bytes of all scalars so far. An anchor stores a copy of its
    /// value, and an alias inserts another copy; both copies count. `depth` is not used.
    total: Size,
    documents: Vec<Node>,
    duplicates: Vec<ValidationError>,
}

impl Builder {
    fn handle(&mut self, event: Event<'_>, marker: Marker) -> Result<()> {
        let location = source_location(marker, &self.file);
        match event {
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), &location)?;
                self.begin(location, anchor, Value::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), &location)?;
                self.begin(location, anchor, Value::Map(Vec::new()))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut open) = self.open.pop() else {
                    return Ok(());
                };
                if let Value::Map(entries) = &mut open.node.value {
                    self.duplicates.extend(find_duplicates(entries));
                    expand_merge_key(entries);
                }
                self.insert(open.node, open.anchor, open.size)
            }
            Event::Scalar(text, style, anchor, tag) => {
                check_tag(tag.as_deref(), &location)?;
                let size = Size {
                    nodes: 1,
                    string_bytes: text.len(),
                    depth: 0,
                };
                self.count(size, &location)?;
                let scalar = Scalar::parse_from_cow_and_metadata(text, style, tag.as_ref())
                    .ok_or_else(|| unsupported(&location))?;
                let value = parse_scalar(scalar, &location)?;
                self.insert(Node { location, value }, anchor, size)
            }
            Event::Alias(anchor) => {
                let (node, size) = self
                    .anchors
                    .get(&anchor)
                    .ok_or_else(|| unsupported(&location))?;
                let (node, size) = (node.clone(), *size);
                self.count(size, &location)?;
                self.insert(node, 0, size)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, location: SourceLocation, anchor: usize, value: Value) -> Result<()> {
        let size = Size {
            nodes: 1,
            string_bytes: 0,
            depth: 1,
        };
        self.count(size, &location)?;
        self.open.push(OpenCollection {
            anchor,
            size,
            node: Node { location, value },
            key: None,
        });
        Ok(())
    }

    /// Adds the size of a new or copied value to the total. Returns an error if the document now
    /// exceeds a limit.
    fn count(&mut self, size: Size, location: &SourceLocation) -> Result<()> {
        self.total.nodes += size.nodes;
        self.total.string_bytes += size.string_bytes;
        let Limits {
            depth,
            values,
            string_bytes,
        } = self.limits;
        let message = if self.open.len() + size.depth > depth {
            format!("nested more than {depth} levels deep")
        } else if self.total.nodes > values {
            format!("more than {values} values, including copies made by aliases")
        } else if self.total.string_bytes > string_bytes {
            format!("more than {string_bytes} bytes of strings, including copies made by aliases")
        } else {
            return Ok(());
        };
        Err(Error::at(location, message))
    }

    /// Adds a complete value to the innermost open list or map. If no list or map is open, adds the
    /// value to the documents. Stores a copy if the value has an anchor; `anchor` is 0 for a value
    /// without an anchor.
    fn insert(&mut self, node: Node, anchor: usize, size: Size) -> Result<()> {
        if anchor > 0 {
            self.count(size, &node.location)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.size.nodes += size.nodes;
        open.size.string_bytes += size.string_bytes;
        open.size.depth = open.size.depth.max(size.depth + 1);
        match (&mut open.node.value, open.key.take()) {
            (Value::Map(entries), Some((key, location))) => entries.push(Entry {
                key,
                location,
                node,
            }),
            (Value::Map(_), None) => open.key = Some(parse_key(node)?),
            (Value::List(items), _) => items.push(node),
            _ => {}
        }
        Ok(())
    }
}

fn unsupported(location: &SourceLocation) -> Error {
    Error::at(location, "unsupported YAML tag or alias")
}

fn check_tag(tag: Option<&Tag>, location: &SourceLocation) -> Result<()> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => Err(unsupported(location)),
        _ => Ok(()),
    }
}

fn parse_scalar(scalar: Scalar<'_>, location: &SourceLocation) -> Result<Value> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(value),
        Scalar::Integer(value) => Value::Number(value.into()),
        Scalar::FloatingPoint(value) => Value::Number(
            Number::from_f64(value.into_inner())
                .ok_or_else(|| Error::at(location, "the number has no JSON representation"))?,
        ),
        Scalar::String(value) => Value::String(value.into_owned()),
    })
}

fn parse_key(node: Node) -> Result<(String, SourceLocation)> {
    let key = match node.value {
        Value::String(key) => key,
        // YAML parses an unquoted status code as a number.
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return Err(Error::at(&node.location, "a key must be a string")),
    };
    Ok((key, node.location))
}

/// Returns an error for every key that occurs earlier in the same map.
fn find_duplicates(entries: &[Entry]) -> Vec<ValidationError> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    // The sort is stable: equal keys keep their order.
    sorted.sort_by_key(|entry| &entry.key);
    let groups = sorted.chunk_by(|a, b| a.key == b.key);
    let duplicates = groups.flat_map(|group| group[1..].iter().map(|entry| (group[0], *entry)));
    duplicates
        .map(|(first, entry)| {
            let (key, first) = (&entry.key, &first.location);
            let message = format!("the key `{key}` is defined twice: first at {first}");
            ValidationError::new(&entry.location, message)
        })
        .collect()
}

/// Replaces the merge key `<<` of YAML 1.1 with the entries of its map or list of maps. An entry
/// whose key is already in `entries` is dropped.
fn expand_merge_key(entries: &mut Vec<Entry>) {
    let Some(index) = entries.iter().position(|entry| entry.key == "<<") else {
        return;
    };
    let shared = entries.remove(index).node;
    let maps = match shared.value {
        Value::List(maps) => maps,
        _ => vec![shared],
    };
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for map in maps {
        if let Value::Map(more) = map.value {
            let more = more.into_iter();
            entries.extend(more.filter(|entry| known.insert(entry.key.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits {
        depth: 3,
        values: 10,
        string_bytes: 20,
    };

    #[test]
    fn enforces_limits_with_and_without_aliases() {
        for (text, expected) in [
            ("[[[1]]]", ""),
            ("[[[[1]]]]", "nested more than 3 levels deep"),
            ("[&a [[1]], [*a]]", "nested more than 3 levels deep"),
            ("[1, 2, 3, 4, 5, 6, 7, 8, 9]", ""),
            ("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "more than 10 values"),
            ("[&a [1, 2], *a]", ""),
            ("[&a [1, 2], *a, *a]", "more than 10 values"),
            ("[&a [&b [&c [1]]]]", "nested more than 3 levels deep"),
            ("[&a [&b [1]]]", ""),
            ("[&a [&b [1, 2]]]", "more than 10 values"),
            ("[aaaaaaaaaa, bbbbbbbbbb]", ""),
            ("[aaaaaaaaaa, bbbbbbbbbbb]", "more than 20 bytes of strings"),
            ("[&a aaaaaaa, *a]", "more than 20 bytes of strings"),
            ("{aaaaaaaaaa: 1, bbbbbbbbbbb: 2}", "more than 20 bytes"),
        ] {
            let actual = match parse(text, "YAML", &"a.yaml".into(), SMALL) {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            };
            assert_eq!(actual.is_empty(), expected.is_empty(), "{text}: {actual}");
            assert!(actual.contains(expected), "{text}: {actual}");
        }
    }
}

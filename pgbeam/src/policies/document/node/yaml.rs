//! Parses YAML. Anchors, aliases, tags and merge keys are not supported and are reported as mistakes.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Budget, Entry, Node, Place, Value, remove_duplicates, scalar};
use crate::policies::document::errors::Report;

/// Parses a YAML file, adds its mistakes to the report and returns its documents. Stops at a syntax error or an
/// exceeded limit, and then returns only the documents before it.
pub(super) fn parse(text: &str, report: &mut Report) -> Vec<Node> {
    let mut builder = Builder {
        report,
        budget: Budget::default(),
        open: Vec::new(),
        documents: Vec::new(),
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if !builder.handle(event, place(span.start)) {
                    break;
                }
            }
            Err(error) => {
                let message = format!("invalid YAML: {}", error.info());
                let remedy = "correct the indentation, the quotes or the brackets";
                let place = place(*error.marker());
                builder.report.add("syntax", place, message, remedy);
                break;
            }
        }
    }
    builder.documents
}

fn place(marker: Marker) -> Place {
    Place::new(marker.line(), marker.col() + 1)
}

/// A list or mapping whose end has not been read.
struct Open {
    node: Node,
    /// The key of a mapping whose value has not been read completely.
    key: Option<Key>,
}

struct Key {
    text: String,
    place: Place,
    /// `true` for the merge key `<<` of YAML 1.1, and for keys that are lists, mappings or aliases. Entries with an
    /// invalid key are dropped.
    is_invalid: bool,
}

struct Builder<'r> {
    report: &'r mut Report,
    budget: Budget,
    open: Vec<Open>,
    documents: Vec<Node>,
}

impl Builder<'_> {
    /// Handles an event of the YAML parser. Returns `false`, after adding a mistake, if a limit is exceeded.
    fn handle(&mut self, event: Event<'_>, place: Place) -> bool {
        match event {
            Event::SequenceStart(anchor, tag) => {
                self.check(anchor, tag.is_some(), place);
                self.begin(Value::List(Vec::new()), place)
            }
            Event::MappingStart(anchor, tag) => {
                self.check(anchor, tag.is_some(), place);
                self.begin(Value::Map(Vec::new()), place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.open.pop() {
                    if let Value::Map(entries) = &mut open.node.value {
                        remove_duplicates(entries, self.report);
                    }
                    self.insert(open.node, false);
                }
                true
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.check(anchor, tag.is_some(), place);
                let is_plain = style == ScalarStyle::Plain;
                let is_key = self.expects_key();
                let value = if tag.is_some() && !is_key {
                    Value::Invalid
                } else if is_plain && !is_key {
                    scalar::resolve(&text, place, self.report)
                } else {
                    Value::String(text.into_owned())
                };
                self.insert(Node { place, value }, is_plain);
                self.budget.count(self.open.len(), place, self.report)
            }
            Event::Alias(_) => {
                self.report.add(
                    "unsupported-yaml",
                    place,
                    "aliases are not supported, because a reader of the policy must look elsewhere for its content",
                    "repeat the value",
                );
                let value = Value::Invalid;
                self.insert(Node { place, value }, false);
                self.budget.count(self.open.len(), place, self.report)
            }
            _ => true,
        }
    }

    /// Adds a mistake if a value has an anchor, and a mistake if it has a tag. `anchor` is 0 if the value has no
    /// anchor.
    fn check(&mut self, anchor: usize, has_tag: bool, place: Place) {
        if anchor > 0 {
            self.report.add(
                "unsupported-yaml",
                place,
                "anchors are not supported, because a reader of the policy must look elsewhere for its content",
                "remove the anchor, and repeat the value where it is used",
            );
        }
        if has_tag {
            self.report.add(
                "unsupported-yaml",
                place,
                "tags are not supported, because the field determines the type",
                "remove the tag",
            );
        }
    }

    /// Returns `true` if the next value is a key of a mapping.
    fn expects_key(&self) -> bool {
        let is_map = |open: &Open| matches!(open.node.value, Value::Map(_)) && open.key.is_none();
        self.open.last().is_some_and(is_map)
    }

    fn begin(&mut self, value: Value, place: Place) -> bool {
        self.open.push(Open {
            node: Node { place, value },
            key: None,
        });
        self.budget.count(self.open.len(), place, self.report)
    }

    /// Adds a complete node to the innermost open list or mapping. In a mapping, the node is a key or the value of the
    /// previous key. Outside all lists and mappings, the node is a document.
    fn insert(&mut self, node: Node, is_plain: bool) {
        if self.expects_key() {
            let key = self.key(node, is_plain);
            if let Some(open) = self.open.last_mut() {
                open.key = Some(key);
            }
            return;
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::Map(entries), Some(key)) if !key.is_invalid => entries.push(Entry {
                key: key.text,
                place: key.place,
                node,
            }),
            (Value::List(items), _) => items.push(node),
            _ => {}
        }
    }

    fn key(&mut self, node: Node, is_plain: bool) -> Key {
        let place = node.place;
        let (text, mistake) = match node.value {
            Value::String(text) if is_plain && text == "<<" => {
                let reason = "merge keys are not supported, because a reader of the policy must look elsewhere for its content";
                (text, Some((reason, "repeat the fields")))
            }
            Value::String(text) => (text, None),
            // The mistake of an alias has already been added.
            Value::Invalid => {
                return Key {
                    text: String::new(),
                    place,
                    is_invalid: true,
                };
            }
            _ => {
                let mistake = ("a key must be a string", "write the name of a field");
                (String::new(), Some(mistake))
            }
        };
        if let Some((message, remedy)) = mistake {
            self.report.add("unsupported-yaml", place, message, remedy);
        }
        Key {
            text,
            place,
            is_invalid: mistake.is_some(),
        }
    }
}

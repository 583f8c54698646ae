//! Checks the fields of a profile or template against their schema, and converts them to JSON.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    quantity::{self, Mistake, Spelling, UNLIMITED},
    suggest::{did_you_mean, join},
    wrong_type::wrong_type,
};
use crate::policies::{
    document::{
        Object, Source,
        errors::{Report, quote},
        node::{Entry, Node, Place, Value},
    },
    schema::{Kind, Schema},
};

/// The valid fields of a profile or template as JSON, and the locations of all its fields in the file.
pub(super) struct Fields {
    pub(super) object: Object,
    pub(super) source: Source,
}

/// Reads the fields of a profile or template and adds mistakes to the report. Leaves invalid values out of the result.
///
/// `own_fields` are fields that only policy files have, such as `suppress`; they are skipped. `spellings` are the
/// fields with a unit that policy files have. `unknown` are the names that `allow_unknown` lists.
pub(super) fn read_fields(
    schema: &Schema,
    node: &Node,
    entries: &[Entry],
    own_fields: &[&'static str],
    spellings: &[Spelling],
    unknown: &[&str],
    report: &mut Report,
) -> Fields {
    let mut object = Object::new();
    let mut places: BTreeMap<String, (Place, &str)> = BTreeMap::new();
    for Entry { key, place, node } in entries {
        if own_fields.contains(&key.as_str()) {
            continue;
        }
        let spelling = spellings.iter().find(|spelling| spelling.name == key);
        let field = spelling.map_or(key.as_str(), |spelling| spelling.field);
        field.clone_into(&mut report.field);
        let is_unknown_allowed = unknown.contains(&key.as_str());
        let value = if let Some(spelling) = spelling {
            read_spelling(spelling, node, report)
        } else if let Some(schema) = schema.field(key) {
            let path = Path {
                field: key,
                is_unknown_allowed,
            };
            path.read(schema, node, report)
        } else if schema.server_owned.contains(key) {
            let message = format!("{} is set by the server only", quote(key));
            report.add("server-owned-field", *place, message, "remove it");
            None
        } else if is_unknown_allowed {
            read_unknown(key, node, report)
        } else {
            let known = schema.field_names();
            let names = known.chain(spellings.iter().map(|spelling| spelling.name));
            let names = names.chain(own_fields.iter().copied());
            report_unknown_field(key, *place, names, report);
            None
        };
        if let Some((first, other)) = places.insert(field.to_owned(), (*place, key)) {
            report.add(
                "conflicting-fields",
                *place,
                format!(
                    "`{key}` and `{other}` are the same field; `{other}` is on line {}",
                    first.line
                ),
                "remove one of them",
            );
        } else if let Some(value) = value {
            object.insert(field.to_owned(), value);
        }
    }
    for field in &schema.required {
        if !entries.iter().any(|entry| entry.key == *field) {
            field.clone_into(&mut report.field);
            let message = format!("the field `{field}` is missing");
            report.add(
                "missing-field",
                node.place,
                message,
                format!("add `{field}`"),
            );
        }
    }
    report.field.clear();
    let locations = places.into_iter().map(|(field, (place, _))| {
        let location = report.location(place);
        (field, location)
    });
    let source = Source {
        fields: locations.collect(),
        location: Some(report.location(node.place)),
    };
    Fields { object, source }
}

/// Adds the mistake for a field that does not exist. The remedy suggests the most similar of `names`.
fn report_unknown_field<'a>(
    key: &str,
    place: Place,
    names: impl IntoIterator<Item = &'a str>,
    report: &mut Report,
) {
    // A full report drops the remedy, so the search for a similar name is skipped. It would take long for a hostile
    // file with many unknown fields.
    let names = names.into_iter().filter(|_| !report.is_full());
    let remedy = did_you_mean(key, names, || {
        "remove it, or list it in `allow_unknown` to send it as it is".into()
    });
    let message = format!("unknown field {}", quote(key));
    report.add("unknown-field", place, message, remedy);
}

/// Reads a field that the schema does not have and that `allow_unknown` lists. Accepts every value except null.
fn read_unknown(key: &str, node: &Node, report: &mut Report) -> Option<Json> {
    match node.value {
        Value::Invalid => None,
        Value::Null => {
            let message = format!("{} has no value", quote(key));
            report.add(
                "wrong-type",
                node.place,
                message,
                "write a value, or remove the field",
            );
            None
        }
        _ => Some(node.to_json()),
    }
}

/// Reads a field with a unit, such as `statement_timeout`.
fn read_spelling(spelling: &Spelling, node: &Node, report: &mut Report) -> Option<Json> {
    let Spelling {
        name,
        field,
        example,
        ..
    } = spelling;
    let result = match &node.value {
        Value::Invalid => return None,
        Value::String(text) => spelling.parse(text),
        Value::Number(number) => Err((
            "wrong-unit",
            format!("`{name}: {number}` has no unit"),
            format!("add a unit, as in `{name}: {example}`, or write `{field}` without a unit"),
        )),
        _ => Err((
            "wrong-type",
            format!("`{name}` {}", node.mismatch("must be a value with a unit")),
            format!("write, for example, `{name}: {example}`"),
        )),
    };
    add_mistake(result, node.place, report).map(Json::from)
}

/// Returns the value of `result`. If `result` is a mistake, adds the mistake to the report and returns `None`.
fn add_mistake<T>(result: Result<T, Mistake>, place: Place, report: &mut Report) -> Option<T> {
    let add = |(rule, message, remedy)| report.add(rule, place, message, remedy);
    result.map_err(add).ok()
}

/// The field that is being read.
struct Path<'a> {
    /// The name for messages, such as `max_rows` or `masking_rules.kind`.
    field: &'a str,
    /// `true` if `allow_unknown` lists the field, or the field of the profile that contains it. Unknown values of the
    /// field and unknown fields inside it are then accepted.
    is_unknown_allowed: bool,
}

impl Path<'_> {
    /// Checks a value against the schema, adds its mistakes to the report and converts it to JSON. Returns `None` if
    /// the value is invalid; an object without its invalid fields is returned.
    fn read(&self, schema: &Schema, node: &Node, report: &mut Report) -> Option<Json> {
        let value = match (schema.kind, &node.value) {
            (_, Value::Invalid) => return None,
            (Kind::Integer, _) => self.integer(schema, node),
            (Kind::String, Value::String(text)) => self.string(schema, text),
            (Kind::Boolean, Value::Bool(value)) => Ok((*value).into()),
            (Kind::Array, Value::List(items)) => return self.list(schema, items, report),
            (Kind::Object, Value::Map(entries)) => {
                return self.object(schema, node, entries, report);
            }
            _ => Err(wrong_type(self.field, schema, node)),
        };
        add_mistake(value, node.place, report)
    }

    fn integer(&self, schema: &Schema, node: &Node) -> Result<Json, Mistake> {
        let Self { field, .. } = self;
        match &node.value {
            Value::Number(number) if !number.is_f64() => {
                let minimum = schema.minimum.unwrap_or(i64::MIN);
                match number.as_i64().filter(|number| *number >= minimum) {
                    Some(number) => Ok(number.into()),
                    None => Err((
                        "out-of-range",
                        format!("`{field}` is {number}"),
                        format!("write a number from {minimum} to {}", i64::MAX),
                    )),
                }
            }
            Value::String(text) if text == UNLIMITED => match quantity::zero_is_unlimited(field) {
                true => Ok(0.into()),
                false => Err(quantity::not_unlimited(field, field)),
            },
            _ => Err(wrong_type(field, schema, node)),
        }
    }

    fn string(&self, schema: &Schema, text: &str) -> Result<Json, Mistake> {
        let Self { field, .. } = self;
        let is_open = schema.values.is_empty();
        let values = match is_open {
            true => &schema.known_values,
            false => &schema.values,
        };
        if !values.is_empty() && !values.iter().any(|value| value == text) {
            if self.is_unknown_allowed {
                return Ok(text.into());
            }
            let values = values.iter().map(String::as_str);
            let remedy = did_you_mean(text, values.clone(), || {
                format!("write one of {}", join(values))
            });
            let message = format!("`{field}` has the unknown value {}", quote(text));
            return Err(("unknown-value", message, remedy));
        }
        let count = text.chars().count();
        let (min, max) = (schema.min_length.unwrap_or(0), schema.max_length);
        if count < min || max.is_some_and(|max| count > max) {
            let message = format!("`{field}` has {count} characters");
            let remedy = match max {
                Some(max) => format!("write {min} to {max} characters"),
                None => format!("write at least {min} characters"),
            };
            return Err(("out-of-range", message, remedy));
        }
        if schema.max_bytes.is_some_and(|max| text.len() > max) {
            let max = schema.max_bytes.unwrap_or_default();
            let message = format!("`{field}` has {} bytes", text.len());
            return Err((
                "out-of-range",
                message,
                format!("write at most {max} bytes"),
            ));
        }
        if schema
            .pattern
            .as_deref()
            .is_some_and(|pattern| !matches(pattern, text))
        {
            return Err((
                "unknown-value",
                format!("`{field}` cannot be {}", quote(text)),
                "use lower-case letters, digits and underscores, and start with a letter".into(),
            ));
        }
        Ok(text.into())
    }

    fn list(&self, schema: &Schema, items: &[Node], report: &mut Report) -> Option<Json> {
        let schema = schema.items.as_deref()?;
        let items: Vec<_> = items
            .iter()
            .map(|item| self.read(schema, item, report))
            .collect();
        items
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .map(Json::Array)
    }

    fn object(
        &self,
        schema: &Schema,
        node: &Node,
        entries: &[Entry],
        report: &mut Report,
    ) -> Option<Json> {
        let mut object = Object::new();
        for entry in entries {
            let key = &entry.key;
            let value = match schema.field(key) {
                Some(schema) => {
                    let path = Path {
                        field: &format!("{}.{key}", self.field),
                        ..*self
                    };
                    path.read(schema, &entry.node, report)
                }
                None if self.is_unknown_allowed => Some(entry.node.to_json()),
                None => {
                    let remedy = did_you_mean(key, schema.field_names(), || {
                        format!("the fields are {}", join(schema.field_names()))
                    });
                    let message = format!("unknown field {} in `{}`", quote(key), self.field);
                    report.add("unknown-field", entry.place, message, remedy);
                    None
                }
            };
            object.extend(value.map(|value| (key.clone(), value)));
        }
        for field in &schema.required {
            if !entries.iter().any(|entry| entry.key == *field) {
                let message = format!("`{}` has no `{field}`", self.field);
                report.add(
                    "missing-field",
                    node.place,
                    message,
                    format!("add `{field}`"),
                );
            }
        }
        Some(Json::Object(object))
    }
}

/// The only `pattern` in the schemas of profiles and templates.
const IDENTIFIER: &str = "^[a-z][a-z0-9_]*$";

/// Returns `true` if a string matches the pattern. Patterns other than [`IDENTIFIER`] match every string.
fn matches(pattern: &str, text: &str) -> bool {
    let is_letter = |character: char| character.is_ascii_lowercase();
    let is_other = |character: char| character.is_ascii_digit() || character == '_';
    pattern != IDENTIFIER
        || text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || is_other(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::schema;

    #[test]
    fn every_pattern_of_the_contract_is_implemented() {
        fn check(schema: &Schema) {
            let pattern = schema.pattern.as_deref();
            assert!(
                pattern.is_none_or(|pattern| pattern == IDENTIFIER),
                "{pattern:?}"
            );
            for (_, field) in &schema.properties.0 {
                check(field);
            }
            schema.items.iter().for_each(|items| check(items));
        }
        check(schema::policy_profile());
        check(schema::query_template());
    }
}

//! Creates values that match a schema, for response fields that no handler sets.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::document::Document;
use crate::clock::format_timestamp;

/// The maximum depth of nested samples. It ends cycles.
const MAX_DEPTH: usize = 16;

/// Adds a value for each required field that is missing, at the top level of the object.
pub(crate) fn add_required(
    document: &Document,
    schema: &Value,
    fields: &mut Map<String, Value>,
    now: DateTime<Utc>,
) {
    add_required_at(document, schema, fields, now, 0);
}

fn add_required_at(
    document: &Document,
    schema: &Value,
    fields: &mut Map<String, Value>,
    now: DateTime<Utc>,
    depth: usize,
) {
    for subschema in document.subschemas(schema) {
        let required = subschema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if fields.contains_key(name) {
                continue;
            }
            let property = document
                .properties(schema)
                .find(|(other, _)| *other == name);
            if let Some((_, property)) = property {
                fields.insert(name.to_owned(), sample(document, property, now, depth));
            }
        }
    }
}

/// Returns a simple value that matches a schema. It is the first of these that exists: the default, the first value of
/// the enum, and `null` if the schema is nullable. Otherwise, it depends on the type: the shortest list, an object with
/// only the required fields, `false`, the minimum or 0, the time `now`, or the shortest string. Ignores `pattern`.
fn sample(document: &Document, schema: &Value, now: DateTime<Utc>, depth: usize) -> Value {
    let keyword = |name: &str| document.keyword(schema, name);
    if let Some(default) = keyword("default") {
        return default.clone();
    }
    if let Some(first) = keyword("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    if keyword("nullable") == Some(&Value::Bool(true)) {
        return Value::Null;
    }
    let size = |name: &str| keyword(name).and_then(Value::as_u64).unwrap_or_default();
    match keyword("type").and_then(Value::as_str) {
        Some("array") => {
            let count = if depth < MAX_DEPTH {
                size("minItems")
            } else {
                0
            };
            let item = keyword("items").cloned().unwrap_or_default();
            let items = (0..count).map(|_| sample(document, &item, now, depth.saturating_add(1)));
            Value::Array(items.collect())
        }
        Some("boolean") => Value::Bool(false),
        Some("integer" | "number") => keyword("minimum").cloned().unwrap_or_else(|| 0.into()),
        Some("object") => {
            let mut fields = Map::new();
            if depth < MAX_DEPTH {
                add_required_at(document, schema, &mut fields, now, depth.saturating_add(1));
            }
            Value::Object(fields)
        }
        _ => match keyword("format").and_then(Value::as_str) {
            Some("date-time") => Value::String(format_timestamp(now)),
            Some("date") => Value::String(now.date_naive().to_string()),
            _ => Value::String("a".repeat(usize::try_from(size("minLength")).unwrap_or(0))),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn adds_the_required_fields_that_are_missing() {
        let document = Document::parse(
            &json!({"Node": {"type": "object", "required": ["next"], "properties": {
                "next": {"$ref": "#/Node"},
            }}})
            .to_string(),
        );
        let document = document.expect("JSON");
        let schema = json!({"type": "object", "allOf": [
            {"required": ["kind"], "properties": {"kind": {"enum": ["a", "b"]}}},
        ], "required": ["id", "at", "day", "count", "list", "none", "flag", "word", "set", "node"],
        "properties": {
            "id": {"type": "string", "minLength": 2}, "at": {"type": "string", "format": "date-time"},
            "day": {"type": "string", "format": "date"}, "count": {"type": "integer", "minimum": 3},
            "list": {"type": "array", "minItems": 1, "items": {"type": "number"}},
            "none": {"type": "string", "nullable": true}, "flag": {"type": "boolean"},
            "word": {"default": "w"}, "set": {"type": "string"}, "optional": {"type": "string"},
            "node": {"$ref": "#/Node"},
        }});
        let mut fields = Map::new();
        fields.insert("set".to_owned(), json!("x"));
        let now = DateTime::<Utc>::UNIX_EPOCH;
        add_required(&document, &schema, &mut fields, now);
        let node = fields.remove("node").expect("a node");
        assert!(node.pointer("/next/next").is_some(), "a cycle ends");
        assert_eq!(
            Value::Object(fields),
            json!({
                "id": "aa", "at": "1970-01-01T00:00:00.000000Z", "day": "1970-01-01", "count": 3,
                "list": [0], "none": null, "flag": false, "word": "w", "set": "x", "kind": "a",
            })
        );
    }
}

//! Adds the defaults of omitted fields to request bodies and resources.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::document::Document;

/// Adds the defaults of omitted fields, including nested ones. Adds nothing for the fields in `x-kept-when-absent`:
/// if a replacement omits such a field, its stored value is kept, and [`complete`] adds that value.
pub(crate) fn add_defaults(document: &Document, schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => add_default_fields(document, schema, fields),
        Value::Array(items) => {
            if let Some(schema) = document.keyword(schema, "items") {
                for item in items {
                    add_defaults(document, schema, item);
                }
            }
        }
        _ => {}
    }
}

/// Same as [`add_defaults`], for the fields of an object.
pub(crate) fn add_default_fields(
    document: &Document,
    schema: &Value,
    fields: &mut Map<String, Value>,
) {
    add_nested_defaults(document, schema, fields);
    let kept = kept_fields(document, schema);
    for (name, property) in document.properties(schema) {
        if !fields.contains_key(name)
            && !kept.contains(&name.as_str())
            && let Some(default) = default_value(document, schema, name, Some(property))
        {
            fields.insert(name.clone(), default.clone());
        }
    }
}

/// Adds the defaults of omitted fields of the nested objects. Adds no field to the object itself.
pub(crate) fn add_nested_defaults(
    document: &Document,
    schema: &Value,
    fields: &mut Map<String, Value>,
) {
    for (name, property) in document.properties(schema) {
        if let Some(value) = fields.get_mut(name) {
            add_defaults(document, property, value);
        }
    }
}

/// Turns a valid request body into the fields of a resource: removes the fields that only the server sets, and adds the
/// omitted fields.
///
/// An omitted field gets the first of these values that exists: its value in `stored`, if it is in
/// `x-kept-when-absent`; its default; an empty list, if it is a list; and, if the response requires it, the first
/// value of its enum or the zero value of its type.
pub(crate) fn complete(
    document: &Document,
    request: &Value,
    response: &Value,
    fields: &mut Map<String, Value>,
    stored: Option<&Map<String, Value>>,
) {
    add_default_fields(document, request, fields);
    for name in kept_fields(document, request) {
        let stored = stored.and_then(|stored| stored.get(name));
        if !fields.contains_key(name)
            && let Some(value) = stored.or_else(|| {
                let mut properties = document.properties(request);
                let property = properties.find(|(other, _)| *other == name);
                default_value(document, request, name, property.map(|(_, schema)| schema))
            })
        {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    remove_server_fields(document, request, response, fields);
    let request_names = property_names(document, request);
    let required = document.keyword(response, "required");
    let required = required.and_then(Value::as_array);
    for (name, property) in document.properties(response) {
        let is_required =
            || required.is_some_and(|names| names.iter().any(|required| required == name));
        let is_list = || document.keyword(property, "type") == Some(&Value::from("array"));
        if request_names.contains(name)
            && !fields.contains_key(name)
            && (is_required() || is_list())
        {
            fields.insert(name.clone(), zero_value(document, property));
        }
    }
}

/// Removes the fields that only the server sets: those that are in the response schema but not in the request schema.
pub(crate) fn remove_server_fields(
    document: &Document,
    request: &Value,
    response: &Value,
    fields: &mut Map<String, Value>,
) {
    let request_names = property_names(document, request);
    for (name, _) in document.properties(response) {
        if !request_names.contains(name) {
            fields.remove(name);
        }
    }
}

fn property_names<'a>(document: &'a Document, schema: &'a Value) -> HashSet<&'a String> {
    document.properties(schema).map(|(name, _)| name).collect()
}

/// Returns the default of a field: its value in `x-when-absent` of the schema, else the `default` of its own schema
/// `property`.
fn default_value<'a>(
    document: &'a Document,
    schema: &'a Value,
    name: &str,
    property: Option<&'a Value>,
) -> Option<&'a Value> {
    let when_absent = document.keyword(schema, "x-when-absent");
    when_absent
        .and_then(|values| values.get(name))
        .or_else(|| document.keyword(property?, "default"))
}

/// Returns the fields in `x-kept-when-absent`: they keep their stored value if a replacement omits them.
fn kept_fields<'a>(document: &'a Document, schema: &'a Value) -> Vec<&'a str> {
    let kept = document
        .keyword(schema, "x-kept-when-absent")
        .and_then(Value::as_array);
    kept.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn zero_value(document: &Document, schema: &Value) -> Value {
    let first = document
        .keyword(schema, "enum")
        .and_then(|values| values.get(0));
    if let Some(value) = first {
        return value.clone();
    }
    match document.keyword(schema, "type").and_then(Value::as_str) {
        Some("array") => Value::Array(Vec::new()),
        Some("boolean") => Value::Bool(false),
        Some("integer" | "number") => Value::from(0),
        Some("object") => Value::Object(Map::new()),
        _ => Value::from(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Document {
        Document::parse(
            &json!({
                "Mode": {"type": "string", "enum": ["sql", "templates"]},
                "Write": {"type": "string", "enum": ["normal", "undo"], "default": "normal"},
                "Input": {
                    "type": "object",
                    "x-when-absent": {"scan": "off"},
                    "x-kept-when-absent": ["mode", "level"],
                    "properties": {
                        "name": {"type": "string"},
                        "limit": {"type": "integer", "default": 300},
                        "write": {"allOf": [{"$ref": "#/Write"}]},
                        "scan": {"type": "string"},
                        "mode": {"allOf": [{"$ref": "#/Mode"}]},
                        "level": {"type": "integer", "default": 7},
                        "note": {"type": "string"},
                        "rules": {"type": "object", "properties": {"allow": {"type": "array"}}},
                        "masks": {"type": "array", "items": {
                            "type": "object", "properties": {"salt": {"default": "s"}},
                        }},
                        "count": {"type": "integer"},
                    },
                },
                "Output": {
                    "type": "object",
                    "required": ["id", "name", "mode", "level", "count"],
                    "properties": {
                        "id": {"type": "string"}, "name": {"type": "string"},
                        "limit": {"type": "integer"}, "mode": {"$ref": "#/Mode"},
                        "level": {"type": "integer"}, "note": {"type": "string"},
                        "rules": {"type": "object"}, "masks": {"type": "array"},
                        "count": {"type": "integer"},
                    },
                },
            })
            .to_string(),
        )
        .expect("JSON")
    }

    fn completed(body: Value, stored: Option<Value>) -> Value {
        let Value::Object(mut fields) = body else {
            panic!("an object");
        };
        let stored = stored.as_ref().and_then(Value::as_object);
        let reference = |name: &str| json!({"$ref": format!("#/{name}")});
        let (request, response) = (reference("Input"), reference("Output"));
        complete(&document(), &request, &response, &mut fields, stored);
        Value::Object(fields)
    }

    #[test]
    fn adds_omitted_fields() {
        let created = json!({
            "name": "n", "limit": 300, "write": "normal", "scan": "off", "mode": "sql",
            "level": 7, "masks": [], "count": 0,
        });
        assert_eq!(completed(json!({"name": "n"}), None), created);
        assert_eq!(completed(json!({"name": "n", "id": "x"}), None), created);
        let stored = json!({"mode": "templates", "level": 9, "limit": 1, "count": 4});
        let replaced = completed(json!({"name": "n"}), Some(stored.clone()));
        assert_eq!(
            (
                &replaced["mode"],
                &replaced["level"],
                &replaced["limit"],
                &replaced["count"]
            ),
            (&json!("templates"), &json!(9), &json!(300), &json!(0)),
        );
        let set = completed(
            json!({"name": "n", "mode": "sql", "level": 1}),
            Some(stored),
        );
        assert_eq!((&set["mode"], &set["level"]), (&json!("sql"), &json!(1)));
    }

    #[test]
    fn keeps_present_fields_and_adds_nested_defaults() {
        let body = json!({
            "name": "n", "limit": 0, "write": "undo", "scan": "on", "mode": "templates",
            "level": 0, "note": "", "rules": {}, "masks": [{}, {"salt": "t", "more": 1}],
            "count": 1, "unknown": {"deep": []},
        });
        let mut expected = body.clone();
        expected["masks"][0]["salt"] = json!("s");
        assert_eq!(completed(body, None), expected);
    }

    #[test]
    fn zero_values_match_the_type() {
        for (kind, zero) in [
            ("string", json!("")),
            ("array", json!([])),
            ("object", json!({})),
            ("boolean", json!(false)),
            ("number", json!(0)),
        ] {
            assert_eq!(zero_value(&document(), &json!({"type": kind})), zero);
        }
    }
}

//! Example values generated from the schemas of the contract.

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value, json};

use super::{Contract, values::SECRET};

/// The name of a field that the contract does not declare.
const UNKNOWN_FIELD: &str = "unknown_field";

/// The kind of example to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleKind {
    /// Every field. An enum has its first value. Any other field has the example value of the contract, if
    /// any.
    AllFields,
    /// Only the required fields.
    RequiredFields,
    /// Every field; nullable fields are null and lists are empty.
    Nulls,
    /// A value of a newer API: every field and unknown ones, unknown enum values, and numbers and strings
    /// that can violate their constraints.
    NewerApi,
}

impl ExampleKind {
    pub const ALL: [Self; 4] = [
        Self::AllFields,
        Self::RequiredFields,
        Self::Nulls,
        Self::NewerApi,
    ];
}

/// Returns an example of a schema. Secrets have the value [`SECRET`].
pub fn example(contract: &Contract, schema: &Value, kind: ExampleKind) -> Value {
    let schema = resolve_schema(contract, schema);
    if kind == ExampleKind::Nulls && schema["nullable"] == true {
        return Value::Null;
    }
    if schema["x-secret"] == true || schema["format"] == "password" {
        return SECRET.into();
    }
    if let Some(values) = schema["enum"].as_array() {
        return match kind {
            ExampleKind::AllFields | ExampleKind::Nulls => values[0].clone(),
            ExampleKind::RequiredFields => values[values.len() - 1].clone(),
            ExampleKind::NewerApi => "unknown value".into(),
        };
    }
    let declared = &schema["example"];
    match schema["type"].as_str().expect("a type") {
        "object" => object(contract, &schema, kind),
        "array" if kind == ExampleKind::Nulls => json!([]),
        "array" => json!([example(contract, &schema["items"], kind)]),
        "boolean" => declared.as_bool().unwrap_or(true).into(),
        "integer" if kind == ExampleKind::NewerApi => match schema["format"].as_str() {
            Some("int32") => i32::MAX.into(),
            _ => i64::MAX.into(),
        },
        "integer" => declared.as_i64().unwrap_or(7).into(),
        "number" if kind == ExampleKind::NewerApi => json!(-1e300),
        "number" => declared.as_f64().unwrap_or(1.5).into(),
        "string" => string(&schema, kind).into(),
        other => panic!("unsupported type {other}"),
    }
}

/// Returns an example of a component schema, deserialized as `T`.
pub fn deserialize_example<T: DeserializeOwned>(component: &str, kind: ExampleKind) -> T {
    let contract = Contract::load();
    let schema = json!({"$ref": format!("#/components/schemas/{component}")});
    serde_json::from_value(example(&contract, &schema, kind)).unwrap()
}

fn object(contract: &Contract, schema: &Value, kind: ExampleKind) -> Value {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|names| names.contains(&name.into()));
    let mut object = Map::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if kind != ExampleKind::RequiredFields || is_required(name) {
            object.insert(name.clone(), example(contract, schema, kind));
        }
    }
    if schema["additionalProperties"] == true {
        object.insert("any_name".to_owned(), json!({"any": ["value", 1]}));
    } else if kind == ExampleKind::NewerApi {
        object.insert(UNKNOWN_FIELD.to_owned(), json!({"x": [1]}));
    }
    object.into()
}

fn string(schema: &Value, kind: ExampleKind) -> &str {
    let declared = schema["example"].as_str();
    match schema["format"].as_str() {
        Some("date-time") => declared.unwrap_or("2026-01-02T03:04:05.678Z"),
        Some("date") => declared.unwrap_or("2026-01-02"),
        _ if kind == ExampleKind::NewerApi => "",
        Some("uri") => declared.unwrap_or("https://example.com/a"),
        Some("email") => declared.unwrap_or("a@example.com"),
        _ => declared.unwrap_or("string"),
    }
}

/// Resolves `$ref` and merges the schemas of `allOf`.
pub fn resolve_schema(contract: &Contract, schema: &Value) -> Value {
    let mut merged = contract.resolve(schema).clone();
    let parts = merged.as_object_mut().expect("a schema").remove("allOf");
    for part in parts
        .iter()
        .flat_map(|parts| parts.as_array().expect("schemas"))
    {
        for (keyword, value) in resolve_schema(contract, part)
            .as_object()
            .expect("a schema")
        {
            match (&mut merged[keyword], value) {
                (Value::Object(merged), Value::Object(added)) => merged.extend(added.clone()),
                (Value::Array(merged), Value::Array(added)) => merged.extend(added.clone()),
                (merged @ Value::Null, value) => *merged = value.clone(),
                // Keywords beside `allOf` override those of its schemas.
                _ => {}
            }
        }
    }
    merged
}

/// Removes unknown fields and null fields at every depth, and normalizes numbers.
pub fn normalize(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let fields = object
                .iter()
                .filter(|(name, value)| *name != UNKNOWN_FIELD && !value.is_null());
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), normalize(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(normalize).collect(),
        Value::Number(number) => Value::Number(normalize_number(number)),
        other => other.clone(),
    }
}

/// Converts a float such as `1.0` to the integer `1`.
fn normalize_number(number: &Number) -> Number {
    let is_small_integer = |float: &f64| float.fract() == 0.0 && float.abs() < 1e15;
    match number.as_f64().filter(is_small_integer) {
        #[expect(clippy::cast_possible_truncation, reason = "a small integer")]
        Some(float) => Number::from(float as i64),
        None => number.clone(),
    }
}

/// Removes fields with default values at every depth: null, false, 0, and empty strings, lists and objects.
pub fn without_defaults(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let fields = object
                .iter()
                .map(|(name, value)| (name.clone(), without_defaults(value)));
            Value::Object(fields.filter(|(_, value)| !is_default(value)).collect())
        }
        Value::Array(items) => items.iter().map(without_defaults).collect(),
        other => other.clone(),
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(string) => string.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
    }
}

/// Converts the body of a list response to a page: `items`, `next_page_token` and `total`.
pub fn page(body: &Value) -> Value {
    let mut page = Map::new();
    for (name, value) in body.as_object().expect("an object") {
        let name = match value {
            Value::Array(_) => "items",
            _ => name,
        };
        let previous = page.insert(name.to_owned(), value.clone());
        assert!(previous.is_none(), "a page with two lists: {body}");
    }
    // The SDK reads an empty `next_page_token` as the last page.
    page.retain(|_, value| *value != "");
    page.into()
}

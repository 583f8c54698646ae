//! Validates JSON values against the schemas of the API contract.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Number, Value};

use super::document::Document;
use crate::http::problem::FieldError;

type Schema = Map<String, Value>;

/// Validates a value at any depth. Adds one error for each missing required field, and one for each invalid value,
/// about the first constraint that it violates. Accepts fields that the schema does not declare.
pub(crate) fn validate(
    document: &Document,
    schema: &Value,
    value: &Value,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let subschemas = document.subschemas(schema);
    if value.is_null()
        && subschemas
            .iter()
            .any(|subschema| is_true(subschema, "nullable"))
    {
        return;
    }
    let violation = subschemas
        .iter()
        .find_map(|subschema| find_violation(document, subschema, value));
    if let Some(detail) = violation {
        errors.push(FieldError::new(path, detail));
        return;
    }
    for subschema in subschemas {
        match value {
            Value::Object(fields) => validate_fields(document, subschema, fields, path, errors),
            Value::Array(items) => {
                let Some(schema) = subschema.get("items") else {
                    continue;
                };
                for (index, item) in items.iter().enumerate() {
                    validate(document, schema, item, &format!("{path}[{index}]"), errors);
                }
            }
            _ => {}
        }
    }
}

fn validate_fields(
    document: &Document,
    schema: &Schema,
    fields: &Map<String, Value>,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    let field_path = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            errors.push(FieldError::new(field_path(name), "is required"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        if let Some(value) = fields.get(name) {
            validate(document, schema, value, &field_path(name), errors);
        }
    }
}

/// Returns a description of the first constraint that a value violates; `None` if there is none. Does not check the
/// fields of an object or the items of a list.
fn find_violation(document: &Document, schema: &Schema, value: &Value) -> Option<String> {
    let kind = str_keyword(schema, "type").unwrap_or_default();
    if let Some(noun) = type_violation(kind, value) {
        return Some(format!("must be {noun}"));
    }
    if let Some(Value::Array(allowed)) = schema.get("enum")
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        return Some(format!("must be one of: {}", allowed.join(", ")));
    }
    match value {
        Value::String(value) => string_violation(document, schema, value),
        Value::Number(value) => number_violation(schema, value, kind == "integer"),
        Value::Array(items) => {
            size_violation(schema, "minItems", "maxItems", items.len(), "entries")
        }
        _ => None,
    }
}

/// Returns a description of the expected type if the value has another type, else `None`.
fn type_violation(kind: &str, value: &Value) -> Option<&'static str> {
    let (matches, noun) = match kind {
        "object" => (value.is_object(), "an object"),
        "array" => (value.is_array(), "an array"),
        "string" => (value.is_string(), "a string"),
        "boolean" => (value.is_boolean(), "true or false"),
        "integer" => (value.is_i64() || value.is_u64(), "an integer"),
        "number" => (value.is_number(), "a number"),
        _ => (true, ""),
    };
    (!matches).then_some(noun)
}

fn string_violation(document: &Document, schema: &Schema, value: &str) -> Option<String> {
    let length = value.chars().count();
    if let Some(detail) = size_violation(schema, "minLength", "maxLength", length, "characters") {
        return Some(detail);
    }
    if let Some(pattern) = str_keyword(schema, "pattern") {
        match document.matches(pattern, value) {
            Some(true) => {}
            Some(false) => return Some(format!("must match {pattern}")),
            None => return Some(format!("cannot be checked: unsupported pattern {pattern}")),
        }
    }
    match str_keyword(schema, "format") {
        Some("date-time") if DateTime::parse_from_rfc3339(value).is_err() => {
            Some("must be an RFC 3339 timestamp".to_owned())
        }
        Some("date") if value.parse::<NaiveDate>().is_err() => {
            Some("must be a date, YYYY-MM-DD".to_owned())
        }
        _ => None,
    }
}

fn number_violation(schema: &Schema, value: &Number, is_integer: bool) -> Option<String> {
    let bits = match str_keyword(schema, "format") {
        Some("int32") => 32,
        _ => 64,
    };
    let fits = !is_integer
        || value
            .as_i64()
            .is_some_and(|value| bits == 64 || i32::try_from(value).is_ok());
    let value = value.as_f64()?;
    let mut constraints = Vec::new();
    let mut is_valid = fits;
    if let Some(minimum) = schema.get("minimum") {
        let limit = minimum.as_f64()?;
        if is_true(schema, "exclusiveMinimum") {
            is_valid &= value > limit;
            constraints.push(format!("greater than {minimum}"));
        } else {
            is_valid &= value >= limit;
            constraints.push(format!("at least {minimum}"));
        }
    }
    if let Some(maximum) = schema.get("maximum") {
        let limit = maximum.as_f64()?;
        if is_true(schema, "exclusiveMaximum") {
            is_valid &= value < limit;
            constraints.push(format!("less than {maximum}"));
        } else {
            is_valid &= value <= limit;
            constraints.push(format!("at most {maximum}"));
        }
    } else if is_integer {
        constraints.push(format!("a {bits}-bit integer"));
    }
    (!is_valid).then(|| format!("must be {}", constraints.join(" and ")))
}

fn size_violation(
    schema: &Schema,
    minimum: &str,
    maximum: &str,
    size: usize,
    unit: &str,
) -> Option<String> {
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    match (limit(minimum), limit(maximum)) {
        (Some(min), Some(max)) if size < min || size > max => {
            Some(format!("must have {min} to {max} {unit}"))
        }
        (Some(min), None) if size < min => Some(format!("must have at least {min} {unit}")),
        (None, Some(max)) if size > max => Some(format!("must have at most {max} {unit}")),
        _ => None,
    }
}

fn str_keyword<'a>(schema: &'a Schema, name: &str) -> Option<&'a str> {
    schema.get(name).and_then(Value::as_str)
}

fn is_true(schema: &Schema, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(schema: &Value, value: &Value) -> Vec<(String, String)> {
        let document = Document::parse(
            &json!({"schemas": {"Word": {"type": "string", "enum": ["on", "off"]}}}).to_string(),
        )
        .expect("JSON");
        let mut errors = Vec::new();
        validate(&document, schema, value, "", &mut errors);
        errors
            .into_iter()
            .map(|error| (error.field, error.detail))
            .collect()
    }

    #[test]
    fn validates_the_constraints_of_single_values() {
        let timestamp = json!({"type": "string", "format": "date-time"});
        let name = json!({"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-é]*$"});
        let natural = json!({"type": "integer", "minimum": 0});
        let percent = json!({"type": "integer", "minimum": 1, "maximum": 100});
        let rate = json!({
            "type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 1,
            "exclusiveMaximum": true,
        });
        let word = json!({"allOf": [{"$ref": "#/schemas/Word"}], "description": "d"});
        let nullable = json!({"type": "string", "nullable": true});
        let list = json!({"type": "array", "minItems": 1, "maxItems": 2});
        // (schema, value, the detail of the error; "" if the value is valid)
        let cases = [
            (&natural, json!(0), ""),
            (&natural, json!(i64::MAX), ""),
            (
                &natural,
                json!(-1),
                "must be at least 0 and a 64-bit integer",
            ),
            (
                &natural,
                json!(u64::MAX),
                "must be at least 0 and a 64-bit integer",
            ),
            (&natural, json!(1.0), "must be an integer"),
            (&natural, json!(1.5), "must be an integer"),
            (&natural, json!("1"), "must be an integer"),
            (&natural, json!(true), "must be an integer"),
            (&natural, json!(null), "must be an integer"),
            (&percent, json!(100), ""),
            (&percent, json!(0), "must be at least 1 and at most 100"),
            (&percent, json!(101), "must be at least 1 and at most 100"),
            (&rate, json!(0.5), ""),
            (&rate, json!(0), "must be greater than 0 and less than 1"),
            (&rate, json!(1), "must be greater than 0 and less than 1"),
            (&rate, json!("1"), "must be a number"),
            (&name, json!("éa"), ""),
            (&name, json!("ééé"), ""),
            (&name, json!(""), "must have 1 to 3 characters"),
            (&name, json!("éééé"), "must have 1 to 3 characters"),
            (&name, json!("A"), "must match ^[a-é]*$"),
            (&name, json!(["a"]), "must be a string"),
            (&timestamp, json!("2026-01-31T12:00:00+02:00"), ""),
            (
                &timestamp,
                json!("2026-01-31"),
                "must be an RFC 3339 timestamp",
            ),
            (&word, json!("on"), ""),
            (&word, json!("dim"), "must be one of: on, off"),
            (&word, json!(1), "must be a string"),
            (&nullable, json!(null), ""),
            (&nullable, json!(1), "must be a string"),
            (&list, json!([1, "a"]), ""),
            (&list, json!([]), "must have 1 to 2 entries"),
            (&list, json!([1, 2, 3]), "must have 1 to 2 entries"),
            (&list, json!({}), "must be an array"),
        ];
        for (schema, value, detail) in cases {
            let actual = errors(schema, &value);
            let details: Vec<_> = actual.iter().map(|(_, detail)| detail.as_str()).collect();
            let expected: Vec<_> = Some(detail).into_iter().filter(|d| !d.is_empty()).collect();
            assert_eq!(details, expected, "{schema} {value}");
        }
        let day = json!({"type": "string", "format": "date"});
        assert!(errors(&day, &json!("2026-02-28")).is_empty());
        assert_eq!(errors(&day, &json!("2026-02-30")).len(), 1);
        let small = json!({"type": "integer", "format": "int32"});
        assert!(errors(&small, &json!(i32::MIN)).is_empty());
        assert_eq!(errors(&small, &json!(2_147_483_648_i64)).len(), 1);
        let non_empty = json!({"type": "array", "minItems": 1});
        assert_eq!(
            errors(&non_empty, &json!([]))[0].1,
            "must have at least 1 entries"
        );
        let short = json!({"type": "string", "maxLength": 1});
        assert_eq!(
            errors(&short, &json!("ab"))[0].1,
            "must have at most 1 characters"
        );
    }

    #[test]
    fn returns_the_path_of_every_invalid_field() {
        let schema = json!({
            "allOf": [{"required": ["name"], "properties": {"name": {"type": "string"}}}],
            "type": "object", "required": ["rules"],
            "properties": {
                "flag": {"type": "boolean"},
                "rules": {"type": "array", "items": {
                    "type": "object", "required": ["kind"],
                    "properties": {"kind": {"$ref": "#/schemas/Word"}},
                }},
                "tables": {"type": "array", "items": {"type": "string"}},
            },
        });
        let cases = [
            (json!([]), vec![""]),
            (json!({}), vec!["rules", "name"]),
            (json!({"name": "a", "rules": [], "unknown": 1}), vec![]),
            (
                json!({
                    "name": 1, "flag": "yes", "tables": ["a", 2],
                    "rules": [{"kind": "x"}, {}, 3, {"kind": "on", "more": null}],
                }),
                vec![
                    "flag",
                    "rules[0].kind",
                    "rules[1].kind",
                    "rules[2]",
                    "tables[1]",
                    "name",
                ],
            ),
        ];
        for (value, expected) in cases {
            let actual = errors(&schema, &value);
            let fields: Vec<_> = actual.iter().map(|(field, _)| field.as_str()).collect();
            assert_eq!(fields, expected, "{value}");
        }
    }
}

//! Replaces the secrets in values. The schema marks them.

use serde_json::Value;

use super::document::Document;

/// Replaces each secret field, at any depth, with `replacement`. A field is secret if its schema has `x-secret`,
/// `writeOnly` or the format `password`.
pub(super) fn redact(document: &Document, schema: &Value, value: &mut Value, replacement: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, property) in document.properties(schema) {
                let Some(field) = fields.get_mut(name) else {
                    continue;
                };
                if is_secret(document, property) {
                    *field = replacement.clone();
                } else {
                    redact(document, property, field, replacement);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = document.keyword(schema, "items") {
                for item in items {
                    redact(document, schema, item, replacement);
                }
            }
        }
        _ => {}
    }
}

fn is_secret(document: &Document, schema: &Value) -> bool {
    let is_true = |name: &str| document.keyword(schema, name) == Some(&Value::Bool(true));
    let format = document.keyword(schema, "format").and_then(Value::as_str);
    is_true("x-secret") || is_true("writeOnly") || format == Some("password")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replaces_marked_fields_at_any_depth() {
        let document = Document::parse("{}").expect("JSON");
        let schema = json!({"properties": {
            "name": {"type": "string"},
            "proof": {"x-secret": true},
            "list": {"items": {"properties": {
                "key": {"writeOnly": true}, "word": {"allOf": [{"format": "password"}]},
            }}},
        }});
        let mut value = json!({
            "name": "n", "proof": {"a": 1}, "other": "o",
            "list": [{"key": "k", "word": 5, "id": "i"}, "x"],
        });
        redact(&document, &schema, &mut value, &json!("-"));
        assert_eq!(
            value,
            json!({
                "name": "n", "proof": "-", "other": "o",
                "list": [{"key": "-", "word": "-", "id": "i"}, "x"],
            })
        );
    }
}

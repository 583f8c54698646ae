//! Keeps unknown fields inside lists and objects when a resource is updated. A field is unknown if this version of the
//! crate does not know it.

use serde_json::{Map, Value};

use crate::{
    policies::schema::{Kind, Schema},
    transport::is_equivalent,
};

/// Copies unknown fields from the objects inside `stored` to the objects inside `desired`, so that an update does not
/// remove them. Unknown fields of `stored` itself are not copied.
///
/// An object in a field of `desired` gets the unknown fields of the stored object in the same field. An object in a
/// list of `desired` gets the unknown fields of a stored object: the first object in the stored list that has the same
/// values in all known fields. A field that the desired object already has is not replaced.
pub(crate) fn add_nested(
    schema: &Schema,
    desired: &mut Map<String, Value>,
    stored: &Map<String, Value>,
) {
    for (name, schema) in &schema.properties.0 {
        let (Some(desired), Some(stored)) = (desired.get_mut(name), stored.get(name)) else {
            continue;
        };
        match (schema.kind, desired, stored) {
            (Kind::Object, Value::Object(desired), Value::Object(stored)) => {
                add(schema, desired, stored);
            }
            (Kind::Array, Value::Array(desired), Value::Array(stored)) => {
                let Some(item) = schema.items.as_deref() else {
                    continue;
                };
                for desired in desired.iter_mut().filter_map(Value::as_object_mut) {
                    let mut stored = stored.iter().filter_map(Value::as_object);
                    if let Some(stored) = stored.find(|stored| is_same(item, desired, stored)) {
                        add(item, desired, stored);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Copies the unknown fields of `stored`, and of the objects inside it, to `desired`.
fn add(schema: &Schema, desired: &mut Map<String, Value>, stored: &Map<String, Value>) {
    add_nested(schema, desired, stored);
    for (name, value) in stored {
        if schema.field(name).is_none() && !desired.contains_key(name) {
            desired.insert(name.clone(), value.clone());
        }
    }
}

/// Returns `true` if all known fields of two objects have equivalent values.
fn is_same(schema: &Schema, a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    schema.field_names().all(|name| {
        let value = |entry: &Map<String, Value>| entry.get(name).cloned().unwrap_or_default();
        is_equivalent(&value(a), &value(b))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policies::schema::policy_profile;

    #[test]
    fn unknown_fields_of_equal_entries_are_added() {
        let mask = |table: &str, new: Value| {
            let mut mask = json!({"table": table, "column": "a", "kind": "redact"});
            if !new.is_null() {
                mask["new"] = new;
            }
            mask
        };
        // (desired, stored, result)
        let cases = [
            (
                json!({"masking_rules": [mask("t", json!(null)), mask("u", json!(null))]}),
                json!({"masking_rules": [mask("v", json!(2)), mask("t", json!(1))]}),
                json!({"masking_rules": [mask("t", json!(1)), mask("u", json!(null))]}),
            ),
            (
                json!({"masking_rules": [mask("t", json!(5))]}),
                json!({"masking_rules": [mask("t", json!(1))]}),
                json!({"masking_rules": [mask("t", json!(5))]}),
            ),
            (
                json!({"statement_rules": {"allow": ["select"], "deny": []}}),
                json!({"statement_rules": {"allow": [], "new": [1]}}),
                json!({"statement_rules": {"allow": ["select"], "deny": [], "new": [1]}}),
            ),
            (
                json!({"max_rows": 1}),
                json!({"new": 1}),
                json!({"max_rows": 1}),
            ),
        ];
        for (desired, stored, result) in cases {
            let mut actual = desired.as_object().cloned().unwrap();
            add_nested(policy_profile(), &mut actual, stored.as_object().unwrap());
            assert_eq!(Value::Object(actual), result);
        }
    }
}

//! Changes of rules that are kept as JSON. Apart from the setters, so that who only uses those does not
//! run through code for what is rare.

use pgbeam_api::FieldError;
use serde::Serialize;
use serde_json::{Value, json};

use crate::body::Members;

#[cold]
pub(super) fn put(
    members: &mut Members,
    field: &'static str,
    value: impl Serialize,
) -> Result<(), FieldError> {
    let value = serde_json::to_value(value);
    let value = value.map_err(|error| FieldError::new(field, error.to_string()))?;
    members.insert(field.to_owned(), value);
    Ok(())
}

#[cold]
pub(super) fn add(members: &mut Members, list: &str, item: impl Serialize) {
    // What is no list is left for the check to refuse: it may have been meant as a protection.
    match members.entry(list).or_insert(Value::Null) {
        Value::Array(items) => items.push(json!(item)),
        none @ Value::Null => *none = json!([item]),
        _ => {}
    }
}

#[cold]
pub(super) fn put_kinds(members: &mut Members, list: &str, kinds: Vec<String>) {
    // What is no object is left for the check to refuse, for the same reason.
    match members.entry("statement_rules").or_insert(Value::Null) {
        Value::Object(rules) => {
            rules.insert(list.to_owned(), json!(kinds));
        }
        none @ Value::Null => *none = json!({ list: kinds }),
        _ => {}
    }
}

//! Mutations of the contract, and the check of what is reported of them.

use pgbeam_tests::contract::{Document, format_change};
use serde_json::Value;

/// A mutation, and the lines that it is reported in.
pub type Row = (&'static str, fn(&mut Document), &'static [&'static str]);

/// The area that the rows change.
pub fn policies() -> Document {
    Document::load_area("Policies")
}

pub fn check(rows: &[Row]) {
    let before = policies();
    for (name, mutate, want) in rows {
        let after = before.with_change(mutate);
        assert_ne!(
            before.0.to_string(),
            after.0.to_string(),
            "{name}: nothing was changed"
        );
        let report = before.compare(&after);
        let found: Vec<String> = report.changes.iter().map(format_change).collect();
        assert_eq!(found, *want, "{name}");
    }
}

pub fn drop_required(document: &mut Document, schema: &str, field: &str) {
    document.required(schema).retain(|name| name != field);
}

pub fn drop_key(value: &mut Value, key: &str) {
    assert!(
        value.as_object_mut().expect("a map").remove(key).is_some(),
        "no `{key}`"
    );
}

pub fn drop_item(value: &mut Value, item: &str) {
    let items = value.as_array_mut().expect("a list");
    let before = items.len();
    items.retain(|value| value != item);
    assert_eq!(items.len() + 1, before, "no `{item}`");
}

pub fn push(value: &mut Value, item: Value) {
    value.as_array_mut().expect("a list").push(item);
}

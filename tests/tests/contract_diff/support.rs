//! Helpers that mutate the contract and check the reported changes.

use pgbeam_tests::contract::{Document, format_change};
use serde_json::Value;

/// A name, a mutation, and the expected changes as [`format_change`] formats them.
pub type Row = (&'static str, fn(&mut Document), &'static [&'static str]);

/// Returns the policies area of the API contract, which the tests mutate.
pub fn policies() -> Document {
    Document::load_area("Policies")
}

/// Applies each mutation to [`policies`] and compares the reported changes with the expected ones.
pub fn check(rows: &[Row]) {
    let before = policies();
    for (name, mutate, expected) in rows {
        let after = before.with_change(mutate);
        assert_ne!(
            before.0.to_string(),
            after.0.to_string(),
            "{name}: the mutation has no effect"
        );
        let report = before.compare(&after);
        let actual: Vec<String> = report.changes.iter().map(format_change).collect();
        assert_eq!(actual, *expected, "{name}");
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

//! Creates the body of the PUT that updates a resource.

use pgbeam_api::{Error, ErrorKind};
use serde_json::{Value, value::RawValue};

use crate::{policies::plan::step::Step, request::RawObject};

/// Returns the body of the PUT for an update. Changed fields have their new value. Unchanged fields have the bytes that
/// the server sent. Fields that only the server sets are omitted.
///
/// An unchanged `query_mode` is omitted, too, because the server keeps an omitted `query_mode`. If the body contained
/// the value `templates`, the server could reject the update because the project has no enabled query template.
pub(super) fn replacement(step: &Step) -> Result<RawObject, Error> {
    let stored = step.pin.as_ref().map(|pin| pin.stored.clone());
    let mut body = stored.unwrap_or_default();
    let schema = step.kind.schema();
    let is_kept = |name: &str| {
        schema
            .field(name)
            .is_some_and(|field| field.is_kept_when_absent)
    };
    body.retain(|name, _| !schema.server_owned.contains(name) && !is_kept(name));
    for change in step.diff.changes() {
        let value = match body.get(change.field()) {
            Some(stored) => merge(stored, change.to()),
            None => to_raw(change.to()),
        };
        body.insert(change.field().to_owned(), value?);
    }
    Ok(body)
}

/// Returns the new value as raw JSON. Keeps the stored bytes if the new value equals the stored value. Also keeps the
/// stored bytes of each item of a list and of each field of an object that did not change.
fn merge(stored: &RawValue, value: &Value) -> Result<Box<RawValue>, Error> {
    if serde_json::from_str::<Value>(stored.get()).is_ok_and(|stored| stored == *value) {
        return Ok(stored.to_owned());
    }
    match value {
        Value::Array(items) => {
            let stored: Vec<Box<RawValue>> = serde_json::from_str(stored.get()).unwrap_or_default();
            let is_equal = |stored: &RawValue, item: &Value| {
                serde_json::from_str::<Value>(stored.get()).is_ok_and(|stored| stored == *item)
            };
            let items = items
                .iter()
                .map(|item| match stored.iter().find(|s| is_equal(s, item)) {
                    Some(stored) => Ok(stored.clone()),
                    None => to_raw(item),
                });
            to_raw(&items.collect::<Result<Vec<_>, _>>()?)
        }
        Value::Object(fields) => {
            let stored: RawObject = serde_json::from_str(stored.get()).unwrap_or_default();
            let fields = fields.iter().map(|(name, value)| {
                let value = match stored.get(name) {
                    Some(stored) => merge(stored, value),
                    None => to_raw(value),
                };
                Ok((name.clone(), value?))
            });
            to_raw(&fields.collect::<Result<RawObject, Error>>()?)
        }
        value => to_raw(value),
    }
}

fn to_raw(value: &(impl serde::Serialize + ?Sized)) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value).map_err(|error| {
        Error::new(
            ErrorKind::Invalid,
            format!("cannot serialize as JSON: {error}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policies::plan::{
        resource::{Desired, ResourceKind},
        step::{Dependents, Pin},
    };

    fn body(stored: &str, desired: Value) -> String {
        let desired = desired.as_object().cloned().unwrap();
        let desired = Desired::from_json(ResourceKind::PolicyProfile, desired);
        let json = serde_json::from_str(stored).unwrap();
        let pin = Pin {
            etag: "\"a\"".into(),
            stored: serde_json::from_str(stored).unwrap(),
        };
        let step = Step::new(
            ResourceKind::PolicyProfile,
            Some(("pol_1", json)),
            Some(desired),
            Dependents::default(),
        );
        serde_json::to_string(
            &replacement(&Step {
                pin: Some(pin),
                ..step
            })
            .unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn unchanged_fields_keep_their_bytes_and_server_owned_fields_are_left_out() {
        let stored = r#"{"created_at":"x","id":"pol_1","max_rows":5,"name":"a","new":1.50,"project_id":"p","query_mode":"templates","updated_at":"y"}"#;
        assert_eq!(
            body(stored, json!({"name": "a", "max_rows": 7})),
            r#"{"max_rows":7,"name":"a","new":1.50}"#
        );
        assert_eq!(
            body(
                stored,
                json!({"name": "a", "max_rows": 5, "query_mode": "sql"})
            ),
            r#"{"max_rows":5,"name":"a","new":1.50,"query_mode":"sql"}"#
        );
    }

    #[test]
    fn unchanged_entries_keep_their_bytes_and_unknown_fields() {
        let stored = r#"{"masking_rules":[{"column":"a","kind":"redact","new":1.50,"table":"t"},{"column":"b","kind":"hash","table":"t"}],"name":"a","statement_rules":{"allow":[],"deny":["ddl"],"new":[ 1.0 ]}}"#;
        let desired = json!({
            "name": "a",
            "masking_rules": [
                {"table": "u", "column": "c", "kind": "redact"},
                {"table": "t", "column": "a", "kind": "redact"},
            ],
            "statement_rules": {"deny": ["set"]},
        });
        assert_eq!(
            body(stored, desired),
            r#"{"masking_rules":[{"column":"c","kind":"redact","table":"u"},{"column":"a","kind":"redact","new":1.50,"table":"t"}],"name":"a","statement_rules":{"allow":[],"deny":["set"],"new":[ 1.0 ]}}"#
        );
    }
}

//! `PATCH /_emulator/projects/{project_id}/audit-logs/{id}`: changes an audit log entry without its hash chain.

use serde_json::{Map, Value};

use crate::http::problem::Problem;
use crate::resource::Context;

/// The path of the collection of audit log entries in the API contract.
const COLLECTION: &str = "/v1/projects/{project_id}/audit-logs";

/// Changes fields of an entry, but not the hash chain: its verification then fails. `null` removes a field. Returns the
/// changed entry.
///
/// # Errors
///
/// 404 if there is no such entry. 400 if a field does not exist or cannot be changed, or if the changed entry would not
/// match its schema.
pub(super) fn edit(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    changes: &Map<String, Value>,
) -> Result<Value, Problem> {
    let not_found = || Problem::not_found("audit log entry", id);
    let activity = context.store.activity(project_id);
    let entries = activity.map(|activity| activity.audit.entries());
    let mut entry = entries
        .and_then(|entries| {
            let has_id = |entry: &&Map<String, Value>| entry.get("id") == Some(&Value::from(id));
            entries.iter().find(has_id)
        })
        .cloned()
        .ok_or_else(not_found)?;
    let collection = context.contract.collection(COLLECTION);
    let collection = collection.ok_or_else(|| Problem::internal("No collection of entries"))?;
    let schema = &collection.resource;
    for (name, value) in changes {
        if name == "id" || name == "project_id" {
            return Err(Problem::invalid_field(name, "cannot be changed"));
        }
        if !context.contract.has_property(schema, name) {
            return Err(Problem::invalid_field(name, "is not a field of an entry"));
        }
        entry.insert(name.clone(), value.clone());
    }
    entry.retain(|_, value| !value.is_null());
    let errors = context
        .contract
        .validate_value(schema, &Value::Object(entry));
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let audit = &mut context.store.activity_mut(project_id).audit;
    let changed = audit.edit(id, changes.clone()).ok_or_else(not_found)?;
    Ok(Value::Object(changed.clone()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use serde_json::json;

    use super::*;
    use crate::clock::SystemClock;
    use crate::contract::Contract;
    use crate::store::Store;
    use crate::webhooks::delivery::Deliverer;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[tokio::test]
    async fn changes_an_entry_without_its_hash() {
        let mut store = Store::default();
        let entry = store.activity_mut("prj_1").audit.append(object(json!({
            "id": "aud_1", "project_id": "prj_1", "event": "query", "sql": "SELECT 1",
            "reason": "r", "ts": "2026-01-01T00:00:00Z",
        })));
        let mut context = Context {
            contract: Contract::built_in().expect("a contract"),
            store: &mut store,
            deliverer: &Deliverer::new(Arc::new(SystemClock::new())),
            now: DateTime::<Utc>::UNIX_EPOCH,
        };
        let mut edit = |id: &str, changes| edit(&mut context, "prj_1", id, &object(changes));
        let changed = edit("aud_1", json!({"sql": "SELECT 2", "reason": null}));
        let mut expected = entry;
        expected.insert("sql".to_owned(), json!("SELECT 2"));
        expected.remove("reason");
        assert_eq!(changed.expect("changed"), Value::Object(expected.clone()));

        for (changes, field) in [
            (json!({"id": "aud_2"}), "id"),
            (json!({"sql": 1}), "sql"),
            (json!({"event": null}), "event"),
            (json!({"sqll": "SELECT 3"}), "sqll"),
        ] {
            let problem = edit("aud_1", changes).expect_err(field);
            let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
            assert_eq!(fields, [field]);
        }
        let problem = edit("aud_2", json!({})).expect_err("unknown");
        assert_eq!(problem.status.as_u16(), 404);
        let entries = store
            .activity("prj_1")
            .expect("an activity")
            .audit
            .entries();
        assert_eq!(entries, [expected], "a rejected change has no effect");
    }
}

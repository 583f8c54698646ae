//! Cache rules of the queries on a database.

use http::StatusCode;
use serde_json::{Value, json};

use crate::audit::entry::text;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{HandlerResult, Kind, OperationRequest, collection_path};
use crate::store::{Resource, fields, str_field};

pub(super) struct CacheRules;

impl Kind for CacheRules {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/databases/{database_id}/cache-rules"
    }

    fn prefix(&self) -> &'static str {
        "query"
    }

    fn noun(&self) -> &'static str {
        "query"
    }
}

/// Replaces the cache rule of a query. A query that the database does not have yet is added, because no operation
/// executes queries.
pub(super) fn update(request: &mut OperationRequest<'_>) -> HandlerResult {
    let path = collection_path(request)?;
    let mut rule = request.parse_body()?.finish()?;
    let collection = request.contract.collection(request.operation.collection());
    let collection = collection.ok_or_else(|| Problem::internal("No collection of cache rules"))?;
    request
        .contract
        .remove_server_fields(request.operation, &collection.resource, &mut rule);
    let id = request.id();
    let mut entry = match request.store.get(&path, id) {
        Some(entry) => entry.clone(),
        None => new_entry(request),
    };
    for name in ["cache_ttl_seconds", "cache_swr_seconds"] {
        entry.remove(name);
    }
    entry.extend(rule);
    match request.store.get_mut(&path, id) {
        Some(stored) => stored.clone_from(&entry),
        None => {
            let entries = request.store.collection_mut(&path);
            entries.insert(id.to_owned(), entry.clone());
        }
    }
    Ok(Response::json(StatusCode::OK, &json!({ "entry": entry })))
}

/// Returns a query without statistics. Its SQL and type are those of its latest execution in the audit log, if it has
/// one.
fn new_entry(request: &OperationRequest<'_>) -> Resource {
    let activity = request.activity();
    let entries = activity.map_or(&[][..], |activity| activity.audit.entries());
    let executed = entries
        .iter()
        .rfind(|entry| text(entry, "query_hash") == Some(request.id()));
    let query_type = match executed.and_then(|entry| text(entry, "statement_kind")) {
        Some("select" | "show" | "explain") => "read",
        Some("insert" | "update" | "delete" | "copy") => "write",
        _ => "other",
    };
    let now = Value::String(format_timestamp(request.now));
    fields(json!({
        "query_hash": request.id(),
        "normalized_sql": executed.map_or("", |entry| str_field(entry, "normalized_sql")),
        "query_type": query_type, "cache_enabled": false, "call_count": 0, "avg_latency_ms": 0.0,
        "p95_latency_ms": 0.0, "avg_response_bytes": 0, "stability_rate": 0.0,
        "recommendation": "poor", "first_seen_at": now, "last_seen_at": now,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::testing::Fixture;

    #[tokio::test]
    async fn a_recorded_query_has_its_sql_and_type() {
        let mut fixture = Fixture::new();
        let database = fields(json!({"id": "db_1"}));
        fixture
            .store
            .collection_mut("/v1/projects/prj_1/databases")
            .insert("db_1".to_owned(), database);
        let audit = &mut fixture.store.activity_mut("prj_1").audit;
        for (hash, kind) in [
            ("00000000000000aa", "select"),
            ("00000000000000bb", "update"),
        ] {
            audit.append(fields(json!({
                "id": hash, "query_hash": hash, "normalized_sql": hash, "statement_kind": kind,
            })));
        }
        let cases = [
            ("00000000000000aa", "00000000000000aa", "read"),
            ("00000000000000bb", "00000000000000bb", "write"),
            ("00000000000000cc", "", "other"),
        ];
        for (hash, sql, query_type) in cases {
            let ids = ["prj_1", "db_1", hash];
            let body = json!({"cache_enabled": true});
            let rule = fixture
                .call("updateCacheRule", &ids, &[], &body)
                .expect("a rule");
            let entry = &rule["entry"];
            assert_eq!(
                (&entry["normalized_sql"], &entry["query_type"]),
                (&json!(sql), &json!(query_type))
            );
        }
    }
}

//! Cache rules: the queries come from the audit log or a seed, and their rules from `updateCacheRule`.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::{Value, json};

use crate::audit::entry::{AuditEntry, is_executed, string, sum, sum_floats, time_span};
use crate::audit::usage::percentile;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{
    HandlerResult, OperationRequest, PageRequest, collection_path, read_response,
};
use crate::store::{Collection, Resource, fields, str_field};

/// The prefix of page tokens.
const TOKEN_PREFIX: &str = "query";

/// Lists the queries that were executed in the project, in the order of their first execution, and then the seeded
/// queries. The audit log does not contain the database of a statement, so all databases of the project have the same
/// queries.
pub(super) fn list(request: &mut OperationRequest<'_>) -> HandlerResult {
    let rules = collection_path(request)?;
    let page_request = PageRequest::parse(request.query, TOKEN_PREFIX)?;
    let queries = queries(request, &rules);
    let page = page_request.page(Some(&queries), TOKEN_PREFIX, |_| true);
    let mut body = fields(json!({"entries": page.items}));
    if let Some(token) = page.next_page_token {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    read_response(request, &body)
}

/// Replaces the cache rule of a query. Returns 404 if the query was neither executed nor seeded.
pub(super) fn update(request: &mut OperationRequest<'_>) -> HandlerResult {
    let rules = collection_path(request)?;
    let mut rule = request.parse_body()?.finish()?;
    let collection = request.contract.collection(request.operation.collection());
    let collection = collection.ok_or_else(|| Problem::internal("No collection of cache rules"))?;
    request
        .contract
        .remove_server_fields(request.operation, &collection.resource, &mut rule);
    let id = request.id();
    let mut entry = query(request, &rules, id).ok_or_else(|| Problem::not_found("query", id))?;
    entry.extend(rule.clone());
    match request.store.get_mut(&rules, id) {
        Some(stored) => stored.extend(rule),
        None => request
            .store
            .collection_mut(&rules)
            .insert(id.to_owned(), rule),
    }
    Ok(Response::json(StatusCode::OK, &json!({ "entry": entry })))
}

/// Returns the executed and the seeded queries by their hash, with their rules.
fn queries(request: &OperationRequest<'_>, rules: &str) -> Collection<Resource> {
    let mut order = Vec::new();
    let mut by_hash: HashMap<&str, Vec<&AuditEntry>> = HashMap::new();
    for (hash, entry) in executions(request) {
        let executions = by_hash.entry(hash).or_default();
        if executions.is_empty() {
            order.push(hash);
        }
        executions.push(entry);
    }
    let mut queries = Collection::default();
    for hash in order {
        let executions = by_hash.get(hash).map_or(&[][..], Vec::as_slice);
        if let Some(mut query) = statistics(hash, executions) {
            let rule = request.store.get(rules, hash);
            query.extend(rule.cloned().unwrap_or_default());
            queries.insert(hash.to_owned(), query);
        }
    }
    for seeded in request
        .store
        .resources(rules)
        .filter(|rule| is_seeded(rule))
    {
        let hash = str_field(seeded, "query_hash");
        if !by_hash.contains_key(hash) {
            queries.insert(hash.to_owned(), seeded.clone());
        }
    }
    queries
}

/// Returns `true` if a seed created the rule. Such a rule also contains its query, with statistics.
fn is_seeded(rule: &Resource) -> bool {
    rule.contains_key("query_hash")
}

/// Returns the query with this hash, or `None` if it was neither executed nor seeded. The result
/// does not contain the rule that is stored for an executed query.
fn query(request: &OperationRequest<'_>, rules: &str, hash: &str) -> Option<Resource> {
    let executions = executions(request).filter(|(other, _)| *other == hash);
    let executions: Vec<_> = executions.map(|(_, entry)| entry).collect();
    statistics(hash, &executions).or_else(|| {
        let rule = request.store.get(rules, hash);
        rule.filter(|rule| is_seeded(rule)).cloned()
    })
}

/// Returns the audit log entries of the executed statements, each with the hash of its query, in the order of the log.
fn executions<'a>(
    request: &'a OperationRequest<'_>,
) -> impl Iterator<Item = (&'a str, &'a AuditEntry)> {
    let activity = request.activity();
    let entries = activity.map_or(&[][..], |activity| activity.audit.entries());
    entries
        .iter()
        .filter(|entry| is_executed(entry))
        .filter_map(|entry| Some((string(entry, "query_hash")?, entry)))
}

/// Returns a query with the statistics of its executions, and without its rule. Returns `None` without executions.
/// `stability_rate` is 0, because the results are unknown.
fn statistics(hash: &str, executions: &[&AuditEntry]) -> Option<Resource> {
    let latest = executions.last()?;
    let query_type = match string(latest, "statement_kind") {
        Some("select" | "show" | "explain") => "read",
        Some("insert" | "update" | "delete" | "copy") => "write",
        _ => "other",
    };
    let latency = |entry: &&AuditEntry| entry.get("latency_ms").and_then(Value::as_f64);
    let mut latencies: Vec<f64> = executions.iter().filter_map(latency).collect();
    latencies.sort_by(f64::total_cmp);
    let count = i64::try_from(executions.len()).unwrap_or(i64::MAX);
    let bytes = sum(executions, "bytes_out").checked_div(count);
    let (first_seen, last_seen) = time_span(executions)?;
    Some(fields(json!({
        "query_hash": hash,
        "normalized_sql": str_field(latest, "normalized_sql"),
        "query_type": query_type,
        "cache_enabled": false,
        "call_count": count,
        "avg_latency_ms": mean(&latencies),
        "p95_latency_ms": percentile(&latencies, 95),
        "avg_response_bytes": bytes.unwrap_or_default(),
        "stability_rate": 0.0,
        "recommendation": if query_type == "read" { "fair" } else { "poor" },
        "first_seen_at": format_timestamp(first_seen),
        "last_seen_at": format_timestamp(last_seen),
    })))
}

/// Returns the mean of the values, or 0 if there are none.
fn mean(values: &[f64]) -> f64 {
    let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
    sum_floats(values.iter().copied()) / f64::from(count.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::testing::Fixture;

    const READ: &str = "00000000000000aa";
    const WRITE: &str = "00000000000000bb";
    const BLOCKED: &str = "00000000000000cc";

    /// Returns a project with a database, whose audit log has two executed queries and a blocked statement.
    fn fixture() -> Fixture {
        let mut fixture = Fixture::new();
        fixture
            .store
            .collection_mut("/v1/projects/prj_1/databases")
            .insert("db_1".to_owned(), fields(json!({"id": "db_1"})));
        let audit = &mut fixture.store.activity_mut("prj_1").audit;
        let executions = [
            (READ, "query", "select", 4, "2026-01-01T00:00:01Z"),
            (WRITE, "masked", "update", 1, "2026-01-01T00:00:02Z"),
            (READ, "query", "select", 2, "2026-01-01T00:00:03Z"),
            (BLOCKED, "blocked", "delete", 0, "2026-01-01T00:00:04Z"),
        ];
        for (hash, event, kind, latency, ts) in executions {
            audit.append(fields(json!({
                "query_hash": hash, "event": event, "normalized_sql": kind, "statement_kind": kind,
                "latency_ms": latency, "bytes_out": latency * 10, "ts": ts,
            })));
        }
        fixture
    }

    fn list(fixture: &mut Fixture, query: &[(&str, &str)]) -> Value {
        let list = fixture.call("listCacheRules", &["prj_1", "db_1"], query, &Value::Null);
        list.expect("a list")
    }

    #[tokio::test]
    async fn lists_the_executed_queries_with_their_statistics() {
        let mut fixture = fixture();
        let list_all = list(&mut fixture, &[]);
        let read = json!({
            "query_hash": READ, "normalized_sql": "select", "query_type": "read",
            "cache_enabled": false, "call_count": 2, "avg_latency_ms": 3.0, "p95_latency_ms": 4.0,
            "avg_response_bytes": 30, "stability_rate": 0.0, "recommendation": "fair",
            "first_seen_at": "2026-01-01T00:00:01.000000Z",
            "last_seen_at": "2026-01-01T00:00:03.000000Z",
        });
        assert_eq!(list_all["entries"][0], read);
        let write = &list_all["entries"][1];
        assert_eq!(
            (&write["query_hash"], &write["query_type"]),
            (&json!(WRITE), &json!("write"))
        );
        assert_eq!(list_all["entries"].as_array().map(Vec::len), Some(2));

        let first = list(&mut fixture, &[("page_size", "1")]);
        assert_eq!(first["entries"], json!([read]));
        let token = first["next_page_token"].as_str().expect("a token");
        let next = list(&mut fixture, &[("page_token", token)]);
        assert_eq!(next, json!({ "entries": [write] }));
    }

    #[tokio::test]
    async fn a_rule_is_replaced_as_a_whole() {
        let mut fixture = fixture();
        let update = |fixture: &mut Fixture, hash: &str, body: &Value| {
            let updated = fixture.call("updateCacheRule", &["prj_1", "db_1", hash], &[], body);
            updated.map_err(|problem| problem.status)
        };
        let body = json!({"cache_enabled": true, "cache_ttl_seconds": 300, "call_count": 9});
        let entry = update(&mut fixture, READ, &body).expect("a rule")["entry"].clone();
        let rule = |entry: &Value| {
            let names = [
                "cache_enabled",
                "cache_ttl_seconds",
                "cache_swr_seconds",
                "call_count",
            ];
            names.map(|name| entry[name].clone())
        };
        assert_eq!(
            rule(&entry),
            [json!(true), json!(300), Value::Null, json!(2)]
        );
        assert_eq!(list(&mut fixture, &[])["entries"][0], entry);
        let body = json!({"cache_enabled": false, "cache_swr_seconds": 5});
        let entry = update(&mut fixture, READ, &body).expect("a rule")["entry"].clone();
        assert_eq!(
            rule(&entry),
            [json!(false), Value::Null, json!(5), json!(2)]
        );

        let not_found = Err(StatusCode::NOT_FOUND);
        assert_eq!(update(&mut fixture, BLOCKED, &body), not_found);
        let invalid = update(&mut fixture, READ, &json!({"cache_ttl_seconds": -1}));
        assert_eq!(invalid, Err(StatusCode::BAD_REQUEST));
    }
}

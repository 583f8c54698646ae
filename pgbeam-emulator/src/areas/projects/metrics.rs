//! `getProjectMetrics`: returns the metrics snapshots that a test or a seed has set.

use std::cmp::Reverse;

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use crate::resource::{HandlerResult, OperationRequest, check_parents, read_response};
use crate::store::fields;

/// Returns the latest `limit` of the snapshots that a test or a seed has set, latest first. If the request has a
/// region, returns only the snapshots of the region.
pub(super) fn get(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let region = request.query.get("region");
    let limit = request.query.get("limit").and_then(Value::as_u64);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let seeded = request.store.object(&request.fill(&request.operation.path));
    let snapshots = seeded.and_then(|seeded| seeded.get("snapshots")?.as_array());
    let mut snapshots: Vec<&Value> = snapshots
        .into_iter()
        .flatten()
        .filter(|snapshot| region.is_none() || snapshot.get("region") == region)
        .collect();
    snapshots.sort_by_key(|snapshot| Reverse(time(snapshot)));
    snapshots.truncate(limit.unwrap_or(usize::MAX));
    let body = fields(json!({ "snapshots": snapshots }));
    read_response(request, &body)
}

fn time(snapshot: &Value) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(snapshot.get("created_at")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::testing::Fixture;

    #[tokio::test]
    async fn returns_the_seeded_snapshots_of_a_region() {
        let mut fixture = Fixture::new();
        let mut get = |seed: Option<Value>, query: &[(&str, &str)]| {
            if let Some(seed) = seed {
                let path = "/v1/projects/prj_1/metrics".to_owned();
                fixture.store.set_object(path, fields(seed));
            }
            let metrics = fixture.call("getProjectMetrics", &["prj_1"], query, &Value::Null);
            let metrics = metrics.expect("metrics");
            let snapshots = metrics["snapshots"].as_array().expect("snapshots");
            let ids = snapshots.iter().map(|snapshot| snapshot["id"].clone());
            ids.collect::<Vec<_>>()
        };
        assert!(get(None, &[]).is_empty());
        let seed = json!({"snapshots": [
            {"id": 1, "region": "iad", "created_at": "2026-01-01T00:00:00Z"},
            {"id": 2, "region": "fra", "created_at": "2026-01-02T00:00:00Z"},
            {"id": 3, "region": "iad", "created_at": "2026-01-03T00:00:00+01:00"},
        ]});
        assert_eq!(get(Some(seed), &[]), [3, 2, 1]);
        assert_eq!(get(None, &[("limit", "2")]), [3, 2]);
        assert_eq!(get(None, &[("region", "iad")]), [3, 1]);
        assert_eq!(get(None, &[("region", "iad"), ("limit", "1")]), [3]);
        assert!(get(None, &[("region", "syd")]).is_empty());
    }
}

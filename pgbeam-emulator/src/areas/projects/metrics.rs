//! `getProjectMetrics`: the snapshots that a test seeded.

use serde_json::{Value, json};

use crate::resource::{HandlerResult, OperationRequest, check_parents, read_response};
use crate::store::fields;

/// Returns the seeded snapshots of the requested region in their stored order, at most `limit`. Without seeded
/// snapshots, the list is empty.
pub(super) fn get(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let region = request.query.get("region");
    let limit = request.query.get("limit").and_then(Value::as_u64);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let seeded = request.store.object(&request.fill(&request.operation.path));
    let snapshots = seeded.and_then(|seeded| seeded.get("snapshots")?.as_array());
    let snapshots: Vec<&Value> = snapshots
        .into_iter()
        .flatten()
        .filter(|snapshot| region.is_none() || snapshot.get("region") == region)
        .take(limit.unwrap_or(usize::MAX))
        .collect();
    let body = fields(json!({ "snapshots": snapshots }));
    read_response(request, &body)
}

//! The usage report of a project's agents: `getAgentUsageBreakdown`.

use serde_json::{Map, Value, json};

use super::audit_logs::audit_log;
use crate::areas::analytics::organization_plan;
use crate::audit::entry::object;
use crate::audit::filter::Period;
use crate::audit::log::AuditLog;
use crate::audit::usage::{self, MAX_PERIOD};
use crate::http::problem::Problem;
use crate::resource::{HandlerResult, OperationRequest, read_response};
use crate::store::str_field;

/// Returns the usage report, or 400 if the period is longer than 92 days.
pub(super) fn report(request: &mut OperationRequest<'_>) -> HandlerResult {
    let period = usage::with_defaults(&Period::from_query(request.query), request.now);
    let length = period.start.zip(period.end).map(|(start, end)| end - start);
    if length.is_some_and(|length| length > MAX_PERIOD) {
        let detail = format!("must be at most {} days before end", MAX_PERIOD.num_days());
        return Err(Problem::invalid_field("start", detail));
    }
    let audit = audit_log(request);
    let entries = audit.map(AuditLog::entries).unwrap_or_default();
    let rates = marginal_rates(request);
    let body = usage::report(entries, request.project_id(), &period, request.now, rates);
    read_response(request, &body)
}

/// Returns the plan and the quotas that a test or a seed has set for the organization. If they were
/// not set, returns sample values. Usage above the quotas costs nothing.
fn marginal_rates(request: &OperationRequest<'_>) -> Map<String, Value> {
    let org_id = request
        .project()
        .map(|project| str_field(project, "org_id"));
    let plan = organization_plan(request.contract, request.store, org_id.unwrap_or_default());
    let quota = |name: &str| {
        plan.get("limits")
            .and_then(|limits| limits.get(name)?.as_i64())
    };
    object(json!({
        "plan": plan.get("plan"),
        "queries_per_day": quota("queries_per_day").unwrap_or_default(),
        "bytes_per_month": quota("bytes_per_month").unwrap_or_default(),
        "overage_per_1k_queries": 0.0,
        "overage_per_gb": 0.0,
        "query_overage_billable": false,
        "bytes_overage_billable": false,
    }))
}

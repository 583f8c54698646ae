//! Plans and spend limits, Vercel installations, and the usage and insights that are computed from the audit log.
//!
//! A test or a seed can replace fields in the responses of the read operations: it sets an object with the path of the
//! operation.

use chrono::{NaiveDate, TimeDelta};
use http::StatusCode;
use serde_json::{Value, json};

use super::projects::ORG_ID;
use crate::audit::daily_usage::{UsageGrouping, daily_usage};
use crate::audit::entry::{AuditEntry, object};
use crate::audit::insights::insights;
use crate::clock::format_timestamp;
use crate::contract::Contract;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{
    Handler, HandlerResult, Kind, OperationRequest, read_response, read_with_default,
};
use crate::store::{PROJECTS, Resource, Store, str_field};

/// The names and labels of the plans.
const PLANS: [(&str, &str); 4] = [
    ("starter", "Starter"),
    ("pro", "Pro"),
    ("scale", "Scale"),
    ("enterprise", "Enterprise"),
];
/// The default plan of an organization.
const DEFAULT_PLAN: &str = "pro";

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("listPlans", list_plans),
    ("getOrganizationPlan", get_plan),
    ("updateSpendLimit", update_spend_limit),
    ("getVercelInstallation", get_vercel_installation),
    ("getProjectInsights", get_insights),
    ("getOrganizationUsage", get_organization_usage),
    ("getProjectUsage", get_project_usage),
];

pub(super) const KINDS: &[&dyn Kind] = &[];

/// Lists the plans, all with the price 0 and the same limits: the examples in the contract.
fn list_plans(request: &mut OperationRequest<'_>) -> HandlerResult {
    let limits = request.contract.examples("PlanLimits");
    let plans = PLANS.map(
        |(name, label)| json!({"name": name, "label": label, "monthly_price": 0, "limits": limits}),
    );
    read_with_default(request, object(json!({"plans": plans})))
}

fn get_plan(request: &mut OperationRequest<'_>) -> HandlerResult {
    let plan = organization_plan(
        request.contract,
        request.store,
        request.path_param("org_id"),
    );
    read_response(request, &plan)
}

/// Returns the plan of an organization, with the schema `OrganizationPlan`.
pub(super) fn organization_plan(contract: &Contract, store: &Store, org_id: &str) -> Resource {
    let default = object(json!({
        "org_id": org_id, "plan": DEFAULT_PLAN, "enabled": true, "custom_pricing": false, "spend_limit": null,
        "spend_capped": false, "limits": contract.examples("PlanLimits"),
    }));
    store.object_or(&plan_path(org_id), default)
}

fn plan_path(org_id: &str) -> String {
    format!("/v1/organizations/{org_id}/plan")
}

fn update_spend_limit(request: &mut OperationRequest<'_>) -> HandlerResult {
    let body = request.parse_body()?.finish()?;
    let path = plan_path(request.path_param("org_id"));
    let mut stored = request.store.object_or(&path, Resource::new());
    let limit = body.get("spend_limit").cloned().unwrap_or_default();
    stored.insert("spend_limit".to_owned(), limit);
    let now = Value::String(format_timestamp(request.now));
    stored.insert("updated_at".to_owned(), now);
    request.store.set_object(path, stored);
    let plan = organization_plan(
        request.contract,
        request.store,
        request.path_param("org_id"),
    );
    Ok(Response::json(StatusCode::OK, &plan))
}

/// Returns the installation of an organization, or 404 if it has none. By default, only the organization
/// `org_emulator` has an installation. It has no resources.
fn get_vercel_installation(request: &mut OperationRequest<'_>) -> HandlerResult {
    let org_id = request.path_param("org_id");
    let path = request.fill(&request.operation.path);
    if org_id != ORG_ID && request.store.object(&path).is_none() {
        return Err(Problem::not_found(
            "organization with a Vercel installation",
            org_id,
        ));
    }
    let mut default = request.contract.examples("VercelInstallationStatus");
    default.insert("resources".to_owned(), json!([]));
    read_with_default(request, default)
}

/// Returns the query insights of a project for a period that ends now. The default length is 24 hours.
fn get_insights(request: &mut OperationRequest<'_>) -> HandlerResult {
    let range = match request.query_str("range") {
        Some("1h") => TimeDelta::hours(1),
        Some("6h") => TimeDelta::hours(6),
        Some("7d") => TimeDelta::days(7),
        _ => TimeDelta::hours(24),
    };
    let start = request.now.checked_sub_signed(range).unwrap_or(request.now);
    let limit = request.query.get("limit").and_then(Value::as_u64);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let entries = audit_entries(request.store, request.project_id());
    let insights = insights(entries, start, limit.unwrap_or_default());
    read_with_default(request, insights)
}

fn get_organization_usage(request: &mut OperationRequest<'_>) -> HandlerResult {
    let org_id = request.path_param("org_id");
    let projects = request.store.resources(PROJECTS);
    let entries = projects
        .filter(|project| str_field(project, "org_id") == org_id)
        .flat_map(|project| audit_entries(request.store, str_field(project, "id")));
    usage_response(request, entries.collect(), UsageGrouping::Day)
}

fn get_project_usage(request: &mut OperationRequest<'_>) -> HandlerResult {
    let entries = audit_entries(request.store, request.project_id());
    usage_response(request, entries.collect(), UsageGrouping::DayAndRegion)
}

/// Returns the usage from `start_date` to `end_date` (both inclusive): the rows that a test or a seed has set, or else
/// the rows that are computed from the audit log entries.
fn usage_response(
    request: &OperationRequest<'_>,
    entries: Vec<&AuditEntry>,
    grouping: UsageGrouping,
) -> HandlerResult {
    let date = |name: &str| {
        let date = request.query_str(name).unwrap_or_default();
        date.parse::<NaiveDate>()
            .map_err(|_| Problem::invalid_field(name, "must be a date, YYYY-MM-DD"))
    };
    let (start, end) = (date("start_date")?, date("end_date")?);
    let in_period = |row: &&Value| {
        let day = row.get("day").and_then(Value::as_str);
        day.and_then(|day| day.parse().ok())
            .is_some_and(|day| (start..=end).contains(&day))
    };
    let path = request.fill(&request.operation.path);
    let seeded = request.store.object(&path);
    let usage = match seeded.and_then(|object| object.get("usage")?.as_array()) {
        Some(rows) => rows.iter().filter(in_period).cloned().collect(),
        None => daily_usage(entries, start, end, grouping),
    };
    read_response(request, &object(json!({"usage": usage})))
}

/// Returns the audit log entries of a project, oldest first.
fn audit_entries<'s>(
    store: &'s Store,
    project_id: &str,
) -> impl Iterator<Item = &'s AuditEntry> + use<'s> {
    let activity = store.activity(project_id).into_iter();
    activity.flat_map(|activity| activity.audit.entries())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::Map;

    use super::*;
    use crate::clock::ManualClock;
    use crate::webhooks::delivery::Deliverer;

    /// Returns the response body of an operation. There are three projects, each with one audit log entry. The first
    /// two projects belong to the organization `org_1`. `name` and `id` are the path parameter.
    fn body(operation: &str, (name, id): (&str, &str), query: Value) -> Value {
        let mut store = Store::default();
        for (id, org_id) in [("prj_1", "org_1"), ("prj_2", "org_1"), ("prj_3", "org_2")] {
            let project = object(json!({"id": id, "org_id": org_id}));
            store
                .collection_mut(PROJECTS)
                .insert(id.to_owned(), project);
            let entry = json!({"ts": "2026-01-31T12:00:00Z", "event": "query", "query_hash": id, "bytes_out": 5});
            store.activity_mut(id).audit.append(object(entry));
        }
        let now = "2026-01-31T13:00:00Z".parse().expect("a date");
        let contract = Contract::built_in().expect("a contract");
        let response = super::super::dispatch(&mut OperationRequest {
            contract,
            operation: contract.operation(operation).expect("declared"),
            store: &mut store,
            path_params: &[(name.to_owned(), id.to_owned())],
            query: query.as_object().unwrap_or(&Map::new()),
            headers: &HeaderMap::new(),
            body: &Bytes::new(),
            now,
            deliverer: &Deliverer::new(Arc::new(ManualClock::new(now))),
            seed_id: None,
        });
        serde_json::from_slice(&response.expect("success").body).expect("JSON")
    }

    #[tokio::test]
    async fn the_usage_of_an_organization_is_that_of_its_projects() {
        let query = json!({"start_date": "2026-01-31", "end_date": "2026-01-31"});
        let rows = body("getOrganizationUsage", ("org_id", "org_1"), query.clone());
        assert_eq!(rows["usage"][0]["queries_total"], 2);
        assert_eq!(rows["usage"][0]["bytes_transferred"], 10);
        let rows = body("getProjectUsage", ("project_id", "prj_3"), query);
        assert_eq!(rows["usage"][0]["queries_total"], 1);
        let other = json!({"start_date": "2026-01-30", "end_date": "2026-01-30"});
        let rows = body("getOrganizationUsage", ("org_id", "org_1"), other);
        assert_eq!(rows, json!({"usage": []}));
    }

    #[tokio::test]
    async fn insights_cover_the_requested_period() {
        for (range, count) in [("1h", 0), ("6h", 1)] {
            let query = json!({"range": range, "limit": 20});
            let insights = body("getProjectInsights", ("project_id", "prj_1"), query);
            assert_eq!(
                insights["queries"].as_array().map(Vec::len),
                Some(count),
                "{range}"
            );
        }
    }
}

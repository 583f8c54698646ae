//! Anomaly alerts and anomaly rules: the acknowledgement of alerts, and the conflicts between rules.

pub(crate) mod alert;

use serde_json::{Value, json};

use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::resource::{Body, Handler, Kind, OperationRequest, Order, USER_ID};
use crate::store::{Resource, project_collection, str_field};

pub(super) const HANDLERS: &[(&str, Handler)] = &[];

pub(super) const KINDS: &[&dyn Kind] = &[&AnomalyAlerts, &AnomalyRules];

struct AnomalyAlerts;

impl Kind for AnomalyAlerts {
    fn collection(&self) -> &'static str {
        alert::COLLECTION
    }

    fn prefix(&self) -> &'static str {
        alert::ID_PREFIX
    }

    fn noun(&self) -> &'static str {
        "anomaly alert"
    }

    fn order(&self) -> Order {
        Order::NewestFirst
    }

    /// Sets the time and the user of the acknowledgement if the alert is acknowledged for the first time.
    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        stored: Option<&Resource>,
    ) -> Resource {
        let is_acknowledged =
            stored.is_some_and(|alert| alert.get("acknowledged_at").is_some_and(Value::is_string));
        if body.get_str("status") != Some("acknowledged") || is_acknowledged {
            return Resource::new();
        }
        let now = format_timestamp(request.now);
        Resource::from_iter([
            ("acknowledged_at".to_owned(), json!(now)),
            ("acknowledged_by".to_owned(), json!(USER_ID)),
        ])
    }
}

struct AnomalyRules;

/// The metrics that count nothing per hour, so that they have neither a threshold nor a floor.
const METRICS_WITHOUT_RATE: [&str; 2] = ["distinct_shapes", "active_hours"];

impl Kind for AnomalyRules {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/anomaly-rules"
    }

    fn prefix(&self) -> &'static str {
        "anr"
    }

    fn noun(&self) -> &'static str {
        "anomaly rule"
    }

    /// Rejects `sigma_threshold` and `floor` for metrics that are not counts per hour.
    fn check(
        &self,
        _request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        let metric = body.get_str("metric").unwrap_or_default().to_owned();
        if METRICS_WITHOUT_RATE.contains(&metric.as_str()) {
            for name in ["sigma_threshold", "floor"] {
                if body.get(name).is_some_and(|value| !value.is_null()) {
                    body.reject(
                        name,
                        format!("must be absent or null for the metric {metric}"),
                    );
                }
            }
        }
        Resource::new()
    }

    /// Returns 409 if another rule has the same metric and the same credential, or if both have no credential.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        id: Option<&str>,
    ) -> Result<(), Problem> {
        let credential_id = str_field(fields, "credential_id");
        let activity = request.activity();
        let credential = activity.and_then(|activity| activity.credential(credential_id));
        if !credential_id.is_empty() && credential.is_none() {
            return Err(Problem::not_found("agent credential", credential_id));
        }
        let target = |rule: &Resource| {
            let credential = rule.get("credential_id").and_then(Value::as_str);
            (
                str_field(rule, "metric").to_owned(),
                credential.map(str::to_owned),
            )
        };
        let rules = project_collection(request.project_id(), "anomaly-rules");
        let is_taken = request
            .store
            .resources(&rules)
            .any(|rule| Some(str_field(rule, "id")) != id && target(rule) == target(fields));
        if is_taken {
            let metric = str_field(fields, "metric");
            let detail = format!(
                "Another anomaly rule has the metric {metric} and the same credential; change that rule"
            );
            return Err(Problem::conflict("RESOURCE_EXISTS", detail));
        }
        Ok(())
    }
}

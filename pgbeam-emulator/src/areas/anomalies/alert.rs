//! Reported anomalies, and the alerts that are created from them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::audit::entry::object;
use crate::clock::format_timestamp;
use crate::contract::RequestBody;
use crate::http::problem::Problem;
use crate::resource::Context;
use crate::store::{new_id, project_collection, str_field};
use crate::webhooks::event::WebhookEvent;

/// The path of the collection of anomaly alerts, with its parameter in braces.
pub(crate) const COLLECTION: &str = "/v1/projects/{project_id}/anomalies";
/// The prefix of the ids of anomaly alerts.
pub(crate) const ID_PREFIX: &str = "ano";

/// The fields of an alert that a body can set.
const BODY_FIELDS: [&str; 7] = [
    "credential_id",
    "kind",
    "severity",
    "title",
    "details",
    "window_start",
    "window_end",
];

/// An anomaly of a project, from which an alert is created.
///
/// Pass it to [`ProjectHandle::report_anomaly`](crate::ProjectHandle::report_anomaly).
///
/// ```
/// use pgbeam_emulator::Anomaly;
///
/// let anomaly = Anomaly::new("egress_spike", "warning").title("Far more bytes sent out than usual");
/// # let _ = anomaly;
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass the anomaly to `ProjectHandle::report_anomaly`"]
pub struct Anomaly {
    fields: Map<String, Value>,
}

impl Anomaly {
    /// Creates an anomaly without a credential and a period.
    ///
    /// `kind` is a value of `AnomalyKind` in the API contract, such as `volume_spike`, or any other string.
    /// `severity` is `info`, `warning` or `critical`.
    pub fn new(kind: impl Into<String>, severity: impl Into<String>) -> Self {
        Self { fields: Map::new() }
            .with("kind", kind.into())
            .with("severity", severity.into())
    }

    /// Sets the agent credential that the anomaly is about. Default: none.
    pub fn credential(self, id: impl Into<String>) -> Self {
        self.with("credential_id", id.into())
    }

    /// Sets the title. Default: `Anomaly: ` and the kind.
    pub fn title(self, title: impl Into<String>) -> Self {
        self.with("title", title.into())
    }

    /// Sets the additional data of the alert. Default: empty.
    pub fn details(self, details: Map<String, Value>) -> Self {
        self.with("details", details)
    }

    /// Sets the period of the anomaly. Default: none.
    pub fn window(self, start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        self.with("window_start", format_timestamp(start))
            .with("window_end", format_timestamp(end))
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the anomaly as a body of [`report`].
    pub(crate) fn into_body(self) -> Map<String, Value> {
        self.fields
    }
}

/// Creates an anomaly alert, publishes the webhook event `anomaly_alert`, and returns the alert. `body` has the fields
/// `kind` and `severity`, and optionally the other [`BODY_FIELDS`].
///
/// # Errors
///
/// 400 if the alert would not match its schema, and 404 if the credential does not exist.
pub(crate) fn report(
    context: &mut Context<'_>,
    project_id: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let kind = body.get("kind").and_then(Value::as_str).unwrap_or_default();
    let mut alert = object(json!({
        "id": new_id(ID_PREFIX),
        "project_id": project_id,
        "credential_id": null,
        "title": format!("Anomaly: {kind}"),
        "details": {},
        "status": "open",
        "window_start": null,
        "window_end": null,
        "created_at": format_timestamp(context.now),
        "acknowledged_at": null,
        "acknowledged_by": null,
    }));
    for name in BODY_FIELDS {
        if let Some(value) = body.get(name) {
            alert.insert(name.to_owned(), value.clone());
        }
    }
    let alert = Value::Object(alert);
    check_schema(context, &alert)?;
    let alert = object(alert);
    let credential_id = str_field(&alert, "credential_id");
    let activity = context.store.activity(project_id);
    let credential = activity.and_then(|activity| activity.credential(credential_id));
    if !credential_id.is_empty() && credential.is_none() {
        return Err(Problem::not_found("agent credential", credential_id));
    }
    let id = str_field(&alert, "id").to_owned();
    context
        .store
        .collection_mut(&project_collection(project_id, "anomalies"))
        .insert(id, alert.clone());
    context.publish(&WebhookEvent::anomaly_alert(
        project_id,
        &alert,
        context.now,
    ));
    Ok(Value::Object(alert))
}

/// Returns 400 if the alert does not match its schema in the API contract, with an error for each invalid field.
fn check_schema(context: &Context<'_>, alert: &Value) -> Result<(), Problem> {
    let collection = context.contract.collection(COLLECTION);
    let collection =
        collection.ok_or_else(|| Problem::internal("The contract has no anomaly alerts"))?;
    let schema = RequestBody {
        schema: collection.resource.clone(),
        required: true,
    };
    match context.contract.validate(&schema, alert) {
        errors if errors.is_empty() => Ok(()),
        errors => Err(Problem::invalid(errors)),
    }
}

//! Policy profiles: the checks that their schema cannot express, and `getPolicyStatementKinds`.

use chrono::{DateTime, Utc};
use http::StatusCode;
use pgbeam_engine::{AccessMode, KindVerdict, Policy};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::collection::Collection;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::request::{HandlerResult, OperationRequest};
use crate::resource::{ResourceKind, find};
use crate::response::Response;
use crate::store::{Project, Resource};
use crate::templates::{engine, has_enabled_template};

pub(crate) struct PolicyProfiles;

impl ResourceKind for PolicyProfiles {
    const PREFIX: &'static str = "pol";
    const NOUN: &'static str = "policy profile";
    const LIST_FIELD: &'static str = "policies";
    const READ: Operation = Operation::GetPolicyProfile;

    fn collection(project: &mut Project) -> &mut Collection<Resource> {
        &mut project.policies
    }

    /// Rejects the `query_mode` `templates` if the project has no enabled query template.
    fn check(project: &Project, body: &mut Body<'_>, _now: DateTime<Utc>) -> Map<String, Value> {
        if body.get_str("query_mode") == Some("templates") && !has_enabled_template(project) {
            body.reject(
                "query_mode",
                "templates requires at least one enabled query template in the project",
            );
        }
        Map::new()
    }

    fn check_delete(project: &Project, id: &str) -> Result<(), Problem> {
        match project.credentials_bound_to(id).count() {
            0 => Ok(()),
            bound => {
                let detail = format!(
                    "{bound} credential(s) are bound to the policy profile; rebind them first"
                );
                Err(Problem::conflict("CONFLICT", detail))
            }
        }
    }

    /// Removes the project's reference to its default policy profile.
    fn after_delete(project: &mut Project, id: &str) {
        if let Some(default) = project.settings.get_mut("default_policy_profile_id")
            && default == id
        {
            *default = Value::Null;
        }
    }
}

pub(crate) fn statement_kinds(request: &mut OperationRequest<'_>) -> HandlerResult {
    #[derive(Serialize)]
    struct StatementKinds<'a> {
        policy_id: &'a str,
        access_mode: AccessMode,
        statement_kinds: Vec<KindVerdict>,
    }
    let policy = stored_policy(request.project, request.id)?;
    let body = StatementKinds {
        policy_id: request.id,
        access_mode: policy.access_mode(),
        statement_kinds: engine(request.project).statement_kinds(&policy),
    };
    Ok(Response::json(StatusCode::OK, &body))
}

/// Returns the policy of the stored profile with this id, for evaluation. Returns 404 if no profile has this id.
pub(crate) fn stored_policy(project: &Project, id: &str) -> Result<Policy, Problem> {
    parse_policy(find::<PolicyProfiles>(&project.policies, id)?)
}

/// Converts the fields of a valid profile into a policy for evaluation. Returns 500 if the engine rejects them.
pub(crate) fn parse_policy(fields: &Map<String, Value>) -> Result<Policy, Problem> {
    let fields = Value::Object(fields.clone());
    Policy::from_value(&fields).map_err(|error| Problem::internal(error.to_string()))
}

//! Policies: the rules of policy profiles that their schema cannot express, and `getPolicyStatementKinds`.

mod evaluation;
mod recommendation;
mod replay;
mod templates;

use http::StatusCode;
use pgbeam_engine::{AccessMode, KindVerdict, Policy};
use serde::Serialize;
use serde_json::{Map, Value};

use self::templates::{QueryTemplates, has_enabled_template};
use crate::areas::platform::has_live_enrollment;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{Body, Handler, HandlerResult, Kind, OperationRequest};
use crate::store::{PROJECTS, Resource, Store, project_collection, str_field};

pub(crate) use self::templates::engine;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("getPolicyStatementKinds", statement_kinds),
    ("dryEvalPolicy", evaluation::evaluate),
    ("replayPolicy", replay::replay),
    ("recommendAgentPolicy", recommendation::recommend),
];

pub(super) const KINDS: &[&dyn Kind] = &[&PolicyProfiles, &QueryTemplates];

struct PolicyProfiles;

impl Kind for PolicyProfiles {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/policies"
    }

    fn prefix(&self) -> &'static str {
        "pol"
    }

    fn noun(&self) -> &'static str {
        "policy profile"
    }

    /// Rejects the `query_mode` `templates` if the project has no enabled query template.
    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        if body.get_str("query_mode") == Some("templates")
            && !has_enabled_template(request.store, request.project_id())
        {
            body.reject(
                "query_mode",
                "templates requires at least one enabled query template in the project",
            );
        }
        Resource::new()
    }

    /// Returns 409 if the body has the `query_mode` `templates` and the organization has a self-host enrollment that is
    /// neither revoked nor expired. Returns 400 instead if the contract does not declare 409 for the operation.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        if str_field(fields, "query_mode") != "templates" {
            return Ok(());
        }
        // A replacement that omits `query_mode` keeps the stored value, which is no conflict.
        let is_requested = request.parse_body()?.has("query_mode");
        let project = request.project();
        let org_id = project.map_or("", |project| str_field(project, "org_id"));
        if !is_requested || !has_live_enrollment(request.store, org_id, request.now) {
            return Ok(());
        }
        let detail =
            "templates is not possible while the organization has a live self-host enrollment";
        Err(if request.operation.declares(StatusCode::CONFLICT) {
            Problem::conflict("CONFLICT", detail)
        } else {
            Problem::invalid_field("query_mode", detail)
        })
    }

    /// Returns 409 if a credential is bound to the profile.
    fn check_delete(
        &self,
        request: &OperationRequest<'_>,
        _stored: &Resource,
    ) -> Result<(), Problem> {
        let activity = request.activity().into_iter();
        let bound = activity.flat_map(|activity| activity.credentials_bound_to(request.id()));
        match bound.count() {
            0 => Ok(()),
            bound => {
                let detail = format!(
                    "{bound} credential(s) are bound to the policy profile; rebind them first"
                );
                Err(Problem::conflict("CONFLICT", detail))
            }
        }
    }

    /// Sets `default_policy_profile_id` of the project to `null` if it is the deleted profile.
    fn after_delete(&self, request: &mut OperationRequest<'_>, id: &str) {
        let project = request.store.get_mut(PROJECTS, request.project_id());
        if let Some(default) =
            project.and_then(|project| project.get_mut("default_policy_profile_id"))
            && default == id
        {
            *default = Value::Null;
        }
    }
}

fn statement_kinds(request: &mut OperationRequest<'_>) -> HandlerResult {
    #[derive(Serialize)]
    struct StatementKinds<'a> {
        policy_id: &'a str,
        access_mode: AccessMode,
        statement_kinds: Vec<KindVerdict>,
    }
    let policy = stored_policy(request.store, request.project_id(), request.id())?;
    let engine = engine(request.store, request.project_id());
    let body = StatementKinds {
        policy_id: request.id(),
        access_mode: policy.access_mode(),
        statement_kinds: engine.statement_kinds(&policy),
    };
    Ok(Response::json(StatusCode::OK, &body))
}

/// Returns the stored policy profile with this id, or 404.
pub(crate) fn stored_profile<'s>(
    store: &'s Store,
    project_id: &str,
    id: &str,
) -> Result<&'s Resource, Problem> {
    store
        .get(&project_collection(project_id, "policies"), id)
        .ok_or_else(|| Problem::not_found(PolicyProfiles.noun(), id))
}

/// Returns the stored policy profile with this id as a policy for evaluation. Returns 404 if it does not exist.
pub(crate) fn stored_policy(store: &Store, project_id: &str, id: &str) -> Result<Policy, Problem> {
    parse_policy(stored_profile(store, project_id, id)?)
}

/// Converts the fields of a valid profile into a policy for evaluation. Returns 500 if the engine rejects them.
pub(crate) fn parse_policy(fields: &Map<String, Value>) -> Result<Policy, Problem> {
    let fields = Value::Object(fields.clone());
    Policy::from_value(&fields).map_err(|error| Problem::internal(error.to_string()))
}

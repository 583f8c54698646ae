//! Policy profiles: the rules that their schema cannot express, and which kinds of
//! statement one allows.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::call::{Call, Outcome};
use crate::collection::Collection;
use crate::problem::Problem;
use crate::resource::{ResourceKind, find};
use crate::response::Response;
use crate::sql::kind_rules::{self, KindVerdict};
use crate::sql::profile::{AccessMode, Profile};
use crate::store::{Project, Resource};
use crate::templates::enabled_templates;

pub(crate) struct PolicyProfiles;

impl ResourceKind for PolicyProfiles {
    const PREFIX: &'static str = "pol";
    const NOUN: &'static str = "policy profile";
    const LIST_FIELD: &'static str = "policies";

    fn collection(project: &mut Project) -> &mut Collection<Resource> {
        &mut project.policies
    }

    /// A profile may be set to templates only while the project has an enabled one.
    fn check(project: &Project, body: &mut Body<'_>) -> Map<String, Value> {
        if body.text("query_mode") == Some("templates") && enabled_templates(project).is_empty() {
            body.reject(
                "query_mode",
                "templates needs at least one enabled query template in the project",
            );
        }
        Map::new()
    }

    fn check_delete(project: &Project, id: &str) -> Result<(), Problem> {
        match project.bound_to(id).count() {
            0 => Ok(()),
            bound => {
                let detail =
                    format!("The policy profile governs {bound} credential(s); rebind them first");
                Err(Problem::conflict("CONFLICT", detail))
            }
        }
    }
}

pub(crate) fn statement_kinds(call: &mut Call<'_>) -> Outcome {
    #[derive(Serialize)]
    struct StatementKinds<'a> {
        policy_id: &'a str,
        access_mode: AccessMode,
        statement_kinds: Vec<KindVerdict>,
    }
    let profile = stored_profile(call.project, call.id)?;
    let body = StatementKinds {
        policy_id: call.id,
        access_mode: profile.access_mode,
        statement_kinds: kind_rules::verdicts(&profile, &enabled_templates(call.project)),
    };
    Ok(Response::json(StatusCode::OK, &body))
}

/// What verdicts need of the profile with this id; 404 if there is none.
pub(crate) fn stored_profile(project: &Project, id: &str) -> Result<Profile, Problem> {
    profile(find::<PolicyProfiles>(&project.policies, id)?)
}

/// What verdicts need of a valid profile.
pub(crate) fn profile(fields: &Map<String, Value>) -> Result<Profile, Problem> {
    Profile::from_json(fields)
        .map_err(|error| Problem::internal(format!("The policy cannot be evaluated: {error}")))
}

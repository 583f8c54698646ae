//! Agent credentials: create, revoke, rotate and the change of the status. They are listed and read as other resources.

use chrono::DateTime;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::policies::stored_profile;
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{self, Body, Handler, HandlerResult, Kind, OperationRequest, check_if_match};
use crate::store::{Resource, new_id, str_field};

/// The host of the connection strings. No server has this name.
const PROXY_HOST: &str = "proxy.emulator.invalid";

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("createAgentCredential", create),
    ("updateAgentCredentialStatus", update_status),
    ("revokeAgentCredential", revoke),
    ("rotateAgentCredential", rotate),
];

pub(super) const KINDS: &[&dyn Kind] = &[&AgentCredentials];

struct AgentCredentials;

impl Kind for AgentCredentials {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/agents"
    }

    fn prefix(&self) -> &'static str {
        "agt"
    }

    fn noun(&self) -> &'static str {
        "agent credential"
    }

    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        let expires_at = body
            .get_str("expires_at")
            .and_then(|time| DateTime::parse_from_rfc3339(time).ok());
        if expires_at.is_some_and(|time| time <= request.now) {
            body.reject("expires_at", "must be in the future");
        }
        [
            ("pg_username", new_id("agent")),
            ("status", "active".to_owned()),
            ("auth_method", "scram-sha-256".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .into_iter()
        .collect()
    }

    /// Returns 404 if the policy profile does not exist.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        let id = str_field(fields, "policy_profile_id");
        stored_profile(request.store, request.project_id(), id).map(drop)
    }
}

/// A credential and its secrets: the response to its creation or rotation.
#[derive(Serialize)]
struct Secrets<'a> {
    credential: &'a Resource,
    connection_string: String,
    mcp_url: String,
    mcp_token: String,
}

impl<'a> Secrets<'a> {
    /// Generates new secrets. They are not stored, because the emulator accepts no logins of agents.
    fn generate(credential: &'a Resource) -> Self {
        let user = str_field(credential, "pg_username");
        let password = Uuid::new_v4().simple();
        Self {
            credential,
            connection_string: format!("postgres://{user}:{password}@{PROXY_HOST}:5432/postgres"),
            mcp_url: format!("https://{PROXY_HOST}/mcp"),
            mcp_token: new_id("mcp"),
        }
    }
}

fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let credential = resource::insert(&AgentCredentials, request)?;
    let policy_id = str_field(&credential, "policy_profile_id");
    request
        .store
        .activity_mut(request.project_id())
        .bind(str_field(&credential, "id"), Some(policy_id.to_owned()));
    let secrets = Secrets::generate(&credential);
    Ok(Response::json(StatusCode::CREATED, &secrets))
}

/// Returns the stored credential with the id in the path, or 404.
fn stored<'s>(request: &'s OperationRequest<'_>) -> Result<&'s Resource, Problem> {
    let path = request.project_collection("agents");
    resource::find(&AgentCredentials, request, &path)
}

fn update_status(request: &mut OperationRequest<'_>) -> HandlerResult {
    let stored = stored(request)?;
    check_if_match(request, stored)?;
    let fields = request.parse_body()?.finish()?;
    check_not_revoked(stored)?;
    let status = str_field(&fields, "status");
    let credential = if str_field(stored, "status") == status {
        stored.clone()
    } else {
        change(request, Some(status))?
    };
    Ok(Response::json(StatusCode::OK, &credential))
}

/// Revokes a credential. It can still be read and keeps its `policy_profile_id`, but it no longer prevents the
/// deletion of that policy profile. Returns 404 if the credential does not exist or is already revoked.
fn revoke(request: &mut OperationRequest<'_>) -> HandlerResult {
    if is_revoked(stored(request)?) {
        return Err(Problem::not_found(AgentCredentials.noun(), request.id()));
    }
    change(request, Some("revoked"))?;
    let (project_id, id) = (request.project_id(), request.id());
    request.store.activity_mut(project_id).bind(id, None);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

fn rotate(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_not_revoked(stored(request)?)?;
    let credential = change(request, None)?;
    let secrets = Secrets::generate(&credential);
    Ok(Response::json(StatusCode::OK, &secrets))
}

/// Sets `updated_at` and, unless it is `None`, the status. Returns the changed credential.
fn change(request: &mut OperationRequest<'_>, status: Option<&str>) -> Result<Resource, Problem> {
    let mut credential = stored(request)?.clone();
    if let Some(status) = status {
        credential.insert("status".to_owned(), Value::from(status));
    }
    let updated_at = Value::String(format_timestamp(request.now));
    credential.insert("updated_at".to_owned(), updated_at);
    let path = request.project_collection("agents");
    if let Some(stored) = request.store.get_mut(&path, request.id()) {
        stored.clone_from(&credential);
    }
    Ok(credential)
}

fn check_not_revoked(credential: &Resource) -> Result<(), Problem> {
    if is_revoked(credential) {
        let detail = "The agent credential is revoked; create another one";
        return Err(Problem::conflict("INVALID_STATE", detail));
    }
    Ok(())
}

fn is_revoked(credential: &Resource) -> bool {
    str_field(credential, "status") == "revoked"
}

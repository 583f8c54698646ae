//! Agent credentials: create, revoke, rotate and the change of the status. They are listed and read as other resources.

use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::body::Body;
use crate::clock::format_timestamp;
use crate::collection::Collection;
use crate::conditional;
use crate::operation::Operation;
use crate::policies::PolicyProfiles;
use crate::problem::Problem;
use crate::request::{HandlerResult, OperationRequest};
use crate::resource::{self, ResourceKind, find};
use crate::response::Response;
use crate::store::{Project, Resource, new_id};

/// The host of the connection strings. No server has this name.
const PROXY_HOST: &str = "proxy.emulator.invalid";

pub(crate) struct AgentCredentials;

impl ResourceKind for AgentCredentials {
    const PREFIX: &'static str = "cred";
    const NOUN: &'static str = "agent credential";
    const LIST_FIELD: &'static str = "agents";
    const READ: Operation = Operation::GetAgentCredential;

    fn collection(project: &mut Project) -> &mut Collection<Resource> {
        &mut project.credentials
    }

    fn check(_project: &Project, body: &mut Body<'_>, now: DateTime<Utc>) -> Map<String, Value> {
        let expires_at = body
            .get_str("expires_at")
            .and_then(|time| DateTime::parse_from_rfc3339(time).ok());
        if expires_at.is_some_and(|time| time <= now) {
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
        project: &Project,
        fields: &Map<String, Value>,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        find::<PolicyProfiles>(&project.policies, str_field(fields, "policy_profile_id")).map(drop)
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

pub(crate) fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let credential = resource::insert::<AgentCredentials>(request)?;
    let policy_id = str_field(&credential, "policy_profile_id");
    request
        .project
        .bind(str_field(&credential, "id"), Some(policy_id.to_owned()));
    let secrets = Secrets::generate(&credential);
    Ok(Response::json(StatusCode::CREATED, &secrets))
}

pub(crate) fn update_status(request: &mut OperationRequest<'_>) -> HandlerResult {
    let stored = find::<AgentCredentials>(&request.project.credentials, request.id)?;
    conditional::check_if_match(request.headers, &Response::json(StatusCode::OK, stored))?;
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
pub(crate) fn revoke(request: &mut OperationRequest<'_>) -> HandlerResult {
    let stored = find::<AgentCredentials>(&request.project.credentials, request.id)?;
    if is_revoked(stored) {
        return Err(Problem::not_found(AgentCredentials::NOUN, request.id));
    }
    change(request, Some("revoked"))?;
    request.project.bind(request.id, None);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(crate) fn rotate(request: &mut OperationRequest<'_>) -> HandlerResult {
    let stored = find::<AgentCredentials>(&request.project.credentials, request.id)?;
    check_not_revoked(stored)?;
    let credential = change(request, None)?;
    let secrets = Secrets::generate(&credential);
    Ok(Response::json(StatusCode::OK, &secrets))
}

/// Sets `updated_at` and, unless it is `None`, the status. Returns the changed credential.
fn change(request: &mut OperationRequest<'_>, status: Option<&str>) -> Result<Resource, Problem> {
    let credential = request
        .project
        .credentials
        .get_mut(request.id)
        .ok_or_else(|| Problem::not_found(AgentCredentials::NOUN, request.id))?;
    if let Some(status) = status {
        credential.insert("status".to_owned(), Value::from(status));
    }
    let updated_at = Value::String(format_timestamp(request.now));
    credential.insert("updated_at".to_owned(), updated_at);
    Ok(credential.clone())
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

fn str_field<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

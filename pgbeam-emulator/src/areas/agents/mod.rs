//! Agent credentials: creates, revokes and rotates them, and changes their status. The generic engine lists and reads
//! them. The submodules handle the audit log and the usage report.

mod audit_logs;
mod usage;

use chrono::DateTime;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::databases::encode;
use super::policies::stored_profile;
use crate::clock::format_timestamp;
use crate::http::authorization::bearer_token;
use crate::http::problem::Problem;
use crate::http::response::{Response, short_hash};
use crate::resource::{
    self, Body, Context, Handler, HandlerResult, Kind, OperationRequest, check_if_match,
};
use crate::store::{PROJECTS, Resource, Store, new_id, project_collection, str_field};
use crate::webhooks::event::WebhookEvent;

/// The host in connection strings if the project has no `proxy_host`, and in those of the demo. No server has the name.
pub(super) const PROXY_HOST: &str = "proxy.emulator.invalid";

/// The name of the database in the connection strings of a project without a database.
const DEFAULT_DATABASE: &str = "postgres";

/// The write-only field with the hash of a credential's MCP token.
const TOKEN_HASH: &str = "mcp_token_hash";

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("createAgentCredential", create),
    ("updateAgentCredentialStatus", update_status),
    ("revokeAgentCredential", revoke),
    ("rotateAgentCredential", rotate),
    ("listAuditLogs", audit_logs::list),
    ("exportAuditLogs", audit_logs::export),
    ("getAuditSessionSummary", audit_logs::session),
    ("verifyAuditChain", audit_logs::verify),
    ("getAgentUsageBreakdown", usage::report),
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

/// The response to the creation or rotation of a credential: the credential and its secrets.
#[derive(Serialize)]
struct Secrets<'a> {
    credential: &'a Resource,
    connection_string: String,
    mcp_url: String,
    mcp_token: String,
}

impl<'a> Secrets<'a> {
    /// Generates new secrets. Stores nothing: see [`issue_secrets`]. `database` is the name of the database in the
    /// connection string.
    fn generate(credential: &'a Resource, project: Option<&Resource>, database: &str) -> Self {
        let host = project.map(|project| str_field(project, "proxy_host"));
        let host = host.filter(|host| !host.is_empty()).unwrap_or(PROXY_HOST);
        let user = str_field(credential, "pg_username");
        let password = Uuid::new_v4().simple();
        Self {
            credential,
            connection_string: format!("postgresql://{user}:{password}@{host}:5432/{database}"),
            mcp_url: format!("https://{host}/mcp"),
            mcp_token: new_id("pba"),
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
    let secrets = issue_secrets(request, &credential);
    Ok(Response::json(StatusCode::CREATED, &secrets))
}

/// Generates new secrets of a credential. Stores only a hash of the MCP token, for [`credential_for_token`].
fn issue_secrets<'a>(request: &mut OperationRequest<'_>, credential: &'a Resource) -> Secrets<'a> {
    let databases = request.project_collection("databases");
    let database = request.store.resources(&databases).next();
    let database = database.map_or(DEFAULT_DATABASE, |database| str_field(database, "name"));
    let database = encode(database);
    let secrets = Secrets::generate(credential, request.project(), &database);
    let hash = Value::String(short_hash(secrets.mcp_token.as_bytes()));
    let path = request.project_collection("agents");
    let fields = [(TOKEN_HASH.to_owned(), hash)].into_iter().collect();
    let id = str_field(credential, "id");
    request.store.set_write_only(&path, id, fields);
    secrets
}

/// Returns the id of the credential whose MCP token is the bearer token of the request. If no credential has the token,
/// returns an id that is made of a hash of the token.
///
/// # Errors
///
/// 401 if the credential is disabled or revoked.
pub(super) fn credential_for_token(request: &OperationRequest<'_>) -> Result<String, Problem> {
    let token = bearer_token(request.headers).unwrap_or_default();
    let hash = short_hash(token.as_bytes());
    for project in request.store.resources(PROJECTS) {
        let path = project_collection(str_field(project, "id"), "agents");
        let mut credentials = request.store.resources(&path);
        let credential = credentials.find(|credential| {
            let fields = request.store.write_only(&path, str_field(credential, "id"));
            fields.is_some_and(|fields| str_field(fields, TOKEN_HASH) == hash)
        });
        match credential {
            Some(credential) if str_field(credential, "status") != "active" => {
                return Err(Problem::unauthorized());
            }
            Some(credential) => return Ok(str_field(credential, "id").to_owned()),
            None => {}
        }
    }
    Ok(format!("cred_{hash}"))
}

fn update_status(request: &mut OperationRequest<'_>) -> HandlerResult {
    let (project_id, id) = (request.project_id(), request.id());
    check_if_match(request, find(request.store, project_id, id)?)?;
    let fields = request.parse_body()?.finish()?;
    let status = str_field(&fields, "status");
    let credential = set_status(&mut request.context(), project_id, id, status)?;
    Ok(Response::json(StatusCode::OK, &credential))
}

/// Revokes a credential. Returns 404 if the credential does not exist or is already revoked.
fn revoke(request: &mut OperationRequest<'_>) -> HandlerResult {
    let (project_id, id) = (request.project_id(), request.id());
    if is_revoked(find(request.store, project_id, id)?) {
        return Err(Problem::not_found(AgentCredentials.noun(), id));
    }
    change(&mut request.context(), project_id, id, Some("revoked"))?;
    // Without the binding, the policy profile can be deleted.
    request.store.activity_mut(project_id).bind(id, None);
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

fn rotate(request: &mut OperationRequest<'_>) -> HandlerResult {
    let (project_id, id) = (request.project_id(), request.id());
    check_not_revoked(find(request.store, project_id, id)?)?;
    let credential = change(&mut request.context(), project_id, id, None)?;
    let secrets = issue_secrets(request, &credential);
    Ok(Response::json(StatusCode::OK, &secrets))
}

/// Returns an agent credential, or 404.
pub(crate) fn find<'s>(
    store: &'s Store,
    project_id: &str,
    id: &str,
) -> Result<&'s Resource, Problem> {
    store
        .get(&project_collection(project_id, "agents"), id)
        .ok_or_else(|| Problem::not_found(AgentCredentials.noun(), id))
}

/// Sets the status of a credential to `active` or `disabled`, and returns the credential. If the new status is
/// `disabled`, sends the webhook event `kill_switch`. Does nothing if the credential already has the status.
///
/// # Errors
///
/// 404 if the credential does not exist, and 409 if it is revoked.
pub(crate) fn set_status(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    status: &str,
) -> Result<Resource, Problem> {
    let stored = find(context.store, project_id, id)?;
    check_not_revoked(stored)?;
    if str_field(stored, "status") == status {
        return Ok(stored.clone());
    }
    let credential = change(context, project_id, id, Some(status))?;
    if status == "disabled" {
        let event = WebhookEvent::credential_kill_switch(project_id, id, context.now);
        context.publish(&event);
    }
    Ok(credential)
}

/// Sets `updated_at` of a credential and closes its session. Also sets the status, unless `status` is `None`. Returns
/// the changed credential.
fn change(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    status: Option<&str>,
) -> Result<Resource, Problem> {
    let mut credential = find(context.store, project_id, id)?.clone();
    if let Some(status) = status {
        credential.insert("status".to_owned(), Value::from(status));
    }
    let updated_at = Value::String(format_timestamp(context.now));
    credential.insert("updated_at".to_owned(), updated_at);
    let agents = project_collection(project_id, "agents");
    if let Some(stored) = context.store.get_mut(&agents, id) {
        stored.clone_from(&credential);
    }
    context.store.activity_mut(project_id).close_session(id);
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

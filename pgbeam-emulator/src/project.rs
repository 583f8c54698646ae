//! Handles with which tests read and change the state of a project. They also add traffic, for which the emulator
//! serves no operation.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::http::problem::Problem;
use crate::resource::OperationRequest;
use crate::server::SharedState;
use crate::store::{Credential, Resource, Store, Traffic, TrafficEntry, project_collection};

/// A handle to one project of an [`Emulator`](crate::Emulator).
#[derive(Clone)]
pub struct ProjectHandle {
    shared: Arc<SharedState>,
    id: String,
}

impl ProjectHandle {
    pub(crate) fn new(shared: Arc<SharedState>, id: String) -> Self {
        Self { shared, id }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Store) -> T) -> T {
        f(&mut self.shared.store())
    }

    fn get(&self, collection: &str, id: &str) -> Option<Value> {
        let path = project_collection(&self.id, collection);
        self.with(|store| store.get(&path, id).map(json))
    }

    fn list(&self, collection: &str) -> Vec<Value> {
        let path = project_collection(&self.id, collection);
        self.with(|store| store.resources(&path).map(json).collect())
    }

    /// Returns the id of the project.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the policy profile with this id as `getPolicyProfile` returns it, or `None` if it does not exist.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<Value> {
        self.get("policies", id)
    }

    /// Returns all policy profiles, oldest first.
    #[must_use]
    pub fn policies(&self) -> Vec<Value> {
        self.list("policies")
    }

    /// Returns the query template with this id as `getQueryTemplate` returns it, or `None` if it does not exist.
    #[must_use]
    pub fn query_template(&self, id: &str) -> Option<Value> {
        self.get("query-templates", id)
    }

    /// Returns all query templates, oldest first.
    #[must_use]
    pub fn query_templates(&self) -> Vec<Value> {
        self.list("query-templates")
    }

    /// Creates a policy profile. `body` is a request body of `createPolicyProfile`; returns the response body.
    ///
    /// This records no request, and faults do not apply.
    ///
    /// # Errors
    ///
    /// If `createPolicyProfile` would reject the body. The error has the status and the validation errors.
    pub fn create_policy(&self, body: Value) -> Result<Value, Rejection> {
        self.call("createPolicyProfile", &body)
    }

    /// Creates a query template. `body` is a request body of `createQueryTemplate`; returns the response body.
    ///
    /// This records no request, and faults do not apply.
    ///
    /// # Errors
    ///
    /// If `createQueryTemplate` would reject the body. The error has the status and the validation errors.
    pub fn create_query_template(&self, body: Value) -> Result<Value, Rejection> {
        self.call("createQueryTemplate", &body)
    }

    /// Returns the agent credential with this id as `getAgentCredential` returns it, or `None` if no operation created
    /// it.
    #[must_use]
    pub fn agent_credential(&self, id: &str) -> Option<Value> {
        self.get("agents", id)
    }

    /// Returns all agent credentials that `createAgentCredential` or
    /// [`create_agent_credential`](Self::create_agent_credential) created, oldest first.
    #[must_use]
    pub fn agent_credentials(&self) -> Vec<Value> {
        self.list("agents")
    }

    /// Creates an agent credential. `body` is a request body of `createAgentCredential`; returns the response body,
    /// which contains the secrets.
    ///
    /// This records no request, and faults do not apply.
    ///
    /// # Errors
    ///
    /// If `createAgentCredential` would reject the body. The error has the status and the validation errors.
    pub fn create_agent_credential(&self, body: Value) -> Result<Value, Rejection> {
        self.call("createAgentCredential", &body)
    }

    /// Runs an operation of the project without a request. Returns the response body.
    fn call(&self, operation: &str, body: &Value) -> Result<Value, Rejection> {
        let contract = self.shared.contract;
        let body = Bytes::from(body.to_string());
        let path_params = [("project_id".to_owned(), self.id.clone())];
        let result = self.with(|store| {
            let operation = contract.operation(operation);
            let operation =
                operation.ok_or_else(|| Problem::internal("The contract lacks the operation"))?;
            self.shared.run(&mut OperationRequest {
                contract,
                operation,
                store,
                path_params: &path_params,
                query: &Map::new(),
                headers: &HeaderMap::new(),
                body: &body,
                now: self.shared.clock.now(),
                deliverer: &self.shared.deliverer,
                seed_id: None,
            })
        });
        match result {
            Ok(response) => Ok(serde_json::from_slice(&response.body).unwrap_or_default()),
            Err(problem) => Err(Rejection {
                status: problem.status,
                detail: problem.detail.clone(),
                fields: problem
                    .errors
                    .into_iter()
                    .map(|e| (e.field, e.detail))
                    .collect(),
            }),
        }
    }

    /// Returns a handle to the agent with this id. Creates the agent if it does not exist.
    pub fn agent(&self, id: impl Into<String>) -> AgentHandle {
        let id = id.into();
        self.with(|store| {
            let activity = store.activity_mut(&self.id);
            activity.agents.entry(id.clone()).or_default();
        });
        AgentHandle {
            project: self.clone(),
            id,
        }
    }
}

impl fmt::Debug for ProjectHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn json(resource: &Resource) -> Value {
    Value::Object(resource.clone())
}

/// The error of a rejected request body: the content of the API's error response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rejection {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `detail` of the problem document.
    pub detail: String,
    /// The validation errors, as pairs of a field's path and a description.
    pub fields: Vec<(String, String)>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.detail)?;
        for (field, detail) in &self.fields {
            write!(f, "; {field} {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Rejection {}

/// A handle to one agent of a project.
#[derive(Clone, Debug)]
pub struct AgentHandle {
    project: ProjectHandle,
    id: String,
}

impl AgentHandle {
    /// Returns the id of the agent.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns a handle to the agent's credential with this id.
    ///
    /// If the credential does not exist, creates it. A new credential is bound to no policy profile, and
    /// `listAgentCredentials` does not return it.
    pub fn credential(&self, id: impl Into<String>) -> CredentialHandle {
        let credential = CredentialHandle {
            agent: self.clone(),
            id: id.into(),
        };
        credential.with(|_| {});
        credential
    }
}

/// A handle to one credential of an agent.
///
/// ```
/// use pgbeam_emulator::{Emulator, Traffic};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::start().await?;
/// let project = emulator.project("prj_1");
/// let policy = project.create_policy(serde_json::json!({"name": "Read-only"}))?;
/// project
///     .agent("agt_1")
///     .credential("cred_1")
///     .bind_to(policy["id"].as_str().unwrap_or_default())
///     .record_traffic(Traffic::allowed("SELECT id FROM orders").times(12));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CredentialHandle {
    agent: AgentHandle,
    id: String,
}

impl CredentialHandle {
    fn with(&self, change: impl FnOnce(&mut Credential)) {
        let project = &self.agent.project;
        project.with(|store| {
            let activity = store.activity_mut(&project.id);
            let agent = activity.agents.entry(self.agent.id.clone()).or_default();
            change(agent.credentials.entry(self.id.clone()).or_default());
        });
    }

    /// Returns the id of the credential.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Binds the credential to a policy profile, and replaces an earlier binding. The profile need not exist.
    /// `getAgentCredential` still returns the `policy_profile_id` with which the credential was created.
    ///
    /// `deletePolicyProfile` returns 409 for a profile with a bound credential.
    pub fn bind_to(&self, policy_id: impl Into<String>) -> Self {
        let policy_id = policy_id.into();
        self.with(|credential| credential.policy_id = Some(policy_id));
        self.clone()
    }

    /// Removes the binding to a policy profile. Does nothing if the credential is not bound.
    pub fn unbind(&self) -> Self {
        self.with(|credential| credential.policy_id = None);
        self.clone()
    }

    /// Adds recorded traffic of the credential, the input of replays and recommendations.
    pub fn record_traffic(&self, traffic: Traffic) -> Self {
        let now = self.agent.project.shared.clock.now();
        let one_second_ago = now.checked_sub_signed(TimeDelta::seconds(1)).unwrap_or(now);
        let entry = TrafficEntry {
            agent_id: self.agent.id.clone(),
            credential_id: self.id.clone(),
            sql: traffic.sql,
            at: traffic.at.unwrap_or(one_second_ago),
            times: traffic.times,
            event: traffic.event,
            rule: traffic.rule,
            blocked: traffic.blocked,
        };
        let project = &self.agent.project;
        project.with(|store| store.activity_mut(&project.id).traffic.push(entry));
        self.clone()
    }
}

//! Handles with which tests read and change the state of a project, and record the statements of agents. The API
//! contract has no operation that records statements.

mod activity;
mod agent;
mod audit_log;
mod rejection;
mod statement;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

pub use self::agent::{AgentHandle, CredentialHandle};
pub use self::rejection::Rejection;
pub use self::statement::Statement;
use crate::http::problem::Problem;
use crate::resource::{Context, OperationRequest};
use crate::server::SharedState;
use crate::store::{Resource, Store, project_collection};

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
    /// No request is recorded, and faults do not apply.
    ///
    /// # Errors
    ///
    /// If `createPolicyProfile` would return an error. The [`Rejection`] has its status and its validation errors.
    pub fn create_policy(&self, body: Value) -> Result<Value, Rejection> {
        self.call("createPolicyProfile", &body)
    }

    /// Creates a query template. `body` is a request body of `createQueryTemplate`; returns the response body.
    ///
    /// No request is recorded, and faults do not apply.
    ///
    /// # Errors
    ///
    /// If `createQueryTemplate` would return an error. The [`Rejection`] has its status and its validation errors.
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
    /// No request is recorded, and faults do not apply.
    ///
    /// # Errors
    ///
    /// If `createAgentCredential` would return an error. The [`Rejection`] has its status and its validation errors.
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
        let response = result?;
        Ok(serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// Runs `change` on the state of the emulator. Creates the project first if it does not exist.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Context<'_>) -> Result<T, Problem>,
    ) -> Result<T, Rejection> {
        self.shared
            .change(&self.id, change)
            .map_err(Rejection::from)
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

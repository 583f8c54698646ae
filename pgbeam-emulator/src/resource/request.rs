//! `OperationRequest`: the input of the function that handles an operation.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::body::Body;
use super::context::Context;
use crate::contract::{Contract, OperationContract};
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::store::{PROJECTS, ProjectActivity, Resource, Store, new_id, project_collection};
use crate::webhooks::delivery::Deliverer;

/// The id of the user who sends all requests. The emulator accepts any bearer token, so the token does not identify a
/// user.
pub(crate) const USER_ID: &str = "usr_emulator";

/// The result of the function that handles an operation.
pub(crate) type HandlerResult = Result<Response, Problem>;

/// The function that handles an operation.
pub(crate) type Handler = fn(&mut OperationRequest<'_>) -> HandlerResult;

/// A request whose parameters are valid. The body is not validated yet: see [`parse_body`](Self::parse_body).
pub(crate) struct OperationRequest<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) operation: &'a OperationContract,
    pub(crate) store: &'a mut Store,
    /// The path parameters in the order of the path, percent-decoded.
    pub(crate) path_params: &'a [(String, String)],
    /// The query parameters, with the defaults of omitted ones.
    pub(crate) query: &'a Map<String, Value>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) now: DateTime<Utc>,
    pub(crate) deliverer: &'a Deliverer,
    /// The id of the resource that the request creates, if a seed gives it.
    pub(crate) seed_id: Option<&'a str>,
}

impl<'a> OperationRequest<'a> {
    /// Parses the request body and validates it against the API contract. See [`Body::parse`].
    pub(crate) fn parse_body(&self) -> Result<Body<'a>, Problem> {
        let schema = self.operation.request_body.as_ref();
        let schema = schema.ok_or_else(|| Problem::internal("The operation has no body"))?;
        Body::parse(self.contract, schema, self.body)
    }

    /// Returns the state of the emulator, for functions that do not need the request.
    pub(crate) fn context(&mut self) -> Context<'_> {
        Context {
            contract: self.contract,
            store: self.store,
            deliverer: self.deliverer,
            now: self.now,
        }
    }

    /// Returns the id of the resource that the request creates: the id in the seed, or else a new one.
    pub(crate) fn new_id(&self, prefix: &str) -> String {
        self.seed_id.map_or_else(|| new_id(prefix), str::to_owned)
    }

    /// Returns a path parameter, or `""` if the path does not have it.
    pub(crate) fn path_param(&self, name: &str) -> &'a str {
        let mut params = self.path_params.iter();
        params
            .find(|(param, _)| param == name)
            .map_or("", |(_, value)| value)
    }

    /// Returns the project id in the path, or `""` if the path has none.
    pub(crate) fn project_id(&self) -> &'a str {
        self.path_param("project_id")
    }

    /// Returns the last id in the path. For an operation such as list or create, this is the id of the parent.
    pub(crate) fn id(&self) -> &'a str {
        self.path_params.last().map_or("", |(_, id)| id)
    }

    /// Returns a query parameter that is a string.
    pub(crate) fn query_str(&self, name: &str) -> Option<&'a str> {
        self.query.get(name).and_then(Value::as_str)
    }

    /// Returns the path of a collection of the project, such as `policies`.
    pub(crate) fn project_collection(&self, name: &str) -> String {
        project_collection(self.project_id(), name)
    }

    /// Returns the project as `getProject` returns it.
    pub(crate) fn project(&self) -> Option<&Resource> {
        self.store.get(PROJECTS, self.project_id())
    }

    /// Returns the activity of the agents of the project; `None` if the project has had no agent and no activity.
    pub(crate) fn activity(&self) -> Option<&ProjectActivity> {
        self.store.activity(self.project_id())
    }

    /// Replaces the path parameters of `template` with their values.
    pub(crate) fn fill(&self, template: &str) -> String {
        let mut path = template.to_owned();
        for (name, value) in self.path_params {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path
    }
}

//! `OperationRequest`: the input of the function that handles an operation.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::body::Body;
use crate::contract::{Contract, OperationContract};
use crate::problem::Problem;
use crate::response::Response;
use crate::store::Project;

/// The result of the function that handles an operation.
pub(crate) type HandlerResult = Result<Response, Problem>;

/// A request of one operation, with its project. The body is not validated yet: see
/// [`parse_body`](Self::parse_body).
pub(crate) struct OperationRequest<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) operation: &'a OperationContract,
    pub(crate) project: &'a mut Project,
    pub(crate) project_id: &'a str,
    /// The last id in the path: that of the resource or agent, or of the project for an operation such as list or
    /// create.
    pub(crate) id: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) now: DateTime<Utc>,
}

impl<'a> OperationRequest<'a> {
    /// Parses the request body and validates it against the API contract. See [`Body::parse`].
    pub(crate) fn parse_body(&self) -> Result<Body<'a>, Problem> {
        let schema = self.operation.request_body.as_ref();
        let schema = schema.ok_or_else(|| Problem::internal("The operation has no body"))?;
        Body::parse(self.contract, schema, self.body)
    }
}

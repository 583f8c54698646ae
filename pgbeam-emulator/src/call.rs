//! A request that has passed the checks that all operations share, as its handler sees
//! it.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::body::Body;
use crate::contract::{Contract, OperationContract};
use crate::problem::Problem;
use crate::response::Response;
use crate::store::Project;

/// What a handler returns.
pub(crate) type Outcome = Result<Response, Problem>;

/// A request for one operation, with the project that it concerns.
pub(crate) struct Call<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) operation: &'a OperationContract,
    pub(crate) project: &'a mut Project,
    pub(crate) project_id: &'a str,
    /// The last identifier of the path; that of the project if it has no other.
    pub(crate) id: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) now: DateTime<Utc>,
}

impl<'a> Call<'a> {
    /// Parses the request body and checks it against the contract.
    pub(crate) fn read_body(&self) -> Result<Body<'a>, Problem> {
        let declared = self.operation.request_body.as_ref();
        let declared = declared.ok_or_else(|| Problem::internal("The operation has no body"))?;
        Body::read(self.contract, declared, self.body)
    }
}

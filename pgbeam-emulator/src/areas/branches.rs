//! Database branches: list and discard. No operation creates them: see [`crate::activity::branch`].

use http::StatusCode;

use crate::activity::branch;
use crate::http::response::Response;
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest};

pub(super) const HANDLERS: &[(&str, Handler)] = &[("discardDatabaseBranch", discard)];

pub(super) const KINDS: &[&dyn Kind] = &[&DatabaseBranches];

struct DatabaseBranches;

impl Kind for DatabaseBranches {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/branches"
    }

    fn prefix(&self) -> &'static str {
        branch::ID_PREFIX
    }

    fn noun(&self) -> &'static str {
        branch::NOUN
    }
}

/// Discards a branch. It is still listed. Returns 404 if it does not exist or is already discarded.
fn discard(request: &mut OperationRequest<'_>) -> HandlerResult {
    let (project_id, id) = (request.project_id(), request.id());
    branch::discard(&mut request.context(), project_id, id)?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

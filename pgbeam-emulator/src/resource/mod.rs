//! The default handlers of operations. They use only what the API contract declares. An area overrides them for
//! operations that need more.

mod actions;
mod body;
mod context;
mod kind;
mod object;
mod pagination;
mod request;

pub(crate) use self::actions::{
    check_if_match, check_parents, collection_path, create, delete, find, get, insert, list,
    read_response, replace, update,
};
pub(crate) use self::body::Body;
pub(crate) use self::context::Context;
pub(crate) use self::kind::{DefaultKind, Kind};
pub(crate) use self::object::{call, read, read_with_default, write};
pub(crate) use self::pagination::{Order, PageRequest, page_size};
pub(crate) use self::request::{Handler, HandlerResult, OperationRequest, USER_ID};
use crate::contract::Action;

/// Handles a request with the default handler of its [`Action`].
pub(crate) fn handle(kind: &dyn Kind, request: &mut OperationRequest<'_>) -> HandlerResult {
    match request.operation.action {
        Action::Create => create(kind, request),
        Action::List => list(kind, request),
        Action::Get => get(kind, request),
        Action::Replace => replace(kind, request),
        Action::Update => update(kind, request),
        Action::Delete => delete(kind, request),
        Action::Read => read(request),
        Action::Write => write(request),
        Action::Call => call(request),
    }
}

//! The areas of the API: groups of related operations. A module contains the behavior of its operations that the
//! generic engine in [`crate::resource`] cannot derive from the API contract.
//!
//! Each module lists its handlers and its kinds of resources. For an operation without a handler, the generic engine
//! handles the [`Action`](crate::contract::Action) of the operation.

mod account;
pub(crate) mod agents;
mod analytics;
pub(crate) mod anomalies;
pub(crate) mod approvals;
mod batch;
pub(crate) mod branches;
mod databases;
mod demo;
pub(crate) mod honeytokens;
mod hosts;
mod migrations;
mod payments;
mod platform;
pub(crate) mod policies;
mod projects;
mod schema_annotations;
mod support;
#[cfg(test)]
mod testing;
mod webhooks;

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::http::problem::Problem;
use crate::resource::{DefaultKind, Handler, HandlerResult, Kind, OperationRequest, handle};

pub(crate) use self::account::{accept_invitation, ensure_organization};
pub(crate) use self::projects::ensure as ensure_project;

const HANDLERS: &[&[(&str, Handler)]] = &[
    account::HANDLERS,
    agents::HANDLERS,
    analytics::HANDLERS,
    anomalies::HANDLERS,
    approvals::HANDLERS,
    batch::HANDLERS,
    branches::HANDLERS,
    databases::HANDLERS,
    demo::HANDLERS,
    honeytokens::HANDLERS,
    migrations::HANDLERS,
    payments::HANDLERS,
    platform::HANDLERS,
    policies::HANDLERS,
    projects::HANDLERS,
    schema_annotations::HANDLERS,
    support::HANDLERS,
    webhooks::HANDLERS,
];

const KINDS: &[&[&dyn Kind]] = &[
    account::KINDS,
    agents::KINDS,
    analytics::KINDS,
    anomalies::KINDS,
    approvals::KINDS,
    batch::KINDS,
    branches::KINDS,
    databases::KINDS,
    demo::KINDS,
    honeytokens::KINDS,
    migrations::KINDS,
    payments::KINDS,
    platform::KINDS,
    policies::KINDS,
    projects::KINDS,
    schema_annotations::KINDS,
    support::KINDS,
    webhooks::KINDS,
];

/// The handlers by `operationId`.
static HANDLERS_BY_ID: LazyLock<HashMap<&str, Handler>> =
    LazyLock::new(|| HANDLERS.iter().copied().flatten().copied().collect());

/// The kinds by the path of their collection.
static KINDS_BY_COLLECTION: LazyLock<HashMap<&str, &dyn Kind>> = LazyLock::new(|| {
    let kinds = KINDS.iter().copied().flatten();
    kinds.map(|kind| (kind.collection(), *kind)).collect()
});

/// Handles a request with the handler of the operation. Without one, uses the default handler of its action.
pub(crate) fn dispatch(request: &mut OperationRequest<'_>) -> HandlerResult {
    if let Some(handler) = HANDLERS_BY_ID.get(request.operation.id.as_str()) {
        return handler(request);
    }
    handle(kind(request.operation.collection()), request)
}

/// Returns the kind of the resources in a collection. Returns [`DefaultKind`] if no area has a kind for the collection.
pub(crate) fn kind(collection: &str) -> &'static dyn Kind {
    let kind = KINDS_BY_COLLECTION.get(collection);
    kind.copied().unwrap_or(&DefaultKind)
}

/// Runs an operation as part of another request, without headers and query parameters. Returns 400 if a path parameter
/// is invalid. If `body` is `None`, the body is empty.
fn run_operation(
    request: &mut OperationRequest<'_>,
    id: &str,
    path_params: &[(String, String)],
    body: Option<&Value>,
) -> HandlerResult {
    let contract = request.contract;
    let operation = contract
        .operation(id)
        .ok_or_else(|| Problem::internal(format!("The contract has no operation {id}")))?;
    let headers = HeaderMap::new();
    let (query, errors) = contract.validate_parameters(operation, path_params, &[], &headers);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    dispatch(&mut OperationRequest {
        contract,
        operation,
        store: &mut *request.store,
        path_params,
        query: &query,
        headers: &headers,
        body: &body
            .map(|body| Bytes::from(body.to_string()))
            .unwrap_or_default(),
        now: request.now,
        deliverer: request.deliverer,
        seed_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    #[test]
    fn every_handler_and_kind_belongs_to_the_contract() {
        let contract = Contract::built_in().expect("a contract");
        let handlers: Vec<_> = HANDLERS.iter().copied().flatten().collect();
        assert_eq!(
            HANDLERS_BY_ID.len(),
            handlers.len(),
            "a handler is listed twice"
        );
        for (id, _) in handlers {
            assert!(contract.operation(id).is_some(), "{id}");
        }
        let kinds: Vec<_> = KINDS.iter().copied().flatten().collect();
        assert_eq!(
            KINDS_BY_COLLECTION.len(),
            kinds.len(),
            "a kind is listed twice"
        );
        for kind in kinds {
            let path = kind.collection();
            assert!(contract.collection(path).is_some(), "{path}");
        }
    }
}

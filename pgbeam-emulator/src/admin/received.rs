//! `GET /_emulator/requests`: the received requests, without secrets.

use serde_json::{Map, Value, json};

use super::redact;
use crate::contract::Contract;
use crate::http::problem::Problem;
use crate::operation::Operation;
use crate::server::{ReceivedRequest, SharedState};

pub(super) fn list(shared: &SharedState, _body: &Map<String, Value>) -> Result<Value, Problem> {
    let received = shared.received().received();
    let requests = received.iter();
    let requests: Vec<Value> = requests
        .map(|request| to_json(shared.contract, request))
        .collect();
    Ok(json!({"requests": requests}))
}

/// Returns a request as JSON, without its secrets. A body that is not JSON is omitted (`null`), because its secrets
/// cannot be found.
fn to_json(contract: &Contract, request: &ReceivedRequest) -> Value {
    let body = request.json().map(|mut body| {
        if let Some(operation) = request.operation {
            let replacement = Value::from(redact::REPLACEMENT);
            contract.redact(operation.contract(), &mut body, &replacement);
        }
        redact::value(&mut body);
        body
    });
    json!({
        "request_id": request.request_id,
        "operation": request.operation.map(Operation::id),
        "method": request.method.as_str(),
        "path": request.path,
        "query": request.query.as_deref().map(redact::query),
        "headers": redact::headers(&request.headers),
        "body": body,
        "body_bytes": request.body.len(),
    })
}

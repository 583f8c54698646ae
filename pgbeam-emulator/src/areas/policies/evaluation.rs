//! `dryEvalPolicy`: evaluates an SQL string against a policy without executing it.

use http::StatusCode;
use pgbeam_engine::Policy;
use serde_json::{Map, Value};

use super::{engine, parse_policy, stored_policy};
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{Body, HandlerResult, OperationRequest};

pub(crate) fn evaluate(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut body = request.parse_body()?;
    check_policy(&mut body);
    let fields = body.finish()?;
    let policy = requested_policy(request, &fields)?;
    let sql = fields
        .get("sql")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let evaluation = engine(request.store, request.project_id()).evaluate(&policy, sql);
    Ok(Response::json(StatusCode::OK, &evaluation))
}

/// Adds validation errors if the body has both `policy_id` and `policy`, or neither of them.
pub(crate) fn check_policy(body: &mut Body<'_>) {
    if body.has("policy_id") == body.has("policy") {
        for name in ["policy_id", "policy"] {
            body.reject(name, "exactly one of policy_id and policy is required");
        }
    }
}

/// Returns the policy of a valid request: the field `policy` or, without it, the stored profile with the id
/// `policy_id`. Returns 404 if the profile does not exist. Omitted fields of `policy` have the defaults of a new
/// profile.
pub(crate) fn requested_policy(
    request: &OperationRequest<'_>,
    fields: &Map<String, Value>,
) -> Result<Policy, Problem> {
    match fields.get("policy").and_then(Value::as_object) {
        Some(inline) => parse_policy(inline),
        None => {
            let id = fields.get("policy_id").and_then(Value::as_str);
            stored_policy(request.store, request.project_id(), id.unwrap_or_default())
        }
    }
}

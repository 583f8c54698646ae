//! `dryEvalPolicy`: evaluates one statement against a policy without running it.

use http::StatusCode;
use pgbeam_engine::Policy;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::policies;
use crate::problem::Problem;
use crate::request::{HandlerResult, OperationRequest};
use crate::response::Response;
use crate::store::Project;
use crate::templates::engine;

pub(crate) fn evaluate(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut body = request.parse_body()?;
    check_policy(&mut body);
    let fields = body.finish()?;
    let policy = requested_policy(request.project, &fields)?;
    let sql = fields
        .get("sql")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let evaluation = engine(request.project).evaluate(&policy, sql);
    Ok(Response::json(StatusCode::OK, &evaluation))
}

/// Adds errors unless the body has exactly one of `policy_id` and `policy`.
pub(crate) fn check_policy(body: &mut Body<'_>) {
    if body.has("policy_id") == body.has("policy") {
        for name in ["policy_id", "policy"] {
            body.reject(name, "exactly one of policy_id and policy is required");
        }
    }
}

/// Returns the policy in a valid request: the stored `policy_id`, or the inline `policy` as if just created.
pub(crate) fn requested_policy(
    project: &Project,
    fields: &Map<String, Value>,
) -> Result<Policy, Problem> {
    match fields.get("policy").and_then(Value::as_object) {
        Some(inline) => policies::parse_policy(inline),
        None => {
            let id = fields.get("policy_id").and_then(Value::as_str);
            policies::stored_policy(project, id.unwrap_or_default())
        }
    }
}

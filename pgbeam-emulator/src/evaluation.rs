//! `dryEvalPolicy`: evaluates one statement against a policy without running it.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::policies;
use crate::problem::Problem;
use crate::request::{HandlerResult, OperationRequest};
use crate::response::Response;
use crate::sql::profile::Profile;
use crate::sql::verdict::evaluate_statement;
use crate::store::Project;
use crate::templates::enabled_templates;

pub(crate) fn evaluate(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut body = request.parse_body()?;
    check_policy(&mut body);
    let fields = body.finish()?;
    let profile = requested_profile(request.project, &fields)?;
    let sql = fields
        .get("sql")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let evaluated = evaluate_statement(sql, &profile, &enabled_templates(request.project));
    Ok(Response::json(StatusCode::OK, &evaluated.evaluation))
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
pub(crate) fn requested_profile(
    project: &Project,
    fields: &Map<String, Value>,
) -> Result<Profile, Problem> {
    match fields.get("policy").and_then(Value::as_object) {
        Some(inline) => policies::parse_profile(inline),
        None => {
            let id = fields.get("policy_id").and_then(Value::as_str);
            policies::stored_profile(project, id.unwrap_or_default())
        }
    }
}

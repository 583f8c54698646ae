//! `dryEvalPolicy`: the verdict of a policy on one statement, without running it.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::body::Body;
use crate::call::{Call, Outcome};
use crate::policies;
use crate::problem::Problem;
use crate::response::Response;
use crate::sql::profile::Profile;
use crate::sql::verdict::judge;
use crate::store::Project;
use crate::templates::enabled_templates;

pub(crate) fn evaluate(call: &mut Call<'_>) -> Outcome {
    let mut body = call.read_body()?;
    check_policy(&mut body);
    let fields = body.finish()?;
    let profile = requested_profile(call.project, &fields)?;
    let sql = fields
        .get("sql")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let judged = judge(sql, &profile, &enabled_templates(call.project));
    Ok(Response::json(StatusCode::OK, &judged.evaluation))
}

/// Rejects a body that does not have exactly one of `policy_id` and `policy`.
pub(crate) fn check_policy(body: &mut Body<'_>) {
    if body.has("policy_id") == body.has("policy") {
        for name in ["policy_id", "policy"] {
            body.reject(name, "exactly one of policy_id and policy is needed");
        }
    }
}

/// The policy that a valid request is about: the stored `policy_id`, or the draft
/// `policy`, evaluated as it would be right after its creation.
pub(crate) fn requested_profile(
    project: &Project,
    fields: &Map<String, Value>,
) -> Result<Profile, Problem> {
    match fields.get("policy").and_then(Value::as_object) {
        Some(draft) => policies::profile(draft),
        None => {
            let id = fields.get("policy_id").and_then(Value::as_str);
            policies::stored_profile(project, id.unwrap_or_default())
        }
    }
}

//! Approval requests and approval rules: lists, approves and rejects requests, and checks conflicts of rules.

mod approval_rule;
pub(crate) mod lifecycle;

use serde_json::Value;

use super::platform::check_self_hosting;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{self, Body, Handler, HandlerResult, Kind, OperationRequest, Order};
use crate::store::Resource;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("listApprovalRequests", list),
    ("approveApprovalRequest", approve),
    ("rejectApprovalRequest", reject),
];

pub(super) const KINDS: &[&dyn Kind] = &[&ApprovalRequests, &ApprovalRules];

struct ApprovalRequests;

impl Kind for ApprovalRequests {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/approvals"
    }

    fn prefix(&self) -> &'static str {
        lifecycle::ID_PREFIX
    }

    fn noun(&self) -> &'static str {
        lifecycle::NOUN
    }

    fn order(&self) -> Order {
        Order::NewestFirst
    }
}

fn list(request: &mut OperationRequest<'_>) -> HandlerResult {
    let project_id = request.project_id();
    lifecycle::expire(&mut request.context(), project_id);
    resource::list(&ApprovalRequests, request)
}

fn approve(request: &mut OperationRequest<'_>) -> HandlerResult {
    decide(request, "approved")
}

fn reject(request: &mut OperationRequest<'_>) -> HandlerResult {
    decide(request, "rejected")
}

fn decide(request: &mut OperationRequest<'_>, status: &str) -> HandlerResult {
    let approvals = request.project_collection("approvals");
    resource::find(&ApprovalRequests, request, &approvals)?;
    let fields = request.parse_body()?.finish()?;
    let reason = fields.get("reason").and_then(Value::as_str);
    let (project_id, id) = (request.project_id(), request.id());
    let approval = lifecycle::decide(&mut request.context(), project_id, id, status, reason)?;
    Ok(Response::json(request.operation.success, &approval))
}

struct ApprovalRules;

impl Kind for ApprovalRules {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/approval-rules"
    }

    fn prefix(&self) -> &'static str {
        "apl"
    }

    fn noun(&self) -> &'static str {
        "approval rule"
    }

    fn unique_field(&self) -> Option<&'static str> {
        Some("name")
    }

    /// Rejects a blank name.
    fn check(
        &self,
        _request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        if body
            .get_str("name")
            .is_some_and(|name| name.trim().is_empty())
        {
            body.reject("name", "must not be blank");
        }
        Resource::new()
    }

    /// Returns 409 if the rule is enabled and the organization has a self-host enrollment that is neither revoked nor
    /// expired.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        check_self_hosting(request, fields)
    }
}

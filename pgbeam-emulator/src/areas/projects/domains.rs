//! Custom domains: their DNS records and their verification.

use http::StatusCode;
use serde_json::{Value, json};

use crate::areas::hosts::{is_resolvable, proxy_host};
use crate::clock::format_timestamp;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{Body, HandlerResult, Kind, OperationRequest, check_parents};
use crate::store::{PROJECTS, Resource, fields, new_id, project_collection, str_field};

pub(super) struct CustomDomains;

impl Kind for CustomDomains {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/domains"
    }

    fn prefix(&self) -> &'static str {
        "dom"
    }

    fn noun(&self) -> &'static str {
        "custom domain"
    }

    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        let domain = body.get_str("domain").unwrap_or_default();
        let token = new_id("token");
        fields(json!({
            "verified": false, "verified_at": null, "tls_cert_expiry": null,
            "dns_verification_token": token,
            "dns_instructions": {
                "cname_host": domain,
                "cname_target": proxy_host(request.project_id()),
                "txt_host": format!("_pgbeam.{domain}"),
                "txt_value": token,
                "acme_cname_host": format!("_acme-challenge.{domain}"),
                "acme_cname_target": format!("{domain}.acme.emulator.invalid"),
            },
        }))
    }

    /// Returns 409 if any project already has the domain. The letter case is ignored.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        let domain = str_field(fields, "domain");
        let projects = request.store.resources(PROJECTS);
        let is_taken = projects
            .map(|project| project_collection(str_field(project, "id"), "domains"))
            .flat_map(|collection| request.store.resources(&collection))
            .any(|other| str_field(other, "domain").eq_ignore_ascii_case(domain));
        if is_taken {
            let detail = format!("The domain {domain} is already registered");
            return Err(Problem::conflict("RESOURCE_EXISTS", detail));
        }
        Ok(())
    }
}

/// Verifies a domain without a DNS request. The verification fails only if the top-level domain is `invalid`, which is
/// reserved.
pub(super) fn verify(request: &mut OperationRequest<'_>) -> HandlerResult {
    check_parents(request, &request.operation.path)?;
    let (collection, id) = (request.project_collection("domains"), request.id());
    let now = format_timestamp(request.now);
    let domain = request
        .store
        .get_mut(&collection, id)
        .ok_or_else(|| Problem::not_found(CustomDomains.noun(), id))?;
    let is_verified = domain.get("verified") == Some(&Value::Bool(true));
    let body = if is_verified || is_resolvable(str_field(domain, "domain")) {
        if !is_verified {
            domain.extend(fields(
                json!({"verified": true, "verified_at": now, "updated_at": now}),
            ));
        }
        json!({"verified": true, "domain": domain})
    } else {
        let error = format!(
            "The domain {} does not resolve",
            str_field(domain, "domain")
        );
        json!({"verified": false, "error": error, "domain": domain})
    };
    Ok(Response::json(StatusCode::OK, &body))
}

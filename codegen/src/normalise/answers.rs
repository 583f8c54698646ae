//! Leaves one answer an operation: that of success.
//!
//! Faults: the generator panics on two types of error at one operation, knows nothing of
//! `application/problem+json`, takes 304 for unexpected, and gives an untyped error for a status
//! that is not listed. The runtime reads every other status, listed or not, into one error type,
//! and 304 into "not modified" where the operation declares it.

use openapiv3::{ReferenceOr, Response, StatusCode};

use crate::{
    contract::{Contract, is_success},
    error::{Error, Result},
    schemas,
};

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        let responses = &mut operation.responses;
        responses.default = None;
        let not_modified = responses.responses.contains_key(&StatusCode::Code(304));
        let payloads = responses.responses.iter().filter(|(status, _)| !is_success(status));
        contract.error_payloads.extend(payloads.flat_map(|(_, response)| payload(response)));
        responses.responses.retain(|status, _| is_success(status));
        merge_success(&id, &mut responses.responses)?;
        let plan = contract.operations.iter_mut().find(|plan| plan.id == id);
        if let Some(plan) = plan {
            plan.conditional = not_modified;
        }
    }
    Ok(())
}

/// The component that an error answer holds, unless it is the shared problem document, which the
/// runtime reads itself.
fn payload(response: &ReferenceOr<Response>) -> Option<String> {
    let media = response.as_item()?.content.values().next()?;
    let ReferenceOr::Reference { reference } = media.schema.as_ref()? else { return None };
    let name = schemas::component_of(reference)?;
    (name != "Error").then(|| name.to_owned())
}

/// 200 and 201 are both success; one pattern for all of them decodes what a replay answers, too.
fn merge_success(
    id: &str,
    responses: &mut indexmap::IndexMap<StatusCode, ReferenceOr<Response>>,
) -> Result<()> {
    let mut kept: Vec<ReferenceOr<Response>> = Vec::new();
    for (_, response) in std::mem::take(responses) {
        let content = |response: &ReferenceOr<Response>| {
            response.as_item().map(|response| response.content.clone()).unwrap_or_default()
        };
        let same = kept.iter().any(|first| content(first) == content(&response));
        if kept.is_empty() || content(&response).is_empty() || same {
            kept.push(response);
        } else if kept.iter().all(|first| content(first).is_empty()) {
            kept = vec![response];
        } else {
            let message = format!("`{id}` answers success with two different types");
            return Err(Error::new(message));
        }
    }
    if let Some(response) = kept.into_iter().next() {
        responses.insert(StatusCode::Range(2), response);
    }
    Ok(())
}

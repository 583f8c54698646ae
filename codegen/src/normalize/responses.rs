//! Removes all responses of an operation except one success response. This response then stands for every 2xx
//! status.
//!
//! Defect: progenitor panics on two error types in one operation, does not know `application/problem+json`,
//! treats 304 as unexpected, and returns an untyped error for an undeclared status. Instead, the runtime
//! converts every error status into one error type, and 304 into "not modified" if the operation declares it.
//! The pass records the success responses, and the components that error responses reference, in [`Contract`].

use openapiv3::{ReferenceOr, Response, StatusCode};

use crate::{
    contract::{Content, Contract, SuccessResponse},
    normalize::reachable,
    schemas,
};
use pgbeam_spec::{error::Result, read::document::is_json};

/// The name of the component for the problem document (RFC 9457), the body of error responses.
const PROBLEM_COMPONENT: &str = "Error";

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        let Some(details) = contract
            .operations
            .iter_mut()
            .find(|details| details.id == id)
        else {
            continue;
        };
        operation.responses.default = None;
        let mut kept: Option<Response> = None;
        for (status, response) in std::mem::take(&mut operation.responses.responses) {
            let (StatusCode::Code(status), ReferenceOr::Item(response)) = (status, response) else {
                continue;
            };
            if !(200..300).contains(&status) {
                details.conditional |= status == 304;
                let mut payload = reachable::references(&response.content)?;
                // The runtime parses the problem document.
                payload.remove(PROBLEM_COMPONENT);
                let payloads = contract.error_payloads.entry(id.clone()).or_default();
                payloads.extend(payload);
                continue;
            }
            details.success.push(SuccessResponse {
                status,
                description: response.description.clone(),
                media_type: response.content.keys().next().cloned(),
            });
            let has_content = |response: &Response| !response.content.is_empty();
            match &kept {
                Some(first) if first.content == response.content => {}
                Some(first) if has_content(first) && has_content(&response) => {
                    let message = format!(
                        "`{id}` has success responses of two different types: use one type"
                    );
                    return Err(contract.locations.operation_error(&id, message));
                }
                Some(first) if has_content(first) => {}
                _ => kept = Some(response),
            }
        }
        let media_type = kept
            .as_ref()
            .and_then(|response| response.content.keys().next());
        details.content = match media_type {
            None => Content::None,
            Some(media_type) if is_json(media_type) => Content::Json,
            Some(_) => Content::Bytes,
        };
        let has_empty_status = |response: &SuccessResponse| matches!(response.status, 204 | 205);
        if details.content != Content::None && details.success.iter().any(has_empty_status) {
            let message = format!(
                "`{id}` has success responses with and without content: split the operation"
            );
            return Err(contract.locations.operation_error(&id, message));
        }
        let kept = kept.map(|response| (StatusCode::Range(2), ReferenceOr::Item(response)));
        operation.responses.responses.extend(kept);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run_pass, to_json};

    const SCHEMAS: &str =
        "Thing: {type: object}\n    InUse: {type: object}\n    Error: {type: object}";

    fn operation(responses: &str) -> String {
        format!("/p:\n    get:\n      operationId: a\n      responses: {{{responses}}}")
    }

    fn response_with(component: &str) -> String {
        format!(
            "{{description: d, content: {{application/json: {{schema: {{$ref: '#/components/schemas/{component}'}}}}}}}}"
        )
    }

    #[test]
    fn keeps_one_success_response_and_records_error_payloads() {
        let (thing, in_use, error) = (
            response_with("Thing"),
            response_with("InUse"),
            response_with("Error"),
        );
        let responses = format!(
            "'200': {thing}, '201': {thing}, '202': {{description: d}}, '304': {{description: d}}, '409': {in_use}, '404': {error}, default: {error}"
        );
        let normalized = run_pass(super::run, &operation(&responses), SCHEMAS).unwrap();
        let paths = to_json(&normalized.0.api.paths);
        assert_eq!(paths.matches("description").count(), 1);
        assert!(paths.contains("'2XX':{'content':{'application/json':{'schema':{'$ref':'#/components/schemas/Thing'}}}"), "{paths}");
        assert!(normalized.0.operations[0].conditional);
        let success = normalized.0.operations[0].success.iter();
        let json = "application/json";
        assert_eq!(
            success
                .map(|response| (response.status, response.media_type.as_deref()))
                .collect::<Vec<_>>(),
            [(200, Some(json)), (201, Some(json)), (202, None)]
        );
        assert_eq!(
            normalized.0.error_payloads["a"],
            ["InUse".to_owned()].into()
        );
    }

    #[test]
    fn operation_without_304_is_not_conditional() {
        let normalized =
            run_pass(super::run, &operation("'204': {description: d}"), SCHEMAS).unwrap();
        assert!(!normalized.0.operations[0].conditional);
        assert_eq!(
            to_json(&normalized.0.api.paths),
            "{'/p':{'get':{'operationId':'a','responses':{'2XX':{'description':'d'}}}}}"
        );
    }

    #[test]
    fn rejects_two_types_of_success() {
        let message = |second: &str| {
            let responses = format!("'200': {}, {second}", response_with("Thing"));
            let error = run_pass(super::run, &operation(&responses), SCHEMAS).err();
            error.map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(message("'202': {description: d}"), "");
        assert_eq!(
            message(&format!("'201': {}", response_with("InUse"))),
            "a.yaml:5:5: `a` has success responses of two different types: use one type"
        );
        assert_eq!(
            message("'204': {description: d}"),
            "a.yaml:5:5: `a` has success responses with and without content: split the operation"
        );
    }
}

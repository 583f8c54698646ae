//! Keeps one response of each operation: the success.
//!
//! Defects: progenitor panics on two error types at one operation, does not know
//! `application/problem+json`, treats 304 as unexpected, and gives an untyped error for a status that
//! is not listed. The runtime reads every other status, listed or not, into one error type, and 304
//! into "not modified" where the operation declares it.

use openapiv3::{ReferenceOr, Response, StatusCode};

use crate::{
    contract::{Content, Contract, Success},
    normalize::reachable,
    schemas,
};
use pgbeam_spec::{error::Result, read::document::is_json};

/// The component of the problem document.
const PROBLEM: &str = "Error";

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        let Some(plan) = contract.operations.iter_mut().find(|plan| plan.id == id) else {
            continue;
        };
        operation.responses.default = None;
        let mut kept: Option<Response> = None;
        for (status, response) in std::mem::take(&mut operation.responses.responses) {
            let (StatusCode::Code(status), ReferenceOr::Item(response)) = (status, response) else {
                continue;
            };
            if !(200..300).contains(&status) {
                plan.conditional |= status == 304;
                let mut payload = reachable::references(&response.content)?;
                // The runtime reads the shared problem document itself.
                payload.remove(PROBLEM);
                let payloads = contract.error_payloads.entry(id.clone()).or_default();
                payloads.extend(payload);
                continue;
            }
            plan.success.push(Success {
                status,
                description: response.description.clone(),
                media: response.content.keys().next().cloned(),
            });
            let holds = |of: &Response| !of.content.is_empty();
            match &kept {
                Some(first) if first.content == response.content => {}
                Some(first) if holds(first) && holds(&response) => {
                    let message = format!("`{id}` answers success with two different types");
                    return Err(contract.places.at_operation(&id, message));
                }
                Some(first) if holds(first) => {}
                _ => kept = Some(response),
            }
        }
        plan.content = match kept.as_ref().and_then(|of| of.content.keys().next()) {
            None => Content::None,
            Some(media) if is_json(media) => Content::Json,
            Some(_) => Content::Bytes,
        };
        let empty = |of: &Success| matches!(of.status, 204 | 205);
        if plan.content != Content::None && plan.success.iter().any(empty) {
            let message = format!("`{id}` answers success with and without content");
            return Err(contract.places.at_operation(&id, message));
        }
        let kept = kept.map(|response| (StatusCode::Range(2), ReferenceOr::Item(response)));
        operation.responses.responses.extend(kept);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{json, pass};

    const SCHEMAS: &str =
        "Thing: {type: object}\n    InUse: {type: object}\n    Error: {type: object}";

    fn operation(answers: &str) -> String {
        format!("/p:\n    get:\n      operationId: a\n      responses: {{{answers}}}")
    }

    fn holding(name: &str) -> String {
        format!(
            "{{description: d, content: {{application/json: {{schema: {{$ref: '#/components/schemas/{name}'}}}}}}}}"
        )
    }

    #[test]
    fn one_answer_of_success_is_left_and_payloads_are_noted() {
        let (thing, in_use, error) = (holding("Thing"), holding("InUse"), holding("Error"));
        let answers = format!(
            "'200': {thing}, '201': {thing}, '202': {{description: d}}, '304': {{description: d}}, '409': {in_use}, '404': {error}, default: {error}"
        );
        let found = pass(super::run, &operation(&answers), SCHEMAS).unwrap();
        let paths = json(&found.0.api.paths);
        assert_eq!(paths.matches("description").count(), 1);
        assert!(paths.contains("'2XX':{'content':{'application/json':{'schema':{'$ref':'#/components/schemas/Thing'}}}"), "{paths}");
        assert!(found.0.operations[0].conditional);
        let success = found.0.operations[0].success.iter();
        let json = "application/json";
        assert_eq!(
            success
                .map(|of| (of.status, of.media.as_deref()))
                .collect::<Vec<_>>(),
            [(200, Some(json)), (201, Some(json)), (202, None)]
        );
        assert_eq!(found.0.error_payloads["a"], ["InUse".to_owned()].into());
    }

    #[test]
    fn an_operation_without_304_is_not_conditional() {
        let found = pass(super::run, &operation("'204': {description: d}"), SCHEMAS).unwrap();
        assert!(!found.0.operations[0].conditional);
        assert_eq!(
            json(&found.0.api.paths),
            "{'/p':{'get':{'operationId':'a','responses':{'2XX':{'description':'d'}}}}}"
        );
    }

    #[test]
    fn two_types_of_success_are_rejected() {
        let said = |second: &str| {
            let answers = format!("'200': {}, {second}", holding("Thing"));
            let error = pass(super::run, &operation(&answers), SCHEMAS).err();
            error.map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(said("'202': {description: d}"), "");
        assert_eq!(
            said(&format!("'201': {}", holding("InUse"))),
            "a.yaml:5:5: `a` answers success with two different types"
        );
        assert_eq!(
            said("'204': {description: d}"),
            "a.yaml:5:5: `a` answers success with and without content"
        );
    }
}

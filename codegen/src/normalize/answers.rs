//! Leaves one answer an operation: that of success.
//!
//! Faults: the generator panics on two types of error at one operation, knows nothing of
//! `application/problem+json`, takes 304 for unexpected, and gives an untyped error for a status
//! that is not listed. The runtime reads every other status, listed or not, into one error type,
//! and 304 into "not modified" where the operation declares it. 204 and 205 hold nothing, ever: an
//! operation that also answers with something gives an `Option` of it.

use std::collections::BTreeSet;

use openapiv3::{ReferenceOr, Response, StatusCode};

use crate::{
    contract::{Content, Contract, Success, is_success},
    normalize::reachable,
    schemas,
};
use pgbeam_spec::{error::Result, read::document::is_json};

/// The component of the problem document.
const PROBLEM: &str = "Error";

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        let responses = &mut operation.responses;
        responses.default = None;
        let not_modified = responses.responses.contains_key(&StatusCode::Code(304));
        let payloads = responses
            .responses
            .iter()
            .filter(|(status, _)| !is_success(status));
        for (_, response) in payloads {
            let found = payload(response)?;
            contract
                .error_payloads
                .entry(id.clone())
                .or_default()
                .extend(found);
        }
        responses.responses.retain(|status, _| is_success(status));
        let success = responses.responses.iter().filter_map(success).collect();
        let bare = [StatusCode::Code(204), StatusCode::Code(205)];
        let bare = bare
            .iter()
            .any(|status| responses.responses.contains_key(status));
        if !merge_success(&mut responses.responses) {
            let message = format!("`{id}` answers success with two different types");
            return Err(contract.places.at_operation(&id, message));
        }
        let plan = contract.operations.iter_mut().find(|plan| plan.id == id);
        if let Some(plan) = plan {
            plan.conditional = not_modified;
            plan.success = success;
            plan.content = content(&responses.responses);
            plan.may_be_empty = bare && plan.content == Content::Json;
        }
    }
    Ok(())
}

/// What is noted of an answer before all become one.
fn success((status, response): (&StatusCode, &ReferenceOr<Response>)) -> Option<Success> {
    let response = response.as_item()?;
    Some(Success {
        status: status.clone(),
        description: response.description.clone(),
        media: response.content.keys().next().cloned(),
    })
}

/// What the one answer that is left holds.
fn content(responses: &indexmap::IndexMap<StatusCode, ReferenceOr<Response>>) -> Content {
    let mut media = responses
        .values()
        .filter_map(ReferenceOr::as_item)
        .flat_map(|of| &of.content);
    match media.next() {
        None => Content::None,
        Some((media, _)) if is_json(media) => Content::Json,
        Some(_) => Content::Bytes,
    }
}

/// The components that an error answer holds, without the shared problem document, which the
/// runtime reads itself.
fn payload(response: &ReferenceOr<Response>) -> Result<BTreeSet<String>> {
    let content = response.as_item().map(|response| &response.content);
    let mut found = reachable::references(&content)?;
    found.remove(PROBLEM);
    Ok(found)
}

/// 200 and 201 are both success; one pattern for all of them decodes what a replay answers, too.
/// False if they have different types.
fn merge_success(responses: &mut indexmap::IndexMap<StatusCode, ReferenceOr<Response>>) -> bool {
    let mut kept: Vec<ReferenceOr<Response>> = Vec::new();
    for (_, response) in std::mem::take(responses) {
        let content = |response: &ReferenceOr<Response>| {
            response
                .as_item()
                .map(|response| response.content.clone())
                .unwrap_or_default()
        };
        let same = kept
            .iter()
            .any(|first| content(first) == content(&response));
        if kept.is_empty() || content(&response).is_empty() || same {
            kept.push(response);
        } else if kept.iter().all(|first| content(first).is_empty()) {
            kept = vec![response];
        } else {
            return false;
        }
    }
    if let Some(response) = kept.into_iter().next() {
        responses.insert(StatusCode::Range(2), response);
    }
    true
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
                .map(|of| (of.status.to_string(), of.media.as_deref()))
                .collect::<Vec<_>>(),
            [
                ("200".into(), Some(json)),
                ("201".into(), Some(json)),
                ("202".into(), None)
            ]
        );
        assert_eq!(found.0.error_payloads["a"], ["InUse".to_owned()].into());
    }

    #[test]
    fn an_answer_that_may_hold_nothing_is_known() {
        for (more, want) in [
            ("'204': {description: d}", true),
            ("'202': {description: d}", false),
        ] {
            let answers = format!("'200': {}, {more}", holding("Thing"));
            let found = pass(super::run, &operation(&answers), SCHEMAS).unwrap();
            assert_eq!(found.0.operations[0].may_be_empty, want, "{more}");
        }
        let found = pass(super::run, &operation("'204': {description: d}"), SCHEMAS).unwrap();
        assert!(!found.0.operations[0].may_be_empty);
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
    fn two_types_of_success_are_refused() {
        let answers = format!("'200': {}, '201': {}", holding("Thing"), holding("InUse"));
        let error = pass(super::run, &operation(&answers), SCHEMAS)
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "a.yaml:5:5: `a` answers success with two different types"
        );
    }
}

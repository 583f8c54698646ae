//! Leaves one media type where several say the same: JSON.
//!
//! Fault: the generator takes the first media type that a body or an answer lists, whatever it is,
//! and refuses what it does not know. Where JSON is among them, the others are dropped: it is what
//! the runtime sends and asks for.

use indexmap::IndexMap;
use openapiv3::{MediaType, ReferenceOr};

use crate::{contract::Contract, schemas};
use pgbeam_spec::{error::Result, read::document::is_json};

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        if let Some(ReferenceOr::Item(body)) = &mut operation.request_body {
            leave_json(&mut body.content);
        }
        let responses = &mut operation.responses;
        for slot in responses
            .responses
            .values_mut()
            .chain(&mut responses.default)
        {
            if let ReferenceOr::Item(response) = slot {
                leave_json(&mut response.content);
            }
        }
    }
    Ok(())
}

fn leave_json(content: &mut IndexMap<String, MediaType>) {
    if let Some(json) = content.keys().find(|media| is_json(media)).cloned() {
        content.retain(|media, _| *media == json);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{json, pass};

    #[test]
    fn json_is_left_where_it_is_among_others() {
        let paths = "/p:\n    post:\n      operationId: a\n      requestBody:\n        content: {text/xml: {}, application/json: {}}\n      responses:\n        '200': {description: d, content: {application/json; charset=utf-8: {}, text/csv: {}}}\n        '400': {description: d, content: {application/problem+json: {}}}\n        default: {description: d, content: {text/csv: {}, text/plain: {}}}";
        let found = pass(super::run, paths, "{}").unwrap();
        let paths = json(&found.0.api.paths);
        for (media, want) in [
            ("application/json'", 1),
            ("application/json; charset=utf-8", 1),
            ("text/xml", 0),
            ("application/problem+json", 1),
            // None of the two is JSON.
            ("text/csv", 1),
            ("text/plain", 1),
        ] {
            assert_eq!(paths.matches(media).count(), want, "{media}: {paths}");
        }
    }
}

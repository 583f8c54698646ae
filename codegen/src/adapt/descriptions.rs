//! Describes answers that are not described.
//!
//! Fault: OpenAPI asks for the `description` of every answer, and its model refuses the whole
//! document for one that is missing, though no code is made from it.

use crate::{
    document::each_answer_mut,
    source::{Node, Value},
};

pub fn run(document: &mut Node) {
    each_answer_mut(document, &mut |answer| {
        if answer.get("$ref").is_none() && answer.get("description").and_then(Node::text).is_none()
        {
            answer.set("description", Value::Text(String::new()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn only_what_is_missing_is_added() {
        let text = "paths: {/p: {get: {responses: {'200': {}, '201': {description: d}, '202': {$ref: a}, x-a: {}}}}}\ncomponents: {responses: {R: {description: null}}}";
        assert_eq!(
            after(super::run, text),
            "{'paths':{'/p':{'get':{'responses':{'200':{'description':''},'201':{'description':'d'},'202':{'$ref':'a'},'x-a':{}}}}},'components':{'responses':{'R':{'description':''}}}}"
        );
    }
}

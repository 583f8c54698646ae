//! Makes media types plain: one where several are no JSON, and a schema for all JSON.
//!
//! Fault: what is not JSON is given as bytes, whatever it is, and which of several media types it
//! is cannot be told beforehand. JSON without a schema may be anything, which a schema can say.

use crate::{
    document::{each_answer_mut, each_body_mut},
    schemas::is_json,
    source::{Node, Value},
};

pub fn run(document: &mut Node) {
    each_body_mut(document, &mut any_json);
    each_answer_mut(document, &mut |answer| {
        any_json(answer);
        if let Some(Node {
            value: Value::Map(media),
            ..
        }) = answer.get_mut("content")
            && !media.iter().any(|media| is_json(&media.key))
        {
            media.truncate(1);
        }
    });
}

fn any_json(holder: &mut Node) {
    let media = holder
        .get_mut("content")
        .map(Node::entries_mut)
        .unwrap_or_default();
    for media in media.iter_mut().filter(|media| is_json(&media.key)) {
        if matches!(media.node.value, Value::Null) {
            media.node.value = Value::Map(Vec::new());
        }
        if media.node.get("schema").is_none() {
            media.node.set("schema", Value::Map(Vec::new()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn json_has_a_schema_and_of_other_types_one_is_left() {
        let text = "paths: {/p: {get: {requestBody: {content: {text/plain: {}, application/json: null}}, responses: {'200': {content: {text/csv: {}, text/plain: {}}}, '201': {content: {application/json: {}, text/csv: {}}}}}}}";
        assert_eq!(
            after(super::run, text),
            "{'paths':{'/p':{'get':{'requestBody':{'content':{'text/plain':{},'application/json':{'schema':{}}}},'responses':{'200':{'content':{'text/csv':{}}},'201':{'content':{'application/json':{'schema':{}},'text/csv':{}}}}}}}}"
        );
    }
}

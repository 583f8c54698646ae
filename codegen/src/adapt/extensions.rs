//! Drops extensions that mean something else in other contracts.
//!
//! Fault: `x-method` or `x-enum` may be anybody's, and what is no method path or type name would be
//! refused. `x-dropshot-…` and `x-rust-type` make the generator do what only one framework's
//! documents mean.

use heck::ToPascalCase;

use crate::{
    document::{each_operation_mut, each_parameter_mut, each_schema_mut},
    source::Node,
};

pub fn run(document: &mut Node) {
    each_operation_mut(document, &mut |_, _, operation| {
        for key in ["x-method", "x-dropshot-websocket", "x-dropshot-pagination"] {
            operation.remove(key);
        }
    });
    each_parameter_mut(document, &mut |parameter| {
        unless_a_type(parameter, "x-id-type")
    });
    each_schema_mut(document, &mut |schema| {
        unless_a_type(schema, "x-enum");
        schema.remove("x-rust-type");
    });
}

fn unless_a_type(node: &mut Node, key: &str) {
    let name = node.get(key).and_then(Node::text);
    if !name.is_some_and(|name| !name.is_empty() && name == name.to_pascal_case()) {
        node.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, schema};

    #[test]
    fn what_is_ours_stays() {
        assert_eq!(
            schema(super::run, "{x-enum: Mode, x-a: 1}"),
            "{'x-enum':'Mode','x-a':1}"
        );
        assert_eq!(schema(super::run, "{x-enum: [a], x-rust-type: {}}"), "{}");
        // A field of that name is no extension.
        let fields = schema(super::run, "{properties: {x-enum: {x-enum: a b}}}");
        assert_eq!(fields, "{'properties':{'x-enum':{}}}");
        let text = "paths: {/p: {get: {x-method: GET, x-b: 1, parameters: [{x-id-type: a}, {x-id-type: ThingId}]}}}";
        assert_eq!(
            after(super::run, text),
            "{'paths':{'/p':{'get':{'x-b':1,'parameters':[{},{'x-id-type':'ThingId'}]}}}}"
        );
    }
}

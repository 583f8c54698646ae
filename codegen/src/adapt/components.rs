//! Gives every component a name that a type can have.
//!
//! Fault: OpenAPI admits `3DModel` and `self` as names of schemas. No type can begin with a digit
//! or be called `Self`, and one called `Option` would stand in the place of Rust's own.

use std::collections::BTreeMap;

use heck::ToPascalCase;

use super::{operation_ids::SHORT, words};
use crate::source::{Node, Value};

const PREFIX: &str = "#/components/schemas/";

pub fn run(document: &mut Node) {
    let schemas = document
        .get_mut("components")
        .and_then(|of| of.get_mut("schemas"));
    let mut renamed = BTreeMap::new();
    for component in schemas.map(Node::entries_mut).unwrap_or_default() {
        if let Some(name) = name(&component.key) {
            renamed.insert(std::mem::replace(&mut component.key, name.clone()), name);
        }
    }
    if !renamed.is_empty() {
        refer(document, &renamed);
    }
}

/// The name in place of a component's; `None` where a type can have its own.
fn name(component: &str) -> Option<String> {
    let name = words(component).to_pascal_case();
    if SHORT.contains(&name.as_str()) {
        Some(format!("{name}Type"))
    } else if !component.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some(format!("Type{name}"))
    } else {
        None
    }
}

fn refer(node: &mut Node, renamed: &BTreeMap<String, String>) {
    node.items_mut()
        .iter_mut()
        .for_each(|item| refer(item, renamed));
    for entry in node.entries_mut() {
        let new = match entry.node.text().and_then(|text| text.strip_prefix(PREFIX)) {
            Some(name) if entry.key == "$ref" => renamed.get(name),
            _ => None,
        };
        match new {
            Some(new) => entry.node.value = Value::Text(format!("{PREFIX}{new}")),
            None => refer(&mut entry.node, renamed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn what_cannot_be_a_type_is_renamed_wherever_it_is_used() {
        let text = "paths: {a: [{$ref: '#/components/schemas/3D'}]}\ncomponents: {schemas: {3D: {$ref: '#/components/schemas/self'}, self: {x: '#/components/schemas/3D'}, _Good: 1, good: 2}}";
        assert_eq!(
            after(super::run, text),
            "{'paths':{'a':[{'$ref':'#/components/schemas/Type3d'}]},'components':{'schemas':{'Type3d':{'$ref':'#/components/schemas/SelfType'},'SelfType':{'x':'#/components/schemas/3D'},'TypeGood':1,'good':2}}}"
        );
    }
}

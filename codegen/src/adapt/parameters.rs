//! Gives every parameter a name that a method can have, and drops what is none.
//!
//! Fault: `filter[name]` is no name in Rust, and `body` that of a method which every request has.
//! The parameter gets another name, and is sent under its own: `x-wire-name`. The headers
//! `Accept`, `Content-Type` and `Authorization` are no parameters, says OpenAPI, whoever lists them;
//! the transport sets them. A parameter has no way to be null: it is left out.

use heck::ToSnakeCase;

use super::words;
use crate::{
    document::{each_parameter_mut, resolved},
    lint::is_name,
    refine::requests::RESERVED,
    source::{Node, Value},
};

/// The extension that holds what a parameter is called in a request.
pub const WIRE_NAME: &str = "x-wire-name";

pub fn run(document: &mut Node) {
    drop_ignored(document);
    each_parameter_mut(document, &mut |parameter| {
        parameter
            .get_mut("schema")
            .map(|schema| schema.remove("nullable"));
        let Some(name) = parameter
            .get("name")
            .and_then(Node::text)
            .map(str::to_owned)
        else {
            return;
        };
        if let Some(new) = self::name(&name) {
            parameter.set("name", Value::Text(new));
            if parameter.get("in").and_then(Node::text) != Some("path") {
                parameter.set(WIRE_NAME, Value::Text(name));
            }
        }
    });
    for path in document
        .get_mut("paths")
        .map(Node::entries_mut)
        .unwrap_or_default()
    {
        path.key = template(&path.key);
    }
}

/// The name in place of a parameter's; `None` where a method can have its own.
fn name(parameter: &str) -> Option<String> {
    if !is_name(parameter) {
        let name = words(parameter).to_snake_case();
        return Some(match is_name(&name) {
            true => self::name(&name).unwrap_or(name),
            false => format!("parameter_{name}").trim_end_matches('_').to_owned(),
        });
    }
    RESERVED
        .contains(&parameter.to_snake_case().as_str())
        .then(|| format!("{parameter}_parameter"))
}

/// A path with the new names of its parameters.
fn template(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((of, after)) = after.split_once('}') else {
            break;
        };
        out.push_str(&format!(
            "{before}{{{}}}",
            name(of).as_deref().unwrap_or(of)
        ));
        rest = after;
    }
    out + rest
}

fn drop_ignored(document: &mut Node) {
    const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];
    let whole = document.clone();
    let ignored = |parameter: &Node| {
        let of = resolved(&whole, parameter);
        let text = |key: &str| of.and_then(|of| of.get(key)?.text()).unwrap_or_default();
        text("in") == "header" && IGNORED.contains(&text("name").to_lowercase().as_str())
    };
    let drop = |holder: &mut Node| {
        if let Some(Node {
            value: Value::List(list),
            ..
        }) = holder.get_mut("parameters")
        {
            list.retain(|parameter| !ignored(parameter));
        }
    };
    for path in document
        .get_mut("paths")
        .map(Node::entries_mut)
        .unwrap_or_default()
    {
        drop(&mut path.node);
        path.node
            .entries_mut()
            .iter_mut()
            .for_each(|entry| drop(&mut entry.node));
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::after, name, template};

    #[test]
    fn a_name_that_a_method_can_have_stays() {
        for (parameter, want) in [
            ("thing_id", None),
            ("If-Match", None),
            ("type", None),
            ("filter[name]", Some("filter_name")),
            ("$top", Some("top")),
            ("$body", Some("body_parameter")),
            ("2nd", Some("parameter_2nd")),
            ("日本", Some("parameter")),
            ("Client", Some("Client_parameter")),
        ] {
            assert_eq!(name(parameter).as_deref(), want, "{parameter}");
        }
        assert_eq!(template("/a/{x.y}/{b}:c/{d"), "/a/{x_y}/{b}:c/{d");
    }

    #[test]
    fn what_is_sent_keeps_its_name() {
        let text = "paths: {'/{a.b}': {parameters: [{name: a.b, in: path}], get: {parameters: [{name: body, in: query, schema: {nullable: true}}, {name: accept, in: header}, {$ref: '#/components/parameters/T'}]}}}\ncomponents: {parameters: {T: {name: Content-Type, in: header}}}";
        assert_eq!(
            after(super::run, text),
            "{'paths':{'/{a_b}':{'parameters':[{'name':'a_b','in':'path'}],'get':{'parameters':[{'name':'body_parameter','in':'query','schema':{},'x-wire-name':'body'}]}}},'components':{'parameters':{'T':{'name':'Content-Type','in':'header'}}}}"
        );
    }
}

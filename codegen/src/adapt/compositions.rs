//! Makes one object of several that are put together with `allOf`.
//!
//! Fault: the generator makes a type of the parts, but under which of them a field stands is lost,
//! and with it the bounds of the field; parts that only describe, and what stands beside `allOf`,
//! confuse it. An object that is put together has the fields of all its parts. `allOf` of one
//! reference stays: it is the reference, described anew.

use crate::{
    document::{each_schema_mut, resolve},
    source::{Entry, Node, Value},
};

/// Keywords that say what a value is, rather than something about it.
const SHAPE: [&str; 24] = [
    "$ref",
    "type",
    "format",
    "pattern",
    "enum",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
];

pub fn run(document: &mut Node) {
    let whole = document.clone();
    each_schema_mut(document, &mut |schema| {
        one_alternative(schema);
        describe(schema);
        if let Some(merged) = merge(&whole, schema) {
            *schema = merged;
        }
    });
}

/// One alternative is none: `oneOf` of one is `allOf` of one.
fn one_alternative(schema: &mut Node) {
    for key in ["oneOf", "anyOf"] {
        if schema
            .get(key)
            .is_some_and(|parts| parts.items().len() == 1)
            && schema.get("allOf").is_none()
            && let Some(parts) = schema.remove(key)
        {
            schema.remove("discriminator");
            schema.set("allOf", parts.value);
        }
    }
}

/// Takes parts that only describe out of `allOf`, and says beside it what they say.
fn describe(schema: &mut Node) {
    let is_shape = |part: &Node| {
        part.entries()
            .iter()
            .any(|entry| SHAPE.contains(&entry.key.as_str()))
            || !matches!(part.value, Value::Map(_))
    };
    let Some(Node {
        value: Value::List(parts),
        ..
    }) = schema.get_mut("allOf")
    else {
        return;
    };
    if !parts.iter().any(is_shape) {
        return;
    }
    let described: Vec<Entry> = parts
        .extract_if(.., |part| !is_shape(part))
        .flat_map(|part| match part.value {
            Value::Map(entries) => entries,
            _ => Vec::new(),
        })
        .collect();
    for entry in described {
        if schema.get(&entry.key).is_none() {
            schema.set(&entry.key, entry.node.value);
        }
    }
}

/// The one object; `None` for what is not put together, or not of objects alone.
fn merge(whole: &Node, schema: &Node) -> Option<Node> {
    let parts = schema.get("allOf")?.items();
    let beside = |key: &str| {
        let own = schema.entries().iter().find(|entry| entry.key == key)?;
        // An empty object beside the parts says no more than they do.
        (!own.node.entries().is_empty() || !own.node.items().is_empty()).then_some(own)
    };
    let alone = beside("properties").is_none()
        && beside("required").is_none()
        && beside("additionalProperties").is_none();
    if alone && let [part] = parts {
        let mut schema = schema.clone();
        if part.get("$ref").is_some() {
            // What it is, the reference says.
            let known = schema.remove("type").is_some() | schema.remove("properties").is_some();
            return known.then_some(schema);
        }
        let part = part.clone();
        schema.remove("allOf");
        schema.remove("type");
        for entry in part.entries() {
            if schema.get(&entry.key).is_none() {
                schema.set(&entry.key, entry.node.value.clone());
            }
        }
        return Some(schema);
    }
    let mut all = Parts::default();
    all.take(whole, schema, 0)?;
    let mut merged = schema.clone();
    let Value::Map(entries) = &mut merged.value else {
        return None;
    };
    entries.retain(|entry| !SHAPE.contains(&entry.key.as_str()) && entry.key != "discriminator");
    merged.set("type", Value::Text("object".to_owned()));
    if !all.required.is_empty() {
        merged.set("required", Value::List(all.required));
    }
    if !all.properties.is_empty() {
        merged.set("properties", Value::Map(all.properties));
    }
    if let Some(additional) = all.additional {
        merged.set("additionalProperties", additional.value);
    }
    Some(merged)
}

/// What the parts of an object have between them.
#[derive(Default)]
struct Parts {
    properties: Vec<Entry>,
    required: Vec<Node>,
    additional: Option<Node>,
}

impl Parts {
    /// Takes over what an object has; `None` if it is none.
    fn take(&mut self, whole: &Node, schema: &Node, depth: usize) -> Option<()> {
        // Circles are for lint to refuse.
        if depth > 16 {
            return None;
        }
        if let Some(reference) = schema.get("$ref") {
            return self.take(whole, resolve(whole, reference.text()?)?, depth + 1);
        }
        let kind = schema.get("type").map(|kind| kind.text() == Some("object"));
        let parts = schema.get("allOf").map(Node::items).unwrap_or_default();
        let is_object = kind.unwrap_or(schema.get("properties").is_some() || !parts.is_empty());
        let other = ["anyOf", "oneOf", "not", "enum"]
            .iter()
            .any(|key| schema.get(key).is_some());
        // A part may say no more than what is required of the others.
        if other || !(is_object || kind.is_none() && schema.get("required").is_some()) {
            return None;
        }
        for part in parts {
            self.take(whole, part, depth + 1)?;
        }
        for entry in schema
            .get("properties")
            .map(Node::entries)
            .unwrap_or_default()
        {
            // A later part may say more of a field than an earlier one.
            match self
                .properties
                .iter_mut()
                .find(|first| first.key == entry.key)
            {
                Some(first) => *first = entry.clone(),
                None => self.properties.push(entry.clone()),
            }
        }
        for name in schema.get("required").map(Node::items).unwrap_or_default() {
            if !self
                .required
                .iter()
                .any(|first| first.text() == name.text())
            {
                self.required.push(name.clone());
            }
        }
        let additional = schema.get("additionalProperties");
        let open = additional.filter(|of| !matches!(of.value, Value::Bool(false)));
        self.additional = self.additional.take().or(open.cloned());
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, schema};

    #[test]
    fn one_object_is_made_of_its_parts() {
        let text = "
components:
  schemas:
    Base: {type: object, required: [id], properties: {id: {type: string}, kind: {type: string}}}
    Middle: {allOf: [{$ref: '#/components/schemas/Base'}, {properties: {m: {}}}]}
    Whole:
      description: All of it.
      allOf:
        - $ref: '#/components/schemas/Middle'
        - {type: object, required: [id, w], properties: {w: {}, kind: {type: string, maxLength: 3}}}
        - {required: [m]}
      properties: {own: {}}
";
        let after = after(super::run, text);
        let (_, whole) = after.split_once("'Whole':").unwrap();
        assert_eq!(
            whole,
            "{'description':'All of it.','type':'object','required':['id','w','m'],'properties':{'id':{'type':'string'},'kind':{'type':'string','maxLength':3},'m':{},'w':{},'own':{}}}}}}"
        );
    }

    #[test]
    fn a_reference_that_is_described_anew_stays() {
        for (text, want) in [
            (
                "{allOf: [{$ref: a}], description: d}",
                "{'allOf':[{'$ref':'a'}],'description':'d'}",
            ),
            (
                "{allOf: [{$ref: a}], type: object}",
                "{'allOf':[{'$ref':'a'}]}",
            ),
            (
                "{allOf: [{$ref: a}, {nullable: true}]}",
                "{'allOf':[{'$ref':'a'}],'nullable':true}",
            ),
            ("{oneOf: [{$ref: a}]}", "{'allOf':[{'$ref':'a'}]}"),
            (
                "{allOf: [{type: string, maxLength: 1}], x-a: 1}",
                "{'x-a':1,'type':'string','maxLength':1}",
            ),
        ] {
            assert_eq!(schema(super::run, text), want);
        }
    }

    #[test]
    fn what_is_no_object_stays() {
        for text in [
            "{'allOf':[{'type':'string'},{'maxLength':3}]}",
            "{'allOf':[{'oneOf':[{},{}]},{'type':'object'}]}",
            "{'allOf':[{'$ref':'#/components/schemas/Gone'},{'type':'object'}]}",
            "{'allOf':[{'$ref':'#/components/schemas/Thing'},{'type':'object'}]}",
            "{'allOf':[]}",
            "{'oneOf':[{},{}]}",
        ] {
            assert_eq!(schema(super::run, text), text);
        }
    }
}

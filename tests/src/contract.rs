//! This repository's contract as plain JSON, to be changed at will and compared.

use std::{collections::BTreeSet, path::Path};

use pgbeam_spec::{
    changes::{Change, Report},
    compare::compare,
    error::Error,
    read::Node,
};
use serde_json::{Value, json};

/// An OpenAPI document.
#[derive(Clone, Debug)]
pub struct Document(pub Value);

impl Document {
    /// One area of this repository's contract.
    pub fn of_area(area: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/openapi.json");
        let text = std::fs::read_to_string(path).expect("the bundle");
        let mut document: Value = serde_json::from_str(&text).expect("JSON");
        for path in document["paths"]
            .as_object_mut()
            .expect("paths")
            .values_mut()
        {
            let path = path.as_object_mut().expect("a path");
            path.retain(|_, of| {
                of.get("tags")
                    .is_none_or(|tags| *tags == serde_json::json!([area]))
            });
        }
        let used = references(&document);
        for (kind, components) in document["components"].as_object_mut().expect("components") {
            let components = components.as_object_mut().expect("components of one kind");
            // Security schemes are not referred to by references.
            components.retain(|name, _| {
                kind == "securitySchemes" || used.contains(&format!("#/components/{kind}/{name}"))
            });
        }
        Self(document)
    }

    /// The document, changed.
    pub fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut document = self.clone();
        change(&mut document);
        document
    }

    /// A component.
    pub fn component(&mut self, kind: &str, name: &str) -> &mut Value {
        let component = &mut self.0["components"][kind][name];
        assert!(
            !component.is_null(),
            "there is no `{name}` among the {kind}"
        );
        component
    }

    /// A schema among the components.
    pub fn schema(&mut self, name: &str) -> &mut Value {
        self.component("schemas", name)
    }

    /// A field of a schema among the components.
    pub fn field(&mut self, schema: &str, field: &str) -> &mut Value {
        let found = &mut self.schema(schema)["properties"][field];
        assert!(!found.is_null(), "there is no field `{schema}.{field}`");
        found
    }

    /// The fields of a schema among the components.
    pub fn fields(&mut self, schema: &str) -> &mut serde_json::Map<String, Value> {
        self.schema(schema)["properties"]
            .as_object_mut()
            .expect("fields")
    }

    /// The names that a schema among the components requires.
    pub fn required(&mut self, schema: &str) -> &mut Vec<Value> {
        let required = &mut self.schema(schema)["required"];
        if required.is_null() {
            *required = Value::Array(Vec::new());
        }
        required.as_array_mut().expect("a list")
    }

    /// An operation.
    pub fn operation(&mut self, id: &str) -> &mut Value {
        let paths = self.0["paths"].as_object_mut().expect("paths");
        let mut operations = paths.values_mut().flat_map(|path| {
            path.as_object_mut()
                .into_iter()
                .flat_map(|path| path.values_mut())
        });
        operations
            .find(|of| of["operationId"] == *id)
            .expect("an operation of this id")
    }

    /// The methods of a path.
    pub fn path(&mut self, path: &str) -> &mut serde_json::Map<String, Value> {
        self.0["paths"][path].as_object_mut().expect("a path")
    }

    /// The references to a component, everywhere, to be given another name.
    pub fn rename(&mut self, kind: &str, from: &str, to: &str) {
        let components = self.0["components"][kind]
            .as_object_mut()
            .expect("components");
        let component = components.remove(from).expect("a component");
        components.insert(to.to_owned(), component);
        let (from, to) = (
            format!("#/components/{kind}/{from}"),
            format!("#/components/{kind}/{to}"),
        );
        each(&mut self.0, &mut |value| {
            if value
                .get("$ref")
                .is_some_and(|reference| *reference == *from)
            {
                value["$ref"] = to.clone().into();
            }
        });
    }

    /// What codegen reads of it.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub fn node(&self) -> Result<Node, Error> {
        Node::parse(&self.0.to_string(), "contract.json")
    }

    /// What a later document changes.
    ///
    /// # Panics
    ///
    /// If one of them cannot be compared.
    pub fn compare(&self, later: &Self) -> Report {
        let nodes = [self.node(), later.node()].map(|node| node.expect("a document"));
        compare(&nodes[0], &nodes[1]).expect("two documents that can be compared")
    }
}

/// All that the paths of a document refer to, by whatever ways.
fn references(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![document["paths"].clone()];
    while let Some(mut value) = open.pop() {
        each(&mut value, &mut |value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str)
                && found.insert(reference.to_owned())
            {
                open.extend(document.pointer(&reference[1..]).cloned());
            }
        });
    }
    found
}

/// Visits every value of a document, outer ones first.
pub fn each(value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    visit(value);
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| each(value, visit)),
        Value::Array(items) => items.iter_mut().for_each(|value| each(value, visit)),
        _ => {}
    }
}

/// A change in one line: what, which way, and whom it harms.
pub fn line(change: &Change) -> String {
    let name = |value: Value| value.as_str().unwrap_or("-").to_owned();
    format!(
        "{} {} {}, {}: sdk {}, api {}",
        name(json!(change.subject.kind)),
        change.subject.name.replace('`', ""),
        change.kind.name(),
        name(json!(change.direction)),
        name(json!(change.verdict.sdk)),
        name(json!(change.verdict.api))
    )
}

//! This repository's API contract as JSON, for tests that change and compare it.

use std::{collections::BTreeSet, path::Path};

use pgbeam_spec::{
    changes::{Change, Report},
    compare::compare,
    error::Error,
    read::Node,
};
use serde_json::{Value, json};

/// An OpenAPI document as JSON. Methods that take the name of a part of the document panic if the part is
/// missing.
#[derive(Clone, Debug)]
pub struct Document(pub Value);

impl Document {
    /// Loads this repository's API contract, reduced to the operations with the tag `area`, the components
    /// that these operations use, and all security schemes.
    pub fn load_area(area: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/openapi.json");
        let json = std::fs::read_to_string(path).expect("the bundled document");
        let mut document: Value = serde_json::from_str(&json).expect("valid JSON");
        for path in document["paths"]
            .as_object_mut()
            .expect("paths")
            .values_mut()
        {
            let path = path.as_object_mut().expect("a path");
            path.retain(|_, value| {
                value
                    .get("tags")
                    .is_none_or(|tags| *tags == serde_json::json!([area]))
            });
        }
        let used = reachable_references(&document);
        for (kind, components) in document["components"].as_object_mut().expect("components") {
            let components = components.as_object_mut().expect("components of one kind");
            // Operations name security schemes without `$ref`.
            components.retain(|name, _| {
                kind == "securitySchemes" || used.contains(&format!("#/components/{kind}/{name}"))
            });
        }
        Self(document)
    }

    /// Applies `change` to a copy of the document, and returns the copy.
    pub fn with_change(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut document = self.clone();
        change(&mut document);
        document
    }

    /// Returns the component with this kind, such as `schemas`, and this name.
    pub fn component(&mut self, kind: &str, name: &str) -> &mut Value {
        let component = &mut self.0["components"][kind][name];
        assert!(!component.is_null(), "no component `{name}` in {kind}");
        component
    }

    /// Returns the component schema of this name.
    pub fn schema(&mut self, name: &str) -> &mut Value {
        self.component("schemas", name)
    }

    /// Returns the schema of a field of a component schema.
    pub fn field(&mut self, schema: &str, field: &str) -> &mut Value {
        let value = &mut self.schema(schema)["properties"][field];
        assert!(!value.is_null(), "no field `{schema}.{field}`");
        value
    }

    /// Returns the schemas of the fields of a component schema, by field name.
    pub fn fields(&mut self, schema: &str) -> &mut serde_json::Map<String, Value> {
        self.schema(schema)["properties"]
            .as_object_mut()
            .expect("fields")
    }

    /// Returns the list `required` of a component schema. Adds an empty list if there is none.
    pub fn required(&mut self, schema: &str) -> &mut Vec<Value> {
        let required = &mut self.schema(schema)["required"];
        if required.is_null() {
            *required = Value::Array(Vec::new());
        }
        required.as_array_mut().expect("a list")
    }

    /// Returns the operation with this id.
    pub fn operation(&mut self, id: &str) -> &mut Value {
        let paths = self.0["paths"].as_object_mut().expect("paths");
        let mut operations = paths.values_mut().flat_map(|path| {
            path.as_object_mut()
                .into_iter()
                .flat_map(|path| path.values_mut())
        });
        operations
            .find(|operation| operation["operationId"] == *id)
            .expect("an operation with this id")
    }

    /// Returns the path item of a path: its operations by method.
    pub fn path(&mut self, path: &str) -> &mut serde_json::Map<String, Value> {
        self.0["paths"][path].as_object_mut().expect("a path")
    }

    /// Renames a component of this kind, such as `schemas`, and updates all references to the component.
    pub fn rename_component(&mut self, kind: &str, from: &str, to: &str) {
        let components = self.0["components"][kind]
            .as_object_mut()
            .expect("components");
        let component = components.remove(from).expect("a component");
        components.insert(to.to_owned(), component);
        let (from, to) = (
            format!("#/components/{kind}/{from}"),
            format!("#/components/{kind}/{to}"),
        );
        visit_values(&mut self.0, &mut |value| {
            if value
                .get("$ref")
                .is_some_and(|reference| *reference == *from)
            {
                value["$ref"] = to.clone().into();
            }
        });
    }

    /// Parses the document as codegen does.
    ///
    /// # Errors
    ///
    /// The error of the parser.
    pub fn parse(&self) -> Result<Node, Error> {
        Node::parse(&self.0.to_string(), "contract.json")
    }

    /// Returns the changes between this document and a later one.
    ///
    /// # Panics
    ///
    /// If one of the documents is invalid.
    pub fn compare(&self, later: &Self) -> Report {
        let nodes = [self.parse(), later.parse()].map(|node| node.expect("a parsed document"));
        compare(&nodes[0], &nodes[1]).expect("valid documents")
    }
}

/// Returns all references in the paths of a document, and in the components that these references lead to.
fn reachable_references(document: &Value) -> BTreeSet<String> {
    let mut references = BTreeSet::new();
    let mut pending = vec![document["paths"].clone()];
    while let Some(mut value) = pending.pop() {
        visit_values(&mut value, &mut |value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str)
                && references.insert(reference.to_owned())
            {
                pending.extend(document.pointer(&reference[1..]).cloned());
            }
        });
    }
    references
}

/// Calls `visit` with a JSON value and every value inside it, parents before children.
pub fn visit_values(value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    visit(value);
    match value {
        Value::Object(map) => map
            .values_mut()
            .for_each(|value| visit_values(value, visit)),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| visit_values(value, visit)),
        _ => {}
    }
}

/// Formats a change as one line: subject, kind, direction and verdicts, such as
/// `field MaskingRule.note added, request: sdk none, api notice`.
pub fn format_change(change: &Change) -> String {
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

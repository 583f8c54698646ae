//! Renders the schema of policy files: a JSON file with the request schemas of a policy profile and of a query
//! template. References are replaced with their targets.
//!
//! `pgbeam::policies` embeds this JSON file and reads the fields, defaults and constraints from it.

use pgbeam_spec::{
    error::{Error, Result},
    read::{Entry, Node, Value, document},
};

/// The kinds of entries in a policy file. Each has its key in the JSON file, the component name of its request
/// schema, and the component name of its resource schema.
const ENTRIES: &[(&str, &str, &str)] = &[
    ("policy_profile", "PolicyProfileInput", "PolicyProfile"),
    ("query_template", "QueryTemplateInput", "QueryTemplate"),
];

/// The keys of a schema that are not copied. References are replaced with their targets. Examples, and keys that
/// only codegen reads, are left out. `x-kept-when-absent` and `x-when-absent` are moved into the properties that they
/// name.
const OMITTED: &[&str] = &[
    "$ref",
    "allOf",
    "example",
    "x-enum",
    "x-enum-descriptions",
    "x-irregular-values",
    "x-kept-when-absent",
    "x-when-absent",
];

/// Returns the schema of policy files as JSON; `None` if the contract has no schema `PolicyProfileInput`.
///
/// # Errors
///
/// Another schema in `ENTRIES` is missing, or a reference has no target.
pub fn render(bundle: &Node) -> Result<Option<String>> {
    let first = ["components", "schemas", "PolicyProfileInput"];
    if bundle.get_path(&first).is_none() {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for (key, input, resource) in ENTRIES {
        let input = component(bundle, input)?;
        let resource = component(bundle, resource)?;
        let mut schema = resolve(bundle, input)?;
        let is_server_owned =
            |entry: &&Entry| input.get_path(&["properties", &entry.key]).is_none();
        let server_owned = resource
            .get_entries("properties")
            .iter()
            .filter(is_server_owned)
            .map(|entry| node(input, Value::String(entry.key.clone())))
            .collect();
        set(&mut schema, "x-server-owned", Value::List(server_owned));
        entries.push(entry(key, schema));
    }
    let file = node(bundle, Value::Map(entries));
    let json =
        serde_json::to_string_pretty(&file).map_err(|error| Error::new(error.to_string()))?;
    Ok(Some(json + "\n"))
}

fn component<'a>(bundle: &'a Node, name: &str) -> Result<&'a Node> {
    bundle
        .get_path(&["components", "schemas", name])
        .ok_or_else(|| Error::at(&bundle.location, format!("the schema `{name}` is missing")))
}

/// Returns a copy of a schema in which references are replaced with their targets, also inside `allOf`. A key beside
/// a reference overrides the same key of the target.
fn resolve(bundle: &Node, schema: &Node) -> Result<Node> {
    let mut resolved = node(schema, Value::Map(Vec::new()));
    let parts = schema.get("$ref").map(|_| schema).into_iter();
    for part in parts.chain(schema.get_items("allOf")) {
        let target = document::follow_ref(bundle, part)
            .ok_or_else(|| Error::at(&part.location, "the reference has no target"))?;
        for entry in resolve(bundle, target)?.entries() {
            set(&mut resolved, &entry.key, entry.node.value.clone());
        }
    }
    for entry in schema.entries() {
        let value = match entry.key.as_str() {
            key if OMITTED.contains(&key) => continue,
            "properties" => properties(bundle, schema)?,
            "items" => resolve(bundle, &entry.node)?.value,
            _ => entry.node.value.clone(),
        };
        set(&mut resolved, &entry.key, value);
    }
    Ok(resolved)
}

/// Returns the resolved properties of an object schema. If `x-when-absent` of the object has a value for a property,
/// the value becomes the `default` of the property. If `x-kept-when-absent` of the object lists a property, the
/// property gets `x-kept-when-absent: true`.
fn properties(bundle: &Node, schema: &Node) -> Result<Value> {
    let mut properties = Vec::new();
    let kept = schema.get_items("x-kept-when-absent");
    for property in schema.get_entries("properties") {
        let mut resolved = resolve(bundle, &property.node)?;
        if let Some(value) = schema.get_path(&["x-when-absent", &property.key]) {
            set(&mut resolved, "default", value.value.clone());
        }
        if kept
            .iter()
            .any(|name| name.as_str() == Some(property.key.as_str()))
        {
            set(&mut resolved, "x-kept-when-absent", Value::Bool(true));
        }
        properties.push(entry(&property.key, resolved));
    }
    Ok(Value::Map(properties))
}

fn set(schema: &mut Node, key: &str, value: Value) {
    let new = node(schema, value);
    if let Value::Map(entries) = &mut schema.value {
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.node = new,
            None => entries.push(entry(key, new)),
        }
    }
}

fn entry(key: &str, node: Node) -> Entry {
    let location = node.location.clone();
    let key = key.to_owned();
    Entry {
        key,
        location,
        node,
    }
}

fn node(beside: &Node, value: Value) -> Node {
    let location = beside.location.clone();
    Node { location, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_defaults_and_server_owned_fields_are_resolved() {
        let bundle = "
            components:
              schemas:
                PolicyProfileInput:
                  type: object
                  x-when-absent: {mode: a}
                  x-kept-when-absent: [mode]
                  properties:
                    mode: {allOf: [{$ref: '#/components/schemas/Mode'}], description: own, example: b}
                PolicyProfile:
                  properties: {id: {type: string}, mode: {type: string}}
                QueryTemplateInput: {type: object, properties: {p: {type: array, items: {$ref: '#/components/schemas/Mode'}}}}
                QueryTemplate: {type: object}
                Mode: {type: string, enum: [a, b], description: shared, x-enum: Mode}
        ";
        let bundle = Node::parse(bundle, "test.yaml").expect("a document");
        let json: serde_json::Value =
            serde_json::from_str(&render(&bundle).expect("valid").expect("a schema"))
                .expect("JSON");
        let expected = serde_json::json!({
            "policy_profile": {
                "type": "object",
                "properties": {"mode": {
                    "type": "string", "enum": ["a", "b"], "description": "own", "default": "a",
                    "x-kept-when-absent": true,
                }},
                "x-server-owned": ["id"],
            },
            "query_template": {
                "type": "object",
                "properties": {"p": {"type": "array", "items": {
                    "type": "string", "enum": ["a", "b"], "description": "shared",
                }}},
                "x-server-owned": [],
            },
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_missing_schema_is_an_error() {
        let bundle = "components: {schemas: {PolicyProfileInput: {type: object}}}";
        let bundle = Node::parse(bundle, "test.yaml").expect("a document");
        let error = render(&bundle).expect_err("no other schema").to_string();
        assert!(error.contains("`PolicyProfile` is missing"), "{error}");
        let bundle = Node::parse("components: {schemas: {}}", "test.yaml").expect("a document");
        assert!(render(&bundle).expect("valid").is_none());
    }
}

//! Other versions of our own contract, as they were or may come to be published.

use pgbeam_codegen::{
    bundle, bundle_json,
    document::{each_operation_mut, each_schema_mut},
    source::{Node, Value},
};

use crate::root;

fn ours() -> Node {
    bundle::document(&root().join("spec/openapi.json")).unwrap()
}

fn parse(text: &str) -> Value {
    Node::parse(text, "added").unwrap().value
}

/// An older one: an area and many fields fewer, and no word of what only our own files have:
/// extensions, summaries and descriptions.
pub fn earlier() -> String {
    let mut document = ours();
    document.set("openapi", parse("3.0.0"));
    document.remove("tags");
    let paths = document.get_mut("paths").unwrap();
    let before = paths.entries().len();
    if let Value::Map(paths) = &mut paths.value {
        paths.retain(|path| !path.key.contains("/webhooks"));
    }
    assert!(paths.entries().len() < before);
    let mut field = 0;
    let mut dropped = 0;
    each_schema_mut(&mut document, &mut |schema| {
        let required: Vec<String> = schema
            .get("required")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|name| name.text().map(str::to_owned))
            .collect();
        if let Some(Node {
            value: Value::Map(properties),
            ..
        }) = schema.get_mut("properties")
        {
            properties.retain(|property| {
                field += 1;
                let stays = field % 3 > 0 || required.contains(&property.key);
                dropped += usize::from(!stays);
                stays
            });
        }
    });
    assert!(dropped > 50, "{dropped}");
    strip(&mut document);
    bundle_json(&document).unwrap()
}

/// Takes out what no tool needs.
fn strip(node: &mut Node) {
    if let Value::Map(entries) = &mut node.value {
        let is_prose = |value: &Value| matches!(value, Value::Text(_));
        entries.retain(|entry| {
            let prose = matches!(entry.key.as_str(), "description" | "summary");
            !(entry.key.starts_with("x-") || prose && is_prose(&entry.node.value))
        });
    }
    node.items_mut().iter_mut().for_each(strip);
    node.entries_mut()
        .iter_mut()
        .for_each(|entry| strip(&mut entry.node));
}

/// A newer one: an operation of a new area, a value more in every enumeration, a field more in
/// every object, and lists in the query.
pub fn later() -> String {
    let mut document = ours();
    document.set("openapi", parse("3.0.4"));
    let operation = "
post:
  operationId: simulatePolicies
  tags: [Labs & Previews]
  parameters:
    - {$ref: '#/components/parameters/ProjectId'}
    - {name: kinds, in: query, schema: {type: array, items: {type: string, enum: [a, b]}}}
  requestBody: {content: {application/json: {schema: {type: object, additionalProperties: true}}}}
  responses:
    '200': {description: Done., content: {application/json: {schema: {oneOf: [{$ref: '#/components/schemas/PolicyProfile'}, {type: string}]}}}}
    '204': {description: Nothing to do.}
";
    assert!(
        document
            .at(&["components", "parameters", "ProjectId"])
            .is_some()
    );
    let path = "/v2/projects/{project_id}/policies:simulate";
    document
        .get_mut("paths")
        .unwrap()
        .set(path, parse(operation));
    let (mut enums, mut objects) = (0, 0);
    each_schema_mut(&mut document, &mut |schema| {
        if let Some(Node {
            value: Value::List(values),
            ..
        }) = schema.get_mut("enum")
        {
            enums += 1;
            let mut value = values[0].clone();
            value.value = Value::Text("brand_new".to_owned());
            values.push(value);
        }
        if let Some(properties) = schema.get_mut("properties") {
            objects += 1;
            properties.set(
                "added_later",
                parse("{type: object, nullable: true, properties: {of: {type: array, items: {type: integer, format: int32}}}}"),
            );
        }
    });
    assert!(enums > 20 && objects > 100, "{enums} {objects}");
    bundle_json(&document).unwrap()
}

#[test]
fn they_differ_from_ours_as_they_should() {
    let count = |json: &str| {
        let mut operations = 0;
        let mut document = Node::parse(json, "a.json").unwrap();
        each_operation_mut(&mut document, &mut |_, _, _| operations += 1);
        operations
    };
    let ours = count(&bundle_json(&ours()).unwrap());
    let (earlier, later) = (earlier(), later());
    assert!(count(&earlier) < ours);
    assert_eq!(count(&later), ours + 1);
    assert!(!earlier.contains("\"x-") && !earlier.contains("\"description\": \""));
    assert!(later.contains("brand_new"));
}

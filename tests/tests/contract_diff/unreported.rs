//! Tests that a mutation is not reported if the mutated contract describes the same API.

use pgbeam_spec::{compare::compare, read::Node};
use pgbeam_tests::contract::{Document, format_change, visit_values};
use serde_json::{Value, json};

use super::support::*;

/// A name, and a mutation that must not be reported.
type Mutation = (&'static str, fn(&mut Document));

/// Writes JSON with the keys of maps in reverse order.
fn write_reversed(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (n, (key, value)) in map.iter().rev().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                out.push_str(&format!("{}:", json!(key)));
                write_reversed(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (n, value) in items.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                write_reversed(value, out);
            }
            out.push(']');
        }
        value => out.push_str(&value.to_string()),
    }
}

#[test]
fn ignores_changes_without_meaning() {
    let rows: &[Mutation] = &[
        ("reordered lists", |it| {
            visit_values(&mut it.0, &mut |value| {
                for key in ["required", "enum", "parameters", "security"] {
                    if let Some(items) = value.get_mut(key).and_then(Value::as_array_mut) {
                        items.reverse();
                    }
                }
            });
        }),
        ("changed descriptions", |it| {
            visit_values(&mut it.0, &mut |value| {
                for key in ["description", "summary", "title"] {
                    if value.get(key).is_some_and(Value::is_string) {
                        value[key] = json!("Another description.");
                    }
                }
            });
        }),
        ("changed examples", |it| {
            visit_values(&mut it.0, &mut |value| {
                if let Some(map) = value.as_object_mut() {
                    map.remove("example");
                }
            });
            it.schema("DryEvalInput")["example"] = json!({"$ref": 7});
        }),
        ("unknown extensions", |it| {
            visit_values(&mut it.0, &mut |value| {
                if value.get("type").is_some_and(Value::is_string) {
                    value["x-internal"] = json!({"owner": "someone"});
                }
                if let Some(map) = value.as_object_mut() {
                    map.remove("x-enum-descriptions");
                    map.remove("x-feature-flag");
                }
            });
        }),
        ("changed document version", |it| {
            it.0["info"]["version"] = json!("7.0.0");
            it.0["openapi"] = json!("3.0.0");
        }),
        ("response inlined into the operation", |it| {
            let response = it.component("responses", "NotFound").clone();
            it.operation("dryEvalPolicy")["responses"]["404"] = response;
        }),
        ("renamed shared response", |it| {
            it.rename_component("responses", "NotFound", "Missing")
        }),
        ("parameter inlined into the operation", |it| {
            let parameter = it.component("parameters", "ProjectId").clone();
            it.operation("dryEvalPolicy")["parameters"][0] = parameter;
        }),
        ("parameters moved from the operation to the path", |it| {
            let operation = it.operation("dryEvalPolicy");
            let parameters = operation["parameters"].take();
            drop_key(operation, "parameters");
            it.0["paths"]["/v1/projects/{project_id}/policy-evaluations"]["parameters"] =
                parameters;
        }),
        ("string moved to a component", |it| {
            it.0["components"]["schemas"]["Sql"] = it.field("DryEvalInput", "sql").clone();
            *it.field("DryEvalInput", "sql") = json!({"$ref": "#/components/schemas/Sql"});
        }),
        (
            "component renamed to its generated type name and back",
            |it| {
                let item = it.schema("DryEvalMaskedColumn").clone();
                it.rename_component(
                    "schemas",
                    "DryEvalMaskedColumn",
                    "DryEvalResultMaskedColumnsItem",
                );
                it.schema("DryEvalResultMaskedColumnsItem")["description"] =
                    item["description"].clone();
                it.rename_component(
                    "schemas",
                    "DryEvalResultMaskedColumnsItem",
                    "DryEvalMaskedColumn",
                );
                it.schema("DryEvalMaskedColumn")["x-note"] = json!("unknown extension");
            },
        ),
        ("enumeration inlined into the field", |it| {
            let mut inlined = it.schema("Verdict").clone();
            inlined["description"] = json!("Inlined.");
            *it.field("DryEvalResult", "verdict") = inlined;
        }),
        ("reference wrapped in an `allOf`", |it| {
            let name = "#/components/schemas/MaskingRule";
            let items = &mut it.field("PolicyProfile", "masking_rules")["items"];
            assert_eq!(items["$ref"], name);
            *items = json!({"allOf": [{"$ref": name}], "description": "One rule."});
        }),
        ("`allOf` with one part replaced with a reference", |it| {
            *it.field("DryEvalResult", "verdict") = json!({"$ref": "#/components/schemas/Verdict"});
        }),
        ("component split into parts of an `allOf`", |it| {
            let mut whole = it.schema("DryEvalInput").clone();
            let rest = json!({"type": "object", "required": ["sql"], "properties": {
                "sql": whole["properties"]["sql"].take(),
            }});
            drop_key(&mut whole["properties"], "sql");
            drop_key(&mut whole, "required");
            *it.schema("DryEvalInput") = json!({"allOf": [whole, rest]});
        }),
        ("unused component", |it| {
            it.0["components"]["schemas"]["Unused"] =
                json!({"type": "object", "properties": {"a": {"type": "string"}}});
        }),
        ("renamed security scheme", |it| {
            it.rename_component("securitySchemes", "ApiKeyAuth", "KeyAuth");
            it.0["security"] = json!([{"BearerAuth": []}, {"KeyAuth": []}]);
        }),
        ("explicit defaults", |it| {
            it.operation("dryEvalPolicy")["deprecated"] = json!(false);
            it.field("DryEvalInput", "policy_id")["nullable"] = json!(false);
            it.field("DryEvalInput", "policy_id")["minLength"] = json!(0);
            it.schema("DryEvalInput")["additionalProperties"] = json!(true);
            it.field("DryEvalResult", "notes")["uniqueItems"] = json!(false);
        }),
        ("equivalent constraints", |it| {
            let limit = it.field("PolicyReplayInput", "limit");
            limit["minimum"] = json!(0);
            limit["exclusiveMinimum"] = json!(true);
            limit["maximum"] = json!(500.0);
        }),
        ("`charset` parameter of a media type", |it| {
            let content = &mut it.operation("dryEvalPolicy")["requestBody"]["content"];
            let media = content["application/json"].take();
            *content = json!({"application/json; charset=utf-8": media});
        }),
        ("lower-case header name", |it| {
            it.component("parameters", "IfMatch")["name"] = json!("if-match");
        }),
    ];
    let before = policies();
    assert_eq!(before.compare(&before).changes, []);
    for (name, mutate) in rows {
        let after = before.with_change(mutate);
        assert_ne!(
            before.0.to_string(),
            after.0.to_string(),
            "{name}: the mutation has no effect"
        );
        let changes: Vec<String> = before
            .compare(&after)
            .changes
            .iter()
            .map(format_change)
            .collect();
        assert_eq!(changes, [""; 0], "{name}");
        let changes: Vec<String> = after
            .compare(&before)
            .changes
            .iter()
            .map(format_change)
            .collect();
        assert_eq!(changes, [""; 0], "{name}, reversed");
    }
}

#[test]
fn ignores_the_order_of_keys() {
    let before = policies();
    let mut reversed = String::new();
    write_reversed(&before.0, &mut reversed);
    assert_ne!(reversed, before.0.to_string());
    let reversed = Node::parse(&reversed, "reversed.json").unwrap();
    assert_eq!(
        compare(&before.parse().unwrap(), &reversed)
            .unwrap()
            .changes,
        []
    );
}

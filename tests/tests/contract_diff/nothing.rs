//! What makes no difference, and is not reported.

use pgbeam_spec::{compare::compare, read::Node};
use pgbeam_tests::contract::{Document, format_change, visit_values};
use serde_json::{Value, json};

use super::support::*;

/// A mutation that is not reported.
type Mutation = (&'static str, fn(&mut Document));

/// JSON with the keys of maps in the opposite order.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (n, (key, value)) in map.iter().rev().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                out.push_str(&format!("{}:", json!(key)));
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (n, value) in items.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                write(value, out);
            }
            out.push(']');
        }
        value => out.push_str(&value.to_string()),
    }
}

#[test]
fn what_means_nothing_is_not_reported() {
    let rows: &[Mutation] = &[
        ("lists in another order", |it| {
            visit_values(&mut it.0, &mut |value| {
                for key in ["required", "enum", "parameters", "security"] {
                    if let Some(items) = value.get_mut(key).and_then(Value::as_array_mut) {
                        items.reverse();
                    }
                }
            });
        }),
        ("other prose", |it| {
            visit_values(&mut it.0, &mut |value| {
                for key in ["description", "summary", "title"] {
                    if value.get(key).is_some_and(Value::is_string) {
                        value[key] = json!("Other words.");
                    }
                }
            });
        }),
        ("other examples", |it| {
            visit_values(&mut it.0, &mut |value| {
                if let Some(map) = value.as_object_mut() {
                    map.remove("example");
                }
            });
            it.schema("DryEvalInput")["example"] = json!({"$ref": 7});
        }),
        ("extensions of others", |it| {
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
        ("another version of the document", |it| {
            it.0["info"]["version"] = json!("7.0.0");
            it.0["openapi"] = json!("3.0.0");
        }),
        ("an answer inside the operation", |it| {
            let answer = it.component("responses", "NotFound").clone();
            it.operation("dryEvalPolicy")["responses"]["404"] = answer;
        }),
        ("a shared answer under another name", |it| {
            it.rename_component("responses", "NotFound", "Missing")
        }),
        ("a parameter inside the operation", |it| {
            let parameter = it.component("parameters", "ProjectId").clone();
            it.operation("dryEvalPolicy")["parameters"][0] = parameter;
        }),
        ("a parameter of the path instead of the operation", |it| {
            let operation = it.operation("dryEvalPolicy");
            let parameters = operation["parameters"].take();
            drop_key(operation, "parameters");
            it.0["paths"]["/v1/projects/{project_id}/policy-evaluations"]["parameters"] =
                parameters;
        }),
        ("text as a component", |it| {
            it.0["components"]["schemas"]["Sql"] = it.field("DryEvalInput", "sql").clone();
            *it.field("DryEvalInput", "sql") = json!({"$ref": "#/components/schemas/Sql"});
        }),
        ("an object under the name that its type has anyway", |it| {
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
            it.schema("DryEvalMaskedColumn")["x-note"] = json!("the same");
        }),
        ("an enumeration inside the field", |it| {
            let mut list = it.schema("Verdict").clone();
            list["description"] = json!("Here.");
            *it.field("DryEvalResult", "verdict") = list;
        }),
        ("an `allOf` of one around a reference", |it| {
            let name = "#/components/schemas/MaskingRule";
            let items = &mut it.field("PolicyProfile", "masking_rules")["items"];
            assert_eq!(items["$ref"], name);
            *items = json!({"allOf": [{"$ref": name}], "description": "One rule."});
        }),
        ("a bare reference instead of an `allOf` of one", |it| {
            *it.field("DryEvalResult", "verdict") = json!({"$ref": "#/components/schemas/Verdict"});
        }),
        ("a component in the parts of an `allOf`", |it| {
            let mut whole = it.schema("DryEvalInput").clone();
            let rest = json!({"type": "object", "required": ["sql"], "properties": {
                "sql": whole["properties"]["sql"].take(),
            }});
            drop_key(&mut whole["properties"], "sql");
            drop_key(&mut whole, "required");
            *it.schema("DryEvalInput") = json!({"allOf": [whole, rest]});
        }),
        ("an unused component", |it| {
            it.0["components"]["schemas"]["Unused"] =
                json!({"type": "object", "properties": {"a": {"type": "string"}}});
        }),
        ("a security scheme under another name", |it| {
            it.rename_component("securitySchemes", "ApiKeyAuth", "KeyAuth");
            it.0["security"] = json!([{"BearerAuth": []}, {"KeyAuth": []}]);
        }),
        ("what holds unasked, said", |it| {
            it.operation("dryEvalPolicy")["deprecated"] = json!(false);
            it.field("DryEvalInput", "policy_id")["nullable"] = json!(false);
            it.field("DryEvalInput", "policy_id")["minLength"] = json!(0);
            it.schema("DryEvalInput")["additionalProperties"] = json!(true);
            it.field("DryEvalResult", "notes")["uniqueItems"] = json!(false);
        }),
        ("a bound written otherwise", |it| {
            let limit = it.field("PolicyReplayInput", "limit");
            limit["minimum"] = json!(0);
            limit["exclusiveMinimum"] = json!(true);
            limit["maximum"] = json!(500.0);
        }),
        ("`charset` of a media type", |it| {
            let content = &mut it.operation("dryEvalPolicy")["requestBody"]["content"];
            let media = content["application/json"].take();
            *content = json!({"application/json; charset=utf-8": media});
        }),
        ("headers in lower case", |it| {
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
            "{name}: nothing was changed"
        );
        let found: Vec<String> = before
            .compare(&after)
            .changes
            .iter()
            .map(format_change)
            .collect();
        assert_eq!(found, [""; 0], "{name}");
        let found: Vec<String> = after
            .compare(&before)
            .changes
            .iter()
            .map(format_change)
            .collect();
        assert_eq!(found, [""; 0], "{name}, the other way round");
    }
}

#[test]
fn the_order_of_keys_means_nothing() {
    let before = policies();
    let mut turned = String::new();
    write(&before.0, &mut turned);
    assert_ne!(turned, before.0.to_string());
    let turned = Node::parse(&turned, "turned.json").unwrap();
    assert_eq!(
        compare(&before.parse().unwrap(), &turned).unwrap().changes,
        []
    );
}

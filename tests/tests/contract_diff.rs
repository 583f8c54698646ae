//! What a change of the contract is told as: one mutation of the real contract a row, with all that
//! is reported of it and whom that harms.

use pgbeam_codegen::{
    diff::{
        change::{Change, Spot},
        compare,
    },
    source::Node,
};
use pgbeam_tests::contract::{Document, each, line};
use serde_json::{Value, json};

/// A mutation, and the lines that it is reported in.
type Row = (&'static str, fn(&mut Document), &'static [&'static str]);

/// A mutation that is not reported.
type Mutation = (&'static str, fn(&mut Document));

/// The area that the rows change.
fn policies() -> Document {
    Document::of_area("Policies")
}

fn check(rows: &[Row]) {
    let before = policies();
    for (name, mutate, want) in rows {
        let after = before.changed(mutate);
        assert_ne!(before.0.to_string(), after.0.to_string(), "{name}: nothing was changed");
        let report = before.compare(&after);
        let found: Vec<String> = report.changes.iter().map(line).collect();
        assert_eq!(found, *want, "{name}");
    }
}

fn drop_required(document: &mut Document, schema: &str, field: &str) {
    document.required(schema).retain(|name| name != field);
}

fn drop_key(value: &mut Value, key: &str) {
    assert!(value.as_object_mut().expect("a map").remove(key).is_some(), "no `{key}`");
}

fn drop_item(value: &mut Value, item: &str) {
    let items = value.as_array_mut().expect("a list");
    let before = items.len();
    items.retain(|value| value != item);
    assert_eq!(items.len() + 1, before, "no `{item}`");
}

fn push(value: &mut Value, item: Value) {
    value.as_array_mut().expect("a list").push(item);
}

#[test]
fn operations() {
    check(&[
        (
            "an operation is gone",
            |it| {
                it.path("/v1/projects/{project_id}/policies/{policy_id}").remove("delete");
            },
            &["operation deletePolicyProfile removed, -: sdk breaks, api breaks"],
        ),
        (
            "an operation is new",
            |it| {
                let operation =
                    json!({"operationId": "ping", "responses": {"204": {"description": "d"}}});
                it.0["paths"]["/v1/ping"] = json!({"get": operation});
            },
            &["operation ping added, -: sdk none, api none"],
        ),
        (
            "a path is another",
            |it| {
                let paths = it.0["paths"].as_object_mut().unwrap();
                let item = paths.remove("/v1/projects/{project_id}/policy-evaluations").unwrap();
                paths.insert("/v1/projects/{project_id}/evaluations".to_owned(), item);
            },
            &["operation dryEvalPolicy moved, -: sdk breaks, api breaks"],
        ),
        (
            "a method is another",
            |it| {
                let path = it.path("/v1/projects/{project_id}/policy-replays");
                let operation = path.remove("post").unwrap();
                path.insert("put".to_owned(), operation);
            },
            &["operation replayPolicy moved, -: sdk breaks, api breaks"],
        ),
        (
            "an id is another",
            |it| it.operation("dryEvalPolicy")["operationId"] = json!("evaluatePolicy"),
            &["operation evaluatePolicy renamed, -: sdk breaks, api none"],
        ),
        (
            "an area is another",
            |it| it.operation("dryEvalPolicy")["tags"] = json!(["Evaluations"]),
            &["operation dryEvalPolicy area_changed, -: sdk breaks, api none"],
        ),
        (
            "an operation is deprecated",
            |it| it.operation("dryEvalPolicy")["deprecated"] = json!(true),
            &["operation dryEvalPolicy deprecated, -: sdk notice, api notice"],
        ),
        (
            "an operation refuses idempotency keys",
            |it| it.operation("createPolicyProfile")["x-refuses-idempotency-key"] = json!(true),
            &["operation createPolicyProfile refuses_idempotency_key, -: sdk breaks, api breaks"],
        ),
        (
            "a way in is closed, everywhere",
            |it| {
                it.0["security"].as_array_mut().unwrap().pop();
            },
            &["access with ApiKeyAuth removed, -: sdk breaks, api breaks"],
        ),
        (
            "a way in is opened, at one operation",
            |it| {
                it.operation("dryEvalPolicy")["security"] =
                    json!([{}, {"BearerAuth": []}, {"ApiKeyAuth": []}])
            },
            &["access without a credential added, -: sdk none, api none"],
        ),
        (
            "a base URL is another",
            |it| it.0["servers"][0]["url"] = json!("https://api.pgbeam.com/v2"),
            &[
                "server https://api.pgbeam.com removed, -: sdk may_break, api may_break",
                "server https://api.pgbeam.com/v2 added, -: sdk none, api none",
            ],
        ),
    ]);
}

#[test]
fn parameters_and_bodies() {
    check(&[
        (
            "a parameter is required now",
            |it| it.component("parameters", "PageSize")["required"] = json!(true),
            &[
                "parameter the query parameter page_size became_required, request: sdk breaks, api breaks",
            ],
        ),
        (
            "a required parameter is new",
            |it| {
                let parameter = json!({"name": "reason", "in": "query", "required": true, "schema": {"type": "string"}});
                push(&mut it.operation("deletePolicyProfile")["parameters"], parameter);
            },
            &["parameter the query parameter reason added, request: sdk breaks, api breaks"],
        ),
        (
            "an optional parameter is new",
            |it| {
                let parameter =
                    json!({"name": "X-Reason", "in": "header", "schema": {"type": "string"}});
                push(&mut it.operation("deletePolicyProfile")["parameters"], parameter);
            },
            &["parameter the header parameter X-Reason added, request: sdk none, api none"],
        ),
        (
            "a parameter is gone, of several operations",
            |it| {
                for id in ["listPolicyProfiles", "listQueryTemplates"] {
                    let parameters = it.operation(id)["parameters"].as_array_mut().unwrap();
                    parameters.retain(|one| one["$ref"] != "#/components/parameters/PageToken");
                }
            },
            &["parameter the query parameter page_token removed, request: sdk breaks, api breaks"],
        ),
        (
            "a parameter has another name",
            |it| it.component("parameters", "PageToken")["name"] = json!("cursor"),
            &[
                "parameter the query parameter page_token removed, request: sdk breaks, api breaks",
                "parameter the query parameter cursor added, request: sdk none, api none",
            ],
        ),
        (
            "a name in a path is another",
            |it| {
                it.component("parameters", "AgentId")["name"] = json!("credential_id");
                let paths = it.0["paths"].as_object_mut().unwrap();
                let path = "/v1/projects/{project_id}/agents/{agent_id}/policy-recommendation";
                let item = paths.remove(path).unwrap();
                paths.insert(path.replace("agent_id", "credential_id"), item);
            },
            &["parameter the path parameter credential_id renamed, -: sdk breaks, api none"],
        ),
        (
            "a bound of a parameter is narrower",
            |it| it.component("parameters", "PageSize")["schema"]["maximum"] = json!(50),
            &[
                "value the query parameter page_size bound_narrowed, request: sdk breaks, api breaks",
            ],
        ),
        (
            "a bound of a parameter is wider",
            |it| it.component("parameters", "IdempotencyKey")["schema"]["maxLength"] = json!(300),
            &[
                "value the header parameter Idempotency-Key bound_widened, request: sdk none, api none",
            ],
        ),
        (
            "a default of a parameter is another",
            |it| it.component("parameters", "PageSize")["schema"]["default"] = json!(50),
            &[
                "parameter the query parameter page_size default_changed, request: sdk notice, api notice",
            ],
        ),
        (
            "a pattern is another",
            |it| it.component("parameters", "PageToken")["schema"]["pattern"] = json!("^[a-z]+$"),
            &[
                "value the query parameter page_token pattern_changed, request: sdk breaks, api breaks",
            ],
        ),
        (
            "a parameter is written otherwise",
            |it| it.component("parameters", "PageSize")["explode"] = json!(false),
            &[
                "parameter the query parameter page_size encoding_changed, request: sdk breaks, api breaks",
            ],
        ),
        (
            "a body is required now",
            |it| it.operation("recommendAgentPolicy")["requestBody"]["required"] = json!(true),
            &["body the body became_required, request: sdk breaks, api breaks"],
        ),
        (
            "a body is optional now",
            |it| it.operation("createPolicyProfile")["requestBody"]["required"] = json!(false),
            &["body the body became_optional, request: sdk none, api none"],
        ),
        (
            "a body is gone",
            |it| drop_key(it.operation("recommendAgentPolicy"), "requestBody"),
            &["body the body removed, request: sdk breaks, api breaks"],
        ),
        (
            "a body has another media type",
            |it| {
                let content = &mut it.operation("recommendAgentPolicy")["requestBody"]["content"];
                let media = content["application/json"].take();
                *content = json!({"application/cbor": media});
            },
            &[
                "media_type application/json removed, request: sdk breaks, api breaks",
                "media_type application/cbor added, request: sdk none, api none",
            ],
        ),
    ]);
}

#[test]
fn answers_and_headers() {
    check(&[
        (
            "a status of success is another",
            |it| {
                let answers =
                    it.operation("createPolicyProfile")["responses"].as_object_mut().unwrap();
                let answer = answers.remove("201").unwrap();
                answers.insert("200".to_owned(), answer);
            },
            &["answer the answer 201 moved, answer: sdk none, api may_break"],
        ),
        (
            "a status of success is gone",
            |it| drop_key(&mut it.operation("createPolicyProfile")["responses"], "201"),
            &["answer the answer 201 removed, answer: sdk none, api breaks"],
        ),
        (
            "a status of error is new",
            |it| it.operation("dryEvalPolicy")["responses"]["402"] = json!({"description": "Pay."}),
            &["answer the answer 402 added, answer: sdk none, api notice"],
        ),
        (
            "a status of error is gone",
            |it| drop_key(&mut it.operation("dryEvalPolicy")["responses"], "429"),
            &["answer the answer 429 removed, answer: sdk none, api none"],
        ),
        (
            "304 is gone",
            |it| drop_key(&mut it.operation("getPolicyProfile")["responses"], "304"),
            &["answer the answer 304 removed, answer: sdk breaks, api notice"],
        ),
        (
            "304 is new",
            |it| {
                it.operation("getPolicyStatementKinds")["responses"]["304"] =
                    json!({"$ref": "#/components/responses/NotModified"});
            },
            &["answer the answer 304 added, answer: sdk breaks, api none"],
        ),
        (
            "a header is gone, of several answers",
            |it| {
                for id in ["listPolicyProfiles", "getPolicyProfile"] {
                    drop_key(&mut it.operation(id)["responses"]["200"]["headers"], "ETag");
                }
            },
            &["header the header ETag removed, answer: sdk may_break, api breaks"],
        ),
        (
            "a header is of another type",
            |it| {
                it.component("responses", "TooManyRequests")["headers"]["Retry-After"]["schema"]["type"] =
                    json!("string")
            },
            &["value the header Retry-After type_changed, answer: sdk none, api breaks"],
        ),
        (
            "a problem document loses a field",
            |it| {
                it.fields("Error").remove("request_id");
            },
            &["field Error.request_id removed, answer: sdk none, api breaks"],
        ),
        (
            "an error code is new",
            |it| push(&mut it.schema("ErrorCode")["enum"], json!("TEAPOT")),
            &["value ErrorCode enum_value_added, answer: sdk none, api may_break"],
        ),
        (
            "an error code is gone",
            |it| drop_item(&mut it.schema("ErrorCode")["enum"], "PAYMENT_REQUIRED"),
            &["value ErrorCode enum_value_removed, answer: sdk breaks, api none"],
        ),
    ]);
}

#[test]
fn fields_of_requests() {
    check(&[
        (
            "a required field is new",
            |it| {
                it.fields("DryEvalInput").insert("dialect".to_owned(), json!({"type": "string"}));
                it.required("DryEvalInput").push(json!("dialect"));
            },
            &["field DryEvalInput.dialect added, request: sdk breaks, api breaks"],
        ),
        (
            "an optional field is new",
            |it| {
                it.fields("DryEvalInput").insert("dialect".to_owned(), json!({"type": "string"}));
            },
            &["field DryEvalInput.dialect added, request: sdk none, api none"],
        ),
        (
            "an optional field is new in what a PUT replaces",
            |it| {
                it.fields("QueryTemplateInput")
                    .insert("owner".to_owned(), json!({"type": "string"}));
            },
            &["field QueryTemplateInput.owner added, request: sdk none, api notice"],
        ),
        (
            "a field is gone",
            |it| {
                it.fields("QueryTemplateInput").remove("include_sql");
            },
            &["field QueryTemplateInput.include_sql removed, request: sdk breaks, api breaks"],
        ),
        (
            "a field has another name, in what is both sent and received",
            |it| {
                let field = it.fields("PolicyProfileInput").remove("max_rows").unwrap();
                it.fields("PolicyProfileInput").insert("row_limit".to_owned(), field);
            },
            &[
                "field PolicyProfileInput.max_rows removed, request: sdk breaks, api breaks",
                "field PolicyProfileInput.max_rows removed, answer: sdk breaks, api breaks",
                "field PolicyProfileInput.row_limit added, request: sdk none, api notice",
                "field PolicyProfileInput.row_limit added, answer: sdk none, api none",
            ],
        ),
        (
            "a field is required now",
            |it| it.required("PolicyReplayInput").push(json!("limit")),
            &["field PolicyReplayInput.limit became_required, request: sdk breaks, api breaks"],
        ),
        (
            "a field is optional now",
            |it| drop_required(it, "DryEvalInput", "sql"),
            &["field DryEvalInput.sql became_optional, request: sdk breaks, api none"],
        ),
        (
            "a field is nullable now",
            |it| it.field("DryEvalInput", "policy_id")["nullable"] = json!(true),
            &["field DryEvalInput.policy_id became_nullable, request: sdk none, api none"],
        ),
        (
            "a value of an enumeration is gone",
            |it| drop_item(&mut it.schema("QueryTemplateParamType")["enum"], "numeric"),
            &[
                "value QueryTemplateParamType enum_value_removed, request: sdk breaks, api breaks",
                "value QueryTemplateParamType enum_value_removed, answer: sdk breaks, api none",
            ],
        ),
        (
            "a value of an enumeration that is spelled out in two places is new",
            |it| {
                push(&mut it.schema("AccessMode")["enum"], json!("append_only"));
                push(
                    &mut it.field("PolicyProfileInput", "access_mode")["enum"],
                    json!("append_only"),
                );
            },
            &[
                "value AccessMode enum_value_added, answer: sdk none, api may_break",
                "value AccessMode enum_value_added, request: sdk none, api none",
            ],
        ),
        (
            "text became an enumeration",
            |it| it.field("QueryTemplateInput", "description")["enum"] = json!(["a", "b"]),
            &[
                "value QueryTemplateInput.description enum_introduced, request: sdk breaks, api breaks",
            ],
        ),
        (
            "a default is another, in what a PUT replaces",
            |it| it.field("QueryTemplateInput", "enabled")["default"] = json!(false),
            &["field QueryTemplateInput.enabled default_changed, request: sdk notice, api notice"],
        ),
        (
            "a default of a component is another",
            |it| {
                it.schema("WriteMode")["default"] = json!("sandbox");
            },
            &[
                "value WriteMode default_changed, request: sdk notice, api notice",
                "value WriteMode default_changed, answer: sdk none, api notice",
            ],
        ),
        (
            "a bound is narrower",
            |it| it.field("DryEvalInput", "sql")["maxLength"] = json!(10),
            &["value DryEvalInput.sql bound_narrowed, request: sdk breaks, api breaks"],
        ),
        (
            "a bound is gone",
            |it| drop_key(it.field("DryEvalInput", "sql"), "maxLength"),
            &["value DryEvalInput.sql bound_widened, request: sdk none, api none"],
        ),
        (
            "a type is another",
            |it| it.field("PolicyReplayInput", "limit")["type"] = json!("string"),
            &["value PolicyReplayInput.limit type_changed, request: sdk breaks, api breaks"],
        ),
        (
            "a type is wider",
            |it| it.field("PolicyReplayInput", "limit")["type"] = json!("number"),
            &["value PolicyReplayInput.limit type_changed, request: sdk breaks, api none"],
        ),
        (
            "a format is another",
            |it| it.field("PolicyReplayInput", "start_ts")["format"] = json!("date"),
            &["value PolicyReplayInput.start_ts format_changed, request: sdk breaks, api breaks"],
        ),
        (
            "a field is deprecated",
            |it| it.field("QueryTemplateInput", "include_sql")["deprecated"] = json!(true),
            &["field QueryTemplateInput.include_sql deprecated, request: sdk notice, api notice"],
        ),
        (
            "no more fields are admitted",
            |it| it.schema("DryEvalInput")["additionalProperties"] = json!(false),
            &["value DryEvalInput additional_fields_changed, request: sdk notice, api breaks"],
        ),
        (
            "a field is only answered now",
            |it| it.field("QueryTemplateInput", "include_sql")["readOnly"] = json!(true),
            &["field QueryTemplateInput.include_sql removed, request: sdk breaks, api breaks"],
        ),
    ]);
}

#[test]
fn fields_of_answers() {
    check(&[
        (
            "a field is new",
            |it| {
                it.fields("QueryTemplate").insert("owner".to_owned(), json!({"type": "string"}));
                it.required("QueryTemplate").push(json!("owner"));
            },
            &["field QueryTemplate.owner added, answer: sdk none, api none"],
        ),
        (
            "a field is gone",
            |it| {
                it.fields("DryEvalResult").remove("hint");
            },
            &["field DryEvalResult.hint removed, answer: sdk breaks, api breaks"],
        ),
        (
            "a field is optional now",
            |it| drop_required(it, "PolicyProfile", "name"),
            &["field PolicyProfile.name became_optional, answer: sdk breaks, api breaks"],
        ),
        (
            "a field is required now",
            |it| it.required("DryEvalResult").push(json!("hint")),
            &["field DryEvalResult.hint became_required, answer: sdk breaks, api none"],
        ),
        (
            "a required field is nullable now",
            |it| it.field("QueryTemplate", "description")["nullable"] = json!(true),
            &["field QueryTemplate.description became_nullable, answer: sdk breaks, api breaks"],
        ),
        (
            "an optional field is nullable now",
            |it| it.field("DryEvalResult", "hint")["nullable"] = json!(true),
            &["field DryEvalResult.hint became_nullable, answer: sdk none, api breaks"],
        ),
        (
            "a field behind a reference is nullable now",
            |it| it.field("DryEvalResult", "verdict")["nullable"] = json!(true),
            &["field DryEvalResult.verdict became_nullable, answer: sdk breaks, api breaks"],
        ),
        (
            "a value of an enumeration is new",
            |it| push(&mut it.schema("Verdict")["enum"], json!("defer")),
            &["value Verdict enum_value_added, answer: sdk none, api may_break"],
        ),
        (
            "an enumeration became text",
            |it| drop_key(it.schema("TrafficScope"), "enum"),
            &["value TrafficScope enum_dropped, answer: sdk breaks, api may_break"],
        ),
        (
            "a bound is wider",
            |it| drop_key(it.field("PolicyProfile", "max_affected_rows"), "minimum"),
            &[
                "value PolicyProfile.max_affected_rows bound_widened, answer: sdk none, api may_break",
            ],
        ),
        (
            "a bound is narrower",
            |it| it.field("PolicyProfile", "max_rows")["maximum"] = json!(10),
            &["value PolicyProfile.max_rows bound_narrowed, answer: sdk none, api none"],
        ),
        (
            "a default is another",
            |it| it.field("PolicyProfile", "approval_timeout_seconds")["default"] = json!(60),
            &[
                "field PolicyProfile.approval_timeout_seconds default_changed, answer: sdk none, api notice",
            ],
        ),
        (
            "a format is gone",
            |it| drop_key(it.field("QueryTemplate", "created_at"), "format"),
            &["value QueryTemplate.created_at format_changed, answer: sdk breaks, api breaks"],
        ),
        (
            "a list holds something else",
            |it| it.field("DryEvalResult", "notes")["items"]["type"] = json!("integer"),
            &["value DryEvalResult.notes[] type_changed, answer: sdk breaks, api breaks"],
        ),
        (
            "a field is secret now",
            |it| it.field("QueryTemplate", "sql")["x-secret"] = json!(true),
            &["field QueryTemplate.sql became_secret, -: sdk breaks, api none"],
        ),
    ]);
}

#[test]
fn what_only_rust_sees() {
    check(&[
        (
            "a component has another name",
            |it| it.rename("schemas", "MaskingRule", "MaskRule"),
            &["type MaskRule renamed, -: sdk breaks, api none"],
        ),
        (
            "an enumeration has another name",
            |it| {
                it.schema("Verdict")["x-enum"] = json!("Decision");
            },
            &["type Decision renamed, -: sdk breaks, api none"],
        ),
        (
            "an operation has another method",
            |it| it.operation("dryEvalPolicy")["x-method"] = json!("project.policies.dry_eval"),
            &["operation dryEvalPolicy method_changed, -: sdk breaks, api none"],
        ),
    ]);
    // The other way round, a secret is lost.
    let secret =
        policies().changed(|it| it.field("QueryTemplate", "sql")["x-secret"] = json!(true));
    let plain = policies();
    let found: Vec<String> = secret.compare(&plain).changes.iter().map(line).collect();
    assert_eq!(found, ["field QueryTemplate.sql no_longer_secret, -: sdk breaks, api none"]);
}

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
            each(&mut it.0, &mut |value| {
                for key in ["required", "enum", "parameters", "security"] {
                    if let Some(items) = value.get_mut(key).and_then(Value::as_array_mut) {
                        items.reverse();
                    }
                }
            });
        }),
        ("other prose", |it| {
            each(&mut it.0, &mut |value| {
                for key in ["description", "summary", "title"] {
                    if value.get(key).is_some_and(Value::is_string) {
                        value[key] = json!("Other words.");
                    }
                }
            });
        }),
        ("other examples", |it| {
            each(&mut it.0, &mut |value| {
                if let Some(map) = value.as_object_mut() {
                    map.remove("example");
                }
            });
            it.schema("DryEvalInput")["example"] = json!({"$ref": 7});
        }),
        ("extensions of others", |it| {
            each(&mut it.0, &mut |value| {
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
        ("a shared answer under another name", |it| it.rename("responses", "NotFound", "Missing")),
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
            it.rename("schemas", "DryEvalMaskedColumn", "DryEvalResultMaskedColumnsItem");
            it.schema("DryEvalResultMaskedColumnsItem")["description"] =
                item["description"].clone();
            it.rename("schemas", "DryEvalResultMaskedColumnsItem", "DryEvalMaskedColumn");
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
            it.rename("securitySchemes", "ApiKeyAuth", "KeyAuth");
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
        let after = before.changed(mutate);
        assert_ne!(before.0.to_string(), after.0.to_string(), "{name}: nothing was changed");
        let found: Vec<String> = before.compare(&after).changes.iter().map(line).collect();
        assert_eq!(found, [""; 0], "{name}");
        let found: Vec<String> = after.compare(&before).changes.iter().map(line).collect();
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
    assert_eq!(compare(&before.node().unwrap(), &turned).unwrap().changes, []);
}

/// A place in one line.
fn at(spot: &Spot) -> String {
    let path = spot.json_path.as_deref().unwrap_or("-");
    let status = spot.part.status().map(|status| format!(" {status}")).unwrap_or_default();
    format!("{}{status} {path}", spot.operation)
}

/// All places of a change, sorted.
fn places(change: &Change) -> Vec<String> {
    let mut places: Vec<String> = change.met.iter().map(at).collect();
    places.sort();
    places
}

#[test]
fn one_change_is_told_once_with_every_place() {
    let before = policies();
    let mut after = before.clone();
    after.fields("MaskingRule").insert("note".to_owned(), json!({"type": "string"}));
    let report = before.compare(&after);
    let found: Vec<String> = report.changes.iter().map(line).collect();
    assert_eq!(
        found,
        [
            "field MaskingRule.note added, request: sdk none, api notice",
            "field MaskingRule.note added, answer: sdk none, api none",
        ]
    );
    assert_eq!(
        places(&report.changes[0]),
        [
            "createPolicyProfile $.masking_rules[*].note",
            "dryEvalPolicy $.policy.masking_rules[*].note",
            "replayPolicy $.policy.masking_rules[*].note",
            "updatePolicyProfile $.masking_rules[*].note",
        ]
    );
    assert_eq!(
        places(&report.changes[1]),
        [
            "createPolicyProfile 201 $.masking_rules[*].note",
            "getPolicyProfile 200 $.masking_rules[*].note",
            "listPolicyProfiles 200 $.policies[*].masking_rules[*].note",
            "recommendAgentPolicy 200 $.candidate.masking_rules[*].note",
            "updatePolicyProfile 200 $.masking_rules[*].note",
        ]
    );
}

#[test]
fn a_candidate_for_a_new_name_is_of_equal_type() {
    let before = policies();
    let after = policies().changed(|it| {
        it.fields("DryEvalResult").remove("hint");
        it.fields("DryEvalResult").insert("advice".to_owned(), json!({"type": "string"}));
        it.fields("DryEvalResult").insert("score".to_owned(), json!({"type": "integer"}));
    });
    let report = before.compare(&after);
    let text = pgbeam_codegen::diff::render::text::text(&report);
    assert!(
        text.contains("`DryEvalResult.hint`, when received: removed (perhaps renamed to `advice`)"),
        "{text}"
    );
    assert!(
        text.contains("`DryEvalResult.advice`, when received: added (perhaps renamed from `hint`)"),
        "{text}"
    );
    assert!(text.contains("`DryEvalResult.score`, when received: added\n"), "{text}");
}

/// A schema that holds itself, directly and by way of another.
#[test]
fn what_holds_itself_is_compared() {
    let recursive = |inner: Value| {
        policies().changed(|it| {
            it.0["components"]["schemas"]["Tree"] = json!({"type": "object", "properties": {
                "left": {"$ref": "#/components/schemas/Tree"},
                "right": {"allOf": [{"$ref": "#/components/schemas/Tree"}], "nullable": true},
                "all": {"type": "array", "items": {"$ref": "#/components/schemas/Twig"}},
                "leaf": inner,
            }});
            it.0["components"]["schemas"]["Twig"] = json!({"type": "object", "properties": {
                "tree": {"$ref": "#/components/schemas/Tree"},
            }});
            let tree = json!({"$ref": "#/components/schemas/Tree"});
            it.fields("DryEvalResult").insert("tree".to_owned(), tree);
        })
    };
    let report =
        recursive(json!({"type": "string"})).compare(&recursive(json!({"type": "integer"})));
    let found: Vec<String> = report.changes.iter().map(line).collect();
    assert_eq!(found, ["value Tree.leaf type_changed, answer: sdk breaks, api breaks"]);
    assert_eq!(
        places(&report.changes[0]),
        [
            "dryEvalPolicy 200 $.tree.leaf",
            "recommendAgentPolicy 200 $.replay.items[*].result.tree.leaf",
            "replayPolicy 200 $.items[*].result.tree.leaf",
        ]
    );
}

/// A field that is composed of the schema that it is a field of.
#[test]
fn a_composition_that_holds_itself_is_compared() {
    let composed = |kind: &str| {
        policies().changed(|it| {
            let whole = json!({"$ref": "#/components/schemas/Node"});
            it.0["components"]["schemas"]["Node"] = json!({"type": "object", "properties": {
                "next": {"allOf": [whole, {"type": "object", "properties": {"more": {"type": kind}}}]},
            }});
            it.fields("DryEvalResult").insert("node".to_owned(), whole);
        })
    };
    let report = composed("string").compare(&composed("integer"));
    let found: Vec<String> = report.changes.iter().map(line).collect();
    assert_eq!(found, ["value Node.next.more type_changed, answer: sdk breaks, api breaks"]);
    assert_eq!(composed("string").compare(&composed("string")).changes, []);
}

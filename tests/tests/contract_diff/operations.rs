//! Tests of changes of operations, parameters, bodies, response statuses and headers.

use serde_json::json;

use super::support::*;

#[test]
fn reports_changes_of_operations() {
    check(&[
        (
            "removed operation",
            |it| {
                it.path("/v1/projects/{project_id}/policies/{policy_id}")
                    .remove("delete");
            },
            &["operation deletePolicyProfile removed, -: sdk breaks, api breaks"],
        ),
        (
            "added operation",
            |it| {
                let operation =
                    json!({"operationId": "ping", "responses": {"204": {"description": "d"}}});
                it.0["paths"]["/v1/ping"] = json!({"get": operation});
            },
            &["operation ping added, -: sdk none, api none"],
        ),
        (
            "changed path",
            |it| {
                let paths = it.0["paths"].as_object_mut().unwrap();
                let item = paths
                    .remove("/v1/projects/{project_id}/policy-evaluations")
                    .unwrap();
                paths.insert("/v1/projects/{project_id}/evaluations".to_owned(), item);
            },
            &["operation dryEvalPolicy moved, -: sdk breaks, api breaks"],
        ),
        (
            "changed HTTP method",
            |it| {
                let path = it.path("/v1/projects/{project_id}/policy-replays");
                let operation = path.remove("post").unwrap();
                path.insert("put".to_owned(), operation);
            },
            &["operation replayPolicy moved, -: sdk breaks, api breaks"],
        ),
        (
            "changed operation id",
            |it| it.operation("dryEvalPolicy")["operationId"] = json!("evaluatePolicy"),
            &["operation evaluatePolicy renamed, -: sdk breaks, api none"],
        ),
        (
            "changed area",
            |it| it.operation("dryEvalPolicy")["tags"] = json!(["Evaluations"]),
            &["operation dryEvalPolicy area_changed, -: sdk breaks, api none"],
        ),
        (
            "deprecated operation",
            |it| it.operation("dryEvalPolicy")["deprecated"] = json!(true),
            &["operation dryEvalPolicy deprecated, -: sdk notice, api notice"],
        ),
        (
            "operation rejects idempotency keys",
            |it| it.operation("createPolicyProfile")["x-rejects-idempotency-key"] = json!(true),
            &["operation createPolicyProfile rejects_idempotency_key, -: sdk breaks, api breaks"],
        ),
        (
            "removed security requirement of all operations",
            |it| {
                it.0["security"].as_array_mut().unwrap().pop();
            },
            &["security with ApiKeyAuth removed, -: sdk breaks, api breaks"],
        ),
        (
            "added security requirement of one operation",
            |it| {
                it.operation("dryEvalPolicy")["security"] =
                    json!([{}, {"BearerAuth": []}, {"ApiKeyAuth": []}])
            },
            &["security without a credential added, -: sdk none, api none"],
        ),
        (
            "changed base URL",
            |it| it.0["servers"][0]["url"] = json!("https://api.pgbeam.com/v2"),
            &[
                "server https://api.pgbeam.com removed, -: sdk may_break, api may_break",
                "server https://api.pgbeam.com/v2 added, -: sdk none, api none",
            ],
        ),
    ]);
}

#[test]
fn reports_changes_of_parameters_and_bodies() {
    check(&[
        (
            "parameter became required",
            |it| it.component("parameters", "PageSize")["required"] = json!(true),
            &[
                "parameter the query parameter page_size became_required, request: sdk breaks, api breaks",
            ],
        ),
        (
            "added required parameter",
            |it| {
                let parameter = json!({"name": "reason", "in": "query", "required": true, "schema": {"type": "string"}});
                push(
                    &mut it.operation("deletePolicyProfile")["parameters"],
                    parameter,
                );
            },
            &["parameter the query parameter reason added, request: sdk breaks, api breaks"],
        ),
        (
            "added optional parameter",
            |it| {
                let parameter =
                    json!({"name": "X-Reason", "in": "header", "schema": {"type": "string"}});
                push(
                    &mut it.operation("deletePolicyProfile")["parameters"],
                    parameter,
                );
            },
            &["parameter the header parameter X-Reason added, request: sdk none, api none"],
        ),
        (
            "removed parameter of several operations",
            |it| {
                for id in ["listPolicyProfiles", "listQueryTemplates"] {
                    let parameters = it.operation(id)["parameters"].as_array_mut().unwrap();
                    parameters.retain(|parameter| {
                        parameter["$ref"] != "#/components/parameters/PageToken"
                    });
                }
            },
            &["parameter the query parameter page_token removed, request: sdk breaks, api breaks"],
        ),
        (
            "renamed parameter",
            |it| it.component("parameters", "PageToken")["name"] = json!("cursor"),
            &[
                "parameter the query parameter page_token removed, request: sdk breaks, api breaks",
                "parameter the query parameter cursor added, request: sdk none, api none",
            ],
        ),
        (
            "renamed path parameter",
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
            "narrowed constraint of a parameter",
            |it| it.component("parameters", "PageSize")["schema"]["maximum"] = json!(50),
            &[
                "value the query parameter page_size constraint_narrowed, request: sdk breaks, api breaks",
            ],
        ),
        (
            "widened constraint of a parameter",
            |it| it.component("parameters", "IdempotencyKey")["schema"]["maxLength"] = json!(300),
            &[
                "value the header parameter Idempotency-Key constraint_widened, request: sdk none, api none",
            ],
        ),
        (
            "changed default of a parameter",
            |it| it.component("parameters", "PageSize")["schema"]["default"] = json!(50),
            &[
                "parameter the query parameter page_size default_changed, request: sdk notice, api notice",
            ],
        ),
        (
            "changed pattern",
            |it| it.component("parameters", "PageToken")["schema"]["pattern"] = json!("^[a-z]+$"),
            &[
                "value the query parameter page_token pattern_changed, request: sdk breaks, api breaks",
            ],
        ),
        (
            "changed encoding of a parameter",
            |it| it.component("parameters", "PageSize")["explode"] = json!(false),
            &[
                "parameter the query parameter page_size encoding_changed, request: sdk breaks, api breaks",
            ],
        ),
        (
            "body became required",
            |it| it.operation("recommendAgentPolicy")["requestBody"]["required"] = json!(true),
            &["body the body became_required, request: sdk breaks, api breaks"],
        ),
        (
            "body became optional",
            |it| it.operation("createPolicyProfile")["requestBody"]["required"] = json!(false),
            &["body the body became_optional, request: sdk none, api none"],
        ),
        (
            "removed body",
            |it| drop_key(it.operation("recommendAgentPolicy"), "requestBody"),
            &["body the body removed, request: sdk breaks, api breaks"],
        ),
        (
            "changed media type of a body",
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
fn reports_changes_of_responses_and_headers() {
    check(&[
        (
            "changed success status",
            |it| {
                let responses = it.operation("createPolicyProfile")["responses"]
                    .as_object_mut()
                    .unwrap();
                let created = responses.remove("201").unwrap();
                responses.insert("200".to_owned(), created);
            },
            &["response the response 201 moved, response: sdk none, api may_break"],
        ),
        (
            "removed success status",
            |it| drop_key(&mut it.operation("createPolicyProfile")["responses"], "201"),
            &["response the response 201 removed, response: sdk none, api breaks"],
        ),
        (
            "added error status",
            |it| it.operation("dryEvalPolicy")["responses"]["402"] = json!({"description": "Pay."}),
            &["response the response 402 added, response: sdk none, api notice"],
        ),
        (
            "removed error status",
            |it| drop_key(&mut it.operation("dryEvalPolicy")["responses"], "429"),
            &["response the response 429 removed, response: sdk none, api none"],
        ),
        (
            "removed 304",
            |it| drop_key(&mut it.operation("getPolicyProfile")["responses"], "304"),
            &["response the response 304 removed, response: sdk breaks, api notice"],
        ),
        (
            "added 304",
            |it| {
                it.operation("getPolicyStatementKinds")["responses"]["304"] =
                    json!({"$ref": "#/components/responses/NotModified"});
            },
            &["response the response 304 added, response: sdk breaks, api none"],
        ),
        (
            "removed header of several responses",
            |it| {
                for id in ["listPolicyProfiles", "getPolicyProfile"] {
                    drop_key(&mut it.operation(id)["responses"]["200"]["headers"], "ETag");
                }
            },
            &["header the header ETag removed, response: sdk may_break, api breaks"],
        ),
        (
            "changed type of a header",
            |it| {
                it.component("responses", "TooManyRequests")["headers"]["Retry-After"]["schema"]["type"] =
                    json!("string")
            },
            &["value the header Retry-After type_changed, response: sdk none, api breaks"],
        ),
        (
            "removed field of problem documents",
            |it| {
                it.fields("Error").remove("request_id");
            },
            &["field Error.request_id removed, response: sdk none, api breaks"],
        ),
        (
            "added error code",
            |it| push(&mut it.schema("ErrorCode")["enum"], json!("TEAPOT")),
            &["value ErrorCode enum_value_added, response: sdk none, api may_break"],
        ),
        (
            "removed error code",
            |it| drop_item(&mut it.schema("ErrorCode")["enum"], "PAYMENT_REQUIRED"),
            &["value ErrorCode enum_value_removed, response: sdk breaks, api none"],
        ),
    ]);
}

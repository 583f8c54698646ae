//! Operations, their parameters and bodies, and the heads of their answers.

use serde_json::json;

use super::support::*;

#[test]
fn operations() {
    check(&[
        (
            "an operation is gone",
            |it| {
                it.path("/v1/projects/{project_id}/policies/{policy_id}")
                    .remove("delete");
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
                let item = paths
                    .remove("/v1/projects/{project_id}/policy-evaluations")
                    .unwrap();
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
            |it| it.operation("createPolicyProfile")["x-rejects-idempotency-key"] = json!(true),
            &["operation createPolicyProfile rejects_idempotency_key, -: sdk breaks, api breaks"],
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
                push(
                    &mut it.operation("deletePolicyProfile")["parameters"],
                    parameter,
                );
            },
            &["parameter the query parameter reason added, request: sdk breaks, api breaks"],
        ),
        (
            "an optional parameter is new",
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
                let answers = it.operation("createPolicyProfile")["responses"]
                    .as_object_mut()
                    .unwrap();
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

//! Tests that fields added to the schemas of the API contract are validated, set to their defaults, stored and returned
//! without changes to Rust code.

mod support;

use std::time::Duration;

use pgbeam_emulator::Emulator;
use serde_json::{Value, json};
use support::{Api, ApiResponse, resource_path};

fn bundle() -> Value {
    serde_json::from_str(include_str!("../contract/openapi.json")).expect("JSON")
}

/// Adds a property to a schema of the contract.
fn add_property(bundle: &mut Value, schema: &str, name: &str, property: Value) {
    bundle["components"]["schemas"][schema]["properties"][name] = property;
}

async fn emulator_with(contract: &Value) -> Api {
    Api::from_builder(Emulator::builder().contract(contract.to_string())).await
}

#[test]
fn the_copy_of_the_contract_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/openapi.json");
    let spec: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
    assert!(spec == bundle(), "run `cargo xtask codegen`");
}

#[tokio::test]
async fn added_fields_are_validated_defaulted_stored_and_returned() {
    let mut contract = bundle();
    let max_joins = json!({"type": "integer", "minimum": 0, "default": 0});
    let shield = json!({"type": "string", "enum": ["on", "off"]});
    let window = json!({
        "type": "object", "required": ["start"],
        "properties": {
            "start": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
            "hours": {"type": "integer", "minimum": 1, "maximum": 24, "default": 8},
        },
    });
    let hosts = json!({"type": "array", "maxItems": 2, "items": {"type": "string"}});
    for schema in ["PolicyProfile", "PolicyProfileInput"] {
        add_property(&mut contract, schema, "max_joins", max_joins.clone());
        add_property(&mut contract, schema, "shield", shield.clone());
        add_property(&mut contract, schema, "window", window.clone());
        add_property(&mut contract, schema, "hosts", hosts.clone());
    }
    // Only the response schema has `version`, so a client cannot set it.
    add_property(
        &mut contract,
        "PolicyProfile",
        "version",
        json!({"type": "string"}),
    );
    let input = &mut contract["components"]["schemas"]["PolicyProfileInput"];
    input["x-when-absent"]["shield"] = json!("on");
    input["x-kept-when-absent"] = json!(["query_mode", "max_joins"]);
    let api = emulator_with(&contract).await;

    let invalid = json!({
        "name": "p", "max_joins": -1, "shield": "up", "window": {"hours": 25},
        "hosts": ["a", "b", "c"],
    });
    let rejected = ApiResponse::send(api.post("policies", &invalid)).await;
    assert_eq!(
        rejected.problem(400, "INVALID_INPUT"),
        [
            "hosts",
            "max_joins",
            "shield",
            "window.start",
            "window.hours"
        ]
    );

    let created = api.create("policies", &json!({"name": "p"})).await;
    let added = |profile: &Value| {
        ["max_joins", "shield", "window", "hosts"].map(|name| profile[name].clone())
    };
    assert_eq!(
        added(&created),
        [json!(0), json!("on"), Value::Null, json!([])]
    );

    let path = resource_path("policies", &created);
    let body = json!({
        "name": "p", "max_joins": 3, "shield": "off", "window": {"start": "08:00"},
        "hosts": ["a"], "version": "mine",
    });
    let replaced = ApiResponse::send(api.put(&path, &body)).await.json();
    assert_eq!(
        added(&replaced),
        [
            json!(3),
            json!("off"),
            json!({"start": "08:00", "hours": 8}),
            json!(["a"])
        ]
    );
    assert!(replaced.get("version").is_none(), "clients cannot set it");
    assert_eq!(ApiResponse::send(api.get(&path)).await.json(), replaced);
    let listed = ApiResponse::send(api.get("policies")).await.json();
    assert_eq!(listed["policies"], json!([replaced]));

    let reset = ApiResponse::send(api.put(&path, &json!({"name": "p"})))
        .await
        .json();
    assert_eq!(
        added(&reset),
        [json!(3), json!("on"), Value::Null, json!([])],
        "max_joins keeps its stored value, the other fields are reset"
    );

    // An inline policy is validated against the same schema.
    let evaluation = json!({"sql": "SELECT 1", "policy": {"name": "p", "max_joins": "0"}});
    let rejected = ApiResponse::send(api.post("policy-evaluations", &evaluation)).await;
    assert_eq!(rejected.problem(400, "INVALID_INPUT"), ["policy.max_joins"]);
    let seeded = api
        .emulator
        .project("prj_1")
        .create_policy(json!({"name": "q", "max_joins": 4}));
    assert_eq!(seeded.expect("valid")["max_joins"], 4);
}

#[tokio::test]
async fn added_fields_of_query_templates_are_validated_and_defaulted() {
    let mut contract = bundle();
    let owner = json!({"type": "string", "maxLength": 3, "default": "ops"});
    for schema in ["QueryTemplate", "QueryTemplateInput"] {
        add_property(&mut contract, schema, "owner", owner.clone());
    }
    contract["components"]["schemas"]["QueryTemplate"]["required"]
        .as_array_mut()
        .expect("a list")
        .push(json!("owner"));
    let api = emulator_with(&contract).await;
    let body = json!({"name": "t", "sql": "SELECT 1"});
    assert_eq!(api.create("query-templates", &body).await["owner"], "ops");
    let body = json!({"name": "u", "sql": "SELECT 1", "owner": "nobody"});
    let rejected = ApiResponse::send(api.post("query-templates", &body)).await;
    assert_eq!(rejected.problem(400, "INVALID_INPUT"), ["owner"]);
}

#[tokio::test]
async fn constraints_and_headers_come_from_the_contract() {
    let mut contract = bundle();
    let limit = &mut contract["components"]["schemas"]["PolicyReplayInput"]["properties"]["limit"];
    *limit = json!({"type": "integer", "minimum": 1, "maximum": 2, "default": 2});
    let create = &mut contract["paths"]["/v1/projects/{project_id}/policies"]["post"];
    create["parameters"]
        .as_array_mut()
        .expect("parameters")
        .retain(|parameter| parameter["$ref"] != "#/components/parameters/IdempotencyKey");
    let api = emulator_with(&contract).await;
    let body = json!({"policy": {"name": "p"}, "limit": 3});
    let rejected = ApiResponse::send(api.post("policy-replays", &body)).await;
    assert_eq!(rejected.problem(400, "INVALID_INPUT"), ["limit"]);
    for _ in 0..2 {
        let request = api.post("policies", &json!({"name": "p"}));
        let created = ApiResponse::send(request.header("idempotency-key", "k")).await;
        assert_eq!(created.status, 201);
    }
    let stored = api.emulator.project("prj_1").policies().len();
    assert_eq!(stored, 2, "the operation no longer accepts a key");
}

#[tokio::test]
async fn unknown_enum_values_are_stored_and_fail_evaluation() {
    let mut contract = bundle();
    let schemas = &mut contract["components"]["schemas"];
    for pointer in [
        "/PolicyProfileInput/properties/access_mode/enum",
        "/AccessMode/enum",
    ] {
        let values = schemas.pointer_mut(pointer).and_then(Value::as_array_mut);
        values.expect("an enum").push(json!("append_only"));
    }
    let api = emulator_with(&contract).await;
    let body = json!({"name": "p", "access_mode": "append_only"});
    let created = api.create("policies", &body).await;
    assert_eq!(created["access_mode"], "append_only");
    let evaluation = json!({"sql": "SELECT 1", "policy_id": created["id"]});
    ApiResponse::send(api.post("policy-evaluations", &evaluation))
        .await
        .problem(500, "INTERNAL_ERROR");
}

#[tokio::test]
async fn rejects_invalid_contracts() {
    for json in ["not JSON", "{}"] {
        let error = Emulator::builder().contract(json).start().await;
        let error = error.expect_err(json);
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    }
}

#[tokio::test]
async fn concurrent_edits_with_if_match_are_not_lost() {
    const CLIENTS: usize = 32;
    const EDITS: usize = 3;
    let api = Api::start().await;
    let path = api.policy("p").await;
    let url = format!("{}/v1/projects/prj_1/{path}", api.emulator.base_url());
    let clients = (0..CLIENTS).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            // Each client has its own connections, like a separate process.
            let http = reqwest::Client::builder()
                .timeout(Duration::from_secs(60))
                .build()
                .expect("a client");
            let mut edits = 0;
            while edits < EDITS {
                let read = ApiResponse::send(http.get(&url).bearer_auth("x")).await;
                let mut profile = read.json();
                profile["max_rows"] = json!(profile["max_rows"].as_i64().expect("a number") + 1);
                let put = http.put(&url).bearer_auth("x").json(&profile);
                let written = ApiResponse::send(put.header("if-match", read.header("etag"))).await;
                match written.status {
                    200 => edits += 1,
                    status => assert_eq!(status, 412),
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("no panic");
    }
    let profile = ApiResponse::send(api.get(&path)).await.json();
    assert_eq!(profile["max_rows"], CLIENTS * EDITS);
}

//! Tests of query templates.

mod support;

use serde_json::{Value, json};
use support::{Api, ApiResponse, resource_path};

const PATH: &str = "query-templates";

fn body(name: &str) -> Value {
    json!({
        "name": name, "description": "By id", "sql": "SELECT * FROM orders WHERE id = $1",
        "params": [{"name": "id", "type": "bigint"}],
    })
}

#[tokio::test]
async fn a_template_is_created_read_replaced_and_deleted() {
    let api = Api::start().await;
    let created = api.create(PATH, &body("order_by_id")).await;
    assert!(
        created["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("qtp_"))
    );
    assert_eq!(created["project_id"], "prj_1");
    assert_eq!(created["statement_kind"], "select");
    assert_eq!(
        (&created["enabled"], &created["include_sql"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        created["params"],
        json!([{"name": "id", "type": "bigint", "nullable": false}])
    );
    let path = resource_path(PATH, &created);
    let read = ApiResponse::send(api.get(&path)).await;
    assert_eq!(read.json(), created);
    let etag = read.header("etag").to_owned();
    let unchanged = ApiResponse::send(api.get(&path).header("if-none-match", &etag)).await;
    assert_eq!(unchanged.status, 304);
    let list = ApiResponse::send(api.get(PATH)).await;
    assert_eq!(list.json(), json!({"query_templates": [created]}));
    assert!(!list.header("etag").is_empty());

    let off = json!({"name": "gone", "sql": "DELETE FROM orders", "enabled": false});
    let replaced = ApiResponse::send(api.put(&path, &off).header("if-match", &etag)).await;
    assert_eq!((replaced.status, replaced.header("etag")), (200, ""));
    let replaced = replaced.json();
    assert_eq!(replaced["statement_kind"], "delete");
    assert_eq!(
        (&replaced["enabled"], &replaced["description"]),
        (&json!(false), &json!(""))
    );
    assert_eq!(replaced["params"], json!([]));

    let stale = ApiResponse::send(api.put(&path, &body("x")).header("if-match", &etag)).await;
    stale.problem(412, "PRECONDITION_FAILED");
    assert_ne!(stale.header("etag"), etag);

    let again = json!({"name": "gone", "sql": "DELETE FROM orders"});
    let enabled = ApiResponse::send(api.put(&path, &again)).await.json();
    assert_eq!(
        enabled["enabled"], true,
        "an omitted `enabled` is reset to true"
    );

    assert_eq!(ApiResponse::send(api.delete(&path)).await.status, 204);
    for request in [
        api.get(&path),
        api.delete(&path),
        api.put(&path, &body("x")),
    ] {
        ApiResponse::send(request).await.problem(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn names_are_unique_in_a_project() {
    let api = Api::start().await;
    api.create(PATH, &body("a")).await;
    let other = resource_path(PATH, &api.create(PATH, &body("b")).await);
    ApiResponse::send(api.post(PATH, &body("a")))
        .await
        .problem(409, "RESOURCE_EXISTS");
    ApiResponse::send(api.put(&other, &body("a")))
        .await
        .problem(409, "RESOURCE_EXISTS");
    assert_eq!(
        ApiResponse::send(api.put(&other, &body("b"))).await.status,
        200,
        "a template can keep its name"
    );
    let elsewhere = format!("{}/v1/projects/prj_2/{PATH}", api.emulator.base_url());
    let created = api.http.post(elsewhere).bearer_auth("x").json(&body("a"));
    assert_eq!(ApiResponse::send(created).await.status, 201);
}

#[tokio::test]
async fn returns_all_validation_errors_at_once() {
    let api = Api::start().await;
    let invalid = json!({
        "name": "Bad Name", "sql": "SELECT 1; SELECT 2", "enabled": "yes", "description": 1,
        "params": [{"name": 1, "type": "int"}],
    });
    let fields = ApiResponse::send(api.post(PATH, &invalid))
        .await
        .problem(400, "INVALID_INPUT");
    assert_eq!(
        fields,
        [
            "description",
            "enabled",
            "name",
            "params[0].name",
            "params[0].type",
            "sql"
        ]
    );
    let fields = ApiResponse::send(api.post(PATH, &json!({})))
        .await
        .problem(400, "INVALID_INPUT");
    assert_eq!(fields, ["name", "sql"]);
    let unmatched = json!({"name": "a", "sql": "SELECT $1, $2"});
    assert_eq!(
        ApiResponse::send(api.post(PATH, &unmatched))
            .await
            .problem(400, "INVALID_INPUT"),
        ["sql"]
    );
}

#[tokio::test]
async fn templates_are_paged() {
    let api = Api::start().await;
    for name in ["a", "b", "c"] {
        api.create(PATH, &body(name)).await;
    }
    let first = ApiResponse::send(api.get(&format!("{PATH}?page_size=2")))
        .await
        .json();
    assert_eq!(first["query_templates"].as_array().map(Vec::len), Some(2));
    let token = first["next_page_token"].as_str().expect("a token");
    let last = ApiResponse::send(api.get(&format!("{PATH}?page_token={token}")))
        .await
        .json();
    assert_eq!(last["query_templates"][0]["name"], "c");
    assert!(last.get("next_page_token").is_none());
    // A token is valid only for its list.
    let other = ApiResponse::send(api.get(&format!("policies?page_token={token}"))).await;
    assert_eq!(other.problem(400, "INVALID_INPUT"), ["page_token"]);
}

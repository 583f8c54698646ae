//! Query templates over HTTP.

mod support;

use serde_json::{Value, json};
use support::{Answer, Api, path_of};

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
            .is_some_and(|id| id.starts_with("qt_"))
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
    let path = path_of(PATH, &created);
    let read = Answer::of(api.get(&path)).await;
    assert_eq!(read.json(), created);
    let etag = read.header("etag").to_owned();
    let unchanged = Answer::of(api.get(&path).header("if-none-match", &etag)).await;
    assert_eq!(unchanged.status, 304);
    let list = Answer::of(api.get(PATH)).await;
    assert_eq!(list.json(), json!({"query_templates": [created]}));
    assert!(!list.header("etag").is_empty());

    let off = json!({"name": "gone", "sql": "DELETE FROM orders", "enabled": false});
    let replaced = Answer::of(api.put(&path, &off).header("if-match", &etag)).await;
    assert_eq!((replaced.status, replaced.header("etag")), (200, ""));
    let replaced = replaced.json();
    assert_eq!(replaced["statement_kind"], "delete");
    assert_eq!(
        (&replaced["enabled"], &replaced["description"]),
        (&json!(false), &json!(""))
    );
    assert_eq!(replaced["params"], json!([]));

    let stale = Answer::of(api.put(&path, &body("x")).header("if-match", &etag)).await;
    stale.problem(412, "PRECONDITION_FAILED");
    assert_ne!(stale.header("etag"), etag);

    let again = json!({"name": "gone", "sql": "DELETE FROM orders"});
    let enabled = Answer::of(api.put(&path, &again)).await.json();
    assert_eq!(enabled["enabled"], true, "an omitted enabled is true again");

    assert_eq!(Answer::of(api.delete(&path)).await.status, 204);
    for request in [
        api.get(&path),
        api.delete(&path),
        api.put(&path, &body("x")),
    ] {
        Answer::of(request).await.problem(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn names_are_unique_in_a_project() {
    let api = Api::start().await;
    api.create(PATH, &body("a")).await;
    let other = path_of(PATH, &api.create(PATH, &body("b")).await);
    Answer::of(api.post(PATH, &body("a")))
        .await
        .problem(409, "RESOURCE_EXISTS");
    Answer::of(api.put(&other, &body("a")))
        .await
        .problem(409, "RESOURCE_EXISTS");
    assert_eq!(
        Answer::of(api.put(&other, &body("b"))).await.status,
        200,
        "it may keep its own"
    );
    let elsewhere = format!("{}/v1/projects/prj_2/{PATH}", api.emulator.base_url());
    let created = api.http.post(elsewhere).bearer_auth("x").json(&body("a"));
    assert_eq!(Answer::of(created).await.status, 201);
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let api = Api::start().await;
    let wrong = json!({
        "name": "Bad Name", "sql": "SELECT 1; SELECT 2", "enabled": "yes", "description": 1,
        "params": [{"name": 1, "type": "int"}],
    });
    let fields = Answer::of(api.post(PATH, &wrong))
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
    let fields = Answer::of(api.post(PATH, &json!({})))
        .await
        .problem(400, "INVALID_INPUT");
    assert_eq!(fields, ["name", "sql"]);
    let unmatched = json!({"name": "a", "sql": "SELECT $1, $2"});
    assert_eq!(
        Answer::of(api.post(PATH, &unmatched))
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
    let first = Answer::of(api.get(&format!("{PATH}?page_size=2")))
        .await
        .json();
    assert_eq!(first["query_templates"].as_array().map(Vec::len), Some(2));
    let token = first["next_page_token"].as_str().expect("a token");
    let last = Answer::of(api.get(&format!("{PATH}?page_token={token}")))
        .await
        .json();
    assert_eq!(last["query_templates"][0]["name"], "c");
    assert!(last.get("next_page_token").is_none());
    // A token belongs to its list.
    let other = Answer::of(api.get(&format!("policies?page_token={token}"))).await;
    assert_eq!(other.problem(400, "INVALID_INPUT"), ["page_token"]);
}

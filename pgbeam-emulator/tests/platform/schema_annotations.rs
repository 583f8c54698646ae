//! Tests of schema annotations.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use serde_json::{Value, json};

use crate::Platform;
use crate::support::ApiResponse;

async fn list(platform: &Platform) -> Value {
    let list = platform
        .expect(200, "listSchemaAnnotations", &["prj_1"], &Value::Null)
        .await;
    list["annotations"].clone()
}

async fn delete(platform: &Platform, query: &[(&str, &str)]) -> ApiResponse {
    let request = platform.query("deleteSchemaAnnotation", &["prj_1"], query);
    platform.send("deleteSchemaAnnotation", request).await
}

#[tokio::test]
async fn the_names_identify_an_annotation() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let clock = ManualClock::new(now);
    let platform = Platform::from_builder(Emulator::builder().clock(clock.clone())).await;
    let put = async |body: Value| {
        platform
            .expect(200, "putSchemaAnnotation", &["prj_1"], &body)
            .await
    };
    let table = put(json!({"table_name": "orders", "description": "Orders"})).await;
    let expected = json!({
        "id": table["id"], "project_id": "prj_1", "schema_name": null, "table_name": "orders",
        "column_name": null, "description": "Orders", "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(table, expected);
    let names = json!({
        "schema_name": "public", "table_name": "orders", "column_name": "state",
        "description": "Status",
    });
    let column = put(names.clone()).await;
    let mut other_column = names;
    other_column["column_name"] = json!("total");
    let other_column = put(other_column).await;

    clock.advance(TimeDelta::seconds(5));
    // An empty name counts as omitted.
    let replaced = put(json!({
        "schema_name": "", "table_name": "orders", "column_name": null, "description": "Sales",
        "id": "x",
    }));
    let replaced = replaced.await;
    let mut expected = table;
    expected["description"] = json!("Sales");
    expected["updated_at"] = json!("2026-01-31T12:00:05.000000Z");
    assert_eq!(replaced, expected);
    assert_eq!(
        list(&platform).await,
        json!([replaced, column, other_column])
    );

    let unknown = [("table_name", "orders"), ("column_name", "state")];
    delete(&platform, &unknown).await.problem(404, "NOT_FOUND");
    let table = [("table_name", "orders"), ("schema_name", "")];
    assert_eq!(delete(&platform, &table).await.status, 204);
    delete(&platform, &table).await.problem(404, "NOT_FOUND");
    let column = [
        ("schema_name", "public"),
        ("table_name", "orders"),
        ("column_name", "state"),
    ];
    assert_eq!(delete(&platform, &column).await.status, 204);
    assert_eq!(list(&platform).await, json!([other_column]));
}

#[tokio::test]
async fn rejects_invalid_annotations_and_queries() {
    let platform = Platform::start().await;
    let body = json!({"schema_name": 1, "table_name": ""});
    let invalid = platform
        .call("putSchemaAnnotation", &["prj_1"], &body)
        .await;
    let mut fields = invalid.problem(400, "INVALID_INPUT");
    fields.sort();
    assert_eq!(fields, ["description", "schema_name", "table_name"]);
    let missing = delete(&platform, &[]).await;
    assert_eq!(missing.problem(400, "INVALID_INPUT"), ["table_name"]);
    assert_eq!(list(&platform).await, json!([]));
}

#[tokio::test]
async fn the_list_has_pages() {
    let platform = Platform::start().await;
    for name in ["a", "b", "c"] {
        let body = json!({"table_name": name, "description": "d"});
        platform
            .expect(200, "putSchemaAnnotation", &["prj_1"], &body)
            .await;
    }
    let page = async |query: &[(&str, &str)]| {
        let request = platform.query("listSchemaAnnotations", &["prj_1"], query);
        let page = platform.send("listSchemaAnnotations", request).await.json();
        let annotations = page["annotations"].as_array().expect("annotations").iter();
        let names: Vec<_> = annotations
            .map(|annotation| annotation["table_name"].clone())
            .collect();
        (names, page["next_page_token"].as_str().map(str::to_owned))
    };
    let (names, token) = page(&[("page_size", "2")]).await;
    assert_eq!(names, ["a", "b"]);
    let token = token.expect("a token");
    assert_eq!(
        page(&[("page_token", &token)]).await,
        (vec![json!("c")], None)
    );
}

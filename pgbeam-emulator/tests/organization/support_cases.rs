//! Tests of support cases and their messages.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{CheckedApi, string};

fn case(title: &str, body: &str) -> Value {
    json!({"org_id": "org_1", "title": title, "body": body})
}

#[tokio::test]
async fn a_case_has_messages_and_is_closed_and_reopened() {
    let api = CheckedApi::start().await;
    let keyed = |body: Value| {
        let request = api.request("createSupportCase", &["org_1"]);
        api.send(
            "createSupportCase",
            request.header("idempotency-key", "k").json(&body),
        )
    };
    let created = keyed(case("Title", "Body")).await;
    assert_eq!(created.status, 201);
    let expected = json!({
        "id": created.json()["id"], "case_number": 1, "org_id": "org_1", "user_id": "usr_emulator", "title": "Title",
        "severity": 4, "status": "open", "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z", "closed_at": null, "message_count": 1,
    });
    assert_eq!(created.json(), expected);
    assert_eq!(
        keyed(case("Title", "Body")).await.json(),
        expected,
        "a retry with the same key"
    );
    keyed(case("Title", "Other"))
        .await
        .problem(409, "IDEMPOTENCY_KEY_REUSED");

    let ids = ["org_1", string(&expected, "id")];
    let get = || api.get("getSupportCase", &ids);
    let read = get().await;
    assert_eq!(read.json()["case"], expected);
    assert_eq!(read.json()["messages"][0]["body"], "Body");
    let unchanged = api
        .request("getSupportCase", &ids)
        .header("if-none-match", read.header("etag"));
    assert_eq!(api.send("getSupportCase", unchanged).await.status, 304);

    api.clock.advance(TimeDelta::minutes(1));
    let message = api
        .call("createSupportMessage", &ids, &json!({"body": "More"}))
        .await;
    assert_eq!(
        (message.status, &message.json()["case_id"]),
        (201, &json!(ids[1]))
    );
    let read = get().await.json();
    assert_eq!(read["messages"][1], message.json());
    assert_eq!(read["case"]["message_count"], 2);
    assert_eq!(read["case"]["updated_at"], "2026-01-31T12:01:00.000000Z");

    let update = |body: Value| {
        let (api, ids) = (&api, &ids);
        async move { api.call("updateSupportCase", ids, &body).await.json() }
    };
    let closed = update(json!({"status": "closed"})).await;
    assert_eq!(closed["closed_at"], "2026-01-31T12:01:00.000000Z");
    api.clock.advance(TimeDelta::minutes(1));
    assert_eq!(update(json!({"status": "closed"})).await, closed);
    assert_eq!(update(json!({})).await, closed);
    let reopened = update(json!({"status": "open"})).await;
    assert_eq!(
        (&reopened["status"], &reopened["closed_at"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(get().await.json()["case"], reopened);
}

#[tokio::test]
async fn cases_are_listed_by_page_number_and_by_token() {
    let api = CheckedApi::start().await;
    for n in 1..=5 {
        let body = case(&format!("Case {n}"), &format!("Refused by HOST-{n}"));
        let created = api
            .call("createSupportCase", &["org_1"], &body)
            .await
            .json();
        assert_eq!(created["case_number"], n);
        if n % 2 == 0 {
            let ids = ["org_1", string(&created, "id")];
            api.call("updateSupportCase", &ids, &json!({"status": "closed"}))
                .await;
        }
    }
    let list = |query: &str| {
        let (api, target) = (&api, format!("listSupportCases?{query}"));
        async move {
            let body = api.get(&target, &["org_1"]).await.json();
            let cases = body["cases"].as_array().expect("a list").iter();
            let numbers: Vec<i64> = cases
                .map(|case| case["case_number"].as_i64().expect("a number"))
                .collect();
            let token = body["next_page_token"].as_str().map(str::to_owned);
            (numbers, body["total"].as_i64(), token)
        }
    };
    let (numbers, total, token) = list("page_size=2").await;
    assert_eq!((numbers, total), (vec![1, 2], Some(5)));
    let token = token.expect("more cases");
    let (numbers, total, _) = list(&format!("page_size=2&page_token={token}")).await;
    assert_eq!((numbers, total), (vec![3, 4], Some(5)));
    for (query, numbers, total) in [
        ("page_size=2&page=2", vec![3, 4], 5),
        ("page_size=2&page=3", vec![5], 5),
        ("page=2", vec![], 5),
        ("status=closed", vec![2, 4], 2),
        ("status=open&page_size=2&page=2", vec![5], 3),
        ("search=CASE%203", vec![3], 1),
        ("search=case%204&status=closed", vec![4], 1),
        ("search=case%204&status=open", vec![], 0),
        // The messages are not searched.
        ("search=host-4", vec![], 0),
    ] {
        let (found, count, _) = list(query).await;
        assert_eq!((found, count), (numbers, Some(total)), "{query}");
    }
    let list = api.get("listSupportCases", &["org_1"]).await;
    let unchanged = api.request("listSupportCases", &["org_1"]);
    let unchanged = unchanged.header("if-none-match", list.header("etag"));
    assert_eq!(api.send("listSupportCases", unchanged).await.status, 304);
    let other = api.get("listSupportCases", &["org_2"]).await.json();
    assert_eq!(other, json!({"cases": [], "total": 0}));
    let invalid = api
        .get("listSupportCases?page=0&page_size=101", &["org_1"])
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["page_size", "page"]);
    let invalid = api.get("listSupportCases?page_token=x", &["org_1"]).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["page_token"]);
}

#[tokio::test]
async fn invalid_cases_and_unknown_ids_are_rejected() {
    let api = CheckedApi::start().await;
    let create = |body: Value| {
        let api = &api;
        async move { api.call("createSupportCase", &["org_2"], &body).await }
    };
    let invalid = create(case("t", "b")).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["org_id"]);
    let invalid = create(json!({"org_id": "org_2", "title": "", "severity": 5})).await;
    assert_eq!(
        invalid.problem(400, "INVALID_INPUT"),
        ["body", "severity", "title"]
    );
    let ids = ["org_2", "case_none"];
    api.get("getSupportCase", &ids)
        .await
        .problem(404, "NOT_FOUND");
    let update = api
        .call("updateSupportCase", &ids, &json!({"status": "open"}))
        .await;
    update.problem(404, "NOT_FOUND");
    let message = api
        .call("createSupportMessage", &ids, &json!({"body": "b"}))
        .await;
    message.problem(404, "NOT_FOUND");
    let created = api
        .call("createSupportCase", &["org_1"], &case("t", "b"))
        .await
        .json();
    let other = ["org_2", string(&created, "id")];
    api.get("getSupportCase", &other)
        .await
        .problem(404, "NOT_FOUND");
    let ids = ["org_1", string(&created, "id")];
    let invalid = api
        .call("createSupportMessage", &ids, &json!({"body": ""}))
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["body"]);
    let invalid = api
        .call("updateSupportCase", &ids, &json!({"status": "x"}))
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["status"]);
}

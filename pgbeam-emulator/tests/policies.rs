//! Tests of policy profiles.

mod support;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock, rule};
use serde_json::{Value, json};
use support::{Api, ApiResponse, resource_path};

/// Returns a profile with every field. All values except that of `query_mode` differ from the default.
fn full() -> Value {
    json!({
        "name": "full", "access_mode": "read_write",
        "statement_rules": {"allow": ["select", "insert"], "deny": ["ddl"]},
        "table_allowlist": ["orders"], "table_denylist": ["secrets"],
        "masking_rules": [{"table": "users", "column": "email", "kind": "null"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 1"}],
        "budget_queries_per_hour": 1, "budget_queries_per_day": 2, "max_rows": 3,
        "statement_timeout_ms": 4, "write_mode": "sandbox", "approval_mode": "ddl",
        "approval_auto_max_rows": 5, "approval_timeout_seconds": 6, "migration_safety": "warn",
        "egress_bytes_per_day": 9_007_199_254_740_993_i64, "max_affected_rows": 7,
        "content_scan_mode": "annotate", "content_scan_max_bytes": 5_000_000_000_i64,
        "query_mode": "sql",
    })
}

fn defaults(name: &str) -> Value {
    json!({
        "name": name, "access_mode": "read_only", "table_allowlist": [], "table_denylist": [],
        "masking_rules": [], "row_filters": [], "budget_queries_per_hour": 0,
        "budget_queries_per_day": 0, "max_rows": 0, "statement_timeout_ms": 0,
        "write_mode": "normal", "approval_mode": "off", "approval_auto_max_rows": 0,
        "approval_timeout_seconds": 300, "migration_safety": "off", "egress_bytes_per_day": 0,
        "max_affected_rows": 0, "content_scan_mode": "off", "content_scan_max_bytes": 0,
        "query_mode": "sql",
    })
}

/// Removes the fields that the server sets.
fn without_server_fields(response: &Value) -> Value {
    let mut map = response.as_object().cloned().expect("an object");
    for field in ["id", "project_id", "created_at", "updated_at"] {
        assert!(map.remove(field).is_some(), "{field} is missing");
    }
    Value::Object(map)
}

#[tokio::test]
async fn a_profile_is_created_read_replaced_and_deleted() {
    let clock = ManualClock::new(
        "2026-01-31T12:00:00Z"
            .parse::<DateTime<Utc>>()
            .expect("a date"),
    );
    let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;

    let response = ApiResponse::send(api.post("policies", &full())).await;
    assert_eq!(response.status, 201);
    assert_eq!(response.header("content-type"), "application/json");
    assert_eq!(response.header("etag"), "", "a POST declares no ETag");
    let created = response.json();
    assert_eq!(without_server_fields(&created), full());
    assert!(
        created["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("pol_"))
    );
    assert_eq!(created["project_id"], "prj_1");
    assert_eq!(created["created_at"], "2026-01-31T12:00:00.000000Z");
    assert_eq!(created["updated_at"], created["created_at"]);

    let path = resource_path("policies", &created);
    let read = ApiResponse::send(api.get(&path)).await;
    assert_eq!((read.status, read.json()), (200, created.clone()));
    let etag = read.header("etag").to_owned();
    assert!(
        etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2,
        "{etag}"
    );

    clock.advance(TimeDelta::milliseconds(1500));
    let replaced = ApiResponse::send(api.put(&path, &json!({"name": "new"}))).await;
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.header("etag"), "", "a PUT declares no ETag");
    assert_eq!(
        without_server_fields(&replaced.json()),
        defaults("new"),
        "omitted fields are reset to their defaults"
    );
    assert_eq!(replaced.json()["id"], created["id"]);
    assert_eq!(replaced.json()["created_at"], created["created_at"]);
    assert_eq!(replaced.json()["updated_at"], "2026-01-31T12:00:01.500000Z");
    assert_ne!(ApiResponse::send(api.get(&path)).await.header("etag"), etag);

    let deleted = ApiResponse::send(api.delete(&path)).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    for request in [
        api.get(&path),
        api.delete(&path),
        api.put(&path, &json!({"name": "x"})),
    ] {
        ApiResponse::send(request).await.problem(404, "NOT_FOUND");
    }
    ApiResponse::send(api.get(&format!("{path}/statement-kinds")))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn omitted_fields_get_defaults_except_statement_rules() {
    let api = Api::start().await;
    let created = api.create("policies", &json!({"name": "p"})).await;
    assert_eq!(without_server_fields(&created), defaults("p"));
    let empty = api
        .create("policies", &json!({"name": "p", "statement_rules": {}}))
        .await;
    assert_eq!(empty["statement_rules"], json!({}), "present and empty");
    let list = api
        .create(
            "policies",
            &json!({"name": "p", "statement_rules": {"allow": []}}),
        )
        .await;
    assert_eq!(list["statement_rules"], json!({"allow": []}));
}

#[tokio::test]
async fn returns_all_validation_errors_at_once() {
    let api = Api::start().await;
    let response = ApiResponse::send(api.post("policies", &json!({}))).await;
    assert_eq!(response.problem(400, "INVALID_INPUT"), ["name"]);
    let body = json!({
        "name": "", "max_rows": -1, "statement_timeout_ms": 1.0, "access_mode": "none",
        "masking_rules": [{"table": "t", "column": "c", "kind": "blur"}, {}],
        "table_allowlist": [1], "table_denylist": "secrets", "row_filters": [{"table": "t"}],
        "egress_bytes_per_day": "1", "query_mode": "none", "write_mode": 1,
        "statement_rules": {"allow": ["select", 1], "deny": "all"},
    });
    let expected = HashSet::from(
        [
            "name",
            "max_rows",
            "statement_timeout_ms",
            "access_mode",
            "masking_rules[0].kind",
            "masking_rules[1].table",
            "masking_rules[1].column",
            "masking_rules[1].kind",
            "table_allowlist[0]",
            "table_denylist",
            "row_filters[0].predicate",
            "egress_bytes_per_day",
            "query_mode",
            "write_mode",
            "statement_rules.allow[1]",
            "statement_rules.deny",
        ]
        .map(str::to_owned),
    );
    let path = api.policy("p").await;
    for request in [api.post("policies", &body), api.put(&path, &body)] {
        let fields = ApiResponse::send(request)
            .await
            .problem(400, "INVALID_INPUT");
        assert_eq!(fields.into_iter().collect::<HashSet<_>>(), expected);
    }
    assert_eq!(
        api.emulator.project("prj_1").policies().len(),
        1,
        "nothing was stored"
    );
}

#[tokio::test]
async fn name_length_is_counted_in_characters() {
    let api = Api::start().await;
    api.create("policies", &json!({"name": "é".repeat(128)}))
        .await;
    for name in [json!(""), json!("é".repeat(129)), json!(null)] {
        let rejected = ApiResponse::send(api.post("policies", &json!({ "name": name }))).await;
        assert_eq!(rejected.problem(400, "INVALID_INPUT"), ["name"]);
    }
}

#[tokio::test]
async fn keeps_unknown_fields_until_a_put_omits_them() {
    let api = Api::start().await;
    let sent = json!({
        "name": "p", "shield": {"level": 9}, "id": "pol_mine", "created_at": "then",
        "statement_rules": {"deny": ["merge"], "warn": ["ddl"]},
        "masking_rules": [{"table": "t", "column": "c", "kind": "null", "salt": "s"}],
        "row_filters": [{"table": "t", "predicate": "a", "note": 1}],
    });
    let created = api.create("policies", &sent).await;
    for name in ["shield", "statement_rules", "masking_rules", "row_filters"] {
        assert_eq!(created[name], sent[name], "{name}");
    }
    assert_ne!(created["id"], "pol_mine");
    assert_ne!(created["created_at"], "then");
    let path = resource_path("policies", &created);
    // Puts the whole response back, like a read-modify-write edit.
    let same = ApiResponse::send(api.put(&path, &created)).await.json();
    assert_eq!(
        without_server_fields(&same),
        without_server_fields(&created)
    );
    assert_eq!(
        same["id"], created["id"],
        "clients cannot set server fields"
    );
    let dropped = ApiResponse::send(api.put(&path, &json!({"name": "p"})))
        .await
        .json();
    assert!(dropped.get("shield").is_none());
}

#[tokio::test]
async fn reads_return_304_if_unchanged() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    for target in [path.as_str(), "policies"] {
        let etag = ApiResponse::send(api.get(target))
            .await
            .header("etag")
            .to_owned();
        for condition in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"x\", {etag}"),
            "*".to_owned(),
        ] {
            let response =
                ApiResponse::send(api.get(target).header("if-none-match", &condition)).await;
            assert_eq!(
                (response.status, response.body.len()),
                (304, 0),
                "{target} {condition}"
            );
            assert_eq!(response.header("etag"), etag);
        }
        let other = ApiResponse::send(api.get(target).header("if-none-match", "\"x\"")).await;
        assert_eq!(other.status, 200);
        assert_eq!(
            ApiResponse::send(api.put(&path, &json!({"name": target})))
                .await
                .status,
            200
        );
        let changed = ApiResponse::send(api.get(target).header("if-none-match", &etag)).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), etag);
    }
    let long = format!("\"{}\"", "a".repeat(1024));
    let fields = ApiResponse::send(api.get(&path).header("if-none-match", long)).await;
    assert_eq!(fields.problem(400, "INVALID_INPUT"), ["If-None-Match"]);
    ApiResponse::send(api.get("policies/none").header("if-none-match", "*"))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_stale_if_match_returns_412_without_effect() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let stale = ApiResponse::send(api.get(&path))
        .await
        .header("etag")
        .to_owned();
    let write = |name: &str, condition: &str| {
        api.put(&path, &json!({ "name": name }))
            .header("if-match", condition)
    };
    assert_eq!(ApiResponse::send(write("second", &stale)).await.status, 200);
    let before = ApiResponse::send(api.get(&path)).await;
    let current = before.header("etag").to_owned();
    for condition in [stale.clone(), format!("W/{current}"), "garbage".to_owned()] {
        let response = ApiResponse::send(write("third", &condition)).await;
        response.problem(412, "PRECONDITION_FAILED");
        assert_eq!(response.header("etag"), current, "the current ETag");
        assert_eq!(
            ApiResponse::send(api.get(&path)).await.body,
            before.body,
            "{condition}"
        );
    }
    // The precondition is checked before the body.
    let response = ApiResponse::send(api.put(&path, &json!({})).header("if-match", &stale)).await;
    response.problem(412, "PRECONDITION_FAILED");
    assert_eq!(
        ApiResponse::send(write("fourth", &format!("{stale}, {current}")))
            .await
            .status,
        200
    );
    assert_eq!(ApiResponse::send(write("fifth", "*")).await.status, 200);
    assert_eq!(
        ApiResponse::send(api.get(&path)).await.json()["name"],
        "fifth"
    );
    let response = ApiResponse::send(write("sixth", "")).await;
    assert_eq!(response.problem(400, "INVALID_INPUT"), ["If-Match"]);
    let missing = api
        .put("policies/none", &json!({"name": "x"}))
        .header("if-match", "*");
    ApiResponse::send(missing).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn only_one_of_two_writes_with_the_same_etag_succeeds() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let etag = ApiResponse::send(api.get(&path))
        .await
        .header("etag")
        .to_owned();
    let write = |name: &str| {
        ApiResponse::send(
            api.put(&path, &json!({ "name": name }))
                .header("if-match", &etag),
        )
    };
    let (a, b) = tokio::join!(write("a"), write("b"));
    assert_eq!(
        HashSet::from([a.status, b.status]),
        HashSet::from([200, 412])
    );
}

#[tokio::test]
async fn a_put_without_query_mode_keeps_it() {
    let api = Api::start().await;
    let templates_only = json!({"name": "p", "query_mode": "templates"});
    let rejected = ApiResponse::send(api.post("policies", &templates_only)).await;
    assert_eq!(rejected.problem(400, "INVALID_INPUT"), ["query_mode"]);

    let template = json!({"name": "one", "sql": "SELECT 1"});
    let template = resource_path(
        "query-templates",
        &api.create("query-templates", &template).await,
    );
    let path = resource_path("policies", &api.create("policies", &templates_only).await);
    let put = |body: Value| ApiResponse::send(api.put(&path, &body));
    assert_eq!(
        put(json!({"name": "q"})).await.json()["query_mode"],
        "templates"
    );

    assert_eq!(
        ApiResponse::send(api.delete(&template)).await.status,
        204,
        "the last template can be deleted"
    );
    assert_eq!(
        put(json!({"name": "r"})).await.json()["query_mode"],
        "templates"
    );
    assert_eq!(
        put(templates_only.clone())
            .await
            .problem(400, "INVALID_INPUT"),
        ["query_mode"]
    );
    assert_eq!(
        put(json!({"name": "r", "query_mode": "sql"})).await.json()["query_mode"],
        "sql"
    );
    assert_eq!(put(json!({"name": "r"})).await.json()["query_mode"], "sql");

    // A disabled template does not count.
    api.create(
        "query-templates",
        &json!({"name": "off", "sql": "SELECT 1", "enabled": false}),
    )
    .await;
    assert_eq!(
        put(templates_only).await.problem(400, "INVALID_INPUT"),
        ["query_mode"]
    );
}

#[tokio::test]
async fn pages_have_every_item_once() {
    let api = Api::start().await;
    let mut created = Vec::new();
    for n in 0..5 {
        created.push(api.policy(&format!("p{n}")).await);
    }
    let names = |page: &Value| -> Vec<String> {
        let items = page["policies"].as_array().expect("an array");
        items
            .iter()
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    let first = ApiResponse::send(api.get("policies?page_size=2"))
        .await
        .json();
    assert_eq!(names(&first), ["p0", "p1"]);
    let token = first["next_page_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert!(
        token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    );
    // Deletions and creations between pages neither repeat nor skip other items.
    ApiResponse::send(api.delete(&created[0])).await;
    ApiResponse::send(api.delete(&created[1])).await;
    ApiResponse::send(api.delete(&created[2])).await;
    api.policy("p5").await;
    let second =
        ApiResponse::send(api.get(&format!("policies?page_size=2&page_token={token}"))).await;
    let second = second.json();
    assert_eq!(names(&second), ["p3", "p4"]);
    let token = second["next_page_token"].as_str().expect("a token");
    let last =
        ApiResponse::send(api.get(&format!("policies?page_size=2&page_token={token}"))).await;
    assert_eq!(names(&last.json()), ["p5"]);
    assert!(
        last.json().get("next_page_token").is_none(),
        "absent on the last page"
    );

    for _ in 0..25 {
        api.policy("q").await;
    }
    assert_eq!(
        names(&ApiResponse::send(api.get("policies")).await.json()).len(),
        20,
        "the default page size"
    );
    assert_eq!(
        names(
            &ApiResponse::send(api.get("policies?page_size=100"))
                .await
                .json()
        )
        .len(),
        28
    );
    for (query, fields) in [
        ("page_size=0", vec!["page_size"]),
        ("page_size=101", vec!["page_size"]),
        ("page_size=ten", vec!["page_size"]),
        ("page_token=nonsense", vec!["page_token"]),
        ("page_token=a%20b", vec!["page_token"]),
        ("page_size=-1&page_token=", vec!["page_size", "page_token"]),
    ] {
        let response = ApiResponse::send(api.get(&format!("policies?{query}"))).await;
        assert_eq!(response.problem(400, "INVALID_INPUT"), fields, "{query}");
    }
}

#[tokio::test]
async fn projects_are_isolated() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let elsewhere = format!("{}/v1/projects/prj_2/{path}", api.emulator.base_url());
    ApiResponse::send(api.http.get(elsewhere).bearer_auth("x"))
        .await
        .problem(404, "NOT_FOUND");
    let list = format!(
        "{}/v1/projects/never.seen-before_1/policies",
        api.emulator.base_url()
    );
    let empty = ApiResponse::send(api.http.get(list).bearer_auth("x")).await;
    assert_eq!((empty.status, empty.json()), (200, json!({"policies": []})));
}

#[tokio::test]
async fn rejects_the_deletion_of_a_profile_with_bound_credentials() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let id = path.trim_start_matches("policies/");
    let credential = api
        .emulator
        .project("prj_1")
        .agent("agt_1")
        .credential("cred_1")
        .bind_to(id);
    ApiResponse::send(api.delete(&path))
        .await
        .problem(409, "CONFLICT");
    assert!(api.emulator.project("prj_1").policy(id).is_some());
    credential.unbind();
    assert_eq!(ApiResponse::send(api.delete(&path)).await.status, 204);
}

#[tokio::test]
async fn returns_one_verdict_per_statement_kind() {
    let api = Api::start().await;
    let body =
        json!({"name": "p", "statement_rules": {"deny": ["show"]}, "table_allowlist": ["a"]});
    let created = api.create("policies", &body).await;
    let path = format!("{}/statement-kinds", resource_path("policies", &created));
    let response = ApiResponse::send(api.get(&path)).await;
    assert_eq!((response.status, response.header("etag")), (200, ""));
    let response = response.json();
    assert_eq!(
        (&response["policy_id"], &response["access_mode"]),
        (&created["id"], &json!("read_only"))
    );
    let kinds = response["statement_kinds"].as_array().expect("an array");
    let names: Vec<_> = kinds
        .iter()
        .map(|kind| kind["kind"].as_str().expect("a kind"))
        .collect();
    assert_eq!(
        names,
        [
            "select",
            "insert",
            "update",
            "delete",
            "ddl",
            "copy",
            "set",
            "show",
            "explain",
            "transaction",
            "other"
        ]
    );
    let verdict = |name: &str| {
        kinds
            .iter()
            .find(|kind| kind["kind"] == name)
            .expect("a kind")
    };
    assert_eq!(
        verdict("select"),
        &json!({"kind": "select", "allowed": true})
    );
    for (kind, rule) in [
        ("insert", rule::READ_ONLY),
        ("show", rule::STATEMENT_DENIED),
        ("copy", rule::COPY_REFUSED),
    ] {
        let verdict = verdict(kind);
        assert_eq!(
            (&verdict["allowed"], &verdict["rule"]),
            (&json!(false), &json!(rule))
        );
        assert!(verdict["reason"].is_string());
    }
}

#[tokio::test]
async fn handles_validate_and_store_like_the_api() {
    let api = Api::start().await;
    let project = api.emulator.project("prj_1");
    let seeded = project.create_policy(full()).expect("valid");
    let read = ApiResponse::send(api.get(&resource_path("policies", &seeded)))
        .await
        .json();
    assert_eq!(read, seeded);
    assert_eq!(project.policies(), [seeded]);
    let rejected = project
        .create_policy(json!({"max_rows": -1}))
        .expect_err("two validation errors");
    assert_eq!(rejected.status, 400);
    assert_eq!(rejected.fields.len(), 2);
    assert!(rejected.to_string().contains("max_rows"), "{rejected}");
    let template = project.create_query_template(json!({"name": "t", "sql": "SELECT 1"}));
    assert_eq!(project.query_templates(), [template.expect("valid")]);
}

//! Policy profiles over HTTP: what is stored, given back and refused.

mod support;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use serde_json::{Value, json};
use support::{Answer, Api, path_of};

/// Everything a profile can hold, at other values than the defaults.
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

/// What the client decides of an answer.
fn decided(answer: &Value) -> Value {
    let mut map = answer.as_object().cloned().expect("an object");
    for owned in ["id", "project_id", "created_at", "updated_at"] {
        assert!(map.remove(owned).is_some(), "{owned} is missing");
    }
    Value::Object(map)
}

#[tokio::test]
async fn a_profile_is_created_read_replaced_and_deleted() {
    let clock = ManualClock::at(
        "2026-01-31T12:00:00Z"
            .parse::<DateTime<Utc>>()
            .expect("a date"),
    );
    let api = Api::with(Emulator::builder().clock(clock.clone())).await;

    let answer = Answer::of(api.post("policies", &full())).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("etag"), "", "a POST declares no ETag");
    let created = answer.json();
    assert_eq!(decided(&created), full());
    assert!(
        created["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("pol_"))
    );
    assert_eq!(created["project_id"], "prj_1");
    assert_eq!(created["created_at"], "2026-01-31T12:00:00.000000Z");
    assert_eq!(created["updated_at"], created["created_at"]);

    let path = path_of("policies", &created);
    let read = Answer::of(api.get(&path)).await;
    assert_eq!((read.status, read.json()), (200, created.clone()));
    let etag = read.header("etag").to_owned();
    assert!(
        etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2,
        "{etag}"
    );

    clock.advance(TimeDelta::milliseconds(1500));
    let replaced = Answer::of(api.put(&path, &json!({"name": "new"}))).await;
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.header("etag"), "", "a PUT's 200 carries no ETag");
    assert_eq!(
        decided(&replaced.json()),
        defaults("new"),
        "what is omitted is at its default"
    );
    assert_eq!(replaced.json()["id"], created["id"]);
    assert_eq!(replaced.json()["created_at"], created["created_at"]);
    assert_eq!(replaced.json()["updated_at"], "2026-01-31T12:00:01.500000Z");
    assert_ne!(Answer::of(api.get(&path)).await.header("etag"), etag);

    let deleted = Answer::of(api.delete(&path)).await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    for request in [
        api.get(&path),
        api.delete(&path),
        api.put(&path, &json!({"name": "x"})),
    ] {
        Answer::of(request).await.problem(404, "NOT_FOUND");
    }
    Answer::of(api.get(&format!("{path}/statement-kinds")))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn omitted_fields_are_filled_in_and_statement_rules_stay_absent() {
    let api = Api::start().await;
    let created = api.create("policies", &json!({"name": "p"})).await;
    assert_eq!(decided(&created), defaults("p"));
    let empty = api
        .create("policies", &json!({"name": "p", "statement_rules": {}}))
        .await;
    assert_eq!(empty["statement_rules"], json!({}), "set, and empty");
    let list = api
        .create(
            "policies",
            &json!({"name": "p", "statement_rules": {"allow": []}}),
        )
        .await;
    assert_eq!(list["statement_rules"], json!({"allow": []}));
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let api = Api::start().await;
    let answer = Answer::of(api.post("policies", &json!({}))).await;
    assert_eq!(answer.problem(400, "INVALID_INPUT"), ["name"]);
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
        let fields = Answer::of(request).await.problem(400, "INVALID_INPUT");
        assert_eq!(fields.into_iter().collect::<HashSet<_>>(), expected);
    }
    assert_eq!(
        api.emulator.project("prj_1").policies().len(),
        1,
        "nothing was stored"
    );
}

#[tokio::test]
async fn names_have_a_length_in_characters() {
    let api = Api::start().await;
    api.create("policies", &json!({"name": "é".repeat(128)}))
        .await;
    for name in [json!(""), json!("é".repeat(129)), json!(null)] {
        let refused = Answer::of(api.post("policies", &json!({ "name": name }))).await;
        assert_eq!(refused.problem(400, "INVALID_INPUT"), ["name"]);
    }
}

#[tokio::test]
async fn unknown_fields_come_back_until_a_put_omits_them() {
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
    let path = path_of("policies", &created);
    // The whole answer put back, as a lossless edit does.
    let same = Answer::of(api.put(&path, &created)).await.json();
    assert_eq!(decided(&same), decided(&created));
    assert_eq!(
        same["id"], created["id"],
        "what the server owns is not the client's to set"
    );
    let dropped = Answer::of(api.put(&path, &json!({"name": "p"})))
        .await
        .json();
    assert!(dropped.get("shield").is_none());
}

#[tokio::test]
async fn reads_are_304_while_nothing_has_changed() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    for target in [path.as_str(), "policies"] {
        let etag = Answer::of(api.get(target)).await.header("etag").to_owned();
        for condition in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"x\", {etag}"),
            "*".to_owned(),
        ] {
            let answer = Answer::of(api.get(target).header("if-none-match", &condition)).await;
            assert_eq!(
                (answer.status, answer.body.len()),
                (304, 0),
                "{target} {condition}"
            );
            assert_eq!(answer.header("etag"), etag);
        }
        let other = Answer::of(api.get(target).header("if-none-match", "\"x\"")).await;
        assert_eq!(other.status, 200);
        assert_eq!(
            Answer::of(api.put(&path, &json!({"name": target})))
                .await
                .status,
            200
        );
        let changed = Answer::of(api.get(target).header("if-none-match", &etag)).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), etag);
    }
    let long = format!("\"{}\"", "a".repeat(1024));
    let fields = Answer::of(api.get(&path).header("if-none-match", long)).await;
    assert_eq!(fields.problem(400, "INVALID_INPUT"), ["If-None-Match"]);
    Answer::of(api.get("policies/none").header("if-none-match", "*"))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_stale_if_match_is_412_and_changes_nothing() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let stale = Answer::of(api.get(&path)).await.header("etag").to_owned();
    let write = |name: &str, condition: &str| {
        api.put(&path, &json!({ "name": name }))
            .header("if-match", condition)
    };
    assert_eq!(Answer::of(write("second", &stale)).await.status, 200);
    let before = Answer::of(api.get(&path)).await;
    let current = before.header("etag").to_owned();
    for condition in [stale.clone(), format!("W/{current}"), "garbage".to_owned()] {
        let answer = Answer::of(write("third", &condition)).await;
        answer.problem(412, "PRECONDITION_FAILED");
        assert_eq!(answer.header("etag"), current, "the current ETag");
        assert_eq!(
            Answer::of(api.get(&path)).await.body,
            before.body,
            "{condition}"
        );
    }
    // The precondition is looked at before the body.
    let answer = Answer::of(api.put(&path, &json!({})).header("if-match", &stale)).await;
    answer.problem(412, "PRECONDITION_FAILED");
    assert_eq!(
        Answer::of(write("fourth", &format!("{stale}, {current}")))
            .await
            .status,
        200
    );
    assert_eq!(Answer::of(write("fifth", "*")).await.status, 200);
    assert_eq!(Answer::of(api.get(&path)).await.json()["name"], "fifth");
    let answer = Answer::of(write("sixth", "")).await;
    assert_eq!(answer.problem(400, "INVALID_INPUT"), ["If-Match"]);
    let missing = api
        .put("policies/none", &json!({"name": "x"}))
        .header("if-match", "*");
    Answer::of(missing).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn of_two_writes_with_one_etag_one_succeeds() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let etag = Answer::of(api.get(&path)).await.header("etag").to_owned();
    let write = |name: &str| {
        Answer::of(
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
async fn query_mode_is_kept_by_a_put_that_omits_it() {
    let api = Api::start().await;
    let templates_only = json!({"name": "p", "query_mode": "templates"});
    let refused = Answer::of(api.post("policies", &templates_only)).await;
    assert_eq!(refused.problem(400, "INVALID_INPUT"), ["query_mode"]);

    let template = json!({"name": "one", "sql": "SELECT 1"});
    let template = path_of(
        "query-templates",
        &api.create("query-templates", &template).await,
    );
    let path = path_of("policies", &api.create("policies", &templates_only).await);
    let put = |body: Value| Answer::of(api.put(&path, &body));
    assert_eq!(
        put(json!({"name": "q"})).await.json()["query_mode"],
        "templates"
    );

    assert_eq!(
        Answer::of(api.delete(&template)).await.status,
        204,
        "the last one, too"
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

    // A template that is withdrawn does not count.
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
async fn pages_hold_everything_once() {
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
    let first = Answer::of(api.get("policies?page_size=2")).await.json();
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
    // What was read is deleted, what was not is created: no item repeats or hides.
    Answer::of(api.delete(&created[0])).await;
    Answer::of(api.delete(&created[1])).await;
    Answer::of(api.delete(&created[2])).await;
    api.policy("p5").await;
    let second = Answer::of(api.get(&format!("policies?page_size=2&page_token={token}"))).await;
    let second = second.json();
    assert_eq!(names(&second), ["p3", "p4"]);
    let token = second["next_page_token"].as_str().expect("a token");
    let last = Answer::of(api.get(&format!("policies?page_size=2&page_token={token}"))).await;
    assert_eq!(names(&last.json()), ["p5"]);
    assert!(
        last.json().get("next_page_token").is_none(),
        "absent on the last page"
    );

    for _ in 0..25 {
        api.policy("q").await;
    }
    assert_eq!(
        names(&Answer::of(api.get("policies")).await.json()).len(),
        20,
        "the default"
    );
    assert_eq!(
        names(&Answer::of(api.get("policies?page_size=100")).await.json()).len(),
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
        let answer = Answer::of(api.get(&format!("policies?{query}"))).await;
        assert_eq!(answer.problem(400, "INVALID_INPUT"), fields, "{query}");
    }
}

#[tokio::test]
async fn projects_are_apart() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let elsewhere = format!("{}/v1/projects/prj_2/{path}", api.emulator.base_url());
    Answer::of(api.http.get(elsewhere).bearer_auth("x"))
        .await
        .problem(404, "NOT_FOUND");
    let list = format!(
        "{}/v1/projects/never.seen-before_1/policies",
        api.emulator.base_url()
    );
    let empty = Answer::of(api.http.get(list).bearer_auth("x")).await;
    assert_eq!((empty.status, empty.json()), (200, json!({"policies": []})));
}

#[tokio::test]
async fn a_profile_that_governs_a_credential_is_not_deleted() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let id = path.trim_start_matches("policies/");
    let credential = api
        .emulator
        .project("prj_1")
        .agent("agt_1")
        .credential("cred_1")
        .bound_to(id);
    Answer::of(api.delete(&path)).await.problem(409, "CONFLICT");
    assert!(api.emulator.project("prj_1").policy(id).is_some());
    credential.unbound();
    assert_eq!(Answer::of(api.delete(&path)).await.status, 204);
}

#[tokio::test]
async fn statement_kinds_have_one_verdict_each() {
    let api = Api::start().await;
    let body =
        json!({"name": "p", "statement_rules": {"deny": ["show"]}, "table_allowlist": ["a"]});
    let created = api.create("policies", &body).await;
    let path = format!("{}/statement-kinds", path_of("policies", &created));
    let answer = Answer::of(api.get(&path)).await;
    assert_eq!((answer.status, answer.header("etag")), (200, ""));
    let answer = answer.json();
    assert_eq!(
        (&answer["policy_id"], &answer["access_mode"]),
        (&created["id"], &json!("read_only"))
    );
    let kinds = answer["statement_kinds"].as_array().expect("an array");
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
        ("insert", "read_only"),
        ("show", "statement_deny"),
        ("copy", "copy_refused"),
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
async fn seeding_does_what_the_api_does() {
    let api = Api::start().await;
    let project = api.emulator.project("prj_1");
    let seeded = project.create_policy(full()).expect("valid");
    let read = Answer::of(api.get(&path_of("policies", &seeded)))
        .await
        .json();
    assert_eq!(read, seeded);
    assert_eq!(project.policies(), [seeded]);
    let refused = project
        .create_policy(json!({"max_rows": -1}))
        .expect_err("two faults");
    assert_eq!(refused.status, 400);
    assert_eq!(refused.fields.len(), 2);
    assert!(refused.to_string().contains("max_rows"), "{refused}");
    let template = project.create_query_template(json!({"name": "t", "sql": "SELECT 1"}));
    assert_eq!(project.query_templates(), [template.expect("valid")]);
}

//! Tests of dry evaluation, replay and recommendation.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock, Traffic, rule};
use serde_json::{Value, json};
use support::{Api, ApiResponse, resource_path};

fn noon() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().expect("a date")
}

async fn evaluate(api: &Api, body: &Value) -> ApiResponse {
    ApiResponse::send(api.post("policy-evaluations", body)).await
}

#[tokio::test]
async fn evaluates_statements_against_stored_and_inline_policies() {
    let api = Api::start().await;
    let policy = json!({
        "name": "p", "table_denylist": ["secrets"],
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 7"}],
    });
    let stored = api.create("policies", &policy).await;
    for (sql, verdict, rule) in [
        ("SELECT id FROM carts", "allow", rule::OK),
        ("SELECT * FROM users", "mask", rule::OK),
        ("SELECT id FROM orders", "row-filter", rule::OK),
        ("SELECT * FROM app.secrets", "block", rule::TABLE_DENIED),
        ("DELETE FROM orders WHERE id = 1", "block", rule::READ_ONLY),
        ("DELETE FROM orders", "block", rule::WHERELESS_WRITE),
    ] {
        let by_id = evaluate(&api, &json!({"sql": sql, "policy_id": stored["id"]})).await;
        let inline = evaluate(&api, &json!({"sql": sql, "policy": policy})).await;
        assert_eq!((by_id.status, inline.status), (200, 200));
        assert_eq!(by_id.json(), inline.json());
        let result = by_id.json();
        assert_eq!(
            (&result["verdict"], &result["rule"]),
            (&json!(verdict), &json!(rule)),
            "{sql}"
        );
        assert!(
            result["reason"]
                .as_str()
                .is_some_and(|reason| !reason.is_empty())
        );
    }
    let masked = evaluate(
        &api,
        &json!({"sql": "SELECT email FROM users", "policy": policy}),
    )
    .await;
    assert_eq!(
        masked.json()["masked_columns"],
        json!([{"column": "email", "kind": "hash"}])
    );
    let filtered = evaluate(
        &api,
        &json!({"sql": "SELECT id FROM orders", "policy": policy}),
    )
    .await;
    assert_eq!(filtered.json()["row_filter_predicate"], "tenant = 7");
    assert_eq!(
        filtered.json()["rewritten_sql"],
        "SELECT id FROM orders WHERE (tenant = 7)"
    );
}

#[tokio::test]
async fn evaluation_rejects_invalid_bodies() {
    let api = Api::start().await;
    let policy = json!({"name": "p"});
    for (body, fields) in [
        (json!({"sql": "SELECT 1"}), vec!["policy_id", "policy"]),
        (
            json!({"sql": "SELECT 1", "policy_id": "x", "policy": policy}),
            vec!["policy_id", "policy"],
        ),
        (json!({"policy": policy}), vec!["sql"]),
        (json!({"sql": "", "policy": policy}), vec!["sql"]),
        (
            json!({"sql": "é".repeat(100_001), "policy": policy}),
            vec!["sql"],
        ),
        (
            json!({"sql": 1, "policy": {"max_rows": -1}}),
            vec!["policy.name", "policy.max_rows", "sql"],
        ),
        (json!({"sql": "SELECT 1", "policy": []}), vec!["policy"]),
    ] {
        let response = evaluate(&api, &body).await;
        assert_eq!(response.problem(400, "INVALID_INPUT"), fields);
    }
    let longest = json!({"sql": format!("SELECT '{}'", "é".repeat(99_991)), "policy": policy});
    assert_eq!(evaluate(&api, &longest).await.status, 200);
    let unknown = evaluate(&api, &json!({"sql": "SELECT 1", "policy_id": "pol_none"})).await;
    unknown.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_templates_only_policy_allows_enabled_templates() {
    let api = Api::start().await;
    let template = json!({
        "name": "by_id", "sql": "SELECT * FROM orders WHERE id = $1",
        "params": [{"name": "id", "type": "bigint"}],
    });
    let path = resource_path(
        "query-templates",
        &api.create("query-templates", &template).await,
    );
    let policy = json!({"name": "p", "query_mode": "templates"});
    let request_body = |sql: &str| json!({"sql": sql, "policy": policy});
    let allowed = evaluate(&api, &request_body("select * from orders where id = $1;"))
        .await
        .json();
    assert_eq!(
        (&allowed["verdict"], &allowed["template"]),
        (&json!("allow"), &json!("by_id"))
    );
    let blocked = evaluate(&api, &request_body("SELECT * FROM orders"))
        .await
        .json();
    assert_eq!(blocked["rule"], rule::QUERY_MODE_TEMPLATES);
    ApiResponse::send(api.delete(&path)).await;
    let blocked = evaluate(&api, &request_body("SELECT * FROM orders WHERE id = $1"))
        .await
        .json();
    assert_eq!(
        blocked["rule"],
        rule::QUERY_MODE_TEMPLATES,
        "it now allows no statement"
    );
}

/// Creates one bound and one unbound credential with traffic. One statement is outside the default window.
async fn with_traffic() -> (Api, Value) {
    let api = Api::from_builder(Emulator::builder().clock(ManualClock::new(noon()))).await;
    let policy = api.create("policies", &json!({"name": "p"})).await;
    let agent = api.emulator.project("prj_1").agent("agt_1");
    let hours = |hours: i64| noon() - TimeDelta::hours(hours);
    agent
        .credential("cred_1")
        .bind_to(policy["id"].as_str().expect("an id"))
        .record_traffic(
            Traffic::allowed("SELECT id FROM orders")
                .at(hours(1))
                .times(8),
        )
        .record_traffic(Traffic::allowed("DELETE FROM orders WHERE id = 1").at(hours(2)))
        .record_traffic(Traffic::blocked("SELECT * FROM secrets", "table_denylist").at(hours(3)))
        .record_traffic(Traffic::allowed("SELEC").at(hours(4)).times(2))
        .record_traffic(Traffic::allowed("SELECT 'old'").at(hours(24 * 7 + 1)));
    agent.credential("cred_2").record_traffic(
        Traffic::allowed("SELECT name FROM users")
            .at(hours(5))
            .times(3),
    );
    (api, policy)
}

async fn replay(api: &Api, body: &Value) -> Value {
    let response = ApiResponse::send(api.post("policy-replays", body)).await;
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

#[tokio::test]
async fn a_replay_covers_seven_days_of_the_project_by_default() {
    let (api, policy) = with_traffic().await;
    let result = replay(&api, &json!({"policy_id": policy["id"]})).await;
    assert_eq!(
        result["summary"],
        json!({
            "traffic_scope": "project", "entries_scanned": 15, "distinct_queries": 5,
            "evaluated": 4, "would_allow": 3, "would_block": 1, "would_mask": 0,
            "would_row_filter": 0, "newly_blocked": 1, "newly_allowed": 1,
            "skipped_unparseable": 1, "truncated": false,
        })
    );
    let items = result["items"].as_array().expect("items");
    assert_eq!(items.len(), 4);
    assert_eq!(items[0]["sql"], "SELECT id FROM orders", "latest first");
    assert_eq!(items[0]["occurrences"], 8);
    assert_eq!(items[0]["first_seen"], "2026-01-31T11:00:00.000000Z");
    assert_eq!(
        (&items[1]["change"], &items[1]["statement_kind"]),
        (&json!("newly_blocked"), &json!("delete"))
    );
    assert_eq!(
        (&items[2]["change"], &items[2]["recorded_rule"]),
        (&json!("newly_allowed"), &json!("table_denylist"))
    );
    assert_eq!(items[1]["result"]["rule"], rule::READ_ONLY);
    let hashes: std::collections::HashSet<_> = items
        .iter()
        .map(|item| item["query_hash"].as_str().expect("a hash"))
        .collect();
    assert_eq!(hashes.len(), 4);
}

#[tokio::test]
async fn a_replay_can_be_limited_by_credential_policy_count_and_time() {
    let (api, policy) = with_traffic().await;
    let inline = json!({"name": "p"});
    let summary = async |extra: Value| {
        let mut body = json!({"policy": inline});
        for (name, value) in extra.as_object().expect("an object") {
            body[name] = value.clone();
        }
        replay(&api, &body).await["summary"].clone()
    };
    let one = summary(json!({"credential_id": "cred_2"})).await;
    assert_eq!(
        (&one["entries_scanned"], &one["traffic_scope"]),
        (&json!(3), &json!("project"))
    );
    let bound = summary(json!({"bound_policy_id": policy["id"]})).await;
    assert_eq!(bound["traffic_scope"], "bound_credentials");
    assert_eq!(
        (&bound["bound_credentials"], &bound["entries_scanned"]),
        (&json!(1), &json!(12))
    );
    let unbound = summary(json!({"bound_policy_id": "pol_none"})).await;
    assert_eq!(
        (&unbound["bound_credentials"], &unbound["evaluated"]),
        (&json!(0), &json!(0))
    );
    let limited = summary(json!({"limit": 2})).await;
    assert_eq!(
        (&limited["evaluated"], &limited["truncated"]),
        (&json!(2), &json!(true))
    );
    // Counts exclude statements beyond the limit: 8 + 1 entries are left.
    assert_eq!(
        (&limited["distinct_queries"], &limited["entries_scanned"]),
        (&json!(2), &json!(9))
    );
    // The start is inclusive, the end exclusive.
    let window = json!({"start_ts": "2026-01-31T10:00:00Z", "end_ts": "2026-01-31T12:00:00+01:00"});
    assert_eq!(summary(window).await["entries_scanned"], 1);
    let old = summary(json!({"end_ts": "2026-01-25T00:00:00Z"})).await;
    assert_eq!(old["entries_scanned"], 1, "the 7 days before the end");
}

#[tokio::test]
async fn replay_rejects_invalid_bodies() {
    let api = Api::start().await;
    for (body, fields) in [
        (json!({}), vec!["policy_id", "policy"]),
        (
            json!({"policy": {"name": "p"}, "credential_id": "c", "bound_policy_id": "p", "limit": 501}),
            vec!["limit", "credential_id", "bound_policy_id"],
        ),
        (
            json!({"policy": {"name": "p"}, "limit": 0, "start_ts": "now"}),
            vec!["limit", "start_ts"],
        ),
        (
            json!({"policy": {"name": "p"}, "start_ts": "2026-01-01T00:00:00Z", "end_ts": "2026-01-01T00:00:00Z"}),
            vec!["start_ts"],
        ),
    ] {
        let response = ApiResponse::send(api.post("policy-replays", &body)).await;
        assert_eq!(response.problem(400, "INVALID_INPUT"), fields, "{body}");
    }
    let unknown =
        ApiResponse::send(api.post("policy-replays", &json!({"policy_id": "none"}))).await;
    unknown.problem(404, "NOT_FOUND");
}

const RECOMMENDATION: &str = "agents/agt_1/policy-recommendation";

#[tokio::test]
async fn a_recommendation_allows_only_the_recorded_statements() {
    let (api, _) = with_traffic().await;
    let before = api.emulator.project("prj_1").policies();
    // Without a body and without a media type.
    let response = ApiResponse::send(api.request(reqwest::Method::POST, RECOMMENDATION)).await;
    assert_eq!(response.status, 200, "{response:?}");
    let result = response.json();
    assert_eq!(result["sufficient_history"], true);
    assert_eq!(
        (&result["observed_entries"], &result["observed_queries"]),
        (&json!(16), &json!(6))
    );
    assert_eq!(result["window_end"], "2026-01-31T12:00:00.000000Z");
    assert_eq!(result["window_start"], "2026-01-01T12:00:00.000000Z");
    let candidate = &result["candidate"];
    assert_eq!(candidate["access_mode"], "read_write");
    assert_eq!(
        candidate["statement_rules"],
        json!({"allow": ["select", "delete"]})
    );
    assert_eq!(
        candidate["table_allowlist"],
        json!(["public.orders", "public.users"])
    );
    let summary = &result["replay"]["summary"];
    assert_eq!(summary["newly_blocked"], 0);
    assert_eq!(
        (&summary["traffic_scope"], &summary["bound_credentials"]),
        (&json!("bound_credentials"), &json!(2))
    );
    assert_eq!(summary["would_block"], 1, "blocked statements stay blocked");
    assert_eq!(
        api.emulator.project("prj_1").policies(),
        before,
        "no policy was created"
    );

    // The candidate is a valid request body of createPolicyProfile.
    let created = api.create("policies", candidate).await;
    let again = replay(&api, &json!({"policy_id": created["id"]})).await;
    assert_eq!(again["summary"]["newly_blocked"], 0);
}

#[tokio::test]
async fn insufficient_history_returns_no_candidate() {
    let api = Api::from_builder(Emulator::builder().clock(ManualClock::new(noon()))).await;
    let agent = api.emulator.project("prj_1").agent("agt_1");
    let credential = agent
        .credential("cred_1")
        .record_traffic(Traffic::allowed("SELECT 1").times(9));
    credential.record_traffic(Traffic::blocked("SELECT 2", "x").times(100));
    let result = ApiResponse::send(api.post(RECOMMENDATION, &json!({})))
        .await
        .json();
    assert_eq!(result["sufficient_history"], false);
    assert!(result["message"].is_string());
    assert!(result.get("candidate").is_none() && result.get("replay").is_none());
    credential.record_traffic(Traffic::allowed("SELECT 1"));
    let result = ApiResponse::send(api.post(RECOMMENDATION, &json!({})))
        .await
        .json();
    assert_eq!(result["sufficient_history"], true);
    assert_eq!(result["candidate"]["access_mode"], "read_only");
    assert_eq!(
        result["notes"].as_array().map(Vec::len),
        Some(1),
        "an empty list restricts nothing"
    );
}

#[tokio::test]
async fn recommendation_rejects_unknown_agents_and_invalid_bodies() {
    let api = Api::start().await;
    let unknown = ApiResponse::send(api.post(RECOMMENDATION, &json!({}))).await;
    unknown.problem(404, "NOT_FOUND");
    api.emulator.project("prj_1").agent("agt_1");
    for (body, fields) in [
        (
            json!({"lookback_days": 0, "limit": 0}),
            vec!["limit", "lookback_days"],
        ),
        (
            json!({"lookback_days": 366, "limit": 501}),
            vec!["limit", "lookback_days"],
        ),
        (json!({"lookback_days": "30"}), vec!["lookback_days"]),
    ] {
        let response = ApiResponse::send(api.post(RECOMMENDATION, &body)).await;
        assert_eq!(response.problem(400, "INVALID_INPUT"), fields);
    }
    let edge = json!({"lookback_days": 365, "limit": 500});
    assert_eq!(
        ApiResponse::send(api.post(RECOMMENDATION, &edge))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_candidate_allows_statements_of_every_kind() {
    let api = Api::start().await;
    let credential = api
        .emulator
        .project("prj_1")
        .agent("agt_1")
        .credential("cred_1");
    credential
        .record_traffic(Traffic::allowed("CALL nightly()").times(10))
        .record_traffic(Traffic::allowed("SELECT * FROM \"Odd Name\""))
        .record_traffic(Traffic::allowed(
            "WITH x AS (DELETE FROM a WHERE b RETURNING *) SELECT * FROM x",
        ));
    let result = ApiResponse::send(api.post(RECOMMENDATION, &json!({})))
        .await
        .json();
    assert_eq!(result["replay"]["summary"]["newly_blocked"], 0, "{result}");
    assert_eq!(
        result["candidate"]["table_allowlist"],
        json!(["public.a", "public.odd name"])
    );
}

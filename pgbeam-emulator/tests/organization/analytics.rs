//! Tests of plans, spend limits, Vercel installations, usage and insights.

use serde_json::{Value, json};

use crate::CheckedApi;

#[tokio::test]
async fn a_plan_has_limits_and_can_be_replaced() {
    let api = CheckedApi::start().await;
    let plans = api.get("listPlans", &[]).await.json();
    let names: Vec<_> = plans["plans"]
        .as_array()
        .expect("plans")
        .iter()
        .map(|plan| &plan["name"])
        .collect();
    assert_eq!(names, ["starter", "pro", "scale", "enterprise"]);
    let plan = api.get("getOrganizationPlan", &["org_1"]).await.json();
    assert_eq!(
        (&plan["org_id"], &plan["plan"]),
        (&json!("org_1"), &json!("pro"))
    );
    assert_eq!(plan["limits"], plans["plans"][1]["limits"]);

    let seed =
        json!({"plan": "scale", "billing_provider": "stripe", "subscription_status": "active"});
    api.set_object("/v1/organizations/org_1/plan", &seed);
    let mut expected = plan;
    for (name, value) in seed.as_object().expect("an object") {
        expected[name] = value.clone();
    }
    let plan = api.get("getOrganizationPlan", &["org_1"]).await.json();
    assert_eq!(plan, expected);
    api.set_object("/v1/plans", &json!({"plans": []}));
    assert_eq!(api.get("listPlans", &[]).await.json(), json!({"plans": []}));
}

#[tokio::test]
async fn a_spend_limit_is_set_and_removed() {
    let api = CheckedApi::start().await;
    let ids = ["org_1"];
    for (body, limit) in [
        (json!({"spend_limit": 200.5}), json!(200.5)),
        (json!({"spend_limit": null}), Value::Null),
        (json!({"spend_limit": 10}), json!(10)),
        (json!({}), Value::Null),
    ] {
        let updated = api.call("updateSpendLimit", &ids, &body).await;
        assert_eq!(
            (updated.status, &updated.json()["spend_limit"]),
            (200, &limit),
            "{body}"
        );
        let plan = api.get("getOrganizationPlan", &ids).await.json();
        assert_eq!(plan, updated.json());
        assert_eq!(plan["updated_at"], "2026-01-31T12:00:00.000000Z");
    }
    let invalid = api
        .call("updateSpendLimit", &ids, &json!({"spend_limit": "1"}))
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["spend_limit"]);
    let other = api.get("getOrganizationPlan", &["org_2"]).await.json();
    assert_eq!(other["spend_limit"], Value::Null);
}

#[tokio::test]
async fn cancellation_feedback_changes_nothing() {
    let api = CheckedApi::start().await;
    let plan = api.get("getOrganizationPlan", &["org_1"]).await.json();
    let body = json!({"reason": "missing_feature", "feedback": "f"});
    let submitted = api
        .call("submitCancellationFeedback", &["org_1"], &body)
        .await;
    assert_eq!(submitted.status, 204);
    let invalid = api
        .call(
            "submitCancellationFeedback",
            &["org_1"],
            &json!({"reason": 1}),
        )
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["reason"]);
    assert_eq!(
        api.get("getOrganizationPlan", &["org_1"]).await.json(),
        plan
    );
}

#[tokio::test]
async fn a_vercel_installation_exists_by_default_or_by_a_seed() {
    let api = CheckedApi::start().await;
    let default = api.get("getVercelInstallation", &["org_emulator"]).await;
    assert_eq!(
        (default.status, &default.json()["resources"]),
        (200, &json!([]))
    );
    let none = api.get("getVercelInstallation", &["org_1"]).await;
    none.problem(404, "NOT_FOUND");
    let resource = json!({
        "resource_id": "res_1", "project_id": "prj_1", "name": "n", "billing_plan_id": "pro", "status": "ready",
        "period_queries": 1, "period_bytes": 2,
    });
    let seed = json!({"installation_id": "icfg_1", "resources": [resource]});
    api.set_object("/v1/organizations/org_1/vercel-installation", &seed);
    let seeded = api.get("getVercelInstallation", &["org_1"]).await.json();
    assert_eq!(
        (&seeded["installation_id"], &seeded["resources"][0]),
        (&json!("icfg_1"), &resource)
    );
}

#[tokio::test]
async fn usage_without_statements_is_empty_and_can_be_replaced() {
    let api = CheckedApi::start().await;
    let query = "start_date=2026-01-01&end_date=2026-01-02";
    let row = |day: &str| {
        json!({
            "day": day, "queries_total": 1, "cache_hits": 0, "cache_misses": 0, "connection_seconds": 0,
            "bytes_transferred": 0,
        })
    };
    let cases = [
        (
            "getOrganizationUsage",
            "org_1",
            "/v1/organizations/org_1/usage",
            None,
        ),
        (
            "getProjectUsage",
            "prj_1",
            "/v1/projects/prj_1/usage",
            Some("eu-west-1"),
        ),
    ];
    for (operation, id, path, region) in cases {
        let target = format!("{operation}?{query}");
        let empty = api.get(&target, &[id]).await;
        assert_eq!(empty.json(), json!({"usage": []}));
        let mut rows = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03"].map(row);
        for row in &mut rows {
            if let Some(region) = region {
                row["region"] = json!(region);
            }
        }
        api.set_object(path, &json!({"usage": rows}));
        let usage = api.get(&target, &[id]).await;
        assert_eq!(usage.json(), json!({"usage": rows[1..3]}));
        let unchanged = api
            .request(&target, &[id])
            .header("if-none-match", usage.header("etag"));
        assert_eq!(api.send(operation, unchanged).await.status, 304);
        let invalid = api
            .get(&format!("{operation}?start_date=2026-01-32"), &[id])
            .await;
        assert_eq!(
            invalid.problem(400, "INVALID_INPUT"),
            ["start_date", "end_date"]
        );
    }
}

#[tokio::test]
async fn insights_without_statements_are_empty_and_can_be_replaced() {
    let api = CheckedApi::start().await;
    let target = "getProjectInsights?range=7d&limit=1";
    let insights = api.get(target, &["prj_1"]).await;
    let empty = json!({
        "queries": [], "cache": {"total_hits": 0, "total_misses": 0, "hit_rate": 0.0},
        "latency": {"avg_ms": 0.0, "p99_ms": 0.0},
    });
    assert_eq!(insights.json(), empty);
    let unchanged = api.request(target, &["prj_1"]);
    let unchanged = unchanged.header("if-none-match", insights.header("etag"));
    assert_eq!(api.send("getProjectInsights", unchanged).await.status, 304);
    let latency = json!({"avg_ms": 1.5, "p99_ms": 9.5});
    api.set_object("/v1/projects/prj_1/insights", &json!({"latency": latency}));
    let seeded = api.get(target, &["prj_1"]).await.json();
    assert_eq!(
        (&seeded["latency"], &seeded["cache"]),
        (&latency, &empty["cache"])
    );
    let invalid = api
        .get("getProjectInsights?range=1d&limit=101", &["prj_1"])
        .await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["range", "limit"]);
}

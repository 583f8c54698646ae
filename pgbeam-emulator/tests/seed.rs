//! Tests of seeds: the resources that exist when an emulator starts.

mod support;

use std::io::ErrorKind;

use pgbeam_emulator::{Emulator, Seed};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Api, ApiResponse};

fn shop() -> Value {
    json!({
        "organizations": [{
            "id": "org_1", "name": "Shop",
            "invitations": [{"id": "inv_1", "email": "a@example.com", "role": "admin"}],
            "members": [{"id": "mem_1", "user_id": "usr_1", "email": "b@example.com", "role": "owner"}],
            "support/cases": [{
                "id": "case_1", "title": "Help", "body": "It is slow.",
                "messages": [{"body": "Still slow."}],
            }],
        }],
        "projects": [{
            "id": "prj_1", "name": "Shop", "org_id": "org_1",
            "default_policy_profile_id": "pol_1", "agents_disabled": true,
            "created_at": "2025-01-01T00:00:00Z",
            "webhooks": [{"id": "whk_1", "url": "http://127.0.0.1:9/", "secret": "s"}],
            "agents": [{
                "id": "agt_1", "name": "reporting", "policy_profile_id": "pol_1",
                "status": "disabled", "created_at": "2025-02-01T00:00:00Z",
            }],
            "policies": [{"id": "pol_1", "name": "Read-only", "max_rows": 10}, {"name": "Second"}],
            "databases": [{
                "id": "db_1", "host": "db.example.com", "port": 5432, "name": "shop",
                "username": "u", "password": "p",
                "cache_config": {"enabled": true, "ttl_seconds": 60, "max_entries": 100, "swr_seconds": 0},
                "pool_config": {"pool_size": 5, "min_pool_size": 1, "pool_mode": "transaction"},
                "cache-rules": [{"query_hash": "0123456789abcdef", "call_count": 7}],
                "replicas": [{"id": "rep_1", "host": "r.example.com", "port": 5432}],
            }],
            "schema-annotations": [{"table_name": "orders", "description": "Orders."}],
        }],
        "objects": {
            "/v1/organizations/org_1/plan": {"plan": "scale", "subscription_status": "active"},
        },
    })
}

async fn get(api: &Api, path: &str) -> Value {
    let url = format!("{}/v1/{path}", api.emulator.base_url());
    let response = ApiResponse::send(api.http.get(url).bearer_auth("x")).await;
    assert_eq!(response.status, 200, "{path}: {response:?}");
    response.json()
}

#[tokio::test]
async fn a_seed_creates_resources_at_any_depth() {
    let api = Api::from_builder(Emulator::builder().seed(shop()).strict(true)).await;
    let project = get(&api, "projects/prj_1").await;
    for (name, value) in [
        ("name", json!("Shop")),
        ("org_id", json!("org_1")),
        ("default_policy_profile_id", json!("pol_1")),
        ("agents_disabled", json!(true)),
        ("created_at", json!("2025-01-01T00:00:00Z")),
    ] {
        assert_eq!(project[name], value, "{project}");
    }
    let policies = get(&api, "projects/prj_1/policies").await;
    assert_eq!(policies["policies"][0]["id"], "pol_1");
    assert_eq!(policies["policies"][0]["max_rows"], 10);
    assert_eq!(policies["policies"][1]["name"], "Second");
    let agent = get(&api, "projects/prj_1/agents/agt_1").await;
    assert_eq!(agent["status"], "disabled");
    assert_eq!(agent["created_at"], "2025-02-01T00:00:00Z");
    let database = get(&api, "projects/prj_1/databases/db_1").await;
    assert_eq!(database["host"], "db.example.com");
    assert!(database.get("password").is_none(), "{database}");
    let rules = get(&api, "projects/prj_1/databases/db_1/cache-rules").await;
    assert_eq!(rules["entries"][0]["query_hash"], "0123456789abcdef");
    assert_eq!(rules["entries"][0]["call_count"], 7);
    let replicas = get(&api, "databases/db_1/replicas").await;
    assert_eq!(replicas["replicas"][0]["id"], "rep_1");
    let webhooks = get(&api, "projects/prj_1/webhooks").await;
    assert_eq!(webhooks["webhooks"][0]["id"], "whk_1");
    let members = get(&api, "organizations/org_1/members").await;
    // The first member is the user who sends all requests.
    assert_eq!(members["members"][1]["email"], "b@example.com");
    let invitations = get(&api, "organizations/org_1/invitations").await;
    assert_eq!(invitations["invitations"][0]["id"], "inv_1");
    let cases = get(&api, "organizations/org_1/support/cases").await;
    assert_eq!(cases["cases"][0]["id"], "case_1");
    let plan = get(&api, "organizations/org_1/plan").await;
    assert_eq!(
        (&plan["plan"], &plan["org_id"]),
        (&json!("scale"), &json!("org_1"))
    );
    assert!(api.emulator.received().len() >= 11);
    let deliveries = format!("{}/_emulator/webhook-deliveries", api.emulator.base_url());
    let deliveries = ApiResponse::send(api.http.get(deliveries)).await;
    assert_eq!(
        deliveries.json()["deliveries"],
        json!([]),
        "a seed sends no events"
    );

    let strict = format!("{}/v1/projects/prj_2", api.emulator.base_url());
    let response = ApiResponse::send(api.http.get(strict).bearer_auth("x")).await;
    response.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn each_collection_that_an_operation_fills_accepts_ids() {
    // (the collection, its field in the list, the fields of a resource)
    let cases = [
        ("approval-rules", "approval_rules", json!({"name": "r"})),
        (
            "anomaly-rules",
            "anomaly_rules",
            json!({"metric": "bytes_per_hour", "sigma_threshold": 3}),
        ),
        ("domains", "domains", json!({"domain": "db.example.com"})),
        (
            "honeytokens",
            "honeytokens",
            json!({"relation_name": "r", "action": "kill"}),
        ),
        ("policies", "policies", json!({"name": "p"})),
        (
            "query-templates",
            "query_templates",
            json!({"name": "t", "sql": "SELECT 1"}),
        ),
        (
            "webhooks",
            "webhooks",
            json!({"url": "http://127.0.0.1:9/"}),
        ),
    ];
    let mut project = json!({"id": "prj_1"});
    for (key, _, fields) in &cases {
        let mut fields = fields.clone();
        fields["id"] = json!("given.id-1");
        fields["created_at"] = json!("2025-01-01T00:00:00Z");
        project[*key] = json!([fields]);
    }
    let api = Api::from_builder(Emulator::builder().seed(json!({"projects": [project]}))).await;
    for (key, field, _) in cases {
        let list = get(&api, &format!("projects/prj_1/{key}")).await;
        assert_eq!(list[field][0]["id"], "given.id-1", "{list}");
        assert_eq!(
            list[field][0]["created_at"], "2025-01-01T00:00:00Z",
            "{list}"
        );
    }
}

#[tokio::test]
async fn reset_restores_the_seed() {
    let api = Api::from_builder(Emulator::builder().seed(shop())).await;
    let before = get(&api, "projects/prj_1/policies").await;
    let path = "policies/pol_1";
    let replaced = ApiResponse::send(api.put(path, &json!({"name": "Changed"}))).await;
    assert_eq!(replaced.status, 200, "{replaced:?}");
    api.policy("Added").await;
    ApiResponse::send(api.request(Method::DELETE, "agents/agt_1")).await;
    api.emulator.reset();
    assert_eq!(get(&api, "projects/prj_1/policies").await, before);
    let agent = get(&api, "projects/prj_1/agents/agt_1").await;
    assert_eq!(agent["status"], "disabled");
}

#[tokio::test]
async fn several_seeds_extend_each_other() {
    let first = json!({"projects": [{"id": "prj_1", "policies": [{"id": "pol_1", "name": "p"}]}]});
    let second = json!({"projects": [
        {"id": "prj_1", "name": "Named", "policies": null, "agents": [
            {"id": "agt_1", "name": "a", "policy_profile_id": "pol_1"},
        ]},
        {"name": "Without id"},
    ]});
    let api = Api::from_builder(Emulator::builder().seed(first).seed(second)).await;
    let project = api.emulator.project("prj_1");
    assert_eq!(
        (project.policies().len(), project.agent_credentials().len()),
        (1, 1)
    );
    let projects = get(&api, "projects?org_id=org_emulator").await;
    let names: Vec<&Value> = (projects["projects"].as_array().expect("a list").iter())
        .map(|project| &project["name"])
        .collect();
    assert_eq!(names, ["Named", "Without id"]);
}

/// Returns the message of the error that a seed causes.
async fn error(seed: impl Into<Seed>) -> String {
    match Emulator::builder().seed(seed).start().await {
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            error.to_string()
        }
        Ok(_) => String::new(),
    }
}

#[tokio::test]
async fn a_mistake_is_one_error_with_its_place() {
    let policies = |policies: Value| json!({"projects": [{"id": "prj_1", "policies": policies}]});
    let agents = |agent: Value| json!({"projects": [{"policies": [{"id": "pol_1", "name": "p"}], "agents": [agent]}]});
    for (seed, message) in [
        (json!([]), "seed: the seed must be an object"),
        (
            json!({"project": []}),
            "seed: project is unknown; known are: objects, organizations, projects",
        ),
        (json!({"projects": {}}), "seed: projects must be a list"),
        (
            json!({"projects": ["prj_1"]}),
            "seed: projects[0] must be an object with the fields of a resource",
        ),
        (
            json!({"projects": [{"id": 1}]}),
            "seed: projects[0].id must be a string",
        ),
        (
            json!({"projects": [{"id": "a b"}]}),
            "seed: projects[0].id must match ^[a-zA-Z0-9_.-]+$",
        ),
        (
            json!({"projects": [{"status": "off"}]}),
            "seed: projects[0].status must be one of: active, suspended, deleted",
        ),
        (
            json!({"projects": [{"created_at": "today"}]}),
            "seed: projects[0].created_at must be an RFC 3339 timestamp",
        ),
        (
            json!({"projects": [{"default_policy_profile_id": "pol_1"}]}),
            "seed: projects[0]: No policy profile has the id pol_1; add it to the seed, or correct the id",
        ),
        (
            policies(json!([{}])),
            "seed: projects[0].policies[0].name is required",
        ),
        (
            policies(json!([{"name": "p"}, {"name": "q", "max_rows": "many"}])),
            "seed: projects[0].policies[1].max_rows must be an integer",
        ),
        (
            policies(json!([{"id": "pol_1", "name": "p"}, {"id": "pol_1", "name": "q"}])),
            "seed: projects[0].policies[1].id is the id \"pol_1\" of another resource; use each id once",
        ),
        (
            policies(json!([{"name": "p", "project_id": "prj_2"}])),
            "seed: projects[0].policies[0].project_id must be \"prj_1\", the id of its parent, or omitted",
        ),
        (
            agents(json!({"name": "a", "policy_profile_id": "pol_2"})),
            "seed: projects[0].agents[0]: No policy profile has the id pol_2; add it to the seed, or correct the id",
        ),
        (
            agents(json!({"name": "a", "policy_profile_id": "pol_1", "status": "asleep"})),
            "seed: projects[0].agents[0].status must be one of: active, disabled, revoked",
        ),
        (
            json!({"organizations": [{"name": "x"}]}),
            "seed: organizations[0].id is required",
        ),
        (
            json!({"organizations": [{"id": "org_1", "plan": "pro"}]}),
            "seed: organizations[0].plan is unknown; known are: id, invitations, members, name, self-host-enrollments, slug, support/cases",
        ),
        (
            json!({"organizations": [{"id": "org_1", "members": [{"role": "king"}]}]}),
            "seed: organizations[0].members[0].role must be one of: owner, admin, ",
        ),
        (
            json!({"objects": {"/v1/organizations/org_1/plan": {"plan": "best"}}}),
            "seed: objects[\"/v1/organizations/org_1/plan\"].plan must be one of: ",
        ),
        (
            json!({"objects": {"/v1/organizations/org_1/plan": {"plans": "pro"}}}),
            "seed: objects[\"/v1/organizations/org_1/plan\"].plans is unknown; known are: billing_provider, ",
        ),
        (
            json!({"objects": {"/v1/plan": {}}}),
            "seed: objects./v1/plan is unknown; known are: /v1/account/export, ",
        ),
    ] {
        let actual = error(seed.clone()).await;
        assert!(actual.starts_with(message), "{seed}:\n{actual}\n{message}");
        assert_eq!(actual.lines().count(), 1, "{actual}");
    }
}

#[tokio::test]
async fn an_error_names_the_source_and_the_known_keys() {
    let policy = json!({"projects": [{"policies": [{"name": "p", "max_row": 1}]}]});
    let actual = error(Seed::new(policy).source("shop.yaml")).await;
    let expected =
        "shop.yaml: projects[0].policies[0].max_row is unknown; known are: access_mode, ";
    assert!(actual.starts_with(expected), "{actual}");
    let project = error(json!({"projects": [{"policy": []}]})).await;
    for key in ["name", "policies", "query-templates", "created_at"] {
        assert!(project.contains(&format!(" {key}")), "{key}: {project}");
    }
}

#[tokio::test]
async fn an_invalid_seed_leaves_the_port_free() {
    let first = Emulator::start().await.expect("a free port");
    let address = first.address();
    let seed = json!({"projects": 1});
    let result = Emulator::builder().listen(address).seed(seed).start().await;
    // The seed is checked before the address is bound.
    assert_eq!(result.expect_err("invalid").kind(), ErrorKind::InvalidData);
}

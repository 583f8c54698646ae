//! Tests of projects: their creation and deletion, their defaults, partial updates, and the default policy profile.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use serde_json::{Value, json};

use crate::support::{Api, ApiResponse};
use crate::{Platform, database, id};

async fn read(api: &Api) -> Value {
    ApiResponse::send(api.get("")).await.json()
}

#[tokio::test]
async fn a_new_project_has_the_defaults_of_the_contract() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let clock = ManualClock::new(now);
    let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
    api.policy("first use").await;
    clock.advance(TimeDelta::seconds(5));
    let response = ApiResponse::send(api.get("")).await;
    let expected = json!({
        "id": "prj_1", "org_id": "org_emulator", "name": "prj_1", "description": "", "tags": [],
        "cloud": "aws", "self_hosted": false, "allowed_cidrs": [], "residency": "any",
        "proxy_host": "prj-1.proxy.emulator.invalid",
        "default_policy_profile_id": null, "agents_disabled": false, "database_count": 0,
        "active_connections": 0, "status": "active", "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!((response.status, response.json()), (200, expected));
    let again = api.get("").header("if-none-match", response.header("etag"));
    assert_eq!(ApiResponse::send(again).await.status, 304);
}

#[tokio::test]
async fn an_update_changes_only_the_fields_of_the_body() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let clock = ManualClock::new(now);
    let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
    let mut expected = read(&api).await;
    let body = json!({
        "residency": "eu", "tags": ["a", "b"], "quota": 7, "id": "prj_2", "org_id": "org_2",
        "database_count": 9, "created_at": "then",
    });
    clock.advance(TimeDelta::seconds(5));
    let updated = ApiResponse::send(api.patch("", &body)).await;
    assert_eq!(updated.header("etag"), "", "a PATCH declares no ETag");
    for (name, value) in [
        ("residency", json!("eu")),
        ("tags", json!(["a", "b"])),
        // An unknown field is stored.
        ("quota", json!(7)),
        ("updated_at", json!("2026-01-31T12:00:05.000000Z")),
    ] {
        expected[name] = value;
    }
    assert_eq!((updated.status, updated.json()), (200, expected.clone()));

    clock.advance(TimeDelta::seconds(5));
    for body in [json!({}), json!({"residency": "eu"})] {
        let unchanged = ApiResponse::send(api.patch("", &body)).await;
        assert_eq!(unchanged.json(), expected, "{body}");
    }
    assert_eq!(read(&api).await, expected);
}

#[tokio::test]
async fn checks_if_match_and_the_body() {
    let api = Api::start().await;
    let etag = ApiResponse::send(api.get("")).await;
    let etag = etag.header("etag").to_owned();
    let stale = api.patch("", &json!({"name": 1}));
    let stale = ApiResponse::send(stale.header("if-match", "\"x\"")).await;
    stale.problem(412, "PRECONDITION_FAILED");
    assert_eq!(stale.header("etag"), etag);
    let body = json!({
        "name": "", "residency": "moon", "allowed_cidrs": [{}], "status": "deleted", "tags": null,
    });
    let rejected = ApiResponse::send(api.patch("", &body)).await;
    let mut fields = rejected.problem(400, "INVALID_INPUT");
    fields.sort();
    assert_eq!(
        fields,
        [
            "allowed_cidrs[0].cidr",
            "name",
            "residency",
            "status",
            "tags"
        ]
    );
    let current = api.patch("", &json!({"name": "Shop"}));
    let current = ApiResponse::send(current.header("if-match", &etag)).await;
    assert_eq!(current.json()["name"], "Shop");
}

#[tokio::test]
async fn the_default_policy_profile_must_exist_and_its_deletion_clears_the_field() {
    let api = Api::start().await;
    let set = async |id: &Value| {
        let body = json!({"default_policy_profile_id": id});
        ApiResponse::send(api.patch("", &body)).await
    };
    set(&json!("pol_x")).await.problem(404, "NOT_FOUND");
    let path = api.policy("p").await;
    let id = json!(path.trim_start_matches("policies/"));
    assert_eq!(set(&id).await.json()["default_policy_profile_id"], id);
    for none in [Value::Null, json!("")] {
        set(&id).await;
        let removed = set(&none).await.json();
        assert_eq!(removed["default_policy_profile_id"], Value::Null);
    }

    set(&id).await;
    api.policy("other").await;
    assert_eq!(read(&api).await["default_policy_profile_id"], id);
    assert_eq!(ApiResponse::send(api.delete(&path)).await.status, 204);
    assert_eq!(read(&api).await["default_policy_profile_id"], Value::Null);
}

fn now() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().expect("a date")
}

#[tokio::test]
async fn a_project_is_created_with_its_first_database() {
    let builder = Emulator::builder()
        .clock(ManualClock::new(now()))
        .strict(true);
    let platform = Platform::from_builder(builder).await;
    let mut body = json!({
        "name": "Shop", "org_id": "org_1", "tags": ["a"], "cloud": "gcp", "status": "deleted",
        "database_count": 7, "agents_disabled": true, "database": database(),
    });
    let created = platform.expect(201, "createProject", &[], &body).await;
    let project = &created["project"];
    let project_id = id(project);
    let expected = json!({
        "id": project_id, "org_id": "org_1", "name": "Shop", "description": "", "tags": ["a"],
        "cloud": "gcp", "self_hosted": false, "allowed_cidrs": [], "residency": "any",
        "proxy_host": format!("{}.proxy.emulator.invalid", project_id.replace('_', "-")),
        "default_policy_profile_id": null, "agents_disabled": false, "database_count": 1,
        "active_connections": 0, "status": "active", "created_at": "2026-01-31T12:00:00.000000Z",
        "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(*project, expected);
    let ids = [project_id.as_str()];
    let read = platform.expect(200, "getProject", &ids, &Value::Null).await;
    assert_eq!(read, expected);
    let databases = platform
        .expect(200, "listDatabases", &ids, &Value::Null)
        .await;
    assert_eq!(databases, json!({"databases": [created["database"]]}));
    assert!(!created.to_string().contains("s3cret"));

    body["database"] = json!({"host": "", "port": 0});
    body["name"] = json!("");
    let invalid = platform.call("createProject", &[], &body).await;
    let mut fields = invalid.problem(400, "INVALID_INPUT");
    fields.sort();
    let expected = ["host", "name", "password", "port", "username"];
    let expected = expected.map(|name| format!("database.{name}"));
    assert_eq!(fields[..5], expected);
    assert_eq!(fields[5..], ["name"]);
    let list = platform.query("listProjects", &[], &[("org_id", "org_1")]);
    let list = platform.send("listProjects", list).await;
    assert_eq!(
        list.json()["total"],
        1,
        "an invalid request creates no project"
    );
}

#[tokio::test]
async fn a_retried_creation_takes_effect_once() {
    let platform = Platform::start().await;
    let create = async |name: &str| {
        let body = json!({"name": name, "org_id": "org_1", "database": database()});
        let request = platform.request("createProject", &[], &body);
        platform
            .send("createProject", request.header("idempotency-key", "k"))
            .await
    };
    let (first, second) = (create("a").await, create("a").await);
    assert_eq!((second.status, &first.body), (201, &second.body));
    create("b").await.problem(409, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn deletion_removes_everything_below_the_project() {
    for strict in [false, true] {
        let platform = Platform::from_builder(Emulator::builder().strict(strict)).await;
        let body = json!({"name": "a", "org_id": "org_1", "database": database()});
        let created = platform.expect(201, "createProject", &[], &body).await;
        let (project, database) = (id(&created["project"]), id(&created["database"]));
        let replica = json!({"host": "replica.example.com", "port": 5432});
        platform
            .expect(201, "createReplica", &[&database], &replica)
            .await;
        let domain = json!({"domain": "db.example.com"});
        platform
            .expect(201, "createCustomDomain", &[&project], &domain)
            .await;

        let empty = Value::Null;
        platform
            .expect(204, "deleteProject", &[&project], &empty)
            .await;
        for operation in ["getProject", "listDatabases", "deleteProject"] {
            platform.expect(404, operation, &[&project], &empty).await;
        }
        platform
            .expect(404, "listReplicas", &[&database], &empty)
            .await;
        // Another project can have the domain.
        let created = platform.expect(201, "createProject", &[], &body).await;
        let project = id(&created["project"]);
        platform
            .expect(201, "createCustomDomain", &[&project], &domain)
            .await;
        let unknown = if strict { 404 } else { 204 };
        platform
            .expect(unknown, "deleteProject", &["prj_x"], &empty)
            .await;
    }
}

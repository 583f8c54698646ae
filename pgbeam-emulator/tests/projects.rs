//! Tests of the project itself: its defaults, partial updates and its default policy profile.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use serde_json::{Value, json};
use support::{Api, ApiResponse};

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
        // An unknown field.
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
async fn the_default_policy_profile_must_exist_and_is_removed_with_it() {
    let api = Api::start().await;
    let set = async |id: &Value| {
        let body = json!({"default_policy_profile_id": id});
        ApiResponse::send(api.patch("", &body)).await
    };
    set(&json!("pol_x")).await.problem(404, "NOT_FOUND");
    let path = api.policy("p").await;
    let id = json!(path.trim_start_matches("policies/"));
    assert_eq!(set(&id).await.json()["default_policy_profile_id"], id);
    let removed = set(&Value::Null).await.json();
    assert_eq!(removed["default_policy_profile_id"], Value::Null);

    set(&id).await;
    api.policy("other").await;
    assert_eq!(read(&api).await["default_policy_profile_id"], id);
    assert_eq!(ApiResponse::send(api.delete(&path)).await.status, 204);
    assert_eq!(read(&api).await["default_policy_profile_id"], Value::Null);
}

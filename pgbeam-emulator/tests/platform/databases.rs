//! Tests of databases, their replicas and their cache rules.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use serde_json::{Value, json};

use crate::{Platform, database, id};

const NONE: Value = Value::Null;

async fn database_count(platform: &Platform) -> Value {
    let project = platform.expect(200, "getProject", &["prj_1"], &NONE).await;
    project["database_count"].clone()
}

#[tokio::test]
async fn a_database_is_created_read_changed_and_deleted() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let clock = ManualClock::new(now);
    let platform = Platform::from_builder(Emulator::builder().clock(clock.clone())).await;
    let created = platform
        .call("createDatabase", &["prj_1"], &database())
        .await;
    assert_eq!((created.status, created.header("etag")), (201, ""));
    let created = created.json();
    let database_id = id(&created);
    let host = "prj-1.proxy.emulator.invalid";
    let mut expected = json!({
        "id": database_id, "project_id": "prj_1", "host": "db.example.com", "port": 5432,
        "name": "shop", "username": "app", "ssl_mode": "require", "role": "primary",
        "query_timeout_ms": 0, "auto_read_routing": false,
        "connection_string": format!("postgresql://app:PASSWORD@{host}:5432/shop"),
        "cache_config": {
            "enabled": true, "ttl_seconds": 60, "max_entries": 10000, "swr_seconds": 30,
        },
        "pool_config": {
            "pool_size": 10, "min_pool_size": 1, "pool_mode": "transaction", "max_active": 200,
        },
        "created_at": "2026-01-31T12:00:00.000000Z", "updated_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(created, expected);
    assert_eq!(database_count(&platform).await, 1);
    let ids = ["prj_1", database_id.as_str()];
    let read = platform.call("getDatabase", &ids, &NONE).await;
    assert_eq!(read.json(), expected);

    clock.advance(TimeDelta::seconds(5));
    let body = json!({
        "name": "Größe/1", "password": "other", "id": "x", "connection_string": "x",
        "cache_config": {"enabled": false, "ttl_seconds": 1, "max_entries": 2, "swr_seconds": 3},
    });
    let update = |etag: &str| {
        let request = platform.request("updateDatabase", &ids, &body);
        platform.send("updateDatabase", request.header("if-match", etag))
    };
    update("\"x\"").await.problem(412, "PRECONDITION_FAILED");
    let updated = update(read.header("etag")).await.json();
    expected["name"] = json!("Größe/1");
    expected["cache_config"] = body["cache_config"].clone();
    expected["connection_string"] = json!(format!(
        "postgresql://app:PASSWORD@{host}:5432/Gr%C3%B6%C3%9Fe%2F1"
    ));
    expected["updated_at"] = json!("2026-01-31T12:00:05.000000Z");
    assert_eq!(updated, expected);

    platform.expect(204, "deleteDatabase", &ids, &NONE).await;
    for operation in ["getDatabase", "deleteDatabase", "testDatabaseConnection"] {
        platform.expect(404, operation, &ids, &NONE).await;
    }
    assert_eq!(database_count(&platform).await, 0);
}

#[tokio::test]
async fn rejects_invalid_settings() {
    let platform = Platform::start().await;
    let body = json!({
        "host": "a b", "port": 65536, "name": "", "username": "u\0", "ssl_mode": "tls",
        "cache_config": {"enabled": true}, "pool_config": {"pool_size": 0},
    });
    let invalid = platform.call("createDatabase", &["prj_1"], &body).await;
    let mut fields = invalid.problem(400, "INVALID_INPUT");
    fields.sort();
    let expected = [
        "cache_config.max_entries",
        "cache_config.swr_seconds",
        "cache_config.ttl_seconds",
        "host",
        "name",
        "password",
        "pool_config.min_pool_size",
        "pool_config.pool_mode",
        "pool_config.pool_size",
        "port",
        "ssl_mode",
        "username",
    ];
    assert_eq!(fields, expected);
    assert_eq!(database_count(&platform).await, 0);
}

#[tokio::test]
async fn the_database_is_tested_scanned_and_described() {
    let platform = Platform::start().await;
    let database_id = platform.database().await;
    let ids = ["prj_1", database_id.as_str()];
    let test = platform
        .expect(200, "testDatabaseConnection", &ids, &NONE)
        .await;
    assert_eq!(test["ok"], true);
    let scan = platform
        .expect(200, "scanDatabaseForPii", &ids, &NONE)
        .await;
    assert_eq!(scan["suggestions"], json!([]));
    let catalog = platform.call("getSchemaCatalog", &ids, &NONE).await;
    assert_eq!(catalog.json()["relations"], json!([]));
    let again = platform.request("getSchemaCatalog", &ids, &NONE);
    let again = again.header("if-none-match", catalog.header("etag"));
    assert_eq!(platform.send("getSchemaCatalog", again).await.status, 304);
    for operation in [
        "testDatabaseConnection",
        "scanDatabaseForPii",
        "getSchemaCatalog",
    ] {
        platform
            .expect(404, operation, &["prj_1", "db_x"], &NONE)
            .await;
    }
}

#[tokio::test]
async fn replicas_belong_to_a_database_of_any_project() {
    let platform = Platform::start().await;
    let mut body = database();
    body["ssl_mode"] = json!("verify-ca");
    let created = platform
        .expect(201, "createDatabase", &["prj_2"], &body)
        .await;
    let database_id = id(&created);
    let replica = json!({"host": "replica.example.com", "port": 5433});
    let created = platform
        .expect(201, "createReplica", &[&database_id], &replica)
        .await;
    let expected = json!({
        "id": created["id"], "database_id": database_id, "host": "replica.example.com",
        "port": 5433, "ssl_mode": "verify-ca", "created_at": created["created_at"],
        "updated_at": created["created_at"],
    });
    assert_eq!(created, expected);
    let other = json!({"host": "other.example.com", "port": 5432, "ssl_mode": "disable"});
    let other = platform
        .expect(201, "createReplica", &[&database_id], &other)
        .await;
    assert_eq!(other["ssl_mode"], "disable");
    let list = platform
        .expect(200, "listReplicas", &[&database_id], &NONE)
        .await;
    assert_eq!(list, json!({"replicas": [created, other]}));

    let ids = [database_id.as_str(), created["id"].as_str().expect("an id")];
    platform.expect(204, "deleteReplica", &ids, &NONE).await;
    platform.expect(404, "deleteReplica", &ids, &NONE).await;
    platform
        .expect(400, "createReplica", &[&database_id], &json!({"port": 0}))
        .await;
    platform
        .expect(404, "createReplica", &["db_x"], &replica)
        .await;

    platform
        .expect(204, "deleteDatabase", &["prj_2", &database_id], &NONE)
        .await;
    platform
        .expect(404, "listReplicas", &[&database_id], &NONE)
        .await;
    platform
        .expect(404, "deleteReplica", &[&database_id, &id(&other)], &NONE)
        .await;
}

#[tokio::test]
async fn only_queries_that_were_executed_have_cache_rules() {
    let platform = Platform::start().await;
    let database_id = platform.database().await;
    let ids = ["prj_1", database_id.as_str(), "9f2c41d07be3a586"];
    let list = platform
        .expect(200, "listCacheRules", &ids[..2], &NONE)
        .await;
    assert_eq!(list, json!({"entries": []}));
    let rule = json!({"cache_enabled": true});
    platform.expect(404, "updateCacheRule", &ids, &rule).await;
    for hash in ["9f2c41d07be3a58", "9F2C41D07BE3A586"] {
        let ids = ["prj_1", &database_id, hash];
        let invalid = platform.call("updateCacheRule", &ids, &rule).await;
        assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["query_hash"]);
    }
    platform
        .expect(404, "listCacheRules", &["prj_1", "db_x"], &NONE)
        .await;
}

#[tokio::test]
async fn the_connection_string_of_an_agent_names_the_first_database() {
    let platform = Platform::start().await;
    let policy = platform.api.policy("p").await;
    let policy_id = policy.trim_start_matches("policies/");
    let body = json!({"name": "a", "policy_profile_id": policy_id});
    let connection_string = async || {
        let created = platform
            .expect(201, "createAgentCredential", &["prj_1"], &body)
            .await;
        created["connection_string"].clone()
    };
    let ends_with =
        |value: &Value, end: &str| value.as_str().is_some_and(|text| text.ends_with(end));
    let first = connection_string().await;
    assert!(ends_with(&first, ":5432/postgres"), "{first}");
    let mut database = database();
    database["name"] = json!("a b");
    platform
        .expect(201, "createDatabase", &["prj_1"], &database)
        .await;
    platform.database().await;
    let second = connection_string().await;
    assert!(ends_with(&second, ":5432/a%20b"), "{second}");
}

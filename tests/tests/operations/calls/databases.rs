//! Calls of the `databases` area.

use std::time::Duration;

use pgbeam::{
    Secret,
    databases::{
        CacheConfig, CreateDatabaseRequest, DatabaseRole, PoolConfig, PoolMode, SslMode,
        UpdateDatabaseRequest,
    },
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT, SECRET},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createDatabase",
            full: |sdk| {
                value(
                    sdk.project
                        .databases()
                        .create(full_new_database())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.databases().create(minimal_new_database())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_database()
                        .project_id(PROJECT)
                        .body(full_new_database())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_database()
                        .project_id(PROJECT)
                        .body(minimal_new_database())
                ))
            },
        },
        Calls {
            id: "listDatabases",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .databases()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.databases().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_databases()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(sdk.api().list_databases().project_id(PROJECT)))
            },
        },
        Calls {
            id: "getDatabase",
            full: |sdk| conditional_value(sdk.project.databases().get("db_1").if_none_match(ETAG)),
            minimal: |sdk| value(sdk.project.databases().get("db_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "updateDatabase",
            full: |sdk| {
                value(
                    sdk.project
                        .databases()
                        .update("db_1", full_database_update())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .databases()
                        .update("db_1", minimal_database_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .body(full_database_update())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .body(minimal_database_update())
                ))
            },
        },
        Calls {
            id: "deleteDatabase",
            full: |sdk| empty(sdk.project.databases().delete("db_1")),
            minimal: |sdk| empty(sdk.project.databases().delete("db_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "testDatabaseConnection",
            full: |sdk| value(sdk.project.databases().test_connection("db_1")),
            minimal: |sdk| value(sdk.project.databases().test_connection("db_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .test_database_connection()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .test_database_connection()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "scanDatabaseForPii",
            full: |sdk| value(sdk.project.databases().scan_for_pii("db_1")),
            minimal: |sdk| value(sdk.project.databases().scan_for_pii("db_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .scan_database_for_pii()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .scan_database_for_pii()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "getSchemaCatalog",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .databases()
                        .schema_catalog("db_1")
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.databases().schema_catalog("db_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_schema_catalog()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_schema_catalog()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
    ]
}

pub fn full_new_database() -> CreateDatabaseRequest {
    CreateDatabaseRequest::builder()
        .host("db.example.com")
        .port(5432)
        .name("shop")
        .username("app")
        .password(SECRET)
        .ssl_mode(SslMode::VerifyFull)
        .role(DatabaseRole::Replica)
        .pool_region("eu-west-1".to_owned())
        .query_timeout(Duration::from_secs(30))
        .auto_read_routing(true)
        .cache_config(cache_config())
        .pool_config(pool_config())
}

pub fn minimal_new_database() -> CreateDatabaseRequest {
    CreateDatabaseRequest::builder()
        .host("db.example.com")
        .port(5432)
        .name("shop")
        .username("app")
        .password(SECRET)
}

fn full_database_update() -> UpdateDatabaseRequest {
    UpdateDatabaseRequest::builder()
        .host("db.example.com".to_owned())
        .port(5432)
        .name("shop".to_owned())
        .username("app".to_owned())
        .password(Secret::new(SECRET))
        .ssl_mode(SslMode::VerifyFull)
        .role(DatabaseRole::Replica)
        .pool_region("eu-west-1".to_owned())
        .query_timeout(Duration::from_secs(30))
        .auto_read_routing(true)
        .cache_config(cache_config())
        .pool_config(pool_config())
}

fn minimal_database_update() -> UpdateDatabaseRequest {
    UpdateDatabaseRequest::builder()
}

fn cache_config() -> CacheConfig {
    CacheConfig::builder()
        .enabled(false)
        .ttl(Duration::from_secs(3))
        .max_entries(3)
        .swr(Duration::from_secs(3))
}

fn pool_config() -> PoolConfig {
    PoolConfig::builder()
        .pool_size(3)
        .min_pool_size(2)
        .max_active(9)
        .pool_mode(PoolMode::Statement)
}

//! The area `databases`.

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
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT, SECRET},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createDatabase",
            full: |to| {
                value(
                    to.project
                        .databases()
                        .create(full_new_database())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.databases().create(least_new_database())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_database()
                        .project_id(PROJECT)
                        .body(full_new_database())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_database()
                        .project_id(PROJECT)
                        .body(least_new_database())
                ))
            },
        },
        Calls {
            id: "listDatabases",
            full: |to| {
                page_if(
                    to.project
                        .databases()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.databases().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_databases()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_databases().project_id(PROJECT))),
        },
        Calls {
            id: "getDatabase",
            full: |to| value_if(to.project.databases().get("db_1").if_none_match(ETAG)),
            least: |to| value(to.project.databases().get("db_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "updateDatabase",
            full: |to| {
                value(
                    to.project
                        .databases()
                        .update("db_1", full_changed_database())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .databases()
                        .update("db_1", least_changed_database()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .body(full_changed_database())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .body(least_changed_database())
                ))
            },
        },
        Calls {
            id: "deleteDatabase",
            full: |to| nothing(to.project.databases().delete("db_1")),
            least: |to| nothing(to.project.databases().delete("db_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_database()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "testDatabaseConnection",
            full: |to| value(to.project.databases().test_connection("db_1")),
            least: |to| value(to.project.databases().test_connection("db_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .test_database_connection()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .test_database_connection()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "scanDatabaseForPii",
            full: |to| value(to.project.databases().scan_for_pii("db_1")),
            least: |to| value(to.project.databases().scan_for_pii("db_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .scan_database_for_pii()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .scan_database_for_pii()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "getSchemaCatalog",
            full: |to| {
                value_if(
                    to.project
                        .databases()
                        .schema_catalog("db_1")
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.project.databases().schema_catalog("db_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_schema_catalog()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_schema_catalog()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
    ]
}

/// A project begins with one, too.
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

pub fn least_new_database() -> CreateDatabaseRequest {
    CreateDatabaseRequest::builder()
        .host("db.example.com")
        .port(5432)
        .name("shop")
        .username("app")
        .password(SECRET)
}

fn full_changed_database() -> UpdateDatabaseRequest {
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

fn least_changed_database() -> UpdateDatabaseRequest {
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

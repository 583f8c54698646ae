//! Calls of the project resources: metrics, custom domains, replicas and cache rules.

use std::time::Duration;

use pgbeam::projects::{
    CreateCustomDomainRequest, CreateReplicaRequest, SslMode, UpdateCacheRuleRequest,
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT, RESERVED_CHARACTERS},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "getProjectMetrics",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .metrics()
                        .get()
                        .limit(7)
                        .region(RESERVED_CHARACTERS)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.metrics().get()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_project_metrics()
                        .project_id(PROJECT)
                        .limit(7)
                        .region(RESERVED_CHARACTERS)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().get_project_metrics().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "createCustomDomain",
            full: |sdk| {
                value(
                    sdk.project
                        .domains()
                        .create(full_new_custom_domain())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.domains().create(minimal_new_custom_domain())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_custom_domain()
                        .project_id(PROJECT)
                        .body(full_new_custom_domain())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_custom_domain()
                        .project_id(PROJECT)
                        .body(minimal_new_custom_domain())
                ))
            },
        },
        Calls {
            id: "listCustomDomains",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .domains()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.domains().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_custom_domains()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_custom_domains().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "deleteCustomDomain",
            full: |sdk| empty(sdk.project.domains().delete("dom_1")),
            minimal: |sdk| empty(sdk.project.domains().delete("dom_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
        },
        Calls {
            id: "verifyCustomDomain",
            full: |sdk| value(sdk.project.domains().verify("dom_1")),
            minimal: |sdk| value(sdk.project.domains().verify("dom_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .verify_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .verify_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
        },
        Calls {
            id: "listReplicas",
            full: |sdk| {
                conditional_page(
                    sdk.client
                        .replicas()
                        .list("db_1")
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.client.replicas().list("db_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_replicas()
                        .database_id("db_1")
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(sdk.api().list_replicas().database_id("db_1")))
            },
        },
        Calls {
            id: "createReplica",
            full: |sdk| {
                value(
                    sdk.client
                        .replicas()
                        .create("db_1", full_new_replica())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.client.replicas().create("db_1", minimal_new_replica())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_replica()
                        .database_id("db_1")
                        .body(full_new_replica())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_replica()
                        .database_id("db_1")
                        .body(minimal_new_replica())
                ))
            },
        },
        Calls {
            id: "deleteReplica",
            full: |sdk| empty(sdk.client.replicas().delete("db_1", "rep_1")),
            minimal: |sdk| empty(sdk.client.replicas().delete("db_1", "rep_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_replica()
                        .database_id("db_1")
                        .replica_id("rep_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_replica()
                        .database_id("db_1")
                        .replica_id("rep_1")
                ))
            },
        },
        Calls {
            id: "listCacheRules",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .cache_rules()
                        .list("db_1")
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.cache_rules().list("db_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_cache_rules()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_cache_rules()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "updateCacheRule",
            full: |sdk| {
                value(sdk.project.cache_rules().update(
                    "db_1",
                    "9f2c41d07be3a586",
                    full_cache_rule_update(),
                ))
            },
            minimal: |sdk| {
                value(sdk.project.cache_rules().update(
                    "db_1",
                    "9f2c41d07be3a586",
                    minimal_cache_rule_update(),
                ))
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_cache_rule()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .query_hash("9f2c41d07be3a586")
                        .body(full_cache_rule_update())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_cache_rule()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .query_hash("9f2c41d07be3a586")
                        .body(minimal_cache_rule_update())
                ))
            },
        },
    ]
}

fn full_new_custom_domain() -> CreateCustomDomainRequest {
    CreateCustomDomainRequest::builder().domain("db.example.com")
}

fn minimal_new_custom_domain() -> CreateCustomDomainRequest {
    CreateCustomDomainRequest::builder().domain("db.example.com")
}

fn full_new_replica() -> CreateReplicaRequest {
    CreateReplicaRequest::builder()
        .host("replica.db.example.com")
        .port(5432)
        .ssl_mode(SslMode::VerifyFull)
}

fn minimal_new_replica() -> CreateReplicaRequest {
    CreateReplicaRequest::builder()
        .host("replica.db.example.com")
        .port(5432)
}

fn full_cache_rule_update() -> UpdateCacheRuleRequest {
    UpdateCacheRuleRequest::builder()
        .cache_enabled(true)
        .cache_ttl(Duration::from_secs(300))
        .cache_swr(Duration::from_secs(30))
}

fn minimal_cache_rule_update() -> UpdateCacheRuleRequest {
    UpdateCacheRuleRequest::builder().cache_enabled(true)
}

//! The area `projects_parts`.

use std::time::Duration;

use pgbeam::projects::{
    CreateCustomDomainRequest, CreateReplicaRequest, SslMode, UpdateCacheRuleRequest,
};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT, TEXT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "getProjectMetrics",
            full: |to| {
                value_if(
                    to.project
                        .metrics()
                        .get()
                        .limit(7)
                        .region(TEXT)
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.project.metrics().get()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_project_metrics()
                        .project_id(PROJECT)
                        .limit(7)
                        .region(TEXT)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().get_project_metrics().project_id(PROJECT))),
        },
        Calls {
            id: "createCustomDomain",
            full: |to| {
                value(
                    to.project
                        .domains()
                        .create(full_new_custom_domain())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.domains().create(least_new_custom_domain())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_custom_domain()
                        .project_id(PROJECT)
                        .body(full_new_custom_domain())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_custom_domain()
                        .project_id(PROJECT)
                        .body(least_new_custom_domain())
                ))
            },
        },
        Calls {
            id: "listCustomDomains",
            full: |to| {
                page_if(
                    to.project
                        .domains()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.domains().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_custom_domains()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_custom_domains().project_id(PROJECT))),
        },
        Calls {
            id: "deleteCustomDomain",
            full: |to| nothing(to.project.domains().delete("dom_1")),
            least: |to| nothing(to.project.domains().delete("dom_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
        },
        Calls {
            id: "verifyCustomDomain",
            full: |to| value(to.project.domains().verify("dom_1")),
            least: |to| value(to.project.domains().verify("dom_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .verify_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .verify_custom_domain()
                        .project_id(PROJECT)
                        .domain_id("dom_1")
                ))
            },
        },
        Calls {
            id: "listReplicas",
            full: |to| {
                page_if(
                    to.client
                        .replicas()
                        .list("db_1")
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.client.replicas().list("db_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_replicas()
                        .database_id("db_1")
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_replicas().database_id("db_1"))),
        },
        Calls {
            id: "createReplica",
            full: |to| {
                value(
                    to.client
                        .replicas()
                        .create("db_1", full_new_replica())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.client.replicas().create("db_1", least_new_replica())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_replica()
                        .database_id("db_1")
                        .body(full_new_replica())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_replica()
                        .database_id("db_1")
                        .body(least_new_replica())
                ))
            },
        },
        Calls {
            id: "deleteReplica",
            full: |to| nothing(to.client.replicas().delete("db_1", "rep_1")),
            least: |to| nothing(to.client.replicas().delete("db_1", "rep_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_replica()
                        .database_id("db_1")
                        .replica_id("rep_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_replica()
                        .database_id("db_1")
                        .replica_id("rep_1")
                ))
            },
        },
        Calls {
            id: "listCacheRules",
            full: |to| {
                page_if(
                    to.project
                        .cache_rules()
                        .list("db_1")
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.cache_rules().list("db_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_cache_rules()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .list_cache_rules()
                        .project_id(PROJECT)
                        .database_id("db_1")
                ))
            },
        },
        Calls {
            id: "updateCacheRule",
            full: |to| {
                value(to.project.cache_rules().update(
                    "db_1",
                    "9f2c41d07be3a586",
                    full_changed_cache_rule(),
                ))
            },
            least: |to| {
                value(to.project.cache_rules().update(
                    "db_1",
                    "9f2c41d07be3a586",
                    least_changed_cache_rule(),
                ))
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_cache_rule()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .query_hash("9f2c41d07be3a586")
                        .body(full_changed_cache_rule())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_cache_rule()
                        .project_id(PROJECT)
                        .database_id("db_1")
                        .query_hash("9f2c41d07be3a586")
                        .body(least_changed_cache_rule())
                ))
            },
        },
    ]
}

fn full_new_custom_domain() -> CreateCustomDomainRequest {
    CreateCustomDomainRequest::builder().domain("db.example.com")
}

fn least_new_custom_domain() -> CreateCustomDomainRequest {
    CreateCustomDomainRequest::builder().domain("db.example.com")
}

fn full_new_replica() -> CreateReplicaRequest {
    CreateReplicaRequest::builder()
        .host("replica.db.example.com")
        .port(5432)
        .ssl_mode(SslMode::VerifyFull)
}

fn least_new_replica() -> CreateReplicaRequest {
    CreateReplicaRequest::builder()
        .host("replica.db.example.com")
        .port(5432)
}

fn full_changed_cache_rule() -> UpdateCacheRuleRequest {
    UpdateCacheRuleRequest::builder()
        .cache_enabled(true)
        .cache_ttl(Duration::from_secs(300))
        .cache_swr(Duration::from_secs(30))
}

fn least_changed_cache_rule() -> UpdateCacheRuleRequest {
    UpdateCacheRuleRequest::builder().cache_enabled(true)
}

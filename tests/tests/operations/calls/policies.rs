//! The area `policies`.

use pgbeam::{
    api::types::{self, builder},
    policies::{
        AccessMode, ApprovalMode, ContentScanMode, Mask, MaskKind, MigrationSafety,
        PolicyProfileInput, QueryMode, RowFilter, StatementRules, WriteMode,
    },
};
use std::time::Duration;

use super::{
    Calls,
    policies_read::{evaluation, profile, recommendation, replay, statement_kinds},
};
use crate::support::{
    outcome::{low, nothing, page_of, page_of_if, read, read_if, value, value_if},
    values::{END, ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT, START, time},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPolicyProfiles",
            full: |to| {
                page_of_if(
                    to.project
                        .policies()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                    profile,
                )
            },
            least: |to| page_of(to.project.policies().list(), profile),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_policy_profiles()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_policy_profiles().project_id(PROJECT))),
        },
        Calls {
            id: "createPolicyProfile",
            full: |to| {
                read(
                    to.project
                        .policies()
                        .create(full_profile())
                        .idempotency_key(IDEMPOTENCY_KEY),
                    profile,
                )
            },
            least: |to| read(to.project.policies().create(least_profile()), profile),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_policy_profile()
                        .project_id(PROJECT)
                        .body(full_policy_profile())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_policy_profile()
                        .project_id(PROJECT)
                        .body(least_policy_profile())
                ))
            },
        },
        Calls {
            id: "getPolicyProfile",
            full: |to| {
                read_if(
                    to.project.policies().get("pol_1").if_none_match(ETAG),
                    profile,
                )
            },
            least: |to| read(to.project.policies().get("pol_1"), profile),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
        },
        Calls {
            id: "updatePolicyProfile",
            full: |to| {
                read(
                    to.project
                        .policies()
                        .update("pol_1", full_profile())
                        .if_match(ETAG),
                    profile,
                )
            },
            least: |to| {
                read(
                    to.project.policies().update("pol_1", least_profile()),
                    profile,
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .body(full_policy_profile())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .body(least_policy_profile())
                ))
            },
        },
        Calls {
            id: "deletePolicyProfile",
            full: |to| nothing(to.project.policies().delete("pol_1")),
            least: |to| nothing(to.project.policies().delete("pol_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .delete_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .delete_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
        },
        Calls {
            id: "getPolicyStatementKinds",
            full: |to| {
                read(
                    to.project.policies().statement_kinds("pol_1"),
                    statement_kinds,
                )
            },
            least: |to| {
                read(
                    to.project.policies().statement_kinds("pol_1"),
                    statement_kinds,
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .get_policy_statement_kinds()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .get_policy_statement_kinds()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
        },
        Calls {
            id: "dryEvalPolicy",
            full: |to| {
                read(
                    to.project.policies().dry_eval(full_profile(), "SELECT 1"),
                    evaluation,
                )
            },
            least: |to| {
                read(
                    to.project.policies().dry_eval("pol_1", "SELECT 1"),
                    evaluation,
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .dry_eval_policy()
                        .project_id(PROJECT)
                        .body(full_dry_eval())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .dry_eval_policy()
                        .project_id(PROJECT)
                        .body(least_dry_eval())
                ))
            },
        },
        Calls {
            id: "replayPolicy",
            full: |to| {
                read(
                    to.project
                        .policies()
                        .replay(full_profile())
                        .credential("cred_2")
                        .start(time(START))
                        .end(time(END))
                        .limit(7),
                    replay,
                )
            },
            least: |to| read(to.project.policies().replay("pol_1"), replay),
            low_full: |to| {
                value(low!(
                    to.api()
                        .replay_policy()
                        .project_id(PROJECT)
                        .body(full_policy_replay())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .replay_policy()
                        .project_id(PROJECT)
                        .body(least_policy_replay())
                ))
            },
        },
        Calls {
            id: "recommendAgentPolicy",
            full: |to| {
                read(
                    to.project
                        .policies()
                        .recommend("cred_1")
                        .lookback_days(9)
                        .limit(7),
                    recommendation,
                )
            },
            least: |to| read(to.project.policies().recommend("cred_1"), recommendation),
            low_full: |to| {
                value(low!(
                    to.api()
                        .recommend_agent_policy()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .body(full_policy_recommendation())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .recommend_agent_policy()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
    ]
}

/// A profile as the SDK takes it, with all that it can hold.
fn full_profile() -> PolicyProfileInput {
    PolicyProfileInput::new("Order desk")
        .access_mode(AccessMode::ReadWrite)
        .statement_rules(
            StatementRules::new()
                .allow(["select", "insert"])
                .deny(["ddl"]),
        )
        .table_allowlist(["public.orders"])
        .table_denylist(["secrets"])
        .mask(Mask::hash("public.customers", "email"))
        .budget_queries_per_hour(500)
        .budget_queries_per_day(5_000)
        .max_rows(1_000)
        .statement_timeout(Duration::from_secs(5))
        .row_filter(RowFilter::new("public.orders", "region = 'north'"))
        .write_mode(WriteMode::Sandbox)
        .approval_mode(ApprovalMode::All)
        .approval_auto_max_rows(10)
        .approval_timeout(Duration::from_secs(900))
        .migration_safety(MigrationSafety::Block)
        .egress_bytes_per_day(104_857_600)
        .max_affected_rows(100)
        .content_scan_mode(ContentScanMode::Block)
        .content_scan_max_bytes(1_048_576)
        .query_mode(QueryMode::Templates)
}

fn least_profile() -> PolicyProfileInput {
    PolicyProfileInput::new("Order desk")
}

/// The same as the low-level client takes it.
fn full_policy_profile() -> builder::PolicyProfileInput {
    types::PolicyProfileInput::builder()
        .name("Order desk")
        .access_mode(AccessMode::ReadWrite)
        .statement_rules(
            types::StatementRules::builder()
                .allow(vec!["select".to_owned()])
                .deny(vec!["ddl".to_owned()]),
        )
        .table_allowlist(vec!["public.orders".to_owned()])
        .table_denylist(vec!["secrets".to_owned()])
        .masking_rules(vec![mask()])
        .budget_queries_per_hour(500)
        .budget_queries_per_day(5_000)
        .max_rows(1_000)
        .statement_timeout_ms(5_000)
        .row_filters(vec![row_filter()])
        .write_mode(WriteMode::Sandbox)
        .approval_mode(ApprovalMode::All)
        .approval_auto_max_rows(10)
        .approval_timeout_seconds(900)
        .migration_safety(MigrationSafety::Block)
        .egress_bytes_per_day(104_857_600)
        .max_affected_rows(100)
        .content_scan_mode(ContentScanMode::Block)
        .content_scan_max_bytes(1_048_576)
        .query_mode(QueryMode::Templates)
}

fn least_policy_profile() -> builder::PolicyProfileInput {
    types::PolicyProfileInput::builder().name("Order desk")
}

fn mask() -> types::MaskingRule {
    let mask = types::MaskingRule::builder()
        .table("public.customers")
        .column("email");
    mask.kind(MaskKind::Hash).try_into().unwrap()
}

fn row_filter() -> types::RowFilter {
    let filter = types::RowFilter::builder().table("public.orders");
    filter.predicate("region = 'north'").try_into().unwrap()
}

fn full_dry_eval() -> builder::DryEvalInput {
    types::DryEvalInput::builder()
        .sql("SELECT 1")
        .policy(full_policy_profile())
}

fn least_dry_eval() -> builder::DryEvalInput {
    types::DryEvalInput::builder()
        .sql("SELECT 1")
        .policy_id("pol_1".to_owned())
}

fn full_policy_replay() -> builder::PolicyReplayInput {
    types::PolicyReplayInput::builder()
        .policy(full_policy_profile())
        .bound_policy_id("pol_1".to_owned())
        .start_ts(time(START))
        .end_ts(time(END))
        .limit(7)
}

fn least_policy_replay() -> builder::PolicyReplayInput {
    types::PolicyReplayInput::builder().policy_id("pol_1".to_owned())
}

fn full_policy_recommendation() -> builder::PolicyRecommendationInput {
    types::PolicyRecommendationInput::builder()
        .lookback_days(9)
        .limit(7)
}

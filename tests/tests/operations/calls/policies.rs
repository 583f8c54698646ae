//! The area `policies`.

use pgbeam::policies::{
    DryEvalInput, PolicyProfileInput, PolicyRecommendationInput, PolicyReplayInput,
};

use super::Calls;
use crate::support::{
    example::{Fill, input},
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{END, ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT, START, time},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPolicyProfiles",
            full: |to| {
                page_if(
                    to.project
                        .policies()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.policies().list()),
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
                value(
                    to.project
                        .policies()
                        .create(full_profile())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.policies().create(least_profile())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_policy_profile()
                        .project_id(PROJECT)
                        .body(full_profile())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_policy_profile()
                        .project_id(PROJECT)
                        .body(least_profile())
                ))
            },
        },
        Calls {
            id: "getPolicyProfile",
            full: |to| value_if(to.project.policies().get("pol_1").if_none_match(ETAG)),
            least: |to| value(to.project.policies().get("pol_1")),
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
                value(
                    to.project
                        .policies()
                        .update("pol_1", full_profile())
                        .if_match(ETAG),
                )
            },
            least: |to| value(to.project.policies().update("pol_1", least_profile())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .body(full_profile())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .body(least_profile())
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
            full: |to| value(to.project.policies().statement_kinds("pol_1")),
            least: |to| value(to.project.policies().statement_kinds("pol_1")),
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
            full: |to| value(to.project.policies().dry_eval(full_profile(), "SELECT 1")),
            least: |to| value(to.project.policies().dry_eval("pol_1", "SELECT 1")),
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
                value(
                    to.project
                        .policies()
                        .replay(full_profile())
                        .credential("cred_2")
                        .start(time(START))
                        .end(time(END))
                        .limit(7),
                )
            },
            least: |to| value(to.project.policies().replay("pol_1")),
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
                value(
                    to.project
                        .policies()
                        .recommend("cred_1")
                        .lookback_days(9)
                        .limit(7),
                )
            },
            least: |to| value(to.project.policies().recommend("cred_1")),
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

/// A profile with every field that the contract has.
fn full_profile() -> PolicyProfileInput {
    input("PolicyProfileInput", Fill::Whole)
}

fn least_profile() -> PolicyProfileInput {
    input("PolicyProfileInput", Fill::Bare)
}

fn full_dry_eval() -> DryEvalInput {
    DryEvalInput::builder()
        .sql("SELECT 1")
        .policy(full_profile())
}

fn least_dry_eval() -> DryEvalInput {
    DryEvalInput::builder().sql("SELECT 1").policy_id("pol_1")
}

fn full_policy_replay() -> PolicyReplayInput {
    PolicyReplayInput::builder()
        .policy(full_profile())
        .bound_policy_id("pol_1")
        .start_ts(time(START))
        .end_ts(time(END))
        .limit(7)
}

fn least_policy_replay() -> PolicyReplayInput {
    PolicyReplayInput::builder().policy_id("pol_1")
}

fn full_policy_recommendation() -> PolicyRecommendationInput {
    PolicyRecommendationInput::builder()
        .lookback_days(9)
        .limit(7)
}

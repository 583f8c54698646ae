//! Calls of the `policies` area.

use pgbeam::policies::{
    DryEvalInput, PolicyProfileInput, PolicyRecommendationInput, PolicyReplayInput,
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    example::{ExampleKind, deserialize_example},
    values::{END, ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT, START, timestamp},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listPolicyProfiles",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .policies()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.policies().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_policy_profiles()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_policy_profiles().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "createPolicyProfile",
            full: |sdk| {
                value(
                    sdk.project
                        .policies()
                        .create(full_profile())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.policies().create(minimal_profile())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_policy_profile()
                        .project_id(PROJECT)
                        .body(full_profile())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_policy_profile()
                        .project_id(PROJECT)
                        .body(minimal_profile())
                ))
            },
        },
        Calls {
            id: "getPolicyProfile",
            full: |sdk| conditional_value(sdk.project.policies().get("pol_1").if_none_match(ETAG)),
            minimal: |sdk| value(sdk.project.policies().get("pol_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
        },
        Calls {
            id: "updatePolicyProfile",
            full: |sdk| {
                value(
                    sdk.project
                        .policies()
                        .update("pol_1", full_profile())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.policies().update("pol_1", minimal_profile())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .body(full_profile())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                        .body(minimal_profile())
                ))
            },
        },
        Calls {
            id: "deletePolicyProfile",
            full: |sdk| empty(sdk.project.policies().delete("pol_1")),
            minimal: |sdk| empty(sdk.project.policies().delete("pol_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .delete_policy_profile()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
        },
        Calls {
            id: "getPolicyStatementKinds",
            full: |sdk| value(sdk.project.policies().statement_kinds("pol_1")),
            minimal: |sdk| value(sdk.project.policies().statement_kinds("pol_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .get_policy_statement_kinds()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .get_policy_statement_kinds()
                        .project_id(PROJECT)
                        .policy_id("pol_1")
                ))
            },
        },
        Calls {
            id: "dryEvalPolicy",
            full: |sdk| value(sdk.project.policies().dry_eval(full_profile(), "SELECT 1")),
            minimal: |sdk| value(sdk.project.policies().dry_eval("pol_1", "SELECT 1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .dry_eval_policy()
                        .project_id(PROJECT)
                        .body(full_dry_eval())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .dry_eval_policy()
                        .project_id(PROJECT)
                        .body(minimal_dry_eval())
                ))
            },
        },
        Calls {
            id: "replayPolicy",
            full: |sdk| {
                value(
                    sdk.project
                        .policies()
                        .replay(full_profile())
                        .credential("cred_2")
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .limit(7),
                )
            },
            minimal: |sdk| value(sdk.project.policies().replay("pol_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .replay_policy()
                        .project_id(PROJECT)
                        .body(full_policy_replay())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .replay_policy()
                        .project_id(PROJECT)
                        .body(minimal_policy_replay())
                ))
            },
        },
        Calls {
            id: "recommendAgentPolicy",
            full: |sdk| {
                value(
                    sdk.project
                        .policies()
                        .recommend("cred_1")
                        .lookback_days(9)
                        .limit(7),
                )
            },
            minimal: |sdk| value(sdk.project.policies().recommend("cred_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .recommend_agent_policy()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .body(full_policy_recommendation())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .recommend_agent_policy()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
    ]
}

/// Returns a profile with every field that the contract declares.
fn full_profile() -> PolicyProfileInput {
    deserialize_example("PolicyProfileInput", ExampleKind::AllFields)
}

fn minimal_profile() -> PolicyProfileInput {
    deserialize_example("PolicyProfileInput", ExampleKind::RequiredFields)
}

fn full_dry_eval() -> DryEvalInput {
    DryEvalInput::builder()
        .sql("SELECT 1")
        .policy(full_profile())
}

fn minimal_dry_eval() -> DryEvalInput {
    DryEvalInput::builder().sql("SELECT 1").policy_id("pol_1")
}

fn full_policy_replay() -> PolicyReplayInput {
    PolicyReplayInput::builder()
        .policy(full_profile())
        .bound_policy_id("pol_1")
        .start_ts(timestamp(START))
        .end_ts(timestamp(END))
        .limit(7)
}

fn minimal_policy_replay() -> PolicyReplayInput {
    PolicyReplayInput::builder().policy_id("pol_1")
}

fn full_policy_recommendation() -> PolicyRecommendationInput {
    PolicyRecommendationInput::builder()
        .lookback_days(9)
        .limit(7)
}

//! Calls of the `agents` area.

use pgbeam::agents::{
    AgentCredentialTargetStatus, AuditDecision, AuditSource, CreateAgentCredentialRequest,
    PrincipalType, UpdateAgentCredentialStatusRequest,
};

use super::Calls;
use crate::support::{
    call::{bytes, conditional_page, conditional_value, empty, low_level, page, value},
    values::{END, ETAG, IDEMPOTENCY_KEY, PAGE_TOKEN, PROJECT, START, timestamp},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createAgentCredential",
            full: |sdk| {
                value(
                    sdk.project
                        .agents()
                        .create(full_new_agent_credential())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.agents().create(minimal_new_agent_credential())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_agent_credential()
                        .project_id(PROJECT)
                        .body(full_new_agent_credential())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_agent_credential()
                        .project_id(PROJECT)
                        .body(minimal_new_agent_credential())
                ))
            },
        },
        Calls {
            id: "listAgentCredentials",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .agents()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.agents().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_agent_credentials()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_agent_credentials().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getAgentCredential",
            full: |sdk| conditional_value(sdk.project.agents().get("cred_1").if_none_match(ETAG)),
            minimal: |sdk| value(sdk.project.agents().get("cred_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
        Calls {
            id: "updateAgentCredentialStatus",
            full: |sdk| {
                value(
                    sdk.project
                        .agents()
                        .update_status("cred_1", full_agent_credential_status_update())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.project
                        .agents()
                        .update_status("cred_1", minimal_agent_credential_status_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_agent_credential_status()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .body(full_agent_credential_status_update())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_agent_credential_status()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .body(minimal_agent_credential_status_update())
                ))
            },
        },
        Calls {
            id: "revokeAgentCredential",
            full: |sdk| empty(sdk.project.agents().revoke("cred_1")),
            minimal: |sdk| empty(sdk.project.agents().revoke("cred_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .revoke_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .revoke_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
        Calls {
            id: "rotateAgentCredential",
            full: |sdk| {
                value(
                    sdk.project
                        .agents()
                        .rotate("cred_1")
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.project.agents().rotate("cred_1")),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .rotate_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .rotate_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
        Calls {
            id: "listAuditLogs",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .audit_logs()
                        .list()
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .before(timestamp("2026-03-04T05:06:07.008Z"))
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.audit_logs().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_audit_logs()
                        .project_id(PROJECT)
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .before(timestamp("2026-03-04T05:06:07.008Z"))
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(sdk.api().list_audit_logs().project_id(PROJECT)))
            },
        },
        Calls {
            id: "exportAuditLogs",
            full: |sdk| {
                bytes(
                    sdk.project
                        .audit_logs()
                        .export()
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(timestamp(START))
                        .end(timestamp(END)),
                )
            },
            minimal: |sdk| bytes(sdk.project.audit_logs().export()),
            low_level_full: |sdk| {
                bytes(low_level!(
                    sdk.api()
                        .export_audit_logs()
                        .project_id(PROJECT)
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(timestamp(START))
                        .end(timestamp(END))
                ))
            },
            low_level_minimal: |sdk| {
                bytes(low_level!(
                    sdk.api().export_audit_logs().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getAuditSessionSummary",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .audit_logs()
                        .session("ses_1")
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.audit_logs().session("ses_1")),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_audit_session_summary()
                        .project_id(PROJECT)
                        .session_id("ses_1")
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_audit_session_summary()
                        .project_id(PROJECT)
                        .session_id("ses_1")
                ))
            },
        },
        Calls {
            id: "verifyAuditChain",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .audit_logs()
                        .verify()
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.audit_logs().verify()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .verify_audit_chain()
                        .project_id(PROJECT)
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().verify_audit_chain().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "getAgentUsageBreakdown",
            full: |sdk| {
                conditional_value(
                    sdk.project
                        .agents()
                        .usage()
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| value(sdk.project.agents().usage()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_agent_usage_breakdown()
                        .project_id(PROJECT)
                        .start(timestamp(START))
                        .end(timestamp(END))
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().get_agent_usage_breakdown().project_id(PROJECT)
                ))
            },
        },
    ]
}

fn full_new_agent_credential() -> CreateAgentCredentialRequest {
    CreateAgentCredentialRequest::builder()
        .name("Order desk assistant")
        .policy_profile_id("pol_1")
        .principal_type(PrincipalType::Human)
        .expires_at(timestamp(END))
}

fn minimal_new_agent_credential() -> CreateAgentCredentialRequest {
    CreateAgentCredentialRequest::builder()
        .name("Order desk assistant")
        .policy_profile_id("pol_1")
}

fn full_agent_credential_status_update() -> UpdateAgentCredentialStatusRequest {
    UpdateAgentCredentialStatusRequest::builder().status(AgentCredentialTargetStatus::Disabled)
}

fn minimal_agent_credential_status_update() -> UpdateAgentCredentialStatusRequest {
    UpdateAgentCredentialStatusRequest::builder().status(AgentCredentialTargetStatus::Disabled)
}

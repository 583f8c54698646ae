//! The area `agents`.

use pgbeam::agents::{
    AgentCredentialTargetStatus, AuditDecision, AuditSource, CreateAgentCredentialRequest,
    PrincipalType, UpdateAgentCredentialStatusRequest,
};

use super::Calls;
use crate::support::{
    outcome::{bytes, low, nothing, page, page_if, value, value_if},
    values::{END, ETAG, IDEMPOTENCY_KEY, PAGE, PROJECT, START, time},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createAgentCredential",
            full: |to| {
                value(
                    to.project
                        .agents()
                        .create(full_new_agent_credential())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.agents().create(least_new_agent_credential())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_agent_credential()
                        .project_id(PROJECT)
                        .body(full_new_agent_credential())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_agent_credential()
                        .project_id(PROJECT)
                        .body(least_new_agent_credential())
                ))
            },
        },
        Calls {
            id: "listAgentCredentials",
            full: |to| {
                page_if(
                    to.project
                        .agents()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.agents().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_agent_credentials()
                        .project_id(PROJECT)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_agent_credentials().project_id(PROJECT))),
        },
        Calls {
            id: "getAgentCredential",
            full: |to| value_if(to.project.agents().get("cred_1").if_none_match(ETAG)),
            least: |to| value(to.project.agents().get("cred_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
        Calls {
            id: "updateAgentCredentialStatus",
            full: |to| {
                value(
                    to.project
                        .agents()
                        .update_status("cred_1", full_changed_agent_credential_status())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.project
                        .agents()
                        .update_status("cred_1", least_changed_agent_credential_status()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_agent_credential_status()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .body(full_changed_agent_credential_status())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_agent_credential_status()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .body(least_changed_agent_credential_status())
                ))
            },
        },
        Calls {
            id: "revokeAgentCredential",
            full: |to| nothing(to.project.agents().revoke("cred_1")),
            least: |to| nothing(to.project.agents().revoke("cred_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .revoke_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .revoke_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
        Calls {
            id: "rotateAgentCredential",
            full: |to| {
                value(
                    to.project
                        .agents()
                        .rotate("cred_1")
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.project.agents().rotate("cred_1")),
            low_full: |to| {
                value(low!(
                    to.api()
                        .rotate_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .rotate_agent_credential()
                        .project_id(PROJECT)
                        .agent_id("cred_1")
                ))
            },
        },
        Calls {
            id: "listAuditLogs",
            full: |to| {
                page_if(
                    to.project
                        .audit_logs()
                        .list()
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(time(START))
                        .end(time(END))
                        .before(time("2026-03-04T05:06:07.008Z"))
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.audit_logs().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_audit_logs()
                        .project_id(PROJECT)
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(time(START))
                        .end(time(END))
                        .before(time("2026-03-04T05:06:07.008Z"))
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_audit_logs().project_id(PROJECT))),
        },
        Calls {
            id: "exportAuditLogs",
            full: |to| {
                bytes(
                    to.project
                        .audit_logs()
                        .export()
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(time(START))
                        .end(time(END)),
                )
            },
            least: |to| bytes(to.project.audit_logs().export()),
            low_full: |to| {
                bytes(low!(
                    to.api()
                        .export_audit_logs()
                        .project_id(PROJECT)
                        .credential_id("cred_2")
                        .event("query_blocked")
                        .decision(AuditDecision::Block)
                        .source(AuditSource::Mcp)
                        .start(time(START))
                        .end(time(END))
                ))
            },
            low_least: |to| bytes(low!(to.api().export_audit_logs().project_id(PROJECT))),
        },
        Calls {
            id: "getAuditSessionSummary",
            full: |to| {
                value_if(
                    to.project
                        .audit_logs()
                        .session("ses_1")
                        .start(time(START))
                        .end(time(END))
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.project.audit_logs().session("ses_1")),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_audit_session_summary()
                        .project_id(PROJECT)
                        .session_id("ses_1")
                        .start(time(START))
                        .end(time(END))
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api()
                        .get_audit_session_summary()
                        .project_id(PROJECT)
                        .session_id("ses_1")
                ))
            },
        },
        Calls {
            id: "verifyAuditChain",
            full: |to| {
                value_if(
                    to.project
                        .audit_logs()
                        .verify()
                        .start(time(START))
                        .end(time(END))
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.project.audit_logs().verify()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .verify_audit_chain()
                        .project_id(PROJECT)
                        .start(time(START))
                        .end(time(END))
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().verify_audit_chain().project_id(PROJECT))),
        },
        Calls {
            id: "getAgentUsageBreakdown",
            full: |to| {
                value_if(
                    to.project
                        .agents()
                        .usage()
                        .start(time(START))
                        .end(time(END))
                        .if_none_match(ETAG),
                )
            },
            least: |to| value(to.project.agents().usage()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_agent_usage_breakdown()
                        .project_id(PROJECT)
                        .start(time(START))
                        .end(time(END))
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api().get_agent_usage_breakdown().project_id(PROJECT)
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
        .expires_at(time(END))
}

fn least_new_agent_credential() -> CreateAgentCredentialRequest {
    CreateAgentCredentialRequest::builder()
        .name("Order desk assistant")
        .policy_profile_id("pol_1")
}

fn full_changed_agent_credential_status() -> UpdateAgentCredentialStatusRequest {
    UpdateAgentCredentialStatusRequest::builder().status(AgentCredentialTargetStatus::Disabled)
}

fn least_changed_agent_credential_status() -> UpdateAgentCredentialStatusRequest {
    UpdateAgentCredentialStatusRequest::builder().status(AgentCredentialTargetStatus::Disabled)
}

//! Calls of the `account` area.

use pgbeam::account::{
    AssignableOrgRole, CreateOrgInvitationRequest, OnboardingStep, OrgInvitationStatus,
    UpdateOnboardingRequest, UpdateOrgMemberRoleRequest,
};

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, ORGANIZATION, PAGE_TOKEN},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "exportAccountData",
            full: |sdk| conditional_value(sdk.client.account().export().if_none_match(ETAG)),
            minimal: |sdk| value(sdk.client.account().export()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api().export_account_data().if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| conditional_value(low_level!(sdk.api().export_account_data())),
        },
        Calls {
            id: "listOrgMembers",
            full: |sdk| {
                conditional_page(
                    sdk.organization
                        .members()
                        .list()
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.organization.members().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_org_members()
                        .org_id(ORGANIZATION)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_org_members().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "updateOrgMemberRole",
            full: |sdk| {
                value(
                    sdk.organization
                        .members()
                        .update_role("mem_1", full_org_member_role_update()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .members()
                        .update_role("mem_1", minimal_org_member_role_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_org_member_role()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                        .body(full_org_member_role_update())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_org_member_role()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                        .body(minimal_org_member_role_update())
                ))
            },
        },
        Calls {
            id: "removeOrgMember",
            full: |sdk| empty(sdk.organization.members().remove("mem_1")),
            minimal: |sdk| empty(sdk.organization.members().remove("mem_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .remove_org_member()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .remove_org_member()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                ))
            },
        },
        Calls {
            id: "listOrgInvitations",
            full: |sdk| {
                conditional_page(
                    sdk.organization
                        .invitations()
                        .list()
                        .status(OrgInvitationStatus::Accepted)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.organization.invitations().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_org_invitations()
                        .org_id(ORGANIZATION)
                        .status(OrgInvitationStatus::Accepted)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_org_invitations().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "createOrgInvitation",
            full: |sdk| {
                value(
                    sdk.organization
                        .invitations()
                        .create(full_new_org_invitation()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .invitations()
                        .create(minimal_new_org_invitation()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_org_invitation()
                        .org_id(ORGANIZATION)
                        .body(full_new_org_invitation())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_org_invitation()
                        .org_id(ORGANIZATION)
                        .body(minimal_new_org_invitation())
                ))
            },
        },
        Calls {
            id: "revokeOrgInvitation",
            full: |sdk| empty(sdk.organization.invitations().revoke("inv_1")),
            minimal: |sdk| empty(sdk.organization.invitations().revoke("inv_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .revoke_org_invitation()
                        .org_id(ORGANIZATION)
                        .invitation_id("inv_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .revoke_org_invitation()
                        .org_id(ORGANIZATION)
                        .invitation_id("inv_1")
                ))
            },
        },
        Calls {
            id: "getOnboardingProgress",
            full: |sdk| conditional_value(sdk.organization.onboarding().get().if_none_match(ETAG)),
            minimal: |sdk| value(sdk.organization.onboarding().get()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_onboarding_progress()
                        .org_id(ORGANIZATION)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().get_onboarding_progress().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "updateOnboardingProgress",
            full: |sdk| {
                value(
                    sdk.organization
                        .onboarding()
                        .update(full_onboarding_update()),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.organization
                        .onboarding()
                        .update(minimal_onboarding_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_onboarding_progress()
                        .org_id(ORGANIZATION)
                        .body(full_onboarding_update())
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_onboarding_progress()
                        .org_id(ORGANIZATION)
                        .body(minimal_onboarding_update())
                ))
            },
        },
        Calls {
            id: "listOrganizations",
            full: |sdk| conditional_value(sdk.client.organizations().list().if_none_match(ETAG)),
            minimal: |sdk| value(sdk.client.organizations().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_organizations().if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| conditional_value(low_level!(sdk.api().list_organizations())),
        },
    ]
}

fn full_new_org_invitation() -> CreateOrgInvitationRequest {
    CreateOrgInvitationRequest::builder()
        .email("new.user@example.com")
        .role(AssignableOrgRole::Approver)
}

fn minimal_new_org_invitation() -> CreateOrgInvitationRequest {
    CreateOrgInvitationRequest::builder().email("new.user@example.com")
}

fn full_onboarding_update() -> UpdateOnboardingRequest {
    UpdateOnboardingRequest::builder()
        .step(OnboardingStep::AgentCredentialCreated)
        .dismiss(true)
}

fn minimal_onboarding_update() -> UpdateOnboardingRequest {
    UpdateOnboardingRequest::builder()
}

fn full_org_member_role_update() -> UpdateOrgMemberRoleRequest {
    UpdateOrgMemberRoleRequest::builder().role(AssignableOrgRole::Approver)
}

fn minimal_org_member_role_update() -> UpdateOrgMemberRoleRequest {
    UpdateOrgMemberRoleRequest::builder().role(AssignableOrgRole::Approver)
}

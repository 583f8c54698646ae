//! The area `account`.

use pgbeam::account::{
    AssignableOrgRole, CreateOrgInvitationRequest, OnboardingStep, OrgInvitationStatus,
    UpdateOnboardingRequest, UpdateOrgMemberRoleRequest,
};

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, ORGANIZATION, PAGE},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "exportAccountData",
            full: |to| value_if(to.client.account().export().if_none_match(ETAG)),
            least: |to| value(to.client.account().export()),
            low_full: |to| value_if(low!(to.api().export_account_data().if_none_match(ETAG))),
            low_least: |to| value_if(low!(to.api().export_account_data())),
        },
        Calls {
            id: "listOrgMembers",
            full: |to| {
                page_if(
                    to.organization
                        .members()
                        .list()
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.organization.members().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_org_members()
                        .org_id(ORGANIZATION)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_org_members().org_id(ORGANIZATION))),
        },
        Calls {
            id: "updateOrgMemberRole",
            full: |to| {
                value(
                    to.organization
                        .members()
                        .update_role("mem_1", full_changed_org_member_role()),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .members()
                        .update_role("mem_1", least_changed_org_member_role()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_org_member_role()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                        .body(full_changed_org_member_role())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_org_member_role()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                        .body(least_changed_org_member_role())
                ))
            },
        },
        Calls {
            id: "removeOrgMember",
            full: |to| nothing(to.organization.members().remove("mem_1")),
            least: |to| nothing(to.organization.members().remove("mem_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .remove_org_member()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .remove_org_member()
                        .org_id(ORGANIZATION)
                        .member_id("mem_1")
                ))
            },
        },
        Calls {
            id: "listOrgInvitations",
            full: |to| {
                page_if(
                    to.organization
                        .invitations()
                        .list()
                        .status(OrgInvitationStatus::Accepted)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.organization.invitations().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_org_invitations()
                        .org_id(ORGANIZATION)
                        .status(OrgInvitationStatus::Accepted)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_org_invitations().org_id(ORGANIZATION))),
        },
        Calls {
            id: "createOrgInvitation",
            full: |to| {
                value(
                    to.organization
                        .invitations()
                        .create(full_new_org_invitation()),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .invitations()
                        .create(least_new_org_invitation()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_org_invitation()
                        .org_id(ORGANIZATION)
                        .body(full_new_org_invitation())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .create_org_invitation()
                        .org_id(ORGANIZATION)
                        .body(least_new_org_invitation())
                ))
            },
        },
        Calls {
            id: "revokeOrgInvitation",
            full: |to| nothing(to.organization.invitations().revoke("inv_1")),
            least: |to| nothing(to.organization.invitations().revoke("inv_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .revoke_org_invitation()
                        .org_id(ORGANIZATION)
                        .invitation_id("inv_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .revoke_org_invitation()
                        .org_id(ORGANIZATION)
                        .invitation_id("inv_1")
                ))
            },
        },
        Calls {
            id: "getOnboardingProgress",
            full: |to| value_if(to.organization.onboarding().get().if_none_match(ETAG)),
            least: |to| value(to.organization.onboarding().get()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_onboarding_progress()
                        .org_id(ORGANIZATION)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| {
                value_if(low!(
                    to.api().get_onboarding_progress().org_id(ORGANIZATION)
                ))
            },
        },
        Calls {
            id: "updateOnboardingProgress",
            full: |to| {
                value(
                    to.organization
                        .onboarding()
                        .update(full_changed_onboarding()),
                )
            },
            least: |to| {
                value(
                    to.organization
                        .onboarding()
                        .update(least_changed_onboarding()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_onboarding_progress()
                        .org_id(ORGANIZATION)
                        .body(full_changed_onboarding())
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_onboarding_progress()
                        .org_id(ORGANIZATION)
                        .body(least_changed_onboarding())
                ))
            },
        },
        Calls {
            id: "listOrganizations",
            full: |to| value_if(to.client.organizations().list().if_none_match(ETAG)),
            least: |to| value(to.client.organizations().list()),
            low_full: |to| value_if(low!(to.api().list_organizations().if_none_match(ETAG))),
            low_least: |to| value_if(low!(to.api().list_organizations())),
        },
    ]
}

fn full_new_org_invitation() -> CreateOrgInvitationRequest {
    CreateOrgInvitationRequest::builder()
        .email("new.user@example.com")
        .role(AssignableOrgRole::Approver)
}

fn least_new_org_invitation() -> CreateOrgInvitationRequest {
    CreateOrgInvitationRequest::builder().email("new.user@example.com")
}

fn full_changed_onboarding() -> UpdateOnboardingRequest {
    UpdateOnboardingRequest::builder()
        .step(OnboardingStep::AgentCredentialCreated)
        .dismiss(true)
}

fn least_changed_onboarding() -> UpdateOnboardingRequest {
    UpdateOnboardingRequest::builder()
}

fn full_changed_org_member_role() -> UpdateOrgMemberRoleRequest {
    UpdateOrgMemberRoleRequest::builder().role(AssignableOrgRole::Approver)
}

fn least_changed_org_member_role() -> UpdateOrgMemberRoleRequest {
    UpdateOrgMemberRoleRequest::builder().role(AssignableOrgRole::Approver)
}

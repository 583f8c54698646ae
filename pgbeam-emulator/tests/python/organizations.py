"""Organizations: members, invitations, onboarding, plans, support cases, enrollments, and the user's data."""

from typing import Any

from pgbeam import models

from projects import ORG_ID
from typed import Api, expect_error, expect_includes, read_pages


def run(project_id: str) -> None:
    api = Api()
    organizations = api.account.list_organizations()["organizations"]
    assert ORG_ID in [organization["id"] for organization in organizations], organizations
    members(api)
    invitations(api)
    onboarding(api)
    plans(api)
    enrollments(api, project_id)
    support_cases(api)
    export = api.account.export_account_data()
    assert project_id in [project["id"] for project in export["projects"]], export
    assert project_id in {database["project_id"] for database in export["databases"]}, export


def members(api: Api) -> None:
    """The seed has a second and a third member, because no operation accepts an invitation."""
    list_members = api.account.list_org_members
    change, remove = api.account.update_org_member_role, api.account.remove_org_member
    listed = read_pages(list_members, ORG_ID)
    owners = [member for member in listed if member["role"] == "owner"]
    assert len(owners) == 1, listed
    expect_error(409, "INVALID_STATE", change, ORG_ID, owners[0]["id"], body={"role": "admin"})
    expect_error(409, "INVALID_STATE", remove, ORG_ID, owners[0]["id"])
    expect_error(404, "NOT_FOUND", change, ORG_ID, "mem_missing", body={"role": "admin"})
    expect_error(404, "NOT_FOUND", remove, ORG_ID, "mem_missing")
    others = [member for member in listed if member["role"] != "owner"]
    for member in others:
        changed = change(ORG_ID, member["id"], body={"role": "policy-author"})
        assert changed == {**member, "role": "policy-author"}, changed
        remove(ORG_ID, member["id"])
    assert read_pages(list_members, ORG_ID) == owners


def invitations(api: Api) -> None:
    create, list_invitations = api.account.create_org_invitation, api.account.list_org_invitations
    created = []
    for index in range(5):
        body: models.CreateOrgInvitationRequest = {"email": f"{index}@example.com", "role": "auditor"}
        invitation = create(ORG_ID, body=body)
        expect_includes(invitation, {**body, "status": "pending"})
        created.append(invitation)
    expect_error(409, "RESOURCE_EXISTS", create, ORG_ID, body={"email": "1@example.com"})
    assert read_pages(list_invitations, ORG_ID) == created
    api.account.revoke_org_invitation(ORG_ID, created[0]["id"])
    [canceled] = read_pages(list_invitations, ORG_ID, status="canceled")
    assert canceled == {**created[0], "status": "canceled"}, canceled
    assert read_pages(list_invitations, ORG_ID, status="pending") == created[1:]
    expect_error(404, "NOT_FOUND", api.account.revoke_org_invitation, ORG_ID, "inv_missing")


def onboarding(api: Api) -> None:
    progress = api.account.get_onboarding_progress(ORG_ID)
    assert progress["project_created"] and progress["agent_credential_created"], progress
    assert not progress["connection_string_copied"] and not progress["dismissed"], progress
    update = api.account.update_onboarding_progress
    updated = update(ORG_ID, body={"step": "connection_string_copied", "dismiss": True})
    assert updated["connection_string_copied"] and updated["dismissed"], updated
    assert api.account.get_onboarding_progress(ORG_ID) == updated


def plans(api: Api) -> None:
    plan = api.analytics.get_organization_plan(ORG_ID)
    assert plan["org_id"] == ORG_ID and plan["spend_limit"] is None, plan
    limited = api.analytics.update_spend_limit(ORG_ID, body={"spend_limit": 12.5})
    expect_includes(limited, {"spend_limit": 12.5, "limits": plan["limits"]})
    assert api.analytics.get_organization_plan(ORG_ID) == limited
    assert api.analytics.update_spend_limit(ORG_ID, body={})["spend_limit"] is None
    api.analytics.submit_cancellation_feedback(ORG_ID, body={"reason": "price", "feedback": "None"})
    installation = api.analytics.get_vercel_installation(ORG_ID)
    assert installation["resources"][0]["period_bytes"] == 5_000_000_000, installation
    expect_error(404, "NOT_FOUND", api.analytics.get_vercel_installation, "org_other")


def enrollments(api: Api, project_id: str) -> None:
    create, list_enrollments = api.platform.create_self_host_enrollment, api.platform.list_self_host_enrollments
    body: models.CreateSelfHostEnrollmentRequest = {
        "region_label": "office",
        "description": "A proxy",
        "expires_at": "2100-01-01T00:00:00Z",
    }
    # Self-hosted proxies may not apply approval rules.
    expect_error(409, "CONFLICT", create, ORG_ID)
    list_rules, create_rule = api.approvals.list_approval_rules, api.approvals.create_approval_rule
    for rule in read_pages(list_rules, project_id):
        api.approvals.delete_approval_rule(project_id, rule["id"])
    past: models.CreateSelfHostEnrollmentRequest = {"expires_at": "2000-01-01T00:00:00Z"}
    expect_error(400, "INVALID_INPUT", create, ORG_ID, body=past)
    first = create(ORG_ID, body=body)
    expect_includes(first["enrollment"], dict(body))
    created = [first, create(ORG_ID), create(ORG_ID, body={"region_label": "home"})]
    listed = read_pages(list_enrollments, ORG_ID)
    assert listed == [secret["enrollment"] for secret in created[::-1]], listed
    enrollment_id = first["enrollment"]["id"]
    rotate, revoke = api.platform.rotate_self_host_enrollment, api.platform.revoke_self_host_enrollment
    assert rotate(ORG_ID, enrollment_id)["token"] != first["token"]
    expect_error(409, "CONFLICT", create_rule, project_id, body={"name": "self-hosted"})
    create_rule(project_id, body={"name": "self-hosted", "enabled": False})
    create_template = api.policies.create_query_template
    expect_error(409, "CONFLICT", create_template, project_id, body={"name": "self_hosted", "sql": "SELECT 1"})
    create_template(project_id, body={"name": "self_hosted", "sql": "SELECT 1", "enabled": False})
    for secret in created:
        revoke(ORG_ID, secret["enrollment"]["id"])
    expect_error(404, "NOT_FOUND", revoke, ORG_ID, enrollment_id)
    expect_error(409, "INVALID_STATE", rotate, ORG_ID, enrollment_id)
    assert all(enrollment["revoked_at"] for enrollment in read_pages(list_enrollments, ORG_ID))


def support_cases(api: Api) -> None:
    create, list_cases = api.support.create_support_case, api.support.list_support_cases
    created: list[Any] = []
    for index in range(5):
        body: models.CreateSupportCaseRequest = {
            "org_id": ORG_ID,
            "title": f"Question {index}",
            "severity": 2,
            "body": "How?",
        }
        case = create(ORG_ID, body=body)
        expect_includes(case, {"org_id": ORG_ID, "title": body["title"], "severity": 2, "status": "open"})
        created.append(case)
    ids = [case["id"] for case in created]
    assert [case["id"] for case in read_pages(list_cases, ORG_ID)] == ids
    assert list_cases(ORG_ID, page_size=2, page=3) == {"cases": created[4:], "total": 5}
    assert list_cases(ORG_ID, search="question 3")["cases"] == created[3:4]
    assert list_cases(ORG_ID, search="How?")["total"] == 0
    message = api.support.create_support_message(ORG_ID, ids[0], body={"body": "Solved."})
    expect_includes(message, {"case_id": ids[0], "source": "user", "body": "Solved."})
    conversation = api.support.get_support_case(ORG_ID, ids[0])
    assert [message["body"] for message in conversation["messages"]] == ["How?", "Solved."], conversation
    assert conversation["case"]["message_count"] == 2, conversation
    closed = api.support.update_support_case(ORG_ID, ids[0], body={"status": "closed"})
    assert closed["status"] == "closed" and closed["closed_at"], closed
    assert list_cases(ORG_ID, status="closed")["cases"] == [closed]
    expect_error(404, "NOT_FOUND", api.support.get_support_case, ORG_ID, "case_missing")

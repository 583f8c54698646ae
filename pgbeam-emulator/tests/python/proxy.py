"""Agent credentials, and what a proxy produces: the audit log, usage, approvals, anomalies and branches."""

import csv
import io
import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

from pgbeam import models

from projects import DATABASE, ORG_ID, POLICY
from typed import BASE_URL, Api, expect_error, expect_includes, read_pages


def run(project_id: str) -> None:
    api = Api()
    policy = api.policies.create_policy_profile(project_id, body={**POLICY, "name": "Agents"})
    credentials = agents(api, project_id, policy["id"])
    used = credentials[0]["credential"]["id"]
    budget_topups(credentials[0]["mcp_token"], used)
    statements(api, project_id, used, policy["id"])
    approvals(api, project_id, used)
    branches(api, project_id, used)
    batch(api, project_id, [secrets["credential"]["id"] for secrets in credentials])


def admin(project_id: str, collection: str, body: dict[str, Any]) -> Any:
    """Adds what a proxy produces to a project, and returns it."""
    url = f"{BASE_URL}/_emulator/projects/{project_id}/{collection}"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        assert response.status == 201, response.status
        return json.load(response)


def agents(api: Api, project_id: str, policy_id: str) -> list[Any]:
    """Returns the secrets of three active credentials."""
    created = []
    host = api.projects.get_project(project_id)["proxy_host"]
    database = read_pages(api.databases.list_databases, project_id)[0]["name"]
    for index in range(5):
        body: models.CreateAgentCredentialRequest = {
            "name": f"agent {index}",
            "policy_profile_id": policy_id,
            "principal_type": "human",
            "expires_at": "2100-01-01T00:00:00Z",
        }
        secrets = api.agents.create_agent_credential(project_id, body=body)
        expect_includes(secrets["credential"], {**body, "status": "active"})
        assert secrets["mcp_token"].startswith("pba_"), secrets
        assert secrets["connection_string"].endswith(f"@{host}:5432/{database}"), secrets
        assert host in secrets["mcp_url"], secrets
        created.append(secrets)
    credentials = [secrets["credential"] for secrets in created]
    assert read_pages(api.agents.list_agent_credentials, project_id) == credentials
    body = {"name": "agent", "policy_profile_id": "pol_missing"}
    expect_error(404, "NOT_FOUND", api.agents.create_agent_credential, project_id, body=body)
    expect_error(409, "CONFLICT", api.policies.delete_policy_profile, project_id, policy_id)

    credential_id = credentials[3]["id"]
    assert api.agents.get_agent_credential(project_id, credential_id) == credentials[3]
    etag = api.response_headers["ETag"]
    rotated = api.agents.rotate_agent_credential(project_id, credential_id)
    assert rotated["credential"]["id"] == credential_id
    assert rotated["mcp_token"] != created[3]["mcp_token"], rotated
    disable: models.UpdateAgentCredentialStatusRequest = {"status": "disabled"}
    update = Api(headers={"If-Match": etag}).agents.update_agent_credential_status
    expect_error(412, "PRECONDITION_FAILED", update, project_id, credential_id, body=disable)
    disabled = api.agents.update_agent_credential_status(project_id, credential_id, body=disable)
    assert disabled["status"] == "disabled", disabled
    for credential in credentials[3:]:
        api.agents.revoke_agent_credential(project_id, credential["id"])
    revoked = api.agents.get_agent_credential(project_id, credential_id)
    assert revoked["status"] == "revoked", revoked
    expect_error(404, "NOT_FOUND", api.agents.get_agent_credential, project_id, "agt_missing")
    expect_error(409, "INVALID_STATE", api.agents.rotate_agent_credential, project_id, credential_id)
    idempotency(api, project_id, policy_id)
    return created[:3]


def idempotency(api: Api, project_id: str, policy_id: str) -> None:
    keyed = Api(headers={"Idempotency-Key": "key-1"}).agents.create_agent_credential
    body: models.CreateAgentCredentialRequest = {"name": "keyed", "policy_profile_id": policy_id}
    first = keyed(project_id, body=body)
    assert keyed(project_id, body=body) == first
    expect_error(409, "IDEMPOTENCY_KEY_REUSED", keyed, project_id, body={**body, "name": "other"})
    api.agents.revoke_agent_credential(project_id, first["credential"]["id"])


def budget_topups(mcp_token: str, credential_id: str) -> None:
    [resource] = Api(token="").payments.list_payment_resources()["resources"]
    buy = Api(token=mcp_token).payments.create_budget_topup
    problem = expect_error(402, None, buy, body={"packs": 2}, model=models.PaymentProblem).body
    assert problem["challengeId"], problem
    paid = Api(token=mcp_token, headers={"Payment-Authorization": "proof"}).payments.create_budget_topup
    topup = paid(body={"packs": 2})
    assert topup["credential_id"] == credential_id, topup
    assert topup["queries"] == 2 * resource["units_per_pack"], topup
    assert topup["amount"] == 2 * resource["amount_per_pack"], topup


def statements(api: Api, project_id: str, credential_id: str, policy_id: str) -> None:
    sent = {"credential_id": credential_id, "rows_returned": 2, "bytes_out": 64}
    texts = [
        "SELECT id FROM orders WHERE id = 1",
        "SELECT id FROM orders WHERE id = 2",
        "SELECT email FROM crm.customers",
        "DROP TABLE orders",
    ]
    recorded = [admin(project_id, "statements", {**sent, "sql": sql}) for sql in texts]
    logs = api.agents.list_audit_logs
    everything = read_pages(logs, project_id)
    assert everything == recorded[::-1], everything
    for filters, expected in [
        ({"decision": "block"}, recorded[3:]),
        ({"decision": "mask"}, recorded[2:3]),
        ({"event": "query"}, recorded[:2]),
        ({"credential_id": credential_id}, recorded),
        ({"credential_id": "agt_other"}, []),
        ({"source": recorded[0]["source"]}, recorded),
        ({"end": "2000-01-01T00:00:00Z"}, []),
    ]:
        assert read_pages(logs, project_id, **filters) == expected[::-1], filters
    assert len(logs(project_id, before=recorded[2]["ts"])["entries"]) == 2
    exported = api.agents.export_audit_logs(project_id, decision="block")
    [row] = csv.DictReader(io.StringIO(exported))
    assert row["id"] == recorded[3]["id"], row
    chain = api.agents.verify_audit_chain(project_id)
    assert chain["ok"] and chain["verified_count"] == len(recorded), chain
    session_id = recorded[0]["session_id"]
    session = api.agents.get_audit_session_summary(project_id, session_id)
    assert session["credential_ids"] == [credential_id] and session["statements"], session
    expect_error(404, "NOT_FOUND", api.agents.get_audit_session_summary, project_id, "ses_missing")
    report = api.agents.get_agent_usage_breakdown(project_id)
    assert [line["credential_id"] for line in report["agents"]] == [credential_id], report
    assert (report["totals"]["entries"], report["totals"]["blocked"]) == (4, 1), report
    plan = api.analytics.get_organization_plan(ORG_ID)
    rates = report["marginal_rates"]
    assert (rates["plan"], rates["queries_per_day"]) == (plan["plan"], plan["limits"]["queries_per_day"]), report
    replay(api, project_id, credential_id, policy_id)
    usage(api, project_id)
    cache_rules(api, project_id, recorded[0]["query_hash"])


def replay(api: Api, project_id: str, credential_id: str, policy_id: str) -> None:
    replay_policy = api.policies.replay_policy
    same = replay_policy(project_id, body={"policy_id": policy_id, "bound_policy_id": policy_id})
    expected = {"traffic_scope": "bound_credentials", "newly_blocked": 0, "newly_allowed": 0, "distinct_queries": 3}
    expect_includes(same["summary"], expected)
    denied: models.PolicyReplayInput = {
        "policy": {"name": "Denied", "table_denylist": ["orders"]},
        "credential_id": credential_id,
        "limit": 10,
    }
    strict = replay_policy(project_id, body=denied)
    assert strict["summary"]["newly_blocked"] == 1, strict
    [item] = [item for item in strict["items"] if item["change"] == "newly_blocked"]
    assert (item["occurrences"], item["result"]["rule"]) == (2, "table_denied"), item
    expect_error(400, "INVALID_INPUT", replay_policy, project_id, body={})
    recommend = api.policies.recommend_agent_policy
    recommended = recommend(project_id, credential_id)
    assert recommended["observed_entries"] == 4, recommended
    assert recommend(project_id, credential_id, body={"lookback_days": 1, "limit": 10})["observed_entries"] == 4
    expect_error(404, "NOT_FOUND", recommend, project_id, "agt_missing")


def usage(api: Api, project_id: str) -> None:
    today = datetime.now(UTC).date()
    days = {"start_date": str(today - timedelta(days=1)), "end_date": str(today + timedelta(days=1))}
    project_days = api.analytics.get_project_usage(project_id, **days)["usage"]
    assert sum(day["queries_total"] for day in project_days) > 0, project_days
    organization_days = api.analytics.get_organization_usage(ORG_ID, **days)["usage"]
    assert sum(day["bytes_transferred"] for day in organization_days) > 0, organization_days
    insights = api.analytics.get_project_insights(project_id, range="1h", limit=10)
    assert {query["total_count"] for query in insights["queries"]} == {1, 2}, insights


def cache_rules(api: Api, project_id: str, query_hash: str) -> None:
    database_id = api.databases.create_database(project_id, body=DATABASE)["id"]
    list_rules, update = api.projects.list_cache_rules, api.projects.update_cache_rule
    [query, *_] = read_pages(list_rules, project_id, database_id, page_size=1)
    expect_includes(query, {"query_hash": query_hash, "call_count": 2, "cache_enabled": False})
    rule: models.UpdateCacheRuleRequest = {"cache_enabled": True, "cache_ttl_seconds": 60, "cache_swr_seconds": None}
    entry = update(project_id, database_id, query_hash, body=rule)["entry"]
    expect_includes(entry, dict(rule))
    assert read_pages(list_rules, project_id, database_id, page_size=1)[0] == entry
    expect_error(404, "NOT_FOUND", update, project_id, database_id, "ffffffffffffffff", body=rule)


def approvals(api: Api, project_id: str, credential_id: str) -> None:
    texts = [f"UPDATE orders SET note = 'late' WHERE id = {number}" for number in range(5)]
    held = [admin(project_id, "approvals", {"credential_id": credential_id, "sql": sql}) for sql in texts]
    list_requests = api.approvals.list_approval_requests
    assert read_pages(list_requests, project_id, status="pending") == held[::-1]
    approve, reject = api.approvals.approve_approval_request, api.approvals.reject_approval_request
    approved = approve(project_id, held[0]["id"], body={"reason": "checked"})
    expect_includes(approved, {**held[0], **decision(approved, "approved"), "reason": "checked"})
    rejected = reject(project_id, held[1]["id"])
    expect_includes(rejected, {**held[1], **decision(rejected, "rejected")})
    expect_error(409, "INVALID_STATE", approve, project_id, held[1]["id"])
    expect_error(404, "NOT_FOUND", reject, project_id, "apr_missing")
    assert read_pages(list_requests, project_id, status="rejected") == [rejected]
    assert len(read_pages(list_requests, project_id)) == len(held)


def decision(approval: dict[str, Any], status: str) -> dict[str, Any]:
    assert approval["decided_at"] and approval["decided_by"], approval
    return {"status": status, "decided_at": approval["decided_at"], "decided_by": approval["decided_by"]}


def branches(api: Api, project_id: str, credential_id: str) -> None:
    created = [
        admin(project_id, "branches", {"credential_id": credential_id, "status": status})
        for status in ("ready", "pending", "error")
    ]
    list_branches, discard = api.branches.list_database_branches, api.branches.discard_database_branch
    assert read_pages(list_branches, project_id) == created
    assert read_pages(list_branches, project_id, status="ready") == created[:1]
    discard(project_id, created[0]["id"])
    [discarded] = read_pages(list_branches, project_id, status="discarded")
    assert discarded["id"] == created[0]["id"] and discarded["discarded_at"], discarded
    expect_error(404, "NOT_FOUND", discard, project_id, "brn_missing")


def batch(api: Api, project_id: str, credential_ids: list[str]) -> None:
    """Changes anomaly alerts one by one and in a batch, together with credentials and annotations."""
    alerts = [
        admin(project_id, "anomalies", {"kind": kind, "severity": "critical", "credential_id": credential_ids[0]})
        for kind in ("volume_spike", "egress_spike", "off_hours")
    ]
    list_alerts, update_alert = api.anomalies.list_anomaly_alerts, api.anomalies.update_anomaly_alert
    assert read_pages(list_alerts, project_id, status="open") == alerts[::-1]
    assert read_pages(list_alerts, project_id, kind="off_hours") == alerts[2:]
    acknowledged = update_alert(project_id, alerts[0]["id"], body={"status": "acknowledged"})
    assert acknowledged["acknowledged_at"] and acknowledged["acknowledged_by"], acknowledged
    expect_error(404, "NOT_FOUND", update_alert, project_id, "ano_missing", body={"status": "resolved"})

    operations: list[models.BatchOperation] = [
        {"id": "1", "op": "set_agent_credential_status", "agent_id": credential_ids[1], "agent_status": "disabled"},
        {"id": "2", "op": "revoke_agent_credential", "agent_id": credential_ids[2]},
        {"id": "3", "op": "update_anomaly_alert", "anomaly_id": alerts[1]["id"], "anomaly_status": "resolved"},
        {"id": "4", "op": "put_schema_annotation", "annotation": {"table_name": "batch", "description": "Batch"}},
    ]
    incomplete: models.BatchOperation = {"id": "5", "op": "revoke_agent_credential"}
    body: models.BatchRequest = {"mode": "independent", "operations": [*operations, incomplete]}
    error = expect_error(400, "INVALID_INPUT", api.batch.execute_batch, project_id, body=body)
    assert error.errors[0]["field"] == "operations[4].agent_id", error.errors
    missing: models.BatchOperation = {"id": "5", "op": "revoke_agent_credential", "agent_id": "agt_missing"}
    execute = api.batch.execute_batch
    body = {"mode": "atomic", "operations": [*operations, missing]}
    rolled_back = expect_error(409, None, execute, project_id, body=body, model=models.BatchResponse).body
    assert not rolled_back["applied"] and rolled_back["summary"]["succeeded"] == 0, rolled_back
    assert api.agents.get_agent_credential(project_id, credential_ids[1])["status"] == "active"
    applied = execute(project_id, body={"mode": "independent", "operations": [*operations, missing]})
    assert applied["summary"] == {"requested": 5, "succeeded": 4, "failed": 1, "not_applied": 0}, applied
    assert applied["results"][4]["error"]["code"] == "not_found", applied
    assert api.agents.get_agent_credential(project_id, credential_ids[2])["status"] == "revoked"
    assert [alert["id"] for alert in read_pages(list_alerts, project_id, status="resolved")] == [alerts[1]["id"]]

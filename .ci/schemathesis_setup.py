"""usage: schemathesis_setup.py URL
Creates resources in the emulator at URL and prints a configuration of Schemathesis that uses their ids.
"""

import json
import sys
import urllib.request

URL = sys.argv[1]
PROJECT = "v1/projects/prj_1"
ORGANIZATION = "v1/organizations/org_emulator"
# An organization with a self-host enrollment cannot have enabled approval rules.
SELF_HOSTED = "v1/organizations/org_self_hosted"
ADMIN = "_emulator/projects/prj_1"
DATABASE = {"host": "db.example.com", "port": 5432, "name": "app", "username": "u", "password": "p"}
# The number of resources of each kind. Requests delete some of them.
COUNT = 20
# The share of random requests with the id of an existing resource.
PROBABILITY = 0.9


def send(path, body=None, method=None):
    request = urllib.request.Request(
        f"{URL}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": "Bearer pbk_ci", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


policy = send(f"{PROJECT}/policies", {"name": "policy"})["id"]
agent = send(f"{PROJECT}/agents", {"name": "agent", "policy_profile_id": policy})["credential"]["id"]
database = send(f"{PROJECT}/databases", DATABASE)["id"]

# The ids by the names of path parameters.
ids = {
    "project_id": ["prj_1"],
    "org_id": ["org_emulator", "org_self_hosted"],
    "policy_id": [policy],
    "agent_id": [agent],
    "database_id": [database],
}


def create(parameter, path, body, field="id"):
    created = send(path, body)
    created = created.get("credential") or created.get("enrollment") or created
    ids.setdefault(parameter, []).append(created[field])


for n in range(COUNT):
    create("policy_id", f"{PROJECT}/policies", {"name": f"policy {n}"})
    create("agent_id", f"{PROJECT}/agents", {"name": f"agent {n}", "policy_profile_id": policy})
    create("database_id", f"{PROJECT}/databases", DATABASE)
    create("replica_id", f"v1/databases/{database}/replicas", {"host": "replica.example.com", "port": 5432})
    create("domain_id", f"{PROJECT}/domains", {"domain": f"db{n}.example.com"})
    create("query_template_id", f"{PROJECT}/query-templates", {"name": f"template_{n}", "sql": "SELECT 1"})
    create("honeytoken_id", f"{PROJECT}/honeytokens", {"relation_name": f"bait_{n}", "action": "audit_only"})
    create("webhook_id", f"{PROJECT}/webhooks", {"url": f"http://127.0.0.1:9/{n}", "secret": "s"})
    create("approval_rule_id", f"{PROJECT}/approval-rules", {"name": f"rule {n}"})
    create("invitation_id", f"{ORGANIZATION}/invitations", {"email": f"user{n}@example.com", "role": "member"})
    create("enrollment_id", f"{SELF_HOSTED}/self-host-enrollments", {})
    create("case_id", f"{ORGANIZATION}/support/cases", {"org_id": "org_emulator", "title": "t", "body": "b"})
    annotation = {"schema_name": "public", "table_name": f"table_{n}", "column_name": "id", "description": "d"}
    send(f"{PROJECT}/schema-annotations", annotation, "PUT")
    # Admin routes create what otherwise only agents and the proxy cause.
    create("session_id", f"{ADMIN}/statements", {"credential_id": agent, "sql": f"SELECT {n}"}, "session_id")
    create("approval_id", f"{ADMIN}/approvals", {"credential_id": agent, "sql": "DELETE FROM orders"})
    create("anomaly_id", f"{ADMIN}/anomalies", {"kind": "volume_spike", "severity": "warning"})
    create("branch_id", f"{ADMIN}/branches", {"status": "ready"})
    invitation = {"email": f"member{n}@example.com", "role": "member"}
    invitation = send(f"{ORGANIZATION}/invitations", invitation)["id"]
    create("member_id", f"{ORGANIZATION.replace('v1', '_emulator')}/invitations/{invitation}/accept", {})
for metric in ["queries_per_hour", "bytes_per_hour"]:
    create("anomaly_rule_id", f"{PROJECT}/anomaly-rules", {"metric": metric})

# Only queries that were executed have a cache rule.
queries = send(f"{PROJECT}/databases/{database}/cache-rules")["entries"]
ids["query_hash"] = [query["query_hash"] for query in queries]

demo = send("v1/demo/credentials", {})
# The values of other parameters and of fields.
values = {
    "schema_name": ["public"],
    "table_name": [f"table_{n}" for n in range(COUNT)],
    "column_name": ["id"],
    # The token of a demo session must match its id.
    "demo_session_id": [demo["session_id"]],
    "mcp_token": [demo["mcp_token"]],
    # Every project exists. The deletion of prj_1 would delete what other requests need.
    "other_project_id": ["prj_2", "prj_3"],
}


def parameters(bindings, probability):
    for place, name in bindings.items():
        print(f'"{place}" = {{ dictionary = "{name}", probability = {probability} }}')


for name, entries in (ids | values).items():
    print(f"[dictionaries.{name}]\nvalues = {json.dumps(entries)}\n")
# Failures of earlier runs would change what a seed generates.
print("[cache]\nenabled = false\n")
# By default, the check does not accept 402 and 412, which come before the validation of the body.
print("[checks.negative_data_rejection]")
print("expected-statuses = [400, 401, 402, 403, 404, 405, 409, 412, 413, 415]\n")
print("[parameters]")
parameters({f"path.{name}": name for name in ids}, PROBABILITY)
parameters(
    {
        "body.credential_id": "agent_id",
        "body.database_id": "database_id",
        "body.default_policy_profile_id": "policy_id",
        "body.org_id": "org_id",
        "body.policy_id": "policy_id",
        "body.policy_profile_id": "policy_id",
        "query.credential_id": "agent_id",
        "query.org_id": "org_id",
        "query.schema_name": "schema_name",
        "query.table_name": "table_name",
        "query.column_name": "column_name",
    },
    PROBABILITY,
)
for operation, bindings in {
    "deleteProject": {"path.project_id": "other_project_id"},
    "releaseDemoCredential": {"path.session_id": "demo_session_id", "body.mcp_token": "mcp_token"},
}.items():
    print(f'\n[[operations]]\ninclude-operation-id = "{operation}"\n[operations.parameters]')
    parameters(bindings, 1.0)

"""Projects and the resources that a user creates in them."""

from typing import Any

from pgbeam import models

from resources import Resource
from typed import Api, expect_error, expect_includes, read_pages

ORG_ID = "org_python"
DATABASE: models.CreateDatabaseRequest = {
    "host": "db.example.com",
    "port": 5432,
    "name": "shop",
    "username": "app",
    "password": "secret",
    "ssl_mode": "verify-full",
    "role": "primary",
    "pool_region": "eu-west-1",
    "query_timeout_ms": 5000,
    "auto_read_routing": True,
    "cache_config": {"enabled": True, "ttl_seconds": 0, "max_entries": 10, "swr_seconds": 0},
    "pool_config": {"pool_size": 5, "min_pool_size": 2, "pool_mode": "session", "max_active": 7},
}
POLICY: models.PolicyProfileInput = {
    "name": "Support",
    "access_mode": "read_write",
    "statement_rules": {"allow": ["select", "update"], "deny": ["ddl"]},
    "table_allowlist": ["orders", "crm.customers"],
    "table_denylist": ["salaries"],
    "masking_rules": [{"table": "crm.customers", "column": "email", "kind": "redact"}],
    "budget_queries_per_hour": 10,
    "budget_queries_per_day": 100,
    "max_rows": 500,
    "statement_timeout_ms": 1000,
    "row_filters": [{"table": "orders", "predicate": "region = 'eu'"}],
    "write_mode": "rollback",
    "approval_mode": "writes",
    "approval_auto_max_rows": 1,
    "approval_timeout_seconds": 60,
    "migration_safety": "block",
    "egress_bytes_per_day": 5_000_000_000,
    "max_affected_rows": 20,
    "content_scan_mode": "annotate",
    "content_scan_max_bytes": 6_000_000_000,
    "query_mode": "sql",
}


def run() -> str:
    """Returns the id of a project whose resources remain."""
    api = Api()
    project = create_projects(api)
    project_id = project["id"]
    change_project(api, project)
    databases(api, project_id)
    domains(api, project_id)
    policies(api, project_id)
    rules(project_id)
    schema_annotations(api, project_id)
    lint = api.migrations.lint_migration(project_id, body={"sql": "CREATE INDEX orders_id ON orders (id)"})
    assert lint["findings"] and lint["findings"][0]["message"], lint
    return str(project_id)


def create_projects(api: Api) -> Any:
    """Creates projects, and deletes all but one, which it returns."""
    created = []
    for index in range(5):
        body: models.CreateProjectRequest = {
            "name": f"Shop {index}",
            "org_id": ORG_ID,
            "description": "A shop",
            "tags": ["shop", "test"],
            "cloud": "gcp",
            "self_hosted": False,
            "database": DATABASE,
        }
        response = api.projects.create_project(body=body)
        project = response["project"]
        expect_includes(project, {name: value for name, value in body.items() if name != "database"})
        assert project["database_count"] == 1, project
        database = api.databases.get_database(project["id"], response["database"]["id"])
        assert database == response["database"]
        created.append(project)
    invalid: Any = {**DATABASE, "port": 0}
    create = api.client.projects.create_project
    error = expect_error(400, "INVALID_INPUT", create, body={"name": "", "org_id": ORG_ID, "database": invalid})
    assert {error["field"] for error in error.errors} == {"name", "database.port"}, error.errors

    list_projects = api.projects.list_projects
    assert read_pages(list_projects, org_id=ORG_ID, sort_by="created_at") == created
    by_name = read_pages(list_projects, org_id=ORG_ID, sort_by="name")
    assert [project["name"] for project in by_name] == sorted(project["name"] for project in created)
    assert read_pages(list_projects, org_id="org_other") == []
    kept, *others = created
    for project in others:
        api.projects.delete_project(project["id"])
    expect_error(404, "NOT_FOUND", api.projects.delete_project, others[0]["id"])
    assert read_pages(list_projects, org_id=ORG_ID) == [kept]
    return kept


def change_project(api: Api, project: dict[str, Any]) -> None:
    project_id = project["id"]
    assert api.projects.get_project(project_id) == project
    etag = api.response_headers["ETag"]
    stale = Api(headers={"If-Match": '"stale"'})
    change: models.UpdateProjectRequest = {
        "name": "Shop",
        "description": "",
        "tags": [],
        "status": "suspended",
        "allowed_cidrs": [{"cidr": "10.0.0.0/8", "label": "office"}, {"cidr": "::1/128"}],
        "default_policy_profile_id": None,
        "residency": "eu",
        "agents_disabled": True,
    }
    expect_error(412, "PRECONDITION_FAILED", stale.projects.update_project, project_id, body=change)
    assert api.projects.get_project(project_id) == project
    changed = Api(headers={"If-Match": etag}).projects.update_project(project_id, body=change)
    expect_includes(changed, dict(change))
    restored = api.projects.update_project(project_id, body={"status": "active", "agents_disabled": False})
    expect_includes(restored, {**change, "status": "active", "agents_disabled": False})
    assert api.projects.get_project(project_id) == restored
    metrics = api.projects.get_project_metrics(project_id, limit=5, region="eu-west-1")
    assert metrics == {"snapshots": []}, metrics


def databases(api: Api, project_id: str) -> None:
    resource = Resource("databases", "database", project_id)
    bodies = [{**DATABASE, "name": f"shop_{index}"} for index in range(5)]
    databases = resource.run(list(bodies), {"port": 6432, "pool_config": {**DATABASE["pool_config"], "pool_size": 9}})
    database_id = databases[0]["id"]
    minimal = resource.create({"host": "db.invalid", "port": 1, "name": "n", "username": "u", "password": "p"})
    assert (minimal["ssl_mode"], minimal["pool_config"]["pool_mode"]) == ("require", "transaction"), minimal
    assert api.databases.test_database_connection(project_id, database_id)["ok"]
    failed = api.databases.test_database_connection(project_id, minimal["id"])
    assert not failed["ok"] and failed["error"], failed
    assert api.databases.get_schema_catalog(project_id, database_id)["relations"] == []
    assert api.databases.scan_database_for_pii(project_id, database_id)["suggestions"] == []

    replicas = []
    for index in range(3):
        body: models.CreateReplicaRequest = {"host": f"r{index}.example.com", "port": 5432, "ssl_mode": "verify-ca"}
        replica = api.projects.create_replica(database_id, body=body)
        expect_includes(replica, {**body, "database_id": database_id})
        replicas.append(replica)
    assert read_pages(api.projects.list_replicas, database_id) == replicas
    api.projects.delete_replica(database_id, replicas[0]["id"])
    expect_error(404, "NOT_FOUND", api.projects.delete_replica, database_id, replicas[0]["id"])
    assert read_pages(api.projects.list_replicas, database_id) == replicas[1:]
    resource.delete(database_id)
    expect_error(404, "NOT_FOUND", api.projects.list_replicas, database_id)


def domains(api: Api, project_id: str) -> None:
    created = []
    for name in ("a.example.com", "b.example.com", "c.invalid"):
        domain = api.projects.create_custom_domain(project_id, body={"domain": name})
        assert domain["domain"] == name and not domain["verified"], domain
        assert domain["dns_instructions"]["txt_value"] == domain["dns_verification_token"], domain
        created.append(domain)
    body: models.CreateCustomDomainRequest = {"domain": "A.example.com"}
    expect_error(409, "RESOURCE_EXISTS", api.projects.create_custom_domain, project_id, body=body)
    assert read_pages(api.projects.list_custom_domains, project_id) == created
    verified = api.projects.verify_custom_domain(project_id, created[0]["id"])
    assert verified["verified"] and verified["domain"]["verified_at"], verified
    unverified = api.projects.verify_custom_domain(project_id, created[2]["id"])
    assert not unverified["verified"] and unverified["error"], unverified
    for domain in created:
        api.projects.delete_custom_domain(project_id, domain["id"])
    expect_error(404, "NOT_FOUND", api.projects.delete_custom_domain, project_id, created[0]["id"])
    assert read_pages(api.projects.list_custom_domains, project_id) == []


def policies(api: Api, project_id: str) -> None:
    resource = Resource("policies", "policy_profile", project_id)
    change = {**POLICY, "name": "Changed", "access_mode": "read_only", "masking_rules": []}
    kept = resource.run([{**POLICY, "name": f"Support {index}"} for index in range(5)], change)
    policy_id = kept[0]["id"]
    reset = resource.update(kept[1]["id"], {"name": "Defaults"})
    defaults = {"access_mode": "read_only", "masking_rules": [], "max_rows": 0, "approval_timeout_seconds": 300}
    expect_includes(reset, {**defaults, "query_mode": "sql"})

    kinds = api.policies.get_policy_statement_kinds(project_id, policy_id)
    allowed = {kind["kind"] for kind in kinds["statement_kinds"] if kind["allowed"]}
    assert allowed == {"select", "update"}, kinds
    evaluate = api.policies.dry_eval_policy
    verdicts = [
        ("SELECT id FROM orders", "row-filter", "ok"),
        ("SELECT email FROM crm.customers", "mask", "ok"),
        ("SELECT * FROM salaries", "block", "table_denied"),
        ("DROP TABLE orders", "block", "destructive_ddl"),
    ]
    for sql, verdict, rule in verdicts:
        result = evaluate(project_id, body={"sql": sql, "policy_id": policy_id})
        assert (result["verdict"], result["rule"]) == (verdict, rule), result
        assert evaluate(project_id, body={"sql": sql, "policy": POLICY}) == result
    assert evaluate(project_id, body={"sql": "SELECT 1", "policy": {"name": "p"}})["verdict"] == "allow"
    both: models.DryEvalInput = {"sql": "SELECT 1", "policy_id": policy_id, "policy": POLICY}
    expect_error(400, "INVALID_INPUT", evaluate, project_id, body=both)
    expect_error(404, "NOT_FOUND", evaluate, project_id, body={"sql": "SELECT 1", "policy_id": "pol_missing"})
    query_templates(project_id)


def query_templates(project_id: str) -> None:
    resource = Resource("policies", "query_template", project_id)
    template: models.QueryTemplateInput = {
        "name": "orders_since",
        "description": "Recent orders",
        "sql": "SELECT id FROM orders WHERE created_at > $1 AND id > $2",
        "params": [
            {"name": "since", "type": "timestamptz", "nullable": True},
            {"name": "after", "type": "bigint", "nullable": False},
        ],
        "include_sql": True,
        "enabled": False,
    }
    bodies = [{**template, "name": f"orders_{index}"} for index in range(5)]
    kept = resource.run(list(bodies), {"name": "one", "sql": "DELETE FROM orders WHERE id = 1"})
    assert kept[0]["statement_kind"] == "select", kept[0]
    expect_error(409, "RESOURCE_EXISTS", resource.create, bodies[1])
    expect_error(400, "INVALID_INPUT", resource.create, {"name": "bad", "sql": "SELECT $1"})


def rules(project_id: str) -> None:
    approval_rules = Resource("approvals", "approval_rule", project_id)
    rule: models.ApprovalRuleInput = {
        "name": "rule",
        "statement_kinds": ["insert", "ddl"],
        "schema_name": "public",
        "relation_name": "orders",
        "min_affected_rows": 3,
        "enabled": True,
    }
    change: dict[str, Any] = {"name": "changed", "statement_kinds": [], "schema_name": None, "enabled": False}
    bodies = [{**rule, "name": f"rule {index}"} for index in range(5)]
    approval_rules.run(list(bodies), change)
    expect_error(400, "INVALID_INPUT", approval_rules.create, {"name": " "})
    expect_error(409, "RESOURCE_EXISTS", approval_rules.create, bodies[1])

    anomaly_rules = Resource("anomalies", "anomaly_rule", project_id)
    metrics = ["queries_per_hour", "bytes_per_hour", "distinct_shapes", "errors_per_hour", "active_hours"]
    rates = metrics[:2] + metrics[3:4]
    bodies = [{"metric": metric, "enabled": True} for metric in metrics]
    bodies = [{**body, "sigma_threshold": 2.5, "floor": 10.0} if body["metric"] in rates else body for body in bodies]
    change = {"metric": "queries_per_hour", "sigma_threshold": None, "enabled": False}
    anomaly_rules.run(list(bodies), change)
    expect_error(409, "RESOURCE_EXISTS", anomaly_rules.create, bodies[1])
    expect_error(400, "INVALID_INPUT", anomaly_rules.create, {"metric": "active_hours", "floor": 1.0})
    unknown = {"metric": "active_hours", "credential_id": "agt_missing"}
    expect_error(404, "NOT_FOUND", anomaly_rules.create, unknown)

    honeytokens = Resource("honeytokens", "honeytoken", project_id)
    bodies = [{"schema_name": "hr", "relation_name": f"bait_{index}", "action": "kill"} for index in range(5)]
    honeytokens.run(list(bodies), {"schema_name": None, "relation_name": "bait", "action": "audit_only"})
    expect_error(409, "RESOURCE_EXISTS", honeytokens.create, bodies[1])

    webhooks = Resource("webhooks", "webhook_endpoint", project_id)
    endpoint: models.WebhookEndpointInput = {
        "url": "https://receiver.example.com/events",
        "secret": "secret",
        "format": "elastic",
        "event_types": ["query_blocked", "kill_switch"],
        "enabled": True,
        "description": "Alerts",
    }
    bodies = [{**endpoint, "description": f"Alerts {index}"} for index in range(5)]
    kept = webhooks.run(list(bodies), {"url": "https://receiver.example.com/", "enabled": False, "event_types": []})
    delivery = webhooks.api.webhooks.test_webhook_endpoint(project_id, kept[0]["id"])
    assert delivery["delivery_id"] and delivery["error"], delivery


def schema_annotations(api: Api, project_id: str) -> None:
    put, delete = api.schema_annotations.put_schema_annotation, api.schema_annotations.delete_schema_annotation
    names = {"schema_name": "crm", "table_name": "customers", "column_name": "email"}
    column = put(project_id, body={**names, "description": "An address"})
    table = put(project_id, body={"table_name": "orders", "description": "All orders"})
    expect_includes(table, {"schema_name": None, "column_name": None})
    other = put(project_id, body={"table_name": "items", "description": "All items"})
    changed = put(project_id, body={**names, "description": "A verified address"})
    expect_includes(changed, {**names, "id": column["id"], "description": "A verified address"})
    list_annotations = api.schema_annotations.list_schema_annotations
    assert read_pages(list_annotations, project_id) == [changed, table, other]
    delete(project_id, **names)
    expect_error(404, "NOT_FOUND", delete, project_id, **names)
    delete(project_id, table_name="orders")
    assert read_pages(list_annotations, project_id) == [other]

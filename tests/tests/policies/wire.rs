//! Tests of exact requests: headers, bodies and paths.

use std::time::Duration;

use pgbeam::policies::{Mask, PolicyProfileInput, StatementRules};
use serde_json::{Value, json};

use crate::support::{KEY, TestEnv, body, header_names};

const USER_AGENT: &str = concat!("pgbeam-rust/", env!("CARGO_PKG_VERSION"));

#[tokio::test]
async fn update_sends_only_set_fields() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "before", "max_rows": 5}));
    env.policies
        .update(&id, PolicyProfileInput::new("after"))
        .await
        .unwrap();

    let sent = env.only_request();
    assert_eq!(body(&sent), r#"{"name":"after"}"#);
    assert_eq!(
        header_names(&sent),
        [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.header("content-length"), Some("16"));
    assert_eq!(sent.header("user-agent"), Some(USER_AGENT));
    assert_eq!(
        sent.header("host"),
        Some(env.emulator.address().to_string().as_str())
    );
    assert!(sent.has_bearer_token(KEY));
    assert_eq!(sent.method, "PUT");
    assert_eq!(
        (sent.path, sent.query),
        (format!("/v1/projects/prj_1/policies/{id}"), None)
    );
}

#[tokio::test]
async fn each_method_sends_exactly_its_headers() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let created = policies.create(PolicyProfileInput::new("p")).await.unwrap();
    let id = created.id();
    policies.get(id).await.unwrap();
    policies.get(id).if_none_match("\"x\"").await.unwrap();
    policies
        .update(id, PolicyProfileInput::new("q"))
        .if_match("*")
        .await
        .unwrap();
    policies.list().await.unwrap();
    policies.statement_kinds(id).await.unwrap();
    policies.delete(id).await.unwrap();

    let always = [
        "accept",
        "accept-encoding",
        "authorization",
        "host",
        "user-agent",
    ];
    let with_body = ["content-length", "content-type"];
    let expected: [(&str, &[&str], bool); 7] = [
        ("createPolicyProfile", &["idempotency-key"], true),
        ("getPolicyProfile", &[], false),
        ("getPolicyProfile", &["if-none-match"], false),
        ("updatePolicyProfile", &["if-match"], true),
        ("listPolicyProfiles", &[], false),
        ("getPolicyStatementKinds", &[], false),
        ("deletePolicyProfile", &[], false),
    ];
    let received = env.received();
    assert_eq!(received.len(), expected.len());
    for (request, (operation, own_headers, has_body)) in received.iter().zip(expected) {
        let mut names = [
            &always[..],
            own_headers,
            if has_body { &with_body } else { &[] },
        ]
        .concat();
        names.sort_unstable();
        assert_eq!(request.operation.unwrap().id(), operation);
        assert_eq!(header_names(request), names, "{operation}");
        assert_eq!(request.body.is_empty(), !has_body, "{operation}");
    }
}

#[tokio::test]
async fn sends_empty_lists_and_omits_unset_ones() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let input = PolicyProfileInput::new("p")
        .table_allowlist([""; 0])
        .table_denylist(Vec::<String>::new())
        .masking_rules([])
        .row_filters([])
        .statement_rules(StatementRules::new().allow([""; 0]).deny([""; 0]));
    env.policies.update(&id, input).await.unwrap();
    env.policies.edit(&id).table_allowlist(["t"]).await.unwrap();
    env.policies
        .edit(&id)
        .table_allowlist([""; 0])
        .await
        .unwrap();
    let puts = env.received().for_operation("updatePolicyProfile");
    assert_eq!(
        puts[0].json().unwrap(),
        json!({
            "name": "p", "table_allowlist": [], "table_denylist": [], "masking_rules": [],
            "row_filters": [], "statement_rules": {"allow": [], "deny": []},
        })
    );
    assert_eq!(puts[2].json().unwrap()["table_allowlist"], json!([]));
}

#[tokio::test]
async fn sends_each_field_with_its_name_and_unit() {
    let draft = || PolicyProfileInput::new("p");
    let cases: [(PolicyProfileInput, Value); 19] = [
        (
            draft().access_mode("read_write"),
            json!({"access_mode": "read_write"}),
        ),
        (
            draft().allow_statements(["set"]),
            json!({"statement_rules": {"allow": ["set"]}}),
        ),
        (
            draft().deny_statements(["ddl"]),
            json!({"statement_rules": {"deny": ["ddl"]}}),
        ),
        (
            draft().table_allowlist(["a"]),
            json!({"table_allowlist": ["a"]}),
        ),
        (
            draft().table_denylist(["b"]),
            json!({"table_denylist": ["b"]}),
        ),
        (
            draft().mask(Mask::null("t", "c")),
            json!({"masking_rules": [{"table": "t", "column": "c", "kind": "null"}]}),
        ),
        (
            draft().budget_queries_per_hour(1),
            json!({"budget_queries_per_hour": 1}),
        ),
        (
            draft().budget_queries_per_day(0),
            json!({"budget_queries_per_day": 0}),
        ),
        (draft().max_rows(i64::MAX), json!({"max_rows": i64::MAX})),
        (
            draft().statement_timeout(Duration::from_millis(1_500)),
            json!({"statement_timeout_ms": 1_500}),
        ),
        (
            draft().statement_timeout(Duration::ZERO),
            json!({"statement_timeout_ms": 0}),
        ),
        (
            draft().approval_timeout(Duration::from_secs(90)),
            json!({"approval_timeout_seconds": 90}),
        ),
        (
            draft().approval_timeout(Duration::from_millis(2_000)),
            json!({"approval_timeout_seconds": 2}),
        ),
        (
            draft().write_mode("sandbox"),
            json!({"write_mode": "sandbox"}),
        ),
        (
            draft().approval_mode("all"),
            json!({"approval_mode": "all"}),
        ),
        (
            draft().migration_safety("warn"),
            json!({"migration_safety": "warn"}),
        ),
        (
            draft().egress_bytes_per_day(1_i64 << 40),
            json!({"egress_bytes_per_day": 1_u64 << 40}),
        ),
        (draft().query_mode("sql"), json!({"query_mode": "sql"})),
        (
            draft().field("new_guard", json!({"on": null})),
            json!({"new_guard": {"on": null}}),
        ),
    ];
    let env = TestEnv::start().await;
    for (input, mut expected) in cases {
        env.emulator.clear_received();
        env.policies.create(input).await.unwrap();
        expected["name"] = json!("p");
        assert_eq!(env.only_request().json().unwrap(), expected);
    }
}

#[tokio::test]
async fn sends_headers_of_client_and_call_once_each() {
    let env = TestEnv::with(|builder| {
        builder
            .header("X-Team", "client")
            .header("X-Client", "1")
            .user_agent_suffix("billing/1.4")
    })
    .await;
    env.policies
        .list()
        .header("x-team", "call")
        .header("X-Call", "2")
        .await
        .unwrap();
    let sent = env.only_request();
    assert_eq!(
        header_names(&sent),
        [
            "accept",
            "accept-encoding",
            "authorization",
            "host",
            "user-agent",
            "x-call",
            "x-client",
            "x-team"
        ]
    );
    assert_eq!(sent.header("x-team"), Some("call"));
    assert_eq!(
        sent.header("user-agent"),
        Some(format!("{USER_AGENT} billing/1.4").as_str())
    );
}

#[tokio::test]
async fn edit_sends_a_get_and_a_put() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    env.policies
        .edit(&id)
        .max_rows(1)
        .header("x-team", "a")
        .await
        .unwrap();
    let received = env.received();
    assert_eq!(
        received.operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
    let read = [
        "accept",
        "accept-encoding",
        "authorization",
        "host",
        "user-agent",
        "x-team",
    ];
    assert_eq!(header_names(&received[0]), read);
    let mut write = [&read[..], &["content-length", "content-type", "if-match"]].concat();
    write.sort_unstable();
    assert_eq!(header_names(&received[1]), write);
}

//! Tests of the low-level client with the emulator: typed builders and untyped calls, on the transport of
//! `pgbeam` and on `DirectTransport`.

#[path = "policies/support/mod.rs"]
mod support;

use pgbeam::{
    CallOptions, Error, RetryPolicy,
    api::{
        Client, Conditional, DirectTransport, Operation, operations,
        types::{AccessMode, MaskKind, PolicyProfileInput, QueryMode, Verdict},
    },
};
use pgbeam_emulator::{Fault, Traffic};
use serde_json::json;

use support::{INVALID_IDS, KEY, PROJECT, TestEnv, assert_not_sent, body, fields, header_names};

/// All operations of the area `policies`.
static OPERATIONS: [&Operation; 14] = [
    &operations::LIST_POLICY_PROFILES,
    &operations::CREATE_POLICY_PROFILE,
    &operations::GET_POLICY_PROFILE,
    &operations::UPDATE_POLICY_PROFILE,
    &operations::DELETE_POLICY_PROFILE,
    &operations::GET_POLICY_STATEMENT_KINDS,
    &operations::DRY_EVAL_POLICY,
    &operations::REPLAY_POLICY,
    &operations::RECOMMEND_AGENT_POLICY,
    &operations::LIST_QUERY_TEMPLATES,
    &operations::CREATE_QUERY_TEMPLATE,
    &operations::GET_QUERY_TEMPLATE,
    &operations::UPDATE_QUERY_TEMPLATE,
    &operations::DELETE_QUERY_TEMPLATE,
];

/// Returns the names of the path parameters of an operation.
fn path_parameters(operation: &Operation) -> Vec<&'static str> {
    let name = |segment: &'static str| segment.strip_prefix('{')?.strip_suffix('}');
    operation.path.split('/').filter_map(name).collect()
}

fn direct(env: &TestEnv) -> Client {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Client::new(
        &env.emulator.base_url(),
        DirectTransport::new(http, KEY).unwrap(),
    )
    .unwrap()
}

#[tokio::test]
async fn typed_builders_cover_all_operations_on_policies() {
    let env = TestEnv::start().await;
    let api = env.client.api();
    env.project()
        .agent("agt_1")
        .credential("cred_1")
        .record_traffic(Traffic::allowed("SELECT 1").times(20));

    let created = api
        .create_policy_profile()
        .project_id(PROJECT)
        .body_map(|body| {
            body.name("p")
                .access_mode(AccessMode::ReadWrite)
                .max_rows(5)
                .table_allowlist([] as [&str; 0])
        })
        .send()
        .await
        .unwrap();
    assert_eq!((created.meta().status(), created.max_rows), (201, Some(5)));
    let id = created.id.clone();

    let read = api
        .get_policy_profile()
        .project_id(PROJECT)
        .policy_id(&id)
        .send()
        .await
        .unwrap();
    let read = read.into_modified().unwrap();
    let etag = read.etag().unwrap().to_owned();
    let conditional = api
        .get_policy_profile()
        .project_id(PROJECT)
        .policy_id(&id)
        .if_none_match(&etag);
    assert!(conditional.send().await.unwrap().is_not_modified());

    let update = || {
        api.update_policy_profile()
            .project_id(PROJECT)
            .policy_id(&id)
    };
    let renamed = update()
        .if_match(&etag)
        .body_map(|body| body.name("q"))
        .send()
        .await
        .unwrap();
    assert_eq!((renamed.name.as_str(), renamed.max_rows), ("q", Some(0)));
    assert_eq!(renamed.access_mode, AccessMode::ReadOnly);
    let stale = update()
        .if_match(&etag)
        .body_map(|body| body.name("r"))
        .send()
        .await;
    assert!(stale.unwrap_err().is_precondition_failed());

    let list = api.list_policy_profiles().project_id(PROJECT).page_size(1);
    match list.send().await.unwrap() {
        Conditional::Modified(page) => {
            assert_eq!((page.policies.len(), &page.next_page_token), (1, &None));
        }
        Conditional::NotModified(meta) => panic!("the request had no If-None-Match: {meta:?}"),
    }
    let kinds = api
        .get_policy_statement_kinds()
        .project_id(PROJECT)
        .policy_id(&id);
    assert_eq!(kinds.send().await.unwrap().statement_kinds.len(), 11);

    let verdict = api
        .dry_eval_policy()
        .project_id(PROJECT)
        .body_map(|body| body.policy_id(id.clone()).sql("SELECT 1"))
        .send()
        .await
        .unwrap();
    assert_eq!(verdict.verdict, Verdict::Allow);
    let draft = PolicyProfileInput::new("draft").query_mode(QueryMode::Sql);
    let replay = api
        .replay_policy()
        .project_id(PROJECT)
        .body_map(|body| body.policy(draft).limit(10))
        .send()
        .await
        .unwrap();
    assert_eq!((replay.summary.evaluated, replay.items.len()), (1, 1));

    let recommend = || {
        api.recommend_agent_policy()
            .project_id(PROJECT)
            .agent_id("agt_1")
    };
    assert!(recommend().send().await.unwrap().sufficient_history);
    recommend()
        .body_map(|body| body.lookback_days(1))
        .send()
        .await
        .unwrap();
    let sent = env.received().for_operation("recommendAgentPolicy");
    assert_eq!(
        (body(&sent[0]), body(&sent[1])),
        ("", r#"{"lookback_days":1}"#)
    );

    let deleted = api
        .delete_policy_profile()
        .project_id(PROJECT)
        .policy_id(&id);
    assert_eq!(deleted.send().await.unwrap().meta().status(), 204);
    assert!(env.project().policies().is_empty());
}

#[tokio::test]
async fn typed_builders_cover_all_operations_on_query_templates() {
    let env = TestEnv::start().await;
    let api = env.client.api();
    let created = api
        .create_query_template()
        .project_id(PROJECT)
        .body_map(|body| body.name("one").sql("SELECT 1").enabled(false))
        .send()
        .await
        .unwrap();
    let id = created.id.clone();
    assert!(!created.enabled);
    let read = api
        .get_query_template()
        .project_id(PROJECT)
        .query_template_id(&id);
    let etag = read
        .send()
        .await
        .unwrap()
        .into_modified()
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    let updated = api
        .update_query_template()
        .project_id(PROJECT)
        .query_template_id(&id)
        .if_match(etag)
        .body_map(|body| body.name("one").sql("SELECT 2"))
        .send()
        .await
        .unwrap();
    assert!(updated.enabled, "an omitted field has its default");
    assert_eq!(
        body(&env.received().for_operation("updateQueryTemplate")[0]),
        r#"{"name":"one","sql":"SELECT 2"}"#
    );
    let list = api
        .list_query_templates()
        .project_id(PROJECT)
        .send()
        .await
        .unwrap();
    assert_eq!(list.into_modified().unwrap().query_templates.len(), 1);
    let delete = api
        .delete_query_template()
        .project_id(PROJECT)
        .query_template_id(&id);
    delete.send().await.unwrap();
    assert!(env.project().query_templates().is_empty());
}

#[tokio::test]
async fn an_update_sends_only_the_fields_that_are_set() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "before"}));
    let update = |api: Client| {
        let id = id.clone();
        async move {
            let update = api
                .update_policy_profile()
                .project_id(PROJECT)
                .policy_id(id);
            update
                .body_map(|body| body.name("after"))
                .send()
                .await
                .unwrap();
        }
    };
    update(env.client.api().clone()).await;
    update(direct(&env)).await;
    let received = env.received();
    for sent in &received {
        assert_eq!(body(sent), r#"{"name":"after"}"#);
        assert!(sent.has_bearer_token(KEY));
    }
    let direct_headers = [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
    ];
    assert_eq!(
        header_names(&received[0]),
        [&direct_headers[..], &["user-agent"]].concat()
    );
    assert_eq!(header_names(&received[1]), direct_headers);
}

#[tokio::test]
async fn sends_an_empty_list_and_omits_an_unset_one() {
    let env = TestEnv::start().await;
    let create = env.client.api().create_policy_profile().project_id(PROJECT);
    let create = create.body_map(|body| body.name("p").masking_rules(vec![]).table_denylist(["t"]));
    create.send().await.unwrap();
    assert_eq!(
        env.only_request().json().unwrap(),
        json!({"name": "p", "masking_rules": [], "table_denylist": ["t"]})
    );
}

#[tokio::test]
async fn typed_builders_do_not_send_invalid_identifiers() {
    let env = TestEnv::start().await;
    for api in [env.client.api(), &direct(&env)] {
        for id in INVALID_IDS {
            let project_errors: [Error; 14] = [
                api.list_policy_profiles()
                    .project_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.create_policy_profile()
                    .project_id(id)
                    .body_map(|body| body.name("p"))
                    .send()
                    .await
                    .unwrap_err(),
                api.get_policy_profile()
                    .project_id(id)
                    .policy_id("a")
                    .send()
                    .await
                    .unwrap_err(),
                api.update_policy_profile()
                    .project_id(id)
                    .policy_id("a")
                    .body_map(|body| body.name("p"))
                    .send()
                    .await
                    .unwrap_err(),
                api.delete_policy_profile()
                    .project_id(id)
                    .policy_id("a")
                    .send()
                    .await
                    .unwrap_err(),
                api.get_policy_statement_kinds()
                    .project_id(id)
                    .policy_id("a")
                    .send()
                    .await
                    .unwrap_err(),
                api.dry_eval_policy()
                    .project_id(id)
                    .body_map(|body| body.policy_id("a".to_owned()).sql("x"))
                    .send()
                    .await
                    .unwrap_err(),
                api.replay_policy()
                    .project_id(id)
                    .body_map(|body| body.policy_id("a".to_owned()))
                    .send()
                    .await
                    .unwrap_err(),
                api.recommend_agent_policy()
                    .project_id(id)
                    .agent_id("a")
                    .send()
                    .await
                    .unwrap_err(),
                api.list_query_templates()
                    .project_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.create_query_template()
                    .project_id(id)
                    .body_map(|body| body.name("p").sql("x"))
                    .send()
                    .await
                    .unwrap_err(),
                api.get_query_template()
                    .project_id(id)
                    .query_template_id("a")
                    .send()
                    .await
                    .unwrap_err(),
                api.update_query_template()
                    .project_id(id)
                    .query_template_id("a")
                    .body_map(|body| body.name("p").sql("x"))
                    .send()
                    .await
                    .unwrap_err(),
                api.delete_query_template()
                    .project_id(id)
                    .query_template_id("a")
                    .send()
                    .await
                    .unwrap_err(),
            ];
            for error in project_errors {
                assert_eq!(fields(&error), ["project_id"], "{id:?}");
                assert_not_sent(&error);
            }
            let resource_errors = [
                api.get_policy_profile()
                    .project_id("p")
                    .policy_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.delete_policy_profile()
                    .project_id("p")
                    .policy_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.update_policy_profile()
                    .project_id("p")
                    .policy_id(id)
                    .body_map(|body| body.name("p"))
                    .send()
                    .await
                    .unwrap_err(),
                api.get_policy_statement_kinds()
                    .project_id("p")
                    .policy_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.recommend_agent_policy()
                    .project_id("p")
                    .agent_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.get_query_template()
                    .project_id("p")
                    .query_template_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.delete_query_template()
                    .project_id("p")
                    .query_template_id(id)
                    .send()
                    .await
                    .unwrap_err(),
                api.update_query_template()
                    .project_id("p")
                    .query_template_id(id)
                    .body_map(|body| body.name("p").sql("x"))
                    .send()
                    .await
                    .unwrap_err(),
            ];
            for error in resource_errors {
                assert_eq!(error.field_errors().len(), 1, "{error}");
                assert!(fields(&error)[0].ends_with("_id") && fields(&error)[0] != "project_id");
                assert_not_sent(&error);
            }
        }
    }
    assert!(env.received().is_empty(), "{}", env.received());
}

#[tokio::test]
async fn untyped_calls_do_not_send_invalid_identifiers() {
    let env = TestEnv::start().await;
    for api in [env.client.api(), &direct(&env)] {
        for operation in OPERATIONS {
            for invalid in path_parameters(operation) {
                for id in INVALID_IDS {
                    let mut call = api.call(operation);
                    for name in path_parameters(operation) {
                        call = call.path(name, if name == invalid { id } else { "valid" });
                    }
                    let error = call.body("{}").send().await.unwrap_err();
                    assert_eq!(fields(&error), [invalid], "{} {id:?}", operation.id);
                    assert_eq!(error.operation(), Some(operation.id));
                    assert_not_sent(&error);
                }
            }
        }
    }
    assert!(env.received().is_empty(), "{}", env.received());
}

#[tokio::test]
async fn reports_missing_and_unknown_parameters() {
    let env = TestEnv::start().await;
    let api = env.client.api();
    for operation in OPERATIONS {
        let mut expected = path_parameters(operation);
        expected.push("zone");
        expected.sort_unstable();
        let error = api
            .call(operation)
            .path("zone", "x")
            .send()
            .await
            .unwrap_err();
        assert_eq!(fields(&error), expected, "{}", operation.id);
    }
    let error = api.update_policy_profile().send().await.unwrap_err();
    assert_eq!(fields(&error), ["name", "policy_id", "project_id"]);
    assert_not_sent(&error);
    assert!(env.received().is_empty());
}

#[tokio::test]
async fn reports_all_validation_errors_and_sends_nothing() {
    let env = TestEnv::start().await;
    let long = "x".repeat(1_025);
    for api in [env.client.api(), &direct(&env)] {
        for etag in ["", &long] {
            let update = api
                .update_policy_profile()
                .project_id(PROJECT)
                .policy_id("..");
            let error = update
                .if_match(etag)
                .body_map(|body| body.name("").max_rows(-1).egress_bytes_per_day(i64::MIN))
                .send()
                .await
                .unwrap_err();
            let expected = [
                "If-Match",
                "egress_bytes_per_day",
                "max_rows",
                "name",
                "policy_id",
            ];
            assert_eq!(fields(&error), expected);
            assert_not_sent(&error);
            let get = api
                .get_query_template()
                .project_id(PROJECT)
                .query_template_id("a");
            let error = get.if_none_match(etag).send().await.unwrap_err();
            assert_eq!(fields(&error), ["If-None-Match"]);
        }
        for size in [0, 101] {
            let list = api.list_policy_profiles().project_id("").page_size(size);
            let error = list.page_token("a b").send().await.unwrap_err();
            assert_eq!(fields(&error), ["page_size", "page_token", "project_id"]);
        }
        for sql in [String::new(), "x".repeat(100_001)] {
            let dry_eval = api.dry_eval_policy().project_id(PROJECT);
            let dry_eval = dry_eval.body_map(|body| body.sql(sql).policy_id("a".to_owned()));
            assert_eq!(fields(&dry_eval.send().await.unwrap_err()), ["sql"]);
        }
        let replay = api
            .replay_policy()
            .project_id(PROJECT)
            .body_map(|body| body.limit(501));
        assert_eq!(
            fields(&replay.send().await.unwrap_err()),
            ["limit", "policy_id"]
        );
        let create = api
            .create_policy_profile()
            .project_id(PROJECT)
            .idempotency_key("");
        let error = create
            .body_map(|body| body.name("p"))
            .send()
            .await
            .unwrap_err();
        assert_eq!(fields(&error), ["Idempotency-Key"]);
    }
    assert!(env.received().is_empty(), "{}", env.received());
}

#[tokio::test]
async fn untyped_calls_use_the_transport_of_the_client() {
    let env = TestEnv::start().await;
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("createPolicyProfile"));
    let call = env.client.api().call(&operations::CREATE_POLICY_PROFILE);
    let response = call
        .path("project_id", PROJECT)
        .body(r#"{"name":"p"}"#)
        .send()
        .await
        .unwrap();
    assert_eq!((response.status.as_u16(), response.attempts), (201, 2));
    assert_eq!(env.project().policies().len(), 1);
    let sent = env.received();
    assert!(sent[0].idempotency_key().is_some());
    assert_eq!(sent[0].idempotency_key(), sent[1].idempotency_key());

    let list = env.client.api().call(&operations::LIST_POLICY_PROFILES);
    let list = list
        .path("project_id", PROJECT)
        .query("page_size", "1")
        .header("x-team", "a");
    list.send().await.unwrap();
    assert_eq!(env.received()[2].query.as_deref(), Some("page_size=1"));
    assert_eq!(env.received()[2].header("x-team"), Some("a"));
}

#[tokio::test]
async fn options_apply_to_all_calls_of_the_client() {
    let env = TestEnv::start().await;
    let options = CallOptions::new()
        .retry(RetryPolicy::none())
        .header("x-team", "a");
    let api = env.client.api_with(options);
    env.emulator.inject_fault(Fault::status(503));
    let error = api
        .list_policy_profiles()
        .project_id(PROJECT)
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1));
    let create = api
        .create_policy_profile()
        .project_id(PROJECT)
        .body_map(|body| body.name("p"));
    create.clone().send().await.unwrap();
    create.idempotency_key("mine").send().await.unwrap();
    let sent = env.received();
    assert!(
        sent.iter()
            .all(|request| request.header("x-team") == Some("a"))
    );
    assert_eq!(
        (sent[1].idempotency_key(), sent[2].idempotency_key()),
        (None, Some("mine"))
    );
}

#[tokio::test]
async fn direct_transport_sends_once_and_reports_all_details() {
    let env = TestEnv::start().await;
    let api = direct(&env);
    env.emulator.inject_fault(Fault::status(429).retry_after(7));
    let error = api
        .get_policy_profile()
        .project_id(PROJECT)
        .policy_id("a")
        .send()
        .await
        .unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(
        (error.attempts(), error.retry_after().unwrap().as_secs()),
        (1, 7)
    );
    env.emulator.inject_fault(Fault::html(502, "<h1>"));
    let error = api
        .get_policy_profile()
        .project_id(PROJECT)
        .policy_id("a")
        .send()
        .await
        .unwrap_err();
    assert_eq!((error.status(), error.body()), (Some(502), &b"<h1>"[..]));
    let error = api
        .get_policy_profile()
        .project_id(PROJECT)
        .policy_id("a")
        .send()
        .await
        .unwrap_err();
    assert!(error.is_not_found() && error.request_id().is_some());
    env.emulator.inject_fault(Fault::apply_then_disconnect());
    let create = api
        .create_policy_profile()
        .project_id(PROJECT)
        .body_map(|body| body.name("p"));
    let error = create.send().await.unwrap_err();
    assert!(error.is_network() && error.maybe_applied());
    assert_eq!(env.received().len(), 4);
    assert!(
        env.received()
            .iter()
            .all(|sent| sent.idempotency_key().is_none())
    );
}

#[tokio::test]
async fn accepts_unknown_values_in_responses_and_keeps_them() {
    let env = TestEnv::start().await;
    let profile = json!({
        "id": "..", "project_id": "", "name": "n".repeat(500), "access_mode": "turbo",
        "table_allowlist": [], "table_denylist": [], "query_mode": "sql", "max_rows": -1,
        "masking_rules": [{"table": "t", "column": "c", "kind": "tokenise"}], "future": 1,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    });
    env.emulator
        .inject_fault(Fault::respond(200, profile.to_string()));
    let get = env
        .client
        .api()
        .get_policy_profile()
        .project_id(PROJECT)
        .policy_id("a");
    let profile = get.send().await.unwrap().into_modified().unwrap();
    assert_eq!((profile.id.as_str(), profile.max_rows), ("..", Some(-1)));
    assert!(matches!(profile.access_mode, AccessMode::Unknown(_)));
    assert_eq!(profile.access_mode, "turbo");
    assert_eq!(profile.masking_rules[0].kind, MaskKind::from("tokenise"));
    assert_eq!(serde_json::to_value(&profile.access_mode).unwrap(), "turbo");
}

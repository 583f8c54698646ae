//! End-to-end tests of query templates: the typed methods of `pgbeam` with the emulator.

#[path = "policies/support/mod.rs"]
mod support;

use pgbeam::{
    Conditional,
    policies::{
        QueryTemplateId, QueryTemplateInput, QueryTemplateParam as Param,
        QueryTemplateParamType as ParamType, QueryTemplateStatementKind as TemplateStatementKind,
    },
};
use pgbeam_emulator::Fault;
use serde_json::{Value, json};

use support::{INVALID_IDS, TestEnv, assert_not_sent, body, fields, header_names};

fn by_id() -> QueryTemplateInput {
    QueryTemplateInput::new(
        "order_by_id",
        "SELECT * FROM orders WHERE id = $1 AND region = $2",
    )
    .description("One order")
    .param(Param::new("id", ParamType::Bigint))
    .param(Param::new("region", ParamType::Text).nullable(true))
    .include_sql(true)
}

/// Returns a disabled template of a newer server, with unknown fields.
fn disabled_template() -> Value {
    json!({
        "name": "order_by_id", "sql": "SELECT * FROM orders WHERE id = $1",
        "description": "One order", "enabled": false, "include_sql": true,
        "params": [{"name": "id", "type": "bigint", "nullable": false, "hint": "the id"}],
        "future_owner": {"team": "billing"},
    })
}

fn stored(env: &TestEnv, id: &str) -> Value {
    let mut stored = env.project().query_template(id).unwrap();
    stored.as_object_mut().unwrap().remove("updated_at");
    stored
}

#[tokio::test]
async fn created_template_has_the_fields_of_the_input() {
    let env = TestEnv::start().await;
    let created = env.templates.create(by_id()).await.unwrap();
    assert_eq!(created.meta().status(), 201);
    assert_eq!(created.project_id(), "prj_1");
    assert_eq!(
        (created.name(), created.description()),
        ("order_by_id", "One order")
    );
    assert_eq!(
        created.sql(),
        "SELECT * FROM orders WHERE id = $1 AND region = $2"
    );
    assert_eq!(
        created.statement_kind(),
        Some(&TemplateStatementKind::Select)
    );
    assert!(created.enabled() && created.include_sql());
    let params = created.params();
    assert_eq!(
        (params[0].name.as_str(), &params[0].type_),
        ("id", &ParamType::Bigint)
    );
    assert!(params[0].nullable != Some(true) && params[1].nullable == Some(true));
    assert_eq!(created.created_at(), created.updated_at());

    let id = QueryTemplateId::new(created.id()).unwrap();
    let read = env.templates.get(&id).await.unwrap();
    assert_eq!(*read, *created);
    assert!(read.etag().is_some());
    let sent = env.received();
    assert_eq!(sent[0].path, "/v1/projects/prj_1/query-templates");
    assert_eq!(
        sent[1].path,
        format!("/v1/projects/prj_1/query-templates/{id}")
    );
    assert_eq!(
        sent[0].json().unwrap(),
        json!({
            "name": "order_by_id",
            "sql": "SELECT * FROM orders WHERE id = $1 AND region = $2",
            "description": "One order", "include_sql": true,
            "params": [
                {"name": "id", "type": "bigint"},
                {"name": "region", "type": "text", "nullable": true},
            ],
        })
    );
}

#[tokio::test]
async fn update_sends_only_set_fields() {
    let env = TestEnv::start().await;
    let id = env.store_template(disabled_template());
    env.templates
        .update(&id, QueryTemplateInput::new("one", "SELECT 1"))
        .await
        .unwrap();
    let sent = env.only_request();
    assert_eq!(body(&sent), r#"{"name":"one","sql":"SELECT 1"}"#);
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
}

#[tokio::test]
async fn update_without_enabled_enables_the_template() {
    let env = TestEnv::start().await;
    let id = env.store_template(disabled_template());
    let input = QueryTemplateInput::new("order_by_id", "SELECT 1");
    let updated = env.templates.update(&id, input.clone()).await.unwrap();
    assert!(
        updated.enabled(),
        "the default of the API; an edit keeps it"
    );
    assert_eq!((updated.description(), updated.params().len()), ("", 0));
    assert_eq!(stored(&env, &id).get("future_owner"), None);
    let disabled = env
        .templates
        .update(&id, input.enabled(false))
        .await
        .unwrap();
    assert!(!disabled.enabled());
}

#[tokio::test]
async fn edit_disables_a_template_and_keeps_the_rest() {
    let env = TestEnv::start().await;
    let mut enabled = disabled_template();
    enabled["enabled"] = json!(true);
    let id = env.store_template(enabled);
    let mut expected = stored(&env, &id);
    expected["enabled"] = json!(false);
    let edited = env.templates.edit(&id).enabled(false).await.unwrap();
    assert!(!edited.enabled());
    assert_eq!(stored(&env, &id), expected);

    // An edit of another field keeps the template disabled.
    let edited = env
        .templates
        .edit(&id)
        .description("Two orders")
        .await
        .unwrap();
    assert_eq!(
        (edited.enabled(), edited.description()),
        (false, "Two orders")
    );
    expected["description"] = json!("Two orders");
    assert_eq!(stored(&env, &id), expected);

    let puts = env.received().for_operation("updateQueryTemplate");
    assert!(puts.iter().all(|put| put.header("if-match").is_some()));
    let body = puts[0].json().unwrap();
    for owned in [
        "id",
        "project_id",
        "created_at",
        "updated_at",
        "statement_kind",
    ] {
        assert!(body.get(owned).is_none(), "{owned} is server-owned");
    }
    assert_eq!(body["params"][0]["hint"], "the id");
}

#[tokio::test]
async fn every_field_can_be_edited() {
    let env = TestEnv::start().await;
    let id = env.store_template(disabled_template());
    let edited = env
        .templates
        .edit(&id)
        .name("users_by_name")
        .sql("DELETE FROM users WHERE name = $1")
        .description("d")
        .params([Param::new("name", "text")])
        .include_sql(false)
        .enabled(true)
        .field("future_owner", json!(1))
        .await
        .unwrap();
    assert_eq!(
        (edited.name(), edited.description()),
        ("users_by_name", "d")
    );
    assert_eq!(
        edited.statement_kind(),
        Some(&TemplateStatementKind::Delete)
    );
    assert_eq!(
        edited.params(),
        [Param::new("name", ParamType::Text).nullable(false)]
    );
    assert!(edited.enabled() && !edited.include_sql());
    assert_eq!(stored(&env, &id)["future_owner"], 1);

    env.emulator.clear_received();
    assert_eq!(
        env.templates.edit(&id).await.unwrap().name(),
        "users_by_name"
    );
    assert_eq!(env.received().operations(), ["getQueryTemplate"]);
}

#[tokio::test]
async fn edit_retries_after_conflicts() {
    let env = TestEnv::start().await;
    let id = env.store_template(disabled_template());
    env.emulator
        .inject_fault(Fault::status(412).times(3).on("updateQueryTemplate"));
    assert!(
        env.templates
            .edit(&id)
            .enabled(true)
            .await
            .unwrap()
            .enabled()
    );
    assert_eq!(env.received().len(), 8);
}

#[tokio::test]
async fn supports_conditional_requests() {
    let env = TestEnv::start().await;
    let id = env.store_template(disabled_template());
    let etag = env
        .templates
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    assert!(
        env.templates
            .get(&id)
            .if_none_match(&etag)
            .await
            .unwrap()
            .is_not_modified()
    );
    let input = || QueryTemplateInput::new("one", "SELECT 1");
    env.templates
        .update(&id, input())
        .if_match(&etag)
        .await
        .unwrap();
    let error = env
        .templates
        .update(&id, input())
        .if_match(&etag)
        .await
        .unwrap_err();
    assert!(error.is_precondition_failed() && error.etag().is_some());
    match env.templates.get(&id).if_none_match(&etag).await.unwrap() {
        Conditional::Modified(template) => assert_eq!(template.name(), "one"),
        Conditional::NotModified(meta) => panic!("it was modified: {meta:?}"),
    }
}

#[tokio::test]
async fn lists_templates_page_by_page() {
    let env = TestEnv::start().await;
    for n in 0..5 {
        env.store_template(json!({"name": format!("t_{n}"), "sql": "SELECT 1"}));
    }
    let mut items = env.templates.list().page_size(2).items();
    let mut pages = Vec::new();
    let mut names = Vec::new();
    while let Some(template) = items.try_next().await.unwrap() {
        pages.push(env.received().len());
        names.push(template.name().to_owned());
    }
    assert_eq!(names, ["t_0", "t_1", "t_2", "t_3", "t_4"]);
    assert_eq!(pages, [1, 1, 2, 2, 3]);
    let page = env.templates.list().page_size(4).await.unwrap();
    let rest = env
        .templates
        .list()
        .page_token(page.next_page_token().unwrap());
    assert_eq!(rest.await.unwrap().items()[0].name(), "t_4");
    let list = env.templates.list().if_none_match("*").await.unwrap();
    assert!(list.is_not_modified());
    assert_eq!(
        env.templates
            .list()
            .pages()
            .try_next()
            .await
            .unwrap()
            .unwrap()
            .items()
            .len(),
        5
    );
}

#[tokio::test]
async fn create_with_a_lost_response_creates_one_template() {
    let env = TestEnv::start().await;
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("createQueryTemplate"));
    // Without the idempotency key, the retry would get 409, because a template with the name exists.
    let created = env.templates.create(by_id()).await.unwrap();
    assert_eq!(env.project().query_templates()[0]["id"], created.id());
    let sent = env.received();
    assert_eq!(
        (sent.len(), sent[0].idempotency_key()),
        (2, sent[1].idempotency_key())
    );
    assert!(sent[0].idempotency_key().is_some());
}

#[tokio::test]
async fn deleted_template_is_not_found_and_matches_no_statement() {
    let env = TestEnv::start().await;
    let id = env.store_template(json!({"name": "one", "sql": "SELECT 1"}));
    let policy = env.store_policy(json!({"name": "p", "query_mode": "templates"}));
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("deleteQueryTemplate"));
    let deleted = env.templates.delete(&id).await.unwrap();
    assert_eq!(
        (deleted.meta().status(), deleted.meta().attempts()),
        (204, 2)
    );
    assert!(env.templates.get(&id).await.unwrap_err().is_not_found());
    assert!(env.templates.delete(&id).await.unwrap_err().is_not_found());
    let verdict = env.policies.dry_eval(&policy, "SELECT 1").await.unwrap();
    assert!(
        verdict.is_blocked(),
        "query mode `templates` without a template allows nothing"
    );
}

#[tokio::test]
async fn duplicate_name_is_a_conflict() {
    let env = TestEnv::start().await;
    env.templates.create(by_id()).await.unwrap();
    let error = env.templates.create(by_id()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let other = env.store_template(json!({"name": "other", "sql": "SELECT 1"}));
    let error = env
        .templates
        .edit(&other)
        .name("order_by_id")
        .await
        .unwrap_err();
    assert!(
        error.is_conflict() && !error.is_precondition_failed(),
        "{error}"
    );
}

#[tokio::test]
async fn api_validation_errors_name_their_fields() {
    let env = TestEnv::start().await;
    for input in [
        QueryTemplateInput::new("a", "SELECT 1; SELECT 2"),
        QueryTemplateInput::new("a", "DROP TABLE orders"),
        QueryTemplateInput::new("a", "SELECT $1"),
        QueryTemplateInput::new("a", "SELECT 1").param(Param::new("x", ParamType::Text)),
    ] {
        let error = env.templates.create(input).await.unwrap_err();
        assert_eq!((error.status(), error.is_invalid()), (Some(400), true));
        assert!(!error.field_errors().is_empty(), "{error}");
    }
}

#[tokio::test]
async fn reports_all_invalid_fields_and_sends_nothing() {
    let env = TestEnv::start().await;
    let templates = &env.templates;
    let invalid_input = || QueryTemplateInput::new("Upper", "x".repeat(16_385));
    for error in [
        templates.create(invalid_input()).await.unwrap_err(),
        templates
            .edit("qt_1")
            .name("Upper")
            .sql("x".repeat(16_385))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(fields(&error), ["name", "sql"]);
        assert_not_sent(&error);
    }
    let error = templates
        .update("..", invalid_input())
        .if_match("")
        .await
        .unwrap_err();
    assert_eq!(
        fields(&error),
        ["If-Match", "name", "query_template_id", "sql"]
    );
    for owned in [
        "id",
        "project_id",
        "statement_kind",
        "created_at",
        "updated_at",
    ] {
        let error = templates.edit("qt_1").field(owned, "x").await.unwrap_err();
        assert_eq!(fields(&error), [owned]);
    }
    for required in ["name", "sql"] {
        assert_eq!(
            fields(&templates.edit("qt_1").clear(required).await.unwrap_err()),
            [required]
        );
    }
    for size in [0, 101] {
        assert_eq!(
            fields(&templates.list().page_size(size).await.unwrap_err()),
            ["page_size"]
        );
    }
    for id in INVALID_IDS {
        for error in [
            templates.get(id).await.unwrap_err(),
            templates.update(id, by_id()).await.unwrap_err(),
            templates.edit(id).enabled(false).await.unwrap_err(),
            templates.delete(id).await.unwrap_err(),
        ] {
            assert_eq!(fields(&error), ["query_template_id"], "{id:?}");
            assert_not_sent(&error);
        }
    }
    assert!(env.received().is_empty(), "{}", env.received());
}

#[tokio::test]
async fn reads_a_template_of_a_newer_api() {
    let env = TestEnv::start().await;
    let newer = json!({
        "id": "qt_1", "project_id": "prj_1", "name": "N".repeat(500), "description": "",
        "sql": "", "params": [{"name": "x", "type": "vector", "dims": 3}],
        "statement_kind": "merge", "include_sql": false, "enabled": true, "owner": null,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    });
    env.emulator
        .inject_fault(Fault::respond(200, newer.to_string()));
    let template = env.templates.get("qt_1").await.unwrap();
    assert_eq!(
        template.statement_kind(),
        Some(&TemplateStatementKind::from("merge"))
    );
    assert_eq!(template.params()[0].type_, "vector");
    assert_eq!(template.name().len(), 500);
}

//! Query templates from end to end: the typed methods of `pgbeam` against the emulator.

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

use support::{Bench, NO_IDS, assert_not_sent, body, fields, header_names};

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

/// A withdrawn template, as a newer server might have it.
fn withdrawn() -> Value {
    json!({
        "name": "order_by_id", "sql": "SELECT * FROM orders WHERE id = $1",
        "description": "One order", "enabled": false, "include_sql": true,
        "params": [{"name": "id", "type": "bigint", "nullable": false, "hint": "the id"}],
        "future_owner": {"team": "billing"},
    })
}

fn stored(bench: &Bench, id: &str) -> Value {
    let mut stored = bench.project().query_template(id).unwrap();
    stored.as_object_mut().unwrap().remove("updated_at");
    stored
}

#[tokio::test]
async fn what_is_created_is_what_was_asked_for_and_reads_back_the_same() {
    let bench = Bench::start().await;
    let created = bench.templates.create(by_id()).await.unwrap();
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
    let read = bench.templates.get(&id).await.unwrap();
    assert_eq!(*read, *created);
    assert!(read.etag().is_some());
    let sent = bench.received();
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
async fn what_is_not_set_is_not_sent() {
    let bench = Bench::start().await;
    let id = bench.stored_template(withdrawn());
    bench
        .templates
        .update(&id, QueryTemplateInput::new("one", "SELECT 1"))
        .await
        .unwrap();
    let sent = bench.only();
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
async fn a_careless_update_puts_a_withdrawn_template_back_into_use() {
    let bench = Bench::start().await;
    let id = bench.stored_template(withdrawn());
    let input = QueryTemplateInput::new("order_by_id", "SELECT 1");
    let updated = bench.templates.update(&id, input.clone()).await.unwrap();
    assert!(updated.enabled(), "so says the API; `edit` is the remedy");
    assert_eq!((updated.description(), updated.params().len()), ("", 0));
    assert_eq!(stored(&bench, &id).get("future_owner"), None);
    let careful = bench
        .templates
        .update(&id, input.enabled(false))
        .await
        .unwrap();
    assert!(!careful.enabled());
}

#[tokio::test]
async fn an_edit_withdraws_a_template_and_leaves_the_rest() {
    let bench = Bench::start().await;
    let mut enabled = withdrawn();
    enabled["enabled"] = json!(true);
    let id = bench.stored_template(enabled);
    let mut want = stored(&bench, &id);
    want["enabled"] = json!(false);
    let edited = bench.templates.edit(&id).enabled(false).await.unwrap();
    assert!(!edited.enabled());
    assert_eq!(stored(&bench, &id), want);

    // And what is withdrawn stays so, whatever else is edited.
    let edited = bench
        .templates
        .edit(&id)
        .description("Two orders")
        .await
        .unwrap();
    assert_eq!(
        (edited.enabled(), edited.description()),
        (false, "Two orders")
    );
    want["description"] = json!("Two orders");
    assert_eq!(stored(&bench, &id), want);

    let puts = bench.received().for_operation("updateQueryTemplate");
    assert!(puts.iter().all(|put| put.header("if-match").is_some()));
    let body = puts[0].json().unwrap();
    for owned in [
        "id",
        "project_id",
        "created_at",
        "updated_at",
        "statement_kind",
    ] {
        assert!(body.get(owned).is_none(), "{owned} is the server's");
    }
    assert_eq!(body["params"][0]["hint"], "the id");
}

#[tokio::test]
async fn every_field_can_be_edited() {
    let bench = Bench::start().await;
    let id = bench.stored_template(withdrawn());
    let edited = bench
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
    assert_eq!(stored(&bench, &id)["future_owner"], 1);

    bench.emulator.clear_received();
    assert_eq!(
        bench.templates.edit(&id).await.unwrap().name(),
        "users_by_name"
    );
    assert_eq!(bench.received().operations(), ["getQueryTemplate"]);
}

#[tokio::test]
async fn a_conflict_between_two_edits_is_settled() {
    let bench = Bench::start().await;
    let id = bench.stored_template(withdrawn());
    bench
        .emulator
        .inject_fault(Fault::status(412).times(3).on("updateQueryTemplate"));
    assert!(
        bench
            .templates
            .edit(&id)
            .enabled(true)
            .await
            .unwrap()
            .enabled()
    );
    assert_eq!(bench.received().len(), 8);
}

#[tokio::test]
async fn versions_are_told_apart() {
    let bench = Bench::start().await;
    let id = bench.stored_template(withdrawn());
    let etag = bench
        .templates
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    assert!(
        bench
            .templates
            .get(&id)
            .if_none_match(&etag)
            .await
            .unwrap()
            .is_not_modified()
    );
    let input = || QueryTemplateInput::new("one", "SELECT 1");
    bench
        .templates
        .update(&id, input())
        .if_match(&etag)
        .await
        .unwrap();
    let error = bench
        .templates
        .update(&id, input())
        .if_match(&etag)
        .await
        .unwrap_err();
    assert!(error.is_precondition_failed() && error.etag().is_some());
    match bench.templates.get(&id).if_none_match(&etag).await.unwrap() {
        Conditional::Modified(template) => assert_eq!(template.name(), "one"),
        Conditional::NotModified(meta) => panic!("it was modified: {meta:?}"),
    }
}

#[tokio::test]
async fn lists_page_by_page() {
    let bench = Bench::start().await;
    for n in 0..5 {
        bench.stored_template(json!({"name": format!("t_{n}"), "sql": "SELECT 1"}));
    }
    let mut items = bench.templates.list().page_size(2).items();
    let mut pages = Vec::new();
    let mut names = Vec::new();
    while let Some(template) = items.try_next().await.unwrap() {
        pages.push(bench.received().len());
        names.push(template.name().to_owned());
    }
    assert_eq!(names, ["t_0", "t_1", "t_2", "t_3", "t_4"]);
    assert_eq!(pages, [1, 1, 2, 2, 3]);
    let page = bench.templates.list().page_size(4).await.unwrap();
    let rest = bench
        .templates
        .list()
        .page_token(page.next_page_token().unwrap());
    assert_eq!(rest.await.unwrap().items()[0].name(), "t_4");
    let list = bench.templates.list().if_none_match("*").await.unwrap();
    assert!(list.is_not_modified());
    assert_eq!(
        bench
            .templates
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
async fn a_create_whose_answer_was_lost_creates_one() {
    let bench = Bench::start().await;
    bench
        .emulator
        .inject_fault(Fault::apply_then_disconnect().on("createQueryTemplate"));
    // Without its key the repetition would meet a 409: the name is taken.
    let created = bench.templates.create(by_id()).await.unwrap();
    assert_eq!(bench.project().query_templates()[0]["id"], created.id());
    let sent = bench.received();
    assert_eq!(
        (sent.len(), sent[0].idempotency_key()),
        (2, sent[1].idempotency_key())
    );
    assert!(sent[0].idempotency_key().is_some());
}

#[tokio::test]
async fn what_is_deleted_is_gone_the_last_one_too() {
    let bench = Bench::start().await;
    let id = bench.stored_template(json!({"name": "one", "sql": "SELECT 1"}));
    let policy = bench.stored(json!({"name": "p", "query_mode": "templates"}));
    bench
        .emulator
        .inject_fault(Fault::apply_then_disconnect().on("deleteQueryTemplate"));
    let deleted = bench.templates.delete(&id).await.unwrap();
    assert_eq!(
        (deleted.meta().status(), deleted.meta().attempts()),
        (204, 2)
    );
    assert!(bench.templates.get(&id).await.unwrap_err().is_not_found());
    assert!(
        bench
            .templates
            .delete(&id)
            .await
            .unwrap_err()
            .is_not_found()
    );
    let verdict = bench.policies.dry_eval(&policy, "SELECT 1").await.unwrap();
    assert!(
        verdict.is_blocked(),
        "a profile of templates alone then admits nothing"
    );
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let bench = Bench::start().await;
    bench.templates.create(by_id()).await.unwrap();
    let error = bench.templates.create(by_id()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let other = bench.stored_template(json!({"name": "other", "sql": "SELECT 1"}));
    let error = bench
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
async fn what_the_api_alone_can_tell_is_named_by_field() {
    let bench = Bench::start().await;
    for input in [
        QueryTemplateInput::new("a", "SELECT 1; SELECT 2"),
        QueryTemplateInput::new("a", "DROP TABLE orders"),
        QueryTemplateInput::new("a", "SELECT $1"),
        QueryTemplateInput::new("a", "SELECT 1").param(Param::new("x", ParamType::Text)),
    ] {
        let error = bench.templates.create(input).await.unwrap_err();
        assert_eq!((error.status(), error.is_invalid()), (Some(400), true));
        assert!(!error.field_errors().is_empty(), "{error}");
    }
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_at_once_and_nothing_is_sent() {
    let bench = Bench::start().await;
    let templates = &bench.templates;
    let bad = || QueryTemplateInput::new("Upper", "x".repeat(16_385));
    for error in [
        templates.create(bad()).await.unwrap_err(),
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
        .update("..", bad())
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
            fields(&templates.edit("qt_1").reset(required).await.unwrap_err()),
            [required]
        );
    }
    for size in [0, 101] {
        assert_eq!(
            fields(&templates.list().page_size(size).await.unwrap_err()),
            ["page_size"]
        );
    }
    for id in NO_IDS {
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
    assert!(bench.received().is_empty(), "{}", bench.received());
}

#[tokio::test]
async fn a_template_of_a_newer_api_is_read() {
    let bench = Bench::start().await;
    let newer = json!({
        "id": "qt_1", "project_id": "prj_1", "name": "N".repeat(500), "description": "",
        "sql": "", "params": [{"name": "x", "type": "vector", "dims": 3}],
        "statement_kind": "merge", "include_sql": false, "enabled": true, "owner": null,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    });
    bench
        .emulator
        .inject_fault(Fault::respond(200, newer.to_string()));
    let template = bench.templates.get("qt_1").await.unwrap();
    assert_eq!(
        template.statement_kind(),
        Some(&TemplateStatementKind::from("merge"))
    );
    assert_eq!(template.params()[0].type_, "vector");
    assert_eq!(template.name().len(), 500);
}

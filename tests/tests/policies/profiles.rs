//! Tests of create, get, update and delete of policy profiles, also with `If-Match` and `If-None-Match`.

use std::time::Duration;

use pgbeam::{
    Conditional,
    policies::{
        AccessMode, ApprovalMode, ContentScanMode, Mask, MigrationSafety, PolicyId,
        PolicyProfileInput, QueryMode, RowFilter, StatementRules, WriteMode,
    },
};
use serde_json::json;

use crate::support::TestEnv;

/// Returns a profile with every field except `query_mode` set.
fn full() -> PolicyProfileInput {
    PolicyProfileInput::new("Everything")
        .access_mode(AccessMode::ReadWrite)
        .statement_rules(
            StatementRules::new()
                .allow(["select", "update"])
                .deny(["ddl"]),
        )
        .table_allowlist(["public.orders", "public.users"])
        .table_denylist(["api_secrets"])
        .mask(Mask::redact("public.users", "email"))
        .mask(Mask::null("public.users", "phone"))
        .mask(Mask::hash("public.users", "ssn"))
        .row_filter(RowFilter::new("public.orders", "region = 'eu'"))
        .budget_queries_per_hour(100)
        .budget_queries_per_day(1_000)
        .max_rows(500)
        .statement_timeout(Duration::from_millis(2_500))
        .write_mode(WriteMode::Rollback)
        .approval_mode(ApprovalMode::Ddl)
        .approval_auto_max_rows(7)
        .approval_timeout(Duration::from_secs(90))
        .migration_safety(MigrationSafety::Block)
        .egress_bytes_per_day(5_000_000_000_i64)
        .max_affected_rows(11)
        .content_scan_mode(ContentScanMode::Annotate)
        .content_scan_max_bytes(1_i64 << 40)
}

#[tokio::test]
async fn created_profile_has_the_fields_of_the_input() {
    let env = TestEnv::start().await;
    let created = env.policies.create(full()).await.unwrap();
    assert_eq!(created.meta().status(), 201);
    assert!(created.request_id().unwrap().starts_with("req_"));
    assert_eq!(created.meta().attempts(), 1);
    assert_eq!(created.meta().rate_limit().unwrap().quota, Some(1_000));

    let read = env.policies.get(created.id()).await.unwrap();
    assert_eq!(*read, *created);
    assert!(read.etag().unwrap().starts_with('"'));

    assert_eq!(read.project_id(), "prj_1");
    assert_eq!(read.name(), "Everything");
    assert_eq!(read.access_mode(), &AccessMode::ReadWrite);
    assert_eq!(
        read.statement_rules().unwrap().allow.as_deref().unwrap(),
        ["select", "update"]
    );
    assert_eq!(
        read.statement_rules().unwrap().deny.as_deref().unwrap(),
        ["ddl"]
    );
    assert_eq!(read.table_allowlist(), ["public.orders", "public.users"]);
    assert_eq!(read.table_denylist(), ["api_secrets"]);
    assert_eq!(
        read.masking_rules(),
        [
            Mask::redact("public.users", "email"),
            Mask::null("public.users", "phone"),
            Mask::hash("public.users", "ssn"),
        ]
    );
    assert_eq!(
        read.row_filters(),
        [RowFilter::new("public.orders", "region = 'eu'")]
    );
    assert_eq!(
        (
            read.budget_queries_per_hour(),
            read.budget_queries_per_day()
        ),
        (100, 1_000)
    );
    assert_eq!((read.max_rows(), read.max_affected_rows()), (500, 11));
    assert_eq!(read.statement_timeout(), Duration::from_millis(2_500));
    assert_eq!(read.approval_timeout(), Duration::from_secs(90));
    assert_eq!(read.write_mode(), &WriteMode::Rollback);
    assert_eq!(
        (read.approval_mode(), read.approval_auto_max_rows()),
        (&ApprovalMode::Ddl, 7)
    );
    assert_eq!(read.migration_safety(), &MigrationSafety::Block);
    assert_eq!(read.egress_bytes_per_day(), 5_000_000_000);
    assert_eq!(read.content_scan_mode(), &ContentScanMode::Annotate);
    assert_eq!(read.content_scan_max_bytes(), 1 << 40);
    assert_eq!(read.query_mode(), &QueryMode::Sql);
    assert_eq!(read.created_at(), read.updated_at());

    let stored = env.project().policies();
    assert_eq!(stored.len(), 1);
    for (field, value) in serde_json::to_value(full()).unwrap().as_object().unwrap() {
        assert_eq!(&stored[0][field], value, "{field}");
    }
}

#[tokio::test]
async fn accepts_identifiers_as_strings_and_types() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let typed = PolicyId::new(id.as_str()).unwrap();
    assert_eq!(env.policies.get(&id).await.unwrap().id(), id);
    assert_eq!(env.policies.get(id.as_str()).await.unwrap().id(), id);
    assert_eq!(env.policies.get(&typed).await.unwrap().id(), id);
}

#[tokio::test]
async fn get_with_a_current_etag_is_not_modified() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "before"}));
    let etag = env
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();

    let same = env.policies.get(&id).if_none_match(&etag).await.unwrap();
    assert!(same.is_not_modified());
    assert_eq!(
        (same.meta().status(), same.meta().etag()),
        (304, Some(etag.as_str()))
    );
    assert!(same.modified().is_none());

    env.policies.edit(&id).name("after").await.unwrap();
    match env.policies.get(&id).if_none_match(&etag).await.unwrap() {
        Conditional::Modified(profile) => {
            assert_eq!(profile.name(), "after");
            assert_ne!(profile.etag(), Some(etag.as_str()));
        }
        Conditional::NotModified(meta) => panic!("it was modified: {meta:?}"),
    }
    let gets = env.received().for_operation("getPolicyProfile");
    assert_eq!(gets[0].header("if-none-match"), None);
    assert_eq!(gets[1].header("if-none-match"), Some(etag.as_str()));
}

#[tokio::test]
async fn update_resets_omitted_fields_except_the_query_mode() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "one", "sql": "SELECT 1"}));
    let created = env
        .policies
        .create(full().query_mode(QueryMode::Templates))
        .await
        .unwrap();
    let updated = env
        .policies
        .update(created.id(), PolicyProfileInput::new("bare"))
        .await
        .unwrap();

    let mut expected = env
        .project()
        .create_policy(json!({"name": "bare"}))
        .unwrap();
    expected["query_mode"] = json!("templates");
    let mut actual = env.project().policy(created.id()).unwrap();
    for owned in ["id", "created_at", "updated_at"] {
        expected[owned].take();
        actual[owned].take();
    }
    assert_eq!(actual, expected);
    assert_eq!(updated.name(), "bare");
    assert_eq!(updated.query_mode(), &QueryMode::Templates);
    assert!(updated.masking_rules().is_empty() && updated.row_filters().is_empty());
    assert_eq!(updated.statement_rules(), None);
    assert_eq!(updated.approval_timeout(), Duration::from_secs(300));
    assert_eq!(updated.etag(), None, "the response to a PUT has no ETag");
    assert_eq!(updated.created_at(), created.created_at());
}

#[tokio::test]
async fn update_with_if_match_applies_to_one_version_only() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "first"}));
    let input = PolicyProfileInput::new;
    let first = env
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();

    env.policies
        .update(&id, input("second"))
        .if_match(&first)
        .await
        .unwrap();
    let second = env
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();

    let error = env
        .policies
        .update(&id, input("lost"))
        .if_match(&first)
        .await
        .unwrap_err();
    assert!(error.is_precondition_failed() && !error.is_conflict() && !error.maybe_applied());
    assert_eq!(
        error.etag(),
        Some(second.as_str()),
        "a 412 has the current ETag"
    );
    assert_eq!(error.code().unwrap(), &"PRECONDITION_FAILED");
    assert_eq!(env.policies.get(&id).await.unwrap().name(), "second");

    let current = error.etag().unwrap();
    env.policies
        .update(&id, input("third"))
        .if_match(current)
        .await
        .unwrap();
    env.policies
        .update(&id, input("fourth"))
        .if_match("*")
        .await
        .unwrap();
    env.policies.update(&id, input("fifth")).await.unwrap();
    assert_eq!(env.policies.get(&id).await.unwrap().name(), "fifth");

    let sent = env.received().for_operation("updatePolicyProfile");
    let conditions: Vec<_> = sent
        .iter()
        .map(|request| request.header("if-match"))
        .collect();
    assert_eq!(
        conditions,
        [
            Some(first.as_str()),
            Some(&first),
            Some(&second),
            Some("*"),
            None
        ]
    );
}

#[tokio::test]
async fn deleted_profile_is_not_found() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let kept = env.store_policy(json!({"name": "q"}));
    let deleted = env.policies.delete(&id).await.unwrap();
    assert_eq!((deleted.meta().status(), *deleted), (204, ()));
    assert_eq!(env.project().policies().len(), 1);
    assert!(env.project().policy(&kept).is_some());
    for error in [
        env.policies.get(&id).await.unwrap_err(),
        env.policies.delete(&id).await.unwrap_err(),
        env.policies
            .update(&id, PolicyProfileInput::new("x"))
            .await
            .unwrap_err(),
        env.policies.edit(&id).max_rows(1).await.unwrap_err(),
        env.policies.statement_kinds(&id).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
        assert_eq!(error.code().unwrap(), &"NOT_FOUND");
    }
}

#[tokio::test]
async fn projects_are_separate() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let other = env.client.project("prj_2").unwrap().policies();
    assert!(other.get(&id).await.unwrap_err().is_not_found());
    assert!(other.list().await.unwrap().items().is_empty());
    assert_eq!(
        env.received()[0].path,
        format!("/v1/projects/prj_2/policies/{id}")
    );
}

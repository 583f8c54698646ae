//! Tests of the contents of plans (actions, effects, kept fields, credentials and warnings), drifts, exports and
//! rollbacks.

use pgbeam::policies::{
    PolicyProfileInput, QueryTemplateInput,
    diff::Effect,
    document::PolicySet,
    plan::{Action, Plan, ResourceKind, Step},
};
use pgbeam::projects::UpdateProjectRequest;
use serde_json::{Value, json};

use crate::support::{PROJECT, TestEnv, assert_complete, set};

fn summary(step: &Step) -> (Action, &str, Effect) {
    (step.action(), step.name(), step.effect())
}

#[tokio::test]
async fn steps_are_ordered_by_effect() {
    let env = TestEnv::start().await;
    env.store(json!({"name": "loosened", "max_rows": 5}));
    env.store(json!({"name": "tightened"}));
    env.store(json!({"name": "same"}));
    env.store(json!({"name": "deleted"}));
    env.store_template(json!({"name": "removed", "sql": "SELECT 1"}));
    env.store_template(json!({"name": "disabled", "sql": "SELECT 1"}));
    env.store_template(json!({"name": "enabled", "sql": "SELECT 1", "enabled": false}));
    let template = |name: &str| QueryTemplateInput::new(name, "SELECT 1");
    let set = set([
        json!({"name": "loosened"}),
        json!({"name": "tightened", "max_rows": 5}),
        json!({"name": "same"}),
        json!({"name": "created"}),
    ])
    .query_template(template("disabled").enabled(false))
    .query_template(template("enabled"))
    .query_template(template("added"));

    let plan = env.policies.plan(&set).prune().await.unwrap();
    use {Action::*, Effect::*};
    let steps: Vec<_> = plan.steps().iter().map(summary).collect();
    let expected = [
        (Create, "added", Loosening),
        (Update, "enabled", Loosening),
        (Update, "tightened", Tightening),
        (Create, "created", Neutral),
        (Update, "loosened", Loosening),
        (Delete, "deleted", Neutral),
        (Update, "disabled", Tightening),
        (Delete, "removed", Tightening),
        (Unchanged, "same", Neutral),
    ];
    assert_eq!(steps, expected);
    assert_eq!(plan.effect(), Loosening);
    assert_eq!(plan.changes().count(), 8);

    assert_complete(&env.policies.apply(&plan).await.unwrap());
    assert!(env.policies.plan(&set).prune().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_plan_names_the_credentials_that_it_reaches_and_the_kept_fields() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "t", "sql": "SELECT 1"}));
    let id =
        env.store(json!({"name": "a", "query_mode": "templates", "new_guard": [1], "max_rows": 5}));
    let credential = env.store_credential(&id);
    let revoked = env.store_credential(&id);
    let agents = env.client.project(PROJECT).unwrap().agents();
    agents.revoke(&revoked).await.unwrap();

    let set = set([json!({"name": "a", "max_rows": 7})]);
    let set = set.query_template(QueryTemplateInput::new("t", "SELECT 2"));
    let plan = env.policies.plan(&set).await.unwrap();
    for step in plan.steps() {
        let ids: Vec<_> = step
            .credentials()
            .iter()
            .map(|c| (c.id(), c.name()))
            .collect();
        assert_eq!(ids, [(credential.as_str(), "Bot")], "{}", step.name());
    }
    let step = plan
        .steps()
        .iter()
        .find(|step| step.kind() == ResourceKind::PolicyProfile)
        .unwrap();
    let kept: Vec<_> = step.kept().collect();
    assert_eq!(
        kept,
        [
            ("new_guard", &json!([1])),
            ("query_mode", &json!("templates"))
        ]
    );
    assert_eq!(step.id(), Some(id.as_str()));
    assert!(step.etag().unwrap().starts_with('"'));
    let text = plan.to_text();
    for part in [
        "max_rows: 5 → 7",
        "kept       query_mode: \"templates\"",
        credential.as_str(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        plan.to_markdown()
            .contains("### update policy profile `a`: loosening")
    );
}

#[tokio::test]
async fn the_json_of_a_plan_contains_only_its_changes() {
    let env = TestEnv::start().await;
    let id = env.store(json!({"name": "a", "max_rows": 5}));
    env.store(json!({"name": "b"}));
    let set = set([
        json!({"name": "a"}),
        json!({"name": "b"}),
        json!({"name": "c", "max_rows": 1}),
    ]);
    let set = set.query_template(QueryTemplateInput::new("t", "SELECT 1"));
    let plan = env.policies.plan(&set).await.unwrap();
    let field = |field: &str, from: Value, to: Value, effect: &str| json!({"field": field, "from": from, "to": to, "effect": effect});
    let expected = json!([
        {
            "policy": "", "query_template": "t", "action": "create", "effect": "loosening", "id": "",
            "kept": {}, "credentials": [],
            "fields": [
                field("name", json!(null), json!("t"), "loosening"),
                field("sql", json!(null), json!("SELECT 1"), "loosening"),
            ],
        },
        {
            "policy": "c", "action": "create", "effect": "neutral", "id": "", "kept": {}, "credentials": [],
            "fields": [
                field("name", json!(null), json!("c"), "neutral"),
                field("max_rows", json!(null), json!(1), "neutral"),
            ],
        },
        {
            "policy": "a", "action": "update", "effect": "loosening", "id": id, "kept": {}, "credentials": [],
            "fields": [field("max_rows", json!(5), json!(0), "loosening")],
        },
    ]);
    assert_eq!(plan.to_json(), expected);
    assert_eq!(
        plan.summary().to_string(),
        "2 to create, 1 to update, 0 to delete, 1 unchanged"
    );
    assert_eq!(Plan::load(&plan.save()).unwrap().to_json(), expected);
    assert_eq!(Plan::load(&plan.save()).unwrap().to_text(), plan.to_text());
}

#[tokio::test]
async fn a_plan_warns_about_deletions_of_used_profiles_and_of_the_last_template() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "t", "sql": "SELECT 1"}));
    let used = env.store(json!({"name": "used"}));
    let credential = env.store_credential(&used);
    let default = env.store(json!({"name": "default"}));
    env.store(json!({"name": "templates only", "query_mode": "templates"}));
    let projects = env.client.projects();
    projects
        .update(
            PROJECT,
            UpdateProjectRequest::new().default_policy_profile_id(default.as_str()),
        )
        .await
        .unwrap();

    let set = set([json!({"name": "templates only"})]);
    let plan = env.policies.plan(&set).prune().await.unwrap();
    let effects: Vec<_> = plan.changes().map(summary).collect();
    let expected = [
        (Action::Delete, "default", Effect::Unknown),
        (Action::Delete, "used", Effect::Unknown),
        (Action::Delete, "t", Effect::Tightening),
    ];
    assert_eq!(effects, expected);
    assert!(plan.steps()[0].is_project_default());
    let [default, used, template] = plan.warnings() else {
        panic!("{:?}", plan.warnings());
    };
    assert!(default.contains("default of the project"), "{default}");
    assert!(used.contains(&credential), "{used}");
    assert!(template.contains("\"templates only\""), "{template}");

    let plan = env.policies.plan(&PolicySet::new()).await.unwrap();
    assert!(plan.is_empty() && plan.warnings().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_for_an_invalid_set() {
    let env = TestEnv::start().await;
    for (profile, message) in [
        (
            PolicyProfileInput::new("a").max_rows(-1),
            "max_rows: must be at least 0",
        ),
        (PolicyProfileInput::new("a").max_rows(u64::MAX), "max_rows"),
        (PolicyProfileInput::new(""), "name"),
    ] {
        let set = PolicySet::new().profile(profile.clone());
        for error in [
            env.policies.plan(&set).await.unwrap_err(),
            env.policies.drift(&set).await.unwrap_err(),
            env.policies.ensure(profile).await.unwrap_err(),
        ] {
            assert!(
                error.is_invalid() && error.to_string().contains(message),
                "{error}"
            );
        }
    }
    assert!(env.requests().is_empty());
}

#[tokio::test]
async fn two_profiles_with_the_same_name_cause_an_error_with_both_ids() {
    let env = TestEnv::start().await;
    let ids = [json!({"name": "a"}), json!({"name": "a"})].map(|body| env.store(body));
    env.store(json!({"name": "b"}));
    let wanted = set([json!({"name": "a"})]);
    for error in [
        env.policies.plan(&wanted).await.unwrap_err(),
        env.policies.drift(&wanted).await.unwrap_err(),
        env.policies.export().await.unwrap_err(),
        env.policies
            .ensure(PolicyProfileInput::new("a"))
            .await
            .unwrap_err(),
    ] {
        let message = error.to_string();
        assert!(ids.iter().all(|id| message.contains(id)), "{message}");
        assert!(message.contains("two policy profiles"), "{message}");
    }
    env.policies
        .ensure(PolicyProfileInput::new("b"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_drift_contains_the_changes_that_somebody_made() {
    let env = TestEnv::start().await;
    let expected = set([
        json!({"name": "changed", "max_rows": 5}),
        json!({"name": "deleted"}),
        json!({"name": "same", "table_denylist": ["a", "B"]}),
    ]);
    assert_complete(&env.converge(&expected).await);
    assert!(
        env.policies
            .drift(&expected)
            .prune()
            .await
            .unwrap()
            .is_empty()
    );
    let id = |name: &str| env.stored()[name]["id"].as_str().unwrap().to_owned();
    env.policies
        .edit(id("changed"))
        .max_rows(0)
        .field("new_guard", 1)
        .await
        .unwrap();
    env.policies
        .edit(id("same"))
        .table_denylist(["b", "A"])
        .await
        .unwrap();
    env.policies.delete(id("deleted")).await.unwrap();
    env.store(json!({"name": "extra"}));

    let drift = env.policies.drift(&expected).await.unwrap();
    let changes: Vec<_> = drift.changes().iter().map(summary).collect();
    let found = [
        (Action::Update, "changed", Effect::Loosening),
        (Action::Delete, "deleted", Effect::Neutral),
    ];
    assert_eq!(changes, found);
    let json = drift.to_json();
    let fields = json!([{"field": "max_rows", "from": 5, "to": 0, "effect": "loosening"}]);
    assert_eq!(json[0]["fields"], fields);
    let drift = env.policies.drift(&expected).prune().await.unwrap();
    assert_eq!(drift.changes().len(), 3);
    assert_eq!(drift.summary().create, 1);
}

#[tokio::test]
async fn a_plan_for_an_export_is_empty() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "t", "sql": "SELECT $1", "params": [{"name": "p", "type": "text"}], "new": 1}));
    env.store(json!({"name": "b", "query_mode": "templates", "new_guard": {"a": [1]}}));
    env.store(json!({"name": "a", "masking_rules": [{"table": "t", "column": "c", "kind": "hash", "new": 1}]}));
    let export = env.policies.export().await.unwrap();
    let names: Vec<_> = export
        .profiles()
        .iter()
        .map(|profile| profile.name())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(env.policies.export().await.unwrap(), export);
    let plan = env.policies.plan(&export).prune().await.unwrap();
    assert!(plan.is_empty(), "{}", plan.to_text());

    // Apply the export to another project.
    let other = env.client.project("prj_2").unwrap().policies();
    let plan = other.plan(&export).await.unwrap();
    assert_complete(&other.apply(plan).await.unwrap());
    assert_eq!(other.export().await.unwrap(), export);
}

#[tokio::test]
async fn a_rollback_restores_the_values_from_before_the_apply() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "t", "sql": "SELECT 1"}));
    env.store(json!({"name": "updated", "query_mode": "templates", "max_rows": 5, "new_guard": 1}));
    env.store(json!({"name": "deleted", "table_denylist": ["x"]}));
    env.store(json!({"name": "same"}));
    let before = env.policies.export().await.unwrap();

    let set = set([
        json!({"name": "updated", "query_mode": "sql"}),
        json!({"name": "created"}),
        json!({"name": "same"}),
    ]);
    let plan = env.policies.plan(&set).prune().await.unwrap();
    let report = env.policies.apply(plan).await.unwrap();
    assert_complete(&report);
    env.store(json!({"name": "other"}));

    let rollback = env.policies.rollback(&report).await.unwrap();
    assert_eq!(
        rollback.summary().to_string(),
        "2 to create, 1 to update, 1 to delete, 0 unchanged"
    );
    let rollback = Plan::load(&rollback.save()).unwrap();
    assert_complete(&env.policies.apply(rollback).await.unwrap());
    let plan = env.policies.plan(&before).prune().await.unwrap();
    let changes: Vec<_> = plan.changes().map(summary).collect();
    assert_eq!(changes, [(Action::Delete, "other", Effect::Neutral)]);
}

#[tokio::test]
async fn a_rollback_that_prunes_is_refused_before_anything_is_sent() {
    let env = TestEnv::start().await;
    env.store(json!({"name": "same"}));
    let report = env.converge(&set([json!({"name": "created"})])).await;
    env.requests();
    let error = env.policies.rollback(&report).prune().await.unwrap_err();
    assert!(error.is_invalid(), "{error}");
    assert!(error.to_string().contains("without `prune`"), "{error}");
    assert!(env.requests().is_empty());
}

#[tokio::test]
async fn the_drift_of_a_field_that_only_the_set_has_is_unknown() {
    let env = TestEnv::start().await;
    env.store(json!({"name": "a"}));
    let drift = env
        .policies
        .drift(&set([json!({"name": "a", "new_guard": 1})]))
        .await
        .unwrap();
    let expected = json!([{"field": "new_guard", "from": 1, "to": null, "effect": "unknown"}]);
    assert_eq!(drift.to_json()[0]["fields"], expected);
}

//! Tests of apply with failed steps, stale plans, lost responses and replayed responses.

use std::sync::{Arc, Mutex};

use pgbeam::policies::{
    PolicyProfileInput, QueryTemplateInput,
    apply::{Report, Status},
    document::PolicySet,
    plan::{Action, Plan},
};
use pgbeam_emulator::Fault;
use serde_json::json;

use crate::support::{PROJECT, TestEnv, assert_complete, counts, set};

fn statuses(report: &Report) -> Vec<(&str, &'static str)> {
    let outcomes = report.outcomes().iter();
    outcomes
        .map(|outcome| (outcome.step().name(), outcome.status().as_str()))
        .collect()
}

#[tokio::test]
async fn nothing_is_loosened_or_deleted_after_a_failed_tightening() {
    let env = TestEnv::start().await;
    for name in ["deleted", "loosened", "tightened 1", "tightened 2"] {
        env.store(json!({"name": name, "max_rows": 5}));
    }
    env.store_template(json!({"name": "removed", "sql": "SELECT 1"}));
    let set = set([
        json!({"name": "loosened"}),
        json!({"name": "tightened 1", "max_rows": 4}),
        json!({"name": "tightened 2", "max_rows": 4}),
        json!({"name": "created"}),
    ]);
    let plan = env.policies.plan(&set).prune().await.unwrap();
    env.requests();
    env.emulator
        .inject_fault(Fault::status(500).on("updatePolicyProfile"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let progress = seen.clone();
    let apply = env
        .policies
        .apply(&plan)
        .concurrency(1)
        .on_progress(move |step| {
            let name = step.outcome().step().name().to_owned();
            progress
                .lock()
                .unwrap()
                .push((step.finished(), step.total(), name));
        });
    let report = apply.await.unwrap();

    assert!(!report.is_complete());
    let expected = [
        ("tightened 1", "failed"),
        ("tightened 2", "done"),
        ("created", "done"),
        ("loosened", "not_done"),
        ("deleted", "not_done"),
        ("removed", "not_done"),
    ];
    assert_eq!(statuses(&report), expected);
    let failures: Vec<_> = report
        .failures()
        .map(|(step, error)| (step.name(), error.status()))
        .collect();
    assert_eq!(failures, [("tightened 1", Some(500))]);
    let writes = counts([
        ("createPolicyProfile", 1),
        ("listPolicyProfiles", 1),
        ("updatePolicyProfile", 2),
    ]);
    assert_eq!(env.requests(), writes);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), 6);
    assert_eq!(seen[5], (6, 6, "removed".to_owned()));
    assert_eq!(report.to_json()[3]["status"], "not_done");
    assert!(
        report
            .to_text()
            .starts_with("failed   update policy profile \"tightened 1\"")
    );

    // A new plan makes the remaining changes.
    let plan = env.policies.plan(&set).prune().await.unwrap();
    assert_eq!(plan.changes().count(), 4);
    assert_complete(&env.policies.apply(plan).await.unwrap());
    assert!(env.policies.plan(&set).prune().await.unwrap().is_empty());
}

#[tokio::test]
async fn after_a_template_fails_other_templates_and_loosening_steps_do_not_start() {
    let env = TestEnv::start().await;
    env.store(json!({"name": "loosened", "max_rows": 5}));
    let template = |name: &str| QueryTemplateInput::new(name, "SELECT 1");
    let set = set([json!({"name": "loosened"})]);
    let set = set
        .query_template(template("a"))
        .query_template(template("b"));
    let plan = env.policies.plan(&set).await.unwrap();
    env.emulator
        .inject_fault(Fault::status(401).on("createQueryTemplate"));
    let report = env.policies.apply(&plan).concurrency(1).await.unwrap();
    let expected = [("a", "failed"), ("b", "not_done"), ("loosened", "not_done")];
    assert_eq!(statuses(&report), expected);
}

#[tokio::test]
async fn templates_are_created_before_the_profiles_that_need_them() {
    let env = TestEnv::start().await;
    let needs_templates = set([json!({"name": "a", "query_mode": "templates"})]);
    let with_template = needs_templates
        .clone()
        .query_template(QueryTemplateInput::new("t", "SELECT 1"));
    assert_complete(&env.converge(&with_template).await);
    // Updates the profile before it deletes the last template.
    let without = set([json!({"name": "a", "query_mode": "sql"})]);
    let plan = env.policies.plan(&without).prune().await.unwrap();
    assert!(plan.warnings().is_empty());
    assert_complete(&env.policies.apply(plan).await.unwrap());

    let plan = env.policies.plan(&needs_templates).await.unwrap();
    assert!(plan.warnings()[0].contains("no enabled query template"));
    let report = env.policies.apply(plan).await.unwrap();
    assert!(
        matches!(report.outcomes()[0].status(), Status::Failed(error) if error.status() == Some(400))
    );
}

/// The project has no enabled query template, so the server rejects a body with the `query_mode` `templates`. `apply`
/// omits the unchanged field, so the server keeps the stored value and the update succeeds.
#[tokio::test]
async fn an_unchanged_query_mode_does_not_make_an_update_fail() {
    let env = TestEnv::start().await;
    let template = env.store_template(json!({"name": "t", "sql": "SELECT 1"}));
    env.store(json!({"name": "a", "query_mode": "templates"}));
    let templates = env.client.project(PROJECT).unwrap().query_templates();
    templates.edit(&template).enabled(false).await.unwrap();
    for mode in [
        json!({"name": "a"}),
        json!({"name": "a", "query_mode": "templates"}),
    ] {
        for rows in [1, 2] {
            let mut profile = mode.clone();
            profile["max_rows"] = rows.into();
            assert_complete(&env.converge(&set([profile])).await);
            let stored = &env.stored()["a"];
            assert_eq!(
                (&stored["max_rows"], &stored["query_mode"]),
                (&json!(rows), &json!("templates"))
            );
        }
    }
}

#[tokio::test]
async fn a_stale_saved_plan_is_refused() {
    let env = TestEnv::start().await;
    let id = env.store(json!({"name": "a"}));
    let template = env.store_template(json!({"name": "t", "sql": "SELECT 1"}));
    env.store(json!({"name": "b"}));
    let set = set([json!({"name": "a", "max_rows": 1}), json!({"name": "c"})]);
    let saved = env.policies.plan(&set).prune().await.unwrap().save();
    let templates = env.client.project(PROJECT).unwrap().query_templates();
    templates.delete(&template).await.unwrap();
    env.policies.edit(&id).max_rows(7).await.unwrap();
    let created = env.store(json!({"name": "c"}));
    env.requests();

    let error = env
        .policies
        .apply(Plan::load(&saved).unwrap())
        .await
        .unwrap_err();
    assert!(error.is_invalid());
    let message = error.to_string();
    for part in [
        format!("the policy profile \"a\" ({id}) was changed: make a new plan"),
        format!("the policy profile \"c\" was created ({created})"),
        format!("the query template \"t\" ({template}) was deleted"),
    ] {
        assert!(message.contains(&part), "{part}: {message}");
    }
    assert_eq!(error.field_errors().len(), 3);
    let reads = counts([
        ("getPolicyProfile", 2),
        ("getQueryTemplate", 1),
        ("listPolicyProfiles", 1),
    ]);
    assert_eq!(env.requests(), reads);
    assert_eq!(env.stored()["a"]["max_rows"], 7);
}

#[tokio::test]
async fn a_plan_of_another_project_and_invalid_json_are_refused() {
    let env = TestEnv::start().await;
    let plan = env
        .policies
        .plan(&set([json!({"name": "a"})]))
        .await
        .unwrap();
    env.requests();
    let other = env.client.project("prj_2").unwrap().policies();
    for plan in [Plan::load(&plan.save()).unwrap(), plan.clone()] {
        let error = other.apply(&plan).await.unwrap_err();
        assert!(error.is_invalid(), "{error}");
        assert!(
            error
                .to_string()
                .contains("belongs to the project prj_1, not to prj_2"),
            "{error}"
        );
    }
    assert!(env.requests().is_empty());
    let newer = plan
        .save()
        .replace("\"pgbeam_plan\": 1", "\"pgbeam_plan\": 2");
    let unknown = plan.save().replace("\"project\"", "\"projects\"");
    let other_action = plan.save().replace("\"create\"", "\"delete\"");
    for json in ["", "{}", "[]", "null", &newer, &unknown, &other_action] {
        let error = Plan::load(json).unwrap_err();
        assert!(
            error.is_invalid() && error.to_string().contains("make a new plan"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_change_after_the_plan_is_not_overwritten() {
    let env = TestEnv::start().await;
    let updated = env.store(json!({"name": "updated"}));
    let deleted = env.store(json!({"name": "deleted"}));
    let gone = env.store(json!({"name": "gone"}));
    let set = set([json!({"name": "updated", "max_rows": 1})]);
    let plan = env.policies.plan(&set).prune().await.unwrap();
    env.policies.edit(&updated).deny_table("x").await.unwrap();
    env.policies.edit(&deleted).deny_table("x").await.unwrap();
    env.policies.delete(&gone).await.unwrap();

    let report = env.policies.apply(plan).await.unwrap();
    assert_eq!(
        statuses(&report),
        [
            ("updated", "failed"),
            ("deleted", "not_done"),
            ("gone", "not_done")
        ]
    );
    assert!(
        report.outcomes()[0]
            .error()
            .unwrap()
            .is_precondition_failed()
    );

    let plan = env.policies.plan(&set).prune().await.unwrap();
    env.policies.edit(&deleted).deny_table("y").await.unwrap();
    let report = env.policies.apply(plan).await.unwrap();
    assert_eq!(
        statuses(&report),
        [("updated", "done"), ("deleted", "failed")]
    );
    let error = report.outcomes()[1].error().unwrap().to_string();
    assert!(error.contains("was changed: make a new plan"), "{error}");
    assert_eq!(env.stored()["deleted"]["table_denylist"], json!(["x", "y"]));
}

#[tokio::test]
async fn steps_succeed_if_only_their_responses_are_lost() {
    let env = TestEnv::start().await;
    let updated = env.store(json!({"name": "updated"}));
    env.store(json!({"name": "deleted"}));
    let set = set([
        json!({"name": "updated", "max_rows": 1}),
        json!({"name": "created"}),
    ]);
    for operation in [
        "createPolicyProfile",
        "updatePolicyProfile",
        "deletePolicyProfile",
    ] {
        env.emulator
            .inject_fault(Fault::apply_then_disconnect().on(operation));
    }
    let plan = env.policies.plan(&set).prune().await.unwrap();
    assert_complete(&env.policies.apply(plan).await.unwrap());
    assert_eq!(env.emulator.pending_faults(), 0);
    let stored = env.stored();
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["created", "updated"]);
    assert_eq!(stored["updated"]["id"], *updated);
}

/// The response to every attempt of a creation is lost. The list shows whether the profile was created.
#[tokio::test]
async fn a_creation_that_may_have_been_made_is_looked_up() {
    let env = TestEnv::start().await;
    let set = set([json!({"name": "a"})]);
    env.emulator.inject_fault(
        Fault::apply_then_disconnect()
            .on("createPolicyProfile")
            .forever(),
    );
    let report = env.converge(&set).await;
    assert_complete(&report);
    assert_eq!(
        report.outcomes()[0].step().id(),
        env.stored()["a"]["id"].as_str()
    );

    let env = TestEnv::start().await;
    env.emulator
        .inject_fault(Fault::disconnect().on("createPolicyProfile").forever());
    let report = env.converge(&set).await;
    assert!(report.outcomes()[0].error().unwrap().maybe_applied());
    env.emulator.clear_faults();
    assert_complete(&env.converge(&set).await);
    assert_eq!(env.stored().len(), 1);
}

/// For the idempotency key of the name, the API replays the response to the first creation. The profile was deleted
/// since, so a second request with another key must create the profile again.
#[tokio::test]
async fn a_deleted_profile_is_created_again() {
    let env = TestEnv::start().await;
    let first = set([json!({"name": "a"})]);
    let delete = |id: String| env.policies.delete(id).into_future();
    assert_complete(&env.converge(&first).await);
    let id = |env: &TestEnv| env.stored()["a"]["id"].as_str().unwrap().to_owned();
    let old = id(&env);
    delete(old.clone()).await.unwrap();
    env.requests();
    // With the same fields, the API replays the 201 for the deleted profile.
    let report = env.converge(&first).await;
    assert_complete(&report);
    let new = id(&env);
    assert_ne!(new, old);
    assert_eq!(report.outcomes()[0].step().id(), Some(new.as_str()));
    assert_eq!(env.requests()["createPolicyProfile"], 2);

    // With other fields, the API returns a 409, because the key was used with another body.
    delete(new).await.unwrap();
    assert_complete(
        &env.converge(&set([json!({"name": "a", "max_rows": 5})]))
            .await,
    );
    assert_eq!(env.stored()["a"]["max_rows"], 5);
}

#[tokio::test]
async fn a_rejected_creation_is_retried_once_with_another_key() {
    for status in [400, 402, 403, 404, 409, 413, 415, 422] {
        let env = TestEnv::start().await;
        let set = set([json!({"name": "a"})]);
        let fault = Fault::status(status).on("createPolicyProfile");
        env.emulator.inject_fault(fault.clone());
        assert_complete(&env.converge(&set).await);
        let keys: Vec<_> = env
            .emulator
            .received()
            .for_operation("createPolicyProfile")
            .into_iter()
            .collect();
        assert_eq!(keys.len(), 2, "{status}");
        assert_ne!(keys[0].idempotency_key(), keys[1].idempotency_key());

        let env = TestEnv::start().await;
        env.emulator.inject_fault(fault.times(2));
        let report = env.converge(&set).await;
        assert_eq!(report.outcomes()[0].error().unwrap().status(), Some(status));
        assert_eq!(env.requests()["createPolicyProfile"], 2);
        assert!(env.stored().is_empty());
    }
}

#[tokio::test]
async fn a_deleted_template_is_created_again() {
    let env = TestEnv::start().await;
    let set = PolicySet::new().query_template(QueryTemplateInput::new("t", "SELECT 1"));
    assert_complete(&env.converge(&set).await);
    let templates = env.client.project(PROJECT).unwrap().query_templates();
    let id = env.project().query_templates()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    templates.delete(&id).await.unwrap();
    assert_complete(&env.converge(&set).await);
    assert!(env.policies.plan(&set).await.unwrap().is_empty());
}

#[tokio::test]
async fn ensure_creates_or_updates_a_profile_or_leaves_it_unchanged() {
    let env = TestEnv::start().await;
    let profile = PolicyProfileInput::new("a").max_rows(5);
    let created = env.policies.ensure(&profile).await.unwrap();
    assert_eq!(created.action(), Action::Create);
    env.requests();
    let same = env.policies.ensure(&profile).await.unwrap();
    assert_eq!(
        (same.action(), same.id()),
        (Action::Unchanged, created.id())
    );
    assert_eq!(env.requests(), counts([("listPolicyProfiles", 1)]));
    let updated = env.policies.ensure(profile.max_rows(6)).await.unwrap();
    assert_eq!(
        (updated.action(), updated.id()),
        (Action::Update, created.id())
    );
    let requests = [
        ("listPolicyProfiles", 1),
        ("getPolicyProfile", 1),
        ("updatePolicyProfile", 1),
    ];
    assert_eq!(env.requests(), counts(requests));
    assert_eq!(env.stored()["a"]["max_rows"], 6);
}

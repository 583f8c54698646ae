//! Tests of the search by name and of the evaluation of many statements.

use pgbeam::policies::PolicyProfileInput;
use pgbeam_emulator::Fault;
use serde_json::json;

use crate::support::TestEnv;

#[tokio::test]
async fn finds_a_profile_on_any_page() {
    let env = TestEnv::start().await;
    let mut ids = Vec::new();
    for n in 0..250 {
        ids.push(env.store_policy(json!({"name": format!("profile {n}")})));
    }
    for n in [0, 99, 100, 249] {
        env.emulator.clear_received();
        let found = env.policies.find_by_name(format!("profile {n}")).await;
        assert_eq!(found.unwrap().unwrap().id(), &ids[n]);
        // A later page may have a second profile of the name.
        assert_eq!(env.received().operations(), ["listPolicyProfiles"; 3]);
    }
}

#[tokio::test]
async fn compares_names_exactly() {
    let env = TestEnv::start().await;
    for name in ["Support", "support ", "Über"] {
        env.store_policy(json!({ "name": name }));
    }
    for (name, is_found) in [
        ("Support", true),
        ("support ", true),
        ("Über", true),
        ("support", false),
        ("SUPPORT", false),
        (" Support", false),
        ("Supp", false),
        // The same letter, composed of two characters.
        ("U\u{308}ber", false),
        ("", false),
    ] {
        let found = env.policies.find_by_name(name).await.unwrap();
        assert_eq!(found.is_some(), is_found, "{name:?}");
        assert!(found.is_none_or(|profile| profile.name() == name));
    }
}

#[tokio::test]
async fn several_profiles_of_a_name_are_an_error_with_their_ids() {
    let env = TestEnv::start().await;
    let first = env.store_policy(json!({"name": "a \"b\""}));
    for n in 0..120 {
        env.store_policy(json!({"name": format!("other {n}")}));
    }
    let second = env.store_policy(json!({"name": "a \"b\""}));
    let error = env.policies.find_by_name("a \"b\"").await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(
        error.to_string(),
        format!(
            "2 policy profiles have the name \"a \\\"b\\\"\": {first}, {second}; rename or delete all but \
             one, or use an id"
        )
    );
}

#[tokio::test]
async fn error_of_the_list_is_returned() {
    let env = TestEnv::start().await;
    env.emulator.inject_fault(Fault::status(403));
    let error = env.policies.find_by_name("a").await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
}

#[tokio::test]
async fn evaluates_many_statements_in_order() {
    let env = TestEnv::start().await;
    let draft = PolicyProfileInput::new("draft").deny_table("secrets");
    let statements: Vec<_> = (0..100)
        .map(|n| match n % 3 {
            0 => format!("SELECT {n}"),
            1 => format!("SELECT {n} FROM secrets"),
            _ => format!("DELETE FROM orders WHERE id = {n}"),
        })
        .collect();
    let results = env.policies.dry_eval_many(&draft, &statements);
    let results = results.concurrency(16).collect().await;
    assert_eq!(results.len(), statements.len());
    for (n, result) in results.iter().enumerate() {
        let rule = ["ok", "table_denied", "read_only"][n % 3];
        assert_eq!(result.as_ref().unwrap().rule, rule, "{}", statements[n]);
    }
    assert_eq!(env.received().operations(), ["dryEvalPolicy"; 100]);
}

#[tokio::test]
async fn an_error_does_not_stop_the_other_statements() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    env.emulator
        .inject_fault(Fault::status(500).on("dryEvalPolicy"));
    let results = env
        .policies
        .dry_eval_many(&id, ["SELECT 1", "", "SELECT 2"]);
    let results = results.concurrency(1).collect().await;
    let statuses: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().err().map(|error| error.status()))
        .collect();
    assert_eq!(statuses, [Some(Some(500)), Some(None), None]);
}

#[tokio::test]
async fn futures_can_be_spawned() {
    let env = TestEnv::start().await;
    let policies = env.policies.clone();
    let found = tokio::spawn(async move { policies.find_by_name("a").await });
    assert!(found.await.unwrap().unwrap().is_none());
    let policies = env.policies.clone();
    let results = tokio::spawn(async move {
        let draft = PolicyProfileInput::new("draft");
        policies.dry_eval_many(draft, ["SELECT 1"]).collect().await
    });
    assert_eq!(results.await.unwrap().len(), 1);
}

//! Tests of retries: idempotency keys, and writes whose response was lost.

use pgbeam::{RetryPolicy, policies::PolicyProfileInput};
use pgbeam_emulator::Fault;
use serde_json::json;

use crate::support::TestEnv;

fn input() -> PolicyProfileInput {
    PolicyProfileInput::new("once")
}

/// Returns the idempotency keys of all received requests, `""` for a request without a key.
fn keys(env: &TestEnv) -> Vec<String> {
    let received = env.received();
    received
        .iter()
        .map(|sent| sent.idempotency_key().unwrap_or_default().to_owned())
        .collect()
}

fn is_uuid_v4(key: &str) -> bool {
    let parts: Vec<_> = key.split('-').collect();
    let is_hex = |part: &str| {
        part.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| is_hex(part))
        && parts[2].starts_with('4')
        && parts[3].starts_with(['8', '9', 'a', 'b'])
}

#[tokio::test]
async fn create_with_a_lost_response_creates_one_profile() {
    let env = TestEnv::start().await;
    for fault in [
        Fault::apply_then_disconnect(),
        Fault::truncate(),
        Fault::status(502).after_applying(),
        Fault::html(504, "<h1>Gateway Timeout</h1>").after_applying(),
    ] {
        let before = env.project().policies().len();
        env.emulator.clear_received();
        env.emulator.inject_fault(fault.on("createPolicyProfile"));
        let created = env.policies.create(input()).await.unwrap();
        assert_eq!(
            (created.meta().status(), created.meta().attempts()),
            (201, 2)
        );
        assert_eq!(created.meta().header("idempotency-replayed"), Some("true"));
        assert_eq!(env.project().policies().len(), before + 1);
        assert_eq!(env.project().policies()[before]["id"], created.id());
        let keys = keys(&env);
        assert_eq!(keys.len(), 2);
        assert!(keys[0] == keys[1] && is_uuid_v4(&keys[0]), "{keys:?}");
        let received = env.received();
        assert_eq!(received[0].body, received[1].body);
    }
}

#[tokio::test]
async fn each_call_has_a_new_key() {
    let env = TestEnv::start().await;
    env.policies.create(input()).await.unwrap();
    env.policies.create(input()).await.unwrap();
    let create = env.policies.create(input());
    create.clone().await.unwrap();
    create.await.unwrap();
    let mut keys = keys(&env);
    assert!(keys.iter().all(|key| is_uuid_v4(key)), "{keys:?}");
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), env.project().policies().len()), (4, 4));
}

#[tokio::test]
async fn only_posts_have_a_key() {
    let env = TestEnv::start().await;
    env.project().agent("agt_1");
    let policies = &env.policies;
    let id = env.store_policy(json!({"name": "p"}));
    policies.create(input()).await.unwrap();
    policies.dry_eval(&id, "SELECT 1").await.unwrap();
    policies.replay(&id).await.unwrap();
    policies.recommend("agt_1").await.unwrap();
    let template = pgbeam::policies::QueryTemplateInput::new("one", "SELECT 1");
    env.templates.create(template).await.unwrap();
    let posts = keys(&env);
    assert!(
        posts.len() == 5 && posts.iter().all(|key| is_uuid_v4(key)),
        "{posts:?}"
    );

    env.emulator.clear_received();
    policies.get(&id).await.unwrap();
    policies.list().await.unwrap();
    policies.update(&id, input()).await.unwrap();
    policies.edit(&id).max_rows(1).await.unwrap();
    policies.statement_kinds(&id).await.unwrap();
    policies.delete(&id).await.unwrap();
    assert_eq!(keys(&env), [""; 7]);
}

#[tokio::test]
async fn dry_evaluation_is_retried_with_the_same_key() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    env.emulator
        .inject_fault(Fault::disconnect().on("dryEvalPolicy"));
    env.emulator
        .inject_fault(Fault::status(502).on("dryEvalPolicy"));
    let verdict = env.policies.dry_eval(&id, "SELECT 1").await.unwrap();
    assert_eq!((verdict.is_allowed(), verdict.meta().attempts()), (true, 3));
    let keys = keys(&env);
    assert!(
        keys.iter().all(|key| *key == keys[0] && is_uuid_v4(key)),
        "{keys:?}"
    );
}

#[tokio::test]
async fn sends_no_key_without_retries() {
    let env = TestEnv::with(|builder| builder.max_retries(0)).await;
    env.policies.create(input()).await.unwrap();
    let per_call = TestEnv::start().await;
    per_call
        .policies
        .create(input())
        .retry(RetryPolicy::none())
        .await
        .unwrap();
    let without_keys = TestEnv::with(|builder| builder.idempotency_keys(false)).await;
    without_keys.policies.create(input()).await.unwrap();
    for env in [env, per_call, without_keys] {
        assert_eq!(keys(&env), [""]);
        assert!(!env.only_request().headers.contains_key("idempotency-key"));
    }
}

#[tokio::test]
async fn create_without_a_key_is_not_retried_after_a_lost_response() {
    let env = TestEnv::with(|builder| builder.idempotency_keys(false)).await;
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("createPolicyProfile"));
    let error = env.policies.create(input()).await.unwrap_err();
    assert!(error.is_network() && error.maybe_applied(), "{error}");
    assert_eq!((error.attempts(), env.project().policies().len()), (1, 1));

    // Requests that the server has rejected are retried even without a key.
    env.emulator
        .inject_fault(Fault::status(429).retry_after(0).on("createPolicyProfile"));
    env.emulator
        .inject_fault(Fault::status(503).retry_after(0).on("createPolicyProfile"));
    env.emulator
        .inject_fault(Fault::status(408).on("createPolicyProfile"));
    assert_eq!(
        env.policies
            .create(input())
            .await
            .unwrap()
            .meta()
            .attempts(),
        4
    );
    assert_eq!(env.project().policies().len(), 2);
}

#[tokio::test]
async fn key_of_the_caller_is_sent_unchanged() {
    let env = TestEnv::start().await;
    let key = "Order-4711/!~\u{7e}";
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("createPolicyProfile"));
    let first = env
        .policies
        .create(input())
        .idempotency_key(key)
        .await
        .unwrap();
    // A second call with the same key, as from another process.
    let again = env
        .policies
        .create(input())
        .idempotency_key(key)
        .retry(RetryPolicy::none());
    assert_eq!(again.await.unwrap().id(), first.id());
    let by_header = env
        .policies
        .create(input())
        .header("IDEMPOTENCY-key", key)
        .await
        .unwrap();
    assert_eq!(by_header.id(), first.id());
    assert_eq!(keys(&env), [key; 4]);
    assert_eq!(env.project().policies().len(), 1);

    let other = PolicyProfileInput::new("another");
    let error = env
        .policies
        .create(other)
        .idempotency_key(key)
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.code().unwrap().as_str(), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(env.project().policies().len(), 1);
}

#[tokio::test]
async fn rejects_an_invalid_key_before_sending() {
    let env = TestEnv::start().await;
    for key in ["", "a b", "a\nb", "é", &"k".repeat(256)] {
        let error = env
            .policies
            .create(input())
            .idempotency_key(key)
            .await
            .unwrap_err();
        assert_eq!(
            error.field_errors()[0].field(),
            "Idempotency-Key",
            "{key:?}"
        );
        assert_eq!(error.attempts(), 0);
    }
    assert!(env.received().is_empty());
}

#[tokio::test]
async fn delete_with_a_lost_response_succeeds() {
    for fault in [
        Fault::apply_then_disconnect(),
        Fault::status(502).after_applying(),
    ] {
        let env = TestEnv::start().await;
        let id = env.store_policy(json!({"name": "p"}));
        env.emulator.inject_fault(fault.on("deletePolicyProfile"));
        let deleted = env.policies.delete(&id).await.unwrap();
        assert_eq!(
            (deleted.meta().status(), deleted.meta().attempts()),
            (204, 2)
        );
        assert!(env.project().policies().is_empty());
        // A 404 without a lost response is an error.
        assert!(env.policies.delete(&id).await.unwrap_err().is_not_found());
    }
    let env = TestEnv::start().await;
    env.emulator
        .inject_fault(Fault::status(429).retry_after(0).on("deletePolicyProfile"));
    let error = env.policies.delete("pol_missing").await.unwrap_err();
    assert_eq!(
        (error.status(), error.attempts()),
        (Some(404), 2),
        "a 429 has no effect"
    );
}

#[tokio::test]
async fn update_with_a_lost_response_succeeds() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p", "access_mode": "read_write"}));
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("updatePolicyProfile"));
    assert_eq!(
        env.policies.update(&id, input()).await.unwrap().name(),
        "once"
    );

    // With `If-Match`, the retry gets 412 because of the first request.
    for fault in [
        Fault::apply_then_disconnect(),
        Fault::status(502).after_applying(),
    ] {
        let etag = env
            .policies
            .get(&id)
            .await
            .unwrap()
            .etag()
            .unwrap()
            .to_owned();
        env.emulator.inject_fault(fault.on("updatePolicyProfile"));
        let input = PolicyProfileInput::new(&etag)
            .max_rows(7)
            .table_allowlist(["public.orders"]);
        let updated = env
            .policies
            .update(&id, input)
            .if_match(&etag)
            .await
            .unwrap();
        assert_eq!((updated.name(), updated.max_rows()), (etag.as_str(), 7));
        assert_eq!(
            (updated.meta().status(), updated.meta().attempts()),
            (200, 2)
        );
        let now = env.policies.get(&id).await.unwrap();
        assert_eq!((now.name(), now.etag()), (etag.as_str(), updated.etag()));
        assert_eq!(now.query_mode(), updated.query_mode());
    }
}

#[tokio::test]
async fn update_with_a_lost_response_and_a_concurrent_change_is_ambiguous() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let etag = env
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    env.policies
        .update(&id, PolicyProfileInput::new("other"))
        .await
        .unwrap();
    env.emulator
        .inject_fault(Fault::disconnect().on("updatePolicyProfile"));
    let update = env
        .policies
        .update(&id, PolicyProfileInput::new("mine"))
        .if_match(&etag);
    let error = update.await.unwrap_err();
    assert!(
        error.is_precondition_failed() && error.maybe_applied(),
        "{error}"
    );
    let now = env.policies.get(&id).await.unwrap();
    assert_eq!((now.name(), now.etag()), ("other", error.etag()));
}

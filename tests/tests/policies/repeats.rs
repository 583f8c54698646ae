//! Requests that are sent again: idempotency keys, and writes whose answer was lost.

use pgbeam::{RetryPolicy, policies::PolicyProfileInput};
use pgbeam_emulator::Fault;
use serde_json::json;

use crate::support::Bench;

fn input() -> PolicyProfileInput {
    PolicyProfileInput::new("once")
}

/// The keys of all requests so far, `""` where there was none.
fn keys(bench: &Bench) -> Vec<String> {
    let received = bench.received();
    received
        .iter()
        .map(|sent| sent.idempotency_key().unwrap_or_default().to_owned())
        .collect()
}

fn is_uuid_v4(key: &str) -> bool {
    let parts: Vec<_> = key.split('-').collect();
    let hex = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| hex(part))
        && parts[2].starts_with('4')
        && parts[3].starts_with(['8', '9', 'a', 'b'])
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_creates_one() {
    let bench = Bench::start().await;
    for fault in [
        Fault::apply_then_disconnect(),
        Fault::truncate(),
        Fault::status(502).after_applying(),
        Fault::html(504, "<h1>Gateway Timeout</h1>").after_applying(),
    ] {
        let before = bench.project().policies().len();
        bench.emulator.clear_received();
        bench.emulator.inject_fault(fault.on("createPolicyProfile"));
        let created = bench.policies.create(input()).await.unwrap();
        assert_eq!(
            (created.meta().status(), created.meta().attempts()),
            (201, 2)
        );
        assert_eq!(created.meta().header("idempotency-replayed"), Some("true"));
        assert_eq!(bench.project().policies().len(), before + 1);
        assert_eq!(bench.project().policies()[before]["id"], created.id());
        let keys = keys(&bench);
        assert_eq!(keys.len(), 2);
        assert!(keys[0] == keys[1] && is_uuid_v4(&keys[0]), "{keys:?}");
        let received = bench.received();
        assert_eq!(received[0].body, received[1].body);
    }
}

#[tokio::test]
async fn each_call_has_a_key_of_its_own() {
    let bench = Bench::start().await;
    bench.policies.create(input()).await.unwrap();
    bench.policies.create(input()).await.unwrap();
    let create = bench.policies.create(input());
    create.clone().await.unwrap();
    create.await.unwrap();
    let mut keys = keys(&bench);
    assert!(keys.iter().all(|key| is_uuid_v4(key)), "{keys:?}");
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), bench.project().policies().len()), (4, 4));
}

#[tokio::test]
async fn every_post_carries_a_key_and_nothing_else_does() {
    let bench = Bench::start().await;
    bench.project().agent("agt_1");
    let policies = &bench.policies;
    let id = bench.stored(json!({"name": "p"}));
    policies.create(input()).await.unwrap();
    policies.dry_eval(&id, "SELECT 1").await.unwrap();
    policies.replay(&id).await.unwrap();
    policies.recommend("agt_1").await.unwrap();
    let template = pgbeam::policies::QueryTemplateInput::new("one", "SELECT 1");
    bench.templates.create(template).await.unwrap();
    let posts = keys(&bench);
    assert!(
        posts.len() == 5 && posts.iter().all(|key| is_uuid_v4(key)),
        "{posts:?}"
    );

    bench.emulator.clear_received();
    policies.get(&id).await.unwrap();
    policies.list().await.unwrap();
    policies.update(&id, input()).await.unwrap();
    policies.edit(&id).max_rows(1).await.unwrap();
    policies.statement_kinds(&id).await.unwrap();
    policies.delete(&id).await.unwrap();
    assert_eq!(keys(&bench), [""; 7]);
}

#[tokio::test]
async fn an_evaluation_is_repeated_like_any_keyed_request() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    bench
        .emulator
        .inject_fault(Fault::disconnect().on("dryEvalPolicy"));
    bench
        .emulator
        .inject_fault(Fault::status(502).on("dryEvalPolicy"));
    let verdict = bench.policies.dry_eval(&id, "SELECT 1").await.unwrap();
    assert_eq!((verdict.is_allowed(), verdict.meta().attempts()), (true, 3));
    let keys = keys(&bench);
    assert!(
        keys.iter().all(|key| *key == keys[0] && is_uuid_v4(key)),
        "{keys:?}"
    );
}

#[tokio::test]
async fn without_retries_there_is_no_key() {
    let bench = Bench::with(|builder| builder.max_retries(0)).await;
    bench.policies.create(input()).await.unwrap();
    let bench_of_call = Bench::start().await;
    bench_of_call
        .policies
        .create(input())
        .retry(RetryPolicy::none())
        .await
        .unwrap();
    let off = Bench::with(|builder| builder.idempotency_keys(false)).await;
    off.policies.create(input()).await.unwrap();
    for bench in [bench, bench_of_call, off] {
        assert_eq!(keys(&bench), [""]);
        assert!(!bench.only().headers.contains_key("idempotency-key"));
    }
}

#[tokio::test]
async fn without_a_key_a_create_whose_answer_was_lost_is_not_repeated() {
    let bench = Bench::with(|builder| builder.idempotency_keys(false)).await;
    bench
        .emulator
        .inject_fault(Fault::apply_then_disconnect().on("createPolicyProfile"));
    let error = bench.policies.create(input()).await.unwrap_err();
    assert!(error.is_network() && error.maybe_applied(), "{error}");
    assert_eq!((error.attempts(), bench.project().policies().len()), (1, 1));

    // What cannot have acted may be repeated all the same.
    bench
        .emulator
        .inject_fault(Fault::status(429).retry_after(0).on("createPolicyProfile"));
    bench
        .emulator
        .inject_fault(Fault::status(503).retry_after(0).on("createPolicyProfile"));
    bench
        .emulator
        .inject_fault(Fault::status(408).on("createPolicyProfile"));
    assert_eq!(
        bench
            .policies
            .create(input())
            .await
            .unwrap()
            .meta()
            .attempts(),
        4
    );
    assert_eq!(bench.project().policies().len(), 2);
}

#[tokio::test]
async fn the_callers_key_is_used_to_the_letter() {
    let bench = Bench::start().await;
    let key = "Order-4711/!~\u{7e}";
    bench
        .emulator
        .inject_fault(Fault::apply_then_disconnect().on("createPolicyProfile"));
    let first = bench
        .policies
        .create(input())
        .idempotency_key(key)
        .await
        .unwrap();
    // Another process, which does not know what came of it.
    let again = bench
        .policies
        .create(input())
        .idempotency_key(key)
        .retry(RetryPolicy::none());
    assert_eq!(again.await.unwrap().id(), first.id());
    let by_header = bench
        .policies
        .create(input())
        .header("IDEMPOTENCY-key", key)
        .await
        .unwrap();
    assert_eq!(by_header.id(), first.id());
    assert_eq!(keys(&bench), [key; 4]);
    assert_eq!(bench.project().policies().len(), 1);

    let other = PolicyProfileInput::new("another");
    let error = bench
        .policies
        .create(other)
        .idempotency_key(key)
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.code().unwrap().as_str(), "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(bench.project().policies().len(), 1);
}

#[tokio::test]
async fn a_key_that_the_api_would_not_take_is_refused_here() {
    let bench = Bench::start().await;
    for key in ["", "a b", "a\nb", "é", &"k".repeat(256)] {
        let error = bench
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
    assert!(bench.received().is_empty());
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_has_succeeded() {
    for fault in [
        Fault::apply_then_disconnect(),
        Fault::status(502).after_applying(),
    ] {
        let bench = Bench::start().await;
        let id = bench.stored(json!({"name": "p"}));
        bench.emulator.inject_fault(fault.on("deletePolicyProfile"));
        let deleted = bench.policies.delete(&id).await.unwrap();
        assert_eq!(
            (deleted.meta().status(), deleted.meta().attempts()),
            (204, 2)
        );
        assert!(bench.project().policies().is_empty());
        // A 404 without a lost answer before it is what it says.
        assert!(bench.policies.delete(&id).await.unwrap_err().is_not_found());
    }
    let bench = Bench::start().await;
    bench
        .emulator
        .inject_fault(Fault::status(429).retry_after(0).on("deletePolicyProfile"));
    let error = bench.policies.delete("pol_missing").await.unwrap_err();
    assert_eq!(
        (error.status(), error.attempts()),
        (Some(404), 2),
        "429 has deleted nothing"
    );
}

#[tokio::test]
async fn an_update_whose_answer_was_lost_has_succeeded() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p", "access_mode": "read_write"}));
    bench
        .emulator
        .inject_fault(Fault::apply_then_disconnect().on("updatePolicyProfile"));
    assert_eq!(
        bench.policies.update(&id, input()).await.unwrap().name(),
        "once"
    );

    // With a condition, the second request meets the change that the first one made.
    for fault in [
        Fault::apply_then_disconnect(),
        Fault::status(502).after_applying(),
    ] {
        let etag = bench
            .policies
            .get(&id)
            .await
            .unwrap()
            .etag()
            .unwrap()
            .to_owned();
        bench.emulator.inject_fault(fault.on("updatePolicyProfile"));
        let input = PolicyProfileInput::new(&etag)
            .max_rows(7)
            .table_allowlist(["public.orders"]);
        let updated = bench
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
        let now = bench.policies.get(&id).await.unwrap();
        assert_eq!((now.name(), now.etag()), (etag.as_str(), updated.etag()));
        assert_eq!(now.query_mode(), updated.query_mode());
    }
}

#[tokio::test]
async fn an_update_that_somebody_else_has_overtaken_says_that_it_may_have_been_applied() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let etag = bench
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    bench
        .policies
        .update(&id, PolicyProfileInput::new("other"))
        .await
        .unwrap();
    bench
        .emulator
        .inject_fault(Fault::disconnect().on("updatePolicyProfile"));
    let update = bench
        .policies
        .update(&id, PolicyProfileInput::new("mine"))
        .if_match(&etag);
    let error = update.await.unwrap_err();
    assert!(
        error.is_precondition_failed() && error.maybe_applied(),
        "{error}"
    );
    let now = bench.policies.get(&id).await.unwrap();
    assert_eq!((now.name(), now.etag()), ("other", error.etag()));
}

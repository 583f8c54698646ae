//! Tests of the requests that are sent: idempotency key, call options and credential.

use super::*;

#[tokio::test(start_paused = true)]
async fn key_is_the_same_for_all_attempts_and_new_for_each_call() {
    let replies = [
        Status(502),
        Hang,
        Fail(Outcome::Network),
        Status(201),
        Status(201),
    ];
    let harness = harness(replies);
    harness.call(POST).await.unwrap();
    harness.call(POST).await.unwrap();
    let keys: Vec<_> = harness
        .sent()
        .into_iter()
        .map(|sent| sent.key.unwrap())
        .collect();
    let (first, second) = (
        Uuid::from_u128(0).to_string(),
        Uuid::from_u128(1).to_string(),
    );
    assert_eq!(
        keys,
        [&first, &first, &first, &first, &second].map(Clone::clone)
    );
    let body = Some(br#"{"name":"x"}"#.to_vec());
    assert!(harness.sent().iter().all(|sent| sent.body == body));
}

#[tokio::test(start_paused = true)]
async fn no_key_for_get_put_delete_or_without_retries() {
    for operation in [GET, PUT, DELETE] {
        let harness = harness([Status(200)]);
        harness.call(operation).await.unwrap();
        assert_eq!(harness.sent()[0].key, None, "{}", operation.id);
    }
    let harness = harness_with([Status(201)], |state| state.retry = RetryPolicy::none());
    harness.call(POST).await.unwrap();
    assert_eq!(harness.sent()[0].key, None);
}

#[tokio::test(start_paused = true)]
async fn key_of_the_caller_takes_precedence() {
    for options in [
        CallOptions::new().idempotency_key("mine"),
        CallOptions::new().header("IDEMPOTENCY-KEY", "mine"),
        CallOptions::new()
            .idempotency_key("mine")
            .retry(RetryPolicy::none()),
    ] {
        let harness = harness([Status(201)]);
        harness.call_with(POST, options).await.unwrap();
        assert_eq!(harness.sent()[0].key.as_deref(), Some("mine"));
    }
    // With a key of the caller, the request is safe to retry.
    let harness = harness_with([Status(502), Status(201)], |state| {
        state.idempotency_keys = false
    });
    harness
        .call_with(POST, CallOptions::new().idempotency_key("mine"))
        .await
        .unwrap();
    assert_eq!(harness.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn call_options_override_the_client() {
    let mut team = HeaderMap::new();
    team.insert("x-team", HeaderValue::from_static("client"));
    let harness = harness_with(vec![Hang; 3], |state| state.headers = team);
    let retry = RetryPolicy::new()
        .max_retries(9)
        .initial_backoff(ms(10))
        .max_backoff(ms(10));
    let options = CallOptions::new()
        .attempt_timeout(s(1))
        .total_timeout(ms(2_500))
        .retry(retry);
    let error = harness
        .call_with(GET, options.header("x-team", "call"))
        .await
        .unwrap_err();
    assert_eq!(harness.times(), [ms(0), ms(1_010), ms(2_020)]);
    assert_eq!((error.attempts(), error.elapsed()), (3, ms(2_500)));
    assert!(
        harness
            .sent()
            .iter()
            .all(|sent| sent.team.as_deref() == Some("call"))
    );
}

#[tokio::test(start_paused = true)]
async fn rejects_invalid_options_before_sending() {
    for options in [
        CallOptions::new().header("sp ace", "x"),
        CallOptions::new().header("x-a", "a\nb"),
        CallOptions::new().header("Authorization", "Basic x"),
        CallOptions::new().idempotency_key(""),
        CallOptions::new().idempotency_key("a b"),
        CallOptions::new().idempotency_key("a\nb"),
        CallOptions::new().idempotency_key("k".repeat(256)),
    ] {
        let harness = harness([]);
        let error = harness.call_with(POST, options.clone()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Invalid, 0),
            "{options:?}"
        );
        assert_eq!(error.operation(), Some("createPolicyProfile"));
        assert_eq!(error.field_errors().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn rejects_a_url_that_is_too_long() {
    let harness = harness([]);
    let transport = RetryTransport::new(harness.state.clone(), CallOptions::new());
    let call = Client::new("https://x.test", transport)
        .unwrap()
        .call(&LIST_POLICY_PROFILES);
    let call = call
        .path("project_id", "prj_1")
        .query("page_token", "x".repeat(70_000));
    let error = call.send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Invalid, 0));
}

#[tokio::test(start_paused = true)]
async fn calls_the_credential_provider_once_per_call() {
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let credential = Credential::provider(move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, std::io::Error>(format!("pbk_{n}")) }
    });
    let replies = [Status(503), Status(503), Status(200), Status(403)];
    let harness = harness_with(replies, |state| state.credential = credential);
    harness.call(GET).await.unwrap();
    assert_eq!(harness.call(GET).await.unwrap().attempts, 1);
    let sent: Vec<_> = harness
        .sent()
        .into_iter()
        .map(|sent| sent.authorization.unwrap())
        .collect();
    assert_eq!(
        sent,
        [
            "Bearer pbk_0",
            "Bearer pbk_0",
            "Bearer pbk_0",
            "Bearer pbk_1"
        ]
    );
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn empty_credential_sends_no_header() {
    let harness = harness_with([Status(200)], |state| state.credential = Credential::none());
    harness.call(GET).await.unwrap();
    assert_eq!(harness.sent()[0].authorization, None);
}

#[tokio::test(start_paused = true)]
async fn stalled_credential_provider_times_out_without_an_attempt() {
    for (attempt, total, elapsed, limit) in [
        (s(30), s(120), s(30), "30s (attempt timeout)"),
        (s(30), s(5), s(5), "5s (total timeout)"),
        (s(0), s(120), s(120), "120s (total timeout)"),
    ] {
        let harness = harness_with([], |state| {
            state.credential = Credential::provider(|_| pending::<Result<String, String>>());
            state.timeouts = Timeouts::new(attempt, total);
        });
        let error = harness.call(POST).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
        assert_eq!((error.elapsed(), error.maybe_applied()), (elapsed, false));
        let expected = format!("the credential provider did not return within {limit}");
        assert_eq!(error.message(), expected);
        assert_eq!(error.operation(), Some("createPolicyProfile"));
    }
}

#[tokio::test(start_paused = true)]
async fn credential_provider_counts_for_the_total_timeout() {
    let slow = Credential::provider(|_| async {
        sleep(s(20)).await;
        Ok::<_, String>("pbk_x".to_owned())
    });
    let harness = harness_with([Hang], |state| {
        state.credential = slow;
        state.timeouts = Timeouts::new(s(30), s(25));
    });
    let error = harness.call(GET).await.unwrap_err();
    assert_eq!((harness.times(), error.elapsed()), (vec![s(20)], s(25)));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_after_the_credential_provider_used_up_the_total_timeout() {
    let harness = harness_with([], |state| {
        state.credential = Credential::provider(|_| async {
            sleep(s(25)).await;
            Ok::<_, String>("pbk_x".to_owned())
        });
        state.timeouts = Timeouts::new(s(0), s(25));
    });
    let error = harness.call(POST).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert_eq!((error.elapsed(), error.maybe_applied()), (s(25), false));
}

#[tokio::test(start_paused = true)]
async fn failed_credential_provider_is_not_called_again() {
    let failing = Credential::provider(|_| async { Err::<String, _>("sealed") });
    let harness = harness_with([], |state| state.credential = failing);
    let error = harness.call(GET).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "sealed"
    );
}

#[tokio::test(start_paused = true)]
async fn redacts_the_credential_in_error_responses() {
    let harness = harness([
        Body(400, r#"{"detail":"bad key pbk_secret"}"#),
        StatusWithHeader(401, "www-authenticate", "Bearer pbk_secret"),
        Body(200, r#""pbk_secret""#),
    ]);
    let response = harness.call(GET).await.unwrap();
    assert_eq!(&response.body[..], br#"{"detail":"bad key [redacted]"}"#);
    let response = harness.call(GET).await.unwrap();
    assert_eq!(response.headers["www-authenticate"], "Bearer [redacted]");
    assert_eq!(
        &harness.call(GET).await.unwrap().body[..],
        br#""pbk_secret""#
    );
}

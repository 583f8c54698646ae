//! What each attempt carries: key, options, credential.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_key_is_the_same_on_every_attempt_and_new_on_every_call() {
    let steps = [
        Status(502),
        Hang,
        Fail(Outcome::Network),
        Status(201),
        Status(201),
    ];
    let bench = bench(steps);
    bench.call(POST).await.unwrap();
    bench.call(POST).await.unwrap();
    let keys: Vec<_> = bench
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
    assert!(bench.sent().iter().all(|sent| sent.body == body));
}

#[tokio::test(start_paused = true)]
async fn no_key_is_made_for_what_needs_none() {
    for operation in [GET, PUT, DELETE] {
        let bench = bench([Status(200)]);
        bench.call(operation).await.unwrap();
        assert_eq!(bench.sent()[0].key, None, "{}", operation.id);
    }
    let bench = bench_with([Status(201)], |shared| shared.retry = RetryPolicy::none());
    bench.call(POST).await.unwrap();
    assert_eq!(bench.sent()[0].key, None);
}

#[tokio::test(start_paused = true)]
async fn a_key_of_the_callers_own_goes_before_one_that_is_made() {
    for options in [
        CallOptions::new().idempotency_key("mine"),
        CallOptions::new().header("IDEMPOTENCY-KEY", "mine"),
        CallOptions::new()
            .idempotency_key("mine")
            .retry(RetryPolicy::none()),
    ] {
        let bench = bench([Status(201)]);
        bench.call_with(POST, options).await.unwrap();
        assert_eq!(bench.sent()[0].key.as_deref(), Some("mine"));
    }
    // With it, what the client would not repeat by itself is repeated.
    let bench = bench_with([Status(502), Status(201)], |shared| {
        shared.idempotency_keys = false
    });
    bench
        .call_with(POST, CallOptions::new().idempotency_key("mine"))
        .await
        .unwrap();
    assert_eq!(bench.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_options_of_a_call_go_before_the_clients() {
    let mut team = HeaderMap::new();
    team.insert("x-team", HeaderValue::from_static("client"));
    let bench = bench_with(vec![Hang; 3], |shared| shared.headers = team);
    let retry = RetryPolicy::new()
        .max_retries(9)
        .initial_delay(ms(10))
        .max_delay(ms(10));
    let options = CallOptions::new()
        .timeout(s(1))
        .total_budget(ms(2_500))
        .retry(retry);
    let error = bench
        .call_with(GET, options.header("x-team", "call"))
        .await
        .unwrap_err();
    assert_eq!(bench.times(), [ms(0), ms(1_010), ms(2_020)]);
    assert_eq!((error.attempts(), error.elapsed()), (3, ms(2_500)));
    assert!(
        bench
            .sent()
            .iter()
            .all(|sent| sent.team.as_deref() == Some("call"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_options_is_said_and_nothing_is_sent() {
    for options in [
        CallOptions::new().header("sp ace", "x"),
        CallOptions::new().header("x-a", "a\nb"),
        CallOptions::new().header("Authorization", "Basic x"),
        CallOptions::new().idempotency_key(""),
        CallOptions::new().idempotency_key("a b"),
        CallOptions::new().idempotency_key("a\nb"),
        CallOptions::new().idempotency_key("k".repeat(256)),
    ] {
        let bench = bench([]);
        let error = bench.call_with(POST, options.clone()).await.unwrap_err();
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
async fn a_url_that_http_cannot_carry_is_refused() {
    let bench = bench([]);
    let bound = Bound::new(bench.shared.clone(), CallOptions::new());
    let call = Client::new("https://x.test", bound)
        .unwrap()
        .call(&LIST_POLICY_PROFILES);
    let call = call
        .path("project_id", "prj_1")
        .query("page_token", "x".repeat(70_000));
    let error = call.send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Invalid, 0));
}

#[tokio::test(start_paused = true)]
async fn the_credential_is_asked_once_a_call() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let credential = Credential::callback(move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, std::io::Error>(format!("pbk_{n}")) }
    });
    let steps = [Status(503), Status(503), Status(200), Status(403)];
    let bench = bench_with(steps, |shared| shared.credential = credential);
    bench.call(GET).await.unwrap();
    assert_eq!(bench.call(GET).await.unwrap().attempts, 1);
    let sent: Vec<_> = bench
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
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn an_empty_credential_sends_no_header() {
    let bench = bench_with([Status(200)], |shared| {
        shared.credential = Credential::none()
    });
    bench.call(GET).await.unwrap();
    assert_eq!(bench.sent()[0].authorization, None);
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_stalls_is_a_timeout_without_an_attempt() {
    for (timeout, budget, want, why) in [
        (s(30), s(120), s(30), "30s, the timeout of one attempt"),
        (s(30), s(5), s(5), "5s, the total budget of the call"),
        (s(0), s(120), s(120), "120s, the total budget of the call"),
    ] {
        let bench = bench_with([], |shared| {
            shared.credential = Credential::callback(|_| pending::<Result<String, String>>());
            shared.limits = Limits::new(timeout, budget);
        });
        let error = bench.call(POST).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
        assert_eq!((error.elapsed(), error.maybe_applied()), (want, false));
        let want = format!("the credential callback did not answer within {why}");
        assert_eq!(error.message(), want);
        assert_eq!(error.operation(), Some("createPolicyProfile"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_credential_counts_towards_the_budget() {
    let slow = Credential::callback(|_| async {
        sleep(s(20)).await;
        Ok::<_, String>("pbk_x".to_owned())
    });
    let bench = bench_with([Hang], |shared| {
        shared.credential = slow;
        shared.limits = Limits::new(s(30), s(25));
    });
    let error = bench.call(GET).await.unwrap_err();
    assert_eq!((bench.times(), error.elapsed()), (vec![s(20)], s(25)));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_takes_the_whole_budget_leaves_no_attempt() {
    let bench = bench_with([], |shared| {
        shared.credential = Credential::callback(|_| async {
            sleep(s(25)).await;
            Ok::<_, String>("pbk_x".to_owned())
        });
        shared.limits = Limits::new(s(0), s(25));
    });
    let error = bench.call(POST).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
    assert_eq!((error.elapsed(), error.maybe_applied()), (s(25), false));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_fails_is_not_asked_again() {
    let failing = Credential::callback(|_| async { Err::<String, _>("sealed") });
    let bench = bench_with([], |shared| shared.credential = failing);
    let error = bench.call(GET).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "sealed"
    );
}

#[tokio::test(start_paused = true)]
async fn what_an_error_echoes_of_the_credential_is_taken_out() {
    let bench = bench([
        Body(400, r#"{"detail":"bad key pbk_secret"}"#),
        With(401, "www-authenticate", "Bearer pbk_secret"),
        Body(200, r#""pbk_secret""#),
    ]);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(&answer.body[..], br#"{"detail":"bad key [redacted]"}"#);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(answer.headers["www-authenticate"], "Bearer [redacted]");
    assert_eq!(&bench.call(GET).await.unwrap().body[..], br#""pbk_secret""#);
}

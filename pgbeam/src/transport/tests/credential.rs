//! Tests of the credential of each request: the credential provider, a second key after a 401, the redaction
//! of keys, and unencrypted `http`.

use super::*;

/// Returns a provider and a counter of its calls. The provider returns these keys in order, and the last key
/// for every later call. If the key is empty, the provider fails.
fn rotating(keys: &'static [&'static str]) -> (Credential, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let credential = Credential::provider(move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst) as usize;
        let key = keys.get(n).or(keys.last()).copied().unwrap();
        async move {
            if key.is_empty() {
                Err("the vault is sealed")
            } else {
                Ok(key.to_owned())
            }
        }
    });
    (credential, calls)
}

#[tokio::test(start_paused = true)]
async fn calls_the_provider_again_after_a_401() {
    for (keys, replies, expected, calls) in [
        (&["pbk_former1", "pbk_latter"][..], &[401, 200][..], 200, 2),
        (&["pbk_former1", "pbk_latter"], &[401, 401], 401, 2),
        (
            &["pbk_former1", "pbk_latter"],
            &[503, 401, 503, 200],
            200,
            2,
        ),
        // The provider returns the rejected key again, or fails.
        (&["pbk_former1"], &[401], 401, 2),
        (&["pbk_former1", ""], &[401], 401, 2),
        // The provider is not called again after another status.
        (&["pbk_former1", "pbk_latter"], &[403], 403, 1),
    ] {
        // A POST is also retried, because the server did not execute a request that it rejected with 401.
        for operation in [GET, PUT, POST] {
            let (credential, count) = rotating(keys);
            let harness = harness_with(replies.iter().map(|status| Status(*status)), |state| {
                state.credential = credential;
            });
            let response = harness.call(operation).await.unwrap();
            assert_eq!(
                (response.status.as_u16(), response.attempts as usize),
                (expected, replies.len())
            );
            assert_eq!(count.load(Ordering::SeqCst), calls, "{keys:?} {replies:?}");
            let last = harness
                .sent()
                .last()
                .unwrap()
                .authorization
                .clone()
                .unwrap();
            let renewed = calls == 2 && replies.len() > 1;
            assert_eq!(
                last,
                if renewed {
                    "Bearer pbk_latter"
                } else {
                    "Bearer pbk_former1"
                }
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn provider_receives_the_rejected_key() {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    let credential = Credential::provider(move |request| {
        let mut seen = seen.lock().unwrap();
        let key = format!("pbk_secret{}", seen.len());
        assert!(!format!("{request:?} {request:#?}").contains("pbk"));
        seen.push(request.rejected().map(str::to_owned));
        async { Ok::<_, String>(key) }
    });
    let replies = [503, 401, 503, 200, 200].map(Status);
    let harness = harness_with(replies, |state| state.credential = credential);
    for _ in 0..2 {
        harness.call(GET).await.unwrap();
    }
    // A new call has no rejected key.
    let rejected = Some("pbk_secret0".to_owned());
    assert_eq!(*requests.lock().unwrap(), [None, rejected, None]);
}

#[tokio::test(start_paused = true)]
async fn caching_provider_reads_again_only_after_a_rejection() {
    let cache = Arc::new(tokio::sync::Mutex::new(None::<String>));
    let reads = Arc::new(AtomicU32::new(0));
    let count = reads.clone();
    // The provider in the documentation of `credential_provider`, with a counter instead of the vault.
    let credential = Credential::provider(move |request| {
        let (cache, reads) = (cache.clone(), count.clone());
        async move {
            let mut cached = cache.lock().await;
            match &*cached {
                Some(key) if request.rejected() != Some(key) => Ok::<_, String>(key.clone()),
                _ => {
                    let read = reads.fetch_add(1, Ordering::SeqCst);
                    Ok(cached.insert(format!("pbk_secret{read}")).clone())
                }
            }
        }
    });
    let replies = [
        vec![Status(200); 2],
        vec![Delayed(s(1), Box::new(Status(401))); 3],
        vec![Status(200); 3],
    ]
    .concat();
    let harness = harness_with(replies, |state| state.credential = credential);
    for expected in [1, 1] {
        harness.call(GET).await.unwrap();
        assert_eq!(reads.load(Ordering::SeqCst), expected);
    }
    // Three concurrent calls with a rejected key.
    let calls = futures_util::future::join_all((0..3).map(|_| harness.call(GET))).await;
    assert!(
        calls
            .iter()
            .all(|call| call.as_ref().unwrap().status == 200)
    );
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn second_provider_call_counts_for_the_total_timeout() {
    // 25 seconds of the total timeout remain, less than the attempt timeout.
    for returns_after in [None, Some(s(25)), Some(s(24))] {
        let count = AtomicU32::new(0);
        let credential = Credential::provider(move |_| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match returns_after {
                    _ if number == 0 => {}
                    Some(wait) => sleep(wait).await,
                    None => pending().await,
                }
                Ok::<_, String>(format!("pbk_secret{number}"))
            }
        });
        let replies = [Delayed(s(25), Box::new(Status(401))), Hang];
        let harness = harness_with(replies, |state| {
            state.credential = credential;
            state.timeouts = Timeouts::new(s(30), s(50));
        });
        let (attempts, elapsed) = match harness.call(GET).await {
            Ok(response) => {
                assert_eq!(response.status.as_u16(), 401);
                (response.attempts, response.elapsed)
            }
            Err(error) => {
                assert!(error.is_timeout(), "{error:?}");
                (error.attempts(), error.elapsed())
            }
        };
        let in_time = returns_after == Some(s(24));
        assert_eq!((attempts, elapsed), (1 + u32::from(in_time), s(50)));
    }
}

#[tokio::test(start_paused = true)]
async fn tries_a_new_key_with_retries_disabled() {
    let (credential, _) = rotating(&["pbk_former1", "pbk_latter"]);
    let harness = harness_with([Status(401), Status(201)], |state| {
        state.credential = credential;
        state.retry = RetryPolicy::none();
    });
    assert_eq!(harness.call(POST).await.unwrap().status, 201);
}

#[tokio::test(start_paused = true)]
async fn rejected_fixed_key_is_not_retried() {
    let harness = harness([Status(401)]);
    assert_eq!(harness.call(GET).await.unwrap().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn returns_the_401_if_the_second_provider_call_stalls() {
    let count = AtomicU32::new(0);
    let credential = Credential::provider(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if !first {
                pending::<()>().await;
            }
            Ok::<_, String>("pbk_secret".to_owned())
        }
    });
    let harness = harness_with([Status(401)], |state| state.credential = credential);
    let response = harness.call(GET).await.unwrap();
    assert_eq!((response.status.as_u16(), response.elapsed), (401, s(30)));
}

#[tokio::test(start_paused = true)]
async fn provider_counts_for_the_attempt_timeout() {
    let slow = || {
        let count = AtomicU32::new(0);
        Credential::provider(move |_| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(s(20)).await;
                Ok::<_, String>(format!("pbk_secret{number}"))
            }
        })
    };
    for (replies, elapsed) in [
        (vec![Hang], s(30)),
        (vec![Delayed(s(5), Box::new(Status(401))), Hang], s(55)),
    ] {
        let harness = harness_with(replies, |state| {
            state.credential = slow();
            state.retry = RetryPolicy::none();
        });
        let error = harness.call(GET).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.elapsed()),
            (ErrorKind::Timeout, elapsed)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn redacts_both_keys() {
    let (credential, _) = rotating(&["pbk_former1", "pbk_latter"]);
    let harness = harness_with(
        [Status(401), Body(401, "pbk_former1 pbk_latter")],
        |state| {
            state.credential = credential;
        },
    );
    let response = harness.call(GET).await.unwrap();
    assert_eq!(response.body, "[redacted] [redacted]");
}

#[tokio::test(start_paused = true)]
async fn sends_the_key_only_over_confidential_connections() {
    let call = |harness: &Harness, url: &str| {
        let transport = RetryTransport::new(harness.state.clone(), CallOptions::new());
        let call = Client::new(url, transport)
            .unwrap()
            .call(&LIST_POLICY_PROFILES);
        call.path("project_id", "prj_1").send()
    };
    for (url, is_allowed) in [
        ("https://x.test", true),
        ("http://127.0.0.1:1", true),
        ("http://localhost", true),
        ("http://x.test", false),
        ("http://10.0.0.1", false),
    ] {
        let harness = harness([Status(200)]);
        let response = call(&harness, url).await;
        assert_eq!(response.is_ok(), is_allowed, "{url}");
        if let Err(error) = response {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
            assert!(error.to_string().contains("allow_http(true)"), "{error}");
            assert!(harness.sent().is_empty());
        }
    }
    let allowed = harness_with([Status(200)], |state| state.allow_http = true);
    call(&allowed, "http://x.test").await.unwrap();
    let none = harness_with([Status(200)], |state| state.credential = Credential::none());
    call(&none, "http://x.test").await.unwrap();
}

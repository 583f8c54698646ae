//! Which credential is sent, and where to.

use super::*;

/// A callback that gives these, one after the other, and the last one for ever.
fn rotating(keys: &'static [&'static str]) -> (Credential, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let credential = Credential::callback(move |_| {
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
    (credential, asked)
}

#[tokio::test(start_paused = true)]
async fn after_a_401_the_callback_is_asked_once_more() {
    for (keys, steps, want, asked) in [
        (&["pbk_former1", "pbk_latter"][..], &[401, 200][..], 200, 2),
        (&["pbk_former1", "pbk_latter"], &[401, 401], 401, 2),
        (
            &["pbk_former1", "pbk_latter"],
            &[503, 401, 503, 200],
            200,
            2,
        ),
        // The same again, or none, helps nobody.
        (&["pbk_former1"], &[401], 401, 2),
        (&["pbk_former1", ""], &[401], 401, 2),
        // No other status asks for another key.
        (&["pbk_former1", "pbk_latter"], &[403], 403, 1),
    ] {
        // Even what may not be sent twice may be sent again: a 401 did nothing.
        for operation in [GET, PUT, POST] {
            let (credential, count) = rotating(keys);
            let bench = bench_with(steps.iter().map(|status| Status(*status)), |shared| {
                shared.credential = credential;
            });
            let answer = bench.call(operation).await.unwrap();
            assert_eq!(
                (answer.status.as_u16(), answer.attempts as usize),
                (want, steps.len())
            );
            assert_eq!(count.load(Ordering::SeqCst), asked, "{keys:?} {steps:?}");
            let last = bench.sent().last().unwrap().authorization.clone().unwrap();
            let renewed = asked == 2 && steps.len() > 1;
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
async fn the_callback_learns_which_key_was_rejected() {
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    let credential = Credential::callback(move |request| {
        let mut seen = seen.lock().unwrap();
        let key = format!("pbk_secret{}", seen.len());
        assert!(!format!("{request:?} {request:#?}").contains("pbk"));
        seen.push(request.rejected().map(str::to_owned));
        async { Ok::<_, String>(key) }
    });
    let steps = [503, 401, 503, 200, 200].map(Status);
    let bench = bench_with(steps, |shared| shared.credential = credential);
    for _ in 0..2 {
        bench.call(GET).await.unwrap();
    }
    // A new call has had no key rejected yet.
    let rejected = Some("pbk_secret0".to_owned());
    assert_eq!(*requests.lock().unwrap(), [None, rejected, None]);
}

#[tokio::test(start_paused = true)]
async fn a_cache_reads_the_key_again_only_when_it_was_rejected() {
    let cache = Arc::new(tokio::sync::Mutex::new(None::<String>));
    let reads = Arc::new(AtomicU32::new(0));
    let count = reads.clone();
    // The callback of the documentation, with a vault that counts.
    let credential = Credential::callback(move |request| {
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
    let steps = [
        vec![Status(200); 2],
        vec![Late(s(1), Box::new(Status(401))); 3],
        vec![Status(200); 3],
    ]
    .concat();
    let bench = bench_with(steps, |shared| shared.credential = credential);
    for want in [1, 1] {
        bench.call(GET).await.unwrap();
        assert_eq!(reads.load(Ordering::SeqCst), want);
    }
    // Three calls at once, whose key is rejected.
    let calls = futures_util::future::join_all((0..3).map(|_| bench.call(GET))).await;
    assert!(
        calls
            .iter()
            .all(|call| call.as_ref().unwrap().status == 200)
    );
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn the_second_request_counts_against_the_total_budget() {
    // The budget has 25 seconds left, less than the timeout of an attempt.
    for answers_after in [None, Some(s(25)), Some(s(24))] {
        let count = AtomicU32::new(0);
        let credential = Credential::callback(move |_| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match answers_after {
                    _ if number == 0 => {}
                    Some(wait) => sleep(wait).await,
                    None => pending().await,
                }
                Ok::<_, String>(format!("pbk_secret{number}"))
            }
        });
        let steps = [Late(s(25), Box::new(Status(401))), Hang];
        let bench = bench_with(steps, |shared| {
            shared.credential = credential;
            shared.limits = Limits::new(s(30), s(50));
        });
        let (attempts, elapsed) = match bench.call(GET).await {
            Ok(answer) => {
                assert_eq!(answer.status.as_u16(), 401);
                (answer.attempts, answer.elapsed)
            }
            Err(error) => {
                assert!(error.is_timeout(), "{error:?}");
                (error.attempts(), error.elapsed())
            }
        };
        let in_time = answers_after == Some(s(24));
        assert_eq!((attempts, elapsed), (1 + u32::from(in_time), s(50)));
    }
}

#[tokio::test(start_paused = true)]
async fn retries_that_are_off_do_not_keep_a_new_key_from_being_tried() {
    let (credential, _) = rotating(&["pbk_former1", "pbk_latter"]);
    let bench = bench_with([Status(401), Status(201)], |shared| {
        shared.credential = credential;
        shared.retry = RetryPolicy::none();
    });
    assert_eq!(bench.call(POST).await.unwrap().status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_key_that_is_refused_is_not_tried_again() {
    let bench = bench([Status(401)]);
    assert_eq!(bench.call(GET).await.unwrap().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_stalls_the_second_time_leaves_the_401() {
    let count = AtomicU32::new(0);
    let credential = Credential::callback(move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if !first {
                pending::<()>().await;
            }
            Ok::<_, String>("pbk_secret".to_owned())
        }
    });
    let bench = bench_with([Status(401)], |shared| shared.credential = credential);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.elapsed), (401, s(30)));
}

#[tokio::test(start_paused = true)]
async fn what_asking_takes_is_part_of_the_attempt() {
    let slow = || {
        let count = AtomicU32::new(0);
        Credential::callback(move |_| {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(s(20)).await;
                Ok::<_, String>(format!("pbk_secret{number}"))
            }
        })
    };
    for (steps, elapsed) in [
        (vec![Hang], s(30)),
        (vec![Late(s(5), Box::new(Status(401))), Hang], s(55)),
    ] {
        let bench = bench_with(steps, |shared| {
            shared.credential = slow();
            shared.retry = RetryPolicy::none();
        });
        let error = bench.call(GET).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.elapsed()),
            (ErrorKind::Timeout, elapsed)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn neither_key_is_shown() {
    let (credential, _) = rotating(&["pbk_former1", "pbk_latter"]);
    let bench = bench_with(
        [Status(401), Body(401, "pbk_former1 pbk_latter")],
        |shared| {
            shared.credential = credential;
        },
    );
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(answer.body, "[redacted] [redacted]");
}

#[tokio::test(start_paused = true)]
async fn a_key_goes_only_where_nobody_can_read_it() {
    let call = |bench: &Bench, url: &str| {
        let bound = Bound::new(bench.shared.clone(), CallOptions::new());
        let call = Client::new(url, bound).unwrap().call(&LIST_POLICY_PROFILES);
        call.path("project_id", "prj_1").send()
    };
    for (url, fine) in [
        ("https://x.test", true),
        ("http://127.0.0.1:1", true),
        ("http://localhost", true),
        ("http://x.test", false),
        ("http://10.0.0.1", false),
    ] {
        let bench = bench([Status(200)]);
        let answer = call(&bench, url).await;
        assert_eq!(answer.is_ok(), fine, "{url}");
        if let Err(error) = answer {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
            assert!(error.to_string().contains("allow_http(true)"), "{error}");
            assert!(bench.sent().is_empty());
        }
    }
    let allowed = bench_with([Status(200)], |shared| shared.allow_http = true);
    call(&allowed, "http://x.test").await.unwrap();
    let none = bench_with([Status(200)], |shared| {
        shared.credential = Credential::none()
    });
    call(&none, "http://x.test").await.unwrap();
}

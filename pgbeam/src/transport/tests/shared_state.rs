//! Tests of the state that the calls of one client share: the retry budget and the rate-limit gate.

use futures_util::future::join_all;

use super::*;

fn limited(seconds: &'static str) -> Reply {
    StatusWithHeader(429, "retry-after", seconds)
}

#[tokio::test(start_paused = true)]
async fn single_call_waits_exactly_for_retry_after() {
    let harness = harness([limited("2"), limited("3"), limited("0"), Status(200)]);
    assert_eq!(harness.call(GET).await.unwrap().attempts, 4);
    assert_eq!(harness.times(), [s(0), s(2), s(5), s(5)]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_rate_limited_calls_spread_their_retries() {
    let harness = harness([vec![limited("10"); 4], vec![Status(200); 4]].concat());
    let calls = join_all((0..4).map(|_| harness.call(GET))).await;
    assert!(
        calls
            .iter()
            .all(|call| call.as_ref().unwrap().attempts == 2)
    );
    // The random number is 0.5, so the random wait is half of its maximum of 500 ms.
    let later = s(10) + ms(250);
    assert_eq!(harness.times()[4..], [s(10), later, later, later]);
}

#[tokio::test(start_paused = true)]
async fn waiting_call_waits_for_the_429_of_another() {
    // The first call gets a 503 and waits for 0.5 seconds. The second call gets a 429 after 0.2 seconds.
    let delayed = |ms: u64, reply| Delayed(Duration::from_millis(ms), Box::new(reply));
    let replies = [
        Status(503),
        delayed(200, limited("10")),
        Status(200),
        Status(200),
    ];
    let harness = harness(replies);
    let (first, second) = tokio::join!(harness.call(GET), harness.call(GET));
    assert_eq!((first.unwrap().attempts, second.unwrap().attempts), (2, 2));
    let [_, _, third, fourth] = harness.times()[..] else {
        panic!("{:?}", harness.times())
    };
    // The second call retries after its `Retry-After`. The first call also waits for a random time of 250 ms.
    assert_eq!((third, fourth), (ms(10_200), ms(10_200 + 250)));
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_gate_at_most_once_per_remaining_retry() {
    let harness = harness([vec![limited("1"); 1 + 31], vec![Status(200)]].concat());
    let later_calls = async {
        for _ in 0..31 {
            sleep(ms(400)).await;
            let options = CallOptions::new().retry(RetryPolicy::none());
            assert_eq!(harness.call_with(GET, options).await.unwrap().status, 429);
        }
    };
    let (first, ()) = tokio::join!(harness.call(GET), later_calls);
    // The first call waits for the gate five times, each time with an additional random wait.
    let first = first.unwrap();
    assert_eq!((first.attempts, first.elapsed), (2, ms(12_600)));
}

#[tokio::test(start_paused = true)]
async fn dropped_retry_costs_nothing() {
    let one_retry = |state: &mut ClientState| {
        state.token_bucket = TokenBucket::new(RetryThrottle::new().burst(1))
    };
    let harness = harness_with([Status(503), Status(503), Status(200)], one_retry);
    // The first call is dropped during its wait.
    assert!(
        tokio::time::timeout(ms(100), harness.call(GET))
            .await
            .is_err()
    );
    assert_eq!(harness.call(GET).await.unwrap().attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn request_sent_after_a_429_is_not_delayed_by_it() {
    let delayed = Delayed(s(1), Box::new(Status(503)));
    let harness = harness([limited("60"), delayed, Status(200), Status(200)]);
    let second = async {
        sleep(s(1)).await;
        harness.call(GET).await
    };
    let (first, second) = tokio::join!(harness.call(GET), second);
    assert_eq!((first.unwrap().attempts, second.unwrap().attempts), (2, 2));
    assert_eq!(harness.times(), [s(0), s(1), ms(2_500), s(60)]);
}

#[tokio::test(start_paused = true)]
async fn call_that_waits_for_a_credential_is_not_delayed_by_a_429() {
    let count = AtomicU32::new(0);
    let slow_for_the_second = Credential::provider(move |_| {
        let wait = s(u64::from(count.fetch_add(1, Ordering::SeqCst)));
        async move {
            sleep(wait).await;
            Ok::<_, String>("pbk_secret".to_owned())
        }
    });
    let delayed = Delayed(ms(100), Box::new(limited("60")));
    let harness = harness_with([delayed, Status(503), Status(200), Status(200)], |state| {
        state.credential = slow_for_the_second;
    });
    let (first, second) = tokio::join!(harness.call(GET), harness.call(GET));
    assert_eq!((first.unwrap().attempts, second.unwrap().attempts), (2, 2));
    // The second call waits only for its backoff: the 429 arrived before its request was sent.
    assert_eq!(harness.times(), [s(0), s(1), ms(1_500), ms(60_100)]);
}

#[tokio::test(start_paused = true)]
async fn gate_beyond_the_total_timeout_ends_the_call_with_its_own_error() {
    let harness = harness([Status(503), limited("3600")]);
    let (first, second) = tokio::join!(harness.call(GET), harness.call(GET));
    assert_eq!(first.unwrap().status, 503);
    assert_eq!(second.unwrap().status, 429);
    assert_eq!(harness.script.start.elapsed(), ms(500));
    // Later calls are not affected.
    let harness = harness_with([limited("3600"), Status(503), Status(200)], |_| {});
    assert_eq!(harness.call(GET).await.unwrap().status, 429);
    sleep(ms(1)).await;
    assert_eq!(harness.call(GET).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn throttle_limits_retries_in_an_outage() {
    let harness = harness(vec![Status(503); 1_000 + 150]);
    let calls = join_all((0..1_000).map(|_| harness.call(GET))).await;
    assert!(
        calls
            .iter()
            .all(|call| call.as_ref().unwrap().status == 503)
    );
    assert_eq!(harness.sent().len(), 1_000 + 150);
}

#[tokio::test(start_paused = true)]
async fn scheduled_retries_are_not_refunded() {
    let throttle = TokenBucket::new(RetryThrottle::new().burst(3).responses_per_retry(5));
    let harness = harness_with(
        [vec![limited("1"); 3], vec![Status(200); 5]].concat(),
        |state| state.token_bucket = throttle,
    );
    let throttle = &harness.state.token_bucket;
    assert!((0..3).all(|_| throttle.try_take(Outcome::Timeout)));
    // The three retries take no tokens, so the success adds only one token.
    assert_eq!(harness.call(GET).await.unwrap().attempts, 4);
    for _ in 0..3 {
        assert!(!throttle.try_take(Outcome::Timeout));
        harness.call(GET).await.unwrap();
    }
    assert!(!throttle.try_take(Outcome::Timeout));
    harness.call(GET).await.unwrap();
    assert!(throttle.try_take(Outcome::Timeout) && !throttle.try_take(Outcome::Timeout));
}

#[tokio::test(start_paused = true)]
async fn throttle_can_be_disabled() {
    let disabled =
        |state: &mut ClientState| state.token_bucket = TokenBucket::new(RetryThrottle::disabled());
    let harness = harness_with(vec![Status(503); 1_000 * 6], disabled);
    join_all((0..1_000).map(|_| harness.call(GET))).await;
    assert_eq!(harness.sent().len(), 1_000 * 6);
}

#[tokio::test(start_paused = true)]
async fn observer_receives_every_attempt_and_the_next_step() {
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let record = attempts.clone();
    let observer: Observer = Arc::new(move |attempt| {
        record.lock().unwrap().push((
            attempt.number(),
            attempt.status(),
            attempt.error_type().map(str::to_owned),
            attempt.duration(),
            attempt.retry_in(),
            attempt.is_throttled(),
        ));
        assert_eq!(
            (attempt.operation(), attempt.method()),
            ("getPolicyProfile", "GET")
        );
        assert!(attempt.url_template().ends_with("/{policy_id}"));
        let id = (attempt.status() == Some(503)).then_some("req_[redacted]");
        assert_eq!(attempt.request_id(), id);
    });
    let replies = [
        StatusWithHeader(503, "x-request-id", "req_pbk_secret"),
        Delayed(s(2), Box::new(Fail(Outcome::Network))),
        Status(502),
    ];
    let harness = harness_with(replies, |state| {
        state.telemetry = Telemetry::new("x.test", Some(observer));
        state.token_bucket = TokenBucket::new(RetryThrottle::new().burst(2));
    });
    assert_eq!(harness.call(GET).await.unwrap().status, 502);
    let error = |error_type: &str| Some(error_type.to_owned());
    assert_eq!(
        *attempts.lock().unwrap(),
        [
            (1, Some(503), error("503"), ms(0), Some(ms(500)), false),
            (2, None, error("network"), s(2), Some(s(1)), false),
            (3, Some(502), error("502"), ms(0), None, true),
        ]
    );
}

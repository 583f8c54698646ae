//! What calls of one client have in common: the throttle, and the wait that a 429 asks for.

use futures_util::future::join_all;

use super::*;

fn limited(seconds: &'static str) -> Step {
    With(429, "retry-after", seconds)
}

#[tokio::test(start_paused = true)]
async fn one_call_alone_waits_exactly_as_long_as_it_is_told() {
    let bench = bench([limited("2"), limited("3"), limited("0"), Status(200)]);
    assert_eq!(bench.call(GET).await.unwrap().attempts, 4);
    assert_eq!(bench.times(), [s(0), s(2), s(5), s(5)]);
}

#[tokio::test(start_paused = true)]
async fn those_who_are_told_together_do_not_return_together() {
    let bench = bench([vec![limited("10"); 4], vec![Status(200); 4]].concat());
    let calls = join_all((0..4).map(|_| bench.call(GET))).await;
    assert!(
        calls
            .iter()
            .all(|call| call.as_ref().unwrap().attempts == 2)
    );
    // The chance is always the middle here: half of what would be waited unasked.
    let later = s(10) + ms(250);
    assert_eq!(bench.times()[4..], [s(10), later, later, later]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_beside_a_429_waits_for_it_too() {
    // Another call, whose backoff is half a second, when the 429 comes after 0.2 seconds.
    let late = |ms: u64, step| Late(Duration::from_millis(ms), Box::new(step));
    let steps = [
        Status(503),
        late(200, limited("10")),
        Status(200),
        Status(200),
    ];
    let bench = bench(steps);
    let (first, second) = tokio::join!(bench.call(GET), bench.call(GET));
    assert_eq!((first.unwrap().attempts, second.unwrap().attempts), (2, 2));
    let [_, _, third, fourth] = bench.times()[..] else {
        panic!("{:?}", bench.times())
    };
    // The one that was told so comes when the time is over, the other one some time after.
    assert_eq!((third, fourth), (ms(10_200), ms(10_200 + 250)));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_because_others_are_told_to() {
    let bench = bench([vec![limited("1"); 1 + 31], vec![Status(200)]].concat());
    let newcomers = async {
        for _ in 0..31 {
            sleep(ms(400)).await;
            let options = CallOptions::new().retry(RetryPolicy::none());
            assert_eq!(bench.call_with(GET, options).await.unwrap().status, 429);
        }
    };
    let (first, ()) = tokio::join!(bench.call(GET), newcomers);
    // It waits for others five times, each time a little longer than they are told to.
    let first = first.unwrap();
    assert_eq!((first.attempts, first.elapsed), (2, ms(12_600)));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_not_made_costs_nothing() {
    let one =
        |shared: &mut Shared| shared.token_bucket = TokenBucket::new(RetryThrottle::new().burst(1));
    let bench = bench_with([Status(503), Status(503), Status(200)], one);
    // Dropped while it waits.
    assert!(
        tokio::time::timeout(ms(100), bench.call(GET))
            .await
            .is_err()
    );
    assert_eq!(bench.call(GET).await.unwrap().attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_after_a_429_learns_for_itself_how_things_stand() {
    let late = Late(s(1), Box::new(Status(503)));
    let bench = bench([limited("60"), late, Status(200), Status(200)]);
    let second = async {
        sleep(s(1)).await;
        bench.call(GET).await
    };
    let (first, second) = tokio::join!(bench.call(GET), second);
    assert_eq!((first.unwrap().attempts, second.unwrap().attempts), (2, 2));
    assert_eq!(bench.times(), [s(0), s(1), ms(2_500), s(60)]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_a_credential_has_not_sent_anything() {
    let count = AtomicU32::new(0);
    let slow_for_the_second = Credential::callback(move |_| {
        let wait = s(u64::from(count.fetch_add(1, Ordering::SeqCst)));
        async move {
            sleep(wait).await;
            Ok::<_, String>("pbk_secret".to_owned())
        }
    });
    let late = Late(ms(100), Box::new(limited("60")));
    let bench = bench_with([late, Status(503), Status(200), Status(200)], |shared| {
        shared.credential = slow_for_the_second;
    });
    let (first, second) = tokio::join!(bench.call(GET), bench.call(GET));
    assert_eq!((first.unwrap().attempts, second.unwrap().attempts), (2, 2));
    // The second one has its own wait, and not that of the 429 before it.
    assert_eq!(bench.times(), [s(0), s(1), ms(1_500), ms(60_100)]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_others_beyond_the_budget_ends_the_call_with_its_own_error() {
    let bench = bench([Status(503), limited("3600")]);
    let (first, second) = tokio::join!(bench.call(GET), bench.call(GET));
    assert_eq!(first.unwrap().status, 503);
    assert_eq!(second.unwrap().status, 429);
    assert_eq!(bench.script.start.elapsed(), ms(500));
    // And what comes later is as free as ever.
    let bench = bench_with([limited("3600"), Status(503), Status(200)], |_| {});
    assert_eq!(bench.call(GET).await.unwrap().status, 429);
    sleep(ms(1)).await;
    assert_eq!(bench.call(GET).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let bench = bench(vec![Status(503); 1_000 + 150]);
    let calls = join_all((0..1_000).map(|_| bench.call(GET))).await;
    assert!(
        calls
            .iter()
            .all(|call| call.as_ref().unwrap().status == 503)
    );
    assert_eq!(bench.sent().len(), 1_000 + 150);
}

#[tokio::test(start_paused = true)]
async fn a_success_after_scheduled_retries_pays_for_itself_alone() {
    let throttle = TokenBucket::new(RetryThrottle::new().burst(3).responses_per_retry(5));
    let bench = bench_with(
        [vec![limited("1"); 3], vec![Status(200); 5]].concat(),
        |shared| shared.token_bucket = throttle,
    );
    let throttle = &bench.shared.token_bucket;
    assert!((0..3).all(|_| throttle.try_take(Outcome::Timeout)));
    // The three retries cost nothing, so the success does not give back what they cost.
    assert_eq!(bench.call(GET).await.unwrap().attempts, 4);
    for _ in 0..3 {
        assert!(!throttle.try_take(Outcome::Timeout));
        bench.call(GET).await.unwrap();
    }
    assert!(!throttle.try_take(Outcome::Timeout));
    bench.call(GET).await.unwrap();
    assert!(throttle.try_take(Outcome::Timeout) && !throttle.try_take(Outcome::Timeout));
}

#[tokio::test(start_paused = true)]
async fn the_throttle_can_be_off() {
    let off =
        |shared: &mut Shared| shared.token_bucket = TokenBucket::new(RetryThrottle::disabled());
    let bench = bench_with(vec![Status(503); 1_000 * 6], off);
    join_all((0..1_000).map(|_| bench.call(GET))).await;
    assert_eq!(bench.sent().len(), 1_000 * 6);
}

#[tokio::test(start_paused = true)]
async fn an_observer_is_told_of_every_attempt_and_of_what_follows() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    let observer: Observer = Arc::new(move |attempt| {
        heard.lock().unwrap().push((
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
    let steps = [
        With(503, "x-request-id", "req_pbk_secret"),
        Late(s(2), Box::new(Fail(Outcome::Network))),
        Status(502),
    ];
    let bench = bench_with(steps, |shared| {
        shared.telemetry = Telemetry::new("x.test", Some(observer));
        shared.token_bucket = TokenBucket::new(RetryThrottle::new().burst(2));
    });
    assert_eq!(bench.call(GET).await.unwrap().status, 502);
    let error = |text: &str| Some(text.to_owned());
    assert_eq!(
        *told.lock().unwrap(),
        [
            (1, Some(503), error("503"), ms(0), Some(ms(500)), false),
            (2, None, error("network"), s(2), Some(s(1)), false),
            (3, Some(502), error("502"), ms(0), None, true),
        ]
    );
}

//! When attempts are made, and when no more are.

use super::*;

#[tokio::test(start_paused = true)]
async fn waits_twice_as_long_each_time_and_gives_up_after_five_retries() {
    let bench = bench(vec![Status(503); 6]);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.attempts), (503, 6));
    assert_eq!(bench.times(), [0, 500, 1_500, 3_500, 7_500, 15_500].map(ms));
    assert_eq!(answer.elapsed, ms(15_500));
}

#[tokio::test(start_paused = true)]
async fn stops_at_the_first_good_answer() {
    let steps = [
        Fail(Outcome::Connect),
        Fail(Outcome::Network),
        Status(429),
        Body(200, "{}"),
    ];
    let bench = bench(steps);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.attempts, &answer.body[..]),
        (200, 4, &b"{}"[..])
    );
    assert!(!answer.maybe_applied);
}

#[tokio::test(start_paused = true)]
async fn obeys_retry_after_in_every_form() {
    for (value, wait) in [
        ("0", ms(0)),
        ("2", s(2)),
        ("1.5", ms(1_500)),
        ("45", s(45)),
        ("Sun, 06 Nov 1994 08:49:47 GMT", s(10)),
        ("Sun, 06 Nov 1994 08:49:47 -0000", s(10)),
        ("Sun, 06 Nov 1994 08:49:07 GMT", ms(0)),
        ("-1", ms(500)),
        ("NaN", ms(500)),
        ("soon", ms(500)),
    ] {
        let bench = bench([With(429, "retry-after", value), Status(200)]);
        bench.call(GET).await.unwrap();
        assert_eq!(bench.times(), [ms(0), wait], "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_budget_is_not_begun() {
    for value in [
        "120",
        "121",
        "99999999999999999999999",
        "Sun, 06 Nov 1994 09:49:47 GMT",
    ] {
        let bench = bench([With(429, "retry-after", value)]);
        let answer = bench.call(GET).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.attempts), (429, 1));
        assert_eq!(answer.elapsed, ms(0));
        assert!(answer.retry_after.unwrap() >= s(120));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_any_wait_is_obeyed() {
    let limitless = |shared: &mut Shared| shared.limits = Limits::new(s(30), s(0));
    let bench = bench_with([With(503, "retry-after", "86400"), Status(200)], limitless);
    assert_eq!(bench.call(POST).await.unwrap().elapsed, s(86_400));
}

#[tokio::test(start_paused = true)]
async fn the_api_reports_its_wait_on_any_error() {
    let bench = bench([With(500, "retry-after", "7")]);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!((answer.retry_after, answer.attempts), (Some(s(7)), 1));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_at_its_timeout() {
    let bench = bench([Hang, Late(ms(29_999), Box::new(Status(200)))]);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(
        (answer.attempts, bench.times()),
        (2, vec![ms(0), ms(30_500)])
    );
    assert_eq!(bench.script.running.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_does_not_outrun_the_budget() {
    let bench = bench(vec![Hang; 4]);
    let error = bench.call(GET).await.unwrap_err();
    assert_eq!(bench.times(), [ms(0), ms(30_500), ms(61_500), ms(93_500)]);
    assert_eq!(
        (error.kind(), error.attempts(), error.elapsed()),
        (ErrorKind::Timeout, 4, s(120))
    );
    assert_eq!(
        error.message(),
        "timed out after 120s, the total budget of the call"
    );
    assert_eq!(error.operation(), Some("getPolicyProfile"));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_says_which_limit_it_was() {
    let bench = bench_with([Hang], |shared| shared.retry = RetryPolicy::none());
    let error = bench.call(PUT).await.unwrap_err();
    assert_eq!(
        error.message(),
        "timed out after 30s, the timeout of one attempt"
    );
    assert_eq!((error.elapsed(), error.maybe_applied()), (s(30), true));
    assert!(
        error
            .to_string()
            .starts_with("updatePolicyProfile: no response: timed out after 30s")
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_0_is_none() {
    let off = |shared: &mut Shared| shared.limits = Limits::new(s(0), s(0));
    let bench = bench_with([Late(s(1_000_000), Box::new(Status(200)))], off);
    assert_eq!(bench.call(GET).await.unwrap().elapsed, s(1_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_with_the_budget_is_not_begun() {
    // 100 s gone, and a wait of 20 s would end with the budget.
    let steps = [
        Late(s(25), Box::new(With(503, "retry-after", "75"))),
        With(503, "retry-after", "20"),
    ];
    let bench = bench(steps);
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.attempts, answer.elapsed),
        (503, 2, s(100))
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_oversleeps_the_budget_returns_what_it_has() {
    let bench = bench([Status(503)]);
    let machine_sleeps = async {
        tokio::task::yield_now().await;
        tokio::time::advance(s(200)).await;
    };
    let (answer, ()) = tokio::join!(bench.call(GET), machine_sleeps);
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.attempts, answer.elapsed),
        (503, 1, s(200))
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    // In the middle of an attempt, of a wait, and of the credential.
    for (steps, until, sent) in [
        (vec![Hang], s(10), 1),
        (vec![With(429, "retry-after", "60")], s(10), 1),
    ] {
        let bench = bench(steps);
        let dropped = tokio::time::timeout(until, bench.call(GET)).await;
        assert!(dropped.is_err());
        assert_eq!(bench.script.running.load(Ordering::SeqCst), 0);
        sleep(s(1_000)).await;
        assert_eq!(bench.sent().len(), sent);
    }
    let bench = bench_with([], |shared| {
        shared.credential = Credential::callback(|_| async {
            sleep(s(20)).await;
            Ok::<_, String>("pbk_x".to_owned())
        });
    });
    assert!(tokio::time::timeout(s(10), bench.call(GET)).await.is_err());
    sleep(s(1_000)).await;
    assert!(bench.sent().is_empty());
}

//! Tests of the times at which attempts are sent, and of waits and timeouts.

use super::*;

#[tokio::test(start_paused = true)]
async fn backoff_doubles_for_five_retries() {
    let harness = harness(vec![Status(503); 6]);
    let response = harness.call(GET).await.unwrap();
    assert_eq!((response.status.as_u16(), response.attempts), (503, 6));
    assert_eq!(
        harness.times(),
        [0, 500, 1_500, 3_500, 7_500, 15_500].map(ms)
    );
    assert_eq!(response.elapsed, ms(15_500));
}

#[tokio::test(start_paused = true)]
async fn stops_at_the_first_success() {
    let replies = [
        Fail(Outcome::Connect),
        Fail(Outcome::Network),
        Status(429),
        Body(200, "{}"),
    ];
    let harness = harness(replies);
    let response = harness.call(GET).await.unwrap();
    assert_eq!(
        (
            response.status.as_u16(),
            response.attempts,
            &response.body[..]
        ),
        (200, 4, &b"{}"[..])
    );
    assert!(!response.maybe_applied);
}

#[tokio::test(start_paused = true)]
async fn supports_every_form_of_retry_after() {
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
        let harness = harness([StatusWithHeader(429, "retry-after", value), Status(200)]);
        harness.call(GET).await.unwrap();
        assert_eq!(harness.times(), [ms(0), wait], "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn returns_if_retry_after_exceeds_the_total_timeout() {
    for value in [
        "120",
        "121",
        "99999999999999999999999",
        "Sun, 06 Nov 1994 09:49:47 GMT",
    ] {
        let harness = harness([StatusWithHeader(429, "retry-after", value)]);
        let response = harness.call(GET).await.unwrap();
        assert_eq!((response.status.as_u16(), response.attempts), (429, 1));
        assert_eq!(response.elapsed, ms(0));
        assert!(response.retry_after.unwrap() >= s(120));
    }
}

#[tokio::test(start_paused = true)]
async fn waits_for_any_retry_after_without_a_total_timeout() {
    let no_total_timeout = |state: &mut ClientState| state.timeouts = Timeouts::new(s(30), s(0));
    let harness = harness_with(
        [StatusWithHeader(503, "retry-after", "86400"), Status(200)],
        no_total_timeout,
    );
    assert_eq!(harness.call(POST).await.unwrap().elapsed, s(86_400));
}

#[tokio::test(start_paused = true)]
async fn reports_retry_after_of_any_error() {
    let harness = harness([StatusWithHeader(500, "retry-after", "7")]);
    let response = harness.call(GET).await.unwrap();
    assert_eq!((response.retry_after, response.attempts), (Some(s(7)), 1));
}

#[tokio::test(start_paused = true)]
async fn attempt_ends_at_the_attempt_timeout() {
    let harness = harness([Hang, Delayed(ms(29_999), Box::new(Status(200)))]);
    let response = harness.call(GET).await.unwrap();
    assert_eq!(
        (response.attempts, harness.times()),
        (2, vec![ms(0), ms(30_500)])
    );
    assert_eq!(harness.script.in_flight.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn last_attempt_ends_at_the_total_timeout() {
    let harness = harness(vec![Hang; 4]);
    let error = harness.call(GET).await.unwrap_err();
    assert_eq!(harness.times(), [ms(0), ms(30_500), ms(61_500), ms(93_500)]);
    assert_eq!(
        (error.kind(), error.attempts(), error.elapsed()),
        (ErrorKind::Timeout, 4, s(120))
    );
    assert_eq!(error.message(), "timed out after 120s (total timeout)");
    assert_eq!(error.operation(), Some("getPolicyProfile"));
}

#[tokio::test(start_paused = true)]
async fn timeout_error_names_the_timeout() {
    let harness = harness_with([Hang], |state| state.retry = RetryPolicy::none());
    let error = harness.call(PUT).await.unwrap_err();
    assert_eq!(error.message(), "timed out after 30s (attempt timeout)");
    assert_eq!((error.elapsed(), error.maybe_applied()), (s(30), true));
    let display = error.to_string();
    assert!(display.starts_with("updatePolicyProfile: "), "{display}");
    assert!(display.contains("timed out after 30s"), "{display}");
}

#[tokio::test(start_paused = true)]
async fn zero_disables_the_timeouts() {
    let disabled = |state: &mut ClientState| state.timeouts = Timeouts::new(s(0), s(0));
    let harness = harness_with([Delayed(s(1_000_000), Box::new(Status(200)))], disabled);
    assert_eq!(harness.call(GET).await.unwrap().elapsed, s(1_000_000));
}

#[tokio::test(start_paused = true)]
async fn returns_if_the_wait_uses_up_the_total_timeout() {
    // After 100 s, a wait of 20 s would end at the total timeout.
    let replies = [
        Delayed(s(25), Box::new(StatusWithHeader(503, "retry-after", "75"))),
        StatusWithHeader(503, "retry-after", "20"),
    ];
    let harness = harness(replies);
    let response = harness.call(GET).await.unwrap();
    assert_eq!(
        (
            response.status.as_u16(),
            response.attempts,
            response.elapsed
        ),
        (503, 2, s(100))
    );
}

#[tokio::test(start_paused = true)]
async fn returns_if_a_suspended_machine_exceeds_the_total_timeout() {
    let harness = harness([Status(503)]);
    let suspend = async {
        tokio::task::yield_now().await;
        tokio::time::advance(s(200)).await;
    };
    let (response, ()) = tokio::join!(harness.call(GET), suspend);
    let response = response.unwrap();
    assert_eq!(
        (
            response.status.as_u16(),
            response.attempts,
            response.elapsed
        ),
        (503, 1, s(200))
    );
}

#[tokio::test(start_paused = true)]
async fn dropped_call_sends_nothing_more() {
    // The call is dropped during an attempt, during a wait, and while the credential provider runs.
    for (replies, drop_after, sent) in [
        (vec![Hang], s(10), 1),
        (vec![StatusWithHeader(429, "retry-after", "60")], s(10), 1),
    ] {
        let harness = harness(replies);
        let dropped = tokio::time::timeout(drop_after, harness.call(GET)).await;
        assert!(dropped.is_err());
        assert_eq!(harness.script.in_flight.load(Ordering::SeqCst), 0);
        sleep(s(1_000)).await;
        assert_eq!(harness.sent().len(), sent);
    }
    let harness = harness_with([], |state| {
        state.credential = Credential::provider(|_| async {
            sleep(s(20)).await;
            Ok::<_, String>("pbk_x".to_owned())
        });
    });
    assert!(
        tokio::time::timeout(s(10), harness.call(GET))
            .await
            .is_err()
    );
    sleep(s(1_000)).await;
    assert!(harness.sent().is_empty());
}

//! Tests of cancellation: a call that is dropped at any await point stops, and the client keeps working.

use std::{future::poll_fn, pin::pin, task::Poll};

use super::*;

/// Polls `future` until it completes or has returned `Pending` more than `times` times. Returns `true` if it
/// completed.
async fn poll_at_most(times: u32, future: impl Future) -> bool {
    let mut future = pin!(future);
    let mut waited = 0;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if waited == times => Poll::Ready(false),
        Poll::Pending => {
            waited += 1;
            Poll::Pending
        }
    })
    .await
}

/// Returns a client whose call waits at every possible point: for the credential (twice), the head of a
/// response, each chunk of a body, the `Retry-After`, the backoff, and the read of the resource after a 412.
fn slow() -> Harness {
    let delayed = |reply| Delayed(s(1), Box::new(reply));
    let chunk = |chunk| (s(1), Ok(chunk));
    let calls = AtomicU32::new(0);
    let credential = Credential::provider(move |_| {
        let key = format!("pbk_secret_{}", calls.fetch_add(1, Ordering::SeqCst));
        async move {
            sleep(s(1)).await;
            Ok::<_, String>(key)
        }
    });
    let replies = [
        delayed(Status(401)),
        delayed(StatusWithHeader(429, "retry-after", "3")),
        delayed(TruncatedBody(200)),
        delayed(Status(412)),
        delayed(Chunks(vec![chunk(r#"{"name""#), chunk(r#": "x"}"#)])),
    ];
    harness_with(replies, |state| state.credential = credential)
}

#[tokio::test(start_paused = true)]
async fn dropped_call_stops_at_every_await_point() {
    let mut times = 0;
    loop {
        let harness = slow();
        let call = harness.call_with(PUT, CallOptions::new().header("If-Match", "\"a\""));
        let ended = poll_at_most(times, call).await;
        assert_eq!(
            harness.script.in_flight.load(Ordering::SeqCst),
            0,
            "after {times} waits"
        );
        assert_eq!(Arc::strong_count(&harness.state), 1, "after {times} waits");
        let sent = harness.sent().len();
        sleep(s(3_600)).await;
        assert_eq!(
            harness.sent().len(),
            sent,
            "a request was sent after {times} waits"
        );
        // The client still works.
        harness.script.replies.lock().unwrap().clear();
        harness
            .script
            .replies
            .lock()
            .unwrap()
            .push_back(Body(200, "{}"));
        assert_eq!(harness.call(GET).await.unwrap().status, 200);
        if ended {
            assert_eq!(sent, 5);
            break;
        }
        times += 1;
    }
    assert!(times >= 10, "{times}");
}

#[tokio::test(start_paused = true)]
async fn dropped_stream_stops() {
    static EXPORT: Operation = Operation::new(
        "export",
        http::Method::GET,
        "/export",
        "x",
        &[],
        pgbeam_api::Idempotency::ReadOnly,
        false,
        pgbeam_api::Content::Bytes,
    );
    for read in 0..3 {
        let harness = harness([Chunks(vec![(s(1), Ok("a")); 3]), Status(200)]);
        let transport = RetryTransport::new(harness.state.clone(), CallOptions::new());
        let call = Client::new("https://x.test", transport)
            .unwrap()
            .call(&EXPORT);
        let mut body = call.send().await.unwrap().stream().unwrap().into_inner();
        for _ in 0..read {
            body.try_next().await.unwrap().unwrap();
        }
        drop(body);
        assert_eq!(Arc::strong_count(&harness.state), 1);
        assert_eq!(harness.call(GET).await.unwrap().status, 200);
    }
}

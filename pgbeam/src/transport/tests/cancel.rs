//! A call that is dropped: wherever it stands, it leaves nothing behind, and the client works on.

use std::{future::poll_fn, pin::pin, task::Poll};

use super::*;

/// Runs `future` until it has come to its end or has waited so many times; whether it has ended.
async fn waiting_at_most(times: u32, future: impl Future) -> bool {
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

/// Waits at every point at which a call can wait: for the credential, twice; for the head of an
/// answer; for each piece of a body; between two attempts, alone and beside a 429; for what is read
/// back.
fn slow() -> Bench {
    let late = |step| Late(s(1), Box::new(step));
    let piece = |text| (s(1), Ok(text));
    let asked = AtomicU32::new(0);
    let credential = Credential::callback(move |_| {
        let key = format!("pbk_secret_{}", asked.fetch_add(1, Ordering::SeqCst));
        async move {
            sleep(s(1)).await;
            Ok::<_, String>(key)
        }
    });
    let steps = [
        late(Status(401)),
        late(With(429, "retry-after", "3")),
        late(CutBody(200)),
        late(Status(412)),
        late(Pieced(vec![piece(r#"{"name""#), piece(r#": "x"}"#)])),
    ];
    bench_with(steps, |shared| shared.credential = credential)
}

#[tokio::test(start_paused = true)]
async fn it_leaves_nothing_behind() {
    let mut times = 0;
    loop {
        let bench = slow();
        let call = bench.call_with(PUT, CallOptions::new().header("If-Match", "\"a\""));
        let ended = waiting_at_most(times, call).await;
        assert_eq!(
            bench.script.running.load(Ordering::SeqCst),
            0,
            "after {times} waits"
        );
        assert_eq!(Arc::strong_count(&bench.shared), 1, "after {times} waits");
        let sent = bench.sent().len();
        sleep(s(3_600)).await;
        assert_eq!(
            bench.sent().len(),
            sent,
            "something goes on after {times} waits"
        );
        // Whatever the rest of the script says, calls are made and come to an end.
        bench.script.steps.lock().unwrap().clear();
        bench
            .script
            .steps
            .lock()
            .unwrap()
            .push_back(Body(200, "{}"));
        assert_eq!(bench.call(GET).await.unwrap().status, 200);
        if ended {
            assert_eq!(sent, 5);
            break;
        }
        times += 1;
    }
    assert!(times >= 10, "{times}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_dropped_unread_leaves_nothing_behind() {
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
        let bench = bench([Pieced(vec![(s(1), Ok("a")); 3]), Status(200)]);
        let bound = Bound::new(bench.shared.clone(), CallOptions::new());
        let call = Client::new("https://x.test", bound).unwrap().call(&EXPORT);
        let mut body = call.send().await.unwrap().stream().unwrap().into_inner();
        for _ in 0..read {
            body.try_next().await.unwrap().unwrap();
        }
        drop(body);
        assert_eq!(Arc::strong_count(&bench.shared), 1);
        assert_eq!(bench.call(GET).await.unwrap().status, 200);
    }
}

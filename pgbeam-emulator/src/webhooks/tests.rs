//! Tests of deliveries to receivers on this machine.

use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

use crate::clock::{Clock, ManualClock};
use crate::store::Resource;
use crate::webhooks::delivery::{ATTEMPT_TIMEOUT, Deliverer, MAX_ATTEMPTS, Sleep, backoff};
use crate::webhooks::event::WebhookEvent;
use crate::webhooks::log::{Delivery, DeliveryState};
use crate::webhooks::signature::Signer;

const SECRET: &str = "s3cret";

fn time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_784_109_600, 0).expect("a time")
}

fn event() -> WebhookEvent {
    WebhookEvent::kill_switch("prj_1", time())
}

fn endpoint(url: &str) -> Resource {
    let fields = json!({"id": "whk_1", "url": url, "format": "json", "enabled": true});
    fields.as_object().expect("an object").clone()
}

fn fixed_clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(time()))
}

/// Returns a timer that advances the clock instead of waiting. With it, attempts never time out.
fn advancing_sleep(clock: &ManualClock) -> Sleep {
    let clock = clock.clone();
    Arc::new(move |duration| {
        if duration == ATTEMPT_TIMEOUT {
            return Box::pin(pending());
        }
        clock.advance(TimeDelta::from_std(duration).expect("a duration"));
        Box::pin(ready(()))
    })
}

fn no_wait() -> Sleep {
    advancing_sleep(&ManualClock::new(time()))
}

/// A received request: the path, the headers and the body.
type ReceivedDelivery = (String, HeaderMap, Bytes);

/// Starts a receiver that sends these responses in order, and then 500. Returns its URL and the received requests.
async fn receiver(responses: Vec<Response>) -> (String, mpsc::UnboundedReceiver<ReceivedDelivery>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook?a=b", listener.local_addr().expect("bound"));
    let (sender, received) = mpsc::unbounded_channel();
    let responses = Arc::new(std::sync::Mutex::new(responses.into_iter()));
    let router = Router::new().fallback(move |request: Request| async move {
        let (head, body) = request.into_parts();
        assert_eq!(head.method, "POST");
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let _ = sender.send((head.uri.to_string(), head.headers, body));
        let response = responses.lock().expect("no panic").next();
        response.unwrap_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

fn states(deliveries: &[Delivery]) -> Vec<(DeliveryState, Option<u16>)> {
    deliveries
        .iter()
        .map(|delivery| (delivery.state, delivery.status_code))
        .collect()
}

#[test]
fn backoff_doubles() {
    let waits: Vec<u64> = (1..=4).map(|attempt| backoff(attempt).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8]);
    assert_eq!(backoff(0), Duration::from_secs(1));
    assert_eq!(backoff(u32::MAX), Duration::from_secs(65_536));
}

#[tokio::test]
async fn retries_until_the_receiver_accepts() {
    let responses = vec![
        StatusCode::SERVICE_UNAVAILABLE.into_response(),
        StatusCode::BAD_REQUEST.into_response(),
        "x".repeat(100_000).into_response(),
    ];
    let (url, mut received) = receiver(responses).await;
    let clock = ManualClock::new(time());
    let sleep = advancing_sleep(&clock);
    let deliverer = Deliverer::with_limits(Arc::new(clock), sleep, 100);
    let event = event();
    let first = deliverer.deliver(&endpoint(&url), Some(SECRET), &event);
    assert_eq!(first.state, DeliveryState::Pending);
    deliverer.finish().await;

    let deliveries = deliverer.deliveries();
    assert_eq!(
        states(&deliveries),
        [
            (DeliveryState::Failed, Some(503)),
            (DeliveryState::Failed, Some(400)),
            (DeliveryState::Delivered, Some(200)),
        ]
    );
    assert_eq!(deliveries[0].id, first.id);
    for (delivery, seconds) in deliveries.iter().zip([0, 1, 3]) {
        assert_eq!(delivery.at, time() + TimeDelta::seconds(seconds));
        let (path, headers, body) = received.recv().await.expect("a request");
        assert_eq!(path, "/hook?a=b");
        let body_json: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body_json, Value::Object(event.envelope()));
        let timestamp = (1_784_109_600 + seconds).to_string();
        let signer = Signer::new(SECRET).expect("a key");
        let expected = [
            ("content-type", "application/json".to_owned()),
            ("x-pgbeam-event", "kill_switch".to_owned()),
            ("x-pgbeam-event-id", event.id.clone()),
            ("x-pgbeam-delivery", delivery.id.clone()),
            ("x-pgbeam-signature", signer.v1(&body)),
            ("x-pgbeam-signature-v2", signer.v2(&timestamp, &body)),
            ("x-pgbeam-timestamp", timestamp),
        ];
        for (name, value) in expected {
            assert_eq!(headers[name], value, "{name}");
        }
    }
}

#[tokio::test]
async fn log_services_receive_the_secret_as_token() {
    let (url, mut received) = receiver(vec![StatusCode::OK.into_response()]).await;
    let deliverer = Deliverer::with_limits(fixed_clock(), no_wait(), 100);
    let mut endpoint = endpoint(&url);
    endpoint.insert("format".to_owned(), json!("splunk_hec"));
    deliverer.deliver(&endpoint, Some(SECRET), &event());
    let (_, headers, _) = received.recv().await.expect("a request");
    assert_eq!(headers["authorization"], "Splunk s3cret");
    assert!(!headers.contains_key("x-pgbeam-signature"));
    assert!(!headers.contains_key("x-pgbeam-signature-v2"));
    deliverer.finish().await;
    let log = serde_json::to_string(&deliverer.deliveries()).expect("JSON");
    assert!(!log.contains(SECRET));
}

#[tokio::test]
async fn redirects_are_failures() {
    let (other_url, mut other_received) = receiver(Vec::new()).await;
    let redirects = (0..MAX_ATTEMPTS).map(|_| Redirect::temporary(&other_url).into_response());
    let (url, mut received) = receiver(redirects.collect()).await;
    let deliverer = Deliverer::with_limits(fixed_clock(), no_wait(), 100);
    deliverer.deliver(&endpoint(&url), None, &event());
    deliverer.finish().await;
    assert_eq!(
        states(&deliverer.deliveries()),
        [(DeliveryState::Failed, Some(307)); MAX_ATTEMPTS as usize]
    );
    for _ in 0..MAX_ATTEMPTS {
        let (_, headers, _) = received.recv().await.expect("a request");
        assert!(!headers.contains_key("x-pgbeam-signature"), "no secret");
    }
    assert!(other_received.try_recv().is_err());
}

/// Starts a receiver that accepts connections and never responds. Returns its URL, and a signal for each request.
async fn hanging_receiver() -> (String, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    let requested = Arc::new(Notify::new());
    let signal = Arc::clone(&requested);
    tokio::spawn(async move {
        let mut streams = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            streams.push(stream);
            signal.notify_one();
        }
    });
    (url, requested)
}

#[tokio::test]
async fn attempts_without_a_response_time_out() {
    let (url, requested) = hanging_receiver().await;
    let sleep: Sleep = Arc::new(move |duration| {
        let requested = Arc::clone(&requested);
        Box::pin(async move {
            if duration == ATTEMPT_TIMEOUT {
                requested.notified().await;
            }
        })
    });
    let deliverer = Deliverer::with_limits(fixed_clock(), sleep, 100);
    deliverer.deliver(&endpoint(&url), None, &event());
    deliverer.finish().await;
    let deliveries = deliverer.deliveries();
    assert_eq!(
        states(&deliveries),
        [(DeliveryState::Failed, None); MAX_ATTEMPTS as usize]
    );
    let error = deliveries[0].error.as_deref();
    assert_eq!(error, Some("no response within 5 seconds"));
}

#[tokio::test]
async fn unreachable_receivers_are_failures() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    drop(listener);
    let deliverer = Deliverer::with_limits(fixed_clock(), no_wait(), 100);
    deliverer.deliver(&endpoint(&url), None, &event());
    deliverer.finish().await;
    let deliveries = deliverer.deliveries();
    assert_eq!(deliveries.len(), MAX_ATTEMPTS as usize);
    let error = deliveries[0].error.as_deref().expect("an error");
    assert!(error.starts_with("cannot connect: "), "{error}");
}

#[tokio::test]
async fn other_machines_receive_nothing() {
    let deliverer = Deliverer::new(fixed_clock());
    let delivery = deliverer.deliver(&endpoint("https://hooks.example.com/"), None, &event());
    assert_eq!(delivery.state, DeliveryState::Skipped);
    assert_eq!(
        delivery.error.as_deref(),
        Some(
            "the emulator sends only to `http` URLs with the host localhost, 127.0.0.0/8 or [::1]"
        )
    );
    deliverer.finish().await;
    assert_eq!(deliverer.deliveries(), [delivery]);
}

#[tokio::test]
async fn unfinished_deliveries_use_limited_memory() {
    let (url, _requested) = hanging_receiver().await;
    let deliverer = Deliverer::with_limits(fixed_clock(), no_wait(), 20);
    let states: Vec<_> = (0..3)
        .map(|_| deliverer.deliver(&endpoint(&url), None, &event()).state)
        .collect();
    let (pending, skipped) = (DeliveryState::Pending, DeliveryState::Skipped);
    assert_eq!(states, [pending, pending, skipped]);
}

/// Returns a timer that never ends, and a channel that receives each wait and closes when all waits are cancelled.
fn endless_sleep() -> (Sleep, mpsc::UnboundedReceiver<Duration>) {
    let (sender, sleeps) = mpsc::unbounded_channel();
    let sleep: Sleep = Arc::new(move |duration| {
        let sender = sender.clone();
        Box::pin(async move {
            let _ = sender.send(duration);
            pending().await
        })
    });
    (sleep, sleeps)
}

#[tokio::test]
async fn stop_and_drop_cancel_retries() {
    for stop in [true, false] {
        let (url, mut received) = receiver(Vec::new()).await;
        let (sleep, mut sleeps) = endless_sleep();
        let deliverer = Deliverer::with_limits(fixed_clock(), sleep, 100);
        deliverer.deliver(&endpoint(&url), None, &event());
        assert_eq!(sleeps.recv().await, Some(ATTEMPT_TIMEOUT));
        assert_eq!(sleeps.recv().await, Some(backoff(1)));
        if stop {
            deliverer.stop();
            let delivery = deliverer.deliver(&endpoint(&url), None, &event());
            let error = delivery.error.as_deref();
            assert_eq!(error, Some("the emulator is stopped"));
        }
        drop(deliverer);
        assert_eq!(sleeps.recv().await, None, "the wait was cancelled");
        assert!(received.recv().await.is_some());
        assert!(received.try_recv().is_err(), "one attempt");
    }
}

#[tokio::test]
async fn reset_cancels_deliveries_and_clears_the_log() {
    let (url, mut received) = receiver(Vec::new()).await;
    let deliverer = Deliverer::with_limits(fixed_clock(), endless_sleep().0, 100);
    deliverer.deliver(&endpoint(&url), None, &event());
    received.recv().await.expect("a request");
    deliverer.reset();
    assert_eq!(deliverer.deliveries(), []);
    let delivery = deliverer.deliver(&endpoint(&url), None, &event());
    assert_eq!(delivery.state, DeliveryState::Pending);
    received.recv().await.expect("a request");
}

#[test]
fn events_are_delivered_from_outside_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (url, mut received) = runtime.block_on(receiver(Vec::new()));
    let deliverer =
        runtime.block_on(async { Deliverer::with_limits(fixed_clock(), no_wait(), 100) });
    deliverer.deliver(&endpoint(&url), None, &event());
    assert!(runtime.block_on(received.recv()).is_some());
}

//! Tests of the spans, events and warnings of a call.

use std::fmt::{Debug, Write};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::{DefaultGuard, NoSubscriber, set_default, set_global_default},
};

use super::*;

/// A subscriber that records every span and event of this crate as a line.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

struct LineVisitor(String);

impl Visit for LineVisitor {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Collector {
    fn push(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut LineVisitor)) {
        let kind = if metadata.is_span() {
            metadata.name()
        } else {
            "event"
        };
        let mut line = LineVisitor(format!("{} {kind}", metadata.level()));
        record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        // Omits lines about Tokio's runtime.
        lines
            .iter()
            .filter(|line| !line.contains("runtime"))
            .cloned()
            .collect()
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("pgbeam")
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        self.push(span.metadata(), |line| span.record(line));
        span::Id::from_u64(1)
    }
    fn event(&self, event: &Event<'_>) {
        self.push(event.metadata(), |line| event.record(line));
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Makes a new collector the subscriber of the current thread until the guard is dropped.
fn collect() -> (Collector, DefaultGuard) {
    // If there is only one subscriber, `tracing` asks only the thread that first reaches a callsite whether
    // it is enabled. A test without a subscriber would disable the callsite for all threads.
    let _ = set_global_default(NoSubscriber::default());
    let collector = Collector::default();
    (collector.clone(), set_default(collector))
}

#[tokio::test(start_paused = true)]
async fn emits_a_span_per_call_and_an_event_per_attempt() {
    let (collector, _guard) = collect();
    let replies = [
        Status(503),
        Fail(Outcome::Connect),
        Fail(Outcome::Network),
        Hang,
        Status(200),
    ];
    harness(replies).call(PUT).await.unwrap();
    assert_eq!(
        collector.lines(),
        [
            "DEBUG pgbeam.call operation=\"updatePolicyProfile\" http.request.method=\"PUT\" \
             url.template=\"/v1/projects/{project_id}/policies/{policy_id}\" \
             server.address=\"x.test\"",
            "DEBUG event message=attempt http.response.status_code=503 error.type=\"503\"",
            "DEBUG event message=attempt http.request.resend_count=1 error.type=\"connect\"",
            "DEBUG event message=attempt http.request.resend_count=2 error.type=\"network\"",
            "DEBUG event message=attempt http.request.resend_count=3 error.type=\"timeout\"",
            "DEBUG event message=attempt http.response.status_code=200 \
             http.request.resend_count=4",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn server_address_has_no_brackets() {
    let (collector, _guard) = collect();
    let ipv6 = |state: &mut ClientState| state.telemetry = Telemetry::new("[::1]", None);
    harness_with([Status(200)], ipv6).call(GET).await.unwrap();
    assert!(
        collector.lines()[0].contains(r#"server.address="::1""#),
        "{:?}",
        collector.lines()
    );
}

#[tokio::test(start_paused = true)]
async fn warns_once_per_deprecated_operation() {
    let (collector, _guard) = collect();
    let deprecated = || StatusWithHeader(200, "deprecation", "@1700000000");
    let replies = [
        deprecated(),
        deprecated(),
        deprecated(),
        Status(200),
        deprecated(),
    ];
    let harness = harness(replies);
    for operation in [GET, GET, PUT, DELETE, PUT] {
        harness.call(operation).await.unwrap();
    }
    let lines = collector.lines();
    let warnings: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("getPolicyProfile"));
    assert!(warnings[0].contains(r#"since="Tue, 14 Nov 2023 22:13:20 GMT""#));
    assert!(warnings[1].contains("updatePolicyProfile"));
}

#[tokio::test(start_paused = true)]
async fn telemetry_contains_no_secrets() {
    let (collector, _guard) = collect();
    let harness = harness([
        StatusWithHeader(401, "deprecation", "pbk_secret"),
        Body(400, "pbk_secret"),
        StatusWithHeader(410, "sunset", "pbk_secret"),
    ]);
    for operation in [GET, PUT, DELETE] {
        let options = CallOptions::new().header("x-team", "t0ken");
        harness.call_with(operation, options).await.unwrap();
    }
    let lines = collector.lines();
    assert_eq!(lines.len(), 3 * 2 + 1);
    for secret in ["pbk_secret", "t0ken", "prj_1", "\"x\""] {
        assert!(
            !lines.iter().any(|line| line.contains(secret)),
            "{secret} in {lines:#?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn observer_receives_redacted_request_ids() {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let seen = ids.clone();
    let observer = move |attempt: &Attempt<'_>| {
        let id = attempt.request_id().map(str::to_owned);
        seen.lock().unwrap().push(id.unwrap());
    };
    let replies = [
        StatusWithHeader(503, "x-request-id", "pbk_secret"),
        StatusWithHeader(200, "x-request-id", "req_pbk%5Fsecret"),
    ];
    let harness = harness_with(replies, |state| {
        state.telemetry = Telemetry::new("x.test", Some(Arc::new(observer)));
    });
    let response = harness.call(GET).await.unwrap();
    assert_eq!(*ids.lock().unwrap(), ["[redacted]", "req_[redacted]"]);
    assert_eq!(response.headers["x-request-id"], "req_[redacted]");
}

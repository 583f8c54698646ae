//! What `tracing` hears of a call.

use std::fmt::{Debug, Write};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::{DefaultGuard, set_default},
};

use super::*;

/// Keeps every span and event as a line of text.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Collector {
    fn keep(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let what = if metadata.is_span() {
            metadata.name()
        } else {
            "event"
        };
        let mut line = Line(format!("{} {what}", metadata.level()));
        record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        // Those of this crate; the runtime may have some of its own.
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
        self.keep(span.metadata(), |line| span.record(line));
        span::Id::from_u64(1)
    }
    fn event(&self, event: &Event<'_>) {
        self.keep(event.metadata(), |line| event.record(line));
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn listen() -> (Collector, DefaultGuard) {
    let collector = Collector::default();
    (collector.clone(), set_default(collector))
}

#[tokio::test(start_paused = true)]
async fn a_span_a_call_and_an_event_an_attempt() {
    let (heard, _guard) = listen();
    let steps = [
        Status(503),
        Fail(Outcome::Connect),
        Fail(Outcome::Network),
        Hang,
        Status(200),
    ];
    bench(steps).call(PUT).await.unwrap();
    assert_eq!(
        heard.lines(),
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
async fn an_address_is_told_without_brackets() {
    let (heard, _guard) = listen();
    let named = |shared: &mut Shared| shared.telemetry = Telemetry::new("[::1]", None);
    bench_with([Status(200)], named).call(GET).await.unwrap();
    assert!(
        heard.lines()[0].contains(r#"server.address="::1""#),
        "{:?}",
        heard.lines()
    );
}

#[tokio::test(start_paused = true)]
async fn a_deprecation_is_told_once_an_operation() {
    let (heard, _guard) = listen();
    let deprecated = || With(200, "deprecation", "@1700000000");
    let steps = [
        deprecated(),
        deprecated(),
        deprecated(),
        Status(200),
        deprecated(),
    ];
    let bench = bench(steps);
    for operation in [GET, GET, PUT, DELETE, PUT] {
        bench.call(operation).await.unwrap();
    }
    let lines = heard.lines();
    let warnings: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("getPolicyProfile") && warnings[0].contains("since=1700000000"));
    assert!(warnings[1].contains("updatePolicyProfile"));
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_is_told() {
    let (heard, _guard) = listen();
    let bench = bench([
        With(401, "deprecation", "pbk_secret"),
        Body(400, "pbk_secret"),
        With(410, "sunset", "pbk_secret"),
    ]);
    for operation in [GET, PUT, DELETE] {
        let options = CallOptions::new().header("x-team", "t0ken");
        bench.call_with(operation, options).await.unwrap();
    }
    let lines = heard.lines();
    assert_eq!(lines.len(), 3 * 2 + 1);
    for secret in ["pbk_secret", "t0ken", "prj_1", "\"x\""] {
        assert!(
            !lines.iter().any(|line| line.contains(secret)),
            "{secret} in {lines:#?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_observer_sees_no_credential_of_any_attempt() {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let seen = ids.clone();
    let observer = move |attempt: &Attempt<'_>| {
        let id = attempt.request_id().map(str::to_owned);
        seen.lock().unwrap().push(id.unwrap());
    };
    let steps = [
        With(503, "x-request-id", "pbk_secret"),
        With(200, "x-request-id", "req_pbk%5Fsecret"),
    ];
    let bench = bench_with(steps, |shared| {
        shared.telemetry = Telemetry::new("x.test", Some(Arc::new(observer)));
    });
    let answer = bench.call(GET).await.unwrap();
    assert_eq!(*ids.lock().unwrap(), ["[redacted]", "req_[redacted]"]);
    assert_eq!(answer.headers["x-request-id"], "req_[redacted]");
}

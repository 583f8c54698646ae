//! The loop, against a scripted HTTP client and Tokio's paused clock: no test takes wall-clock time.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::SystemTime,
};

use futures_util::{StreamExt, stream::iter};
use http::HeaderValue;
use pgbeam_api::{
    Client, ErrorKind, HttpBody, HttpError, HttpErrorKind, HttpRequest, HttpResponse, Operation,
    operations::*,
};
use uuid::Uuid;

use super::*;
use crate::RetryThrottle;

mod applied;
mod cancel;
mod company;
mod contract;
mod credential;
mod requests;
mod simulation;
mod size;
mod stream;
mod telemetry;
mod timing;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What an attempt comes to.
#[derive(Clone)]
enum Step {
    Status(u16),
    With(u16, &'static str, &'static str),
    Body(u16, &'static str),
    /// The head comes, and then the body breaks off.
    CutBody(u16),
    /// The head comes, and then these pieces of the body, each after a while.
    Pieced(Vec<(Duration, Result<&'static str, Outcome>)>),
    /// The head comes, and the body never ends.
    StalledBody(u16),
    Fail(Outcome),
    /// Never ends by itself.
    Hang,
    /// Ends so after that long.
    Late(Duration, Box<Step>),
}
use Step::{Body, CutBody, Fail, Hang, Late, Pieced, StalledBody, Status, With};

/// A request as it was sent, and when.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    at: Duration,
    method: String,
    if_match: Option<String>,
    key: Option<String>,
    authorization: Option<String>,
    team: Option<String>,
    body: Option<Vec<u8>>,
}

struct Script {
    start: Instant,
    steps: Mutex<VecDeque<Step>>,
    sent: Mutex<Vec<Sent>>,
    /// Attempts that were begun and neither ended nor dropped.
    running: AtomicU32,
}

struct Running<'a>(&'a AtomicU32);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Scripted(Arc<Script>);

impl HttpClient for Scripted {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            self.0.running.fetch_add(1, Ordering::SeqCst);
            let _running = Running(&self.0.running);
            let header = |name| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
            self.0.sent.lock().unwrap().push(Sent {
                at: self.0.start.elapsed(),
                method: request.method().to_string(),
                if_match: header("if-match"),
                key: header("idempotency-key"),
                authorization: header("authorization"),
                team: header("x-team"),
                body: Some(request.body().to_vec()).filter(|body| !body.is_empty()),
            });
            let mut step = self
                .0
                .steps
                .lock()
                .unwrap()
                .pop_front()
                .expect("no further attempt");
            while let Late(wait, then) = step {
                sleep(wait).await;
                step = *then;
            }
            let response =
                |status, header: Option<(&'static str, &'static str)>, body: HttpBody| {
                    let mut response = http::Response::builder().status(status);
                    if let Some((name, value)) = header {
                        response = response.header(name, value);
                    }
                    Ok(response.body(body).unwrap())
                };
            match step {
                Status(status) => response(status, None, "".into()),
                With(status, name, value) => response(status, Some((name, value)), "".into()),
                Body(status, body) => response(status, None, body.into()),
                CutBody(status) => response(status, None, pieces([Ok("{"), Err(Outcome::Network)])),
                Pieced(pieces) => {
                    let piece = |(wait, piece): (_, Result<&'static str, _>)| async move {
                        sleep(wait).await;
                        piece.map(Bytes::from).map_err(scripted)
                    };
                    let body = HttpBody::from_stream(iter(pieces).then(piece));
                    response(200, None, body)
                }
                StalledBody(status) => {
                    let body = HttpBody::from_stream(futures_util::stream::pending());
                    response(status, None, body)
                }
                Fail(outcome) => Err(scripted(outcome)),
                Hang | Late(..) => pending().await,
            }
        })
    }
}

/// The failure of an HTTP client that has this outcome.
fn scripted(outcome: Outcome) -> HttpError {
    let kind = match outcome {
        Outcome::Connect => HttpErrorKind::Connect,
        Outcome::Timeout => HttpErrorKind::Timeout,
        _ => HttpErrorKind::Other,
    };
    HttpError::new(kind, "scripted")
}

/// A body of these pieces.
fn pieces<const N: usize>(given: [Result<&'static str, Outcome>; N]) -> HttpBody {
    let piece = |piece: Result<&'static str, _>| piece.map(Bytes::from).map_err(scripted);
    HttpBody::from_stream(iter(given.map(piece)))
}

/// Chance that is always the middle, keys that count up, a date that stands still.
struct Fixed(AtomicU32);

impl Environment for Fixed {
    fn chance(&self) -> f64 {
        0.5
    }
    fn idempotency_key(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::SeqCst).into())
    }
    fn date(&self) -> SystemTime {
        // Sun, 06 Nov 1994 08:49:37 GMT
        SystemTime::UNIX_EPOCH + s(784_111_777)
    }
}

struct Bench {
    shared: Arc<Shared>,
    script: Arc<Script>,
}

/// What a client with the defaults has, and an HTTP client that sends nothing.
fn shared() -> Shared {
    Shared {
        limits: Limits::new(s(30), s(120)),
        retry: RetryPolicy::new(),
        token_bucket: TokenBucket::new(RetryThrottle::new()),
        rate_limit_gate: RateLimitGate::default(),
        idempotency_keys: true,
        max_response_bytes: 1_000,
        allow_http: false,
        headers: HeaderMap::new(),
        credential: Credential::fixed("pbk_secret".into()),
        http: Arc::new(Unused),
        environment: Box::new(Fixed(AtomicU32::new(0))),
        telemetry: Telemetry::new("x.test", None),
    }
}

/// For a client that is given another.
struct Unused;

impl HttpClient for Unused {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        unreachable!("the HTTP client is replaced")
    }
}

/// A client with the defaults, whose attempts come to `steps`.
fn bench(steps: impl IntoIterator<Item = Step>) -> Bench {
    bench_with(steps, |_| {})
}

fn bench_with(steps: impl IntoIterator<Item = Step>, set: impl FnOnce(&mut Shared)) -> Bench {
    let script = Arc::new(Script {
        start: Instant::now(),
        steps: Mutex::new(steps.into_iter().collect()),
        sent: Mutex::default(),
        running: AtomicU32::new(0),
    });
    let mut shared = Shared {
        http: Arc::new(Scripted(script.clone())),
        ..shared()
    };
    set(&mut shared);
    Bench {
        shared: Arc::new(shared),
        script,
    }
}

impl Bench {
    async fn call(&self, operation: &'static Operation) -> Result<RawResponse, Error> {
        self.call_with(operation, CallOptions::new()).await
    }

    async fn call_with(
        &self,
        operation: &'static Operation,
        options: CallOptions,
    ) -> Result<RawResponse, Error> {
        let bound = Bound::new(self.shared.clone(), options);
        let call = Client::new("https://x.test", bound)
            .unwrap()
            .call(operation);
        let call = call.path("project_id", "prj_1");
        let one = operation.path.contains("{policy_id}");
        let call = if one {
            call.path("policy_id", "pol_1")
        } else {
            call
        };
        let call = if operation.has_body {
            call.body(r#"{"name":"x"}"#)
        } else {
            call
        };
        Ok(*call.send().await?)
    }

    fn sent(&self) -> Vec<Sent> {
        self.script.sent.lock().unwrap().clone()
    }

    fn times(&self) -> Vec<Duration> {
        self.sent().into_iter().map(|sent| sent.at).collect()
    }
}

static GET: &Operation = &GET_POLICY_PROFILE;
static PUT: &Operation = &UPDATE_POLICY_PROFILE;
static DRY_EVAL: &Operation = &DRY_EVAL_POLICY;
static POST: &Operation = &CREATE_POLICY_PROFILE;
static DELETE: &Operation = &DELETE_POLICY_PROFILE;

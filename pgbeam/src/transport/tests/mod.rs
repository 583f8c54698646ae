//! Tests of the transport. A scripted HTTP client returns the responses, and Tokio's clock is paused, so that
//! no test waits in real time.

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

mod cancel;
mod credential;
mod maybe_applied;
mod requests;
mod response_size;
mod retry_table;
mod shared_state;
mod simulation;
mod stream;
mod telemetry;
mod timing;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The response or error that the scripted HTTP client returns for one attempt.
#[derive(Clone)]
enum Reply {
    Status(u16),
    StatusWithHeader(u16, &'static str, &'static str),
    Body(u16, &'static str),
    /// A response with this status. The connection fails in the middle of the body.
    TruncatedBody(u16),
    /// A response with status 200 and these chunks of the body, each after a wait. An `Err` is a failure
    /// within the body.
    Chunks(Vec<(Duration, Result<&'static str, Outcome>)>),
    /// A response with this status. Its body never arrives.
    StalledBody(u16),
    Fail(Outcome),
    /// No response: the attempt waits until it times out.
    Hang,
    /// Another reply after a wait.
    Delayed(Duration, Box<Reply>),
}
use Reply::{
    Body, Chunks, Delayed, Fail, Hang, StalledBody, Status, StatusWithHeader, TruncatedBody,
};

/// A request that the client sent, and the time since the start of the test.
#[derive(Debug, Clone, PartialEq)]
struct SentRequest {
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
    replies: Mutex<VecDeque<Reply>>,
    sent: Mutex<Vec<SentRequest>>,
    /// The number of attempts that have neither ended nor been dropped.
    in_flight: AtomicU32,
}

struct InFlightGuard<'a>(&'a AtomicU32);

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct ScriptedClient(Arc<Script>);

impl HttpClient for ScriptedClient {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            self.0.in_flight.fetch_add(1, Ordering::SeqCst);
            let _in_flight = InFlightGuard(&self.0.in_flight);
            let header = |name| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
            self.0.sent.lock().unwrap().push(SentRequest {
                at: self.0.start.elapsed(),
                method: request.method().to_string(),
                if_match: header("if-match"),
                key: header("idempotency-key"),
                authorization: header("authorization"),
                team: header("x-team"),
                body: Some(request.body().to_vec()).filter(|body| !body.is_empty()),
            });
            let mut reply = self
                .0
                .replies
                .lock()
                .unwrap()
                .pop_front()
                .expect("no further attempt");
            while let Delayed(wait, then) = reply {
                sleep(wait).await;
                reply = *then;
            }
            let response =
                |status, header: Option<(&'static str, &'static str)>, body: HttpBody| {
                    let mut response = http::Response::builder().status(status);
                    if let Some((name, value)) = header {
                        response = response.header(name, value);
                    }
                    Ok(response.body(body).unwrap())
                };
            match reply {
                Status(status) => response(status, None, "".into()),
                StatusWithHeader(status, name, value) => {
                    response(status, Some((name, value)), "".into())
                }
                Body(status, body) => response(status, None, body.into()),
                TruncatedBody(status) => {
                    response(status, None, chunked_body([Ok("{"), Err(Outcome::Network)]))
                }
                Chunks(chunks) => {
                    let chunk = |(wait, chunk): (_, Result<&'static str, _>)| async move {
                        sleep(wait).await;
                        chunk.map(Bytes::from).map_err(scripted_error)
                    };
                    let body = HttpBody::from_stream(iter(chunks).then(chunk));
                    response(200, None, body)
                }
                StalledBody(status) => {
                    let body = HttpBody::from_stream(futures_util::stream::pending());
                    response(status, None, body)
                }
                Fail(outcome) => Err(scripted_error(outcome)),
                Hang | Delayed(..) => pending().await,
            }
        })
    }
}

/// Returns the error of an HTTP client that the transport converts to this outcome.
fn scripted_error(outcome: Outcome) -> HttpError {
    let kind = match outcome {
        Outcome::Connect => HttpErrorKind::Connect,
        Outcome::Timeout => HttpErrorKind::Timeout,
        _ => HttpErrorKind::Other,
    };
    HttpError::new(kind, "scripted")
}

/// Returns a body of these chunks. An `Err` is a failure within the body.
fn chunked_body<const N: usize>(chunks: [Result<&'static str, Outcome>; N]) -> HttpBody {
    let chunk = |chunk: Result<&'static str, _>| chunk.map(Bytes::from).map_err(scripted_error);
    HttpBody::from_stream(iter(chunks.map(chunk)))
}

/// An environment with fixed values: every random number is 0.5, the keys are the UUIDs 0, 1, 2 and so on,
/// and the time is 6 November 1994, 08:49:37 GMT.
struct FixedEnvironment(AtomicU32);

impl Environment for FixedEnvironment {
    fn random(&self) -> f64 {
        0.5
    }
    fn idempotency_key(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::SeqCst).into())
    }
    fn now(&self) -> SystemTime {
        // Sun, 06 Nov 1994 08:49:37 GMT
        SystemTime::UNIX_EPOCH + s(784_111_777)
    }
}

struct Harness {
    state: Arc<ClientState>,
    script: Arc<Script>,
}

/// Returns the state of a client with the default timeouts, retries and retry budget. Three settings differ
/// from the defaults: at most 1,000 bytes of a response are read into memory, the environment has fixed
/// values ([`FixedEnvironment`]), and the HTTP client is a placeholder that the test replaces
/// ([`UnusedClient`]).
fn default_state() -> ClientState {
    ClientState {
        timeouts: Timeouts::new(s(30), s(120)),
        retry: RetryPolicy::new(),
        token_bucket: TokenBucket::new(RetryThrottle::new()),
        rate_limit_gate: RateLimitGate::default(),
        idempotency_keys: true,
        max_response_bytes: 1_000,
        allow_http: false,
        headers: HeaderMap::new(),
        credential: Credential::fixed("pbk_secret".into()),
        http: Arc::new(UnusedClient),
        environment: Box::new(FixedEnvironment(AtomicU32::new(0))),
        telemetry: Telemetry::new("x.test", None),
    }
}

/// A placeholder for the HTTP client that a test sets. Panics if it sends a request.
struct UnusedClient;

impl HttpClient for UnusedClient {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        unreachable!("the HTTP client is replaced")
    }
}

/// Returns a client with the settings of [`default_state`]. Its attempts get `replies` in this order. An
/// attempt after the last reply panics.
fn harness(replies: impl IntoIterator<Item = Reply>) -> Harness {
    harness_with(replies, |_| {})
}

/// Does the same as [`harness`], and changes the settings of the client with `configure`.
fn harness_with(
    replies: impl IntoIterator<Item = Reply>,
    configure: impl FnOnce(&mut ClientState),
) -> Harness {
    let script = Arc::new(Script {
        start: Instant::now(),
        replies: Mutex::new(replies.into_iter().collect()),
        sent: Mutex::default(),
        in_flight: AtomicU32::new(0),
    });
    let mut state = ClientState {
        http: Arc::new(ScriptedClient(script.clone())),
        ..default_state()
    };
    configure(&mut state);
    Harness {
        state: Arc::new(state),
        script,
    }
}

impl Harness {
    async fn call(&self, operation: &'static Operation) -> Result<RawResponse, Error> {
        self.call_with(operation, CallOptions::new()).await
    }

    async fn call_with(
        &self,
        operation: &'static Operation,
        options: CallOptions,
    ) -> Result<RawResponse, Error> {
        let transport = RetryTransport::new(self.state.clone(), options);
        let call = Client::new("https://x.test", transport)
            .unwrap()
            .call(operation);
        let call = call.path("project_id", "prj_1");
        let has_policy_id = operation.path.contains("{policy_id}");
        let call = if has_policy_id {
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

    fn sent(&self) -> Vec<SentRequest> {
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

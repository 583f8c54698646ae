//! Tests of the SDK with a fake HTTP client, which opens no socket.
//!
//! The first tests are examples of unit tests that users of the SDK can write. Most of the others check that
//! the guarantees of the transport do not depend on the HTTP client.

use std::{
    collections::VecDeque,
    error::Error as StdError,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use pgbeam::{
    Client, ClientBuilder, Error, ErrorKind,
    http::{
        BoxFuture, Bytes, HttpBody, HttpClient, HttpError, HttpErrorKind, HttpRequest,
        HttpResponse, Response, http_fn,
    },
    policies::{Policies, PolicyProfileInput},
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const KEY: &str = "pbk_s3cret_key_of_the_tests";

/// An HTTP client that returns responses from a queue and records the requests. It panics if the queue is
/// empty.
#[derive(Clone, Default)]
struct FakeHttp(Arc<Mutex<(VecDeque<Outcome>, Vec<HttpRequest>)>>);

type Outcome = Result<HttpResponse, HttpError>;

impl HttpClient for FakeHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Outcome> {
        let mut fake = self.0.lock().unwrap();
        fake.1.push(request);
        let response = fake.0.pop_front().expect("one more response");
        Box::pin(async { response })
    }
}

impl FakeHttp {
    fn new(responses: impl IntoIterator<Item = Outcome>) -> Self {
        let fake = Self::default();
        fake.0.lock().unwrap().0.extend(responses);
        fake
    }

    fn client(&self) -> ClientBuilder {
        client(self.clone())
    }

    /// Returns the method and URL of each request. The part of the URL up to the project `prj_1` is removed.
    fn sent(&self) -> Vec<String> {
        let fake = self.0.lock().unwrap();
        let line = |request: &HttpRequest| format!("{} {}", request.method(), request.uri());
        fake.1
            .iter()
            .map(|request| line(request).replace("https://api.pgbeam.com/v1/projects/prj_1", ""))
            .collect()
    }

    fn header(&self, request: usize, name: &str) -> Option<String> {
        let fake = self.0.lock().unwrap();
        Some(
            fake.1[request]
                .headers()
                .get(name)?
                .to_str()
                .unwrap()
                .to_owned(),
        )
    }

    fn body(&self, request: usize) -> Value {
        serde_json::from_slice(self.0.lock().unwrap().1[request].body()).unwrap()
    }
}

fn client(http: impl HttpClient + 'static) -> ClientBuilder {
    Client::builder()
        .env(|_| None)
        .api_key(KEY)
        .http_client(http)
}

fn policies(builder: ClientBuilder) -> Policies {
    builder
        .build()
        .unwrap()
        .project("prj_1")
        .unwrap()
        .policies()
}

fn respond(status: u16, headers: &[(&str, &str)], body: impl Into<HttpBody>) -> Outcome {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Ok(response.body(body.into()).unwrap())
}

fn profile(id: &str, max_rows: u32) -> Value {
    json!({
        "id": id, "project_id": "prj_1", "name": "Support", "access_mode": "read_only",
        "max_rows": max_rows, "table_allowlist": [], "table_denylist": [], "row_filters": [], "masking_rules": [], "query_mode": "templates",
        "write_mode": "normal",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    })
}

fn ok(etag: &str, value: &Value) -> Outcome {
    respond(200, &[("etag", etag)], value.to_string())
}

#[tokio::test]
async fn creates_a_profile() {
    let fake = FakeHttp::new([respond(201, &[], profile("pol_1", 7).to_string())]);
    let policies = policies(fake.client());
    let created = policies
        .create(PolicyProfileInput::new("Support").max_rows(7))
        .await
        .unwrap();
    assert_eq!((created.id(), created.max_rows()), ("pol_1", 7));
    assert_eq!(fake.sent(), ["POST /policies"]);
    assert_eq!(fake.body(0)["name"], "Support");
    assert_eq!(
        fake.header(0, "authorization").unwrap(),
        format!("Bearer {KEY}")
    );
    assert_eq!(fake.header(0, "content-type").unwrap(), "application/json");
    assert!(
        fake.header(0, "user-agent")
            .unwrap()
            .starts_with("pgbeam-rust/")
    );
}

#[tokio::test(start_paused = true)]
async fn edit_keeps_a_concurrent_change() {
    let fake = FakeHttp::new([
        ok("\"1\"", &profile("pol_1", 1)),
        respond(412, &[("content-type", "application/problem+json")], "{}"),
        ok("\"2\"", &profile("pol_1", 2)),
        ok("\"3\"", &profile("pol_1", 9)),
    ]);
    let edited = policies(fake.client())
        .edit("pol_1")
        .max_rows(9)
        .await
        .unwrap();
    assert_eq!(edited.max_rows(), 9);
    let (get, put) = ("GET /policies/pol_1", "PUT /policies/pol_1");
    assert_eq!(fake.sent(), [get, put, get, put]);
    assert_eq!(fake.header(1, "if-match").unwrap(), "\"1\"");
    assert_eq!(fake.header(3, "if-match").unwrap(), "\"2\"");
    assert_eq!(fake.body(3)["max_rows"], 9);
}

#[tokio::test]
async fn lists_three_pages() {
    let page = |ids: &[&str], next: Option<&str>| {
        let profiles: Vec<_> = ids.iter().map(|id| profile(id, 1)).collect();
        let page = json!({"policies": profiles, "next_page_token": next.unwrap_or_default()});
        respond(200, &[], page.to_string())
    };
    let fake = FakeHttp::new([
        page(&["pol_1", "pol_2"], Some("a")),
        page(&[], Some("b")),
        page(&["pol_3"], None),
    ]);
    let mut items = policies(fake.client()).list().items();
    let mut ids = Vec::new();
    while let Some(profile) = items.try_next().await.unwrap() {
        ids.push(profile.id().to_string());
    }
    assert_eq!(ids, ["pol_1", "pol_2", "pol_3"]);
    let sent = fake.sent();
    let sent: Vec<_> = sent.iter().map(|line| line.as_str()).collect();
    assert!(
        matches!(sent[..], ["GET /policies", second, third]
            if second.ends_with("page_token=a") && third.ends_with("page_token=b")),
        "{sent:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn retries_503_with_the_same_idempotency_key() {
    let fake = FakeHttp::new([
        respond(503, &[("retry-after", "7")], ""),
        respond(201, &[], profile("pol_1", 7).to_string()),
    ]);
    let start = Instant::now();
    let create = policies(fake.client()).create(PolicyProfileInput::new("Support"));
    let created = create.await.unwrap();
    assert_eq!(created.meta().attempts(), 2);
    assert!(start.elapsed() >= Duration::from_secs(7));
    assert_eq!(fake.sent().len(), 2);
    let key = fake.header(0, "idempotency-key").unwrap();
    assert_eq!(fake.header(1, "idempotency-key"), Some(key));
}

#[tokio::test(start_paused = true)]
async fn the_kind_of_an_error_decides_about_retries_and_maybe_applied() {
    use HttpErrorKind::{Connect, ConnectTimeout, Other, Timeout};
    // After an error of the HTTP client, a write without an idempotency key is retried only if nothing was
    // sent.
    for (kind, attempts, maybe_applied, expected, is_timeout) in [
        (Connect, 6, false, "could not connect", false),
        (ConnectTimeout, 6, false, "could not connect in time", true),
        (Timeout, 1, true, "the HTTP client timed out", true),
        (Other, 1, true, "the connection failed", false),
    ] {
        let fail =
            move |_| async move { Err::<Response<HttpBody>, _>(HttpError::new(kind, "the cause")) };
        let policies = policies(client(http_fn(fail)).idempotency_keys(false));
        let error = policies
            .create(PolicyProfileInput::new("x"))
            .await
            .unwrap_err();
        assert_eq!(error.attempts(), attempts, "{error}");
        assert_eq!(error.maybe_applied(), maybe_applied, "{error}");
        assert_eq!(
            (error.message().as_str(), error.is_timeout()),
            (expected, is_timeout)
        );
        assert_eq!(error.source().unwrap().to_string(), "the cause");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains("the cause"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn timeouts_do_not_depend_on_the_http_client() {
    let start = Instant::now();
    let never = http_fn(|_| pending::<Result<Response<HttpBody>, HttpError>>());
    let error = policies(client(never).max_retries(1))
        .get("pol_1")
        .await
        .unwrap_err();
    assert!(error.is_timeout() && error.attempts() == 2, "{error}");
    assert!(
        start.elapsed() < Duration::from_secs(62),
        "{:?}",
        start.elapsed()
    );

    // A body that arrives slowly.
    let start = Instant::now();
    let slow = http_fn(|_| async {
        let body = stream_body(|| async {
            sleep(Duration::from_secs(1)).await;
            Some(Ok(Bytes::from_static(b" ")))
        });
        Ok(Response::new(body))
    });
    let error = policies(client(slow).max_retries(0))
        .get("pol_1")
        .await
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

/// Creates a body from the chunks that `next` returns, until it returns `None`.
fn stream_body<F, R>(next: F) -> HttpBody
where
    F: Fn() -> R + Send + 'static,
    R: Future<Output = Option<Result<Bytes, HttpError>>> + Send + 'static,
{
    use futures_util::stream::unfold;
    HttpBody::from_stream(unfold(next, |next| async {
        let chunk = next().await?;
        Some((chunk, next))
    }))
}

#[tokio::test]
async fn drops_a_body_above_the_size_limit() {
    let endless = || stream_body(|| async { Some(Ok(Bytes::from_static(&[b' '; 1_000]))) });
    for (status, kind) in [(200, ErrorKind::Decode), (400, ErrorKind::Api)] {
        let fake = FakeHttp::new([respond(status, &[], endless())]);
        let policies = policies(fake.client().max_response_bytes(10_000));
        let error = policies.get("pol_1").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert!(error.body().is_empty());
        assert_eq!(fake.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_body_error_means_that_the_request_was_sent() {
    let lost = Err(HttpError::new(HttpErrorKind::Connect, "reset"));
    let body = HttpBody::from_stream(futures_util::stream::iter([lost]));
    let fake = FakeHttp::new([respond(201, &[], body)]);
    let create =
        policies(fake.client().idempotency_keys(false)).create(PolicyProfileInput::new("x"));
    let error = create.await.unwrap_err();
    assert!(error.maybe_applied() && error.attempts() == 1, "{error}");
}

#[tokio::test]
async fn a_body_error_keeps_its_cause() {
    let chunks = ["{", ""].map(|chunk| match chunk {
        "" => Err(HttpError::new(HttpErrorKind::Other, "reset")),
        chunk => Ok(Bytes::from_static(chunk.as_bytes())),
    });
    let body = HttpBody::from_stream(futures_util::stream::iter(chunks));
    let fake = FakeHttp::new([respond(200, &[], body)]);
    let error = policies(fake.client().max_retries(0))
        .get("pol_1")
        .await
        .unwrap_err();
    assert!(
        error.is_network() && error.to_string().contains("HTTP 200"),
        "{error}"
    );
    assert_eq!(error.source().unwrap().to_string(), "reset");
}

#[tokio::test]
async fn errors_do_not_show_the_key() {
    #[derive(Debug)]
    struct QuotingError(#[expect(dead_code, reason = "for Debug")] String);
    impl std::fmt::Display for QuotingError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the error quotes the request")
        }
    }
    impl StdError for QuotingError {}

    let outer = HttpError::new(HttpErrorKind::Other, QuotingError(KEY.to_owned()));
    for outcome in [
        respond(
            400,
            &[("x-echo", KEY)],
            format!("{{\"detail\": \"{KEY}\"}}"),
        ),
        Err(HttpError::new(
            HttpErrorKind::Connect,
            format!("sent {KEY}"),
        )),
        Err(HttpError::new(
            HttpErrorKind::Connect,
            QuotingError(KEY.to_owned()),
        )),
        Err(HttpError::new(HttpErrorKind::Other, outer)),
    ] {
        let fake = FakeHttp::new([outcome]);
        let error = policies(fake.client().max_retries(0))
            .get("pol_1")
            .await
            .unwrap_err();
        let output = format!("{error} {error:?} {:?} {:?}", error.meta(), error.body());
        assert!(
            !output.contains(KEY) && !chain(&error).contains(KEY),
            "{output}"
        );
    }
}

#[tokio::test]
async fn redirects_and_encoded_bodies_are_errors() {
    let location = [("location", "https://elsewhere.test/")];
    let fake = FakeHttp::new([respond(307, &location, "")]);
    let error = policies(fake.client()).get("pol_1").await.unwrap_err();
    assert_eq!((error.status(), fake.sent().len()), (Some(307), 1));

    let fake = FakeHttp::new([respond(200, &[("content-encoding", "br")], "{}")]);
    let error = policies(fake.client()).get("pol_1").await.unwrap_err();
    assert!(
        error.is_decode() && error.to_string().contains("br"),
        "{error}"
    );
}

#[tokio::test]
async fn the_source_chain_has_no_duplicates() {
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let nested = HttpError::new(HttpErrorKind::Connect, refused);
    let fake = FakeHttp::new([Err(nested)]);
    let error = policies(fake.client().max_retries(0))
        .get("pol_1")
        .await
        .unwrap_err();
    assert_eq!(
        chain(&error),
        "getPolicyProfile: could not connect: connection refused"
    );
    assert_eq!(
        std::io::Error::from(error).kind(),
        std::io::ErrorKind::ConnectionRefused
    );
}

/// Formats an error and its sources in the way of `anyhow` with `{:#}`: separated by `: `.
fn chain(error: &Error) -> String {
    let mut output = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        output += &format!(": {error}");
        source = error.source();
    }
    output
}

#[test]
fn rejects_a_connect_timeout_with_a_custom_http_client() {
    let client = FakeHttp::default()
        .client()
        .connect_timeout(Duration::from_secs(1));
    let error = client.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("connect timeout"), "{error}");
}

#[tokio::test]
async fn copies_an_export_to_a_writer() {
    let fake = FakeHttp::new([respond(200, &[("content-type", "text/csv")], "a,b\n1,2\n")]);
    let client = fake.client().build().unwrap();
    let export = client
        .api()
        .export_audit_logs()
        .project_id("prj_1")
        .send()
        .await;
    let mut copied = Vec::new();
    let mut export = export.unwrap().into_inner();
    tokio::io::copy(&mut export, &mut copied).await.unwrap();
    assert_eq!(copied, b"a,b\n1,2\n");
}

#[tokio::test]
async fn direct_transport_accepts_any_http_client() {
    let fake = FakeHttp::new([
        ok("\"1\"", &profile("pol_1", 1)),
        Err(HttpError::new(HttpErrorKind::Connect, KEY)),
        Err(HttpError::new(HttpErrorKind::Other, "reset")),
    ]);
    let transport = pgbeam_api::DirectTransport::new(fake.clone(), KEY).unwrap();
    let client = pgbeam_api::Client::new("https://api.pgbeam.com", transport).unwrap();
    let get = || {
        client
            .get_policy_profile()
            .project_id("prj_1")
            .policy_id("pol_1")
    };
    let read = get().send().await.unwrap().modified().unwrap();
    assert_eq!(read.max_rows, Some(1));
    let put = || {
        let put = client
            .update_policy_profile()
            .project_id("prj_1")
            .policy_id("pol_1");
        put.body_map(|body| body.name("x"))
    };
    let unsent = put().send().await.unwrap_err();
    assert!(!unsent.maybe_applied() && !chain(&unsent).contains(KEY));
    assert!(put().send().await.unwrap_err().maybe_applied());
    assert_eq!(fake.sent()[0], "GET /policies/pol_1");
    assert_eq!(
        fake.header(0, "authorization").unwrap(),
        format!("Bearer {KEY}")
    );
}

//! Snapshots of errors of every kind and of log lines, to be read from top to bottom:
//! `snapshots/messages__errors.snap` and `snapshots/messages__logs.snap`.
//!
//! For each error, the snapshot has its `Display` and, if it differs, the chain that `anyhow` prints for
//! `{:#}`. After a change of a message, run `INSTA_UPDATE=always cargo test -p pgbeam-tests --test messages`
//! and read the diff of the snapshot.

use std::{
    future::pending,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use pgbeam::{
    Client, ClientBuilder, Error,
    http::{HttpError, HttpErrorKind, HttpRequest, HttpResponse, Response, http_fn},
    policies::{Mask, Policies, PolicyProfileInput},
};
use regex::Regex;
use serde_json::json;
use tracing::subscriber::{NoSubscriber, set_default, set_global_default};
use tracing_subscriber::fmt::MakeWriter;

const PROBLEM: &str = "application/problem+json";

/// The text of a snapshot: errors, each under a title, in sections.
#[derive(Default)]
struct Snapshot(String);

impl Snapshot {
    fn section(&mut self, title: &str) {
        self.0 += &format!("\n## {title}\n");
    }

    fn case<T>(&mut self, title: &str, result: Result<T, Error>) {
        let Err(error) = result else {
            panic!("{title}: no error");
        };
        let line = error.to_string();
        assert!(!line.contains('\n'), "{title}: {line}");
        assert!(!line.ends_with('.'), "{title}: {line}");
        self.0 += &format!("\n# {title}\n{line}\n");
        let chain = format!("{:#}", anyhow::Error::from(error));
        if chain != line {
            self.0 += &format!("{chain}\n");
        }
    }

    /// Returns the text, with `…` instead of durations that depend on random delays.
    fn text(&self) -> String {
        let elapsed = Regex::new(r"attempts in [0-9.]+m?s").unwrap();
        elapsed.replace_all(&self.0, "attempts in …").into_owned()
    }
}

fn builder() -> ClientBuilder {
    Client::builder().env(|_| None).api_key("pbk_secret")
}

fn policies(builder: ClientBuilder) -> Policies {
    let client = builder.build().unwrap();
    client.project("prj_1").unwrap().policies()
}

/// Returns a policies handle whose server sends the same response to every request.
fn responding(status: u16, headers: &[(&str, &str)], body: &str) -> Policies {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let (parts, ()) = response.body(()).unwrap().into_parts();
    let body = body.to_owned();
    let send = move |_: HttpRequest| {
        let response = HttpResponse::from_parts(parts.clone(), body.clone().into());
        async { Ok(response) }
    };
    policies(builder().http_client(http_fn(send)))
}

/// Returns a policies handle whose server sends this problem document to every request.
fn problem(status: u16, headers: &[(&str, &str)], code: &str, detail: &str) -> Policies {
    let body = json!({"type": "about:blank", "title": "Error", "status": status, "code": code,
        "detail": detail, "request_id": "req_1"});
    let mut all = vec![("content-type", PROBLEM), ("x-request-id", "req_1")];
    all.extend_from_slice(headers);
    responding(status, &all, &body.to_string())
}

/// Returns a policies handle whose HTTP client fails on every request.
fn failing(kind: HttpErrorKind, source: io::ErrorKind) -> Policies {
    let send = move |_: HttpRequest| async move {
        let source = io::Error::new(source, source.to_string());
        Err::<HttpResponse, _>(HttpError::new(kind, source))
    };
    policies(builder().http_client(http_fn(send)))
}

/// Returns a policies handle whose server never responds.
fn silent(builder: ClientBuilder) -> Policies {
    let send = |_: HttpRequest| pending::<Result<HttpResponse, HttpError>>();
    policies(builder.http_client(http_fn(send)))
}

fn input() -> PolicyProfileInput {
    PolicyProfileInput::new("Support")
}

#[tokio::test(start_paused = true)]
async fn every_error_reads_as_reviewed() {
    let mut snapshot = Snapshot::default();
    api_errors(&mut snapshot).await;
    network_errors(&mut snapshot).await;
    decode_errors(&mut snapshot).await;
    invalid_requests(&mut snapshot).await;
    credential_errors(&mut snapshot).await;
    configuration_errors(&mut snapshot);
    insta::assert_snapshot!("errors", snapshot.text());
}

async fn api_errors(snapshot: &mut Snapshot) {
    snapshot.section("Api: the API or a gateway responded with an error status");
    let invalid = json!({"title": "Bad Request", "status": 400, "detail": "The profile is not valid.",
        "code": "VALIDATION_ERROR", "request_id": "req_1",
        "errors": [{"field": "max_rows", "detail": "must be at least 0"}, {"field": "name", "detail": "is required"}]});
    let headers = [("content-type", PROBLEM), ("x-request-id", "req_1")];
    let rejected = responding(400, &headers, &invalid.to_string());
    snapshot.case("400 with field errors", rejected.create(input()).await);
    for (title, status, code, detail) in [
        ("401", 401, "UNAUTHORIZED", "The API key is not valid."),
        ("403", 403, "FORBIDDEN", "The API key may not do this."),
        (
            "403 for a plan limit",
            403,
            "PLAN_LIMIT_REACHED",
            "The plan allows 3 policy profiles.",
        ),
        ("404", 404, "NOT_FOUND", "There is no such policy profile."),
        (
            "409",
            409,
            "CONFLICT",
            "A credential refers to the policy profile.",
        ),
        (
            "409 for a reused idempotency key",
            409,
            "IDEMPOTENCY_KEY_REUSED",
            "The key was used with another body.",
        ),
        (
            "410 after the sunset",
            410,
            "GONE",
            "The operation has ended.",
        ),
        ("413", 413, "PAYLOAD_TOO_LARGE", "The body exceeds 2 MB."),
        (
            "418 with an unknown code",
            418,
            "TEAPOT",
            "Short and stout.",
        ),
        ("500", 500, "INTERNAL", "Something failed."),
    ] {
        let result = problem(status, &[], code, detail).get("pol_1").await;
        snapshot.case(title, result);
    }
    let detail = "The resource has changed since the entity tag was read.";
    let changed = problem(412, &[("etag", "\"v8\"")], "PRECONDITION_FAILED", detail);
    let update = changed.update("pol_1", input()).if_match("\"v7\"");
    snapshot.case("412", update.await);
    let limited = problem(429, &[("retry-after", "300")], "RATE_LIMITED", "Too many.");
    snapshot.case(
        "429 with a `Retry-After` beyond the total timeout",
        limited.get("pol_1").await,
    );
    let unavailable = responding(503, &[], "");
    snapshot.case("503 after all retries", unavailable.get("pol_1").await);
    let html = [("content-type", "text/html")];
    let gateway = responding(502, &html, "<h1>Bad gateway</h1>");
    snapshot.case(
        "502 from a gateway in response to a read",
        gateway.get("pol_1").await,
    );
    snapshot.case("502 from a gateway in response to a write without a key", {
        let create = gateway.create(input());
        create.retry(pgbeam::RetryPolicy::none()).await
    });
    let edge = responding(
        403,
        &[],
        r#"{"error": {"code": "BLOCKED", "message": "Blocked at the edge."}}"#,
    );
    snapshot.case("an error body of an edge server", edge.get("pol_1").await);
    let framework = responding(404, &[], r#"{"message": "Route not found"}"#);
    snapshot.case(
        "an error body of a web framework",
        framework.get("pol_1").await,
    );
    let redirect = responding(302, &[("location", "https://example.com/")], "");
    snapshot.case(
        "a redirect, which is not followed",
        redirect.get("pol_1").await,
    );
    let unasked = responding(304, &[], "");
    snapshot.case("304 without `If-None-Match`", unasked.get("pol_1").await);
}

async fn network_errors(snapshot: &mut Snapshot) {
    snapshot.section("Network and Timeout: there was no complete response");
    let refused = failing(HttpErrorKind::Connect, io::ErrorKind::ConnectionRefused);
    snapshot.case("no connection", refused.get("pol_1").await);
    let slow = failing(HttpErrorKind::ConnectTimeout, io::ErrorKind::TimedOut);
    snapshot.case("no connection in time", slow.get("pol_1").await);
    let reset = failing(HttpErrorKind::Other, io::ErrorKind::ConnectionReset);
    snapshot.case(
        "a connection that is reset during a read",
        reset.get("pol_1").await,
    );
    snapshot.case("a connection that is reset during a write", {
        let create = reset.create(input());
        create.retry(pgbeam::RetryPolicy::none()).await
    });
    let timed_out = failing(HttpErrorKind::Timeout, io::ErrorKind::TimedOut);
    snapshot.case(
        "a time limit of the HTTP client",
        timed_out.get("pol_1").await,
    );
    let once = silent(builder().max_retries(0));
    snapshot.case(
        "the timeout of an attempt at a read",
        once.get("pol_1").await,
    );
    snapshot.case(
        "the timeout of an attempt at a write",
        once.create(input()).await,
    );
    let limited = silent(builder().total_timeout(Duration::from_secs(5)));
    snapshot.case("the total timeout of a call", limited.get("pol_1").await);
}

async fn decode_errors(snapshot: &mut Snapshot) {
    snapshot.section("Decode: the success response cannot be used");
    let json = [("content-type", "application/json")];
    let html = [("content-type", "text/html")];
    let page = responding(200, &html, "<html>Sign in</html>");
    snapshot.case(
        "an HTML page in response to a read",
        page.get("pol_1").await,
    );
    snapshot.case(
        "an HTML page in response to a write",
        page.create(input()).await,
    );
    let other = responding(200, &json, r#"{"id": 7}"#);
    snapshot.case(
        "JSON of another type in response to a read",
        other.get("pol_1").await,
    );
    snapshot.case(
        "JSON of another type in response to a write",
        other.create(input()).await,
    );
    let empty = responding(200, &[], "");
    snapshot.case(
        "an empty body in response to a read",
        empty.get("pol_1").await,
    );
    snapshot.case(
        "an empty body in response to a write",
        empty.create(input()).await,
    );
    let compressed = responding(200, &[("content-encoding", "br")], "…");
    snapshot.case("a compressed body", compressed.get("pol_1").await);
    let limit = builder().max_response_bytes(8);
    let send = |_: HttpRequest| async { Ok(HttpResponse::new("{\"long\": true}".into())) };
    let large = policies(limit.http_client(http_fn(send)));
    snapshot.case("a body above the limit", large.get("pol_1").await);
    let profile = json!({"id": "pol_2", "project_id": "prj_1", "name": "p", "access_mode": "read_only",
        "table_allowlist": [], "table_denylist": [], "masking_rules": [], "query_mode": "sql",
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z"});
    let untagged = responding(200, &json, &profile.to_string());
    let edit = untagged.edit("pol_2").max_rows(1);
    snapshot.case("an edit of a response without an entity tag", edit.await);
    let tagged = responding(200, &[json[0], ("etag", "\"v1\"")], &profile.to_string());
    let edit = tagged.edit("pol_1").max_rows(1);
    snapshot.case("an edit that reads another resource", edit.await);
}

async fn invalid_requests(snapshot: &mut Snapshot) {
    snapshot.section("Invalid: the request was rejected before anything was sent");
    let policies = silent(builder());
    snapshot.case("an empty identifier", policies.get("").await);
    snapshot.case(
        "an identifier that would change the path",
        policies.delete("..").await,
    );
    let bad = PolicyProfileInput::new("")
        .mask(Mask::redact("", "email"))
        .max_rows(-1)
        .table_denylist([""]);
    snapshot.case("several invalid fields", policies.create(bad).await);
    snapshot.case("an invalid page size", policies.list().page_size(101).await);
    let create = policies.create(input()).idempotency_key("");
    snapshot.case("an empty idempotency key", create.await);
    let header = policies.get("pol_1").header("Authorization", "Bearer x");
    snapshot.case("the header Authorization", header.await);
    let header = policies.get("pol_1").header("Host", "example.com");
    snapshot.case("a header of the transport", header.await);
    let header = policies.get("pol_1").header("a b", "c");
    snapshot.case("an invalid header name", header.await);
    let update = policies.update("pol_1", input()).if_match("");
    snapshot.case("an empty entity tag", update.await);
    let edit = policies
        .edit("pol_1")
        .field("created_at", "2026-01-01T00:00:00Z");
    snapshot.case("an edit of a field that the server sets", edit.await);
    let edit = policies.edit("pol_1").field("max_rows", "many");
    snapshot.case("an edit with a value of the wrong type", edit.await);
    let edit = policies.edit("pol_1").clear("name");
    snapshot.case("an edit that clears a required field", edit.await);
    snapshot.case("an empty statement", policies.dry_eval("pol_1", "").await);
    let send = |_: HttpRequest| pending::<Result<HttpResponse, HttpError>>();
    let client = builder().http_client(http_fn(send)).build().unwrap();
    let unknown = client.call("updatePolicyProfiles").await;
    snapshot.case("an unknown operation", unknown.map(|_| ()));
    let incomplete = client.call("getPolicyProfile").path("project_id", "prj_1");
    snapshot.case("a missing path parameter", incomplete.await.map(|_| ()));
    snapshot.case("a project without an identifier", client.project(""));
}

async fn credential_errors(snapshot: &mut Snapshot) {
    snapshot.section("Auth: there is no usable API key");
    let client = || Client::builder().env(|_| None);
    let failing = client().credential_provider(|_| async {
        Err::<String, _>(io::Error::other("the vault is sealed"))
    });
    snapshot.case("a provider that fails", silent(failing).get("pol_1").await);
    let slow = client().credential_provider(|_| pending::<Result<String, io::Error>>());
    snapshot.case(
        "a provider that does not return",
        silent(slow).get("pol_1").await,
    );
    let malformed =
        client().credential_provider(|_| async { Ok::<_, io::Error>("two\nlines".to_owned()) });
    snapshot.case(
        "a key that is not valid in a header",
        silent(malformed).get("pol_1").await,
    );
}

fn configuration_errors(snapshot: &mut Snapshot) {
    snapshot.section("Config and Auth: the client cannot be built");
    let mut case = |title: &str, builder: ClientBuilder| snapshot.case(title, builder.build());
    case("no API key", Client::builder().env(|_| None));
    case("a key with a line break", builder().api_key("two\nlines"));
    case(
        "a base URL without a scheme",
        builder().base_url("api.pgbeam.com"),
    );
    case(
        "a base URL of another scheme",
        builder().base_url("ftp://api.pgbeam.com"),
    );
    case(
        "a base URL with a password",
        builder().base_url("https://a:b@api.pgbeam.com"),
    );
    case(
        "a base URL with a query",
        builder().base_url("https://api.pgbeam.com?a=b"),
    );
    case(
        "a key over plain HTTP",
        builder().base_url("http://api.pgbeam.com"),
    );
    let several = builder()
        .header("Host", "a")
        .header("a b", "c")
        .base_url("");
    case("several errors", several);
}

/// A buffer that the `tracing` subscriber writes log lines to.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Buffer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn every_log_line_reads_as_reviewed() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .without_time()
        .with_writer(buffer.clone())
        .finish();
    // Without a global subscriber, the other test could disable a callsite (a log statement) for all threads.
    let _ = set_global_default(NoSubscriber::default());
    let guard = set_default(subscriber);
    let lifecycle = [
        ("deprecation", "@1788220800"),
        ("sunset", "Mon, 01 Mar 2027 00:00:00 GMT"),
    ];
    let deprecated = problem(
        404,
        &lifecycle,
        "NOT_FOUND",
        "There is no such policy profile.",
    );
    deprecated.get("pol_1").await.unwrap_err();
    deprecated.get("pol_1").await.unwrap_err();
    let reset = failing(HttpErrorKind::Other, io::ErrorKind::ConnectionReset);
    reset.get("pol_1").await.unwrap_err();
    silent(builder().max_retries(0))
        .get("pol_1")
        .await
        .unwrap_err();
    drop(guard);
    let log = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    assert!(
        !log.contains("pbk_secret") && !log.contains("pol_1"),
        "{log}"
    );
    let lines = log.lines().filter(|line| line.contains("pgbeam"));
    insta::assert_snapshot!("logs", lines.collect::<Vec<_>>().join("\n"));
}

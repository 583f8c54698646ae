//! The API key is seen by the server and by nobody else: nothing that is printed or traced holds
//! it, whatever a server echoes.

#[path = "policies/support/mod.rs"]
mod support;

use std::{
    error::Error as _,
    fmt::{Debug, Write as _},
    io,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use pgbeam::{
    CallOptions, Client, Error, RetryPolicy,
    api::{self, DirectTransport, operations},
    policies::{PolicyProfileInput, QueryTemplateInput},
};
use pgbeam_emulator::Fault;
use pgbeam_tests::raw::{RawServer, answer};
use serde_json::json;
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt};

use support::{Bench, KEY, PROJECT, builder, policies};

/// All that this process has traced, and logged, at any level in any crate.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Heard {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Listens from now on; once for the whole process.
fn listen() -> &'static Heard {
    static HEARD: OnceLock<Heard> = OnceLock::new();
    HEARD.get_or_init(|| {
        let heard = Heard::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(heard.clone())
            .finish()
            .init();
        heard
    })
}

#[track_caller]
fn quiet(what: &str) {
    assert!(!what.is_empty());
    for secret in [KEY, "s3cret"] {
        assert!(!what.contains(secret), "{secret:?} in {what}");
    }
}

/// Neither form of `Debug` may show it.
#[track_caller]
fn debug(value: &impl Debug) {
    quiet(&format!("{value:?}"));
    quiet(&format!("{value:#?}"));
}

/// Nothing that an error prints, and nothing that it comes from.
#[track_caller]
fn error(error: &Error) {
    let mut text = format!("{error} {error:#} {} {:?}", error.message(), error.meta());
    for part in [
        error.detail(),
        error.title(),
        error.instance(),
        error.problem_type(),
    ] {
        write!(text, " {part:?}").unwrap();
    }
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, " {cause} {cause:?} {cause:#?}").unwrap();
        source = cause.source();
    }
    quiet(&text);
    debug(error);
}

#[tokio::test]
async fn what_makes_and_what_is_a_client() {
    let heard = listen();
    let builder = builder("http://127.0.0.1:9");
    debug(&builder);
    let rotating = builder
        .clone()
        .credential(|_| async { Ok::<_, io::Error>(KEY.to_owned()) });
    debug(&rotating);
    for client in [builder.build().unwrap(), rotating.build().unwrap()] {
        debug(&client);
        debug(&client.api());
        let options = CallOptions::new()
            .header("x-other-token", KEY)
            .idempotency_key(KEY);
        debug(&options);
        debug(&client.api_with(options));
        let project = client.project(PROJECT).unwrap();
        debug(&project);
        debug(&project.policies());
        debug(&project.query_templates());
    }
    let of_env = Client::builder().env(|name| (name == "PGBEAM_API_KEY").then(|| KEY.to_owned()));
    debug(&of_env);
    debug(&of_env.base_url("http://127.0.0.1:9").build().unwrap());
    let direct = DirectTransport::new(reqwest::Client::new(), KEY).unwrap();
    debug(&direct);
    debug(&api::Client::new("http://127.0.0.1:9", direct).unwrap());
    debug(&api::bearer(KEY).unwrap());
    quiet(&(heard.text() + "."));
}

#[tokio::test]
async fn requests_that_are_being_put_together() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
    let input = || PolicyProfileInput::new("p");
    debug(
        &policies
            .create(input())
            .header("x-token", KEY)
            .idempotency_key(KEY),
    );
    debug(&policies.get("pol_1").header("x-token", KEY));
    debug(
        &policies
            .get("pol_1")
            .if_none_match("\"a\"")
            .header("x-token", KEY),
    );
    debug(
        &policies
            .update("pol_1", input())
            .if_match("*")
            .header("x-token", KEY),
    );
    debug(&policies.edit("pol_1").max_rows(1).header("x-token", KEY));
    debug(&policies.delete("pol_1").header("x-token", KEY));
    debug(&policies.list().header("x-token", KEY));
    debug(
        &policies
            .list()
            .if_none_match("\"a\"")
            .header("x-token", KEY),
    );
    debug(&policies.list().header("x-token", KEY).pages());
    debug(&policies.list().header("x-token", KEY).items());
    debug(&policies.statement_kinds("pol_1").header("x-token", KEY));
    debug(
        &policies
            .dry_eval("pol_1", "SELECT 1")
            .header("x-token", KEY),
    );
    debug(&policies.replay("pol_1").header("x-token", KEY));
    debug(&policies.recommend("agt_1").header("x-token", KEY));
    let template = QueryTemplateInput::new("one", "SELECT 1");
    debug(&bench.templates.create(template).header("x-token", KEY));

    let low = bench.client.api();
    debug(
        &low.create_policy_profile()
            .project_id(PROJECT)
            .body_map(|body| body.name("p")),
    );
    debug(&low.get_policy_profile().project_id(PROJECT));
    let call = low
        .call(&operations::CREATE_POLICY_PROFILE)
        .header("x-token", KEY);
    debug(&call.body(format!("{{\"name\":\"{KEY}\"}}")));
}

#[tokio::test]
async fn answers_and_what_the_emulator_keeps_of_requests() {
    let heard = listen();
    let bench = Bench::start().await;
    let created = bench
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap();
    let etag = bench
        .policies
        .get(created.id())
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    debug(&created);
    debug(created.meta());
    debug(
        &bench
            .policies
            .get(created.id())
            .if_none_match(etag)
            .await
            .unwrap(),
    );
    debug(&bench.policies.list().await.unwrap());
    debug(
        &bench
            .policies
            .dry_eval(created.id(), "SELECT 1")
            .await
            .unwrap(),
    );
    debug(&bench.policies.delete(created.id()).await.unwrap());
    let call = bench.client.api().call(&operations::LIST_POLICY_PROFILES);
    debug(&call.path("project_id", PROJECT).send().await.unwrap());

    debug(&bench.emulator);
    let received = bench.received();
    assert!(
        received.iter().all(|request| request.bearer_is(KEY)),
        "it was sent"
    );
    debug(&received);
    quiet(&received.to_string());
    for request in &received {
        debug(request);
        quiet(&request.to_string());
    }
    let heard = heard.text();
    quiet(&heard);
    for loud in [
        "pgbeam.call",
        "http.response.status_code=201",
        "reqwest::",
        "hyper_util::",
    ] {
        assert!(
            heard.contains(loud),
            "{loud} was not heard, so this has listened to nothing"
        );
    }
}

#[tokio::test]
async fn errors_of_a_server_that_echoes_the_request() {
    let heard = listen();
    let echo = format!("Bearer {KEY}");
    let problem = json!({
        "type": echo, "title": echo, "status": 400, "detail": format!("bad header {echo}\n{KEY}"),
        "instance": format!("/v1/?key={KEY}"), "code": KEY, "request_id": KEY,
        "errors": [{"field": KEY, "detail": echo}],
    });
    let html = format!("<html><pre>authorization: {echo}</pre></html>");
    let edge = json!({"error": {"code": KEY, "message": echo, "request_id": KEY}});
    let framework = json!({ "message": echo });
    let bodies = [
        problem.to_string(),
        html,
        edge.to_string(),
        framework.to_string(),
        echo.clone(),
    ];
    for status in [
        "400", "401", "403", "404", "409", "412", "418", "429", "500", "502", "307",
    ] {
        for body in &bodies {
            let headers = [
                format!("X-Request-Id: {KEY}"),
                format!("X-Echo: {echo}"),
                format!("ETag: \"{KEY}\""),
                format!("Location: http://127.0.0.1:9/{KEY}"),
                format!("Deprecation: {KEY}"),
                format!("Sunset: {KEY}"),
            ];
            let headers: Vec<_> = headers.iter().map(String::as_str).collect();
            let bytes = answer(&format!("{status} {KEY}"), &headers, body);
            let server = RawServer::start(move |_| bytes.clone()).await;
            let client = builder(&server.url())
                .retry(RetryPolicy::none())
                .build()
                .unwrap();
            let policies = client.project(PROJECT).unwrap().policies();
            let read = policies.get("pol_1").await.unwrap_err();
            let write = policies
                .update("pol_1", PolicyProfileInput::new("p"))
                .await
                .unwrap_err();
            let low = client
                .api()
                .list_policy_profiles()
                .project_id(PROJECT)
                .send()
                .await;
            let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
            let direct = DirectTransport::new(http.build().unwrap(), KEY).unwrap();
            let direct = api::Client::new(&server.url(), direct).unwrap();
            let direct = direct
                .list_policy_profiles()
                .project_id(PROJECT)
                .send()
                .await;
            for found in [read, write, low.unwrap_err(), direct.unwrap_err()] {
                assert_eq!(found.status().unwrap().to_string(), status);
                error(&found);
                debug(&found.field_errors());
                debug(&found.meta().unwrap().headers());
                assert!(!String::from_utf8_lossy(found.body()).contains(KEY));
                assert_ne!(found.request_id(), Some(KEY));
                assert_ne!(found.code().map(|code| code.as_str()), Some(KEY));
                for field in found.field_errors() {
                    quiet(&field.to_string());
                }
            }
            assert!(server.requests()[0].header("authorization") == Some(echo.as_str()));
        }
    }
    quiet(&heard.text());
}

#[tokio::test]
async fn successes_of_a_server_that_echoes_the_key_in_its_headers() {
    let heard = listen();
    let headers = [format!("X-Request-Id: {KEY}"), format!("ETag: \"{KEY}\"")];
    let headers: Vec<_> = headers.iter().map(String::as_str).collect();
    for body in [r#"{"policies":[]}"#, "{", "<html>"] {
        let bytes = answer("200 OK", &headers, body);
        let server = RawServer::start(move |_| bytes.clone()).await;
        match policies(&server.url()).list().await {
            Ok(page) => {
                debug(&page);
                debug(&page.meta().headers());
                assert_eq!(page.request_id(), Some("[redacted]"));
            }
            Err(found) => error(&found),
        }
    }
    quiet(&heard.text());
}

#[tokio::test]
async fn errors_without_an_answer_or_with_one_that_cannot_be_read() {
    let heard = listen();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let once = |url: &str| {
        let client = builder(url).retry(RetryPolicy::none()).build().unwrap();
        client.project(PROJECT).unwrap().policies()
    };
    error(&once(&nobody).get("pol_1").await.unwrap_err());

    for bytes in [
        format!("I am no HTTP server, {KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nBearer {KEY}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nBearer {KEY}"),
        String::new(),
    ] {
        let server = RawServer::start(move |_| bytes.clone()).await;
        let found = once(&server.url()).get("pol_1").await.unwrap_err();
        assert!(found.is_network(), "{found:?}");
        error(&found);
    }
    // A success in which nothing is expected of the key, but it is there.
    for body in [
        format!("Bearer {KEY}"),
        format!("\"Bearer {KEY}\""),
        format!("{{\"Bearer {KEY}\": 1}}"),
        format!("{{\"id\":\"pol_1\",\"created_at\":\"Bearer {KEY}\"}}"),
        format!("{{\"access_mode\":[\"Bearer {KEY}\"]}}"),
    ] {
        let bytes = answer("200 OK", &[], &body);
        let server = RawServer::start(move |_| bytes.clone()).await;
        let found = once(&server.url()).get("pol_1").await.unwrap_err();
        assert!(found.is_decode(), "{found:?}");
        error(&found);
        let low = policies(&server.url())
            .edit("pol_1")
            .max_rows(1)
            .await
            .unwrap_err();
        error(&low);
    }
    quiet(&heard.text());
}

#[tokio::test]
async fn errors_of_what_was_refused_or_could_not_be_had() {
    let bench = Bench::start().await;
    let call = bench
        .policies
        .get("..")
        .header("Authorization", format!("Bearer {KEY}"));
    error(&call.header("x-a", format!("{KEY}\n")).await.unwrap_err());
    let key = format!("{KEY} with a space");
    let create = bench
        .policies
        .create(PolicyProfileInput::new("p"))
        .idempotency_key(key);
    error(&create.await.unwrap_err());
    assert!(bench.received().is_empty());

    for bad in [format!("{KEY}\n"), format!(" {KEY}"), format!("pbk\n{KEY}")] {
        error(
            &builder(&bench.emulator.base_url())
                .api_key(&bad)
                .build()
                .unwrap_err(),
        );
        let client = builder(&bench.emulator.base_url())
            .credential(move |_| {
                let bad = format!("{bad}\n");
                async { Ok::<_, io::Error>(bad) }
            })
            .build()
            .unwrap();
        let found = client
            .project(PROJECT)
            .unwrap()
            .policies()
            .list()
            .await
            .unwrap_err();
        assert!(found.is_auth(), "{found:?}");
        error(&found);
    }
    error(
        &builder(&format!("http://user:{KEY}@127.0.0.1"))
            .build()
            .unwrap_err(),
    );
}

#[tokio::test(start_paused = true)]
async fn timeouts() {
    let heard = listen();
    let bench = Bench::start().await;
    bench
        .emulator
        .fault(Fault::slow(Duration::from_secs(3_600)).forever());
    let client = builder(&bench.emulator.base_url())
        .max_retries(1)
        .build()
        .unwrap();
    let policies = client.project(PROJECT).unwrap().policies();
    let found = policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(found.is_timeout() && found.maybe_applied(), "{found:?}");
    error(&found);
    quiet(&heard.text());
}

/// A key that JSON writes otherwise than it is.
#[tokio::test]
async fn a_key_with_quotes_is_known_in_json_too() {
    let key = r#"pbk_"quoted"\key"#;
    let body = json!({"detail": format!("Bearer {key}"), "request_id": key}).to_string();
    let bytes = answer("401 Unauthorized", &[&format!("X-Echo: {key}")], &body);
    let server = RawServer::start(move |_| bytes.clone()).await;
    let client = builder(&server.url()).api_key(key).build().unwrap();
    let found = client
        .project(PROJECT)
        .unwrap()
        .policies()
        .list()
        .await
        .unwrap_err();
    assert_eq!(
        server.requests()[0].header("authorization").unwrap(),
        format!("Bearer {key}")
    );
    for shown in [
        format!("{found}"),
        format!("{found:?}"),
        format!("{:?}", found.meta().unwrap().headers()),
        String::from_utf8_lossy(found.body()).into_owned(),
    ] {
        assert!(!shown.contains("quoted"), "{shown}");
    }
    assert_eq!(found.detail(), Some("Bearer [redacted]"));
}

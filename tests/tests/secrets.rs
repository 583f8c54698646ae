//! Tests that the API key never appears in output or traces, even if the server echoes it.

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
use pgbeam_tests::raw::{RawServer, response};
use serde_json::json;
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt};

use support::{KEY, PROJECT, TestEnv, builder, policies};

/// The traces and logs of this process, of all levels and crates.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl LogBuffer {
    fn contents(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogBuffer {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Returns the log of this process. The first call installs a global subscriber that writes the log.
fn capture_log() -> &'static LogBuffer {
    static LOG: OnceLock<LogBuffer> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = LogBuffer::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish()
            .init();
        log
    })
}

#[track_caller]
fn assert_no_secret(output: &str) {
    assert!(!output.is_empty());
    for secret in [KEY, "s3cret"] {
        assert!(!output.contains(secret), "{secret:?} in {output}");
    }
}

/// Asserts that the output of `{:?}` and of `{:#?}` does not contain the key.
#[track_caller]
fn assert_debug_is_redacted(value: &impl Debug) {
    assert_no_secret(&format!("{value:?}"));
    assert_no_secret(&format!("{value:#?}"));
}

/// Asserts that the output of an error and of its sources does not contain the key.
#[track_caller]
fn assert_error_is_redacted(error: &Error) {
    let mut output = format!("{error} {error:#} {} {:?}", error.message(), error.meta());
    for part in [
        error.detail(),
        error.title(),
        error.instance(),
        error.problem_type(),
    ] {
        write!(output, " {part:?}").unwrap();
    }
    let mut source = error.source();
    while let Some(cause) = source {
        write!(output, " {cause} {cause:?} {cause:#?}").unwrap();
        source = cause.source();
    }
    assert_no_secret(&output);
    assert_debug_is_redacted(error);
}

#[tokio::test]
async fn builders_clients_and_handles_do_not_show_the_key() {
    let log = capture_log();
    let builder = builder("http://127.0.0.1:9");
    assert_debug_is_redacted(&builder);
    let rotating = builder
        .clone()
        .credential_provider(|_| async { Ok::<_, io::Error>(KEY.to_owned()) });
    assert_debug_is_redacted(&rotating);
    for client in [builder.build().unwrap(), rotating.build().unwrap()] {
        assert_debug_is_redacted(&client);
        assert_debug_is_redacted(&client.api());
        let options = CallOptions::new()
            .header("x-other-token", KEY)
            .idempotency_key(KEY);
        assert_debug_is_redacted(&options);
        assert_debug_is_redacted(&client.api_with(options));
        let project = client.project(PROJECT).unwrap();
        assert_debug_is_redacted(&project);
        assert_debug_is_redacted(&project.policies());
        assert_debug_is_redacted(&project.query_templates());
    }
    let from_env = Client::builder().env(|name| (name == "PGBEAM_API_KEY").then(|| KEY.to_owned()));
    assert_debug_is_redacted(&from_env);
    assert_debug_is_redacted(&from_env.base_url("http://127.0.0.1:9").build().unwrap());
    let transport = DirectTransport::new(reqwest::Client::new(), KEY).unwrap();
    assert_debug_is_redacted(&transport);
    assert_debug_is_redacted(&api::Client::new("http://127.0.0.1:9", transport).unwrap());
    assert_debug_is_redacted(&api::bearer(KEY).unwrap());
    assert_no_secret(&(log.contents() + "."));
}

#[tokio::test]
async fn request_builders_do_not_show_the_key() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let input = || PolicyProfileInput::new("p");
    assert_debug_is_redacted(
        &policies
            .create(input())
            .header("x-token", KEY)
            .idempotency_key(KEY),
    );
    assert_debug_is_redacted(&policies.get("pol_1").header("x-token", KEY));
    assert_debug_is_redacted(
        &policies
            .get("pol_1")
            .if_none_match("\"a\"")
            .header("x-token", KEY),
    );
    assert_debug_is_redacted(
        &policies
            .update("pol_1", input())
            .if_match("*")
            .header("x-token", KEY),
    );
    assert_debug_is_redacted(&policies.edit("pol_1").max_rows(1).header("x-token", KEY));
    assert_debug_is_redacted(&policies.delete("pol_1").header("x-token", KEY));
    assert_debug_is_redacted(&policies.list().header("x-token", KEY));
    assert_debug_is_redacted(
        &policies
            .list()
            .if_none_match("\"a\"")
            .header("x-token", KEY),
    );
    assert_debug_is_redacted(&policies.list().header("x-token", KEY).pages());
    assert_debug_is_redacted(&policies.list().header("x-token", KEY).items());
    assert_debug_is_redacted(&policies.statement_kinds("pol_1").header("x-token", KEY));
    assert_debug_is_redacted(
        &policies
            .dry_eval("pol_1", "SELECT 1")
            .header("x-token", KEY),
    );
    assert_debug_is_redacted(&policies.replay("pol_1").header("x-token", KEY));
    assert_debug_is_redacted(&policies.recommend("agt_1").header("x-token", KEY));
    let template = QueryTemplateInput::new("one", "SELECT 1");
    assert_debug_is_redacted(&env.templates.create(template).header("x-token", KEY));

    let api_client = env.client.api();
    assert_debug_is_redacted(
        &api_client
            .create_policy_profile()
            .project_id(PROJECT)
            .body_map(|body| body.name("p")),
    );
    assert_debug_is_redacted(&api_client.get_policy_profile().project_id(PROJECT));
    let call = api_client
        .call(&operations::CREATE_POLICY_PROFILE)
        .header("x-token", KEY);
    assert_debug_is_redacted(&call.body(format!("{{\"name\":\"{KEY}\"}}")));
}

#[tokio::test]
async fn responses_and_recorded_requests_do_not_show_the_key() {
    let log = capture_log();
    let env = TestEnv::start().await;
    let created = env
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap();
    let etag = env
        .policies
        .get(created.id())
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    assert_debug_is_redacted(&created);
    assert_debug_is_redacted(created.meta());
    assert_debug_is_redacted(
        &env.policies
            .get(created.id())
            .if_none_match(etag)
            .await
            .unwrap(),
    );
    assert_debug_is_redacted(&env.policies.list().await.unwrap());
    assert_debug_is_redacted(
        &env.policies
            .dry_eval(created.id(), "SELECT 1")
            .await
            .unwrap(),
    );
    assert_debug_is_redacted(&env.policies.delete(created.id()).await.unwrap());
    let call = env.client.api().call(&operations::LIST_POLICY_PROFILES);
    assert_debug_is_redacted(&call.path("project_id", PROJECT).send().await.unwrap());

    assert_debug_is_redacted(&env.emulator);
    let received = env.received();
    assert!(
        received.iter().all(|request| request.has_bearer_token(KEY)),
        "the key was not sent"
    );
    assert_debug_is_redacted(&received);
    assert_no_secret(&received.to_string());
    for request in &received {
        assert_debug_is_redacted(request);
        assert_no_secret(&request.to_string());
    }
    let log = log.contents();
    assert_no_secret(&log);
    for entry in [
        "pgbeam.call",
        "http.response.status_code=201",
        "reqwest::",
        "hyper_util::",
    ] {
        assert!(
            log.contains(entry),
            "{entry} is not in the log: the capture does not work"
        );
    }
}

#[tokio::test]
async fn errors_do_not_show_a_key_that_the_server_echoes() {
    let log = capture_log();
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
            let bytes = response(&format!("{status} {KEY}"), &headers, body);
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
            let from_api = client
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
            for error in [read, write, from_api.unwrap_err(), direct.unwrap_err()] {
                assert_eq!(error.status().unwrap().to_string(), status);
                assert_error_is_redacted(&error);
                assert_debug_is_redacted(&error.field_errors());
                assert_debug_is_redacted(&error.meta().unwrap().headers());
                assert!(!String::from_utf8_lossy(error.body()).contains(KEY));
                assert_ne!(error.request_id(), Some(KEY));
                assert_ne!(error.code().map(|code| code.as_str()), Some(KEY));
                for field in error.field_errors() {
                    assert_no_secret(&field.to_string());
                }
            }
            assert!(server.requests()[0].header("authorization") == Some(echo.as_str()));
        }
    }
    assert_no_secret(&log.contents());
}

#[tokio::test]
async fn success_responses_do_not_show_a_key_echoed_in_headers() {
    let log = capture_log();
    let headers = [format!("X-Request-Id: {KEY}"), format!("ETag: \"{KEY}\"")];
    let headers: Vec<_> = headers.iter().map(String::as_str).collect();
    for body in [r#"{"policies":[]}"#, "{", "<html>"] {
        let bytes = response("200 OK", &headers, body);
        let server = RawServer::start(move |_| bytes.clone()).await;
        match policies(&server.url()).list().await {
            Ok(page) => {
                assert_debug_is_redacted(&page);
                assert_debug_is_redacted(&page.meta().headers());
                assert_eq!(page.request_id(), Some("[redacted]"));
            }
            Err(error) => assert_error_is_redacted(&error),
        }
    }
    assert_no_secret(&log.contents());
}

#[tokio::test]
async fn network_and_decode_errors_do_not_show_the_key() {
    let log = capture_log();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let unused = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let policies_without_retries = |url: &str| {
        let client = builder(url).retry(RetryPolicy::none()).build().unwrap();
        client.project(PROJECT).unwrap().policies()
    };
    assert_error_is_redacted(
        &policies_without_retries(&unused)
            .get("pol_1")
            .await
            .unwrap_err(),
    );

    for bytes in [
        format!("I am no HTTP server, {KEY}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nBearer {KEY}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nBearer {KEY}"),
        String::new(),
    ] {
        let server = RawServer::start(move |_| bytes.clone()).await;
        let error = policies_without_retries(&server.url())
            .get("pol_1")
            .await
            .unwrap_err();
        assert!(error.is_network(), "{error:?}");
        assert_error_is_redacted(&error);
    }
    // Success responses with the key in an invalid body.
    for body in [
        format!("Bearer {KEY}"),
        format!("\"Bearer {KEY}\""),
        format!("{{\"Bearer {KEY}\": 1}}"),
        format!("{{\"id\":\"pol_1\",\"created_at\":\"Bearer {KEY}\"}}"),
        format!("{{\"access_mode\":[\"Bearer {KEY}\"]}}"),
    ] {
        let bytes = response("200 OK", &[], &body);
        let server = RawServer::start(move |_| bytes.clone()).await;
        let error = policies_without_retries(&server.url())
            .get("pol_1")
            .await
            .unwrap_err();
        assert!(error.is_decode(), "{error:?}");
        assert_error_is_redacted(&error);
        let low = policies(&server.url())
            .edit("pol_1")
            .max_rows(1)
            .await
            .unwrap_err();
        assert_error_is_redacted(&low);
    }
    assert_no_secret(&log.contents());
}

#[tokio::test]
async fn validation_and_credential_errors_do_not_show_the_key() {
    let env = TestEnv::start().await;
    let call = env
        .policies
        .get("..")
        .header("Authorization", format!("Bearer {KEY}"));
    assert_error_is_redacted(&call.header("x-a", format!("{KEY}\n")).await.unwrap_err());
    let key = format!("{KEY} with a space");
    let create = env
        .policies
        .create(PolicyProfileInput::new("p"))
        .idempotency_key(key);
    assert_error_is_redacted(&create.await.unwrap_err());
    assert!(env.received().is_empty());

    for invalid in [format!("{KEY}\n"), format!(" {KEY}"), format!("pbk\n{KEY}")] {
        assert_error_is_redacted(
            &builder(&env.emulator.base_url())
                .api_key(&invalid)
                .build()
                .unwrap_err(),
        );
        let client = builder(&env.emulator.base_url())
            .credential_provider(move |_| {
                let invalid = format!("{invalid}\n");
                async { Ok::<_, io::Error>(invalid) }
            })
            .build()
            .unwrap();
        let error = client
            .project(PROJECT)
            .unwrap()
            .policies()
            .list()
            .await
            .unwrap_err();
        assert!(error.is_auth(), "{error:?}");
        assert_error_is_redacted(&error);
    }
    assert_error_is_redacted(
        &builder(&format!("http://user:{KEY}@127.0.0.1"))
            .build()
            .unwrap_err(),
    );
}

#[tokio::test(start_paused = true)]
async fn timeout_errors_do_not_show_the_key() {
    let log = capture_log();
    let env = TestEnv::start().await;
    env.emulator
        .inject_fault(Fault::slow(Duration::from_secs(3_600)).forever());
    let client = builder(&env.emulator.base_url())
        .max_retries(1)
        .build()
        .unwrap();
    let policies = client.project(PROJECT).unwrap().policies();
    let error = policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(error.is_timeout() && error.maybe_applied(), "{error:?}");
    assert_error_is_redacted(&error);
    assert_no_secret(&log.contents());
}

/// The key contains characters that JSON escapes.
#[tokio::test]
async fn redacts_a_key_that_is_escaped_in_json() {
    let key = r#"pbk_"quoted"\key"#;
    let body = json!({"detail": format!("Bearer {key}"), "request_id": key}).to_string();
    let bytes = response("401 Unauthorized", &[&format!("X-Echo: {key}")], &body);
    let server = RawServer::start(move |_| bytes.clone()).await;
    let client = builder(&server.url()).api_key(key).build().unwrap();
    let error = client
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
    for output in [
        format!("{error}"),
        format!("{error:?}"),
        format!("{:?}", error.meta().unwrap().headers()),
        String::from_utf8_lossy(error.body()).into_owned(),
    ] {
        assert!(!output.contains("quoted"), "{output}");
    }
    assert_eq!(error.detail(), Some("Bearer [redacted]"));
}

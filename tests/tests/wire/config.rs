//! Tests of the client configuration: sources, defaults and validation.

use std::time::Duration;

use pgbeam::{CallOptions, Client, ErrorKind};
use pgbeam_tests::raw::response;

use crate::{GET, KEY, builder, call, raw_requests, server};

/// Returns the message of the error of kind `Config` with which `build` fails.
fn config_error(builder: pgbeam::ClientBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
    let printed = format!("{error} {error:?}");
    assert!(!printed.contains("s3cret"), "{printed}");
    error.message()
}

#[test]
fn unset_options_have_a_default_or_an_error() {
    let unset = || Client::builder().env(|_| None);
    let error = unset().base_url("http://127.0.0.1:9").build().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
    let message = error.message();
    for remedy in [
        "PGBEAM_API_KEY",
        "PGBEAM_TOKEN",
        "PGBEAM_API_TOKEN",
        "ClientBuilder::api_key",
    ] {
        assert!(message.contains(remedy), "{message}");
    }
    let client = unset().api_key("").build().unwrap();
    assert_eq!(client.base_url(), "https://api.pgbeam.com");
    let from_env = || {
        Client::builder().env(|name| match name {
            "PGBEAM_API_URL" => Some(" http://from-env.localhost/x/\n".to_owned()),
            "PGBEAM_API_TOKEN" => Some("pbk_env\n".to_owned()),
            _ => Some(String::new()),
        })
    };
    assert_eq!(
        from_env().build().unwrap().base_url(),
        "http://from-env.localhost/x"
    );
    let explicit = from_env()
        .base_url("http://explicit.localhost")
        .build()
        .unwrap();
    assert_eq!(explicit.base_url(), "http://explicit.localhost");
}

#[test]
fn rejects_invalid_configurations_without_printing_secrets() {
    let x = "http://x.localhost";
    for (builder, expected) in [
        (builder(x).api_key("pbk_s3cret\n"), "white space"),
        (builder(x).api_key("pbk_\ns3cret"), "line break"),
        (
            builder(x)
                .api_key("x")
                .env(|_| Some("s3cret".into()))
                .base_url(""),
            "base URL",
        ),
        (builder("https://user:s3cret@x.test"), "user information"),
        (builder("s3cret"), "base URL"),
        (builder("ftp://s3cret.test"), "base URL"),
        (
            builder(x).header("Authorization", "s3cret"),
            "ClientBuilder::api_key",
        ),
        (
            builder(x).header("idempotency-key", "s3cret"),
            "the `idempotency_key` of that call",
        ),
        (builder(x).header("host", "s3cret"), "set by the transport"),
        (
            builder(x).header("x a", "s3cret"),
            "not a valid header name",
        ),
        (builder(x).header("x-a", "s3cret\n"), "line break"),
        (builder(x).user_agent_suffix("s3cret\n"), "user agent"),
        (
            builder(x)
                .http_client(reqwest::Client::new())
                .connect_timeout(Duration::ZERO),
            "a connect timeout cannot be combined with an HTTP client",
        ),
        (builder("http://x.test"), "`allow_http(true)`"),
        (builder("http://s3cret.test/x"), "API key"),
        (
            builder("http://x.test")
                .credential_provider(|_| async { Ok::<_, String>(String::new()) }),
            "https",
        ),
    ] {
        let message = config_error(builder);
        assert!(message.contains(expected), "{message}");
    }
    for framing in [
        "connection",
        "content-length",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ] {
        let message = config_error(builder(x).header(framing, "s3cret"));
        assert!(message.contains("set by the transport"), "{message}");
    }
    builder("http://x.test").allow_http(true).build().unwrap();
    // Without a key there is nothing to protect.
    builder("http://x.test").api_key("").build().unwrap();
    let key = |name: &str| (name == "PGBEAM_TOKEN").then(|| "pbk_\ns3cret".to_owned());
    assert!(config_error(Client::builder().env(key)).contains("line break"));
}

#[test]
fn reports_all_configuration_errors_at_once() {
    let invalid = builder("s3cret")
        .api_key("s3cret ")
        .header("x a", "")
        .user_agent_suffix("\n");
    let message = config_error(invalid);
    for expected in [
        "header \"x a\" is not",
        "white space",
        "user agent",
        "base URL",
    ] {
        assert!(message.contains(expected), "{expected} not in {message}");
    }
}

#[test]
fn debug_output_contains_no_secrets() {
    let builder = builder("http://x.localhost").header("x-token", "t0ken");
    let printed = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    let options = CallOptions::new()
        .header("x-token", "t0ken")
        .idempotency_key("t0ken");
    let printed = format!(
        "{printed} {options:?} {:?}",
        builder.build().unwrap().api_with(options.clone())
    );
    assert!(
        !printed.contains(KEY) && !printed.contains("t0ken"),
        "{printed}"
    );
}

/// DNS does not resolve the name `pgbeam-test.localhost`.
#[tokio::test]
async fn loopback_names_resolve_without_dns() {
    let server = server([response("200 OK", &[], "{}")]).await;
    let url = server.url().replace("127.0.0.1", "pgbeam-test.localhost");
    let client = builder(&url).build().unwrap();
    assert_eq!(call(&client, GET).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn uses_the_http_client_of_the_caller() {
    let server = server([response("200 OK", &[], "{}")]).await;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-own", "1".parse().unwrap());
    let http_client = reqwest::Client::builder()
        .default_headers(headers)
        .build()
        .unwrap();
    let client = builder(&server.url())
        .http_client(http_client)
        .build()
        .unwrap();
    call(&client, GET).await.unwrap();
    let request = raw_requests(&server).remove(0);
    assert!(request.contains("x-own: 1\r\n") && request.contains("user-agent: pgbeam-rust/"));
}

/// Runs this test in a child process, whose environment sets the base URL, a key with a trailing line break,
/// and an unreachable proxy.
#[tokio::test]
async fn from_env_reads_the_process_environment_and_bypasses_the_proxy() {
    const CHILD: &str = "PGBEAM_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let client = Client::from_env().unwrap();
        assert_eq!(call(&client, GET).await.unwrap().attempts, 1);
        return;
    }
    let server = server([response("200 OK", &[], "{}")]).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let name = "config::from_env_reads_the_process_environment_and_bypasses_the_proxy";
    child.args(["--exact", name]).env(CHILD, "1");
    child
        .env("PGBEAM_API_URL", server.url())
        .env("PGBEAM_API_KEY", format!("{KEY}\n"));
    child
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9");
    child
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD");
    let output = tokio::task::spawn_blocking(move || child.output())
        .await
        .unwrap()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
    assert!(raw_requests(&server)[0].contains(&format!("authorization: Bearer {KEY}\r\n")));
}

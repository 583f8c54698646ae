//! Configurations: what is taken from where, and what is refused.

use std::time::Duration;

use pgbeam::{CallOptions, Client, ErrorKind};
use pgbeam_tests::raw::answer;

use crate::{GET, KEY, builder, call, server, texts};

fn fault(builder: pgbeam::ClientBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    error.message()
}

#[test]
fn what_is_not_set_has_a_default_or_a_remedy() {
    let none = || Client::builder().env(|_| None);
    let error = none().base_url("http://127.0.0.1:9").build().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 0));
    let why = error.message();
    for remedy in [
        "PGBEAM_API_KEY",
        "PGBEAM_TOKEN",
        "PGBEAM_API_TOKEN",
        "ClientBuilder::api_key",
    ] {
        assert!(why.contains(remedy), "{why}");
    }
    let client = none().api_key("").build().unwrap();
    assert_eq!(client.base_url(), "https://api.pgbeam.com");
    let of_env = || {
        Client::builder().env(|name| match name {
            "PGBEAM_API_URL" => Some(" http://of-env.localhost/x/\n".to_owned()),
            "PGBEAM_API_TOKEN" => Some("pbk_env\n".to_owned()),
            _ => Some(String::new()),
        })
    };
    assert_eq!(
        of_env().build().unwrap().base_url(),
        "http://of-env.localhost/x"
    );
    let explicit = of_env()
        .base_url("http://explicit.localhost")
        .build()
        .unwrap();
    assert_eq!(explicit.base_url(), "http://explicit.localhost");
}

#[test]
fn what_cannot_work_is_refused_without_being_shown() {
    let x = "http://x.localhost";
    for (builder, why) in [
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
            "that call's `idempotency_key`",
        ),
        (builder(x).header("host", "s3cret"), "transport itself"),
        (builder(x).header("x a", "s3cret"), "not the name"),
        (builder(x).header("x-a", "s3cret\n"), "line break"),
        (builder(x).user_agent_suffix("s3cret\n"), "user agent"),
        (
            builder(x)
                .http_client(reqwest::Client::new())
                .connect_timeout(Duration::ZERO),
            "the connect timeout is that of the HTTP client given",
        ),
        (
            builder("http://x.test"),
            "use https, or allow it with `allow_http(true)`",
        ),
        (
            builder("http://s3cret.test/x"),
            "plain http would expose the API key",
        ),
        (
            builder("http://x.test").credential(|_| async { Ok::<_, String>(String::new()) }),
            "https",
        ),
    ] {
        let message = fault(builder);
        assert!(message.contains(why), "{message}");
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
        let message = fault(builder(x).header(framing, "s3cret"));
        assert!(message.contains("transport itself"), "{message}");
    }
    builder("http://x.test").allow_http(true).build().unwrap();
    // Without a key there is nothing to read.
    builder("http://x.test").api_key("").build().unwrap();
    let key = |name: &str| (name == "PGBEAM_TOKEN").then(|| "pbk_\ns3cret".to_owned());
    assert!(fault(Client::builder().env(key)).contains("line break"));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let all = builder("s3cret")
        .api_key("s3cret ")
        .header("x a", "")
        .user_agent_suffix("\n");
    let message = fault(all);
    for why in ["header x a is not", "white space", "user agent", "base URL"] {
        assert!(message.contains(why), "{why} not in {message}");
    }
}

#[test]
fn nothing_prints_a_secret() {
    let builder = builder("http://x.localhost").header("x-token", "t0ken");
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    let options = CallOptions::new()
        .header("x-token", "t0ken")
        .idempotency_key("t0ken");
    let shown = format!(
        "{shown} {options:?} {:?}",
        builder.build().unwrap().api_with(options.clone())
    );
    assert!(!shown.contains(KEY) && !shown.contains("t0ken"), "{shown}");
}

/// No resolver knows this name, or is asked where it is.
#[tokio::test]
async fn a_name_of_this_machine_is_this_machine() {
    let server = server([answer("200 OK", &[], "{}")]).await;
    let url = server.url().replace("127.0.0.1", "pgbeam-test.localhost");
    let client = builder(&url).build().unwrap();
    assert_eq!(call(&client, GET).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn the_callers_own_http_client_is_used() {
    let server = server([answer("200 OK", &[], "{}")]).await;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-own", "1".parse().unwrap());
    let own = reqwest::Client::builder()
        .default_headers(headers)
        .build()
        .unwrap();
    let client = builder(&server.url()).http_client(own).build().unwrap();
    call(&client, GET).await.unwrap();
    let request = texts(&server).remove(0);
    assert!(request.contains("x-own: 1\r\n") && request.contains("user-agent: pgbeam-rust/"));
}

/// Runs itself again as another process, whose environment names this server, a key with a line
/// break at its end, and a proxy that nobody answers at.
#[tokio::test]
async fn the_process_environment_is_enough_and_no_proxy_hides_this_machine() {
    const CHILD: &str = "PGBEAM_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let client = Client::from_env().unwrap();
        assert_eq!(call(&client, GET).await.unwrap().attempts, 1);
        return;
    }
    let server = server([answer("200 OK", &[], "{}")]).await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let name = "config::the_process_environment_is_enough_and_no_proxy_hides_this_machine";
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
    assert!(texts(&server)[0].contains(&format!("authorization: Bearer {KEY}\r\n")));
}

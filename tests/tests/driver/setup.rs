//! Options, `env`, and who shares a client.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use crate::support::{
    Driver, KEY, command,
    server::{Server, StubResponse},
};

const POLICY: &str = r#"{"id":"prj_1"}"#;

/// A read that any answer of JSON is good for.
fn read(client: Value) -> Value {
    command(
        &client,
        json!({"op": "getProject", "path": {"project_id": "prj_1"}}),
    )
}

/// A write that takes an idempotency key.
fn write(client: Value) -> Value {
    command(
        &client,
        json!({"op": "createProject", "body": {"name": "x"}}),
    )
}

async fn answering(reply: StubResponse) -> Server {
    let server = Server::start().await;
    server.respond_with([reply]);
    server
}

fn good() -> StubResponse {
    StubResponse::new(200, "application/json", POLICY)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_does_not_say_is_looked_up_in_the_env_of_the_command() {
    let server = answering(good()).await;
    // The process has a key and a URL too, and nobody looks.
    let mut driver = Driver::start_with(&[
        ("PGBEAM_API_KEY", "pbk_of_the_process"),
        ("PGBEAM_API_URL", "http://127.0.0.1:9"),
    ]);
    let url = server.url();
    let sent = |client: Value, env: Value| {
        let mut command = read(client);
        command["env"] = env;
        command
    };
    for (client, env, bearer) in [
        (
            json!({"base_url": url}),
            json!({"PGBEAM_API_KEY": "a", "PGBEAM_TOKEN": "b"}),
            "Bearer a",
        ),
        (
            json!({"base_url": url}),
            json!({"PGBEAM_API_KEY": " ", "PGBEAM_TOKEN": "b"}),
            "Bearer b",
        ),
        (
            json!({}),
            json!({"PGBEAM_API_TOKEN": " c\n", "PGBEAM_API_URL": url}),
            "Bearer c",
        ),
        (
            json!({"token": "t"}),
            json!({"PGBEAM_API_KEY": "a", "PGBEAM_API_URL": url}),
            "Bearer t",
        ),
        (
            json!({"token": "t", "base_url": url}),
            json!({"PGBEAM_API_URL": "http://127.0.0.1:9"}),
            "Bearer t",
        ),
    ] {
        server.respond_with([good()]);
        driver.done(&sent(client, env));
        assert_eq!(server.received()[0].header("authorization"), Some(bearer));
    }
    // An empty token is none, and not looked for elsewhere.
    server.respond_with([good()]);
    driver.done(&sent(
        json!({"token": "", "base_url": url}),
        json!({"PGBEAM_API_KEY": "a"}),
    ));
    assert_eq!(server.received()[0].header("authorization"), None);
    for (client, env) in [
        (json!({"base_url": url}), json!({})),
        (json!(null), json!(null)),
    ] {
        let error = driver.failed(&sent(client, env));
        assert_eq!(error["kind"], "auth");
        assert!(
            error["message"].as_str().unwrap().contains("no API key"),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_process_is_not_used() {
    let proxy = answering(good()).await;
    let mut driver = Driver::start_with(&[
        ("HTTP_PROXY", proxy.url()),
        ("http_proxy", proxy.url()),
        ("ALL_PROXY", proxy.url()),
    ]);
    // Nothing can be sent there, but to a proxy.
    let client = json!({"base_url": "http://255.255.255.255:1", "token": KEY, "max_retries": 0,
        "allow_http": true});
    assert_eq!(driver.failed(&read(client))["kind"], "network");
    assert!(proxy.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_reaches_the_client() {
    let server = Server::start().await;
    let url = server.url();
    let mut driver = Driver::start();
    let options = |other: Value| {
        let mut client = json!({"base_url": url, "token": KEY, "initial_delay_ms": 0});
        for (name, value) in other.as_object().unwrap() {
            client[name] = value.clone();
        }
        client
    };
    let attempts = |driver: &mut Driver, command: &Value, reply: StubResponse| {
        server.respond_with([reply]);
        let answer = driver.ask(command);
        assert_eq!(answer["attempts"], server.received().len(), "{answer}");
        answer
    };

    // How often.
    for (client, want) in [
        (options(json!({})), 6),
        (options(json!({"max_retries": 3})), 4),
        (options(json!({"max_retries": 0})), 1),
        (
            options(json!({"max_retries": 2, "initial_delay_ms": 1, "max_delay_ms": 2})),
            3,
        ),
        // Nothing but the second keeps the first from taking an hour.
        (
            options(json!({"max_retries": 1, "initial_delay_ms": 3_600_000, "max_delay_ms": 0})),
            2,
        ),
        (
            options(
                json!({"total_budget_ms": 60_000, "initial_delay_ms": 3_600_000,
            "max_delay_ms": 3_600_000}),
            ),
            1,
        ),
        // Off, however long a server asks to wait; here it asks for nothing.
        (options(json!({"total_budget_ms": 0, "timeout_ms": 0})), 6),
        (
            options(json!({"timeout_ms": u64::MAX, "total_budget_ms": u64::MAX,
            "max_retries": 1})),
            2,
        ),
    ] {
        let answer = attempts(&mut driver, &read(client.clone()), StubResponse::empty(503));
        assert_eq!(
            (&answer["attempts"], &answer["error"]["status"]),
            (&json!(want), &json!(503)),
            "{client}"
        );
    }
    // Which wait is beyond the budget.
    let budget = options(json!({"total_budget_ms": 60_000}));
    let later = StubResponse::empty(503).header("retry-after", "61");
    let answer = attempts(&mut driver, &read(budget), later);
    assert_eq!(
        (&answer["attempts"], &answer["error"]["retry_after_ms"]),
        (&json!(1), &json!(61_000))
    );

    // Idempotency keys.
    for (client, key) in [
        (options(json!({})), true),
        (options(json!({"idempotency_keys": true})), true),
        (options(json!({"idempotency_keys": false})), false),
    ] {
        attempts(
            &mut driver,
            &write(client),
            StubResponse::new(201, "application/json", POLICY),
        );
        assert_eq!(
            server.received()[0].header("idempotency-key").is_some(),
            key
        );
    }

    // Headers.
    let client = options(json!({"headers": {"x-team": "a", "X-Other": "b"}}));
    attempts(&mut driver, &read(client), good());
    let received = server.received().remove(0);
    assert_eq!(
        (received.header("x-team"), received.header("x-other")),
        (Some("a"), Some("b"))
    );
    let error = driver.failed(&read(options(json!({"headers": {"Authorization": "x"}}))));
    assert_eq!(error["kind"], "config");

    // How much is read.
    for (limit, kind) in [
        (POLICY.len(), Value::Null),
        (POLICY.len() - 1, json!("decode")),
        (0, Value::Null),
    ] {
        let client = options(json!({"max_response_bytes": limit}));
        let answer = attempts(&mut driver, &read(client), good());
        assert_eq!(answer["error"]["kind"], kind, "{limit}");
    }

    // How many retries all calls together have.
    for (throttle, want) in [(json!(false), 40 * 6), (json!(true), 40 + 150)] {
        let client = options(json!({"retry_throttle": throttle}));
        server.respond_with([StubResponse::empty(503)]);
        for _ in 0..40 {
            driver.failed(&read(client.clone()));
        }
        assert_eq!(server.received().len(), want, "{throttle}");
    }

    // The key over plain http.
    for (allow, kind) in [
        (json!(null), "config"),
        (json!(false), "config"),
        (json!(true), "network"),
    ] {
        let client = json!({"base_url": "http://255.255.255.255:1", "token": KEY, "max_retries": 0,
            "allow_http": allow});
        assert_eq!(driver.failed(&read(client))["kind"], kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_is_of_one_attempt() {
    // It accepts, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut driver = Driver::start();
    let client = json!({"base_url": url, "token": KEY, "timeout_ms": 1, "max_retries": 2,
        "initial_delay_ms": 0});
    let answer = driver.ask(&read(client));
    assert_eq!(
        (&answer["error"]["kind"], &answer["attempts"]),
        (&json!("timeout"), &json!(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_url_that_is_none_is_an_error_of_configuration() {
    let mut driver = Driver::start();
    for url in ["", "nonsense", "ftp://x", "http://u:p@127.0.0.1"] {
        let error = driver.failed(&read(json!({"base_url": url, "token": KEY})));
        assert_eq!(error["kind"], "config", "{url}");
    }
}

/// A server that keeps connections open and counts them.
fn counting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    (url, connections)
}

/// Answers requests without a body until the connection is closed.
fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        request.extend_from_slice(&buffer[..n]);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{POLICY}",
                POLICY.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }
}

#[test]
fn commands_that_configure_alike_share_a_client() {
    let (url, connections) = counting();
    let mut driver = Driver::start();
    // Written in other words, and the same all the same.
    for line in [
        format!(
            r#"{{"client":{{"base_url":"{url}","token":"t"}},"op":"getProject","path":{{"project_id":"p"}}}}"#
        ),
        format!(
            r#"{{"client": {{"token": "\u0074", "base_url": "{url}"}}, "env": {{}},
            "op":"getProject","path":{{"project_id":"p"}}}}"#
        )
        .replace('\n', ""),
        format!(
            r#"{{"client":{{"base_url":"{url}","token":"t","max_retries":null}},"env":null,"op":"getProject","path":{{"project_id":"p"}}}}"#
        ),
    ] {
        for _ in 0..3 {
            driver.send(&line);
            assert_eq!(driver.hear()["ok"], true, "{line}");
            assert_eq!(connections.load(Ordering::SeqCst), 1, "{line}");
        }
    }
    // Each of these differs from all before.
    for (n, (client, env)) in [
        (json!({"base_url": url, "token": "u"}), json!({})),
        (
            json!({"base_url": url, "token": "t", "max_retries": 5}),
            json!({}),
        ),
        (
            json!({"base_url": url, "token": "t"}),
            json!({"PGBEAM_API_KEY": "x"}),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut command = read(client);
        command["env"] = env;
        driver.done(&command);
        driver.done(&command);
        assert_eq!(connections.load(Ordering::SeqCst), n + 2, "{command}");
    }
}

//! Tests of the fields `client` (options of the client) and `env` (used instead of the environment of the
//! process) of a command, and of clients that commands share.

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

const PROJECT: &str = r#"{"id":"prj_1"}"#;

/// Returns a command that reads a project with these client options.
fn read(client: Value) -> Value {
    command(
        &client,
        json!({"op": "getProject", "path": {"project_id": "prj_1"}}),
    )
}

/// Returns a command that creates a project with these client options. By default, the SDK sends a generated
/// idempotency key.
fn write(client: Value) -> Value {
    command(
        &client,
        json!({"op": "createProject", "body": {"name": "x"}}),
    )
}

async fn server_with(response: StubResponse) -> Server {
    let server = Server::start().await;
    server.respond_with([response]);
    server
}

fn ok_response() -> StubResponse {
    StubResponse::new(200, "application/json", PROJECT)
}

#[tokio::test(flavor = "multi_thread")]
async fn omitted_options_are_read_from_the_env_of_the_command() {
    let server = server_with(ok_response()).await;
    // The driver must ignore the key and the URL in the environment of its process.
    let mut driver = Driver::start_with_env(&[
        ("PGBEAM_API_KEY", "pbk_of_the_process"),
        ("PGBEAM_API_URL", "http://127.0.0.1:9"),
    ]);
    let url = server.url();
    let read_with_env = |client: Value, env: Value| {
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
        server.respond_with([ok_response()]);
        driver.execute_ok(&read_with_env(client, env));
        assert_eq!(server.received()[0].header("authorization"), Some(bearer));
    }
    // An empty token disables authentication: the key in `env` is not used.
    server.respond_with([ok_response()]);
    driver.execute_ok(&read_with_env(
        json!({"token": "", "base_url": url}),
        json!({"PGBEAM_API_KEY": "a"}),
    ));
    assert_eq!(server.received()[0].header("authorization"), None);
    for (client, env) in [
        (json!({"base_url": url}), json!({})),
        (json!(null), json!(null)),
    ] {
        let error = driver.execute_err(&read_with_env(client, env));
        assert_eq!(error["kind"], "auth");
        assert!(
            error["message"].as_str().unwrap().contains("no API key"),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ignores_the_proxy_of_the_process() {
    let proxy = server_with(ok_response()).await;
    let mut driver = Driver::start_with_env(&[
        ("HTTP_PROXY", proxy.url()),
        ("http_proxy", proxy.url()),
        ("ALL_PROXY", proxy.url()),
    ]);
    // No server can have this address, so only a proxy could respond.
    let client = json!({"base_url": "http://255.255.255.255:1", "token": KEY, "max_retries": 0,
        "allow_http": true});
    assert_eq!(driver.execute_err(&read(client))["kind"], "network");
    assert!(proxy.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn client_uses_every_option() {
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
    let execute_with = |driver: &mut Driver, command: &Value, response: StubResponse| {
        server.respond_with([response]);
        let reply = driver.execute(command);
        assert_eq!(reply["attempts"], server.received().len(), "{reply}");
        reply
    };

    // Retries.
    for (client, expected) in [
        (options(json!({})), 6),
        (options(json!({"max_retries": 3})), 4),
        (options(json!({"max_retries": 0})), 1),
        (
            options(json!({"max_retries": 2, "initial_delay_ms": 1, "max_delay_ms": 2})),
            3,
        ),
        // Without `max_delay_ms`, the retry would wait for at least 15 seconds.
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
        // 0 disables both timeouts.
        (options(json!({"total_budget_ms": 0, "timeout_ms": 0})), 6),
        (
            options(json!({"timeout_ms": u64::MAX, "total_budget_ms": u64::MAX,
            "max_retries": 1})),
            2,
        ),
    ] {
        let reply = execute_with(&mut driver, &read(client.clone()), StubResponse::empty(503));
        assert_eq!(
            (&reply["attempts"], &reply["error"]["status"]),
            (&json!(expected), &json!(503)),
            "{client}"
        );
    }
    // A Retry-After beyond the total timeout ends the call.
    let budget = options(json!({"total_budget_ms": 60_000}));
    let later = StubResponse::empty(503).header("retry-after", "61");
    let reply = execute_with(&mut driver, &read(budget), later);
    assert_eq!(
        (&reply["attempts"], &reply["error"]["retry_after_ms"]),
        (&json!(1), &json!(61_000))
    );

    // Idempotency keys.
    for (client, key) in [
        (options(json!({})), true),
        (options(json!({"idempotency_keys": true})), true),
        (options(json!({"idempotency_keys": false})), false),
    ] {
        execute_with(
            &mut driver,
            &write(client),
            StubResponse::new(201, "application/json", PROJECT),
        );
        assert_eq!(
            server.received()[0].header("idempotency-key").is_some(),
            key
        );
    }

    // Headers.
    let client = options(json!({"headers": {"x-team": "a", "X-Other": "b"}}));
    execute_with(&mut driver, &read(client), ok_response());
    let received = server.received().remove(0);
    assert_eq!(
        (received.header("x-team"), received.header("x-other")),
        (Some("a"), Some("b"))
    );
    let error = driver.execute_err(&read(options(json!({"headers": {"Authorization": "x"}}))));
    assert_eq!(error["kind"], "config");

    // The response limit.
    for (limit, kind) in [
        (PROJECT.len(), Value::Null),
        (PROJECT.len() - 1, json!("decode")),
        (0, Value::Null),
    ] {
        let client = options(json!({"max_response_bytes": limit}));
        let reply = execute_with(&mut driver, &read(client), ok_response());
        assert_eq!(reply["error"]["kind"], kind, "{limit}");
    }

    // The retry throttle limits the retries of all calls together, here to 150.
    for (throttle, expected) in [(json!(false), 40 * 6), (json!(true), 40 + 150)] {
        let client = options(json!({"retry_throttle": throttle}));
        server.respond_with([StubResponse::empty(503)]);
        for _ in 0..40 {
            driver.execute_err(&read(client.clone()));
        }
        assert_eq!(server.received().len(), expected, "{throttle}");
    }

    // Sending the key over plain HTTP.
    for (allow, kind) in [
        (json!(null), "config"),
        (json!(false), "config"),
        (json!(true), "network"),
    ] {
        let client = json!({"base_url": "http://255.255.255.255:1", "token": KEY, "max_retries": 0,
            "allow_http": allow});
        assert_eq!(driver.execute_err(&read(client))["kind"], kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timeout_applies_to_each_attempt() {
    // The connection stays in the backlog, so there is no response.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut driver = Driver::start();
    let client = json!({"base_url": url, "token": KEY, "timeout_ms": 1, "max_retries": 2,
        "initial_delay_ms": 0});
    let reply = driver.execute(&read(client));
    assert_eq!(
        (&reply["error"]["kind"], &reply["attempts"]),
        (&json!("timeout"), &json!(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_base_url_is_a_config_error() {
    let mut driver = Driver::start();
    for url in ["", "nonsense", "ftp://x", "http://u:p@127.0.0.1"] {
        let error = driver.execute_err(&read(json!({"base_url": url, "token": KEY})));
        assert_eq!(error["kind"], "config", "{url}");
    }
}

/// Starts a server that keeps connections open. Returns its URL and the number of connections so far.
fn start_counting_server() -> (String, Arc<AtomicUsize>) {
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

/// Responds to each request with [`PROJECT`] until the client closes the connection. The requests must have
/// no body.
fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        request.extend_from_slice(&buffer[..n]);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            let response = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{PROJECT}",
                PROJECT.len()
            );
            stream.write_all(response.as_bytes()).unwrap();
        }
    }
}

#[test]
fn commands_with_equal_configuration_share_a_client() {
    let (url, connections) = start_counting_server();
    let mut driver = Driver::start();
    // The lines differ, but their configuration is equal.
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
            assert_eq!(driver.read_reply()["ok"], true, "{line}");
            assert_eq!(connections.load(Ordering::SeqCst), 1, "{line}");
        }
    }
    // Each configuration differs from all previous ones.
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
        driver.execute_ok(&command);
        driver.execute_ok(&command);
        assert_eq!(connections.load(Ordering::SeqCst), n + 2, "{command}");
    }
}

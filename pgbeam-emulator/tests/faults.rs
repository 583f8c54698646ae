//! Scripted faults, as a client meets them.

mod support;

use std::time::Duration;

use pgbeam_emulator::{Emulator, Fault};
use serde_json::json;
use support::{Answer, Api};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_status_strikes_its_operation_as_often_as_told() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    api.emulator.fault(
        Fault::status(429)
            .retry_after(2)
            .times(2)
            .on("updatePolicyProfile"),
    );
    assert_eq!(
        Answer::of(api.get(&path)).await.status,
        200,
        "another operation"
    );
    let put = || Answer::of(api.put(&path, &json!({"name": "q"})));
    for pending in [1, 0] {
        let answer = put().await;
        answer.problem(429, "RATE_LIMITED");
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(answer.header("ratelimit"), "\"default\";r=0;t=2");
        assert_eq!(api.emulator.pending_faults(), pending);
    }
    assert_eq!(
        Answer::of(api.get(&path)).await.json()["name"],
        "p",
        "nothing was applied"
    );
    assert_eq!(put().await.json()["name"], "q");
}

#[tokio::test]
async fn a_fault_without_an_operation_strikes_anything_until_cleared() {
    let api = Api::start().await;
    api.emulator.fault(Fault::status(503).forever());
    for path in ["policies", "query-templates", "nowhere"] {
        Answer::of(api.get(path))
            .await
            .problem(503, "SERVICE_UNAVAILABLE");
    }
    api.emulator.clear_faults();
    assert_eq!(Answer::of(api.get("policies")).await.status, 200);
}

#[tokio::test]
async fn html_and_arbitrary_answers() {
    let api = Api::start().await;
    api.emulator.fault(Fault::html(502, "<h1>Bad Gateway</h1>"));
    let answer = Answer::of(api.get("policies")).await;
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (502, &b"<h1>Bad Gateway</h1>"[..])
    );
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        answer.header("x-request-id"),
        "",
        "a gateway knows nothing of those"
    );

    api.emulator.fault(
        Fault::respond(418, "{\"message\":\"teapot\"}")
            .header("content-type", "application/json")
            .header("retry-after", "soon"),
    );
    let answer = Answer::of(api.get("policies")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (418, "soon"));
    assert_eq!(answer.json(), json!({"message": "teapot"}));
}

#[tokio::test]
async fn headers_can_be_put_on_the_right_answer() {
    let api = Api::start().await;
    api.emulator.fault(
        Fault::pass()
            .header("deprecation", "@1767225600")
            .header("link", "<a>; rel=\"deprecation\"")
            .header("link", "<b>; rel=\"successor-version\"")
            .header("x-request-id", "req_mine"),
    );
    let answer = Answer::of(api.get("policies")).await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"policies": []}))
    );
    assert_eq!(answer.header("deprecation"), "@1767225600");
    assert_eq!(answer.headers.get_all("link").iter().count(), 2);
    assert_eq!(
        answer
            .headers
            .get_all("x-request-id")
            .iter()
            .collect::<Vec<_>>(),
        ["req_mine"]
    );
}

#[tokio::test]
async fn a_cut_closes_the_connection_and_changes_nothing() {
    let api = Api::start().await;
    api.emulator.fault(Fault::cut().on("createPolicyProfile"));
    let error = api
        .post("policies", &json!({"name": "p"}))
        .send()
        .await
        .expect_err("no answer");
    assert!(
        error.is_request() && !error.is_connect() && !error.is_timeout(),
        "{error:?}"
    );
    assert!(api.emulator.project("prj_1").policies().is_empty());
    assert_eq!(api.emulator.received().of("createPolicyProfile").len(), 1);
    api.policy("p").await;
}

#[tokio::test]
async fn a_cut_sends_not_one_byte() {
    let api = Api::start().await;
    api.emulator.fault(Fault::cut());
    let mut stream = TcpStream::connect(api.emulator.address())
        .await
        .expect("a connection");
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .await
        .expect("closed in order");
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_write() {
    let api = Api::start().await;
    api.emulator
        .fault(Fault::apply_then_cut().on("createPolicyProfile"));
    api.post("policies", &json!({"name": "p"}))
        .send()
        .await
        .expect_err("no answer");
    assert_eq!(
        api.emulator.project("prj_1").policies().len(),
        1,
        "it was applied"
    );

    // The same request with its key finds what it has done.
    let body = json!({"name": "keyed"});
    let send = || {
        api.post("policies", &body)
            .header("idempotency-key", "k")
            .send()
    };
    api.emulator.fault(Fault::apply_then_cut());
    send().await.expect_err("no answer");
    let answer = Answer::read(send().await.expect("an answer")).await;
    assert_eq!(
        (answer.status, answer.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(api.emulator.project("prj_1").policies().len(), 2);

    // A gateway that loses the answer says so.
    let path = api.policy("q").await;
    api.emulator.fault(Fault::status(504).after_applying());
    Answer::of(api.delete(&path)).await.problem(504, "TIMEOUT");
    Answer::of(api.delete(&path))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_body_can_break_off() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let whole = Answer::of(api.get(&path)).await;
    api.emulator.fault(Fault::truncate().times(2));
    let response = api.get(&path).send().await.expect("a head");
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), Some(whole.body.len() as u64));
    response.bytes().await.expect_err("the body breaks off");

    let mut stream = TcpStream::connect(api.emulator.address())
        .await
        .expect("a connection");
    let target = format!("/v1/projects/prj_1/{path}");
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .await
        .expect("closed in order");
    let half = whole.body.len().div_ceil(2);
    assert!(
        answer.ends_with(&whole.body[..half]),
        "half of the body was sent"
    );

    api.emulator.fault(Fault::truncate());
    api.delete(&path)
        .send()
        .await
        .expect_err("an answer without a body is cut whole");
    assert!(
        api.emulator.project("prj_1").policies().is_empty(),
        "it was applied"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_follows_the_clock_of_tokio() {
    let api = Api::start().await;
    api.emulator.fault(Fault::slow(Duration::from_secs(60)));
    let started = tokio::time::Instant::now();
    let answer = Answer::of(api.get("policies")).await;
    assert_eq!(answer.status, 200);
    assert!(started.elapsed() >= Duration::from_secs(60));

    // Who hangs up before has changed nothing.
    api.emulator.fault(Fault::slow(Duration::from_secs(60)));
    let send = api.post("policies", &json!({"name": "p"})).send();
    tokio::time::timeout(Duration::from_secs(1), send)
        .await
        .expect_err("too slow");
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(api.emulator.project("prj_1").policies().is_empty());

    // A write can be done long before its answer comes.
    api.emulator
        .fault(Fault::slow(Duration::from_secs(60)).after_applying());
    let send = api.post("policies", &json!({"name": "p"})).send();
    tokio::time::timeout(Duration::from_secs(1), send)
        .await
        .expect_err("too slow");
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);

    api.emulator
        .fault(Fault::status(503).delay(Duration::from_secs(5)));
    let started = tokio::time::Instant::now();
    assert_eq!(Answer::of(api.get("policies")).await.status, 503);
    assert!(started.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn dropping_the_emulator_closes_its_connections() {
    let emulator = Emulator::start().await.expect("a free port");
    emulator.fault(Fault::slow(Duration::from_secs(3600)));
    let url = emulator.base_url();
    let request = tokio::spawn(async move { reqwest::get(url).await });
    while emulator.received().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(emulator);
    request
        .await
        .expect("no panic")
        .expect_err("the connection closed");
}

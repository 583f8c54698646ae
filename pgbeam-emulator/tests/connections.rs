//! Tests of the limits on connections, and of requests that are not HTTP.

mod support;

use std::time::Duration;

use pgbeam_emulator::Emulator;
use support::{Api, ApiResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GET: &str = "GET /v1/projects/prj_1/policies HTTP/1.1\r\nhost: x\r\n\
                   authorization: Bearer x\r\n\r\n";
const POST: &str = "POST /v1/projects/prj_1/policies HTTP/1.1\r\nhost: x\r\n\
                    authorization: Bearer x\r\ncontent-type: application/json\r\n\
                    content-length: 100\r\nexpect: 100-continue\r\n\r\n";

async fn connect(api: &Api) -> TcpStream {
    TcpStream::connect(api.emulator.address())
        .await
        .expect("a connection")
}

async fn connect_and_send(api: &Api, request: &str) -> TcpStream {
    let mut stream = connect(api).await;
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

/// Reads until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    // The server may reset the connection instead of closing it.
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

/// Reads at least to the end of the response head.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    while !response.windows(4).any(|window| window == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut response).await.expect("readable"), 0);
    }
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn connections_over_the_limit_are_closed() {
    let api = Api::from_builder(Emulator::builder().max_connections(2)).await;
    let mut first = connect_and_send(&api, GET).await;
    let mut second = connect_and_send(&api, GET).await;
    for stream in [&mut first, &mut second] {
        let head = read_head(stream).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
    let mut third = connect_and_send(&api, GET).await;
    assert_eq!(read_to_end(&mut third).await, "");

    first.shutdown().await.expect("closed");
    read_to_end(&mut first).await;
    // The server may accept a connection before it notices that `first` is closed.
    let head = loop {
        let mut stream = connect_and_send(&api, GET).await;
        let mut response = vec![0; 12];
        if stream.read_exact(&mut response).await.is_ok() {
            break response;
        }
    };
    assert_eq!(head, b"HTTP/1.1 200");
}

#[tokio::test(start_paused = true)]
async fn slow_heads_and_idle_connections_are_closed() {
    let api = Api::start().await;
    for partial in ["", "GET /v1/health HTTP/1.1\r\nx-a: "] {
        let mut stream = connect_and_send(&api, partial).await;
        assert_eq!(read_to_end(&mut stream).await, "", "{partial:?}");
    }
    assert!(api.emulator.received().is_empty());
}

#[tokio::test]
async fn idle_connections_are_closed_after_a_response() {
    let api = Api::start().await;
    let mut stream = connect_and_send(&api, GET).await;
    read_head(&mut stream).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(99)).await;
    stream.write_all(GET.as_bytes()).await.expect("open");
    tokio::time::resume();
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    tokio::time::pause();
    read_to_end(&mut stream).await;
    assert_eq!(api.emulator.received().len(), 2);
}

#[tokio::test]
async fn slow_bodies_return_408() {
    let api = Api::start().await;
    let mut stream = connect_and_send(&api, POST).await;
    // The server sends this when it waits for the body.
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 100 "), "{head}");
    stream.write_all(b"{\"name\":").await.expect("sent");
    tokio::time::pause();
    let response = read_to_end(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(response.contains("\"code\":\"TIMEOUT\""), "{response}");
    assert!(
        api.emulator.received().is_empty(),
        "the request is incomplete"
    );
}

#[tokio::test]
async fn malformed_requests_get_an_error_and_change_nothing() {
    let api = Api::start().await;
    let long_header = format!("GET / HTTP/1.1\r\nx-a: {}\r\n\r\n", "a".repeat(100_000));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(10_000));
    let long_path = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(100_000));
    let both_lengths = "POST /v1/projects HTTP/1.1\r\ncontent-length: 2\r\n\
                        transfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    // (request, the start of the response)
    let cases = [
        ("\r\n\r\n\0", "HTTP/1.1 400 "),
        ("GET\r\n\r\n", "HTTP/1.1 400 "),
        ("GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400 "),
        ("GET /\u{1} HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "),
        ("GET / HTTP/1.1\r\na b: c\r\n\r\n", "HTTP/1.1 400 "),
        (
            "POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 400 ",
        ),
        (
            "POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 400 ",
        ),
        (
            "POST / HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n",
            "HTTP/1.1 400 ",
        ),
        (both_lengths, "HTTP/1.1 401 "),
        (&long_header, "HTTP/1.1 431 "),
        (&many_headers, "HTTP/1.1 431 "),
        (&long_path, "HTTP/1.1 4"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}", "HTTP/1.1 400 "),
    ];
    for (request, start) in cases {
        let shown: String = request.chars().take(60).collect();
        let mut stream = connect(&api).await;
        // The server may respond before it has read the whole request.
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.shutdown().await;
        let response = read_to_end(&mut stream).await;
        assert!(response.starts_with(start), "{shown:?}: {response}");
    }
    // A chunk size that is not a number closes the connection.
    let chunked = "POST /v1/projects HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    let mut stream = connect_and_send(&api, chunked).await;
    assert_eq!(read_to_end(&mut stream).await, "");
    assert_eq!(ApiResponse::send(api.get("policies")).await.status, 200);
}

#[tokio::test]
async fn a_flood_of_requests_keeps_the_number_of_stored_requests() {
    let api = Api::from_builder(Emulator::builder().record_requests(100)).await;
    let mut stream = connect(&api).await;
    let head = "HTTP/1.1 404 Not Found";
    for round in 0..20 {
        let batch = "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
        stream.write_all(batch.as_bytes()).await.expect("sent");
        let mut responses = String::new();
        while responses.matches("\"request_id\":").count() < 100 {
            let mut bytes = vec![0; 64 * 1024];
            let count = stream.read(&mut bytes).await.expect("readable");
            responses.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        assert_eq!(responses.matches(head).count(), 100, "round {round}");
        assert_eq!(api.emulator.received().len(), 100, "round {round}");
    }
}

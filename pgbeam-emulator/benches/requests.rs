//! Measures the requests per second of the emulator and of a bare `axum` server that returns the same responses, and
//! prints the ratio.
//!
//! Run it with `cargo bench -p pgbeam-emulator`. It fails if the ratio of reads is below 0.5.
//!
//! Both servers run in this process. They are measured in turn, in short rounds, with the same requests and the same
//! number of connections. The result is the round with the median ratio.

use std::error::Error;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use pgbeam_emulator::Emulator;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(500);
/// The lowest accepted ratio for reads.
const MIN_READ_RATIO: f64 = 0.5;

type BoxError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let emulator = Emulator::builder().record_requests(0).start().await?;
    let policy = emulator.project("prj_1").create_policy(json!({
        "name": "Read-only analytics", "table_allowlist": ["orders", "customers"],
        "masking_rules": [{"table": "customers", "column": "email", "kind": "hash"}],
        "max_rows": 1000,
    }))?;
    let id = policy["id"].as_str().ok_or("a policy has an id")?;
    let project = "/v1/projects/prj_1";
    let cases = [
        (
            "read",
            request("GET", &format!("{project}/policies/{id}"), ""),
        ),
        (
            "write",
            request(
                "PUT",
                &format!("{project}/policies/{id}"),
                &policy.to_string(),
            ),
        ),
        (
            "evaluation",
            request(
                "POST",
                &format!("{project}/policy-evaluations"),
                &json!({"policy_id": id, "sql": "SELECT id, email FROM customers WHERE id = 7"})
                    .to_string(),
            ),
        ),
    ];
    println!("| request | emulator, requests/s | bare axum, requests/s | ratio |");
    println!("| --- | --- | --- | --- |");
    let address = emulator.address().to_string();
    for (name, request) in cases {
        let response = exchange(&mut TcpStream::connect(&address).await?, &request).await?;
        let bare = bare_server(response).await?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let emulator = measure(&address, &request).await?;
            rounds.push((emulator, measure(&bare, &request).await?));
        }
        rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (emulator, bare) = rounds[ROUNDS / 2];
        let ratio = emulator / bare;
        println!("| {name} | {emulator:.0} | {bare:.0} | {ratio:.2} |");
        if name == "read" && ratio < MIN_READ_RATIO {
            return Err(format!("the ratio of reads is below {MIN_READ_RATIO}").into());
        }
    }
    Ok(())
}

fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer pbk_bench\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Starts a server that responds to every request with the same headers and body. Returns its address.
async fn bare_server(response: Vec<u8>) -> Result<String, BoxError> {
    let end = head_length(&response).ok_or("a response has a head")?;
    let head = String::from_utf8(response[..end].to_vec())?;
    let body = response[end..].to_vec();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["content-length", "date"].contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let handler = move || {
        let (headers, body) = (headers.clone(), body.clone());
        async move {
            let mut response = Response::builder();
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("valid headers")
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let router = Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Returns the requests per second over all connections during one round.
async fn measure(address: &str, request: &[u8]) -> Result<f64, BoxError> {
    let start = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let (mut stream, request) = (TcpStream::connect(address).await?, request.to_vec());
        stream.set_nodelay(true)?;
        clients.push(tokio::spawn(async move {
            let mut count = 0_u32;
            while start.elapsed() < ROUND {
                exchange(&mut stream, &request).await?;
                count += 1;
            }
            Ok::<u32, BoxError>(count)
        }));
    }
    let mut total = 0_u32;
    for client in clients {
        total += client.await??;
    }
    Ok(f64::from(total) / start.elapsed().as_secs_f64())
}

/// Sends a request and returns the whole response.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> Result<Vec<u8>, BoxError> {
    stream.write_all(request).await?;
    let mut response = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut response).await? == 0 {
            return Err("the server closed the connection".into());
        }
        if let Some(end) = head_length(&response) {
            let head = std::str::from_utf8(&response[..end])?;
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .ok_or("a response has a length")?;
            if response.len() >= end + length.parse::<usize>()? {
                return Ok(response);
            }
        }
    }
}

/// Returns the length of the status line and the headers with the empty line after them.
fn head_length(response: &[u8]) -> Option<usize> {
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    Some(end + 4)
}

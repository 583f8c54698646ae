//! Gets the published contract: from a file, or with one request.

use std::{fs::File, io::Read, time::Duration};

use pgbeam_spec::read::{MAX_BYTES, too_large};
use reqwest::{Client, redirect};

/// The longest that a request may take, its redirects and its body included.
const LONGEST: Duration = Duration::from_secs(30);
/// More redirects than this are a circle.
const REDIRECTS: usize = 5;

/// The bytes of a file or of what a URL answers.
///
/// # Errors
///
/// Why there are none, in one line.
pub fn published(from: &str) -> Result<Vec<u8>, String> {
    match from.starts_with("http://") || from.starts_with("https://") {
        true => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.map_err(|error| format!("{from}: cannot be fetched: {error}"))?;
            runtime.block_on(fetch(from))
        }
        false => read(from),
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // One byte more than is admitted tells that there are more.
    let read =
        File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("{path}: cannot be read: {error}"))?;
    Ok(bytes)
}

async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| format!("{url}: {}", why(&error));
    let client = Client::builder()
        .timeout(LONGEST)
        .redirect(redirect::Policy::limited(REDIRECTS))
        .user_agent("pgbeam-xtask");
    let client = client.build().map_err(failed)?;
    let mut answer = client.get(url).send().await.map_err(failed)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("{url}: answered {status}"));
    }
    let mut bytes = Vec::new();
    while let Some(more) = answer.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&more);
        if bytes.len() > MAX_BYTES {
            return Err(too_large(url).summary());
        }
    }
    Ok(bytes)
}

/// What went wrong, in one line without the URL: the innermost cause says most.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no whole answer within {} seconds", LONGEST.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let what = match () {
        () if error.is_redirect() => "is redirected too often",
        () if error.is_connect() => "cannot be reached",
        () if error.is_body() || error.is_decode() => "the answer breaks off",
        () => "cannot be fetched",
    };
    format!("{what}: {cause}").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, net::TcpListener};

    use super::*;

    /// The clock is paused, and goes on when nothing else can.
    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_not_waited_for() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/openapi.json", server.local_addr().unwrap());
        let silent = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut request = Vec::new();
            stream.read_to_end(&mut request).await.unwrap();
        });
        let error = fetch(&url).await.unwrap_err();
        assert_eq!(error, format!("{url}: no whole answer within 30 seconds"));
        silent.abort();
    }
}

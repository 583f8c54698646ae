//! Reads the published contract from a file or a URL.

use std::{fs::File, io::Read, time::Duration};

use pgbeam_spec::read::{MAX_BYTES, too_large};
use reqwest::{Client, redirect};

/// The time limit for the whole request, including redirects and the response body.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of redirects.
const MAX_REDIRECTS: usize = 5;

/// Returns the bytes of a file, or the response body of a URL that starts with `http://` or `https://`.
///
/// A file that is larger than [`MAX_BYTES`] is not an error here: the first `MAX_BYTES + 1` bytes are returned, so
/// that the caller can detect that the file is too large.
///
/// # Errors
///
/// One line with the file or URL and the reason. For example: the file cannot be read, the response has an error
/// status, or the response body is larger than [`MAX_BYTES`].
pub fn fetch_contract(from: &str) -> Result<Vec<u8>, String> {
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
    // One byte above the limit shows that the file is too large.
    let read =
        File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("{path}: cannot be read: {error}"))?;
    Ok(bytes)
}

async fn fetch(url: &str) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| format!("{url}: {}", describe(&error));
    let client = Client::builder()
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::limited(MAX_REDIRECTS))
        .user_agent("pgbeam-xtask");
    let client = client.build().map_err(failed)?;
    let mut response = client.get(url).send().await.map_err(failed)?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("{url}: responded with {status}"));
    }
    let mut bytes = Vec::new();
    while let Some(more) = response.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&more);
        if bytes.len() > MAX_BYTES {
            return Err(too_large(url).summary());
        }
    }
    Ok(bytes)
}

/// Describes the error in one line, without the URL. Adds the innermost cause, which is the most specific cause,
/// unless the error is a timeout.
fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no complete response within {} seconds", TIMEOUT.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let problem = match () {
        () if error.is_redirect() => "has too many redirects",
        () if error.is_connect() => "cannot be reached",
        () if error.is_body() || error.is_decode() => "the response is incomplete",
        () => "cannot be fetched",
    };
    format!("{problem}: {cause}").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, net::TcpListener};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn times_out_on_a_silent_server() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/openapi.json", server.local_addr().unwrap());
        let silent = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut request = Vec::new();
            stream.read_to_end(&mut request).await.unwrap();
        });
        let error = fetch(&url).await.unwrap_err();
        assert_eq!(
            error,
            format!("{url}: no complete response within 30 seconds")
        );
        silent.abort();
    }
}

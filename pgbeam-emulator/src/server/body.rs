//! Reads request bodies, within limits on time and size.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response as HttpResponse;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use http::header::CONNECTION;

use super::response::{close_connection, into_http};
use crate::http::problem::Problem;
use crate::store::new_id;

/// The maximum time in which a request body arrives. A slower body gets 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum length of a request body, in bytes. A longer body gets 413.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// The maximum number of bytes after `MAX_BODY` that are read and discarded. The client can then finish sending and
/// receives the 413 instead of a closed connection.
const MAX_DISCARDED: usize = 32 * 1024 * 1024;

/// A received request body.
#[derive(Debug)]
pub(crate) struct ReceivedBody {
    /// The body, or its first 2 MiB if it is longer.
    pub(crate) bytes: Bytes,
    is_too_large: bool,
}

impl ReceivedBody {
    /// Returns 413 if the body is longer than [`bytes`](Self::bytes).
    pub(crate) fn check_length(&self) -> Result<(), Problem> {
        if self.is_too_large {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                format!("The body is longer than {MAX_BODY} bytes"),
            ));
        }
        Ok(())
    }
}

/// Reads a request body. `path` is the path of the request, for error responses. If the client disconnects or is too
/// slow, returns as the error a response that closes the connection.
pub(crate) async fn read(body: Body, path: &str) -> Result<ReceivedBody, HttpResponse> {
    match tokio::time::timeout(BODY_TIMEOUT, read_chunks(body)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(close_connection()),
        Err(_) => Err(timeout_response(path)),
    }
}

async fn read_chunks(body: Body) -> Result<ReceivedBody, axum::Error> {
    let mut chunks = body.into_data_stream();
    let mut kept = BytesMut::new();
    let mut discarded = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let mut chunk = chunk?;
        let rest = chunk.split_off(chunk.len().min(MAX_BODY.saturating_sub(kept.len())));
        kept.extend_from_slice(&chunk);
        discarded = discarded.saturating_add(rest.len());
        if discarded > MAX_DISCARDED {
            break;
        }
    }
    Ok(ReceivedBody {
        bytes: kept.freeze(),
        is_too_large: discarded > 0,
    })
}

/// Returns the response to a request whose body arrives too slowly. The response closes the connection.
fn timeout_response(path: &str) -> HttpResponse {
    let seconds = BODY_TIMEOUT.as_secs();
    let detail = format!("The body did not arrive within {seconds} seconds");
    let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", detail)
        .with_header(CONNECTION, "close");
    into_http(problem.into_response(path, &new_id("req")))
}

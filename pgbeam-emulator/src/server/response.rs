//! Converts responses into those of axum, and creates responses that close the connection.

use axum::body::Body;
use axum::response::Response as HttpResponse;
use futures_util::{StreamExt, stream};
use http::HeaderValue;
use http::header::CONTENT_LENGTH;

use crate::http::response::Response;

/// A marker in the extensions of a response: the server closes the connection instead of sending the response.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloseConnection;

pub(crate) fn into_http(response: Response) -> HttpResponse {
    let mut http_response = HttpResponse::new(Body::from(response.body));
    *http_response.status_mut() = response.status;
    *http_response.headers_mut() = response.headers;
    http_response
}

pub(super) fn close_connection() -> HttpResponse {
    let mut response = HttpResponse::new(Body::empty());
    response.extensions_mut().insert(CloseConnection);
    response
}

/// Returns a response that fails after the first half of its body. Its `Content-Length` is the length of the whole
/// body. For an empty body, returns a response that closes the connection.
pub(super) fn truncate(mut response: Response) -> HttpResponse {
    let length = response.body.len();
    if length == 0 {
        return close_connection();
    }
    let half = response.body.split_to(length.div_ceil(2));
    let failing_body = stream::once(async move { Ok(half) }).chain(stream::once(async {
        // Lets the connection send the first half before the error.
        tokio::task::yield_now().await;
        Err(std::io::Error::other(
            "an injected fault truncated the body",
        ))
    }));
    let mut http_response = into_http(response);
    http_response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    *http_response.body_mut() = Body::from_stream(failing_body);
    http_response
}

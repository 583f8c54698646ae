//! One attempt: waits for the response and reads its body.

use std::pin::pin;

use bytes::Bytes;
use pgbeam_api::{
    BoxFuture, Content, HttpError, HttpResponse, RawResponse,
    runtime::{BodyBuffer, content_encoding_error, max_body_len, size_limit_error},
};

use super::{body::ReadContext, failure::Failure};

/// Waits for the head of a response and reads its body, within the time limit of the attempt. If the
/// operation returns a media type other than JSON ([`Content::Bytes`]), the body of a success response is not
/// read, but returned as a stream.
///
/// If the body of an error response is incomplete, returns the response with the received part of the body,
/// because the status decides about retries. If a body exceeds the size limit, returns the response without a
/// body; `body_error` contains the reason.
///
/// # Errors
///
/// The failure of the attempt if no head arrives in time, or if the body of a success response is incomplete.
pub(crate) async fn receive(
    head: BoxFuture<'_, Result<HttpResponse, HttpError>>,
    context: &ReadContext,
) -> Result<Box<RawResponse>, Failure> {
    let limit = context
        .timeouts
        .next_limit(context.attempt_start - context.call_start);
    let (mut received, mut buffer) = (None, BodyBuffer::default());
    let result = {
        let read = pin!(async {
            let (status, headers, mut body) = {
                let (head, body) = head.await.map_err(Failure::new)?.into_parts();
                (head.status, head.headers, body)
            };
            let response = Box::new(RawResponse::new(
                context.operation,
                status,
                headers,
                Bytes::new(),
            ));
            let response = received.insert(response);
            response.body_error = content_encoding_error(&response.headers);
            if context.operation.content == Content::Bytes && status.is_success() {
                response.stream = Some(context.stream(body, status));
                return Ok(());
            }
            if !buffer
                .read_from(&mut body, max_body_len(context.max_bytes))
                .await
                .map_err(Failure::new)?
            {
                response.body_error = Some(size_limit_error(context.max_bytes));
            }
            Ok(())
        });
        limit
            .apply(context.attempt_start, read)
            .await
            .unwrap_or_else(|limit| Err(Failure::timeout(limit)))
    };
    match (result, received) {
        (Err(failure), Some(response)) if response.status.is_success() => {
            Err(failure.while_reading(response.status))
        }
        (_, Some(mut response)) => {
            response.body = buffer.take();
            Ok(response)
        }
        (Err(failure), None) => Err(failure),
        // Unreachable: a success has set `received`.
        (Ok(()), None) => Err(Failure::timeout(limit)),
    }
}

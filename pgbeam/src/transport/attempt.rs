//! One attempt: waits for the response and reads its body.

use std::pin::pin;

use bytes::Bytes;
use pgbeam_api::{
    BoxFuture, Content, HttpError, HttpResponse, RawResponse,
    runtime::{BodyBuffer, content_encoding_error, max_body_len, size_limit_error},
};

use super::{body::ReadContext, failure::Failure};

/// Waits for the head of a response and reads its body, within the time limit of the attempt. The body of a
/// success response becomes a stream if the operation returns [`Content::Bytes`], a media type other than
/// JSON.
///
/// If the body of an error response is incomplete, the status and the received part of the body are returned:
/// the status decides about retries. If the body of a success response is incomplete, the attempt fails. If a
/// body exceeds the size limit, the response has no body, and `body_error` says why.
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

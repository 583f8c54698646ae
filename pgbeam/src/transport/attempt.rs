//! One attempt: sends a request and reads the response.

use std::pin::pin;

use bytes::Bytes;
use pgbeam_api::{
    BoxFuture, Content, HttpError, HttpResponse, RawResponse,
    runtime::{BodyBuffer, content_encoding_error, max_body_len, size_limit_error},
};

use super::{body::Reading, failure::Failure};

/// Waits for the head of a response and reads its body, all within the limit. The body of a success of
/// an operation that does not return JSON is left to the caller, as a stream.
///
/// An error status stands even if its body breaks off or comes too slowly: the status decides about
/// retries, and the part of the body that was received is kept.
pub(crate) async fn receive(
    head: BoxFuture<'_, Result<HttpResponse, HttpError>>,
    reading: &Reading,
) -> Result<Box<RawResponse>, Failure> {
    let limit = reading.limits.next(reading.begun - reading.start);
    let (mut received, mut kept) = (None, BodyBuffer::default());
    let read = {
        let whole = pin!(async {
            let (status, headers, mut body) = {
                let (head, body) = head.await.map_err(Failure::new)?.into_parts();
                (head.status, head.headers, body)
            };
            let answer = Box::new(RawResponse::new(
                reading.operation,
                status,
                headers,
                Bytes::new(),
            ));
            let answer = received.insert(answer);
            answer.body_error = content_encoding_error(&answer.headers);
            if reading.operation.content == Content::Bytes && status.is_success() {
                answer.stream = Some(reading.stream(body, status));
                return Ok(());
            }
            if !kept
                .read_from(&mut body, max_body_len(reading.largest))
                .await
                .map_err(Failure::new)?
            {
                answer.body_error = Some(size_limit_error(reading.largest));
            }
            Ok(())
        });
        limit
            .apply(reading.begun, whole)
            .await
            .unwrap_or_else(|limit| Err(Failure::timeout(limit)))
    };
    match (read, received) {
        (Err(failure), Some(answer)) if answer.status.is_success() => {
            Err(failure.while_reading(answer.status))
        }
        (_, Some(mut answer)) => {
            answer.body = kept.take();
            Ok(answer)
        }
        (Err(failure), None) => Err(failure),
        // Unreachable: a success has set `received`.
        (Ok(()), None) => Err(Failure::timeout(limit)),
    }
}

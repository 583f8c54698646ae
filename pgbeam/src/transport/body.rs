//! Response bodies as streams, with the time limits of the call.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;
use pgbeam_api::{ByteStream, Error, HttpBody, Operation};
use tokio::time::{Instant, Sleep, sleep};

use super::{
    deadline::{TimeLimit, Timeouts},
    failure::Failure,
};

/// The part of the state of a call that is needed to read a response body: the time limits, the size limit,
/// and the data for errors.
#[derive(Clone, Copy)]
pub(crate) struct ReadContext {
    pub(crate) operation: &'static Operation,
    pub(crate) timeouts: Timeouts,
    pub(crate) call_start: Instant,
    pub(crate) attempt_start: Instant,
    /// The number of attempts so far.
    pub(crate) attempts: u32,
    /// The maximum size of a body that is read into memory, in bytes; 0 for no limit.
    pub(crate) max_bytes: u64,
}

impl ReadContext {
    /// Returns a body as a stream with time limits. Each chunk must arrive within the attempt timeout, and
    /// the whole body within the total timeout. The time between two reads of the caller counts toward the
    /// total timeout, but not toward the attempt timeout. `status` is the status of the response, for error
    /// messages.
    pub(crate) fn stream(self, chunks: HttpBody, status: StatusCode) -> ByteStream {
        ByteStream::new(TimeLimitedBody {
            chunks,
            timer: None,
            status,
            context: self,
        })
    }

    fn error(&self, failure: Failure, status: StatusCode) -> Error {
        let error = failure
            .while_reading(status)
            .into_error()
            .with_operation(self.operation);
        error.with_attempts(self.attempts, self.call_start.elapsed())
    }
}

/// A body whose chunks must arrive within the time limits of the call.
struct TimeLimitedBody {
    chunks: HttpBody,
    /// The time limit of the next chunk, and its timer. `None` while the stream does not wait for a chunk, or
    /// if there is no limit.
    timer: Option<(TimeLimit, Pin<Box<Sleep>>)>,
    status: StatusCode,
    context: ReadContext,
}

impl TimeLimitedBody {
    fn timeout(&self, limit: TimeLimit) -> Poll<Option<Result<Bytes, Error>>> {
        let error = self.context.error(Failure::timeout(limit), self.status);
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for TimeLimitedBody {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let elapsed = this.context.call_start.elapsed();
        let limit = this.context.timeouts.next_limit(elapsed);
        // Checked before the body, because a body that is always ready would never start the timer.
        if this.context.timeouts.is_exhausted(elapsed) {
            return this.timeout(limit);
        }
        if let Poll::Ready(chunk) = Pin::new(&mut this.chunks).poll_next(context) {
            this.timer = None;
            let to_error = |error| this.context.error(Failure::new(error), this.status);
            return Poll::Ready(chunk.map(|chunk| chunk.map_err(to_error)));
        }
        if let (None, Some(duration)) = (&this.timer, limit.duration()) {
            this.timer = Some((limit, Box::pin(sleep(duration))));
        }
        let Some((limit, timer)) = &mut this.timer else {
            return Poll::Pending;
        };
        let limit = *limit;
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => this.timeout(limit),
            Poll::Pending => Poll::Pending,
        }
    }
}

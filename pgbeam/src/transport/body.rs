//! The body of a response that is passed to the caller as a stream.

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
    deadline::{Limit, Limits},
    failure::Failure,
};

/// The state of a call while the body of its response is read.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) operation: &'static Operation,
    pub(crate) limits: Limits,
    pub(crate) start: Instant,
    /// When the attempt began.
    pub(crate) begun: Instant,
    pub(crate) attempts: u32,
    /// The largest body that is read into memory, in bytes; 0 for no limit.
    pub(crate) largest: u64,
}

impl Reading {
    /// Passes a body to the caller. Each piece must arrive within the timeout of an attempt, and all of
    /// them within the total budget. The time between two reads counts for the budget alone.
    pub(crate) fn stream(self, pieces: HttpBody, status: StatusCode) -> ByteStream {
        ByteStream::new(Limited {
            pieces,
            waiting: None,
            status,
            reading: self,
        })
    }

    fn error(&self, failure: Failure, status: StatusCode) -> Error {
        let error = failure
            .while_reading(status)
            .into_error()
            .with_operation(self.operation);
        error.with_attempts(self.attempts, self.start.elapsed())
    }
}

struct Limited {
    pieces: HttpBody,
    /// How long the next piece may take, once it is waited for.
    waiting: Option<(Limit, Pin<Box<Sleep>>)>,
    status: StatusCode,
    reading: Reading,
}

impl Stream for Limited {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let elapsed = this.reading.start.elapsed();
        let limit = this.reading.limits.next(elapsed);
        let late = |this: &Self, limit| {
            Poll::Ready(Some(Err(this
                .reading
                .error(Failure::timeout(limit), this.status))))
        };
        // A body that never pauses must end, too.
        if this.reading.limits.spent(elapsed) {
            return late(this, limit);
        }
        if let Poll::Ready(piece) = Pin::new(&mut this.pieces).poll_next(context) {
            this.waiting = None;
            let failed = |error| this.reading.error(Failure::new(error), this.status);
            return Poll::Ready(piece.map(|piece| piece.map_err(failed)));
        }
        if let (None, Some(wait)) = (&this.waiting, limit.wait()) {
            this.waiting = Some((limit, Box::pin(sleep(wait))));
        }
        let Some((limit, timer)) = &mut this.waiting else {
            return Poll::Pending;
        };
        let limit = *limit;
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => late(this, limit),
            Poll::Pending => Poll::Pending,
        }
    }
}

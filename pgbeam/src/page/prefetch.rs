//! Requests a page while the caller processes the previous one.
//!
//! A future makes progress only when it is polled, and a stream is polled only while its consumer waits for
//! it. So a prefetched page is requested by a task.

use std::panic::resume_unwind;

use pgbeam_api::{BoxFuture, Error, ErrorKind};
use tokio::{runtime::Handle, task::JoinSet};
use tracing::Instrument;

/// Starts `request` in a task of the current tokio runtime. The returned future waits for the result.
/// Dropping it aborts the task.
///
/// Outside of a runtime, returns `request`, which then starts when it is polled.
pub(super) fn spawn<T: Send + 'static>(
    request: BoxFuture<'static, Result<T, Error>>,
) -> BoxFuture<'static, Result<T, Error>> {
    let Ok(runtime) = Handle::try_current() else {
        return request;
    };
    let mut task = JoinSet::new();
    task.spawn_on(request.in_current_span(), &runtime);
    Box::pin(async move {
        match task.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            _ => Err(Error::new(
                ErrorKind::Network,
                "the page was not received because its tokio runtime was shut down; continue in another runtime",
            )),
        }
    })
}

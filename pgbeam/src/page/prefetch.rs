//! Requests a page while the caller processes the previous one.
//!
//! A future makes progress only when it is polled, and a stream is polled only while the caller waits for the
//! stream. Therefore a separate task requests the next page.

use std::panic::resume_unwind;

use pgbeam_api::{BoxFuture, Error, ErrorKind};
use tokio::{runtime::Handle, task::JoinSet};
use tracing::Instrument;

/// Starts `request` in a task of the current tokio runtime. The returned future waits for the result of the
/// task. Dropping the future aborts the task. If the task panics, the future panics, too.
///
/// Outside of a runtime, returns `request` itself, which starts when it is polled.
///
/// # Errors
///
/// The errors of `request`, and kind [`Network`](ErrorKind::Network) if the runtime is shut down before the
/// task has ended.
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

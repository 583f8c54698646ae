//! Runs futures concurrently, a limited number at a time.

use std::{future::poll_fn, task::Poll};

use pgbeam_api::BoxFuture;

/// Runs all futures, at most `limit` at a time, and returns their results in the order of `futures`. A `limit` of 0
/// means 1.
///
/// The futures start in this order. A future is not polled before it starts, so it can first check whether an earlier
/// future has failed.
pub(crate) async fn run<'a, T>(limit: usize, futures: Vec<BoxFuture<'a, T>>) -> Vec<T> {
    let mut waiting = futures.into_iter();
    let mut results: Vec<Option<T>> = Vec::new();
    let mut running: Vec<(usize, BoxFuture<'a, T>)> = Vec::new();
    poll_fn(|context| {
        loop {
            while running.len() < limit.max(1)
                && let Some(future) = waiting.next()
            {
                running.push((results.len(), future));
                results.push(None);
            }
            let before = running.len();
            running.retain_mut(|(index, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    results[*index] = Some(result);
                    false
                }
                Poll::Pending => true,
            });
            if before == 0 {
                return Poll::Ready(());
            }
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn results_are_in_order_and_concurrency_is_limited() {
        // (limit, seconds for 6 futures of one second)
        for (limit, seconds) in [(0, 6), (1, 6), (2, 3), (4, 2), (10, 1)] {
            let (running, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let futures = (0..6).map(|n| -> BoxFuture<'_, usize> {
                let (running, peak) = (&running, &peak);
                Box::pin(async move {
                    peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    sleep(Duration::from_secs(1)).await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    n
                })
            });
            let start = Instant::now();
            assert_eq!(run(limit, futures.collect()).await, [0, 1, 2, 3, 4, 5]);
            assert_eq!(start.elapsed(), Duration::from_secs(seconds), "{limit}");
            assert_eq!(peak.into_inner(), limit.clamp(1, 6), "{limit}");
        }
        assert!(run::<()>(4, Vec::new()).await.is_empty());
    }
}

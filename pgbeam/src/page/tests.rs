//! Tests of the streams of pages and items. Tokio's clock is paused, so that no test waits in real time.

use std::{
    future::pending,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_core::Stream;
use pgbeam_api::{
    Error, ErrorKind, Meta, Response,
    runtime::{self, ListPage},
};
use tokio::time::{Instant, sleep};

use super::*;

type RequestedTokens = Arc<Mutex<Vec<Option<String>>>>;

/// Returns a stream over the pages that `fetch` returns, and a list of the tokens that the stream has
/// passed to `fetch` so far.
fn pages(fetch: fn(Option<&str>) -> Result<Page<u8>, Error>) -> (Pages<u8>, RequestedTokens) {
    let requested = RequestedTokens::default();
    let record = requested.clone();
    let pages = Pages::new(None, move |token| {
        record.lock().unwrap().push(token.clone());
        let page = fetch(token.as_deref()).map(response);
        Box::pin(async { page })
    });
    (pages, requested)
}

fn page(items: &[u8], next: &str) -> Result<Page<u8>, Error> {
    Ok(page_of(items.to_vec(), Some(next.to_owned())))
}

fn page_of<T: Send + 'static>(items: Vec<T>, next: Option<String>) -> Page<T> {
    struct ListResponse<T>(Vec<T>, Option<String>);
    impl<T: Send + 'static> ListPage for ListResponse<T> {
        type Item = T;
        fn into_page(self) -> (Vec<T>, Option<String>, Option<i64>) {
            (self.0, self.1, None)
        }
    }
    Page::from_response(ListResponse(items, next))
}

fn response<T>(page: Page<T>) -> Response<Page<T>> {
    let meta = Meta::new(
        http::StatusCode::OK,
        http::HeaderMap::new(),
        1,
        Default::default(),
    );
    runtime::Response::new(page, meta)
}

/// The duration of the request of a page, and the time that a consumer takes to process a page.
const PAGE_TIME: Duration = Duration::from_millis(5);

/// A list of `len` items, in pages of `page_size` items that each arrive after [`PAGE_TIME`].
#[derive(Clone, Default)]
struct SlowList {
    len: usize,
    page_size: usize,
    /// The number of requests so far.
    requests: Arc<AtomicUsize>,
    /// The number of requests that have neither ended nor been dropped.
    in_flight: Arc<AtomicUsize>,
}

impl SlowList {
    fn new(len: usize, page_size: usize) -> Self {
        Self {
            len,
            page_size,
            ..Self::default()
        }
    }

    /// Returns a stream of the pages. `item` creates an item from its number. The token of a page is the
    /// number of its first item.
    fn pages<T: Send + 'static>(
        &self,
        token: Option<&str>,
        item: impl Fn(usize) -> T + Clone + Send + Sync + 'static,
    ) -> Pages<T> {
        let list = self.clone();
        Pages::new(token.map(str::to_owned), move |token| {
            let first: usize = token.map_or(0, |token| token.parse().unwrap());
            let end = (first + list.page_size).min(list.len);
            let next = (end < list.len).then(|| end.to_string());
            let item = item.clone();
            list.requests.fetch_add(1, Ordering::SeqCst);
            list.in_flight.fetch_add(1, Ordering::SeqCst);
            let guard = Countdown(list.in_flight.clone());
            Box::pin(async move {
                let _guard = guard;
                sleep(PAGE_TIME).await;
                Ok(response(page_of((first..end).map(item).collect(), next)))
            })
        })
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

/// Decrements a counter when it is dropped.
struct Countdown(Arc<AtomicUsize>);

impl Drop for Countdown {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn requests_a_page_only_when_its_first_item_is_reached() {
    let (pages, requested) = pages(|token| match token {
        None => page(&[1, 2], "b"),
        Some("b") => page(&[], "c"),
        _ => page(&[3], ""),
    });
    let mut items = Items::new(pages);
    assert_eq!(requested.lock().unwrap().len(), 0);
    assert_eq!(items.try_next().await.unwrap(), Some(1));
    assert_eq!(items.try_next().await.unwrap(), Some(2));
    assert_eq!(requested.lock().unwrap().len(), 1);
    assert_eq!(items.try_next().await.unwrap(), Some(3));
    assert_eq!(items.try_next().await.unwrap(), None);
    assert_eq!(items.try_next().await.unwrap(), None);
    let tokens: Vec<_> = requested
        .lock()
        .unwrap()
        .iter()
        .flatten()
        .cloned()
        .collect();
    assert_eq!(tokens, ["b", "c"]);
}

#[tokio::test]
async fn error_ends_the_list() {
    let (pages, requested) = pages(|token| match token {
        None => page(&[1], "b"),
        _ => Err(Error::new(ErrorKind::Network, "gone")),
    });
    let mut items = Items::new(pages);
    assert_eq!(items.try_next().await.unwrap(), Some(1));
    assert!(items.try_next().await.unwrap_err().is_network());
    assert_eq!(items.try_next().await.unwrap(), None);
    assert_eq!(requested.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn rejects_a_cycle_of_page_tokens() {
    let (same, requested) = pages(|_| page(&[1], "again"));
    let error = Items::new(same).try_collect().await.unwrap_err();
    assert!(error.is_decode(), "{error}");
    assert_eq!(requested.lock().unwrap().len(), 2);

    let (cycle, requested) = pages(|token| match token {
        Some("b") => page(&[2], "c"),
        Some("c") => page(&[3], "b"),
        _ => page(&[1], "b"),
    });
    // All items are returned before the error.
    let mut items = Items::new(cycle);
    for expected in [1, 2, 3] {
        assert_eq!(items.try_next().await.unwrap(), Some(expected));
    }
    // A request with the repeated token would start the cycle again.
    assert_eq!(items.resume_token(), None);
    assert!(items.try_next().await.unwrap_err().is_decode());
    assert_eq!(items.resume_token(), None);
    assert_eq!(items.try_next().await.unwrap(), None);
    assert!(!items.is_complete());
    assert_eq!(requested.lock().unwrap().len(), 3);
}

/// Reads all pages and waits [`PAGE_TIME`] after each, as if it processed the page. Returns the total time.
async fn read_slowly(mut pages: Pages<usize>) -> Duration {
    let start = Instant::now();
    while pages.try_next().await.unwrap().is_some() {
        sleep(PAGE_TIME).await;
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn prefetch_overlaps_requests_with_the_consumer() {
    let list = SlowList::new(1000, 100);
    let plain = read_slowly(list.pages(None, |n| n)).await;
    assert_eq!(plain, PAGE_TIME * 20);
    let prefetched = read_slowly(list.pages(None, |n| n).prefetch()).await;
    // The request of the first page and the processing of the last page overlap with nothing.
    assert_eq!(prefetched, PAGE_TIME * 11);
    assert_eq!(list.requests(), 20);
}

#[tokio::test(start_paused = true)]
async fn prefetch_requests_at_most_one_page_ahead() {
    let list = SlowList::new(50, 10);
    let mut pages = list.pages(None, |n| n).prefetch();
    sleep(PAGE_TIME * 10).await;
    assert_eq!(list.requests(), 0, "not polled yet");
    for requests in [2, 3, 4, 5, 5] {
        assert!(pages.try_next().await.unwrap().is_some());
        sleep(PAGE_TIME * 10).await;
        assert_eq!((list.requests(), list.in_flight()), (requests, 0));
    }
    assert!(pages.try_next().await.unwrap().is_none());
    assert!(pages.is_complete());
    assert_eq!(list.requests(), 5);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_aborts_the_prefetch() {
    let list = SlowList::new(50, 10);
    let mut items = Items::new(list.pages(None, |n| n)).prefetch();
    assert_eq!(items.try_next().await.unwrap(), Some(0));
    assert_eq!((list.requests(), list.in_flight()), (2, 1));
    drop(items);
    tokio::task::yield_now().await;
    assert_eq!(list.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn prefetched_items_are_the_same() {
    let list = SlowList::new(95, 10);
    for token in [None, Some("40")] {
        let plain = Items::new(list.pages(token, |n| n)).try_collect().await;
        let prefetched = Items::new(list.pages(token, |n| n)).prefetch();
        let first: usize = token.map_or(0, |token| token.parse().unwrap());
        let all: Vec<_> = (first..95).collect();
        assert_eq!(prefetched.try_collect().await.unwrap(), all);
        assert_eq!(plain.unwrap(), all);
    }
}

#[tokio::test]
async fn error_of_a_prefetched_page_is_returned_after_the_earlier_items() {
    let (pages, requested) = pages(|token| match token {
        None => page(&[1, 2], "b"),
        _ => Err(Error::new(ErrorKind::Network, "gone")),
    });
    let mut items = Items::new(pages).prefetch();
    assert_eq!(items.try_next().await.unwrap(), Some(1));
    assert_eq!(requested.lock().unwrap().len(), 2);
    assert_eq!(items.try_next().await.unwrap(), Some(2));
    assert!(items.try_next().await.unwrap_err().is_network());
    assert_eq!(items.resume_token(), Some("b"));
    assert_eq!(items.try_next().await.unwrap(), None);
    assert!(!items.is_complete());
}

#[tokio::test]
#[should_panic(expected = "in the request")]
async fn panic_of_a_prefetched_request_is_propagated() {
    let pages: Pages<u8> = Pages::new(None, |token| {
        Box::pin(async move {
            assert_eq!(token, None, "in the request");
            page(&[1], "b").map(response)
        })
    });
    let _ = Items::new(pages).prefetch().try_collect().await;
}

#[test]
fn prefetch_does_nothing_outside_of_a_runtime() {
    let (pages, requested) = pages(|token| match token {
        None => page(&[1], "b"),
        _ => page(&[2], ""),
    });
    let mut items = pin!(Items::new(pages).prefetch());
    let mut context = Context::from_waker(Waker::noop());
    for expected in [Some(1), Some(2), None] {
        match items.as_mut().poll_next(&mut context) {
            Poll::Ready(item) => assert_eq!(item.transpose().unwrap(), expected),
            Poll::Pending => panic!("the request is ready"),
        }
    }
    assert_eq!(requested.lock().unwrap().len(), 2);
}

#[test]
fn prefetch_ends_with_its_runtime() {
    let new_runtime = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap()
    };
    let pages: Pages<u8> = Pages::new(None, |token| {
        Box::pin(async move {
            match token {
                None => page(&[1], "b").map(response),
                Some(_) => pending().await,
            }
        })
    });
    let mut items = Items::new(pages).prefetch();
    let first = new_runtime().block_on(items.try_next());
    assert_eq!(first.unwrap(), Some(1));
    let error = new_runtime().block_on(items.try_next()).unwrap_err();
    assert!(error.is_network(), "{error}");
    assert_eq!(items.resume_token(), Some("b"));
}

/// An item. Dropping it decrements the counter of the items that exist.
struct Counted {
    _guard: Countdown,
}

#[tokio::test(start_paused = true)]
async fn memory_does_not_grow_with_the_list() {
    const LEN: usize = 100_000;
    for (page_size, prefetch) in [(100, false), (100, true), (20, true)] {
        let (alive, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let list = SlowList::new(LEN, page_size);
        let pages = list.pages(None, {
            let (alive, peak) = (alive.clone(), peak.clone());
            move |_| {
                let count = alive.fetch_add(1, Ordering::SeqCst) + 1;
                peak.fetch_max(count, Ordering::SeqCst);
                Counted {
                    _guard: Countdown(alive.clone()),
                }
            }
        });
        let mut items = Items::new(if prefetch { pages.prefetch() } else { pages });
        let mut read = 0;
        while items.try_next().await.unwrap().is_some() {
            read += 1;
        }
        assert_eq!(read, LEN);
        let stored_pages = if prefetch { 2 } else { 1 };
        let peak = peak.load(Ordering::SeqCst);
        // The caller holds one more item.
        assert!(peak <= stored_pages * page_size + 1, "{page_size}: {peak}");
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn resumed_items_lose_none_and_repeat_at_most_a_page() {
    const LEN: usize = 23;
    const PAGE: usize = 5;
    let list = SlowList::new(LEN, PAGE);
    for read in 0..=LEN {
        for prefetch in [false, true] {
            let pages = list.pages(None, |n| n);
            let mut items = Items::new(if prefetch { pages.prefetch() } else { pages });
            for n in 0..read {
                assert_eq!(items.try_next().await.unwrap(), Some(n));
            }
            assert_eq!(items.is_complete(), read == LEN);
            let token = items.resume_token().map(str::to_owned);
            if read == LEN {
                assert_eq!(token, None);
                continue;
            }
            let resumed = Items::new(list.pages(token.as_deref(), |n| n));
            let resumed = resumed.try_collect().await.unwrap();
            let first = LEN - resumed.len();
            assert_eq!(resumed, (first..LEN).collect::<Vec<_>>());
            assert!(first <= read && read - first < PAGE, "{read} {first}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn resumed_pages_are_neither_lost_nor_repeated() {
    let list = SlowList::new(30, 10);
    let mut pages = list.pages(Some("10"), |n| n);
    let mut tokens = Vec::new();
    loop {
        tokens.push(pages.resume_token().map(str::to_owned));
        assert_eq!(pages.is_complete(), tokens.len() == 3);
        if pages.try_next().await.unwrap().is_none() {
            break;
        }
    }
    assert_eq!(tokens, [Some("10".to_owned()), Some("20".to_owned()), None]);
}

#[tokio::test]
async fn an_empty_list_is_complete_when_it_ends() {
    let (pages, _) = pages(|_| page(&[], ""));
    let mut items = Items::new(pages);
    assert!(!items.is_complete());
    assert_eq!(items.try_next().await.unwrap(), None);
    assert!(items.is_complete());
}

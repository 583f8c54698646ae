//! `Pages`: a stream of the pages of a list.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pgbeam_api::{BoxFuture, Error, ErrorKind, Response};

use super::{Page, cycle::TokenHistory, prefetch};

type PageResult<T> = Result<Response<Page<T>>, Error>;
type PageFuture<T> = BoxFuture<'static, PageResult<T>>;
type FetchPage<T> = Box<dyn Fn(Option<String>) -> PageFuture<T> + Send + Sync>;

/// A [`Stream`] of the pages of a list. Created by
/// [`ListRequest::pages`](crate::request::ListRequest::pages).
///
/// The stream requests the next page when it is polled, or earlier with [`prefetch`](Self::prefetch). After
/// an error the stream ends. To continue, start a new list request at [`resume_token`](Self::resume_token).
///
/// This stream can be used without a stream crate:
///
/// ```no_run
/// # #[cfg(feature = "policies")]
/// # async fn run(policies: pgbeam::policies::Policies) -> Result<(), pgbeam::Error> {
/// let mut pages = policies.list().page_size(100).pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{} profiles, request {:?}", page.items().len(), page.request_id());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    fetch: FetchPage<T>,
    /// The function that starts the request of the next page before the stream is polled for that page;
    /// `None` if pages are not prefetched.
    prefetch: Option<fn(PageFuture<T>) -> PageFuture<T>>,
    state: State<T>,
    /// The token of the page that was returned last.
    current: Option<String>,
    /// The token of the page that is returned next. An error does not change it. `None` for the first page of
    /// the list, after the last page, and if the tokens have a cycle.
    next: Option<String>,
    is_complete: bool,
    history: TokenHistory,
}

enum State<T> {
    /// The next page is not requested yet.
    Ready,
    Waiting(PageFuture<T>),
    /// The token of the next page is the token of a page that was already requested.
    Cycle,
    Done,
}

impl<T> Pages<T> {
    /// Creates a stream that starts at the page with this token, or at the first page if `token` is `None`.
    /// `fetch` takes the token of a page (`None` for the first page) and requests the page.
    pub(crate) fn new(
        token: Option<String>,
        fetch: impl Fn(Option<String>) -> PageFuture<T> + Send + Sync + 'static,
    ) -> Self {
        let mut history = TokenHistory::new();
        if let Some(token) = &token {
            history.insert(token);
        }
        Self {
            fetch: Box::new(fetch),
            prefetch: None,
            state: State::Ready,
            current: None,
            next: token,
            is_complete: false,
            history,
        }
    }

    /// Requests and returns the next page; returns `None` after the last page.
    ///
    /// # Errors
    ///
    /// The errors of the list request, and kind [`Decode`](ErrorKind::Decode) if the server returns the token
    /// of a page that was already requested, because the list would never end. In a list of more than 1024
    /// pages, a cycle of tokens may be detected only after some pages were returned several times. After
    /// an error the stream ends.
    pub async fn try_next(&mut self) -> Result<Option<Response<Page<T>>>, Error> {
        std::future::poll_fn(|context| self.poll(context))
            .await
            .transpose()
    }

    /// Returns the token of the page that the stream returns next. After an error, returns the token of the
    /// page that was not received. A list request with this
    /// [`page_token`](crate::request::ListRequest::page_token) continues the list without losing or repeating
    /// a page.
    ///
    /// Returns `None` before the first page of a list request without `page_token`. Also returns `None` after
    /// the last page; [`is_complete`](Self::is_complete) then returns `true`. If the server returns the token
    /// of an earlier page, the list cannot be continued: this method returns `None`, and `is_complete`
    /// returns `false`.
    ///
    /// ```
    /// # #[cfg(feature = "policies")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// # for name in ["a", "b", "c"] {
    /// #     policies.create(pgbeam::policies::PolicyProfileInput::new(name)).await?;
    /// # }
    /// let mut pages = policies.list().page_size(2).pages();
    /// pages.try_next().await?;
    /// let token = pages.resume_token().expect("a second page").to_owned();
    ///
    /// // Later, for example after a restart of the process:
    /// let rest = policies.list().page_size(2).page_token(token).items().try_collect().await?;
    /// assert_eq!(rest[0].name(), "c");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "policies"))]
    /// # fn main() {}
    /// ```
    pub fn resume_token(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Returns `true` if the stream has returned the last page of the list. Returns `false` if an error ended
    /// the stream.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns the token of the page that the stream returned last. Returns `None` before the first page, and
    /// if that page is the first page of a list request without `page_token`.
    pub(super) fn current_token(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<PageResult<T>>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Cycle => {
                    self.state = State::Done;
                    return Poll::Ready(Some(Err(cycle_error())));
                }
                State::Ready => {
                    self.state = State::Waiting((self.fetch)(self.next.clone()));
                }
                State::Waiting(page) => {
                    let page = ready!(page.as_mut().poll(context));
                    self.state = State::Done;
                    if let Ok(page) = &page {
                        self.state = self.advance(page.next_page_token());
                    }
                    return Poll::Ready(Some(page));
                }
            }
        }
    }

    /// Records that a page was received, and returns the next state. `next` is the token of the next page, or
    /// `None` after the last page.
    fn advance(&mut self, next: Option<&str>) -> State<T> {
        self.current = mem::replace(&mut self.next, next.map(str::to_owned));
        let Some(next) = next else {
            self.is_complete = true;
            return State::Done;
        };
        if !self.history.insert(next) {
            // Without this check, a list with a cycle of tokens would never end.
            self.next = None;
            return State::Cycle;
        }
        match self.prefetch {
            Some(start) => State::Waiting(start((self.fetch)(self.next.clone()))),
            None => State::Ready,
        }
    }
}

impl<T: Send + 'static> Pages<T> {
    /// Requests each page after the first while the caller processes the previous page. By default, a page is
    /// requested when the stream is polled for it.
    ///
    /// When the stream returns a page, it starts the request of the next page in a task of the current tokio
    /// runtime. It never requests more than one page ahead. Dropping the stream aborts the task. If the
    /// runtime is shut down before the page arrives, the stream returns an error of kind
    /// [`Network`](ErrorKind::Network). Outside of a tokio runtime, pages are not prefetched.
    ///
    /// If requesting a page takes as long as processing a page, prefetching about halves the total time. If
    /// the caller does not read the stream to its end, the last request was unnecessary.
    pub fn prefetch(mut self) -> Self {
        self.prefetch = Some(prefetch::spawn);
        self
    }
}

fn cycle_error() -> Error {
    Error::new(
        ErrorKind::Decode,
        "the server returned the token of an earlier page, so the list would never end",
    )
}

impl<T> Stream for Pages<T> {
    type Item = PageResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T> Unpin for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

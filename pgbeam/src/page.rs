//! Pagination: a page of a list, a stream of its pages and a stream of its items.

use std::{
    collections::HashSet,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pgbeam_api::{BoxFuture, Error, ErrorKind, Response, runtime::ListPage};

/// One page of a list, returned by an awaited [`ListRequest`](crate::request::ListRequest).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    items: Vec<T>,
    next_page_token: Option<String>,
    total: Option<i64>,
}

impl<T> Page<T> {
    /// Creates the page from the response to a list request. An empty token of the next page counts as
    /// absent: this is then the last page.
    pub(crate) fn from_response(response: impl ListPage<Item = T>) -> Self {
        let (items, token, total) = response.into_page();
        Self {
            items,
            next_page_token: token.filter(|token| !token.is_empty()),
            total,
        }
    }

    /// Returns the items of this page.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Converts the page into its items.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// Returns the token of the next page, for [`page_token`](crate::request::ListRequest::page_token);
    /// `None` on the last page.
    pub fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }

    /// Returns the number of items on all pages. `None` if the API does not report the number: only
    /// the lists of projects and support cases report it.
    pub fn total(&self) -> Option<i64> {
        self.total
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

type PageResult<T> = Result<Response<Page<T>>, Error>;
type FetchPage<T> = Arc<dyn Fn(Option<String>) -> BoxFuture<'static, PageResult<T>> + Send + Sync>;

/// A [`Stream`] of the pages of a list. Created by
/// [`ListRequest::pages`](crate::request::ListRequest::pages).
///
/// The stream requests the next page when it is polled. After an error the stream ends. To continue, start a
/// new list request at the [`next_page_token`](Page::next_page_token) of the last page received.
///
/// It can be used without a stream crate:
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
    state: State<T>,
    /// The tokens of the pages requested so far, to detect a server that returns a token twice.
    seen: HashSet<String>,
}

enum State<T> {
    /// The token of the page to request next; `None` for the first page.
    Ready(Option<String>),
    Waiting(BoxFuture<'static, PageResult<T>>),
    /// The page received last refers to a page that was already requested.
    Cycle,
    Done,
}

impl<T> Pages<T> {
    /// Creates a stream that starts at the page with this token; `None` starts at the first page. `fetch`
    /// takes the same argument and requests that page.
    pub(crate) fn new(
        token: Option<String>,
        fetch: impl Fn(Option<String>) -> BoxFuture<'static, PageResult<T>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetch: Arc::new(fetch),
            state: State::Ready(token),
            seen: HashSet::new(),
        }
    }

    /// Requests the next page; returns `None` after the last.
    ///
    /// # Errors
    ///
    /// The errors of the list request, and kind [`Decode`](ErrorKind::Decode) if the server returns the token
    /// of a page that was already requested. After an error the stream ends.
    pub async fn try_next(&mut self) -> Result<Option<Response<Page<T>>>, Error> {
        std::future::poll_fn(|context| self.poll(context))
            .await
            .transpose()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<PageResult<T>>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Cycle => {
                    self.state = State::Done;
                    return Poll::Ready(Some(Err(cycle_error())));
                }
                State::Ready(token) => {
                    let token = token.take();
                    self.seen.extend(token.clone());
                    self.state = State::Waiting((self.fetch)(token));
                }
                State::Waiting(page) => {
                    let fetched = ready!(page.as_mut().poll(context));
                    self.state = State::Done;
                    let page = match fetched {
                        Ok(page) => page,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    };
                    if let Some(next) = page.next_page_token() {
                        // Without this check, a cycle of tokens would never end.
                        self.state = match self.seen.contains(next) {
                            true => State::Cycle,
                            false => State::Ready(Some(next.to_owned())),
                        };
                    }
                    return Poll::Ready(Some(Ok(page)));
                }
            }
        }
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

/// A [`Stream`] of the items on all pages of a list. Created by
/// [`ListRequest::items`](crate::request::ListRequest::items).
///
/// The stream requests a page after it has returned all items of the previous pages. After an error the stream
/// ends. To be able to continue after an error, use [`Pages`], which returns the page tokens.
///
/// It can be used without a stream crate:
///
/// ```no_run
/// # #[cfg(feature = "policies")]
/// # async fn run(policies: pgbeam::policies::Policies) -> Result<(), pgbeam::Error> {
/// let mut profiles = policies.list().items();
/// while let Some(profile) = profiles.try_next().await? {
///     println!("{} {}", profile.id(), profile.name());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    page: std::vec::IntoIter<T>,
}

impl<T> Items<T> {
    pub(crate) fn new(pages: Pages<T>) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
        }
    }

    /// Returns the next item, and requests its page if needed; `None` after the last.
    ///
    /// # Errors
    ///
    /// The errors of [`Pages::try_next`]. After an error the stream ends.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        std::future::poll_fn(|context| self.poll(context))
            .await
            .transpose()
    }

    /// Collects the remaining items of all pages.
    ///
    /// # Errors
    ///
    /// The errors of [`Pages::try_next`]. An error discards the items that were collected before it. To keep
    /// them, call [`try_next`](Self::try_next) in a loop.
    pub async fn try_collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.try_next().await? {
            all.push(item);
        }
        Ok(all)
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            if let Some(item) = self.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(self.pages.poll(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => self.page = page.into_inner().into_iter(),
            }
        }
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T> Unpin for Items<T> {}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use pgbeam_api::{Meta, runtime};

    use super::*;

    type RequestedTokens = Arc<Mutex<Vec<Option<String>>>>;

    /// Returns a stream over the pages that `fetch` returns, and a list of the tokens that the stream has
    /// passed to `fetch` so far.
    fn pages(fetch: fn(Option<&str>) -> Result<Page<u8>, Error>) -> (Pages<u8>, RequestedTokens) {
        let requested = RequestedTokens::default();
        let record = requested.clone();
        let pages = Pages::new(None, move |token| {
            record.lock().unwrap().push(token.clone());
            let page = fetch(token.as_deref()).map(|page| {
                let meta = Meta::new(
                    http::StatusCode::OK,
                    http::HeaderMap::new(),
                    1,
                    Default::default(),
                );
                runtime::Response::new(page, meta)
            });
            Box::pin(async { page })
        });
        (pages, requested)
    }

    fn page(items: &[u8], next: &str) -> Result<Page<u8>, Error> {
        struct ListResponse(Vec<u8>, String);
        impl ListPage for ListResponse {
            type Item = u8;
            fn into_page(self) -> (Vec<u8>, Option<String>, Option<i64>) {
                (self.0, Some(self.1), None)
            }
        }
        Ok(Page::from_response(ListResponse(
            items.to_vec(),
            next.to_owned(),
        )))
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
        assert!(items.try_next().await.unwrap_err().is_decode());
        assert_eq!(items.try_next().await.unwrap(), None);
        assert_eq!(requested.lock().unwrap().len(), 3);
    }
}

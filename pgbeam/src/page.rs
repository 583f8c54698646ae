//! Lists: one page, all pages, or all items, each page fetched only when it is reached.

use std::{
    collections::HashSet,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pgbeam_api::{BoxFuture, Error, ErrorKind, Response, runtime::ListPage};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    items: Vec<T>,
    next_page_token: Option<String>,
    total: Option<i64>,
}

impl<T> Page<T> {
    /// Takes a response apart. An empty token ends a list, as an absent one does.
    pub(crate) fn from_response(response: impl ListPage<Item = T>) -> Self {
        let (items, token, total) = response.into_page();
        Self {
            items,
            next_page_token: token.filter(|token| !token.is_empty()),
            total,
        }
    }

    /// The items of this page.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The items of this page, taken out of it.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }

    /// What to give to `page_token` for the page after this one; absent on the last.
    pub fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }

    /// How many items there are on all pages, where the API counts them: for projects and support
    /// cases.
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

type Fetched<T> = Result<Response<Page<T>>, Error>;
type FetchPage<T> = Arc<dyn Fn(Option<String>) -> BoxFuture<'static, Fetched<T>> + Send + Sync>;

/// The pages of a list, one after the other: a [`Stream`].
///
/// A page is asked for when the stream is polled for it, not before. After an error the stream
/// ends.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    fetch: FetchPage<T>,
    state: State<T>,
    /// The tokens that were asked for.
    seen: HashSet<String>,
}

enum State<T> {
    /// The token of the page to ask for; `None` for the first.
    Ready(Option<String>),
    Waiting(BoxFuture<'static, Fetched<T>>),
    /// The last page leads back to one before it.
    Circle,
    Done,
}

impl<T> Pages<T> {
    /// Starts at `token`, or with the first page; `fetch` asks for the page of a token.
    pub(crate) fn new(
        token: Option<String>,
        fetch: impl Fn(Option<String>) -> BoxFuture<'static, Fetched<T>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetch: Arc::new(fetch),
            state: State::Ready(token),
            seen: HashSet::new(),
        }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    ///
    /// As the list request itself. After an error there are no more pages.
    pub async fn try_next(&mut self) -> Result<Option<Response<Page<T>>>, Error> {
        std::future::poll_fn(|context| self.poll(context))
            .await
            .transpose()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Fetched<T>>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Circle => {
                    self.state = State::Done;
                    return Poll::Ready(Some(Err(goes_in_circles())));
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
                        // A server that leads back to a page would be asked for ever.
                        self.state = match self.seen.contains(next) {
                            true => State::Circle,
                            false => State::Ready(Some(next.to_owned())),
                        };
                    }
                    return Poll::Ready(Some(Ok(page)));
                }
            }
        }
    }
}

fn goes_in_circles() -> Error {
    Error::new(
        ErrorKind::Decode,
        "the server leads back to a page that it has given, so the list would never end",
    )
}

impl<T> Stream for Pages<T> {
    type Item = Fetched<T>;

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

/// The items of a list, over all its pages: a [`Stream`].
///
/// A page is asked for when all items before it have been taken. After an error the stream ends.
///
/// It can be read without any other crate:
///
/// ```no_run
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

    /// The next item; `None` after the last.
    ///
    /// # Errors
    ///
    /// As the list request itself. After an error there are no more items.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        std::future::poll_fn(|context| self.poll(context))
            .await
            .transpose()
    }

    /// All items that are left.
    ///
    /// # Errors
    ///
    /// As the list request itself; the items before the error are then lost, so take them one by
    /// one where they are wanted all the same.
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

    type Asked = Arc<Mutex<Vec<Option<String>>>>;

    /// Pages by what is asked for, and a record of what was.
    fn pages(of: fn(Option<&str>) -> Result<Page<u8>, Error>) -> (Pages<u8>, Asked) {
        let asked = Asked::default();
        let record = asked.clone();
        let pages = Pages::new(None, move |token| {
            record.lock().unwrap().push(token.clone());
            let page = of(token.as_deref()).map(|page| {
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
        (pages, asked)
    }

    fn page(items: &[u8], next: &str) -> Result<Page<u8>, Error> {
        struct Names(Vec<u8>, String);
        impl ListPage for Names {
            type Item = u8;
            fn into_page(self) -> (Vec<u8>, Option<String>, Option<i64>) {
                (self.0, Some(self.1), None)
            }
        }
        Ok(Page::from_response(Names(items.to_vec(), next.to_owned())))
    }

    #[tokio::test]
    async fn follows_the_tokens_and_asks_only_when_an_item_is_wanted() {
        let (pages, asked) = pages(|token| match token {
            None => page(&[1, 2], "b"),
            Some("b") => page(&[], "c"),
            _ => page(&[3], ""),
        });
        let mut items = Items::new(pages);
        assert_eq!(asked.lock().unwrap().len(), 0);
        assert_eq!(items.try_next().await.unwrap(), Some(1));
        assert_eq!(items.try_next().await.unwrap(), Some(2));
        assert_eq!(asked.lock().unwrap().len(), 1);
        assert_eq!(items.try_next().await.unwrap(), Some(3));
        assert_eq!(items.try_next().await.unwrap(), None);
        assert_eq!(items.try_next().await.unwrap(), None);
        let tokens: Vec<_> = asked.lock().unwrap().iter().flatten().cloned().collect();
        assert_eq!(tokens, ["b", "c"]);
    }

    #[tokio::test]
    async fn an_error_ends_the_list() {
        let (pages, asked) = pages(|token| match token {
            None => page(&[1], "b"),
            _ => Err(Error::new(ErrorKind::Network, "gone")),
        });
        let mut items = Items::new(pages);
        assert_eq!(items.try_next().await.unwrap(), Some(1));
        assert!(items.try_next().await.unwrap_err().is_network());
        assert_eq!(items.try_next().await.unwrap(), None);
        assert_eq!(asked.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_list_that_leads_back_to_a_page_is_an_error() {
        let (same, asked) = pages(|_| page(&[1], "again"));
        let error = Items::new(same).try_collect().await.unwrap_err();
        assert!(error.is_decode(), "{error}");
        assert_eq!(asked.lock().unwrap().len(), 2);

        let (circle, asked) = pages(|token| match token {
            Some("b") => page(&[2], "c"),
            Some("c") => page(&[3], "b"),
            _ => page(&[1], "b"),
        });
        // All items come before the error.
        let mut items = Items::new(circle);
        for want in [1, 2, 3] {
            assert_eq!(items.try_next().await.unwrap(), Some(want));
        }
        assert!(items.try_next().await.unwrap_err().is_decode());
        assert_eq!(items.try_next().await.unwrap(), None);
        assert_eq!(asked.lock().unwrap().len(), 3);
    }
}

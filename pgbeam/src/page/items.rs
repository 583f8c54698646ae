//! `Items`: a stream of the items on all pages of a list.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use pgbeam_api::Error;

use super::Pages;

/// A [`Stream`] of the items on all pages of a list. Created by
/// [`ListRequest::items`](crate::request::ListRequest::items).
///
/// The stream requests a page after it has returned all items of the previous pages, or earlier with
/// [`prefetch`](Self::prefetch). It stores the items of one page, or of two with `prefetch`. After an error
/// the stream ends. To continue, start a new list request at [`resume_token`](Self::resume_token).
///
/// This stream can be used without a stream crate:
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

    /// Returns the next item; `None` after the last item. Requests the page of the item if needed.
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

    /// Returns the token of the page that contains the next item. After an error, returns the token of the
    /// page that was not received.
    ///
    /// A list request with this [`page_token`](crate::request::ListRequest::page_token) and the same page
    /// size continues the list. The new request starts with the first item of the page, so it loses no item,
    /// but repeats the items of the page that this stream has already returned. Save the token only after you
    /// have processed the last returned item: if that item was the last one of its page, this method already
    /// returns the token of the next page.
    ///
    /// Returns `None` while the next item is on the first page of a list request without `page_token`. Also
    /// returns `None` after the last item; [`is_complete`](Self::is_complete) then returns `true`. If the
    /// server returns the token of an earlier page, the list cannot be continued: after the last received
    /// item, this method returns `None`, and `is_complete` returns `false`.
    ///
    /// ```
    /// # #[cfg(feature = "policies")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// # for name in ["a", "b", "c", "d", "e"] {
    /// #     policies.create(pgbeam::policies::PolicyProfileInput::new(name)).await?;
    /// # }
    /// let mut profiles = policies.list().page_size(2).items();
    /// for _ in 0..3 {
    ///     profiles.try_next().await?;
    /// }
    /// // The next item, "d", is on the second page: "c", "d".
    /// let token = profiles.resume_token().expect("a second page").to_owned();
    ///
    /// let rest = policies.list().page_size(2).page_token(token).items().try_collect().await?;
    /// let names: Vec<_> = rest.iter().map(|profile| profile.name()).collect();
    /// assert_eq!(names, ["c", "d", "e"]);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "policies"))]
    /// # fn main() {}
    /// ```
    pub fn resume_token(&self) -> Option<&str> {
        if self.page.as_slice().is_empty() {
            self.pages.resume_token()
        } else {
            self.pages.current_token()
        }
    }

    /// Returns `true` if the stream has returned the last item of the list. If the last page is empty,
    /// returns `true` only after the stream has ended. Returns `false` if an error ended the stream.
    pub fn is_complete(&self) -> bool {
        self.page.as_slice().is_empty() && self.pages.is_complete()
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

impl<T: Send + 'static> Items<T> {
    /// Requests each page after the first while the caller processes the items of the previous page. By
    /// default, a page is requested when its first item is reached. See [`Pages::prefetch`].
    ///
    /// ```
    /// # #[cfg(feature = "policies")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// # policies.create(pgbeam::policies::PolicyProfileInput::new("a")).await?;
    /// let mut profiles = policies.list().page_size(100).items().prefetch();
    /// while let Some(profile) = profiles.try_next().await? {
    ///     println!("{}", profile.name());
    /// }
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "policies"))]
    /// # fn main() {}
    /// ```
    pub fn prefetch(mut self) -> Self {
        self.pages = self.pages.prefetch();
        self
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

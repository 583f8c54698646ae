//! Lists of what is read with the contract's own types.

use pgbeam_api::{
    BoxFuture, Conditional, Error, Response,
    runtime::{Builder, Listed},
};

use crate::{CallOptions, Client, Items, Page, Pages};

/// A list, from a method of an area's handle such as `project.agents().list()`.
///
/// Awaited, it gives one page. [`items`](Self::items) goes on over all pages, and
/// [`pages`](Self::pages) does so page by page; both ask for a page only when it is reached.
///
/// ```
/// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
/// # #[cfg(feature = "webhooks")] {
/// let mut webhooks = client.project("prj_xxx")?.webhooks().list().page_size(100).items();
/// while let Some(webhook) = webhooks.try_next().await? {
///     println!("{}", webhook.url);
/// }
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Listing<B> {
    client: Client,
    builder: B,
    page_size: Option<i64>,
    page_token: Option<String>,
    options: CallOptions,
}

impl<B: Builder> Listing<B> {
    pub(crate) fn new(client: &Client, builder: B) -> Self {
        let (client, options) = (client.clone(), CallOptions::new());
        Self {
            client,
            builder,
            page_size: None,
            page_token: None,
            options,
        }
    }

    pub(crate) fn with(mut self, set: impl FnOnce(B) -> B) -> Self {
        self.builder = set(self.builder);
        self
    }

    /// Sets how many items a page may hold: 1 to 100. Default: 20.
    pub fn page_size(mut self, items: i64) -> Self {
        self.page_size = Some(items);
        self
    }

    /// Starts at the page that an earlier page named ([`Page::next_page_token`]).
    pub fn page_token(mut self, token: impl Into<String>) -> Self {
        self.page_token = Some(token.into());
        self
    }

    /// Asks for the page only if it is no longer the one that this `ETag` stands for.
    pub fn if_none_match(self, etag: impl Into<String>) -> ListingIfNoneMatch<B> {
        ListingIfNoneMatch {
            request: self,
            etag: etag.into(),
        }
    }

    call_options!(options);

    async fn answer(self, etag: Option<&str>) -> Result<B::Output, Error> {
        let call = super::start(&self.client, self.builder, self.options);
        let call = super::paged(call, self.page_size, self.page_token.as_deref());
        B::read(
            *super::conditional(call, "If-None-Match", etag)
                .send()
                .await?,
        )
    }
}

impl<P: Listed, B: Builder<Output = Conditional<P>> + Sync> Listing<B> {
    /// All pages from here on, as a stream.
    pub fn pages(self) -> Pages<P::Item> {
        let start = self.page_token.clone();
        let of = move |token| {
            Self {
                page_token: token,
                ..self.clone()
            }
            .into_future()
        };
        Pages::new(start, of)
    }

    /// All items from here on, as a stream.
    pub fn items(self) -> Items<P::Item> {
        Items::new(self.pages())
    }
}

impl<P: Listed, B: Builder<Output = Conditional<P>>> IntoFuture for Listing<B> {
    type Output = Result<Response<Page<P::Item>>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.answer(None).await?.into_modified()?.map(Page::of)) })
    }
}

/// One page of a list if it has changed; from [`Listing::if_none_match`].
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct ListingIfNoneMatch<B> {
    request: Listing<B>,
    etag: String,
}

impl<B: Builder> ListingIfNoneMatch<B> {
    call_options!(request.options);
}

impl<P: Listed, B: Builder<Output = Conditional<P>>> IntoFuture for ListingIfNoneMatch<B> {
    type Output = Result<Conditional<Page<P::Item>>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.request.answer(Some(&self.etag)).await?.map(Page::of)) })
    }
}

//! `ListRequest`: a request of a list operation. Returns one page, or a stream of all pages or all items.

use std::{fmt, marker::PhantomData};

use pgbeam_api::{
    BoxFuture, Conditional, Error, RawResponse, Response,
    runtime::{IfNoneMatch, ListPage, Paginated, RequestBuilder},
};

use super::Revalidate;
use crate::{CallOptions, Client, Items, Page, Pages};

/// A list request. Created by a method of a handle such as `project.agents().list()`.
///
/// Awaiting the request returns one [`Page`]. [`items`](Self::items) returns a stream of the items on all
/// pages, [`pages`](Self::pages) a stream of the pages. A stream requests a page only when the caller reaches
/// the page, or one page ahead with [`prefetch`](Items::prefetch).
///
/// Awaiting the request fails for the same reasons as awaiting a [`Request`](super::Request).
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
#[must_use = "a request is sent when it is awaited"]
pub struct ListRequest<B, C = ()> {
    client: Client,
    builder: B,
    page_token: Option<String>,
    options: CallOptions,
    condition: PhantomData<fn() -> C>,
}

impl<B: RequestBuilder> ListRequest<B> {
    pub(crate) fn new(client: &Client, builder: B) -> Self {
        Self {
            client: client.clone(),
            builder,
            page_token: None,
            options: CallOptions::new(),
            condition: PhantomData,
        }
    }

    /// Replaces `builder`, the generated request builder of `pgbeam_api`, with the result of `set`.
    pub(crate) fn with(mut self, set: impl FnOnce(B) -> B) -> Self {
        self.builder = set(self.builder);
        self
    }
}

impl<B: Paginated, C> ListRequest<B, C> {
    /// Sets the maximum number of items of a page: 1 to 100. Default: 20. If the number is out of this range,
    /// the request fails with kind [`Invalid`](crate::ErrorKind::Invalid), and nothing is sent.
    pub fn page_size(mut self, items: impl TryInto<i64>) -> Self {
        // `i64::MAX` is out of range, so the request fails.
        let items = items.try_into().unwrap_or(i64::MAX);
        self.builder = self.builder.page_size(items);
        self
    }

    /// Starts at the page with this token, from [`Page::next_page_token`]. Default: the first page.
    pub fn page_token(mut self, token: impl Into<String>) -> Self {
        self.page_token = Some(token.into());
        self
    }

    call_options!(options);

    fn send(self) -> impl Future<Output = Result<Box<RawResponse>, Error>> + Send {
        let call = super::builder_call(&self.client, self.builder, self.options);
        // The token is opaque, so it is not validated.
        let call = match self.page_token {
            Some(token) => call.query("page_token", token),
            None => call,
        };
        call.send()
    }
}

impl<B: Paginated + IfNoneMatch> ListRequest<B> {
    /// Sends `If-None-Match`: the server returns the page only if its `ETag` differs from `etag`. `etag` must
    /// include the quotes of the entity tag. The request then returns a [`Conditional`].
    pub fn if_none_match(self, etag: impl Into<String>) -> ListRequest<B, Revalidate> {
        ListRequest {
            client: self.client,
            builder: self.builder.if_none_match(etag.into()),
            page_token: self.page_token,
            options: self.options,
            condition: PhantomData,
        }
    }
}

impl<P: ListPage, B: Paginated<Output = Conditional<P>>> ListRequest<B> {
    /// Returns a stream of the pages. The stream starts at the page of [`page_token`](Self::page_token), or
    /// at the first page if no token is set. The options of this request apply to the request of each page.
    /// For example, the total timeout limits each of these requests, not the whole stream.
    pub fn pages(self) -> Pages<P::Item> {
        let start = self.page_token.clone();
        Pages::new(start, move |page_token| {
            let request = Self {
                page_token,
                ..self.clone()
            };
            request.into_future()
        })
    }

    /// Returns a stream of the items on all pages. The stream starts at the page of
    /// [`page_token`](Self::page_token), or at the first page if no token is set.
    pub fn items(self) -> Items<P::Item> {
        Items::new(self.pages())
    }
}

impl<P: ListPage, B: Paginated<Output = Conditional<P>>> IntoFuture for ListRequest<B> {
    type Output = Result<Response<Page<P::Item>>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let response = self.send();
        Box::pin(async {
            let page = B::parse_response(response.await?)?.into_modified()?;
            Ok(page.map(Page::from_response))
        })
    }
}

impl<P: ListPage, B: Paginated<Output = Conditional<P>>> IntoFuture for ListRequest<B, Revalidate> {
    type Output = Result<Conditional<Page<P::Item>>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let response = self.send();
        Box::pin(async { Ok(B::parse_response(response.await?)?.map(Page::from_response)) })
    }
}

impl<B: Clone, C> Clone for ListRequest<B, C> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            builder: self.builder.clone(),
            page_token: self.page_token.clone(),
            options: self.options.clone(),
            condition: PhantomData,
        }
    }
}

impl<B: fmt::Debug, C> fmt::Debug for ListRequest<B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListRequest")
            .field("builder", &self.builder)
            .field("page_token", &self.page_token)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

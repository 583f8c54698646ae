//! Reads that can be conditional.

use pgbeam_api::{BoxFuture, Conditional, Error, Response, runtime::Builder};

use crate::{CallOptions, Client};

/// A read of one operation, from a method of an area's handle such as `project.agents().get(…)`. It
/// is sent when it is awaited.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Fetch<B> {
    client: Client,
    builder: B,
    options: CallOptions,
}

impl<B: Builder> Fetch<B> {
    pub(crate) fn new(client: &Client, builder: B) -> Self {
        Self {
            client: client.clone(),
            builder,
            options: CallOptions::new(),
        }
    }

    pub(crate) fn with(mut self, set: impl FnOnce(B) -> B) -> Self {
        self.builder = set(self.builder);
        self
    }

    /// Asks for it only if it is no longer the one that this `ETag` stands for.
    ///
    /// The answer is then a [`Conditional`]: "not modified" is a value, not an error.
    pub fn if_none_match(self, etag: impl Into<String>) -> FetchIfNoneMatch<B> {
        FetchIfNoneMatch {
            request: self,
            etag: etag.into(),
        }
    }

    call_options!(options);

    async fn answer(self, etag: Option<&str>) -> Result<B::Output, Error> {
        let call = super::start(&self.client, self.builder, self.options);
        B::read(
            *super::conditional(call, "If-None-Match", etag)
                .send()
                .await?,
        )
    }
}

impl<B: Builder<Output = Conditional<T>>, T: Send + 'static> IntoFuture for Fetch<B> {
    type Output = Result<Response<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.answer(None).await?.into_modified() })
    }
}

/// A read of what has changed; from [`Fetch::if_none_match`].
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct FetchIfNoneMatch<B> {
    request: Fetch<B>,
    etag: String,
}

impl<B: Builder> FetchIfNoneMatch<B> {
    call_options!(request.options);
}

impl<B: Builder> IntoFuture for FetchIfNoneMatch<B> {
    type Output = Result<B::Output, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.request.answer(Some(&self.etag)).await })
    }
}

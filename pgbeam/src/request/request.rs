//! `Request`: a typed request of one operation. Lists with pages have `ListRequest` instead.

use std::{fmt, marker::PhantomData};

use pgbeam_api::{
    BoxFuture, Conditional, Error, RawResponse, Response,
    runtime::{IfMatch, IfNoneMatch, IntoResponse, RequestBuilder},
};

use super::Revalidate;
use crate::{CallOptions, Client};

/// A request of one operation. Created by a method of a handle such as `project.agents().get(…)`, and sent
/// when it is awaited.
///
/// Its result is a [`Response`], or a [`Conditional`] after [`if_none_match`](Self::if_none_match).
///
/// # Errors
///
/// - Kind [`Invalid`](crate::ErrorKind::Invalid) if a parameter, the body or an option is invalid. Nothing is
///   sent.
/// - The errors that the method of the handle documents.
/// - The errors of every call: see [errors](crate#errors).
///
/// ```
/// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
/// # #[cfg(feature = "webhooks")] {
/// use std::time::Duration;
///
/// let webhooks = client.project("prj_xxx")?.webhooks();
/// webhooks.test("whk_xxx").attempt_timeout(Duration::from_secs(5)).await?;
/// # }
/// # Ok(())
/// # }
/// ```
#[must_use = "a request is sent when it is awaited"]
pub struct Request<B, C = ()> {
    client: Client,
    builder: B,
    options: CallOptions,
    condition: PhantomData<fn() -> C>,
}

impl<B: RequestBuilder> Request<B> {
    pub(crate) fn new(client: &Client, builder: B) -> Self {
        Self {
            client: client.clone(),
            builder,
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

impl<B: RequestBuilder, C> Request<B, C> {
    call_options!(options);

    fn send(self) -> impl Future<Output = Result<Box<RawResponse>, Error>> + Send {
        super::builder_call(&self.client, self.builder, self.options).send()
    }
}

impl<B: IfMatch> Request<B> {
    /// Sends `If-Match`: the server applies the change only if the resource has this `ETag`. `etag` must
    /// include the quotes of the entity tag, like the result of [`Response::etag`]. `*` matches any version.
    ///
    /// If the resource has another `ETag`, the call fails with 412 ([`Error::is_precondition_failed`]).
    /// Nothing was changed, unless [`Error::maybe_applied`] returns `true`. Read the resource again, and send
    /// the change with the new `ETag`.
    pub fn if_match(self, etag: impl Into<String>) -> Self {
        self.with(|builder| builder.if_match(etag.into()))
    }
}

impl<B: IfNoneMatch> Request<B> {
    /// Sends `If-None-Match`: the server returns the resource only if its `ETag` differs from `etag`. `etag`
    /// must include the quotes of the entity tag, like the result of [`Response::etag`].
    ///
    /// The request then returns a [`Conditional`]: "not modified" is a value, not an error.
    ///
    /// ```no_run
    /// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
    /// # #[cfg(feature = "policies")] {
    /// use pgbeam::Conditional;
    ///
    /// let policies = client.project("prj_xxx")?.policies();
    /// let profile = policies.get("pol_xxx").await?;
    /// let etag = profile.require_etag()?.to_owned();
    /// match policies.get("pol_xxx").if_none_match(etag).await? {
    ///     Conditional::Modified(profile) => println!("now {}", profile.name),
    ///     Conditional::NotModified(_) => println!("unchanged"),
    /// }
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub fn if_none_match(self, etag: impl Into<String>) -> Request<B, Revalidate> {
        Request {
            client: self.client,
            builder: self.builder.if_none_match(etag.into()),
            options: self.options,
            condition: PhantomData,
        }
    }
}

impl<B: RequestBuilder> IntoFuture for Request<B>
where
    B::Output: IntoResponse,
{
    type Output = Result<Response<<B::Output as IntoResponse>::Value>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        // Outside the future, so that the future does not store the request and stays small.
        let response = self.send();
        Box::pin(async { IntoResponse::into_response(B::parse_response(response.await?)) })
    }
}

impl<B: RequestBuilder<Output = Conditional<T>>, T: Send> IntoFuture for Request<B, Revalidate> {
    type Output = Result<Conditional<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let response = self.send();
        Box::pin(async { B::parse_response(response.await?) })
    }
}

impl<B: Clone, C> Clone for Request<B, C> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            builder: self.builder.clone(),
            options: self.options.clone(),
            condition: PhantomData,
        }
    }
}

impl<B: fmt::Debug, C> fmt::Debug for Request<B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("builder", &self.builder)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

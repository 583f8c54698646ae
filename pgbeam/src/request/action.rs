//! Requests that do something.

use pgbeam_api::{
    BoxFuture, Error,
    runtime::{Builder, IfMatch},
};

use crate::{CallOptions, Client};

/// A request of one operation, from a method of an area's handle such as
/// `project.agents().create(…)`. It is sent when it is awaited, and gives what the operation answers
/// on success.
///
/// ```
/// # async fn run(client: pgbeam::Client) -> Result<(), pgbeam::Error> {
/// # #[cfg(feature = "webhooks")] {
/// use std::time::Duration;
///
/// let webhooks = client.project("prj_xxx")?.webhooks();
/// webhooks.test("whk_xxx").timeout(Duration::from_secs(5)).await?;
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Action<B> {
    client: Client,
    builder: B,
    if_match: Option<String>,
    options: CallOptions,
}

impl<B: Builder> Action<B> {
    pub(crate) fn new(client: &Client, builder: B) -> Self {
        let client = client.clone();
        Self {
            client,
            builder,
            if_match: None,
            options: CallOptions::new(),
        }
    }

    pub(crate) fn with(mut self, set: impl FnOnce(B) -> B) -> Self {
        self.builder = set(self.builder);
        self
    }

    call_options!(options);

    async fn run(self) -> Result<B::Output, Error> {
        let call = super::start(&self.client, self.builder, self.options);
        let call = super::conditional(call, "If-Match", self.if_match.as_deref());
        B::read(*call.send().await?)
    }
}

impl<B: IfMatch> Action<B> {
    /// Makes the change only if the resource is still the one that this `ETag` stands for.
    ///
    /// Otherwise the answer is 412 ([`Error::is_precondition_failed`]) and nothing changes. `*`
    /// stands for whatever exists.
    pub fn if_match(mut self, etag: impl Into<String>) -> Self {
        self.if_match = Some(etag.into());
        self
    }
}

impl<B: Builder> IntoFuture for Action<B> {
    type Output = Result<B::Output, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

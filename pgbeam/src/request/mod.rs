//! The request builders of all areas. Awaiting a request builder sends its request.
//!
//! | type | created by | result when awaited |
//! | --- | --- | --- |
//! | [`Request`] | most methods of a handle, such as `project.agents().get("agt_xxx")` | a [`Response`](crate::Response), or a [`Conditional`](crate::Conditional) after `if_none_match` |
//! | [`ListRequest`] | `list()`, if the list has pages | a [`Page`](crate::Page); `items()` and `pages()` return streams over all pages |
//! | [`Edit`] | `edit(id)` | the edited resource, after a lossless read-modify-write |
//! | [`RawRequest`] | [`Client::call`](crate::Client::call) | an untyped [`RawResponse`](crate::RawResponse) |
//!
//! All four types have the per-call options `attempt_timeout`, `total_timeout`, `retry`, `idempotency_key`
//! and `header`.

mod changes;
mod edit;
pub(crate) mod keyed_mutex;
mod list_request;
mod raw_request;
#[allow(clippy::module_inception, reason = "the file defines `Request`")]
mod request;

pub(crate) use changes::Change;
#[cfg(feature = "policy-files")]
pub(crate) use changes::RawObject;
pub use edit::Edit;
pub use list_request::ListRequest;
pub use raw_request::RawRequest;
pub use request::Request;

use pgbeam_api::{Call, runtime::RequestBuilder};

use crate::{CallOptions, Client};

/// The type parameter `C` of a [`Request`] or [`ListRequest`] with `If-None-Match`. The result of this
/// request is a [`Conditional`](crate::Conditional).
#[derive(Debug, Clone, Copy)]
pub enum Revalidate {}

/// Returns the call that `create` creates on a low-level client with these options. If the options have
/// validation errors, sending the call returns the errors and sends nothing.
fn call_with(
    client: &Client,
    options: CallOptions,
    create: impl FnOnce(pgbeam_api::Client) -> Call,
) -> Call {
    if options.is_empty() {
        return create(client.api().clone());
    }
    let errors = options.errors().to_vec();
    create(client.api_with(options)).with_errors(errors)
}

/// Creates the call of `builder`, a generated request builder of `pgbeam_api`, with these options.
fn builder_call<B: RequestBuilder>(client: &Client, builder: B, options: CallOptions) -> Call {
    call_with(client, options, |api| builder.with_client(api).into_call())
}

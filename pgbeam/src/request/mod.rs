//! Request types, shared by all areas.
//!
//! | type | created by | result when awaited |
//! | --- | --- | --- |
//! | [`Request`] | most methods of a handle, such as `project.agents().get("agt_xxx")` | a [`Response`](crate::Response), or a [`Conditional`](crate::Conditional) after `if_none_match` |
//! | [`ListRequest`] | `list()`, if the list has pages | a [`Page`](crate::Page); `items()` and `pages()` return streams over all pages |
//! | [`Edit`] | `edit(id)` | the edited resource, after a lossless read-modify-write |
//! | [`RawRequest`] | [`Client::call`](crate::Client::call) | an untyped [`RawResponse`](crate::RawResponse) |
//!
//! All have the per-call options `attempt_timeout`, `total_timeout`, `retry`, `idempotency_key` and `header`.

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

/// Marker type of a request with `If-None-Match`, whose result is a [`Conditional`](crate::Conditional).
#[derive(Debug, Clone, Copy)]
pub enum Revalidate {}

/// Creates a call with `create`, on a low-level client with these options. Sending the call returns the
/// validation errors of the options, if any.
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

/// Creates the call of a generated builder, with these options.
fn builder_call<B: RequestBuilder>(client: &Client, builder: B, options: CallOptions) -> Call {
    call_with(client, options, |api| builder.with_client(api).into_call())
}

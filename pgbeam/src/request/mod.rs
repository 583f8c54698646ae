//! The request types, the same for every area.
//!
//! | type | from | awaited, gives |
//! | --- | --- | --- |
//! | [`Request`] | any method of a handle, such as `project.agents().get("agt_xxx")` | a [`Response`](crate::Response), or a [`Conditional`](crate::Conditional) after `if_none_match` |
//! | [`ListRequest`] | `list()` | one [`Page`](crate::Page); `items()` and `pages()` are streams |
//! | [`Edit`] | `edit(id)` | the resource after a lossless read-modify-write |
//! | [`RawRequest`] | [`Client::call`](crate::Client::call) | an untyped [`RawResponse`](crate::RawResponse) |
//!
//! All have the per-call options `timeout`, `total_budget`, `retry`, `idempotency_key` and `header`.

mod changes;
mod edit;
pub(crate) mod keyed_mutex;
mod list_request;
mod raw_request;
#[allow(clippy::module_inception, reason = "it is the file of `Request`")]
mod request;

pub(crate) use changes::Change;
pub use edit::Edit;
pub use list_request::ListRequest;
pub use raw_request::RawRequest;
pub use request::Request;

use pgbeam_api::{Call, runtime::RequestBuilder};

use crate::{CallOptions, Client};

/// Marks a request with `If-None-Match`, which gives a [`Conditional`](crate::Conditional).
#[derive(Debug, Clone, Copy)]
pub enum Revalidate {}

/// Starts a call with these options. What is wrong with them is reported when it is sent.
fn begin(
    client: &Client,
    options: CallOptions,
    start: impl FnOnce(pgbeam_api::Client) -> Call,
) -> Call {
    if options.is_empty() {
        return start(client.api().clone());
    }
    let faults = options.faults().to_vec();
    start(client.api_with(options)).with_errors(faults)
}

/// Starts the call of a generated builder.
fn start<B: RequestBuilder>(client: &Client, builder: B, options: CallOptions) -> Call {
    begin(client, options, |api| builder.with_client(api).into_call())
}

//! The requests: those that policies and query templates have (create, get, update, edit,
//! delete, list), those of all other areas ([`Action`], [`Fetch`], [`Listing`]), and
//! the [`Call`] of any operation by its name.
//!
//! They come from the methods of an area, such as [`Policies`](crate::policies::Policies), and are
//! sent when they are awaited. All have the per-call options `timeout`, `total_budget`, `retry`,
//! `idempotency_key` and `header`.

mod action;
#[cfg(feature = "policies")]
mod create;
#[cfg(feature = "policies")]
mod delete;
#[cfg(feature = "policies")]
mod edit;
mod fetch;
#[cfg(feature = "policies")]
mod get;
#[cfg(feature = "policies")]
mod list;
mod listing;
#[cfg(feature = "policies")]
pub(crate) mod patch;
#[cfg(feature = "policies")]
mod turns;
mod untyped;
#[cfg(feature = "policies")]
mod update;

pub use action::Action;
#[cfg(feature = "policies")]
pub use create::Create;
#[cfg(feature = "policies")]
pub use delete::Delete;
#[cfg(feature = "policies")]
pub use edit::Edit;
pub use fetch::{Fetch, FetchIfNoneMatch};
#[cfg(feature = "policies")]
pub use get::{Get, GetIfNoneMatch};
#[cfg(feature = "policies")]
pub use list::{List, ListIfNoneMatch};
pub use listing::{Listing, ListingIfNoneMatch};
#[cfg(feature = "policies")]
pub(crate) use turns::Turns;
pub use untyped::Call;
#[cfg(feature = "policies")]
pub use update::Update;

#[cfg(feature = "policies")]
use pgbeam_api::Operation;
use pgbeam_api::{Call as ApiCall, Violations, runtime::Builder};

use crate::{CallOptions, Client};
#[cfg(feature = "policies")]
use crate::{Project, resource::Input};

/// Makes a request builder awaitable by its `run` method.
#[cfg(feature = "policies")]
macro_rules! awaitable {
    ($name:ident $(<$r:ident>)? => $output:ty) => {
        impl $(<$r: $crate::resource::Resource>)? ::std::future::IntoFuture for $name $(<$r>)? {
            type Output = ::std::result::Result<$output, $crate::Error>;
            type IntoFuture = ::pgbeam_api::BoxFuture<'static, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                ::std::boxed::Box::pin(self.run())
            }
        }
    };
}
#[cfg(feature = "policies")]
pub(crate) use awaitable;

/// Starts a call with these options. What is wrong with them is reported with the rest.
fn begin(
    client: &Client,
    options: CallOptions,
    start: impl FnOnce(pgbeam_api::Client) -> ApiCall,
) -> ApiCall {
    if options.is_empty() {
        return start(client.api().clone());
    }
    let faults = options.faults().to_vec();
    start(client.api_with(options)).invalid(faults)
}

/// Starts the call of a builder.
fn start<B: Builder>(client: &Client, builder: B, options: CallOptions) -> ApiCall {
    begin(client, options, |api| builder.through(api).into_call())
}

/// Starts a call in a project.
#[cfg(feature = "policies")]
pub(crate) fn call(
    project: &Project,
    operation: &'static Operation,
    options: CallOptions,
) -> ApiCall {
    begin(project.client(), options, |api| {
        api.call(operation).path("project_id", project.id())
    })
}

/// Adds what is to be stored, or what is wrong with it.
#[cfg(feature = "policies")]
fn with_body(call: ApiCall, input: &impl Input) -> ApiCall {
    let faults = input.check();
    if faults.is_empty() {
        call.json(input)
    } else {
        call.invalid(faults)
    }
}

/// Adds a conditional header, within the contract's bounds.
fn conditional(call: ApiCall, header: &str, etag: Option<&str>) -> ApiCall {
    let Some(etag) = etag else { return call };
    let mut violations = Violations::new();
    violations.field(header, |violations| violations.length(etag, 1, Some(1024)));
    call.invalid(violations.errors().iter().cloned())
        .header(header, etag)
}

/// Says which page is wanted, within the contract's bounds. A token is sent as the server gave it.
fn paged(mut call: ApiCall, size: Option<i64>, token: Option<&str>) -> ApiCall {
    if let Some(size) = size {
        let mut violations = Violations::new();
        violations.field("page_size", |violations| {
            violations.range(size, Some(1), Some(100))
        });
        let faults = violations.errors().iter().cloned();
        call = call.invalid(faults).query("page_size", size.to_string());
    }
    match token {
        Some(token) => call.query("page_token", token),
        None => call,
    }
}

//! The requests that all resources have: create, get, update, delete, list and edit.
//!
//! They come from the methods of an area, such as [`Policies`](crate::policies::Policies), and are
//! sent when they are awaited. All have the per-call options `timeout`, `total_budget`, `retry`,
//! `idempotency_key` and `header`.

mod create;
mod delete;
mod edit;
mod get;
mod list;
pub(crate) mod patch;
mod turns;
mod update;

pub use create::Create;
pub use delete::Delete;
pub use edit::Edit;
pub use get::{Get, GetIfNoneMatch};
pub use list::{List, ListIfNoneMatch};
pub(crate) use turns::Turns;
pub use update::Update;

use pgbeam_api::{Call, FieldError, Operation, Violations};

use crate::{CallOptions, Project};

/// Makes a request builder awaitable by its `run` method.
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
pub(crate) use awaitable;

/// Starts a call in a project. What is wrong with the options is reported with the rest.
pub(crate) fn call(project: &Project, operation: &'static Operation, options: CallOptions) -> Call {
    let faults = options.faults.clone();
    let api = project.client().api_with(options);
    api.call(operation).path("project_id", project.id()).invalid(faults)
}

/// Adds a conditional header, within the contract's bounds.
fn conditional(call: Call, header: &str, etag: Option<&str>) -> Call {
    let Some(etag) = etag else { return call };
    let mut violations = Violations::new();
    violations.field(header, |violations| violations.length(etag, 1, Some(1024)));
    call.invalid(violations.errors().iter().cloned()).header(header, etag)
}

/// What is wrong with a number of items a page.
fn check_page_size(size: i64) -> Vec<FieldError> {
    let mut violations = Violations::new();
    violations.field("page_size", |violations| violations.range(size, Some(1), Some(100)));
    violations.errors().to_vec()
}

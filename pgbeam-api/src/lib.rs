//! Low-level client for the PgBeam control-plane API.
//!
//! The modules [`types`], [`builder`], [`ids`] and [`operations`] and the operation methods of [`Client`]
//! are generated from the OpenAPI document in `spec/`. The rest of the crate is written by hand.
//!
//! Most programs should use the `pgbeam` crate, which adds retries, pagination and higher-level
//! builders. Its `Client::api()` returns a client of this crate that uses the same transport, for untyped
//! calls and other low-level access.
//!
//! Every call goes through a [`Transport`]. [`DirectTransport`] sends each request once. The transport of
//! `pgbeam` also retries.
//!
//! ```no_run
//! use pgbeam_api::{Client, DirectTransport, types::PolicyProfileInput};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! // The HTTP client must not follow redirects or retry.
//! let http = reqwest::Client::builder()
//!     .redirect(reqwest::redirect::Policy::none())
//!     .retry(reqwest::retry::never())
//!     .build()?;
//! let client = Client::new("https://api.pgbeam.com", DirectTransport::new(http, "pbk_xxx")?)?;
//! let updated = client
//!     .update_policy_profile()
//!     .project_id("prj_xxx")
//!     .policy_id("pol_xxx")
//!     .body_map(|body| body.name("Read-only analytics").max_rows(500))
//!     .send()
//!     .await?;
//! println!("{} ({:?})", updated.name, updated.request_id());
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - Unset fields are omitted from requests. An empty list is sent as `[]`, which differs from an omitted
//!   field. [`Nullable::Null`] sends `null`, which removes the stored value in a PATCH.
//! - Enumerations are open: an unknown value is kept and sent back unchanged.
//! - Typed requests are checked against the constraints of the API contract before they are sent, and all
//!   validation errors are reported together. Bodies and queries of untyped calls ([`Client::call`]) and
//!   responses are not checked.
//! - Identifiers that are empty, `.` or `..`, or that contain a character other than ASCII letters,
//!   digits, `_`, `.` and `-`, are rejected before a request is sent.
//! - Every failed call returns an [`Error`], for any status and any body.
//!
//! # Features
//!
//! Each area (the operations of one OpenAPI tag) is a feature, and `full` enables all areas. Only the
//! types that an enabled area needs are compiled. The default features are `policies` and `reqwest`.
//!
//! - `reqwest`: implements [`HttpClient`] for `reqwest::Client`. For `https`, enable one of reqwest's TLS
//!   features in your crate.
//! - `tokio`: implements `tokio::io::AsyncRead` for [`ByteStream`].
//! - `tower`: adapters between [`HttpClient`] and `tower::Service`.

#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod error;
#[rustfmt::skip]
mod generated;
mod headers;
mod http;
mod operation;
#[cfg(feature = "policies")]
mod policies;
#[doc(hidden)]
pub mod runtime;
mod validation;
mod values;

pub use self::http::{
    BoxFuture, ByteStream, Call, Conditional, DirectTransport, HttpBody, HttpClient, HttpError,
    HttpErrorKind, HttpRequest, HttpResponse, PreparedRequest, RawResponse, Redactor, Response,
    Transport, bearer, http_fn, maybe_applied,
};
#[cfg(feature = "tower")]
pub use self::http::{HttpService, ServiceClient};
pub use client::Client;
pub use error::{ConversionError, Error, ErrorKind, FieldError};
pub use generated::{builder, ids, operations, types};
pub use headers::{Meta, RateLimit, parse_retry_after};
pub use operation::{Content, Idempotency, Location, Operation, Parameter, ReadBack};
pub use validation::{Validate, ValidationErrors};
pub use values::{IntoTimestamp, InvalidId, Nullable, Secret, UnknownFields, UnknownValue};

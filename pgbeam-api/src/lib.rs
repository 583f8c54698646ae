//! The low-level client for the PgBeam control-plane API.
//!
//! Everything under [`types`], [`builder`] and [`operations`], and the methods of [`Client`], is
//! generated from the OpenAPI contract in `spec/`; the rest is the small runtime that it stands
//! on. Most programs want the `pgbeam` crate instead, which adds retries, pagination and
//! hand-written builders, and hands out this client on the same transport for what it does not
//! wrap.
//!
//! Every call passes through one [`Transport`]. [`Direct`] sends each request once; `pgbeam`
//! brings the one that retries.
//!
//! ```no_run
//! use pgbeam_api::{Client, Direct, types::PolicyProfileInput};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
//! let client = Client::new("https://api.pgbeam.com", Direct::new(http, "pbk_xxx")?)?;
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
//! # What the types promise
//!
//! - A field that is not set is not sent, and an empty list is: absent and `[]` differ. What a
//!   PATCH can take away is sent as null by [`Nullable::Null`].
//! - Enumerations are open: a value this version does not know is kept and sent back unchanged.
//! - Bounds are checked on what is sent, all at once and before anything leaves the process, and
//!   never on what is received.
//! - An identifier that is empty, `.`, `..` or holds a slash is refused before anything is sent.
//! - Every failure, whatever the status and whatever the body, is one [`Error`].

//!
//! # Features
//!
//! One for each area of the contract, and `full` for all of them; `policies` is on by default. What an
//! area reaches is built with it and nothing else, so that who uses one area does not build the
//! others.

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
    BoxFuture, ByteStream, Call, Conditional, Direct, HttpBody, HttpClient, HttpError,
    HttpErrorKind, HttpRequest, HttpResponse, PreparedRequest, RawResponse, Redactor, Response,
    Transport, bearer, http_fn, may_have_acted,
};
#[cfg(feature = "tower")]
pub use self::http::{HttpService, ServiceClient};
pub use client::Client;
pub use error::{ConversionError, Error, ErrorKind, FieldError};
pub use generated::{builder, ids, operations, types};
pub use headers::{Meta, RateLimit, retry_after};
pub use operation::{Content, Idempotency, Location, Operation, Parameter, ReadBack};
pub use validation::{Validate, Violations};
pub use values::{IntoTimestamp, InvalidId, Nullable, Secret, UnknownFields, UnknownValue};

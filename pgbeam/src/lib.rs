//! The SDK for the PgBeam control plane: policies that say what agents may do to a database.
//!
//! ```
//! # #[cfg(feature = "policies")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use pgbeam::{Client, policies::{Mask, PolicyProfileInput}};
//!
//! // A control plane in memory; `Client::from_env()?` is the way to the real one.
//! let emulator = pgbeam_emulator::Emulator::start().await?;
//! let client = Client::builder().base_url(emulator.base_url()).api_key("pbk_test").build()?;
//! let policies = client.project("prj_xxx")?.policies();
//!
//! let input = PolicyProfileInput::new("Support")
//!     .table_allowlist(["public.orders", "public.users"])
//!     .mask(Mask::redact("public.users", "email"));
//! let profile = policies.create(input).await?;
//!
//! let edited = policies.edit(profile.id()).max_rows(500).await?;
//! assert_eq!((edited.max_rows(), edited.masking_rules().len()), (500, 1));
//!
//! let verdict = policies.dry_eval(profile.id(), "DELETE FROM orders").await?;
//! assert!(verdict.is_blocked());
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "policies"))]
//! # fn main() {}
//! ```
//!
//! # The client
//!
//! A [`Client`] is where everything begins. Make one, keep it, clone it freely.
//!
//! ```no_run
//! # fn run() -> Result<(), pgbeam::Error> {
//! // PGBEAM_API_KEY (or PGBEAM_TOKEN, or PGBEAM_API_TOKEN), and PGBEAM_API_URL if it is set
//! let client = pgbeam::Client::from_env()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::builder`] configures what the environment does not say: an API key from a vault,
//! timeouts, retries, headers, an HTTP client of your own. It checks everything and sends nothing.
//!
//! Most resources belong to a project, and [`Client::project`] gives the handle that their calls
//! start from. Wherever an identifier is taken, one that is empty, `.` or `..`, or holds a slash is
//! refused before anything is sent, since it would name another resource.
//!
//! # Calls and answers
//!
//! A call is a builder that is awaited. An answer is a [`Response`]: it dereferences to the value
//! that was asked for, and its [`meta`](Response::meta) holds the request's id, the entity tag, the
//! rate limit and what the API says of deprecation.
//!
//! A read with `if_none_match` gives a [`Conditional`]: "not modified" is a value, not an error. A
//! list is awaited for one page, or goes on over all pages as a stream of
//! items or of pages, each asked for when it is reached.
//!
//! Every call has the same options, as methods of its builder: `timeout`, `total_budget`, `retry`,
//! `idempotency_key` and `header`.
//!
//! # Values
//!
//! Types have the names and fields of the contract. A request type has a setter for each field, `new` for
//! its required fields (up to three) and `builder` without any. A setter takes what is at hand:
//!
//! - an integer of any type. A literal that does not fit into an `i32` needs its type: `5_000_000_000_i64`;
//! - an array, a `Vec` or any other iterator for a list;
//! - a [`Duration`](std::time::Duration) where the contract has a number of seconds or milliseconds;
//! - a [`SystemTime`](std::time::SystemTime), a `chrono` date and time of any zone, or RFC 3339 text for a
//!   timestamp;
//! - `"read_write"` or `AccessMode::ReadWrite` for an enumeration.
//!
//! A value that does not fit is an error of its field when the request is sent, and nothing is sent.
//!
//! What a response holds can be written and read by any `serde` format, with the fields that this version
//! does not know (`unknown_fields`). It has a `Default` for unit tests. A resource becomes the input of a
//! replacement by `From`, and nothing is lost:
//!
//! ```
//! # #[cfg(feature = "policies")] {
//! use pgbeam::policies::{PolicyProfile, PolicyProfileInput};
//!
//! let mut profile = PolicyProfile::default();
//! profile.name = "Support".into();
//! profile.unknown_fields.insert("new_guard", 7);
//!
//! let input = PolicyProfileInput::from(&profile).max_rows(500_u64).access_mode("read_write");
//! let json = serde_json::to_value(&input).unwrap();
//! assert_eq!((&json["max_rows"], &json["new_guard"]), (&500.into(), &7.into()));
//! # }
//! ```
//!
//! # Errors
//!
//! There is one [`Error`]. Ask it what happened ([`is_not_found`](Error::is_not_found),
//! [`is_conflict`](Error::is_conflict), [`is_plan_limit`](Error::is_plan_limit), …): each question
//! says what to do about it. [`status`](Error::status), [`code`](Error::code) and
//! [`field_errors`](Error::field_errors) have the details, [`request_id`](Error::request_id) is what
//! support needs, and `Display` is one line. The cause of a network error is its
//! [`source`](std::error::Error::source) and not part of that line: log the chain to see it. No error,
//! log line or `Debug` shows the API key, not even when a server echoes it in an error.
//!
//! ```no_run
//! # fn run(result: Result<(), pgbeam::Error>) {
//! match result {
//!     Err(error) if error.is_not_found() => println!("there is none"),
//!     Err(error) if error.maybe_applied() => println!("read it before writing again: {error}"),
//!     Err(error) => println!("{error}"),
//!     Ok(_) => println!("done"),
//! }
//! # }
//! ```
//!
//! # Retries
//!
//! A failed attempt is retried if that cannot apply a write twice, up to five times unless a
//! [`RetryPolicy`] says otherwise:
//!
//! | what happened | protected request | unprotected request |
//! | --- | --- | --- |
//! | 408, 429, or no connection | retried | retried |
//! | 503 with `Retry-After` | retried | retried |
//! | 502, 504, 503 without `Retry-After` | retried | final |
//! | no response in time, or the connection broke | retried | final |
//! | any other status, 500 and redirects included | final | final |
//!
//! A request is protected by the class of its operation
//! ([`Operation::idempotency`](api::Operation::idempotency)):
//!
//! | class | operations | protected |
//! | --- | --- | --- |
//! | `ReadOnly` | GET, and a POST that only computes a result | yes |
//! | `Idempotent` | PUT, DELETE | yes |
//! | `IdempotentPatch` | PATCH that leaves the same state when repeated | yes |
//! | `Keyed` | POST or PATCH that declares `Idempotency-Key` in the API contract | with a key |
//! | `NonIdempotent` | every other POST or PATCH | no |
//! | `KeyRejected` | `scanText`, which rejects a key with 400 | no |
//!
//! Every POST and PATCH except `scanText` is sent with an `Idempotency-Key`, the same on all attempts
//! of a call. Only a `Keyed` operation promises to act once for a key: it replays the first success or
//! 4xx. After a lost response of an unprotected request, read the resource before you repeat the call.
//!
//! The wait before a retry is the server's `Retry-After`, or else doubles from half a second to 30
//! seconds, with jitter.
//!
//! All calls of a client and its clones share a budget of retries, so that they do not multiply an
//! outage: failed calls use it up and responses fill it again ([`RetryThrottle`]). A `Retry-After` of a
//! 429 also holds back the other calls that are under way, each for a further random time, so that
//! they do not all return at once.
//!
//! A call has two limits: the timeout of each attempt (30 seconds) and the total budget with all waits
//! (120 seconds). If the next wait would exceed the budget, the call fails at once with the error it
//! has. Within an attempt, connecting may take 10 seconds ([`ClientBuilder::connect_timeout`]): without
//! a connection nothing was sent, so every request is retried.
//!
//! [`Error::maybe_applied`] is `true` if a failed write may have taken effect: an attempt ended without
//! a response, or with a 5xx that leaves it open (all but 501 and 503 with `Retry-After`), and no later
//! response resolved it. Two retried writes count as success if they find their own effect:
//!
//! - a DELETE that gets a 404 with a problem document (`application/problem+json`). The 404 of a
//!   gateway is an error with `maybe_applied`;
//! - a PUT with `If-Match` that gets 412, if the resource then reads as it was sent and has the
//!   identifiers of the path. Otherwise the error is the 412 with `maybe_applied`.
//!
//! # The low-level client
//!
//! [`Client::api`] hands out the generated client of the whole API, the crate [`api`], on the same
//! transport: the same key, retries, limits and errors. [`Client::api_with`] gives it options of
//! its own. [`Client::call`] calls any operation by its name, without types.
//!
//! # What is sent where, and what is read
//!
//! The API key is sent over `https`, or over `http` to this machine, and nowhere else unless
//! [`ClientBuilder::allow_http`] says so. No redirect is followed. At most 32 MiB of an answer are
//! read into memory ([`ClientBuilder::max_response_bytes`]); exports that come as a [`ByteStream`]
//! have no such limit.
//!
//! # Logs and traces
//!
//! Through [`tracing`](https://docs.rs/tracing): a span of level `debug` for every call (its
//! operation, `http.request.method`, `url.template`, `server.address`), an event of level `debug`
//! for every attempt (`http.response.status_code`, `http.request.resend_count`, `error.type`), and
//! one warning for each deprecated operation that a client calls. For metrics,
//! [`ClientBuilder::on_attempt`] is told of every attempt and of what follows it.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! | --- | --- | --- |
//! | `policies` | on | the area of agent policies: profiles, query templates, evaluation, replay |
//! | `account`, `agents`, `analytics`, `anomalies`, `approvals`, `batch`, `branches`, `databases`, `demo`, `honeytokens`, `migrations`, `payments`, `platform`, `projects`, `schema_annotations`, `support`, `webhooks` | off | the area of that name, as a module and as handles |
//! | `full` | off | every area |
//! | `rustls` | on | `reqwest` with TLS by rustls and the certificates of the platform |
//! | `native-tls` | off | `reqwest` with TLS by the platform's own library |
//! | `reqwest` | through `rustls` | the built-in HTTP client, and [`http::HttpClient`] for `reqwest::Client` |
//! | `http2` | off | `reqwest` with HTTP/2 where the server offers it |
//! | `gzip` | off | `reqwest` with responses compressed with gzip |
//! | `tower` | off | adapters between [`http::HttpClient`] and `tower::Service` |

#![deny(missing_docs)]
// What no enabled area uses is dead in that build alone; what is dead in all of them shows in the
// build with every area.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports, unused_macros))]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    docsrs,
    doc(auto_cfg(hide(feature = "_organization", feature = "_project")))
)]

#[macro_use]
mod options;

mod builder;
mod client;
#[rustfmt::skip]
#[allow(clippy::all, unused_imports, reason = "it is written for a machine to write again")]
mod generated;
pub mod http;
mod observe;
#[cfg(feature = "_organization")]
mod organization;
mod page;
#[cfg(feature = "_project")]
mod project;
pub mod request;
mod retry;
mod throttle;
mod transport;
mod variables;

#[cfg(feature = "policies")]
pub mod policies;

pub use builder::ClientBuilder;
pub use client::Client;
pub use generated::*;
pub use observe::Attempt;
pub use options::CallOptions;
#[cfg(feature = "_organization")]
pub use organization::Organization;
pub use page::{Items, Page, Pages};
/// The low-level client: everything that [`Client::api`] gives and takes.
#[doc(no_inline)]
pub use pgbeam_api as api;
#[cfg(feature = "_organization")]
pub use pgbeam_api::ids::OrgId;
#[cfg(feature = "_project")]
pub use pgbeam_api::ids::ProjectId;
pub use pgbeam_api::{
    ByteStream, Conditional, Error, ErrorKind, FieldError, InvalidId, Meta, Nullable, RateLimit,
    RawResponse, Response, Secret, types::ErrorCode,
};
#[cfg(feature = "_project")]
pub use project::Project;
pub use retry::RetryPolicy;
pub use throttle::RetryThrottle;
pub use transport::CredentialRequest;

/// JSON of any kind, for fields that this version of the crate has no method for.
pub use serde_json::Value as JsonValue;

/// A point in time, as the API states them.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

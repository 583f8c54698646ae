//! Rust SDK for the PgBeam control plane.
//!
//! PgBeam is a Postgres proxy that enforces policies on AI agents: which tables and statements an agent
//! may use, which columns are masked, how many rows a query may return. This crate manages those policies
//! and the other resources of the PgBeam API.
//!
//! ```
//! # #[cfg(feature = "policies")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use pgbeam::{Client, policies::{Mask, PolicyProfileInput}};
//!
//! // An in-memory control plane. Use `Client::from_env()?` for the real API.
//! let emulator = pgbeam_emulator::Emulator::start().await?;
//! let client = Client::builder().base_url(emulator.base_url()).api_key("pbk_test").build()?;
//! let policies = client.project("prj_xxx")?.policies();
//!
//! let input = PolicyProfileInput::new("Support")
//!     .table_allowlist(["public.orders", "public.users"])
//!     .mask(Mask::redact("public.users", "email"));
//! let profile = policies.create(input).await?;
//!
//! // Changes one field and keeps all others.
//! let edited = policies.edit(profile.id()).max_rows(500).await?;
//! assert_eq!((edited.max_rows(), edited.masking_rules().len()), (500, 1));
//!
//! // Evaluates a statement against the policy without executing it.
//! let verdict = policies.dry_eval(profile.id(), "DELETE FROM orders").await?;
//! assert!(verdict.is_blocked());
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "policies"))]
//! # fn main() {}
//! ```
//!
//! # Client
//!
//! Create one [`Client`] and clone it: clones share connections and the retry budget.
//!
//! ```no_run
//! # fn run() -> Result<(), pgbeam::Error> {
//! // Reads the API key from PGBEAM_API_KEY, PGBEAM_TOKEN or PGBEAM_API_TOKEN,
//! // and the base URL from PGBEAM_API_URL.
//! let client = pgbeam::Client::from_env()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::builder`] sets all other options, for example an API key from a vault, timeouts, retries,
//! headers or another HTTP client. [`ClientBuilder::build`] validates the configuration and sends nothing.
//!
//! Most resources belong to a project. [`Client::project`] returns a [`Project`], the handle of one project.
//! The methods of a project return the handles of its resources, for example `project.policies()`. The handle
//! of a resource has the operations as methods, for example `get` and `create`.
//!
//! An identifier must contain only ASCII letters, digits, `_`, `.` and `-`, and must not be empty, `.` or
//! `..`, so that it cannot address another resource. The client rejects other identifiers with kind
//! [`Invalid`](ErrorKind::Invalid) and sends nothing. The client also rejects a path parameter that is not an
//! identifier if the parameter is empty, `.` or `..`, or contains a slash, a backslash or a control
//! character. Percent-encoded values are decoded before this check, so `%2e%2e` is rejected, too.
//!
//! # Requests and responses
//!
//! Each operation returns a request builder. Awaiting the builder sends the request. Every request builder
//! has the same per-call options: `attempt_timeout`, `total_timeout`, `retry`, `idempotency_key` and
//! `header`.
//!
//! - A [`Response`] dereferences to the returned value. Its [`meta`](Response::meta) holds the request
//!   id, the `ETag`, the rate limit and the deprecation headers.
//! - A read with `if_none_match` returns a [`Conditional`]: "not modified" is a value, not an error.
//! - A list request returns one [`Page`] when it is awaited. `items()` returns a stream of the items on all
//!   pages, `pages()` a stream of the pages. By default, both streams request a page only when the caller
//!   reaches the page. See [long lists](#long-lists).
//! - An [`edit`](request::Edit) reads a resource, changes some fields and writes it back with `If-Match`, so
//!   that concurrent changes and unknown fields are kept.
//!
//! # Long lists
//!
//! The streams [`Items`] and [`Pages`] need the same memory for a list of any length. `prefetch()` requests
//! the next page while the caller processes the current page. If requesting a page takes as long as
//! processing a page, `prefetch()` about halves the total time. `resume_token()` returns a page token. A new
//! list request with this token continues the list, for example after an error or a restart of the process.
//!
//! ```
//! # #[cfg(feature = "policies")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = pgbeam_emulator::Emulator::start().await?;
//! # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
//! # let policies = client.project("prj_xxx")?.policies();
//! # policies.create(pgbeam::policies::PolicyProfileInput::new("a")).await?;
//! let mut profiles = policies.list().page_size(100).items().prefetch();
//! while let Some(profile) = profiles.try_next().await? {
//!     println!("{}", profile.name());
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "policies"))]
//! # fn main() {}
//! ```
//!
//! # Field values
//!
//! Types and fields have the names of the API contract. The types of request bodies, such as
//! `PolicyProfileInput`, have one setter for each field and a constructor `builder` without arguments. A type
//! with at most three required fields also has a constructor `new`, which takes these fields. A setter
//! accepts common Rust types:
//!
//! - any integer type for an integer. A literal above `i32::MAX` needs a suffix: `5_000_000_000_i64`;
//! - an array, a `Vec` or any other iterator for a list;
//! - a [`Duration`](std::time::Duration) for a number of seconds or milliseconds;
//! - a [`SystemTime`](std::time::SystemTime), a `chrono::DateTime` of any time zone or an RFC 3339 string for
//!   a timestamp;
//! - `"read_write"` or `AccessMode::ReadWrite` for an enumeration.
//!
//! A setter does not fail. If a value is invalid or a required field is missing, awaiting the request fails
//! with an error that names the field, and nothing is sent.
//!
//! The types of response bodies implement `Serialize`, `Deserialize` and `Default` (for unit tests). Their
//! field `unknown_fields` keeps the fields that this version of the crate does not know. `From` converts a
//! resource into the input of an update and keeps all fields that the client can set, including unknown
//! fields. Only write-only fields, such as the secret of a webhook endpoint, are missing from the resource
//! and must be set again:
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
//! All calls return the same type [`Error`]. Its `is_*` methods classify an error
//! ([`is_not_found`](Error::is_not_found), [`is_conflict`](Error::is_conflict),
//! [`is_plan_limit`](Error::is_plan_limit), …), and the documentation of each method says what to do.
//! [`status`](Error::status), [`code`](Error::code) and [`field_errors`](Error::field_errors) return the
//! details. Include [`request_id`](Error::request_id) when you contact support.
//!
//! `Display` prints one line. The cause of a network error is not part of this line: get the cause with
//! [`source`](std::error::Error::source). If a server returns the API key of the request, the output of
//! errors and the logs show `[redacted]` instead ([`Redactor`](api::Redactor) lists the encodings that it
//! finds).
//!
//! ```no_run
//! # fn run(result: Result<(), pgbeam::Error>) {
//! match result {
//!     Ok(_) => println!("done"),
//!     Err(error) if error.is_not_found() => println!("not found"),
//!     Err(error) if error.maybe_applied() => println!("read before writing again: {error}"),
//!     Err(error) => println!("{error}"),
//! }
//! # }
//! ```
//!
//! # Retries
//!
//! A failed attempt is retried only if a retry may succeed and cannot apply a write twice, up to five times
//! by default ([`RetryPolicy`]):
//!
//! | outcome of the attempt | retry-safe request | other request |
//! | --- | --- | --- |
//! | 408, 429, or no connection | retried | retried |
//! | 503 with `Retry-After` | retried | retried |
//! | 502, 504, 503 without `Retry-After` | retried | not retried |
//! | no response in time, or the connection broke | retried | not retried |
//! | any other status, including 500 and redirects | not retried | not retried |
//!
//! After the first 401 of a call, the client calls the
//! [`credential_provider`](ClientBuilder::credential_provider) again, if there is one. If the provider
//! returns another key, the client makes one more attempt with that key.
//!
//! Whether a request is retry-safe follows from the class of its operation
//! ([`Operation::idempotency`](api::Operation::idempotency)):
//!
//! | class | operations | retry-safe |
//! | --- | --- | --- |
//! | `ReadOnly` | GET, and a POST that only computes a result | yes |
//! | `Idempotent` | PUT, DELETE | yes |
//! | `IdempotentPatch` | PATCH that leaves the same state when it is retried | yes |
//! | `Keyed` | POST or PATCH that declares `Idempotency-Key` in the API contract | only with a key |
//! | `NonIdempotent` | every other POST or PATCH | no |
//! | `KeyRejected` | `scanText`, which rejects a key with 400 | no |
//!
//! By default, the client sends every POST and PATCH except `scanText` with a generated `Idempotency-Key`.
//! All attempts of a call have the same key. The client generates no key if retries or [generated
//! keys](ClientBuilder::idempotency_keys) are disabled. For a `Keyed` operation, the API promises to act only
//! once for a key: for 24 hours, the API replays the first 2xx or 4xx response. Responses with 408 or 429 are
//! not replayed. The API does not promise this for operations of other classes. If the response of a
//! `NonIdempotent` operation is lost, read the resource before you call again.
//!
//! The wait before a retry is the `Retry-After` of the response. Without that header, the wait starts at half
//! a second and doubles up to 30 seconds, with random jitter.
//!
//! All calls of a client and its clones share a retry budget, so that retries do not multiply the load of an
//! outage. The budget is a number of retries. Each retry takes one from the budget, except a retry after a
//! 429 with a `Retry-After` of at least one second. Responses other than 408, 429 and 5xx refill the budget
//! ([`RetryThrottle`]).
//!
//! All calls of a client and its clones also share a rate-limit gate. After a 429 with a `Retry-After` of at
//! least one second, the other calls in progress also delay their retries until this time has passed, plus a
//! random time. New calls do not wait.
//!
//! [`Error::maybe_applied`] returns `true` if a failed write may have been applied. There are two cases:
//!
//! - An attempt was ambiguous, and no later response showed its outcome. An attempt is ambiguous if it ended
//!   with a 5xx, or if the request may have been sent and no complete response arrived. (An error response
//!   is treated as complete even if its body is incomplete.) An attempt is not ambiguous if no connection was
//!   established, or if the attempt ended with a 501 or with a 503 with `Retry-After`.
//! - The response was a success, but it could not be decoded (kind [`Decode`](ErrorKind::Decode)).
//!
//! After an ambiguous attempt, the response to a retry may be an error because the write was already applied.
//! The client recognizes two cases:
//!
//! - A DELETE gets 404. If the body is a problem document (`application/problem+json`), the call succeeds.
//!   Another 404, for example from a gateway, is an error with `maybe_applied`.
//! - A PUT with `If-Match` gets 412. The client then reads the resource. If the resource has the identifiers
//!   of the path and the content that was sent, the call succeeds. If not, the call fails with the 412 and
//!   `maybe_applied`.
//!
//! # Timeouts
//!
//! | setting | default | covers |
//! | --- | --- | --- |
//! | [`connect_timeout`](ClientBuilder::connect_timeout) | 10 s | connecting. Without a connection nothing was sent, so every request is retried |
//! | [`attempt_timeout`](ClientBuilder::attempt_timeout) | 30 s | one attempt, including connecting and reading the response |
//! | [`total_timeout`](ClientBuilder::total_timeout) | 120 s | a call with all attempts and waits. If the next wait would exceed the timeout, the call fails at once |
//!
//! # Low-level client
//!
//! [`Client::api`] returns the client of the crate [`api`], which has one generated method for each operation
//! of the enabled areas. The low-level client uses the same transport, with the same API key, retries,
//! timeouts and errors. [`Client::api_with`] returns a low-level client with other options. [`Client::call`]
//! calls an operation of the enabled areas by its `operationId`, without types.
//!
//! # Security
//!
//! The client sends the API key over `https`. It sends the key over `http` only to loopback hosts such as
//! `localhost`, unless [`ClientBuilder::allow_http`] is set. The built-in HTTP client does not follow
//! redirects. By default, at most 32 MiB of a response are read into memory
//! ([`ClientBuilder::max_response_bytes`]). A [`ByteStream`] has no size limit.
//!
//! # Logging and metrics
//!
//! The client emits spans and events through [`tracing`](https://docs.rs/tracing), with the field names of
//! OpenTelemetry:
//!
//! - a `debug` span for each call, or for each request of an edit (`operation`, `http.request.method`,
//!   `url.template`, `server.address`);
//! - a `debug` event for each attempt (`http.response.status_code`, `http.request.resend_count`,
//!   `error.type`);
//! - one warning for each deprecated operation that the client calls.
//!
//! [`ClientBuilder::on_attempt`] sets a callback that runs after every attempt, for metrics.
//!
//! # Features
//!
//! The operations of one OpenAPI tag form an area, which has a feature and a module.
//!
//! | feature | default | enables |
//! | --- | --- | --- |
//! | `policies` | yes | policy profiles, query templates, evaluation, replay and recommendation |
//! | `account`, `agents`, `analytics`, `anomalies`, `approvals`, `batch`, `branches`, `databases`, `demo`, `honeytokens`, `migrations`, `payments`, `platform`, `projects`, `schema_annotations`, `support`, `webhooks` | no | the area of that name |
//! | `full` | no | all areas |
//! | `policy-files` | no | policies as code: policy files, diff, lint, plan, apply, tests; enables `agents`, `policies` and `projects` |
//! | `engine` | no | `policy-files`, and the evaluation of statements without the API; needs Rust 1.94 |
//! | `rustls` | yes | `reqwest` with TLS by rustls and the platform's certificate store |
//! | `native-tls` | no | `reqwest` with the platform's TLS library |
//! | `reqwest` | yes | the built-in HTTP client, and [`http::HttpClient`] for `reqwest::Client`; enabled by `rustls`, `native-tls`, `http2` and `gzip` |
//! | `http2` | no | HTTP/2 in `reqwest`, if the server supports it |
//! | `gzip` | no | gzip-compressed responses in `reqwest` |
//! | `tower` | no | adapters between [`http::HttpClient`] and `tower::Service` |

#![deny(missing_docs)]
// Code for disabled areas is unused in this build. Only a build with all areas can find code that is always
// unused.
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
#[allow(clippy::all, unused_imports, reason = "generated code")]
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
/// The generated low-level client, which [`Client::api`] returns.
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

/// A JSON value, for fields that have no setter in this version of the crate.
pub use serde_json::Value as JsonValue;

/// A point in time in UTC, the type of all timestamps in responses.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

//! Calls every operation of the API contract on a stub server.
//!
//! `typed`, `raw` and `retries` check the requests against the contract. The server sends responses that the
//! contract declares, except in tests of other statuses.
//!
//! - `calls`: the calls of all operations
//! - `typed`: requests and success responses of the typed methods, with conditional reads
//! - `raw`: requests and success responses of calls by operation id
//! - `errors`: every error status with several kinds of bodies
//! - `retries`: retries after 429 and 503
//! - `secrets`: secrets in `Debug` output
//! - `bodies`: null, absent and invalid values in request bodies
//! - `request_check`: tests of the helper that checks requests against the contract

mod bodies;
mod calls;
mod errors;
mod raw;
mod request_check;
mod retries;
mod secrets;
mod support;
mod typed;

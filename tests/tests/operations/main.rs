//! Calls every operation of the API contract on a stub server.
//!
//! The suite checks each request against the contract; the server sends the responses that the contract
//! declares.
//!
//! - `calls`: the calls of all operations
//! - `typed`: requests and success responses of the typed methods, with conditional reads
//! - `raw`: the same for calls by operation id
//! - `errors`: every error status with several kinds of bodies
//! - `retries`: retries after 429 and 503
//! - `secrets`: secrets in `Debug` output
//! - `bodies`: request bodies in which null, absent and invalid values differ
//! - `request_check`: tests of the request check itself

mod bodies;
mod calls;
mod errors;
mod raw;
mod request_check;
mod retries;
mod secrets;
mod support;
mod typed;

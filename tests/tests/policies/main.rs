//! End-to-end tests of the policies area: the typed methods of `pgbeam` with the emulator, with a mock server
//! for exact responses, with a raw TCP server for exact bytes, and with an in-memory HTTP client for exact
//! times.
//!
//! - `profiles`: create, get, update and delete, also with `If-Match` and `If-None-Match`
//! - `list`: pagination
//! - `lookup`: the search by name, and the evaluation of many statements
//! - `wire`: exact requests
//! - `edit`, `conflicts`, `verbatim`: the lossless partial update
//! - `values`: serialization of profiles, and setters
//! - `evaluation`: statement kinds, dry evaluation, replay, recommendation
//! - `validation`: validation errors before sending
//! - `errors`: error responses
//! - `retries`: idempotency keys, and writes whose response was lost
//! - `forward_compatibility`: responses of a newer API

mod conflicts;
mod edit;
mod errors;
mod evaluation;
mod forward_compatibility;
mod list;
mod lookup;
mod profiles;
mod retries;
mod support;
mod validation;
mod values;
mod verbatim;
mod wire;

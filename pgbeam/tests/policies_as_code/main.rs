//! Tests of plan, apply, ensure, drift, export and rollback, with the emulator.
//!
//! - `requests`: the number of requests of each operation, for 200 policies
//! - `plans`: the contents of plans, drifts, exports and rollbacks
//! - `failures`: failed steps, stale plans, lost and replayed responses
//! - `concurrency`: several applies at the same time
//! - `properties`: random profiles, unknown fields, and edits during an apply
//! - `support`: shared helpers

mod concurrency;
mod failures;
mod plans;
mod properties;
mod requests;
mod support;

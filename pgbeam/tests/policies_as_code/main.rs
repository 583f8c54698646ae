//! Plans and their application, with the emulator.
//!
//! - `requests`: the number of requests of each kind, for 200 policies
//! - `plans`: what a plan says
//! - `failures`: failed steps, stale plans, lost responses
//! - `concurrency`: concurrent runs and editors
//! - `properties`: random profiles and editors

mod concurrency;
mod failures;
mod plans;
mod properties;
mod requests;
mod support;

//! Reads, bundles, lints and compares API contracts (OpenAPI 3.0 documents).
//!
//! ```text
//! read → bundle → lint → model
//! model × model → compare → changes → verdict → report
//! ```
//!
//! Each step is a module of its name. [`read`] gives trees whose nodes know their file and line.
//! [`bundle`] merges the fragments of a contract. [`lint`] returns every error of a contract with
//! its place. [`compare`] compares two [API models](model), [`verdict`] states the impact of
//! each change, and [`report`] renders the result.

pub mod bundle;
pub mod changes;
pub mod compare;
pub mod drift;
pub mod error;
pub mod impact;
pub mod isolate;
pub mod lint;
pub mod model;
pub mod read;
pub mod report;
pub mod rust_names;
pub mod text;
pub mod verdict;

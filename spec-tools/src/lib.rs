//! Reads, bundles, lints and compares API contracts (OpenAPI 3.0 documents).
//!
//! ```text
//! read → bundle → lint → model
//! model × model → compare → changes → verdict → report
//! ```
//!
//! Each step is a module. [`read`] parses files into trees whose nodes have source locations. [`bundle`]
//! merges the files of a contract. [`lint`] returns every error of a contract with its location. [`compare`]
//! compares two [API models](model), [`verdict`] classifies each change by the callers that it breaks, and
//! [`report`] renders the result.

pub mod bundle;
pub mod changes;
pub mod compare;
pub mod drift;
pub mod error;
pub mod escape;
pub mod impact;
pub mod lint;
pub mod model;
pub mod panics;
pub mod read;
pub mod report;
pub mod rust_names;
pub mod verdict;

//! Reads, merges, lints and compares API contracts (OpenAPI 3.0 documents).
//!
//! ```text
//! files ─read→ trees ─bundle→ one document ─lint→ valid document
//! old and new document ─model→ API models ─compare→ changes ─verdict→ report
//! ```
//!
//! - [`read`] parses files into trees whose nodes have source locations.
//! - [`bundle`] merges the files of a contract into one document.
//! - [`lint`] checks a document and returns its errors with their locations.
//! - [`model`] converts a document to an API model, which has no descriptions and no references.
//! - [`compare`] compares the API models of two documents and returns the [`changes`].
//! - [`verdict`] decides whether a change breaks users of this SDK and other API clients.
//! - [`report`] renders the changes, and [`drift`] compares `spec/` with the published contract.

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

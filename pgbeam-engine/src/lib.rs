//! Evaluates SQL statements under [PgBeam] policies, offline.
//!
//! [PgBeam]: https://pgbeam.com
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod engine;
mod evaluation;
mod facts;
mod filters;
mod functions;
mod kind;
mod masks;
mod migration;
mod normalize;
mod notes;
mod parse;
mod policy;
mod predicate;
mod relation;
pub mod rule;
mod settings;
mod verdict;

pub use engine::{Engine, KindVerdict, describe};
pub use evaluation::{Evaluation, MaskedColumn, Statement, Verdict};
pub use kind::StatementKind;
pub use migration::{Finding, Severity, lint_migration};
pub use normalize::{normalize_sql, query_hash};
pub use policy::{AccessMode, MaskKind, Policy, PolicyError};
pub use relation::RelationName;

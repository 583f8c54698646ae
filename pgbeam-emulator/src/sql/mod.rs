//! Evaluates SQL against a policy.
//!
//! `parse` parses the SQL, `analysis` finds kinds and tables, `columns` finds masked columns, `verdict`
//! evaluates the rules, and `rewrite` adds row filters. If the statement does not show whether a restriction of the
//! policy applies, the statement is blocked. Other unknown effects become notes.

pub(crate) mod analysis;
pub(crate) mod columns;
pub(crate) mod functions;
pub(crate) mod kind;
pub(crate) mod kind_rules;
pub(crate) mod names;
pub(crate) mod normalize;
pub(crate) mod parse;
pub(crate) mod profile;
pub(crate) mod reserved;
pub(crate) mod rewrite;
pub(crate) mod scope;
pub(crate) mod template;
pub(crate) mod verdict;

//! Evaluates SQL against a policy.
//!
//! `parse` parses the SQL, `analysis` finds kinds and tables, `columns` finds masked columns, `verdict`
//! decides, and `rewrite` adds row filters. If something is unknown, the statement is blocked if the policy
//! restricts it; otherwise the verdict has a note.

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

//! Proves whether a policy profile allows more than another one, and checks guardrails.
//!
//! [`compare`] evaluates a set of probe statements under two profiles, with the offline engine
//! ([`pgbeam_engine`]), and returns which profile is looser, with statements that show it.
//! [`check_no_new_access`] and [`check_not_granted`] are guardrails for the profiles of an organization: they pass
//! or fail with reasons.
//!
//! ```
//! use pgbeam::policies::{PolicyProfileInput, access::{Relation, compare}};
//!
//! let a = PolicyProfileInput::new("Support");
//! let b = PolicyProfileInput::new("Support").table_denylist(["secrets"]);
//! let comparison = compare(&a, &b);
//!
//! // `a` is looser than `b`.
//! assert_eq!(comparison.relation(), Relation::Looser);
//! let witness = comparison.witness().expect("a statement");
//! assert_eq!(witness.sql(), "SELECT id FROM secrets");
//! assert!(!witness.a().is_block());
//! assert_eq!(witness.b().rule, "table_denied");
//! ```
//!
//! # What is covered
//!
//! The engine evaluates the probes as `dryEvalPolicy` evaluates SQL. They cover the fields `access_mode`,
//! `statement_rules`, `table_allowlist`, `table_denylist`, `masking_rules`, `row_filters` and `query_mode`. The set
//! contains:
//!
//! - each statement kind except `copy`, which every policy blocks, also inside EXPLAIN, CTEs, INSERT … SELECT and
//!   MERGE, and SELECT with a locking clause;
//! - each table that a profile names, without a schema, in `public`, in `pg_catalog`, in each schema that an entry
//!   names, and in a schema that no entry names; and a table that no profile names. Of the tables to which the same
//!   entries apply, the probes use one;
//! - each masked column, returned, in an expression, in a condition, in sorting, copied, written and in schema
//!   changes, and a column without a mask;
//! - tables with row filters in SELECT, INSERT, UPDATE and DELETE, and changes of the settings that predicates read;
//! - schema changes that `migration_safety` blocks, and CTEs that `max_affected_rows` blocks.
//!
//! A statement that combines several tables is judged by its parts: if no probe shows that a profile allows more,
//! that is taken as proof for all statements and the covered fields. The engine's own limits apply, too: it does not
//! know the catalog, views, functions and data (see [`pgbeam_engine`]).
//!
//! These are not covered:
//!
//! - all other fields: limits, budgets, approvals, `write_mode`, `migration_safety` `warn` and content scans. Their
//!   changes are in [`Comparison::other_changes`]. They do not affect the relation, except that it is never
//!   [`Equal`](Relation::Equal) while there is one;
//! - different predicates for one table, masks of several kinds for one column, statement kinds and fields that this
//!   version does not know: the relation is [`Unknown`](Relation::Unknown);
//! - the query templates of the project. Under the `query_mode` `templates`, every statement could be a template. If
//!   only such statements show a difference, the relation is [`Unknown`](Relation::Unknown).
//!
//! The name of a profile does not matter.

mod evaluate;
mod examine;
mod guardrail;
mod names;
mod probes;
#[cfg(test)]
mod tests;

use std::fmt;

pub use pgbeam_engine::{Evaluation, MaskKind, MaskedColumn, Verdict};
use serde::Serialize;

use super::{
    diff::{FieldChange, escape},
    normalized::NormalizedProfile,
};
use examine::Examination;
pub use guardrail::{Grants, Guardrail, check_no_new_access, check_not_granted};

/// How profile `a` of [`compare`] relates to profile `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Relation {
    /// No difference between the profiles affects agents. Their names can differ.
    Equal,
    /// `a` is stricter than `b`: it blocks, masks or filters more, and allows nothing that `b` does not allow.
    Stricter,
    /// `a` is looser than `b`: it blocks, masks or filters less, and allows everything that `b` allows.
    Looser,
    /// `a` is looser for some statements and stricter for others.
    Incomparable,
    /// The profiles differ, and the relation is not proven. [`Comparison::reasons`] says why.
    Unknown,
}

impl Relation {
    /// Returns the name in lower case, such as `looser`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Stricter => "stricter",
            Self::Looser => "looser",
            Self::Incomparable => "incomparable",
            Self::Unknown => "unknown",
        }
    }

    /// Returns how `b` relates to `a`.
    pub fn reversed(self) -> Self {
        match self {
            Self::Stricter => Self::Looser,
            Self::Looser => Self::Stricter,
            other => other,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A statement that two profiles evaluate differently.
///
/// `Display` prints the statement and both evaluations in one line, with control characters escaped.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    sql: String,
    relation: Relation,
    /// The table of the probe, without its schema.
    table: String,
    a: Evaluation,
    b: Evaluation,
}

impl Witness {
    /// Returns the statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns [`Relation::Looser`] if `a` blocks, masks or filters less than `b` here, and [`Relation::Stricter`] if it
    /// blocks, masks or filters more. A statement for which both are true has two witnesses.
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// Returns the evaluation under `a`: the verdict, the masked columns and the row filter.
    pub fn a(&self) -> &Evaluation {
        &self.a
    }

    /// Returns the evaluation under `b`: the verdict, the masked columns and the row filter.
    pub fn b(&self) -> &Evaluation {
        &self.b
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = (summary(&self.a), summary(&self.b));
        let line = format!("`{}`: {a} by a, {b} by b", self.sql);
        f.write_str(&escape(&line))
    }
}

/// Describes an evaluation in a few words.
fn summary(evaluation: &Evaluation) -> String {
    if evaluation.is_block() {
        return format!("blocked ({})", evaluation.rule);
    }
    let mut summary = String::from("allowed");
    let columns = evaluation.masked_columns.iter();
    let columns: Vec<&str> = columns.map(|mask| mask.column.as_str()).collect();
    if !columns.is_empty() {
        summary += &format!(" with masks of {}", columns.join(", "));
    }
    if let Some(predicate) = &evaluation.row_filter_predicate {
        summary += &format!(" with the row filter {predicate}");
    }
    summary
}

/// The result of [`compare`].
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    relation: Relation,
    witnesses: Vec<Witness>,
    other_changes: Vec<FieldChange>,
    reasons: Vec<String>,
}

impl Comparison {
    /// Returns how `a` relates to `b` in the [covered fields](self#what-is-covered).
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// Returns a statement that shows the relation. Always present for [`Stricter`](Relation::Stricter),
    /// [`Looser`](Relation::Looser) and [`Incomparable`](Relation::Incomparable).
    pub fn witness(&self) -> Option<&Witness> {
        self.witnesses.first()
    }

    /// Returns all probe statements that the profiles evaluate differently: those for which `a` is looser, then those
    /// for which it is stricter.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Returns the changes from `b` to `a` of fields that `dryEvalPolicy` does not evaluate, or only in part, such as
    /// limits, approvals and modes, each with its effect on agents.
    ///
    /// If there is one, the relation is not [`Equal`](Relation::Equal). Check the changes in addition to the relation: a
    /// profile with the relation [`Stricter`](Relation::Stricter) can have higher limits. [`check_no_new_access`] checks
    /// both.
    pub fn other_changes(&self) -> &[FieldChange] {
        &self.other_changes
    }

    /// Returns why the relation is [`Unknown`](Relation::Unknown). Empty for every other relation.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }
}

/// Compares what profile `a` allows with what profile `b` allows.
///
/// The relation reads from left to right: [`Relation::Looser`] means that `a` is looser than `b`.
///
/// Both can be a stored profile, an input or a profile of a policy file, each by reference. An omitted `query_mode` is
/// `sql`, as in a new profile. To compare a replacement with the stored profile, use
/// [`NormalizedProfile::with_stored`] first.
///
/// If the engine cannot evaluate a profile, for example because an enum has an unknown value, the relation is
/// [`Unknown`](Relation::Unknown), except for two identical profiles.
///
/// The time grows linearly with the number of tables that have different entries. See the
/// [module documentation](self) for what is covered, and for an example.
pub fn compare(a: impl Into<NormalizedProfile>, b: impl Into<NormalizedProfile>) -> Comparison {
    Examination::new(a.into(), b.into()).into_comparison()
}

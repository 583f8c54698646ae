//! Determines whether a policy profile allows more than another one, and checks guardrails.
//!
//! [`compare`] evaluates a set of test statements, called probes, under two profiles with the offline engine
//! ([`pgbeam_engine`]). It returns which profile is looser, and the statements that show it. [`check_no_new_access`]
//! and [`check_not_granted`] are guardrails: checks of profiles that pass, or fail with reasons.
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
//! The engine evaluates the probes like `dryEvalPolicy`. The probes cover the fields `access_mode`, `statement_rules`,
//! `table_allowlist`, `table_denylist`, `masking_rules`, `row_filters` and `query_mode`. They contain:
//!
//! - statements of every kind except `copy`, which every policy blocks. SELECT also occurs with a locking clause, and
//!   other statements inside EXPLAIN, CTEs, INSERT … SELECT and MERGE;
//! - the tables that a profile names, and a table that no profile names. Each occurs without a schema, in `public`, in
//!   `pg_catalog`, in each schema that an entry names with it, and in a schema that no entry names. If the same entries
//!   apply to several tables, the probes use only one of these tables;
//! - the masked columns, and a column without a mask. A masked column is returned, used in an expression, a condition
//!   and ORDER BY, copied, written and changed by schema changes;
//! - the tables with row filters in SELECT, INSERT, UPDATE and DELETE, and changes of the settings that predicates
//!   read;
//! - schema changes that `migration_safety` blocks, and CTEs that `max_affected_rows` blocks.
//!
//! If no probe shows that a profile allows more, the comparison concludes that no statement does, as far as the
//! covered fields decide. It assumes that a difference for a statement with several tables also shows in a statement
//! with one of them. The limits of the engine apply, too: it does not know the catalog, views, functions and data
//! (see [`pgbeam_engine`]).
//!
//! These are not covered:
//!
//! - all other fields: limits, budgets, approvals, `write_mode`, `migration_safety` `warn` and content scans. Their
//!   changes are in [`Comparison::other_changes`]. They affect the relation only in one way: if there is such a change,
//!   the relation is not [`Equal`](Relation::Equal);
//! - differences that cannot be ranked: a changed predicate for a table, masks of several kinds for a column, and
//!   statement kinds and fields that this version does not know. The relation is then [`Unknown`](Relation::Unknown),
//!   unless it is proven to be [`Incomparable`](Relation::Incomparable);
//! - the query templates of the project. Under the `query_mode` `templates`, only templates are allowed, and any
//!   statement could be one. If the profiles differ only for statements that are templates, the relation is
//!   [`Unknown`](Relation::Unknown).
//!
//! The names of the profiles are not compared.

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
    /// The profiles allow the same. Only their names, and details without effect such as the order of a list, can
    /// differ.
    Equal,
    /// `a` is stricter than `b`: it blocks, masks or filters more, and allows nothing that `b` does not allow.
    Stricter,
    /// `a` is looser than `b`: it blocks, masks or filters less, and allows everything that `b` allows.
    Looser,
    /// `a` is looser for some statements and stricter for others.
    Incomparable,
    /// The profiles differ, and no other relation is proven. [`Comparison::reasons`] says why.
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

/// A statement for which one of two profiles is looser than the other.
///
/// `Display` prints the statement and both evaluations in one line, with control characters escaped.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    sql: String,
    relation: Relation,
    /// The table that the statement uses, without its schema; empty if there is none.
    table: String,
    a: Evaluation,
    b: Evaluation,
}

impl Witness {
    /// Returns the statement.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns [`Relation::Looser`] if `a` blocks, masks or filters less than `b` in this statement, and
    /// [`Relation::Stricter`] if `a` blocks, masks or filters more. If both are true of a statement, it has two
    /// witnesses.
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

    /// Returns the first of the [`witnesses`](Self::witnesses), if any. [`Stricter`](Relation::Stricter),
    /// [`Looser`](Relation::Looser) and [`Incomparable`](Relation::Incomparable) always have one.
    pub fn witness(&self) -> Option<&Witness> {
        self.witnesses.first()
    }

    /// Returns the probe statements for which one profile is looser: first those for which `a` is looser than `b`, then
    /// those for which `a` is stricter.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Returns the changes of the fields that the probes do not [cover](self#what-is-covered), such as limits,
    /// approvals and modes. Each is a change from `b` to `a`, with its effect on agents.
    ///
    /// If there is such a change, the relation is not [`Equal`](Relation::Equal). Check these changes in addition to
    /// the relation: a profile with the relation [`Stricter`](Relation::Stricter) can have higher limits.
    /// [`check_no_new_access`] checks both.
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
/// The result says how `a` relates to `b`: [`Relation::Looser`] means that `a` is looser than `b`.
///
/// Each argument can be a reference to a stored profile, to an input or to a profile of a policy file. An omitted
/// `query_mode` counts as `sql`, as in a new profile. To compare an update with the stored profile, first fill in the
/// stored values that the update keeps, with [`NormalizedProfile::with_stored`].
///
/// If the engine cannot evaluate a profile, for example because an enum has an unknown value, the relation is
/// [`Unknown`](Relation::Unknown), except for two identical profiles.
///
/// The run time grows linearly with the number of tables to which different entries apply. See the
/// [module documentation](self) for what is covered, and for an example.
pub fn compare(a: impl Into<NormalizedProfile>, b: impl Into<NormalizedProfile>) -> Comparison {
    Examination::new(a.into(), b.into()).into_comparison()
}

//! Determines whether one policy profile allows more than another, and checks guardrails.
//!
//! [`compare`] evaluates a set of test statements, called probes, under two profiles with the offline engine
//! ([`pgbeam_engine`]). The result tells which profile is looser, and has the statements that show this.
//! [`check_no_new_access`] and [`check_not_granted`] are guardrails: checks of profiles that pass, or fail with
//! reasons.
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
//! - statements of every kind except `copy`, which every policy blocks. There are also statements inside EXPLAIN and
//!   CTEs, SELECT with a locking clause, INSERT … SELECT and MERGE;
//! - the tables that a profile names, and a table that no profile names. Each table occurs without a schema, in
//!   `public`, in `pg_catalog`, in each schema with which a profile names the table, and in a schema that no profile
//!   names. If several tables have the same entries in the profiles, the probes use only one of these tables;
//! - the masked columns, and a column without a mask. Probes return a masked column, use the column in an expression, a
//!   condition and ORDER BY, copy it, write it, and change it by schema changes;
//! - SELECT, INSERT, UPDATE and DELETE on the tables with row filters, and changes of the session parameters that the
//!   predicates of row filters can read;
//! - schema changes that `migration_safety` blocks, and writes in CTEs that `max_affected_rows` blocks.
//!
//! The probes are examples. [`Looser`](Relation::Looser) means that at least one probe shows that `a` is looser than
//! `b`, and that no probe shows that `a` is stricter. The comparison assumes that a difference for a statement with
//! several tables also shows in a statement with one of these tables. The engine has limits, too: it does not know the
//! catalog, views, functions and data of the database (see [`pgbeam_engine`]).
//!
//! The comparison does not cover:
//!
//! - all other fields: limits, budgets, approvals, `write_mode`, `migration_safety` `warn` and content scans. Changes
//!   of these fields are in [`Comparison::other_changes`]. If one of these fields changes, the relation
//!   is not [`Equal`](Relation::Equal);
//! - differences that cannot be ranked: a changed predicate for a table, masks of several kinds for a column, and
//!   statement kinds and fields that this version does not know. With such a difference, the relation is
//!   [`Unknown`](Relation::Unknown), unless it is proven to be [`Incomparable`](Relation::Incomparable);
//! - the query templates of the project. Under the `query_mode` `templates`, agents can use only query templates, and
//!   any statement could be the SQL of a template. If a profile is looser than the other one only for query templates,
//!   the relation is [`Unknown`](Relation::Unknown).
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
///
/// `Stricter`, `Looser` and `Incomparable` are about the [covered fields](self#what-is-covered) only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Relation {
    /// The profiles allow the same. They can differ only in their names, and in details without effect, such as the
    /// order of a list.
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

    /// Returns the relation of `b` to `a`.
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

    /// Returns [`Relation::Looser`] if `a` blocks, masks or filters less than `b` in this statement. Returns
    /// [`Relation::Stricter`] if `a` blocks, masks or filters more. A statement for which both are true has two
    /// witnesses.
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// Returns the evaluation of the statement under `a`: the verdict, the masked columns and the row filter.
    pub fn a(&self) -> &Evaluation {
        &self.a
    }

    /// Returns the evaluation of the statement under `b`: the verdict, the masked columns and the row filter.
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
    /// Returns how `a` relates to `b` in the [covered fields](self#what-is-covered). If the profiles are equal in these
    /// fields but have [`other_changes`](Self::other_changes), returns [`Unknown`](Relation::Unknown).
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// Returns the first of the [`witnesses`](Self::witnesses); `None` if there are none. A comparison with the
    /// relation [`Stricter`](Relation::Stricter), [`Looser`](Relation::Looser) or
    /// [`Incomparable`](Relation::Incomparable) always has a witness.
    pub fn witness(&self) -> Option<&Witness> {
        self.witnesses.first()
    }

    /// Returns the probe statements for which one profile is looser: first those for which `a` is looser than `b`, then
    /// those for which `a` is stricter.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Returns the changes of the fields that the probes do not [cover](self#what-is-covered), such as limits and
    /// approvals. Each change is from `b` to `a`, and has its effect on agents.
    ///
    /// If there are other changes, the relation is not [`Equal`](Relation::Equal). Check them in addition to the
    /// relation: a profile with the relation [`Stricter`](Relation::Stricter) can have higher limits.
    /// [`check_no_new_access`] checks both.
    pub fn other_changes(&self) -> &[FieldChange] {
        &self.other_changes
    }

    /// Returns why the relation is [`Unknown`](Relation::Unknown). Empty for every other relation.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }
}

/// Determines which of two profiles allows more, and for which statements.
///
/// The result says how `a` relates to `b`: [`Relation::Looser`] means that `a` is looser than `b`.
///
/// Each argument can be a reference to a stored profile ([`PolicyProfile`](super::PolicyProfile)), to an input
/// ([`PolicyProfileInput`](super::PolicyProfileInput)) or to the [profile](super::document::ProfileEntry::profile) of a
/// policy file. An omitted `query_mode` has its default, `sql`. To compare an update with the stored profile, first
/// fill in the stored values that the update keeps, with [`NormalizedProfile::with_stored`].
///
/// If the engine cannot evaluate a profile, for example because an enum has an unknown value, the relation is
/// [`Unknown`](Relation::Unknown). Two identical profiles are nevertheless [`Equal`](Relation::Equal).
///
/// The comparison takes longer if the profiles have different entries for many tables. See the [module
/// documentation](self) for the fields and statements that the comparison covers, and for an example.
pub fn compare(a: impl Into<NormalizedProfile>, b: impl Into<NormalizedProfile>) -> Comparison {
    Examination::new(a.into(), b.into()).into_comparison()
}

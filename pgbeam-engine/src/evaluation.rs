//! The results of an evaluation: `Evaluation`, its verdict, and the description of each statement.

use serde::Serialize;

use crate::kind::StatementKind;
use crate::policy::MaskKind;
use crate::relation::RelationName;
use crate::rule;

/// The evaluation of an SQL string under a policy: the decision, its reason and its effects.
///
/// Serializes as the response body of `dryEvalPolicy`. [`statements`](Self::statements) is not serialized.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The decision.
    pub verdict: Verdict,
    /// The rule that blocks the SQL, a constant of [`rule`]. If several statements are blocked, the rule of the first.
    /// [`rule::OK`] if the SQL is not blocked.
    pub rule: &'static str,
    /// Human-readable reason.
    pub reason: String,
    /// Human-readable suggestion for a blocked statement. `None` if the SQL is not blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Every masked column of the relations that the SQL names, even if the SQL does not return the column, and every
    /// result column that returns a masked column. Sorted, without duplicates. Empty if the SQL is blocked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked_columns: Vec<MaskedColumn>,
    /// The predicates of the row filters that apply, as written in the policy, without duplicates. If there are
    /// several, each is in parentheses, and they are joined with AND. `None` if no row filter applies or the SQL is
    /// blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_filter_predicate: Option<String>,
    /// The SQL with the row filters added. `None` if no row filter applies or the SQL is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewritten_sql: Option<String>,
    /// Human-readable notes about aspects that the verdict ignores, such as budgets and approvals, and about most
    /// blocks for which PgBeam publishes no rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The name of the first query template that equals the SQL (see [`Engine::template`](crate::Engine::template)).
    /// Does not depend on `query_mode`. `None` if no template equals the SQL or the SQL cannot be parsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The statements of the SQL. Empty if the SQL has no statement or cannot be parsed.
    #[serde(skip)]
    pub statements: Vec<Statement>,
}

impl Evaluation {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Allow,
            rule: rule::OK,
            reason: reason.into(),
            hint: None,
            masked_columns: Vec::new(),
            row_filter_predicate: None,
            rewritten_sql: None,
            notes: Vec::new(),
            template: None,
            statements: Vec::new(),
        }
    }

    pub(crate) fn block(block: Block) -> Self {
        Self {
            verdict: Verdict::Block,
            rule: block.rule,
            hint: block.hint.map(str::to_owned),
            ..Self::new(block.reason)
        }
    }

    /// Returns `true` if the verdict is [`Verdict::Block`].
    #[must_use]
    pub fn is_block(&self) -> bool {
        self.verdict == Verdict::Block
    }
}

/// The decision of a policy about an SQL string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// PgBeam executes the SQL unchanged.
    Allow,
    /// PgBeam does not execute the SQL.
    Block,
    /// A relation of the SQL has a masking rule. PgBeam executes the SQL and masks the result columns that return a
    /// masked column, if any.
    Mask,
    /// PgBeam executes the SQL with row filters added. Result columns can be masked too.
    RowFilter,
}

impl Verdict {
    /// Returns the name in the API contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
            Self::Mask => "mask",
            Self::RowFilter => "row-filter",
        }
    }
}

/// A masked column of a relation, or a result column that returns one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct MaskedColumn {
    /// The name of a masked column of a relation, in the letter case of the masking rule, or the name of a result
    /// column that returns a masked column. The relation is not recorded.
    pub column: String,
    /// The replacement for each value.
    pub kind: MaskKind,
}

/// One statement of an SQL string.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// The kind of the statement.
    pub kind: StatementKind,
    /// Further kinds that a policy must allow for this statement. Sorted, without `select` and [`kind`](Self::kind).
    ///
    /// - The kinds of data changes inside the statement, such as `delete` for a DELETE in a CTE, in EXPLAIN or in
    ///   MERGE, and `update` for ON CONFLICT DO UPDATE.
    /// - `ddl` for CREATE TABLE AS and CREATE MATERIALIZED VIEW in EXPLAIN.
    /// - `other` for EXECUTE and DECLARE in EXPLAIN.
    /// - `ddl` and `other` for SELECT INTO.
    pub inner_kinds: Vec<StatementKind>,
    /// The relations that the statement reads or refers to (for example in REFERENCES), sorted, without duplicates.
    pub reads: Vec<RelationName>,
    /// The relations that the statement writes, creates or changes, sorted, without duplicates.
    pub writes: Vec<RelationName>,
    /// The masked columns of this statement, as in [`Evaluation::masked_columns`]. Empty if any statement of the SQL is
    /// blocked, and in the result of [`describe`](crate::describe).
    pub masked_columns: Vec<MaskedColumn>,
    /// The predicates of the row filters that apply to this statement. Empty if any statement of the SQL is blocked,
    /// and in the result of [`describe`](crate::describe).
    pub row_filters: Vec<String>,
    /// The numbers of the parameters `$1`, `$2`, …, sorted, without duplicates.
    pub parameters: Vec<u32>,
    /// The statement with `$1`, `$2`, … in place of literal values, without comments and extra whitespace.
    pub normalized_sql: String,
    /// A hash of 16 hexadecimal digits, as returned by [`query_hash`](crate::query_hash). Statements have the same hash
    /// if they differ only in literals and parameters, comments, whitespace, trailing semicolons and the case of
    /// unquoted words.
    pub query_hash: String,
}

/// Why a statement is blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    pub(crate) hint: Option<&'static str>,
    /// A note for the evaluation if PgBeam's published rules do not cover the case.
    pub(crate) note: Option<&'static str>,
}

impl Block {
    pub(crate) fn new(rule: &'static str, reason: impl Into<String>) -> Self {
        Self {
            rule,
            reason: reason.into(),
            hint: None,
            note: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Adds a note that the published rules of PgBeam do not cover the case. The engine blocks to be on the safe side.
    pub(crate) fn unpublished(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
}

//! The results of an evaluation.

use serde::Serialize;

use crate::kind::StatementKind;
use crate::policy::MaskKind;
use crate::relation::RelationName;
use crate::rule;

/// The decision of a policy about a text of SQL.
///
/// Serializes as the response body of `dryEvalPolicy`, without [`statements`](Self::statements).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The decision.
    pub verdict: Verdict,
    /// The rule that blocks the text, one of [`rule`]; [`rule::OK`] if none does.
    pub rule: &'static str,
    /// The reason, for people.
    pub reason: String,
    /// A suggestion for a blocked statement, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The masked columns of all relations that the text uses, and of its results: sorted, without duplicates. Empty
    /// for a blocked text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked_columns: Vec<MaskedColumn>,
    /// The predicates of the row filters that apply, joined by AND. `None` if none applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_filter_predicate: Option<String>,
    /// The text with the row filters. `None` if none applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewritten_sql: Option<String>,
    /// Aspects that the verdict does not cover, and choices where the rules of PgBeam are not published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The name of the query template that the text equals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The statements of the text. Empty if the rule is [`rule::EMPTY`] or [`rule::PARSE_ERROR`].
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

    /// Returns `true` if the text is not executed.
    #[must_use]
    pub fn is_block(&self) -> bool {
        self.verdict == Verdict::Block
    }
}

/// The decision of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The text is executed unchanged.
    Allow,
    /// The text is not executed.
    Block,
    /// The text is executed, and columns of its results are masked.
    Mask,
    /// The text is executed with row filters. Columns can be masked too.
    RowFilter,
}

impl Verdict {
    /// The name in the API contract.
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

/// A masked column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct MaskedColumn {
    /// The name of the column: in the relation, or in the result.
    pub column: String,
    /// The replacement for each value.
    pub kind: MaskKind,
}

/// One statement of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// The kind.
    pub kind: StatementKind,
    /// The kinds of the statements inside it that it executes, such as a DELETE in a CTE, without `select`. A policy must
    /// allow them too.
    pub inner_kinds: Vec<StatementKind>,
    /// The relations that the statement reads, sorted, without duplicates.
    pub reads: Vec<RelationName>,
    /// The relations that the statement writes, creates or changes, sorted, without duplicates.
    pub writes: Vec<RelationName>,
    /// The masked columns. Empty for a blocked statement.
    pub masked_columns: Vec<MaskedColumn>,
    /// The predicates of the row filters that apply. Empty for a blocked statement.
    pub row_filters: Vec<String>,
    /// The numbers of the parameters `$1`, `$2`, …, sorted, without duplicates.
    pub parameters: Vec<u32>,
    /// The statement with `$1`, `$2`, … in place of literal values, without comments and extra whitespace.
    pub normalized_sql: String,
    /// Identifies statements that differ only in literal values, comments, whitespace and the case of keywords: 16
    /// hexadecimal digits.
    pub query_hash: String,
}

/// Why a statement is blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    pub(crate) hint: Option<&'static str>,
    /// The rules of PgBeam that leave this case open, for the notes.
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

    /// Marks a case that the published rules leave open. The engine blocks it to be on the safe side.
    pub(crate) fn unpublished(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
}

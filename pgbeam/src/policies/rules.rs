//! The rules of a policy profile that are more than one value.

use std::fmt;

use pgbeam_api::types;
use serde::{Deserialize, Serialize};

pub use pgbeam_api::types::MaskKind;

/// Hides the values of a column in results.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mask {
    table: String,
    column: String,
    kind: MaskKind,
}

impl Mask {
    /// Hides `column` of `table` (`schema.table`) in the way of `kind`.
    pub fn new(
        table: impl Into<String>,
        column: impl Into<String>,
        kind: impl Into<MaskKind>,
    ) -> Self {
        Self {
            table: table.into(),
            column: column.into(),
            kind: kind.into(),
        }
    }

    /// Puts a fixed text in the place of each value.
    pub fn redact(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Redact)
    }

    /// Puts NULL in the place of each value.
    pub fn null(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Null)
    }

    /// Puts a digest in the place of each value, so that equal values stay equal.
    pub fn hash(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Hash)
    }

    /// The table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The column.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// How values are hidden.
    pub fn kind(&self) -> &MaskKind {
        &self.kind
    }
}

impl Mask {
    /// The contract's type for it.
    pub(super) fn into_wire(self) -> types::MaskingRule {
        types::MaskingRule::with_required(self.column, self.kind, self.table)
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}.{})", self.kind, self.table, self.column)
    }
}

impl From<types::MaskingRule> for Mask {
    fn from(rule: types::MaskingRule) -> Self {
        Self {
            table: rule.table,
            column: rule.column,
            kind: rule.kind,
        }
    }
}

/// Limits which rows of a table exist for the agent, in reads and in writes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowFilter {
    table: String,
    predicate: String,
}

impl RowFilter {
    /// Only rows of `table` (`schema.table`) for which the SQL condition `predicate` holds.
    pub fn new(table: impl Into<String>, predicate: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            predicate: predicate.into(),
        }
    }

    /// The table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The condition.
    pub fn predicate(&self) -> &str {
        &self.predicate
    }
}

impl RowFilter {
    /// The contract's type for it.
    pub(super) fn into_wire(self) -> types::RowFilter {
        types::RowFilter::with_required(self.predicate, self.table)
    }
}

impl From<types::RowFilter> for RowFilter {
    fn from(filter: types::RowFilter) -> Self {
        Self {
            table: filter.table,
            predicate: filter.predicate,
        }
    }
}

/// Kinds of statement that are admitted or refused, on top of the access mode.
///
/// A kind is one of `select`, `insert`, `update`, `delete`, `ddl`, `copy`, `set`, `show`,
/// `explain`, `transaction` and `other`; the set may grow. A kind in `deny` is refused even if it
/// is in `allow`. `allow` only narrows: it never lifts a read-only mode, and `copy` is refused
/// whatever is written here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementRules {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allow: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deny: Option<Vec<String>>,
}

impl StatementRules {
    /// No rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits only these kinds.
    #[must_use]
    pub fn allow(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allow = Some(kinds.into_iter().map(Into::into).collect());
        self
    }

    /// Refuses these kinds.
    #[must_use]
    pub fn deny(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.deny = Some(kinds.into_iter().map(Into::into).collect());
        self
    }

    /// The kinds that alone are admitted; `None` where nothing is said.
    pub fn allowed(&self) -> Option<&[String]> {
        self.allow.as_deref()
    }

    /// The kinds that are refused; `None` where nothing is said.
    pub fn denied(&self) -> Option<&[String]> {
        self.deny.as_deref()
    }
}

impl StatementRules {
    /// The contract's type for them.
    pub(super) fn into_wire(self) -> types::StatementRules {
        let mut rules = types::StatementRules::default();
        (rules.allow, rules.deny) = (self.allow, self.deny);
        rules
    }
}

impl From<types::StatementRules> for StatementRules {
    fn from(rules: types::StatementRules) -> Self {
        Self {
            allow: rules.allow,
            deny: rules.deny,
        }
    }
}

//! Methods of the generated types of the area `policies` that are written by hand, such as
//! `MaskingRule::redact` and `DryEvalResult::is_blocked`.

use crate::types::{
    DryEvalMaskedColumn, DryEvalResult, MaskKind, MaskingRule, PolicyProfileInput,
    PolicyRecommendation, PolicyReplayItem, PolicyReplayResult, PolicyStatementKinds,
    QueryTemplateInput, QueryTemplateParam, ReplayChange, RowFilter, StatementRules, Verdict,
};

impl MaskingRule {
    /// Creates a rule that replaces each value of `column` in `table` (`schema.table`) with a fixed
    /// string.
    pub fn redact(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Redact)
    }

    /// Creates a rule that replaces each value of `column` in `table` (`schema.table`) with `NULL`.
    pub fn null(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Null)
    }

    /// Creates a rule that replaces each value of `column` in `table` (`schema.table`) with its hash.
    /// Equal values have equal hashes.
    pub fn hash(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Hash)
    }
}

impl PolicyProfileInput {
    /// Adds a rule to `masking_rules`.
    #[must_use]
    pub fn mask(mut self, mask: MaskingRule) -> Self {
        self.masking_rules.get_or_insert_default().push(mask);
        self
    }

    /// Adds a filter to `row_filters`.
    #[must_use]
    pub fn row_filter(mut self, filter: RowFilter) -> Self {
        self.row_filters.get_or_insert_default().push(filter);
        self
    }

    /// Adds a table to `table_denylist`.
    #[must_use]
    pub fn deny_table(mut self, table: impl Into<String>) -> Self {
        let tables = self.table_denylist.get_or_insert_default();
        tables.push(table.into());
        self
    }

    /// Sets `statement_rules.allow` and keeps `statement_rules.deny`.
    ///
    /// Only statements of these kinds, such as `select`, are allowed. An empty list allows every kind that
    /// the access mode allows.
    #[must_use]
    pub fn allow_statements(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let rules = self.statement_rules.take().unwrap_or_default();
        self.statement_rules = Some(StatementRules::allow(rules, kinds));
        self
    }

    /// Sets `statement_rules.deny` and keeps `statement_rules.allow`.
    ///
    /// Statements of these kinds, such as `ddl`, are blocked, even if `allow` lists them.
    #[must_use]
    pub fn deny_statements(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let rules = self.statement_rules.take().unwrap_or_default();
        self.statement_rules = Some(StatementRules::deny(rules, kinds));
        self
    }
}

impl QueryTemplateInput {
    /// Adds a parameter to `params`. The first call describes `$1`, the second `$2`, and so on.
    #[must_use]
    pub fn param(mut self, param: QueryTemplateParam) -> Self {
        self.params.get_or_insert_default().push(param);
        self
    }
}

impl DryEvalResult {
    /// Returns `true` if no evaluated rule blocks the statement. Columns may be masked, and rows filtered. Budgets,
    /// approvals and `write_mode` are not evaluated: see [`notes`](Self::notes).
    ///
    /// Returns `false` for a verdict that this version of the crate does not know.
    pub fn is_allowed(&self) -> bool {
        matches!(
            self.verdict,
            Verdict::Allow | Verdict::Mask | Verdict::RowFilter
        )
    }

    /// Returns `true` if the statement would be blocked.
    ///
    /// Returns `false` for a verdict that this version of the crate does not know: use
    /// [`is_allowed`](Self::is_allowed) for a decision.
    pub fn is_blocked(&self) -> bool {
        self.verdict == Verdict::Block
    }
}

impl DryEvalResult {
    /// Returns the masked columns of the relations that the statement uses, even if the result does not contain them, and
    /// the result columns that show masked values. Empty if the statement is blocked.
    pub fn masked_columns(&self) -> &[DryEvalMaskedColumn] {
        self.masked_columns.as_deref().unwrap_or_default()
    }

    /// Returns human-readable notes about aspects that the verdict ignores, such as budgets, approvals and `write_mode`.
    pub fn notes(&self) -> &[String] {
        self.notes.as_deref().unwrap_or_default()
    }
}

impl PolicyReplayResult {
    /// Returns the statements that were allowed when they were recorded and that the policy would block.
    pub fn newly_blocked(&self) -> impl Iterator<Item = &PolicyReplayItem> {
        let items = self.items.iter();
        items.filter(|item| item.change == ReplayChange::NewlyBlocked)
    }
}

impl PolicyRecommendation {
    /// Returns `true` if the replay shows that the recommended policy (`candidate`) blocks no statement that
    /// was allowed when it was recorded.
    ///
    /// Returns `false` if there is no recommended policy or no replay, if no statement was evaluated, or if
    /// no credential is bound to the policy. The replay may not cover all recorded statements: see
    /// `truncated` and `skipped_unparseable` in its summary.
    pub fn blocks_nothing_recorded(&self) -> bool {
        let replay = self.candidate.as_ref().and(self.replay.as_ref());
        let Some(summary) = replay.map(|replay| &replay.summary) else {
            return false;
        };
        let has_credentials = summary.bound_credentials != Some(0);
        has_credentials && summary.evaluated > 0 && summary.newly_blocked == 0
    }
}

impl PolicyStatementKinds {
    /// Returns whether statements of this kind are allowed, or `None` if the response does not list the
    /// kind.
    pub fn allows(&self, kind: &str) -> Option<bool> {
        let mut kinds = self.statement_kinds.iter();
        kinds
            .find(|verdict| verdict.kind == kind)
            .map(|verdict| verdict.allowed)
    }
}

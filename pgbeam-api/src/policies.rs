//! What makes the types of the area `policies` nicer than the contract can say.

use crate::types::{
    DryEvalMaskedColumn, DryEvalResult, MaskKind, MaskingRule, PolicyProfileInput,
    PolicyRecommendation, PolicyReplayItem, PolicyReplayResult, PolicyStatementKinds,
    QueryTemplateInput, QueryTemplateParam, ReplayChange, RowFilter, StatementRules, Verdict,
};

impl MaskingRule {
    /// Replaces each value of `column` in `table` (`schema.table`) by a fixed text.
    pub fn redact(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Redact)
    }

    /// Replaces each value by NULL.
    pub fn null(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Null)
    }

    /// Replaces each value by a digest of it: equal values stay equal.
    pub fn hash(table: impl Into<String>, column: impl Into<String>) -> Self {
        Self::new(table, column, MaskKind::Hash)
    }
}

impl PolicyProfileInput {
    /// Adds a masked column to `masking_rules`.
    #[must_use]
    pub fn mask(mut self, mask: MaskingRule) -> Self {
        self.masking_rules.get_or_insert_default().push(mask);
        self
    }

    /// Adds a condition to `row_filters`.
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

    /// Sets `allow` of `statement_rules`, and keeps `deny`. Only these kinds of statement, such as
    /// `select`, are then allowed; an empty list allows all that the access mode does.
    #[must_use]
    pub fn allow_statements(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let rules = self.statement_rules.take().unwrap_or_default();
        self.statement_rules = Some(StatementRules::allow(rules, kinds));
        self
    }

    /// Sets `deny` of `statement_rules`, and keeps `allow`. These kinds of statement, such as `ddl`,
    /// are then blocked, also if `allow` lists them.
    #[must_use]
    pub fn deny_statements(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let rules = self.statement_rules.take().unwrap_or_default();
        self.statement_rules = Some(StatementRules::deny(rules, kinds));
        self
    }
}

impl QueryTemplateInput {
    /// Adds the parameter for the next of `$1`, `$2`, … to `params`.
    #[must_use]
    pub fn param(mut self, param: QueryTemplateParam) -> Self {
        self.params.get_or_insert_default().push(param);
        self
    }
}

impl DryEvalResult {
    /// Returns `true` if the statement would run, masked or filtered perhaps. A verdict that this
    /// version of the crate does not know counts as no.
    pub fn is_allowed(&self) -> bool {
        matches!(
            self.verdict,
            Verdict::Allow | Verdict::Mask | Verdict::RowFilter
        )
    }

    /// Returns `true` if the statement would be blocked.
    pub fn is_blocked(&self) -> bool {
        self.verdict == Verdict::Block
    }
}

impl DryEvalResult {
    /// Returns the columns whose values would be masked; empty if the statement is blocked.
    pub fn masked_columns(&self) -> &[DryEvalMaskedColumn] {
        self.masked_columns.as_deref().unwrap_or_default()
    }

    /// Returns what could not be judged without executing the statement.
    pub fn notes(&self) -> &[String] {
        self.notes.as_deref().unwrap_or_default()
    }
}

impl PolicyReplayResult {
    /// Returns the statements that ran when they were recorded and that the policy would block.
    pub fn newly_blocked(&self) -> impl Iterator<Item = &PolicyReplayItem> {
        let items = self.items.iter();
        items.filter(|item| item.change == ReplayChange::NewlyBlocked)
    }
}

impl PolicyRecommendation {
    /// Returns `true` if the candidate, replayed on the recorded traffic, blocks nothing that ran.
    ///
    /// Returns `false` if there is no candidate, or if nothing was judged, which is no evidence. It
    /// covers only what was recorded and parsed: see `truncated` and `skipped_unparseable` of the
    /// replay's summary.
    pub fn blocks_nothing_recorded(&self) -> bool {
        let replay = self.candidate.as_ref().and(self.replay.as_ref());
        let Some(summary) = replay.map(|replay| &replay.summary) else {
            return false;
        };
        let governed = summary.bound_credentials != Some(0);
        governed && summary.evaluated > 0 && summary.newly_blocked == 0
    }
}

impl PolicyStatementKinds {
    /// Returns whether a kind of statement is allowed; `None` if the response does not list it.
    pub fn allows(&self, kind: &str) -> Option<bool> {
        let mut kinds = self.statement_kinds.iter();
        kinds
            .find(|verdict| verdict.kind == kind)
            .map(|verdict| verdict.allowed)
    }
}

//! Evaluates one statement against a policy.

use serde::Serialize;

use super::analysis::Analysis;
use super::columns::match_masking_rules;
use super::kind::Kind;
use super::kind_rules::{BlockReason, kind_block_reason};
use super::names::{TableName, TablePattern};
use super::normalize::{first_words, normalize};
use super::parse::{Parsed, with_parsed};
use super::rewrite::add_row_filter;
use crate::closed_enum::closed_enum;
use crate::rule;
use crate::sql::profile::{
    AccessMode, ApprovalMode, MaskingKind, MigrationSafety, Profile, QueryMode, RowFilter,
    WriteMode,
};
use crate::sql::template::EnabledTemplate;

closed_enum! {
    /// The verdict of a policy on a statement.
    Verdict { Allow = "allow", Block = "block", Mask = "mask", RowFilter = "row-filter", }
}

/// The response body of `dryEvalPolicy`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Evaluation {
    pub(crate) verdict: Verdict,
    pub(crate) rule: &'static str,
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) masked_columns: Vec<MaskedColumn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row_filter_predicate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rewritten_sql: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct MaskedColumn {
    pub(crate) column: String,
    pub(crate) kind: MaskingKind,
}

impl Evaluation {
    fn allow(reason: impl Into<String>) -> Self {
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
        }
    }

    fn block(reason: BlockReason) -> Self {
        Self {
            verdict: Verdict::Block,
            rule: reason.rule,
            hint: reason.hint,
            ..Self::allow(reason.reason)
        }
    }

    pub(crate) fn is_block(&self) -> bool {
        self.verdict == Verdict::Block
    }
}

/// An evaluation with the data that replays need.
#[derive(Debug)]
pub(crate) struct EvaluatedStatement {
    pub(crate) evaluation: Evaluation,
    /// The kind, if the SQL is one statement that can be parsed.
    pub(crate) kind: Option<Kind>,
    /// Whether the SQL cannot be parsed or has no statement.
    pub(crate) is_unparseable: bool,
}

/// Evaluates `sql` against `profile`. Checks the rules in the order of [`crate::rule`].
pub(crate) fn evaluate_statement(
    sql: &str,
    profile: &Profile,
    templates: &[EnabledTemplate],
) -> EvaluatedStatement {
    with_parsed(sql, |parsed| {
        let (kind, is_unparseable) = match &parsed {
            Parsed::One(analysis) => (Some(analysis.kind), false),
            Parsed::Several(_) => (None, false),
            Parsed::Empty | Parsed::Unparseable(_) => (None, true),
        };
        EvaluatedStatement {
            evaluation: evaluate(sql, &parsed, profile, templates),
            kind,
            is_unparseable,
        }
    })
}

fn evaluate(
    sql: &str,
    parsed: &Parsed,
    profile: &Profile,
    templates: &[EnabledTemplate],
) -> Evaluation {
    let mut template = None;
    if profile.query_mode == QueryMode::Templates {
        let normalized = normalize(sql);
        match templates
            .iter()
            .find(|template| template.normalized == normalized)
        {
            Some(matching) => template = Some(matching.name.clone()),
            None => {
                return Evaluation::block(
                    BlockReason::new(
                        rule::QUERY_MODE_TEMPLATES,
                        "query_mode is templates and no enabled query template has this SQL",
                    )
                    .with_hint("Use a query template, or add one for this statement"),
                );
            }
        }
    }
    let evaluation = match parsed {
        Parsed::One(analysis) => evaluate_one(analysis, sql.len(), profile),
        Parsed::Several(count) => Evaluation::block(multiple_statements(*count)),
        Parsed::Empty => evaluate_unparseable(sql, "the SQL has no statement", profile),
        Parsed::Unparseable(reason) => evaluate_unparseable(
            sql,
            &format!("the SQL cannot be parsed as PostgreSQL: {reason}"),
            profile,
        ),
    };
    Evaluation {
        template,
        ..evaluation
    }
}

fn multiple_statements(count: usize) -> BlockReason {
    BlockReason::new(
        rule::MULTIPLE_STATEMENTS,
        format!("the SQL has {count} statements"),
    )
    .with_hint("Send one statement at a time")
}

/// Allows SQL that cannot be parsed only under a policy without restrictions.
fn evaluate_unparseable(sql: &str, reason: &str, profile: &Profile) -> Evaluation {
    let first_words = first_words(sql);
    let may_be_copy = match &first_words {
        Some(words) => words.iter().any(|word| word == "copy"),
        // Without tokens, any occurrence of `copy` may be a COPY.
        None => sql.to_lowercase().contains("copy"),
    };
    if may_be_copy && let Some(reason) = kind_block_reason(&[Kind::Copy].into(), profile) {
        return Evaluation::block(reason);
    }
    if has_restrictions(profile) {
        return Evaluation::block(BlockReason::new(
            rule::UNPARSEABLE,
            format!("{reason}, so the policy's restrictions cannot be checked"),
        ));
    }
    let count = first_words.map_or(0, |words| words.len());
    if count > 1 {
        return Evaluation::block(multiple_statements(count));
    }
    let mut evaluation = Evaluation::allow("the policy restricts neither statements nor tables");
    evaluation
        .notes
        .push(format!("{reason}, so its effect was not evaluated"));
    evaluation
}

fn has_restrictions(profile: &Profile) -> bool {
    let has_rules = profile.statement_rules.as_ref().is_some_and(|rules| {
        let is_set = |kinds: &Option<Vec<String>>| kinds.as_ref().is_some_and(|k| !k.is_empty());
        is_set(&rules.allow) || is_set(&rules.deny)
    });
    profile.access_mode == AccessMode::ReadOnly || has_rules || restricts_tables(profile)
}

fn restricts_tables(profile: &Profile) -> bool {
    !(profile.table_allowlist.is_empty()
        && profile.table_denylist.is_empty()
        && profile.masking_rules.is_empty()
        && profile.row_filters.is_empty())
}

fn evaluate_one(analysis: &Analysis, sql_length: usize, profile: &Profile) -> Evaluation {
    let block_reason = kind_block_reason(&analysis.kinds, profile)
        .or_else(|| table_block_reason(analysis, profile))
        .or_else(|| row_filter_block_reason(analysis, profile));
    if let Some(reason) = block_reason {
        return Evaluation::block(reason);
    }
    let mut evaluation = Evaluation::allow("no rule of the policy blocks the statement");
    evaluation.notes = notes(analysis, profile);
    apply_masks(analysis, profile, &mut evaluation);
    apply_filters(analysis, sql_length, profile, &mut evaluation);
    evaluation
}

fn table_block_reason(analysis: &Analysis, profile: &Profile) -> Option<BlockReason> {
    let patterns = |entries: &[String]| {
        entries
            .iter()
            .map(|entry| TablePattern::parse(entry))
            .collect::<Vec<_>>()
    };
    let deny = patterns(&profile.table_denylist);
    if let Some(table) = analysis
        .tables()
        .find(|table| deny.iter().any(|entry| entry.covers(table)))
    {
        return Some(BlockReason::new(
            rule::TABLE_DENYLIST,
            format!("table_denylist has {table}"),
        ));
    }
    let allow = patterns(&profile.table_allowlist);
    let missing = analysis
        .tables()
        .find(|table| !allow.iter().any(|entry| entry.grants(table)));
    if let (Some(table), false) = (missing, allow.is_empty()) {
        let reason = BlockReason::new(
            rule::TABLE_ALLOWLIST,
            format!("table_allowlist does not have {table}"),
        );
        // A common mistake: an entry without a schema matches only `public`.
        let is_other_schema = table.schema != "public"
            && allow
                .iter()
                .any(|entry| entry.grants(&TableName::unqualified(&table.name)));
        return Some(if is_other_schema {
            reason.with_hint("An entry without a schema matches only the schema public")
        } else {
            reason
        });
    }
    match &analysis.unknown_tables {
        Some(reason) if restricts_tables(profile) => Some(BlockReason::new(
            rule::UNDECIDABLE,
            format!("{reason}, and the policy restricts tables"),
        )),
        _ => None,
    }
}

fn row_filter_block_reason(analysis: &Analysis, profile: &Profile) -> Option<BlockReason> {
    let mut entries = profile
        .row_filters
        .iter()
        .map(|filter| TablePattern::parse(&filter.table));
    let filtered =
        entries.find_map(|entry| analysis.written.iter().find(|table| entry.covers(table)));
    match filtered {
        Some(table) if analysis.empties_tables => Some(
            BlockReason::new(
                rule::ROW_FILTER,
                format!("the statement removes all rows of {table}, including those outside its row filter"),
            )
            .with_hint("Use DELETE, to which the row filter applies"),
        ),
        _ => None,
    }
}

/// If a statement is both filtered and masked, the verdict is `row-filter` and also lists the masks.
fn apply_filters(
    analysis: &Analysis,
    sql_length: usize,
    profile: &Profile,
    evaluation: &mut Evaluation,
) {
    let changes_rows = [Kind::Update, Kind::Delete]
        .iter()
        .any(|k| analysis.kinds.contains(k));
    let adds_rows = analysis.kinds.contains(&Kind::Insert);
    let mut applied: Vec<&RowFilter> = Vec::new();
    for filter in &profile.row_filters {
        let pattern = TablePattern::parse(&filter.table);
        let reads = analysis.read.iter().any(|table| pattern.covers(table));
        let writes = analysis.written.iter().any(|table| pattern.covers(table));
        if reads || (writes && changes_rows) {
            applied.push(filter);
        } else if writes && adds_rows {
            evaluation.notes.push(format!(
                "rows that the statement adds to {} are not checked against its row filter",
                filter.table
            ));
        }
    }
    let predicate = match applied.as_slice() {
        [] => return,
        [only] => only.predicate.clone(),
        several => {
            let nested: Vec<_> = several
                .iter()
                .map(|f| format!("({})", f.predicate))
                .collect();
            nested.join(" AND ")
        }
    };
    match add_row_filter(analysis, sql_length, &predicate) {
        Ok(sql) => evaluation.rewritten_sql = Some(sql),
        Err(reason) => evaluation
            .notes
            .push(format!("rewritten_sql is omitted: {reason}")),
    }
    evaluation.verdict = Verdict::RowFilter;
    evaluation.reason = "the policy adds a row filter to the statement".to_owned();
    evaluation.row_filter_predicate = Some(predicate);
}

fn apply_masks(analysis: &Analysis, profile: &Profile, evaluation: &mut Evaluation) {
    // EXPLAIN returns a plan instead of rows.
    if analysis.kind == Kind::Explain {
        return;
    }
    let matched = match_masking_rules(analysis, &profile.masking_rules);
    let rules = |indices: &std::collections::BTreeSet<usize>| {
        indices
            .iter()
            .filter_map(|index| profile.masking_rules.get(*index))
            .collect::<Vec<_>>()
    };
    for rule in rules(&matched.used) {
        evaluation.notes.push(format!(
            "{} is used but not returned: a mask does not apply to conditions and written values",
            rule.column
        ));
    }
    for rule in rules(&matched.returned) {
        let column = MaskedColumn {
            column: rule.column.clone(),
            kind: rule.kind,
        };
        if !evaluation.masked_columns.contains(&column) {
            evaluation.masked_columns.push(column);
        }
    }
    if evaluation.masked_columns.is_empty() {
        return;
    }
    if analysis.kinds.iter().any(|kind| kind.can_write()) {
        evaluation
            .notes
            .push("masks apply to returned rows, not to written values".to_owned());
    }
    evaluation.verdict = Verdict::Mask;
    evaluation.reason = "the statement returns columns that the policy masks".to_owned();
}

/// Returns notes on what the verdict does not cover.
fn notes(analysis: &Analysis, profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |note: String| notes.push(note);
    let list = |names: &std::collections::BTreeSet<String>| {
        names
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(reason) = &analysis.unknown_tables {
        note(reason.clone());
    }
    if !analysis.table_functions.is_empty() {
        let names = list(&analysis.table_functions);
        note(format!(
            "the statement does not show which data {names} reads or writes"
        ));
    }
    if !analysis.functions.is_empty() {
        let names = list(&analysis.functions);
        note(format!("the statement does not show the effect of {names}"));
    }
    if restricts_tables(profile) && analysis.read.iter().any(TableName::is_catalog) {
        note("reads system catalogs, which describe every table (pg_stats has values)".into());
    }
    let writes = analysis.kinds.iter().any(|kind| kind.can_write());
    let is_ddl = analysis.kinds.contains(&Kind::Ddl);
    let masked = profile.masking_rules.iter().map(|rule| &rule.table);
    let filtered = profile.row_filters.iter().map(|filter| &filter.table);
    let is_protected = masked
        .chain(filtered)
        .map(|entry| TablePattern::parse(entry))
        .any(|entry| analysis.written.iter().any(|table| entry.covers(table)));
    if is_ddl && is_protected {
        note("masks and row filters match names, which a schema change can change".to_owned());
    }
    if [Kind::Set, Kind::Transaction]
        .iter()
        .any(|kind| analysis.kinds.contains(kind))
    {
        note("effects on later statements are not evaluated".to_owned());
    }
    if analysis.locks_rows && profile.access_mode == AccessMode::ReadOnly {
        note("locks rows, which a read-only transaction does not allow".to_owned());
    }
    let needs_approval = match profile.approval_mode {
        ApprovalMode::Off => false,
        ApprovalMode::Writes => analysis
            .kinds
            .iter()
            .any(|kind| kind.can_write() && *kind != Kind::Ddl),
        ApprovalMode::Ddl => is_ddl,
        ApprovalMode::All => writes,
    };
    if needs_approval {
        note("approval_mode requires an approval of the statement".to_owned());
    }
    match profile.write_mode {
        WriteMode::Rollback if writes => {
            note("write_mode rollback rolls the write back".to_owned())
        }
        WriteMode::Sandbox if writes => {
            note("write_mode sandbox sends the write to a branch".to_owned());
        }
        _ => {}
    }
    if is_ddl && profile.migration_safety != MigrationSafety::Off {
        note("migration_safety is not evaluated".to_owned());
    }
    if profile.budget_queries_per_hour > 0
        || profile.budget_queries_per_day > 0
        || profile.egress_bytes_per_day > 0
    {
        note("budgets are not evaluated".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests;

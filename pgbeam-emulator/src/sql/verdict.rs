//! The verdict of a policy on one statement.

use serde::Serialize;

use super::analysis::Analysis;
use super::columns::masked;
use super::kind::Kind;
use super::kind_rules::{Refusal, refusal};
use super::names::{TableName, TablePattern};
use super::normalise::{first_words, normalise};
use super::parse::{Parsed, with_parsed};
use super::rewrite::with_filter;
use crate::closed_enum::closed_enum;
use crate::rule;
use crate::sql::profile::{
    AccessMode, ApprovalMode, MaskingKind, MigrationSafety, Profile, QueryMode, RowFilter,
    WriteMode,
};
use crate::sql::template::EnabledTemplate;

closed_enum! {
    /// What a policy does with a statement.
    Verdict { Allow = "allow", Block = "block", Mask = "mask", RowFilter = "row-filter", }
}

/// A verdict, as the API writes it.
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

    fn block(refusal: Refusal) -> Self {
        Self {
            verdict: Verdict::Block,
            rule: refusal.rule,
            hint: refusal.hint,
            ..Self::allow(refusal.reason)
        }
    }

    pub(crate) fn is_block(&self) -> bool {
        self.verdict == Verdict::Block
    }
}

/// A verdict, with what replay wants to know of the statement.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) evaluation: Evaluation,
    /// The kind of the statement, when it is one that can be read.
    pub(crate) kind: Option<Kind>,
    /// Whether the text could not be read as SQL.
    pub(crate) unparseable: bool,
}

/// Judges `sql` by `profile`. The rules are tried in the order of [`crate::rule`].
pub(crate) fn judge(sql: &str, profile: &Profile, templates: &[EnabledTemplate]) -> Judged {
    with_parsed(sql, |parsed| {
        let (kind, unparseable) = match &parsed {
            Parsed::One(analysis) => (Some(analysis.kind), false),
            Parsed::Several(_) => (None, false),
            Parsed::Empty | Parsed::Unparseable(_) => (None, true),
        };
        Judged {
            evaluation: evaluate(sql, &parsed, profile, templates),
            kind,
            unparseable,
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
        let normalised = normalise(sql);
        match templates
            .iter()
            .find(|template| template.normalised == normalised)
        {
            Some(found) => template = Some(found.name.clone()),
            None => {
                return Evaluation::block(
                    Refusal::new(
                        rule::QUERY_MODE_TEMPLATES,
                        "query_mode is templates and the statement is no enabled query template",
                    )
                    .with_hint("Call a query template, or add one for this statement"),
                );
            }
        }
    }
    let evaluation = match parsed {
        Parsed::One(analysis) => evaluate_one(analysis, sql.len(), profile),
        Parsed::Several(count) => Evaluation::block(several(*count)),
        Parsed::Empty => unreadable(sql, "the text holds no statement", profile),
        Parsed::Unparseable(reason) => unreadable(
            sql,
            &format!("the text cannot be read as PostgreSQL: {reason}"),
            profile,
        ),
    };
    Evaluation {
        template,
        ..evaluation
    }
}

fn several(count: usize) -> Refusal {
    Refusal::new(
        rule::MULTIPLE_STATEMENTS,
        format!("the text holds {count} statements"),
    )
    .with_hint("Send one statement at a time")
}

/// What cannot be read may do anything: it passes only a policy that restricts
/// nothing.
fn unreadable(sql: &str, reason: &str, profile: &Profile) -> Evaluation {
    let first_words = first_words(sql);
    let may_copy = match &first_words {
        Some(words) => words.iter().any(|word| word == "copy"),
        // Not even its words can be told: wherever it stands, it may be one.
        None => sql.to_lowercase().contains("copy"),
    };
    if may_copy && let Some(refusal) = refusal(&[Kind::Copy].into(), profile) {
        return Evaluation::block(refusal);
    }
    if restricts(profile) {
        return Evaluation::block(Refusal::new(
            rule::UNPARSEABLE,
            format!("{reason}; it cannot be shown to keep to the policy's restrictions"),
        ));
    }
    let count = first_words.map_or(0, |words| words.len());
    if count > 1 {
        return Evaluation::block(several(count));
    }
    let mut evaluation = Evaluation::allow("the policy restricts neither statements nor tables");
    evaluation
        .notes
        .push(format!("{reason}; what it does was not judged"));
    evaluation
}

fn restricts(profile: &Profile) -> bool {
    let rules = profile.statement_rules.as_ref().is_some_and(|rules| {
        let present = |words: &Option<Vec<String>>| words.as_ref().is_some_and(|w| !w.is_empty());
        present(&rules.allow) || present(&rules.deny)
    });
    profile.access_mode == AccessMode::ReadOnly || rules || concerns_tables(profile)
}

fn concerns_tables(profile: &Profile) -> bool {
    !(profile.table_allowlist.is_empty()
        && profile.table_denylist.is_empty()
        && profile.masking_rules.is_empty()
        && profile.row_filters.is_empty())
}

fn evaluate_one(analysis: &Analysis, sql_length: usize, profile: &Profile) -> Evaluation {
    let refused = refusal(&analysis.kinds, profile)
        .or_else(|| table_refusal(analysis, profile))
        .or_else(|| filter_refusal(analysis, profile));
    if let Some(refused) = refused {
        return Evaluation::block(refused);
    }
    let mut evaluation = Evaluation::allow("no rule of the policy refuses the statement");
    evaluation.notes = notes(analysis, profile);
    apply_masks(analysis, profile, &mut evaluation);
    apply_filters(analysis, sql_length, profile, &mut evaluation);
    evaluation
}

fn table_refusal(analysis: &Analysis, profile: &Profile) -> Option<Refusal> {
    let patterns = |entries: &[String]| {
        entries
            .iter()
            .map(|e| TablePattern::parse(e))
            .collect::<Vec<_>>()
    };
    let deny = patterns(&profile.table_denylist);
    if let Some(table) = analysis
        .tables()
        .find(|table| deny.iter().any(|d| d.covers(table)))
    {
        return Some(Refusal::new(
            rule::TABLE_DENYLIST,
            format!("table_denylist names {table}"),
        ));
    }
    let allow = patterns(&profile.table_allowlist);
    let outside = analysis
        .tables()
        .find(|table| !allow.iter().any(|a| a.grants(table)));
    if let (Some(table), false) = (outside, allow.is_empty()) {
        let refused = Refusal::new(
            rule::TABLE_ALLOWLIST,
            format!("table_allowlist does not name {table}"),
        );
        // The usual reason for a surprise: a bare entry grants one schema alone.
        let same_name = table.schema != "public"
            && allow
                .iter()
                .any(|entry| entry.grants(&TableName::bare(&table.name)));
        return Some(if same_name {
            refused.with_hint("An entry without a schema grants the schema public only")
        } else {
            refused
        });
    }
    match &analysis.opaque {
        Some(reason) if concerns_tables(profile) => Some(Refusal::new(
            rule::UNDECIDABLE,
            format!("{reason}, and the policy restricts tables"),
        )),
        _ => None,
    }
}

fn filter_refusal(analysis: &Analysis, profile: &Profile) -> Option<Refusal> {
    let mut entries = profile
        .row_filters
        .iter()
        .map(|filter| TablePattern::parse(&filter.table));
    let filtered =
        entries.find_map(|entry| analysis.written.iter().find(|table| entry.covers(table)));
    match filtered {
        Some(table) if analysis.empties_tables => Some(
            Refusal::new(
                rule::ROW_FILTER,
                format!("all rows of {table} would go, those outside its row filter too"),
            )
            .with_hint("Use DELETE, which the row filter narrows"),
        ),
        _ => None,
    }
}

/// A statement that is both filtered and masked is `row-filter`, with its masks beside.
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
                "rows that the statement adds to {} are not held against its row filter",
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
    match with_filter(analysis, sql_length, &predicate) {
        Ok(sql) => evaluation.rewritten_sql = Some(sql),
        Err(reason) => evaluation.notes.push(format!(
            "the statement with its row filter is not shown: {reason}"
        )),
    }
    evaluation.verdict = Verdict::RowFilter;
    evaluation.reason = "the policy narrows the statement to the rows of its filters".to_owned();
    evaluation.row_filter_predicate = Some(predicate);
}

fn apply_masks(analysis: &Analysis, profile: &Profile, evaluation: &mut Evaluation) {
    // EXPLAIN returns a plan, no rows.
    if analysis.kind == Kind::Explain {
        return;
    }
    let met = masked(analysis, &profile.masking_rules);
    let rules = |indices: &std::collections::BTreeSet<usize>| {
        indices
            .iter()
            .filter_map(|index| profile.masking_rules.get(*index))
            .collect::<Vec<_>>()
    };
    for rule in rules(&met.used) {
        evaluation.notes.push(format!(
            "{} is used but not returned: a mask does not hide what a condition or a write tells",
            rule.column
        ));
    }
    for rule in rules(&met.returned) {
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
    if analysis.kinds.iter().any(|kind| kind.writes()) {
        evaluation
            .notes
            .push("masks change rows that are returned, not values written".to_owned());
    }
    evaluation.verdict = Verdict::Mask;
    evaluation.reason = "the statement returns columns that the policy masks".to_owned();
}

/// What the verdict leaves open.
fn notes(analysis: &Analysis, profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| notes.push(text);
    let list = |names: &std::collections::BTreeSet<String>| {
        names
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(reason) = &analysis.opaque {
        note(reason.clone());
    }
    if !analysis.table_functions.is_empty() {
        let names = list(&analysis.table_functions);
        note(format!(
            "what {names} reads or writes does not show in the statement"
        ));
    }
    if !analysis.functions.is_empty() {
        let names = list(&analysis.functions);
        note(format!(
            "calls {names}: what a function does does not show in the statement"
        ));
    }
    if concerns_tables(profile) && analysis.read.iter().any(TableName::is_catalogue) {
        note("reads system catalogues, which tell of every table (pg_stats of its values)".into());
    }
    let writes = analysis.kinds.iter().any(|kind| kind.writes());
    let ddl = analysis.kinds.contains(&Kind::Ddl);
    let masked = profile.masking_rules.iter().map(|rule| &rule.table);
    let filtered = profile.row_filters.iter().map(|filter| &filter.table);
    let is_protected = masked
        .chain(filtered)
        .map(|entry| TablePattern::parse(entry))
        .any(|entry| analysis.written.iter().any(|table| entry.covers(table)));
    if ddl && is_protected {
        note("masks and row filters go by names, which a change of schema can change".to_owned());
    }
    if [Kind::Set, Kind::Transaction]
        .iter()
        .any(|kind| analysis.kinds.contains(kind))
    {
        note("what the statement changes for later statements is not judged".to_owned());
    }
    if analysis.locks_rows && profile.access_mode == AccessMode::ReadOnly {
        note("locks rows, which a read-only transaction refuses".to_owned());
    }
    let approval = match profile.approval_mode {
        ApprovalMode::Off => false,
        ApprovalMode::Writes => analysis
            .kinds
            .iter()
            .any(|kind| kind.writes() && *kind != Kind::Ddl),
        ApprovalMode::Ddl => ddl,
        ApprovalMode::All => writes,
    };
    if approval {
        note("approval_mode holds the statement until it is approved".to_owned());
    }
    match profile.write_mode {
        WriteMode::Rollback if writes => note("write_mode rollback undoes the write".to_owned()),
        WriteMode::Sandbox if writes => {
            note("write_mode sandbox sends the write to a branch".to_owned());
        }
        _ => {}
    }
    if ddl && profile.migration_safety != MigrationSafety::Off {
        note("migration_safety is not judged here".to_owned());
    }
    if profile.budget_queries_per_hour > 0
        || profile.budget_queries_per_day > 0
        || profile.egress_bytes_per_day > 0
    {
        note("budgets are not judged here".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests;

//! Guardrails: checks of policy profiles that pass, or fail with reasons.

use std::collections::BTreeSet;

use pgbeam_engine::{StatementKind, rule};

use super::{
    Witness,
    evaluate::{Evaluator, targets},
    examine::{Examination, unprobed},
    names::{Names, display},
    probes, summary,
};
use crate::policies::{
    diff::escape,
    finding::{Finding, Severity},
    normalized::NormalizedProfile,
    tables::{TableEntry, fold},
};

/// The result of a guardrail, which passes or fails with reasons.
///
/// Each reason is a [`Finding`] with the severity [`Error`](Severity::Error).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a guardrail has no effect unless its result is checked"]
pub struct Guardrail {
    findings: Vec<Finding>,
}

impl Guardrail {
    /// Returns `true` if the guardrail passes.
    pub fn is_passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the reasons why the guardrail fails, as messages. Empty if it passes.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.message.as_str())
    }

    /// Returns the reasons why the guardrail fails, as findings. Empty if it passes.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl From<Guardrail> for Vec<Finding> {
    fn from(guardrail: Guardrail) -> Self {
        guardrail.findings
    }
}

/// Checks that an update of a profile from `current` to `desired` grants nothing new: no statement is newly allowed, no
/// mask or row filter is lost or weaker, and no limit, approval or mode is loosened.
///
/// The guardrail also fails if it cannot prove that nothing new is granted, for example because the predicate of a row
/// filter changes. As in an update, `query_mode` and fields that this version does not know keep their value if
/// `desired` omits them. The findings have the rule `no-new-access`.
///
/// See the [module documentation](super#what-is-covered) for the fields and statements that the check covers.
///
/// ```
/// use pgbeam::policies::{PolicyProfileInput, access::check_no_new_access};
///
/// let current = PolicyProfileInput::new("Support").max_rows(100);
/// let stricter = PolicyProfileInput::new("Support").max_rows(50).table_denylist(["secrets"]);
/// assert!(check_no_new_access(&current, &stricter).is_passed());
///
/// let guardrail = check_no_new_access(&stricter, &current);
/// for reason in guardrail.reasons() {
///     println!("{reason}");
/// }
/// assert_eq!(guardrail.findings()[0].field, "table_denylist");
/// ```
pub fn check_no_new_access(
    current: impl Into<NormalizedProfile>,
    desired: impl Into<NormalizedProfile>,
) -> Guardrail {
    let current = current.into();
    let desired = desired.into().with_stored(&current);
    let name = desired.name().to_owned();
    let examination = Examination::new(desired, current);
    let mut findings = Vec::new();
    let mut add = |field: &str, message: String| {
        let finding = Finding::new("no-new-access", Severity::Error, escape(&message));
        findings.push(finding.policy(&name).field(field));
    };
    let mut reported = BTreeSet::new();
    let looser = examination.witnesses.looser.iter();
    let looser = looser.map(|witness| (witness, ""));
    let templates = examination.templates.looser.iter();
    let templates = templates.map(|witness| (witness, " as a query template"));
    for (witness, suffix) in looser.chain(templates) {
        let field = field(witness);
        // Reports several statements with the same cause, such as the same field and table, only once.
        let place = match field {
            "access_mode" | "query_mode" => "",
            "statement_rules" => &witness.b.reason,
            _ => &witness.table,
        };
        if reported.insert((field, place)) {
            let (before, after) = (summary(&witness.b), summary(&witness.a));
            let message = format!("`{}`{suffix}: {before} before, {after} after", witness.sql);
            add(field, message);
        }
    }
    for doubt in &examination.doubts {
        add("", doubt.clone());
    }
    for change in &examination.other_changes {
        if change.effect().may_loosen() {
            let (field, from, to) = (change.field(), change.from(), change.to());
            let message = format!("`{field}` changes from {from} to {to}: {}", change.effect());
            add(field, message);
        }
    }
    Guardrail { findings }
}

/// Returns the field of profile `b` that makes `b` stricter than `a` for the statement. Empty if the field is not
/// known.
fn field(witness: &Witness) -> &'static str {
    match witness.b.rule {
        rule::TABLE_DENIED => "table_denylist",
        rule::TABLE_NOT_ALLOWED => "table_allowlist",
        rule::STATEMENT_DENIED | rule::STATEMENT_NOT_ALLOWED => "statement_rules",
        rule::READ_ONLY | rule::LOCKING_SELECT => "access_mode",
        rule::QUERY_MODE_TEMPLATES => "query_mode",
        rule::MIGRATION_BLOCK => "migration_safety",
        rule::MAX_AFFECTED_ROWS_WRITABLE_CTE => "max_affected_rows",
        rule::ROW_FILTER_UNSAFE => "row_filters",
        name if name.starts_with("masked_column") => "masking_rules",
        rule::OK if witness.a.row_filter_predicate == witness.b.row_filter_predicate => {
            "masking_rules"
        }
        rule::OK => "row_filters",
        _ => "",
    }
}

/// The statement kinds, tables and columns that a profile must not grant, for [`check_not_granted`].
///
/// Every combination is checked: each kind on each table and column.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    kinds: Vec<String>,
    tables: Vec<String>,
    columns: Vec<String>,
}

impl Grants {
    /// Creates grants of every kind of statement on every table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the kinds of statements, such as `select` and `delete`. Default: all kinds.
    ///
    /// `select` covers the statements that return or copy values of a table, including `INSERT … SELECT` and RETURNING.
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.kinds = kinds.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the tables, as `table` or `schema.table`. Default: every table and, unless [`columns`](Self::columns) are
    /// set, also statements without a table.
    ///
    /// A table without a schema means the tables of that name in every schema.
    pub fn tables(mut self, tables: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tables = tables.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the columns. Default: the tables as a whole.
    ///
    /// If columns are set, `select` and `explain` are granted if a statement can use a column without a mask, and
    /// `insert` and `update` are granted if a statement can write a column. Every other kind is granted if a statement
    /// of that kind is allowed on the table.
    pub fn columns(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.columns = columns.into_iter().map(Into::into).collect();
        self
    }
}

/// Checks that a profile grants no combination of the statement kinds, tables and columns of `grants`.
///
/// A row filter does not prevent the access to a table, because agents can use some of the rows. A mask of any kind
/// prevents reading a column. Under the `query_mode` `templates`, every statement is checked as a query template. The
/// guardrail also fails if a name or a statement kind cannot be checked, or if the engine cannot evaluate the profile.
/// The findings have the rule `not-granted`.
///
/// See the [module documentation](super#what-is-covered) for the fields and statements that the check covers.
///
/// ```
/// use pgbeam::policies::{PolicyProfileInput, access::{Grants, check_not_granted}};
///
/// let salaries = Grants::new().kinds(["select"]).tables(["salaries"]).columns(["amount"]);
/// let profile = PolicyProfileInput::new("Support");
/// let guardrail = check_not_granted(&profile, &salaries);
/// assert_eq!(
///     guardrail.reasons().next(),
///     Some("`select` on `salaries.amount` is granted: `SELECT amount FROM salaries` is allowed")
/// );
///
/// let profile = profile.table_denylist(["salaries"]);
/// assert!(check_not_granted(&profile, &salaries).is_passed());
/// ```
pub fn check_not_granted(profile: impl Into<NormalizedProfile>, grants: &Grants) -> Guardrail {
    let profile = profile.into();
    let findings = match granted(&profile, grants) {
        Ok(reasons) => reasons,
        Err(reason) => vec![reason],
    };
    let finding = |message: String| {
        Finding::new("not-granted", Severity::Error, escape(&message))
            .policy(profile.name())
            .remedy("deny the kind or the table, or mask the column")
    };
    Guardrail {
        findings: findings.into_iter().map(finding).collect(),
    }
}

/// Returns a reason for each granted combination.
///
/// # Errors
///
/// The reason why nothing can be checked: an unknown statement kind, an empty name, or a profile that the engine cannot
/// evaluate.
fn granted(profile: &NormalizedProfile, grants: &Grants) -> Result<Vec<String>, String> {
    let kinds = kinds(&grants.kinds)?;
    let tables = grants.tables.iter().map(|table| TableEntry::parse(table));
    let tables: Vec<TableEntry> = tables.collect();
    let columns: BTreeSet<String> = grants.columns.iter().map(|column| fold(column)).collect();
    if columns.contains("") || tables.iter().any(|table| table.name.is_empty()) {
        return Err("a table or column of the guardrail has no name".to_owned());
    }
    let evaluator = Evaluator::new(profile).map_err(|error| error.to_string())?;
    let names = Names::with_tables(profile, &tables, &columns);
    let mut probes = probes::for_tables(&names, &targets(&[&evaluator], &names));
    if tables.is_empty() && columns.is_empty() {
        probes.extend(probes::plain(&names));
    }
    let mut reasons = unprobed(&names);
    let mut reported = BTreeSet::new();
    for probe in probes {
        let is_of_column =
            probe.column.is_some() || columns.is_empty() || affects_rows(probe.access);
        if !is_of_column || !kinds.contains(&probe.access) {
            continue;
        }
        let evaluation = evaluator.evaluate_template(&probe.sql);
        let is_read = matches!(probe.access, StatementKind::Select | StatementKind::Explain);
        let is_masked = probe.column.as_ref().is_some_and(|column| {
            let mut masks = evaluation.masked_columns.iter();
            is_read && masks.any(|mask| fold(&mask.column) == *column)
        });
        if evaluation.is_block() || is_masked {
            continue;
        }
        let table = probe.table.as_ref().map(display);
        let place = match (table, probe.column) {
            (Some(table), Some(column)) => format!(" on `{table}.{column}`"),
            (Some(table), None) => format!(" on `{table}`"),
            (None, _) => String::new(),
        };
        let grant = format!("`{}`{place} is granted", probe.access.as_str());
        if reported.insert(grant.clone()) {
            reasons.push(format!("{grant}: `{}` is allowed", probe.sql));
        }
    }
    Ok(reasons)
}

/// Returns `true` for statement kinds that affect whole rows or tables, and so every column.
fn affects_rows(kind: StatementKind) -> bool {
    use StatementKind::{Explain, Insert, Select, Update};
    !matches!(kind, Select | Explain | Insert | Update)
}

/// Parses statement kinds. If `kinds` is empty, returns all kinds. Fails if a kind is unknown.
fn kinds(kinds: &[String]) -> Result<BTreeSet<StatementKind>, String> {
    if kinds.is_empty() {
        return Ok(StatementKind::ALL.into_iter().collect());
    }
    let parse = |kind: &String| {
        let mut known = StatementKind::ALL.into_iter();
        let known = known.find(|known| known.as_str() == kind.to_lowercase());
        known.ok_or_else(|| format!("`{}` is not a known statement kind", kind))
    };
    kinds.iter().map(parse).collect()
}

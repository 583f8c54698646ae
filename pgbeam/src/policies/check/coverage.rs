//! Coverage: which rules, tables, masks and filters of a policy profile the cases of its tests exercise.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;
use serde_json::Value;

use super::suite::masked;
use crate::policies::{DryEvalResult, Verdict, normalized::NormalizedProfile, tables::TableEntry};

/// Whether a case exercises a part of a policy profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Coverage {
    /// No case exercises it.
    NotCovered,
    /// A case may exercise it. The results of the evaluation do not show which part they come from.
    Unknown,
    /// At least one case exercises it.
    Covered,
}

/// A part of a policy profile that tests can exercise: a rule, a statement kind, a table, a mask or a row filter.
///
/// `Display` prints the field and the entry, such as `table_denylist: secrets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageItem {
    field: &'static str,
    entry: String,
    coverage: Coverage,
}

impl CoverageItem {
    /// Returns the field, by its name in the API contract.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns the entry of the field, or the rule that the field causes.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Returns whether a case exercises it.
    pub fn coverage(&self) -> Coverage {
        self.coverage
    }
}

impl fmt::Display for CoverageItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.entry)
    }
}

/// The coverage of one policy profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyCoverage {
    policy: String,
    cases: usize,
    items: Vec<CoverageItem>,
}

impl PolicyCoverage {
    /// Determines the coverage of a profile by these observations.
    pub(super) fn new(profile: &NormalizedProfile, observations: &[Observation<'_>]) -> Self {
        let parts = parts(profile);
        let mut coverages = vec![Coverage::NotCovered; parts.len()];
        for observation in observations {
            for (coverage, seen) in coverages.iter_mut().zip(observation.coverages(&parts)) {
                *coverage = seen.max(*coverage);
            }
        }
        let items = parts.into_iter().zip(coverages);
        let items = items.map(|(part, coverage)| CoverageItem {
            field: part.field,
            entry: part.entry,
            coverage,
        });
        Self {
            policy: profile.name().to_owned(),
            cases: observations.len(),
            items: items.collect(),
        }
    }

    /// Returns the name of the profile.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the number of its cases.
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// Returns the parts of the profile that tests can exercise.
    pub fn items(&self) -> &[CoverageItem] {
        &self.items
    }

    /// Returns the parts with this coverage.
    pub fn with(&self, coverage: Coverage) -> impl Iterator<Item = &CoverageItem> {
        let items = self.items.iter();
        items.filter(move |item| item.coverage == coverage)
    }
}

/// What a statement uses, as a parser sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) kinds: BTreeSet<String>,
    pub(super) tables: Vec<TableEntry>,
}

/// The result of one case.
pub(super) struct Observation<'a> {
    pub(super) result: &'a DryEvalResult,
    /// `None` if no parser is available, or if it rejects the statement.
    pub(super) facts: Option<Facts>,
}

/// A part of a profile.
struct Part {
    field: &'static str,
    entry: String,
    trigger: Trigger,
}

/// What exercises a part.
enum Trigger {
    /// A statement that this rule blocks.
    Rule(&'static str),
    AllowedKind,
    DeniedKind,
    AllowedTable(TableEntry),
    DeniedTable(TableEntry),
    /// `column` is `column:kind`. `is_unique` is `false` if another mask has the same column and kind.
    Mask {
        table: TableEntry,
        column: String,
        is_unique: bool,
    },
    /// `is_unique` is `false` if another filter has the same predicate.
    Filter {
        table: TableEntry,
        predicate: String,
        is_unique: bool,
    },
}

/// Whether one case exercises a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// The case exercises this part or another one that is `OneOf`.
    OneOf,
    Maybe,
    Yes,
}

fn parts(profile: &NormalizedProfile) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |field, entry: &str, trigger| {
        parts.push(Part {
            field,
            entry: entry.to_owned(),
            trigger,
        });
    };
    let rule = |add: &mut dyn FnMut(&'static str, &str, Trigger), field, rule| {
        add(field, rule, Trigger::Rule(rule));
    };
    if profile.str("access_mode") == "read_only" {
        rule(&mut add, "access_mode", "read_only");
    }
    let mut has_allowed_kinds = false;
    for kind in profile.statement_kinds("allow") {
        has_allowed_kinds = true;
        add(
            "statement_rules",
            &format!("allow {kind}"),
            Trigger::AllowedKind,
        );
    }
    if has_allowed_kinds {
        rule(&mut add, "statement_rules", "statement_not_allowed");
    }
    for kind in profile.statement_kinds("deny") {
        add(
            "statement_rules",
            &format!("deny {kind}"),
            Trigger::DeniedKind,
        );
    }
    let tables = |list| profile.list(list).iter().filter_map(Value::as_str);
    for table in tables("table_allowlist") {
        let entry = TableEntry::parse(table).in_public();
        add("table_allowlist", table, Trigger::AllowedTable(entry));
    }
    if !profile.list("table_allowlist").is_empty() {
        rule(&mut add, "table_allowlist", "table_not_allowed");
    }
    for table in tables("table_denylist") {
        let entry = TableEntry::parse(table);
        add("table_denylist", table, Trigger::DeniedTable(entry));
    }
    let str = |item: &Value, name: &str| {
        let value = item.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let column = |mask: &Value| masked(&str(mask, "column"), &str(mask, "kind"));
    let masks = profile.list("masking_rules");
    for mask in masks {
        let column_and_kind = column(mask);
        let is_same = |other: &&Value| column(other) == column_and_kind;
        let table = str(mask, "table");
        let entry = format!("{table}.{}:{}", str(mask, "column"), str(mask, "kind"));
        let trigger = Trigger::Mask {
            table: TableEntry::parse(&table),
            is_unique: masks.iter().filter(is_same).count() == 1,
            column: column_and_kind,
        };
        add("masking_rules", &entry, trigger);
    }
    let filters = profile.list("row_filters");
    for filter in filters {
        let (table, predicate) = (str(filter, "table"), str(filter, "predicate"));
        let is_same = |other: &&Value| str(other, "predicate") == predicate;
        let entry = format!("{table}: {predicate}");
        let trigger = Trigger::Filter {
            table: TableEntry::parse(&table),
            is_unique: filters.iter().filter(is_same).count() == 1,
            predicate,
        };
        add("row_filters", &entry, trigger);
    }
    if profile.integer("max_affected_rows") > 0 {
        rule(
            &mut add,
            "max_affected_rows",
            "max_affected_rows_writable_cte",
        );
    }
    if profile.str("migration_safety") == "block" {
        rule(&mut add, "migration_safety", "migration_block");
    }
    if profile.str("query_mode") == "templates" {
        rule(&mut add, "query_mode", "query_mode_templates");
    }
    parts
}

impl Observation<'_> {
    /// Returns the coverage of each part by this case.
    fn coverages(&self, parts: &[Part]) -> Vec<Coverage> {
        let seen: Vec<Seen> = parts.iter().map(|part| self.exercises(part)).collect();
        let candidates = seen.iter().filter(|seen| **seen == Seen::OneOf).count();
        let coverages = seen.into_iter().map(|seen| match seen {
            Seen::No => Coverage::NotCovered,
            Seen::OneOf if candidates > 1 => Coverage::Unknown,
            Seen::Maybe => Coverage::Unknown,
            Seen::OneOf | Seen::Yes => Coverage::Covered,
        });
        coverages.collect()
    }

    fn exercises(&self, part: &Part) -> Seen {
        let DryEvalResult { verdict, rule, .. } = self.result;
        let is_blocked = *verdict == Verdict::Block;
        let is_blocked_by = |id: &str| is_blocked && rule == id;
        match &part.trigger {
            Trigger::Rule(id) => {
                // The access mode also causes this rule.
                let is_lock = *id == "read_only" && is_blocked_by("locking_select");
                certain(is_blocked_by(id) || is_lock)
            }
            Trigger::AllowedKind if is_blocked => Seen::No,
            Trigger::AllowedKind => self.has_kind(part).map_or(Seen::Maybe, certain),
            Trigger::DeniedKind if is_blocked_by("statement_denied") => {
                self.has_kind(part).map_or(Seen::OneOf, certain)
            }
            Trigger::DeniedKind => Seen::No,
            Trigger::AllowedTable(_) if is_blocked => Seen::No,
            Trigger::AllowedTable(entry) => {
                let grants = |table: &TableEntry| table.clone().in_public() == *entry;
                self.uses(grants).map_or(Seen::Maybe, certain)
            }
            Trigger::DeniedTable(entry) if is_blocked_by("table_denied") => self
                .uses(|table| restricts(entry, table))
                .map_or(Seen::OneOf, certain),
            Trigger::DeniedTable(_) => Seen::No,
            Trigger::Mask { table, .. } if is_blocked => {
                self.blocked_part(table, rule.starts_with("masked_column"))
            }
            Trigger::Mask {
                table,
                column,
                is_unique,
            } => {
                let mut columns = self.result.masked_columns().iter();
                let is_masked =
                    columns.any(|shown| masked(&shown.column, shown.kind.as_str()) == *column);
                self.allowed_part(table, is_masked, *is_unique)
            }
            Trigger::Filter { table, .. } if is_blocked => {
                self.blocked_part(table, rule == "row_filter_unsafe")
            }
            Trigger::Filter {
                table,
                predicate,
                is_unique,
            } => {
                let added = self.result.row_filter_predicate.as_deref();
                let has_predicate =
                    |added: &str| added == predicate || added.contains(&format!("({predicate})"));
                self.allowed_part(table, added.is_some_and(has_predicate), *is_unique)
            }
        }
    }

    /// Returns whether a blocked case exercises a mask or a filter of this table. `is_cause` is `true` if a rule
    /// about masks or filters blocks the statement.
    fn blocked_part(&self, table: &TableEntry, is_cause: bool) -> Seen {
        let is_used = self.uses(|used| restricts(table, used));
        match is_cause && is_used.unwrap_or(true) {
            true => Seen::OneOf,
            false => Seen::No,
        }
    }

    /// Returns whether an allowed case exercises a mask or a filter of this table. `is_shown` is `true` if the
    /// result has its column or predicate, and `is_unique` if no other mask or filter has the same.
    fn allowed_part(&self, table: &TableEntry, is_shown: bool, is_unique: bool) -> Seen {
        if !is_shown {
            return Seen::No;
        }
        match self.uses(|used| restricts(table, used)) {
            Some(is_used) => certain(is_used),
            None if is_unique => Seen::Yes,
            None => Seen::Maybe,
        }
    }

    /// Returns whether the statement has the kind of this part; `None` if its facts are unknown.
    fn has_kind(&self, part: &Part) -> Option<bool> {
        let kind = part.entry.rsplit(' ').next().unwrap_or_default();
        let facts = self.facts.as_ref()?;
        Some(facts.kinds.contains(&kind.to_lowercase()))
    }

    /// Returns whether the statement uses a table that matches; `None` if its facts are unknown.
    fn uses(&self, matches: impl Fn(&TableEntry) -> bool) -> Option<bool> {
        let facts = self.facts.as_ref()?;
        Some(facts.tables.iter().any(matches))
    }
}

fn certain(is_seen: bool) -> Seen {
    match is_seen {
        true => Seen::Yes,
        false => Seen::No,
    }
}

/// Returns `true` if an entry of a denylist, a mask or a filter applies to the table of a statement. A table
/// without a schema is in `public` or `pg_catalog`.
fn restricts(entry: &TableEntry, table: &TableEntry) -> bool {
    let in_schema = |schema: &str| TableEntry {
        schema: Some(schema.to_owned()),
        name: table.name.clone(),
    };
    match table.schema {
        Some(_) => entry.covers(table),
        None => ["public", "pg_catalog"]
            .map(in_schema)
            .iter()
            .any(|table| entry.covers(table)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile() -> NormalizedProfile {
        let profile = json!({
            "name": "Support",
            "statement_rules": {"allow": ["select", "update"], "deny": ["ddl", "set"]},
            "table_allowlist": ["orders", "app.users", "secrets"],
            "table_denylist": ["secrets", "app.keys"],
            "masking_rules": [
                {"table": "users", "column": "email", "kind": "redact"},
                {"table": "users", "column": "phone", "kind": "hash"},
                {"table": "staff", "column": "Email", "kind": "redact"},
            ],
            "row_filters": [
                {"table": "orders", "predicate": "tenant = 1"},
                {"table": "users", "predicate": "tenant = 1"},
                {"table": "staff", "predicate": "active"},
            ],
            "max_affected_rows": 10,
            "migration_safety": "block",
            "query_mode": "templates",
        });
        NormalizedProfile::from_json(profile.as_object().cloned().unwrap())
    }

    fn facts(kinds: &[&str], tables: &[&str]) -> Option<Facts> {
        Some(Facts {
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            tables: tables
                .iter()
                .map(|table| TableEntry::parse(table))
                .collect(),
        })
    }

    /// Returns the covered parts, and those that may be covered with a question mark.
    fn covered(result: Value, facts: Option<Facts>) -> Vec<String> {
        let mut result = result;
        for (field, value) in [("verdict", "block"), ("rule", "ok"), ("reason", "")] {
            if result.get(field).is_none() {
                result[field] = value.into();
            }
        }
        let result = serde_json::from_value(result).unwrap();
        let observation = Observation {
            result: &result,
            facts,
        };
        let coverage = PolicyCoverage::new(&profile(), &[observation]);
        let items = coverage
            .items
            .iter()
            .filter_map(|item| match item.coverage {
                Coverage::NotCovered => None,
                Coverage::Unknown => Some(format!("{item}?")),
                Coverage::Covered => Some(item.to_string()),
            });
        items.collect()
    }

    /// The result, the kinds and tables of the statement, and the covered parts.
    type Case<'a> = (Value, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

    #[test]
    fn with_facts_each_part_is_decided() {
        let masks = json!([{"column": "email", "kind": "redact"}, {"column": "x", "kind": "hash"}]);
        let cases: [Case<'_>; 14] = [
            (
                json!({"rule": "read_only"}),
                &["insert"],
                &["orders"],
                &["access_mode: read_only"],
            ),
            (
                json!({"rule": "locking_select"}),
                &["select"],
                &["orders"],
                &["access_mode: read_only"],
            ),
            (
                json!({"rule": "statement_not_allowed"}),
                &["show"],
                &[],
                &["statement_rules: statement_not_allowed"],
            ),
            (
                json!({"rule": "statement_denied"}),
                &["ddl"],
                &["orders"],
                &["statement_rules: deny ddl"],
            ),
            (
                json!({"rule": "table_not_allowed"}),
                &["select"],
                &["users"],
                &["table_allowlist: table_not_allowed"],
            ),
            (
                json!({"rule": "table_denied"}),
                &["select"],
                &["other.secrets", "keys"],
                &["table_denylist: secrets"],
            ),
            (
                json!({"verdict": "allow"}),
                &["select"],
                &["public.orders"],
                &["statement_rules: allow select", "table_allowlist: orders"],
            ),
            (
                json!({"verdict": "allow"}),
                &["update"],
                &["app.users"],
                &[
                    "statement_rules: allow update",
                    "table_allowlist: app.users",
                ],
            ),
            (
                json!({"verdict": "mask", "masked_columns": masks}),
                &["select"],
                &["app.users"],
                &[
                    "statement_rules: allow select",
                    "table_allowlist: app.users",
                    "masking_rules: users.email:redact",
                ],
            ),
            (
                json!({"rule": "masked_column_expression"}),
                &["select"],
                &["users"],
                &[
                    "masking_rules: users.email:redact?",
                    "masking_rules: users.phone:hash?",
                ],
            ),
            (
                json!({"rule": "masked_column_expression"}),
                &["select"],
                &["staff"],
                &["masking_rules: staff.Email:redact"],
            ),
            (
                json!({"verdict": "row-filter", "row_filter_predicate": "(tenant = 1) AND (active)"}),
                &["select"],
                &["orders", "staff"],
                &[
                    "statement_rules: allow select",
                    "table_allowlist: orders",
                    "row_filters: orders: tenant = 1",
                    "row_filters: staff: active",
                ],
            ),
            (
                json!({"rule": "row_filter_unsafe"}),
                &["insert"],
                &["users"],
                &["row_filters: users: tenant = 1"],
            ),
            (
                json!({"rule": "max_affected_rows_writable_cte"}),
                &["select"],
                &["orders"],
                &["max_affected_rows: max_affected_rows_writable_cte"],
            ),
        ];
        for (result, kinds, tables, expected) in cases {
            let covered = covered(result.clone(), facts(kinds, tables));
            assert_eq!(covered, expected, "{result}");
        }
    }

    #[test]
    fn without_facts_ambiguous_parts_are_unknown() {
        let masks =
            json!([{"column": "EMAIL", "kind": "redact"}, {"column": "phone", "kind": "hash"}]);
        // (result, covered)
        let cases: [(Value, &[&str]); 8] = [
            (json!({"rule": "read_only"}), &["access_mode: read_only"]),
            (
                json!({"rule": "migration_block"}),
                &["migration_safety: migration_block"],
            ),
            (
                json!({"rule": "query_mode_templates"}),
                &["query_mode: query_mode_templates"],
            ),
            (json!({"rule": "parse_error"}), &[]),
            (
                json!({"rule": "table_denied"}),
                &["table_denylist: secrets?", "table_denylist: app.keys?"],
            ),
            (
                json!({"rule": "statement_denied"}),
                &["statement_rules: deny ddl?", "statement_rules: deny set?"],
            ),
            (
                json!({"verdict": "mask", "masked_columns": masks}),
                &[
                    "statement_rules: allow select?",
                    "statement_rules: allow update?",
                    "table_allowlist: orders?",
                    "table_allowlist: app.users?",
                    "table_allowlist: secrets?",
                    "masking_rules: users.email:redact?",
                    "masking_rules: users.phone:hash",
                    "masking_rules: staff.Email:redact?",
                ],
            ),
            (
                json!({"verdict": "row-filter", "row_filter_predicate": "active"}),
                &[
                    "statement_rules: allow select?",
                    "statement_rules: allow update?",
                    "table_allowlist: orders?",
                    "table_allowlist: app.users?",
                    "table_allowlist: secrets?",
                    "row_filters: staff: active",
                ],
            ),
        ];
        for (result, expected) in cases {
            assert_eq!(covered(result.clone(), None), expected, "{result}");
        }
    }

    #[test]
    fn the_only_candidate_is_covered() {
        let json = json!({"name": "a", "table_denylist": ["secrets"]});
        let profile = NormalizedProfile::from_json(json.as_object().cloned().unwrap());
        let result = json!({"verdict": "block", "rule": "table_denied", "reason": ""});
        let result = serde_json::from_value(result).unwrap();
        let observation = Observation {
            result: &result,
            facts: None,
        };
        let coverage = PolicyCoverage::new(&profile, &[observation]);
        let covered: Vec<_> = coverage
            .with(Coverage::Covered)
            .map(CoverageItem::entry)
            .collect();
        assert_eq!(covered, ["secrets"]);
        let missing: Vec<_> = coverage
            .with(Coverage::NotCovered)
            .map(CoverageItem::entry)
            .collect();
        assert_eq!(missing, ["read_only"]);
    }
}

//! The parts of a policy profile whose coverage is reported: rules, statement kinds, tables, masks and row filters.

use serde_json::Value;

use super::suite::masked;
use crate::policies::{normalized::NormalizedProfile, tables::TableEntry};

/// A part of a policy profile that tests can exercise.
pub(super) struct Part {
    /// The field of the profile.
    pub(super) field: &'static str,
    /// The entry of the field, or the rule that blocks statements because of the field. Reports show this text.
    pub(super) entry: String,
    pub(super) trigger: Trigger,
}

/// The statements that exercise a part.
pub(super) enum Trigger {
    /// Statements that this rule blocks.
    Rule(&'static str),
    /// Statements of the kind in [`Part::entry`] that are not blocked.
    AllowedKind,
    /// Statements of the kind in [`Part::entry`] that the rule `statement_denied` blocks.
    DeniedKind,
    /// Statements that use this table and are not blocked.
    AllowedTable(TableEntry),
    /// Statements that use this table and that the rule `table_denied` blocks.
    DeniedTable(TableEntry),
    /// Statements to which this mask applies, or that a rule about masks blocks. `column` has the form `column:kind`.
    /// `is_unique` is `false` if another mask has the same column and kind.
    Mask {
        table: TableEntry,
        column: String,
        is_unique: bool,
    },
    /// Statements to which this row filter applies, or that the rule `row_filter_unsafe` blocks. `is_unique` is `false`
    /// if another filter has the same predicate.
    Filter {
        table: TableEntry,
        predicate: String,
        is_unique: bool,
    },
}

impl Part {
    fn new(field: &'static str, entry: impl Into<String>, trigger: Trigger) -> Self {
        Self {
            field,
            entry: entry.into(),
            trigger,
        }
    }

    /// Creates the part of a profile for `field`, which blocks statements by the rule `rule`.
    fn rule(field: &'static str, rule: &'static str) -> Self {
        Self::new(field, rule, Trigger::Rule(rule))
    }
}

/// Returns the parts of a profile that tests can exercise.
pub(super) fn parts(profile: &NormalizedProfile) -> Vec<Part> {
    let mut parts = Vec::new();
    if profile.str("access_mode") == "read_only" {
        parts.push(Part::rule("access_mode", "read_only"));
    }
    parts.extend(statement_kinds(profile));
    parts.extend(tables(profile));
    parts.extend(masks(profile.list("masking_rules")));
    parts.extend(filters(profile.list("row_filters")));
    if profile.integer("max_affected_rows") > 0 {
        let rule = "max_affected_rows_writable_cte";
        parts.push(Part::rule("max_affected_rows", rule));
    }
    if profile.str("migration_safety") == "block" {
        parts.push(Part::rule("migration_safety", "migration_block"));
    }
    if profile.str("query_mode") == "templates" {
        parts.push(Part::rule("query_mode", "query_mode_templates"));
    }
    parts
}

fn statement_kinds(profile: &NormalizedProfile) -> impl Iterator<Item = Part> {
    const FIELD: &str = "statement_rules";
    let allow = profile.statement_kinds("allow");
    let allow = allow.map(|kind| Part::new(FIELD, format!("allow {kind}"), Trigger::AllowedKind));
    let deny = profile.statement_kinds("deny");
    let deny = deny.map(|kind| Part::new(FIELD, format!("deny {kind}"), Trigger::DeniedKind));
    let has_allow = profile.statement_kinds("allow").next().is_some();
    let others = has_allow.then(|| Part::rule(FIELD, "statement_not_allowed"));
    allow.chain(others).chain(deny)
}

fn tables(profile: &NormalizedProfile) -> impl Iterator<Item = Part> {
    const ALLOW: &str = "table_allowlist";
    const DENY: &str = "table_denylist";
    let entries = |list| profile.list(list).iter().filter_map(Value::as_str);
    let allow = entries(ALLOW).map(|table| {
        let entry = TableEntry::parse(table).in_public();
        Part::new(ALLOW, table, Trigger::AllowedTable(entry))
    });
    let has_allow = !profile.list(ALLOW).is_empty();
    let others = has_allow.then(|| Part::rule(ALLOW, "table_not_allowed"));
    let deny = entries(DENY).map(|table| {
        let entry = TableEntry::parse(table);
        Part::new(DENY, table, Trigger::DeniedTable(entry))
    });
    allow.chain(others).chain(deny)
}

fn masks(masks: &[Value]) -> impl Iterator<Item = Part> {
    let column = |mask: &Value| masked(str(mask, "column"), str(mask, "kind"));
    masks.iter().map(move |mask| {
        let column_and_kind = column(mask);
        let is_same = |other: &&Value| column(other) == column_and_kind;
        let table = str(mask, "table");
        let trigger = Trigger::Mask {
            table: TableEntry::parse(table),
            is_unique: masks.iter().filter(is_same).count() == 1,
            column: column_and_kind,
        };
        let (column, kind) = (str(mask, "column"), str(mask, "kind"));
        Part::new("masking_rules", format!("{table}.{column}:{kind}"), trigger)
    })
}

fn filters(filters: &[Value]) -> impl Iterator<Item = Part> {
    filters.iter().map(move |filter| {
        let (table, predicate) = (str(filter, "table"), str(filter, "predicate"));
        let is_same = |other: &&Value| str(other, "predicate") == predicate;
        let trigger = Trigger::Filter {
            table: TableEntry::parse(table),
            predicate: predicate.to_owned(),
            is_unique: filters.iter().filter(is_same).count() == 1,
        };
        Part::new("row_filters", format!("{table}: {predicate}"), trigger)
    })
}

fn str<'a>(item: &'a Value, field: &str) -> &'a str {
    item.get(field).and_then(Value::as_str).unwrap_or_default()
}

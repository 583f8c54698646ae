//! Classifies changes of fields with lists: statement kinds, tables, masks and row filters.
//!
//! The functions that compare two values of a field return `None` if the values are equal as sets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Effect;
use crate::policies::{
    normalized::items,
    tables::{TableEntry, fold},
};

/// The statement kinds that change data or the schema. `read_only` blocks these kinds.
const WRITES: &[&str] = &["insert", "update", "delete", "ddl"];

/// Compares two values of `statement_rules` by the statement kinds that they allow.
///
/// The access mode decides which kinds an empty `allow` allows, so the kinds are compared under both access modes. The
/// change is loosening if a kind becomes allowed under one of the modes. If no kind becomes allowed, the effect is
/// unknown if an unknown field of `statement_rules` changes, tightening if a kind becomes blocked under one of the
/// modes, and neutral in all other cases.
pub(super) fn statement_kinds(from: &Value, to: &Value) -> Option<Effect> {
    let (from, to) = (KindRules::read(from), KindRules::read(to));
    if from == to {
        return None;
    }
    let known = ["set", "other", "select", "show", "explain", "transaction"];
    let lists = [&from.allow, &from.deny, &to.allow, &to.deny];
    let listed = lists.into_iter().flatten().map(String::as_str);
    let kinds: BTreeSet<&str> = known.iter().chain(WRITES).copied().chain(listed).collect();
    let (mut gained, mut lost) = (false, false);
    for is_read_only in [true, false] {
        for kind in &kinds {
            let before = from.allows(kind, is_read_only);
            let after = to.allows(kind, is_read_only);
            gained |= after && !before;
            lost |= before && !after;
        }
    }
    let unknown = (from.unknown != to.unknown).then_some(Effect::Unknown);
    Some(direction(gained, lost).max(unknown.unwrap_or(Effect::Neutral)))
}

/// The value of `statement_rules`, with the kinds in lower case.
#[derive(PartialEq)]
struct KindRules {
    allow: BTreeSet<String>,
    deny: BTreeSet<String>,
    /// The fields of `statement_rules` that this version does not know.
    unknown: BTreeMap<String, Value>,
}

impl KindRules {
    fn read(rules: &Value) -> Self {
        let list = |name: &str| {
            let kinds = rules.get(name).map(items).unwrap_or_default().iter();
            kinds
                .filter_map(Value::as_str)
                .map(str::to_lowercase)
                .collect()
        };
        let fields = rules.as_object().into_iter().flatten();
        Self {
            allow: list("allow"),
            deny: list("deny"),
            unknown: fields
                .filter(|(name, _)| !matches!(name.as_str(), "allow" | "deny"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }

    /// Returns `true` if the rules allow a kind under an access mode.
    fn allows(&self, kind: &str, is_read_only: bool) -> bool {
        let is_listed = self.allow.contains(kind);
        let needs_listing = kind == "other" || (kind == "set" && is_read_only);
        let is_write = is_read_only && WRITES.contains(&kind);
        kind != "copy"
            && !self.deny.contains(kind)
            && !is_write
            && (is_listed || (self.allow.is_empty() && !needs_listing))
    }
}

/// Compares two values of `table_allowlist`. An empty list allows every table. An entry without a schema means the
/// table of that name in `public`.
pub(super) fn allowed_tables(from: &Value, to: &Value) -> Option<Effect> {
    if table_set(from) == table_set(to) {
        return None;
    }
    let tables = |list: &Value| -> BTreeSet<TableEntry> {
        entries(list).map(TableEntry::in_public).collect()
    };
    let (from, to) = (tables(from), tables(to));
    Some(match (from.is_empty(), to.is_empty()) {
        (true, _) => Effect::Tightening,
        (_, true) => Effect::Loosening,
        _ => direction(!to.is_subset(&from), !from.is_subset(&to)),
    })
}

/// Compares two values of `table_denylist`. An entry without a schema denies the tables of that name in every schema.
pub(super) fn denied_tables(from: &Value, to: &Value) -> Option<Effect> {
    if table_set(from) == table_set(to) {
        return None;
    }
    let (from, to): (Vec<_>, Vec<_>) = (entries(from).collect(), entries(to).collect());
    let lacks = |tables: &[TableEntry], others: &[TableEntry]| {
        let is_covered = |table: &TableEntry| others.iter().any(|other| other.covers(table));
        !tables.iter().all(is_covered)
    };
    Some(direction(lacks(&from, &to), lacks(&to, &from)))
}

/// A masking rule or a row filter: the table and the column that it protects, and the kind or the predicate.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Protection<'a> {
    table: TableEntry,
    /// The masked column; empty for a row filter.
    column: String,
    /// The kind of a mask, or the predicate of a row filter.
    value: &'a str,
    /// All other fields, as a JSON object; empty if there are none.
    unknown: String,
}

impl<'a> Protection<'a> {
    /// Reads an item of a list of masks or row filters. `value` is the name of a field: `kind` or `predicate`.
    fn read(item: &'a Value, value: &str) -> Self {
        let str = |field: &str| item.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut unknown = item.as_object().cloned().unwrap_or_default();
        unknown.retain(|field, _| !["table", "column", value].contains(&field.as_str()));
        Self {
            table: TableEntry::parse(str("table")),
            column: fold(str("column")),
            value: str(value).trim(),
            unknown: if unknown.is_empty() {
                String::new()
            } else {
                Value::Object(unknown).to_string()
            },
        }
    }

    /// Returns `true` if this mask or filter applies to every table to which `other` applies, and to the same column.
    fn covers_target_of(&self, other: &Self) -> bool {
        self.table.covers(&other.table) && self.column == other.column
    }
}

/// Compares two values of `masking_rules`.
pub(super) fn masks(from: &Value, to: &Value) -> Option<Effect> {
    // A hash is weaker, because it shows which values are equal.
    let strength = |kind: &str| match kind {
        "hash" => Some(0),
        "redact" | "null" => Some(1),
        _ => None,
    };
    let covers = |mask: &Protection<'_>, other: &Protection<'_>| {
        mask.covers_target_of(other)
            && mask.unknown == other.unknown
            && (mask.value == other.value
                || matches!((strength(mask.value), strength(other.value)), (Some(a), Some(b)) if a >= b))
    };
    protections(from, to, "kind", covers, |set| {
        set.iter().any(|mask| {
            let is_ambiguous =
                |other: &Protection<'_>| mask.covers_target_of(other) && mask.value != other.value;
            strength(mask.value).is_none() || set.iter().any(is_ambiguous)
        })
    })
}

/// Compares two values of `row_filters`.
pub(super) fn row_filters(from: &Value, to: &Value) -> Option<Effect> {
    let covers = |filter: &Protection<'_>, other: &Protection<'_>| {
        filter.covers_target_of(other)
            && filter.value == other.value
            && filter.unknown == other.unknown
    };
    protections(from, to, "predicate", covers, |_| false)
}

/// Compares two lists of masks or row filters.
///
/// The loss of a mask or filter is loosening. But if the list also gains another mask or filter for the same table and
/// column, the effect of the loss is unknown. A gain without a loss is tightening.
///
/// `value` is the name of a field: `kind` or `predicate`. `covers(a, b)` returns `true` if `a` protects at least as
/// much as `b`. `is_ambiguous` returns `true` if it is unknown how a list protects a column. The change is then
/// unknown.
fn protections(
    from: &Value,
    to: &Value,
    value: &str,
    covers: impl Fn(&Protection<'_>, &Protection<'_>) -> bool,
    is_ambiguous: impl Fn(&BTreeSet<Protection<'_>>) -> bool,
) -> Option<Effect> {
    let read = |list| -> BTreeSet<Protection<'_>> {
        items(list)
            .iter()
            .map(|item| Protection::read(item, value))
            .collect()
    };
    let (from, to) = (read(from), read(to));
    if from == to {
        return None;
    }
    if is_ambiguous(&from) || is_ambiguous(&to) {
        return Some(Effect::Unknown);
    }
    let is_gained = |new: &Protection<'_>| !from.iter().any(|old| covers(old, new));
    let lost = from
        .iter()
        .filter(|old| !to.iter().any(|new| covers(new, old)));
    let effects = lost.map(|old| {
        let is_replaced = to
            .iter()
            .any(|new| new.covers_target_of(old) && is_gained(new));
        if is_replaced {
            Effect::Unknown
        } else {
            Effect::Loosening
        }
    });
    let gained = to.iter().any(is_gained).then_some(Effect::Tightening);
    Some(effects.chain(gained).max().unwrap_or(Effect::Neutral))
}

/// Returns the effect of a change: loosening if agents gain access, tightening if they only lose access, and neutral in
/// all other cases.
fn direction(gained_access: bool, lost_access: bool) -> Effect {
    match (gained_access, lost_access) {
        (true, _) => Effect::Loosening,
        (false, true) => Effect::Tightening,
        (false, false) => Effect::Neutral,
    }
}

fn entries(list: &Value) -> impl Iterator<Item = TableEntry> {
    let entries = items(list).iter().filter_map(Value::as_str);
    entries.map(TableEntry::parse)
}

/// Returns the set of tables in a list. Names that differ only in letter case are equal.
fn table_set(list: &Value) -> BTreeSet<TableEntry> {
    entries(list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use Effect::{Loosening, Neutral, Tightening, Unknown};

    /// One of the compare functions.
    type Compare = fn(&Value, &Value) -> Option<Effect>;

    /// Checks cases of the form (from, to, effect of the change, effect of the reversed change).
    fn check(compare: Compare, cases: &[(Value, Value, Option<Effect>, Option<Effect>)]) {
        for (from, to, effect, back) in cases {
            assert_eq!(compare(from, to), *effect, "{from} -> {to}");
            assert_eq!(compare(to, from), *back, "{to} -> {from}");
        }
    }

    #[test]
    fn kinds() {
        let rules = |allow: Value, deny: Value| json!({"allow": allow, "deny": deny});
        check(
            statement_kinds,
            &[
                (
                    rules(json!([]), json!([])),
                    rules(json!([]), json!(["DDL"])),
                    Some(Tightening),
                    Some(Loosening),
                ),
                (
                    rules(json!([]), json!(["ddl"])),
                    rules(json!([]), json!(["DDL"])),
                    None,
                    None,
                ),
                (
                    rules(json!(["a", "b"]), json!([])),
                    rules(json!(["b", "a"]), json!([])),
                    None,
                    None,
                ),
                // A list can allow `other` and, under `read_only`, `set`. An empty list does not allow them.
                (
                    rules(json!([]), json!([])),
                    rules(json!(["select"]), json!([])),
                    Some(Tightening),
                    Some(Loosening),
                ),
                (
                    rules(json!([]), json!([])),
                    rules(json!(["select", "other"]), json!([])),
                    Some(Loosening),
                    Some(Loosening),
                ),
                (
                    rules(json!([]), json!([])),
                    rules(json!(["select", "set"]), json!([])),
                    Some(Loosening),
                    Some(Loosening),
                ),
                // COPY is always blocked, and `deny` overrides `allow`.
                (
                    rules(json!([]), json!([])),
                    rules(json!([]), json!(["copy"])),
                    Some(Neutral),
                    Some(Neutral),
                ),
                (
                    rules(json!(["select"]), json!(["ddl"])),
                    rules(json!(["select", "ddl"]), json!(["ddl"])),
                    Some(Neutral),
                    Some(Neutral),
                ),
                (
                    rules(json!(["select"]), json!([])),
                    rules(json!(["show"]), json!([])),
                    Some(Loosening),
                    Some(Loosening),
                ),
                (
                    rules(json!([]), json!([])),
                    json!({"allow": [], "deny": [], "new": 1}),
                    Some(Unknown),
                    Some(Unknown),
                ),
            ],
        );
    }

    #[test]
    fn allowlists() {
        check(
            allowed_tables,
            &[
                (json!([]), json!(["a"]), Some(Tightening), Some(Loosening)),
                (
                    json!(["a"]),
                    json!(["a", "b"]),
                    Some(Loosening),
                    Some(Tightening),
                ),
                (json!(["a"]), json!(["b"]), Some(Loosening), Some(Loosening)),
                (
                    json!(["a"]),
                    json!(["public.A"]),
                    Some(Neutral),
                    Some(Neutral),
                ),
                (
                    json!(["a"]),
                    json!(["app.a"]),
                    Some(Loosening),
                    Some(Loosening),
                ),
                (json!(["a", "b"]), json!(["B", "\"a\"", "a"]), None, None),
            ],
        );
    }

    #[test]
    fn denylists() {
        check(
            denied_tables,
            &[
                (json!([]), json!(["a"]), Some(Tightening), Some(Loosening)),
                (
                    json!(["a"]),
                    json!(["public.a"]),
                    Some(Loosening),
                    Some(Tightening),
                ),
                (
                    json!(["a"]),
                    json!(["a", "app.a"]),
                    Some(Neutral),
                    Some(Neutral),
                ),
                (
                    json!(["app.a"]),
                    json!(["app.b"]),
                    Some(Loosening),
                    Some(Loosening),
                ),
                (json!(["app.a"]), json!(["APP.A"]), None, None),
            ],
        );
    }

    #[test]
    fn masking_rules() {
        let mask =
            |table: &str, kind: &str| json!({"table": table, "column": "email", "kind": kind});
        let list = |masks: Vec<Value>| Value::from(masks);
        let redact = mask("app.users", "redact");
        let hash = mask("app.users", "hash");
        check(
            masks,
            &[
                (
                    list(vec![]),
                    list(vec![redact.clone()]),
                    Some(Tightening),
                    Some(Loosening),
                ),
                (
                    list(vec![hash.clone()]),
                    list(vec![redact.clone()]),
                    Some(Tightening),
                    Some(Loosening),
                ),
                (
                    list(vec![redact.clone()]),
                    list(vec![mask("app.users", "null")]),
                    Some(Neutral),
                    Some(Neutral),
                ),
                (
                    list(vec![redact.clone()]),
                    list(vec![mask("APP.Users", "redact")]),
                    None,
                    None,
                ),
                (
                    list(vec![mask("users", "redact")]),
                    list(vec![redact.clone()]),
                    Some(Loosening),
                    Some(Tightening),
                ),
                (
                    list(vec![redact.clone()]),
                    list(vec![redact.clone(), hash.clone()]),
                    Some(Unknown),
                    Some(Unknown),
                ),
                (
                    list(vec![redact.clone()]),
                    list(vec![mask("app.users", "blur")]),
                    Some(Unknown),
                    Some(Unknown),
                ),
                (
                    list(vec![redact.clone()]),
                    list(vec![
                        json!({"table": "app.users", "column": "email", "kind": "redact", "new": 1}),
                    ]),
                    Some(Unknown),
                    Some(Unknown),
                ),
            ],
        );
    }

    #[test]
    fn filters() {
        let filter = |table: &str, predicate: &str| json!({"table": table, "predicate": predicate});
        let list = |filters: Vec<Value>| Value::from(filters);
        let a = filter("t", "a = 1");
        check(
            row_filters,
            &[
                (
                    list(vec![]),
                    list(vec![a.clone()]),
                    Some(Tightening),
                    Some(Loosening),
                ),
                (
                    list(vec![a.clone()]),
                    list(vec![filter("T", " a = 1 ")]),
                    None,
                    None,
                ),
                (
                    list(vec![a.clone()]),
                    list(vec![filter("t", "a = 2")]),
                    Some(Unknown),
                    Some(Unknown),
                ),
                (
                    list(vec![a.clone()]),
                    list(vec![a.clone(), filter("t", "b")]),
                    Some(Tightening),
                    Some(Loosening),
                ),
                (
                    list(vec![a.clone()]),
                    list(vec![filter("app.t", "a = 1")]),
                    Some(Loosening),
                    Some(Tightening),
                ),
                (
                    list(vec![a.clone(), filter("u", "b")]),
                    list(vec![filter("t", "a = 2")]),
                    Some(Loosening),
                    Some(Unknown),
                ),
            ],
        );
    }
}

//! The checks of the lint rules. Each rule has a function that returns its matches in a profile.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::Value;

use crate::policies::{
    diff,
    finding::Severity,
    normalized::NormalizedProfile,
    schema,
    tables::{TableEntry, fold},
};

/// One match of a rule in a profile, which becomes one finding.
#[derive(Default)]
pub(super) struct Hit {
    /// The value that replaces `{}` in the message.
    pub(super) value: String,
    /// The severity, if it differs from the severity of the rule.
    pub(super) severity: Option<Severity>,
}

type Hits = Vec<Hit>;

/// A profile, with its tables and statement kinds parsed for comparison.
pub(super) struct View<'a> {
    profile: &'a NormalizedProfile,
    is_read_only: bool,
    allowlist: Vec<TableEntry>,
    denylist: Vec<TableEntry>,
    allow: Vec<String>,
    deny: Vec<String>,
}

impl<'a> View<'a> {
    pub(super) fn new(profile: &'a NormalizedProfile) -> Self {
        let tables = |field: &str| {
            let entries = profile.list(field).iter().filter_map(Value::as_str);
            entries.map(TableEntry::parse).collect()
        };
        let kinds = |list: &str| {
            profile
                .statement_kinds(list)
                .map(str::to_lowercase)
                .collect()
        };
        Self {
            profile,
            is_read_only: profile.str("access_mode") != "read_write",
            allowlist: tables("table_allowlist"),
            denylist: tables("table_denylist"),
            allow: kinds("allow"),
            deny: kinds("deny"),
        }
    }

    fn has(&self, field: &str, value: &str) -> bool {
        self.profile.str(field) == value
    }

    /// Returns `true` if an integer field is 0.
    fn is_zero(&self, field: &str) -> bool {
        self.profile.integer(field) == 0
    }

    /// Returns `true` if a list field is empty.
    fn is_empty(&self, field: &str) -> bool {
        self.profile.list(field).is_empty()
    }

    /// Returns a match for each table that has masks or row filters although agents cannot use the table. `field` is
    /// `masking_rules` or `row_filters`. As in the official command-line tool, tables compare without their schema.
    fn dead_tables(&self, field: &str) -> Hits {
        let has = |list: &[TableEntry], table: &TableEntry| {
            list.iter().any(|entry| entry.name == table.name)
        };
        let is_dead = |table: &TableEntry| {
            has(&self.denylist, table)
                || !(self.allowlist.is_empty() || has(&self.allowlist, table))
        };
        let mut names = BTreeSet::new();
        let mut hits = Vec::new();
        for table in strings(self.profile.list(field), "table") {
            let entry = TableEntry::parse(table);
            if is_dead(&entry) && names.insert(entry.name) {
                hits.push(hit(table));
            }
        }
        hits
    }

    /// Returns a match for each entry of a list of tables that equals an earlier entry.
    fn repeated_tables(&self, field: &str) -> Hits {
        let entries = self.profile.list(field).iter().filter_map(Value::as_str);
        let mut seen = BTreeSet::new();
        let repeated = entries.filter(|entry| !seen.insert(TableEntry::parse(entry)));
        repeated.map(hit).collect()
    }
}

/// Returns one match if the condition is `true`, and none if it is `false`.
fn when(condition: bool) -> Hits {
    if condition {
        vec![Hit::default()]
    } else {
        Vec::new()
    }
}

fn hit(value: impl Into<String>) -> Hit {
    let value = value.into();
    Hit {
        value,
        severity: None,
    }
}

/// Returns the value of a field of each object in a list; an empty string if the field is missing or not a string.
fn strings<'a>(list: &'a [Value], field: &'a str) -> impl Iterator<Item = &'a str> {
    list.iter()
        .map(move |item| item.get(field).and_then(Value::as_str).unwrap_or_default())
}

pub(super) fn write_no_allowlist(view: &View<'_>) -> Hits {
    when(!view.is_read_only && view.allowlist.is_empty())
}

pub(super) fn unbounded_writes(view: &View<'_>) -> Hits {
    when(
        !view.is_read_only
            && view.has("write_mode", "normal")
            && view.is_zero("max_affected_rows")
            && view.has("approval_mode", "off"),
    )
}

pub(super) fn no_query_budget(view: &View<'_>) -> Hits {
    when(view.is_zero("budget_queries_per_hour") && view.is_zero("budget_queries_per_day"))
}

pub(super) fn no_read_ceiling(view: &View<'_>) -> Hits {
    let has_masks = !view.is_empty("masking_rules");
    let mut hits = when(view.is_zero("max_rows") && view.is_zero("egress_bytes_per_day"));
    for hit in &mut hits {
        hit.severity = has_masks.then_some(Severity::Warning);
    }
    hits
}

pub(super) fn dead_mask_rule(view: &View<'_>) -> Hits {
    view.dead_tables("masking_rules")
}

pub(super) fn dead_row_filter(view: &View<'_>) -> Hits {
    view.dead_tables("row_filters")
}

pub(super) fn write_settings_on_readonly(view: &View<'_>) -> Hits {
    when(
        view.is_read_only
            && !(view.has("write_mode", "normal")
                && view.has("approval_mode", "off")
                && view.is_zero("max_affected_rows")),
    )
}

pub(super) fn allowlist_and_denylist(view: &View<'_>) -> Hits {
    when(!view.allowlist.is_empty() && !view.denylist.is_empty())
}

pub(super) fn allow_and_deny(view: &View<'_>) -> Hits {
    when(!view.allow.is_empty() && !view.deny.is_empty())
}

pub(super) fn unrestricted(view: &View<'_>) -> Hits {
    static OPEN: LazyLock<NormalizedProfile> = LazyLock::new(|| {
        let mut profile = NormalizedProfile::from_json(serde_json::Map::new());
        profile.set("access_mode", "read_write".into());
        profile
    });
    // Skips the slower comparison below for most profiles, because most are read-only.
    if view.is_read_only || view.has("query_mode", "templates") {
        return Vec::new();
    }
    let diff = diff::diff(&*OPEN, view.profile);
    when(diff.changes().iter().all(|change| change.field() == "name"))
}

pub(super) fn unknown_kind(view: &View<'_>) -> Hits {
    let rules = schema::policy_profile().field("statement_rules");
    let items = rules
        .and_then(|rules| rules.field("deny"))
        .and_then(|deny| deny.items.as_deref());
    let known = items
        .map(|items| &items.known_values[..])
        .unwrap_or_default();
    let kinds: BTreeSet<&String> = view.allow.iter().chain(&view.deny).collect();
    let unknown = kinds.into_iter().filter(|kind| !known.contains(kind));
    unknown.map(hit).collect()
}

pub(super) fn contradictory_kind(view: &View<'_>) -> Hits {
    let allow: BTreeSet<&String> = view.allow.iter().collect();
    let both = allow.into_iter().filter(|kind| view.deny.contains(kind));
    both.map(hit).collect()
}

pub(super) fn ineffective_kind(view: &View<'_>) -> Hits {
    let writes = ["insert", "update", "delete", "ddl"];
    let allow: BTreeSet<&String> = view.allow.iter().collect();
    let is_ineffective =
        |kind: &&str| *kind == "copy" || (view.is_read_only && writes.contains(kind));
    let kinds = allow.into_iter().map(String::as_str);
    kinds.filter(is_ineffective).map(hit).collect()
}

pub(super) fn contradictory_table(view: &View<'_>) -> Hits {
    let entries = view.profile.list("table_allowlist").iter();
    let is_denied = |entry: &&str| {
        let table = TableEntry::parse(entry).in_public();
        view.denylist.iter().any(|denied| denied.covers(&table))
    };
    let entries = entries.filter_map(Value::as_str);
    entries.filter(is_denied).map(hit).collect()
}

pub(super) fn conflicting_masks(view: &View<'_>) -> Hits {
    let mut kinds = std::collections::BTreeMap::new();
    let mut columns = BTreeSet::new();
    for mask in view.profile.list("masking_rules") {
        let str = |field: &str| mask.get(field).and_then(Value::as_str).unwrap_or_default();
        let column = (
            TableEntry::parse(str("table")).in_public(),
            fold(str("column")),
        );
        if *kinds.entry(column).or_insert(str("kind")) != str("kind") {
            columns.insert(format!("{}.{}", str("table"), str("column")));
        }
    }
    columns.into_iter().map(hit).collect()
}

pub(super) fn empty_predicate(view: &View<'_>) -> Hits {
    let filters = view.profile.list("row_filters");
    let tables = strings(filters, "table").zip(strings(filters, "predicate"));
    let empty = tables.filter(|(_, predicate)| predicate.trim().is_empty());
    empty.map(|(table, _)| hit(table)).collect()
}

pub(super) fn empty_name(view: &View<'_>) -> Hits {
    let tables = ["masking_rules", "row_filters"].map(|field| {
        strings(view.profile.list(field), "table").any(|table| table.trim().is_empty())
    });
    let columns = strings(view.profile.list("masking_rules"), "column");
    let is_empty = |entry: &TableEntry| entry.name.is_empty();
    let is_any_empty = tables.contains(&true)
        || columns.into_iter().any(|column| column.trim().is_empty())
        || view.allowlist.iter().chain(&view.denylist).any(is_empty);
    when(is_any_empty)
}

pub(super) fn repeated_table(view: &View<'_>) -> Hits {
    let mut hits = view.repeated_tables("table_allowlist");
    hits.extend(view.repeated_tables("table_denylist"));
    hits
}

pub(super) fn approval_settings_without_approvals(view: &View<'_>) -> Hits {
    when(view.has("approval_mode", "off") && !view.is_zero("approval_auto_max_rows"))
}

pub(super) fn approval_timeout_zero(view: &View<'_>) -> Hits {
    when(!view.has("approval_mode", "off") && view.is_zero("approval_timeout_seconds"))
}

pub(super) fn scan_limit_without_scan(view: &View<'_>) -> Hits {
    when(view.has("content_scan_mode", "off") && !view.is_zero("content_scan_max_bytes"))
}

pub(super) fn hourly_budget_above_daily(view: &View<'_>) -> Hits {
    let [hour, day] = ["budget_queries_per_hour", "budget_queries_per_day"]
        .map(|field| view.profile.integer(field));
    when(day > 0 && hour > day)
}

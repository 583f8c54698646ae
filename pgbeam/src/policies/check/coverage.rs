//! `Coverage`: whether test cases exercise the rules, statement kinds, tables, masks and row filters of a policy
//! profile.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use super::{
    parts::{Part, Trigger, parts},
    suite::masked,
};
use crate::policies::{DryEvalResult, Verdict, normalized::NormalizedProfile, tables::TableEntry};

/// Whether a case exercises a part of a policy profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Coverage {
    /// No case exercises the part.
    NotCovered,
    /// A case may exercise the part, but the decision could also come from another part.
    Unknown,
    /// At least one case exercises the part.
    Covered,
}

/// A part of a policy profile and its coverage. The part is a rule, a statement kind, a table, a mask or a row filter.
///
/// `Display` prints the field and the entry, such as `table_denylist: secrets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageItem {
    field: &'static str,
    entry: String,
    coverage: Coverage,
}

impl CoverageItem {
    /// Returns the name of the field in the API contract, such as `table_denylist`.
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// Returns the entry of the field, such as the table `secrets`, or the rule that blocks statements because of the
    /// field, such as `read_only`.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Returns whether a case exercises the part.
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
    /// Determines the coverage of a profile from the results of its cases.
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

    /// Returns the name of the policy profile.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the number of cases for the profile.
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// Returns all parts of the profile that tests can exercise, with their coverage.
    pub fn items(&self) -> &[CoverageItem] {
        &self.items
    }

    /// Returns the parts with this coverage.
    pub fn with(&self, coverage: Coverage) -> impl Iterator<Item = &CoverageItem> {
        let items = self.items.iter();
        items.filter(move |item| item.coverage == coverage)
    }
}

/// The statement kinds and tables that the parser finds in a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) kinds: BTreeSet<String>,
    pub(super) tables: Vec<TableEntry>,
}

/// The result of one case, and the kinds and tables of its statement.
pub(super) struct Observation<'a> {
    pub(super) result: &'a DryEvalResult,
    /// `None` without the feature `engine`, or if the parser rejects the statement.
    pub(super) facts: Option<Facts>,
}

/// Whether one case exercises a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    No,
    /// The case exercises at least one of the parts that are `OneOf` for this case. If this part is the only one, the
    /// case exercises this part.
    OneOf,
    /// The case may exercise this part, but the result does not show whether it does.
    Maybe,
    Yes,
}

impl Observation<'_> {
    /// Returns the coverage of each part by this case, in the order of `parts`.
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
                // The access mode `read_only` also blocks statements with the rule `locking_select`.
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

    /// Returns whether a blocked statement exercises a mask or a filter of this table. `is_cause` is `true` if a rule
    /// about masks or filters blocks the statement.
    fn blocked_part(&self, table: &TableEntry, is_cause: bool) -> Seen {
        let is_used = self.uses(|used| restricts(table, used));
        match is_cause && is_used.unwrap_or(true) {
            true => Seen::OneOf,
            false => Seen::No,
        }
    }

    /// Returns whether an allowed statement exercises a mask or a filter of this table. `is_shown` is `true` if the
    /// result has the column of the mask or the predicate of the filter. `is_unique` is `true` if no other mask or
    /// filter has the same column or predicate.
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

    /// Returns whether the statement has the kind of this part; `None` if the kinds of the statement are not known.
    fn has_kind(&self, part: &Part) -> Option<bool> {
        let kind = part.entry.rsplit(' ').next().unwrap_or_default();
        let facts = self.facts.as_ref()?;
        Some(facts.kinds.contains(&kind.to_lowercase()))
    }

    /// Returns whether the statement uses a table for which `matches` returns `true`; `None` if the tables of the
    /// statement are not known.
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

/// Returns `true` if `entry`, from a denylist, a mask or a filter, applies to the table of a statement. A table without
/// a schema can be in `public` or `pg_catalog`.
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
mod tests;

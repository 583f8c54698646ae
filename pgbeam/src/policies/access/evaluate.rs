//! Evaluates probe statements under two profiles and compares the evaluations.

use std::collections::{BTreeMap, BTreeSet};

use pgbeam_engine::{Engine, Evaluation, MaskKind, Policy, PolicyError, StatementKind};
use serde_json::Value;

use super::{
    names::{Names, table_sql},
    probes,
};
use crate::policies::{diff::FieldChange, normalized::NormalizedProfile};

/// Evaluates statements under one profile.
pub(super) struct Evaluator {
    policy: Policy,
    /// The same policy with the `query_mode` `sql`.
    sql_policy: Policy,
    /// `true` if the `query_mode` is `templates`.
    pub(super) is_templates_only: bool,
}

impl Evaluator {
    /// Creates an evaluator. Fails if the engine cannot evaluate the profile, for example because an enum has an
    /// unknown value.
    pub(super) fn new(profile: &NormalizedProfile) -> Result<Self, PolicyError> {
        let mut sql_profile = profile.clone();
        sql_profile.set("query_mode", "sql".into());
        Ok(Self {
            policy: Policy::from_value(&Value::Object(profile.to_json()))?,
            sql_policy: Policy::from_value(&Value::Object(sql_profile.to_json()))?,
            is_templates_only: profile.str("query_mode") == "templates",
        })
    }

    /// Evaluates SQL as a statement that is not a query template.
    pub(super) fn evaluate(&self, sql: &str) -> Evaluation {
        Engine::default().evaluate(&self.policy, sql)
    }

    /// Evaluates SQL as if it were an enabled query template.
    pub(super) fn evaluate_template(&self, sql: &str) -> Evaluation {
        Engine::default().evaluate(&self.sql_policy, sql)
    }

    /// Returns the first table of `names` for which the profile allows INSERT. `None` if there is no such table.
    fn target(&self, names: &Names) -> Option<String> {
        let mut tables = names.tables.iter().map(|(table, _)| table_sql(table));
        tables.find(|table| {
            let evaluation = self.evaluate_template(&probes::insert(table, names));
            !evaluation.is_block()
        })
    }
}

/// Returns the tables into which the probes copy values: for each profile, the first table for which the profile allows
/// INSERT. If no profile allows INSERT, returns a table that no profile names.
pub(super) fn targets(profiles: &[&Evaluator], names: &Names) -> BTreeSet<String> {
    let targets = profiles.iter().filter_map(|profile| profile.target(names));
    let mut targets: BTreeSet<String> = targets.collect();
    if targets.is_empty() {
        targets.insert(names.table.clone());
    }
    targets
}

/// The difference between the evaluations of a statement under the profiles `a` and `b`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Difference {
    /// `a` allows the statement and `b` blocks it, or `a` masks or filters less.
    pub(super) is_looser: bool,
    /// `a` blocks the statement and `b` allows it, or `a` masks or filters more.
    pub(super) is_stricter: bool,
    /// It cannot be determined which profile masks or filters more.
    pub(super) is_unclear: bool,
    /// The evaluations differ in any way, even if neither profile is looser: for example, in the masks `redact` and
    /// `null`.
    pub(super) is_any: bool,
}

impl Difference {
    pub(super) fn new(a: &Evaluation, b: &Evaluation) -> Self {
        let mut difference = Self::default();
        match (a.is_block(), b.is_block()) {
            (true, true) => {}
            (false, true) => difference.is_looser = true,
            (true, false) => difference.is_stricter = true,
            (false, false) => {
                difference.add_masks(a, b);
                difference.add_filters(a, b);
            }
        }
        difference.is_any |=
            difference.is_looser || difference.is_stricter || difference.is_unclear;
        difference
    }

    fn add_masks(&mut self, a: &Evaluation, b: &Evaluation) {
        let (a, b) = (masks(a), masks(b));
        let columns: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for column in columns {
            match (a.get(column), b.get(column)) {
                (None, _) => self.is_looser = true,
                (_, None) => self.is_stricter = true,
                (Some(a), Some(b)) if a == b => {}
                (Some(a), Some(b)) => {
                    self.is_any = true;
                    match (strength(a), strength(b)) {
                        (Some(a), Some(b)) => {
                            self.is_looser |= a < b;
                            self.is_stricter |= a > b;
                        }
                        _ => self.is_unclear = true,
                    }
                }
            }
        }
    }

    fn add_filters(&mut self, a: &Evaluation, b: &Evaluation) {
        let (a, b) = (filters(a), filters(b));
        match (a.is_subset(&b), b.is_subset(&a)) {
            (true, true) => {}
            (true, false) => self.is_looser = true,
            (false, true) => self.is_stricter = true,
            (false, false) => self.is_unclear = true,
        }
    }
}

impl std::ops::BitOrAssign for Difference {
    fn bitor_assign(&mut self, other: Self) {
        self.is_looser |= other.is_looser;
        self.is_stricter |= other.is_stricter;
        self.is_unclear |= other.is_unclear;
        self.is_any |= other.is_any;
    }
}

/// Returns the kinds of the masks of each masked column. The keys are column names in lower case.
fn masks(evaluation: &Evaluation) -> BTreeMap<String, BTreeSet<MaskKind>> {
    let mut masks: BTreeMap<String, BTreeSet<MaskKind>> = BTreeMap::new();
    for mask in &evaluation.masked_columns {
        let kinds = masks.entry(mask.column.to_lowercase()).or_default();
        kinds.insert(mask.kind);
    }
    masks
}

/// Returns the rank of the mask of a column: 0 for a hash, which shows which values are equal, and 1 for the kinds
/// `redact` and `null`. `None` if the column has masks of several kinds, because it is not specified which mask
/// applies.
fn strength(kinds: &BTreeSet<MaskKind>) -> Option<u8> {
    let mut kinds = kinds.iter();
    match (kinds.next(), kinds.next()) {
        (Some(MaskKind::Hash), None) => Some(0),
        (Some(MaskKind::Null | MaskKind::Redact), None) => Some(1),
        _ => None,
    }
}

/// Returns the predicates of the row filters that apply to the statements.
fn filters(evaluation: &Evaluation) -> BTreeSet<&str> {
    let statements = evaluation.statements.iter();
    let predicates = statements.flat_map(|statement| &statement.row_filters);
    predicates.map(|predicate| predicate.trim()).collect()
}

/// Returns the statement kinds that the engine does not know, among the kinds that a change of `statement_rules` adds
/// to a list or removes from a list.
pub(super) fn unknown_kinds(change: &FieldChange) -> BTreeSet<String> {
    let lists = |value: &Value| -> BTreeSet<(&str, String)> {
        let kinds = ["allow", "deny"].into_iter().flat_map(|list| {
            let kinds = value.get(list).and_then(Value::as_array);
            let kinds = kinds.into_iter().flatten().filter_map(Value::as_str);
            kinds.map(move |kind| (list, kind.to_lowercase()))
        });
        kinds.collect()
    };
    let (from, to) = (lists(change.from()), lists(change.to()));
    let kinds = from.symmetric_difference(&to).map(|(_, kind)| kind);
    let is_known = |kind: &str| {
        let mut known = StatementKind::ALL.iter();
        known.any(|known| known.as_str() == kind)
    };
    kinds.filter(|kind| !is_known(kind)).cloned().collect()
}

//! Collects the evidence for the relation of two profiles, and concludes the relation from it.

use pgbeam_engine::{Evaluation, describe};
use serde_json::Value;

use super::{
    Comparison, Relation, Witness,
    evaluate::{Difference, Evaluator, targets, unknown_kinds},
    names::{Names, display, table_sql},
    probes::{self, Probe},
};
use crate::policies::{
    diff::{self, Effect, FieldChange, escape},
    normalized::NormalizedProfile,
    schema,
};

/// The fields that the probes cover.
const COVERED: &[&str] = &[
    "access_mode",
    "statement_rules",
    "table_allowlist",
    "table_denylist",
    "masking_rules",
    "row_filters",
    "query_mode",
];

/// Statements for which one of two profiles is looser.
#[derive(Default)]
pub(super) struct Witnesses {
    /// The statements for which `a` is looser.
    pub(super) looser: Vec<Witness>,
    /// The statements for which `a` is stricter.
    pub(super) stricter: Vec<Witness>,
}

impl Witnesses {
    /// Adds a probe with its evaluations under `a` and `b`: to `looser` if `a` is looser for the statement, and to
    /// `stricter` if `a` is stricter for it. Both can be true.
    fn add(&mut self, probe: &Probe, difference: Difference, a: &Evaluation, b: &Evaluation) {
        let table = probe.table.as_ref().map(|table| table.name.clone());
        let witness = |relation| Witness {
            sql: probe.sql.clone(),
            relation,
            table: table.clone().unwrap_or_default(),
            a: a.clone(),
            b: b.clone(),
        };
        if difference.is_looser {
            self.looser.push(witness(Relation::Looser));
        }
        if difference.is_stricter {
            self.stricter.push(witness(Relation::Stricter));
        }
    }
}

/// The evidence about the relation of profile `a` to profile `b`.
#[derive(Default)]
pub(super) struct Examination {
    pub(super) witnesses: Witnesses,
    /// The witnesses if every statement is evaluated as a query template. Empty if no profile has the `query_mode`
    /// `templates`.
    pub(super) templates: Witnesses,
    /// The changes from `b` to `a` of fields that the probes do not cover.
    pub(super) other_changes: Vec<FieldChange>,
    /// The reasons why the witnesses do not prove a relation.
    pub(super) doubts: Vec<String>,
    /// `true` if the covered fields of the profiles are equal, or differ only in details without effect on agents.
    is_same: bool,
}

impl Examination {
    pub(super) fn new(a: NormalizedProfile, b: NormalizedProfile) -> Self {
        let (a, b) = (a.with_defaults(), b.with_defaults());
        let (changes, reversed) = (changes(&b, &a), changes(&a, &b));
        let (decided, other_changes): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| COVERED.contains(&change.field()));
        let mut examination = Self {
            other_changes,
            ..Self::default()
        };
        if decided.is_empty() && examination.other_changes.is_empty() {
            examination.is_same = true;
            return examination;
        }
        examination.add_unranked_changes(&decided);
        examination.add_unranked_changes(&reversed);
        let (a_evaluator, b_evaluator) = match (Evaluator::new(&a), Evaluator::new(&b)) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(error), _) | (_, Err(error)) => {
                examination.add_doubt(error.to_string());
                return examination;
            }
        };
        let is_neutral = |change: &FieldChange| {
            !COVERED.contains(&change.field()) || change.effect() == Effect::Neutral
        };
        examination.is_same = decided.iter().chain(&reversed).all(is_neutral);
        examination.probe(&a_evaluator, &b_evaluator, &Names::new(&[&a, &b]));
        examination
    }

    /// Adds a doubt for each change of a field that this version does not know, for each change that lists an unknown
    /// statement kind, and for each change of a covered field whose effect is unknown.
    fn add_unranked_changes(&mut self, changes: &[FieldChange]) {
        let other_changes = self.other_changes.clone();
        for change in other_changes.iter().chain(changes) {
            let field = change.field();
            let is_known = schema::policy_profile().field(field).is_some();
            let unknown_kinds = match field {
                "statement_rules" => unknown_kinds(change),
                _ => Default::default(),
            };
            if !is_known {
                self.add_doubt(format!("this version does not know the field `{field}`"));
            } else if let Some(kind) = unknown_kinds.first() {
                self.add_doubt(format!(
                    "this version does not know the statement kind `{kind}`"
                ));
            } else if COVERED.contains(&field) && change.effect() == Effect::Unknown {
                self.add_doubt(format!(
                    "it cannot be determined which value of `{field}` is stricter"
                ));
            }
        }
    }

    /// Adds a doubt, unless it has been added already.
    fn add_doubt(&mut self, doubt: String) {
        let doubt = escape(&doubt);
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// Evaluates the probes under both profiles. Adds witnesses for the probes for which one profile is looser, and
    /// doubts for the tables and differences that cannot be evaluated.
    fn probe(&mut self, a: &Evaluator, b: &Evaluator, names: &Names) {
        for doubt in unprobed(names) {
            self.add_doubt(doubt);
        }
        let mut probes = probes::for_tables(names, &targets(&[a, b], names));
        probes.extend(probes::plain(names));
        let has_templates = a.is_templates_only || b.is_templates_only;
        for probe in probes {
            let sql = &probe.sql;
            let (on_a, on_b) = (a.evaluate_template(sql), b.evaluate_template(sql));
            let difference = Difference::new(&on_a, &on_b);
            self.is_same &= !difference.is_any;
            if difference.is_unclear {
                let place = probe.table.as_ref().map(display);
                self.add_doubt(format!(
                    "the masks or row filters of `{}` cannot be compared",
                    place.as_deref().unwrap_or(sql)
                ));
            }
            if !has_templates {
                self.witnesses.add(&probe, difference, &on_a, &on_b);
                continue;
            }
            self.templates.add(&probe, difference, &on_a, &on_b);
            let (on_a, on_b) = (a.evaluate(sql), b.evaluate(sql));
            let difference = Difference::new(&on_a, &on_b);
            self.witnesses.add(&probe, difference, &on_a, &on_b);
        }
    }

    /// Concludes the relation from the evidence.
    pub(super) fn into_comparison(self) -> Comparison {
        let mut reasons = self.doubts;
        let Witnesses { looser, stricter } = self.witnesses;
        // Returns `true` if one direction of the difference shows only for query templates.
        let needs_templates = |witnesses: &[Witness], templates: &[Witness]| {
            witnesses.is_empty() && !templates.is_empty()
        };
        if needs_templates(&looser, &self.templates.looser)
            || needs_templates(&stricter, &self.templates.stricter)
        {
            reasons.push("the difference depends on the query templates of the project".to_owned());
        }
        let relation = match (looser.is_empty(), stricter.is_empty()) {
            (false, false) => Relation::Incomparable,
            _ if !reasons.is_empty() => Relation::Unknown,
            (false, true) => Relation::Looser,
            (true, false) => Relation::Stricter,
            (true, true) if self.is_same && self.other_changes.is_empty() => Relation::Equal,
            (true, true) => {
                let reason = match self.is_same {
                    true => "the profiles differ only in fields that the comparison does not cover",
                    false => "no statement shows which profile allows more",
                };
                reasons.push(reason.to_owned());
                Relation::Unknown
            }
        };
        if relation != Relation::Unknown {
            reasons.clear();
        }
        let mut witnesses = looser;
        witnesses.extend(stricter);
        Comparison {
            relation,
            witnesses,
            other_changes: self.other_changes,
            reasons,
        }
    }
}

/// Returns the changes of all fields except the name. In contrast to a [diff](diff::diff), includes the removal of
/// fields that this version does not know.
fn changes(from: &NormalizedProfile, to: &NormalizedProfile) -> Vec<FieldChange> {
    let diff = diff::diff(from, to);
    let removed = from
        .unknown_fields()
        .filter(|(field, _)| to.get(field).is_none());
    let removed = removed.map(|(field, value)| FieldChange {
        field: field.to_owned(),
        from: value.clone(),
        to: Value::Null,
        effect: Effect::Unknown,
    });
    let changes = diff.changes.into_iter().chain(removed);
    changes.filter(|change| change.field() != "name").collect()
}

/// Returns a doubt for each table that no SQL statement can name, for example because the name contains a NUL
/// character.
pub(super) fn unprobed(names: &Names) -> Vec<String> {
    let tables = names.tables.iter().map(|(table, _)| table);
    let unprobed = tables.filter(|table| {
        let statements = describe(&format!("TABLE {}", table_sql(table))).unwrap_or_default();
        let mut reads = statements.iter().flat_map(|statement| &statement.reads);
        !reads.any(|read| read.name == table.name && read.schema == table.schema)
    });
    let doubts = unprobed.map(|table| {
        format!(
            "SQL cannot name the table `{}`, so it is not evaluated",
            display(table)
        )
    });
    doubts.collect()
}

//! Finds where a change is met: from the parts of operations through the pairs of schemas.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    changes::{Direction, Part, Spot, Subject, What},
    compare::operations::PartComparison,
    compare::schemas::{PairId, Pairs, Step},
    error::{Error, Result},
    model::Operation,
};

/// By which a change is known: equal ones are one, wherever they are met.
pub type Known = (Subject, What, Option<Direction>);

/// The most places that are kept. They multiply: each field of a shared type in each operation.
pub const MAX_PLACES: usize = 500_000;

/// All changes and where each is met.
#[derive(Default)]
pub struct Met(pub BTreeMap<Known, Vec<Spot>>);

impl Met {
    /// Puts what was found of operations and of pairs of schemas together.
    ///
    /// # Errors
    ///
    /// If there are more than `max` places.
    pub fn of(at: Vec<PartComparison<'_>>, pairs: &Pairs<'_>, max: usize) -> Result<Self> {
        let mut met = Self::default();
        let mut places = 0;
        let changed = changed(pairs);
        for at in at {
            let value = at.value;
            let (operation, part) = (at.operation, at.part);
            for found in at.found {
                let path = found.step.map(|step| format!("${}", step.text()));
                met.add(found.subject, found.what, spot(operation, &part, path));
            }
            let Some(value) = value.filter(|value| changed[*value]) else {
                continue;
            };
            for (pair, paths) in reach(value, pairs, &changed) {
                for found in &pairs.pairs[pair].found {
                    let step = found.step.as_ref().map(Step::text).unwrap_or_default();
                    places += paths.len();
                    if places > max {
                        let message = format!("the documents differ at more than {max} places");
                        return Err(Error::new(message));
                    }
                    for path in &paths {
                        let spot = spot(operation, &part, Some(format!("{path}{step}")));
                        met.add(found.subject.clone(), found.what.clone(), spot);
                    }
                }
            }
        }
        Ok(met)
    }

    /// Adds a place where a change is met.
    pub fn add(&mut self, subject: Subject, what: What, spot: Spot) {
        let direction = spot.part.direction().filter(|_| !what.is_annotation());
        let spots = self.0.entry((subject, what, direction)).or_default();
        // The places of one operation come one after another.
        let of_operation = spots
            .iter()
            .rev()
            .take_while(|other| other.operation == spot.operation);
        if !of_operation.into_iter().any(|other| *other == spot) {
            spots.push(spot);
        }
    }
}

fn spot(operation: &Operation, part: &Part, json_path: Option<String>) -> Spot {
    Spot {
        operation: operation.id.clone(),
        method: operation.method.clone(),
        path: operation.path.clone(),
        part: part.clone(),
        json_path,
    }
}

/// Which pairs have changed or lead to one that has.
fn changed(pairs: &Pairs<'_>) -> Vec<bool> {
    let mut leading: Vec<Vec<PairId>> = vec![Vec::new(); pairs.pairs.len()];
    let mut changed = vec![false; pairs.pairs.len()];
    let mut open = Vec::new();
    for (id, pair) in pairs.pairs.iter().enumerate() {
        pair.inside
            .iter()
            .for_each(|(_, inner)| leading[*inner].push(id));
        if !pair.found.is_empty() {
            changed[id] = true;
            open.push(id);
        }
    }
    while let Some(id) = open.pop() {
        for outer in &leading[id] {
            if !changed[*outer] {
                changed[*outer] = true;
                open.push(*outer);
            }
        }
    }
    changed
}

/// The changed pairs that a value leads to, each with the paths to it. Of the ways around a circle,
/// none is followed.
fn reach(root: PairId, pairs: &Pairs<'_>, changed: &[bool]) -> BTreeMap<PairId, BTreeSet<String>> {
    let mut shortest: BTreeMap<PairId, (String, Option<PairId>)> = BTreeMap::new();
    let mut paths: BTreeMap<PairId, BTreeSet<String>> = BTreeMap::new();
    shortest.insert(root, ("$".to_owned(), None));
    paths.entry(root).or_default().insert("$".to_owned());
    let mut open = VecDeque::from([root]);
    while let Some(id) = open.pop_front() {
        let path = shortest[&id].0.clone();
        for (step, inner) in &pairs.pairs[id].inside {
            if !changed[*inner] {
                continue;
            }
            let further = format!("{path}{}", step.text());
            if !shortest.contains_key(inner) {
                shortest.insert(*inner, (further.clone(), Some(id)));
                open.push_back(*inner);
            } else if is_above(*inner, id, &shortest) {
                continue;
            }
            paths.entry(*inner).or_default().insert(further);
        }
    }
    paths
}

/// Whether the shortest way to `id` leads through `outer`.
fn is_above(
    outer: PairId,
    id: PairId,
    shortest: &BTreeMap<PairId, (String, Option<PairId>)>,
) -> bool {
    let mut at = Some(id);
    while let Some(one) = at {
        if one == outer {
            return true;
        }
        at = shortest.get(&one).and_then(|(_, before)| *before);
    }
    false
}

impl Step {
    /// As it stands in a JSONPath.
    pub fn text(&self) -> String {
        match self {
            Self::Field(name) => {
                let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                if plain && !name.is_empty() {
                    format!(".{name}")
                } else {
                    format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
                }
            }
            Self::Items => "[*]".to_owned(),
            Self::Values => ".*".to_owned(),
            Self::Here => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_jsonpath() {
        for (step, want) in [
            (Step::Field("max_rows".to_owned()), ".max_rows"),
            (Step::Field("a b".to_owned()), "['a b']"),
            (Step::Field("it's".to_owned()), "['it\\'s']"),
            (Step::Field(String::new()), "['']"),
            (Step::Items, "[*]"),
            (Step::Values, ".*"),
            (Step::Here, ""),
        ] {
            assert_eq!(step.text(), want);
        }
    }
}

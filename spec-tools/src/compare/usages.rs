//! Finds the places where each change occurs. Starts at the parts of the operations, such as
//! bodies, and follows the schema pairs from there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    changes::{ChangeKind, Direction, Part, Subject, Usage},
    compare::operations::PartChanges,
    compare::schemas::{PairId, SchemaPairs, Step},
    error::{Error, Result},
    model::Operation,
};

/// Identifies a change. Changes with the same key are one change that occurs in several places.
pub type ChangeKey = (Subject, ChangeKind, Option<Direction>);

/// The maximum number of places of changes inside schemas. The comparison of documents with more
/// places returns an error. If a type has many changed fields and occurs in many operations, the
/// number of places is the product of both numbers.
pub const MAX_USAGES: usize = 500_000;

/// All changes between two contracts, each with the places where it occurs.
#[derive(Default)]
pub struct ChangeUsages(pub BTreeMap<ChangeKey, Vec<Usage>>);

impl ChangeUsages {
    /// Collects the changes of `parts` and of the schema pairs, each with the places where it
    /// occurs.
    ///
    /// # Errors
    ///
    /// Returns an error if changes inside schemas occur in more than `max` places.
    pub fn collect(
        parts: Vec<PartChanges<'_>>,
        pairs: &SchemaPairs<'_>,
        max: usize,
    ) -> Result<Self> {
        let mut usages = Self::default();
        let mut count = 0;
        let changed = find_changed_pairs(pairs);
        for part_changes in parts {
            let schema_pair = part_changes.schema_pair;
            let (operation, part) = (part_changes.operation, part_changes.part);
            for change in part_changes.changes {
                let path = change.step.map(|step| format!("${}", step.to_json_path()));
                usages.add(change.subject, change.kind, usage(operation, &part, path));
            }
            let Some(root) = schema_pair.filter(|pair| changed[*pair]) else {
                continue;
            };
            for (pair, paths) in find_paths(root, pairs, &changed) {
                for change in &pairs.pairs[pair].changes {
                    let step = change.step.as_ref().map(Step::to_json_path);
                    let step = step.unwrap_or_default();
                    count += paths.len();
                    if count > max {
                        let message = format!("the documents differ in more than {max} places");
                        return Err(Error::new(message));
                    }
                    for path in &paths {
                        let usage = usage(operation, &part, Some(format!("{path}{step}")));
                        usages.add(change.subject.clone(), change.kind.clone(), usage);
                    }
                }
            }
        }
        Ok(usages)
    }

    /// Adds a place where a change occurs, unless the change already has this place.
    pub fn add(&mut self, subject: Subject, kind: ChangeKind, usage: Usage) {
        let direction = usage.part.direction().filter(|_| !kind.is_annotation());
        let usages = self.0.entry((subject, kind, direction)).or_default();
        // The usages of one operation are adjacent.
        let same_operation = usages
            .iter()
            .rev()
            .take_while(|other| other.operation == usage.operation);
        if !same_operation.into_iter().any(|other| *other == usage) {
            usages.push(usage);
        }
    }
}

fn usage(operation: &Operation, part: &Part, json_path: Option<String>) -> Usage {
    Usage {
        operation: operation.id.clone(),
        method: operation.method.clone(),
        path: operation.path.clone(),
        part: part.clone(),
        json_path,
    }
}

/// Returns, for each pair, whether the pair, or a pair nested in it at any depth, has changes.
fn find_changed_pairs(pairs: &SchemaPairs<'_>) -> Vec<bool> {
    let mut outer_pairs: Vec<Vec<PairId>> = vec![Vec::new(); pairs.pairs.len()];
    let mut changed = vec![false; pairs.pairs.len()];
    let mut pending = Vec::new();
    for (id, pair) in pairs.pairs.iter().enumerate() {
        pair.inner
            .iter()
            .for_each(|(_, inner)| outer_pairs[*inner].push(id));
        if !pair.changes.is_empty() {
            changed[id] = true;
            pending.push(id);
        }
    }
    while let Some(id) = pending.pop() {
        for outer in &outer_pairs[id] {
            if !changed[*outer] {
                changed[*outer] = true;
                pending.push(*outer);
            }
        }
    }
    changed
}

/// Returns `root` and the pairs nested in it that have changes or contain changes, each with its
/// JSONPaths.
///
/// A pair has one path for each step that leads to it from another pair: the shortest path to that
/// other pair, plus the step. In a recursive schema, a step can lead from a pair to itself, or back
/// to a pair on its own shortest path. Such a step is skipped, so that the search ends.
fn find_paths(
    root: PairId,
    pairs: &SchemaPairs<'_>,
    changed: &[bool],
) -> BTreeMap<PairId, BTreeSet<String>> {
    let mut shortest: BTreeMap<PairId, (String, Option<PairId>)> = BTreeMap::new();
    let mut paths: BTreeMap<PairId, BTreeSet<String>> = BTreeMap::new();
    shortest.insert(root, ("$".to_owned(), None));
    paths.entry(root).or_default().insert("$".to_owned());
    let mut pending = VecDeque::from([root]);
    while let Some(id) = pending.pop_front() {
        let path = shortest[&id].0.clone();
        for (step, inner) in &pairs.pairs[id].inner {
            if !changed[*inner] {
                continue;
            }
            let inner_path = format!("{path}{}", step.to_json_path());
            if !shortest.contains_key(inner) {
                shortest.insert(*inner, (inner_path.clone(), Some(id)));
                pending.push_back(*inner);
            } else if is_ancestor(*inner, id, &shortest) {
                continue;
            }
            paths.entry(*inner).or_default().insert(inner_path);
        }
    }
    paths
}

/// Returns `true` if `outer` is `id` or is on the shortest path to `id`.
fn is_ancestor(
    outer: PairId,
    id: PairId,
    shortest: &BTreeMap<PairId, (String, Option<PairId>)>,
) -> bool {
    let mut current = Some(id);
    while let Some(pair) = current {
        if pair == outer {
            return true;
        }
        current = shortest.get(&pair).and_then(|(_, parent)| *parent);
    }
    false
}

impl Step {
    /// Returns the JSONPath of the step, such as `.max_rows` or `[*]`; empty for a variant.
    pub fn to_json_path(&self) -> String {
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
            Self::MapValues => ".*".to_owned(),
            Self::Variant => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_steps_as_jsonpath() {
        for (step, expected) in [
            (Step::Field("max_rows".to_owned()), ".max_rows"),
            (Step::Field("a b".to_owned()), "['a b']"),
            (Step::Field("it's".to_owned()), "['it\\'s']"),
            (Step::Field(String::new()), "['']"),
            (Step::Items, "[*]"),
            (Step::MapValues, ".*"),
            (Step::Variant, ""),
        ] {
            assert_eq!(step.to_json_path(), expected);
        }
    }
}

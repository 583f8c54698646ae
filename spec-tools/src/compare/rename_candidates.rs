//! Guesses renames: a removed and an added name of the same type are possibly one renamed field or
//! parameter.

use std::collections::BTreeMap;

/// The possible renames, once by old name and once by new name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RenameCandidates {
    /// The possible new names of each removed name.
    pub new_names: BTreeMap<String, Vec<String>>,
    /// The possible old names of each added name.
    pub old_names: BTreeMap<String, Vec<String>>,
}

/// The maximum number of removed names, and of added names, of one type. With more names, the same
/// type is no hint of a rename, so no candidates are returned for the type.
const MAX_NAMES: usize = 5;

/// Returns, for each removed name, the added names of the same type, and for each added name, the
/// removed names of the same type. Skips a type with more than [`MAX_NAMES`] removed or added
/// names. Each item of `removed` and `added` is a name and the name of its type.
pub fn find_rename_candidates(
    removed: impl Iterator<Item = (String, String)>,
    added: impl Iterator<Item = (String, String)>,
) -> RenameCandidates {
    let mut by_type: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (name, kind) in removed {
        by_type.entry(kind).or_default().0.push(name);
    }
    for (name, kind) in added {
        by_type.entry(kind).or_default().1.push(name);
    }
    let mut candidates = RenameCandidates::default();
    for (removed, added) in by_type.into_values() {
        if removed.is_empty()
            || added.is_empty()
            || removed.len() > MAX_NAMES
            || added.len() > MAX_NAMES
        {
            continue;
        }
        candidates
            .new_names
            .extend(removed.iter().map(|name| (name.clone(), added.clone())));
        candidates
            .old_names
            .extend(added.iter().map(|name| (name.clone(), removed.clone())));
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
            .collect()
    }

    #[test]
    fn pairs_names_of_the_same_type() {
        let removed = owned(&[("a", "string"), ("b", "integer"), ("c", "boolean")]);
        let added = owned(&[("x", "string"), ("y", "string"), ("z", "array of Thing")]);
        let candidates = find_rename_candidates(removed.into_iter(), added.into_iter());
        assert_eq!(
            format!("{:?}", candidates.new_names),
            r#"{"a": ["x", "y"]}"#
        );
        assert_eq!(
            format!("{:?}", candidates.old_names),
            r#"{"x": ["a"], "y": ["a"]}"#
        );
    }

    #[test]
    fn ignores_types_with_many_names() {
        let many: Vec<_> = (0..=MAX_NAMES)
            .map(|n| (n.to_string(), "string".to_owned()))
            .collect();
        let one = owned(&[("a", "string")]);
        let candidates = find_rename_candidates(one.clone().into_iter(), many.clone().into_iter());
        assert_eq!(candidates, RenameCandidates::default());
        assert_eq!(
            find_rename_candidates(many.into_iter(), one.into_iter()),
            RenameCandidates::default()
        );
    }
}

//! What is gone and what is new of equal type: perhaps one thing under another name.

use std::collections::BTreeMap;

/// Names that may stand for each other.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// For what is gone, what it may be called now.
    pub now: BTreeMap<String, Vec<String>>,
    /// For what is new, what it may have been called before.
    pub before: BTreeMap<String, Vec<String>>,
}

/// More names than this of one type are no hint.
const MOST: usize = 5;

/// Pairs what is gone with what is new by type; each comes as its name and its type.
pub fn candidates(
    gone: impl Iterator<Item = (String, String)>,
    fresh: impl Iterator<Item = (String, String)>,
) -> Candidates {
    let mut by_type: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for (name, kind) in gone {
        by_type.entry(kind).or_default().0.push(name);
    }
    for (name, kind) in fresh {
        by_type.entry(kind).or_default().1.push(name);
    }
    let mut found = Candidates::default();
    for (gone, fresh) in by_type.into_values() {
        if gone.is_empty() || fresh.is_empty() || gone.len() > MOST || fresh.len() > MOST {
            continue;
        }
        found
            .now
            .extend(gone.iter().map(|name| (name.clone(), fresh.clone())));
        found
            .before
            .extend(fresh.iter().map(|name| (name.clone(), gone.clone())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
            .collect()
    }

    #[test]
    fn equal_types_are_candidates() {
        let gone = of(&[("a", "string"), ("b", "integer"), ("c", "boolean")]);
        let fresh = of(&[("x", "string"), ("y", "string"), ("z", "array of Thing")]);
        let found = candidates(gone.into_iter(), fresh.into_iter());
        assert_eq!(format!("{:?}", found.now), r#"{"a": ["x", "y"]}"#);
        assert_eq!(format!("{:?}", found.before), r#"{"x": ["a"], "y": ["a"]}"#);
    }

    #[test]
    fn many_of_one_type_are_no_hint() {
        let many: Vec<_> = (0..=MOST)
            .map(|n| (n.to_string(), "string".to_owned()))
            .collect();
        let one = of(&[("a", "string")]);
        let found = candidates(one.clone().into_iter(), many.clone().into_iter());
        assert_eq!(found, Candidates::default());
        assert_eq!(
            candidates(many.into_iter(), one.into_iter()),
            Candidates::default()
        );
    }
}

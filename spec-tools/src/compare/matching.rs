//! Which operation of a new contract is which of the old one.
//!
//! An operation is known by its method and path, whatever the names in its path are; one that has
//! another method or path, but its id, has moved.

use std::collections::{HashMap, HashSet};

use crate::model::{ApiModel, Operation};

/// Operations of two contracts, in the order of the new one.
pub struct Matched<'a> {
    pub both: Vec<(&'a Operation, &'a Operation)>,
    pub gone: Vec<&'a Operation>,
    pub fresh: Vec<&'a Operation>,
}

/// Matches the operations of two contracts.
pub fn matched<'a>(old: &'a ApiModel, new: &'a ApiModel) -> Matched<'a> {
    let by_path = |of: &'a Operation| (of.method.as_str(), without_names(&of.path));
    let mut left: HashMap<_, &Operation> =
        old.operations.iter().map(|of| (by_path(of), of)).collect();
    let mut both = Vec::new();
    let mut unmatched = Vec::new();
    for operation in &new.operations {
        match left.remove(&by_path(operation)) {
            Some(before) => both.push((before, operation)),
            None => unmatched.push(operation),
        }
    }
    let mut by_id: HashMap<&str, &Operation> =
        left.into_values().map(|of| (of.id.as_str(), of)).collect();
    let mut fresh = Vec::new();
    for operation in unmatched {
        match by_id.remove(operation.id.as_str()) {
            Some(before) => both.push((before, operation)),
            None => fresh.push(operation),
        }
    }
    let taken: HashSet<*const Operation> = both
        .iter()
        .map(|(before, _)| std::ptr::from_ref(*before))
        .collect();
    let gone = old
        .operations
        .iter()
        .filter(|of| !taken.contains(&std::ptr::from_ref(*of)));
    Matched {
        both,
        gone: gone.collect(),
        fresh,
    }
}

/// A path with its names taken out of the braces: to a server, they are nothing.
pub fn without_names(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => inside = true,
            '}' => inside = false,
            _ if inside => continue,
            _ => {}
        }
        out.push(c);
    }
    out
}

/// The names in a path, in their order.
pub fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_path_are_nothing_to_a_server() {
        assert_eq!(without_names("/v1/a/{a_id}/b/{b}"), "/v1/a/{}/b/{}");
        assert_eq!(without_names("/v1"), "/v1");
        assert_eq!(names("/v1/{a}/x/{b}").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(names("/v1").count(), 0);
    }
}

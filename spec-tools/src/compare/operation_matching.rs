//! Finds the operation of the new contract that corresponds to each operation of the old one.
//!
//! Two operations correspond if they have the same method and path. The names of path parameters
//! can differ. Of the remaining operations, two correspond if they have the same id: they are
//! reported as one operation that has moved. An operation without a counterpart is reported as
//! removed or added.

use std::collections::{HashMap, HashSet};

use crate::model::{ApiModel, Operation};

/// The operations of two contracts: the operations in both contracts, and the operations in only one.
pub struct OperationMatches<'a> {
    /// Pairs of an old operation and the corresponding new operation. Moved operations come last.
    pub matched: Vec<(&'a Operation, &'a Operation)>,
    pub removed: Vec<&'a Operation>,
    pub added: Vec<&'a Operation>,
}

/// Pairs the operations of two contracts by method and path, and the remaining operations by id.
pub fn match_operations<'a>(old: &'a ApiModel, new: &'a ApiModel) -> OperationMatches<'a> {
    let route = |operation: &'a Operation| {
        (
            operation.method.as_str(),
            without_parameter_names(&operation.path),
        )
    };
    let old_operations = old.operations.iter();
    let mut by_route: HashMap<_, &Operation> = old_operations
        .map(|operation| (route(operation), operation))
        .collect();
    let mut matched = Vec::new();
    let mut unmatched = Vec::new();
    for operation in &new.operations {
        match by_route.remove(&route(operation)) {
            Some(before) => matched.push((before, operation)),
            None => unmatched.push(operation),
        }
    }
    let mut by_id: HashMap<&str, &Operation> = by_route
        .into_values()
        .map(|operation| (operation.id.as_str(), operation))
        .collect();
    let mut added = Vec::new();
    for operation in unmatched {
        match by_id.remove(operation.id.as_str()) {
            Some(before) => matched.push((before, operation)),
            None => added.push(operation),
        }
    }
    let kept: HashSet<*const Operation> = matched
        .iter()
        .map(|(before, _)| std::ptr::from_ref(*before))
        .collect();
    let removed = old
        .operations
        .iter()
        .filter(|operation| !kept.contains(&std::ptr::from_ref(*operation)));
    OperationMatches {
        matched,
        removed: removed.collect(),
        added,
    }
}

/// Returns the path with empty braces, such as `/v1/a/{}`. The names of path parameters do not
/// affect which requests a path matches.
pub fn without_parameter_names(path: &str) -> String {
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

/// Returns the parameter names of a path, in order.
pub fn parameter_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_parameter_names_from_a_path() {
        assert_eq!(
            without_parameter_names("/v1/a/{a_id}/b/{b}"),
            "/v1/a/{}/b/{}"
        );
        assert_eq!(without_parameter_names("/v1"), "/v1");
        assert_eq!(
            parameter_names("/v1/{a}/x/{b}").collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(parameter_names("/v1").count(), 0);
    }
}

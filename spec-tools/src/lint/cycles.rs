//! Rejects components whose references form a cycle or lead into a cycle. A schema in a cycle has
//! no finite definition, and a response or parameter in a cycle has no content.
//!
//! References in the fields, items and map values of a schema are not checked, so a schema can be
//! recursive.

use std::collections::HashMap;

use crate::{
    error::ValidationErrors,
    read::document::{follow_ref, subschemas},
    read::{Entry, Node},
};

/// Adds an error for every component that is in a reference cycle or leads into a cycle.
///
/// Call this only if all references have a target: a component that is not a schema would be
/// reported as a cycle if its reference has no target. Such a component is also reported as a cycle
/// if it starts a chain of more than 15 references, because [`follow_ref`] does not follow longer
/// chains.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for kind in document.get_entries("components") {
        let components = kind.node.entries();
        let is_cyclic: Vec<bool> = match kind.key.as_str() {
            "schemas" => lead_into_cycle(&references(components)),
            _ => components
                .iter()
                .map(|component| follow_ref(document, &component.node).is_none())
                .collect(),
        };
        for (component, _) in components
            .iter()
            .zip(is_cyclic)
            .filter(|(_, is_cyclic)| *is_cyclic)
        {
            let message = format!("`{}` leads into a reference cycle", component.key);
            errors.push(&component.location, message);
        }
    }
}

/// Returns, for each component schema, the indices of the component schemas that it refers to: with
/// `$ref`, or inside `allOf`, `anyOf`, `oneOf` or `not`.
///
/// References in fields, items and map values are left out. A field can be absent, and a list or
/// map can be empty, so a value of a recursive schema can end there.
fn references(components: &[Entry]) -> Vec<Vec<usize>> {
    let indices: HashMap<&str, usize> = components
        .iter()
        .enumerate()
        .map(|(n, component)| (component.key.as_str(), n))
        .collect();
    let targets = |component: &Entry| {
        let mut targets = Vec::new();
        let mut stack = vec![&component.node];
        while let Some(schema) = stack.pop() {
            let parts = subschemas(schema).filter(|(key, _)| key.ends_with("Of") || *key == "not");
            stack.extend(parts.map(|(_, part)| part));
            let reference = schema.get_str("$ref");
            let name =
                reference.and_then(|reference| reference.strip_prefix("#/components/schemas/"));
            targets.extend(name.and_then(|name| indices.get(name)));
        }
        targets
    };
    components.iter().map(targets).collect()
}

/// Returns, for each node of a graph, whether the node is in a cycle or has a path into a cycle.
/// `edges` lists the targets of each node.
///
/// Takes linear time and does not recurse, because chains of references can be long.
fn lead_into_cycle(edges: &[Vec<usize>]) -> Vec<bool> {
    let mut predecessors: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (node, targets) in edges.iter().enumerate() {
        targets
            .iter()
            .for_each(|target| predecessors[*target].push(node));
    }
    // Removes nodes without outgoing edges. The nodes that remain lead into a cycle.
    let mut outgoing: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut removable: Vec<usize> = (0..edges.len())
        .filter(|node| outgoing[*node] == 0)
        .collect();
    while let Some(node) = removable.pop() {
        for predecessor in &predecessors[node] {
            outgoing[*predecessor] -= 1;
            removable.extend((outgoing[*predecessor] == 0).then_some(*predecessor));
        }
    }
    outgoing.iter().map(|count| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::structure, lead_into_cycle};
    use crate::lint::tests::messages;

    #[test]
    fn rejects_components_in_reference_cycles() {
        let text = "components:\n  responses:\n    R:\n      $ref: '#/components/responses/R'\n  schemas:\n    A:\n      $ref: '#/components/schemas/B'\n    B:\n      allOf:\n        - oneOf:\n            - $ref: '#/components/schemas/A'\n    Tree:\n      type: object\n      properties:\n        left: {$ref: '#/components/schemas/Tree'}\n        all: {type: array, items: {$ref: '#/components/schemas/Tree'}}\n    Uses:\n      $ref: '#/components/schemas/A'\n";
        assert_eq!(
            messages(structure, text),
            [
                "a.yaml:3:5: `R` leads into a reference cycle",
                "a.yaml:6:5: `A` leads into a reference cycle",
                "a.yaml:8:5: `B` leads into a reference cycle",
                "a.yaml:17:5: `Uses` leads into a reference cycle",
            ]
        );
    }

    #[test]
    fn finds_only_nodes_that_lead_into_a_cycle() {
        let cases: [(&[&[usize]], &[usize]); 8] = [
            (&[], &[]),
            (&[&[]], &[]),
            (&[&[0]], &[0]),
            (&[&[1], &[2], &[0]], &[0, 1, 2]),
            // A node that leads into a cycle, and a cycle that leads into another.
            (
                &[&[1], &[2], &[1, 3], &[4], &[5, 6], &[4], &[]],
                &[0, 1, 2, 3, 4, 5],
            ),
            // A cycle that leads to a node outside.
            (&[&[0, 1], &[2], &[]], &[0]),
            // Two paths to one node.
            (&[&[1, 2], &[3], &[3], &[]], &[]),
            (&[&[1, 1], &[2, 3], &[0], &[3, 1]], &[0, 1, 2, 3]),
        ];
        for (edges, expected) in cases {
            let edges: Vec<_> = edges.iter().map(|targets| targets.to_vec()).collect();
            let is_cyclic = lead_into_cycle(&edges);
            let actual: Vec<_> = (0..edges.len()).filter(|node| is_cyclic[*node]).collect();
            assert_eq!(actual, expected, "{edges:?}");
        }
    }

    #[test]
    fn handles_long_chains_in_linear_time() {
        let chain: Vec<_> = (1..=300_000).map(|to| vec![to % 300_000]).collect();
        assert!(lead_into_cycle(&chain).iter().all(|is_cyclic| *is_cyclic));
        let ladder: Vec<_> = (0..300_000).map(|n| vec![n + 1, n + 2]).collect();
        let ladder = [ladder, vec![vec![], vec![]]].concat();
        assert!(!lead_into_cycle(&ladder).contains(&true));
    }
}

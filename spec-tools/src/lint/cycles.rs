//! A component that stands for itself, whether at once or by way of others, stands for nothing.

use std::collections::HashMap;

use crate::{
    error::ValidationErrors,
    read::document::{follow_ref, subschemas},
    read::{Entry, Node},
};

/// Checks all components of a document, whose references all lead somewhere.
pub fn check(document: &Node, errors: &mut ValidationErrors) {
    for kind in document.get_entries("components") {
        let components = kind.node.entries();
        let circular: Vec<bool> = match kind.key.as_str() {
            "schemas" => in_cycles(&references(components)),
            _ => components
                .iter()
                .map(|of| follow_ref(document, &of.node).is_none())
                .collect(),
        };
        for (component, _) in components
            .iter()
            .zip(circular)
            .filter(|(_, circular)| *circular)
        {
            let message = format!("`{}` leads into a cycle of references", component.key);
            errors.push(&component.location, message);
        }
    }
}

/// The schemas that each schema is, as far as they are components: what can be reached without going
/// into a field or an item, where it may be absent.
fn references(components: &[Entry]) -> Vec<Vec<usize>> {
    let indices: HashMap<&str, usize> = components
        .iter()
        .enumerate()
        .map(|(n, of)| (of.key.as_str(), n))
        .collect();
    let of = |component: &Entry| {
        let mut found = Vec::new();
        let mut open = vec![&component.node];
        while let Some(schema) = open.pop() {
            let parts = subschemas(schema).filter(|(key, _)| key.ends_with("Of") || *key == "not");
            open.extend(parts.map(|(_, part)| part));
            let reference = schema.get_str("$ref");
            let name = reference.and_then(|text| text.strip_prefix("#/components/schemas/"));
            found.extend(name.and_then(|name| indices.get(name)));
        }
        found
    };
    components.iter().map(of).collect()
}

/// Which nodes of a graph lead into a cycle: all but those whose every way ends. Takes time that
/// grows with the graph, and does not recurse: chains of references may be long.
fn in_cycles(edges: &[Vec<usize>]) -> Vec<bool> {
    let mut from: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (node, to) in edges.iter().enumerate() {
        to.iter().for_each(|to| from[*to].push(node));
    }
    let mut left: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut ended: Vec<usize> = (0..edges.len()).filter(|node| left[*node] == 0).collect();
    while let Some(node) = ended.pop() {
        for before in &from[node] {
            left[*before] -= 1;
            ended.extend((left[*before] == 0).then_some(*before));
        }
    }
    left.iter().map(|left| *left > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::structure, in_cycles};
    use crate::lint::tests::errors;

    #[test]
    fn a_component_must_not_stand_for_itself() {
        let text = "components:\n  responses:\n    R:\n      $ref: '#/components/responses/R'\n  schemas:\n    A:\n      $ref: '#/components/schemas/B'\n    B:\n      allOf:\n        - oneOf:\n            - $ref: '#/components/schemas/A'\n    Tree:\n      type: object\n      properties:\n        left: {$ref: '#/components/schemas/Tree'}\n        all: {type: array, items: {$ref: '#/components/schemas/Tree'}}\n    Uses:\n      $ref: '#/components/schemas/A'\n";
        assert_eq!(
            errors(structure, text),
            [
                "a.yaml:3:5: `R` leads into a cycle of references",
                "a.yaml:6:5: `A` leads into a cycle of references",
                "a.yaml:8:5: `B` leads into a cycle of references",
                "a.yaml:17:5: `Uses` leads into a cycle of references",
            ]
        );
    }

    #[test]
    fn finds_what_leads_into_a_cycle_and_nothing_else() {
        let cases: [(&[&[usize]], &[usize]); 8] = [
            (&[], &[]),
            (&[&[]], &[]),
            (&[&[0]], &[0]),
            (&[&[1], &[2], &[0]], &[0, 1, 2]),
            // Into a cycle, and from one to another.
            (
                &[&[1], &[2], &[1, 3], &[4], &[5, 6], &[4], &[]],
                &[0, 1, 2, 3, 4, 5],
            ),
            // Out of a cycle.
            (&[&[0, 1], &[2], &[]], &[0]),
            // Two ways to one node are no cycle.
            (&[&[1, 2], &[3], &[3], &[]], &[]),
            (&[&[1, 1], &[2, 3], &[0], &[3, 1]], &[0, 1, 2, 3]),
        ];
        for (edges, want) in cases {
            let edges: Vec<_> = edges.iter().map(|to| to.to_vec()).collect();
            let found = in_cycles(&edges);
            let found: Vec<_> = (0..edges.len()).filter(|node| found[*node]).collect();
            assert_eq!(found, want, "{edges:?}");
        }
    }

    /// Nothing here takes time that grows faster than the contract, or goes as deep as a chain.
    #[test]
    fn long_chains_come_to_an_end() {
        let chain: Vec<_> = (1..=300_000).map(|to| vec![to % 300_000]).collect();
        assert!(in_cycles(&chain).iter().all(|circular| *circular));
        let ladder: Vec<_> = (0..300_000).map(|n| vec![n + 1, n + 2]).collect();
        let ladder = [ladder, vec![vec![], vec![]]].concat();
        assert!(!in_cycles(&ladder).contains(&true));
    }
}

//! A component that stands for itself, whether at once or by way of others, stands for nothing.

use std::collections::HashMap;

use crate::{
    error::Faults,
    read::document::{inner, resolved},
    read::{Entry, Node},
};

/// Checks all components of a document, whose references all lead somewhere.
pub fn check(document: &Node, faults: &mut Faults) {
    for kind in document.entries_of("components") {
        let components = kind.node.entries();
        let circular: Vec<bool> = match kind.key.as_str() {
            "schemas" => in_circles(&references(components)),
            _ => components
                .iter()
                .map(|of| resolved(document, &of.node).is_none())
                .collect(),
        };
        for (component, _) in components
            .iter()
            .zip(circular)
            .filter(|(_, circular)| *circular)
        {
            let message = format!("`{}` refers to nothing but itself", component.key);
            faults.at(&component.place, message);
        }
    }
}

/// The schemas that each schema is, as far as they are components: what can be reached without going
/// into a field or an item, where it may be absent.
fn references(components: &[Entry]) -> Vec<Vec<usize>> {
    let places: HashMap<&str, usize> = components
        .iter()
        .enumerate()
        .map(|(n, of)| (of.key.as_str(), n))
        .collect();
    let of = |component: &Entry| {
        let mut found = Vec::new();
        let mut open = vec![&component.node];
        while let Some(schema) = open.pop() {
            let parts = inner(schema).filter(|(key, _)| key.ends_with("Of") || *key == "not");
            open.extend(parts.map(|(_, part)| part));
            let reference = schema.text_of("$ref");
            let name = reference.and_then(|text| text.strip_prefix("#/components/schemas/"));
            found.extend(name.and_then(|name| places.get(name)));
        }
        found
    };
    components.iter().map(of).collect()
}

/// Which nodes of a graph can be reached from themselves: those of its strongly connected components,
/// found by Tarjan's algorithm in time that grows with the graph. It does not recurse: chains of
/// references may be long.
fn in_circles(edges: &[Vec<usize>]) -> Vec<bool> {
    let mut circular = vec![false; edges.len()];
    // When a node was met first, and the first that is known to be in one component with it.
    let mut met: Vec<Option<usize>> = vec![None; edges.len()];
    let mut first = vec![usize::MAX; edges.len()];
    let mut waiting = vec![false; edges.len()];
    let mut stack = Vec::new();
    let mut count = 0;
    for root in 0..edges.len() {
        // The nodes on the way, each with how many of its edges have been followed.
        let mut way = Vec::from_iter(met[root].is_none().then_some((root, 0)));
        while let Some((node, followed)) = way.pop() {
            match followed {
                0 => {
                    (met[node], first[node], waiting[node]) = (Some(count), count, true);
                    stack.push(node);
                    count += 1;
                }
                more => {
                    let to = edges[node][more - 1];
                    if waiting[to] {
                        first[node] = first[node].min(first[to]);
                    }
                }
            }
            if let Some(&to) = edges[node].get(followed) {
                way.push((node, followed + 1));
                way.extend(met[to].is_none().then_some((to, 0)));
            } else if met[node] == Some(first[node]) {
                let place = stack
                    .iter()
                    .rposition(|one| *one == node)
                    .unwrap_or_default();
                let component = stack.split_off(place);
                let circle = component.len() > 1 || edges[node].contains(&node);
                for one in component {
                    (circular[one], waiting[one]) = (circle, false);
                }
            }
        }
    }
    circular
}

#[cfg(test)]
mod tests {
    use super::{super::tests::structure, in_circles};
    use crate::lint::tests::faults;

    #[test]
    fn a_component_must_not_stand_for_itself() {
        let text = "components:\n  responses:\n    R:\n      $ref: '#/components/responses/R'\n  schemas:\n    A:\n      $ref: '#/components/schemas/B'\n    B:\n      allOf:\n        - oneOf:\n            - $ref: '#/components/schemas/A'\n    Tree:\n      type: object\n      properties:\n        left: {$ref: '#/components/schemas/Tree'}\n        all: {type: array, items: {$ref: '#/components/schemas/Tree'}}\n    Uses:\n      $ref: '#/components/schemas/A'\n";
        assert_eq!(
            faults(structure, text),
            [
                "a.yaml:3:5: `R` refers to nothing but itself",
                "a.yaml:6:5: `A` refers to nothing but itself",
                "a.yaml:8:5: `B` refers to nothing but itself",
            ]
        );
    }

    #[test]
    fn finds_the_nodes_on_circles_and_no_others() {
        let cases: [(&[&[usize]], &[usize]); 7] = [
            (&[], &[]),
            (&[&[]], &[]),
            (&[&[0]], &[0]),
            (&[&[1], &[2], &[0]], &[0, 1, 2]),
            // Into a circle, from one to another, and out of it.
            (
                &[&[1], &[2], &[1, 3], &[4], &[5, 6], &[4], &[]],
                &[1, 2, 4, 5],
            ),
            // Two ways to one node are no circle.
            (&[&[1, 2], &[3], &[3], &[]], &[]),
            (&[&[1, 1], &[2, 3], &[0], &[3, 1]], &[0, 1, 2, 3]),
        ];
        for (edges, want) in cases {
            let edges: Vec<_> = edges.iter().map(|to| to.to_vec()).collect();
            let found = in_circles(&edges);
            let found: Vec<_> = (0..edges.len()).filter(|node| found[*node]).collect();
            assert_eq!(found, want, "{edges:?}");
        }
    }

    /// Nothing here takes time that grows faster than the contract, or goes as deep as a chain.
    #[test]
    fn long_chains_come_to_an_end() {
        let chain: Vec<_> = (1..=300_000).map(|to| vec![to % 300_000]).collect();
        assert!(in_circles(&chain).iter().all(|circular| *circular));
        let ladder: Vec<_> = (0..300_000).map(|n| vec![n + 1, n + 2]).collect();
        let ladder = [ladder, vec![vec![], vec![]]].concat();
        assert!(!in_circles(&ladder).contains(&true));
    }
}

//! Goes through a document as it is written: its operations, its schemas, and what its references
//! lead to.

use std::collections::BTreeMap;

use super::Node;
use crate::error::SourceLocation;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation and where it stands.
pub struct Operation<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub item: &'a Node,
    pub location: &'a SourceLocation,
    pub node: &'a Node,
    pub label: String,
}

/// The operations, in the document's order.
pub fn operations(document: &Node) -> impl Iterator<Item = Operation<'_>> {
    let paths = document.get_entries("paths");
    paths.iter().flat_map(|path| {
        let methods = path.node.entries().iter();
        methods
            .filter(|entry| METHODS.contains(&entry.key.as_str()))
            .map(move |entry| Operation {
                method: &entry.key,
                path: &path.key,
                item: &path.node,
                location: &entry.location,
                node: &entry.node,
                label: match entry.node.get_str("operationId") {
                    Some(id) => format!("`{id}`"),
                    None => format!("{} {}", entry.key.to_uppercase(), path.key),
                },
            })
    })
}

impl<'a> Operation<'a> {
    /// The parameters of its path and its own, as they are written.
    pub fn parameters(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        let lists = [self.item.get("parameters"), self.node.get("parameters")];
        lists.into_iter().flatten().flat_map(Node::items)
    }
}

/// Where the operations stand, by their ids.
pub fn operation_locations(document: &Node) -> BTreeMap<String, SourceLocation> {
    operations(document)
        .filter_map(|of| {
            Some((
                of.node.get("operationId")?.as_str()?.to_owned(),
                of.location.clone(),
            ))
        })
        .collect()
}

/// Follows a reference such as `#/components/schemas/X`.
pub fn get_component<'a>(document: &'a Node, reference: &str) -> Option<&'a Node> {
    let rest = reference.strip_prefix("#/components/")?;
    let (kind, name) = rest.split_once('/')?;
    document.get_path(&["components", kind, name])
}

/// What a node stands for: itself, or the component that it refers to.
pub fn follow_ref<'a>(document: &'a Node, node: &'a Node) -> Option<&'a Node> {
    let mut node = node;
    // A chain of references that is longer than this leads in a circle.
    for _ in 0..16 {
        match node.get_str("$ref") {
            Some(reference) => node = get_component(document, reference)?,
            None => return Some(node),
        }
    }
    None
}

/// The schemas that are written inside a schema, each with the keyword that holds it.
pub fn subschemas(schema: &Node) -> impl Iterator<Item = (&str, &Node)> {
    schema.entries().iter().flat_map(|entry| {
        let key = entry.key.as_str();
        let single = matches!(key, "items" | "additionalProperties" | "not").then_some(&entry.node);
        let list = match key {
            "allOf" | "anyOf" | "oneOf" => entry.node.items(),
            _ => &[],
        };
        let map = match key {
            "properties" => entry.node.entries(),
            _ => &[],
        };
        let map = map.iter().map(|property| &property.node);
        single
            .into_iter()
            .chain(list)
            .chain(map)
            .map(move |node| (key, node))
    })
}

/// Whether a media type is JSON.
pub fn is_json(media: &str) -> bool {
    media
        .split(';')
        .next()
        .is_some_and(|media| media.trim() == "application/json")
}

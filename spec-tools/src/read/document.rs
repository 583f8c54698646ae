//! Finds operations, components and nested schemas in an OpenAPI document.

use std::collections::BTreeMap;

use super::Node;
use crate::error::SourceLocation;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// An operation of a document.
pub struct Operation<'a> {
    /// The method in lower case, such as `get`.
    pub method: &'a str,
    pub path: &'a str,
    /// The path item. This map contains all operations of the path, and the parameters that they
    /// share.
    pub path_item: &'a Node,
    /// The location of the key that names the method, such as `get`.
    pub location: &'a SourceLocation,
    pub node: &'a Node,
    /// The name in messages: the operation id in backticks or, if there is none, the method and
    /// path, such as `GET /v1/projects`.
    pub label: String,
}

/// Returns all operations under `paths`, in the order of the document.
pub fn operations(document: &Node) -> impl Iterator<Item = Operation<'_>> {
    let paths = document.get_entries("paths");
    paths.iter().flat_map(|path| {
        let methods = path.node.entries().iter();
        methods
            .filter(|entry| METHODS.contains(&entry.key.as_str()))
            .map(move |entry| Operation {
                method: &entry.key,
                path: &path.key,
                path_item: &path.node,
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
    /// Returns the parameters of the path, then the parameters of the operation. References are not
    /// resolved. A parameter of the operation overrides the path's parameter with the same name and
    /// location, but both are returned.
    pub fn parameters(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        let lists = [
            self.path_item.get("parameters"),
            self.node.get("parameters"),
        ];
        lists.into_iter().flatten().flat_map(Node::items)
    }
}

/// Returns the location of each operation by its id. Operations without an id are omitted.
pub fn operation_locations(document: &Node) -> BTreeMap<String, SourceLocation> {
    operations(document)
        .filter_map(|operation| {
            Some((
                operation.node.get("operationId")?.as_str()?.to_owned(),
                operation.location.clone(),
            ))
        })
        .collect()
}

/// Returns the component that a reference such as `#/components/schemas/X` names. Returns `None` if
/// the component does not exist, or if the reference does not start with `#/components/`.
pub fn get_component<'a>(document: &'a Node, reference: &str) -> Option<&'a Node> {
    let rest = reference.strip_prefix("#/components/")?;
    let (kind, name) = rest.split_once('/')?;
    document.get_path(&["components", kind, name])
}

/// Returns the node itself or, if it has a `$ref`, the component at the end of the chain of
/// references.
///
/// Returns `None` if a component does not exist, or if the chain is a cycle or has more than 15
/// references.
pub fn follow_ref<'a>(document: &'a Node, node: &'a Node) -> Option<&'a Node> {
    let mut node = node;
    // A longer chain of references is treated as a cycle.
    for _ in 0..16 {
        match node.get_str("$ref") {
            Some(reference) => node = get_component(document, reference)?,
            None => return Some(node),
        }
    }
    None
}

/// Returns the schemas directly inside a schema, such as its fields and items, each with the
/// keyword that contains it. References are not resolved.
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

/// Returns `true` for the media type `application/json`, with or without parameters such as
/// `charset`.
pub fn is_json(media: &str) -> bool {
    media
        .split(';')
        .next()
        .is_some_and(|media| media.trim() == "application/json")
}

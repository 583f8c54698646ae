//! Finds the response field that has the items of a list. Searches the API contract, because the SDK's table
//! of operations does not contain the names of response fields.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

/// Returns the name of the response field that has the items of a page. Call this function only for a paged
/// list: for any other operation, it returns the first array field of the response to a GET, or `None`.
pub fn items_field(operation: &str) -> Option<&'static str> {
    ITEMS.get(operation).map(String::as_str)
}

static ITEMS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    // Codegen writes the bundle, and the test below fails if it is not valid JSON.
    let contract = include_str!("../../../../spec/openapi.json");
    let contract: Value = serde_json::from_str(contract).unwrap_or_default();
    let paths = contract["paths"]
        .as_object()
        .into_iter()
        .flat_map(|paths| paths.values());
    let lists = paths
        .filter_map(|path| path.get("get"))
        .filter_map(|operation| {
            Some((
                operation["operationId"].as_str()?.to_owned(),
                array_field(&contract, operation)?,
            ))
        });
    lists.collect()
});

/// Returns the name of the first array field in an operation's 200 response, or `None` if there is no array.
/// The response of a paged list has only one array: the items.
fn array_field(contract: &Value, operation: &Value) -> Option<String> {
    let response = resolve(contract, &operation["responses"]["200"]);
    let schema = resolve(contract, &response["content"]["application/json"]["schema"]);
    let mut fields = schema["properties"].as_object()?.iter();
    fields
        .find(|(_, schema)| resolve(contract, schema)["type"] == "array")
        .map(|(name, _)| name.clone())
}

/// Returns a node of the contract, or the node that it refers to if it is a reference. Returns null for a
/// reference to a missing node.
fn resolve<'a>(contract: &'a Value, mut node: &'a Value) -> &'a Value {
    while let Some(reference) = node["$ref"].as_str() {
        node = contract
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(&Value::Null);
    }
    node
}

#[cfg(test)]
mod tests {
    use pgbeam::api::operations;

    use super::*;

    #[test]
    fn every_paged_list_has_an_items_field() {
        let lists = operations::ALL.iter().filter(|operation| {
            operation
                .parameters
                .iter()
                .any(|parameter| parameter.name == "page_token")
        });
        let found: Vec<_> = lists
            .map(|operation| (operation.id, items_field(operation.id)))
            .collect();
        assert!(found.len() > 20, "{found:?}");
        assert!(found.iter().all(|(_, items)| items.is_some()), "{found:?}");
        assert_eq!(items_field("listAgentCredentials"), Some("agents"));
        assert_eq!(items_field("listProjects"), Some("projects"));
    }
}

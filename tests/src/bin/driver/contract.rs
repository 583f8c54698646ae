//! What the contract says and the SDK's operation table does not: where a page has its items.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

/// The member of an operation's answer that holds the items of a page; `None` for an operation that
/// answers with none.
pub fn items_of(operation: &str) -> Option<&'static str> {
    ITEMS.get(operation).map(String::as_str)
}

static ITEMS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    // That it is JSON is seen to by codegen, which writes it, and by the test below.
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
                list_in(&contract, operation)?,
            ))
        });
    lists.collect()
});

/// The one list that the answer of an operation holds.
fn list_in(contract: &Value, operation: &Value) -> Option<String> {
    let answer = resolve(contract, &operation["responses"]["200"]);
    let schema = resolve(contract, &answer["content"]["application/json"]["schema"]);
    let mut members = schema["properties"].as_object()?.iter();
    members
        .find(|(_, of)| resolve(contract, of)["type"] == "array")
        .map(|(name, _)| name.clone())
}

/// What a reference leads to.
fn resolve<'a>(contract: &'a Value, mut of: &'a Value) -> &'a Value {
    while let Some(reference) = of["$ref"].as_str() {
        of = contract
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(&Value::Null);
    }
    of
}

#[cfg(test)]
mod tests {
    use pgbeam::api::operations;

    use super::*;

    #[test]
    fn every_list_with_pages_has_its_items_somewhere() {
        let lists = operations::ALL.iter().filter(|of| {
            of.parameters
                .iter()
                .any(|parameter| parameter.name == "page_token")
        });
        let found: Vec<_> = lists.map(|of| (of.id, items_of(of.id))).collect();
        assert!(found.len() > 20, "{found:?}");
        assert!(found.iter().all(|(_, items)| items.is_some()), "{found:?}");
        assert_eq!(items_of("listAgentCredentials"), Some("agents"));
        assert_eq!(items_of("listProjects"), Some("projects"));
    }
}

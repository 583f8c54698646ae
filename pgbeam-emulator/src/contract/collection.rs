//! `CollectionContract`: what the API contract declares about the resources of a collection.

use std::collections::HashMap;

use http::Method;
use serde_json::Value;

use super::document::Document;
use super::operation::{Action, OperationContract};

/// What the API contract declares about the resources of a collection.
#[derive(Debug, Default)]
pub(crate) struct CollectionContract {
    /// The schema of a resource, as read operations return it.
    pub(crate) resource: Value,
    /// The name of the field that contains the resources in a list response. Empty if no operation lists them.
    pub(crate) list_field: String,
}

/// Returns the collections by path, and marks each POST to a listed collection as [`Action::Create`].
pub(super) fn find(
    document: &Document,
    operations: &mut [OperationContract],
) -> HashMap<String, CollectionContract> {
    let mut collections: HashMap<String, CollectionContract> = HashMap::new();
    for operation in operations.iter() {
        let Some(schema) = &operation.response else {
            continue;
        };
        let path = operation.collection().to_owned();
        if operation.action == Action::List {
            let is_array =
                |schema: &Value| document.keyword(schema, "type") == Some(&Value::from("array"));
            let mut properties = document.properties(schema);
            if let Some((name, list)) = properties.find(|(_, schema)| is_array(schema)) {
                let items = document.keyword(list, "items").cloned();
                let collection = CollectionContract {
                    resource: items.unwrap_or_default(),
                    list_field: name.clone(),
                };
                collections.insert(path, collection);
            }
        } else if matches!(
            operation.action,
            Action::Get | Action::Replace | Action::Update
        ) {
            let collection = collections.entry(path).or_default();
            if collection.resource.is_null() {
                collection.resource = schema.clone();
            }
        }
    }
    for operation in operations {
        let collection = collections.get(&operation.path);
        if operation.method == Method::POST
            && collection.is_some_and(|collection| !collection.list_field.is_empty())
        {
            operation.action = Action::Create;
        }
    }
    collections
}

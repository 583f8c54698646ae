//! Drops components that no operation needs any more.
//!
//! Fault: a type for the problem document, which the runtime reads itself, and whatever else an
//! earlier pass has made unused, would be generated and built by everyone.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;
use serde_json::Value;

use crate::{
    contract::Contract,
    error::{Error, Result},
    schemas,
};

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut keep = references(&contract.api.paths)?;
    keep.extend(contract.error_payloads.iter().cloned());
    let mut open: Vec<String> = keep.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for inner in of_component(&contract.api, &name)? {
            if keep.insert(inner.clone()) {
                open.push(inner);
            }
        }
    }
    if let Some(components) = &mut contract.api.components {
        components.schemas.retain(|name, _| keep.contains(name));
    }
    contract.replacements.retain(|name, _| keep.contains(name));
    Ok(())
}

/// The components that a component refers to.
pub fn of_component(api: &OpenAPI, name: &str) -> Result<BTreeSet<String>> {
    let component = api.components.as_ref().and_then(|components| components.schemas.get(name));
    references(&component)
}

/// The components that any part of a document refers to.
pub fn references(part: &impl serde::Serialize) -> Result<BTreeSet<String>> {
    let json = serde_json::to_value(part).map_err(|error| Error::new(error.to_string()))?;
    let mut found = BTreeSet::new();
    let mut open = vec![&json];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    found.extend(schemas::component_of(reference).map(str::to_owned));
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    Ok(found)
}

//! Drops components that no operation needs any more.
//!
//! Defect: a type for the problem document, which the runtime reads itself, and whatever else an
//! earlier pass has made unused, would be generated and built by everyone.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;
use serde_json::Value;

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::{Error, Result};

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut wanted = references(&contract.api.paths)?;
    wanted.extend(contract.error_payloads.values().flatten().cloned());
    keep(&mut contract.api, wanted)?;
    let kept: BTreeSet<String> = contract.components().map(str::to_owned).collect();
    contract.replacements.retain(|name, _| kept.contains(name));
    Ok(())
}

/// Drops all components but `wanted` and what those lead to.
pub fn keep(api: &mut OpenAPI, wanted: BTreeSet<String>) -> Result<()> {
    let kept = closure(api, wanted)?;
    if let Some(components) = &mut api.components {
        components.schemas.retain(|name, _| kept.contains(name));
    }
    Ok(())
}

/// All that the components in `open` lead to, themselves included.
pub fn closure(api: &OpenAPI, open: BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut found = open.clone();
    let mut open: Vec<String> = open.into_iter().collect();
    while let Some(name) = open.pop() {
        for inner in of_component(api, &name)? {
            if found.insert(inner.clone()) {
                open.push(inner);
            }
        }
    }
    Ok(found)
}

/// The components that a component refers to.
fn of_component(api: &OpenAPI, name: &str) -> Result<BTreeSet<String>> {
    let component = api
        .components
        .as_ref()
        .and_then(|components| components.schemas.get(name));
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

#[cfg(test)]
mod tests {
    use super::super::tests::pass;

    #[test]
    fn what_no_operation_leads_to_is_dropped() {
        let paths = "/p:\n    get:\n      operationId: a\n      responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}";
        let schemas = "A: {type: object, properties: {b: {type: array, items: {$ref: '#/components/schemas/B'}}}}\n    B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}\n    C: {type: object}\n    P: {type: object, properties: {q: {$ref: '#/components/schemas/Q'}}}\n    Q: {type: object}";
        let run = |contract: &mut super::Contract| {
            contract
                .error_payloads
                .insert("a".to_owned(), ["P".to_owned()].into());
            super::run(contract)
        };
        assert_eq!(
            pass(run, paths, schemas).unwrap().components(),
            ["A", "B", "P", "Q"]
        );
    }
}

//! Removes the component schemas that no operation uses, directly or through other components.
//!
//! Defect: progenitor generates a type for every component. It would also generate unused types for the
//! problem document, which the runtime parses, and for components that earlier passes left unused.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;
use serde_json::Value;

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::{Error, Result};

/// Removes the component schemas that neither the operations nor [`Contract::error_payloads`] reference, directly or
/// through other components. Also removes the entries of these schemas in [`Contract::replacements`].
pub fn run(contract: &mut Contract) -> Result<()> {
    let mut roots = references(&contract.api.paths)?;
    roots.extend(contract.error_payloads.values().flatten().cloned());
    retain(&mut contract.api, roots)?;
    let kept: BTreeSet<String> = contract.component_names().map(str::to_owned).collect();
    contract.replacements.retain(|name, _| kept.contains(name));
    Ok(())
}

/// Removes all component schemas except `roots` and the schemas that `roots` reference, directly or through other
/// components.
pub fn retain(api: &mut OpenAPI, roots: BTreeSet<String>) -> Result<()> {
    let kept = reachable_from(api, roots)?;
    if let Some(components) = &mut api.components {
        components.schemas.retain(|name, _| kept.contains(name));
    }
    Ok(())
}

/// Returns `roots` and the names of all component schemas that `roots` reference, directly or through other
/// components.
pub fn reachable_from(api: &OpenAPI, roots: BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut reached = roots.clone();
    let mut pending: Vec<String> = roots.into_iter().collect();
    while let Some(name) = pending.pop() {
        for inner in component_references(api, &name)? {
            if reached.insert(inner.clone()) {
                pending.push(inner);
            }
        }
    }
    Ok(reached)
}

/// Returns the names of the component schemas that a component schema references directly.
fn component_references(api: &OpenAPI, name: &str) -> Result<BTreeSet<String>> {
    let component = api
        .components
        .as_ref()
        .and_then(|components| components.schemas.get(name));
    references(&component)
}

/// Returns the names of the component schemas that a part of a document references directly.
pub fn references(part: &impl serde::Serialize) -> Result<BTreeSet<String>> {
    let json = serde_json::to_value(part).map_err(|error| Error::new(error.to_string()))?;
    let mut names = BTreeSet::new();
    let mut pending = vec![&json];
    while let Some(value) = pending.pop() {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    names.extend(schemas::component_name(reference).map(str::to_owned));
                }
                pending.extend(map.values());
            }
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::super::tests::run_pass;

    #[test]
    fn removes_unreachable_components() {
        let paths = "/p:\n    get:\n      operationId: a\n      responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}";
        let schemas = "A: {type: object, properties: {b: {type: array, items: {$ref: '#/components/schemas/B'}}}}\n    B: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}\n    C: {type: object}\n    P: {type: object, properties: {q: {$ref: '#/components/schemas/Q'}}}\n    Q: {type: object}";
        let run = |contract: &mut super::Contract| {
            contract
                .error_payloads
                .insert("a".to_owned(), ["P".to_owned()].into());
            super::run(contract)
        };
        assert_eq!(
            run_pass(run, paths, schemas).unwrap().component_names(),
            ["A", "B", "P", "Q"]
        );
    }
}

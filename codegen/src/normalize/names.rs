//! Gives every component the name of its type.
//!
//! Fault: the generator calls the type of a component `SSLMode` `SslMode`, but looks for what is to
//! stand in its place under the component's own name, and finds nothing. A component whose name is
//! not that of its type is renamed, and all that refers to it.

use std::collections::BTreeMap;

use heck::ToPascalCase;
use openapiv3::OpenAPI;
use serde_json::Value;

use crate::contract::Contract;
use pgbeam_spec::error::{Error, Result};

const PREFIX: &str = "#/components/schemas/";

pub fn run(contract: &mut Contract) -> Result<()> {
    let renamed: BTreeMap<String, String> = contract
        .components()
        .filter_map(|name| Some((name, name.to_pascal_case())).filter(|(old, new)| old != new))
        .map(|(old, new)| (old.to_owned(), new))
        .collect();
    if renamed.is_empty() {
        return Ok(());
    }
    for (old, new) in &renamed {
        let others = contract.components().filter(|name| name != old);
        if others
            .map(ToPascalCase::to_pascal_case)
            .any(|name| name == *new)
        {
            let message = format!("`{old}` and another component are both named `{new}` in Rust");
            return Err(contract.places.at_schema(old, message));
        }
        contract.places.also(old, new);
    }
    let failed = |error: serde_json::Error| Error::new(error.to_string());
    let mut document = serde_json::to_value(&contract.api).map_err(failed)?;
    refer(&mut document, &renamed);
    contract.api = serde_json::from_value::<OpenAPI>(document).map_err(failed)?;
    if let Some(components) = &mut contract.api.components {
        components.schemas = std::mem::take(&mut components.schemas)
            .into_iter()
            .map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema))
            .collect();
    }
    Ok(())
}

fn refer(part: &mut Value, renamed: &BTreeMap<String, String>) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(PREFIX)
                && let Some(new) = renamed.get(name)
            {
                *reference = format!("{PREFIX}{new}");
            }
            members.values_mut().for_each(|part| refer(part, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|part| refer(part, renamed)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, pass};

    #[test]
    fn a_component_is_named_as_its_type_wherever_it_is_used() {
        let found = after(
            super::run,
            "
            SSLMode: {type: string}
            plain_thing: {type: object, properties: {of: {$ref: '#/components/schemas/SSLMode'}}}
            Good: {type: object}
            ",
        );
        assert_eq!(found.components(), ["Good", "SslMode", "PlainThing"]);
        assert_eq!(
            found.field("PlainThing", "of"),
            "{'$ref':'#/components/schemas/SslMode'}"
        );
    }

    #[test]
    fn two_components_with_one_name_in_rust_are_refused() {
        let schemas = "SSLMode: {type: string}\n    SslMode: {type: string}";
        let error = pass(super::run, "{}", schemas).err().unwrap();
        assert_eq!(
            error.to_string(),
            "a.yaml:7:5: `SSLMode` and another component are both named `SslMode` in Rust"
        );
    }
}

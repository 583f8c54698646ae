//! Replaces enumerations of strings with open enumerations.
//!
//! Defect: progenitor generates closed enumerations, so one new value makes the whole response fail. It also
//! generates one type for each inline enumeration. The open enumerations keep unknown values, and all inline
//! enumerations with the same `x-enum` name share one type.

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{
    contract::{Contract, OpenEnum, Replacement},
    schemas,
};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut enums: Vec<(String, OpenEnum)> = Vec::new();
    let components = contract.api.components.get_or_insert_default();
    for (name, slot) in &mut components.schemas {
        if let ReferenceOr::Item(schema) = slot
            && let Some(values) = enum_values(schema)
        {
            enums.push((name.clone(), open_enum(schema, values)));
            *schema = schemas::placeholder();
        }
    }
    schemas::visit(&mut contract.api, &mut |schema, hint| {
        if let Some(values) = enum_values(schema) {
            let name = type_name(schema).unwrap_or_else(|| hint.to_owned());
            enums.push((name.clone(), open_enum(schema, values)));
            schemas::replace_with_reference(schema, &name);
        }
    });
    for (name, open_enum) in enums {
        contract.add_replacement(&name, Replacement::Enum, "an enumeration")?;
        merge(contract, name, open_enum)?;
    }
    Ok(())
}

/// Returns the values of an enumeration of strings. `None` for any other schema.
fn enum_values(schema: &Schema) -> Option<Vec<String>> {
    let SchemaKind::Type(Type::String(string)) = &schema.schema_kind else {
        return None;
    };
    let values: Vec<_> = string.enumeration.iter().flatten().cloned().collect();
    (!values.is_empty()).then_some(values)
}

fn type_name(schema: &Schema) -> Option<String> {
    schema
        .schema_data
        .extensions
        .get("x-enum")?
        .as_str()
        .map(str::to_owned)
}

fn open_enum(schema: &Schema, values: Vec<String>) -> OpenEnum {
    let descriptions = schema.schema_data.extensions.get("x-enum-descriptions");
    let description = |value: &String| descriptions?.get(value)?.as_str().map(str::to_owned);
    OpenEnum {
        description: schema.schema_data.description.clone().unwrap_or_default(),
        values: values
            .into_iter()
            .map(|value| (value.clone(), description(&value)))
            .collect(),
    }
}

/// Adds an enumeration to the contract. If the contract already has an enumeration of the same name, only adds
/// missing descriptions to the values of that enumeration.
///
/// # Errors
///
/// The two enumerations do not have the same values in the same order.
fn merge(contract: &mut Contract, name: String, open_enum: OpenEnum) -> Result<()> {
    let Some(first) = contract.enums.get_mut(&name) else {
        contract.enums.insert(name, open_enum);
        return Ok(());
    };
    let values = |open_enum: &OpenEnum| {
        open_enum
            .values
            .iter()
            .map(|(value, _)| value.clone())
            .collect::<Vec<_>>()
    };
    if values(first) != values(&open_enum) {
        let message = format!(
            "the enumeration `{name}` has different values in two schemas: {:?} and {:?}",
            values(first),
            values(&open_enum)
        );
        return Err(contract.locations.schema_error(&name, message));
    }
    for (value, other) in first.values.iter_mut().zip(open_enum.values) {
        value.1 = value.1.take().or(other.1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run_on_schemas, run_pass};
    use crate::contract::Replacement;

    #[test]
    fn usages_of_one_name_share_a_type_and_the_first_description() {
        let normalized = run_on_schemas(
            super::run,
            "
            State: {type: string, description: A state., enum: [a, b], x-enum-descriptions: {a: First.}}
            Thing:
              type: object
              properties:
                state: {type: string, x-enum: State, enum: [a, b], default: a, x-enum-descriptions: {a: No., b: Second.}}
                mode: {type: string, enum: [x], description: A mode.}
                list: {type: array, items: {type: string, x-enum: Item, enum: [y]}}
            ",
        );
        let contract = &normalized.0;
        assert_eq!(
            contract.enums.keys().collect::<Vec<_>>(),
            ["Item", "State", "ThingMode"]
        );
        let state = &contract.enums["State"];
        assert_eq!(state.description, "A state.");
        let descriptions = state.values.iter();
        let descriptions: Vec<_> = descriptions.map(|(_, text)| text.as_deref()).collect();
        assert_eq!(descriptions, [Some("First."), Some("Second.")]);
        // The component is a plain string, which progenitor replaces with the open enumeration.
        assert!(
            !normalized.component("State").contains("'enum'"),
            "{}",
            normalized.component("State")
        );
        assert_eq!(normalized.component("Item"), "{'type':'string'}");
        assert!(
            contract
                .replacements
                .values()
                .all(|replacement| *replacement == Replacement::Enum)
        );
        assert_eq!(
            normalized.field("Thing", "mode"),
            "{'allOf':[{'$ref':'#/components/schemas/ThingMode'}],'description':'A mode.'}"
        );
        assert_eq!(
            normalized.field("Thing", "list"),
            "{'items':{'allOf':[{'$ref':'#/components/schemas/Item'}],'x-enum':'Item'},'type':'array'}"
        );
    }

    #[test]
    fn rejects_two_different_enumerations_with_one_name() {
        let message = |schemas: &str| {
            let error = run_pass(super::run, "{}", schemas).err().unwrap();
            error.to_string()
        };
        assert_eq!(
            message(
                "Mode: {type: string, enum: [a]}\n    T: {type: object, properties: {m: {type: string, x-enum: Mode, enum: [b]}}}"
            ),
            "a.yaml:7:5: the enumeration `Mode` has different values in two schemas: [\"a\"] and [\"b\"]"
        );
        assert_eq!(
            message(
                "Mode: {type: object}\n    T: {type: object, properties: {m: {type: string, x-enum: Mode, enum: [b]}}}"
            ),
            "a.yaml:7:5: the component `Mode` has the name of an enumeration: rename it"
        );
    }
}

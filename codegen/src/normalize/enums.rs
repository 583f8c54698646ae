//! Takes enumerations of strings out of the document.
//!
//! Defect: progenitor makes closed enumerations, so that one new value fails a whole answer, and
//! one type for every place where an enumeration is written. They become open enumerations of our
//! own, one for each `x-enum` name, which keep a value that they do not know.

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{
    contract::{Contract, OpenEnum, Replacement},
    schemas,
};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut found: Vec<(String, OpenEnum)> = Vec::new();
    let components = contract.api.components.get_or_insert_default();
    for (name, slot) in &mut components.schemas {
        if let ReferenceOr::Item(schema) = slot
            && let Some(values) = values(schema)
        {
            found.push((name.clone(), open_enum(schema, values)));
            *schema = schemas::placeholder();
        }
    }
    schemas::visit(&mut contract.api, &mut |schema, hint| {
        if let Some(values) = values(schema) {
            let name = type_name(schema).unwrap_or_else(|| hint.to_owned());
            found.push((name.clone(), open_enum(schema, values)));
            schemas::refer(schema, &name);
        }
    });
    for (name, one) in found {
        contract.replace(&name, Replacement::Enum, "an enumeration")?;
        merge(contract, name, one)?;
    }
    Ok(())
}

/// The values of a schema that is an enumeration of strings.
fn values(schema: &Schema) -> Option<Vec<String>> {
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
    let meanings = schema.schema_data.extensions.get("x-enum-descriptions");
    let meaning = |value: &String| meanings?.get(value)?.as_str().map(str::to_owned);
    OpenEnum {
        description: schema.schema_data.description.clone().unwrap_or_default(),
        values: values
            .into_iter()
            .map(|value| (value.clone(), meaning(&value)))
            .collect(),
    }
}

/// Equal names must mean equal values; the first description of each wins.
fn merge(contract: &mut Contract, name: String, one: OpenEnum) -> Result<()> {
    let Some(first) = contract.enums.get_mut(&name) else {
        contract.enums.insert(name, one);
        return Ok(());
    };
    let names = |of: &OpenEnum| {
        of.values
            .iter()
            .map(|(value, _)| value.clone())
            .collect::<Vec<_>>()
    };
    if names(first) != names(&one) {
        let message = format!(
            "the enumeration `{name}` has two sets of values: {:?} and {:?}",
            names(first),
            names(&one)
        );
        return Err(contract.places.at_schema(&name, message));
    }
    for (value, more) in first.values.iter_mut().zip(one.values) {
        value.1 = value.1.take().or(more.1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, pass};
    use crate::contract::Replacement;

    #[test]
    fn equal_names_are_one_type_and_the_first_meaning_holds() {
        let found = after(
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
        let contract = &found.0;
        assert_eq!(
            contract.enums.keys().collect::<Vec<_>>(),
            ["Item", "State", "ThingMode"]
        );
        let state = &contract.enums["State"];
        assert_eq!(state.description, "A state.");
        let meanings: Vec<_> = state.values.iter().map(|(_, of)| of.as_deref()).collect();
        assert_eq!(meanings, [Some("First."), Some("Second.")]);
        // The generator sees a plain text, which it is told to replace.
        assert!(
            !found.component("State").contains("'enum'"),
            "{}",
            found.component("State")
        );
        assert_eq!(found.component("Item"), "{'type':'string'}");
        assert!(
            contract
                .replacements
                .values()
                .all(|of| *of == Replacement::Enum)
        );
        assert_eq!(
            found.field("Thing", "mode"),
            "{'allOf':[{'$ref':'#/components/schemas/ThingMode'}],'description':'A mode.'}"
        );
        assert_eq!(
            found.field("Thing", "list"),
            "{'items':{'allOf':[{'$ref':'#/components/schemas/Item'}],'x-enum':'Item'},'type':'array'}"
        );
    }

    #[test]
    fn a_name_that_means_two_things_is_refused_where_it_stands() {
        let fault = |schemas: &str| pass(super::run, "{}", schemas).err().unwrap().to_string();
        assert_eq!(
            fault(
                "Mode: {type: string, enum: [a]}\n    T: {type: object, properties: {m: {type: string, x-enum: Mode, enum: [b]}}}"
            ),
            "a.yaml:7:5: the enumeration `Mode` has two sets of values: [\"a\"] and [\"b\"]"
        );
        assert_eq!(
            fault(
                "Mode: {type: object}\n    T: {type: object, properties: {m: {type: string, x-enum: Mode, enum: [b]}}}"
            ),
            "a.yaml:7:5: `Mode` is the name of an enumeration, too"
        );
    }
}

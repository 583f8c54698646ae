//! Takes enumerations of strings out of the document.
//!
//! Fault: the generator makes closed enumerations, so that one new value fails a whole answer, and
//! one type for every place where an enumeration is written. They become open enumerations of our
//! own, one for each `x-enum` name, which keep a value that they do not know.

use heck::ToPascalCase;
use openapiv3::{ReferenceOr, Schema, SchemaKind, StringType, Type};

use crate::{
    contract::{Contract, OpenEnum, Replacement},
    error::{Error, Result},
    schemas,
};

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut found: Vec<(String, OpenEnum)> = Vec::new();
    let components = contract.api.components.get_or_insert_default();
    // A component that is an enumeration names the type; what it stands for goes in its place.
    for (name, slot) in &mut components.schemas {
        if let ReferenceOr::Item(schema) = slot
            && let Some(values) = values(schema)
        {
            let type_name = type_name(schema).unwrap_or_else(|| name.to_pascal_case());
            found.push((type_name.clone(), open_enum(schema, values)));
            if type_name == name.to_pascal_case() {
                schema.schema_kind = SchemaKind::Type(Type::String(StringType::default()));
                schema.schema_data.default = None;
                contract.replacements.insert(name.clone(), Replacement::Enum);
            } else {
                schemas::refer(schema, &type_name);
            }
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
        add_component(contract, &name);
        merge(contract, name, one)?;
    }
    Ok(())
}

/// The values of a schema that is an enumeration of strings.
fn values(schema: &Schema) -> Option<Vec<String>> {
    let SchemaKind::Type(Type::String(string)) = &schema.schema_kind else { return None };
    let values: Vec<_> = string.enumeration.iter().flatten().cloned().collect();
    (!values.is_empty()).then_some(values)
}

fn type_name(schema: &Schema) -> Option<String> {
    schema.schema_data.extensions.get("x-enum")?.as_str().map(str::to_owned)
}

fn open_enum(schema: &Schema, values: Vec<String>) -> OpenEnum {
    let meanings = schema.schema_data.extensions.get("x-enum-descriptions");
    let meaning = |value: &String| meanings?.get(value)?.as_str().map(str::to_owned);
    OpenEnum {
        description: schema.schema_data.description.clone().unwrap_or_default(),
        values: values.into_iter().map(|value| (value.clone(), meaning(&value))).collect(),
    }
}

fn add_component(contract: &mut Contract, name: &str) {
    let components = contract.api.components.get_or_insert_default();
    components.schemas.entry(name.to_owned()).or_insert_with(|| {
        ReferenceOr::Item(Schema {
            schema_data: Default::default(),
            schema_kind: SchemaKind::Type(Type::String(StringType::default())),
        })
    });
    contract.replacements.insert(name.to_owned(), Replacement::Enum);
}

/// Equal names must mean equal values; the first description of each wins.
fn merge(contract: &mut Contract, name: String, one: OpenEnum) -> Result<()> {
    let Some(first) = contract.enums.get_mut(&name) else {
        contract.enums.insert(name, one);
        return Ok(());
    };
    let names =
        |of: &OpenEnum| of.values.iter().map(|(value, _)| value.clone()).collect::<Vec<_>>();
    if names(first) != names(&one) {
        return Err(Error::new(format!(
            "the enumeration `{name}` has two sets of values: {:?} and {:?}",
            names(first),
            names(&one)
        )));
    }
    for (value, more) in first.values.iter_mut().zip(one.values) {
        value.1 = value.1.take().or(more.1);
    }
    Ok(())
}

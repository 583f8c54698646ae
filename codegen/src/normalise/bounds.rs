//! Takes bounds and patterns out of the types and keeps them for what is sent.
//!
//! Fault: the generator builds bounds into types, so that a name of 129 characters or a negative
//! count in an answer fails the whole answer, and a caller learns of one bad field at a time. The
//! types take anything of the right kind; the bounds become checks that run before a request is
//! sent and report every field at once.

use openapiv3::{
    ArrayType, IntegerType, ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, StringType,
    Type,
};

use crate::{
    contract::{Bound, Contract},
    error::Result,
    pattern::Pattern,
    schemas,
};

pub fn run(contract: &mut Contract) -> Result<()> {
    parameters(contract);
    fields(contract);
    schemas::visit(&mut contract.api, &mut |schema, _| strip(schema));
    Ok(())
}

fn parameters(contract: &mut Contract) {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        let Some(plan) = contract.operations.iter_mut().find(|plan| plan.id == id) else {
            continue;
        };
        for parameter in operation.parameters.iter().filter_map(ReferenceOr::as_item) {
            let data = parameter.parameter_data_ref();
            let ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) = &data.format else {
                continue;
            };
            for of in plan.parameters.iter_mut().filter(|of| of.name == data.name) {
                of.bounds = bounds(schema);
            }
        }
    }
}

fn fields(contract: &mut Contract) {
    let Some(components) = &contract.api.components else { return };
    for (name, component) in &components.schemas {
        let ReferenceOr::Item(component) = component else { continue };
        let SchemaKind::Type(Type::Object(object)) = &component.schema_kind else { continue };
        for (field, schema) in &object.properties {
            let ReferenceOr::Item(schema) = schema else { continue };
            let bounds = bounds(schema);
            if !bounds.is_empty() {
                contract.bounds.entry(name.clone()).or_default().insert(field.clone(), bounds);
            }
        }
    }
}

/// What a schema asks of a value beyond its type.
fn bounds(schema: &Schema) -> Vec<Bound> {
    let SchemaKind::Type(kind) = &schema.schema_kind else { return Vec::new() };
    let mut bounds = Vec::new();
    match kind {
        Type::String(string) => {
            if string.min_length.is_some() || string.max_length.is_some() {
                let least = string.min_length.unwrap_or(0);
                bounds.push(Bound::Length { least, most: string.max_length });
            }
            bounds.extend(string.pattern.as_deref().and_then(Pattern::parse).map(Bound::Matches));
        }
        Type::Integer(integer) => {
            let least = integer.minimum.map(|min| min + i64::from(integer.exclusive_minimum));
            let most = integer.maximum.map(|max| max - i64::from(integer.exclusive_maximum));
            if least.is_some() || most.is_some() {
                bounds.push(Bound::Range { least, most });
            }
        }
        Type::Array(array) => {
            if array.min_items.is_some() || array.max_items.is_some() {
                let least = array.min_items.unwrap_or(0);
                bounds.push(Bound::Items { least, most: array.max_items });
            }
            if let Some(ReferenceOr::Item(item)) = &array.items {
                let each = self::bounds(item);
                bounds.extend((!each.is_empty()).then_some(Bound::Each(each)));
            }
        }
        _ => {}
    }
    bounds
}

fn strip(schema: &mut Schema) {
    let SchemaKind::Type(kind) = &mut schema.schema_kind else { return };
    match kind {
        Type::String(StringType { pattern, min_length, max_length, .. }) => {
            (*pattern, *min_length, *max_length) = (None, None, None);
        }
        Type::Integer(integer) => {
            *integer = IntegerType {
                format: integer.format.clone(),
                enumeration: std::mem::take(&mut integer.enumeration),
                ..IntegerType::default()
            };
        }
        Type::Number(number) => {
            (number.minimum, number.maximum, number.multiple_of) = (None, None, None);
            (number.exclusive_minimum, number.exclusive_maximum) = (false, false);
        }
        Type::Array(ArrayType { min_items, max_items, unique_items, .. }) => {
            (*min_items, *max_items, *unique_items) = (None, None, false);
        }
        Type::Object(object) => {
            (object.min_properties, object.max_properties) = (None, None);
        }
        Type::Boolean(_) => {}
    }
}

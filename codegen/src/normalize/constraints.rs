//! Moves constraints, such as lengths, ranges and patterns, from the types to request validation.
//!
//! Defect: progenitor builds constraints into types. A name that is too long or a negative count then makes
//! the whole response fail, and a request reports only its first invalid field. Without constraints, the
//! types accept every string and list, and every number that fits into `i64` or `f64`. Requests are validated
//! before they are sent, and all validation errors are reported together.
//!
//! A format that only restricts a string or a number, such as `uuid` or `int32`, is removed too: responses may
//! exceed 32 bits, and a 32-bit `float` would round 0.95. Of the removed formats, only `int32` is validated in
//! requests. The formats `date` and `date-time` are kept, because they select a Rust type. The format `password`
//! is kept, because it marks a secret.
//!
//! Numbers in requests must be finite: JSON has no infinity and no NaN, and serde_json would write null instead.

use std::ops::Bound::{Excluded, Included, Unbounded};

use openapiv3::{
    AdditionalProperties, ArrayType, IntegerFormat, IntegerType, NumberType,
    ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, StringFormat, StringType, Type,
    VariantOrUnknownOrEmpty,
};

use crate::{
    contract::{Constraint, Contract, ExclusiveFields},
    normalize::secrets::is_secret,
    pattern::Pattern,
    schemas,
};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    read_parameters(contract);
    read_fields(contract);
    schemas::visit(&mut contract.api, &mut |schema, _| {
        remove_constraints(schema)
    });
    Ok(())
}

fn read_parameters(contract: &mut Contract) {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        let Some(details) = contract
            .operations
            .iter_mut()
            .find(|details| details.id == id)
        else {
            continue;
        };
        for parameter in operation.parameters.iter().filter_map(ReferenceOr::as_item) {
            let data = parameter.parameter_data_ref();
            let ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) = &data.format else {
                continue;
            };
            for parameter in &mut details.parameters {
                if parameter.name == data.name {
                    parameter.constraints = constraints(schema);
                }
            }
        }
    }
}

fn read_fields(contract: &mut Contract) {
    let Some(components) = &contract.api.components else {
        return;
    };
    for (name, component) in &components.schemas {
        let ReferenceOr::Item(component) = component else {
            continue;
        };
        let SchemaKind::Type(Type::Object(object)) = &component.schema_kind else {
            continue;
        };
        for (extension, required) in [("x-exactly-one-of", true), ("x-at-most-one-of", false)] {
            let listed = component.schema_data.extensions.get(extension);
            let names = listed.and_then(serde_json::Value::as_array);
            let names = names.into_iter().flatten().filter_map(|name| name.as_str());
            let fields: Vec<String> = names.map(str::to_owned).collect();
            if !fields.is_empty() {
                let all = contract.exclusive_fields.entry(name.clone()).or_default();
                all.push(ExclusiveFields { fields, required });
            }
        }
        for (field, schema) in &object.properties {
            let ReferenceOr::Item(schema) = schema else {
                continue;
            };
            let constraints = constraints(schema);
            if !constraints.is_empty() {
                contract
                    .constraints
                    .entry(name.clone())
                    .or_default()
                    .insert(field.clone(), constraints);
            }
        }
    }
}

/// Returns the constraints of a schema. For a list, includes the constraints of its items, unless the items are
/// nullable. Skips a pattern that [`Pattern::parse`] does not support.
fn constraints(schema: &Schema) -> Vec<Constraint> {
    let SchemaKind::Type(kind) = &schema.schema_kind else {
        return Vec::new();
    };
    let mut constraints = Vec::new();
    match kind {
        // Enumerations, dates and times have their own types.
        Type::String(string) if !string.enumeration.is_empty() || is_time(string) => {}
        Type::String(string) => {
            if string.min_length.is_some() || string.max_length.is_some() {
                constraints.push(Constraint::Length {
                    min: string.min_length.unwrap_or(0),
                    max: string.max_length,
                });
            }
            constraints.extend(
                string
                    .pattern
                    .as_deref()
                    .and_then(Pattern::parse)
                    .map(Constraint::Pattern),
            );
            let extensions = &schema.schema_data.extensions;
            let bytes = extensions.get("x-max-bytes").and_then(|max| max.as_u64());
            constraints
                .extend(bytes.and_then(|max| Some(Constraint::MaxBytes(max.try_into().ok()?))));
            if extensions
                .get("x-identifier")
                .and_then(|value| value.as_bool())
                == Some(true)
            {
                constraints.push(Constraint::Identifier);
            }
        }
        Type::Integer(integer) => {
            let mut min = integer
                .minimum
                .map(|minimum| minimum.saturating_add(i64::from(integer.exclusive_minimum)));
            let mut max = integer
                .maximum
                .map(|maximum| maximum.saturating_sub(i64::from(integer.exclusive_maximum)));
            if integer.format == VariantOrUnknownOrEmpty::Item(IntegerFormat::Int32) {
                min = min.max(Some(i32::MIN.into()));
                max = Some(max.unwrap_or(i64::MAX).min(i32::MAX.into()));
            }
            if min.is_some() || max.is_some() {
                constraints.push(Constraint::Range { min, max });
            }
        }
        Type::Number(number) => {
            let end = |value: Option<f64>, is_exclusive| match value {
                Some(value) if is_exclusive => Excluded(value),
                Some(value) => Included(value),
                None => Unbounded,
            };
            constraints.push(Constraint::Number {
                min: end(number.minimum, number.exclusive_minimum),
                max: end(number.maximum, number.exclusive_maximum),
            });
        }
        Type::Array(array) => {
            if array.min_items.is_some() || array.max_items.is_some() {
                constraints.push(Constraint::Items {
                    min: array.min_items.unwrap_or(0),
                    max: array.max_items,
                });
            }
            if let Some(ReferenceOr::Item(item)) = &array.items
                && !item.schema_data.nullable
            {
                let each = self::constraints(item);
                constraints.extend((!each.is_empty()).then_some(Constraint::Each(each)));
            }
        }
        _ => {}
    }
    match is_secret(schema) && !constraints.is_empty() {
        true => vec![Constraint::Secret(constraints)],
        false => constraints,
    }
}

fn is_time(string: &StringType) -> bool {
    use VariantOrUnknownOrEmpty::Item;
    matches!(
        string.format,
        Item(StringFormat::Date | StringFormat::DateTime)
    )
}

/// Removes the constraints from a schema. Keeps the `type`.
fn remove_constraints(schema: &mut Schema) {
    let SchemaKind::Type(kind) = &mut schema.schema_kind else {
        return;
    };
    match kind {
        Type::String(string) => {
            (string.pattern, string.min_length, string.max_length) = (None, None, None);
            let password = VariantOrUnknownOrEmpty::Item(StringFormat::Password);
            if !is_time(string) && string.format != password {
                string.format = VariantOrUnknownOrEmpty::Empty;
            }
        }
        Type::Integer(integer) => {
            // All integers are `i64`.
            *integer = IntegerType {
                enumeration: std::mem::take(&mut integer.enumeration),
                ..IntegerType::default()
            };
        }
        Type::Number(number) => {
            // All numbers are `f64`.
            *number = NumberType {
                enumeration: std::mem::take(&mut number.enumeration),
                ..NumberType::default()
            };
        }
        Type::Array(ArrayType {
            min_items,
            max_items,
            unique_items,
            ..
        }) => {
            (*min_items, *max_items, *unique_items) = (None, None, false);
        }
        Type::Object(object) => {
            (object.min_properties, object.max_properties) = (None, None);
            // A response with an unknown field must parse.
            if let Some(AdditionalProperties::Any(false)) = object.additional_properties {
                object.additional_properties = None;
            }
        }
        Type::Boolean(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run_on_schemas, run_pass, to_json};
    use std::ops::Bound::{Excluded, Included, Unbounded};

    use crate::contract::Constraint::{Each, Items, Length, Number, Range, Secret};

    #[test]
    fn moves_constraints_from_types_to_fields() {
        let normalized = run_on_schemas(
            super::run,
            "
            Thing:
              type: object
              properties:
                label: {type: string, minLength: 1, maxLength: 2, format: uuid}
                day: {type: string, format: date, minLength: 10}
                secret: {type: string, format: password, minLength: 8}
                number: {type: integer, format: int32, minimum: 0, exclusiveMinimum: true}
                edge: {type: integer, format: int64, minimum: 9223372036854775807, exclusiveMinimum: true}
                list: {type: array, minItems: 1, uniqueItems: true, items: {type: string, maxLength: 3}}
                closed: {type: object, minProperties: 1, additionalProperties: false}
                map: {type: object, additionalProperties: {type: string}}
                small: {type: integer, format: int32}
                ratio: {type: number, minimum: 0, exclusiveMinimum: true, maximum: 1}
                share: {type: number, format: float}
            ",
        );
        let constraints = &normalized.0.constraints["Thing"];
        assert_eq!(
            constraints["label"],
            [Length {
                min: 1,
                max: Some(2)
            }]
        );
        assert_eq!(
            constraints["secret"],
            [Secret(vec![Length { min: 8, max: None }])]
        );
        let (i32_min, i32_max) = (Some(i32::MIN.into()), Some(i32::MAX.into()));
        assert_eq!(
            constraints["number"],
            [Range {
                min: Some(1),
                max: i32_max
            }]
        );
        assert_eq!(
            constraints["small"],
            [Range {
                min: i32_min,
                max: i32_max
            }]
        );
        assert_eq!(
            constraints["edge"],
            [Range {
                min: Some(i64::MAX),
                max: None
            }]
        );
        assert_eq!(
            constraints["list"],
            [
                Items { min: 1, max: None },
                Each(vec![Length {
                    min: 0,
                    max: Some(3)
                }])
            ]
        );
        assert_eq!(
            constraints["ratio"],
            [Number {
                min: Excluded(0.0),
                max: Included(1.0)
            }]
        );
        assert_eq!(
            constraints["share"],
            [Number {
                min: Unbounded,
                max: Unbounded
            }]
        );
        assert_eq!(constraints.len(), 8);
        for (field, left) in [
            ("label", "{'type':'string'}"),
            ("day", "{'format':'date','type':'string'}"),
            ("secret", "{'format':'password','type':'string'}"),
            ("number", "{'type':'integer'}"),
            ("small", "{'type':'integer'}"),
            ("edge", "{'type':'integer'}"),
            ("list", "{'items':{'type':'string'},'type':'array'}"),
            ("ratio", "{'type':'number'}"),
            ("closed", "{'type':'object'}"),
            (
                "map",
                "{'additionalProperties':{'type':'string'},'type':'object'}",
            ),
            ("share", "{'type':'number'}"),
        ] {
            assert_eq!(normalized.field("Thing", field), left);
        }
    }

    #[test]
    fn moves_constraints_from_parameters() {
        let paths = "/p:\n    get:\n      operationId: a\n      responses: {}\n      parameters:\n        - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 100}}";
        let normalized = run_pass(super::run, paths, "{}").unwrap();
        let parameter = &normalized.0.operations[0].parameters[0];
        assert_eq!(
            parameter.constraints,
            [Range {
                min: Some(1),
                max: Some(100)
            }]
        );
        assert!(!to_json(&normalized.0.api.paths).contains("minimum"));
    }
}

//! Takes bounds and patterns out of the types and keeps them for what is sent.
//!
//! Defect: progenitor builds bounds into types, so that a name of 129 characters or a negative
//! count in an answer fails the whole answer, and a caller learns of one bad field at a time. The
//! types take anything of the right kind; the bounds become checks that run before a request is
//! sent and report every field at once.
//!
//! A format that only narrows a text or a number, such as `uuid` and `int32`, is a bound like any
//! other: a count past 32 bits in an answer is still a count, and 0.95 read as a `float` of 32 bits
//! is another number. `date` and `date-time` are types.
//!
//! Numbers that are sent have to be finite: JSON has no others, and writes them as null, which
//! often means something else.

use std::ops::Bound::{Excluded, Included, Unbounded};

use openapiv3::{
    AdditionalProperties, ArrayType, IntegerFormat, IntegerType, NumberType,
    ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, StringFormat, StringType, Type,
    VariantOrUnknownOrEmpty,
};

use crate::{
    contract::{Bound, Contract, Exclusive},
    normalize::secrets::is_secret,
    pattern::Pattern,
    schemas,
};
use pgbeam_spec::error::Result;

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
                let all = contract.exclusive.entry(name.clone()).or_default();
                all.push(Exclusive { fields, required });
            }
        }
        for (field, schema) in &object.properties {
            let ReferenceOr::Item(schema) = schema else {
                continue;
            };
            let bounds = bounds(schema);
            if !bounds.is_empty() {
                contract
                    .bounds
                    .entry(name.clone())
                    .or_default()
                    .insert(field.clone(), bounds);
            }
        }
    }
}

/// What a schema asks of a value beyond its type.
fn bounds(schema: &Schema) -> Vec<Bound> {
    let SchemaKind::Type(kind) = &schema.schema_kind else {
        return Vec::new();
    };
    let mut bounds = Vec::new();
    match kind {
        // What has a type of its own is no text to be measured.
        Type::String(string) if !string.enumeration.is_empty() || is_time(string) => {}
        Type::String(string) => {
            if string.min_length.is_some() || string.max_length.is_some() {
                let least = string.min_length.unwrap_or(0);
                bounds.push(Bound::Length {
                    least,
                    most: string.max_length,
                });
            }
            bounds.extend(
                string
                    .pattern
                    .as_deref()
                    .and_then(Pattern::parse)
                    .map(Bound::Matches),
            );
            let extensions = &schema.schema_data.extensions;
            let bytes = extensions.get("x-max-bytes").and_then(|most| most.as_u64());
            bounds.extend(bytes.and_then(|most| Some(Bound::Bytes(most.try_into().ok()?))));
            if extensions.contains_key("x-identifier") {
                bounds.push(Bound::Identifier);
            }
        }
        Type::Integer(integer) => {
            let mut least = integer
                .minimum
                .map(|min| min.saturating_add(i64::from(integer.exclusive_minimum)));
            let mut most = integer
                .maximum
                .map(|max| max.saturating_sub(i64::from(integer.exclusive_maximum)));
            if integer.format == VariantOrUnknownOrEmpty::Item(IntegerFormat::Int32) {
                least = least.max(Some(i32::MIN.into()));
                most = Some(most.unwrap_or(i64::MAX).min(i32::MAX.into()));
            }
            if least.is_some() || most.is_some() {
                bounds.push(Bound::Range { least, most });
            }
        }
        Type::Number(number) => {
            let end = |of: Option<f64>, exclusive| match of {
                Some(of) if exclusive => Excluded(of),
                Some(of) => Included(of),
                None => Unbounded,
            };
            let least = end(number.minimum, number.exclusive_minimum);
            bounds.push(Bound::Number {
                least,
                most: end(number.maximum, number.exclusive_maximum),
            });
        }
        Type::Array(array) => {
            if array.min_items.is_some() || array.max_items.is_some() {
                let least = array.min_items.unwrap_or(0);
                bounds.push(Bound::Items {
                    least,
                    most: array.max_items,
                });
            }
            if let Some(ReferenceOr::Item(item)) = &array.items
                && !item.schema_data.nullable
            {
                let each = self::bounds(item);
                bounds.extend((!each.is_empty()).then_some(Bound::Each(each)));
            }
        }
        _ => {}
    }
    match is_secret(schema) && !bounds.is_empty() {
        true => vec![Bound::Secret(bounds)],
        false => bounds,
    }
}

fn is_time(string: &StringType) -> bool {
    use VariantOrUnknownOrEmpty::Item;
    matches!(
        string.format,
        Item(StringFormat::Date | StringFormat::DateTime)
    )
}

fn strip(schema: &mut Schema) {
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
            // All are read as 64 bits with a sign.
            *integer = IntegerType {
                enumeration: std::mem::take(&mut integer.enumeration),
                ..IntegerType::default()
            };
        }
        Type::Number(number) => {
            // All are read as 64 bits.
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
            // A field more is no reason to refuse an answer.
            if let Some(AdditionalProperties::Any(false)) = object.additional_properties {
                object.additional_properties = None;
            }
        }
        Type::Boolean(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, json, pass};
    use std::ops::Bound::{Excluded, Included, Unbounded};

    use crate::contract::Bound::{Each, Items, Length, Number, Range, Secret};

    #[test]
    fn bounds_leave_the_types_and_are_kept_for_the_fields() {
        let found = after(
            super::run,
            "
            Thing:
              type: object
              properties:
                text: {type: string, minLength: 1, maxLength: 2, format: uuid}
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
        let bounds = &found.0.bounds["Thing"];
        assert_eq!(
            bounds["text"],
            [Length {
                least: 1,
                most: Some(2)
            }]
        );
        assert_eq!(
            bounds["secret"],
            [Secret(vec![Length {
                least: 8,
                most: None
            }])]
        );
        let (lowest, highest) = (Some(i32::MIN.into()), Some(i32::MAX.into()));
        assert_eq!(
            bounds["number"],
            [Range {
                least: Some(1),
                most: highest
            }]
        );
        assert_eq!(
            bounds["small"],
            [Range {
                least: lowest,
                most: highest
            }]
        );
        assert_eq!(
            bounds["edge"],
            [Range {
                least: Some(i64::MAX),
                most: None
            }]
        );
        assert_eq!(
            bounds["list"],
            [
                Items {
                    least: 1,
                    most: None
                },
                Each(vec![Length {
                    least: 0,
                    most: Some(3)
                }])
            ]
        );
        assert_eq!(
            bounds["ratio"],
            [Number {
                least: Excluded(0.0),
                most: Included(1.0)
            }]
        );
        assert_eq!(
            bounds["share"],
            [Number {
                least: Unbounded,
                most: Unbounded
            }]
        );
        assert_eq!(bounds.len(), 8);
        for (field, left) in [
            ("text", "{'type':'string'}"),
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
            assert_eq!(found.field("Thing", field), left);
        }
    }

    #[test]
    fn and_for_the_parameters() {
        let paths = "/p:\n    get:\n      operationId: a\n      responses: {}\n      parameters:\n        - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 100}}";
        let found = pass(super::run, paths, "{}").unwrap();
        let parameter = &found.0.operations[0].parameters[0];
        assert_eq!(
            parameter.bounds,
            [Range {
                least: Some(1),
                most: Some(100)
            }]
        );
        assert!(!json(&found.0.api.paths).contains("minimum"));
    }
}

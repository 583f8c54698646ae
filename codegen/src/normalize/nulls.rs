//! Makes it possible to send null in the body of a PATCH.
//!
//! Defect: progenitor generates an `Option` for a field that is both nullable and optional, and omits the field
//! if it is `None`. But in a PATCH, null removes the stored value, and an absent field keeps the stored value.
//! In the body of a PATCH, a scalar field that is both nullable and optional gets the runtime's type `Nullable`,
//! which is sent as null or as a value. Fields of other types, such as lists, enumerations and objects, stay
//! unchanged. The bodies of other methods stay unchanged, because null and absent mean the same in them.

use std::collections::BTreeSet;

use openapiv3::{
    OpenAPI, ReferenceOr, Schema, SchemaKind, StringFormat, Type, VariantOrUnknownOrEmpty,
};

use crate::{
    contract::{Constraint, Contract, Replacement, ScalarType},
    schemas,
};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let patch_bodies = patch_bodies(&contract.api);
    let mut replacements = BTreeSet::new();
    let components = contract
        .api
        .components
        .iter_mut()
        .flat_map(|components| &mut components.schemas);
    for (name, component) in components.filter(|(name, _)| patch_bodies.contains(*name)) {
        let ReferenceOr::Item(component) = component else {
            continue;
        };
        let SchemaKind::Type(Type::Object(object)) = &mut component.schema_kind else {
            continue;
        };
        for (field, schema) in &mut object.properties {
            let ReferenceOr::Item(schema) = schema else {
                continue;
            };
            if !schema.schema_data.nullable || object.required.contains(field) {
                continue;
            }
            // An empty value clears a list or map, so null is not needed.
            if matches!(
                schema.schema_kind,
                SchemaKind::Type(Type::Array(_) | Type::Object(_))
            ) {
                continue;
            }
            // Only scalars have a `Nullable` component.
            let Some(scalar) = scalar_type(schema) else {
                continue;
            };
            let constraints = contract
                .constraints
                .get_mut(name)
                .and_then(|fields| fields.get_mut(field));
            if let Some(constraints) = constraints {
                *constraints = vec![Constraint::Nullable(std::mem::take(constraints))];
            }
            let component = component_name(scalar);
            replacements.insert((component, scalar));
            schemas::replace_with_reference(schema, component);
            schema.schema_data.nullable = false;
        }
    }
    for (component, scalar) in replacements {
        let description = "the runtime's type for nullable values";
        contract.add_replacement(component, Replacement::Nullable(scalar), description)?;
    }
    Ok(())
}

/// Returns the names of the components that are the request body of a PATCH.
fn patch_bodies(api: &OpenAPI) -> BTreeSet<String> {
    let operations = api
        .operations()
        .filter(|(_, method, _)| method.eq_ignore_ascii_case("patch"));
    let bodies =
        operations.filter_map(|(_, _, operation)| operation.request_body.as_ref()?.as_item());
    let media = bodies.flat_map(|body| body.content.values());
    let schemas = media.filter_map(|media| media.schema.as_ref());
    let references = schemas.filter_map(|schema| match schema {
        ReferenceOr::Reference { reference } => schemas::component_name(reference),
        ReferenceOr::Item(_) => None,
    });
    references.map(str::to_owned).collect()
}

/// Returns the type of a scalar schema. `None` for any other schema, for an enumeration, and for a string with
/// a format other than `date-time`.
fn scalar_type(schema: &Schema) -> Option<ScalarType> {
    let SchemaKind::Type(kind) = &schema.schema_kind else {
        return None;
    };
    match kind {
        Type::String(string) => {
            let scalar = match &string.format {
                VariantOrUnknownOrEmpty::Empty => ScalarType::String,
                VariantOrUnknownOrEmpty::Item(StringFormat::DateTime) => ScalarType::DateTime,
                _ => return None,
            };
            string.enumeration.is_empty().then_some(scalar)
        }
        Type::Integer(integer) if integer.enumeration.is_empty() => Some(ScalarType::Integer),
        Type::Number(number) if number.enumeration.is_empty() => Some(ScalarType::Number),
        Type::Boolean(_) => Some(ScalarType::Boolean),
        _ => None,
    }
}

fn component_name(scalar: ScalarType) -> &'static str {
    match scalar {
        ScalarType::String => "NullableString",
        ScalarType::DateTime => "NullableDateTime",
        ScalarType::Integer => "NullableInteger",
        ScalarType::Number => "NullableNumber",
        ScalarType::Boolean => "NullableBoolean",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::run_pass;
    use crate::contract::{Constraint, Replacement, ScalarType};

    /// A path whose PATCH takes `A` and whose PUT takes `B`.
    const PATHS: &str = "/p:
    patch:
      operationId: a
      responses: {}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
    put:
      operationId: b
      responses: {}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/B'}}}}";

    #[test]
    fn replaces_nullable_optional_scalars_of_a_patch() {
        let fields = "{type: object, required: [must], properties: {
            label: {type: string, nullable: true, description: A string.},
            count: {type: integer, nullable: true, minimum: 1},
            must: {type: string, nullable: true},
            plain: {type: string}, list: {type: array, nullable: true, items: {type: string}}}}";
        let schemas = format!("A: {fields}\n    B: {fields}");
        let run = |contract: &mut crate::contract::Contract| {
            super::super::constraints::run(contract)?;
            super::run(contract)
        };
        let normalized = run_pass(run, PATHS, &schemas).unwrap();
        assert_eq!(
            normalized.field("A", "label"),
            "{'allOf':[{'$ref':'#/components/schemas/NullableString'}],'description':'A string.'}"
        );
        let count = "{'allOf':[{'$ref':'#/components/schemas/NullableInteger'}]}";
        assert_eq!(normalized.field("A", "count"), count);
        for field in ["must", "plain", "list"] {
            assert_eq!(
                normalized.field("A", field),
                normalized.field("B", field),
                "{field}"
            );
        }
        assert_eq!(
            normalized.field("B", "label"),
            "{'description':'A string.','nullable':true,'type':'string'}"
        );
        let range = Constraint::Range {
            min: Some(1),
            max: None,
        };
        assert_eq!(
            normalized.0.constraints["A"]["count"],
            [Constraint::Nullable(vec![range.clone()])]
        );
        assert_eq!(normalized.0.constraints["B"]["count"], [range]);
        let replacements = &normalized.0.replacements;
        assert_eq!(
            replacements["NullableString"],
            Replacement::Nullable(ScalarType::String)
        );
        assert_eq!(
            replacements["NullableInteger"],
            Replacement::Nullable(ScalarType::Integer)
        );
    }

    #[test]
    fn replaces_date_times_and_keeps_objects() {
        let schemas = "A: {type: object, properties: {at: {type: string, format: date-time, nullable: true}, extra: {type: object, nullable: true}}}\n    B: {}";
        let normalized = run_pass(super::run, PATHS, schemas).unwrap();
        assert_eq!(
            normalized.0.replacements["NullableDateTime"],
            Replacement::Nullable(ScalarType::DateTime)
        );
        assert_eq!(
            normalized.field("A", "extra"),
            "{'nullable':true,'type':'object'}"
        );
    }

    #[test]
    fn rejects_a_component_with_the_name_of_a_nullable_type() {
        let schemas = "A: {type: object, properties: {a: {type: string, nullable: true}}}\n    B: {}\n    NullableString: {type: object}";
        let error = run_pass(super::run, PATHS, schemas).err().unwrap();
        let message = error.to_string();
        assert!(
            message.contains("`NullableString` has the name of the runtime's type"),
            "{message}"
        );
    }
}

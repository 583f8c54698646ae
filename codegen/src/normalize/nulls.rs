//! Lets a PATCH say null.
//!
//! Defect: a field that may be null and may be absent is an `Option`, left out when it is `None`. In
//! the body of a PATCH the two differ: absent leaves the stored value as it is, null takes it away.
//! Such a field holds the runtime's `Nullable`, which is sent as null or as its value. Everywhere
//! else the contract gives null and absent one meaning, and one way to say it is enough.

use std::collections::BTreeSet;

use openapiv3::{
    OpenAPI, ReferenceOr, Schema, SchemaKind, StringFormat, Type, VariantOrUnknownOrEmpty,
};

use crate::{
    contract::{Bound, Contract, Plain, Replacement},
    schemas,
};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let patched = patched(&contract.api);
    let mut made = BTreeSet::new();
    let components = contract
        .api
        .components
        .iter_mut()
        .flat_map(|of| &mut of.schemas);
    for (name, component) in components.filter(|(name, _)| patched.contains(*name)) {
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
            // A list that may be absent was made nullable by us, and says what it says with `[]`.
            if matches!(
                schema.schema_kind,
                SchemaKind::Type(Type::Array(_) | Type::Object(_))
            ) {
                continue;
            }
            // Of anything but a text, a time, a number or a boolean, null cannot be said.
            let Some(plain) = plain(schema) else { continue };
            let bounds = contract
                .bounds
                .get_mut(name)
                .and_then(|of| of.get_mut(field));
            if let Some(bounds) = bounds {
                *bounds = vec![Bound::Nullable(std::mem::take(bounds))];
            }
            let component = component_of(plain);
            made.insert((component, plain));
            schemas::refer(schema, component);
            schema.schema_data.nullable = false;
        }
    }
    for (component, plain) in made {
        let what = "the runtime's type for values that may be null";
        contract.replace(component, Replacement::Nullable(plain), what)?;
    }
    Ok(())
}

/// The components that are bodies of a PATCH.
fn patched(api: &OpenAPI) -> BTreeSet<String> {
    let operations = api
        .operations()
        .filter(|(_, method, _)| method.eq_ignore_ascii_case("patch"));
    let bodies = operations.filter_map(|(_, _, of)| of.request_body.as_ref()?.as_item());
    let schemas = bodies.flat_map(|body| body.content.values().filter_map(|of| of.schema.as_ref()));
    let references = schemas.filter_map(|schema| match schema {
        ReferenceOr::Reference { reference } => schemas::component_of(reference),
        ReferenceOr::Item(_) => None,
    });
    references.map(str::to_owned).collect()
}

/// What a schema is, where it has a type of the language.
fn plain(schema: &Schema) -> Option<Plain> {
    let SchemaKind::Type(kind) = &schema.schema_kind else {
        return None;
    };
    match kind {
        Type::String(string) => {
            let plain = match &string.format {
                VariantOrUnknownOrEmpty::Empty => Plain::Text,
                VariantOrUnknownOrEmpty::Item(StringFormat::DateTime) => Plain::Time,
                _ => return None,
            };
            string.enumeration.is_empty().then_some(plain)
        }
        Type::Integer(integer) if integer.enumeration.is_empty() => Some(Plain::Integer),
        Type::Number(number) if number.enumeration.is_empty() => Some(Plain::Number),
        Type::Boolean(_) => Some(Plain::Boolean),
        _ => None,
    }
}

fn component_of(plain: Plain) -> &'static str {
    match plain {
        Plain::Text => "NullableText",
        Plain::Time => "NullableTime",
        Plain::Integer => "NullableInteger",
        Plain::Number => "NullableNumber",
        Plain::Boolean => "NullableBoolean",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::pass;
    use crate::contract::{Bound, Plain, Replacement};

    /// A path whose PATCH and PUT take `A` and `B`.
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
    fn what_may_be_null_and_absent_in_a_patch_gets_a_type_of_its_own() {
        let fields = "{type: object, required: [must], properties: {
            text: {type: string, nullable: true, description: A text.},
            count: {type: integer, nullable: true, minimum: 1},
            must: {type: string, nullable: true},
            plain: {type: string}, list: {type: array, nullable: true, items: {type: string}}}}";
        let schemas = format!("A: {fields}\n    B: {fields}");
        let run = |contract: &mut crate::contract::Contract| {
            super::super::bounds::run(contract)?;
            super::run(contract)
        };
        let found = pass(run, PATHS, &schemas).unwrap();
        assert_eq!(
            found.field("A", "text"),
            "{'allOf':[{'$ref':'#/components/schemas/NullableText'}],'description':'A text.'}"
        );
        let count = "{'allOf':[{'$ref':'#/components/schemas/NullableInteger'}]}";
        assert_eq!(found.field("A", "count"), count);
        for field in ["must", "plain", "list"] {
            assert_eq!(found.field("A", field), found.field("B", field), "{field}");
        }
        assert_eq!(
            found.field("B", "text"),
            "{'description':'A text.','nullable':true,'type':'string'}"
        );
        let range = Bound::Range {
            least: Some(1),
            most: None,
        };
        assert_eq!(
            found.0.bounds["A"]["count"],
            [Bound::Nullable(vec![range.clone()])]
        );
        assert_eq!(found.0.bounds["B"]["count"], [range]);
        let replacements = &found.0.replacements;
        assert_eq!(
            replacements["NullableText"],
            Replacement::Nullable(Plain::Text)
        );
        assert_eq!(
            replacements["NullableInteger"],
            Replacement::Nullable(Plain::Integer)
        );
    }

    #[test]
    fn a_time_is_understood_and_an_object_stays_as_it_is() {
        let schemas = "A: {type: object, properties: {at: {type: string, format: date-time, nullable: true}, of: {type: object, nullable: true}}}\n    B: {}";
        let found = pass(super::run, PATHS, schemas).unwrap();
        assert_eq!(
            found.0.replacements["NullableTime"],
            Replacement::Nullable(Plain::Time)
        );
        assert_eq!(found.field("A", "of"), "{'nullable':true,'type':'object'}");
    }

    #[test]
    fn the_name_of_the_runtimes_type_must_be_free() {
        let refused = |schemas: &str| pass(super::run, PATHS, schemas).err().unwrap().to_string();
        let taken = refused(
            "A: {type: object, properties: {a: {type: string, nullable: true}}}\n    B: {}\n    NullableText: {type: object}",
        );
        assert!(
            taken.contains("`NullableText` is the name of the runtime's type"),
            "{taken}"
        );
    }
}

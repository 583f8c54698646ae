//! Makes a component of every object that is written inside another schema.
//!
//! Defect: progenitor names such a type and forgets where it came from, so that the bounds of its
//! fields could be checked nowhere, and no area is known to need it. The component has the name that
//! progenitor would give it.

use heck::ToPascalCase;
use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut taken: Vec<String> = contract.components().map(str::to_pascal_case).collect();
    let mut found: Vec<(String, Schema)> = Vec::new();
    schemas::visit(&mut contract.api, &mut |schema, name| {
        // The name is taken by the component itself, or else by chance; then it stays.
        if !has_type(schema) || taken.iter().any(|of| of == name) {
            return;
        }
        taken.push(name.to_owned());
        let mut component = schema.clone();
        component.schema_data.nullable = false;
        component.schema_data.default = None;
        found.push((name.to_owned(), component));
        schemas::refer(schema, name);
    });
    let components = contract.api.components.get_or_insert_default();
    for (name, schema) in found {
        components.schemas.insert(name, ReferenceOr::Item(schema));
    }
    Ok(())
}

/// Whether the generator makes a type of its own of a schema.
fn has_type(schema: &Schema) -> bool {
    let kind = &schema.schema_kind;
    matches!(kind, SchemaKind::Type(Type::Object(object)) if !object.properties.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn an_object_inside_another_is_a_component() {
        let found = after(
            super::run,
            "
            Thing:
              type: object
              properties:
                inner:
                  type: object
                  nullable: true
                  description: The inner one.
                  properties: {deep: {type: array, items: {type: object, properties: {n: {type: integer}}}}}
                map: {type: object, additionalProperties: {type: string}}
            ",
        );
        assert_eq!(
            found.components(),
            ["Thing", "ThingInnerDeepItem", "ThingInner"]
        );
        assert_eq!(
            found.field("Thing", "inner"),
            "{'allOf':[{'$ref':'#/components/schemas/ThingInner'}],'description':'The inner one.','nullable':true}"
        );
        assert_eq!(
            found.field("ThingInner", "deep"),
            "{'items':{'allOf':[{'$ref':'#/components/schemas/ThingInnerDeepItem'}]},'type':'array'}"
        );
        assert_eq!(found.field("ThingInnerDeepItem", "n"), "{'type':'integer'}");
        assert_eq!(
            found.field("Thing", "map"),
            "{'additionalProperties':{'type':'string'},'type':'object'}"
        );
    }
}

//! Moves inline object schemas with properties to the components.
//!
//! Defect: progenitor generates a type for an inline object, but its output does not contain the schema of the
//! type. So codegen could not find the constraints and areas of the type. The new component has the name that
//! progenitor would give the type. If another component has this name already, the object stays inline.

use heck::ToPascalCase;
use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut names: Vec<String> = contract
        .component_names()
        .map(str::to_pascal_case)
        .collect();
    let mut inline: Vec<(String, Schema)> = Vec::new();
    schemas::visit(&mut contract.api, &mut |schema, name| {
        // If the name exists, the schema is this component itself, or another component has its name.
        if !has_generated_type(schema) || names.iter().any(|existing| existing == name) {
            return;
        }
        names.push(name.to_owned());
        let mut component = schema.clone();
        component.schema_data.nullable = false;
        component.schema_data.default = None;
        inline.push((name.to_owned(), component));
        schemas::replace_with_reference(schema, name);
    });
    let components = contract.api.components.get_or_insert_default();
    for (name, schema) in inline {
        components.schemas.insert(name, ReferenceOr::Item(schema));
    }
    Ok(())
}

/// Returns `true` for an object with properties, for which progenitor generates a struct.
fn has_generated_type(schema: &Schema) -> bool {
    let kind = &schema.schema_kind;
    matches!(kind, SchemaKind::Type(Type::Object(object)) if !object.properties.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::run_on_schemas;

    #[test]
    fn moves_inline_objects_to_components() {
        let normalized = run_on_schemas(
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
            normalized.component_names(),
            ["Thing", "ThingInnerDeepItem", "ThingInner"]
        );
        assert_eq!(
            normalized.field("Thing", "inner"),
            "{'allOf':[{'$ref':'#/components/schemas/ThingInner'}],'description':'The inner one.','nullable':true}"
        );
        assert_eq!(
            normalized.field("ThingInner", "deep"),
            "{'items':{'allOf':[{'$ref':'#/components/schemas/ThingInnerDeepItem'}]},'type':'array'}"
        );
        assert_eq!(
            normalized.field("ThingInnerDeepItem", "n"),
            "{'type':'integer'}"
        );
        assert_eq!(
            normalized.field("Thing", "map"),
            "{'additionalProperties':{'type':'string'},'type':'object'}"
        );
    }
}

//! Makes optional lists and maps nullable.
//!
//! Defect: progenitor generates a plain `Vec` for an optional list and omits it if it is empty. An empty list
//! (`[]`, "no restriction") and an absent list ("not specified") are then the same. For a nullable list,
//! progenitor generates an `Option<Vec<_>>`, which is omitted only if it is `None`.

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    schemas::visit(&mut contract.api, &mut |schema, _| {
        let SchemaKind::Type(Type::Object(object)) = &mut schema.schema_kind else {
            return;
        };
        for (name, property) in &mut object.properties {
            if !object.required.contains(name)
                && let ReferenceOr::Item(property) = property
                && is_collection(property)
            {
                property.schema_data.nullable = true;
            }
        }
    });
    Ok(())
}

fn is_collection(schema: &Schema) -> bool {
    match &schema.schema_kind {
        SchemaKind::Type(Type::Array(_)) => true,
        SchemaKind::Type(Type::Object(object)) => object.properties.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::run_on_schemas;

    #[test]
    fn makes_only_optional_collections_nullable() {
        let normalized = run_on_schemas(
            super::run,
            "
            Thing:
              type: object
              required: [must]
              properties:
                must: {type: array, items: {type: string}}
                list: {type: array, items: {type: string}}
                map: {type: object, additionalProperties: {type: string}}
                label: {type: string}
                inner: {type: object, properties: {deep: {type: array, items: {type: string}}}}
            ",
        );
        let list = "{'items':{'type':'string'},'nullable':true,'type':'array'}";
        assert_eq!(normalized.field("Thing", "list"), list);
        assert_eq!(
            normalized.field("Thing", "must"),
            "{'items':{'type':'string'},'type':'array'}"
        );
        assert_eq!(
            normalized.field("Thing", "map"),
            "{'additionalProperties':{'type':'string'},'nullable':true,'type':'object'}"
        );
        assert_eq!(normalized.field("Thing", "label"), "{'type':'string'}");
        assert_eq!(
            normalized.field("Thing", "inner"),
            format!("{{'properties':{{'deep':{list}}},'type':'object'}}")
        );
    }
}

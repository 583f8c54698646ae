//! Makes optional lists and maps nullable.
//!
//! Defect: progenitor makes an optional list a plain `Vec` and leaves it out when it is empty, so
//! that "no restriction" (`[]`) and "not said" (absent) cannot be told apart. A nullable list is an
//! `Option<Vec<_>>`, which is left out only when it is `None`.

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
    use super::super::tests::after;

    #[test]
    fn only_what_may_be_absent_becomes_nullable() {
        let found = after(
            super::run,
            "
            Thing:
              type: object
              required: [must]
              properties:
                must: {type: array, items: {type: string}}
                list: {type: array, items: {type: string}}
                map: {type: object, additionalProperties: {type: string}}
                text: {type: string}
                inner: {type: object, properties: {deep: {type: array, items: {type: string}}}}
            ",
        );
        let list = "{'items':{'type':'string'},'nullable':true,'type':'array'}";
        assert_eq!(found.field("Thing", "list"), list);
        assert_eq!(
            found.field("Thing", "must"),
            "{'items':{'type':'string'},'type':'array'}"
        );
        assert_eq!(
            found.field("Thing", "map"),
            "{'additionalProperties':{'type':'string'},'nullable':true,'type':'object'}"
        );
        assert_eq!(found.field("Thing", "text"), "{'type':'string'}");
        assert_eq!(
            found.field("Thing", "inner"),
            format!("{{'properties':{{'deep':{list}}},'type':'object'}}")
        );
    }
}

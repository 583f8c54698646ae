//! Makes optional lists and maps nullable.
//!
//! Fault: the generator makes an optional list a plain `Vec` and leaves it out when it is empty, so
//! that "no restriction" (`[]`) and "not said" (absent) cannot be told apart. A nullable list is an
//! `Option<Vec<_>>`, which is left out only when it is `None`.

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{contract::Contract, error::Result, schemas};

pub fn run(contract: &mut Contract) -> Result<()> {
    schemas::visit(&mut contract.api, &mut |schema, _| {
        let SchemaKind::Type(Type::Object(object)) = &mut schema.schema_kind else { return };
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

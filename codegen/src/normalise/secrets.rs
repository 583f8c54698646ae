//! Gives secrets a type that does not print them.
//!
//! Fault: connection strings, tokens and passwords are plain strings, which `Debug` prints. A
//! string with `x-secret: true` or the format `password` becomes the runtime's `Secret`.

use openapiv3::{
    ReferenceOr, Schema, SchemaKind, StringFormat, StringType, Type, VariantOrUnknownOrEmpty,
};

use crate::{
    contract::{Contract, Replacement},
    error::Result,
    schemas,
};

const COMPONENT: &str = "Secret";

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut any = false;
    schemas::visit(&mut contract.api, &mut |schema, _| {
        if is_secret(schema) {
            any = true;
            schemas::refer(schema, COMPONENT);
        }
    });
    if any {
        let components = contract.api.components.get_or_insert_default();
        let schema = Schema {
            schema_data: Default::default(),
            schema_kind: SchemaKind::Type(Type::String(StringType::default())),
        };
        components.schemas.insert(COMPONENT.to_owned(), ReferenceOr::Item(schema));
        contract.replacements.insert(COMPONENT.to_owned(), Replacement::Secret);
    }
    Ok(())
}

fn is_secret(schema: &Schema) -> bool {
    let SchemaKind::Type(Type::String(string)) = &schema.schema_kind else { return false };
    let password = VariantOrUnknownOrEmpty::Item(StringFormat::Password);
    let marked = schema.schema_data.extensions.get("x-secret").and_then(|flag| flag.as_bool());
    string.format == password || marked == Some(true)
}

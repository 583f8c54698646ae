//! Lets a field be cleared.
//!
//! Fault: for a field that may be absent and may be `null`, the generator makes an `Option`, which is
//! left out when it is `None`: `null` cannot be said. Where it means something else than absence, as
//! in a partial update that takes a value away, the contract says `x-clearable: true`, and the field
//! becomes the runtime's `Nullable`. Its bounds are left to the API.

use openapiv3::{ReferenceOr, Schema, SchemaKind, StringType, Type, VariantOrUnknownOrEmpty};

use crate::{
    contract::{Contract, Replacement},
    error::Result,
    schemas,
};

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut found: Vec<(String, &'static str)> = Vec::new();
    let mut refused: Vec<String> = Vec::new();
    schemas::visit(&mut contract.api, &mut |schema, hint| {
        if !is_clearable(schema) {
            return;
        }
        let Some(holds) = holds(schema) else {
            refused.push(hint.to_owned());
            return;
        };
        let name = format!("Nullable{holds}");
        schema.schema_data.nullable = false;
        schemas::refer(schema, &name);
        found.push((name, holds));
    });
    if let Some(hint) = refused.first() {
        let message = format!("`{hint}`: only a text or a number can be `x-clearable`");
        return Err(contract.places.at_schema(hint, message));
    }
    for (name, holds) in found {
        let components = contract.api.components.get_or_insert_default();
        let schema = Schema {
            schema_data: Default::default(),
            schema_kind: SchemaKind::Type(Type::String(StringType::default())),
        };
        let slot = components.schemas.entry(name.clone());
        if !schemas::is_plain_text(slot.or_insert(ReferenceOr::Item(schema))) {
            let message = format!("`{name}` is the name of a clearable field's type, too");
            return Err(contract.places.at_schema(&name, message));
        }
        contract.replacements.insert(name, Replacement::Nullable(holds));
    }
    Ok(())
}

fn is_clearable(schema: &Schema) -> bool {
    let marked = schema.schema_data.extensions.get("x-clearable").and_then(|flag| flag.as_bool());
    marked == Some(true)
}

/// What the field holds when it is not `null`, as the end of a name.
fn holds(schema: &Schema) -> Option<&'static str> {
    let SchemaKind::Type(of) = &schema.schema_kind else { return None };
    match of {
        Type::String(of) if of.format == VariantOrUnknownOrEmpty::Empty => Some("String"),
        Type::Number(_) => Some("F64"),
        Type::Integer(_) => Some("I64"),
        _ => None,
    }
}

/// The Rust type of what [`holds`] names.
pub fn rust_type(holds: &str) -> &'static str {
    match holds {
        "F64" => "f64",
        "I64" => "i64",
        _ => "::std::string::String",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{after, pass};
    use crate::contract::Replacement;

    #[test]
    fn a_field_that_is_cleared_by_null_has_a_type_that_can_say_so() {
        let found = after(
            super::run,
            "
            Thing:
              type: object
              properties:
                of: {type: string, nullable: true, x-clearable: true, description: d}
                limit: {type: number, nullable: true, x-clearable: true}
                plain: {type: string, nullable: true}
            ",
        );
        assert_eq!(found.components(), ["Thing", "NullableString", "NullableF64"]);
        let replacements = &found.0.replacements;
        assert_eq!(replacements["NullableString"], Replacement::Nullable("String"));
        assert_eq!(replacements["NullableF64"], Replacement::Nullable("F64"));
        assert!(found.field("Thing", "of").contains("#/components/schemas/NullableString"));
        assert!(!found.field("Thing", "of").contains("'nullable'"));
        assert_eq!(found.field("Thing", "plain"), "{'nullable':true,'type':'string'}");
    }

    #[test]
    fn what_is_neither_text_nor_number_is_refused() {
        let schemas =
            "Thing: {type: object, properties: {of: {type: array, items: {}, x-clearable: true}}}";
        let error = pass(super::run, "{}", schemas).err().unwrap();
        assert!(error.to_string().contains("only a text or a number"), "{error}");
    }
}

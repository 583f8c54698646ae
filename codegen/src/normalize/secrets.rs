//! Gives secret strings the runtime's type `Secret`, whose `Debug` output hides the value.
//!
//! Defect: progenitor generates plain strings for connection strings, tokens and passwords, and `Debug`
//! prints them. A string with `x-secret: true` or the format `password` is a secret.

use openapiv3::{Schema, SchemaKind, StringFormat, Type, VariantOrUnknownOrEmpty};

use crate::{
    contract::{Contract, Replacement},
    schemas,
};
use pgbeam_spec::error::Result;

const COMPONENT: &str = "Secret";

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut has_secret = false;
    schemas::visit(&mut contract.api, &mut |schema, _| {
        if is_secret(schema) {
            has_secret = true;
            schemas::replace_with_reference(schema, COMPONENT);
        }
    });
    match has_secret {
        true => contract.add_replacement(
            COMPONENT,
            Replacement::Secret,
            "the runtime's type for secrets",
        ),
        false => Ok(()),
    }
}

/// Returns `true` for a string with `x-secret: true` or the format `password`.
pub fn is_secret(schema: &Schema) -> bool {
    let SchemaKind::Type(Type::String(string)) = &schema.schema_kind else {
        return false;
    };
    let password = VariantOrUnknownOrEmpty::Item(StringFormat::Password);
    let marked = schema
        .schema_data
        .extensions
        .get("x-secret")
        .and_then(|flag| flag.as_bool());
    string.format == password || marked == Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run_on_schemas, run_pass};
    use crate::contract::Replacement;

    #[test]
    fn replaces_secret_strings() {
        let normalized = run_on_schemas(
            super::run,
            "
            Thing:
              type: object
              properties:
                token: {type: string, x-secret: true, description: A token.}
                password: {type: string, format: password, nullable: true}
                list: {type: array, items: {type: string, x-secret: true}}
                open: {type: string, x-secret: false}
                count: {type: integer, x-secret: true}
            ",
        );
        let secret = "'allOf':[{'$ref':'#/components/schemas/Secret'}]";
        assert_eq!(
            normalized.field("Thing", "token"),
            format!("{{{secret},'description':'A token.','x-secret':true}}")
        );
        assert_eq!(
            normalized.field("Thing", "password"),
            format!("{{{secret},'nullable':true}}")
        );
        assert!(normalized.field("Thing", "list").contains(secret));
        assert_eq!(
            normalized.field("Thing", "open"),
            "{'type':'string','x-secret':false}"
        );
        assert_eq!(
            normalized.field("Thing", "count"),
            "{'type':'integer','x-secret':true}"
        );
        assert_eq!(normalized.0.replacements["Secret"], Replacement::Secret);
    }

    #[test]
    fn rejects_a_component_named_secret() {
        let schemas = "Secret: {type: object}\n    A: {type: object, properties: {a: {type: string, x-secret: true}}}";
        let error = run_pass(super::run, "{}", schemas)
            .err()
            .unwrap()
            .to_string();
        assert_eq!(
            error,
            "a.yaml:7:5: the component `Secret` has the name of the runtime's type for secrets: rename it"
        );
    }
}

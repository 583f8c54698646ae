//! Gives secrets a type that does not print them.
//!
//! Defect: connection strings, tokens and passwords are plain strings, which `Debug` prints. A
//! string with `x-secret: true` or the format `password` becomes the runtime's `Secret`.

use openapiv3::{Schema, SchemaKind, StringFormat, Type, VariantOrUnknownOrEmpty};

use crate::{
    contract::{Contract, Replacement},
    schemas,
};
use pgbeam_spec::error::Result;

const COMPONENT: &str = "Secret";

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut any = false;
    schemas::visit(&mut contract.api, &mut |schema, _| {
        if is_secret(schema) {
            any = true;
            schemas::refer(schema, COMPONENT);
        }
    });
    match any {
        true => contract.replace(
            COMPONENT,
            Replacement::Secret,
            "the runtime's type for secrets",
        ),
        false => Ok(()),
    }
}

/// Whether a schema is a secret.
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
    use super::super::tests::{after, pass};
    use crate::contract::Replacement;

    #[test]
    fn marked_texts_become_the_type_that_is_not_printed() {
        let found = after(
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
            found.field("Thing", "token"),
            format!("{{{secret},'description':'A token.','x-secret':true}}")
        );
        assert_eq!(
            found.field("Thing", "password"),
            format!("{{{secret},'nullable':true}}")
        );
        assert!(found.field("Thing", "list").contains(secret));
        assert_eq!(
            found.field("Thing", "open"),
            "{'type':'string','x-secret':false}"
        );
        assert_eq!(
            found.field("Thing", "count"),
            "{'type':'integer','x-secret':true}"
        );
        assert_eq!(found.0.replacements["Secret"], Replacement::Secret);
    }

    #[test]
    fn its_name_is_taken() {
        let schemas = "Secret: {type: object}\n    A: {type: object, properties: {a: {type: string, x-secret: true}}}";
        let error = pass(super::run, "{}", schemas).err().unwrap().to_string();
        assert_eq!(
            error,
            "a.yaml:7:5: `Secret` is the name of the runtime's type for secrets, too"
        );
    }
}

//! Opens closed objects.
//!
//! Fault: of `additionalProperties: false` the generator makes a type that refuses whatever it does
//! not know, so that a new field fails a whole answer of an older client. Fields may be added at any
//! time; the server says what it does not take.

use openapiv3::{AdditionalProperties, SchemaKind, Type};

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    schemas::visit(&mut contract.api, &mut |schema, _| {
        let additional = match &mut schema.schema_kind {
            SchemaKind::Type(Type::Object(object)) => &mut object.additional_properties,
            SchemaKind::Any(any) => &mut any.additional_properties,
            _ => return,
        };
        if *additional == Some(AdditionalProperties::Any(false)) {
            *additional = None;
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn only_false_is_dropped() {
        let found = after(
            super::run,
            "
            Closed: {type: object, additionalProperties: false, properties: {a: {type: object, additionalProperties: false}}}
            Open: {type: object, additionalProperties: true}
            Map: {type: object, additionalProperties: {type: string}}
            ",
        );
        assert_eq!(
            found.component("Closed"),
            "{'properties':{'a':{'type':'object'}},'type':'object'}"
        );
        assert!(
            found
                .component("Open")
                .contains("'additionalProperties':true")
        );
        assert!(found.component("Map").contains("'additionalProperties':{"));
    }
}

//! Says of the uses of a component that they may be null, where the component says it of itself.
//!
//! Fault: of a nullable component the generator makes a type around an `Option` of another one,
//! `Shape(Option<ShapeInner>)`, which every use has to go through, and whose second name may be taken.

use std::collections::BTreeSet;

use openapiv3::{ReferenceOr, Schema, SchemaKind};

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut nullable = BTreeSet::new();
    for (name, slot) in contract
        .api
        .components
        .iter_mut()
        .flat_map(|of| &mut of.schemas)
    {
        if let ReferenceOr::Item(schema) = slot
            && std::mem::take(&mut schema.schema_data.nullable)
        {
            nullable.insert(name.clone());
        }
    }
    schemas::each_slot(&mut contract.api, &mut |slot| {
        let Some(name) = slot.referred().filter(|name| nullable.contains(*name)) else {
            return;
        };
        let all_of = vec![ReferenceOr::ref_(&format!("#/components/schemas/{name}"))];
        let mut schema_data = slot
            .schema()
            .map(|of| of.schema_data.clone())
            .unwrap_or_default();
        schema_data.nullable = true;
        slot.set(Schema {
            schema_data,
            schema_kind: SchemaKind::AllOf { all_of },
        });
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn what_refers_to_it_may_be_null() {
        let found = after(
            super::run,
            "
            Maybe: {type: object, nullable: true, properties: {n: {type: string, nullable: true}}}
            Good: {type: object}
            Thing:
              type: object
              properties:
                plain: {$ref: '#/components/schemas/Maybe'}
                described: {allOf: [{$ref: '#/components/schemas/Maybe'}], description: d}
                good: {$ref: '#/components/schemas/Good'}
            ",
        );
        let maybe = "'allOf':[{'$ref':'#/components/schemas/Maybe'}]";
        assert_eq!(
            found.field("Thing", "plain"),
            format!("{{{maybe},'nullable':true}}")
        );
        assert_eq!(
            found.field("Thing", "described"),
            format!("{{{maybe},'description':'d','nullable':true}}")
        );
        assert_eq!(
            found.field("Thing", "good"),
            "{'$ref':'#/components/schemas/Good'}"
        );
        let component = "{'properties':{'n':{'nullable':true,'type':'string'}},'type':'object'}";
        assert_eq!(found.component("Maybe"), component);
    }
}

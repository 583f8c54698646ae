//! Puts components that are no objects where they are used.
//!
//! Fault: the generator wraps a component such as `Slug: {type: string, maxLength: 8}` into a type
//! of its own, which every caller must convert to and from, and whose bounds belong to no field.
//! Enumerations are left: they are types on purpose.

use std::collections::BTreeMap;

use openapiv3::{ReferenceOr, Schema, SchemaKind, Type};

use crate::{contract::Contract, normalize::reachable, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    let mut aliases = BTreeMap::new();
    for (name, slot) in contract.api.components.iter().flat_map(|of| &of.schemas) {
        let ReferenceOr::Item(schema) = slot else {
            continue;
        };
        let enumeration = || names_replaced(schema, contract);
        if !(is_alias(schema) || enumeration()) || contract.replacements.contains_key(name) {
            continue;
        }
        // A list of itself has to stay a type.
        let inner = reachable::closure(&contract.api, reachable::references(schema)?)?;
        if !inner.contains(name) {
            aliases.insert(name.clone(), schema.clone());
        }
    }
    // An alias may hold another, but not itself, so this comes to an end.
    let mut again = !aliases.is_empty();
    while again {
        again = false;
        schemas::each_slot(&mut contract.api, &mut |slot| again |= put(slot, &aliases));
    }
    if let Some(components) = &mut contract.api.components {
        components
            .schemas
            .retain(|name, _| !aliases.contains_key(name));
    }
    Ok(())
}

fn is_alias(schema: &Schema) -> bool {
    match &schema.schema_kind {
        SchemaKind::Type(Type::Object(object)) => {
            object.properties.is_empty() && object.additional_properties.is_some()
        }
        SchemaKind::Type(_) => true,
        _ => false,
    }
}

/// Whether a schema is only another name of an enumeration.
fn names_replaced(schema: &Schema, contract: &Contract) -> bool {
    let SchemaKind::AllOf { all_of } = &schema.schema_kind else {
        return false;
    };
    match all_of.as_slice() {
        [ReferenceOr::Reference { reference }] => schemas::component_of(reference)
            .is_some_and(|name| contract.replacements.contains_key(name)),
        _ => false,
    }
}

/// Puts what an alias stands for in the place of a reference to it; says whether there was one.
fn put(slot: schemas::Slot<'_>, aliases: &BTreeMap<String, Schema>) -> bool {
    let Some(alias) = slot.referred().and_then(|name| aliases.get(name)) else {
        return false;
    };
    let mut schema = alias.clone();
    if let Some(place) = slot.schema() {
        // What is said where it is used holds; what is said of the alias is the rest.
        let said = &place.schema_data;
        let data = &mut schema.schema_data;
        data.nullable |= said.nullable;
        data.description = said.description.clone().or(data.description.take());
        data.default = said.default.clone().or(data.default.take());
        data.example = said.example.clone().or(data.example.take());
        data.extensions.extend(said.extensions.clone());
    }
    slot.set(schema);
    true
}

#[cfg(test)]
mod tests {
    use super::super::tests::after;

    #[test]
    fn an_alias_is_put_where_it_is_used() {
        let found = after(
            super::run,
            "
            Slug: {type: string, maxLength: 8, description: A slug., default: a}
            Slugs: {type: array, items: {$ref: '#/components/schemas/Slug'}}
            Labels: {type: object, additionalProperties: {$ref: '#/components/schemas/Slug'}}
            Tree: {type: array, items: {$ref: '#/components/schemas/Tree'}}
            Thing:
              type: object
              properties:
                plain: {$ref: '#/components/schemas/Slug'}
                own:
                  nullable: true
                  description: Its own.
                  allOf: [{$ref: '#/components/schemas/Slug'}]
                list: {$ref: '#/components/schemas/Slugs'}
                map: {$ref: '#/components/schemas/Labels'}
                tree: {$ref: '#/components/schemas/Tree'}
            ",
        );
        assert_eq!(found.components(), ["Tree", "Thing"]);
        let own = "{'default':'a','description':'Its own.','maxLength':8,'nullable':true,'type':'string'}";
        assert_eq!(found.field("Thing", "own"), own);
        let slug = "{'default':'a','description':'A slug.','maxLength':8,'type':'string'}";
        assert_eq!(found.field("Thing", "plain"), slug);
        assert_eq!(
            found.field("Thing", "list"),
            format!("{{'items':{slug},'type':'array'}}")
        );
        assert_eq!(
            found.field("Thing", "map"),
            format!("{{'additionalProperties':{slug},'type':'object'}}")
        );
        assert_eq!(
            found.field("Thing", "tree"),
            "{'$ref':'#/components/schemas/Tree'}"
        );
    }
}

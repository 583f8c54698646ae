//! Gives every resource one identifier type.
//!
//! Fault: the generator makes a type of its own for the path parameter of every operation, fifty
//! that all mean a project, and their pattern admits `.` and `..`, which change the path they stand
//! in. A path parameter whose name ends in `_id` becomes one type for all operations.

use heck::ToPascalCase;
use openapiv3::{ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, StringType, Type};

use crate::{
    contract::{Contract, PathId, Replacement},
    error::Result,
    schemas,
};

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        for parameter in &mut operation.parameters {
            let ReferenceOr::Item(openapiv3::Parameter::Path { parameter_data, .. }) = parameter
            else {
                continue;
            };
            if !parameter_data.name.ends_with("_id") {
                continue;
            }
            let type_name = parameter_data.name.to_pascal_case();
            parameter_data.format = ParameterSchemaOrContent::Schema(ReferenceOr::Reference {
                reference: format!("#/components/schemas/{type_name}"),
            });
            contract.ids.entry(type_name).or_insert_with(|| PathId {
                parameter: parameter_data.name.clone(),
                description: parameter_data.description.clone().unwrap_or_default(),
            });
        }
    }
    let components = contract.api.components.get_or_insert_default();
    for name in contract.ids.keys() {
        let schema = Schema {
            schema_data: Default::default(),
            schema_kind: SchemaKind::Type(Type::String(StringType::default())),
        };
        components.schemas.insert(name.clone(), ReferenceOr::Item(schema));
        contract.replacements.insert(name.clone(), Replacement::Id);
    }
    Ok(())
}

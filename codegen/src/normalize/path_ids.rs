//! Gives every resource one identifier type.
//!
//! Defect: progenitor makes a type of its own for the path parameter of every operation, fifty
//! that all mean a project, and their pattern admits `.` and `..`, which change the path they stand
//! in. A path parameter with `x-identifier: true` becomes one type for all operations. Where one name
//! stands for two resources, `x-id-type` names the type.

use heck::ToPascalCase;
use openapiv3::{ParameterSchemaOrContent, ReferenceOr};

use crate::{
    contract::{Contract, PathId, Replacement, is_identifier},
    schemas,
};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        for parameter in &mut operation.parameters {
            let ReferenceOr::Item(openapiv3::Parameter::Path { parameter_data, .. }) = parameter
            else {
                continue;
            };
            if !is_identifier(parameter_data) {
                continue;
            }
            let named = parameter_data
                .extensions
                .get("x-id-type")
                .and_then(|name| name.as_str());
            let type_name =
                named.map_or_else(|| parameter_data.name.to_pascal_case(), str::to_owned);
            parameter_data.format = ParameterSchemaOrContent::Schema(ReferenceOr::Reference {
                reference: format!("#/components/schemas/{type_name}"),
            });
            contract.ids.entry(type_name).or_insert_with(|| PathId {
                parameter: parameter_data.name.clone(),
                description: parameter_data.description.clone().unwrap_or_default(),
            });
        }
    }
    let names: Vec<String> = contract.ids.keys().cloned().collect();
    for name in names {
        contract.replace(&name, Replacement::Id, "a path parameter's type")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::pass;

    const PATHS: &str = "/p/{thing_id}:\n    get:\n      operationId: a\n      responses: {}\n      parameters:\n        - {name: thing_id, in: path, required: true, x-identifier: true, description: A thing., schema: {type: string, pattern: a}}\n    put:\n      operationId: b\n      responses: {}\n      parameters:\n        - {name: thing_id, in: path, required: true, x-identifier: true, schema: {type: string}}\n        - {name: other_id, in: query, schema: {type: string}}\n        - {name: name_id, in: path, required: true, x-identifier: false, schema: {type: string}}";

    #[test]
    fn one_name_is_one_type_for_all_operations() {
        let found = pass(super::run, PATHS, "{}").unwrap();
        let ids = &found.0.ids;
        assert_eq!(ids.keys().collect::<Vec<_>>(), ["ThingId"]);
        assert_eq!(
            (
                ids["ThingId"].parameter.as_str(),
                ids["ThingId"].description.as_str()
            ),
            ("thing_id", "A thing.")
        );
        let json = super::super::tests::json(&found.0.api.paths);
        assert_eq!(
            json.matches("{'$ref':'#/components/schemas/ThingId'}")
                .count(),
            2
        );
        assert!(!json.contains("pattern"));
        assert_eq!(found.component("ThingId"), "{'type':'string'}");
    }

    #[test]
    fn a_component_of_that_name_must_be_a_text() {
        let error = pass(super::run, PATHS, "ThingId: {type: object}")
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "a.yaml:19:5: `ThingId` is the name of a path parameter's type, too"
        );
    }
}

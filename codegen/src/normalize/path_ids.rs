//! Gives a path parameter that identifies a resource the same type in all operations.
//!
//! Defect: progenitor generates one type per operation for a path parameter, and so dozens of types for
//! `project_id`. These types accept `.` and `..`, which would change the path of the request. This pass gives
//! a path parameter with `x-identifier: true` one type, named after the parameter. If two kinds of resources
//! have the same parameter name, `x-id-type` sets the name of the type.

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
            let explicit_name = parameter_data
                .extensions
                .get("x-id-type")
                .and_then(|name| name.as_str());
            let type_name =
                explicit_name.map_or_else(|| parameter_data.name.to_pascal_case(), str::to_owned);
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
        contract.add_replacement(&name, Replacement::Id, "the type of a path parameter")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::run_pass;

    const PATHS: &str = "/p/{thing_id}:\n    get:\n      operationId: a\n      responses: {}\n      parameters:\n        - {name: thing_id, in: path, required: true, x-identifier: true, description: A thing., schema: {type: string, pattern: a}}\n    put:\n      operationId: b\n      responses: {}\n      parameters:\n        - {name: thing_id, in: path, required: true, x-identifier: true, schema: {type: string}}\n        - {name: other_id, in: query, schema: {type: string}}\n        - {name: name_id, in: path, required: true, x-identifier: false, schema: {type: string}}";

    #[test]
    fn operations_share_the_type_of_a_path_parameter() {
        let normalized = run_pass(super::run, PATHS, "{}").unwrap();
        let ids = &normalized.0.ids;
        assert_eq!(ids.keys().collect::<Vec<_>>(), ["ThingId"]);
        assert_eq!(
            (
                ids["ThingId"].parameter.as_str(),
                ids["ThingId"].description.as_str()
            ),
            ("thing_id", "A thing.")
        );
        let json = super::super::tests::to_json(&normalized.0.api.paths);
        assert_eq!(
            json.matches("{'$ref':'#/components/schemas/ThingId'}")
                .count(),
            2
        );
        assert!(!json.contains("pattern"));
        assert_eq!(normalized.component("ThingId"), "{'type':'string'}");
    }

    #[test]
    fn rejects_a_component_with_the_name_of_an_identifier_type() {
        let error = run_pass(super::run, PATHS, "ThingId: {type: object}")
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "a.yaml:19:5: the component `ThingId` has the name of the type of a path parameter: rename it"
        );
    }
}

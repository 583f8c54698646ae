//! Knows which parameters are lists.
//!
//! Fault: a list in the query is sent under its name once an item (`?id=a&id=b`); as one text it
//! would be `["a","b"]`. The items must be what one text can be.

use openapiv3::{Parameter, ParameterSchemaOrContent, ReferenceOr, Schema, SchemaKind, Type};

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    for operation in schemas::operations_mut(&mut contract.api) {
        let id = operation.operation_id.clone().unwrap_or_default();
        for parameter in operation.parameters.iter().filter_map(ReferenceOr::as_item) {
            let Parameter::Query {
                parameter_data: data,
                ..
            } = parameter
            else {
                continue;
            };
            let ParameterSchemaOrContent::Schema(ReferenceOr::Item(schema)) = &data.format else {
                continue;
            };
            let SchemaKind::Type(Type::Array(array)) = &schema.schema_kind else {
                continue;
            };
            if let Some(ReferenceOr::Item(item)) = &array.items
                && holds_several(item)
            {
                let message = format!(
                    "`{id}`: the parameter `{}` is a list of objects or lists, which is not supported",
                    data.name
                );
                return Err(contract.places.at_operation(&id, message));
            }
            let plans = contract.operations.iter_mut().filter(|plan| plan.id == id);
            let of = plans.flat_map(|plan| &mut plan.parameters);
            of.filter(|of| of.name == data.name)
                .for_each(|of| of.repeated = true);
        }
    }
    Ok(())
}

fn holds_several(item: &Schema) -> bool {
    matches!(
        &item.schema_kind,
        SchemaKind::Type(Type::Array(_) | Type::Object(_))
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::pass;

    fn paths(items: &str) -> String {
        format!(
            "/p:\n    get:\n      operationId: a\n      responses: {{}}\n      parameters:\n        - {{name: ids, in: query, schema: {{type: array, items: {items}}}}}\n        - {{name: size, in: query, schema: {{type: integer}}}}"
        )
    }

    #[test]
    fn a_list_is_sent_one_by_one() {
        let found = pass(super::run, &paths("{type: string}"), "{}").unwrap();
        let parameters = &found.0.operations[0].parameters;
        assert_eq!(
            parameters.iter().map(|of| of.repeated).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn a_list_of_what_is_no_text_is_refused() {
        for items in ["{type: array, items: {}}", "{type: object}"] {
            let error = pass(super::run, &paths(items), "{}")
                .err()
                .unwrap()
                .to_string();
            assert_eq!(
                error,
                "a.yaml:5:5: `a`: the parameter `ids` is a list of objects or lists, which is not supported"
            );
        }
    }
}

//! Removes `default` from every schema.
//!
//! Defect: the types that progenitor generates set an unset field to its default and send the default. A body
//! with only `name` would also send `access_mode: "read_only"` and every budget as 0. If a PUT keeps the stored
//! value of an absent field, the default would overwrite the stored value. Without a default, the field is an
//! `Option` that is omitted if unset.

use crate::{contract::Contract, schemas};
use pgbeam_spec::error::Result;

pub fn run(contract: &mut Contract) -> Result<()> {
    schemas::visit(&mut contract.api, &mut |schema, _| {
        schema.schema_data.default = None
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run_on_schemas, to_json};

    #[test]
    fn removes_every_default() {
        let normalized = run_on_schemas(
            super::run,
            "
            Thing:
              type: object
              default: {}
              properties:
                a: {type: string, default: x, description: Kept.}
                b: {type: array, default: [], items: {type: integer, default: 1}}
                c: {type: object, default: {}, additionalProperties: {type: boolean, default: true}}
                d: {allOf: [{type: string, default: x}]}
            ",
        );
        assert!(!to_json(&normalized.0.api).contains("default"));
        assert_eq!(
            normalized.field("Thing", "a"),
            "{'description':'Kept.','type':'string'}"
        );
    }
}

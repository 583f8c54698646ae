//! Takes `default` out of every schema.
//!
//! Defect: progenitor fills a field in with its default and always sends it, so that a body with
//! only `name` would also send `approval_mode: "off"` and all budgets 0. A PUT keeps the stored
//! `query_mode` only if the field is absent: sending its default would remove a restriction.
//! Without the default, the field is an `Option` that is left out when it is not set.

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
    use super::super::tests::{after, json};

    #[test]
    fn no_default_is_left() {
        let found = after(
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
        assert!(!json(&found.0.api).contains("default"));
        assert_eq!(
            found.field("Thing", "a"),
            "{'description':'Kept.','type':'string'}"
        );
    }
}

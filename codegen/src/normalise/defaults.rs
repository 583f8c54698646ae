//! Takes `default` out of every schema.
//!
//! Fault: the generator fills a field in with its default and always sends it, so that a body with
//! only `name` would also send `approval_mode: "off"` and all budgets 0. A PUT keeps the stored
//! `query_mode` only if the field is absent: sending its default would remove a restriction.
//! Without the default, the field is an `Option` that is left out when it is not set.

use crate::{contract::Contract, error::Result, schemas};

pub fn run(contract: &mut Contract) -> Result<()> {
    schemas::visit(&mut contract.api, &mut |schema, _| schema.schema_data.default = None);
    Ok(())
}

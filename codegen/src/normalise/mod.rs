//! The passes that bring a contract into a form from which good code comes out.
//!
//! Each is one file that names the fault it removes. What the generator cannot express is taken
//! out of the document into the [`Contract`], from which [`crate::emit`] makes it.

mod answers;
mod bounds;
mod defaults;
mod enums;
mod lists;
mod path_ids;
pub mod reachable;
mod secrets;

use crate::{contract::Contract, error::Result};

/// Runs every pass, in the order that they need.
pub fn normalise(contract: &mut Contract) -> Result<()> {
    enums::run(contract)?;
    secrets::run(contract)?;
    path_ids::run(contract)?;
    defaults::run(contract)?;
    lists::run(contract)?;
    bounds::run(contract)?;
    answers::run(contract)?;
    reachable::run(contract)
}

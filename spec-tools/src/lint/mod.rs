//! Says what is wrong with a contract before anything is made from it.
//!
//! [`structure`] finds what no code can be generated from. [`all`] also holds our contract to what
//! its readers need: its descriptions become the documentation of the crate, and its names follow
//! the API's.

mod characters;
mod cycles;
mod enumerations;
mod keys;
mod names;
mod operations;
mod prose;
mod references;
mod retries;
mod schemas;
mod values;

use crate::{
    error::{Faults, Result},
    read::Node,
};

/// Returns every error of our own contract.
pub fn all(document: &Node) -> Result<()> {
    check(document, &[keys::check, generatable, readable])
}

/// Returns what keeps code from being generated.
pub fn structure(document: &Node) -> Result<()> {
    check(document, &[keys::check, generatable])
}

/// Returns the references that lead nowhere, to another kind of component or in a cycle.
pub fn references(document: &Node) -> Result<()> {
    let mut faults = Faults::default();
    references::check(document, &mut faults);
    faults.finish()
}

/// Runs checks that follow references, once those are known to be good.
fn check(document: &Node, checks: &[fn(&Node, &mut Faults)]) -> Result<()> {
    references(document)?;
    let mut faults = Faults::default();
    checks.iter().for_each(|check| check(document, &mut faults));
    faults.finish()
}

fn generatable(document: &Node, faults: &mut Faults) {
    operations::check(document, faults);
    schemas::check(document, faults);
    enumerations::check(document, faults);
    values::check(document, faults);
    characters::check(document, faults);
}

fn readable(document: &Node, faults: &mut Faults) {
    prose::check(document, faults);
    names::check(document, faults);
    retries::check(document, faults);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What keeps code from being generated, in a part of a document.
    pub(super) fn structure(document: &Node) -> Result<()> {
        check(document, &[generatable])
    }

    /// What a reader would miss.
    pub(super) fn prose(document: &Node) -> Result<()> {
        check(document, &[readable])
    }

    /// What a lint says of a document, a line each.
    pub(super) fn faults(lint: fn(&Node) -> Result<()>, text: &str) -> Vec<String> {
        let document = Node::parse(text, "a.yaml").unwrap();
        match lint(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.faults().iter().map(ToString::to_string).collect(),
        }
    }
}

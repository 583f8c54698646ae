//! Says what is wrong with a contract before anything is made from it.
//!
//! [`check_structure`] finds what no code can be generated from. [`check_contract`] also holds our contract to what
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
    error::{Result, ValidationErrors},
    read::Node,
};

/// Returns every error of our own contract.
pub fn check_contract(document: &Node) -> Result<()> {
    check(document, &[keys::check, generatable, readable])
}

/// Returns what keeps code from being generated.
pub fn check_structure(document: &Node) -> Result<()> {
    check(document, &[keys::check, generatable])
}

/// Returns the references that lead nowhere, to another kind of component or in a cycle.
pub fn check_references(document: &Node) -> Result<()> {
    let mut errors = ValidationErrors::default();
    references::check(document, &mut errors);
    errors.finish()
}

/// Runs checks that follow references, once those are known to be good.
fn check(document: &Node, checks: &[fn(&Node, &mut ValidationErrors)]) -> Result<()> {
    check_references(document)?;
    let mut errors = ValidationErrors::default();
    checks.iter().for_each(|check| check(document, &mut errors));
    errors.finish()
}

fn generatable(document: &Node, errors: &mut ValidationErrors) {
    operations::check(document, errors);
    schemas::check(document, errors);
    enumerations::check(document, errors);
    values::check(document, errors);
    characters::check(document, errors);
}

fn readable(document: &Node, errors: &mut ValidationErrors) {
    prose::check(document, errors);
    names::check(document, errors);
    retries::check(document, errors);
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
    pub(super) fn errors(lint: fn(&Node) -> Result<()>, text: &str) -> Vec<String> {
        let document = Node::parse(text, "a.yaml").unwrap();
        match lint(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.errors().iter().map(ToString::to_string).collect(),
        }
    }
}

//! Validates an API contract.
//!
//! [`check_structure`] returns the errors that prevent code generation. [`check_contract`] also checks
//! descriptions, name casing and retry extensions: descriptions become the documentation of the generated
//! crate.

mod characters;
mod cycles;
mod descriptions;
mod enums;
mod keys;
mod name_case;
mod operations;
mod references;
mod retries;
mod schemas;
mod values;

use crate::{
    error::{Result, ValidationErrors},
    read::Node,
};

/// Checks the contract of this repository.
///
/// # Errors
///
/// Returns every validation error. Invalid references prevent all other checks.
pub fn check_contract(document: &Node) -> Result<()> {
    run_checks(document, &[keys::check, check_generatable, check_readable])
}

/// Checks that code can be generated from a contract.
///
/// # Errors
///
/// Returns every error that prevents code generation. Invalid references prevent all other checks.
pub fn check_structure(document: &Node) -> Result<()> {
    run_checks(document, &[keys::check, check_generatable])
}

/// Checks all references.
///
/// # Errors
///
/// Returns the references to a missing component or to one of the wrong kind; if there are none, the
/// reference cycles.
pub fn check_references(document: &Node) -> Result<()> {
    let mut errors = ValidationErrors::default();
    references::check(document, &mut errors);
    errors.finish()
}

/// Runs checks that follow references, after the references themselves are checked.
fn run_checks(document: &Node, checks: &[fn(&Node, &mut ValidationErrors)]) -> Result<()> {
    check_references(document)?;
    let mut errors = ValidationErrors::default();
    checks.iter().for_each(|check| check(document, &mut errors));
    errors.finish()
}

fn check_generatable(document: &Node, errors: &mut ValidationErrors) {
    operations::check(document, errors);
    schemas::check(document, errors);
    enums::check(document, errors);
    values::check(document, errors);
    characters::check(document, errors);
}

fn check_readable(document: &Node, errors: &mut ValidationErrors) {
    descriptions::check(document, errors);
    name_case::check(document, errors);
    retries::check(document, errors);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the checks that code generation needs, without `keys`, on a part of a document.
    pub(super) fn structure(document: &Node) -> Result<()> {
        run_checks(document, &[check_generatable])
    }

    /// Runs the checks of descriptions, name casing and retry extensions.
    pub(super) fn readability(document: &Node) -> Result<()> {
        run_checks(document, &[check_readable])
    }

    /// Runs one check without checking references first.
    pub(super) fn run(check: fn(&Node, &mut ValidationErrors)) -> impl Fn(&Node) -> Result<()> {
        move |document| {
            let mut errors = ValidationErrors::default();
            check(document, &mut errors);
            errors.finish()
        }
    }

    /// Returns the error messages of a lint, with their locations.
    pub(super) fn messages(lint: impl Fn(&Node) -> Result<()>, text: &str) -> Vec<String> {
        let document = Node::parse(text, "a.yaml").unwrap();
        match lint(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.errors().iter().map(ToString::to_string).collect(),
        }
    }
}

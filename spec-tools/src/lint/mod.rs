//! Finds the errors of an API contract and reports each with its location.
//!
//! [`check_structure`] finds the errors that prevent code generation. [`check_contract`] also finds
//! missing descriptions, which become the documentation of the generated crate, and other errors
//! such as unused components, names in the wrong case, and a missing `x-idempotent`.

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

/// Checks a contract for all errors that this module can find, including errors that do not prevent
/// code generation.
///
/// # Errors
///
/// Returns every validation error. If references are invalid, returns only the errors of the
/// references.
pub fn check_contract(document: &Node) -> Result<()> {
    run_checks(document, &[keys::check, check_generatable, check_readable])
}

/// Checks a contract for errors that prevent code generation.
///
/// # Errors
///
/// Returns every validation error that the check finds. If references are invalid, returns only the
/// errors of the references.
pub fn check_structure(document: &Node) -> Result<()> {
    run_checks(document, &[keys::check, check_generatable])
}

/// Checks that every reference names an existing component of the right kind, and that references
/// form no cycle. References in the fields, items and map values of a schema are not checked for
/// cycles, so a schema can be recursive.
///
/// # Errors
///
/// Returns an error for every `$ref` that is not a string, is in an object that cannot be a
/// component, or names a missing component or a component of another kind. If every `$ref` is
/// valid, returns an error for every component that is in a reference cycle or leads into a cycle.
pub fn check_references(document: &Node) -> Result<()> {
    let mut errors = ValidationErrors::default();
    references::check(document, &mut errors);
    errors.finish()
}

/// Checks the references. If all references are valid, runs `checks`, which follow references, and
/// returns the errors of all checks.
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

    /// Runs the checks that code generation needs, except `keys`, so that a test document can be
    /// incomplete.
    pub(super) fn structure(document: &Node) -> Result<()> {
        run_checks(document, &[check_generatable])
    }

    /// Runs the checks of descriptions, name casing and retry extensions.
    pub(super) fn readability(document: &Node) -> Result<()> {
        run_checks(document, &[check_readable])
    }

    /// Returns a function that runs one check without checking the references first.
    pub(super) fn run(check: fn(&Node, &mut ValidationErrors)) -> impl Fn(&Node) -> Result<()> {
        move |document| {
            let mut errors = ValidationErrors::default();
            check(document, &mut errors);
            errors.finish()
        }
    }

    /// Parses `text`, runs `lint` on it, and returns the errors with their locations in `a.yaml`.
    pub(super) fn messages(lint: impl Fn(&Node) -> Result<()>, text: &str) -> Vec<String> {
        let document = Node::parse(text, "a.yaml").unwrap();
        match lint(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.errors().iter().map(ToString::to_string).collect(),
        }
    }
}

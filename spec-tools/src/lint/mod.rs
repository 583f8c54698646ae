//! Says what is wrong with a contract before anything is made from it.
//!
//! [`structure`] finds what no code can be generated from, in any contract. [`prose`] holds our
//! own contract to what its readers need: its descriptions become the documentation of the crate,
//! and its names follow the API's. [`all`] is both.

mod circles;
mod enumerations;
mod names;
mod operations;
mod prose;
mod references;
mod retries;
mod schemas;

use std::collections::BTreeSet;

use crate::{
    error::{Error, Fault, Place, Result},
    read::Node,
};

pub use operations::is_name;
pub use schemas::OF_TYPE;

/// Finds all that is wrong with our own contract.
pub fn all(document: &Node) -> Result<()> {
    // What follows goes along references.
    references(document)?;
    let mut faults = Vec::new();
    generatable(document, &mut faults);
    readable(document, &mut faults);
    finish(faults)
}

/// Finds what no code can be generated from.
pub fn structure(document: &Node) -> Result<()> {
    references(document)?;
    let mut faults = Vec::new();
    generatable(document, &mut faults);
    finish(faults)
}

/// Finds what a reader of our own contract would miss, or read twice.
pub fn prose(document: &Node) -> Result<()> {
    let mut faults = Vec::new();
    readable(document, &mut faults);
    finish(faults)
}

fn generatable(document: &Node, faults: &mut Vec<Fault>) {
    operations::check(document, faults);
    schemas::check(document, faults);
    enumerations::check(document, faults);
}

fn readable(document: &Node, faults: &mut Vec<Fault>) {
    prose::check(document, faults);
    names::check(document, faults);
    retries::check(document, faults);
}

/// Finds references that lead nowhere, to another kind of thing or in a circle.
pub fn references(document: &Node) -> Result<()> {
    let mut faults = Vec::new();
    references::check(document, &mut faults);
    finish(faults)
}

fn finish(mut faults: Vec<Fault>) -> Result<()> {
    // What several operations share is reported once.
    let mut seen = BTreeSet::new();
    faults.retain(|fault| seen.insert((fault.place.clone(), fault.message.clone())));
    faults.sort_by(|a, b| a.place.cmp(&b.place));
    Error::all(faults)
}

fn fault(faults: &mut Vec<Fault>, place: &Place, message: String) {
    faults.push(Fault {
        place: Some(place.clone()),
        message,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a lint says of a document, a line each.
    pub(super) fn faults(lint: fn(&Node) -> Result<()>, text: &str) -> Vec<String> {
        let document = Node::parse(text, "a.yaml").unwrap();
        match lint(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.faults().iter().map(ToString::to_string).collect(),
        }
    }
}

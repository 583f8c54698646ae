//! Compares two OpenAPI 3.0 documents by meaning: what has changed for those who call the API.
//!
//! ```text
//! model × model → compare operations and schemas → find where each change is met → verdict
//! ```
//!
//! [`model`] is a contract without the way it is written, so order, prose, `x-*` extensions of
//! others, and whether a schema is a component, stand inside another or is an `allOf` of one make no
//! difference. Compared are base URLs, operations, access, parameters, bodies, answers, headers and
//! schemas. [`verdict`] says whom a change harms; [`report`](crate::report) writes it down.
//!
//! A component's name is no part of the API, but it is the name of a Rust type: a new one breaks
//! callers of this SDK and nobody else.

mod candidates;
mod matching;
pub mod operations;
pub mod schemas;
pub mod spots;
mod values;

use self::{
    schemas::Pairs,
    spots::{MAX_PLACES, Met},
};
use crate::{
    changes::{Change, Report, Spot, Subject, SubjectKind, What},
    error::Result,
    escape::code_span,
    model::{self, ApiModel},
    panics,
    read::Node,
    verdict,
};

/// Compares two documents.
///
/// # Errors
///
/// Why one of them cannot be compared.
pub fn compare(old: &Node, new: &Node) -> Result<Report> {
    // A document may be nested deeper than the stack of whoever calls.
    panics::run_with_large_stack(|| changes(&model::read(old)?, &model::read(new)?, MAX_PLACES))
}

/// Compares two contracts that differ at up to `max_places`.
///
/// # Errors
///
/// If they differ at more.
fn changes(old: &ApiModel, new: &ApiModel, max_places: usize) -> Result<Report> {
    let mut pairs = Pairs::new(old, new);
    let at = operations::compare(&mut pairs);
    pairs.run();
    let mut met = Met::of(at, &pairs, max_places)?;
    servers(old, new, &mut met);
    let changes = met.0.into_iter().map(|((subject, what, direction), met)| {
        let verdict = verdict::judge(
            &subject,
            &what,
            direction,
            &verdict::Circumstances::of(&met),
        );
        Change {
            subject,
            what,
            direction,
            met,
            verdict,
        }
    });
    let mut changes: Vec<Change> = changes.collect();
    // Stable, so that what is equally harmful keeps the order of its names.
    changes.sort_by_key(|change| change.verdict.class());
    Ok(Report { changes })
}

fn servers(old: &ApiModel, new: &ApiModel, met: &mut Met) {
    let gone = old.servers.difference(&new.servers);
    let fresh = new.servers.difference(&old.servers);
    let gone = gone.map(|url| (url, What::removed()));
    for (url, what) in gone.chain(fresh.map(|url| (url, What::added(false)))) {
        let subject = Subject::new(SubjectKind::Server, code_span(url));
        met.0.insert((subject, what, None), Vec::<Spot>::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_places_is_bounded() {
        let document = |maximum: u32| {
            let operation = |n: u32| {
                format!(
                    "  /{n}:\n    get:\n      responses: {{'200': {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}\n"
                )
            };
            let fields: String = (0..10)
                .map(|n| format!("a{n}: {{type: integer, maximum: {maximum}}}, "))
                .collect();
            let paths: String = (0..10).map(operation).collect();
            let text = format!(
                "openapi: 3.0.3\npaths:\n{paths}components: {{schemas: {{A: {{properties: {{{fields}}}}}}}}}\n"
            );
            model::read(&Node::parse(&text, "a.yaml").unwrap()).unwrap()
        };
        let (old, new) = (document(1), document(2));
        assert_eq!(changes(&old, &new, 100).unwrap().changes.len(), 10);
        let error = changes(&old, &new, 99).unwrap_err().to_string();
        assert_eq!(error, "the documents differ at more than 99 places");
    }
}

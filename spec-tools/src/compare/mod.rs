//! Compares the APIs that two OpenAPI 3.0 documents describe.
//!
//! ```text
//! model × model → compare operations and schemas → find the places of each change → verdict
//! ```
//!
//! [`model`] converts each document to an API model. The comparison covers base URLs, operations,
//! security requirements, parameters, bodies, responses, headers and schemas. It ignores the order
//! of keys, descriptions and unknown `x-*` extensions. It also ignores whether a schema is a
//! component, inline, or an `allOf` with one part, unless the name of a Rust type changes.
//! [`verdict`] decides the impact of each change, and [`report`](crate::report) renders the result.
//!
//! Component names are not part of the API, but codegen uses them as Rust type names. A renamed
//! component therefore breaks only users of this SDK.

mod operation_matching;
pub mod operations;
mod rename_candidates;
pub mod schemas;
pub mod usages;
mod values;

use self::{
    schemas::SchemaPairs,
    usages::{ChangeUsages, MAX_USAGES},
};
use crate::{
    changes::{Change, ChangeKind, Report, Subject, SubjectKind, Usage},
    error::Result,
    escape::code_span,
    model::{self, ApiModel},
    panics,
    read::Node,
    verdict,
};

/// Compares two documents and returns all changes, the most severe first.
///
/// # Errors
///
/// Returns an error if a document cannot be converted to an API model, for example because it is
/// not OpenAPI 3.0, or if changes inside schemas occur in more than [`MAX_USAGES`] places.
pub fn compare(old: &Node, new: &Node) -> Result<Report> {
    // The nesting of a document can exceed the caller's stack.
    panics::run_with_large_stack(|| {
        compare_models(&model::load(old)?, &model::load(new)?, MAX_USAGES)
    })
}

/// Compares two API models and returns all changes, the most severe first.
///
/// # Errors
///
/// Returns an error if changes inside schemas occur in more than `max_usages` places.
fn compare_models(old: &ApiModel, new: &ApiModel, max_usages: usize) -> Result<Report> {
    let mut pairs = SchemaPairs::new(old, new);
    let parts = operations::compare(&mut pairs);
    pairs.compare_all();
    let mut usages = ChangeUsages::collect(parts, &pairs, max_usages)?;
    compare_servers(old, new, &mut usages);
    let changes = usages
        .0
        .into_iter()
        .map(|((subject, kind, direction), usages)| {
            let summary = verdict::UsageSummary::new(&usages);
            let verdict = verdict::assess(&subject, &kind, direction, &summary);
            Change {
                subject,
                kind,
                direction,
                usages,
                verdict,
            }
        });
    let mut changes: Vec<Change> = changes.collect();
    // A stable sort keeps the order of names within a severity.
    changes.sort_by_key(|change| change.verdict.severity());
    Ok(Report { changes })
}

fn compare_servers(old: &ApiModel, new: &ApiModel, usages: &mut ChangeUsages) {
    let removed = old.servers.difference(&new.servers);
    let added = new.servers.difference(&old.servers);
    let removed = removed.map(|url| (url, ChangeKind::removed()));
    for (url, kind) in removed.chain(added.map(|url| (url, ChangeKind::added(false)))) {
        let subject = Subject::new(SubjectKind::Server, code_span(url));
        usages.0.insert((subject, kind, None), Vec::<Usage>::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_the_number_of_changed_places() {
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
            model::load(&Node::parse(&text, "a.yaml").unwrap()).unwrap()
        };
        let (old, new) = (document(1), document(2));
        assert_eq!(compare_models(&old, &new, 100).unwrap().changes.len(), 10);
        let error = compare_models(&old, &new, 99).unwrap_err().to_string();
        assert_eq!(error, "the documents differ in more than 99 places");
    }
}

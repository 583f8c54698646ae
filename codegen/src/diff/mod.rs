//! Compares two OpenAPI 3.0 documents by meaning: what has changed for those who call the API.
//!
//! ```text
//! read → compare operations and schemas → find where each change is met → judge → render
//! ```
//!
//! [`meaning`] is a contract without the way it is written, so order, prose, `x-*` extensions of
//! others, and whether a schema is a component, stand inside another or is an `allOf` of one make no
//! difference. Compared are base URLs, operations, access, parameters, bodies, answers, headers and
//! schemas. [`rules`] says whom a change harms; [`render`] writes it down.
//!
//! A component's name is no part of the API, but it is the name of a Rust type: a new one breaks
//! callers of this SDK and nobody else.

pub mod candidates;
pub mod change;
pub mod drift;
mod matching;
pub mod meaning;
mod merge;
pub mod operations;
mod parts;
pub mod read;
pub mod render;
pub mod rules;
pub mod schemas;
pub mod spots;
mod values;
pub mod verdict;

use change::{Change, Report, Spot, Subject, SubjectKind, What};
use meaning::Meaning;
use schemas::Pairs;
use spots::Met;

use crate::{error::Result, isolate, source::Node};

/// Compares two documents.
///
/// # Errors
///
/// Why one of them cannot be compared.
pub fn compare(old: &Node, new: &Node) -> Result<Report> {
    // A document may be nested deeper than the stack of whoever calls.
    isolate::on_own_stack(|| Ok(changes(&read::read(old)?, &read::read(new)?)))
}

/// Compares two contracts.
pub fn changes(old: &Meaning, new: &Meaning) -> Report {
    let mut pairs = Pairs::new(old, new);
    let at = operations::compare(&mut pairs);
    pairs.run();
    let mut met = Met::of(at, &pairs);
    servers(old, new, &mut met);
    let changes = met.0.into_iter().map(|((subject, what, direction), met)| {
        let verdict = rules::judge(&subject, &what, direction, &rules::Circumstances::of(&met));
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
    Report { changes }
}

fn servers(old: &Meaning, new: &Meaning, met: &mut Met) {
    let gone = old.servers.difference(&new.servers);
    let fresh = new.servers.difference(&old.servers);
    let gone = gone.map(|url| {
        (
            url,
            What::Removed {
                perhaps: Vec::new(),
            },
        )
    });
    let fresh = fresh.map(|url| {
        (
            url,
            What::Added {
                required: false,
                perhaps: Vec::new(),
            },
        )
    });
    for (url, what) in gone.chain(fresh) {
        let subject = Subject {
            kind: SubjectKind::Server,
            name: format!("`{url}`"),
        };
        met.0.insert((subject, what, None), Vec::<Spot>::new());
    }
}

//! Checks that each OpenAPI document is either loaded, merged, linted, normalized and compared, or rejected
//! with one line and a location for each error.

use std::sync::LazyLock;

use pgbeam_codegen::{contract::Contract, normalize::normalize};
use pgbeam_spec::{
    bundle,
    compare::compare,
    drift::{self, Drift},
    error::{Error, Result, ValidationError},
    lint, panics,
    read::Node,
    report::{Format, Names, render},
};

/// Separates the parts of an input.
const SEPARATOR: &str = "\n---\n";

const BASELINE: &str = include_str!("baseline.yaml");

/// Compares the whole input, as one document, with a baseline. Then splits the input into a root document and
/// the fragments of the areas, merges them, runs the steps before code generation, lints the merged document
/// and compares it with itself.
///
/// # Panics
///
/// If an error of the comparison with the baseline is not one line, if any other error is not one line with a
/// location, or if a document differs from itself.
pub fn check(data: &[u8]) {
    static CONTRACT: LazyLock<Node> =
        LazyLock::new(|| Node::parse(BASELINE, "baseline.yaml").expect("a valid document"));
    match drift::check(&CONTRACT, Ok(data), "published") {
        Drift::Unchanged => {}
        Drift::Changed(report) => {
            assert!(!report.changes.is_empty());
            for format in [Format::Text, Format::Markdown, Format::Json] {
                let names = Names {
                    old: "baseline.yaml",
                    new: "published",
                };
                assert!(!render(&report, names, format).is_empty());
            }
        }
        Drift::Failed(reason) => assert!(is_line(&reason), "{reason:?}"),
    }
    let Ok(input) = std::str::from_utf8(data) else {
        return;
    };
    let bundle = bundle_fragments(input);
    check_error(bundle.as_ref().err());
    let Ok(document) = bundle else { return };
    check_error(prepare(&document).err().as_ref());
    check_error(lint::check_contract(&document).err().as_ref());
    match compare(&document, &document) {
        Ok(report) => assert_eq!(report.changes, [], "a document differs from itself"),
        Err(error) => check_error(Some(&error)),
    }
}

fn bundle_fragments(input: &str) -> Result<Node> {
    let mut files = input.split(SEPARATOR).enumerate();
    let mut parse_next = || {
        files
            .next()
            .map(|(n, input)| Node::parse(input, &format!("{n}.yaml")))
    };
    let root = parse_next().expect("split returns at least one part")?;
    let mut fragments = Vec::new();
    while let Some(fragment) = parse_next() {
        fragments.push(fragment?);
    }
    bundle::merge_fragments(root, fragments)
}

/// Runs the steps before code generation: lints the structure of the document, reads the contract and
/// normalizes it.
fn prepare(document: &Node) -> Result<()> {
    panics::run_with_large_stack(|| {
        lint::check_structure(document)?;
        normalize(&mut Contract::read(document)?)
    })
}

fn check_error(error: Option<&Error>) {
    assert_eq!(error.and_then(find_malformed_message), None);
}

/// Returns the first message of the error that is not one line or has no location. `None` if every message is
/// one line with a location.
pub fn find_malformed_message(error: &Error) -> Option<String> {
    let is_malformed =
        |error: &&ValidationError| error.location.is_none() || !is_line(&error.to_string());
    error
        .errors()
        .iter()
        .find(is_malformed)
        .map(ToString::to_string)
}

fn is_line(message: &str) -> bool {
    !message.trim().is_empty()
        && !message.contains(char::is_control)
        && message.chars().count() < 1_000
}

//! Contracts, whatever they hold: read, merged, linted, normalised and compared, or refused with a
//! line for each fault that names its place.

use std::sync::LazyLock;

use pgbeam_codegen::{contract::Contract, normalize::normalize};
use pgbeam_spec::{
    bundle,
    compare::compare,
    drift::{self, Drift},
    error::{Error, Fault, Result},
    isolate, lint,
    read::Node,
    report::{Format, Names, render},
};

/// What stands between the fragments of a contract in one input.
const BREAK: &str = "\n---\n";

const OURS: &str = include_str!("ours.yaml");

/// An input is the shared part of a contract, and the fragments of its areas.
pub fn check(data: &[u8]) {
    static CONTRACT: LazyLock<Node> =
        LazyLock::new(|| Node::parse(OURS, "ours.yaml").expect("a contract"));
    match drift::check(&CONTRACT, Ok(data), "published") {
        Drift::Same => {}
        Drift::Drifted(report) => {
            assert!(!report.changes.is_empty());
            for format in [Format::Text, Format::Markdown, Format::Json] {
                let names = Names {
                    old: "ours.yaml",
                    new: "published",
                };
                assert!(!render(&report, names, format).is_empty());
            }
        }
        Drift::CouldNotTell(why) => assert!(is_line(&why), "{why:?}"),
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let bundled = bundled(text);
    refusal(bundled.as_ref().err());
    let Ok(document) = bundled else { return };
    refusal(generatable(&document).err().as_ref());
    refusal(lint::all(&document).err().as_ref());
    match compare(&document, &document) {
        Ok(report) => assert_eq!(report.changes, [], "a contract differs from itself"),
        Err(error) => refusal(Some(&error)),
    }
}

fn bundled(text: &str) -> Result<Node> {
    let mut files = text.split(BREAK).enumerate();
    let mut read = || {
        files
            .next()
            .map(|(n, text)| Node::parse(text, &format!("{n}.yaml")))
    };
    let root = read().expect("a text has a first part")?;
    let mut fragments = Vec::new();
    while let Some(fragment) = read() {
        fragments.push(fragment?);
    }
    bundle::merged(root, fragments)
}

/// All that is done to a contract until the generator reads it.
fn generatable(document: &Node) -> Result<()> {
    isolate::on_own_stack(|| {
        lint::structure(document)?;
        normalize(&mut Contract::read(document)?)
    })
}

fn refusal(error: Option<&Error>) {
    assert_eq!(error.and_then(ill_said), None);
}

/// The first fault of an error that is not what each must be: a line for a person, with the place
/// where it can be mended.
pub fn ill_said(error: &Error) -> Option<String> {
    let ill = |fault: &&Fault| fault.place.is_none() || !is_line(&fault.to_string());
    error.faults().iter().find(ill).map(ToString::to_string)
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(char::is_control) && text.chars().count() < 1_000
}

//! Whether the published contract is still the one that this repository has.
//!
//! Only what both documents must say is compared: Rust names and our own annotations (`x-enum`,
//! `x-secret`, `x-refuses-idempotency-key`, areas) are ours alone.

use super::{
    change::Report,
    compare,
    render::{markdown, words},
};
use crate::source::Node;

/// The largest document that is read. The whole contract has half a megabyte.
pub const LARGEST: usize = 16 << 20;

/// What a check found.
#[derive(Debug, PartialEq)]
pub enum Drift {
    Same,
    /// The published contract means something else.
    Drifted(Report),
    /// Why nothing can be said, in one line.
    CouldNotTell(String),
}

/// Compares our contract with the text of the published document that is called `name`.
pub fn check(ours: &Node, published: Result<&[u8], String>, name: &str) -> Drift {
    match read(published, name).and_then(|node| compare(ours, &node).map_err(|error| error.line()))
    {
        Ok(report) => match report.without_annotations() {
            report if report.changes.is_empty() => Drift::Same,
            report => Drift::Drifted(report),
        },
        Err(why) => Drift::CouldNotTell(why),
    }
}

fn read(published: Result<&[u8], String>, name: &str) -> Result<Node, String> {
    let bytes = published?;
    if bytes.len() > LARGEST {
        return Err(too_large(name));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| format!("{name}: neither JSON nor YAML: it is not text in UTF-8"))?;
    // A page of HTML is a text to YAML, and would be told to be no OpenAPI document.
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return Err(format!("{name}: neither JSON nor YAML: it begins with `<`, as HTML does"));
    }
    Node::parse(text, name).map_err(|error| error.line())
}

/// What is said of a document that is not read to its end.
pub fn too_large(name: &str) -> String {
    format!("{name}: larger than {} MiB, which no contract of ours is", LARGEST >> 20)
}

/// The report of a drift, as an issue has it.
pub fn report(report: &Report, name: &str) -> String {
    format!(
        "# The published contract has changed\n\n\
         `spec/` does not say any more what `{}` says. The changes are those from `spec/` to the \
         published document: bring them into `spec/`, then run `cargo xtask codegen`.\n{}\n\
         **Summary:** {}.\n",
        name.replace(['`', '\n', '\r'], "'"),
        markdown::changes(report),
        words::summary(report)
    )
}

//! A report as JSON.
//!
//! ```json
//! {
//!   "version": 1,
//!   "old": "old.json",
//!   "new": "new.json",
//!   "summary": {
//!     "changes": 1, "breaking": 1, "breaks_everybody": 1, "breaks_api": 0, "breaks_sdk": 0,
//!     "may_break": 0, "notice": 0, "breaks_nobody": 0
//!   },
//!   "changes": [{
//!     "subject": "field",
//!     "name": "PolicyProfileInput.max_rows",
//!     "change": "removed",
//!     "direction": "request",
//!     "from": null,
//!     "to": null,
//!     "rename_candidates": ["row_limit"],
//!     "sdk": "breaks",
//!     "api": "breaks",
//!     "why": "Callers that send it are refused or ignored, and its setter is gone from the SDK.",
//!     "met": [{
//!       "operation": "createPolicyProfile",
//!       "method": "POST",
//!       "path": "/v1/projects/{project_id}/policies",
//!       "direction": "request",
//!       "part": "body",
//!       "name": null,
//!       "status": null,
//!       "media_type": "application/json",
//!       "json_path": "$.max_rows"
//!     }]
//!   }]
//! }
//! ```
//!
//! `changes` are sorted, the most harmful first; `met` has every place. `breaking` is the sum of
//! `breaks_everybody`, `breaks_api` (others, not this SDK) and `breaks_sdk` (this SDK only).
//!
//! | key | values |
//! | --- | --- |
//! | `subject` | the names of [`SubjectKind`] in snake case |
//! | `change` | the names of [`What`](crate::changes::What::name) |
//! | `direction` | `request`, `answer`, or null for what has none |
//! | `from`, `to` | what was and what is: a value, type, bound, name; `required` or `optional` of what was added; null where there is none |
//! | `sdk`, `api` | `breaks`, `may_break`, `notice`, `none` |
//! | `part` | `operation`, `parameter` (then `name`), `body`, `answer`, `header` (then `name`) |
//!
//! The form is stable: a later version may add keys and values, and counts `version` up when it
//! changes one.

use serde_json::{Value, json};

use super::words::Names;
use crate::{
    changes::{Beside, Change, Class, Part, Report, Spot, SubjectKind, What},
    escape::is_unprintable,
};

/// Writes a report.
pub fn json(report: &Report, names: Names<'_>) -> String {
    let document = json!({
        "version": 1,
        "old": names.old,
        "new": names.new,
        "summary": {
            "changes": report.changes.len(),
            "breaking": report.breaking(),
            "breaks_everybody": report.count(Class::Everybody),
            "breaks_api": report.count(Class::ApiOnly),
            "breaks_sdk": report.count(Class::SdkOnly),
            "may_break": report.count(Class::Perhaps),
            "notice": report.count(Class::Notice),
            "breaks_nobody": report.count(Class::Nobody),
        },
        "changes": report.changes.iter().map(change).collect::<Value>(),
    });
    let mut out = String::new();
    for c in format!("{document:#}\n").chars() {
        match c != '\n' && is_unprintable(c) {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
    }
    out
}

fn change(of: &Change) -> Value {
    let (from, to) = match (&of.what, of.subject.kind) {
        // Of these, it is known whether they are required.
        (
            What::Added { required, .. },
            SubjectKind::Parameter | SubjectKind::Body | SubjectKind::Header | SubjectKind::Field,
        ) => (None, Some(if *required { "required" } else { "optional" })),
        (what, _) => from_to(what),
    };
    let none = Vec::new();
    let candidates = match &of.what {
        What::Added { perhaps, .. } | What::Removed { perhaps } => perhaps,
        _ => &none,
    };
    json!({
        "subject": of.subject.kind,
        "name": bare(&of.subject.name),
        "change": of.what.name(),
        "direction": of.direction,
        "from": from,
        "to": to,
        "rename_candidates": candidates,
        "sdk": of.verdict.sdk,
        "api": of.verdict.api,
        "why": of.verdict.why,
        "met": of.met.iter().map(spot).collect::<Value>(),
    })
}

/// A name that is nothing but a name needs no quotation marks.
fn bare(name: &str) -> &str {
    let inner = name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'));
    inner.unwrap_or(name)
}

fn from_to(what: &What) -> (Option<&str>, Option<&str>) {
    let some = |text: &'_ String| !text.is_empty();
    match what {
        What::Moved(from, to)
        | What::Renamed(from, to)
        | What::Area(from, to)
        | What::Method(from, to)
        | What::Encoding(from, to)
        | What::Type(from, to)
        | What::Format { from, to, .. } => (Some(from), Some(to)),
        What::Pattern(from, to) => (
            Some(from).filter(|text| some(text)).map(String::as_str),
            Some(to).filter(|text| some(text)).map(String::as_str),
        ),
        What::Default(from, to) | What::Bound { from, to, .. } => (from.as_deref(), to.as_deref()),
        What::ValueAdded(value) | What::ValuesListed(value) | What::VariantAdded(value) => {
            (None, Some(value))
        }
        What::ValueRemoved(value) | What::ValuesOpened(value) | What::VariantRemoved(value) => {
            (Some(value), None)
        }
        What::Beside(from, to) => (Some(beside(*from)), Some(beside(*to))),
        _ => (None, None),
    }
}

fn beside(beside: Beside) -> &'static str {
    match beside {
        Beside::Anything => "anything",
        Beside::Nothing => "nothing",
        Beside::Typed => "typed",
    }
}

fn spot(of: &Spot) -> Value {
    let (part, name, media_type) = match &of.part {
        Part::Operation => ("operation", None, None),
        Part::Parameter { name, .. } => ("parameter", Some(name), None),
        Part::Body { media } => ("body", None, Some(media)),
        Part::Answer { media, .. } => ("answer", None, media.as_ref()),
        Part::Header { name, .. } => ("header", Some(name), None),
    };
    json!({
        "operation": of.operation,
        "method": of.method,
        "path": of.path,
        "direction": of.part.direction(),
        "part": part,
        "name": name,
        "status": of.part.status(),
        "media_type": media_type,
        "json_path": of.json_path,
    })
}

//! Renders a report as JSON.
//!
//! ```json
//! {
//!   "version": 1,
//!   "old": "old.json",
//!   "new": "new.json",
//!   "summary": {
//!     "changes": 1, "breaking": 1, "breaks_all": 1, "breaks_api": 0, "breaks_sdk": 0,
//!     "may_break": 0, "notice": 0, "compatible": 0
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
//!     "reason": "The server rejects or ignores it, and the SDK loses its setter.",
//!     "usages": [{
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
//! `changes` is sorted: the most severe changes come first. `breaking` is the sum of `breaks_all`
//! (`sdk` and `api` are `breaks`), `breaks_api` (only `api` is `breaks`) and `breaks_sdk` (only
//! `sdk` is `breaks`).
//!
//! `usages` lists the places where the change occurs. The list omits some JSONPaths: if a schema
//! occurs several times in one body or response, the changes of the schemas nested in it are listed
//! only with the shortest path.
//!
//! | key | values |
//! | --- | --- |
//! | `subject` | a [`SubjectKind`] in snake case |
//! | `change` | the [name](ChangeKind::name) of a `ChangeKind` |
//! | `direction` | `request`, `response`, or null if it does not apply |
//! | `from`, `to` | the old and new value, type, constraint or name; for an added field, parameter, header or body, `to` is `required` or `optional`; null if it does not apply |
//! | `sdk`, `api` | `breaks`, `may_break`, `notice`, `none` |
//! | `part` | `operation`, `parameter` (with `name`), `body`, `response`, `header` (with `name`) |
//!
//! The format is stable. A later version can add keys and values without changing `version`. It
//! increments `version` if it changes or removes an existing key or value.

use serde_json::{Value, json};

use super::descriptions::Names;
use crate::{
    changes::{AdditionalFields, Change, ChangeKind, Part, Report, Severity, SubjectKind, Usage},
    escape::is_unprintable,
};

/// Renders a report in the format that the module documentation describes, as indented JSON with a
/// final line break. Unprintable characters are escaped.
pub fn render(report: &Report, names: Names<'_>) -> String {
    let document = json!({
        "version": 1,
        "old": names.old,
        "new": names.new,
        "summary": {
            "changes": report.changes.len(),
            "breaking": report.breaking_count(),
            "breaks_all": report.count(Severity::BreaksAll),
            "breaks_api": report.count(Severity::BreaksApi),
            "breaks_sdk": report.count(Severity::BreaksSdk),
            "may_break": report.count(Severity::MayBreak),
            "notice": report.count(Severity::Notice),
            "compatible": report.count(Severity::Compatible),
        },
        "changes": report.changes.iter().map(change_to_json).collect::<Value>(),
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

fn change_to_json(change: &Change) -> Value {
    let (from, to) = match (&change.kind, change.subject.kind) {
        (
            ChangeKind::Added { required, .. },
            SubjectKind::Parameter | SubjectKind::Body | SubjectKind::Header | SubjectKind::Field,
        ) => (None, Some(if *required { "required" } else { "optional" })),
        (kind, _) => from_to(kind),
    };
    let none = Vec::new();
    let candidates = match &change.kind {
        ChangeKind::Added {
            rename_candidates, ..
        }
        | ChangeKind::Removed { rename_candidates } => rename_candidates,
        _ => &none,
    };
    json!({
        "subject": change.subject.kind,
        "name": without_backticks(&change.subject.name),
        "change": change.kind.name(),
        "direction": change.direction,
        "from": from,
        "to": to,
        "rename_candidates": candidates,
        "sdk": change.verdict.sdk,
        "api": change.verdict.api,
        "reason": change.verdict.reason,
        "usages": change.usages.iter().map(usage_to_json).collect::<Value>(),
    })
}

/// Removes a backtick at the start and at the end of a name, if it has both.
fn without_backticks(name: &str) -> &str {
    let inner = name
        .strip_prefix('`')
        .and_then(|name| name.strip_suffix('`'));
    inner.unwrap_or(name)
}

fn from_to(kind: &ChangeKind) -> (Option<&str>, Option<&str>) {
    let non_empty = |pattern: &&String| !pattern.is_empty();
    match kind {
        ChangeKind::Moved(from, to)
        | ChangeKind::Renamed(from, to)
        | ChangeKind::AreaChanged(from, to)
        | ChangeKind::MethodChanged(from, to)
        | ChangeKind::EncodingChanged(from, to)
        | ChangeKind::TypeChanged(from, to)
        | ChangeKind::FormatChanged { from, to, .. } => (Some(from), Some(to)),
        ChangeKind::PatternChanged(from, to) => (
            Some(from).filter(non_empty).map(String::as_str),
            Some(to).filter(non_empty).map(String::as_str),
        ),
        ChangeKind::DefaultChanged(from, to) | ChangeKind::ConstraintChanged { from, to, .. } => {
            (from.as_deref(), to.as_deref())
        }
        ChangeKind::EnumValueAdded(value)
        | ChangeKind::EnumIntroduced(value)
        | ChangeKind::VariantAdded(value) => (None, Some(value)),
        ChangeKind::EnumValueRemoved(value)
        | ChangeKind::EnumDropped(value)
        | ChangeKind::VariantRemoved(value) => (Some(value), None),
        ChangeKind::AdditionalFieldsChanged(from, to) => {
            (Some(additional_name(*from)), Some(additional_name(*to)))
        }
        _ => (None, None),
    }
}

fn additional_name(additional: AdditionalFields) -> &'static str {
    match additional {
        AdditionalFields::Any => "any",
        AdditionalFields::Forbidden => "forbidden",
        AdditionalFields::Typed => "typed",
    }
}

fn usage_to_json(usage: &Usage) -> Value {
    let (part, name, media_type) = match &usage.part {
        Part::Operation => ("operation", None, None),
        Part::Parameter { name, .. } => ("parameter", Some(name), None),
        Part::Body { media } => ("body", None, Some(media)),
        Part::Response { media, .. } => ("response", None, media.as_ref()),
        Part::Header { name, .. } => ("header", Some(name), None),
    };
    json!({
        "operation": usage.operation,
        "method": usage.method,
        "path": usage.path,
        "direction": usage.part.direction(),
        "part": part,
        "name": name,
        "status": usage.part.status(),
        "media_type": media_type,
        "json_path": usage.json_path,
    })
}

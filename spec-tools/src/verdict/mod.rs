//! Decides whether a change breaks users of this SDK and other API clients. The decision depends
//! only on the change and the places where it occurs.
//!
//! **This SDK** stands for two kinds of code: code that uses a released version, and code that is
//! built with an SDK generated from the new contract. A change breaks this SDK if it breaks one of
//! these two kinds of code. For example, if only a Rust name is removed and requests and responses
//! stay the same, released versions still work, but code that uses the name does not compile with
//! the new SDK.
//!
//! The rules rely on these properties of the SDK:
//!
//! - Enumerations are open: an unknown value is not an error.
//! - Unknown fields are ignored. The SDK's `edit` methods, which read a resource, change it and
//!   send it back, also send back the unknown fields.
//! - Constraints are checked in requests, never in responses.
//! - Types are `non_exhaustive` and builders set one field at a time, so new optional fields break
//!   no code.
//! - A value that is optional, nullable or both is an `Option`.
//! - All error statuses are one error type, and problem documents are parsed without a schema.
//! - Every 2xx status is success.
//!
//! **Other API clients** are all clients that do not use this SDK. A change breaks them if the
//! server rejects requests that it accepted before, or if responses lack data that clients can rely
//! on. A change may break strict clients, for example clients with closed enumerations, if
//! responses can contain new values.

mod rules;

#[cfg(test)]
mod tests;

use self::rules::Group;
use crate::changes::{
    AdditionalFields, ChangeKind, Direction, Impact, Part, RustType, Subject, SubjectKind, Usage,
    Verdict,
};

/// Facts about the places where a change occurs. The impact of the change depends on these facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageSummary {
    /// `true` if at least one place is the body of a PUT, which replaces the stored resource.
    pub is_in_put_body: bool,
    /// `true` if all places are problem documents and there is at least one.
    pub is_only_in_problems: bool,
    /// `true` if all places are response headers and there is at least one.
    pub is_only_in_headers: bool,
}

impl UsageSummary {
    pub fn new(usages: &[Usage]) -> Self {
        let all = |test: fn(&Part) -> bool| {
            !usages.is_empty() && usages.iter().all(|usage| test(&usage.part))
        };
        Self {
            is_in_put_body: usages
                .iter()
                .any(|usage| usage.method == "PUT" && matches!(usage.part, Part::Body { .. })),
            is_only_in_problems: all(Part::is_problem),
            is_only_in_headers: all(|part| matches!(part, Part::Header { .. })),
        }
    }
}

/// Returns the impact of a change and the reason, from the most specific rule. A change without a
/// rule has the impact [`Impact::Breaks`] on both groups of clients.
///
/// Overrides the rule in two cases, because this SDK does not depend on the schema there. A change
/// that occurs only in problem documents has no impact on users of this SDK, unless it renames,
/// adds or removes a Rust name. A change that occurs only in response headers has no impact on
/// users of this SDK, unless it removes a header or field.
pub fn assess(
    subject: &Subject,
    kind: &ChangeKind,
    direction: Option<Direction>,
    usages: &UsageSummary,
) -> Verdict {
    let is_received = direction == Some(Direction::Response);
    let group = find_group(subject.kind, kind, is_received);
    let condition = match group {
        Group::Response => status_condition(&subject.name),
        Group::Media if subject.name != "`application/json`" => "other",
        Group::Media if is_received => "received",
        Group::Sent | Group::Received => value_condition(subject.kind, kind, usages, is_received),
        _ => "",
    };
    let Some(rule) = rules::find(group, kind.name(), condition) else {
        return Verdict {
            sdk: Impact::Breaks,
            api: Impact::Breaks,
            reason: "The impact of this change is unknown.".to_owned(),
        };
    };
    let type_impact = match changes_rust_type(kind) {
        true => Impact::Breaks,
        false => Impact::None,
    };
    let mut verdict = Verdict {
        sdk: rule.sdk.unwrap_or(type_impact),
        api: rule.api,
        reason: rule.reason.to_owned(),
    };
    let mut exempt_sdk = |reason: &str| {
        if verdict.sdk > Impact::None {
            verdict.sdk = Impact::None;
            verdict.reason.push_str(reason);
        }
    };
    if usages.is_only_in_problems && !changes_rust_name(kind) {
        exempt_sdk(" This SDK parses problem documents without a schema.");
    }
    if usages.is_only_in_headers && !matches!(kind, ChangeKind::Removed { .. }) {
        exempt_sdk(" This SDK reads headers as strings.");
    }
    verdict
}

fn find_group(subject: SubjectKind, kind: &ChangeKind, is_received: bool) -> Group {
    match subject {
        SubjectKind::Server => Group::Server,
        SubjectKind::Operation => Group::Operation,
        SubjectKind::Security => Group::Security,
        SubjectKind::Type => Group::Type,
        SubjectKind::Response => Group::Response,
        SubjectKind::MediaType => Group::Media,
        SubjectKind::Header
            if matches!(kind, ChangeKind::Added { .. } | ChangeKind::Removed { .. }) =>
        {
            Group::Header
        }
        _ if is_received => Group::Received,
        _ => Group::Sent,
    }
}

/// Returns the condition of the rule for a response (see [`rules::find`]): `304`, `success` for a
/// 2xx status, or an empty string for any other status. `name` is the subject's name, which ends
/// with the status.
fn status_condition(name: &str) -> &'static str {
    match name.rsplit(' ').next() {
        Some("304") => "304",
        Some(status) if status.starts_with('2') => "success",
        _ => "",
    }
}

/// Returns the condition of the rule for a sent or received value (see [`rules::find`]), such as
/// `required` or `wider`. Empty if no condition applies.
fn value_condition(
    subject: SubjectKind,
    kind: &ChangeKind,
    usages: &UsageSummary,
    is_received: bool,
) -> &'static str {
    use AdditionalFields::{Any, Forbidden};
    let is_put = usages.is_in_put_body && !is_received;
    match kind {
        ChangeKind::Added { required: true, .. } => "required",
        ChangeKind::Added { .. } if is_put && subject == SubjectKind::Field => "put",
        ChangeKind::DefaultChanged(..) if is_put => "put",
        ChangeKind::BecameOptional(_) if subject == SubjectKind::Field => "field",
        ChangeKind::TypeChanged(from, to) if is_wider(from, to) => "wider",
        ChangeKind::TypeChanged(from, to) if is_wider(to, from) => "narrower",
        ChangeKind::FormatChanged { from, to, .. } => format_condition(from, to),
        ChangeKind::PatternChanged(_, to) if to.is_empty() => "wider",
        ChangeKind::PatternChanged(from, _) if from.is_empty() => "narrower",
        ChangeKind::AdditionalFieldsChanged(Any, Forbidden) => "closed",
        ChangeKind::AdditionalFieldsChanged(Forbidden, Any) => "opened",
        ChangeKind::AdditionalFieldsChanged(_, Any) => "untyped",
        _ => "",
    }
}

/// Returns `true` if `to` is a wider type than `from`: if `from` is `integer` and `to` is `number`, or
/// if `to` allows anything. Call this only with two different types: the function returns `true` if
/// both types are `any`.
fn is_wider(from: &str, to: &str) -> bool {
    (from, to) == ("integer", "number") || to == "any" || to == "array of anything"
}

/// Returns the condition of the rule for a changed format (see [`rules::find`]):
///
/// - `wider_number` if every value of `from` is valid for `to`, and `from` is a number format.
/// - `wider` if every value of `from` is valid for `to`, and `from` is any other format.
/// - `smaller` if every value of `to` is valid for `from`, and `to` is `int64` or `double`.
/// - `narrower` if every value of `to` is valid for `from`, and `to` is any other format.
/// - `number` for any other change from a number format.
/// - An empty string for all other changes.
///
/// A value of `int32` is valid for `int64`, and a value of `float` for `double`. Every value is
/// valid without a format (`none`). Other formats cannot be compared. The number formats are
/// `int32`, `int64`, `float` and `double`.
fn format_condition(from: &str, to: &str) -> &'static str {
    let contains = |outer: &str, inner: &str| {
        outer == "none" || matches!((inner, outer), ("int32", "int64") | ("float", "double"))
    };
    let is_number = ["int32", "int64", "float", "double"].contains(&from);
    match (contains(to, from), contains(from, to)) {
        (true, _) if is_number => "wider_number",
        (true, _) => "wider",
        (_, true) if to == "int64" || to == "double" => "smaller",
        (_, true) => "narrower",
        _ if is_number => "number",
        _ => "",
    }
}

fn changes_rust_type(kind: &ChangeKind) -> bool {
    match kind {
        ChangeKind::BecameRequired(rust_type)
        | ChangeKind::BecameOptional(rust_type)
        | ChangeKind::BecameNullable(rust_type)
        | ChangeKind::NoLongerNullable(rust_type)
        | ChangeKind::FormatChanged { rust_type, .. } => *rust_type == RustType::Changed,
        _ => false,
    }
}

/// Returns `true` if the change renames, adds or removes a generated type, or removes an enum
/// variant. The change can break code that uses the name, even if the SDK parses the value without
/// its schema.
fn changes_rust_name(kind: &ChangeKind) -> bool {
    matches!(
        kind,
        ChangeKind::Renamed(..)
            | ChangeKind::EnumValueRemoved(_)
            | ChangeKind::EnumIntroduced(_)
            | ChangeKind::EnumDropped(_)
    )
}

//! Whom a change harms. Pure: a change and its circumstances in, a verdict out.
//!
//! **This SDK** means code that uses it as it is released, and code that is built with an SDK
//! generated from the new contract: a change that takes a Rust name away breaks the second though
//! it harms nobody on the wire. What holds for it:
//!
//! - enumerations are open, and fields that it does not know are ignored, or kept by `edit`;
//! - bounds are checked in what is sent, never in what is received;
//! - types are `non_exhaustive` and builders set one field at a time, so that more of either breaks
//!   nothing;
//! - what is optional and what is nullable are both an `Option`;
//! - every status of error is the same error, and a problem document is read without a schema;
//! - every status of success is success.
//!
//! **The API** means any other client. A client that reads only what the contract promises breaks
//! when less is promised; one that is stricter, for instance by closed enumerations, may break when
//! more is allowed.

mod rules;

#[cfg(test)]
mod tests;

use self::rules::Group;
use crate::changes::{
    Beside, Direction, Harm, Optionality, Part, Spot, Subject, SubjectKind, Verdict, What,
};

/// What matters of where a change is met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// In the body of a PUT, which replaces what is stored.
    pub replaces: bool,
    /// Nowhere but in problem documents.
    pub problems_only: bool,
    /// Nowhere but in headers of answers.
    pub headers_only: bool,
}

impl Circumstances {
    pub fn of(met: &[Spot]) -> Self {
        let all =
            |test: fn(&Part) -> bool| !met.is_empty() && met.iter().all(|spot| test(&spot.part));
        Self {
            replaces: met
                .iter()
                .any(|spot| spot.method == "PUT" && matches!(spot.part, Part::Body { .. })),
            problems_only: all(Part::is_problem),
            headers_only: all(|part| matches!(part, Part::Header { .. })),
        }
    }
}

/// Says whom a change harms, and why.
pub fn judge(
    subject: &Subject,
    what: &What,
    direction: Option<Direction>,
    met: &Circumstances,
) -> Verdict {
    let received = direction == Some(Direction::Answer);
    let group = group(subject.kind, what, received);
    let circumstances = match group {
        Group::Answer => status(&subject.name),
        Group::Media if subject.name != "`application/json`" => "other",
        Group::Media if received => "received",
        Group::Sent | Group::Received => circumstances(subject.kind, what, met, received),
        _ => "",
    };
    let Some(rule) = rules::find(group, what.name(), circumstances) else {
        return Verdict {
            sdk: Harm::Breaks,
            api: Harm::Breaks,
            why: "It is not known what this does.".to_owned(),
        };
    };
    let by_type = match is_other_type(what) {
        true => Harm::Breaks,
        false => Harm::None,
    };
    let mut verdict = Verdict {
        sdk: rule.sdk.unwrap_or(by_type),
        api: rule.api,
        why: rule.why.to_owned(),
    };
    let mut spare = |why: &str| {
        if verdict.sdk > Harm::None {
            verdict.sdk = Harm::None;
            verdict.why.push_str(why);
        }
    };
    if met.problems_only && !names_rust(what) {
        spare(" This SDK reads problem documents without a schema.");
    }
    if met.headers_only && !matches!(what, What::Removed { .. }) {
        spare(" This SDK takes headers as text.");
    }
    verdict
}

fn group(kind: SubjectKind, what: &What, received: bool) -> Group {
    match kind {
        SubjectKind::Server => Group::Server,
        SubjectKind::Operation => Group::Operation,
        SubjectKind::Access => Group::Access,
        SubjectKind::Type => Group::Type,
        SubjectKind::Answer => Group::Answer,
        SubjectKind::MediaType => Group::Media,
        SubjectKind::Header if matches!(what, What::Added { .. } | What::Removed { .. }) => {
            Group::Header
        }
        _ if received => Group::Received,
        _ => Group::Sent,
    }
}

/// What matters of a status: the answer's name ends with it.
fn status(name: &str) -> &'static str {
    match name.rsplit(' ').next() {
        Some("304") => "304",
        Some(status) if status.starts_with('2') => "success",
        _ => "",
    }
}

/// What else decides about a change of what is sent or received.
fn circumstances(
    kind: SubjectKind,
    what: &What,
    met: &Circumstances,
    received: bool,
) -> &'static str {
    let replaced = met.replaces && !received;
    match what {
        What::Added { required: true, .. } => "required",
        What::Added { .. } if replaced && kind == SubjectKind::Field => "put",
        What::Default(..) if replaced => "put",
        What::Optional(_) if kind == SubjectKind::Field => "field",
        What::Type(from, to) if widens(from, to) => "wider",
        What::Type(from, to) if widens(to, from) => "narrower",
        What::Format { from, to, .. } => format(from, to),
        What::Pattern(_, to) if to.is_empty() => "wider",
        What::Pattern(from, _) if from.is_empty() => "narrower",
        What::Beside(Beside::Anything, Beside::Nothing) => "closed",
        What::Beside(Beside::Nothing, Beside::Anything) => "opened",
        What::Beside(_, Beside::Anything) => "untyped",
        _ => "",
    }
}

/// Whether all values of one type are values of the other.
fn widens(from: &str, to: &str) -> bool {
    (from, to) == ("integer", "number") || to == "any" || to == "array of anything"
}

/// `int32` is within `int64`, both are within no format, and of others nothing is known.
fn format(from: &str, to: &str) -> &'static str {
    let within = |inner: &str, outer: &str| {
        outer == "none" || matches!((inner, outer), ("int32", "int64") | ("float", "double"))
    };
    let is_number = ["int32", "int64", "float", "double"].contains(&from);
    match (within(from, to), within(to, from)) {
        (true, _) if is_number => "wider_number",
        (true, _) => "wider",
        (_, true) if to == "int64" || to == "double" => "smaller",
        (_, true) => "narrower",
        _ if is_number => "number",
        _ => "",
    }
}

/// Whether the Rust type is another.
fn is_other_type(what: &What) -> bool {
    match what {
        What::Required(other) | What::Optional(other) => *other == Optionality::Other,
        What::Nullable(other) | What::NotNullable(other) => *other == Optionality::Other,
        What::Format { rust, .. } => *rust,
        _ => false,
    }
}

/// Whether it is about what codegen makes of a schema even if no operation decodes it.
fn names_rust(what: &What) -> bool {
    matches!(
        what,
        What::Renamed(..) | What::ValueRemoved(_) | What::ValuesListed(_) | What::ValuesOpened(_)
    )
}

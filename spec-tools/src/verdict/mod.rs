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

mod ruling;
mod values;

#[cfg(test)]
mod tests;

use self::{
    ruling::{
        Ruling, api_notice, api_only, api_perhaps, everybody, nobody, notice, perhaps, renamed,
        sdk_only,
    },
    values::{of_answered, of_requested},
};
use crate::changes::{
    Direction,
    Harm::{Breaks, MayBreak, None as Safe, Notice},
    Subject, SubjectKind, Verdict, What,
};

pub use ruling::Circumstances;

/// Says whom a change harms, and why.
pub fn judge(
    subject: &Subject,
    what: &What,
    direction: Option<Direction>,
    met: &Circumstances,
) -> Verdict {
    let (sdk, api, why) = match subject.kind {
        SubjectKind::Server | SubjectKind::Operation | SubjectKind::Access | SubjectKind::Type => {
            of_operation(subject.kind, what)
        }
        SubjectKind::Answer => of_answer(subject, what),
        SubjectKind::Header if matches!(what, What::Added { .. } | What::Removed { .. }) => {
            of_header(what)
        }
        SubjectKind::MediaType => of_media(subject, what, direction),
        _ => match direction {
            Some(Direction::Answer) => of_answered(what),
            _ => of_requested(subject.kind, what, met),
        },
    };
    let mut verdict = Verdict {
        sdk,
        api,
        why: why.to_owned(),
    };
    if met.problems_only && verdict.sdk > Safe && !names_rust(what) {
        verdict.sdk = Safe;
        verdict
            .why
            .push_str(" This SDK reads problem documents without a schema.");
    }
    if met.headers_only && verdict.sdk > Safe && !matches!(what, What::Removed { .. }) {
        verdict.sdk = Safe;
        verdict.why.push_str(" This SDK takes headers as text.");
    }
    verdict
}

/// Whether it is about what codegen makes of a schema even if no operation decodes it.
fn names_rust(what: &What) -> bool {
    matches!(
        what,
        What::Renamed(..) | What::ValueRemoved(_) | What::ValuesListed(_) | What::ValuesOpened(_)
    )
}

/// Of base URLs, operations, access and types.
fn of_operation(kind: SubjectKind, what: &What) -> Ruling<'static> {
    match (kind, what) {
        (SubjectKind::Server, What::Removed { .. }) => {
            perhaps("Whoever calls this base URL has to be moved, unless it goes on answering.")
        }
        (SubjectKind::Server, _) => nobody("One more place to call; nobody has to."),
        (SubjectKind::Access, What::Removed { .. }) => {
            everybody("Callers that came in this way are answered with 401.")
        }
        (SubjectKind::Access, _) => nobody("One more way in; the others stay."),
        (_, What::Removed { .. }) => everybody("Every call of it fails."),
        (_, What::Moved(..)) => {
            everybody("Every client sends the old request, this SDK until it is generated anew.")
        }
        (_, What::Renamed(..)) => sdk_only(renamed(kind)),
        (_, What::Area(..)) => {
            sdk_only("The SDK has it in another module, behind another feature.")
        }
        (_, What::Method(..)) => sdk_only("The SDK has it under another name."),
        (_, What::Deprecated) => notice(
            "Nothing fails yet, but it is going to end; the SDK's method warns when it is compiled.",
        ),
        (_, What::RefusesKey(true)) => everybody(
            "A request with an `Idempotency-Key` is answered with 400; released versions of this SDK send one.",
        ),
        (_, What::RefusesKey(false)) => {
            nobody("It takes an `Idempotency-Key`, which nobody has to send.")
        }
        _ => nobody("Nobody has to use it."),
    }
}

/// Of the statuses of an operation.
fn of_answer(subject: &Subject, what: &What) -> Ruling<'static> {
    let status = subject.name.rsplit(' ').next().unwrap_or_default();
    match (status.as_bytes().first(), what) {
        (_, What::Moved(..)) => api_perhaps(
            "A client that waits for the old status takes success for failure. This SDK takes every 2xx.",
        ),
        (Some(b'2'), What::Removed { .. }) => {
            api_only("A client that waits for this status waits in vain. This SDK takes every 2xx.")
        }
        (Some(b'2'), _) => api_perhaps(
            "A client that knows only the other statuses of success takes this one for failure. This SDK takes every 2xx.",
        ),
        (_, What::Added { .. }) if status == "304" => sdk_only(
            "Only a reader that sends `If-None-Match` gets it; the SDK's method answers with `Conditional` now.",
        ),
        (_, What::Removed { .. }) if status == "304" => (
            Breaks,
            Notice,
            "Readers get the whole answer each time; the SDK's method does not answer with `Conditional` any more.",
        ),
        (_, What::Added { .. }) => api_notice(
            "One more way to fail. To this SDK, every status of error is the same error.",
        ),
        _ => nobody("One way less to fail."),
    }
}

/// Of headers of answers, as they come and go.
fn of_header(what: &What) -> Ruling<'static> {
    match what {
        What::Removed { .. } => (
            MayBreak,
            Breaks,
            "Readers of the header miss it. To this SDK, what it reads from headers (entity tag, waits, rates) is then absent.",
        ),
        _ => nobody("Nobody has to read it."),
    }
}

/// Of the media types of bodies and answers.
fn of_media(subject: &Subject, what: &What, direction: Option<Direction>) -> Ruling<'static> {
    let ours = subject.name == "`application/json`";
    let answer = direction == Some(Direction::Answer);
    match what {
        What::Removed { .. } if !ours => {
            api_only("Callers that use this media type fail; this SDK uses JSON.")
        }
        What::Removed { .. } if answer => everybody("Readers of this media type get none."),
        What::Removed { .. } => {
            everybody("Callers that send this media type are answered with 415.")
        }
        What::Type(..) => {
            everybody("It had no schema, or has none any more: what it holds is not what it held.")
        }
        _ => nobody("One more media type; the others stay."),
    }
}

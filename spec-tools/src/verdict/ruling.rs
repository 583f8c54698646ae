//! Rulings: whom a change harms, before its circumstances are considered.

use crate::changes::{
    Harm::{self, Breaks, MayBreak, None as Safe, Notice},
    Optionality, Part, Spot, SubjectKind,
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

/// Whom a change harms: callers of this SDK, other callers of the API; and why.
pub type Ruling<'a> = (Harm, Harm, &'a str);

/// What the Rust type does, when only that decides.
pub fn rust(same: Optionality) -> Harm {
    match same {
        Optionality::Same => Safe,
        Optionality::Other => Breaks,
    }
}

/// A new name, of which only Rust sees something.
pub fn renamed(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Operation => {
            "Method and path are the same; the SDK's method has another name."
        }
        SubjectKind::Type => {
            "What is sent and received is the same; the SDK's type has another name."
        }
        _ => "A server does not see it; the SDK's method and identifier type have another name.",
    }
}

/// Breaks callers of this SDK and all others.
pub fn everybody(why: &str) -> Ruling<'_> {
    (Breaks, Breaks, why)
}

/// Breaks nobody.
pub fn nobody(why: &str) -> Ruling<'_> {
    (Safe, Safe, why)
}

/// Breaks callers of this SDK only.
pub fn sdk_only(why: &str) -> Ruling<'_> {
    (Breaks, Safe, why)
}

/// Breaks other callers of the API only.
pub fn api_only(why: &str) -> Ruling<'_> {
    (Safe, Breaks, why)
}

/// May break other callers of the API.
pub fn api_perhaps(why: &str) -> Ruling<'_> {
    (Safe, MayBreak, why)
}

/// May break callers.
pub fn perhaps(why: &str) -> Ruling<'_> {
    (MayBreak, MayBreak, why)
}

/// Breaks nobody, but all should know.
pub fn notice(why: &str) -> Ruling<'_> {
    (Notice, Notice, why)
}

/// Breaks nobody, but other callers of the API should know.
pub fn api_notice(why: &str) -> Ruling<'_> {
    (Safe, Notice, why)
}

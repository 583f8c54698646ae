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

use super::change::{
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

use Harm::{Breaks, MayBreak, None as Safe, Notice};

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
    let mut verdict = Verdict { sdk, api, why: why.to_owned() };
    if met.problems_only && verdict.sdk > Safe && !names_rust(what) {
        verdict.sdk = Safe;
        verdict.why.push_str(" This SDK reads problem documents without a schema.");
    }
    if met.headers_only && verdict.sdk > Safe && !matches!(what, What::Removed { .. }) {
        verdict.sdk = Safe;
        verdict.why.push_str(" This SDK takes headers as text.");
    }
    verdict
}

/// Whether it is about what codegen makes of a schema even if no operation decodes it.
fn names_rust(what: &What) -> bool {
    matches!(what, What::ValueRemoved(_) | What::ValuesListed(_) | What::ValuesOpened(_))
}

type Ruling = (Harm, Harm, &'static str);

/// What the Rust type does, when only that decides.
fn rust(same: Optionality) -> Harm {
    match same {
        Optionality::Same => Safe,
        Optionality::Other => Breaks,
    }
}

/// A new name, of which only Rust sees something.
fn renamed(kind: SubjectKind) -> &'static str {
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

/// Of base URLs, operations, access and types.
fn of_operation(kind: SubjectKind, what: &What) -> Ruling {
    match (kind, what) {
        (SubjectKind::Server, What::Removed { .. }) => (
            MayBreak,
            MayBreak,
            "Whoever calls this base URL has to be moved, unless it goes on answering.",
        ),
        (SubjectKind::Server, _) => (Safe, Safe, "One more place to call; nobody has to."),
        (SubjectKind::Access, What::Removed { .. }) => {
            (Breaks, Breaks, "Callers that came in this way are answered with 401.")
        }
        (SubjectKind::Access, _) => (Safe, Safe, "One more way in; the others stay."),
        (_, What::Removed { .. }) => (Breaks, Breaks, "Every call of it fails."),
        (_, What::Moved { .. }) => (
            Breaks,
            Breaks,
            "Every client sends the old request, this SDK until it is generated anew.",
        ),
        (_, What::Renamed { .. }) => (Breaks, Safe, renamed(kind)),
        (_, What::Area { .. }) => {
            (Breaks, Safe, "The SDK has it in another module, behind another feature.")
        }
        (_, What::Deprecated) => (
            Notice,
            Notice,
            "Nothing fails yet, but it is going to end; the SDK's method warns when it is compiled.",
        ),
        (_, What::RefusesKey(true)) => (
            Breaks,
            Breaks,
            "A request with an `Idempotency-Key` is answered with 400; released versions of this SDK send one.",
        ),
        (_, What::RefusesKey(false)) => {
            (Safe, Safe, "It takes an `Idempotency-Key`, which nobody has to send.")
        }
        _ => (Safe, Safe, "Nobody has to use it."),
    }
}

/// Of the statuses of an operation.
fn of_answer(subject: &Subject, what: &What) -> Ruling {
    let status = subject.name.rsplit(' ').next().unwrap_or_default();
    match (status.as_bytes().first(), what) {
        (_, What::Moved { .. }) => (
            Safe,
            MayBreak,
            "A client that waits for the old status takes success for failure. This SDK takes every 2xx.",
        ),
        (Some(b'2'), What::Removed { .. }) => (
            Safe,
            Breaks,
            "A client that waits for this status waits in vain. This SDK takes every 2xx.",
        ),
        (Some(b'2'), _) => (
            Safe,
            MayBreak,
            "A client that knows only the other statuses of success takes this one for failure. This SDK takes every 2xx.",
        ),
        (_, What::Added { .. }) if status == "304" => (
            Breaks,
            Safe,
            "Only a reader that sends `If-None-Match` gets it; the SDK's method answers with `Conditional` now.",
        ),
        (_, What::Removed { .. }) if status == "304" => (
            Breaks,
            Notice,
            "Readers get the whole answer each time; the SDK's method does not answer with `Conditional` any more.",
        ),
        (_, What::Added { .. }) => (
            Safe,
            Notice,
            "One more way to fail. To this SDK, every status of error is the same error.",
        ),
        _ => (Safe, Safe, "One way less to fail."),
    }
}

/// Of headers of answers, as they come and go.
fn of_header(what: &What) -> Ruling {
    match what {
        What::Removed { .. } => (
            MayBreak,
            Breaks,
            "Readers of the header miss it. To this SDK, what it reads from headers (entity tag, waits, rates) is then absent.",
        ),
        _ => (Safe, Safe, "Nobody has to read it."),
    }
}

/// Of the media types of bodies and answers.
fn of_media(subject: &Subject, what: &What, direction: Option<Direction>) -> Ruling {
    let ours = subject.name == "`application/json`";
    let answer = direction == Some(Direction::Answer);
    match what {
        What::Removed { .. } if !ours => {
            (Safe, Breaks, "Callers that use this media type fail; this SDK uses JSON.")
        }
        What::Removed { .. } if answer => (Breaks, Breaks, "Readers of this media type get none."),
        What::Removed { .. } => {
            (Breaks, Breaks, "Callers that send this media type are answered with 415.")
        }
        What::Type { .. } => (
            Breaks,
            Breaks,
            "It had no schema, or has none any more: what it holds is not what it held.",
        ),
        _ => (Safe, Safe, "One more media type; the others stay."),
    }
}

/// Of what is sent: parameters, bodies and what is inside them.
fn of_requested(kind: SubjectKind, what: &What, met: &Circumstances) -> Ruling {
    match what {
        What::Added { required: true, .. } => {
            (Breaks, Breaks, "Requests without it are refused, and no caller sends it yet.")
        }
        What::Added { .. } if met.replaces && kind == SubjectKind::Field => (
            Safe,
            Notice,
            "Nobody has to send it. But a PUT replaces: a client that puts back only the fields that it knows resets this one. This SDK's `edit` carries it.",
        ),
        What::Added { .. } => (Safe, Safe, "Nobody has to send it."),
        What::Removed { .. } => (
            Breaks,
            Breaks,
            "Callers that send it are refused or ignored, and its setter is gone from the SDK.",
        ),
        What::Renamed { .. } => (Breaks, Safe, renamed(kind)),
        What::Required(_) => (Breaks, Breaks, "Callers that leave it out are refused."),
        What::Optional(same) if kind == SubjectKind::Field => (
            rust(*same),
            Safe,
            "It may still be sent. In the SDK, the field is an `Option` unless it was one.",
        ),
        What::Optional(_) => (Safe, Safe, "It may still be sent."),
        What::Nullable(same) => (
            rust(*same),
            Safe,
            "Nobody has to send null. In the SDK, the field is an `Option` unless it was one.",
        ),
        What::NotNullable(same) => (
            rust(*same),
            Breaks,
            "Callers that send null are refused. This SDK leaves out what is not set.",
        ),
        What::Encoding { .. } => (Breaks, Breaks, "What callers write is read otherwise."),
        What::Type { from, to } if widens(from, to) => {
            (Breaks, Safe, "What was sent is still admitted; the SDK's type is another.")
        }
        What::Type { .. } => (Breaks, Breaks, "What callers send is of the wrong type."),
        What::Format { from, to, rust } => of_format(from, to, *rust, false),
        What::ValueAdded(_) => (Safe, Safe, "One more value that may be sent."),
        What::ValueRemoved(_) => (Breaks, Breaks, "Callers that send it are refused."),
        What::ValuesListed(_) => (
            Breaks,
            Breaks,
            "Callers that send anything else are refused; the SDK's type is another.",
        ),
        What::ValuesOpened(_) => (
            Breaks,
            Safe,
            "What was sent is still admitted; the SDK's type is text instead of an enumeration.",
        ),
        What::Default { .. } if met.replaces => (
            Notice,
            Notice,
            "Callers that leave it out get another behaviour, and a PUT that leaves it out resets it to another value.",
        ),
        What::Default { .. } => {
            (Notice, Notice, "Callers that leave it out get another behaviour.")
        }
        What::Bound { narrower: true, .. } => {
            (Breaks, Breaks, "Values that were admitted are refused.")
        }
        What::Bound { .. } => (
            Safe,
            Safe,
            "What was admitted still is; this SDK lets the rest through once it is generated anew.",
        ),
        What::Pattern { to, .. } if to.is_empty() => (Safe, Safe, "What was admitted still is."),
        What::Pattern { from, .. } if from.is_empty() => {
            (Breaks, Breaks, "Values that were admitted are refused.")
        }
        What::Pattern { .. } => (
            Breaks,
            Breaks,
            "Values that were admitted may be refused: which ones, two patterns do not tell.",
        ),
        What::Beside { from: Beside::Anything, to: Beside::Nothing } => (
            Notice,
            Breaks,
            "Callers that send more fields are refused. This SDK sends unknown fields only where `edit` puts back what it was sent.",
        ),
        What::Beside { from: Beside::Nothing, to: Beside::Anything } => {
            (Safe, Safe, "Nobody has to send more.")
        }
        What::Beside { to: Beside::Anything, .. } => {
            (Breaks, Safe, "What was sent is still admitted; the SDK's type is another.")
        }
        What::Beside { .. } => {
            (Breaks, Breaks, "What callers send beside the fields is of the wrong type.")
        }
        What::VariantAdded(_) => {
            (Breaks, Safe, "One more form that may be sent; the SDK's enum has one variant more.")
        }
        What::VariantRemoved(_) => {
            (Breaks, Breaks, "Callers that send it in this form are refused.")
        }
        What::Excluded => {
            (MayBreak, MayBreak, "Other values are excluded: which ones, two schemas do not tell.")
        }
        What::Deprecated => (Notice, Notice, "Nothing fails yet, but it is going to end."),
        What::NotDeprecated => (Safe, Safe, "It stays."),
        _ => secrets(what),
    }
}

/// Of what is received: answers, their headers and what is inside them.
fn of_answered(what: &What) -> Ruling {
    match what {
        What::Added { .. } => (Safe, Safe, "Readers ignore what they do not know."),
        What::Removed { .. } => {
            (Breaks, Breaks, "Readers miss it, and it is gone from the SDK's type.")
        }
        What::Renamed { .. } => (Breaks, Safe, renamed(SubjectKind::Type)),
        What::Required(same) => (
            rust(*same),
            Safe,
            "Readers can rely on more. In the SDK, the field is no `Option` any more unless it is null at times.",
        ),
        What::Optional(same) => (
            rust(*same),
            Breaks,
            "Readers that rely on it fail where it is absent. In the SDK, the field is an `Option`.",
        ),
        What::Nullable(same) => (
            rust(*same),
            Breaks,
            "Readers that rely on a value fail at null. In the SDK, the field is an `Option`.",
        ),
        What::NotNullable(same) => (
            rust(*same),
            Safe,
            "Readers can rely on more. In the SDK, the field is no `Option` any more unless it is absent at times.",
        ),
        What::Type { from, to } if widens(to, from) => (
            Breaks,
            Safe,
            "Readers of the old type can read the new one; the SDK's type is another.",
        ),
        What::Type { .. } => (Breaks, Breaks, "Readers expect another type."),
        What::Format { from, to, rust } => of_format(from, to, *rust, true),
        What::ValueAdded(_) => (
            Safe,
            MayBreak,
            "A client with closed enumerations fails at a value that it does not know. This SDK's are open.",
        ),
        What::ValueRemoved(_) => {
            (Breaks, Safe, "Nobody has to read it any more; its name is gone from the SDK.")
        }
        What::ValuesListed(_) => (
            Breaks,
            Safe,
            "Readers of text can read every value; the SDK's type is an enumeration.",
        ),
        What::ValuesOpened(_) => (
            Breaks,
            MayBreak,
            "A client with closed enumerations fails at other values; the SDK's type is text.",
        ),
        What::Default { .. } => (
            Safe,
            Notice,
            "It is another value that an absent one stands for. This SDK does not fill it in.",
        ),
        What::Bound { narrower: true, .. } => {
            (Safe, Safe, "Readers get less than they were ready for.")
        }
        What::Bound { .. } => (
            Safe,
            MayBreak,
            "A client that counts on the bound may have no room. This SDK does not check bounds of answers.",
        ),
        What::Pattern { from, .. } if from.is_empty() => {
            (Safe, Safe, "Readers get less than they were ready for.")
        }
        What::Pattern { .. } => (
            Safe,
            MayBreak,
            "A client that counts on the pattern may fail. This SDK does not check patterns of answers.",
        ),
        What::Beside { from: Beside::Nothing, to: Beside::Anything } => (
            Safe,
            MayBreak,
            "A client that refuses fields that it does not know fails. This SDK does not.",
        ),
        What::Beside { from: Beside::Anything, to: Beside::Nothing } => {
            (Safe, Safe, "Readers get less than they were ready for.")
        }
        What::Beside { .. } => (
            Breaks,
            MayBreak,
            "What comes beside the fields is of another type, and so is the SDK's.",
        ),
        What::VariantAdded(_) => (
            Breaks,
            MayBreak,
            "Readers that know the other forms only fail at this one; so does this SDK until it is generated anew.",
        ),
        What::VariantRemoved(_) => {
            (Breaks, Safe, "Nobody has to read it any more; the variant is gone from the SDK.")
        }
        What::Excluded => {
            (Safe, MayBreak, "Other values are excluded: which ones, two schemas do not tell.")
        }
        What::Deprecated => (Notice, Notice, "Nothing fails yet, but it is going to end."),
        What::NotDeprecated => (Safe, Safe, "It stays."),
        _ => secrets(what),
    }
}

/// Of what the SDK hides.
fn secrets(what: &What) -> Ruling {
    match what {
        What::NotSecret => (
            Breaks,
            Safe,
            "The SDK's type is plain text instead of `Secret`, and `Debug` prints it: is it no secret?",
        ),
        What::Secret => (
            Breaks,
            Safe,
            "The SDK's type is `Secret` instead of plain text, and `Debug` hides it.",
        ),
        // What is of operations only is not met here.
        _ => (Breaks, Breaks, "It is not known what this does."),
    }
}

/// Whether all values of one type are values of the other.
fn widens(from: &str, to: &str) -> bool {
    (from, to) == ("integer", "number") || to == "any" || to == "array of anything"
}

/// Of formats: `int32` is within `int64`, both are within no format, and of others nothing is known.
fn of_format(from: &str, to: &str, rust: bool, answer: bool) -> Ruling {
    let within = |inner: &str, outer: &str| {
        outer == "none" || matches!((inner, outer), ("int32", "int64") | ("float", "double"))
    };
    let sdk = if rust { Breaks } else { Safe };
    match (within(from, to), within(to, from), answer) {
        (true, _, false) => (
            sdk,
            Safe,
            "What was sent is still admitted. It breaks this SDK if its type is another.",
        ),
        (_, true, true) => (
            sdk,
            Safe,
            "What comes is still what was promised. It breaks this SDK if its type is another.",
        ),
        (_, true, false) if to == "int64" || to == "double" => {
            (sdk, Notice, "Only values that are too large for it are refused.")
        }
        (_, _, false) => (Breaks, Breaks, "Values that were admitted are refused."),
        (_, _, true) if ["int32", "int64", "float", "double"].contains(&from) => {
            (sdk, MayBreak, "A reader with numbers of that size may have no room.")
        }
        (_, _, true) => (
            sdk,
            Breaks,
            "Readers that parse the format fail. It breaks this SDK if its type is another.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Option<Direction> = Some(Direction::Request);
    const ANSWER: Option<Direction> = Some(Direction::Answer);

    fn of(
        kind: SubjectKind,
        name: &str,
        what: What,
        direction: Option<Direction>,
        met: &Circumstances,
    ) -> (Harm, Harm) {
        let verdict = judge(&Subject { kind, name: name.to_owned() }, &what, direction, met);
        assert!(
            verdict.why.ends_with(['.', '?']) && !verdict.why.contains('\n'),
            "{}",
            verdict.why
        );
        (verdict.sdk, verdict.api)
    }

    fn added(required: bool) -> What {
        What::Added { required, perhaps: Vec::new() }
    }

    fn removed() -> What {
        What::Removed { perhaps: Vec::new() }
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn bound(narrower: bool) -> What {
        What::Bound { keyword: text("maximum"), from: None, to: Some(text("1")), narrower }
    }

    fn format(from: &str, to: &str, rust: bool) -> What {
        What::Format { from: text(from), to: text(to), rust }
    }

    fn pattern(from: &str, to: &str) -> What {
        What::Pattern { from: text(from), to: text(to) }
    }

    fn beside(from: Beside, to: Beside) -> What {
        What::Beside { from, to }
    }

    fn kind(from: &str, to: &str) -> What {
        What::Type { from: text(from), to: text(to) }
    }

    const DEFAULT: What = What::Default { from: None, to: None };

    /// The same change in what is sent and in what is received: the harm to this SDK and to the API.
    #[test]
    fn direction_decides() {
        use Optionality::{Other, Same};
        for (what, sent, received) in [
            (added(true), (Breaks, Breaks), (Safe, Safe)),
            (added(false), (Safe, Safe), (Safe, Safe)),
            (removed(), (Breaks, Breaks), (Breaks, Breaks)),
            (What::Required(Other), (Breaks, Breaks), (Breaks, Safe)),
            (What::Required(Same), (Breaks, Breaks), (Safe, Safe)),
            (What::Optional(Other), (Breaks, Safe), (Breaks, Breaks)),
            (What::Optional(Same), (Safe, Safe), (Safe, Breaks)),
            (What::Nullable(Other), (Breaks, Safe), (Breaks, Breaks)),
            (What::Nullable(Same), (Safe, Safe), (Safe, Breaks)),
            (What::NotNullable(Other), (Breaks, Breaks), (Breaks, Safe)),
            (What::NotNullable(Same), (Safe, Breaks), (Safe, Safe)),
            (What::ValueAdded(text("a")), (Safe, Safe), (Safe, MayBreak)),
            (What::ValueRemoved(text("a")), (Breaks, Breaks), (Breaks, Safe)),
            (What::ValuesListed(text("a")), (Breaks, Breaks), (Breaks, Safe)),
            (What::ValuesOpened(text("a")), (Breaks, Safe), (Breaks, MayBreak)),
            (DEFAULT, (Notice, Notice), (Safe, Notice)),
            (bound(true), (Breaks, Breaks), (Safe, Safe)),
            (bound(false), (Safe, Safe), (Safe, MayBreak)),
            (pattern("", "a"), (Breaks, Breaks), (Safe, Safe)),
            (pattern("a", ""), (Safe, Safe), (Safe, MayBreak)),
            (pattern("a", "b"), (Breaks, Breaks), (Safe, MayBreak)),
            (kind("integer", "string"), (Breaks, Breaks), (Breaks, Breaks)),
            (kind("integer", "number"), (Breaks, Safe), (Breaks, Breaks)),
            (kind("number", "integer"), (Breaks, Breaks), (Breaks, Safe)),
            (kind("string", "any"), (Breaks, Safe), (Breaks, Breaks)),
            (format("none", "date", true), (Breaks, Breaks), (Breaks, Safe)),
            (format("uuid", "none", false), (Safe, Safe), (Safe, Breaks)),
            (format("date", "date-time", true), (Breaks, Breaks), (Breaks, Breaks)),
            (format("int32", "int64", true), (Breaks, Safe), (Breaks, MayBreak)),
            (format("int64", "int32", true), (Breaks, Breaks), (Breaks, Safe)),
            (format("none", "int64", false), (Safe, Notice), (Safe, Safe)),
            (beside(Beside::Anything, Beside::Nothing), (Notice, Breaks), (Safe, Safe)),
            (beside(Beside::Nothing, Beside::Anything), (Safe, Safe), (Safe, MayBreak)),
            (beside(Beside::Typed, Beside::Anything), (Breaks, Safe), (Breaks, MayBreak)),
            (beside(Beside::Anything, Beside::Typed), (Breaks, Breaks), (Breaks, MayBreak)),
            (What::VariantAdded(text("a")), (Breaks, Safe), (Breaks, MayBreak)),
            (What::VariantRemoved(text("a")), (Breaks, Breaks), (Breaks, Safe)),
            (What::Excluded, (MayBreak, MayBreak), (Safe, MayBreak)),
            (What::Deprecated, (Notice, Notice), (Notice, Notice)),
            (What::NotDeprecated, (Safe, Safe), (Safe, Safe)),
            (What::Secret, (Breaks, Safe), (Breaks, Safe)),
            (What::NotSecret, (Breaks, Safe), (Breaks, Safe)),
        ] {
            let met = Circumstances::default();
            let found = |direction| of(SubjectKind::Field, "A.b", what.clone(), direction, &met);
            assert_eq!((found(REQUEST), found(ANSWER)), (sent, received), "{what:?}");
        }
    }

    #[test]
    fn a_put_replaces() {
        let put = Circumstances { replaces: true, ..Circumstances::default() };
        let why = |what: What| {
            let subject = Subject { kind: SubjectKind::Field, name: text("A.b") };
            judge(&subject, &what, REQUEST, &put)
        };
        let added = why(added(false));
        assert_eq!((added.sdk, added.api), (Safe, Notice));
        assert!(added.why.contains("PUT") && added.why.contains("`edit`"), "{}", added.why);
        let default = why(DEFAULT);
        assert_eq!((default.sdk, default.api), (Notice, Notice));
        assert!(default.why.contains("PUT"), "{}", default.why);
    }

    #[test]
    fn this_sdk_reads_problems_and_headers_without_a_schema() {
        let problems = Circumstances { problems_only: true, ..Circumstances::default() };
        let headers = Circumstances { headers_only: true, ..Circumstances::default() };
        let code = What::ValueRemoved(text("a"));
        let list = kind("string", "integer");
        for (what, met, want) in [
            (removed(), &problems, (Safe, Breaks)),
            (list.clone(), &problems, (Safe, Breaks)),
            // Its name in Rust is gone all the same.
            (code, &problems, (Breaks, Safe)),
            (list, &headers, (Safe, Breaks)),
        ] {
            assert_eq!(of(SubjectKind::Value, "A", what.clone(), ANSWER, met), want, "{what:?}");
        }
        assert_eq!(
            of(SubjectKind::Header, "the header `ETag`", removed(), ANSWER, &headers),
            (MayBreak, Breaks)
        );
        assert_eq!(
            of(SubjectKind::Header, "the header `ETag`", added(true), ANSWER, &headers),
            (Safe, Safe)
        );
        let optional = What::Optional(Optionality::Other);
        assert_eq!(
            of(SubjectKind::Header, "the header `ETag`", optional, ANSWER, &headers),
            (Safe, Breaks)
        );
    }

    #[test]
    fn of_whole_operations_and_their_parts() {
        let moved = || What::Moved { from: text("a"), to: text("b") };
        let renamed = || What::Renamed { from: text("a"), to: text("b") };
        let area = What::Area { from: text("a"), to: text("b") };
        let encoding = What::Encoding { from: text("a"), to: text("b") };
        for (kind, name, what, direction, want) in [
            (SubjectKind::Server, "u", added(false), None, (Safe, Safe)),
            (SubjectKind::Server, "u", removed(), None, (MayBreak, MayBreak)),
            (SubjectKind::Operation, "a", added(false), None, (Safe, Safe)),
            (SubjectKind::Operation, "a", removed(), None, (Breaks, Breaks)),
            (SubjectKind::Operation, "a", moved(), None, (Breaks, Breaks)),
            (SubjectKind::Operation, "a", renamed(), None, (Breaks, Safe)),
            (SubjectKind::Operation, "a", area, None, (Breaks, Safe)),
            (SubjectKind::Operation, "a", What::Deprecated, None, (Notice, Notice)),
            (SubjectKind::Operation, "a", What::NotDeprecated, None, (Safe, Safe)),
            (SubjectKind::Operation, "a", What::RefusesKey(true), None, (Breaks, Breaks)),
            (SubjectKind::Operation, "a", What::RefusesKey(false), None, (Safe, Safe)),
            (SubjectKind::Access, "a", added(false), None, (Safe, Safe)),
            (SubjectKind::Access, "a", removed(), None, (Breaks, Breaks)),
            (SubjectKind::Type, "A", renamed(), None, (Breaks, Safe)),
            (SubjectKind::Parameter, "p", renamed(), None, (Breaks, Safe)),
            (SubjectKind::Parameter, "p", encoding, REQUEST, (Breaks, Breaks)),
            // A setter of a request takes the same, whether it must be called or not.
            (
                SubjectKind::Parameter,
                "p",
                What::Optional(Optionality::Other),
                REQUEST,
                (Safe, Safe),
            ),
            (SubjectKind::Body, "the body", added(true), REQUEST, (Breaks, Breaks)),
            (SubjectKind::Body, "the body", added(false), REQUEST, (Safe, Safe)),
            (SubjectKind::Answer, "the answer 200", removed(), ANSWER, (Safe, Breaks)),
            (SubjectKind::Answer, "the answer 202", added(false), ANSWER, (Safe, MayBreak)),
            (SubjectKind::Answer, "the answer 200", moved(), ANSWER, (Safe, MayBreak)),
            (SubjectKind::Answer, "the answer 304", added(false), ANSWER, (Breaks, Safe)),
            (SubjectKind::Answer, "the answer 304", removed(), ANSWER, (Breaks, Notice)),
            (SubjectKind::Answer, "the answer 409", added(false), ANSWER, (Safe, Notice)),
            (SubjectKind::Answer, "the answer default", removed(), ANSWER, (Safe, Safe)),
            (SubjectKind::MediaType, "`application/json`", removed(), REQUEST, (Breaks, Breaks)),
            (SubjectKind::MediaType, "`application/json`", removed(), ANSWER, (Breaks, Breaks)),
            (SubjectKind::MediaType, "`text/csv`", removed(), ANSWER, (Safe, Breaks)),
            (SubjectKind::MediaType, "`text/csv`", added(false), ANSWER, (Safe, Safe)),
            (
                SubjectKind::MediaType,
                "`text/csv`",
                self::kind("any", "A"),
                ANSWER,
                (Breaks, Breaks),
            ),
        ] {
            let met = Circumstances::default();
            let found = of(kind, name, what.clone(), direction, &met);
            assert_eq!(found, want, "{kind:?} {name} {what:?}");
        }
    }

    #[test]
    fn circumstances_are_those_of_all_places() {
        let spot = |method: &str, part: Part| Spot {
            operation: text("a"),
            method: method.to_owned(),
            path: text("/p"),
            part,
            json_path: None,
        };
        let body = || Part::Body { media: text("application/json") };
        let answer = |media: &str| Part::Answer { status: text("400"), media: Some(text(media)) };
        let problem = || answer(super::super::change::PROBLEM);
        let header = || Part::Header { status: text("200"), name: text("ETag") };
        for (spots, replaces, problems_only, headers_only) in [
            (vec![], false, false, false),
            (vec![spot("POST", body())], false, false, false),
            (vec![spot("POST", body()), spot("PUT", body())], true, false, false),
            (vec![spot("PUT", problem())], false, true, false),
            (
                vec![spot("GET", problem()), spot("GET", answer("application/json"))],
                false,
                false,
                false,
            ),
            (vec![spot("GET", header())], false, false, true),
        ] {
            let want = Circumstances { replaces, problems_only, headers_only };
            assert_eq!(Circumstances::of(&spots), want, "{spots:?}");
        }
    }
}

//! The tables of verdicts.

use super::*;
use crate::changes::Harm::{Breaks, MayBreak, None as Safe, Notice};

const REQUEST: Option<Direction> = Some(Direction::Request);
const ANSWER: Option<Direction> = Some(Direction::Answer);

fn of(
    kind: SubjectKind,
    name: &str,
    what: What,
    direction: Option<Direction>,
    met: &Circumstances,
) -> (Harm, Harm) {
    let verdict = judge(
        &Subject {
            kind,
            name: name.to_owned(),
        },
        &what,
        direction,
        met,
    );
    assert!(
        verdict.why.ends_with(['.', '?']) && !verdict.why.contains('\n'),
        "{}",
        verdict.why
    );
    (verdict.sdk, verdict.api)
}

fn added(required: bool) -> What {
    What::Added {
        required,
        perhaps: Vec::new(),
    }
}

fn removed() -> What {
    What::Removed {
        perhaps: Vec::new(),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn bound(narrower: bool) -> What {
    What::Bound {
        keyword: text("maximum"),
        from: None,
        to: Some(text("1")),
        narrower,
    }
}

fn format(from: &str, to: &str, rust: bool) -> What {
    What::Format {
        from: text(from),
        to: text(to),
        rust,
    }
}

fn pattern(from: &str, to: &str) -> What {
    What::Pattern(text(from), text(to))
}

fn beside(from: Beside, to: Beside) -> What {
    What::Beside(from, to)
}

fn kind_of(from: &str, to: &str) -> What {
    What::Type(text(from), text(to))
}

const DEFAULT: What = What::Default(None, None);

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
        (
            What::ValueRemoved(text("a")),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            What::ValuesListed(text("a")),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            What::ValuesOpened(text("a")),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (DEFAULT, (Notice, Notice), (Safe, Notice)),
        (bound(true), (Breaks, Breaks), (Safe, Safe)),
        (bound(false), (Safe, Safe), (Safe, MayBreak)),
        (pattern("", "a"), (Breaks, Breaks), (Safe, Safe)),
        (pattern("a", ""), (Safe, Safe), (Safe, MayBreak)),
        (pattern("a", "b"), (Breaks, Breaks), (Safe, MayBreak)),
        (
            kind_of("integer", "string"),
            (Breaks, Breaks),
            (Breaks, Breaks),
        ),
        (
            kind_of("integer", "number"),
            (Breaks, Safe),
            (Breaks, Breaks),
        ),
        (
            kind_of("number", "integer"),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (kind_of("string", "any"), (Breaks, Safe), (Breaks, Breaks)),
        (
            format("none", "date", true),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (format("uuid", "none", false), (Safe, Safe), (Safe, Breaks)),
        (
            format("date", "date-time", true),
            (Breaks, Breaks),
            (Breaks, Breaks),
        ),
        (
            format("int32", "int64", true),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (
            format("int64", "int32", true),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (format("none", "int64", false), (Safe, Notice), (Safe, Safe)),
        (
            beside(Beside::Anything, Beside::Nothing),
            (Notice, Breaks),
            (Safe, Safe),
        ),
        (
            beside(Beside::Nothing, Beside::Anything),
            (Safe, Safe),
            (Safe, MayBreak),
        ),
        (
            beside(Beside::Typed, Beside::Anything),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (
            beside(Beside::Anything, Beside::Typed),
            (Breaks, Breaks),
            (Breaks, MayBreak),
        ),
        (
            What::VariantAdded(text("a")),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (
            What::VariantRemoved(text("a")),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (What::Excluded, (MayBreak, MayBreak), (Safe, MayBreak)),
        (What::Deprecated, (Notice, Notice), (Notice, Notice)),
        (What::NotDeprecated, (Safe, Safe), (Safe, Safe)),
        (What::Secret, (Breaks, Safe), (Breaks, Safe)),
        (What::NotSecret, (Breaks, Safe), (Breaks, Safe)),
    ] {
        let met = Circumstances::default();
        let found = |direction| of(SubjectKind::Field, "A.b", what.clone(), direction, &met);
        assert_eq!(
            (found(REQUEST), found(ANSWER)),
            (sent, received),
            "{what:?}"
        );
    }
}

#[test]
fn a_put_replaces() {
    let put = Circumstances {
        replaces: true,
        ..Circumstances::default()
    };
    let why = |what: What| {
        let subject = Subject {
            kind: SubjectKind::Field,
            name: text("A.b"),
        };
        judge(&subject, &what, REQUEST, &put)
    };
    let added = why(added(false));
    assert_eq!((added.sdk, added.api), (Safe, Notice));
    assert!(
        added.why.contains("PUT") && added.why.contains("`edit`"),
        "{}",
        added.why
    );
    let default = why(DEFAULT);
    assert_eq!((default.sdk, default.api), (Notice, Notice));
    assert!(default.why.contains("PUT"), "{}", default.why);
}

#[test]
fn this_sdk_reads_problems_and_headers_without_a_schema() {
    let problems = Circumstances {
        problems_only: true,
        ..Circumstances::default()
    };
    let headers = Circumstances {
        headers_only: true,
        ..Circumstances::default()
    };
    let code = What::ValueRemoved(text("a"));
    let list = kind_of("string", "integer");
    for (what, met, want) in [
        (removed(), &problems, (Safe, Breaks)),
        (list.clone(), &problems, (Safe, Breaks)),
        // Its name in Rust is gone all the same.
        (code, &problems, (Breaks, Safe)),
        (list, &headers, (Safe, Breaks)),
    ] {
        assert_eq!(
            of(SubjectKind::Value, "A", what.clone(), ANSWER, met),
            want,
            "{what:?}"
        );
    }
    assert_eq!(
        of(
            SubjectKind::Header,
            "the header `ETag`",
            removed(),
            ANSWER,
            &headers
        ),
        (MayBreak, Breaks)
    );
    assert_eq!(
        of(
            SubjectKind::Header,
            "the header `ETag`",
            added(true),
            ANSWER,
            &headers
        ),
        (Safe, Safe)
    );
    let optional = What::Optional(Optionality::Other);
    assert_eq!(
        of(
            SubjectKind::Header,
            "the header `ETag`",
            optional,
            ANSWER,
            &headers
        ),
        (Safe, Breaks)
    );
}

#[test]
fn of_whole_operations_and_their_parts() {
    let moved = || What::Moved(text("a"), text("b"));
    let renamed = || What::Renamed(text("a"), text("b"));
    let area = What::Area(text("a"), text("b"));
    let encoding = What::Encoding(text("a"), text("b"));
    for (kind, name, what, direction, want) in [
        (SubjectKind::Server, "u", added(false), None, (Safe, Safe)),
        (
            SubjectKind::Server,
            "u",
            removed(),
            None,
            (MayBreak, MayBreak),
        ),
        (
            SubjectKind::Operation,
            "a",
            added(false),
            None,
            (Safe, Safe),
        ),
        (
            SubjectKind::Operation,
            "a",
            removed(),
            None,
            (Breaks, Breaks),
        ),
        (SubjectKind::Operation, "a", moved(), None, (Breaks, Breaks)),
        (SubjectKind::Operation, "a", renamed(), None, (Breaks, Safe)),
        (SubjectKind::Operation, "a", area, None, (Breaks, Safe)),
        (
            SubjectKind::Operation,
            "a",
            What::Method(text("a"), text("b")),
            None,
            (Breaks, Safe),
        ),
        (
            SubjectKind::Operation,
            "a",
            What::Deprecated,
            None,
            (Notice, Notice),
        ),
        (
            SubjectKind::Operation,
            "a",
            What::NotDeprecated,
            None,
            (Safe, Safe),
        ),
        (
            SubjectKind::Operation,
            "a",
            What::RejectsKey(true),
            None,
            (Breaks, Breaks),
        ),
        (
            SubjectKind::Operation,
            "a",
            What::RejectsKey(false),
            None,
            (Safe, Safe),
        ),
        (SubjectKind::Access, "a", added(false), None, (Safe, Safe)),
        (SubjectKind::Access, "a", removed(), None, (Breaks, Breaks)),
        (SubjectKind::Type, "A", renamed(), None, (Breaks, Safe)),
        (SubjectKind::Parameter, "p", renamed(), None, (Breaks, Safe)),
        (
            SubjectKind::Parameter,
            "p",
            encoding,
            REQUEST,
            (Breaks, Breaks),
        ),
        // A setter of a request takes the same, whether it must be called or not.
        (
            SubjectKind::Parameter,
            "p",
            What::Optional(Optionality::Other),
            REQUEST,
            (Safe, Safe),
        ),
        (
            SubjectKind::Body,
            "the body",
            added(true),
            REQUEST,
            (Breaks, Breaks),
        ),
        (
            SubjectKind::Body,
            "the body",
            added(false),
            REQUEST,
            (Safe, Safe),
        ),
        (
            SubjectKind::Answer,
            "the answer 200",
            removed(),
            ANSWER,
            (Safe, Breaks),
        ),
        (
            SubjectKind::Answer,
            "the answer 202",
            added(false),
            ANSWER,
            (Safe, MayBreak),
        ),
        (
            SubjectKind::Answer,
            "the answer 200",
            moved(),
            ANSWER,
            (Safe, MayBreak),
        ),
        (
            SubjectKind::Answer,
            "the answer 304",
            added(false),
            ANSWER,
            (Breaks, Safe),
        ),
        (
            SubjectKind::Answer,
            "the answer 304",
            removed(),
            ANSWER,
            (Breaks, Notice),
        ),
        (
            SubjectKind::Answer,
            "the answer 409",
            added(false),
            ANSWER,
            (Safe, Notice),
        ),
        (
            SubjectKind::Answer,
            "the answer default",
            removed(),
            ANSWER,
            (Safe, Safe),
        ),
        (
            SubjectKind::MediaType,
            "`application/json`",
            removed(),
            REQUEST,
            (Breaks, Breaks),
        ),
        (
            SubjectKind::MediaType,
            "`application/json`",
            removed(),
            ANSWER,
            (Breaks, Breaks),
        ),
        (
            SubjectKind::MediaType,
            "`text/csv`",
            removed(),
            ANSWER,
            (Safe, Breaks),
        ),
        (
            SubjectKind::MediaType,
            "`text/csv`",
            added(false),
            ANSWER,
            (Safe, Safe),
        ),
        (
            SubjectKind::MediaType,
            "`text/csv`",
            kind_of("any", "A"),
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
    let body = || Part::Body {
        media: text("application/json"),
    };
    let answer = |media: &str| Part::Answer {
        status: text("400"),
        media: Some(text(media)),
    };
    let problem = || answer(crate::changes::PROBLEM);
    let header = || Part::Header {
        status: text("200"),
        name: text("ETag"),
    };
    for (spots, replaces, problems_only, headers_only) in [
        (vec![], false, false, false),
        (vec![spot("POST", body())], false, false, false),
        (
            vec![spot("POST", body()), spot("PUT", body())],
            true,
            false,
            false,
        ),
        (vec![spot("PUT", problem())], false, true, false),
        (
            vec![
                spot("GET", problem()),
                spot("GET", answer("application/json")),
            ],
            false,
            false,
            false,
        ),
        (vec![spot("GET", header())], false, false, true),
    ] {
        let want = Circumstances {
            replaces,
            problems_only,
            headers_only,
        };
        assert_eq!(Circumstances::of(&spots), want, "{spots:?}");
    }
}

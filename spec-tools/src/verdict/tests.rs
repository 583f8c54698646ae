//! Tests of the impact that `assess` returns for each kind of change.

use super::*;
use crate::changes::Impact::{Breaks, MayBreak, None as Safe, Notice};

const REQUEST: Option<Direction> = Some(Direction::Request);
const RESPONSE: Option<Direction> = Some(Direction::Response);

/// Returns the impact on users of this SDK and on other API clients. Asserts that the reason is one
/// line and ends with a full stop.
fn impact(
    kind: SubjectKind,
    name: &str,
    change: ChangeKind,
    direction: Option<Direction>,
    usages: &UsageSummary,
) -> (Impact, Impact) {
    let verdict = assess(
        &Subject {
            kind,
            name: name.to_owned(),
        },
        &change,
        direction,
        usages,
    );
    assert!(
        verdict.reason.ends_with('.') && !verdict.reason.contains('\n'),
        "{}",
        verdict.reason
    );
    (verdict.sdk, verdict.api)
}

fn added(required: bool) -> ChangeKind {
    ChangeKind::added(required)
}

fn removed() -> ChangeKind {
    ChangeKind::removed()
}

fn string(text: &str) -> String {
    text.to_owned()
}

fn constraint(narrower: bool) -> ChangeKind {
    ChangeKind::ConstraintChanged {
        keyword: string("maximum"),
        from: None,
        to: Some(string("1")),
        narrower,
    }
}

fn format(from: &str, to: &str, rust_type: RustType) -> ChangeKind {
    ChangeKind::FormatChanged {
        from: string(from),
        to: string(to),
        rust_type,
    }
}

fn pattern(from: &str, to: &str) -> ChangeKind {
    ChangeKind::PatternChanged(string(from), string(to))
}

fn additional(from: AdditionalFields, to: AdditionalFields) -> ChangeKind {
    ChangeKind::AdditionalFieldsChanged(from, to)
}

fn type_change(from: &str, to: &str) -> ChangeKind {
    ChangeKind::TypeChanged(string(from), string(to))
}

const DEFAULT: ChangeKind = ChangeKind::DefaultChanged(None, None);

/// Each row has a change, its impact in requests, and its impact in responses. Each impact is a
/// pair: users of this SDK, other API clients.
#[test]
fn impact_depends_on_direction() {
    use RustType::{Changed, Same};
    for (change, sent, received) in [
        (added(true), (Breaks, Breaks), (Safe, Safe)),
        (added(false), (Safe, Safe), (Safe, Safe)),
        (removed(), (Breaks, Breaks), (Breaks, Breaks)),
        (
            ChangeKind::BecameRequired(Changed),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            ChangeKind::BecameRequired(Same),
            (Breaks, Breaks),
            (Safe, Safe),
        ),
        (
            ChangeKind::BecameOptional(Changed),
            (Breaks, Safe),
            (Breaks, Breaks),
        ),
        (
            ChangeKind::BecameOptional(Same),
            (Safe, Safe),
            (Safe, Breaks),
        ),
        (
            ChangeKind::BecameNullable(Changed),
            (Breaks, Safe),
            (Breaks, Breaks),
        ),
        (
            ChangeKind::BecameNullable(Same),
            (Safe, Safe),
            (Safe, Breaks),
        ),
        (
            ChangeKind::NoLongerNullable(Changed),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            ChangeKind::NoLongerNullable(Same),
            (Safe, Breaks),
            (Safe, Safe),
        ),
        (
            ChangeKind::EnumValueAdded(string("a")),
            (Safe, Safe),
            (Safe, MayBreak),
        ),
        (
            ChangeKind::EnumValueRemoved(string("a")),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            ChangeKind::EnumIntroduced(string("a")),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            ChangeKind::EnumDropped(string("a")),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (DEFAULT, (Notice, Notice), (Safe, Notice)),
        (constraint(true), (Breaks, Breaks), (Safe, Safe)),
        (constraint(false), (Safe, Safe), (Safe, MayBreak)),
        (pattern("", "a"), (Breaks, Breaks), (Safe, Safe)),
        (pattern("a", ""), (Safe, Safe), (Safe, MayBreak)),
        (pattern("a", "b"), (Breaks, Breaks), (Safe, MayBreak)),
        (
            type_change("integer", "string"),
            (Breaks, Breaks),
            (Breaks, Breaks),
        ),
        (
            type_change("integer", "number"),
            (Breaks, Safe),
            (Breaks, Breaks),
        ),
        (
            type_change("number", "integer"),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            type_change("string", "any"),
            (Breaks, Safe),
            (Breaks, Breaks),
        ),
        (
            format("none", "date", Changed),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (format("uuid", "none", Same), (Safe, Safe), (Safe, Breaks)),
        (
            format("date", "date-time", Changed),
            (Breaks, Breaks),
            (Breaks, Breaks),
        ),
        (
            format("int32", "int64", Changed),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (
            format("int64", "int32", Changed),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (format("none", "int64", Same), (Safe, Notice), (Safe, Safe)),
        (
            additional(AdditionalFields::Any, AdditionalFields::Forbidden),
            (Notice, Breaks),
            (Safe, Safe),
        ),
        (
            additional(AdditionalFields::Forbidden, AdditionalFields::Any),
            (Safe, Safe),
            (Safe, MayBreak),
        ),
        (
            additional(AdditionalFields::Typed, AdditionalFields::Any),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (
            additional(AdditionalFields::Any, AdditionalFields::Typed),
            (Breaks, Breaks),
            (Breaks, MayBreak),
        ),
        (
            ChangeKind::VariantAdded(string("a")),
            (Breaks, Safe),
            (Breaks, MayBreak),
        ),
        (
            ChangeKind::VariantRemoved(string("a")),
            (Breaks, Breaks),
            (Breaks, Safe),
        ),
        (
            ChangeKind::ExclusionChanged,
            (MayBreak, MayBreak),
            (Safe, MayBreak),
        ),
        (ChangeKind::Deprecated, (Notice, Notice), (Notice, Notice)),
        (ChangeKind::NoLongerDeprecated, (Safe, Safe), (Safe, Safe)),
        (ChangeKind::BecameSecret, (Breaks, Safe), (Breaks, Safe)),
        (ChangeKind::NoLongerSecret, (Breaks, Safe), (Breaks, Safe)),
    ] {
        let usages = UsageSummary::default();
        let actual = |direction| {
            impact(
                SubjectKind::Field,
                "A.b",
                change.clone(),
                direction,
                &usages,
            )
        };
        assert_eq!(
            (actual(REQUEST), actual(RESPONSE)),
            (sent, received),
            "{change:?}"
        );
    }
}

#[test]
fn put_bodies_have_their_own_rules() {
    let put = UsageSummary {
        is_in_put_body: true,
        ..UsageSummary::default()
    };
    let verdict = |change: ChangeKind| {
        let subject = Subject {
            kind: SubjectKind::Field,
            name: string("A.b"),
        };
        assess(&subject, &change, REQUEST, &put)
    };
    let added = verdict(added(false));
    assert_eq!((added.sdk, added.api), (Safe, Notice));
    assert!(
        added.reason.contains("PUT") && added.reason.contains("`edit`"),
        "{}",
        added.reason
    );
    let default = verdict(DEFAULT);
    assert_eq!((default.sdk, default.api), (Notice, Notice));
    assert!(default.reason.contains("PUT"), "{}", default.reason);
}

#[test]
fn problem_documents_and_headers_do_not_break_this_sdk() {
    let problems = UsageSummary {
        is_only_in_problems: true,
        ..UsageSummary::default()
    };
    let headers = UsageSummary {
        is_only_in_headers: true,
        ..UsageSummary::default()
    };
    let enum_value = ChangeKind::EnumValueRemoved(string("a"));
    let new_type = type_change("string", "integer");
    for (change, usages, expected) in [
        (removed(), &problems, (Safe, Breaks)),
        (new_type.clone(), &problems, (Safe, Breaks)),
        // The SDK still loses the Rust name.
        (enum_value, &problems, (Breaks, Safe)),
        (new_type, &headers, (Safe, Breaks)),
    ] {
        assert_eq!(
            impact(SubjectKind::Value, "A", change.clone(), RESPONSE, usages),
            expected,
            "{change:?}"
        );
    }
    assert_eq!(
        impact(
            SubjectKind::Header,
            "the header `ETag`",
            removed(),
            RESPONSE,
            &headers
        ),
        (MayBreak, Breaks)
    );
    assert_eq!(
        impact(
            SubjectKind::Header,
            "the header `ETag`",
            added(true),
            RESPONSE,
            &headers
        ),
        (Safe, Safe)
    );
    let optional = ChangeKind::BecameOptional(RustType::Changed);
    assert_eq!(
        impact(
            SubjectKind::Header,
            "the header `ETag`",
            optional,
            RESPONSE,
            &headers
        ),
        (Safe, Breaks)
    );
}

#[test]
fn impact_depends_on_the_subject() {
    let moved = || ChangeKind::Moved(string("a"), string("b"));
    let renamed = || ChangeKind::Renamed(string("a"), string("b"));
    let area = ChangeKind::AreaChanged(string("a"), string("b"));
    let encoding = ChangeKind::EncodingChanged(string("a"), string("b"));
    for (subject, name, change, direction, expected) in [
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
            ChangeKind::MethodChanged(string("a"), string("b")),
            None,
            (Breaks, Safe),
        ),
        (
            SubjectKind::Operation,
            "a",
            ChangeKind::Deprecated,
            None,
            (Notice, Notice),
        ),
        (
            SubjectKind::Operation,
            "a",
            ChangeKind::NoLongerDeprecated,
            None,
            (Safe, Safe),
        ),
        (
            SubjectKind::Operation,
            "a",
            ChangeKind::RejectsIdempotencyKey(true),
            None,
            (Breaks, Breaks),
        ),
        (
            SubjectKind::Operation,
            "a",
            ChangeKind::RejectsIdempotencyKey(false),
            None,
            (Safe, Safe),
        ),
        (SubjectKind::Security, "a", added(false), None, (Safe, Safe)),
        (
            SubjectKind::Security,
            "a",
            removed(),
            None,
            (Breaks, Breaks),
        ),
        (SubjectKind::Type, "A", renamed(), None, (Breaks, Safe)),
        (SubjectKind::Parameter, "p", renamed(), None, (Breaks, Safe)),
        (
            SubjectKind::Parameter,
            "p",
            encoding,
            REQUEST,
            (Breaks, Breaks),
        ),
        // The type of the setter does not depend on `required`.
        (
            SubjectKind::Parameter,
            "p",
            ChangeKind::BecameOptional(RustType::Changed),
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
            SubjectKind::Response,
            "the response 200",
            removed(),
            RESPONSE,
            (Safe, Breaks),
        ),
        (
            SubjectKind::Response,
            "the response 202",
            added(false),
            RESPONSE,
            (Safe, MayBreak),
        ),
        (
            SubjectKind::Response,
            "the response 200",
            moved(),
            RESPONSE,
            (Safe, MayBreak),
        ),
        (
            SubjectKind::Response,
            "the response 304",
            added(false),
            RESPONSE,
            (Breaks, Safe),
        ),
        (
            SubjectKind::Response,
            "the response 304",
            removed(),
            RESPONSE,
            (Breaks, Notice),
        ),
        (
            SubjectKind::Response,
            "the response 409",
            added(false),
            RESPONSE,
            (Safe, Notice),
        ),
        (
            SubjectKind::Response,
            "the response default",
            removed(),
            RESPONSE,
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
            RESPONSE,
            (Breaks, Breaks),
        ),
        (
            SubjectKind::MediaType,
            "`text/csv`",
            removed(),
            RESPONSE,
            (Safe, Breaks),
        ),
        (
            SubjectKind::MediaType,
            "`text/csv`",
            added(false),
            RESPONSE,
            (Safe, Safe),
        ),
        (
            SubjectKind::MediaType,
            "`text/csv`",
            type_change("any", "A"),
            RESPONSE,
            (Breaks, Breaks),
        ),
    ] {
        let usages = UsageSummary::default();
        let actual = impact(subject, name, change.clone(), direction, &usages);
        assert_eq!(actual, expected, "{subject:?} {name} {change:?}");
    }
}

#[test]
fn usage_summary_covers_all_usages() {
    let usage = |method: &str, part: Part| Usage {
        operation: string("a"),
        method: method.to_owned(),
        path: string("/p"),
        part,
        json_path: None,
    };
    let body = || Part::Body {
        media: string("application/json"),
    };
    let response = |media: &str| Part::Response {
        status: string("400"),
        media: Some(string(media)),
    };
    let problem = || response(crate::changes::PROBLEM_JSON);
    let header = || Part::Header {
        status: string("200"),
        name: string("ETag"),
    };
    for (usages, is_in_put_body, is_only_in_problems, is_only_in_headers) in [
        (vec![], false, false, false),
        (vec![usage("POST", body())], false, false, false),
        (
            vec![usage("POST", body()), usage("PUT", body())],
            true,
            false,
            false,
        ),
        (vec![usage("PUT", problem())], false, true, false),
        (
            vec![
                usage("GET", problem()),
                usage("GET", response("application/json")),
            ],
            false,
            false,
            false,
        ),
        (vec![usage("GET", header())], false, false, true),
    ] {
        let expected = UsageSummary {
            is_in_put_body,
            is_only_in_problems,
            is_only_in_headers,
        };
        assert_eq!(UsageSummary::new(&usages), expected, "{usages:?}");
    }
}

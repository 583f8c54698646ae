//! What an error says, and what it keeps to itself.

use super::*;
use crate::{RawResponse, http::raw_response::tests::answer};

fn api_error(response: RawResponse) -> Error {
    response.into_error()
}

fn decode_error(response: RawResponse, why: &str) -> Error {
    response.into_decode_error(why)
}

#[test]
fn display_is_one_line_that_says_what_was_called_and_what_came_back() {
    let body = r#"{"type":"t","title":"Conflict","status":409,"code":"CONFLICT",
        "detail":"a credential\nuses it","request_id":"req_7"}"#;
    let error = api_error(answer(409, &[], body));
    assert_eq!(
        error.to_string(),
        "getPolicyProfile: HTTP 409 CONFLICT: a credential\\nuses it (request req_7)"
    );
    let invalid = Error::invalid(vec![
        FieldError::new("name", "is empty"),
        FieldError::new("max_rows", "must be at least 0"),
    ]);
    assert_eq!(
        invalid.to_string(),
        "not sent: name: is empty; max_rows: must be at least 0"
    );
}

#[test]
fn the_status_survives_any_body() {
    for body in ["", "<html>no</html>", "{\"detail\":", "\u{0}", "[]"] {
        for status in [304, 400, 403, 404, 418, 429, 500, 502, 599, 799] {
            let error = api_error(answer(status, &[("x-request-id", "r")], body));
            assert_eq!(error.status(), Some(status));
            assert_eq!(error.kind(), ErrorKind::Api);
            assert_eq!(error.request_id(), Some("r"));
            assert_eq!(error.body(), body.as_bytes());
            assert!(!error.message().is_empty());
        }
    }
    let html = api_error(answer(403, &[], "<html>"));
    assert_eq!(html.message(), "Forbidden");
    let nameless = api_error(answer(799, &[], ""));
    assert_eq!(nameless.message(), "HTTP 799");
    assert_eq!(nameless.to_string(), "getPolicyProfile: HTTP 799");
}

#[test]
fn text_of_the_server_cannot_forge_a_line_or_flood_it() {
    // What is escaped is longer than it was.
    for long in ["x", "\u{202e}"].map(|c| c.repeat(10_000)) {
        let forged =
            format!("a\r\n\u{1b}[31mb\u{61c}\u{200e}\u{200f}\u{2028}\u{202e}\u{2069}{long}");
        let field = serde_json::json!({ "field": forged, "detail": forged });
        let body = serde_json::json!({
            "detail": forged, "code": forged, "request_id": forged, "errors": vec![field; 12],
        });
        let error = api_error(answer(400, &[], &body.to_string()));
        let field = format!("{:?}", error.field_errors()[0]);
        for shown in [error.to_string(), format!("{error:?}"), field] {
            assert!(!shown.contains(char::is_control), "{shown}");
            let marks = [
                '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{202e}', '\u{2069}',
            ];
            assert!(!shown.contains(marks), "{shown}");
            assert!(shown.chars().count() < 9_000, "{}", shown.len());
        }
        assert!(error.to_string().contains("; … and 2 more ("), "{error}");
        assert!(format!("{error:?}").contains("… and 2 more]"), "{error:?}");
    }
}

#[test]
fn a_wait_is_told_in_seconds() {
    for (wait, want) in [
        (Duration::ZERO, "0s"),
        (Duration::from_millis(1), "0.1s"),
        (Duration::from_millis(1_250), "1.3s"),
        (Duration::from_secs(7), "7s"),
        (Duration::from_millis(59_900), "59.9s"),
        (Duration::from_secs(3_600), "3600s"),
        (Duration::from_nanos(3_600_000_000_001), "3601s"),
        (Duration::MAX, "18446744073709551615s"),
    ] {
        let mut refused = answer(429, &[], "");
        refused.retry_after = Some(wait);
        let line = api_error(refused).to_string();
        assert!(line.ends_with(&format!("(retry after {want})")), "{line}");
    }
}

#[test]
fn what_cannot_be_read_is_the_apis_own_only_where_it_may_be() {
    let line = |operation, headers: &[(&'static str, &str)], body| {
        let mut answer = answer(200, headers, body);
        answer.operation = operation;
        answer.json::<u8>().unwrap_err().to_string()
    };
    let read = &crate::operations::GET_POLICY_PROFILE;
    let write = &crate::operations::CREATE_POLICY_PROFILE;
    let (json, html) = (
        [("content-type", "application/json; x=y")],
        [("content-type", "text/html")],
    );
    for (operation, headers, body, advice) in [
        (
            read,
            &json[..],
            "{",
            "; a newer version of this crate may read it",
        ),
        (
            read,
            &[],
            "{",
            "; a newer version of this crate may read it",
        ),
        (read, &[], "", ": it is empty"),
        (
            read,
            &html,
            "<",
            "; what answered may not be the API: check the base URL",
        ),
        (
            write,
            &json,
            "{",
            "; it did take effect; a newer version of this crate may read the answer",
        ),
        (write, &json, "", "; it did take effect"),
        (
            read,
            &[("content-encoding", "br")],
            "{",
            ": invalid type: map, expected u8 at line 1 column 0",
        ),
        (
            write,
            &html,
            "<",
            ": check the base URL, and whether it took effect",
        ),
    ] {
        let line = line(operation, headers, body);
        assert!(line.ends_with(advice), "{line}");
    }
}

#[test]
fn debug_leaves_the_body_out() {
    let error = decode_error(
        answer(201, &[("set-cookie", "s3cret")], "{\"token\":\"s3cret\"}"),
        "x",
    );
    assert!(!format!("{error:?} {error:#?} {error}").contains("s3cret"));
    assert_eq!(error.status(), Some(201));
}

#[test]
fn a_plan_limit_is_not_a_missing_permission() {
    let error = api_error(answer(403, &[], r#"{"code":"PLAN_LIMIT_REACHED"}"#));
    assert!(error.is_plan_limit() && error.is_forbidden());
    assert!(
        error
            .to_string()
            .ends_with("delete some or upgrade the plan")
    );
}

#[test]
fn is_small_and_can_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn a_body_with_more_than_a_problem_can_be_had() {
    let error = api_error(answer(402, &[], r#"{"price":7}"#));
    assert_eq!(
        error
            .body_as::<std::collections::BTreeMap<String, u8>>()
            .unwrap()["price"],
        7
    );
    assert_eq!(error.body_as::<u8>(), None);
    assert_eq!(api_error(answer(402, &[], "<html>")).body_as::<u8>(), None);
}

#[test]
fn a_write_whose_success_cannot_be_read_took_effect() {
    let mut write = answer(201, &[], "<html>");
    write.operation = &crate::operations::CREATE_POLICY_PROFILE;
    let error = write.json::<u8>().unwrap_err();
    assert!(error.is_decode() && error.maybe_applied(), "{error:?}");
    assert!(error.to_string().contains("it did take effect"), "{error}");
    assert!(
        !answer(200, &[], "<html>")
            .json::<u8>()
            .unwrap_err()
            .maybe_applied()
    );
    // A read that fails after a write in doubt, as in an edit, says no more than that.
    let read = answer(200, &[], "<html>")
        .json::<u8>()
        .unwrap_err()
        .with_maybe_applied(true);
    assert!(
        read.to_string().contains("it may have taken effect"),
        "{read}"
    );
}

#[test]
fn converts_into_an_io_error_of_the_nearest_kind() {
    use std::io::{self, ErrorKind::*};
    let network = |cause: io::Error| {
        let error = crate::HttpError::new(crate::HttpErrorKind::Connect, cause);
        Error::from(error)
    };
    let nested = io::Error::other(crate::HttpError::new(
        crate::HttpErrorKind::Other,
        io::Error::from(ConnectionReset),
    ));
    for (error, want) in [
        (network(ConnectionRefused.into()), ConnectionRefused),
        (network(nested), ConnectionReset),
        (Error::new(ErrorKind::Network, "x"), Other),
        (Error::new(ErrorKind::Timeout, "x"), TimedOut),
        (Error::new(ErrorKind::Auth, "x"), PermissionDenied),
        (Error::invalid_field("x", "y"), InvalidInput),
        (decode_error(answer(200, &[], ""), "x"), InvalidData),
        (api_error(answer(404, &[], "")), NotFound),
        (api_error(answer(403, &[], "")), PermissionDenied),
        (api_error(answer(500, &[], "")), Other),
    ] {
        let text = error.to_string();
        let converted = io::Error::from(error);
        assert_eq!((converted.kind(), converted.to_string()), (want, text));
        assert!(converted.get_ref().unwrap().is::<Error>());
    }
}

#[test]
fn the_letter_case_of_headers_does_not_change_the_advice() {
    let foreign = "check the base URL";
    let newer = "a newer version of this crate may read it";
    for (headers, want) in [
        (&[("content-type", "Application/JSON")][..], Some(newer)),
        (
            &[("content-type", "application/JSON; Charset=UTF-8")],
            Some(newer),
        ),
        (&[("content-type", "TEXT/Html")], Some(foreign)),
        (&[("content-encoding", "IDENTITY")], Some(newer)),
        (&[("content-encoding", "Identity")], Some(newer)),
        (&[("content-encoding", "GZIP")], None),
    ] {
        let error = decode_error(answer(200, headers, "{"), "it is cut").to_string();
        for advice in [foreign, newer] {
            assert_eq!(error.contains(advice), want == Some(advice), "{error}");
        }
    }
}

//! Tests of errors: messages, accessors and conversions.

use super::*;
use crate::{RawResponse, http::raw_response::tests::response};

fn api_error(response: RawResponse) -> Error {
    response.into_error()
}

fn decode_error(response: RawResponse, reason: &str) -> Error {
    response.into_decode_error(reason)
}

#[test]
fn display_is_one_line_with_the_operation_and_the_response() {
    let body = r#"{"type":"t","title":"Conflict","status":409,"code":"CONFLICT",
        "detail":"a credential\nuses it","request_id":"req_7"}"#;
    let error = api_error(response(409, &[], body));
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
fn keeps_the_status_for_any_body() {
    for body in ["", "<html>no</html>", "{\"detail\":", "\u{0}", "[]"] {
        for status in [304, 400, 403, 404, 418, 429, 500, 502, 599, 799] {
            let error = api_error(response(status, &[("x-request-id", "r")], body));
            assert_eq!(error.status(), Some(status));
            assert_eq!(error.kind(), ErrorKind::Api);
            assert_eq!(error.request_id(), Some("r"));
            assert_eq!(error.body(), body.as_bytes());
            assert!(!error.message().is_empty());
        }
    }
    let html = api_error(response(403, &[], "<html>"));
    assert_eq!(html.message(), "Forbidden");
    let without_reason_phrase = api_error(response(799, &[], ""));
    assert_eq!(without_reason_phrase.message(), "HTTP 799");
    assert_eq!(
        without_reason_phrase.to_string(),
        "getPolicyProfile: HTTP 799"
    );
}

#[test]
fn server_strings_cannot_forge_or_flood_a_log_line() {
    // Escaping makes the second one longer.
    for long in ["x", "\u{202e}"].map(|c| c.repeat(10_000)) {
        let forged =
            format!("a\r\n\u{1b}[31mb\u{61c}\u{200e}\u{200f}\u{2028}\u{202e}\u{2069}{long}");
        let field = serde_json::json!({ "field": forged, "detail": forged });
        let body = serde_json::json!({
            "detail": forged, "code": forged, "request_id": forged, "errors": vec![field; 12],
        });
        let error = api_error(response(400, &[], &body.to_string()));
        let field = format!("{:?}", error.field_errors()[0]);
        for output in [error.to_string(), format!("{error:?}"), field] {
            assert!(!output.contains(char::is_control), "{output}");
            let marks = [
                '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{202e}', '\u{2069}',
            ];
            assert!(!output.contains(marks), "{output}");
            assert!(output.chars().count() < 9_000, "{}", output.len());
        }
        assert!(error.to_string().contains("; … and 2 more ("), "{error}");
        assert!(format!("{error:?}").contains("… and 2 more]"), "{error:?}");
    }
}

#[test]
fn displays_retry_after_in_seconds() {
    for (delay, expected) in [
        (Duration::ZERO, "0s"),
        (Duration::from_millis(1), "0.1s"),
        (Duration::from_millis(1_250), "1.3s"),
        (Duration::from_secs(7), "7s"),
        (Duration::from_millis(59_900), "59.9s"),
        (Duration::from_secs(3_600), "3600s"),
        (Duration::from_nanos(3_600_000_000_001), "3601s"),
        (Duration::MAX, "18446744073709551615s"),
    ] {
        let mut rejected = response(429, &[], "");
        rejected.retry_after = Some(delay);
        let line = api_error(rejected).to_string();
        assert!(
            line.ends_with(&format!("(retry after {expected})")),
            "{line}"
        );
    }
}

#[test]
fn advises_on_a_response_that_cannot_be_read() {
    let line = |operation, headers: &[(&'static str, &str)], body| {
        let mut response = response(200, headers, body);
        response.operation = operation;
        response.json::<u8>().unwrap_err().to_string()
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
            "; a newer version of this crate may parse it",
        ),
        (
            read,
            &[],
            "{",
            "; a newer version of this crate may parse it",
        ),
        (read, &[], "", ": it is empty"),
        (
            read,
            &html,
            "<",
            "; the response may not come from the API: check the base URL",
        ),
        (
            write,
            &json,
            "{",
            "; the request took effect; a newer version of this crate may parse the response",
        ),
        (write, &json, "", "; the request took effect"),
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
            ": check the base URL, and whether the request took effect",
        ),
    ] {
        let line = line(operation, headers, body);
        assert!(line.ends_with(advice), "{line}");
    }
}

#[test]
fn a_readable_response_that_is_rejected_has_no_advice_to_update() {
    let rejected = decode_error(response(200, &[], "{}"), "it has no ETag");
    let line = "HTTP 200, but the response cannot be used: it has no ETag";
    assert_eq!(rejected.to_string(), format!("getPolicyProfile: {line}"));
    let ambiguous = rejected.with_maybe_applied(true).to_string();
    let advice = "; the request may have taken effect: read the resource before you retry";
    assert!(ambiguous.ends_with(advice), "{ambiguous}");
}

#[test]
fn debug_omits_the_body() {
    let error = decode_error(
        response(201, &[("set-cookie", "s3cret")], "{\"token\":\"s3cret\"}"),
        "x",
    );
    assert!(!format!("{error:?} {error:#?} {error}").contains("s3cret"));
    assert_eq!(error.status(), Some(201));
}

#[test]
fn a_plan_limit_has_different_advice_than_a_missing_permission() {
    let error = api_error(response(403, &[], r#"{"code":"PLAN_LIMIT_REACHED"}"#));
    assert!(error.is_plan_limit() && error.is_forbidden());
    assert!(
        error
            .to_string()
            .ends_with("delete resources of this type or upgrade the plan")
    );
}

#[test]
fn advises_on_a_missing_permission_only_if_the_api_says_so() {
    let problem = [("content-type", "application/problem+json")];
    let advice = "; use an API key that has the permission";
    for (headers, body, expected) in [
        (&[][..], r#"{"code":"FORBIDDEN"}"#, true),
        (&problem, r#"{"code":"FORBIDDEN"}"#, true),
        (&problem, r#"{"title":"Forbidden"}"#, true),
        (&problem, r#"{"code":"OTHER"}"#, false),
        (&[], r#"{"error":{"code":"BLOCKED"}}"#, false),
        (&[("content-type", "text/html")], "<html>", false),
        (&[], "", false),
    ] {
        let line = api_error(response(403, headers, body)).to_string();
        assert_eq!(line.ends_with(advice), expected, "{line}");
    }
}

#[test]
fn advises_on_a_reused_idempotency_key_and_on_a_404_of_another_service() {
    let problem = [("content-type", "application/problem+json")];
    for (status, headers, body, line) in [
        (
            409,
            &problem[..],
            r#"{"code":"IDEMPOTENCY_KEY_REUSED"}"#,
            "HTTP 409 IDEMPOTENCY_KEY_REUSED: Conflict; use a new idempotency key for a changed request",
        ),
        (
            404,
            &problem,
            r#"{"code":"NOT_FOUND"}"#,
            "HTTP 404 NOT_FOUND: Not Found",
        ),
        (404, &[], "", "HTTP 404: Not Found; check the base URL"),
        (
            404,
            &[("content-type", "text/html")],
            "<html>",
            "HTTP 404: Not Found; check the base URL",
        ),
    ] {
        let error = api_error(response(status, headers, body));
        assert_eq!(error.to_string(), format!("getPolicyProfile: {line}"));
    }
}

#[test]
fn omits_the_full_stop_of_a_message_of_the_server() {
    for (message, expected) in [
        ("It failed.", "It failed"),
        ("It failed. ", "It failed"),
        ("One. Two.", "One. Two"),
        ("Wait...", "Wait..."),
        (".", "."),
        ("2.5", "2.5"),
    ] {
        let field = serde_json::json!({"field": "name", "detail": message});
        let body = serde_json::json!({"detail": message, "errors": [field]});
        let error = api_error(response(400, &[], &body.to_string()));
        let line = format!("getPolicyProfile: HTTP 400: {expected}; name: {expected}");
        assert_eq!(error.to_string(), line);
        assert_eq!(error.message(), message);
        assert_eq!(error.field_errors()[0].detail(), message);
    }
}

#[test]
fn is_one_pointer_in_size_and_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn parses_the_body_as_another_type() {
    let error = api_error(response(402, &[], r#"{"price":7}"#));
    assert_eq!(
        error
            .body_as::<std::collections::BTreeMap<String, u8>>()
            .unwrap()["price"],
        7
    );
    assert_eq!(error.body_as::<u8>(), None);
    assert_eq!(
        api_error(response(402, &[], "<html>")).body_as::<u8>(),
        None
    );
}

#[test]
fn an_undecodable_success_response_of_a_write_took_effect() {
    let mut write = response(201, &[], "<html>");
    write.operation = &crate::operations::CREATE_POLICY_PROFILE;
    let error = write.json::<u8>().unwrap_err();
    assert!(error.is_decode() && error.maybe_applied(), "{error:?}");
    assert!(
        error.to_string().contains("the request took effect"),
        "{error}"
    );
    assert!(
        !response(200, &[], "<html>")
            .json::<u8>()
            .unwrap_err()
            .maybe_applied()
    );
    // A read that fails after an ambiguous write, as in an edit.
    let read = response(200, &[], "<html>")
        .json::<u8>()
        .unwrap_err()
        .with_maybe_applied(true);
    assert!(
        read.to_string()
            .contains("the request may have taken effect"),
        "{read}"
    );
}

#[test]
fn converts_into_an_io_error_of_the_closest_kind() {
    use std::io::{self, ErrorKind::*};
    let network = |cause: io::Error| {
        let error = crate::HttpError::new(crate::HttpErrorKind::Connect, cause);
        Error::from(error)
    };
    let nested = io::Error::other(crate::HttpError::new(
        crate::HttpErrorKind::Other,
        io::Error::from(ConnectionReset),
    ));
    for (error, expected) in [
        (network(ConnectionRefused.into()), ConnectionRefused),
        (network(nested), ConnectionReset),
        (Error::new(ErrorKind::Network, "x"), Other),
        (Error::new(ErrorKind::Timeout, "x"), TimedOut),
        (Error::new(ErrorKind::Auth, "x"), PermissionDenied),
        (Error::invalid_field("x", "y"), InvalidInput),
        (decode_error(response(200, &[], ""), "x"), InvalidData),
        (api_error(response(404, &[], "")), NotFound),
        (api_error(response(403, &[], "")), PermissionDenied),
        (api_error(response(500, &[], "")), Other),
    ] {
        let message = error.to_string();
        let converted = io::Error::from(error);
        assert_eq!(
            (converted.kind(), converted.to_string()),
            (expected, message)
        );
        assert!(converted.get_ref().unwrap().is::<Error>());
    }
}

#[test]
fn ignores_the_case_of_header_values() {
    let check_url = "check the base URL";
    let update = "a newer version of this crate may parse it";
    for (headers, expected) in [
        (&[("content-type", "Application/JSON")][..], Some(update)),
        (
            &[("content-type", "application/JSON; Charset=UTF-8")],
            Some(update),
        ),
        (&[("content-type", "TEXT/Html")], Some(check_url)),
        (&[("content-encoding", "IDENTITY")], Some(update)),
        (&[("content-encoding", "Identity")], Some(update)),
        (&[("content-encoding", "GZIP")], None),
    ] {
        let error = response(200, headers, "{").json::<u8>().unwrap_err();
        let error = error.to_string();
        for advice in [check_url, update] {
            assert_eq!(error.contains(advice), expected == Some(advice), "{error}");
        }
    }
}

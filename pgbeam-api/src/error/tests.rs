//! What an error says, and what it keeps to itself.

use super::*;
use crate::response::tests::answer;

#[test]
fn display_is_one_line_that_says_what_was_called_and_what_came_back() {
    let body = r#"{"type":"t","title":"Conflict","status":409,"code":"CONFLICT",
        "detail":"a credential\nuses it","request_id":"req_7"}"#;
    let error = Error::from_answer(answer(409, &[], body));
    assert_eq!(
        error.to_string(),
        "getPolicyProfile: HTTP 409 CONFLICT: a credential\\nuses it (request req_7)"
    );
    let invalid = Error::invalid(vec![
        FieldError::new("name", "is empty"),
        FieldError::new("max_rows", "must be at least 0"),
    ]);
    assert_eq!(invalid.to_string(), "not sent: name: is empty; max_rows: must be at least 0");
}

#[test]
fn the_status_survives_any_body() {
    for body in ["", "<html>no</html>", "{\"detail\":", "\u{0}", "[]"] {
        for status in [304, 400, 403, 404, 418, 429, 500, 502, 599, 799] {
            let error = Error::from_answer(answer(status, &[("x-request-id", "r")], body));
            assert_eq!(error.status(), Some(status));
            assert_eq!(error.kind(), ErrorKind::Api);
            assert_eq!(error.request_id(), Some("r"));
            assert_eq!(error.body(), body.as_bytes());
            assert!(!error.message().is_empty());
        }
    }
    let html = Error::from_answer(answer(403, &[], "<html>"));
    assert_eq!(html.message(), "Forbidden");
    assert_eq!(Error::from_answer(answer(799, &[], "")).message(), "HTTP 799");
}

#[test]
fn text_of_the_server_cannot_forge_a_line_or_flood_it() {
    // What is escaped is longer than it was.
    let detail = format!("a\r\n\u{1b}[31mb{}", "\u{202e}".repeat(100_000));
    let body = serde_json::json!({ "detail": detail, "code": "A\nB", "request_id": "r\n" });
    let line = Error::from_answer(answer(400, &[], &body.to_string())).to_string();
    assert!(!line.contains(['\r', '\n', '\u{1b}', '\u{202e}']), "{line}");
    assert!(line.len() < 1_500);
}

#[test]
fn debug_leaves_the_body_out() {
    let error =
        Error::decode(answer(201, &[("set-cookie", "s3cret")], "{\"token\":\"s3cret\"}"), "x");
    assert!(!format!("{error:?} {error:#?} {error}").contains("s3cret"));
    assert_eq!(error.status(), Some(201));
}

#[test]
fn a_plan_limit_is_not_a_missing_permission() {
    let error = Error::from_answer(answer(403, &[], r#"{"code":"PLAN_LIMIT_REACHED"}"#));
    assert!(error.is_plan_limit() && error.is_forbidden());
    assert!(error.to_string().ends_with("delete some or upgrade the plan"));
}

#[test]
fn is_small_and_can_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn a_body_with_more_than_a_problem_can_be_had() {
    let error = Error::from_answer(answer(402, &[], r#"{"price":7}"#));
    assert_eq!(error.body_as::<std::collections::BTreeMap<String, u8>>().unwrap()["price"], 7);
    assert_eq!(error.body_as::<u8>(), None);
    assert_eq!(Error::from_answer(answer(402, &[], "<html>")).body_as::<u8>(), None);
}

#[test]
fn a_write_whose_success_cannot_be_read_took_effect() {
    let mut write = answer(201, &[], "<html>");
    write.operation = &crate::operations::CREATE_POLICY_PROFILE;
    let error = write.json::<u8>().unwrap_err();
    assert!(error.is_decode() && error.maybe_applied(), "{error:?}");
    assert!(error.to_string().contains("it did take effect"), "{error}");
    assert!(!answer(200, &[], "<html>").json::<u8>().unwrap_err().maybe_applied());
    // A read that fails after a write in doubt, as in an edit, says no more than that.
    let read = answer(200, &[], "<html>").json::<u8>().unwrap_err().with_maybe_applied(true);
    assert!(read.to_string().contains("it may have taken effect"), "{read}");
}

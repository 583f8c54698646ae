//! Reads the body of an error answer, whatever it is.
//!
//! The API answers with problem documents (RFC 9457). Its edge answers `{"error": {…}}`, the
//! framework under it `{"message": …}`, and gateways HTML or nothing. None of them may cost the
//! status or what else was said.

use serde_json::{Map, Value};

use crate::{FieldError, json, types::ErrorCode};

/// What an error body says, as far as it says it.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    pub(crate) type_: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) errors: Vec<FieldError>,
    /// The best text to show a person, where the body has one.
    pub(crate) message: Option<String>,
}

impl Problem {
    /// Never fails: what cannot be read is absent.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Some(Value::Object(body)) = json::read(body) else { return Self::default() };
        let edge = body.get("error").and_then(Value::as_object);
        let title = text(&body, "title");
        let detail = text(&body, "detail");
        // A title without a status is some other document that happens to have one.
        let titled = title.clone().filter(|_| body.get("status").is_some_and(Value::is_number));
        let message = detail
            .clone()
            .or_else(|| text(edge?, "message"))
            .or_else(|| text(&body, "message"))
            .or(titled);
        Self {
            message,
            type_: text(&body, "type"),
            instance: text(&body, "instance"),
            code: text(&body, "code").or_else(|| text(edge?, "code")).map(ErrorCode::from),
            request_id: text(&body, "request_id").or_else(|| text(edge?, "request_id")),
            errors: field_errors(&body),
            title,
            detail,
        }
    }
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

fn field_errors(body: &Map<String, Value>) -> Vec<FieldError> {
    let Some(errors) = body.get("errors").and_then(Value::as_array) else {
        return Vec::new();
    };
    errors
        .iter()
        .filter_map(Value::as_object)
        .map(|error| {
            FieldError::new(
                text(error, "field").unwrap_or_default(),
                text(error, "detail").unwrap_or_default(),
            )
        })
        .filter(|error| !(error.field().is_empty() && error.detail().is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn the_message_is_the_first_text_that_is_there() {
        let cases = [
            (r#"{"detail":"d","message":"m","title":"t","status":400}"#, Some("d")),
            (r#"{"error":{"message":"e"},"message":"m"}"#, Some("e")),
            (r#"{"message":"m","title":"t","status":400}"#, Some("m")),
            (r#"{"title":"t","status":400}"#, Some("t")),
            (r#"{"detail":"","message":"m"}"#, Some("")),
            (r#"{"detail":"cut \ud83d","message":"m"}"#, Some("cut \u{fffd}")),
            (r#"{"title":"t"}"#, None),
            (r#"{"title":"t","status":"400"}"#, None),
            (r#"{"detail":7,"message":"m"}"#, Some("m")),
            (r#"{"error":"plain"}"#, None),
            ("[1]", None),
            ("\"text\"", None),
            ("<html>", None),
            ("{\"detail\":", None),
            ("", None),
        ];
        for (body, want) in cases {
            assert_eq!(Problem::parse(body.as_bytes()).message.as_deref(), want, "{body}");
        }
    }

    #[test]
    fn reads_every_member_of_a_problem_document() {
        let body =
            br#"{"type":"https://x/e","title":"Bad","status":400,"detail":"no","instance":"/v1/x",
            "code":"INVALID_INPUT","request_id":"req_1",
            "errors":[{"field":"name","detail":"too long"},7,{"field":"x"},{}]}"#;
        let problem = Problem::parse(body);
        assert_eq!(problem.type_.as_deref(), Some("https://x/e"));
        assert_eq!(problem.instance.as_deref(), Some("/v1/x"));
        assert_eq!(problem.code.unwrap(), "INVALID_INPUT");
        assert_eq!(problem.request_id.as_deref(), Some("req_1"));
        let errors: Vec<_> = problem.errors.iter().map(|e| (e.field(), e.detail())).collect();
        assert_eq!(errors, [("name", "too long"), ("x", "")]);
    }

    #[test]
    fn nothing_that_a_server_sends_panics() {
        let deep = "[".repeat(100_000);
        for body in [deep.as_bytes(), b"\xff\xfe", b"{\"errors\":{}}", b"{\"code\":[]}", b"\0"] {
            assert!(Problem::parse(body).message.is_none());
        }
    }
}

//! `Problem`: parses the body of an error response.
//!
//! The API sends problem documents (RFC 9457). The edge in front of the API sends `{"error": {…}}`, and the
//! HTTP framework of the API `{"message": …}`. Gateways send HTML or nothing. Parsing never fails, so that
//! the status of the response is never lost.

use serde_json::value::RawValue;

use super::{FieldError, lenient_json as json};
use crate::types::ErrorCode;

/// The maximum number of validation errors that are kept.
const MAX_FIELD_ERRORS: usize = 1_000;

/// The fields of the body of an error response. A field is `None`, or empty for `errors`, if it is absent or
/// cannot be parsed.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    pub(crate) type_: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) request_id: Option<String>,
    pub(crate) errors: Vec<FieldError>,
    /// The message of the edge, else the message of the framework, else the title. Used if there is no
    /// `detail`.
    fallback_message: Option<String>,
}

impl Problem {
    /// Parses a body. Fields that cannot be parsed stay unset.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let body = json::decode_lossy(body);
        let mut problem = Self::default();
        // A document with a title but without a status is not a problem document: its title is not used as
        // message.
        let (mut message, mut edge, mut has_status) = (None, EdgeError::default(), false);
        json::for_each_field(&body, |name, value| match name {
            "type" => problem.type_ = json::parse_string(value),
            "title" => problem.title = json::parse_string(value),
            "status" => {
                has_status = value
                    .get()
                    .starts_with(|c: char| c == '-' || c.is_ascii_digit())
            }
            "detail" => problem.detail = json::parse_string(value),
            "instance" => problem.instance = json::parse_string(value),
            "code" => problem.code = json::parse_string(value).map(ErrorCode::from),
            "request_id" => problem.request_id = json::parse_string(value),
            "errors" => problem.errors = parse_field_errors(value),
            "message" => message = json::parse_string(value),
            "error" => edge = EdgeError::parse(value),
            _ => {}
        });
        problem.code = problem.code.or_else(|| edge.code.map(ErrorCode::from));
        problem.request_id = problem.request_id.or(edge.request_id);
        let title = problem.title.clone().filter(|_| has_status);
        problem.fallback_message = edge.message.or(message).or(title);
        problem
    }

    /// Returns the message of the body, to be shown to a person; `None` if the body has no message.
    pub(crate) fn message(&self) -> Option<&str> {
        self.detail.as_deref().or(self.fallback_message.as_deref())
    }
}

/// The field `error` in an error response of the edge, the server in front of the API.
#[derive(Default)]
struct EdgeError {
    message: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl EdgeError {
    fn parse(value: &RawValue) -> Self {
        let mut edge = Self::default();
        json::for_each_field(value.get(), |name, value| match name {
            "message" => edge.message = json::parse_string(value),
            "code" => edge.code = json::parse_string(value),
            "request_id" => edge.request_id = json::parse_string(value),
            _ => {}
        });
        edge
    }
}

fn parse_field_errors(value: &RawValue) -> Vec<FieldError> {
    let mut errors = Vec::new();
    json::for_each_item(value.get(), |item| {
        let (mut field, mut detail) = (String::new(), String::new());
        json::for_each_field(item.get(), |name, value| match name {
            "field" => field = json::parse_string(value).unwrap_or_default(),
            "detail" => detail = json::parse_string(value).unwrap_or_default(),
            _ => {}
        });
        if !(field.is_empty() && detail.is_empty()) {
            errors.push(FieldError::new(field, detail));
        }
        errors.len() < MAX_FIELD_ERRORS
    });
    errors
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn the_message_is_the_first_one_present() {
        let cases = [
            (
                r#"{"detail":"d","message":"m","title":"t","status":400}"#,
                Some("d"),
            ),
            (r#"{"error":{"message":"e"},"message":"m"}"#, Some("e")),
            (r#"{"message":"m","title":"t","status":400}"#, Some("m")),
            (r#"{"title":"t","status":400}"#, Some("t")),
            (r#"{"detail":"","message":"m"}"#, Some("")),
            (
                r#"{"detail":"cut \ud83d","message":"m"}"#,
                Some("cut \u{fffd}"),
            ),
            (r#"{"title":"t"}"#, None),
            (r#"{"title":"t","status":"400"}"#, None),
            (r#"{"detail":7,"message":"m"}"#, Some("m")),
            (r#"{"error":"plain"}"#, None),
            ("[1]", None),
            ("\"text\"", None),
            ("<html>", None),
            ("{\"detail\":", None),
            ("{\"detail\":\"d\",\"errors\":[", Some("d")),
            ("", None),
        ];
        for (body, expected) in cases {
            assert_eq!(
                Problem::parse(body.as_bytes()).message(),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn parses_every_field_of_a_problem_document() {
        let body =
            br#"{"type":"https://x/e","title":"Bad","status":400,"detail":"no","instance":"/v1/x",
            "code":"INVALID_INPUT","request_id":"req_1",
            "errors":[{"field":"name","detail":"too long"},7,{"field":"x"},{}]}"#;
        let problem = Problem::parse(body);
        assert_eq!(problem.type_.as_deref(), Some("https://x/e"));
        assert_eq!(problem.instance.as_deref(), Some("/v1/x"));
        assert_eq!(problem.code.unwrap(), "INVALID_INPUT");
        assert_eq!(problem.request_id.as_deref(), Some("req_1"));
        let errors: Vec<_> = problem
            .errors
            .iter()
            .map(|e| (e.field(), e.detail()))
            .collect();
        assert_eq!(errors, [("name", "too long"), ("x", "")]);
    }

    #[test]
    fn keeps_at_most_1000_validation_errors() {
        let errors = vec![r#"{"field":"name"}"#; 3_000].join(",");
        let problem = Problem::parse(format!(r#"{{"errors":[{errors}],"detail":"d"}}"#).as_bytes());
        assert_eq!(
            (problem.errors.len(), problem.detail.as_deref()),
            (1_000, Some("d"))
        );
    }

    #[test]
    fn never_panics() {
        let deep = "[".repeat(100_000);
        for body in [
            deep.as_bytes(),
            b"\xff\xfe",
            b"{\"errors\":{}}",
            b"{\"code\":[]}",
            b"\0",
        ] {
            assert!(Problem::parse(body).message().is_none());
        }
    }

    #[test]
    fn top_level_fields_take_precedence_over_those_of_the_edge_error() {
        let top = r#""request_id":"top","code":"TOP""#;
        let edge = r#""error":{"request_id":"edge","code":"EDGE","message":"e"}"#;
        for (body, expected) in [
            (format!("{{{top},{edge}}}"), ("top", "TOP")),
            (format!("{{{edge},{top}}}"), ("top", "TOP")),
            (format!("{{{edge}}}"), ("edge", "EDGE")),
        ] {
            let problem = Problem::parse(body.as_bytes());
            let code = problem.code.unwrap();
            let actual = (problem.request_id.as_deref().unwrap(), code.as_str());
            assert_eq!(actual, expected, "{body}");
        }
    }
}

//! Reads the body of an error answer, whatever it is.
//!
//! The API answers with problem documents (RFC 9457). Its edge answers `{"error": {…}}`, the
//! framework under it `{"message": …}`, and gateways HTML or nothing. None of them may cost the
//! status or what else was said.

use serde_json::value::RawValue;

use super::{FieldError, lenient_json as json};
use crate::types::ErrorCode;

/// The most fields that are told of: who sees so many wants to see no more of them.
const MOST_ERRORS: usize = 1_000;

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
    /// The best text to show a person where there is no detail.
    instead: Option<String>,
}

impl Problem {
    /// Never fails: what cannot be read is absent.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let body = json::text(body);
        let mut problem = Self::default();
        // What a framework and the edge have of their own, and whether a title is that of a problem: one
        // without a status is some other document that happens to have one.
        let (mut message, mut edge, mut titled) = (None, Edge::default(), false);
        json::members(&body, |name, value| match name {
            "type" => problem.type_ = json::string(value),
            "title" => problem.title = json::string(value),
            "status" => {
                titled = value
                    .get()
                    .starts_with(|c: char| c == '-' || c.is_ascii_digit())
            }
            "detail" => problem.detail = json::string(value),
            "instance" => problem.instance = json::string(value),
            "code" => problem.code = json::string(value).map(ErrorCode::from),
            "request_id" => problem.request_id = json::string(value),
            "errors" => problem.errors = field_errors(value),
            "message" => message = json::string(value),
            "error" => edge = Edge::of(value),
            _ => {}
        });
        problem.code = problem.code.or_else(|| edge.code.map(ErrorCode::from));
        problem.request_id = problem.request_id.or(edge.request_id);
        let title = problem.title.clone().filter(|_| titled);
        problem.instead = edge.message.or(message).or(title);
        problem
    }

    /// The best text to show a person, where the body has one.
    pub(crate) fn message(&self) -> Option<&str> {
        self.detail.as_deref().or(self.instead.as_deref())
    }
}

/// What the API's edge says of an error.
#[derive(Default)]
struct Edge {
    message: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

impl Edge {
    fn of(value: &RawValue) -> Self {
        let mut edge = Self::default();
        json::members(value.get(), |name, value| match name {
            "message" => edge.message = json::string(value),
            "code" => edge.code = json::string(value),
            "request_id" => edge.request_id = json::string(value),
            _ => {}
        });
        edge
    }
}

fn field_errors(value: &RawValue) -> Vec<FieldError> {
    let mut errors = Vec::new();
    json::items(value.get(), |item| {
        let (mut field, mut detail) = (String::new(), String::new());
        json::members(item.get(), |name, value| match name {
            "field" => field = json::string(value).unwrap_or_default(),
            "detail" => detail = json::string(value).unwrap_or_default(),
            _ => {}
        });
        if !(field.is_empty() && detail.is_empty()) {
            errors.push(FieldError::new(field, detail));
        }
        errors.len() < MOST_ERRORS
    });
    errors
}

#[cfg(test)]
mod tests {
    use super::Problem;

    #[test]
    fn the_message_is_the_first_text_that_is_there() {
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
        for (body, want) in cases {
            assert_eq!(Problem::parse(body.as_bytes()).message(), want, "{body}");
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
        let errors: Vec<_> = problem
            .errors
            .iter()
            .map(|e| (e.field(), e.detail()))
            .collect();
        assert_eq!(errors, [("name", "too long"), ("x", "")]);
    }

    #[test]
    fn tells_of_no_more_fields_than_anyone_reads() {
        let errors = vec![r#"{"field":"name"}"#; 3_000].join(",");
        let problem = Problem::parse(format!(r#"{{"errors":[{errors}],"detail":"d"}}"#).as_bytes());
        assert_eq!(
            (problem.errors.len(), problem.detail.as_deref()),
            (1_000, Some("d"))
        );
    }

    #[test]
    fn nothing_that_a_server_sends_panics() {
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
    fn the_documents_own_fields_go_before_those_of_its_edge_error() {
        let own = r#""request_id":"own","code":"OWN""#;
        let edge = r#""error":{"request_id":"edge","code":"EDGE","message":"e"}"#;
        for (body, want) in [
            (format!("{{{own},{edge}}}"), ("own", "OWN")),
            (format!("{{{edge},{own}}}"), ("own", "OWN")),
            (format!("{{{edge}}}"), ("edge", "EDGE")),
        ] {
            let problem = Problem::parse(body.as_bytes());
            let code = problem.code.unwrap();
            let got = (problem.request_id.as_deref().unwrap(), code.as_str());
            assert_eq!(got, want, "{body}");
        }
    }
}

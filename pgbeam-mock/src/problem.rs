//! Problem documents: how the API says what went wrong.

use http::StatusCode;
use pgbeam_api::types::ErrorCode;
use serde_json::{Value, json};

/// A problem document (RFC 9457), as the API answers errors with.
#[derive(Clone, Debug)]
#[must_use = "a problem is for `Then::problem` to answer with"]
pub struct Problem {
    status: u16,
    code: ErrorCode,
    detail: Option<String>,
    request_id: String,
    errors: Vec<Value>,
}

impl Problem {
    /// An error of this status, and what the API calls it.
    ///
    /// # Panics
    ///
    /// When it is no status of an error: those are 400 to 599.
    pub fn new(status: u16, code: impl Into<ErrorCode>) -> Self {
        assert!(
            (400..600).contains(&status),
            "{status} is no status of an error"
        );
        Self {
            status,
            code: code.into(),
            detail: None,
            request_id: "req_mock".to_owned(),
            errors: Vec::new(),
        }
    }

    /// What went wrong, in words.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The id of the request, instead of `req_mock`.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = id.into();
        self
    }

    /// A field that is not as it must be; as often as there are such fields.
    pub fn field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors
            .push(json!({"field": field.into(), "detail": detail.into()}));
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn id(&self) -> &str {
        &self.request_id
    }

    pub(crate) fn json(&self) -> Value {
        let reason = StatusCode::from_u16(self.status)
            .ok()
            .and_then(|of| of.canonical_reason());
        let mut json = json!({
            "type": "about:blank",
            "title": reason.unwrap_or("Error"),
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
        });
        if let Some(detail) = &self.detail {
            json["detail"] = json!(detail);
        }
        if !self.errors.is_empty() {
            json["errors"] = json!(self.errors);
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_is_said_and_no_more() {
        let plain = Problem::new(409, ErrorCode::Conflict);
        assert_eq!(
            plain.json(),
            json!({"type": "about:blank", "title": "Conflict", "status": 409, "code": "CONFLICT", "request_id": "req_mock"})
        );
        let whole = plain
            .detail("No.")
            .request_id("req_1")
            .field("a", "is odd")
            .json();
        assert_eq!(
            (&whole["detail"], &whole["request_id"], &whole["errors"]),
            (
                &json!("No."),
                &json!("req_1"),
                &json!([{"field": "a", "detail": "is odd"}])
            )
        );
        assert_eq!(Problem::new(418, "NEW_CODE").json()["code"], "NEW_CODE");
    }

    #[test]
    #[should_panic = "200 is no status of an error"]
    fn success_is_no_problem() {
        let _ = Problem::new(200, ErrorCode::Conflict);
    }
}

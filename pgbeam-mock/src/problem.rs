//! `Problem`: the body of an error response.

use http::StatusCode;
use pgbeam_api::types::ErrorCode;
use serde_json::{Value, json};

/// A problem document (RFC 9457), the body of an error response.
#[derive(Clone, Debug)]
#[must_use = "pass the problem to `Then::problem`"]
pub struct Problem {
    status: u16,
    code: ErrorCode,
    detail: Option<String>,
    pub(crate) request_id: String,
    errors: Vec<Value>,
}

impl Problem {
    /// Creates a problem document with this status and error code, the request id `req_mock`, no detail and no field
    /// errors.
    ///
    /// # Panics
    ///
    /// If `status` is below 400 or above 599.
    pub fn new(status: u16, code: impl Into<ErrorCode>) -> Self {
        assert!(
            (400..600).contains(&status),
            "{status} is not an error status (400 to 599)"
        );
        Self {
            status,
            code: code.into(),
            detail: None,
            request_id: "req_mock".to_owned(),
            errors: Vec::new(),
        }
    }

    /// Sets `detail`, a description of the error. Default: absent.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets `request_id` and the header `X-Request-Id`. Default: `req_mock`.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = id.into();
        self
    }

    /// Adds an entry to `errors`: the path of an invalid field and a description.
    pub fn field_error(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors
            .push(json!({"field": field.into(), "detail": detail.into()}));
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn to_json(&self) -> Value {
        let reason = StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason());
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
    fn omits_unset_fields() {
        let minimal = Problem::new(409, ErrorCode::Conflict);
        assert_eq!(
            minimal.to_json(),
            json!({"type": "about:blank", "title": "Conflict", "status": 409, "code": "CONFLICT", "request_id": "req_mock"})
        );
        let full = minimal
            .detail("No.")
            .request_id("req_1")
            .field_error("a", "is odd")
            .to_json();
        assert_eq!(
            (&full["detail"], &full["request_id"], &full["errors"]),
            (
                &json!("No."),
                &json!("req_1"),
                &json!([{"field": "a", "detail": "is odd"}])
            )
        );
        assert_eq!(Problem::new(418, "NEW_CODE").to_json()["code"], "NEW_CODE");
    }

    #[test]
    #[should_panic = "200 is not an error status"]
    fn rejects_a_success_status() {
        let _ = Problem::new(200, ErrorCode::Conflict);
    }
}

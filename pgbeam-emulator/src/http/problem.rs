//! `Problem`: error responses, whose bodies are problem documents (RFC 9457).

use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::http::response::Response;

/// The maximum number of validation errors in a problem document. A body within the size limit can have a million
/// errors.
const MAX_ERRORS: usize = 100;

/// A validation error: the path of a field and a description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    pub(crate) detail: String,
}

impl FieldError {
    pub(crate) fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
        }
    }
}

/// An error response, without the path and id of the request, which [`into_response`](Self::into_response) adds.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

/// The JSON of a problem document. `type` is always `about:blank`: clients distinguish problems by `status` and
/// `code`.
#[derive(Serialize)]
struct ProblemDocument<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Creates a 400: the request cannot be parsed.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_INPUT", detail)
    }

    /// Creates a 400 with these validation errors, of which at most [`MAX_ERRORS`] are listed.
    pub(crate) fn invalid(mut errors: Vec<FieldError>) -> Self {
        let omitted = errors.len().saturating_sub(MAX_ERRORS);
        errors.truncate(MAX_ERRORS);
        let mut details: Vec<String> = errors
            .iter()
            .map(|error| format!("{} {}", error.field, error.detail))
            .collect();
        if omitted > 0 {
            details.push(format!("and {omitted} more"));
        }
        let mut problem =
            Self::malformed(format!("The request is invalid: {}", details.join("; ")));
        problem.errors = errors;
        problem
    }

    /// Creates a 400 with one validation error.
    pub(crate) fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// Creates a 401 with `WWW-Authenticate: Bearer`, which RFC 9110 requires.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "A bearer token is required",
        )
        .with_header(WWW_AUTHENTICATE, "Bearer")
    }

    /// Creates a 404: no resource of this kind (`noun`) has this id.
    pub(crate) fn not_found(noun: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            format!("No {noun} has the id {id}"),
        )
    }

    /// Creates a 500: the emulator has a bug.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", detail)
    }

    /// Creates a 409 with this error code.
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// Adds a header. Adds nothing if the value is not valid in a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Converts the problem into the response to a request. `instance` is the path of the request.
    pub(crate) fn into_response(self, instance: &str, request_id: &str) -> Response {
        let document = ProblemDocument {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            instance,
            code: self.code,
            request_id,
            errors: &self.errors,
        };
        let mut response = Response::json(self.status, &document);
        for (name, value) in self.headers {
            response.headers.append(name, value);
        }
        response.set_header(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

/// Returns the error code for a status, for injected faults. A status without an error code in the API contract gets
/// `INVALID_INPUT` below 500, else `INTERNAL_ERROR`.
pub(crate) fn error_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "INVALID_INPUT",
        401 => "UNAUTHORIZED",
        402 => "PAYMENT_REQUIRED",
        403 => "FORBIDDEN",
        404 | 410 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        408 | 504 => "TIMEOUT",
        409 => "CONFLICT",
        412 => "PRECONDITION_FAILED",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        429 => "RATE_LIMITED",
        502 => "BAD_GATEWAY",
        503 => "SERVICE_UNAVAILABLE",
        status if status < 500 => "INVALID_INPUT",
        _ => "INTERNAL_ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_all_fields_of_the_contract() {
        let response =
            Problem::invalid_field("name", "is required").into_response("/v1/x", "req_1");
        let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(
            body,
            serde_json::json!({
                "type": "about:blank", "title": "Bad Request", "status": 400,
                "detail": "The request is invalid: name is required", "instance": "/v1/x",
                "code": "INVALID_INPUT", "request_id": "req_1",
                "errors": [{"field": "name", "detail": "is required"}],
            })
        );
        assert_eq!(
            response
                .headers
                .get(CONTENT_TYPE)
                .map(HeaderValue::as_bytes),
            Some(&b"application/problem+json"[..])
        );
    }

    #[test]
    fn limits_the_number_of_validation_errors() {
        let errors: Vec<_> = (0..100_000)
            .map(|n| FieldError::new(format!("f[{n}]"), "x"))
            .collect();
        let problem = Problem::invalid(errors);
        assert_eq!(problem.errors.len(), MAX_ERRORS);
        assert!(
            problem.detail.ends_with("f[99] x; and 99900 more"),
            "{}",
            problem.detail
        );
    }

    #[test]
    fn omits_errors_without_validation_errors() {
        let response = Problem::unauthorized().into_response("/", "req_1");
        let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        assert!(body.get("errors").is_none());
        assert!(response.headers.contains_key(WWW_AUTHENTICATE));
    }
}

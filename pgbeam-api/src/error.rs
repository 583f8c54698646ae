//! The one error of every call: status first, and nothing lost that the server said.

use std::{error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;

use crate::{Answer, InvalidId, Meta, Operation, problem::Problem, types::ErrorCode};

/// Why a call failed.
///
/// Ask it with its predicates (`is_not_found`, `is_conflict`, …), each of which says what to do
/// about it, or with [`status`](Self::status) and [`code`](Self::code). `Display` is one line: what
/// was called, what came back, what to do. Neither it nor `Debug` ever shows a credential or the
/// body of an answer.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<&'static Operation>,
    message: String,
    fields: Vec<FieldError>,
    problem: Problem,
    meta: Option<Meta>,
    body: Bytes,
    attempts: u32,
    elapsed: Duration,
    retry_after: Option<Duration>,
    maybe_applied: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The broad classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The API, or a gateway before it, answered with an error status.
    Api,
    /// No whole answer came in time.
    Timeout,
    /// No HTTP answer could be had: connecting, sending or receiving failed.
    Network,
    /// An answer of success could not be read.
    Decode,
    /// The request was refused by this library before anything was sent.
    Invalid,
    /// No credential could be had.
    Auth,
    /// The client was configured in a way that cannot work.
    Config,
}

/// One field of a request that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    field: String,
    detail: String,
}

impl FieldError {
    /// A field, in the contract's spelling, and what is wrong with it.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }

    /// The field's name on the wire; inner fields as `masking_rules[0].table`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Line(&self.field), Line(&self.detail))
    }
}

/// Making errors: for transports and for wrappers of this crate.
impl Error {
    /// An error of `kind` with a message of one line.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            message: message.into(),
            fields: Vec::new(),
            problem: Problem::default(),
            meta: None,
            body: Bytes::new(),
            attempts: 0,
            elapsed: Duration::ZERO,
            retry_after: None,
            maybe_applied: false,
            source: None,
        }))
    }

    /// A request refused for these fields, before anything was sent.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, "");
        error.0.fields = fields;
        error
    }

    /// A request refused for one field, before anything was sent.
    pub fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// The error that an answer with an error status is.
    pub fn from_answer(answer: Answer) -> Self {
        let mut error = Self::new(ErrorKind::Api, "");
        error.0.problem = Problem::parse(&answer.body);
        error.fill(answer);
        error
    }

    /// The error that an answer without a body is.
    pub(crate) fn from_meta(meta: Meta) -> Self {
        let mut error = Self::new(ErrorKind::Api, "");
        error = error.with_attempts(meta.attempts(), meta.elapsed());
        error.0.meta = Some(meta);
        error
    }

    /// The error that an answer of success is when `why` keeps it from being read.
    pub(crate) fn decode(answer: Answer, why: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Decode, why);
        error.fill(answer);
        error
    }

    fn fill(&mut self, answer: Answer) {
        self.0.operation = Some(answer.operation);
        self.0.attempts = answer.attempts;
        self.0.elapsed = answer.elapsed;
        self.0.retry_after = answer.retry_after;
        self.0.maybe_applied = answer.maybe_applied;
        self.0.body = answer.body;
        self.0.meta =
            Some(Meta::new(answer.status, answer.headers, answer.attempts, answer.elapsed));
    }

    /// Names the operation, unless one is named already.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Says how many requests were sent and how long the call took.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Says whether the server may have acted on the request all the same.
    #[must_use]
    pub fn with_maybe_applied(mut self, maybe_applied: bool) -> Self {
        self.0.maybe_applied = maybe_applied;
        self
    }

    /// Keeps the failure that this one comes from.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// What is known of the failure.
impl Error {
    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.meta.as_ref().map(Meta::status)
    }

    /// The API's error code, when the answer had one. The set is open.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.problem.code.as_ref()
    }

    /// The text to show a person: what the answer says, else its reason phrase; for a failure
    /// without an answer, what went wrong.
    pub fn message(&self) -> String {
        if let Some(message) = &self.0.problem.message {
            return message.clone();
        }
        match (&self.0.meta, self.0.kind) {
            (Some(meta), ErrorKind::Api) => meta.reason(),
            (_, ErrorKind::Invalid) if self.0.message.is_empty() => {
                let fields: Vec<_> = self.0.fields.iter().map(ToString::to_string).collect();
                fields.join("; ")
            }
            _ => self.0.message.clone(),
        }
    }

    /// The fields that are not as they must be: as the API's 400 names them, or as this library
    /// found them before sending.
    pub fn field_errors(&self) -> &[FieldError] {
        match self.0.kind {
            ErrorKind::Api => &self.0.problem.errors,
            _ => &self.0.fields,
        }
    }

    /// `type` of the problem document: a URI that names the kind of problem.
    pub fn problem_type(&self) -> Option<&str> {
        self.0.problem.type_.as_deref()
    }

    /// `title` of the problem document.
    pub fn title(&self) -> Option<&str> {
        self.0.problem.title.as_deref()
    }

    /// `detail` of the problem document.
    pub fn detail(&self) -> Option<&str> {
        self.0.problem.detail.as_deref()
    }

    /// `instance` of the problem document.
    pub fn instance(&self) -> Option<&str> {
        self.0.problem.instance.as_deref()
    }

    /// The request's id, to quote to support: from the problem document, else from the answer's
    /// `X-Request-Id`.
    pub fn request_id(&self) -> Option<&str> {
        let header = || self.0.meta.as_ref()?.request_id();
        self.0.problem.request_id.as_deref().or_else(header)
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were sent; 0 when none was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, waits included.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Whether a write may have taken effect although the call failed: a request reached the
    /// server, or may have, and no answer settles what became of it. Read the resource before
    /// sending the write again.
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied
    }

    /// The `operationId` of what was called, when it came so far.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// Status, headers and what they say, when there was an answer.
    pub fn meta(&self) -> Option<&Meta> {
        self.0.meta.as_ref()
    }

    /// The current `ETag`, which a 412 carries.
    pub fn etag(&self) -> Option<&str> {
        self.meta()?.etag()
    }

    /// The body of the answer as it came; empty when there was none. It may hold what should not
    /// be logged.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    fn has_status(&self, status: u16) -> bool {
        self.0.kind == ErrorKind::Api && self.status() == Some(status)
    }
}

/// Questions to ask of it.
impl Error {
    /// 400 or 422, or refused before sending: mend the fields in
    /// [`field_errors`](Self::field_errors).
    pub fn is_invalid(&self) -> bool {
        self.0.kind == ErrorKind::Invalid || self.has_status(400) || self.has_status(422)
    }

    /// 401: the credential is missing, wrong or expired. Renew it.
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(401)
    }

    /// 403, for whatever reason: ask [`is_plan_limit`](Self::is_plan_limit) first; otherwise the
    /// credential lacks a permission that someone has to grant.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(403)
    }

    /// `PLAN_LIMIT_REACHED`: the organisation's plan allows no more of these. Delete some or
    /// upgrade; no permission helps.
    pub fn is_plan_limit(&self) -> bool {
        self.code() == Some(&ErrorCode::PlanLimitReached)
    }

    /// 404: nothing has this identifier in this project. Do not retry; look the identifier up.
    pub fn is_not_found(&self) -> bool {
        self.has_status(404)
    }

    /// 409: the state of the resource forbids it, for example deleting a policy profile that a
    /// credential references. Change that state first; the operation's documentation says which.
    pub fn is_conflict(&self) -> bool {
        self.has_status(409)
    }

    /// 410: the operation is past its sunset. Move to its successor.
    pub fn is_gone(&self) -> bool {
        self.has_status(410)
    }

    /// 412: the resource changed since the `ETag` was read, and nothing was written. Read it
    /// again, apply the change again, and send it with the new [`etag`](Self::etag).
    pub fn is_precondition_failed(&self) -> bool {
        self.has_status(412)
    }

    /// 429: too many requests. Wait for [`retry_after`](Self::retry_after) where it is given.
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(429)
    }

    /// 5xx: the service or a gateway failed. Trying later may help; for a write, see
    /// [`maybe_applied`](Self::maybe_applied) first.
    pub fn is_server_error(&self) -> bool {
        self.0.kind == ErrorKind::Api && self.status().is_some_and(|status| status >= 500)
    }

    /// No whole answer in time. Trying later, or a longer timeout, may help; for a write, see
    /// [`maybe_applied`](Self::maybe_applied) first.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// No HTTP answer: connecting, sending or receiving failed. Check address, network and proxy.
    pub fn is_network(&self) -> bool {
        self.0.kind == ErrorKind::Network
    }

    /// An answer of success that could not be read. The server did act; a newer version of this
    /// crate may read it.
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// No credential could be had, so nothing was sent.
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Auth
    }

    /// What to do about it, where there is one thing to say.
    fn advice(&self) -> Option<&'static str> {
        if self.0.maybe_applied {
            return Some("it may have taken effect: read the resource before sending it again");
        }
        match (self.0.kind, self.status()?) {
            (ErrorKind::Api, 401) => Some("check that the API key is right and not revoked"),
            (ErrorKind::Api, 403) if self.is_plan_limit() => {
                Some("delete some or upgrade the plan")
            }
            (ErrorKind::Api, 403) => Some("the API key lacks the permission"),
            (ErrorKind::Api, 410) => Some("the operation is past its sunset: update this crate"),
            (ErrorKind::Api, 412) => Some("read it again and repeat the change with the new ETag"),
            (ErrorKind::Decode, _) => Some("a newer version of this crate may read it"),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        let message = self.message();
        match (self.0.kind, self.status()) {
            (ErrorKind::Api, Some(status)) => {
                write!(f, "HTTP {status}")?;
                if let Some(code) = self.code() {
                    write!(f, " {}", Line(code.as_str()))?;
                }
                write!(f, ": {}", Line(&message))?;
                for error in self.field_errors().iter().take(10) {
                    write!(f, "; {error}")?;
                }
            }
            (ErrorKind::Decode, Some(status)) => {
                write!(f, "HTTP {status}, but the body cannot be read: {}", Line(&message))?;
            }
            (ErrorKind::Invalid, _) => write!(f, "not sent: {}", Line(&message))?,
            (ErrorKind::Timeout | ErrorKind::Network, _) => {
                write!(f, "no answer: {}", Line(&message))?;
            }
            _ => write!(f, "{}", Line(&message))?,
        }
        self.fmt_circumstances(f)?;
        match self.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl Error {
    fn fmt_circumstances(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(id) = self.request_id() {
            parts.push(format!("request {}", Line(id)));
        }
        if self.0.attempts > 1 {
            parts.push(format!("{} attempts in {:.1?}", self.0.attempts, self.0.elapsed));
        }
        if let Some(wait) = self.0.retry_after {
            parts.push(format!("retry after {wait:?}"));
        }
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("code", &self.code())
            .field("message", &self.message())
            .field("request_id", &self.request_id())
            .field("field_errors", &self.field_errors())
            .field("retry_after", &self.0.retry_after)
            .field("attempts", &self.0.attempts)
            .field("elapsed", &self.0.elapsed)
            .field("maybe_applied", &self.0.maybe_applied)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<InvalidId> for Error {
    fn from(id: InvalidId) -> Self {
        let detail = id.to_string();
        let detail = detail.strip_prefix(id.field()).unwrap_or(&detail).trim_start();
        Self::invalid_field(id.field(), detail)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

/// Text from outside, made safe for one line: control characters escaped, length bounded.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 1_000;
        for (n, c) in self.0.chars().enumerate() {
            if n == LONGEST {
                return f.write_str("…");
            }
            // Direction marks and line separators forge log lines as well as control characters do.
            if c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
                write!(f, "{}", c.escape_default())?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
        let detail = format!("a\r\n\u{1b}[31mb\u{202e}{}", "x".repeat(100_000));
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
}

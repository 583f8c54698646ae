//! `LoggedRequest`: a request and its response, for logs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::operation::Operation;

/// A request with the status of its response, for logs.
///
/// `Display` prints one line: the method, the path, the status, the operation, and the milliseconds.
///
/// ```text
/// POST /v1/projects/prj_1/policies 201 createPolicyProfile 0.4 ms
/// GET /_emulator/health 200 - 0.1 ms
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: Method,
    /// The percent-encoded path, without the query.
    pub path: String,
    /// The operation, or `None` if the API contract has none with this method and path.
    pub operation: Option<Operation>,
    /// The status of the response, or `None` if a fault closed the connection instead.
    pub status: Option<StatusCode>,
    /// The time from the end of the request head until the response was ready.
    pub duration: Duration,
}

impl fmt::Display for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_ref().map_or("closed", StatusCode::as_str);
        let operation = self.operation.map_or("-", Operation::id);
        let milliseconds = self.duration.as_secs_f64() * 1000.0;
        write!(
            f,
            "{} {} {status} {operation} {milliseconds:.1} ms",
            self.method, self.path
        )
    }
}

/// The function that is called for each request when its response is ready.
pub(crate) type Log = Arc<dyn Fn(&LoggedRequest) + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_one_line() {
        let mut request = LoggedRequest {
            method: Method::POST,
            path: "/v1/projects".to_owned(),
            operation: "createProject".parse().ok(),
            status: Some(StatusCode::CREATED),
            duration: Duration::from_micros(1234),
        };
        assert_eq!(
            request.to_string(),
            "POST /v1/projects 201 createProject 1.2 ms"
        );
        request.operation = None;
        request.status = None;
        assert_eq!(request.to_string(), "POST /v1/projects closed - 1.2 ms");
    }
}

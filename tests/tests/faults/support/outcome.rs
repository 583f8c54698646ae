//! The outcome of a call, as its caller sees it.

use pgbeam::{Error, ErrorKind};

use super::call::Call;

/// The result of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The call succeeds with this value. See [`Call::expected_value`] for its form.
    Success(String),
    /// The call fails.
    Error {
        kind: ErrorKind,
        status: Option<u16>,
        /// The `Display` output, with the cause that [`line_with_cause`] inserts. The functions below omit
        /// the operation and the advice on an ambiguous write, which [`for_call`](Outcome::for_call) adds.
        line: String,
        /// The value of [`Error::maybe_applied`].
        maybe_applied: bool,
    },
}

/// Returns the outcome of a call that succeeds with this value.
pub fn success(value: &str) -> Outcome {
    Outcome::Success(value.to_owned())
}

/// The message of hyper for a connection that the server closes.
pub const CLOSED: &str = "connection closed before message completed";

/// The message of the operating system for a connection that the server resets.
pub const RESET: &str = "Connection reset by peer";

/// Stands for any message about the end of a connection, for faults that the client can detect in several
/// ways.
pub const ANY_DISCONNECT: &str = "…";

/// Returns the outcome of a call that cannot connect.
pub fn connect_error(cause: &str) -> Outcome {
    error(
        ErrorKind::Network,
        None,
        format!("could not connect: {cause}"),
    )
}

/// Returns the outcome of a call that cannot connect in time.
pub fn connect_timeout() -> Outcome {
    error(
        ErrorKind::Timeout,
        None,
        "could not connect in time".to_owned(),
    )
}

/// Returns the outcome of a call whose connection fails before the head of the response is complete.
pub fn connection_error(cause: &str) -> Outcome {
    error(
        ErrorKind::Network,
        None,
        format!("the connection failed: {cause}"),
    )
}

/// Returns the outcome of a call whose connection fails within the body of a success response.
pub fn incomplete_body(cause: &str) -> Outcome {
    let cause =
        format!("the response body (HTTP 200) is incomplete: the connection failed: {cause}");
    error(ErrorKind::Network, None, cause)
}

/// The message of an attempt that exceeds its timeout.
pub const ATTEMPT_TIMEOUT: &str = "timed out after 30s (attempt timeout)";

/// Returns the outcome if the head of the response is not complete within the attempt timeout.
pub fn attempt_timeout() -> Outcome {
    error(ErrorKind::Timeout, None, ATTEMPT_TIMEOUT.to_owned())
}

/// Returns the outcome if the body of a success response is not complete within the attempt timeout.
pub fn body_timeout() -> Outcome {
    error(
        ErrorKind::Timeout,
        None,
        format!("the response body (HTTP 200) is incomplete: {ATTEMPT_TIMEOUT}"),
    )
}

/// Returns the outcome if the body of a success response is not complete within the total timeout.
pub fn body_total_timeout() -> Outcome {
    let cause = "timed out after 120s (total timeout)";
    error(
        ErrorKind::Timeout,
        None,
        format!("the response body (HTTP 200) is incomplete: {cause}"),
    )
}

/// Returns the outcome of a response with an error status. `line` starts with `HTTP` and the status.
pub fn api_error(line: &str) -> Outcome {
    let status = line.strip_prefix("HTTP ").and_then(|rest| rest.get(..3));
    let status = status.and_then(|status| status.parse().ok());
    error(ErrorKind::Api, status, line.to_owned())
}

/// Returns the outcome of a success response that the SDK cannot use.
pub fn decode_error(status: u16, cause: &str) -> Outcome {
    let line = format!("HTTP {status}, but the response cannot be used: {cause}");
    error(ErrorKind::Decode, Some(status), line)
}

/// Returns the outcome of a read whose success response does not match the operation's response type.
pub fn incompatible(cause: &str) -> Outcome {
    decode_error(
        200,
        &format!("{cause}; a newer version of this crate may parse it"),
    )
}

/// Returns the outcome of a write whose success response does not match the operation's response type.
pub fn incompatible_write(cause: &str) -> Outcome {
    let advice = "the request took effect; a newer version of this crate may parse the response";
    decode_error(200, &format!("{cause}; {advice}")).ambiguous()
}

fn error(kind: ErrorKind, status: Option<u16>, line: String) -> Outcome {
    Outcome::Error {
        kind,
        status,
        line,
        maybe_applied: false,
    }
}

impl Outcome {
    /// Sets `maybe_applied` of an error to `true`.
    pub fn ambiguous(mut self) -> Self {
        if let Self::Error { maybe_applied, .. } = &mut self {
            *maybe_applied = true;
        }
        self
    }

    /// Sets `maybe_applied` of an error to `true` if the call is a write.
    pub fn ambiguous_if_write(self, call: Call) -> Self {
        if call.is_read() {
            self
        } else {
            self.ambiguous()
        }
    }

    /// Adds the operation to the line of an error. If the error is ambiguous and not of kind `Decode`, also
    /// adds the advice on an ambiguous write.
    pub(super) fn for_call(mut self, call: Call) -> Self {
        if let Self::Error {
            kind,
            line,
            maybe_applied,
            ..
        } = &mut self
        {
            *line = format!("{}: {line}", call.operation());
            if *maybe_applied && *kind != ErrorKind::Decode {
                *line += "; the request may have taken effect: read the resource before you retry";
            }
        }
        self
    }

    pub(super) fn from_error(error: &Error) -> Self {
        Self::Error {
            kind: error.kind(),
            status: error.status(),
            line: remove_os_error_code(&line_with_cause(error)),
            maybe_applied: error.maybe_applied(),
        }
    }

    /// Replaces a message about the end of the connection with [`ANY_DISCONNECT`].
    pub(super) fn with_any_disconnect(mut self) -> Self {
        if let Self::Error { line, .. } = &mut self {
            for message in [CLOSED, RESET, "Broken pipe", "operation was canceled"] {
                *line = line.replace(message, ANY_DISCONNECT);
            }
        }
        self
    }

    /// Returns `true` if the connection could not be established.
    pub(super) fn is_connect_error(&self) -> bool {
        matches!(self, Self::Error { status: None, line, maybe_applied: false, .. }
            if line.contains(": could not connect"))
    }

    /// Returns `true` if the response says that the server did not process the request.
    pub(super) fn is_unprocessed(&self) -> bool {
        match self {
            Self::Error {
                status: Some(503),
                line,
                ..
            } => line.contains("retry after"),
            Self::Error { status, .. } => matches!(status, Some(408 | 429)),
            Self::Success(_) => false,
        }
    }
}

/// Returns the `Display` output of an error. If it contains `could not connect` or `the connection failed`,
/// inserts the message of the innermost source after these words, but not for a connect timeout. Asserts that
/// the `Display` output itself contains no message of a source.
fn line_with_cause(error: &Error) -> String {
    let line = error.to_string();
    let mut source = std::error::Error::source(error);
    let mut cause = None;
    while let Some(error) = source {
        let message = error.to_string();
        assert!(!line.contains(&message), "{line} contains {message}");
        cause = Some(message);
        source = error.source();
    }
    let is_timeout = line.contains("could not connect in time");
    let classes = ["could not connect", "the connection failed"];
    let class = classes
        .into_iter()
        .find(|class| line.contains(class) && !is_timeout);
    match (class, cause) {
        (Some(class), Some(cause)) => line.replacen(class, &format!("{class}: {cause}"), 1),
        _ => line,
    }
}

/// Removes the error code of the operating system, which differs between systems.
fn remove_os_error_code(line: &str) -> String {
    let Some((before, after)) = line.split_once(" (os error ") else {
        return line.to_owned();
    };
    let (_, after) = after.split_once(')').unwrap_or_default();
    format!("{before}{after}")
}

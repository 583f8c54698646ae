//! What a caller sees.

use pgbeam::{Error, ErrorKind};

use super::call::Call;

/// What the caller sees.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// A value, told by the call in a word.
    Good(String),
    Error {
        kind: ErrorKind,
        status: Option<u16>,
        /// As it prints itself; in a table, less what it says of the call and what to do.
        line: String,
        /// Whether the caller is told that a write may have taken effect.
        in_doubt: bool,
    },
}

/// A call that gives this value.
pub fn good(what: &str) -> Want {
    Want::Good(what.to_owned())
}

/// How a connection can end, in the words of those who say so.
pub const ENDED: &str = "connection closed before message completed";
pub const RESET: &str = "Connection reset by peer";

/// Any of these, and others: for faults that are seen in either way.
pub const CUT: &str = "…";

/// No connection could be had.
pub fn unconnected(why: &str) -> Want {
    error(
        ErrorKind::Network,
        None,
        format!("could not connect: {why}"),
    )
}

/// No connection was there in time.
pub fn connecting_late() -> Want {
    error(
        ErrorKind::Timeout,
        None,
        "could not connect in time".to_owned(),
    )
}

/// The connection failed before the head of the answer was there.
pub fn broken(why: &str) -> Want {
    error(
        ErrorKind::Network,
        None,
        format!("the connection failed: {why}"),
    )
}

/// The connection failed within the body of a success.
pub fn cut(why: &str) -> Want {
    let why = format!("the response body (HTTP 200) is incomplete: the connection failed: {why}");
    error(ErrorKind::Network, None, why)
}

/// What is said of an attempt that takes too long.
pub const LATE: &str = "timed out after 30s (attempt timeout)";

/// The head of the answer was not there in time.
pub fn late() -> Want {
    error(ErrorKind::Timeout, None, LATE.to_owned())
}

/// The body of a success was not there in time.
pub fn late_within() -> Want {
    error(
        ErrorKind::Timeout,
        None,
        format!("the response body (HTTP 200) is incomplete: {LATE}"),
    )
}

/// The body of a success was not there before the whole call had to be over.
pub fn beyond_budget() -> Want {
    let why = "timed out after 120s (total timeout)";
    error(
        ErrorKind::Timeout,
        None,
        format!("the response body (HTTP 200) is incomplete: {why}"),
    )
}

/// An answer with an error status, which the line begins with.
pub fn api(line: &str) -> Want {
    let status = line.strip_prefix("HTTP ").and_then(|rest| rest.get(..3));
    let status = status.and_then(|status| status.parse().ok());
    error(ErrorKind::Api, status, line.to_owned())
}

/// An answer of success that cannot be read.
pub fn unread(status: u16, why: &str) -> Want {
    let line = format!("HTTP {status}, but the body cannot be read: {why}");
    error(ErrorKind::Decode, Some(status), line)
}

/// The same, where a newer API may have changed what it answers.
pub fn unknown(why: &str) -> Want {
    unread(
        200,
        &format!("{why}; a newer version of this crate may parse it"),
    )
}

/// The same of a write.
pub fn unknown_of_write(why: &str) -> Want {
    let advice = "the request took effect; a newer version of this crate may parse the response";
    unread(200, &format!("{why}; {advice}")).in_doubt()
}

fn error(kind: ErrorKind, status: Option<u16>, line: String) -> Want {
    Want::Error {
        kind,
        status,
        line,
        in_doubt: false,
    }
}

impl Want {
    /// The caller is told that a write may have taken effect.
    pub fn in_doubt(mut self) -> Self {
        if let Self::Error { in_doubt, .. } = &mut self {
            *in_doubt = true;
        }
        self
    }

    /// The same, if this call is a write.
    pub fn in_doubt_of(self, call: Call) -> Self {
        if call.is_read() {
            self
        } else {
            self.in_doubt()
        }
    }

    /// As the caller of this call sees it: the line with what was called, and what to do about a
    /// write in doubt.
    pub(super) fn of(mut self, call: Call) -> Self {
        if let Self::Error {
            kind,
            line,
            in_doubt,
            ..
        } = &mut self
        {
            *line = format!("{}: {line}", call.operation());
            if *in_doubt && *kind != ErrorKind::Decode {
                *line += "; the request may have taken effect: read the resource before you retry";
            }
        }
        self
    }

    pub(super) fn seen(error: &Error) -> Self {
        Self::Error {
            kind: error.kind(),
            status: error.status(),
            line: without_numbers(&with_cause(error)),
            in_doubt: error.maybe_applied(),
        }
    }

    /// The same whichever end of the connection was noticed.
    pub(super) fn either_way(mut self) -> Self {
        if let Self::Error { line, .. } = &mut self {
            for end in [ENDED, RESET, "Broken pipe", "operation was canceled"] {
                *line = line.replace(end, CUT);
            }
        }
        self
    }

    /// Whether no connection could be made.
    pub(super) fn is_unconnected(&self) -> bool {
        matches!(self, Self::Error { status: None, line, in_doubt: false, .. }
            if line.contains(": could not connect"))
    }

    /// Whether the server says that it has not acted on the request.
    pub(super) fn turned_away(&self) -> bool {
        match self {
            Self::Error {
                status: Some(503),
                line,
                ..
            } => line.contains("retry after"),
            Self::Error { status, .. } => matches!(status, Some(408 | 429)),
            Self::Good(_) => false,
        }
    }
}

/// The line of an error with the innermost cause after the class of the failure. The error itself must
/// not repeat its cause.
fn with_cause(error: &Error) -> String {
    let line = error.to_string();
    let mut source = std::error::Error::source(error);
    let mut cause = None;
    while let Some(error) = source {
        let text = error.to_string();
        assert!(!line.contains(&text), "{line} repeats {text}");
        cause = Some(text);
        source = error.source();
    }
    let late = line.contains("could not connect in time");
    let classes = ["could not connect", "the connection failed"];
    let class = classes
        .into_iter()
        .find(|class| line.contains(class) && !late);
    match (class, cause) {
        (Some(class), Some(cause)) => line.replacen(class, &format!("{class}: {cause}"), 1),
        _ => line,
    }
}

/// A line without the numbers of the operating system's errors: each system has others.
fn without_numbers(line: &str) -> String {
    let Some((before, after)) = line.split_once(" (os error ") else {
        return line.to_owned();
    };
    let (_, after) = after.split_once(')').unwrap_or_default();
    format!("{before}{after}")
}

//! An error in one line.

use std::fmt;

use super::{Error, ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        let mut message = self.message();
        if let (true, Some(meta)) = (message.trim().is_empty(), &self.0.meta) {
            message = meta.reason();
        }
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
            .field("message", &format_args!("{:?}", Line(&self.message()).to_string()))
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

/// Text from outside, made safe for one line: control characters escaped, length bounded.
pub(super) struct Line<'a>(pub(super) &'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 1_000;
        for (n, c) in self.0.chars().flat_map(on_one_line).enumerate() {
            if n == LONGEST {
                return f.write_str("…");
            }
            fmt::Write::write_char(f, c)?;
        }
        Ok(())
    }
}

/// A character as it is shown. Direction marks and line separators forge log lines as well as control
/// characters do.
fn on_one_line(c: char) -> impl Iterator<Item = char> {
    let forges = c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let (plain, escaped) = if forges { (None, Some(c.escape_default())) } else { (Some(c), None) };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

//! Implements `Display` and `Debug` for errors. `Display` writes one line of limited length.

use std::{fmt, time::Duration};

use super::{Error, ErrorKind, FieldError};

/// The maximum length of a message, in characters.
const MAX_MESSAGE: usize = 1_000;
/// The maximum length of the detail of a validation error, in characters.
const MAX_DETAIL: usize = 300;
/// The maximum length of an error code, a request id or a field name, in characters.
const MAX_NAME: usize = 200;

/// The maximum number of validation errors in a list. A longer list ends with the number of the errors that
/// it omits.
const MAX_FIELDS: usize = 10;

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
                let line = format!("HTTP {status}");
                f.write_str(&line)?;
                if let Some(code) = self.code() {
                    write!(f, " {}", Escaped(code.as_str(), MAX_NAME))?;
                }
                // The two are equal if the body has no message and the status has no reason phrase.
                if message != line {
                    let message = without_full_stop(&message);
                    write!(f, ": {}", Escaped(message, MAX_MESSAGE))?;
                }
                let fields = self.field_errors();
                for error in fields.iter().take(MAX_FIELDS) {
                    write!(f, "; {error}")?;
                }
                if let more @ 1.. = fields.len().saturating_sub(MAX_FIELDS) {
                    write!(f, "; … and {more} more")?;
                }
            }
            (ErrorKind::Decode, Some(status)) => {
                let message = Escaped(&message, MAX_MESSAGE);
                write!(
                    f,
                    "HTTP {status}, but the response cannot be used: {message}"
                )?;
            }
            (ErrorKind::Invalid, _) => write!(f, "not sent: {}", Escaped(&message, MAX_MESSAGE))?,
            _ => write!(f, "{}", Escaped(&message, MAX_MESSAGE))?,
        }
        self.fmt_details(f)?;
        match self.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl Error {
    fn fmt_details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(id) = self.request_id() {
            parts.push(format!("request {}", Escaped(id, MAX_NAME)));
        }
        if self.0.attempts > 1 {
            parts.push(format!(
                "{} attempts in {:.1?}",
                self.0.attempts, self.0.elapsed
            ));
        }
        if let Some(delay) = self.0.retry_after {
            parts.push(format!("retry after {}", DelaySeconds(delay)));
        }
        if parts.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", parts.join(", "))
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field(
                "code",
                &self.code().map(|code| Quoted(code.as_str(), MAX_NAME)),
            )
            .field("message", &Quoted(&self.message(), MAX_MESSAGE))
            .field(
                "request_id",
                &self.request_id().map(|id| Quoted(id, MAX_NAME)),
            )
            .field("field_errors", &FieldList(self.field_errors()))
            .field("retry_after", &self.0.retry_after)
            .field("attempts", &self.0.attempts)
            .field("elapsed", &self.0.elapsed)
            .field("maybe_applied", &self.0.maybe_applied)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            Escaped(self.field(), MAX_NAME),
            Escaped(without_full_stop(self.detail()), MAX_DETAIL)
        )
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError")
            .field("field", &Quoted(self.field(), MAX_NAME))
            .field("detail", &Quoted(self.detail(), MAX_DETAIL))
            .finish()
    }
}

/// Prints the first [`MAX_FIELDS`] validation errors, and the number of the errors that it omits.
struct FieldList<'a>(&'a [FieldError]);

impl fmt::Debug for FieldList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.0.iter().take(MAX_FIELDS));
        if let more @ 1.. = self.0.len().saturating_sub(MAX_FIELDS) {
            list.entry(&format_args!("… and {more} more"));
        }
        list.finish()
    }
}

/// Prints a delay in seconds. A whole number of seconds has no decimals. Any other delay is rounded up: to
/// tenths below one minute, else to whole seconds. It is rounded up because the server rejects a retry that
/// comes too early.
struct DelaySeconds(Duration);

impl fmt::Display for DelaySeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            delay if delay.subsec_nanos() == 0 => write!(f, "{}s", delay.as_secs()),
            delay if delay.as_secs() < 60 => {
                let tenths = delay.as_nanos().div_ceil(100_000_000);
                write!(f, "{}.{}s", tenths / 10, tenths % 10)
            }
            delay => write!(f, "{}s", delay.as_secs().saturating_add(1)),
        }
    }
}

/// Prints a string from a server as one line. Escapes the characters of [`needs_escape`], and truncates the
/// result to the number of characters in the second field.
struct Escaped<'a>(&'a str, usize);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |c: char| {
            if needs_escape(c) {
                c.escape_default().len()
            } else {
                1
            }
        };
        let (prefix, rest) = truncate(self.0, self.1, width);
        for c in prefix.chars() {
            if needs_escape(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        f.write_str(rest)
    }
}

/// Removes the full stop at the end of a message from a server, because more text follows on the same line.
/// Does not remove the last full stop of `...`.
fn without_full_stop(message: &str) -> &str {
    match message.trim_end().strip_suffix('.') {
        Some(rest) if !rest.is_empty() && !rest.ends_with('.') => rest,
        _ => message,
    }
}

/// Returns `true` for characters that can forge log lines: control characters, direction marks and line
/// separators.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Prints a string as `Debug` does, truncated to the number of characters in the second field.
struct Quoted<'a>(&'a str, usize);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, rest) = truncate(self.0, self.1, |c| c.escape_debug().len());
        write!(f, "{prefix:?}{rest}")
    }
}

/// Truncates a string so that it has at most `max` characters after escaping. Returns the remaining prefix,
/// not yet escaped. Also returns `…` if the string was truncated, else an empty string. `width` returns how
/// many characters its argument has after escaping.
fn truncate(string: &str, max: usize, width: impl Fn(char) -> usize) -> (&str, &'static str) {
    let mut length = 0;
    let first_cut = string.char_indices().find(|(_, c)| {
        length += width(*c);
        length > max
    });
    match first_cut {
        Some((end, _)) => (string.get(..end).unwrap_or_default(), "…"),
        None => (string, ""),
    }
}

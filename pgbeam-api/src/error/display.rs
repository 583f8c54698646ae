//! An error in one line, whatever the server said.

use std::{fmt, time::Duration};

use super::{Error, ErrorKind, FieldError};

/// How many characters are shown of a message, of a field's fault, and of a name of any kind.
const MESSAGE: usize = 1_000;
const DETAIL: usize = 300;
const NAME: usize = 200;

/// How many fields are shown.
const FIELDS: usize = 10;

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
                    write!(f, " {}", Line(code.as_str(), NAME))?;
                }
                // Where neither the answer nor HTTP has a word for the status, that is all.
                if message != line {
                    write!(f, ": {}", Line(&message, MESSAGE))?;
                }
                let fields = self.field_errors();
                for error in fields.iter().take(FIELDS) {
                    write!(f, "; {error}")?;
                }
                if let more @ 1.. = fields.len().saturating_sub(FIELDS) {
                    write!(f, "; … and {more} more")?;
                }
            }
            (ErrorKind::Decode, Some(status)) => {
                let message = Line(&message, MESSAGE);
                write!(f, "HTTP {status}, but the body cannot be read: {message}")?;
            }
            (ErrorKind::Invalid, _) => write!(f, "not sent: {}", Line(&message, MESSAGE))?,
            (ErrorKind::Timeout | ErrorKind::Network, _) => {
                write!(f, "no answer: {}", Line(&message, MESSAGE))?;
            }
            _ => write!(f, "{}", Line(&message, MESSAGE))?,
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
            parts.push(format!("request {}", Line(id, NAME)));
        }
        if self.0.attempts > 1 {
            parts.push(format!(
                "{} attempts in {:.1?}",
                self.0.attempts, self.0.elapsed
            ));
        }
        if let Some(wait) = self.0.retry_after {
            parts.push(format!("retry after {}", Wait(wait)));
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
            .field("code", &self.code().map(|code| Quoted(code.as_str(), NAME)))
            .field("message", &Quoted(&self.message(), MESSAGE))
            .field("request_id", &self.request_id().map(|id| Quoted(id, NAME)))
            .field("field_errors", &Fields(self.field_errors()))
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
            Line(self.field(), NAME),
            Line(self.detail(), DETAIL)
        )
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError")
            .field("field", &Quoted(self.field(), NAME))
            .field("detail", &Quoted(self.detail(), DETAIL))
            .finish()
    }
}

/// The first fields, and how many there are beyond them.
struct Fields<'a>(&'a [FieldError]);

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(self.0.iter().take(FIELDS));
        if let more @ 1.. = self.0.len().saturating_sub(FIELDS) {
            list.entry(&format_args!("… and {more} more"));
        }
        list.finish()
    }
}

/// How long to wait, in seconds, or tenths of them where it is a matter of seconds. Rounded up: who
/// comes back too early is turned away again.
struct Wait(Duration);

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            wait if wait.subsec_nanos() == 0 => write!(f, "{}s", wait.as_secs()),
            wait if wait.as_secs() < 60 => {
                let tenths = wait.as_nanos().div_ceil(100_000_000);
                write!(f, "{}.{}s", tenths / 10, tenths % 10)
            }
            wait => write!(f, "{}s", wait.as_secs().saturating_add(1)),
        }
    }
}

/// Text from outside, made safe for one line: control characters escaped, and no longer than so many
/// characters.
struct Line<'a>(&'a str, usize);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |c: char| {
            if forges(c) {
                c.escape_default().len()
            } else {
                1
            }
        };
        let (text, rest) = cut(self.0, self.1, width);
        for c in text.chars() {
            if forges(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                fmt::Write::write_char(f, c)?;
            }
        }
        f.write_str(rest)
    }
}

/// Whether a character can change what stands beside it. Direction marks and line separators forge
/// log lines as well as control characters do.
fn forges(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The same in quotes, as `Debug` writes a text.
struct Quoted<'a>(&'a str, usize);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, rest) = cut(self.0, self.1, |c| c.escape_debug().len());
        write!(f, "{text:?}{rest}")
    }
}

/// As much of a text as takes no more than so many characters when it is written, each of them as
/// many as `width` says, and a mark where something is left out.
fn cut(text: &str, most: usize, width: impl Fn(char) -> usize) -> (&str, &'static str) {
    let mut taken = 0;
    let beyond = text.char_indices().find(|(_, c)| {
        taken += width(*c);
        taken > most
    });
    match beyond {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), "…"),
        None => (text, ""),
    }
}

//! The error type of this crate: a list of messages, each with its source location if it has one.

use std::{collections::BTreeSet, fmt, path::PathBuf, sync::Arc};

use crate::escape::escape_unprintable;

/// A location in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLocation {
    /// The name of the file in error messages, usually the path that the user passed.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One error in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    /// The location in the source file, if known.
    pub location: Option<SourceLocation>,
    /// The problem and, if it is not obvious, the way to correct it.
    pub message: String,
}

impl ValidationError {
    /// Returns an error at a location.
    pub fn new(location: &SourceLocation, message: impl Into<String>) -> Self {
        Self {
            location: Some(location.clone()),
            message: message.into(),
        }
    }
}

/// The maximum length of a displayed message, in characters after escaping.
const MAX_MESSAGE_LENGTH: usize = 800;

impl fmt::Display for ValidationError {
    /// Writes one line: the location, if known, and the message. Escapes unprintable characters of
    /// the message. Replaces everything after the first 800 characters of the escaped message with
    /// `…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        for (n, c) in escape_unprintable(&self.message).chars().enumerate() {
            if n == MAX_MESSAGE_LENGTH {
                return f.write_str("…");
            }
            fmt::Write::write_char(f, c)?;
        }
        Ok(())
    }
}

/// One or more validation errors. `Display` writes each error on a separate line.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    errors: Vec<ValidationError>,
}

impl Error {
    /// Returns one error without a source location.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with_location(None, message)
    }

    /// Returns one error with a source location.
    pub fn at(location: &SourceLocation, message: impl Into<String>) -> Self {
        Self::with_location(Some(location), message)
    }

    /// Returns one error. `location` is `None` if the error has no location in a source file.
    pub fn with_location(location: Option<&SourceLocation>, message: impl Into<String>) -> Self {
        let error = ValidationError {
            location: location.cloned(),
            message: message.into(),
        };
        Self {
            errors: vec![error],
        }
    }

    /// Returns the error `{path}: cannot be {action}: {error}` for a failed file operation.
    /// `action` is a past participle, such as `read`.
    pub fn io(path: impl Into<PathBuf>, action: &str, error: &std::io::Error) -> Self {
        Self::new(format!(
            "{}: cannot be {action}: {error}",
            path.into().display()
        ))
    }

    /// Returns all errors as one `Err`, or `Ok` if the list is empty.
    pub fn fail_if_any(errors: Vec<ValidationError>) -> Result<()> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self { errors })
        }
    }

    /// Returns one line: the first error. If there are several errors, appends the number of the
    /// remaining errors, such as `(and 3 more)`.
    pub fn summary(&self) -> String {
        match self.errors.as_slice() {
            [] => String::new(),
            [error] => error.to_string(),
            [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
        }
    }

    /// Returns the validation errors in the order in which `Display` writes them.
    pub fn errors(&self) -> &[ValidationError] {
        &self.errors
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.errors.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Collects the errors that several checks find, so that all are reported together.
#[derive(Default)]
pub struct ValidationErrors(Vec<ValidationError>);

impl ValidationErrors {
    /// Adds an error at a location.
    pub fn push(&mut self, location: &SourceLocation, message: impl Into<String>) {
        self.0.push(ValidationError::new(location, message));
    }

    /// Returns `true` if no error was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes duplicate errors, and sorts the remaining errors by file, line and column.
    ///
    /// # Errors
    ///
    /// Returns the sorted errors. Returns `Ok` if no error was added.
    pub fn finish(mut self) -> Result<()> {
        let mut seen = BTreeSet::new();
        // An error in a part that several operations share is found once per operation.
        self.0
            .retain(|error| seen.insert((error.location.clone(), error.message.clone())));
        self.0.sort_by(|a, b| a.location.cmp(&b.location));
        Error::fail_if_any(self.0)
    }
}

/// A result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_an_error_in_one_line() {
        let location = SourceLocation {
            file: "a.yaml".into(),
            line: 1,
            column: 2,
        };
        let error = Error::at(&location, "`a\n\u{e}b` does not exist");
        assert_eq!(error.to_string(), r"a.yaml:1:2: `a\n\u{e}b` does not exist");
        let long = Error::new("\n".repeat(10_000)).summary();
        assert_eq!((long.chars().count(), long.ends_with("\\n…")), (801, true));
    }
}

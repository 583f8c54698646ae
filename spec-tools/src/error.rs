//! What is wrong with a contract, and where.

use std::{collections::BTreeSet, fmt, path::PathBuf, sync::Arc};

use crate::text::escaped;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that is wrong: a line for a person, with the place where it can be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, if it has a place in a file.
    pub place: Option<Place>,
    /// What, and what to do about it.
    pub message: String,
}

impl Fault {
    /// An error at a place.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place.clone()),
            message: message.into(),
        }
    }
}

/// The most characters that are shown of a message.
const LONGEST: usize = 800;

impl fmt::Display for Fault {
    /// One line, whatever texts of the contract the message quotes: what would break it is escaped,
    /// and what is too long is cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        for (n, c) in escaped(&self.message).chars().enumerate() {
            if n == LONGEST {
                return f.write_str("…");
            }
            fmt::Write::write_char(f, c)?;
        }
        Ok(())
    }
}

/// Why nothing was generated: one fault or several, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    faults: Vec<Fault>,
}

impl Error {
    /// An error without a place in a source file.
    pub fn new(message: impl Into<String>) -> Self {
        Self::placed(None, message)
    }

    /// An error at a place.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self::placed(Some(place), message)
    }

    /// An error at a place, where there is one.
    pub fn placed(place: Option<&Place>, message: impl Into<String>) -> Self {
        let fault = Fault {
            place: place.cloned(),
            message: message.into(),
        };
        Self {
            faults: vec![fault],
        }
    }

    /// A file that could not be read or written.
    pub fn io(path: impl Into<PathBuf>, what: &str, error: &std::io::Error) -> Self {
        Self::new(format!(
            "{}: cannot be {what}: {error}",
            path.into().display()
        ))
    }

    /// Several faults at once; no error where there is none.
    pub fn all(faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self { faults })
        }
    }

    /// The first fault, and how many more there are, for where only one line is wanted.
    pub fn line(&self) -> String {
        match self.faults.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            [first, more @ ..] => format!("{first} (and {} more)", more.len()),
        }
    }

    /// The faults, in the order of the source.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.faults.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Collects the errors of a document.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Adds an error at a place.
    pub fn at(&mut self, place: &Place, message: impl Into<String>) {
        self.0.push(Fault::at(place, message));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all errors in the order of the source, each once.
    ///
    /// # Errors
    ///
    /// If there are any.
    pub fn finish(mut self) -> Result<()> {
        let mut seen = BTreeSet::new();
        // What several operations share is reported once.
        self.0
            .retain(|fault| seen.insert((fault.place.clone(), fault.message.clone())));
        self.0.sort_by(|a, b| a.place.cmp(&b.place));
        Error::all(self.0)
    }
}

/// The result of every step.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_line_whatever_it_quotes() {
        let place = Place {
            file: "a.yaml".into(),
            line: 1,
            column: 2,
        };
        let error = Error::at(&place, "`a\n\u{e}b` leads nowhere");
        assert_eq!(error.to_string(), r"a.yaml:1:2: `a\n\u{e}b` leads nowhere");
        let long = Error::new("\n".repeat(10_000)).line();
        assert_eq!((long.chars().count(), long.ends_with("\\n…")), (801, true));
    }
}

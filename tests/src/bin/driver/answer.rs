//! What a line answers.

use pgbeam::{Error, ErrorKind, Meta};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::request::Json;

/// The answer to one command.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// It went well.
    Success {
        id: Option<Json>,
        ok: bool,
        #[serde(flatten)]
        success: Success,
    },
    /// It did not.
    Failure {
        id: Option<Json>,
        ok: bool,
        attempts: u32,
        error: Box<ErrorAnswer>,
    },
}

/// What came of a call that went well, 304 included.
#[derive(Serialize)]
pub struct Success {
    pub status: u16,
    pub body: Json,
    pub etag: Option<String>,
    pub request_id: Option<String>,
    pub attempts: u32,
}

/// Why a command did not go well.
pub enum Failure {
    /// The SDK says so; `earlier` requests went well before, for the pages of a list.
    Sdk { error: Error, earlier: u32 },
    /// It is none that can be carried out.
    Command(String),
}

/// An error. What does not apply is null.
#[derive(Default, Serialize)]
pub struct ErrorAnswer {
    kind: String,
    status: Option<u16>,
    code: Option<String>,
    message: String,
    title: Option<String>,
    detail: Option<String>,
    #[serde(rename = "type")]
    type_: Option<String>,
    instance: Option<String>,
    request_id: Option<String>,
    errors: Vec<Field>,
    retry_after_ms: Option<u64>,
    maybe_applied: bool,
    display: String,
}

#[derive(Serialize)]
struct Field {
    field: String,
    detail: String,
}

impl Answer {
    /// The answer to the command of this `id`.
    ///
    /// `conditional` says whether the command sent `If-None-Match`: only then a 304 is a success.
    pub fn of(id: Option<Json>, outcome: Result<Success, Failure>, conditional: bool) -> Self {
        match outcome {
            Ok(success) => Self::Success {
                id,
                ok: true,
                success,
            },
            Err(Failure::Command(message)) => {
                let kind = "command".to_owned();
                let display = format!("command: {}", on_one_line(&message));
                let error = ErrorAnswer {
                    kind,
                    message,
                    display,
                    ..Default::default()
                };
                Self::Failure {
                    id,
                    ok: false,
                    attempts: 0,
                    error: Box::new(error),
                }
            }
            Err(Failure::Sdk { error, earlier }) => {
                let attempts = earlier + error.attempts();
                // A later page cannot stand for the whole list.
                match not_modified(&error).filter(|_| conditional && earlier == 0) {
                    Some(success) => Self::Success {
                        id,
                        ok: true,
                        success,
                    },
                    None => {
                        let error = Box::new(ErrorAnswer::from(&error));
                        Self::Failure {
                            id,
                            ok: false,
                            attempts,
                            error,
                        }
                    }
                }
            }
        }
    }

    /// The line, with its end.
    pub fn line(&self) -> serde_json::Result<String> {
        let mut line = serde_json::to_string(self)?;
        // In valid JSON a line break is never part of a text: a body that came with some is the same
        // without them.
        line.retain(|c| !matches!(c, '\n' | '\r'));
        line.push('\n');
        Ok(line)
    }
}

/// What a command said is repeated in messages, and may hold what moves a cursor.
fn on_one_line(message: &str) -> String {
    let mut line = String::with_capacity(message.len());
    for c in message.chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

/// Writes what the SDK has read.
///
/// # Errors
///
/// Kind `Decode` when it cannot be written.
pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Json, Error> {
    to_raw_value(value).map_err(|error| {
        Error::new(
            ErrorKind::Decode,
            format!("the answer cannot be written as JSON: {error}"),
        )
    })
}

/// Reads the body of a response without a change. What is not UTF-8 becomes U+FFFD.
///
/// # Errors
///
/// Kind `Decode` when it is no such JSON.
pub fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).map_err(|error| Error::new(ErrorKind::Decode, error.to_string()))
}

/// Returns the driver's answer to a 304 that the SDK reports as an error.
fn not_modified(error: &Error) -> Option<Success> {
    let meta = error.meta().filter(|meta| meta.status() == 304)?;
    Some(Success::empty(meta))
}

impl Success {
    /// An answer that holds this.
    ///
    /// # Errors
    ///
    /// When `body` cannot be written as JSON.
    pub fn of(meta: &Meta, body: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        Ok(Self {
            body: json(body)?,
            ..Self::empty(meta)
        })
    }

    /// An answer that holds a body as the server sent it.
    ///
    /// # Errors
    ///
    /// Kind `Decode` when the body is no JSON.
    pub fn raw(meta: &Meta, body: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            body: parse(body)?,
            ..Self::empty(meta)
        })
    }

    /// An answer that holds nothing.
    pub fn empty(meta: &Meta) -> Self {
        Self {
            status: meta.status(),
            body: RawValue::NULL.to_owned(),
            etag: meta.etag().map(str::to_owned),
            request_id: meta.request_id().map(str::to_owned),
            attempts: meta.attempts(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sdk { error, earlier: 0 }
    }
}

impl From<&Error> for ErrorAnswer {
    fn from(error: &Error) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let field = |of: &pgbeam::FieldError| Field {
            field: of.field().to_owned(),
            detail: of.detail().to_owned(),
        };
        Self {
            // The kinds of the protocol are those of the SDK, in small letters.
            kind: format!("{:?}", error.kind()).to_lowercase(),
            status: error.status(),
            code: text(error.code().map(|code| code.as_str())),
            message: error.message(),
            title: text(error.title()),
            detail: text(error.detail()),
            type_: text(error.problem_type()),
            instance: text(error.instance()),
            request_id: text(error.request_id()),
            errors: error.field_errors().iter().map(field).collect(),
            retry_after_ms: error
                .retry_after()
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            maybe_applied: error.maybe_applied(),
            display: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_the_protocol_names_them() {
        for (kind, name) in [
            (ErrorKind::Api, "api"),
            (ErrorKind::Timeout, "timeout"),
            (ErrorKind::Network, "network"),
            (ErrorKind::Decode, "decode"),
            (ErrorKind::Invalid, "invalid"),
            (ErrorKind::Auth, "auth"),
            (ErrorKind::Config, "config"),
        ] {
            assert_eq!(ErrorAnswer::from(&Error::new(kind, "")).kind, name);
        }
    }
}

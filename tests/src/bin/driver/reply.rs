//! Builds and serializes the replies: one line of JSON for each command.

use pgbeam::{Error, ErrorKind, Meta};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::request::Json;

/// The reply to one command.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// The command succeeded.
    Success {
        id: Option<Json>,
        ok: bool,
        #[serde(flatten)]
        success: Success,
    },
    /// The command failed.
    Failure {
        id: Option<Json>,
        ok: bool,
        attempts: u32,
        error: Box<ErrorReply>,
    },
}

/// A success response, or a 304 to a conditional request.
#[derive(Serialize)]
pub struct Success {
    pub status: u16,
    pub body: Json,
    pub etag: Option<String>,
    pub request_id: Option<String>,
    pub attempts: u32,
}

/// The failure of a command.
pub enum Failure {
    /// An error of the SDK. `earlier` is the number of attempts for the pages before the failed one, and 0
    /// for a command that reads no list.
    Sdk { error: Error, earlier: u32 },
    /// The command is invalid.
    Command(String),
}

/// The error of a reply. The optional fields are null if they do not apply.
#[derive(Default, Serialize)]
pub struct ErrorReply {
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

impl Reply {
    /// Builds the reply to the command with this `id`.
    ///
    /// `conditional` is `true` if the command sent `If-None-Match`. A 304 is a success if `conditional` is
    /// `true` and the 304 is not the response for the second or a later page of a list. Any other 304 is a
    /// failure.
    pub fn new(id: Option<Json>, outcome: Result<Success, Failure>, conditional: bool) -> Self {
        match outcome {
            Ok(success) => Self::Success {
                id,
                ok: true,
                success,
            },
            Err(Failure::Command(message)) => {
                let kind = "command".to_owned();
                let display = format!("command: {}", escape_control(&message));
                let error = ErrorReply {
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
                // A 304 for a later page is no reply for the whole list.
                match not_modified(&error).filter(|_| conditional && earlier == 0) {
                    Some(success) => Self::Success {
                        id,
                        ok: true,
                        success,
                    },
                    None => {
                        let error = Box::new(ErrorReply::from(&error));
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

    /// Serializes the reply as one line, with its line break.
    pub fn to_line(&self) -> serde_json::Result<String> {
        let mut line = serde_json::to_string(self)?;
        // A line break in JSON is always outside strings, so removing it changes nothing.
        line.retain(|c| !matches!(c, '\n' | '\r'));
        line.push('\n');
        Ok(line)
    }
}

/// Escapes control characters, so that the message stays one line. A command can put them into a message.
fn escape_control(message: &str) -> String {
    let mut line = String::with_capacity(message.len());
    for c in message.chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line
}

/// Serializes a value that the SDK returned.
///
/// # Errors
///
/// `ErrorKind::Decode` if the value cannot be serialized.
pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Json, Error> {
    to_raw_value(value).map_err(|error| {
        Error::new(
            ErrorKind::Decode,
            format!("the response cannot be serialized as JSON: {error}"),
        )
    })
}

/// Parses the JSON body of a response. Invalid UTF-8 becomes U+FFFD.
///
/// # Errors
///
/// `ErrorKind::Decode` if the body is not JSON for the type `T`.
pub fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).map_err(|error| Error::new(ErrorKind::Decode, error.to_string()))
}

/// Converts an error of status 304 to a success without a body. Returns `None` for any other error.
fn not_modified(error: &Error) -> Option<Success> {
    let meta = error.meta().filter(|meta| meta.status() == 304)?;
    Some(Success::empty(meta))
}

impl Success {
    /// Creates a success with this body.
    ///
    /// # Errors
    ///
    /// `ErrorKind::Decode` if `body` cannot be serialized.
    pub fn with_body(meta: &Meta, body: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        Ok(Self {
            body: json(body)?,
            ..Self::empty(meta)
        })
    }

    /// Creates a success with the JSON that the server sent. The JSON stays unchanged, except that invalid
    /// UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// `ErrorKind::Decode` if the body is not JSON.
    pub fn raw(meta: &Meta, body: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            body: parse(body)?,
            ..Self::empty(meta)
        })
    }

    /// Creates a success without a body.
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

impl From<&Error> for ErrorReply {
    fn from(error: &Error) -> Self {
        let owned = |value: Option<&str>| value.map(str::to_owned);
        let field = |error: &pgbeam::FieldError| Field {
            field: error.field().to_owned(),
            detail: error.detail().to_owned(),
        };
        Self {
            // The protocol uses the names of `ErrorKind`, in lower case.
            kind: format!("{:?}", error.kind()).to_lowercase(),
            status: error.status(),
            code: owned(error.code().map(|code| code.as_str())),
            message: error.message(),
            title: owned(error.title()),
            detail: owned(error.detail()),
            type_: owned(error.problem_type()),
            instance: owned(error.instance()),
            request_id: owned(error.request_id()),
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
    fn error_kinds_have_the_names_of_the_protocol() {
        for (kind, name) in [
            (ErrorKind::Api, "api"),
            (ErrorKind::Timeout, "timeout"),
            (ErrorKind::Network, "network"),
            (ErrorKind::Decode, "decode"),
            (ErrorKind::Invalid, "invalid"),
            (ErrorKind::Auth, "auth"),
            (ErrorKind::Config, "config"),
        ] {
            assert_eq!(ErrorReply::from(&Error::new(kind, "")).kind, name);
        }
    }
}

//! Errors of the API, whatever the answer holds: the status is kept, one line is shown, and never
//! the credential.

use http::StatusCode;
use pgbeam_api::{Error, Redactor};
use serde_json::Value;

use super::{answer, line};

/// An input has the form of [`answer`].
pub fn check(data: &[u8]) {
    let mut given = answer::read(data);
    // A success is no error; `answer_json` has those.
    if given.answer.status.is_success() {
        given.answer.status = StatusCode::BAD_REQUEST;
    }
    let status = given.answer.status.as_u16();
    if let Some(credential) = &given.credential {
        given.answer.redact(&Redactor::new(credential));
    }
    let error = given.answer.into_error();
    assert_eq!(error.status(), Some(status));
    let [display, debug] = line::shown(&error);
    assert!(
        display.starts_with(&format!("updatePolicyProfile: HTTP {status}")),
        "{display}"
    );
    let said = said(&error);
    if let Some(credential) = &given.credential {
        for text in said.iter().chain([&display, &debug]) {
            assert!(
                !text.contains(credential),
                "the credential is shown: {text:?}"
            );
        }
    }
}

/// All that an error says beside its line.
fn said(error: &Error) -> Vec<String> {
    let mut said = vec![
        error.message(),
        String::from_utf8_lossy(error.body()).into_owned(),
    ];
    let texts = [
        error.code().map(pgbeam_api::types::ErrorCode::as_str),
        error.problem_type(),
        error.title(),
        error.detail(),
        error.instance(),
        error.request_id(),
        error.etag(),
    ];
    said.extend(texts.into_iter().flatten().map(str::to_owned));
    for field in error.field_errors() {
        said.extend([
            field.field().to_owned(),
            field.detail().to_owned(),
            field.to_string(),
        ]);
    }
    said.extend(error.body_as::<Value>().iter().flat_map(texts_of));
    if let Some(meta) = error.meta() {
        let values = meta.headers().values();
        said.extend(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()));
        said.push(format!("{meta:?}"));
    }
    said
}

/// The texts of a JSON value, the names of its members included.
fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| [vec![name.clone()], texts_of(value)].concat())
            .collect(),
        _ => Vec::new(),
    }
}

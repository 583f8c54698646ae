//! Checks that the error for an error response has the status of the response, has one-line output, and never
//! shows the credential.

use http::StatusCode;
use pgbeam_api::{Error, Redactor};
use serde_json::Value;

use super::{error_output, response};

/// Converts a response to an error and checks the error. The input has the format of [`response`]. A success
/// status is replaced with 400.
///
/// # Panics
///
/// If the error has another status than the response, has malformed output, or shows the credential.
pub fn check(data: &[u8]) {
    let mut input = response::parse(data);
    // `response_json` covers success responses.
    if input.response.status.is_success() {
        input.response.status = StatusCode::BAD_REQUEST;
    }
    let status = input.response.status.as_u16();
    if let Some(credential) = &input.credential {
        input.response.redact(&Redactor::new(credential));
    }
    let error = input.response.into_error();
    assert_eq!(error.status(), Some(status));
    let [display, debug] = error_output::check(&error);
    assert!(
        display.starts_with(&format!("updatePolicyProfile: HTTP {status}")),
        "{display}"
    );
    let strings = collect_error_strings(&error);
    if let Some(credential) = &input.credential {
        for string in strings.iter().chain([&display, &debug]) {
            assert!(
                !string.contains(credential),
                "the credential is shown: {string:?}"
            );
        }
    }
}

/// Returns the strings that the methods of an error return, except its `Display` and `Debug` output.
fn collect_error_strings(error: &Error) -> Vec<String> {
    let mut strings = vec![
        error.message(),
        String::from_utf8_lossy(error.body()).into_owned(),
    ];
    let optional = [
        error.code().map(pgbeam_api::types::ErrorCode::as_str),
        error.problem_type(),
        error.title(),
        error.detail(),
        error.instance(),
        error.request_id(),
        error.etag(),
    ];
    strings.extend(optional.into_iter().flatten().map(str::to_owned));
    for field in error.field_errors() {
        strings.extend([
            field.field().to_owned(),
            field.detail().to_owned(),
            field.to_string(),
        ]);
    }
    strings.extend(
        error
            .body_as::<Value>()
            .iter()
            .flat_map(collect_json_strings),
    );
    if let Some(meta) = error.meta() {
        let values = meta.headers().values();
        strings.extend(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()));
        strings.push(format!("{meta:?}"));
    }
    strings
}

/// Returns all strings of a JSON value, including field names.
fn collect_json_strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(string) => vec![string.clone()],
        Value::Array(items) => items.iter().flat_map(collect_json_strings).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| [vec![name.clone()], collect_json_strings(value)].concat())
            .collect(),
        _ => Vec::new(),
    }
}

//! Checks the parsing of JSON bodies of success responses: a parsed value does not change if it is serialized
//! and parsed again, and a parse error shows no secret of the body.

use http::StatusCode;
use pgbeam_api::types::PolicyProfile;

use super::{error_output, response};

/// Parses the body of a success response. The input has the format of [`response`]. A status that is not a
/// success is replaced with 200. The credential of the input stands for any secret in the body.
///
/// # Panics
///
/// If the parsed value is different after it is serialized and parsed again, if the `Display` or `Debug`
/// output of a parse error is malformed or shows the credential, or if the result has another status than the
/// response.
pub fn check(data: &[u8]) {
    let mut input = response::parse(data);
    if !input.response.status.is_success() {
        input.response.status = StatusCode::OK;
    }
    let status = input.response.status.as_u16();
    let meta = match input.response.json::<PolicyProfile>() {
        Ok(response) => {
            let (profile, meta) = response.into_parts();
            let json = serde_json::to_string(&profile).expect("a parsed value is serializable");
            let parsed = serde_json::from_str::<PolicyProfile>(&json);
            assert_eq!(parsed.ok().as_ref(), Some(&profile), "{json}");
            meta
        }
        Err(error) => {
            assert!(error.is_decode(), "{error}");
            for output in error_output::check(&error) {
                let secret = input.credential.as_deref();
                assert!(
                    !secret.is_some_and(|secret| output.contains(secret)),
                    "{output}"
                );
            }
            error
                .meta()
                .cloned()
                .expect("a decode error has response metadata")
        }
    };
    assert_eq!(meta.status(), status);
}

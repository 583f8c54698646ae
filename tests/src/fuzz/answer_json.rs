//! Answers of success, whatever they hold: what is read says the same when it is written and read
//! again, and what cannot be read is an error that shows nothing of the body.

use http::StatusCode;
use pgbeam_api::types::PolicyProfile;

use super::{answer, line};

/// An input has the form of [`answer`]. A credential in its first line stands for any secret in the
/// body.
pub fn check(data: &[u8]) {
    let mut given = answer::read(data);
    if !given.answer.status.is_success() {
        given.answer.status = StatusCode::OK;
    }
    let status = given.answer.status.as_u16();
    let meta = match given.answer.json::<PolicyProfile>() {
        Ok(response) => {
            let (profile, meta) = response.into_parts();
            let written = serde_json::to_string(&profile).expect("what was read can be written");
            let again = serde_json::from_str::<PolicyProfile>(&written);
            assert_eq!(again.ok().as_ref(), Some(&profile), "{written}");
            meta
        }
        Err(error) => {
            assert!(error.is_decode(), "{error}");
            for shown in line::shown(&error) {
                let secret = given.credential.as_deref();
                assert!(
                    !secret.is_some_and(|secret| shown.contains(secret)),
                    "{shown}"
                );
            }
            error.meta().cloned().expect("what came with the answer")
        }
    };
    assert_eq!(meta.status(), status);
}

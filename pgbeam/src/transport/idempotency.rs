//! The `Idempotency-Key` of a request.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pgbeam_api::{Error, Idempotency, Operation};
use uuid::Uuid;

/// The header's name.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// Checks the caller's key, or adds a new one to a POST or PATCH. Returns whether there is a key.
///
/// Without `make` no key is added: keys are for retries. All attempts of a call share the headers,
/// so they share the key.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) for a key that the API rejects.
pub(crate) fn prepare(
    headers: &mut HeaderMap,
    operation: &Operation,
    make: bool,
    new_key: impl FnOnce() -> Uuid,
) -> Result<bool, Error> {
    if let Some(given) = headers.get(HEADER) {
        check(given, operation.idempotency)?;
        return Ok(true);
    }
    let takes_key = matches!(operation.method, Method::POST | Method::PATCH)
        && operation.idempotency != Idempotency::KeyRejected;
    if !make || !takes_key {
        return Ok(false);
    }
    let mut text = Uuid::encode_buffer();
    let text: &str = new_key().hyphenated().encode_lower(&mut text);
    let key = HeaderValue::from_str(text).map_err(|_| malformed())?;
    headers.insert(HEADER, key);
    Ok(true)
}

fn check(key: &HeaderValue, idempotency: Idempotency) -> Result<(), Error> {
    if idempotency == Idempotency::KeyRejected {
        return Err(Error::invalid_field(
            "Idempotency-Key",
            "this operation responds with 400 to one: leave it out",
        ));
    }
    let well_formed = (1..=255).contains(&key.len());
    if well_formed && key.as_bytes().iter().all(u8::is_ascii_graphic) {
        Ok(())
    } else {
        Err(malformed())
    }
}

fn malformed() -> Error {
    Error::invalid_field(
        "Idempotency-Key",
        "must be 1 to 255 visible ASCII characters",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Uuid = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);

    const fn operation(method: Method, idempotency: Idempotency) -> Operation {
        Operation::new(
            "x",
            method,
            "/x",
            "x",
            &[],
            idempotency,
            true,
            pgbeam_api::Content::Json,
        )
    }

    fn prepared(
        given: Option<&str>,
        operation: &Operation,
        make: bool,
    ) -> Result<Option<String>, Error> {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert(
                "IDEMPOTENCY-key".parse::<HeaderName>().unwrap(),
                given.parse().unwrap(),
            );
        }
        let has = prepare(&mut headers, operation, make, || KEY)?;
        let key = headers
            .get(HEADER)
            .map(|key| key.to_str().unwrap().to_owned());
        assert_eq!(has, key.is_some());
        Ok(key)
    }

    #[test]
    fn every_post_and_patch_has_a_key_unless_it_refuses_one() {
        use Idempotency::{
            Idempotent, IdempotentPatch, KeyRejected, Keyed, NonIdempotent, ReadOnly,
        };
        let made = Some("67e55044-10b1-426f-9247-bb680e5fe0c8");
        for (method, idempotency, want) in [
            (Method::POST, Keyed, made),
            (Method::POST, NonIdempotent, made),
            (Method::POST, ReadOnly, made),
            (Method::POST, KeyRejected, None),
            (Method::PATCH, Keyed, made),
            (Method::PATCH, IdempotentPatch, made),
            (Method::PATCH, NonIdempotent, made),
            (Method::GET, ReadOnly, None),
            (Method::PUT, Idempotent, None),
            (Method::DELETE, Idempotent, None),
        ] {
            let operation = operation(method, idempotency);
            let key = |given, make| prepared(given, &operation, make).unwrap();
            assert_eq!(key(None, true).as_deref(), want, "{operation:?}");
            assert_eq!(key(None, false), None, "{operation:?}");
            if idempotency != KeyRejected {
                for make in [true, false] {
                    assert_eq!(key(Some("mine"), make).as_deref(), Some("mine"));
                }
            }
        }
    }

    #[test]
    fn refuses_a_key_where_the_api_does() {
        for make in [true, false] {
            let refusing = operation(Method::POST, Idempotency::KeyRejected);
            let error = prepared(Some("mine"), &refusing, make).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), "Idempotency-Key");
            assert!(error.to_string().contains("leave it out"));
        }
    }

    #[test]
    fn a_key_is_1_to_255_visible_characters() {
        let long = "k".repeat(255);
        let keyed = operation(Method::POST, Idempotency::Keyed);
        for good in ["k", "!~", &long] {
            assert_eq!(
                prepared(Some(good), &keyed, true).unwrap().as_deref(),
                Some(good)
            );
        }
        let too_long = "k".repeat(256);
        for bad in ["", " ", "a b", "a\tb", "é", &too_long] {
            let error = prepared(Some(bad), &keyed, true).unwrap_err();
            assert_eq!(error.kind(), pgbeam_api::ErrorKind::Invalid, "{bad:?}");
        }
    }
}

//! Validates or generates the `Idempotency-Key` of a request.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pgbeam_api::{Error, Idempotency, Operation};
use uuid::Uuid;

/// The name of the header `Idempotency-Key`.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// Validates the key if the caller has set a key. If not, adds a generated key to a POST or PATCH, unless
/// `generate` is `false` or the operation rejects keys. Returns `true` if the request now has a key.
///
/// All attempts of a call are sent with the same headers, so they have the same key.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) if the caller has set a key although the operation
/// rejects keys, or if the key of the caller is not 1 to 255 visible ASCII characters.
pub(crate) fn prepare(
    headers: &mut HeaderMap,
    operation: &Operation,
    generate: bool,
    new_key: impl FnOnce() -> Uuid,
) -> Result<bool, Error> {
    if let Some(key) = headers.get(HEADER) {
        validate(key, operation.idempotency)?;
        return Ok(true);
    }
    let accepts_key = matches!(operation.method, Method::POST | Method::PATCH)
        && operation.idempotency != Idempotency::KeyRejected;
    if !generate || !accepts_key {
        return Ok(false);
    }
    let mut buffer = Uuid::encode_buffer();
    let uuid: &str = new_key().hyphenated().encode_lower(&mut buffer);
    let key = HeaderValue::from_str(uuid).map_err(|_| invalid_key())?;
    headers.insert(HEADER, key);
    Ok(true)
}

fn validate(key: &HeaderValue, idempotency: Idempotency) -> Result<(), Error> {
    if idempotency == Idempotency::KeyRejected {
        return Err(Error::invalid_field(
            "Idempotency-Key",
            "is rejected by this operation: omit it",
        ));
    }
    let has_valid_length = (1..=255).contains(&key.len());
    if has_valid_length && key.as_bytes().iter().all(u8::is_ascii_graphic) {
        Ok(())
    } else {
        Err(invalid_key())
    }
}

fn invalid_key() -> Error {
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

    fn prepare_key(
        caller_key: Option<&str>,
        operation: &Operation,
        generate: bool,
    ) -> Result<Option<String>, Error> {
        let mut headers = HeaderMap::new();
        if let Some(caller_key) = caller_key {
            headers.insert(
                "IDEMPOTENCY-key".parse::<HeaderName>().unwrap(),
                caller_key.parse().unwrap(),
            );
        }
        let has_key = prepare(&mut headers, operation, generate, || KEY)?;
        let key = headers
            .get(HEADER)
            .map(|key| key.to_str().unwrap().to_owned());
        assert_eq!(has_key, key.is_some());
        Ok(key)
    }

    #[test]
    fn generates_a_key_for_every_post_and_patch_that_accepts_one() {
        use Idempotency::{
            Idempotent, IdempotentPatch, KeyRejected, Keyed, NonIdempotent, ReadOnly,
        };
        let generated = Some("67e55044-10b1-426f-9247-bb680e5fe0c8");
        for (method, idempotency, expected) in [
            (Method::POST, Keyed, generated),
            (Method::POST, NonIdempotent, generated),
            (Method::POST, ReadOnly, generated),
            (Method::POST, KeyRejected, None),
            (Method::PATCH, Keyed, generated),
            (Method::PATCH, IdempotentPatch, generated),
            (Method::PATCH, NonIdempotent, generated),
            (Method::GET, ReadOnly, None),
            (Method::PUT, Idempotent, None),
            (Method::DELETE, Idempotent, None),
        ] {
            let operation = operation(method, idempotency);
            let key = |caller_key, generate| prepare_key(caller_key, &operation, generate).unwrap();
            assert_eq!(key(None, true).as_deref(), expected, "{operation:?}");
            assert_eq!(key(None, false), None, "{operation:?}");
            if idempotency != KeyRejected {
                for generate in [true, false] {
                    assert_eq!(key(Some("mine"), generate).as_deref(), Some("mine"));
                }
            }
        }
    }

    #[test]
    fn rejects_a_key_if_the_operation_rejects_keys() {
        for generate in [true, false] {
            let operation = operation(Method::POST, Idempotency::KeyRejected);
            let error = prepare_key(Some("mine"), &operation, generate).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), "Idempotency-Key");
            assert!(error.to_string().contains("omit it"));
        }
    }

    #[test]
    fn accepts_keys_of_1_to_255_visible_characters() {
        let long = "k".repeat(255);
        let keyed = operation(Method::POST, Idempotency::Keyed);
        for good in ["k", "!~", &long] {
            assert_eq!(
                prepare_key(Some(good), &keyed, true).unwrap().as_deref(),
                Some(good)
            );
        }
        let too_long = "k".repeat(256);
        for bad in ["", " ", "a b", "a\tb", "é", &too_long] {
            let error = prepare_key(Some(bad), &keyed, true).unwrap_err();
            assert_eq!(error.kind(), pgbeam_api::ErrorKind::Invalid, "{bad:?}");
        }
    }
}

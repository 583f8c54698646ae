//! Which `Idempotency-Key` a request carries, if any.

use http::{HeaderMap, HeaderName, HeaderValue};
use pgbeam_api::{Error, Idempotency};
use uuid::Uuid;

/// The header's name.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// Checks the key that the caller gave, or makes one where one helps; says whether there is one.
///
/// `make` says whether keys are to be made: they are for retries, so without retries they are not.
/// The headers are those of all attempts of a call, and so the key is.
///
/// # Errors
///
/// Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) for a key that the API would not take.
pub(crate) fn prepare(
    headers: &mut HeaderMap,
    idempotency: Idempotency,
    make: bool,
    new_key: impl FnOnce() -> Uuid,
) -> Result<bool, Error> {
    if let Some(given) = headers.get(HEADER) {
        check(given, idempotency)?;
        return Ok(true);
    }
    if !make || idempotency != Idempotency::Keyed {
        return Ok(false);
    }
    let mut text = Uuid::encode_buffer();
    let text: &str = new_key().hyphenated().encode_lower(&mut text);
    let key = HeaderValue::from_str(text).map_err(|_| malformed())?;
    headers.insert(HEADER, key);
    Ok(true)
}

fn check(key: &HeaderValue, idempotency: Idempotency) -> Result<(), Error> {
    if idempotency == Idempotency::Refused {
        return Err(Error::invalid_field(
            "Idempotency-Key",
            "this operation answers 400 to one: leave it out",
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

    fn prepared(given: Option<&str>, of: Idempotency, make: bool) -> Result<Option<String>, Error> {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert(
                "IDEMPOTENCY-key".parse::<HeaderName>().unwrap(),
                given.parse().unwrap(),
            );
        }
        let has = prepare(&mut headers, of, make, || KEY)?;
        let key = headers
            .get(HEADER)
            .map(|key| key.to_str().unwrap().to_owned());
        assert_eq!(has, key.is_some());
        Ok(key)
    }

    #[test]
    fn makes_one_only_where_it_helps_and_none_is_given() {
        use Idempotency::{Idempotent, Keyed, Refused};
        let made = Some("67e55044-10b1-426f-9247-bb680e5fe0c8");
        for (given, of, make, want) in [
            (None, Keyed, true, made),
            (None, Keyed, false, None),
            (None, Idempotent, true, None),
            (None, Refused, true, None),
            (Some("mine"), Keyed, true, Some("mine")),
            (Some("mine"), Keyed, false, Some("mine")),
            (Some("mine"), Idempotent, true, Some("mine")),
        ] {
            assert_eq!(
                prepared(given, of, make).unwrap().as_deref(),
                want,
                "{given:?} {of:?} {make}"
            );
        }
    }

    #[test]
    fn refuses_a_key_where_the_api_does() {
        for make in [true, false] {
            let error = prepared(Some("mine"), Idempotency::Refused, make).unwrap_err();
            assert_eq!(error.field_errors()[0].field(), "Idempotency-Key");
            assert!(error.to_string().contains("leave it out"));
        }
    }

    #[test]
    fn a_key_is_1_to_255_visible_characters() {
        let long = "k".repeat(255);
        for good in ["k", "!~", &long] {
            assert_eq!(
                prepared(Some(good), Idempotency::Keyed, true)
                    .unwrap()
                    .as_deref(),
                Some(good)
            );
        }
        let too_long = "k".repeat(256);
        for bad in ["", " ", "a b", "a\tb", "é", &too_long] {
            let error = prepared(Some(bad), Idempotency::Keyed, true).unwrap_err();
            assert_eq!(error.kind(), pgbeam_api::ErrorKind::Invalid, "{bad:?}");
        }
    }
}

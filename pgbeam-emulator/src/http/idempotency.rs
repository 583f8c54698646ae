//! Idempotency keys: a retried POST with the same key returns the stored response.
//!
//! Responses with 2xx and 4xx are stored, except 408 and 429. The API stores keys per organization. In the emulator,
//! all organizations and projects share keys.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::http::problem::Problem;
use crate::http::response::{Response, short_hash};

const HEADER: &str = "idempotency-key";
const MAX_LENGTH: usize = 255;
const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// The maximum number of stored keys.
const MAX_KEYS: usize = 250_000;
/// The maximum size of all stored responses, in bytes.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// The estimated memory of a stored response besides its body, in bytes.
const RESPONSE_OVERHEAD: usize = 1024;

/// A hash of the method, target and body of a request, to compare requests without storing their bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    pub(crate) fn new(method: &Method, uri: &Uri, body: &[u8]) -> Self {
        // The absolute form of a target is the same request as the origin form.
        let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
        let mut request = format!("{method} {target}\n").into_bytes();
        request.extend_from_slice(body);
        Self(short_hash(&request))
    }
}

#[derive(Clone, Debug)]
struct StoredResponse {
    fingerprint: Fingerprint,
    response: Response,
    expires_at: DateTime<Utc>,
}

impl StoredResponse {
    fn size(&self) -> usize {
        self.response.body.len().saturating_add(RESPONSE_OVERHEAD)
    }
}

/// The stored responses by idempotency key. A response is stored for 24 hours. If the number or the size of the
/// responses exceeds a limit, the oldest ones are removed earlier, so that a client cannot exhaust the memory.
///
/// The keys are in a queue, and expired keys are removed from its front. So the time for a request does not depend on
/// the number of stored keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdempotencyStore {
    by_key: HashMap<String, StoredResponse>,
    /// The keys with their expiry, in the order in which they were stored.
    expiries: VecDeque<(DateTime<Utc>, String)>,
    /// The size of all stored responses.
    bytes: usize,
}

/// Returns the `Idempotency-Key` of a request; `None` without the header. Returns 400 if the key does not have 1 to
/// 255 printable characters.
pub(crate) fn parse_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > MAX_LENGTH {
        return Err(Problem::invalid_field(
            "Idempotency-Key",
            format!("must have 1 to {MAX_LENGTH} printable characters"),
        ));
    }
    Ok(Some(key.to_owned()))
}

impl IdempotencyStore {
    /// Returns the response that is stored for `key`; `None` if there is none. Returns 409 if the key was used for
    /// another request.
    pub(crate) fn find(
        &mut self,
        key: &str,
        fingerprint: &Fingerprint,
        now: DateTime<Utc>,
    ) -> Result<Option<Response>, Problem> {
        self.remove_expired(now);
        // If the clock was set back, the queue is not sorted by expiry.
        match self
            .by_key
            .get(key)
            .filter(|stored| now < stored.expires_at)
        {
            None => Ok(None),
            Some(stored) if stored.fingerprint == *fingerprint => Ok(Some(stored.response.clone())),
            Some(_) => Err(Problem::conflict(
                "IDEMPOTENCY_KEY_REUSED",
                "The Idempotency-Key was used for another request in the last 24 hours",
            )),
        }
    }

    /// Stores the response to the first request with this key, if the status is 2xx or 4xx, but not 408 or 429.
    pub(crate) fn store(
        &mut self,
        key: String,
        fingerprint: Fingerprint,
        response: &Response,
        now: DateTime<Utc>,
    ) {
        if !is_stored(response.status) {
            return;
        }
        let expires_at = now
            .checked_add_signed(LIFETIME)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.expiries.push_back((expires_at, key.clone()));
        let stored = StoredResponse {
            fingerprint,
            response: response.clone(),
            expires_at,
        };
        self.bytes = self.bytes.saturating_add(stored.size());
        if let Some(replaced) = self.by_key.insert(key, stored) {
            self.bytes = self.bytes.saturating_sub(replaced.size());
        }
        while self.expiries.len() > MAX_KEYS || self.bytes > MAX_BYTES {
            if !self.remove_first() {
                break;
            }
        }
    }

    /// Removes the first entry of the queue, and its response unless a later entry has the same key. Returns `false` if
    /// the queue is empty.
    fn remove_first(&mut self) -> bool {
        let Some((expires_at, key)) = self.expiries.pop_front() else {
            return false;
        };
        let is_latest = |stored: &StoredResponse| stored.expires_at == expires_at;
        if self.by_key.get(&key).is_some_and(is_latest)
            && let Some(removed) = self.by_key.remove(&key)
        {
            self.bytes = self.bytes.saturating_sub(removed.size());
        }
        true
    }

    /// Removes the expired keys at the front of the queue, up to the first key that has not expired. Returns the
    /// number of queue entries examined, including the entry of that key. Only tests use the number.
    fn remove_expired(&mut self, now: DateTime<Utc>) -> usize {
        let mut examined = 0_usize;
        while let Some((expires_at, _)) = self.expiries.front() {
            examined = examined.saturating_add(1);
            if now < *expires_at {
                break;
            }
            self.remove_first();
        }
        examined
    }
}

fn is_stored(status: StatusCode) -> bool {
    let is_retryable =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    status.is_success() || (status.is_client_error() && !is_retryable)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn fingerprint(target: &str, body: &'static str) -> Fingerprint {
        Fingerprint::new(
            &Method::POST,
            &target.parse().expect("a target"),
            body.as_bytes(),
        )
    }

    #[test]
    fn fingerprints_differ_by_method_target_and_body() {
        let first = fingerprint("/a?b", "{}");
        assert_eq!(first, fingerprint("http://host/a?b", "{}"));
        for other in [
            fingerprint("/a", "{}"),
            fingerprint("/a?c", "{}"),
            fingerprint("/a?b", "{ }"),
            Fingerprint::new(&Method::PATCH, &"/a?b".parse().expect("a target"), b"{}"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn stores_2xx_and_4xx_except_408_and_429() {
        let cases = [
            (200, true),
            (201, true),
            (400, true),
            (404, true),
            (409, true),
            (422, true),
            (408, false),
            (429, false),
            (500, false),
            (503, false),
        ];
        for (status, stored) in cases {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(is_stored(status), stored, "{status}");
        }
    }

    #[test]
    fn a_key_expires_after_24_hours_and_conflicts_with_other_requests() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let mut keys = IdempotencyStore::default();
        let first = fingerprint("/a", "{}");
        keys.store(
            "k".to_owned(),
            first.clone(),
            &Response::empty(StatusCode::CREATED),
            now,
        );
        let stored = keys.find("k", &first, now + LIFETIME - TimeDelta::seconds(1));
        assert_eq!(
            stored.expect("no problem").map(|response| response.status),
            Some(StatusCode::CREATED)
        );
        for other in [fingerprint("/a", "{ }"), fingerprint("/b", "{}")] {
            let problem = keys.find("k", &other, now).expect_err("another request");
            assert_eq!(
                (problem.status.as_u16(), problem.code),
                (409, "IDEMPOTENCY_KEY_REUSED")
            );
        }
        assert!(
            keys.find("other", &first, now)
                .expect("no problem")
                .is_none()
        );
        assert!(
            keys.find("k", &first, now + LIFETIME)
                .expect("no problem")
                .is_none(),
            "a day later"
        );
    }

    #[test]
    fn removing_expired_keys_does_not_examine_all_keys() {
        const COUNT: usize = 30_000;
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let created = Response::empty(StatusCode::CREATED);
        let mut keys = IdempotencyStore::default();
        let mut examined = 0;
        for n in 0..COUNT {
            let now = start + TimeDelta::milliseconds(n as i64);
            examined += keys.remove_expired(now);
            keys.store(format!("k{n}"), fingerprint("/a", "{}"), &created, now);
        }
        assert!(examined <= COUNT, "{examined} entries for {COUNT} requests");

        let half = start + LIFETIME + TimeDelta::milliseconds(COUNT as i64 / 2 - 1);
        assert_eq!(keys.remove_expired(half), COUNT / 2 + 1);
        assert_eq!(keys.by_key.len(), COUNT / 2);
        assert_eq!(keys.remove_expired(half), 1);
        assert_eq!(keys.remove_expired(half + LIFETIME), COUNT / 2);
        assert!(keys.by_key.is_empty() && keys.expiries.is_empty());
    }

    #[test]
    fn the_oldest_keys_are_removed_when_a_limit_is_exceeded() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let request = fingerprint("/a", "{}");
        let is_stored = |keys: &mut IdempotencyStore, key: &str| {
            let response = keys.find(key, &request, now);
            response.expect("no problem").is_some()
        };
        let mut large = Response::empty(StatusCode::CREATED);
        large.body = vec![0; MAX_BYTES / 4].into();
        let mut keys = IdempotencyStore::default();
        for key in ["a", "b", "b", "c", "d"] {
            keys.store(key.to_owned(), request.clone(), &large, now);
        }
        let stored = ["a", "b", "c", "d"].map(|key| is_stored(&mut keys, key));
        assert_eq!(stored, [false, true, true, true]);
        assert!(keys.bytes <= MAX_BYTES);

        let small = Response::empty(StatusCode::CREATED);
        let mut keys = IdempotencyStore::default();
        for n in 0..=MAX_KEYS {
            keys.store(n.to_string(), request.clone(), &small, now);
        }
        assert!(!is_stored(&mut keys, "0") && is_stored(&mut keys, "1"));
        assert_eq!(
            (keys.by_key.len(), keys.expiries.len()),
            (MAX_KEYS, MAX_KEYS)
        );
        keys.remove_expired(now + LIFETIME);
        assert_eq!((keys.by_key.len(), keys.bytes), (0, 0));
    }

    #[test]
    fn keys_expire_after_the_clock_was_set_back() {
        let noon = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(12);
        let midnight = DateTime::<Utc>::UNIX_EPOCH;
        let (first, second) = (fingerprint("/a", "{}"), fingerprint("/a", "{ }"));
        let created = Response::empty(StatusCode::CREATED);
        let mut keys = IdempotencyStore::default();
        keys.store("noon".to_owned(), first.clone(), &created, noon);
        keys.store("midnight".to_owned(), first.clone(), &created, midnight);
        let later = midnight + LIFETIME;
        assert!(
            keys.find("noon", &first, later)
                .is_ok_and(|response| response.is_some())
        );
        assert!(
            keys.find("midnight", &second, later)
                .is_ok_and(|response| response.is_none())
        );
        // A key that is stored again outlives its first entry.
        keys.store("midnight".to_owned(), second.clone(), &created, later);
        assert_eq!(keys.remove_expired(noon + LIFETIME), 3);
        assert!(
            keys.find("midnight", &second, noon + LIFETIME)
                .is_ok_and(|response| response.is_some())
        );
    }

    #[test]
    fn rejects_empty_and_too_long_keys() {
        let parse = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HEADER,
                HeaderValue::from_str(value).expect("a header value"),
            );
            parse_key(&headers)
        };
        assert_eq!(parse_key(&HeaderMap::new()).expect("no problem"), None);
        assert!(parse("k").is_ok_and(|key| key.as_deref() == Some("k")));
        assert!(parse(&"k".repeat(255)).is_ok());
        assert!(parse(&"k".repeat(256)).is_err());
        assert!(parse("").is_err());
    }
}

//! Idempotency keys: a POST that is sent again with its key gets the stored answer.
//!
//! The API stores keys by organisation; the emulator is one organisation, so a key is
//! the same key in all its projects. Answers with 2xx and 4xx are stored, those with
//! 408, 429 and 5xx are not.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::problem::Problem;
use crate::response::{Response, short_hash};

const HEADER: &str = "idempotency-key";
const MAX_LENGTH: usize = 255;
const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// What makes two requests the same: their method, target and body, byte for byte. Only
/// their hash is kept, a day's bodies would be too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    pub(crate) fn of(method: &Method, uri: &Uri, body: &[u8]) -> Self {
        // Whether the request line names the host as well makes no other request of it.
        let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
        let mut request = format!("{method} {target}\n").into_bytes();
        request.extend_from_slice(body);
        Self(short_hash(&request))
    }
}

#[derive(Debug)]
struct Stored {
    fingerprint: Fingerprint,
    response: Response,
    expires_at: DateTime<Utc>,
}

/// The answers of the last 24 hours, by key.
///
/// Expired keys are dropped from the front of a queue, so a request costs the same
/// however many keys are stored.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    by_key: HashMap<String, Stored>,
    /// The keys in the order in which they were stored, with their expiry.
    expiries: VecDeque<(DateTime<Utc>, String)>,
}

/// The key of a request, when it has one.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > MAX_LENGTH {
        return Err(Problem::invalid_field(
            "Idempotency-Key",
            format!("must be 1 to {MAX_LENGTH} printable characters"),
        ));
    }
    Ok(Some(key.to_owned()))
}

impl Keys {
    /// Returns the stored answer for `key`, if any; 409 if the key was used for another
    /// request.
    pub(crate) fn find(
        &mut self,
        key: &str,
        fingerprint: &Fingerprint,
        now: DateTime<Utc>,
    ) -> Result<Option<Response>, Problem> {
        self.remove_expired(now);
        // The queue is not in the order of expiry after the clock was set back.
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

    /// Stores the answer, if answers with its status are stored.
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
        self.by_key.insert(
            key,
            Stored {
                fingerprint,
                response: response.clone(),
                expires_at,
            },
        );
    }

    /// Drops the expired keys at the front of the queue. Returns how many queue entries
    /// it looked at: the dropped ones and at most one more.
    fn remove_expired(&mut self, now: DateTime<Utc>) -> usize {
        let mut examined = 0_usize;
        while let Some((expires_at, _)) = self.expiries.front() {
            examined = examined.saturating_add(1);
            if now < *expires_at {
                break;
            }
            if let Some((expires_at, key)) = self.expiries.pop_front()
                && let Some(stored) = self.by_key.get(&key)
                // A key that was stored anew has a later entry of its own.
                && stored.expires_at == expires_at
            {
                self.by_key.remove(&key);
            }
        }
        examined
    }
}

fn is_stored(status: StatusCode) -> bool {
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    status.is_success() || (status.is_client_error() && !again)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn fingerprint(target: &str, body: &'static str) -> Fingerprint {
        Fingerprint::of(
            &Method::POST,
            &target.parse().expect("a target"),
            body.as_bytes(),
        )
    }

    #[test]
    fn a_fingerprint_tells_requests_apart() {
        let first = fingerprint("/a?b", "{}");
        assert_eq!(first, fingerprint("http://host/a?b", "{}"));
        for other in [
            fingerprint("/a", "{}"),
            fingerprint("/a?c", "{}"),
            fingerprint("/a?b", "{ }"),
            Fingerprint::of(&Method::PATCH, &"/a?b".parse().expect("a target"), b"{}"),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn which_answers_are_stored() {
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
    fn a_key_is_bound_to_its_request_for_a_day() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let mut keys = Keys::default();
        let first = fingerprint("/a", "{}");
        keys.store(
            "k".to_owned(),
            first.clone(),
            &Response::empty(StatusCode::CREATED),
            now,
        );
        let found = keys.find("k", &first, now + LIFETIME - TimeDelta::seconds(1));
        assert_eq!(
            found.expect("no problem").map(|a| a.status),
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
    fn a_request_does_not_walk_the_stored_keys() {
        const COUNT: usize = 30_000;
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let created = Response::empty(StatusCode::CREATED);
        let mut keys = Keys::default();
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
    fn keys_expire_when_the_clock_was_set_back() {
        let noon = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(12);
        let midnight = DateTime::<Utc>::UNIX_EPOCH;
        let (first, second) = (fingerprint("/a", "{}"), fingerprint("/a", "{ }"));
        let created = Response::empty(StatusCode::CREATED);
        let mut keys = Keys::default();
        keys.store("noon".to_owned(), first.clone(), &created, noon);
        keys.store("midnight".to_owned(), first.clone(), &created, midnight);
        let later = midnight + LIFETIME;
        assert!(keys.find("noon", &first, later).is_ok_and(|a| a.is_some()));
        assert!(
            keys.find("midnight", &second, later)
                .is_ok_and(|a| a.is_none())
        );
        // Stored anew, the key outlives the entry of its first use.
        keys.store("midnight".to_owned(), second.clone(), &created, later);
        assert_eq!(keys.remove_expired(noon + LIFETIME), 3);
        assert!(
            keys.find("midnight", &second, noon + LIFETIME)
                .is_ok_and(|a| a.is_some())
        );
    }

    #[test]
    fn keys_have_a_length() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                HEADER,
                HeaderValue::from_str(value).expect("a header value"),
            );
            key(&headers)
        };
        assert_eq!(key(&HeaderMap::new()).expect("no problem"), None);
        assert!(of("k").is_ok_and(|key| key.as_deref() == Some("k")));
        assert!(of(&"k".repeat(255)).is_ok());
        assert!(of(&"k".repeat(256)).is_err());
        assert!(of("").is_err());
    }
}

//! What a 429 asks of the calls that wait beside the one it answers.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::outcome::Outcome;

/// The last `Retry-After` of a 429, shared by all calls of a client.
///
/// It concerns the calls whose last request was on its way before that 429 came: those that are
/// answered the same way a moment later, and those that wait for a retry. What is sent later learns
/// for itself how things stand.
#[derive(Debug, Default)]
pub(crate) struct Hold(Mutex<Option<Asked>>);

#[derive(Debug, Clone, Copy)]
struct Asked {
    /// When the last 429 came.
    at: Instant,
    /// Until when it asks to wait, or one that came while its request was on its way.
    until: Instant,
}

impl Hold {
    /// Takes an outcome into account, and says how long the call must wait for the sake of others;
    /// `None` when it is alone in this.
    ///
    /// The request was sent at `sent`, and it is `now`.
    pub(crate) fn note(&self, outcome: Outcome, sent: Instant, now: Instant) -> Option<Duration> {
        if !outcome.is_retryable() {
            return None;
        }
        let mut asked = self.asked();
        // What was known when the request was sent, its own answer takes the place of: else one long
        // wait would hold for good what the server takes again.
        let beside = asked.filter(|asked| sent <= asked.at);
        let others = beside.and_then(|asked| asked.left(now));
        let Some(until) = outcome.scheduled().and_then(|wait| now.checked_add(wait)) else {
            return others;
        };
        let until = beside.map_or(until, |asked| asked.until.max(until));
        *asked = Some(Asked { at: now, until });
        others.map(|_| until.saturating_duration_since(now))
    }

    /// How long a call must still wait that sent its last request at `sent`.
    pub(crate) fn left(&self, sent: Instant, now: Instant) -> Option<Duration> {
        self.asked().filter(|asked| sent <= asked.at)?.left(now)
    }

    fn asked(&self) -> MutexGuard<'_, Option<Asked>> {
        // Whoever panicked has left it whole: each change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    fn left(&self, now: Instant) -> Option<Duration> {
        let left = self.until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn limited(seconds: u64) -> Outcome {
        let retry_after = Some(s(seconds));
        Outcome::Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after,
        }
    }

    #[test]
    fn one_call_alone_is_held_by_nobody() {
        let (hold, start) = (Hold::default(), Instant::now());
        assert_eq!(hold.note(limited(5), start, start + s(1)), None);
        // It comes back when it may, is told the same again, and is alone again.
        assert_eq!(hold.left(start, start + s(6)), None);
        assert_eq!(hold.note(limited(5), start + s(6), start + s(7)), None);
    }

    #[test]
    fn who_was_under_way_waits_too() {
        let (hold, start) = (Hold::default(), Instant::now());
        hold.note(limited(10), start, start + s(2));
        for (sent, now, want) in [
            (0, 2, Some(s(10))),
            (1, 5, Some(s(7))),
            (2, 11, Some(s(1))),
            (2, 12, None),
            (2, 20, None),
            // Sent when it was known already.
            (3, 5, None),
        ] {
            let (sent, now) = (start + s(sent), start + s(now));
            assert_eq!(hold.left(sent, now), want);
            assert_eq!(hold.note(Outcome::Connect, sent, now), want);
            let fine = Outcome::Response {
                status: StatusCode::OK,
                retry_after: None,
            };
            assert_eq!(hold.note(fine, sent, now), None);
        }
    }

    #[test]
    fn the_longest_wait_that_was_asked_for_counts() {
        let (hold, start) = (Hold::default(), Instant::now());
        hold.note(limited(10), start, start);
        assert_eq!(hold.note(limited(2), start, start + s(1)), Some(s(9)));
        assert_eq!(hold.note(limited(20), start, start + s(2)), Some(s(20)));
        assert_eq!(hold.note(limited(0), start, start + s(2)), Some(s(20)));
        assert_eq!(hold.left(start, start + s(2)), Some(s(20)));
    }

    #[test]
    fn a_long_wait_holds_nobody_who_has_learned_better() {
        let (hold, start) = (Hold::default(), Instant::now());
        hold.note(limited(3_600), start, start + s(1));
        // Sent when that was known, and told otherwise.
        assert_eq!(hold.note(limited(0), start + s(2), start + s(3)), None);
        assert_eq!(hold.note(limited(5), start + s(4), start + s(6)), None);
        assert_eq!(hold.left(start + s(5), start + s(6)), Some(s(5)));
        assert_eq!(
            hold.note(Outcome::Connect, start + s(7), start + s(8)),
            None
        );
    }

    #[test]
    fn no_wait_is_too_long_to_be_noted() {
        let (hold, start) = (Hold::default(), Instant::now());
        let forever = Outcome::Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            retry_after: Some(Duration::MAX),
        };
        assert_eq!(hold.note(forever, start, start), None);
        assert_eq!(hold.left(start, start), None);
    }
}

//! How long to wait before a retry when the server does not say.

use std::time::Duration;

use crate::RetryPolicy;

/// `min(initial × 2^retries, max)`, spread by chance over half to one and a half times that.
///
/// `chance` is uniform in `[0, 1)`.
pub(crate) fn backoff(policy: &RetryPolicy, retries: u32, chance: f64) -> Duration {
    of_seconds(ceiling(policy, retries) * (0.5 + chance))
}

/// How much later than the server asks a call comes back that is not the only one told so: by
/// chance anything up to what it would have waited unasked, so that each further 429 spreads the
/// calls wider.
pub(crate) fn spread(policy: &RetryPolicy, retries: u32, chance: f64) -> Duration {
    of_seconds(ceiling(policy, retries) * chance)
}

/// `min(initial × 2^retries, max)` in seconds.
fn ceiling(policy: &RetryPolicy, retries: u32) -> f64 {
    // 2^63 times a nanosecond is 292 years: beyond any `max` that is meant.
    let doubled = policy.initial_delay.as_secs_f64() * f64::from(retries.min(63)).exp2();
    doubled.min(policy.max_delay.as_secs_f64())
}

fn of_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn doubles_until_the_ceiling() {
        let policy = RetryPolicy::new();
        let waits: Vec<_> = (0..9).map(|n| backoff(&policy, n, 0.5)).collect();
        let want = [
            500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
        ];
        assert_eq!(waits, want.map(ms));
    }

    #[test]
    fn chance_spreads_it_ceiling_included() {
        let policy = RetryPolicy::new();
        let cases = [
            (0, 0.0, 250),
            (0, 0.25, 375),
            (0, 0.75, 625),
            (9, 0.0, 15_000),
            (9, 0.9, 42_000),
        ];
        for (retries, chance, want) in cases {
            assert_eq!(backoff(&policy, retries, chance), ms(want));
        }
        assert!(backoff(&policy, 0, 0.999_999) < ms(750));
    }

    #[test]
    fn a_herd_is_spread_wider_each_time() {
        let policy = RetryPolicy::new();
        for (retries, chance, want) in [
            (0, 0.0, 0),
            (0, 0.5, 250),
            (1, 0.5, 500),
            (2, 0.5, 1_000),
            (9, 0.9, 27_000),
        ] {
            assert_eq!(spread(&policy, retries, chance), ms(want));
        }
    }

    #[test]
    fn no_value_overflows() {
        let of = |initial, max| RetryPolicy::new().initial_delay(initial).max_delay(max);
        for retries in [0, 31, 32, 63, 64, 1_024, u32::MAX] {
            assert_eq!(
                backoff(&of(Duration::ZERO, Duration::MAX), retries, 0.9),
                Duration::ZERO
            );
            assert_eq!(
                backoff(&of(Duration::MAX, Duration::ZERO), retries, 0.9),
                Duration::ZERO
            );
            assert_eq!(
                backoff(&of(Duration::MAX, Duration::MAX), retries, 0.9),
                Duration::MAX
            );
            assert_eq!(backoff(&of(Duration::MAX, ms(8)), retries, 0.5), ms(8));
        }
        assert_eq!(
            backoff(&of(Duration::from_nanos(1), ms(1_000)), u32::MAX, 0.5),
            ms(1_000)
        );
    }
}

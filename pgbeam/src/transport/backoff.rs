//! Computes the wait before a retry if the response has no `Retry-After`, and the random wait that is added
//! to the wait for the rate-limit gate.

use std::time::Duration;

use crate::RetryPolicy;

/// Returns the backoff: `min(initial × 2^retries, max)`, multiplied by a random factor between 0.5 and 1.5.
///
/// `random` is uniform in `[0, 1)`.
pub(crate) fn backoff(policy: &RetryPolicy, retries: u32, random: f64) -> Duration {
    saturating_from_secs(base_delay(policy, retries) * (0.5 + random))
}

/// Returns the random wait that a call adds to the wait for the rate-limit gate: `random` times the backoff
/// before randomization. Calls that wait for the gate at the same time thus retry at different times. With
/// each retry, these times spread over a longer period.
///
/// `random` is uniform in `[0, 1)`.
pub(crate) fn gate_jitter(policy: &RetryPolicy, retries: u32, random: f64) -> Duration {
    saturating_from_secs(base_delay(policy, retries) * random)
}

/// Returns the wait before randomization, in seconds: `min(initial × 2^retries, max)`.
fn base_delay(policy: &RetryPolicy, retries: u32) -> f64 {
    // 2^63 nanoseconds are 292 years, more than any useful maximum.
    let doubled = policy.initial_backoff.as_secs_f64() * f64::from(retries.min(63)).exp2();
    doubled.min(policy.max_backoff.as_secs_f64())
}

fn saturating_from_secs(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn doubles_up_to_the_maximum() {
        let policy = RetryPolicy::new();
        let waits: Vec<_> = (0..9).map(|n| backoff(&policy, n, 0.5)).collect();
        let expected = [
            500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
        ];
        assert_eq!(waits, expected.map(ms));
    }

    #[test]
    fn jitter_applies_to_the_maximum() {
        let policy = RetryPolicy::new();
        let cases = [
            (0, 0.0, 250),
            (0, 0.25, 375),
            (0, 0.75, 625),
            (9, 0.0, 15_000),
            (9, 0.9, 42_000),
        ];
        for (retries, random, expected) in cases {
            assert_eq!(backoff(&policy, retries, random), ms(expected));
        }
        assert!(backoff(&policy, 0, 0.999_999) < ms(750));
    }

    #[test]
    fn gate_jitter_grows_with_each_retry() {
        let policy = RetryPolicy::new();
        for (retries, random, expected) in [
            (0, 0.0, 0),
            (0, 0.5, 250),
            (1, 0.5, 500),
            (2, 0.5, 1_000),
            (9, 0.9, 27_000),
        ] {
            assert_eq!(gate_jitter(&policy, retries, random), ms(expected));
        }
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let policy = |initial, max| RetryPolicy::new().initial_backoff(initial).max_backoff(max);
        for retries in [0, 31, 32, 63, 64, 1_024, u32::MAX] {
            assert_eq!(
                backoff(&policy(Duration::ZERO, Duration::MAX), retries, 0.9),
                Duration::ZERO
            );
            assert_eq!(
                backoff(&policy(Duration::MAX, Duration::ZERO), retries, 0.9),
                Duration::ZERO
            );
            assert_eq!(
                backoff(&policy(Duration::MAX, Duration::MAX), retries, 0.9),
                Duration::MAX
            );
            assert_eq!(backoff(&policy(Duration::MAX, ms(8)), retries, 0.5), ms(8));
        }
        assert_eq!(
            backoff(&policy(Duration::from_nanos(1), ms(1_000)), u32::MAX, 0.5),
            ms(1_000)
        );
    }
}

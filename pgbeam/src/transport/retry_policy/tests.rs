//! Tests of the retry decision for all combinations of outcome, safety, timeouts and number of retries.

use http::StatusCode;

use super::*;

const KINDS: [RetrySafety; 4] = [
    RetrySafety::ReadOnly,
    RetrySafety::Idempotent,
    RetrySafety::Keyed,
    RetrySafety::NonIdempotent,
];
const BACKOFF: Duration = Duration::from_millis(700);
const TOTAL: Duration = Duration::from_secs(120);

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Status(u16),
    ConnectFailed,
    ConnectTimedOut,
    ReadTimedOut,
    ResetAfterSend,
    BodyIncomplete,
}
use End::*;

impl End {
    fn outcome(self, retry_after: Option<Duration>) -> Outcome {
        match self {
            Status(status) => Outcome::Response {
                status: StatusCode::from_u16(status).unwrap(),
                retry_after,
            },
            ConnectFailed | ConnectTimedOut => Outcome::Connect,
            ReadTimedOut => Outcome::Timeout,
            ResetAfterSend | BodyIncomplete => Outcome::Network,
        }
    }
}

/// For each end of an attempt, the kinds of request that are retried: first without a `Retry-After`, then
/// with a `Retry-After`. Each letter stands for a kind: read-only (`S` for safe), idempotent (`I`), keyed
/// (`K`), unsafe to retry (`U`).
const TABLE: [(End, &str, &str); 31] = [
    (Status(200), "", ""),
    (Status(201), "", ""),
    (Status(204), "", ""),
    (Status(301), "", ""),
    (Status(304), "", ""),
    (Status(307), "", ""),
    (Status(400), "", ""),
    (Status(401), "", ""),
    (Status(403), "", ""),
    (Status(404), "", ""),
    (Status(408), "SIKU", "SIKU"),
    (Status(409), "", ""),
    (Status(410), "", ""),
    (Status(412), "", ""),
    (Status(413), "", ""),
    (Status(418), "", ""),
    (Status(422), "", ""),
    (Status(425), "", ""),
    (Status(429), "SIKU", "SIKU"),
    (Status(500), "", ""),
    (Status(501), "", ""),
    (Status(502), "SIK", "SIK"),
    (Status(503), "SIK", "SIKU"),
    (Status(504), "SIK", "SIK"),
    (Status(599), "", ""),
    (Status(799), "", ""),
    (ConnectFailed, "SIKU", "SIKU"),
    (ConnectTimedOut, "SIKU", "SIKU"),
    (ReadTimedOut, "SIK", "SIK"),
    (ResetAfterSend, "SIK", "SIK"),
    (BodyIncomplete, "SIK", "SIK"),
];

fn letter(kind: RetrySafety) -> char {
    match kind {
        RetrySafety::ReadOnly => 'S',
        RetrySafety::Idempotent => 'I',
        RetrySafety::Keyed => 'K',
        RetrySafety::NonIdempotent => 'U',
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Values of `Retry-After` (`None`: no header), and whether the wait is shorter than the total timeout of 120
/// seconds. Without the header, the wait is the backoff.
const RETRY_AFTER: [(Option<Duration>, bool); 5] = [
    (None, true),
    (Some(Duration::ZERO), true),
    (Some(seconds(2)), true),
    (Some(seconds(121)), false),
    (Some(Duration::MAX), false),
];

/// Total timeouts (`None`: disabled) with an elapsed time, and whether time remains.
const TOTALS: [(Option<Duration>, Duration, bool); 6] = [
    (None, seconds(0), true),
    (None, Duration::MAX, true),
    (Some(TOTAL), seconds(0), true),
    (Some(TOTAL), seconds(100), true),
    (Some(TOTAL), seconds(120), false),
    (Some(TOTAL), seconds(500), false),
];

/// The number of retries so far, the maximum number of retries, and whether another retry is allowed.
const RETRIES: [(u32, u32, bool); 6] = [
    (0, 5, true),
    (4, 5, true),
    (5, 5, false),
    (6, 5, false),
    (0, 0, false),
    (7, u32::MAX, true),
];

#[test]
fn decides_every_case() {
    let mut cases = 0;
    for (end, without, with) in TABLE {
        for kind in KINDS {
            for (retry_after, fits) in RETRY_AFTER {
                // An attempt without a response has no `Retry-After`.
                let header = retry_after.filter(|_| matches!(end, Status(_)));
                let allowed = if header.is_some() { with } else { without };
                for (total, elapsed, has_time) in TOTALS {
                    for (retries, max_retries, has_retries) in RETRIES {
                        let state = RetryState {
                            safety: kind,
                            outcome: end.outcome(header),
                            retries,
                            max_retries,
                            elapsed,
                            total_timeout: total,
                            backoff: BACKOFF,
                            gate: None,
                        };
                        let in_time = total.is_none() || has_time && (fits || header.is_none());
                        let expected = if allowed.contains(letter(kind)) && in_time && has_retries {
                            Decision::RetryAfter(header.unwrap_or(BACKOFF))
                        } else {
                            Decision::Return
                        };
                        assert_eq!(decide(&state), expected, "{end:?} {state:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 31 * 4 * 5 * 6 * 6);
}

#[test]
fn never_retries_an_ambiguous_unsafe_write() {
    let rejected = [Status(408), Status(429), ConnectFailed, ConnectTimedOut];
    let ends = (100..1_000).map(Status);
    let ends = ends.chain([
        ConnectFailed,
        ConnectTimedOut,
        ReadTimedOut,
        ResetAfterSend,
        BodyIncomplete,
    ]);
    for end in ends {
        for retry_after in [None, Some(Duration::ZERO), Some(seconds(2))] {
            let state = RetryState {
                safety: RetrySafety::NonIdempotent,
                outcome: end.outcome(retry_after),
                retries: 0,
                max_retries: u32::MAX,
                elapsed: Duration::ZERO,
                total_timeout: None,
                backoff: BACKOFF,
                gate: None,
            };
            let is_retried = decide(&state) != Decision::Return;
            let is_unambiguous =
                rejected.contains(&end) || end == Status(503) && retry_after.is_some();
            assert_eq!(is_retried, is_unambiguous, "{end:?} {retry_after:?}");
        }
    }
}

#[test]
fn returns_if_the_wait_uses_up_the_total_timeout() {
    let decide_at = |elapsed, wait| {
        decide(&RetryState {
            safety: RetrySafety::ReadOnly,
            outcome: Status(503).outcome(None),
            retries: 0,
            max_retries: 1,
            elapsed,
            total_timeout: Some(TOTAL),
            backoff: wait,
            gate: None,
        })
    };
    let almost = seconds(20) - Duration::from_nanos(1);
    assert_eq!(
        decide_at(seconds(100), almost),
        Decision::RetryAfter(almost)
    );
    assert_eq!(decide_at(seconds(100), seconds(20)), Decision::Return);
}

#[test]
fn waits_for_the_rate_limit_gate_with_jitter() {
    let gate = |wait, jitter| {
        Some(GateWait {
            wait: seconds(wait),
            jitter: seconds(jitter),
        })
    };
    for (retry_after, gate, total, expected) in [
        (Some(2), None, None, Some(2_000)),
        (Some(2), gate(0, 3), None, Some(5_000)),
        (Some(2), gate(10, 0), None, Some(10_000)),
        (Some(20), gate(10, 1), None, Some(21_000)),
        (None, gate(10, 1), None, Some(11_000)),
        (None, gate(0, 0), None, Some(700)),
        (Some(2), gate(10, 3), Some(30), Some(13_000)),
        // The jitter is at most half of the remaining time.
        (Some(2), gate(10, 30), Some(30), Some(20_000)),
        // The wait exceeds the total timeout.
        (Some(2), gate(30, 0), Some(30), None),
        (Some(2), gate(u64::MAX, u64::MAX), Some(30), None),
    ] {
        let retry_after = retry_after.map(seconds);
        let state = RetryState {
            safety: RetrySafety::ReadOnly,
            outcome: Status(429).outcome(retry_after),
            retries: 0,
            max_retries: 1,
            elapsed: Duration::ZERO,
            total_timeout: total.map(seconds),
            backoff: BACKOFF,
            gate,
        };
        let expected = match expected {
            Some(ms) => Decision::RetryAfter(Duration::from_millis(ms)),
            None => Decision::Return,
        };
        assert_eq!(decide(&state), expected, "{state:?}");
    }
}

#[test]
fn maps_each_class_to_its_safety() {
    use Idempotency::*;
    for (idempotency, without_key, with_key) in [
        (ReadOnly, RetrySafety::ReadOnly, RetrySafety::ReadOnly),
        (Idempotent, RetrySafety::Idempotent, RetrySafety::Idempotent),
        (
            IdempotentPatch,
            RetrySafety::Idempotent,
            RetrySafety::Idempotent,
        ),
        (Keyed, RetrySafety::NonIdempotent, RetrySafety::Keyed),
        (
            NonIdempotent,
            RetrySafety::NonIdempotent,
            RetrySafety::NonIdempotent,
        ),
        (
            KeyRejected,
            RetrySafety::NonIdempotent,
            RetrySafety::NonIdempotent,
        ),
    ] {
        let actual = [false, true].map(|has_key| RetrySafety::new(idempotency, has_key));
        assert_eq!(actual, [without_key, with_key], "{idempotency:?}");
    }
}

//! The retry contract as one table, crossed with every circumstance.

use http::StatusCode;

use super::*;

const KINDS: [RetrySafety; 4] = [
    RetrySafety::ReadOnly,
    RetrySafety::Idempotent,
    RetrySafety::Keyed,
    RetrySafety::NonIdempotent,
];
const BACKOFF: Duration = Duration::from_millis(700);
const BUDGET: Duration = Duration::from_secs(120);

/// What ended an attempt, as a table writes it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Status(u16),
    ConnectFailed,
    ConnectTimedOut,
    ReadTimedOut,
    ResetAfterSend,
    BodyBrokeOff,
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
            ResetAfterSend | BodyBrokeOff => Outcome::Network,
        }
    }
}

/// Which kinds may be sent again: without, and with a `Retry-After`. `S`afe, `I`dempotent,
/// `K`eyed, `U`nprotected.
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
    (BodyBrokeOff, "SIK", "SIK"),
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

/// `Retry-After`, and the wait that it makes of an attempt's end; none where it fits no budget.
const RETRY_AFTER: [(Option<Duration>, bool); 5] = [
    (None, true),
    (Some(Duration::ZERO), true),
    (Some(seconds(2)), true),
    (Some(seconds(121)), false),
    (Some(Duration::MAX), false),
];

/// The budget, how much of it is used, and whether any of it is left.
const BUDGETS: [(Option<Duration>, Duration, bool); 6] = [
    (None, seconds(0), true),
    (None, Duration::MAX, true),
    (Some(BUDGET), seconds(0), true),
    (Some(BUDGET), seconds(100), true),
    (Some(BUDGET), seconds(120), false),
    (Some(BUDGET), seconds(500), false),
];

/// Retries made, retries allowed, and whether one is left.
const RETRIES: [(u32, u32, bool); 6] = [
    (0, 5, true),
    (4, 5, true),
    (5, 5, false),
    (6, 5, false),
    (0, 0, false),
    (7, u32::MAX, true),
];

#[test]
fn every_case() {
    let mut cells = 0;
    for (end, without, with) in TABLE {
        for kind in KINDS {
            for (retry_after, fits) in RETRY_AFTER {
                // A failure without an answer has no header.
                let heard = retry_after.filter(|_| matches!(end, Status(_)));
                let allowed = if heard.is_some() { with } else { without };
                for (budget, elapsed, any_left) in BUDGETS {
                    for (retries, max_retries, left) in RETRIES {
                        let state = RetryState {
                            safety: kind,
                            outcome: end.outcome(heard),
                            retries,
                            max_retries,
                            elapsed,
                            budget,
                            backoff: BACKOFF,
                            gate: None,
                        };
                        let in_time = budget.is_none() || any_left && (fits || heard.is_none());
                        let want = if allowed.contains(letter(kind)) && in_time && left {
                            Decision::RetryAfter(heard.unwrap_or(BACKOFF))
                        } else {
                            Decision::Return
                        };
                        assert_eq!(decide(&state), want, "{end:?} {state:?}");
                        cells += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cells, 31 * 4 * 5 * 6 * 6);
}

#[test]
fn nothing_that_could_have_been_applied_is_sent_again_without_a_key() {
    let turned_away = [Status(408), Status(429), ConnectFailed, ConnectTimedOut];
    let ends = (100..1_000).map(Status);
    let ends = ends.chain([
        ConnectFailed,
        ConnectTimedOut,
        ReadTimedOut,
        ResetAfterSend,
        BodyBrokeOff,
    ]);
    for end in ends {
        for retry_after in [None, Some(Duration::ZERO), Some(seconds(2))] {
            let state = RetryState {
                safety: RetrySafety::NonIdempotent,
                outcome: end.outcome(retry_after),
                retries: 0,
                max_retries: u32::MAX,
                elapsed: Duration::ZERO,
                budget: None,
                backoff: BACKOFF,
                gate: None,
            };
            let again = decide(&state) != Decision::Return;
            let harmless =
                turned_away.contains(&end) || end == Status(503) && retry_after.is_some();
            assert_eq!(again, harmless, "{end:?} {retry_after:?}");
        }
    }
}

#[test]
fn a_wait_that_ends_with_the_budget_is_not_begun() {
    let decided = |elapsed, wait| {
        decide(&RetryState {
            safety: RetrySafety::ReadOnly,
            outcome: Status(503).outcome(None),
            retries: 0,
            max_retries: 1,
            elapsed,
            budget: Some(BUDGET),
            backoff: wait,
            gate: None,
        })
    };
    let almost = seconds(20) - Duration::from_nanos(1);
    assert_eq!(decided(seconds(100), almost), Decision::RetryAfter(almost));
    assert_eq!(decided(seconds(100), seconds(20)), Decision::Return);
}

#[test]
fn a_call_that_is_not_alone_waits_for_the_others_and_a_little_longer() {
    let gate = |wait, spread| {
        Some(GateWait {
            wait: seconds(wait),
            spread: seconds(spread),
        })
    };
    for (own, gate, budget, want) in [
        (Some(2), None, None, Some(2_000)),
        (Some(2), gate(0, 3), None, Some(5_000)),
        (Some(2), gate(10, 0), None, Some(10_000)),
        (Some(20), gate(10, 1), None, Some(21_000)),
        (None, gate(10, 1), None, Some(11_000)),
        (None, gate(0, 0), None, Some(700)),
        (Some(2), gate(10, 3), Some(30), Some(13_000)),
        // The spread leaves half of the time that is left.
        (Some(2), gate(10, 30), Some(30), Some(20_000)),
        // What does not fit is not waited for.
        (Some(2), gate(30, 0), Some(30), None),
        (Some(2), gate(u64::MAX, u64::MAX), Some(30), None),
    ] {
        let retry_after = own.map(seconds);
        let state = RetryState {
            safety: RetrySafety::ReadOnly,
            outcome: Status(429).outcome(retry_after),
            retries: 0,
            max_retries: 1,
            elapsed: Duration::ZERO,
            budget: budget.map(seconds),
            backoff: BACKOFF,
            gate,
        };
        let want = match want {
            Some(ms) => Decision::RetryAfter(Duration::from_millis(ms)),
            None => Decision::Return,
        };
        assert_eq!(decide(&state), want, "{state:?}");
    }
}

#[test]
fn the_safety_of_each_class() {
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
        let got = [false, true].map(|has_key| RetrySafety::new(idempotency, has_key));
        assert_eq!(got, [without_key, with_key], "{idempotency:?}");
    }
}

//! The retry contract, cell by cell: what kind of request ended how, what `Retry-After` the answer
//! had, and what the budget was. Each cell says whether a second request is sent, when, and what the
//! caller gets.

use http::Method;
use pgbeam_api::{Content, Idempotency, Parameter};

use super::*;

/// A kind of request: its letter in the tables, and whether it has a key.
struct Kind {
    name: &'static str,
    letter: char,
    operation: &'static Operation,
    /// Whether the client adds keys.
    keys: bool,
    has_key: bool,
}

const IN_PROJECT: &[Parameter] = &[Parameter::identifier("project_id")];

const fn write(method: Method, idempotency: Idempotency) -> Operation {
    Operation::new(
        "write",
        method,
        "/{project_id}",
        "x",
        IN_PROJECT,
        idempotency,
        true,
        Content::Json,
    )
}

static KEYED_PATCH: Operation = write(Method::PATCH, Idempotency::Keyed);
static SETS_VALUES: Operation = write(Method::PATCH, Idempotency::IdempotentPatch);
static NON_IDEMPOTENT_POST: Operation = write(Method::POST, Idempotency::NonIdempotent);
static NON_IDEMPOTENT_PATCH: Operation = write(Method::PATCH, Idempotency::NonIdempotent);
static REFUSING: Operation = write(Method::POST, Idempotency::KeyRejected);

fn kinds() -> [Kind; 12] {
    let kind = |name, letter, operation, keys, has_key| Kind {
        name,
        letter,
        operation,
        keys,
        has_key,
    };
    [
        kind("GET", 'S', GET, true, false),
        kind("read-only POST", 'S', DRY_EVAL, true, true),
        kind("read-only POST without a key", 'S', DRY_EVAL, false, false),
        kind("PUT", 'I', PUT, true, false),
        kind("DELETE", 'I', DELETE, true, false),
        kind("PATCH that sets values", 'I', &SETS_VALUES, true, true),
        kind("keyed POST", 'K', POST, true, true),
        kind("keyed PATCH", 'K', &KEYED_PATCH, true, true),
        kind("keyed POST without a key", 'U', POST, false, false),
        // The key is sent, and nothing promises that the server honours it.
        kind("non-idempotent POST", 'U', &NON_IDEMPOTENT_POST, true, true),
        kind(
            "non-idempotent PATCH",
            'U',
            &NON_IDEMPOTENT_PATCH,
            true,
            true,
        ),
        kind("POST that refuses keys", 'U', &REFUSING, true, false),
    ]
}

/// How the first attempt ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Answered(u16),
    ConnectRefused,
    ConnectTimedOut,
    ReadTimedOut,
    /// Reset before or after the request was sent, and a kept connection that was closed meanwhile:
    /// none of them tells how far the request has come.
    Reset,
    /// The head of a success came, and half of its body.
    HalfBody,
}
use End::{Answered, ConnectRefused, ConnectTimedOut, HalfBody, ReadTimedOut, Reset};

/// Who is sent again without and with a `Retry-After`, and of whom it is then said that it may have
/// been applied: `S`afe (read-only), `I`dempotent, `K`eyed, `U`nprotected.
fn rule(end: End) -> (&'static str, &'static str, &'static str) {
    match end {
        Answered(408 | 429) | ConnectRefused | ConnectTimedOut => ("SIKU", "SIKU", ""),
        Answered(503) => ("SIK", "SIKU", "IKU"),
        Answered(502 | 504) | ReadTimedOut | Reset | HalfBody => ("SIK", "SIK", "IKU"),
        Answered(501) => ("", "", ""),
        Answered(500..) => ("", "", "IKU"),
        Answered(_) => ("", "", ""),
    }
}

/// Values of `Retry-After`, and the wait that each asks for.
const RETRY_AFTER: [(Option<&str>, Option<Duration>); 13] = [
    (None, None),
    (Some("2"), Some(s(2))),
    (Some("0.25"), Some(ms(250))),
    (Some("0"), Some(s(0))),
    // The date stands still at 08:49:37.
    (Some("Sun, 06 Nov 1994 08:49:07 GMT"), Some(s(0))),
    (Some("Sun, 06 Nov 1994 08:49:40 GMT"), Some(s(3))),
    (Some("Sun, 06 Nov 1994 08:49:41 -0000"), Some(s(4))),
    (Some("-1"), None),
    (Some("NaN"), None),
    (Some("inf"), None),
    (Some("in a moment"), None),
    (Some("86400"), Some(s(86_400))),
    (Some("99999999999999999999"), Some(Duration::MAX)),
];

/// Total budgets: none, the default, and one that a short wait fits into.
const BUDGETS: [Duration; 3] = [s(0), s(120), s(1)];

const BACKOFF: Duration = ms(500);

/// The ends to be tried; all forms of `Retry-After` for those that may have one that counts.
fn ends() -> impl Iterator<Item = (End, usize)> {
    let of_status = |status| match status {
        200 | 301 | 404 | 408 | 429 | 500 | 502..=504 => RETRY_AFTER.len(),
        _ => 2,
    };
    let statuses = (200..=599).chain([600, 799, 999]);
    let statuses = statuses.map(move |status| (Answered(status), of_status(status)));
    let others = [
        ConnectRefused,
        ConnectTimedOut,
        ReadTimedOut,
        Reset,
        HalfBody,
    ];
    statuses.chain(others.map(|end| (end, 1)))
}

fn step(end: End, retry_after: Option<&'static str>) -> Step {
    match (end, retry_after) {
        (Answered(status), Some(value)) => With(status, "retry-after", value),
        (Answered(status), None) => Status(status),
        (ConnectRefused | ConnectTimedOut, _) => Fail(Outcome::Connect),
        (ReadTimedOut, _) => Hang,
        (Reset, _) => Fail(Outcome::Network),
        (HalfBody, _) => CutBody(200),
    }
}

/// What the caller gets: a status or the kind of an error, after how many attempts, and whether the
/// write may have been applied.
type Got = (Result<u16, ErrorKind>, u32, bool);

#[tokio::test(start_paused = true)]
async fn every_cell() {
    let (mut cells, mut repeated) = (0, 0);
    for kind in kinds() {
        for (end, forms) in ends() {
            for (value, asked) in RETRY_AFTER.into_iter().take(forms) {
                for budget in BUDGETS {
                    if asked == Some(Duration::MAX) && budget.is_zero() {
                        // It is waited for, and longer than any clock runs.
                        continue;
                    }
                    let (second, got) = cell(&kind, end, value, budget).await;
                    let (want_second, want) = expected(&kind, end, asked, budget);
                    let name = format!("{} {end:?} {value:?} {budget:?}", kind.name);
                    assert_eq!((second, got), (want_second, want), "{name}");
                    cells += 1;
                    repeated += u32::from(second.is_some());
                }
            }
        }
    }
    assert_eq!((cells, repeated), (32_652, 1_688));
}

/// Makes the call, whose second attempt would succeed: when that was sent, and what came of it all.
async fn cell(
    kind: &Kind,
    end: End,
    retry_after: Option<&'static str>,
    budget: Duration,
) -> (Option<Duration>, Got) {
    let bench = bench_with([step(end, retry_after), Status(200)], |shared| {
        shared.limits = Limits::new(s(30), budget);
        shared.idempotency_keys = kind.keys;
    });
    let got = match bench.call(kind.operation).await {
        Ok(answer) => (
            Ok(answer.status.as_u16()),
            answer.attempts,
            answer.maybe_applied,
        ),
        Err(error) => (Err(error.kind()), error.attempts(), error.maybe_applied()),
    };
    let sent = bench.sent();
    let keys: Vec<_> = sent.iter().map(|sent| sent.key.is_some()).collect();
    assert!(
        keys.iter().all(|key| *key == kind.has_key),
        "{} {keys:?}",
        kind.name
    );
    (sent.get(1).map(|sent| sent.at), got)
}

fn expected(
    kind: &Kind,
    end: End,
    asked: Option<Duration>,
    budget: Duration,
) -> (Option<Duration>, Got) {
    let (without, with, doubtful) = rule(end);
    let again = if asked.is_some() { with } else { without }.contains(kind.letter);
    let elapsed = match end {
        ReadTimedOut if budget.is_zero() => s(30),
        ReadTimedOut => s(30).min(budget),
        _ => s(0),
    };
    let wait = asked.unwrap_or(BACKOFF);
    let at = elapsed.saturating_add(wait);
    if again && (budget.is_zero() || at < budget) {
        return (Some(at), (Ok(200), 2, false));
    }
    // A 503 that says when to come back has turned the request away.
    let turned_away = end == Answered(503) && asked.is_some();
    let maybe_applied = doubtful.contains(kind.letter) && !turned_away;
    let got = match end {
        Answered(status) => Ok(status),
        ReadTimedOut => Err(ErrorKind::Timeout),
        _ => Err(ErrorKind::Network),
    };
    (None, (got, 1, maybe_applied))
}

#[tokio::test(start_paused = true)]
async fn no_write_that_could_have_been_applied_is_sent_again_without_a_key() {
    for kind in kinds().into_iter().filter(|kind| kind.letter == 'U') {
        for (end, forms) in ends() {
            for (value, asked) in RETRY_AFTER.into_iter().take(forms) {
                let (second, _) = cell(&kind, end, value, s(120)).await;
                let certain = match end {
                    Answered(408 | 429) | ConnectRefused | ConnectTimedOut => true,
                    Answered(503) => asked.is_some(),
                    _ => false,
                };
                assert!(
                    certain || second.is_none(),
                    "{} {end:?} {value:?}",
                    kind.name
                );
            }
        }
    }
}

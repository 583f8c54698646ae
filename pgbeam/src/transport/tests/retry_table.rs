//! Tests of the retry table in the documentation of the crate. A test case consists of a kind of request, the
//! end of the first attempt, a `Retry-After` and a total timeout. For each case, the tests check whether and
//! when a second request is sent, and the result of the call.

use http::Method;
use pgbeam_api::{Content, Idempotency, Parameter};

use super::*;

/// A kind of request: an operation, with or without an idempotency key.
struct Kind {
    name: &'static str,
    /// The letter that stands for its retry safety in [`rule`].
    letter: char,
    operation: &'static Operation,
    /// Whether the client generates idempotency keys.
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
static IDEMPOTENT_PATCH: Operation = write(Method::PATCH, Idempotency::IdempotentPatch);
static NON_IDEMPOTENT_POST: Operation = write(Method::POST, Idempotency::NonIdempotent);
static NON_IDEMPOTENT_PATCH: Operation = write(Method::PATCH, Idempotency::NonIdempotent);
static KEY_REJECTED_POST: Operation = write(Method::POST, Idempotency::KeyRejected);

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
        kind("idempotent PATCH", 'I', &IDEMPOTENT_PATCH, true, true),
        kind("keyed POST", 'K', POST, true, true),
        kind("keyed PATCH", 'K', &KEYED_PATCH, true, true),
        kind("keyed POST without a key", 'U', POST, false, false),
        // The key is sent, but the API contract does not declare it.
        kind("non-idempotent POST", 'U', &NON_IDEMPOTENT_POST, true, true),
        kind(
            "non-idempotent PATCH",
            'U',
            &NON_IDEMPOTENT_PATCH,
            true,
            true,
        ),
        kind(
            "POST that rejects keys",
            'U',
            &KEY_REJECTED_POST,
            true,
            false,
        ),
    ]
}

/// How the first attempt ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Response(u16),
    ConnectionRefused,
    ConnectTimedOut,
    ReadTimedOut,
    /// The connection was reset, or a reused connection was closed. The server may have received the request.
    Reset,
    /// A success response with half of its body.
    IncompleteBody,
}
use End::{ConnectTimedOut, ConnectionRefused, IncompleteBody, ReadTimedOut, Reset, Response};

/// Returns three sets of kinds for this end of the first attempt, as strings of letters:
///
/// 1. the kinds that are retried if the response has no `Retry-After`;
/// 2. the kinds that are retried if the response has a `Retry-After`;
/// 3. the kinds for which `maybe_applied` is `true` if no retry follows and the response has no
///    `Retry-After`.
///
/// Each letter stands for a kind: read-only (`S` for safe), idempotent (`I`), keyed (`K`), unsafe to retry
/// (`U`).
fn rule(end: End) -> (&'static str, &'static str, &'static str) {
    match end {
        Response(408 | 429) | ConnectionRefused | ConnectTimedOut => ("SIKU", "SIKU", ""),
        Response(503) => ("SIK", "SIKU", "IKU"),
        Response(502 | 504) | ReadTimedOut | Reset | IncompleteBody => ("SIK", "SIK", "IKU"),
        Response(501) => ("", "", ""),
        Response(500..) => ("", "", "IKU"),
        Response(_) => ("", "", ""),
    }
}

/// Values of `Retry-After` (`None`: no header), and the wait that each value requests (`None`: no valid
/// value, so the backoff applies).
const RETRY_AFTER: [(Option<&str>, Option<Duration>); 13] = [
    (None, None),
    (Some("2"), Some(s(2))),
    (Some("0.25"), Some(ms(250))),
    (Some("0"), Some(s(0))),
    // The current time is 08:49:37.
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

/// Total timeouts: disabled, the default, and one that is long enough only for a short wait.
const TOTAL_TIMEOUTS: [Duration; 3] = [s(0), s(120), s(1)];

const BACKOFF: Duration = ms(500);

/// Returns the ends of the first attempt that are tested, each with a number `n`. An end is tested with the
/// first `n` values of [`RETRY_AFTER`].
fn ends() -> impl Iterator<Item = (End, usize)> {
    let form_count = |status| match status {
        200 | 301 | 404 | 408 | 429 | 500 | 502..=504 => RETRY_AFTER.len(),
        _ => 2,
    };
    let statuses = (200..=599).chain([600, 799, 999]);
    let statuses = statuses.map(move |status| (Response(status), form_count(status)));
    let others = [
        ConnectionRefused,
        ConnectTimedOut,
        ReadTimedOut,
        Reset,
        IncompleteBody,
    ];
    statuses.chain(others.map(|end| (end, 1)))
}

fn reply(end: End, retry_after: Option<&'static str>) -> Reply {
    match (end, retry_after) {
        (Response(status), Some(value)) => StatusWithHeader(status, "retry-after", value),
        (Response(status), None) => Status(status),
        (ConnectionRefused | ConnectTimedOut, _) => Fail(Outcome::Connect),
        (ReadTimedOut, _) => Hang,
        (Reset, _) => Fail(Outcome::Network),
        (IncompleteBody, _) => TruncatedBody(200),
    }
}

/// The result of a call: its status or error kind, the number of attempts, and `maybe_applied`.
type CallResult = (Result<u16, ErrorKind>, u32, bool);

#[tokio::test(start_paused = true)]
async fn checks_every_case() {
    let (mut cases, mut retried) = (0, 0);
    for kind in kinds() {
        for (end, forms) in ends() {
            for (value, wait) in RETRY_AFTER.into_iter().take(forms) {
                for total in TOTAL_TIMEOUTS {
                    if wait == Some(Duration::MAX) && total.is_zero() {
                        // The wait exceeds the range of the clock.
                        continue;
                    }
                    let (second, result) = run_case(&kind, end, value, total).await;
                    let (expected_second, expected) = expected_case(&kind, end, wait, total);
                    let name = format!("{} {end:?} {value:?} {total:?}", kind.name);
                    assert_eq!((second, result), (expected_second, expected), "{name}");
                    cases += 1;
                    retried += u32::from(second.is_some());
                }
            }
        }
    }
    assert_eq!((cases, retried), (32_652, 1_688));
}

/// Runs one test case: makes a call whose first attempt ends with `end`. A second attempt succeeds. Returns
/// the time at which the second attempt was sent (`None` if there was none), and the result of the call.
async fn run_case(
    kind: &Kind,
    end: End,
    retry_after: Option<&'static str>,
    total: Duration,
) -> (Option<Duration>, CallResult) {
    let harness = harness_with([reply(end, retry_after), Status(200)], |state| {
        state.timeouts = Timeouts::new(s(30), total);
        state.idempotency_keys = kind.keys;
    });
    let result = match harness.call(kind.operation).await {
        Ok(response) => (
            Ok(response.status.as_u16()),
            response.attempts,
            response.maybe_applied,
        ),
        Err(error) => (Err(error.kind()), error.attempts(), error.maybe_applied()),
    };
    let sent = harness.sent();
    let keys: Vec<_> = sent.iter().map(|sent| sent.key.is_some()).collect();
    assert!(
        keys.iter().all(|key| *key == kind.has_key),
        "{} {keys:?}",
        kind.name
    );
    (sent.get(1).map(|sent| sent.at), result)
}

/// Returns the expected result of [`run_case`]. `wait` is the wait that the `Retry-After` requests.
fn expected_case(
    kind: &Kind,
    end: End,
    wait: Option<Duration>,
    total: Duration,
) -> (Option<Duration>, CallResult) {
    let (without, with, ambiguous) = rule(end);
    let is_retried = if wait.is_some() { with } else { without }.contains(kind.letter);
    let elapsed = match end {
        ReadTimedOut if total.is_zero() => s(30),
        ReadTimedOut => s(30).min(total),
        _ => s(0),
    };
    let backoff = wait.unwrap_or(BACKOFF);
    let at = elapsed.saturating_add(backoff);
    if is_retried && (total.is_zero() || at < total) {
        return (Some(at), (Ok(200), 2, false));
    }
    // A server that responds with 503 and `Retry-After` has rejected the request.
    let is_rejected = end == Response(503) && wait.is_some();
    let maybe_applied = ambiguous.contains(kind.letter) && !is_rejected;
    let result = match end {
        Response(status) => Ok(status),
        ReadTimedOut => Err(ErrorKind::Timeout),
        _ => Err(ErrorKind::Network),
    };
    (None, (result, 1, maybe_applied))
}

#[tokio::test(start_paused = true)]
async fn never_retries_an_ambiguous_unsafe_write() {
    for kind in kinds().into_iter().filter(|kind| kind.letter == 'U') {
        for (end, forms) in ends() {
            for (value, wait) in RETRY_AFTER.into_iter().take(forms) {
                let (second, _) = run_case(&kind, end, value, s(120)).await;
                let is_unambiguous = match end {
                    Response(408 | 429) | ConnectionRefused | ConnectTimedOut => true,
                    Response(503) => wait.is_some(),
                    _ => false,
                };
                assert!(
                    is_unambiguous || second.is_none(),
                    "{} {end:?} {value:?}",
                    kind.name
                );
            }
        }
    }
}

//! Runs the faults of a table. Each fault has a new client and server. After each fault, another call must
//! succeed.

use std::{error::Error as _, time::Duration};

use pgbeam::{Client, ClientBuilder, Error};
use pgbeam_tests::raw::{RawServer, Request};

use super::{
    call::{Call, respond_with_success},
    endpoint::Endpoint,
    fault::{ConnectionState, ExpectedRetry, Fault},
    outcome::Outcome,
};

/// The API key of the clients that run faults. No output of the SDK may contain it.
const KEY: &str = "pbk_s3cret_key";

/// The profile that the call before a fault reads.
const ID_BEFORE: &str = "pol_before";

/// The profile that the call after a fault reads.
const ID_AFTER: &str = "pol_after";

/// The response limit of the clients that run faults.
pub const MAX_RESPONSE_BYTES: usize = 6 << 20;

/// The maximum length of an error's `Display` output, in characters. The `Debug` output may be twice as long.
const MAX_ERROR_CHARS: usize = 8_000;

/// Runs each fault without retries. Compares the outcome, the number of attempts and the number of requests
/// with the expected values.
pub async fn without_retries(table: Vec<Fault>) {
    let mut failures = Vec::new();
    for fault in table {
        let run = run(&fault, fault.call, builder(0)).await;
        let mut violations = run.violations;
        if run.outcome != fault.expected {
            violations.push(format!(
                "actual   {:?}\nexpected {:?}",
                run.outcome, fault.expected
            ));
        }
        compare_counts(
            &mut violations,
            (run.attempts, run.requests),
            (1, fault.requests),
        );
        record(&mut failures, fault.name, fault.call, violations);
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

/// Runs each fault with one allowed retry and checks that the retry has its expected effect.
pub async fn with_one_retry(table: Vec<Fault>) {
    let mut failures = Vec::new();
    for fault in table {
        let run = run(&fault, fault.call, builder(1)).await;
        let mut violations = run.violations;
        let success = Outcome::Success(fault.call.expected_value().to_owned());
        let (is_expected, attempts, requests) = match fault.retry {
            ExpectedRetry::NoRetry => (run.outcome == fault.expected, 1, fault.requests),
            ExpectedRetry::RetrySucceeds => (run.outcome == success, 2, fault.requests + 1),
            ExpectedRetry::RetryFails => (run.outcome.is_connect_error(), 2, fault.requests),
        };
        if !is_expected {
            violations.push(format!(
                "actual   {:?}\nexpected {:?}",
                run.outcome, fault.retry
            ));
        }
        compare_counts(
            &mut violations,
            (run.attempts, run.requests),
            (attempts, requests),
        );
        record(&mut failures, fault.name, fault.call, violations);
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

/// Runs each fault with each of its `calls` and one allowed retry, and checks the rules that apply to all
/// faults.
pub async fn with_every_call(table: Vec<Fault>) {
    let mut failures = Vec::new();
    for fault in table {
        for call in fault.calls.iter().copied() {
            let Run {
                mut violations,
                requests,
                ..
            } = run(&fault, call, builder(1)).await;
            if call == Call::PostWithoutKey && requests > 1 && !fault.expected.is_unprocessed() {
                violations.push(format!("a write without a key was sent {requests} times"));
            }
            record(&mut failures, fault.name, call, violations);
        }
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

fn compare_counts(violations: &mut Vec<String>, actual: (u32, usize), expected: (u32, usize)) {
    if actual != expected {
        violations.push(format!(
            "(attempts, requests): actual {actual:?}, expected {expected:?}"
        ));
    }
}

fn record(failures: &mut Vec<String>, name: &str, call: Call, violations: Vec<String>) {
    if !violations.is_empty() {
        let violations = violations.join("\n");
        failures.push(format!("\n{name} ({call:?}):\n{violations}\n"));
    }
}

/// The result of running one fault.
struct Run {
    outcome: Outcome,
    attempts: u32,
    /// The number of requests that the server received, without those of the calls before and after the
    /// fault.
    requests: usize,
    /// Violations of the rules that apply to all faults.
    violations: Vec<String>,
}

/// Starts a server with the script of the fault, makes the call, and then makes a call that must succeed.
async fn run(fault: &Fault, call: Call, builder: ClientBuilder) -> Run {
    let server = RawServer::start(respond_with_success).await;
    let builder = fault.endpoint.configure(&server, builder).await;
    let client = builder.build().unwrap();
    server.push_script(fault.script.clone());
    match fault.connection {
        ConnectionState::New => {}
        ConnectionState::Reused => successful_call(&client, ID_BEFORE).await.unwrap(),
        ConnectionState::ReusedAfterScript => {
            successful_call(&client, ID_BEFORE).await.unwrap();
            server.release();
            server.wait_for_scripts().await;
        }
    }
    let result = tokio::spawn(call.send(&client, server.release_fn())).await;
    server.release();

    let mut violations = Vec::new();
    let (outcome, attempts) = match result {
        Err(panic) => {
            violations.push(format!("the call panicked: {panic}"));
            (Outcome::Success(String::new()), 0)
        }
        Ok(Ok(success)) => {
            violations.extend(check_output(&success.debug, usize::MAX));
            (Outcome::Success(success.value), success.attempts)
        }
        Ok(Err(error)) => {
            violations.extend(check_error(&error, call));
            (Outcome::from_error(&error), error.attempts())
        }
    };

    match (fault.endpoint, successful_call(&client, ID_AFTER).await) {
        // A server without TLS cannot serve the call.
        (Endpoint::Https, Err(_)) | (_, Ok(())) => {}
        (_, Err(error)) => violations.push(format!("the call after the fault failed: {error}")),
    }
    server.wait_for_scripts().await;
    let is_of_call = |request: &&Request| {
        ![ID_BEFORE, ID_AFTER]
            .iter()
            .any(|id| request.target.ends_with(id))
    };
    let requests = server.requests().iter().filter(is_of_call).count();
    let outcome = if fault.is_any_disconnect {
        outcome.with_any_disconnect()
    } else {
        outcome
    };
    Run {
        outcome,
        attempts,
        requests,
        violations,
    }
}

/// Reads the profile `id`. Returns an error unless the first attempt succeeds.
async fn successful_call(client: &Client, id: &str) -> Result<(), String> {
    let policies = client.project("prj_1").unwrap().policies();
    match policies.get(id).await {
        Ok(profile)
            if (profile.name(), profile.meta().attempts()) == (Call::Get.expected_value(), 1) =>
        {
            Ok(())
        }
        Ok(profile) => Err(format!("{profile:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Returns a client builder without generated idempotency keys, so that only a `PostWithKey` has one.
fn builder(retries: u32) -> ClientBuilder {
    Client::builder()
        .api_key(KEY)
        .env(|_| None)
        .allow_http(true)
        .idempotency_keys(false)
        .max_response_bytes(MAX_RESPONSE_BYTES as u64)
        .max_retries(retries)
        .initial_backoff(Duration::ZERO)
}

/// Returns how an error violates the rules that apply to all errors.
fn check_error(error: &Error, call: Call) -> Vec<String> {
    let mut violations = check_output(&error.to_string(), MAX_ERROR_CHARS);
    violations.extend(check_output(&format!("{error:?}"), 2 * MAX_ERROR_CHARS));
    let mut source = error.source();
    while let Some(cause) = source {
        violations.extend(check_output(&format!("{cause} {cause:?}"), MAX_ERROR_CHARS));
        source = cause.source();
    }
    if error.is_timeout() && error.elapsed() < Duration::from_secs(30) {
        violations.push(format!("it timed out after only {:?}", error.elapsed()));
    }
    if call.is_read() && error.maybe_applied() {
        violations.push("a read is ambiguous".to_owned());
    }
    if error.attempts() == 0 {
        violations.push(format!("no attempt was made: {error}"));
    }
    violations
}

/// Returns how a string that the SDK prints violates the rules that apply to all output.
fn check_output(output: &str, max_chars: usize) -> Vec<String> {
    let mut violations = Vec::new();
    let length = output.chars().count();
    if length == 0 || length > max_chars {
        violations.push(format!("the output has {length} characters"));
    }
    let is_unsafe = |c: char| {
        let is_direction_mark = matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}'
        );
        c.is_control() || is_direction_mark || matches!(c, '\u{2028}'..='\u{202e}')
    };
    if output.contains(is_unsafe) {
        violations.push(format!(
            "the output contains control characters: {output:?}"
        ));
    }
    if output.contains(KEY) || output.contains("/v1/") {
        violations.push(format!("the output contains the key or the URL: {output}"));
    }
    violations
}

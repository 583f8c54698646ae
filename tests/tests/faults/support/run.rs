//! Goes through a table: a client and a server a fault, and a good call after it.

use std::{error::Error as _, time::Duration};

use pgbeam::{Client, ClientBuilder, Error};
use pgbeam_tests::raw::{RawServer, Request};

use super::{
    call::{Call, serve_well},
    fault::{Fault, Kept, Retry},
    place::Place,
    want::Want,
};

/// The key of all clients, which nothing may print.
const KEY: &str = "pbk_s3cret_key";

/// The profiles that the good calls before and after a fault read.
const BEFORE: &str = "pol_before";
const AFTER: &str = "pol_after";

/// The largest body that clients take.
pub const LARGEST: usize = 6 << 20;

/// The longest line that an error may be.
const LONGEST: usize = 8_000;

/// Each fault as its table has it: one attempt, and what the caller sees of it.
pub async fn alone(table: Vec<Fault>) {
    let mut faults = Vec::new();
    for fault in table {
        let ran = run(&fault, fault.call, builder(0)).await;
        let mut wrong = ran.wrong;
        if ran.want != fault.want {
            wrong.push(format!("seen   {:?}\nwanted {:?}", ran.want, fault.want));
        }
        if (ran.attempts, ran.received) != (1, fault.received) {
            let got = (ran.attempts, ran.received);
            wrong.push(format!(
                "{got:?} attempts and requests, not {:?}",
                (1, fault.received)
            ));
        }
        note(&mut faults, fault.name, fault.call, wrong);
    }
    assert!(faults.is_empty(), "{}", faults.concat());
}

/// Each fault with one retry, which the server would serve well.
pub async fn with_a_retry(table: Vec<Fault>) {
    let mut faults = Vec::new();
    for fault in table {
        let ran = run(&fault, fault.call, builder(1)).await;
        let mut wrong = ran.wrong;
        let well = Want::Good(fault.call.good().to_owned());
        let (as_wanted, attempts, received) = match fault.retry {
            Retry::Once => (ran.want == fault.want, 1, fault.received),
            Retry::Again => (ran.want == well, 2, fault.received + 1),
            Retry::InVain => (ran.want.is_unconnected(), 2, fault.received),
        };
        if !as_wanted {
            wrong.push(format!(
                "seen   {:?}\nwhere {:?} is to follow",
                ran.want, fault.retry
            ));
        }
        if (ran.attempts, ran.received) != (attempts, received) {
            let got = (ran.attempts, ran.received);
            wrong.push(format!(
                "{got:?} attempts and requests, not {:?}",
                (attempts, received)
            ));
        }
        note(&mut faults, fault.name, fault.call, wrong);
    }
    assert!(faults.is_empty(), "{}", faults.concat());
}

/// Each fault with a call of every kind and a retry: whatever becomes of it, what holds for all
/// faults holds.
pub async fn with_every_call(table: Vec<Fault>) {
    let mut faults = Vec::new();
    for fault in table {
        for call in fault.calls.iter().copied() {
            let Ran {
                mut wrong,
                received,
                ..
            } = run(&fault, call, builder(1)).await;
            if call == Call::Unkeyed && received > 1 && !fault.want.turned_away() {
                wrong.push(format!("a write without a key was sent {received} times"));
            }
            note(&mut faults, fault.name, call, wrong);
        }
    }
    assert!(faults.is_empty(), "{}", faults.concat());
}

fn note(faults: &mut Vec<String>, name: &str, call: Call, wrong: Vec<String>) {
    if !wrong.is_empty() {
        faults.push(format!("\n{name} ({call:?}):\n{}\n", wrong.join("\n")));
    }
}

/// What became of a call.
struct Ran {
    want: Want,
    attempts: u32,
    /// How many requests of the call the server received.
    received: usize,
    /// What may never be, whatever the fault is.
    wrong: Vec<String>,
}

/// Makes one call that meets the fault, and a good one after it.
async fn run(fault: &Fault, call: Call, builder: ClientBuilder) -> Ran {
    let server = RawServer::start(serve_well).await;
    let client = fault.place.of(&server, builder).await.build().unwrap();
    server.script(fault.script.clone());
    match fault.kept {
        Kept::No => {}
        Kept::Yes => good_call(&client, BEFORE).await.unwrap(),
        Kept::Idle => {
            good_call(&client, BEFORE).await.unwrap();
            server.release();
            server.settled().await;
        }
    }
    let made = tokio::spawn(call.make(&client, server.releaser())).await;
    server.release();

    let mut wrong = Vec::new();
    let (want, attempts) = match made {
        Err(panicked) => {
            wrong.push(format!("it panicked: {panicked}"));
            (Want::Good(String::new()), 0)
        }
        Ok(Ok((what, attempts, shown))) => {
            wrong.extend(printed(&shown, usize::MAX));
            (Want::Good(what), attempts)
        }
        Ok(Err(error)) => {
            wrong.extend(never(&error, call));
            (Want::seen(&error), error.attempts())
        }
    };

    match (fault.place, good_call(&client, AFTER).await) {
        // It is called on a server that speaks no TLS.
        (Place::Tls, Err(_)) | (_, Ok(())) => {}
        (_, Err(why)) => wrong.push(format!("a good call after it: {why}")),
    }
    server.settled().await;
    let of_the_call = |request: &&Request| {
        ![BEFORE, AFTER]
            .iter()
            .any(|id| request.target.ends_with(id))
    };
    let received = server.requests().iter().filter(of_the_call).count();
    let want = if fault.either_way {
        want.either_way()
    } else {
        want
    };
    Ran {
        want,
        attempts,
        received,
        wrong,
    }
}

/// Reads a profile that no other call is about.
async fn good_call(client: &Client, id: &str) -> Result<(), String> {
    let policies = client.project("prj_1").unwrap().policies();
    match policies.get(id).await {
        Ok(profile) if (profile.name(), profile.meta().attempts()) == (Call::Get.good(), 1) => {
            Ok(())
        }
        Ok(profile) => Err(format!("{profile:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// A client makes no keys, so that a call has one only where it says so.
fn builder(retries: u32) -> ClientBuilder {
    Client::builder()
        .api_key(KEY)
        .env(|_| None)
        .allow_http(true)
        .idempotency_keys(false)
        .max_response_bytes(LARGEST as u64)
        .max_retries(retries)
        .initial_backoff(Duration::ZERO)
}

/// What no error may be.
fn never(error: &Error, call: Call) -> Vec<String> {
    let mut wrong = printed(&error.to_string(), LONGEST);
    wrong.extend(printed(&format!("{error:?}"), 2 * LONGEST));
    let mut source = error.source();
    while let Some(cause) = source {
        wrong.extend(printed(&format!("{cause} {cause:?}"), LONGEST));
        source = cause.source();
    }
    if error.is_timeout() && error.elapsed() < Duration::from_secs(30) {
        wrong.push(format!("it was late after {:?}", error.elapsed()));
    }
    if call.is_read() && error.maybe_applied() {
        wrong.push("a read may have been applied".to_owned());
    }
    if error.attempts() == 0 {
        wrong.push(format!("no attempt was made: {error}"));
    }
    wrong
}

/// What is wrong with a text that is to be printed.
fn printed(text: &str, longest: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    let length = text.chars().count();
    if length == 0 || length > longest {
        wrong.push(format!("{length} characters are printed"));
    }
    let unsafe_to_print = |c: char| {
        let direction = matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}'
        );
        c.is_control() || direction || matches!(c, '\u{2028}'..='\u{202e}')
    };
    if text.contains(unsafe_to_print) {
        wrong.push(format!("control characters are printed: {text:?}"));
    }
    if text.contains(KEY) || text.contains("/v1/") {
        wrong.push(format!("the key or the address is printed: {text}"));
    }
    wrong
}

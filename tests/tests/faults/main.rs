//! Fault injection: tables of server faults, and the outcome that the caller of the SDK sees.
//!
//! A row of a table contains the script of the server, the call, the expected outcome (a value, or the line
//! of the error and whether the write is ambiguous), the number of requests that the server receives, and the
//! effect of one allowed retry. After each fault, another call of the same client must succeed, unless the
//! server does not support the protocol of the base URL. In the names of faults, a key is an idempotency key,
//! unless it is called an API key.
//!
//! - `connect`: while the client connects, or just after
//! - `request`: while the request is sent, or just after
//! - `head`: the status line and headers of the response
//! - `framing`: the end of the response body
//! - `success_bodies`: the content of a success response
//! - `body_size`: the size and compression of the response body
//! - `error_responses`: error statuses and their bodies
//! - `untrusted_strings`: control characters and the API key in strings of the server
//! - `timeouts`: responses that never end or end too late
//! - `connection_reuse`: a connection that has served a call before

mod body_size;
mod connect;
mod connection_reuse;
mod error_responses;
mod framing;
mod head;
mod request;
mod success_bodies;
mod support;
mod timeouts;
mod untrusted_strings;

/// Generates three tests for each module with a `table` function, and a test of the names of all faults.
macro_rules! tables {
    ($($table:ident),* $(,)?) => {
        mod without_retries {$(
            #[tokio::test]
            async fn $table() {
                crate::support::without_retries(crate::$table::table()).await;
            }
        )*}

        mod with_one_retry {$(
            #[tokio::test]
            async fn $table() {
                crate::support::with_one_retry(crate::$table::table()).await;
            }
        )*}

        mod with_every_call {$(
            #[tokio::test]
            async fn $table() {
                crate::support::with_every_call(crate::$table::table()).await;
            }
        )*}

        #[test]
        fn fault_names_are_unique() {
            let faults: Vec<_> = [$($table::table()),*].into_iter().flatten().collect();
            let names: std::collections::HashSet<_> = faults.iter().map(|fault| fault.name).collect();
            assert_eq!(names.len(), faults.len());
            println!("{} faults", faults.len());
        }
    };
}

tables!(
    body_size,
    connect,
    connection_reuse,
    error_responses,
    framing,
    head,
    request,
    success_bodies,
    timeouts,
    untrusted_strings,
);

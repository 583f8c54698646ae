//! Fault injection: tables of server faults, and the outcome that the caller of the SDK sees.
//!
//! A row contains the script of the server, the call, the expected error line and ambiguity, the number
//! of requests that the server receives, and the effect of one allowed retry. After each fault, the same
//! client makes a successful call.
//!
//! - `connect`: before the connection is established
//! - `request`: while the request is sent
//! - `head`: the status line and headers of the response
//! - `framing`: the end of the response body
//! - `success_bodies`: the content of a success response
//! - `body_size`: the size and compression of the response body
//! - `error_responses`: error statuses and their bodies
//! - `untrusted_strings`: control characters and keys in server strings
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

/// Generates three tests for each module with a `table` function.
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

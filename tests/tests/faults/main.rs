//! What breaks on the way, named and in tables: the SDK against a server that does with each
//! connection what a script says.
//!
//! A line of a table says what the server does, what is called, and what its caller sees: the error
//! as it prints itself, whether a write is in doubt, how many requests the server received, and
//! whether another attempt follows where one is allowed. After each fault the same client makes a
//! good call.
//!
//! - `connecting`: before there is a connection
//! - `request`: while the request is under way
//! - `head`: the status line and the headers of the answer
//! - `framing`: where its body ends
//! - `success`: what the body of a success holds
//! - `size`: how large that may be, and how compressed
//! - `errors`: statuses of error and their bodies
//! - `text`: what must not reach a terminal or a log as it is
//! - `deadlines`: what never ends
//! - `reuse`: a connection that has served a call before

mod connecting;
mod deadlines;
mod errors;
mod framing;
mod head;
mod request;
mod reuse;
mod size;
mod success;
mod support;
mod text;

/// A table of faults is a module with a function `table`.
macro_rules! tables {
    ($($table:ident),* $(,)?) => {
        mod alone {$(
            #[tokio::test]
            async fn $table() {
                crate::support::alone(crate::$table::table()).await;
            }
        )*}

        mod with_a_retry {$(
            #[tokio::test]
            async fn $table() {
                crate::support::with_a_retry(crate::$table::table()).await;
            }
        )*}

        mod with_every_call {$(
            #[tokio::test]
            async fn $table() {
                crate::support::with_every_call(crate::$table::table()).await;
            }
        )*}

        #[test]
        fn every_fault_has_a_name_of_its_own() {
            let all: Vec<_> = [$($table::table()),*].into_iter().flatten().collect();
            let names: std::collections::HashSet<_> = all.iter().map(|fault| fault.name).collect();
            assert_eq!(names.len(), all.len());
            println!("{} faults", all.len());
        }
    };
}

tables!(
    connecting, deadlines, errors, framing, head, request, reuse, size, success, text
);

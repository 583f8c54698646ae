//! An answer that asks for a repetition gets one, on every operation: the same request again, and
//! its success is the call's.

use pgbeam::RetryPolicy;

use crate::{
    calls,
    support::{
        Contract, To,
        example::{Fill, example},
        request::faults,
        server::{Reply, Server},
        success,
    },
};

#[tokio::test]
async fn what_asks_to_be_repeated_at_once_is_repeated_unchanged() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::with(&server, RetryPolicy::new());
    for calls in calls::all() {
        let declared = success(&contract, calls.id);
        let reply = match &declared.content {
            None => Reply::empty(declared.status),
            Some((media_type, _)) if media_type == "text/csv" => {
                Reply::of(declared.status, media_type, "a,b\n")
            }
            Some((media_type, schema)) => {
                let body = example(&contract, schema, Fill::Whole).to_string();
                Reply::of(declared.status, media_type, body)
            }
        };
        for status in [429, 503] {
            for (name, call, extent) in calls.each() {
                let busy = Reply::empty(status).header("retry-after", "0");
                server.answer([busy.clone(), busy, reply.clone()]);
                let got = call(&to).send().await.unwrap();
                assert_eq!(got.status, declared.status, "{name} after {status}");
                let received = server.received();
                assert_eq!(received.len(), 3, "{name} after {status}");
                for again in &received[1..] {
                    let first = &received[0];
                    assert_eq!(
                        (&again.method, &again.uri),
                        (&first.method, &first.uri),
                        "{name}"
                    );
                    assert_eq!((&again.headers, &again.body), (&first.headers, &first.body));
                }
                let faults = faults(&contract, calls.id, &received[2], extent);
                assert!(faults.is_empty(), "{name} after {status}: {faults:?}");
            }
        }
    }
}

#[tokio::test]
async fn without_retries_the_first_answer_is_final_and_carries_no_key() {
    let server = Server::start().await;
    let to = To::once(&server);
    for calls in calls::all() {
        server.answer([
            Reply::empty(503).header("retry-after", "0"),
            Reply::empty(500),
        ]);
        let error = (calls.least)(&to).send().await.err().unwrap();
        assert_eq!(
            (error.status(), error.attempts()),
            (Some(503), 1),
            "{}",
            calls.id
        );
        let received = server.received();
        assert_eq!(received.len(), 1, "{}", calls.id);
        assert_eq!(received[0].header("idempotency-key"), None, "{}", calls.id);
    }
}

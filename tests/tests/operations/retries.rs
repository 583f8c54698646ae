//! Tests of the retries of every operation after 429 and 503.

use pgbeam::RetryPolicy;

use crate::{
    calls,
    support::{
        Contract, Sdk,
        example::{ExampleKind, example},
        request_check::violations,
        server::{Server, StubResponse},
        success_response,
    },
};

#[tokio::test]
async fn retries_429_and_503_with_identical_requests() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::with_retry_policy(&server, RetryPolicy::new());
    for calls in calls::all() {
        let declared = success_response(&contract, calls.id);
        let success = match &declared.content {
            None => StubResponse::empty(declared.status),
            Some((media_type, _)) if media_type == "text/csv" => {
                StubResponse::new(declared.status, media_type, "a,b\n")
            }
            Some((media_type, schema)) => {
                let body = example(&contract, schema, ExampleKind::AllFields).to_string();
                StubResponse::new(declared.status, media_type, body)
            }
        };
        for status in [429, 503] {
            for (name, call, inputs) in calls.each() {
                let unavailable = StubResponse::empty(status).header("retry-after", "0");
                server.respond_with([unavailable.clone(), unavailable, success.clone()]);
                let outcome = call(&sdk).send().await.unwrap();
                assert_eq!(outcome.status, declared.status, "{name} after {status}");
                let received = server.received();
                assert_eq!(received.len(), 3, "{name} after {status}");
                for retry in &received[1..] {
                    let first = &received[0];
                    assert_eq!(
                        (&retry.method, &retry.uri),
                        (&first.method, &first.uri),
                        "{name}"
                    );
                    assert_eq!((&retry.headers, &retry.body), (&first.headers, &first.body));
                }
                let violations = violations(&contract, calls.id, &received[2], inputs);
                assert!(
                    violations.is_empty(),
                    "{name} after {status}: {violations:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn without_retries_sends_one_request_without_idempotency_key() {
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    for calls in calls::all() {
        server.respond_with([
            StubResponse::empty(503).header("retry-after", "0"),
            StubResponse::empty(500),
        ]);
        let error = (calls.minimal)(&sdk).send().await.err().unwrap();
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

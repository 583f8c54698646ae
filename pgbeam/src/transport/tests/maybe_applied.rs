//! Tests of ambiguous writes: `maybe_applied`, a DELETE that a 404 confirms, and the read of the resource
//! after a PUT that gets 412.

use super::*;

const PROBLEM_404: Reply = StatusWithHeader(404, "content-type", "application/problem+json");

#[tokio::test(start_paused = true)]
async fn post_without_a_key_is_retried_only_if_rejected() {
    let without = |state: &mut ClientState| state.idempotency_keys = false;
    for last in [
        Status(500),
        Status(502),
        Status(503),
        Status(504),
        Hang,
        Fail(Outcome::Network),
    ] {
        let replies = [
            Fail(Outcome::Connect),
            Status(408),
            Status(429),
            StatusWithHeader(503, "retry-after", "0"),
            last.clone(),
        ];
        let harness = harness_with(replies, without);
        let maybe_applied = match harness.call(POST).await {
            Ok(response) => (response.attempts, response.maybe_applied),
            Err(error) => (error.attempts(), error.maybe_applied()),
        };
        assert_eq!(maybe_applied, (5, true));
        assert!(harness.sent().iter().all(|sent| sent.key.is_none()));
    }
}

#[tokio::test(start_paused = true)]
async fn retried_delete_with_404_counts_as_success() {
    for lost in [
        Hang,
        Fail(Outcome::Network),
        Status(502),
        Status(503),
        Status(504),
    ] {
        let problem = StatusWithHeader(
            404,
            "content-type",
            "Application/Problem+JSON; charset=utf-8",
        );
        let harness = harness([lost, Status(429), problem]);
        let response = harness.call(DELETE).await.unwrap();
        assert_eq!((response.status.as_u16(), response.attempts), (204, 3));
        assert!(response.is_problem() && !response.maybe_applied);
        let response = response.empty().unwrap();
        assert_eq!(response.meta().attempts(), 3);
    }
    // If every earlier attempt was rejected, the 404 is an error.
    for rejected in [
        Fail(Outcome::Connect),
        Status(429),
        StatusWithHeader(503, "retry-after", "0"),
    ] {
        let harness = harness([rejected, PROBLEM_404]);
        let response = harness.call(DELETE).await.unwrap();
        assert_eq!(
            (response.status.as_u16(), response.maybe_applied),
            (404, false)
        );
    }
    assert_eq!(
        harness([PROBLEM_404])
            .call(DELETE)
            .await
            .unwrap()
            .status
            .as_u16(),
        404
    );
    assert_eq!(
        harness([Status(502), PROBLEM_404])
            .call(GET)
            .await
            .unwrap()
            .status
            .as_u16(),
        404
    );
}

#[tokio::test(start_paused = true)]
async fn gateway_404_does_not_confirm_a_delete() {
    for gateway in [
        Status(404),
        Body(404, "no route"),
        StatusWithHeader(404, "content-type", "text/plain"),
        StatusWithHeader(404, "content-type", "TEXT/HTML; charset=utf-8"),
        StatusWithHeader(404, "content-type", "application/json"),
        StatusWithHeader(404, "content-type", "text/html; a=application/problem+json"),
    ] {
        let harness = harness([Hang, gateway]);
        let response = harness.call(DELETE).await.unwrap();
        assert_eq!((response.status.as_u16(), response.attempts), (404, 2));
        let error = response.empty().unwrap_err();
        assert!(error.is_not_found() && error.maybe_applied(), "{error:?}");
    }
}

/// Sends a PUT with `If-Match`, an idempotency key and the body `{"name":"x"}`.
async fn conditional_put(harness: &Harness) -> Result<RawResponse, Error> {
    let options = CallOptions::new().header("If-Match", "\"a\"");
    harness.call_with(PUT, options.idempotency_key("k")).await
}

#[tokio::test(start_paused = true)]
async fn retried_put_with_412_and_its_own_content_counts_as_success() {
    let stored = r#"{"id": "pol_1", "name": "x", "access_mode": "read_only", "max_rows": 0}"#;
    for lost in [
        Hang,
        Fail(Outcome::Network),
        Status(502),
        TruncatedBody(200),
    ] {
        let replies = [
            lost,
            StatusWithHeader(412, "etag", "\"b\""),
            Status(503),
            Body(200, stored),
        ];
        let harness = harness(replies);
        let response = conditional_put(&harness).await.unwrap();
        assert_eq!((response.status.as_u16(), response.attempts), (200, 2));
        assert_eq!(
            (response.operation.id, response.maybe_applied),
            ("updatePolicyProfile", false)
        );
        assert_eq!(response.body, stored);
        let methods: Vec<_> = harness.sent().into_iter().map(|sent| sent.method).collect();
        assert_eq!(methods, ["PUT", "PUT", "GET", "GET"]);
        let conditions: Vec<_> = harness
            .sent()
            .into_iter()
            .map(|sent| sent.if_match)
            .collect();
        let etag = || Some("\"a\"".to_owned());
        assert_eq!(conditions, [etag(), etag(), None, None]);
        assert_eq!(harness.sent()[2].body, None);
        let keys: Vec<_> = harness.sent().into_iter().map(|sent| sent.key).collect();
        let key = || Some("k".to_owned());
        assert_eq!(keys, [key(), key(), None, None]);
    }
}

#[tokio::test(start_paused = true)]
async fn retried_put_with_412_and_other_content_is_ambiguous() {
    let other = r#"{"id": "pol_1", "name": "y"}"#;
    let another_resource = r#"{"id": "pol_2", "name": "x"}"#;
    let another_project = r#"{"id": "pol_1", "project_id": "prj_2", "name": "x"}"#;
    for read in [
        Body(200, other),
        Body(200, another_resource),
        Body(200, another_project),
        Status(404),
        Status(304),
        Body(200, "{"),
        Status(500),
    ] {
        let harness = harness([Hang, StatusWithHeader(412, "etag", "\"b\""), read]);
        let response = conditional_put(&harness).await.unwrap();
        assert_eq!(
            (response.status.as_u16(), response.maybe_applied),
            (412, true)
        );
        let error = response.empty().unwrap_err();
        assert!(error.maybe_applied() && error.is_precondition_failed());
        assert_eq!((error.etag(), error.attempts()), (Some("\"b\""), 2));
        assert_eq!(error.operation(), Some("updatePolicyProfile"));
        assert_eq!(harness.sent().len(), 3);
    }
    // The 412 is also returned if the read exceeds the total timeout.
    let harness = harness_with([Hang, Status(412), Hang], |state| {
        state.timeouts = Timeouts::new(s(30), s(40));
    });
    let response = conditional_put(&harness).await.unwrap();
    assert_eq!(
        (response.status.as_u16(), response.maybe_applied),
        (412, true)
    );
    assert_eq!(harness.script.start.elapsed(), s(40));
}

#[tokio::test(start_paused = true)]
async fn unambiguous_412_is_not_reconciled() {
    for replies in [
        vec![Status(412)],
        vec![Status(429), Fail(Outcome::Connect), Status(412)],
    ] {
        let harness = harness(replies);
        let response = conditional_put(&harness).await.unwrap();
        assert_eq!(
            (response.status.as_u16(), response.maybe_applied),
            (412, false)
        );
    }
    // Without `If-Match`, the client does not read the resource, and the call stays ambiguous.
    let harness = harness([Hang, Status(412)]);
    assert!(harness.call(PUT).await.unwrap().maybe_applied);
}

#[tokio::test(start_paused = true)]
async fn ambiguity_is_tracked_per_call() {
    let replies = [
        Hang,
        Status(412),
        Status(404),
        Status(412),
        Hang,
        Status(412),
        Status(500),
    ];
    let harness = harness(replies);
    for (attempts, maybe_applied) in [(2, true), (1, false), (2, true)] {
        let response = conditional_put(&harness).await.unwrap();
        assert_eq!(response.status.as_u16(), 412);
        assert_eq!(
            (response.attempts, response.maybe_applied),
            (attempts, maybe_applied)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reports_maybe_applied_for_failed_calls() {
    let rejected = StatusWithHeader(503, "retry-after", "0");
    for (operation, replies, expected) in [
        (GET, vec![Hang, Status(500)], false),
        (PUT, vec![Status(400)], false),
        (PUT, vec![Status(500)], true),
        (PUT, vec![Status(502), Status(400)], true),
        (POST, vec![Status(429), Status(400)], false),
        (POST, vec![rejected.clone(), Status(400)], false),
        (POST, vec![Fail(Outcome::Connect), Status(422)], false),
        // A 409 is not replayed, so it does not resolve the first attempt.
        (POST, vec![Hang, Status(409)], true),
        (POST, vec![Hang, Status(404)], false),
        (
            POST,
            vec![
                Hang,
                StatusWithHeader(404, "content-type", "application/problem+json"),
            ],
            false,
        ),
        // A gateway sent this 404. It does not know the key.
        (
            POST,
            vec![Hang, StatusWithHeader(404, "content-type", "text/html")],
            true,
        ),
        // A read-only POST changes nothing.
        (DRY_EVAL, vec![Hang, Status(500)], false),
        (POST, vec![Hang, Status(401)], true),
        (POST, vec![Fail(Outcome::Network), Status(500)], true),
        (POST, vec![Status(500)], true),
        (DELETE, vec![Hang, Status(409)], true),
        (DELETE, vec![Status(409)], false),
    ] {
        let harness = harness(replies);
        let response = harness.call(operation).await.unwrap();
        assert_eq!(
            response.maybe_applied, expected,
            "{} {}",
            operation.id, response.status
        );
    }
    // The last attempt of these calls has no response.
    let one_retry = |state: &mut ClientState| state.retry = RetryPolicy::new().max_retries(1);
    for (operation, replies, expected) in [
        (
            POST,
            [Fail(Outcome::Connect), Fail(Outcome::Connect)],
            false,
        ),
        (POST, [Hang, Fail(Outcome::Connect)], true),
        (PUT, [Status(429), Fail(Outcome::Network)], true),
        (GET, [Hang, Fail(Outcome::Network)], false),
    ] {
        let error = harness_with(replies, one_retry)
            .call(operation)
            .await
            .unwrap_err();
        assert_eq!(
            (error.maybe_applied(), error.attempts()),
            (expected, 2),
            "{}",
            operation.id
        );
    }
}

#[tokio::test(start_paused = true)]
async fn error_status_is_kept_with_an_incomplete_body() {
    for incomplete in [TruncatedBody, StalledBody] {
        // The status decides about retries, and is returned to the caller.
        for status in [301, 400, 401, 403, 404, 412, 500] {
            for operation in [GET, PUT, POST] {
                let harness = harness([incomplete(status)]);
                let response = harness.call(operation).await.unwrap();
                assert_eq!((response.status.as_u16(), response.attempts), (status, 1));
                assert_eq!(response.empty().unwrap_err().status(), Some(status));
            }
        }
        for status in [408, 429, 503] {
            let harness = harness([incomplete(status), Status(200)]);
            assert_eq!(harness.call(PUT).await.unwrap().attempts, 2);
        }
        // An attempt with an incomplete success response has failed, and is retried.
        let harness = harness([incomplete(200), Status(200)]);
        assert_eq!(harness.call(PUT).await.unwrap().attempts, 2);
    }
    let harness = harness_with([StalledBody(200)], |state| {
        state.retry = RetryPolicy::none()
    });
    let error = harness.call(PUT).await.unwrap_err();
    assert!(error.is_timeout() && error.maybe_applied(), "{error:?}");
    assert_eq!(error.elapsed(), s(30));
}

//! What a call says of a write that may have taken effect.

use super::*;

const PROBLEM_404: Step = With(404, "content-type", "application/problem+json");

#[tokio::test(start_paused = true)]
async fn without_a_key_a_post_is_sent_again_only_when_it_was_turned_away() {
    let without = |shared: &mut Shared| shared.idempotency_keys = false;
    for last in [
        Status(500),
        Status(502),
        Status(503),
        Status(504),
        Hang,
        Fail(Outcome::Network),
    ] {
        let turned_away = [
            Fail(Outcome::Connect),
            Status(408),
            Status(429),
            With(503, "retry-after", "0"),
            last.clone(),
        ];
        let bench = bench_with(turned_away, without);
        let maybe_applied = match bench.call(POST).await {
            Ok(answer) => (answer.attempts, answer.maybe_applied),
            Err(error) => (error.attempts(), error.maybe_applied()),
        };
        assert_eq!(maybe_applied, (5, true));
        assert!(bench.sent().iter().all(|sent| sent.key.is_none()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_meets_its_own_success_has_succeeded() {
    for lost in [
        Hang,
        Fail(Outcome::Network),
        Status(502),
        Status(503),
        Status(504),
    ] {
        let problem = With(
            404,
            "content-type",
            "Application/Problem+JSON; charset=utf-8",
        );
        let bench = bench([lost, Status(429), problem]);
        let answer = bench.call(DELETE).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.attempts), (204, 3));
        assert!(answer.is_problem() && !answer.maybe_applied);
        let response = answer.empty().unwrap();
        assert_eq!(response.meta().attempts(), 3);
    }
    // But not when every earlier attempt was turned away.
    for turned_away in [
        Fail(Outcome::Connect),
        Status(429),
        With(503, "retry-after", "0"),
    ] {
        let bench = bench([turned_away, PROBLEM_404]);
        let answer = bench.call(DELETE).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.maybe_applied), (404, false));
    }
    assert_eq!(
        bench([PROBLEM_404])
            .call(DELETE)
            .await
            .unwrap()
            .status
            .as_u16(),
        404
    );
    assert_eq!(
        bench([Status(502), PROBLEM_404])
            .call(GET)
            .await
            .unwrap()
            .status
            .as_u16(),
        404
    );
}

#[tokio::test(start_paused = true)]
async fn the_404_of_a_gateway_does_not_confirm_a_delete() {
    for gateway in [
        Status(404),
        Body(404, "no route"),
        With(404, "content-type", "text/plain"),
        With(404, "content-type", "TEXT/HTML; charset=utf-8"),
        With(404, "content-type", "application/json"),
        With(404, "content-type", "text/html; a=application/problem+json"),
    ] {
        let bench = bench([Hang, gateway]);
        let answer = bench.call(DELETE).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.attempts), (404, 2));
        let error = answer.empty().unwrap_err();
        assert!(error.is_not_found() && error.maybe_applied(), "{error:?}");
    }
}

/// A PUT with `If-Match` and a key of the body `{"name":"x"}`.
async fn conditional_put(bench: &Bench) -> Result<RawResponse, Error> {
    let options = CallOptions::new().header("If-Match", "\"a\"");
    bench.call_with(PUT, options.idempotency_key("k")).await
}

#[tokio::test(start_paused = true)]
async fn a_put_that_meets_its_own_change_has_succeeded() {
    let stored = r#"{"id": "pol_1", "name": "x", "access_mode": "read_only", "max_rows": 0}"#;
    for lost in [Hang, Fail(Outcome::Network), Status(502), CutBody(200)] {
        let steps = [
            lost,
            With(412, "etag", "\"b\""),
            Status(503),
            Body(200, stored),
        ];
        let bench = bench(steps);
        let answer = conditional_put(&bench).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.attempts), (200, 2));
        assert_eq!(
            (answer.operation.id, answer.maybe_applied),
            ("updatePolicyProfile", false)
        );
        assert_eq!(answer.body, stored);
        let methods: Vec<_> = bench.sent().into_iter().map(|sent| sent.method).collect();
        assert_eq!(methods, ["PUT", "PUT", "GET", "GET"]);
        let conditions: Vec<_> = bench.sent().into_iter().map(|sent| sent.if_match).collect();
        let etag = || Some("\"a\"".to_owned());
        assert_eq!(conditions, [etag(), etag(), None, None]);
        assert_eq!(bench.sent()[2].body, None);
        let keys: Vec<_> = bench.sent().into_iter().map(|sent| sent.key).collect();
        let key = || Some("k".to_owned());
        assert_eq!(keys, [key(), key(), None, None]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_put_that_meets_another_change_may_have_been_applied() {
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
        let bench = bench([Hang, With(412, "etag", "\"b\""), read]);
        let answer = conditional_put(&bench).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.maybe_applied), (412, true));
        let error = answer.empty().unwrap_err();
        assert!(error.maybe_applied() && error.is_precondition_failed());
        assert_eq!((error.etag(), error.attempts()), (Some("\"b\""), 2));
        assert_eq!(error.operation(), Some("updatePolicyProfile"));
        assert_eq!(bench.sent().len(), 3);
    }
    // Nor when it cannot be read in time.
    let bench = bench_with([Hang, Status(412), Hang], |shared| {
        shared.limits = Limits::new(s(30), s(40));
    });
    let answer = conditional_put(&bench).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.maybe_applied), (412, true));
    assert_eq!(bench.script.start.elapsed(), s(40));
}

#[tokio::test(start_paused = true)]
async fn a_put_that_no_earlier_one_can_have_changed_is_not_read_back() {
    for steps in [
        vec![Status(412)],
        vec![Status(429), Fail(Outcome::Connect), Status(412)],
    ] {
        let bench = bench(steps);
        let answer = conditional_put(&bench).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.maybe_applied), (412, false));
    }
    // Without a condition, 412 has another reason.
    let bench = bench([Hang, Status(412)]);
    assert!(bench.call(PUT).await.unwrap().maybe_applied);
}

#[tokio::test(start_paused = true)]
async fn an_ambiguous_412_does_not_make_the_next_one_ambiguous() {
    let steps = [
        Hang,
        Status(412),
        Status(404),
        Status(412),
        Hang,
        Status(412),
        Status(500),
    ];
    let bench = bench(steps);
    for (attempts, maybe_applied) in [(2, true), (1, false), (2, true)] {
        let answer = conditional_put(&bench).await.unwrap();
        assert_eq!(answer.status.as_u16(), 412);
        assert_eq!(
            (answer.attempts, answer.maybe_applied),
            (attempts, maybe_applied)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whether_a_failed_call_may_have_been_applied() {
    let turned_away = With(503, "retry-after", "0");
    for (operation, steps, want) in [
        (GET, vec![Hang, Status(500)], false),
        (PUT, vec![Status(400)], false),
        (PUT, vec![Status(500)], true),
        (PUT, vec![Status(502), Status(400)], true),
        (POST, vec![Status(429), Status(400)], false),
        (POST, vec![turned_away.clone(), Status(400)], false),
        (POST, vec![Fail(Outcome::Connect), Status(422)], false),
        // The first may have acted and failed, and then its key is not known.
        (POST, vec![Hang, Status(409)], true),
        (POST, vec![Hang, Status(404)], false),
        (
            POST,
            vec![Hang, With(404, "content-type", "application/problem+json")],
            false,
        ),
        // A gateway's page: it has not looked at the key.
        (
            POST,
            vec![Hang, With(404, "content-type", "text/html")],
            true,
        ),
        // A POST that only computes has nothing to apply.
        (DRY_EVAL, vec![Hang, Status(500)], false),
        (POST, vec![Hang, Status(401)], true),
        (POST, vec![Fail(Outcome::Network), Status(500)], true),
        (POST, vec![Status(500)], true),
        (DELETE, vec![Hang, Status(409)], true),
        (DELETE, vec![Status(409)], false),
    ] {
        let bench = bench(steps);
        let answer = bench.call(operation).await.unwrap();
        assert_eq!(
            answer.maybe_applied, want,
            "{} {}",
            operation.id, answer.status
        );
    }
    // The last attempts of these have no answer.
    let few = |shared: &mut Shared| shared.retry = RetryPolicy::new().max_retries(1);
    for (operation, steps, want) in [
        (
            POST,
            [Fail(Outcome::Connect), Fail(Outcome::Connect)],
            false,
        ),
        (POST, [Hang, Fail(Outcome::Connect)], true),
        (PUT, [Status(429), Fail(Outcome::Network)], true),
        (GET, [Hang, Fail(Outcome::Network)], false),
    ] {
        let error = bench_with(steps, few).call(operation).await.unwrap_err();
        assert_eq!(
            (error.maybe_applied(), error.attempts()),
            (want, 2),
            "{}",
            operation.id
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_of_error_stands_whatever_becomes_of_its_body() {
    for cut in [CutBody, StalledBody] {
        // It decides what is sent again, and it is what the caller sees.
        for status in [301, 400, 401, 403, 404, 412, 500] {
            for operation in [GET, PUT, POST] {
                let bench = bench([cut(status)]);
                let answer = bench.call(operation).await.unwrap();
                assert_eq!((answer.status.as_u16(), answer.attempts), (status, 1));
                assert_eq!(answer.empty().unwrap_err().status(), Some(status));
            }
        }
        for status in [408, 429, 503] {
            let bench = bench([cut(status), Status(200)]);
            assert_eq!(bench.call(PUT).await.unwrap().attempts, 2);
        }
        // A success that did not arrive is none.
        let bench = bench([cut(200), Status(200)]);
        assert_eq!(bench.call(PUT).await.unwrap().attempts, 2);
    }
    let bench = bench_with([StalledBody(200)], |shared| {
        shared.retry = RetryPolicy::none()
    });
    let error = bench.call(PUT).await.unwrap_err();
    assert!(error.is_timeout() && error.maybe_applied(), "{error:?}");
    assert_eq!(error.elapsed(), s(30));
}

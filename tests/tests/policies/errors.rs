//! What a caller sees of an answer that is none, or not the one that was wanted.

use std::time::Duration;

use httpmock::{Method::GET, MockServer};
use pgbeam::{Error, ErrorCode, ErrorKind, RetryPolicy, policies::PolicyProfileInput};
use pgbeam_emulator::Fault;
use pgbeam_tests::raw::{RawServer, answer};
use serde_json::json;

use crate::support::{Bench, KEY, assert_one_line, builder, policies};

/// The error that `getPolicyProfile` is when it is answered so, once.
async fn got(fault: Fault) -> Error {
    let bench = Bench::start().await;
    bench.emulator.fault(fault);
    let error = bench
        .policies
        .get("pol_1")
        .retry(RetryPolicy::none())
        .await
        .unwrap_err();
    assert_eq!(error.operation(), Some("getPolicyProfile"));
    assert_one_line(&error);
    error
}

#[tokio::test]
async fn every_member_of_a_problem_document_can_be_asked_for() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method(GET)
                .path("/base/v1/projects/prj_1/policies/pol_1")
                .header("authorization", format!("Bearer {KEY}"));
            then.status(400)
                .header("content-type", "application/problem+json")
                .header("retry-after", "7")
                .header("x-request-id", "req_header")
                .header("ratelimit", "\"default\";r=3;t=9")
                .json_body(json!({
                    "type": "https://errors.test/invalid",
                    "title": "Bad Request",
                    "status": 400,
                    "detail": "two fields are wrong",
                    "instance": "/v1/projects/prj_1/policies",
                    "code": "INVALID_INPUT",
                    "request_id": "req_body",
                    "errors": [
                        {"field": "name", "detail": "is too long"},
                        {"field": "masking_rules[0].table", "detail": "is empty"},
                    ],
                    "something": {"else": true},
                }));
        })
        .await;
    let error = policies(&server.url("/base/"))
        .get("pol_1")
        .await
        .unwrap_err();
    mock.assert_async().await;

    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(400)));
    assert_eq!(error.problem_type(), Some("https://errors.test/invalid"));
    assert_eq!(error.title(), Some("Bad Request"));
    assert_eq!(error.detail(), Some("two fields are wrong"));
    assert_eq!(error.message(), "two fields are wrong");
    assert_eq!(error.instance(), Some("/v1/projects/prj_1/policies"));
    assert_eq!(error.code(), Some(&ErrorCode::InvalidInput));
    assert_eq!(error.request_id(), Some("req_body"));
    let errors: Vec<_> = error
        .field_errors()
        .iter()
        .map(|e| (e.field(), e.detail()))
        .collect();
    assert_eq!(
        errors,
        [
            ("name", "is too long"),
            ("masking_rules[0].table", "is empty")
        ]
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.attempts(), 1);
    assert!(error.elapsed() > Duration::ZERO);
    assert!(!error.maybe_applied());
    assert_eq!(error.meta().unwrap().request_id(), Some("req_header"));
    assert_eq!(error.meta().unwrap().rate_limit().unwrap().remaining, 3);
    assert!(error.is_invalid());
    assert_eq!(
        error.to_string(),
        "getPolicyProfile: HTTP 400 INVALID_INPUT: two fields are wrong; name: is too long; \
         masking_rules[0].table: is empty (request req_body, retry after 7s)"
    );
}

#[tokio::test]
async fn each_status_answers_to_its_own_question_alone() {
    type Question = (&'static str, fn(&Error) -> bool);
    let questions: [Question; 13] = [
        ("invalid", Error::is_invalid),
        ("unauthorized", Error::is_unauthorized),
        ("forbidden", Error::is_forbidden),
        ("plan limit", Error::is_plan_limit),
        ("not found", Error::is_not_found),
        ("conflict", Error::is_conflict),
        ("gone", Error::is_gone),
        ("precondition failed", Error::is_precondition_failed),
        ("rate limited", Error::is_rate_limited),
        ("server error", Error::is_server_error),
        ("timeout", Error::is_timeout),
        ("network", Error::is_network),
        ("decode", Error::is_decode),
    ];
    for (status, want) in [
        (302, &[][..]),
        (304, &[]),
        (400, &["invalid"]),
        (401, &["unauthorized"]),
        (402, &[]),
        (403, &["forbidden"]),
        (404, &["not found"]),
        (405, &[]),
        (408, &[]),
        (409, &["conflict"]),
        (410, &["gone"]),
        (412, &["precondition failed"]),
        (413, &[]),
        (418, &[]),
        (422, &["invalid"]),
        // None of these is in what the contract lists for the operation.
        (429, &["rate limited"]),
        (500, &["server error"]),
        (502, &["server error"]),
        (503, &["server error"]),
        (504, &["server error"]),
        (599, &["server error"]),
    ] {
        let error = got(Fault::status(status)).await;
        assert_eq!(
            (error.status(), error.kind()),
            (Some(status), ErrorKind::Api),
            "{status}"
        );
        let yes: Vec<_> = questions
            .iter()
            .filter(|(_, ask)| ask(&error))
            .map(|(q, _)| *q)
            .collect();
        assert_eq!(yes, want, "{status}");
    }
}

#[tokio::test]
async fn a_page_of_a_gateway_keeps_its_status_and_its_bytes() {
    let page = "<html>\n<h1>Nope</h1>\n</html>";
    for (status, reason) in [
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (429, "Too Many Requests"),
        (502, "Bad Gateway"),
        (530, "HTTP 530"),
    ] {
        let error = got(Fault::html(status, page)).await;
        assert_eq!(
            (error.status(), error.message()),
            (Some(status), reason.to_owned())
        );
        assert_eq!(error.body(), page.as_bytes());
        assert_eq!((error.code(), error.request_id()), (None, None));
        assert!(!error.to_string().contains("<h1>"), "{error}");
        assert_eq!(
            error.meta().unwrap().header("content-type"),
            Some("text/html; charset=utf-8")
        );
    }
}

#[tokio::test]
async fn other_forms_of_error_bodies_are_read_as_far_as_they_go() {
    for (body, message, code) in [
        (
            r#"{"error":{"code":"FORBIDDEN","message":"at the edge"}}"#,
            "at the edge",
            "FORBIDDEN",
        ),
        (r#"{"message":"by the framework"}"#, "by the framework", ""),
        (r#"{"detail":"cut off"#, "Forbidden", ""),
        ("", "Forbidden", ""),
        ("null", "Forbidden", ""),
        (
            r#"{"code":"SOMETHING_NEW","detail":"a\nb"}"#,
            "a\nb",
            "SOMETHING_NEW",
        ),
    ] {
        let error = got(Fault::respond(403, body)).await;
        assert_eq!(
            (error.status(), error.message()),
            (Some(403), message.to_owned()),
            "{body}"
        );
        assert_eq!(
            error.code().map_or("", |code| code.as_str()),
            code,
            "{body}"
        );
        assert_eq!(error.body(), body.as_bytes());
        assert!(error.is_forbidden() && !error.is_plan_limit());
    }
}

#[tokio::test]
async fn a_plan_limit_and_a_missing_permission_are_told_apart() {
    let bench = Bench::start().await;
    let body = r#"{"code":"PLAN_LIMIT_REACHED","detail":"3 of 3 profiles"}"#;
    bench
        .emulator
        .fault(Fault::respond(403, body).on("createPolicyProfile"));
    let error = bench
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(error.is_plan_limit() && error.is_forbidden());
    assert_eq!(error.code(), Some(&ErrorCode::PlanLimitReached));
    bench.emulator.fault(Fault::status(403));
    let error = bench
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(!error.is_plan_limit() && error.is_forbidden());
}

#[tokio::test]
async fn what_is_in_use_cannot_be_deleted() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let credential = bench
        .project()
        .agent("agt_1")
        .credential("cred_1")
        .bound_to(&id);
    let error = bench.policies.delete(&id).await.unwrap_err();
    assert!(error.is_conflict() && !error.maybe_applied(), "{error}");
    assert_eq!((error.status(), error.attempts()), (Some(409), 1));
    assert!(error.code().is_some() && error.request_id().is_some());
    assert_one_line(&error);
    assert!(bench.project().policy(&id).is_some());
    credential.unbound();
    bench.policies.delete(&id).await.unwrap();
}

#[tokio::test]
async fn templates_only_needs_a_template() {
    let bench = Bench::start().await;
    let input = || PolicyProfileInput::new("p").query_mode("templates");
    let error = bench.policies.create(input()).await.unwrap_err();
    assert_eq!((error.status(), error.is_invalid()), (Some(400), true));
    assert_eq!(error.field_errors()[0].field(), "query_mode");
    bench.stored_template(json!({"name": "one", "sql": "SELECT 1", "enabled": false}));
    assert!(
        bench
            .policies
            .create(input())
            .await
            .unwrap_err()
            .is_invalid()
    );
    bench.stored_template(json!({"name": "two", "sql": "SELECT 2"}));
    bench.policies.create(input()).await.unwrap();
}

#[tokio::test]
async fn without_a_key_the_answer_is_401() {
    let bench = Bench::with(|builder| builder.api_key("")).await;
    let error = bench.policies.list().await.unwrap_err();
    assert!(error.is_unauthorized() && !error.is_auth());
    assert_eq!(
        (error.attempts(), error.code().unwrap().as_str()),
        (1, "UNAUTHORIZED")
    );
    assert_eq!(
        error.meta().unwrap().header("www-authenticate"),
        Some("Bearer")
    );
    assert!(!bench.only().headers.contains_key("authorization"));
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_where_it_can_be_and_told_where_not() {
    let bench = Bench::start().await;
    bench
        .emulator
        .fault(Fault::status(429).retry_after(0).on("getPolicyProfile"));
    let id = bench.stored(json!({"name": "p"}));
    assert_eq!(bench.policies.get(&id).await.unwrap().meta().attempts(), 2);

    bench
        .emulator
        .fault(Fault::status(429).retry_after(3_600).on("getPolicyProfile"));
    let error = bench.policies.get(&id).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(
        (error.retry_after(), error.attempts()),
        (Some(Duration::from_secs(3_600)), 1)
    );
    assert_eq!(error.meta().unwrap().rate_limit().unwrap().remaining, 0);
    assert!(error.to_string().contains("retry after 3600s"), "{error}");
}

/// The clock stands still and no limit is on, so that a minute is over as soon as nothing else is
/// left to do.
#[tokio::test(start_paused = true)]
async fn a_wait_that_the_server_asks_for_is_made() {
    let off = Duration::ZERO;
    let bench = Bench::with(|builder| builder.timeout(off).total_budget(off)).await;
    bench
        .emulator
        .fault(Fault::status(503).retry_after(60).on("listPolicyProfiles"));
    let page = bench.policies.list().await.unwrap();
    assert_eq!(page.meta().attempts(), 2);
    assert!(page.meta().elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_a_decode_error_with_its_status() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let whole = bench.project().policy(&id).unwrap().to_string();
    let half = &whole[..whole.len() / 2];
    for (body, why) in [
        (half, "EOF"),
        ("", "it is empty"),
        ("<html>", "expected value"),
        ("[]", "expected"),
        (r#"{"id":"pol_1"}"#, "missing field"),
        (r#"{"id":7}"#, "invalid type: integer `7`"),
    ] {
        bench
            .emulator
            .fault(Fault::respond(200, body.to_owned()).header("x-request-id", "req_9"));
        let error = bench.policies.get(&id).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Decode, Some(200)),
            "{body}"
        );
        assert!(error.is_decode() && !error.is_server_error() && !error.is_not_found());
        assert!(error.message().contains(why), "{error}");
        assert_eq!((error.body(), error.attempts()), (body.as_bytes(), 1));
        assert_eq!(error.request_id(), Some("req_9"));
        assert_one_line(&error);
        assert!(
            !error.to_string().contains("prj_1"),
            "no value of the body: {error}"
        );
    }
    bench
        .emulator
        .fault(Fault::respond(201, half.to_owned()).on("createPolicyProfile"));
    let error = bench
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert_eq!((error.status(), error.is_decode()), (Some(201), true));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    bench
        .emulator
        .fault(Fault::truncate().on("getPolicyProfile"));
    let error = bench
        .policies
        .get(&id)
        .retry(RetryPolicy::none())
        .await
        .unwrap_err();
    assert!(error.is_network() && !error.is_decode(), "{error:?}");
    assert_eq!(error.status(), None);
    assert_one_line(&error);
    bench
        .emulator
        .fault(Fault::truncate().on("getPolicyProfile"));
    assert_eq!(bench.policies.get(&id).await.unwrap().meta().attempts(), 2);
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let server = RawServer::start(|_| answer("304 Not Modified", &["ETag: \"a\""], "")).await;
    let policies = policies(&server.url());
    for error in [
        policies.get("pol_1").await.unwrap_err(),
        policies.list().await.unwrap_err(),
        policies.statement_kinds("pol_1").await.unwrap_err(),
        policies
            .update("pol_1", PolicyProfileInput::new("p"))
            .await
            .unwrap_err(),
        policies.delete("pol_1").await.unwrap_err(),
        policies.edit("pol_1").max_rows(1).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Api, Some(304)),
            "{error}"
        );
        assert_eq!((error.etag(), error.attempts()), (Some("\"a\""), 1));
        assert_eq!(error.message(), "Not Modified");
        assert_one_line(&error);
    }
    assert!(!server.methods().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = RawServer::start(|_| answer("200 OK", &[], "{}")).await;
    let location = format!("Location: {}/v1/x", elsewhere.url());
    let server =
        RawServer::start(move |_| answer("307 Temporary Redirect", &[&location], "")).await;
    let error = policies(&server.url()).get("pol_1").await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(307), 1));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn what_a_server_says_is_one_line() {
    let forged = "a\r\nERROR forged line\u{2028}\u{1b}[2J";
    let body = json!({"detail": forged, "code": forged, "request_id": forged,
        "errors": [{"field": forged, "detail": forged}]});
    let error = got(Fault::respond(400, body.to_string())).await;
    assert!(
        !error.to_string().contains(['\u{2028}', '\u{1b}']),
        "{error}"
    );
    assert_eq!(error.detail(), Some(forged), "asked for, it is as it came");
}

#[tokio::test]
async fn a_gateway_that_does_not_recover_is_told_with_the_attempts() {
    let bench = Bench::with(|builder| builder.max_retries(2)).await;
    bench
        .emulator
        .fault(Fault::html(502, "<h1>Bad Gateway</h1>").forever());
    let read = bench.policies.get("pol_1").await.unwrap_err();
    assert_eq!(
        (read.status(), read.attempts(), read.maybe_applied()),
        (Some(502), 3, false)
    );
    let write = bench
        .policies
        .update("pol_1", PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert_eq!(
        (write.status(), write.attempts(), write.maybe_applied()),
        (Some(502), 3, true)
    );
    assert!(write.to_string().contains("3 attempts"), "{write}");
    assert!(
        write
            .to_string()
            .contains("the request may have taken effect"),
        "{write}"
    );
    assert_eq!(bench.received().len(), 6);
}

#[tokio::test]
async fn nobody_at_the_address_is_an_error_of_the_network() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let client = builder(&url).max_retries(1).build().unwrap();
    let policies = client.project("prj_1").unwrap().policies();
    let error = policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(error.is_network() && !error.maybe_applied(), "{error:?}");
    assert_eq!((error.status(), error.attempts()), (None, 2));
    assert_eq!(error.operation(), Some("createPolicyProfile"));
    assert_one_line(&error);
}

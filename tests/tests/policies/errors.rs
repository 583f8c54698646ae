//! Tests of the errors that the caller gets for error responses and failed requests.

use std::time::Duration;

use httpmock::{Method::GET, MockServer};
use pgbeam::{Error, ErrorCode, ErrorKind, RetryPolicy, policies::PolicyProfileInput};
use pgbeam_emulator::Fault;
use pgbeam_tests::raw::{RawServer, response};
use serde_json::json;

use crate::support::{KEY, TestEnv, assert_one_line, builder, policies};

/// Returns the error of `getPolicyProfile` with this fault, without retries.
async fn get_error(fault: Fault) -> Error {
    let env = TestEnv::start().await;
    env.emulator.inject_fault(fault);
    let error = env
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
async fn reads_every_field_of_a_problem_document() {
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
async fn each_status_has_one_classification() {
    type Predicate = (&'static str, fn(&Error) -> bool);
    let predicates: [Predicate; 13] = [
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
    // The API contract does not declare most of these statuses for the operation.
    for (status, expected) in [
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
        (429, &["rate limited"]),
        (500, &["server error"]),
        (502, &["server error"]),
        (503, &["server error"]),
        (504, &["server error"]),
        (599, &["server error"]),
    ] {
        let error = get_error(Fault::status(status)).await;
        assert_eq!(
            (error.status(), error.kind()),
            (Some(status), ErrorKind::Api),
            "{status}"
        );
        let actual: Vec<_> = predicates
            .iter()
            .filter(|(_, is)| is(&error))
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(actual, expected, "{status}");
    }
}

#[tokio::test]
async fn gateway_page_keeps_its_status_and_body() {
    let page = "<html>\n<h1>Nope</h1>\n</html>";
    for (status, reason) in [
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (429, "Too Many Requests"),
        (502, "Bad Gateway"),
        (530, "HTTP 530"),
    ] {
        let error = get_error(Fault::html(status, page)).await;
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
async fn reads_other_forms_of_error_bodies() {
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
        let error = get_error(Fault::respond(403, body)).await;
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
async fn distinguishes_plan_limit_from_missing_permission() {
    let env = TestEnv::start().await;
    let body = r#"{"code":"PLAN_LIMIT_REACHED","detail":"3 of 3 profiles"}"#;
    env.emulator
        .inject_fault(Fault::respond(403, body).on("createPolicyProfile"));
    let error = env
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(error.is_plan_limit() && error.is_forbidden());
    assert_eq!(error.code(), Some(&ErrorCode::PlanLimitReached));
    env.emulator.inject_fault(Fault::status(403));
    let error = env
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert!(!error.is_plan_limit() && error.is_forbidden());
}

#[tokio::test]
async fn delete_of_a_profile_in_use_is_a_conflict() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let credential = env
        .project()
        .agent("agt_1")
        .credential("cred_1")
        .bind_to(&id);
    let error = env.policies.delete(&id).await.unwrap_err();
    assert!(error.is_conflict() && !error.maybe_applied(), "{error}");
    assert_eq!((error.status(), error.attempts()), (Some(409), 1));
    assert!(error.code().is_some() && error.request_id().is_some());
    assert_one_line(&error);
    assert!(env.project().policy(&id).is_some());
    credential.unbind();
    env.policies.delete(&id).await.unwrap();
}

#[tokio::test]
async fn query_mode_templates_requires_an_enabled_template() {
    let env = TestEnv::start().await;
    let input = || PolicyProfileInput::new("p").query_mode("templates");
    let error = env.policies.create(input()).await.unwrap_err();
    assert_eq!((error.status(), error.is_invalid()), (Some(400), true));
    assert_eq!(error.field_errors()[0].field(), "query_mode");
    env.store_template(json!({"name": "one", "sql": "SELECT 1", "enabled": false}));
    assert!(env.policies.create(input()).await.unwrap_err().is_invalid());
    env.store_template(json!({"name": "two", "sql": "SELECT 2"}));
    env.policies.create(input()).await.unwrap();
}

#[tokio::test]
async fn request_without_a_key_gets_401() {
    let env = TestEnv::with(|builder| builder.api_key("")).await;
    let error = env.policies.list().await.unwrap_err();
    assert!(error.is_unauthorized() && !error.is_auth());
    assert_eq!(
        (error.attempts(), error.code().unwrap().as_str()),
        (1, "UNAUTHORIZED")
    );
    assert_eq!(
        error.meta().unwrap().header("www-authenticate"),
        Some("Bearer")
    );
    assert!(!env.only_request().headers.contains_key("authorization"));
}

#[tokio::test]
async fn rate_limit_is_retried_or_returned_with_retry_after() {
    let env = TestEnv::start().await;
    env.emulator
        .inject_fault(Fault::status(429).retry_after(0).on("getPolicyProfile"));
    let id = env.store_policy(json!({"name": "p"}));
    assert_eq!(env.policies.get(&id).await.unwrap().meta().attempts(), 2);

    env.emulator
        .inject_fault(Fault::status(429).retry_after(3_600).on("getPolicyProfile"));
    let error = env.policies.get(&id).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(
        (error.retry_after(), error.attempts()),
        (Some(Duration::from_secs(3_600)), 1)
    );
    assert_eq!(error.meta().unwrap().rate_limit().unwrap().remaining, 0);
    assert!(error.to_string().contains("retry after 3600s"), "{error}");
}

/// With a paused clock and without timeouts, the wait takes no real time.
#[tokio::test(start_paused = true)]
async fn waits_for_retry_after() {
    let disabled = Duration::ZERO;
    let env =
        TestEnv::with(|builder| builder.attempt_timeout(disabled).total_timeout(disabled)).await;
    env.emulator
        .inject_fault(Fault::status(503).retry_after(60).on("listPolicyProfiles"));
    let page = env.policies.list().await.unwrap();
    assert_eq!(page.meta().attempts(), 2);
    assert!(page.meta().elapsed() >= Duration::from_secs(60));
}

#[tokio::test]
async fn malformed_success_is_a_decode_error_with_its_status() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let whole = env.project().policy(&id).unwrap().to_string();
    let half = &whole[..whole.len() / 2];
    for (body, message) in [
        (half, "EOF"),
        ("", "it is empty"),
        ("<html>", "expected value"),
        ("[]", "expected"),
        (r#"{"id":"pol_1"}"#, "missing field"),
        (r#"{"id":7}"#, "invalid type: integer `7`"),
    ] {
        env.emulator
            .inject_fault(Fault::respond(200, body.to_owned()).header("x-request-id", "req_9"));
        let error = env.policies.get(&id).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Decode, Some(200)),
            "{body}"
        );
        assert!(error.is_decode() && !error.is_server_error() && !error.is_not_found());
        assert!(error.message().contains(message), "{error}");
        assert_eq!((error.body(), error.attempts()), (body.as_bytes(), 1));
        assert_eq!(error.request_id(), Some("req_9"));
        assert_one_line(&error);
        assert!(
            !error.to_string().contains("prj_1"),
            "contains a value of the body: {error}"
        );
    }
    env.emulator
        .inject_fault(Fault::respond(201, half.to_owned()).on("createPolicyProfile"));
    let error = env
        .policies
        .create(PolicyProfileInput::new("p"))
        .await
        .unwrap_err();
    assert_eq!((error.status(), error.is_decode()), (Some(201), true));
}

#[tokio::test]
async fn truncated_response_is_a_network_error() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    env.emulator
        .inject_fault(Fault::truncate().on("getPolicyProfile"));
    let error = env
        .policies
        .get(&id)
        .retry(RetryPolicy::none())
        .await
        .unwrap_err();
    assert!(error.is_network() && !error.is_decode(), "{error:?}");
    assert_eq!(error.status(), None);
    assert_one_line(&error);
    env.emulator
        .inject_fault(Fault::truncate().on("getPolicyProfile"));
    assert_eq!(env.policies.get(&id).await.unwrap().meta().attempts(), 2);
}

#[tokio::test]
async fn unrequested_304_is_an_error() {
    let server = RawServer::start(|_| response("304 Not Modified", &["ETag: \"a\""], "")).await;
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
async fn does_not_follow_redirects() {
    let target = RawServer::start(|_| response("200 OK", &[], "{}")).await;
    let location = format!("Location: {}/v1/x", target.url());
    let server =
        RawServer::start(move |_| response("307 Temporary Redirect", &[&location], "")).await;
    let error = policies(&server.url()).get("pol_1").await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(307), 1));
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn server_messages_are_printed_on_one_line() {
    let forged = "a\r\nERROR forged line\u{2028}\u{1b}[2J";
    let body = json!({"detail": forged, "code": forged, "request_id": forged,
        "errors": [{"field": forged, "detail": forged}]});
    let error = get_error(Fault::respond(400, body.to_string())).await;
    assert!(
        !error.to_string().contains(['\u{2028}', '\u{1b}']),
        "{error}"
    );
    assert_eq!(error.detail(), Some(forged), "`detail` is unchanged");
}

#[tokio::test]
async fn reports_the_attempts_after_repeated_gateway_errors() {
    let env = TestEnv::with(|builder| builder.max_retries(2)).await;
    env.emulator
        .inject_fault(Fault::html(502, "<h1>Bad Gateway</h1>").forever());
    let read = env.policies.get("pol_1").await.unwrap_err();
    assert_eq!(
        (read.status(), read.attempts(), read.maybe_applied()),
        (Some(502), 3, false)
    );
    let write = env
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
    assert_eq!(env.received().len(), 6);
}

#[tokio::test]
async fn refused_connection_is_a_network_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
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

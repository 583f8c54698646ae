//! Tests of edits with an in-memory HTTP client and a paused clock: conflicts, responses that an edit must
//! not write back, write-only fields, and edits in other areas.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use pgbeam::{
    Client, ErrorKind,
    http::{HttpError, HttpErrorKind, HttpRequest, http_fn},
    policies::Policies,
};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{PROJECT, assert_not_sent, builder, is_pending};

/// The requests that a client sent, each with its time.
type RequestLog = Arc<Mutex<Vec<(HttpRequest, Instant)>>>;

/// Returns a client and the log of its requests. The client opens no socket: it gets its responses from
/// `respond`.
fn fake_client(
    respond: impl Fn(&HttpRequest) -> http::Response<String> + Send + Sync + 'static,
) -> (Client, RequestLog) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let (record, respond) = (received.clone(), Arc::new(respond));
    let client = builder("http://127.0.0.1:1")
        .http_client(http_fn(move |request: HttpRequest| {
            let response = respond(&request);
            record.lock().unwrap().push((request, Instant::now()));
            async { Ok(response) }
        }))
        .build()
        .unwrap();
    (client, received)
}

/// Returns the policies handle of a [`fake_client`].
fn fake_policies(
    respond: impl Fn(&HttpRequest) -> http::Response<String> + Send + Sync + 'static,
) -> (Policies, RequestLog) {
    let (client, received) = fake_client(respond);
    (client.project(PROJECT).unwrap().policies(), received)
}

fn profile_json(id: &str) -> String {
    json!({
        "id": id, "project_id": PROJECT, "name": "p", "access_mode": "read_only",
        "table_allowlist": [], "table_denylist": [], "masking_rules": [], "query_mode": "sql",
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    })
    .to_string()
}

fn respond(status: u16, etag: &str, body: String) -> http::Response<String> {
    let response = http::Response::builder().status(status);
    response.header("etag", etag).body(body).unwrap()
}

/// The entity tag changes with each read, so every write conflicts.
#[tokio::test(start_paused = true)]
async fn endless_conflict_returns_412_at_the_total_timeout() {
    let version = AtomicU32::new(0);
    let (policies, received) = fake_policies(move |request| match request.method().as_str() {
        "GET" => {
            let etag = format!("\"v{}\"", version.fetch_add(1, Ordering::SeqCst));
            respond(200, &etag, profile_json("pol_1"))
        }
        _ => respond(412, "\"other\"", String::new()),
    });
    let start = Instant::now();
    let edit = policies.edit("pol_1").max_rows(1);
    let error = edit
        .total_timeout(Duration::from_secs(30))
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.etag()),
        (Some(412), Some("\"other\""))
    );
    assert_eq!(error.operation(), Some("updatePolicyProfile"));
    assert!(!error.maybe_applied(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));

    let received = received.lock().unwrap();
    let rounds: Vec<_> = received.chunks(2).collect();
    assert!(rounds.len() > 20, "{}", rounds.len());
    for (n, round) in rounds.iter().enumerate() {
        let [(get, _), (put, _)] = round else {
            panic!("half a round")
        };
        // The PUT of a round sends the entity tag of its GET. After a 412, the GET bypasses caches.
        assert_eq!(put.headers()["if-match"], format!("\"v{n}\""));
        let bypasses_caches = get.headers().get("cache-control").is_some();
        assert_eq!(bypasses_caches, n > 0);
    }
    // The waits are random and grow up to one second.
    let waits: Vec<_> = rounds
        .windows(2)
        .map(|two| two[1][0].1 - two[0][1].1)
        .collect();
    assert!(
        waits[..3]
            .iter()
            .all(|wait| *wait <= Duration::from_millis(81)),
        "{waits:?}"
    );
    assert!(
        waits
            .iter()
            .all(|wait| *wait <= Duration::from_millis(1_001)),
        "{waits:?}"
    );
    assert!(
        waits[8..]
            .iter()
            .any(|wait| *wait > Duration::from_millis(300)),
        "{waits:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn total_timeout_includes_the_wait_for_other_edits() {
    let (policies, received) = fake_policies(|request| match request.method().as_str() {
        "GET" => respond(200, "\"a\"", profile_json("pol_1")),
        _ => respond(412, "\"b\"", String::new()),
    });
    let first = policies.edit("pol_1").max_rows(1);
    let first = tokio::spawn(
        first
            .total_timeout(Duration::from_secs(3_600))
            .into_future(),
    );
    while received.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    let second = policies.edit("pol_1").max_rows(2);
    let error = second
        .total_timeout(Duration::from_secs(5))
        .await
        .unwrap_err();
    assert!(
        error.is_timeout() && error.to_string().contains("total timeout"),
        "{error}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(6),
        "{:?}",
        start.elapsed()
    );
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn edit_with_if_match_ends_at_a_412() {
    for (tag, status, rounds) in [("\"a\"", 412, 2), ("\"old\"", 412, 1), ("*", 412, 2)] {
        let (policies, received) = fake_policies(|request| match request.method().as_str() {
            "GET" => respond(200, "\"a\"", profile_json("pol_1")),
            _ => respond(412, "\"b\"", String::new()),
        });
        let error = policies
            .edit("pol_1")
            .max_rows(1)
            .if_match(tag)
            .await
            .unwrap_err();
        assert!(error.is_precondition_failed(), "{error}");
        assert_eq!(
            (error.status(), error.operation()),
            (Some(status), Some("updatePolicyProfile"))
        );
        assert_eq!(received.lock().unwrap().len(), rounds, "{tag}");
    }
    let (policies, received) = fake_policies(|_| respond(200, "\"a\"", profile_json("pol_1")));
    policies
        .edit("pol_1")
        .max_rows(1)
        .if_match("\"a\"")
        .await
        .unwrap();
    assert_eq!(received.lock().unwrap()[1].0.headers()["if-match"], "\"a\"");
    let error = policies
        .edit("pol_1")
        .max_rows(1)
        .if_match("")
        .await
        .unwrap_err();
    assert_not_sent(&error);
}

/// The response to the read of an edit has no usable entity tag, a status other than 200, another resource,
/// or no required fields. The edit fails and writes nothing.
#[tokio::test(start_paused = true)]
async fn response_that_cannot_be_written_back_changes_nothing() {
    let other_project = profile_json("pol_1").replace(PROJECT, "prj_other");
    for (status, etag, body, message) in [
        (200, "", profile_json("pol_1"), "entity tag"),
        (200, "*", profile_json("pol_1"), "entity tag"),
        (200, "a", profile_json("pol_1"), "entity tag"),
        (200, "\"", profile_json("pol_1"), "entity tag"),
        (200, "\"a\", \"b\"", profile_json("pol_1"), "entity tag"),
        (206, "\"a\"", profile_json("pol_1"), "status is not 200"),
        (203, "\"a\"", profile_json("pol_1"), "status is not 200"),
        (200, "\"a\"", profile_json("pol_2"), "`id` is \"pol_2\""),
        (200, "\"a\"", other_project, "`project_id` is \"prj_other\""),
        (200, "\"a\"", "{}".to_owned(), "missing field"),
    ] {
        let response_body = body.clone();
        let (policies, received) =
            fake_policies(move |_| respond(status, etag, response_body.clone()));
        let error = policies.edit("pol_1").max_rows(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{status} {etag} {body}");
        assert!(error.to_string().contains(message), "{error}");
        assert!(!error.maybe_applied());
        assert_eq!(received.lock().unwrap().len(), 1);
    }
    let (policies, _) = fake_policies(|_| respond(200, "W/\"a\"", profile_json("pol_1")));
    policies.edit("pol_1").max_rows(1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn edits_in_different_projects_do_not_share_a_lock() {
    let (policies, received) = fake_policies(|_| respond(412, "\"b\"", String::new()));
    let client = builder("http://127.0.0.1:1")
        .http_client(http_fn(|request: HttpRequest| async move {
            let project = request.uri().path().split('/').nth(3).unwrap().to_owned();
            if project == "prj_slow" {
                std::future::pending::<()>().await;
            }
            Ok(respond(
                200,
                "\"a\"",
                profile_json("pol_1").replace(PROJECT, &project),
            ))
        }))
        .build()
        .unwrap();
    let edit = |project: &str| {
        let policies = client.project(project).unwrap().policies();
        policies.edit("pol_1").max_rows(1).into_future()
    };
    let mut slow = edit("prj_slow");
    assert!(is_pending(&mut slow).await);
    edit("prj_fast").await.unwrap();
    drop((policies, received));
}

/// A later unambiguous 412 does not resolve a write whose response was lost.
#[tokio::test(start_paused = true)]
async fn later_412_does_not_hide_an_ambiguous_write() {
    let (puts, gets) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let client = builder("http://127.0.0.1:1").http_client(http_fn(move |request: HttpRequest| {
        let (puts, gets) = (puts.clone(), gets.clone());
        let outcome: Result<http::Response<String>, HttpError> = match request.method().as_str() {
            "GET" => match gets.fetch_add(1, Ordering::SeqCst) {
                3 => Ok(respond(403, "\"a\"", String::new())),
                n => Ok(respond(200, &format!("\"v{n}\""), profile_json("pol_1"))),
            },
            _ => match puts.fetch_add(1, Ordering::SeqCst) {
                0 => Err(HttpError::new(HttpErrorKind::Other, "the connection broke")),
                _ => Ok(respond(412, "\"b\"", String::new())),
            },
        };
        async { outcome }
    }));
    let project = client.build().unwrap().project(PROJECT).unwrap();
    let error = project
        .policies()
        .edit("pol_1")
        .max_rows(1)
        .await
        .unwrap_err();
    // The fourth read fails. The reads: first round, reconciliation, second round, third round.
    assert_eq!(
        (error.status(), error.operation()),
        (Some(403), Some("getPolicyProfile"))
    );
    assert!(error.maybe_applied(), "{error}");
}

const WEBHOOK: &str = r#"{"id": "wh_1", "project_id": "prj_1", "url": "https://a.example", "enabled": true, "format": "json",
    "event_types": [], "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    "unknown": {"n": 1.50}}"#;

/// A read does not return write-only fields. If an edit wrote back only the other fields, the PUT could
/// remove the write-only ones.
#[tokio::test(start_paused = true)]
async fn edit_requires_every_write_only_field() {
    let (client, received) = fake_client(|_| respond(200, "\"a\"", WEBHOOK.to_owned()));
    let webhooks = client.project(PROJECT).unwrap().webhooks();
    for edit in [
        webhooks.edit("wh_1").url("https://b.example"),
        webhooks.edit("wh_1").clear_secret(),
        webhooks.edit("wh_1").clear("secret").enabled(false),
    ] {
        let error = edit.await.unwrap_err();
        assert_not_sent(&error);
        assert!(
            error.to_string().contains("secret: is write-only"),
            "{error}"
        );
    }
    assert!(received.lock().unwrap().is_empty());

    webhooks.edit("wh_1").await.unwrap();
    assert_eq!(
        received.lock().unwrap().len(),
        1,
        "an edit without changes only reads"
    );

    let edit = webhooks
        .edit("wh_1")
        .url("https://b.example")
        .secret("whsec_new");
    edit.await.unwrap();
    let (put, _) = &received.lock().unwrap()[2];
    let body: serde_json::Value = serde_json::from_slice(put.body()).unwrap();
    assert_eq!(
        body,
        json!({"url": "https://b.example", "secret": "whsec_new", "enabled": true, "format": "json",
            "event_types": [], "unknown": {"n": 1.5}})
    );
    assert!(
        std::str::from_utf8(put.body()).unwrap().contains("1.50"),
        "byte for byte"
    );
}

/// Edits an anomaly rule, an approval rule and a honeytoken.
#[tokio::test(start_paused = true)]
async fn other_areas_have_edits() {
    let common = json!({"id": "x_1", "project_id": PROJECT, "new_guard": [1.5], "enabled": true,
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z"});
    let (client, received) = fake_client(move |request| {
        let path = request.uri().path();
        let own = match path.split('/').nth(4).unwrap() {
            "anomaly-rules" => json!({"metric": "errors_per_hour"}),
            "approval-rules" => json!({"name": "n", "statement_kinds": ["ddl"]}),
            "honeytokens" => json!({"action": "kill", "relation_name": "t"}),
            other => panic!("{other}"),
        };
        let mut body = common.clone();
        body.as_object_mut()
            .unwrap()
            .extend(own.as_object().unwrap().clone());
        respond(200, "\"a\"", body.to_string())
    });
    let project = client.project(PROJECT).unwrap();
    project
        .anomaly_rules()
        .edit("x_1")
        .sigma_threshold(9.5)
        .await
        .unwrap();
    project
        .approval_rules()
        .edit("x_1")
        .min_affected_rows(9)
        .await
        .unwrap();
    project
        .honeytokens()
        .edit("x_1")
        .schema_name("9")
        .await
        .unwrap();
    let received = received.lock().unwrap();
    assert_eq!(received.len(), 6);
    for round in received.chunks(2) {
        let put = &round[1].0;
        assert_eq!(put.method(), "PUT");
        assert_eq!(put.headers()["if-match"], "\"a\"");
        let body = std::str::from_utf8(put.body()).unwrap();
        assert!(
            body.contains('9') && body.contains(r#""new_guard":[1.5]"#),
            "{body}"
        );
        assert!(
            !body.contains("created_at") && !body.contains("x_1"),
            "{body}"
        );
    }
}

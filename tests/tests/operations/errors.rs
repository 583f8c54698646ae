//! Tests of error responses of every operation: the declared error statuses and some undeclared ones, with
//! several kinds of bodies. The error has the status, code and request id of the response.

use pgbeam::{Error, ErrorKind, api::types};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    calls,
    raw::raw_request,
    support::{
        Contract, Sdk, declared_responses,
        example::{ExampleKind, example, normalize},
        operation_ids,
        request_check::Inputs,
        server::{REQUEST_ID, Server, StubResponse},
    },
};

/// The request id in a problem document.
const BODY_REQUEST_ID: &str = "req_in_body";

/// Statuses that no operation declares.
const UNDECLARED_STATUSES: [u16; 6] = [301, 418, 451, 502, 504, 599];

/// The body of an error response.
#[derive(Clone, Copy, Debug)]
enum ErrorBody {
    Problem,
    /// A problem document without code and request id.
    TitleOnly,
    /// The format of the API's edge.
    Edge,
    /// The format of the API's HTTP framework.
    Message,
    Html,
    Empty,
    /// A problem document cut off after its code, detail and field errors.
    Truncated,
}

impl ErrorBody {
    /// The kinds of bodies that a raw call gets with each status. A typed call gets two bodies with each
    /// status: `Problem` and one of these kinds, which alternates from status to status.
    const EACH_STATUS: [Self; 4] = [Self::Problem, Self::Html, Self::Empty, Self::Truncated];

    /// The other kinds of bodies. A raw call gets one of these with each status, which alternates from status
    /// to status.
    const ALTERNATING: [Self; 3] = [Self::TitleOnly, Self::Edge, Self::Message];

    fn response(self, status: u16, code: &str) -> StubResponse {
        let problem = json!({
            "type": "https://example.com/problem", "title": "A title", "status": status,
            "detail": "A detail.", "instance": "/v1/x", "code": code,
            "request_id": BODY_REQUEST_ID, "errors": [{"field": "name", "detail": "is odd"}],
        });
        let problem = problem.to_string();
        match self {
            Self::Problem => StubResponse::new(status, "application/problem+json", problem),
            Self::TitleOnly => {
                let title = json!({"type": "about:blank", "title": "A title", "status": status});
                StubResponse::new(status, "application/problem+json", title.to_string())
            }
            Self::Edge => {
                let edge = json!({"error": {"code": code, "message": "A message."}});
                StubResponse::new(status, "application/json", edge.to_string())
            }
            Self::Message => {
                let message = json!({"message": "A message."});
                StubResponse::new(status, "application/json", message.to_string())
            }
            Self::Html => {
                StubResponse::new(status, "text/html", "<html><h1>Bad gateway</h1></html>")
            }
            Self::Empty => StubResponse::empty(status),
            Self::Truncated => StubResponse::new(
                status,
                "application/problem+json",
                &problem[..problem.len() / 2],
            ),
        }
    }

    /// Returns the properties of an error that do not match this body, the operation `id`, and the status.
    fn mismatches(self, error: &Error, id: &str, status: u16, code: &str) -> Vec<String> {
        let expected_code =
            matches!(self, Self::Problem | Self::Edge | Self::Truncated).then_some(code);
        let request_id = if matches!(self, Self::Problem) {
            BODY_REQUEST_ID
        } else {
            REQUEST_ID
        };
        let message = match self {
            Self::Problem | Self::Truncated => Some("A detail."),
            Self::TitleOnly => Some("A title"),
            Self::Edge | Self::Message => Some("A message."),
            Self::Html | Self::Empty => None,
        };
        let fields: Vec<_> = error
            .field_errors()
            .iter()
            .map(|field_error| field_error.field())
            .collect();
        let expected_fields: &[&str] = if matches!(self, Self::Problem | Self::Truncated) {
            &["name"]
        } else {
            &[]
        };
        let display = error.to_string();
        [
            (error.kind() == ErrorKind::Api, "kind"),
            (error.status() == Some(status), "status"),
            (error.code().map(AsRef::as_ref) == expected_code, "code"),
            (error.request_id() == Some(request_id), "request id"),
            (error.operation() == Some(id), "operation"),
            (error.attempts() == 1, "attempts"),
            (
                message.is_none_or(|message| error.message() == message),
                "message",
            ),
            (!error.message().is_empty(), "empty message"),
            (fields == expected_fields, "field errors"),
            (
                display.contains(id) && display.contains(&status.to_string()),
                "operation or status in `Display`",
            ),
            (
                display.contains(request_id) && !display.contains('\n'),
                "request id or line break in `Display`",
            ),
        ]
        .into_iter()
        .filter(|(matches, _)| !matches)
        .map(|(_, property)| format!("{id} {status} {self:?}: {property}: {error:?}"))
        .collect()
    }
}

/// Returns the declared error statuses of an operation and [`UNDECLARED_STATUSES`], sorted.
fn error_statuses(contract: &Contract, id: &str) -> Vec<u16> {
    let declared = declared_responses(contract, id)
        .into_iter()
        .map(|response| response.status);
    let mut statuses: Vec<_> = declared
        .filter(|status| *status >= 400)
        .chain(UNDECLARED_STATUSES)
        .collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// Returns an endless iterator over the error codes of the contract and an unknown one.
fn codes(contract: &Contract) -> impl Iterator<Item = String> + use<> {
    let schema = json!({"$ref": "#/components/schemas/ErrorCode"});
    let known = contract.resolve(&schema)["enum"]
        .as_array()
        .unwrap()
        .clone();
    let known = known
        .into_iter()
        .map(|code| code.as_str().unwrap().to_owned());
    known
        .chain(["UNKNOWN_CODE".to_owned()])
        .collect::<Vec<_>>()
        .into_iter()
        .cycle()
}

#[tokio::test]
async fn raw_calls_report_every_error_status() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    let (mut failures, mut codes, mut count) = (Vec::new(), codes(&contract), 0);
    let mut alternating = ErrorBody::ALTERNATING.into_iter().cycle();
    for id in operation_ids(&contract) {
        let request = raw_request(&contract, &sdk, &id, Inputs::Minimal);
        for status in error_statuses(&contract, &id) {
            for body in ErrorBody::EACH_STATUS.into_iter().chain(alternating.next()) {
                let code = codes.next().unwrap();
                server.respond_with([body.response(status, &code)]);
                let response = request.clone().await.unwrap();
                assert_eq!(response.status.as_u16(), status, "{id}");
                let error = response.json::<Value>().unwrap_err();
                failures.extend(body.mismatches(&error, &id, status, &code));
                count += 1;
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(count > 7_000, "{count}");
}

#[tokio::test]
async fn typed_calls_report_every_error_status() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    let (mut failures, mut codes) = (Vec::new(), codes(&contract));
    let mut alternating = ErrorBody::EACH_STATUS.into_iter().cycle();
    for calls in calls::all() {
        for status in error_statuses(&contract, calls.id) {
            for body in [ErrorBody::Problem].into_iter().chain(alternating.next()) {
                let code = codes.next().unwrap();
                server.respond_with([body.response(status, &code)]);
                match (calls.full)(&sdk).send().await {
                    Ok(outcome) => {
                        failures.push(format!("{} {status}: {:?}", calls.id, outcome.payload));
                    }
                    Err(error) => {
                        failures.extend(body.mismatches(&error, calls.id, status, &code));
                    }
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Returns `true` if the error's body deserializes as `T`, and the value serializes to JSON that equals
/// `body` after [`normalize`].
fn round_trips<T: DeserializeOwned + Serialize>(error: &Error, body: &Value) -> bool {
    let serialized = error
        .body_as::<T>()
        .map(|value| serde_json::to_value(value).unwrap());
    serialized.is_some_and(|serialized| normalize(&serialized) == normalize(body))
}

#[tokio::test]
async fn operation_specific_error_bodies_deserialize() {
    let contract = Contract::load();
    let server = Server::start().await;
    let sdk = Sdk::without_retries(&server);
    type RoundTrip = fn(&Error, &Value) -> bool;
    let expected: [(&str, u16, &str, RoundTrip); 3] = [
        (
            "executeBatch",
            409,
            "BatchResponse",
            round_trips::<types::BatchResponse>,
        ),
        (
            "createDemoCredential",
            402,
            "DemoPaymentChallenge",
            |error, body| round_trips::<pgbeam::demo::DemoPaymentChallenge>(error, body),
        ),
        ("createBudgetTopup", 402, "PaymentProblem", |error, body| {
            round_trips::<pgbeam::payments::PaymentProblem>(error, body)
        }),
    ];
    let mut checked = Vec::new();
    for calls in calls::all() {
        for declared in declared_responses(&contract, calls.id) {
            let (status, Some((media_type, schema))) = (declared.status, declared.content) else {
                continue;
            };
            let name = schema["$ref"]
                .as_str()
                .and_then(|reference| reference.rsplit('/').next());
            let name = name.unwrap_or_default();
            if status < 400 || name == "Error" {
                continue;
            }
            let (.., round_trip) = expected
                .iter()
                .find(|(id, expected_status, ..)| (*id, *expected_status) == (calls.id, status))
                .unwrap_or_else(|| panic!("{} {status} {name}", calls.id));
            checked.push((calls.id, status, name.to_owned()));
            for kind in ExampleKind::ALL {
                let body = example(&contract, &schema, kind);
                server.respond_with([StubResponse::new(status, &media_type, body.to_string())]);
                for call in [calls.full, calls.low_level_full] {
                    let error = call(&sdk).send().await.err().unwrap();
                    assert_eq!(error.status(), Some(status));
                    assert!(round_trip(&error, &body), "{} {kind:?}: {body}", calls.id);
                }
            }
        }
    }
    let mut expected = expected.map(|(id, status, name, _)| (id, status, name.to_owned()));
    expected.sort();
    checked.sort();
    assert_eq!(checked, expected);
}

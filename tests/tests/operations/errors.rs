//! Every error status that an operation declares, and some that none does, with every kind of body
//! that is met: whatever comes, the status arrives, and with it the code and the request's id.

use pgbeam::{Error, ErrorKind, api::types};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    calls,
    support::{
        Contract, To, all, answers,
        example::{Fill, example, known},
        request::Extent,
        server::{REQUEST_ID, Reply, Server},
    },
    untyped::call,
};

/// The id that a problem document carries.
const OF_THE_BODY: &str = "req_of_the_body";

/// Statuses that no operation declares.
const UNLISTED: [u16; 6] = [301, 418, 451, 502, 504, 599];

/// What stands in the body of an error.
#[derive(Clone, Copy, Debug)]
enum Body {
    Problem,
    /// A problem document that says neither its code nor the request's id.
    Title,
    /// What the edge sends.
    Edge,
    /// What the framework sends.
    Message,
    Html,
    Nothing,
    /// A problem document that breaks off after its code, detail and fields.
    Cut,
}

impl Body {
    /// What is tried with every status.
    const ALWAYS: [Self; 4] = [Self::Problem, Self::Html, Self::Nothing, Self::Cut];

    /// What is tried in turn.
    const IN_TURN: [Self; 3] = [Self::Title, Self::Edge, Self::Message];

    /// The answer with this body.
    fn reply(self, status: u16, code: &str) -> Reply {
        let problem = json!({
            "type": "https://example.com/problem", "title": "A title", "status": status,
            "detail": "A detail.", "instance": "/v1/x", "code": code,
            "request_id": OF_THE_BODY, "errors": [{"field": "name", "detail": "is odd"}],
        });
        let problem = problem.to_string();
        match self {
            Self::Problem => Reply::of(status, "application/problem+json", problem),
            Self::Title => {
                let title = json!({"type": "about:blank", "title": "A title", "status": status});
                Reply::of(status, "application/problem+json", title.to_string())
            }
            Self::Edge => {
                let edge = json!({"error": {"code": code, "message": "A message."}});
                Reply::of(status, "application/json", edge.to_string())
            }
            Self::Message => Reply::of(
                status,
                "application/json",
                json!({"message": "A message."}).to_string(),
            ),
            Self::Html => Reply::of(status, "text/html", "<html><h1>Bad gateway</h1></html>"),
            Self::Nothing => Reply::empty(status),
            Self::Cut => Reply::of(
                status,
                "application/problem+json",
                &problem[..problem.len() / 2],
            ),
        }
    }

    /// What is wrong with the error that such an answer became.
    fn faults(self, error: &Error, id: &str, status: u16, code: &str) -> Vec<String> {
        let has_code = matches!(self, Self::Problem | Self::Edge | Self::Cut).then_some(code);
        let request_id = if matches!(self, Self::Problem) {
            OF_THE_BODY
        } else {
            REQUEST_ID
        };
        let message = match self {
            Self::Problem | Self::Cut => Some("A detail."),
            Self::Title => Some("A title"),
            Self::Edge | Self::Message => Some("A message."),
            Self::Html | Self::Nothing => None,
        };
        let fields: Vec<_> = error.field_errors().iter().map(|of| of.field()).collect();
        let named: &[&str] = if matches!(self, Self::Problem | Self::Cut) {
            &["name"]
        } else {
            &[]
        };
        let line = error.to_string();
        [
            (error.kind() == ErrorKind::Api, "kind"),
            (error.status() == Some(status), "status"),
            (error.code().map(AsRef::as_ref) == has_code, "code"),
            (error.request_id() == Some(request_id), "request id"),
            (error.operation() == Some(id), "operation"),
            (error.attempts() == 1, "attempts"),
            (
                message.is_none_or(|message| error.message() == message),
                "message",
            ),
            (!error.message().is_empty(), "no message"),
            (fields == named, "fields"),
            (
                line.contains(id) && line.contains(&status.to_string()),
                "line",
            ),
            (line.contains(request_id) && !line.contains('\n'), "line"),
        ]
        .into_iter()
        .filter(|(good, _)| !good)
        .map(|(_, what)| format!("{id} {status} {self:?}: {what}: {error:?}"))
        .collect()
    }
}

/// The error statuses to try on an operation.
fn statuses(contract: &Contract, id: &str) -> Vec<u16> {
    let declared = answers(contract, id)
        .into_iter()
        .map(|answer| answer.status);
    let mut statuses: Vec<_> = declared
        .filter(|status| *status >= 400)
        .chain(UNLISTED)
        .collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The known codes, and one that is not.
fn codes(contract: &Contract) -> impl Iterator<Item = String> + use<> {
    let schema = json!({"$ref": "#/components/schemas/ErrorCode"});
    let words = contract.resolve(&schema)["enum"]
        .as_array()
        .unwrap()
        .clone();
    let words = words
        .into_iter()
        .map(|word| word.as_str().unwrap().to_owned());
    words
        .chain(["A_NEWER_CODE".to_owned()])
        .collect::<Vec<_>>()
        .into_iter()
        .cycle()
}

#[tokio::test]
async fn no_status_is_lost_by_name() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::once(&server);
    let (mut wrong, mut codes, mut tried) = (Vec::new(), codes(&contract), 0);
    let mut in_turn = Body::IN_TURN.into_iter().cycle();
    for id in all(&contract) {
        let prepared = call(&contract, &to, &id, Extent::Least);
        for status in statuses(&contract, &id) {
            for body in Body::ALWAYS.into_iter().chain(in_turn.next()) {
                let code = codes.next().unwrap();
                server.answer([body.reply(status, &code)]);
                let answer = prepared.clone().await.unwrap();
                assert_eq!(answer.status.as_u16(), status, "{id}");
                let error = answer.json::<Value>().unwrap_err();
                wrong.extend(body.faults(&error, &id, status, &code));
                tried += 1;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(tried > 7_000, "{tried}");
}

#[tokio::test]
async fn no_status_is_lost_by_type() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::once(&server);
    let (mut wrong, mut codes) = (Vec::new(), codes(&contract));
    let mut in_turn = Body::ALWAYS.into_iter().cycle();
    for calls in calls::all() {
        for status in statuses(&contract, calls.id) {
            for body in [Body::Problem].into_iter().chain(in_turn.next()) {
                let code = codes.next().unwrap();
                server.answer([body.reply(status, &code)]);
                match (calls.full)(&to).send().await {
                    Ok(got) => wrong.push(format!("{} {status}: {:?}", calls.id, got.what)),
                    Err(error) => wrong.extend(body.faults(&error, calls.id, status, &code)),
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Whether the body of this error is read as this type and is the same again.
fn comes_back<T: DeserializeOwned + Serialize>(error: &Error, body: &Value) -> bool {
    let read = error
        .body_as::<T>()
        .map(|read| serde_json::to_value(read).unwrap());
    read.is_some_and(|read| known(&read) == known(body))
}

#[tokio::test]
async fn errors_that_hold_more_than_a_problem_can_be_read() {
    let contract = Contract::load();
    let server = Server::start().await;
    let to = To::once(&server);
    type Reader = fn(&Error, &Value) -> bool;
    let readers: [(&str, u16, &str, Reader); 3] = [
        (
            "executeBatch",
            409,
            "BatchResponse",
            comes_back::<types::BatchResponse>,
        ),
        (
            "createDemoCredential",
            402,
            "DemoPaymentChallenge",
            |error, body| comes_back::<pgbeam::demo::DemoPaymentChallenge>(error, body),
        ),
        ("createBudgetTopup", 402, "PaymentProblem", |error, body| {
            comes_back::<pgbeam::payments::PaymentProblem>(error, body)
        }),
    ];
    let mut found = Vec::new();
    for calls in calls::all() {
        for declared in answers(&contract, calls.id) {
            let (status, Some((media_type, schema))) = (declared.status, declared.content) else {
                continue;
            };
            let name = schema["$ref"].as_str().and_then(|of| of.rsplit('/').next());
            let name = name.unwrap_or_default();
            if status < 400 || name == "Error" {
                continue;
            }
            let reader = readers
                .iter()
                .find(|(id, of, ..)| (*id, *of) == (calls.id, status));
            let (.., reader) = reader.unwrap_or_else(|| panic!("{} {status} {name}", calls.id));
            found.push((calls.id, status, name.to_owned()));
            for fill in Fill::ALL {
                let body = example(&contract, &schema, fill);
                server.answer([Reply::of(status, &media_type, body.to_string())]);
                for call in [calls.full, calls.low_full] {
                    let error = call(&to).send().await.err().unwrap();
                    assert_eq!(error.status(), Some(status));
                    assert!(reader(&error, &body), "{} {fill:?}: {body}", calls.id);
                }
            }
        }
    }
    let mut wanted = readers.map(|(id, status, name, _)| (id, status, name.to_owned()));
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
}

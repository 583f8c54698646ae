//! Creates the resources of a plan, so that concurrent runs do not create two resources of the same name.
//!
//! The API replays the first response to an idempotency key for 24 hours. The key of the first request is derived from
//! the project, the kind and the name. If a second run sends a request for the same name, the API replays the response
//! to the first run, and no second resource is created. A replayed response can be out of date:
//!
//! - a 201, although the resource was deleted since;
//! - a 4xx, although its reason no longer exists. The API does not replay 408 and 429.
//!
//! A 409 can also mean that an earlier request with the key had other fields.
//!
//! After any of these responses, the list is read, because it shows whether a resource of the name exists. If no such
//! resource exists, a second request with a random key creates it.

use std::collections::BTreeMap;

use pgbeam_api::{BoxFuture, Error, ErrorKind};
use serde_json::Value;
use uuid::Uuid;

use super::report::Status;
use crate::{
    Project,
    policies::{
        concurrent,
        plan::{
            decide::{Stored, duplicate_name},
            read,
            resource::ResourceKind,
            step::Step,
        },
    },
};

/// The UUID namespace of the idempotency keys that are derived from a project, a kind and a name.
const NAMESPACE: Uuid = Uuid::from_u128(0x0b1f_5f0e_6f6c_4a1d_9c3e_5a2b_7d84_e910);

/// The identifier of the resource, if it is known, and the result of the step.
pub(super) type Created = (Option<String>, Status);

/// Creates resources of one kind, with at most `concurrency` requests at a time. Returns one result for each step, in
/// order.
///
/// `may_start` is called before each creation request. If it returns `false`, the request is not sent and the status of
/// the step is `NotDone`. `failed` is called as soon as a first request has failed with an error that is final. After
/// that, `may_start` can return `false`.
pub(super) async fn create(
    project: &Project,
    kind: ResourceKind,
    steps: &[&Step],
    concurrency: usize,
    may_start: &(dyn Fn() -> bool + Sync),
    failed: &(dyn Fn() + Sync),
) -> Vec<Created> {
    let first = steps.iter().map(|step| -> BoxFuture<'_, Option<Response>> {
        Box::pin(async move {
            if !may_start() {
                return None;
            }
            let response = post(project, step, &first_key(project, step)).await;
            if matches!(&response, Err(error) if !needs_lookup(error)) {
                failed();
            }
            Some(response)
        })
    });
    let responses = concurrent::run(concurrency, first.collect()).await;
    let is_sure = |response: &Option<Response>| match response {
        None => true,
        Some(Ok(_)) => false,
        Some(Err(error)) => !needs_lookup(error),
    };
    let list = match responses.iter().all(is_sure) {
        true => Ok(Vec::new()),
        false => read::list(project, kind).await,
    };
    let list = list.as_ref().map(|list| by_name(list));
    let states = steps
        .iter()
        .zip(responses)
        .map(|(step, response)| -> BoxFuture<'_, Creation> {
            let state = match (response, &list) {
                (None, _) => Creation::Final((None, Status::NotDone)),
                (Some(response), Ok(list)) => after_first_request(step, response, list),
                (Some(Err(error)), Err(_)) => Creation::Final((None, Status::Failed(error))),
                (Some(Ok(id)), Err(error)) => {
                    Creation::Final((Some(id), Status::Failed(unverified(step, error))))
                }
            };
            Box::pin(async move {
                match state {
                    Creation::Retry if may_start() => {
                        match post(project, step, &Uuid::new_v4().to_string()).await {
                            Ok(id) => Creation::Retried(id),
                            Err(error) => Creation::Final((None, Status::Failed(error))),
                        }
                    }
                    Creation::Retry => Creation::Final((None, Status::NotDone)),
                    other => other,
                }
            })
        });
    let results = concurrent::run(concurrency, states.collect()).await;
    let list = match results
        .iter()
        .any(|result| matches!(result, Creation::Retried(_)))
    {
        true => read::list(project, kind).await,
        false => Ok(Vec::new()),
    };
    let list = list.as_ref().map(|list| by_name(list));
    let last = steps
        .iter()
        .zip(results)
        .map(|(step, result)| match (result, &list) {
            (Creation::Final(created), _) => created,
            (Creation::Retry, _) => (None, Status::NotDone),
            (Creation::Retried(id), Err(error)) => {
                (Some(id), Status::Failed(unverified(step, error)))
            }
            (Creation::Retried(id), Ok(list)) => {
                let stored = list.get(step.name()).map(Vec::as_slice).unwrap_or_default();
                match stored.iter().find(|stored| stored.id != id) {
                    Some(other) => {
                        let error = duplicate_name(kind, step.name(), &id, &other.id);
                        (Some(id), Status::Failed(error))
                    }
                    None => (Some(id), Status::Done),
                }
            }
        });
    last.collect()
}

/// The response to a creation request: the identifier of the resource, or the error.
type Response = Result<String, Error>;

/// The state of a creation after the first request.
enum Creation {
    /// The result of the step is known.
    Final(Created),
    /// The second request must be sent, with a random key.
    Retry,
    /// The second request created the resource with this identifier.
    Retried(String),
}

/// Returns the state of a creation after the response to its first request. `list` has the stored resources by name.
fn after_first_request(
    step: &Step,
    response: Response,
    list: &BTreeMap<&str, Vec<&Stored>>,
) -> Creation {
    let stored = list.get(step.name()).map(Vec::as_slice).unwrap_or_default();
    let result = match (stored, response) {
        ([], Ok(_)) => return Creation::Retry,
        ([], Err(error)) if is_stale_response(&error) => return Creation::Retry,
        (_, Err(error)) if !needs_lookup(&error) => (None, Status::Failed(error)),
        ([], Err(error)) => (None, Status::Failed(error)),
        ([stored], _) if step.is_satisfied_by(&stored.json) => {
            (Some(stored.id.clone()), Status::Done)
        }
        ([stored], _) => (
            Some(stored.id.clone()),
            Status::Failed(other_fields(step, stored)),
        ),
        ([first, second, ..], _) => {
            let error = duplicate_name(step.kind(), step.name(), &first.id, &second.id);
            (Some(first.id.clone()), Status::Failed(error))
        }
    };
    Creation::Final(result)
}

/// Returns `true` if the error can be an old response that the API replays.
///
/// A 401 is not replayed: the API stores the responses of each organization, and a request that gets a 401 has no
/// organization.
fn is_stale_response(error: &Error) -> bool {
    let is_replayed = |status| matches!(status, 400..500) && !matches!(status, 401 | 408 | 429);
    error.kind() == ErrorKind::Api && error.status().is_some_and(is_replayed)
}

/// Returns `true` if the list must be read to find out whether the resource exists.
fn needs_lookup(error: &Error) -> bool {
    is_stale_response(error) || error.maybe_applied()
}

fn other_fields(step: &Step, stored: &Stored) -> Error {
    let message = format!(
        "the {} {:?} was created meanwhile with other fields ({}): make a new plan",
        step.kind().as_str(),
        step.name(),
        stored.id
    );
    Error::new(ErrorKind::Invalid, message)
}

fn unverified(step: &Step, error: &Error) -> Error {
    let message = format!(
        "the {} {:?} was created, but the list that confirms it failed: {error}: make a new plan",
        step.kind().as_str(),
        step.name()
    );
    Error::new(error.kind(), message).with_maybe_applied(true)
}

fn by_name(list: &[Stored]) -> BTreeMap<&str, Vec<&Stored>> {
    let mut names: BTreeMap<&str, Vec<&Stored>> = BTreeMap::new();
    for stored in list {
        names.entry(stored.name()).or_default().push(stored);
    }
    names
}

/// Returns the idempotency key of the first request. It depends only on the project, the kind and the name.
fn first_key(project: &Project, step: &Step) -> String {
    let name = format!(
        "{}\n{}\n{}",
        step.kind().as_str(),
        project.id(),
        step.name()
    );
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}

async fn post(project: &Project, step: &Step, key: &str) -> Response {
    let operation = match step.kind() {
        ResourceKind::PolicyProfile => "createPolicyProfile",
        ResourceKind::QueryTemplate => "createQueryTemplate",
    };
    let body = step.desired.as_ref().map(|desired| desired.to_json());
    let request = project
        .client()
        .call(operation)
        .path("project_id", project.id().as_str());
    let request = request.idempotency_key(key).json(&body.unwrap_or_default());
    let created = request.await?.json::<serde_json::Map<String, Value>>()?;
    match created.get("id").and_then(Value::as_str) {
        Some(id) => Ok(id.to_owned()),
        None => {
            let error = Error::new(ErrorKind::Decode, "the created resource has no `id`");
            Err(error.with_maybe_applied(true))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policies::plan::{resource::Desired, step::Dependents};

    fn object(json: Value) -> serde_json::Map<String, Value> {
        json.as_object().cloned().expect("an object")
    }

    fn step() -> Step {
        let kind = ResourceKind::PolicyProfile;
        let desired = Desired::from_json(kind, object(json!({"name": "a", "max_rows": 1})));
        Step::new(kind, None, Some(desired), Dependents::default())
    }

    fn ambiguous() -> Error {
        Error::new(ErrorKind::Timeout, "lost").with_maybe_applied(true)
    }

    #[test]
    fn the_first_response_and_the_list_determine_the_next_step() {
        let stored = |id: &str, rows: i64| Stored {
            id: id.into(),
            json: object(json!({"name": "a", "max_rows": rows})),
        };
        let other = Stored {
            id: "pol_9".into(),
            json: object(json!({"name": "b"})),
        };
        let created = || Ok("pol_1".to_owned());
        let lost = || Err(ambiguous());
        let refused = || Err(Error::new(ErrorKind::Network, "no connection"));
        // (response, list, expected result)
        let cases: [(Response, Vec<Stored>, &str); 10] = [
            (
                created(),
                vec![other.clone(), stored("pol_1", 1)],
                "pol_1 done",
            ),
            // A replayed response: the profile was deleted since.
            (created(), vec![other.clone()], "retry"),
            // A replayed response: the profile was deleted and created again since.
            (created(), vec![stored("pol_2", 1)], "pol_2 done"),
            (created(), vec![stored("pol_1", 2)], "pol_1 failed"),
            (
                created(),
                vec![stored("pol_1", 1), stored("pol_2", 1)],
                "pol_1 failed",
            ),
            (lost(), vec![stored("pol_1", 1)], "pol_1 done"),
            (lost(), vec![stored("pol_1", 2)], "pol_1 failed"),
            // A request in flight could still create it.
            (lost(), vec![other], "- failed"),
            (refused(), vec![], "- failed"),
            (refused(), vec![stored("pol_1", 1)], "- failed"),
        ];
        for (response, list, expected) in cases {
            let name = format!("{response:?} {list:?}");
            let actual = match after_first_request(&step(), response, &by_name(&list)) {
                Creation::Final((id, status)) => {
                    format!("{} {}", id.as_deref().unwrap_or("-"), status.as_str())
                }
                Creation::Retry => "retry".into(),
                Creation::Retried(_) => "retried".into(),
            };
            assert_eq!(actual, expected, "{name}");
        }
    }

    #[test]
    fn the_first_key_depends_on_the_project_the_kind_and_the_name() {
        let client = crate::Client::builder().api_key("k").env(|_| None).build();
        let client = client.expect("a client");
        let project = |id: &str| client.project(id).expect("a project");
        let mut other_name = step();
        other_name.name = "b".into();
        let mut other_kind = step();
        other_kind.kind = ResourceKind::QueryTemplate;
        let key = first_key(&project("prj_1"), &step());
        assert_eq!(key, first_key(&project("prj_1"), &step()));
        for other in [
            first_key(&project("prj_2"), &step()),
            first_key(&project("prj_1"), &other_name),
            first_key(&project("prj_1"), &other_kind),
        ] {
            assert_ne!(key, other);
        }
    }
}

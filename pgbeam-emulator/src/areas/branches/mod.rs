//! Database branches: lists and discards them. No operation creates them: see [`lifecycle::create`].

pub(crate) mod lifecycle;

use http::StatusCode;

use crate::http::response::Response;
use crate::resource::{Handler, HandlerResult, Kind, OperationRequest};

pub(super) const HANDLERS: &[(&str, Handler)] = &[("discardDatabaseBranch", discard)];

pub(super) const KINDS: &[&dyn Kind] = &[&DatabaseBranches];

struct DatabaseBranches;

impl Kind for DatabaseBranches {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/branches"
    }

    fn prefix(&self) -> &'static str {
        lifecycle::ID_PREFIX
    }

    fn noun(&self) -> &'static str {
        lifecycle::NOUN
    }
}

/// Sets the status of a branch to `discarded`. Returns 404 if the branch does not exist or is already discarded.
fn discard(request: &mut OperationRequest<'_>) -> HandlerResult {
    let (project_id, id) = (request.project_id(), request.id());
    lifecycle::discard(&mut request.context(), project_id, id)?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::{Value, json};

    use super::*;
    use crate::areas::testing::Fixture;
    use crate::store::fields;

    const PROJECT: &str = "prj_1";

    fn create(fixture: &mut Fixture, body: Value) -> Result<Value, StatusCode> {
        let created = lifecycle::create(&mut fixture.context(), PROJECT, &fields(body));
        created.map_err(|problem| problem.status)
    }

    fn update(fixture: &mut Fixture, id: &Value, body: Value) -> Result<Value, StatusCode> {
        let id = id.as_str().expect("an id");
        let updated = lifecycle::update(&mut fixture.context(), PROJECT, id, &fields(body));
        updated.map_err(|problem| problem.status)
    }

    fn discard(fixture: &mut Fixture, id: &Value) -> Result<Value, StatusCode> {
        let ids = [PROJECT, id.as_str().expect("an id")];
        let discarded = fixture.call("discardDatabaseBranch", &ids, &[], &Value::Null);
        discarded.map_err(|problem| problem.status)
    }

    fn list(fixture: &mut Fixture, query: &[(&str, &str)]) -> Vec<Value> {
        let page = fixture.call("listDatabaseBranches", &[PROJECT], query, &Value::Null);
        let page = page.expect("a page");
        page["branches"].as_array().expect("branches").clone()
    }

    fn database(fixture: &mut Fixture) -> String {
        let body = json!({
            "host": "h", "port": 5432, "name": "n", "username": "u", "password": "p",
        });
        let created = fixture.call("createDatabase", &[PROJECT], &[], &body);
        created.expect("a database")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    #[tokio::test]
    async fn a_branch_is_listed_by_status_until_its_database_is_deleted() {
        let mut fixture = Fixture::new();
        let database_id = database(&mut fixture);
        let branch = create(&mut fixture, json!({})).expect("a branch");
        let id = branch["id"].clone();
        let name = id.as_str().expect("an id").replace("brn_", "sandbox-");
        let mut expected = json!({
            "id": id, "database_id": database_id, "credential_id": null, "branch_name": name,
            "status": "pending", "created_at": "2026-01-31T12:00:00.000000Z", "expires_at": null,
            "discarded_at": null,
        });
        assert_eq!(branch, expected);
        let ready = update(&mut fixture, &id, json!({"status": "ready"})).expect("ready");
        expected["status"] = json!("ready");
        assert_eq!(ready, expected);
        assert_eq!(list(&mut fixture, &[("status", "ready")]), [ready]);
        assert!(list(&mut fixture, &[("status", "pending")]).is_empty());

        assert_eq!(discard(&mut fixture, &id), Ok(Value::Null));
        assert_eq!(discard(&mut fixture, &id), Err(StatusCode::NOT_FOUND));
        expected["status"] = json!("discarded");
        expected["discarded_at"] = json!("2026-01-31T12:00:00.000000Z");
        assert_eq!(list(&mut fixture, &[]), [expected]);
        let ids = [PROJECT, &database_id];
        let deleted = fixture.call("deleteDatabase", &ids, &[], &Value::Null);
        assert!(deleted.is_ok() && list(&mut fixture, &[]).is_empty());
    }

    #[tokio::test]
    async fn the_status_follows_the_lifecycle() {
        let statuses = ["pending", "ready", "error", "discarded"];
        let allowed = [
            ("pending", "ready"),
            ("pending", "error"),
            ("pending", "discarded"),
            ("ready", "discarded"),
            ("error", "discarded"),
        ];
        for from in statuses {
            for to in statuses {
                let mut fixture = Fixture::new();
                let branch = create(&mut fixture, json!({"status": from})).expect(from);
                assert_eq!(branch.get("error").is_some(), from == "error");
                assert_eq!(branch["discarded_at"].is_string(), from == "discarded");
                let updated = update(&mut fixture, &branch["id"], json!({"status": to}));
                if from == to {
                    assert_eq!(updated, Ok(branch));
                } else if allowed.contains(&(from, to)) {
                    assert_eq!(updated.expect(to)["status"], to);
                } else {
                    assert_eq!(updated, Err(StatusCode::CONFLICT), "{from} {to}");
                }
            }
        }
    }

    #[tokio::test]
    async fn rejects_invalid_bodies_and_unknown_ids() {
        let mut fixture = Fixture::new();
        let bad_request = Err(StatusCode::BAD_REQUEST);
        let not_found = Err(StatusCode::NOT_FOUND);
        for body in [
            json!({"status": "new"}),
            json!({"status": 1}),
            json!({"credential_id": 1}),
        ] {
            assert_eq!(create(&mut fixture, body), bad_request);
        }
        assert_eq!(
            create(&mut fixture, json!({"credential_id": "agt_1"})),
            not_found
        );
        fixture.store.activity_mut(PROJECT).bind("agt_1", None);
        let body = json!({"credential_id": "agt_1", "status": null});
        let branch = create(&mut fixture, body).expect("a branch");
        assert_eq!(branch["credential_id"], "agt_1");
        assert_eq!(
            branch["database_id"], "db_emulator",
            "the project has no database"
        );
        for body in [json!({}), json!({"status": "new"})] {
            assert_eq!(update(&mut fixture, &branch["id"], body), bad_request);
        }
        let unknown = json!("brn_x");
        assert_eq!(
            update(&mut fixture, &unknown, json!({"status": "ready"})),
            not_found
        );
        assert_eq!(discard(&mut fixture, &unknown), not_found);
    }
}

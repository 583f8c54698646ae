//! Databases: creation and deletion, the connection test, the scan for personal data and the schema catalog.

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::branches::lifecycle as branch;
use super::hosts::{is_resolvable, proxy_host};
use super::projects::{count_databases, remove_replicas};
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{
    self, Body, Handler, HandlerResult, Kind, OperationRequest, check_parents, read_response,
};
use crate::store::{Resource, fields, str_field};

/// The characters that are percent-encoded in a connection string: all except the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("createDatabase", create),
    ("testDatabaseConnection", test_connection),
    ("scanDatabaseForPii", scan_for_pii),
    ("getSchemaCatalog", schema_catalog),
];

pub(super) const KINDS: &[&dyn Kind] = &[&Databases];

struct Databases;

impl Kind for Databases {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/databases"
    }

    fn prefix(&self) -> &'static str {
        "db"
    }

    fn noun(&self) -> &'static str {
        "database"
    }

    /// Sets the defaults of omitted settings of a new database. Returns the connection string, with a placeholder for
    /// the password.
    fn check(
        &self,
        request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        stored: Option<&Resource>,
    ) -> Resource {
        if stored.is_none() {
            body.set_default("ssl_mode", json!("require"));
            body.set_default("cache_config", json!({}));
            body.set_default("pool_config", json!({"pool_mode": "transaction"}));
        }
        let field = |name: &str| {
            let stored = || stored.map_or("", |stored| str_field(stored, name));
            let value = body.get_str(name).unwrap_or_else(stored);
            encode(value)
        };
        let host = proxy_host(request.project_id());
        let connection_string = format!(
            "postgresql://{}:PASSWORD@{host}:5432/{}",
            field("username"),
            field("name")
        );
        Resource::from_iter([(
            "connection_string".to_owned(),
            Value::from(connection_string),
        )])
    }

    /// Removes the replicas and branches of the database, and updates `database_count` of the project. The store has
    /// already removed the cache rules, because their path is below that of the database.
    fn after_delete(&self, request: &mut OperationRequest<'_>, id: &str) {
        let project_id = request.project_id();
        remove_replicas(request.store, id);
        branch::remove_branches(request.store, project_id, id);
        count_databases(request.store, project_id);
    }
}

/// Percent-encodes a part of a connection string.
pub(super) fn encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

fn create(request: &mut OperationRequest<'_>) -> HandlerResult {
    let response = resource::create(&Databases, request)?;
    count_databases(request.store, request.project_id());
    Ok(response)
}

/// Returns the seeded result. Without one, the connection succeeds unless the host does not resolve.
fn test_connection(request: &mut OperationRequest<'_>) -> HandlerResult {
    let result = match (
        seeded(request, "test-connection")?,
        connection_error(request)?,
    ) {
        (Some(seeded), _) => seeded,
        (None, Some(error)) => fields(json!({"ok": false, "error": error})),
        (None, None) => fields(json!({"ok": true, "latency_ms": 1.5, "server_version": "17.2"})),
    };
    Ok(Response::json(StatusCode::OK, &result))
}

/// Returns the seeded result. Without one, returns no suggestions, and the counts and the error of the schema catalog.
fn scan_for_pii(request: &mut OperationRequest<'_>) -> HandlerResult {
    let result = match seeded(request, "scan-pii")? {
        Some(seeded) => seeded,
        None => {
            let mut catalog = catalog(request)?;
            let mut count = |name: &str| catalog.remove(name).unwrap_or_default();
            let mut result = fields(json!({
                "scanned_tables": count("scanned_relations"),
                "scanned_columns": count("scanned_columns"),
                "suggestions": [],
            }));
            result.extend(catalog.remove_entry("error"));
            result
        }
    };
    Ok(Response::json(StatusCode::OK, &result))
}

fn schema_catalog(request: &mut OperationRequest<'_>) -> HandlerResult {
    let catalog = catalog(request)?;
    read_response(request, &catalog)
}

/// Returns the seeded schema catalog. Without one, returns an empty catalog, with an error if the host does not
/// resolve.
fn catalog(request: &OperationRequest<'_>) -> Result<Resource, Problem> {
    let mut catalog = match seeded(request, "schema-catalog")? {
        Some(seeded) => seeded,
        None => {
            let error = connection_error(request)?;
            error.map_or_else(Resource::new, |error| fields(json!({ "error": error })))
        }
    };
    let relations = catalog.entry("relations").or_insert_with(|| json!([]));
    let relations = relations.as_array().map_or(&[][..], Vec::as_slice);
    let columns = relations
        .iter()
        .filter_map(|relation| relation.get("columns")?.as_array());
    let counts = [
        ("scanned_relations", relations.len()),
        ("scanned_columns", columns.map(Vec::len).sum()),
    ];
    for (name, count) in counts {
        catalog.entry(name).or_insert_with(|| count.into());
    }
    Ok(catalog)
}

/// Returns an error message if the host of the database does not resolve. Returns 404 if the database does not exist.
fn connection_error(request: &OperationRequest<'_>) -> Result<Option<String>, Problem> {
    let id = request.path_param("database_id");
    let database = request
        .store
        .get(&request.project_collection("databases"), id)
        .ok_or_else(|| Problem::not_found(Databases.noun(), id))?;
    let host = str_field(database, "host");
    Ok((!is_resolvable(host)).then(|| format!("The host {host} does not resolve")))
}

/// Returns the object that a test or a seed has set for the database, such as `schema-catalog`. Returns 404 if the
/// database does not exist.
fn seeded(request: &OperationRequest<'_>, name: &str) -> Result<Option<Resource>, Problem> {
    check_parents(request, &request.operation.path)?;
    let path = format!("{}/{{database_id}}/{name}", Databases.collection());
    Ok(request.store.object(&request.fill(&path)).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::testing::Fixture;

    const PATH: &str = "/v1/projects/prj_1/databases";

    fn fixture(host: &str) -> Fixture {
        let mut fixture = Fixture::new();
        let database = fields(json!({"id": "db_1", "host": host}));
        fixture
            .store
            .collection_mut(PATH)
            .insert("db_1".to_owned(), database);
        fixture
    }

    fn results(fixture: &mut Fixture) -> [Value; 3] {
        [
            "testDatabaseConnection",
            "getSchemaCatalog",
            "scanDatabaseForPii",
        ]
        .map(|operation| {
            let result = fixture.call(operation, &["prj_1", "db_1"], &[], &Value::Null);
            result.expect(operation)
        })
    }

    #[tokio::test]
    async fn a_host_below_invalid_cannot_be_reached() {
        let [connection, catalog, scan] = results(&mut fixture("db.example.com"));
        assert_eq!(connection["ok"], true);
        let empty = json!({"relations": [], "scanned_relations": 0, "scanned_columns": 0});
        assert_eq!(catalog, empty);
        assert_eq!(
            scan,
            json!({"suggestions": [], "scanned_tables": 0, "scanned_columns": 0})
        );
        let results = results(&mut fixture("db.invalid"));
        for result in &results {
            assert_eq!(result["error"], "The host db.invalid does not resolve");
        }
        assert_eq!(results[0]["ok"], false);
    }

    #[tokio::test]
    async fn returns_seeded_results() {
        let mut fixture = fixture("db.invalid");
        let column = |name: &str| json!({"name": name, "data_type": "text", "is_binary": false});
        let relation = json!({
            "schema": "public", "name": "users", "kind": "table",
            "columns": [column("id"), column("email")],
        });
        let catalog = fields(json!({"relations": [relation]}));
        let path = format!("{PATH}/db_1/schema-catalog");
        fixture.store.set_object(path, catalog);
        let [_, catalog, scan] = results(&mut fixture);
        let expected = json!({
            "relations": [relation], "scanned_relations": 1, "scanned_columns": 2,
        });
        assert_eq!(catalog, expected);
        assert_eq!(
            scan,
            json!({"suggestions": [], "scanned_tables": 1, "scanned_columns": 2})
        );
        for name in ["test-connection", "scan-pii"] {
            let path = format!("{PATH}/db_1/{name}");
            fixture
                .store
                .set_object(path, fields(json!({"seeded": name})));
        }
        let [connection, _, scan] = results(&mut fixture);
        assert_eq!(connection, json!({"seeded": "test-connection"}));
        assert_eq!(scan, json!({"seeded": "scan-pii"}));
    }
}

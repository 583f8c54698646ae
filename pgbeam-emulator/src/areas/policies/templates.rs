//! Query templates: the rules that their schema cannot express, and their use in evaluations.

use std::collections::BTreeSet;

use pgbeam_engine::{Engine, Statement, StatementKind, describe};
use serde_json::{Map, Value};

use crate::areas::honeytokens;
use crate::areas::platform::check_self_hosting;
use crate::http::problem::Problem;
use crate::resource::{Body, Kind, OperationRequest};
use crate::store::{Resource, Store, project_collection, str_field};

/// The maximum length of the SQL in bytes. The schema can limit only the number of characters.
const MAX_SQL_BYTES: usize = 16_384;

pub(super) struct QueryTemplates;

impl Kind for QueryTemplates {
    fn collection(&self) -> &'static str {
        "/v1/projects/{project_id}/query-templates"
    }

    fn prefix(&self) -> &'static str {
        "qtp"
    }

    fn noun(&self) -> &'static str {
        "query template"
    }

    fn unique_field(&self) -> Option<&'static str> {
        Some("name")
    }

    fn check(
        &self,
        _request: &OperationRequest<'_>,
        body: &mut Body<'_>,
        _stored: Option<&Resource>,
    ) -> Resource {
        computed_fields(body)
    }

    /// Returns 409 if the template is enabled while the organization has a live self-host enrollment.
    fn check_conflicts(
        &self,
        request: &OperationRequest<'_>,
        fields: &Resource,
        _id: Option<&str>,
    ) -> Result<(), Problem> {
        check_self_hosting(request, fields)
    }
}

/// Checks the SQL and the parameters of a template, and adds an error for each violation. Returns the fields `params`,
/// with all defaults, and `statement_kind`.
fn computed_fields(body: &mut Body<'_>) -> Resource {
    let mut computed = Map::new();
    if let Some(params) = body.get("params") {
        computed.insert("params".to_owned(), with_default_nullable(params));
    }
    let Some(sql) = body.get_str("sql").map(str::to_owned) else {
        return computed;
    };
    match template_statement(&sql) {
        Ok(statement) => {
            let kind = Value::from(statement.kind.as_str());
            computed.insert("statement_kind".to_owned(), kind);
            check_params(body, &statement.parameters);
        }
        Err(detail) => body.reject("sql", detail),
    }
    computed
}

/// Creates an engine with the enabled query templates and the honeytokens of a project, in the order of their creation.
pub(crate) fn engine(store: &Store, project_id: &str) -> Engine {
    let engine = enabled_templates(store, project_id)
        .fold(Engine::default(), |engine, template| {
            engine.template(str_field(template, "name"), str_field(template, "sql"))
        });
    honeytokens::relations(store, project_id)
        .iter()
        .fold(engine, |engine, relation| engine.honeytoken(relation))
}

pub(super) fn has_enabled_template(store: &Store, project_id: &str) -> bool {
    enabled_templates(store, project_id).next().is_some()
}

fn enabled_templates<'s>(
    store: &'s Store,
    project_id: &str,
) -> impl Iterator<Item = &'s Resource> + use<'s> {
    store
        .resources(&project_collection(project_id, "query-templates"))
        .filter(|template| template.get("enabled") == Some(&Value::Bool(true)))
}

/// Returns the parameters, with `nullable: false` in each parameter that omits `nullable`.
fn with_default_nullable(params: &Value) -> Value {
    let mut params = params.clone();
    let items = params.as_array_mut().into_iter().flatten();
    for param in items.filter_map(Value::as_object_mut) {
        param
            .entry("nullable")
            .or_insert_with(|| Value::Bool(false));
    }
    params
}

/// Returns the only statement of the SQL.
///
/// # Errors
///
/// The detail of a validation error, if the SQL cannot be a query template.
fn template_statement(sql: &str) -> Result<Statement, String> {
    if sql.len() > MAX_SQL_BYTES {
        return Err(format!("must have at most {MAX_SQL_BYTES} bytes"));
    }
    let mut statements = describe(sql)?;
    let count = statements.len();
    let statement = statements.pop().filter(|_| count == 1);
    let statement = statement.ok_or_else(|| format!("must be one statement, not {count}"))?;
    let is_dml = matches!(
        statement.kind,
        StatementKind::Select
            | StatementKind::Insert
            | StatementKind::Update
            | StatementKind::Delete
    );
    if is_dml && !statement.inner_kinds.contains(&StatementKind::Ddl) {
        Ok(statement)
    } else {
        Err("must be a SELECT, INSERT, UPDATE or DELETE that creates no table".to_owned())
    }
}

/// Adds errors for placeholders without a parameter, parameters without a placeholder, and duplicate names.
fn check_params(body: &mut Body<'_>, placeholders: &[u32]) {
    let names: Vec<String> = match body.get("params") {
        Some(params) => {
            let params = params.as_array().into_iter().flatten();
            params
                .map(|param| param.get("name").and_then(Value::as_str))
                .map(|name| name.unwrap_or_default().to_owned())
                .collect()
        }
        // `params` is invalid and already has an error, so the placeholders cannot be checked.
        None if body.has("params") => return,
        None => Vec::new(),
    };
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let unbound: Vec<String> = placeholders
        .iter()
        .filter(|number| !(1..=count).contains(*number))
        .map(|number| format!("${number}"))
        .collect();
    if !unbound.is_empty() {
        let unbound = unbound.join(", ");
        body.reject(
            "sql",
            format!("uses {unbound} but params has {count} entries"),
        );
    }
    for number in (1..=count).filter(|number| !placeholders.contains(number)) {
        body.reject(
            format!("params[{}]", number.saturating_sub(1)),
            format!("the sql does not use ${number}"),
        );
    }
    let mut seen = BTreeSet::new();
    for (index, name) in names.into_iter().enumerate() {
        if !seen.insert(name) {
            body.reject(
                format!("params[{index}].name"),
                "must not repeat the name of an earlier parameter",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::contract::Contract;
    use crate::http::problem::Problem;

    fn create(value: &Value) -> Result<Map<String, Value>, Problem> {
        let contract = Contract::built_in().expect("a contract");
        let operation = contract.operation("createQueryTemplate").expect("declared");
        let request_body = operation.request_body.as_ref().expect("a body");
        let body = Bytes::from(value.to_string());
        let mut body = Body::parse(contract, request_body, &body)?;
        let computed = computed_fields(&mut body);
        let mut fields = body.finish()?;
        fields.extend(computed);
        Ok(fields)
    }

    fn invalid_fields(value: &Value) -> Vec<String> {
        match create(value) {
            Ok(_) => Vec::new(),
            Err(problem) => problem
                .errors
                .into_iter()
                .map(|error| error.field)
                .collect(),
        }
    }

    #[test]
    fn sets_defaults_and_the_statement_kind() {
        let cases = [
            ("SELECT 1", "select"),
            ("WITH a AS (SELECT 1) SELECT * FROM a;", "select"),
            ("insert into t values (1)", "insert"),
            ("UPDATE t SET a = 1", "update"),
            ("DELETE FROM t", "delete"),
        ];
        for (sql, kind) in cases {
            let fields = create(&json!({"name": "t", "sql": sql})).expect(sql);
            let expected = json!({
                "name": "t", "sql": sql, "statement_kind": kind, "description": "",
                "enabled": true, "include_sql": false,
            });
            assert_eq!(Value::Object(fields), expected);
        }
    }

    #[test]
    fn names_are_lower_case_identifiers() {
        for name in ["a", "a_1", &"a".repeat(63)] {
            assert!(
                create(&json!({"name": name, "sql": "SELECT 1"})).is_ok(),
                "{name}"
            );
        }
        for name in ["", "A", "1a", "_a", "a-b", "é", "a\n", &"a".repeat(64)] {
            assert_eq!(
                invalid_fields(&json!({"name": name, "sql": "SELECT 1"})),
                ["name"],
                "{name}"
            );
        }
    }

    #[test]
    fn rejects_sql_other_than_one_statement_of_four_kinds() {
        for sql in [
            "",
            "SELECT 1; SELECT 2",
            "-- nothing",
            "TRUNCATE t",
            "COPY t TO STDOUT",
            "EXPLAIN SELECT 1",
            "SELECT * INTO u FROM t",
            "SELEC 1",
            "BEGIN",
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
        ] {
            assert_eq!(
                invalid_fields(&json!({"name": "t", "sql": sql})),
                ["sql"],
                "{sql}"
            );
        }
        let bytes = |letter: &str, count: usize| json!({"name": "t", "sql": format!("SELECT '{}'", letter.repeat(count))});
        assert!(create(&bytes("a", MAX_SQL_BYTES - 9)).is_ok());
        assert_eq!(invalid_fields(&bytes("a", MAX_SQL_BYTES - 8)), ["sql"]);
        assert_eq!(
            invalid_fields(&bytes("é", MAX_SQL_BYTES / 2)),
            ["sql"],
            "the limit is in bytes, not characters"
        );
    }

    #[test]
    fn placeholders_and_params_match_one_to_one() {
        let param = |name: &str| json!({"name": name, "type": "text"});
        let cases = [
            ("SELECT $1, $2, $1", json!([param("a"), param("b")]), vec![]),
            ("SELECT '$2', $1 -- $3", json!([param("a")]), vec![]),
            ("SELECT $$ $2 $$", json!([]), vec![]),
            ("SELECT $1", json!([]), vec!["sql"]),
            ("SELECT $0", json!([]), vec!["sql"]),
            (
                "SELECT $2",
                json!([param("a"), param("b")]),
                vec!["params[0]"],
            ),
            ("SELECT 1", json!([param("a")]), vec!["params[0]"]),
            (
                "SELECT $1, $2",
                json!([param("a"), param("a")]),
                vec!["params[1].name"],
            ),
            (
                "SELECT $1",
                json!([{"name": 1, "type": "text"}]),
                vec!["params[0].name"],
            ),
            (
                "SELECT $1",
                json!([{"name": "a", "type": "int"}]),
                vec!["params[0].type"],
            ),
            ("SELECT $1", json!([{"name": "a"}]), vec!["params[0].type"]),
            ("SELECT $1", json!({}), vec!["params"]),
        ];
        for (sql, params, fields) in cases {
            let body = json!({"name": "t", "sql": sql, "params": params});
            assert_eq!(invalid_fields(&body), fields, "{sql} {params}");
        }
    }
}

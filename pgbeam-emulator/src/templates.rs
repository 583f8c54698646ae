//! Query templates: the checks that their schema cannot express.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::body::Body;
use crate::closed_enum::ClosedEnum;
use crate::collection::Collection;
use crate::problem::Problem;
use crate::resource::ResourceKind;
use crate::sql::kind::Kind;
use crate::sql::normalize::placeholders;
use crate::sql::parse::{Parsed, with_parsed};
use crate::sql::template::EnabledTemplate;
use crate::store::{Project, Resource};

/// The maximum length of the SQL in bytes. The schema limits only characters.
const MAX_SQL_BYTES: usize = 16_384;

pub(crate) struct QueryTemplates;

impl ResourceKind for QueryTemplates {
    const PREFIX: &'static str = "qt";
    const NOUN: &'static str = "query template";
    const LIST_FIELD: &'static str = "query_templates";

    fn collection(project: &mut Project) -> &mut Collection<Resource> {
        &mut project.templates
    }

    fn check(_project: &Project, body: &mut Body<'_>) -> Map<String, Value> {
        let mut computed = Map::new();
        if let Some(params) = body.get("params") {
            computed.insert("params".to_owned(), with_default_nullable(params));
        }
        let Some(sql) = body.get_str("sql").map(str::to_owned) else {
            return computed;
        };
        match statement_kind(&sql) {
            Ok(kind) => {
                computed.insert("statement_kind".to_owned(), Value::from(kind.as_str()));
                check_params(body, &sql);
            }
            Err(detail) => body.reject("sql", detail),
        }
        computed
    }

    /// Returns 409 if another query template of the project has the same name.
    fn check_conflicts(
        project: &Project,
        fields: &Map<String, Value>,
        id: Option<&str>,
    ) -> Result<(), Problem> {
        let name = str_field(fields, "name");
        let is_taken = project
            .templates
            .iter()
            .any(|other| str_field(other, "name") == name && Some(str_field(other, "id")) != id);
        if is_taken {
            let detail = format!("The project already has a query template named {name}");
            return Err(Problem::conflict("RESOURCE_EXISTS", detail));
        }
        Ok(())
    }
}

/// Returns the enabled query templates of a project in the order of their creation.
pub(crate) fn enabled_templates(project: &Project) -> Vec<EnabledTemplate> {
    project
        .templates
        .iter()
        .filter(|template| template.get("enabled") == Some(&Value::Bool(true)))
        .filter_map(|template| {
            let kind = Kind::parse(str_field(template, "statement_kind"))?;
            let (name, sql) = (str_field(template, "name"), str_field(template, "sql"));
            Some(EnabledTemplate::new(name, kind, sql))
        })
        .collect()
}

fn str_field<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the parameters with the default `nullable: false`.
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

/// Returns the kind of the statement, or why the SQL cannot be a template.
fn statement_kind(sql: &str) -> Result<Kind, String> {
    if sql.len() > MAX_SQL_BYTES {
        return Err(format!("must have at most {MAX_SQL_BYTES} bytes"));
    }
    with_parsed(sql, |parsed| match parsed {
        Parsed::One(analysis) => match analysis.kind {
            Kind::Select if analysis.kinds.contains(&Kind::Ddl) => {
                Err("must not be SELECT INTO, which creates a table".to_owned())
            }
            kind @ (Kind::Select | Kind::Insert | Kind::Update | Kind::Delete)
                if !analysis.is_merge =>
            {
                Ok(kind)
            }
            _ => Err("must be a SELECT, INSERT, UPDATE or DELETE".to_owned()),
        },
        Parsed::Several(count) => Err(format!("must be one statement, not {count}")),
        Parsed::Empty => Err("has no statement".to_owned()),
        Parsed::Unparseable(reason) => Err(format!("cannot be parsed as PostgreSQL: {reason}")),
    })
}

/// Adds errors for placeholders without a parameter, parameters without a placeholder, and duplicate names.
fn check_params(body: &mut Body<'_>, sql: &str) {
    let names: Vec<String> = match body.get("params") {
        Some(params) => {
            let params = params.as_array().into_iter().flatten();
            params
                .map(|param| param.get("name").and_then(Value::as_str))
                .map(|name| name.unwrap_or_default().to_owned())
                .collect()
        }
        // With invalid params, placeholders cannot be checked.
        None if body.has("params") => return,
        None => Vec::new(),
    };
    let count = names.len();
    match placeholders(sql) {
        Err(other) => body.reject("sql", format!("{other} is not a parameter; use $1, $2, …")),
        Ok(used) => {
            let unbound: Vec<String> = used
                .iter()
                .filter(|n| !(1..=count).contains(n))
                .map(|n| format!("${n}"))
                .collect();
            if !unbound.is_empty() {
                let unbound = unbound.join(", ");
                body.reject(
                    "sql",
                    format!("uses {unbound} but params has {count} entries"),
                );
            }
            for number in (1..=count).filter(|number| !used.contains(number)) {
                body.reject(
                    format!("params[{}]", number.saturating_sub(1)),
                    format!("the sql does not use ${number}"),
                );
            }
        }
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
    use crate::operation::Operation;

    fn create(value: &Value) -> Result<Map<String, Value>, Problem> {
        let contract = Contract::built_in().expect("a contract");
        let operation = contract.operation(Operation::CreateQueryTemplate)?;
        let request_body = operation.request_body.as_ref().expect("a body");
        let body = Bytes::from(value.to_string());
        let mut body = Body::parse(&contract, request_body, &body)?;
        let computed = QueryTemplates::check(&Project::default(), &mut body);
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

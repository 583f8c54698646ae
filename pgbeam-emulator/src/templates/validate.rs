//! From the body of a request to a template's [`Definition`], naming every field that
//! is wrong.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::fields::{Fields, finish};
use crate::problem::Problem;
use crate::sql::kind::Kind;
use crate::sql::normalise::placeholders;
use crate::sql::parse::{Parsed, with_parsed};
use crate::templates::model::{Definition, Param, ParamType};

/// The longest name of a template or a parameter, in characters.
const MAX_NAME: usize = 63;
/// The longest SQL, in bytes.
const MAX_SQL: usize = 16_384;

const SERVER_OWNED: [&str; 5] = [
    "id",
    "project_id",
    "statement_kind",
    "created_at",
    "updated_at",
];

/// Reads a whole body.
pub(crate) fn body(map: &Map<String, Value>) -> Result<Definition, Problem> {
    let mut errors = Vec::new();
    let definition = definition(&mut Fields::new(map, "", &mut errors));
    finish(definition, errors)
}

fn definition(fields: &mut Fields<'_>) -> Option<Definition> {
    let name = fields.required_string("name");
    if name.as_deref().is_some_and(|name| !is_template_name(name)) {
        fields.wrong(
            "name",
            format!(
                "must be a lower-case letter, then lower-case letters, digits and \
                 underscores; at most {MAX_NAME} characters"
            ),
        );
    }
    let sql = fields.required_string("sql");
    let params = fields.objects("params", param);
    let kind = sql.as_deref().and_then(|sql| match statement_kind(sql) {
        Ok(kind) => Some(kind),
        Err(detail) => {
            fields.wrong("sql", detail);
            None
        }
    });
    // Params that could not be read are reported already; counting them against the
    // SQL as well would blame it for their faults.
    let given = fields.has("params");
    if let (Some(sql), Some(_)) = (&sql, kind)
        && (params.is_some() || !given)
    {
        check_params(fields, sql, params.as_deref().unwrap_or_default());
    }
    let description = fields.string("description").unwrap_or_default();
    let include_sql = fields.boolean("include_sql").unwrap_or(false);
    let enabled = fields.boolean("enabled").unwrap_or(true);
    let extra = fields.rest(&SERVER_OWNED);
    Some(Definition {
        name: name?,
        description,
        sql: sql?,
        params: params.unwrap_or_default().into_iter().flatten().collect(),
        statement_kind: kind?,
        include_sql,
        enabled,
        extra,
    })
}

/// A parameter, or the place of one that is wrong.
fn param(fields: &mut Fields<'_>) -> Option<Option<Param>> {
    let name = fields.required_string("name");
    if name.as_deref().is_some_and(|name| !is_identifier(name)) {
        fields.wrong(
            "name",
            format!(
                "must be a letter or underscore, then letters, digits and underscores; \
                 at most {MAX_NAME} characters"
            ),
        );
    }
    let r#type = fields.required_choice::<ParamType>("type");
    let nullable = fields.boolean("nullable").unwrap_or(false);
    let extra = fields.rest(&[]);
    Some(match (name, r#type) {
        (Some(name), Some(r#type)) => Some(Param {
            name,
            r#type,
            nullable,
            extra,
        }),
        _ => None,
    })
}

/// What kind of statement the SQL is, or why it is no template.
fn statement_kind(sql: &str) -> Result<Kind, String> {
    if sql.is_empty() || sql.len() > MAX_SQL {
        return Err(format!("must be 1 to {MAX_SQL} bytes long"));
    }
    with_parsed(sql, |parsed| match parsed {
        Parsed::One(analysis) => match analysis.kind {
            Kind::Select if analysis.kinds.contains(&Kind::Ddl) => {
                Err("must not create a table: SELECT INTO does".to_owned())
            }
            kind @ (Kind::Select | Kind::Insert | Kind::Update | Kind::Delete)
                if !analysis.is_merge =>
            {
                Ok(kind)
            }
            _ => Err("must be a SELECT, INSERT, UPDATE or DELETE".to_owned()),
        },
        Parsed::Several(count) => Err(format!("must be one statement, not {count}")),
        Parsed::Empty => Err("holds no statement".to_owned()),
        Parsed::Unparseable(reason) => Err(format!("cannot be read as PostgreSQL: {reason}")),
    })
}

/// `$1` to `$n` in the SQL, one to one with `n` parameters of different names.
fn check_params(fields: &mut Fields<'_>, sql: &str, params: &[Option<Param>]) {
    let count = params.len();
    match placeholders(sql) {
        Err(other) => fields.wrong("sql", format!("{other} is no parameter; write $1, $2, …")),
        Ok(used) => {
            let unbound: Vec<String> = used
                .iter()
                .filter(|n| !(1..=count).contains(n))
                .map(|n| format!("${n}"))
                .collect();
            if !unbound.is_empty() {
                fields.wrong(
                    "sql",
                    format!("uses {} but params has {count} entries", unbound.join(", ")),
                );
            }
            for index in (0..count).filter(|index| !used.contains(&index.saturating_add(1))) {
                fields.wrong(
                    &format!("params[{index}]"),
                    format!("the sql does not use ${}", index.saturating_add(1)),
                );
            }
        }
    }
    let mut names = BTreeSet::new();
    for (index, param) in params.iter().enumerate() {
        if let Some(param) = param
            && !names.insert(&param.name)
        {
            fields.wrong(
                &format!("params[{index}].name"),
                "is the name of an earlier parameter",
            );
        }
    }
}

fn is_template_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
}

fn is_identifier(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<Definition, Problem> {
        body(value.as_object().expect("an object"))
    }

    fn wrong(value: &Value) -> Vec<String> {
        match read(value) {
            Ok(_) => Vec::new(),
            Err(problem) => problem
                .errors
                .into_iter()
                .map(|error| error.field)
                .collect(),
        }
    }

    #[test]
    fn defaults_and_kinds() {
        let cases = [
            ("SELECT 1", Kind::Select),
            ("WITH a AS (SELECT 1) SELECT * FROM a;", Kind::Select),
            ("insert into t values (1)", Kind::Insert),
            ("UPDATE t SET a = 1", Kind::Update),
            ("DELETE FROM t", Kind::Delete),
        ];
        for (sql, kind) in cases {
            let definition = read(&json!({"name": "t", "sql": sql})).expect(sql);
            assert_eq!(definition.statement_kind, kind, "{sql}");
            assert!(definition.enabled && !definition.include_sql);
            assert_eq!(
                (definition.description.as_str(), definition.params.len()),
                ("", 0)
            );
        }
    }

    #[test]
    fn names_are_lower_case_identifiers() {
        for name in ["a", "a_1", &"a".repeat(63)] {
            assert!(
                read(&json!({"name": name, "sql": "SELECT 1"})).is_ok(),
                "{name}"
            );
        }
        for name in ["", "A", "1a", "_a", "a-b", "é", &"a".repeat(64)] {
            assert_eq!(
                wrong(&json!({"name": name, "sql": "SELECT 1"})),
                ["name"],
                "{name}"
            );
        }
    }

    #[test]
    fn the_sql_is_exactly_one_statement_of_four_kinds() {
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
            assert_eq!(wrong(&json!({"name": "t", "sql": sql})), ["sql"], "{sql}");
        }
        let bytes = |count: usize| format!("SELECT '{}'", "a".repeat(count.saturating_sub(9)));
        assert!(read(&json!({"name": "t", "sql": bytes(MAX_SQL)})).is_ok());
        assert_eq!(
            wrong(&json!({"name": "t", "sql": bytes(MAX_SQL + 1)})),
            ["sql"]
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
            ("SELECT $1", json!([param("a b")]), vec!["params[0].name"]),
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
            assert_eq!(wrong(&body), fields, "{sql} {params}");
        }
    }
}

//! The probe statements, which are evaluated under profiles to find out where the profiles differ.

use std::collections::BTreeSet;

use pgbeam_engine::StatementKind::{
    self, Ddl, Delete, Explain, Insert, Other, Select, Set, Show, Transaction, Update,
};

use super::names::{Names, quote, table_sql};
use crate::policies::tables::TableEntry;

/// A statement to evaluate.
pub(super) struct Probe {
    pub(super) sql: String,
    /// The kind of access to the table or column. For a statement that returns or copies values of the table, this is
    /// `select`, even if the statement itself has another kind.
    pub(super) access: StatementKind,
    pub(super) table: Option<TableEntry>,
    pub(super) column: Option<String>,
}

/// Statements without a table. `{p}` is a session parameter, `{s}` a schema that no profile names.
const PLAIN: &[(StatementKind, &str)] = &[
    (Select, "SELECT 1"),
    (Show, "SHOW server_version"),
    (Set, "SET statement_timeout = 1000"),
    (Set, "SET {p} = '1'"),
    (Set, "SET ROLE reader"),
    (Transaction, "BEGIN"),
    (Explain, "EXPLAIN SELECT 1"),
    (Other, "LISTEN channel"),
    (Ddl, "CREATE SCHEMA {s}"),
    (Ddl, "ALTER SCHEMA {s} RENAME TO new_name"),
];

/// Statements with the table `{t}` and its column `{o}`, which has no mask. `{x}` is a table into which values are
/// copied, `{s}` a schema that no profile names.
const TABLE: &[(StatementKind, &str)] = &[
    (Select, "SELECT {o} FROM {t}"),
    (Select, "SELECT * FROM {t}"),
    (Select, "SELECT count(*) FROM {t}"),
    (Select, "SELECT a.{o} FROM {t} AS a"),
    (Select, "SELECT {o} FROM {t} WHERE {o} = 1 FOR UPDATE"),
    (Select, "WITH w AS (SELECT {o} FROM {t}) SELECT {o} FROM w"),
    (Select, "PREPARE p AS SELECT {o} FROM {t}"),
    (Select, "DECLARE c CURSOR FOR SELECT {o} FROM {t}"),
    (Select, "INSERT INTO {x} ({o}) SELECT {o} FROM {t}"),
    (
        Select,
        "UPDATE {x} SET {o} = a.{o} FROM {t} AS a WHERE a.{o} = 1",
    ),
    (
        Select,
        "DELETE FROM {x} AS b USING {t} AS a WHERE a.{o} = 1 RETURNING a.{o}",
    ),
    (
        Select,
        "MERGE INTO {x} AS b USING {t} AS a ON a.{o} = b.{o} WHEN MATCHED THEN UPDATE SET {o} = a.{o}",
    ),
    (Select, "SELECT {o} INTO {x} FROM {t}"),
    (Select, "CREATE TABLE {x} AS SELECT {o} FROM {t}"),
    (Select, "CREATE VIEW {x} AS SELECT {o} FROM {t}"),
    (Select, "INSERT INTO {t} ({o}) VALUES (1) RETURNING *"),
    (Select, "UPDATE {t} SET {o} = 1 WHERE {o} = 2 RETURNING *"),
    (Select, "DELETE FROM {t} WHERE {o} = 1 RETURNING *"),
    (Explain, "EXPLAIN SELECT {o} FROM {t}"),
    (Insert, "INSERT INTO {t} ({o}) VALUES (1)"),
    (Insert, "INSERT INTO {t} ({o}) SELECT 1"),
    (
        Insert,
        "INSERT INTO {t} ({o}) VALUES (1) ON CONFLICT ({o}) DO UPDATE SET {o} = 2",
    ),
    (
        Insert,
        "WITH w AS (INSERT INTO {t} ({o}) VALUES (1) RETURNING {o}) SELECT {o} FROM w",
    ),
    (Insert, "EXPLAIN ANALYZE INSERT INTO {t} ({o}) VALUES (1)"),
    (
        Insert,
        "MERGE INTO {t} AS b USING (SELECT 1 AS n) AS a ON a.n = b.{o} WHEN NOT MATCHED THEN INSERT ({o}) VALUES (1)",
    ),
    (Update, "UPDATE {t} SET {o} = 1 WHERE {o} = 2"),
    (
        Update,
        "WITH w AS (UPDATE {t} SET {o} = 1 WHERE {o} = 2 RETURNING {o}) SELECT {o} FROM w",
    ),
    (
        Update,
        "EXPLAIN ANALYZE UPDATE {t} SET {o} = 1 WHERE {o} = 2",
    ),
    (Delete, "DELETE FROM {t} WHERE {o} = 1"),
    (
        Delete,
        "WITH w AS (DELETE FROM {t} WHERE {o} = 1 RETURNING {o}) SELECT {o} FROM w",
    ),
    (Delete, "EXPLAIN ANALYZE DELETE FROM {t} WHERE {o} = 1"),
    (Ddl, "CREATE TABLE {t} ({o} integer)"),
    (Ddl, "CREATE TEMP TABLE {t} ({o} integer)"),
    (Ddl, "ALTER TABLE {t} ADD COLUMN new_column integer"),
    (Ddl, "ALTER TABLE {t} RENAME TO new_name"),
    (Ddl, "ALTER TABLE {t} SET SCHEMA {s}"),
    (Ddl, "CREATE INDEX ON {t} ({o})"),
    (Ddl, "CREATE INDEX CONCURRENTLY ON {t} ({o})"),
    (Other, "LOCK TABLE {t} IN SHARE MODE"),
    (Other, "COMMENT ON TABLE {t} IS 'text'"),
    (Other, "REINDEX TABLE {t}"),
];

/// Statements with the column `{c}` of the table `{t}`, which can have a mask. `{o}` and `{x}` are as in [`TABLE`].
const COLUMN: &[(StatementKind, &str)] = &[
    (Select, "SELECT {c} FROM {t}"),
    (Select, "SELECT lower({c}) FROM {t}"),
    (Select, "SELECT {o} FROM {t} WHERE {c} = 'text'"),
    (Select, "SELECT {o} FROM {t} ORDER BY {c}"),
    (Select, "WITH w AS (SELECT {c} FROM {t}) SELECT {c} FROM w"),
    (Select, "PREPARE p AS SELECT {c} FROM {t}"),
    (Select, "DECLARE c CURSOR FOR SELECT {c} FROM {t}"),
    (Select, "INSERT INTO {x} ({o}) SELECT {c} FROM {t}"),
    (
        Select,
        "UPDATE {x} SET {o} = a.{c} FROM {t} AS a WHERE a.{o} = 1",
    ),
    (
        Select,
        "DELETE FROM {x} AS b USING {t} AS a WHERE a.{o} = 1 RETURNING a.{c}",
    ),
    (
        Select,
        "MERGE INTO {x} AS b USING {t} AS a ON a.{o} = b.{o} WHEN MATCHED THEN UPDATE SET {o} = a.{c}",
    ),
    (Select, "SELECT {c} INTO {x} FROM {t}"),
    (Select, "CREATE TABLE {x} AS SELECT {c} FROM {t}"),
    (Select, "CREATE VIEW {x} AS SELECT {c} FROM {t}"),
    (Select, "INSERT INTO {t} ({o}) VALUES (1) RETURNING {c}"),
    (Select, "UPDATE {t} SET {o} = 1 WHERE {o} = 2 RETURNING {c}"),
    (Select, "UPDATE {t} SET {o} = {c} WHERE {o} = 1"),
    (Select, "DELETE FROM {t} WHERE {o} = 1 RETURNING {c}"),
    (Explain, "EXPLAIN SELECT {o} FROM {t} WHERE {c} = 'text'"),
    (Insert, "INSERT INTO {t} ({c}) VALUES ('text')"),
    (Update, "UPDATE {t} SET {c} = 'text' WHERE {o} = 1"),
    (
        Update,
        "INSERT INTO {t} ({o}) VALUES (1) ON CONFLICT ({o}) DO UPDATE SET {c} = 'text'",
    ),
    (Delete, "DELETE FROM {t} WHERE {c} = 'text'"),
    (Ddl, "ALTER TABLE {t} RENAME COLUMN {c} TO new_column"),
    (Ddl, "ALTER TABLE {t} DROP COLUMN {c}"),
    (Ddl, "CREATE INDEX ON {t} ({c})"),
];

/// Returns the probes without a table.
pub(super) fn plain(names: &Names) -> Vec<Probe> {
    let mut probes = Vec::new();
    for (access, template) in PLAIN {
        let is_parameter = template.contains("{p}");
        let parameters = names.parameters.iter().map(String::as_str);
        for parameter in parameters.take(if is_parameter { usize::MAX } else { 1 }) {
            probes.push(Probe {
                sql: fill(template, |placeholder| match placeholder {
                    "p" => parameter,
                    _ => &names.schema,
                }),
                access: *access,
                table: None,
                column: None,
            });
        }
    }
    probes
}

/// Returns the probes for each table and for each of its columns. `targets` are the tables into which values are
/// copied.
pub(super) fn for_tables(names: &Names, targets: &BTreeSet<String>) -> Vec<Probe> {
    let mut probes = Vec::new();
    for (table, columns) in &names.tables {
        let table_sql = table_sql(table);
        let mut add = |templates: &[(StatementKind, &str)], column: Option<&String>| {
            let column_sql = column.map(|column| quote(column)).unwrap_or_default();
            for (access, template) in templates {
                let count = if template.contains("{x}") {
                    usize::MAX
                } else {
                    1
                };
                for target in targets.iter().take(count) {
                    let sql = fill(template, |placeholder| match placeholder {
                        "t" => &table_sql,
                        "c" => &column_sql,
                        "o" => &names.column,
                        "x" => target,
                        _ => &names.schema,
                    });
                    probes.push(Probe {
                        sql,
                        access: *access,
                        table: Some(table.clone()),
                        column: column.cloned(),
                    });
                }
            }
        };
        add(TABLE, None);
        for column in columns {
            add(COLUMN, Some(column));
        }
    }
    probes
}

/// Returns an INSERT statement, to test whether a profile allows copies into a table.
pub(super) fn insert(table: &str, names: &Names) -> String {
    format!("INSERT INTO {table} ({}) VALUES (1)", names.column)
}

/// Replaces each `{placeholder}` of a template by its value. Ignores braces in values.
fn fill<'a>(template: &str, value: impl Fn(&str) -> &'a str) -> String {
    let mut parts = template.split('{');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (placeholder, rest) = part.split_once('}').unwrap_or((part, ""));
        sql += value(placeholder);
        sql += rest;
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::NormalizedProfile;
    use pgbeam_engine::{Engine, Policy, describe};
    use serde_json::json;

    /// Returns all probes for a profile with one masked column.
    fn probes() -> Vec<Probe> {
        let profile =
            json!({"masking_rules": [{"table": "users", "column": "email", "kind": "hash"}]});
        let profile =
            NormalizedProfile::from_json(profile.as_object().cloned().unwrap_or_default());
        let names = Names::new(&[&profile]);
        let targets = BTreeSet::from(["target".to_owned()]);
        let mut probes = plain(&names);
        probes.extend(for_tables(&names, &targets));
        probes
    }

    /// A probe that every profile blocks would never show a difference.
    #[test]
    fn the_widest_profile_allows_every_probe() {
        let kinds: Vec<_> = StatementKind::ALL.map(StatementKind::as_str).to_vec();
        let widest = json!({"access_mode": "read_write", "statement_rules": {"allow": kinds}});
        let widest = Policy::from_value(&widest).expect("a policy");
        for Probe { sql, .. } in probes() {
            let evaluation = Engine::default().evaluate(&widest, &sql);
            assert!(!evaluation.is_block(), "{sql}: {}", evaluation.reason);
        }
    }

    #[test]
    fn probes_cover_every_kind_and_contain_their_access_kind() {
        let mut kinds = BTreeSet::from([StatementKind::Copy]);
        for Probe { sql, access, .. } in probes() {
            let statement = describe(&sql).expect("valid SQL").remove(0);
            kinds.insert(statement.kind);
            let is_kind = access == statement.kind || statement.inner_kinds.contains(&access);
            assert!(is_kind || access == Select, "{sql}");
        }
        assert_eq!(kinds, BTreeSet::from(StatementKind::ALL));
    }

    #[test]
    fn names_with_braces_are_not_placeholders() {
        assert_eq!(
            fill("a {t} {o}", |name| if name == "t" { "{o}" } else { "1" }),
            "a {o} 1"
        );
    }
}

//! Tests of tables and kinds of statements.

use crate::closed_enum::ClosedEnum;
use crate::sql::parse::{Parsed, with_parsed};

use super::*;

fn analyze(sql: &str) -> Analysis {
    with_parsed(sql, |parsed| match parsed {
        Parsed::One(analysis) => *analysis,
        other => panic!("{sql}: {other:?}"),
    })
}

fn list(tables: &BTreeSet<TableName>) -> String {
    tables
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn finds_read_and_written_tables() {
    let cases = [
        ("SELECT 1", "", ""),
        ("SELECT * FROM orders", "public.orders", ""),
        (
            "SELECT * FROM Orders o, AUDIT.log",
            "audit.log public.orders",
            "",
        ),
        ("SELECT * FROM \"Orders\"", "public.\"Orders\"", ""),
        ("SELECT * FROM db.app.orders", "app.orders", ""),
        (
            "SELECT * FROM a JOIN b USING (id) LEFT JOIN (c CROSS JOIN d) ON true",
            "public.a public.b public.c public.d",
            "",
        ),
        (
            "SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (SELECT 1 FROM c)",
            "public.a public.b public.c",
            "",
        ),
        ("SELECT * FROM (SELECT * FROM a) s", "public.a", ""),
        (
            "SELECT * FROM a UNION SELECT * FROM b",
            "public.a public.b",
            "",
        ),
        // Visible names of CTEs are not tables.
        (
            "WITH a AS (SELECT * FROM b) SELECT * FROM a",
            "public.b",
            "",
        ),
        (
            "WITH a AS (SELECT * FROM a) SELECT * FROM a",
            "public.a",
            "",
        ),
        (
            "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b",
            "public.b",
            "",
        ),
        (
            "WITH RECURSIVE a AS (SELECT * FROM a) SELECT * FROM a",
            "",
            "",
        ),
        (
            "WITH a AS (SELECT 1) SELECT * FROM public.a",
            "public.a",
            "",
        ),
        (
            "WITH a AS (SELECT 1) SELECT * FROM \"A\"",
            "public.\"A\"",
            "",
        ),
        (
            "WITH a AS (SELECT 1) SELECT * FROM (SELECT * FROM a) s",
            "",
            "",
        ),
        (
            "SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) s, a",
            "public.a",
            "",
        ),
        // Writes.
        ("INSERT INTO a SELECT * FROM b", "public.b", "public.a"),
        (
            "INSERT INTO a (x) VALUES ((SELECT max(x) FROM a))",
            "public.a",
            "public.a",
        ),
        (
            "UPDATE a SET x = b.x FROM b WHERE a.id = b.id",
            "public.b",
            "public.a",
        ),
        (
            "DELETE FROM a USING b WHERE a.id = b.id",
            "public.b",
            "public.a",
        ),
        ("WITH a AS (SELECT 1) DELETE FROM a", "", "public.a"),
        (
            "WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone",
            "",
            "public.a",
        ),
        ("SELECT * INTO b FROM a", "public.a", "public.b"),
        ("SELECT * INTO TEMP b FROM a", "public.a", ""),
        ("CREATE TABLE b AS SELECT * FROM a", "public.a", "public.b"),
        (
            "CREATE TABLE b (id int REFERENCES a (id), FOREIGN KEY (id) REFERENCES c (id))",
            "public.a public.c",
            "public.b",
        ),
        ("CREATE TABLE b (LIKE a)", "public.a", "public.b"),
        (
            "SELECT * FROM pg_authid, public.pg_x",
            "pg_catalog.pg_authid public.pg_x",
            "",
        ),
        ("ALTER TABLE a ADD COLUMN x int", "", "public.a"),
        ("DROP TABLE a, app.b", "", "app.b public.a"),
        ("TRUNCATE a, b", "", "public.a public.b"),
        ("CREATE INDEX i ON a (x)", "", "public.a"),
        ("CREATE VIEW v AS SELECT * FROM a", "public.a", "public.v"),
        (
            "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
            "public.b",
            "public.a",
        ),
        ("EXPLAIN ANALYZE DELETE FROM a", "", "public.a"),
        // Functions are not tables.
        ("SELECT * FROM generate_series(1, 3)", "", ""),
        ("SELECT * FROM a, LATERAL f(a.x)", "public.a", ""),
    ];
    for (sql, read, written) in cases {
        let analysis = analyze(sql);
        assert_eq!(list(&analysis.read), read, "read by {sql}");
        assert_eq!(list(&analysis.written), written, "written by {sql}");
    }
}

#[test]
fn finds_kinds() {
    let cases = [
        ("SELECT 1", "select"),
        ("VALUES (1)", "select"),
        (
            "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
            "select delete",
        ),
        ("WITH x AS (SELECT 1) UPDATE a SET b = 1", "update"),
        ("SELECT * INTO b FROM a", "select ddl"),
        ("INSERT INTO a VALUES (1)", "insert"),
        ("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", "insert"),
        (
            "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET x = 1",
            "insert update",
        ),
        ("CREATE TABLE a (id int)", "ddl"),
        ("GRANT SELECT ON a TO b", "ddl"),
        ("COMMENT ON TABLE a IS 'x'", "ddl"),
        ("TRUNCATE a", "delete ddl"),
        ("COPY a TO STDOUT", "copy"),
        ("SET search_path = app", "set"),
        ("RESET ALL", "set"),
        ("SHOW search_path", "show"),
        ("EXPLAIN DELETE FROM a", "explain"),
        ("EXPLAIN ANALYZE DELETE FROM a", "delete explain"),
        ("EXPLAIN (ANALYZE, VERBOSE) DELETE FROM a", "delete explain"),
        ("EXPLAIN (ANALYZE false) DELETE FROM a", "explain"),
        ("EXPLAIN (COSTS off) SELECT 1", "explain"),
        ("EXPLAIN ANALYZE SELECT 1", "select explain"),
        ("BEGIN", "transaction"),
        ("COMMIT", "transaction"),
        ("SAVEPOINT s", "transaction"),
        ("VACUUM", "other"),
        ("CALL f()", "other"),
        ("LISTEN c", "other"),
        // Functions with side effects or hidden access.
        ("SELECT pg_terminate_backend(1)", "select other"),
        (
            "SELECT * FROM \"dblink\"('', 'DELETE FROM a') AS t (x int)",
            "select other",
        ),
        ("SELECT pg_catalog.Pg_Read_File('x')", "select other"),
        ("SELECT set_config('role', 'a', false)", "select set"),
        ("EXPLAIN SELECT pg_reload_conf()", "explain"),
        (
            "EXPLAIN ANALYZE SELECT pg_reload_conf()",
            "select explain other",
        ),
        ("SELECT nextval('s')", "select other"),
        ("INSERT INTO a VALUES (nextval('s'))", "insert"),
        ("SELECT lower('x'), now()", "select"),
        (
            "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE \
          WHEN NOT MATCHED THEN INSERT VALUES (1)",
            "insert delete",
        ),
    ];
    for (sql, kinds) in cases {
        let actual: Vec<_> = analyze(sql)
            .kinds
            .into_iter()
            .map(ClosedEnum::as_str)
            .collect();
        let mut expected: Vec<_> = kinds.split(' ').collect();
        let order = |word: &&str| Kind::parse(word);
        expected.sort_by_key(order);
        assert_eq!(actual, expected, "{sql}");
    }
}

#[test]
fn finds_unknown_tables_and_functions() {
    assert!(analyze("CALL f()").unknown_tables.is_some());
    assert!(analyze("EXECUTE p").unknown_tables.is_some());
    assert!(analyze("FETCH ALL FROM c").unknown_tables.is_some());
    assert!(
        analyze("SELECT query_to_xml('TABLE a', true, true, '')")
            .unknown_tables
            .is_some()
    );
    assert!(
        analyze("SELECT * FROM ts_stat('TABLE a')")
            .unknown_tables
            .is_some()
    );
    assert!(analyze("DROP SCHEMA app CASCADE").unknown_tables.is_some());
    assert!(analyze("SELECT * FROM a").unknown_tables.is_none());
    assert!(
        analyze("PREPARE p AS SELECT * FROM a")
            .unknown_tables
            .is_none()
    );
    let analysis = analyze("SELECT count(*), app.f(1) FROM g(2), a FOR UPDATE");
    assert_eq!(analysis.functions, BTreeSet::from(["app.f".to_owned()]));
    assert_eq!(analysis.table_functions, BTreeSet::from(["g".to_owned()]));
    assert!(analysis.locks_rows);
}

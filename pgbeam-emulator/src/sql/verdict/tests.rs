//! Tests of verdicts, including attempts to bypass a policy.

use super::*;
use crate::sql::profile::{MaskingRule, StatementRules};

fn unrestricted() -> Profile {
    Profile {
        access_mode: AccessMode::ReadWrite,
        ..Profile::default()
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn eval(sql: &str, profile: &Profile) -> Evaluation {
    evaluate_statement(sql, profile, &[]).evaluation
}

fn filter(table: &str, predicate: &str) -> RowFilter {
    RowFilter {
        table: table.to_owned(),
        predicate: predicate.to_owned(),
    }
}

fn mask(table: &str, column: &str, kind: MaskingKind) -> MaskingRule {
    MaskingRule {
        table: table.to_owned(),
        column: column.to_owned(),
        kind,
    }
}

#[test]
fn read_only_blocks_all_writes() {
    let profile = Profile::default();
    for sql in [
        "INSERT INTO a VALUES (1)",
        "UPDATE a SET b = 1",
        "DELETE FROM a",
        "TRUNCATE a",
        "CREATE TABLE a (id int)",
        "SELECT * INTO b FROM a",
        "CALL f()",
        "VACUUM",
        "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
        "EXPLAIN ANALYZE DELETE FROM a",
        "EXPLAIN (ANALYZE) DELETE FROM a",
        "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
        "PREPARE p AS DELETE FROM a",
        "SELECT nextval('s')",
        "SELECT pg_terminate_backend(1)",
        "SELECT * FROM lo_import('/etc/passwd')",
    ] {
        assert_eq!(eval(sql, &profile).rule, rule::READ_ONLY, "{sql}");
    }
    for sql in [
        "SELECT 1",
        "EXPLAIN DELETE FROM a",
        "SHOW ALL",
        "BEGIN",
        "SET a = on",
        "VALUES (1)",
    ] {
        let evaluation = eval(sql, &profile);
        assert_eq!(
            (evaluation.verdict, evaluation.rule),
            (Verdict::Allow, rule::OK),
            "{sql}"
        );
    }
}

#[test]
fn applies_table_lists() {
    let allow = Profile {
        table_allowlist: words(&["orders", "app.users"]),
        ..unrestricted()
    };
    let deny = Profile {
        table_denylist: words(&["secrets"]),
        ..unrestricted()
    };
    let both = Profile {
        table_allowlist: words(&["orders", "secrets"]),
        table_denylist: words(&["app.orders", "secrets"]),
        ..unrestricted()
    };
    let cases = [
        (&allow, "SELECT * FROM orders", rule::OK),
        (&allow, "SELECT * FROM public.orders", rule::OK),
        (&allow, "SELECT * FROM app.orders", rule::TABLE_ALLOWLIST),
        (&allow, "SELECT * FROM users", rule::TABLE_ALLOWLIST),
        (&allow, "SELECT * FROM APP.users", rule::OK),
        (
            &allow,
            "SELECT * FROM orders WHERE id IN (SELECT id FROM x)",
            rule::TABLE_ALLOWLIST,
        ),
        (
            &allow,
            "INSERT INTO x SELECT * FROM orders",
            rule::TABLE_ALLOWLIST,
        ),
        (
            &allow,
            "WITH x AS (SELECT * FROM orders) SELECT * FROM x",
            rule::OK,
        ),
        (&allow, "SELECT 1", rule::OK),
        (&allow, "CALL f()", rule::UNDECIDABLE),
        (&allow, "EXECUTE p", rule::UNDECIDABLE),
        (&deny, "SELECT * FROM secrets", rule::TABLE_DENYLIST),
        (&deny, "SELECT * FROM other.secrets", rule::TABLE_DENYLIST),
        (&deny, "SELECT * FROM \"SECRETS\"", rule::TABLE_DENYLIST),
        (&deny, "SELECT * FROM orders", rule::OK),
        (&deny, "SELECT 1 UNION TABLE secrets", rule::UNPARSEABLE),
        (
            &deny,
            "SELECT query_to_xml('TABLE secrets', true, true, '')",
            rule::UNDECIDABLE,
        ),
        (&deny, "FETCH ALL FROM c", rule::UNDECIDABLE),
        (&allow, "SELECT * FROM pg_authid", rule::TABLE_ALLOWLIST),
        (
            &unrestricted(),
            "SELECT query_to_xml('TABLE secrets', true, true, '')",
            rule::OK,
        ),
        (&both, "SELECT * FROM secrets", rule::TABLE_DENYLIST),
        (&both, "SELECT * FROM orders", rule::OK),
        (&both, "SELECT * FROM app.orders", rule::TABLE_DENYLIST),
        (&unrestricted(), "CALL f()", rule::OK),
    ];
    for (profile, sql, rule) in cases {
        assert_eq!(eval(sql, profile).rule, rule, "{sql}");
    }
    let hint = eval("SELECT * FROM app.orders", &allow)
        .hint
        .unwrap_or_default();
    assert!(hint.contains("public"), "{hint}");
}

#[test]
fn copy_and_multiple_statements_are_always_blocked() {
    for sql in [
        "COPY a TO STDOUT",
        "COPY (SELECT 1) TO STDOUT",
        "COPY a FROM '/x' GIBBERISH (",
    ] {
        assert_eq!(eval(sql, &unrestricted()).rule, rule::COPY_REFUSED, "{sql}");
    }
    for sql in [
        "SELECT 1; COPY a TO PROGRAM 'x' GIBBERISH (",
        "/* a */ COPY a FROM 'x",
    ] {
        assert_eq!(eval(sql, &unrestricted()).rule, rule::COPY_REFUSED, "{sql}");
    }
    for sql in ["SELECT 1; DROP TABLE a", "SELECT 1; GIBBERISH ("] {
        assert_eq!(
            eval(sql, &unrestricted()).rule,
            rule::MULTIPLE_STATEMENTS,
            "{sql}"
        );
    }
    assert_eq!(eval("SELECT 1;", &unrestricted()).rule, rule::OK);
}

#[test]
fn unparseable_sql_is_allowed_only_without_restrictions() {
    let rules = |allow: Option<Vec<String>>| Some(StatementRules { allow, deny: None });
    let restricted = [
        Profile::default(),
        Profile {
            table_allowlist: words(&["a"]),
            ..unrestricted()
        },
        Profile {
            table_denylist: words(&["a"]),
            ..unrestricted()
        },
        Profile {
            masking_rules: vec![mask("a", "b", MaskingKind::Hash)],
            ..unrestricted()
        },
        Profile {
            row_filters: vec![filter("a", "true")],
            ..unrestricted()
        },
        Profile {
            statement_rules: rules(Some(words(&["select"]))),
            ..unrestricted()
        },
    ];
    for profile in &restricted {
        for sql in [
            "SELEC 1",
            "SELECT 'open",
            ";",
            "-- nothing",
            "TABLE a",
            "SELECT 1 UNION TABLE a; COMMIT",
            "SELECT * FROM (SELECT 1 UNION TABLE a) s",
            "WITH t AS (TABLE b \n, c) SELECT 1",
        ] {
            assert_eq!(
                eval(sql, profile).rule,
                rule::UNPARSEABLE,
                "{sql} {profile:?}"
            );
        }
    }
    for profile in [
        unrestricted(),
        Profile {
            statement_rules: rules(Some(vec![])),
            ..unrestricted()
        },
    ] {
        let evaluation = eval("SELEC 1", &profile);
        assert_eq!(evaluation.verdict, Verdict::Allow);
        assert_eq!(evaluation.notes.len(), 1);
    }
}

#[test]
fn applies_masks_and_row_filters() {
    let profile = Profile {
        masking_rules: vec![mask("users", "email", MaskingKind::Null)],
        row_filters: vec![filter("orders", "tenant = 1")],
        ..unrestricted()
    };
    let masked = eval("SELECT email FROM users", &profile);
    assert_eq!(masked.verdict, Verdict::Mask);
    let columns = vec![MaskedColumn {
        column: "email".to_owned(),
        kind: MaskingKind::Null,
    }];
    assert_eq!(masked.masked_columns, columns);
    assert_eq!(masked.rule, rule::OK);

    let filtered = eval("SELECT id FROM orders", &profile);
    assert_eq!(filtered.verdict, Verdict::RowFilter);
    assert_eq!(filtered.row_filter_predicate.as_deref(), Some("tenant = 1"));
    assert_eq!(
        filtered.rewritten_sql.as_deref(),
        Some("SELECT id FROM orders WHERE (tenant = 1)")
    );

    let both = eval("SELECT * FROM users JOIN orders USING (id)", &profile);
    assert_eq!(both.verdict, Verdict::RowFilter);
    assert_eq!(both.masked_columns, columns);
    assert!(both.row_filter_predicate.is_some() && both.rewritten_sql.is_none());
    assert!(
        both.notes
            .iter()
            .any(|note| note.contains("rewritten_sql is omitted")),
        "{:?}",
        both.notes
    );

    assert_eq!(
        eval("DELETE FROM orders", &profile).verdict,
        Verdict::RowFilter
    );
    let insert = eval("INSERT INTO orders VALUES (1)", &profile);
    assert_eq!((insert.verdict, insert.notes.len()), (Verdict::Allow, 1));
    for sql in ["TRUNCATE orders", "DROP TABLE orders"] {
        assert_eq!(eval(sql, &profile).rule, rule::ROW_FILTER, "{sql}");
    }
    for sql in [
        "ALTER TABLE orders RENAME TO o",
        "ALTER TABLE users RENAME email TO e",
    ] {
        let altered = eval(sql, &profile);
        assert_eq!(
            (altered.verdict, altered.notes.len()),
            (Verdict::Allow, 1),
            "{sql}"
        );
    }
    assert_eq!(
        eval("EXPLAIN SELECT * FROM users", &profile).verdict,
        Verdict::Allow
    );
    assert_eq!(eval("SELECT 1", &profile).verdict, Verdict::Allow);

    let two = Profile {
        row_filters: vec![
            filter("orders", "a = 1"),
            filter("public.orders", "b = 2 OR c"),
        ],
        ..unrestricted()
    };
    assert_eq!(
        eval("SELECT id FROM orders", &two).rewritten_sql.as_deref(),
        Some("SELECT id FROM orders WHERE ((a = 1) AND (b = 2 OR c))")
    );
}

#[test]
fn a_templates_only_policy_allows_only_templates_that_its_other_rules_allow() {
    let templates =
        ["SELECT * FROM orders WHERE id = $1", "DELETE FROM orders"].map(|sql| EnabledTemplate {
            name: "t".to_owned(),
            kind: Kind::Select,
            normalized: normalize(sql),
        });
    let profile = Profile {
        query_mode: QueryMode::Templates,
        ..Profile::default()
    };
    let eval = |sql: &str| evaluate_statement(sql, &profile, &templates).evaluation;
    let allowed = eval("select *  from ORDERS where id=$1; -- mine");
    assert_eq!(allowed.verdict, Verdict::Allow);
    assert_eq!(allowed.template.as_deref(), Some("t"));
    let disjunction = "SELECT 1 WHERE a = 'x' OR b = 'y'";
    let two_strings = [EnabledTemplate {
        name: "t".to_owned(),
        kind: Kind::Select,
        normalized: normalize(disjunction),
    }];
    let one_string = evaluate_statement(
        "SELECT 1 WHERE a = 'x'' OR b = ''y'",
        &profile,
        &two_strings,
    );
    assert_eq!(one_string.evaluation.rule, rule::QUERY_MODE_TEMPLATES);
    for sql in ["SELECT * FROM orders WHERE id = 1", "SELECT 1", "gibberish"] {
        assert_eq!(eval(sql).rule, rule::QUERY_MODE_TEMPLATES, "{sql}");
    }
    assert_eq!(eval("DELETE FROM orders").rule, rule::READ_ONLY);
}

#[test]
fn notes_list_unevaluated_effects() {
    let profile = Profile {
        approval_mode: ApprovalMode::Writes,
        write_mode: WriteMode::Rollback,
        budget_queries_per_day: 1,
        ..unrestricted()
    };
    let notes = |sql: &str, profile: &Profile| eval(sql, profile).notes.len();
    assert_eq!(notes("DELETE FROM a", &profile), 3);
    assert_eq!(notes("SELECT 1", &profile), 1);
    assert_eq!(notes("SELECT count(*) FROM a", &unrestricted()), 0);
    assert_eq!(
        notes("SELECT * FROM generate_series(1, 2)", &unrestricted()),
        0
    );
    let denies = Profile {
        table_denylist: words(&["a"]),
        ..unrestricted()
    };
    for sql in [
        "SELECT * FROM pg_stats",
        "SELECT * FROM information_schema.columns",
    ] {
        assert_eq!(
            (notes(sql, &denies), notes(sql, &unrestricted())),
            (1, 0),
            "{sql}"
        );
    }
    assert_eq!(notes("SET search_path = app", &unrestricted()), 1);
    assert_eq!(notes("BEGIN READ WRITE", &unrestricted()), 1);
    // (mode, statement, whether it needs an approval)
    for (approval_mode, sql, needs_approval) in [
        (ApprovalMode::Off, "DELETE FROM a", false),
        (ApprovalMode::Writes, "DELETE FROM a", true),
        (ApprovalMode::Writes, "CREATE TABLE a ()", false),
        (ApprovalMode::Ddl, "CREATE TABLE a ()", true),
        (ApprovalMode::Ddl, "DELETE FROM a", false),
        (ApprovalMode::All, "CREATE TABLE a ()", true),
        (ApprovalMode::All, "DELETE FROM a", true),
        (ApprovalMode::All, "SELECT * FROM a", false),
    ] {
        let has_note = notes(
            sql,
            &Profile {
                approval_mode,
                ..unrestricted()
            },
        ) == 1;
        assert_eq!(has_note, needs_approval, "{sql} {approval_mode:?}");
    }
    assert_eq!(notes("SELECT app.f(1) FROM g(1)", &unrestricted()), 2);
    assert_eq!(notes("SELECT 1 FROM a FOR UPDATE", &Profile::default()), 1);
}

#[test]
fn alternative_syntax_does_not_bypass_the_denylist() {
    let profile = Profile {
        table_denylist: words(&["secrets"]),
        ..Profile::default()
    };
    for sql in [
        "SELECT * FROM ONLY secrets",
        "SELECT * FROM ONLY (secrets)",
        "SELECT * FROM secrets *",
        "SELECT * FROM LATERAL (SELECT * FROM secrets) s",
        "SELECT * FROM a NATURAL JOIN secrets",
        "SELECT * FROM a TABLESAMPLE SYSTEM (1), secrets",
        "SELECT * FROM SECRETS AS a (b)",
        "SELECT 1 WHERE 1 = ANY (SELECT id FROM secrets)",
        "SELECT ARRAY(SELECT id FROM secrets)",
        "SELECT CASE WHEN EXISTS (SELECT FROM secrets) THEN 1 END",
        "SELECT 1 ORDER BY (SELECT id FROM secrets)",
        "SELECT 1 LIMIT (SELECT id FROM secrets)",
        "SELECT sum(1) OVER (ORDER BY (SELECT id FROM secrets))",
        "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM secrets)) FROM a",
        "SELECT 1 GROUP BY (SELECT id FROM secrets) HAVING (SELECT true FROM secrets)",
        "SELECT /* /* */ ; */ 1 FROM secrets",
        "SELECT 'a\\' FROM secrets --'",
        "SELECT E'a\\'' FROM secrets --'",
        "SELECT $a$ $$ $a$ FROM secrets",
        "SELECT 1 # 2 FROM secrets",
        "SELECT * FROM f((SELECT id FROM secrets))",
        "SELECT f((SELECT id FROM secrets))",
        "SELECT * FROM unnest(ARRAY(SELECT id FROM secrets)) u",
        "VALUES ((SELECT id FROM secrets))",
        "SELECT * FROM a JOIN b ON a.id = (SELECT id FROM secrets)",
        "SELECT x FROM a, LATERAL (TABLE secrets) s",
        "WITH RECURSIVE r AS (SELECT id FROM secrets UNION ALL SELECT id FROM r) SELECT * FROM r",
        "WITH a AS NOT MATERIALIZED (SELECT * FROM secrets) SELECT 1",
        "DECLARE c CURSOR FOR SELECT * FROM secrets",
        "PREPARE p AS SELECT * FROM secrets",
        "EXPLAIN SELECT * FROM secrets",
        "TABLE secrets",
        "SELECT * FROM u&\"secrets\"",
        "SELECT * FROM \"secrets\"",
        "SELECT secrets.* FROM postgres.public.secrets",
        "SELECT * FROM (VALUES (1)) v JOIN LATERAL (SELECT * FROM secrets) s ON true",
        "WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets",
        "SELECT * FROM (WITH secrets AS (SELECT 1) SELECT 1) s, secrets",
        "SELECT 1 EXCEPT (SELECT id FROM secrets)",
        "((SELECT * FROM secrets))",
        "SELECT * FROM ROWS FROM (f((SELECT id FROM secrets)))",
        "ANALYZE secrets",
        "LOCK TABLE secrets",
        "SELECT json_object('a': (SELECT id FROM secrets))",
        "SELECT * FROM U&\"\\0073ecrets\"",
        "SELECT 1 -- \r FROM a\nFROM secrets",
        "SELECT 1 AS foo$a$ FROM secrets -- $a$",
    ] {
        let evaluation = eval(sql, &profile);
        assert!(evaluation.is_block(), "{sql}: {evaluation:?}");
    }
    let name = "s".repeat(63);
    let long = Profile {
        table_denylist: words(&[&name]),
        ..unrestricted()
    };
    assert!(
        eval(&format!("SELECT * FROM {name}x"), &long).is_block(),
        "names are truncated"
    );
    let writable = Profile {
        table_denylist: words(&["secrets"]),
        ..unrestricted()
    };
    for sql in [
        "DELETE FROM ONLY secrets",
        "UPDATE ONLY secrets SET a = 1",
        "TRUNCATE a, ONLY secrets",
        "INSERT INTO a DEFAULT VALUES RETURNING (SELECT id FROM secrets)",
        "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET x = (SELECT id FROM secrets)",
        "UPDATE a SET (b, c) = (SELECT 1, 2 FROM secrets)",
        "DELETE FROM a USING secrets",
        "UPDATE a SET b = 1 FROM c JOIN secrets ON true",
        "ALTER TABLE IF EXISTS ONLY secrets ADD x int",
        "MERGE INTO a USING secrets s ON true WHEN MATCHED THEN DELETE",
        "MERGE INTO a USING b ON true WHEN MATCHED THEN UPDATE SET x = (SELECT id FROM secrets)",
        "CREATE MATERIALIZED VIEW v AS SELECT * FROM secrets",
        "DROP TABLE IF EXISTS a, secrets CASCADE",
        "CREATE TABLE x (LIKE secrets)",
        "CREATE TABLE x (a int, LIKE secrets)",
        "SELECT INTO secrets FROM a",
        "CREATE TABLE x () INHERITS (secrets)",
        "DROP SCHEMA public CASCADE",
        "CREATE TABLE x PARTITION OF secrets DEFAULT",
        "ALTER TABLE a ATTACH PARTITION secrets DEFAULT",
        "CREATE UNIQUE INDEX ON secrets (id)",
        "VACUUM FULL secrets",
        "VACUUM (FULL) secrets",
        "VACUUM a, secrets",
        "ANALYZE a, secrets",
        "CREATE RULE r AS ON SELECT TO a DO INSTEAD SELECT * FROM secrets",
        "COMMENT ON TABLE secrets IS ''",
        "GRANT ALL ON secrets TO public",
        "DO $$ BEGIN DELETE FROM secrets; END $$",
        "CREATE TRIGGER t AFTER INSERT ON secrets EXECUTE FUNCTION f()",
        "SELECT * INTO secrets FROM a",
        "CLUSTER secrets",
        "REINDEX TABLE secrets",
        "REFRESH MATERIALIZED VIEW secrets",
    ] {
        let evaluation = eval(sql, &writable);
        assert!(evaluation.is_block(), "{sql}: {evaluation:?}");
    }
}

#[test]
fn long_and_deep_statements_do_not_overflow_the_stack() {
    let chain = format!("SELECT 1{}", "+1".repeat(49_990));
    assert_eq!(eval(&chain, &Profile::default()).rule, rule::OK);
    let filtered = Profile {
        row_filters: vec![filter("orders", "tenant = 1")],
        masking_rules: vec![mask("orders", "email", MaskingKind::Hash)],
        ..unrestricted()
    };
    let evaluation = eval(&format!("{chain} FROM orders"), &filtered);
    assert!(
        evaluation
            .rewritten_sql
            .is_some_and(|sql| sql.ends_with("WHERE (tenant = 1)"))
    );
    let union = format!("SELECT 1{}", " UNION SELECT 1".repeat(6_600));
    assert_eq!(eval(&union, &Profile::default()).rule, rule::OK);
    let nested = format!("SELECT {}1{}", "(".repeat(40_000), ")".repeat(40_000));
    assert_eq!(eval(&nested, &Profile::default()).rule, rule::UNPARSEABLE);
}

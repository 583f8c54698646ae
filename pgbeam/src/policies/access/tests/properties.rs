//! Property tests of diffs, comparisons and guardrails, with generated profiles and statements.
//!
//! Each run generates the same cases. If the environment variable `PROPTEST_CASES` is set, each run generates that many
//! new cases.

use std::collections::BTreeSet;

use pgbeam_engine::{Engine, Evaluation, MaskKind, Policy};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
    test_runner::{Config, RngSeed},
};
use serde_json::{Map, Value, json};

use crate::policies::{
    NormalizedProfile,
    access::{Comparison, Relation, Witness, check_no_new_access, compare},
    diff::diff,
};

fn config(cases: u32) -> Config {
    let default = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return default;
    }
    Config {
        cases,
        rng_seed: RngSeed::Fixed(13),
        ..default
    }
}

const KINDS: &[&str] = &[
    "select",
    "insert",
    "update",
    "delete",
    "ddl",
    "set",
    "show",
    "explain",
    "transaction",
    "other",
];

/// The tables in the entries of profiles.
const TABLES: &[&str] = &["users", "public.users", "app.users", "orders", "app.orders"];

const COLUMNS: &[&str] = &["email", "name", "id"];

fn value(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(values).prop_map(Value::from)
}

fn some_of(values: &'static [&'static str], max: usize) -> impl Strategy<Value = Value> {
    subsequence(values, 0..=max).prop_map(Value::from)
}

fn mask() -> impl Strategy<Value = Value> {
    let kinds = select(vec!["redact", "hash", "null"]);
    (select(TABLES), select(COLUMNS), kinds)
        .prop_map(|(table, column, kind)| json!({"table": table, "column": column, "kind": kind}))
}

fn row_filter() -> impl Strategy<Value = Value> {
    let predicates = select(vec![
        "tenant = 7",
        "name = 'a'",
        "tenant::text = current_setting('app.tenant')",
        "id IN (SELECT 1)",
        "tenant =",
    ]);
    (select(TABLES), predicates)
        .prop_map(|(table, predicate)| json!({"table": table, "predicate": predicate}))
}

/// Generates one field of a profile, with a value.
fn field() -> impl Strategy<Value = (&'static str, Value)> {
    let rules = (some_of(KINDS, 10), some_of(KINDS, 2), any::<bool>());
    let rules = rules.prop_map(|(allow, deny, has_allow)| match has_allow {
        true => json!({"allow": allow, "deny": deny}),
        false => json!({"deny": deny}),
    });
    let list =
        |items: BoxedStrategy<Value>| prop::collection::vec(items, 0..=2).prop_map(Value::from);
    prop_oneof![
        value(&["read_only", "read_write"]).prop_map(|mode| ("access_mode", mode)),
        rules.prop_map(|rules| ("statement_rules", rules)),
        some_of(TABLES, 3).prop_map(|tables| ("table_allowlist", tables)),
        some_of(TABLES, 2).prop_map(|tables| ("table_denylist", tables)),
        list(mask().boxed()).prop_map(|masks| ("masking_rules", masks)),
        list(row_filter().boxed()).prop_map(|filters| ("row_filters", filters)),
        value(&["off", "warn", "block"]).prop_map(|mode| ("migration_safety", mode)),
        value(&["sql", "sql", "templates"]).prop_map(|mode| ("query_mode", mode)),
        select(vec![0, 5, i64::MAX]).prop_map(|rows| ("max_affected_rows", rows.into())),
        select(vec![0, 5]).prop_map(|rows| ("max_rows", rows.into())),
    ]
}

fn fields(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Map<String, Value>> {
    let fields = prop::collection::vec(field(), count);
    fields.prop_map(|fields| {
        let fields = fields.into_iter();
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

/// Generates a profile, and a second profile that differs from the first in at most two fields.
fn pair() -> impl Strategy<Value = (NormalizedProfile, NormalizedProfile)> {
    let writable = any::<bool>();
    (fields(0..=4), fields(1..=2), writable).prop_map(|(mut one, change, is_writable)| {
        if is_writable {
            one.insert("access_mode".into(), "read_write".into());
        }
        // A diff does not compare an omitted `query_mode`, so every profile sets it.
        one.entry("query_mode").or_insert_with(|| "sql".into());
        let mut other = one.clone();
        other.extend(change);
        (
            NormalizedProfile::from_json(one),
            NormalizedProfile::from_json(other),
        )
    })
}

/// Generates a statement that uses tables and columns of the profiles, and other tables and columns.
fn statement() -> impl Strategy<Value = String> {
    let table = select(vec![
        "users",
        "public.users",
        "app.users",
        "orders",
        "app.orders",
        "notes",
        "other.users",
        "pg_catalog.pg_class",
    ]);
    let column = select(vec![
        "email", "name", "id", "a.email", "a.id", "b.name", "b.tenant", "*",
    ]);
    let plain = select(vec!["email", "name", "id", "tenant"]);
    let template = select(STATEMENTS);
    (
        template,
        [table.clone(), table],
        [column.clone(), column],
        [plain.clone(), plain],
    )
        .prop_map(|(template, [t, u], [c, d], [n, m])| {
            let replaced = template.replace("{t}", t).replace("{u}", u);
            let replaced = replaced.replace("{c}", c).replace("{d}", d);
            replaced.replace("{n}", n).replace("{m}", m)
        })
}

/// Templates of statements. `{t}` and `{u}` are tables. The other placeholders are columns.
const STATEMENTS: &[&str] = &[
    "SELECT {c} FROM {t} AS a",
    "SELECT {c}, {d} FROM {t} a, {u} b",
    "SELECT {c} FROM {t} a JOIN {u} b ON a.{n} = b.{m}",
    "SELECT {c} FROM {t} a JOIN {u} b ON {n} = {m}",
    "SELECT {c} FROM {t} a LEFT JOIN {u} b USING ({n})",
    "SELECT {c} FROM {t} a NATURAL JOIN {u} b",
    "SELECT {c} FROM {t} a WHERE {n} = 'x' ORDER BY {m}",
    "SELECT {n}, count(*) FROM {t} GROUP BY {n}",
    "SELECT {n} FROM {t} UNION SELECT {m} FROM {u}",
    "SELECT {n} FROM {t} WHERE id IN (SELECT {m} FROM {u})",
    "SELECT (SELECT {n} FROM {u} LIMIT 1) FROM {t}",
    "SELECT s.{n} FROM (SELECT {c} FROM {t} a JOIN {u} b ON a.id = b.id) AS s",
    "SELECT s.{n} FROM (SELECT {n}, 'x' AS {m} FROM {t}) AS s JOIN {u} AS b ON s.{m} = b.{m}",
    "SELECT {n} FROM {t} FOR UPDATE",
    "SELECT upper({n}) FROM {t}",
    "SELECT a FROM {t} a",
    "WITH w AS (SELECT {n} FROM {t}) SELECT {m} FROM w",
    "WITH w AS (DELETE FROM {t} WHERE {n} = '1' RETURNING {m}) SELECT * FROM w",
    "WITH w AS (INSERT INTO {t} ({n}) VALUES ('1') RETURNING *) SELECT {m} FROM w",
    "INSERT INTO {t} ({n}) VALUES ('1') RETURNING {m}",
    "INSERT INTO {t} ({n}) SELECT {m} FROM {u}",
    "INSERT INTO {t} ({n}) VALUES ('1') ON CONFLICT (id) DO UPDATE SET {n} = excluded.{m}",
    "UPDATE {t} SET {n} = 'x' WHERE {m} = 'y' RETURNING {m}",
    "UPDATE {t} a SET {n} = b.{m} FROM {u} b WHERE a.id = b.id",
    "DELETE FROM {t} WHERE {n} = '1'",
    "DELETE FROM {t} a USING {u} b WHERE a.{n} = b.{m}",
    "MERGE INTO {t} a USING {u} b ON a.id = b.id WHEN MATCHED THEN UPDATE SET {n} = b.{m}",
    "CREATE INDEX ON {t} ({n})",
    "CREATE INDEX CONCURRENTLY ON {t} ({n})",
    "CREATE VIEW v AS SELECT {n} FROM {t}",
    "CREATE TABLE {t} AS SELECT {n} FROM {u}",
    "CREATE TEMP TABLE {t} ({n} integer)",
    "ALTER TABLE {t} ADD COLUMN c integer",
    "ALTER TABLE {t} RENAME COLUMN {n} TO c",
    "ALTER TABLE {t} RENAME TO archive",
    "ALTER SCHEMA app RENAME TO archive",
    "EXPLAIN SELECT {n} FROM {t}",
    "EXPLAIN ANALYZE UPDATE {t} SET {n} = 'x' WHERE {m} = 'y'",
    "SELECT {n} INTO {u} FROM {t}",
    "LOCK TABLE {t}",
    "SET app.tenant = '1'",
    "SET ROLE reader",
    "SET statement_timeout = 5",
    "SHOW server_version",
    "BEGIN",
    "LISTEN channel",
    "SELECT 1; SELECT {n} FROM {t}",
];

fn evaluate(profile: &NormalizedProfile, sql: &str) -> Evaluation {
    let policy = Policy::from_value(&Value::Object(profile.to_json())).expect("a policy");
    Engine::default().evaluate(&policy, sql)
}

/// Returns `true` if `a` is looser than `b` for a statement. Does not use the code under test.
fn is_looser(a: &Evaluation, b: &Evaluation) -> bool {
    let hidden = |evaluation: &Evaluation| -> BTreeSet<(String, bool)> {
        let masks = evaluation.masked_columns.iter();
        let hidden = masks.flat_map(|mask| {
            let column = mask.column.to_lowercase();
            [
                (column.clone(), false),
                (column, mask.kind != MaskKind::Hash),
            ]
        });
        hidden.collect()
    };
    let filters = |evaluation: &Evaluation| -> BTreeSet<String> {
        let statements = evaluation.statements.iter();
        statements
            .flat_map(|statement| statement.row_filters.clone())
            .collect()
    };
    let is_less_hidden = !hidden(b).is_subset(&hidden(a));
    let is_less_filtered = !filters(b).is_subset(&filters(a));
    !a.is_block() && (b.is_block() || is_less_hidden || is_less_filtered)
}

/// Checks that a comparison has the witnesses that its relation requires, and that the engine confirms each witness.
fn check_witnesses(
    comparison: &Comparison,
    a: &NormalizedProfile,
    b: &NormalizedProfile,
) -> Result<(), TestCaseError> {
    let relations = comparison.witnesses().iter().map(Witness::relation);
    let relations: BTreeSet<_> = relations.map(Relation::as_str).collect();
    let expected: &[&str] = match comparison.relation() {
        Relation::Looser => &["looser"],
        Relation::Stricter => &["stricter"],
        Relation::Incomparable => &["looser", "stricter"],
        Relation::Equal => &[],
        _ => return Ok(()),
    };
    prop_assert_eq!(relations.into_iter().collect::<Vec<_>>(), expected);
    for witness in comparison.witnesses() {
        let (on_a, on_b) = (evaluate(a, witness.sql()), evaluate(b, witness.sql()));
        let is_confirmed = match witness.relation() {
            Relation::Looser => is_looser(&on_a, &on_b),
            _ => is_looser(&on_b, &on_a),
        };
        prop_assert!(is_confirmed, "{}", witness);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn comparisons_agree_with_the_engine(
        (a, b) in pair(),
        statements in prop::collection::vec(statement(), 60),
    ) {
        let comparison = compare(&a, &b);
        let relation = comparison.relation();
        let back = compare(&b, &a);
        prop_assert_eq!(relation, back.relation().reversed(), "{:?}", comparison.reasons());
        check_witnesses(&comparison, &a, &b)?;
        let is_safe = check_no_new_access(&b, &a).is_passed();
        prop_assert!(is_safe || diff(&b, &a).effect().may_loosen());
        let is_never_looser = is_safe || matches!(relation, Relation::Equal | Relation::Stricter);
        let is_never_stricter = matches!(relation, Relation::Equal | Relation::Looser);
        for sql in statements {
            let (on_a, on_b) = (evaluate(&a, &sql), evaluate(&b, &sql));
            let is_contradiction = (is_never_looser && is_looser(&on_a, &on_b))
                || (is_never_stricter && is_looser(&on_b, &on_a));
            prop_assert!(!is_contradiction, "{}: {:?} {:?}", sql, on_a, on_b);
        }
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_profile_is_equal_to_itself((profile, _) in pair()) {
        let mut renamed = profile.clone();
        renamed.set("name", "other".into());
        prop_assert_eq!(compare(&profile, &renamed).relation(), Relation::Equal);
    }

    #[test]
    fn tightening_never_allows_more(
        (current, desired) in pair(),
        statements in prop::collection::vec(statement(), 40),
    ) {
        if diff(&current, &desired).effect().may_loosen() {
            return Ok(());
        }
        for sql in statements {
            let (before, after) = (evaluate(&current, &sql), evaluate(&desired, &sql));
            prop_assert!(!is_looser(&after, &before), "{}: {:?} {:?}", sql, before, after);
        }
    }
}

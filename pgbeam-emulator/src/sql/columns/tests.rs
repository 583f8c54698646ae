//! Tests of masked columns.

use crate::sql::parse::{Parsed, with_parsed};
use crate::sql::profile::MaskingKind;

use super::*;

/// Rule 0 is users.email, rule 1 users.phone, rule 2 app.leads.email.
fn rules() -> Vec<MaskingRule> {
    [
        ("users", "email"),
        ("users", "phone"),
        ("app.leads", "email"),
    ]
    .map(|(table, column)| MaskingRule {
        table: table.to_owned(),
        column: column.to_owned(),
        kind: MaskingKind::Redact,
    })
    .to_vec()
}

#[test]
fn masked_columns_that_are_returned_and_used() {
    let none: &[usize] = &[];
    // (statement, returned, used)
    let cases: Vec<(&str, &[usize], &[usize])> = vec![
        ("SELECT id FROM users", none, none),
        ("SELECT email FROM users", &[0], none),
        ("SELECT EMAIL, u.Phone FROM app.users u", &[0, 1], none),
        ("SELECT * FROM users", &[0, 1], none),
        (
            "SELECT u.* FROM users u JOIN orders o ON true",
            &[0, 1],
            none,
        ),
        ("SELECT o.* FROM users u JOIN orders o ON true", none, none),
        ("SELECT email FROM orders", none, none),
        (
            "SELECT email FROM orders WHERE id IN (SELECT id FROM users)",
            none,
            none,
        ),
        ("SELECT o.email FROM orders o, users u", none, none),
        ("SELECT email FROM leads", none, none),
        ("SELECT email FROM app.leads", &[2], none),
        ("SELECT app.leads.email FROM app.leads", &[2], none),
        ("SELECT email FROM users, app.leads", &[0, 2], none),
        ("SELECT lower(email) AS x FROM users", &[0], none),
        ("SELECT id FROM users WHERE email = 'a'", none, &[0]),
        ("SELECT id FROM users ORDER BY email", none, &[0]),
        ("SELECT count(*) FROM users", none, none),
        // Whole rows.
        ("SELECT u FROM users u", &[0, 1], none),
        ("SELECT row_to_json(users) FROM users", &[0, 1], none),
        ("SELECT to_jsonb(u.*) FROM users u", &[0, 1], none),
        ("SELECT ROW(u.*) FROM users u", &[0, 1], none),
        ("SELECT (u).email FROM users u", &[0, 1], none),
        ("SELECT public.users.* FROM public.users", &[0, 1], none),
        // Columns under other names.
        ("SELECT b FROM users AS u (a, b)", &[0, 1], none),
        ("SELECT u.b FROM users AS u (a, b), orders", &[0, 1], none),
        ("SELECT o.b FROM users AS u (a, b), orders o", none, none),
        // A function call in the form of a column.
        ("SELECT u.to_json FROM users u", &[0, 1], none),
        (
            "SELECT public.users.array_agg FROM public.users",
            &[0, 1],
            none,
        ),
        ("SELECT o.to_json FROM orders o, users u", none, none),
        // Columns passed through FROM.
        (
            "SELECT x FROM users u, LATERAL (VALUES (u.email)) s (x)",
            &[0],
            none,
        ),
        (
            "SELECT x FROM users u, unnest(ARRAY[u.email]) x",
            &[0],
            none,
        ),
        (
            "SELECT value FROM users u, jsonb_each_text(to_jsonb(u))",
            &[0, 1],
            none,
        ),
        ("SELECT j FROM users u, to_jsonb(u.*) j", &[0, 1], none),
        // A join with an alias.
        (
            "SELECT j FROM (users JOIN orders USING (id)) j",
            &[0, 1],
            none,
        ),
        (
            "SELECT j.x FROM (users JOIN orders ON true) j (i, x)",
            &[0, 1],
            none,
        ),
        (
            "SELECT j.note FROM (users JOIN orders ON true) j",
            none,
            none,
        ),
        (
            "SELECT note FROM (users u (a, b) JOIN orders ON true)",
            &[0, 1],
            none,
        ),
        // Conditions.
        (
            "SELECT 1 FROM users JOIN orders ON users.email = orders.email",
            none,
            &[0],
        ),
        ("SELECT 1 FROM users JOIN orders USING (email)", none, &[0]),
        ("SELECT 1 FROM users NATURAL JOIN orders", none, &[0, 1]),
        (
            "SELECT DISTINCT ON (email) id FROM users GROUP BY phone",
            none,
            &[0, 1],
        ),
        ("SELECT 1 FROM users HAVING max(email) > 'a'", none, &[0]),
        (
            "SELECT 1 WHERE 'a' IN (SELECT email FROM users)",
            &[0],
            none,
        ),
        (
            "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY email) FROM users",
            &[0],
            none,
        ),
        // Through subqueries and CTEs.
        ("SELECT e FROM (SELECT email AS e FROM users) s", &[0], none),
        ("SELECT * FROM (SELECT id FROM users) s", none, none),
        (
            "WITH s AS (SELECT * FROM users) SELECT id FROM s",
            &[0, 1],
            none,
        ),
        (
            "WITH users AS (SELECT 1 AS email) SELECT email FROM users",
            none,
            none,
        ),
        (
            "WITH users AS (SELECT * FROM users) SELECT id FROM users",
            &[0, 1],
            none,
        ),
        ("SELECT 1 UNION SELECT phone FROM users", &[1], none),
        ("SELECT (SELECT email FROM users LIMIT 1)", &[0], none),
        // Writes.
        ("INSERT INTO users (email) VALUES ('a')", none, none),
        (
            "INSERT INTO users (email) VALUES ('a') RETURNING email",
            &[0],
            none,
        ),
        (
            "INSERT INTO users (email) SELECT email FROM orders",
            none,
            none,
        ),
        ("INSERT INTO orders (x) SELECT email FROM users", &[0], none),
        ("UPDATE users SET email = 'a'", none, none),
        ("UPDATE users SET note = email", none, &[0]),
        ("UPDATE users SET note = '' RETURNING *", &[0, 1], none),
        ("UPDATE users SET note = email RETURNING note", &[0], none),
        ("UPDATE users SET note = '' RETURNING old", &[0, 1], none),
        (
            "INSERT INTO users VALUES (1) ON CONFLICT (id) DO UPDATE SET note = users.email",
            none,
            &[0],
        ),
        (
            "INSERT INTO users VALUES (1) ON CONFLICT (id) DO UPDATE SET note = users.email \
             RETURNING note",
            &[0],
            none,
        ),
        (
            "CREATE INDEX ON users (lower(email)) WHERE phone > ''",
            none,
            &[0, 1],
        ),
        (
            "MERGE INTO orders o USING users u ON true WHEN MATCHED THEN UPDATE SET x = u.email",
            none,
            &[0],
        ),
        (
            "MERGE INTO orders o USING users u ON true WHEN NOT MATCHED THEN INSERT VALUES (u.email)",
            none,
            &[0],
        ),
        (
            "DELETE FROM users u WHERE u.phone = '1' RETURNING u.email",
            &[0],
            &[1],
        ),
        (
            "DELETE FROM orders USING users WHERE true RETURNING orders.*",
            none,
            none,
        ),
    ];
    for (sql, returned, used) in cases {
        let actual = with_parsed(sql, |parsed| match parsed {
            Parsed::One(analysis) => match_masking_rules(&analysis, &rules()),
            other => panic!("{sql}: {other:?}"),
        });
        let expected = MatchedRules {
            returned: returned.iter().copied().collect(),
            used: used.iter().copied().collect(),
        };
        assert_eq!(actual, expected, "{sql}");
    }
}

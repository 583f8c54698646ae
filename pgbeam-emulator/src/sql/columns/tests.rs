//! Masked columns of statements, as a table of cases.

use crate::policies::model::MaskingKind;
use crate::sql::parse::{Parsed, with_parsed};

use super::*;

/// Rule 0 is users.email, rule 1 users.phone, rule 2 app.leads.email.
fn rules() -> Vec<MaskingRule> {
    [("users", "email"), ("users", "phone"), ("app.leads", "email")]
        .map(|(table, column)| MaskingRule {
            table: table.to_owned(),
            column: column.to_owned(),
            kind: MaskingKind::Redact,
            extra: Default::default(),
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
        ("SELECT u.* FROM users u JOIN orders o ON true", &[0, 1], none),
        ("SELECT o.* FROM users u JOIN orders o ON true", none, none),
        ("SELECT email FROM orders", none, none),
        ("SELECT email FROM orders WHERE id IN (SELECT id FROM users)", none, none),
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
        // Through subqueries and CTEs.
        ("SELECT e FROM (SELECT email AS e FROM users) s", &[0], none),
        ("SELECT * FROM (SELECT id FROM users) s", none, none),
        ("WITH s AS (SELECT * FROM users) SELECT id FROM s", &[0, 1], none),
        ("WITH users AS (SELECT 1 AS email) SELECT email FROM users", none, none),
        ("WITH users AS (SELECT * FROM users) SELECT id FROM users", &[0, 1], none),
        ("SELECT 1 UNION SELECT phone FROM users", &[1], none),
        ("SELECT (SELECT email FROM users LIMIT 1)", &[0], none),
        // Writes.
        ("INSERT INTO users (email) VALUES ('a')", none, none),
        ("INSERT INTO users (email) VALUES ('a') RETURNING email", &[0], none),
        ("INSERT INTO users (email) SELECT email FROM orders", none, none),
        ("INSERT INTO orders (x) SELECT email FROM users", &[0], none),
        ("UPDATE users SET email = 'a'", none, none),
        ("UPDATE users SET note = email", none, &[0]),
        ("UPDATE users SET note = '' RETURNING *", &[0, 1], none),
        ("DELETE FROM users u WHERE u.phone = '1' RETURNING u.email", &[0], &[1]),
        ("DELETE FROM orders USING users WHERE true RETURNING orders.*", none, none),
    ];
    for (sql, returned, used) in cases {
        let found = with_parsed(sql, |parsed| match parsed {
            Parsed::One(analysis) => masked(&analysis, &rules()),
            other => panic!("{sql}: {other:?}"),
        });
        let expected = Masked {
            returned: returned.iter().copied().collect(),
            used: used.iter().copied().collect(),
        };
        assert_eq!(found, expected, "{sql}");
    }
}

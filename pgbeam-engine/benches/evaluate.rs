//! Measures evaluations: `cargo bench -p pgbeam-engine`.
//!
//! Prints the time per statement and the statements per second for typical statements under a policy with a denylist,
//! masks, a row filter, `migration_safety` and `max_affected_rows`, and how the time grows with the length of the SQL.
//! Fails if the median of a typical statement exceeds 50 µs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use pgbeam_engine::{Engine, Policy};

const LIMIT: Duration = Duration::from_micros(50);

const POLICY: &str = r#"{
    "access_mode": "read_write",
    "table_denylist": ["secrets"],
    "masking_rules": [
        {"table": "users", "column": "email", "kind": "redact"},
        {"table": "users", "column": "ssn", "kind": "hash"}
    ],
    "row_filters": [{"table": "orders", "predicate": "tenant = 7"}],
    "migration_safety": "block",
    "max_affected_rows": 100
}"#;

const TYPICAL: [(&str, &str); 8] = [
    ("lookup", "SELECT id, name FROM users WHERE id = $1"),
    (
        "join",
        "SELECT u.id, count(*) AS n FROM users u JOIN orders o ON o.user_id = u.id \
         WHERE o.status = 'open' AND o.total > 100 GROUP BY u.id ORDER BY n DESC LIMIT 20",
    ),
    (
        "cte",
        "WITH recent AS (SELECT id, user_id, total FROM orders WHERE created_at > now() - interval '7 days') \
         SELECT u.name, sum(r.total) FROM recent r JOIN users u ON u.id = r.user_id GROUP BY u.name",
    ),
    (
        "subqueries",
        "SELECT name, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) AS orders FROM users u \
         WHERE EXISTS (SELECT 1 FROM carts c WHERE c.user_id = u.id)",
    ),
    (
        "insert",
        "INSERT INTO carts (user_id, item, amount) VALUES ($1, $2, 3) RETURNING id",
    ),
    (
        "update",
        "UPDATE orders SET status = 'paid', paid_at = now() WHERE id = $1",
    ),
    ("blocked", "SELECT lower(email) FROM users WHERE id = 1"),
    ("ddl", "ALTER TABLE carts ADD COLUMN note text"),
];

fn main() {
    let policy = Policy::from_json(POLICY).expect("a policy");
    let engine = Engine::default();
    println!(
        "{:<12} {:>10} {:>14}",
        "statement", "median", "statements/s"
    );
    let mut is_slow = false;
    for (name, sql) in TYPICAL {
        let median = median_time(2_000, || {
            black_box(engine.evaluate(&policy, black_box(sql)));
        });
        println!(
            "{name:<12} {:>7.1} µs {:>14.0}",
            micros(median),
            1.0 / median.as_secs_f64()
        );
        is_slow |= median > LIMIT;
    }
    println!(
        "\n{:<12} {:>10} {:>14}",
        "IN list", "median", "per kilobyte"
    );
    for values in [100, 1_000, 10_000] {
        let sql = format!(
            "SELECT id FROM users WHERE id IN (0{})",
            ", 1".repeat(values)
        );
        let median = median_time(30, || {
            black_box(engine.evaluate(&policy, black_box(&sql)));
        });
        let kilobytes = sql.len() as f64 / 1_000.0;
        println!(
            "{values:<12} {:>7.0} µs {:>11.1} µs",
            micros(median),
            micros(median) / kilobytes
        );
    }
    assert!(!is_slow, "a typical statement takes more than {LIMIT:?}");
}

fn median_time(runs: usize, mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times.get(runs / 2).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

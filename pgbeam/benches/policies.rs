//! Measures the time to parse, lint and compare 10,000 policies: `cargo bench -p pgbeam --features policy-files`.
//!
//! Prints the time of each step, and its ratio to the time that `serde_json::from_slice` takes to parse the same
//! policies into plain structs. Fails if parsing the slower format, linting and comparing take one second or more in
//! total.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use pgbeam::policies::{
    diff::diff,
    document::{Format, PolicySet},
    lint::Linter,
};
use serde::Deserialize;

const POLICIES: usize = 10_000;
const ROUNDS: usize = 5;
const LIMIT: Duration = Duration::from_secs(1);

/// A plain struct for a policy, for the comparison with `serde_json::from_slice`.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only parsed")]
struct Policy {
    name: String,
    access_mode: String,
    table_allowlist: Vec<String>,
    masking_rules: Vec<Mask>,
    row_filters: Vec<RowFilter>,
    max_rows: i64,
    budget_queries_per_hour: i64,
    statement_timeout_ms: i64,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only parsed")]
struct Mask {
    table: String,
    column: String,
    kind: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only parsed")]
struct RowFilter {
    table: String,
    predicate: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only parsed")]
struct File {
    policies: Vec<Policy>,
}

fn main() {
    let json = json();
    let yaml = yaml();
    let by_hand = fastest(|| {
        black_box(serde_json::from_slice::<File>(json.as_bytes()).expect("valid JSON"));
    });
    println!("{POLICIES} policies, fastest of {ROUNDS} rounds");
    print("serde_json::from_slice", by_hand, by_hand);
    let parse = |text: &str, format| PolicySet::parse(text, format, "policies").expect("valid");
    let set = parse(&json, Format::Json);
    let desired = parse(
        &json.replace("\"max_rows\": 500", "\"max_rows\": 400"),
        Format::Json,
    );
    let steps = [
        (
            "parse JSON",
            fastest(|| drop(black_box(parse(&json, Format::Json)))),
        ),
        (
            "parse YAML",
            fastest(|| drop(black_box(parse(&yaml, Format::Yaml)))),
        ),
        (
            "lint",
            fastest(|| drop(black_box(set.lint(&Linter::new())))),
        ),
        (
            "diff",
            fastest(|| {
                for (current, desired) in set.profiles().iter().zip(desired.profiles()) {
                    let diff = diff(current.profile(), desired.profile());
                    assert_eq!(black_box(diff).changes().len(), 1);
                }
            }),
        ),
    ];
    for (name, time) in steps {
        print(name, time, by_hand);
    }
    let [json, yaml, lint, diff] = steps.map(|(_, time)| time);
    let total = json.max(yaml) + lint + diff;
    print("parse, lint and diff", total, by_hand);
    assert!(
        total < LIMIT,
        "the policies take {total:?}, and the limit is {LIMIT:?}"
    );
}

fn print(name: &str, time: Duration, by_hand: Duration) {
    let ratio = time.as_secs_f64() / by_hand.as_secs_f64();
    println!(
        "{name:<24} {:>8.1} ms {ratio:>8.1}",
        time.as_secs_f64() * 1e3
    );
}

fn fastest(mut run: impl FnMut()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn json() -> String {
    let policies = (0..POLICIES).map(|number| {
        format!(
            r#"    {{
      "name": "Policy {number}",
      "access_mode": "read_only",
      "table_allowlist": ["public.orders", "public.users", "billing.invoices"],
      "masking_rules": [{{"table": "public.users", "column": "email", "kind": "redact"}}],
      "row_filters": [{{"table": "public.orders", "predicate": "region = {number}"}}],
      "max_rows": 500,
      "budget_queries_per_hour": 100,
      "statement_timeout_ms": 5000
    }}"#
        )
    });
    let policies: Vec<_> = policies.collect();
    format!("{{\n  \"policies\": [\n{}\n  ]\n}}\n", policies.join(",\n"))
}

fn yaml() -> String {
    let policies = (0..POLICIES).map(|number| {
        format!(
            "  - name: Policy {number}
    access_mode: read_only
    table_allowlist: [public.orders, public.users, billing.invoices]
    masking_rules:
      - {{table: public.users, column: email, kind: redact}}
    row_filters:
      - table: public.orders
        predicate: region = {number}
    max_rows: 500
    budget_queries_per_hour: 100
    statement_timeout: 5s
"
        )
    });
    format!("policies:\n{}", policies.collect::<String>())
}

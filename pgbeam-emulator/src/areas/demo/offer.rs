//! The offer of the demo: its tiers, its dataset, its policy and the statements to try. All data is fictional.

use serde_json::{Value, json};

use crate::audit::entry::object;
use crate::contract::Contract;
use crate::store::Resource;

/// The path of the offer. A test or a seed can set an object with this path, whose fields replace those of the offer.
pub(super) const PATH: &str = "/v1/demo";
/// The factor between the limits of the tiers `free` and `extended`.
const EXTENDED_FACTOR: u64 = 10;
/// The maximum number of sessions that a client starts in an hour.
const MAX_SESSIONS_PER_HOUR: u64 = 1000;
/// More sessions than a client can start before the hourly limit: 503 needs a test or a seed that lowers this.
const MAX_LIVE_SESSIONS: u64 = 10 * MAX_SESSIONS_PER_HOUR;

/// Returns the default offer, with the schema `DemoInfo`. The caller sets the number of live sessions.
pub(super) fn offer(contract: &Contract) -> Resource {
    let mut info = contract.examples("DemoInfo");
    info.remove("unavailable_reason");
    info.remove("retry_after_seconds");
    info.extend(object(json!({
        "available": true,
        "tiers": tiers(contract),
        "dataset": dataset(),
        "walkthrough": walkthrough(),
        "max_live_sessions": MAX_LIVE_SESSIONS,
        "max_sessions_per_hour_per_client": MAX_SESSIONS_PER_HOUR,
        "upgrade": contract.examples("DemoUpgrade"),
    })));
    info
}

/// Returns the free tier from the examples of the contract, and the tier `extended`, which must be paid for.
fn tiers(contract: &Contract) -> [Resource; 2] {
    let mut free = contract.examples("DemoTier");
    let resource = free.remove("resource").unwrap_or_default();
    free.insert("purchasable".to_owned(), Value::Bool(false));
    let larger = |name: &str| {
        let value = free.get(name).and_then(Value::as_u64).unwrap_or_default();
        value.saturating_mul(EXTENDED_FACTOR)
    };
    let price = contract
        .examples("PaymentResource")
        .remove("amount_per_pack");
    let extended = object(json!({
        "name": "extended", "ttl_seconds": larger("ttl_seconds"), "query_budget": larger("query_budget"),
        "max_rows": larger("max_rows"), "price_usd_cents": price, "purchasable": true, "resource": resource,
    }));
    [free, extended]
}

fn dataset() -> Value {
    json!({
        "schema": "demo",
        "tables": [
            {
                "name": "demo.products", "reachable": true, "description": "Products of a shop, all invented.",
                "columns": [
                    {"name": "id", "type": "bigint", "treatment": "visible"},
                    {"name": "name", "type": "text", "treatment": "visible"},
                ],
            },
            {
                "name": "demo.customers", "reachable": true, "description": "Customers of a shop, all invented.",
                "columns": [
                    {"name": "id", "type": "bigint", "treatment": "visible"},
                    {"name": "name", "type": "text", "treatment": "visible"},
                    {"name": "email", "type": "text", "treatment": "redacted"},
                ],
            },
            {
                "name": "demo.salaries", "reachable": false, "description": "Salaries of the shop's employees, all invented.",
                "columns": [],
            },
        ],
    })
}

/// Returns the policy of the sessions of a tier, as a body of `createPolicyProfile`.
pub(super) fn policy(tier: &Resource) -> Value {
    json!({
        "name": "Demo",
        "access_mode": "read_only",
        "table_denylist": ["demo.salaries"],
        "masking_rules": [{"table": "demo.customers", "column": "email", "kind": "redact"}],
        "max_rows": tier.get("max_rows"),
    })
}

fn walkthrough() -> Value {
    json!([
        {
            "step": 1, "title": "Reads are allowed", "sql": "SELECT id, name FROM demo.products", "expect": "allow",
            "why": "The policy allows reads, and masks no column of `demo.products`.",
        },
        {
            "step": 2, "title": "Email addresses are masked", "sql": "SELECT name, email FROM demo.customers",
            "expect": "masked", "why": "The policy masks the column `email`.",
            "expect_columns": [
                {"name": "name", "type": "text", "treatment": "visible"},
                {"name": "email", "type": "text", "treatment": "redacted"},
            ],
        },
        {
            "step": 3, "title": "Salaries are blocked", "sql": "SELECT * FROM demo.salaries", "expect": "blocked",
            "expect_rule": "table_denied", "why": "The policy blocks the table `demo.salaries`.",
        },
        {
            "step": 4, "title": "Writes are blocked", "sql": "DELETE FROM demo.customers WHERE id = 1",
            "expect": "blocked", "expect_rule": "read_only", "why": "The policy allows only reads.",
        },
    ])
}

#[cfg(test)]
mod tests {
    use pgbeam_engine::{Engine, Policy};

    use super::*;

    #[test]
    fn the_policy_gives_the_expected_results() {
        let contract = Contract::built_in().expect("a contract");
        let policy = policy(&tiers(contract)[0]);
        let policy = Policy::from_value(&policy).expect("valid");
        for step in walkthrough().as_array().expect("steps") {
            let sql = step["sql"].as_str().expect("SQL");
            let evaluation = Engine::default().evaluate(&policy, sql);
            let evaluation = serde_json::to_value(evaluation).expect("JSON");
            let expected = match step["expect"].as_str() {
                Some("masked") => "mask",
                Some("blocked") => "block",
                _ => "allow",
            };
            assert_eq!(evaluation["verdict"], expected, "{sql}: {evaluation}");
            if let Some(rule) = step["expect_rule"].as_str() {
                assert_eq!(evaluation["rule"], rule, "{sql}");
            }
        }
    }
}

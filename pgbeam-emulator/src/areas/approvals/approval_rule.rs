//! Checks whether an approval rule covers a statement.

use pgbeam_engine::{RelationName, Statement};
use serde_json::Value;

use crate::store::Resource;

/// Returns `true` if the rule is enabled and the statement meets all its conditions. If the rule has a `schema_name`
/// and a `relation_name`, the same written table must match both.
///
/// Ignores `min_affected_rows`, because the number of affected rows is unknown. So the rule can cover too many
/// statements.
pub(crate) fn covers(rule: &Resource, statement: &Statement) -> bool {
    rule.get("enabled") == Some(&Value::Bool(true))
        && covers_kind(rule, statement)
        && covers_relation(rule, statement)
}

fn covers_kind(rule: &Resource, statement: &Statement) -> bool {
    let kinds = rule.get("statement_kinds").and_then(Value::as_array);
    let kinds = kinds.map(Vec::as_slice).unwrap_or_default();
    let mut statement_kinds = [statement.kind]
        .into_iter()
        .chain(statement.inner_kinds.iter().copied());
    kinds.is_empty() || statement_kinds.any(|kind| kinds.iter().any(|name| name == kind.as_str()))
}

fn covers_relation(rule: &Resource, statement: &Statement) -> bool {
    let name = |field: &str| {
        let name = rule.get(field).and_then(Value::as_str);
        name.map(str::to_lowercase)
    };
    let (schema, relation) = (name("schema_name"), name("relation_name"));
    let is_covered = |changed: &RelationName| {
        let changed_schema = changed.schema.as_deref().unwrap_or("public");
        schema.as_deref().is_none_or(|name| name == changed_schema)
            && relation.as_deref().is_none_or(|name| name == changed.name)
    };
    (schema.is_none() && relation.is_none()) || statement.writes.iter().any(is_covered)
}

#[cfg(test)]
mod tests {
    use pgbeam_engine::describe;
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_cover_statements_that_meet_all_conditions() {
        let orders = json!({"schema_name": "public", "relation_name": "Orders"});
        let updates = json!({"statement_kinds": ["update", "delete"], "relation_name": "orders"});
        // (the conditions of the rule, SQL, whether the rule covers it)
        let cases = [
            (json!({}), "INSERT INTO orders VALUES (1)", true),
            (
                json!({"enabled": false}),
                "INSERT INTO orders VALUES (1)",
                false,
            ),
            (
                json!({"min_affected_rows": 100}),
                "DELETE FROM orders WHERE id = 1",
                true,
            ),
            (json!({"statement_kinds": []}), "DROP TABLE orders", true),
            (
                json!({"statement_kinds": ["ddl"]}),
                "DROP TABLE orders",
                true,
            ),
            (
                json!({"statement_kinds": ["ddl"]}),
                "DELETE FROM orders WHERE id = 1",
                false,
            ),
            (
                json!({"statement_kinds": ["delete"]}),
                "WITH gone AS (DELETE FROM orders WHERE id = 1 RETURNING id) SELECT * FROM gone",
                true,
            ),
            (orders.clone(), "UPDATE orders SET a = 1 WHERE id = 1", true),
            (
                orders.clone(),
                "UPDATE PUBLIC.orders SET a = 1 WHERE id = 1",
                true,
            ),
            (
                orders.clone(),
                "UPDATE audit.orders SET a = 1 WHERE id = 1",
                false,
            ),
            (
                orders.clone(),
                "UPDATE users SET a = 1 FROM orders WHERE users.id = 1",
                false,
            ),
            (orders, "SELECT * FROM orders", false),
            (
                updates.clone(),
                "DELETE FROM audit.orders WHERE id = 1",
                true,
            ),
            (updates.clone(), "INSERT INTO orders VALUES (1)", false),
            (updates, "DELETE FROM users WHERE id = 1", false),
            (
                json!({"schema_name": null, "relation_name": null}),
                "SELECT 1",
                true,
            ),
        ];
        for (conditions, sql, expected) in cases {
            let mut rule = Resource::from_iter([("enabled".to_owned(), json!(true))]);
            rule.extend(conditions.as_object().expect("an object").clone());
            let statements = describe(sql).expect(sql);
            assert_eq!(
                covers(&rule, &statements[0]),
                expected,
                "{conditions} {sql}"
            );
        }
    }
}

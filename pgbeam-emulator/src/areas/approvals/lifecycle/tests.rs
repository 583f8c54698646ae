//! Tests of the lifecycle of approval requests.

use std::sync::Arc;

use super::*;
use crate::audit::entry::string;
use crate::audit::testing::assert_valid;
use crate::clock::SystemClock;
use crate::contract::Contract;
use crate::webhooks::delivery::Deliverer;

#[tokio::test]
async fn requests_appear_in_the_audit_log() {
    let mut store = Store::default();
    store
        .collection_mut("/v1/projects/prj_1/policies")
        .insert("pol_1".to_owned(), Resource::new());
    let activity = store.activity_mut("prj_1");
    activity.bind("agt_1", Some("pol_1".to_owned()));
    let mut context = Context {
        contract: Contract::built_in().expect("a contract"),
        store: &mut store,
        deliverer: &Deliverer::new(Arc::new(SystemClock::new())),
        now: DateTime::UNIX_EPOCH,
    };
    let body = json!({"credential_id": "agt_1", "sql": "DELETE FROM orders WHERE id = 7"});
    let body = object(body);
    let mut hold = || {
        let approval = hold(&mut context, "prj_1", &body).expect("bound");
        str_field(&object(approval), "id").to_owned()
    };
    let ids = [hold(), hold(), hold(), hold()];
    let decisions = [
        (&ids[0], "approved"),
        (&ids[1], "approved"),
        (&ids[2], "rejected"),
    ];
    for (id, status) in decisions {
        decide(&mut context, "prj_1", id, status, Some("why")).expect("pending");
    }
    for (id, status) in [(&ids[0], "executed"), (&ids[1], "failed")] {
        let body = object(json!({ "status": status }));
        finish(&mut context, "prj_1", id, &body).expect("approved");
    }
    context.now += TimeDelta::days(1);
    for _ in 0..2 {
        expire(&mut context, "prj_1");
    }

    let log = &context.store.activity("prj_1").expect("activity").audit;
    for entry in log.entries() {
        assert_valid("AuditLogEntry", entry.clone());
        assert_eq!(string(entry, "credential_id"), Some("agt_1"));
        assert_eq!(string(entry, "statement_kind"), Some("delete"));
    }
    let entries = log.entries().iter().skip(ids.len());
    let entries: Vec<_> = entries
        .map(|entry| ["event", "reason", "ts"].map(|name| string(entry, name)))
        .collect();
    let now = Some("1970-01-01T00:00:00.000000Z");
    let expected = [
        [Some("approved"), Some("why"), now],
        [Some("approved"), Some("why"), now],
        [Some("rejected"), Some("why"), now],
        [Some("query"), Some("why"), now],
        [
            Some("approval_expired"),
            None,
            Some("1970-01-01T00:05:00.000000Z"),
        ],
    ];
    assert_eq!(entries, expected);
}

#[test]
fn requests_expire_after_the_timeout_of_the_policy() {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    for (policy, seconds) in [
        (json!({}), 300),
        (json!({"approval_timeout_seconds": 0}), 0),
        (json!({"approval_timeout_seconds": 900}), 900),
        (json!({"approval_timeout_seconds": i64::MAX}), MAX_TIMEOUT),
    ] {
        let expiry = expiry(&object(policy.clone()), now);
        assert_eq!((expiry - now).num_seconds(), seconds, "{policy}");
    }
}

#[test]
fn statements_are_described_by_their_writes() {
    // (SQL, statement kind, target tables)
    let cases: [(&str, Option<&str>, &[&str]); 5] = [
        (
            "UPDATE orders SET a = 1 WHERE id = 2",
            Some("update"),
            &["public.orders"],
        ),
        ("SELECT * FROM users", Some("select"), &[]),
        (
            "SELECT 1; DELETE FROM app.b WHERE id = 1; INSERT INTO a SELECT * FROM c",
            Some("delete"),
            &["app.b", "public.a"],
        ),
        ("SELEC", None, &[]),
        (";", None, &[]),
    ];
    for (sql, kind, tables) in cases {
        let statements = describe(sql).unwrap_or_default();
        assert_eq!(statement_kind(&statements), kind, "{sql}");
        assert!(target_tables(&statements).iter().eq(tables), "{sql}");
    }
}

//! Tests that an apply keeps unknown fields and concurrent edits, with random profiles.

use std::collections::BTreeMap;

use pgbeam::policies::{NormalizedProfile, Policies, document::PolicySet};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
};
use serde_json::{Map, Value, json};

use crate::support::TestEnv;

const CASES: u32 = 24;

/// Generates known fields of a profile.
fn known_fields() -> impl Strategy<Value = Map<String, Value>> {
    let table = select(vec!["a", "public.b", "C"]);
    let mask = (table.clone(), select(vec!["redact", "hash"]))
        .prop_map(|(table, kind)| json!({"table": table, "column": "c", "kind": kind}));
    let fields = (
        select(vec!["read_only", "read_write"]),
        0..3_i64,
        vec(table, 0..3),
        vec(mask, 0..3),
        select(vec![
            json!({}),
            json!({"deny": ["ddl"]}),
            json!({"allow": ["select"]}),
        ]),
    );
    fields.prop_map(|(access_mode, max_rows, denylist, masks, rules)| {
        let profile = json!({
            "access_mode": access_mode, "max_rows": max_rows, "table_denylist": denylist,
            "masking_rules": masks, "statement_rules": rules,
        });
        profile.as_object().cloned().unwrap()
    })
}

/// Generates fields that this version of the crate does not know.
fn unknown_fields() -> impl Strategy<Value = Map<String, Value>> {
    let value = select(vec![
        json!(1),
        json!("x"),
        json!([true, null]),
        json!({"a": 1.5}),
    ]);
    btree_map("new_[a-c]", value, 0..3).prop_map(|fields| fields.into_iter().collect())
}

/// Generates a stored profile with known and unknown fields, sometimes also with unknown fields inside masks.
fn stored() -> impl Strategy<Value = Map<String, Value>> {
    (known_fields(), unknown_fields(), any::<bool>()).prop_map(
        |(mut profile, unknown, is_nested)| {
            if is_nested {
                for mask in profile["masking_rules"].as_array_mut().unwrap() {
                    mask["new_scope"] = json!("all");
                }
            }
            profile.extend(unknown);
            profile
        },
    )
}

fn named(name: &str, mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.insert("name".into(), name.into());
    fields
}

fn to_set(profiles: &BTreeMap<String, Map<String, Value>>) -> PolicySet {
    profiles
        .iter()
        .fold(PolicySet::new(), |set, (name, fields)| {
            set.profile(NormalizedProfile::from_json(named(name, fields.clone())))
        })
}

/// Edits the profiles like another client: adds three tables to the denylist of each, one after the other.
async fn edit_all(policies: Policies, ids: Vec<String>) {
    for round in 0..3 {
        for id in &ids {
            let table = format!("edited_{round}");
            // The plan may delete the profile at the same time.
            let edited = policies
                .edit(id)
                .deny_table(table)
                .field("edited_by", "hand")
                .await;
            assert!(edited.is_ok() || edited.is_err_and(|error| error.is_not_found()));
        }
    }
}

fn run(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    /// After an apply, the known fields have the desired values, and the unknown fields have the values from before.
    #[test]
    fn apply_keeps_unknown_fields(
        before in btree_map("[ab]", stored(), 1..3),
        desired in btree_map("[abc]", known_fields(), 1..3),
    ) {
        run(async move {
            let env = TestEnv::start().await;
            for (name, fields) in &before {
                env.store(Value::Object(named(name, fields.clone())));
            }
            let set = to_set(&desired);
            let report = env.converge(&set).await;
            assert!(report.is_complete(), "{}", report.to_text());
            assert!(env.policies.plan(&set).await.unwrap().is_empty());
            let after = env.stored();
            for (name, fields) in &before {
                for (field, value) in fields.iter().filter(|(field, _)| field.starts_with("new_")) {
                    assert_eq!(&after[name][field], value);
                }
                let masks = after[name]["masking_rules"].as_array().unwrap();
                let kept = fields["masking_rules"].as_array().unwrap();
                for mask in kept.iter().filter(|mask| mask.get("new_scope").is_some()) {
                    let is_same = |other: &&Value| {
                        ["table", "column", "kind"].iter().all(|field| other[field] == mask[field])
                    };
                    assert!(masks.iter().filter(is_same).all(|other| other.get("new_scope").is_some()));
                }
            }
        });
    }

    /// Another client edits the profiles while a plan is applied. The apply overwrites none of these edits, because the
    /// plan was made before the edits. Only a plan that was made after the edits may undo them.
    #[test]
    fn concurrent_edits_are_not_lost(
        before in btree_map("[ab]", stored(), 1..3),
        desired in btree_map("[ab]", known_fields(), 1..3),
    ) {
        run(async move {
            let env = TestEnv::start().await;
            let ids: Vec<_> = before.iter()
                .map(|(name, fields)| env.store(Value::Object(named(name, fields.clone()))))
                .collect();
            let set = to_set(&desired);
            // The plan is made before the edits, so the apply must overwrite none of the edits.
            let plan = env.policies.plan(&set).await.unwrap();
            let edits = tokio::spawn(edit_all(env.policies.clone(), ids));
            let report = env.policies.apply(&plan).await.unwrap();
            edits.await.unwrap();
            let after = env.stored();
            for name in before.keys() {
                let denied = after[name]["table_denylist"].as_array().unwrap();
                for round in 0..3 {
                    assert!(denied.contains(&format!("edited_{round}").into()), "{name}: {}", report.to_text());
                }
                assert_eq!(after[name]["edited_by"], "hand");
            }
            // A new plan converges and keeps the unknown field.
            let report = env.converge(&set).await;
            assert!(report.is_complete(), "{}", report.to_text());
            assert!(env.policies.plan(&set).await.unwrap().is_empty());
            for name in before.keys() {
                assert_eq!(env.stored()[name]["edited_by"], "hand");
            }
        });
    }
}

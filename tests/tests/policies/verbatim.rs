//! What the safe partial update must not touch, byte for byte.

use std::collections::BTreeMap;

use pgbeam_tests::raw::{RawServer, answer};
use serde_json::value::RawValue;

use crate::support::policies;

type Members = BTreeMap<String, Box<RawValue>>;

/// A stored profile that no JSON library would write, and that no type of this SDK could hold.
const STORED: &str = r#"{
  "id": "pol_1", "project_id": "prj_1", "name": "caf\u00e9 \"\ud83d\ude00\" \/",
  "access_mode": "turbo",
  "statement_rules": { "allow" : [ "select" ],  "deny":["ddl"] , "ratio":1.50 },
  "table_allowlist": [ "public.orders" ,"public.users"],
  "table_denylist": [],
  "masking_rules": [ {"kind":"tokenise","table":"t","column":"c","salt":0.50e0} ],
  "query_mode": "sql",
  "max_rows": 1,
  "huge": 123456789012345678901234567890,
  "precise": 0.10000000000000000000000000000000000001,
  "money": 1.50, "exponent": 1E400, "negative_zero": -0.0,
  "escaped": "\u00e9\u0000\u2028",
  "nothing": null,
  "nested": { "a" : [ 1 , { "b" :	null } ] ,
     "c": { } },
  "empty": {  },
  "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00.5Z"
}"#;

/// As the server would answer a write.
const WRITTEN: &str = r#"{"id":"pol_1","project_id":"prj_1","name":"x","access_mode":"turbo",
    "table_allowlist":[],"table_denylist":[],"masking_rules":[],"query_mode":"sql","max_rows":10,
    "created_at":"2026-01-31T12:00:00Z","updated_at":"2026-01-31T12:00:01Z"}"#;

fn members(json: &str) -> Members {
    serde_json::from_str(json).unwrap()
}

async fn server() -> RawServer {
    RawServer::start(|request| match request.method.as_str() {
        "GET" => answer("200 OK", &["ETag: \"v/1;a=b\""], STORED),
        _ => answer("200 OK", &[], WRITTEN),
    })
    .await
}

/// The members of the one PUT that was sent, and its text.
fn put(server: &RawServer) -> (Members, String) {
    assert_eq!(server.methods(), ["GET", "PUT"]);
    let put = server.requests().remove(1);
    assert_eq!(put.header("if-match"), Some("\"v/1;a=b\""));
    assert_eq!(put.header("content-type"), Some("application/json"));
    (members(&put.body), put.body)
}

/// What has to come back: everything but what the server owns.
fn untouched() -> Members {
    let mut want = members(STORED);
    for owned in ["id", "project_id", "created_at", "updated_at"] {
        want.remove(owned).unwrap();
    }
    want
}

fn texts(members: &Members) -> BTreeMap<&str, &str> {
    members
        .iter()
        .map(|(name, value)| (name.as_str(), value.get()))
        .collect()
}

#[tokio::test]
async fn every_other_member_goes_back_as_it_came() {
    let server = server().await;
    policies(&server.url())
        .edit("pol_1")
        .max_rows(10)
        .await
        .unwrap();
    let (sent, body) = put(&server);
    let mut want = untouched();
    want.insert(
        "max_rows".to_owned(),
        RawValue::from_string("10".to_owned()).unwrap(),
    );
    assert_eq!(texts(&sent), texts(&want));
    // Read as text too, so that nothing rests on how JSON is read.
    for verbatim in [
        r#""huge":123456789012345678901234567890"#,
        r#""precise":0.10000000000000000000000000000000000001"#,
        r#""money":1.50"#,
        r#""exponent":1E400"#,
        r#""negative_zero":-0.0"#,
        r#""escaped":"\u00e9\u0000\u2028""#,
        r#""nothing":null"#,
        "\"nested\":{ \"a\" : [ 1 , { \"b\" :\tnull } ] ,\n     \"c\": { } }",
        r#""empty":{  }"#,
        r#""name":"caf\u00e9 \"\ud83d\ude00\" \/""#,
        r#"{"kind":"tokenise","table":"t","column":"c","salt":0.50e0}"#,
    ] {
        assert!(body.contains(verbatim), "{verbatim} is not in {body}");
    }
}

#[tokio::test]
async fn a_change_inside_an_object_leaves_its_other_members_as_they_came() {
    let server = server().await;
    policies(&server.url())
        .edit("pol_1")
        .deny_statements(["copy"])
        .await
        .unwrap();
    let (mut sent, _) = put(&server);
    let rules = members(sent.remove("statement_rules").unwrap().get());
    assert_eq!(
        texts(&rules),
        [
            ("allow", r#"[ "select" ]"#),
            ("deny", r#"["copy"]"#),
            ("ratio", "1.50")
        ]
        .into()
    );
    let mut want = untouched();
    want.remove("statement_rules");
    assert_eq!(texts(&sent), texts(&want));
}

#[tokio::test]
async fn a_reset_leaves_out_its_member_alone() {
    let server = server().await;
    let edit = policies(&server.url())
        .edit("pol_1")
        .clear_masking_rules()
        .reset("huge");
    edit.clear_query_mode().await.unwrap();
    let (sent, body) = put(&server);
    let mut want = untouched();
    want.remove("masking_rules");
    want.remove("huge");
    assert_eq!(texts(&sent), texts(&want));
    assert!(body.contains(r#""query_mode":"sql""#));
}

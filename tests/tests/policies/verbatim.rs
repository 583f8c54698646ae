//! Tests that an edit sends unchanged fields back byte for byte.

use std::collections::BTreeMap;

use pgbeam_tests::raw::{RawServer, response};
use serde_json::value::RawValue;

use crate::support::policies;

type RawFields = BTreeMap<String, Box<RawValue>>;

/// A stored profile with values and formatting that a JSON library would not reproduce.
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

/// The response to the PUT.
const WRITTEN: &str = r#"{"id":"pol_1","project_id":"prj_1","name":"x","access_mode":"turbo",
    "table_allowlist":[],"table_denylist":[],"masking_rules":[],"query_mode":"sql","max_rows":10,
    "created_at":"2026-01-31T12:00:00Z","updated_at":"2026-01-31T12:00:01Z"}"#;

fn parse_fields(json: &str) -> RawFields {
    serde_json::from_str(json).unwrap()
}

async fn server() -> RawServer {
    RawServer::start(|request| match request.method.as_str() {
        "GET" => response("200 OK", &["ETag: \"v/1;a=b\""], STORED),
        _ => response("200 OK", &[], WRITTEN),
    })
    .await
}

/// Returns the fields of the only PUT, and its whole body.
fn sent_put(server: &RawServer) -> (RawFields, String) {
    assert_eq!(server.methods(), ["GET", "PUT"]);
    let put = server.requests().remove(1);
    assert_eq!(put.header("if-match"), Some("\"v/1;a=b\""));
    assert_eq!(put.header("content-type"), Some("application/json"));
    (parse_fields(&put.body), put.body)
}

/// Returns the fields that an edit has to send: all except server-owned fields.
fn expected_fields() -> RawFields {
    let mut expected = parse_fields(STORED);
    for owned in ["id", "project_id", "created_at", "updated_at"] {
        expected.remove(owned).unwrap();
    }
    expected
}

fn raw_values(fields: &RawFields) -> BTreeMap<&str, &str> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.get()))
        .collect()
}

#[tokio::test]
async fn sends_unchanged_fields_back_byte_for_byte() {
    let server = server().await;
    policies(&server.url())
        .edit("pol_1")
        .max_rows(10)
        .await
        .unwrap();
    let (sent, body) = sent_put(&server);
    let mut expected = expected_fields();
    expected.insert(
        "max_rows".to_owned(),
        RawValue::from_string("10".to_owned()).unwrap(),
    );
    assert_eq!(raw_values(&sent), raw_values(&expected));
    // This compares strings, too, so that it does not depend on JSON parsing.
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
async fn change_inside_an_object_keeps_its_other_fields() {
    let server = server().await;
    policies(&server.url())
        .edit("pol_1")
        .deny_statements(["copy"])
        .await
        .unwrap();
    let (mut sent, _) = sent_put(&server);
    let rules = parse_fields(sent.remove("statement_rules").unwrap().get());
    assert_eq!(
        raw_values(&rules),
        [
            ("allow", r#"[ "select" ]"#),
            ("deny", r#"["copy"]"#),
            ("ratio", "1.50")
        ]
        .into()
    );
    let mut expected = expected_fields();
    expected.remove("statement_rules");
    assert_eq!(raw_values(&sent), raw_values(&expected));
}

#[tokio::test]
async fn clear_omits_only_its_field() {
    let server = server().await;
    let edit = policies(&server.url())
        .edit("pol_1")
        .clear_masking_rules()
        .clear("huge");
    edit.clear_query_mode().await.unwrap();
    let (sent, body) = sent_put(&server);
    let mut expected = expected_fields();
    expected.remove("masking_rules");
    expected.remove("huge");
    assert_eq!(raw_values(&sent), raw_values(&expected));
    assert!(body.contains(r#""query_mode":"sql""#));
}

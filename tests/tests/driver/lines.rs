//! Tests of the parsing of lines, and of the order of replies.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{TestEnv, run};

fn ids(replies: &[Value]) -> Vec<Value> {
    replies.iter().map(|reply| reply["id"].clone()).collect()
}

#[test]
fn replies_to_an_invalid_line_and_reads_the_next() {
    let mut input = Vec::new();
    for line in [
        &br#"{"id":1}"#[..],
        b"nonsense",
        b"{\"id\":2,",
        b"{\"id\":\"\xff\"}",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"7",
        b"\"text\"",
        br#"{"id":3} {"id":4}"#,
        br#"{"id":5}"#,
    ] {
        input.extend(line);
        input.push(b'\n');
    }
    let replies = run(input);
    let mut expected = vec![Value::Null; 11];
    (expected[0], expected[10]) = (json!(1), json!(5));
    assert_eq!(ids(&replies), expected);
    for reply in replies {
        assert_eq!(
            (&reply["ok"], &reply["error"]["kind"]),
            (&json!(false), &json!("command"))
        );
        assert!(
            reply["error"]["message"].as_str().unwrap().len() > 10,
            "{reply}"
        );
    }
}

#[test]
fn ignores_blank_lines_and_accepts_a_last_line_without_newline() {
    let replies = run("\n  \n\t\r\n{\"id\":1}\r\n\n  {\"id\":2}  \n\n{\"id\":3}");
    assert_eq!(ids(&replies), [1, 2, 3]);
    assert!(run("").is_empty());
    assert!(run("\n\n").is_empty());
}

#[test]
fn reply_contains_the_id_unchanged() {
    for id in [
        r#""text""#,
        "null",
        "true",
        "-1.50",
        "123456789012345678901234567890",
        r#"{"b":[1, 2.0],"a":{}}"#,
        r#""\u00e9\n""#,
    ] {
        let mut driver = Command::new(env!("CARGO_BIN_EXE_driver"));
        let driver = driver
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = driver.stdin.as_ref().unwrap();
        writeln!(stdin, r#"{{"op": 1, "id":{id}}}"#).unwrap();
        let output = driver.wait_with_output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        assert!(
            line.starts_with(&format!(r#"{{"id":{id},"ok":false"#)),
            "{line}"
        );
    }
    let absent = run("{}\n");
    assert_eq!(ids(&absent), [Value::Null]);
    assert!(absent[0].as_object().unwrap().contains_key("id"));
}

#[test]
fn accepts_lines_of_any_length() {
    let long = "x".repeat(20_000_000);
    let deep = format!(
        r#"{{"id":2,"x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let replies = run(format!(
        "{{\"id\":1,\"x\":\"{long}\"}}\n{deep}\n{{\"id\":\"{long}\"}}\n"
    ));
    assert_eq!(ids(&replies)[..2], [1, 2]);
    assert_eq!(replies[2]["id"], long);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_to_each_command_before_it_reads_the_next() {
    let mut env = TestEnv::start().await;
    // The reply arrives although no second command was sent.
    let body = json!({"body": {"name": "a"}});
    let created = env.call("createPolicyProfile", json!({}), body);
    let id = &created["body"]["id"];
    let read = env.call("getPolicyProfile", json!({"policy_id": id}), json!({}));
    assert_eq!(read["body"]["name"], "a");
    // Commands that are sent together run one after the other.
    for n in 0..20 {
        let body = json!({"id": n, "body": {"name": format!("name {n}")}});
        let command = env.command("updatePolicyProfile", json!({"policy_id": id}), body);
        env.driver.send(&command.to_string());
    }
    for n in 0..20 {
        let reply = env.driver.read_reply();
        assert_eq!(reply["id"], n);
        assert_eq!(reply["body"]["name"], format!("name {n}"));
    }
}

#[test]
fn exits_quietly_when_its_output_is_closed() {
    let mut driver = Command::new(env!("CARGO_BIN_EXE_driver"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(driver.stdout.take());
    let mut stdin = driver.stdin.take().unwrap();
    // Standard input stays open, so only the failed write can end the driver.
    writeln!(stdin, "{{}}").unwrap();
    let status = driver.wait().unwrap();
    let mut stderr = String::new();
    driver
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(status.success() && stderr.is_empty(), "{status}: {stderr}");
}

//! What a line is, and in what order lines are answered.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Bench, run};

fn ids(answers: &[Value]) -> Vec<Value> {
    answers.iter().map(|answer| answer["id"].clone()).collect()
}

#[test]
fn a_line_that_cannot_be_read_is_answered_and_the_next_is_read() {
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
    let answers = run(input);
    let null = Value::Null;
    let mut want = vec![null; 11];
    (want[0], want[10]) = (json!(1), json!(5));
    assert_eq!(ids(&answers), want);
    for answer in answers {
        assert_eq!(
            (&answer["ok"], &answer["error"]["kind"]),
            (&json!(false), &json!("command"))
        );
        assert!(
            answer["error"]["message"].as_str().unwrap().len() > 10,
            "{answer}"
        );
    }
}

#[test]
fn blank_lines_are_passed_over_and_the_last_line_needs_no_end() {
    let answers = run("\n  \n\t\r\n{\"id\":1}\r\n\n  {\"id\":2}  \n\n{\"id\":3}");
    assert_eq!(ids(&answers), [1, 2, 3]);
    assert!(run("").is_empty());
    assert!(run("\n\n").is_empty());
}

#[test]
fn an_id_comes_back_as_it_was_given() {
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
fn a_line_may_be_of_any_length() {
    let long = "x".repeat(20_000_000);
    let deep = format!(
        r#"{{"id":2,"x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let answers = run(format!(
        "{{\"id\":1,\"x\":\"{long}\"}}\n{deep}\n{{\"id\":\"{long}\"}}\n"
    ));
    assert_eq!(ids(&answers)[..2], [1, 2]);
    assert_eq!(answers[2]["id"], long);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_is_answered_before_the_next_is_read() {
    let mut bench = Bench::start().await;
    // A second command would wait in the pipe; this one has its answer without it.
    let body = json!({"body": {"name": "a"}});
    let created = bench.call("createPolicyProfile", json!({}), body);
    let id = &created["body"]["id"];
    let read = bench.call("getPolicyProfile", json!({"policy_id": id}), json!({}));
    assert_eq!(read["body"]["name"], "a");
    // All at once, and still one after the other.
    for n in 0..20 {
        let body = json!({"id": n, "body": {"name": format!("name {n}")}});
        let command = bench.command("updatePolicyProfile", json!({"policy_id": id}), body);
        bench.driver.send(&command.to_string());
    }
    for n in 0..20 {
        let answer = bench.driver.hear();
        assert_eq!(answer["id"], n);
        assert_eq!(answer["body"]["name"], format!("name {n}"));
    }
}

#[test]
fn it_ends_quietly_when_nobody_reads_its_answers() {
    let mut driver = Command::new(env!("CARGO_BIN_EXE_driver"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(driver.stdout.take());
    let mut stdin = driver.stdin.take().unwrap();
    // Standard input stays open: it is the first answer that ends it.
    writeln!(stdin, "{{}}").unwrap();
    let status = driver.wait().unwrap();
    let mut said = String::new();
    driver
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(status.success() && said.is_empty(), "{status}: {said}");
}

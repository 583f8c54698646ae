//! Tests of the binary: its output and its exit status.
#![cfg(feature = "cli")]

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

fn start(listen: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pgbeam-emulator"))
        .args(["--listen", listen])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts")
}

#[tokio::test]
async fn prints_its_address_and_exits_on_ctrl_c() {
    let mut child = start("127.0.0.1:0");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut line = async || lines.next_line().await.expect("readable").expect("a line");
    let first = line().await;
    let url = first
        .strip_prefix("listening on ")
        .expect("the address")
        .to_owned();
    assert_eq!(line().await, format!("export PGBEAM_API_URL={url}"));
    assert_eq!(line().await, "export PGBEAM_API_KEY=pbk_emulator");
    let policies = format!("{url}/v1/projects/prj_1/policies");
    let response = reqwest::Client::new()
        .get(policies)
        .bearer_auth("pbk_emulator")
        .send()
        .await;
    assert_eq!(response.expect("a response").status(), 200);

    // A port in use is a failure with a one-line message.
    let second = start(url.trim_start_matches("http://"));
    let output = second.wait_with_output().await.expect("it exits");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.starts_with("error: cannot listen on 127.0.0.1:"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");

    #[cfg(unix)]
    {
        let id = child.id().expect("it runs").to_string();
        let sent = Command::new("kill")
            .args(["-INT", &id])
            .status()
            .await
            .expect("kill");
        assert!(sent.success());
        let status = child.wait().await.expect("it exits");
        assert_eq!(status.code(), Some(0), "Ctrl-C exits with status 0");
    }
}

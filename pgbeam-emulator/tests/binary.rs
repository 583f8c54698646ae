//! The binary: what it prints, and how it ends.
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
async fn it_says_where_it_listens_and_how_to_use_it() {
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
    let answer = reqwest::Client::new()
        .get(policies)
        .bearer_auth("pbk_emulator")
        .send()
        .await;
    assert_eq!(answer.expect("an answer").status(), 200);

    // A port that is taken is one line, and a failure.
    let taken = start(url.trim_start_matches("http://"));
    let output = taken.wait_with_output().await.expect("it ends");
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
        let status = child.wait().await.expect("it ends");
        assert_eq!(status.code(), Some(0), "Ctrl-C is a clean exit");
    }
}

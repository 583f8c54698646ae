//! Tests of the binary: its options, its output and its exit status.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A running binary.
struct Binary {
    child: Child,
    url: String,
    /// The lines of stdout after the address.
    variables: [String; 2],
}

fn spawn(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pgbeam-emulator"))
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts")
}

async fn start(arguments: &[&str]) -> Binary {
    let mut child = spawn(arguments);
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut line = async || lines.next_line().await.expect("readable").expect("a line");
    let first = line().await;
    let url = first.strip_prefix("listening on ").expect("the address");
    Binary {
        url: url.to_owned(),
        variables: [line().await, line().await],
        child,
    }
}

impl Binary {
    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.url);
        let request = reqwest::Client::new().get(url).bearer_auth("pbk_emulator");
        request.send().await.expect("a response")
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    /// Sends a signal. Returns the exit status and stderr.
    #[cfg(unix)]
    async fn signal(self, name: &str) -> (Option<i32>, String) {
        let id = self.child.id().expect("it runs").to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args([name, &id]).status().await.expect("kill");
        assert!(sent.success());
        let output = self.child.wait_with_output().await.expect("it exits");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), errors)
    }
}

/// Runs the binary until it fails. Returns its message.
async fn failure(arguments: &[&str]) -> String {
    let output = spawn(arguments).wait_with_output().await.expect("it exits");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(message.lines().count(), 1, "{message}");
    message.trim_end().to_owned()
}

fn write(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).expect("written");
    path_string(&path)
}

fn path_string(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

#[tokio::test]
async fn prints_its_address_and_rejects_a_port_in_use() {
    let binary = start(&[]).await;
    assert_eq!(
        binary.variables,
        [
            format!("export PGBEAM_API_URL={}", binary.url),
            "export PGBEAM_API_KEY=pbk_emulator".to_owned(),
        ]
    );
    let list = binary.get("/v1/projects/prj_1/policies").await;
    assert_eq!(list.status(), 200);

    let address = binary.url.trim_start_matches("http://");
    let output = Command::new(env!("CARGO_BIN_EXE_pgbeam-emulator"))
        .args(["--listen", address])
        .output()
        .await
        .expect("it exits");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    let expected = format!("error: cannot listen on {address}: ");
    assert!(message.starts_with(&expected), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_stops_the_binary_while_requests_are_open() {
    for signal in ["-INT", "-TERM"] {
        let binary = start(&[]).await;
        let fault = json!({"kind": "pass_through", "delay_ms": 3_600_000});
        let faults = format!("{}/_emulator/faults", binary.url);
        let http = reqwest::Client::new();
        let added = http.post(faults).json(&fault).send().await;
        assert_eq!(added.expect("a response").status(), 201);
        let address = binary.url.trim_start_matches("http://");
        let mut idle = TcpStream::connect(address).await.expect("a connection");
        let mut slow = TcpStream::connect(address).await.expect("a connection");
        let request = b"GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n";
        slow.write_all(request).await.expect("sent");
        while binary.json("/_emulator/requests").await["requests"] == json!([]) {}
        assert_eq!(
            binary.signal(signal).await,
            (Some(0), String::new()),
            "{signal}"
        );
        for stream in [&mut idle, &mut slow] {
            let closed = stream.read(&mut [0]).await;
            assert!(closed.is_err() || closed.is_ok_and(|count| count == 0));
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn log_prints_one_line_for_each_request() {
    let binary = start(&["--log"]).await;
    binary.get("/v1/projects/prj_1/policies?page_size=1").await;
    binary.get("/nowhere").await;
    binary.get("/_emulator/health").await;
    let (status, log) = binary.signal("-TERM").await;
    assert_eq!(status, Some(0));
    let lines: Vec<&str> = log.lines().collect();
    for (line, start) in lines.iter().zip([
        "GET /v1/projects/prj_1/policies 200 listPolicyProfiles ",
        "GET /nowhere 404 - ",
        "GET /_emulator/health 200 - ",
    ]) {
        let duration = line.strip_prefix(start).expect(line);
        let milliseconds = duration.strip_suffix(" ms").expect(line);
        assert!(milliseconds.parse::<f64>().is_ok(), "{line}");
    }
    assert_eq!(lines.len(), 3, "{log}");
}

#[tokio::test]
async fn seeds_are_read_from_files_and_folders() {
    let folder = TempDir::new().expect("a folder");
    let yaml = "# A comment\nprojects:\n  - id: prj_1\n    name: Shop\n    policies:\n      \
                - {id: pol_1, name: Read-only, max_rows: 10}\n";
    write(&folder, "10-shop.yaml", yaml);
    let json = r#"{"projects": [{"id": "prj_1", "agents": [
        {"id": "agt_1", "name": "a", "policy_profile_id": "pol_1"}]}]}"#;
    write(&folder, "20-agents.json", json);
    write(&folder, "notes.txt", "not a seed");
    let other = TempDir::new().expect("a folder");
    let other = write(&other, "other.yml", "projects: [{id: prj_2}]");
    let folder = path_string(folder.path());
    let binary = start(&["--seed", &folder, "--seed", &other, "--strict"]).await;
    let agent = binary.json("/v1/projects/prj_1/agents/agt_1").await;
    assert_eq!(agent["policy_profile_id"], "pol_1");
    let policy = binary.json("/v1/projects/prj_1/policies/pol_1").await;
    assert_eq!(policy["max_rows"], 10);
    assert_eq!(binary.json("/v1/projects/prj_2").await["name"], "prj_2");
    assert_eq!(binary.get("/v1/projects/prj_3").await.status(), 404);
    assert_eq!(binary.json("/_emulator/health").await["strict"], true);
}

#[tokio::test]
async fn an_invalid_seed_is_one_message_with_file_and_place() {
    let folder = TempDir::new().expect("a folder");
    for (name, content, message) in [
        (
            "a.json",
            "{\"projects\": ]",
            " is malformed: expected value at line 1 column 14",
        ),
        ("b.yaml", "projects:\n  - id: [\n", " is malformed: "),
        ("c.yaml", "projects: []\nprojects: []\n", " is malformed: "),
        (
            "d.txt",
            "",
            " has no known format: its name must end in .json, .yaml or .yml",
        ),
        (
            "e.yml",
            "projects: [{policies: [{name: p, max_rows: x}]}]",
            ": projects[0].policies[0].max_rows must be an integer",
        ),
        ("f.json", "[]", ": the seed must be an object"),
    ] {
        let path = write(&folder, name, content);
        let actual = failure(&["--seed", &path]).await;
        let expected = format!("error: {path}{message}");
        assert!(actual.starts_with(&expected), "{actual}\n{expected}");
    }
    let missing = path_string(&folder.path().join("missing.json"));
    let actual = failure(&["--seed", &missing]).await;
    let expected = format!("error: cannot read {missing}: ");
    assert!(actual.starts_with(&expected), "{actual}");
    let empty = TempDir::new().expect("a folder");
    let empty = path_string(empty.path());
    assert_eq!(
        failure(&["--seed", &empty]).await,
        format!("error: {empty} has no .json, .yaml or .yml file")
    );
}

#[tokio::test]
async fn no_admin_disables_the_admin_routes() {
    let binary = start(&["--no-admin"]).await;
    assert_eq!(binary.get("/_emulator/health").await.status(), 404);
    assert_eq!(binary.get("/v1/health").await.status(), 200);
}

#[tokio::test]
async fn keeps_the_latest_1000_requests() {
    let binary = start(&[]).await;
    let address = binary.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let requests = "GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_200);
    let last = "GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let (mut reader, mut writer) = stream.split();
    let send = async {
        writer.write_all(requests.as_bytes()).await?;
        writer.write_all(last.as_bytes()).await
    };
    let mut responses = Vec::new();
    let (sent, read) = tokio::join!(send, reader.read_to_end(&mut responses));
    sent.expect("sent");
    read.expect("read");
    let received = binary.json("/_emulator/requests").await;
    let received = received["requests"].as_array().expect("a list");
    assert_eq!(received.len(), 1_000);
    assert_eq!(received[999]["path"], "/last");
}

#[cfg(unix)]
#[tokio::test]
async fn serves_10_000_connections() {
    // This process and the emulator need a file descriptor for each connection.
    let limit = rlimit::increase_nofile_limit(u64::MAX).expect("a limit");
    let count = limit.saturating_sub(1_000).min(10_000);
    let binary = start(&[]).await;
    let address = binary.url.trim_start_matches("http://");
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(TcpStream::connect(address).await.expect("a connection"));
    }
    for stream in streams.iter_mut().step_by(100) {
        let request = b"GET /v1/health HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.expect("sent");
    }
    for stream in streams.iter_mut().step_by(100) {
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("a response");
        assert_eq!(&start, b"HTTP/1.1 200");
    }
}

//! Shared helpers: the driver process, an emulator, and the HTTP server of the `operations` suite.

#[path = "../../operations/support/server.rs"]
#[allow(dead_code, reason = "the operations suite uses the rest")]
pub mod server;

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use pgbeam_emulator::Emulator;
use serde_json::{Value, json};

/// The API key in the options that [`client`] and [`client_without_retries`] return.
pub const KEY: &str = "pbk_of_the_driver";

/// A driver process.
pub struct Driver {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Driver {
    pub fn start() -> Self {
        Self::start_with_env(&[])
    }

    /// Starts the driver with these environment variables, in addition to those of the test.
    pub fn start_with_env(variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_driver"))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            stdin,
            stdout,
        }
    }

    /// Writes one line to the standard input of the driver.
    pub fn send(&mut self, line: &str) {
        let mut stdin = self.stdin.as_ref().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Waits for the next reply and returns it.
    pub fn read_reply(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "incomplete line: {line:?}");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Returns a reader of the standard output of the driver.
    pub fn stdout(&mut self) -> &mut BufReader<ChildStdout> {
        &mut self.stdout
    }

    /// Sends a command and returns its reply.
    pub fn execute(&mut self, command: &Value) -> Value {
        self.send(&command.to_string());
        self.read_reply()
    }

    /// Sends a command, asserts that it succeeds, and returns its reply.
    #[track_caller]
    pub fn execute_ok(&mut self, command: &Value) -> Value {
        let reply = self.execute(command);
        assert_eq!(reply["ok"], true, "{command}: {reply}");
        reply
    }

    /// Sends a command, asserts that it fails, and returns its error.
    #[track_caller]
    pub fn execute_err(&mut self, command: &Value) -> Value {
        let reply = self.execute(command);
        assert_eq!(reply["ok"], false, "{command}: {reply}");
        reply["error"].clone()
    }
}

impl Drop for Driver {
    /// Closes standard input and asserts that the driver exits successfully.
    fn drop(&mut self) {
        drop(self.stdin.take());
        let status = self.child.wait().unwrap();
        if !std::thread::panicking() {
            assert!(status.success(), "{status}");
        }
    }
}

/// Runs a driver with this standard input until it exits, and returns all replies.
pub fn run(input: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut driver = Driver::start();
    let mut stdin = driver.stdin.take().unwrap();
    let input = input.into();
    // A separate thread writes: if one thread wrote and then read, both pipes could fill up and block it.
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let mut output = String::new();
    driver.stdout.read_to_string(&mut output).unwrap();
    writer.join().unwrap();
    output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the options of a client without backoff.
pub fn client(url: &str) -> Value {
    json!({"base_url": url, "token": KEY, "initial_delay_ms": 0})
}

/// Returns the options of a client without retries.
pub fn client_without_retries(url: &str) -> Value {
    json!({"base_url": url, "token": KEY, "max_retries": 0})
}

/// Returns a command with these fields and client options.
pub fn command(client: &Value, fields: Value) -> Value {
    let mut command = fields;
    command["client"] = client.clone();
    command
}

/// An emulator, a driver, and the client options for the emulator.
pub struct TestEnv {
    pub emulator: Emulator,
    pub driver: Driver,
    pub client: Value,
}

impl TestEnv {
    pub async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let client = client(&emulator.base_url());
        Self {
            emulator,
            driver: Driver::start(),
            client,
        }
    }

    /// Sends the command that [`command`](Self::command) returns, and returns the reply.
    pub fn call(&mut self, op: &str, path: Value, fields: Value) -> Value {
        let command = self.command(op, path, fields);
        self.driver.execute(&command)
    }

    /// Returns a command for an operation in the project `prj_1`: `path` has its other path parameters, and
    /// `fields` the other fields of the command.
    pub fn command(&self, op: &str, path: Value, fields: Value) -> Value {
        let mut path = path;
        path["project_id"] = json!("prj_1");
        let mut command = command(&self.client, json!({"op": op, "path": path}));
        for (name, value) in fields.as_object().unwrap() {
            command[name] = value.clone();
        }
        command
    }

    /// Stores a profile in the emulator and returns its identifier.
    pub fn store_policy(&self, body: Value) -> Value {
        self.emulator.project("prj_1").create_policy(body).unwrap()["id"].clone()
    }

    /// Stores a query template in the emulator and returns its identifier.
    pub fn store_template(&self, body: Value) -> Value {
        self.emulator
            .project("prj_1")
            .create_query_template(body)
            .unwrap()["id"]
            .clone()
    }
}

//! What the suites share: the driver as a process, the emulator beside it, and the server of another
//! suite.

#[path = "../../operations/support/server.rs"]
#[allow(dead_code, reason = "the suite that it is from uses other parts of it")]
pub mod server;

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use pgbeam_emulator::Emulator;
use serde_json::{Value, json};

/// The API key of all commands.
pub const KEY: &str = "pbk_of_the_driver";

/// The driver, to be given a command and asked for its answer.
pub struct Driver {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Driver {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it with these variables in its environment.
    pub fn start_with(variables: &[(&str, &str)]) -> Self {
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

    /// Sends a line as it is.
    pub fn send(&mut self, line: &str) {
        let mut stdin = self.stdin.as_ref().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The next line that it answers.
    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "no whole line: {line:?}");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// What it writes, to be read as it is.
    pub fn stdout(&mut self) -> &mut BufReader<ChildStdout> {
        &mut self.stdout
    }

    /// Sends a command and waits for its answer.
    pub fn ask(&mut self, command: &Value) -> Value {
        self.send(&command.to_string());
        self.hear()
    }

    /// Sends a command that goes well, and gives its answer.
    #[track_caller]
    pub fn done(&mut self, command: &Value) -> Value {
        let answer = self.ask(command);
        assert_eq!(answer["ok"], true, "{command}: {answer}");
        answer
    }

    /// Sends a command that fails, and gives its error.
    #[track_caller]
    pub fn failed(&mut self, command: &Value) -> Value {
        let answer = self.ask(command);
        assert_eq!(answer["ok"], false, "{command}: {answer}");
        answer["error"].clone()
    }
}

impl Drop for Driver {
    /// It ends with standard input, and well.
    fn drop(&mut self) {
        drop(self.stdin.take());
        let status = self.child.wait().unwrap();
        if !std::thread::panicking() {
            assert!(status.success(), "{status}");
        }
    }
}

/// Gives the driver all of this, and what it writes until it ends.
pub fn run(input: impl Into<Vec<u8>>) -> Vec<Value> {
    let mut driver = Driver::start();
    let mut stdin = driver.stdin.take().unwrap();
    let input = input.into();
    // Whoever writes all before reading anything waits for ever once both pipes are full.
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let mut output = String::new();
    driver.stdout.read_to_string(&mut output).unwrap();
    writer.join().unwrap();
    output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A client that hardly waits between attempts.
pub fn client(url: &str) -> Value {
    json!({"base_url": url, "token": KEY, "initial_delay_ms": 0})
}

/// A client that sends each request once.
pub fn once(url: &str) -> Value {
    json!({"base_url": url, "token": KEY, "max_retries": 0})
}

/// A command of these members.
pub fn command(client: &Value, members: Value) -> Value {
    let mut command = members;
    command["client"] = client.clone();
    command
}

/// The emulator and the driver, and a client of the one for the other.
pub struct Bench {
    pub emulator: Emulator,
    pub driver: Driver,
    pub client: Value,
}

impl Bench {
    pub async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let client = client(&emulator.base_url());
        Self {
            emulator,
            driver: Driver::start(),
            client,
        }
    }

    /// Calls an operation in the project `prj_1`.
    pub fn call(&mut self, op: &str, path: Value, other: Value) -> Value {
        let command = self.command(op, path, other);
        self.driver.ask(&command)
    }

    /// A command that calls an operation in the project `prj_1`, with other members.
    pub fn command(&self, op: &str, path: Value, other: Value) -> Value {
        let mut path = path;
        path["project_id"] = json!("prj_1");
        let mut command = command(&self.client, json!({"op": op, "path": path}));
        for (name, value) in other.as_object().unwrap() {
            command[name] = value.clone();
        }
        command
    }

    /// Puts a profile into the emulator, and gives its identifier.
    pub fn stored(&self, body: Value) -> Value {
        self.emulator.project("prj_1").create_policy(body).unwrap()["id"].clone()
    }

    /// Puts a query template into the emulator, and gives its identifier.
    pub fn stored_template(&self, body: Value) -> Value {
        self.emulator
            .project("prj_1")
            .create_query_template(body)
            .unwrap()["id"]
            .clone()
    }
}

//! Builds scripts: the steps that a server runs on one connection.

use std::time::Duration;

/// The steps that a server runs on one connection, in order. After the last step, the server passes further
/// requests on the connection to its handler, unless a step ended the connection.
///
/// The methods add steps. Their documentation says what a step does when the server runs it.
#[derive(Clone, Debug, Default)]
pub struct Script(pub(super) Vec<Step>);

/// One step. Only the `Read…` steps and `Shutdown` read from the client.
#[derive(Clone, Debug)]
pub(super) enum Step {
    ReadByte,
    ReadHead,
    ReadBodyBytes(usize),
    ReadRequest,
    Send(Vec<u8>),
    SendBytewise(Vec<u8>),
    SendForever { piece: Vec<u8>, interval: Duration },
    AdvanceClock(Duration),
    WaitForRelease,
    Shutdown,
    Reset,
    Close,
}

impl Script {
    /// Creates a script without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until at least one byte of the next request has arrived.
    #[must_use]
    pub fn read_byte(self) -> Self {
        self.step(Step::ReadByte)
    }

    /// Reads the head of the next request. Does nothing if a head was read and no `read_request` followed.
    #[must_use]
    pub fn read_head(self) -> Self {
        self.step(Step::ReadHead)
    }

    /// Reads at least `bytes` bytes of the body of the request whose head was read, or the whole body if it
    /// is shorter.
    #[must_use]
    pub fn read_body_bytes(self, bytes: usize) -> Self {
        self.step(Step::ReadBodyBytes(bytes))
    }

    /// Reads the next request. If its head was already read, reads only its body.
    #[must_use]
    pub fn read_request(self) -> Self {
        self.step(Step::ReadRequest)
    }

    /// Sends these bytes without a pause.
    #[must_use]
    pub fn send(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::Send(bytes.into()))
    }

    /// Sends these bytes one by one. After each byte, lets other tasks such as the client run.
    #[must_use]
    pub fn send_bytewise(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::SendBytewise(bytes.into()))
    }

    /// Sends these bytes repeatedly until the client disconnects. Each time,
    /// [advances the clock](Self::advance_clock) by `interval`.
    #[must_use]
    pub fn send_forever(self, piece: impl Into<Vec<u8>>, interval: Duration) -> Self {
        self.step(Step::SendForever {
            piece: piece.into(),
            interval,
        })
    }

    /// Advances Tokio's clock, which the client uses too. The clock is paused only during this step: a
    /// paused clock advances on its own whenever all tasks wait, for example for bytes in transit.
    ///
    /// Requires a single-threaded runtime, the default of `#[tokio::test]`.
    #[must_use]
    pub fn advance_clock(self, time: Duration) -> Self {
        self.step(Step::AdvanceClock(time))
    }

    /// Pauses the script until [`RawServer::release`](super::RawServer::release) is called once for this
    /// step. The server reads nothing during the pause.
    #[must_use]
    pub fn wait_for_release(self) -> Self {
        self.step(Step::WaitForRelease)
    }

    /// Shuts down the write half (FIN), then reads until the client disconnects. An immediate close
    /// could reset the connection, and a reset discards bytes that the client has not read yet. Ends the
    /// script and the connection.
    #[must_use]
    pub fn shutdown(self) -> Self {
        self.step(Step::Shutdown)
    }

    /// Resets the connection (RST), which ends the script.
    #[must_use]
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Closes the connection immediately, which ends the script. The client sees either a FIN or a reset.
    #[must_use]
    pub fn close(self) -> Self {
        self.step(Step::Close)
    }

    /// Appends the steps of `next`.
    #[must_use]
    pub fn chain(mut self, next: Self) -> Self {
        self.0.extend(next.0);
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }
}

/// Creates a script that sends these bytes and shuts down the connection.
impl From<String> for Script {
    fn from(bytes: String) -> Self {
        Self::new().send(bytes).shutdown()
    }
}

/// Returns a response as a string, with `Content-Length` and without `Connection: close`.
/// `status` has the code and the reason phrase, such as `200 OK`. Each header is a line such as `ETag: "1"`.
pub fn keep_alive_response(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// Returns a response as a string, with `Content-Length` and `Connection: close`. `status` has the code and
/// the reason phrase, such as `200 OK`. Each header is a line such as `ETag: "1"`.
pub fn response(status: &str, headers: &[&str], body: &str) -> String {
    keep_alive_response(status, &[&["Connection: close"], headers].concat(), body)
}

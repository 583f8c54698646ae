//! What a connection does, step by step.

use std::time::Duration;

/// What a server does with one connection, in this order. When nothing is left to do, it answers
/// further requests of the connection as it answers those of all others.
#[derive(Clone, Debug, Default)]
pub struct Script(pub(super) Vec<Step>);

/// One step. What a client sends is read by those that say so and by no other.
#[derive(Clone, Debug)]
pub(super) enum Step {
    ReadByte,
    ReadHead,
    ReadSome(usize),
    ReadRequest,
    Send(Vec<u8>),
    Drip(Vec<u8>),
    SendForever { piece: Vec<u8>, every: Duration },
    Pass(Duration),
    Hold,
    Finish,
    Reset,
    Drop,
}

impl Script {
    /// Does nothing of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one byte, of a request or of whatever else the client says.
    #[must_use]
    pub fn byte(self) -> Self {
        self.then(Step::ReadByte)
    }

    /// Reads the head of a request.
    #[must_use]
    pub fn head(self) -> Self {
        self.then(Step::ReadHead)
    }

    /// Reads at least this many bytes of the body of the request whose head was read, or all where
    /// it has fewer.
    #[must_use]
    pub fn some(self, bytes: usize) -> Self {
        self.then(Step::ReadSome(bytes))
    }

    /// Reads a whole request, or what is missing of the one whose head was read.
    #[must_use]
    pub fn request(self) -> Self {
        self.then(Step::ReadRequest)
    }

    /// Sends these bytes at once.
    #[must_use]
    pub fn send(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Send(bytes.into()))
    }

    /// Sends these bytes one by one, and lets the client run after each.
    #[must_use]
    pub fn drip(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Drip(bytes.into()))
    }

    /// Sends these bytes again and again until the client leaves, and lets as much time
    /// [`pass`](Self::pass) after each.
    #[must_use]
    pub fn send_forever(self, piece: impl Into<Vec<u8>>, every: Duration) -> Self {
        self.then(Step::SendForever {
            piece: piece.into(),
            every,
        })
    }

    /// Sets Tokio's clock forward, which is the client's too: what was to end by then ends now. The
    /// clock stands for no longer than that, so that it never runs ahead of bytes under way.
    ///
    /// The runtime must be one of a single thread, as that of `#[tokio::test]` is.
    #[must_use]
    pub fn pass(self, time: Duration) -> Self {
        self.then(Step::Pass(time))
    }

    /// Does nothing, not even read, until the server is told to
    /// [`release`](super::RawServer::release) it.
    #[must_use]
    pub fn hold(self) -> Self {
        self.then(Step::Hold)
    }

    /// Says that nothing more will come (FIN), and waits until the client has left, lest what was
    /// sent be lost to a reset.
    #[must_use]
    pub fn finish(self) -> Self {
        self.then(Step::Finish)
    }

    /// Cuts the connection (RST).
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }

    /// Closes the connection and waits for nothing: whether the client meets its end or a reset is
    /// for the network to decide.
    #[must_use]
    pub fn abandon(self) -> Self {
        self.then(Step::Drop)
    }

    /// All of this, and then all of that.
    #[must_use]
    pub fn and(mut self, then: Self) -> Self {
        self.0.extend(then.0);
        self
    }

    fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }
}

/// These bytes, and the end of the connection.
impl From<String> for Script {
    fn from(bytes: String) -> Self {
        Self::new().send(bytes).finish()
    }
}

/// A whole answer after which the connection may go on; each header is a line.
pub fn answer_kept(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// A whole answer that says that it is the connection's last.
pub fn answer(status: &str, headers: &[&str], body: &str) -> String {
    answer_kept(status, &[&["Connection: close"], headers].concat(), body)
}

//! A fault: the script of the server, the call, and the expected outcome.

use pgbeam_tests::raw::Script;

use super::{call::Call, endpoint::Endpoint, outcome::Outcome};

/// A fault of the server and its expected effect: a row of a table of faults.
pub struct Fault {
    pub name: &'static str,
    pub endpoint: Endpoint,
    pub call: Call,
    /// The state of the connection at the call. Unless it is `New`, the script first serves a successful
    /// call.
    pub connection: ConnectionState,
    pub script: Script,
    /// The outcome of a call without retries.
    pub expected: Outcome,
    /// The number of requests that the server receives in one attempt.
    pub requests: usize,
    pub retry: ExpectedRetry,
    /// The calls with which `with_every_call` runs the script.
    pub calls: Vec<Call>,
    /// Whether any message for the end of the connection is accepted, such as a close or a reset.
    pub is_any_disconnect: bool,
}

/// The state of the connection on which the client makes the call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    New,
    /// The connection has served a call.
    Reused,
    /// The connection has served a call, and the rest of the script ran before the second call.
    ReusedAfterScript,
}

/// The effect of one allowed retry. The server sends a success response to the retry if it can serve a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedRetry {
    /// The call is retried and succeeds.
    RetrySucceeds,
    /// The call is not retried.
    NoRetry,
    /// The call is retried and fails, because the server cannot serve any call.
    RetryFails,
}

/// Creates a fault on a new connection to the address of the server, with `http`.
pub fn fault(
    name: &'static str,
    call: Call,
    script: Script,
    expected: Outcome,
    requests: usize,
    retry: ExpectedRetry,
) -> Fault {
    Fault {
        name,
        endpoint: Endpoint::Http,
        call,
        connection: ConnectionState::New,
        script,
        expected: expected.for_call(call),
        requests,
        retry,
        calls: Call::ALL.to_vec(),
        is_any_disconnect: false,
    }
}

/// Creates a fault in the response: the server reads the request, sends `bytes` and shuts down the
/// connection.
pub fn response_fault(
    name: &'static str,
    call: Call,
    bytes: impl Into<Vec<u8>>,
    expected: Outcome,
    retry: ExpectedRetry,
) -> Fault {
    fault(
        name,
        call,
        Script::new().read_request().send(bytes).shutdown(),
        expected,
        1,
        retry,
    )
}

impl Fault {
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Accepts any message for the end of the connection, such as a close or a reset.
    pub fn with_any_disconnect(mut self) -> Self {
        self.is_any_disconnect = true;
        self
    }

    /// Restricts `with_every_call` to the call of this fault.
    pub fn only_this_call(mut self) -> Self {
        self.calls = vec![self.call];
        self
    }

    /// Excludes a call from `with_every_call`.
    pub fn except(mut self, call: Call) -> Self {
        self.calls.retain(|other| *other != call);
        self
    }

    pub fn connection(mut self, connection: ConnectionState) -> Self {
        self.connection = connection;
        self
    }
}

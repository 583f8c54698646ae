//! `Emulator`, a running server, and `EmulatorBuilder`, which starts it.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::admin;
use crate::clock::{Clock, SystemClock};
use crate::contract::Contract;
use crate::organization::OrganizationHandle;
use crate::project::ProjectHandle;
use crate::seed::{self, Seed};
use crate::server::{self, Fault, Log, LoggedRequest, Received, SharedState};

/// The default of [`EmulatorBuilder::max_connections`].
const DEFAULT_MAX_CONNECTIONS: usize = 16_384;
/// The default of [`EmulatorBuilder::record_requests`].
const DEFAULT_MAX_RECEIVED: usize = 10_000;

/// A running in-memory server that implements the PgBeam API.
///
/// Clients send requests to [`base_url`](Self::base_url), with any bearer token. The methods of the emulator and of its
/// handles read and change its state without requests. See the [crate documentation](crate) for an example.
///
/// Dropping the emulator stops the server. The state is discarded when the emulator and all its handles are dropped.
pub struct Emulator {
    shared: Arc<SharedState>,
    address: SocketAddr,
    stop: Arc<Notify>,
    server_task: JoinHandle<()>,
}

impl Emulator {
    /// Starts an emulator on a free port of 127.0.0.1.
    ///
    /// Requests are served by tasks of the current tokio runtime.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder, which sets options such as the address and the clock.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin: true,
            clock: Arc::new(SystemClock::new()),
            contract: None,
            log: None,
            max_connections: DEFAULT_MAX_CONNECTIONS,
            max_received: DEFAULT_MAX_RECEIVED,
            seeds: Vec::new(),
            strict: false,
        }
    }

    /// Returns the base URL for a client, without a trailing slash: `http://127.0.0.1:…`.
    ///
    /// If the emulator listens on all addresses (`0.0.0.0` or `[::]`), the URL has the loopback address.
    #[must_use]
    pub fn base_url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// Returns the address that the emulator listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a handle that reads and changes the state of the project with this id. The project need not exist.
    ///
    /// This method does not check the id. Requests to the project return 400 unless the id consists of ASCII letters,
    /// digits, `_`, `.` and `-`, and is not `.` or `..`.
    #[must_use]
    pub fn project(&self, id: impl Into<String>) -> ProjectHandle {
        ProjectHandle::new(Arc::clone(&self.shared), id.into())
    }

    /// Returns a handle to the organization with this id. The organization need not exist.
    #[must_use]
    pub fn organization(&self, id: impl Into<String>) -> OrganizationHandle {
        OrganizationHandle::new(Arc::clone(&self.shared), id.into())
    }

    /// Sets fields in the response of the operation that reads `path`, such as `plan` for
    /// `/v1/organizations/org_1/plan`. Use it for data that no operation sets. `path` has ids in place of its
    /// parameters.
    ///
    /// The response has the defaults of the operation for other fields. The fields replace those of an earlier call
    /// with the same path. They are not validated, so that a test can simulate a server that is newer than the
    /// client.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let emulator = pgbeam_emulator::Emulator::start().await?;
    /// let plan = json!({"plan": "scale", "spend_capped": true});
    /// emulator.set_object("/v1/organizations/org_1/plan", plan.as_object().cloned().unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_object(&self, path: impl Into<String>, fields: Map<String, Value>) {
        self.shared.store().set_object(path.into(), fields);
    }

    /// Adds a fault. It applies to the next matching request, or to several with [`times`](Fault::times) or
    /// [`forever`](Fault::forever). See [`Fault`] for the kinds of faults.
    pub fn inject_fault(&self, fault: Fault) {
        self.shared.faults().add(fault);
    }

    /// Returns the number of faults that still apply to future requests.
    ///
    /// A fault with [`times`](Fault::times) counts as one until its last request. A fault with
    /// [`forever`](Fault::forever) counts until [`clear_faults`](Self::clear_faults).
    ///
    /// At its end, a test without `forever` faults can check that this is 0: every fault occurred as often as
    /// requested.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.shared.faults().len()
    }

    /// Removes all faults that still apply to future requests.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Returns the latest received requests, in the order in which they arrived.
    ///
    /// A request is recorded when its body has arrived, whatever the response. Requests to admin routes are not
    /// recorded. [`record_requests`](EmulatorBuilder::record_requests) limits the number of stored requests.
    #[must_use]
    pub fn received(&self) -> Received {
        self.shared.received().received()
    }

    /// Discards the recorded requests. Other state is kept.
    pub fn clear_received(&self) {
        self.shared.received().clear();
    }

    /// Restores the state at the start: the resources of the [seeds](EmulatorBuilder::seed), and the time of the
    /// builder's clock. Deletes all other resources, received requests, faults and webhook deliveries.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Returns the latest attempts to deliver webhook events, oldest first: at most 1000.
    ///
    /// Events are sent only to `http` URLs of this machine. Each attempt is an object with these fields:
    ///
    /// - `id`: the value of the header `X-PgBeam-Delivery`, different for each attempt
    /// - `event_id`: the `id` of the event, the same for all attempts
    /// - `type`: the type of the event, such as `approval_requested`
    /// - `project_id`, `endpoint_id`, `url`: the webhook endpoint
    /// - `attempt`: the number of the attempt, 1 for the first
    /// - `at`: the time at which the request was sent. While it has not been sent, the time at which the attempt was
    ///   scheduled
    /// - `state`: `pending` (no response yet), `delivered` (a 2xx response), `failed` (another response, or none) or
    ///   `skipped` (the emulator sends nothing)
    /// - `status_code`: the status of the response; absent without a response
    /// - `error`: why the attempt failed without a response, or why it was skipped; absent in other cases
    ///
    /// ```
    /// use pgbeam_emulator::Emulator;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let emulator = Emulator::start().await?;
    /// let deliveries = emulator.webhook_deliveries();
    /// assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn webhook_deliveries(&self) -> Vec<Value> {
        let deliveries = self.shared.deliverer.deliveries();
        let to_json = |delivery| serde_json::to_value(delivery).unwrap_or_default();
        deliveries.into_iter().map(to_json).collect()
    }

    /// Stops the server. When this method returns, all connections are closed and the port is free. Requests in
    /// progress get no response.
    pub async fn shutdown(mut self) {
        self.shared.deliverer.stop();
        self.stop.notify_one();
        // Fails only if the task panicked or its runtime shut down, which also closes the connections.
        let _ = (&mut self.server_task).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Handles can keep the state alive, and with it the deliverer.
        self.shared.deliverer.stop();
        self.server_task.abort();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Configures and starts an [`Emulator`].
#[must_use = "call `start` to start the emulator"]
pub struct EmulatorBuilder {
    address: SocketAddr,
    admin: bool,
    clock: Arc<dyn Clock>,
    contract: Option<String>,
    log: Option<Log>,
    max_connections: usize,
    max_received: usize,
    seeds: Vec<Seed>,
    strict: bool,
}

impl EmulatorBuilder {
    /// Sets the address to listen on. Port 0 picks a free port. Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets whether the emulator serves the [admin routes](crate#admin-routes), which need no bearer token. Default:
    /// `true`.
    pub fn admin(mut self, admin: bool) -> Self {
        self.admin = admin;
        self
    }

    /// Sets the clock. See [`Clock`] for its uses. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the maximum number of stored requests, which [`Emulator::received`] returns. Older requests are
    /// discarded. 0 disables the recording. Default: 10,000.
    ///
    /// If the stored requests would use more than 64 MiB, fewer are stored.
    pub fn record_requests(mut self, count: usize) -> Self {
        self.max_received = count;
        self
    }

    /// Calls `log` for each request when its response is ready, for example to print the request. This includes
    /// requests to admin routes, but not input that is not HTTP. Default: no log.
    ///
    /// The emulator sends the response after `log` returns.
    ///
    /// ```
    /// use pgbeam_emulator::Emulator;
    ///
    /// let builder = Emulator::builder().log_requests(|request| println!("{request}"));
    /// # let _ = builder;
    /// ```
    pub fn log_requests(mut self, log: impl Fn(&LoggedRequest) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// Sets the maximum number of open connections. While this many connections are open, a new one is closed without a
    /// response. Default: 16,384.
    ///
    /// Each connection needs a file descriptor. While the process has no free file descriptor, new connections wait.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.max_connections = count;
        self
    }

    /// Sets whether projects must be created before they are used. Default: `false`.
    ///
    /// With `false`, a request creates the project in its path if it does not exist. With `true`, it gets 404 unless
    /// `createProject` or a [seed](Self::seed) created the project. The methods of
    /// [`ProjectHandle`](crate::ProjectHandle) that call an operation or an admin route follow the same rule.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Adds a [seed](crate#seeds): resources that exist when the emulator starts. Several seeds are applied in the
    /// order in which they are added.
    ///
    /// If a seed is invalid, [`start`](Self::start) returns an error of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData), whose message has the place of the first mistake.
    pub fn seed(mut self, seed: impl Into<Seed>) -> Self {
        self.seeds.push(seed.into());
        self
    }

    /// Replaces the built-in API contract with an OpenAPI 3.0 document in JSON. For tests of this crate.
    ///
    /// If the document is malformed or declares no operation, [`start`](Self::start) returns an error of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData).
    #[doc(hidden)]
    pub fn contract(mut self, json: impl Into<String>) -> Self {
        self.contract = Some(json.into());
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound, for example because it is in use. Of kind
    /// [`InvalidData`](io::ErrorKind::InvalidData) if a [`seed`](Self::seed) is invalid.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    pub async fn start(self) -> io::Result<Emulator> {
        let contract = match &self.contract {
            None => Contract::built_in(),
            // Leaked, because operations refer to their contract. Only tests replace the contract.
            Some(json) => Contract::parse(json).map(|contract| &*Box::leak(Box::new(contract))),
        };
        let contract = contract.map_err(invalid_data)?;
        let shared = Arc::new(SharedState::new(
            self.clock,
            contract,
            self.max_received,
            self.strict,
        ));
        if !self.seeds.is_empty() {
            seed::apply(&self.seeds, &shared).map_err(invalid_data)?;
        }
        let listener = server::listen(self.address)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(Notify::new());
        let mut router = server::router(Arc::clone(&shared));
        if self.admin {
            router = router.merge(admin::router(Arc::clone(&shared)));
        }
        let serve = server::serve(
            listener,
            router,
            self.max_connections,
            self.log,
            Arc::clone(&stop),
        );
        let server_task = tokio::spawn(serve);
        Ok(Emulator {
            shared,
            address,
            stop,
            server_task,
        })
    }
}

fn invalid_data(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

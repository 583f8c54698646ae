//! The emulator as a value: started, asked, told what to do wrong, stopped.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::{Clock, SystemClock};
use crate::contract::Contract;
use crate::fault::Fault;
use crate::pipeline::Shared;
use crate::project::ProjectHandle;
use crate::received::Received;
use crate::server;

/// A PgBeam control plane in memory that listens on a port of this machine.
///
/// It stops, and forgets everything, when it is dropped.
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Emulator {
    /// Starts on a free port of 127.0.0.1. Has to be called within a tokio runtime,
    /// whose tasks serve the requests.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// An emulator with another address or clock.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Box::new(SystemClock::new()),
            contract: None,
            keeps_requests: true,
        }
    }

    /// The base URL for a client, without a slash at the end: `http://127.0.0.1:…`.
    /// Of an emulator that listens on all addresses, the loopback address.
    #[must_use]
    pub fn base_url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The project with this id, for seeding and looking at. Every project exists.
    #[must_use]
    pub fn project(&self, id: impl Into<String>) -> ProjectHandle {
        ProjectHandle::new(Arc::clone(&self.shared), id.into())
    }

    /// Scripts a fault; see [`Fault`] for what there is and whom it strikes.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults().add(fault);
    }

    /// How many faults still wait for a request: 0 at the end of a test means that all
    /// have struck as often as they were told to.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.shared.faults().len()
    }

    /// Takes back every fault that waits.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// The requests received so far, in order. A request counts when its body has
    /// arrived, whatever becomes of it then. All are kept, with their bodies, until
    /// [`clear_received`](Self::clear_received); none is after
    /// [`forget_requests`](EmulatorBuilder::forget_requests).
    #[must_use]
    pub fn received(&self) -> Received {
        self.shared
            .received()
            .map(|received| received.clone())
            .unwrap_or_default()
    }

    /// Forgets the requests received so far, and nothing else.
    pub fn clear_received(&self) {
        if let Some(mut received) = self.shared.received() {
            *received = Received::default();
        }
    }

    /// Stops, closes every connection and frees the port before it returns.
    pub async fn shutdown(mut self) {
        self.serving.abort();
        // The only outcome is that the task was cancelled.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// What an [`Emulator`] is made with.
#[must_use = "an emulator has to be started"]
pub struct EmulatorBuilder {
    address: SocketAddr,
    clock: Box<dyn Clock>,
    contract: Option<String>,
    keeps_requests: bool,
}

impl EmulatorBuilder {
    /// The address to listen on; a free port of 127.0.0.1 unless told. Port 0 is a free
    /// port.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// The clock for timestamps, windows and expiries; the machine's unless told.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Keeps no request after it is answered: [`Emulator::received`] stays empty. For an
    /// emulator that runs for long, whose memory the requests would fill.
    pub fn forget_requests(mut self) -> Self {
        self.keeps_requests = false;
        self
    }

    /// Serves another contract than the built-in one: an OpenAPI 3.0 document in JSON
    /// that declares every operation the emulator serves. For tests of this crate.
    #[doc(hidden)]
    pub fn contract(mut self, json: impl Into<String>) -> Self {
        self.contract = Some(json.into());
        self
    }

    /// Starts, within a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound: it is in use, or not one of this machine.
    pub async fn start(self) -> io::Result<Emulator> {
        let contract = match &self.contract {
            None => Contract::built_in(),
            Some(json) => Contract::parse(json).map(Arc::new),
        };
        let contract =
            contract.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(self.clock, contract, self.keeps_requests));
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Ok(Emulator {
            shared,
            address,
            serving,
        })
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

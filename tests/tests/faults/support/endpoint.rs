//! `Endpoint`: the base URL of the client in a fault test.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use pgbeam::ClientBuilder;
use pgbeam_tests::raw::RawServer;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::TcpSocket;

/// The form of the base URL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The address of the server, with `http`.
    Http,
    /// The address of the server, with `https`. The server does not support TLS.
    Https,
    /// A host name. The first DNS lookup has this result. Later lookups return the address of the server.
    Hostname(DnsResult),
}

impl Endpoint {
    /// Sets the base URL. For a host name, also sets an HTTP client with a [`TestResolver`].
    pub async fn configure(self, server: &RawServer, builder: ClientBuilder) -> ClientBuilder {
        match self {
            Self::Http => builder.base_url(server.url()),
            Self::Https => builder.base_url(server.url().replace("http:", "https:")),
            Self::Hostname(first) => {
                let resolver = TestResolver::new(first, server.address()).await;
                let http = http_client().dns_resolver(resolver);
                builder
                    .base_url("http://pgbeam.invalid")
                    .http_client(http.build().unwrap())
            }
        }
    }
}

/// Returns a builder without a proxy and with a connect timeout. The other settings are those that
/// [`ClientBuilder::http_client`] asks for, except the TLS version.
fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
}

/// The result of a DNS lookup.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DnsResult {
    /// The name does not exist.
    NotFound,
    /// The name has no address.
    NoAddress,
    /// The lookup never ends.
    Hangs,
    /// An address that refuses connections.
    Refusing,
    /// An address that refuses connections, and the address of the server.
    RefusingThenServer,
    /// An address that neither accepts nor refuses a connection.
    Unresponsive,
}

/// A DNS resolver with a configured first result. Later lookups return the address of the server.
struct TestResolver {
    first: Mutex<Option<DnsResult>>,
    server: SocketAddr,
    /// A server that is bound but not listening, so it refuses connections.
    refusing: RawServer,
    unresponsive: UnresponsiveListener,
}

impl TestResolver {
    async fn new(first: DnsResult, server: SocketAddr) -> Arc<Self> {
        let refusing = RawServer::bind(|_| String::new());
        Arc::new(Self {
            first: Mutex::new(Some(first)),
            server,
            refusing,
            unresponsive: UnresponsiveListener::bind().await,
        })
    }
}

impl Resolve for TestResolver {
    fn resolve(&self, _: Name) -> Resolving {
        let refusing = self.refusing.address();
        let addresses = match self.first.lock().unwrap().take() {
            None => vec![self.server],
            Some(DnsResult::NotFound) => return Box::pin(async { Err("no such host".into()) }),
            Some(DnsResult::NoAddress) => vec![],
            Some(DnsResult::Hangs) => {
                tokio::spawn(advance_past_attempt_timeout());
                return Box::pin(std::future::pending());
            }
            Some(DnsResult::Refusing) => vec![refusing],
            Some(DnsResult::RefusingThenServer) => vec![refusing, self.server],
            Some(DnsResult::Unresponsive) => {
                tokio::spawn(advance_past_attempt_timeout());
                vec![self.unresponsive.address]
            }
        };
        Box::pin(async move { Ok(Box::new(addresses.into_iter()) as Addrs) })
    }
}

/// Advances the clock by more than the attempt timeout, so that the attempt that started the lookup times
/// out.
async fn advance_past_attempt_timeout() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
}

/// A listening socket with a full backlog that accepts no connection.
struct UnresponsiveListener {
    address: SocketAddr,
    _listener: tokio::net::TcpListener,
    _queued: Vec<tokio::net::TcpStream>,
}

impl UnresponsiveListener {
    async fn bind() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        // A backlog of 0 holds one connection.
        let queued = vec![tokio::net::TcpStream::connect(address).await.unwrap()];
        Self {
            address,
            _listener: listener,
            _queued: queued,
        }
    }
}

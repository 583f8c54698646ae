//! Where a client believes the server to be.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use pgbeam::ClientBuilder;
use pgbeam_tests::raw::RawServer;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::TcpSocket;

/// How the base URL names the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// By its address.
    Server,
    /// By its address, as one that speaks TLS, which it does not.
    Tls,
    /// By a name that is looked up with this result, and after that with the server's address.
    Named(Lookup),
}

impl Place {
    /// A client that believes so.
    pub async fn of(self, server: &RawServer, builder: ClientBuilder) -> ClientBuilder {
        match self {
            Self::Server => builder.base_url(server.url()),
            Self::Tls => builder.base_url(server.url().replace("http:", "https:")),
            Self::Named(first) => {
                let http = http_client().dns_resolver(Names::new(first, server.address()).await);
                builder
                    .base_url("http://pgbeam.invalid")
                    .http_client(http.build().unwrap())
            }
        }
    }
}

/// An HTTP client of the caller's own, as the SDK asks for one.
fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
}

/// What comes of looking a name up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// There is no such name.
    Unknown,
    /// It has no address.
    Nothing,
    /// No answer ever comes.
    Silence,
    /// An address that refuses connections.
    Refusing,
    /// An address that refuses connections, and the server's.
    RefusingFirst,
    /// An address that neither takes nor refuses a connection.
    Deaf,
}

/// Looks names up as it is told.
struct Names {
    first: Mutex<Option<Lookup>>,
    server: SocketAddr,
    /// Takes no connection, and so refuses all.
    refusing: RawServer,
    /// Its queue is full, and nobody takes from it.
    deaf: Deaf,
}

impl Names {
    async fn new(first: Lookup, server: SocketAddr) -> Arc<Self> {
        let refusing = RawServer::deaf(|_| String::new());
        Arc::new(Self {
            first: Mutex::new(Some(first)),
            server,
            refusing,
            deaf: Deaf::new().await,
        })
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        let refusing = self.refusing.address();
        let addresses = match self.first.lock().unwrap().take() {
            None => vec![self.server],
            Some(Lookup::Unknown) => return Box::pin(async { Err("no such host".into()) }),
            Some(Lookup::Nothing) => vec![],
            Some(Lookup::Silence) => {
                tokio::spawn(half_a_minute());
                return Box::pin(std::future::pending());
            }
            Some(Lookup::Refusing) => vec![refusing],
            Some(Lookup::RefusingFirst) => vec![refusing, self.server],
            Some(Lookup::Deaf) => {
                tokio::spawn(half_a_minute());
                vec![self.deaf.address]
            }
        };
        Box::pin(async move { Ok(Box::new(addresses.into_iter()) as Addrs) })
    }
}

/// Sets the clock to the end of an attempt, which has begun long before it comes to this.
async fn half_a_minute() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
}

/// A socket whose queue of connections is full.
struct Deaf {
    address: SocketAddr,
    _listening: tokio::net::TcpListener,
    _queued: Vec<tokio::net::TcpStream>,
}

impl Deaf {
    async fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listening = socket.listen(0).unwrap();
        let address = listening.local_addr().unwrap();
        // Such a queue has room for one.
        let queued = vec![tokio::net::TcpStream::connect(address).await.unwrap()];
        Self {
            address,
            _listening: listening,
            _queued: queued,
        }
    }
}

//! A server that does with each connection what a script says, byte for byte: for bodies that no
//! JSON library would write, and for answers that break HTTP.

mod connection;
mod script;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
};

use self::connection::Connection;
pub use self::script::{Script, answer, answer_kept};

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    head: String,
    /// As much of the body as was read.
    pub body: String,
}

impl Request {
    fn new(head: String) -> Self {
        let mut first = head.split(' ').map(str::to_owned);
        let mut next = || first.next().unwrap_or_default();
        Self {
            method: next(),
            target: next(),
            body: String::new(),
            head,
        }
    }

    /// The value of a header, in the case that it was sent in.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (of, value) = line.split_once(':')?;
            of.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// All of it as it came.
    pub fn text(&self) -> String {
        format!("{}\r\n\r\n{}", self.head, self.body)
    }

    fn content_length(&self) -> usize {
        self.header("content-length")
            .map_or(0, |value| value.parse().expect("a Content-Length"))
    }
}

/// What is done with a request that no script is for.
type Reply = Box<dyn FnMut(&Request) -> Script + Send>;

struct State {
    scripts: VecDeque<Script>,
    reply: Reply,
    received: Vec<Request>,
}

/// What a server and its connections share.
struct Shared {
    state: Mutex<State>,
    /// How many scripts are not at their end.
    open: watch::Sender<usize>,
    /// Has a permit for each connection that may go on although it is held.
    release: Semaphore,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that does what scripts say: each connection takes the next one, and those that find
/// none left, or have come to its end, give every request to a function that says what to do with it.
pub struct RawServer {
    address: SocketAddr,
    /// Bound, and as yet deaf.
    socket: Option<TcpSocket>,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

impl RawServer {
    /// A server for these requests.
    pub async fn start<S: Into<Script>>(reply: impl FnMut(&Request) -> S + Send + 'static) -> Self {
        let mut server = Self::deaf(reply);
        server.listen();
        server
    }

    /// A server whose address is taken and refuses connections, until it is told to
    /// [`listen`](Self::listen).
    pub fn deaf<S: Into<Script>>(mut reply: impl FnMut(&Request) -> S + Send + 'static) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(([127, 0, 0, 1], 0).into())
            .expect("a free port");
        let state = State {
            scripts: VecDeque::new(),
            reply: Box::new(move |request| reply(request).into()),
            received: Vec::new(),
        };
        Self {
            address: socket.local_addr().expect("an address"),
            socket: Some(socket),
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                open: watch::Sender::new(0),
                release: Semaphore::new(0),
            }),
            serving: None,
        }
    }

    /// Accepts connections from now on.
    pub fn listen(&mut self) {
        if let Some(socket) = self.socket.take() {
            let listener = socket.listen(64).expect("a socket that can listen");
            self.serving = Some(tokio::spawn(serve(listener, self.shared.clone())));
        }
    }

    /// What becomes of the next connection that has no script yet.
    pub fn script(&self, script: Script) {
        self.shared.open.send_modify(|open| *open += 1);
        self.shared.state().scripts.push_back(script);
    }

    /// Waits until all scripts have been gone through: where they end with the connection, until
    /// the client has left.
    pub async fn settled(&self) {
        let mut open = self.shared.open.subscribe();
        // The sender is this server's own.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    /// Lets a connection go on that a script holds, or the next one that one will hold.
    pub fn release(&self) {
        self.shared.release.add_permits(1);
    }

    /// [`release`](Self::release), for others to call.
    pub fn releaser(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.release.add_permits(1)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far whose heads were read.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().received.clone()
    }

    /// The methods of these requests.
    pub fn methods(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .map(|request| request.method)
            .collect()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Ends the connections when the server is dropped.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let script = shared.state().scripts.pop_front();
        connections.spawn(Connection::new(stream, shared.clone()).serve(script));
    }
}

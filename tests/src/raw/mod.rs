//! An HTTP server that runs a script on each connection. The script determines every byte that the
//! server sends, such as a body that no JSON serializer writes or a response that violates HTTP.

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
pub use self::script::{Script, keep_alive_response, response};

/// A received request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path and query.
    pub target: String,
    head: String,
    /// The body. Empty until the whole body was read.
    pub body: String,
}

impl Request {
    fn new(head: String) -> Self {
        let mut parts = head.split(' ').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        Self {
            method: next(),
            target: next(),
            body: String::new(),
            head,
        }
    }

    /// Returns the value of the first header with this name, which is case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (header, value) = line.split_once(':')?;
            header.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Returns the head and the body as received, except that invalid UTF-8 becomes U+FFFD.
    pub fn raw(&self) -> String {
        format!("{}\r\n\r\n{}", self.head, self.body)
    }

    fn content_length(&self) -> usize {
        self.header("content-length")
            .map_or(0, |value| value.parse().expect("a valid Content-Length"))
    }
}

/// Returns the script that responds to a request. A connection calls the handler if it has no queued script,
/// or after its queued script.
type Handler = Box<dyn FnMut(&Request) -> Script + Send>;

struct State {
    scripts: VecDeque<Script>,
    handler: Handler,
    received: Vec<Request>,
}

/// State shared by a server and its connections.
struct Shared {
    state: Mutex<State>,
    /// The number of queued scripts that have not ended.
    pending_scripts: watch::Sender<usize>,
    /// Has one permit for each call of `release` that no `WaitForRelease` step has used.
    release: Semaphore,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server on a free port of 127.0.0.1. Each new connection runs the next queued script. Without a queued
/// script, or after it, the connection passes each request to the handler and runs the script that the
/// handler returns.
pub struct RawServer {
    address: SocketAddr,
    /// The bound socket, until `listen` is called.
    socket: Option<TcpSocket>,
    shared: Arc<Shared>,
    accept_task: Option<JoinHandle<()>>,
}

impl RawServer {
    /// Starts a server with this handler.
    pub async fn start<S: Into<Script>>(
        handler: impl FnMut(&Request) -> S + Send + 'static,
    ) -> Self {
        let mut server = Self::bind(handler);
        server.listen();
        server
    }

    /// Creates a server that has an address, but refuses connections until [`listen`](Self::listen) is
    /// called.
    pub fn bind<S: Into<Script>>(mut handler: impl FnMut(&Request) -> S + Send + 'static) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(([127, 0, 0, 1], 0).into())
            .expect("a free port");
        let state = State {
            scripts: VecDeque::new(),
            handler: Box::new(move |request| handler(request).into()),
            received: Vec::new(),
        };
        Self {
            address: socket.local_addr().expect("an address"),
            socket: Some(socket),
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                pending_scripts: watch::Sender::new(0),
                release: Semaphore::new(0),
            }),
            accept_task: None,
        }
    }

    /// Starts to accept connections.
    pub fn listen(&mut self) {
        if let Some(socket) = self.socket.take() {
            let listener = socket.listen(64).expect("a listening socket");
            self.accept_task = Some(tokio::spawn(accept(listener, self.shared.clone())));
        }
    }

    /// Queues a script. Each new connection takes one script from the queue.
    pub fn push_script(&self, script: Script) {
        self.shared.pending_scripts.send_modify(|count| *count += 1);
        self.shared.state().scripts.push_back(script);
    }

    /// Waits until all queued scripts have run and ended. A script that ends with `shutdown` ends when the
    /// client disconnects.
    pub async fn wait_for_scripts(&self) {
        let mut pending = self.shared.pending_scripts.subscribe();
        // An error is impossible: this server owns the sender.
        let _ = pending.wait_for(|count| *count == 0).await;
    }

    /// Lets one script that waits at a `wait_for_release` step continue. If no script waits, the next script
    /// that reaches such a step continues without waiting.
    pub fn release(&self) {
        self.shared.release.add_permits(1);
    }

    /// Returns a function that does the same as [`release`](Self::release).
    pub fn release_fn(&self) -> impl Fn() + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.release.add_permits(1)
    }

    /// Returns the address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns all requests whose heads the server has read, in the order in which it read them.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().received.clone()
    }

    /// Returns the methods of [`requests`](Self::requests).
    pub fn methods(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .map(|request| request.method)
            .collect()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        if let Some(task) = &self.accept_task {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropping the set closes the connections.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let script = shared.state().scripts.pop_front();
        connections.spawn(Connection::new(stream, shared.clone()).serve(script));
    }
}

//! `Deliverer`: sends events to webhook endpoints in the background, and retries failed attempts.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::store::Resource;
use crate::webhooks::event::WebhookEvent;
use crate::webhooks::log::{Delivery, DeliveryLog, DeliveryState};
use crate::webhooks::request::DeliveryRequest;

/// The maximum number of attempts of a delivery, including the first.
pub(super) const MAX_ATTEMPTS: u32 = 5;
/// The maximum duration of an attempt, from the start of the connection to the end of the response body.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum length of a response body that is read, in bytes.
const MAX_RESPONSE_BODY: usize = 64 * 1024;
/// The maximum number of connections at the same time.
const MAX_CONNECTIONS: usize = 64;
/// The memory that unfinished deliveries can use, in KiB.
const MEMORY_BUDGET: usize = 64 * 1024;
/// An upper limit for the memory that an unfinished delivery uses in addition to its body, in KiB.
const DELIVERY_OVERHEAD: usize = 8;

type SleepFuture = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Waits for a duration. Tests replace it, so that they do not wait.
pub(super) type Sleep = Arc<dyn Fn(Duration) -> SleepFuture + Send + Sync>;

/// Returns the wait after a failed attempt: 1 second after attempt 1, and twice as long after each further attempt.
pub(super) fn backoff(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    Duration::from_secs(1_u64 << doublings)
}

/// Sends events to webhook endpoints.
///
/// A delivery is finished when the receiver responds with a 2xx status, or after 5 attempts. Redirects are not
/// followed. Timestamps come from the emulator's clock, but waits are in real time. Deliveries are concurrent, so
/// their order is not defined.
pub(crate) struct Deliverer {
    runtime: Handle,
    clock: Arc<dyn Clock>,
    sleep: Sleep,
    connections: Arc<Semaphore>,
    /// The rest of the memory budget. One permit is 1 KiB.
    memory: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    log: Arc<DeliveryLog>,
    /// The unfinished deliveries; `None` after [`Deliverer::stop`].
    tasks: Option<JoinSet<()>>,
}

impl State {
    fn new() -> Self {
        Self {
            log: Arc::default(),
            tasks: Some(JoinSet::new()),
        }
    }
}

impl Deliverer {
    /// Creates a deliverer that sends from tasks of the current tokio runtime.
    ///
    /// # Panics
    ///
    /// If called outside a tokio runtime.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let sleep: Sleep = Arc::new(|duration| Box::pin(tokio::time::sleep(duration)));
        Self::with_limits(clock, sleep, MEMORY_BUDGET)
    }

    /// Creates a deliverer with another timer and another memory budget in KiB.
    pub(super) fn with_limits(clock: Arc<dyn Clock>, sleep: Sleep, memory: usize) -> Self {
        Self {
            runtime: Handle::current(),
            clock,
            sleep,
            connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            memory: Arc::new(Semaphore::new(memory)),
            state: Mutex::new(State::new()),
        }
    }

    /// Delivers an event to an endpoint, whether or not the endpoint is subscribed to it. Returns without waiting.
    ///
    /// `endpoint` is the endpoint as the API returns it; `secret` is its secret. The result is the log entry of the
    /// first attempt. Its state is `pending`, or `skipped` with the reason if nothing will be sent: the URL is not an
    /// `http` URL of a loopback address, the secret cannot be sent, too many deliveries are unfinished, or
    /// [`stop`](Self::stop) was called.
    pub(crate) fn deliver(
        &self,
        endpoint: &Resource,
        secret: Option<&str>,
        event: &WebhookEvent,
    ) -> Delivery {
        let mut delivery = Delivery::new(endpoint, event, self.clock.now());
        let request = DeliveryRequest::new(endpoint, secret, event);
        let mut state = self.state();
        let log = Arc::clone(&state.log);
        let prepared = request.and_then(|request| {
            let tasks = state.tasks.as_mut().ok_or("the emulator is stopped")?;
            let memory = self.reserve_memory(request.body_len())?;
            Ok((tasks, request, memory))
        });
        match prepared {
            Ok((tasks, request, memory)) => {
                log.record(&delivery);
                let task = DeliveryTask {
                    request,
                    log,
                    clock: Arc::clone(&self.clock),
                    sleep: Arc::clone(&self.sleep),
                    connections: Arc::clone(&self.connections),
                    _memory: memory,
                };
                while tasks.try_join_next().is_some() {}
                tasks.spawn_on(task.run(delivery.clone()), &self.runtime);
            }
            Err(reason) => {
                delivery.state = DeliveryState::Skipped;
                delivery.error = Some(reason);
                log.record(&delivery);
            }
        }
        delivery
    }

    fn reserve_memory(&self, body_len: usize) -> Result<OwnedSemaphorePermit, String> {
        let kib = DELIVERY_OVERHEAD.saturating_add(body_len / 1024);
        let permits = u32::try_from(kib).unwrap_or(u32::MAX);
        Arc::clone(&self.memory)
            .try_acquire_many_owned(permits)
            .map_err(|_| {
                "too many deliveries are unfinished: receivers must respond faster".to_owned()
            })
    }

    /// Returns the latest attempts to all endpoints, oldest first. An attempt that is scheduled or running is
    /// `pending`.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let log = Arc::clone(&self.state().log);
        log.entries()
    }

    /// Cancels the unfinished deliveries and clears the log. Later events are delivered, even after
    /// [`stop`](Self::stop).
    pub(crate) fn reset(&self) {
        // Tasks that still run write to the previous log.
        *self.state() = State::new();
    }

    /// Cancels the unfinished deliveries, as dropping the deliverer does. Later events are skipped.
    pub(crate) fn stop(&self) {
        self.state().tasks = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until all deliveries are finished. Later events are skipped.
    #[cfg(test)]
    pub(super) async fn finish(&self) {
        let tasks = self.state().tasks.take();
        tasks.expect("not stopped").join_all().await;
    }
}

/// One delivery: its attempts, one after the other.
struct DeliveryTask {
    request: DeliveryRequest,
    log: Arc<DeliveryLog>,
    clock: Arc<dyn Clock>,
    sleep: Sleep,
    connections: Arc<Semaphore>,
    _memory: OwnedSemaphorePermit,
}

impl DeliveryTask {
    async fn run(self, mut delivery: Delivery) {
        loop {
            self.attempt(&mut delivery).await;
            self.log.record(&delivery);
            if delivery.state == DeliveryState::Delivered || delivery.attempt >= MAX_ATTEMPTS {
                return;
            }
            let wait = backoff(delivery.attempt);
            delivery = delivery.next(self.clock.now());
            self.log.record(&delivery);
            (self.sleep)(wait).await;
        }
    }

    /// Sends one request, and stores the result in `delivery`.
    async fn attempt(&self, delivery: &mut Delivery) {
        // Fails only if the semaphore is closed, and nothing closes it.
        let _permit = self.connections.acquire().await;
        delivery.at = self.clock.now();
        let result = match self.request.build(&delivery.id, delivery.at) {
            Err(error) => Err(format!("the request is invalid: {error}")),
            Ok(request) => tokio::select! {
                result = send(self.request.addresses(), request) => result,
                () = (self.sleep)(ATTEMPT_TIMEOUT) => {
                    Err(format!("no response within {} seconds", ATTEMPT_TIMEOUT.as_secs()))
                }
            },
        };
        delivery.state = match &result {
            Ok(status) if status.is_success() => DeliveryState::Delivered,
            _ => DeliveryState::Failed,
        };
        match result {
            Ok(status) => delivery.status_code = Some(status.as_u16()),
            Err(error) => delivery.error = Some(error),
        }
    }
}

/// Sends a request over a new connection. Returns the status after reading the response body, at most 64 KiB of it.
async fn send(addresses: &[SocketAddr], request: Request<Body>) -> Result<StatusCode, String> {
    let stream = TcpStream::connect(addresses)
        .await
        .map_err(|error| format!("cannot connect: {error}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        // Reads the body, so that the receiver can finish its response. The body is not used, so errors are ignored.
        let _ = to_bytes(Body::new(body), MAX_RESPONSE_BODY).await;
        Ok(head.status)
    };
    let mut exchange = pin!(exchange);
    let result: Result<StatusCode, hyper::Error> = tokio::select! {
        result = &mut exchange => result,
        // The connection is closed, but the exchange may have data to process.
        _ = connection => exchange.await,
    };
    result.map_err(|error| error.to_string())
}

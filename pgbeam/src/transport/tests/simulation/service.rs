//! The failing service of the simulations, and the HTTP client and the environment that the simulated calls
//! use.

use super::*;

/// How the service fails.
#[derive(Debug, Clone, Copy)]
pub(super) enum FailureMode {
    /// Responds to all requests with 503.
    Down,
    /// Responds to all requests with 503 for this time, then with 200.
    DownFor(Duration),
    /// Responds to a random share of the requests (0 to 1) with 503, and to the others with 200.
    Flaky(f64),
    /// Accepts `quota` requests in each window, and responds to the others with 429 and the time until the
    /// next window in `Retry-After`.
    RateLimited { quota: u32, window: Duration },
}

/// The simulated service. It records the arrival times of its requests.
pub(super) struct Service {
    mode: FailureMode,
    start: Instant,
    rng: Mutex<fastrand::Rng>,
    /// The number of requests in each window, by the number of the window. For `RateLimited`.
    windows: Mutex<std::collections::HashMap<u128, u32>>,
    arrivals: Mutex<Vec<Duration>>,
}

impl Service {
    pub(super) fn new(mode: FailureMode, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            mode,
            start: Instant::now(),
            rng: Mutex::new(fastrand::Rng::with_seed(seed)),
            windows: Mutex::default(),
            arrivals: Mutex::default(),
        })
    }

    pub(super) fn random(&self) -> f64 {
        self.rng.lock().unwrap().f64()
    }

    pub(super) fn arrivals(&self) -> Vec<Duration> {
        self.arrivals.lock().unwrap().clone()
    }

    /// Handles a request that arrives now. Returns the status, and the `Retry-After` in seconds if there is
    /// one.
    fn respond(&self) -> (u16, Option<u64>) {
        let now = self.start.elapsed();
        self.arrivals.lock().unwrap().push(now);
        match self.mode {
            FailureMode::Down => (503, None),
            FailureMode::DownFor(outage) => (if now < outage { 503 } else { 200 }, None),
            FailureMode::Flaky(share) => (if self.random() < share { 503 } else { 200 }, None),
            FailureMode::RateLimited { quota, window } => {
                let index = now.as_millis() / window.as_millis();
                let mut windows = self.windows.lock().unwrap();
                let used = windows.entry(index).or_default();
                *used += 1;
                if *used <= quota {
                    return (200, None);
                }
                let next = window * u32::try_from(index + 1).unwrap();
                // Whole seconds, as most services send.
                (429, Some((next - now).as_secs_f64().ceil() as u64))
            }
        }
    }
}

/// An HTTP client that sends requests to the simulated service, with a latency of 10 to 30 ms in each
/// direction.
pub(super) struct SimulatedNetwork(pub(super) Arc<Service>);

impl HttpClient for SimulatedNetwork {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            let latency = ms(10) + ms(20).mul_f64(self.0.random());
            sleep(latency).await;
            let (status, wait) = self.0.respond();
            sleep(latency).await;
            let mut response = http::Response::builder().status(status);
            if let Some(wait) = wait {
                response = response.header(http::header::RETRY_AFTER, wait);
            }
            Ok(response.body("{}".into()).unwrap())
        })
    }
}

/// An environment that takes its random numbers from the seeded generator of the service, so that every run
/// of a simulation has the same result.
pub(super) struct SeededEnvironment(pub(super) Arc<Service>);

impl Environment for SeededEnvironment {
    fn random(&self) -> f64 {
        self.0.random()
    }
    fn idempotency_key(&self) -> Uuid {
        Uuid::nil()
    }
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

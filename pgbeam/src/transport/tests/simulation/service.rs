//! A service in simulated time, which fails in one way or another.

use super::*;

/// How the service behaves.
#[derive(Debug, Clone, Copy)]
pub(super) enum Behaviour {
    /// It answers 503 to everything.
    Down,
    /// It answers 503 to everything for so long, and is well then.
    DownFor(Duration),
    /// It answers 503 to this share of the requests.
    Flaky(f64),
    /// It admits so many requests in each window, and answers 429 to the others, with the time until
    /// the next window in `Retry-After`.
    Limited { quota: u32, window: Duration },
}

/// The service, and when each request reached it.
pub(super) struct Service {
    behaviour: Behaviour,
    start: Instant,
    chance: Mutex<fastrand::Rng>,
    windows: Mutex<std::collections::HashMap<u128, u32>>,
    arrivals: Mutex<Vec<Duration>>,
}

impl Service {
    pub(super) fn new(behaviour: Behaviour, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            behaviour,
            start: Instant::now(),
            chance: Mutex::new(fastrand::Rng::with_seed(seed)),
            windows: Mutex::default(),
            arrivals: Mutex::default(),
        })
    }

    pub(super) fn chance(&self) -> f64 {
        self.chance.lock().unwrap().f64()
    }

    pub(super) fn arrivals(&self) -> Vec<Duration> {
        self.arrivals.lock().unwrap().clone()
    }

    /// What becomes of a request that arrives now: a status, and the seconds to wait.
    fn answer(&self) -> (u16, Option<u64>) {
        let now = self.start.elapsed();
        self.arrivals.lock().unwrap().push(now);
        match self.behaviour {
            Behaviour::Down => (503, None),
            Behaviour::DownFor(outage) => (if now < outage { 503 } else { 200 }, None),
            Behaviour::Flaky(share) => (if self.chance() < share { 503 } else { 200 }, None),
            Behaviour::Limited { quota, window } => {
                let of = now.as_millis() / window.as_millis();
                let mut windows = self.windows.lock().unwrap();
                let used = windows.entry(of).or_default();
                *used += 1;
                if *used <= quota {
                    return (200, None);
                }
                let next = window * u32::try_from(of + 1).unwrap();
                // Whole seconds, as most services have it.
                (429, Some((next - now).as_secs_f64().ceil() as u64))
            }
        }
    }
}

/// The way to the service: 10 to 30 ms there, and the same again back.
pub(super) struct Wire(pub(super) Arc<Service>);

impl HttpClient for Wire {
    fn send(&self, _: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            let way = ms(10) + ms(20).mul_f64(self.0.chance());
            sleep(way).await;
            let (status, wait) = self.0.answer();
            sleep(way).await;
            let mut response = http::Response::builder().status(status);
            if let Some(wait) = wait {
                response = response.header(http::header::RETRY_AFTER, wait);
            }
            Ok(response.body("{}".into()).unwrap())
        })
    }
}

/// The chance of the same simulation, so that it comes out the same every time.
pub(super) struct Chance(pub(super) Arc<Service>);

impl Environment for Chance {
    fn chance(&self) -> f64 {
        self.0.chance()
    }
    fn idempotency_key(&self) -> Uuid {
        Uuid::nil()
    }
    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

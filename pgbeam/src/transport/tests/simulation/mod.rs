//! Many calls at once on a service that fails, in simulated time: what the throttle and the shared
//! wait after a 429 do, and what would be without them.
//!
//! `cargo xtask simulate` runs all of it, prints the table and draws `docs/retries.svg`.

mod service;
mod svg;

use futures_util::future::join_all;

use self::service::{Behaviour, Chance, Service, Wire};
use super::*;

/// Whether the calls share what the calls of one client share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// They go through one client.
    On,
    /// Each goes through a client of its own, which no other call tells anything.
    Off,
}

/// What came of a simulation.
struct Outcomes {
    calls: usize,
    succeeded: usize,
    /// When each request reached the service.
    arrivals: Vec<Duration>,
    /// When the last call ended.
    lasted: Duration,
}

/// How the requests are counted over time.
const SLOT: Duration = ms(100);

impl Outcomes {
    fn requests_per_call(&self) -> f64 {
        self.arrivals.len() as f64 / self.calls as f64
    }

    fn success(&self) -> f64 {
        self.succeeded as f64 / self.calls as f64
    }

    /// How many requests reached the service in each slot.
    fn over_time(&self) -> Vec<usize> {
        let slot = |at: &Duration| (at.as_millis() / SLOT.as_millis()) as usize;
        let mut slots = vec![
            0;
            self.arrivals
                .iter()
                .map(slot)
                .max()
                .map_or(0, |last| last + 1)
        ];
        self.arrivals.iter().for_each(|at| slots[slot(at)] += 1);
        slots
    }

    /// The most requests in one slot after the first ones, which nothing could have spread.
    fn herd(&self) -> usize {
        self.over_time()
            .into_iter()
            .skip(1)
            .max()
            .unwrap_or_default()
    }
}

/// So many calls, all begun at once.
async fn simulate(behaviour: Behaviour, calls: usize, sharing: Sharing) -> Outcomes {
    let service = Service::new(behaviour, 7);
    let shared = |on| Arc::new(client(&service, on));
    let one = shared(true);
    let start = Instant::now();
    let call = |_| {
        let shared = match sharing {
            Sharing::On => one.clone(),
            Sharing::Off => shared(false),
        };
        async move {
            let bound = Bound::new(shared, CallOptions::new());
            let client = Client::new("https://x.test", bound).unwrap();
            let call = client
                .call(GET)
                .path("project_id", "prj_1")
                .path("policy_id", "pol_1");
            call.send()
                .await
                .is_ok_and(|answer| answer.status.is_success())
        }
    };
    let succeeded = join_all((0..calls).map(call))
        .await
        .into_iter()
        .filter(|ok| *ok)
        .count();
    Outcomes {
        calls,
        succeeded,
        arrivals: service.arrivals(),
        lasted: start.elapsed(),
    }
}

/// The client with its defaults; without sharing, no throttle either.
fn client(service: &Arc<Service>, throttled: bool) -> Shared {
    Shared {
        token_bucket: TokenBucket::new(RetryThrottle::from(throttled)),
        http: Arc::new(Wire(service.clone())),
        environment: Box::new(Chance(service.clone())),
        ..shared()
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_outage_is_met_with_at_most_a_fifth_more_requests() {
    for calls in [1_000, 10_000] {
        let with = simulate(Behaviour::Down, calls, Sharing::On).await;
        assert!(
            with.requests_per_call() <= 1.2,
            "{}",
            with.requests_per_call()
        );
    }
    let without = simulate(Behaviour::Down, 1_000, Sharing::Off).await;
    assert_eq!(without.requests_per_call(), 6.0);
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_at_random_fail_hardly_a_call() {
    for calls in [1_000, 10_000] {
        let with = simulate(Behaviour::Flaky(0.1), calls, Sharing::On).await;
        assert!(with.success() >= 0.999, "{}", with.success());
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_told_to_wait_does_not_return_as_a_herd() {
    let limited = Behaviour::Limited {
        quota: 400,
        window: s(10),
    };
    let with = simulate(limited, 1_000, Sharing::On).await;
    let without = simulate(limited, 1_000, Sharing::Off).await;
    assert_eq!((with.succeeded, without.succeeded), (1_000, 1_000));
    assert!(
        with.herd() * 2 < without.herd(),
        "{} and {}",
        with.herd(),
        without.herd()
    );
    // More than are admitted within their budgets.
    let with = simulate(limited, 10_000, Sharing::On).await;
    let without = simulate(limited, 10_000, Sharing::Off).await;
    assert!(with.succeeded > without.succeeded);
    assert!(
        with.herd() * 5 < without.herd(),
        "{} and {}",
        with.herd(),
        without.herd()
    );
}

/// `cargo xtask simulate` draws it.
#[tokio::test(start_paused = true)]
async fn the_picture_shows_what_is_so() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/retries.svg");
    // The crate by itself has no picture.
    let Ok(picture) = std::fs::read_to_string(path) else {
        return;
    };
    assert!(
        picture == picture_of().await,
        "docs/retries.svg is stale: run `cargo xtask simulate`"
    );
}

/// The scenarios of the table.
const SCENARIOS: [(&str, Behaviour); 4] = [
    ("outage", Behaviour::Down),
    ("outage of 3 s", Behaviour::DownFor(s(3))),
    ("10 % fail at random", Behaviour::Flaky(0.1)),
    (
        "limit of 40 a second",
        Behaviour::Limited {
            quota: 400,
            window: s(10),
        },
    ),
];

/// Prints the table, and draws where `PGBEAM_SIMULATION_SVG` says.
#[tokio::test(start_paused = true)]
#[ignore = "it is the long form: `cargo xtask simulate`"]
async fn table() {
    println!(
        "{:<22} {:>7} {:>8} {:>14} {:>10} {:>16} {:>8}",
        "service", "calls", "sharing", "requests/call", "succeeded", "most in 100 ms", "lasted"
    );
    for (name, behaviour) in SCENARIOS {
        for calls in [100, 1_000, 10_000] {
            for sharing in [Sharing::Off, Sharing::On] {
                let of = simulate(behaviour, calls, sharing).await;
                println!(
                    "{name:<22} {calls:>7} {:>8} {:>14.3} {:>8.2} % {:>16} {:>6.1} s",
                    format!("{sharing:?}").to_lowercase(),
                    of.requests_per_call(),
                    of.success() * 100.0,
                    of.herd(),
                    of.lasted.as_secs_f64(),
                );
            }
        }
    }
    let Ok(path) = std::env::var("PGBEAM_SIMULATION_SVG") else {
        return;
    };
    std::fs::write(&path, picture_of().await).unwrap();
}

/// The picture of two of the scenarios.
async fn picture_of() -> String {
    let mut charts = Vec::new();
    for (name, behaviour) in [SCENARIOS[0], SCENARIOS[3]] {
        let without = simulate(behaviour, 1_000, Sharing::Off).await.over_time();
        let with = simulate(behaviour, 1_000, Sharing::On).await.over_time();
        charts.push(svg::Chart {
            title: format!("{name}, 1,000 calls at once"),
            without,
            with,
        });
    }
    svg::draw(&charts)
}

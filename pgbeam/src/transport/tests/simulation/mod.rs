//! Simulates many concurrent calls to a failing service, in simulated time. Compares two ways to make the
//! calls: all calls share one client with its retry budget and rate-limit gate, or each call has its own
//! client without a retry budget.
//!
//! `cargo xtask simulate` runs all scenarios, prints a table of the results and draws `docs/retries.svg`.

mod service;
mod svg;

use futures_util::future::join_all;

use self::service::{FailureMode, SeededEnvironment, Service, SimulatedNetwork};
use super::*;

/// Whether the calls of a simulation share a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clients {
    /// All calls share one client.
    One,
    /// Each call has its own client, without a retry budget, so the calls share no state.
    Many,
}

/// The result of a simulation.
struct SimulationResult {
    calls: usize,
    succeeded: usize,
    /// The times at which the requests arrived at the service, since the start.
    arrivals: Vec<Duration>,
    /// The time from the start to the end of the last call.
    duration: Duration,
}

/// The length of a time slot. The requests are counted for each time slot.
const SLOT: Duration = ms(100);

impl SimulationResult {
    fn requests_per_call(&self) -> f64 {
        self.arrivals.len() as f64 / self.calls as f64
    }

    fn success_rate(&self) -> f64 {
        self.succeeded as f64 / self.calls as f64
    }

    /// Returns the number of requests that arrived in each slot, from the start on.
    fn requests_per_slot(&self) -> Vec<usize> {
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

    /// Returns the maximum number of requests in one slot. The first slot is not counted, because it contains
    /// the first attempts of all calls.
    fn peak(&self) -> usize {
        self.requests_per_slot()
            .into_iter()
            .skip(1)
            .max()
            .unwrap_or_default()
    }
}

/// Simulates `calls` concurrent calls to a service that fails as `mode` says.
async fn simulate(mode: FailureMode, calls: usize, clients: Clients) -> SimulationResult {
    let service = Service::new(mode, 7);
    let new_client = |throttled| Arc::new(client_state(&service, throttled));
    let one = new_client(true);
    let start = Instant::now();
    let call = |_| {
        let state = match clients {
            Clients::One => one.clone(),
            Clients::Many => new_client(false),
        };
        async move {
            let transport = RetryTransport::new(state, CallOptions::new());
            let client = Client::new("https://x.test", transport).unwrap();
            let call = client
                .call(GET)
                .path("project_id", "prj_1")
                .path("policy_id", "pol_1");
            call.send()
                .await
                .is_ok_and(|response| response.status.is_success())
        }
    };
    let succeeded = join_all((0..calls).map(call))
        .await
        .into_iter()
        .filter(|ok| *ok)
        .count();
    SimulationResult {
        calls,
        succeeded,
        arrivals: service.arrivals(),
        duration: start.elapsed(),
    }
}

/// Returns the state of a client that calls the simulated service, with the settings of [`default_state`] and
/// with or without a retry budget.
fn client_state(service: &Arc<Service>, throttled: bool) -> ClientState {
    ClientState {
        token_bucket: TokenBucket::new(RetryThrottle::from(throttled)),
        http: Arc::new(SimulatedNetwork(service.clone())),
        environment: Box::new(SeededEnvironment(service.clone())),
        ..default_state()
    }
}

#[tokio::test(start_paused = true)]
async fn outage_adds_at_most_a_fifth_of_requests() {
    for calls in [1_000, 10_000] {
        let one = simulate(FailureMode::Down, calls, Clients::One).await;
        assert!(
            one.requests_per_call() <= 1.2,
            "{}",
            one.requests_per_call()
        );
    }
    let many = simulate(FailureMode::Down, 1_000, Clients::Many).await;
    assert_eq!(many.requests_per_call(), 6.0);
}

#[tokio::test(start_paused = true)]
async fn random_failures_fail_almost_no_calls() {
    for calls in [1_000, 10_000] {
        let one = simulate(FailureMode::Flaky(0.1), calls, Clients::One).await;
        assert!(one.success_rate() >= 0.999, "{}", one.success_rate());
    }
}

#[tokio::test(start_paused = true)]
async fn rate_limited_calls_spread_their_retries() {
    let limited = FailureMode::RateLimited {
        quota: 400,
        window: s(10),
    };
    let one = simulate(limited, 1_000, Clients::One).await;
    let many = simulate(limited, 1_000, Clients::Many).await;
    assert_eq!((one.succeeded, many.succeeded), (1_000, 1_000));
    assert!(
        one.peak() * 2 < many.peak(),
        "{} and {}",
        one.peak(),
        many.peak()
    );
    // These are more calls than the service accepts within the total timeout.
    let one = simulate(limited, 10_000, Clients::One).await;
    let many = simulate(limited, 10_000, Clients::Many).await;
    assert!(one.succeeded > many.succeeded);
    assert!(
        one.peak() * 5 < many.peak(),
        "{} and {}",
        one.peak(),
        many.peak()
    );
}

/// Checks that `docs/retries.svg` is equal to the chart that `cargo xtask simulate` draws.
#[tokio::test(start_paused = true)]
async fn chart_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/retries.svg");
    // The published crate does not contain the chart.
    let Ok(chart) = std::fs::read_to_string(path) else {
        return;
    };
    assert!(
        chart == render_chart().await,
        "docs/retries.svg is stale: run `cargo xtask simulate`"
    );
}

/// The scenarios in the table, each with its name and failure mode. The chart shows the first and the last
/// scenario.
const SCENARIOS: [(&str, FailureMode); 4] = [
    ("outage", FailureMode::Down),
    ("outage of 3 s", FailureMode::DownFor(s(3))),
    ("10 % random failures", FailureMode::Flaky(0.1)),
    (
        "limit of 40 requests/s",
        FailureMode::RateLimited {
            quota: 400,
            window: s(10),
        },
    ),
];

/// Prints a table of the results of all scenarios. If the environment variable `PGBEAM_SIMULATION_SVG`
/// contains a path, also writes the chart to it. Run by `cargo xtask simulate`.
#[tokio::test(start_paused = true)]
#[ignore = "slow: run `cargo xtask simulate`"]
async fn table() {
    println!(
        "{:<22} {:>7} {:>8} {:>14} {:>10} {:>16} {:>9}",
        "scenario", "calls", "clients", "requests/call", "succeeded", "peak in 100 ms", "duration"
    );
    for (name, mode) in SCENARIOS {
        for calls in [100, 1_000, 10_000] {
            for clients in [Clients::Many, Clients::One] {
                let result = simulate(mode, calls, clients).await;
                println!(
                    "{name:<22} {calls:>7} {:>8} {:>14.3} {:>8.2} % {:>16} {:>7.1} s",
                    format!("{clients:?}").to_lowercase(),
                    result.requests_per_call(),
                    result.success_rate() * 100.0,
                    result.peak(),
                    result.duration.as_secs_f64(),
                );
            }
        }
    }
    let Ok(path) = std::env::var("PGBEAM_SIMULATION_SVG") else {
        return;
    };
    std::fs::write(&path, render_chart().await).unwrap();
}

/// Simulates the first and the last scenario and renders their chart.
async fn render_chart() -> String {
    let mut charts = Vec::new();
    for (name, mode) in [SCENARIOS[0], SCENARIOS[3]] {
        let many_clients = simulate(mode, 1_000, Clients::Many)
            .await
            .requests_per_slot();
        let one_client = simulate(mode, 1_000, Clients::One)
            .await
            .requests_per_slot();
        charts.push(svg::Chart {
            title: format!("{name}, 1,000 concurrent calls"),
            many_clients,
            one_client,
        });
    }
    svg::render(&charts)
}

//! Makes many concurrent calls to an emulator with injected faults, and checks the stored state: a successful
//! write is stored once, a write that failed without an effect is not stored, and an ambiguous write, which
//! failed but may have had an effect, is stored at most once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use pgbeam::{
    Client, Error,
    policies::{Policies, PolicyProfileInput},
};
use pgbeam_emulator::{Emulator, Fault, ManualClock};
use serde_json::Value;

const PROJECT: &str = "prj_soak";

/// The number of phases that the calls are divided into. After each phase, the memory is measured.
const PHASES: usize = 8;

/// The parameters of a soak test.
#[derive(Debug, Clone, Copy)]
pub struct SoakTest {
    /// The total number of calls.
    pub calls: usize,
    /// The number of workers that make calls concurrently, at least 1. Each worker makes one call at a time.
    pub concurrency: usize,
    /// The random seed. Two runs with the same seed can still make different calls, because timing decides
    /// which call gets an injected fault.
    pub seed: u64,
}

/// The result of a soak test.
#[derive(Debug, Default)]
pub struct Report {
    /// The number of successful calls.
    pub succeeded: u64,
    /// The number of calls that failed and had no effect.
    pub failed: u64,
    /// The number of calls that failed and may have had an effect.
    pub ambiguous: u64,
    /// The number of attempts of all calls.
    pub attempts: u64,
    /// The resident memory of the process in KiB, after a quarter of the calls and at the end. `None` if the
    /// system does not provide it.
    pub memory: Option<(u64, u64)>,
    /// Descriptions of all differences between the results of the calls and the stored state, and of a wrong
    /// number of ended calls. If there are any, the test has failed.
    pub violations: Vec<String>,
}

impl Report {
    /// Returns the number of calls that ended, successful or not.
    pub fn calls(&self) -> u64 {
        self.succeeded + self.failed + self.ambiguous
    }

    fn count(&mut self, error: Option<&Error>) {
        match error {
            None => self.succeeded += 1,
            Some(error) if error.maybe_applied() => self.ambiguous += 1,
            Some(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "calls      {:>8}", self.calls())?;
        writeln!(f, "succeeded  {:>8}", self.succeeded)?;
        writeln!(f, "failed     {:>8}", self.failed)?;
        writeln!(f, "ambiguous  {:>8}", self.ambiguous)?;
        writeln!(f, "attempts   {:>8}", self.attempts)?;
        if let Some((before, after)) = self.memory {
            writeln!(
                f,
                "memory     {before:>8} KiB after a quarter, {after} KiB at the end"
            )?;
        }
        writeln!(f, "violations {:>8}", self.violations.len())?;
        self.violations
            .iter()
            .try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}

impl SoakTest {
    /// Makes the calls, then compares their results with the stored state.
    ///
    /// # Errors
    ///
    /// If the emulator or the client cannot be created, or a worker panics.
    pub async fn run(self) -> Result<Report, Box<dyn std::error::Error>> {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let emulator = Emulator::builder()
            .record_requests(0)
            .clock(clock.clone())
            .start()
            .await?;
        let emulator = Arc::new(emulator);
        let attempts = Arc::new(AtomicU64::new(0));
        let counter = attempts.clone();
        let client = Client::builder()
            .base_url(emulator.base_url())
            .api_key("pbk_soak_test")
            .env(|_| None)
            .initial_backoff(Duration::from_millis(1))
            .max_backoff(Duration::from_millis(10))
            .on_attempt(move |_| {
                counter.fetch_add(1, Ordering::Relaxed);
            })
            .build()?;
        let policies = client.project(PROJECT)?.policies();
        let mut workers = Vec::new();
        for number in 0..self.concurrency {
            let rng = fastrand::Rng::with_seed(self.seed.wrapping_add(number as u64));
            let (policies, emulator) = (policies.clone(), emulator.clone());
            workers.push(Worker {
                number,
                rng,
                policies,
                emulator,
                write_count: 0,
                profiles: Vec::new(),
                ambiguous_creations: BTreeSet::new(),
                report: Report::default(),
            });
        }
        let mut memory = Vec::new();
        for phase in 0..PHASES {
            let calls = self.calls * (phase + 1) / PHASES - self.calls * phase / PHASES;
            workers = run_workers(workers, calls).await?;
            memory.push(resident_memory_kib());
            // Lets the emulator drop the responses that it stores for idempotency keys, so that only the
            // client's memory can grow.
            clock.advance(TimeDelta::hours(25));
        }

        emulator.clear_faults();
        let mut report = Report {
            attempts: attempts.load(Ordering::Relaxed),
            memory: memory[PHASES / 4 - 1].zip(memory[PHASES - 1]),
            ..Report::default()
        };
        let mut stored = group_by_name(&emulator.project(PROJECT).policies());
        for worker in workers {
            worker.check_stored(&mut stored, &mut report);
        }
        for (name, copies) in stored {
            report.violations.push(format!(
                "{name}: stored {} times, but no call created it",
                copies.len()
            ));
        }
        if report.calls() != self.calls as u64 {
            let violation = format!("{} calls started, {} ended", self.calls, report.calls());
            report.violations.push(violation);
        }
        Ok(report)
    }
}

/// Divides the calls among the workers, runs the workers concurrently, and returns them.
async fn run_workers(
    workers: Vec<Worker>,
    calls: usize,
) -> Result<Vec<Worker>, tokio::task::JoinError> {
    let calls_per_worker = calls / workers.len();
    let remainder = calls % workers.len();
    let mut tasks = Vec::new();
    for mut worker in workers {
        let calls = calls_per_worker + usize::from(worker.number < remainder);
        tasks.push(tokio::spawn(async move {
            for _ in 0..calls {
                worker.step().await;
            }
            worker
        }));
    }
    let mut finished = Vec::new();
    for task in tasks {
        finished.push(task.await?);
    }
    Ok(finished)
}

/// Groups the stored profiles by name. Each name is used for only one creation, so two profiles with one name
/// are a violation.
fn group_by_name(stored: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let mut names: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for profile in stored {
        let name = profile
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        names
            .entry(name.to_owned())
            .or_default()
            .push(profile.clone());
    }
    names
}

/// Returns the resident memory of the process in KiB, or `None` if the system does not provide it.
fn resident_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A profile that a worker created.
#[derive(Debug)]
struct KnownProfile {
    name: String,
    id: String,
    /// The values that `max_rows` can have on the server. After an ambiguous write, there is more than one.
    max_rows: BTreeSet<i64>,
    /// `true` if a deletion failed but may have had an effect, and no later call has found the profile.
    maybe_deleted: bool,
}

/// Makes sequential calls on profiles that no other worker uses.
struct Worker {
    number: usize,
    rng: fastrand::Rng,
    policies: Policies,
    emulator: Arc<Emulator>,
    write_count: i64,
    profiles: Vec<KnownProfile>,
    /// The names of profiles whose creation failed but may have had an effect.
    ambiguous_creations: BTreeSet<String>,
    report: Report,
}

impl Worker {
    async fn step(&mut self) {
        if self.rng.u8(..100) < 15 {
            let fault = self.random_fault();
            self.emulator.inject_fault(fault);
        }
        let Some(at) = (!self.profiles.is_empty()).then(|| self.rng.usize(..self.profiles.len()))
        else {
            return self.create().await;
        };
        match self.rng.u8(..100) {
            0..15 if self.profiles.len() < 6 => self.create().await,
            0..45 => self.get(at).await,
            45..75 => self.update(at).await,
            75..85 => self.edit(at).await,
            85..95 => self.delete(at).await,
            _ => self.list().await,
        }
    }

    fn random_fault(&mut self) -> Fault {
        match self.rng.u8(..14) {
            0 => Fault::status(503),
            1 => Fault::status(503).retry_after(0),
            2 => Fault::status(429).retry_after(0),
            3 => Fault::status(429),
            4 => Fault::status(408),
            5 => Fault::status(502).after_applying(),
            6 => Fault::html(502, "<h1>Bad Gateway</h1>"),
            7 => Fault::disconnect(),
            8 => Fault::apply_then_disconnect(),
            9 => Fault::truncate(),
            // Only for reads: the client ignores this body after a deletion, which would seem to succeed.
            10 => Fault::respond(200, "<html>").on("getPolicyProfile"),
            11 => Fault::status(500),
            12 => Fault::status(500).after_applying(),
            _ => Fault::slow(Duration::from_millis(2)),
        }
    }

    fn next_number(&mut self) -> i64 {
        self.write_count += 1;
        self.write_count
    }

    async fn create(&mut self) {
        let number = self.next_number();
        let name = format!("{}-{number}", self.number);
        let input = PolicyProfileInput::new(&name).max_rows(number);
        let created = self.policies.create(input).await;
        self.report.count(created.as_ref().err());
        match created {
            Ok(created) => self.profiles.push(KnownProfile {
                name,
                id: created.id().to_string(),
                max_rows: [number].into(),
                maybe_deleted: false,
            }),
            Err(error) if error.maybe_applied() => {
                self.ambiguous_creations.insert(name);
            }
            Err(_) => {}
        }
    }

    async fn get(&mut self, at: usize) {
        let result = self.policies.get(&self.profiles[at].id).await;
        self.report.count(result.as_ref().err());
        let profile = &mut self.profiles[at];
        match result {
            Ok(stored) => {
                let actual = stored.max_rows();
                if !profile.max_rows.contains(&actual) {
                    let violation = format!(
                        "{}: max_rows is {actual}, expected one of {:?}",
                        profile.name, profile.max_rows
                    );
                    self.report.violations.push(violation);
                }
                profile.max_rows = [actual].into();
                profile.maybe_deleted = false;
            }
            Err(error) => self.remove_if_missing(at, &error),
        }
    }

    async fn update(&mut self, at: usize) {
        let number = self.next_number();
        let input = PolicyProfileInput::new(&self.profiles[at].name).max_rows(number);
        let updated = self.policies.update(&self.profiles[at].id, input).await;
        self.record_write(at, number, updated.err());
    }

    async fn edit(&mut self, at: usize) {
        let number = self.next_number();
        let edited = self
            .policies
            .edit(&self.profiles[at].id)
            .max_rows(number)
            .await;
        self.record_write(at, number, edited.err());
    }

    fn record_write(&mut self, at: usize, number: i64, error: Option<Error>) {
        self.report.count(error.as_ref());
        let profile = &mut self.profiles[at];
        match error {
            None => {
                profile.max_rows = [number].into();
                profile.maybe_deleted = false;
            }
            Some(error) => {
                if error.maybe_applied() {
                    profile.max_rows.insert(number);
                }
                self.remove_if_missing(at, &error);
            }
        }
    }

    async fn delete(&mut self, at: usize) {
        let deleted = self.policies.delete(&self.profiles[at].id).await;
        self.report.count(deleted.as_ref().err());
        match deleted {
            Ok(_) => {
                self.profiles.swap_remove(at);
            }
            Err(error) => {
                self.profiles[at].maybe_deleted |= error.maybe_applied();
                self.remove_if_missing(at, &error);
            }
        }
    }

    async fn list(&mut self) {
        let page = self.policies.list().page_size(5).await;
        self.report.count(page.err().as_ref());
    }

    /// If the error is a 404, removes the profile from the worker's profiles, and records a violation unless
    /// `maybe_deleted` is set. Ignores any other error.
    fn remove_if_missing(&mut self, at: usize, error: &Error) {
        if !error.is_not_found() {
            return;
        }
        let profile = self.profiles.swap_remove(at);
        if !profile.maybe_deleted {
            self.report
                .violations
                .push(format!("{}: not found, but never deleted", profile.name));
        }
    }

    /// Compares the worker's profiles and ambiguous creations with the profiles in `stored`, and removes
    /// their names from `stored`. Adds the worker's counts and violations to `report`.
    fn check_stored(self, stored: &mut BTreeMap<String, Vec<Value>>, report: &mut Report) {
        for profile in self.profiles {
            let copies = stored.remove(&profile.name).unwrap_or_default();
            if copies.len() > 1 || copies.is_empty() && !profile.maybe_deleted {
                report
                    .violations
                    .push(format!("{}: stored {} times", profile.name, copies.len()));
            }
            for copy in copies {
                let max_rows = copy
                    .get("max_rows")
                    .and_then(Value::as_i64)
                    .unwrap_or_default();
                if !profile.max_rows.contains(&max_rows) {
                    let expected = &profile.max_rows;
                    report.violations.push(format!(
                        "{}: max_rows is {max_rows}, expected one of {expected:?}",
                        profile.name
                    ));
                }
            }
        }
        for name in self.ambiguous_creations {
            let copies = stored.remove(&name).unwrap_or_default();
            if copies.len() > 1 {
                report
                    .violations
                    .push(format!("{name}: stored {} times", copies.len()));
            }
        }
        report.succeeded += self.report.succeeded;
        report.failed += self.report.failed;
        report.ambiguous += self.report.ambiguous;
        report.violations.extend(self.report.violations);
    }
}

//! Many calls at once on an emulator that fails now and then, and an account of every one of them:
//! what succeeded is there once, what was refused is not there, and what is in doubt is there at most
//! once.

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

/// In how many parts the calls are made.
const PHASES: usize = 8;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub struct Soak {
    /// Calls in all.
    pub calls: usize,
    /// Calls at once.
    pub concurrency: usize,
    /// What chance begins with: the same seed makes the same calls, though not in the same order.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Calls that were answered with success.
    pub succeeded: u64,
    /// Calls that failed, and changed nothing.
    pub failed: u64,
    /// Calls that failed, and may have changed something.
    pub in_doubt: u64,
    /// Requests that were sent for all of them.
    pub attempts: u64,
    /// Resident memory after a quarter of the calls and at the end, in KiB, where the system tells.
    pub memory: Option<(u64, u64)>,
    /// What is not as it must be; nothing else is a failure.
    pub faults: Vec<String>,
}

impl Report {
    /// How many calls came to an end.
    pub fn calls(&self) -> u64 {
        self.succeeded + self.failed + self.in_doubt
    }

    fn count(&mut self, error: Option<&Error>) {
        match error {
            None => self.succeeded += 1,
            Some(error) if error.maybe_applied() => self.in_doubt += 1,
            Some(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "calls      {:>8}", self.calls())?;
        writeln!(f, "succeeded  {:>8}", self.succeeded)?;
        writeln!(f, "failed     {:>8}", self.failed)?;
        writeln!(f, "in doubt   {:>8}", self.in_doubt)?;
        writeln!(f, "requests   {:>8}", self.attempts)?;
        if let Some((before, after)) = self.memory {
            writeln!(
                f,
                "memory     {before:>8} KiB after a quarter, {after} KiB at the end"
            )?;
        }
        writeln!(f, "faults     {:>8}", self.faults.len())?;
        self.faults
            .iter()
            .try_for_each(|fault| writeln!(f, "  {fault}"))
    }
}

impl Soak {
    /// Does it all.
    ///
    /// # Errors
    ///
    /// When the emulator or the client cannot be had.
    pub async fn run(self) -> Result<Report, Box<dyn std::error::Error>> {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        let emulator = Emulator::builder()
            .forget_requests()
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
            let chance = fastrand::Rng::with_seed(self.seed.wrapping_add(number as u64));
            let (policies, emulator) = (policies.clone(), emulator.clone());
            workers.push(Worker {
                number,
                chance,
                policies,
                emulator,
                written: 0,
                held: Vec::new(),
                unsure: BTreeSet::new(),
                report: Report::default(),
            });
        }
        let mut memory = Vec::new();
        for phase in 0..PHASES {
            let calls = self.calls * (phase + 1) / PHASES - self.calls * phase / PHASES;
            workers = work(workers, calls).await?;
            memory.push(resident());
            // A day later, the emulator forgets the answers that it keeps by their keys: what grows
            // from here on is the client.
            clock.advance(TimeDelta::hours(25));
        }

        emulator.clear_faults();
        let mut report = Report {
            attempts: attempts.load(Ordering::Relaxed),
            memory: memory[PHASES / 4 - 1].zip(memory[PHASES - 1]),
            ..Report::default()
        };
        let mut stored = by_name(&emulator.project(PROJECT).policies());
        for worker in workers {
            worker.account(&mut stored, &mut report);
        }
        for (name, copies) in stored {
            report.faults.push(format!(
                "{name}: nobody has created it ({} times)",
                copies.len()
            ));
        }
        if report.calls() != self.calls as u64 {
            let fault = format!("{} calls were made, {} ended", self.calls, report.calls());
            report.faults.push(fault);
        }
        Ok(report)
    }
}

/// Has the workers make so many calls between them.
async fn work(workers: Vec<Worker>, calls: usize) -> Result<Vec<Worker>, tokio::task::JoinError> {
    let each = calls / workers.len();
    let more = calls % workers.len();
    let mut running = Vec::new();
    for mut worker in workers {
        let calls = each + usize::from(worker.number < more);
        running.push(tokio::spawn(async move {
            for _ in 0..calls {
                worker.step().await;
            }
            worker
        }));
    }
    let mut done = Vec::new();
    for worker in running {
        done.push(worker.await?);
    }
    Ok(done)
}

/// The profiles that are stored, by their names, which are never given twice.
fn by_name(stored: &[Value]) -> BTreeMap<String, Vec<Value>> {
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

/// Resident memory in KiB.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A profile of which a worker knows that it was created.
#[derive(Debug)]
struct Held {
    name: String,
    id: String,
    /// What `max_rows` may be: one value, or more when a write is in doubt.
    max_rows: BTreeSet<i64>,
    /// Whether a deletion is in doubt.
    maybe_gone: bool,
}

/// Makes calls one after the other, on profiles that no other worker touches.
struct Worker {
    number: usize,
    chance: fastrand::Rng,
    policies: Policies,
    emulator: Arc<Emulator>,
    written: i64,
    held: Vec<Held>,
    /// Names whose creation is in doubt.
    unsure: BTreeSet<String>,
    report: Report,
}

impl Worker {
    async fn step(&mut self) {
        if self.chance.u8(..100) < 15 {
            let fault = self.fault();
            self.emulator.fault(fault);
        }
        let Some(at) = (!self.held.is_empty()).then(|| self.chance.usize(..self.held.len())) else {
            return self.create().await;
        };
        match self.chance.u8(..100) {
            0..15 if self.held.len() < 6 => self.create().await,
            0..45 => self.get(at).await,
            45..75 => self.update(at).await,
            75..85 => self.edit(at).await,
            85..95 => self.delete(at).await,
            _ => self.list().await,
        }
    }

    fn fault(&mut self) -> Fault {
        match self.chance.u8(..14) {
            0 => Fault::status(503),
            1 => Fault::status(503).retry_after(0),
            2 => Fault::status(429).retry_after(0),
            3 => Fault::status(429),
            4 => Fault::status(408),
            5 => Fault::status(502).after_applying(),
            6 => Fault::html(502, "<h1>Bad Gateway</h1>"),
            7 => Fault::cut(),
            8 => Fault::apply_then_cut(),
            9 => Fault::truncate(),
            // Of a write, this would be a lie that nobody could see through.
            10 => Fault::respond(200, "<html>").on("getPolicyProfile"),
            11 => Fault::status(500),
            12 => Fault::status(500).after_applying(),
            _ => Fault::slow(Duration::from_millis(2)),
        }
    }

    fn next(&mut self) -> i64 {
        self.written += 1;
        self.written
    }

    async fn create(&mut self) {
        let number = self.next();
        let name = format!("{}-{number}", self.number);
        let input = PolicyProfileInput::new(&name).max_rows(number);
        let created = self.policies.create(input).await;
        self.report.count(created.as_ref().err());
        match created {
            Ok(created) => self.held.push(Held {
                name,
                id: created.id().to_string(),
                max_rows: [number].into(),
                maybe_gone: false,
            }),
            Err(error) if error.maybe_applied() => {
                self.unsure.insert(name);
            }
            Err(_) => {}
        }
    }

    async fn get(&mut self, at: usize) {
        let got = self.policies.get(&self.held[at].id).await;
        self.report.count(got.as_ref().err());
        let held = &mut self.held[at];
        match got {
            Ok(profile) => {
                let seen = profile.max_rows();
                if !held.max_rows.contains(&seen) {
                    let fault =
                        format!("{}: max_rows is {seen}, not {:?}", held.name, held.max_rows);
                    self.report.faults.push(fault);
                }
                held.max_rows = [seen].into();
                held.maybe_gone = false;
            }
            Err(error) => self.missing(at, &error),
        }
    }

    async fn update(&mut self, at: usize) {
        let number = self.next();
        let input = PolicyProfileInput::new(&self.held[at].name).max_rows(number);
        let updated = self.policies.update(&self.held[at].id, input).await;
        self.wrote(at, number, updated.err());
    }

    async fn edit(&mut self, at: usize) {
        let number = self.next();
        let edited = self.policies.edit(&self.held[at].id).max_rows(number).await;
        self.wrote(at, number, edited.err());
    }

    fn wrote(&mut self, at: usize, number: i64, error: Option<Error>) {
        self.report.count(error.as_ref());
        let held = &mut self.held[at];
        match error {
            None => {
                held.max_rows = [number].into();
                held.maybe_gone = false;
            }
            Some(error) => {
                if error.maybe_applied() {
                    held.max_rows.insert(number);
                }
                self.missing(at, &error);
            }
        }
    }

    async fn delete(&mut self, at: usize) {
        let deleted = self.policies.delete(&self.held[at].id).await;
        self.report.count(deleted.as_ref().err());
        match deleted {
            Ok(_) => {
                self.held.swap_remove(at);
            }
            Err(error) => {
                self.held[at].maybe_gone |= error.maybe_applied();
                self.missing(at, &error);
            }
        }
    }

    async fn list(&mut self) {
        let page = self.policies.list().page_size(5).await;
        self.report.count(page.err().as_ref());
    }

    /// Forgets a profile that is not there any more, which only a deletion in doubt explains.
    fn missing(&mut self, at: usize, error: &Error) {
        if !error.is_not_found() {
            return;
        }
        let held = self.held.swap_remove(at);
        if !held.maybe_gone {
            self.report
                .faults
                .push(format!("{}: it is gone", held.name));
        }
    }

    /// Compares what the worker knows with what is stored, and takes it out.
    fn account(self, stored: &mut BTreeMap<String, Vec<Value>>, report: &mut Report) {
        for held in self.held {
            let copies = stored.remove(&held.name).unwrap_or_default();
            if copies.len() > 1 || copies.is_empty() && !held.maybe_gone {
                report
                    .faults
                    .push(format!("{}: it is there {} times", held.name, copies.len()));
            }
            for copy in copies {
                let max_rows = copy
                    .get("max_rows")
                    .and_then(Value::as_i64)
                    .unwrap_or_default();
                if !held.max_rows.contains(&max_rows) {
                    let want = &held.max_rows;
                    report.faults.push(format!(
                        "{}: max_rows is {max_rows}, not {want:?}",
                        held.name
                    ));
                }
            }
        }
        for name in self.unsure {
            let copies = stored.remove(&name).unwrap_or_default();
            if copies.len() > 1 {
                report
                    .faults
                    .push(format!("{name}: it is there {} times", copies.len()));
            }
        }
        report.succeeded += self.report.succeeded;
        report.failed += self.report.failed;
        report.in_doubt += self.report.in_doubt;
        report.faults.extend(self.report.faults);
    }
}

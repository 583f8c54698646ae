//! Measures code generation and the comparison of two API contracts.
//!
//! `cargo bench -p pgbeam-codegen` prints both times. With `-- --check`, the command fails if a time exceeds
//! its limit. Each time is the minimum of five runs and includes parsing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use pgbeam_codegen::repository;
use pgbeam_spec::{
    compare::compare,
    error::{Error, Result},
    read::Node,
};

const RUNS: usize = 5;

fn main() -> Result<ExitCode> {
    let check = env::args().any(|argument| argument == "--check");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let pipeline = min_time(|| repository::output(&root).map(drop))?;
    let (old, new) = contracts(&root)?;
    let comparison = min_time(|| {
        let old = Node::parse(&old, "old.json")?;
        let new = Node::parse(&new, "new.json")?;
        compare(&old, &new).map(drop)
    })?;
    let mut code = ExitCode::SUCCESS;
    for (name, time, limit) in [
        ("code generation", pipeline, Duration::from_secs(3)),
        (
            "contract comparison",
            comparison,
            Duration::from_millis(200),
        ),
    ] {
        let verdict = if time <= limit {
            "ok"
        } else {
            "above the limit"
        };
        println!("{name:<24} {time:>10.1?}   limit {limit:>6.1?}   {verdict}");
        if check && time > limit {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Calls `run` [`RUNS`] times and returns the shortest time.
fn min_time(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut min = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        min = min.min(start.elapsed());
    }
    Ok(min)
}

/// Returns the checked-in contract (`spec/openapi.json`), and a copy with many changes.
fn contracts(root: &Path) -> Result<(String, String)> {
    let path = root.join("spec/openapi.json");
    let old = fs::read_to_string(&path)
        .map_err(|error| Error::io(path.display().to_string(), "read", &error))?;
    let new = old
        .replace("\"maxLength\": 255", "\"maxLength\": 200")
        .replace("\"created_at\"", "\"creation_time\"")
        .replace("\"429\"", "\"420\"");
    Ok((old, new))
}

//! How long the whole pipeline takes on our contract, and a comparison of two whole contracts.
//!
//! `cargo bench -p pgbeam-codegen` prints both; with `-- --check`, a time beyond its goal is a failure.
//! Each is the least of five runs, from the text of the files to the text of the code or the report.

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
    let pipeline = least(|| repository::output(&root).map(drop))?;
    let (old, new) = contracts(&root)?;
    let comparison = least(|| {
        let old = Node::parse(&old, "old.json")?;
        let new = Node::parse(&new, "new.json")?;
        compare(&old, &new).map(drop)
    })?;
    let mut code = ExitCode::SUCCESS;
    for (what, took, goal) in [
        ("contract in, code out", pipeline, Duration::from_secs(3)),
        (
            "two contracts compared",
            comparison,
            Duration::from_millis(200),
        ),
    ] {
        let verdict = if took <= goal {
            "ok"
        } else {
            "beyond the goal"
        };
        println!("{what:<24} {took:>10.1?}   goal {goal:>6.1?}   {verdict}");
        if check && took > goal {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// The least time that something takes.
fn least(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut least = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed());
    }
    Ok(least)
}

/// The bundle that is checked in, and the same with changes all over it.
fn contracts(root: &Path) -> Result<(String, String)> {
    let path = root.join("spec/openapi.json");
    let old = fs::read_to_string(&path)
        .map_err(|error| Error::io(path.display().to_string(), "read", &error))?;
    let new = old
        .replace("\"maxLength\": 255", "\"maxLength\": 200")
        .replace("\"created_at\"", "\"made_at\"")
        .replace("\"429\"", "\"420\"");
    Ok((old, new))
}

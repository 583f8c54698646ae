//! Runs the commands. Each command stores its result in an `Outcome`.

use std::path::Path;

use pgbeam::{
    Client,
    policies::{
        Policies,
        check::{Coverage, TestSuite, check},
        document::{FileErrors, PolicySet},
        finding::{Finding, Severity},
        lint::Linter,
        plan::{self, Action, Plan, Step},
    },
};
use pgbeam_engine::Engine;

use crate::{
    BoxError,
    args::{Command, FailOn, Format},
    output::Outcome,
};

impl Command {
    /// Returns the name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lint(_) => "lint",
            Self::Diff { .. } => "diff",
            Self::Plan { .. } => "plan",
            Self::Apply { .. } => "apply",
            Self::Test { .. } => "test",
            Self::Export { .. } => "export",
            Self::Drift { .. } => "drift",
            Self::Preview { .. } => "preview",
        }
    }
}

/// Runs a command, and stores its result in `outcome`. An error means that the command could not be run.
pub async fn run(command: Command, format: Format, outcome: &mut Outcome) -> Result<(), BoxError> {
    match command {
        Command::Lint(folder) => lint(&folder.path, outcome),
        Command::Diff {
            folder,
            against,
            project,
            prune,
            fail_on,
        } => {
            let desired = PolicySet::read(&folder.path);
            let (desired, current) = match against {
                Some(path) => {
                    let (desired, current) = both(desired, PolicySet::read(path))?;
                    (desired, Some(current))
                }
                None => (desired?, None),
            };
            let steps = match (current, project) {
                (Some(current), _) => plan::compare(&current, &desired)?,
                (None, Some(project)) => {
                    let plan = policies(&project)?.plan(&desired);
                    let plan = if prune.is_set { plan.prune() } else { plan };
                    plan.await?.steps().to_vec()
                }
                (None, None) => return Err("`--against` or `--project` is missing".into()),
            };
            report(&steps, fail_on.changes, outcome);
            outcome.locate(&desired);
            Ok(())
        }
        Command::Plan {
            folder,
            project,
            prune,
            out,
            fail_on,
        } => {
            let set = PolicySet::read(&folder.path)?;
            let plan = make_plan(&set, &project.id, prune.is_set).await?;
            if let Some(file) = out {
                write(&file, &plan.save())?;
            }
            report(plan.steps(), fail_on.changes, outcome);
            let warnings = plan.warnings().iter();
            let finding = |warning| Finding::new("plan-warning", Severity::Warning, warning);
            outcome.findings.extend(warnings.map(finding));
            outcome.locate(&set);
            Ok(())
        }
        Command::Apply {
            folder,
            project,
            prune,
            plan,
        } => {
            let plan = match (plan, project) {
                (Some(file), project) => load(&file, project.as_deref())?,
                (None, Some(project)) => {
                    let folder = folder.unwrap_or_else(|| ".".into());
                    make_plan(&PolicySet::read(&folder)?, &project, prune).await?
                }
                (None, None) => return Err("`--plan` or `--project` is missing".into()),
            };
            apply(plan, outcome).await
        }
        Command::Test { folder, project } => test(&folder.path, project.as_deref(), outcome).await,
        Command::Export { folder, project } => {
            let set = policies(&project.id)?.export().await?;
            outcome.count("policies", set.profiles().len());
            outcome.count("query_templates", set.query_templates().len());
            match folder {
                Some(folder) => outcome.count("files", set.export_dir(&folder)?.len()),
                None if format == Format::Text => outcome.document = Some(set.to_yaml()?),
                None => return Err("`export` without DIR prints YAML: use `--format text`".into()),
            }
            Ok(())
        }
        Command::Drift {
            folder,
            project,
            prune,
            fail_on,
        } => {
            let set = PolicySet::read(&folder.path)?;
            let drift = policies(&project.id)?.drift(&set);
            let drift = if prune.is_set { drift.prune() } else { drift };
            report(drift.await?.changes(), fail_on.changes, outcome);
            outcome.summary.remove(Action::Unchanged.as_str());
            outcome.locate(&set);
            Ok(())
        }
        Command::Preview { folder, project } => preview(&folder.path, &project.id, outcome).await,
    }
}

/// The error about mistakes in the files that a command reads: policy files and test files.
#[derive(Debug)]
pub struct Mistakes(pub Vec<Finding>);

impl std::fmt::Display for Mistakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the files have mistakes")
    }
}

impl std::error::Error for Mistakes {}

/// Returns the values of two reads. If at least one read failed, returns the mistakes of both reads.
fn both<A, B>(a: Result<A, FileErrors>, b: Result<B, FileErrors>) -> Result<(A, B), Mistakes> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => {
            let errors = [a.err(), b.err()].into_iter().flatten();
            Err(Mistakes(
                errors.flat_map(FileErrors::into_findings).collect(),
            ))
        }
    }
}

fn policies(project: &str) -> Result<Policies, BoxError> {
    Ok(Client::from_env()?.project(project)?.policies())
}

fn lint(path: &Path, outcome: &mut Outcome) -> Result<(), BoxError> {
    let set = PolicySet::read(path)?;
    outcome.findings = set.lint(&Linter::new());
    outcome.count("policies", set.profiles().len());
    outcome.count("findings", outcome.findings.len());
    let is_serious = outcome
        .findings
        .iter()
        .any(|finding| finding.severity >= Severity::Warning);
    outcome.exit_code = if is_serious { 2 } else { 0 };
    Ok(())
}

async fn make_plan(set: &PolicySet, project: &str, prune: bool) -> Result<Plan, BoxError> {
    let plan = policies(project)?.plan(set);
    let plan = if prune { plan.prune() } else { plan };
    Ok(plan.await?)
}

fn load(file: &Path, project: Option<&str>) -> Result<Plan, BoxError> {
    let json = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let plan = Plan::load(&json)?;
    match project {
        Some(project) if project != plan.project() => Err(format!(
            "the plan is for the project {}, not for {project}: make a plan for that project",
            plan.project()
        )
        .into()),
        _ => Ok(plan),
    }
}

fn write(file: &Path, text: &str) -> Result<(), BoxError> {
    std::fs::write(file, text)
        .map_err(|error| format!("cannot write {}: {error}", file.display()).into())
}

/// Adds to the outcome the number of steps of each action, a finding for each kept field, and the changes. Sets the exit
/// code according to `--fail-on`.
fn report(steps: &[Step], fail_on: FailOn, outcome: &mut Outcome) {
    for action in [
        Action::Create,
        Action::Update,
        Action::Delete,
        Action::Unchanged,
    ] {
        let count = steps.iter().filter(|step| step.action() == action).count();
        outcome.count(action.as_str(), count);
    }
    for step in steps {
        for (field, value) in step.kept() {
            let message = format!("`{field}` keeps its stored value {value}");
            let finding = Finding::new("kept-field", Severity::Info, message);
            let finding = finding.policy(step.name()).field(field);
            outcome.findings.push(finding);
        }
    }
    let changes = steps
        .iter()
        .filter(|step| step.action() != Action::Unchanged);
    outcome.changes = changes.cloned().collect();
    let is_reported = |step: &Step| match fail_on {
        FailOn::Never => false,
        FailOn::Any => true,
        FailOn::Loosening => step.effect().may_loosen(),
    };
    let is_any_reported = outcome.changes.iter().any(is_reported);
    outcome.exit_code = if is_any_reported { 2 } else { 0 };
}

async fn apply(plan: Plan, outcome: &mut Outcome) -> Result<(), BoxError> {
    let project = plan.project().to_owned();
    let report = policies(&project)?.apply(&plan).await?;
    for done in report.outcomes() {
        let step = done.step();
        match done.error() {
            Some(error) => outcome.findings.push(
                Finding::new("apply-failed", Severity::Error, crate::message(error))
                    .policy(step.name()),
            ),
            None if done.is_done() && step.action() != Action::Unchanged => {
                outcome.changes.push(step.clone());
            }
            None => {}
        }
    }
    let total = plan.changes().count();
    outcome.count("applied", outcome.changes.len());
    outcome.count("not_applied", total - outcome.changes.len());
    outcome.exit_code = if report.is_complete() { 0 } else { 1 };
    Ok(())
}

async fn test(path: &Path, project: Option<&str>, outcome: &mut Outcome) -> Result<(), BoxError> {
    let (set, suites) = both(PolicySet::read(path), TestSuite::read(path))?;
    let report = match project {
        None => check(&set, &suites, &Engine::default()).await?,
        Some(project) => check(&set, &suites, &policies(project)?).await?,
    };
    outcome.findings = report.findings().to_vec();
    outcome.count("passed", report.passed());
    outcome.count("failed", report.failed());
    for policy in report.coverage() {
        for item in policy.with(Coverage::NotCovered) {
            let note = format!("{}: no test covers {item}", policy.policy());
            outcome.notes.push(note);
        }
    }
    outcome.exit_code = if report.is_success() { 0 } else { 2 };
    Ok(())
}

async fn preview(path: &Path, project: &str, outcome: &mut Outcome) -> Result<(), BoxError> {
    let set = PolicySet::read(path)?;
    let policies = policies(project)?;
    for entry in set.profiles() {
        let Some(stored) = policies.find_by_name(entry.name()).await? else {
            let note = format!("{}: not in the project, so no agent uses it", entry.name());
            outcome.notes.push(note);
            continue;
        };
        let preview = policies
            .preview(entry.to_input())
            .bound_policy(stored.id())
            .await?;
        outcome
            .notes
            .push(format!("{}:\n{}", entry.name(), preview.to_text()));
        let finding = |rule: &str, message: String| {
            Finding::new(rule, Severity::Warning, message)
                .policy(entry.name())
                .location(entry.location().cloned())
        };
        for gap in preview.gaps() {
            outcome
                .findings
                .push(finding("no-evidence", gap.to_string()));
        }
        let blocked = preview.newly_blocked().map(|item| ("newly-blocked", item));
        let allowed = preview.newly_allowed().map(|item| ("newly-allowed", item));
        for (rule, item) in blocked.chain(allowed) {
            let message = format!("{} times: {}", item.occurrences, item.sql);
            outcome.findings.push(finding(rule, message));
        }
    }
    outcome.count("policies", set.profiles().len());
    outcome.count("findings", outcome.findings.len());
    outcome.exit_code = if outcome.findings.is_empty() { 0 } else { 2 };
    Ok(())
}

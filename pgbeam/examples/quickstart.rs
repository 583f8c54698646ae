//! Creates, lists, updates, edits, evaluates and deletes a policy profile, and handles two errors.
//!
//! By default, the program starts the emulator in its own process and sends the requests to the emulator:
//!
//! ```text
//! cargo run -p pgbeam --example quickstart
//! ```
//!
//! If both `PGBEAM_API_KEY` and `PGBEAM_PROJECT_ID` are set, the program sends the requests to the real API,
//! for this project. The program deletes the profile that it creates.

use std::time::Duration;

use pgbeam::{
    Client,
    policies::{AccessMode, Mask, Policies, PolicyProfile, PolicyProfileInput, RowFilter},
};
use pgbeam_emulator::Emulator;

type BoxError = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let key = std::env::var("PGBEAM_API_KEY").unwrap_or_default();
    let project = std::env::var("PGBEAM_PROJECT_ID").unwrap_or_default();
    if !key.is_empty() && !project.is_empty() {
        println!("Using project {project} of the API.");
        return run(&Client::from_env()?, &project).await;
    }
    let emulator = Emulator::start().await?;
    println!("PGBEAM_API_KEY or PGBEAM_PROJECT_ID is not set: using the emulator.");
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_key("pbk_emulator")
        .build()?;
    run(&client, "prj_quickstart").await
}

async fn run(client: &Client, project: &str) -> Result<(), BoxError> {
    let policies = client.project(project)?.policies();

    print_step("Create a policy profile");
    let created = policies
        .create(
            PolicyProfileInput::new("Support bot")
                .access_mode(AccessMode::ReadOnly)
                .table_allowlist(["public.orders", "public.users"])
                .mask(Mask::redact("public.users", "email")),
        )
        .await?;
    println!("Created {} with name {:?}.", created.id(), created.name());

    // Delete the profile even if a step fails.
    let result = use_profile(&policies, created.id()).await;
    print_step("Delete the profile");
    policies.delete(created.id()).await?;
    println!("Deleted {}.", created.id());
    result
}

async fn use_profile(policies: &Policies, id: &str) -> Result<(), BoxError> {
    print_step("List the profiles of the project");
    let mut profiles = policies.list().page_size(50).items();
    while let Some(profile) = profiles.try_next().await? {
        println!(
            "{}  {:<12} {}",
            profile.id(),
            profile.access_mode().as_str(),
            profile.name()
        );
    }

    print_step("Update: replace all fields, unless somebody changed the profile in the meantime");
    let current = policies.get(id).await?;
    let etag = current.require_etag()?.to_owned();
    let input = PolicyProfileInput::new("Read-only analytics")
        .access_mode(AccessMode::ReadOnly)
        .table_allowlist(["public.orders", "public.users"])
        .table_denylist(["api_secrets"])
        .mask(Mask::redact("public.users", "email"))
        .row_filter(RowFilter::new("public.orders", "region = 'eu'"))
        .budget_queries_per_hour(1_000)
        .max_rows(1_000)
        .statement_timeout(Duration::from_secs(5));
    let updated = policies.update(id, input).if_match(&etag).await?;
    print_profile(&updated);

    print_step("Edit: change two fields, keep all others");
    let edited = policies.edit(id).max_rows(500).clear_row_filters().await?;
    print_profile(&edited);

    print_step("Evaluate statements without executing them");
    for sql in [
        "SELECT id FROM orders",
        "SELECT email FROM users",
        "SELECT * FROM api_secrets",
        "DELETE FROM orders",
    ] {
        let verdict = policies.dry_eval(id, sql).await?;
        println!(
            "{:<26} {:<6} {}",
            sql,
            verdict.verdict.as_str(),
            verdict.reason
        );
    }

    print_step("Conflict: the ETag from before the update is stale");
    match policies
        .update(id, PolicyProfileInput::new("Too late"))
        .if_match(&etag)
        .await
    {
        Err(error) if error.is_precondition_failed() => {
            println!("Nothing was changed. {error}");
        }
        other => return Err(unexpected("a 412", other)),
    }

    print_step("Get a profile that does not exist");
    match policies.get("pol_missing").await {
        Err(error) if error.is_not_found() => println!("{error}"),
        other => return Err(unexpected("a 404", other)),
    }
    Ok(())
}

fn print_step(title: &str) {
    println!("\n== {title}");
}

fn print_profile(profile: &PolicyProfile) {
    println!(
        "{:?}: at most {} rows, timeout {:?}, {} masked columns, {} row filters, {} queries per hour",
        profile.name(),
        profile.max_rows(),
        profile.statement_timeout(),
        profile.masking_rules().len(),
        profile.row_filters().len(),
        profile.budget_queries_per_hour(),
    );
}

fn unexpected<T>(expected: &str, result: Result<T, pgbeam::Error>) -> BoxError {
    match result {
        Ok(_) => format!("expected {expected}, but the call succeeded").into(),
        Err(error) => error.into(),
    }
}

//! The whole story of a policy profile: create, list, update, edit, try, lose a race, delete.
//!
//! With no environment it starts the emulator in this process and talks to that:
//!
//! ```text
//! cargo run -p pgbeam --example quickstart
//! ```
//!
//! With `PGBEAM_API_KEY` and `PGBEAM_PROJECT_ID` it talks to the real API, in that project, and
//! deletes what it made.

use std::time::Duration;

use pgbeam::{
    Client,
    policies::{AccessMode, Mask, Policies, PolicyProfile, PolicyProfileInput, RowFilter},
};
use pgbeam_emulator::Emulator;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let key = std::env::var("PGBEAM_API_KEY").unwrap_or_default();
    let project = std::env::var("PGBEAM_PROJECT_ID").unwrap_or_default();
    if !key.is_empty() && !project.is_empty() {
        println!("Talking to the API about project {project}.");
        return story(&Client::from_env()?, &project).await;
    }
    let emulator = Emulator::start().await?;
    println!("No PGBEAM_API_KEY and PGBEAM_PROJECT_ID are set, so this is the emulator.");
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_key("pbk_emulator")
        .build()?;
    story(&client, "prj_quickstart").await
}

async fn story(client: &Client, project: &str) -> Result<(), Failure> {
    let policies = client.project(project)?.policies();

    step("Create a policy profile");
    let created = policies
        .create(
            PolicyProfileInput::new("Support bot")
                .access_mode(AccessMode::ReadOnly)
                .table_allowlist(["public.orders", "public.users"])
                .mask(Mask::redact("public.users", "email")),
        )
        .await?;
    println!("{} is called {:?}.", created.id(), created.name());

    // What is made is removed, however the rest goes.
    let rest = rest(&policies, created.id()).await;
    step("Delete what was made");
    policies.delete(created.id()).await?;
    println!("{} is gone.", created.id());
    rest
}

async fn rest(policies: &Policies, id: &str) -> Result<(), Failure> {
    step("List the profiles of the project");
    let mut profiles = policies.list().page_size(50).items();
    while let Some(profile) = profiles.try_next().await? {
        println!(
            "{}  {:<12} {}",
            profile.id(),
            profile.access_mode().as_str(),
            profile.name()
        );
    }

    step("Update: a full replacement, only if nobody else changed it");
    let before = policies.get(id).await?;
    let etag = before.require_etag()?.to_owned();
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
    show(&updated);

    step("Edit: change two fields, keep all others");
    let edited = policies.edit(id).max_rows(500).clear_row_filters().await?;
    show(&edited);

    step("Try statements without running them");
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

    step("Lose a race: the ETag from before the update is stale");
    match policies
        .update(id, PolicyProfileInput::new("Too late"))
        .if_match(&etag)
        .await
    {
        Err(error) if error.is_precondition_failed() => {
            println!("Nothing was written. {error}");
        }
        other => return Err(unexpected("a 412", other)),
    }

    step("Ask for what does not exist");
    match policies.get("pol_missing").await {
        Err(error) if error.is_not_found() => println!("{error}"),
        other => return Err(unexpected("a 404", other)),
    }
    Ok(())
}

fn step(what: &str) {
    println!("\n== {what}");
}

fn show(profile: &PolicyProfile) {
    println!(
        "{:?}: at most {} rows in {:?}, {} masked columns, {} row filters, {} queries an hour",
        profile.name(),
        profile.max_rows(),
        profile.statement_timeout(),
        profile.masking_rules().len(),
        profile.row_filters().len(),
        profile.budget_queries_per_hour(),
    );
}

fn unexpected<T>(wanted: &str, got: Result<T, pgbeam::Error>) -> Failure {
    match got {
        Ok(_) => format!("{wanted} was expected, but the call succeeded").into(),
        Err(error) => error.into(),
    }
}

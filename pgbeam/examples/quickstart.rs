//! The life of an agent's access: a project with a database, a policy, a credential, the statements of the agent, the
//! audit log, and a write that waits for approval.
//!
//! The program starts the emulator in its own process, so it needs no account:
//!
//! ```text
//! cargo run -p pgbeam --features full --example quickstart
//! ```

use pgbeam::agents::CreateAgentCredentialRequest;
use pgbeam::approvals::ApprovalStatus;
use pgbeam::databases::CreateDatabaseRequest;
use pgbeam::policies::{
    AccessMode, ApprovalMode, Mask, PolicyProfile, PolicyProfileInput, RowFilter,
};
use pgbeam::projects::CreateProjectRequest;
use pgbeam::{Client, Project};
use pgbeam_emulator::{Emulator, Statement};

type BoxError = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let emulator = Emulator::start().await?;
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_key("pbk_emulator")
        .build()?;

    print_step("Create a project with its database");
    let database = CreateDatabaseRequest::builder()
        .host("db.example.com")
        .port(5432)
        .name("shop")
        .username("app")
        .password("app-password");
    let created = client
        .projects()
        .create(CreateProjectRequest::new("Shop", "org_emulator", database))
        .await?;
    let project_id = created.project.id.as_str();
    println!("Created {project_id}.");
    let project = client.project(project_id)?;

    let policy = create_policy(&project).await?;

    print_step("Create a credential for the agent");
    let request = CreateAgentCredentialRequest::new("Support bot", policy.id());
    let secrets = project.agents().create(request).await?;
    let agent_id = secrets.credential.id.as_str();
    // The password is in the response to this request only. `Debug` and `Display` redact it.
    println!(
        "Created {agent_id}. Connection string: {:?}.",
        secrets.connection_string
    );

    evaluate(&project, &policy).await?;

    print_step("The agent sends statements: the emulator records them");
    let proxy = emulator.project(project_id);
    for sql in [
        "SELECT id FROM orders",
        "SELECT email FROM users",
        "DELETE FROM orders",
    ] {
        let entry = proxy.record(Statement::new(agent_id, sql))?;
        println!("{sql:<26} {}", entry["event"].as_str().unwrap_or_default());
    }

    print_step("Read the audit log and verify its hash chain");
    let mut entries = project.audit_logs().list().items();
    while let Some(entry) = entries.try_next().await? {
        let sql = entry.sql.as_deref().unwrap_or_default();
        println!("{:<10} {sql}", entry.event.as_str());
    }
    let chain = project.audit_logs().verify().await?;
    println!(
        "Verified {} entries, intact: {}.",
        chain.verified_count, chain.ok
    );

    approve_a_write(&project, &policy, &proxy, agent_id).await?;

    print_step("Revoke the credential, then delete the policy");
    if let Err(error) = project.policies().delete(policy.id()).await {
        println!("Too early: {error}");
    }
    project.agents().revoke(agent_id).await?;
    project.policies().delete(policy.id()).await?;
    println!("Deleted {}.", policy.id());
    Ok(())
}

async fn create_policy(project: &Project) -> Result<PolicyProfile, BoxError> {
    print_step("Create a policy: what the agent may do");
    let created = project
        .policies()
        .create(
            PolicyProfileInput::new("Support bot")
                .access_mode(AccessMode::ReadOnly)
                .table_allowlist(["public.orders", "public.users"])
                .mask(Mask::redact("public.users", "email"))
                .row_filter(RowFilter::new("public.orders", "region = 'eu'")),
        )
        .await?;
    println!("Created {} with name {:?}.", created.id(), created.name());

    print_step("Change one field, keep all others");
    let edited = project
        .policies()
        .edit(created.id())
        .max_rows(1_000)
        .await?;
    println!(
        "At most {} rows, {} masked column, {} row filter.",
        edited.max_rows(),
        edited.masking_rules().len(),
        edited.row_filters().len(),
    );
    Ok(edited.into_inner())
}

async fn evaluate(project: &Project, policy: &PolicyProfile) -> Result<(), BoxError> {
    print_step("Evaluate statements without executing them");
    for sql in [
        "SELECT id FROM orders",
        "SELECT email FROM users",
        "SELECT * FROM api_secrets",
        "DELETE FROM orders",
    ] {
        let result = project.policies().dry_eval(policy.id(), sql).await?;
        println!(
            "{sql:<26} {:<10} {}",
            result.verdict.as_str(),
            result.reason
        );
    }
    Ok(())
}

async fn approve_a_write(
    project: &Project,
    policy: &PolicyProfile,
    proxy: &pgbeam_emulator::ProjectHandle,
    agent_id: &str,
) -> Result<(), BoxError> {
    print_step("Allow writes that a person approves");
    project
        .policies()
        .edit(policy.id())
        .access_mode(AccessMode::ReadWrite)
        .approval_mode(ApprovalMode::Writes)
        .await?;
    // The proxy holds such a statement until somebody decides.
    proxy.hold(agent_id, "UPDATE orders SET paid = true WHERE id = 7")?;

    let mut pending = project
        .approvals()
        .list()
        .status(ApprovalStatus::Pending)
        .items();
    while let Some(request) = pending.try_next().await? {
        println!("Waits for approval: {}", request.sql);
        let decided = project.approvals().approve(&request.id).await?;
        println!("Now {}.", decided.status.as_str());
    }
    Ok(())
}

fn print_step(title: &str) {
    println!("\n== {title}");
}

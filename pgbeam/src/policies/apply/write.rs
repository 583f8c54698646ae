//! Updates and deletes single resources, and checks whether a loaded plan is stale.

use pgbeam_api::{BoxFuture, Error, FieldError};

use super::body;
use crate::{
    Project,
    policies::{
        concurrent,
        plan::{
            Plan, read,
            resource::ResourceKind,
            step::{Action, Step},
        },
    },
};

/// Updates a resource with a PUT and `If-Match`. The error is a 412 if the resource was changed since the plan was
/// made.
pub(super) async fn update(project: &Project, step: &Step) -> Result<(), Error> {
    let operation = match step.kind {
        ResourceKind::PolicyProfile => "updatePolicyProfile",
        ResourceKind::QueryTemplate => "updateQueryTemplate",
    };
    let request = read::request(project, step.kind, operation, step.id().unwrap_or_default());
    let request = request.header("If-Match", step.etag().unwrap_or_default());
    let body = body::replacement(step)?;
    request.json(&body).await?.json::<serde_json::Value>()?;
    Ok(())
}

/// Deletes a resource. Succeeds if the resource is already deleted.
///
/// # Errors
///
/// - Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) if the resource was changed since the plan was made. The resource
///   is then not deleted.
/// - The errors of the requests.
pub(super) async fn delete(project: &Project, step: &Step) -> Result<(), Error> {
    match difference(project, step).await {
        Ok(None) => {}
        Ok(Some(_)) => return Err(stale([changed(step)])),
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error),
    }
    let operation = match step.kind {
        ResourceKind::PolicyProfile => "deletePolicyProfile",
        ResourceKind::QueryTemplate => "deleteQueryTemplate",
    };
    let request = read::request(project, step.kind, operation, step.id().unwrap_or_default());
    match request.await?.empty() {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Checks that a loaded plan is not stale: the resources that the plan updates or deletes have not changed since the
/// plan was made, and the resources that the plan creates do not exist.
///
/// # Errors
///
/// - Kind [`Invalid`](pgbeam_api::ErrorKind::Invalid) with one field error for each resource that was changed, deleted
///   or created.
/// - The errors of the reads.
pub(super) async fn check_pins(
    project: &Project,
    plan: &Plan,
    concurrency: usize,
) -> Result<(), Error> {
    let mut differences = Vec::new();
    for kind in [ResourceKind::QueryTemplate, ResourceKind::PolicyProfile] {
        let is_created = |step: &&Step| step.action == Action::Create && step.kind == kind;
        if !plan.steps.iter().any(|step| is_created(&step)) {
            continue;
        }
        let stored = read::list(project, kind).await?;
        for step in plan.steps.iter().filter(is_created) {
            if let Some(stored) = stored.iter().find(|stored| stored.name() == step.name) {
                let id = &stored.id;
                differences.push(format!(
                    "the {} {:?} was created ({id})",
                    kind.as_str(),
                    step.name
                ));
            }
        }
    }
    let pinned = plan.steps.iter().filter(|step| step.pin.is_some());
    let reads = pinned.map(|step| -> BoxFuture<'_, Result<Option<String>, Error>> {
        Box::pin(async move {
            match difference(project, step).await {
                Err(error) if error.is_not_found() => {
                    Ok(Some(format!("{} was deleted", subject(step))))
                }
                result => result,
            }
        })
    });
    for difference in concurrent::run(concurrency, reads.collect()).await {
        differences.extend(difference?);
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(stale(differences))
}

/// Reads the resource of a step and compares its entity tag with the entity tag in the plan. Returns a message if they
/// differ, and `None` if they are equal.
async fn difference(project: &Project, step: &Step) -> Result<Option<String>, Error> {
    let (pin, _) = read::resource(project, step.kind, step.id().unwrap_or_default()).await?;
    Ok((Some(pin.etag.as_str()) != step.etag()).then(|| changed(step)))
}

fn changed(step: &Step) -> String {
    format!("{} was changed", subject(step))
}

fn subject(step: &Step) -> String {
    let id = step.id().unwrap_or_default();
    format!("the {} {:?} ({id})", step.kind.as_str(), step.name)
}

/// Returns the error of a stale plan, with a field error for each difference.
fn stale(differences: impl IntoIterator<Item = String>) -> Error {
    let error = |difference: String| {
        FieldError::new("plan", format!("is stale: {difference}: make a new plan"))
    };
    Error::invalid(differences.into_iter().map(error).collect())
}

//! Reads the state of a project for a plan.

use pgbeam_api::{BoxFuture, Error};
use serde_json::{Map, Value};

use super::{
    decide::{Credential, Remote, Stored},
    resource::ResourceKind,
    step::{Action, Pin, ReachedCredential, Step},
};
use crate::{
    Project,
    policies::{concurrent, normalized::to_object},
    request::{RawObject, RawRequest},
};

/// The page size of list requests: the maximum of the API, so that few requests are needed.
const PAGE_SIZE: i64 = 100;

/// The maximum number of concurrent reads of single resources.
const CONCURRENCY: usize = 8;

/// Reads the state of the project: the lists of policy profiles, query templates and agent credentials, and the
/// project's default profile. Revoked credentials are left out.
pub(crate) async fn remote(project: &Project) -> Result<Remote, Error> {
    let mut remote = Remote {
        profiles: list(project, ResourceKind::PolicyProfile).await?,
        templates: list(project, ResourceKind::QueryTemplate).await?,
        ..Remote::default()
    };
    let mut credentials = project.agents().list().page_size(PAGE_SIZE).items();
    while let Some(credential) = credentials.try_next().await? {
        if credential.status.as_str() != "revoked" {
            remote.credentials.push(Credential {
                reached: ReachedCredential {
                    id: credential.id.clone(),
                    name: credential.name.clone(),
                },
                profile: credential.policy_profile_id.clone(),
            });
        }
    }
    let settings = project.client().projects().get(project.id()).await?;
    remote.default_profile = settings.default_policy_profile_id.clone();
    Ok(remote)
}

/// Reads all pages of the list of policy profiles or query templates.
pub(crate) async fn list(project: &Project, kind: ResourceKind) -> Result<Vec<Stored>, Error> {
    let mut stored = Vec::new();
    match kind {
        ResourceKind::PolicyProfile => {
            let mut items = project.policies().list().page_size(PAGE_SIZE).items();
            while let Some(profile) = items.try_next().await? {
                let json = to_object(&profile);
                stored.push(Stored {
                    id: profile.id,
                    json,
                });
            }
        }
        ResourceKind::QueryTemplate => {
            let mut items = project
                .query_templates()
                .list()
                .page_size(PAGE_SIZE)
                .items();
            while let Some(template) = items.try_next().await? {
                let json = to_object(&template);
                stored.push(Stored {
                    id: template.id,
                    json,
                });
            }
        }
    }
    Ok(stored)
}

/// Reads each resource that a step updates or deletes, to get its entity tag. Creates the step again from the resource
/// that was read, because the resource may have changed since it was listed.
pub(crate) async fn pin(project: &Project, steps: Vec<Step>) -> Result<Vec<Step>, Error> {
    let read = steps
        .into_iter()
        .map(|step| -> BoxFuture<'_, Result<Step, Error>> {
            if !matches!(step.action, Action::Update | Action::Delete) {
                return Box::pin(std::future::ready(Ok(step)));
            }
            Box::pin(async move {
                let id = step.id.clone().unwrap_or_default();
                let (pin, json) = resource(project, step.kind, &id).await?;
                Ok(step.with_pin(pin, json))
            })
        });
    concurrent::run(CONCURRENCY, read.collect())
        .await
        .into_iter()
        .collect()
}

/// Reads one resource. Returns its entity tag and its fields: in the [`Pin`] with the bytes that the server sent, and
/// in the second value as parsed JSON.
///
/// # Errors
///
/// The errors of the request. Kind [`Decode`](pgbeam_api::ErrorKind::Decode) if the response has no `ETag`.
pub(crate) async fn resource(
    project: &Project,
    kind: ResourceKind,
    id: &str,
) -> Result<(Pin, Map<String, Value>), Error> {
    let operation = match kind {
        ResourceKind::PolicyProfile => "getPolicyProfile",
        ResourceKind::QueryTemplate => "getQueryTemplate",
    };
    let response = request(project, kind, operation, id).await?;
    let response = response.json::<RawObject>()?;
    let etag = response.require_etag()?.to_owned();
    let json = serde_json::from_slice(response.body())
        .map_err(|error| Error::new(pgbeam_api::ErrorKind::Decode, error.to_string()))?;
    let stored = response.into_inner();
    Ok((Pin { etag, stored }, json))
}

/// Returns the request of an operation on a resource of this kind with this identifier.
pub(crate) fn request(
    project: &Project,
    kind: ResourceKind,
    operation: &str,
    id: &str,
) -> RawRequest {
    let parameter = match kind {
        ResourceKind::PolicyProfile => "policy_id",
        ResourceKind::QueryTemplate => "query_template_id",
    };
    let request = project.client().call(operation);
    request
        .path("project_id", project.id().as_str())
        .path(parameter, id)
}

//! The area `projects`.

use pgbeam::{
    Nullable,
    projects::{
        CidrEntry, CloudProvider, CreateProjectRequest, DataResidency, ProjectSortKey,
        ProjectStatus, UpdateProjectRequest,
    },
};

use super::{
    Calls,
    databases::{full_new_database, least_new_database},
};
use crate::support::{
    outcome::{low, nothing, page, page_if, value, value_if},
    values::{ETAG, IDEMPOTENCY_KEY, ORGANIZATION, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createProject",
            full: |to| {
                value(
                    to.client
                        .projects()
                        .create(full_new_project())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            least: |to| value(to.client.projects().create(least_new_project())),
            low_full: |to| {
                value(low!(
                    to.api()
                        .create_project()
                        .body(full_new_project())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_least: |to| value(low!(to.api().create_project().body(least_new_project()))),
        },
        Calls {
            id: "listProjects",
            full: |to| {
                page_if(
                    to.client
                        .projects()
                        .list(ORGANIZATION)
                        .page_size(50)
                        .page_token(PAGE)
                        .sort_by(ProjectSortKey::CreatedAt)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.client.projects().list(ORGANIZATION)),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_projects()
                        .org_id(ORGANIZATION)
                        .page_size(50)
                        .page_token(PAGE)
                        .sort_by(ProjectSortKey::CreatedAt)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_projects().org_id(ORGANIZATION))),
        },
        Calls {
            id: "getProject",
            full: |to| value_if(to.client.projects().get(PROJECT).if_none_match(ETAG)),
            least: |to| value(to.client.projects().get(PROJECT)),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .get_project()
                        .project_id(PROJECT)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().get_project().project_id(PROJECT))),
        },
        Calls {
            id: "updateProject",
            full: |to| {
                value(
                    to.client
                        .projects()
                        .update(PROJECT, full_changed_project())
                        .if_match(ETAG),
                )
            },
            least: |to| {
                value(
                    to.client
                        .projects()
                        .update(PROJECT, least_changed_project()),
                )
            },
            low_full: |to| {
                value(low!(
                    to.api()
                        .update_project()
                        .project_id(PROJECT)
                        .body(full_changed_project())
                        .if_match(ETAG)
                ))
            },
            low_least: |to| {
                value(low!(
                    to.api()
                        .update_project()
                        .project_id(PROJECT)
                        .body(least_changed_project())
                ))
            },
        },
        Calls {
            id: "deleteProject",
            full: |to| nothing(to.client.projects().delete(PROJECT)),
            least: |to| nothing(to.client.projects().delete(PROJECT)),
            low_full: |to| nothing(low!(to.api().delete_project().project_id(PROJECT))),
            low_least: |to| nothing(low!(to.api().delete_project().project_id(PROJECT))),
        },
    ]
}

fn full_new_project() -> CreateProjectRequest {
    CreateProjectRequest::builder()
        .name("Web shop")
        .org_id(ORGANIZATION)
        .description("Orders and customers of the web shop.".to_owned())
        .tags(vec!["shop".to_owned()])
        .cloud(CloudProvider::Gcp)
        .self_hosted(true)
        .database(full_new_database())
}

fn least_new_project() -> CreateProjectRequest {
    CreateProjectRequest::builder()
        .name("Web shop")
        .org_id(ORGANIZATION)
        .database(least_new_database())
}

fn full_changed_project() -> UpdateProjectRequest {
    let cidr = CidrEntry::builder()
        .cidr("203.0.113.0/24")
        .label("Office network".to_owned());
    UpdateProjectRequest::builder()
        .name("Web shop".to_owned())
        .description("Orders and customers of the web shop.".to_owned())
        .tags(vec!["shop".to_owned()])
        .status(ProjectStatus::Deleted)
        .allowed_cidrs([cidr])
        .default_policy_profile_id(Nullable::from("pol_1"))
        .residency(DataResidency::Eu)
        .agents_disabled(true)
}

fn least_changed_project() -> UpdateProjectRequest {
    UpdateProjectRequest::builder()
}

//! Calls of the `projects` area.

use pgbeam::{
    Nullable,
    projects::{
        CidrEntry, CloudProvider, CreateProjectRequest, DataResidency, ProjectSortKey,
        ProjectStatus, UpdateProjectRequest,
    },
};

use super::{
    Calls,
    databases::{full_new_database, minimal_new_database},
};
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page, value},
    values::{ETAG, IDEMPOTENCY_KEY, ORGANIZATION, PAGE_TOKEN, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "createProject",
            full: |sdk| {
                value(
                    sdk.client
                        .projects()
                        .create(full_new_project())
                        .idempotency_key(IDEMPOTENCY_KEY),
                )
            },
            minimal: |sdk| value(sdk.client.projects().create(minimal_new_project())),
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .create_project()
                        .body(full_new_project())
                        .idempotency_key(IDEMPOTENCY_KEY)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api().create_project().body(minimal_new_project())
                ))
            },
        },
        Calls {
            id: "listProjects",
            full: |sdk| {
                conditional_page(
                    sdk.client
                        .projects()
                        .list(ORGANIZATION)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .sort_by(ProjectSortKey::CreatedAt)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.client.projects().list(ORGANIZATION)),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_projects()
                        .org_id(ORGANIZATION)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .sort_by(ProjectSortKey::CreatedAt)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(sdk.api().list_projects().org_id(ORGANIZATION)))
            },
        },
        Calls {
            id: "getProject",
            full: |sdk| conditional_value(sdk.client.projects().get(PROJECT).if_none_match(ETAG)),
            minimal: |sdk| value(sdk.client.projects().get(PROJECT)),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .get_project()
                        .project_id(PROJECT)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(sdk.api().get_project().project_id(PROJECT)))
            },
        },
        Calls {
            id: "updateProject",
            full: |sdk| {
                value(
                    sdk.client
                        .projects()
                        .update(PROJECT, full_project_update())
                        .if_match(ETAG),
                )
            },
            minimal: |sdk| {
                value(
                    sdk.client
                        .projects()
                        .update(PROJECT, minimal_project_update()),
                )
            },
            low_level_full: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_project()
                        .project_id(PROJECT)
                        .body(full_project_update())
                        .if_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                value(low_level!(
                    sdk.api()
                        .update_project()
                        .project_id(PROJECT)
                        .body(minimal_project_update())
                ))
            },
        },
        Calls {
            id: "deleteProject",
            full: |sdk| empty(sdk.client.projects().delete(PROJECT)),
            minimal: |sdk| empty(sdk.client.projects().delete(PROJECT)),
            low_level_full: |sdk| empty(low_level!(sdk.api().delete_project().project_id(PROJECT))),
            low_level_minimal: |sdk| {
                empty(low_level!(sdk.api().delete_project().project_id(PROJECT)))
            },
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

fn minimal_new_project() -> CreateProjectRequest {
    CreateProjectRequest::builder()
        .name("Web shop")
        .org_id(ORGANIZATION)
        .database(minimal_new_database())
}

fn full_project_update() -> UpdateProjectRequest {
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

fn minimal_project_update() -> UpdateProjectRequest {
    UpdateProjectRequest::builder()
}

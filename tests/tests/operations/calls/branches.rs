//! Calls of the `branches` area.

use pgbeam::branches::DatabaseBranchStatus;

use super::Calls;
use crate::support::{
    call::{conditional_page, conditional_value, empty, low_level, page},
    values::{ETAG, PAGE_TOKEN, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listDatabaseBranches",
            full: |sdk| {
                conditional_page(
                    sdk.project
                        .branches()
                        .list()
                        .status(DatabaseBranchStatus::Ready)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG),
                )
            },
            minimal: |sdk| page(sdk.project.branches().list()),
            low_level_full: |sdk| {
                conditional_value(low_level!(
                    sdk.api()
                        .list_database_branches()
                        .project_id(PROJECT)
                        .status(DatabaseBranchStatus::Ready)
                        .page_size(50)
                        .page_token(PAGE_TOKEN)
                        .if_none_match(ETAG)
                ))
            },
            low_level_minimal: |sdk| {
                conditional_value(low_level!(
                    sdk.api().list_database_branches().project_id(PROJECT)
                ))
            },
        },
        Calls {
            id: "discardDatabaseBranch",
            full: |sdk| empty(sdk.project.branches().discard("br_1")),
            minimal: |sdk| empty(sdk.project.branches().discard("br_1")),
            low_level_full: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .discard_database_branch()
                        .project_id(PROJECT)
                        .branch_id("br_1")
                ))
            },
            low_level_minimal: |sdk| {
                empty(low_level!(
                    sdk.api()
                        .discard_database_branch()
                        .project_id(PROJECT)
                        .branch_id("br_1")
                ))
            },
        },
    ]
}

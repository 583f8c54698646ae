//! The area `branches`.

use pgbeam::branches::DatabaseBranchStatus;

use super::Calls;
use crate::support::{
    outcome::{low, nothing, page, page_if, value_if},
    values::{ETAG, PAGE, PROJECT},
};

pub fn calls() -> Vec<Calls> {
    vec![
        Calls {
            id: "listDatabaseBranches",
            full: |to| {
                page_if(
                    to.project
                        .branches()
                        .list()
                        .status(DatabaseBranchStatus::Ready)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG),
                )
            },
            least: |to| page(to.project.branches().list()),
            low_full: |to| {
                value_if(low!(
                    to.api()
                        .list_database_branches()
                        .project_id(PROJECT)
                        .status(DatabaseBranchStatus::Ready)
                        .page_size(50)
                        .page_token(PAGE)
                        .if_none_match(ETAG)
                ))
            },
            low_least: |to| value_if(low!(to.api().list_database_branches().project_id(PROJECT))),
        },
        Calls {
            id: "discardDatabaseBranch",
            full: |to| nothing(to.project.branches().discard("br_1")),
            least: |to| nothing(to.project.branches().discard("br_1")),
            low_full: |to| {
                nothing(low!(
                    to.api()
                        .discard_database_branch()
                        .project_id(PROJECT)
                        .branch_id("br_1")
                ))
            },
            low_least: |to| {
                nothing(low!(
                    to.api()
                        .discard_database_branch()
                        .project_id(PROJECT)
                        .branch_id("br_1")
                ))
            },
        },
    ]
}

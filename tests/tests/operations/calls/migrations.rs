//! The area `migrations`.

use pgbeam::migrations::MigrationLintRequest;

use super::Calls;
use crate::support::{
    outcome::{low, value},
    values::PROJECT,
};

pub fn calls() -> Vec<Calls> {
    vec![Calls {
        id: "lintMigration",
        full: |to| value(to.project.migrations().lint(full_migration_lint())),
        least: |to| value(to.project.migrations().lint(least_migration_lint())),
        low_full: |to| {
            value(low!(
                to.api()
                    .lint_migration()
                    .project_id(PROJECT)
                    .body(full_migration_lint())
            ))
        },
        low_least: |to| {
            value(low!(
                to.api()
                    .lint_migration()
                    .project_id(PROJECT)
                    .body(least_migration_lint())
            ))
        },
    }]
}

fn full_migration_lint() -> MigrationLintRequest {
    MigrationLintRequest::builder()
        .sql("ALTER TABLE public.orders DROP COLUMN note")
        .database_id("db_1".to_owned())
}

fn least_migration_lint() -> MigrationLintRequest {
    MigrationLintRequest::builder().sql("ALTER TABLE public.orders DROP COLUMN note")
}

//! Calls of the `migrations` area.

use pgbeam::migrations::MigrationLintRequest;

use super::Calls;
use crate::support::{
    call::{low_level, value},
    values::PROJECT,
};

pub fn calls() -> Vec<Calls> {
    vec![Calls {
        id: "lintMigration",
        full: |sdk| value(sdk.project.migrations().lint(full_migration_lint())),
        minimal: |sdk| value(sdk.project.migrations().lint(minimal_migration_lint())),
        low_level_full: |sdk| {
            value(low_level!(
                sdk.api()
                    .lint_migration()
                    .project_id(PROJECT)
                    .body(full_migration_lint())
            ))
        },
        low_level_minimal: |sdk| {
            value(low_level!(
                sdk.api()
                    .lint_migration()
                    .project_id(PROJECT)
                    .body(minimal_migration_lint())
            ))
        },
    }]
}

fn full_migration_lint() -> MigrationLintRequest {
    MigrationLintRequest::builder()
        .sql("ALTER TABLE public.orders DROP COLUMN note")
        .database_id("db_1".to_owned())
}

fn minimal_migration_lint() -> MigrationLintRequest {
    MigrationLintRequest::builder().sql("ALTER TABLE public.orders DROP COLUMN note")
}

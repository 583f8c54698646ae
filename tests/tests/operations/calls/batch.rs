//! The area `batch`.

use pgbeam::batch::{
    AgentCredentialTargetStatus, AnomalyStatusUpdate, BatchMode, BatchOperation,
    BatchOperationKind, BatchRequest, SchemaAnnotationInput,
};

use super::Calls;
use crate::support::{
    outcome::{low, value},
    values::PROJECT,
};

pub fn calls() -> Vec<Calls> {
    vec![Calls {
        id: "executeBatch",
        full: |to| value(to.project.batch().execute(full_batch())),
        least: |to| value(to.project.batch().execute(least_batch())),
        low_full: |to| {
            value(low!(
                to.api()
                    .execute_batch()
                    .project_id(PROJECT)
                    .body(full_batch())
            ))
        },
        low_least: |to| {
            value(low!(
                to.api()
                    .execute_batch()
                    .project_id(PROJECT)
                    .body(least_batch())
            ))
        },
    }]
}

fn full_batch() -> BatchRequest {
    let annotation = SchemaAnnotationInput::builder()
        .schema_name("public".to_owned())
        .table_name("orders")
        .column_name("state".to_owned())
        .description("Where the order stands.");
    let operation = BatchOperation::builder()
        .id("op-1")
        .op(BatchOperationKind::PutSchemaAnnotation)
        .agent_id("cred_1".to_owned())
        .agent_status(AgentCredentialTargetStatus::Disabled)
        .anomaly_id("ano_1".to_owned())
        .anomaly_status(AnomalyStatusUpdate::Resolved)
        .annotation(annotation);
    let operations = [operation];
    BatchRequest::builder()
        .mode(BatchMode::Independent)
        .operations(operations)
}

fn least_batch() -> BatchRequest {
    let operation = BatchOperation::builder()
        .id("op-1")
        .op(BatchOperationKind::RevokeAgentCredential);
    let operations = [operation];
    BatchRequest::builder()
        .mode(BatchMode::Atomic)
        .operations(operations)
}

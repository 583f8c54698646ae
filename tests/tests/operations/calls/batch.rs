//! Calls of the `batch` area.

use pgbeam::batch::{
    AgentCredentialTargetStatus, AnomalyStatusUpdate, BatchMode, BatchOperation,
    BatchOperationKind, BatchRequest, SchemaAnnotationInput,
};

use super::Calls;
use crate::support::{
    call::{low_level, value},
    values::PROJECT,
};

pub fn calls() -> Vec<Calls> {
    vec![Calls {
        id: "executeBatch",
        full: |sdk| value(sdk.project.batch().execute(full_batch())),
        minimal: |sdk| value(sdk.project.batch().execute(minimal_batch())),
        low_level_full: |sdk| {
            value(low_level!(
                sdk.api()
                    .execute_batch()
                    .project_id(PROJECT)
                    .body(full_batch())
            ))
        },
        low_level_minimal: |sdk| {
            value(low_level!(
                sdk.api()
                    .execute_batch()
                    .project_id(PROJECT)
                    .body(minimal_batch())
            ))
        },
    }]
}

fn full_batch() -> BatchRequest {
    let annotation = SchemaAnnotationInput::builder()
        .schema_name("public".to_owned())
        .table_name("orders")
        .column_name("state".to_owned())
        .description("State of the order.");
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

fn minimal_batch() -> BatchRequest {
    let operation = BatchOperation::builder()
        .id("op-1")
        .op(BatchOperationKind::RevokeAgentCredential);
    let operations = [operation];
    BatchRequest::builder()
        .mode(BatchMode::Atomic)
        .operations(operations)
}

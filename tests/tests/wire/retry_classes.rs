//! Tests of the retry class (`Idempotency`) of every operation, and of retries by class after a lost
//! response.

use pgbeam::{
    Client, Error, RawResponse,
    api::{Idempotency, Location, operations},
};
use pgbeam_tests::raw::{Script, response};

use crate::{builder, server};

#[test]
fn every_operation_has_its_expected_class() {
    use Idempotency::{IdempotentPatch, KeyRejected, Keyed, NonIdempotent, ReadOnly};
    let classes = [
        (
            Keyed,
            "createAgentCredential createAnomalyRule createApprovalRule createCustomDomain \
             createDatabase createHoneytoken createPolicyProfile createProject \
             createQueryTemplate createReplica createSelfHostEnrollment createSupportCase \
             createSupportMessage createWebhookEndpoint rotateAgentCredential \
             rotateSelfHostEnrollment",
        ),
        (
            IdempotentPatch,
            "updateAgentCredentialStatus updateAnomalyAlert updateDatabase \
             updateOnboardingProgress updateOrgMemberRole updateProject updateSupportCase",
        ),
        (
            ReadOnly,
            "dryEvalPolicy lintMigration recommendAgentPolicy replayPolicy",
        ),
        (KeyRejected, "scanText"),
        (
            NonIdempotent,
            "approveApprovalRequest createBudgetTopup createDemoCredential createOrgInvitation \
             executeBatch rejectApprovalRequest releaseDemoCredential scanDatabaseForPii \
             submitCancellationFeedback testDatabaseConnection testWebhookEndpoint \
             verifyCustomDomain",
        ),
    ];
    let writes = operations::ALL
        .iter()
        .filter(|operation| ["POST", "PATCH"].contains(&operation.method.as_str()));
    let mut count = 0;
    for operation in writes {
        let class = classes
            .iter()
            .find(|(_, ids)| ids.split_whitespace().any(|id| id == operation.id));
        let (class, _) = class.unwrap_or_else(|| panic!("{} is not in the list", operation.id));
        assert_eq!(operation.idempotency, *class, "{}", operation.id);
        let declares_key = operation.parameters.iter().any(|parameter| {
            parameter.location == Location::Header && parameter.name == "Idempotency-Key"
        });
        assert_eq!(declares_key, *class == Keyed, "{}", operation.id);
        assert_eq!(operation.read_only, *class == ReadOnly, "{}", operation.id);
        count += 1;
    }
    assert_eq!(count, 40);
    for operation in operations::ALL {
        let expected = match operation.method.as_str() {
            "GET" => Idempotency::ReadOnly,
            "PUT" | "DELETE" => Idempotency::Idempotent,
            _ => continue,
        };
        assert_eq!(operation.idempotency, expected, "{}", operation.id);
    }
}

/// Calls an operation by its `operationId`, with fixed path parameters and a fixed body.
async fn call(client: &Client, id: &str) -> Result<RawResponse, Error> {
    let operation = operations::ALL
        .iter()
        .find(|operation| operation.id == id)
        .unwrap();
    let parameters = operation.parameters.iter();
    let path = parameters.filter(|parameter| parameter.location == Location::Path);
    let call = path.fold(client.call(id), |call, parameter| {
        call.path(parameter.name, "x_1")
    });
    match operation.has_body {
        true => call.json(&serde_json::json!({"amount": 1})).await,
        false => call.await,
    }
}

#[tokio::test]
async fn retries_lost_responses_by_class() {
    for (id, has_key, retried) in [
        ("createProject", true, true),
        ("updateProject", true, true),
        ("lintMigration", true, true),
        ("createBudgetTopup", true, false),
        ("testWebhookEndpoint", true, false),
        ("scanText", false, false),
    ] {
        for lost in [
            Script::new().reset(),
            response("502 Bad Gateway", &[], "").into(),
            response("503 Service Unavailable", &[], "").into(),
            response("504 Gateway Timeout", &[], "").into(),
        ] {
            let server = server([lost, response("200 OK", &[], "{}").into()]).await;
            let client = builder(&server.url()).build().unwrap();
            let result = call(&client, id).await;
            let requests = server.requests();
            assert_eq!(
                requests.len(),
                if retried { 2 } else { 1 },
                "{id} {result:?}"
            );
            for request in requests {
                assert_eq!(request.raw().contains("idempotency-key: "), has_key, "{id}");
            }
            if !retried {
                let error = result.and_then(RawResponse::json::<()>).unwrap_err();
                assert!(error.maybe_applied(), "{id} {error}");
            }
        }
        // The server has not processed the request, so the SDK retries every class.
        for rejected in [
            response("408 Request Timeout", &[], ""),
            response("429 Too Many Requests", &[], ""),
            response("503 Service Unavailable", &["Retry-After: 0"], ""),
        ] {
            let server = server([rejected, response("200 OK", &[], "{}")]).await;
            let client = builder(&server.url()).build().unwrap();
            assert_eq!(call(&client, id).await.unwrap().attempts, 2, "{id}");
        }
    }
}

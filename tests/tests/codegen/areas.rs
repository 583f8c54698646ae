//! Tests of a contract with two areas: they share types, and the operation table has the area of each
//! operation.

use pgbeam_api::{Idempotency, Operation};
use pgbeam_tests::recorder::Recorder;
use serde_json::json;

use crate::fixtures::areas::{
    builder::{CatLoversOperations as _, DogsOperations as _},
    operations,
    types::{Collar, Color},
};

#[tokio::test]
async fn areas_share_a_type() {
    let recorder = Recorder::with_response(204, "");
    let client = recorder.client();
    let collar = Collar::builder().color(Color::Red);
    client
        .create_cat()
        .body_map(|cat| cat.name("Tom").collar(collar.clone()))
        .send()
        .await
        .unwrap();
    client
        .create_dog()
        .body_map(|dog| dog.collar(collar.clone()))
        .send()
        .await
        .unwrap();
    let sent: Vec<serde_json::Value> = recorder
        .requests()
        .iter()
        .map(|sent| serde_json::from_slice(sent.body.as_deref().unwrap()).unwrap())
        .collect();
    assert_eq!(
        sent,
        [
            json!({"name": "Tom", "collar": {"color": "red"}}),
            json!({"collar": {"color": "red"}})
        ]
    );
}

#[tokio::test]
async fn shared_type_is_validated_in_both_areas() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let collar = || Collar::builder().color("green").holes(0);
    let error = client
        .create_cat()
        .body_map(|cat| cat.name("T").collar(collar()))
        .send()
        .await;
    assert_eq!(
        crate::validation_errors(&error.unwrap_err()),
        [
            "collar.holes: must be at least 1, is 0",
            "name: must have at least 2 characters, has 1"
        ]
    );
    let error = client
        .create_dog()
        .body_map(|dog| dog.collar(collar()))
        .send()
        .await;
    assert_eq!(
        crate::validation_errors(&error.unwrap_err()),
        ["collar.holes: must be at least 1, is 0"]
    );
    assert!(recorder.requests().is_empty());
}

#[test]
fn operation_table_has_area_and_idempotency() {
    let entry = |operation: &Operation| (operation.id, operation.area, operation.idempotency);
    let all: Vec<_> = operations::ALL
        .iter()
        .map(|operation| entry(operation))
        .collect();
    assert_eq!(
        all,
        [
            ("createCat", "cat_lovers", Idempotency::NonIdempotent),
            ("createDog", "dogs", Idempotency::KeyRejected),
        ]
    );
}

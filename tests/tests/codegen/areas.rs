//! An area is a module, and what two areas use is shared.

use pgbeam_api::{Idempotency, Operation};
use pgbeam_tests::recorder::Recorder;
use serde_json::json;

use crate::fixtures::areas::{
    builder::{CatLoversOperations as _, DogsOperations as _},
    operations,
    types::{Collar, Color},
};

#[tokio::test]
async fn both_areas_take_the_shared_type() {
    let recorder = Recorder::answering(204, "");
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
        .sent()
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
async fn bounds_of_a_shared_type_hold_in_both() {
    let recorder = Recorder::default();
    let client = recorder.client();
    let collar = || Collar::builder().color("green").holes(0);
    let error = client
        .create_cat()
        .body_map(|cat| cat.name("T").collar(collar()))
        .send()
        .await;
    assert_eq!(
        crate::refused(&error.unwrap_err()),
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
        crate::refused(&error.unwrap_err()),
        ["collar.holes: must be at least 1, is 0"]
    );
    assert!(recorder.sent().is_empty());
}

#[test]
fn the_table_knows_area_and_idempotency() {
    let of = |operation: &Operation| (operation.id, operation.area, operation.idempotency);
    let all: Vec<_> = operations::ALL
        .iter()
        .map(|operation| of(operation))
        .collect();
    assert_eq!(
        all,
        [
            ("createCat", "cat_lovers", Idempotency::NonIdempotent),
            ("createDog", "dogs", Idempotency::KeyRejected),
        ]
    );
}

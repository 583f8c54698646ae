//! A list in the query is sent under its name once an item, and checked as one.

use pgbeam_tests::{bare::Bare, recorder::Recorder};

use crate::fixtures::repeated::{builder::ThingsOperations as _, types::State};

#[test]
fn before_a_list_was_whatever_serde_makes_of_it() {
    let text = Bare::generate("repeated").unwrap().text();
    assert!(text.contains("QueryParam::new(\"states\", &states)"));
}

#[tokio::test]
async fn each_item_is_sent_by_itself() {
    let recorder = Recorder::answering(204, "");
    let states = vec![State::Open, State::from("new & odd")];
    let call = recorder.client().list_things().states(states);
    call.ids(vec!["a".to_owned(), "b".to_owned()])
        .send()
        .await
        .unwrap();
    assert_eq!(
        recorder.only_path(),
        "/things?ids=a&ids=b&states=open&states=new%20%26%20odd"
    );
}

#[tokio::test]
async fn a_list_that_is_empty_is_not_sent() {
    let recorder = Recorder::answering(204, "");
    recorder
        .client()
        .list_things()
        .states(vec![])
        .send()
        .await
        .unwrap();
    assert_eq!(recorder.only_path(), "/things");
}

#[tokio::test]
async fn the_list_and_its_items_are_checked() {
    let recorder = Recorder::default();
    let ids = ["a", "b", "too long", "d"].map(str::to_owned).to_vec();
    let error = recorder
        .client()
        .list_things()
        .ids(ids)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        crate::refused(&error),
        [
            "ids: must have 0 to 3 items, has 4",
            "ids[2]: must have 0 to 5 characters, has 8",
            "states: is missing"
        ]
    );
    assert!(recorder.sent().is_empty());
}

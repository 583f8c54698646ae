//! Tests that operations share identifier types and that an identifier cannot change the path.

use pgbeam_tests::{progenitor_output::ProgenitorOutput, recorder::Recorder};

use crate::fixtures::path_ids::{
    builder::ThingsOperations as _,
    ids::{ProjectId, ThingId},
    operations,
};

#[test]
fn progenitor_has_one_identifier_type_per_operation_that_allows_dots() {
    let output = ProgenitorOutput::generate("path_ids").unwrap();
    let names = output.type_names();
    for name in [
        "GetThingProjectId",
        "GetThingThingId",
        "DeleteThingProjectId",
        "DeleteThingThingId",
    ] {
        assert!(names.iter().any(|existing| existing == name), "{names:?}");
    }
    let pattern = regress_pattern(&output.code());
    assert_eq!(pattern, "^[a-zA-Z0-9_.-]+$");
}

/// Returns the first regular expression in `text`, the code of progenitor. The regular expression checks an
/// identifier.
fn regress_pattern(text: &str) -> String {
    let (_, rest) = text.split_once("regress::Regex::new(\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn operations_share_identifier_types() {
    let recorder = Recorder::with_response(204, "");
    let client = recorder.client();
    let (project, thing) = (
        ProjectId::new("prj_1").unwrap(),
        ThingId::new("a.b-c").unwrap(),
    );
    client
        .get_thing()
        .project_id(&project)
        .thing_id(&thing)
        .send()
        .await
        .unwrap();
    client
        .delete_thing()
        .project_id(&project)
        .thing_id(thing)
        .send()
        .await
        .unwrap();
    client
        .delete_case()
        .project_id(project)
        .name("a b")
        .send()
        .await
        .unwrap();
    let urls: Vec<_> = recorder
        .requests()
        .into_iter()
        .map(|sent| sent.uri().to_string())
        .collect();
    assert_eq!(
        urls,
        [
            "https://api.test/projects/prj_1/things/a.b-c",
            "https://api.test/projects/prj_1/things/a.b-c",
            "https://api.test/projects/prj_1/cases/a%20b",
        ]
    );
}

#[tokio::test]
async fn rejects_an_identifier_that_changes_the_path() {
    let recorder = Recorder::default();
    let client = recorder.client();
    for id in ["", ".", "..", "a/b", "%2e%2e", "..\\.."] {
        let call = client.delete_thing().project_id("prj_1").thing_id(id);
        let error = call.send().await.unwrap_err();
        assert_eq!(error.field_errors().len(), 1, "{error}");
        assert_eq!(error.field_errors()[0].field(), "thing_id");
        assert_eq!(error.operation(), Some("deleteThing"));
    }
    // A path parameter that is not an identifier is a string. It cannot change the path either.
    for name in ["", ".", "..", "a/b"] {
        let call = client.delete_case().project_id("prj_1").name(name);
        let error = call.send().await.unwrap_err();
        assert_eq!(error.field_errors()[0].field(), "name", "{error}");
    }
    let error = client
        .delete_thing()
        .project_id("..")
        .send()
        .await
        .unwrap_err();
    let fields: Vec<_> = error
        .field_errors()
        .iter()
        .map(|error| error.field())
        .collect();
    assert_eq!(fields, ["project_id", "thing_id"]);
    assert!(recorder.requests().is_empty());
}

#[test]
fn operation_table_keeps_the_order_of_parameters() {
    let names = |operation: &pgbeam_api::Operation| {
        operation
            .parameters
            .iter()
            .map(|parameter| parameter.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&operations::GET_THING), ["project_id", "thing_id"]);
    assert_eq!(names(&operations::DELETE_CASE), ["name", "project_id"]);
    assert_eq!(operations::ALL.len(), 3);
}

//! Tests of `pgbeam-mock`: conditions, responses, and a mock for every operation of the API contract.

use std::{collections::BTreeSet, fs, path::Path};

use heck::{ToSnakeCase, ToUpperCamelCase};
use httpmock::MockServer;
use pgbeam_api::{
    Client, DirectTransport, Error, Location,
    ids::ProjectId,
    operations,
    types::{
        AgentCredential, ErrorCode, ListPolicyProfilesResponse, PolicyProfile, PolicyProfileInput,
    },
};
use pgbeam_mock::{AgentsMocks as _, PoliciesMocks as _, Problem, from_json};
use serde_json::{Value, json};
use syn::{ImplItem, Item, TraitItem};

fn client(server: &MockServer) -> Client {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Client::new(
        &server.base_url(),
        DirectTransport::new(http, "pbk_test").unwrap(),
    )
    .unwrap()
}

fn project() -> ProjectId {
    "prj_1".parse().unwrap()
}

fn profile(id: &str) -> PolicyProfile {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/openapi.json");
    let document: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let schema = &document["components"]["schemas"]["PolicyProfile"];
    let mut profile = json!({});
    for name in schema["required"].as_array().unwrap() {
        let field = &schema["properties"][name.as_str().unwrap()];
        profile[name.as_str().unwrap()] = match field["type"].as_str() {
            Some("array") => json!([]),
            Some("integer") => json!(0),
            Some("string") if field["format"] == "date-time" => json!("2026-01-02T03:04:05Z"),
            _ => json!("x"),
        };
    }
    profile["id"] = json!(id);
    from_json(profile)
}

fn input(name: &str) -> PolicyProfileInput {
    PolicyProfileInput::new(name).max_rows(5)
}

#[tokio::test]
async fn mocks_a_list_with_two_pages() {
    let server = MockServer::start_async().await;
    let page = |ids: &[&str], next: Option<&str>| -> ListPolicyProfilesResponse {
        let profiles: Vec<_> = ids.iter().map(|id| profile(id)).collect();
        from_json(json!({"policies": profiles, "next_page_token": next}))
    };
    let first = server.list_policy_profiles(|when, then| {
        when.project_id(&project())
            .page_size(2)
            .without_page_token();
        then.ok(&page(&["pol_1", "pol_2"], Some("p.2")))
    });
    let second = server.list_policy_profiles(|when, then| {
        when.project_id(&project()).page_size(2).page_token("p.2");
        then.ok(&page(&["pol_3"], None))
    });
    let client = pgbeam::Client::builder()
        .base_url(server.base_url())
        .api_key("pbk_test")
        .build()
        .unwrap();
    let policies = client.project("prj_1").unwrap().policies();
    let profiles = policies
        .list()
        .page_size(2)
        .items()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        profiles
            .iter()
            .map(|profile| profile.id())
            .collect::<Vec<_>>(),
        ["pol_1", "pol_2", "pol_3"]
    );
    first.assert();
    second.assert();
}

#[tokio::test]
async fn matches_bodies_and_returns_problems() {
    let server = MockServer::start_async().await;
    let created = server.create_policy_profile(|when, then| {
        when.project_id(&project())
            .body(&input("new"))
            .idempotency_key("k 1");
        then.created(&profile("pol_1"))
            .header("X-Request-Id", "req_1")
    });
    let taken = server.create_policy_profile(|when, then| {
        when.body_includes(&json!({"name": "taken"}))
            .without_idempotency_key();
        let problem = Problem::new(409, ErrorCode::Conflict).detail("the name is taken");
        then.problem(problem.field_error("name", "is taken").request_id("req_2"))
    });
    let client = client(&server);
    let create = |name: &str| {
        client
            .create_policy_profile()
            .project_id("prj_1")
            .body(input(name))
    };

    let response = create("new").idempotency_key("k 1").send().await.unwrap();
    assert_eq!(
        (response.meta().status(), response.request_id()),
        (201, Some("req_1"))
    );
    assert_eq!(response.id, "pol_1");
    let error = create("taken").send().await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(
        (error.code(), error.request_id()),
        (Some(&ErrorCode::Conflict), Some("req_2"))
    );
    assert_eq!(error.field_errors()[0].to_string(), "name: is taken");
    assert!(error.to_string().contains("the name is taken"), "{error}");

    // A different name, project or key matches no mock.
    assert_unmatched(create("other").idempotency_key("k 1").send().await);
    assert_unmatched(
        create("new")
            .project_id("prj_2")
            .idempotency_key("k 1")
            .send()
            .await,
    );
    assert_unmatched(create("new").idempotency_key("k 2").send().await);
    assert_unmatched(create("taken").idempotency_key("k 1").send().await);
    created.assert();
    taken.assert();
}

/// Asserts that the result is the response of `httpmock` to a request that matches no mock.
fn assert_unmatched<T>(result: Result<T, Error>) {
    let error = result.err().expect("no mock matches");
    assert_eq!((error.status(), error.code()), (Some(404), None), "{error}");
}

#[tokio::test]
async fn mocks_conditional_reads() {
    let server = MockServer::start_async().await;
    let credential: AgentCredential = from_json(json!({
        "id": "cred.1", "name": "n", "project_id": "prj_1", "policy_profile_id": "pol_1",
        "pg_username": "u", "status": "active",
        "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
    }));
    server.get_agent_credential(|when, then| {
        when.project_id(&project())
            .agent_id(&"cred.1".parse().unwrap())
            .if_none_match("\"v1\"");
        then.not_modified().etag("\"v1\"")
    });
    server.get_agent_credential(|when, then| {
        when.agent_id(&"cred.1".parse().unwrap())
            .without_if_none_match();
        then.ok(&credential).etag("\"v1\"")
    });
    let client = client(&server);
    let read = |id: &str| {
        client
            .get_agent_credential()
            .project_id("prj_1")
            .agent_id(id)
    };
    let response = read("cred.1")
        .send()
        .await
        .unwrap()
        .into_modified()
        .unwrap();
    assert_eq!((&*response, response.etag()), (&credential, Some("\"v1\"")));
    assert!(
        read("cred.1")
            .if_none_match("\"v1\"")
            .send()
            .await
            .unwrap()
            .is_not_modified()
    );
    // The dot in the id matches only a dot.
    assert_unmatched(read("credx1").send().await);
}

#[tokio::test]
async fn mocks_bytes_and_empty_responses() {
    let server = MockServer::start_async().await;
    server.export_audit_logs(|when, then| {
        when.project_id(&project());
        then.ok("a,b\n1,2\n")
    });
    server.revoke_agent_credential(|_, then| then.no_content());
    server.list_audit_logs(|when, then| {
        when.and(|when| when.query_param_exists("page_token"));
        then.bytes(502, "text/html", "<html>")
            .and(|then| then.header("X-A", "b"))
    });
    let client = client(&server);
    let csv = client
        .export_audit_logs()
        .project_id("prj_1")
        .send()
        .await
        .unwrap();
    assert_eq!(csv.into_inner().try_collect().await.unwrap(), "a,b\n1,2\n");
    let revoked = client
        .revoke_agent_credential()
        .project_id("prj_1")
        .agent_id("a")
        .send()
        .await;
    assert_eq!(revoked.unwrap().meta().status(), 204);
    let call = client.list_audit_logs().project_id("prj_1").page_token("x");
    let error = call.send().await.unwrap_err();
    assert_eq!((error.status(), error.body()), (Some(502), &b"<html>"[..]));
}

/// Returns the names of functions, without the `_` that codegen appends to Rust keywords.
fn function_names<'a>(functions: impl Iterator<Item = &'a syn::Signature>) -> BTreeSet<String> {
    functions
        .map(|signature| signature.ident.to_string().trim_end_matches('_').to_owned())
        .collect()
}

/// Returns the methods of `When` or `Then` (`type_name`) for the request builder `builder` in a generated
/// file. Returns `None` if the file has no such `impl`.
fn methods(file: &syn::File, type_name: &str, builder: &str) -> Option<BTreeSet<String>> {
    let self_ty: syn::Type = syn::parse_str(&format!("{type_name}<builder::{builder}>")).unwrap();
    file.items.iter().find_map(|item| match item {
        Item::Impl(item) if *item.self_ty == self_ty => Some(function_names(
            item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(function) => Some(&function.sig),
                _ => None,
            }),
        )),
        _ => None,
    })
}

#[test]
fn every_operation_has_a_mock_with_all_parameters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pgbeam-mock/src/generated");
    assert!(operations::ALL.len() > 100, "all areas are enabled");
    for operation in operations::ALL {
        let id = operation.id;
        let source = fs::read_to_string(folder.join(format!("{}.rs", operation.area))).unwrap();
        let file = syn::parse_file(&source).unwrap();
        let trait_name = format!("{}Mocks", operation.area.to_upper_camel_case());
        let operations = file.items.iter().find_map(|item| match item {
            Item::Trait(item) if item.ident == trait_name => Some(function_names(
                item.items.iter().filter_map(|item| match item {
                    TraitItem::Fn(function) => Some(&function.sig),
                    _ => None,
                }),
            )),
            _ => None,
        });
        assert!(operations.unwrap().contains(&id.to_snake_case()), "{id}");

        let mut expected = BTreeSet::new();
        for parameter in operation.parameters {
            let name = parameter.name.to_snake_case();
            if !parameter.required && parameter.location != Location::Path {
                expected.insert(format!("without_{name}"));
            }
            expected.insert(name);
        }
        expected.extend(operation.has_body.then(|| "body".to_owned()));
        let mut actual = methods(&file, "When", &id.to_upper_camel_case()).unwrap();
        actual.remove("without_body");
        assert_eq!(actual, expected, "{id}");
        assert!(
            !methods(&file, "Then", &id.to_upper_camel_case())
                .unwrap()
                .is_empty(),
            "{id}"
        );
    }
}

#[test]
fn has_the_area_features_of_pgbeam_api() {
    let area_features = |package: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../{package}/Cargo.toml"));
        let manifest = fs::read_to_string(file).unwrap();
        let (_, rest) = manifest.split_once("\nfull = [\n").unwrap();
        let (features, _) = rest.split_once("\n[").unwrap();
        let lines = features.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split(" = ").next().unwrap().trim().to_owned())
            .collect::<Vec<_>>()
    };
    let mock_features = area_features("pgbeam-mock");
    assert!(mock_features.len() > 30);
    assert_eq!(mock_features, area_features("pgbeam-api"));
}

//! Tests of pagination: pages, items, and when the SDK requests a page.

use pgbeam::Conditional;
use pgbeam_emulator::Fault;
use serde_json::json;

use crate::support::TestEnv;

/// Returns an environment with one profile for each name.
async fn env_with_profiles(names: &[&str]) -> TestEnv {
    let env = TestEnv::start().await;
    for name in names {
        env.store_policy(json!({ "name": name }));
    }
    env
}

fn list_requests(env: &TestEnv) -> usize {
    env.received().for_operation("listPolicyProfiles").len()
}

#[tokio::test]
async fn requests_the_next_page_by_its_token() {
    let env = env_with_profiles(&["a", "b", "c"]).await;
    let first = env.policies.list().page_size(2).await.unwrap();
    let names: Vec<_> = first.items().iter().map(|profile| profile.name()).collect();
    assert_eq!(names, ["a", "b"]);
    let token = first.next_page_token().unwrap().to_owned();
    assert!(first.etag().is_some());

    let second = env
        .policies
        .list()
        .page_size(2)
        .page_token(&token)
        .await
        .unwrap();
    assert_eq!(second.next_page_token(), None);
    let last: Vec<_> = second.into_inner().into_iter().collect();
    assert_eq!((last.len(), last[0].name()), (1, "c"));

    let received = env.received();
    assert_eq!(received.operations(), ["listPolicyProfiles"; 2]);
    assert_eq!(received[0].query.as_deref(), Some("page_size=2"));
    assert_eq!(received[1].query_param("page_size").as_deref(), Some("2"));
    assert_eq!(
        received[1].query_param("page_token").as_deref(),
        Some(token.as_str())
    );
}

#[tokio::test]
async fn omits_unset_query_parameters() {
    let env = env_with_profiles(&["a"]).await;
    env.policies.list().await.unwrap();
    assert_eq!(env.only_request().query, None);
}

#[tokio::test]
async fn items_request_a_page_only_when_it_is_reached() {
    let env = env_with_profiles(&["a", "b", "c", "d", "e"]).await;
    let mut items = env.policies.list().page_size(2).items();
    assert_eq!(list_requests(&env), 0);
    for (name, pages) in [("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 3)] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name(), name);
        assert_eq!(list_requests(&env), pages, "after {name}");
    }
    assert!(items.try_next().await.unwrap().is_none());
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(list_requests(&env), 3);
    let received = env.received();
    assert!(
        received
            .iter()
            .all(|request| request.query_param("page_size").as_deref() == Some("2"))
    );
}

#[tokio::test]
async fn dropped_items_request_no_more_pages() {
    let env = env_with_profiles(&["a", "b", "c"]).await;
    let mut items = env.policies.list().page_size(1).items();
    items.try_next().await.unwrap().unwrap();
    drop(items);
    assert_eq!(list_requests(&env), 1);
}

#[tokio::test]
async fn items_are_in_order() {
    let names: Vec<_> = (0..45).map(|n| format!("profile {n:02}")).collect();
    let env = env_with_profiles(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let all = env.policies.list().items().try_collect().await.unwrap();
    assert_eq!(
        all.iter().map(|profile| profile.name()).collect::<Vec<_>>(),
        names
    );
    assert_eq!(list_requests(&env), 3, "the default page size is 20");
    env.emulator.clear_received();
    assert_eq!(
        env.policies
            .list()
            .page_size(100)
            .items()
            .try_collect()
            .await
            .unwrap()
            .len(),
        45
    );
    assert_eq!(list_requests(&env), 1);
}

#[tokio::test]
async fn pages_are_requested_one_by_one_with_their_metadata() {
    let env = env_with_profiles(&["a", "b", "c"]).await;
    let mut pages = env.policies.list().page_size(2).pages();
    assert_eq!(list_requests(&env), 0);
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!((first.items().len(), list_requests(&env)), (2, 1));
    let second = pages.try_next().await.unwrap().unwrap();
    assert_eq!((second.items().len(), list_requests(&env)), (1, 2));
    assert_ne!(first.request_id().unwrap(), second.request_id().unwrap());
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(list_requests(&env), 2);
}

#[tokio::test]
async fn items_start_at_a_page_token() {
    let env = env_with_profiles(&["a", "b", "c"]).await;
    let first = env.policies.list().page_size(1).await.unwrap();
    let second_page = env
        .policies
        .list()
        .page_size(1)
        .page_token(first.next_page_token().unwrap());
    let rest = second_page.items().try_collect().await.unwrap();
    assert_eq!(
        rest.iter()
            .map(|profile| profile.name())
            .collect::<Vec<_>>(),
        ["b", "c"]
    );
}

#[tokio::test]
async fn empty_project_has_one_empty_page() {
    let env = env_with_profiles(&[]).await;
    let page = env.policies.list().await.unwrap();
    assert!(page.items().is_empty() && page.next_page_token().is_none());
    assert!(
        env.policies
            .list()
            .items()
            .try_next()
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(list_requests(&env), 2);
}

#[tokio::test]
async fn error_is_returned_after_earlier_items_and_ends_the_list() {
    let env = env_with_profiles(&["a", "b", "c"]).await;
    let mut items = env.policies.list().page_size(2).items();
    items.try_next().await.unwrap().unwrap();
    env.emulator.inject_fault(Fault::status(500));
    assert_eq!(items.try_next().await.unwrap().unwrap().name(), "b");
    let error = items.try_next().await.unwrap_err();
    assert_eq!(
        (error.status(), error.operation()),
        (Some(500), Some("listPolicyProfiles"))
    );
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(list_requests(&env), 2);
}

#[tokio::test]
async fn retries_a_page() {
    let env = env_with_profiles(&["a", "b", "c"]).await;
    let mut items = env.policies.list().page_size(2).items();
    items.try_next().await.unwrap().unwrap();
    env.emulator.inject_fault(Fault::status(502));
    env.emulator.inject_fault(Fault::disconnect());
    assert_eq!(items.try_collect().await.unwrap().len(), 2);
    assert_eq!((list_requests(&env), env.emulator.pending_faults()), (4, 0));
}

#[tokio::test]
async fn unchanged_list_is_not_modified() {
    let env = env_with_profiles(&["a"]).await;
    let etag = env
        .policies
        .list()
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    assert!(
        env.policies
            .list()
            .if_none_match(&etag)
            .await
            .unwrap()
            .is_not_modified()
    );
    env.store_policy(json!({"name": "b"}));
    let list = env.policies.list().page_size(50).if_none_match(&etag);
    match list.await.unwrap() {
        Conditional::Modified(page) => assert_eq!(page.items().len(), 2),
        Conditional::NotModified(meta) => panic!("it was modified: {meta:?}"),
    }
    let last = env.received()[2].clone();
    assert_eq!(last.header("if-none-match"), Some(etag.as_str()));
    assert_eq!(last.query_param("page_size").as_deref(), Some("50"));
}

#[tokio::test]
async fn prefetch_requests_one_page_ahead() {
    let env = env_with_profiles(&["a", "b", "c", "d", "e"]).await;
    let mut pages = env.policies.list().page_size(1).pages().prefetch();
    assert_eq!(list_requests(&env), 0);
    for expected in [2, 3, 4, 5, 5] {
        assert!(pages.try_next().await.unwrap().is_some());
        // The stream is not polled, so only its task makes the request.
        while list_requests(&env) < expected {
            tokio::task::yield_now().await;
        }
        assert_eq!(list_requests(&env), expected);
    }
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(list_requests(&env), 5);

    let all = env.policies.list().page_size(2).items().prefetch();
    let all = all.try_collect().await.unwrap();
    let names: Vec<_> = all.iter().map(|profile| profile.name()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn items_resume_after_an_error() {
    let env = env_with_profiles(&["a", "b", "c", "d", "e"]).await;
    let mut items = env.policies.list().page_size(2).items().prefetch();
    for name in ["a", "b"] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name(), name);
    }
    assert_eq!(items.try_next().await.unwrap().unwrap().name(), "c");
    let token = items.resume_token().unwrap().to_owned();
    drop(items);

    env.emulator.inject_fault(Fault::status(500));
    let list = env.policies.list().page_size(2);
    let mut resumed = list.clone().page_token(&token).items();
    assert!(resumed.try_next().await.is_err());
    assert_eq!(resumed.resume_token(), Some(token.as_str()));
    let rest = list.page_token(token).items().try_collect().await.unwrap();
    let names: Vec<_> = rest.iter().map(|profile| profile.name()).collect();
    assert_eq!(names, ["c", "d", "e"]);
}

//! Pages, items, and when they are asked for.

use pgbeam::Conditional;
use pgbeam_emulator::Fault;
use serde_json::json;

use crate::support::Bench;

/// As many profiles as there are names.
async fn bench(names: &[&str]) -> Bench {
    let bench = Bench::start().await;
    for name in names {
        bench.stored(json!({ "name": name }));
    }
    bench
}

fn asked(bench: &Bench) -> usize {
    bench.received().for_operation("listPolicyProfiles").len()
}

#[tokio::test]
async fn one_page_and_the_next_by_its_token() {
    let bench = bench(&["a", "b", "c"]).await;
    let first = bench.policies.list().page_size(2).await.unwrap();
    let names: Vec<_> = first.items().iter().map(|profile| profile.name()).collect();
    assert_eq!(names, ["a", "b"]);
    let token = first.next_page_token().unwrap().to_owned();
    assert!(first.etag().is_some());

    let second = bench
        .policies
        .list()
        .page_size(2)
        .page_token(&token)
        .await
        .unwrap();
    assert_eq!(second.next_page_token(), None);
    let last: Vec<_> = second.into_inner().into_iter().collect();
    assert_eq!((last.len(), last[0].name()), (1, "c"));

    let received = bench.received();
    assert_eq!(received.operations(), ["listPolicyProfiles"; 2]);
    assert_eq!(received[0].query.as_deref(), Some("page_size=2"));
    assert_eq!(received[1].query_param("page_size").as_deref(), Some("2"));
    assert_eq!(
        received[1].query_param("page_token").as_deref(),
        Some(token.as_str())
    );
}

#[tokio::test]
async fn what_is_not_set_is_not_asked_for() {
    let bench = bench(&["a"]).await;
    bench.policies.list().await.unwrap();
    assert_eq!(bench.only().query, None);
}

#[tokio::test]
async fn items_ask_for_a_page_only_when_the_ones_before_are_used_up() {
    let bench = bench(&["a", "b", "c", "d", "e"]).await;
    let mut items = bench.policies.list().page_size(2).items();
    assert_eq!(asked(&bench), 0);
    for (name, pages) in [("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 3)] {
        assert_eq!(items.try_next().await.unwrap().unwrap().name(), name);
        assert_eq!(asked(&bench), pages, "after {name}");
    }
    assert!(items.try_next().await.unwrap().is_none());
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(asked(&bench), 3);
    let received = bench.received();
    assert!(
        received
            .iter()
            .all(|r| r.query_param("page_size").as_deref() == Some("2"))
    );
}

#[tokio::test]
async fn items_that_are_dropped_ask_for_no_more() {
    let bench = bench(&["a", "b", "c"]).await;
    let mut items = bench.policies.list().page_size(1).items();
    items.try_next().await.unwrap().unwrap();
    drop(items);
    assert_eq!(asked(&bench), 1);
}

#[tokio::test]
async fn all_items_in_their_order() {
    let names: Vec<_> = (0..45).map(|n| format!("profile {n:02}")).collect();
    let bench = bench(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let all = bench.policies.list().items().try_collect().await.unwrap();
    assert_eq!(
        all.iter().map(|profile| profile.name()).collect::<Vec<_>>(),
        names
    );
    assert_eq!(asked(&bench), 3, "20 a page unless told");
    bench.emulator.clear_received();
    assert_eq!(
        bench
            .policies
            .list()
            .page_size(100)
            .items()
            .try_collect()
            .await
            .unwrap()
            .len(),
        45
    );
    assert_eq!(asked(&bench), 1);
}

#[tokio::test]
async fn pages_come_one_by_one_with_what_came_with_them() {
    let bench = bench(&["a", "b", "c"]).await;
    let mut pages = bench.policies.list().page_size(2).pages();
    assert_eq!(asked(&bench), 0);
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!((first.items().len(), asked(&bench)), (2, 1));
    let second = pages.try_next().await.unwrap().unwrap();
    assert_eq!((second.items().len(), asked(&bench)), (1, 2));
    assert_ne!(first.request_id().unwrap(), second.request_id().unwrap());
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(asked(&bench), 2);
}

#[tokio::test]
async fn a_list_may_begin_in_the_middle() {
    let bench = bench(&["a", "b", "c"]).await;
    let first = bench.policies.list().page_size(1).await.unwrap();
    let from = bench
        .policies
        .list()
        .page_size(1)
        .page_token(first.next_page_token().unwrap());
    let rest = from.items().try_collect().await.unwrap();
    assert_eq!(
        rest.iter()
            .map(|profile| profile.name())
            .collect::<Vec<_>>(),
        ["b", "c"]
    );
}

#[tokio::test]
async fn an_empty_project_has_one_empty_page() {
    let bench = bench(&[]).await;
    let page = bench.policies.list().await.unwrap();
    assert!(page.items().is_empty() && page.next_page_token().is_none());
    assert!(
        bench
            .policies
            .list()
            .items()
            .try_next()
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(asked(&bench), 2);
}

#[tokio::test]
async fn an_error_in_the_middle_comes_after_the_items_before_it_and_ends_the_list() {
    let bench = bench(&["a", "b", "c"]).await;
    let mut items = bench.policies.list().page_size(2).items();
    items.try_next().await.unwrap().unwrap();
    bench.emulator.inject_fault(Fault::status(500));
    assert_eq!(items.try_next().await.unwrap().unwrap().name(), "b");
    let error = items.try_next().await.unwrap_err();
    assert_eq!(
        (error.status(), error.operation()),
        (Some(500), Some("listPolicyProfiles"))
    );
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(asked(&bench), 2);
}

#[tokio::test]
async fn a_page_that_fails_for_a_moment_is_asked_for_again() {
    let bench = bench(&["a", "b", "c"]).await;
    let mut items = bench.policies.list().page_size(2).items();
    items.try_next().await.unwrap().unwrap();
    bench.emulator.inject_fault(Fault::status(502));
    bench.emulator.inject_fault(Fault::disconnect());
    assert_eq!(items.try_collect().await.unwrap().len(), 2);
    assert_eq!((asked(&bench), bench.emulator.pending_faults()), (4, 0));
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let bench = bench(&["a"]).await;
    let etag = bench
        .policies
        .list()
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    assert!(
        bench
            .policies
            .list()
            .if_none_match(&etag)
            .await
            .unwrap()
            .is_not_modified()
    );
    bench.stored(json!({"name": "b"}));
    let list = bench.policies.list().page_size(50).if_none_match(&etag);
    match list.await.unwrap() {
        Conditional::Modified(page) => assert_eq!(page.items().len(), 2),
        Conditional::NotModified(meta) => panic!("it was modified: {meta:?}"),
    }
    let last = bench.received()[2].clone();
    assert_eq!(last.header("if-none-match"), Some(etag.as_str()));
    assert_eq!(last.query_param("page_size").as_deref(), Some("50"));
}

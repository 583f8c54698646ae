//! Tests of `listProjects`.

use serde_json::{Value, json};

use crate::{Platform, database};

impl Platform {
    async fn create_project(&self, org_id: &str, name: &str) {
        let body = json!({"name": name, "org_id": org_id, "database": database()});
        self.expect(201, "createProject", &[], &body).await;
    }

    async fn list_projects(&self, query: &[(&str, &str)]) -> Value {
        let request = self.query("listProjects", &[], query);
        let response = self.send("listProjects", request).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }
}

fn names(page: &Value) -> Vec<&str> {
    let projects = page["projects"].as_array().expect("projects");
    projects
        .iter()
        .map(|project| project["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test]
async fn lists_the_projects_of_an_organization_with_their_total() {
    let platform = Platform::start().await;
    for (org_id, name) in [
        ("org_1", "c"),
        ("org_2", "x"),
        ("org_1", "a"),
        ("org_1", "b"),
    ] {
        platform.create_project(org_id, name).await;
    }
    let page = platform.list_projects(&[("org_id", "org_1")]).await;
    assert_eq!(
        (names(&page), &page["total"]),
        (vec!["c", "a", "b"], &json!(3))
    );
    assert!(page.get("next_page_token").is_none());
    let empty = platform.list_projects(&[("org_id", "org_3")]).await;
    assert_eq!(empty, json!({"projects": [], "total": 0}));

    platform.api.policy("first use of prj_1").await;
    let own = platform.list_projects(&[("org_id", "org_emulator")]).await;
    assert_eq!(names(&own), ["prj_1"]);
}

#[tokio::test]
async fn every_sort_order_has_pages_despite_deletions() {
    let platform = Platform::start().await;
    for name in ["b", "ä", "a", "b", "c"] {
        platform.create_project("org_1", name).await;
    }
    let orders = [
        ("name", ["a", "b", "b", "c", "ä"]),
        ("created_at", ["b", "ä", "a", "b", "c"]),
        ("active_connections", ["b", "ä", "a", "b", "c"]),
    ];
    for (sort_by, expected) in orders {
        let mut listed = Vec::new();
        let mut token = None;
        loop {
            let mut query = vec![
                ("org_id", "org_1"),
                ("sort_by", sort_by),
                ("page_size", "2"),
            ];
            query.extend(token.as_deref().map(|token| ("page_token", token)));
            let page = platform.list_projects(&query).await;
            assert_eq!(page["total"], 5);
            listed.extend(names(&page).into_iter().map(str::to_owned));
            token = page["next_page_token"].as_str().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{sort_by}");
    }
    let by_name = [("org_id", "org_1"), ("sort_by", "name"), ("page_size", "2")];
    let first = platform.list_projects(&by_name).await;
    let last = first["projects"][1]["id"].as_str().expect("an id");
    platform
        .expect(204, "deleteProject", &[last], &Value::Null)
        .await;
    let token = first["next_page_token"].as_str().expect("a token");
    let query = [by_name[0], by_name[1], ("page_token", token)];
    let next = platform.list_projects(&query).await;
    assert_eq!(
        (names(&next), &next["total"]),
        (vec!["b", "c", "ä"], &json!(4))
    );
}

#[tokio::test]
async fn checks_the_query_and_if_none_match() {
    let platform = Platform::start().await;
    platform.create_project("org_1", "a").await;
    platform.create_project("org_1", "b").await;
    let list = async |query: &[(&str, &str)], etag: &str| {
        let request = platform.query("listProjects", &[], query);
        let request = request.header("if-none-match", etag);
        platform.send("listProjects", request).await
    };
    let missing = list(&[], "\"x\"").await;
    assert_eq!(missing.problem(400, "INVALID_INPUT"), ["org_id"]);
    let page = list(&[("org_id", "org_1"), ("page_size", "1")], "\"x\"").await;
    let unchanged = list(
        &[("org_id", "org_1"), ("page_size", "1")],
        page.header("etag"),
    )
    .await;
    assert_eq!(unchanged.status, 304);
    let token = page.json()["next_page_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    for (sort_by, token) in [
        ("name", token.as_str()),
        ("created_at", "x"),
        ("age", &token),
    ] {
        let query = [
            ("org_id", "org_1"),
            ("sort_by", sort_by),
            ("page_token", token),
        ];
        let rejected = list(&query, "\"x\"").await;
        let field = if sort_by == "age" {
            "sort_by"
        } else {
            "page_token"
        };
        assert_eq!(rejected.problem(400, "INVALID_INPUT"), [field]);
    }
}

//! Tests of the metrics, the custom domains and the database branches of a project.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, ManualClock};
use serde_json::{Value, json};

use crate::{Platform, id};

const NONE: Value = Value::Null;

#[tokio::test]
async fn a_custom_domain_is_created_verified_and_deleted() {
    let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("a date");
    let clock = ManualClock::new(now);
    let platform = Platform::from_builder(Emulator::builder().clock(clock.clone())).await;
    let body = json!({"domain": "db.example.com", "verified": true});
    let mut domain = platform
        .expect(201, "createCustomDomain", &["prj_1"], &body)
        .await;
    let token = domain["dns_verification_token"].clone();
    assert_eq!(
        (&domain["verified"], &domain["verified_at"]),
        (&json!(false), &NONE)
    );
    let instructions = json!({
        "cname_host": "db.example.com", "cname_target": "prj-1.proxy.emulator.invalid",
        "txt_host": "_pgbeam.db.example.com", "txt_value": token,
        "acme_cname_host": "_acme-challenge.db.example.com",
        "acme_cname_target": "db.example.com.acme.emulator.invalid",
    });
    assert_eq!(domain["dns_instructions"], instructions);

    clock.advance(TimeDelta::seconds(5));
    let domain_id = id(&domain);
    let ids = ["prj_1", domain_id.as_str()];
    domain["verified"] = json!(true);
    domain["verified_at"] = json!("2026-01-31T12:00:05.000000Z");
    domain["updated_at"] = domain["verified_at"].clone();
    for _ in 0..2 {
        let verified = platform
            .expect(200, "verifyCustomDomain", &ids, &NONE)
            .await;
        assert_eq!(verified, json!({"verified": true, "domain": domain}));
        clock.advance(TimeDelta::seconds(5));
    }
    let list = platform
        .expect(200, "listCustomDomains", &["prj_1"], &NONE)
        .await;
    assert_eq!(list, json!({ "domains": [domain] }));
    platform
        .expect(204, "deleteCustomDomain", &ids, &NONE)
        .await;
    for operation in ["deleteCustomDomain", "verifyCustomDomain"] {
        platform.expect(404, operation, &ids, &NONE).await;
    }
}

#[tokio::test]
async fn a_domain_below_invalid_is_never_verified() {
    let platform = Platform::start().await;
    let body = json!({"domain": "db.example.invalid"});
    let domain = platform
        .expect(201, "createCustomDomain", &["prj_1"], &body)
        .await;
    let result = platform
        .expect(200, "verifyCustomDomain", &["prj_1", &id(&domain)], &NONE)
        .await;
    assert_eq!(
        (&result["verified"], &result["domain"]),
        (&json!(false), &domain)
    );
    assert!(result["error"].is_string());
}

#[tokio::test]
async fn a_domain_belongs_to_one_project() {
    let platform = Platform::start().await;
    let create = async |project: &str, domain: &str| {
        let body = json!({ "domain": domain });
        platform.call("createCustomDomain", &[project], &body).await
    };
    assert_eq!(create("prj_1", "db.example.com").await.status, 201);
    for project in ["prj_1", "prj_2"] {
        create(project, "DB.example.com")
            .await
            .problem(409, "RESOURCE_EXISTS");
    }
    assert_eq!(create("prj_2", "b.example.com").await.status, 201);
    for domain in ["", "a b", "db.example.com.", "-a.com"] {
        let invalid = create("prj_1", domain).await;
        assert_eq!(
            invalid.problem(400, "INVALID_INPUT"),
            ["domain"],
            "{domain}"
        );
    }
}

#[tokio::test]
async fn a_new_project_has_no_metrics_and_no_branches() {
    let platform = Platform::start().await;
    let metrics = platform.call("getProjectMetrics", &["prj_1"], &NONE).await;
    assert_eq!(metrics.json(), json!({"snapshots": []}));
    let branches = platform
        .call("listDatabaseBranches", &["prj_1"], &NONE)
        .await;
    assert_eq!(branches.json(), json!({"branches": []}));
    platform
        .expect(404, "discardDatabaseBranch", &["prj_1", "brn_x"], &NONE)
        .await;
    for (operation, name) in [
        ("getProjectMetrics", "limit"),
        ("listDatabaseBranches", "status"),
    ] {
        let request = platform.query(operation, &["prj_1"], &[(name, "0")]);
        let invalid = platform.send(operation, request).await;
        assert_eq!(invalid.problem(400, "INVALID_INPUT"), [name]);
    }
}

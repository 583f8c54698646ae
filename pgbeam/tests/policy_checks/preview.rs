//! Tests of `preview` with statements that the emulator recorded.

use pgbeam::{
    Client,
    policies::{
        Policies, PolicyProfileInput,
        document::{Format, PolicySet},
        preview::Gap,
    },
};
use pgbeam_emulator::{Emulator, Traffic};
use serde_json::json;

/// Starts an emulator with the policy profile `Support`. The credentials `cred_1` and `cred_2` refer to this
/// profile, and `cred_3` does not. Returns the emulator, a handle for the policies of the project, and the
/// identifier of the profile.
async fn start() -> (Emulator, Policies, String) {
    let emulator = Emulator::start().await.unwrap();
    let project = emulator.project("prj_1");
    let stored = project.create_policy(json!({"name": "Support"})).unwrap();
    let id = stored["id"].as_str().unwrap().to_owned();
    for credential in ["cred_1", "cred_2"] {
        project
            .agent(credential)
            .credential(credential)
            .bind_to(&id);
    }
    project.agent("cred_3").credential("cred_3");
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_key("k")
        .build();
    let policies = client.unwrap().project("prj_1").unwrap().policies();
    (emulator, policies, id)
}

fn record(emulator: &Emulator, credential: &str, traffic: Traffic) {
    let agent = emulator.project("prj_1").agent(credential);
    agent.credential(credential).record_traffic(traffic);
}

#[tokio::test]
async fn a_preview_covers_the_traffic_of_bound_credentials() {
    let (emulator, policies, id) = start().await;
    record(
        &emulator,
        "cred_1",
        Traffic::allowed("SELECT id FROM orders").times(30),
    );
    record(
        &emulator,
        "cred_2",
        Traffic::allowed("SELECT id FROM secrets").times(10),
    );
    record(
        &emulator,
        "cred_2",
        Traffic::blocked("DELETE FROM orders WHERE id = 1", "read_only"),
    );
    record(
        &emulator,
        "cred_3",
        Traffic::allowed("SELECT id FROM unrelated"),
    );
    let candidate = PolicyProfileInput::new("Support")
        .access_mode("read_write")
        .deny_table("secrets");
    let preview = policies
        .preview(&candidate)
        .bound_policy(&id)
        .await
        .unwrap();
    assert!(preview.is_evidence(), "{:?}", preview.gaps());
    assert_eq!(preview.bound_credentials(), Some(2));
    assert_eq!(preview.statements().len(), 3);
    assert_eq!(preview.newly_blocked_share(), 0.25);
    assert_eq!(
        preview.require_no_newly_blocked().unwrap_err().to_string(),
        "1 statement would be newly blocked\n  10 times, block by table_denied: `SELECT id FROM secrets`"
    );
    assert_eq!(
        preview.require_no_newly_allowed().unwrap_err().to_string(),
        "1 statement would be newly allowed\n  1 time, allow, before: block by read_only: `DELETE FROM \
         orders WHERE id = 1`"
    );
    assert!(preview.require_min_statements(3).is_ok());
    assert!(preview.require_max_newly_blocked_share(0.25).is_ok());
    let sent = emulator.received()[0].json().unwrap();
    assert_eq!(
        (&sent["bound_policy_id"], &sent["limit"]),
        (&json!(id), &json!(500))
    );

    let unchanged = policies.preview(&id).bound_policy(&id).await.unwrap();
    let gates = unchanged.require_no_newly_blocked();
    assert!(
        gates
            .and_then(|preview| preview.require_no_newly_allowed())
            .is_ok()
    );
}

#[tokio::test]
async fn a_preview_with_gaps_is_no_evidence() {
    let (emulator, policies, id) = start().await;
    let candidate = PolicyProfileInput::new("Support");
    let preview = || policies.preview(&candidate);
    assert_eq!(
        preview().bound_policy(&id).await.unwrap().gaps(),
        [Gap::NoTraffic]
    );

    record(&emulator, "cred_1", Traffic::allowed("SELECT 1"));
    record(
        &emulator,
        "cred_1",
        Traffic::allowed("SELECT id FROM orders"),
    );
    assert!(preview().bound_policy(&id).await.unwrap().is_evidence());
    assert!(preview().credential("cred_1").await.unwrap().is_evidence());
    assert!(preview().await.unwrap().is_evidence());
    let other = preview().bound_policy("pol_other").await.unwrap();
    assert_eq!(other.gaps(), [Gap::NoCredentials, Gap::NoTraffic]);
    let truncated = preview().bound_policy(&id).limit(1).await.unwrap();
    assert_eq!(truncated.gaps(), [Gap::Truncated]);
    let past = preview()
        .start("2020-01-01T00:00:00Z")
        .end("2020-01-02T00:00:00Z")
        .await
        .unwrap();
    assert_eq!(past.gaps(), [Gap::NoTraffic]);

    record(&emulator, "cred_1", Traffic::allowed("SELECT id FROM ("));
    let partial = preview().bound_policy(&id).await.unwrap();
    assert_eq!(partial.gaps(), [Gap::Unparseable(1)]);
    assert!(partial.require_no_newly_blocked().is_err());

    let error = preview()
        .bound_policy(&id)
        .credential("cred_1")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), pgbeam::ErrorKind::Invalid);
}

#[tokio::test]
async fn a_profile_of_a_policy_file_can_be_the_candidate() {
    let (emulator, policies, id) = start().await;
    record(
        &emulator,
        "cred_1",
        Traffic::allowed("SELECT id FROM orders").times(2),
    );
    let text = "name: Support\ntable_denylist: [orders]\n";
    let set = PolicySet::parse(text, Format::Yaml, "support.yaml").unwrap();
    let preview = policies
        .preview(&set.profiles()[0])
        .bound_policy(&id)
        .await
        .unwrap();
    assert_eq!(
        preview.to_text(),
        "1 statement of 2 credentials, recorded 2 times: 1 newly blocked, 0 newly allowed, 0 unchanged; 0 with \
         masks, 0 with row filters\n\
         Newly blocked:\n  2 times, block by table_denied: `SELECT id FROM orders`\n"
    );
}

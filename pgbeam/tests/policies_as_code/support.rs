//! Shared helpers: an emulator with a client, and functions that store and count.

use std::{collections::BTreeMap, time::Duration};

use pgbeam::{
    Client,
    policies::{
        NormalizedProfile, Policies, PolicyProfileInput, apply::Report, document::PolicySet,
    },
};
use pgbeam_emulator::{Emulator, ProjectHandle};
use serde_json::{Value, json};

pub const PROJECT: &str = "prj_1";

/// An emulator, a client of it, and the handle for the policies of the project [`PROJECT`].
pub struct TestEnv {
    pub emulator: Emulator,
    pub client: Client,
    pub policies: Policies,
}

impl TestEnv {
    pub async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let client = Client::builder()
            .base_url(emulator.base_url())
            .api_key("k")
            .env(|_| None)
            .initial_backoff(Duration::from_millis(1))
            .build()
            .unwrap();
        let policies = client.project(PROJECT).unwrap().policies();
        Self {
            emulator,
            client,
            policies,
        }
    }

    pub fn project(&self) -> ProjectHandle {
        self.emulator.project(PROJECT)
    }

    /// Stores a profile directly in the emulator, without a request. Returns its identifier.
    pub fn store(&self, body: Value) -> String {
        let stored = self.project().create_policy(body).unwrap();
        stored["id"].as_str().unwrap().to_owned()
    }

    /// Stores a query template directly in the emulator, without a request. Returns its identifier.
    pub fn store_template(&self, body: Value) -> String {
        let stored = self.project().create_query_template(body).unwrap();
        stored["id"].as_str().unwrap().to_owned()
    }

    /// Stores an agent credential directly in the emulator, without a request. The credential refers to the profile
    /// with the identifier `policy`. Returns the identifier of the credential.
    pub fn store_credential(&self, policy: &str) -> String {
        let body = json!({"name": "Bot", "policy_profile_id": policy});
        let stored = self.project().create_agent_credential(body).unwrap();
        stored["credential"]["id"].as_str().unwrap().to_owned()
    }

    /// Returns the stored profiles by name. Panics if two have the same name.
    pub fn stored(&self) -> BTreeMap<String, Value> {
        let policies = self.project().policies();
        let name = |policy: &Value| policy["name"].as_str().unwrap().to_owned();
        let count = policies.len();
        let by_name: BTreeMap<_, _> = policies.into_iter().map(|p| (name(&p), p)).collect();
        assert_eq!(by_name.len(), count, "names are unique");
        by_name
    }

    /// Makes a plan for a set and applies it.
    pub async fn converge(&self, set: &PolicySet) -> Report {
        let plan = self.policies.plan(set).await.unwrap();
        self.policies.apply(plan).await.unwrap()
    }

    /// Returns the number of requests of each operation since the last call of this function.
    pub fn requests(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for operation in self.emulator.received().operations() {
            *counts.entry(operation).or_default() += 1;
        }
        self.emulator.clear_received();
        counts
    }
}

pub fn counts<const N: usize>(counts: [(&'static str, usize); N]) -> BTreeMap<&'static str, usize> {
    counts.into_iter().collect()
}

/// Creates a policy set from profiles in JSON. Panics if a value is not an object.
pub fn set<const N: usize>(profiles: [Value; N]) -> PolicySet {
    profiles.into_iter().fold(PolicySet::new(), |set, json| {
        set.profile(NormalizedProfile::from_json(
            json.as_object().cloned().unwrap(),
        ))
    })
}

/// Creates a policy set with `count` profiles: `Policy 000`, `Policy 001` and so on.
pub fn numbered(count: usize) -> PolicySet {
    (0..count).fold(PolicySet::new(), |set, n| {
        set.profile(PolicyProfileInput::new(format!("Policy {n:03}")).max_rows(n))
    })
}

#[track_caller]
pub fn assert_complete(report: &Report) {
    assert!(report.is_complete(), "{}", report.to_text());
}
